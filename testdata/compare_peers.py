#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""compare_peers.py CAIRN [DIR...]: whose stacks are the kernel's own: cairn's, drgn's, crash's?

DIR, VMLINUX, DRGN and CRASH as matrix.py has them. For each capture and tool: the tasks whose
stack is exactly the one that the kernel's unwinder printed before the crash, of those that slept
from then on; whether the stack of the CPU that died is the one that the kernel printed of it; in
those that differ, how many of the kernel's frames are missing, and how many frames are there that
the kernel has not. `sure`: frames of these that cairn grades A: it promises that there are none.
Exits 1 if a stack of cairn's differs or a capture cannot be read.
"""

import argparse
import dataclasses
import os
import pathlib
import sys
import tempfile

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]
sys.dont_write_bytecode = True

import compare          # noqa: E402
import matrix           # noqa: E402
import peers            # noqa: E402

LINE = "%-26s %-6s %12s %6s %15s %13s %5s %8s"
HEAD = ("capture", "tool", "tasks exact", "crash", "frames missing", "frames wrong", "sure",
        "seconds")


@dataclasses.dataclass
class Score:
    """One tool on one capture, or on all of them. `crash`, `crashes`: stacks of CPUs that died,
    right and in all; `sure` is None where frames have no grades; `lost`: why there is nothing."""
    tool: str
    exact: int = 0
    tasks: int = 0
    crash: int = 0
    crashes: int = 0
    missing: int = 0
    wrong: int = 0
    sure: int = None
    seconds: float = 0.0
    lost: str = None

    def add(self, other):
        for name in ("exact", "tasks", "crash", "crashes", "missing", "wrong", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        if other.sure is not None:
            self.sure = (self.sure or 0) + other.sure

    def line(self, name):
        if self.lost:
            return "%-26s %-6s %s" % (name, self.tool, self.lost)
        sure = "" if self.sure is None else self.sure
        return LINE % (name, self.tool, "%d/%d" % (self.exact, self.tasks),
                       "%d/%d" % (self.crash, self.crashes), self.missing, self.wrong, sure,
                       "%.2f" % self.seconds)


def score(tool, verdicts, death, seconds):
    """The Score of frame verdicts, all of which are comparable, and of those on the death."""
    wrong = [frame for verdict in verdicts + death for frame in verdict.wrong]
    sure = sum(frame.get("grade") == compare.SURE for frame in wrong)
    return Score(tool, sum(not verdict.problem for verdict in verdicts), len(verdicts),
                 sum(not verdict.problem for verdict in death), len(death),
                 sum(len(verdict.missing) for verdict in verdicts + death), len(wrong),
                 sure if tool == "cairn" else None, seconds)


def death_of(stacks, truth):
    """The verdict on the stack of the task that died, in a list; none where there is no telling: an
    idle task has no pid of its own."""
    trace = truth["panic_trace"]
    if not trace or not trace["pid"] or not trace["frames"]:
        return []
    return [compare.panic_verdict(stacks.get(trace["pid"]), truth)[0]]


def of_cairn(program, tasks, truth):
    """(cairn's Score, pids of the tasks that can be compared)."""
    _, seconds = program.run("foreach", "bt")
    stacks = compare.stacks_of(program.answers)
    verdicts = [verdict for verdict in compare.frame_verdicts(stacks, tasks, truth)
                if verdict.compared]
    return (score("cairn", verdicts, death_of(stacks, truth), seconds),
            {verdict.pid for verdict in verdicts})


def of_peer(peer, dump, vmlinux, program, tasks, truth, pids):
    """A peer's Score: held against the kernel in the tasks where cairn could be, with the kernel's
    names where it has another one for the same address."""
    with tempfile.TemporaryDirectory(dir=dump.parent) as folder:
        answer = peer.ask(str(dump), vmlinux, folder)
    if answer.opens:
        return Score(peer.name, lost="does not open: " + answer.opens)
    stacks = peers.respelled(answer.stacks, matrix.places(program, truth))
    verdicts = [verdict for verdict in compare.frame_verdicts(stacks, tasks, truth)
                if verdict.compared and verdict.pid in pids]
    return score(peer.name, verdicts, death_of(stacks, truth), answer.seconds)


def scores_of(path, capture, vmlinux, asked, folder):
    """The Scores of all tools on a capture, cairn's first. Peers are asked about whole dumps only."""
    truth = compare.load(capture.oracle)
    dump = matrix.plain(capture.dump, folder)
    program = matrix.Program(path, dump, matrix.plain(capture.types, folder))
    tasks = compare.tasks_of(program.answers)
    first, pids = of_cairn(program, tasks, truth)
    yield first
    build_id = program.answers.ask("cairn.sys/1", "sys")[0].get("build_id")
    debug = None if capture.stored else vmlinux.of(build_id)
    for peer in asked if debug else ():
        yield of_peer(peer, dump, debug, program, tasks, truth, pids)


def compared(path, found, vmlinux, asked):
    """Print a line for each capture and tool; {tool: Score of all}, and how many were not read."""
    totals, unread = {}, 0
    for capture in found:
        with tempfile.TemporaryDirectory() as folder:
            try:
                for one in scores_of(path, capture, vmlinux, asked, pathlib.Path(folder).resolve()):
                    print(one.line(capture.name), flush=True)
                    totals.setdefault(one.tool, Score(one.tool)).add(one)
            except (*matrix.UNREADABLE, *matrix.ODD) as error:
                unread += 1
                print(Score("", lost="cannot be compared: %s" % error).line(capture.name))
    return totals, unread


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cairn")
    parser.add_argument("folders", nargs="*", metavar="DIR")
    args = parser.parse_args(argv)
    found = matrix.captures_in(args.folders or matrix.usual_folders())
    if not found:
        parser.error("no captures")
    vmlinux = peers.Vmlinux(os.environ.get("VMLINUX"))
    versions = {peer: peer.version() for peer in (peers.Drgn(), peers.Crash())}
    asked = [peer for peer, version in versions.items() if version and vmlinux.by_id]
    for peer in asked:
        print(versions[peer])
    if not asked:
        print("peers: not asked (drgn or crash installed, and VMLINUX=..., are needed)")
    print(LINE % HEAD)
    totals, unread = compared(os.path.abspath(args.cairn), found, vmlinux, asked)
    for one in totals.values():
        print(one.line("all"))
    cairn = totals.get("cairn")
    right = cairn and (cairn.exact, cairn.crash) == (cairn.tasks, cairn.crashes)
    return 0 if right and not unread else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
