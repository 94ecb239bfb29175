/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "lib/kern/log_ring.h"
#include "lib/kern/testring.h"

/* Addresses of the arrays; any will do. */
#define DESCS UINT64_C(0x100000)
#define INFOS UINT64_C(0x200000)
#define DATA UINT64_C(0x300000)

struct world {
	struct testring *t;
	struct log_ring r;
	struct arena arena;
	struct log log;
	struct extent_hole hole[LOG_ARRAYS];
};

static struct world *world(uint8_t word, unsigned count_bits, unsigned size_bits, bool narrow)
{
	struct world *w = calloc(1, sizeof(*w));

	w->t = tr_new(word, count_bits, size_bits, narrow);
	return w;
}

static void drop(struct world *w)
{
	arena_deinit(&w->arena);
	tr_free(w->t);
	free(w);
}

static struct extent extent(const unsigned char *array, uint64_t addr, const struct range *of)
{
	return (struct extent){
		.addr = of->begin, .data = array + (of->begin - addr),
		.len = of->end - of->begin, .what = "kernel address",
	};
}

/* The ring as it stands, its arrays as log.c would have read them. */
static void parse(struct world *w)
{
	const unsigned char *const data[] = { w->t->descs, w->t->infos, w->t->data };
	unsigned char raw[128];
	struct range range[2];

	tr_head(w->t, raw, DESCS, INFOS, DATA);
	assert_int_equal(log_ring_parse(&w->r, &w->t->l, raw, NULL), CAIRN_OK);
	for (unsigned i = 0; i < LOG_ARRAYS; i++) {
		log_ring_ranges(&w->r, (enum log_array)i, range);
		w->r.piece[i][0] = extent(data[i], w->r.addr[i], &range[0]);
		w->r.piece[i][1] = extent(data[i], w->r.addr[i], &range[1]);
	}
}

static void read_all(struct world *w)
{
	assert_int_equal(log_ring_records(&w->log, &w->r, &w->arena, NULL), CAIRN_OK);
}

/* After parse(), in a ring whose first record is at the arrays' start: the initial descriptor,
   at their end, is the first piece. */
static void hole(struct world *w, enum log_array array, uint64_t begin, uint64_t len)
{
	struct extent *e = &w->r.piece[array][array != LOG_TEXT];

	assert_int_equal(e->addr, w->r.addr[array]);
	w->hole[array] = (struct extent_hole){ begin, begin + len, CAIRN_FAULT_EXCLUDED };
	e->hole = &w->hole[array];
	e->nholes = 1;
}

static void is(const struct log_record *rec, uint64_t seq, const char *text)
{
	assert_int_equal(rec->seq, seq);
	assert_int_equal(rec->len, strlen(text));
	assert_memory_equal(rec->text, text, rec->len);
}

static const struct { uint8_t word; bool narrow; } machines[] = {
	{ 8, false }, { 8, true }, { 4, false }, { 4, true },
};

#define EACH_MACHINE(i) for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)

static void fields(void **state)
{
	(void)state;
	EACH_MACHINE(i) {
		struct world *w = world(machines[i].word, 4, 10, machines[i].narrow);
		uint64_t id;

		tr_print(w->t, 5, 2, 1500, 0x80000001, "first");
		id = tr_print(w->t, 4, 8, 2000000000, 77, "second\nline");
		memcpy(tr_info(w->t, id) + w->t->l.subsystem, "pci", 4);
		memcpy(tr_info(w->t, id) + w->t->l.device, "+pci:0000:00:1f.2", 18);
		tr_info(w->t, id)[w->t->l.facility] = 1;
		tr_print(w->t, 6, 2, 3, 0, NULL);
		parse(w);
		read_all(w);
		assert_int_equal(w->log.n, 3);
		is(&w->log.record[0], 0, "first");
		assert_int_equal(w->log.record[0].ts_nsec, 1500);
		assert_int_equal(w->log.record[0].caller, 0x80000001);
		assert_int_equal(w->log.record[0].level, 5);
		assert_false(w->log.record[0].continued);
		assert_null(w->log.record[0].subsystem);
		is(&w->log.record[1], 1, "second\nline");
		assert_int_equal(w->log.record[1].level, 4);
		assert_int_equal(w->log.record[1].facility, 1);
		assert_true(w->log.record[1].continued);
		assert_string_equal(w->log.record[1].subsystem, "pci");
		assert_string_equal(w->log.record[1].device, "+pci:0000:00:1f.2");
		is(&w->log.record[2], 2, "");
		assert_false(w->log.record[2].damaged);
		assert_false(w->log.partial);
		drop(w);
	}
}

static void empty(void **state)
{
	struct world *w = world(8, 4, 10, false);

	(void)state;
	parse(w);
	read_all(w);
	assert_int_equal(w->log.n, 0);
	drop(w);
}

/* Long enough to wrap ids and positions: the last records are there, in order, whole. Of
   those before them empty lines may be left, as they have no text to give up. */
