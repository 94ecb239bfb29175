#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""batch.t: triage of many dumps, whole, damaged and none at all, leaves a record of each that its JSON
Schema allows, whatever becomes of one of them; `bucket` counts them all; `expect` passes what it wrote
and fails what is another crash. TAP.

CAIRN and CAPTURES name the program and the folder of unpacked captures. BATCH_N: how many dumps of the
kinds of mishaps.py (40; 200 for the whole of it); BATCH_SEED: which, where and how.
"""

import collections
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.dom.minidom

import jsonschema

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]
sys.dont_write_bytecode = True

import mishaps          # noqa: E402

CAIRN = os.path.abspath(os.environ.get("CAIRN", HERE / "../build/cairn"))
FOLDER = pathlib.Path(os.environ.get("CAPTURES", HERE / "../build/unpacked")).resolve()
N = int(os.environ.get("BATCH_N", "40"))
SEED = int(os.environ.get("BATCH_SEED", "1"))
AT_A_TIME = 40
DEADLINE = 60
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


def fate(dump, deadline, *words):
    code, out, _ = cairn(*words, "triage", "-j", "--deadline", deadline, "--max-rss", "4096", dump)
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

def kinds(rng):
    """Each once, then any."""
    yield from mishaps.KINDS.items()
    while True:
        yield rng.choice(list(mishaps.KINDS.items()))


def as_it_should(kind, record, signature):
    if kind.leaves == mishaps.WHOLE:
        return record["fate"] == "done" and record["signature"] == signature
    if kind.leaves == mishaps.NO_DUMP:
        return record["fate"] == "unreadable" and bool(record["fate_reason"])
    return record["fate"] in ("done", "unreadable")


def exit_code(recs):
    """The worst of what its records say."""
    if any(r["fate"] != "done" for r in recs):
        return 3
    return 1 if any(r["findings"] for r in recs) else \
        4 if any(r["degraded"] or r["unchecked"] for r in recs) else 0


ORDER = "a record each, in their order"
CODE = "the exit code is that of the worst"
SCHEMA = "as the schema says"
FATES = "no crash, no hang, no hunger; what is whole is told, what is no dump refused"


def portion(paths, what, validator, bad):
    """One run over some. `what`: path -> (kind's name, Kind, the signature of the dump)."""
    code, out, err = cairn("triage", "-j", "-J", 2, "--deadline", DEADLINE, "--max-rss", 2048, *paths)
    recs = records(out)
    if [r["file"] for r in recs] != [str(p) for p in paths]:
        bad[ORDER].append((paths[0], len(recs), err))
    if code != exit_code(recs):
        bad[CODE].append((paths[0], code, exit_code(recs)))
    bad[SCHEMA] += valid(validator, recs)
    bad[FATES] += [
        (what[r["file"]][0], r["file"], r["fate"], r["fate_reason"], r["signature"]) for r in recs
        if not as_it_should(*what[r["file"]][1:2], r, what[r["file"]][2])]
    return recs


def robust(validator, dumps, signatures, tmp):
    rng = random.Random(SEED)
    kind, what, fates, longest = kinds(rng), {}, collections.Counter(), 0
    bad = {text: [] for text in (ORDER, CODE, SCHEMA, FATES)}
    for begin in range(0, N, AT_A_TIME):
        folder = tmp / f"mixed{begin}"
        folder.mkdir()
        paths = [folder / f"d{i}" for i in range(begin, min(begin + AT_A_TIME, N))]
        for p in paths:
            dump, (name, of) = rng.choice(dumps), next(kind)
            what[str(p)] = name, of, signatures[str(dump)]
            of.make(p, bytearray(dump.read_bytes()), rng)
        recs = portion(paths, what, validator, bad)
        fates.update(r["fate"] for r in recs)
        longest = max([longest, *(r["elapsed_ms"] or 0 for r in recs)])
        shutil.rmtree(folder)
    for text, examples in bad.items():
        ok(f"{N} mixed dumps: {text}", not examples, f"seed {SEED}", *examples)
    print("#", dict(fates), f"the longest took {longest} ms")


# ---- what a record says of a dump that has none --------------------------------------------------

def fates(demo):
    ok("an end by a signal is a record", fate(demo, DEADLINE, "-c", "!kill -9 $PPID") == (3, ["crashed"]))
    ok("a hang is a record", fate(demo, 1, "-c", "!exec sleep 4") == (3, ["deadline"]))
    code, out, _ = cairn("-j", "-c", "!sleep 1", "triage", "--max-rss", 1, demo)
    ok("hunger is a record", (code, [r["fate"] for r in records(out)]) == (3, ["memory"]), out)
    code, out, err = cairn("triage", demo, "/nonexistent", demo)
    text = out.decode()
    ok("as text: the others are told of, each below its name", code == 3 and
       text.count("\nNext\n") == 2 and text.startswith(f"{demo}\n\n") and
       f"\n\n{demo}\n\n" in text and "/nonexistent" in err, code, err, text[:100])
    alone = cairn("triage", demo)[1].decode()
    ok("as text: one alone has no such head", alone and alone == text[text.index("\n\n") + 2:][:len(alone)])
    code, out, err = cairn("triage", "--jobs", "0", demo)
    ok("--jobs 0 is no number of jobs", code == 2 and not out and "--jobs" in err, code, err)


# ---- dumps that are packed as a whole -----------------------------------------------------------

def packed(demo, tmp):
    """What one is unpacked into counts: it goes to disk before it is too much for --max-rss."""
    plain, wrapped = tmp / "long", tmp / "long.zst"
    with open(plain, "wb") as f:
        f.write(demo.read_bytes())
        f.write(random.Random(SEED).randbytes(1 << 16) * (128 << 4))
    subprocess.run(["zstd", "-q1", "--rm", plain, "-o", wrapped], check=True)
    said = []
    for mb, to in (320, tmp), (320, "/nonexistent"), (2048, "/nonexistent"):
        done = subprocess.run([CAIRN, "triage", "-j", "--max-rss", str(mb), wrapped], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, env=dict(os.environ, TMPDIR=str(to)))
        said += [(r["fate"], "/nonexistent" in (r["fate_reason"] or "")) for r in records(done.stdout)]
    ok("a packed dump takes memory within --max-rss, and disk beyond it",
       said == [("done", False), ("unreadable", True), ("done", False)], said)
    wrapped.unlink()


# ---- types of several kernels ---------------------------------------------------------------------

def misfits(dumps):
    """Each dump takes the types that are of its kernel; without any it is told of all the same."""
    i386, armhf = HERE / "captures/i386-6.1.btf.zst", FOLDER / "armhf-6.1.btf"
    names = "amd64-6.1-irqbug", "i386-6.1-irqbug", "armhf-6.1-hung"
    both = records(cairn("-j", "-s", i386, "-s", armhf, "triage", *(dumps[n] for n in names))[1])
    lacks = [[d["what"] for d in r["degraded"]] for r in both]
    ok("-s of two kernels, and dumps of three: each takes what fits, one tells that none did",
       lacks == [["debug files"], [], []] and all(r["ntasks"] for r in both), lacks)
    alone = records(cairn("-j", "-s", i386, "triage", dumps[names[2]])[1])[0]
    reasons = {d["what"]: d["reason"] for d in alone["degraded"]}
    ok("-s of another kernel costs its types, no more", alone["release"] and "types" in reasons and
       i386.name in reasons["debug files"], reasons)
    code, out, err = cairn("-s", i386, dumps[names[2]], "ps")
    ok("-s of another kernel is refused where one dump is looked at", code == 3 and i386.name in err, err)


def by_the_log(dumps):
    """Where a stack names nobody for want of types, the dump is of its log's bug."""
    for name in ("i386-6.1-irqbug", "i386-6.1-list", "armhf-6.1-wqnull"):
        record = records(cairn("-j", "triage", dumps[name])[1])[0]
        log = records(cairn("-j", "oops", "-l", dumps[name].with_suffix(".console"))[1])[0]
        both = [r["signature"] for r in (record, log)]
        ok(f"{name} without types: its signature is its log's", both[0] == both[1] and
           ":-:" not in both[0] and record["signature_fuzzy"] == log["signature_fuzzy"], both)


def untyped(dump):
    """What a kernel without types lacks are types; and what comes next does without, or brings them."""
    code, out, err = cairn(dump, "ps")
    ok("ps without types: what is missing are types", code == 4 and "give its types with -s" in err, err)
    record = records(cairn("-j", "triage", dump)[1])[0]
    lacks = {d["what"]: d["reason"] for d in record["degraded"]}
    ok("triage without types: tasks lack them, and so do checkers", "-s" in lacks["tasks"] and
       all("-s" in u["reason"] for u in record["unchecked"]), lacks, record["unchecked"])
    ran = {words: cairn(dump, *words.split()) for words in record["next"]}
    ok("triage without types: what it says to type next answers", ran and
       all(code in (0, 4) and out for code, out, _ in ran.values()), ran)
    text = cairn("triage", dump)[1].decode()
    ok("triage without types: -s comes next", f"\n  cairn -s VMLINUX-OR-BTF {dump} triage\n" in text)


# ---- one that is hostile, among others ---------------------------------------------------------------

def claim(folder, name, deed):
    """Words of a command that the first process to come runs `deed` by, and no other."""
    return "-c", f"!mkdir {folder}/{name} 2>{os.devnull} && {deed}"


def hang(folder):
    """Until the folder is gone."""
    return claim(folder, "hangs", f"{{ exec 2>&1; while [ -d {folder} ]; do sleep 0.2; done; }}")


def hostile(demo, tmp):
    folder = tmp / "hostile"
    folder.mkdir()
    words = [*hang(folder), *claim(folder, "dies", "kill -9 $PPID"),
             *claim(folder, "floods", "exec tr '\\0' x </dev/zero")]
    code, out, _ = cairn("-j", *words, "triage", "-J", 2, "--deadline", 5, *[demo] * 20)
    shutil.rmtree(folder)
    fates = collections.Counter(r["fate"] for r in records(out))
    ok("one hangs, one dies, one floods: the others do not feel it",
       fates == {"deadline": 1, "crashed": 1, "output": 1, "done": 17} and code == 3, fates, code)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def alive(pid):
    return os.path.exists(f"/proc/{pid}")


def wait_until(true):
    end = time.monotonic() + DEADLINE
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


def stopped(dump, tmp, sig):
    """A batch of which one hangs, and that a signal ends when the others are done."""
    folder = tmp / sig.name
    folder.mkdir()
    words = [*hang(folder), "-c", f"!touch {folder}/$PPID"]
    argv = [CAIRN, "-j", *words, "triage", "-J", "2", *[str(dump)] * 10]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as batch:
        others = wait_until(lambda: len(list(folder.iterdir())) == 10 and   # "hangs", and nine
                            len(children(batch.pid)) == 1)
        running = children(batch.pid)
        batch.send_signal(sig)
        out = batch.stdout.read()
    shutil.rmtree(folder)
    ok(f"{sig.name}: the others were done while one hung", others)
    ok(f"{sig.name}: the batch ends by it, and with it the one that is not done",
       batch.returncode == -sig and running and not any(map(alive, running)), batch.returncode, running)
    ok(f"{sig.name}: records of those that were, whole lines",
       out.endswith(b"}\n") and [r["fate"] for r in records(out)] == 9 * ["done"], out[-100:])


# ---- bucket, expect ------------------------------------------------------------------------------

STALLS = "hung-task", "soft-lockup", "hard-lockup", "rcu-stall", "workqueue-lockup"


def bug_of(record):
    """The cause counts where the signature does not tell."""
    signature = record["signature"]
    name = signature and signature.split(":")[1]
    vague = signature and (":-:" in signature or name in ("sysrq", "nmi", *STALLS))
    return signature, record["cause"] if vague else None


def of_its_log(demo):
    """A dump given as a log: what its log says, nothing of what its memory holds."""
    code, out, _ = cairn("-j", "oops", demo, demo.with_suffix(".console"))
    recs = records(out)
    logs = collections.Counter(r["log"] for r in recs if r["title"] == "kernel BUG in scen_irq_inner")
    ok("oops: a dump among logs is told of by its log", code == 1 and len(logs) == 2 and
       len(recs) == 2, code, [r["title"] for r in recs])


def buckets(text, tmp):
    recs = records(text)
    want = collections.Counter(bug_of(r) for r in recs if r["signature"])
    code, out, err = cairn("bucket", "-j", stdin=text)
    got = records(out)
    ok("bucket: every record is counted once", code == 0 and sum(b["count"] for b in got) == len(recs),
       code, err)
    ok("bucket: by signature, and by cause where that does not tell",
       {bug_of(b): b["count"] for b in got if b["signature"]} == want)
    ok("bucket: the most frequent first", [b["count"] for b in got] == sorted((b["count"] for b in got),
                                                                          reverse=True))
    (tmp / "known").write_text("# all\n* https://bugs.example/1 never\n")
    code, out, _ = cairn("bucket", "-j", "-k", tmp / "known", stdin=text)
    ok("bucket -k: known, with the link", all(b["known"]["link"] == "https://bugs.example/1"
                                              for b in records(out) if b["signature"]))
    (tmp / "known").write_text("c1:x\n# all\nc1:y # soon\n* https://bugs.example/1\n")
    code, out, err = cairn("bucket", "-k", tmp / "known", stdin=text)
    ok("bucket -k: all lines without a link are told", code == 3 and not out and
       "known:1: " in err and "known:3: " in err and err.count("known:") == 3, code, err)
    code, _, _ = cairn("bucket", "-k", os.devnull, stdin=text)
    ok("bucket -k: what is in no line is a finding", code == 1, code)
    code, out, _ = cairn("bucket", "-j", "--top", "1", stdin=text)
    ok("bucket --top", [b["count"] for b in records(out)] == [got[0]["count"]], out)
    recent(text, recs, got)
    doubles(text, tmp)
    many(text, tmp)
    code, out, _ = cairn("bucket", "-j", stdin=b"junk\n" + text)
    ok("bucket: a line of junk costs itself, and is told by its number", code == 4 and
       sum(b.get("count", 0) for b in records(out)) == len(recs) and
       [e["message"].startswith("standard input:1: ") for e in records(out)
        if e["schema"] == "cairn.error/1"] == [True], code)
    no_records(text, tmp)


def no_records(text, tmp):
    """Of what is no record the beginning is told, on stderr, and how much there is."""
    other = b'{"schema":"cairn.error/1","message":"it is gone"}\n'
    code, out, err = cairn("bucket", stdin=b"junk\n" * 25 + other + text)
    said = err.splitlines()
    ok("bucket: of many such lines ten, and their number", code == 4 and len(said) == 12 and
       all(line.startswith("cairn: bucket: ") for line in said) and "15 more lines" in said[10] and
       b"junk" not in out, said)
    ok("bucket: records of other commands are counted", said[11].endswith("cairn.error/1: it is gone") and
       f"{len(text.splitlines())} records in ".encode() in out, said)
    (tmp / "dump").write_bytes(b"KDUMP   ")
    code, out, err = cairn("bucket", tmp / "dump")
    ok("bucket: a dump is no record of one", code == 3 and not out and "vmcore" in err, err)
    code, out, _ = cairn("-j", "triage", tmp / "dump")
    ok("triage -j: of one dump that is none there is a record too", code == 3 and
       [r["fate"] for r in records(out)] == ["unreadable"], out)
    code, out, _ = cairn("-j", "bucket", stdin=out)
    ok("bucket: and it counts", [b["fate"] for b in records(out)] == ["unreadable"] and code == 0, out)


def recent(text, recs, every):
    """What was seen since the middle of all dates, and what was not before."""
    dates = sorted(r["crash"]["date"] for r in recs if r["crash"]["date"])
    since = dates[len(dates) // 2][:19]
    code, out, err = cairn("bucket", "-j", "--since", since, stdin=text)
    got = {bug_of(b): b for b in records(out)}
    want = collections.Counter(bug_of(r) for r in recs if (r["crash"]["date"] or since) >= since)
    ok("bucket --since: counts the later ones", code == 0 and 0 < len(got) < len(every) and
       {s: b["recent"] for s, b in got.items()} == want, code, err)
    ok("bucket --since: what is new", {s for s, b in got.items() if b["new"]} ==
       {bug_of(b) for b in every if b["first"] and b["first"] >= since} and
       0 < sum(b["new"] for b in got.values()) < len(got))
    code, out, err = cairn("bucket", "--since", "yesterday", stdin=text)
    ok("bucket --since: no date", code == 2 and b"" == out and "--since" in err, code, err)


def doubles(text, tmp):
    """The same records in two files, of which one has them twice."""
    (tmp / "once").write_bytes(text)
    (tmp / "twice").write_bytes(text * 2)
    recs, once = records(text), records(cairn("bucket", "-j", tmp / "once")[1])
    timed = sum(any(r["crash"][k] for k in ("date", "time", "panic_time")) for r in recs)
    got = records(cairn("bucket", "-j", tmp / "once", tmp / "twice")[1])
    ok("bucket: a dump counts once, however many records there are of it",
       [dict(b, doubles=0) for b in got if b["class"] != "none"] == [b for b in once if b["class"] != "none"] and
       all(b["doubles"] == 2 * b["count"] for b in got if b["class"] != "none"), got)
    out = cairn("bucket", tmp / "once", tmp / "twice")[1].decode().splitlines()[-1]
    ok("bucket: and how many were left out is told", out == f"{3 * len(recs) - 2 * timed} records in {len(got)} "
       f"buckets, {2 * timed} left out that are of the same dumps", out)


def many(text, tmp):
    """Tens of thousands of records: the memory is that of what is kept of them."""
    file, times = tmp / "many", 80
    file.write_bytes(b"".join(text.replace(b'"file":"', b'"file":"%d:' % i) for i in range(times)))
    limit = "ulimit -v 150000; " if "asan" not in CAIRN else ""
    done = subprocess.run(["sh", "-c", limit + 'exec "$@"', "sh", CAIRN, "bucket", "-j", file],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    ok(f"bucket: {file.stat().st_size >> 20} MB of records", done.returncode == 0 and
       sum(b["count"] for b in records(done.stdout)) == times * len(text.splitlines()), done)
    file.unlink()


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
    code, out, err = cairn("expect", "-w", demo, file)
    ok("expect -w: writes an expectation anew", code == 0 and b"written anew" in out, out, err)
    copy = tmp / "copy.kdump"
    shutil.copy(demo, copy)
    code, out, err = cairn("expect", "-w", other, copy)
    ok("expect -w: a dump is not written over", code == 3 and "vmcore" in err and
       copy.stat().st_size == demo.stat().st_size, code, err)
    xml_file.unlink()
    code, out, err = cairn("-j", "expect", "--junit", xml_file, file, file)
    suite = xml.dom.minidom.parse(str(xml_file)).documentElement
    ok("expect --junit: of no dump there is an error", code == 3 and
       suite.getAttribute("errors") == "1" and len(suite.getElementsByTagName("error")) == 1 and
       [r["schema"] for r in records(out)] == ["cairn.error/1"] and "not a vmcore" in err, code, out, err)
    unsure(dumps["amd64-6.1-maple-pivot"], tmp / "p.json")
    # the README's recipe: slim, then the gate
    ok("slim, then expect", cairn("slim", "-o", small, demo)[0] in (0, 1, 4) and
       cairn("expect", small, file)[0] == 0)


def what_of(dumps, tmp):
    """What the kernel says of a bad object, and who a watchdog's panic is about."""
    for name, words, stacks in (
            ("amd64-6.12-kfence", "Use-after-free read at ", ["scen_kfence", "scen_kfence"]),
            ("amd64-6.1-slabuaf", "First byte 0x42 instead of 0x6b", ["setup", "scen_write"]),
            ("amd64-7.2-ubsan", "index 5 is out of range for type 'long unsigned int [4]'", [])):
        code, out, _ = cairn("-j", "triage", dumps[name])
        said = records(out)[0]["said"]
        ok(f"{name}: what the kernel says of the object", words in "".join(s["text"] for s in said), said)
        ok(f"{name}: who had it", [s["functions"][0] for s in said if s["functions"]] == stacks, said)
    r = records(cairn("-j", "triage", dumps["amd64-6.1-hungpanic"])[1])[0]
    ok("hung task: the record is about one task", r["crash"]["function"] == "scen_abba_second" and
       r["crash"]["pid"] == r["watched"]["pid"] and r["crash"]["comm"] == "scen_abba2" and
       r["crash"]["told_by"]["comm"] == "khungtaskd", r["crash"])
    ok("hung task: its log's trace agrees with its stack", r["log_trace"]["agrees"], r["log_trace"])
    ok("the record's function is without the compiler's endings, and has whom it blames",
       [records(cairn("-j", "triage", dumps[name])[1])[0]["crash"][key] for name, key in
        (("amd64-6.12-maple-parent", "function"), ("amd64-6.1-oom", "function"), ("amd64-6.1-freelist", "guilty"))]
       == ["mas_update_gap", "out_of_memory", "scen_slab_reuse"])
    for name, want in (
            ("amd64-6.1-warn", ("check.c", "check.c")), ("amd64-6.1-usercopy", (None, "mm/usercopy.c")),
            ("amd64-6.1-mm-xazero", (None, None))):
        crash = records(cairn("-j", "triage", dumps[name])[1])[0]["crash"]
        ok(f"{name}: the place is that of the function that is blamed, or none",
           (crash["file"], crash["reported_at"]["file"]) == want, crash)
    irqbug = dumps["amd64-6.1-irqbug"]
    types = ("-s", irqbug.parent / "scen.ko.debug")
    cairn(*types, irqbug, "slim", "-o", tmp / "dwarf.kdump", "bt -al")
    crash = records(cairn("-j", *types, tmp / "dwarf.kdump", "triage")[1])[0]["crash"]
    ok("without a log, the place is DWARF's", (crash["file"], crash["line"]) == ("irq.c", 35), crash)
    lost, file = tmp / "lost.kdump", tmp / "lost.json"
    cairn(dumps["amd64-6.1-irqbug"], "slim", "-o", lost, "ps")
    code, _, err = cairn("expect", "-w", lost, file)
    ok("expect -w: of what is not known nothing is written", code == 4 and not file.exists(), code, err)
    cairn("expect", "-w", dumps["amd64-6.1-irqbug"], file)
    code, out, _ = cairn("expect", lost, file)
    ok("expect: what a dump does not tell is unsure", code == 4 and b"unsure  class" in out and
       b"not ok" not in out, code, out)


def paths(value, at=()):
    """Of a record, all that has a name, and of each list its first."""
    if at:
        yield at
    inside = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, below in inside:
        yield from paths(below, at + (key,))


def changed(record, path, value):
    """A copy where the path has this value; DROP: where it is not there."""
    copy = json.loads(json.dumps(record))
    at = copy
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    if value is DROP:
        del at[path[-1]]
    return copy


DROP = object()


def schema_is_tight(validator, by_name):
    """A field of another type is refused, and a report without one of its parts."""
    taken, dropped, n = set(), set(), 0
    for name in ("amd64-6.1-irqbug", "amd64-6.1-hungpanic", "amd64-6.12-kfence", "amd64-6.1-maple-parent",
                 "amd64-6.1-nullcall", "amd64-6.1-oom"):
        record = records(cairn("-j", "triage", by_name[name])[1])[0]
        for path in paths(record):
            at, n = ".".join(map(str, path)), n + 1
            wrong = "wrong" if isinstance(record.get(path[0]), (dict, list)) and len(path) == 1 else {"wrong": 1}
            if validator.is_valid(changed(record, path, wrong)):
                taken.add(at)
            if (len(path) == 1 or path[0] == "crash" and len(path) == 2) and path != ("fate",) and \
                    validator.is_valid(changed(record, path, DROP)):
                dropped.add(at)
    ok(f"the schema refuses what is of another type ({n} changes)", n > 1000 and not taken, sorted(taken))
    ok("the schema refuses a report without one of its parts", not dropped, sorted(dropped))


def unsure(dump, file):
    """What a checker could not look at is no proof that there is nothing."""
    cairn("expect", "-w", dump, file)
    want = json.loads(file.read_text())
    ok("expect -w: what could not be checked is part of it",
       want["unchecked"] == ["mm"] and cairn("expect", dump, file)[0] == 0, want)
    del want["unchecked"]
    file.write_text(json.dumps(want))
    code, out, _ = cairn("expect", dump, file)
    ok("expect: what is forbidden and cannot be checked does not pass",
       code == 4 and b"not checked: mm: " in out and b"not ok" not in out, code, out)


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
        signatures = {r["file"]: r["signature"] for r in records(text)}
        robust(validator, [p for p in captures_all if p.name.startswith("amd64")], signatures, tmp)
        fates(demo)
        packed(demo, tmp)
        misfits(by_name)
        by_the_log(by_name)
        untyped(by_name["i386-6.1-irqbug"])
        hostile(demo, tmp)
        for sig in (signal.SIGINT, signal.SIGTERM):
            stopped(demo, tmp, sig)
        of_its_log(demo)
        buckets(text, tmp)
        schema_is_tight(validator, by_name)
        expect(by_name, tmp)
        what_of(by_name, tmp)
    print(f"1..{tests}")


main()
