/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_apf - what the files of the checker "apf" share; nobody else includes it.
 */
#ifndef CAIRN_MM_CHECK_APF_H
#define CAIRN_MM_CHECK_APF_H

#include "lib/kern/finding.h"
#include "mm/apf_guest.h"
#include "mm/apf_host.h"

/** A task or a kworker that sleeps longer is not waiting for a disk any more; as the kernel's
 *  own hung-task check has it. */
#define APF_LONG_NS UINT64_C(120000000000)

struct apf_look {
	struct cairn *c;
	struct cairn_run *run;
	struct arena arena;
};

/** A finding in the making. */
struct apf_bad {
	const char *id;
	enum cairn_severity severity;
	enum cairn_grade grade;
	uint64_t object, addr, len;
	const char *field;
	const char *mark; /* as a finding has it */
};

/** Say it. Expected and found are texts; the format is of the sentence. */
void apf_say(struct apf_look *l, const struct apf_bad *bad, const char *expected, const char *found,
	     const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/** Text that lives until the look is over; never NULL. */
const char *apf_text(struct apf_look *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

void check_apf_guest(struct apf_look *l, const struct apf_guest *g);
void check_apf_vcpu(struct apf_look *l, const struct apf_host *h, const struct kvm_guest *guest,
		    struct apf_vcpu *v);

extern const struct cairn_explanation check_apf_ids[];

#endif
