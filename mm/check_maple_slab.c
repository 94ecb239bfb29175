/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/check_maple_slab.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/base/mem.h"

#define VOTERS 64
#define TEXT   512

void maple_slabs_init(struct maple_slabs *s, struct cairn *c, const struct shelf *nodes)
{
	uint64_t some[VOTERS];
	size_t n = 0;

	*s = (struct maple_slabs){ 0 };
	slab_use_init(&s->use, c, "maple_node_cache"); /* lib/maple_tree.c */
	for (; n < VOTERS && n < nodes->n; n++)
		some[n] = nodes->page[n].vpage << c->kernel.page_shift;
	slab_use_learn(&s->use, some, n);
}

void maple_slabs_deinit(struct maple_slabs *s)
{
	slab_use_deinit(&s->use);
	mem_free(s->node);
}

void maple_slabs_node(void *arg, uint64_t addr, bool quiet)
{
	struct maple_slabs *s = arg;

	s->quiet = quiet;
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 1024;
		uint64_t *more = mem_resize(s->node, cap, sizeof(*more));

		if (!more) {
			s->lost++;
			return;
		}
		s->node = more;
		s->cap = cap;
	}
	s->node[s->n++] = addr;
}

static void report(struct cairn_run *run, const char *whose, enum cairn_grade grade, uint64_t node,
		   const char *because)
{
	struct cairn_evidence e = { node, 1, "the node" };
	char text[TEXT], found[32];
	struct cairn_finding f = {
		.id = "maple.node.slab", .severity = CAIRN_ERROR, .grade = grade, .object = node,
		.addr = node, .field = "the node's address", .found = found, .message = text, .evidence = &e,
		.nevidence = 1,
	};

	snprintf(found, sizeof(found), "0x%" PRIx64, node);
	snprintf(text, sizeof(text), "%s: the node at 0x%" PRIx64 " is none in use: %s", whose, node,
		 because);
	cairn_report(run, &f);
}

static void note_lost(struct maple_slabs *s, struct cairn_run *run, const char *whose)
{
	struct cairn_err err;

	if (!s->lost)
		return;
	cairn_fail(&err, CAIRN_NOMEM, "no memory for %zu nodes", s->lost);
	cairn_unseen(run, whose, &err);
	s->lost = 0;
}

void maple_slabs_check(struct maple_slabs *s, struct cairn_run *run, const char *whose,
		       bool of_task)
{
	bool sure = s->quiet && of_task;
	char other[64], text[128];

	for (size_t i = 0; i < s->n; i++) {
		enum slab_use_kind kind = slab_use_of(&s->use, s->node[i], other);
		const char *because = slab_use_text(kind);

		if (kind == SLAB_OTHER) {
			snprintf(text, sizeof(text), "it lies in the slab cache \"%s\"", other);
			because = text;
		}
		if (because)
			report(run, whose, sure && kind != SLAB_DOUBTFUL ? CAIRN_CERTAIN :
									   CAIRN_SUSPICIOUS,
			       s->node[i], because);
	}
	s->n = 0;
	note_lost(s, run, whose);
}
