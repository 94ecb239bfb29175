# SPDX-License-Identifier: GPL-2.0-or-later
"""A nested guest's own core, cut out of its host's: the VMM (guest/vmm/apf.c) leaves in memory a
list of the host pages that the guest's pages lie in, and says its vCPUs' registers on the
console."""

import mmap
import struct

from tool import ToolError
from vmcore import Core

PAGE = 4096
MAGIC = b"CNRAMMAP"
ENTRIES = PAGE // 8 - 2
DATA = 4 * PAGE         # where memory begins in the core
# struct user_regs_struct of x86_64, in order; what the VMM does not say is 0
REGISTERS = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs rflags "
             "rsp ss fs_base gs_base ds es fs gs").split()
PRSTATUS_SIZE, PRSTATUS_REGS = 336, 112


class Host:
    """A host's memory by page frame: QEMU's core, mapped."""

    def __init__(self, path):
        self.core = Core(path)
        self.loads = self.core.loads()
        self.memory = mmap.mmap(self.core.file.fileno(), 0, access=mmap.ACCESS_READ)

    def page(self, frame):
        at = frame * PAGE
        for load in self.loads:
            if load.physical <= at < load.physical + load.size:
                start = load.offset + at - load.physical
                return self.memory[start:start + PAGE]
        raise ToolError("page frame %#x is not in the host's core" % frame)

    def lists(self):
        """{number: page} of the VMM's list."""
        found, at = {}, self.memory.find(MAGIC)
        while at >= 0:
            page = self.memory[at:at + PAGE]
            if any((at - load.offset) % PAGE == 0 for load in self.loads):
                found[struct.unpack_from("<Q", page, 8)[0]] = page
            at = self.memory.find(MAGIC, at + 8)
        return found


def frames(host, count):
    """Of each of `count` guest pages the host page frame, 0 where it has none."""
    lists = host.lists()
    wanted = range((count + ENTRIES - 1) // ENTRIES)
    if any(number not in lists for number in wanted):
        raise ToolError("the VMM's list of pages is not whole")
    return [frame for number in wanted
            for frame in struct.unpack_from("<%dQ" % ENTRIES, lists[number], 16)][:count]


def prstatus(number, said):
    """A note with a vCPU's registers, as the VMM said them."""
    note = bytearray(PRSTATUS_SIZE)
    struct.pack_into("<I", note, 32, number + 1)        # pr_pid
    struct.pack_into("<27Q", note, PRSTATUS_REGS, *(int(said.get(name, "0"), 0)
                                                    for name in REGISTERS))
    return struct.pack("<III", 5, len(note), 1) + b"CORE\0\0\0\0" + bytes(note)


def cut(host_core, out, said):
    """Write the guest's core. `said`: events of the VMM, as the oracle has them."""
    host, size = Host(host_core), int(said["slot"][0]["size"], 0)
    notes = b"".join(prstatus(number, regs) for number, regs in enumerate(
        sorted(said["regs"], key=lambda regs: int(regs["vcpu"]))))
    headers = struct.pack("<IIQQQQQQ", 4, 0, 64 + 2 * 56, 0, 0, len(notes), len(notes), 0)
    headers += struct.pack("<IIQQQQQQ", 1, 7, DATA, 0, 0, size, size, 0)
    with open(out, "wb") as file:
        file.write(b"\x7fELF\2\1\1" + bytes(9) + struct.pack(
            "<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0))
        file.write(headers + notes)
        for number, frame in enumerate(frames(host, size // PAGE)):
            if frame:
                file.seek(DATA + number * PAGE)
                file.write(host.page(frame))
        file.truncate(DATA + size)
