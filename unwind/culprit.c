/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/culprit.h"

#include <fnmatch.h>

/* Patterns of function names (fnmatch); each list ends with NULL. */

/* The way from a fault or a decision to die into the end. kernel/panic.c, kernel/exit.c,
 * arch/x86/kernel/dumpstack.c, traps.c, arch/x86/mm/fault.c */
static const char *const dying[] = {
	"panic", "vpanic", "nmi_panic", "nmi_panic.*", "panic_other_cpus_shutdown", "oops_end",
	"oops_end.*", "oops_begin", "die", "die.*", "die_addr", "__die", "__die_body", "oops_exit",
	"make_task_dead", "make_task_dead.*", "check_panic_on_warn*",
	"rewind_stack_and_make_dead",
	"check_panic_on_warn", "__crash_kexec", "crash_kexec", "crash_save_cpu",
	"sysrq_handle_crash", "__handle_sysrq", "__handle_sysrq.*", "add_taint", "add_taint.*",
	"handle_bad_stack", "panic_bad_stack",
	"__bad_stack", "handle_stack_overflow", "no_context*",
	/* a report's own trace begins with them: lib/dump_stack.c, show_stack() of each machine */
	"dump_stack*", "__dump_stack", "show_stack*", "unwind_backtrace", "dump_backtrace*", NULL,
};

/* Who panics on account of what its interrupt came upon, or of whom it watches: kernel/watchdog.c,
 * watchdog_perf.c, hung_task.c, workqueue.c, kernel/rcu/tree_stall.h, arch/x86/kernel/nmi.c. */
static const char *const watchers[] = {
	"unknown_nmi_error*", "io_check_error*", "pci_serr_error*", "default_do_nmi*",
	"watchdog_timer_fn*", "watchdog_overflow_callback*", "watchdog_hardlockup_check*",
	"panic_on_rcu_stall*", "print_cpu_stall*", "print_other_cpu_stall*", "check_cpu_stall*",
	"rcu_sched_clock_irq*", "rcu_check_callbacks*", "rcu_pending*", "rcu_dump_cpu_stacks*",
	"dump_cpu_task*", "sched_show_task*", "nmi_cpu_backtrace*",
	"nmi_trigger_cpumask_backtrace*",
	"arch_trigger_cpumask_backtrace*", "trigger_single_cpu_backtrace*",
	"check_hung_uninterruptible_tasks*", "watchdog", "watchdog.*", "hung_task_info*",
	"wq_watchdog_timer_fn*", "panic_on_wq_watchdog*", NULL,
};

/* Where it ends for who died. Others come here when they are done. kernel/exit.c */
static const char *const exiting[] = { "do_exit", "do_exit.*", NULL };

/* Checks that found something wrong and say so: who called them had it in hand. lib/list_debug.c,
 * mm/slub.c, lib/refcount.c, mm/usercopy.c, lib/string_helpers.c, kernel/panic.c, lib/ubsan.c,
 * lib/bug.c, mm/kasan, mm/kmsan, mm/kfence, net/core/skbuff.c, arch/arm64/mm/fault.c */
static const char *const reports[] = {
	"__list_del_entry_valid*", "__list_add_valid*", "slab_err*", "slab_bug*", "slab_fix*",
	"object_err*", "print_trailer*", "check_bytes_and_report*", "check_pad_bytes*",
	"check_object*", "check_slab*", "on_freelist*", "alloc_debug_processing*",
	"free_debug_processing*", "alloc_consistency_checks*", "free_consistency_checks*",
	"refcount_warn_saturate*", "usercopy_abort*", "*check_heap_object*", "*check_object_size*",
	"fortify_panic*", "__fortify_panic*", "__fortify_report*", "__stack_chk_fail", "ubsan_*",
	"__ubsan_*", "kasan_*", "__kasan_*", "__asan_*", "__hwasan_*", "print_report*", "end_report*",
	"print_address_description*", "kmsan_*", "__msan_*", "kfence_*", "__warn", "__warn.*",
	"warn_slowpath*", "report_bug", "fixup_bug*", "skb_panic*", "skb_over_panic*",
	"skb_under_panic*", "__do_kernel_fault", "do_bad_area", "do_tag_check_fault",
	"do_translation_fault", "do_mem_abort", "el1_abort", "el1h_64_sync_handler", "el1h_64_sync",
	NULL,
};

/* Where hardware enters for something that the interrupted instruction itself did. x86, ARM,
 * arm64 (up to 5.10 el1_sync). */
static const char *const exceptions[] = {
	"asm_exc_*", "exc_*", "error_entry", "paranoid_entry", "double_fault",
	"__und_svc*", "__dabt_svc", "__pabt_svc", "el1h_64_sync", "el1_sync", "__bad_stack", NULL,
};

/* i386 has one entry for exceptions and interrupts: whom it calls tells. */
static const char *const shared_entry[] = { "handle_exception", "common_exception", NULL };
static const char *const handlers[] = { "exc_*", "do_*", NULL };

