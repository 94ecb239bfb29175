/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "unwind/oops_frame.h"

static struct oops_place got[2];

static struct piece of(const char *s)
{
	return (struct piece){ s, strlen(s) };
}

static bool is(struct piece t, const char *s)
{
	return s ? t.p && t.len == strlen(s) && !memcmp(t.p, s, t.len) : !t.p;
}

static void expect_one(const char *line, const char *function, uint64_t offset, const char *module)
{
	assert_int_equal(oops_frames(of(line), got), 1);
	assert_true(is(got[0].function, function));
	assert_true(got[0].has_offset);
	assert_int_equal(got[0].offset, offset);
	assert_true(is(got[0].module, module));
}

static void frames(void **state)
{
	(void)state;
	expect_one(" foo+0x1/0x20", "foo", 1, NULL);
	assert_int_equal(got[0].size, 0x20);
	assert_false(got[0].guess);
	expect_one(" scen_spin+0x15/0x20 [scen]", "scen_spin", 0x15, "scen");
	expect_one(" ? tasklet_action_common.constprop.0+0x187/0x230",
		   "tasklet_action_common.constprop.0", 0x187, NULL);
	assert_true(got[0].guess);
	expect_one(" [<ffffffff81463cb5>] debug_check_no_locks_held+0x125/0x140",
		   "debug_check_no_locks_held", 0x125, NULL);
	assert_int_equal(got[0].pc, 0xffffffff81463cb5);
	expect_one(" [<ffffffff8146870b>] ? __lock_acquire+0x7fb/0x3410", "__lock_acquire", 0x7fb, NULL);
	assert_true(got[0].guess);
	expect_one("[c00000003ae5b800] [c00000000135c19c] dump_stack+0x128/0x1cc (unreliable)",
		   "dump_stack", 0x128, NULL);
	assert_true(got[0].guess);
	expect_one(" sock_kmalloc+0x7f/0xc0 net/core/sock.c:1774", "sock_kmalloc", 0x7f, NULL);
	assert_true(is(got[0].file, "net/core/sock.c"));
	assert_int_equal(got[0].line, 1774);
	expect_one(" nft_foo+0x1/0x2 [nf_tables 0123456789abcdef]", "nft_foo", 1, "nf_tables");
	assert_int_equal(oops_frames(of(" 0xffffffffc03aa0c8"), got), 1);
	assert_null(got[0].function.p);
	assert_int_equal(got[0].pc, 0xffffffffc03aa0c8);
}

static void arm(void **state)
{
	(void)state;
	assert_int_equal(oops_frames(of(" mas_update_gap from mas_wr_modify+0x1b4/0x1898"), got), 2);
	assert_true(is(got[0].function, "mas_update_gap"));
	assert_false(got[0].has_offset);
	assert_true(is(got[1].function, "mas_wr_modify"));
	assert_int_equal(got[1].offset, 0x1b4);
	assert_int_equal(oops_frames(of(" a [m] from b+0x1/0x2 [n]"), got), 2);
	assert_true(is(got[0].module, "m"));
	assert_true(is(got[1].module, "n"));
	assert_int_equal(oops_frames(of("[<801559ec>] (set_task_cpu) from [<80155eb8>] "
					"(try_to_wake_up+0x164/0x3a4)"), got), 2);
	assert_true(is(got[0].function, "set_task_cpu"));
	assert_int_equal(got[1].pc, 0x80155eb8);
}

static void no_frames(void **state)
{
	static const char *const lines[] = {
		"", " ", "Call Trace:", " r7:0000001f r6:00000000", "Code: 0f 0b",
		"RAX: 0000000000000001 RBX: ffff88b0c7225e40", "foo+bar", "foo+0x", "foo from bar",
		"[<", "[<zz>] foo+0x1/0x2", "R10: 0", "Modules linked in: scen(OE)", " <TASK>",
		"0x00000000abd50905-0x00000000230ea9f4 @offset=648. First byte 0x42 instead of 0x6b",
		"[<801559ec>] (foo) from", "[<801559ec>] (", "?", "? ",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (oops_frames(of(lines[i]), got))
			fail_msg("a frame in: %s", lines[i]);
}

static void registers(void **state)
{
	bool user;

	(void)state;
	assert_true(oops_frame_of_regs(of("RIP: 0010:scen_irq_inner+0x15/0x20 [scen]"), got, &user));
	assert_false(user);
	assert_true(is(got[0].function, "scen_irq_inner"));
	assert_true(is(got[0].module, "scen"));
	assert_true(oops_frame_of_regs(of("RIP: 0033:0x449d80"), got, &user));
	assert_true(user);
	assert_true(oops_frame_of_regs(of("RIP: 0010:[<ffffffff81d64236>]  [<ffffffff81d64236>] "
					  "__list_del_entry+0x86/0x1d0"), got, &user));
	assert_true(is(got[0].function, "__list_del_entry"));
	assert_true(oops_frame_of_regs(of("RIP: 0010:0x0"), got, &user));
	assert_true(!got[0].function.p && got[0].has_pc && !got[0].pc);
	assert_true(oops_frame_of_regs(of("RIP: 0010:          (null)"), got, &user));
	assert_true(oops_frame_of_regs(of("EIP: delay_tsc+0x43/0xd0"), got, &user));
	assert_true(oops_frame_of_regs(of("PC is at mas_update_gap+0xac/0x1a8"), got, &user));
	assert_true(oops_frame_of_regs(of("pc : __list_del_entry_valid+0x9c/0xec"), got, &user));
	assert_false(oops_frame_of_regs(of("pc : [<c0747314>]    lr : [<cc343e00>]    psr: 60080013"),
					got, &user));
	assert_false(oops_frame_of_regs(of("LR is at 0xcc343e00"), got, &user));
	assert_true(oops_frame_of_regs(of("--- interrupt: 700 at assert_slb_presence+0x2c/0x70"), got,
				       &user));
	assert_true(is(got[0].function, "assert_slb_presence"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames), cmocka_unit_test(arm), cmocka_unit_test(no_frames),
		cmocka_unit_test(registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
