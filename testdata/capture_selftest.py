#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""capture_selftest.py: does the capture kit end in time, whatever QEMU and the guest do? TAP.

No QEMU is needed: programs that behave badly take its place. The tables are checked, and so is what
is done to QEMU's cores.
"""

import argparse
import contextlib
import dataclasses
import io
import os
import pathlib
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "capture")]
sys.dont_write_bytecode = True

import capture      # noqa: E402
import machine      # noqa: E402
import selftest     # noqa: E402
import tool         # noqa: E402
import vmcore       # noqa: E402
from tables import (KERNELS, MACHINES, SCENARIOS, capture_name, kernel_name,  # noqa: E402
                    setup_of, why_not)

SOON = 1            # seconds: a deadline of a test
LATE = 15           # seconds: an answer after that came not in time
# Stands for QEMU: the console is where -serial file:PATH says.
FAKE = """#!/bin/sh
for word; do case $word in file:*) console=${word#file:};; unix:*) qmp=${word#unix:};; esac; done
qmp=${qmp%%%%,*}
%s
"""
HANGS = "echo 'before the silence' >>$console; exec sleep 1000"
DEAF = """echo 'end Kernel panic' >>$console
exec %s -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); c = s.accept(); time.sleep(1000)
' "$qmp" """ % sys.executable


def fake(folder, body):
    """A machine whose QEMU is the shell text."""
    program = pathlib.Path(folder) / "qemu"
    program.write_text(FAKE % body)
    program.chmod(0o755)
    return dataclasses.replace(MACHINES["amd64"], qemu=str(program))


def guest(folder, body):
    return machine.Guest(fake(folder, body), "image", "initrd", "append", 1, folder, "tcg")


def gone(pid):
    """Whether the process ends within a moment."""
    for _ in range(50):
        try:
            if "\nState:\tZ" in pathlib.Path("/proc/%d/status" % pid).read_text():
                return True
        except OSError:
            return True
        time.sleep(0.1)
    return False


def boot_failure(body, then=None):
    """What a boot that goes wrong is reported with; checks that it is in time, and QEMU gone."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        try:
            with guest(folder, body) as box:
                pid = box.process.pid
                box.wait_for(["end Kernel panic"], SOON, capture.FAILURES)
                if then:
                    then(box)
        except machine.BootError as error:
            assert time.monotonic() - started < LATE
            assert gone(pid)
            return str(error)
    return ""


def a_silent_guest_is_reported_with_its_last_lines():
    text = boot_failure(HANGS)
    return "no 'end Kernel panic' after" in text and text.endswith("before the silence")


def a_qemu_that_dies_is_reported_with_its_words():
    text = boot_failure("echo 'no such machine' >&2; exit 3")
    return "QEMU ended (3) no such machine" in text and text.endswith("(nothing)")


def a_qemu_that_says_much_is_not_held_up():
    text = boot_failure("head -c 300000 /dev/zero | tr '\\0' x >&2; echo 'the end' >&2; exit 3")
    return "QEMU ended (3) xxx" in text and "xthe end" in text


def a_guest_that_survives_is_reported():
    return "guest says 'ORACLE survived'" in boot_failure("echo ORACLE survived >>$console; " +
                                                          HANGS)


def a_failure_in_the_last_moment_is_reported():
    with tempfile.TemporaryDirectory() as folder:
        scenario = dataclasses.replace(SCENARIOS["sysrq"], deadline=SOON)
        try:
            with guest(folder, "printf 'ORACLE sysrq-t end\\nORACLE failed: no leaf\\n"
                               "end Kernel panic\\n' >>$console; exec sleep 1000") as box:
                capture.until_death(box, scenario)
        except machine.BootError as error:
            return "guest says 'ORACLE failed'" in str(error)
    return False


def a_deaf_control_socket_is_reported():
    machine.QMP_SECONDS = SOON
    text = boot_failure(DEAF, then=lambda box: (time.sleep(1), box.dump("/nonexistent")))
    return "QMP stop: timed out" in text and text.endswith("end Kernel panic")


def a_missing_control_socket_is_reported():
    text = boot_failure("echo 'end Kernel panic' >>$console; exec sleep 1000",
                        then=lambda box: box.dump("/nonexistent"))
    return "QMP stop: " in text


def qemu_dies_with_the_kit():
    program = """
