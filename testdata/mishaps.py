# SPDX-License-Identifier: GPL-2.0-or-later
"""What becomes of dumps on their way to a folder of thousands: each kind makes one file of a dump.

A kind is a function (path, data, rng): it writes `path`, or leaves it missing, from the dump's bytes,
and may change `data`. KINDS: name -> Kind.
"""

import bz2
import gzip
import lzma
import os
import struct
import subprocess
import typing

import damage

WHOLE, DAMAGED, NO_DUMP = "whole", "damaged", "no dump"
PAGE = 4096
PT_LOAD, PT_NOTE, EM_X86_64 = 1, 4, 62
KERNEL = range(0xffff800000000000, 0xfffffffffffff000)  # what looks like a pointer on 64 bits
GIANT = (0xffffffff, 0x7fffffff, 1 << 62, (1 << 64) - 1)


class Kind(typing.NamedTuple):
    """`leaves`: WHOLE: the same dump, wrapped otherwise; DAMAGED; or NO_DUMP at all."""
    make: typing.Callable
    leaves: str


KINDS = {}


def kind(leaves):
    def add(make):
        KINDS[make.__name__.replace("_", " ")] = Kind(make, leaves)
        return make
    return add


def some(rng, *counts):
    return range(rng.choice(counts))


def flip(data, begin, end, rng, *counts):
    """Bytes of a stretch overwritten."""
    end = min(end, len(data))
    for _ in some(rng, *counts):
        if begin < end:
            data[rng.randrange(begin, end)] = rng.randrange(256)


# ---- the same dump -------------------------------------------------------------------------------

@kind(WHOLE)
def plain(path, data, rng):
    path.write_bytes(data)


@kind(WHOLE)
def link(path, data, rng):
    beside = path.with_suffix(".file")
    beside.write_bytes(data)
    path.symlink_to(beside.name)


@kind(WHOLE)
def packed(path, data, rng):
    subprocess.run(["zstd", "-q", "-1", "-o", path], input=data, check=True)


def flat(data):
    """makedumpfile -F: the header, records, the end."""
    out = bytearray(b"makedumpfile".ljust(16, b"\0") + struct.pack(">qq", 1, 1)).ljust(PAGE, b"\0")
    for at in range(0, len(data), 1 << 20):
        piece = data[at:at + (1 << 20)]
        out += struct.pack(">qq", at, len(piece)) + piece
    return out + struct.pack(">qq", -1, -1)


@kind(WHOLE)
def flattened(path, data, rng):
    path.write_bytes(flat(data))


def elf(data):
    """An ELF core of the same pages: notes and VMCOREINFO, a segment a run of pages."""
    k = damage.Kdump(data)
    info, info_len, notes, notes_len = struct.unpack_from("<QQQQ", data, k.block + 32)
    name = b"VMCOREINFO\0\0"
    note = data[notes:notes + notes_len] + struct.pack("<III", 11, info_len, 0) + name + \
        data[info:info + info_len] + bytes(-info_len % 4)
    runs, pages = runs_of(k)
    at = (64 + 56 * (len(runs) + 1) + len(note) + PAGE - 1) // PAGE * PAGE
    heads = struct.pack("<IIQQQQQQ", PT_NOTE, 0, at - len(note), 0, 0, len(note), len(note), 0)
    offset = at
    for pfn, n in runs:
        heads += struct.pack("<IIQQQQQQ", PT_LOAD, 7, offset, 0, pfn * PAGE, n * PAGE, n * PAGE, 0)
        offset += n * PAGE
    head = b"\x7fELF\2\1\1".ljust(16, b"\0") + struct.pack(
        "<HHIQQQIHHHHHH", 4, EM_X86_64, 1, 0, 64, 0, 0, 64, 56, len(runs) + 1, 0, 0, 0)
    return (head + heads).ljust(at - len(note), b"\0") + note + b"".join(pages)


def runs_of(k):
    """([first pfn, how many], ...) and the pages, which are stored as they are."""
    runs, pages = [], []
    for pfn in range((k.descs - k.bitmap2) * 8):
        if not k.dumped(pfn):
            continue
        if runs and sum(runs[-1]) == pfn:
            runs[-1][1] += 1
        else:
            runs.append([pfn, 1])
        offset, size, flags = struct.unpack_from("<qII", k.data, k.descs + 24 * len(pages))
        assert not flags and size == PAGE, "a page that is compressed"
        pages.append(k.data[offset:offset + size])
    return runs, pages


@kind(WHOLE)
def elf_core(path, data, rng):
    path.write_bytes(elf(data))


# ---- damaged -------------------------------------------------------------------------------------

@kind(DAMAGED)
def cut(path, data, rng):
    path.write_bytes(data[:rng.randrange(1, len(data))])


@kind(DAMAGED)
def any_bytes(path, data, rng):
    flip(data, 0, len(data), rng, 1, 10, 1000)
    path.write_bytes(data)


