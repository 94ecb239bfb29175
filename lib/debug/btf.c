/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/btf.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/cursor.h"
#include "lib/base/mem.h"

enum enum_signs { ENUM_SIGNS_UNKNOWN, ENUM_SIGNS_SAID, ENUM_SIGNS_UNSAID };

struct btf_provider {
	struct type_provider p;
	enum enum_signs enum_signs; /* whether the blob tells signed enums */
	struct btf *btf;
	struct btf_provider *base;
	struct arena arena;
	const struct type **node;  /* by id - first */
	uint32_t first, end;       /* ids of this blob: [first, end) */
	struct nameindex index;    /* of ids less first */
	uint32_t percpu;           /* id of the section of per-CPU variables; 0: there is none */
	bool percpu_known;
	uint8_t word;
	int depth;                 /* of node(), while it follows a chain */
};

static struct btf_provider *self_of(struct type_provider *p)
{
	return (struct btf_provider *)((char *)p - offsetof(struct btf_provider, p));
}

int btf_is(const void *data, size_t size)
{
	return size >= 24 && le16(data) == 0xeb9f;
}

/* ---- names ---- */

/* C keeps one name space for tags and one for everything else; variables are a third. */
static unsigned name_space(const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_STRUCT: return TYPE_STRUCT;
	case BTF_KIND_UNION: return TYPE_UNION;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64: return TYPE_ENUM;
	case BTF_KIND_FWD: return btf_kflag(t) ? TYPE_UNION : TYPE_STRUCT;
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPEDEF: return TYPE_VOID;
	case BTF_KIND_VAR: return TYPE_FUNC;
	}
	return TYPE_PTR; /* not indexed */
}

/* What a name is indexed under; 0: not at all. */
static uint32_t hash_of(const struct btf_provider *b, const struct btf_type *t)
{
	unsigned space = t && t->name_off ? name_space(t) : TYPE_PTR;
	const char *name;

	if (space == TYPE_PTR)
		return 0;
	name = btf__name_by_offset(b->btf, t->name_off);
	return name && *name ? nameindex_hash(name, strlen(name), space) : 0;
}

static enum cairn_code build_index(struct btf_provider *b, struct cairn_err *err)
{
	uint32_t n = b->end - b->first, i, *hash = mem_zalloc(n, sizeof(*hash));
	enum cairn_code code;

	if (!hash)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the index of types");
	for (i = 0; i < n; i++)
		hash[i] = hash_of(b, btf__type_by_id(b->btf, b->first + i));
	code = nameindex_build(&b->index, hash, n, &b->arena, err);
	mem_free(hash);
	return code;
}

/* The first definition of that name; failing that, a declaration. */
static uint32_t find_id(struct btf_provider *b, unsigned space, const char *name)
{
	uint32_t n, i, fwd = 0;
	const uint32_t *number = nameindex_bucket(&b->index,
						  nameindex_hash(name, strlen(name), space), &n);

	for (i = 0; i < n; i++) {
		uint32_t id = b->first + number[i];
		const struct btf_type *t = btf__type_by_id(b->btf, id);
		const char *have = t ? btf__name_by_offset(b->btf, t->name_off) : NULL;

		if (!have || name_space(t) != space || strcmp(have, name))
			continue;
		if (btf_kind(t) != BTF_KIND_FWD)
			return id;
		fwd = fwd ? fwd : id;
	}
	return fwd;
}

/* ---- nodes ---- */

static const struct type *node(struct btf_provider *b, uint32_t id);

static const char *name_at(struct btf_provider *b, uint32_t off)
{
	const char *s = btf__name_by_offset(b->btf, off);

	return s ? s : "";
}

static void set_int(struct type *t, const struct btf_type *raw)
{
	uint8_t enc = btf_int_encoding(raw);

	t->kind = TYPE_INT;
	t->size = raw->size;
	t->is_signed = enc & BTF_INT_SIGNED;
	t->is_bool = enc & BTF_INT_BOOL;
	t->is_char = (enc & BTF_INT_CHAR) || (raw->size == 1 && strstr(t->name, "char"));
	t->complete = true;
}

