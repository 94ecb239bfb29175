/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cmd/triage.h"
#include "lib/kern/log.h"
#include "unwind/oops_text.h"

#define LINES 2000  /* of the report are looked at, */
#define SHOWN 40    /* and so many shown */
#define FRAMES 32   /* of a stack that the kernel kept */
#define IN_TEXT 5   /* of these, in text */

/* What the kernel's checks say of the object that they found bad: whose it is, what is wrong with it,
 * who had it. "+" in front: the stack of who did it follows. mm/kfence/report.c, mm/kasan/report*.c,
 * mm/kmsan/report.c, mm/slub.c, lib/ubsan.c, mm/debug.c, arch/x86/kernel/cpu/mce/core.c */
static const char *const says[] = {
	"*at 0x* (in kfence-#*", "*at 0x* (left of kfence-#*", "*at 0x*B left of kfence-#*",
	"*at 0x*B right of kfence-#*", "*of 0x* (in kfence-#*", "Corrupted memory at *", "kfence-#*",
	"Read of size *", "Write of size *", "Read at addr *", "Write at addr *", "Free of addr *",
	"The buggy address *", "which belongs to the cache *", "The buggy address is located *",
	"Bytes * are uninitialized", "Memory access of size *", "Local variable * created at*",
	"*First byte 0x* instead of 0x*", "Slab 0x*", "Object 0x*", "FIX *",
	"index * is out of range for type *", "shift exponent *", "left shift of *",
	"load of value *", "load of misaligned *", "load of address *", "store to *", "division of *",
	"negation of *", "* cannot be represented in type *", "member access within *",
	"page:*", "page dumped because: *", "mce: [Hardware Error]: *",
	"+allocated by task *", "+freed by task *", "+Allocated by task *", "+Freed by task *",
	"+Allocated in *", "+Freed in *", "+Last potentially related work creation*",
	"+Second to last potentially related work creation*", "+Uninit was *", "+page last allocated via *",
	"+page last free *",
};

static bool matches(const char *pattern, struct piece line, bool *stack)
{
	struct piece none[GLOB_CAPTURES];
	bool plus = *pattern == '+';

	if (!piece_glob(pattern + plus, line, none))
		return false;
	*stack = plus;
	return true;
}

static bool is_said(struct piece line, bool *stack)
{
	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++)
		if (matches(says[i], line, stack))
			return true;
	return false;
}

/* "function+0x12/0x34 [module]" */
static struct piece function_of(struct piece line)
{
	size_t n = 0;

	while (n < line.len && line.p[n] != '+' && line.p[n] != ' ')
		n++;
	if (!n || !piece_begins(piece_drop(line, n), "+0x"))
		return (struct piece){ NULL, 0 };
	return (struct piece){ line.p, n };
}

struct teller {
	struct report *r;
	size_t nlines, nsaid, nframes;
	bool open, stack; /* an entry is open; its stack may follow */
};

static void end(struct teller *t)
{
	if (!t->open)
		return;
	out_end(t->r->o);
	out_end(t->r->o);
	out_text(t->r->o, t->nframes > IN_TEXT ? " < ...\n" : "\n");
	t->open = t->stack = false;
}

static void begin(struct teller *t, struct piece line, bool stack)
{
	struct out *o = t->r->o;

	if (!t->nsaid++)
		out_text(o, "\nWhat the kernel says of it\n");
	out_object(o, NULL);
	out_str(o, "text", "  %s", arena_strndup(t->r->call->scratch, line.p, line.len));
	out_array(o, "functions");
	t->open = true;
	t->stack = stack;
	t->nframes = 0;
}

static void frame(struct teller *t, struct piece function)
{
	const char *name = arena_strndup(t->r->call->scratch, function.p, function.len);

	if (t->nframes >= FRAMES)
		return;
	if (!t->nframes)
		out_text(t->r->o, "\n      ");
	else if (t->nframes < IN_TEXT)
		out_text(t->r->o, " < ");
	out_str(t->r->o, NULL, t->nframes < IN_TEXT ? "%s" : NULL, name);
	t->nframes++;
}

static void take(struct teller *t, struct piece line)
{
	struct piece function;
	bool stack = false;

	line = piece_trim(line);
	function = function_of(line);
	if (t->stack && function.p) {
		frame(t, function);
		return;
	}
	end(t);
	if (t->nsaid < SHOWN && is_said(line, &stack))
		begin(t, line, stack);
}

static void take_record(struct teller *t, const struct log_record *rec)
{
	const char *p = rec->text, *stop = p + rec->len;

	while (p < stop && t->nlines < LINES) {
		const char *nl = memchr(p, '\n', (size_t)(stop - p));

		take(t, (struct piece){ p, (size_t)((nl ? nl : stop) - p) });
		t->nlines++;
		p = nl ? nl + 1 : stop;
	}
}

void triage_object(struct report *r)
{
	const struct log_record *from = r->panic.cause, *rec;
	struct teller t = { .r = r };
	const struct log *log;

	out_array(r->o, "said");
	if (from && log_get(r->c, &log, NULL) == CAIRN_OK)
		for (rec = from; rec < log->record + log->n && rec != r->panic.record &&
				 t.nlines < LINES; rec++)
			if (rec->has_info && rec->caller == from->caller)
				take_record(&t, rec);
	end(&t);
	out_end(r->o);
}
