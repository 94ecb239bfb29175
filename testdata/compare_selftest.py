#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""compare_selftest.py: does compare.py believe a cairn that is right, and catch one that is not?

The cairn here is a small script that answers from a file, and the answers are made of the oracle
itself: once as they are, then with one mistake at a time. Each mistake must fail the test that it
is about and no other. Prints TAP.
"""

import contextlib
import copy
import io
import json
import pathlib
import re
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]
sys.dont_write_bytecode = True

import captures     # noqa: E402
import compare      # noqa: E402

FAKE = """#!%s -IS
import json, sys
assert sys.argv[1] == "-j" and sys.argv[2] == "-s" and sys.argv[4] == "VMCORE", sys.argv
command = sys.argv[5:]
answers = json.load(open(%r))
key = "sym" if command[0] == "sym" else " ".join(command)
known = {item["name"] for item in answers["sym"]}
if key == "sym" and answers["picky"] and not set(command[1:]) <= known:
    sys.exit(2)
for item in answers[key]:
    if key != "sym" or item["name"] in command[1:]:
        print(json.dumps(item))
sys.exit(answers["exit"])
"""


def frame_answer(number, want, stack="task"):
    return {"n": number, "function": want["function"], "offset": hex(want["offset"] or 0),
            "pc": "0xffffffff81000000", "sp": None, "stack": want.get("stack") or stack, "cpu": 0,
            "rule": "orc", "grade": "A", "module": want["module"], "inline": False,
            "file": None, "line": None}


def stack_answer(pid, comm, frames, cpu=0):
    return {"schema": "cairn.stack/1", "pid": pid, "comm": comm, "cpu": cpu, "task": "0xff00",
            "complete": True, "end": "user registers",
            "frames": [frame_answer(n, frame) for n, frame in enumerate(frames)]}


def vma_answer(pid, line):
    found = re.match(r"(\w+)-(\w+) (\S+) (\w+) (\S+) (\d+) ?(.*)", line)
    return {"schema": "cairn.vma/1", "pid": pid, "start": "0x" + found[1], "end": "0x" + found[2],
            "perms": found[3], "offset": "0x" + found[4], "device": found[5],
            "inode": int(found[6]), "file": found[7] or None, "vma": "0xff00"}


def right_answers(truth):
    """What a cairn would print that agrees with the oracle."""
    out = {"exit": 0, "picky": False, "sym": [], "mod": [], "ps": [], "log": [], "foreach bt": []}
    for name, entries in truth["kallsyms"].items():
        out["sym"] += [{"schema": "cairn.symbol/1", "name": name, "address": "0x" + address,
                        "type": kind, "module": module, "size": None}
                       for address, kind, module in entries]
    out["mod"] = [dict(module, schema="cairn.module/1") for module in truth["modules"]]
    for pid, task in truth["tasks"].items():
        tgid = int(truth["status"].get(pid, {}).get("Tgid", pid))
        out["ps"].append({"schema": "cairn.task/1", "pid": int(pid), "tgid": tgid,
                          "ppid": task["ppid"], "comm": task["comm"], "state": task["state"],
                          "kernel_thread": task["ppid"] == 2, "cpu": 0, "task": "0xff00",
                          "on_cpu": False})
        frames = [compare.parse_frame(text) for text in task["frames"]]
        out["foreach bt"].append(stack_answer(int(pid), task["comm"], frames))
    for at, (stamp, text) in enumerate(truth["log"]):
        out["log"].append({"schema": "cairn.log/1", "seq": at, "time": float(stamp), "level": 6,
                           "caller": None, "text": text})
    trace = truth["panic_trace"]
    above = [{"function": name, "offset": 1, "module": None, "stack": "irq"}
             for name in ("delay_tsc", "panic", "oops_end")]
    dying = stack_answer(trace["pid"], trace["comm"], above + trace["frames"], trace["cpu"])
    out["bt -a"] = [stack_answer(0, "swapper/1", [], 1), dying]
    out["ps"].append(dict(out["ps"][-1], pid=trace["pid"], comm=trace["comm"]))
    for pid, text in truth["maps"].items():
        out["vm " + pid] = [vma_answer(int(pid), line) for line in text]
    return out


def of(answers, command, **fields):
    """The first answer of a command with these fields."""
    return next(item for item in answers[command]
                if all(item.get(key) == value for key, value in fields.items()))


def blocked(answers):
    """A stack of a process that sleeps: the first of the helpers'."""
    return next(item for item in answers["foreach bt"] if item["comm"] == "zoo-pipe")


