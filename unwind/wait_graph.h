/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wait_graph - the waits of all tasks, and where following the owners leads.
 */
#ifndef CAIRN_UNWIND_WAIT_GRAPH_H
#define CAIRN_UNWIND_WAIT_GRAPH_H

#include "unwind/wait.h"

struct wait_graph {
	struct wait *wait;  /* of every task that waits, in the order of the tasks */
	size_t n;
	struct map by_task; /* private: index by task_struct */
};

/** Find all waits; memory from the arena. Release with wait_graph_deinit(). CAIRN_INTERRUPTED,
 *  CAIRN_NOMEM. `go_on` is asked for every task (NULL: always): false ends with what there is
 *  and CAIRN_LIMIT. */
enum cairn_code wait_graph_make(struct wait_graph *g, struct waits *w, struct arena *arena,
				bool (*go_on)(void *arg), void *arg, struct cairn_err *err);
void wait_graph_deinit(struct wait_graph *g);

/** The wait of a task; NULL if it does not wait. */
const struct wait *wait_graph_of(const struct wait_graph *g, uint64_t task);

/** Who has what a task waits for, and waits himself: NULL at the end of the chain. */
const struct wait *wait_graph_next(const struct wait_graph *g, const struct wait *w);

/** Somebody holds the object for certain, by what the object says. */
bool wait_is_held(const struct wait *w);

#define WAIT_CHAIN 64

/** The waits from one on along the owners. */
struct wait_chain {
	const struct wait *wait[WAIT_CHAIN];
	size_t n;
	bool cycle;       /* the owner of the last one is in the chain: wait[back] */
	size_t back;
};

void wait_graph_chain(const struct wait_graph *g, const struct wait *from,
		      struct wait_chain *ret);

#endif
