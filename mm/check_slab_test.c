/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checker on a cache with all lists of free objects that there are, one word damaged at a time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/kern/finding.h"
#include "lib/kern/maple_shelf.h"
#include "mm/check_slab.h"
#include "mm/testlists.h"

#define NOWHERE UINT64_C(0xbebe000000000000)
#define LIST_OF(n) (TL_PAGE(n) + TL_FREE) /* the word that has its first object */

struct world {
	struct testlists l;
	struct arena arena;
	struct findings f;
};

static void begin(struct world *w)
{
	*w = (struct world){ 0 };
	tl_begin(&w->l);
}

static void check(struct world *w)
{
	const struct check_limits limits = { .only = "slab" };
	struct cairn_err err;

	tl_open(&w->l);
	if (findings_get(&w->f, &w->l.t->c, &limits, &w->arena, &err))
		fail_msg("%s", err.text);
	for (size_t i = 1; i < w->f.n; i++)
		print_message("also %s: %s\n", w->f.said[i].f.id, w->f.said[i].f.message);
}

static void end(struct world *w)
{
	arena_deinit(&w->arena);
	maple_shelf_free(&w->l.t->c); /* of other checkers */
	tl_end(&w->l);
}

static void expect_silence(struct world *w)
{
	check(w);
	assert_int_equal(w->f.n, 0);
	assert_int_equal(w->f.nunseen, 0);
	end(w);
}

/* One finding, that of the word. */
static const struct cairn_finding *expect(struct world *w, const char *id, uint64_t addr)
{
	check(w);
	assert_int_equal(w->f.n, 1);
	assert_string_equal(w->f.said[0].f.id, id);
	assert_int_equal(w->f.said[0].f.addr, addr);
	assert_int_equal(w->f.said[0].f.severity, CAIRN_ERROR);
	assert_int_equal(w->f.nunseen, 0);
	return &w->f.said[0].f;
}

/* The same where one word has another value. */
static void expect_put(const char *id, uint64_t addr, uint64_t value, uint64_t object)
{
	const struct cairn_finding *f;
	struct world w;
	char found[32];

	begin(&w);
	tp_put(w.l.t, addr, value, 8);
	f = expect(&w, id, addr);
	snprintf(found, sizeof(found), "0x%llx", (unsigned long long)value);
	assert_string_equal(f->found, found);
	assert_int_equal(f->object, object);
	assert_int_equal(f->grade, CAIRN_CERTAIN);
	assert_non_null(strstr(f->message, " of zoo "));
	end(&w);
}

static void sound(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	expect_silence(&w);
	/* without the name nothing else is missing */
	begin(&w);
	tp_put(w.l.t, TL_CACHE, TP_SIZE + 0x1000, 8);
	expect_silence(&w);
	/* a CPU that gives back what it had */
	begin(&w);
	tp_put(w.l.t, TL_CPUS + TL_AREA + TL_CPU_LIST, NOWHERE, 8);
	expect_silence(&w);
	/* a kernel that has handed out all there is */
	begin(&w);
	for (unsigned i = 0; i < 5; i++)
		tl_slab(&w.l, i, 0, 0);
	tp_put(w.l.t, TL_CPUS + TL_CPU_LIST, 0, 8);
	expect_silence(&w);
}

/* Of each slab that has a list, and of a CPU: to between two objects, to behind the last, to another
 * slab, to nowhere. */
static void heads(void **state)
{
	static const unsigned with_list[] = { 0, 1, 3, 4 };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		unsigned n = with_list[i];
		const uint64_t to[] = { TL_OBJECT(n, 2) + 8, TL_OBJECT(n, TL_OBJECTS), TL_OBJECT(2, 1),
					NOWHERE | TL_OBJECT(n, 2) };

		for (unsigned k = 0; k < 4; k++)
			expect_put("slab.freelist.head", LIST_OF(n), to[k], TL_PAGE(n));
	}
	expect_put("slab.freelist.head", TL_CPUS + TL_CPU_LIST, TL_OBJECT(0, 1) + 8, TL_PAGE(0));
	expect_put("slab.freelist.head", TL_CPUS + TL_CPU_LIST, TL_OBJECT(1, 1), TL_PAGE(0));
	expect_put("slab.freelist.head", TL_CPUS + TL_CPU_LIST, NOWHERE, TL_PAGE(0));
}

static void links(void **state)
{
	static const uint64_t of[] = {
		TL_OBJECT(0, 1), TL_OBJECT(0, 2), /* the CPU's */
		TL_OBJECT(0, 3), TL_OBJECT(1, 0), TL_OBJECT(1, 1), TL_OBJECT(1, 2),
		TL_OBJECT(3, 4), TL_OBJECT(3, 5), TL_OBJECT(4, 9),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		expect_put("slab.freelist.link", of[i], of[i] + 8, of[i]);
		expect_put("slab.freelist.link", of[i], TL_OBJECT(2, 1), of[i]);
		expect_put("slab.freelist.link", of[i], NOWHERE, of[i]);
	}
}

