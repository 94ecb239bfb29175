/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/kallsyms.h"

#include <string.h>

#include "lib/base/cursor.h"
#include "lib/base/mem.h"
#include "lib/debug/kallsyms_find.h"
#include "lib/image/bulk.h"

#define SYMS_LIMIT (4u << 20)
#define NAMES_LIMIT (64u << 20)
#define TOKENS_MAX 65536u
#define NO_SYM UINT32_MAX

/* ---- one symbol's text ---- */

/* Length of the entry at `at` and, in *head, of its length field; 0 past the end. */
static uint32_t entry_len(const struct kallsyms *k, uint32_t at, uint32_t *head)
{
	uint32_t len;

	if (at >= k->names_len)
		return 0;
	len = k->names[at];
	*head = 1;
	if (len & 0x80) {
		if (at + 1 >= k->names_len)
			return 0;
		len = (len & 0x7f) | (uint32_t)k->names[at + 1] << 7;
		*head = 2;
	}
	return len <= k->names_len - at - *head ? len : 0;
}

/* The whole text of symbol i, type letter first, not terminated. Returns its length, 0 if
 * it is empty or too long. */
static size_t expand(const struct kallsyms *k, uint32_t i, char buf[KALLSYMS_NAME_MAX])
{
	uint32_t head, at = k->start[i], len = entry_len(k, at, &head), t;
	size_t n = 0;

	for (t = 0; t < len; t++) {
		const struct kallsyms_token *token = &k->token[k->names[at + head + t]];

		/* nearly all are short: copying all eight bytes is cheaper than asking how many */
		if (token->len <= sizeof(token->head) && n <= KALLSYMS_NAME_MAX - sizeof(token->head))
			memcpy(buf + n, token->head, sizeof(token->head));
		else if (token->len < KALLSYMS_NAME_MAX - n)
			memcpy(buf + n, token->text, token->len);
		else
			return 0;
		n += token->len;
	}
	return n < KALLSYMS_NAME_MAX ? n : 0;
}

size_t kallsyms_text(const struct kallsyms *k, uint32_t i, char buf[KALLSYMS_NAME_MAX], char *type)
{
	size_t n = expand(k, i, buf);

	*type = n ? buf[0] : '?';
	if (n)
		memmove(buf, buf + 1, --n);
	buf[n] = '\0';
	return n;
}

enum cairn_code kallsyms_tokens(struct kallsyms *k, struct arena *arena, struct cairn_err *err)
{
	struct kallsyms_token *token = arena_array(arena, 256, sizeof(*token));

	if (!token)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for kallsyms");
	if (!k->tokens_len || k->tokens[k->tokens_len - 1])
		return cairn_fail(err, CAIRN_CORRUPT, "kallsyms_token_table does not end");
	for (int i = 0; i < 256; i++) {
		if (i && k->token_index[i] <= k->token_index[i - 1])
			return cairn_fail(err, CAIRN_CORRUPT, "kallsyms_token_index does not rise");
		if (k->token_index[i] >= k->tokens_len)
			return cairn_fail(err, CAIRN_CORRUPT, "kallsyms_token_table is too short");
		token[i].text = k->tokens + k->token_index[i];
		token[i].len = (uint32_t)strlen(token[i].text);
		memcpy(token[i].head, token[i].text,
		       token[i].len < sizeof(token[i].head) ? token[i].len : sizeof(token[i].head));
	}
	k->token = token;
	return CAIRN_OK;
}

/* ---- reading the tables ---- */

static enum cairn_code fetch(struct space *kernel, uint64_t va, size_t len, struct arena *arena,
			     void **ret, struct cairn_err *err)
{
	*ret = arena_alloc(arena, len);
	if (!*ret)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for kallsyms");
	return bulk_read(kernel, va, *ret, len, err);
}

static enum cairn_code load_tokens(struct kallsyms *k, struct space *kernel,
				   const struct kallsyms_tables *t, struct arena *arena,
				   struct cairn_err *err)
{
	unsigned char raw[512];
	uint16_t *index = arena_array(arena, 256, sizeof(*index));
	char *tokens;
	enum cairn_code code = space_read(kernel, t->token_index, raw, sizeof(raw), err);
	void *p;

