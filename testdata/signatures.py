#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""signatures.py CAIRN [-t] DIR...: is one bug one signature, and are two of them two? TAP.

DIR holds captures, packed (NAME.kdump.zst, NAME.console.zst) or not. What `cairn triage` calls each of
them is held against the others: one scenario has one signature and cause on all kernels of a machine
and on all machines, no two scenarios share both, and the cause that the log tells is the dump's. What
is otherwise is named here, with its reason. -t: the table itself, and no tests.
"""

import collections
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "capture")]
import captures     # noqa: E402
import tables       # noqa: E402

# Scenarios of which not all kernels of one machine have the same: (scenario, machine) -> why.
KERNELS = {
    ("maple-parent", "amd64"): "functions of the maple tree were merged after 6.1",
    ("maple-neighbour", "amd64"): "likewise",
    ("overflowsw", "amd64"): "5.10's own trace ends at the double fault's stack",
    ("mm-xazero", "amd64"): "7.2 reads /proc/PID/maps under each area's own lock",
    ("kprobe-slot", "amd64"): "5.10 has no name for the page of slots that the function's is in",
}
# Likewise of machines: scenario -> why.
INLINED = "compilers inline, and jump on, elsewhere on each machine"
MACHINES = {
    **dict.fromkeys(("list", "slabuaf", "freelist", "maple-parent", "maple-neighbour",
                     "maple-slot"), INLINED),
    "kretprobe": "arm64's own traces go on behind a return probe",
    "mm-xazero": INLINED,
    "smash": "arm64 keeps return addresses below local variables, out of an overrun's way",
    "wqnull": "i386's own trace leaves out the caller of a function without a frame",
}
# Scenarios that crash alike: what differs is how the dump was made, or what ran besides.
ALIKE = (
    {"sysrq", "kdump", "fgraph", "scale", "kvm-tdp", "kvm-apf"},
    {"kretprobe", "fprobe"},
)


def ask(*words):
    done = subprocess.run([str(w) for w in words], capture_output=True, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


class Capture:
    def __init__(self, dump, console):
        self.dump, self.console = dump, console
        self.name = dump.name.removesuffix(".zst").removesuffix(".kdump")
        self.machine, self.kernel, self.scenario = self.name.split("-", 2)
        self.record = self.log = None

    def types(self, folders):
        """cairn's words for a kernel that has no types of its own."""
        base = "%s-%s.btf" % (self.machine, self.kernel)
        found = [folder / base for folder in folders if (folder / base).exists()]
        return ("-s", found[0]) if found else ()

    def key(self):
        return self.record["signature"], self.record["cause"]


def find(folders):
    seen = {}
    for folder in folders:
        for dump in sorted([*folder.glob("*.kdump"), *folder.glob("*.kdump.zst")]):
            console = dump.with_name(dump.name.replace(".kdump", ".console"))
            if console.exists():
                capture = Capture(dump, console)
                if not captures.dumped_alive(capture.name):
                    seen.setdefault(capture.name, capture)
    return sorted(seen.values(), key=lambda c: (c.scenario, c.machine, c.kernel))


def read(cairn, all_captures, folders):
    """What cairn says of each; the dumps that need the same types at a time."""
    groups = collections.defaultdict(list)
    for capture in all_captures:
        groups[capture.types(folders)].append(capture)
        capture.log = next(iter(ask(cairn, "oops", "-l", "-j", capture.console)), None)
    for types, group in groups.items():
        records = {record["file"]: record for record in ask(
            cairn, *types, "triage", "-j", "-J", 2, *[c.dump for c in group])}
        for capture in group:
            record = records[str(capture.dump)]
            capture.record = record if record["fate"] == "done" else None


class Tap:
    def __init__(self):
        self.n = self.bad = 0

    def ok(self, good, name, why=None, detail=""):
        self.n += 1
        self.bad += not good and not why
        print("%sok %d - %s%s" % ("" if good else "not ", self.n, name,
                                  " # TODO " + why if why and not good else ""))
        if not good and not why:
            print("#   " + str(detail))


