/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/expr.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/kern/cpu.h"
#include "lib/kern/debuginfo.h"
#include "lib/kern/expr_ops.h"
#include "lib/kern/module.h"
#include "lib/kern/typename.h"

#define DEPTH 64

struct parser {
	struct expr_world w;
	const char *p;
	int cpu;
	unsigned depth;
	struct cairn_err *err;
};

/* ---- words ---- */

static void skip_blanks(struct parser *ps)
{
	ps->p += strspn(ps->p, " \t");
}

static bool take(struct parser *ps, const char *what)
{
	skip_blanks(ps);
	if (strncmp(ps->p, what, strlen(what)))
		return false;
	ps->p += strlen(what);
	return true;
}

static enum cairn_code expect(struct parser *ps, const char *what)
{
	if (take(ps, what))
		return CAIRN_OK;
	return cairn_fail(ps->err, CAIRN_USAGE, "%s is missing before \"%s\"", what, ps->p);
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* Of a symbol: ".isra.0" and the like belong to it only where there is such a symbol. */
static const char *take_word(struct parser *ps)
{
	const char *begin;

	skip_blanks(ps);
	begin = ps->p;
	while (is_word(*ps->p))
		ps->p++;
	return ps->p == begin ? NULL : arena_strndup(ps->w.arena, begin, (size_t)(ps->p - begin));
}

static bool number_of(const char *word, int base, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(word, &end, base);
	if (end == word || errno)
		return false;
	return base == 16 ? !*end : end[strspn(end, "uUlL")] == '\0';
}

/* ---- names ---- */

static bool find_symbol(struct cairn *c, const char *name, struct sym *s)
{
	const struct modules *ms;

	if (sym_find(&c->syms, name, s))
		return true;
	return modules_get(c, &ms, NULL) == CAIRN_OK && sym_find(&c->syms, name, s);
}

static bool is_between(struct cairn *c, uint64_t addr, const char *first, const char *last)
{
	uint64_t begin, end;

	return !sym_addr(&c->syms, first, &begin, NULL) && !sym_addr(&c->syms, last, &end, NULL) &&
	       addr >= begin && addr < end;
}

static bool is_percpu(struct cairn *c, const char *name, const struct sym *s)
{
	uint64_t offset;

	return s->percpu || is_between(c, s->addr, "__per_cpu_start", "__per_cpu_end") ||
	       type_percpu_offset(&c->types, name, &offset);
}

static enum cairn_code percpu_place(struct parser *ps, const char *name, int cpu, uint64_t *addr)
{
	const struct cpus *cpus;
	const struct cpu *one;
	enum cairn_code code;

	if (cpu < 0)
		return cairn_fail(ps->err, CAIRN_USAGE, "%s is per-CPU: say which one, as in %s:0",
				  name, name);
	code = cpus_get(ps->w.c, &cpus, ps->err);
	if (code)
		return code;
	one = cpu_by_id(cpus, (unsigned)cpu);
	if (!one)
		return cairn_fail(ps->err, CAIRN_USAGE, "there is no CPU %d", cpu);
	return percpu_symbol(ps->w.c, one, name, addr, ps->err);
}

/* A vmlinux is looked for where the dump's own types do not tell. */
static const struct type *type_of(struct cairn *c, const char *name)
{
	const char *colon = strchr(name, ':');
	const struct type *t;

	name = colon ? colon + 1 : name;
	t = type_of_variable(&c->types, name);
	if (!t && debuginfo_search(c, NULL) == CAIRN_OK)
		t = type_of_variable(&c->types, name);
	return t;
}

static enum cairn_code variable(struct parser *ps, const char *name, const struct sym *s, int cpu,
				struct expr *ret)
{
	struct cairn *c = ps->w.c;
	const struct type *t;
	uint64_t addr = s->addr;
	enum cairn_code code = CAIRN_OK;

	if (is_percpu(c, name, s))
		code = percpu_place(ps, name, cpu, &addr);
	else if (sym_is_text(&c->syms, addr)) {
		*ret = expr_number(expr_word_type(c, false), addr);
		return CAIRN_OK;
	}
	if (code)
		return code;
	t = type_of(c, name);
	*ret = expr_place(t ? t : expr_word_type(c, false), addr);
	ret->untyped = !t;
	return CAIRN_OK;
}

/* ":0" of a per-CPU variable, or "module:name". */
static enum cairn_code after_colon(struct parser *ps, const char **name, int *cpu)
{
	const char *word;
	uint64_t n;

