#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""stack_mutation.py [-n N] [--seed N] [-s TYPES] CAIRN DUMP...: one word of a stack is overwritten.

Of each dump N copies are looked at that differ from it in one word that an unwinder goes by: a return
address, a saved frame pointer, saved registers, the words at the top or bottom of an interrupt stack, a
word of an exception's or the entry stack, any word of a stack in use. What is put there is what fools
most: another stack's address, this one's own, a true return address of another call, a neighbouring
word, a flipped bit, garbage, 0. Prints TAP, a line of figures for each kind of word, and with -v each
case that is not as the unmutated dump has it.

Asserted of each: it ends in time with the exit code of an answer; every stack says in words why it
ended; and a frame that is graded A is one of the unmutated stack, or is what the word itself says: its
pc is the new value, which was put among saved registers or is behind a call somewhere. Stacks of other tasks are as they were. What an earlier call left may fit
together as well as the truth, where the word leads there: A frames behind a wrong one that is graded
worse are counted, and must be rarer than one case in RARE; so must new values behind some other call
where a task that waits goes on, which has no frame below to be held against.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]
sys.dont_write_bytecode = True

import damage       # noqa: E402

SECONDS = 20            # for one answer
PAGE = 4096
SURE = "A"
RARE = 500
SHOWN = 10
SP_NAMES = ("rsp", "esp", "sp")
# How many words behind pc sp lies, how many of the others lie before pc, and how many from it on:
# x86; arm64 and ARM
ORDERS = {"rip": [(3, 16, 5)], "eip": [(3, 12, 5)], "pc": [(-1, 32, 2), (-2, 15, 2)]}


class Dump:
    """A kdump file whose words can be overwritten in place. `path`: the copy that is changed."""

    def __init__(self, cairn, source, types, folder):
        self.options = ["--no-debug-search", *sum((["-s", file] for file in types), [])]
        self.cairn, self.path = cairn, folder / "mutated.kdump"
        self.path.write_bytes(damage.load(source))
        if not self.patchable():
            raw = folder / "raw.kdump"
            subprocess.run([cairn, *self.options, str(self.path), "slim", "-z", "none", "-o", str(raw)],
                           check=True, stdout=subprocess.DEVNULL)
            raw.rename(self.path)
            assert self.patchable(), "its pages are compressed"
        self.script = folder / "commands"
        self.script.write_text("foreach bt\nbt -a\n")
        self.pages = {}
        self.file = open(self.path, "r+b")

    def patchable(self):
        """Whether the pages lie in the file as they are."""
        self.kdump = damage.Kdump(bytearray(self.path.read_bytes()))
        self.mapped = self.kdump.bitmap_blocks * PAGE * 8 // 2
        self.first = struct.unpack_from("<I", self.kdump.data, PAGE)[0] // PAGE
        flags = {struct.unpack_from("<I", self.kdump.data, self.kdump.descs + 24 * n + 12)[0]
                 for n in range(64)}
        return flags == {0}

    def ask(self, *words):
        """(exit code, objects) of one run; TimeoutExpired, ValueError."""
        done = subprocess.run([self.cairn, "-j", *self.options, *words], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=SECONDS)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def stacks(self):
        """(exit code, {(task, cpu): stack}): every task's, and every CPU's."""
        code, found = self.ask("-x", str(self.script), str(self.path))
        return code, {(item.get("task"), item["cpu"] if not item.get("pid") else None): item
                      for item in found if item["schema"] == "cairn.stack/1"}

    def ranges(self):
        return [item for item in self.ask(str(self.path), "stacks")[1]
                if item["schema"] == "cairn.stackrange/1"]

    def place(self, address):
        """Where in the file the word lies; None if it does not."""
        page = address & -PAGE
        if page not in self.pages:
            _, found = self.ask(str(self.path), "vtop", hex(page))
            physical = found and found[0].get("paddr")
            pfn = int(physical, 16) // PAGE if physical else None
            if pfn is not None and pfn >= self.mapped:
                pfn -= self.first           # ARM32's files begin where its memory does
            held = pfn is not None and 0 <= pfn < self.mapped and self.kdump.dumped(pfn)
            self.pages[page] = held and struct.unpack_from("<q", self.kdump.data,
                                                           self.kdump.desc_of(pfn))[0]
        at = self.pages[page]
        return at and at + address % PAGE

    def word(self, address, size):
        at = self.place(address)
        return int.from_bytes(self.kdump.data[at:at + size], "little") if at else None

    def overwrite(self, address, value, size):
        self.file.seek(self.place(address))
        self.file.write(value.to_bytes(size, "little"))
        self.file.flush()


