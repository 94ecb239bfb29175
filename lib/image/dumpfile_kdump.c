/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "lib/base/cursor.h"
#include "lib/base/map.h"
#include "lib/image/dumpfile.h"
#include "lib/image/kdump_layout.h"

struct kdump {
	struct dumpfile *d;
	const struct rawfile *f;
	struct arena *arena;
	const unsigned char *head;
	const unsigned char *tail; /* the header from `status` on */
	unsigned char sub[KDUMP_SUB_SIZE];
	int version;
	bool wide;
};

static bool starts_vmcoreinfo(const struct rawfile *f, uint64_t off, uint64_t size)
{
	char head[10];

	return size >= sizeof(head) &&
	       rawfile_read(f, off, head, sizeof(head), NULL) == sizeof(head) &&
	       !memcmp(head, "OSRELEASE=", sizeof(head));
}

static bool starts_notes(const struct rawfile *f, uint64_t off, uint64_t size)
{
	unsigned char head[64];
	struct note n;
	size_t pos = 0, got;

	if (!size)
		return false;
	got = rawfile_read(f, off, head, sizeof(head), NULL);
	/* the name is what counts: the data may be longer than what was read */
	if (got < sizeof(head) || le32(head) > 32)
		return false;
	memset(head + 4, 0, 4);
	return note_next(head, got, &pos, &n) &&
	       (note_is(&n, "CORE", n.type) || note_is(&n, "VMCOREINFO", 0));
}

static bool fits(const struct kdump *k, const struct kdump_sub_layout *l)
{
	const unsigned char *s = k->sub;

	return starts_vmcoreinfo(k->f, le64(s + l->off_vmcoreinfo), le32(s + l->size_vmcoreinfo)) ||
	       starts_notes(k->f, le64(s + l->off_note), le32(s + l->size_note));
}

/* Which of the 32-bit layouts it is shows in where VMCOREINFO or the notes lie; without
 * any, ARM files are known by their machine. */
static const struct kdump_sub_layout *sub_layout(const struct kdump *k)
{
	if (k->wide)
		return &kdump_sub64;
	if (fits(k, &kdump_sub32))
		return &kdump_sub32;
	if (fits(k, &kdump_sub32_arm))
		return &kdump_sub32_arm;
	return k->d->arch && k->d->arch->id == ARCH_ARM ? &kdump_sub32_arm : &kdump_sub32;
}

static enum cairn_code read_vmcoreinfo(struct kdump *k, uint64_t off, uint64_t len,
				       struct cairn_err *err)
{
	char *text;

	if (!len || len > DUMPFILE_NOTES_LIMIT || off >= k->f->size || len > k->f->size - off)
		return CAIRN_OK;
	text = arena_alloc(k->arena, len);
	if (!text)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for VMCOREINFO");
	return dumpfile_vmcoreinfo(k->d, text, rawfile_read(k->f, off, text, len, NULL), k->arena,
				   err);
}

static void read_split(struct kdump *k, const struct kdump_sub_layout *l)
{
	struct dumpfile *d = k->d;

	d->end_pfn = UINT64_MAX;
	d->split = k->version >= 2 && le32(k->sub + l->split);
	if (!d->split)
		return;
	d->start_pfn = le_uint(k->sub + l->start_pfn, l->word);
	d->end_pfn = le_uint(k->sub + l->end_pfn, l->word);
	if (k->version >= 6) {
		d->start_pfn = le64(k->sub + l->start_pfn_64);
		d->end_pfn = le64(k->sub + l->end_pfn_64);
	}
}

static enum cairn_code keep_head(struct kdump *k, const struct kdump_sub_layout *l,
				 struct cairn_err *err)
{
	struct kdump_head *h = arena_alloc(k->arena, sizeof(*h));

	if (!h)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the header");
	memcpy(h->head, k->head, sizeof(h->head));
	memcpy(h->sub, k->sub, sizeof(h->sub));
	h->layout = l;
	k->d->kdump = h;
	return CAIRN_OK;
}

static enum cairn_code read_sub_header(struct kdump *k, struct cairn_err *err)
{
	const struct kdump_sub_layout *l;
	enum cairn_code code;

