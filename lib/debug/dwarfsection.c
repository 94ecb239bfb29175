/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/dwarfsection.h"

#include <gelf.h>
#include <string.h>

Elf_Scn *dwarfsection(Dwarf *dwarf, const char *name)
{
	Elf *elf = dwarf_getelf(dwarf);
	Elf_Scn *scn = NULL;
	const char *have;
	GElf_Shdr sh;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &sh) && (have = elf_strptr(elf, names, sh.sh_name)) &&
		    !strcmp(have, name))
			return scn;
	return NULL;
}
