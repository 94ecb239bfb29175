#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""oops_forms.py CAIRN DIR: what `cairn oops` says of stored consoles, and of the same lines in other
forms. TAP.

DIR holds consoles as captures.py unpacks them. Of each report's lines: (1) in every form in which
syslogs, journals, dmesg's options, phones and mails keep them, the same is told; (2) so it is of two
reports that were written at a time, and of one written by many CPUs; (3) of a log that begins or ends
inside a report, the same function where the lines name it, and a record that says `complete` only with
the whole trace's signature. Seeded: each run is the same.
"""

import json
import pathlib
import random
import re
import subprocess
import sys

NAMES = ["amd64-6.1-wqnull", "amd64-7.2-irqbug", "arm64-6.1-wqnull", "armhf-6.1-wqnull",
         "amd64-6.12-kfence", "amd64-6.1-softlockup", "amd64-7.2-warn", "amd64-6.1-hungpanic",
         "i386-6.1-wqnull", "amd64-7.2-ubsan", "amd64-6.1-rcustall", "amd64-6.1-badret"]
LINE = re.compile(r"\[ *(\d+)\.(\d{6})\] ?(.*)")

# %(t)s: the time as printed; s, u: seconds, microseconds; m: seconds of a minute; x: the text; i: a number
FORMS = {
    "callers": "[%(t)s][  T125] %(x)s",
    "levels": "<4>[%(t)s] %(x)s",
    "levels and callers": "<4>[%(t)s][  T125] %(x)s",
    "no times": "%(x)s",
    "levels alone": "<4>%(x)s",
    "times of nine digits": "[%(t)s123] %(x)s",
    "syslog": "Nov 26 10:11:%(m)s box kernel: [%(t)s] %(x)s",
    "syslog without times": "Nov  6 10:11:%(m)s box kernel: %(x)s",
    "syslog with a number": "Nov 26 10:11:%(m)s box kernel[1]: %(x)s",
    "syslog, ISO dates": "2026-11-26T10:11:%(m)s.123456+01:00 box kernel: [%(t)s] %(x)s",
    "syslog, UTC": "2026-11-26T10:11:%(m)sZ box kernel: %(x)s",
    "syslog, RFC 5424": "<4>1 2026-11-26T10:11:%(m)s.12Z box kernel - - - [%(t)s] %(x)s",
    "syslog, RFC 5424, no times": "<4>1 2026-11-26T10:11:%(m)s.12Z box kernel - - - %(x)s",
    "syslog with levels": "<4>Nov 26 10:11:%(m)s box kernel: [%(t)s] %(x)s",
    "dmesg -T": "[Thu Nov 26 10:11:%(m)s 2026] %(x)s",
    "dmesg -x": "kern  :warn  : [%(t)s] %(x)s",
    "dmesg -xT": "kern  :warn  : [Thu Nov 26 10:11:%(m)s 2026] %(x)s",
    "dmesg iso": "2026-11-26T10:11:%(m)s,%(u)s+00:00 %(x)s",
    "dmesg -d": "[%(t)s <    0.000012>] %(x)s",
    "dmesg delta": "[<    0.000012>] %(x)s",
    "dmesg reltime": "[  +0.000012] %(x)s",
    "dmesg reltime, minutes": "[Nov26 10:11] %(x)s",
    "/dev/kmsg": "4,%(i)d,%(s)s%(u)s,-;%(x)s",
    "/dev/kmsg with callers": "4,%(i)d,%(s)s%(u)s,-,caller=T125;%(x)s",
    "journalctl short-precise": "Nov 26 10:11:%(m)s.123456 box.example.org kernel: %(x)s",
    "journalctl short-monotonic": "[%(t)s] box kernel: %(x)s",
    "journalctl short-unix": "1795703516.%(u)s box kernel: %(x)s",
    "journalctl short-full": "Thu 2026-11-26 10:11:%(m)s UTC box kernel: %(x)s",
    "journalctl verbose": "    MESSAGE=%(x)s",
    "CR LF": "[%(t)s] %(x)s\r",
    "CR CR LF": "[%(t)s] %(x)s\r\r",
    "colours": "\x1b[32m[%(t)s] \x1b[0m\x1b[31m%(x)s\x1b[0m",
    "quoted": "> [%(t)s] %(x)s",
    "quoted twice": "> > [%(t)s] %(x)s",
    "quoted without times": ">> %(x)s",
    "indented": "    [%(t)s] %(x)s",
    "tabs": "[%(t)s]\t%(x)s",
    "Android": "[%(t)s] c0 125 %(x)s",
    "Android, names": "[%(t)s] [0:  kworker/0:1:   17] %(x)s",
    "Qualcomm": "[%(t)s,0] %(x)s",
    "MediaTek": "[%(t)s]  (0)[125:zoo-write]%(x)s",
    "callers with names": "[%(t)s][ T125/zoo-write] %(x)s",
    "callers, names first": "[%(t)s][ zoo-write:125@C0] %(x)s",
    "dates": "Nov 26 10:11:%(m)s [%(t)s] %(x)s",
    "dates in brackets": "[2026-11-26 10:11:%(m)s] [%(t)s] %(x)s",
    "a lab's dates": "2026-11-26T10:11:%(m)s.123456  <4>[%(t)s] %(x)s",
    "a console's name": "console: [%(t)s] %(x)s",
    "Xen": "(XEN) [%(t)s] %(x)s",
}


def json_line(row):
    return json.dumps({"_TRANSPORT": "kernel", "MESSAGE": row["x"]})


def decoded(line):
    return re.sub(r"([\w.]+)\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[(scen)\])?$",
                  lambda m: "%s (drivers/scen/foo.c:12)%s" % (m[1], " " + m[2] if m[2] else ""), line)


# of the lines as a whole
WHOLE = {
    "UTF-16": lambda lines: "\n".join(lines).encode("utf-16"),
    "UTF-16 without a mark": lambda lines: "\n".join(lines).encode("utf-16-be"),
    "UTF-8's mark": lambda lines: b"\xef\xbb\xbf" + text_of(lines),
    "no-break spaces": lambda lines: text_of([line.replace(" ", "\u00a0") for line in lines]),
    "a store's part": lambda lines: text_of(["Panic#1 Part1"] + lines),
    "a store's parts": lambda lines: text_of(
        ["Panic#1 Part1"] + lines[25:] + ["Panic#1 Part2"] + lines[:25]),
}


def text_of(lines):
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")


def rows_of(lines):
    for i, line in enumerate(lines):
        s, u, x = LINE.match(line).groups()
        yield {"t": "%5d.%s" % (int(s), u), "s": s, "u": u, "m": "%02d" % (int(s) % 60), "x": x, "i": i + 100}


class Test:
    def __init__(self, cairn, folder):
        self.cairn, self.folder, self.n, self.bad = cairn, folder, 0, 0

    def ok(self, wrong, name):
        self.n += 1
        self.bad += bool(wrong)
        print("%sok %d - %s" % ("not " if wrong else "", self.n, name))
        for one in wrong[:10]:
            print("#   %s" % (one,))

    def ask(self, text):
        done = subprocess.run([self.cairn, "-j", "oops", "-"], input=text, capture_output=True, check=False)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def body(self, name):
        """The lines from what was done to the machine on, without the test's own."""
        lines = (self.folder / (name + ".console")).read_text("utf-8", "surrogateescape").splitlines()
        at = max(i for i, line in enumerate(lines) if "ORACLE run" in line)
        return [line for line in lines[at:] if LINE.match(line) and "ORACLE" not in line]

    def report(self, name):
        """Those of the report alone: what was written before the machine panicked."""
        return [line for line in self.body(name)
                if not re.search("Kernel panic|end Kernel|Kernel Offset", line)]


