/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers and variables of a program's own stack: a small one that the test compiles as the
 * kernel is (gcc -O2 -g), loads, and calls. What its variables are it tells itself.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/debug/debugplace.h"
#include "lib/debug/dwarf.h"
#include "lib/kern/debuginfo.h"
#include "unwind/frame_vars.h"

static const char source[] =
	"struct pair { long used, unused; };\n"
	"enum { CFA_INNER, CFA_MIDDLE, CFA_OUTER, RET_MIDDLE, RET_OUTER, FACTS };\n"
	"unsigned long facts[FACTS], regs[8];\n"
	"long sink;\n"
	"void (*examine)(void);\n"
	"void (*volatile through)(int, struct pair *, long);\n"
	"void capture(void);\n"
	"__asm__(\".text\\ncapture:\\n\"\n"
	"	\"mov regs@GOTPCREL(%rip), %rax\\n\"\n"
	"	\"mov %r15, 0(%rax)\\nmov %r14, 8(%rax)\\nmov %r13, 16(%rax)\\n\"\n"
	"	\"mov %r12, 24(%rax)\\nmov %rbp, 32(%rax)\\nmov %rbx, 40(%rax)\\n\"\n"
	"	\"mov (%rsp), %rcx\\nmov %rcx, 48(%rax)\\n\"\n"
	"	\"lea 8(%rsp), %rcx\\nmov %rcx, 56(%rax)\\n\"\n"
	"	\"mov examine@GOTPCREL(%rip), %rcx\\njmp *(%rcx)\\n\");\n"
	"#define CFA ((unsigned long)__builtin_dwarf_cfa())\n"
	"#define RET ((unsigned long)__builtin_return_address(0))\n"
	"#define KEEP(x) __asm__ volatile(\"\" : \"+r\"(x))\n"
	"#define OWN __attribute__((noinline, visibility(\"default\")))\n"
	"static inline __attribute__((always_inline)) void within(long *twice)\n"
	"{\n"
	"	long inlined = *twice + 1;\n"
	"	KEEP(inlined);\n"
	"	capture();\n"
	"	sink += inlined;\n"
	"}\n"
	"OWN long inner(long kept, long lost, const char *text, struct pair by_value)\n"
	"{\n"
	"	long twice = kept * 2, gone = kept * 5;\n"
	"	struct pair split = { kept + 3, kept + 4 };\n"
	"	volatile long in_memory = 77;\n"
	"	const int fixed = 12345;\n"
	"	KEEP(twice);\n"
	"	sink += lost + gone + fixed + text[0] + split.unused;\n"
	"	facts[CFA_INNER] = CFA;\n"
	"	facts[RET_MIDDLE] = RET;\n"
	"	within(&twice);\n"
	"	return kept + twice + split.used + by_value.used + in_memory;\n"
	"}\n"
	"OWN long other(long x) { return sink ^ x; }\n"
	"OWN void aside(void) { capture(); __asm__ volatile(\"\"); }\n"
	"OWN __attribute__((noreturn)) void never(void)\n"
	"{\n"
	"	facts[CFA_INNER] = CFA;\n"
	"	facts[RET_MIDDLE] = RET;\n"
	"	capture();\n"
	"	__builtin_trap();\n"
	"}\n"
	"OWN void doomed(void) { never(); }\n"
	"OWN void thinks(void)\n"
	"{\n"
	"	facts[CFA_INNER] = CFA;\n"
	"	facts[RET_MIDDLE] = RET;\n"
	"	capture();\n"
	"	__asm__ volatile(\"\");\n"
	"}\n"
	"OWN void lucky(void) { thinks(); __asm__ volatile(\"\"); }\n"
	"OWN void middle(int narrow, struct pair *p, long lost)\n"
	"{\n"
	"	static long shown = 4711, _hidden;\n"
	"	sink += other(lost + shown++ + _hidden++);\n"
	"	facts[CFA_MIDDLE] = CFA;\n"
	"	facts[RET_OUTER] = RET;\n"
	"	sink += inner(p->used, narrow + 1000, \"text\", *p) + narrow;\n"
	"	KEEP(narrow);\n"
	"}\n"
	"OWN void outer(long x)\n"
	"{\n"
	"	struct pair p = { x, x + 1 };\n"
	"	facts[CFA_OUTER] = CFA;\n"
	"	middle((int)x, &p, x + 9);\n"
	"	sink += p.used + x;\n"
	"}\n"
	"OWN void outer_through(long x)\n"
	"{\n"
	"	struct pair p = { x, x + 1 };\n"
	"	through = middle;\n"
	"	facts[CFA_OUTER] = CFA;\n"
	"	through((int)x, &p, x + 9);\n"
	"	sink += p.used + x;\n"
	"}\n";