/* An object that was freed twice: told once, at the object where the walk gave up. */
static void circle(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	tp_put(w.l.t, TL_OBJECT(1, 2), TL_OBJECT(1, 0), 8);
	check(&w);
	assert_int_equal(w.f.n, 1);
	assert_string_equal(w.f.said[0].f.id, "slab.freelist.link");
	end(&w);
}

static void expect_count(struct world *w, unsigned slab, enum cairn_grade grade)
{
	const struct cairn_finding *f = expect(w, "slab.freelist.count", LIST_OF(slab));

	assert_int_equal(f->object, TL_PAGE(slab));
	assert_int_equal(f->grade, grade);
	end(w);
}

static void counts(void **state)
{
	struct world w;

	(void)state;
	for (unsigned inuse = 0; inuse <= TL_OBJECTS; inuse++) {
		if (inuse == 8) /* as it is */
			continue;
		begin(&w);
		tl_page(&w.l, 3, TL_INUSE, inuse, 2);
		expect_count(&w, 3, CAIRN_CERTAIN);
	}
	/* a link that cuts off a part, another that ties a part in */
	begin(&w);
	tp_put(w.l.t, TL_OBJECT(3, 4), 0, 8);
	expect_count(&w, 3, CAIRN_CERTAIN);
	begin(&w);
	tp_put(w.l.t, TL_OBJECT(4, 9), TL_OBJECT(4, 2), 8);
	expect_count(&w, 4, CAIRN_CERTAIN);
}

/* Whoever has the slab's lock, or its node's, may be about to put it right; what is a CPU's is
 * changed without either. */
static void counts_in_flight(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	tl_page(&w.l, 3, TL_INUSE, 7, 2);
	tl_page(&w.l, 3, 0, 1u << 9 | 1, 8); /* PG_locked */
	expect_count(&w, 3, CAIRN_IN_FLIGHT);
	begin(&w);
	tl_page(&w.l, 3, TL_INUSE, 7, 2);
	tp_put(w.l.t, TL_NODE + TL_LOCK, 1, 8);
	expect_count(&w, 3, CAIRN_IN_FLIGHT);
	for (unsigned i = 0; i < 3; i++) {
		begin(&w);
		tl_page(&w.l, i, TL_INUSE, 5, 2);
		expect_count(&w, i, CAIRN_IN_FLIGHT);
	}
}

/* What cannot be looked at is told, and keeps nothing else from being looked at. */
static void unread(void **state)
{
	static const uint64_t away[] = {
		TL_CPUS + TL_CPU_PARTIAL, TL_CACHE + TL_NODES, TL_NODE + TL_PARTIAL,
	};
	static const struct cairn_err gone = { .code = CAIRN_MISSING };
	struct world w;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		begin(&w);
		tp_put(w.l.t, away[i], TP_SIZE + 0x1000, 8);
		tp_put(w.l.t, LIST_OF(0), NOWHERE, 8);
		check(&w);
		assert_int_equal(w.f.n, 1);
		assert_int_equal(w.f.nunseen, 1);
		assert_non_null(strstr(w.f.unseen[0].what, "of free objects"));
		end(&w);
	}
	begin(&w);
	w.l.cpu[0].fault = &gone;
	tp_put(w.l.t, LIST_OF(3), NOWHERE, 8);
	check(&w);
	assert_int_equal(w.f.n, 1);
	assert_int_equal(w.f.nunseen, 1);
	assert_string_equal(w.f.unseen[0].what, "what CPUs allocate from");
	end(&w);
}

/* Nobody died in the allocator: it is only for those who name it. */
static void unasked(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	tp_put(w.l.t, LIST_OF(3), NOWHERE, 8);
	tl_open(&w.l);
	assert_int_equal(findings_get(&w.f, &w.l.t->c, &(struct check_limits){ 0 }, &w.arena, NULL), CAIRN_OK);
	for (size_t i = 0; i < w.f.n; i++)
		assert_string_not_equal(w.f.said[i].check->name, "slab");
	for (size_t i = 0; i < w.f.nunseen; i++)
		assert_string_not_equal(w.f.unseen[i].check->name, "slab");
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound), cmocka_unit_test(heads), cmocka_unit_test(links),
		cmocka_unit_test(circle), cmocka_unit_test(counts), cmocka_unit_test(counts_in_flight),
		cmocka_unit_test(unread), cmocka_unit_test(unasked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
