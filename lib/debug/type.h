/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * type - one model of C types, whatever they were read from (BTF, DWARF).
 *
 * A type is a node; members and enumerators are filled in when they are first asked for.
 * Nodes live in the arena of their provider and are never changed after that. Types from a
 * dump are untrusted: cycles through typedefs and qualifiers are cut at TYPE_DEPTH.
 */
#ifndef CAIRN_DEBUG_TYPE_H
#define CAIRN_DEBUG_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

#define TYPE_DEPTH 32

enum type_kind {
	TYPE_VOID,
	TYPE_INT,     /* also char and bool */
	TYPE_FLOAT,
	TYPE_PTR,
	TYPE_ARRAY,
	TYPE_STRUCT,
	TYPE_UNION,
	TYPE_ENUM,
	TYPE_FWD,     /* declared, not defined */
	TYPE_TYPEDEF,
	TYPE_CONST,
	TYPE_VOLATILE,
	TYPE_OTHER_QUALIFIER, /* restrict, atomic, type tag */
	TYPE_FUNC,    /* a function's prototype */
};

struct type;

struct type_member {
	const char *name;        /* "" for an anonymous struct or union */
	const struct type *type;
	uint64_t bit_offset;     /* from the start of the struct */
	uint16_t bit_size;       /* of a bit-field; 0: no bit-field */
};

struct type_enumerator {
	const char *name;
	int64_t value;
};

struct type_provider;

struct type {
	enum type_kind kind;
	const char *name;        /* tag or typedef name; "" if none */
	uint64_t size;           /* bytes; 0: not known (void, FWD, functions, T[]) */
	bool is_signed;          /* INT, ENUM */
	bool is_char, is_bool;   /* INT */
	const struct type *target; /* PTR, ARRAY element, TYPEDEF, qualifiers, FUNC's return */
	uint64_t count;          /* ARRAY: elements */
	/* STRUCT, UNION, FUNC (parameters); ENUM: see type_members() and type_enumerators() */
	uint32_t nmembers;
	const struct type_member *members;
	const struct type_enumerator *enumerators;
	struct type_provider *provider;
	uint64_t id;             /* the provider's own */
	bool complete;           /* members or enumerators are filled in */
};

/** Where types come from. */
struct type_provider_ops {
	/* A type of that kind and name; NULL if it has none. kind TYPE_VOID: any named type
	   (typedef or base type). */
	const struct type *(*find)(struct type_provider *p, enum type_kind kind, const char *name);
	/* Fill members or enumerators of t; false (and none) when they cannot be read. */
	bool (*complete)(struct type_provider *p, struct type *t);
	/* The declared type of a global variable, or NULL. */
	const struct type *(*variable)(struct type_provider *p, const char *name);
	/* Where a per-CPU variable lies in its section; false if that is not told. May be NULL. */
	bool (*percpu)(struct type_provider *p, const char *name, uint64_t *offset);
	/* Names of types that begin with prefix, for completion: calls back until it says stop. */
	void (*each_name)(struct type_provider *p, const char *prefix,
			  bool (*fn)(void *arg, enum type_kind kind, const char *name), void *arg);
	void (*close)(struct type_provider *p);
};

struct type_provider {
	const char *name;   /* "BTF of the dump", "BTF of kvm", a path */
	const struct type_provider_ops *ops;
	struct type_provider *next;
};

/** All providers, asked in order. */
struct types {
	struct arena *arena;
	struct type_provider *first, **last;
	uint8_t word; /* bytes of a pointer */
	const char *missing; /* why there are none, for messages; NULL: not known */
};

void types_init(struct types *ts, struct arena *arena, uint8_t word);
void types_deinit(struct types *ts);
void types_add(struct types *ts, struct type_provider *p);

/** A type by its C name: "struct task_struct", "union x", "enum y", "u64", "pid_t",
 *  with any number of trailing '*'. NULL and CAIRN_MISSING if unknown. */
const struct type *type_find(struct types *ts, const char *name, struct cairn_err *err);

/** The declared type of a global variable: from the types (DWARF, BTF's per-CPU ones) or
 *  cairn's own table of kernel variables (globals.c). NULL if neither knows. */
const struct type *type_of_variable(struct types *ts, const char *name);

/** Offset of a per-CPU variable of the kernel in its section, .data..percpu. False if no types
 *  tell (BTF does, if it was made with variables). */
bool type_percpu_offset(struct types *ts, const char *name, uint64_t *ret);

/** void: there is one, of whatever provider. */
extern const struct type type_void;

/** Skip typedefs and qualifiers. Never NULL; TYPE_VOID when the chain is too long. */
const struct type *type_strip(const struct type *t);

/** Members of a struct or union (after type_strip); *n is their number, 0 if they cannot
 *  be read. Likewise enumerators. */
const struct type_member *type_members(const struct type *t, uint32_t *n);
const struct type_enumerator *type_enumerators(const struct type *t, uint32_t *n);

/** A resolved member path. */
struct member {
	uint32_t offset;     /* bytes */
	uint32_t size;       /* bytes; of a bit-field: of the bytes that hold it */
	uint8_t bit_shift;   /* bit-fields: position within those bytes */
	uint8_t bit_size;    /* 0: no bit-field */
	bool is_signed;
	const struct type *type;
};

/** Resolve "a.b[3].c" in a struct or union, through anonymous members. False if it has none. */
bool type_member(const struct type *t, const char *path, struct member *ret);

/** Value of an enumerator of t by its name. */
bool type_enum_value(const struct type *t, const char *name, int64_t *ret);

/** C spelling: "struct task_struct *", "char [16]", "int (*)(void *)". Text in the arena;
 *  names out of a dump are in it as they are. */
const char *type_spell(struct arena *a, const struct type *t);

/** The declaration of a variable or member: "char comm[16]", "void (*fn)(long)". */
const char *type_declare(struct arena *a, const struct type *t, const char *name);

#endif