enum { CFA_INNER, CFA_MIDDLE, CFA_OUTER, RET_MIDDLE, RET_OUTER };
enum { X = 21 };

/* The program, and a session that knows its debug info. */
struct world {
	void *program;
	uint64_t *facts, *regs;
	struct cairn c;
	struct cairn_opts opts;
	struct debugfile *f;
	struct type_provider *types;
	struct arena arena;
	struct trace trace;
	struct frame frame[3];
	struct frame_vars vars;
};

static struct world *now; /* for examine() */
static void (*check)(struct world *w);

static enum cairn_code read_own(void *self, uint64_t va, void *buf, size_t len,
				struct cairn_err *err)
{
	(void)self;
	if (va < 4096)
		return cairn_fail_read(err, CAIRN_FAULT_UNMAPPED, va, "address");
	memcpy(buf, (const void *)(uintptr_t)va, len);
	return CAIRN_OK;
}

static const struct reader own = { .read = read_own, .word = sizeof(void *) };

static bool compile(char *folder, size_t size)
{
	char command[256];
	FILE *to;

	snprintf(folder, size, "/tmp/cairn-vars-XXXXXX");
	if (!mkdtemp(folder))
		return false;
	snprintf(command, sizeof(command), "gcc -O2 -g -fPIC -shared -fno-stack-protector "
		 "-o %s/x.so -x c - 2>%s/log", folder, folder);
	to = popen(command, "w");
	if (!to)
		return false;
	fputs(source, to);
	return pclose(to) == 0;
}

static void remove_folder(const char *folder)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/x.so", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/log", folder);
	unlink(path);
	rmdir(folder);
}

static bool load(struct world *w)
{
	char folder[64], path[80];
	bool done = compile(folder, sizeof(folder));

	snprintf(path, sizeof(path), "%s/x.so", folder);
	done = done && (w->program = dlopen(path, RTLD_NOW)) &&
	       !debugfile_open(&w->f, path, NULL) && !dwarf_provider_new(&w->types, w->f, NULL);
	remove_folder(folder);
	return done;
}

static void examine(void)
{
	check(now);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	Dl_info where;

	*state = now = w;
#ifndef __x86_64__
	return 0;
#endif
	if (system("gcc --version >/dev/null 2>&1"))
		return 0;
	if (!load(w))
		return -1;
	w->facts = dlsym(w->program, "facts");
	w->regs = dlsym(w->program, "regs");
	dladdr(w->facts, &where);
	debugfile_place_kernel(w->f, (uintptr_t)where.dli_fbase);
	*(void (**)(void))dlsym(w->program, "examine") = examine;
	w->opts.no_debug_search = true;
	w->c.opts = &w->opts;
	w->c.debuginfo = calloc(1, sizeof(*w->c.debuginfo));
	w->c.debuginfo->file[0] = w->f;
	w->c.debuginfo->types[0] = w->types;
	w->c.debuginfo->n = 1;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	if (w->types)
		w->types->ops->close(w->types);
	debugfile_close(w->f);
	if (w->program)
		dlclose(w->program);
	arena_deinit(&w->c.arena);
	arena_deinit(&w->arena);
	free(w->c.debuginfo);
	free(w);
	return 0;
}

/* The three frames as a walk by ORC would have them: of registers, only what the innermost
 * left behind. */
static void make_trace(struct world *w)
{
	w->frame[0] = (struct frame){ .pc = w->regs[6], .sp = w->regs[7], .rule = RULE_SWITCH,
				      .grade = 'A', .some = w->regs, .some_known = 0x3f };
	w->frame[1] = (struct frame){ .pc = w->facts[RET_MIDDLE], .sp = w->facts[CFA_INNER],
				      .rule = RULE_ORC, .grade = 'A' };
	w->frame[2] = (struct frame){ .pc = w->facts[RET_OUTER], .sp = w->facts[CFA_MIDDLE],
				      .rule = RULE_ORC, .grade = 'A' };
	w->trace = (struct trace){ .frame = w->frame, .n = 3, .nregs = 6 };
}

