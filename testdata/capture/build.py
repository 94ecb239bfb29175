# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guest is made of: the scenario module, the helper program, the initrd."""

import hashlib
import json
import lzma
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile

import debian
from tables import SCENARIOS

HERE = pathlib.Path(__file__).resolve().parent
GUEST = HERE / "guest"
PACKAGES = r"linux-(image|binary|modules|headers|kbuild)-\d"
# Modules that the guest loads before ours: QEMU learns where VMCOREINFO is through this one.
GUEST_MODULES = ("qemu_fw_cfg",)


class BuildError(Exception):
    """Something would not build; the text has the end of the build's messages."""


def build(argv, **kwargs):
    done = subprocess.run(argv, capture_output=True, text=True, **kwargs)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise BuildError("%s failed (%d):\n%s" % (argv[0], done.returncode, tail))
    return done.stdout


def is_program(path):
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF" and bool(path.stat().st_mode & stat.S_IXUSR)


def lacks_libraries(program):
    """Whether the dynamic loader refuses to start it (it says which library, on standard error)."""
    done = subprocess.run([program, "--version"], capture_output=True, stdin=subprocess.DEVNULL)
    return bool(re.search(rb"version `[\w.]+' not found|error while loading shared", done.stderr))


class Kernel:
    """A kernel's packages, unpacked under the cache: `root`, `release`, `package` (its fields)."""

    def __init__(self, cache, name, kernel, machine, refresh=False):
        self.machine, self.cache = machine, cache
        suite = debian.Suite(cache, kernel.suite, machine.deb)
        packages = self.resolve(suite, name, kernel.flavour, refresh)
        self.package = next(fields for package, fields in sorted(packages.items())
                            if package.startswith("linux-image-"))
        self.release = self.package["Package"][len("linux-image-"):]
        self.root = cache / "kernel" / ("%s-%s" % (name, self.package["Version"]))
        if not (self.root / ".complete").exists():
            for fields in packages.values():
                suite.unpack(fields, self.root)
            self.relocate_headers()
            self.make_tools_run(suite)
            (self.root / ".complete").touch()

    def resolve(self, suite, name, flavour, refresh):
        """Fields of the packages to unpack, by name: as found the first time, until a refresh."""
        known = self.cache / "kernel" / (name + ".json")
        if refresh or not known.exists():
            suite.update()
            metas = ["linux-%s-%s" % (kind, flavour) for kind in ("image", "headers")]
            packages = suite.closure(metas, PACKAGES)
            known.parent.mkdir(parents=True, exist_ok=True)
            known.write_text(json.dumps({package: fields for package, fields in packages.items()
                                         if package not in metas}))
        return json.loads(known.read_text())

    def relocate_headers(self):
        """The headers name their own folder by an absolute path; ours lies elsewhere."""
        path = self.headers / "Makefile"
        text = path.read_text()
        moved = re.sub(r"(?<![\w/.-])/usr/(src|lib)/", r"%s/usr/\1/" % self.root, text)
        if moved != text:
            path.write_text(moved)

    def make_tools_run(self, suite):
        """The build tools of a newer suite want its C library: give them that suite's own."""
        tools = [path for path in self.root.glob("usr/lib/linux-kbuild-*/**/*")
                 if path.is_file() and not path.is_symlink() and is_program(path)]
        if not any(lacks_libraries(tool) for tool in tools):
            return
        debian.need("patchelf")
        kbuild = next(self.root.glob("usr/lib/linux-kbuild-*")).name
        host = self.root / "host"
        for fields in suite.closure([kbuild], "lib|zlib").values():
            if fields["Package"] != kbuild:
                suite.unpack(fields, host)
        loader = next(host.glob("**/ld-linux*.so.*"))
        folders = sorted({str(path.parent) for path in host.glob("**/*.so.*")})
        for tool in tools:
            build(["patchelf", "--set-interpreter", str(loader), "--force-rpath", "--set-rpath",
                   ":".join(folders), str(tool)])

    @property
    def headers(self):
        return self.root / "usr" / "src" / ("linux-headers-" + self.release)

    @property
    def image(self):
        places = ("boot/vmlinu[xz]-" + self.release, "usr/lib/modules/%s/vmlinu[xz]" % self.release)
        return next(path for place in places for path in self.root.glob(place))

    def module(self, name):
        """The bytes of one of the kernel's own modules, uncompressed; None if it has none."""
        for base in (self.root / "lib", self.root / "usr" / "lib"):
            for path in (base / "modules" / self.release).rglob(name + ".ko*"):
                data = path.read_bytes()
                return lzma.decompress(data) if path.suffix == ".xz" else data
        return None

    def scenario_module(self):
        """Path of scen.ko, built if its sources or the kernel changed."""
        sources = sorted((GUEST / "scen").iterdir())
        scenarios = [f for s in SCENARIOS.values() for f in s.functions()]
        table = "".join("SCENARIO(%s)\n" % name for name in dict.fromkeys(scenarios))
        digest = hashlib.sha256(table.encode())
        for source in sources:
            digest.update(source.name.encode() + source.read_bytes())
        folder = self.cache / "module" / ("%s-%s" % (self.root.name, digest.hexdigest()[:16]))
        if not (folder / "scen.ko").exists():
            folder.mkdir(parents=True, exist_ok=True)
            for source in sources:
                shutil.copy(source, folder)
            (folder / "scen_list.h").write_text(table)
            build(["make", "-C", str(self.headers), "M=%s" % folder, "modules",
                   "CONFIG_DEBUG_INFO_BTF_MODULES=",  # would want pahole
                   # BUG() prints __FILE__: no path of this machine belongs in a capture
                   "KCFLAGS=-fmacro-prefix-map=%s/= -ffile-prefix-map=%s/=" % (folder, folder),
                   "ARCH=" + self.machine.kbuild, "CROSS_COMPILE=" + self.machine.cross,
                   "CC=%s %sgcc" % (HERE / "cc.py", self.machine.cross)])
        return folder / "scen.ko"


