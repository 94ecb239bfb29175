/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/session.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/mem.h"
#include "lib/debug/btf.h"
#include "lib/debug/index.h"
#include "lib/debug/kallsyms.h"
#include "lib/debug/kallsyms_index.h"
#include "lib/image/bulk.h"
#include "lib/kern/anchor.h"
#include "lib/kern/debuginfo.h"
#include "lib/kern/maple_shelf.h"
#include "lib/kern/task.h"

#define BTF_LIMIT ((uint64_t)256 << 20)

const char *session_degrade(struct cairn *c, const char *what, const struct cairn_err *err)
{
	const char *reason;

	for (size_t i = 0; i < c->ndegraded; i++)
		if (!strcmp(c->degraded[i].what, what))
			return c->degraded[i].reason;
	reason = arena_strdup(&c->arena, err->text);
	if (!reason)
		reason = "out of memory";
	if (c->ndegraded < DEGRADED_LIMIT)
		c->degraded[c->ndegraded++] = (struct cairn_degraded){ what, reason };
	return reason;
}

const struct cairn_degraded *cairn_degraded(const struct cairn *c, size_t n)
{
	return n < c->ndegraded ? &c->degraded[n] : NULL;
}

/* ---- opening, stage by stage ---- */

static enum cairn_code open_space(struct cairn *c, struct cairn_err *err)
{
	const struct vmcoreinfo *v = &image_info(c->img)->vmcoreinfo;
	enum cairn_code code = layout_find(&c->layout, c->img, err);

	/* layout_find() searches memory for VMCOREINFO where the notes have none */
	if (v->text) {
		vmcoreinfo_get(v, "OSRELEASE", c->release, sizeof(c->release));
		vmcoreinfo_get(v, "BUILD-ID", c->build_id, sizeof(c->build_id));
	}
	if (code != CAIRN_OK)
		return code;
	c->arch = c->layout.arch;
	c->types.word = c->arch->word;
	return layout_kernel_space(&c->layout, c->img, &c->kernel, err);
}

/* The direct map of x86_64, for where its page tables are lost: physical memory from 0 on
 * at page_offset_base (arch/x86/mm/kaslr.c). */
static void add_direct_map(struct cairn *c)
{
	uint64_t var, base, first, end;

	if (c->arch->id != ARCH_X86_64 ||
	    sym_addr(&c->syms, "page_offset_base", &var, NULL) != CAIRN_OK ||
	    space_word(&c->kernel, var, &base, NULL) != CAIRN_OK ||
	    !image_bounds(c->img, &first, &end) || base + end < base)
		return;
	space_add_linear(&c->kernel, (struct space_linear){ .va = base, .size = end });
}

static enum cairn_code open_kallsyms(struct cairn *c, struct cairn_err *err)
{
	const struct vmcoreinfo *v = &image_info(c->img)->vmcoreinfo;
	struct kallsyms *k = arena_alloc(&c->arena, sizeof(*k));
	enum cairn_code code = CAIRN_NOTFOUND;

	if (!k)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for symbols");
	if (!c->opts->no_cache && index_open(&c->index, c->build_id, NULL) == CAIRN_OK)
		code = kallsyms_from_index(k, c->index, &c->kernel, v, &c->arena, NULL);
	if (code != CAIRN_OK) {
		index_close(c->index);
		c->index = NULL;
		code = kallsyms_load(k, &c->kernel, v, &c->arena, err);
	}
	if (code == CAIRN_OK)
		code = kallsyms_register(k, &c->syms, err);
	if (code != CAIRN_OK)
		return code;
	c->kallsyms = k;
	if (k->lost)
		return cairn_fail(err, CAIRN_FAULT, "%u of %u are lost: %s", k->lost, k->n,
				  k->why.text);
	return CAIRN_OK;
}

/* What VMCOREINFO names is there in any case; where there is more, it is asked last. */
static enum cairn_code open_symbols(struct cairn *c, struct cairn_err *err)
{
	enum cairn_code code = open_kallsyms(c, err), known;

