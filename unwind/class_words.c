/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/class_words.h"

#include <stddef.h>
#include <string.h>

#include "unwind/oops_advice.h"

/* Sorted. Without a meaning: what reports of the class are told is all there is (oops_advice.c). */
static const struct class_words words[] = {
	{ "alignment",
	  "An address was used that is no multiple of what the instruction needs: a wrong pointer, as a rule.",
	  "bt for the registers; dis -r" },
	{ "atomic-sleep",
	  "Something slept, or could have, where that is forbidden: a spinlock was held, or interrupts or\n"
	  "preemption were off.", "bt for who took the lock; foreach bt" },
	{ "bad-mode",
	  "The processor came into an exception that the kernel does not handle in the state it was in.",
	  "bt for the registers; stacks" },
	{ "bad-page",
	  "The accounting of pages did not add up: a page was freed while somebody used it, or a counter\n"
	  "was left over when an address space ended. The report comes later than the fault.",
	  "whatis on the page's address; kmem -i; check --only 'mm.*'" },
	{ "bad-pte",
	  "An entry of a process's page table leads to what cannot be mapped: it was overwritten, or the\n"
	  "page went away under it.",
	  "vtop on the address; whatis on the page; check --only 'mm.*'" },
	{ "bad-rss",
	  "An address space ended, and its counters say that pages were left: somebody counts wrong, or its\n"
	  "page tables were overwritten.", "log; check --only 'mm.*'" },
	{ "breakpoint",
	  "A breakpoint's instruction was met that nobody had set: code was overwritten, or was being changed.",
	  "dis -r: is the code intact?" },
	{ "bug",
	  "A check in the kernel's source failed (BUG(), BUG_ON()): something is as it can never be.",
	  "the line that is named, and what it checks; dis -r; bt -v" },
	{ "bug-report",
	  "The kernel complained with a line that begins with BUG:, of a kind that has no class of its own.",
	  "log" },
	{ "busy-inodes",
	  "A file system was unmounted while inodes of it were still in use.",
	  "log; foreach files" },
	{ "cfi",
	  "An indirect call went to a function of another type than the caller's: a wrong function pointer.",
	  "bt for the caller; whatis on the target" },
	{ "cpu-exception",
	  "The processor raised an exception that kernel code never should.",
	  "bt for the registers; dis -r" },
	{ "divide-error",
	  "A division by zero, or one whose result does not fit.", "dis -r; bt -v" },
	{ "double-fault",
	  "An exception could not be delivered, as a rule because the stack was used up.",
	  "stacks; bt" },
	{ "exec-fault",
	  "The kernel jumped to where no code is: a function pointer or return address was overwritten, or\n"
	  "belongs to something that is gone (a module, a freed object).", "bt for the caller; whatis on the address" },
	{ "external-abort",
	  "The bus answered an access with an error: a device that is not there, is switched off or stands\n"
	  "behind a wrong mapping, or memory that failed.", "bt for the address; vtop on it; iomem" },
	{ "file-count", "A file was closed once more than it was opened.", "bt" },
	{ "firmware-panic",
	  "What runs beside the kernel (Android's trusty) stopped, and took the machine along.",
	  "log; its own log" },
	{ "gp-fault", NULL, NULL },
	{ "hard-lockup", NULL, NULL },
	{ "hung-task", NULL, NULL },
	{ "init-killed",
	  "The first process ended, without which no system goes on: it crashed, or was killed.",
	  "log, for what init said or what killed it; bt" },
	{ "invalid-opcode",
	  "The processor met what is no instruction, though no BUG() stands there.",
	  "dis -r: is the code intact?" },
	{ "kasan",
	  "The address sanitizer saw an access beyond an object, or to a freed one, when it happened.",
	  "log: the report names who allocated and who freed; whatis" },
	{ "kcsan",
	  "Two CPUs used the same variable at once without agreeing on it (a data race).",
	  "log" },
	{ "kfence",
	  "One of the objects that KFENCE guards was used beyond its end, or after it was freed.",
	  "log: the report names who allocated and who freed" },
	{ "kmsan",
	  "A value was used that nobody had set.", "log: the report names where it came from" },
	{ "list-corruption", NULL, NULL },
	{ "lockdep", NULL, NULL },
	{ "machine-check",
	  "The hardware reported an error: memory, cache, bus.",
	  "log; the machine's own event log" },
	{ "memory-leak",
	  "kmemleak found memory that nothing points to any more.", "log; kmem -s" },
	{ "netdev-leak",
	  "A network device cannot go away: somebody still holds a reference.",
	  "log; foreach -s D bt" },
	{ "nmi",
	  "A non-maskable interrupt: a watchdog's button, the hypervisor (a dump was asked for), or hardware.",
	  "bt -a; wait: why was it asked for?" },
	{ "no-init", "The kernel came up and found no first program to start.", "log" },
	{ "no-root", "The kernel came up and found no root file system.", "log" },
	{ "none",
	  "Nothing in the dump tells of a crash: it is of a live machine, or was taken from outside.",
	  "bt -a; wait" },
	{ "null-deref", NULL, NULL },
	{ "oom",
	  "No memory could be found, and nothing was to be killed for it, or panic_on_oom is set. Who asked\n"
	  "last is seldom who has it.",
	  "kmem -i for what it is used for (what is unevictable cannot come back), ps -m for whose it is, kmem -s\n"
	  "for the kernel's own; log: Mem-Info stands above the table of tasks" },
	{ "oops",
	  "The kernel died of a fault; the line that says which is not known.", "log; bt" },
	{ "page-fault",
	  "An address was used that nothing is mapped at, or not for that: a stale, overwritten or\n"
	  "miscounted pointer.", "bt for the registers; whatis on them; vtop on the address" },
	{ "panic",
	  "The kernel stopped by its own decision, with a message that has no class of its own.",
	  "log; bt" },
	{ "pointer-auth",
	  "A pointer's signature did not fit: a return address or function pointer was overwritten.",
	  "bt for the registers; rd of the stack" },
	{ "rcu-stall", NULL, NULL },
	{ "refcount", NULL, NULL },
	{ "rust-panic",
	  "Rust code in the kernel panicked: a check of its own failed.",
	  "log for the place; bt" },
	{ "serror",
	  "An error that the bus or memory reported, later than the access that it is about.",
	  "log; the hardware" },
	{ "slab-corruption", NULL, NULL },
	{ "soft-lockup", NULL, NULL },
	{ "spinlock",
	  "A spinlock was not in order: overwritten, not initialised, unlocked by another, or never freed.",
	  "bt -a; rd of the lock" },
	{ "stack-overflow", NULL, NULL },
	{ "stack-smash",
	  "The guard value on a stack was overwritten: a local array was written past its end.",
	  "bt for the function; rd of its frame" },
	{ "sysrq",
	  "The dump was asked for (sysrq-c): there is no crash. What was wrong is in the log or in memory.",
	  "wait; bt -a; log; check" },
	{ "taint",
	  "The kernel was told to stop when it is tainted (panic_on_taint).", "mod; log" },
	{ "ubsan",
	  "The undefined-behaviour sanitizer saw an index out of bounds, a shift too far or the like.",
	  "log for the place" },
	{ "unknown", "What would tell of a crash could not be read.", "sys" },
	{ "usercopy",
	  "A copy to or from user memory went over the end of the kernel's object.",
	  "bt; whatis on the object" },
	{ "warning",
	  "A check in the kernel's source failed (WARN()), and panic_on_warn is set or more came of it.",
	  "the line that is named, and what it checks; dis -r; bt -v" },
	{ "workqueue-lockup",
	  "Work stands in a queue, and its workers do not get on.", "wait; foreach bt" },
};

bool class_words_nth(size_t n, struct class_words *ret)
{
	if (n >= sizeof(words) / sizeof(words[0]))
		return false;
	*ret = words[n];
	return ret->meaning || oops_advice_of_class(ret->class, &ret->meaning, &ret->next);
}

bool class_words_of(const char *class, struct class_words *ret)
{
	for (size_t i = 0; class_words_nth(i, ret); i++)
		if (!strcmp(class, ret->class))
			return true;
	return false;
}
