/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cairn.h - the one public header: what plugins and embedders may use.
 *
 * It reads as a tour in the order the data flows: errors, the session, memory,
 * symbols, types, findings. It includes nothing of cairn's own, so it can be installed alone.
 *
 * Ownership: what a function returns through a pointer argument named `ret` belongs
 * to the session and lives until cairn_close(), unless its comment says otherwise.
 * A session is used by one thread at a time.
 */
#ifndef CAIRN_H
#define CAIRN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- 1. errors -------------------------------------------------------------- */

/** What became of a call. CAIRN_OK is 0; everything else is a failure. */
enum cairn_code {
	CAIRN_OK = 0,
	CAIRN_NOMEM,       /* an allocation failed, or a size was over its limit */
	CAIRN_IO,          /* the operating system refused a file operation */
	CAIRN_FORMAT,      /* the file is not a dump that cairn knows */
	CAIRN_FAULT,       /* memory of the dump could not be read; see cairn_err.fault */
	CAIRN_NOTFOUND,    /* no such symbol, task, type, file, ... */
	CAIRN_MISSING,     /* this kernel (or its types) lacks what the feature needs */
	CAIRN_CORRUPT,     /* the data was read and contradicts itself */
	CAIRN_LIMIT,       /* a walk reached its visit limit or deadline */
	CAIRN_USAGE,       /* the caller's or the user's words are off */
	CAIRN_INTERRUPTED, /* the user pressed Ctrl-C */
	CAIRN_BUSY,        /* somebody holds its lock: it may be about to change */
};

/** Why memory of the dump could not be read. A fault is data: it is shown in
 *  the place of the value that could not be read. */
enum cairn_fault {
	CAIRN_FAULT_NONE = 0,
	CAIRN_FAULT_EXCLUDED,     /* the page was filtered out when the dump was made */
	CAIRN_FAULT_ABSENT,       /* no such physical memory in the dump */
	CAIRN_FAULT_TRUNCATED,    /* the file ends before the page */
	CAIRN_FAULT_CORRUPT,      /* the page does not decompress */
	CAIRN_FAULT_UNMAPPED,     /* no page-table entry maps the address */
	CAIRN_FAULT_NONCANONICAL, /* no address of this machine */
	CAIRN_FAULT_SWAPPED,      /* a user page that is in swap, not in memory */
};

/** An error by value, on the caller's stack. `addr` is the address in the dump that
 *  the error is about (0: none). `text` is one line without a full stop. Every
 *  function takes NULL for its err argument: "only probing", nothing is formatted. */
struct cairn_err {
	enum cairn_code code;
	enum cairn_fault fault;
	uint64_t addr;
	char text[256];
};

/** The word for a fault: "excluded", "absent", ... as text and JSON show it. */
const char *cairn_fault_name(enum cairn_fault fault);

/* ---- 2. the session ---------------------------------------------------------- */

/** One opened vmcore with everything learned from it so far. */
struct cairn;

/** How to open. Zero-initialise, then set what is wanted. */
struct cairn_opts {
	const char *const *debug_files; /* vmlinux, .ko.debug or BTF files, NULL-terminated, or NULL */
	bool no_cache;                  /* neither read nor write the index cache */
	bool no_debug_search;           /* do not look for debug files by build-id */
	bool skip_misfits;              /* debug files of other kernels are left out, not refused */
};

/** Open the vmcore in `paths` (several files: a split set). Damage that leaves
 *  something to show is no error: see cairn_degraded(). */
enum cairn_code cairn_open(struct cairn **ret, const char *const *paths, size_t npaths,
			   const struct cairn_opts *opts, struct cairn_err *err);
void cairn_close(struct cairn *c);

/** One part of the session that is missing or damaged, and why. */
struct cairn_degraded {
	const char *what;   /* "symbols", "types", "registers", ... */
	const char *reason; /* one line */
};

/** The n-th degraded part, NULL past the last. */
const struct cairn_degraded *cairn_degraded(const struct cairn *c, size_t n);

/* ---- 3. memory --------------------------------------------------------------- */

/** Read kernel virtual memory. All or nothing: on failure err->addr is the first
 *  address that could not be read. */
enum cairn_code cairn_read(struct cairn *c, uint64_t addr, void *buf, size_t len,
			   struct cairn_err *err);

