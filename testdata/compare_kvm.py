#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""compare_kvm.py CAIRN VMCORE ORACLE: does cairn see virtual machines as their VMMs do? TAP.

For each virtual machine of the oracle ("kvm", capture/guest/vmm/vmm.h):
  pages    each guest page that was touched, prefaulted or put into a guest_memfd is mapped to the
           host page that the VMM (/proc/self/pagemap) or the module (guest_memfd) named
  mirror   the mirror root maps pages of the guest_memfd, all of them, and no other
  counts   as many leaves of each size as KVM counted
  faults   asynchronous page faults: of the withheld pages those that nobody has read wait on the lists
           of the vCPU that asked for them; in the guest's own dump, their tasks sleep
"""

import argparse
import collections
import json
import subprocess
import sys

SECONDS = 120
SIZES = ("pages_4k", "pages_2m", "pages_1g")
BITS = 9        # of a guest frame's number, a level


def number(text):
    return int(text, 0)


class Tables:
    """What cairn says of one virtual machine: {gfn: (pfn, level)} of each half."""

    def __init__(self, cairn, pid):
        self.direct = self.leaves(cairn, "-d", pid)
        self.mirror = self.leaves(cairn, "-m", pid)

    @staticmethod
    def leaves(cairn, half, pid):
        done = subprocess.run([*cairn, "tdp", "-l", "-v", "-j", half, pid], text=True,
                              capture_output=True, timeout=SECONDS, check=False)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return {number(row["gfn"]): (number(row["pfn"]), row["level"])
                for row in rows if row.get("kind") == "leaf"}

    def pfn(self, half, gfn):
        """Where a guest frame lies, by a leaf of any size; None: nowhere."""
        for level in range(1, 4):
            first = gfn & -(1 << BITS * (level - 1))
            if half.get(first, (0, 0))[1] == level:
                return half[first][0] + gfn - first
        return None

    def sizes(self):
        found = collections.Counter(level for half in (self.direct, self.mirror)
                                    for _, level in half.values())
        return [found[level] for level in range(1, 4)]


def wrong_pages(tables, events):
    """Sentences about direct pages that lie elsewhere. A slot that was deleted since has none."""
    if "deleted" in events:
        return ["a deleted slot's pages are mapped"] if tables.direct else []
    return ["gfn %#x is at %s, not %#x" % (gfn, found and "%#x" % found, pfn)
            for said in events.get("page", []) + events.get("prefaulted", [])
            for gfn, pfn in [(number(said["gfn"]), number(said["pfn"]))]
            for found in [tables.pfn(tables.direct, gfn)]
            if pfn and found != pfn]


def wrong_mirror(tables, events):
    truth = {number(said["gfn"]): number(said["pfn"]) for said in events.get("gmem", [])}
    mapped = {gfn: pfn for gfn, (pfn, _) in tables.mirror.items()}
    return ["gfn %#x is at %s, not %s" % (gfn, mapped.get(gfn), truth.get(gfn))
            for gfn in sorted(truth.keys() | mapped.keys()) if truth.get(gfn) != mapped.get(gfn)]


def wrong_counts(tables, events):
    said = {key: number(value) for pairs in events.get("stat", []) for key, value in pairs.items()}
    return ["%s: %d, KVM counted %d" % (name, found, said[name])
            for name, found in zip(SIZES, tables.sizes()) if name in said and said[name] != found]


def fault_rows(cairn):
    done = subprocess.run([*cairn, "apf", "-j"], text=True, capture_output=True, timeout=SECONDS,
                          check=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


def host_faults(cairn):
    return {number(item["gfn"]): row["vcpu"]
            for row in fault_rows(cairn) if row["side"] == "host" for item in row["items"]}


def guest_faults(cairn):
    return {row["pid"]: row["cpu"] for row in fault_rows(cairn) if row.get("pid")}


def wrong_faults(found, events, key):
    """`key` is what pages are told by: gfn on the host, pid in the guest. A page that is told to be
    there time and again may be between two rounds."""
    told = {said["page"] for said in events.get("read", [])}
    maybe = {said["page"] for said in events.get("cutoff", [])}
    names = {said["page"]: number(said[key])
             for said in events["withheld" if key == "gfn" else "sleeper"]}
    due = {names[said["page"]]: number(said["cpu"])
           for said in events["sleeper"] if said["page"] not in told}
    between = {names[page] for page in maybe} - found.keys()
    return ["%s %#x waits on %s, not on CPU %s" % (key, name, found.get(name), due.get(name))
            for name in sorted(due.keys() | found.keys())
            if name not in between and due.get(name) != found.get(name)]


def comparisons(cairn, truth):
    """(what, virtual machine, sentences about what is wrong) of all that can be compared."""
    inside = (truth.get("capture", {}).get("scenario") or "").endswith("-guest")
    for name, events in sorted(truth.get("kvm", {}).items()):
        if "withheld" in events:
            found = guest_faults(cairn) if inside else host_faults(cairn)
            yield "faults", name, wrong_faults(found, events, "pid" if inside else "gfn")
        if not inside:
            tables = Tables(cairn, events["vm"][0]["pid"])
            yield "pages", name, wrong_pages(tables, events)
            yield "mirror", name, wrong_mirror(tables, events)
            yield "counts", name, wrong_counts(tables, events)


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cairn")
    parser.add_argument("vmcore")
    parser.add_argument("oracle")
    parser.add_argument("-s", dest="symbols", action="append", default=[], metavar="FILE",
                        help="for cairn: kvm.ko's debug file, if the kernel's modules have no types")
    args = parser.parse_args(argv)
    with open(args.oracle, encoding="utf-8") as file:
        truth = json.load(file)
    cairn = [args.cairn, *(word for path in args.symbols for word in ("-s", path)), args.vmcore]
    count = failed = 0
    for count, (what, name, wrong) in enumerate(comparisons(cairn, truth), 1):
        failed += bool(wrong)
        print("%s %d - %s of %s" % ("not ok" if wrong else "ok", count, what, name))
        for line in wrong[:5]:
            print("# " + line)
    print("1..%d" % count)
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
