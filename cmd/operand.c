/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/operand.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/kern/cpu.h"
#include "lib/kern/expr.h"
#include "lib/kern/module.h"
#include "lib/kern/panic.h"
#include "lib/kern/typename.h"

#define WORD_MAX 256

/* base 0: decimal, or hexadecimal with 0x; a leading zero means nothing. */
static bool whole_number(const char *s, int base, uint64_t *ret)
{
	char *end;

	if (!isxdigit((unsigned char)*s))
		return false;
	if (!base)
		base = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') ? 16 : 10;
	errno = 0;
	*ret = strtoull(s, &end, base);
	return !*end && !errno;
}

/* A module's symbols are read when a name is not the kernel's. */
static bool find_symbol(struct cairn *c, const char *name, struct sym *sym)
{
	const struct modules *ms;

	if (sym_find(&c->syms, name, sym))
		return true;
	return modules_get(c, &ms, NULL) == CAIRN_OK && sym_find(&c->syms, name, sym);
}

static enum cairn_code percpu_address(struct cairn *c, char *word, uint64_t *ret,
				      struct cairn_err *err)
{
	char *colon = strrchr(word, ':');
	const struct cpus *cpus;
	const struct cpu *cpu;
	enum cairn_code code;
	uint64_t id;

	if (!colon || colon == word || !whole_number(colon + 1, 10, &id))
		return CAIRN_NOTFOUND;
	code = cpus_get(c, &cpus, err);
	if (code != CAIRN_OK)
		return code;
	cpu = id <= UINT32_MAX ? cpu_by_id(cpus, (unsigned)id) : NULL;
	if (!cpu)
		return cairn_fail(err, CAIRN_USAGE, "there is no CPU %s", colon + 1);
	*colon = '\0';
	code = percpu_symbol(c, cpu, word, ret, err);
	if (code != CAIRN_OK)
		return cairn_fail(err, CAIRN_USAGE, "no per-CPU variable %s", word);
	return CAIRN_OK;
}

/* "init_task.tasks", "init_task.mm->mm_mt": where that is. */
static bool member_address(struct cairn *c, const char *word, uint64_t *ret)
{
	struct arena a = { 0 };
	struct expr e;
	bool found = strpbrk(word, ".[") || strstr(word, "->");

	found = found && !expr_eval(&e, c, word, -1, &a, NULL) && e.place;
	if (found)
		*ret = e.addr;
	arena_deinit(&a);
	return found;
}

static enum cairn_code base_address(struct cairn *c, char *word, uint64_t *ret,
				    struct cairn_err *err)
{
	enum cairn_code code;
	struct sym sym;

	if (find_symbol(c, word, &sym)) {
		if (sym.percpu)
			return cairn_fail(err, CAIRN_USAGE,
					  "%s is per-CPU: say which one, as in %s:0", word, word);
		*ret = sym.addr;
		return CAIRN_OK;
	}
	if (whole_number(word, 16, ret))
		return CAIRN_OK;
	if (member_address(c, word, ret))
		return CAIRN_OK;
	code = percpu_address(c, word, ret, err);
	if (code != CAIRN_NOTFOUND)
		return code;
	if (c->syms.missing)
		return cairn_fail(err, CAIRN_MISSING, "symbol %s is not known: %s", word,
				  c->syms.missing);
	return cairn_fail(err, CAIRN_USAGE, "%s is %s", word,
			  typename_find_kernel(c, word)
				  ? "a type, which `struct` shows, and neither a symbol nor an address"
				  : "neither a symbol nor a hexadecimal address");
}

enum cairn_code operand_address(struct cairn *c, const char *word, uint64_t *ret,
				struct cairn_err *err)
{
	char copy[WORD_MAX], *plus;
	enum cairn_code code;
	uint64_t off = 0;

