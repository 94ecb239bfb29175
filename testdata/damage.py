#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""damage.py: make a damaged copy of a kdump-compressed file.

damage.py cut PERCENT IN OUT        keep the first PERCENT of the file
damage.py exclude PADDR... IN OUT   leave these physical pages out, as makedumpfile would
damage.py nonotes IN OUT            no notes and no VMCOREINFO
damage.py spoil PADDR... IN OUT     make the compressed data of these pages garbage

IN may be wrapped in .zst.
"""
import struct
import subprocess
import sys


def load(path):
    with open(path, "rb") as f:
        data = f.read()
    if data[:4] == b"\x28\xb5\x2f\xfd":
        data = subprocess.run(["zstd", "-q", "-dc", "--long=31", path], check=True,
                              stdout=subprocess.PIPE).stdout
    return bytearray(data)


class Kdump:
    """The few fields of a kdump file that are needed to edit it."""

    def __init__(self, data):
        self.data = data
        assert data[:8] == b"KDUMP   ", "not a kdump-compressed file"
        # behind a struct timeval: of 64-bit machines, or of 32-bit ones
        _, self.block, self.sub, self.bitmap_blocks = struct.unpack_from("<IiiI", data, 424)
        if self.block != 4096:
            _, self.block, self.sub, self.bitmap_blocks = struct.unpack_from("<IiiI", data, 412)
        self.bitmap2 = (1 + self.sub) * self.block + self.bitmap_blocks * self.block // 2
        self.descs = (1 + self.sub + self.bitmap_blocks) * self.block

    def dumped(self, pfn):
        return self.data[self.bitmap2 + pfn // 8] >> pfn % 8 & 1

    def desc_of(self, pfn):
        """File offset of the page's descriptor."""
        assert self.dumped(pfn), "pfn %#x is not in the file" % pfn
        full = self.data[self.bitmap2:self.bitmap2 + pfn // 8]
        rank = sum(bin(b).count("1") for b in full)
        rank += bin(self.data[self.bitmap2 + pfn // 8] & ((1 << pfn % 8) - 1)).count("1")
        return self.descs + rank * 24

    def exclude(self, pfn):
        """Clear the page's bit and close the gap in the table of descriptors: the tables
        behind it keep their place, the last descriptor is unused."""
        at = self.desc_of(pfn)
        end = self.descs + 24 * sum(
            bin(b).count("1") for b in self.data[self.bitmap2:self.descs])
        self.data[at:end] = self.data[at + 24:end] + bytes(24)
        self.data[self.bitmap2 + pfn // 8] &= ~(1 << pfn % 8) & 0xff

    def spoil(self, pfn):
        """Say zlib where no zlib stream is."""
        at = self.desc_of(pfn)
        off, size = struct.unpack_from("<qI", self.data, at)
        self.data[off:off + size] = bytes((i * 37 + 11) & 0xff for i in range(size))
        struct.pack_into("<I", self.data, at + 12, 1)

    def no_notes(self):
        """Offsets and sizes of VMCOREINFO and notes in the sub-header."""
        struct.pack_into("<QQQQ", self.data, self.block + 32, 0, 0, 0, 0)


def main(argv):
    if len(argv) < 4:
        sys.exit(__doc__)
    what, words, src, dst = argv[1], argv[2:-2], argv[-2], argv[-1]
    data = load(src)
    if what == "cut":
        data = data[:len(data) * int(words[0]) // 100]
    else:
        k = Kdump(data)
        for w in words:
            {"exclude": k.exclude, "spoil": k.spoil}[what](int(w, 16) // k.block)
        if what == "nonotes":
            k.no_notes()
    with open(dst, "wb") as f:
        f.write(data)


if __name__ == "__main__":
    main(sys.argv)
