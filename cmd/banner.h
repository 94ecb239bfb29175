/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * banner - what the shell says before its first prompt: the kernel, why it died by its own
 * log, and what the session has to do without.
 *
 *   6.1.0-44-amd64 x86_64, 2 CPUs, build a1b2...
 *   Kernel panic - not syncing: sysrq triggered crash
 *   without types: ...
 */
#ifndef CAIRN_CMD_BANNER_H
#define CAIRN_CMD_BANNER_H

#include <stddef.h>

#include "lib/base/out.h"
#include "lib/kern/log.h"
#include "lib/kern/session.h"

/** Text only; in JSON nothing. */
void banner_show(struct cairn *c, struct out *o);

/** The line of the log that tells the panic: the first "Kernel panic - not syncing: ...",
 *  without its time stamp. NULL if there is none; *len is its length. */
const char *banner_panic(const struct log *log, size_t *len);

#endif