def told(reports):
    return [(r["title"], r["signature"], r["comm"], r["function"], r["complete"],
             sum(f["reliable"] for f in r["frames"])) for r in reports]


def forms(test, name):
    lines = test.body(name)
    want = told(test.ask(text_of(lines)))
    ways = {what: text_of([form % row for row in rows_of(lines)]) for what, form in FORMS.items()}
    ways |= {what: make(lines) for what, make in WHOLE.items()}
    ways["journal's JSON"] = text_of([json_line(row) for row in rows_of(lines)])
    got = {what: told(test.ask(text)) for what, text in ways.items()}
    test.ok([(what, one) for what, one in got.items() if one != want] if want else ["no report"],
            "%s: the same in %d forms" % (name, len(ways)))


def decoding(test, name):
    lines = test.body(name)
    one, other = (test.ask(text_of(some)) for some in (lines, [decoded(line) for line in lines]))
    test.ok([] if one and [r["signature"] for r in one] == [r["signature"] for r in other] else [(one, other)],
            "%s: the same bug without offsets" % name)


def stamped(lines, tag, start):
    return [(start + i * 1e-4, "[%12.6f][%5s] %s" % (start + i * 1e-4, tag, LINE.match(line)[3]))
            for i, line in enumerate(lines)]


def mixed(one, other, rng):
    """Lines of two, a few of one and then of the other."""
    ret, rest = [], [list(one), list(other)]
    while rest[0] or rest[1]:
        side = rest[rng.random() < 0.5]
        n = rng.randint(1, 6)
        ret += side[:n]
        del side[:n]
    return ret


