#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bare.t: dumps with nothing in them that tells how memory is translated. CAIRN names the program.

ELF cores of each machine that is read, of none, and of one that is not, with a little memory that
is garbage: every command ends, and says why it cannot answer."""

import os
import pathlib
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CAIRN = os.path.abspath(os.environ.get("CAIRN", HERE.parent / "build" / "cairn"))
SECONDS = 60
INFO = b"OSRELEASE=6.1.0-test\nPAGESIZE=4096\n"
# e_machine (elf.h), bytes of a word; EM_NONE: a header that was never filled, or was damaged
READ = {"x86_64": (62, 8), "i386": (3, 4), "arm": (40, 4), "arm64": (183, 8),
        "no machine": (0, 8), "no machine of 32 bits": (0, 4)}
FOREIGN = {"riscv": (243, "<"), "s390": (22, ">"), "powerpc of 64 bits": (21, "<"), "mips": (8, ">")}
COMMANDS = """apf|bt -a|check|check -o *|dis 0|dis 0xffffffff81000000|expect -w out|files|foreach bt
foreach files|foreach vm|foreach wait|irq|kmem -i|kmem -s|kmem 0xffff888000001000|kvm
list 0xffff888000001000|log|maple 1|mod|p 1|p jiffies|ps|ps -m|pte 1|rd 0|rd -p 0x80000000|rd -u 0
runq|search 1|set|slim -o out|stacks|stacks -g|stacks 0xffff888000000000|struct task_struct
struct task_struct 0xffff888000001000|sym 0|sym schedule|sys|task|tdp|timer
tree -t maple 0xffff888000001000|triage|vm|vm -f 1|vm -p 1|maple -t 1|maple --svg 1|oops|vtop 0xffffffff81000000|vtop -u 0|wait
whatis 0xffff888000001000"""


def core(machine, word, order="<"):
    """An ELF core of 8 KiB of memory at 2 GiB, with a VMCOREINFO that names no address."""
    note = struct.pack(order + "III", 11, len(INFO), 0) + b"VMCOREINFO\0\0" + INFO
    note += b"\0" * (-len(note) % 4)
    wide, head, entry = word == 8, (52, 64)[word == 8], (32, 56)[word == 8]
    ident = b"\x7fELF" + bytes([1 + wide, 1 + (order == ">"), 1]) + bytes(9)
    out = ident + struct.pack(order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"), 4, machine, 1,
                              0, head, 0, 0, head, entry, 2, 0, 0, 0)
    for kind, flags, at, physical, size in ((4, 0, 0x1000, 0, len(note)),
                                            (1, 7, 0x2000, 0x80000000, 0x2000)):
        out += struct.pack(order + "IIQQQQQQ", kind, flags, at, 0, physical, size, size, 4) if wide \
            else struct.pack(order + "IIIIIIII", kind, at, 0, physical, size, size, flags, 4)
    return (out.ljust(0x1000, b"\0") + note).ljust(0x2000, b"\0") + b"\x5a" * 0x2000


def cairn(*words):
    """(exit code, what it said); a signal's number is negative, None: it did not end."""
    pathlib.Path("out").unlink(missing_ok=True)
    try:
        done = subprocess.run([CAIRN, "--no-cache", "--no-debug-search", *words], capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stdout + done.stderr


def main():
    count = failed = 0

    def test(name, problems):
        nonlocal count, failed
        count, failed = count + 1, failed + bool(problems)
        print("%sok %d - %s" % ("not " * bool(problems), count, name))
        for problem in problems:
            print("#   %s" % problem)

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, (machine, word) in READ.items():
            pathlib.Path("dump").write_bytes(core(machine, word))
            ends = {line: cairn("dump", *line.split()) for line in COMMANDS.replace("\n", "|").split("|")}
            test("%s: every command ends" % name,
                 ["%s: exit code %s" % (line, code) for line, (code, _) in ends.items()
                  if code not in (0, 1, 2, 4)])
            test("%s: what cannot be answered has a reason" % name,
                 [line for line, (code, said) in ends.items() if code and not said])
        for name, (machine, order) in FOREIGN.items():
            pathlib.Path("dump").write_bytes(core(machine, 8, order))
            code, said = cairn("dump", "triage")
            test("%s: refused by name" % name,
                 [] if code == 3 and "not read here (%s)" % name in said else [code, said])
    print("1..%d" % count)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
