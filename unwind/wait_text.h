/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wait_text - waits in words.
 */
#ifndef CAIRN_UNWIND_WAIT_TEXT_H
#define CAIRN_UNWIND_WAIT_TEXT_H

#include "lib/base/str.h"
#include "unwind/wait.h"

/** The symbol of a static object, and how far into it. False: it has none, though `module` of
 *  ret may say in which module it lies (NULL: in none). */
bool wait_object_symbol(struct cairn *c, const struct wait *w, struct sym *ret, uint64_t *offset);

/** "scen_mutex [scen]" if a symbol covers the object, else "0xffff8880...". */
void wait_object_text(struct str *s, struct cairn *c, const struct wait *w);

/** "mutex scen_mutex [scen]", "poll of 3 files", "sleep": what it waits for. Names out of the
 *  dump are in it as they are. */
void wait_text(struct str *s, struct cairn *c, const struct wait *w);

/** "scen_holder (94)". */
void wait_task_text(struct str *s, const struct task *t);

#endif
