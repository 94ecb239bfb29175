/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/rwsem.h"
#include "lib/kern/testkern.h"

#define SEM TK_BASE
/* above the middle of the address space, as the kernel's memory is */
#define TASK UINT64_C(0xc4321000)

static struct rwsem read_sem(uint8_t word, uint64_t count, uint64_t owner)
{
	const struct tk_member counter[] = {
		{ .name = "counter", .size = word, .nested = "-" }, { .name = NULL },
	};
	const struct tk_member sem[] = {
		{ .name = "count", .nested = "atomic" },
		{ .name = "owner", .offset = word, .nested = "atomic" },
		{ .name = NULL },
	};
	struct testkern *k = tk_new();
	struct rwsem_layout l;
	struct rwsem ret;

	tk_struct(k, "atomic", word, counter);
	tk_struct(k, "rw_semaphore", 3 * word, sem);
	tk_put(k, SEM, count, word);
	tk_put(k, SEM + word, owner, word);
	tk_open(k, word);
	rwsem_layout_init(&l, &k->c.types);
	assert_int_equal(rwsem_read(&l, &k->c.kernel, SEM, &ret, NULL), CAIRN_OK);
	tk_free(k);
	return ret;
}

static void expect(uint8_t word, uint64_t count, uint64_t owner, enum rwsem_hold hold,
		   uint64_t who, uint64_t readers)
{
	struct rwsem r = read_sem(word, count, owner);

	assert_int_equal(r.hold, hold);
	assert_int_equal(r.owner, who);
	assert_int_equal(r.readers, readers);
	assert_int_equal(r.owner_at, SEM + word);
	assert_int_equal(r.owner_word, owner);
	assert_string_equal(r.count_name, "count");
	assert_int_equal(r.count_at, SEM);
	assert_int_equal(r.count, count);
	assert_int_equal(r.unwritten, count & ~UINT64_C(1));
}

static void holders(void **state)
{
	(void)state;
	for (uint8_t word = 4; word <= 8; word += 4) {
		uint64_t sign = UINT64_C(1) << (8 * word - 1);

		expect(word, 0, 0, RWSEM_FREE, 0, 0);
		expect(word, 6, TASK, RWSEM_FREE, TASK, 0);
		expect(word, 1, TASK, RWSEM_WRITER, TASK, 0);
		expect(word, 7, TASK, RWSEM_WRITER, TASK, 0);
		expect(word, 1, TASK | 3, RWSEM_WRITER, TASK, 0);
		assert_false(read_sem(word, 1, TASK | 3).is_signed);
		assert_true(read_sem(word, 1, TASK | 2).is_signed);
		assert_false(read_sem(word, 1, 0).is_signed);
		expect(word, 0x300, TASK | 1, RWSEM_READERS, TASK, 3);
		expect(word, 1, sign | TASK, RWSEM_WRITER, sign | TASK, 0);
		expect(word, sign | 0x100, TASK | 1, RWSEM_READERS, TASK, 1);
	}
}

/* What no semaphore has. */
static void contradictions(void **state)
{
	(void)state;
	for (uint8_t word = 4; word <= 8; word += 4) {
		static const uint64_t fine[] = { 0, 1, 6, 7, 0x300, 0x301, 0x307 };
		struct rwsem r;

		for (unsigned i = 0; i < sizeof(fine) / sizeof(*fine); i++) {
			r = read_sem(word, fine[i], TASK);
			assert_null(rwsem_contradiction(&r, 3));
		}
		r = read_sem(word, 0x300, TASK);
		assert_non_null(rwsem_contradiction(&r, 2));
		r = read_sem(word, 9, TASK);
		assert_non_null(rwsem_contradiction(&r, 3));
		r = read_sem(word, UINT64_C(1) << (8 * word - 1), TASK);
		assert_non_null(rwsem_contradiction(&r, 3));
	}
}

