/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/oops_kind.h"

#include <stddef.h>
#include <string.h>

#include "unwind/guilty_matter.h"

static const struct oops_kind kinds[] = {
	/* lib/kasan, mm/kasan/report.c */
	{ "BUG: KASAN: double-free*", NULL, "KASAN: invalid-free in $f", OOPS_IN_HEAD, NULL,
	  GUILTY_DOUBLE_FREE },
	{ "BUG: KASAN: invalid-free*", NULL, "KASAN: invalid-free in $f", OOPS_IN_HEAD, NULL,
	  GUILTY_DOUBLE_FREE },
	{ "BUG: KASAN: * in *+0x*", NULL, "KASAN: $1 $a in $f", OOPS_IN_HEAD, NULL,
	  GUILTY_KASAN },
	{ "BUG: KASAN: * in *.*", NULL, "KASAN: $1 $a in $f", OOPS_IN_HEAD, NULL,
	  GUILTY_KASAN },
	{ "BUG: KASAN: * on address", NULL, "KASAN: $1 $a", OOPS_NOWHERE, NULL, NULL },
	{ "BUG: KASAN: *", NULL, "KASAN: $1", OOPS_NOWHERE, NULL, NULL },
	/* mm/kmsan/report.c */
	{ "BUG: KMSAN: kernel-usb-infoleak in *", NULL, "KMSAN: kernel-usb-infoleak in $f",
	  OOPS_IN_LINES, NULL, GUILTY_KMSAN_USB },
	{ "BUG: KMSAN: * in *", NULL, "KMSAN: $1 in $f", OOPS_IN_LINES, NULL,
	  GUILTY_KMSAN },
	/* kernel/kcsan/report.c */
	{ "BUG: KCSAN: *", NULL, "KCSAN: $1", OOPS_NOWHERE, NULL, NULL },
	/* mm/kfence/report.c */
	{ "BUG: KFENCE: * in *", NULL, "KFENCE: $1 in $f", OOPS_IN_HEAD_LINES, NULL, NULL },
	/* arch/x86/mm/fault.c, and powerpc's */
	{ "BUG: unable to handle kernel paging request", NULL,
	  "BUG: unable to handle kernel paging request in $f", OOPS_IN_REGS, NULL, NULL },
	{ "BUG: unable to handle page fault for address", NULL,
	  "BUG: unable to handle kernel paging request in $f", OOPS_IN_REGS, NULL, NULL },
	{ "BUG: Unable to handle kernel data access", NULL,
	  "BUG: unable to handle kernel paging request in $f", OOPS_IN_REGS, NULL, NULL },
	{ "BUG: unable to handle kernel NULL pointer dereference", NULL,
	  "BUG: unable to handle kernel NULL pointer dereference in $f", OOPS_IN_REGS, NULL, NULL },
	{ "BUG: kernel NULL pointer dereference", NULL,
	  "BUG: unable to handle kernel NULL pointer dereference in $f", OOPS_IN_REGS, NULL, NULL },
	{ "BUG: Kernel NULL pointer dereference", NULL,
	  "BUG: unable to handle kernel NULL pointer dereference in $f", OOPS_IN_REGS, NULL, NULL },
	{ "BUG: unable to handle kernel", NULL, "BUG: unable to handle kernel", OOPS_NOWHERE, NULL,
	  NULL },
	{ "BUG: Unable to handle kernel", NULL, "BUG: unable to handle kernel", OOPS_NOWHERE, NULL,
	  NULL },
	{ "BUG: *stack guard page was hit at", NULL, "BUG: stack guard page was hit in $f",
	  OOPS_IN_STALL, NULL, NULL },
	/* arch/arm/mm/fault.c, arch/arm64/mm/fault.c */
	{ "Unable to handle kernel paging request", NULL,
	  "BUG: unable to handle kernel paging request in $f", OOPS_IN_REGS, NULL, NULL },
	{ "Unable to handle kernel NULL pointer dereference", NULL,
	  "BUG: unable to handle kernel NULL pointer dereference in $f", OOPS_IN_REGS, NULL, NULL },
	{ "Unable to handle kernel access to user memory", NULL,
	  "BUG: unable to handle kernel access to user memory in $f", OOPS_IN_REGS, NULL, NULL },
	{ "Unhandled fault:", NULL, "Unhandled fault in $f", OOPS_IN_REGS, NULL, NULL },
	{ "Alignment trap:", NULL, "Alignment trap in $f", OOPS_IN_REGS, NULL, NULL },
	{ "Insufficient stack space to handle exception", NULL, "kernel stack overflow in $f",
	  OOPS_IN_STALL_TRACE, NULL, GUILTY_STACK },
	{ "Internal error:", NULL, "Internal error in $f", OOPS_IN_REGS, NULL, NULL },
	/* arch/x86/kernel/traps.c */
	{ "general protection fault * error:", NULL, NULL, OOPS_NOWHERE, NULL, NULL },
	{ "general protection fault*:", NULL, "general protection fault in $f", OOPS_IN_REGS, NULL,
	  NULL },
	{ "stack segment: ", NULL, "stack segment fault in $f", OOPS_IN_REGS, NULL, NULL },
	{ "traps: PANIC: double fault", NULL, "PANIC: double fault in $f", OOPS_ONLY_REGS, NULL,
	  NULL },
	{ "PANIC: double fault", NULL, "PANIC: double fault in $f", OOPS_ONLY_REGS, NULL, NULL },
	{ "divide error: ", NULL, "divide error in $f", OOPS_ONLY_REGS, NULL, NULL },
	{ "divide_error: ", NULL, "divide error in $f", OOPS_ONLY_REGS, NULL, NULL },
	{ "invalid opcode: ", NULL, "invalid opcode in $f", OOPS_ONLY_REGS, NULL, NULL },
	{ "Missing ENDBR: ", NULL, "Missing ENDBR in $f", OOPS_IN_REGS, NULL, GUILTY_CFI },
	{ "CFI failure at ", NULL, "CFI failure in $f", OOPS_IN_REGS, NULL, GUILTY_CFI },
	{ "int3: ", NULL, "int3 in $f", OOPS_IN_REGS, NULL, NULL },
	/* lib/bug.c */
	{ "kernel BUG at mm/usercopy.c", NULL, "BUG: bad usercopy in $f", OOPS_IN_TRACE, NULL,
	  GUILTY_USERCOPY },
	{ "kernel BUG at lib/list_debug.c", NULL, "BUG: corrupted list in $f", OOPS_IN_TRACE, NULL,
	  NULL },
	{ "kernel BUG at *", NULL, "kernel BUG in $f", OOPS_IN_REGS, NULL, GUILTY_SKB },
	{ "Kernel BUG *", NULL, "kernel BUG $1", OOPS_NOWHERE, NULL, NULL },
	/* kernel/locking/spinlock_debug.c, kernel/sched, mm */
	{ "BUG: spinlock * on CPU", NULL, "BUG: spinlock $1 in $f", OOPS_IN_TRACE, NULL,
	  GUILTY_SPINLOCK },
	{ "BUG: rwlock * on CPU", NULL, "BUG: rwlock $1 in $f", OOPS_IN_TRACE, NULL,
	  GUILTY_SPINLOCK },
	{ "*BUG: soft lockup", NULL, "BUG: soft lockup in $f", OOPS_IN_STALL, NULL, NULL },
	{ "*atchdog detected hard LOCKUP", NULL, "watchdog: hard LOCKUP in $f", OOPS_IN_STALL, NULL,
	  NULL },
	{ "BUG: scheduling while atomic", NULL, "BUG: scheduling while atomic in $f", OOPS_IN_TRACE,
	  NULL, GUILTY_SCHEDULE },
	{ "BUG: sleeping function called from invalid context", NULL,
	  "BUG: sleeping function called from invalid context in $f", OOPS_IN_TRACE, NULL, NULL },
	{ "BUG: using *() in preemptible", NULL, "BUG: using $1() in preemptible code in $f",
	  OOPS_IN_TRACE, NULL, GUILTY_PREEMPTIBLE },
	{ "BUG: workqueue leaked lock or atomic", "last function: *",
	  "BUG: workqueue leaked lock or atomic in $1", OOPS_NOWHERE, NULL, NULL },
	{ "BUG: workqueue lockup", NULL, "BUG: workqueue lockup", OOPS_NOWHERE, NULL, NULL },
	{ "BUG: memory leak", NULL, "memory leak in $f", OOPS_IN_LINES, "backtrace", GUILTY_LEAK },
	{ "BUG: Bad page state", "page last allocated", "BUG: Bad page state in $f", OOPS_IN_LINES,
	  "page last allocated", GUILTY_BAD_PAGE },
	{ "BUG: Bad page cache", "page last allocated", "BUG: Bad page cache in $f", OOPS_IN_LINES,
	  "page last allocated", GUILTY_BAD_PAGE },
	{ "BUG: Bad page state", NULL, "BUG: Bad page state in $f", OOPS_IN_TRACE, NULL,
	  GUILTY_BAD_PAGE },
	{ "BUG: Bad page cache", NULL, "BUG: Bad page cache in $f", OOPS_IN_TRACE, NULL,
	  GUILTY_BAD_PAGE },
	{ "BUG: Bad page map", NULL, "BUG: Bad page map", OOPS_NOWHERE, NULL, NULL },
	{ "BUG: Bad rss-counter state", NULL, "BUG: Bad rss-counter state", OOPS_NOWHERE, NULL,
	  NULL },
	{ "BUG: non-zero nr_ptes on freeing mm", NULL, "BUG: non-zero nr_ptes on freeing mm",
	  OOPS_NOWHERE, NULL, NULL },
	{ "BUG: non-zero pgtables_bytes on freeing mm", NULL,
	  "BUG: non-zero pgtables_bytes on freeing mm", OOPS_NOWHERE, NULL, NULL },
	{ "BUG: non-zero nr_pmds on freeing mm", NULL, "BUG: non-zero nr_pmds on freeing mm",
	  OOPS_NOWHERE, NULL, NULL },
	{ "BUG: Dentry * still in use * [unmount of", NULL, "BUG: Dentry still in use in unmount",
	  OOPS_NOWHERE, NULL, NULL },
	{ "BUG: * still has locks held!", NULL, "BUG: still has locks held in $f", OOPS_ON_LOCK,
	  NULL, NULL },
	{ "BUG: lock held when returning to user space", NULL,
	  "BUG: lock held when returning to user space in $f", OOPS_ON_LOCK, NULL, NULL },
	{ "BUG: bad unlock balance detected!", NULL, "BUG: bad unlock balance in $f", OOPS_IN_LOCK,
	  NULL, NULL },
	{ "BUG: held lock freed!", NULL, "BUG: held lock freed in $f", OOPS_ON_LOCK, NULL, NULL },
	{ "BUG: Invalid wait context", NULL, "WARNING: locking bug in $f", OOPS_IN_TRACE, NULL,
	  GUILTY_LOCKING },
	{ "BUG kmalloc-*: Object already free", NULL, "BUG: Object already free", OOPS_NOWHERE, NULL,
	  NULL },
	/* mm/slub.c slab_bug() */
	{ "BUG * (*): *", NULL, "BUG: slab corruption: $3 in $f", OOPS_IN_TRACE, NULL, NULL },
	/* kernel/locking/lockdep.c: WARNING since 4.12 or so, INFO before */
	{ "INFO: possible circular locking dependency detected", "is trying to acquire lock",
	  "possible deadlock in $f", OOPS_ON_LOCK, "is trying to acquire lock", NULL },
	{ "* possible circular locking dependency detected", "is trying to acquire lock",
	  "possible deadlock in $f", OOPS_IN_LOCK, NULL,
	  GUILTY_DEADLOCK },
	{ "* possible irq lock inversion dependency detected", "just changed the state of lock",
	  "possible deadlock in $f", OOPS_ON_LOCK, "just changed the state of lock", NULL },
	{ "WARNING: *-safe -> *-unsafe lock order detected", NULL, "possible deadlock in $f",
	  OOPS_IN_LINES, "which became", NULL },
	{ "INFO: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected", NULL,
	  "possible deadlock in $f", OOPS_ON_LOCK, "is trying to acquire", NULL },
	{ "* possible recursive locking detected", "is trying to acquire lock",
	  "possible deadlock in $f", OOPS_ON_LOCK, NULL, NULL },
	{ "WARNING: inconsistent lock state", "takes", "inconsistent lock state in $f",
	  OOPS_IN_TRACE, NULL, NULL },
	{ "INFO: inconsistent lock state", "takes", "inconsistent lock state in $f", OOPS_ON_LOCK,
	  "takes", NULL },
	{ "WARNING: suspicious RCU usage", ".c:", "WARNING: suspicious RCU usage in $f",
	  OOPS_IN_TRACE, NULL, GUILTY_RCU_USE },
	{ "INFO: suspicious RCU usage", ".c:", "INFO: suspicious RCU usage in $f", OOPS_IN_TRACE,
	  NULL, GUILTY_RCU_USE },
	{ "WARNING: suspicious RCU usage", ".h:", "WARNING: suspicious RCU usage in $f",
	  OOPS_IN_TRACE, NULL, GUILTY_RCU_USE },
	{ "INFO: suspicious RCU usage", ".h:", "INFO: suspicious RCU usage in $f", OOPS_IN_TRACE,
	  NULL, GUILTY_RCU_USE },
	{ "INFO: trying to register non-static key", NULL,
	  "INFO: trying to register non-static key in $f", OOPS_IN_TRACE, NULL, GUILTY_STATIC_KEY },
	{ "WARNING: * still has locks held!", NULL, "WARNING: still has locks held in $f",
	  OOPS_ON_LOCK, NULL, NULL },
	{ "WARNING: Nested lock was not taken", NULL, "WARNING: nested lock was not taken in $f",
	  OOPS_IN_REGS, NULL, NULL },
	{ "WARNING: lock held when returning to user space", NULL,
	  "WARNING: lock held when returning to user space in $f", OOPS_ON_LOCK, NULL, NULL },
	{ "WARNING: bad unlock balance detected!", NULL, "WARNING: bad unlock balance in $f",
	  OOPS_IN_LOCK, NULL, NULL },
	{ "WARNING: held lock freed!", NULL, "WARNING: held lock freed in $f", OOPS_ON_LOCK, NULL,
	  NULL },
	{ "WARNING: kernel stack regs at * has bad '*' value", NULL,
	  "WARNING: kernel stack regs has bad '$2' value", OOPS_NOWHERE, NULL, NULL },
	{ "WARNING: kernel stack frame pointer at * has bad value", NULL,
	  "WARNING: kernel stack frame pointer has bad value", OOPS_NOWHERE, NULL, NULL },
	/* kernel/panic.c __warn(): by file, where the function that warns is not the one to blame */
	{ "WARNING: *lib/debugobjects.c*", NULL, "WARNING: ODEBUG bug in $f", OOPS_IN_REGS, NULL,
	  GUILTY_ODEBUG },
	{ "WARNING: *mm/usercopy.c*", NULL, "WARNING: bad usercopy in $f", OOPS_IN_REGS, NULL,
	  GUILTY_USERCOPY },
	{ "WARNING: *lib/kobject.c*", NULL, "WARNING: kobject bug in $f", OOPS_IN_REGS, NULL,
	  GUILTY_KOBJECT },
	{ "WARNING: *fs/proc/generic.c*", NULL, "WARNING: proc registration bug in $f", OOPS_IN_REGS,
	  NULL, GUILTY_PROC },
	{ "WARNING: *lib/refcount.c*", NULL, "WARNING: refcount bug in $f", OOPS_IN_REGS, NULL,
	  GUILTY_REFCOUNT },
	{ "WARNING: *kernel/locking/lockdep.c*lock_", NULL, "WARNING: locking bug in $f",
	  OOPS_IN_REGS, NULL, GUILTY_LOCKING },
	{ "WARNING: *mm/*.c* kmalloc", NULL, "WARNING: kmalloc bug in $f", OOPS_IN_REGS, NULL,
	  GUILTY_KMALLOC },
	{ "WARNING: *mm/*.c* kvmalloc", NULL, "WARNING: kmalloc bug in $f", OOPS_IN_REGS, NULL,
	  GUILTY_KMALLOC },
	{ "WARNING: *mm/*.c* vmalloc", NULL, "WARNING: kmalloc bug in $f", OOPS_IN_REGS, NULL,
	  GUILTY_KMALLOC },
	{ "WARNING: *mm/vmalloc.c*__vmalloc_node", NULL, "WARNING: zero-size vmalloc in $f",
	  OOPS_IN_REGS, NULL, NULL },
	{ "WARNING: * usb_submit_urb", NULL, "WARNING in $f/usb_submit_urb", OOPS_IN_REGS, NULL,
	  GUILTY_USB },
	{ "WARNING: CPU: * at *", NULL, "WARNING in $f", OOPS_IN_REGS, NULL, NULL },
	{ "WARNING: * at *:* ", NULL, "WARNING in $f", OOPS_IN_REGS, NULL, NULL },
	{ "WARNING: at *:*", NULL, "WARNING in $f", OOPS_IN_REGS, NULL, NULL },
	{ "WARNING: *.*:* at *", NULL, "WARNING in $f", OOPS_IN_REGS, NULL, NULL },
	/* kernel/rcu/tree_stall.h, kernel/hung_task.c */
	{ "INFO: rcu*detected*stall", NULL, "INFO: rcu detected stall in $f", OOPS_IN_RCU, NULL,
	  GUILTY_RCU_STALL },
	{ "rcu: INFO: rcu*detected*stall", NULL, "INFO: rcu detected stall in $f", OOPS_IN_RCU, NULL,
	  GUILTY_RCU_STALL },
	{ "INFO: task * blocked * more than * seconds", NULL, "INFO: task hung in $f", OOPS_IN_HANG,
	  NULL, NULL },
	{ "INFO: task * can't die for more than * seconds", NULL, "INFO: task can't die in $f",
	  OOPS_IN_TRACE, NULL, GUILTY_SCHEDULE },
	/* lib/ubsan.c */
	{ "UBSAN: Undefined behaviour in", NULL, "UBSAN: undefined-behaviour in $f", OOPS_IN_TRACE,
	  NULL, GUILTY_UBSAN },
	{ "UBSAN: * in *", NULL, "UBSAN: $1 in $f", OOPS_IN_TRACE, NULL, GUILTY_UBSAN },
	/* kernel/panic.c */
	{ "Kernel panic - not syncing: *stack-protector: Kernel stack is corrupted in: *+0x*", NULL,
	  "kernel panic: stack is corrupted in $f", OOPS_ON_HEAD, NULL, NULL },
	{ "Kernel panic - not syncing: *stack-protector: Kernel stack is corrupted in: *", NULL,
	  "kernel panic: stack is corrupted in $f", OOPS_IN_TRACE, NULL, GUILTY_STACK_CHK },
	{ "Kernel panic - not syncing: corrupted stack end", NULL,
	  "kernel panic: corrupted stack end in $f", OOPS_IN_STALL_TRACE, NULL,
	  GUILTY_STACK_END },
	{ "Kernel panic - not syncing: kernel stack overflow", NULL, "kernel stack overflow in $f",
	  OOPS_IN_STALL_TRACE, NULL, GUILTY_STACK },
	{ "Kernel panic - not syncing: Attempted to kill init!", NULL,
	  "kernel panic: Attempted to kill init!", OOPS_NOWHERE, NULL, NULL },
	{ "Kernel panic - not syncing: Couldn't open N_TTY ldisc", NULL,
	  "kernel panic: Couldn't open N_TTY ldisc", OOPS_NOWHERE, NULL, NULL },
	{ "Kernel panic - not syncing: Fatal exception", NULL, "kernel panic: Fatal exception",
	  OOPS_NOWHERE, NULL, NULL },
	{ "Kernel panic - not syncing: panic_on_warn set", NULL, "kernel panic: panic_on_warn set",
	  OOPS_NOWHERE, NULL, NULL },
	{ "Kernel panic - not syncing: hung_task: blocked tasks", NULL,
	  "kernel panic: hung_task: blocked tasks", OOPS_NOWHERE, NULL, NULL },
	{ "Kernel panic - not syncing: *", NULL, "kernel panic: $1", OOPS_NOWHERE, NULL, NULL },
	/* rust/kernel/lib.rs */
	{ "rust_kernel: panicked at *", NULL, "$n in $f", OOPS_IN_TRACE, NULL, GUILTY_RUST },
	/* what Android runs beside the kernel */
	{ "trusty: panic * ASSERT FAILED at (*): *", NULL, "trusty: ASSERT FAILED: $3", OOPS_NOWHERE,
	  NULL, NULL },
	{ "trusty: panic * ASSERT FAILED*: *", NULL, "trusty: ASSERT FAILED: $3", OOPS_NOWHERE, NULL,
	  NULL },
	{ "trusty: panic (*): *", NULL, "trusty: panic: $2", OOPS_NOWHERE, NULL, NULL },
	/* net/core/dev.c, fs/super.c, fs/open.c */
	{ "unregister_netdevice: waiting for * to become free", NULL,
	  "unregister_netdevice: waiting for DEV to become free", OOPS_ALONE, NULL, NULL },
	{ "VFS: Busy inodes after unmount", NULL, "VFS: Busy inodes after unmount (use-after-free)",
	  OOPS_ALONE, NULL, NULL },
	{ "VFS: Close: file count is 0", NULL, "VFS: Close: file count is zero (use-after-free)",
	  OOPS_ALONE, NULL, NULL },
};