def together(test, one, other):
    a, b = test.report(one), test.report(other)
    want = sorted(r["signature"] for lines in (a, b) for r in test.ask(text_of(lines)))
    wrong = []
    for tags in (("T125", "C1"), ("C0", "C1")):
        for seed in range(3):
            lines = mixed(stamped(a, tags[0], 10), stamped(b, tags[1], 10.00005), random.Random(seed))
            got = sorted(r["signature"] for r in test.ask(text_of([line for _, line in lines])))
            if got != want:
                wrong.append((tags, seed, got, want))
    test.ok(wrong, "%s and %s at a time" % (one, other))


def many(test, name, n):
    lines = test.report(name)
    want = {r["signature"] for r in test.ask(text_of(lines))}
    text = text_of(["[%12.6f][%5s] %s" % (10 + i * 0.01 + w * 1e-6, "C%d" % w, LINE.match(line)[3])
                    for i, line in enumerate(lines) for w in range(n)])
    got = test.ask(text)
    test.ok([] if len(got) == n and {r["signature"] for r in got} == want
            else [(len(got), {r["signature"] for r in got})], "%s: %d CPUs at a time" % (name, n))


def heads_lost(test, name):
    """Up to the line above the registers the function is told, whatever is missing before."""
    lines = test.body(name)
    function = test.ask(text_of(lines))[0]["function"]
    last = next(i for i, line in enumerate(lines) if "Hardware name" in line)
    wrong = []
    for i in range(last + 1):
        got = test.ask(text_of(lines[i:]))
        if not got or got[0]["function"] != function or got[0]["title"].startswith("kernel panic"):
            wrong.append((i, told(got)))
    test.ok(wrong, "%s: begun inside the report" % name)


def ends_lost(test, name):
    lines = test.report(name)
    whole = test.ask(text_of(lines))[0]
    wrong, seen = [], set()
    for i in range(1, len(lines) + 1):
        for r in test.ask(text_of(lines[:i]))[:1]:
            seen.add(r["complete"])
            if r["complete"] and r["signature"] != whole["signature"]:
                wrong.append((i, told([r])))
    test.ok(wrong or ([] if {True, False} <= seen else [seen]), "%s: ended inside the report" % name)


def main():
    test = Test(sys.argv[1], pathlib.Path(sys.argv[2]))
    for name in NAMES:
        forms(test, name)
    for name in ("amd64-6.1-wqnull", "arm64-6.1-wqnull", "armhf-6.1-wqnull", "amd64-6.12-kfence"):
        decoding(test, name)
    for one, other in (("amd64-6.1-wqnull", "amd64-6.1-warn"), ("arm64-6.1-wqnull", "arm64-6.1-warn"),
                       ("armhf-6.1-wqnull", "armhf-6.1-warn"), ("amd64-6.12-kfence", "amd64-6.1-list")):
        together(test, one, other)
    for name in ("amd64-6.1-wqnull", "amd64-6.1-softlockup"):
        many(test, name, 33)
        many(test, name, 128)
    for name in ("amd64-6.1-wqnull", "arm64-6.1-wqnull", "amd64-7.2-irqbug", "amd64-6.1-list"):
        heads_lost(test, name)
    for name in ("amd64-6.1-wqnull", "arm64-6.1-wqnull", "amd64-7.2-ubsan", "i386-6.1-wqnull"):
        ends_lost(test, name)
    print("1..%d" % test.n)
    return bool(test.bad)


if __name__ == "__main__":
    sys.exit(main())
