/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "unwind/oops_priv.h"

bool oops_reg_value(const struct oops *o, const char *name, uint64_t *ret)
{
	static const char *const same[][2] = {
		{ "r11", "fp" }, { "r12", "ip" }, { "r13", "sp" }, { "r14", "lr" }, { "r15", "pc" },
	};

	for (size_t i = 0; i < o->nregs; i++)
		if (!strcmp(o->reg[i].name, name)) {
			*ret = o->reg[i].value;
			return true;
		}
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (!strcmp(same[i][0], name))
			return oops_reg_value(o, same[i][1], ret);
	return false;
}

static const char *copy(struct arena *a, struct piece t)
{
	return t.p ? arena_strndup(a, t.p, t.len) : NULL;
}

static bool has(const struct oops *o, const char *reg)
{
	for (size_t i = 0; i < o->npoints; i++)
		if (!strcmp(o->points[i].reg, reg))
			return true;
	return false;
}

static void add(struct oops *o, const struct oops_pointee *p, struct arena *a)
{
	const char *text = p->rest.len ? arena_printf(a, "%.*s %.*s", (int)p->text.len, p->text.p,
						      (int)p->rest.len, p->rest.p) : copy(a, p->text);
	struct oops_points *to = &o->points[o->npoints];

	*to = (struct oops_points){
		.reg = copy(a, p->reg), .text = text, .kind = p->kind, .cache = copy(a, p->cache),
		.by = copy(a, p->by), .has_start = p->has_start, .has_offset = p->has_offset,
		.start = p->start, .offset = p->offset, .size = p->size, .pages = p->pages,
	};
	if (!to->reg || !to->text || has(o, to->reg))
		return;
	to->has_value = oops_reg_value(o, to->reg, &to->value);
	if (!to->has_value && to->has_start && to->has_offset) {
		to->has_value = true;
		to->value = to->start + to->offset;
	}
	o->npoints++;
}

static bool is_next(const struct oops_row *row)
{
	return row->what == OOPS_OTHER || row->what == OOPS_FRAME;
}

void oops_points_read(struct oops *o, const struct oops_report *r, struct arena *a)
{
	for (size_t i = 0; i < r->n && o->npoints < OOPS_REGS; i++) {
		struct oops_pointee p;

		if (r->row[i].what != OOPS_POINTEE || !oops_pointee_read(&p, r->row[i].text))
			continue;
		while (i + 1 < r->n && is_next(&r->row[i + 1]) &&
		       oops_pointee_goes_on(&p, r->row[i + 1].text))
			i++;
		if (!o->points)
			o->points = arena_array(a, OOPS_REGS, sizeof(*o->points));
		if (!o->points)
			return;
		add(o, &p, a);
	}
}
