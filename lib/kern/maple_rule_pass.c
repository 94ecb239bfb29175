/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_rule_impl.h"

#include "lib/base/mem.h"
#include "lib/kern/maple_fine.h"

#define STOP_EVERY 256

void pass_add(struct pass *p, struct maple_wrong w)
{
	struct maple_wrongs *to = p->to;
	size_t cap = to->cap ? to->cap * 2 : 16;
	struct maple_wrong *new;

	if (to->n >= p->limit) {
		to->full = true;
		return;
	}
	if (to->n == to->cap) {
		new = mem_resize(to->wrong, cap, sizeof(*new));
		if (!new) {
			to->full = true;
			return;
		}
		to->wrong = new;
		to->cap = cap;
	}
	to->wrong[to->n++] = w;
}

void maple_wrongs_deinit(struct maple_wrongs *w)
{
	mem_free(w->wrong);
	*w = (struct maple_wrongs){ 0 };
}

void pass_wrong(struct pass *p, enum maple_rule rule, unsigned offset, unsigned slot)
{
	pass_add(p, (struct maple_wrong){
		rule, p->at, p->n->addr + offset, 0, maple_word(p->l, p->n->bytes, offset),
		p->l->word, (uint8_t)slot, false,
	});
}

void pass_wrong_told(struct pass *p, enum maple_rule rule, unsigned offset, unsigned slot,
		     uint64_t expected)
{
	pass_add(p, (struct maple_wrong){
		rule, p->at, p->n->addr + offset, expected,
		maple_word(p->l, p->n->bytes, offset), p->l->word, (uint8_t)slot, true,
	});
}

void pass_wrong_meta(struct pass *p, enum maple_rule rule, unsigned offset, uint64_t expected,
		     bool told)
{
	pass_add(p, (struct maple_wrong){
		rule, p->at, p->n->addr + offset, expected, p->n->bytes[offset], 1, 0, told,
	});
}

void pass_wrong_link(struct pass *p, enum maple_rule rule, uint32_t child, uint64_t expected,
		     bool told)
{
	const struct maple_node *n = &p->m->node[child];
	const struct maple_node *up = n->parent == MAPLE_NONE ? NULL : &p->m->node[n->parent];
	unsigned offset = up ? maple_slot_at(p->l, up->type, n->slot) : 0;

	pass_add(p, (struct maple_wrong){
		rule, child, up ? up->addr + offset : p->m->tree + p->l->root, expected,
		up ? maple_word(p->l, up->bytes, offset) : p->m->root, p->l->word, n->slot, told,
	});
}

/* ---- from node to node ---- */

static void check_node(struct pass *p, uint32_t i)
{
	p->at = i;
	p->n = &p->m->node[i];
	p->f = &p->l->form[p->n->type];
	if (p->n->state != MAPLE_THERE) {
		p->missing = true;
		pass_check_link(p, i);
		return;
	}
	maple_words(p->l, p->n->bytes + p->f->pivot, p->pivot, p->f->slots - 1);
	maple_words(p->l, p->n->bytes + p->f->slot, p->slot, p->f->slots);
	pass_check_frame(p);
	if (p->n->type == MAPLE_LEAF)
		pass_check_leaf(p);
	else if (p->f->gap && p->n->child != MAPLE_NONE)
		pass_check_gaps(p);
}

/* Those that are not fine. */
static enum cairn_code check_nodes(struct pass *p, const unsigned char *fine)
{
	size_t looked = 0;

	for (uint32_t i = 0; i < p->m->n && !p->to->full; i++) {
		if (fine[i])
			continue;
		if (p->m->c->stop && ++looked % STOP_EVERY == 0 && p->m->c->stop())
			return CAIRN_INTERRUPTED;
		check_node(p, i);
	}
	return CAIRN_OK;
}

bool maple_rules_check(const struct maple *m, const struct maple_entries *e, size_t limit,
		       struct maple_wrongs *ret)
{
	struct maple_fine fine;
	enum cairn_code code = maple_fine_find(m, e, &fine);
	struct pass p = {
		.m = m, .l = m->layout, .e = e, .to = ret, .limit = limit, .gap = fine.gap,
		.entries = fine.entries, .sum = fine.sum,
	};

	if (!code)
		code = check_nodes(&p, fine.node);
	ret->full |= code == CAIRN_NOMEM;
	if (!ret->full && !code)
		pass_check_tree(&p);
	maple_fine_free(&fine);
	return code != CAIRN_INTERRUPTED;
}
