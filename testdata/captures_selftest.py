#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""captures_selftest.py: does the store of captures keep what it has? TAP.

The store is a folder of this test's own; the program that slims is a copy, or one that fails.
"""

import contextlib
import pathlib
import random
import stat
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]
sys.dont_write_bytecode = True

import captures     # noqa: E402
import selftest     # noqa: E402

BASE, OTHER = "i386-9.9-sysrq", "i386-9.9-nmi"


def program(folder, text):
    path = folder / "program"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def copying(folder):
    """Stands in for `cairn ... FILE slim ... -o OUT ...`."""
    return program(folder, """while [ "$1" != slim ]; do file=$1; shift; done
while [ "$1" != -o ]; do shift; done
zstd -dqf "$file" -o "$2"
""")


def kit(folder, name, data):
    """What the kit leaves of one capture."""
    for kind, content in (("kdump", data), ("console", b"console " + data[:9])):
        (folder / kind).write_bytes(content)
        captures.zstd(folder / kind, "-o", folder / ("%s.%s.zst" % (name, kind)))
    (folder / (name + ".oracle.json")).write_text("{}")


def noise(seed, size=200000):
    return random.Random(seed).randbytes(size)


def fresh(folder):
    """A store with a base and a difference to it."""
    captures.STORE = folder / "store"
    captures.STORE.mkdir()
    (folder / "kit").mkdir()
    kit(folder / "kit", BASE, noise(1))
    kit(folder / "kit", OTHER, noise(1)[:100000] + noise(2, 1000) + noise(1)[100000:])
    for name in (BASE, OTHER):
        captures.store(copying(folder), folder / "kit", name)


def names():
    return sorted(path.name for path in captures.STORE.iterdir())


def unpacked(folder, name):
    out = pathlib.Path(tempfile.mkdtemp(dir=folder))
    captures.unpack(name, out)
    return (out / (name + ".kdump")).read_bytes()


def what_was_stored_comes_back(folder):
    fresh(folder)
    size = (captures.STORE / ("%s.from-%s.zst" % (OTHER, BASE))).stat().st_size
    return (captures.stored() == [BASE, OTHER] and unpacked(folder, BASE) == noise(1) and
            unpacked(folder, OTHER)[100000:101000] == noise(2, 1000) and size < 10000)


def setups_share_a_base(folder):
    fresh(folder)
    name = BASE.replace("-9.9-", "-9.9+numa-")
    kit(folder / "kit", name, noise(4, 1000) + noise(1))
    captures.store(copying(folder), folder / "kit", name)
    return ((captures.STORE / ("%s.from-%s.zst" % (name, BASE))).exists() and
            captures.stored()[0] == BASE and unpacked(folder, name)[1000:] == noise(1))


def a_new_base_keeps_its_differences(folder):
    fresh(folder)
    before = unpacked(folder, OTHER)
    kit(folder / "kit", BASE, noise(3, 1000) + noise(1))
    captures.store(copying(folder), folder / "kit", BASE)
    return unpacked(folder, BASE)[1000:] == noise(1) and unpacked(folder, OTHER) == before


def what_fails_leaves_the_store_alone(folder):
    fresh(folder)
    before = {path.name: path.read_bytes() for path in captures.STORE.iterdir()}
    for broken in (program(folder, "exit 3\n"), folder / "no-such-program"):
        try:
            captures.store(broken, folder / "kit", BASE)
            return False
        except (SystemExit, OSError):
            pass
    (folder / "kit" / (OTHER + ".oracle.json")).unlink()
    try:
        captures.store(copying(folder), folder / "kit", OTHER)
        return False
    except (SystemExit, OSError, captures.subprocess.CalledProcessError):
        pass
    return before == {path.name: path.read_bytes() for path in captures.STORE.iterdir()}


def nothing_is_left_beside(folder):
    fresh(folder)
    return not [name for name in names() if name.startswith(".") or "part" in name]


TESTS = [what_was_stored_comes_back, setups_share_a_base, a_new_base_keeps_its_differences,
         what_fails_leaves_the_store_alone, nothing_is_left_beside]


def apart(test):
    """What it returns in a folder of its own; what it prints is not for the reader of TAP."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        return test(pathlib.Path(folder))


if __name__ == "__main__":
    sys.exit(selftest.run(TESTS, apart))
