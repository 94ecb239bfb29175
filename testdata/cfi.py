#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""cfi.py CAIRN VMCORE VMLINUX: unwinding by DWARF alone, held against unwinding by ORC.

The dump (x86_64, kdump) is copied without the pages of the kernel's ORC tables; with VMLINUX its
stacks must then be those of the whole dump, frame by frame. Stacks with frames in a module are left
out: a vmlinux says nothing of those. Prints TAP.
"""

import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE]
sys.dont_write_bytecode = True

import damage       # noqa: E402
import lines        # noqa: E402

PAGE = 4096


def ask(cairn, dump, *words):
    text = subprocess.run([cairn, "-j", "--no-debug-search", dump, *words],
                          stdout=subprocess.PIPE, check=True).stdout
    return [json.loads(line) for line in text.splitlines()]


def tables(cairn, dump):
    """Physical addresses of the pages that have the ORC tables' addresses of instructions."""
    begin, end = (int(s["address"], 16) for s in
                  ask(cairn, dump, "sym", "__start_orc_unwind_ip", "__stop_orc_unwind_ip"))
    pages = range(begin & -PAGE, end, PAGE)
    at = [ask(cairn, dump, "vtop", "%#x" % page)[0]["paddr"] for page in (pages[0], pages[-1])]
    first, last = (int(a, 16) for a in at)
    if last - first != pages[-1] - pages[0]:
        sys.exit("cfi.py: the kernel's image is not contiguous")
    return range(first, last + 1, PAGE)


def without(dump, pages, out):
    kdump = damage.Kdump(damage.load(dump))
    for page in pages:
        if kdump.dumped(page // kdump.block):
            kdump.exclude(page // kdump.block)
    with open(out, "wb") as f:
        f.write(kdump.data)


def stacks(found):
    """{(task, cpu, command): [frame, ...]} of lines.frames()."""
    of = {}
    for (task, cpu, command, n), chain in sorted(found.items(), key=lambda f: f[0][3]):
        of.setdefault((task, cpu, command), []).append(chain[-1])
    return of


def differs(ours, theirs):
    same = ("pc", "sp", "function", "stack", "interrupted")
    for n, (o, t) in enumerate(zip(ours, theirs)):
        for key in same:
            if o[key] != t[key]:
                return "#%d: %s is %s, not %s" % (n, key, o[key], t[key])
    if len(ours) != len(theirs):
        return "%d frames, not %d; then comes %s" % (
            len(ours), len(theirs), (theirs if len(theirs) > len(ours) else ours)
            [min(len(ours), len(theirs))]["function"])
    return None


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    cairn, dump, vmlinux = sys.argv[1:]
    with tempfile.TemporaryDirectory() as tmp:
        cut = os.path.join(tmp, "no-orc")
        without(dump, tables(cairn, dump), cut)
        ours = stacks(lines.frames(cairn, cut, files=[vmlinux]))
    theirs = {k: v for k, v in stacks(lines.frames(cairn, dump)).items()
              if not any(f["module"] for f in v)}
    rules = [f["rule"] for k in theirs for f in ours.get(k, [])]
    print("1..2")
    failed = lines.report(1, "the stacks are those by ORC (%d stacks, %d frames)" %
                          (len(theirs), sum(map(len, theirs.values()))),
                          ["%s: %s" % (k, why) for k, v in theirs.items()
                           for why in [differs(ours.get(k, []), v)] if why])
    failed |= lines.report(2, "no frame is by ORC, %d by CFI" % rules.count("cfi"),
                           ["%d frames by ORC" % rules.count("orc")]
                           if "orc" in rules or "cfi" not in rules else [])
    return failed


if __name__ == "__main__":
    sys.exit(main())
