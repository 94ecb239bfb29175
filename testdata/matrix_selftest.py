#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""matrix_selftest.py: does matrix.py count what is right, and see what is wrong?

cairn, drgn and crash are small scripts here that answer from a file: as they should, then with one
value planted wrong at a time. Prints TAP.
"""

import contextlib
import copy
import io
import json
import os
import pathlib
import struct
import sys
import tempfile

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]
sys.dont_write_bytecode = True

import compare          # noqa: E402
import compare_peers    # noqa: E402
import matrix           # noqa: E402
import matrix_table     # noqa: E402
import peers            # noqa: E402

FAKE = """#!%s -IS
import json, sys
answers = json.load(open(%r))
if sys.argv[1] == "--version":
    print("cairn 0.0.1")
elif sys.argv[1] == "help":
    sys.exit(0 if sys.argv[2] in answers["commands"] else 2)
else:
    words = sys.argv[sys.argv.index(next(a for a in sys.argv if ".kdump" in a)) + 1:]
    words = [word for word in words if word != "-j"]
    if words[0] == "slim":
        plain = "none" in words
        size = 200 if words[-1].endswith("zst") else 900 if plain else 300
        open(words[-1], "w").write("x" * size)
        sys.exit(0)
    key = "sym" if words[0] == "sym" else " ".join(words)
    for item in answers[key]:
        print(json.dumps(item))
    sys.exit(answers["exit"].get(key, 0))
"""

FUNCTIONS = {"schedule": 0x1000, "pipe_read": 0x2000, "ksys_read": 0x3000, "do_wait": 0x4000}
READER = ["schedule+0x10/0x40", "pipe_read+0x20/0x80", "ksys_read+0x30/0x90"]
WAITER = ["schedule+0x10/0x40", "do_wait+0x8/0x90"]
MAPS = ["1000-2000 r-xp 00000000 00:01 7 /zoo", "3000-4000 rw-p 00000000 00:00 0 [heap]"]
DRGN_TEXT = [{"pid": 20, "frames": [["schedule", 0x10], ["pipe_read", 0x20], ["ksys_read", 0x30]]},
             {"pid": 21, "frames": [["schedule", 0x10], ["do_wait", 8]]}]
CRASH_TEXT = """PID: 0        TASK: ffffffff9181aa40  CPU: 0    COMMAND: "swapper/0"
 #0 [ffffffff91803e40] idle at 1111

PID: 20       TASK: ffff8e9c81214200  CPU: 0    COMMAND: "reader"
 #0 [ffffcf0440013960] schedule at 1010
 #1 [ffffcf04400139b8] pipe_read at 2020
    RIP: 0000000000460a63  RSP: 00007ffc06a53d18  RFLAGS: 00000202
    [exception RIP: faulting+5]
