/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmcoreinfo - the text that the crashed kernel left for tools: KEY=VALUE lines.
 *
 * Source: kernel/crash_core.c (kernel/vmcore_info.c since 6.9) and
 * Documentation/admin-guide/kdump/vmcoreinfo.rst. Numbers are decimal and may be
 * negative, or hexadecimal with 0x; symbols are bare hexadecimal. Where a key stands
 * twice, the first one counts. The text comes from the dump: a value that is no number in
 * its whole length, or none that fits 64 bits, is as good as missing.
 */
#ifndef CAIRN_IMAGE_VMCOREINFO_H
#define CAIRN_IMAGE_VMCOREINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vmcoreinfo {
	const char *text; /* borrowed; NUL-terminated; NULL: there is none */
	size_t len;
};

/** The value of `key` ("OSRELEASE", "NUMBER(phys_base)"), copied into buf of `size`
 *  bytes; false if the key is missing or its value does not fit. */
bool vmcoreinfo_get(const struct vmcoreinfo *v, const char *key, char *buf, size_t size);

/** SYMBOL(name), NUMBER(name), and a bare hexadecimal value such as KERNELOFFSET. */
bool vmcoreinfo_symbol(const struct vmcoreinfo *v, const char *name, uint64_t *ret);
bool vmcoreinfo_number(const struct vmcoreinfo *v, const char *name, int64_t *ret);
bool vmcoreinfo_hex(const struct vmcoreinfo *v, const char *key, uint64_t *ret);

#endif