/** Read physical memory, likewise. */
enum cairn_code cairn_read_phys(struct cairn *c, uint64_t paddr, void *buf, size_t len,
				struct cairn_err *err);

/* ---- 4. symbols -------------------------------------------------------------- */

/** Address of a symbol of the kernel or a module. */
enum cairn_code cairn_symbol(struct cairn *c, const char *name, uint64_t *ret,
			     struct cairn_err *err);

/** Name of the symbol that covers `addr`, with the distance from its start in
 *  *offset. NULL if none does. */
const char *cairn_symbolize(struct cairn *c, uint64_t addr, uint64_t *offset);

/* ---- 5. types ---------------------------------------------------------------- */

/** Byte offset and size of a member by path ("se.sum_exec_runtime") in a type
 *  ("struct task_struct"). */
enum cairn_code cairn_member(struct cairn *c, const char *type, const char *path,
			     uint64_t *offset, uint64_t *size, struct cairn_err *err);

/* ---- 6. findings ------------------------------------------------------------- */

/** How bad it is for the machine that was dumped. */
enum cairn_severity { CAIRN_INFO, CAIRN_WARNING, CAIRN_ERROR, CAIRN_FATAL };

/** How sure it is. */
enum cairn_grade {
	CAIRN_CERTAIN,    /* no healthy kernel looks like this at any instant */
	CAIRN_IN_FLIGHT,  /* a writer was at work there: it may have been about to be put right */
	CAIRN_SUSPICIOUS, /* unusual, and there are innocent reasons */
};

/** Memory that a finding rests on, and why. */
struct cairn_evidence {
	uint64_t addr, len;
	const char *why;
};

/** What a checker says. Texts are one line; NULL or 0: does not apply. */
struct cairn_finding {
	const char *id;        /* one of the checker's: "lock.cycle" */
	enum cairn_severity severity;
	enum cairn_grade grade;
	uint64_t object;       /* the structure */
	uint64_t addr;         /* the bad word */
	const char *field;     /* "mutex.owner" */
	const char *expected, *found;
	const char *message;   /* one sentence */
	const struct cairn_evidence *evidence;
	size_t nevidence;
	bool overrun;          /* written from the object in front of it, past that one's end */
	const char *mark;      /* what with the id names the bug, where `field` is chance, differs
				  between kernels or is that of many bugs; NULL: `field` does */
};

/** What `cairn explain ID` says of one kind of finding: paragraphs, lines ended by hand. */
struct cairn_explanation {
	const char *id;        /* "lock.cycle": names what is checked, then what is wrong */
	const char *title;     /* one line */
	const char *meaning;   /* what it means */
	const char *causes;    /* what usually causes it */
	const char *next;      /* what to look at next */
};

/** One run of a checker. */
struct cairn_run;

/** Say a finding. Everything is copied. */
void cairn_report(struct cairn_run *run, const struct cairn_finding *finding);

/** Say that something could not be looked at, and why: nobody is to take silence about it
 *  for health. `what` and the error are copied. */
void cairn_unseen(struct cairn_run *run, const char *what, const struct cairn_err *why);

/** To be asked in every loop: false when the deadline has passed, the user wants no more, or
 *  there are more findings than anybody reads. The run then ends with what it has. */
bool cairn_go_on(struct cairn_run *run);

/** A checker. It is silent on a healthy dump: one false alarm costs more than a missed fault. */
struct cairn_check {
	const char *name;      /* "lock" */
	const char *summary;   /* one line for `check --list` */
	const struct cairn_explanation *ids; /* all that it may say; ends with id NULL */
	/** An error is what kept it from looking at all; nothing to look at is none. */
	enum cairn_code (*run)(struct cairn *c, struct cairn_run *run, struct cairn_err *err);
	/** Of one that costs too much for every dump: whether it is worth it for this one. NULL: it
	 *  is. Who asks for it by name has it run in any case. */
	bool (*is_worth_it)(struct cairn *c);
};

/** The last line of a checker's file: CAIRN_CHECK(&check); */
#define CAIRN_CHECK(check) CAIRN_CHECK_AT(check, __LINE__)
#define CAIRN_CHECK_AT(check, line) CAIRN_CHECK_AT_(check, line)
#define CAIRN_CHECK_AT_(check, line) \
	static const struct cairn_check *const cairn_checks_member_##line \
		__attribute__((section("cairn_checks"), used, aligned(sizeof(void *)))) = (check)

#endif
