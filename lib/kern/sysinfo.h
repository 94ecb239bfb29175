/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysinfo - what the machine and its kernel say of themselves.
 *
 * Variables first; where the kernel names none of them, what its log said. Sources:
 * include/linux/utsname.h, init/version.c, init/main.c (saved_command_line),
 * kernel/panic.c (tainted_mask), mm/page_alloc.c (_totalram_pages).
 */
#ifndef CAIRN_KERN_SYSINFO_H
#define CAIRN_KERN_SYSINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/kern/session.h"

#define UTS_LEN 66

struct sysinfo {
	/* as uname(2); "" where not known */
	char nodename[UTS_LEN], release[UTS_LEN], version[UTS_LEN], machine[UTS_LEN];
	const char *banner;   /* "Linux version ...", one line; NULL: not known */
	const char *cmdline;  /* of the kernel; NULL: not known */
	bool has_taint;
	uint64_t taint;       /* taint.h */
	uint64_t memory;      /* bytes that the kernel manages; 0: not known */
};

/** Never fails: what cannot be found out is not known. */
void sysinfo_get(struct cairn *c, struct sysinfo *ret);

#endif
