/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testsyms - for tests: the tables of kallsyms as scripts/kallsyms.c writes them, in every
 * order and encoding that kernels have had.
 */
#ifndef CAIRN_DEBUG_TESTSYMS_H
#define CAIRN_DEBUG_TESTSYMS_H

#include "lib/debug/kallsyms.h"
#include "lib/debug/kallsyms_find.h"
#include "lib/image/testmem.h"

struct tsym {
	const char *name;
	char type;
	uint64_t addr;
};

struct tsyms {
	enum kallsyms_encoding encoding;
	bool addresses_first; /* as up to 6.3 */
	uint8_t word;
	uint64_t relative_base;
	/* where: `va` is a multiple of 8, and its physical address va - delta */
	uint64_t va, delta;
	/* out */
	struct kallsyms_tables t;
	uint64_t markers, end;
};

/* Tokens 0x20 to 0x7e stand for themselves, as they do in kernels; these come before. */
static const char *const tsyms_tokens[] = {
	"_", "__", "task_struct", "init", "sched", "_read", "_write", "irq", "vm_",
};

static inline const char *tsyms_token(unsigned i, char self[2])
{
	self[0] = i >= 0x20 && i < 0x7f ? (char)i : '\0';
	self[1] = '\0';
	return i < sizeof(tsyms_tokens) / sizeof(tsyms_tokens[0]) ? tsyms_tokens[i] : self;
}

static inline void tsyms_put(struct tsyms *s, struct testmem *m, const void *p, size_t n)
{
	testmem_write(m, s->va - s->delta, p, n);
	s->va += n;
}

static inline void tsyms_num(struct tsyms *s, struct testmem *m, uint64_t v, size_t n)
{
	testmem_put(m, s->va - s->delta, v, n);
	s->va += n;
}

static inline uint64_t tsyms_align(struct tsyms *s)
{
	s->va += -s->va & (s->word - 1u);
	return s->va;
}

/* The longest token that text begins with. */
static inline unsigned tsyms_match(const char *text, size_t *len)
{
	unsigned best = (unsigned char)*text;
	char self[2];

	*len = 1;
	for (unsigned i = 0; i < sizeof(tsyms_tokens) / sizeof(tsyms_tokens[0]); i++) {
		size_t n = strlen(tsyms_token(i, self));

		if (n > *len && !strncmp(text, tsyms_tokens[i], n)) {
			best = i;
			*len = n;
		}
	}
	return best;
}

static inline void tsyms_name(struct tsyms *s, struct testmem *m, const struct tsym *sym)
{
	unsigned char code[1024] = { (unsigned char)sym->type };
	size_t n = 1, len;

	for (const char *p = sym->name; *p; p += len)
		code[n++] = (unsigned char)tsyms_match(p, &len);
	if (n > 0x7f)
		tsyms_num(s, m, (n & 0x7f) | 0x80 | n >> 7 << 8, 2);
	else
		tsyms_num(s, m, n, 1);
	tsyms_put(s, m, code, n);
}

static inline void tsyms_names(struct tsyms *s, struct testmem *m, const struct tsym *sym,
			       uint32_t n)
{
	uint32_t marker[64];

	s->t.num_syms = tsyms_align(s);
	tsyms_num(s, m, n, 4);
	s->t.names = tsyms_align(s);
	for (uint32_t i = 0; i < n; i++) {
		if (i % 256 == 0)
			marker[i / 256] = (uint32_t)(s->va - s->t.names);
		tsyms_name(s, m, &sym[i]);
	}
	s->markers = tsyms_align(s);
	for (uint32_t i = 0; i < (n + 255) / 256; i++)
		tsyms_num(s, m, marker[i], 4);
}

static inline void tsyms_all_tokens(struct tsyms *s, struct testmem *m)
{
	uint16_t index[256];
	char self[2];

	s->t.token_table = tsyms_align(s);
	for (unsigned i = 0; i < 256; i++) {
		const char *text = tsyms_token(i, self);

		index[i] = (uint16_t)(s->va - s->t.token_table);
		tsyms_put(s, m, text, strlen(text) + 1);
	}
	s->t.token_index = tsyms_align(s);
	for (unsigned i = 0; i < 256; i++)
		tsyms_num(s, m, index[i], 2);
}

static inline uint64_t tsyms_code(const struct tsyms *s, uint64_t addr)
{
	switch (s->encoding) {
	case KALLSYMS_BASE_RELATIVE: return addr - s->relative_base;
	case KALLSYMS_ABSOLUTE_PERCPU:
		return addr <= INT32_MAX ? addr : s->relative_base - 1 - addr;
	case KALLSYMS_PLACE_RELATIVE: return addr - s->va;
	default: return addr;
	}
}

static inline void tsyms_addresses(struct tsyms *s, struct testmem *m, const struct tsym *sym,
				   uint32_t n)
{
	bool words = s->encoding == KALLSYMS_ABSOLUTE;

	*(words ? &s->t.addresses : &s->t.offsets) = tsyms_align(s);
	for (uint32_t i = 0; i < n; i++)
		tsyms_num(s, m, tsyms_code(s, sym[i].addr), words ? s->word : 4);
	if (s->encoding != KALLSYMS_BASE_RELATIVE && s->encoding != KALLSYMS_ABSOLUTE_PERCPU)
		return;
	s->t.relative_base = tsyms_align(s);
	tsyms_num(s, m, s->relative_base, s->word);
}

/** Write the tables of n symbols, sorted by address. */
static inline void tsyms_write(struct tsyms *s, struct testmem *m, const struct tsym *sym,
			       uint32_t n)
{
	if (s->addresses_first)
		tsyms_addresses(s, m, sym, n);
	tsyms_names(s, m, sym, n);
	tsyms_all_tokens(s, m);
	if (!s->addresses_first)
		tsyms_addresses(s, m, sym, n);
	s->end = tsyms_align(s);
}

/** Append the lines with which VMCOREINFO names the tables. */
static inline void tsyms_export(const struct tsyms *s, char *text, size_t size)
{
	const struct { const char *name; uint64_t addr; } all[] = {
		{ "names", s->t.names }, { "num_syms", s->t.num_syms },
		{ "token_table", s->t.token_table }, { "token_index", s->t.token_index },
		{ "offsets", s->t.offsets }, { "addresses", s->t.addresses },
		{ "relative_base", s->t.relative_base },
	};
	size_t n = strlen(text);

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].addr)
			n += (size_t)snprintf(text + n, size - n, "SYMBOL(kallsyms_%s)=%llx\n",
					      all[i].name, (unsigned long long)all[i].addr);
	if (n >= size)
		abort();
}

#endif
