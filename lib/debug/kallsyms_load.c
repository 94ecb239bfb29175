/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the tables of kallsyms, of which pages may be missing. */
#include <string.h>

#include "lib/base/cursor.h"
#include "lib/debug/kallsyms.h"
#include "lib/debug/kallsyms_find.h"
#include "lib/image/bulk.h"

#define SYMS_LIMIT (4u << 20)
#define NAMES_LIMIT (64u << 20)
#define TOKENS_MAX 65536u
#define PER_MARKER 256u
#define IMAGE_BEFORE ((uint64_t)16 << 20) /* _text lies less before _stext */
#define IMAGE_LIMIT ((uint64_t)512 << 20)
#define NO_SYM UINT32_MAX

/* ---- a table with holes ---- */

struct table {
	unsigned char *bytes; /* zero where not read */
	uint64_t va;
	size_t len;
	unsigned page_shift;
	uint8_t *gone;        /* bitmap of pages; NULL: all is there */
	struct cairn_err why; /* of the first that is gone */
};

static size_t page_of(const struct table *t, size_t at)
{
	return (size_t)((t->va & (((uint64_t)1 << t->page_shift) - 1)) + at) >> t->page_shift;
}

static bool intact(const struct table *t, size_t at, size_t len)
{
	if (!len || at > t->len || len > t->len - at)
		return false;
	for (size_t i = page_of(t, at); t->gone && i <= page_of(t, at + len - 1); i++)
		if (t->gone[i / 8] >> i % 8 & 1)
			return false;
	return true;
}

static enum cairn_code read_pages(struct table *t, struct space *kernel, struct arena *arena,
				  struct cairn_err *err)
{
	uint64_t page = (uint64_t)1 << t->page_shift;
	struct cairn_err own;
	size_t at, n;

	memset(t->bytes, 0, t->len);
	t->gone = arena_alloc(arena, page_of(t, t->len - 1) / 8 + 1);
	if (!t->gone)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for kallsyms");
	for (at = 0; at < t->len; at += n) {
		n = (size_t)(page - ((t->va + at) & (page - 1)));
		n = n < t->len - at ? n : t->len - at;
		if (space_read_some(kernel, t->va + at, t->bytes + at, n, &own) == n)
			continue;
		t->gone[page_of(t, at) / 8] |= (uint8_t)(1 << page_of(t, at) % 8);
		if (t->why.code == CAIRN_OK)
			t->why = own;
	}
	return CAIRN_OK;
}

static enum cairn_code read_table(struct table *t, struct space *kernel, uint64_t va, size_t len,
				  struct arena *arena, struct cairn_err *err)
{
	enum cairn_code code;

	*t = (struct table){ .va = va, .len = len, .page_shift = kernel->page_shift };
	t->bytes = arena_alloc(arena, len);
	if (!t->bytes)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for kallsyms");
	code = bulk_read(kernel, va, t->bytes, len, err);
	return code == CAIRN_FAULT ? read_pages(t, kernel, arena, err) : code;
}

struct loader {
	struct kallsyms *k;
	struct space *kernel;
	struct arena *arena;
	struct kallsyms_tables t;
	uint32_t *start; /* k->start */
};

static void lose(struct loader *l, uint32_t i, const struct cairn_err *why)
{
	if (l->start[i] != KALLSYMS_LOST)
		l->k->lost++;
	l->start[i] = KALLSYMS_LOST;
	if (l->k->why.code == CAIRN_OK)
		l->k->why = *why;
}

/* ---- tokens ---- */

static enum cairn_code load_tokens(struct loader *l, struct cairn_err *err)
{
	unsigned char raw[512];
	struct kallsyms *k = l->k;
	const struct kallsyms_tables *t = &l->t;
	uint16_t *index = arena_array(l->arena, 256, sizeof(*index));
	char *tokens;
	enum cairn_code code = space_read(l->kernel, t->token_index, raw, sizeof(raw), err);

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
	tokens = arena_alloc(l->arena, k->tokens_len);
	if (!tokens)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for kallsyms");
	code = bulk_read(l->kernel, t->token_table, tokens, k->tokens_len, err);
	if (code != CAIRN_OK)
		return code;
	tokens[k->tokens_len - 1] = '\0';
	k->tokens = tokens;
	k->token_index = index;
	return kallsyms_tokens(k, l->arena, err);
}

/* ---- names ---- */

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

