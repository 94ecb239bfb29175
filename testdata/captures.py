#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""captures.py unpack DIR [NAME...]: the stored captures as plain files in DIR.
captures.py list                    the stored captures' names, a line each.
captures.py store CAIRN DIR NAME...: slim captures that the kit left in DIR, and store them.

A capture MACHINE-KERNEL-SCENARIO is stored in testdata/captures as
  NAME.kdump.zst          a slim dump, which cairn opens as it is; or, smaller by far,
  NAME.from-BASE.zst      the difference to another slim dump of the same kernel, of whatever setup
                          (MACHINE-KERNEL+SETUP-SCENARIO)
  NAME.oracle.json.zst    what the kernel said of itself (oracle.py)
  NAME.console.zst        its console
  MACHINE-KERNEL.btf.zst  types, where the kernel carries none
and unpacked under the same names without .zst, the dump as NAME.kdump. What `make demo` opens has
beside it the debug file of its module, out of testdata/debug.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
STORE = HERE / "captures"
LEVEL = ("-19", "--long=27")
WINDOW = "--long=27"
DEMO = "amd64-6.1-irqbug"       # what `make demo` opens
DEMO_DEBUG = "scen.ko.debug"    # of its module: objcopy --only-keep-debug
# The capture of each kernel that the others are differences to.
BASES = {"amd64-6.1": "irqbug"}
USUAL_BASE = "sysrq"


def zstd(*words):
    subprocess.run(["zstd", "-q", "-f", *map(str, words)], check=True,
                   stderr=subprocess.DEVNULL)


def kernel_of(name):
    """MACHINE-KERNEL of a capture's name."""
    return "-".join(name.split("-")[:2])


def base_of(name):
    kernel = kernel_of(name).partition("+")[0]
    return "%s-%s" % (kernel, BASES.get(kernel, USUAL_BASE))


def dumped_alive(name):
    """A guest, dumped by the way of its host: it did not crash, and its console has no oracle."""
    return name.endswith("-guest")


def stored():
    """Names of all captures in the store, each behind the one that it is a difference to."""
    names = {path.name.split(".from-")[0] if ".from-" in path.name
             else path.name.removesuffix(".kdump.zst")
             for pattern in ("*.kdump.zst", "*.from-*.zst") for path in STORE.glob(pattern)}
    return sorted(names, key=lambda name: (kernel_of(name), name != base_of(name), name))


def types_of(name):
    """Name of the file with the types of a capture's kernel, if it carries none itself."""
    return kernel_of(name) + ".btf"


# ---- unpack ----

def newer(made, *sources):
    return made.exists() and all(made.stat().st_mtime >= source.stat().st_mtime
                                 for source in sources)


def unpack_file(source, made, *words):
    """Decompress unless it is there; appears whole or not at all."""
    if newer(made, source):
        return
    part = made.with_name("%s.%d.part" % (made.name, os.getpid()))
    zstd("-d", WINDOW, *words, source, "-o", part)
    part.rename(made)
    made.touch()


def unpack(name, folder):
    whole = STORE / (name + ".kdump.zst")
    if whole.exists():
        unpack_file(whole, folder / (name + ".kdump"))
    else:
        difference = next(STORE.glob(name + ".from-*.zst"))
        base = difference.name.removesuffix(".zst").split(".from-")[1]
        unpack(base, folder)
        unpack_file(difference, folder / (name + ".kdump"),
                    "--patch-from=%s" % (folder / (base + ".kdump")))
    for kind in ("oracle.json", "console"):
        unpack_file(STORE / ("%s.%s.zst" % (name, kind)), folder / ("%s.%s" % (name, kind)))
    types = STORE / (types_of(name) + ".zst")
    if types.exists():
        unpack_file(types, folder / types_of(name))
    if name == DEMO:
        unpack_file(HERE / "debug" / (DEMO_DEBUG + ".zst"), folder / DEMO_DEBUG)


# ---- store ----

# What the comparison with the oracle and the other tests ask of every capture.
ALWAYS = ("triage", "foreach bt", "foreach -u vm", "check", "wait -a", "bt -a", "ps", "log", "sys", "mod")


