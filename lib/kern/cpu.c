/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cursor.h"
#include "lib/debug/shape.h"
#include "lib/image/note.h"
#include "lib/kern/cpu_area.h"
#include "lib/kern/stack_size.h"
#include "lib/kern/task.h"

#define CPUS_LIMIT 8192u /* NR_CPUS of MAXSMP kernels */

const struct cpu *cpu_by_id(const struct cpus *cpus, unsigned id)
{
	for (size_t i = 0; i < cpus->n; i++)
		if (cpus->cpu[i].id == id)
			return &cpus->cpu[i];
	return NULL;
}

static const struct cairn_err no_memory = {
	.code = CAIRN_NOMEM, .text = "no memory for the reason why a per-CPU area is not known",
};

/* Offsets wrap around at the end of the address space. */
static uint64_t percpu_pointer(const struct cairn *c, const struct cpu *cpu, uint64_t ptr)
{
	return (ptr + cpu->offset) & (c->arch->word == 4 ? UINT32_MAX : UINT64_MAX);
}

enum cairn_code percpu_symbol(struct cairn *c, const struct cpu *cpu, const char *name,
			      uint64_t *ret, struct cairn_err *err)
{
	struct cairn_err lack;
	enum cairn_code code = sym_addr(&c->syms, name, ret, &lack);
	uint64_t place;

	if (code != CAIRN_OK && cpu->area && type_percpu_offset(&c->types, name, &place)) {
		*ret = cpu->area + place;
		return CAIRN_OK;
	}
	if (code != CAIRN_OK) {
		if (err)
			*err = lack;
		return code;
	}
	if (cpu->fault) {
		if (err)
			*err = *cpu->fault;
		return cpu->fault->code;
	}
	*ret = percpu_pointer(c, cpu, *ret);
	return CAIRN_OK;
}

/* One of percpu_word()'s alternatives, "var" or "var.member.path". */
static enum cairn_code percpu_one(struct cairn *c, const struct cpu *cpu, char *name, uint64_t *ret,
				  struct cairn_err *err)
{
	char *dot = strchr(name, '.');
	const struct type *t;
	struct member m = { 0 };
	enum cairn_code code;
	uint64_t addr;

	if (dot)
		*dot = '\0';
	code = percpu_symbol(c, cpu, name, &addr, err);
	if (code != CAIRN_OK)
		return code;
	if (dot) {
		t = type_of_variable(&c->types, name);
		if (!t || !type_member(t, dot + 1, &m))
			return cairn_fail(err, CAIRN_MISSING, "per-CPU %s has no member %s", name,
					  dot + 1);
	}
	return space_word(&c->kernel, addr + m.offset, ret, err);
}

enum cairn_code percpu_word(struct cairn *c, const struct cpu *cpu, const char *names,
			    uint64_t *ret, struct cairn_err *err)
{
	enum cairn_code code = CAIRN_MISSING;
	char name[96];

	while (*names) {
		size_t len = strcspn(names, "|");

		if (len >= sizeof(name))
			return cairn_fail(err, CAIRN_USAGE, "a name of %zu characters", len);
		memcpy(name, names, len);
		name[len] = '\0';
		names += len + (names[len] == '|');
		code = percpu_one(c, cpu, name, ret, err);
		if (code != CAIRN_MISSING)
			break;
	}
	return code;
}

/* ---- which CPUs there are ---- */

static uint32_t cpu_limit(struct cairn *c)
{
	uint64_t addr;
	uint32_t n;

	if (sym_addr(&c->syms, "nr_cpu_ids", &addr, NULL) != CAIRN_OK ||
	    space_u32(&c->kernel, addr, &n, NULL) != CAIRN_OK || !n || n > CPUS_LIMIT)
		return CPUS_LIMIT;
	return n;
}

/* Bit `cpu` of a struct cpumask: an array of longs, so on little-endian one of bytes. */
static bool mask_bit(struct cairn *c, uint64_t mask, unsigned cpu)
{
	uint8_t byte;

	return space_u8(&c->kernel, mask + cpu / 8, &byte, NULL) == CAIRN_OK &&
	       byte >> cpu % 8 & 1;
}

