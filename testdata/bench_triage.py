#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bench_triage.py [-n DUMPS] [-r ROUNDS] CAIRN VMCORE|DIR...: triage in dumps a minute, two at a time.

Beside cairn's triage, where they are installed and VMLINUX names the kernels' vmlinux with DWARF or a
folder of them: crash with the commands below, drgn with triage_drgn.py, which print the same summary but
for what checkers find. CRASH and DRGN may hold the command lines that start them.

All programs get the same dumps, uncompressed, in one run on this machine; each first once unmeasured,
which leaves what it reads in the page cache and tells the dumps that it has an answer to. Its rate is
over these. Of several rounds the best counts. Resident memory is that of the largest process.
"""

import argparse
import collections
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]
sys.dont_write_bytecode = True

import peers            # noqa: E402

AT_A_TIME = 2
CAIRN_ROUNDS = 3        # of each round of the peers, which take long
SUFFIXES = (".kdump", ".kdump.zst")
CRASH = "sys\nbt\nbt -a\nforeach UN bt\nkmem -i\nmod\nlog | tail -20\nq\n"
LINE = "%-24s %10s %14s %14s %12s %14s"
HEAD = ("", "answered", "dumps/minute", "CPU a dump", "resident", "cairn's rate")


@dataclasses.dataclass
class Dump:
    path: str
    release: str
    vmlinux: str


@dataclasses.dataclass
class Took:
    """What a program did in one go over its dumps. `answered`: those that it has an answer to."""
    answered: list
    wall: float
    cpu: float
    resident: float

    def rate(self):
        return 60 * len(self.answered) / self.wall

    def row(self, name, of, cairn):
        times = "%.1f x" % (cairn.rate() / self.rate()) if self is not cairn else ""
        return LINE % (name, "%d of %d" % (len(self.answered), of), "%.0f" % self.rate(),
                       "%.1f ms" % (1e3 * self.cpu / len(self.answered)), "%.0f MB" % self.resident,
                       times)


def process(argv, typed, env):
    """(output, exit code, CPU seconds, MB resident) of a process and those it waited for."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as keys:
        keys.write(typed.encode())
        keys.seek(0)
        p = subprocess.Popen(argv, stdin=keys, stdout=out, stderr=subprocess.STDOUT, env=env)
        _, status, use = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        return (out.read().decode(errors="replace"), p.returncode, use.ru_utime + use.ru_stime,
                use.ru_maxrss / 1024)


class Cairn:
    def __init__(self, path, folder):
        self.name = "cairn triage"
        self.path = path
        self.env = dict(os.environ, XDG_CACHE_HOME=str(folder), NO_COLOR="1")

    def records(self, files):
        argv = [self.path, "--no-debug-search", "-j", "triage", "-J", str(AT_A_TIME), *files]
        text, _, *use = process(argv, "", self.env)
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")], use

    def over(self, dumps):
        begin = time.monotonic()
        records, (cpu, resident) = self.records([dump.path for dump in dumps])
        wall = time.monotonic() - begin
        done = {r["file"] for r in records if r.get("fate") == "done" and r["stack"]}
        return Took([dump for dump in dumps if dump.path in done], wall, cpu, resident)


class Peer:
    """`argv`, `typed`: how one dump is asked about; `marks`: texts that are in an answer."""

    def __init__(self, peer, argv, typed, marks):
        self.name, self.command, self.argv = peer.version(), peer.command, argv
        self.typed, self.marks = typed, marks

    def one(self, dump):
        text, code, *use = process([*self.command, *self.argv(dump)], self.typed, os.environ)
        return code == 0 and all(mark in text for mark in self.marks), use

    def over(self, dumps):
        begin = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            got = list(pool.map(self.one, dumps))
        return Took([dump for dump, (answered, _) in zip(dumps, got) if answered],
                    time.monotonic() - begin, sum(use[0] for _, use in got),
                    max((use[1] for _, use in got), default=0))


