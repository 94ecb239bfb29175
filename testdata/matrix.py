#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""matrix.py [-o FILE] CAIRN [DIR...]: kernel x scenario, what cairn and its peers make of each.
matrix.py --check CAIRN [DIR...]:       TAP instead, of cairn alone; exits 1 if a cell is not right.

DIR: folders with NAME.kdump or NAME.core and NAME.oracle.json (or NAME.console) beside, each also
.zst. Without any: build/captures, where the kit leaves whole dumps, and the stored captures; of
captures of one name the first is taken.

drgn and crash are asked about whole dumps, where they are installed and VMLINUX names a vmlinux
with DWARF or a folder of them (found by build-id); DRGN and CRASH may hold the command lines that
start them.
"""

import argparse
import dataclasses
import functools
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent / part) for part in ("", "capture")]
sys.dont_write_bytecode = True

import captures         # noqa: E402
import compare          # noqa: E402
import matrix_table     # noqa: E402
import peers            # noqa: E402
import tables           # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parent / "build"
UNPACKED = pathlib.Path(os.environ.get("CAPTURES", BUILD / "unpacked"))
DUMPS = (".kdump", ".kdump.zst", ".core", ".core.zst")
ORACLES = (".oracle.json", ".oracle.json.zst", ".console", ".console.zst")
NO_UNWINDER = "no unwinder for "    # what triage calls degraded on a machine that cairn lacks
# What a capture leads to whose files are not what they should be, and
UNREADABLE = (OSError, ValueError, subprocess.CalledProcessError, StopIteration)
# what a missing answer leads to, or one without the fields that it must have.
ODD = (compare.Failed, KeyError, TypeError, AttributeError, IndexError)
UNSEEN = ("cairn.error/1",)   # what a broken structure keeps a checker from looking at
SHOWN = 3               # findings told of one cell


@dataclasses.dataclass
class Capture:
    """The files of one capture. `types`: what `-s` gets where the kernel carries none, or None."""
    name: str
    dump: pathlib.Path
    oracle: pathlib.Path
    types: pathlib.Path
    stored: bool = False    # a stored one: slim, with nothing of what only peers read


@dataclasses.dataclass
class Cell:
    """What one tool made of one capture; None: not known, or not the tool's to say."""
    tool: str
    opens: bool = False
    frames: tuple = None        # (equal, comparable)
    vmas: tuple = None
    cause: bool = None
    false_findings: int = None
    slim: int = None            # bytes, pages packed one by one
    slim_packed: int = None     # bytes, as .zst
    difference: int = None      # bytes, to the kernel's base capture
    seconds: float = None       # triage
    stacks_seconds: float = None
    limit: str = None           # why stacks cannot be had, where cairn has no unwinder yet
    lacks: list = dataclasses.field(default_factory=list)   # of the cause: names of the fields
    problems: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Row:
    """A capture and the cells of its tools, cairn's first."""
    name: str
    kernel: str
    scenario: str
    cells: list
    plain_slim: pathlib.Path = None     # for the differences
    difference_to: str = None


# what there is ----------------------------------------------------------------------------------

def first(folder, name, endings):
    """The first of the files NAME + ending that exists, or None; zstd reads no links."""
    return next(((folder / (name + end)).resolve() for end in endings
                 if (folder / (name + end)).exists()), None)


def types_of(folder, name):
    """MACHINE-KERNEL.btf of a capture's name MACHINE-KERNEL-SCENARIO, or of KERNEL-SCENARIO."""
    for kernel in (captures.kernel_of(name), name.split("-")[0]):
        found = first(folder, kernel, (".btf", "-types.btf", ".btf.zst", "-types.btf.zst"))
        if found:
            return found
    return None


def captures_in(folders):
    """Each capture of the folders that has an oracle, by name; of one name the first."""
    found = {}
    for folder in map(pathlib.Path, folders):
        for path in sorted(path for end in DUMPS for path in folder.glob("*" + end)):
            name = path.name.removesuffix(".zst").rpartition(".")[0]
            oracle = first(folder, name, ORACLES)
            if oracle and name not in found:
                found[name] = Capture(name, path.resolve(), oracle, types_of(folder, name),
                                      folder.resolve() == UNPACKED.resolve())
    return sorted(found.values(), key=lambda capture: capture.name)


def usual_folders():
    """build/captures, and the stored captures, unpacked."""
    captures.main(["unpack", str(UNPACKED)])
    return [folder for folder in (BUILD / "captures", UNPACKED) if folder.is_dir()]


# cairn ------------------------------------------------------------------------------------------

