/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checker on an address space as kernels before 6.1 have it, one word damaged at a time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/kern/finding.h"
#include "mm/check_mm.h"
#include "mm/testareas.h"

#define N 15
#define ROOT 7 /* the area at the tree's root */

struct world {
	struct testareas t;
	struct arena arena;
	struct findings f;
};

static void begin(struct world *w)
{
	*w = (struct world){ 0 };
	ta_begin(&w->t, N);
}

static void check(struct world *w)
{
	struct check_limits limits = { .only = "mm" };
	struct cairn_err err;

	ta_open(&w->t);
	if (findings_get(&w->f, &w->t.k->c, &limits, &w->arena, &err))
		fail_msg("%s", err.text);
}

static void end(struct world *w)
{
	arena_deinit(&w->arena);
	ta_free(&w->t);
}

/* One finding, that of the word. */
static void expect(struct world *w, const char *id, uint64_t addr, const char *expected)
{
	check(w);
	for (size_t i = 1; i < w->f.n; i++)
		print_message("also %s: %s\n", w->f.said[i].f.id, w->f.said[i].f.message);
	assert_int_equal(w->f.n, 1);
	assert_string_equal(w->f.said[0].f.id, id);
	assert_int_equal(w->f.said[0].f.addr, addr);
	if (expected)
		assert_string_equal(w->f.said[0].f.expected, expected);
	end(w);
}

static void expect_put(const char *id, uint64_t addr, uint64_t value, size_t bytes,
		       const char *expected)
{
	struct world w;

	begin(&w);
	tk_put(w.t.k, addr, value, bytes);
	expect(&w, id, addr, expected);
}

static void test_silent(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	check(&w);
	assert_int_equal(w.f.n, 0);
	assert_int_equal(w.f.nunseen, 0);
	end(&w);
}

/* What mseal() leaves, as kernels up to 6.17 number it. */
static void test_sealed(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	tk_put(w.t.k, ta_at(2, TA_FLAGS), TA_USUAL | UINT64_C(1) << 63, 8);
	check(&w);
	assert_int_equal(w.f.n, 0);
	end(&w);
	expect_put("mm.vma.flags", ta_at(2, TA_FLAGS), TA_USUAL | UINT64_C(1) << 62, 8, NULL);
}

static void test_bounds(void **state)
{
	char expected[32];

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		snprintf(expected, sizeof(expected), "0x%lx", (unsigned long)ta_start(i));
		expect_put("mm.vma.overlap", ta_at(i, TA_START), ta_start(i) + 0x1000, 8, expected);
		expect_put("mm.vma.align", ta_at(i, TA_START), ta_start(i) + 1, 8, expected);
	}
	expect_put("mm.vma.overlap", ta_at(3, TA_END), ta_start(3) + 0x5000, 8, "0x40e000");
	expect_put("mm.vma.pgoff", ta_at(3, TA_PGOFF), 0, 8, "0x40c");
}

static void test_counts(void **state)
{
	(void)state;
	expect_put("mm.map_count", TA_MMS + TAM_COUNT, N + 1, 4, "15");
	expect_put("mm.total_vm", TA_MMS + TAM_TOTAL, 29, 8, "30");
	expect_put("mm.total_vm", TA_MMS + TAM_TOTAL, (UINT64_C(1) << 52) + 30, 8, "30");
	expect_put("mm.data_vm", TA_MMS + TAM_DATA, 31, 8, "30");
	expect_put("mm.data_vm", TA_MMS + TAM_DATA, (UINT64_C(1) << 63) + 30, 8, "30");
	expect_put("mm.exec_vm", TA_MMS + TAM_EXEC, 1, 8, "0");
	expect_put("mm.stack_vm", TA_MMS + TAM_STACK, 1, 8, "0");
	expect_put("mm.rb.highest", TA_MMS + TAM_HIGHEST, 0, 8, "0x43a000");
}

static void test_words_of_an_area(void **state)
{
	(void)state;
	expect_put("mm.vma.mm", ta_at(2, TA_MM), TA_MMS + 8, 8, "0x10000");
	expect_put("mm.vma.flags", ta_at(2, TA_FLAGS), VM_READ | VM_WRITE, 8, NULL);
	expect_put("mm.anon_vma", ta_at(2, TA_ANON), 0x5000, 8, "0x0");
	/* two counts are off by one area's pages: it became a stack */
	expect_put("mm.vma.flags", ta_at(2, TA_FLAGS), TA_USUAL | VM_GROWSDOWN, 8, NULL);
}