def golden_commands(name):
    """The command lines that goldens of this capture are made of: it must answer them all."""
    for line in (HERE / "golden" / "commands").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            _, which, words = line.split("\t")
            if which not in ("one", "debug") or name == DEMO:
                yield words


def slim(cairn, folder, name, out):
    """The capture in `folder` with only the pages that the goldens' commands read."""
    types = folder / (types_of(name) + ".zst")
    with tempfile.TemporaryDirectory() as temporary:
        words = [cairn, "--no-debug-search"]
        if types.exists():
            plain = pathlib.Path(temporary) / "btf"
            zstd("-d", types, "-o", plain)
            words += ["-s", plain]
        if name == DEMO:
            debug = pathlib.Path(temporary) / DEMO_DEBUG
            zstd("-d", HERE / "debug" / (DEMO_DEBUG + ".zst"), "-o", debug)
            words += ["-s", debug]
        words += [folder / (name + ".kdump.zst"), "slim", "-z", "none", "-o", out,
                  *ALWAYS, *golden_commands(name)]
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode not in (0, 4):
        raise SystemExit("%s: slim failed:\n%s" % (name, done.stderr))


def differences_to(base):
    """Names of the captures that are stored as differences to this one."""
    return [path.name.split(".from-")[0] for path in sorted(STORE.glob("*.from-%s.zst" % base))]


def redo(base, plain, temporary):
    """{name in the store: file} of the differences to a base that is about to be another."""
    made = {}
    for name in differences_to(base):
        unpack(name, temporary)
        difference = "%s.from-%s.zst" % (name, base)
        made[difference] = temporary / difference
        zstd(*LEVEL, "--patch-from=%s" % plain, temporary / (name + ".kdump"),
             "-o", made[difference])
    return made


def make(cairn, folder, name, temporary):
    """{name in the store: file} of all that storing a capture puts there."""
    base = base_of(name)
    plain = temporary / "plain"
    slim(cairn, folder, name, plain)
    if name == base:
        made = redo(base, plain, temporary)
        dump, how = name + ".kdump.zst", ()
    else:
        unpack(base, temporary)
        made = {}
        dump, how = ("%s.from-%s.zst" % (name, base),
                     ("--patch-from=%s" % (temporary / (base + ".kdump")),))
    made[dump] = temporary / dump
    zstd(*LEVEL, *how, plain, "-o", made[dump])
    console = temporary / "console"
    zstd("-d", folder / (name + ".console.zst"), "-o", console)
    for kind, source in (("console", console), ("oracle.json", folder / (name + ".oracle.json"))):
        packed = "%s.%s.zst" % (name, kind)
        made[packed] = temporary / packed
        zstd(*LEVEL, source, "-o", made[packed])
    types = types_of(name) + ".zst"
    if (folder / types).exists():
        made[types] = folder / types
    return made


def put(made):
    """Take files into the store, each whole or not at all."""
    parts = [(STORE / (".%s.%d.part" % (name, os.getpid())), STORE / name) for name in made]
    try:
        for (part, _), source in zip(parts, made.values()):
            part.write_bytes(source.read_bytes())
        for part, final in parts:
            part.replace(final)
    finally:
        for part, _ in parts:
            part.unlink(missing_ok=True)


def store(cairn, folder, name):
    """Take one capture into the store, where nothing is touched before all of it is made. Its
    base must be there, or be itself: then the differences to it are made again."""
    with tempfile.TemporaryDirectory() as temporary:
        made = make(cairn, folder, name, pathlib.Path(temporary))
        put(made)
    for old in [STORE / (name + ".kdump.zst"), *STORE.glob(name + ".from-*.zst")]:
        if old.name not in made:
            old.unlink(missing_ok=True)
    for file in made:
        print("%s: %d bytes" % (file, (STORE / file).stat().st_size))


def main(argv):
    if len(argv) >= 2 and argv[0] == "unpack":
        folder = pathlib.Path(argv[1])
        folder.mkdir(parents=True, exist_ok=True)
        for name in argv[2:] or stored():
            unpack(name, folder)
    elif argv == ["list"]:
        print("\n".join(stored()))
    elif len(argv) >= 4 and argv[0] == "store":
        for name in sorted(argv[3:], key=lambda name: name != base_of(name)):
            store(argv[1], pathlib.Path(argv[2]), name)
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
