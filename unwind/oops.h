/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oops - the reports of trouble in a log that is text: a console's, dmesg's, a mail's.
 *
 * Text in, structure out; the same structure and the same words (crashclass.h, culprit.h,
 * signature.h) as for a dump, so that both can be held against each other. Reports of several
 * CPUs that lie over each other are told apart where the log says who wrote each line. Machines:
 * x86_64, i386, ARM32, arm64; traces of others as far as they look alike.
 *
 *   oops_source lines, of whatever holds them; oops_line, oops_form: what stands before the
 *               kernel's words is taken off
 *   oops_says   whether a line begins a report; oops_scan: which lines belong to one
 *   oops_frame  places in code; oops_trace: the report's own stack
 *   oops_facts  who, where, registers, code; oops_points: what registers lead to; oops_modules
 *   oops_maple  of a BUG in a maple tree: the word that is wrong
 *   oops_kind, oops_guilt, oops_title   what it is called, and whom it blames
 */
#ifndef CAIRN_UNWIND_OOPS_H
#define CAIRN_UNWIND_OOPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/kern/log.h"
#include "lib/kern/mce.h"
#include "unwind/oops_line.h"
#include "unwind/signature.h"

/** Limits: of more reports, or more of their lines, the last are kept, and oopses.nbefore says so. */
#define OOPS_REPORTS 1000
#define OOPS_ROWS    400000
#define OOPS_FRAMES  512

struct oops_frame {
	const char *function; /* with the compiler's endings; NULL: an address without a name */
	const char *module;   /* NULL: the kernel image */
	bool has_offset;
	uint64_t offset, size; /* size of the function, 0: not told */
	bool has_pc;
	uint64_t pc;
	bool reliable;        /* false: the kernel itself marked it as a guess ('?') */
	bool interrupted;     /* an instruction that was to be executed, no return address */
	const char *stack;    /* "task" "irq" "softirq" "NMI" ..., by the marks in the trace; NULL:
				 no mark was seen */
	const char *file;     /* if the log was decoded; NULL */
	uint64_t line;
};

struct oops_reg {
	const char *name;
	uint64_t value;
};

/** Registers kept of a report. */
#define OOPS_REGS 48

struct oops_module {
	const char *name;
	const char *flags; /* "OE": what taints it; '+' and '-': it comes or goes */
};

/** Machine-check banks that a report tells of at most. */
#define OOPS_MCE 64

/** Commands that an advice has at most. */
#define OOPS_COMMANDS 12

/** What a register leads to, as the kernel says (oops_pointee.h has the words). */
struct oops_points {
	const char *reg;
	const char *text;      /* the kernel's words */
	const char *kind;      /* "slab" "vmalloc" "null" "zero-size" "memory" "non-paged"; NULL: none
				  of these */
	const char *cache;     /* of a slab; NULL: not told */
	const char *by;        /* who allocated it; NULL: not told */
	bool has_value, has_start, has_offset;
	uint64_t value;        /* the register's */
	uint64_t start;        /* of the object or region */
	uint64_t offset;       /* of the pointer in it */
	uint64_t size, pages;  /* 0: not told */
};

/** Of a BUG about a maple node's parent word: what the registers tell of it. */
struct oops_maple {
	uint64_t node;         /* whose parent word it is; its first word */
	bool has_word;
	uint64_t word;         /* what is there */
	const char *word_reg;  /* the register that has it */
	const char *cause;     /* "neighbour": its slab neighbour wrote a node's bare address, "bit-flip";
				  NULL: neither can be told */
	bool sure;             /* the kernel says that `word` leads to a maple node */
	bool has_expected;
	uint64_t expected;     /* of a bit flip */
	uint64_t neighbour;    /* the object before the node */
	bool has_mm;
	uint64_t mm;           /* whose tree it is */
	const char *told;      /* the same in words */
};

struct oops {
	const char *class;     /* crashclass.h */
	const char *title;     /* in syzbot's style; NULL: out of memory */
	const char *head;      /* the line that says what is wrong */
	const char *message;   /* of a panic that ended it; NULL: none */
	bool complaint;        /* the kernel went on after it, as far as the log tells */
	size_t first, last;    /* lines of the log, from 1 */
	unsigned boot;         /* of those that the log has, from 0 */
	bool has_time;
	double time;           /* of the first line, seconds since boot */

	const char *function;  /* that crashed, as of a dump (culprit.h); NULL: not known */
	const char *module;    /* its; NULL: the kernel image */
	bool has_offset;
	uint64_t offset;
	const char *guilty;    /* that the title blames; NULL: none */
	const char *file;      /* the place that the kernel names; NULL: none */
	uint64_t line;

	const char *arch;      /* "x86_64" "i386" "arm" "arm64"; NULL: not told */
	int64_t cpu, pid;      /* -1: not told */
	int64_t stuck;         /* CPU that another one found to be stuck; -1: not told */
	const char *comm, *release, *tainted, *hardware, *modules, *workqueue; /* NULL: not told */
	const char *taints;    /* the letters of `tainted` alone; "": not tainted; NULL: not told */
	bool has_modules;      /* told, be it that there are none */
	struct oops_module *module_list;
	size_t nmodules;
	const char *last_unloaded; /* NULL: not told */
	struct oops_reg reg[OOPS_REGS];
	size_t nregs;
	const struct mce *mce; /* of a machine check: what failed */
	size_t nmce;
	const char *code;      /* the bytes or words, as written; NULL: none */
	struct oops_points *points; /* what registers lead to; most machines' kernels do not tell */
	size_t npoints;
	const struct oops_maple *maple; /* NULL: it is none of these */

	struct oops_frame *frame; /* innermost first */
	size_t n;
	bool complete;         /* the trace was there to its end; what a log that is cut names is not
				  all of it, and its strict signature another */
	struct signature signature;
	const char *advice;    /* what is known of this trouble (oops_advice.h); NULL: nothing */
	const char *check;     /* what to check in a dump; NULL */
	const char **command;  /* commands that it names, with the log's own values */
	size_t ncommands;
};

struct oopses {
	struct oops *oops; /* in the order of their first lines */
	size_t n;
	size_t nlines;
	size_t nbefore;    /* reports before these that are left out: limits were reached */
};

/** Fails for want of memory only. Strings and arrays are the arena's. */
enum cairn_code oops_parse(struct oopses *ret, const char *text, size_t len, struct arena *a,
			   struct cairn_err *err);

/** The same of a dump's own log, from record `from` on. oops.first and last then count lines of
 *  these records. */
enum cairn_code oops_parse_log(struct oopses *ret, const struct log *log, size_t from,
			       struct arena *a, struct cairn_err *err);

/** A title of that style where somebody else is to blame: `who` stands in for whom it blames at its end,
 *  be that `blamed` or "corrupted" (nobody could be told). The same title where it ends otherwise, or
 *  `who` is NULL; `blamed` may be NULL. NULL: out of memory. */
const char *oops_retitle(const char *title, const char *blamed, const char *who, struct arena *a);

/** The report that a log ends with: what the machine died of, if it did; NULL: none. */
const struct oops *oops_last(const struct oopses *o);

#endif
