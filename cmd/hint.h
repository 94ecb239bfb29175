/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hint - what was meant by a word that is none of ours: a slip of the fingers, or crash's word.
 */
#ifndef CAIRN_CMD_HINT_H
#define CAIRN_CMD_HINT_H

/** Where what crash's command does is found here; NULL: nothing is known. */
const char *hint_crash_command(const char *name);

/** Likewise of an option ("-f") of a command that both have. */
const char *hint_crash_option(const char *command, const char *option);

/** The command whose name is but one slip away (of a long name two); NULL: none, or several. */
const char *hint_command(const char *name);

#endif