def asleep_in_rcu(answers):
    return of(answers, "foreach bt", comm="rcu_preempt")["frames"]


def keep_stale(answers, grade):
    """A frame in a stack that sleeps, and one in the stack of the death, that the kernel has not."""
    for frames, at in (blocked(answers)["frames"], 2), (answers["bt -a"][1]["frames"], 5):
        frames.insert(at, dict(stray(frames[at], "kmem_cache_free"), grade=grade))


def vmas(answers):
    return answers["vm %d" % of(answers, "ps", comm="zoo-vmas")["pid"]]


def swap(items, at):
    items[at], items[at + 1] = items[at + 1], items[at]


def stray(frame, name):
    return dict(frame, function=name)


# The mistake, the test it must fail (all of the name), and what makes it of right answers.
MISTAKES = [
    ("a symbol 8 bytes off", r"symbols: address.*",
     lambda a: of(a, "sym", name="init_task").update(address="0xffffffff81000008")),
    ("a symbol missing", r"symbols: address.*",
     lambda a: a["sym"].remove(of(a, "sym", name="scen_write"))),
    ("a symbol's type in the wrong case", r"symbols: type.*",
     lambda a: of(a, "sym", name="scen_write").update(type="T")),
    ("a module's symbol ascribed to the kernel", r"symbols: module.*",
     lambda a: of(a, "sym", name="scen_write").update(module=None)),
    ("a symbol missing, and all with it that were asked for at once", r"symbols: address.*",
     lambda a: a["sym"].remove(of(a, "sym", name="scen_write")) or a.update(picky=True)),
    ("a module's base a page off", r"modules: .*",
     lambda a: a["mod"][0].update(base=hex(int(a["mod"][0]["base"], 16) + 4096))),
    ("a module's size", r"modules: .*", lambda a: a["mod"][0].update(size=4096)),
    ("a module that is not there", r"modules: .*",
     lambda a: a["mod"].append(dict(a["mod"][0], name="ghost"))),
    ("a module missing", r"modules: .*", lambda a: a["mod"].pop()),
    ("a task missing", r"tasks: pid.*",
     lambda a: a["ps"].remove(of(a, "ps", comm="zoo-pipe"))),
    ("a thread missing", r"tasks: pid.*",
     lambda a: a["ps"].remove(of(a, "ps", comm="thr-futex"))),
    ("a task that is not there", r"tasks: pid.*",
     lambda a: a["ps"].append(dict(of(a, "ps", comm="zoo-pipe"), pid=24))),
    ("a name cut short", r"tasks: pid.*",
     lambda a: of(a, "ps", comm="zoo-pipefull").update(comm="zoo-pipeful")),
    ("a parent confused with its thread group", r"tasks: pid.*",
     lambda a: of(a, "ps", comm="zoo-child").update(ppid=1)),
    ("a thread taken for a process", r"tasks: pid.*",
     lambda a: of(a, "ps", comm="thr-futex").update(tgid=of(a, "ps", comm="thr-futex")["pid"])),
    ("uninterruptible sleep taken for interruptible", r"tasks: state|frames: \d+ zoo-dstate .*",
     lambda a: of(a, "ps", comm="zoo-dstate").update(state="S")),
    ("a zombie taken for dead", r"tasks: state",
     lambda a: of(a, "ps", comm="zoo-dead").update(state="X")),
    ("a log line changed", r"log: .* in order", lambda a: a["log"][900].update(text="changed")),
    ("a log line lost", r"log: .*", lambda a: a["log"].pop(900)),
    ("two log lines swapped", r"log: .* in order", lambda a: swap_text(a["log"], 900)),
    ("a time stamp 1 us off", r"log: .* in order",
     lambda a: a["log"][900].update(time=a["log"][900]["time"] + 1e-6)),
    ("the log's end lost", r"log: .* in order", lambda a: a["log"].pop()),
    ("the log empty", r"log: .* in order", lambda a: a["log"].clear()),
    ("a frame lost in the middle", r"frames: \d+ zoo-pipe .*",
     lambda a: blocked(a)["frames"].pop(3)),
    ("the last frame lost", r"frames: \d+ zoo-pipe .*", lambda a: blocked(a)["frames"].pop()),
    ("a stale frame kept", r"frames: \d+ zoo-pipe .*",
     lambda a: blocked(a)["frames"].insert(2, stray(blocked(a)["frames"][2], "kmem_cache_free"))),
    ("a frame after the end", r"frames: \d+ zoo-pipe .*",
     lambda a: blocked(a)["frames"].append(stray(blocked(a)["frames"][0], "ret_from_fork"))),
    ("a stale frame that is graded A", r"grades: .*", lambda a: keep_stale(a, "A")),
    ("one in the stack of the death alone", r"grades: .*",
     lambda a: a["bt -a"][1]["frames"].insert(5, stray(a["bt -a"][1]["frames"][5], "kfree"))),
    ("two frames swapped", r"frames: \d+ zoo-pipe .*",
     lambda a: swap(blocked(a)["frames"], 2)),
    ("a twin's name", r"frames: \d+ zoo-pipe .*",
     lambda a: blocked(a)["frames"][1].update(function="schedule_twin")),
    ("a guess in a recovered frame's place", r"frames: \d+ zoo-kretwait .*",
     lambda a: [f.update(function="scen_guess") for f in
                of(a, "foreach bt", comm="zoo-kretwait")["frames"] if f["function"] == TRAMPOLINE]),
    ("a stray frame of another kernel thread", r"frames: \d+ kthreadd .*",
     lambda a: of(a, "foreach bt", comm="kthreadd")["frames"].insert(
         2, stray(blocked(a)["frames"][2], "swait_event"))),
    ("the last frame of RCU's thread lost", r"frames: \d+ rcu_preempt .*",
     lambda a: asleep_in_rcu(a).pop()),
    ("a stack missing", r"frames: \d+ zoo-pipe .*",
     lambda a: a["foreach bt"].remove(blocked(a))),
    ("a stack without frames", r"frames: \d+ zoo-pipe .*",
     lambda a: blocked(a).update(frames=[])),
    ("the wrong task on the panicking CPU", r"panic: .*",
     lambda a: a["bt -a"][1].update(pid=1, comm="init")),
    ("a frame of the panic lost at a stack switch", r"panic: .*",
     lambda a: a["bt -a"][1]["frames"].pop(switch(a["bt -a"][1]["frames"]))),
    ("the panic's last frame lost", r"panic: .*", lambda a: a["bt -a"][1]["frames"].pop()),
    ("the fault's own frame lost", r"panic: .*", lambda a: a["bt -a"][1]["frames"].pop(3)),
    ("a task frame said to lie on the IRQ stack", r"panic: stacks",
     lambda a: a["bt -a"][1]["frames"][switch(a["bt -a"][1]["frames"])].update(stack="irq")),
    ("a VMA missing", r"maps: \d+ zoo-vmas, .*", lambda a: vmas(a).pop(200)),
    ("a VMA that is not there", r"maps: \d+ zoo-vmas, .*",
     lambda a: vmas(a).insert(200, dict(vmas(a)[200], start="0x1000", end="0x2000"))),
    ("a VMA's permissions", r"maps: \d+ zoo-vmas, .*",
     lambda a: vmas(a)[200].update(perms="rwxp")),
    ("a VMA of init missing", r"maps: 1 .*", lambda a: a["vm 1"].pop()),
    ("a VMA's file", r"maps: \d+ zoo-vmas, .*", lambda a: vmas(a)[0].update(file="/zo")),
    ("another schema", r"modules: cairn answers",
     lambda a: a["mod"][0].update(schema="cairn.module/2")),
    ("a field missing", r"log: cairn answers", lambda a: a["log"][5].pop("text")),
    ("exit code 3", r".*: cairn answers", lambda a: a.update(exit=3)),
]

