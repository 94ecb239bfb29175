/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/kallsyms_find.h"

#include <string.h>

#include "lib/base/cursor.h"
#include "lib/base/mem.h"
#include "lib/image/bulk.h"

#define WINDOW ((size_t)512 << 10)  /* read and searched at a time */
#define OVERLAP ((size_t)64 << 10)  /* more than token_table and token_index together */
#define SEARCH_LIMIT ((uint64_t)192 << 20)
#define MARKERS_MAX 16384u          /* one per 256 symbols */
#define STEPS_LIMIT ((uint64_t)64 << 20) /* names walked, over all places that may be the first */

static const char digits[] = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009"; /* and a NUL */

/* ---- VMCOREINFO, since 6.0 (5fd8fea935a1, f09bddbd8661) ---- */

static bool exported(struct kallsyms_tables *t, const struct vmcoreinfo *v)
{
	if (!vmcoreinfo_symbol(v, "kallsyms_names", &t->names) ||
	    !vmcoreinfo_symbol(v, "kallsyms_num_syms", &t->num_syms) ||
	    !vmcoreinfo_symbol(v, "kallsyms_token_table", &t->token_table) ||
	    !vmcoreinfo_symbol(v, "kallsyms_token_index", &t->token_index))
		return false;
	vmcoreinfo_symbol(v, "kallsyms_offsets", &t->offsets);
	vmcoreinfo_symbol(v, "kallsyms_addresses", &t->addresses);
	vmcoreinfo_symbol(v, "kallsyms_relative_base", &t->relative_base);
	return t->offsets || t->addresses;
}

/* ---- by pattern ---- */

/* A window on the image, read as far as it can be: pages that cannot are zero. */
struct window {
	uint64_t va;
	unsigned char *bytes;
	size_t len;
};

static void load_window(struct window *w, struct space *kernel, uint64_t va, size_t len)
{
	size_t page = (size_t)1 << kernel->page_shift, at;

	w->va = va;
	w->len = len;
	if (bulk_read(kernel, va, w->bytes, len, NULL) == CAIRN_OK)
		return;
	memset(w->bytes, 0, len);
	for (at = 0; at < len; at += page)
		space_read_some(kernel, va + at, w->bytes + at, page < len - at ? page : len - at,
				NULL);
}

/* token_table and token_index around the digits at offset `at`: the index itself says how
 * far before the digit '0' (token 0x30) the table begins. */
static bool tokens_around(const struct window *w, size_t at, unsigned word,
			  struct kallsyms_tables *t)
{
	size_t end = at, i, start;
	const unsigned char *index;

	for (i = 0x30; i < 256; i++) {
		const unsigned char *nul = memchr(w->bytes + end, 0, w->len - end);

		if (!nul)
			return false;
		end = (size_t)(nul - w->bytes) + 1;
	}
	end += -(w->va + end) & (word - 1);
	if (end > w->len || w->len - end < 512)
		return false;
	index = w->bytes + end;
	for (i = 1; i < 256; i++)
		if (le16(index + 2 * i) <= le16(index + 2 * i - 2))
			return false;
	if (le16(index) != 0 || le16(index + 0x60) > at)
		return false;
	start = at - le16(index + 0x60);
	if (start + le16(index + 510) >= end)
		return false;
	for (i = 1; i < 256; i++)
		if (w->bytes[start + le16(index + 2 * i) - 1] != 0)
			return false;
	t->token_table = w->va + start;
	t->token_index = w->va + end;
	return true;
}

static bool search_window(const struct window *w, unsigned word, struct kallsyms_tables *t)
{
	size_t from = 0;

	while (from + sizeof(digits) <= w->len) {
		const unsigned char *p = memmem(w->bytes + from, w->len - from, digits,
						sizeof(digits));

		if (!p)
			return false;
		if (tokens_around(w, (size_t)(p - w->bytes), word, t))
			return true;
		from = (size_t)(p - w->bytes) + 1;
	}
	return false;
}

/* Read-only data lies between text and data: search down from init_uts_ns, which is data and
 * which VMCOREINFO names on every machine, to _stext. */
static bool search_tokens(struct kallsyms_tables *t, struct space *kernel,
			  const struct vmcoreinfo *v)
{
	uint64_t low, high, at;
	struct window w = { .bytes = mem_zalloc(WINDOW + OVERLAP, 1) };
	bool found = false;

	if (!w.bytes || !vmcoreinfo_symbol(v, "_stext", &low) ||
	    !vmcoreinfo_symbol(v, "init_uts_ns", &high) || high <= low ||
	    high - low > SEARCH_LIMIT) {
		mem_free(w.bytes);
		return false;
	}
	for (at = high; !found && at > low; ) {
		at -= at - low < WINDOW ? at - low : WINDOW;
		load_window(&w, kernel, at, WINDOW + OVERLAP);
		found = search_window(&w, kernel->word, t);
	}
	mem_free(w.bytes);
	return found;
}

