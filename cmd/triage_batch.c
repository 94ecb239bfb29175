/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/triage_batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static enum cairn_code number(unsigned *ret, const struct opt_value *opt, unsigned min,
			      unsigned max, const char *what, struct cairn_err *err)
{
	unsigned long n;
	char *end;

	if (!opt->set)
		return CAIRN_OK;
	errno = 0;
	n = strtoul(opt->value, &end, 10);
	if (errno || *end || end == opt->value || *opt->value == '-' || n < min || n > max)
		return cairn_fail(err, CAIRN_USAGE, "%s: %s is not a number from %u to %u", what,
				  opt->value, min, max);
	*ret = (unsigned)n;
	return CAIRN_OK;
}

enum cairn_code triage_limits(struct batch_limits *ret, bool *given, const struct opt_value *opt,
			      struct cairn_err *err)
{
	enum cairn_code code;

	*ret = (struct batch_limits){ .seconds = TRIAGE_SECONDS, .max_mb = TRIAGE_MAX_MB,
				      .waiting = TRIAGE_WAITING };
	*given = opt[TRIAGE_JOBS].set || opt[TRIAGE_DEADLINE].set || opt[TRIAGE_MAX_RSS].set;
	code = number(&ret->jobs, &opt[TRIAGE_JOBS], 1, BATCH_JOBS_MAX, "--jobs", err);
	if (!code)
		code = number(&ret->seconds, &opt[TRIAGE_DEADLINE], 0, 1000000, "--deadline", err);
	if (!code)
		code = number(&ret->max_mb, &opt[TRIAGE_MAX_RSS], 0, 1 << 30, "--max-rss", err);
	return code;
}

static void nulls(struct out *o, const char *const *name)
{
	for (; *name; name++)
		out_null(o, *name, NULL);
}

void triage_lost(struct out *o, const char *file, enum fate fate, const char *reason)
{
	static const char *const first[] = { "release", "arch", "ncpus", "ntasks", "build_id", "crash",
					     "signature", "signature_fuzzy", "stack", NULL };

	out_record(o, "triage");
	out_str(o, "file", "%s: no report: ", file);
	nulls(o, first);
	out_array(o, "findings");
	out_end(o);
	out_array(o, "cpus");
	out_end(o);
	out_array(o, "degraded");
	out_end(o);
	out_str(o, "fate", "%s: ", fate_name(fate));
	out_str(o, "fate_reason", "%s\n", reason);
	out_null(o, "elapsed_ms", NULL);
	out_end(o);
}

size_t triage_lines(const char *text, size_t len, bool *record)
{
	static const char head[] = "{\"schema\":\"cairn.triage/1\",";
	size_t at = 0;

	*record = false;
	for (const char *nl; at < len && (nl = memchr(text + at, '\n', len - at));
	     at = (size_t)(nl - text) + 1)
		if ((size_t)(nl - text) - at >= sizeof(head) - 1 &&
		    !memcmp(text + at, head, sizeof(head) - 1))
			*record = true;
	return at;
}