# What the kernel allows for: no test may fail.
ALLOWED = [
    ("answers as they should be", lambda a: None),
    ("exit code 4: a filtered dump", lambda a: a.update(exit=4)),
    ("a task started after the oracle",
     lambda a: a["ps"].append(dict(of(a, "ps", comm="zoo-pipe"), pid=4000))),
    ("a module's init function that only ftrace knows",
     lambda a: a["sym"].remove(of(a, "sym", name="scen_init"))),
    ("RCU's thread asleep elsewhere in its loop",
     lambda a: asleep_in_rcu(a).insert(2, stray(asleep_in_rcu(a)[1], "swait_event"))),
    ("a kworker gone", lambda a: gone(a, "kworker/")),
    ("a housekeeping thread woken up",
     lambda a: of(a, "ps", comm="kthreadd").update(state="R") or
     of(a, "foreach bt", comm="kthreadd").update(frames=[])),
    ("a caller recovered behind a trampoline",
     lambda a: [f.update(function="scen_stand_kretwait", rule="rethook") for f in
                of(a, "foreach bt", comm="zoo-kretwait")["frames"] if f["function"] == TRAMPOLINE]),
    ("inline frames", lambda a: blocked(a)["frames"].insert(
        1, dict(blocked(a)["frames"][0], function="inlined", inline=True))),
    ("the user's frame last", lambda a: blocked(a)["frames"].append(
        dict(blocked(a)["frames"][0], function=None))),
    ("a record of two lines", lambda a: join_records(a["log"])),
    ("a ring that has lost its first records", lambda a: a["log"].__delitem__(slice(0, 40))),
    ("a time in nanoseconds", lambda a: a["log"][900].update(time=a["log"][900]["time"] + 4e-7)),
]


