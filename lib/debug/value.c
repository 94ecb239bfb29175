/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cursor.h"
#include "lib/base/mem.h"

#define NEST_LIMIT 10
#define VALUE_LIMIT (1u << 20) /* bytes of one object */
#define FIELDS_LIMIT 65536u    /* of one object: types may contain themselves */
#define BRIEF_MEMBERS 8
#define BRIEF_TEXT 64

/* What a value is made from: the object's bytes, read once, and where they came from. */
struct source {
	struct out *o;
	struct space *sp;
	const struct value_style *style;
	uint64_t addr;          /* of bytes[0] */
	const unsigned char *bytes;
	size_t readable;        /* bytes before the first fault */
	const unsigned char *known; /* of each byte; NULL: all of these are */
	struct cairn_err err;   /* that fault */
	unsigned nest, anonymous;
	unsigned shown;         /* members of the struct that is being written, if brief */
	unsigned left;          /* fields that may still be written */
	bool missing;           /* something that was wanted is not there */
};

static bool have(const struct source *s, size_t off, uint64_t n)
{
	if (n > s->readable || off > s->readable - n)
		return false;
	for (uint64_t i = 0; s->known && i < n; i++)
		if (!s->known[off + i])
			return false;
	return true;
}

/* What is not there: beyond the fault, or beyond the object; or the compiler dropped it. */
static void write_missing(struct source *s, const char *name)
{
	s->missing = true;
	if (s->err.code == CAIRN_OK && s->known)
		out_null(s->o, name, NULL);
	else if (s->err.code == CAIRN_OK)
		out_null(s->o, name, "%s");
	else
		out_fault(s->o, name, "%s", &s->err);
	if (s->err.code == CAIRN_OK && s->known)
		out_text(s->o, "<optimized out>");
}

static bool is_brief(const struct source *s)
{
	return s->style->brief && s->o->mode == OUT_TEXT;
}

static void indent(struct source *s)
{
	out_text(s->o, "%*s", 2 * (int)(s->nest + s->style->indent), "");
}

static void write_at(struct source *s, const char *name, const struct type *t, size_t off);

static void write_uint(struct source *s, const char *name, const struct type *t, uint64_t v,
		       unsigned bits)
{
	int64_t sv = (int64_t)v;

	if (t->is_signed && bits < 64 && bits && v >> (bits - 1) & 1)
		sv = (int64_t)(v | UINT64_MAX << bits);
	if (t->is_bool && v <= 1)
		out_bool(s->o, name, "%s", v);
	else if (s->style->hex)
		out_hex(s->o, name, "%s", v);
	else if (t->is_signed ? sv >= -(1LL << 53) && sv <= 1LL << 53 : v <= 1ULL << 53)
		out_num(s->o, name, "%s", t->is_signed ? sv : (int64_t)v);
	else
		out_hex(s->o, name, "%s", v);
}

static void write_enum(struct source *s, const char *name, const struct type *t, uint64_t v)
{
	uint32_t n, i;
	const struct type_enumerator *e = type_enumerators(t, &n);
	uint64_t mask = t->size && t->size < 8 ? (1ULL << 8 * t->size) - 1 : UINT64_MAX;

	for (i = 0; i < n; i++)
		if (((uint64_t)e[i].value & mask) == v) {
			out_str(s->o, name, "%s", e[i].name);
			return;
		}
	write_uint(s, name, t, v, (unsigned)t->size * 8);
}

/* Only what reads as text: a char may be any byte. */
static void text_at(struct source *s, uint64_t addr)
{
	char text[BRIEF_TEXT];
	size_t n, i;

	if (!s->sp || space_text(s->sp, addr, text, sizeof(text), NULL))
		return;
	n = strlen(text);
	for (i = 0; i < n; i++)
		if ((text[i] < 0x20 || text[i] > 0x7e) && text[i] != '\n' && text[i] != '\t')
			return;
	if (!n)
		return;
	out_text(s->o, " \"");
	out_text_safe(s->o, text, n);
	out_text(s->o, n == sizeof(text) - 1 ? "\"..." : "\"");
}

