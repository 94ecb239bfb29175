/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/log.h"

#include "lib/base/mem.h"
#include "lib/kern/extent.h"
#include "lib/kern/log_ring.h"

static enum cairn_code find_ring(struct cairn *c, struct log_layout *l, uint64_t *prb,
				 struct cairn_err *err)
{
	const struct vmcoreinfo *v = &image_info(c->img)->vmcoreinfo;
	struct sym sym;

	if (!vmcoreinfo_symbol(v, "prb", prb)) {
		if (!sym_find(&c->syms, "prb", &sym))
			return cairn_fail(err, CAIRN_MISSING, "neither VMCOREINFO nor the symbols "
					  "have prb, the log of 5.10 and later");
		*prb = sym.addr;
	}
	if (log_layout_vmcoreinfo(l, v, c->arch->word, NULL) == CAIRN_OK)
		return CAIRN_OK;
	return log_layout_types(l, &c->types, c->arch->word, err);
}

/* What does not fit into the machine's memory is a lie, and costly to believe. */
static enum cairn_code check_size(struct cairn *c, uint64_t len, struct cairn_err *err)
{
	uint64_t first, end;

	if (!image_bounds(c->img, &first, &end) || len <= end - first)
		return CAIRN_OK;
	return cairn_fail(err, CAIRN_CORRUPT, "an array of %llu bytes, more than the memory",
			  (unsigned long long)len);
}

/* Descriptors and infos are given back; the text stays, as the records point into it. */
static enum cairn_code read_arrays(struct cairn *c, struct log_ring *r, struct arena *tmp,
				   struct cairn_err *err)
{
	struct range range[2];
	enum cairn_code code = CAIRN_OK;

	for (unsigned i = 0; code == CAIRN_OK && i < 2 * LOG_ARRAYS; i++) {
		struct range *part = &range[i % 2];
		struct arena *a = i / 2 == LOG_TEXT ? &c->arena : tmp;

		log_ring_ranges(r, (enum log_array)(i / 2), range);
		code = check_size(c, part->end - part->begin, err);
		if (code == CAIRN_OK)
			code = extent_read(&r->piece[i / 2][i % 2], a, &c->kernel, part->begin,
					   part->end - part->begin, err);
	}
	return code;
}

static enum cairn_code read_ring(struct cairn *c, struct log_ring *r, struct cairn_err *err)
{
	struct log_layout l;
	uint64_t prb;
	unsigned char *raw;
	enum cairn_code code = find_ring(c, &l, &prb, err);

	if (code == CAIRN_OK)
		code = space_word(&c->kernel, prb, &prb, err);
	if (code != CAIRN_OK)
		return code;
	raw = mem_zalloc(1, l.ring_size);
	if (!raw)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the log");
	code = space_read(&c->kernel, prb, raw, l.ring_size, err);
	if (code == CAIRN_OK)
		code = log_ring_parse(r, &l, raw, err);
	mem_free(raw);
	return code;
}

static enum cairn_code load(struct cairn *c, struct log *log, struct cairn_err *err)
{
	struct arena tmp = { 0 };
	struct log_ring r;
	enum cairn_code code = read_ring(c, &r, err);

	if (code == CAIRN_OK)
		code = read_arrays(c, &r, &tmp, err);
	if (code == CAIRN_OK)
		code = log_ring_records(log, &r, &c->arena, err);
	arena_deinit(&tmp);
	return code;
}

enum cairn_code log_get(struct cairn *c, const struct log **ret, struct cairn_err *err)
{
	struct log *log = c->log;
	enum cairn_code code;

	if (!log) {
		if (!c->kernel.tlb)
			return cairn_fail(err, CAIRN_MISSING, "no kernel memory to read it from");
		log = arena_alloc(&c->arena, sizeof(*log));
		if (!log)
			return cairn_fail(err, CAIRN_NOMEM, "no memory for the log");
		code = load(c, log, err);
		if (code != CAIRN_OK)
			return cairn_context(err, code, "kernel log");
		c->log = log;
	}
	*ret = log;
	return CAIRN_OK;
}

const char *log_level_name(unsigned level)
{
	static const char *const names[] = {
		"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug",
	};

	return level < sizeof(names) / sizeof(names[0]) ? names[level] : NULL;
}