static void wraps(void **state)
{
	char text[64];

	(void)state;
	EACH_MACHINE(i) {
		for (unsigned count_bits = 3; count_bits < 7; count_bits++) {
			struct world *w = world(machines[i].word, count_bits, 9,
						machines[i].narrow);

			for (unsigned n = 0; n < 500; n++) {
				snprintf(text, sizeof(text), "record %u %.*s", n, (int)(n % 40),
					 "........................................");
				tr_print(w->t, 6, 2, n, 1, n % 7 ? text : NULL);
			}
			parse(w);
			read_all(w);
			assert_true(w->log.n > 4);
			assert_int_equal(w->log.record[w->log.n - 1].seq, 499);
			for (size_t k = 0; k < w->log.n; k++) {
				uint64_t n = w->log.record[k].seq;

				if (k && n - 1 != w->log.record[k - 1].seq)
					assert_int_equal(w->log.record[k - 1].len, 0);
				snprintf(text, sizeof(text), "record %u %.*s", (unsigned)n,
					 (int)(n % 40), "........................................");
				is(&w->log.record[k], n, n % 7 ? text : "");
				assert_int_equal(w->log.record[k].ts_nsec, n);
				assert_false(w->log.record[k].damaged);
			}
			drop(w);
		}
	}
}

static void being_written(void **state)
{
	struct world *w = world(8, 4, 10, true);

	(void)state;
	tr_print(w->t, 6, 2, 10, 1, "done");
	tr_reserve(w->t, "half of a li");
	tr_print(w->t, 6, 2, 20, 2, "by another CPU");
	tr_state(w->t, tr_print(w->t, 6, 0, 30, 1, "open end"), TR_COMMITTED);
	/* the head has moved, the descriptor has not been taken yet */
	w->t->head_id++;
	parse(w);
	read_all(w);
	assert_int_equal(w->log.n, 5);
	is(&w->log.record[1], 1, "half of a li");
	assert_true(w->log.record[1].damaged);
	assert_string_equal(w->log.record[1].reason, "was being written");
	assert_int_equal(w->log.record[1].fault, CAIRN_FAULT_NONE);
	is(&w->log.record[2], 2, "by another CPU");
	is(&w->log.record[3], 3, "open end");
	assert_false(w->log.record[3].damaged);
	is(&w->log.record[4], 4, "");
	assert_true(w->log.record[4].damaged);
	drop(w);
}

static void not_yet_taken_in_a_full_ring(void **state)
{
	struct world *w = world(8, 3, 12, false);

	(void)state;
	for (unsigned n = 0; n < 20; n++)
		tr_print(w->t, 6, 2, n, 1, "text");
	w->t->tail_id++;
	w->t->head_id++;
	parse(w);
	read_all(w);
	assert_int_equal(w->log.n, 8);
	assert_int_equal(w->log.record[7].seq, 20);
	assert_string_equal(w->log.record[7].reason, "was being written");
	assert_false(w->log.record[7].has_info);
	drop(w);
}

static void text_lost(void **state)
{
	struct world *w = world(8, 4, 10, false);
	uint64_t id = tr_print(w->t, 6, 2, 10, 1, "text");

	(void)state;
	tr_put(tr_desc(w->t, id) + w->t->l.begin, 1, 8);
	tr_put(tr_desc(w->t, id) + w->t->l.next, 1, 8);
	parse(w);
	read_all(w);
	assert_int_equal(w->log.n, 1);
	assert_true(w->log.record[0].damaged);
	assert_int_equal(w->log.record[0].ts_nsec, 10);
	assert_int_equal(w->log.record[0].len, 0);
	drop(w);
}

/* Each part of a record contradicts the rest in turn; its neighbours are whole. */
static void contradictions(void **state)
{
	(void)state;
	for (unsigned part = 0; part < 7; part++) {
		struct world *w = world(8, 4, 10, true);
		struct log_layout *l = &w->t->l;
		unsigned char *desc, *info;
		uint64_t id;

		tr_print(w->t, 6, 2, 1, 1, "before");
		id = tr_print(w->t, 6, 2, 2, 1, "middle");
		tr_print(w->t, 6, 2, 3, 1, "after");
		desc = tr_desc(w->t, id);
		info = tr_info(w->t, id);
		switch (part) {
		case 0: desc[0] ^= 0x40; break;                     /* the id */
		case 1: tr_put(desc + l->begin, ~0ull << 32, 8); break;
		case 2: tr_put(desc + l->next, 0x123456788, 8); break;
		case 3: info[l->seq] ^= 1; break;
		case 4: tr_put(info + l->text_len, 0xffff, 2); break;
		case 5: w->t->data[tr_get(desc + l->begin, 8) & 1023] ^= 2; break;
		case 6: tr_put(desc + l->begin, tr_get(desc + l->begin, 8) + 3, 8); break;
		}
		parse(w);
		read_all(w);
		assert_int_equal(w->log.n, 3);
		is(&w->log.record[0], 0, "before");
		assert_false(w->log.record[0].damaged);
		assert_int_equal(w->log.record[1].seq, 1);
		assert_true(w->log.record[1].damaged);
		assert_non_null(w->log.record[1].reason);
		if (part == 0 || part == 3 || part == 4)
			is(&w->log.record[1], 1, "middle");
		is(&w->log.record[2], 2, "after");
		assert_false(w->log.record[2].damaged);
		drop(w);
	}
}

