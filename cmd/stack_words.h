/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_words - the words of the stacks that a trace went over, raw and as guesses.
 */
#ifndef CAIRN_CMD_STACK_WORDS_H
#define CAIRN_CMD_STACK_WORDS_H

#include "lib/base/out.h"
#include "unwind/span.h"

/** Every word of every span, with what it is: an array "words" of {stack, cpu, address, value,
 *  kind, ...}; in the text a line a word. */
void stack_words(struct out *o, struct cairn *c, struct unwinder *u, const struct trace *tr);

/** The words between the return addresses of frame n and of its caller that are addresses of
 *  instructions, as the kernel prints them with a "?": an array "guesses". n may be tr->n: those
 *  of a task's stack that the walk did not come to. */
void stack_guesses(struct out *o, struct unwinder *u, const struct trace *tr, size_t n);

#endif
