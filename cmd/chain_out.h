/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * chain_out - a stack in one line: "wait < worker < kthread < ...".
 */
#ifndef CAIRN_CMD_CHAIN_OUT_H
#define CAIRN_CMD_CHAIN_OUT_H

#include "lib/base/out.h"
#include "unwind/trace.h"

/** Fields functions, end and complete of an object or record that is open; the text has the first
 *  few functions, or why there are none. */
void chain_fields(struct out *o, const struct trace *tr);

#endif