	if (code != CAIRN_OK)
		return code;
	if (!index)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for kallsyms");
	for (int i = 0; i < 256; i++)
		index[i] = le16(raw + 2 * i);
	k->tokens_len = (uint32_t)index[255] + 256;
	/* the table may end close before its page does: what follows need not be readable */
	if (t->token_index > t->token_table && t->token_index - t->token_table <= TOKENS_MAX)
		k->tokens_len = (uint32_t)(t->token_index - t->token_table);
	code = fetch(kernel, t->token_table, k->tokens_len, arena, &p, err);
	if (code != CAIRN_OK)
		return code;
	tokens = p;
	tokens[k->tokens_len - 1] = '\0';
	k->tokens = tokens;
	k->token_index = index;
	return kallsyms_tokens(k, arena, err);
}

/* names has no length of its own: it ends where the next table begins, or is walked. */
static uint32_t names_bound(const struct kallsyms_tables *t, uint32_t n)
{
	uint64_t after = UINT64_MAX, all[] = { t->token_table, t->token_index, t->offsets };

	for (size_t i = 0; i < 3; i++)
		if (all[i] > t->names && all[i] < after)
			after = all[i];
	if (after - t->names < NAMES_LIMIT)
		return (uint32_t)(after - t->names);
	return n < NAMES_LIMIT / 64 ? n * 64 : NAMES_LIMIT;
}

static enum cairn_code load_names(struct kallsyms *k, struct space *kernel,
				  const struct kallsyms_tables *t, struct arena *arena,
				  struct cairn_err *err)
{
	uint32_t *start, at = 0, head = 0, i;
	enum cairn_code code;
	void *p;

	code = space_u32(kernel, t->num_syms, &k->n, err);
	if (code != CAIRN_OK)
		return code;
	if (!k->n || k->n > SYMS_LIMIT)
		return cairn_fail(err, CAIRN_CORRUPT, "kallsyms_num_syms is %u", k->n);
	k->names_len = names_bound(t, k->n);
	code = fetch(kernel, t->names, k->names_len, arena, &p, err);
	if (code != CAIRN_OK)
		return code;
	k->names = p;
	start = arena_array(arena, k->n, sizeof(*start));
	if (!start)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for kallsyms");
	for (i = 0; i < k->n; i++) {
		uint32_t len = entry_len(k, at, &head);

		if (!len)
			return cairn_fail(err, CAIRN_CORRUPT, "kallsyms_names ends at symbol %u of %u",
					  i, k->n);
		start[i] = at;
		at += head + len;
	}
	k->start = start;
	k->names_len = at;
	return CAIRN_OK;
}

/* ---- addresses ---- */

struct raw_addrs {
	const unsigned char *table;
	uint64_t place, relative_base;
	bool has_base;
	unsigned entry;
};

static uint64_t decode(const struct raw_addrs *r, enum kallsyms_encoding e, uint32_t i)
{
	const unsigned char *p = r->table + (size_t)i * r->entry;
	int32_t s = (int32_t)le32(p);

	switch (e) {
	case KALLSYMS_ABSOLUTE: return le_uint(p, r->entry);
	case KALLSYMS_BASE_RELATIVE: return r->relative_base + le32(p);
	case KALLSYMS_ABSOLUTE_PERCPU:
		return s >= 0 ? (uint64_t)s : r->relative_base - 1 - (uint64_t)(int64_t)s;
	case KALLSYMS_PLACE_RELATIVE: return r->place + 4 * (uint64_t)i + (uint64_t)(int64_t)s;
	case KALLSYMS_VALUE32: return le32(p);
	}
	return 0;
}

static uint32_t number_of(const struct kallsyms *k, const char *name)
{
	size_t len = strlen(name);
	char buf[KALLSYMS_NAME_MAX];

	for (uint32_t i = 0; i < k->n; i++)
		if (expand(k, i, buf) == len + 1 && !memcmp(buf + 1, name, len))
			return i;
	return NO_SYM;
}

/* The encoding that puts _stext in its place and keeps the table in order around it. */
static bool choose_encoding(struct kallsyms *k, const struct raw_addrs *r, bool words, uint64_t word_mask)
{
	static const enum kallsyms_encoding narrow[] = {
		KALLSYMS_ABSOLUTE_PERCPU, KALLSYMS_BASE_RELATIVE, KALLSYMS_PLACE_RELATIVE,
		KALLSYMS_VALUE32,
	};
	static const enum kallsyms_encoding wide[] = { KALLSYMS_ABSOLUTE };
	const enum kallsyms_encoding *e = words ? wide : narrow;
	/* the first two need relative_base */
	size_t ne = words ? 1 : 4, j = words || r->has_base ? 0 : 2;
	uint32_t stext = number_of(k, "_stext");

	if (stext == NO_SYM)
		return false;
	for (; j < ne; j++) {
		k->encoding = e[j];
		if ((decode(r, e[j], stext) & word_mask) == k->base &&
		    (stext + 1 >= k->n || (decode(r, e[j], stext + 1) & word_mask) >= k->base))
			return true;
	}
	return false;
}

