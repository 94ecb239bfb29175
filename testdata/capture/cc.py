#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""cc.py COMPILER ARGUMENT…: run a compiler without the options it does not know.

A kernel's headers carry the options of the compiler that built it; modules for a new kernel are
built here with the compiler at hand, which may be older.
"""

import re
import subprocess
import sys

UNKNOWN = re.compile(r"unrecognized (?:command-line )?option [‘'`\"]([^’'\"]+)")


def main(argv):
    while True:
        done = subprocess.run(argv, stderr=subprocess.PIPE, text=True)
        unknown = set(UNKNOWN.findall(done.stderr)) & set(argv)
        if not done.returncode or not unknown:
            sys.stderr.write(done.stderr)
            return done.returncode
        argv = [word for word in argv if word not in unknown]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