def peers_at_hand(folder):
    """Those that run. A script of ours is copied to where the dumps are: a peer may have another root."""
    script = folder / "triage_drgn.py"
    script.write_text(pathlib.Path(__file__).with_name(script.name).read_text())
    found = [Peer(peers.Drgn(), lambda d: ["-q", "-c", d.path, "-s", d.vmlinux, str(script)], "",
                  ["\n#0 ", "up "]),
             Peer(peers.Crash(), lambda d: ["-s", d.vmlinux, d.path], CRASH, ["PANIC:", "\n #0 ["])]
    return [peer for peer in found if peer.name]


# what is measured ---------------------------------------------------------------------------------

def files_of(places):
    for place in map(pathlib.Path, places):
        yield from sorted(p for p in place.iterdir() if p.name.endswith(SUFFIXES)) if place.is_dir() \
            else [place]


def spread(items, count):
    """At most so many, from all over the list."""
    return [items[i * len(items) // count] for i in range(count)] if count < len(items) else items


def plain(path, folder):
    if path.suffix != ".zst":
        return str(path.resolve())
    to = folder / path.stem
    with open(to, "wb") as file:
        subprocess.run(["zstd", "-q", "-dc", "--long=31", str(path)], stdout=file, check=True)
    return str(to)


def with_vmlinux(cairn, files, count, asked, folder):
    """The Dumps: those of kernels whose vmlinux is there, if peers are asked."""
    vmlinux = peers.Vmlinux(os.environ.get("VMLINUX"))
    records, _ = cairn.records([str(path) for path in files])
    found = [(path, r) for path, r in zip(files, records)
             if r["release"] and (vmlinux.of(r["build_id"]) or not asked)]
    return [Dump(plain(path, folder), r["release"], vmlinux.of(r["build_id"]))
            for path, r in spread(found, count)]


# -------------------------------------------------------------------------------------------------

def better(a, b):
    return a if a and a.wall <= b.wall else b


def measured(cairn, asked, dumps, rounds):
    """(program, its best Took), cairn's first. The programs take turns."""
    answers = {program: program.over(dumps).answered for program in [cairn, *asked]}
    best = dict.fromkeys(answers)
    for _ in range(rounds):
        for program in answers:
            for _ in range(CAIRN_ROUNDS if program is cairn else 1):
                if answers[program]:
                    best[program] = better(best[program], program.over(answers[program]))
    return best


def report(best, cairn, dumps):
    kernels = collections.Counter(dump.release for dump in dumps)
    size = sum(os.path.getsize(dump.path) for dump in dumps) / 1e6 / len(dumps)
    print("%d dumps, %.0f MB each, %d at a time on %d CPUs: %s" % (
        len(dumps), size, AT_A_TIME, os.cpu_count(),
        ", ".join("%d of %s" % (n, release) for release, n in sorted(kernels.items()))))
    print(LINE % HEAD)
    for program, took in best.items():
        print(took.row(program.name, len(dumps), best[cairn]) if took
              else "%-24s answers none of them" % program.name)


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cairn")
    parser.add_argument("places", nargs="+", metavar="VMCORE|DIR")
    parser.add_argument("-n", dest="count", type=int, default=24, help="at most so many dumps (24)")
    parser.add_argument("-r", dest="rounds", type=int, default=2, help="of measuring (2)")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
        folder = pathlib.Path(name)
        cairn = Cairn(os.path.abspath(args.cairn), folder / "cache")
        asked = peers_at_hand(folder) if os.environ.get("VMLINUX") else []
        dumps = with_vmlinux(cairn, list(files_of(args.places)), args.count, asked, folder)
        if not dumps:
            parser.error("no dump that can be read, of a kernel whose vmlinux is there")
        best = measured(cairn, asked, dumps, args.rounds)
        if not best[cairn]:
            sys.exit("cairn answers none of them")
        report(best, cairn, dumps)
    if not asked:
        print("peers: not measured (crash or drgn installed, and VMLINUX=..., are needed)")


if __name__ == "__main__":
    main(sys.argv[1:])