#10 [ffffcf04400139d0] ksys_read at 3030 *
"""


def task(comm, state, frames):
    return {"comm": comm, "ppid": 1, "state": state, "frames": frames, "complete": True}


def make_truth():
    """An oracle of two tasks that can be compared and one that runs."""
    return {"schema": "cairn.oracle/1", "status": {}, "kallsyms": {}, "modules": [],
            "panic_trace": None, "maps": {"20": MAPS},
            "tasks": {"20": task("reader", "S", READER), "21": task("waiter", "D", WAITER),
                      "22": task("runner", "R", READER)},
            "capture": {"scenario": "slab", "expect": {
                "class": "bug|oops", "function": "scen_inner", "finding": "slab.freelist"}}}


def frame(text):
    found = compare.parse_frame(text)
    return {"function": found["function"], "offset": hex(found["offset"]), "rule": "orc",
            "inline": False}


def make_answers(truth):
    """What a cairn would say that is right in all."""
    tasks = truth["tasks"].items()
    return {
        "exit": {"triage": 1, "check": 1}, "commands": ["vm", "check", "slim"],
        "triage": [{"schema": "cairn.triage/1", "release": "9.9-test", "arch": "x86_64",
                    "build_id": "0123abcd", "degraded": [],
                    "crash": {"class": "oops", "function": "scen_inner"}}],
        "check": [{"schema": "cairn.finding/1", "id": "slab.freelist"}],
        "check --list": [{"schema": "cairn.checker/1", "name": "slab",
                          "findings": [{"id": "slab.freelist", "title": ""}]}],
        "ps": [{"schema": "cairn.task/1", "pid": int(pid), "comm": t["comm"], "state": t["state"]}
               for pid, t in tasks],
        "foreach bt": [{"schema": "cairn.stack/1", "pid": int(pid), "comm": t["comm"],
                        "frames": [frame(text) for text in t["frames"]]} for pid, t in tasks],
        "sym": [{"schema": "cairn.symbol/1", "name": name, "address": hex(address)}
                for name, address in FUNCTIONS.items()],
        "vm 20": [{"schema": "cairn.vma/1", "start": "0x1000", "end": "0x2000", "perms": "r-xp",
                   "offset": "0x0", "device": "00:01", "inode": 7, "file": "/zoo"},
                  {"schema": "cairn.vma/1", "start": "0x3000", "end": "0x4000", "perms": "rw-p",
                   "offset": "0x0", "device": "00:00", "inode": 0, "file": "[heap]"}]}


class World:
    """A folder (no links in its path) with one capture and the programs that answer about it."""

    def __init__(self, folder):
        self.folder = folder
        self.cairn = folder / "cairn"
        self.write("cairn", FAKE % (sys.executable, str(folder / "answers.json")), 0o755)
        self.write("m-k-slab.kdump", "dump")
        self.write("m-k-slab.console", "")

    def write(self, name, text, mode=0o644):
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(mode)

    def set(self, truth, answers):
        self.write("m-k-slab.oracle.json", json.dumps(truth))
        self.write("answers.json", json.dumps(answers))
        matrix.has_command.cache_clear()

    def cell(self):
        """cairn's cell of the capture."""
        capture = matrix.captures_in([self.folder])[0]
        truth = compare.load(capture.oracle)
        with tempfile.TemporaryDirectory() as name:
            return matrix.judged(str(self.cairn), capture, truth, pathlib.Path(name))[0]

    def check(self):
        """(exit code, names of failed tests) of --check."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            code = matrix.main(["--check", str(self.cairn), str(self.folder)])
        return code, [line.split(": ")[-1] for line in printed.getvalue().splitlines()
                      if line.startswith("not ok")]


def stack(answers, pid):
    return next(item for item in answers["foreach bt"] if item["pid"] == pid)


def crash_of(answers):
    return answers["triage"][0]["crash"]


# What is planted (into the oracle and the answers), the cell's fields as they must be then, and
# what --check must say: names of the failed tests begin so.
RIGHT = {"opens": True, "frames": (2, 2), "vmas": (2, 2), "cause": True, "false_findings": 0,
         "slim": 300, "slim_packed": 200}
PLANTED = [
    ("all right", lambda t, a: None, {}, []),
    ("a frame of another function", lambda t, a: stack(a, 20)["frames"][1].update(function="x"),
     {"frames": (1, 2)}, ["frames exact, 1"]),
    ("a frame lost", lambda t, a: stack(a, 21)["frames"].pop(), {"frames": (1, 2)},
     ["frames exact, 1"]),
    ("a stack lost", lambda t, a: a["foreach bt"].remove(stack(a, 21)), {"frames": (1, 2)},
     ["frames exact, 1"]),
    ("no stack at all", lambda t, a: a["foreach bt"].clear(), {"frames": (0, 2)},
     ["frames exact, 0"]),
    ("nothing to compare", lambda t, a: t["tasks"].clear(),
     {"frames": None, "vmas": None},
     ["frames exact, 0"]),
    ("the frames of a task that ran: its own affair", lambda t, a: stack(a, 22)["frames"].clear(),
     {}, []),
    ("another class", lambda t, a: crash_of(a).update({"class": "hung"}), {"cause": False},
     ["cause found"]),
    ("the other class that will do", lambda t, a: crash_of(a).update({"class": "bug"}), {}, []),
    ("both classes at once", lambda t, a: crash_of(a).update({"class": "bug|oops"}),
     {"cause": False}, ["cause found"]),
    ("another function", lambda t, a: crash_of(a).update(function="scen_outer"), {"cause": False},
     ["cause found"]),
    ("a part of the function", lambda t, a: crash_of(a).update(function="scen_inner.part.0.cold"),
     {}, []),
    ("a function whose name only begins so",
     lambda t, a: crash_of(a).update(function="scen_inner_other"), {"cause": False},
     ["cause found"]),
    ("no crash", lambda t, a: a["triage"][0].update(crash=None), {"cause": False},
     ["cause found"]),
    ("nothing is expected", lambda t, a: t["capture"].pop("expect"),
     {"cause": None, "false_findings": 1}, ["no false findings"]),
    ("the finding missing", lambda t, a: a["check"].clear(), {"cause": False}, ["cause found"]),
    ("the finding missing, and nobody looks for it",
     lambda t, a: (a["check"].clear(), a["check --list"][0]["findings"].clear()), {}, []),
    ("a false finding", lambda t, a: a["check"].append(dict(a["check"][0], id="list.loop")),
     {"false_findings": 1}, ["no false findings"]),
    ("a finding in a dump where nothing is wrong",
     lambda t, a: t["capture"]["expect"].update(finding=None), {"false_findings": 1},
     ["no false findings"]),
    ("no check command: nothing is said of findings", lambda t, a: a["commands"].remove("check"),
     {"false_findings": None}, []),
    ("a VMA's permissions", lambda t, a: a["vm 20"][0].update(perms="rwxp"), {"vmas": (1, 2)}, []),
    ("a VMA too many", lambda t, a: a["vm 20"].append(dict(a["vm 20"][0], start="0x0")), {}, []),
    ("no vm command", lambda t, a: a["commands"].remove("vm"), {"vmas": None}, []),
    ("no slim command", lambda t, a: a["commands"].remove("slim"),
     {"slim": None, "slim_packed": None}, []),
    ("exit code 4", lambda t, a: a["exit"].update(triage=4), {}, []),
    ("exit code 3", lambda t, a: a["exit"].update(triage=3),
     dict.fromkeys(RIGHT, None) | {"opens": False}, ["opens"]),
    ("another schema", lambda t, a: a["ps"][0].update(schema="cairn.task/2"),
     {"frames": None, "vmas": None, "slim": None, "slim_packed": None}, ["frames exact, 0"]),
    ("no unwinder for this machine: no function either",
     lambda t, a: (a["triage"][0]["degraded"].append(
         {"what": "stacks", "reason": "no unwinder for z80"}), crash_of(a).update(function=None)),
     {"frames": None, "cause": False}, []),
    ("no unwinder, but another class",
     lambda t, a: (a["triage"][0]["degraded"].append(
         {"what": "stacks", "reason": "no unwinder for z80"}), crash_of(a).update({"class": "x"})),
     {"frames": None, "cause": False}, ["cause found"]),
]


def planted(world):
    """(name, whether it is seen, what was) of each."""
    for name, change, fields, failed in PLANTED:
        truth = make_truth()
        answers = make_answers(truth)
        change(truth, answers)
        world.set(truth, answers)
        cell, (code, tests) = world.cell(), world.check()
        wanted = dict(RIGHT, **fields)
        same = {field: getattr(cell, field) for field in wanted} == wanted
        checked = code == bool(failed) and len(tests) == len(failed) and \
            all(test.startswith(start) for test, start in zip(tests, failed))
        yield name, same and checked, "%s\n%s %s" % (cell, code, tests)
    truth["capture"]["expect"].pop("class")
    truth["capture"]["expect"]["cls"] = "oops"
    yield "cls is class", matrix.expectation(truth)["class"] == "oops", ""
    truth["capture"]["expect"].update(finding="a.b", hidden_on=["armhf"])
    told = []
    for machine in ("amd64", "armhf"):
        truth["capture"]["machine"] = machine
        told.append(matrix.expectation(truth)["finding"])
    yield "a finding is due where its place is known", told == ["a.b", None], told
    world.write("m-k-slab.oracle.json", "{")
    code, tests = world.check()
    yield "a capture that cannot be read", (code, tests) == (1, ["opens"]), tests
    # a VMA too many is no missing one, but a problem
    truth = make_truth()
    answers = make_answers(truth)
    answers["vm 20"].append(dict(answers["vm 20"][0], start="0x0"))
    world.set(truth, answers)
    problems = world.cell().problems
    yield "a VMA too many is told", any("not the kernel's" in text for text in problems), problems


def drgn_text(stacks):
    return "warning: x\n" + "\n".join(json.dumps({"pid": stack["pid"], "frames": [
        {"function": name, "offset": offset, "pc": FUNCTIONS.get(name, 0) + offset,
         "inline": False} for name, offset in stack["frames"]]}) for stack in stacks)


def with_peer(world, text, program="drgn"):
    """A peer's cell when the peer prints this text."""
    truth = make_truth()
    world.set(truth, make_answers(truth))
    world.write("text", text)
    world.write("peer", "#!/bin/sh\ncat %s\n" % (world.folder / "text"), 0o755)
    os.environ[program.upper()] = str(world.folder / "peer")
    peer = peers.Drgn() if program == "drgn" else peers.Crash()
    del os.environ[program.upper()]
    capture = matrix.captures_in([world.folder])[0]
    asked = matrix.Program(str(world.cairn), capture.dump, None)
    return matrix.peer_cell(peer, capture, "vmlinux", asked, truth, {20, 21}, world.folder)


