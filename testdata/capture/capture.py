#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""capture.py KERNEL SCENARIO: boot a Debian kernel, let it die, store its memory and its own truth.

Leaves NAME.kdump.zst, NAME.console.zst and NAME.oracle.json (NAME: MACHINE-KERNEL-SCENARIO) in the
folder of -o. Downloads and builds go to $XDG_CACHE_HOME/cairn-captures. What can be captured is in
tables.py; `capture.py list` prints it.
"""

import argparse
import hashlib
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import asdict, replace

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]
sys.dont_write_bytecode = True

import build            # noqa: E402
import guestcore        # noqa: E402
import machine          # noqa: E402
import oracle           # noqa: E402
import tool             # noqa: E402
import vmcore           # noqa: E402
from kernel import Kernel                           # noqa: E402
from tables import (DEBS, KERNELS, MACHINES, SCENARIOS, SETUPS, capture_name,   # noqa: E402
                    kernel_name, kernel_of, setup_of, why_not)

APPEND = ("console=%s %s %s panic=0 loglevel=8 log_buf_len=1M oops=panic unknown_nmi_panic "
          "hung_task_panic=0 rdinit=/init "
          "initcall_blacklist=tracer_init_tracefs")     # its 10,000 inodes are a fifth of a dump
# makedumpfile's level of a nested guest: zero and free pages are left out
NESTED_LEVEL = 17
ORACLE_DONE = "ORACLE sysrq-t end"
# What the guest says when the scenario did not do its work.
FAILURES = ("ORACLE survived", "ORACLE failed", "Attempted to kill init")
PROGRAMS = ("apt-get", "dpkg", "make", "gcc", "zstd")
ERRORS = (tool.ToolError, machine.BootError, OSError)


def say(started, text):
    print("%6.1f s  %s" % (time.monotonic() - started, text), flush=True)


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "cairn-captures"


def level_of(kernel, scenario, setup):
    """makedumpfile's level; 0: the dump stays as it is."""
    if setup.level is not None or setup.format:
        return setup.level or 0
    return scenario.level or KERNELS[kernel.name].level


def accelerators(box, scenario, args):
    if scenario.vmm:
        return ["tcg"]
    return machine.accelerators(box) if args.accel == "auto" else [args.accel]


def hardware(setup):
    """QEMU's arguments for the devices of a setup."""
    return (*(("-device", "vmcoreinfo") if setup.note else ()), *setup.qemu)


def boot(kernel, scenario, setup, memory, folder, accels, log):
    """Run the guest to its end and leave its memory in `folder`: as `core`, or as `disk` where the
    guest dumps itself. Returns (console, accelerator)."""
    (folder / "initrd").write_bytes(build.initrd(kernel, scenario, setup.before,
                                                   level_of(kernel, scenario, setup)))
    disk = folder / "disk" if scenario.kdump else None
    for number, accel in enumerate(accels, 1):
        if disk:
            disk.write_bytes(b"")
            os.truncate(disk, memory << 20)
        guest = machine.Guest(kernel.machine, kernel.image, folder / "initrd",
                              APPEND % (kernel.machine.console, scenario.append, setup.append),
                              memory, folder, accel, disk, setup.smp, hardware(setup))
        log("booting %s, %d MiB, %s" % (kernel.release, memory, accel))
        try:
            with guest:
                until_death(guest, scenario)
                if disk:
                    guest.wait_for_end(scenario.deadline)
                else:
                    time.sleep(1)       # the other CPUs stop
                    guest.dump(folder / "core", setup.format)
                return guest.text(), accel
        except machine.BootError as error:
            if number == len(accels):
                raise
            log("not under %s: %s" % (accel, str(error).splitlines()[0]))
    raise AssertionError("no accelerator to try")


def until_death(guest, scenario):
    guest.wait_for([ORACLE_DONE], scenario.deadline, (*FAILURES, "end Kernel panic"))
    if scenario.mce_on:
        guest.wait_for([scenario.mce_on], scenario.deadline, FAILURES)
        guest.inject_mce()
    for text in scenario.nmi_on:
        guest.wait_for([text], scenario.deadline, FAILURES)
        guest.inject_nmi()
    guest.wait_for(scenario.marker, scenario.deadline, FAILURES)
    guest.refuse(FAILURES)      # it may have said so in the last moment


