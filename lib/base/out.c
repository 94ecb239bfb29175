/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/out.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLUSH_AT ((size_t)64 << 10)

void out_init(struct out *o, enum out_mode mode, int fd)
{
	*o = (struct out){ .mode = mode, .fd = fd };
	str_init(&o->buf);
}

void out_deinit(struct out *o)
{
	out_flush(o);
	str_deinit(&o->buf);
}

bool out_broken(const struct out *o)
{
	return o->error != 0;
}

static void choose_place(struct out *o)
{
	if (!o->choose || !o->buf.len)
		return;
	o->fd = o->choose(o->choose_arg, o->buf.buf, o->buf.len);
	o->choose = NULL;
}

void out_flush(struct out *o)
{
	size_t done = 0;
	ssize_t n;

	if (o->buf.failed && !o->error)
		o->error = ENOMEM;
	choose_place(o);
	if (o->fd < 0)
		return;
	while (done < o->buf.len && !o->error) {
		n = write(o->fd, o->buf.buf + done, o->buf.len - done);
		if (n > 0)
			done += (size_t)n;
		else if (n < 0 && errno == EAGAIN)
			poll(&(struct pollfd){ .fd = o->fd, .events = POLLOUT }, 1, -1);
		else if (n == 0 || errno != EINTR)
			o->error = n ? errno : EIO;
	}
	str_clear(&o->buf);
}

static void flush_if_full(struct out *o)
{
	if ((o->fd >= 0 || o->choose) && o->buf.len >= FLUSH_AT)
		out_flush(o);
}

/* ---- JSON ---- */

static void json_text(struct out *o, const char *s, size_t n)
{
	str_addc(&o->buf, '"');
	str_add_json(&o->buf, s, n);
	str_addc(&o->buf, '"');
}

static void json_key(struct out *o, const char *name)
{
	unsigned top = o->depth - 1;

	assert(o->depth > 0);
	assert(o->array[top] == (name == NULL));
	if (!o->empty[top])
		str_addc(&o->buf, ',');
	o->empty[top] = false;
	if (!name)
		return;
	/* names of members come out of the dump's types */
	json_text(o, name, strlen(name));
	str_addc(&o->buf, ':');
}

static void nest(struct out *o, bool array)
{
	assert(o->depth < OUT_DEPTH);
	o->array[o->depth] = array;
	o->empty[o->depth] = true;
	o->depth++;
	if (o->mode == OUT_JSON)
		str_addc(&o->buf, array ? '[' : '{');
}

void out_record(struct out *o, const char *what)
{
	assert(o->depth == 0);
	nest(o, false);
	if (o->mode == OUT_JSON) {
		json_key(o, "schema");
		str_addf(&o->buf, "\"cairn.%s/1\"", what);
	}
}

void out_object(struct out *o, const char *name)
{
	if (o->mode == OUT_JSON)
		json_key(o, name);
	nest(o, false);
}

void out_array(struct out *o, const char *name)
{
	if (o->mode == OUT_JSON)
		json_key(o, name);
	nest(o, true);
}

void out_end(struct out *o)
{
	assert(o->depth > 0);
	o->depth--;
	if (o->mode == OUT_JSON) {
		str_addc(&o->buf, o->array[o->depth] ? ']' : '}');
		if (o->depth == 0)
			str_addc(&o->buf, '\n');
	}
	flush_if_full(o);
}

/* ---- text ---- */

/* Columns that a text takes on a terminal: UTF-8 continuation bytes take none. */
static size_t columns(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void look_text(struct out *o, const char *look, const char *value)
{
	const char *pct = strchr(look, '%');
	size_t width, have;
	bool left;
	char *end;

	if (!pct) {
		str_add(&o->buf, look);
		return;
	}
	str_addn(&o->buf, look, (size_t)(pct - look));
	left = *++pct == '-';
	width = strtoul(pct + left, &end, 10);
	assert(*end == 's');
	have = columns(value);
	if (!left && have < width)
		str_fill(&o->buf, ' ', width - have);
	str_add(&o->buf, value);
	if (left && have < width)
		str_fill(&o->buf, ' ', width - have);
	str_add(&o->buf, end + 1);
}

/* A field whose JSON is `json` and whose text is `text`, neither needing escapes. */
static void field(struct out *o, const char *name, const char *look, const char *json,
		  const char *text)
{
	if (o->mode == OUT_JSON) {
		json_key(o, name);
		str_add(&o->buf, json);
	} else if (look) {
		look_text(o, look, text);
	}
}

void out_num(struct out *o, const char *name, const char *look, int64_t value)
{
	char s[24];

	snprintf(s, sizeof(s), "%" PRId64, value);
	field(o, name, look, s, s);
}

void out_count(struct out *o, const char *name, const char *look, uint64_t value)
{
	if (value <= OUT_NUM_MAX)
		out_num(o, name, look, (int64_t)value);
	else
		out_hex(o, name, look, value);
}

void out_real(struct out *o, const char *name, const char *look, double value, int digits)
{
	char s[400];

	if (!isfinite(value)) {
		out_null(o, name, look);
		return;
	}
	snprintf(s, sizeof(s), "%.*f", digits, value);
	field(o, name, look, s, s);
}

/* A number between two texts, with at least `width` of its 16 digits. Registers are most of what all
   stacks print: with snprintf() here, these take a tenth longer. */
static void hex(char *s, const char *before, uint64_t value, int width, const char *after)
{
	char digits[16];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value || (n < width && n < 16));
	s = stpcpy(s, before);
	while (n)
		*s++ = digits[--n];
	strcpy(s, after);
}

