/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/space.h"

#include <string.h>

#include "lib/base/cursor.h"
#include "lib/base/mem.h"

enum cairn_code space_init(struct space *s, struct image *img, const struct paging_form *form,
			   uint64_t root, uint8_t word, const char *what, struct cairn_err *err)
{
	*s = (struct space){
		.img = img, .form = form, .root = root, .word = word, .what = what,
		.page_shift = image_info(img)->page_shift,
		.tlb = mem_zalloc(SPACE_TLB, sizeof(struct space_tlb)),
	};
	return s->tlb ? CAIRN_OK : cairn_fail(err, CAIRN_NOMEM, "no memory for a TLB");
}

void space_deinit(struct space *s)
{
	if (!s->tlb)
		return;
	for (size_t i = 0; i < SPACE_TLB; i++)
		image_put(s->img, s->tlb[i].page);
	mem_free(s->tlb);
	*s = (struct space){ 0 };
}

static void fill(struct space *s, struct space_tlb *t, uint64_t vpage)
{
	struct cairn_err err;
	uint64_t paddr;

	image_put(s->img, t->page);
	*t = (struct space_tlb){ .vpage = vpage + 1 };
	if (paging_translate(s->form, s->img, s->root, vpage << s->page_shift, &paddr, NULL,
			     &err) != CAIRN_OK) {
		t->fault = err.fault;
		return;
	}
	t->page = image_pin(s->img, paddr);
	t->fault = t->page->fault;
}

static const struct space_tlb *lookup(struct space *s, uint64_t va)
{
	uint64_t vpage = va >> s->page_shift;
	struct space_tlb *t = &s->tlb[(vpage ^ vpage >> 9) & (SPACE_TLB - 1)];

	if (t->vpage != vpage + 1)
		fill(s, t, vpage);
	return t;
}

const unsigned char *space_peek(struct space *s, uint64_t va, size_t *left,
				struct cairn_err *err)
{
	const struct space_tlb *t = lookup(s, va);
	size_t size = (size_t)1 << s->page_shift, in = va & (size - 1);

	if (!t->page || !t->page->data) {
		cairn_fail_read(err, t->fault, va, s->what);
		return NULL;
	}
	*left = size - in;
	return t->page->data + in;
}

size_t space_read_some(struct space *s, uint64_t va, void *buf, size_t len,
		       struct cairn_err *err)
{
	unsigned char *to = buf;
	size_t done = 0, left;

	while (done < len) {
		const unsigned char *p = space_peek(s, va + done, &left, err);

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

static enum cairn_code read_uint(struct space *s, uint64_t va, size_t size, uint64_t *ret,
				 struct cairn_err *err)
{
	unsigned char raw[8];
	enum cairn_code code = space_read(s, va, raw, size, err);

	if (code == CAIRN_OK)
		*ret = le_uint(raw, size);
	return code;
}

enum cairn_code space_u8(struct space *s, uint64_t va, uint8_t *ret, struct cairn_err *err)
{
	return space_read(s, va, ret, 1, err);
}

enum cairn_code space_u16(struct space *s, uint64_t va, uint16_t *ret, struct cairn_err *err)
{
	uint64_t v;
	enum cairn_code code = read_uint(s, va, 2, &v, err);

	if (code == CAIRN_OK)
		*ret = (uint16_t)v;
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
	return read_uint(s, va, s->word, ret, err);
}

enum cairn_code space_text(struct space *s, uint64_t va, char *buf, size_t size,
			   struct cairn_err *err)
{
	size_t done = 0, left;

	buf[0] = '\0';
	while (done < size - 1) {
		const unsigned char *p = space_peek(s, va + done, &left, done ? NULL : err), *nul;

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

enum cairn_code space_translate(struct space *s, uint64_t va, uint64_t *paddr,
				struct cairn_err *err)
{
	return paging_translate(s->form, s->img, s->root, va, paddr, NULL, err);
}
