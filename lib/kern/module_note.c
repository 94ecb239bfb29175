/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The build-id of a module whose struct has none: in its notes, as sysfs shows them. */
#include "lib/base/mem.h"
#include "lib/debug/shape.h"
#include "lib/image/note.h"
#include "lib/kern/module_priv.h"

#define NT_GNU_BUILD_ID 3
#define NOTES_LIMIT 32       /* note sections of a module */
#define NOTE_SIZE_LIMIT 4096 /* bytes of one; .note.package metadata is the largest */

/* Up to 6.14 a count stands before the array, later its attribute group lists it. */
enum { N_NOTES, N_ATTRS, N_LIST, N_N };
static const struct shape_want notes_want = {
	"struct module_notes_attrs", N_N,
	{ [N_NOTES] = "notes", [N_ATTRS] = "attrs", [N_LIST] = "grp.bin_attrs|grp.bin_attrs_new" },
};

enum { A_SIZE, A_ADDR, A_N };
static const struct shape_want attr_want = {
	"struct bin_attribute", A_N, { [A_SIZE] = "size", [A_ADDR] = "private" },
};

static bool scan(const void *notes, size_t len, char *hex, size_t size)
{
	struct note n;
	size_t pos = 0;

	while (note_next(notes, len, &pos, &n))
		if (note_is(&n, "GNU", NT_GNU_BUILD_ID)) {
			module_hex(hex, size, n.desc, n.desc_len);
			return *hex != '\0';
		}
	return false;
}

/* One section: a struct bin_attribute says where it lies. */
static bool section(struct cairn *c, const struct shape *attr, uint64_t at, char *hex, size_t size)
{
	struct object o;
	uint64_t addr, len;
	unsigned char *notes;
	bool found = false;

	if (object_read(&o, attr, &c->kernel, at, NULL) != CAIRN_OK) {
		object_done(&o);
		return false;
	}
	addr = object_get(&o, A_ADDR);
	len = object_get(&o, A_SIZE);
	object_done(&o);
	notes = len && len <= NOTE_SIZE_LIMIT ? mem_zalloc(len, 1) : NULL;
	if (notes && space_read(&c->kernel, addr, notes, len, NULL) == CAIRN_OK)
		found = scan(notes, len, hex, size);
	mem_free(notes);
	return found;
}

static bool counted(struct cairn *c, const struct shape *notes, const struct shape *attr,
		    uint64_t at, char *hex, size_t size)
{
	uint64_t n;

	if (shape_get(notes, &c->kernel, at, N_NOTES, &n, NULL) != CAIRN_OK)
		return false;
	for (uint64_t i = 0; i < n && i < NOTES_LIMIT; i++)
		if (section(c, attr, at + notes->m[N_ATTRS].offset + i * attr->size, hex, size))
			return true;
	return false;
}

static bool listed(struct cairn *c, const struct shape *notes, const struct shape *attr,
		   uint64_t at, char *hex, size_t size)
{
	uint64_t list, one;

	if (shape_get(notes, &c->kernel, at, N_LIST, &list, NULL) != CAIRN_OK || !list)
		return false;
	for (unsigned i = 0; i < NOTES_LIMIT; i++, list += c->kernel.word) {
		if (space_word(&c->kernel, list, &one, NULL) != CAIRN_OK || !one)
			return false;
		if (section(c, attr, one, hex, size))
			return true;
	}
	return false;
}

bool module_note_build_id(struct cairn *c, uint64_t notes_attrs, char *hex, size_t size)
{
	struct shape notes, attr;

	if (shape_resolve(&notes, &notes_want, &c->types, NULL) != CAIRN_OK ||
	    shape_resolve(&attr, &attr_want, &c->types, NULL) != CAIRN_OK ||
	    !shape_has(&attr, A_SIZE) || !shape_has(&attr, A_ADDR))
		return false;
	if (shape_has(&notes, N_NOTES) && shape_has(&notes, N_ATTRS))
		return counted(c, &notes, &attr, notes_attrs, hex, size);
	return shape_has(&notes, N_LIST) && listed(c, &notes, &attr, notes_attrs, hex, size);
}
