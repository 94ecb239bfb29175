/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lr - ARM's link register: whether it holds the return address of an interrupted function.
 *
 * It does from the first instruction on until the function calls another one or uses the
 * register for something else. A function that calls none never saves it, and its caller is
 * nowhere else; the kernel's own unwinders leave that caller out.
 */
#ifndef CAIRN_UNWIND_LR_H
#define CAIRN_UNWIND_LR_H

#include "unwind/tracer.h"

/** Whether `lr` is where the function returns to that t->now was interrupted in. `saved` is the
 *  return address that the function would have saved (0: none is known), `made`: the code
 *  before pc saved it. */
bool lr_returns(struct tracer *t, uint64_t lr, uint64_t saved, bool made);

#endif
