#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""compare.py CAIRN VMCORE ORACLE [-s FILE] [--checks NAME,…]: does cairn agree with the kernel?

ORACLE is what the kernel said of itself before it died: NAME.oracle.json (its console lies beside
it) or a console; VMCORE and ORACLE may be .zst. Prints TAP; exits 0 when everything agrees, 1 when
not, 2 upon wrong use.

What may differ, because the guest went on after the oracle or the kernel's own printing says less
than it knows; each is printed as a comment where it is made use of:
  later      tasks with a pid above the oracle's highest were started after it
  worker     kworkers come and go
  moved-on   a task in state R, init (it runs the scenario) and the kernel's housekeeping threads
             may be in another state or running, and then have other frames; RCU's thread and
             kswapd may sleep elsewhere in their loops
  init       /proc/kallsyms lists a module's freed init functions, which ftrace remembers, as type T
  no-data    where the kernel's symbols are of text alone, none leads to the code made at run time
  trampoline where a return address is a kretprobe's trampoline, the kernel prints the symbol before
             it; the true caller is right if its rule says that it was recovered. Some kernels stop
  noreturn   after a call that does not return, ARM and arm64 print the function that follows
  link       where a leaf function was interrupted, arm64's own unwinder leaves out the caller in lr
  bad-call   where the processor was sent to where no code is, i386's own unwinder leaves out who
             sent it there
  unnamed    for ftrace's trampolines and kprobes' copies of code the kernel prints a bare address,
             which is no frame of the oracle
  damage     of a process whose address space a scenario damages, the areas that this explains
             (victim.py); heap: init and the task that died may have made theirs larger
  gave-up    where only guesses ("?") follow the kernel's reliable frames, ours may go on
"""

import argparse
import bisect
import functools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import typing

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]
sys.dont_write_bytecode = True

import oracle       # noqa: E402
import victim       # noqa: E402

SECONDS = 300           # for one command
SHOWN = 10              # problems that are printed of one test
NAMES_AT_ONCE = 200     # symbols asked for in one command
DONE = (0, 4)           # exit codes: done; done as far as the dump has the pages
FOUND = (0, 1, 4)       # likewise, where 1 says that there are findings
TRAMPOLINES = {"kretprobe_trampoline", "__kretprobe_trampoline", "arch_rethook_trampoline"}
RECOVERED = {"rethook", "kretprobe", "fgraph"}
UNSEEN = {"lr": "link", "bad-call": "bad-call"}     # rules of callers that the kernel leaves out
SURE = "A"              # the grade, as unwind/trace.h has it
UNNAMED = {"__builtin__ftrace", "__builtin__kprobes"}    # modules, as cairn and kallsyms call them
MAPPING = re.compile(r"\$[adtx](\.|$)")      # ARM's mapping symbols: marks in the code, no names
PANIC = re.compile(r"v?panic|nmi_panic")


class Failed(Exception):
    """cairn did not answer; the text says how. `code`: its exit code, if it had one."""

    def __init__(self, text, code=None):
        super().__init__(text)
        self.code = code


class Tap:
    """Test Anything Protocol on standard output."""

    def __init__(self):
        self.count = self.failed = 0

    def test(self, name, problems, notes=()):
        """One test: it fails if there are problems."""
        self.count += 1
        self.failed += bool(problems)
        print("%s %d - %s" % ("not ok" if problems else "ok", self.count, name))
        for note in notes:
            print("# " + note)
        for problem in problems[:SHOWN]:
            print("#   " + problem)
        if len(problems) > SHOWN:
            print("#   … %d more" % (len(problems) - SHOWN))

    def end(self):
        print("1..%d" % self.count, flush=True)
        return 1 if self.failed or not self.count else 0


class Cairn:
    """The program under test on one dump."""

    def __init__(self, program, vmcore, symbol_files):
        self.head = [program, "-j"]
        for file in symbol_files:
            self.head += ["-s", file]
        self.head.append(vmcore)

    @functools.lru_cache
    def ask(self, schema, *command, fine=DONE, also=()):
        """The objects that a command prints; Failed unless all are of that schema, or one of
        `also`, and the exit code is one of `fine`."""
        try:
            done = subprocess.run([*self.head, *command], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Failed(str(error)) from error
        said = done.stderr.decode("utf-8", "replace").strip()
        if done.returncode not in fine:
            raise Failed("%s: exit code %d: %s" % (command[0], done.returncode, said[:300]),
                         done.returncode)
        objects = []
        for line in done.stdout.splitlines():
            try:
                objects.append(json.loads(line))
            except ValueError as error:
                raise Failed("%s: no JSON: %.80r" % (command[0], line)) from error
        if not all(isinstance(item, dict) and item.get("schema") in (schema, *also)
                   for item in objects):
            raise Failed("%s: objects that are not %s" % (command[0], schema))
        return objects


def number(value):
    """An address, a size or a count; None if the dump could not tell."""
    if isinstance(value, str):
        try:
            return int(value, 0)
        except ValueError:
            return None
    return value if isinstance(value, int) else None


def differing(what, fields, expected, found):
    """A problem for each of the fields (name, expected value, found value) that differ."""
    return ["%s: %s is %r, the kernel says %r" % (what, field, found.get(field), expected[field])
            for field in fields if found.get(field) != expected[field]]


# symbols, modules -------------------------------------------------------------------------------

def symbols(cairn, names):
    """What cairn says of these names. A name that it does not know may make it fail (1, 2), and
    then costs only itself."""
    try:
        return cairn.ask("cairn.symbol/1", "sym", *names)
    except Failed as error:
        if error.code not in (1, 2):
            raise
        if len(names) == 1:
            return []
    half = len(names) // 2
    return symbols(cairn, names[:half]) + symbols(cairn, names[half:])


def freed_init(name, kind, module, truth):
    """Whether a line of kallsyms comes from ftrace's memory (struct ftrace_mod_map):
    a module's own symbols are of upper case only if they are exported."""
    return module and kind == "T" and "__ksymtab_" + name not in truth["kallsyms"]


