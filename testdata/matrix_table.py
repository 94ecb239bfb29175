# SPDX-License-Identifier: GPL-2.0-or-later
"""The matrix as markdown: what matrix.py found, one table a kernel."""

import datetime
import os
import re

COLUMNS = ("scenario", "tool", "opens", "frames exact", "VMAs exact", "cause found",
           "false findings", "slim", "slim.zst", "difference", "triage s", "all stacks s")
ALIGN = ("---", "---", "---") + ("---:",) * 9
UNKNOWN = "–"
TOLD = 3                # differences told of one capture

HEAD = """# The matrix: kernel x scenario

Written by `make matrix` on %(date)s with %(versions)s, on
%(machine)s, in one run.

- *opens*: the tool gives a usable answer: a report (cairn), stacks (the others).
- *frames exact*: tasks whose stack is the one that the kernel's own unwinder printed before the
  crash (sysrq-t), function by function, of those that slept from then on. What may differ is
  said in `compare.py`. The peers' names count as the kernel's where the address is the same.
- *VMAs exact*: of the lines of /proc/PID/maps that the kernel printed.
- *cause found*: triage names the class of the crash and the function that the scenario is made
  of (and the finding, where one is due and there is a checker).
- *false findings*: findings that the scenario does not explain. Nothing is corrupt in `sysrq`.
- *slim*: bytes of `cairn slim`; *slim.zst*: packed as a whole; *difference*: to another slim
  dump of the kernel (which: below the table), `zstd -19 --patch-from`.
- *triage s*: wall time of `cairn triage` that has no index of this kernel yet. *all stacks s*:
  of the whole process that printed every task's stack, for each tool. One run each, so not a
  benchmark (`make bench` is).
- %(unknown)s: not known, or not the tool's to say: a command that is not built yet, a capture that
  does not say what to expect, a machine that cairn does not unwind yet.

The peers have the kernel's vmlinux with DWARF, and drgn its own helper for the modules' symbols;
cairn has the dump (and a file with the types where the kernel carries none). Where they have no
row, they or the vmlinux were not at hand, or the capture is a stored one, which is slim: it has
only what cairn reads.
"""


def size(value):
    """Bytes for people."""
    if value is None:
        return UNKNOWN
    return "%.1f MB" % (value / 1e6) if value >= 1e6 else "%.0f kB" % (value / 1e3)


def share(pair):
    """(equal, of how many)."""
    if not pair:
        return UNKNOWN
    text = "%d/%d" % pair
    return text if pair[0] == pair[1] else "**%s**" % text


def yes(value):
    return UNKNOWN if value is None else "yes" if value else "**no**"


def count(value):
    return UNKNOWN if value is None else str(value) if not value else "**%d**" % value


def seconds(value):
    return UNKNOWN if value is None else "%.2f" % value


def escaped(text):
    """Text that may stand in markdown: what comes from a dump is not to be believed."""
    return re.sub(r"([\\`*_<>|\[\]])", r"\\\1", re.sub(r"[^\x20-\x7e…–]", "?", str(text)))


def line(cells):
    return "| %s |" % " | ".join(cells)


def table_lines(row):
    """A line for each tool of a capture."""
    for at, cell in enumerate(row.cells):
        yield line(("" if at else escaped(row.scenario), cell.tool, yes(cell.opens),
                    share(cell.frames), share(cell.vmas), yes(cell.cause),
                    count(cell.false_findings), size(cell.slim), size(cell.slim_packed),
                    size(cell.difference), seconds(cell.seconds), seconds(cell.stacks_seconds)))


def told(row, cell):
    """The problems of a cell as list items."""
    for problem in cell.problems[:TOLD]:
        yield "- %s, %s: %s" % (escaped(row.scenario), cell.tool, escaped(problem))
    if len(cell.problems) > TOLD:
        yield "- %s, %s: %d more" % (escaped(row.scenario), cell.tool,
                                     len(cell.problems) - TOLD)


def group(kernel, rows):
    """One kernel's part."""
    lines = ["## " + escaped(kernel), "", line(COLUMNS), line(ALIGN)]
    for row in rows:
        lines += table_lines(row)
    bases = {row.difference_to for row in rows} - {None}
    if bases:
        lines += ["", "Differences are to %s." % ", ".join(sorted(map(escaped, bases)))]
    differing = [item for row in rows for cell in row.cells for item in told(row, cell)]
    if differing:
        lines += ["", "What differs:", "", *differing]
    return lines + [""]


def total(pairs):
    pairs = [pair for pair in pairs if pair]
    return tuple(map(sum, zip(*pairs))) if pairs else None


def summary(rows):
    """All captures in a line for each tool; a peer's of those that it was asked about."""
    lines = [line(("tool", "captures", "open", "frames exact", "VMAs exact", "cause found",
                   "false findings")), line(("---",) + ("---:",) * 6)]
    for tool in dict.fromkeys(cell.tool for row in rows for cell in row.cells):
        cells = [cell for row in rows for cell in row.cells if cell.tool == tool]
        causes = [cell.cause for cell in cells if cell.cause is not None]
        findings = [cell.false_findings for cell in cells if cell.false_findings is not None]
        lines.append(line((tool, str(len(cells)),
                           share((sum(cell.opens for cell in cells), len(cells))),
                           share(total(cell.frames for cell in cells)),
                           share(total(cell.vmas for cell in cells)),
                           share((sum(causes), len(causes)) if causes else None),
                           count(sum(findings) if findings else None))))
    return lines + [""]


def machine():
    """This machine in words."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = re.search(r"^model name\s*: (.*)", file.read(), re.M)
    except OSError:
        model = None
    return "%d CPUs%s" % (os.cpu_count(), " (%s)" % model[1] if model else "")


def markdown(rows, versions):
    """The whole file. `versions`: name and version of each tool."""
    rows = sorted(rows, key=lambda row: (row.kernel, row.scenario != "sysrq", row.scenario))
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    lines = [HEAD % {"date": today, "versions": ", ".join(versions), "machine": machine(),
                     "unknown": UNKNOWN}, *summary(rows)]
    for kernel in sorted({row.kernel for row in rows}):
        lines += group(kernel, [row for row in rows if row.kernel == kernel])
    return "\n".join(lines).rstrip("\n") + "\n"
