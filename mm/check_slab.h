/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check_slab - private to the checker "slab". */
#ifndef CAIRN_MM_CHECK_SLAB_H
#define CAIRN_MM_CHECK_SLAB_H

#include "lib/cairn.h"

extern const struct cairn_explanation check_slab_ids[];

#endif