	if (*ps->p != ':')
		return CAIRN_OK;
	ps->p++;
	word = take_word(ps);
	if (!word)
		return cairn_fail(ps->err, CAIRN_USAGE, "nothing behind %s:", *name);
	if (!isdigit((unsigned char)*word))
		*name = arena_printf(ps->w.arena, "%s:%s", *name, word);
	else if (number_of(word, 10, &n) && n <= INT32_MAX)
		*cpu = (int)n;
	else
		return cairn_fail(ps->err, CAIRN_USAGE, "there is no CPU %s", word);
	return *name ? CAIRN_OK : cairn_fail(ps->err, CAIRN_NOMEM, "out of memory");
}

static enum cairn_code named(struct parser *ps, const char *name, struct expr *ret)
{
	enum cairn_code code;
	int cpu = ps->cpu;
	uint64_t n;
	struct sym s;

	code = after_colon(ps, &name, &cpu);
	if (code)
		return code;
	if (find_symbol(ps->w.c, name, &s))
		return variable(ps, name, &s, cpu, ret);
	if (number_of(name, 16, &n)) {
		*ret = expr_number(expr_word_type(ps->w.c, false), n);
		return CAIRN_OK;
	}
	if (ps->w.c->syms.missing)
		return cairn_fail(ps->err, CAIRN_MISSING, "symbol %s is not known: %s", name,
				  ps->w.c->syms.missing);
	return cairn_fail(ps->err, CAIRN_USAGE, "there is no symbol %s", name);
}

/* ---- types in parentheses ---- */

/* "(struct x *)", "(x *)", "(pid_t)": the type, and the position behind it; NULL if it is none. A
 * single word that is a symbol is an expression. */
static const struct type *type_ahead(struct parser *ps, const char **behind)
{
	const char *begin = ps->p + strspn(ps->p, " \t"), *end;
	const char *name;
	struct sym s;
	size_t n = 0;

	while (is_word(begin[n]) || strchr(" \t*", begin[n] ? begin[n] : '+'))
		n++;
	end = begin + n;
	while (n && (begin[n - 1] == ' ' || begin[n - 1] == '\t'))
		n--;
	if (!n || *end != ')' || isdigit((unsigned char)*begin) || *begin == '*')
		return NULL;
	name = arena_strndup(ps->w.arena, begin, n);
	*behind = end + 1;
	if (!name || (!strpbrk(name, " *") && find_symbol(ps->w.c, name, &s)))
		return NULL;
	return typename_find(ps->w.c, name);
}

/* ---- the grammar ---- */

static enum cairn_code binary(struct parser *ps, unsigned level, struct expr *ret);
static enum cairn_code unary(struct parser *ps, struct expr *ret);

static enum cairn_code primary(struct parser *ps, struct expr *ret)
{
	const char *word;
	enum cairn_code code;
	uint64_t n;

	if (take(ps, "(")) {
		code = binary(ps, 0, ret);
		return code ? code : expect(ps, ")");
	}
	word = take_word(ps);
	if (!word)
		return cairn_fail(ps->err, CAIRN_USAGE, *ps->p ? "\"%s\" is not understood"
							       : "the expression ends early%s", ps->p);
	if (isdigit((unsigned char)*word) && number_of(word, 0, &n)) {
		*ret = expr_number(expr_word_type(ps->w.c, n <= INT64_MAX), n);
		return CAIRN_OK;
	}
	return named(ps, word, ret);
}

static enum cairn_code subscript(struct parser *ps, struct expr *ret)
{
	struct expr at;
	enum cairn_code code = binary(ps, 0, &at);

	if (!code)
		code = expect(ps, "]");
	return code ? code : expr_index(&ps->w, ret, &at, ps->err);
}

static enum cairn_code postfix(struct parser *ps, struct expr *ret)
{
	enum cairn_code code = primary(ps, ret);
	const char *name;

	while (!code) {
		if (take(ps, "[")) {
			code = subscript(ps, ret);
		} else if (take(ps, "->") || take(ps, ".")) {
			name = take_word(ps);
			code = name ? expr_member(&ps->w, ret, name, ps->err)
				    : cairn_fail(ps->err, CAIRN_USAGE, "a member is missing");
		} else {
			break;
		}
	}
	return code;
}

static enum cairn_code size_of(struct parser *ps, struct expr *ret)
{
	const char *at = ps->p + strspn(ps->p, " \t"), *behind;
	const struct type *t = NULL;
	enum cairn_code code = CAIRN_OK;

