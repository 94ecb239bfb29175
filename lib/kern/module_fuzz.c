/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel of two modules and its memory with arbitrary words: the input is patches of four
 * bytes, where (in units of 4 bytes, within the memory of the modules) and what. Walks the list,
 * reads the symbols, asks for addresses and names.
 */
#include "lib/kern/module.h"
#include "lib/kern/testkern.h"

#define HEAD TK_BASE
#define MODULE(n) (TK_BASE + 0x1000 + 0x2000 * (uint64_t)(n))
#define CORE_SIZE 0x2000u
#define WINDOW 0x5000u

enum { O_STATE = 0, O_LIST = 8, O_NAME = 24, O_KALLSYMS = 80, O_CORE = 88, O_SYMS = 120,
       O_NUM_SYMS = 128, O_NOTES = 136, O_LAYOUT = 144, O_SIZE = 192 };

static void declare(struct testkern *k)
{
	tk_struct(k, "list_head", 16, (const struct tk_member[]){
		{ "next", 0, 8, 0, NULL }, { "prev", 8, 8, 0, NULL }, { 0 } });
	tk_struct(k, "mod_kallsyms", 32, (const struct tk_member[]){
		{ "symtab", 0, 8, 0, NULL }, { "num_symtab", 8, 4, 0, NULL },
		{ "strtab", 16, 8, 0, NULL }, { "typetab", 24, 8, 0, NULL }, { 0 } });
	tk_struct(k, "module_layout", 16, (const struct tk_member[]){
		{ "base", 0, 8, 0, NULL }, { "size", 8, 4, 0, NULL },
		{ "text_size", 12, 4, 0, NULL }, { 0 } });
	tk_struct(k, "kernel_symbol", 16, (const struct tk_member[]){
		{ "value", 0, 8, 0, NULL }, { "name", 8, 8, 0, NULL }, { 0 } });
	tk_struct(k, "bin_attribute", 16, (const struct tk_member[]){
		{ "size", 0, 8, 0, NULL }, { "private", 8, 8, 0, NULL }, { 0 } });
	tk_struct(k, "module_notes_attrs", 8, (const struct tk_member[]){
		{ "notes", 0, 4, 0, NULL }, { "attrs", 8, 1, 0, NULL }, { 0 } });
	tk_struct(k, "module", O_SIZE, (const struct tk_member[]){
		{ "state", O_STATE, 4, 0, NULL }, { "list", O_LIST, 0, 0, "list_head" },
		{ "name", O_NAME, 1, 56, NULL }, { "kallsyms", O_KALLSYMS, 8, 0, NULL },
		{ "syms", O_SYMS, 8, 0, NULL }, { "num_syms", O_NUM_SYMS, 4, 0, NULL },
		{ "notes_attrs", O_NOTES, 8, 0, NULL },
		{ "core_layout", O_LAYOUT, 0, 0, "module_layout" },
		{ "init_layout", O_LAYOUT + 16, 0, 0, "module_layout" }, { 0 } });
}

static void symbols(struct testkern *k, uint64_t m)
{
	for (unsigned i = 1; i < 8; i++) {
		uint64_t at = m + 0x400 + 24 * i;

		tk_put(k, at, 8 * i, 4);
		tk_put(k, at + 4, 2, 1);
		tk_put(k, at + 6, 1, 2);
		tk_put(k, at + 8, m + 0x40 * (i & ~1u), 8);
		tk_text(k, m + 0x600 + 8 * i, i == 3 ? "$a" : i == 5 ? "nnn" : "symbol");
		tk_put(k, m + 0x800 + i, 't', 1);
	}
	tk_put(k, m + O_CORE, m + 0x400, 8);
	tk_put(k, m + O_CORE + 8, 8, 4);
	tk_put(k, m + O_CORE + 16, m + 0x600, 8);
	tk_put(k, m + O_CORE + 24, m + 0x800, 8);
	tk_put(k, m + O_KALLSYMS, m + O_CORE, 8);
}

static void module(struct testkern *k, uint64_t m, uint64_t next, uint64_t prev)
{
	tk_put(k, m + O_LIST, next, 8);
	tk_put(k, m + O_LIST + 8, prev, 8);
	tk_text(k, m + O_NAME, "name");
	tk_put(k, m + O_LAYOUT, m, 8);
	tk_put(k, m + O_LAYOUT + 8, CORE_SIZE, 4);
	tk_put(k, m + O_LAYOUT + 12, 0x400, 4);
	tk_put(k, m + O_SYMS, m + 0x900, 8);
	tk_put(k, m + O_NUM_SYMS, 1, 4);
	tk_put(k, m + 0x900, m + 0x80, 8);
	tk_put(k, m + 0x908, m + 0x610, 8);
	tk_put(k, m + O_NOTES, m + 0xa00, 8);
	tk_put(k, m + 0xa00, 1, 4);
	tk_put(k, m + 0xa08, 0x20, 8);
	tk_put(k, m + 0xa10, m + 0xb00, 8);
	symbols(k, m);
}

static void patch(struct testkern *k, const uint8_t *data, size_t size)
{
	for (; size >= 6; data += 6, size -= 6)
		tk_write(k, HEAD + ((data[0] | data[1] << 8) * 4u) % WINDOW, data + 2, 4);
}

static void ask(struct cairn *c, const struct modules *ms)
{
	struct sym s;
	uint64_t off;

	for (uint64_t at = HEAD; at < HEAD + WINDOW; at += 0x3c) {
		if (sym_at(&c->syms, at, &s, &off) && (s.addr > at || strlen(s.name) > 4096))
			abort();
		module_at(ms, at);
	}
	for (size_t i = 0; i < 4; i++)
		sym_find_nth(&c->syms, "symbol", i, &s);
	for (struct sym_source *src = c->syms.first; src; src = src->next)
		for (size_t i = 0; src->ops->at(src->self, i, &s); i++)
			;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct testkern *k = tk_small();
	const struct modules *ms;
	struct cairn *c;

	declare(k);
	tk_symbol(k, "modules", HEAD);
	tk_put(k, HEAD, MODULE(0) + O_LIST, 8);
	tk_put(k, HEAD + 8, MODULE(1) + O_LIST, 8);
	module(k, MODULE(0), MODULE(1) + O_LIST, HEAD);
	module(k, MODULE(1), HEAD, MODULE(0) + O_LIST);
	patch(k, data, size);
	c = tk_open(k, 8);
	if (modules_get(c, &ms, NULL) == CAIRN_OK)
		ask(c, ms);
	tk_free(k);
	return 0;
}