def kernel_frames(*texts):
    return [compare.parse_frame(text) for text in texts]


def our_frames(*names, **fields):
    return [dict(function=name, offset="0x8", rule="orc", **fields) for name in names]


def agree(expected, found, complete=True):
    return compare.match_frames(kernel_frames(*expected), found, complete)[0] is None


def linked(*names):
    """Our frames after a fault in leaf(), whose caller is only in the link register."""
    faulted = dict(compare.parse_frame("leaf+0x8/0xc"), regs=True)
    return compare.without_link({"lr": "outer"}, [faulted, *kernel_frames("timer+0x1/0x2")],
                                our_frames(*names))[0]


# The second one's call does not return: its return address is the function's end.
AFTER_NORETURN = our_frames("panic") + our_frames("crash", size="0x8") + our_frames("end")

HEAP = "10000-20000 rw-p 0 00:00 0 [heap]"
FILE = "30000-31000 r--p 0 00:02 12 /zoo"
LOST, NEXT = "40000-41000 ---p 0 00:00 0 ", "41000-42000 r--p 0 00:00 0 "
MAPS = [HEAP, FILE, LOST, NEXT]


def differ(kind, found, **fields):
    """Problems with a victim's maps after such a damage."""
    fault = dict(kind=kind, node_min="0x38000", node_max="0x40fff", **fields)
    allowed = compare.victim.explained([fault], MAPS, found)
    return compare.map_verdict("maps", MAPS, found, "damage", allowed).problems


def mapped(count, pages=3, at=0x100000):
    return ["%x-%x rw-p 0 00:00 0 " % (start, start + pages * 0x1000)
            for start in range(at, at + count * 0x10000, 0x10000)]


