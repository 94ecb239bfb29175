/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/space.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"

static void flush(struct space *s)
{
	for (unsigned i = 0; i < s->tlb_size; i++) {
		image_put(s->img, s->tlb[i].page);
		s->tlb[i] = (struct space_tlb){ 0 };
	}
}

void space_switch(struct space *s, const struct paging_form *form, uint64_t root)
{
	unsigned dump = image_info(s->img)->page_shift, table = paging_page_shift(form);

	flush(s);
	s->form = form;
	s->root = root;
	s->page_shift = dump < table ? dump : table;
}

enum cairn_code space_init_sized(struct space *s, struct image *img,
				 const struct paging_form *form, uint64_t root, uint8_t word,
				 const char *what, unsigned entries, struct cairn_err *err)
{
	*s = (struct space){
		.img = img, .word = word, .what = what, .tlb_size = entries,
		.tlb = mem_zalloc(entries, sizeof(struct space_tlb)),
	};
	if (!s->tlb)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for a TLB");
	space_switch(s, form, root);
	return CAIRN_OK;
}

enum cairn_code space_init(struct space *s, struct image *img, const struct paging_form *form,
			   uint64_t root, uint8_t word, const char *what, struct cairn_err *err)
{
	return space_init_sized(s, img, form, root, word, what, SPACE_TLB, err);
}

void space_deinit(struct space *s)
{
	if (!s->tlb)
		return;
	flush(s);
	mem_free(s->tlb);
	*s = (struct space){ 0 };
}

bool space_add_linear(struct space *s, struct space_linear range)
{
	if (s->nlinear == SPACE_LINEAR)
		return false;
	s->linear[s->nlinear++] = range;
	flush(s);
	return true;
}

void space_search_begin(struct space *s)
{
	image_search_begin(s->img);
}

void space_search_end(struct space *s)
{
	image_search_end(s->img);
	flush(s);
}

/* ---- translation ---- */

static bool fault_of_address(enum cairn_fault fault)
{
	return fault == CAIRN_FAULT_UNMAPPED || fault == CAIRN_FAULT_SWAPPED ||
	       fault == CAIRN_FAULT_NONCANONICAL;
}

/* The tables decide; where one of them is missing, a linear range may know. A space that was
 * never made, since what the tables look like is not known, has nothing anywhere. */
static struct paging_result translate(const struct space *s, uint64_t va)
{
	struct paging_result r = { .fault = CAIRN_FAULT_UNMAPPED };

	if (s->form)
		r = paging_lookup(s->form, s->img, s->root, va);
	if (r.fault == CAIRN_FAULT_NONE || fault_of_address(r.fault))
		return r;
	for (size_t i = 0; i < s->nlinear; i++) {
		uint64_t in = va - s->linear[i].va;

		if (in < s->linear[i].size)
			return (struct paging_result){
				.paddr = s->linear[i].phys + in,
				.size = s->linear[i].size - in,
			};
	}
	return r;
}

static void fill(struct space *s, struct space_tlb *t, uint64_t vpage)
{
	struct paging_result r = translate(s, vpage << s->page_shift);
	size_t page = (size_t)1 << image_info(s->img)->page_shift;
	size_t part = (size_t)1 << s->page_shift;

	image_put(s->img, t->page);
	*t = (struct space_tlb){ .vpage = vpage + 1, .fault = r.fault };
	if (r.fault != CAIRN_FAULT_NONE) {
		t->in_table = !fault_of_address(r.fault);
		return;
	}
	t->page = image_pin(s->img, r.paddr);
	if (t->page->data) {
		t->data = t->page->data + (r.paddr & (page - 1) & ~(part - 1));
		return;
	}
	t->fault = t->page->fault;
	image_put(s->img, t->page);
	t->page = NULL;
}

/* What a space has that was never made. */
static const struct space_tlb nothing = { .fault = CAIRN_FAULT_UNMAPPED };

static inline const struct space_tlb *lookup(struct space *s, uint64_t va)
{
	uint64_t vpage = va >> s->page_shift;
	struct space_tlb *t = &s->tlb[(vpage ^ vpage >> 9) & (s->tlb_size - 1)];

	if (__builtin_expect(!s->tlb, 0))
		return &nothing;
	if (__builtin_expect(t->vpage != vpage + 1, 0))
		fill(s, t, vpage);
	return t;
}

static enum cairn_code fail(const struct space *s, const struct space_tlb *t, uint64_t va,
			    struct cairn_err *err)
{
	char what[64];

