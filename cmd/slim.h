/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slim - what the files of the slim command share.
 *
 * slim.c has the command, slim_record.c finds the pages that commands read, slim_peers.c those
 * that other tools need, slim_redact.c takes out what is not to be given away, slim_file.c
 * makes the file.
 */
#ifndef CAIRN_CMD_SLIM_H
#define CAIRN_CMD_SLIM_H

#include "cmd/cmd.h"
#include "lib/image/kdumpwrite.h"

/** Command lines whose pages are wanted. */
struct slim_lines {
	const char *const *text;
	size_t n;
	const char **partial; /* out: those that were answered only in part, */
	size_t npartial;
};

/** Open the session's files once more, with nothing known of the build: what is read then is
 *  all that somebody needs who has only these pages. Close with cairn_close(). */
enum cairn_code slim_open(struct call *call, struct cairn **ret, struct cairn_err *err);

/** Run each line in `c`, as text and as JSON, for what it reads: image_record(c->img).
 *  A line that is wrong is an error, one that the dump cannot answer is not. */
enum cairn_code slim_run(struct call *call, struct cairn *c, struct slim_lines *lines,
			 struct cairn_err *err);

/** Read in `c` what another tool (`crash`, `drgn`) reads when it opens a dump and walks its
 *  stacks. *missed: part of it is not known of this kernel. CAIRN_USAGE for other names. */
enum cairn_code slim_touch_for(struct call *call, struct cairn *c, const char *peer, bool *missed,
			       struct cairn_err *err);

/** What a dump that is given away must not have. */
struct slim_redaction {
	struct record pages;        /* what is left of those that are wanted */
	struct kdump_blank *blank;  /* what in them is written as zeros */
	size_t nblank, cap;
	uint64_t user, cache, free, unknown; /* pages left out, by why */
};

/** Take out of `pages` what is memory of processes or contents of files, may have been before
 *  it was freed, or cannot be shown not to be, and find what key rings keep. Fails where it cannot promise this. */
enum cairn_code slim_redact(struct cairn *c, const struct record *pages, struct slim_redaction *ret,
			    struct cairn_err *err);
void slim_redaction_deinit(struct slim_redaction *r);

/** Write the file, whole or not at all: it appears under its name when it is finished. A name
 *  that ends in .zst gives one zstd frame over pages that are not packed each for itself.
 *  *size gets its size. */
enum cairn_code slim_write(struct kdumpwrite *w, struct image *img, const char *path,
			   uint64_t *size, struct cairn_err *err);

#endif