static void write_pointer(struct source *s, const char *name, const struct type *t, uint64_t v)
{
	struct sym sym;
	uint64_t off;

	out_hex(s->o, name, "%s", v);
	if (is_brief(s) && v && t->target && type_strip(t->target)->is_char) {
		text_at(s, v);
		return;
	}
	if (s->o->mode == OUT_TEXT && s->style->syms && v &&
	    sym_at(s->style->syms, v, &sym, &off)) {
		out_text(s->o, " <");
		out_text_safe(s->o, sym.name, strlen(sym.name));
		out_text(s->o, off ? "+0x%" PRIx64 ">" : ">", off);
	}
}

static bool is_zero(const unsigned char *p, size_t n)
{
	size_t i = 0;

	while (i < n && !p[i])
		i++;
	return i == n;
}

/* A char array that begins as printable text is one; zeros after it are padding. So is one of
 * zeros alone, if it is of plain char: bytes that are none are u8. */
static bool is_text(const unsigned char *p, size_t n, const struct type *elem)
{
	size_t len = strnlen((const char *)p, n), i;

	for (i = 0; i < len; i++)
		if (p[i] < 0x20 || p[i] > 0x7e)
			return false;
	return len > 0 || (n && elem->name && !strcmp(elem->name, "char") && is_zero(p, n));
}

static void write_array(struct source *s, const char *name, const struct type *t, size_t off)
{
	const struct type *elem = type_strip(t->target);
	uint32_t limit = s->style->array_limit ? s->style->array_limit : VALUE_ARRAY;
	uint64_t n = t->count < limit ? t->count : limit, i;

	if (elem->is_char && have(s, off, t->count) &&
	    is_text(s->bytes + off, (size_t)t->count, elem)) {
		out_strn(s->o, name, "\"%s\"", (const char *)s->bytes + off,
			 strnlen((const char *)s->bytes + off, (size_t)t->count));
		return;
	}
	out_array(s->o, name);
	out_text(s->o, "{");
	s->nest += is_brief(s);
	for (i = 0; i < n && elem->size && s->left; i++) {
		out_text(s->o, i ? ", " : "");
		write_at(s, NULL, elem, off + (size_t)(i * elem->size));
	}
	s->nest -= is_brief(s);
	out_text(s->o, n < t->count ? ", ...}" : "}");
	out_end(s->o);
}

static void write_bits(struct source *s, const char *name, const struct type *t, size_t off,
		       const struct type_member *m)
{
	size_t byte = off + (size_t)(m->bit_offset / 8);
	unsigned shift = m->bit_offset % 8, need = (shift + m->bit_size + 7) / 8, i;
	uint64_t v = 0;

	if (!have(s, byte, need) || need > 8) {
		write_missing(s, name);
		return;
	}
	for (i = 0; i < need; i++)
		v |= (uint64_t)s->bytes[byte + i] << 8 * i;
	v = v >> shift & (UINT64_MAX >> (64 - m->bit_size));
	if (t->kind == TYPE_ENUM)
		write_enum(s, name, t, v);
	else
		write_uint(s, name, t, v, m->bit_size);
}

static void write_members(struct source *s, const struct type *t, size_t off);

/* False if a brief text has shown enough. */
static bool begin_member(struct source *s)
{
	if (!is_brief(s)) {
		indent(s);
		return true;
	}
	if (s->shown > BRIEF_MEMBERS)
		return false;
	out_text(s->o, "%s%s", s->shown ? ", " : "", s->shown < BRIEF_MEMBERS ? "." : "...");
	return s->shown++ < BRIEF_MEMBERS;
}

static void write_anonymous(struct source *s, const struct type *t, size_t off)
{
	if (s->anonymous++ < NEST_LIMIT)
		write_members(s, t, off);
	s->anonymous--;
}

static void write_members(struct source *s, const struct type *t, size_t off)
{
	uint32_t n, i;
	const struct type_member *m = type_members(t, &n);

	for (i = 0; i < n && s->left && !out_broken(s->o); i++) {
		const struct type *mt = type_strip(m[i].type);
		size_t at = off + (size_t)(m[i].bit_offset / 8);

		s->left--;
		if (!m[i].name[0]) {
			if (!m[i].bit_size && (mt->kind == TYPE_STRUCT || mt->kind == TYPE_UNION))
				write_anonymous(s, mt, at);
			continue;
		}
		if (!begin_member(s))
			return;
		out_text_safe(s->o, m[i].name, strlen(m[i].name));
		out_text(s->o, " = ");
		if (m[i].bit_size && m[i].bit_size <= 64)
			write_bits(s, m[i].name, mt, off, &m[i]);
		else
			write_at(s, m[i].name, mt, at);
		out_text(s->o, is_brief(s) ? "" : ",\n");
	}
}

