# SPDX-License-Identifier: GPL-2.0-or-later
"""victim: what a process's maps may differ in after they were printed.

A scenario damages the victim's address space, and has the victim use it, after the oracle (the
maps are printed first): `faults` of the oracle say what was damaged. Each rule names the lines that
the damage explains; whatever else differs is wrong. What cairn finds in spite of the damage is
right too: a rule allows, it does not demand.
"""

import typing

PAGE = 0x1000
MAPPED = 40             # areas of three pages each that a victim maps to run into a wrong gap


class Area(typing.NamedTuple):
    """A line of compare.map_line()."""
    start: int
    end: int
    line: str

    @property
    def is_heap(self):
        return self.line.endswith(" [heap]")

    @property
    def is_anonymous(self):
        return self.line.endswith(" 00:00 0 ")


def area(line):
    start, end = line.split(" ", 1)[0].split("-")
    return Area(int(start, 16), int(end, 16), line)


def grown_heap(missing, stray):
    """The heap's line before a brk(), and after."""
    for old in missing:
        for new in stray:
            if old.is_heap and new.is_heap and old.start == new.start and new.end > old.end:
                return {old.line, new.line}
    return set()


def mapped_since(missing, stray, expected):
    """What the victim mapped to be answered with a wrong gap: in no place that was taken."""
    taken = [area(line) for line in expected]
    new = [a.line for a in stray if a.is_anonymous and a.end - a.start == 3 * PAGE and
           all(a.end <= b.start or a.start >= b.end for b in taken)]
    return set(new) if len(new) <= MAPPED and not missing else set()


def lost_one(missing, fault):
    """The area of a slot that was overwritten: one, of the node."""
    low, high = int(fault.get("node_min", "0"), 16), int(fault.get("node_max", "f" * 16), 16)
    inside = [a.line for a in missing if low <= a.start and a.end - 1 <= high]
    return set(inside) if len(inside) == 1 else set()


def at_pivot(missing, fault):
    """The areas before and behind a pivot."""
    edge = int(fault["old"], 16) + 1
    return {a.line for a in missing if edge in (a.start, a.end)}


def moved_end(missing, stray, fault):
    """The area whose vm_end was written."""
    old, new = int(fault["old"], 16), int(fault["new"], 16)
    for one in missing:
        for other in stray:
            if one.start == other.start and one.end == old and other.end == new:
                return {one.line, other.line}
    return set()


def by_fault(fault, missing, stray, expected, found):
    """The lines that one of the oracle's faults explains."""
    kind = fault["kind"]
    if kind in ("maple-parent", "maple-neighbour"):
        return grown_heap(missing, stray)
    if kind == "maple-gap":
        return mapped_since(missing, stray, expected)
    if kind == "maple-pivot":
        lost = at_pivot(missing, fault)
        return lost | mapped_since([a for a in missing if a.line not in lost], stray, expected)
    if kind == "maple-slot" and not found:
        return set(expected)        # exit_mmap() runs: the task has let go of it
    if kind in ("maple-slot", "maple-metaend", "mm-xazero"):
        return lost_one(missing, fault)
    if kind == "mm-vmaend":
        return moved_end(missing, stray, fault)
    return set()


def explained(faults, expected, found):
    """Lines of the kernel's (`expected`) and ours (`found`) that the damage explains."""
    missing = [area(line) for line in expected if line not in found]
    stray = [area(line) for line in found if line not in expected]
    lines = set()
    for fault in faults:
        lines |= by_fault(fault, missing, stray, expected, found)
    return lines


def moved_on(expected, found):
    """Likewise of a process that ran after its maps were printed: its heap may have grown."""
    return grown_heap([area(line) for line in expected if line not in found],
                      [area(line) for line in found if line not in expected])