/* Somebody waits: on the lock's list, or not; or the list is being changed. */
static void deserted(void **state)
{
	const struct tk_member head[] = { { .name = "next", .size = 8 }, { .name = NULL } };
	const struct tk_member sem[] = {
		{ .name = "count", .size = 8 }, { .name = "owner", .offset = 8, .size = 8 },
		{ .name = "wait_lock", .offset = 16, .nested = "spinlock" },
		{ .name = "wait_list", .offset = 24, .nested = "list_head" }, { .name = NULL },
	};
	const struct tk_member raw[] = { { .name = "slock", .size = 4 }, { .name = NULL } };
	const struct tk_member lock[] = {
		{ .name = "raw_lock", .nested = "raw" }, { .name = NULL },
	};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct testkern *k = tk_new();
		struct rwsem_layout l;
		struct rwsem r;

		tk_struct(k, "list_head", 8, head);
		tk_struct(k, "raw", 4, raw);
		tk_struct(k, "spinlock", 4, lock);
		tk_struct(k, "rw_semaphore", 32, sem);
		tk_put(k, SEM, 2, 8);
		tk_put(k, SEM + 16, i == 1, 4);
		tk_put(k, SEM + 24, i == 2 ? TASK : SEM + 24, 8);
		tk_open(k, 8);
		rwsem_layout_init(&l, &k->c.types);
		assert_int_equal(rwsem_read(&l, &k->c.kernel, SEM, &r, NULL), CAIRN_OK);
		assert_int_equal(rwsem_contradiction(&r, 3) != NULL, i == 0);
		tk_free(k);
	}
}

/* PREEMPT_RT: readers of a base lock, the writer is the owner of a mutex. `flat`: as it was out of
 * tree. */
static struct rwsem read_rt_as(bool flat, uint32_t readers)
{
	const struct tk_member counter[] = { { .name = "counter", .size = 4 }, { .name = NULL } };
	const struct tk_member mutex[] = {
		{ .name = "owner", .size = 8 }, { .name = NULL },
	};
	const struct tk_member base[] = {
		{ .name = "readers", .nested = "atomic" },
		{ .name = "rtmutex", .offset = 8, .nested = "rt_mutex_base" }, { .name = NULL },
	};
	const struct tk_member sem[] = {
		{ .name = "rwbase", .nested = "rwbase_rt" }, { .name = NULL },
	};
	struct testkern *k = tk_new();
	struct rwsem_layout l;
	struct rwsem ret;

	tk_struct(k, "atomic", 4, counter);
	tk_struct(k, "rt_mutex_base", 8, mutex);
	tk_struct(k, "rwbase_rt", 16, base);
	tk_struct(k, "rw_semaphore", 16, flat ? base : sem);
	tk_put(k, SEM, readers, 4);
	tk_put(k, SEM + 8, TASK | 1, 8);
	tk_open(k, 8);
	rwsem_layout_init(&l, &k->c.types);
	assert_int_equal(rwsem_read(&l, &k->c.kernel, SEM, &ret, NULL), CAIRN_OK);
	tk_free(k);
	return ret;
}

static struct rwsem read_rt(uint32_t readers)
{
	return read_rt_as(false, readers);
}

static void real_time(void **state)
{
	(void)state;
	assert_int_equal(read_rt(0x40000000).hold, RWSEM_WRITER);
	assert_int_equal(read_rt(0x40000000).owner, TASK);
	assert_int_equal(read_rt(0x80000000).hold, RWSEM_FREE);
	assert_int_equal(read_rt(0x80000002).hold, RWSEM_READERS);
	assert_int_equal(read_rt(0x80000002).readers, 2);
	assert_string_equal(read_rt(0x40000000).count_name, "rwbase.readers");
	assert_int_equal(read_rt(0x40000000).count_at, SEM);
	assert_int_equal(read_rt(0x40000000).count, 0x40000000);
	assert_int_equal(read_rt(0x40000000).unwritten, 0x80000000);
	assert_string_equal(read_rt_as(true, 0x40000000).count_name, "readers");
	assert_int_equal(read_rt_as(true, 0x40000000).owner, TASK);
	/* a writer waits for two readers; for none any more */
	assert_int_equal(read_rt(2).readers, 2);
	assert_int_equal(read_rt(0).hold, RWSEM_UNTOLD);
}

static void unknown_and_unread(void **state)
{
	struct testkern *k = tk_new();
	struct rwsem_layout l;
	struct rwsem ret;

	(void)state;
	tk_open(k, 8);
	rwsem_layout_init(&l, &k->c.types);
	assert_int_equal(rwsem_read(&l, &k->c.kernel, SEM, &ret, NULL), CAIRN_MISSING);
	tk_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holders), cmocka_unit_test(contradictions),
		cmocka_unit_test(deserted),
		cmocka_unit_test(real_time),
		cmocka_unit_test(unknown_and_unread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