#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Words that are the kernel's wherever they stand: lines run together on a console. */
static const char *const anywhere[] = {
	"general protection fault: ", "Unable to handle kernel ",
	/* those that shout */
	"BUG: KASAN: ", "BUG: unable to handle ", "BUG: kernel NULL pointer dereference",
	"kernel BUG at ", "BUG: memory leak", "WARNING: CPU: ", "INFO: rcu_", "BUG: soft lockup",
};

#define QUIET 2

static const char *const around[] = { "[ ", "=[ ", "Oops: ", "traps: " };

static struct piece without_frame(struct piece t)
{
	for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
		size_t n = strlen(around[i]);

		/* "Oops: 0002 [#1]" says no more itself */
		if (piece_begins(t, around[i]) && !(t.len > n && t.p[n] >= '0' && t.p[n] <= '9'))
			t = piece_drop(t, n);
	}
	return t;
}

struct piece oops_kind_words(struct piece line, const struct oops_kind **kind)
{
	struct piece t = without_frame(piece_trim(line));

	*kind = oops_kind_of(t);
	if (*kind)
		return t;
	for (size_t i = 0; i < (piece_shouts(t) ? sizeof(anywhere) / sizeof(anywhere[0]) : QUIET);
	     i++) {
		struct piece at = piece_after(t, anywhere[i]);
		size_t n = strlen(anywhere[i]);

		if (!at.p)
			continue;
		at = (struct piece){ at.p - n, at.len + n };
		*kind = oops_kind_of(at);
		return at;
	}
	return t;
}

