/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/memstat_huge.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/debug/shape.h"

#define SIZES 16      /* more than any machine has; HUGE_MAX_HSTATE is 2 on x86, 4 on arm64 */
#define ORDER_MAX 40
#define BYTES_MAX (UINT64_C(1) << 56)

enum { H_ORDER, H_PAGES, H_FREE, H_NAME, H_N };
static const struct shape_want want = {
	"struct hstate", H_N,
	{ [H_ORDER] = "order", [H_PAGES] = "nr_huge_pages", [H_FREE] = "free_huge_pages",
	  [H_NAME] = "name" },
};

/* Behind the array lies something else. hugetlb_add_hstate() names each by its size. */
static bool is_one(const struct object *o, unsigned order, unsigned page_shift)
{
	uint32_t len = 0;
	const char *name = (const char *)object_bytes(o, H_NAME, &len);
	char text[40];
	int n = snprintf(text, sizeof(text), "hugepages-%" PRIu64 "kB",
			 UINT64_C(1) << (order + page_shift - 10));

	return name && (uint32_t)n < len && !memcmp(name, text, (size_t)n + 1);
}

static enum cairn_code add(struct cairn *c, const struct object *o, struct memstat_huge *ret,
			   bool *end, struct cairn_err *err)
{
	uint64_t order = object_get(o, H_ORDER), pages = object_get(o, H_PAGES);
	uint64_t free = object_get(o, H_FREE);
	unsigned shift;

	*end = !order || order > ORDER_MAX || !is_one(o, (unsigned)order, c->kernel.page_shift);
	if (*end)
		return CAIRN_OK;
	shift = (unsigned)order + c->kernel.page_shift;
	if (pages > BYTES_MAX >> shift || free > pages)
		return cairn_fail(err, CAIRN_CORRUPT, "hstates: %" PRIu64 " huge pages of 2^%u bytes, %"
				  PRIu64 " free: no machine has as many", pages, shift, free);
	ret->bytes += pages << shift;
	ret->free += free << shift;
	return CAIRN_OK;
}

static enum cairn_code read_one(struct cairn *c, const struct shape *s, uint64_t at,
				struct memstat_huge *ret, bool *end, struct cairn_err *err)
{
	struct object o;
	uint64_t order;
	enum cairn_code code = shape_get(s, &c->kernel, at, H_ORDER, &order, err);

	*end = !code && !order;
	if (code || *end)
		return code;
	code = object_read(&o, s, &c->kernel, at, err);
	if (!code)
		code = add(c, &o, ret, end, err);
	object_done(&o);
	return code;
}

enum cairn_code memstat_huge(struct cairn *c, struct memstat_huge *ret, struct cairn_err *err)
{
	struct shape s;
	uint64_t at;
	bool end = false;
	enum cairn_code code = shape_resolve(&s, &want, &c->types, err);

	*ret = (struct memstat_huge){ 0 };
	/* without CONFIG_HUGETLB_PAGE the struct is empty */
	if (code || !shape_has(&s, H_PAGES) || !shape_has(&s, H_FREE) || !shape_has(&s, H_ORDER))
		return code;
	code = sym_addr(&c->syms, "hstates", &at, err);
	for (unsigned i = 0; !code && !end && i < SIZES; i++)
		code = read_one(c, &s, at + i * s.size, ret, &end, err);
	return code ? cairn_context(err, code, "huge pages") : CAIRN_OK;
}