	k->d->max_pfn = le32(k->tail + KDUMP_MAX_MAPNR);
	k->d->end_pfn = UINT64_MAX;
	if (k->version < 1)
		return CAIRN_OK;
	code = dumpfile_bytes(k->f, k->d->block_size, k->sub, KDUMP_SUB_SIZE, err);
	if (code != CAIRN_OK)
		return code;
	l = sub_layout(k);
	code = keep_head(k, l, err);
	if (code != CAIRN_OK)
		return code;
	/* x86_64 also stores phys_base here, but counts pfns from 0; so does QEMU on every
	   machine (dump.c, ARCH_PFN_OFFSET), and its files are those that do not say which */
	if (k->d->arch && k->d->arch->id == ARCH_ARM)
		k->d->phys_base = le32(k->sub);
	if (k->version >= 6 && le64(k->sub + l->max_mapnr_64))
		k->d->max_pfn = le64(k->sub + l->max_mapnr_64);
	read_split(k, l);
	if (k->version >= 4)
		code = dumpfile_notes(k->d, k->f, le64(k->sub + l->off_note),
				      le_uint(k->sub + l->size_note, l->word), k->arena, err);
	if (code == CAIRN_OK && k->version >= 3 && !k->d->vmcoreinfo)
		code = read_vmcoreinfo(k, le64(k->sub + l->off_vmcoreinfo),
				       le_uint(k->sub + l->size_vmcoreinfo, l->word), err);
	return code;
}

/* One bitmap of RAM and one of what was dumped, each half of the blocks; or, in old files
 * that hold all of RAM, one alone. */
static enum cairn_code find_maps(struct kdump *k, struct cairn_err *err)
{
	uint32_t sub_blocks = le32(k->tail + KDUMP_SUB_BLOCKS);
	uint32_t map_blocks = le32(k->tail + KDUMP_MAP_BLOCKS);
	struct dumpfile *d = k->d;
	uint64_t bytes = (uint64_t)map_blocks * d->block_size;

	if (sub_blocks > 65536 || map_blocks > INT32_MAX)
		return cairn_fail(err, CAIRN_FORMAT,
				  "kdump header with %u blocks of sub-header and %u of bitmaps",
				  sub_blocks, map_blocks);
	d->dump_map = (uint64_t)(1 + sub_blocks) * d->block_size;
	d->descs = d->dump_map + bytes;
	if (d->max_pfn <= bytes * 4) {
		d->memory_map = d->dump_map;
		bytes /= 2;
		d->dump_map += bytes;
	}
	d->map_size = bytes;
	if (d->max_pfn > bytes * 8)
		d->max_pfn = bytes * 8;
	d->set_id = hash_u64(d->set_id ^ hash_u64(d->max_pfn) ^ d->descs);
	return CAIRN_OK;
}

/* ---- is the file all there ---- */

#define DESC_BATCH 170 /* 4 KiB of them */

struct batch {
	unsigned char data[DESC_BATCH * KDUMP_DESC_SIZE];
	size_t n;
	uint32_t most; /* bytes that a page takes */
};

static void read_batch(const struct kdump *k, uint64_t first, size_t n, struct batch *b)
{
	b->n = rawfile_read(k->f, k->d->descs + first * KDUMP_DESC_SIZE, b->data, n * KDUMP_DESC_SIZE, NULL) /
	       KDUMP_DESC_SIZE;
	b->most = k->d->block_size;
}

static uint64_t data_off(const struct batch *b, size_t i)
{
	return le64(b->data + i * KDUMP_DESC_SIZE);
}

static uint64_t data_end(const struct batch *b, size_t i)
{
	return data_off(b, i) + le32(b->data + i * KDUMP_DESC_SIZE + 8);
}

/* Data is written without gaps: where one ends another begins, but for one whose descriptor is bad. */
static bool adjoins(const struct batch *b, size_t i)
{
	for (size_t k = 0; k < b->n; k++)
		if (k != i && (data_end(b, k) == data_off(b, i) || data_off(b, k) == data_end(b, i)))
			return true;
	return false;
}

static uint64_t last_end(const struct batch *b, bool surely)
{
	uint64_t end = 0;

	for (size_t i = 0; i < b->n; i++) {
		uint64_t off = data_off(b, i), to = data_end(b, i);

		if (off && off <= INT64_MAX && to > end && to - off <= b->most &&
		    (!surely || adjoins(b, i)))
			end = to;
	}
	return end;
}

/* Where the last data of a batch ends; 0 if it is all one block, which pages of zeros share.
 * Descriptors of pages that were never written are zero. */
static uint64_t batch_end(const struct batch *b)
{
	bool shared = b->n > 1;
	uint64_t end;

	for (size_t i = 0; i < b->n; i++)
		shared &= data_off(b, i) == data_off(b, 0);
	if (shared)
		return 0;
	end = last_end(b, true);
	return end ? end : last_end(b, false);
}

static uint64_t batch_start(const struct batch *b)
{
	uint64_t first = UINT64_MAX;

	for (size_t i = 0; i < b->n; i++) {
		uint64_t off = le64(b->data + i * KDUMP_DESC_SIZE);

		if (off && off < first)
			first = off;
	}
	return first;
}