static enum cairn_code make_room(struct cairn *c, struct cpus *cpus, size_t n,
				 struct cairn_err *err)
{
	cpus->cpu = arena_array(&c->arena, n ? n : 1, sizeof(*cpus->cpu));
	return cpus->cpu ? CAIRN_OK : cairn_fail(err, CAIRN_NOMEM, "no memory for CPUs");
}

/* A kernel without SMP has no offsets: one CPU, its variables where the symbols say. One whose
 * symbols are text alone may have any number: those with registers in the dump are known. */
static enum cairn_code list_without_offsets(struct cairn *c, struct cpus *cpus, size_t nnotes,
					    struct cairn_err *err)
{
	struct sym data;
	enum cairn_code code;

	cpus->by_notes = !sym_find(&c->syms, "jiffies_64", &data);
	if (cpus->by_notes && cpu_areas_find(c, cpus, NULL) == CAIRN_OK) {
		cpus->by_notes = false;
		return CAIRN_OK;
	}
	if (cpus->by_notes && !nnotes)
		return cairn_fail(err, CAIRN_MISSING, "this kernel has no symbol __per_cpu_offset, "
				  "and the dump no registers");
	cpus->n = !cpus->by_notes ? 1 : nnotes < CPUS_LIMIT ? nnotes : CPUS_LIMIT;
	code = make_room(c, cpus, cpus->n, err);
	for (size_t i = 0; code == CAIRN_OK && i < cpus->n; i++) {
		cpus->cpu[i].id = (unsigned)i;
		cpus->cpu[i].online = true;
	}
	return code;
}

/* A CPU without its offset stays, with the reason. */
static void read_offset(struct cairn *c, struct cpu *cpu, uint64_t offsets)
{
	struct cairn_err err, *kept;

	if (space_word(&c->kernel, offsets + (uint64_t)cpu->id * c->arch->word, &cpu->offset,
		       &err) == CAIRN_OK)
		return;
	cairn_context(&err, err.code, "per-CPU area of CPU %u", cpu->id);
	session_degrade(c, "per-CPU areas", &err);
	cpu->offset = 0;
	kept = arena_alloc(&c->arena, sizeof(*kept));
	if (kept)
		*kept = err;
	cpu->fault = kept ? kept : &no_memory;
}

/* kernel/cpu.c has noted since 4.19 (0cc3cd21657b) who came up at least once; at least one did. */
static void set_never_up(struct cairn *c, struct cpus *cpus)
{
	uint64_t mask;
	size_t up = 0;

	if (sym_addr(&c->syms, "cpus_booted_once_mask", &mask, NULL) != CAIRN_OK)
		return;
	for (size_t i = 0; i < cpus->n; i++)
		up += mask_bit(c, mask, cpus->cpu[i].id);
	for (size_t i = 0; up && i < cpus->n; i++)
		cpus->cpu[i].never_up = !cpus->cpu[i].online &&
					!mask_bit(c, mask, cpus->cpu[i].id);
}

static enum cairn_code list_cpus(struct cairn *c, struct cpus *cpus, struct cairn_err *err)
{
	uint64_t possible, online, offsets;
	uint32_t n = cpu_limit(c), found = 0, i;
	enum cairn_code code;

	code = sym_addr(&c->syms, "__per_cpu_offset", &offsets, err);
	if (code == CAIRN_OK)
		code = sym_addr(&c->syms, "__cpu_possible_mask", &possible, err);
	if (code == CAIRN_OK)
		code = sym_addr(&c->syms, "__cpu_online_mask", &online, err);
	if (code != CAIRN_OK)
		return code;
	for (i = 0; i < n; i++)
		found += mask_bit(c, possible, i);
	code = make_room(c, cpus, found, err);
	if (code != CAIRN_OK)
		return code;
	for (i = 0; i < n && cpus->n < found; i++) {
		struct cpu *cpu;

		if (!mask_bit(c, possible, i))
			continue;
		cpu = &cpus->cpu[cpus->n++];
		cpu->id = i;
		cpu->online = mask_bit(c, online, i);
		read_offset(c, cpu, offsets);
	}
	set_never_up(c, cpus);
	return cpus->n ? CAIRN_OK : cairn_fail(err, CAIRN_CORRUPT, "no CPU is possible");
}

