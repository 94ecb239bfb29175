/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * triage_batch - triage of several dumps: what its options say of it, and the records of dumps of
 * which there is no report.
 */
#ifndef CAIRN_CMD_TRIAGE_BATCH_H
#define CAIRN_CMD_TRIAGE_BATCH_H

#include "cmd/batch.h"
#include "cmd/cmd.h"

/** Options of triage; its table is in this order. */
enum { TRIAGE_JOBS, TRIAGE_DEADLINE, TRIAGE_MAX_RSS, TRIAGE_SCHEMA };

#define TRIAGE_SECONDS 300
#define TRIAGE_MAX_MB 4096
#define TRIAGE_WAITING ((size_t)256 << 20)

/** What options of a call say, or the above. *given: any of them was there. CAIRN_USAGE. */
enum cairn_code triage_limits(struct batch_limits *ret, bool *given, const struct opt_value *opt,
			      struct cairn_err *err);

/** In place of the report on `file`: cairn.triage/1 with all that is not known null, or a line. */
void triage_lost(struct out *o, const char *file, enum fate fate, const char *reason);

/** Whole lines of JSON, how many bytes; *record: one of them is a triage record. */
size_t triage_lines(const char *text, size_t len, bool *record);

/** The JSON Schema of the record (man/cairn.triage.schema.json). */
extern const char triage_schema[];

#endif
