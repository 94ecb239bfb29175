#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""oops.py CAIRN DIR [NAME...]: what `cairn oops` says of a capture's console is what `cairn triage`
says of its dump, and what was done to the machine. TAP.

DIR holds captures as captures.py unpacks them: NAME.kdump and NAME.console. Of each: the class and the
function are those that the scenario expects (capture/tables.py); class, function, task, CPU,
signature, and the sure frames from the one that crashed outward are those of the dump; the commands
that it advises are answered. Of a maple node's parent word that was damaged where the kernel says what
registers lead to: node, mm, word, and what befell it. Of some, the same is read in the console as
syslog, dmesg and mails would show it.
"""

import json
import pathlib
import re
import shlex
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "capture")]
import captures     # noqa: E402
import tables       # noqa: E402

# Where a kernel's own report tells less than its dump does: (machine or capture, what) -> why.
LESS = {
    ("amd64-5.10-kprobe-slot", "function"): "the slot's address is named after freed init code",
    ("amd64-5.10-kprobe-slot", "expected function"): "likewise",
    ("amd64-5.10-kprobe-slot", "signature"): "likewise",
    ("*-hungpanic", "task and CPU"): "the log tells of the task that hangs, the dump of who ran",
    ("*-kretprobe", "frames"): "at the probe, the name of what lies before its trampoline",
    ("*-fprobe", "frames"): "likewise",
    ("*-bpf", "frames"): "ftrace's trampoline has no name",
    ("*-kprobe-*", "frames"): "the trace ends in code made at run time",
    ("*-execdata", "frames"): "the trace does not go on from what is no code",
    ("*-nestednmi", "frames"): "stack recursion",
    ("i386-*-nmi*", "frames"): "from the second stack on, its frames are guesses",
    ("i386-*irq*", "frames"): "likewise",
    ("amd64-5.10-overflow*", "frames"): "the trace ends at the double fault",
    ("arm64-*-overflow", "frames"): "the dump has its own limit",
    ("armhf-*-overflow", "frames"): "the caller in the link register is told twice",
    ("arm*-maple-slot", "frames"): "a call that does not return names the next function",
    ("arm64-*-rcustall", "function"): "the stuck CPU's stack is in the dump alone",
    ("arm64-*-rcustall", "expected function"): "likewise",
    ("arm64-*-rcustall", "signature"): "likewise",
    ("arm64-*-rcustall", "task and CPU"): "likewise: the log has who found out",
    ("*-mce", "function"): "the report is of the hardware: no registers, no trace",
    ("*-mce", "expected function"): "likewise",
    ("*-mce", "task and CPU"): "likewise: the CPU alone",
    ("armhf-[67].*-*", "function of sysrq"): "panic() ends its caller: the next function is named, and "
                                          "the trace ends there",
}


def matches(pattern, name):
    return pathlib.PurePath(name).match(pattern)


def excused(name, what):
    return next((why for (pattern, w), why in LESS.items() if w == what and matches(pattern, name)),
                None)


def ask(*words, given=None):
    done = subprocess.run([str(w) for w in words], input=given, capture_output=True, check=False)
    lines = done.stdout.splitlines()
    return json.loads(lines[0]) if lines else None


def base(function):
    """A function's name without the compiler's endings."""
    return function.split(".")[0] if function else None


def outward(frames, function, start):
    """Names and offsets from each frame on that `start` accepts and that is in `function`."""
    return [[(f["function"], f["offset"]) for f in frames[at:] if f["function"]]
            for at, first in enumerate(frames) if base(first["function"]) == base(function) and start(first)]


def frames_differ(text, dump):
    """None, or where the traces part."""
    crash = dump["crash"]
    if not dump["stack"] or not text["function"] or not crash["address"]:
        return None
    one = outward([f for f in text["frames"] if f["reliable"]], text["function"],
                  lambda f: f["offset"] == text["offset"])
    other = outward(dump["stack"]["frames"], crash["symbol"],
                    lambda f: f["pc"] == crash["address"])
    if not one or not other:
        return "text %s, dump %s" % (one, other)
    if one[0] in other:
        return None
    return next(("%d: %s / %s" % (i, a, b) for i, (a, b) in enumerate(zip(one[0], other[-1]))
                 if a != b), "%d frames / %d" % (len(one[0]), len(other[-1])))


class Tap:
    def __init__(self):
        self.n = self.bad = 0

    def ok(self, good, name, why=None, detail=""):
        self.n += 1
        self.bad += not good and not why
        print("%sok %d - %s%s" % ("" if good else "not ", self.n, name,
                                  " # TODO " + why if why and not good else ""))
        if not good and not why:
            print("#   " + detail)


def expected(name):
    scenario = name.split("-", 2)[2]
    return tables.SCENARIOS[scenario].expect if scenario in tables.SCENARIOS else None


def check(tap, name, text, dump):
    crash, want = dump["crash"], expected(name)
    sysrq = " of sysrq" if crash["class"] == "sysrq" else ""

    def same(what, one, other, key=None):
        tap.ok(one == other, "%s: %s as in the dump" % (name, what), excused(name, key or what),
               "text %s, dump %s" % (one, other))
    same("class", text["class"], crash["class"])
    same("function", base(text["function"]), base(crash["function"]), "function" + sysrq)
    same("task and CPU", [text[k] for k in ("pid", "comm", "cpu")],
         [crash[k] for k in ("pid", "comm", "cpu")])
    same("signature", text["signature"], dump["signature"])
    differ = frames_differ(text, dump)
    tap.ok(not differ, "%s: frames as in the dump" % name, excused(name, "frames"), differ or "")
    if want:
        tap.ok(text["class"] in want.cls.split("|"), "%s: class as expected" % name, None,
               "%s, expected %s" % (text["class"], want.cls))
    if want and want.function:
        tap.ok(base(text["function"]) in want.function.split("|"),
               "%s: function as expected" % name,
               excused(name, "function of sysrq" if sysrq else "expected function"),
               "%s, expected %s" % (text["function"], want.function))


def check_commands(tap, name, text, asked):
    """Exit codes: done, findings, done as far as the dump has the pages."""
    for command in text["commands"]:
        done = subprocess.run([*map(str, asked), *shlex.split(command)], capture_output=True,
                              check=False)
        tap.ok(done.returncode in (0, 1, 4), "%s: %s is answered" % (name, command), None,
               done.stderr.decode("utf-8", "replace").strip())


DAMAGE = re.compile(r"ORACLE corruption maple-(\w+) mm (\w+) node (\w+) field parent\[0\] .*"
                    r"old (0x\w+) new (0x\w+)")


def check_maple(tap, name, text, console):
    """The word that was damaged, as the console says further up, is what the registers tell."""
    found = DAMAGE.search(console)
    if not found or not text["points_to"]:
        return
    kind, mm, node, old, new = found.groups()
    flip = bin(int(old, 16) ^ int(new, 16)).count("1") == 1
    want = {"mm": "0x" + mm, "node": "0x" + node, "word": new, "sure": True,
            "cause": "bit-flip" if flip else kind, "expected": old if flip else None}
    have = {key: (text["maple"] or {}).get(key) for key in want}
    tap.ok(have == want, "%s: the word that is damaged" % name, None, "%s, damaged %s" % (have, want))


STAMP = re.compile(rb"^(\[ *\d+\.\d+\]) ", re.M)
LINE = re.compile(rb"^", re.M)
FORMATS = {
    "without times": (STAMP, rb""),
    "dmesg -T": (STAMP, rb"[Thu Nov 26 13:27:00 2026] "),
    "syslog": (STAMP, rb"Nov 26 13:27:00 box kernel: \1 "),
    "syslog, ISO dates": (STAMP, rb"2026-11-26T13:27:00.123456+00:00 box kernel: \1 "),
    "callers": (STAMP, rb"\1[  T123] "),
    "levels": (LINE, rb"<4>"),
    "dmesg -x": (LINE, rb"kern  :warn  : "),
    "quoted": (LINE, rb">> "),
    "CR LF": (re.compile(rb"$", re.M), rb"\r"),
}
FORMATTED = {"irqbug", "list", "wqnull", "hung"}


def check_formats(tap, cairn, name, console, text):
    for what, (pattern, to) in FORMATS.items():
        other = ask(cairn, "oops", "-l", "-j", "-", given=pattern.sub(to, console))
        tap.ok(bool(other) and all(text[k] == other[k] for k in
                                   ("class", "title", "function", "signature")),
               "%s: the same in the form of: %s" % (name, what), None,
               other["title"] if other else "no report")


def names_in(folder):
    names = (p.name.removesuffix(".console") for p in folder.glob("*.console")
             if (folder / p.name.replace(".console", ".kdump")).exists())
    return sorted(name for name in names if not captures.dumped_alive(name))


def main():
    cairn, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    tap = Tap()
    for name in sys.argv[3:] or names_in(folder):
        types = folder / ("-".join(name.split("-")[:2]) + ".btf")
        words = ["-s", types] if types.exists() else []
        text = ask(cairn, "oops", "-l", "-j", folder / (name + ".console"))
        dump = ask(cairn, *words, "triage", "-j", folder / (name + ".kdump"))
        tap.ok(bool(text and dump and "crash" in dump), "%s: a report" % name, None, str(dump)[:200])
        if text and dump and "crash" in dump:
            check(tap, name, text, dump)
            check_commands(tap, name, text, [cairn, *words, folder / (name + ".kdump")])
            check_maple(tap, name, text, (folder / (name + ".console")).read_text("utf-8", "replace"))
        if text and name.split("-", 2)[2] in FORMATTED:
            check_formats(tap, cairn, name, (folder / (name + ".console")).read_bytes(), text)
    print("1..%d" % tap.n)
    return bool(tap.bad or not tap.n)


if __name__ == "__main__":
    sys.exit(main())