enum { SHADOW_X86 = 37, SHADOW_ARM64 = 38 };

/* An area that is a shadow stack, or has a bit that elsewhere makes one: counted as stack or as data. */
static void shadow(struct world *w, unsigned bit, bool as_stack, unsigned data)
{
	begin(w);
	tk_put(w->t.k, ta_at(3, TA_FLAGS), TA_USUAL | UINT64_C(1) << bit, 8);
	tk_put(w->t.k, TA_MMS + TAM_DATA, data - (as_stack ? 2 : 0), 8);
	tk_put(w->t.k, TA_MMS + TAM_STACK, as_stack ? 2 : 0, 8);
}

static void test_shadow_stack(void **state)
{
	static const unsigned bits[] = { SHADOW_X86, SHADOW_ARM64 };
	struct world w;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		shadow(&w, bits[i / 2], i % 2, 2 * N);
		check(&w);
		assert_int_equal(w.f.n, 0);
		end(&w);
		shadow(&w, bits[i / 2], i % 2, 2 * N + 1);
		expect(&w, "mm.data_vm", TA_MMS + TAM_DATA, i % 2 ? "28" : "30");
	}
}

static void test_links(void **state)
{
	char next[32], prev[32];

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		snprintf(next, sizeof(next), "0x%lx", (unsigned long)(i + 1 < N ? ta_at(i + 1, 0) : 0));
		snprintf(prev, sizeof(prev), "0x%lx", (unsigned long)(i ? ta_at(i - 1, 0) : 0));
		expect_put("mm.rb.list", ta_at(i, TA_NEXT), ta_at((i + 5) % N, 0), 8, next);
		expect_put("mm.rb.list", ta_at(i, TA_NEXT), 0x7ffff000, 8, next);
		expect_put("mm.rb.list", ta_at(i, TA_PREV), ta_at((i + 5) % N, 0), 8, prev);
		expect_put("mm.rb.gap", ta_at(i, TA_GAP), 0x1000, 8, NULL);
	}
	expect_put("mm.rb.list", TA_MMS + TAM_MMAP, ta_at(1, 0), 8, "0x11000");
}

static void test_guard(void **state)
{
	(void)state;
	assert_int_equal(mm_guard_pages(NULL), 256);
	assert_int_equal(mm_guard_pages("ro quiet"), 256);
	assert_int_equal(mm_guard_pages("ro stack_guard_gap=1024 quiet"), 1024);
	assert_int_equal(mm_guard_pages("stack_guard_gap=0"), 0);
	assert_int_equal(mm_guard_pages("ro stack_guard_gap=1M"), 256);
	assert_int_equal(mm_guard_pages("ro no_stack_guard_gap=3"), 256);
}

static void test_tree(void **state)
{
	(void)state;
	for (unsigned i = 0; i < N; i++) {
		expect_put("mm.rb.link", ta_at(i, TA_RB), 0x7ffff001, 8, NULL);
		if (i != ROOT)
			expect_put("mm.rb.link", ta_at(i, TA_RB), 1, 8, NULL);
		expect_put("mm.rb.link", ta_at(i, TA_RB) + 8, 0x7ffff000, 8, NULL);
		expect_put("mm.rb.link", ta_at(i, TA_RB) + 16, ta_at(ROOT, TA_RB), 8, NULL);
	}
	expect_put("mm.rb.link", TA_MMS + TAM_RB, 0, 8, NULL);
	expect_put("mm.rb.link", TA_MMS + TAM_RB, ta_at(2, TA_RB), 8, NULL);
}

/* What a writer may be about to put right is not told. */
static void test_lock(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	tk_put(w.t.k, TA_MMS + TAM_LOCK, 0x100, 8); /* a reader */
	tk_put(w.t.k, TA_MMS + TAM_TOTAL, 3, 8);
	check(&w);
	assert_int_equal(w.f.n, 0);
	assert_int_equal(w.f.nunseen, 1);
	assert_non_null(strstr(w.f.unseen[0].what, "the totals of address space 0x10000"));
	end(&w);
	/* readers leave the number of areas alone */
	begin(&w);
	tk_put(w.t.k, TA_MMS + TAM_LOCK, 0x100, 8);
	tk_put(w.t.k, TA_MMS + TAM_COUNT, 3, 4);
	expect(&w, "mm.map_count", TA_MMS + TAM_COUNT, "15");
	begin(&w);
	tk_put(w.t.k, TA_MMS + TAM_LOCK, 1, 8);
	tk_put(w.t.k, TA_MMS + TAM_LOCK + 8, TA_TASK, 8);
	tk_put(w.t.k, TA_MMS + TAM_COUNT, 3, 4);
	ta_open(&w.t);
	w.t.task.state = 'D';
	assert_int_equal(findings_get(&w.f, &w.t.k->c, &(struct check_limits){ .only = "mm" },
				      &w.arena, NULL), CAIRN_OK);
	assert_int_equal(w.f.n, 0);
	end(&w);
}

