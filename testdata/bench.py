#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bench.py CAIRN [VMCORE]: what cairn costs, beside its peers, in one run on this machine.

VMCORE: a dump; without one, the capture in testdata, unwrapped. Peers run where they are
installed and VMLINUX names the dump's vmlinux with DWARF; CRASH and DRGN may hold the command
lines that start them (a chroot, say).

Each row: the whole process, best of several runs: wall time, CPU time of all threads, largest
resident memory. Times are comparable within one run only.
"""

import glob
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

RUNS = 15
PEER_RUNS = 3

DRGN = "print(prog.crashed_thread().stack_trace())\n"
DRGN_ALL = """
from drgn.helpers.linux.pid import for_each_task
for t in for_each_task(prog):
    try: print(prog.stack_trace(t))
    except ValueError: pass
"""


def run(argv, env, stdin=None, fine=(0, 1, 4)):
    """One process: (wall ms, cpu ms, MB resident), or None if it failed."""
    with open(os.devnull, "r+b") as null:
        begin = time.monotonic()
        p = subprocess.Popen(argv, env=env, stdout=null, stderr=null,
                             stdin=subprocess.PIPE if stdin else null)
        if stdin:
            p.stdin.write(stdin)
            p.stdin.close()
        _, status, use = os.wait4(p.pid, 0)
        wall = time.monotonic() - begin
        p.returncode = os.waitstatus_to_exitcode(status)
    if p.returncode not in fine:
        return None
    return wall * 1e3, (use.ru_utime + use.ru_stime) * 1e3, use.ru_maxrss / 1024


def best(argv, env, runs, stdin=None, fine=(0, 1, 4)):
    got = [run(argv, env, stdin, fine) for _ in range(runs)]
    if None in got:
        return None
    return tuple(min(g[i] for g in got) for i in range(3))


def row(name, got, base=None):
    if got is None:
        print("%-44s failed" % name)
        return
    times = "  %5.1f x" % (got[1] / base[1]) if base else ""
    print("%-44s %9.1f ms %9.1f ms %8.1f MB%s" % (name, *got, times))


def unwrapped(tmp):
    here = os.path.dirname(os.path.abspath(__file__))
    capture = sorted(glob.glob(here + "/captures/*.kdump.zst"))[0]
    plain = os.path.join(tmp, os.path.basename(capture)[:-4])
    with open(plain, "wb") as f:
        subprocess.run(["zstd", "-q", "-dc", "--long=31", capture], stdout=f, check=True)
    return plain


def peers(dump, base, env):
    vmlinux = os.environ.get("VMLINUX")
    crash = shlex.split(os.environ.get("CRASH", shutil.which("crash") or ""))
    drgn = shlex.split(os.environ.get("DRGN", shutil.which("drgn") or ""))
    if not vmlinux or not (crash or drgn):
        print("peers: not measured (crash or drgn installed, and VMLINUX=..., are needed)")
        return
    for name, script in (("bt of the panicking task", DRGN),
                         ("all stacks with lines and inlines", DRGN_ALL)) if drgn else ():
        with tempfile.NamedTemporaryFile("w", suffix=".py", dir=os.path.dirname(dump)) as f:
            f.write(script)
            f.flush()
            row("drgn, " + name,
                best(drgn + ["-q", "-c", dump, "-s", vmlinux, f.name], env, PEER_RUNS, fine=(0,)), base)
    if crash:
        row("crash, bt of the panicking task",
            best(crash + ["-s", vmlinux, dump], env, PEER_RUNS, b"bt\nq\n", (0,)), base)


def main(argv):
    if len(argv) not in (2, 3):
        sys.exit(__doc__)
    cairn = os.path.abspath(argv[1])
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as tmp:
        dump = argv[2] if len(argv) == 3 else unwrapped(tmp)
        env = dict(os.environ, XDG_CACHE_HOME=tmp + "/cache", NO_COLOR="1")
        cold = [cairn, "--no-cache", "--no-debug-search", dump]
        warm = [cairn, "--no-debug-search", dump]
        print("%s, %.1f MB; %d CPUs" % (dump, os.path.getsize(dump) / 1e6, os.cpu_count()))
        print("%-44s %12s %12s %11s  CPU against the first" % ("", "wall", "CPU", "resident"))
        base = best(cold + ["bt"], env, RUNS)
        row("cairn, bt of the panicking task, no index", base, base)
        run(warm + ["bt"], env)
        for name, words in (("bt, warm index", ["bt"]), ("triage, warm index", ["triage"]),
                            ("ps, warm index", ["ps"]), ("log, warm index", ["log"]),
                            ("foreach bt, warm index", ["foreach", "bt"])):
            row("cairn, " + name, best(warm + words, env, RUNS), base)
        if os.environ.get("VMLINUX"):
            row("cairn, foreach bt -l -i with the vmlinux",
                best(warm[:1] + ["-s", os.environ["VMLINUX"]] + warm[1:] +
                     ["foreach", "bt", "-l", "-i"], env, RUNS), base)
        peers(dump, base, env)


if __name__ == "__main__":
    main(sys.argv)
