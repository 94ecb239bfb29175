/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmd/triage.h"

#define STEPS 14
#define WORDS 160

/* What to type, in the order of what it is worth. */
struct steps {
	char words[STEPS][WORDS];
	size_t n;
};

/* A word that a shell takes as one. */
static void word(struct out *o, const char *s)
{
	bool plain = *s && s[strcspn(s, " \t\n'\"\\$`&;|<>()*?[]#~!{}")] == '\0';

	out_text(o, plain ? "" : "'");
	for (size_t n; *s; s += n) {
		n = strcspn(s, "'");
		out_text_safe(o, s, n);
		if (s[n] == '\'' && ++n)
			out_text(o, "'\\''");
	}
	out_text(o, plain ? "" : "'");
}

/* What this session was given is what the next one needs. */
static void session_words(struct report *r)
{
	const char *const *file = r->c->opts->debug_files;

	for (; file && *file; file++) {
		out_text(r->o, "-s ");
		word(r->o, *file);
		out_text(r->o, " ");
	}
	for (size_t i = 0; i < r->call->nfiles; i++) {
		word(r->o, r->call->files[i]);
		out_text(r->o, " ");
	}
}

__attribute__((format(printf, 2, 3)))
static void add(struct steps *s, const char *fmt, ...)
{
	va_list ap;

	if (s->n == STEPS)
		return;
	va_start(ap, fmt);
	vsnprintf(s->words[s->n], WORDS, fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->words[i], s->words[s->n]))
			return;
	s->n++;
}

static bool is(const char *class, const char *const of[])
{
	for (; class && *of; of++)
		if (!strcmp(class, *of))
			return true;
	return false;
}

/* ---- what the findings ask for ---- */

static bool begins(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

/* Whose address space the finding is about, which he may have let go of: its sentence alone tells. */
static const struct task *owner(struct report *r, const struct said *said)
{
	for (size_t i = 0; r->tasks && i < r->tasks->n; i++) {
		const struct task *t = &r->tasks->task[i];
		char pid[32];

		snprintf(pid, sizeof(pid), "PID %d ", t->pid);
		if (!t->fault && said->f.message && strstr(said->f.message, pid))
			return t;
	}
	return NULL;
}

static void by_finding(struct report *r, struct steps *s, const struct said *said)
{
	const char *id = said->f.id;
	const struct task *t = owner(r, said);

	if (begins(id, "maple.") && t) {
		add(s, "maple -t %d", t->pid);
		if (t->mm)
			add(s, "vm %d", t->pid);
	} else if (begins(id, "lock.")) {
		add(s, "wait");
	} else if (begins(id, "stack.")) {
		add(s, "stacks");
	} else if (begins(id, "tdp.") || begins(id, "kvm.")) {
		add(s, "tdp");
	} else if (begins(id, "apf.")) {
		add(s, "apf");
	} else {
		if (t && t->mm)
			add(s, "vm %d", t->pid);
		if (said->f.object)
			add(s, "whatis 0x%" PRIx64, said->f.object);
	}
}

/* ---- what the crash asks for ---- */

static void by_class(struct report *r, struct steps *s)
{
	static const char *const stuck[] = { "soft-lockup", "hard-lockup", "rcu-stall",
					     "workqueue-lockup", NULL };
	static const char *const waits[] = { "hung-task", "lockdep", "atomic-sleep", NULL };
	static const char *const memory[] = { "oom", "bad-page", "memory-leak", NULL };

	if (is(r->panic.class, (const char *const[]){ "stack-overflow", "stack-smash",
						      "double-fault", NULL }))
		add(s, "stacks");
	if (is(r->panic.class, stuck)) {
		add(s, "runq");
		add(s, "timer");
		add(s, "foreach -s R bt -g");
	}
	if (is(r->panic.class, waits))
		add(s, "wait");
	if (is(r->panic.class, memory)) {
		add(s, "kmem -i");
		add(s, "kmem -s");
		add(s, "ps -m");
		add(s, "foreach -u vm");
	}
	if (r->has_pointer)
		add(s, "whatis 0x%" PRIx64, r->pointer);
	if (r->dis.named)
		add(s, "dis -r %s+0x%" PRIx64, r->dis.function, r->dis.offset);
}

/* What needs symbols alone. */
static void gather_untyped(struct report *r, struct steps *s)
{
	if (r->dis.named)
		add(s, "dis -r %s+0x%" PRIx64, r->dis.function, r->dis.offset);
	add(s, "bt -a");
	add(s, "log");
}

static void gather(struct report *r, struct steps *s)
{
	for (size_t i = 0; i < r->findings.n && i < 4; i++)
		by_finding(r, s, &r->findings.said[i]);
	by_class(r, s);
	add(s, "bt -a");
	add(s, "log");
	if (r->nblocked)
		add(s, "wait");
	if (r->nblocked > 1)
		add(s, "foreach -s D bt -g");
	if (r->has_vms)
		add(s, "kvm");
	if (r->has_vms)
		add(s, "tdp");
	if (r->waits_for_host)
		add(s, "apf");
	add(s, "ps");
	add(s, "foreach bt");
}

void triage_next(struct report *r)
{
	struct steps s = { .n = 0 };

	if (!r->can_unwind) {
		out_null(r->o, "next", NULL);
		return;
	}
	if (r->c->types.first)
		gather(r, &s);
	else
		gather_untyped(r, &s);
	out_text(r->o, "\nNext\n");
	if (!r->c->types.first) {
		out_text(r->o, "  cairn -s VMLINUX-OR-BTF ");
		session_words(r);
		out_text(r->o, "triage\n");
	}
	if (r->explained != EXPLAINED_NOTHING)
		out_text(r->o, "  %sexplain %s\n", r->call->at_prompt ? "" : "cairn ",
			 r->blame.said->f.id);
	out_array(r->o, "next");
	for (size_t i = 0; i < s.n; i++) {
		out_text(r->o, r->call->at_prompt ? "  " : "  cairn ");
		if (!r->call->at_prompt)
			session_words(r);
		out_str(r->o, NULL, "%s\n", s.words[i]);
	}
	out_end(r->o);
}