def by(group, what):
    ret = collections.defaultdict(list)
    for one in group:
        ret[what(one)].append(one)
    return ret


def text(groups):
    return "; ".join("%s: %s" % (" ".join(str(w) for w in key), " ".join(c.name for c in group))
                     for key, group in groups.items())


def one_each(tap, scenario, group):
    """A scenario's captures have one signature and cause: by machine, and on all of them."""
    for machine, some in by(group, lambda c: c.machine).items():
        if len(some) > 1:
            keys = by(some, Capture.key)
            tap.ok(len(keys) == 1, "%s: the same on all kernels, %s" % (scenario, machine),
                   KERNELS.get((scenario, machine)), text(keys))
    keys = by(group, Capture.key)
    if len(by(group, lambda c: c.machine)) > 1:
        tap.ok(len(keys) == 1, "%s: the same on all machines" % scenario,
               MACHINES.get(scenario) or KERNELS.get((scenario, "amd64")), text(keys))


def none_shared(tap, all_captures):
    for key, group in by(all_captures, Capture.key).items():
        scenarios = {c.scenario for c in group}
        tap.ok(len(scenarios) == 1 or any(scenarios <= alike for alike in ALIKE),
               "%s: of one bug" % " ".join(str(word) for word in key), None, sorted(scenarios))


def is_wanted(capture):
    return capture.record["crash"]["class"] in ("sysrq", "nmi")


def is_stall(cause):
    return cause.split(":")[1] in ("hung-task", "soft-lockup", "hard-lockup", "rcu-stall",
                                   "workqueue-lockup")


def names_broken(cause, finding):
    return any((cause or "").startswith("c1c:%s:" % one) for one in finding.split("|"))


def check_cause(tap, capture):
    """What the log tells is what is behind the dump; else, and where the log tells of who hangs on that
    alone, what the scenario broke."""
    cause, log = capture.record["cause"], capture.log and capture.log["cause"]
    scenario = tables.SCENARIOS.get(capture.scenario)
    finding = scenario and scenario.expect.finding
    if log and not (finding and is_stall(log) and capture.record["findings"]):
        tap.ok(log == cause, "%s: the cause that the log tells" % capture.name, None,
               "log %s, dump %s" % (log, cause))
    elif finding and is_wanted(capture):
        tap.ok(names_broken(cause, finding), "%s: its cause is what was broken" % capture.name, None, cause)
    elif is_wanted(capture):
        tap.ok(cause is None, "%s: nothing is behind it" % capture.name, None, cause)


def table(all_captures):
    for scenario, group in by(all_captures, lambda c: c.scenario).items():
        print(scenario)
        for (signature, cause), some in by(group, Capture.key).items():
            record = some[0].record
            print("    %-16s %s  %s" %
                  (record["crash"]["class"], signature, record["signature_fuzzy"]))
            print("    %16s %s  first finding %s" %
                  ("", cause or "no cause", next((f["id"] for f in record["findings"]), "none")))
            print("    %16s %s" % ("", record["crash"]["title"]))
            print("    %16s %s" % ("", " ".join("%s-%s" % (c.machine, c.kernel) for c in some)))


def main():
    words = [word for word in sys.argv[1:] if word != "-t"]
    if len(words) < 2:
        raise SystemExit(__doc__)
    folders, tap = [pathlib.Path(word) for word in words[1:]], Tap()
    all_captures = find(folders)
    read(words[0], all_captures, folders)
    for capture in all_captures:
        if "-t" not in sys.argv and not (capture.record and capture.record["signature"]):
            tap.ok(False, "%s: a signature" % capture.name)
    all_captures = [c for c in all_captures if c.record and c.record["signature"]]
    if "-t" in sys.argv:
        return table(all_captures)
    for scenario, group in by(all_captures, lambda c: c.scenario).items():
        one_each(tap, scenario, group)
    none_shared(tap, all_captures)
    for capture in all_captures:
        check_cause(tap, capture)
    print("1..%d" % tap.n)
    return bool(tap.bad or not tap.n)


if __name__ == "__main__":
    sys.exit(main())
