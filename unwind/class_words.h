/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * class_words - what the class of a crash means, for who meets its name in a report.
 */
#ifndef CAIRN_UNWIND_CLASS_WORDS_H
#define CAIRN_UNWIND_CLASS_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct class_words {
	const char *class;   /* crashclass.h */
	const char *meaning; /* lines ended by hand */
	const char *next;    /* what to look at next; NULL: nothing in particular */
};

/** The n-th class, by its name; false beyond the last. */
bool class_words_nth(size_t n, struct class_words *ret);

/** Of a class; false: there is none of that name. */
bool class_words_of(const char *class, struct class_words *ret);

#endif
