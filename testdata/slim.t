#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""slim.t [DUMP [-s FILE]]: a slim dump says what the whole one says, in text and in JSON.

With DUMP: that one, whole. Without: the stored captures, which are slim already (each is made
again and must lose nothing), for what slim promises of its files, and what it refuses.
CAIRN names the program, CAPTURES the folder of unpacked captures. With DUMP, crash and drgn
are asked as well, where peers.py finds them and VMLINUX names the vmlinux.
"""

import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]
sys.dont_write_bytecode = True

import captures     # noqa: E402
import damage       # noqa: E402
import peers        # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
CAIRN = os.path.abspath(os.environ.get("CAIRN", HERE.parent / "build" / "cairn"))
UNPACKED = pathlib.Path(os.environ.get("CAPTURES", HERE.parent / "build" / "unpacked")).resolve()
STANDARD = ("triage", "foreach bt", "check", "bt -a", "ps", "log", "sys", "mod", "wait")
DEMO = captures.DEMO
SECONDS = 300


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, text, why=""):
        self.count += 1
        self.failed += not good
        print("%s %d - %s" % ("ok" if good else "not ok", self.count, text), flush=True)
        for line in [] if good else str(why).splitlines()[:20]:
            print("#   " + line[:300])

    def end(self):
        print("1..%d" % self.count)
        return 1 if self.failed or not self.count else 0


def cairn(*words, cwd=None):
    """(exit code, standard output, standard error) of one run that knows nothing beforehand."""
    done = subprocess.run([CAIRN, "--no-cache", "--no-debug-search", "--color=never",
                           *map(str, words)], capture_output=True, text=True, cwd=cwd,
                          timeout=SECONDS, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def answer(dump, options, mode, command):
    """All that a command says of a dump, which is called `dump` for it; but not how long it
    took, and (`sys`) what format the file has."""
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(pathlib.Path(dump).resolve(), os.path.join(folder, "dump"))
        code, out, err = cairn(*options, *mode, "dump", *command.split(), cwd=folder)
    return re.sub(r'"elapsed_ms":[0-9.]+|"format":"[^"]*"|(?<=FILE: dump  )\[.*\]', "",
                  "%s%sexit %d" % (out, err, code))


def first_difference(a, b):
    for x, y in zip(a.splitlines(), b.splitlines()):
        if x != y:
            return "- %s\n+ %s" % (x, y)
    return "lines: %d, %d" % (len(a.splitlines()), len(b.splitlines()))


def says_the_same(tap, what, whole, slim, options, commands=STANDARD):
    for command in commands:
        for mode in ((), ("-j",)):
            a, b = (answer(dump, options, mode, command) for dump in (whole, slim))
            # checkers that find nothing have nothing to say
            tap.ok(a == b and (len(a) > 20 or command == "check"), "%s: %s %s" % (what, command, " ".join(mode)),
                   first_difference(a, b))


def slim(tap, what, dump, out, options=(), words=()):
    pathlib.Path(out).unlink(missing_ok=True)
    code, _, err = cairn(*options, dump, "slim", *words, "-o", out)
    tap.ok(code in (0, 4) and pathlib.Path(out).exists(), "%s: slim (%d)" % (what, code), err)


def header(path):
    """The fields of a kdump file's headers that must survive."""
    data = pathlib.Path(path).read_bytes()
    dump = damage.Kdump(data)
    notes = struct.unpack_from("<QQ", data, dump.block + 48)
    return data[12:424], data[dump.block:dump.block + 12], data[notes[0]:sum(notes)]


def check_forms(tap, folder, dump):
    """The same pages, however they are packed."""
    for words in (("-z", "zlib"), ("-z", "none"), ("-z", "zstd")):
        out = folder / "form"
        slim(tap, " ".join(words), dump, out, words=words)
        says_the_same(tap, " ".join(words), dump, out, (), ("triage", "ps"))
        tap.ok(header(dump) == header(out), "%s: header fields and notes are the same"
               % " ".join(words))
    slim(tap, ".zst", dump, folder / "form.zst")
    tap.ok((folder / "form.zst").read_bytes()[:4] == b"\x28\xb5\x2f\xfd", ".zst: is zstd")
    subprocess.run(["zstd", "-dqf", folder / "form.zst", "-o", folder / "plain"], check=True)
    says_the_same(tap, ".zst, decompressed", dump, folder / "plain", (), ("triage",))
    says_the_same(tap, ".zst", dump, folder / "form.zst", (), ("triage",))
    tap.ok((folder / "form.zst").stat().st_mode & 0o77 == 0, "the file is its owner's alone")
    tap.ok(not list(folder.glob("form*.??????")), "nothing is left beside it")


