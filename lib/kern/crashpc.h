/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crashpc - the place of a crash as the kernel's own report names it: where no stack can be
 * unwound, the log still knows.
 *
 * Sources: show_ip() and __show_regs() of arch/x86 ("RIP: 0010:f+0x1/0x2 [mod]", "EIP: ..."),
 * arch/arm/kernel/process.c ("PC is at f+0x1/0x2"), arch/arm64/kernel/process.c ("pc : ...").
 */
#ifndef CAIRN_KERN_CRASHPC_H
#define CAIRN_KERN_CRASHPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/kern/log.h"

struct crashpc {
	char function[128];
	char module[64]; /* "" for the kernel image */
	uint64_t offset;
};

/** The first kernel place named by the records from `from` to `to`, both included. */
bool crashpc_find(struct crashpc *ret, const struct log_record *from, const struct log_record *to);

/** The place that one line names; false if it names none, or one of user mode. */
bool crashpc_of_line(struct crashpc *ret, const char *line, size_t len);

#endif
