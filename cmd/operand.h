/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * operand - what users write for addresses, tasks and CPUs.
 *
 * Numbers that name memory are hexadecimal with or without 0x, as crash has it; a word that
 * is a symbol wins over one that could be a number. "+N" after either moves it.
 * "symbol.member" and "symbol.member->member" are where that is;
 * "name:CPU" is a per-CPU variable's place on one CPU, "module:name" a module's symbol.
 */
#ifndef CAIRN_CMD_OPERAND_H
#define CAIRN_CMD_OPERAND_H

#include <stdint.h>

#include "cmd/cmd.h"
#include "lib/kern/cpu.h"
#include "lib/kern/session.h"
#include "lib/kern/task.h"

/** An address; CAIRN_USAGE with a text that says what was understood. */
enum cairn_code operand_address(struct cairn *c, const char *word, uint64_t *ret,
				struct cairn_err *err);

/** A CPU, by its number. CAIRN_USAGE: there is none. */
enum cairn_code operand_cpu(struct cairn *c, const char *word, const struct cpu **ret,
			    struct cairn_err *err);

/** A count: decimal, or hexadecimal with 0x. */
enum cairn_code operand_count(const char *word, uint64_t *ret, struct cairn_err *err);

/** A task: a pid (decimal), the address of its task_struct, or a command name that only
 *  one task has. */
enum cairn_code operand_task(struct cairn *c, const char *word, const struct task **ret,
			     struct cairn_err *err);

/** Whose it is when no task is named: the one that `set` chose, else the one that panicked. */
enum cairn_code operand_default(const struct call *call, const struct task **ret,
				struct cairn_err *err);

/** The task on the CPU that panicked. */
enum cairn_code operand_panicked(struct cairn *c, const struct task **ret, struct cairn_err *err);

#endif