	symlist_add_vmcoreinfo(&c->known, &image_info(c->img)->vmcoreinfo, &c->arena);
	known = symlist_register(&c->known, "vmcoreinfo", &c->syms, code == CAIRN_OK ? err : NULL);
	add_direct_map(c);
	return code == CAIRN_OK ? known : code;
}

/* The header has the sizes of all that follows: enough to tell two kernels apart. Where it
 * cannot be read, the build-id alone vouches. */
static bool same_btf(struct cairn *c, const void *blob, size_t len)
{
	unsigned char head[24];
	uint64_t start;

	return sym_addr(&c->syms, "__start_BTF", &start, NULL) != CAIRN_OK ||
	       space_read(&c->kernel, start, head, sizeof(head), NULL) != CAIRN_OK ||
	       (len >= sizeof(head) && !memcmp(head, blob, sizeof(head)));
}

static enum cairn_code types_from_index(struct cairn *c, struct cairn_err *err)
{
	size_t len = 0, by_name_len = 0;
	const void *blob = index_get(c->index, INDEX_BTF, &len);
	const void *kept = index_get(c->index, INDEX_BTF_BY_NAME, &by_name_len);
	struct nameindex by_name;
	struct btf_provider *b;
	enum cairn_code code;

	if (!blob || !nameindex_take(&by_name, kept, by_name_len) || !same_btf(c, blob, len))
		return cairn_fail(err, CAIRN_NOTFOUND, "the index has no types");
	code = btf_provider_new(&b, "BTF of the dump", blob, len, NULL, &by_name, c->arch->word,
				err);
	if (code != CAIRN_OK)
		return code;
	c->btf = b;
	types_add(&c->types, btf_types(b));
	return CAIRN_OK;
}

static void save_index(struct cairn *c, const void *btf, size_t len)
{
	struct index_part part[INDEX_SECTIONS] = { 0 };
	struct kallsyms_head head;
	struct nameindex by_name;

	/* every dump of the build would have its holes */
	if (c->opts->no_cache || !c->build_id[0] || !c->kallsyms || c->kallsyms->lost)
		return;
	kallsyms_parts(c->kallsyms, &head, part);
	if (c->btf) {
		by_name = btf_provider_index(c->btf);
		part[INDEX_BTF] = (struct index_part){ btf, len };
		part[INDEX_BTF_BY_NAME] = (struct index_part){ by_name.block, by_name.size };
	}
	/* a cache that cannot be written costs time, nothing else */
	index_save(c->build_id, part, NULL);
}

static enum cairn_code read_btf(struct cairn *c, void **ret, size_t *len, struct cairn_err *err)
{
	uint64_t start, stop;
	enum cairn_code code = sym_addr(&c->syms, "__start_BTF", &start, NULL);

	if (code == CAIRN_OK)
		code = sym_addr(&c->syms, "__stop_BTF", &stop, NULL);
	if (code != CAIRN_OK)
		code = anchor_find_btf(c, &start, &stop, err);
	if (code != CAIRN_OK)
		return code;
	if (stop <= start || stop - start > BTF_LIMIT)
		return cairn_fail(err, CAIRN_CORRUPT, "BTF from %#llx to %#llx",
				  (unsigned long long)start, (unsigned long long)stop);
	*len = stop - start;
	*ret = mem_zalloc(*len, 1);
	if (!*ret)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for BTF");
	code = bulk_read(&c->kernel, start, *ret, *len, err);
	if (code == CAIRN_OK)
		return code;
	mem_free(*ret);
	return cairn_context(err, code, "BTF");
}

static enum cairn_code open_btf(struct cairn *c, struct cairn_err *err)
{
	enum cairn_code code;
	size_t len = 0;
	void *blob = NULL;

