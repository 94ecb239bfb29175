/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mce_out - what hardware failed, as the processor's banks say.
 */
#ifndef CAIRN_CMD_MCE_OUT_H
#define CAIRN_CMD_MCE_OUT_H

#include "lib/base/out.h"
#include "lib/kern/mce.h"

/** "machine_checks", one each, unless there are none: few crashes have any. In text a line each that begins with `head`. */
void mce_out(struct out *o, const char *head, const struct mce *m, size_t n);

#endif
