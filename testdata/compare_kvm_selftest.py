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
import selftest         # noqa: E402

# half -> leaves (gfn, pfn, level)
SOUND = {"-d": [(0x100, 0x5000, 1), (0x200, 0x6000, 2)], "-m": [(0x400, 0x7000, 1)]}
TRUTH = {"one": {
    "vm": [{"pid": "9"}],
    "page": [{"gfn": "0x100", "pfn": "0x5000"}, {"gfn": "0x203", "pfn": "0x6003"},
             {"gfn": "0xc0000", "pfn": "0"}],
    "gmem": [{"gfn": "0x400", "pfn": "0x7000"}],
    "stat": [{"pages_4k": "2"}, {"pages_2m": "1"}, {"pages_1g": "0"}]}}


def failures(leaves, truth=None, scenario="kvm", apf=()):
    """The checks that failed, by their first word."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for half, rows in leaves.items():
            (folder / half).write_text("".join(json.dumps(
                {"kind": "leaf", "gfn": hex(gfn), "pfn": hex(pfn), "level": level}) + "\n"
                for gfn, pfn, level in rows))
        cairn = folder / "cairn"
        (folder / "apf").write_text("".join(json.dumps(row) + "\n" for row in apf))
        cairn.write_text("#!/bin/sh\n[ $2 = apf ] && exec cat %s/apf\ncat %s/$6\n" %
                         (folder, folder))
        cairn.chmod(0o755)
        (folder / "oracle").write_text(json.dumps({
            "kvm": TRUTH if truth is None else truth, "capture": {"scenario": scenario}}))
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = compare_kvm.main([str(cairn), "dump", str(folder / "oracle")])
    found = [line.split()[4] for line in out.getvalue().splitlines() if line.startswith("not ok")]
    assert bool(found) == bool(code) or not truth
    return found


FAULTS = {"one": {
    "vm": [{"pid": "9"}], "read": [{"page": "0"}], "cutoff": [{"page": "2"}],
    "withheld": [{"page": str(n), "gfn": hex(0x70 + n)} for n in range(3)],
    "sleeper": [{"page": str(n), "pid": str(80 + n), "cpu": str(n % 2)} for n in range(3)]}}


def host(*items):
    """The checks that fail where these (gfn, vCPU) wait on a host."""
    return failures({"-d": [], "-m": []}, FAULTS, apf=[
        {"side": "host", "vcpu": vcpu, "items": [{"gfn": hex(gfn)}]} for gfn, vcpu in items])


def guest(*sleepers):
    """The same in the guest's dump: (pid, CPU) sleep."""
    return failures({}, FAULTS, "kvm-guest", [
        {"side": "guest", "pid": pid, "cpu": cpu} for pid, cpu in sleepers])


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
    "faults that agree": lambda: host((0x71, 1), (0x72, 0)) == [],
    "between two rounds": lambda: host((0x71, 1)) == [],
    "a fault of another vCPU": lambda: host((0x71, 0), (0x72, 0)) == ["faults"],
    "a fault that is lost": lambda: host((0x72, 0)) == ["faults"],
    "a page that was read waits": lambda: host((0x70, 0), (0x71, 1)) == ["faults"],
    "sleepers that agree": lambda: guest((81, 1), (82, 0)) == [],
    "a sleeper that is lost": lambda: guest((82, 0)) == ["faults"],
    "no machine at all": lambda: failures(SOUND, {}) == [],
}


if __name__ == "__main__":
    sys.exit(selftest.run(TESTS))
