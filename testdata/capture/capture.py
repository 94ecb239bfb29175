#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""capture.py KERNEL SCENARIO: boot a Debian kernel, let it die, store its memory and its own truth.

Leaves NAME.kdump.zst, NAME.console.zst and NAME.oracle.json (NAME: MACHINE-KERNEL-SCENARIO) in the
folder of -o. Downloads and builds go to $XDG_CACHE_HOME/cairn-captures. What can be captured is in
tables.py; `capture.py list` prints it.
"""

import argparse
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]
sys.dont_write_bytecode = True

import build            # noqa: E402
import debian           # noqa: E402
import machine          # noqa: E402
import oracle           # noqa: E402
import vmcore           # noqa: E402
from tables import KERNELS, MACHINES, SCENARIOS     # noqa: E402

APPEND = ("console=%s panic=0 loglevel=8 log_buf_len=1M oops=panic unknown_nmi_panic "
          "hung_task_panic=0 rdinit=/init "
          "initcall_blacklist=tracer_init_tracefs")     # its 10,000 inodes are a fifth of a dump
ORACLE_DONE = "ORACLE sysrq-t end"
# What the guest says when the scenario did not do its work.
FAILURES = ("ORACLE survived", "ORACLE failed", "Attempted to kill init")
PROGRAMS = ("apt-get", "dpkg", "make", "makedumpfile", "zstd")


def say(started, text):
    print("%6.1f s  %s" % (time.monotonic() - started, text), flush=True)


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "cairn-captures"


def boot_and_dump(kernel, scenario, memory, folder, accels, log):
    """Run the guest to its end; its memory is in folder/core. Returns (console, accelerator)."""
    (folder / "initrd").write_bytes(build.initrd(kernel, scenario))
    for number, accel in enumerate(accels, 1):
        guest = machine.Guest(kernel.machine, kernel.image, folder / "initrd",
                              APPEND % kernel.machine.console, memory, folder, accel)
        log("booting %s, %d MiB, %s" % (kernel.release, memory, accel))
        try:
            with guest:
                guest.wait_for(ORACLE_DONE, scenario.deadline, (*FAILURES, "end Kernel panic"))
                if scenario.nmi_on:
                    guest.wait_for(scenario.nmi_on, scenario.deadline, FAILURES)
                    guest.inject_nmi()
                guest.wait_for(scenario.marker, scenario.deadline, FAILURES)
                time.sleep(1)       # the other CPUs stop
                guest.dump(folder / "core")
                return guest.text(), accel
        except machine.BootError as error:
            if number == len(accels):
                raise
            log("not under %s: %s" % (accel, str(error).splitlines()[0]))
    raise AssertionError("no accelerator to try")


def filtered(folder, levels, truth, drop_text, log):
    """The stored form of folder/core. Returns (path, facts about it)."""
    have = vmcore.makedumpfile_version()
    level = next(level for level, needed in levels if have >= needed)
    vmcore.relayout(folder / "core")
    vmcore.make_kdump(folder / "core", folder / "kdump", level)
    facts = {"makedumpfile": ".".join(map(str, have)), "dump_level": level, "cold_text_pages": 0}
    if drop_text:
        dump = vmcore.Kdump(folder / "kdump")
        start, end = (int(truth["kallsyms"][name][0][0], 16) for name in ("_stext", "_etext"))
        facts["cold_text_pages"] = vmcore.drop_cold_text(dump, start, end)
        dump.write(folder / "kdump")
    log("filtered at level %d, pages of cold text left out: %d" % (level, facts["cold_text_pages"]))
    return folder / "kdump", facts


def capture(kernel_name, scenario_name, args, log):
    row, scenario = KERNELS[kernel_name], SCENARIOS[scenario_name]
    box = MACHINES[row.machine]
    name = "%s-%s-%s" % (row.machine, kernel_name, scenario_name)
    memory = args.memory or row.memory
    kernel = build.Kernel(args.cache, kernel_name, row, box, args.refresh)
    log("%s %s" % (kernel.package["Package"], kernel.package["Version"]))
    accels = machine.accelerators(box) if args.accel == "auto" else [args.accel]
    with tempfile.TemporaryDirectory(prefix="capture-", dir=args.cache) as temporary:
        folder = pathlib.Path(temporary)
        console, accel = boot_and_dump(kernel, scenario, memory, folder, accels, log)
        (folder / "console").write_text(console)
        truth = oracle.parse(console)
        log("froze: %s" % (truth["panic"][-1] if truth["panic"] else scenario.marker))
        dump, facts = filtered(folder, row.levels, truth,
                               box.cold_text and not args.keep_text, log)
        truth["capture"] = {
            "name": name, "scenario": scenario_name, "title": scenario.title,
            "package": kernel.package["Package"], "version": kernel.package["Version"],
            "source": kernel.package.get("Built-Using", kernel.package.get("Source")),
            "suite": row.suite, "machine": row.machine, "memory_mib": memory, "cpus": 2,
            "qemu": machine.version(box.qemu), "accelerator": accel, **facts,
            "kdump_bytes": dump.stat().st_size,
            "kdump_sha256": hashlib.sha256(dump.read_bytes()).hexdigest(),
        }
        (folder / "oracle").write_text(oracle.dumps(truth))
        vmcore.pack(dump, folder / "kdump.zst")
        vmcore.pack(folder / "console", folder / "console.zst")
        args.output.mkdir(parents=True, exist_ok=True)
        for made, kind in (("kdump.zst", ".kdump.zst"), ("console.zst", ".console.zst"),
                           ("oracle", ".oracle.json")):
            size = (folder / made).stat().st_size
            shutil.copyfile(folder / made, args.output / (name + kind))
            log("%s%s: %d bytes" % (name, kind, size))


def list_tables():
    for name, kernel in KERNELS.items():
        print("kernel    %-10s Debian %s, %s" % (name, kernel.suite, kernel.machine))
    for name, scenario in SCENARIOS.items():
        print("scenario  %-10s %s" % (name, scenario.title))


def arguments(argv):
    parser = argparse.ArgumentParser(description="Capture the memory of a dying kernel.")
    parser.add_argument("kernel", help="a key of KERNELS in tables.py, `all`, or `list`")
    parser.add_argument("scenario", nargs="?", help="a key of SCENARIOS, or `all`")
    parser.add_argument("-o", "--output", type=pathlib.Path, default=pathlib.Path("build/captures"))
    parser.add_argument("--cache", type=pathlib.Path, default=cache_folder())
    parser.add_argument("--memory", type=int, help="MiB of guest memory (the kernel's row says)")
    parser.add_argument("--accel", choices=("auto", "kvm", "tcg"), default="auto")
    parser.add_argument("--keep-text", action="store_true", help="keep kernel code nothing ran in")
    parser.add_argument("--refresh", action="store_true", help="look for newer packages")
    args = parser.parse_args(argv)
    args.kernels = list(KERNELS) if args.kernel == "all" else [args.kernel]
    args.scenarios = list(SCENARIOS) if args.scenario == "all" else [args.scenario]
    if args.kernel != "list":
        for name, table in [(k, KERNELS) for k in args.kernels] + \
                           [(s, SCENARIOS) for s in args.scenarios]:
            if name not in table:
                parser.error("%s: one of %s" % (name, " ".join(table)))
    return args


def main(argv):
    args = arguments(argv)
    if args.kernel == "list":
        return list_tables()
    args.cache = args.cache.resolve()
    args.cache.mkdir(parents=True, exist_ok=True)
    failed = 0
    for kernel in args.kernels:
        for scenario in args.scenarios:
            started = time.monotonic()
            try:
                debian.need(*PROGRAMS, MACHINES[KERNELS[kernel].machine].qemu)
                capture(kernel, scenario, args, lambda text: say(started, text))
            except (debian.FetchError, build.BuildError, machine.BootError, vmcore.DumpError,
                    subprocess.CalledProcessError, OSError) as error:
                say(started, "%s %s FAILED: %s" % (kernel, scenario, error))
                failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