static void start(struct world *w)
{
	assert_int_equal(frame_vars_init(&w->vars, &w->c, arch_by_id(ARCH_X86_64), &own, &w->trace,
					 &w->arena, NULL), CAIRN_OK);
}

static void call(struct world *w, const char *function, void (*fn)(struct world *w))
{
	if (!w->program)
		skip();
	check = fn;
	((void (*)(long))dlsym(w->program, function))(X);
}

static struct frame_var *find(struct world *w, size_t n, size_t function, const char *name)
{
	struct frame_var *var;
	size_t count = frame_vars_of(&w->vars, n, function, &var);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(var[i].name, name))
			return &var[i];
	return NULL;
}

/* The value of a variable that is known in all its bytes. */
static uint64_t value(struct world *w, size_t n, size_t function, const char *name)
{
	struct frame_var *var = find(w, n, function, name);
	unsigned char buf[8], known[8];
	struct cairn_err err;
	uint64_t v = 0;
	size_t size;

	if (!var)
		fail_msg("%s is not there", name);
	if (var->code)
		fail_msg("%s: %s", name, var->err.text);
	size = (size_t)type_strip(var->type)->size;
	assert_true(size <= sizeof(buf));
	frame_vars_gather(&w->vars, n, var, size, buf, known, &err);
	for (size_t i = size; i-- > 0;) {
		if (!known[i])
			fail_msg("%s is not known", name);
		v = v << 8 | buf[i];
	}
	return v;
}

/* ---- tests ---- */

static void check_values(struct world *w)
{
	make_trace(w);
	start(w);
	/* the call that was inlined, in the innermost frame */
	assert_int_equal(value(w, 0, 0, "inlined"), 2 * X + 1);
	assert_null(find(w, 0, 0, "kept"));
	/* the function it is in */
	assert_int_equal(value(w, 0, 1, "kept"), X);
	assert_true(find(w, 0, 1, "kept")->parameter);
	assert_int_equal(value(w, 0, 1, "fixed"), 12345);
	assert_false(find(w, 0, 1, "fixed")->parameter);
	assert_int_equal(value(w, 0, 1, "in_memory"), 77);
	assert_int_equal(find(w, 0, 1, "in_memory")->loc.piece[0].kind, LOC_MEMORY);
	assert_int_equal(value(w, 1, 0, "narrow"), X);
	assert_int_equal(value(w, 1, 0, "shown"), 4712);
	assert_null(find(w, 1, 0, "_hidden"));
	assert_int_equal(value(w, 2, 0, "x"), X);
	assert_null(find(w, 2, 1, "x"));
}

static void test_values(void **state)
{
	call(*state, "outer", check_values);
}

static void check_entry_values(struct world *w)
{
	make_trace(w);
	start(w);
	assert_int_equal(value(w, 0, 1, "lost"), X + 1000);
	assert_true(find(w, 0, 1, "lost")->loc.entry);
	assert_false(find(w, 0, 1, "lost")->doubtful);
	assert_string_equal((const char *)(uintptr_t)value(w, 0, 1, "text"), "text");
	assert_int_equal(value(w, 1, 0, "lost"), X + 9);
	assert_false(find(w, 1, 0, "lost")->doubtful);
	/* the outermost's caller is not in the trace */
	w->trace.n = 2;
	start(w);
	assert_int_equal(find(w, 1, 0, "lost")->code, CAIRN_MISSING);
	/* a tail call on the way: the call site's values are another function's */
	w->trace.n = 3;
	w->frame[1].via = "other";
	start(w);
	assert_int_equal(find(w, 0, 1, "lost")->code, CAIRN_MISSING);
	assert_int_equal(value(w, 0, 1, "kept"), X);
}

static void test_entry_values(void **state)
{
	call(*state, "outer", check_entry_values);
}

static void check_through(struct world *w)
{
	make_trace(w);
	start(w);
	assert_int_equal(value(w, 1, 0, "lost"), X + 9);
	assert_true(find(w, 1, 0, "lost")->doubtful);
	assert_false(find(w, 0, 1, "kept")->doubtful);
}

static void test_call_through_pointer(void **state)
{
	call(*state, "outer_through", check_through);
}