def out_of_reach(module, truth):
    """Whether a line of kallsyms comes from a list that only a symbol of data leads to, and the
    kernel has none (CONFIG_KALLSYMS_ALL)."""
    return module in UNNAMED and not any(
        kind in "bd" and not owner
        for entries in truth["kallsyms"].values() for _, kind, owner in entries)


def check_symbols(cairn, truth, tap):
    wanted = [(name, int(address, 16), kind, module)
              for name, entries in truth["kallsyms"].items() if not MAPPING.match(name)
              for address, kind, module in entries]
    names = list(dict.fromkeys(entry[0] for entry in wanted))
    found = {}
    for at in range(0, len(names), NAMES_AT_ONCE):
        for item in symbols(cairn, names[at:at + NAMES_AT_ONCE]):
            entry = (number(item.get("address")), item.get("type"), item.get("module"))
            found.setdefault(item.get("name"), []).append(entry)
    problems, notes = {"address": [], "type": [], "module": []}, []
    for name, address, kind, module in wanted:
        here = [entry for entry in found.get(name, []) if entry[0] == address]
        if not here and freed_init(name, kind, module, truth):
            notes.append("init: " + name)
            continue
        if not here and out_of_reach(module, truth):
            notes.append("no-data: " + name)
            continue
        if not here:
            others = ["%#x" % entry[0] for entry in found.get(name, []) if entry[0] is not None]
            problems["address"].append("%s: %#x, found %s" % (name, address, others or "nothing"))
            continue
        if all(entry[1] != kind for entry in here):
            problems["type"].append("%s: %s, found %s" % (name, kind, here[0][1]))
        if all(entry[2] != module for entry in here):
            problems["module"].append("%s: %s, found %s" % (name, module, here[0][2]))
    for aspect, list_of in problems.items():
        tap.test("symbols: %s of %d sampled kallsyms lines" % (aspect, len(wanted)), list_of,
                 notes if aspect == "address" else ())


def check_modules(cairn, truth, tap):
    found = {item.get("name"): dict(item, base=number(item.get("base")),
                                    size=number(item.get("size")),
                                    state=str(item.get("state")).lower())
             for item in cairn.ask("cairn.module/1", "mod")}
    problems = ["%s: not loaded according to the kernel" % name
                for name in found if name not in [m["name"] for m in truth["modules"]]]
    for module in truth["modules"]:
        expected = dict(module, base=int(module["base"], 16), state=module["state"].lower())
        if module["name"] not in found:
            problems.append("%s: missing" % module["name"])
        else:
            problems += differing(module["name"], ("base", "size", "state"), expected,
                                  found[module["name"]])
    tap.test("modules: base, size, state of %d" % len(truth["modules"]), problems)


