/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/crashclass.h"

#include <string.h>

#include "lib/base/str.h"

/* A pattern is anchored at its start and open at its end; '*' stands for any text. The
   first row that matches wins. */
struct row {
	const char *pattern;
	struct crash_class class;
};

#define FATAL(pattern, name) { pattern, { name, false, false } }
#define COMPLAINT(pattern, name) { pattern, { name, true, false } }
#define VAGUE(pattern, name) { pattern, { name, false, true } }

static const struct row lines[] = {
	FATAL("BUG: kernel NULL pointer dereference", "null-deref"),
	FATAL("BUG: unable to handle kernel NULL pointer", "null-deref"),
	FATAL("Unable to handle kernel NULL pointer", "null-deref"),
	FATAL("kernel tried to execute", "exec-fault"),
	FATAL("unable to execute userspace code", "exec-fault"),
	FATAL("Unable to handle kernel exec", "exec-fault"),
	FATAL("BUG: unable to handle", "page-fault"),
	FATAL("Unable to handle kernel", "page-fault"),
	FATAL("kernel BUG at", "bug"),
	FATAL("general protection fault", "gp-fault"),
	FATAL("*stack guard page was hit", "stack-overflow"),
	FATAL("Insufficient stack space to handle exception", "stack-overflow"),
	FATAL("*PANIC: double fault", "double-fault"),
	FATAL("double fault:", "double-fault"),
	FATAL("divide error:", "divide-error"),
	FATAL("divide_error:", "divide-error"),
	/* an indirect call or return to where none may go: x86, arm64 */
	FATAL("*Missing ENDBR:", "cfi"),
	FATAL("control protection fault", "cfi"),
	FATAL("Internal error: Oops - CFI", "cfi"),
	FATAL("Internal error: Oops - BTI", "cfi"),
	FATAL("Internal error: Oops - GCS", "cfi"),
	FATAL("Internal error: Oops - FPAC", "pointer-auth"),
	FATAL("int3:", "breakpoint"),
	FATAL("Unexpected kernel BRK exception", "breakpoint"),
	FATAL("Internal error: BRK handler", "breakpoint"),
	FATAL("Internal error: Oops - BRK", "breakpoint"),
	VAGUE("invalid opcode:", "invalid-opcode"),
	/* a wild address through the stack's or the frame's pointer */
	FATAL("stack segment:", "gp-fault"),
	FATAL("alignment check:", "alignment"),
	FATAL("segment not present:", "cpu-exception"),
	FATAL("invalid TSS:", "cpu-exception"),
	/* ARM32: user addresses are forbidden altogether, with another word for it */
	FATAL("Unhandled fault: *domain fault (*) at 0x00000", "null-deref"),
	FATAL("Unhandled fault: imprecise external abort", "serror"),
	FATAL("Unhandled fault: asynchronous external abort", "serror"),
	FATAL("Unhandled fault: *external abort", "external-abort"),
	FATAL("Unhandled fault: alignment", "alignment"),
	FATAL("Unhandled fault:", "page-fault"),
	FATAL("Alignment trap:", "alignment"),
	FATAL("Kernel BUG", "bug"),
	FATAL("rust_kernel: panicked", "rust-panic"),
	FATAL("Unhandled prefetch abort:", "exec-fault"),
	FATAL("Bad mode in", "bad-mode"),
	FATAL("Unhandled * exception on CPU", "bad-mode"),
	FATAL("*SError Interrupt on CPU", "serror"),
	FATAL("Internal error: Oops - BUG", "bug"),
	FATAL("Internal error: Oops - undefined instruction", "invalid-opcode"),
	FATAL("Internal error: Oops - Undefined instruction", "invalid-opcode"),
	FATAL("Internal error: Oops - bad mode", "bad-mode"),
	FATAL("Internal error: SP/PC alignment", "alignment"),
	FATAL("Internal error: *imprecise external abort", "serror"),
	FATAL("Internal error: *asynchronous external abort", "serror"),
	FATAL("Internal error: *external abort", "external-abort"),
	VAGUE("Internal error:", "oops"),
	FATAL("CFI failure at", "cfi"),
	FATAL("trusty: panic", "firmware-panic"),
	COMPLAINT("BUG: KASAN:", "kasan"),
	COMPLAINT("BUG: KFENCE:", "kfence"),
	COMPLAINT("BUG: KMSAN:", "kmsan"),
	COMPLAINT("BUG: KCSAN:", "kcsan"),
	COMPLAINT("UBSAN:", "ubsan"),
	COMPLAINT("*BUG: soft lockup", "soft-lockup"),
	COMPLAINT("*atchdog detected hard LOCKUP", "hard-lockup"),
	COMPLAINT("*INFO: rcu*stall", "rcu-stall"),
	COMPLAINT("INFO: task * blocked ", "hung-task"),
	COMPLAINT("BUG: workqueue lockup", "workqueue-lockup"),
	COMPLAINT("BUG: scheduling while atomic", "atomic-sleep"),
	COMPLAINT("BUG: sleeping function called", "atomic-sleep"),
	COMPLAINT("BUG: spinlock", "spinlock"),
	COMPLAINT("BUG: Bad page map", "bad-pte"),
	COMPLAINT("BUG: Bad page", "bad-page"),
	COMPLAINT("BUG: Bad rss-counter", "bad-rss"),
	COMPLAINT("list_add*corruption", "list-corruption"),
	COMPLAINT("list_del*corruption", "list-corruption"),
	COMPLAINT("BUG * (", "slab-corruption"), /* SLUB: "BUG kmalloc-64 (Not tainted): ..." */
	COMPLAINT("usercopy: ", "usercopy"),
	COMPLAINT("refcount_t: ", "refcount"),
	COMPLAINT("mce: [Hardware Error]: *Machine Check", "machine-check"),
	COMPLAINT("* possible circular locking dependency detected", "lockdep"),
	COMPLAINT("* possible recursive locking detected", "lockdep"),
	COMPLAINT("* possible irq lock inversion dependency detected", "lockdep"),
	COMPLAINT("* lock order detected", "lockdep"),
	COMPLAINT("* inconsistent lock state", "lockdep"),
	COMPLAINT("* suspicious RCU usage", "lockdep"),
	COMPLAINT("* still has locks held", "lockdep"),
	COMPLAINT("* Nested lock was not taken", "lockdep"),
	COMPLAINT("* lock held when returning to user space", "lockdep"),
	COMPLAINT("* bad unlock balance detected", "lockdep"),
	COMPLAINT("* held lock freed", "lockdep"),
	COMPLAINT("BUG: Invalid wait context", "lockdep"),
	COMPLAINT("INFO: trying to register non-static key", "lockdep"),
	COMPLAINT("BUG: memory leak", "memory-leak"),
	COMPLAINT("BUG: rwlock", "spinlock"),
	COMPLAINT("BUG: non-zero *on freeing mm", "bad-rss"),
	COMPLAINT("INFO: task * can't die ", "hung-task"),
	COMPLAINT("unregister_netdevice: waiting for", "netdev-leak"),
	COMPLAINT("BUG: Dentry * still in use", "busy-inodes"),
	COMPLAINT("VFS: Busy inodes after unmount", "busy-inodes"),
	COMPLAINT("VFS: Close: file count is 0", "file-count"),
	COMPLAINT("WARNING: ", "warning"),
	COMPLAINT("BUG: ", "bug-report"),
	VAGUE("Oops", "oops"),
};