/* Absolute are the per-CPU offsets of x86_64 and whatever is nowhere near the image. (From
 * the upper end of the address space the offsets are near, around its corner.) */
static bool is_absolute(uint64_t addr, uint64_t base)
{
	int64_t d = (int64_t)(addr - base);

	return d > INT32_MAX || d < INT32_MIN || (base > UINT32_MAX && addr <= INT32_MAX);
}

static enum cairn_code normalise(struct kallsyms *k, const struct raw_addrs *r, uint64_t word_mask,
				 struct arena *arena, struct cairn_err *err)
{
	int32_t *rel = arena_array(arena, k->n, sizeof(*rel));
	uint8_t *absolute = arena_alloc(arena, k->n / 8 + 1);
	uint64_t last = 0;

	if (!rel || !absolute)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for kallsyms");
	for (uint32_t i = 0; i < k->n; i++) {
		uint64_t addr = decode(r, k->encoding, i) & word_mask;

		if (addr < last)
			return cairn_fail(err, CAIRN_CORRUPT, "kallsyms addresses do not rise at symbol %u",
					  i);
		last = addr;
		if (is_absolute(addr, k->base)) {
			absolute[i / 8] |= (uint8_t)(1 << i % 8);
			rel[i] = addr <= INT32_MAX ? (int32_t)addr : INT32_MAX;
		} else {
			rel[i] = (int32_t)(addr - k->base);
		}
	}
	k->rel = rel;
	k->absolute = absolute;
	return CAIRN_OK;
}

static enum cairn_code load_addrs(struct kallsyms *k, struct space *kernel,
				  const struct kallsyms_tables *t, struct arena *arena,
				  struct cairn_err *err)
{
	bool words = t->addresses != 0;
	uint64_t word_mask = kernel->word == 4 ? UINT32_MAX : UINT64_MAX;
	struct raw_addrs r = { .place = words ? t->addresses : t->offsets,
			       .entry = words ? kernel->word : 4,
			       .has_base = t->relative_base != 0 };
	enum cairn_code code;
	void *p;

	if (!r.place)
		return cairn_fail(err, CAIRN_MISSING, "kallsyms has no table of addresses");
	code = fetch(kernel, r.place, (size_t)k->n * r.entry, arena, &p, err);
	if (code != CAIRN_OK)
		return code;
	r.table = p;
	if (r.has_base) {
		code = space_word(kernel, t->relative_base, &r.relative_base, err);
		if (code != CAIRN_OK)
			return code;
	}
	if (!choose_encoding(k, &r, words, word_mask))
		return cairn_fail(err, CAIRN_CORRUPT, "no encoding of kallsyms puts _stext at %#llx",
				  (unsigned long long)k->base);
	return normalise(k, &r, word_mask, arena, err);
}

uint64_t kallsyms_addr(const struct kallsyms *k, uint32_t i)
{
	if (k->absolute[i / 8] >> i % 8 & 1)
		return (uint64_t)(uint32_t)k->rel[i];
	return k->base + (uint64_t)(int64_t)k->rel[i];
}

/* ---- names ---- */

enum cairn_code kallsyms_hash(struct kallsyms *k, struct arena *arena, struct cairn_err *err)
{
	uint32_t *hash = mem_zalloc(k->n, sizeof(*hash));
	char buf[KALLSYMS_NAME_MAX];
	enum cairn_code code;

	if (!hash)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for kallsyms");
	for (uint32_t i = 0; i < k->n; i++) {
		size_t len = expand(k, i, buf);

		hash[i] = len ? nameindex_hash(buf + 1, len - 1, 0) : 0;
	}
	code = nameindex_build(&k->by_name, hash, k->n, arena, err);
	mem_free(hash);
	return code;
}

enum cairn_code kallsyms_load(struct kallsyms *ret, struct space *kernel,
			      const struct vmcoreinfo *v, struct arena *arena,
			      struct cairn_err *err)
{
	struct kallsyms_tables t;
	enum cairn_code code;