class Program:
    """cairn on one dump, without what other runs have left in its index cache."""

    def __init__(self, path, dump, types):
        options = ["--no-cache", "--no-debug-search", *(["-s", str(types)] if types else [])]
        self.head = [path, *options, str(dump)]
        self.path = path
        self.answers = compare.Cairn(path, str(dump), [str(types)] if types else [])
        self.answers.head.insert(1, "--no-debug-search")

    def run(self, *words):
        """One run: (exit code, seconds). The code is None if it did not end in time."""
        done = peers.run([*self.head, *map(str, words)], "", compare.SECONDS)
        return done.code, done.seconds

    def has(self, command):
        """Whether cairn has this command."""
        return has_command(self.path, command)


@functools.lru_cache
def has_command(path, command):
    return peers.run([path, "help", command], "", compare.SECONDS).code == 0


def tally(verdicts):
    """(equal, comparable) and the problems of frame verdicts."""
    compared = [verdict for verdict in verdicts if verdict.compared]
    problems = ["%s: %s" % (verdict.what, verdict.problem)
                for verdict in compared if verdict.problem]
    return (len(compared) - len(problems), len(compared)), problems


def whole(function):
    """A function's name without what the compiler adds to that of a part or a copy of it."""
    return re.sub(r"(\.(cold|part|isra|constprop)(\.\d+)*)+$", "", function or "")


def one_of(value, wanted):
    """Whether a value is one of "a|b"."""
    return value in wanted.split("|")


def wrong_cause(crash, expect, findings):
    """What of the capture's expectation triage's `crash` does not say: {field: in words}.
    `findings`: ids, or None where nothing looks for them."""
    crash = crash or {}
    told = {"class": crash.get("class"), "function": whole(crash.get("function"))}
    wrong = {field: "%s is %s, expected %s" % (field, crash.get(field), expect[field])
             for field, value in told.items()
             if expect.get(field) and not one_of(value, expect[field])}
    wanted = expect.get("finding")
    if wanted and findings is not None and not any(one_of(id, wanted) for id in findings):
        wrong["finding"] = "no finding %s" % wanted
    return wrong


def due(expect, program):
    """The expectation, without a finding that no checker of this program looks for."""
    known = [finding["id"] for checker in program.answers.ask("cairn.checker/1", "check", "--list")
             for finding in checker["findings"]]
    if any(one_of(id, expect.get("finding") or "") for id in known):
        return expect
    return dict(expect, finding=None)


def expectation(truth):
    """What an analyzer must find: by the table of scenarios, which may have learned since, else as
    the capture says; None if neither does."""
    capture = truth.get("capture", {})
    scenario = tables.SCENARIOS.get(capture.get("scenario"))
    expect = dataclasses.asdict(scenario.expect) if scenario else capture.get("expect")
    if expect and "cls" in expect:
        expect = dict(expect, **{"class": expect["cls"]})
    if expect and capture.get("machine") in expect.get("hidden_on", ()):
        expect = dict(expect, finding=None)
    return expect


def false_findings(findings, expect):
    """Those that the capture does not expect; a finding is told by its id."""
    wanted = (expect or {}).get("finding") or ""
    return [id for id in findings if not one_of(id, wanted)]


def judge_triage(cell, program, expect):
    """Opens, cause, findings; returns the report, or None if there is none."""
    code, cell.seconds = program.run("-j", "triage")
    cell.opens = code in compare.FOUND
    if not cell.opens:
        cell.problems.append("triage: exit code %s" % code)
        return None
    triage = program.answers.ask("cairn.triage/1", "triage", fine=compare.FOUND)[0]
    cell.limit = next((lost["reason"] for lost in triage["degraded"]
                       if lost["reason"].startswith(NO_UNWINDER)), None)
    findings = None
    if program.has("check"):
        said = program.answers.ask("cairn.finding/1", "check", fine=compare.FOUND, also=UNSEEN)
        findings = [item["id"] for item in said if "id" in item]
        if said and not findings:
            cell.problems.append("check: " + str(said[0].get("message")))
        stray = false_findings(findings, expect)
        cell.false_findings = len(stray)
        cell.problems += ["finding that nothing explains: " + id for id in stray[:SHOWN]]
        expect = expect and due(expect, program)
    if expect:
        wrong = wrong_cause(triage.get("crash"), expect, findings)
        cell.cause, cell.lacks = not wrong, list(wrong)
        cell.problems += ["cause: " + text for text in wrong.values()]
    return triage


def judge_frames(cell, program, truth):
    """Frames; returns the pids of the tasks that can be compared at all."""
    if cell.limit:
        cell.problems.append("frames: " + cell.limit)
        return set()
    if not truth["tasks"]:
        return set()
    _, cell.stacks_seconds = program.run("-j", "foreach", "bt")
    verdicts = list(compare.frame_verdicts(compare.stacks_of(program.answers),
                                           compare.tasks_of(program.answers), truth))
    cell.frames, problems = tally(verdicts)
    cell.problems += problems
    return {verdict.pid for verdict in verdicts if verdict.compared}


