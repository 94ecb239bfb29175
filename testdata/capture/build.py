# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guest is made of: the scenario module, the helper program, the initrd."""

import hashlib
import pathlib
import shutil
import stat
import tempfile

from tables import KERNELS, SCENARIOS, why_not
from tool import run

HERE = pathlib.Path(__file__).resolve().parent
GUEST = HERE / "guest"
SHARED = (GUEST / "vmm" / "withheld.h",)
# Modules that the guest loads before ours: QEMU learns where VMCOREINFO is through this one.
GUEST_MODULES = ("qemu_fw_cfg",)
# The second kernel of a kdump writes to a virtio disk.
DISK_MODULES = ("virtio_pci", "virtio_blk")
KDUMP_APPEND = ("console=%s nr_cpus=1 irqpoll reset_devices rdinit=/init "
                "initcall_blacklist=tracer_init_tracefs")


def scenario_module(kernel):
    """The bytes of scen.ko, built if its sources or the kernel changed."""
    sources = sorted((GUEST / "scen").iterdir())
    scenarios = [f for name, s in SCENARIOS.items() if not why_not(kernel.name, name)
                 for f in s.functions()]
    table = "".join("SCENARIO(%s)\n" % name for name in dict.fromkeys(scenarios))
    digest = hashlib.sha256(table.encode())
    for source in sources:
        digest.update(source.name.encode() + source.read_bytes())
    name = "%s-%s" % (kernel.root.name, digest.hexdigest()[:16])
    folder = kernel.cache / "module" / name
    if not (folder / "scen.ko").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for source in sources:
            shutil.copy(source, folder)
        (folder / "scen_list.h").write_text(table)
        machine = kernel.machine
        run(["make", "-C", kernel.headers, "M=%s" % folder, "modules",
             "CONFIG_DEBUG_INFO_BTF_MODULES=",  # would want pahole
             # BUG() prints __FILE__: no path of this machine belongs in a capture
             "KCFLAGS=-fmacro-prefix-map=%s/= -ffile-prefix-map=%s/=" % (folder, folder),
             "ARCH=" + machine.kbuild, "CROSS_COMPILE=" + machine.cross,
             "CC=%s %sgcc" % (HERE / "cc.py", machine.cross)])
    return (folder / "scen.ko").read_bytes()


def program(kernel, name, folder):
    """The bytes of a static program of the guest, built if its sources changed."""
    sources = sorted((*folder.glob("*.[ch]"), *SHARED))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    out = kernel.cache / "helper" / ("%s-%s-%s" % (name, kernel.machine.deb, digest))
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent) as temporary:
            part = pathlib.Path(temporary) / name
            run([kernel.machine.cross + "gcc", "-O2", "-Wall", "-static", "-s", "-o", part,
                 *folder.glob("*.c"), "-lpthread"])
            part.rename(out)
    return out.read_bytes()


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


FOLDER, PROGRAM, TEXT = stat.S_IFDIR | 0o755, stat.S_IFREG | 0o755, stat.S_IFREG | 0o644


def root(kernel, init, modules):
    """Entries of a root file system with busybox, an init and modules that it loads in order."""
    entries = [(name, FOLDER) for name in ("bin", "dev", "lib")]
    entries += [
        ("dev/console", stat.S_IFCHR | 0o600, b"", (5, 1)),
        ("bin/busybox", PROGRAM, kernel.file_of("busybox-static", "**/bin/busybox").read_bytes()),
        ("init", PROGRAM, (GUEST / init).read_bytes()),
        ("modules", TEXT, "\n".join(modules).encode() + b"\n"),
    ]
    return entries + [("lib/%s.ko" % name, TEXT, data) for name, data in modules.items()]


def kdump(kernel, level):
    """Entries of the second kernel of a kdump, its root file system and its command line."""
    makedumpfile = kernel.makedumpfile()
    entries = root(kernel, "init-kdump", kernel.modules(DISK_MODULES))
    entries += [("bin/makedumpfile", PROGRAM, makedumpfile.path.read_bytes()),
                ("lib/loader", PROGRAM, makedumpfile.loader.read_bytes()),
                ("level", TEXT, b"%d\n" % level)]
    entries += [("lib/" + name, TEXT, pathlib.Path(path).read_bytes())
                for name, path in makedumpfile.libraries().items()]
    return [("kdump", FOLDER), ("kdump/kernel", TEXT, kernel.image.read_bytes()),
            ("kdump/initrd", TEXT, cpio(entries)),
            ("kdump/append", TEXT, (KDUMP_APPEND % kernel.machine.console).encode())]


def nested(kernel):
    """Entries of a guest of the guest: the same kernel, and a root file system of one program."""
    init = [("dev", FOLDER), ("dev/console", stat.S_IFCHR | 0o600, b"", (5, 1)),
            ("init", PROGRAM, program(kernel, "nested", GUEST / "nested"))]
    return [("nested", FOLDER), ("nested/kernel", TEXT, kernel.image.read_bytes()),
            ("nested/initrd", TEXT, cpio(init))]


def initrd(kernel, scenario, before, level):
    """The bytes of the guest's root file system for one scenario; `before`: shell text that is run
    before the scenario's own."""
    modules = kernel.modules(GUEST_MODULES + scenario.modules)
    if KERNELS[kernel.name].headers:
        modules["scen"] = scenario_module(kernel)
    entries = root(kernel, "init", modules)
    entries += [("zoo", PROGRAM, program(kernel, "zoo", GUEST)),
                ("before", TEXT, ("%s\n%s\n" % (before, scenario.before)).encode()),
                ("scenario", TEXT, scenario.guest.encode() + b"\n"),
                ("helper", TEXT, scenario.helper.encode())]
    if scenario.vmm:
        entries.append(("vmm", PROGRAM, program(kernel, "vmm", GUEST / "vmm")))
    if scenario.nested:
        entries += nested(kernel)
    return cpio(entries + (kdump(kernel, level) if scenario.kdump else []))
