/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "unwind/oops_priv.h"

/* Words that begin a stack trace, behind blanks. */
static const char *const starts[] = { "Call Trace:", "Call trace:", "Backtrace:" };

static const char *const histories[] = {
	"Allocated by task", "Freed by task", "Allocated:", "Freed:", "Allocated in ", "Freed in ",
	"allocated by task", "freed by task", "backtrace:", "backtrace (crc ",
	"Uninit was stored to memory at", "Uninit was created at", "Local variable ",
	"Last potentially related work", "Second to last potentially related work",
	"page last allocated", "page last free", "Preemption disabled at",
};

static const char *const foreign[] = {
	"NMI backtrace for cpu ", "Sending NMI from CPU ", "CPU*: stopping", "Showing all locks held",
	"task:", "Rebooting in",
};

static bool begins_any(struct piece t, const char *const *words, size_t n)
{
	struct piece capture[GLOB_CAPTURES];

	for (size_t i = 0; i < n; i++)
		if (t.len && *words[i] == *t.p && piece_glob(words[i], t, capture))
			return true;
	return false;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* "<IRQ>", "</TASK>", "<#DF>", "<EOE>" alone on a line, or before a frame on old kernels */
static bool is_mark(struct piece t)
{
	const char *end = t.len > 2 && *t.p == '<' ? memchr(t.p, '>', t.len) : NULL;

	return end && (size_t)(end - t.p) < 12 && end[-1] != '<' && t.p[1] != '0';
}

void oops_row_read(struct oops_row *ret, struct piece text)
{
	struct piece t = piece_trim(text);
	struct oops_pointee points;

	*ret = (struct oops_row){ .text = text };
	if (begins_any(t, foreign, COUNT(foreign))) {
		ret->what = OOPS_FOREIGN;
	} else if (begins_any(t, starts, COUNT(starts))) {
		ret->what = OOPS_START;
	} else if (begins_any(t, histories, COUNT(histories))) {
		ret->what = OOPS_HISTORY;
	} else if (piece_begins(t, "Modules linked in:")) {
		ret->what = OOPS_MODULES;
	} else if (oops_pointee_read(&points, t)) {
		ret->what = OOPS_POINTEE;
	} else if (piece_begins(t, "CPU: ")) {
		ret->what = OOPS_WHO;
	} else if (oops_frame_of_regs(text, &ret->place[0], &ret->user)) {
		ret->what = OOPS_REGS_AT;
		ret->nplaces = 1;
	} else if (is_mark(t)) {
		ret->what = OOPS_MARK;
		/* "<IRQ>  [<ffffffff81000000>] foo+0x1/0x2" */
		ret->nplaces = oops_frames(piece_after(t, ">"), ret->place);
		if (ret->nplaces)
			ret->what = OOPS_FRAME;
	} else {
		ret->nplaces = oops_frames(text, ret->place);
		if (ret->nplaces)
			ret->what = OOPS_FRAME;
	}
}