def judge_maps(cell, program, truth):
    if not program.has("vm") or not truth["maps"]:
        return
    verdicts = list(compare.map_verdicts(program.answers, truth))
    if not verdicts:
        return
    cell.vmas = (sum(verdict.right for verdict in verdicts),
                 sum(verdict.expected for verdict in verdicts))
    wrong = [verdict for verdict in verdicts if verdict.problems]
    cell.problems += ["%s: %s" % (verdict.what, verdict.problems[0]) for verdict in wrong]


def judge_slim(cell, program, folder):
    """Sizes; returns the slim dump with plain pages, which differences are made of."""
    if not program.has("slim"):
        return None
    sizes = {}
    for name, words in (("slim", []), ("slim.zst", []), ("plain", ["-z", "none"])):
        out = folder / name
        code, _ = program.run("slim", *words, "-o", out)
        if code not in compare.DONE:
            cell.problems.append("slim: exit code %s" % code)
            return None
        sizes[name] = out.stat().st_size
    cell.slim, cell.slim_packed = sizes["slim"], sizes["slim.zst"]
    return folder / "plain"


def judged(path, capture, truth, folder):
    """cairn's cell for a capture: (cell, triage or None, comparable pids, plain slim or None)."""
    cell, triage, pids, plain = Cell("cairn"), None, set(), None
    program = Program(path, capture.dump, capture.types)
    try:
        triage = judge_triage(cell, program, expectation(truth))
        if cell.opens:
            pids = judge_frames(cell, program, truth)
            judge_maps(cell, program, truth)
            plain = judge_slim(cell, program, folder)
    except ODD as error:
        cell.problems.append("%s: %s" % (type(error).__name__, error))
    return cell, triage, pids, plain


# peers ------------------------------------------------------------------------------------------

def places(program, truth):
    """The kernel's name of each address that it printed a frame of: pc -> name."""
    frames = [compare.parse_frame(text) for task in truth["tasks"].values()
              for text in task["frames"]] + (truth.get("panic_trace") or {}).get("frames", [])
    names = sorted({frame["function"] for frame in frames if frame["offset"]})
    at = {}
    for begin in range(0, len(names), compare.NAMES_AT_ONCE):
        for item in compare.symbols(program.answers, names[begin:begin + compare.NAMES_AT_ONCE]):
            at.setdefault(item["name"], []).append(compare.number(item["address"]))
    return {address + frame["offset"]: frame["function"]
            for frame in frames if frame["offset"] and frame["offset"] != frame["size"]
            for address in at.get(frame["function"], [])}


def peer_cell(peer, capture, vmlinux, program, truth, pids, folder):
    """A peer's cell. Its stacks are held against the kernel's in the tasks where cairn's could
    be: what moved on is the dump's matter, not the tool's."""
    cell = Cell(peer.name)
    answer = peer.ask(str(capture.dump), vmlinux, folder)
    cell.opens, cell.stacks_seconds = answer.opens is None, answer.seconds
    if answer.opens:
        cell.problems.append("does not open: " + answer.opens)
        return cell
    stacks = peers.respelled(answer.stacks, places(program, truth))
    verdicts = compare.frame_verdicts(stacks, compare.tasks_of(program.answers), truth)
    cell.frames, cell.problems = tally(verdict for verdict in verdicts if verdict.pid in pids)
    return cell


# rows -------------------------------------------------------------------------------------------

def plain(path, folder):
    """A file, unpacked into the folder if it is a .zst."""
    return pathlib.Path(compare.plain_file(str(path), str(folder))) if path else None


def kernel_of(triage, truth, name):
    """(machine and release, scenario) for the table."""
    made = truth.get("capture", {})
    scenario = made.get("scenario") or name.rpartition("-")[2]
    if not triage:
        return captures.kernel_of(name), scenario
    return "%s %s" % (triage["arch"], triage["release"]), scenario


def lost_row(capture, error):
    """The row of a capture whose own files cannot be read."""
    cell = Cell("cairn", problems=["the capture cannot be read: %s" % error])
    return Row(capture.name, captures.kernel_of(capture.name), capture.name.rpartition("-")[2],
               [cell])


