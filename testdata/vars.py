#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""vars.py CAIRN VMCORE VMLINUX [MODULE]...: arguments and local variables of all tasks, held against drgn's.

DRGN holds the command line that starts drgn (default: drgn); its scripts must be able to read the
folder of VMCORE. Frames are matched by task, function and address. Where both know a scalar it must
be the same; so must the address of what lies in memory. drgn follows no entry values: what only
cairn knows is counted, and what only drgn knows is a problem. Prints TAP.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile

SHOWN = 15

DRGN = """
import json, sys
from drgn import TypeKind, FaultError
from drgn.helpers.linux.pid import for_each_task
SCALAR = (TypeKind.INT, TypeKind.BOOL, TypeKind.POINTER, TypeKind.ENUM)
def stripped(t):
    while t.kind == TypeKind.TYPEDEF: t = t.type
    return t
for t in for_each_task(prog):
    try: trace = prog.stack_trace(t)
    except Exception: continue
    for f in trace:
        known = {}
        for name in f.locals():
            try:
                o = f[name]
                if o.absent_: known[name] = None
                elif stripped(o.type_).kind in SCALAR: known[name] = int(o.value_())
                elif o.address_ is not None: known[name] = {"address": o.address_}
                else: known[name] = "object"
            except FaultError: known[name] = "fault"
            except (KeyError, LookupError): pass
        try: pc = f.pc
        except LookupError: continue
        print(json.dumps([t.value_(), pc, f.name, f.is_inline, known]))
"""


def with_files(files):
    return [w for f in files for w in ("-s", f)]


def drgns(dump, files):
    command = shlex.split(os.environ.get("DRGN", "drgn"))
    with tempfile.NamedTemporaryFile("w", suffix=".py", dir=os.path.dirname(dump)) as script:
        script.write(DRGN)
        script.flush()
        text = subprocess.run([*command, "-c", dump, *with_files(files), script.name],
                              stdout=subprocess.PIPE, check=True, text=True).stdout
    found = {}
    for line in text.splitlines():
        task, pc, function, inlined, known = json.loads(line)
        found[task, pc, function, inlined] = known
    return found


def number(value):
    """A scalar as an int; None if it is none."""
    if isinstance(value, (bool, int)):
        return int(value)
    if isinstance(value, str) and value.startswith("0x"):
        return int(value, 16)
    return None


def ours(cairn, dump, files):
    text = subprocess.run([cairn, "-j", *with_files(files), dump, "foreach", "bt", "-v"],
                          stdout=subprocess.PIPE, check=False).stdout
    found = {}
    for line in text.splitlines():
        stack = json.loads(line)
        for f in stack["frames"]:
            key = int(stack["task"], 16), int(f["pc"], 16), f["function"], f["inline"]
            # of two of a name the inner one comes later
            found[key] = {v["name"]: v for v in f["variables"]}
    return found


def same(value, theirs):
    mine = number(value["value"])
    if isinstance(theirs, dict):
        return value["location"].get("address") in (None, "0x%x" % theirs["address"])
    if mine is None: # an enumerator's name, a fault
        return True
    bits = (1 << 64) - 1
    return mine & bits == theirs & bits


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    cairn, dump, *files = sys.argv[1:]
    theirs, mine = drgns(dump, files), ours(cairn, dump, files)
    wrong, missing, agreed, more = [], [], 0, 0
    for key, variables in mine.items():
        other = theirs.get(key)
        if other is None:
            continue
        for name, value in variables.items():
            lost = value["location"]["kind"] in ("unknown", "optimized out")
            their = other.get(name)
            where = "%s: %s" % (key[2], name)
            if their is None:
                more += not lost
            elif lost and their != "fault":
                missing.append("%s is %s for drgn, for us %s" % (where, their, value["location"]))
            elif their not in ("fault", "object") and not same(value, their):
                wrong.append("%s: %s, drgn %s" % (where, value, their))
            else:
                agreed += 1
    frames = sum(k in theirs for k in mine)
    print("1..2")
    for n, (name, problems) in enumerate((
            ("%d values in %d frames are drgn's, %d more are known here" % (agreed, frames, more),
             sorted(set(wrong)) or ([] if agreed else ["there is nothing to compare"])),
            ("drgn knows none that is not known here", sorted(set(missing)))), 1):
        print("%sok %d - %s" % ("not " if problems else "", n, name))
        for p in problems[:SHOWN]:
            print("# " + p)
        if len(problems) > SHOWN:
            print("# and %d more" % (len(problems) - SHOWN))
    return bool(wrong or missing)


if __name__ == "__main__":
    sys.exit(main())
