/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cmd/complete.h"
#include "lib/kern/module.h"

static const struct opt opts[] = { { 'a', "all", NULL, "" }, { 'x', NULL, NULL, "" }, { 0 } };
static const struct cmd zebra = { .name = "zebra", .opts = opts, .complete = COMPLETE_SYMBOL };
static const struct cmd zstruct = { .name = "zstruct", .complete = COMPLETE_TYPE };
static const struct cmd zhelp = { .name = "zhelp", .complete = COMPLETE_COMMAND, .no_dump = true };
static const struct cmd zfile = { .name = "zfile", .complete = COMPLETE_FILE, .no_dump = true };
static const struct cmd znone = { .name = "znone" };
static const struct opt arguments[] = { { 'R', "members", "MEMBER,...", "" },
					{ 'o', NULL, "FILE", "" },
					{ 'l', NULL, "OFFSET", "" }, { 0 } };
static const struct cmd zopt = { .name = "zopt", .opts = arguments, .tasks = true };
static const struct cmd yeach = { .name = "yeach", .opts = opts, .options_first = true,
				  .complete = COMPLETE_TASK_COMMAND };
static const struct cmd zlevel = { .name = "zlevel", .complete = COMPLETE_LEVEL };
CAIRN_CMD(&zopt);
CAIRN_CMD(&yeach);
CAIRN_CMD(&zlevel);
CAIRN_CMD(&zebra);
CAIRN_CMD(&zstruct);
CAIRN_CMD(&zhelp);
CAIRN_CMD(&zfile);
CAIRN_CMD(&znone);

/* ---- a session of a few symbols and types ---- */

static bool symbol_at(void *self, size_t i, struct sym *ret)
{
	static const char *const names[] = { "schedule", "init_task", "schedule_timeout",
					     "schedule", "sched_fork" };

	(void)self;
	if (i >= 5)
		return false;
	*ret = (struct sym){ .name = names[i] };
	return true;
}

static const struct sym_source_ops symbols = { .at = symbol_at };

static struct type_provider provider;
static struct type integer = { .kind = TYPE_INT, .name = "int", .size = 4 };
static struct type_member inner_members[] = { { .name = "sum" }, { .name = "vruntime" } };
static struct type inner = { .kind = TYPE_STRUCT, .name = "sched_entity", .nmembers = 2,
			     .members = inner_members, .provider = &provider, .complete = true };
static struct type_member hidden_members[] = { { .name = "pid" }, { .name = "parent" } };
static struct type hidden = { .kind = TYPE_UNION, .name = "", .nmembers = 2,
			      .members = hidden_members, .provider = &provider, .complete = true };
static struct type_member task_members[] = { { .name = "" }, { .name = "se" }, { .name = "prio" } };
static struct type task = { .kind = TYPE_STRUCT, .name = "task_struct", .nmembers = 3,
			    .members = task_members, .provider = &provider, .complete = true };
static struct type tasks_union = { .kind = TYPE_UNION, .name = "task_union",
				   .provider = &provider, .complete = true };

static const struct type *find_type(struct type_provider *p, enum type_kind kind, const char *name)
{
	(void)p;
	return kind == TYPE_STRUCT && !strcmp(name, "task_struct") ? &task : NULL;
}

static bool complete_type(struct type_provider *p, struct type *t)
{
	(void)p;
	(void)t;
	return true;
}

static const struct type *type_of(struct type_provider *p, const char *name)
{
	static const struct type pointer = { .kind = TYPE_PTR, .name = "", .size = 8,
					     .target = &task, .provider = &provider,
					     .complete = true };

	(void)p;
	if (!strcmp(name, "current_task"))
		return &pointer;
	return strcmp(name, "init_task") ? NULL : &task;
}

static void each_name(struct type_provider *p, const char *prefix,
		      bool (*fn)(void *arg, enum type_kind kind, const char *name), void *arg)
{
	const struct type *const all[] = { &task, &inner, &tasks_union, &integer };
	size_t i;

	(void)p;
	for (i = 0; i < 4; i++)
		if (!strncmp(all[i]->name, prefix, strlen(prefix)) &&
		    !fn(arg, all[i]->kind, all[i]->name))
			return;
}

static void close_provider(struct type_provider *p)
{
	(void)p;
}

static const struct type_provider_ops types = {
	.find = find_type, .complete = complete_type, .variable = type_of,
	.each_name = each_name, .close = close_provider,
};

static struct modules no_modules;
static struct cairn session = { .modules = &no_modules };
static struct completer completer = { .cairn = &session };