def check_few(tap, folder, dump):
    """Few commands, few pages; a split line's words; what it then cannot say."""
    slim(tap, "one task", dump, folder / "few", words=("bt 1",))
    slim(tap, "everything", dump, folder / "all")
    few, much = (folder / name for name in ("few", "all"))
    tap.ok(few.stat().st_size < much.stat().st_size, "one task takes less than everything")
    says_the_same(tap, "one task", dump, few, (), ("bt 1",))
    code, out, err = cairn(few, "log")
    tap.ok(code == 4 and "excluded" in out + err, "what was not asked for is excluded", out + err)


def check_redact(tap, folder, dump, options):
    """Of a whole dump: a slim one lacks what tells whose the pages are, and is refused."""
    slim(tap, "--redact", dump, folder / "redacted", options, ("--redact",))
    says_the_same(tap, "--redact", dump, folder / "redacted", options, ("foreach bt", "ps", "mod"))
    code, _, err = cairn(*options, folder / "redacted", "slim", "--redact", "-o", folder / "x")
    tap.ok(code == 4 and "--redact cannot be kept" in err and not (folder / "x").exists(),
           "--redact is refused where it cannot be kept", err)


def check_damaged(tap, folder, dump):
    """Damage stays what it is."""
    code, out, _ = cairn("-j", dump, "vtop", "init_task")
    paddr = re.search(r'"paddr":"(0x[0-9a-f]+)"', out)[1]
    for how in ("spoil", "exclude"):
        bad, out = folder / how, folder / (how + ".slim")
        subprocess.run([sys.executable, HERE / "damage.py", how, paddr, dump, bad], check=True)
        slim(tap, how, bad, out)
        says_the_same(tap, how, bad, out, (), ("ps", "rd init_task", "log"))


def check_refusals(tap, folder, dump):
    copy, fifo = folder / "copy", folder / "fifo"
    shutil.copy(dump, copy)
    before = copy.read_bytes()
    os.mkfifo(fifo)
    cases = (
        ((copy, "slim"), 2, "-o FILE"),
        ((copy, "slim", "-o", copy), 2, "is the dump itself"),
        ((copy, "slim", "-o", fifo, "sys"), 2, "is no regular file"),
        ((copy, "slim", "-o", folder, "sys"), 2, "is no regular file"),
        ((copy, "slim", "-o", folder / "x", "nonsense"), 2, "no such command"),
        ((copy, "slim", "-o", folder / "x", "bt 99999"), 2, "99999"),
        ((copy, "slim", "-o", folder / "x", "slim -o y"), 2, "slim reads"),
        ((copy, "slim", "-o", folder / "x", "ps | cat"), 2, "no pipes and files here"),
        ((copy, "slim", "-z", "lzma", "-o", folder / "x"), 2, "lzma"),
        ((copy, "slim", "-o", folder / "none" / "x"), 3, "No such file"),
        ((copy, "slim", "-o", "/dev/null/x", "sys"), 3, "Not a directory"),
        ((copy, "slim", "-o", "/dev/stdin", "sys"), 2, "no regular file"),
        ((copy, "slim", "-o", folder, "sys"), 2, "no regular file"),
    )
    for words, want, text in cases:
        code, _, err = cairn(*words)
        tap.ok(code == want and text in err, "refused: %s" % text, "%d %s" % (code, err))
    tap.ok(not (folder / "x").exists(), "a refusal writes nothing")
    tap.ok(copy.read_bytes() == before, "the dump itself is untouched")
    tap.ok(fifo.is_fifo(), "so is what is no file")


def pages(path):
    """Numbers of the pages that a kdump file holds."""
    dump = damage.Kdump(pathlib.Path(path).read_bytes())
    return {8 * at + bit for at, byte in enumerate(dump.data[dump.bitmap2:dump.descs])
            for bit in range(8) if byte >> bit & 1}