/* ---- whose registers ---- */

enum { RQ_CURR, RQ_N };
static const struct shape_want rq_want = { "struct rq", RQ_N, { [RQ_CURR] = "curr" } };

/* current_task moved: per-CPU up to 6.1, pcpu_hot up to 6.14, per-CPU again; ARM and arm64
 * keep theirs in a register or in __entry_task, and every kernel's runqueue says rq->curr. */
static void set_current(struct cairn *c, struct cpu *cpu)
{
	struct shape rq;
	uint64_t addr;

	if (cpu->never_up) /* the area is still as it was made: init_task is current */
		return;
	if (!percpu_word(c, cpu, "current_task|pcpu_hot.current_task", &cpu->current, NULL))
		return;
	if (shape_resolve(&rq, &rq_want, &c->types, NULL) == CAIRN_OK &&
	    percpu_symbol(c, cpu, "runqueues", &addr, NULL) == CAIRN_OK &&
	    shape_get(&rq, &c->kernel, addr, RQ_CURR, &cpu->current, NULL) == CAIRN_OK)
		return;
	percpu_word(c, cpu, "__entry_task", &cpu->current, NULL);
}

static void take_note(struct cpu *cpu, const struct vcpu_note *n)
{
	cpu->regs = n->regs;
	cpu->regs_source = CPU_REGS_NOTE;
	cpu->tr_base = n->tr_base;
	cpu->has_cr2 = n->have_qemu;
	cpu->cr2 = n->cr2;
}

/* kdump: struct elf_note, "CORE", NT_PRSTATUS in the per-CPU buffer that crash_notes names
 * (kernel/kexec_core.c crash_save_cpu). Zero where the CPU never answered. */
static bool from_crash_notes(struct cairn *c, struct cpu *cpu)
{
	unsigned char buf[512];
	struct note note;
	uint64_t ptr;
	uint32_t pid;
	size_t pos = 0;

	if (cpu->fault || sym_addr(&c->syms, "crash_notes", &ptr, NULL) != CAIRN_OK ||
	    space_word(&c->kernel, ptr, &ptr, NULL) != CAIRN_OK || !ptr ||
	    space_read(&c->kernel, percpu_pointer(c, cpu, ptr), buf, sizeof(buf), NULL) !=
		    CAIRN_OK ||
	    !note_next(buf, sizeof(buf), &pos, &note) || !note_is(&note, "CORE", 1) ||
	    !regs_from_prstatus(&cpu->regs, &pid, c->arch, note.desc, note.desc_len))
		return false;
	cpu->regs_source = CPU_REGS_CRASH_NOTES;
	return true;
}

/* A CPU that has no registers, and its stacks as far as they are known (0: not). */
struct candidate {
	struct cairn *c;
	struct cpu *cpu;
	uint64_t task_stack, irq_stack, softirq_stack;
	uint64_t size; /* of each */
};

static bool by_base(const struct candidate *k, const struct vcpu_note *n)
{
	if (!n->have_qemu || !k->cpu->offset)
		return false;
	return k->c->arch->id == ARCH_X86_64
		       ? n->kernel_gs == k->cpu->offset
		       : k->c->arch->id == ARCH_I386 && n->fs_base == k->cpu->offset;
}

static void find_stacks(struct candidate *k)
{
	static const struct shape_want want = { "struct task_struct", 1, { "stack" } };
	struct task current = { .addr = k->cpu->current };
	const struct tasks one = { .task = &current, .n = 1 };
	struct shape task;

	if (shape_resolve(&task, &want, &k->c->types, NULL) == CAIRN_OK)
		shape_get(&task, &k->c->kernel, k->cpu->current, 0, &k->task_stack, NULL);
	percpu_word(k->c, k->cpu, "hardirq_stack_ptr|irq_stack_ptr", &k->irq_stack, NULL);
	percpu_word(k->c, k->cpu, "softirq_stack_ptr", &k->softirq_stack, NULL);
	k->size = stack_size(k->c, &one);
}

