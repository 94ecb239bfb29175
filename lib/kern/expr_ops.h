/* SPDX-License-Identifier: GPL-2.0-or-later */
/* expr_ops - what C's operators do to places and numbers; for expr.c and its tests. */
#ifndef CAIRN_KERN_EXPR_OPS_H
#define CAIRN_KERN_EXPR_OPS_H

#include "lib/kern/expr.h"

/** Where operations are done. */
struct expr_world {
	struct cairn *c;
	struct arena *arena;
};

/** Integers of a word, known without any types of the dump. */
const struct type *expr_word_type(const struct cairn *c, bool is_signed);

struct expr expr_number(const struct type *t, uint64_t number);
struct expr expr_place(const struct type *t, uint64_t addr);

/** A place becomes what it holds, an array the address of its first element. */
enum cairn_code expr_load(const struct expr_world *w, struct expr *e, struct cairn_err *err);

/** e.name; or e->name, which is what e.name means where e is a pointer. */
enum cairn_code expr_member(const struct expr_world *w, struct expr *e, const char *name,
			    struct cairn_err *err);

enum cairn_code expr_index(const struct expr_world *w, struct expr *e, struct expr *at,
			   struct cairn_err *err);
enum cairn_code expr_deref(const struct expr_world *w, struct expr *e, struct cairn_err *err);
enum cairn_code expr_address(const struct expr_world *w, struct expr *e, struct cairn_err *err);
enum cairn_code expr_cast(const struct expr_world *w, struct expr *e, const struct type *t,
			  struct cairn_err *err);

/** '-', '~', '!' */
enum cairn_code expr_unary(const struct expr_world *w, char op, struct expr *e,
			   struct cairn_err *err);

/** "+", "-", "*", "/", "%", "<<", ">>", "&", "|", "^", "<", ">", "<=", ">=", "==", "!="; the result
 *  in *a. */
enum cairn_code expr_binary(const struct expr_world *w, const char *op, struct expr *a,
			    struct expr *b, struct cairn_err *err);

#endif