def number(text):
    return int(text, 16) if isinstance(text, str) else None


def frames_of(stack):
    return stack.get("frames") or []


# ---- what to overwrite ---------------------------------------------------------------------

def return_slots(stack, size):
    return [number(frame["sp"]) - size for frame in frames_of(stack)
            if not frame["interrupted"] and frame["rule"] not in ("link", "scan") and
            number(frame.get("sp"))]


def saved_regs(dump, frame, size):
    """Addresses of the words of the registers that an interrupted frame was found by: where its pc and
    sp lie beside each other, in the order of the machine's struct pt_regs."""
    regs = frame.get("regs") or {}
    pc, name = next(((number(regs[name]), name) for name in ORDERS if name in regs), (None, None))
    sp = next((number(regs[name]) for name in SP_NAMES if name in regs), None)
    for at in range((sp or 0) - 64 * size & -size, sp or 0, size) if pc else ():
        for apart, below, above in ORDERS[name]:
            if dump.word(at, size) == pc and dump.word(at + apart * size, size) == sp:
                return [at + n * size for n in range(-below, above)]
    return []


def used_part(ranges, stack, size):
    """(lowest, end) of each stack that a trace is on."""
    sps = [number(frame["sp"]) for frame in frames_of(stack) if number(frame.get("sp"))]
    for one in ranges:
        inside = [sp for sp in sps if number(one["begin"]) <= sp <= number(one["end"])]
        if inside:
            yield min(inside), number(one["end"])


def targets(dump, stacks, ranges, size):
    """{kind: [(address, key of the stack or None)]}."""
    found = collections.defaultdict(list)
    for key, stack in stacks.items():
        for at in return_slots(stack, size):
            found["return"].append((at, key))
        for frame in frames_of(stack):
            found["regs"] += [(at, key) for at in saved_regs(dump, frame, size)]
        for low, end in used_part(ranges, stack, size):
            words = [(at, dump.word(at, size)) for at in range(low & -size, end, size)]
            found["word"] += [(at, key) for at, _ in words]
            found["fp"] += [(at, key) for at, word in words if word and low <= word < end]
    for one in ranges:
        begin, end = number(one["begin"]), number(one["end"])
        if one["type"] in ("irq", "softirq"):
            found["link"] += [(begin, None), (end - size, None), (end - 2 * size, None)]
        elif one["type"] != "task":
            found["entry area"] += [(at, None) for at in range(end - 40 * size, end, size)]
            found["entry area"] += [(at, None) for at in range(begin, end, 16 * size)]
    return {kind: [pair for pair in pairs if dump.place(pair[0])] for kind, pairs in found.items()}


def value_for(rng, dump, at, places, returns, size):
    """What is put there instead."""
    old, mask = dump.word(at, size), (1 << 8 * size) - 1
    kinds = [lambda: 0, lambda: rng.getrandbits(8 * size), lambda: rng.choice(returns),
             lambda: rng.choice(returns), lambda: rng.choice(places), lambda: at,
             lambda: old + rng.choice((-size, size, -64, 64)), lambda: old ^ 1 << rng.randrange(8 * size),
             lambda: dump.word(at + rng.choice((-size, size)), size) or 0]
    for _ in range(8):
        value = rng.choice(kinds)() & mask
        if value != old:
            return value
    return old ^ 8


# ---- what became of it ---------------------------------------------------------------------

def kept(before, after):
    """Places in `after` of the frames that are in `before` too, in the same order: the longest
    common part by pc."""
    a, b = [frame["pc"] for frame in before], [frame["pc"] for frame in after]
    best = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in reversed(range(len(a))):
        for j in reversed(range(len(b))):
            best[i][j] = best[i + 1][j + 1] + 1 if a[i] == b[j] else \
                max(best[i + 1][j], best[i][j + 1])
    places, i, j = set(), 0, 0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            places.add(j)
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return places


