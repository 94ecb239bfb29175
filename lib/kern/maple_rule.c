/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_rule.h"

static const char *const ids[MAPLE_RULES] = {
	[MAPLE_RULE_ROOT_TAG] = "maple.root.tag",
	[MAPLE_RULE_ROOT_PARENT] = "maple.root.parent",
	[MAPLE_RULE_NODE_ALIGN] = "maple.node.align",
	[MAPLE_RULE_NODE_OVERWRITTEN] = "maple.node.overwritten",
	[MAPLE_RULE_NODE_UNREAD] = "maple.node.unread",
	[MAPLE_RULE_NODE_TYPE] = "maple.node.type",
	[MAPLE_RULE_DEAD_LINKED] = "maple.node.dead-linked",
	[MAPLE_RULE_NODE_SHARED] = "maple.node.shared",
	[MAPLE_RULE_PARENT_TYPE] = "maple.parent.type",
	[MAPLE_RULE_PARENT_SLOT] = "maple.parent.slot",
	[MAPLE_RULE_PARENT_NODE] = "maple.parent.node",
	[MAPLE_RULE_CHILD_NULL] = "maple.child.null",
	[MAPLE_RULE_DEPTH] = "maple.depth.uniform",
	[MAPLE_RULE_FLAGS] = "maple.flags",
	[MAPLE_RULE_HEIGHT] = "maple.height",
	[MAPLE_RULE_PIVOT_ORDER] = "maple.pivot.order",
	[MAPLE_RULE_PIVOT_RANGE] = "maple.pivot.range",
	[MAPLE_RULE_PIVOT_ZERO] = "maple.pivot.zero",
	[MAPLE_RULE_PIVOT_ENTRY] = "maple.pivot.entry",
	[MAPLE_RULE_END_RANGE] = "maple.end.range",
	[MAPLE_RULE_END_META] = "maple.end.meta",
	[MAPLE_RULE_END_MIN] = "maple.end.min",
	[MAPLE_RULE_TAIL_SLOT] = "maple.tail.slot",
	[MAPLE_RULE_TAIL_PIVOT] = "maple.tail.pivot",
	[MAPLE_RULE_TAIL_GAP] = "maple.tail.gap",
	[MAPLE_RULE_NULL_ADJACENT] = "maple.null.adjacent",
	[MAPLE_RULE_NULL_LEAF_END] = "maple.null.leaf-end",
	[MAPLE_RULE_ROOT_SINGLE] = "maple.root.single",
	[MAPLE_RULE_GAP_PARENT] = "maple.gap.parent-mismatch",
	[MAPLE_RULE_GAP_NOT_MAX] = "maple.gap.meta-not-max",
	[MAPLE_RULE_GAP_TOO_BIG] = "maple.gap.too-big",
	[MAPLE_RULE_GAP_META_RANGE] = "maple.gap.meta-range",
	[MAPLE_RULE_ENTRY_RESERVED] = "maple.entry.reserved",
	[MAPLE_RULE_ENTRY_WRONG] = "maple.entry.wrong",
	[MAPLE_RULE_ENTRY_UNREAD] = "maple.entry.unread",
	[MAPLE_RULE_ENTRY_OVERWRITTEN] = "maple.entry.overwritten",
	[MAPLE_RULE_ENTRY_LOST] = "maple.entry.lost",
	[MAPLE_RULE_ENTRY_TOTAL] = "maple.entry.total",
};

const char *maple_rule_id(enum maple_rule rule)
{
	return ids[rule];
}

bool maple_rule_is_doubt(enum maple_rule rule)
{
	return rule == MAPLE_RULE_END_MIN || rule == MAPLE_RULE_ROOT_SINGLE;
}

bool maple_rule_is_question(enum maple_rule rule)
{
	return rule == MAPLE_RULE_NODE_UNREAD || rule == MAPLE_RULE_ENTRY_UNREAD;
}

bool maple_rule_is_outside(enum maple_rule rule)
{
	return rule == MAPLE_RULE_ENTRY_LOST || rule == MAPLE_RULE_ENTRY_TOTAL;
}
