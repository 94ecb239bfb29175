/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/image/vmcoreinfo.h"

static const char text[] =
	"OSRELEASE=6.1.0-56-amd64\n"
	"PAGESIZE=4096\n"
	"SYMBOL(_stext)=ffffffffa3800000\n"
	"SYMBOL(_stex)=1\n"
	"SYMBOL(signed)=-1\n"
	"SYMBOL(long)=1ffffffffa3800000\n"
	"SYMBOL(twice)=2\n"
	"SYMBOL(twice)=3\n"
	"SYMBOL(empty)=\n"
	"SYMBOL(blank)= 12\n"
	"OFFSET(list_head.next)=8\n"
	"SIZE(list_head)=16\n"
	"SIZE(negative)=-16\n"
	"NUMBER(phys_base)=-436207616\n"
	"NUMBER(VMALLOC_START)=0xffffd37340000000\n"
	"NUMBER(least)=-9223372036854775808\n"
	"NUMBER(less)=-9223372036854775809\n"
	"NUMBER(most)=9223372036854775807\n"
	"NUMBER(more)=9223372036854775808\n"
	"NUMBER(junk)=12x\n"
	"NUMBER(minus)=-\n"
	"KERNELOFFSET=22800000\n"
	"no key\n"
	"\n"
	"=value\n"
	"CONFIG_X86_PAE=y"; /* the last line has no newline */

static const struct vmcoreinfo info = { text, sizeof(text) - 1 };

static void lines(void **state)
{
	char buf[32];

	(void)state;
	assert_true(vmcoreinfo_get(&info, "OSRELEASE", buf, sizeof(buf)));
	assert_string_equal(buf, "6.1.0-56-amd64");
	assert_true(vmcoreinfo_get(&info, "CONFIG_X86_PAE", buf, sizeof(buf)));
	assert_string_equal(buf, "y");
	assert_true(vmcoreinfo_get(&info, "SYMBOL(empty)", buf, sizeof(buf)));
	assert_string_equal(buf, "");
	assert_false(vmcoreinfo_get(&info, "RELEASE", buf, sizeof(buf)));
	assert_false(vmcoreinfo_get(&info, "no key", buf, sizeof(buf)));
	assert_false(vmcoreinfo_get(&info, "OSRELEASE", buf, 14));
	assert_true(vmcoreinfo_get(&info, "OSRELEASE", buf, 15));
}

static void symbols(void **state)
{
	uint64_t v;

	(void)state;
	assert_true(vmcoreinfo_symbol(&info, "_stext", &v));
	assert_int_equal(v, 0xffffffffa3800000);
	assert_true(vmcoreinfo_symbol(&info, "twice", &v));
	assert_int_equal(v, 2);
	assert_false(vmcoreinfo_symbol(&info, "signed", &v));
	assert_false(vmcoreinfo_symbol(&info, "long", &v));
	assert_false(vmcoreinfo_symbol(&info, "empty", &v));
	assert_false(vmcoreinfo_symbol(&info, "blank", &v));
	assert_false(vmcoreinfo_symbol(&info, "none", &v));
	assert_true(vmcoreinfo_hex(&info, "KERNELOFFSET", &v));
	assert_int_equal(v, 0x22800000);
}

static void numbers(void **state)
{
	int64_t v;

	(void)state;
	assert_true(vmcoreinfo_number(&info, "phys_base", &v));
	assert_int_equal(v, -436207616);
	assert_true(vmcoreinfo_number(&info, "VMALLOC_START", &v));
	assert_int_equal((uint64_t)v, 0xffffd37340000000);
	assert_true(vmcoreinfo_number(&info, "least", &v));
	assert_int_equal(v, INT64_MIN);
	assert_true(vmcoreinfo_number(&info, "most", &v));
	assert_int_equal(v, INT64_MAX);
	assert_false(vmcoreinfo_number(&info, "less", &v));
	assert_false(vmcoreinfo_number(&info, "more", &v));
	assert_false(vmcoreinfo_number(&info, "junk", &v));
	assert_false(vmcoreinfo_number(&info, "minus", &v));
}

static void none(void **state)
{
	static const struct vmcoreinfo nothing = { NULL, 0 };
	char name[200];
	uint64_t v;

	(void)state;
	assert_false(vmcoreinfo_symbol(&nothing, "_stext", &v));
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_false(vmcoreinfo_symbol(&info, name, &v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines), cmocka_unit_test(symbols), cmocka_unit_test(numbers),
		cmocka_unit_test(none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