def kept(world):
    """Whether the first of two answers is given twice, and the second where the dump has changed."""
    os.environ["PEER_ANSWERS"] = str(world.folder / "answers")
    try:
        cells = [with_peer(world, drgn_text(DRGN_TEXT)), with_peer(world, "cannot open\n")]
        dump = matrix.captures_in([world.folder])[0].dump
        dump.write_bytes(dump.read_bytes() + b"x")
        cells.append(with_peer(world, "cannot open\n"))
    finally:
        del os.environ["PEER_ANSWERS"]
    return [cell.frames for cell in cells] == [(2, 2), (2, 2), None], cells


def of_peers(world):
    yield "drgn: right", with_peer(world, drgn_text(DRGN_TEXT)).frames == (2, 2), ""
    wrong = copy.deepcopy(DRGN_TEXT)
    wrong[0]["frames"][1][0] = "other"
    yield "drgn: a wrong frame", with_peer(world, drgn_text(wrong)).frames == (1, 2), ""
    alias = drgn_text(DRGN_TEXT).replace('"pipe_read"', '"alias_of_pipe_read"')
    yield "drgn: another name of the same place", with_peer(world, alias).frames == (2, 2), ""
    failed = with_peer(world, "cannot open\n")
    yield "drgn: does not open", (failed.opens, failed.frames) == (False, None), failed
    right = CRASH_TEXT.replace("    [exception RIP: faulting+5]\n", "")
    cell = with_peer(world, right, "crash")
    yield "crash: one right, one without a stack", cell.frames == (1, 2), cell
    cell = with_peer(world, CRASH_TEXT, "crash")
    yield "crash: a frame too many", cell.frames == (0, 2), cell
    yield "an answer that is kept is not asked for again", *kept(world)
    found = peers.crash_stacks(CRASH_TEXT)
    names = [item["function"] for item in found[20]["frames"]]
    yield "crash: idle tasks left out, interrupted functions in their place", \
        list(found) == [20] and names == ["schedule", "pipe_read", "faulting", "ksys_read"], found
    slow = peers.run(["sh", "-c", "echo begun; sleep 60"], "", 0.3)
    yield "a program that is not there", peers.run(["/nonexistent"], "", 9).code == 127, ""
    yield "a peer that hangs", slow.code is None and slow.seconds < 10, slow


