/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/crashkind.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "lib/debug/disasm.h"
#include "unwind/culprit.h"
#include "unwind/guilty.h"

/* Below it no object is: a pointer to a member of one that is NULL. As the kernels have it. */
#define NULL_SIZE 4096

/* Functions by whom a class is told, patterns of names (fnmatch) without the compiler's endings,
 * blanks between. The first row of which any function is there wins: checks before the exception
 * by which they report, and that before those which all exceptions have. Sources as of culprit.c
 * and lib/kern/crashclass.h. */
static const struct kind {
	const char *class, *names;
} kinds[] = {
	{ "sysrq", "sysrq_handle_crash" },
	{ "kfence", "kfence_report_error" },
	{ "kasan", "kasan_report* __kasan_report*" },
	{ "kmsan", "kmsan_report*" },
	{ "kcsan", "kcsan_report*" },
	{ "ubsan", "__ubsan_handle_* ubsan_epilogue" },
	{ "slab-corruption", "slab_err slab_bug slab_fix __slab_err object_err print_trailer "
			     "check_bytes_and_report check_pad_bytes slab_pad_check" },
	{ "list-corruption", "__list_add_valid* __list_del_entry_valid*" },
	{ "refcount", "refcount_warn_saturate" },
	{ "usercopy", "usercopy_abort" },
	{ "stack-smash", "__stack_chk_fail" },
	{ "oom", "out_of_memory pagefault_out_of_memory mem_cgroup_out_of_memory" },
	{ "machine-check", "mce_panic do_machine_check" },
	{ "serror", "arm64_serror_panic do_serror" },
	{ "soft-lockup", "watchdog_timer_fn" },
	{ "hard-lockup", "watchdog_overflow_callback watchdog_hardlockup_check" },
	{ "rcu-stall", "panic_on_rcu_stall print_cpu_stall print_other_cpu_stall check_cpu_stall "
		       "rcu_sched_clock_irq rcu_check_callbacks" },
	{ "workqueue-lockup", "wq_watchdog_timer_fn panic_on_wq_watchdog" },
	{ "hung-task", "check_hung_uninterruptible_tasks hung_task_info watchdog" },
	{ "nmi", "unknown_nmi_error io_check_error pci_serr_error" },
	{ "atomic-sleep", "__schedule_bug __might_resched ___might_sleep" },
	{ "cfi", "handle_cfi_failure report_cfi_failure __cfi_slowpath*" },
	{ "stack-overflow", "handle_stack_overflow panic_bad_stack handle_bad_stack __bad_stack "
			    "schedule_debug" },
	{ "warning", "__warn warn_slowpath*" },
	{ "taint", "add_taint" },
	{ "double-fault", "exc_double_fault do_double_fault doublefault_shim" },
	{ "init-killed", "do_exit" },
	{ "no-root", "mount_root* mount_block_root prepare_namespace" },
	{ "no-init", "kernel_init run_init_process" },
};

/* Likewise of exceptions: where the handler of one did not die itself, but called what then
 * panicked, it is no part of the crash. */
static const struct kind exceptions[] = {
	{ "gp-fault", "exc_general_protection do_general_protection exc_stack_segment" },
	{ "divide-error", "exc_divide_error do_divide_error" },
	{ "cfi", "exc_control_protection" },
	{ "breakpoint", "exc_int3" },
	{ "alignment", "exc_alignment_check do_alignment" },
	{ "bad-mode", "bad_mode" },
	{ "cpu-exception", "exc_segment_not_present exc_invalid_tss" },
	{ "bug", "bug_handler bug_brk_handler" },
	{ "invalid-opcode", "exc_invalid_op do_invalid_op handle_bug __und_svc* do_undefinstr "
			    "do_el1_undef" },
	{ "page-fault", "exc_page_fault do_page_fault page_fault_oops no_context do_DataAbort "
			"do_PrefetchAbort do_mem_abort do_translation_fault die_kernel_fault "
			"__do_kernel_fault __dabt_svc __pabt_svc" },
	{ "oops", "oops_end die" },
};

/* Who gives up on account of an exception. */
static const char dies[] = "oops_end die die_addr __die no_context";

/* Names of which the kernel has one: that its CPU died, or that it waits for another that did. */
static const char panics[] = "panic vpanic nmi_panic";
static const char leaves[] = "crash_kexec __crash_kexec machine_kexec machine_crash_shutdown";
static const char late[] = "panic_smp_self_stop nmi_panic_self_stop";

static bool is_one_of(const char *names, const struct frame *f)
{
	struct piece base = { f->sym.name, f->named ? strlen(f->sym.name) : 0 };
	char name[128], pattern[64];

	base = guilty_base(base);
	if (!f->named || base.len >= sizeof(name))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)base.len, base.p);
	for (size_t n; *names; names += n, names += strspn(names, " ")) {
		n = strcspn(names, " ");
		snprintf(pattern, sizeof(pattern), "%.*s", (int)n, names);
		if (!fnmatch(pattern, name, 0))
			return true;
	}
	return false;
}

static bool has(const struct trace *tr, size_t n, const char *names)
{
	for (size_t i = 0; i < n; i++)
		if (is_one_of(names, &tr->frame[i]))
			return true;
	return false;
}

bool crashkind_panicked(const struct trace *tr)
{
	return has(tr, tr->n, panics) && !has(tr, tr->n, late);
}

bool crashkind_died(const struct trace *tr)
{
	return crashkind_panicked(tr) || (has(tr, tr->n, leaves) && !has(tr, tr->n, late));
}

/* Of how many frames, from the innermost, the way from the crash to the end is. Who called panic()
   himself is one of them, he tells why. */
