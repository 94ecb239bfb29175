# SPDX-License-Identifier: GPL-2.0-or-later
"""From QEMU's ELF core to the dump that is stored: makedumpfile, cold kernel text, zstd.

Formats: the ELF core as QEMU's dump/dump.c writes it; the kdump-compressed file as makedumpfile's
diskdump_mod.h has it, 64-bit little endian, pages uncompressed (zstd packs those better).
"""

import re
import struct
import subprocess

KERNEL_MAP = 0xffffffff80000000     # __START_KERNEL_map, arch/x86/include/asm/page_64_types.h
KERNEL_CS = 0x10                    # __KERNEL_CS, arch/x86/include/asm/segment.h
PAGE = 4096
DESC = struct.Struct("<qIIQ")       # struct page_desc: offset, size, flags, page_flags


class DumpError(Exception):
    """A dump is not what it should be, or makedumpfile failed."""


def makedumpfile_version():
    out = subprocess.run(["makedumpfile", "-v"], capture_output=True, text=True).stdout
    return tuple(int(n) for n in re.search(r"version (\d+)\.(\d+)\.(\d+)", out).groups())


def relayout(path):
    """Put the program headers right behind the ELF header, in place: QEMU writes the section
    headers first, and makedumpfile looks for the program headers at their usual place."""
    with open(path, "r+b") as file:
        head = bytearray(file.read(64))
        wide = head[4] == 2
        size = 64 if wide else 52
        phoff = struct.unpack_from("<Q" if wide else "<I", head, 32 if wide else 28)[0]
        entry, count = struct.unpack_from("<HH", head, 54 if wide else 42)
        file.seek(phoff)
        headers = file.read(entry * count)
        offsets = [struct.unpack_from("<Q" if wide else "<I", headers, at + (8 if wide else 4))[0]
                   for at in range(0, len(headers), entry)]
        if len(offsets) != count or min(offsets) < size + len(headers):
            raise DumpError("%s: no room for the program headers" % path)
        if wide:
            struct.pack_into("<QQ", head, 32, size, 0)
        else:
            struct.pack_into("<II", head, 28, size, 0)
        struct.pack_into("<HHHHHH", head, 52 if wide else 40, size, entry, count, 0, 0, 0)
        file.seek(0)
        file.write(head[:size] + headers)


def make_kdump(core, out, level):
    """Filter the core into a kdump-compressed file with uncompressed pages."""
    done = subprocess.run(["makedumpfile", "-d", str(level), str(core), str(out)],
                          capture_output=True, text=True)
    if done.returncode:
        raise DumpError("makedumpfile failed (%d):\n%s"
                        % (done.returncode, "\n".join(done.stdout.splitlines()[-8:])))


