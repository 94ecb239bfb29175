/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/banner.h"

#include <string.h>

#include "lib/kern/cpu.h"
#include "lib/kern/panic.h"

static void show_kernel(struct cairn *c, struct out *o)
{
	const char *release = *c->release ? c->release : "unknown kernel";
	const struct cpus *cpus;

	out_paint(o, OUT_BOLD);
	out_text_safe(o, release, strlen(release));
	out_paint(o, OUT_PLAIN);
	out_text(o, " on %s", c->arch ? c->arch->name : "unknown machine");
	if (!cpus_get(c, &cpus, NULL) && cpus->n)
		out_text(o, ", %zu CPU%s", cpus->n, cpus->n == 1 ? "" : "s");
	if (*c->build_id)
		out_text(o, ", build %s", c->build_id);
	out_text(o, "\n");
}

static void show_panic(struct cairn *c, struct out *o)
{
	const char *text;
	struct panic p;

	panic_get(c, &p, NULL);
	text = panic_headline(&p);
	out_paint(o, OUT_RED);
	out_text_safe(o, text, strlen(text));
	out_paint(o, OUT_PLAIN);
	out_text(o, "\n");
}

static void show_degraded(struct cairn *c, struct out *o)
{
	const struct cairn_degraded *d;
	size_t i;

	for (i = 0; (d = cairn_degraded(c, i)); i++) {
		out_paint(o, OUT_YELLOW);
		out_text(o, "without ");
		out_text_safe(o, d->what, strlen(d->what));
		out_text(o, ": ");
		out_text_safe(o, d->reason, strlen(d->reason));
		out_paint(o, OUT_PLAIN);
		out_text(o, "\n");
	}
}

void banner_show(struct cairn *c, struct out *o)
{
	if (o->mode != OUT_TEXT)
		return;
	show_kernel(c, o);
	show_panic(c, o);
	show_degraded(c, o);
	out_text(o, "`triage` says what happened, `help` lists the commands, "
		    "Tab completes, Ctrl-D leaves.\n");
}
