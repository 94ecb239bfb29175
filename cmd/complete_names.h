/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * complete_names - the names of what a dump and the program have, for the Tab key.
 */
#ifndef CAIRN_CMD_COMPLETE_NAMES_H
#define CAIRN_CMD_COMPLETE_NAMES_H

#include "cmd/cmd.h"

/** Tell every name of that kind, none for kinds that are no plain lists of names. `c` may be NULL.
 *  The memory of names is the arena's, or lasts. */
void complete_names(enum cmd_complete kind, struct cairn *c, struct arena *a,
		    void (*tell)(void *arg, const char *name), void *arg);

#endif
