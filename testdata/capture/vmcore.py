# SPDX-License-Identifier: GPL-2.0-or-later
"""From QEMU's ELF core (dump/dump.c) to the dump that is stored: an ELF core as makedumpfile and
libkdumpfile know it, makedumpfile, then zstd around it.

The kdump file's pages are uncompressed: zstd packs those better.
"""

import re
import struct
from dataclasses import astuple, dataclass

from tool import ToolError, run

PACK_LEVEL = 9      # a stored capture is cut down to few pages anyway; -22 takes 20 times as long
PT_LOAD, PT_NOTE = 1, 4
CHUNK = 1 << 24
# The kernel's own VMCOREINFO text (kernel/crash_core.c) with at least a page of it at hand
VMCOREINFO = re.compile(rb"OSRELEASE=[ -~]+\n(?:[A-Za-z_]+[^=\n]{0,80}=[ -~]*\n)+")


@dataclass
class Segment:
    """A program header, in the order of the 64-bit form."""
    type: int
    flags: int
    offset: int
    virtual: int
    physical: int
    size: int
    memory: int
    align: int


class Core:
    """An ELF core that is edited in place: program headers are rewritten, notes go to its end."""

    def __init__(self, path):
        self.file = open(path, "r+b")
        head = self.file.read(64)
        if head[:4] != b"\x7fELF":
            raise ToolError("%s: no ELF core" % path)
        self.wide = head[4] == 2
        self.head = bytearray(head[:64 if self.wide else 52])
        at = struct.unpack_from("<Q" if self.wide else "<I", head, 32 if self.wide else 28)[0]
        count = struct.unpack_from("<H", head, 56 if self.wide else 44)[0]
        self.file.seek(at)
        self.segments = [self.segment() for _ in range(count)]
        self.room = min(s.offset for s in self.segments)

    def segment(self):
        if self.wide:
            return Segment(*struct.unpack("<IIQQQQQQ", self.file.read(56)))
        kind, offset, virtual, physical, size, memory, flags, align = \
            struct.unpack("<IIIIIIII", self.file.read(32))
        return Segment(kind, flags, offset, virtual, physical, size, memory, align)

    def loads(self):
        return [segment for segment in self.segments if segment.type == PT_LOAD]

    def notes(self):
        out = b""
        for segment in self.segments:
            if segment.type == PT_NOTE:
                self.file.seek(segment.offset)
                out += self.file.read(segment.size)
        return out

    def vmcoreinfo_text(self):
        """The longest such text in memory: a guest without a driver to tell QEMU has it there."""
        best = b""
        for segment in self.loads():
            self.file.seek(segment.offset)
            left, before = segment.size, b""
            while left:
                data = self.file.read(min(left, CHUNK))
                left -= len(data)
                for found in VMCOREINFO.finditer(before + data):
                    best = max(best, found[0], key=len)
                before = data[-8192:]
        return best

    def add_vmcoreinfo(self):
        """Give the core the note if it has none."""
        notes = self.notes()
        if b"VMCOREINFO\0" in notes:
            return
        text = self.vmcoreinfo_text()
        if not text:
            raise ToolError("no VMCOREINFO, neither from the guest nor in its memory")
        notes += struct.pack("<III", 11, len(text), 0) + b"VMCOREINFO\0\0" + \
            text + b"\0" * (-len(text) % 4)
        self.file.seek(0, 2)
        end = self.file.tell()
        self.file.write(notes)
        note = next(segment for segment in self.segments if segment.type == PT_NOTE)
        note.offset, note.size, note.memory = end, len(notes), len(notes)

    def map_lowmem(self, virtual, reach):
        """Give physical memory below `reach` its kernel virtual addresses, and leave out what lies
        beyond: the firmware's flash, for which a flat mem_map has no pages."""
        self.segments = [segment for segment in self.segments
                         if segment.type != PT_LOAD or segment.physical < reach]
        for segment in self.loads():
            segment.virtual = segment.physical + virtual

    def close(self):
        """Write the program headers right behind the ELF header, where they are looked for: QEMU
        puts its section headers there."""
        entry = 56 if self.wide else 32
        if len(self.head) + entry * len(self.segments) > self.room:
            raise ToolError("no room for the program headers")
        if self.wide:
            struct.pack_into("<QQ", self.head, 32, len(self.head), 0)
        else:
            struct.pack_into("<II", self.head, 28, len(self.head), 0)
        struct.pack_into("<HHHHHH", self.head, 52 if self.wide else 40, len(self.head), entry,
                         len(self.segments), 0, 0, 0)
        self.file.seek(0)
        self.file.write(self.head)
        for segment in self.segments:
            kind, flags, *rest = astuple(segment)
            self.file.write(struct.pack("<IIQQQQQQ", kind, flags, *rest) if self.wide else
                            struct.pack("<IIIIIIII", kind, *rest[:5], flags, rest[5]))
        self.file.close()


def normalise(path, machine):
    """Make QEMU's core one that can be filtered and read."""
    core = Core(path)
    core.add_vmcoreinfo()
    if machine.lowmem:
        core.map_lowmem(*machine.lowmem)
    core.close()


def pack(source, out):
    """zstd, fast, with a window that every decoder accepts."""
    run(["zstd", "-q", "-f", "-%d" % PACK_LEVEL, "-T0", "--long=27", source, "-o", out])