# tasks ------------------------------------------------------------------------------------------

def tasks_of(cairn):
    """cairn's tasks by pid, without the idle ones (they all have pid 0)."""
    return {item["pid"]: item for item in cairn.ask("cairn.task/1", "ps") if item.get("pid")}


def may_move_on(pid, task, truth):
    """Whether the task may have run between the oracle and the end."""
    kernel_thread = task["ppid"] == 2 or pid == 2
    died = truth["panic_trace"] and truth["panic_trace"]["pid"] == pid
    return task["state"] == "R" or pid == 1 or died or \
        kernel_thread and not task["comm"].startswith("scen_")


def check_tasks(cairn, truth, tap):
    found = tasks_of(cairn)
    wanted = {int(pid): task for pid, task in truth["tasks"].items()}
    problems, states, notes = [], [], []
    if not wanted:
        tap.test("tasks: what the kernel listed", ["the oracle has no tasks"])
        return
    for pid in sorted(set(found) - set(wanted)):
        text = "%d (%s)" % (pid, found[pid].get("comm"))
        if pid > max(wanted):
            notes.append("later: " + text)
        else:
            problems.append(text + ": not a task according to the kernel")
    for pid, task in wanted.items():
        if pid not in found:
            text = "%d (%s)" % (pid, task["comm"])
            (notes if task["comm"].startswith("kworker/") else problems).append("gone: " + text)
            continue
        expected = dict(task)
        tgid = truth["status"].get(str(pid), {}).get("Tgid")
        if tgid:
            expected["tgid"] = int(tgid)
        fields = [field for field in ("comm", "ppid", "tgid") if field in expected]
        problems += differing("%d (%s)" % (pid, task["comm"]), fields, expected, found[pid])
        drift = differing("%d (%s)" % (pid, task["comm"]), ("state",), task, found[pid])
        if drift and may_move_on(pid, task, truth):
            notes.append("moved-on: " + drift[0])
        else:
            states += drift
    tap.test("tasks: pid, comm, ppid, tgid of %d" % len(wanted), problems, notes)
    tap.test("tasks: state", states)


# log --------------------------------------------------------------------------------------------

def microseconds(seconds):
    return int(seconds * 1e6 + 0.001)   # the kernel cuts, and a float may fall just below


def unsaid(console, said):
    """The console's lines that do not follow each other in what cairn said."""
    places, lost, at = {}, [], 0
    for index, entry in enumerate(said):
        places.setdefault(entry, []).append(index)
    for entry in console:
        where = places.get(entry, [])
        following = bisect.bisect_left(where, at)
        if following == len(where):
            lost.append(entry)
        else:
            at = where[following] + 1
    return lost


def check_log(cairn, truth, tap):
    records = cairn.ask("cairn.log/1", "log")
    said = [(microseconds(record["time"]), line)
            for record in records for line in record["text"].split("\n")]
    console = [(microseconds(float(stamp)), line) for stamp, line in truth["log"]]
    starts = [0]
    if records and records[0]["seq"] > 0:       # the ring has lost what came before
        starts = [at for at, entry in enumerate(console) if entry == said[0]] or starts
    lost, start = min(((unsaid(console[start:], said), start) for start in starts),
                      key=lambda found: len(found[0]))
    problems = ["not in the log, or out of order: [%.6f] %s" % (time / 1e6, line)
                for time, line in lost]
    if not console:
        problems.append("the console has no line of the kernel")
    notes = ["the ring starts %d lines after the console" % start] if start else []
    tap.test("log: %d console lines, in order" % len(console), problems, notes)
    numbers = [record["seq"] for record in records]
    tap.test("log: sequence numbers of %d records" % len(numbers),
             ["%d follows %d" % (b, a) for a, b in zip(numbers, numbers[1:]) if b != a + 1])


# frames -----------------------------------------------------------------------------------------

