/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/note.h"

#include <elf.h>
#include <string.h>

#include "lib/base/cursor.h"

bool note_next(const void *notes, size_t len, size_t *pos, struct note *ret)
{
	struct cursor c = cursor_init(notes, len);
	uint32_t namesz, descsz;

	cursor_skip(&c, *pos);
	namesz = cursor_u32(&c);
	descsz = cursor_u32(&c);
	ret->type = cursor_u32(&c);
	ret->name = cursor_bytes(&c, namesz);
	if (c.bad || (!namesz && !descsz && !ret->type))
		return false;
	ret->name_len = strnlen(ret->name, namesz);
	cursor_align(&c, 4);
	ret->desc = cursor_bytes(&c, descsz);
	ret->desc_len = descsz;
	if (c.bad)
		return false;
	cursor_align(&c, 4);
	*pos = c.bad ? len : cursor_offset(&c);
	return true;
}

bool note_is(const struct note *n, const char *name, uint32_t type)
{
	return n->type == type && n->name_len == strlen(name) &&
	       !memcmp(n->name, name, n->name_len);
}

const struct arch *note_guess_arch(const void *notes, size_t len)
{
	static const struct { size_t size; enum arch_id id; } sizes[] = {
		{ 336, ARCH_X86_64 }, { 392, ARCH_ARM64 }, { 144, ARCH_I386 }, { 148, ARCH_ARM },
	};
	struct note n;
	size_t pos = 0;

	while (note_next(notes, len, &pos, &n)) {
		if (!note_is(&n, "CORE", NT_PRSTATUS))
			continue;
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			if (n.desc_len == sizes[i].size)
				return arch_by_id(sizes[i].id);
	}
	return NULL;
}