	*ret = (struct kallsyms){ .arena = arena };
	if (!vmcoreinfo_symbol(v, "_stext", &ret->base))
		return cairn_fail(err, CAIRN_MISSING, "VMCOREINFO has no SYMBOL(_stext)");
	code = kallsyms_find(&t, kernel, v, err);
	if (code == CAIRN_OK)
		code = load_tokens(ret, kernel, &t, arena, err);
	if (code == CAIRN_OK)
		code = load_names(ret, kernel, &t, arena, err);
	if (code == CAIRN_OK)
		code = load_addrs(ret, kernel, &t, arena, err);
	if (code == CAIRN_OK)
		code = kallsyms_hash(ret, arena, err);
	return code == CAIRN_OK ? code : cairn_context(err, code, "kallsyms");
}

/* ---- as a source of symbols ---- */

static const char *intern(struct kallsyms *k, uint32_t i, char *type)
{
	char buf[KALLSYMS_NAME_MAX];
	size_t n = kallsyms_text(k, i, buf, type);

	if (!k->text)
		k->text = arena_array(k->arena, k->n, sizeof(*k->text));
	if (!k->text)
		return "";
	if (!k->text[i])
		k->text[i] = arena_strndup(k->arena, buf, n);
	return k->text[i] ? k->text[i] : "";
}

static bool is_relative(const struct kallsyms *k, uint32_t i)
{
	return !(k->absolute[i / 8] >> i % 8 & 1);
}

/* The first symbol behind addr; k->n if there is none. */
static uint32_t first_above(const struct kallsyms *k, uint64_t addr)
{
	uint32_t lo = 0, hi = k->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (kallsyms_addr(k, mid) <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The last per-CPU offset and the last symbol of the image have no next one. */
static uint64_t size_of(const struct kallsyms *k, uint32_t i)
{
	uint64_t addr = kallsyms_addr(k, i);
	uint32_t next = first_above(k, addr);

	if (next < k->n && is_relative(k, next) == is_relative(k, i))
		return kallsyms_addr(k, next) - addr;
	return is_relative(k, i) && k->end > addr ? k->end - addr : 0;
}

static void fill(struct kallsyms *k, uint32_t i, struct sym *ret)
{
	*ret = (struct sym){
		.addr = kallsyms_addr(k, i), .size = size_of(k, i), .percpu = !is_relative(k, i),
	};
	ret->name = intern(k, i, &ret->type);
}

static bool by_addr(void *self, uint64_t addr, struct sym *ret)
{
	struct kallsyms *k = self;
	uint32_t above = first_above(k, addr);
	uint64_t start;

	if (!above || !is_relative(k, above - 1))
		return false;
	start = kallsyms_addr(k, above - 1);
	fill(k, start ? first_above(k, start - 1) : 0, ret);
	return true;
}

static bool by_name(void *self, const char *name, size_t nth, struct sym *ret)
{
	struct kallsyms *k = self;
	size_t len = strlen(name);
	char buf[KALLSYMS_NAME_MAX];
	uint32_t n, i;
	const uint32_t *number = nameindex_bucket(&k->by_name, nameindex_hash(name, len, 0), &n);

	for (i = 0; i < n; i++) {
		if (number[i] >= k->n || expand(k, number[i], buf) != len + 1 ||
		    memcmp(buf + 1, name, len) || nth--)
			continue;
		fill(k, number[i], ret);
		return true;
	}
	return false;
}

static bool at(void *self, size_t i, struct sym *ret)
{
	struct kallsyms *k = self;

	if (i >= k->n)
		return false;
	fill(k, (uint32_t)i, ret);
	return true;
}

static const struct sym_source_ops ops = { .by_addr = by_addr, .by_name = by_name, .at = at };

static uint64_t value_of(struct kallsyms *k, const char *name)
{
	struct sym s;

	return by_name(k, name, 0, &s) ? s.addr : 0;
}

enum cairn_code kallsyms_register(struct kallsyms *k, struct syms *syms, struct cairn_err *err)
{
	uint64_t begin = k->base, end = value_of(k, "_end"), text = value_of(k, "_text");
	enum cairn_code code;

	if (text && text < begin)
		begin = text;
	k->end = end > begin ? end : kallsyms_addr(k, k->n - 1) + 1;
	code = syms_add(syms, "kallsyms", begin, k->end, &ops, k, err);
	if (code == CAIRN_OK)
		code = syms_add_text(syms, begin, value_of(k, "_etext"), err);
	if (code == CAIRN_OK)
		code = syms_add_text(syms, value_of(k, "_sinittext"), value_of(k, "_einittext"), err);
	return code;
}
