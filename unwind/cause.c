/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/cause.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/str.h"
#include "lib/kern/crashclass.h"

#define LOOK_BACK 100 /* reports */

bool cause_is_wanted(const char *class, const char *function)
{
	/* up to 4.x sysrq-c wrote to address 0: drivers/tty/sysrq.c */
	return (class && (!strcmp(class, "sysrq") || !strcmp(class, "nmi"))) ||
	       (function && !strcmp(function, "sysrq_handle_crash"));
}

/* "c1:CLASS:-:HASH", "c1f:FAMILY" */
bool cause_is_needed(const char *signature)
{
	const char *class = signature + strcspn(signature, ":"), *name;
	char text[32];

	class += *class == ':';
	name = class + strcspn(class, ":");
	snprintf(text, sizeof(text), "%.*s", (int)(name - class), class);
	return !*name || !strcmp(name, ":-") || !strncmp(name, ":-:", 3) || cause_is_wanted(text, NULL);
}

bool cause_is_grave(const struct oops *complaint)
{
	static const char *const mild[] = { "warning", "lockdep", "ubsan", "kcsan", "memory-leak",
					    "atomic-sleep", "bug-report" };

	for (size_t i = 0; i < sizeof(mild) / sizeof(mild[0]); i++)
		if (!strcmp(complaint->class, mild[i]))
			return false;
	return true;
}

static bool has_frame(const struct oops *o, const char *begins)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->frame[i].reliable && o->frame[i].function &&
		    !strncmp(o->frame[i].function, begins, strlen(begins)))
			return true;
	return false;
}

/* init/main.c, smpboot.c: on init's stack, or on one that a CPU idles on later. */
static bool is_of_boot(const struct oops *o)
{
	return has_frame(o, "kernel_init") ||
	       ((has_frame(o, "start_kernel") || has_frame(o, "start_secondary") ||
		 has_frame(o, "secondary_start_kernel")) && !has_frame(o, "cpu_startup_entry"));
}

const struct oops *cause_complaint(const struct oopses *o, size_t i)
{
	const struct oops *ret = NULL;

	for (size_t k = i; k-- && i - k <= LOOK_BACK && o->oops[k].boot == o->oops[i].boot; ) {
		const struct oops *one = &o->oops[k];

		if (cause_is_grave(one))
			return one;
		if (!ret && !is_of_boot(one))
			ret = one;
	}
	return ret;
}

/* 0: it may be no fault at all. */
static unsigned weight(const struct cairn_finding *f)
{
	if (f->severity < CAIRN_WARNING || f->grade == CAIRN_IN_FLIGHT)
		return 0;
	return 1 + (f->severity >= CAIRN_ERROR ? 1 : 0) + (f->grade == CAIRN_CERTAIN ? 2 : 0);
}

const struct cairn_finding *cause_finding(const struct findings *f)
{
	const struct cairn_finding *ret = NULL;

	for (size_t i = 0; i < f->n; i++) {
		const struct cairn_finding *one = &f->said[i].f;

		if (weight(one) > (ret ? weight(ret) : 0))
			ret = one;
	}
	return ret;
}

bool cause_is_told(const struct oops *complaint, const struct cairn_finding *broken)
{
	if (!complaint || !broken)
		return complaint;
	return cause_is_grave(complaint) &&
	       !(crash_class_is_stall(complaint->class) && broken->grade == CAIRN_CERTAIN);
}

const char *cause_of_complaint(const struct oops *complaint, struct arena *a)
{
	const char *function = complaint->signature.guilty ? complaint->signature.guilty
							   : complaint->guilty;

	return arena_printf(a, "c1c:%s:%s", complaint->class, function ? function : "-");
}

const char *cause_of_log(const struct oopses *o, size_t i, struct arena *a)
{
	const struct oops *complaint = cause_is_wanted(o->oops[i].class, o->oops[i].function)
					       ? cause_complaint(o, i) : NULL;

	return complaint ? cause_of_complaint(complaint, a) : NULL;
}

/* "maple_node.mr64.pivot[14]": which of them it was is no part of the bug. */
static void add_field(struct str *s, const char *field)
{
	while (*field) {
		size_t n = strcspn(field, "[");

		str_addn(s, field, n);
		field += n + strcspn(field + n, "]");
		field += *field == ']';
	}
}

const char *cause_of_finding(const struct cairn_finding *f, struct arena *a)
{
	struct str s;
	char *text;

	str_init(&s);
	str_addf(&s, "c1c:%s:", f->id);
	add_field(&s, f->mark ? f->mark : f->field ? f->field : "-");
	if (f->overrun)
		str_add(&s, ":overrun");
	text = s.failed ? NULL : arena_strdup(a, s.buf);
	str_deinit(&s);
	return text;
}
