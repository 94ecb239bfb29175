/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debugfind - look for the debug file of a kernel or module on this machine, then ask
 * debuginfod.
 *
 * Only a file whose build-id equals the dump's is accepted. Places, in this order (each
 * under `root`):
 *
 *   /usr/lib/debug/.build-id/xx/yyyy.debug
 *   kernel:  /usr/lib/debug/boot/vmlinux-RELEASE          Debian, Ubuntu
 *            /usr/lib/debug/lib/modules/RELEASE/vmlinux   Fedora, SUSE
 *            /usr/lib/debug/vmlinux-RELEASE
 *            /boot/vmlinux-RELEASE
 *            /lib/modules/RELEASE/build/vmlinux           a kernel built here
 *   module:  NAME.ko or NAME.ko.debug anywhere under
 *            /usr/lib/debug/lib/modules/RELEASE, /usr/lib/debug/usr/lib/modules/RELEASE
 *   debuginfod, through libdebuginfod where it is installed, and only if the user has set
 *            DEBUGINFOD_URLS; it keeps what it fetched in a cache of its own
 */
#ifndef CAIRN_DEBUG_DEBUGFIND_H
#define CAIRN_DEBUG_DEBUGFIND_H

#include "lib/debug/debugplace.h"

/** What is looked for. Texts out of a dump are welcome: what could leave the folders
 *  named above is not looked for. */
struct debugfind_want {
	const char *build_id; /* hexadecimal; "" or NULL: nothing can be found */
	const char *release;  /* uname -r; "" or NULL: only .build-id and debuginfod */
	const char *module;   /* NULL: the kernel */
	const char *root;     /* NULL: "" */
	/* called from time to time while debuginfod works: bytes so far and in all (0: not
	   known yet); true gives up. NULL: never */
	bool (*progress)(void *arg, long done, long total);
	void *arg;
};

/** Find and open. CAIRN_NOTFOUND says where it looked, and names a file that would have
 *  fitted but for its build-id. CAIRN_INTERRUPTED if progress() gave up. */
enum cairn_code debugfind(struct debugfile **ret, const struct debugfind_want *want,
			  struct cairn_err *err);

#endif