/* Walk `n` names from offset `at`. Returns where they end, 0 if they do not. */
static size_t walk(const unsigned char *names, size_t len, size_t at, uint32_t n, uint64_t *steps)
{
	for (; n; n--) {
		size_t l;

		if (!*steps || at >= len || at + 1 >= len)
			return 0;
		--*steps;
		l = names[at++];
		if (l & 0x80)
			l = (l & 0x7f) | (size_t)names[at++] << 7;
		if (!l || l > len - at)
			return 0;
		at += l;
	}
	return at;
}

/* Whether 256 names lie between one marker and the next, more often than not: there may be
 * holes. */
static bool names_hit_markers(const unsigned char *names, size_t len, uint32_t n,
			      const unsigned char *markers, uint64_t *steps)
{
	uint32_t hits = 0, all = (n + 255) / 256, i;

	for (i = 0; i < all; i++) {
		bool last = i + 1 == all;
		size_t end = walk(names, len, le32(markers + 4 * i), last ? n - 256 * i : 256, steps);

		hits += end && (last || end == le32(markers + 4 * i + 4));
	}
	return hits > all / 2;
}

/* What lies before token_table, in every layout that VMCOREINFO does not describe:
 * num_syms, names, markers. `raw` ends at token_table. */
static bool before_tokens(const unsigned char *raw, size_t len, uint64_t va, unsigned word,
			  struct kallsyms_tables *t)
{
	size_t m = len, first, last_marker, at;
	uint64_t steps = STEPS_LIMIT;
	uint32_t nmarkers;

	while (m >= 4 && !le32(raw + m - 4) && len - m < 64)
		m -= 4; /* padding */
	last_marker = m >= 4 ? le32(raw + m - 4) : 0;
	for (first = m; first >= 4; first -= 4) {
		uint32_t here = le32(raw + first - 4);

		if (here == 0) {
			first -= 4;
			break;
		}
		if (first >= 8 && le32(raw + first - 8) >= here)
			return false;
	}
	nmarkers = (uint32_t)((m - first) / 4);
	if (!nmarkers || nmarkers > MARKERS_MAX || last_marker > first)
		return false;
	at = first - last_marker;
	if (((va + at) & (word - 1)) > at)
		return false;
	at -= (va + at) & (word - 1);
	for (; at >= word && first - at < last_marker + 256 * 520; at -= word) {
		uint32_t n = le32(raw + at - word);

		if ((n + 255) / 256 != nmarkers ||
		    !names_hit_markers(raw + at, first - at, n, raw + first, &steps))
			continue;
		t->names = va + at;
		t->num_syms = va + at - word;
		return true;
	}
	return false;
}

/* The names of a kernel take a few MB before token_table, and do not reach below _stext. */
static bool locate_names(struct kallsyms_tables *t, struct space *kernel, uint64_t stext)
{
	size_t room = t->token_table - stext, len = (size_t)2 << 20;
	bool found = false, last = false;

	for (; !found && !last && len <= (size_t)32 << 20; len *= 4) {
		struct window w = { .bytes = NULL };

		last = len >= room;
		if (last)
			len = room;
		w.bytes = mem_zalloc(len, 1);
		if (!w.bytes)
			return false;
		load_window(&w, kernel, t->token_table - len, len);
		found = before_tokens(w.bytes, len, w.va, kernel->word, t);
		mem_free(w.bytes);
	}
	return found;
}

/* Before num_syms: relative_base and offsets; or, without BASE_RELATIVE, addresses. Both
 * are set up here and the caller keeps what puts _stext in its place. */
static void locate_addrs(struct kallsyms_tables *t, struct space *kernel, uint64_t stext)
{
	uint64_t word = kernel->word, base, size;
	uint32_t n;

	if (space_u32(kernel, t->num_syms, &n, NULL) != CAIRN_OK)
		return;
	size = ((uint64_t)n * 4 + word - 1) & ~(word - 1);
	if (space_word(kernel, t->num_syms - word, &base, NULL) == CAIRN_OK && base <= stext &&
	    stext - base < ((uint64_t)64 << 20)) {
		t->relative_base = t->num_syms - word;
		t->offsets = t->relative_base - size;
	} else {
		t->addresses = t->num_syms - (uint64_t)n * word;
	}
}

static enum cairn_code search(struct kallsyms_tables *ret, struct space *kernel,
			      const struct vmcoreinfo *v, struct cairn_err *err)
{
	uint64_t stext = 0;

	if (!search_tokens(ret, kernel, v))
		return cairn_fail(err, CAIRN_NOTFOUND, "token_table is not in the kernel image");
	vmcoreinfo_symbol(v, "_stext", &stext);
	if (!locate_names(ret, kernel, stext))
		return cairn_fail(err, CAIRN_NOTFOUND,
				  "no names before the token_table at %#llx",
				  (unsigned long long)ret->token_table);
	locate_addrs(ret, kernel, stext);
	return CAIRN_OK;
}

enum cairn_code kallsyms_find(struct kallsyms_tables *ret, struct space *kernel,
			      const struct vmcoreinfo *v, struct cairn_err *err)
{
	enum cairn_code code;

	*ret = (struct kallsyms_tables){ 0 };
	if (exported(ret, v))
		return CAIRN_OK;
	*ret = (struct kallsyms_tables){ 0 };
	space_search_begin(kernel);
	code = search(ret, kernel, v, err);
	space_search_end(kernel);
	return code;
}