static void holes(void **state)
{
	struct world *w = world(8, 4, 10, true);
	uint64_t id;

	(void)state;
	tr_print(w->t, 6, 2, 1, 1, "zero");
	id = tr_print(w->t, 6, 2, 2, 1, "one");
	tr_print(w->t, 6, 2, 3, 1, "two");
	parse(w);
	hole(w, LOG_TEXT, tr_get(tr_desc(w->t, id) + 8, 8) & 1023, 16);
	read_all(w);
	assert_int_equal(w->log.n, 3);
	assert_string_equal(w->log.record[1].reason, "excluded");
	assert_int_equal(w->log.record[1].fault, CAIRN_FAULT_EXCLUDED);
	assert_int_equal(w->log.record[1].ts_nsec, 2);
	assert_int_equal(w->log.record[1].len, 0);
	is(&w->log.record[2], 2, "two");

	parse(w);
	hole(w, LOG_INFO, 88, 88);
	read_all(w);
	assert_int_equal(w->log.n, 3);
	assert_false(w->log.record[1].has_info);
	assert_int_equal(w->log.record[1].fault, CAIRN_FAULT_EXCLUDED);
	is(&w->log.record[1], 1, "one");

	parse(w);
	hole(w, LOG_DESC, 0, 48);
	read_all(w);
	assert_int_equal(w->log.n, 3);
	assert_int_equal(w->log.record[0].ts_nsec, 1);
	assert_int_equal(w->log.record[1].ts_nsec, 2);
	assert_int_equal(w->log.record[1].fault, CAIRN_FAULT_EXCLUDED);
	drop(w);
}

/* Of what is wholly unknown one record stays, and says how many they are. */
static void unknown_runs(void **state)
{
	struct world *w = world(8, 4, 10, true);

	(void)state;
	for (unsigned n = 0; n < 8; n++)
		tr_print(w->t, 6, 2, n, 1, "text");
	parse(w);
	hole(w, LOG_DESC, 24 * 2, 24 * 3);
	hole(w, LOG_INFO, 88 * 2, 88 * 3);
	read_all(w);
	assert_int_equal(w->log.n, 6);
	assert_int_equal(w->log.record[2].seq, 2);
	assert_string_equal(w->log.record[2].reason, "excluded, and 2 more records");
	assert_int_equal(w->log.record[3].seq, 5);
	drop(w);
}

static void damaged_bounds(void **state)
{
	struct world *w = world(8, 4, 10, true);

	(void)state;
	for (unsigned n = 0; n < 30; n++)
		tr_print(w->t, 6, 2, n, 1, "text");
	w->t->tail_id ^= 1u << 20;
	parse(w);
	read_all(w);
	assert_true(w->log.partial);
	assert_int_equal(w->log.err.code, CAIRN_CORRUPT);
	assert_int_equal(w->log.n, 16);
	for (size_t k = 0; k < w->log.n; k++)
		is(&w->log.record[k], 14 + k, "text");
	drop(w);
}

static void impossible_sizes(void **state)
{
	struct testring *t = tr_new(8, 4, 10, false);
	struct log_ring r;
	struct cairn_err err;
	unsigned char raw[128];

	(void)state;
	tr_head(t, raw, DESCS, INFOS, DATA);
	tr_put(raw + t->l.count_bits, 27, 4);
	assert_int_equal(log_ring_parse(&r, &t->l, raw, &err), CAIRN_CORRUPT);
	tr_put(raw + t->l.count_bits, 4, 4);
	tr_put(raw + t->l.size_bits, 32, 4);
	assert_int_equal(log_ring_parse(&r, &t->l, raw, &err), CAIRN_CORRUPT);
	tr_put(raw + t->l.size_bits, 10, 4);
	t->l.next = t->l.desc_size;
	assert_int_equal(log_ring_parse(&r, &t->l, raw, &err), CAIRN_CORRUPT);
	tr_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields), cmocka_unit_test(empty), cmocka_unit_test(wraps),
		cmocka_unit_test(being_written), cmocka_unit_test(not_yet_taken_in_a_full_ring),
		cmocka_unit_test(text_lost), cmocka_unit_test(contradictions),
		cmocka_unit_test(holes), cmocka_unit_test(unknown_runs),
		cmocka_unit_test(damaged_bounds), cmocka_unit_test(impossible_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