import sys, time
sys.path[:0] = %r
import capture_selftest
box = capture_selftest.guest(sys.argv[1], capture_selftest.HANGS).__enter__()
print(box.process.pid, flush=True)
time.sleep(1000)
""" % [str(HERE)]
    with tempfile.TemporaryDirectory() as folder:
        with subprocess.Popen([sys.executable, "-c", program, folder], text=True,
                              stdout=subprocess.PIPE) as kit:
            pid = int(kit.stdout.readline())
            alive = os.path.exists("/proc/%d" % pid)
            kit.send_signal(signal.SIGKILL)
        return alive and gone(pid)


def a_tool_that_hangs_is_killed_with_its_children():
    with tempfile.TemporaryDirectory() as folder:
        pids = pathlib.Path(folder) / "pids"
        try:
            tool.run(["sh", "-c", "echo last words; sleep 1000 & echo $! $$ >%s; wait" % pids],
                     SOON)
        except tool.ToolError as error:
            text = str(error)
        return "not done after 1 s:\nlast words" in text and \
            all(gone(int(pid)) for pid in pids.read_text().split())


def a_tool_that_fails_is_reported_with_its_words():
    try:
        tool.run(["sh", "-c", "echo why >&2; exit 4"])
    except tool.ToolError as error:
        return "failed (4):\nwhy" in str(error)
    return False


class FakeKernel:
    """Stands for a kernel that is fetched and built."""
    image, name, release, package = "image", "6.1", "6.1.0", {"Package": "linux", "Version": "1"}
    box = None

    def __init__(self, *_):
        self.machine = FakeKernel.box


def the_command_fails_in_time():
    """The whole command on a guest that hangs: each scenario reported, nothing stored."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        FakeKernel.box = fake(folder, HANGS)
        capture.Kernel, capture.build.initrd = FakeKernel, lambda *_: b""
        capture.MACHINES = {"amd64": FakeKernel.box}
        capture.SCENARIOS = {key: dataclasses.replace(row, deadline=SOON)
                             for key, row in list(SCENARIOS.items())[:2]}
        out, started = io.StringIO(), time.monotonic()
        with contextlib.redirect_stdout(out):
            code = capture.main(["6.1", "all", "-o", str(folder / "out"), "--cache",
                                 str(folder / "cache"), "--accel", "tcg"])
        return code == 1 and out.getvalue().count("FAILED: no 'ORACLE sysrq-t end'") == 2 and \
            out.getvalue().count("before the silence") == 2 and \
            time.monotonic() - started < LATE and not (folder / "out").exists() and \
            not list((folder / "cache").glob("capture-*"))


# tables -----------------------------------------------------------------------------------------

def every_scenario_has_its_function():
    text = "".join(path.read_text() for path in HERE.glob("capture/guest/scen/*.c"))
    return all(re.search(r"^void scen_%s\(int pid\)" % name, text, re.M)
               for row in SCENARIOS.values() for name in row.functions())


def every_expected_class_is_one_that_there_is():
    text = (HERE.parent / "lib/kern/crashclass.c").read_text()
    return all('"%s"' % name in text
               for row in SCENARIOS.values() for name in row.expect.cls.split("|"))


def exceptions_name_what_there_is():
    releases = {re.match(r"[\d.]+", name)[0] for name in KERNELS}
    return all(where in KERNELS or where in MACHINES or where in releases
               for row in SCENARIOS.values() for where in row.not_on) and \
        why_not("6.1-armhf", "nmi") and why_not("5.10", "maple-gap") and not why_not("6.1", "nmi")


def large_ones_are_made_by_name_only():
    def asked(scenario):
        return capture.arguments(["6.1", scenario]).scenarios
    return SCENARIOS["scale"].apart and asked("scale") == ["scale"] and \
        asked("all") == [name for name, row in SCENARIOS.items() if not row.apart] and \
        "7.3" not in capture.arguments(["all"]).kernels


def names_of_captures():
    return (capture_name("6.1", "irqbug"), capture_name("6.1-armhf", "sysrq"),
            capture_name("6.1_nopae-i386+cpus8", "hung")) == \
        ("amd64-6.1-irqbug", "armhf-6.1-sysrq", "i386-6.1_nopae+cpus8-hung")


def names_of_kernels_have_no_dash():
    """Captures' names are taken apart at their first two."""
    return all(kernel_name(name).count("-") == 1 for name in KERNELS) and \
        not any("-" in name for name in MACHINES)


def setups_are_named_behind_a_plus():
    def refused(key):
        with contextlib.redirect_stderr(io.StringIO()):
            try:
                capture.arguments([key, "sysrq"])
            except SystemExit:
                return True
        return False
    return not refused("6.1+la57") and refused("6.1+no-such") and refused("9.9+la57") and \
        setup_of("6.1+cpus8").smp.startswith("8,") and setup_of("6.1").smp == "2"