static const struct row panics[] = {
	FATAL("sysrq triggered crash", "sysrq"),
	VAGUE("Fatal exception", "oops"),
	VAGUE("*: Fatal exception", "oops"),
	VAGUE("Oops", "oops"),
	VAGUE("hung_task: blocked tasks", "hung-task"),
	VAGUE("softlockup: hung tasks", "soft-lockup"),
	VAGUE("*ard LOCKUP", "hard-lockup"),
	VAGUE("RCU Stall", "rcu-stall"),
	VAGUE("*panic_on_warn set", "warning"),
	VAGUE("*system warned too often", "warning"),
	VAGUE("panic_on_taint set", "taint"),
	VAGUE("scheduling while atomic", "atomic-sleep"),
	VAGUE("Attempted to kill init", "init-killed"),
	VAGUE("Attempted to kill the idle task", "oops"),
	VAGUE("Aiee, killing interrupt handler", "oops"),
	VAGUE("Machine halted", "double-fault"),
	VAGUE("bad mode", "bad-mode"),
	VAGUE("Unhandled exception", "bad-mode"),
	FATAL("*stack-protector: Kernel stack is corrupted", "stack-smash"),
	FATAL("corrupted stack end detected", "stack-overflow"),
	FATAL("*kernel stack overflow", "stack-overflow"),
	FATAL("*stack guard hit", "stack-overflow"),
	FATAL("*ut of memory", "oom"),
	FATAL("System is deadlocked on memory", "oom"),
	FATAL("VFS: Unable to mount root", "no-root"),
	FATAL("No working init found", "no-init"),
	FATAL("Requested init", "no-init"),
	FATAL("NMI: Not continuing", "nmi"),
	FATAL("NMI IOCK error", "nmi"),
	FATAL("Non maskable interrupt", "nmi"),
	FATAL("*An NMI occurred", "nmi"), /* drivers/watchdog/hpwdt.c */
	FATAL("*achine check", "machine-check"),
	FATAL("*atal hardware error", "machine-check"),
	FATAL("Asynchronous SError Interrupt", "serror"),
};

