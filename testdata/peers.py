# SPDX-License-Identifier: GPL-2.0-or-later
"""drgn and crash as further opinions on a dump: the stack of every task, in cairn's own shape.

A peer is found by a command line in the environment (DRGN, CRASH; a chroot, say) or by its name in
PATH. Both need the dump's vmlinux with DWARF: VMLINUX names it, or a folder of them. What they say of
a dump stays the same, and takes most of the time: where PEER_ANSWERS names a folder, it is kept there
and not asked for again, by version and dump.
"""

import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import struct
import subprocess
import time
import typing

import compare

SECONDS = 120           # for one run of a peer
SHT_NOTE = 7            # elf(5)
NT_GNU_BUILD_ID = 3

# What drgn is asked. Names are the symbols' (a function that the compiler split has another name in
# DWARF), and modules have their symbols from the dump, as cairn has.
DRGN = """
import json
from drgn.helpers.linux.pid import for_each_task
try:
    from drgn.helpers.linux.kallsyms import load_module_kallsyms
    prog.register_symbol_finder("modules", load_module_kallsyms(prog), enable_index=-1)
except Exception:
    pass


def frames(task):
    for frame in prog.stack_trace(task):
        try:
            symbol = frame.symbol()
            name, offset = symbol.name, frame.pc - symbol.address
        except LookupError:
            name, offset = None, 0
        yield {"function": name, "offset": offset, "pc": frame.pc, "inline": frame.is_inline}


for task in for_each_task(prog):
    try:
        found = list(frames(task))
    except Exception as error:
        found = []
    print(json.dumps({"pid": task.pid.value_(), "frames": found}))
"""


class Answer(typing.NamedTuple):
    """What a peer made of a dump. `opens`: None, or why it did not; `stacks`: pid -> stack;
    `seconds`: the whole process."""
    opens: str
    stacks: dict
    seconds: float


def marked(function, **fields):
    """A frame. Peers do not look behind a trampoline, and its own name is right for it; the kernel
    prints the symbol before it."""
    rule = "rethook" if function in compare.TRAMPOLINES else None
    return dict(function=function, rule=rule, **fields)


def drgn_stacks(text):
    stacks = {}
    for line in text.splitlines():
        if line.startswith("{"):
            stack = json.loads(line)
            frames = [marked(**frame) for frame in stack["frames"]]
            stacks[stack["pid"]] = dict(stack, frames=frames)
    return stacks


def crash_stacks(text):
    """The stacks in what `foreach bt` printed. Registers of an interrupted function stand below
    the frame that has caught it."""
    stacks, frames = {}, []
    for line in text.splitlines():
        task = re.match(r"PID: (\d+) ", line)
        frame = re.match(r" *#\d+ \[\w+\] (\S+) at (\w+)", line)
        exception = re.match(r" +\[exception RIP: ([^+\]]+)(?:\+(\d+))?\]", line)
        if task:
            frames = []
            if int(task[1]):            # the idle tasks share pid 0
                stacks[int(task[1])] = {"pid": int(task[1]), "frames": frames}
        elif frame:
            frames.append(marked(frame[1], offset=1, pc=int(frame[2], 16), inline=False))
        elif exception:
            frames.append(marked(exception[1], offset=int(exception[2] or 0), inline=False))
    return stacks


def respelled(stacks, names):
    """The stacks with the kernel's name of each place. `names`: pc -> name; functions and labels at
    one address have several, and any of them is right."""
    def frame_of(frame):
        return dict(frame, function=names.get(frame.get("pc"), frame["function"]))
    return {pid: dict(stack, frames=[frame_of(frame) for frame in stack["frames"]])
            for pid, stack in stacks.items()}


