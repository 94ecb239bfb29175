#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""oracle.py CONSOLE [OUT.json]: a guest's console -> what the kernel said of itself, as JSON.

The console carries two voices. The kernel's lines begin with its time stamp: the tasks and their
stacks (sysrq-t), the injected fault, the panic. Lines without a stamp come from the guest's own
programs: "ORACLE KIND …", followed for some kinds by the text of a /proc file. What is not
recognised is skipped, so consoles of every kernel and machine go through the same reader.

The result (schema cairn.oracle/1):
  begin        what the guest said of itself: release, command line
  tasks        {pid: {comm, state, ppid, frames, complete}} as sysrq-t printed them. Frames are
               those that the kernel calls reliable (no "?"), innermost first,
               "func+0xoff/0xsize [module]"; complete: false where the kernel's unwinder gave up, so
               that only guesses follow.
               A task in state R went on running. Zombies, which sysrq-t leaves out, are from /proc.
  status, stack, maps, cmdline, fds       of /proc/PID, by pid
  modules, kallsyms, meminfo, mounts, slabinfo     of /proc; kallsyms: {name: [[address, type,
               module]]}, slabinfo: {cache: [active, total, size, per slab, pages per slab]}
  notes        other ORACLE lines
  kvm          {VM: {event: [{key: value}]}}, as the VMMs said it (capture/guest/vmm/vmm.h)
  faults       the injected ones, {kind, text, field, addr, old, new, …}
  panic        the lines that say what happened
  panic_trace  {cpu, pid, comm, lr, complete, frames: [{function, offset, size, module, stack,
               regs}]} of the CPU that died; stack: "task" "irq" "softirq" "NMI" "DF" … or null