def look(before, after, value, returns):
    """(what became of one stack, problems). `returns`: addresses that are behind a call."""
    problems = [] if after.get("end") else ["no reason why it ended"]
    old, new = frames_of(before), frames_of(after)
    if [f["pc"] for f in old] == [f["pc"] for f in new]:
        return "same", problems
    same = kept(old, new)
    wrong = [frame for j, frame in enumerate(new) if j not in same]
    if not wrong:
        return "cut" if new == old[:len(new)] else "shorter", problems
    sure = [frame for frame in wrong if frame["grade"] == SURE]
    stray = [frame for frame in sure if number(frame["pc"]) != value or
             not (frame["interrupted"] or value in returns)]
    if stray and (wrong[0]["grade"] != SURE or
                  (number(stray[0]["pc"]) == value and frames_of(after)[0] is stray[0])):
        return "A, rarely", problems
    problems += ["graded A: %s+%s" % (frame["function"], frame["offset"]) for frame in stray]
    if sure and not stray:
        return "as it says", problems
    return "wrong " + min(frame["grade"] for frame in wrong), problems


def judge(dump, stacks, key, value, returns):
    """(what became of the stack that was changed, problems)."""
    try:
        code, now = dump.stacks()
    except subprocess.TimeoutExpired:
        return "hung", ["no answer in %d s" % SECONDS]
    except ValueError as error:
        return "no answer", ["no JSON: %s" % error]
    problems = [] if code in (0, 4) else ["exit code %d" % code]
    outcome = "same"
    for other, before in stacks.items():
        if other not in now:
            problems.append("a stack is missing")
            continue
        became, more = look(before, now[other], value, returns)
        problems += more
        if became != "same":
            outcome = became
            if key and other != key and other[0] != key[0]:
                problems.append("another task's stack changed")
    return outcome, problems


def mutate(dump, count, rng, verbose):
    """{kind: Counter of outcomes}, [problems]."""
    code, stacks = dump.stacks()
    assert code in (0, 4) and stacks, "no stacks"
    ranges = dump.ranges()
    size = 8 if any(number(one["end"]) >> 32 for one in ranges) else 4
    wanted = targets(dump, stacks, ranges, size)
    returns = [number(frame["pc"]) for stack in stacks.values() for frame in frames_of(stack)
               if not frame["interrupted"]]
    places = [at for at, _ in wanted.get("word", [])]
    counts, bad = collections.defaultdict(collections.Counter), []
    kinds = sorted(kind for kind in wanted if wanted[kind])
    for n in range(count):
        kind = kinds[n % len(kinds)]
        at, key = rng.choice(wanted[kind])
        old, value = dump.word(at, size), value_for(rng, dump, at, places, returns, size)
        dump.overwrite(at, value, size)
        outcome, problems = judge(dump, stacks, key, value, returns)
        dump.overwrite(at, old, size)
        counts[kind][outcome] += 1
        said = "%s at %#x: %#x -> %#x: %s" % (kind, at, old, value, outcome)
        bad += ["%s: %s" % (said, problem) for problem in problems]
        if verbose and outcome != "same":
            print("# " + said)
    rare = sum(outcomes["A, rarely"] for outcomes in counts.values())
    if rare * RARE > max(count, RARE):
        bad.append("%d cases of what must be rare" % rare)
    return counts, bad


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=500, help="copies of each dump")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-s", dest="types", action="append", default=[], metavar="FILE")
    parser.add_argument("-v", dest="verbose", action="store_true")
    parser.add_argument("cairn")
    parser.add_argument("dumps", nargs="+", metavar="DUMP")
    args = parser.parse_args(argv)
    failed = 0
    for at, source in enumerate(args.dumps, 1):
        with tempfile.TemporaryDirectory() as folder:
            dump = Dump(os.path.abspath(args.cairn), source, args.types, pathlib.Path(folder))
            counts, bad = mutate(dump, args.n, random.Random(args.seed), args.verbose)
        failed += bool(bad)
        name = re.sub(r"\.kdump.*", "", os.path.basename(source))
        print("%s %d - %s: %d words of its stacks overwritten, one at a time"
              % ("not ok" if bad else "ok", at, name, args.n))
        for kind, outcomes in sorted(counts.items()):
            print("# %-10s %s" % (kind, ", ".join("%s %d" % pair for pair in outcomes.most_common())))
        for line in bad[:SHOWN]:
            print("#   " + line)
        if len(bad) > SHOWN:
            print("#   … %d more" % (len(bad) - SHOWN))
        sys.stdout.flush()
    print("1..%d" % len(args.dumps))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
