/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * opt - reading options by tables.
 *
 * The forms are getopt_long's: -a, -ab for -a -b, -c4 and -c 4, --cpu=4 and --cpu 4, a long
 * name by any beginning that only one option has. Options and operands may mix; `--` ends
 * the options. A lone `-` is an operand, and so is a negative number such as -1, unless a
 * table has that digit as a letter.
 */
#ifndef CAIRN_CMD_OPT_H
#define CAIRN_CMD_OPT_H

#include <stdbool.h>

#include "cmd/cmd.h"
#include "lib/base/err.h"
#include "lib/base/str.h"

enum opt_event { OPT_END, OPT_OPTION, OPT_OPERAND, OPT_ERROR };

/** Words being read. Set `table`, argv and argc, zero the rest. */
struct opt_scan {
	const struct opt *table[2]; /* asked in order; each may be NULL */
	int argc;
	const char *const *argv;
	bool operands_only;         /* no more options; set by `--`, or by the caller */
	bool inner;                 /* ... because another command begins: -j is still ours */
	int at;                     /* the next word */
	const char *cluster;        /* private: what is left of -abc */
	/* what the last opt_next() found */
	unsigned which, index;      /* OPT_OPTION: table[which][index] */
	const char *value;          /* its argument (NULL for a flag), or the operand */
};

/** The next option or operand. OPT_ERROR comes with CAIRN_USAGE in *err. */
enum opt_event opt_next(struct opt_scan *s, struct cairn_err *err);

/** Options that every command takes beside its own. */
enum { COMMON_JSON, COMMON_HELP, COMMON_N };
extern const struct opt opt_common[];

/** Read the words of one command, argv[0] being its name, into opt, argc and argv of
 *  `ret`; operands from the arena. common[] gets which of opt_common were there. */
enum cairn_code opt_parse(struct call *ret, bool common[COMMON_N], const struct cmd *cmd,
			  int argc, const char *const *argv, struct arena *a,
			  struct cairn_err *err);

/** CAIRN_USAGE for a word that held no option of the command, as *err says: where it is crash's,
 *  also what does the same here. */
enum cairn_code opt_point_elsewhere(const struct cmd *cmd, const char *word,
				    struct cairn_err *err);

/** "-c, --cpu=CPU": how an option is written. */
void opt_spell(struct str *s, const struct opt *o);

/** With this option of its own the command needs no dump. */
bool opt_waives_dump(const struct cmd *cmd, unsigned index);

/** A table is usable: at most CMD_OPTS entries, each with a letter or a name, none twice. */
enum cairn_code opt_check(const struct opt *table, struct cairn_err *err);

#endif