	if (strlen(word) >= sizeof(copy))
		return cairn_fail(err, CAIRN_USAGE, "a word of %zu characters", strlen(word));
	memcpy(copy, word, strlen(word) + 1);
	plus = strrchr(copy, '+');
	if (plus) {
		*plus = '\0';
		if (!whole_number(plus + 1, 0, &off))
			return cairn_fail(err, CAIRN_USAGE, "%s is no number", plus + 1);
	}
	code = base_address(c, copy, ret, err);
	if (code == CAIRN_OK)
		*ret += off;
	return code;
}

enum cairn_code operand_cpu(struct cairn *c, const char *word, const struct cpu **ret,
			    struct cairn_err *err)
{
	const struct cpus *cpus;
	uint64_t id;
	enum cairn_code code = operand_count(word, &id, err);

	if (!code)
		code = cpus_get(c, &cpus, err);
	if (code)
		return code;
	*ret = id <= UINT32_MAX ? cpu_by_id(cpus, (unsigned)id) : NULL;
	return *ret ? CAIRN_OK : cairn_fail(err, CAIRN_USAGE, "there is no CPU %s", word);
}

enum cairn_code operand_count(const char *word, uint64_t *ret, struct cairn_err *err)
{
	if (whole_number(word, 0, ret))
		return CAIRN_OK;
	return cairn_fail(err, CAIRN_USAGE, "%s is no number", word);
}

enum cairn_code operand_task(struct cairn *c, const char *word, const struct task **ret,
			     struct cairn_err *err)
{
	const struct tasks *ts;
	enum cairn_code code = tasks_get(c, &ts, err);
	size_t found = 0, lost = 0;
	uint64_t v;

	if (code != CAIRN_OK)
		return code;
	*ret = NULL;
	if (whole_number(word, 10, &v) && v <= INT32_MAX)
		*ret = task_by_pid(ts, (int32_t)v);
	if (!*ret && whole_number(word, 16, &v))
		*ret = task_by_addr(ts, v);
	if (*ret)
		return CAIRN_OK;
	for (size_t i = 0; i < ts->n; i++) {
		lost += ts->task[i].fault != NULL;
		if (!strcmp(ts->task[i].comm, word)) {
			*ret = &ts->task[i];
			found++;
		}
	}
	if (found == 1)
		return CAIRN_OK;
	if (found > 1)
		return cairn_fail(err, CAIRN_USAGE, "%zu tasks are called %s: name one by its pid",
				  found, word);
	if (lost || ts->partial)
		return cairn_fail(err, CAIRN_MISSING,
				  "no task that could be read has the pid, address or name %s; "
				  "%zu could not be read", word, lost);
	return cairn_fail(err, CAIRN_USAGE, "no task has the pid, address or name %s", word);
}

enum cairn_code operand_panicked(struct cairn *c, const struct task **ret, struct cairn_err *err)
{
	const struct tasks *ts;
	struct panic p;
	enum cairn_code code = tasks_get(c, &ts, err);
	int cpu;

	if (code)
		return code;
	cpu = panic_cpu(c);
	/* only where the variable does not say is the log read for it */
	if (cpu < 0 && !panic_get(c, &p, err))
		cpu = p.cpu;
	*ret = cpu >= 0 ? task_on_cpu(c, ts, (unsigned)cpu) : NULL;
	return *ret ? CAIRN_OK : cairn_fail(err, CAIRN_USAGE, "no task is known to have panicked: name one");
}

enum cairn_code operand_default(const struct call *call, const struct task **ret,
				struct cairn_err *err)
{
	const struct tasks *ts;
	enum cairn_code code;

	if (!call->chosen || !*call->chosen)
		return operand_panicked(call->cairn, ret, err);
	code = tasks_get(call->cairn, &ts, err);
	*ret = code ? NULL : task_by_addr(ts, *call->chosen);
	return code || *ret ? code : cairn_fail(err, CAIRN_NOTFOUND, "the task that was set is none");
}