def filtered(kernel, scenario, setup, console, folder):
    """The stored form of the dump. Returns (path, facts about it)."""
    level, out = level_of(kernel, scenario, setup), folder / "kdump"
    if not level:
        if setup.note and not setup.format:
            vmcore.normalise(folder / "core", kernel.machine)
        (folder / "core").rename(out)
        return out, {"makedumpfile": None, "dump_level": level}
    makedumpfile = kernel.makedumpfile()
    if scenario.kdump:
        size = re.search(r"ORACLE kdump bytes (\d+) written", console)
        if not size:
            raise tool.ToolError("the second kernel does not say how large its dump is")
        (folder / "disk").rename(out)
        os.truncate(out, int(size[1]))
    else:
        vmcore.normalise(folder / "core", kernel.machine)
        makedumpfile.run(*setup.filter, "-d", level, folder / "core", out)
    version = re.search(r"version ([\d.]+)", makedumpfile.run("-v"))[1]
    return out, {"makedumpfile": version, "dump_level": level}


def nested_guest(kernel, truth, console, folder):
    """The guest of the guest: (its dump, its console, its own truth). What the host's VMM said of
    it is in both truths."""
    core, out = folder / "nested-core", folder / "nested-kdump"
    guestcore.cut(folder / "core", core, next(vm for vm in truth["kvm"].values() if "map" in vm))
    vmcore.normalise(core, kernel.machine)
    kernel.makedumpfile().run("-d", NESTED_LEVEL, core, out)
    text = "".join(line + "\n" for line in re.findall(r"^nested: (.*)", console, re.M))
    own = dict(oracle.parse(text), kvm=truth["kvm"])
    own["capture"] = {**truth["capture"], "expect": None, **sizes(out)}
    for key in ("name", "scenario"):
        own["capture"][key] += "-guest"
    (folder / "nested-console").write_text(text)
    (folder / "nested-oracle").write_text(oracle.dumps(own))
    return out, folder / "nested-console", folder / "nested-oracle"


def sizes(dump):
    return {"kdump_bytes": dump.stat().st_size,
            "kdump_sha256": hashlib.sha256(dump.read_bytes()).hexdigest()}


def pack_and_store(name, files, args, log):
    """Files (dump, console, truth) of a capture to the output folder."""
    dump, console, truth = files
    packed = {}
    for kind, path in ((".kdump.zst", dump), (".console.zst", console)):
        packed[name + kind] = path.with_name(path.name + ".zst")
        vmcore.pack(path, packed[name + kind])
    store({**packed, name + ".oracle.json": truth}, args.output, log)


def store(files, output, log):
    """Copy the files, {name: path}, to the folder `output`."""
    output.mkdir(parents=True, exist_ok=True)
    for name, path in files.items():
        shutil.copyfile(path, output / name)
        log("%s: %d bytes" % (name, path.stat().st_size))


def capture(kernel, key, scenario_name, args, log):
    """One capture; `key` is KERNEL or KERNEL+SETUP."""
    row, setup = KERNELS[kernel.name], setup_of(key)
    scenario, box = SCENARIOS[scenario_name], kernel.machine
    name = capture_name(key, scenario_name)
    memory = args.memory or max(row.memory, scenario.memory, setup.memory)
    accels = accelerators(box, scenario, args)
    with tempfile.TemporaryDirectory(prefix="capture-", dir=args.cache) as temporary:
        folder = pathlib.Path(temporary)
        console, accel = boot(kernel, scenario, setup, memory, folder, accels, log)
        (folder / "console").write_text(console)
        truth = oracle.parse(console)
        log("froze: %s" % (truth["panic"][-1] if truth["panic"] else "without a word"))
        dump, facts = filtered(kernel, scenario, setup, console, folder)
        log("filtered at level %d" % facts["dump_level"])
        truth["capture"] = {
            "name": name, "scenario": scenario_name, "title": scenario.title,
            "expect": asdict(scenario.expect),
            "package": kernel.package["Package"], "version": kernel.package["Version"],
            "source": kernel.package.get("Built-Using", kernel.package.get("Source")),
            "suite": row.suite, "machine": row.machine, "memory_mib": memory, "cpus": int(setup.smp.partition(",")[0]),
            "qemu": tool.version(box.qemu), "accelerator": accel, **facts,
            **sizes(dump),
        }
        (folder / "oracle").write_text(oracle.dumps(truth))
        pack_and_store(name, (dump, folder / "console", folder / "oracle"), args, log)
        if scenario.nested:
            pack_and_store(name + "-guest", nested_guest(kernel, truth, console, folder), args, log)


def usual(table):
    """Keys of the kernels or scenarios that `all` makes."""
    return [name for name, row in table.items() if not row.apart]