/* A stack of which one end is known, whichever. */
static bool is_near(const struct candidate *k, uint64_t end, uint64_t sp)
{
	return end && sp - end + k->size < 2 * k->size;
}

/* Whether the stack pointer is on a stack of this CPU: its current task's, or one for
 * interrupts, of which a pointer names an end. None where their size is not known. */
static bool by_stack(const struct candidate *k, const struct vcpu_note *n)
{
	uint64_t sp = regs_sp(&n->regs);

	return (k->task_stack && sp - k->task_stack < k->size) || is_near(k, k->irq_stack, sp) ||
	       is_near(k, k->softirq_stack, sp);
}

typedef bool (*match_fn)(const struct candidate *k, const struct vcpu_note *n);

/* What is left when all but one are matched. */
static void by_elimination(struct cpus *cpus, const struct vcpu_notes *notes)
{
	const struct vcpu_note *note = NULL;
	struct cpu *cpu = NULL;
	size_t nnotes = 0, ncpus = 0, i;

	for (i = 0; i < notes->n; i++)
		if (notes->note[i].regs.arch) {
			note = &notes->note[i];
			nnotes++;
		}
	for (i = 0; i < cpus->n; i++)
		if (cpus->cpu[i].regs_source == CPU_REGS_NONE) {
			cpu = &cpus->cpu[i];
			ncpus++;
		}
	if (ncpus == 1 && nnotes == 1)
		take_note(cpu, note);
}

/* CPUs in user mode have nothing that tells them apart, where no note has their base: they are
 * in their order, if that is all there is. */
static void by_order(struct cpus *cpus, struct vcpu_notes *notes)
{
	for (size_t i = 0; i < cpus->n; i++) {
		struct cpu *cpu = &cpus->cpu[i];

		if (cpu->regs_source != CPU_REGS_NONE || !cpu->area || cpu->id >= notes->n ||
		    !notes->note[cpu->id].regs.arch)
			continue;
		take_note(cpu, &notes->note[cpu->id]);
		cpu->guessed = true;
		notes->note[cpu->id].regs.arch = NULL;
	}
}

/* The one note that matches; ambiguity gives none. */
static struct vcpu_note *only_match(const struct candidate *k, struct vcpu_notes *notes,
				    match_fn match)
{
	struct vcpu_note *found = NULL;

	for (size_t i = 0; i < notes->n && i < CPUS_LIMIT; i++) {
		if (!notes->note[i].regs.arch || !match(k, &notes->note[i]))
			continue;
		if (found)
			return NULL;
		found = &notes->note[i];
	}
	return found;
}

static void hand_out(struct cairn *c, struct cpus *cpus, struct vcpu_notes *notes, match_fn match)
{
	for (size_t i = 0; i < cpus->n; i++) {
		struct candidate k = { .c = c, .cpu = &cpus->cpu[i] };
		struct vcpu_note *note;

		if (k.cpu->regs_source != CPU_REGS_NONE)
			continue;
		if (match == by_stack)
			find_stacks(&k);
		note = only_match(&k, notes, match);
		if (!note)
			continue;
		take_note(k.cpu, note);
		note->regs.arch = NULL; /* taken */
	}
}

static void find_regs(struct cairn *c, struct cpus *cpus, struct vcpu_notes *notes)
{
	bool qemu = false;

	for (size_t i = 0; i < notes->n; i++)
		qemu |= notes->note[i].have_qemu;
	hand_out(c, cpus, notes, by_base);
	for (size_t i = 0; i < cpus->n && !qemu; i++)
		from_crash_notes(c, &cpus->cpu[i]);
	hand_out(c, cpus, notes, by_stack);
	by_elimination(cpus, notes);
	by_order(cpus, notes);
}

