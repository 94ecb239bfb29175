/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pager - what shows output that is longer than the terminal: $PAGER, else less.
 */
#ifndef CAIRN_CMD_PAGER_H
#define CAIRN_CMD_PAGER_H

#include <stdbool.h>
#include <stddef.h>

/** What $PAGER says, or less. NULL: standard output is no terminal, $PAGER is empty or cat, or
 *  there is no less. Borrowed until the environment changes. */
const char *pager_program(void);

/** The command line for /bin/sh, in which less is told (by $LESS, unless the user has) to pass
 *  colours, to leave the text on the terminal and to end by itself where all of it fits. False: it
 *  is too long. */
bool pager_command(char *buf, size_t size, const char *pager);

/** The text does not fit the terminal that standard output is, a row being left for the prompt.
 *  Lines that are too long take several rows. */
bool pager_wanted(const char *text, size_t n);

#endif