# What only other machines' kernels print, and what damage explains: each allowance, and its limit.
RULES = [
    ("damage: nothing else is allowed for", not differ("mm-totalvm", MAPS) and
     differ("mm-totalvm", MAPS[:3]) and differ("mm-mapcount", MAPS + mapped(1))),
    ("damage: the heap of who died in brk() has grown",
     not differ("maple-parent", ["10000-90000 rw-p 0 00:00 0 [heap]", *MAPS[1:]]) and
     differ("maple-parent", ["10000-18000 rw-p 0 00:00 0 [heap]", *MAPS[1:]]) and
     differ("maple-parent", MAPS[1:])),
    ("damage: a wrong gap is given out, in no place that was taken",
     not differ("maple-gap", MAPS + mapped(40)) and differ("maple-gap", MAPS + mapped(41)) and
     differ("maple-gap", MAPS + mapped(1, 2)) and differ("maple-gap", MAPS + mapped(1, 3, 0x41000)) and
     differ("maple-gap", MAPS[1:] + mapped(1))),
    ("damage: one area of the node is lost", not differ("mm-xazero", [HEAP, FILE, NEXT]) and
     differ("mm-xazero", MAPS[:3]) and differ("mm-xazero", [HEAP, FILE])),
    ("damage: those at a pivot are lost",
     not differ("maple-pivot", MAPS[:2] + mapped(2), old="0x40fff") and
     differ("maple-pivot", [HEAP, NEXT], old="0x40fff")),
    ("damage: who ends has let go of all", not differ("maple-slot", []) and
     not differ("maple-slot", [HEAP, FILE, NEXT]) and differ("maple-slot", MAPS[2:])),
    ("damage: the end that was written",
     not differ("mm-vmaend", [HEAP, "30000-32000 r--p 0 00:02 12 /zoo", *MAPS[2:]], old="0x31000",
                new="0x32000") and
     differ("mm-vmaend", [HEAP, "30000-33000 r--p 0 00:02 12 /zoo", *MAPS[2:]], old="0x31000",
            new="0x32000")),
    ("heap: of init, and of who died", compare.victim.moved_on(MAPS, MAPS[1:]) == set() and
     len(compare.victim.moved_on(MAPS, ["10000-28000 rw-p 0 00:00 0 [heap]", *MAPS[1:]])) == 2),
    ("maps: their order", compare.map_verdict("maps", MAPS, [FILE, HEAP, LOST, NEXT], "", set())
     .problems == ["the order"]),
    ("panic: one without a trace is on one CPU",
     not compare.untraced_panic([{"frames": [{"function": "panic"}, {"function": "end"}]},
                                 {"frames": [{"function": None}, {"function": "end"}]}])),
    ("panic: one without a trace is not on none", compare.untraced_panic([{"frames": []}])),
    ("panic: one without a trace is not on two",
     compare.untraced_panic(2 * [{"frames": [{"function": "panic"}]}])),
    ("noreturn: the next function's name at offset 0",
     agree(["panic+0x1/0x2", "next+0x0/0x90", "end+0x1/0x2"], AFTER_NORETURN)),
    ("noreturn: not before the function's end",
     not agree(["panic+0x1/0x2", "next+0x0/0x90", "end+0x1/0x2"],
               our_frames("panic", "crash", "end", size="0xc"))),
    ("noreturn: not at another offset",
     not agree(["panic+0x1/0x2", "next+0x4/0x90", "end+0x1/0x2"], AFTER_NORETURN)),
    ("noreturn: ARM's trace stops there, ours goes on",
     agree(["panic+0x1/0x2", "next+0x0/0x90"], AFTER_NORETURN)),
    ("trampoline: the kernel stops there, ours goes on",
     agree(["a+0x1/0x2", "before+0x40/0x40"],
           our_frames("a") + our_frames("true") + our_frames("end"), False) is False and
     agree(["a+0x1/0x2", "before+0x40/0x40"],
           our_frames("a") + [dict(function="true", offset="0x8", rule="rethook")] +
           our_frames("end"), False)),
    ("unnamed: a copy of code is left out",
     compare.own_frames({"frames": our_frames("a", module=None) + our_frames(
         "ftrace_trampoline", module="__builtin__ftrace") + our_frames(
             "kprobe_insn_page", module="__builtin__kprobes")}) == our_frames("a", module=None)),
    ("unnamed: a BPF program is not", len(compare.own_frames(
        {"frames": our_frames("bpf_prog", module="bpf")})) == 1),
    ("gave-up: frames may follow", agree(["a+0x1/0x2"], our_frames("a", "b"), False)),
    ("gave-up: not where the kernel's trace is complete",
     not agree(["a+0x1/0x2"], our_frames("a", "b"))),
    ("gave-up: its own frames must be right",
     not agree(["a+0x1/0x2", "c+0x1/0x2"], our_frames("a", "b", "c"), False)),
    ("link: the caller in lr is left out",
     linked("leaf", "outer", "timer") == our_frames("leaf", "timer")),
    ("link: no other frame is",
     linked("leaf", "stray", "timer") == our_frames("leaf", "stray", "timer")),
    ("link: nor further out, where our rule says so",
     compare.locate({"lr": None, "complete": True}, kernel_frames("die+0x1/0x2", "leaf+0x1/0x2",
                                                                  "timer+0x1/0x2"),
                    our_frames("die", "leaf") + [dict(our_frames("outer")[0], rule="lr")] +
                    our_frames("timer"))[0] is None),
    ("bad-call: who called data is left out",
     compare.locate({"lr": None, "complete": True}, kernel_frames("die+0x1/0x2", "leaf+0x1/0x2",
                                                                  "timer+0x1/0x2"),
                    our_frames("die", "leaf") + [dict(our_frames("outer")[0], rule="bad-call")] +
                    our_frames("timer"))[0] is None),
    ("link: not where another rule led there",
     compare.locate({"lr": None, "complete": True}, kernel_frames("die+0x1/0x2", "leaf+0x1/0x2",
                                                                  "timer+0x1/0x2"),
                    our_frames("die", "leaf", "outer", "timer"))[0] is not None),
    ("panic: the trace begins below panic()",
     [f["function"] for f in compare.dying_frames({"frames": kernel_frames(
         "dump_stack+0x1/0x2", "vpanic+0x1/0x2", "panic+0x1/0x2", "crash+0x1/0x2")})] == ["crash"]),
]

