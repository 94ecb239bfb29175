/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oops_priv - one report between its lines and its structure.
 */
#ifndef CAIRN_UNWIND_OOPS_PRIV_H
#define CAIRN_UNWIND_OOPS_PRIV_H

#include "lib/kern/crashclass.h"
#include "unwind/oops.h"
#include "unwind/oops_frame.h"
#include "unwind/oops_kind.h"
#include "unwind/oops_pointee.h"
#include "unwind/oops_source.h"

/** What a line is to a report. */
enum oops_what {
	OOPS_OTHER,
	OOPS_START,   /* the stack of who writes this begins here */
	OOPS_HISTORY, /* another stack begins here: of who allocated it, freed it, took the lock */
	OOPS_FOREIGN, /* another CPU's or task's begins here */
	OOPS_REGS_AT, /* the interrupted instruction: place[0], user */
	OOPS_FRAME,   /* nplaces places */
	OOPS_MARK,    /* "<IRQ>", "</TASK>": the stack that follows */
	OOPS_WHO,     /* "CPU: 0 PID: 1 Comm: init ..." */
	OOPS_MODULES, /* "Modules linked in:" */
	OOPS_POINTEE, /* "Register r2 information:", and what stacks follow it */
	OOPS_HEAD,    /* of the report */
};

struct oops_row {
	struct piece text;
	size_t line;          /* of the log, from 0 */
	enum oops_what what;
	bool user;            /* REGS_AT: of user mode */
	unsigned nplaces;
	struct oops_place place[2];
};

/** A line that says what is wrong. */
struct oops_said {
	struct piece words;              /* the line without brackets around it */
	const struct crash_class *class; /* never NULL */
	const struct oops_kind *kind;    /* NULL: nothing is known but its class */
	bool panic;                      /* "Kernel panic - not syncing: ..." */
	struct piece message;            /* of the panic */
	size_t at;                       /* which row of the report it is */
};

#define OOPS_SAID 8

struct oops_report {
	struct oops_line by;         /* its first line: who writes it */
	double last_time;
	unsigned boot;               /* how many kernels had begun in the log before */
	struct oops_said said[OOPS_SAID];
	size_t nsaid;
	struct oops_row *row;        /* from the first head on; its own memory */
	size_t n, cap;
	bool traced;                 /* frames were seen */
	bool history;                /* those that come are of another stack */
	bool ended;                  /* "---[ end trace" */
	bool all_cpus;               /* lines of other CPUs belong to it too */
	bool doubtful;               /* may yet be none: see oops_cut.h, and a BUG of unknown words */
};

/** The last reports of a log, in the order of their first lines. */
struct oops_scan {
	struct oops_report **report;
	size_t n;
	size_t nlines;  /* of the log */
	size_t nbefore; /* reports that came before: they are dropped */
};

enum cairn_code oops_scan(struct oops_scan *ret, struct oops_source *from, struct arena *a,
			  struct cairn_err *err);
void oops_scan_free(struct oops_scan *s);

/** What lines can begin with that oops_says() is to be asked of; most others it need not be. */
struct oops_firsts {
	bool may[256];
};

void oops_firsts(struct oops_firsts *ret);

/** Whether the words of a line begin a report or go on with one. */
bool oops_says(struct piece text, const struct oops_firsts *firsts, struct oops_said *ret);

/** Of a report whose beginning is lost: the words of the first line that is there. */
struct oops_said oops_unnamed(struct piece line);

/** What a line is to any report. */
void oops_row_read(struct oops_row *ret, struct piece text);

/** The line that the report's class is of. */
const struct oops_said *oops_cause(const struct oops_report *r);

/** Fill in o->frame and n, the function that crashed, and the signature. `kind` is the title's. */
enum cairn_code oops_trace(struct oops *o, const struct oops_report *r,
			   const struct oops_kind *kind, struct arena *a);

/** Fill in who and where, registers and code. */
void oops_facts(struct oops *o, const struct oops_report *r, struct arena *a);

/** Fill in the list of modules. */
void oops_modules_read(struct oops *o, const struct oops_report *r, struct arena *a);

/** Fill in what registers lead to. */
void oops_points_read(struct oops *o, const struct oops_report *r, struct arena *a);

/** o->mce. */
void oops_mce_read(struct oops *o, const struct oops_report *r, struct arena *a);

/** Fill in o->maple. */
void oops_maple_read(struct oops *o, const struct oops_report *r, struct arena *a);

/** A register's value; r11 and r12 are fp and ip, r13 to r15 sp, lr and pc. */
bool oops_reg_value(const struct oops *o, const char *name, uint64_t *ret);

/** The function that a kind blames; len 0: none is there. */
struct piece oops_guilt(const struct oops_kind *kind, const struct oops_report *r);

/** The signature: of the frames from `at` outward, and of who the report itself says is to blame.
 *  `kind` is the title's. */
void oops_sign(struct oops *o, const struct oops_report *r, const struct oops_kind *kind,
	       const struct trace *tr, const struct frame *at, struct arena *a);

/** The function that a sanitizer's first line names, both of a race; the number found. */
size_t oops_in_words(const struct oops_report *r, struct piece ret[2]);

/** The title and o->guilty. The kind that it is of; NULL: none is known. */
const struct oops_kind *oops_title(struct oops *o, const struct oops_report *r, struct arena *a);

/** o->advice, check and command. */
enum cairn_code oops_advise(struct oops *o, struct arena *a);

#endif
