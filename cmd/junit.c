/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/junit.h"

#include <string.h>

/* Text as XML has it, of what is harmless already. */
static void add_xml(struct str *s, const char *text)
{
	struct str safe;

	str_init(&safe);
	str_add_safe(&safe, text, strlen(text));
	for (const char *c = safe.buf; *c; c++) {
		switch (*c) {
		case '&': str_add(s, "&amp;"); break;
		case '<': str_add(s, "&lt;"); break;
		case '>': str_add(s, "&gt;"); break;
		case '"': str_add(s, "&quot;"); break;
		default: str_addc(s, *c);
		}
	}
	str_deinit(&safe);
}

static void add_case(struct str *s, const char *suite, const struct expected *e)
{
	str_add(s, "  <testcase classname=\"");
	add_xml(s, suite);
	str_add(s, "\" name=\"");
	add_xml(s, e->what);
	str_add(s, ": ");
	add_xml(s, e->want);
	if (e->ok) {
		str_add(s, "\"/>\n");
		return;
	}
	str_addf(s, "\">\n    <%s message=\"", e->unseen ? "error" : "failure");
	add_xml(s, e->what);
	str_addf(s, " %s\">expected: ", e->unseen ? "could not be checked" :
		 !strcmp(e->what, "frames") ? "are not as expected" : "is not as expected");
	add_xml(s, e->want);
	str_add(s, e->unseen ? "\nnot checked: " : "\nfound: ");
	add_xml(s, e->unseen ? e->unseen : e->found);
	str_addf(s, "</%s>\n  </testcase>\n", e->unseen ? "error" : "failure");
}

static void begin_suite(struct str *s, const char *suite, size_t n, size_t failed, size_t errors)
{
	str_add(s, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"");
	add_xml(s, suite);
	str_addf(s, "\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n", n, failed, errors);
}

void junit_add_unopened(struct str *s, const char *suite, const char *why)
{
	begin_suite(s, suite, 1, 0, 1);
	str_add(s, "  <testcase classname=\"");
	add_xml(s, suite);
	str_add(s, "\" name=\"the dump is opened\">\n    <error message=\"no dump\">");
	add_xml(s, why);
	str_add(s, "</error>\n  </testcase>\n</testsuite>\n");
}

void junit_add(struct str *s, const char *suite, const struct held *held)
{
	begin_suite(s, suite, held->n, held->failed, held->unseen);
	for (size_t i = 0; i < held->n; i++)
		add_case(s, suite, &held->item[i]);
	str_add(s, "</testsuite>\n");
}

/* Of the commands' own marks; in a property, `,` and `:` too. */
static void add_github(struct str *s, const char *text, bool property)
{
	struct str safe;

	str_init(&safe);
	str_add_safe(&safe, text, strlen(text));
	for (const char *c = safe.buf; *c; c++) {
		if (*c == '%' || *c == '\n' || *c == '\r' || (property && (*c == ',' || *c == ':')))
			str_addf(s, "%%%02X", (unsigned char)*c);
		else
			str_addc(s, *c);
	}
	str_deinit(&safe);
}

void github_add(struct str *s, const char *dump, const char *file, const struct held *held)
{
	for (size_t i = 0; i < held->n; i++) {
		const struct expected *e = &held->item[i];

		if (e->ok)
			continue;
		str_add(s, "::error file=");
		add_github(s, file, true);
		str_addf(s, ",title=%s::", e->what);
		add_github(s, dump, false);
		str_add(s, ": expected ");
		add_github(s, e->want, false);
		str_add(s, e->unseen ? ", not checked: " : ", found ");
		add_github(s, e->unseen ? e->unseen : e->found, false);
		str_addc(s, '\n');
	}
}
