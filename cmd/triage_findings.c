/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/finding_out.h"
#include "cmd/triage.h"

/* What a report that nobody waits for long may cost. */
#define TRIAGE_DEADLINE_MS 10000

bool triage_findings(struct report *r)
{
	const struct check_limits limits = { .deadline_ms = TRIAGE_DEADLINE_MS };
	struct cairn_err err;
	struct out *o = r->o;
	enum cairn_code code;

	code = findings_get(&r->findings, r->c, &limits, r->call->scratch, &err);
	if (code != CAIRN_OK && code != CAIRN_INTERRUPTED)
		session_degrade(r->c, "findings", &err);
	if (r->findings.n)
		out_text(o, "\nFindings\n");
	out_array(o, "findings");
	for (size_t i = 0; i < r->findings.n; i++) {
		out_object(o, NULL);
		finding_fields(o, r->c, &r->findings.said[i]);
		out_end(o);
	}
	out_end(o);
	out_bool(o, "checked", NULL, code == CAIRN_OK);
	unseen_array(o, &r->findings);
	return r->findings.n;
}
