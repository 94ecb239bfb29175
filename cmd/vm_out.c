/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/vm_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/vm_pages.h"

/* Of a user address, as far as rows stand below each other. */
static int user_width(const struct call *call)
{
	return call->cairn->arch->word == 8 ? 12 : 8;
}

void vm_out_task(struct out *o, const struct cairn *c, const struct task *t)
{
	out_paint(o, OUT_BOLD);
	if (t->fault)
		out_text(o, "PID: -        TASK: %0*" PRIx64, c->arch->word * 2, t->addr);
	else
		out_text(o, "PID: %-7" PRId32 " TASK: %0*" PRIx64 "  CPU: %-3" PRId32 "  COMMAND: \"",
			 t->pid, c->arch->word * 2, t->addr, t->cpu);
	if (!t->fault) {
		out_text_safe(o, t->comm, strlen(t->comm));
		out_text(o, "\"");
	}
	out_paint(o, OUT_PLAIN);
	out_text(o, "\n");
}

/* Counters of a damaged dump are any numbers. */
static uint64_t rss_of(const struct mm *mm)
{
	return (uint64_t)mm->rss[MM_RSS_FILE] + (uint64_t)mm->rss[MM_RSS_ANON] +
	       (uint64_t)mm->rss[MM_RSS_SHMEM];
}

void vm_out_heading(const struct vm_out *vo)
{
	struct out *o = vo->call->out;
	const struct mm *mm = vo->mm;
	int w = vo->call->cairn->arch->word * 2;
	uint64_t kib = (UINT64_C(1) << vo->page_shift) >> 10;

	out_paint(o, OUT_BOLD);
	out_text(o, "%-*s  %-*s  %9s  %9s\n", w, "MM", w, "PGD", "RSS", "TOTAL_VM");
	out_paint(o, OUT_PLAIN);
	out_text(o, "%0*" PRIx64 "  %0*" PRIx64, w, mm->addr, w, mm->v[MM_PGD]);
	if (mm->has_rss)
		out_text(o, "  %8" PRId64 "k", (int64_t)(rss_of(mm) * kib));
	else
		out_text(o, "  %9s", "-");
	out_text(o, "  %8" PRIu64 "k\n", mm->v[MM_TOTAL] * kib);
	out_paint(o, OUT_BOLD);
	out_text(o, "%-*s  %*s  %*s     FLAGS  FILE\n", w, "VMA", user_width(vo->call), "START",
		 user_width(vo->call), "END");
	out_paint(o, OUT_PLAIN);
}

static void bounds(struct vm_out *vo, const struct vma *v)
{
	struct out *o = vo->call->out;
	const char *look = user_width(vo->call) == 12 ? "  %12s" : "  %8s";

	out_num(o, "pid", NULL, vo->task->pid);
	if (v->addr)
		out_addr(o, "vma", "%s", v->addr, vo->call->cairn->arch->word * 2);
	else
		out_null(o, "vma", vo->call->cairn->arch->word == 8 ? "%-16s" : "%-8s");
	out_addr(o, "start", look, v->fault ? v->first : v->start, 0);
	out_addr(o, "end", look, v->fault ? v->last + 1 : v->end, 0);
}

/* As in /proc/PID/maps: an area without a file is on device 00:00. */
static void place(struct vm_out *vo, const struct vma *v, const struct path *file)
{
	struct out *o = vo->call->out;
	char device[32] = "00:00";

	if (o->mode != OUT_JSON)
		return;
	out_hex(o, "offset", NULL, v->file ? v->pgoff << vo->page_shift : 0);
	if (v->file && (!file || !file->has_inode)) {
		out_null(o, "device", NULL);
		out_null(o, "inode", NULL);
		return;
	}
	if (file)
		snprintf(device, sizeof(device), "%02" PRIx32 ":%02" PRIx32, file->major,
			 file->minor);
	out_str(o, "device", NULL, device);
	out_count(o, "inode", NULL, file ? file->ino : 0);
}