@kind(DAMAGED)
def header(path, data, rng):
    flip(data, 0, 2 * PAGE, rng, 1, 4, 16)
    path.write_bytes(data)


@kind(DAMAGED)
def notes(path, data, rng):
    k = damage.Kdump(data)
    for at, size in struct.iter_unpack("<QQ", bytes(data[k.block + 32:k.block + 64])):
        flip(data, at, at + size, rng, 0, 1, 16)
    path.write_bytes(data)


@kind(DAMAGED)
def bitmap(path, data, rng):
    k = damage.Kdump(data)
    flip(data, (1 + k.sub) * k.block, k.descs, rng, 1, 16, 256)
    path.write_bytes(data)


@kind(DAMAGED)
def descriptors(path, data, rng):
    k = damage.Kdump(data)
    flip(data, k.descs, k.descs + 24 * 2000, rng, 1, 16, 256)
    path.write_bytes(data)


@kind(DAMAGED)
def a_page(path, data, rng):
    at = rng.randrange(len(data))
    data[at:at + PAGE] = rng.randbytes(len(data[at:at + PAGE]))
    path.write_bytes(data)


def words(data, rng, count, fits, new):
    """So many words of memory that fit get another value."""
    begin = damage.Kdump(data).descs
    for _ in range(100 * count):
        at = rng.randrange(begin, len(data) - 7) & ~7
        if fits(struct.unpack_from("<Q", data, at)[0]):
            struct.pack_into("<Q", data, at, new())
            count -= 1
        if not count:
            return


@kind(DAMAGED)
def pointers(path, data, rng):
    """Lists that lead into other lists, trees with rings: pointers to where others point."""
    targets = [v for v, in struct.iter_unpack("<Q", bytes(data[len(data) // 2 & ~7:][:1 << 20 & ~7]))
               if v in KERNEL] or [KERNEL[0]]
    words(data, rng, rng.choice([100, 1000, 10000]), KERNEL.__contains__, lambda: rng.choice(targets))
    path.write_bytes(data)


@kind(DAMAGED)
def counts(path, data, rng):
    """Small numbers that are giant."""
    words(data, rng, rng.choice([100, 1000, 10000]), range(1, 4096).__contains__,
          lambda: rng.choice(GIANT))
    path.write_bytes(data)


@kind(DAMAGED)
def flattened_and_damaged(path, data, rng):
    out = flat(data)
    flip(out, 0, len(out), rng, 0, 1, 100)
    path.write_bytes(out[:rng.randrange(1, len(out))])


@kind(DAMAGED)
def elf_core_damaged(path, data, rng):
    out = bytearray(elf(data))
    flip(out, 0, rng.choice([64, PAGE, len(out)]), rng, 1, 16)
    path.write_bytes(out[:rng.randrange(len(out) // 2, len(out))])


@kind(DAMAGED)
def packed_and_cut(path, data, rng):
    out = subprocess.run(["zstd", "-q", "-1", "-c"], input=data, check=True,
                         stdout=subprocess.PIPE).stdout
    path.write_bytes(out[:rng.randrange(1, len(out))])


# ---- no dumps ------------------------------------------------------------------------------------

@kind(NO_DUMP)
def missing(path, data, rng):
    pass


@kind(NO_DUMP)
def empty(path, data, rng):
    path.touch()


@kind(NO_DUMP)
def folder(path, data, rng):
    path.mkdir()


@kind(NO_DUMP)
def link_to_itself(path, data, rng):
    path.symlink_to(path.name)


@kind(NO_DUMP)
def fifo(path, data, rng):
    os.mkfifo(path)


@kind(NO_DUMP)
def device(path, data, rng):
    path.symlink_to("/dev/zero")


@kind(NO_DUMP)
def text(path, data, rng):
    path.write_text("kdump: saving vmcore failed\n" * rng.choice([1, 10000]))


@kind(NO_DUMP)
def noise(path, data, rng):
    path.write_bytes(rng.randbytes(rng.randrange(1, 65536)))


@kind(NO_DUMP)
def hole(path, data, rng):
    path.touch()
    os.truncate(path, 1 << 40)


@kind(NO_DUMP)
def magic_alone(path, data, rng):
    """Of files that are dumps, and then noise."""
    start = rng.choice([bytes(data[:8]), b"\x7fELF\2\1\1", b"makedumpfile\0", b"\x28\xb5\x2f\xfd"])
    path.write_bytes(start + rng.randbytes(rng.randrange(1, 65536)))


@kind(NO_DUMP)
def packed_otherwise(path, data, rng):
    """What cairn does not unpack."""
    pack = rng.choice([gzip.compress, lzma.compress, bz2.compress])
    path.write_bytes(pack(bytes(data[:1 << 20])))


@kind(NO_DUMP)
def packed_text(path, data, rng):
    subprocess.run(["zstd", "-q", "-o", path], input=b"no dump\n" * 100000, check=True)