/* split.used is needed after the call, split.unused is not. */
static void check_pieces(struct world *w)
{
	unsigned char buf[16], known[16];
	struct frame_var *var;
	struct cairn_err err;
	uint64_t used;

	make_trace(w);
	start(w);
	var = find(w, 0, 1, "split");
	assert_non_null(var);
	assert_int_equal(var->code, CAIRN_OK);
	frame_vars_gather(&w->vars, 0, var, 16, buf, known, &err);
	memcpy(&used, buf, 8);
	if (known[0])
		assert_int_equal(used, X + 3);
	memcpy(&used, buf + 8, 8);
	if (known[8])
		assert_int_equal(used, X + 4);
	assert_true(known[0] || known[8]);
}

static void test_pieces(void **state)
{
	call(*state, "outer", check_pieces);
}

static void check_registers(struct world *w)
{
	struct frame_regs r[3];
	struct loc_reg reg = { 0, 0 };
	enum { RBX = 3, RSP = 7, R10 = 10, RIP = 16 };

	make_trace(w);
	frame_regs_fill(r, &w->c, arch_by_id(ARCH_X86_64), &own, &w->trace);
	assert_true(r[0].cfa_known && r[1].cfa_known && !r[2].cfa_known);
	assert_int_equal(r[1].cfa, w->facts[CFA_MIDDLE]);
	for (size_t i = 0; i < 3; i++) {
		assert_true(cfi_reg(&r[i].regs, RSP, &reg));
		assert_int_equal(reg.value, w->frame[i].sp);
		assert_true(cfi_reg(&r[i].regs, RIP, &reg));
		assert_int_equal(reg.value, w->frame[i].pc);
		assert_true(cfi_reg(&r[i].regs, RBX, &reg));
		assert_true(!reg.saved || *(uint64_t *)(uintptr_t)reg.saved == reg.value);
		/* calls change it */
		assert_false(cfi_reg(&r[i].regs, R10, &reg));
	}
	/* inner saves rbx, so in middle it lies on the stack */
	cfi_reg(&r[1].regs, RBX, &reg);
	assert_true(reg.saved < w->facts[CFA_INNER] && reg.saved >= w->frame[0].sp);
}

static void test_registers(void **state)
{
	call(*state, "outer", check_registers);
}

/* A function that saves no register leaves those alone that calls preserve. */
static void check_preserved(struct world *w)
{
	enum { RAX = 0, RBX = 3, R12 = 12, R11 = 11, RSP = 7 };
	struct cfi_regs have = { .known = 0xffff }, got;
	struct loc_env mem = { .arch = arch_by_id(ARCH_X86_64), .read = own.read };
	struct loc_reg reg;
	uint64_t pc, cfa;

	for (unsigned i = 0; i < 16; i++)
		have.reg[i].value = 100 + i;
	have.reg[RSP].value = w->regs[7];
	assert_true(debugfile_file_addr(w->f, w->regs[6] - 1, &pc));
	assert_int_equal(cfi_caller(w->f, pc, &have, &mem, &cfa, &got, NULL), CAIRN_OK);
	assert_true(cfi_reg(&got, RBX, &reg));
	assert_int_equal(reg.value, 100 + RBX);
	assert_true(cfi_reg(&got, R12, &reg));
	assert_false(cfi_reg(&got, RAX, &reg));
	assert_false(cfi_reg(&got, R11, &reg));
	assert_true(cfi_reg(&got, RSP, &reg));
	assert_int_equal(reg.value, cfa);
	/* without what the CFA is made of, and where no table is */
	have.known = 0;
	assert_int_equal(cfi_caller(w->f, pc, &have, &mem, &cfa, &got, NULL), CAIRN_MISSING);
	assert_int_equal(cfi_caller(w->f, 0, &have, &mem, &cfa, &got, NULL), CAIRN_NOTFOUND);
}

static void test_preserved(void **state)
{
	call(*state, "aside", check_preserved);
}

static bool keeps_rbx(struct world *w)
{
	struct frame_regs r[3];
	struct loc_reg reg;
	enum { RBX = 3 };

	make_trace(w);
	w->trace.n = 2;
	frame_regs_fill(r, &w->c, arch_by_id(ARCH_X86_64), &own, &w->trace);
	assert_true(r[0].cfa_known);
	return cfi_reg(&r[1].regs, RBX, &reg);
}

