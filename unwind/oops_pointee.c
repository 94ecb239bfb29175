/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/oops_pointee.h"

#include <ctype.h>
#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *begins, *kind;
} kinds[] = {
	{ "slab", "slab" },
	{ "NULL pointer", "null" },
	{ "zero-size pointer", "zero-size" },
	{ "non-paged memory", "non-paged" },
	{ "non-slab/vmalloc memory", "memory" },
	{ "vmalloc memory", "vmalloc" },
};

static const char *kind_of(struct piece t)
{
	uint64_t pages;
	size_t n = piece_dec(t, &pages);

	if (n && piece_begins(piece_drop(t, n), "-page vmalloc region"))
		return "vmalloc";
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (piece_begins(t, kinds[i].begins))
			return kinds[i].kind;
	return NULL;
}

static bool hex_after(struct piece t, const char *what, uint64_t *ret)
{
	struct piece at = piece_after(t, what);

	if (piece_begins(at, "0x"))
		at = piece_drop(at, 2);
	return at.p && piece_hex(at, ret);
}

static uint64_t dec_after(struct piece t, const char *what)
{
	uint64_t ret = 0;

	return piece_dec(piece_after(t, what), &ret) ? ret : 0;
}

/* "slab maple_node start ...", "slab/kfence foo start ...", "slab start ...": the cache may have no
   name, or blanks in it */
static struct piece cache_of(struct piece t)
{
	struct piece after = piece_after(t, " "), stop;

	if (!after.p || piece_begins(after, "start "))
		return (struct piece){ NULL, 0 };
	stop = piece_after(after, " start ");
	if (!stop.p)
		return piece_until(after, " ");
	after.len = (size_t)(stop.p - 7 - after.p);
	return after;
}

static void read_slab(struct oops_pointee *p)
{
	struct piece t = p->text;
	uint64_t offset;

	p->cache = cache_of(t);
	p->has_start = hex_after(t, " start ", &p->start);
	p->has_offset = piece_dec(piece_after(t, " pointer offset "), &offset) != 0;
	if (p->has_offset)
		p->offset = offset + dec_after(t, " data offset ");
	p->size = dec_after(t, " size ");
}

static void read_words(struct oops_pointee *p)
{
	p->kind = kind_of(p->text);
	p->by = piece_until(piece_trim(piece_after(p->text, " allocated at ")), " ");
	if (!p->by.len)
		p->by.p = NULL;
	if (p->kind && *p->kind == 's') {
		read_slab(p);
	} else if (piece_has(p->text, "-page vmalloc region")) {
		if (!piece_dec(p->text, &p->pages))
			p->pages = 0;
		p->has_start = hex_after(p->text, " starting at ", &p->start);
	}
}

bool oops_pointee_read(struct oops_pointee *ret, struct piece line)
{
	struct piece t = piece_trim(line), words;

	*ret = (struct oops_pointee){ 0 };
	if (!piece_begins(t, "Register "))
		return false;
	t = piece_drop(t, 9);
	words = piece_after(t, " information:");
	ret->reg = piece_until(t, " ");
	if (!words.p || !ret->reg.len || ret->reg.len > 4 ||
	    ret->reg.p + ret->reg.len + 13 != words.p || !islower((unsigned char)*ret->reg.p))
		return false;
	ret->text = piece_trim(words);
	read_words(ret);
	return true;
}

static void take_on(struct oops_pointee *p, struct piece t)
{
	if (piece_begins(t, "size "))
		p->size = dec_after(t, "size ");
	else if (piece_begins(t, "allocated at "))
		p->by = piece_until(piece_trim(piece_drop(t, 13)), " ");
	else if (piece_begins(t, "pointer offset "))
		p->has_offset = piece_dec(piece_drop(t, 15), &p->offset) != 0;
	else
		p->has_start = hex_after(t, "starting at ", &p->start);
	p->rest = t;
}

bool oops_pointee_goes_on(struct oops_pointee *p, struct piece line)
{
	static const char *const rest[] = { "size ", "allocated at ", "pointer offset ", "starting at 0x" };
	struct piece t = piece_trim(line);

	if (!p->text.len) {
		if (!kind_of(t))
			return false;
		p->text = t;
		read_words(p);
		return true;
	}
	for (size_t i = 0; p->kind && !p->rest.len && i < COUNT(rest); i++)
		if (piece_begins(t, rest[i])) {
			take_on(p, t);
			return true;
		}
	return false;
}