/* ---- numbers, where only the notes tell of CPUs ---- */

static int by_id(const void *a, const void *b)
{
	const struct cpu *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static bool is_taken(const struct cpus *cpus, const bool *sure, unsigned id)
{
	for (size_t i = 0; i < cpus->n; i++)
		if (sure[i] && cpus->cpu[i].id == id)
			return true;
	return false;
}

void cpus_number(struct cairn *c, int32_t (*cpu_of)(void *arg, uint64_t sp), void *arg)
{
	struct cpus *cpus = c->cpus;
	bool *sure = arena_array(&c->arena, cpus->n, sizeof(*sure));
	unsigned next = 0, guessed = 0;
	struct cairn_err err;

	for (size_t i = 0; sure && i < cpus->n; i++) {
		int32_t id = cpu_of(arg, regs_sp(&cpus->cpu[i].regs));

		if (id < 0 || (uint32_t)id >= CPUS_LIMIT || is_taken(cpus, sure, (unsigned)id))
			continue;
		cpus->cpu[i].id = (unsigned)id;
		sure[i] = true;
	}
	for (size_t i = 0; sure && i < cpus->n; i++) {
		if (sure[i])
			continue;
		while (is_taken(cpus, sure, next))
			next++;
		cpus->cpu[i].id = next++;
		cpus->cpu[i].guessed = true;
		guessed++;
	}
	if (guessed) {
		cairn_fail(&err, CAIRN_MISSING, "%u of %zu CPUs have no known task and no symbols: "
			   "their numbers are guessed", guessed, cpus->n);
		session_degrade(c, "numbers of the CPUs", &err);
	}
	qsort(cpus->cpu, cpus->n, sizeof(*cpus->cpu), by_id);
}

static int32_t nobody_knows(void *arg, uint64_t sp)
{
	(void)arg;
	(void)sp;
	return -1;
}

/* ---- all of it ---- */

static enum cairn_code make_cpus(struct cairn *c, struct cpus *cpus, struct cairn_err *err)
{
	const struct image_info *info = image_info(c->img);
	struct vcpu_notes notes = { 0 };
	struct cairn_err why;
	enum cairn_code code;

	if (c->arch && regs_read_notes(&notes, c->arch, info->notes, info->notes_len, &c->arena,
				       &why) != CAIRN_OK)
		session_degrade(c, "registers", &why);
	if (sym_addr(&c->syms, "__per_cpu_offset", &(uint64_t){ 0 }, NULL) == CAIRN_OK)
		code = list_cpus(c, cpus, err);
	else
		code = list_without_offsets(c, cpus, notes.n, err);
	if (code != CAIRN_OK)
		return code;
	for (size_t i = 0; i < cpus->n; i++)
		if (cpus->by_notes)
			take_note(&cpus->cpu[i], &notes.note[i]);
		else
			set_current(c, &cpus->cpu[i]);
	if (!cpus->by_notes)
		find_regs(c, cpus, &notes);
	return CAIRN_OK;
}

enum cairn_code cpus_get(struct cairn *c, const struct cpus **ret, struct cairn_err *err)
{
	const struct tasks *ts;
	enum cairn_code code;
	struct cpus *cpus;

	if (!c->cpus) {
		cpus = arena_alloc(&c->arena, sizeof(*cpus));
		if (!cpus)
			return cairn_fail(err, CAIRN_NOMEM, "no memory for CPUs");
		code = make_cpus(c, cpus, err);
		if (code != CAIRN_OK)
			return code;
		c->cpus = cpus;
		code = cpus->by_notes ? tasks_get(c, &ts, NULL) : CAIRN_OK;
		if (code == CAIRN_INTERRUPTED) {
			c->cpus = NULL;
			return cairn_fail(err, code, "interrupted");
		}
		if (code != CAIRN_OK)
			cpus_number(c, nobody_knows, NULL);
	}
	*ret = c->cpus;
	return CAIRN_OK;
}
