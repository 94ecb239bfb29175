/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_word.h"

#include <stdio.h>

static bool within(unsigned offset, unsigned from, unsigned count, unsigned word)
{
	return offset >= from && offset < from + count * word;
}

void maple_field(const struct maple_layout *l, int type, unsigned offset, char *buf, size_t size)
{
	const struct maple_form *f = type < 0 ? NULL : &l->form[type];

	if (!f)
		snprintf(buf, size, "maple_tree.%s",
			 offset == l->root ? "ma_root" :
			 offset == l->flags ? "ma_flags" : "ma_lock");
	else if (offset < l->word)
		snprintf(buf, size, "maple_node.parent");
	else if (offset == f->end && f->end % l->word == 0 && !f->meta_in_slot)
		snprintf(buf, size, "maple_node.%s.meta.end", f->name);
	else if (within(offset, f->pivot, f->slots - 1, l->word))
		snprintf(buf, size, "maple_node.%s.pivot[%u]", f->name,
			 (offset - f->pivot) / l->word);
	else if (within(offset, f->slot, f->slots, l->word))
		snprintf(buf, size, "maple_node.%s.slot[%u]", f->name,
			 (offset - f->slot) / l->word);
	else if (f->gap && within(offset, f->gap, f->slots, l->word))
		snprintf(buf, size, "maple_node.%s.gap[%u]", f->name, (offset - f->gap) / l->word);
	else
		snprintf(buf, size, "maple_node.%s.meta.%s", f->name,
			 offset == f->meta_gap ? "gap" : "end");
}

static enum maple_word_kind kind_of_rule(enum maple_rule r)
{
	switch (r) {
	case MAPLE_RULE_ROOT_PARENT:
	case MAPLE_RULE_DEAD_LINKED:
	case MAPLE_RULE_PARENT_TYPE:
	case MAPLE_RULE_PARENT_SLOT:
	case MAPLE_RULE_PARENT_NODE: return MAPLE_WORD_PARENT;
	case MAPLE_RULE_PIVOT_ORDER:
	case MAPLE_RULE_PIVOT_RANGE:
	case MAPLE_RULE_PIVOT_ZERO:
	case MAPLE_RULE_PIVOT_ENTRY:
	case MAPLE_RULE_TAIL_PIVOT: return MAPLE_WORD_PIVOT;
	case MAPLE_RULE_END_RANGE:
	case MAPLE_RULE_END_META:
	case MAPLE_RULE_END_MIN:
	case MAPLE_RULE_GAP_NOT_MAX:
	case MAPLE_RULE_GAP_META_RANGE: return MAPLE_WORD_META;
	case MAPLE_RULE_TAIL_SLOT:
	case MAPLE_RULE_NULL_ADJACENT:
	case MAPLE_RULE_NULL_LEAF_END:
	case MAPLE_RULE_ENTRY_RESERVED:
	case MAPLE_RULE_ENTRY_WRONG:
	case MAPLE_RULE_ENTRY_OVERWRITTEN:
	case MAPLE_RULE_ENTRY_UNREAD:
	case MAPLE_RULE_ENTRY_LOST: return MAPLE_WORD_SLOT;
	case MAPLE_RULE_GAP_PARENT:
	case MAPLE_RULE_GAP_TOO_BIG:
	case MAPLE_RULE_TAIL_GAP: return MAPLE_WORD_GAP;
	case MAPLE_RULE_ENTRY_TOTAL:
	case MAPLE_RULE_FLAGS:
	case MAPLE_RULE_HEIGHT: return MAPLE_WORD_TREE;
	default: return MAPLE_WORD_LINK;
	}
}

enum maple_word_kind maple_kind_of_word(const struct maple_layout *l, int type, unsigned offset,
					unsigned size)
{
	const struct maple_form *f = type < 0 ? NULL : &l->form[type];

	if (!f)
		return offset == l->root ? MAPLE_WORD_LINK : MAPLE_WORD_TREE;
	if (size == 1)
		return MAPLE_WORD_META;
	if (offset < l->word)
		return MAPLE_WORD_PARENT;
	if (within(offset, f->pivot, f->slots - 1, l->word))
		return MAPLE_WORD_PIVOT;
	if (f->gap && within(offset, f->gap, f->slots, l->word))
		return MAPLE_WORD_GAP;
	return type == MAPLE_LEAF ? MAPLE_WORD_SLOT : MAPLE_WORD_LINK;
}

bool maple_only_doubts(const struct maple_wrong *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!maple_rule_is_doubt(w[i].rule))
			return false;
	return true;
}

static bool is_about(const struct maple_wrong *w, enum maple_word_kind kind, bool doubts)
{
	return kind_of_rule(w->rule) == kind && maple_rule_is_doubt(w->rule) == doubts;
}

/* The rule that says best what is wrong with a word of that kind. */
enum maple_rule maple_rule_for(enum maple_word_kind kind, uint64_t addr, bool is_end,
			       const struct maple_wrong *w, size_t n)
{
	enum maple_rule best = MAPLE_RULES;
	bool doubts = maple_only_doubts(w, n);

	for (size_t i = 0; i < n; i++)
		if (w[i].addr == addr && is_about(&w[i], kind, doubts) && w[i].rule < best)
			best = w[i].rule;
	for (size_t i = 0; i < n && (best == MAPLE_RULES || kind == MAPLE_WORD_PIVOT); i++)
		if (is_about(&w[i], kind, doubts) && w[i].rule < best)
			best = w[i].rule;
	if (best != MAPLE_RULES)
		return best;
	if (kind == MAPLE_WORD_PIVOT)
		return MAPLE_RULE_PIVOT_ENTRY;
	if (kind == MAPLE_WORD_SLOT)
		return MAPLE_RULE_ENTRY_WRONG;
	if (kind == MAPLE_WORD_META)
		return is_end ? MAPLE_RULE_END_META : MAPLE_RULE_GAP_NOT_MAX;
	return w[0].rule;
}
