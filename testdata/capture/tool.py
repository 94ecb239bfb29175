# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that the kit runs. Each has a deadline, and none leaves anything running behind."""

import ctypes
import os
import re
import signal
import shutil
import subprocess

TAIL_LINES = 15
PR_SET_PDEATHSIG = 1        # include/uapi/linux/prctl.h


class ToolError(Exception):
    """A program is missing, failed or took too long; the text has the end of what it said."""


def die_with_parent():
    """For preexec_fn: the kernel ends the child when this program dies, however it dies."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def tail(text, lines=TAIL_LINES):
    return "\n".join(line.rstrip() for line in text.strip().splitlines()[-lines:])


def run(argv, seconds=300, **kwargs):
    """Standard output of a program. It and its children are killed at the deadline."""
    argv = [str(word) for word in argv]
    try:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, errors="replace",
                                   start_new_session=True, preexec_fn=die_with_parent, **kwargs)
    except OSError as error:
        raise ToolError("%s: %s" % (argv[0], error.strerror)) from error
    try:
        out, err = process.communicate(timeout=seconds)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise ToolError("%s: not done after %d s:\n%s"
                            % (" ".join(argv[:3]), seconds, tail(out + err))) from error
        raise
    if process.returncode:
        raise ToolError("%s failed (%d):\n%s"
                        % (" ".join(argv[:3]), process.returncode, tail(out + err)))
    return out


def need(*programs):
    """ToolError naming the programs that are not installed."""
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        raise ToolError("not installed: " + ", ".join(missing))


def version(program, option="--version"):
    """The first version number that a program prints; None if it prints none."""
    found = re.search(r"\d+(\.\d+)+", run([program, option], 20))
    return found[0] if found else None