/* ... and what no writer leaves, is. */
static void test_written(void **state)
{
	struct world w;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		begin(&w);
		tk_put(w.t.k, TA_MMS + TAM_LOCK, 1, 8);
		tk_put(w.t.k, TA_MMS + TAM_LOCK + 8, TA_TASK, 8);
		if (i)
			tk_put(w.t.k, TA_MMS + TAM_COUNT, 0xffffff, 4);
		else
			tk_put(w.t.k, ta_at(3, TA_END), 0x41414141, 8);
		expect(&w, i ? "mm.map_count" : "mm.vma.align",
		       i ? TA_MMS + TAM_COUNT : ta_at(3, TA_END), NULL);
	}
	begin(&w); /* an area grows */
	tk_put(w.t.k, TA_MMS + TAM_LOCK, 1, 8);
	tk_put(w.t.k, ta_at(3, TA_END), ta_start(3) + 0x5000, 8);
	check(&w);
	assert_int_equal(w.f.n, 0);
	end(&w);
}

/* An area of zeros, or of what freed objects are filled with: one finding. */
static void test_overwritten(void **state)
{
	static const unsigned at[] = { 0, 3, ROOT, N - 1 };
	struct world w;

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		begin(&w);
		for (unsigned m = 0; m < TA_SIZE; m++)
			tk_put(w.t.k, ta_at(at[i / 2], m), i % 2 ? 0x6b : 0, 1);
		check(&w);
		assert_int_equal(w.f.n, 1);
		assert_string_equal(w.f.said[0].f.id, "mm.vma.overwritten");
		assert_int_equal(w.f.said[0].f.object, ta_at(at[i / 2], 0));
		assert_non_null(strstr(w.f.said[0].f.message, i % 2 ? "0x6b" : "0x00"));
		assert_int_equal(w.f.nunseen, 1);
		end(&w);
	}
	/* a few words that are bad are so many findings */
	begin(&w);
	tk_put(w.t.k, ta_at(3, TA_MM), 0, 8);
	tk_put(w.t.k, ta_at(3, TA_FLAGS), 0, 8);
	check(&w);
	assert_int_equal(w.f.n, 2);
	end(&w);
}

/* Add a member to a struct that is declared. */
static void add_member(struct testkern *k, const char *of, const char *name, uint32_t offset,
		       const char *nested)
{
	for (unsigned i = 0; i < k->ntypes; i++) {
		struct type *t = &k->type[i].type;

		if (!strcmp(t->name, of))
			k->type[i].member[t->nmembers++] = (struct type_member){
				name, nested ? tk_find(&k->provider, TYPE_STRUCT, nested) : tk_integer(4),
				8 * offset, 0 };
	}
}

enum { AREA_SEQ = 176, MM_SEQ = 104 };

/* Areas that were locked by the writers before, `seq` being that of one of them. */
static struct world locked_areas(bool seqcount, unsigned mm_seq, unsigned seq, unsigned lock)
{
	static const struct tk_member sequence[] = {
		{ .name = "sequence", .size = 4 }, { .name = NULL },
	};
	struct world w;

	begin(&w);
	tk_struct(w.t.k, "seqcount", 4, sequence);
	add_member(w.t.k, "vm_area_struct", "vm_lock_seq", AREA_SEQ, NULL);
	add_member(w.t.k, "mm_struct", "mm_lock_seq", MM_SEQ, seqcount ? "seqcount" : NULL);
	for (unsigned i = 0; i < N; i++)
		tk_put(w.t.k, ta_at(i, AREA_SEQ), i == 3 ? seq : i % 2 ? UINT32_MAX : 5, 4);
	tk_put(w.t.k, TA_MMS + MM_SEQ, mm_seq, 4);
	tk_put(w.t.k, TA_MMS + TAM_LOCK, lock, 8);
	return w;
}

static void expect_seq(bool seqcount, unsigned mm_seq, unsigned seq, unsigned lock, bool bad)
{
	struct world w = locked_areas(seqcount, mm_seq, seq, lock);

	if (bad) {
		expect(&w, "mm.vma.seq", ta_at(3, AREA_SEQ), NULL);
		return;
	}
	check(&w);
	assert_int_equal(w.f.n, 0);
	end(&w);
}

