#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""batch.t: triage of many dumps, whole and damaged, leaves a record of each that its JSON Schema
allows; `bucket` counts them all; `expect` passes what it wrote and fails what is another crash. TAP.

CAIRN and CAPTURES name the program and the folder of unpacked captures. BATCH_N: how many dumps, most
of them damaged (40; 200 for the whole of it); BATCH_SEED: where and how.
"""

import collections
import json
import os
import pathlib
import random
import subprocess
import tempfile
import xml.dom.minidom

import jsonschema

HERE = pathlib.Path(__file__).resolve().parent

CAIRN = os.path.abspath(os.environ.get("CAIRN", HERE / "../build/cairn"))
FOLDER = pathlib.Path(os.environ.get("CAPTURES", HERE / "../build/unpacked")).resolve()
N = int(os.environ.get("BATCH_N", "40"))
SEED = int(os.environ.get("BATCH_SEED", "1"))
AT_A_TIME = 40
tests = 0


def ok(what, good, *why):
    global tests
    tests += 1
    print(("ok" if good else "not ok"), tests, "-", what, flush=True)
    if not good:
        for line in why:
            print("#", str(line)[:400])
    return good


def cairn(*words, stdin=None):
    done = subprocess.run([CAIRN, *map(str, words)], input=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=1200)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def records(out):
    return [json.loads(line) for line in out.splitlines()]


def valid(validator, recs):
    return [f"{r.get('file')}: {e.json_path}: {e.message}" for r in recs for e in validator.iter_errors(r)]


def fate(dump, *words):
    code, out, _ = cairn(*words, "triage", "-j", "--deadline", "1", "--max-rss", "4096", dump)
    recs = records(out)
    return code, [r.get("fate") for r in recs if r["schema"] == "cairn.triage/1"]


# ---- all that are stored -----------------------------------------------------------------------

def types_of(dump):
    btf = FOLDER / ("-".join(dump.name.split("-")[:2]) + ".btf")
    return ("-s", btf) if btf.exists() else ()


def whole(validator, dumps):
    groups = collections.defaultdict(list)
    for d in dumps:
        groups[types_of(d)].append(d)
    all_records = b""
    for types, group in groups.items():
        code, out, err = cairn("-j", *types, "triage", *group)
        recs = records(out)
        what = f"{len(group)} captures" + (f" with {types[1].name}" if types else "")
        ok(f"{what}: a record each, in their order",
           [r["file"] for r in recs] == [str(d) for d in group], err)
        ok(f"{what}: all done", all(r["fate"] == "done" for r in recs) and code in (0, 1, 4), code)
        bad = valid(validator, recs)
        ok(f"{what}: as the schema says", not bad, *bad[:10])
        all_records += out
    return all_records


# ---- damaged -----------------------------------------------------------------------------------

def damaged(dump, path, rng):
    data = bytearray(dump.read_bytes())
    kind = rng.choice(["whole", "cut", "bytes", "bytes", "header", "page", "noise", "empty", "missing"])
    if kind == "cut":
        del data[rng.randrange(len(data)):]
    elif kind == "bytes":
        for _ in range(rng.choice([1, 10, 1000])):
            data[rng.randrange(len(data))] = rng.randrange(256)
    elif kind == "header":
        for _ in range(rng.choice([1, 4, 16])):
            data[rng.randrange(min(len(data), 16384))] = rng.randrange(256)
    elif kind == "page":
        at = rng.randrange(len(data))
        data[at:at + 4096] = rng.randbytes(len(data[at:at + 4096]))
    elif kind == "noise":
        data = rng.randbytes(rng.randrange(1, 65536))
    elif kind == "empty":
        data = b""
    if kind != "missing":
        path.write_bytes(data)
    return kind


def robust(validator, dumps, tmp):
    rng = random.Random(SEED)
    fates, kinds, bad, lost, crashed = collections.Counter(), {}, [], [], []
    for begin in range(0, N, AT_A_TIME):
        paths = [tmp / f"d{i}" for i in range(begin, min(begin + AT_A_TIME, N))]
        for p in paths:
            kinds[str(p)] = damaged(rng.choice(dumps), p, rng)
        code, out, err = cairn("triage", "-j", "-J", 2, "--deadline", 60, "--max-rss", 2048, *paths)
        recs = records(out)
        if [r["file"] for r in recs] != [str(p) for p in paths]:
            lost.append((begin, len(recs), err))
        fates.update(r["fate"] for r in recs)
        bad += valid(validator, recs)
        crashed += [(r["file"], kinds[r["file"]], r["fate_reason"]) for r in recs
                    if r["fate"] not in ("done", "unreadable")]
        for p in paths:
            p.unlink(missing_ok=True)
    ok(f"{N} mixed dumps: a record each, in their order", not lost, *lost)
    ok(f"{N} mixed dumps: as the schema says", not bad, *bad[:10])
    ok(f"{N} mixed dumps: no crash, no hang, no hunger", not crashed, f"seed {SEED}", *crashed)
    print("#", dict(collections.Counter(kinds.values())), dict(fates))


# ---- what a record says of a dump that has none --------------------------------------------------

def fates(demo):
    ok("an end by a signal is a record", fate(demo, "-c", "!kill -9 $PPID") == (3, ["crashed"]),
       fate(demo, "-c", "!kill -9 $PPID"))
    ok("a hang is a record", fate(demo, "-c", "!exec sleep 4") == (3, ["deadline"]))
    code, out, _ = cairn("-j", "-c", "!sleep 1", "triage", "--max-rss", 1, demo)
    ok("hunger is a record", (code, [r["fate"] for r in records(out)]) == (3, ["memory"]), out)
    code, out, err = cairn("triage", demo, "/nonexistent", demo)
    text = out.decode()
    ok("as text: the others are told of", code == 3 and text.count("\nNext\n") == 2 and
       "/nonexistent" in err, code, err)
    code, out, err = cairn("triage", "--jobs", "0", demo)
    ok("--jobs 0 is no number of jobs", code == 2 and not out and "--jobs" in err, code, err)


# ---- bucket, expect ------------------------------------------------------------------------------

def buckets(text, tmp):
    recs = records(text)
    want = collections.Counter(r["signature"] for r in recs if r["signature"])
    code, out, err = cairn("bucket", "-j", stdin=text)
    got = records(out)
    ok("bucket: every record is counted once", code == 0 and sum(b["count"] for b in got) == len(recs),
       code, err)
    ok("bucket: by signature", {b["signature"]: b["count"] for b in got if b["signature"]} == want)
    ok("bucket: the most frequent first", [b["count"] for b in got] == sorted((b["count"] for b in got),
                                                                          reverse=True))
    (tmp / "known").write_text("# all\n* https://bugs.example/1 never\n")
    code, out, _ = cairn("bucket", "-j", "-k", tmp / "known", stdin=text)
    ok("bucket -k: known, with the link", all(b["known"]["link"] == "https://bugs.example/1"
                                              for b in records(out) if b["signature"]))
    code, _, _ = cairn("bucket", "-k", os.devnull, stdin=text)
    ok("bucket -k: what is in no line is a finding", code == 1, code)
    code, out, _ = cairn("bucket", "-j", stdin=b"junk\n" + text)
    ok("bucket: a line of junk costs itself", code == 4 and
       sum(b.get("count", 0) for b in records(out)) == len(recs), code)


def expect(dumps, tmp):
    demo, other = dumps["amd64-6.1-irqbug"], dumps["amd64-6.1-list"]
    file, xml_file, small = tmp / "e.json", tmp / "j.xml", tmp / "small.kdump"
    ok("expect -w", cairn("expect", "-w", demo, file)[0] == 0 and json.loads(file.read_text()))
    code, out, err = cairn("expect", demo, file)
    ok("expect: the dump is what was written of it", code == 0, out, err)
    code, out, _ = cairn("expect", "--github", "--junit", xml_file, other, file)
    ok("expect: another crash is not", code == 1 and b"not ok  signature" in out, code, out)
    ok("expect --github: errors at the file", f"::error file={file},title=signature::".encode() in out, out)
    suite = xml.dom.minidom.parse(str(xml_file)).documentElement
    failures = suite.getElementsByTagName("failure")
    ok("expect --junit: as many failures as it says", failures and
       suite.getAttribute("failures") == str(len(failures)))
    ok("expect: an expectation that is none", cairn("expect", demo, xml_file)[0] == 3)
    # the README's recipe: slim, then the gate
    ok("slim, then expect", cairn("slim", "-o", small, demo)[0] in (0, 1, 4) and
       cairn("expect", small, file)[0] == 0)


def main():
    schema = json.loads(cairn("triage", "--schema")[1])
    cls = jsonschema.validators.validator_for(schema)
    cls.check_schema(schema)
    ok("the schema is one of a known draft", cls.META_SCHEMA.get("$schema") == schema["$schema"])
    validator = cls(schema)
    ok("the schema does not allow anything", list(validator.iter_errors({"schema": "cairn.triage/1"})))
    captures_all = sorted(FOLDER.glob("*.kdump"))
    by_name = {p.stem: p for p in captures_all}
    demo = by_name["amd64-6.1-irqbug"]
    with tempfile.TemporaryDirectory() as folder:
        tmp = pathlib.Path(folder)
        os.environ["XDG_CACHE_HOME"] = folder
        text = whole(validator, captures_all)
        robust(validator, [p for p in captures_all if not types_of(p)], tmp)
        fates(demo)
        buckets(text, tmp)
        expect(by_name, tmp)
    print(f"1..{tests}")


main()