	if (!s->tlb)
		return cairn_fail(err, CAIRN_MISSING, "memory at 0x%" PRIx64 ": how addresses are "
				  "translated is not known", va);
	if (!err || !t->in_table)
		return cairn_fail_read(err, t->fault, va, s->what);
	snprintf(what, sizeof(what), "page table of %s", s->what);
	return cairn_fail_read(err, t->fault, va, what);
}

uint64_t space_hole(const struct space *s, uint64_t va)
{
	return translate(s, va).hole;
}

enum cairn_code space_translate(struct space *s, uint64_t va, uint64_t *paddr,
				struct cairn_err *err)
{
	struct paging_result r = translate(s, va);
	struct space_tlb t = { .fault = r.fault, .in_table = !fault_of_address(r.fault) };

	if (r.fault != CAIRN_FAULT_NONE)
		return fail(s, &t, va, err);
	*paddr = r.paddr;
	return CAIRN_OK;
}

/* ---- reading ---- */

const unsigned char *space_peek(struct space *s, uint64_t va, size_t *left,
				struct cairn_err *err)
{
	const struct space_tlb *t = lookup(s, va);
	size_t size = (size_t)1 << s->page_shift, in = va & (size - 1);

	if (!t->data) {
		fail(s, t, va, err);
		return NULL;
	}
	*left = size - in;
	return t->data + in;
}

size_t space_read_some(struct space *s, uint64_t va, void *buf, size_t len,
		       struct cairn_err *err)
{
	unsigned char *to = buf;
	size_t done = 0, left;

	while (done < len) {
		const unsigned char *p;

		if (va + done < va) {
			cairn_fail_read(err, CAIRN_FAULT_NONCANONICAL, va + done, s->what);
			break;
		}
		p = space_peek(s, va + done, &left, err);
		if (!p)
			break;
		if (left > len - done)
			left = len - done;
		memcpy(to + done, p, left);
		done += left;
	}
	return done;
}

enum cairn_code space_read(struct space *s, uint64_t va, void *buf, size_t len,
			   struct cairn_err *err)
{
	return space_read_some(s, va, buf, len, err) == len ? CAIRN_OK : CAIRN_FAULT;
}

static enum cairn_code read_across(struct space *s, uint64_t va, size_t size, uint64_t *ret,
				   struct cairn_err *err)
{
	unsigned char raw[8];
	enum cairn_code code = space_read(s, va, raw, size, err);

	if (code == CAIRN_OK)
		*ret = le_uint(raw, size);
	return code;
}

static inline enum cairn_code read_uint(struct space *s, uint64_t va, size_t size, uint64_t *ret,
					struct cairn_err *err)
{
	const struct space_tlb *t = lookup(s, va);
	size_t page = (size_t)1 << s->page_shift, in = va & (page - 1);

	if (__builtin_expect(!t->data || in > page - size, 0))
		return read_across(s, va, size, ret, err);
	*ret = le_uint(t->data + in, size);
	return CAIRN_OK;
}

enum cairn_code space_u8(struct space *s, uint64_t va, uint8_t *ret, struct cairn_err *err)
{
	uint64_t v;
	enum cairn_code code = read_uint(s, va, 1, &v, err);

	if (code == CAIRN_OK)
		*ret = (uint8_t)v;
	return code;
}

enum cairn_code space_u32(struct space *s, uint64_t va, uint32_t *ret, struct cairn_err *err)
{
	uint64_t v;
	enum cairn_code code = read_uint(s, va, 4, &v, err);

	if (code == CAIRN_OK)
		*ret = (uint32_t)v;
	return code;
}

enum cairn_code space_u64(struct space *s, uint64_t va, uint64_t *ret, struct cairn_err *err)
{
	return read_uint(s, va, 8, ret, err);
}

enum cairn_code space_word(struct space *s, uint64_t va, uint64_t *ret, struct cairn_err *err)
{
	return s->word == 8 ? read_uint(s, va, 8, ret, err) : read_uint(s, va, 4, ret, err);
}

enum cairn_code space_text(struct space *s, uint64_t va, char *buf, size_t size,
			   struct cairn_err *err)
{
	size_t done = 0, left;

	buf[0] = '\0';
	while (done < size - 1) {
		const unsigned char *p, *nul;

		if (va + done < va)
			break;
		p = space_peek(s, va + done, &left, done ? NULL : err);
		if (!p)
			return done ? CAIRN_OK : CAIRN_FAULT;
		if (left > size - 1 - done)
			left = size - 1 - done;
		nul = memchr(p, 0, left);
		if (nul)
			left = (size_t)(nul - p);
		memcpy(buf + done, p, left);
		done += left;
		buf[done] = '\0';
		if (nul)
			break;
	}
	return CAIRN_OK;
}
