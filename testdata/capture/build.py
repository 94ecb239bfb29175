# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guest is made of: the scenario module, the helper program, the initrd."""

import hashlib
import pathlib
import shutil
import stat
import tempfile

from tables import SCENARIOS
from tool import run

HERE = pathlib.Path(__file__).resolve().parent
GUEST = HERE / "guest"
# Modules that the guest loads before ours: QEMU learns where VMCOREINFO is through this one.
GUEST_MODULES = ("qemu_fw_cfg",)


def scenario_module(kernel):
    """The bytes of scen.ko, built if its sources or the kernel changed."""
    sources = sorted((GUEST / "scen").iterdir())
    scenarios = [f for s in SCENARIOS.values() for f in s.functions()]
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


def helper_program(kernel):
    """The bytes of the static helper program, built if its sources changed."""
    sources = sorted(GUEST.glob("*.[ch]"))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    out = kernel.cache / "helper" / ("zoo-%s-%s" % (kernel.machine.deb, digest))
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent) as folder:
            part = pathlib.Path(folder) / "zoo"
            run([kernel.machine.cross + "gcc", "-O2", "-Wall", "-static", "-s", "-o", part,
                 *(source for source in sources if source.suffix == ".c"), "-lpthread"])
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


def initrd(kernel, scenario):
    """The bytes of the guest's root file system for one scenario."""
    modules = {name: kernel.module(name) for name in GUEST_MODULES}
    modules = {name: data for name, data in modules.items() if data}
    modules["scen"] = scenario_module(kernel)
    folder, program, text = stat.S_IFDIR | 0o755, stat.S_IFREG | 0o755, stat.S_IFREG | 0o644
    entries = [(name, folder) for name in ("bin", "dev", "lib")]
    entries += [
        ("dev/console", stat.S_IFCHR | 0o600, b"", (5, 1)),
        ("bin/busybox", program, kernel.file_of("busybox-static", "**/bin/busybox").read_bytes()),
        ("zoo", program, helper_program(kernel)),
        ("init", program, (GUEST / "init").read_bytes()),
        ("scenario", text, scenario.guest.encode() + b"\n"),
        ("helper", text, scenario.helper.encode()),
        ("modules", text, "\n".join(modules).encode() + b"\n"),
    ]
    entries += [("lib/%s.ko" % name, text, data) for name, data in modules.items()]
    return cpio(entries)
