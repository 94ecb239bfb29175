/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BTF from anywhere, or a good one patched: every type of it can be looked at, spelled, and
 * printed as a value. */
#include <stdlib.h>

#include "lib/debug/shape.h"
#include "lib/debug/testpatch.h"
#include "lib/debug/testtypes.h"
#include "lib/debug/value.h"
#include "lib/image/testmem.h"

#define MEMORY 0x6000
#define NAMES_MAX 64

struct state {
	struct types types;
	struct arena arena;
	struct space sp;
	size_t names;
};

static void show(struct state *s, const struct type *t, enum out_mode mode)
{
	struct value_style style = { .hex = mode == OUT_TEXT };
	struct out o;

	out_init(&o, mode, -1);
	out_record(&o, "t");
	value_write(&o, "v", t, &s->sp, 0x4ff0, &style);
	out_end(&o);
	if (o.depth)
		abort();
	out_deinit(&o);
}

static void look(struct state *s, const struct type *t)
{
	static const char *const paths[] = { "pid", "list.next", "lo", "array[1]", "matrix[1][1]" };
	static const struct shape_want want = { "struct zoo|struct list_head", 3,
						{ "small|next", "hi|prev", "comm" } };
	struct shape shape;
	struct object o;
	struct member m;
	uint32_t n, i;

	type_spell(&s->arena, t);
	type_declare(&s->arena, t, "x");
	type_enumerators(t, &n);
	if (type_members(t, &n))
		for (i = 0; i < n && i < 100; i++)
			type_spell(&s->arena, type_members(t, &n)[i].type);
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (type_member(t, paths[i], &m) && m.bit_shift + m.bit_size > 64)
			abort();
	if (shape_resolve(&shape, &want, &s->types, NULL) == CAIRN_OK) {
		if (object_read(&o, &shape, &s->sp, 0x4100, NULL) == CAIRN_OK)
			for (unsigned j = 0; j < want.n; j++)
				object_get(&o, j);
		object_done(&o);
	}
	show(s, t, OUT_TEXT);
	show(s, t, OUT_JSON);
}

static bool each(void *arg, enum type_kind kind, const char *name)
{
	static const char *const tags[] = {
		[TYPE_STRUCT] = "struct ", [TYPE_UNION] = "union ", [TYPE_ENUM] = "enum ",
	};
	struct state *s = arg;
	char full[128];
	const struct type *t;

	snprintf(full, sizeof(full), "%s%.100s",
		 kind < sizeof(tags) / sizeof(tags[0]) && tags[kind] ? tags[kind] : "", name);
	t = type_find(&s->types, full, NULL);
	if (t)
		look(s, t);
	return ++s->names < NAMES_MAX;
}

static void open_space(struct state *s, struct testmem *m)
{
	testmem_add(m, 0, MEMORY);
	testmem_put(m, 0x1000, 0x2063, 8);
	testmem_put(m, 0x2000, 0x3063, 8);
	testmem_put(m, 0x3000, 0xe3, 8);
	memset(m->range[0].data + 0x4000, 0x5a, 0x1000);
	s->sp.img = testmem_open(m);
	if (!s->sp.img ||
	    space_init(&s->sp, s->sp.img, &paging_x86_64_l4, 0x1000, 8, "address", NULL))
		abort();
}

static unsigned char *blob(struct cursor *c, bool raw, uint32_t *size)
{
	struct btf *b = tt_new();
	const void *good;
	unsigned char *copy;

	tt_zoo(b);
	tt(btf__add_var(b, "zoos", BTF_VAR_STATIC, TT_INT));
	good = btf__raw_data(b, size);
	if (raw) {
		*size = (uint32_t)cursor_left(c);
		good = c->pos;
	}
	copy = malloc(*size + 1u);
	if (!copy)
		abort();
	memcpy(copy, good, *size);
	if (!raw)
		patch_all(c, copy, *size);
	btf__free(b);
	return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_init(data, size);
	uint8_t how = cursor_u8(&c);
	struct testmem m = { 0 };
	struct state s = { 0 };
	struct btf_provider *p;
	struct image *img;
	unsigned char *copy;
	uint32_t n;

	copy = blob(&c, how & 1, &n);
	types_init(&s.types, &s.arena, 8);
	if (btf_provider_new(&p, "fuzz", copy, n, NULL, NULL, how & 2 ? 4 : 8, NULL) == CAIRN_OK) {
		open_space(&s, &m);
		types_add(&s.types, btf_types(p));
		btf_types(p)->ops->each_name(btf_types(p), "", each, &s);
		type_of_variable(&s.types, "zoos");
		img = s.sp.img;
		space_deinit(&s.sp);
		image_close(img);
	}
	types_deinit(&s.types);
	arena_deinit(&s.arena);
	testmem_free(&m);
	free(copy);
	return 0;
}
