/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/shape.h"

#include <string.h>

#include "lib/base/cursor.h"
#include "lib/base/mem.h"

#define OBJECT_LIMIT (1u << 20)

/* The next of the alternatives "a|b|c" into buf; *from moves on. */
static bool next_alternative(const char **from, char *buf, size_t size)
{
	size_t len;

	if (!*from || !**from)
		return false;
	len = strcspn(*from, "|");
	if (len >= size)
		return false;
	memcpy(buf, *from, len);
	buf[len] = '\0';
	*from += len + ((*from)[len] == '|');
	return true;
}

static const struct type *find_type(const struct shape_want *want, struct types *ts,
				    struct cairn_err *err)
{
	struct cairn_err why = { .code = CAIRN_MISSING };
	const char *from = want->type;
	const struct type *t = NULL;
	char name[96];

	while (!t && next_alternative(&from, name, sizeof(name)))
		t = type_find(ts, name, err ? &why : NULL);
	if (!t && err)
		*err = why;
	return t;
}

static bool find_path(struct shape *s, unsigned i)
{
	const char *from = s->want->path[i];
	char path[128];

	while (next_alternative(&from, path, sizeof(path)))
		if (type_member(s->type, path, &s->m[i]))
			return true;
	return false;
}

enum cairn_code shape_resolve(struct shape *s, const struct shape_want *want, struct types *ts,
			      struct cairn_err *err)
{
	*s = (struct shape){ .want = want, .lo = UINT32_MAX };
	s->type = find_type(want, ts, err);
	if (!s->type)
		return err ? err->code : CAIRN_MISSING;
	s->size = type_strip(s->type)->size;
	for (unsigned i = 0; i < want->n; i++) {
		const struct member *m = &s->m[i];

		s->has[i] = find_path(s, i) && m->offset <= OBJECT_LIMIT && m->size <= OBJECT_LIMIT;
		if (!s->has[i])
			continue;
		if (m->offset < s->lo)
			s->lo = m->offset;
		if (m->offset + m->size > s->hi)
			s->hi = m->offset + m->size;
	}
	if (s->lo > s->hi)
		s->lo = s->hi;
	return CAIRN_OK;
}

enum cairn_code shape_require(const struct shape *s, const unsigned *members, unsigned n,
			      struct cairn_err *err)
{
	for (unsigned i = 0; i < n; i++)
		if (!s->has[members[i]])
			return cairn_fail(err, CAIRN_MISSING, "%s has no member %s", s->want->type,
					  s->want->path[members[i]]);
	return CAIRN_OK;
}

static uint64_t value(const struct member *m, const unsigned char *p)
{
	uint64_t v = le_uint(p, m->size);
	unsigned bits = m->bit_size ? m->bit_size : m->size * 8;

	if (m->bit_size)
		v = v >> m->bit_shift & (UINT64_MAX >> (64 - bits));
	if (m->is_signed && bits && bits < 64 && v >> (bits - 1) & 1)
		v |= UINT64_MAX << bits;
	return v;
}

enum cairn_code object_read(struct object *o, const struct shape *s, struct space *sp,
			    uint64_t addr, struct cairn_err *err)
{
	size_t len = s->hi - s->lo;

	o->shape = s;
	o->addr = addr;
	o->bytes = len <= sizeof(o->small) ? o->small : mem_zalloc(len, 1);
	if (!o->bytes)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for %s", s->want->type);
	return space_read(sp, addr + s->lo, o->bytes, len, err);
}

void object_done(struct object *o)
{
	if (o->bytes != o->small)
		mem_free(o->bytes);
	o->bytes = NULL;
}

uint64_t object_get(const struct object *o, unsigned member)
{
	const struct shape *s = o->shape;

	return s->has[member] ? value(&s->m[member], o->bytes + s->m[member].offset - s->lo) : 0;
}

const unsigned char *object_bytes(const struct object *o, unsigned member, uint32_t *size)
{
	const struct shape *s = o->shape;

	if (!s->has[member])
		return NULL;
	if (size)
		*size = s->m[member].size;
	return o->bytes + s->m[member].offset - s->lo;
}

uint64_t object_addr(const struct object *o, unsigned member)
{
	return o->shape->has[member] ? o->addr + o->shape->m[member].offset : 0;
}

enum cairn_code shape_get(const struct shape *s, struct space *sp, uint64_t addr, unsigned member,
			  uint64_t *ret, struct cairn_err *err)
{
	const struct member *m = &s->m[member];
	unsigned char raw[8];
	enum cairn_code code;

	if (!s->has[member])
		return shape_require(s, &member, 1, err);
	if (m->size > sizeof(raw))
		return cairn_fail(err, CAIRN_USAGE, "%s is no number", s->want->path[member]);
	code = space_read(sp, addr + m->offset, raw, m->size, err);
	if (code == CAIRN_OK)
		*ret = value(m, raw);
	return code;
}
