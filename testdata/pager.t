#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""pager.t: the shell on a terminal of 20 rows: what exceeds it goes to $PAGER, nothing else does, and a
pager that is left ends the command and nothing more. TAP; CAIRN names the program."""
import fcntl
import os
import pty
import re
import select
import struct
import sys
import tempfile
import termios

here = os.path.dirname(os.path.abspath(__file__))
cairn = os.path.abspath(os.environ.get("CAIRN", os.path.join(here, "../build/cairn")))
dump = os.path.join(here, "captures/amd64-6.1-irqbug.kdump.zst")


def session(pager, lines, options=()):
    """What the terminal shows, without the echo of what is typed and without colour."""
    home = tempfile.TemporaryDirectory()
    pid, fd = pty.fork()
    if pid == 0:
        env = dict(os.environ, TERM="xterm", HOME=home.name, INPUTRC="/dev/null", NO_COLOR="1")
        env.pop("LESS", None)
        env.pop("PAGER", None)
        if pager is not None:
            env["PAGER"] = pager
        os.execve(cairn, [cairn, "--no-debug-search", *options, dump], env)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 20, 200, 0, 0))
    said = wait(fd, b"cairn> ")
    for line in lines + ["q"]:
        os.write(fd, line.encode() + b"\n")
        said += wait(fd, b"cairn> " if line != "q" else None)
    os.close(fd)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    home.cleanup()
    return re.sub(rb"\x1b\[[?0-9;]*[a-zA-Z]", b"", said).decode(), status


def wait(fd, end):
    """Read up to the prompt, or all of it."""
    said = b""
    while end is None or not said.endswith(end):
        if not select.select([fd], [], [], 20)[0]:
            return said + b"(nothing for 20 s)"
        try:
            piece = os.read(fd, 65536)
        except OSError:
            return said
        if not piece:
            return said
        said += re.sub(rb"\x1b\[\?2004[hl]\r?", b"", piece)
    return said


count = 0
failed = False


def ok(what, good, text):
    global count, failed
    count += 1
    print("ok" if good else "not ok", count, "-", what)
    if not good:
        failed = True
        print("".join("# " + line + "\n" for line in text.splitlines()[-25:]), end="")


MARK = "sed s/^/paged:/"
text, status = session(MARK, ["ps"])
ok("what exceeds the terminal is paged", text.count("paged:") > 20 and status == 0, text)
text, _ = session(MARK, ["sym panic"])
ok("what does not is not", "paged:" not in text and "panic" in text, text)
text, _ = session(MARK, ["set pager off", "ps", "set pager on", "ps"])
ok("set pager", text.count("paged:") > 20 and
   text.index("set pager on") < text.index("paged:"), text)
text, _ = session(MARK, ["ps -j", "ps | cat", "ps >/dev/null"])
ok("never JSON, programs or files", "paged:" not in text and '"schema"' in text, text)
text, _ = session(MARK, ["ps"], ["-j"])
ok("nor under -j", "paged:" not in text and '"schema"' in text, text)
text, status = session("head -1 | sed s/^/paged:/", ["foreach bt", "sym panic"])
ok("leaving it ends the command, not the shell",
   text.count("paged:") == 1 and "(T) panic" in text and status == 0, text)
text, _ = session("cat", ["ps"])
ok("cat is none", text.count("[kworker") > 5, text)
text, _ = session("sed \"s/^/paged:$LESS:/\"", ["ps", "!echo less=$LESS."])
ok("LESS is the pager's alone", "paged:RFX:" in text and "less=." in text, text)
text, _ = session("true", ["ps nosuch", "ps"])
ok("errors are said without it", "no task has" in text, text)
print("1..%d" % count)
sys.exit(failed)