/* kallsyms_markers, u32 offsets of every 256th entry, stands between names and token_table,
 * each aligned to a word; from 6.1.x to 6.3 kallsyms_seqs_of_names, 3 bytes a symbol, follows
 * it (60443c88f3a8). No export tells of either. */
struct markers {
	const struct table *names; /* which reaches over them */
	size_t at, n;              /* n 0: not there */
};

static uint32_t marker(const struct markers *m, size_t i)
{
	return le32(m->names->bytes + m->at + 4 * i);
}

static bool marker_known(const struct markers *m, size_t i)
{
	return i < m->n && intact(m->names, m->at + 4 * i, 4);
}

static bool markers_rise(const struct markers *m)
{
	uint64_t last = 0;

	for (size_t i = 0; i < m->n; i++) {
		if (!marker_known(m, i))
			continue;
		if (marker(m, i) >= m->at || (i ? marker(m, i) <= last : marker(m, i) != 0))
			return false;
		last = marker(m, i);
	}
	return true;
}

static struct markers find_markers(const struct loader *l, const struct table *names)
{
	uint64_t room = l->t.token_table - names->va, word = l->kernel->word;
	uint64_t after[] = { 0, (3 * (uint64_t)l->k->n + word - 1) & ~(word - 1) };
	struct markers m = { .names = names, .n = (l->k->n + PER_MARKER - 1) / PER_MARKER };
	uint64_t len = (4 * m.n + word - 1) & ~(word - 1);

	for (size_t i = 0; i < 2 && l->t.token_table > names->va && room <= names->len; i++) {
		if (room <= len + after[i])
			break;
		m.at = (size_t)(room - len - after[i]);
		if (markers_rise(&m))
			return m;
	}
	return (struct markers){ .names = names };
}

/* The length of the whole entry at `at`; 0 if it is not all there. */
static uint32_t entry(const struct kallsyms *k, const struct table *names, uint32_t at)
{
	uint32_t head, len = intact(names, at, 1) ? kallsyms_entry(k, at, &head) : 0;

	return len && intact(names, at, head + len) ? head + len : 0;
}

/* The next symbol behind i that a marker tells the place of, each entry before it taking two
 * bytes or more; k->n if there is none. */
static uint32_t resume(const struct kallsyms *k, const struct markers *m, uint32_t i, uint32_t *at)
{
	for (size_t j = i / PER_MARKER + 1; j < m->n; j++) {
		uint32_t next = (uint32_t)j * PER_MARKER;

		if (!marker_known(m, j) || marker(m, j) < *at + 2 * (uint64_t)(next - i) ||
		    !entry(k, m->names, marker(m, j)))
			continue;
		*at = marker(m, j);
		return next;
	}
	return k->n;
}

static enum cairn_code walk_names(struct loader *l, const struct table *names,
				  struct cairn_err *err)
{
	struct markers m = find_markers(l, names);
	struct kallsyms *k = l->k;
	uint32_t at = 0, end = 0, i = 0;
	struct cairn_err why;

	if (m.n)
		k->names_len = (uint32_t)m.at;
	while (i < k->n) {
		uint32_t len = entry(k, names, at), next;

		if (len) {
			l->start[i++] = at;
			end = at += len;
			continue;
		}
		why = names->why;
		if (why.code == CAIRN_OK)
			cairn_fail(&why, CAIRN_CORRUPT, "kallsyms_names ends at symbol %u of %u", i,
				   k->n);
		for (next = resume(k, &m, i, &at); i < next; i++)
			lose(l, i, &why);
	}
	k->names_len = end;
	if (k->lost < k->n)
		return CAIRN_OK;
	if (err)
		*err = k->why;
	return k->why.code;
}

/* Where num_syms shares its page with what is lost: relative_base follows the offsets, with at
 * most one entry of padding, which will count as lost. */
static enum cairn_code count(const struct loader *l, uint32_t *ret, struct cairn_err *err)
{
	enum cairn_code code = space_u32(l->kernel, l->t.num_syms, ret, err);
	uint64_t room = l->t.relative_base - l->t.offsets;

	if (code == CAIRN_OK || !l->t.offsets || l->t.relative_base < l->t.offsets ||
	    room / 4 > SYMS_LIMIT)
		return code;
	*ret = (uint32_t)(room / 4);
	return CAIRN_OK;
}

static enum cairn_code load_names(struct loader *l, struct cairn_err *err)
{
	struct kallsyms *k = l->k;
	struct table names;
	enum cairn_code code = count(l, &k->n, err);

