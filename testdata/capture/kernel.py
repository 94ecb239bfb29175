# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel's Debian packages: fetched by name, unpacked under the cache, made to build modules."""

import json
import lzma
import re
import stat
import subprocess

import debian
import tool

PACKAGES = r"linux-(image|binary|modules|headers|kbuild)-\d"
BARE = r"linux-(image|binary)-\d"       # where the headers are gone, the modules may be, too
MAKEDUMPFILE_SUITE = "bookworm"
DEBUG_SECONDS = 1800        # a debug package has some 800 MB


def is_program(path):
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF" and bool(path.stat().st_mode & stat.S_IXUSR)


def lacks_libraries(program):
    """Whether the dynamic loader refuses to start it (it says which library, on standard error)."""
    done = subprocess.run([program, "--version"], capture_output=True, stdin=subprocess.DEVNULL,
                          timeout=20)
    return bool(re.search(rb"version `[\w.]+' not found|error while loading shared", done.stderr))


class Program:
    """A dynamically linked program of any architecture, unpacked under `root` with its libraries:
    started through its own loader, under an emulator if need be."""

    def __init__(self, root, name, emulator):
        self.path = next(root.glob("**/bin/" + name))
        self.loader = next(root.glob("**/ld-linux*.so.*"))
        folders = sorted({str(path.parent) for path in root.glob("**/*.so.*")})
        self.start = [*emulator, self.loader, "--library-path", ":".join(folders)]

    def run(self, *arguments, **kwargs):
        return tool.run([*self.start, self.path, *arguments], **kwargs)

    def libraries(self):
        """{name: path} of the libraries that it is linked to."""
        listed = tool.run([*self.start, "--list", self.path])
        return dict(re.findall(r"^\s*(\S+) => (\S+) ", listed, re.M))