def parse_frame(text):
    """{function, offset, size, module} of "func+0x1/0x2 [module]"."""
    found = re.match(r"([^+ ]+)(?:\+0x([0-9a-f]+)/0x([0-9a-f]+))?(?: \[(\w+)\])?$", text)
    function, offset, size, module = found.groups()
    return {"function": function, "offset": offset and int(offset, 16),
            "size": size and int(size, 16), "module": module}


def own_frames(stack):
    """A stack's frames that a kernel would print: no inline ones, nothing of user space."""
    frames = [frame for frame in stack.get("frames") or []
              if not frame.get("inline") and frame.get("module") not in UNNAMED]
    while frames and not frames[-1].get("function"):
        frames.pop()
    return frames


def excuse(expected, found):
    """Why two frames of different names may be the same after all; None if they may not."""
    if found.get("rule") in RECOVERED and found.get("function") and \
            (expected["function"] in TRAMPOLINES or expected["offset"] == expected["size"]):
        return "trampoline"
    if expected["offset"] == 0 and number(found.get("offset")) and \
            number(found["offset"]) == number(found.get("size")):
        return "noreturn"
    return None


def match_frames(expected, found, complete):
    """Compare by function name, innermost first. Returns (problem or None, excuses made use of)."""
    notes = []
    for at, want in enumerate(expected):
        if at == len(found):
            return "ends after %d frames; next is %s" % (at, want["function"]), notes
        if want["function"] == found[at].get("function"):
            continue
        reason = excuse(want, found[at])
        if not reason:
            return "frame %d is %s, the kernel says %s" % (
                at, found[at].get("function"), want["function"]), notes
        notes.append("%s: %s for %s" % (reason, found[at].get("function"), want["function"]))
        if at == len(expected) - 1:
            return None, notes
    if len(found) > len(expected):
        if complete:
            return "goes on after %s with %s" % (
                expected[-1]["function"], found[len(expected)].get("function")), notes
        notes.append("gave-up: the kernel after %s" % expected[-1]["function"])
    return None, notes


def same_frame(expected, found):
    return expected["function"] == found.get("function") or bool(excuse(expected, found))


