/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/finding_out.h"
#include "cmd/triage.h"

static void one(struct report *r, const struct said *s)
{
	bool explains = r->explained == EXPLAINED_CRASH && r->blame.said == s;

	out_object(r->o, NULL);
	finding_fields(r->o, r->c, s);
	out_bool(r->o, "explains_crash", explains ? "    explains the crash\n" : NULL, explains);
	out_end(r->o);
}

bool triage_findings(struct report *r)
{
	struct out *o = r->o;

	if (r->findings.n)
		out_text(o, "\nFindings\n");
	out_array(o, "findings");
	for (size_t i = 0; i < r->findings.n; i++)
		one(r, &r->findings.said[i]);
	out_end(o);
	out_bool(o, "checked", NULL, r->checked);
	unseen_array(o, &r->findings);
	return findings_any_fault(&r->findings);
}
