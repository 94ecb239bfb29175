/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What str_add_safe() lets through must be harmless whatever comes in: no control bytes but
 * tab; and a JSON reader gets the end of a string where it was written.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/out.h"
#include "lib/base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_harmless(const struct str *s)
{
	size_t i;

	for (i = 0; i < s->len; i++)
		if (((unsigned char)s->buf[i] < 0x20 && s->buf[i] != '\t') || s->buf[i] == 0x7f)
			abort();
	if (s->buf[s->len])
		abort();
}

/* Every byte of the input is there, as itself or as \\xNN. */
static void check_complete(const struct str *s, const uint8_t *data, size_t size)
{
	size_t i = 0, n;

	for (n = 0; n < size; n++) {
		char escape[5];

		snprintf(escape, sizeof(escape), "\\x%02x", data[n]);
		if (i < s->len && (unsigned char)s->buf[i] == data[n])
			i++;
		else if (!strncmp(s->buf + i, escape, 4))
			i += 4;
		else
			abort();
	}
	if (i != s->len)
		abort();
}

/* In JSON a quote or backslash never stands alone inside the string. */
static void check_json(const uint8_t *data, size_t size)
{
	static const char head[] = "{\"schema\":\"cairn.f/1\",\"s\":\"";
	struct out o;
	size_t i;

	out_init(&o, OUT_JSON, -1);
	out_record(&o, "f");
	out_strn(&o, "s", NULL, (const char *)data, size);
	out_end(&o);
	if (strncmp(o.buf.buf, head, sizeof(head) - 1))
		abort();
	for (i = sizeof(head) - 1; o.buf.buf[i] != '"'; i++)
		if (o.buf.buf[i] == '\\' && !strchr("\\\"bfnrtu", o.buf.buf[++i]))
			abort();
	if (strcmp(o.buf.buf + i, "\"}\n"))
		abort();
	out_deinit(&o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s;

	str_init(&s);
	str_add_safe(&s, (const char *)data, size);
	check_harmless(&s);
	check_complete(&s, data, size);
	str_deinit(&s);
	check_json(data, size);
	return 0;
}