/* A CPU that was told to stop, and a task that waits. */
static const char *const idle_talk[] = {
	"local_cpu_stop", "ipi_cpu_stop", "ipi_handler", "do_handle_IPI", "handle_IPI",
	"handle_percpu_devid_*", "handle_irq_desc", "generic_handle_*irq", "gic_handle_irq",
	"call_on_irq_stack", "do_interrupt_handler", "el?_interrupt", "*el0_irq_handler_common",
	"el1h_64_irq*", "el0t_64_irq*", "call_with_stack", "__irq_usr", "__irq_svc", "handle_exception",
	"stop_this_cpu", "*sysvec_reboot*", "*sysvec_call_function*", "native_stop_other_cpus",
	"crash_nmi_callback", "nmi_handle", "nmi_handle.*", "default_do_nmi", "exc_nmi", "*end_repeat_nmi",
	"__schedule", "schedule", "schedule_*", "__switch_to*", "preempt_schedule*", "io_schedule*",
	"__cond_resched", NULL,
};

/* Where the slab allocator looks at its objects. mm/slub.c */
static const char *const allocators[] = {
	"get_partial_node*", "get_from_partial_node*", "get_partial*", "___slab_alloc*",
	"__slab_alloc*", "slab_alloc*", "kmem_cache_alloc*", "__kmem_cache_alloc*", "kmalloc*",
	"__kmalloc*", "__slab_free*", "kfree*", "kmem_cache_free*", "__kmem_cache_free*", NULL,
};

/* It comes from outside, though its entry is one of them. arch/x86/entry */
static const char *const nmis[] = { "asm_exc_nmi*", "exc_nmi*", NULL };

static bool is_one_of(const char *const *patterns, const struct frame *f)
{
	for (; f->named && *patterns; patterns++)
		if (!fnmatch(*patterns, f->sym.name, 0))
			return true;
	return false;
}

/* The instruction of frame i brought the processor into the frame below it. */
static bool is_faulting(const struct trace *tr, size_t i)
{
	const struct frame *f = &tr->frame[i];

	if (!i || !f->interrupted)
		return false;
	if (is_one_of(nmis, f - 1) || (i > 1 && is_one_of(nmis, f - 2)))
		return false;
	return is_one_of(exceptions, f - 1) ||
	       (i > 1 && is_one_of(shared_entry, f - 1) && is_one_of(handlers, f - 2));
}

/* The frame after the outermost one that is on its way to die, or that watches others and asked for
 * it. A task can be in do_exit() when it faults: what died is then what faulted first, seen from
 * here. */
static size_t after_dying(const struct trace *tr)
{
	size_t after = 0;

	for (size_t i = 0; i < tr->n; i++) {
		if (is_one_of(dying, &tr->frame[i]) ||
		    (i && after == i && (is_one_of(watchers, &tr->frame[i]) ||
					 is_one_of(exiting, &tr->frame[i]))))
			after = i + 1;
		else if (after && is_faulting(tr, i))
			break;
	}
	return after;
}

const struct frame *culprit_of_fault(const struct trace *tr, size_t i)
{
	/* BUG() in a check */
	while (i + 1 < tr->n && is_one_of(reports, &tr->frame[i]))
		i++;
	/* a jump to nowhere: whoever made it */
	if (i + 1 < tr->n && tr->frame[i + 1].rule == RULE_BAD_CALL)
		i++;
	return &tr->frame[i];
}

/* On this CPU it is what the interrupt came upon, if anything. */
static const struct frame *watched(const struct trace *tr, size_t i)
{
	while (i < tr->n && !tr->frame[i].interrupted)
		i++;
	return i < tr->n ? &tr->frame[i] : NULL;
}

/* One that a log has under another's name was never to return: it is on the way to die too. */
static bool tells_only(const struct frame *f)
{
	return is_one_of(reports, f) || is_one_of(allocators, f) || (!f->named && f->sym.name);
}

const struct frame *culprit_find(const struct trace *tr)
{
	size_t first = after_dying(tr), i;

	if (first && is_one_of(watchers, &tr->frame[first - 1]))
		return watched(tr, first);
	for (i = first; i < tr->n; i++)
		if (is_faulting(tr, i))
			return culprit_of_fault(tr, i);
	while (first && first < tr->n && tells_only(&tr->frame[first]))
		first++;
	return first && first < tr->n ? &tr->frame[first] : NULL;
}

size_t culprit_skip_idle_talk(const struct trace *tr)
{
	size_t i = 0;

	while (i < tr->n && is_one_of(idle_talk, &tr->frame[i]))
		i++;
	return i;
}

const struct frame *culprit_stuck(const struct trace *tr)
{
	size_t i = culprit_skip_idle_talk(tr);

	return i < tr->n && tr->frame[i].interrupted ? &tr->frame[i] : NULL;
}
