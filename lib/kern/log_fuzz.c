/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A printk ring buffer of arbitrary bytes: first byte word size and holes, then struct
 * printk_ringbuffer, then the three arrays one after the other, as many bytes as there are.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/kern/crashclass.h"
#include "lib/kern/log_ring.h"
#include "lib/kern/testring.h"

#define COUNT_BITS 5
#define SIZE_BITS 11
#define ADDR UINT64_C(0x10000)

struct input {
	const uint8_t *data;
	size_t size;
};

static void take(struct input *in, unsigned char *to, size_t n)
{
	size_t have = n < in->size ? n : in->size;

	memset(to, 0, n);
	memcpy(to, in->data, have);
	in->data += have;
	in->size -= have;
}

/* Memory of its own, exactly as long as the array, so that the sanitizer sees its end. */
static unsigned char *array(struct extent *e, const struct range *r, struct input *in)
{
	size_t len = r->end - r->begin;
	unsigned char *p = malloc(len ? len : 1);

	if (!p)
		abort();
	take(in, p, len);
	*e = (struct extent){ .addr = r->begin, .data = p, .len = len, .what = "kernel address" };
	return p;
}

static void look(const struct log *log)
{
	size_t n = 0;

	for (size_t i = 0; i < log->n; i++) {
		const struct log_record *rec = &log->record[i];

		for (size_t k = 0; k < rec->len; k++)
			n += (unsigned char)rec->text[k];
		n += rec->subsystem ? strlen(rec->subsystem) : 0;
		n += rec->device ? strlen(rec->device) : 0;
		n += crash_class_of_line(rec->text, rec->len) != NULL;
		n += crash_class_of_panic(rec->text, rec->len)->vague;
		if (rec->damaged && !rec->reason)
			abort();
	}
	*(volatile size_t *)&n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data + 1, size - 1 };
	struct log_layout l;
	struct log_ring r;
	struct range range[2];
	struct extent_hole hole = { 64, 256, CAIRN_FAULT_EXCLUDED };
	struct arena arena = { 0 };
	struct log log;
	unsigned char raw[128], *owned[LOG_ARRAYS * 2];

	if (!size)
		return 0;
	l = tr_layout(data[0] & 1 ? 4 : 8);
	take(&in, raw, l.ring_size);
	raw[l.count_bits] %= COUNT_BITS + 1;
	raw[l.size_bits] %= SIZE_BITS + 1;
	if (log_ring_parse(&r, &l, raw, NULL) != CAIRN_OK)
		return 0;
	for (unsigned i = 0; i < LOG_ARRAYS * 2; i++) {
		struct extent *e = &r.piece[i / 2][i % 2];

		r.addr[i / 2] = (i / 2 + 1) * ADDR;
		log_ring_ranges(&r, (enum log_array)(i / 2), range);
		owned[i] = array(e, &range[i % 2], &in);
		if (data[0] >> (i + 1) & 1) {
			e->hole = &hole;
			e->nholes = 1;
		}
	}
	if (log_ring_records(&log, &r, &arena, NULL) == CAIRN_OK)
		look(&log);
	arena_deinit(&arena);
	for (unsigned i = 0; i < LOG_ARRAYS * 2; i++)
		free(owned[i]);
	return 0;
}