	if (code != CAIRN_OK)
		return code;
	if (!k->n || k->n > SYMS_LIMIT)
		return cairn_fail(err, CAIRN_CORRUPT, "kallsyms_num_syms is %u", k->n);
	k->names_len = names_bound(&l->t, k->n);
	code = read_table(&names, l->kernel, l->t.names, k->names_len, l->arena, err);
	if (code != CAIRN_OK)
		return code;
	k->names = names.bytes;
	l->start = arena_array(l->arena, k->n, sizeof(*l->start));
	if (!l->start)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for kallsyms");
	k->start = l->start;
	return walk_names(l, &names, err);
}

/* ---- addresses ---- */

struct raw_addrs {
	struct table table;
	uint64_t relative_base, word_mask;
	bool words, has_base;
	unsigned entry;
};

static bool addr_known(const struct raw_addrs *r, uint32_t i)
{
	return intact(&r->table, (size_t)i * r->entry, r->entry);
}

static uint64_t decode(const struct raw_addrs *r, enum kallsyms_encoding e, uint32_t i)
{
	const unsigned char *p = r->table.bytes + (size_t)i * r->entry;
	int32_t s = (int32_t)le32(p);
	uint64_t addr = 0;

	switch (e) {
	case KALLSYMS_ABSOLUTE: addr = le_uint(p, r->entry); break;
	case KALLSYMS_BASE_RELATIVE: addr = r->relative_base + le32(p); break;
	case KALLSYMS_ABSOLUTE_PERCPU:
		addr = s >= 0 ? (uint64_t)s : r->relative_base - 1 - (uint64_t)(int64_t)s;
		break;
	case KALLSYMS_PLACE_RELATIVE:
		addr = r->table.va + 4 * (uint64_t)i + (uint64_t)(int64_t)s;
		break;
	case KALLSYMS_VALUE32: addr = le32(p); break;
	}
	return addr & r->word_mask;
}

static uint32_t number_of(const struct kallsyms *k, const char *name)
{
	char buf[KALLSYMS_NAME_MAX], type;
	size_t len = strlen(name);

	for (uint32_t i = 0; i < k->n; i++)
		if (kallsyms_text(k, i, buf, &type) == len && !memcmp(buf, name, len))
			return i;
	return NO_SYM;
}

/* The share of addresses that rise within the image tells an encoding from all others. */
static bool mostly_rises(const struct kallsyms *k, const struct raw_addrs *r,
			 enum kallsyms_encoding e)
{
	uint32_t known = 0, rising = 0;
	uint64_t last = k->base - IMAGE_BEFORE, addr;

	for (uint32_t i = 0; i < k->n; i++) {
		if (!addr_known(r, i))
			continue;
		known++;
		addr = decode(r, e, i);
		if (addr < last || addr - last > IMAGE_LIMIT)
			continue;
		rising++;
		last = addr;
	}
	return rising > known / 2;
}

/* Whether an encoding puts _stext, symbol number i, in its place and keeps the table in order
 * around it. */
static bool fits(const struct kallsyms *k, const struct raw_addrs *r, enum kallsyms_encoding e,
		 uint32_t stext)
{
	if (stext < k->n && addr_known(r, stext))
		return decode(r, e, stext) == k->base &&
		       (stext + 1 >= k->n || !addr_known(r, stext + 1) ||
			decode(r, e, stext + 1) >= k->base || mostly_rises(k, r, e));
	return (k->lost || r->table.gone) && mostly_rises(k, r, e);
}

