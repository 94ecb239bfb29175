/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * known - issues that are known, from a file of the user's.
 *
 *   # signature, or a pattern as a shell's          link                       fixed in
 *   c1:bug:scen_irq_inner:ebd6bda9bb014e32          https://bugs.example/1234  6.1.99
 *   c1f:null-deref:ext4_*                           https://bugs.example/77
 *   c1c:hung-task:nfs4_*                            https://bugs.example/78
 *   c1:sysrq:*+c1c:lock.cycle:foo                   https://bugs.example/79    fixed in 6.13  # a pair
 *
 * One a line: words with blanks between them; what stands behind the second word is the third, but for
 * "fixed in". A word that begins with # begins a comment. The first line that fits counts.
 */
#ifndef CAIRN_CMD_KNOWN_H
#define CAIRN_CMD_KNOWN_H

#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

struct known_issue {
	const char *pattern;
	const char *link;
	const char *fixed_in; /* NULL: not said */
};

struct known {
	struct known_issue *issue; /* n, in the file's order */
	size_t n;
	size_t *bad;               /* nbad lines without a link, by their numbers from 1 */
	size_t nbad;
};

/** Take the text apart; memory from the arena. Fails for want of memory only. */
enum cairn_code known_parse(struct known *ret, const char *text, size_t len, struct arena *a,
			    struct cairn_err *err);

/** The first whose pattern fits either signature, the cause, or both as SIGNATURE+CAUSE (each may be NULL);
 *  NULL: none. What has a cause and a signature that does not tell (cause_is_needed()) is not known by
 *  that alone. */
const struct known_issue *known_find(const struct known *k, const char *signature,
				     const char *fuzzy, const char *cause);

#endif
