/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/guilty_matter.h"

#include <string.h>

#include "unwind/guilty.h"

/* `leads`: what one of the innermost functions must be for the row to be a signature's; NULL: the
   class says enough. A row without a class is for titles alone: no stack tells what its words do. */
static const struct {
	const char *why, *class, *leads, *names;
} rules[] = {
	{ "frees twice, or what is not to be freed", "kasan",
	  "report_invalid_free report_double_free", GUILTY_DOUBLE_FREE },
	{ "is on the way from a tag's fault to KASAN", "kasan",
	  NULL, GUILTY_KASAN },
	{ "hands a request to USB, where KMSAN looks at it", "kmsan",
	  "usb_submit_urb", GUILTY_KMSAN_USB },
	{ "takes values that KMSAN looks at for others", "kmsan",
	  NULL, GUILTY_KMSAN },
	{ "schedules, and finds the stack's end overwritten", "stack-overflow",
	  "^schedule ^__schedule ^preempt_schedule", GUILTY_STACK_END },
	{ "tells of a stack that is used up", "stack-overflow",
	  NULL, GUILTY_STACK },
	{ "checks what is copied to user memory", "usercopy",
	  NULL, GUILTY_USERCOPY },
	{ "checks what is copied to user memory", "warning",
	  "usercopy_warn", GUILTY_USERCOPY },
	{ "makes room in a network packet", "bug",
	  NULL, GUILTY_SKB },
	{ "takes a spinlock that is not in order", "spinlock",
	  NULL, GUILTY_SPINLOCK },
	{ "schedules, where that is forbidden", "atomic-sleep",
	  "^__schedule", GUILTY_SCHEDULE },
	{ "asks on which CPU it is", "bug-report",
	  "check_preemption_disabled debug_smp_processor_id this_cpu_preempt_check", GUILTY_PREEMPTIBLE },
	{ "allocates what leaks", "memory-leak",
	  NULL, GUILTY_LEAK },
	{ "gives a page back, and looks at it", "bad-page",
	  NULL, GUILTY_BAD_PAGE },
	{ "waits for work, which lockdep takes for a lock", NULL,
	  NULL, GUILTY_DEADLOCK },
	{ "locks a socket that lockdep does not know", "warning",
	  "^register_lock_class ^look_up_lock_class ^hlock_class ^__lock_acquire "
	  "^lock_release ^check_wait_context", GUILTY_LOCKING },
	{ "brings who made a forbidden jump to its report", "cfi",
	  NULL, GUILTY_CFI },
	{ "ends the first process", "init-killed",
	  NULL, GUILTY_EXIT },
	{ "reads what RCU protects", "lockdep",
	  "^lockdep_rcu_suspicious", GUILTY_RCU_USE },
	{ "takes a lock that was never set up", "lockdep",
	  "^register_lock_class ^assign_lock_key", GUILTY_STATIC_KEY },
	{ "frees or starts what debugobjects tracks", "warning",
	  "debug_print_object debug_check_no_obj_freed", GUILTY_ODEBUG },
	{ "registers objects of the device tree", NULL,
	  NULL, GUILTY_KOBJECT },
	{ "registers files in /proc", "warning",
	  "^proc_register ^__proc_create ^remove_proc_entry ^proc_mkdir", GUILTY_PROC },
	{ "counts references", "refcount",
	  NULL, GUILTY_REFCOUNT },
	{ "allocates too much at once", NULL,
	  NULL, GUILTY_KMALLOC },
	{ "hands a request to USB", "warning",
	  "^usb_submit_urb", GUILTY_USB },
	{ "is the timer's way to RCU's watchdog", NULL,
	  NULL, GUILTY_RCU_STALL },
	{ "waits", NULL,
	  NULL, GUILTY_SCHEDULE },
	{ "checks arithmetic", "ubsan",
	  NULL, GUILTY_UBSAN },
	{ "checks a stack's guard value", "stack-smash",
	  NULL, GUILTY_STACK_CHK },
	{ "brings a panic of Rust code to its report", "rust-panic",
	  NULL, GUILTY_RUST },
};

#define COUNT (sizeof(rules) / sizeof(rules[0]))

bool guilty_matter_rule(size_t i, const char **why, const char **names)
{
	if (i >= COUNT)
		return false;
	*why = rules[i].why;
	*names = rules[i].names;
	return true;
}

const char *guilty_matter_of(const char *class, struct piece base, bool in_module)
{
	for (size_t i = 0; i < COUNT; i++)
		if (rules[i].class && !strcmp(rules[i].class, class) &&
		    (rules[i].leads ? guilty_fits(base, in_module, rules[i].leads) : !base.len))
			return rules[i].names;
	return NULL;
}