static void set_node(struct btf_provider *b, struct type *t, const struct btf_type *raw)
{
	static const enum type_kind kinds[] = {
		[BTF_KIND_PTR] = TYPE_PTR,	   [BTF_KIND_ARRAY] = TYPE_ARRAY,
		[BTF_KIND_STRUCT] = TYPE_STRUCT,   [BTF_KIND_UNION] = TYPE_UNION,
		[BTF_KIND_ENUM] = TYPE_ENUM,	   [BTF_KIND_FWD] = TYPE_FWD,
		[BTF_KIND_TYPEDEF] = TYPE_TYPEDEF, [BTF_KIND_VOLATILE] = TYPE_VOLATILE,
		[BTF_KIND_CONST] = TYPE_CONST,	   [BTF_KIND_RESTRICT] = TYPE_OTHER_QUALIFIER,
		[BTF_KIND_FUNC_PROTO] = TYPE_FUNC, [BTF_KIND_FLOAT] = TYPE_FLOAT,
		[BTF_KIND_TYPE_TAG] = TYPE_OTHER_QUALIFIER, [BTF_KIND_ENUM64] = TYPE_ENUM,
	};
	unsigned kind = btf_kind(raw);

	t->kind = kind < sizeof(kinds) / sizeof(kinds[0]) ? kinds[kind] : TYPE_VOID;
	switch (kind) {
	case BTF_KIND_INT:
		set_int(t, raw);
		break;
	case BTF_KIND_FLOAT:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		t->size = raw->size;
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		t->size = raw->size;
		t->is_signed = btf_kflag(raw);
		break;
	case BTF_KIND_ARRAY:
		t->target = node(b, btf_array(raw)->type);
		t->count = btf_array(raw)->nelems;
		t->size = t->count * type_strip(t->target)->size;
		break;
	case BTF_KIND_PTR:
		t->size = b->word;
		t->target = node(b, raw->type);
		break;
	case BTF_KIND_FWD:
	case BTF_KIND_FUNC:
	case BTF_KIND_DATASEC:
	case BTF_KIND_UNKN:
		break;
	default:
		t->target = node(b, raw->type);
		if (t->kind != TYPE_FUNC)
			t->size = type_strip(t->target)->size;
	}
}

/* A node is entered before its target is made, so a cycle finds it half made rather than
 * recursing; a chain deeper than the stack should bear ends as void. */
static const struct type *node(struct btf_provider *b, uint32_t id)
{
	const struct btf_type *raw;
	struct type *t;

	if (id < b->first)
		return b->base && id ? node(b->base, id) : &type_void;
	if (id >= b->end)
		return &type_void;
	if (b->node[id - b->first])
		return b->node[id - b->first];
	raw = btf__type_by_id(b->btf, id);
	t = arena_alloc(&b->arena, sizeof(*t));
	if (!raw || !t)
		return &type_void;
	*t = (struct type){ .name = name_at(b, raw->name_off), .provider = &b->p, .id = id };
	b->node[id - b->first] = t;
	if (b->depth++ < 4 * TYPE_DEPTH)
		set_node(b, t, raw);
	b->depth--;
	return t;
}

static bool complete_struct(struct btf_provider *b, struct type *t, const struct btf_type *raw)
{
	uint32_t n = btf_vlen(raw), i;
	struct type_member *m = arena_array(&b->arena, n, sizeof(*m));

	if (!m)
		return false;
	for (i = 0; i < n; i++) {
		const struct btf_member *from = &btf_members(raw)[i];

		m[i] = (struct type_member){
			.name = name_at(b, from->name_off),
			.type = node(b, from->type),
			.bit_offset = btf_member_bit_offset(raw, i),
			.bit_size = (uint16_t)btf_member_bitfield_size(raw, i),
		};
	}
	t->members = m;
	t->nmembers = n;
	return true;
}

/* The sign of enums came to BTF with ENUM64 (6.0, 6089fb325cf7); a blob in which no enum is
 * said to be signed is older, and its values are what they always were: s32. */
