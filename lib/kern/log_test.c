/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/kern/log.h"
#include "lib/kern/testkern.h"
#include "lib/kern/testring.h"

#define DESCS UINT64_C(0x100000)
#define INFOS UINT64_C(0x200000)
#define DATA (TK_HOLE - 0x1000) /* the second page of the texts is the hole */
#define RING TK_BASE
#define PRB (TK_BASE + 0x800)

static const char vmcoreinfo[] =
	"OSRELEASE=test\nSYMBOL(prb)=10800\n"
	"SIZE(printk_ringbuffer)=88\nOFFSET(printk_ringbuffer.desc_ring)=0\n"
	"OFFSET(printk_ringbuffer.text_data_ring)=48\nSIZE(prb_desc_ring)=48\n"
	"OFFSET(prb_desc_ring.count_bits)=0\nOFFSET(prb_desc_ring.descs)=8\n"
	"OFFSET(prb_desc_ring.infos)=16\nOFFSET(prb_desc_ring.head_id)=24\n"
	"OFFSET(prb_desc_ring.tail_id)=32\nSIZE(prb_desc)=24\nOFFSET(prb_desc.state_var)=0\n"
	"OFFSET(prb_desc.text_blk_lpos)=8\nSIZE(prb_data_blk_lpos)=16\n"
	"OFFSET(prb_data_blk_lpos.begin)=0\nOFFSET(prb_data_blk_lpos.next)=8\n"
	"SIZE(printk_info)=88\nOFFSET(printk_info.seq)=0\nOFFSET(printk_info.ts_nsec)=8\n"
	"OFFSET(printk_info.text_len)=16\nOFFSET(printk_info.caller_id)=20\n"
	"OFFSET(printk_info.dev_info)=24\nOFFSET(dev_printk_info.subsystem)=0\n"
	"LENGTH(printk_info_subsystem)=16\nOFFSET(dev_printk_info.device)=16\n"
	"LENGTH(printk_info_device)=48\nSIZE(prb_data_ring)=32\n"
	"OFFSET(prb_data_ring.size_bits)=0\nOFFSET(prb_data_ring.data)=8\n"
	"OFFSET(prb_data_ring.head_lpos)=16\nOFFSET(prb_data_ring.tail_lpos)=24\n";

static void write_ring(struct testkern *k, const struct testring *t)
{
	unsigned char raw[128];
	size_t size = (size_t)1 << t->size_bits;

	tr_head(t, raw, DESCS, INFOS, DATA);
	tk_write(k, RING, raw, t->l.ring_size);
	tk_put(k, PRB, RING, 8);
	tk_write(k, DESCS, t->descs, ((size_t)1 << t->count_bits) * t->l.desc_size);
	tk_write(k, INFOS, t->infos, ((size_t)1 << t->count_bits) * t->l.info_size);
	tk_write(k, DATA, t->data, 0x1000);
	tk_write(k, DATA + 0x2000, t->data + 0x2000, size - 0x2000);
}

static void fill(struct testring *t)
{
	char text[200];

	for (unsigned n = 0; n < 60; n++) {
		snprintf(text, sizeof(text), "%0150u", n);
		tr_print(t, 6, 2, n, 1, text);
	}
}

static void check(struct cairn *c)
{
	const struct log *log, *again;
	struct cairn_err err;
	unsigned lost = 0;

	assert_int_equal(log_get(c, &log, &err), CAIRN_OK);
	assert_int_equal(log_get(c, &again, &err), CAIRN_OK);
	assert_ptr_equal(log, again);
	assert_int_equal(log->n, 60);
	for (size_t i = 0; i < log->n; i++) {
		assert_int_equal(log->record[i].seq, i);
		assert_int_equal(log->record[i].ts_nsec, i);
		assert_int_equal(log->record[i].level, 6);
		lost += log->record[i].fault == CAIRN_FAULT_ABSENT;
		assert_int_equal(log->record[i].len, log->record[i].damaged ? 0 : 150);
	}
	/* 4096 bytes of blocks of 160, and one at either end */
	assert_in_range(lost, 25, 27);
}

static void from_vmcoreinfo(void **state)
{
	struct testkern *k = tk_new();
	struct testring *t = tr_new(8, 7, 14, true);

	(void)state;
	fill(t);
	write_ring(k, t);
	testmem_vmcoreinfo(&k->mem, vmcoreinfo);
	check(tk_open(k, 8));
	tr_free(t);
	tk_free(k);
}

