/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rwsem - who holds a struct rw_semaphore, as it says itself.
 *
 * Sources: kernel/locking/rwsem.c (count: bit 0 a writer, readers from bit 8, the sign bit is
 * READFAIL; owner: a task_struct with flags in its low bits, of readers a hint);
 * kernel/locking/rwbase_rt.c and include/linux/rwbase_rt.h for PREEMPT_RT (out of tree, rwsem-rt.c,
 * the members were not nested; readers: WRITER_BIAS when written, else READER_BIAS plus the
 * readers; the bias is taken off while a writer waits).
 */
#ifndef CAIRN_KERN_RWSEM_H
#define CAIRN_KERN_RWSEM_H

#include "lib/debug/shape.h"

enum rwsem_hold {
	RWSEM_UNTOLD,  /* its words are of no form that is known */
	RWSEM_FREE,
	RWSEM_WRITER,  /* by `owner`, if it is signed */
	RWSEM_READERS, /* by `readers` of them, `owner` being the one that came last, or 0 */
};

struct rwsem {
	enum rwsem_hold hold;
	uint64_t owner;          /* task_struct; it may be none any more */
	bool is_signed;          /* the writer has written down its name */
	uint64_t readers;
	uint64_t owner_at;       /* where the owner is written; 0: nowhere */
	uint64_t owner_word;     /* as it is there, flags included */
	const char *count_name;  /* the member that says how it is held: "count" */
	uint64_t count_at;       /* where that is; 0: nowhere */
	uint64_t count;          /* as it is there */
	uint64_t unwritten;      /* what it would be there without the writer */
	bool strange;            /* bits are set that have no meaning, or never are */
	bool deserted;           /* it says that somebody waits, and nobody is on its list */
};

struct rwsem_layout {
	struct shape shape;
	bool known;
};

void rwsem_layout_init(struct rwsem_layout *l, struct types *ts);

/** Half a sentence on why no semaphore of a machine with so many tasks has such a count; NULL: it may
 *  be. A task holds it for reading once. */
const char *rwsem_contradiction(const struct rwsem *r, uint64_t tasks);

/** CAIRN_MISSING without its type. */
enum cairn_code rwsem_read(const struct rwsem_layout *l, struct space *sp, uint64_t addr,
			   struct rwsem *ret, struct cairn_err *err);

#endif