static void test_seq(void **state)
{
	(void)state;
	expect_seq(true, 8, 7, 0, false);
	expect_seq(true, 8, UINT32_MAX, 0, false);
	expect_seq(true, 8, 9, 0, false);      /* it came round */
	expect_seq(true, 8, 8, 0, true);
	expect_seq(true, 8, 4, 0x100, true);   /* readers */
	expect_seq(true, 9, 4, 1, false);      /* a writer is told elsewhere */
	expect_seq(false, 8, 7, 0, false);
	expect_seq(false, 8, 4, 0, false);
	expect_seq(false, 8, 8, 0, true);
	expect_seq(false, 8, 8, 1, false);
}

/* The heap is the last area, the stack the first. */
static void marks(struct world *w, uint64_t start_brk, uint64_t brk, uint64_t stack)
{
	begin(w);
	tk_put(w->t.k, ta_at(0, TA_FLAGS), TA_USUAL | VM_GROWSDOWN, 8);
	tk_put(w->t.k, TA_MMS + TAM_DATA, 2 * (N - 1), 8);
	tk_put(w->t.k, TA_MMS + TAM_STACK, 2, 8);
	tk_put(w->t.k, TA_MMS + TAM_START_BRK, start_brk, 8);
	tk_put(w->t.k, TA_MMS + TAM_BRK, brk, 8);
	tk_put(w->t.k, TA_MMS + TAM_START_STACK, stack, 8);
}

static void test_marks(void **state)
{
	uint64_t heap = ta_start(N - 1);
	struct world w;

	(void)state;
	marks(&w, heap - 0x123, heap + 0x1800, ta_start(0) + 0x1f80);
	check(&w);
	assert_int_equal(w.f.n, 0);
	end(&w);
	marks(&w, heap + 0x10, heap + 8, 0);
	expect(&w, "mm.brk", TA_MMS + TAM_BRK, NULL);
	marks(&w, heap + 0x2000, heap + 0x3000, 0);
	expect(&w, "mm.heap", TA_MMS + TAM_START_BRK, NULL);
	marks(&w, heap + 0x2001, heap + 0x2fff, 0); /* no page of it */
	check(&w);
	assert_int_equal(w.f.n, 0);
	end(&w);
	marks(&w, 0, 0, ta_start(1));
	expect(&w, "mm.stack", TA_MMS + TAM_START_STACK, NULL);
	marks(&w, 0, 0, ta_start(1) - 0x1000);
	expect(&w, "mm.stack", TA_MMS + TAM_START_STACK, NULL);
}

/* An area that neither tree nor list has: its neighbours lead past it. */
static void lose(struct world *w)
{
	const unsigned i = 14; /* the last one: a leaf of the tree */

	begin(w);
	tk_put(w->t.k, ta_at(i - 1, TA_NEXT), 0, 8);
	tk_put(w->t.k, ta_at(i - 1, TA_RB) + 8, 0, 8);
	tk_put(w->t.k, TA_MMS + TAM_HIGHEST, ta_start(i - 1) + 0x2000, 8);
}

static void test_lost(void **state)
{
	struct world w;

	(void)state;
	lose(&w);
	expect(&w, "mm.vma.lost", TA_MMS + TAM_RB, "0x11af0");
	/* it is another address space's, or of other pages: only the counts say that one is missing */
	for (unsigned k = 0; k < 2; k++) {
		lose(&w);
		tk_put(w.t.k, k ? ta_at(14, TA_MM) : ta_at(14, TA_END), k ? 0x5000 : ta_start(14) + 0x1000, 8);
		expect(&w, "mm.vma.lost", TA_MMS + TAM_RB, "15 areas");
	}
	/* it was unmapped, and what was freed still has its words */
	lose(&w);
	tk_put(w.t.k, TA_MMS + TAM_COUNT, N - 1, 4);
	tk_put(w.t.k, TA_MMS + TAM_TOTAL, 2 * (N - 1), 8);
	tk_put(w.t.k, TA_MMS + TAM_DATA, 2 * (N - 1), 8);
	check(&w);
	assert_int_equal(w.f.n, 0);
	end(&w);
}