"""

import json
import pathlib
import re
import subprocess
import sys

SCHEMA = "cairn.oracle/1"
STAMP = re.compile(r"\[ *(\d+\.\d{6})\](?:\[ *[TC]\d+\])? ?")
NAME = r"([A-Za-z_$.][\w.$]*)"
OFFSET = r"\+0x([0-9a-f]+)/0x([0-9a-f]+)(?: \[(\w+)[^\]]*\])?"
# arm64 since 6.13 says behind it where it is from: (T)ask, (P)t_regs, (C)aller, (K)retprobe, (F)graph
FRAME = re.compile(r"^ *(?:\[<[0-9a-f]+>\] )?(\? )?" + NAME + OFFSET + r"(?: \([A-Z]+\))?\s*$")
# ARM: "callee [module] from caller+0xoff/0xsize [module]", up to 5.1x with addresses:
# "[<c0100000>] (callee [module]) from [<c0100100>] (caller+0xoff/0xsize [module])"
FROM = re.compile(r"^ *(\? )?(?:\[<[0-9a-f]+>\] \()?" + NAME + r"(?: \[(\w+)\])?\)? from "
                  r"(?:\[<[0-9a-f]+>\] \()?" + NAME + OFFSET + r"\)?\s*$")
REGS = re.compile(r"^ *(?:RIP: 0010:|EIP: |PC is at |pc : )" + NAME + OFFSET + r"\s*$")
LINK = re.compile(r"^ *(?:LR is at |lr : )" + NAME + OFFSET + r"\s*$")
MARK = re.compile(r"^ *<(/?)([A-Z_#]+)>\s*$")
STACKS = {"TASK": "task", "IRQ": "irq", "SOFTIRQ": "softirq", "NMI": "NMI", "#DF": "DF",
          "#DB": "DB", "#MC": "MCE", "#VC": "VC", "#VC2": "VC2", "ENTRY_TRAMPOLINE": "entry"}
TASK = re.compile(r"^task:(.*?) +state:(\w)(?: +running task)? +stack: *-?\d+ +pid: *(\d+)"
                  r"(?: +tgid: *\d+)? +ppid: *(\d+)")
CPU = re.compile(r"^CPU: (\d+) (?:UID: \d+ )?PID: (\d+) Comm: (.*?)(?: Kdump: loaded)? +"
                 r"(?:Not tainted|Tainted)")
OTHER_CPU = re.compile(r"^CPU\d+: stopping|^(?:Sending )?NMI (?:backtrace|from)|^rcu: INFO")
DIED = re.compile(r"Kernel panic - not syncing|^kernel BUG at|^BUG: |^BUG \S+ \(|^Oops|^list_|"
                  r"^Internal error|Unable to handle|^Unhandled fault|general protection|"
                  r"stack guard|^INFO: task|double fault")
FAULT_FIELDS = {"pid", "mm", "node", "addr", "old", "new", "offset", "cache", "object", "slot_vma",
                "lost_vma", "node_min", "node_max", "true_parent", "true_slot", "range", "meta.end",
                "meta.gap", "vma", "lock", "tree", "size"}
MAPS = re.compile(r"^[0-9a-f]+-[0-9a-f]+ \S+ [0-9a-f]+ \S+ \d+")


def lines(text):
    """(time stamp or None, text) of each line. A kernel line that begins behind a program's
    unfinished one is split off: the kernel writes its lines whole, programs do not. Where a second
    kernel says its name (that of a kdump), the first one's words have ended. What a VMM hands on
    of its guest's console is not this kernel's."""
    booted = False
    for raw in text.split("\n"):
        raw = raw.rstrip("\r")
        if raw.startswith("nested: "):
            continue
        stamp = STAMP.search(raw)
        if not stamp:
            yield None, raw
            continue
        if stamp.start():
            yield None, raw[:stamp.start()]
        if raw.startswith("Linux version ", stamp.end()):
            if booted:
                return
            booted = True
        yield stamp[1], raw[stamp.end():]


class Trace:
    """One printed call trace. Frames: dicts with `guess` set for those marked "?"."""

    def __init__(self):
        self.frames, self.marks, self.marked = [], [], False

    def add(self, function, offset=None, size=None, module=None, guess=False, regs=False):
        last = self.frames[-1] if self.frames else {}
        if last.get("regs") and last["function"] == function and \
                offset in (None, last["offset"]):
            return      # ARM and arm64 repeat the faulting function as the first frame, and x86
            #             the registers of an oops, after a trace that may be empty
        self.frames.append({
            "function": function, "offset": offset, "size": size, "module": module,
            "stack": self.marks[-1] if self.marks else "task" if self.marked else None,
            "regs": regs, "guess": guess})

    def feed(self, text):
        """Whether the line belongs to a trace."""
        mark, regs, arm, plain = (p.match(text) for p in (MARK, REGS, FROM, FRAME))
        if mark:
            self.marked = True
            if not mark[1]:
                self.marks.append(STACKS.get(mark[2], mark[2]))
            elif self.marks:
                self.marks.pop()
        elif regs:
            self.add(*parts(regs, 1), regs=True)
        elif arm:
            if not self.frames or self.frames[-1]["regs"]:
                self.add(arm[2], module=arm[3])
            self.add(*parts(arm, 4), guess=bool(arm[1]))
        elif plain:
            self.add(*parts(plain, 2), guess=bool(plain[1]))
        return bool(mark or regs or arm or plain)

    def reliable(self):
        """The frames without guesses. Saved registers are printed with the stack that they were
        saved on, or before any mark; what they say was running lies on the next frame's stack,
        which is not told where the kernel's unwinder gave up."""
        sure = [frame for frame in self.frames if not frame["guess"]]
        for frame, caller in zip(sure, sure[1:] + [{"stack": None}]):
            if frame["regs"]:
                frame["stack"] = caller["stack"]
        return [{key: frame[key] for key in frame if key != "guess"} for frame in sure]

    def complete(self):
        return bool(self.frames) and not self.frames[-1]["guess"]


def parts(match, at):
    """function, offset, size, module of a match whose function is group `at`."""
    function, offset, size, module = (match[n] for n in range(at, at + 4))
    return function, int(offset, 16), int(size, 16), module


def frame_text(frame):
    text = frame["function"]
    if frame["offset"] is not None:
        text += "+0x%x/0x%x" % (frame["offset"], frame["size"])
    return text + (" [%s]" % frame["module"] if frame["module"] else "")