class Kernel:
    """A kernel's packages, unpacked under the cache: `root`, `release`, `package` (its fields)."""

    def __init__(self, cache, name, kernel, machine, refresh=False):
        self.machine, self.cache, self.name = machine, cache, name
        self.suite = debian.Suite(cache, kernel.suite, machine.deb)
        packages = self.resolve(kernel, refresh)
        self.package = next(fields for package, fields in sorted(packages.items())
                            if package.startswith("linux-image-"))
        self.release = self.package["Package"][len("linux-image-"):]
        self.root = cache / "kernel" / ("%s-%s" % (name, self.package["Version"]))
        if not (self.root / ".complete").exists():
            for package, fields in packages.items():
                suite = self.host_suite() if "kbuild" in package else self.suite
                suite.unpack(fields, self.root)
            if kernel.headers:
                self.relocate_headers()
                self.make_tools_run(self.host_suite())
            (self.root / ".complete").touch()

    def host_suite(self):
        """Where the build tools come from: they run on this machine, whatever they build for."""
        host = tool.run(["dpkg", "--print-architecture"]).strip()
        return debian.Suite(self.cache, self.suite.name, host)

    def resolve(self, kernel, refresh):
        """Fields of the packages to unpack, by name: as found the first time, until a refresh."""
        known = self.cache / "kernel" / (self.name + ".json")
        if refresh or not known.exists():
            self.suite.update()
            roots = ["linux-%s-%s" % (kind, kernel.flavour)
                     for kind in ("image", *["headers"] * kernel.headers)]
            packages = self.suite.closure(roots, PACKAGES if kernel.headers else BARE)
            packages.update(self.build_tools([name for name in packages if "kbuild" in name]))
            known.parent.mkdir(parents=True, exist_ok=True)
            known.write_text(json.dumps({package: fields for package, fields in packages.items()
                                         if re.match(PACKAGES, package)}))
        return json.loads(known.read_text())

    def build_tools(self, names):
        """Fields of the packages with build tools that run on this machine."""
        host = self.host_suite()
        if host.folder != self.suite.folder:
            host.update()
        return {name: host.show(name) for name in names}

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
        if not any(lacks_libraries(program) for program in tools):
            return
        tool.need("patchelf")
        kbuild = next(self.root.glob("usr/lib/linux-kbuild-*")).name
        host = self.root / "host"
        for fields in suite.closure([kbuild], "lib|zlib").values():
            if fields["Package"] != kbuild:
                suite.unpack(fields, host)
        loader = next(host.glob("**/ld-linux*.so.*"))
        folders = sorted({str(path.parent) for path in host.glob("**/*.so.*")})
        for program in tools:
            tool.run(["patchelf", "--set-interpreter", loader, "--force-rpath", "--set-rpath",
                      ":".join(folders), program])

    @property
    def headers(self):
        return self.root / "usr" / "src" / ("linux-headers-" + self.release)

    @property
    def image(self):
        places = ("boot/vmlinu[xz]-" + self.release, "usr/lib/modules/%s/vmlinu[xz]" % self.release)
        return next(path for place in places for path in self.root.glob(place))

    def module(self, name):
        """The bytes of one of the kernel's own modules, uncompressed; None if it has none."""
        pattern = re.sub("[-_]", "[-_]", name) + ".ko*"
        for base in (self.root / "lib", self.root / "usr" / "lib"):
            for path in (base / "modules" / self.release).rglob(pattern):
                data = path.read_bytes()
                return lzma.decompress(data) if path.suffix == ".xz" else data
        return None

    def modules(self, names):
        """{name: bytes} of modules, as far as there are such, each behind those that it needs."""
        found = {}
        for name in names:
            data = self.module(name)
            if data:
                needed = re.search(rb"\0depends=([\w,-]*)\0", data)[1].decode()
                found.update(self.modules([other for other in needed.split(",") if other]))
                found[name] = data
        return found

    def file_of(self, package, pattern):
        """Path of a file of another package of the same suite and architecture."""
        root = self.cache / "package" / ("%s-%s" % (self.suite.folder.name, package))
        if not any(root.glob(pattern)):
            self.suite.unpack(self.suite.show(package), root)
        return next(root.glob(pattern))

    def makedumpfile(self):
        """The program. It filters dumps only of the architecture that it is built for, so it is
        that one's. Of all that were tried, bookworm's leaves out most and nothing in use."""
        suite = debian.Suite(self.cache, MAKEDUMPFILE_SUITE, self.machine.deb)
        root = self.cache / "package" / ("%s-makedumpfile" % suite.folder.name)
        if not (root / ".complete").exists():
            suite.update()
            for fields in suite.closure(["makedumpfile"], "lib|zlib").values():
                suite.unpack(fields, root)
            (root / ".complete").touch()
        return Program(root, "makedumpfile", self.machine.emulator)

    def vmlinux(self):
        """Path of the kernel with debug information, out of its debug package (large)."""
        out = self.root / "vmlinux"
        if not out.exists():
            deb = self.suite.download(self.suite.show(self.package["Package"] + "-dbg"))
            part = self.root / "vmlinux.part"
            # a link of the first name may lead to a file of the second
            listed = tool.run(["dpkg", "-c", deb], DEBUG_SECONDS)
            member = re.search(r"^-.* (\S+/vmlinux-%s|\S+/%s/vmlinux)$"
                               % (re.escape(self.release), re.escape(self.release)), listed, re.M)
            if not member:
                raise tool.ToolError("no vmlinux in " + deb.name)
            tool.run(["sh", "-c", 'dpkg --fsys-tarfile "$1" | tar -xO "$2" >"$3"', "sh", deb,
                      member[1], part], DEBUG_SECONDS)
            part.rename(out)
            deb.unlink()
        return out

    def types(self):
        """Path of the kernel's types as a bare BTF file, for kernels that carry none."""
        out = self.root / "types.btf"
        if not out.exists():
            tool.need("pahole")
            part = self.root / "types.part"
            tool.run(["pahole", "--btf_encode_detached=%s" % part, self.vmlinux()], DEBUG_SECONDS)
            part.rename(out)
        return out
