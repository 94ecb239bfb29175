/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DWARF against BTF: where CAIRN_TEST_VMLINUX names a vmlinux that has both, all types with
 * one definition must agree to the bit.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/debug/btf.h"
#include "lib/debug/dwarf.h"

struct tag { enum type_kind kind; const char *name; };

struct compare {
	struct type_provider *btf, *dwarf;
	struct tag *tag;
	size_t n, cap;
	unsigned types, members, differ;
	unsigned local; /* BTF also has what is declared inside functions */
};

/* pahole makes one dimension of several; in its early days no char or enum had a sign. */
static const struct type *flatten(const struct type *t, uint64_t *count)
{
	*count = 1;
	for (t = type_strip(t); t->kind == TYPE_ARRAY; t = type_strip(t->target))
		*count *= t->count;
	return t;
}

static bool same_kind(const struct type *a, const struct type *b)
{
	uint64_t na, nb;

	a = flatten(a, &na);
	b = flatten(b, &nb);
	return na == nb && a->kind == b->kind && a->size == b->size && a->is_bool == b->is_bool &&
	       (a->is_signed == b->is_signed || b->is_char || b->kind == TYPE_ENUM);
}

static void compare_members(struct compare *c, const char *name, const struct type *a,
			    const struct type *b)
{
	const struct type_member *ma, *mb;
	uint32_t na, nb, i;

	ma = type_members(a, &na);
	mb = type_members(b, &nb);
	if (na != nb || a->size != b->size) {
		printf("%s: BTF %u members, %llu bytes; DWARF %u, %llu\n", name, na,
		       (unsigned long long)a->size, nb, (unsigned long long)b->size);
		c->differ++;
		return;
	}
	for (i = 0; i < na; i++, c->members++) {
		if (!strcmp(ma[i].name, mb[i].name) && ma[i].bit_offset == mb[i].bit_offset &&
		    ma[i].bit_size == mb[i].bit_size && same_kind(ma[i].type, mb[i].type))
			continue;
		printf("%s: BTF %s at %llu:%u, DWARF %s at %llu:%u\n", name, ma[i].name,
		       (unsigned long long)ma[i].bit_offset, ma[i].bit_size, mb[i].name,
		       (unsigned long long)mb[i].bit_offset, mb[i].bit_size);
		c->differ++;
	}
}

static void compare_values(struct compare *c, const char *name, const struct type *a,
			   const struct type *b)
{
	const struct type_enumerator *ea, *eb;
	uint32_t na, nb, i;

	ea = type_enumerators(a, &na);
	eb = type_enumerators(b, &nb);
	for (i = 0; i < na && i < nb; i++, c->members++) {
		if (!strcmp(ea[i].name, eb[i].name) &&
		    (ea[i].value == eb[i].value ||
		     (!a->is_signed && ea[i].value == (int64_t)(uint32_t)eb[i].value)))
			continue;
		printf("%s: BTF %s = %lld, DWARF %s = %lld\n", name, ea[i].name,
		       (long long)ea[i].value, eb[i].name, (long long)eb[i].value);
		c->differ++;
	}
	c->differ += na != nb;
}

static bool collect(void *arg, enum type_kind kind, const char *name)
{
	struct compare *c = arg;

	if (kind != TYPE_STRUCT && kind != TYPE_UNION && kind != TYPE_ENUM)
		return true;
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 4096;
		c->tag = mem_resize(c->tag, c->cap, sizeof(*c->tag));
		assert_non_null(c->tag);
	}
	c->tag[c->n++] = (struct tag){ kind, name };
	return true;
}

static int by_tag(const void *pa, const void *pb)
{
	const struct tag *a = pa, *b = pb;

	return a->kind != b->kind ? (int)a->kind - (int)b->kind : strcmp(a->name, b->name);
}

/* What is defined several times has no one answer. */
static bool is_unique(const struct compare *c, size_t i)
{
	return (i == 0 || by_tag(&c->tag[i - 1], &c->tag[i])) &&
	       (i + 1 == c->n || by_tag(&c->tag[i], &c->tag[i + 1]));
}

/* BTF has no declared enum: it is one without values. */
static bool is_same_fwd(const struct type *a, const struct type *b)
{
	uint32_t n;

	if (a->kind == TYPE_ENUM && b->kind == TYPE_FWD)
		return type_enumerators(a, &n), n == 0;
	return a->kind == b->kind;
}

static void compare_all(struct compare *c)
{
	c->btf->ops->each_name(c->btf, "", collect, c);
	qsort(c->tag, c->n, sizeof(*c->tag), by_tag);
	for (size_t i = 0; i < c->n; i++) {
		const struct tag *tag = &c->tag[i];
		const struct type *a, *b;

		if (!is_unique(c, i))
			continue;
		a = c->btf->ops->find(c->btf, tag->kind, tag->name);
		b = c->dwarf->ops->find(c->dwarf, tag->kind, tag->name);
		assert_non_null(a);
		if (!b) {
			c->local++;
			continue;
		}
		if (!is_same_fwd(a, b)) {
			printf("%s: BTF kind %d, DWARF %d\n", tag->name, a->kind, b->kind);
			c->differ++;
			continue;
		}
		c->types++;
		if (a->kind == TYPE_ENUM)
			compare_values(c, tag->name, a, b);
		else if (a->kind != TYPE_FWD)
			compare_members(c, tag->name, a, b);
	}
}

static void test_against_btf(void **state)
{
	const char *vmlinux = getenv("CAIRN_TEST_VMLINUX");
	struct compare c = { 0 };
	struct btf_provider *btf = NULL;
	struct debugfile *f;
	struct cairn_err err;

	(void)state;
	if (!vmlinux)
		skip();
	if (debugfile_open(&f, vmlinux, &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	if (!f->btf) {
		debugfile_close(f);
		skip();
	}
	if (btf_provider_new(&btf, "BTF", f->btf, f->btf_size, NULL, NULL, f->arch->word, &err) !=
		CAIRN_OK ||
	    dwarf_provider_new(&c.dwarf, f, &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	c.btf = btf_types(btf);
	compare_all(&c);
	printf("%u types, %u members and enumerators, %u differ; %u local to functions\n", c.types,
	       c.members, c.differ, c.local);
	assert_true(c.types > 200 && c.local < c.types / 100);
	assert_int_equal(c.differ, 0);
	c.btf->ops->close(c.btf);
	c.dwarf->ops->close(c.dwarf);
	mem_free(c.tag);
	debugfile_close(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_btf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
