/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kdump_layout - where the fields of a kdump-compressed file's headers lie, for those who
 * read and who write them.
 *
 * Source: makedumpfile's diskdump_mod.h, struct disk_dump_header and kdump_sub_header.
 *
 *	block 0   header: signature 8, version 4, utsname 6 x 65, then (aligned to a long)
 *	          struct timeval, and from there: status, block_size, sub_hdr_size (in
 *	          blocks), bitmap_blocks, max_mapnr, total_ram_blocks, device_blocks,
 *	          written_blocks, current_cpu, nr_cpus
 *	block 1   sub-header, behind it notes and VMCOREINFO
 *	then      bitmap of RAM, bitmap of the pages in the dump, a descriptor for each of
 *	          these (offset 8, size 4, flags 4, page flags 8), their data
 */
#ifndef CAIRN_IMAGE_KDUMP_LAYOUT_H
#define CAIRN_IMAGE_KDUMP_LAYOUT_H

#include <stdint.h>

#define KDUMP_UTSNAME 12
#define KDUMP_UTS_LEN 65
#define KDUMP_TAIL64  424 /* of `status` */
#define KDUMP_TAIL32  412

#define KDUMP_STATUS_INCOMPLETE 0x8u /* DUMP_DH_COMPRESSED_INCOMPLETE */

/** Fields of the header behind `status`, from there. */
enum {
	KDUMP_BLOCK_SIZE = 4, KDUMP_SUB_BLOCKS = 8, KDUMP_MAP_BLOCKS = 12, KDUMP_MAX_MAPNR = 16,
	KDUMP_NR_CPUS = 36,
};

/** Offsets in struct kdump_sub_header; phys_base is at 0, of `word` bytes. */
struct kdump_sub_layout {
	uint8_t word, level, split, start_pfn, end_pfn, off_vmcoreinfo, size_vmcoreinfo;
	uint8_t off_note, size_note, off_erase, size_erase;
	uint8_t start_pfn_64, end_pfn_64, max_mapnr_64;
};

/** 64 bit; 32 bit with 4-byte alignment of 64-bit fields (i386), or with 8-byte (ARM). */
extern const struct kdump_sub_layout kdump_sub64, kdump_sub32, kdump_sub32_arm;

#define KDUMP_SUB_SIZE  104
#define KDUMP_DESC_SIZE 24

/** A file's headers as they are, for who writes them again. */
struct kdump_head {
	unsigned char head[512], sub[KDUMP_SUB_SIZE];
	const struct kdump_sub_layout *layout;
};

#endif