def list_tables():
    for name, kernel in KERNELS.items():
        print("kernel    %-15s Debian %s, %s%s" % (name, kernel.suite, kernel.machine,
                                                  ", not made by `all`" * kernel.apart))
    for name, setup in SETUPS.items():
        print("setup     +%-11s %s" % (name, setup.title))
    for name, scenario in SCENARIOS.items():
        print("scenario  %-12s %s" % (name, scenario.title))
        if scenario.apart:
            print("%24s not made by `all`" % "")
        for where, why in scenario.not_on.items():
            print("%24s not on %s: %s" % ("", where, why))


def list_debs(kernels, args):
    """Names of the packages of this system that captures of these kernels need."""
    names = list(DEBS)
    for kernel in map(kernel_of, kernels):
        names += MACHINES[KERNELS[kernel].machine].debs
        if args.types and not KERNELS[kernel].btf:
            names.append("dwarves")
    print(*dict.fromkeys(names))


def fetch_more(kernel, row, args, log):
    """The debug package's vmlinux, and the types of a kernel that carries none, if asked for."""
    if args.debug:
        log("vmlinux with debug information: %s" % kernel.vmlinux())
    if args.types and not row.btf:
        packed = args.cache / (kernel.root.name + ".btf.zst")
        vmcore.pack(kernel.types(), packed)
        store({kernel_name(kernel.name) + ".btf.zst": packed}, args.output, log)


def one_kernel(key, args):
    """All that is asked for of one kernel. Returns how many captures failed."""
    name, failed, started = kernel_of(key), 0, time.monotonic()
    row = KERNELS[name]
    try:
        box = MACHINES[row.machine]
        box = replace(box, cpu=setup_of(key).cpu or row.cpu or box.cpu)
        tool.need(*PROGRAMS, box.qemu, box.cross + "gcc", *box.emulator)
        kernel = Kernel(args.cache, name, row, box, args.refresh)
        say(started, "%s %s" % (kernel.package["Package"], kernel.package["Version"]))
        fetch_more(kernel, row, args, lambda text: say(started, text))
    except ERRORS as error:
        say(started, "%s FAILED: %s" % (name, error))
        return len(args.scenarios) or 1
    for scenario in args.scenarios:
        started = time.monotonic()
        if why_not(name, scenario):
            say(started, "%s %s left out: %s" % (key, scenario, why_not(name, scenario)))
            continue
        try:
            capture(kernel, key, scenario, args, lambda text: say(started, text))
        except ERRORS as error:
            say(started, "%s %s FAILED: %s" % (key, scenario, error))
            failed += 1
    return failed


def arguments(argv):
    parser = argparse.ArgumentParser(description="Capture the memory of a dying kernel.")
    parser.add_argument("kernel", help="a key of KERNELS in tables.py, or KERNEL+SETUP with one of SETUPS; "
                             "`all`, or `list`")
    parser.add_argument("scenario", nargs="?",
                        help="a key of SCENARIOS, or `all`; without one, packages are only fetched")
    parser.add_argument("-o", "--output", type=pathlib.Path, default=pathlib.Path("build/captures"))
    parser.add_argument("--cache", type=pathlib.Path, default=cache_folder())
    parser.add_argument("--memory", type=int, help="MiB of guest memory (the kernel's row says)")
    parser.add_argument("--accel", choices=("auto", "kvm", "tcg"), default="auto")
    parser.add_argument("--refresh", action="store_true", help="look for newer packages")
    parser.add_argument("--debug", action="store_true",
                        help="fetch the vmlinux with debug information too (800 MB)")
    parser.add_argument("--types", action="store_true",
                        help="store the types (BTF) of a kernel without them; fetches as above")
    parser.add_argument("--debs", action="store_true",
                        help="only print the names of the Debian packages that are needed")
    args = parser.parse_args(argv)
    args.kernels = usual(KERNELS) if args.kernel == "all" else [args.kernel]
    args.scenarios = usual(SCENARIOS) if args.scenario == "all" else \
        [args.scenario] if args.scenario else []
    if args.kernel != "list":
        for name, table in [(kernel_of(k), KERNELS) for k in args.kernels] + \
                           [(k.partition("+")[2], SETUPS) for k in args.kernels if "+" in k] + \
                           [(s, SCENARIOS) for s in args.scenarios]:
            if name not in table:
                parser.error("%s: one of %s" % (name, " ".join(table)))
    return args


def main(argv):
    args = arguments(argv)
    if args.kernel == "list":
        return list_tables()
    if args.debs:
        return list_debs(args.kernels, args)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))     # leaves the contexts: QEMU, folders
    args.cache = args.cache.resolve()
    args.cache.mkdir(parents=True, exist_ok=True)
    return 1 if sum(one_kernel(kernel, args) for kernel in args.kernels) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
