/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debugplace - whether a debug file belongs to the dump, and where its sections lay in the
 * dumped machine.
 */
#ifndef CAIRN_DEBUG_DEBUGPLACE_H
#define CAIRN_DEBUG_DEBUGPLACE_H

#include "lib/debug/debugfile.h"

/** Whether a file of kind KERNEL or BTF belongs to the dump's kernel, or a MODULE to that
 *  module of the dump: `build_id` and `release` are the dump's, "" or NULL where it does
 *  not say. CAIRN_USAGE with both ids (or releases) if it does not. What neither side can
 *  tell is accepted, with `proof` UNPROVEN: only the user's word stands for it. */
enum cairn_code debugfile_match(struct debugfile *f, const char *build_id, const char *release,
				struct cairn_err *err);

/** The kernel ran `kernel_offset` above the addresses that it was linked to. Absolute
 *  per-CPU sections (x86_64 up to 6.14) do not move. */
void debugfile_place_kernel(struct debugfile *f, uint64_t kernel_offset);

/** Likewise, so that `symbol` ends up at addr. VMCOREINFO has the address of _stext also
 *  where it does not tell the offset (i386). CAIRN_MISSING if the file lacks the symbol. */
enum cairn_code debugfile_place_kernel_by(struct debugfile *f, const char *symbol, uint64_t addr,
					  struct cairn_err *err);

/** Tells where a section of a module was loaded (the kernel keeps names and addresses in
 *  module.sect_attrs; .data..percpu is at module.percpu); false if it was not, or is gone. */
typedef bool debugfile_section_fn(void *arg, const char *section, uint64_t *ret);

/** Place every section that fn knows. Returns how many it knew. */
size_t debugfile_place_module(struct debugfile *f, debugfile_section_fn *fn, void *arg);

/** Where a symbol lay: st_shndx and st_value of its entry. False if its section was not
 *  placed. */
bool debugfile_symbol_addr(const struct debugfile *f, size_t shndx, uint64_t value,
			   uint64_t *ret);

/** The file's own address of an address of the dump. False if none of its placed sections
 *  covers it. */
bool debugfile_file_addr(const struct debugfile *f, uint64_t addr, uint64_t *ret);

/** The other way round. Per-CPU addresses have no place. */
bool debugfile_run_addr(const struct debugfile *f, uint64_t own, uint64_t *ret);

#endif