/* What no lock counts, for a machine of one task. */
static void test_lock_count(void **state)
{
	static const uint64_t odd[] = { 8, 0x80, 0x200, UINT64_C(1) << 63, 0xdeadbeefcafebabe };
	struct world w;

	(void)state;
	for (unsigned i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		expect_put("mm.lock.count", TA_MMS + TAM_LOCK, odd[i], 8, NULL);
	begin(&w);
	tk_put(w.t.k, TA_MMS + TAM_LOCK, 0x106, 8); /* a reader, and somebody waits */
	check(&w);
	assert_int_equal(w.f.n, 0);
	end(&w);
}

static struct world with_users(uint32_t users, bool kernel_thread)
{
	struct world w;

	begin(&w);
	tk_put(w.t.k, TA_MMS + TAM_USERS, users, 4);
	ta_open(&w.t);
	w.t.task.kernel_thread = kernel_thread;
	assert_int_equal(findings_get(&w.f, &w.t.k->c, &(struct check_limits){ .only = "mm" },
				      &w.arena, NULL), CAIRN_OK);
	return w;
}

/* A task has it; a kernel thread may have one that nobody uses any more. */
static void test_users(void **state)
{
	struct world w;

	(void)state;
	expect_put("mm.users", TA_MMS + TAM_USERS, 0, 4, "1");
	expect_put("mm.users", TA_MMS + TAM_USERS, UINT32_MAX, 4, "1");
	w = with_users(3, false);
	assert_int_equal(w.f.n, 0);
	end(&w);
	w = with_users(0, true);
	assert_int_equal(w.f.n, 0);
	end(&w);
	/* and what is wrong there besides is not hidden */
	begin(&w);
	tk_put(w.t.k, TA_MMS + TAM_USERS, 0, 4);
	tk_put(w.t.k, TA_MMS + TAM_COUNT, 3, 4);
	check(&w);
	assert_int_equal(w.f.n, 2);
	assert_string_equal(w.f.said[1].f.id, "mm.map_count");
	end(&w);
}

/* A chain of one link that leads nowhere, at its begin or at its end. */
static void test_torn_chain(void **state)
{
	const uint64_t avc = TA_AREAS + 0x8000, nowhere[] = { 0, 0x7ffff000 };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct world w;
		char found[32];

		begin(&w);
		tk_put(w.t.k, ta_at(4, TA_ANON), 0x5000, 8);
		tk_put(w.t.k, ta_at(4, TA_CHAIN), i & 1 ? avc + 16 : nowhere[i / 2], 8);
		tk_put(w.t.k, avc, ta_at(4, 0), 8);
		tk_put(w.t.k, avc + 8, 0x5000, 8);
		tk_put(w.t.k, avc + 16, nowhere[i / 2], 8);
		check(&w);
		snprintf(found, sizeof(found), "0x%llx", (unsigned long long)nowhere[i / 2]);
		assert_int_equal(w.f.n, 1);
		assert_int_equal(w.f.said[0].f.addr, i & 1 ? avc + 16 : ta_at(4, TA_CHAIN));
		assert_string_equal(w.f.said[0].f.found, found);
		assert_string_equal(w.f.said[0].f.field, i & 1 ? "anon_vma_chain.same_vma.next" :
				    "vm_area_struct.anon_vma_chain.next");
		end(&w);
	}
}

/* A chain that names the area, one that names another. */
static void test_chain(void **state)
{
	const uint64_t avc = TA_AREAS + 0x8000;

	(void)state;
	for (int bad = 0; bad < 3; bad++) {
		struct world w;

		begin(&w);
		tk_put(w.t.k, ta_at(4, TA_ANON), bad == 2 ? 0 : 0x5000, 8);
		tk_put(w.t.k, ta_at(4, TA_CHAIN), avc + 16, 8);
		tk_put(w.t.k, avc, bad == 1 ? ta_at(5, 0) : ta_at(4, 0), 8);
		tk_put(w.t.k, avc + 8, 0x5000, 8);
		tk_put(w.t.k, avc + 16, ta_at(4, TA_CHAIN), 8);
		if (bad) {
			expect(&w, "mm.anon_vma", bad == 1 ? avc : ta_at(4, TA_ANON),
			       bad == 1 ? NULL : "0x5000");
			continue;
		}
		check(&w);
		assert_int_equal(w.f.n, 0);
		end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_silent), cmocka_unit_test(test_sealed), cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_counts), cmocka_unit_test(test_words_of_an_area),
		cmocka_unit_test(test_shadow_stack),
		cmocka_unit_test(test_links), cmocka_unit_test(test_guard),
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_lock), cmocka_unit_test(test_written),
		cmocka_unit_test(test_overwritten),
		cmocka_unit_test(test_lock_count),
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_chain), cmocka_unit_test(test_torn_chain), cmocka_unit_test(test_seq),
		cmocka_unit_test(test_marks), cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
