#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""compare_kvm_selftest.py: does compare_kvm.py notice when cairn and a VMM do not agree? TAP.

A program that prints what it is told takes cairn's place; mistakes are planted one at a time.
"""

import contextlib
import io
import json
import pathlib
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent)]
sys.dont_write_bytecode = True

import compare_kvm      # noqa: E402

# half -> leaves (gfn, pfn, level)
SOUND = {"-d": [(0x100, 0x5000, 1), (0x200, 0x6000, 2)], "-m": [(0x400, 0x7000, 1)]}
TRUTH = {"one": {
    "vm": [{"pid": "9"}],
    "page": [{"gfn": "0x100", "pfn": "0x5000"}, {"gfn": "0x203", "pfn": "0x6003"},
             {"gfn": "0xc0000", "pfn": "0"}],
    "gmem": [{"gfn": "0x400", "pfn": "0x7000"}],
    "stat": [{"pages_4k": "2"}, {"pages_2m": "1"}, {"pages_1g": "0"}]}}


def failures(leaves, truth=None):
    """The checks that failed, by their first word."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for half, rows in leaves.items():
            (folder / half).write_text("".join(json.dumps(
                {"kind": "leaf", "gfn": hex(gfn), "pfn": hex(pfn), "level": level}) + "\n"
                for gfn, pfn, level in rows))
        cairn = folder / "cairn"
        cairn.write_text("#!/bin/sh\ncat %s/$6\n" % folder)
        cairn.chmod(0o755)
        (folder / "oracle").write_text(json.dumps({"kvm": TRUTH if truth is None else truth}))
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = compare_kvm.main([str(cairn), "dump", str(folder / "oracle")])
    found = [line.split()[4] for line in out.getvalue().splitlines() if line.startswith("not ok")]
    assert bool(found) == bool(code) or not truth
    return found


def changed(half, *rows):
    return failures({**SOUND, half: list(rows)})


TESTS = {
    "what agrees passes": lambda: failures(SOUND) == [],
    "a page elsewhere": lambda: changed("-d", (0x100, 0x5001, 1), SOUND["-d"][1]) == ["pages"],
    "a page that is not mapped": lambda: changed("-d", SOUND["-d"][1]) == ["pages", "counts"],
    "a huge page elsewhere": lambda: changed("-d", SOUND["-d"][0], (0x200, 0x6200, 2)) == ["pages"],
    "a private page elsewhere": lambda: changed("-m", (0x400, 0x7001, 1)) == ["mirror"],
    "a private page too many": lambda: changed("-m", *SOUND["-m"], (0x401, 0x7001, 1)) ==
                               ["mirror", "counts"],
    "a deleted slot that is mapped": lambda: failures(SOUND, {"one": {
        **TRUTH["one"], "deleted": [{"id": "1"}]}}) == ["pages"],
    "no machine at all": lambda: failures(SOUND, {}) == [],
}


def main():
    print("1..%d" % len(TESTS))
    failed = 0
    for count, (name, test) in enumerate(TESTS.items(), 1):
        ok = test()
        failed += not ok
        print("%s %d - %s" % ("ok" if ok else "not ok", count, name))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
