/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/dwarfkept.h"

#include <stdio.h>
#include <string.h>

struct head {
	uint64_t info_size;
	uint32_t entries, by_name_len, text_len;
	uint32_t unused;
};

/* Index files are called by hexadecimal digits, and "d" is one. */
static bool file_id(char *id, size_t size, const char *build_id)
{
	int n = snprintf(id, size, "%sd", build_id);

	return build_id[0] && n > 0 && (size_t)n < size;
}

static bool take(struct dwarfkept *k, uint64_t info_size)
{
	size_t len = 0;
	const struct head *head = index_get(k->idx, INDEX_DWARF_NAMES, &len);
	const char *by_name;

	if (!head || len < sizeof(*head) || head->info_size != info_size ||
	    len - sizeof(*head) != (uint64_t)head->entries * sizeof(*k->entry) +
					   head->by_name_len + head->text_len)
		return false;
	k->n = head->entries;
	k->text_len = head->text_len;
	k->entry = (const struct dwarfname *)(head + 1);
	by_name = (const char *)(k->entry + k->n);
	k->text = by_name + head->by_name_len;
	return k->text_len && !k->text[k->text_len - 1] &&
	       nameindex_take(&k->by_name, by_name, head->by_name_len);
}

bool dwarfkept_open(struct dwarfkept *k, const char *build_id, uint64_t info_size)
{
	char id[64];

	*k = (struct dwarfkept){ 0 };
	if (!file_id(id, sizeof(id), build_id) || index_open(&k->idx, id, NULL) != CAIRN_OK)
		return false;
	if (take(k, info_size))
		return true;
	dwarfkept_close(k);
	return false;
}

void dwarfkept_close(struct dwarfkept *k)
{
	index_close(k->idx);
	*k = (struct dwarfkept){ 0 };
}

const char *dwarfkept_text(const struct dwarfkept *k, uint32_t i)
{
	return k->entry[i].name < k->text_len ? k->text + k->entry[i].name : "";
}

const struct dwarfname *dwarfkept_find(const struct dwarfkept *k, unsigned space, const char *name)
{
	uint32_t n, i;
	const uint32_t *number =
		nameindex_bucket(&k->by_name, nameindex_hash(name, strlen(name), space), &n);

	for (i = 0; i < n; i++)
		if (number[i] < k->n && k->entry[number[i]].space == space &&
		    !strcmp(dwarfkept_text(k, number[i]), name))
			return &k->entry[number[i]];
	return NULL;
}

static void *append(char *to, const void *from, size_t len)
{
	memcpy(to, from, len);
	return to + len;
}

void dwarfkept_save(const struct dwarfnames *names, const char *build_id, uint64_t info_size)
{
	size_t entries_len = names->n * sizeof(*names->entry);
	struct index_part part[INDEX_SECTIONS] = { 0 };
	struct head head = { .info_size = info_size, .entries = names->n };
	struct arena arena = { 0 };
	struct nameindex by_name;
	char id[64], *block, *p;

	if (!names->n || !file_id(id, sizeof(id), build_id) ||
	    nameindex_build(&by_name, names->hash, names->n, &arena, NULL) != CAIRN_OK)
		return;
	head.by_name_len = (uint32_t)by_name.size;
	head.text_len = names->text_len;
	block = arena_alloc(&arena, sizeof(head) + entries_len + by_name.size + names->text_len);
	if (block) {
		p = append(block, &head, sizeof(head));
		p = append(p, names->entry, entries_len);
		p = append(p, by_name.block, by_name.size);
		p = append(p, names->text, names->text_len);
		part[INDEX_DWARF_NAMES] = (struct index_part){ block, (size_t)(p - block) };
		index_save(id, part, NULL);
	}
	arena_deinit(&arena);
}