def elf(identity):
    """An ELF file of nothing but a build-id."""
    note = struct.pack("<III4s", 4, len(identity), 3, b"GNU\0") + identity
    header = b"\x7fELF\2\1\1".ljust(16, b"\0") + struct.pack(
        "<HHIQQQIHHHHHH", 2, 62, 1, 0, 0, 64 + len(note), 0, 64, 0, 0, 64, 1, 0)
    return header + note + struct.pack("<IIQQQQIIQQ", 0, 7, 0, 0, 64, len(note), 0, 0, 4, 0)


def of_vmlinux(world):
    path = world.folder / "vmlinux-9.9"
    path.write_bytes(elf(b"\x01\x23\xab\xcd"))
    (world.folder / "vmlinux-not").write_text("no ELF file")
    files = peers.Vmlinux(world.folder)
    yield "vmlinux: by build-id", files.of("0123abcd") == str(path), files.by_id
    yield "vmlinux: of another kernel", files.of("0123abce") is None, ""
    yield "vmlinux: build-id unknown", files.of(None) is None, ""
    yield "vmlinux: named", peers.Vmlinux(path).of("0123abcd") == str(path), ""
    yield "vmlinux: none", peers.Vmlinux(None).of("0123abcd") is None, ""


PANIC = {"cpu": 0, "pid": 20, "comm": "reader", "complete": True, "lr": None,
         "frames": [dict(compare.parse_frame(text), stack=None, regs=False) for text in READER]}