static bool signs_enums(struct btf_provider *b)
{
	for (uint32_t id = b->first; b->enum_signs == ENUM_SIGNS_UNKNOWN && id < b->end; id++) {
		const struct btf_type *t = btf__type_by_id(b->btf, id);

		if (t && btf_kind(t) == BTF_KIND_ENUM && btf_kflag(t))
			b->enum_signs = ENUM_SIGNS_SAID;
	}
	if (b->enum_signs == ENUM_SIGNS_UNKNOWN)
		b->enum_signs = ENUM_SIGNS_UNSAID;
	return b->enum_signs == ENUM_SIGNS_SAID;
}

static bool complete_enum(struct btf_provider *b, struct type *t, const struct btf_type *raw)
{
	uint32_t n = btf_vlen(raw), i;
	struct type_enumerator *e = arena_array(&b->arena, n, sizeof(*e));
	bool is_signed = t->is_signed || !signs_enums(b);

	if (!e)
		return false;
	for (i = 0; i < n; i++) {
		if (btf_kind(raw) == BTF_KIND_ENUM64) {
			const struct btf_enum64 *from = &btf_enum64(raw)[i];

			e[i].name = name_at(b, from->name_off);
			e[i].value = (int64_t)btf_enum64_value(from);
		} else {
			const struct btf_enum *from = &btf_enum(raw)[i];

			e[i].name = name_at(b, from->name_off);
			e[i].value = is_signed ? from->val : (int64_t)(uint32_t)from->val;
		}
	}
	t->enumerators = e;
	t->nmembers = n;
	return true;
}

static bool complete_func(struct btf_provider *b, struct type *t, const struct btf_type *raw)
{
	uint32_t n = btf_vlen(raw), i;
	struct type_member *m = arena_array(&b->arena, n, sizeof(*m));

	if (!m)
		return false;
	for (i = 0; i < n; i++) {
		m[i].name = name_at(b, btf_params(raw)[i].name_off);
		m[i].type = node(b, btf_params(raw)[i].type);
	}
	t->members = m;
	t->nmembers = n;
	return true;
}

static bool complete(struct type_provider *p, struct type *t)
{
	struct btf_provider *b = self_of(p);
	const struct btf_type *raw = btf__type_by_id(b->btf, (uint32_t)t->id);

	if (!raw)
		return false;
	switch (t->kind) {
	case TYPE_STRUCT:
	case TYPE_UNION: return complete_struct(b, t, raw);
	case TYPE_ENUM: return complete_enum(b, t, raw);
	case TYPE_FUNC: return complete_func(b, t, raw);
	default: return true;
	}
}

/* ---- the provider ---- */

static const struct type *find(struct type_provider *p, enum type_kind kind, const char *name)
{
	struct btf_provider *b = self_of(p);
	uint32_t id = find_id(b, kind, name);

	return id ? node(b, id) : NULL;
}

static const struct type *variable(struct type_provider *p, const char *name)
{
	struct btf_provider *b = self_of(p);
	uint32_t id = find_id(b, TYPE_FUNC, name);
	const struct btf_type *raw = id ? btf__type_by_id(b->btf, id) : NULL;

	return raw ? node(b, raw->type) : NULL;
}

/* The section of that name. It stands at the end where pahole wrote the blob. */
static uint32_t find_section(struct btf_provider *b, const char *name)
{
	for (uint32_t id = b->end; id-- > b->first; ) {
		const struct btf_type *t = btf__type_by_id(b->btf, id);

		if (t && btf_is_datasec(t) && !strcmp(name_at(b, t->name_off), name))
			return id;
	}
	return 0;
}

/* A module's variables are in a per-CPU section of its own. */
static bool percpu(struct type_provider *p, const char *name, uint64_t *offset)
{
	struct btf_provider *b = self_of(p);
	uint32_t id = b->base ? 0 : find_id(b, TYPE_FUNC, name);
	const struct btf_var_secinfo *v;
	const struct btf_type *section;

	if (!id)
		return false;
	if (!b->percpu_known)
		b->percpu = find_section(b, ".data..percpu");
	b->percpu_known = true;
	section = b->percpu ? btf__type_by_id(b->btf, b->percpu) : NULL;
	if (!section)
		return false;
	v = btf_var_secinfos(section);
	for (unsigned i = 0; i < btf_vlen(section); i++) {
		*offset = v[i].offset;
		if (v[i].type == id)
			return true;
	}
	return false;
}

