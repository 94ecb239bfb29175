/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/anchor.h"

#include <string.h>

#include "lib/base/cursor.h"
#include "lib/debug/shape.h"
#include "lib/kern/list.h"
#include "lib/kern/module.h"

#define AROUND ((uint64_t)4 << 20)      /* .data begins and ends this near to what is known */
#define RANGE_LIMIT ((uint64_t)64 << 20)
#define MODULES_LIMIT 4096

/* Walk the readable pages of a virtual range. */
struct sweep {
	struct space *sp;
	uint64_t at, end;
	const unsigned char *bytes; /* of the page at `at` */
	size_t len;
	struct cairn_err lost;      /* the first page that is lost to damage of the file */
};

static void note_lost(struct sweep *s, const struct cairn_err *err)
{
	if (!s->lost.code &&
	    (err->fault == CAIRN_FAULT_TRUNCATED || err->fault == CAIRN_FAULT_CORRUPT))
		s->lost = *err;
}

static struct sweep sweep_begin(struct space *sp, uint64_t begin, uint64_t end)
{
	uint64_t page = (uint64_t)1 << sp->page_shift;

	if (end - begin > RANGE_LIMIT)
		end = begin + RANGE_LIMIT;
	return (struct sweep){ .sp = sp, .at = (begin & ~(page - 1)) - page, .end = end };
}

static bool sweep_next(struct sweep *s)
{
	uint64_t page = (uint64_t)1 << s->sp->page_shift;
	struct cairn_err err;

	for (s->at += page; s->at < s->end; s->at += page) {
		s->bytes = space_peek(s->sp, s->at, &s->len, &err);
		if (s->bytes)
			return true;
		note_lost(s, &err);
	}
	return false;
}

/* The span of the data symbols that VMCOREINFO always has, widened: .data and .bss. */
static bool data_range(struct cairn *c, uint64_t *begin, uint64_t *end)
{
	static const char *const known[] = { "init_uts_ns", "node_online_map", "swapper_pg_dir",
					     "prb", "printk_rb_static", "clear_seq" };
	const struct vmcoreinfo *v = &image_info(c->img)->vmcoreinfo;
	uint64_t addr;

	*begin = UINT64_MAX;
	*end = 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!vmcoreinfo_symbol(v, known[i], &addr))
			continue;
		*begin = addr < *begin ? addr : *begin;
		*end = addr > *end ? addr : *end;
	}
	if (*begin > *end)
		return false;
	*begin = *begin > AROUND ? *begin - AROUND : 0;
	*end = *end < UINT64_MAX - 2 * AROUND ? *end + AROUND : UINT64_MAX - AROUND;
	return *begin < *end;
}

/* ---- BTF ---- */

/* struct btf_header, include/uapi/linux/btf.h: the strings follow the types, and the first
 * and last byte of the strings are NUL. */
static bool btf_at(struct sweep *s, uint64_t va, const unsigned char *head, uint64_t *size)
{
	uint64_t hdr_len = le32(head + 4), type_off = le32(head + 8), type_len = le32(head + 12);
	uint64_t str_off = le32(head + 16), str_len = le32(head + 20);
	uint8_t first, last;
	struct cairn_err err = { 0 };

	if (le16(head) != 0xeb9f || head[2] != 1 || hdr_len < 24 || hdr_len > 256 || type_off ||
	    str_off != type_len || type_len < 4096 || !str_len)
		return false;
	*size = hdr_len + type_len + str_len;
	if (*size < RANGE_LIMIT && !space_u8(s->sp, va + hdr_len + str_off, &first, &err) &&
	    !space_u8(s->sp, va + *size - 1, &last, &err))
		return !first && !last;
	note_lost(s, &err);
	return false;
}

static enum cairn_code find_btf(struct cairn *c, uint64_t *start, uint64_t *stop,
				struct cairn_err *err)
{
	static const unsigned char magic[] = { 0x9f, 0xeb, 1 };
	uint64_t begin, end, unused, size;
	struct sweep s;