static jmp_buf back;

static void check_noreturn(struct world *w)
{
	bool keeps = keeps_rbx(w);

	if (w->facts[CFA_OUTER] == 1)
		longjmp(back, keeps ? 1 : 2);
	assert_true(keeps);
}

/* What a function that never returns has not saved, it may have used. */
static void test_noreturn(void **state)
{
	struct world *w = *state;
	int ret;

	call(w, "lucky", check_noreturn);
	w->facts[CFA_OUTER] = 1;
	ret = setjmp(back);
	if (!ret)
		call(w, "doomed", check_noreturn);
	assert_int_equal(ret, 2);
}

/* The walk and the table do not agree where a frame ends: no word of its registers. */
static void check_disagreement(struct world *w)
{
	struct frame_regs r[3];
	struct loc_reg reg;
	enum { RBX = 3, RBP = 6, RSP = 7 };

	make_trace(w);
	w->frame[1].sp -= 8;
	frame_regs_fill(r, &w->c, arch_by_id(ARCH_X86_64), &own, &w->trace);
	assert_true(cfi_reg(&r[0].regs, RBX, &reg));
	assert_false(cfi_reg(&r[1].regs, RBX, &reg));
	assert_true(cfi_reg(&r[1].regs, RSP, &reg));
	/* nor on the frame pointer */
	make_trace(w);
	w->frame[1].fp_known = true;
	w->frame[1].fp = 0x1234;
	frame_regs_fill(r, &w->c, arch_by_id(ARCH_X86_64), &own, &w->trace);
	assert_false(cfi_reg(&r[1].regs, RBX, &reg));
	assert_false(cfi_reg(&r[1].regs, RBP, &reg));
	/* a doubtful frame, an interruption: not what a call left */
	make_trace(w);
	w->frame[1].grade = 'C';
	frame_regs_fill(r, &w->c, arch_by_id(ARCH_X86_64), &own, &w->trace);
	assert_false(cfi_reg(&r[1].regs, RBX, &reg));
	assert_false(r[0].cfa_known);
	make_trace(w);
	w->frame[1].rule = RULE_REGS;
	frame_regs_fill(r, &w->c, arch_by_id(ARCH_X86_64), &own, &w->trace);
	assert_false(cfi_reg(&r[1].regs, RBX, &reg));
}

/* Where the walk knows only about where the frame ends (frame records), the return address tells. */
static void check_agreement(struct world *w)
{
	struct frame_regs r[3];
	struct loc_reg reg;
	enum { RBX = 3, RSP = 7 };

	make_trace(w);
	w->frame[1].sp -= 24;
	w->frame[1].slot = w->facts[CFA_INNER] - 8;
	frame_regs_fill(r, &w->c, arch_by_id(ARCH_X86_64), &own, &w->trace);
	assert_int_equal(r[0].cfa, w->facts[CFA_INNER]);
	assert_true(cfi_reg(&r[1].regs, RBX, &reg));
	assert_true(cfi_reg(&r[1].regs, RSP, &reg));
	assert_int_equal(reg.value, w->facts[CFA_INNER]);
	assert_int_equal(r[1].cfa, w->facts[CFA_MIDDLE]);
}

static void test_agreement(void **state)
{
	call(*state, "outer", check_agreement);
}

static void test_disagreement(void **state)
{
	call(*state, "outer", check_disagreement);
}

static void check_no_debuginfo(struct world *w)
{
	struct frame_var *var;

	make_trace(w);
	w->c.debuginfo->n = 0;
	start(w);
	assert_int_equal(frame_vars_of(&w->vars, 0, 0, &var), 0);
	w->c.debuginfo->n = 1;
}

static void test_no_debuginfo(void **state)
{
	struct world *w = *state;

	/* the file is looked for where a module or the kernel would be */
	w->c.modules = NULL;
	call(w, "outer", check_no_debuginfo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_values, setup, teardown),
		cmocka_unit_test_setup_teardown(test_entry_values, setup, teardown),
		cmocka_unit_test_setup_teardown(test_call_through_pointer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_registers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_preserved, setup, teardown),
		cmocka_unit_test_setup_teardown(test_noreturn, setup, teardown),
		cmocka_unit_test_setup_teardown(test_agreement, setup, teardown),
		cmocka_unit_test_setup_teardown(test_disagreement, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_debuginfo, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
