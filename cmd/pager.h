/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pager - what shows output that is longer than the terminal: $PAGER, else less.
 */
#ifndef CAIRN_CMD_PAGER_H
#define CAIRN_CMD_PAGER_H

#include <stdbool.h>
#include <stddef.h>

/** The command line for /bin/sh, and less told (by $LESS, unless the user has) to pass colours, to
 *  leave the text on the terminal and to end by itself where all of it fits. NULL: standard output is
 *  no terminal, $PAGER is empty or cat, or there is no less. Borrowed until the environment changes. */
const char *pager_program(void);

/** The text does not fit the terminal that standard output is, a row being left for the prompt. Lines
 *  that are too long take several rows. */
bool pager_wanted(const char *text, size_t n);

#endif
