/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/jit.h"
#include "lib/kern/testkern.h"

#define BPF_HEAD TK_BASE
#define FTRACE_HEAD (TK_BASE + 0x40)
#define SLOTS (TK_BASE + 0x80) /* struct kprobe_insn_cache, its list at 8 */
#define KSYM(n) (TK_BASE + 0x1000 + 0x100 * (uint64_t)(n))
#define OPS (TK_BASE + 0x2000)
#define PAGE (TK_BASE + 0x2100)
#define CODE(n) (UINT64_C(0xffffffffc0000000) + 0x1000 * (uint64_t)(n))

static void link_to(struct testkern *k, uint64_t at, uint64_t next, uint64_t prev)
{
	tk_put(k, at, next, 8);
	tk_put(k, at + 8, prev, 8);
}

static void declare(struct testkern *k)
{
	tk_struct(k, "list_head", 16, (const struct tk_member[]){
		{ "next", 0, 8, 0, NULL }, { "prev", 8, 8, 0, NULL }, { 0 } });
	tk_struct(k, "bpf_ksym", 0x100, (const struct tk_member[]){
		{ "start", 0, 8, 0, NULL }, { "end", 8, 8, 0, NULL }, { "name", 16, 1, 128, NULL },
		{ "lnode", 0x90, 0, 0, "list_head" }, { 0 } });
	tk_struct(k, "ftrace_ops", 64, (const struct tk_member[]){
		{ "trampoline", 0, 8, 0, NULL }, { "trampoline_size", 8, 8, 0, NULL },
		{ "list", 16, 0, 0, "list_head" }, { 0 } });
	tk_struct(k, "kprobe_insn_cache", 64, (const struct tk_member[]){
		{ "pages", 8, 0, 0, "list_head" }, { 0 } });
	tk_struct(k, "kprobe_insn_page", 64, (const struct tk_member[]){
		{ "list", 0, 0, 0, "list_head" }, { "insns", 16, 8, 0, NULL }, { 0 } });
}

static void ksym(struct testkern *k, unsigned n, uint64_t start, uint64_t end, const char *name)
{
	tk_put(k, KSYM(n), start, 8);
	tk_put(k, KSYM(n) + 8, end, 8);
	tk_text(k, KSYM(n) + 16, name);
}

/* Three BPF images, the last of them nonsense; one ftrace trampoline; one kprobe page. */
static struct testkern *kernel(void)
{
	struct testkern *k = tk_new();

	declare(k);
	tk_symbol(k, "bpf_kallsyms", BPF_HEAD);
	tk_symbol(k, "ftrace_ops_trampoline_list", FTRACE_HEAD);
	tk_symbol(k, "kprobe_insn_slots", SLOTS);
	link_to(k, BPF_HEAD, KSYM(0) + 0x90, KSYM(2) + 0x90);
	link_to(k, KSYM(0) + 0x90, KSYM(1) + 0x90, BPF_HEAD);
	link_to(k, KSYM(1) + 0x90, KSYM(2) + 0x90, KSYM(0) + 0x90);
	link_to(k, KSYM(2) + 0x90, BPF_HEAD, KSYM(1) + 0x90);
	ksym(k, 0, CODE(5), CODE(5) + 0x80, "bpf_prog_b");
	ksym(k, 1, CODE(2), CODE(2) + 0x40, "bpf_prog_a");
	ksym(k, 2, CODE(9), CODE(8), "bpf_prog_bad");
	link_to(k, FTRACE_HEAD, OPS + 16, OPS + 16);
	link_to(k, OPS + 16, FTRACE_HEAD, FTRACE_HEAD);
	tk_put(k, OPS, CODE(3), 8);
	tk_put(k, OPS + 8, 0x154, 8);
	link_to(k, SLOTS + 8, PAGE, PAGE);
	link_to(k, PAGE, SLOTS + 8, SLOTS + 8);
	tk_put(k, PAGE + 16, CODE(4), 8);
	return k;
}

static void at_is(struct cairn *c, uint64_t addr, const char *name, const char *module,
		  uint64_t offset)
{
	struct sym s;
	uint64_t off;

	assert_true(sym_at(&c->syms, addr, &s, &off));
	assert_string_equal(s.name, name);
	assert_string_equal(s.module, module);
	assert_int_equal(off, offset);
	assert_true(sym_is_text(&c->syms, addr));
}

static void all_kinds(void **state)
{
	struct testkern *k = kernel();
	struct cairn *c = tk_open(k, 8);
	struct sym s;

	(void)state;
	jit_add_symbols(c);
	at_is(c, CODE(5), "bpf_prog_b", "bpf", 0);
	at_is(c, CODE(5) + 0x7f, "bpf_prog_b", "bpf", 0x7f);
	at_is(c, CODE(2) + 4, "bpf_prog_a", "bpf", 4);
	at_is(c, CODE(3) + 0x153, "ftrace_trampoline", "__builtin__ftrace", 0x153);
	at_is(c, CODE(4) + 0xfff, "kprobe_insn_page", "__builtin__kprobes", 0xfff);
	assert_false(sym_at(&c->syms, CODE(2) + 0x40, &s, NULL));
	assert_false(sym_is_text(&c->syms, CODE(2) + 0x40));
	assert_false(sym_is_text(&c->syms, CODE(9)));
	assert_true(sym_find(&c->syms, "bpf_prog_a", &s));
	assert_int_equal(s.addr, CODE(2));
	assert_int_equal(s.size, 0x40);
	assert_int_equal(s.type, 't');
	assert_false(sym_find(&c->syms, "bpf_prog_bad", &s));
	assert_null(cairn_degraded(c, 0));
	tk_free(k);
}

static void list_order(void **state)
{
	struct testkern *k = kernel();
	struct cairn *c = tk_open(k, 8);
	struct sym_source *src;
	struct sym s;

	(void)state;
	jit_add_symbols(c);
	for (src = c->syms.first; strcmp(src->name, "bpf"); src = src->next)
		;
	assert_true(src->ops->at(src->self, 0, &s));
	assert_string_equal(s.name, "bpf_prog_b");
	assert_true(src->ops->at(src->self, 1, &s));
	assert_string_equal(s.name, "bpf_prog_a");
	assert_false(src->ops->at(src->self, 2, &s));
	tk_free(k);
}

static void broken_list(void **state)
{
	struct testkern *k = kernel();
	struct cairn *c;
	struct sym s;

	(void)state;
	tk_put(k, KSYM(0) + 0x90, TK_HOLE, 8);
	c = tk_open(k, 8);
	jit_add_symbols(c);
	at_is(c, CODE(5), "bpf_prog_b", "bpf", 0);
	at_is(c, CODE(2), "bpf_prog_a", "bpf", 0);
	assert_true(sym_find(&c->syms, "ftrace_trampoline", &s));
	assert_string_equal(cairn_degraded(c, 0)->what, "bpf_kallsyms");
	tk_free(k);
}

static void kernel_without(void **state)
{
	struct testkern *k = tk_new();
	struct cairn *c = tk_open(k, 8);

	(void)state;
	jit_add_symbols(c);
	assert_null(cairn_degraded(c, 0));
	assert_int_equal(c->syms.ntext, 0);
	tk_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds), cmocka_unit_test(list_order),
		cmocka_unit_test(broken_list), cmocka_unit_test(kernel_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
