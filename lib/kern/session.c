/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/session.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/debug/btf.h"
#include "lib/debug/kallsyms.h"
#include "lib/image/bulk.h"

#define BTF_LIMIT ((uint64_t)256 << 20)

void session_degrade(struct cairn *c, const char *what, const struct cairn_err *err)
{
	const char *reason;

	for (size_t i = 0; i < c->ndegraded; i++)
		if (!strcmp(c->degraded[i].what, what))
			return;
	if (c->ndegraded == DEGRADED_LIMIT)
		return;
	reason = arena_strdup(&c->arena, err->text);
	c->degraded[c->ndegraded++] = (struct cairn_degraded){
		.what = what, .reason = reason ? reason : "out of memory",
	};
}

const struct cairn_degraded *cairn_degraded(const struct cairn *c, size_t n)
{
	return n < c->ndegraded ? &c->degraded[n] : NULL;
}

/* ---- opening, stage by stage ---- */

static enum cairn_code open_space(struct cairn *c, struct cairn_err *err)
{
	const struct image_info *info = image_info(c->img);
	enum cairn_code code;

	if (!info->vmcoreinfo.text) {
		code = image_search_vmcoreinfo(c->img, err);
		if (code != CAIRN_OK)
			return code;
	}
	vmcoreinfo_get(&info->vmcoreinfo, "OSRELEASE", c->release, sizeof(c->release));
	vmcoreinfo_get(&info->vmcoreinfo, "BUILD-ID", c->build_id, sizeof(c->build_id));
	code = layout_find(&c->layout, c->img, err);
	if (code != CAIRN_OK)
		return code;
	c->arch = c->layout.arch;
	return space_init(&c->kernel, c->img, &c->layout.form, c->layout.root, c->arch->word,
			  "kernel address", err);
}

static enum cairn_code open_symbols(struct cairn *c, struct cairn_err *err)
{
	struct kallsyms *k = arena_alloc(&c->arena, sizeof(*k));
	enum cairn_code code;

	if (!k)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for symbols");
	code = kallsyms_load(k, &c->kernel, &image_info(c->img)->vmcoreinfo, &c->arena, err);
	return code == CAIRN_OK ? kallsyms_register(k, &c->syms, err) : code;
}

static enum cairn_code open_types(struct cairn *c, struct cairn_err *err)
{
	uint64_t start, stop;
	struct btf_provider *b;
	enum cairn_code code;
	void *blob;

	code = sym_addr(&c->syms, "__start_BTF", &start, err);
	if (code == CAIRN_OK)
		code = sym_addr(&c->syms, "__stop_BTF", &stop, err);
	if (code != CAIRN_OK)
		return code;
	if (stop <= start || stop - start > BTF_LIMIT)
		return cairn_fail(err, CAIRN_CORRUPT, "BTF from %#llx to %#llx",
				  (unsigned long long)start, (unsigned long long)stop);
	blob = mem_zalloc(stop - start, 1);
	if (!blob)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for BTF");
	code = bulk_read(&c->kernel, start, blob, stop - start, err);
	if (code == CAIRN_OK)
		code = btf_provider_new(&b, "BTF of the dump", blob, stop - start, NULL, NULL,
					c->arch->word, err);
	mem_free(blob);
	if (code == CAIRN_OK)
		types_add(&c->types, btf_types(b));
	return code;
}

/* Each stage needs the one before; what comes after a failed one is missing too, and the
 * first reason is the one to tell. */
static void open_stages(struct cairn *c)
{
	static const struct {
		const char *what;
		enum cairn_code (*open)(struct cairn *c, struct cairn_err *err);
	} stages[] = {
		{ "kernel memory", open_space },
		{ "symbols", open_symbols },
		{ "types", open_types },
	};
	struct cairn_err err;

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (stages[i].open(c, &err) != CAIRN_OK) {
			session_degrade(c, stages[i].what, &err);
			return;
		}
}

enum cairn_code cairn_open(struct cairn **ret, const char *const *paths, size_t npaths,
			   const struct cairn_opts *opts, struct cairn_err *err)
{
	static const struct cairn_opts defaults;
	struct cairn *c = mem_zalloc(1, sizeof(*c));
	enum cairn_code code;

	if (!c)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for a session");
	c->opts = opts ? opts : &defaults;
	syms_init(&c->syms, &c->arena);
	types_init(&c->types, &c->arena, 8);
	code = image_open(&c->img, paths, npaths, err);
	if (code != CAIRN_OK) {
		cairn_close(c);
		return code;
	}
	c->arch = image_info(c->img)->arch;
	if (c->arch)
		c->types.word = c->arch->word;
	open_stages(c);
	*ret = c;
	return CAIRN_OK;
}

void cairn_close(struct cairn *c)
{
	if (!c)
		return;
	types_deinit(&c->types);
	space_deinit(&c->kernel);
	image_close(c->img);
	arena_deinit(&c->arena);
	mem_free(c);
}

/* ---- the public calls ---- */

enum cairn_code cairn_read(struct cairn *c, uint64_t addr, void *buf, size_t len,
			   struct cairn_err *err)
{
	if (!c->kernel.tlb)
		return cairn_fail(err, CAIRN_MISSING, "kernel memory cannot be translated: %s",
				  c->ndegraded ? c->degraded[0].reason : "no layout");
	return space_read(&c->kernel, addr, buf, len, err);
}

enum cairn_code cairn_read_phys(struct cairn *c, uint64_t paddr, void *buf, size_t len,
				struct cairn_err *err)
{
	return image_read(c->img, paddr, buf, len, err);
}

enum cairn_code cairn_symbol(struct cairn *c, const char *name, uint64_t *ret,
			     struct cairn_err *err)
{
	return sym_addr(&c->syms, name, ret, err);
}

const char *cairn_symbolize(struct cairn *c, uint64_t addr, uint64_t *offset)
{
	struct sym sym;

	return sym_at(&c->syms, addr, &sym, offset) ? sym.name : NULL;
}

enum cairn_code cairn_member(struct cairn *c, const char *type, const char *path,
			     uint64_t *offset, uint64_t *size, struct cairn_err *err)
{
	const struct type *t = type_find(&c->types, type, err);
	struct member m;

	if (!t)
		return err ? err->code : CAIRN_MISSING;
	if (!type_member(t, path, &m))
		return cairn_fail(err, CAIRN_MISSING, "%s has no member %s", type, path);
	*offset = m.offset;
	*size = m.size;
	return CAIRN_OK;
}