static bool choose_encoding(struct kallsyms *k, const struct raw_addrs *r)
{
	static const enum kallsyms_encoding narrow[] = {
		KALLSYMS_ABSOLUTE_PERCPU, KALLSYMS_BASE_RELATIVE, KALLSYMS_PLACE_RELATIVE,
		KALLSYMS_VALUE32,
	};
	static const enum kallsyms_encoding wide[] = { KALLSYMS_ABSOLUTE };
	const enum kallsyms_encoding *e = r->words ? wide : narrow;
	/* the first two need relative_base */
	size_t ne = r->words ? 1 : 4, j = r->words || r->has_base ? 0 : 2;
	uint32_t stext = number_of(k, "_stext");

	for (; j < ne; j++)
		if (fits(k, r, e[j], stext)) {
			k->encoding = e[j];
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

/* Addresses in the making: those of [done, i) are lost, and wait for what follows. */
struct rising {
	int32_t *rel;
	uint8_t *absolute;
	uint32_t done;
	uint64_t last;
};

static void settle(const struct loader *l, struct rising *g, uint32_t to, uint64_t addr)
{
	for (; g->done < to; g->done++) {
		uint32_t i = g->done;

		if (is_absolute(addr, l->k->base)) {
			g->absolute[i / 8] |= (uint8_t)(1 << i % 8);
			g->rel[i] = addr <= INT32_MAX ? (int32_t)addr : INT32_MAX;
		} else {
			g->rel[i] = (int32_t)(addr - l->k->base);
		}
	}
}

/* Where two do not rise, the one that the third contradicts is wrong. */
static bool rises(const struct kallsyms *k, const struct raw_addrs *r, uint32_t i, uint64_t last)
{
	uint64_t addr = decode(r, k->encoding, i), next;

	if (addr < last)
		return false;
	if (i + 1 >= k->n || !addr_known(r, i + 1))
		return true;
	next = decode(r, k->encoding, i + 1);
	return addr <= next || next < last;
}

static enum cairn_code normalise(struct loader *l, const struct raw_addrs *r, struct cairn_err *err)
{
	struct kallsyms *k = l->k;
	struct rising g = { .rel = arena_array(l->arena, k->n, sizeof(*g.rel)),
			    .absolute = arena_alloc(l->arena, k->n / 8 + 1) };
	uint32_t fell = 0;
	struct cairn_err why;

	if (!g.rel || !g.absolute)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for kallsyms");
	for (uint32_t i = 0; i < k->n; i++) {
		uint64_t addr = addr_known(r, i) ? decode(r, k->encoding, i) : 0;

		if (!addr_known(r, i)) {
			lose(l, i, &r->table.why);
		} else if (!rises(k, r, i, g.last)) {
			cairn_fail(&why, CAIRN_CORRUPT, "kallsyms addresses do not rise at symbol %u", i);
			lose(l, i, &why);
			fell++;
		} else {
			settle(l, &g, i, g.last + 1 < addr ? g.last + 1 : addr);
			settle(l, &g, i + 1, addr);
			g.last = addr;
		}
	}
	settle(l, &g, k->n, g.last + 1);
	if (fell > k->n / 2 || k->lost == k->n) {
		if (err)
			*err = k->why;
		return k->why.code;
	}
	k->rel = g.rel;
	k->absolute = g.absolute;
	return CAIRN_OK;
}

static enum cairn_code load_addrs(struct loader *l, struct cairn_err *err)
{
	const struct kallsyms_tables *t = &l->t;
	struct raw_addrs r = { .words = t->addresses != 0, .has_base = t->relative_base != 0,
			       .word_mask = l->kernel->word == 4 ? UINT32_MAX : UINT64_MAX };
	uint64_t place = r.words ? t->addresses : t->offsets;
	enum cairn_code code;

	r.entry = r.words ? l->kernel->word : 4;
	if (!place)
		return cairn_fail(err, CAIRN_MISSING, "kallsyms has no table of addresses");
	code = read_table(&r.table, l->kernel, place, (size_t)l->k->n * r.entry, l->arena, err);
	if (code == CAIRN_OK && r.has_base)
		code = space_word(l->kernel, t->relative_base, &r.relative_base, err);
	if (code != CAIRN_OK)
		return code;
	if (choose_encoding(l->k, &r))
		return normalise(l, &r, err);
	if (r.table.why.code == CAIRN_OK)
		return cairn_fail(err, CAIRN_CORRUPT, "no encoding of kallsyms puts _stext at %#llx",
				  (unsigned long long)l->k->base);
	if (err)
		*err = r.table.why;
	return r.table.why.code;
}

enum cairn_code kallsyms_load(struct kallsyms *ret, struct space *kernel,
			      const struct vmcoreinfo *v, struct arena *arena,
			      struct cairn_err *err)
{
	struct loader l = { .k = ret, .kernel = kernel, .arena = arena };
	enum cairn_code code;

	*ret = (struct kallsyms){ .arena = arena };
	if (!vmcoreinfo_symbol(v, "_stext", &ret->base))
		return cairn_fail(err, CAIRN_MISSING, "VMCOREINFO has no SYMBOL(_stext)");
	code = kallsyms_find(&l.t, kernel, v, err);
	if (code == CAIRN_OK)
		code = load_tokens(&l, err);
	if (code == CAIRN_OK)
		code = load_names(&l, err);
	if (code == CAIRN_OK)
		code = load_addrs(&l, err);
	if (code == CAIRN_OK)
		code = kallsyms_hash(ret, arena, err);
	return code == CAIRN_OK ? code : cairn_context(err, code, "kallsyms");
}
