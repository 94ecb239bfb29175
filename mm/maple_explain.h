/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple_explain - what the findings of maple trees mean.
 */
#ifndef CAIRN_MM_MAPLE_EXPLAIN_H
#define CAIRN_MM_MAPLE_EXPLAIN_H

#include "lib/cairn.h"

/** One for each rule of lib/kern/maple_rule.h that is told of by itself, and one of check_maple_slab.h;
 *  ends with id NULL. */
extern const struct cairn_explanation maple_explanations[];

#endif
