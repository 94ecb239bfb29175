/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/mce_out.h"

static void flag(struct out *o, const char *name, bool is, const char *words)
{
	out_bool(o, name, NULL, is);
	if (is)
		out_text(o, ", %s", words);
}

void mce_out(struct out *o, const char *head, const struct mce *m, size_t n)
{
	char buf[MCE_TEXT];

	if (!n)
		return;
	out_array(o, "machine_checks");
	for (const struct mce *end = m + n; m < end; m++) {
		bool uncorrected = mce_is_uncorrected(m->status);

		out_object(o, NULL);
		out_text(o, "%s", head);
		out_num(o, "cpu", "CPU %s", m->cpu);
		out_num(o, "bank", ", bank %s: ", m->bank);
		out_str(o, "error", "%s", mce_error(m->status, buf));
		out_bool(o, "uncorrected", NULL, uncorrected);
		out_text(o, uncorrected ? "; uncorrected" : "; corrected");
		flag(o, "context_corrupt", mce_is_context_corrupt(m->status),
		     "what the processor was at is lost");
		flag(o, "overflow", mce_is_overflow(m->status), "and there was another before");
		if (m->has_addr)
			out_hex(o, "address", ", at physical address %s", m->addr);
		else
			out_null(o, "address", NULL);
		out_hex(o, "status", m->has_addr ? " (status %s)\n" : ", no address (status %s)\n",
			m->status);
		out_end(o);
	}
	out_end(o);
}
