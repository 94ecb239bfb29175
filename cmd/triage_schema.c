/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/triage_batch.h"

/* the file itself, so that what is installed and what is printed cannot differ */
__asm__(".section .rodata\n"
	".global triage_schema\n"
	".type triage_schema, %object\n"
	"triage_schema:\n"
	".incbin \"man/cairn.triage.schema.json\"\n"
	".byte 0\n"
	".size triage_schema, . - triage_schema\n"
	".previous\n");
