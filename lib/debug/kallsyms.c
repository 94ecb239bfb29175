/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/kallsyms.h"

#include <string.h>

#include "lib/base/mem.h"

/* ---- one symbol's text ---- */

uint32_t kallsyms_entry(const struct kallsyms *k, uint32_t at, uint32_t *head)
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
	uint32_t head, at = k->start[i], len = kallsyms_entry(k, at, &head), t;
	size_t n = 0;

	for (t = 0; t < len; t++) {
		const struct kallsyms_token *token = &k->token[k->names[at + head + t]];

		/* nearly all are short: copying all eight bytes is cheaper than asking how many */
		if (token->len <= sizeof(token->head) &&
		    n <= KALLSYMS_NAME_MAX - sizeof(token->head))
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

/* ---- addresses ---- */

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

static bool is_lost(const struct kallsyms *k, uint32_t i)
{
	return k->start[i] == KALLSYMS_LOST;
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

/* The last per-CPU offset and the last symbol of the image have no next one, nor has the
 * last one before a hole. */
static uint64_t size_of(const struct kallsyms *k, uint32_t i)
{
	uint64_t addr = kallsyms_addr(k, i);
	uint32_t next = first_above(k, addr);

	if (next < k->n && is_relative(k, next) == is_relative(k, i)) {
		uint64_t size = kallsyms_addr(k, next) - addr;

		return size == 1 && is_lost(k, next) ? 0 : size;
	}
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
	uint32_t above = first_above(k, addr), i;
	uint64_t start;

	if (!above || !is_relative(k, above - 1))
		return false;
	start = kallsyms_addr(k, above - 1);
	i = start ? first_above(k, start - 1) : 0;
	while (i < above && is_lost(k, i))
		i++;
	if (i >= above)
		return false;
	fill(k, i, ret);
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

/* Where _etext is lost, text reaches to the first data that has a name. */
static uint64_t text_end(struct kallsyms *k)
{
	uint64_t end = value_of(k, "_etext");
	char buf[KALLSYMS_NAME_MAX], type;

	for (uint32_t i = first_above(k, k->base); !end && i < k->n; i++)
		if (kallsyms_text(k, i, buf, &type) && strchr("rRdDbB", type))
			end = kallsyms_addr(k, i);
	return end ? end : k->end;
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
		code = syms_add_text(syms, begin, text_end(k), err);
	if (code == CAIRN_OK)
		code = syms_add_text(syms, value_of(k, "_sinittext"), value_of(k, "_einittext"),
				     err);
	return code;
}
