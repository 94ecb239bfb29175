#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bench.py CAIRN [VMCORE]: what cairn costs, beside its peers, in one run on this machine.

VMCORE: a dump; without one, the capture in testdata, unwrapped. Peers run where they are
installed and VMLINUX names the dump's vmlinux with DWARF; CRASH and DRGN may hold the command
lines that start them (a chroot, say).

Each row: the whole process, best of several runs: wall time, CPU time of all threads, largest
resident memory, and how many times the CPU time of the first row of its section. Times are
comparable within one run only. The kit's scenario `scale` has 2,000 more tasks than the others.
"""

import glob
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

RUNS = 15
PEER_RUNS = 3

DRGN_ONE = "print(prog.crashed_thread().stack_trace())\n"
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


def row(name, got, base):
    if got is None:
        return print("%-44s failed" % name)
    times = "  %5.1f x" % (got[1] / base[1]) if base else ""
    print("%-44s %9.1f ms %9.1f ms %8.1f MB%s" % (name, *got, times))


def section(title, rows):
    """Rows (name, what it took), in ratio to the first."""
    print(title)
    for name, got in rows:
        row("  " + name, got, rows[0][1])


def unwrapped(tmp):
    here = os.path.dirname(os.path.abspath(__file__))
    capture = sorted(glob.glob(here + "/captures/*.kdump.zst"))[0]
    plain = os.path.join(tmp, os.path.basename(capture)[:-4])
    with open(plain, "wb") as f:
        subprocess.run(["zstd", "-q", "-dc", "--long=31", capture], stdout=f, check=True)
    return plain


class Bench:
    """The programs on one dump. Each measures: (wall ms, cpu ms, MB resident) or None."""

    def __init__(self, cairn, dump, tmp):
        self.cairn_path, self.dump, self.tmp = cairn, dump, tmp
        self.env = dict(os.environ, XDG_CACHE_HOME=tmp + "/cache", NO_COLOR="1")
        self.vmlinux = os.environ.get("VMLINUX")
        self.crash_words = self.peer("crash")
        self.drgn_words = self.peer("drgn")

    def peer(self, name):
        """The words that start a peer; none if it cannot be asked."""
        words = shlex.split(os.environ.get(name.upper(), shutil.which(name) or ""))
        return words if self.vmlinux else []

    def cairn(self, *words, options=()):
        argv = [self.cairn_path, "--no-debug-search", *options, self.dump, *words]
        return best(argv, self.env, RUNS)

    def drgn(self, script):
        """Rows: one, or none where it is not there."""
        if not self.drgn_words:
            return []
        with tempfile.NamedTemporaryFile("w", suffix=".py", dir=os.path.dirname(self.dump)) as f:
            f.write(script)
            f.flush()
            argv = [*self.drgn_words, "-q", "-c", self.dump, "-s", self.vmlinux, f.name]
            return [("drgn", best(argv, self.env, PEER_RUNS, fine=(0,)))]

    def crash(self, command):
        if not self.crash_words:
            return []
        argv = [*self.crash_words, "-s", self.vmlinux, self.dump]
        return [("crash", best(argv, self.env, PEER_RUNS, command + b"\nq\n", (0,)))]


def one_stack(b):
    rows = [("cairn bt, no index", b.cairn("bt", options=["--no-cache"])),
            ("cairn bt, warm index", b.cairn("bt"))]
    rows += [("cairn %s, warm index" % command, b.cairn(command))
             for command in ("triage", "ps", "log")]
    section("the panicking task's stack", rows + b.drgn(DRGN_ONE) + b.crash(b"bt"))


def all_stacks(b):
    """drgn prints lines and inlined calls in any case: its row is in both sections."""
    drgn = b.drgn(DRGN_ALL)
    rows = [("cairn foreach bt, no index", b.cairn("foreach", "bt", options=["--no-cache"])),
            ("cairn foreach bt, warm index", b.cairn("foreach", "bt"))]
    section("all tasks' stacks", rows + drgn + b.crash(b"foreach bt"))
    if b.vmlinux:
        words, debug = ("foreach", "bt", "-l", "-i"), ["-s", b.vmlinux]
        rows = [("cairn foreach bt -l -i, no index",
                 b.cairn(*words, options=["--no-cache", *debug])),
                ("cairn foreach bt -l -i, warm index", b.cairn(*words, options=debug))]
        section("with lines and inlined calls", rows + drgn)


DRGN_AREAS = """
from drgn.helpers.linux.mm import for_each_vma
from drgn.helpers.linux.pid import find_task
for vma in for_each_vma(find_task(prog, %d).mm):
    vma.vm_start.value_(), vma.vm_end.value_()
"""


def largest_process(b):
    """Pid of the process with most areas."""
    argv = [b.cairn_path, "--no-debug-search", "-j", b.dump, "foreach", "-u", "vm", "-r"]
    counts = {}
    with subprocess.Popen(argv, env=b.env, stdout=subprocess.PIPE, text=True) as p:
        for line in p.stdout:
            row = json.loads(line)
            counts[row.get("pid")] = counts.get(row.get("pid"), 0) + 1
    return max(counts.items(), key=lambda item: item[1], default=(None, 0))


def areas(b):
    """drgn's row is a bare loop over start and end: it prints nothing."""
    pid, count = largest_process(b)
    if pid is None:
        return
    rows = [("cairn vm, warm index", b.cairn("vm", str(pid))),
            ("cairn vm -r (the tree alone), warm index", b.cairn("vm", "-r", str(pid)))]
    section("the %d areas of process %d" % (count, pid),
            rows + b.drgn(DRGN_AREAS % pid) + b.crash(b"vm %d" % pid))


def floors(b):
    """Work beside what reading and decompressing its pages alone costs."""
    program = os.environ.get("FLOOR")
    if program:
        print("work, and its pages alone")
        sys.stdout.flush()
        subprocess.run([os.path.abspath(program), b.dump], env=b.env, check=False)


def main(argv):
    if len(argv) not in (2, 3):
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as tmp:
        dump = os.path.abspath(argv[2]) if len(argv) == 3 else unwrapped(tmp)
        b = Bench(os.path.abspath(argv[1]), dump, tmp)
        print("%s, %.1f MB; %d CPUs" % (dump, os.path.getsize(dump) / 1e6, os.cpu_count()))
        print("%-44s %12s %12s %11s  CPU, times the first" % ("", "wall", "CPU", "resident"))
        b.cairn("ps")                   # makes the index
        one_stack(b)
        all_stacks(b)
        areas(b)
        floors(b)
        if not (b.drgn_words or b.crash_words):
            print("peers: not measured (crash or drgn installed, and VMLINUX=..., are needed)")


if __name__ == "__main__":
    main(sys.argv)
