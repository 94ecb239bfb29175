/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/image/overlay.h"
#include "lib/kern/maple_shelf.h"
#include "lib/kern/testmaple.h"

static struct tmt t;

static struct cairn *begin(void)
{
	struct tmt_range e[TMT_RANGES];
	unsigned n;

	t = tmt_new(8, true);
	n = tmt_usual_ranges(&t, e);
	tmt_build(&t, e, n, 12, 6);
	return tmt_open(&t);
}

/* Who comes next finds what was got before. */
static void kept(void **state)
{
	struct cairn *c = begin();
	struct shelf *s = maple_shelf_take(c);
	const unsigned char *p = shelf_peek(s, TMT_NODES, 8, NULL);

	(void)state;
	assert_non_null(p);
	assert_ptr_equal(maple_shelf_take(c), s);
	maple_shelf_give(c);
	maple_shelf_give(c);
	assert_ptr_equal(maple_shelf_take(c), s);
	assert_ptr_equal(shelf_there(s, TMT_NODES, 8), p);
	maple_shelf_give(c);
	tmt_free(&t);
}

/* But not what memory is no more. */
static void not_what_is_stale(void **state)
{
	static const unsigned char other[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct cairn *c = begin();
	struct shelf *s = maple_shelf_take(c);
	uint64_t paddr, was;

	(void)state;
	/* copied, as many at once are: what is pinned sees every change by itself */
	for (unsigned i = 0; i < 200; i++)
		shelf_want(s, TMT_NODES + 0x1000 * i, 8);
	shelf_load(s);
	was = le64(shelf_peek(s, TMT_NODES, 8, NULL));
	maple_shelf_give(c);
	assert_int_equal(space_translate(&c->kernel, TMT_NODES, &paddr, NULL), CAIRN_OK);
	assert_int_equal(overlay_write(c->img, paddr, other, 8, NULL), CAIRN_OK);
	s = maple_shelf_take(c);
	assert_int_equal(le64(shelf_peek(s, TMT_NODES, 8, NULL)), le64(other));
	maple_shelf_give(c);
	overlay_undo(c->img, 0);
	s = maple_shelf_take(c);
	assert_int_equal(le64(shelf_peek(s, TMT_NODES, 8, NULL)), was);
	maple_shelf_give(c);
	tmt_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept),
		cmocka_unit_test(not_what_is_stale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