static const struct oops_kind *from(size_t i, struct piece line)
{
	struct piece capture[GLOB_CAPTURES];
	char first = line.len ? *line.p : '\0';
	bool loud = piece_shouts(line);

	/* every line whose pattern begins with an asterisk shouts */
	for (; i < NKINDS; i++)
		if ((*kinds[i].line == first || (loud && *kinds[i].line == '*')) &&
		    piece_glob(kinds[i].line, line, capture))
			return &kinds[i];
	return NULL;
}

const struct oops_kind *oops_kind_of(struct piece line)
{
	return from(0, line);
}

const struct oops_kind *oops_kind_next(const struct oops_kind *kind, struct piece line)
{
	return from((size_t)(kind - kinds) + 1, line);
}

void oops_kind_begins(bool may[256])
{
	for (size_t i = 0; i < NKINDS; i++)
		may[(unsigned char)*kinds[i].line] = true;
	for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++)
		may[(unsigned char)*around[i]] = true;
}

/* QUIET words of `anywhere`, by a character of each that lines have few of. */
bool oops_kind_within(struct piece line)
{
	static const char gpf[] = "general protection fault";
	const size_t n = sizeof(gpf) - 1;
	const char *end = line.p + line.len;

	for (const char *p = line.p; line.len && (p = memchr(p, ':', (size_t)(end - p))); p++)
		if ((size_t)(p - line.p) >= n && !memcmp(p - n, gpf, n))
			return true;
	return piece_has(line, "Unable to handle kernel ");
}