def helper_program(machine):
    """The bytes of the static helper program."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "zoo"
        build([machine.cross + "gcc", "-O2", "-Wall", "-static", "-s", "-o", str(out),
               str(GUEST / "zoo.c"), str(GUEST / "oracle.c"), "-lpthread"])
        return out.read_bytes()


def busybox():
    """The bytes of the statically linked busybox of this machine."""
    path = shutil.which("busybox")
    if not path:
        raise BuildError("not installed: busybox-static")
    return pathlib.Path(path).read_bytes()


def cpio(entries):
    """A newc archive (Documentation/driver-api/early-userspace/buffer-format.rst): entries are
    (name, mode, data, (major, minor) of a device)."""
    out = bytearray()

    def add(number, name, mode, data=b"", device=(0, 0)):
        fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name) + 1, 0)
        out.extend(b"070701" + b"".join(b"%08X" % field for field in fields))
        out.extend(name.encode() + b"\0")
        out.extend(b"\0" * (-len(out) % 4) + data)
        out.extend(b"\0" * (-len(out) % 4))

    for number, entry in enumerate(entries, 1):
        add(number, *entry)
    add(0, "TRAILER!!!", 0)
    return bytes(out)


def initrd(kernel, scenario):
    """The bytes of the guest's root file system for one scenario."""
    modules = {name: kernel.module(name) for name in GUEST_MODULES}
    modules = {name: data for name, data in modules.items() if data}
    modules["scen"] = kernel.scenario_module().read_bytes()
    folder, program, text = stat.S_IFDIR | 0o755, stat.S_IFREG | 0o755, stat.S_IFREG | 0o644
    entries = [(name, folder) for name in ("bin", "dev", "lib")]
    entries += [
        ("dev/console", stat.S_IFCHR | 0o600, b"", (5, 1)),
        ("bin/busybox", program, busybox()),
        ("zoo", program, helper_program(kernel.machine)),
        ("init", program, (GUEST / "init").read_bytes()),
        ("scenario", text, scenario.guest.encode() + b"\n"),
        ("modules", text, "\n".join(modules).encode() + b"\n"),
    ]
    entries += [("lib/%s.ko" % name, text, data) for name, data in modules.items()]
    return cpio(entries)