class Programs:
    """The guest programs' lines."""

    def __init__(self, out):
        self.out, self.take = out, None
        for key in ("status", "stack", "maps", "cmdline", "fds", "kallsyms", "meminfo", "slabinfo"):
            out[key] = {}
        for key in ("modules", "mounts", "notes", "faults"):
            out[key] = []
        out["begin"] = ""

    def line(self, text):
        if text.startswith("ORACLE "):
            self.take = None
            self.oracle(text[len("ORACLE "):].rstrip())
        elif self.take:
            self.take(text)

    def oracle(self, text):
        kind, *words = text.split(" ")
        if kind in ("status", "stack", "maps") and words:
            into = self.out[kind].setdefault(words[0], {} if kind == "status" else [])
            if kind == "status" and words[1:2] == ["tgid"]:
                into["Tgid"] = words[2]
            self.take = lambda line: getattr(self, kind)(into, line)
        elif kind in ("modules", "kallsyms", "meminfo", "mounts", "slabinfo"):
            self.take = lambda line: getattr(self, kind)(self.out[kind], line)
        elif kind == "cmdline" and words:
            self.out["cmdline"][words[0]] = " ".join(words[1:])
        elif kind == "fd" and len(words) > 2:
            self.out["fds"].setdefault(words[0], {})[words[1]] = " ".join(words[2:])
        elif kind == "begin":
            self.out["begin"] = " ".join(words)
        elif kind == "corruption":
            self.out["faults"].append(fault(words))
        elif kind == "kvm" and len(words) > 1:
            events = self.out.setdefault("kvm", {}).setdefault(words[0], {})
            events.setdefault(words[1], []).append(dict(word.partition("=")[::2]
                                                        for word in words[2:]))
        elif not kind.startswith("end"):
            self.out["notes"].append(text)

    @staticmethod
    def status(into, line):
        key, colon, value = line.partition(":")
        if colon:
            into[key] = value.strip()

    @staticmethod
    def stack(into, line):
        frame = re.match(r"^\[<[0-9a-f]*>\] (\S+)", line)
        if frame:
            into.append(frame[1])

    @staticmethod
    def maps(into, line):
        if MAPS.match(line):
            into.append(re.sub(r" {2,}", " ", line))

    @staticmethod
    def modules(into, line):
        words = line.split()
        if len(words) >= 6:
            into.append({"name": words[0], "size": int(words[1]), "state": words[4],
                         "base": words[5]})

    @staticmethod
    def kallsyms(into, line):
        words = line.split()
        if len(words) >= 3 and re.fullmatch("[0-9a-f]+", words[0]):
            entry = [words[0], words[1], words[3].strip("[]") if len(words) > 3 else None]
            into.setdefault(words[2], []).append(entry)

    meminfo = status

    @staticmethod
    def mounts(into, line):
        if len(line.split()) == 6:
            into.append(line)

    @staticmethod
    def slabinfo(into, line):
        words = line.split()
        if len(words) > 6 and all(word.isdigit() for word in words[1:6]):
            into[words[0]] = [int(word) for word in words[1:6]]


def fault(words):
    """An injected fault: KIND, then pairs KEY VALUE among other words."""
    found = {"kind": words[0], "text": " ".join(words)}
    for key, value in zip(words[1:], words[2:]):
        if key in FAULT_FIELDS or key == "field":
            found[key] = value
    return found