static size_t way_of(const struct trace *tr, const struct frame *at)
{
	return !at ? tr->n : (size_t)(at - tr->frame) + !at->interrupted;
}

/* The instruction that the processor took exception to, above which the way begins; NULL: none. */
static const struct frame *fault_of(const struct trace *tr, const struct frame *at)
{
	while (at && at > tr->frame + 1 && !(at->interrupted && at->rule == RULE_REGS))
		at--;
	return at && at > tr->frame && at->interrupted ? at : NULL;
}

static bool instruction_of(struct disasm *d, const struct frame *f, struct space *space,
			   struct instruction *ret)
{
	unsigned char raw[DISASM_BYTES];
	size_t got = space_read_some(space, f->pc, raw, sizeof(raw), NULL);

	return got && disasm_one(d, raw, got, f->pc, ret);
}

/* BUG() is an instruction that is made for it: asm/bug.h of x86 and ARM. */
static bool is_bug(const struct frame *f, const struct arch *arch, struct space *space)
{
	uint64_t word = 0;

	/* of what kernels cannot execute, hardly anything else is there */
	if (space_read_some(space, f->pc, &word, 4, NULL) != 4)
		return true;
	if (arch->id == ARCH_ARM)
		return (uint32_t)word == 0xe7f001f2;
	return (word & 0xffff) == 0x0b0f; /* ud2 */
}

/* Where nothing was to be executed: in what is mapped, its page forbids it. */
static const char *class_of_jump(const struct frame *f, struct space *space)
{
	uint64_t paddr;

	if (f->pc < NULL_SIZE)
		return "null-deref";
	return space_translate(space, f->pc, &paddr, NULL) == CAIRN_OK ? "exec-fault" : "page-fault";
}

/* By the instruction; where that is not in the dump, by what the processor remembers. */
static const char *class_of_access(const struct trace *tr, const struct frame *f,
				   const struct cpu *cpu, const struct arch *arch,
				   struct space *space)
{
	uint64_t at[DISASM_ACCESSES], regs[ARCH_NREGS] = { 0 };
	struct instruction i;
	struct disasm d;
	size_t n = 0;

	if (!f->regs || disasm_init(&d, arch, NULL) != CAIRN_OK)
		return "page-fault";
	memcpy(regs, f->regs, tr->nregs * sizeof(regs[0]));
	if (instruction_of(&d, f, space, &i))
		n = disasm_accesses(&d, &i, arch, regs, at);
	disasm_deinit(&d);
	if (!n && cpu->has_cr2 && (arch->id == ARCH_X86_64 || arch->id == ARCH_I386))
		at[n++] = cpu->cr2;
	while (n--)
		if (at[n] < NULL_SIZE)
			return "null-deref";
	return "page-fault";
}

/* Two exceptions of which the instruction tells more. */
static const char *finer(const char *class, const struct trace *tr, const struct frame *f,
			 const struct cpu *cpu, const struct arch *arch, struct space *space)
{
	if (!f || !arch)
		return class;
	if (!strcmp(class, "invalid-opcode") && is_bug(f, arch, space))
		return "bug";
	if (strcmp(class, "page-fault"))
		return class;
	if (f + 1 < tr->frame + tr->n ? f[1].rule == RULE_BAD_CALL : tr->end == TRACE_NOT_TEXT)
		return class_of_jump(f, space);
	return class_of_access(tr, f, cpu, arch, space);
}

static const char *look_up(const struct trace *tr, size_t n, const struct kind *of, size_t nof)
{
	for (size_t i = 0; i < nof; i++)
		if (has(tr, n, of[i].names))
			return of[i].class;
	return NULL;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *crashkind_of(const struct trace *tr, const struct cpu *cpu, const struct arch *arch,
			 struct space *space)
{
	const struct frame *at = culprit_find(tr);
	size_t n = way_of(tr, at);
	const char *class;

	if (!crashkind_died(tr))
		return NULL;
	class = look_up(tr, n, kinds, COUNT(kinds));
	if (class)
		return class;
	class = has(tr, n, dies) ? look_up(tr, n, exceptions, COUNT(exceptions)) : NULL;
	if (class)
		return finer(class, tr, fault_of(tr, at), cpu, arch, space);
	return crashkind_panicked(tr) ? "panic" : NULL;
}

static const struct {
	const char *class, *words;
} titles[] = {
	{ "null-deref", "BUG: unable to handle kernel NULL pointer dereference" },
	{ "page-fault", "BUG: unable to handle kernel paging request" },
	{ "exec-fault", "BUG: unable to handle kernel paging request" },
	{ "bug", "kernel BUG" },
	{ "warning", "WARNING" },
	{ "refcount", "WARNING: refcount bug" },
	{ "gp-fault", "general protection fault" },
	{ "divide-error", "divide error" },
	{ "double-fault", "PANIC: double fault" },
	{ "list-corruption", "BUG: corrupted list" },
	{ "slab-corruption", "BUG: slab corruption" },
	{ "usercopy", "BUG: bad usercopy" },
	{ "stack-smash", "kernel panic: stack is corrupted" },
	{ "stack-overflow", "kernel stack overflow" },
	{ "soft-lockup", "BUG: soft lockup" },
	{ "hung-task", "INFO: task hung" },
	{ "rcu-stall", "INFO: rcu detected stall" },
};

const char *crashkind_title(const char *class, const char *function, struct arena *a)
{
	for (size_t i = 0; i < COUNT(titles); i++)
		if (!strcmp(titles[i].class, class))
			return arena_printf(a, "%s in %s", titles[i].words,
					    function ? function : "corrupted");
	return function ? arena_printf(a, "kernel panic: %s in %s", class, function)
			: arena_printf(a, "kernel panic: %s", class);
}