# Texts and tables that a tool reads before anything is asked of it.
READ_BY = {
    "crash": ("linux_banner", "init_uts_ns", "pageflag_names", "task_state_array"),
    "drgn": ("linux_banner", "init_uts_ns"),
}


def check_for(tap, folder, dump, options=(), whole=False):
    """--for adds pages and takes none; what is added is that tool's."""
    slim(tap, "one command", dump, folder / "plain", options, ("-z", "none", "sys"))
    for tool, symbols in READ_BY.items():
        out = folder / tool
        slim(tap, "--for " + tool, dump, out, options, ("-z", "none", "--for", tool, "sys"))
        less, more = pages(folder / "plain"), pages(out)
        tap.ok(less < more, "--for %s: more pages, and all of those without it" % tool,
               "%d, %d, %d are missing" % (len(less), len(more), len(less - more)))
        says_the_same(tap, "--for " + tool, dump, out, options, ("sys",))
        for symbol in symbols if whole else ():
            code, _, err = cairn(*options, out, "rd", symbol)
            tap.ok(code == 0, "--for %s holds %s" % (tool, symbol), err)
    code, _, err = cairn(*options, dump, "slim", "--for", "gdb", "-o", folder / "x", "sys")
    tap.ok(code == 2 and "gdb" in err and not (folder / "x").exists(),
           "--for a tool that it does not know is refused", err)


def kernel_frames(stacks):
    """{pid: frames}: drgn walks on into the stacks of processes, which no slim dump has."""
    return {pid: [frame for frame in stack["frames"] if frame["function"]]
            for pid, stack in stacks.items()}


def check_peers(tap, folder, dump, options):
    """The tools themselves see the same stacks in their slim dump and in the whole one."""
    code, out, _ = cairn("-j", *options, dump, "triage")
    build_id = re.search(r'"build_id":"([0-9a-f]+)"', out)
    vmlinux = peers.Vmlinux(os.environ.get("VMLINUX")).of(build_id and build_id[1])
    for peer in (peers.Crash(), peers.Drgn()):
        what = "%s reads the same stacks from --for %s" % (peer.name, peer.name)
        if not vmlinux or not peer.version():
            tap.ok(True, "%s # SKIP %s" % (what, "VMLINUX has no vmlinux of this dump" if not vmlinux
                                           else "it is not installed"))
            continue
        slim(tap, "--for " + peer.name, dump, folder / "peer", options, ("--for", peer.name))
        had, has = (peer.ask(str(file), vmlinux, folder) for file in (dump, folder / "peer"))
        if had.opens:
            tap.ok(True, "%s # SKIP it does not read the whole dump: %s" % (what, had.opens))
            continue
        want, have = kernel_frames(had.stacks), kernel_frames(has.stacks)
        other = [pid for pid in want if want[pid] != have.get(pid)]
        tap.ok(want and not other, what, "%s; other stacks: %s" % (has.opens, other))


def check_stored(tap):
    subprocess.run([sys.executable, HERE / "captures.py", "unpack", UNPACKED], check=True)
    for name in captures.stored():
        if captures.base_of(name) != name:
            continue
        types = UNPACKED / captures.types_of(name)
        options = ("-s", types) if types.exists() else ()
        dump = UNPACKED / (name + ".kdump")
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "slim"
            slim(tap, name, dump, out, options)
            says_the_same(tap, name, dump, out, options)
    demo = UNPACKED / (DEMO + ".kdump")
    for check in (check_forms, check_few, check_damaged, check_for, check_refusals):
        with tempfile.TemporaryDirectory() as folder:
            check(tap, pathlib.Path(folder), demo)


def main(argv):
    tap = Tap()
    if not argv:
        check_stored(tap)
        return tap.end()
    with tempfile.TemporaryDirectory() as folder:
        for form in ("slim", "slim.zst"):
            out = pathlib.Path(folder) / form
            slim(tap, form, argv[0], out, argv[1:])
            says_the_same(tap, form, argv[0], out, argv[1:])
        check_redact(tap, pathlib.Path(folder), argv[0], argv[1:])
        check_for(tap, pathlib.Path(folder), argv[0], argv[1:], whole=True)
        check_peers(tap, pathlib.Path(folder), argv[0], argv[1:])
    return tap.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