def kernels_without_headers_run_nothing_of_ours():
    bare = next(name for name, row in KERNELS.items() if not row.headers)
    return why_not(bare, "irqbug") and not why_not(bare, "sysrq")


def packages_are_named():
    def debs(kernel, types=False):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            capture.list_debs([kernel], argparse.Namespace(types=types))
        return out.getvalue().split()
    return "gcc-arm-linux-gnueabihf" in debs("6.1-armhf") and \
        not any("gnueabihf" in name for name in debs("6.1")) and \
        "dwarves" in debs("6.1-armhf", True) and "dwarves" not in debs("6.1", True)


# cores ------------------------------------------------------------------------------------------

TEXT = b"OSRELEASE=6.1.0\nPAGESIZE=4096\nSYMBOL(init_uts_ns)=c1583940\nCRASHTIME=5\n"


def qemu_core(path, wide, memory):
    """A core as QEMU lays it out: ELF header, a section header, program headers, a note, memory."""
    note = struct.pack("<III", 5, 4, 1) + b"CORE\0\0\0\0" + b"regs"
    head, entry, gap = (64, 56, 64) if wide else (52, 32, 40)
    at = head + gap + 2 * entry
    rows = [(4, 0, at, 0, 0, len(note), len(note), 0),
            (1, 0, at + len(note), 0, 0x1000, len(memory), len(memory), 0)]
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1, 1]) + bytes(9)
    if wide:
        elf = ident + struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, head + gap, head, 0, head, entry,
                                  2, gap, 1, 0)
        headers = b"".join(struct.pack("<IIQQQQQQ", *row) for row in rows)
    else:
        elf = ident + struct.pack("<HHIIIIIHHHHHH", 4, 3, 1, 0, head + gap, head, 0, head, entry,
                                  2, gap, 1, 0)
        headers = b"".join(struct.pack("<IIIIIIII", row[0], *row[2:7], row[1], row[7])
                           for row in rows)
    path.write_bytes(elf + bytes(gap) + headers + note + memory)


def normalised(wide, memory, lowmem=()):
    """The core of that memory after its treatment: (where the program headers are, segments, notes,
    memory)."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "core"
        qemu_core(path, wide, memory)
        vmcore.normalise(path, dataclasses.replace(MACHINES["amd64"], lowmem=lowmem))
        core = vmcore.Core(path)
        load, = core.loads()
        core.file.seek(load.offset)
        kept = core.file.read(load.size)
        at = struct.unpack_from("<Q" if wide else "<I", core.head, 32 if wide else 28)[0]
        return at, core.segments, core.notes(), kept


def vmcoreinfo_is_found_in_memory():
    memory = b"\xff" * 5000 + b"OSRELEASE=%s\n\0" + TEXT + b"\0" * 5000
    return all(at == head and TEXT in notes and b"VMCOREINFO\0" in notes and b"regs" in notes and
               kept == memory
               for wide, head in ((True, 64), (False, 52))
               for at, _, notes, kept in [normalised(wide, memory)])


def no_vmcoreinfo_is_an_error():
    try:
        normalised(True, b"\0" * 4096)
    except tool.ToolError as error:
        return "VMCOREINFO" in str(error)
    return False


def low_memory_is_mapped():
    _, segments, _, _ = normalised(False, TEXT, (0xc0000000, 0x38000000))
    return segments[1].virtual == 0xc0001000


TESTS = [
    a_silent_guest_is_reported_with_its_last_lines, a_qemu_that_dies_is_reported_with_its_words,
    a_qemu_that_says_much_is_not_held_up, a_guest_that_survives_is_reported,
    a_failure_in_the_last_moment_is_reported,
    a_deaf_control_socket_is_reported,
    a_missing_control_socket_is_reported, qemu_dies_with_the_kit,
    a_tool_that_hangs_is_killed_with_its_children, a_tool_that_fails_is_reported_with_its_words,
    every_scenario_has_its_function, every_expected_class_is_one_that_there_is,
    exceptions_name_what_there_is, large_ones_are_made_by_name_only, names_of_captures,
    names_of_kernels_have_no_dash, setups_are_named_behind_a_plus, kernels_without_headers_run_nothing_of_ours,
    packages_are_named, vmcoreinfo_is_found_in_memory, no_vmcoreinfo_is_an_error,
    low_memory_is_mapped, the_command_fails_in_time,
]


if __name__ == "__main__":
    sys.exit(selftest.run(TESTS))
