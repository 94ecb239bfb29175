/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * textkind - whether a file is the text that it is taken for.
 *
 * Nearly anything has a log's words somewhere: a vmcore, a vmlinux and a disk image hold all the
 * kernel's formats, in which reports are found that nobody made.
 */
#ifndef CAIRN_CMD_TEXTKIND_H
#define CAIRN_CMD_TEXTKIND_H

#include <stddef.h>

enum textkind {
	TEXTKIND_TEXT,
	TEXTKIND_DUMP,  /* it begins as a vmcore does */
	TEXTKIND_OTHER, /* a program, or bytes of which a quarter are no characters */
};

/** Bytes of the beginning that are enough. */
#define TEXTKIND_LEN 4096

/** By how it begins. NULs do not count: logs that a crash or a serial line left have holes. */
enum textkind textkind(const void *head, size_t n);

#endif