class Peer:
    """One of them. `name`: as the table has it; `command`: how it is started, [] if it is not
    there."""

    def __init__(self, name, variable, version):
        self.name = name
        self.command = shlex.split(os.environ.get(variable, shutil.which(name) or ""))
        self.version_words = version

    def version(self):
        """Its name and version, or None if it does not run."""
        done = run([*self.command, *self.version_words], "", 60) if self.command else None
        found = re.search(r"\b%s ([\d.]+)" % self.name, done.text) if done else None
        return "%s %s" % (self.name, found[1]) if found else None

    def ask(self, dump, vmlinux, folder):
        """Its Answer on a dump. `folder`: for what it needs to read."""
        if not os.environ.get("PEER_ANSWERS"):
            return self.fresh(dump, vmlinux, folder)
        with open(dump, "rb") as file:
            of = hashlib.file_digest(file, "sha256").hexdigest()
        kept = pathlib.Path(os.environ["PEER_ANSWERS"]) / ("%s-%s.json" % (self.version(), of))
        if not kept.exists():
            write_answer(kept, self.fresh(dump, vmlinux, folder))
        return read_answer(kept)

    def fresh(self, dump, vmlinux, folder):
        raise NotImplementedError

    def answer(self, argv, typed, read):
        done = run(argv, typed, SECONDS)
        stacks = read(done.text) if done.code is not None else {}
        opens = None
        if done.code is None:
            opens = "not within %d s" % SECONDS
        elif not stacks:
            opens = "exit code %d" % done.code
        return Answer(opens, stacks, done.seconds)


def write_answer(path, answer):
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(answer._asdict()))
    part.rename(path)


def read_answer(path):
    kept = json.loads(path.read_text())
    return Answer(**dict(kept, stacks={int(pid): stack for pid, stack in kept["stacks"].items()}))


class Drgn(Peer):
    def __init__(self):
        super().__init__("drgn", "DRGN", ["--version"])

    def fresh(self, dump, vmlinux, folder):
        script = pathlib.Path(folder) / "stacks.py"
        script.write_text(DRGN)
        return self.answer([*self.command, "-q", "-c", dump, "-s", vmlinux, str(script)], "",
                           drgn_stacks)


class Crash(Peer):
    def __init__(self):
        super().__init__("crash", "CRASH", ["--version"])

    def fresh(self, dump, vmlinux, folder):
        return self.answer([*self.command, "-s", vmlinux, dump], "foreach bt\nq\n", crash_stacks)


class Done(typing.NamedTuple):
    """A process that ended: `code` None if it did not in time."""
    code: int
    text: str
    seconds: float


def run(argv, typed, seconds):
    """Run a program with its input; its whole session is killed when the time is up. A program that
    cannot be started ends with code 127, as a shell has it."""
    begin = time.monotonic()
    try:
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, start_new_session=True)
    except OSError as error:
        return Done(127, str(error), 0.0)
    try:
        text, _ = process.communicate(typed.encode(), seconds)
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        text, _ = process.communicate()
        code = None
    return Done(code, text.decode("utf-8", "replace"), time.monotonic() - begin)


# the dump's vmlinux ---------------------------------------------------------------------------

def notes(data):
    """(name, type, contents) of each ELF note."""
    at = 0
    while at + 12 <= len(data):
        name, size, kind = struct.unpack_from("<III", data, at)
        begin = at + 12 + (name + 3 & ~3)
        yield data[at + 12:at + 12 + name].rstrip(b"\0"), kind, data[begin:begin + size]
        at = begin + (size + 3 & ~3)


def build_id(path):
    """The build-id of an ELF file as hex digits; None if it has none or is no ELF file."""
    with open(path, "rb") as file:
        head = file.read(64)
        if head[:4] != b"\x7fELF" or head[5] != 1:
            return None
        wide = head[4] == 2
        start = struct.unpack_from("<Q" if wide else "<I", head, 40 if wide else 32)[0]
        size, count = struct.unpack_from("<HH", head, 58 if wide else 46)
        file.seek(start)
        table = file.read(size * count)
        for at in range(0, len(table) - size + 1, size):
            if struct.unpack_from("<I", table, at + 4)[0] != SHT_NOTE:
                continue
            place, length = struct.unpack_from("<QQ" if wide else "<II", table,
                                               at + (24 if wide else 16))
            file.seek(place)
            for name, kind, contents in notes(file.read(length)):
                if name == b"GNU" and kind == NT_GNU_BUILD_ID:
                    return contents.hex()
    return None


class Vmlinux:
    """The vmlinux files at hand, by build-id."""

    def __init__(self, place):
        place = pathlib.Path(place) if place else None
        files = []
        if place and place.is_dir():
            files = sorted(path for path in place.rglob("vmlinux*") if path.is_file())
        elif place:
            files = [place]
        self.by_id = {build_id(path): str(path) for path in files}

    def of(self, wanted):
        """The file with this build-id, or None."""
        return self.by_id.get(wanted) if wanted else None
