/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/image/overlay.h"
#include "lib/image/testmem.h"

#define AT UINT64_C(0x3010)
#define PAGES 3000 /* more than the cache has room for */

static struct testmem mem;

static struct image *open_memory(void)
{
	mem = (struct testmem){ 0 };
	testmem_add(&mem, 0, PAGES * 4096);
	testmem_exclude(&mem, UINT64_C(1) << 32, 4096);
	testmem_put(&mem, AT, 0x1111111122222222, 8);
	return testmem_open(&mem);
}

static void close_memory(struct image *img)
{
	image_close(img);
	testmem_free(&mem);
}

static uint64_t word_at(struct image *img, uint64_t paddr)
{
	uint64_t v = 0;

	assert_int_equal(image_read(img, paddr, &v, 8, NULL), CAIRN_OK);
	return v;
}

static void put(struct image *img, uint64_t paddr, uint64_t v, size_t len)
{
	assert_int_equal(overlay_write(img, paddr, &v, len, NULL), CAIRN_OK);
}

static void written_and_undone(void **state)
{
	struct image *img = open_memory();
	struct page *pinned = image_pin(img, AT);

	(void)state;
	put(img, AT, 0xabcdef, 8);
	assert_int_equal(word_at(img, AT), 0xabcdef);
	assert_int_equal(*(const uint64_t *)(pinned->data + 0x10), 0xabcdef);
	put(img, AT + 1, 0x99, 1);
	assert_int_equal(word_at(img, AT), 0xab99ef);
	assert_int_equal(overlay_count(img), 2);
	overlay_undo(img, 1);
	assert_int_equal(word_at(img, AT), 0xabcdef);
	overlay_undo(img, 0);
	assert_int_equal(word_at(img, AT), 0x1111111122222222);
	assert_int_equal(*(const uint64_t *)(pinned->data + 0x10), 0x1111111122222222);
	image_put(img, pinned);
	close_memory(img);
}

static void push_out(struct image *img)
{
	for (uint64_t i = 16; i < PAGES; i++)
		word_at(img, i * 4096);
}

/* The page is thrown out of the cache and comes back: with what was written, without what
 * was undone. */
static void outlives_the_cache(void **state)
{
	struct image *img = open_memory();

	(void)state;
	put(img, AT, 5, 8);
	push_out(img);
	assert_int_equal(word_at(img, AT), 5);
	push_out(img);
	overlay_undo(img, 0);
	push_out(img);
	assert_int_equal(word_at(img, AT), 0x1111111122222222);
	close_memory(img);
}

static void in_bulk(void **state)
{
	struct image *img = open_memory();
	static unsigned char page[4096];
	struct image_load load = { .paddr = AT, .to = page };

	(void)state;
	put(img, AT, 5, 8);
	image_load(img, &load, 1);
	assert_int_equal(*(uint64_t *)(page + 0x10), 5);
	overlay_undo(img, 0);
	image_load(img, &load, 1);
	assert_int_equal(*(uint64_t *)(page + 0x10), 0x1111111122222222);
	close_memory(img);
}

static void not_of_clones(void **state)
{
	struct image *img = open_memory(), *twin;

	(void)state;
	put(img, AT, 5, 8);
	assert_int_equal(image_clone(&twin, img, NULL), CAIRN_OK);
	assert_int_equal(word_at(twin, AT), 0x1111111122222222);
	image_close(twin);
	close_memory(img);
}

static void refused(void **state)
{
	struct image *img = open_memory();
	unsigned char many[OVERLAY_BYTES + 1] = { 0 };
	struct cairn_err err;

	(void)state;
	mem_fail_after(0);
	assert_int_equal(overlay_write(img, AT, many, 8, &err), CAIRN_NOMEM);
	mem_fail_after(-1);
	assert_int_equal(overlay_write(img, 0x3ffc, many, 8, &err), CAIRN_USAGE);
	assert_int_equal(overlay_write(img, AT, many, sizeof(many), &err), CAIRN_USAGE);
	assert_int_equal(overlay_write(img, UINT64_C(1) << 32, many, 8, &err), CAIRN_FAULT);
	assert_int_equal(err.fault, CAIRN_FAULT_EXCLUDED);
	assert_int_equal(overlay_count(img), 0);
	assert_int_equal(word_at(img, AT), 0x1111111122222222);
	close_memory(img);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_and_undone),
		cmocka_unit_test(outlives_the_cache),
		cmocka_unit_test(in_bulk),
		cmocka_unit_test(not_of_clones),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