def compared(world, change=lambda truth, answers: None, text=None, asked=True):
    """(exit code, {tool: its line's words}) of compare_peers, with a drgn that prints `text`."""
    truth = dict(make_truth(), panic_trace=PANIC)
    answers = make_answers(truth)
    answers["sys"] = [{"schema": "cairn.sys/1", "build_id": "0123abcd"}]
    change(truth, answers)
    world.set(truth, answers)
    world.write("text", "drgn 0.3.0\n" + (drgn_text(DRGN_TEXT) if text is None else text))
    world.write("peer", "#!/bin/sh\ncat %s\n" % (world.folder / "text"), 0o755)
    (world.folder / "vmlinux").write_bytes(elf(b"\x01\x23\xab\xcd"))
    os.environ.update(DRGN=str(world.folder / "peer"), CRASH="/nonexistent",
                      VMLINUX=str(world.folder / "vmlinux") if asked else "")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = compare_peers.main([str(world.cairn), str(world.folder)])
    for name in ("DRGN", "CRASH", "VMLINUX"):
        del os.environ[name]
    return code, {line.split()[1]: line.split()[2:] for line in printed.getvalue().splitlines()
                  if line.startswith("m-k-slab ")}


def of_comparison(world):
    """Lines: tasks exact, crash, frames missing, frames wrong, sure (cairn alone), seconds."""
    def grade(truth, answers, letter):
        stack(answers, 21)["frames"][1].update(function="x", grade=letter)
    code, lines = compared(world)
    yield "compare: all right", code == 0 and lines["cairn"][:5] == ["2/2", "1/1", "0", "0", "0"] \
        and lines["drgn"][:4] == ["2/2", "1/1", "0", "0"], lines
    code, lines = compared(world, lambda t, a: grade(t, a, "A"))
    yield "compare: a wrong frame that cairn was sure of", \
        code == 1 and lines["cairn"][:5] == ["1/2", "1/1", "1", "1", "1"], lines
    code, lines = compared(world, lambda t, a: grade(t, a, "C"))
    yield "compare: one that it was not sure of", \
        code == 1 and lines["cairn"][:5] == ["1/2", "1/1", "1", "1", "0"], lines
    code, lines = compared(world, lambda t, a: a["foreach bt"].remove(stack(a, 20)))
    yield "compare: no stack, in the task that died", \
        code == 1 and lines["cairn"][:5] == ["1/2", "0/1", "6", "0", "0"], lines
    lost = copy.deepcopy(DRGN_TEXT)
    del lost[0]["frames"][1:]
    code, lines = compared(world, text=drgn_text(lost))
    yield "compare: a peer's frames missing, which is not cairn's fault", \
        code == 0 and lines["drgn"][:4] == ["1/2", "0/1", "4", "0"], lines
    code, lines = compared(world, text="no")
    yield "compare: a peer that does not open it", \
        code == 0 and " ".join(lines["drgn"]) == "does not open: exit code 0", lines
    yield "compare: without a vmlinux", list(compared(world, asked=False)[1]) == ["cairn"], ""
    code, lines = compared(world, lambda t, a: a["ps"][0].update(schema="x"))
    yield "compare: a cairn that does not answer", code == 1 and "drgn" not in lines, lines


