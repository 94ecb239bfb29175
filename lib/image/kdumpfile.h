/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kdumpfile - the one file that calls libkdumpfile, for the formats that are not read here:
 * LKCD and SADUMP.
 *
 * kdump-compressed files and ELF cores do not go through the library. Measured with 0.5.1
 * (Debian 12) and found in its sources:
 *   - it reads a file that is cut short as if zeros followed, or, where it maps the file,
 *     dies of SIGBUS;
 *   - opening takes time and memory with the size of the machine (1 TB: 0.14 to 10 s and
 *     up to 3 GB, by how the bitmap is fragmented);
 *   - a page descriptor whose size is between that of a page and 256 KiB overflows its
 *     buffer, and headers of ELF files are trusted;
 *   - flattened files, QEMU's empty utsname and ARM's sub-header are not understood;
 *   - zlib pages come at half the speed, uncompressed ones at a seventh.
 * What it still reads is read in its ways: these formats deserve less trust.
 */
#ifndef CAIRN_IMAGE_KDUMPFILE_H
#define CAIRN_IMAGE_KDUMPFILE_H

#include "lib/image/pages.h"

/** The machine as the library names it; NULL: it does not know it, or we do not. */
const struct arch *other_pages_arch(const struct pages *p);

#endif
