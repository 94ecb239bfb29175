/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testtypes - for tests: a BTF blob with one of everything, made with libbpf's writer.
 *
 *   struct zoo {                                offset
 *           int pid;                                 0
 *           unsigned int flag : 1, mode : 3;         4
 *           int small : 5;                           4, bit 4
 *           char comm[16];                           8
 *           struct list_head list;                  24
 *           union {
 *                   u64 raw;                        40
 *                   struct { u32 lo; u32 hi : 20; } 40
 *           };
 *           enum color color;                       48
 *           _Bool on;                               52
 *           u64 array[3];                           56
 *           const char *name;                       80
 *           int (*fn)(struct zoo *, ...);           88
 *           struct zoo *self;                       96
 *           int matrix[2][3];                      104
 *           unsigned char tail[];                  128
 *   };
 */
#ifndef CAIRN_DEBUG_TESTTYPES_H
#define CAIRN_DEBUG_TESTTYPES_H

#include <bpf/btf.h>
#include <stdlib.h>

#include "lib/debug/btf.h"

/** The ids of the types below, which each blob begins with. */
enum tt_id {
	TT_INT = 1, TT_UINT, TT_CHAR, TT_ULONG, TT_SHORT, TT_BOOL, TT_UCHAR, TT_LLONG, TT_U32,
	TT_U64, TT_LIST_HEAD, TT_LIST_PTR,
};

/** The id that libbpf gave; a test whose types are refused is broken. */
static inline int tt(int id)
{
	if (id < 0)
		abort();
	return id;
}

static inline int tt_array(struct btf *b, int elem, uint32_t n)
{
	return tt(btf__add_array(b, TT_INT, elem, n));
}

static inline struct btf *tt_new(void)
{
	struct btf *b = btf__new_empty();

	if (!b)
		abort();
	tt(btf__add_int(b, "int", 4, BTF_INT_SIGNED));
	tt(btf__add_int(b, "unsigned int", 4, 0));
	tt(btf__add_int(b, "char", 1, BTF_INT_SIGNED));
	tt(btf__add_int(b, "long unsigned int", 8, 0));
	tt(btf__add_int(b, "short int", 2, BTF_INT_SIGNED));
	tt(btf__add_int(b, "_Bool", 1, BTF_INT_BOOL));
	tt(btf__add_int(b, "unsigned char", 1, 0));
	tt(btf__add_int(b, "long long int", 8, BTF_INT_SIGNED));
	tt(btf__add_typedef(b, "u32", TT_UINT));
	tt(btf__add_typedef(b, "u64", TT_ULONG));
	tt(btf__add_struct(b, "list_head", 16));
	tt(btf__add_field(b, "next", TT_LIST_PTR, 0, 0));
	tt(btf__add_field(b, "prev", TT_LIST_PTR, 64, 0));
	if (tt(btf__add_ptr(b, TT_LIST_HEAD)) != TT_LIST_PTR)
		abort();
	return b;
}

/** Add struct zoo and what it is made of; returns its id. */
static inline int tt_zoo(struct btf *b)
{
	int comm = tt_array(b, TT_CHAR, 16), three = tt_array(b, TT_U64, 3);
	int matrix = tt_array(b, tt_array(b, TT_INT, 3), 2), tail = tt_array(b, TT_UCHAR, 0);
	int name = tt(btf__add_ptr(b, tt(btf__add_const(b, TT_CHAR))));
	int halves, raw, color, fn, zoo;

	halves = tt(btf__add_struct(b, NULL, 8));
	tt(btf__add_field(b, "lo", TT_U32, 0, 0));
	tt(btf__add_field(b, "hi", TT_U32, 32, 20));
	raw = tt(btf__add_union(b, NULL, 8));
	tt(btf__add_field(b, "raw", TT_U64, 0, 0));
	tt(btf__add_field(b, NULL, halves, 0, 0));
	color = tt(btf__add_enum(b, "color", 4));
	tt(btf__add_enum_value(b, "RED", 0));
	tt(btf__add_enum_value(b, "GREEN", 1));
	tt(btf__add_enum_value(b, "NO_COLOR", -1));
	/* forward: proto, its pointer, the pointer to zoo, zoo */
	zoo = color + 4;
	fn = tt(btf__add_func_proto(b, TT_INT));
	tt(btf__add_func_param(b, NULL, zoo - 1));
	tt(btf__add_func_param(b, NULL, 0));
	fn = tt(btf__add_ptr(b, fn));
	tt(btf__add_ptr(b, zoo));
	if (tt(btf__add_struct(b, "zoo", 128)) != zoo)
		abort();
	tt(btf__add_field(b, "pid", TT_INT, 0, 0));
	tt(btf__add_field(b, "flag", TT_UINT, 32, 1));
	tt(btf__add_field(b, "mode", TT_UINT, 33, 3));
	tt(btf__add_field(b, "small", TT_INT, 36, 5));
	tt(btf__add_field(b, "comm", comm, 64, 0));
	tt(btf__add_field(b, "list", TT_LIST_HEAD, 192, 0));
	tt(btf__add_field(b, NULL, raw, 320, 0));
	tt(btf__add_field(b, "color", color, 384, 0));
	tt(btf__add_field(b, "on", TT_BOOL, 416, 0));
	tt(btf__add_field(b, "array", three, 448, 0));
	tt(btf__add_field(b, "name", name, 640, 0));
	tt(btf__add_field(b, "fn", fn, 704, 0));
	tt(btf__add_field(b, "self", zoo - 1, 768, 0));
	tt(btf__add_field(b, "matrix", matrix, 832, 0));
	tt(btf__add_field(b, "tail", tail, 1024, 0));
	return zoo;
}

/** A provider over the blob, which is freed. */
static inline struct btf_provider *tt_provider(struct btf *b, uint8_t word)
{
	struct btf_provider *ret;
	uint32_t size;
	const void *raw = btf__raw_data(b, &size);
	struct cairn_err err;

	if (!raw || btf_provider_new(&ret, "test", raw, size, NULL, NULL, word, &err) != CAIRN_OK)
		abort();
	btf__free(b);
	return ret;
}

#endif
