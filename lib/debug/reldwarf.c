/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/reldwarf.h"

#include <elfutils/libdwfl.h>
#include <unistd.h>

/* libdwfl keeps the descriptor that it is given. */
static int find_elf(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr base,
		    char **file_name, Elf **elf)
{
	const struct debugfile *f = *userdata;

	(void)mod, (void)name, (void)base, (void)file_name, (void)elf;
	return dup(f->fd);
}

/* A module without DWARF has none elsewhere: finding files is debugfind's business. */
static int find_debuginfo(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr base,
			  const char *file_name, const char *debuglink_file, GElf_Word crc,
			  char **debuginfo_file_name)
{
	(void)mod, (void)userdata, (void)name, (void)base, (void)file_name;
	(void)debuglink_file, (void)crc, (void)debuginfo_file_name;
	return -1;
}

static int section_address(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr base,
			   const char *section, GElf_Word shndx, const GElf_Shdr *shdr,
			   Dwarf_Addr *addr)
{
	const struct debugfile *f = *userdata;

	(void)mod, (void)name, (void)base, (void)section, (void)shdr;
	if (shndx >= f->nsections)
		return -1;
	*addr = f->section[shndx].addr;
	return DWARF_CB_OK;
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = find_elf,
	.find_debuginfo = find_debuginfo,
	.section_address = section_address,
};

static uint64_t layout_end(const struct debugfile *f)
{
	uint64_t end = 0;

	for (size_t i = 0; i < f->nsections; i++)
		if (f->section[i].size && f->section[i].addr + f->section[i].size > end)
			end = f->section[i].addr + f->section[i].size;
	return end;
}

static Dwarf *open_dwarf(struct debugfile *f)
{
	Dwfl_Module *mod;
	Dwarf_Addr bias;
	void **userdata;

	f->dwfl = dwfl_begin(&callbacks);
	if (!f->dwfl)
		return NULL;
	dwfl_report_begin(f->dwfl);
	mod = dwfl_report_module(f->dwfl, f->module, 1, layout_end(f) + 1);
	if (!mod || dwfl_report_end(f->dwfl, NULL, NULL) ||
	    !dwfl_module_info(mod, &userdata, NULL, NULL, NULL, NULL, NULL, NULL))
		return NULL;
	*userdata = f;
	return dwfl_module_getdwarf(mod, &bias);
}

enum cairn_code reldwarf_open(struct debugfile *f, struct cairn_err *err)
{
	f->dwarf = open_dwarf(f);
	if (f->dwarf)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_FORMAT, "%s: DWARF: %s", f->path, dwfl_errmsg(-1));
	reldwarf_close(f);
	return CAIRN_FORMAT;
}

void reldwarf_close(struct debugfile *f)
{
	dwfl_end(f->dwfl);
	f->dwfl = NULL;
	f->dwarf = NULL;
}
