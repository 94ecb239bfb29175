/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loc - where a variable is: DWARF's location expressions, run on what a frame of the dump
 * is known to have had.
 *
 * An object lies in one piece or in several: in registers, in memory, nowhere any more, or
 * only as a value that can be computed. libdw decodes the operations; here they are run,
 * bounded in steps and depth. Registers, memory and the caller are asked for through
 * callbacks, so the same code serves variables and unwind rules.
 *
 * Sources: DWARF 5, 2.5 and 2.6, and the GNU operations that GCC wrote before it. Typed
 * operations are done for integers of up to 8 bytes; floating point, TLS, DW_OP_call*, vectors
 * are not.
 */
#ifndef CAIRN_DEBUG_LOC_H
#define CAIRN_DEBUG_LOC_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/image/arch.h"

/** A register as of a frame. */
struct loc_reg {
	uint64_t value;
	uint64_t saved; /* where in memory a later frame left it; 0: nowhere, it still held it */
};

/** What expressions may ask for. A call that is NULL has no answer. */
struct loc_env {
	const struct arch *arch;
	/* False where the register is not known. Numbers are DWARF's. */
	bool (*reg)(void *arg, unsigned number, struct loc_reg *ret);
	enum cairn_code (*read)(void *arg, uint64_t addr, void *buf, size_t len,
				struct cairn_err *err);
	enum cairn_code (*cfa)(void *arg, uint64_t *ret, struct cairn_err *err);
	enum cairn_code (*frame_base)(void *arg, uint64_t *ret, struct cairn_err *err);
	/* What a register held when the function was entered. */
	enum cairn_code (*entry_value)(void *arg, unsigned number, uint64_t *ret,
				       struct cairn_err *err);
	/* An address of the file -> of the dump. */
	bool (*address)(void *arg, uint64_t own, uint64_t *ret);
	void *arg;
};

enum loc_kind {
	LOC_LOST,     /* optimized out */
	LOC_REGISTER,
	LOC_MEMORY,
	LOC_VALUE,    /* computed from other values; it has no place */
	LOC_BYTES,    /* a constant */
	LOC_POINTER,  /* a pointer that was optimized away; what it pointed at may be known */
	LOC_KINDS,
};

/** A part of an object. */
struct loc_piece {
	enum loc_kind kind;
	bool known;           /* REGISTER: its value is */
	uint64_t bits;        /* of the object; 0: all of it, the only piece */
	uint64_t skip;        /* bits of the register, memory or value before it */
	unsigned number;      /* REGISTER: DWARF's */
	struct loc_reg reg;   /* REGISTER, if known */
	uint64_t value;       /* VALUE; MEMORY: the address */
	const void *bytes;    /* BYTES: in the file */
	size_t nbytes;
};

#define LOC_PIECES 16

/** A whole object. */
struct loc {
	struct loc_piece piece[LOC_PIECES];
	size_t n;       /* never 0 */
	bool computed;  /* an address or value rests on registers or memory */
	bool entry;     /* ... from what registers held at the function's entry */
};

/** Run n operations. `attr` is where they are from, NULL if they refer to nothing else.
 *  Without operations the object is LOST. CAIRN_MISSING: something asked for is not known, or an
 *  operation is not done here; CAIRN_CORRUPT: no proper expression; CAIRN_LIMIT; CAIRN_FAULT. */
enum cairn_code loc_run(struct loc *ret, Dwarf_Attribute *attr, const Dwarf_Op *ops, size_t n,
			const struct loc_env *env, struct cairn_err *err);

/** The same for an expression that yields a number (a frame base, an argument's value). */
enum cairn_code loc_number(uint64_t *ret, Dwarf_Attribute *attr, const Dwarf_Op *ops, size_t n,
			   const struct loc_env *env, struct cairn_err *err);

#define LOC_OBJECT 1024 /* bytes of an object that lies in pieces; much more than registers hold */

/** Put the object's bytes together: `size` of them, at most LOC_OBJECT; known[i] tells whether
 *  buf[i] is, in all its bits. The first read fault, if any, is in *err (code CAIRN_OK if none). */
void loc_gather(const struct loc *l, const struct loc_env *env, size_t size, unsigned char *buf,
		unsigned char *known, struct cairn_err *err);

#endif
