/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/sysinfo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/debug/shape.h"
#include "lib/kern/log.h"
#include "lib/kern/taint.h"

#define TEXT_LIMIT 4096 /* COMMAND_LINE_SIZE is 2048 or 4096 */

/* include/uapi/linux/utsname.h: struct new_utsname is six of these */
#define UTS_FIELD 65
enum { UTS_SYSNAME, UTS_NODENAME, UTS_RELEASE, UTS_VERSION, UTS_MACHINE, UTS_DOMAIN, UTS_N };

/* Where no layout was found, nothing can be read there. */
static bool symbol(struct cairn *c, const char *name, uint64_t *ret)
{
	if (!c->kernel.tlb)
		return false;
	return sym_addr(&c->syms, name, ret, NULL) == CAIRN_OK ||
	       vmcoreinfo_symbol(&image_info(c->img)->vmcoreinfo, name, ret);
}

/* ---- struct new_utsname ---- */

static bool uts_offset(struct cairn *c, uint64_t *ret)
{
	const struct type *t = type_find(&c->types, "struct uts_namespace", NULL);
	struct member m;
	char buf[16];

	if (t && type_member(t, "name", &m)) {
		*ret = m.offset;
		return true;
	}
	if (!vmcoreinfo_get(&image_info(c->img)->vmcoreinfo, "OFFSET(uts_namespace.name)", buf,
			    sizeof(buf)))
		return false;
	*ret = strtoul(buf, NULL, 10);
	return true;
}

static void copy_uts(char *to, const char *raw, unsigned field)
{
	memcpy(to, raw + field * UTS_FIELD, UTS_FIELD);
	to[UTS_FIELD] = '\0';
}

static void fill_uts(struct cairn *c, struct sysinfo *s)
{
	char raw[UTS_N * UTS_FIELD];
	uint64_t addr, offset;

	if (symbol(c, "init_uts_ns", &addr) && uts_offset(c, &offset) &&
	    space_read(&c->kernel, addr + offset, raw, sizeof(raw), NULL) == CAIRN_OK) {
		copy_uts(s->nodename, raw, UTS_NODENAME);
		copy_uts(s->release, raw, UTS_RELEASE);
		copy_uts(s->version, raw, UTS_VERSION);
		copy_uts(s->machine, raw, UTS_MACHINE);
	}
	if (!s->release[0])
		snprintf(s->release, sizeof(s->release), "%s", c->release);
	if (!s->machine[0] && c->arch)
		snprintf(s->machine, sizeof(s->machine), "%s", c->arch->name);
}

/* ---- texts ---- */

static const char *text_at(struct cairn *c, uint64_t addr)
{
	char buf[TEXT_LIMIT];

	if (space_text(&c->kernel, addr, buf, sizeof(buf), NULL) != CAIRN_OK || !buf[0])
		return NULL;
	return arena_strndup(&c->arena, buf, strcspn(buf, "\n"));
}

/* What follows `head` in the first record of the kernel's that begins with it. */
static const char *from_log(struct cairn *c, const char *head, bool with_head)
{
	size_t n = strlen(head), skip = with_head ? 0 : n;
	const struct log *log;

	if (log_get(c, &log, NULL) != CAIRN_OK)
		return NULL;
	for (size_t i = 0; i < log->n; i++) {
		const struct log_record *rec = &log->record[i];

		if (rec->len >= n && !memcmp(rec->text, head, n) && rec->facility == 0)
			return arena_strndup(&c->arena, rec->text + skip, rec->len - skip);
	}
	return NULL;
}

static void fill_texts(struct cairn *c, struct sysinfo *s)
{
	uint64_t addr;

	if (symbol(c, "linux_banner", &addr))
		s->banner = text_at(c, addr);
	if (!s->banner)
		s->banner = from_log(c, "Linux version ", true);
	if (symbol(c, "saved_command_line", &addr) &&
	    space_word(&c->kernel, addr, &addr, NULL) == CAIRN_OK)
		s->cmdline = text_at(c, addr);
	if (!s->cmdline)
		s->cmdline = from_log(c, "Kernel command line: ", false);
}

/* ---- numbers ---- */

static bool taint_from_log(struct cairn *c, uint64_t *ret)
{
	const struct log *log;

	if (log_get(c, &log, NULL) != CAIRN_OK)
		return false;
	for (size_t i = log->n; i > 0; i--)
		if (log->record[i - 1].facility == 0 &&
		    taint_parse(log->record[i - 1].text, log->record[i - 1].len, ret))
			return true;
	return false;
}

static void fill_numbers(struct cairn *c, struct sysinfo *s)
{
	uint64_t addr, pages;

	s->has_taint = (symbol(c, "tainted_mask", &addr) &&
			space_word(&c->kernel, addr, &s->taint, NULL) == CAIRN_OK) ||
		       taint_from_log(c, &s->taint);
	if (symbol(c, "_totalram_pages", &addr) &&
	    space_word(&c->kernel, addr, &pages, NULL) == CAIRN_OK)
		s->memory = pages << c->kernel.page_shift;
}

void sysinfo_get(struct cairn *c, struct sysinfo *ret)
{
	*ret = (struct sysinfo){ 0 };
	fill_uts(c, ret);
	fill_texts(c, ret);
	fill_numbers(c, ret);
}