static const struct crash_class unknown_panic = { "panic", false, false };

/* The first occurrence of a piece in the text, or NULL. */
static const char *find(const char *text, size_t len, const char *piece, size_t n)
{
	return n ? str_find(text, len, piece, n) : text;
}

static bool matches(const char *pattern, const char *text, size_t len)
{
	const char *end = text + len;
	size_t n;

	for (n = 0; pattern[n] && pattern[n] != '*'; n++)
		if (n >= len || text[n] != pattern[n])
			return false;
	for (text += n, pattern += n; *pattern == '*'; text += n, pattern += n) {
		n = strcspn(++pattern, "*");
		text = find(text, (size_t)(end - text), pattern, n);
		if (!text)
			return false;
	}
	return true;
}

/* Two capitals in a row: so does every line of `lines` whose pattern begins with an asterisk,
   and hardly any other. */
static bool shouts(const char *text, size_t len)
{
	for (size_t i = 1; i < len; i++)
		if (text[i] >= 'A' && text[i] <= 'Z' && text[i - 1] >= 'A' && text[i - 1] <= 'Z')
			return true;
	return false;
}

static const struct crash_class *look_up(const struct row *row, size_t n, const char *text,
					 size_t len, bool anywhere)
{
	for (size_t i = 0; i < n; i++)
		if ((anywhere || *row[i].pattern != '*') && matches(row[i].pattern, text, len))
			return &row[i].class;
	return NULL;
}

static bool begins(const char *line, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && !memcmp(line, with, n);
}

const struct crash_class *crash_class_of_line(const char *line, size_t len)
{
	static const char oops[] = "Oops: ";
	size_t n = sizeof(oops) - 1;

	/* x86 says "Oops: general protection fault, ..." since 6.10, "Oops: 0002 [#1]" ever */
	if (begins(line, len, oops) && len > n && (line[n] < '0' || line[n] > '9')) {
		const struct crash_class *c = crash_class_of_line(line + n, len - n);

		if (c)
			return c;
	}
	return look_up(lines, sizeof(lines) / sizeof(lines[0]), line, len, shouts(line, len));
}

const struct crash_class *crash_class_of_panic(const char *message, size_t len)
{
	const struct crash_class *c = look_up(panics, sizeof(panics) / sizeof(panics[0]), message,
					      len, true);

	return c ? c : &unknown_panic;
}

bool crash_class_gives_way(const struct crash_class *line, const struct crash_class *next)
{
	return !strcmp(line->name, "warning") && next->complaint && strcmp(next->name, "warning") != 0;
}

const char *crash_class_name(size_t n)
{
	size_t nlines = sizeof(lines) / sizeof(lines[0]), npanics = sizeof(panics) / sizeof(panics[0]);

	if (n < nlines)
		return lines[n].class.name;
	n -= nlines;
	return n < npanics ? panics[n].class.name : n == npanics ? unknown_panic.name : NULL;
}

void crash_class_begins(bool may[256])
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		may[(unsigned char)*lines[i].pattern] = true;
	may['K'] = true; /* a panic */
}

bool crash_class_is_stall(const char *class)
{
	static const char *const stalls[] = { "hung-task", "soft-lockup", "hard-lockup", "rcu-stall",
					      "workqueue-lockup" };

	for (size_t i = 0; class && i < sizeof(stalls) / sizeof(stalls[0]); i++)
		if (!strcmp(class, stalls[i]))
			return true;
	return false;
}

const char *crash_panic_message(const char *line, size_t len, size_t *message_len)
{
	static const char head[] = "Kernel panic - not syncing:";
	size_t n = sizeof(head) - 1;

	if (!begins(line, len, head))
		return NULL;
	n += len > n && line[n] == ' ';
	*message_len = len - n;
	return line + n;
}

bool crash_is_end_of_report(const char *line, size_t len)
{
	return begins(line, len, "---[ end trace");
}