class Kernel:
    """The kernel's lines."""

    def __init__(self, out, programs):
        self.out, self.programs = out, programs
        self.listing = self.other = False
        self.trace, self.header, self.link = None, None, None
        self.deaths = []
        out["tasks"], out["panic"], out["panic_trace"] = {}, [], None

    def line(self, text):
        if text.startswith("ORACLE "):
            self.programs.oracle(text[len("ORACLE "):].rstrip())
        elif re.match(r"^(sysrq: |SysRq : )Show State", text):
            self.listing, self.trace = True, None
        elif self.listing:
            self.listed(text)
        else:
            self.dying(text)

    def end_listing(self):
        self.listing, self.trace = False, None

    def listed(self, text):
        task = TASK.match(text)
        if task:
            self.trace = Trace()
            self.out["tasks"][task[3]] = {"comm": task[1].strip(), "state": task[2],
                                          "ppid": int(task[4]), "trace": self.trace}
        elif re.match(r"^(Sched Debug|Showing busy workqueues)", text):
            self.trace = None
        elif self.trace:
            self.trace.feed(text)

    def dying(self, text):
        header = CPU.match(text)
        if OTHER_CPU.match(text):
            self.other = True
        elif header:
            self.trace, self.link = Trace(), None
            self.header = {"cpu": int(header[1]), "pid": int(header[2]), "comm": header[3]}
            if not self.other:
                self.deaths.append((self.header, self.trace))
            self.other = False
        elif re.match(r"^(Modules linked in|---\[ end|Kernel panic)", text) and \
                self.trace and self.trace.frames and not self.trace.frames[-1]["regs"]:
            self.trace = None
        elif self.trace and LINK.match(text):
            self.header["lr"] = LINK.match(text)[1]
        elif self.trace:
            self.trace.feed(text)
        if DIED.search(text) and "---[" not in text:
            self.out["panic"].append(text.strip())

    def finish(self):
        for task in self.out["tasks"].values():
            trace = task.pop("trace")
            task["frames"] = [frame_text(frame) for frame in trace.reliable()]
            task["complete"] = trace.complete()
        for pid, status in self.out["status"].items():
            if pid not in self.out["tasks"] and status.get("State", "").startswith("Z"):
                self.out["tasks"][pid] = {"comm": status["Name"], "state": "Z", "complete": False,
                                          "ppid": int(status["PPid"]), "frames": []}
        for header, trace in self.deaths:
            if trace.frames:
                self.out["panic_trace"] = dict({"lr": None}, **header, complete=trace.complete(),
                                               frames=trace.reliable())


def parse(text):
    """The console's text as a dict (see the top of this file)."""
    out = {"schema": SCHEMA}
    programs = Programs(out)
    kernel = Kernel(out, programs)
    for stamp, line in lines(text):
        if stamp is not None:
            kernel.line(line)
            continue
        if line.startswith("ORACLE begin"):
            kernel.deaths.clear()       # warnings of the boot are no deaths
            out["panic"].clear()
        elif line.startswith("ORACLE sysrq-t end"):
            kernel.end_listing()
        programs.line(line)
    kernel.finish()
    return out


def log(text):
    """The kernel's lines, [[time stamp, text]], in order."""
    return [[stamp, line] for stamp, line in lines(text) if stamp is not None]


def dumps(value):
    """JSON with one task, one symbol, one process on a line: small, and a diff of it reads well."""
    compact = ("tasks", "kallsyms", "status", "stack", "maps", "fds", "slabinfo", "cmdline")
    out = []
    for key, item in value.items():
        if key in compact:
            rows = ["  %s: %s" % (json.dumps(k), json.dumps(v)) for k, v in item.items()]
            text = "{\n%s\n }" % ",\n".join(rows) if rows else "{}"
        else:
            text = json.dumps(item, indent=1).replace("\n", "\n ")
        out.append(" %s: %s" % (json.dumps(key), text))
    return "{\n%s\n}\n" % ",\n".join(out)


def read_text(path):
    """The text of a file, unpacked if it is a .zst."""
    path = pathlib.Path(path)
    if path.suffix == ".zst":
        data = subprocess.run(["zstd", "-dc", "--long=27", "-q", str(path)], check=True,
                              stdout=subprocess.PIPE).stdout
    else:
        data = path.read_bytes()
    return data.decode("utf-8", "replace")


def main(argv):
    if len(argv) not in (1, 2):
        print(__doc__.splitlines()[0], file=sys.stderr)
        return 2
    text = dumps(parse(read_text(argv[0])))
    if len(argv) == 2:
        pathlib.Path(argv[1]).write_text(text)
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