	if (c->index && types_from_index(c, NULL) == CAIRN_OK)
		return CAIRN_OK;
	code = read_btf(c, &blob, &len, err);
	if (code != CAIRN_OK) {
		if (!c->index)
			save_index(c, NULL, 0);
		return code;
	}
	code = btf_provider_new(&c->btf, "BTF of the dump", blob, len, NULL, NULL, c->arch->word,
				err);
	if (code == CAIRN_OK) {
		types_add(&c->types, btf_types(c->btf));
		save_index(c, blob, len);
	}
	mem_free(blob);
	return code;
}

/* No stage takes the next one with it, but for kernel memory; what VMCOREINFO names and what
 * can be found by its looks serves where symbols are lost. What is missing by then comes from
 * files: those that the user gave, or the kernel's vmlinux if there is one. */
static enum cairn_code open_stages(struct cairn *c, struct cairn_err *err)
{
	struct cairn_err space, symbols, types;
	enum cairn_code code;
	bool have_symbols, have_types;

	if (open_space(c, &space) != CAIRN_OK) {
		c->types.missing = c->syms.missing = session_degrade(c, "kernel memory", &space);
		return debuginfo_open(c, err);
	}
	have_symbols = open_symbols(c, &symbols) == CAIRN_OK;
	have_types = open_btf(c, &types) == CAIRN_OK;
	code = debuginfo_open(c, err);
	if (code != CAIRN_OK)
		return code;
	if (!have_symbols || (!have_types && !c->types.first))
		have_symbols = debuginfo_search(c, NULL) == CAIRN_OK || have_symbols;
	if (!have_symbols)
		c->syms.missing = session_degrade(c, "symbols", &symbols);
	if (!c->types.first)
		c->types.missing = session_degrade(c, "types", &types);
	return CAIRN_OK;
}

static void note_truncation(struct cairn *c)
{
	const struct image_info *info = image_info(c->img);
	struct cairn_err err;

	if (!info->truncated)
		return;
	cairn_fail(&err, CAIRN_IO, "truncated: what lies past byte %llu is missing",
		   (unsigned long long)info->missing_from);
	session_degrade(c, "dump file", &err);
}

static bool keep_opts(struct cairn *c, const struct cairn_opts *opts)
{
	const char **files;
	size_t n = 0;

	c->opts_copy = *opts;
	while (opts->debug_files && opts->debug_files[n])
		n++;
	files = arena_array(&c->arena, n + 1, sizeof(*files));
	for (size_t i = 0; files && i < n; i++)
		if (!(files[i] = arena_strdup(&c->arena, opts->debug_files[i])))
			return false;
	c->opts_copy.debug_files = files;
	return files;
}

enum cairn_code cairn_open(struct cairn **ret, const char *const *paths, size_t npaths,
			   const struct cairn_opts *opts, struct cairn_err *err)
{
	struct cairn *c = mem_zalloc(1, sizeof(*c));
	struct timespec now;
	enum cairn_code code;

	if (!c)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for a session");
	clock_gettime(CLOCK_MONOTONIC, &now);
	c->opened_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	c->opts = &c->opts_copy;
	if (opts && !keep_opts(c, opts)) {
		cairn_close(c);
		return cairn_fail(err, CAIRN_NOMEM, "no memory for a session");
	}
	syms_init(&c->syms, &c->arena);
	types_init(&c->types, &c->arena, 8);
	code = image_open(&c->img, paths, npaths, err);
	if (code != CAIRN_OK) {
		cairn_close(c);
		return code;
	}
	c->arch = image_info(c->img)->arch;
	note_truncation(c);
	code = open_stages(c, err);
	if (code == CAIRN_OK) {
		anchor_find_init_task(c, &c->known);
		code = debuginfo_open_modules(c, err);
	}
	if (code != CAIRN_OK) {
		cairn_close(c);
		return code;
	}
	*ret = c;
	return CAIRN_OK;
}

void cairn_close(struct cairn *c)
{
	if (!c)
		return;
	tasks_free(c);
	maple_shelf_free(c);
	types_deinit(&c->types);
	space_deinit(&c->kernel);
	debuginfo_close(c);
	index_close(c->index);
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
