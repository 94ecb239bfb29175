/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/met_user.h"

#include <fnmatch.h>
#include <string.h>

/* Interrupts of user mode, by the outer frames that they leave. An exception may be a page fault. */
static bool is_user_interrupt(const char *name)
{
	static const char *const names[] = {
		"asm_sysvec_*", "sysvec_*", "asm_common_interrupt", "asm_exc_nmi", "exc_nmi",
		"el0t_64_irq", "el0t_64_fiq", "el0t_32_irq", "el0t_32_fiq", "el0_irq*", "__irq_usr",
		NULL,
	};

	for (const char *const *p = names; *p; p++)
		if (!fnmatch(*p, name, 0))
			return true;
	return false;
}

/* Before it goes back to user mode, a task does what it was asked to do meanwhile. */
static bool is_exit_work(const char *name)
{
	return strstr(name, "exit_to_user") || strstr(name, "do_notify_resume") ||
	       strstr(name, "prepare_exit_to_usermode") || strstr(name, "do_work_pending") ||
	       strstr(name, "ret_to_user");
}

#define OUTER 2 /* i386: the entry itself is that of exceptions, too */

bool trace_met_user_mode(const struct trace *tr, bool on_cpu)
{
	bool interrupt = false;

	if (tr->end == TRACE_USER_MODE)
		return true;
	if (!on_cpu || tr->end != TRACE_USER_REGS || !tr->complete)
		return false;
	for (size_t i = 0; i < tr->n; i++) {
		const struct frame *f = &tr->frame[i];

		if (!f->named || is_exit_work(f->sym.name))
			return false;
		interrupt |= i + OUTER >= tr->n && is_user_interrupt(f->sym.name);
	}
	return interrupt;
}