def differ(expected, found, complete=True):
    """Names of the frames (missing, wrong)."""
    return tuple([frame["function"] for frame in frames] for frames in
                 compare.unmatched(kernel_frames(*expected), our_frames(*found), complete))


KERNELS_OWN = ["a+0x1/0x2", "b+0x1/0x2", "c+0x1/0x2"]
RULES += [
    ("frames: none differs", differ(KERNELS_OWN, "abc") == ([], [])),
    ("frames: one missing costs only itself", differ(KERNELS_OWN, "ac") == (["b"], [])),
    ("frames: one too many costs only itself", differ(KERNELS_OWN, "axbc") == ([], ["x"])),
    ("frames: another one is both", differ(KERNELS_OWN, "axc") == (["b"], ["x"])),
    ("frames: nothing", differ(KERNELS_OWN, "") == (["a", "b", "c"], [])),
    ("frames: those behind the end are wrong", differ(KERNELS_OWN, "abcd") == ([], ["d"])),
    ("frames: not where the kernel gave up",
     differ(KERNELS_OWN, "axbcd", False) == ([], ["x"])),
]

TRAMPOLINE = None       # what the oracle's kernel prints for it; set by main()


def swap_text(log, at):
    at = next(n for n in range(at, len(log)) if log[n]["text"] != log[n + 1]["text"])
    log[at]["text"], log[at + 1]["text"] = log[at + 1]["text"], log[at]["text"]
    log[at]["time"], log[at + 1]["time"] = log[at + 1]["time"], log[at]["time"]


def switch(frames):
    """Where the last stack begins."""
    return next(at for at in range(4, len(frames))
                if frames[at]["stack"] != frames[at - 1]["stack"])