def row_of(path, capture, vmlinux, asked, folder):
    """One capture's row. `asked`: the peers; `folder`: to work in, kept until the table is made."""
    truth = compare.load(capture.oracle)
    work = Capture(capture.name, plain(capture.dump, folder), capture.oracle,
                   plain(capture.types, folder))
    cell, triage, pids, slim = judged(path, work, truth, folder)
    kernel, scenario = kernel_of(triage, truth, capture.name)
    cells = [cell]
    debug = vmlinux.of((triage or {}).get("build_id"))
    if debug and not capture.stored:
        program = Program(path, work.dump, work.types)
        cells += [peer_cell(peer, work, debug, program, truth, pids, folder) for peer in asked]
    return Row(capture.name, kernel, scenario, cells, slim)


def set_differences(rows):
    """How small each slim dump is as a difference to another one of its kernel."""
    for kernel in {row.kernel for row in rows}:
        group = [row for row in rows if row.kernel == kernel and row.plain_slim]
        base = min(group, default=None, key=lambda row: (row.name != captures.base_of(row.name),
                                                         row.scenario != captures.USUAL_BASE))
        for row in group:
            if row is not base:
                row.cells[0].difference = difference(base.plain_slim, row.plain_slim)
                row.difference_to = base.scenario


def difference(base, path):
    """Bytes of the difference between two files."""
    out = path.with_name("difference")
    subprocess.run(["zstd", "-q", "-f", "-19", "--long=27", "--patch-from=%s" % base, str(path),
                    "-o", str(out)], check=True, stderr=subprocess.DEVNULL)
    return out.stat().st_size


def rows_of(path, found, vmlinux, asked, folder):
    rows = []
    for number, capture in enumerate(found):
        begin = time.monotonic()
        own = folder / str(number)
        own.mkdir()
        try:
            rows.append(row_of(path, capture, vmlinux, asked, own))
        except UNREADABLE as error:
            rows.append(lost_row(capture, error))
        for left in own.glob("*"):
            if left != rows[-1].plain_slim:
                left.unlink()
        print("%s: %.1f s" % (capture.name, time.monotonic() - begin), file=sys.stderr, flush=True)
    set_differences(rows)
    return rows


# check ------------------------------------------------------------------------------------------

def check_row(row, tap):
    """A test for each thing that must be right. Where cairn has no unwinder yet, nothing that takes
    one is asked for."""
    cell = row.cells[0]
    told = cell.problems or ["no answer"]
    tap.test(row.name + ": opens", [] if cell.opens else told)
    if not cell.opens:
        return
    if not cell.limit and not captures.dumped_alive(row.name):
        right, of = cell.frames or (0, 0)
        tap.test("%s: frames exact, %d of %d tasks" % (row.name, right, of),
                 told if right != of or not of else [])
    if cell.cause is not None:
        excused = cell.limit and cell.lacks == ["function"]
        tap.test(row.name + ": cause found", [] if cell.cause or excused else told,
                 [cell.limit] if excused else [])
    if cell.false_findings is not None:
        tap.test(row.name + ": no false findings", told if cell.false_findings else [])


def checked_row(path, capture, folder):
    """The row of what --check looks at."""
    truth, cell = compare.load(capture.oracle), Cell("cairn")
    program = Program(path, plain(capture.dump, folder), plain(capture.types, folder))
    try:
        if judge_triage(cell, program, expectation(truth)):
            judge_frames(cell, program, truth)
    except ODD as error:
        cell.problems.append("%s: %s" % (type(error).__name__, error))
    return Row(capture.name, "", "", [cell])


def check(path, found):
    """TAP for cairn alone; the exit code."""
    tap = compare.Tap()
    for capture in found:
        with tempfile.TemporaryDirectory() as folder:
            try:
                row = checked_row(path, capture, folder)
            except UNREADABLE as error:
                row = lost_row(capture, error)
        check_row(row, tap)
    return tap.end()


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cairn")
    parser.add_argument("folders", nargs="*", metavar="DIR")
    parser.add_argument("-o", dest="out", metavar="FILE", help="where the table goes")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args(argv)
    path = os.path.abspath(args.cairn)
    found = captures_in(args.folders or usual_folders())
    if not found:
        parser.error("no captures")
    if args.check:
        return check(path, found)
    vmlinux = peers.Vmlinux(os.environ.get("VMLINUX"))
    versions = {peer: peer.version() for peer in (peers.Drgn(), peers.Crash())}
    asked = [peer for peer, version in versions.items() if version and vmlinux.by_id]
    with tempfile.TemporaryDirectory() as name:
        rows = rows_of(path, found, vmlinux, asked, pathlib.Path(name))
        cairn = peers.run([path, "--version"], "", 60).text.split("\n")[0]
        text = matrix_table.markdown(rows, [cairn] + [versions[peer] for peer in asked])
    if args.out:
        pathlib.Path(args.out).write_text(text)
    else:
        print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