static int set_up(void **state)
{
	(void)state;
	hidden_members[0].type = hidden_members[1].type = &integer;
	inner_members[0].type = inner_members[1].type = &integer;
	task_members[0].type = &hidden;
	task_members[1].type = &inner;
	task_members[2].type = &integer;
	provider = (struct type_provider){ .name = "test", .ops = &types };
	syms_init(&session.syms, &session.arena);
	types_init(&session.types, &session.arena, 8);
	types_add(&session.types, &provider);
	return (int)syms_add(&session.syms, "test", 0, 0, &symbols, NULL, NULL);
}

static int clean_up(void **state)
{
	(void)state;
	complete_deinit(&completer);
	types_deinit(&session.types);
	arena_deinit(&session.arena);
	return 0;
}

/* ---- */

/* What the Tab key gives at the end of the line, joined by blanks; a '+' in front when the
 * word goes on. */
static const char *tab(const char *line)
{
	static char all[1024];
	size_t end = strlen(line), start = end, i, n;
	const char *const *word;
	bool open;

	while (start && line[start - 1] != ' ' && line[start - 1] != '|' && line[start - 1] != '>')
		start--;
	word = complete_words(&completer, line, start, end, &n, &open);
	if (!word)
		return "FILES";
	strcpy(all, open ? "+" : "");
	for (i = 0; i < n; i++) {
		strcat(all, i ? " " : "");
		strcat(all, word[i]);
	}
	return all;
}

#define IS(line, want) assert_string_equal(tab(line), want)

static void test_commands(void **state)
{
	(void)state;
	IS("zh", "zhelp");
	IS("  zs", "zstruct");
	IS("qui", "quit");
	IS("zhelp ze", "zebra");
	IS("nonsense x", "");
}

static void test_options(void **state)
{
	(void)state;
	IS("zebra -", "--all --help --json -x");
	IS("zebra foo --a", "--all");
	IS("znone --", "--help --json");
}

static void test_symbols(void **state)
{
	(void)state;
	IS("zebra sched", "sched_fork schedule schedule_timeout");
	IS("zebra -a schedule_", "schedule_timeout");
	IS("zebra x init", "init_task");
	IS("zebra zz", "");
	IS("zebra ", "init_task sched_fork schedule schedule_timeout");
	IS("znone sched", "");
}

static void test_types(void **state)
{
	(void)state;
	IS("zstruct task", "task_struct task_union");
	IS("zstruct struct task", "task_struct");
	IS("zstruct union task", "task_union");
}

static void test_members(void **state)
{
	(void)state;
	IS("zstruct task_struct.p", "task_struct.parent task_struct.pid task_struct.prio");
	IS("zstruct task_struct.se", "+task_struct.se");
	IS("zstruct task_struct.se.", "task_struct.se.sum task_struct.se.vruntime");
	IS("zebra init_task.se.v", "+init_task.se.vruntime");
	IS("zstruct nonsense.p", "");
	IS("zstruct task_struct.nonsense.p", "");
	IS("zstruct .", "");
}

/* By the option that the word is an argument of. */
static void test_arguments(void **state)
{
	(void)state;
	IS("zopt -R pi", "pid");
	IS("zopt -R pid,se.v", "+pid,se.vruntime");
	IS("zopt --members pr", "prio");
	IS("zopt -l task_struct.prio,p", "task_struct.prio,parent task_struct.prio,pid "
					 "task_struct.prio,prio");
	IS("zopt -o x", "FILES");
	IS("zopt -o x -R pri", "prio");
	IS("zlevel err,wa", "+err,warn");
}

/* The command of another, and that command's words. */
static void test_inner_command(void **state)
{
	(void)state;
	IS("yeach zo", "zopt");
	IS("yeach -a zo", "zopt");
	IS("yeach zopt -R pri", "prio");
	IS("yeach zebra schedule_", "schedule_timeout");
}

static void test_arrow(void **state)
{
	(void)state;
	IS("zebra current_task->pr", "prio");
	IS("zebra x + current_task->se", "se");
	IS("zebra nonsense->p", "");
	IS("zebra a->b > fi", "FILES");
}

static void test_files(void **state)
{
	(void)state;
	IS("zfile x", "FILES");
	IS("zebra x | gr", "FILES");
	IS("zebra x > ou", "FILES");
	IS("!l", "FILES");
}

static void test_without_a_dump(void **state)
{
	(void)state;
	completer.cairn = NULL;
	IS("zebra sched", "");
	IS("zstruct task", "");
	IS("zhelp ze", "zebra");
	completer.cairn = &session;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands), cmocka_unit_test(test_options),
		cmocka_unit_test(test_symbols),  cmocka_unit_test(test_types),
		cmocka_unit_test(test_members),  cmocka_unit_test(test_files),
		cmocka_unit_test(test_arguments), cmocka_unit_test(test_inner_command),
		cmocka_unit_test(test_arrow),
		cmocka_unit_test(test_without_a_dump),
	};

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
