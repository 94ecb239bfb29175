/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swap_form - private to swap: where a machine's swap entries have type and offset.
 *
 * No type and no symbol tells where ARM's are. do_swap_page() (mm/memory.c) begins by taking an entry
 * apart, and its instructions have the numbers of the bits.
 */
#ifndef CAIRN_MM_SWAP_FORM_H
#define CAIRN_MM_SWAP_FORM_H

#include <stddef.h>

#include "lib/kern/session.h"

struct swap_form {
	unsigned type_shift, offset_shift, offset_bits;
};

/** 5 bits of type everywhere. False: it is not known. */
bool swap_form_of(struct cairn *c, struct swap_form *ret);

/** Of ARM (A32) and arm64, by the instructions of do_swap_page(), n words. */
bool swap_form_arm(const uint32_t *code, size_t n, struct swap_form *ret);
bool swap_form_arm64(const uint32_t *code, size_t n, struct swap_form *ret);

#endif
