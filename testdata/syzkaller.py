#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""syzkaller.py CAIRN CHECKOUT [-v] [-s]: `cairn oops` against the reports that syzkaller's tests hold.

CHECKOUT is a clone of github.com/google/syzkaller; pkg/report/testdata/linux/report in it has some
750 console logs, each with the title that syzbot files it under. Says how many have the same title,
and the same guilty function of those whose title names one; lists the others. They are fetched, not
kept here. Exit 1 below the goals: 90 % of the titles, 95 % of the functions.

-s: signatures too. Of the logs that are not marked as corrupted: how many titles that several have are
one signature, and which signatures several titles share; how often the title and the signature blame
another. One function may be come to in several ways, which are several strict signatures; the worst
are listed.
"""

import collections
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys

FOLDER = "pkg/report/testdata/linux/report"
TITLES, FUNCTIONS = 0.90, 0.95
HEADER = re.compile(r"([A-Z]+): ?(.*)")
# "... in FUNCTION", where titles name one; KCSAN's names two
FUNCTION = re.compile(r" in ([A-Za-z_][A-Za-z0-9_.:]*)(?: / [A-Za-z_]\w*|/usb_submit_urb)?$")
NOT_FUNCTIONS = {"corrupted"}


def read_case(path):
    """(header values by name, log as bytes) of a test's file."""
    head, log, headers = {}, [], True
    for line in path.read_bytes().splitlines(keepends=True):
        if headers:
            if line.startswith(b"#"):
                continue
            match = HEADER.match(line.decode(errors="replace").rstrip("\n"))
            if match:
                head.setdefault(match.group(1), []).append(match.group(2))
                continue
            headers = False
            if not line.strip():
                continue
        if line.strip() == b"REPORT:":
            break
        log.append(line)
    return head, b"".join(log)


def ask(cairn, log):
    """The first report that cairn finds, or None."""
    done = subprocess.run([cairn, "oops", "-j", "-"], input=log, capture_output=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit("cairn oops: exit %d: %s" % (done.returncode, done.stderr.decode()))
    lines = done.stdout.splitlines()
    return json.loads(lines[0]) if lines else None


def function_of(title):
    match = FUNCTION.search(title or "")
    return match.group(1) if match and match.group(1) not in NOT_FUNCTIONS else None


def compare(cairn, path):
    head, log = read_case(path)
    report = ask(cairn, log)
    return {"name": path.name, "want": head.get("TITLE", [""])[0], "alt": head.get("ALT", []),
            "corrupted": "CORRUPTED" in head, "got": report["title"] if report else "",
            "report": report}


def show(rows, what):
    for row in rows:
        print("  %-6s want %s\n         got  %s%s" %
              (row["name"], row["want"] or "(nothing)", row["got"] or "(nothing)",
               "   [marked as corrupted]" if row["corrupted"] else ""))
    print("%d %s" % (len(rows), what))


def by(rows, key):
    ret = collections.defaultdict(list)
    for row in rows:
        ret[key(row)].append(row)
    return ret


def worst(groups, what):
    """The groups that have several of what each should have one of, most first."""
    several = [(name, {what(row) for row in group}) for name, group in groups.items()]
    return sorted(((name, found) for name, found in several if len(found) > 1),
                  key=lambda pair: -len(pair[1]))


def signatures(rows):
    rows = [row for row in rows if row["report"] and not row["corrupted"]]
    for tier in ("signature", "signature_fuzzy"):
        key = lambda row, tier=tier: row["report"][tier]
        titles = {title: group for title, group in by(rows, lambda row: row["want"]).items()
                  if len(group) > 1}
        apart = worst(titles, key)
        shared = worst(by(rows, key), lambda row: row["want"])
        print("%s: %d of %d titles that several logs have are one; %d are of several titles" %
              (tier, len(titles) - len(apart), len(titles), len(shared)))
        for title, found in apart[:5]:
            print("    %d of %s" % (len(found), title))
        for name, found in shared[:10]:
            print("    %s is of %s" % (name, "; ".join(sorted(found))))
    others = [row for row in rows if (row["report"]["guilty"] or "-") !=
              row["report"]["signature"].split(":")[2]]
    print("title and signature blame another: %s" % ", ".join(
        "%d %s" % (len(group), name) for name, group in
        by(others, lambda row: row["report"]["class"]).items()))


def main():
    words = [word for word in sys.argv[1:] if word not in ("-v", "-s")]
    if len(words) != 2:
        raise SystemExit(__doc__)
    cairn, folder = words[0], pathlib.Path(words[1]) / FOLDER
    paths = sorted((p for p in folder.iterdir() if p.is_file()),
                   key=lambda p: (len(p.name), p.name))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(lambda path: compare(cairn, path), paths))
    same = [row for row in rows if row["want"] == row["got"]]
    named = [row for row in rows if function_of(row["want"])]
    found = [row for row in named if function_of(row["want"]) == function_of(row["got"])]
    if "-v" in sys.argv:
        show([row for row in rows if row not in same], "other titles")
        show([row for row in named if row not in found], "other functions")
    if "-s" in sys.argv:
        signatures(rows)
    print("others     %d, of which %d are marked as corrupted there" %
          (len(rows) - len(same), sum(row["corrupted"] for row in rows if row not in same)))
    print("titles     %d of %d, %.1f %%" % (len(same), len(rows), 100 * len(same) / len(rows)))
    print("functions  %d of %d, %.1f %%" % (len(found), len(named), 100 * len(found) / len(named)))
    return len(same) < TITLES * len(rows) or len(found) < FUNCTIONS * len(named)


if __name__ == "__main__":
    sys.exit(main())
