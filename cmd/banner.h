/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * banner - what the shell says before its first prompt: the kernel, what it died of as
 * `triage` says it, and what the session has to do without.
 *
 *   6.1.0-44-amd64 on x86_64, 2 CPUs, build a1b2...
 *   Kernel panic - not syncing: sysrq triggered crash
 *   without types: ...
 */
#ifndef CAIRN_CMD_BANNER_H
#define CAIRN_CMD_BANNER_H

#include "lib/base/out.h"
#include "lib/kern/session.h"

/** Text only; in JSON nothing. */
void banner_show(struct cairn *c, struct out *o);

#endif