def gone(answers, comm):
    pid = next(item["pid"] for item in answers["ps"] if item["comm"].startswith(comm))
    for command in ("ps", "foreach bt"):
        answers[command] = [item for item in answers[command] if item["pid"] != pid]


def join_records(log):
    at = next(n for n in range(len(log)) if log[n]["time"] == log[n + 1]["time"])
    log[at]["text"] += "\n" + log.pop(at + 1)["text"]
    for number, record in enumerate(log):
        record["seq"] = number


def outcome(folder, oracle, answers, checks=compare.USUAL):
    """(exit code, names of the failed tests, number of tests, whole output) of compare.py."""
    (folder / "answers.json").write_text(json.dumps(answers))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = compare.main([str(folder / "cairn"), "VMCORE", str(oracle), "-s", "FILE",
                             "--checks", checks])
    failed = re.findall(r"^not ok \d+ - (.*)", printed.getvalue(), re.M)
    passed = len(re.findall(r"^ok ", printed.getvalue(), re.M))
    return code, failed, passed, printed.getvalue()


def poor_oracles(folder, truth):
    """(what, the oracle's path, the failing tests) where it does not say enough: a failed test."""
    (folder / "o.console").write_text("[    0.000000] Linux version\n")
    for name, text in (("o", json.dumps(dict(truth, tasks={}))), ("lone", json.dumps(truth)), ("cut", "{")):
        (folder / (name + ".oracle.json")).write_text(text)
    yield "no tasks", folder / "o.oracle.json", r"tasks: what the kernel listed"
    yield "no console beside it", folder / "lone.oracle.json", r"the oracle can be read"
    yield "no JSON", folder / "cut.oracle.json", r"the oracle can be read"
    yield "no file", folder / "none", r"the oracle can be read"


def main():
    global TRAMPOLINE
    oracle = HERE / "captures" / (captures.DEMO + ".oracle.json.zst")
    truth = compare.load(oracle)
    kretwait = next(t for t in truth["tasks"].values() if t["comm"] == "zoo-kretwait")
    TRAMPOLINE = next(f["function"] for f in map(compare.parse_frame, kretwait["frames"])
                      if f["offset"] == f["size"])
    right = right_answers(truth)
    count = bad = 0

    def report(ok, name, output):
        nonlocal count, bad
        count += 1
        bad += not ok
        print("%s %d - %s" % ("ok" if ok else "not ok", count, name), flush=True)
        if not ok:
            print("\n".join("#   " + line for line in output.splitlines()
                            if not line.startswith("ok")))

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "cairn").write_text(FAKE % (sys.executable, str(folder / "answers.json")))
        (folder / "cairn").chmod(0o755)
        for what, change in ALLOWED:
            answers = copy.deepcopy(right)
            change(answers)
            code, failed, passed, output = outcome(folder, oracle, answers)
            report(code == 0 and not failed and passed > 50, "allowed: " + what, output)
        for what, holds in RULES:
            report(holds, "rule: " + what, "")
        code, failed, passed, output = outcome(folder, oracle, right, "maps")
        report(code == 0 and not failed and passed > 10, "allowed: maps as they should be", output)
        answers = copy.deepcopy(right)
        keep_stale(answers, "B")
        code, failed, passed, output = outcome(folder, oracle, answers, "grades")
        report(code == 0 and passed == 1, "allowed: a wrong frame that is not graded A", output)
        for what, poor, expected in poor_oracles(folder, truth):
            code, failed, passed, output = outcome(folder, poor, right, "tasks")
            report(code == 1 and re.fullmatch(expected, "\n".join(failed)), "told: an oracle with " + what, output)
        for what, expected, change in MISTAKES:
            answers = copy.deepcopy(right)
            change(answers)
            checks = next((only for only in ("maps", "grades") if expected.startswith(only)),
                          compare.USUAL.replace(",grades", ""))
            code, failed, passed, output = outcome(folder, oracle, answers, checks)
            caught = code == 1 and failed and all(re.fullmatch(expected, test) for test in failed)
            report(caught, "caught: " + what, output)
    print("1..%d" % count)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
