/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kdumpfile - the one file that calls libkdumpfile.
 *
 * It turns the library's states into faults with reasons and asks its page bitmaps first:
 * a read that fails in the library costs up to 10 us, most of it the making of a message.
 */
#ifndef CAIRN_IMAGE_KDUMPFILE_H
#define CAIRN_IMAGE_KDUMPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/image/dumpfile.h"

struct kdumpfile;

/** Open the set of files behind fds (borrowed, must stay open). */
enum cairn_code kdumpfile_open(struct kdumpfile **ret, const int *fds, size_t nfds,
			       const struct dumpfile *head, struct cairn_err *err);
void kdumpfile_close(struct kdumpfile *k);

/** log2 of the page size, and the name of the format. */
unsigned kdumpfile_page_shift(const struct kdumpfile *k);
const char *kdumpfile_format(const struct kdumpfile *k);

/** Read one page into buf; CAIRN_FAULT_NONE or the reason. */
enum cairn_fault kdumpfile_page(struct kdumpfile *k, uint64_t pfn, void *buf);

/** The first pfn >= *pfn that is in the file; false past the last. */
bool kdumpfile_next(struct kdumpfile *k, uint64_t *pfn);

#endif