def of_files(world):
    second = world.folder / "second"
    second.mkdir()
    for name in ("m-k-slab.kdump", "m-k-slab.oracle.json", "m-k-new.core.zst", "m-k-new.console",
                 "m-k-bare.kdump", "m-k.btf.zst"):
        (second / name).write_text("")
    found = matrix.captures_in([world.folder, second])
    yield "captures: with an oracle, of one name the first", \
        [(c.name, c.dump.parent) for c in found] == [("m-k-new", second),
                                                     ("m-k-slab", world.folder)], found
    yield "captures: types beside them", found[0].types == second / "m-k.btf.zst", found
    matrix.UNPACKED = second
    yield "captures: stored ones are told from whole ones", \
        [c.stored for c in matrix.captures_in([world.folder, second])] == [True, False], found
    with contextlib.redirect_stderr(io.StringIO()):
        try:
            matrix.main(["cairn", str(second / "nothing")])
            code = 0
        except SystemExit as error:
            code = error.code
    yield "captures: none is wrong use", code == 2, code


def of_table(world):
    truth = make_truth()
    truth["capture"]["scenario"] = "sl|ab\x1b[31m"
    answers = make_answers(truth)
    stack(answers, 20)["frames"][1]["function"] = "*bold*|"
    world.set(truth, answers)
    out = world.folder / "MATRIX.md"
    with contextlib.redirect_stderr(io.StringIO()):
        code = matrix.main(["-o", str(out), str(world.cairn), str(world.folder)])
    text = out.read_text()
    rows = [line for line in text.splitlines() if line.startswith("| sl")]
    yield "table: written", code == 0 and "cairn 0.0.1" in text and \
        "x86\\_64 9.9-test" in text, text
    yield "table: a row, with what is wrong in bold", len(rows) == 1 and \
        "| cairn | yes | **1/2** | 2/2 | yes | 0 |" in rows[0], text
    yield "table: nothing of a dump is markdown", "\x1b" not in text and "sl\\|ab" in text and \
        "\\*bold\\*\\|" in text, text
    yield "table: sums", "| cairn | 1 | 1/1 | **1/2** | 2/2 | 1/1 | 0 |" in text, text
    widths = {line.replace("\\|", "").count("|") for line in text.split("## ")[1].splitlines()
              if line.startswith("|")}
    yield "table: as many cells in every line", len(widths) == 1, widths
    yield "table: unknown is a dash", (matrix_table.share(None), matrix_table.size(None),
                                       matrix_table.yes(None), matrix_table.count(None)) == \
        (matrix_table.UNKNOWN,) * 4, ""


def of_losses(world):
    world.set(make_truth(), make_answers(make_truth()))
    for name, text in (("kdump", "dump"), ("console", ""), ("oracle.json", "{")):
        world.write("m-k-gone." + name, text)
    out = io.StringIO()
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(out):
        matrix.main([str(world.cairn), str(world.folder)])
    yield "table: one capture's loss is not the others'", \
        "| gone | cairn | **no** |" in out.getvalue() and \
        "| slab | cairn | yes |" in out.getvalue(), out.getvalue()


def of_differences(world):
    rows = []
    for scenario in ("bug", "sysrq"):
        path = world.folder / scenario / "plain"
        path.parent.mkdir()
        path.write_bytes(bytes(range(256)) * 400 + scenario.encode())
        rows.append(matrix.Row("m-k-" + scenario, "k", scenario, [matrix.Cell("cairn")], path))
    matrix.set_differences(rows)
    yield "difference: to the kernel's sysrq", rows[0].difference_to == "sysrq" and \
        0 < rows[0].cells[0].difference < 1000 and rows[1].cells[0].difference is None, rows


def main():
    os.environ.pop("PEER_ANSWERS", None)     # of whoever runs this
    tests = bad = 0
    for group in (planted, of_peers, of_comparison, of_vmlinux, of_files, of_table, of_losses,
                  of_differences):
        with tempfile.TemporaryDirectory() as name:
            for what, good, seen in group(World(pathlib.Path(name).resolve())):
                tests += 1
                bad += not good
                print("%s %d - %s" % ("ok" if good else "not ok", tests, what), flush=True)
                if not good:
                    print("\n".join("#   " + line for line in str(seen).splitlines()))
    print("1..%d" % tests)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