	if (!vmcoreinfo_symbol(&image_info(c->img)->vmcoreinfo, "_stext", &begin) ||
	    !data_range(c, &unused, &end))
		return cairn_fail(err, CAIRN_MISSING, "VMCOREINFO names no data");
	for (s = sweep_begin(&c->kernel, begin, end); sweep_next(&s); ) {
		const unsigned char *p = s.bytes, *hit;

		/* BTF is aligned to 4; a header does not cross a page by being looked at here */
		for (; (hit = memmem(p, (size_t)(s.bytes + s.len - p), magic, sizeof(magic)));
		     p = hit + 1) {
			unsigned char head[24];
			uint64_t va = s.at + (uint64_t)(hit - s.bytes);

			if (va % 4 || space_read(&c->kernel, va, head, sizeof(head), NULL) != CAIRN_OK)
				continue;
			if (btf_at(&s, va, head, &size)) {
				*start = va;
				*stop = va + size;
				return CAIRN_OK;
			}
			/* the reads above may have moved the borrowed page */
			s.bytes = space_peek(&c->kernel, s.at, &s.len, NULL);
			if (!s.bytes)
				break;
			hit = s.bytes + (va - s.at);
		}
	}
	if (s.lost.code)
		return cairn_fail(err, CAIRN_MISSING, "BTF was not found, and may have been lost: %s; "
				  "give the kernel's types with -s", s.lost.text);
	return cairn_fail(err, CAIRN_MISSING, "this kernel carries no BTF; give its types with -s");
}

enum cairn_code anchor_find_btf(struct cairn *c, uint64_t *start, uint64_t *stop,
				struct cairn_err *err)
{
	enum cairn_code code;

	space_search_begin(&c->kernel);
	code = find_btf(c, start, stop, err);
	space_search_end(&c->kernel);
	return code;
}

/* ---- init_task ---- */

enum { TASK_PID, TASK_TGID, TASK_COMM, TASK_NEXT, TASK_TASKS, TASK_STACK, TASK_N };
static const struct shape_want task_want = {
	"struct task_struct", TASK_N,
	{ [TASK_PID] = "pid", [TASK_TGID] = "tgid", [TASK_COMM] = "comm",
	  [TASK_NEXT] = "tasks.next", [TASK_TASKS] = "tasks", [TASK_STACK] = "stack" },
};

/* pid 0, on a list that closes behind it. */
static bool is_init_task(struct cairn *c, const struct shape *shape, uint64_t addr)
{
	struct object o;
	uint64_t back = 0;
	bool ok;

	ok = object_read(&o, shape, &c->kernel, addr, NULL) == CAIRN_OK &&
	     !object_get(&o, TASK_PID) && !object_get(&o, TASK_TGID) && object_get(&o, TASK_STACK) &&
	     object_get(&o, TASK_NEXT) != object_addr(&o, TASK_TASKS) &&
	     space_word(&c->kernel, object_get(&o, TASK_NEXT) + c->arch->word, &back, NULL) ==
		     CAIRN_OK &&
	     back == object_addr(&o, TASK_TASKS);
	object_done(&o);
	return ok;
}

static bool sweep_init_task(struct cairn *c, const struct shape *shape, uint64_t begin,
			    uint64_t end, uint64_t *ret)
{
	static const char comm[] = "swapper"; /* INIT_TASK_COMM, include/linux/init_task.h */
	struct sweep s;

	for (s = sweep_begin(&c->kernel, begin, end); sweep_next(&s); ) {
		unsigned char page[65536];
		size_t len = s.len < sizeof(page) ? s.len : sizeof(page), from = 0;

		memcpy(page, s.bytes, len);
		for (; from < len; from++) {
			unsigned char *hit = memmem(page + from, len - from, comm, sizeof(comm) - 1);

			if (!hit)
				break;
			from = (size_t)(hit - page);
			*ret = s.at + from - shape->m[TASK_COMM].offset;
			if (is_init_task(c, shape, *ret))
				return true;
		}
	}
	return false;
}

static bool find_init_task(struct cairn *c, uint64_t begin, uint64_t end, uint64_t *ret)
{
	static const unsigned needed[] = { TASK_PID, TASK_COMM, TASK_NEXT, TASK_STACK };
	struct shape shape;
	bool found;

	if (shape_resolve(&shape, &task_want, &c->types, NULL) != CAIRN_OK ||
	    shape_require(&shape, needed, 4, NULL) != CAIRN_OK)
		return false;
	space_search_begin(&c->kernel);
	found = sweep_init_task(c, &shape, begin, end, ret);
	space_search_end(&c->kernel);
	return found && is_init_task(c, &shape, *ret);
}

/* ---- modules ---- */