static void declare(struct testkern *k)
{
	tk_struct(k, "prb_desc_ring", 48, (const struct tk_member[]){
		{ "count_bits", 0, 4, 0, NULL }, { "descs", 8, 8, 0, NULL },
		{ "infos", 16, 8, 0, NULL }, { "head_id", 24, 8, 0, NULL },
		{ "tail_id", 32, 8, 0, NULL }, { 0 } });
	tk_struct(k, "prb_data_ring", 32, (const struct tk_member[]){
		{ "size_bits", 0, 4, 0, NULL }, { "data", 8, 8, 0, NULL },
		{ "head_lpos", 16, 8, 0, NULL }, { "tail_lpos", 24, 8, 0, NULL }, { 0 } });
	tk_struct(k, "printk_ringbuffer", 88, (const struct tk_member[]){
		{ "desc_ring", 0, 0, 0, "prb_desc_ring" },
		{ "text_data_ring", 48, 0, 0, "prb_data_ring" }, { 0 } });
	tk_struct(k, "prb_data_blk_lpos", 16, (const struct tk_member[]){
		{ "begin", 0, 8, 0, NULL }, { "next", 8, 8, 0, NULL }, { 0 } });
	tk_struct(k, "prb_desc", 24, (const struct tk_member[]){
		{ "state_var", 0, 8, 0, NULL },
		{ "text_blk_lpos", 8, 0, 0, "prb_data_blk_lpos" }, { 0 } });
	tk_struct(k, "dev_printk_info", 64, (const struct tk_member[]){
		{ "subsystem", 0, 1, 16, NULL }, { "device", 16, 1, 48, NULL }, { 0 } });
	tk_struct(k, "printk_info", 88, (const struct tk_member[]){
		{ "seq", 0, 8, 0, NULL }, { "ts_nsec", 8, 8, 0, NULL },
		{ "text_len", 16, 2, 0, NULL }, { "facility", 18, 1, 0, NULL },
		{ "level", 19, 1, 0, NULL }, { "caller_id", 20, 4, 0, NULL },
		{ "dev_info", 24, 0, 0, "dev_printk_info" }, { 0 } });
	for (uint32_t i = 0; i < k->type[k->ntypes - 1].type.nmembers; i++)
		if (!strcmp(k->type[k->ntypes - 1].member[i].name, "level")) {
			k->type[k->ntypes - 1].member[i].bit_offset += 5;
			k->type[k->ntypes - 1].member[i].bit_size = 3;
		}
}

static void from_types(void **state)
{
	struct testkern *k = tk_new();
	struct testring *t = tr_new(8, 7, 14, false);

	(void)state;
	fill(t);
	write_ring(k, t);
	declare(k);
	tk_symbol(k, "prb", PRB);
	check(tk_open(k, 8));
	tr_free(t);
	tk_free(k);
}

static void both_layouts_agree(void **state)
{
	struct testkern *k = tk_new();
	struct log_layout a, b;
	struct cairn *c;

	(void)state;
	testmem_vmcoreinfo(&k->mem, vmcoreinfo);
	declare(k);
	c = tk_open(k, 8);
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	assert_int_equal(log_layout_vmcoreinfo(&a, &image_info(c->img)->vmcoreinfo, 8, NULL),
			 CAIRN_OK);
	assert_int_equal(log_layout_types(&b, &c->types, 8, NULL), CAIRN_OK);
	assert_memory_equal(&a, &b, sizeof(a));
	tk_free(k);
}

static void what_is_missing_is_named(void **state)
{
	struct testkern *k = tk_new();
	const struct log *log;
	struct cairn_err err;

	(void)state;
	assert_int_equal(log_get(tk_open(k, 8), &log, &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, "prb"));
	tk_free(k);

	k = tk_new();
	tk_symbol(k, "prb", PRB);
	assert_int_equal(log_get(tk_open(k, 8), &log, &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, "printk_ringbuffer"));
	tk_free(k);

	k = tk_new();
	tk_put(k, PRB, TK_HOLE, 8);
	testmem_vmcoreinfo(&k->mem, vmcoreinfo);
	assert_int_equal(log_get(tk_open(k, 8), &log, &err), CAIRN_FAULT);
	assert_int_equal(err.addr, TK_HOLE);
	tk_free(k);
}

/* An array larger than the machine is not allocated. */
static void lies_about_size(void **state)
{
	struct testkern *k = tk_new();
	struct testring *t = tr_new(8, 7, 14, false);
	unsigned char raw[128];
	const struct log *log;
	struct cairn_err err;

	(void)state;
	fill(t);
	write_ring(k, t);
	tr_head(t, raw, DESCS, INFOS, DATA);
	tr_put(raw + t->l.count_bits, 26, 4);
	tr_put(raw + t->l.tail_id, 5, 8);
	tr_put(raw + t->l.head_id, 4, 8);
	tk_write(k, RING, raw, t->l.ring_size);
	testmem_vmcoreinfo(&k->mem, vmcoreinfo);
	assert_int_equal(log_get(tk_open(k, 8), &log, &err), CAIRN_CORRUPT);
	assert_non_null(strstr(err.text, "more than the memory"));
	tr_free(t);
	tk_free(k);
}

static void levels(void **state)
{
	(void)state;
	assert_string_equal(log_level_name(0), "emerg");
	assert_string_equal(log_level_name(7), "debug");
	assert_null(log_level_name(8));
}

/* Whichever allocation fails, the answer is that or the log. */
static void out_of_memory(void **state)
{
	struct testkern *k = tk_new();
	struct testring *t = tr_new(8, 7, 14, true);
	const struct log *log;
	struct cairn_err err;
	struct cairn *c;
	long n;

	(void)state;
	fill(t);
	write_ring(k, t);
	testmem_vmcoreinfo(&k->mem, vmcoreinfo);
	c = tk_open(k, 8);
	for (n = 0; n < 1000; n++) {
		enum cairn_code code;

		mem_fail_after(n);
		code = log_get(c, &log, &err);
		mem_fail_after(-1);
		if (code == CAIRN_OK)
			break;
		assert_int_equal(code, CAIRN_NOMEM);
	}
	assert_in_range(n, 1, 100);
	check(c);
	tr_free(t);
	tk_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_vmcoreinfo), cmocka_unit_test(from_types),
		cmocka_unit_test(both_layouts_agree),
		cmocka_unit_test(what_is_missing_is_named), cmocka_unit_test(lies_about_size),
		cmocka_unit_test(levels), cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