static void write_struct(struct source *s, const char *name, const struct type *t, size_t off)
{
	unsigned shown = s->shown;
	bool brief = is_brief(s);

	s->shown = 0;
	out_object(s->o, name);
	out_text(s->o, brief ? "{" : "{\n");
	s->nest++;
	if (brief && s->nest > 1)
		out_text(s->o, "...");
	else if (s->nest <= NEST_LIMIT)
		write_members(s, t, off);
	s->nest--;
	s->shown = shown;
	if (!brief)
		indent(s);
	out_text(s->o, "}");
	out_end(s->o);
}

static void write_scalar(struct source *s, const char *name, const struct type *t, uint64_t v)
{
	if (t->kind == TYPE_PTR)
		write_pointer(s, name, t, v);
	else if (t->kind == TYPE_ENUM)
		write_enum(s, name, t, v);
	else
		write_uint(s, name, t, v, (unsigned)t->size * 8);
}

static void write_at(struct source *s, const char *name, const struct type *t, size_t off)
{
	t = type_strip(t);
	/* a fault opens an object of its own */
	if (!s->left || s->o->depth + 2 > OUT_DEPTH) {
		out_null(s->o, name, "...");
		return;
	}
	s->left--;
	if (t->kind == TYPE_STRUCT || t->kind == TYPE_UNION)
		write_struct(s, name, t, off);
	else if (t->kind == TYPE_ARRAY)
		write_array(s, name, t, off);
	else if (t->size && t->size <= 8 && have(s, off, t->size))
		write_scalar(s, name, t, le_uint(s->bytes + off, (size_t)t->size));
	else if (have(s, off, t->size))
		out_null(s->o, name, "%s");
	else
		write_missing(s, name);
}

static bool load(struct source *s, unsigned char **buf, const char *name, size_t size)
{
	struct cairn_err err;

	*buf = size <= VALUE_LIMIT ? mem_zalloc(size, 1) : NULL;
	if (!*buf) {
		cairn_fail(&err, CAIRN_LIMIT, "an object of %zu bytes", size);
		out_fault(s->o, name, "%s", &err);
		return false;
	}
	s->readable = space_read_some(s->sp, s->addr, *buf, size, &s->err);
	s->bytes = *buf;
	return true;
}

bool value_write(struct out *o, const char *name, const struct type *t, struct space *sp,
		 uint64_t addr, const struct value_style *style)
{
	struct source s = { .o = o, .sp = sp, .style = style, .addr = addr, .left = FIELDS_LIMIT };
	unsigned char *buf;

	if (!load(&s, &buf, name, (size_t)type_strip(t)->size))
		return false;
	write_at(&s, name, t, 0);
	mem_free(buf);
	return !s.missing;
}

bool value_write_bytes(struct out *o, const char *name, const struct type *t, struct space *sp,
		       const unsigned char *bytes, const unsigned char *known,
		       const struct cairn_err *fault, const struct value_style *style)
{
	struct source s = { .o = o, .sp = sp, .style = style, .left = FIELDS_LIMIT,
			    .bytes = bytes, .known = known,
			    .readable = (size_t)type_strip(t)->size, .err = *fault };

	write_at(&s, name, t, 0);
	return !s.missing;
}

bool value_write_member(struct out *o, const char *name, const struct member *m,
			struct space *sp, uint64_t addr, const struct value_style *style)
{
	struct source s = { .o = o, .sp = sp, .style = style, .addr = addr + m->offset,
			    .left = FIELDS_LIMIT };
	struct type_member bits = { .bit_offset = m->bit_shift, .bit_size = m->bit_size };
	unsigned char *buf;

	if (!load(&s, &buf, name, m->size))
		return false;
	if (m->bit_size)
		write_bits(&s, name, type_strip(m->type), 0, &bits);
	else
		write_at(&s, name, m->type, 0);
	mem_free(buf);
	return !s.missing;
}
