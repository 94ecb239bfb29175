/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/callarg.h"

#include <string.h>

#include "lib/debug/dwarfdie.h"

/* Blocks within blocks; and entries of one function that are looked at. */
#define DEPTH 64
#define VISITS 100000u

static bool is_site(int tag)
{
	return tag == DW_TAG_call_site || tag == DW_TAG_GNU_call_site;
}

static bool has_code(int tag)
{
	return tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine;
}

static bool returns_to(Dwarf_Die *site, uint64_t pc)
{
	unsigned attr = dwarf_tag(site) == DW_TAG_call_site ? DW_AT_call_return_pc : DW_AT_low_pc;
	Dwarf_Attribute mem, *a = dwarf_attr(site, attr, &mem);
	Dwarf_Addr at;

	return a && !dwarf_formaddr(a, &at) && at == pc;
}

static bool find_in(Dwarf_Die *parent, uint64_t pc, Dwarf_Die *ret, unsigned depth, unsigned *left)
{
	Dwarf_Die die;

	for (bool more = die_child(parent, &die); more && *left; more = die_next(&die)) {
		int tag = dwarf_tag(&die);

		--*left;
		if (is_site(tag) && returns_to(&die, pc)) {
			*ret = die;
			return true;
		}
		if (has_code(tag) && depth < DEPTH && find_in(&die, pc, ret, depth + 1, left))
			return true;
	}
	return false;
}

bool callarg_site(const struct scope *s, uint64_t pc, Dwarf_Die *ret)
{
	unsigned left = VISITS;
	Dwarf_Die function;

	if (!s->n)
		return false;
	function = s->die[0];
	return find_in(&function, pc, ret, 0, &left);
}

enum callarg_callee callarg_callee(Dwarf_Die *site, const char *function)
{
	unsigned attr = dwarf_tag(site) == DW_TAG_call_site ? DW_AT_call_origin :
							      DW_AT_abstract_origin;
	Dwarf_Attribute mem, *a = dwarf_attr(site, attr, &mem);
	Dwarf_Die callee;

	if (!a)
		return CALLARG_INDIRECT;
	return dwarf_formref_die(a, &callee) && !strcmp(die_name(&callee), function) ?
		       CALLARG_SAME : CALLARG_OTHER;
}

static bool is_in_register(Dwarf_Die *parameter, unsigned number)
{
	Dwarf_Attribute mem, *a = dwarf_attr(parameter, DW_AT_location, &mem);
	Dwarf_Op *ops;
	size_t n;

	if (!a || dwarf_getlocation(a, &ops, &n) || n != 1)
		return false;
	return ops->atom == DW_OP_regx ? ops->number == number :
					 number < 32 && ops->atom == DW_OP_reg0 + number;
}

bool callarg_in_register(Dwarf_Die *site, unsigned number, Dwarf_Attribute *ret)
{
	Dwarf_Die die;

	for (bool more = die_child(site, &die); more; more = die_next(&die)) {
		int tag = dwarf_tag(&die);

		if ((tag == DW_TAG_call_site_parameter || tag == DW_TAG_GNU_call_site_parameter) &&
		    is_in_register(&die, number))
			return dwarf_attr(&die, DW_AT_call_value, ret) ||
			       dwarf_attr(&die, DW_AT_GNU_call_site_value, ret);
	}
	return false;
}
