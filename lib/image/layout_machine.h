/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout_machine - what layout must know of one machine. One descriptor per machine,
 * registered at the end of its file.
 */
#ifndef CAIRN_IMAGE_LAYOUT_MACHINE_H
#define CAIRN_IMAGE_LAYOUT_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/set.h"
#include "lib/image/layout.h"

/** What a dump tells before its layout is known. */
struct layout_clues {
	struct image *img;
	const struct image_info *info;
	uint64_t stext;   /* address of _stext; 0: not known */
	uint64_t swapper; /* address of the root table; 0: not known */
};

struct layout_machine {
	enum arch_id arch;

	/* The n-th page-table form to try, the likeliest first; false when there are no more.
	   `info` is of the dump, its VMCOREINFO included. */
	bool (*form)(const struct image_info *info, unsigned n, struct paging_form *ret);

	/* The n-th value of image_to_phys that VMCOREINFO leaves open, the likeliest first. */
	bool (*image_to_phys)(const struct vmcoreinfo *v, unsigned n, uint64_t *ret);

	/* layout.root_mask for tables of that form. */
	uint64_t (*root_mask)(const struct paging_form *form);

	/* Bytes of an entry of the interrupt table; 0: a dump's notes have neither that table
	   nor the root register (all but x86). */
	uint8_t gate_size;

	/* Fill in the rest once form, root and image_to_phys are known: kernel_offset, user,
	   linear. */
	void (*finish)(struct layout *l, struct image *img);
};

SET_DECLARE(cairn_layouts, const struct layout_machine);
#define CAIRN_LAYOUT(member) SET_ADD(cairn_layouts, const struct layout_machine, member)

/** Whether the tables map an address to where it should be. */
enum layout_proof { LAYOUT_PROVEN, LAYOUT_UNREADABLE, LAYOUT_WRONG };

enum layout_proof layout_prove(const struct layout *l, struct image *img, uint64_t va,
			       uint64_t paddr);

/** Fill form, root and image_to_phys from the root registers in the dump's notes, for a
 *  dump whose VMCOREINFO says too little. Proven by _stext, or without one by the
 *  handlers that the processor's interrupt table names. */
bool layout_from_registers(struct layout *l, const struct layout_machine *m,
			   const struct layout_clues *c);

/** Note a linear range, at most LAYOUT_LINEAR. */
void layout_add_linear(struct layout *l, uint64_t va, uint64_t size, uint64_t phys);

/** Note a linear map of all memory that has physical address 0 at `base`, if the tables
 *  confirm it for the root table's own page. Where the table that should say is not in the
 *  dump, a base that is known and not guessed is taken at its word. */
void layout_add_direct_map(struct layout *l, struct image *img, uint64_t base, bool known);

#endif
