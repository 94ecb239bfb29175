#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""lines.py CAIRN VMCORE VMLINUX: source lines and inlined calls, held against binutils' addr2line.

Every frame of every task and CPU: its file, line, and the chain of functions inlined at its
address. The frames themselves must be those that cairn finds without the vmlinux. Prints TAP.
Modules' frames are left out, and the function of an address where DWARF has another name for it than
the symbol table (aliases, .constprop and the like).
"""

import json
import os
import subprocess
import sys

SHOWN = 10


def frames(cairn, dump, *words, files=()):
    """{(task, cpu, n): [frame, ...]}, the inlined ones of a number first."""
    found = {}
    options = [w for f in files for w in ("-s", f)]
    for command in (["foreach", "bt"], ["bt", "-a"]):
        text = subprocess.run([cairn, "-j", "--no-debug-search", *options, dump, *command, *words],
                              stdout=subprocess.PIPE, check=False).stdout
        for line in text.splitlines():
            stack = json.loads(line)
            for f in stack["frames"]:
                found.setdefault((stack["task"], stack["cpu"], command[0], f["n"]), []).append(f)
    return found


def offset(cairn, dump, vmlinux):
    """How far above its link addresses the kernel ran."""
    text = subprocess.run([cairn, "-j", dump, "sym", "_stext"], stdout=subprocess.PIPE,
                          check=True).stdout
    ran = int(json.loads(text.splitlines()[0])["address"], 16)
    for line in subprocess.run(["nm", vmlinux], stdout=subprocess.PIPE, check=True,
                               text=True).stdout.splitlines():
        if line.endswith(" _stext"):
            return ran - int(line.split()[0], 16)
    sys.exit("lines.py: %s has no symbol _stext" % vmlinux)


def addr2line(vmlinux, addresses):
    """{address: [(function, file, line), ...]}, innermost first."""
    text = subprocess.run(["addr2line", "-afi", "-e", vmlinux],
                          input="".join("%#x\n" % a for a in addresses), text=True,
                          stdout=subprocess.PIPE, check=True).stdout
    found, lines = {}, iter(text.splitlines())
    for line in lines:
        if line.startswith("0x"):
            here = found[int(line, 16)] = []
            continue
        place = next(lines).split(" (discriminator")[0]
        path, number = place.rsplit(":", 1)
        here.append((line, os.path.normpath(path), int(number) if number.isdigit() else None))
    return found


def same_file(ours, theirs):
    ours = os.path.normpath(ours)
    return theirs == ours or theirs.endswith("/" + ours)


def differs(ours, theirs):
    """Why one frame's chain is not addr2line's; None if it is."""
    if theirs[0][1] == "??":
        return None if ours[0]["file"] is None else "we say more than addr2line"
    if len(ours) != len(theirs):
        return "%d functions, not %d" % (len(ours), len(theirs))
    for o, (function, path, line) in zip(ours, theirs):
        if o["inline"] and o["function"] != function:
            return "%s, not %s" % (o["function"], function)
        if o["file"] is None or not same_file(o["file"], path) or o["line"] != line:
            return "%s:%s, not %s:%s" % (o["file"], o["line"], path, line)
    return None


def report(number, name, problems):
    print("%sok %d - %s" % ("not " if problems else "", number, name))
    for p in problems[:SHOWN]:
        print("# " + p)
    if len(problems) > SHOWN:
        print("# and %d more" % (len(problems) - SHOWN))
    return bool(problems)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    cairn, dump, vmlinux = sys.argv[1:]
    shift = offset(cairn, dump, vmlinux)
    bare = frames(cairn, dump)
    ours = frames(cairn, dump, "-l", "-i", files=[vmlinux])
    plain = frames(cairn, dump, "-l", files=[vmlinux])
    kernel = {k: v for k, v in ours.items() if not v[-1]["module"] and v[-1]["function"]}
    address = {k: int(v[-1]["pc"], 16) - (not v[-1]["interrupted"]) - shift
               for k, v in kernel.items()}
    theirs = addr2line(vmlinux, sorted(set(address.values())))
    same = ("pc", "sp", "function", "offset", "stack", "module", "interrupted", "rule", "grade")
    print("1..3")
    failed = report(1, "the frames are those without the vmlinux (%d)" % len(ours),
                    ["%s: %s" % (k, v) for k, v in ours.items() if k not in bare or
                     any(v[-1][s] != bare[k][-1][s]
                         for s in (same[:-2] if v[-1]["rule"] == "cfi" else same))] +
                    ["%s is not there" % (k,) for k in bare if k not in ours])
    inlined = sum(len(v) - 1 for v in kernel.values())
    failed |= report(2, "lines and inlined calls (%d frames, %d inlined, %d addresses)" %
                     (len(kernel), inlined, len(theirs)),
                     sorted({"%s+%s: %s" % (v[-1]["function"], v[-1]["offset"], why)
                             for k, v in kernel.items()
                             for why in [differs(v, theirs[address[k]])] if why}))
    failed |= report(3, "without -i a frame has the innermost line",
                     ["%s: %s" % (k, v[0]) for k, v in plain.items()
                      if (v[0]["file"], v[0]["line"]) != (ours[k][0]["file"], ours[k][0]["line"])])
    return failed


if __name__ == "__main__":
    sys.exit(main())