static void each_name(struct type_provider *p, const char *prefix,
		      bool (*fn)(void *arg, enum type_kind kind, const char *name), void *arg)
{
	struct btf_provider *b = self_of(p);
	size_t len = strlen(prefix);

	for (uint32_t id = b->first; id < b->end; id++) {
		const struct btf_type *t = btf__type_by_id(b->btf, id);
		unsigned space = t ? name_space(t) : TYPE_PTR;
		const char *name;

		if (space == TYPE_PTR || space == TYPE_FUNC || !t->name_off)
			continue;
		name = name_at(b, t->name_off);
		if (!strncmp(name, prefix, len) && !fn(arg, (enum type_kind)space, name))
			return;
	}
}

static void provider_close(struct type_provider *p)
{
	struct btf_provider *b = self_of(p);

	btf__free(b->btf);
	arena_deinit(&b->arena);
	mem_free(b->node);
	mem_free(b);
}

static const struct type_provider_ops ops = {
	.find = find, .complete = complete, .variable = variable, .percpu = percpu,
	.each_name = each_name, .close = provider_close,
};

static int silent(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

/* libbpf 1.1 declares btf__new_split() but does not export it; its file variant it does. */
static struct btf *new_split(const void *data, size_t size, struct btf *base)
{
	int fd = memfd_create("btf", MFD_CLOEXEC);
	struct btf *btf = NULL;
	char path[32];

	if (fd < 0)
		return NULL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, data, size) == (ssize_t)size)
		btf = btf__parse_raw_split(path, base);
	close(fd);
	return libbpf_get_error(btf) ? NULL : btf;
}

static enum cairn_code set_up(struct btf_provider *b, const char *name, const void *data,
			      size_t size, const struct nameindex *index, struct cairn_err *err)
{
	b->p.ops = &ops;
	b->p.name = arena_strdup(&b->arena, name);
	libbpf_set_print(silent);
	b->btf = b->base ? new_split(data, size, b->base->btf) : btf__new(data, (uint32_t)size);
	if (!b->btf || libbpf_get_error(b->btf)) {
		b->btf = NULL;
		return cairn_fail(err, CAIRN_CORRUPT, "%s: libbpf does not accept these %zu bytes",
				  name, size);
	}
	b->first = b->base ? b->base->end : 1;
	b->end = btf__type_cnt(b->btf);
	if (b->end < b->first)
		return cairn_fail(err, CAIRN_CORRUPT, "%s: it has no types", name);
	b->node = mem_zalloc(b->end - b->first + 1, sizeof(*b->node));
	if (!b->node || !b->p.name)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for %s", name);
	if (!index)
		return build_index(b, err);
	b->index = *index;
	return CAIRN_OK;
}

enum cairn_code btf_provider_new(struct btf_provider **ret, const char *name, const void *data,
				 size_t size, struct btf_provider *base,
				 const struct nameindex *index, uint8_t word,
				 struct cairn_err *err)
{
	struct btf_provider *b = mem_zalloc(1, sizeof(*b));
	enum cairn_code code;

	if (!b)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for %s", name);
	b->base = base;
	b->word = word;
	code = size > MEM_LIMIT || !btf_is(data, size)
		       ? cairn_fail(err, CAIRN_CORRUPT, "%s: not BTF", name)
		       : set_up(b, name, data, size, index, err);
	if (code != CAIRN_OK) {
		provider_close(&b->p);
		return code;
	}
	*ret = b;
	return CAIRN_OK;
}

struct type_provider *btf_types(struct btf_provider *b)
{
	return &b->p;
}

struct nameindex btf_provider_index(const struct btf_provider *b)
{
	return b->index;
}