def common(expected, found):
    """The longest common part of two stacks: pairs of places, innermost first."""
    best = [[0] * (len(found) + 1) for _ in range(len(expected) + 1)]
    for i in reversed(range(len(expected))):
        for j in reversed(range(len(found))):
            best[i][j] = best[i + 1][j + 1] + 1 if same_frame(expected[i], found[j]) else \
                max(best[i + 1][j], best[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(expected) and j < len(found):
        if same_frame(expected[i], found[j]):
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def unmatched(expected, found, complete):
    """(those of the kernel's frames that are not among ours, those of ours that are not among the
    kernel's). What follows where the kernel gave up is not held against us."""
    pairs = common(expected, found)
    theirs, ours = {i for i, _ in pairs}, {j for _, j in pairs}
    end = len(found) if complete else max(ours, default=-1) + 1
    return ([frame for i, frame in enumerate(expected) if i not in theirs],
            [frame for j, frame in enumerate(found[:end]) if j not in ours])


def sleeps_elsewhere(comm, expected, found):
    """Whether RCU's grace-period thread, or kswapd, sleeps at another place of the same loop."""
    ends = [[frame.get("function") for frame in frames[:2] + frames[-3:]]
            for frames in (expected, found)]
    return (re.match(r"(rcu_(preempt|sched)|kswapd\d+)$", comm) and len(found) >= 5 and
            ends[0] == ends[1])


def runs(stack):
    """Whether the task was on a CPU: its innermost frame is where that CPU was stopped."""
    return (stack.get("frames") or [{}])[0].get("rule") == "regs"


class Verdict(typing.NamedTuple):
    """What came of holding one answer against the kernel's. `compared`: whether there was anything
    to hold it against; where not, `notes` say why. Where there is a problem: the kernel's frames
    that are `missing`, and frames that are `wrong`."""
    what: str
    pid: int
    compared: bool
    problem: str
    notes: list
    missing: tuple = ()
    wrong: tuple = ()


def frame_verdict(what, pid, task, state, stack, truth):
    """The verdict on one task's stack (cairn.stack/1; None if there is none). `state`: the one
    that the dump has it in; None if it has no such task."""
    moves = may_move_on(pid, task, truth)
    if state not in (None, task["state"]) and moves:
        return Verdict(what, pid, False, None, ["moved-on: now in state %s" % state])
    expected = [parse_frame(text) for text in task["frames"]]
    if stack is None:
        if state is None and task["comm"].startswith("kworker/"):
            return Verdict(what, pid, False, None, ["worker: gone"])
        return Verdict(what, pid, True, "no stack", [], expected)
    ours = own_frames(stack)
    problem, notes = match_frames(expected, ours, task["complete"])
    if problem and moves and runs(stack):
        return Verdict(what, pid, False, None, ["moved-on: " + problem])
    if problem and sleeps_elsewhere(task["comm"], expected, ours):
        problem, notes = None, ["moved-on: " + problem]
    missing, wrong = unmatched(expected, ours, task["complete"]) if problem else ((), ())
    return Verdict(what, pid, True, problem, notes, missing, wrong)


def frame_verdicts(stacks, tasks, truth):
    """Verdicts on `stacks` (pid -> cairn.stack/1), a task each that slept when the kernel printed
    its stack. `tasks`: pid -> cairn.task/1 of the same dump."""
    for pid, task in sorted((int(pid), task) for pid, task in truth["tasks"].items()):
        if task["state"] in "SDITt" and task["frames"]:
            what = "frames: %d %s (%s)" % (pid, task["comm"], task["state"])
            state = tasks[pid].get("state") if pid in tasks else None
            yield frame_verdict(what, pid, task, state, stacks.get(pid), truth)


def stacks_of(cairn):
    """cairn's stacks by pid, without the idle tasks'."""
    return {item["pid"]: item for item in cairn.ask("cairn.stack/1", "foreach", "bt")
            if item.get("pid")}


def check_frames(cairn, truth, tap):
    for verdict in frame_verdicts(stacks_of(cairn), tasks_of(cairn), truth):
        tap.test(verdict.what, [verdict.problem] if verdict.problem else [], verdict.notes)


# panic ------------------------------------------------------------------------------------------

def dying_frames(trace):
    """The kernel's own trace from the caller of panic() or the fault on."""
    panics = [at for at, frame in enumerate(trace["frames"]) if PANIC.match(frame["function"])]
    return trace["frames"][panics[-1] + 1:] if panics else trace["frames"]


def without_link(trace, expected, found):
    """Our frames without the caller that the kernel's trace leaves out after a fault in a leaf."""
    if len(found) > 1 and expected[0].get("regs") and found[1].get("function") == trace["lr"] and \
            len(expected) > 1 and expected[1]["function"] != trace["lr"]:
        return found[:1] + found[2:], ["link: %s" % trace["lr"]]
    return found, []


def locate(trace, expected, found):
    """Where in our frames the kernel's trace lies: (problem or None, notes, our frames of it)."""
    starts = [at for at, frame in enumerate(found)
              if frame.get("function") == expected[0]["function"] or excuse(expected[0], frame)]
    best = "no frame %s" % expected[0]["function"], [], []
    for start in reversed(starts):
        ours, notes = without_link(trace, expected, found[start:])
        problem, more = match_frames(expected, ours, trace["complete"])
        if problem and any(frame.get("rule") in UNSEEN for frame in ours):
            notes += ["%s: %s" % (UNSEEN[frame["rule"]], frame["function"]) for frame in ours
                      if frame.get("rule") in UNSEEN]
            ours = [frame for frame in ours if frame.get("rule") not in UNSEEN]
            problem, more = match_frames(expected, ours, trace["complete"])
        if not problem:
            return None, notes + more, ours
        best = problem, notes + more, ours
    return best


def panic_verdict(stack, truth):
    """The verdict on the stack of the CPU that died (cairn.stack/1 or None), from the caller of
    panic() on, and our frames of that. The oracle must have a panic's trace."""
    trace = truth["panic_trace"]
    expected = dying_frames(trace)
    problem, notes, ours = locate(trace, expected, own_frames(stack or {}))
    missing, wrong = unmatched(expected, ours, trace["complete"]) if problem else ((), ())
    what = "panic: %d frames from %s on" % (len(expected),
                                            expected[0]["function"] if expected else "nowhere")
    return Verdict(what, trace["pid"], True, problem, notes, missing, wrong), ours


def untraced_panic(stacks):
    """Problems with the stacks of the CPUs (cairn.stack/1) after a panic whose trace the kernel did
    not print: panic() leaves it out when an oops was in progress, which mce_panic() pretends."""
    dying = [item.get("cpu") for item in stacks
             if any(PANIC.fullmatch(frame.get("function") or "") for frame in own_frames(item))]
    return [] if len(dying) == 1 else ["panic() is on the CPUs %s" % dying]


def check_panic(cairn, truth, tap):
    trace = truth["panic_trace"]
    if not trace and truth["panic"]:
        tap.test("panic: the kernel printed no trace, one CPU is in it",
                 untraced_panic(cairn.ask("cairn.stack/1", "bt", "-a")))
        return
    if not trace:
        tap.test("panic: trace", ["the oracle has none"])
        return
    who = "cpu %d, pid %d (%s)" % (trace["cpu"], trace["pid"], trace["comm"])
    stacks = [item for item in cairn.ask("cairn.stack/1", "bt", "-a")
              if item.get("cpu") == trace["cpu"]]
    right = [item for item in stacks if item.get("pid") == trace["pid"] and
             item.get("comm") == trace["comm"]]
    tap.test("panic: " + who, [] if right else [
        "cpu %d has %s" % (trace["cpu"], [(i.get("pid"), i.get("comm")) for i in stacks])])
    if not dying_frames(trace):
        tap.test("panic: the kernel is sure of no frame, nor are we that there are no more",
                 ["the trace is complete"] if right and right[0]["complete"] else [])
        return
    verdict, ours = panic_verdict(right[0] if right else None, truth)
    tap.test(verdict.what, [verdict.problem] if verdict.problem else [], verdict.notes)
    wrong = ["%s is on %s, the kernel says %s" % (want["function"], got.get("stack"), want["stack"])
             for want, got in zip(dying_frames(trace), ours)
             if want["stack"] not in (None, got.get("stack"))]
    tap.test("panic: stacks", ["not compared: the frames differ"] if verdict.problem else wrong)


# grades -----------------------------------------------------------------------------------------

def panic_stack(cairn, truth):
    """Our stack of the task that died on the CPU where it did; None if there is none."""
    trace = truth["panic_trace"]
    return next((item for item in cairn.ask("cairn.stack/1", "bt", "-a")
                 if (item.get("cpu"), item.get("pid")) == (trace["cpu"], trace["pid"])), None)


def check_grades(cairn, truth, tap):
    """What is graded A is promised: none of these frames may be one that the kernel has not, in any
    stack, whatever else is wrong with it."""
    verdicts = [verdict for verdict in frame_verdicts(stacks_of(cairn), tasks_of(cairn), truth)
                if verdict.compared]
    if truth["panic_trace"] and dying_frames(truth["panic_trace"]):
        verdicts.append(panic_verdict(panic_stack(cairn, truth), truth)[0])
    wrong = ["%s: %s" % (verdict.what, frame.get("function")) for verdict in verdicts
             for frame in verdict.wrong if frame.get("grade") == SURE]
    tap.test("grades: no frame that is graded %s is wrong, of %d stacks" % (SURE, len(verdicts)),
             wrong if verdicts else ["no stack could be compared"])


# maps -------------------------------------------------------------------------------------------

VICTIM = "zoo-victim"   # whose memory is damaged after its maps were printed


def map_line(vma):
    offset = number(vma.get("offset")) or 0
    return "%x-%x %s %x %s %s %s" % (number(vma.get("start")) or 0, number(vma.get("end")) or 0,
                                     vma.get("perms"), offset, vma.get("device"),
                                     vma.get("inode"), vma.get("file") or "")


def kernel_map(line):
    """A line of /proc/PID/maps as map_line() spells it."""
    addresses, perms, offset, device, inode, *file = line.split(" ", 5)
    addresses = "-".join("%x" % int(address, 16) for address in addresses.split("-"))
    return "%s %s %x %s %s %s" % (addresses, perms, int(offset, 16), device, inode,
                                  "".join(file).strip())


class MapVerdict(typing.NamedTuple):
    """One process's VMAs: how many the kernel has, those found of them, what differs, and what may."""
    what: str
    expected: int
    right: int
    problems: list
    notes: list


def map_verdict(what, expected, found, excuse, allowed):
    """The verdict on one process. `allowed`: lines that may differ, for the reason `excuse`."""
    missing = [line for line in expected if line not in found]
    stray = [line for line in found if line not in expected]
    order = [line for line in expected if line in found] != [line for line in found if line in expected]
    return MapVerdict(what, len(expected), len(expected) - len(missing),
                      ["missing: " + line for line in missing if line not in allowed] +
                      ["not the kernel's: " + line for line in stray if line not in allowed] +
                      ["the order"] * order,
                      ["%s: %s" % (excuse, line) for line in missing + stray
                       if line in allowed][:SHOWN])


def map_verdicts(cairn, truth):
    """A verdict for each process whose maps the kernel printed."""
    for pid, text in truth["maps"].items():
        task = truth["tasks"].get(pid)
        if not task:
            continue
        expected = [kernel_map(line) for line in text]
        damaged = bool(truth.get("faults")) and task["comm"] == VICTIM
        # a damaged tree costs areas, and is named
        also = ("cairn.error/1",) if damaged else ()
        found = [map_line(vma) for vma in cairn.ask("cairn.vma/1", "vm", pid, also=also)
                 if vma["schema"] == "cairn.vma/1"]
        excuse, allowed = "", set()
        if damaged:
            excuse, allowed = "damage", victim.explained(truth["faults"], expected, found)
        elif pid == "1" or int(pid) == (truth["panic_trace"] or {}).get("pid"):
            excuse, allowed = "heap", victim.moved_on(expected, found)
        yield map_verdict("maps: %s %s, %d" % (pid, task["comm"], len(expected)), expected, found,
                          excuse, allowed)


def check_maps(cairn, truth, tap):
    for verdict in map_verdicts(cairn, truth):
        tap.test(verdict.what, verdict.problems, verdict.notes)


CHECKS = {"symbols": check_symbols, "modules": check_modules, "tasks": check_tasks,
          "log": check_log, "frames": check_frames, "panic": check_panic,
          "grades": check_grades, "maps": check_maps}
USUAL = "symbols,modules,tasks,log,frames,panic,grades,maps"


def load(path):
    """The oracle of a console or of NAME.oracle.json, with its kernel log as `log`."""
    path = pathlib.Path(path)
    text = oracle.read_text(path)
    if not text.lstrip().startswith("{"):
        return dict(oracle.parse(text), log=oracle.log(text))
    truth = json.loads(text)
    stem = path.name.split(".oracle.json")[0]
    console = next((path.parent / (stem + end) for end in (".console", ".console.zst")
                    if (path.parent / (stem + end)).exists()), None)
    if not console:
        raise FileNotFoundError("%s: its console does not lie beside it" % path)
    return dict(truth, log=oracle.log(oracle.read_text(console)))


def plain_file(path, folder):
    """The path of a dump, unpacked into the folder if it is a .zst."""
    if not path.endswith(".zst"):
        return path
    plain = os.path.join(folder, os.path.basename(path)[:-len(".zst")])
    subprocess.run(["zstd", "-dqf", "--long=27", path, "-o", plain], check=True)
    return plain


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cairn")
    parser.add_argument("vmcore")
    parser.add_argument("oracle")
    parser.add_argument("-s", dest="symbols", action="append", default=[], metavar="FILE")
    parser.add_argument("--checks", default=USUAL, help="of " + ",".join(CHECKS))
    args = parser.parse_args(argv)
    checks = args.checks.split(",")
    if not set(checks) <= set(CHECKS):
        parser.error("--checks: any of " + ",".join(CHECKS))
    tap = Tap()
    try:
        truth = load(args.oracle)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        tap.test("the oracle can be read", ["%s: %s" % (type(error).__name__, error)])
        return tap.end()
    with tempfile.TemporaryDirectory() as folder:
        cairn = Cairn(args.cairn, plain_file(args.vmcore, folder), args.symbols)
        for check in checks:
            try:
                CHECKS[check](cairn, truth, tap)
            except (Failed, KeyError, TypeError, AttributeError) as error:
                tap.test("%s: cairn answers" % check, ["%s: %s" % (type(error).__name__, error)])
    return tap.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