static void known(struct vm_out *vo, const struct vma *v)
{
	struct out *o = vo->call->out;
	const struct cairn_err *fault;
	const struct path *file;
	const char *name = vma_name(vo->namer, vo->mm, v, &file, &fault);
	struct vma in_tree = *v; /* a bound that is bad is not followed to the end of the world */
	char perms[5];

	in_tree.start = v->start < v->first ? v->first : v->start;
	in_tree.end = v->end - 1 > v->last ? v->last + 1 : v->end;
	vma_perms(v->flags, perms);
	out_str(o, "perms", NULL, perms);
	out_addr(o, "flags", "  %8s", v->flags, 0);
	place(vo, v, file);
	if (fault) {
		out_fault(o, "file", "  %s", fault);
		*vo->verdict = VERDICT_PARTIAL;
	} else if (name) {
		out_str(o, "file", "  %s", name);
	} else {
		out_null(o, "file", NULL);
	}
	out_text(o, "\n");
	if (vo->pages)
		vm_pages(vo, &in_tree, name);
}

#define ROW 128 /* four numbers and what stands between them */

/* Right-aligned. */
static char *column(char *at, uint64_t value, int width)
{
	char digits[16];
	int n = (int)(out_digits(digits, value, 1) - digits);

	memset(at, ' ', (size_t)width + 2);
	at += n < width ? width + 2 - n : 2;
	memcpy(at, digits, (size_t)n);
	return at + n;
}

/* A row's beginning; where it ends. */
static char *bounds_at(char *at, const struct call *call, uint64_t addr, uint64_t start,
		       uint64_t end)
{
	at = out_digits(at, addr, call->cairn->arch->word * 2);
	at = column(at, start, user_width(call));
	return column(at, end, user_width(call));
}

/* The same text as field by field, for areas without a name: a process may have half a million. */
static bool plain_row(struct vm_out *vo, const struct vma *v)
{
	const struct cairn_err *fault;
	const struct path *file;
	struct out *o = vo->call->out;
	char *begin, *at;

	if (o->mode != OUT_TEXT || v->fault || v->file || vo->pages || !v->addr ||
	    vma_name(vo->namer, vo->mm, v, &file, &fault))
		return false;
	begin = at = out_room(o, ROW);
	if (!at)
		return false;
	at = bounds_at(at, vo->call, v->addr, v->start, v->end);
	at = column(at, v->flags, 8);
	*at++ = '\n';
	out_took(o, (size_t)(at - begin));
	return true;
}

/* The tree leads to what has no range, or quite another one: it was overwritten, or is none. */
static bool is_no_area(const struct vma *v)
{
	return !v->fault && v->addr &&
	       (v->start >= v->end || (v->start != v->first && v->end != v->last + 1));
}

static const struct cairn_err no_area = {
	.code = CAIRN_CORRUPT, .text = "its bounds are those of no area",
};

static void area(struct vm_out *vo, const struct vma *v)
{
	struct out *o = vo->call->out;

	if (plain_row(vo, v))
		return;
	out_record(o, "vma");
	bounds(vo, v);
	if (v->fault) {
		static const char *const rest[] = { "perms", "flags", "offset", "file" };

		for (size_t i = 0; i < 4; i++)
			out_fault(o, rest[i], i == 1 ? "  %8s" : NULL, v->fault);
		out_text(o, "\n");
		*vo->verdict = VERDICT_PARTIAL;
	} else {
		known(vo, v);
	}
	out_end(o);
}

void vm_out_area(struct vm_out *vo, const struct vma *v)
{
	struct vma bad;

	if (!is_no_area(v)) {
		area(vo, v);
		return;
	}
	bad = *v;
	bad.fault = &no_area;
	area(vo, &bad);
}

static bool range_row(struct call *call, const struct vma_range *r)
{
	char *begin = call->out->mode == OUT_TEXT ? out_room(call->out, ROW) : NULL, *at = begin;

	if (!at)
		return false;
	at = bounds_at(at, call, r->addr, r->first, r->last + 1);
	*at++ = '\n';
	out_took(call->out, (size_t)(at - begin));
	return true;
}

void vm_out_ranges(struct call *call, const struct task *t, const struct vmas *v)
{
	struct out *o = call->out;

	for (size_t i = 0; i < v->n && !out_broken(o) && !cmd_interrupted(); i++) {
		if (range_row(call, &v->range[i]))
			continue;
		out_record(o, "vmarange");
		out_num(o, "pid", NULL, t->pid);
		out_hex(o, "vma", NULL, v->range[i].addr);
		out_hex(o, "start", NULL, v->range[i].first);
		out_hex(o, "end", NULL, v->range[i].last + 1);
		out_end(o);
	}
}