	if (*at == '(') {
		ps->p = at + 1;
		t = type_ahead(ps, &behind);
		ps->p = t ? behind : at;
	}
	if (!t)
		code = unary(ps, ret);
	if (!code)
		*ret = expr_number(expr_word_type(ps->w.c, false),
				   type_strip(t ? t : ret->type)->size);
	return code;
}

static bool take_sizeof(struct parser *ps)
{
	skip_blanks(ps);
	if (strncmp(ps->p, "sizeof", 6) || is_word(ps->p[6]))
		return false;
	ps->p += 6;
	return true;
}

static enum cairn_code cast(struct parser *ps, const struct type *t, struct expr *ret)
{
	enum cairn_code code = unary(ps, ret);

	return code ? code : expr_cast(&ps->w, ret, t, ps->err);
}

static enum cairn_code prefixed(struct parser *ps, struct expr *ret)
{
	const struct type *t;
	const char *behind;
	enum cairn_code code;
	char op;

	if (take_sizeof(ps))
		return size_of(ps, ret);
	skip_blanks(ps);
	op = *ps->p;
	if (op && strchr("*&-~!", op)) {
		ps->p++;
		code = unary(ps, ret);
		if (code)
			return code;
		return op == '*' ? expr_deref(&ps->w, ret, ps->err) :
		       op == '&' ? expr_address(&ps->w, ret, ps->err) :
				   expr_unary(&ps->w, op, ret, ps->err);
	}
	if (op == '(') {
		ps->p++;
		t = type_ahead(ps, &behind);
		if (t) {
			ps->p = behind;
			return cast(ps, t, ret);
		}
		ps->p--;
	}
	return postfix(ps, ret);
}

static enum cairn_code unary(struct parser *ps, struct expr *ret)
{
	enum cairn_code code;

	if (++ps->depth > DEPTH)
		return cairn_fail(ps->err, CAIRN_USAGE, "an expression of more than %d levels", DEPTH);
	code = prefixed(ps, ret);
	ps->depth--;
	return code;
}

/* By increasing precedence; of two that begin alike, the longer first. */
static const char *const levels[][4] = {
	{ "|" }, { "^" }, { "&" }, { "==", "!=" }, { "<=", ">=", "<", ">" }, { "<<", ">>" },
	{ "+", "-" }, { "*", "/", "%" },
};
#define LEVELS (sizeof(levels) / sizeof(levels[0]))

static const char *take_operator(struct parser *ps, unsigned level)
{
	skip_blanks(ps);
	for (size_t i = 0; i < 4 && levels[level][i]; i++) {
		const char *op = levels[level][i];

		/* "<" is not the beginning of "<<" */
		if (!op[1] && strchr("<>", op[0]) && ps->p[0] == op[0] && ps->p[1] == op[0])
			continue;
		if (take(ps, op))
			return op;
	}
	return NULL;
}

static enum cairn_code binary(struct parser *ps, unsigned level, struct expr *ret)
{
	struct expr right;
	const char *op;
	enum cairn_code code;

	if (level == LEVELS)
		return unary(ps, ret);
	code = binary(ps, level + 1, ret);
	while (!code && (op = take_operator(ps, level))) {
		code = binary(ps, level + 1, &right);
		if (!code)
			code = expr_binary(&ps->w, op, ret, &right, ps->err);
	}
	return code;
}

enum cairn_code expr_eval(struct expr *ret, struct cairn *c, const char *text, int cpu,
			  struct arena *a, struct cairn_err *err)
{
	struct parser ps = { .w = { c, a }, .p = text, .cpu = cpu, .err = err };
	enum cairn_code code;

	if (strlen(text) > EXPR_TEXT)
		return cairn_fail(err, CAIRN_USAGE, "an expression of %zu characters", strlen(text));
	code = binary(&ps, 0, ret);
	skip_blanks(&ps);
	if (!code && *ps.p)
		return cairn_fail(err, CAIRN_USAGE, "\"%s\" is not understood", ps.p);
	return code;
}

bool expr_wants_cpu(struct cairn *c, const char *text)
{
	char name[128];
	size_t n;
	struct sym s;

	text += strspn(text, " \t&*(");
	for (n = 0; is_word(text[n]) && n < sizeof(name) - 1; n++)
		name[n] = text[n];
	name[n] = '\0';
	return n && text[n] != ':' && find_symbol(c, name, &s) && is_percpu(c, name, &s);
}
