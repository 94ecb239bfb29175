#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""nolog.py CAIRN DIR [-a]: does a dump that has lost its log tell the same crash? TAP.

DIR holds the unpacked captures. Of each scenario and machine one is slimmed to what its stacks need,
which is without the log, and triaged: class and signature are those that the whole one has. -a: of
every capture. Of some the ring buffer is made to have wrapped, so that a few records are left.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]
import captures     # noqa: E402
import damage       # noqa: E402

# (kernel, scenario) -> why the stack tells something else than the log.
OTHERWISE = {
    ("amd64-5.10", "overflowsw"): "5.10's own trace ends at the double fault's stack",
}
FIELDS = ("class", "function", "cpu", "pid", "comm")


def cairn(program, *words):
    return subprocess.run([program, "--no-cache", "--no-debug-search", *map(str, words)],
                          capture_output=True, text=True, check=False).stdout


def triage(program, options, dump):
    record = json.loads(cairn(program, "-j", *options, dump, "triage").splitlines()[0])
    crash = record["crash"]
    return record, {**{name: crash[name] for name in FIELDS}, "signature": record["signature"]}


def compare(program, folder, name, out):
    types, dump = folder / captures.types_of(name), folder / (name + ".kdump")
    options = ("-s", types) if types.exists() else ()
    slim = pathlib.Path(out) / name
    cairn(program, *options, dump, "slim", "-o", slim, "bt -a", "foreach bt")
    whole = triage(program, options, dump)[1]
    record, less = triage(program, options, slim)
    slim.unlink()
    return name, whole, less, not any(part["what"] == "log" for part in record["degraded"])


WRAPPED = ("amd64-6.1-irqbug", "amd64-6.1-wqnull", "amd64-6.1-sysrq", "amd64-7.2-kfence")
LEFT = 8    # records


def wrap(program, dump, out):
    """A copy whose log begins with its last few records: prb.desc_ring.tail_id is moved up."""
    cairn(program, dump, "slim", "-z", "none", "-o", out)
    head = int(cairn(program, out, "p", "prb->desc_ring.head_id.counter").split("=")[1], 0)
    at = re.search("0x[0-9a-f]+", cairn(program, out, "p", "&prb->desc_ring.tail_id.counter"))[0]
    paddr = int(re.search('"paddr":"(0x[0-9a-f]+)"', cairn(program, "-j", out, "vtop", at))[1], 16)
    kdump = damage.Kdump(bytearray(out.read_bytes()))
    page = struct.unpack_from("<Q", kdump.data, kdump.desc_of(paddr >> 12))[0]
    struct.pack_into("<Q", kdump.data, page + (paddr & 4095), head - LEFT)
    out.write_bytes(kdump.data)


def compare_wrapped(program, folder, name, out):
    dump, copy = folder / (name + ".kdump"), pathlib.Path(out) / "wrapped"
    wrap(program, dump, copy)
    lines = cairn(program, "-j", copy, "log").count("\n")
    whole, less = triage(program, (), dump)[1], triage(program, (), copy)[1]
    return 0 < lines <= LEFT + 1 and whole == less, "%d records, %s, %s" % (lines, whole, less)


def chosen(everything):
    """One capture of each scenario and machine, the newest kernel's."""
    ret = {}
    for name in sorted(filter(lambda name: not captures.dumped_alive(name), captures.stored())):
        machine, _, scenario = name.split("-", 2)
        ret[name if everything else (machine, scenario)] = name
    return sorted(ret.values())


def main():
    everything = "-a" in sys.argv
    program, folder = [word for word in sys.argv[1:] if word != "-a"]
    names, n, bad, without = chosen(everything), 0, 0, 0
    with tempfile.TemporaryDirectory() as out, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, whole, less, has_log in pool.map(
                lambda name: compare(program, pathlib.Path(folder), name, out), names):
            n, without = n + 1, without + (not has_log)
            why = OTHERWISE.get((captures.kernel_of(name), name.split("-", 2)[2]))
            good = whole == less or why
            bad += not good
            print("%sok %d - %s: without its log, the same crash%s" %
                  ("" if good else "not ", n, name, " (but: %s)" % why if why else ""))
            for key in () if good else whole:
                if whole[key] != less[key]:
                    print("#   %s: %s with the log, %s without" % (key, whole[key], less[key]))
    print("# %d of %d agree; %d have lost the log" % (n - bad, n, without))
    with tempfile.TemporaryDirectory() as out:
        for name in WRAPPED:
            good, why = compare_wrapped(program, pathlib.Path(folder), name, out)
            n, bad = n + 1, bad + (not good)
            print("%sok %d - %s: its log has wrapped, the same crash" % ("" if good else "not ", n, name))
            if not good:
                print("#   " + why)
    print("1..%d" % n)
    return bool(bad or not n or not without)


if __name__ == "__main__":
    sys.exit(main())
