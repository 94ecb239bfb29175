#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""cc.py COMPILER ARGUMENT…: run a compiler without the options it does not know.

A kernel's headers carry the options of the compiler that built it; modules for a new kernel are
built here with the compiler at hand, which may be older.
"""

import re
import subprocess
import sys

# Before each function arm64's ftrace keeps an aligned pointer, for which there is no room where the
# compiler cannot align all functions: then ftrace leaves this module out.
ALIGNED = "-fmin-function-alignment="
POINTERS = "-fpatchable-function-entry=4,2"
UNKNOWN = re.compile(r"unrecognized (?:command-line )?option [‘'`\"]([^’'\"]+)")


def main(argv):
    while True:
        done = subprocess.run(argv, stderr=subprocess.PIPE, text=True)
        unknown = set(UNKNOWN.findall(done.stderr)) & set(argv)
        if not done.returncode or not unknown:
            sys.stderr.write(done.stderr)
            return done.returncode
        if any(word.startswith(ALIGNED) for word in unknown):
            unknown.add(POINTERS)
        argv = [word for word in argv if word not in unknown]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