class Kdump:
    """A 64-bit kdump file with uncompressed pages, in memory. `pages`: frame number -> bytes."""

    def __init__(self, path):
        data = path.read_bytes()
        if data[:8] != b"KDUMP   ":
            raise DumpError("%s: no kdump file" % path)
        self.block, sub, bitmaps = struct.unpack_from("<iiI", data, 428)
        self.bitmap_at = (1 + sub) * self.block + bitmaps * self.block // 2
        self.desc_at = (1 + sub + bitmaps) * self.block
        self.head, self.pages, self.flags = data[:self.desc_at], {}, {}
        self.vmcoreinfo, self.notes = (
            data[offset:offset + size]
            for offset, size in struct.iter_unpack("<QQ", data[self.block + 32:self.block + 64]))
        for number, frame in enumerate(self.frames()):
            offset, size, flags, kept = DESC.unpack_from(data, self.desc_at + number * DESC.size)
            if size != self.block or flags:
                raise DumpError("%s: page frame %#x is compressed" % (path, frame))
            self.pages[frame] = memoryview(data)[offset:offset + size]
            self.flags[frame] = kept

    def frames(self):
        for at, byte in enumerate(self.head[self.bitmap_at:self.desc_at]):
            for bit in range(8):
                if byte >> bit & 1:
                    yield at * 8 + bit

    def number(self, key):
        """NUMBER(key) of VMCOREINFO."""
        found = re.search(rb"^NUMBER\(%s\)=(-?\d+)$" % key.encode(), self.vmcoreinfo, re.M)
        if not found:
            raise DumpError("VMCOREINFO has no NUMBER(%s)" % key)
        return int(found[1])

    def write(self, path):
        head = bytearray(self.head)
        bitmap = bytearray(self.desc_at - self.bitmap_at)
        for frame in self.pages:
            bitmap[frame // 8] |= 1 << frame % 8
        head[self.bitmap_at:] = bitmap
        places, contents = {}, []
        data_at = self.desc_at + len(self.pages) * DESC.size
        for frame in sorted(self.pages):
            page = bytes(self.pages[frame])
            if page not in places:      # as makedumpfile does for pages of zeroes
                places[page] = data_at + len(contents) * self.block
                contents.append(page)
        with path.open("wb") as file:
            file.write(head)
            for frame in sorted(self.pages):
                place = places[bytes(self.pages[frame])]
                file.write(DESC.pack(place, self.block, 0, self.flags[frame]))
            file.writelines(contents)


class Text:
    """The kernel's own code in a dump of x86_64: [start, end) of virtual addresses."""

    def __init__(self, dump, start, end):
        self.dump, self.start, self.end = dump, start, end
        self.to_physical = dump.number("phys_base") - KERNEL_MAP

    def frame(self, address):
        return (address + self.to_physical) // PAGE

    def read(self, address, size):
        out = b""
        while size:
            page = self.dump.pages.get(self.frame(address))
            if page is None:
                return b""
            at = address % PAGE
            out += bytes(page[at:at + size])
            size -= len(page[at:at + size])
            address += PAGE - at
        return out

    def follows_call(self, address):
        """Whether the instruction before `address` looks like a call."""
        code = self.read(address - 6, 6)
        if len(code) < 6:
            return False
        if code[1] == 0xe8:
            target = address + struct.unpack("<i", code[2:])[0]
            return self.start <= target < self.end
        return any(code[6 - n] == 0xff and code[7 - n] & 0x38 == 0x10 for n in (2, 3, 6))

    def pointers(self):
        """For each page of the dump that has any: its words that point into the text, as (address,
        next word)."""
        text = range(self.frame(self.start), self.frame(self.end - 1) + 1)
        for frame, page in self.dump.pages.items():
            if frame in text or b"\xff\xff\xff\xff" not in bytes(page):
                continue
            words = page.cast("Q").tolist() + [0]
            yield [(word, words[at + 1]) for at, word in enumerate(words)
                   if self.start <= word < self.end]

    def warm_frames(self):
        """Frames of the code that the dump says was running: return addresses, saved registers, the
        CPUs' own registers. Tables of functions also have words behind a call here and there, but
        few among many: less than one in ten."""
        warm = set()
        for pointers in self.pointers():
            running = [word for word, following in pointers
                       if following == KERNEL_CS or self.follows_call(word)]
            if len(running) * 10 >= len(pointers):
                warm.update(self.frame(word - before) for word in running for before in (0, 8))
        notes = self.dump.notes[:len(self.dump.notes) // 4 * 4]
        for at in range(0, len(notes) - 7, 4):
            word = struct.unpack_from("<Q", notes, at)[0]
            if self.start <= word < self.end:
                warm |= {self.frame(word - 8), self.frame(word)}
        return warm


def drop_cold_text(dump, start, end):
    """Leave out the pages of kernel code that nothing ran in, half of a small dump otherwise.
    Returns how many were left out."""
    text = Text(dump, start, end)
    warm = text.warm_frames()
    # the first and last page have neighbours that are not code
    cold = [frame for frame in range(text.frame(start) + 1, text.frame(end - 1))
            if frame in dump.pages and frame not in warm]
    for frame in cold:
        del dump.pages[frame]
    return len(cold)


def pack(source, out):
    """zstd, as small as it gets with a window every decoder accepts."""
    subprocess.run(["zstd", "-q", "-f", "--ultra", "-22", "--long=27", str(source), "-o", str(out)],
                   check=True)
