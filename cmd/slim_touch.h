/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slim_touch - reading kernel objects for the sake of the record alone.
 */
#ifndef CAIRN_CMD_SLIM_TOUCH_H
#define CAIRN_CMD_SLIM_TOUCH_H

#include "cmd/cmd.h"
#include "unwind/unwinder.h"

struct touch {
	struct call *call;
	struct cairn *c;
	struct space *sp;
	struct unwinder u;
	bool unwinds;
	uint64_t text, etext, end; /* _text, _etext, _end of the image; 0: not known */
	uint64_t reads;            /* so far; a dump may ask for any number of them */
	bool missed;               /* a symbol or a type that would lead there is not known */
};

/** Whether one more read may be made: false at their limit, which is something missed, and after
 *  an interrupt. */
bool touch_may_read(struct touch *t);

/** Pages of [va, va + len); what cannot be read is passed over. */
void touch_range(struct touch *t, uint64_t va, uint64_t len);

/** What lies between two symbols, and under one by its size (of at least `len` bytes). */
void touch_between(struct touch *t, const char *first, const char *last);
void touch_symbol(struct touch *t, const char *name, uint64_t len);

/** An object of a type. Address 0: nothing. */
void touch_object(struct touch *t, const char *type, uint64_t addr);

/** `fn` for each word of [va, va + len) that points into the kernel's image. */
void touch_pointers(struct touch *t, uint64_t va, uint64_t len,
		    void (*fn)(struct touch *t, uint64_t word));

/** Memory, as text where a pointer leads to. */
void touch_string(struct touch *t, uint64_t va);

/** What crash alone reads (slim_crash.c). */
void touch_crash(struct touch *t);

#endif