void out_addr(struct out *o, const char *name, const char *look, uint64_t value, int width)
{
	char json[24], text[24];

	hex(json, "\"0x", value, 0, "\"");
	hex(text, "", value, width, "");
	field(o, name, look, json, text);
}

void out_hex(struct out *o, const char *name, const char *look, uint64_t value)
{
	char json[24], text[24];

	hex(json, "\"0x", value, 0, "\"");
	hex(text, "0x", value, 0, "");
	field(o, name, look, json, text);
}

void out_strn(struct out *o, const char *name, const char *look, const char *value, size_t n)
{
	struct str safe;

	if (o->mode == OUT_JSON) {
		json_key(o, name);
		json_text(o, value, n);
		return;
	}
	if (!look)
		return;
	str_init(&safe);
	str_add_safe(&safe, value, n);
	look_text(o, look, safe.buf);
	o->buf.failed |= safe.failed;
	str_deinit(&safe);
}

void out_str(struct out *o, const char *name, const char *look, const char *value)
{
	if (value)
		out_strn(o, name, look, value, strlen(value));
	else
		out_null(o, name, look);
}

void out_bool(struct out *o, const char *name, const char *look, bool value)
{
	field(o, name, look, value ? "true" : "false", value ? "yes" : "no");
}

void out_null(struct out *o, const char *name, const char *look)
{
	field(o, name, look, "null", "-");
}

void out_fault(struct out *o, const char *name, const char *look, const struct cairn_err *err)
{
	struct str text;

	if (o->mode == OUT_JSON) {
		out_object(o, name);
		if (err->fault != CAIRN_FAULT_NONE) {
			out_str(o, "fault", NULL, cairn_fault_name(err->fault));
			out_hex(o, "address", NULL, err->addr);
		} else {
			out_str(o, "error", NULL, err->text);
		}
		out_end(o);
		return;
	}
	if (!look)
		return;
	str_init(&text);
	str_addc(&text, '<');
	if (err->fault != CAIRN_FAULT_NONE)
		str_add(&text, cairn_fault_name(err->fault));
	else
		str_add_safe(&text, err->text, strlen(err->text));
	str_addc(&text, '>');
	look_text(o, look, text.buf);
	o->buf.failed |= text.failed;
	str_deinit(&text);
}

void out_text(struct out *o, const char *fmt, ...)
{
	va_list ap;

	if (o->mode != OUT_TEXT)
		return;
	va_start(ap, fmt);
	str_addv(&o->buf, fmt, ap);
	va_end(ap);
	flush_if_full(o);
}

void out_newline(struct out *o)
{
	if (o->mode != OUT_TEXT)
		return;
	while (o->buf.len && o->buf.buf[o->buf.len - 1] == ' ')
		o->buf.len--;
	out_text(o, "\n");
}

char *out_room(struct out *o, size_t n)
{
	flush_if_full(o);
	return str_room(&o->buf, n);
}

void out_took(struct out *o, size_t n)
{
	str_took(&o->buf, n);
}

char *out_digits(char *at, uint64_t value, int width)
{
	int n = value ? (67 - __builtin_clzll(value)) / 4 : 1;

	n = n < width ? width : n;
	for (int i = n; i-- > 0; value >>= 4)
		at[i] = "0123456789abcdef"[value & 15];
	return at + n;
}

void out_text_safe(struct out *o, const char *s, size_t n)
{
	if (o->mode == OUT_TEXT)
		str_add_safe(&o->buf, s, n);
}

void out_paint(struct out *o, enum out_style style)
{
	static const char *const code[] = {
		[OUT_PLAIN] = "\033[0m", [OUT_BOLD] = "\033[1m",    [OUT_DIM] = "\033[2m",
		[OUT_RED] = "\033[1;31m", [OUT_YELLOW] = "\033[33m", [OUT_GREEN] = "\033[32m",
	};

	if (o->mode == OUT_TEXT && o->colour && o->style != style)
		str_add(&o->buf, code[style]);
	o->style = style;
}
