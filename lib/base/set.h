/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * set - registration without a table.
 *
 * The last line of a file puts a pointer to its descriptor into a section of its own;
 * the linker gathers the section, and __start_/__stop_ symbols bound it. Adding a member
 * is one file and no edit elsewhere. Members come in link order: whoever shows a set
 * sorts it first.
 *
 *   SET_DECLARE(cairn_cmds, const struct cmd);     once, in the header of the set
 *   SET_ADD(cairn_cmds, const struct cmd, &ps);    the last line of ps.c
 *   SET_EACH(cairn_cmds, const struct cmd, p) ...  *p is the descriptor's address
 */
#ifndef CAIRN_BASE_SET_H
#define CAIRN_BASE_SET_H

#define SET_DECLARE(set, type) \
	extern type *const __start_##set[] __attribute__((weak)); \
	extern type *const __stop_##set[] __attribute__((weak))

#define SET_ADD_(set, type, member, line) \
	static type *const set##_member_##line \
		__attribute__((section(#set), used, aligned(sizeof(void *)))) = (member)
#define SET_ADD__(set, type, member, line) SET_ADD_(set, type, member, line)
#define SET_ADD(set, type, member) SET_ADD__(set, type, member, __LINE__)

#define SET_EACH(set, type, p) \
	for (type *const *p = __start_##set; p < __stop_##set; p++)

#define SET_SIZE(set) ((size_t)(__stop_##set - __start_##set))

#endif