enum { MOD_LIST, MOD_NAME, MOD_STATE, MOD_N };
static const struct shape_want module_want = {
	"struct module", MOD_N, { [MOD_LIST] = "list", [MOD_NAME] = "name", [MOD_STATE] = "state" },
};

static bool is_name_char(unsigned char ch)
{
	return ch == '_' || (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') ||
	       (ch >= 'A' && ch <= 'Z');
}

static bool is_module(struct cairn *c, const struct shape *shape, uint64_t addr)
{
	const unsigned char *name;
	struct object o;
	uint32_t size = 0, len = 0;
	bool ok = false;

	if (object_read(&o, shape, &c->kernel, addr, NULL) == CAIRN_OK &&
	    object_get(&o, MOD_STATE) <= 3) {
		name = object_bytes(&o, MOD_NAME, &size);
		while (len < size && is_name_char(name[len]))
			len++;
		ok = len > 1 && len < size && !name[len] && module_is_at(c, addr);
	}
	object_done(&o);
	return ok;
}

/* A list head whose every element is a module and whose links agree both ways. */
static bool is_module_list(struct cairn *c, const struct shape *shape, uint64_t head)
{
	struct list_walk w;
	bool ok = true;

	list_begin(&w, &c->kernel, LIST_DOUBLE, head, MODULES_LIMIT);
	while (ok && list_next(&w))
		ok = !w.backward && is_module(c, shape, w.node - shape->m[MOD_LIST].offset);
	ok = ok && w.n > 0;
	return list_end(&w, NULL) == CAIRN_OK && ok;
}

/* Modules lie outside the image and near each other: few words of data get past this, and
 * each that does costs a page. */
static bool could_be_links(uint64_t next, uint64_t prev, uint64_t begin, uint64_t end)
{
	uint64_t apart = next > prev ? next - prev : prev - next;

	return next && prev && !(next & 3) && !(prev & 3) && apart < (1u << 30) &&
	       (next < begin || next >= end) && (prev < begin || prev >= end);
}

static bool sweep_modules(struct cairn *c, const struct shape *shape, uint64_t begin,
			  uint64_t end, uint64_t *ret)
{
	unsigned word = c->arch->word;
	struct sweep s;

	for (s = sweep_begin(&c->kernel, begin, end); sweep_next(&s); ) {
		unsigned char page[65536];
		size_t len = s.len < sizeof(page) ? s.len : sizeof(page), at;

		memcpy(page, s.bytes, len);
		for (at = 0; at + 2 * word <= len; at += word) {
			uint64_t next = le_uint(page + at, word), back;

			*ret = s.at + at;
			if (!could_be_links(next, le_uint(page + at + word, word), begin, end) ||
			    space_word(&c->kernel, next + word, &back, NULL) != CAIRN_OK ||
			    back != *ret)
				continue;
			if (is_module(c, shape, next - shape->m[MOD_LIST].offset) &&
			    is_module_list(c, shape, *ret))
				return true;
		}
	}
	return false;
}

static bool find_modules(struct cairn *c, uint64_t begin, uint64_t end, uint64_t *ret)
{
	static const unsigned needed[] = { MOD_LIST, MOD_NAME, MOD_STATE };
	struct shape shape;
	bool found;

	if (shape_resolve(&shape, &module_want, &c->types, NULL) != CAIRN_OK ||
	    shape_require(&shape, needed, 3, NULL) != CAIRN_OK)
		return false;
	space_search_begin(&c->kernel);
	found = sweep_modules(c, &shape, begin, end, ret);
	space_search_end(&c->kernel);
	return found && is_module_list(c, &shape, *ret);
}

void anchor_find_init_task(struct cairn *c, struct symlist *l)
{
	uint64_t begin, end, addr;
	struct sym s;

	if (c->kernel.tlb && !sym_find(&c->syms, "init_task", &s) && data_range(c, &begin, &end) &&
	    find_init_task(c, begin, end, &addr))
		symlist_add(l, "init_task", addr);
}

void anchor_find_modules(struct cairn *c, struct symlist *l)
{
	uint64_t begin, end, addr;
	struct sym s;

	if (c->kernel.tlb && !sym_find(&c->syms, "modules", &s) && data_range(c, &begin, &end) &&
	    find_modules(c, begin, end, &addr))
		symlist_add(l, "modules", addr);
}
