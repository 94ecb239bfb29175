/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages that the guest's program (../nested/init.c) and the VMM know of each other. */
#ifndef WITHHELD_H
#define WITHHELD_H

#define WITHHELD_PAGES 8
/* the first word of such a page; then its number; and its last word is ~this */
#define WITHHELD_MAGIC 0x4150465041474521ull	/* "APFPAGE!" */
#define WITHHELD_SAYS  "ORACLE guest "	/* on the console: a line for the oracle follows */
#define WITHHELD_READY "APF-READY"		/* on the console: all pages are filled */

#endif