static bool any_bit(unsigned char byte, uint64_t pfn, uint64_t start, uint64_t end)
{
	for (unsigned i = 0; byte; i++, byte >>= 1)
		if ((byte & 1) && pfn + i >= start && pfn + i < end)
			return true;
	return false;
}

/* Whether the file has any page; asked only where it ends before the descriptors. */
static bool any_page(const struct kdump *k)
{
	const struct dumpfile *d = k->d;
	unsigned char buf[4096];
	uint64_t data;
	size_t n;

	for (uint64_t off = 0; off < d->map_size; off += n) {
		n = rawfile_read(k->f, d->dump_map + off, buf, sizeof(buf), NULL);
		for (size_t i = 0; i < n && off + i < d->map_size; i++)
			if (any_bit(buf[i], (off + i) * 8, d->start_pfn, d->end_pfn))
				return true;
		if (!n)
			break;
		data = rawfile_data_from(k->f, d->dump_map + off + n);
		if (data > d->dump_map + off + n)
			n = (size_t)(data - d->dump_map - off);
	}
	return false;
}

/* The descriptors end where the data of the first page begins, and data is written in the
 * order of the descriptors; so the last of them that has data of its own tells the size of
 * the file. Zero pages share one block: up to 170,000 of them at the end are passed over. */
static void find_promised(struct kdump *k)
{
	struct dumpfile *d = k->d;
	uint64_t data, left, end = 0;
	struct batch b;

	if (d->promised < d->descs)
		d->promised = d->descs;
	read_batch(k, 0, DESC_BATCH, &b);
	if (!b.n && d->promised <= d->file_size && any_page(k))
		d->promised = d->descs + KDUMP_DESC_SIZE;
	data = batch_start(&b);
	if (data <= d->descs || data > INT64_MAX ||
	    (data - d->descs) / KDUMP_DESC_SIZE > d->map_size * 8 + d->block_size)
		return;
	if (d->promised < data)
		d->promised = data;
	left = (data - d->descs) / KDUMP_DESC_SIZE;
	for (int tries = 0; tries < 1024 && left && !end; tries++) {
		size_t n = left < DESC_BATCH ? (size_t)left : DESC_BATCH;

		left -= n;
		read_batch(k, left, n, &b);
		end = batch_end(&b);
	}
	if (d->promised < end)
		d->promised = end;
}

static bool plausible_block(uint32_t block)
{
	return block >= 4096 && block <= 65536 && !(block & (block - 1));
}

/* Without a machine's name, the page size tells by its place. Where 64-bit headers have it, 32-bit
 * ones have max_mapnr, which of 128 MiB looks like one; where these have it, the former have
 * the time's microseconds, and QEMU, who gives no name, gives no time either. */
static bool looks_wide(const unsigned char *head)
{
	return plausible_block(le32(head + KDUMP_TAIL64 + KDUMP_BLOCK_SIZE)) &&
	       !plausible_block(le32(head + KDUMP_TAIL32 + KDUMP_BLOCK_SIZE));
}

enum cairn_code dumpfile_read_kdump(struct dumpfile *d, const struct rawfile *f,
				    const unsigned char head[512], struct arena *arena,
				    struct cairn_err *err)
{
	struct kdump k = { .d = d, .f = f, .arena = arena, .head = head, .version = (int)le32(head + 8) };
	char machine[66] = { 0 };
	enum cairn_code code;

	d->format = DUMPFILE_KDUMP;
	memcpy(machine, head + KDUMP_UTSNAME + 4 * KDUMP_UTS_LEN, KDUMP_UTS_LEN);
	if (arch_foreign_utsname(machine))
		return dumpfile_foreign(arch_foreign_utsname(machine), err);
	d->arch = arch_by_utsname(machine);
	k.wide = d->arch ? d->arch->word == 8 : looks_wide(head);
	k.tail = head + (k.wide ? KDUMP_TAIL64 : KDUMP_TAIL32);
	d->block_size = le32(k.tail + KDUMP_BLOCK_SIZE);
	d->incomplete = le32(k.tail) & KDUMP_STATUS_INCOMPLETE;
	d->set_id = hash_bytes(head + KDUMP_UTSNAME, (size_t)(k.tail - head) - KDUMP_UTSNAME);
	if (!plausible_block(d->block_size))
		return cairn_fail(err, CAIRN_FORMAT, "kdump header with a page size of %u",
				  d->block_size);
	code = read_sub_header(&k, err);
	if (code == CAIRN_OK)
		code = find_maps(&k, err);
	if (code == CAIRN_OK)
		find_promised(&k);
	return code;
}
