/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/signature.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/str.h"
#include "unwind/culprit.h"
#include "unwind/guilty.h"
#include "unwind/guilty_matter.h"

#define FUZZY 3

/* Classes that one bug shows itself as, depending on the machine and on what memory held. */
static const struct {
	const char *class, *family;
} families[] = {
	{ "null-deref", "access" },     { "page-fault", "access" },  { "gp-fault", "access" },
	{ "exec-fault", "access" },     { "kasan", "access" },       { "kfence", "access" },
	{ "alignment", "access" },
	{ "soft-lockup", "stall" },     { "hard-lockup", "stall" },  { "rcu-stall", "stall" },
	{ "hung-task", "stall" },       { "stack-overflow", "stack" }, { "double-fault", "stack" },
	{ "list-corruption", "list" },
};

static const char *family_of(const char *class)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (!strcmp(families[i].class, class))
			return families[i].family;
	return class;
}

static bool same(struct piece a, struct piece b)
{
	return a.len == b.len && !memcmp(a.p, b.p, a.len);
}

/* The functions that count, at most SIGNATURE_FRAMES, behind those that are there; `more` is passed
 * over too. *way: that which called what was registered with it, where nobody was to blame before. */
static size_t take(const struct signature_frame *f, size_t n, const char *more, struct piece *ret,
		   size_t found, struct piece *way)
{
	for (size_t i = 0; i < n && found < SIGNATURE_FRAMES; i++) {
		struct piece base = guilty_base(f[i].function), plain = guilty_plain(base);

		/* the way from what the code did to its report */
		if (!found && guilty_is_exception(base))
			continue;
		if (guilty_is_entry(base)) {
			*way = plain;
			break;
		}
		if (!base.len || guilty_is_helper(base, f[i].in_module, more))
			continue;
		if (!found || !same(ret[found - 1], plain))
			ret[found++] = plain;
	}
	return found;
}

/* What more is passed over, told by the innermost functions. */
static const char *matter(const char *class, const struct signature_frame *f, size_t n)
{
	const char *more = NULL;

	for (size_t i = 0; i < n && !more; i++) {
		struct piece base = guilty_base(f[i].function);

		if (base.len)
			more = guilty_matter_of(class, base, f[i].in_module);
		if (!guilty_is_helper(base, f[i].in_module, NULL) && !guilty_is_exception(base))
			break;
	}
	return more ? more : guilty_matter_of(class, (struct piece){ "", 0 }, false);
}

static size_t guilty_of(const char *class, const struct signature_frame *f, size_t n,
			struct piece *ret)
{
	const char *more = matter(class, f, n);
	struct piece way = { "", 0 };
	size_t found = take(f, n, more, ret, 0, &way);

	if (found)
		return found;
	/* all of it is in the way: the outermost knows most */
	found = take(f, n, NULL, ret, 0, &way);
	if (found)
		ret[0] = ret[found - 1];
	else
		ret[0] = way;
	return ret[0].len ? 1 : 0;
}

/* schedule() finds a stack's end overwritten when it is too late: who began it, three of them. */
static size_t began(const char *class, const struct signature_frame *f, size_t n,
		    struct piece *found, size_t nfound)
{
	const char *more = matter(class, f, n);
	struct piece outer[FUZZY];

	if (!more || strcmp(more, GUILTY_STACK_END) || nfound < FUZZY)
		return nfound;
	for (size_t i = 0; i < FUZZY; i++)
		outer[i] = found[nfound - 1 - i];
	memcpy(found, outer, sizeof(outer));
	return FUZZY;
}

/* ---- recursion ---- */

#define RECURS 3 /* times */

static int by_name(const void *a, const void *b)
{
	const struct piece *p = a, *q = b;
	int order = memcmp(p->p, q->p, p->len < q->len ? p->len : q->len);

	return order ? order : (p->len > q->len) - (p->len < q->len);
}

/* Of a stack that was used up, the functions that come again and again, sorted: where in their turn
 * the stack ended is chance. */
static size_t recurring(const char *class, const struct signature_frame *f, size_t n,
			struct piece *ret)
{
	const char *more = matter(class, f, n);
	struct piece name[SIGNATURE_LOOKED];
	size_t count = 0, found = 0;

	for (size_t i = 0; i < n && count < SIGNATURE_LOOKED; i++) {
		struct piece base = guilty_base(f[i].function);

		if (base.len && !guilty_is_entry(base) &&
		    !guilty_is_helper(base, f[i].in_module, more))
			name[count++] = guilty_plain(base);
	}
	qsort(name, count, sizeof(*name), by_name);
	for (size_t i = 0, run = 0; i < count; i++) {
		run = i && same(name[i - 1], name[i]) ? run + 1 : 1;
		if (run == RECURS && found < SIGNATURE_FRAMES)
			ret[found++] = name[i];
	}
	return found;
}

static uint64_t hash(uint64_t h, const char *p, size_t n)
{
	for (size_t i = 0; i <= n; i++)
		h = (h ^ (unsigned char)(i < n ? p[i] : '\n')) * UINT64_C(0x100000001b3);
	return h;
}

static const char *strict(const char *class, const struct piece *f, size_t n, struct arena *a)
{
	uint64_t h = hash(UINT64_C(0xcbf29ce484222325), class, strlen(class));

	for (size_t i = 0; i < n; i++)
		h = hash(h, f[i].p, f[i].len);
	return arena_printf(a, "c1:%s:%.*s:%016" PRIx64, class, n ? (int)f[0].len : 1,
			    n ? f[0].p : "-", h);
}

static const char *fuzzy(const char *class, const struct piece *f, size_t n, struct arena *a)
{
	struct str s;
	char *text;

	str_init(&s);
	str_addf(&s, "c1f:%s", family_of(class));
	for (size_t i = 0; i < n && i < FUZZY; i++) {
		str_addc(&s, ':');
		str_addn(&s, f[i].p, f[i].len);
	}
	text = s.failed ? NULL : arena_strdup(a, s.buf);
	str_deinit(&s);
	return text;
}

bool signature_has_no_functions(const char *class)
{
	static const char *const classes[] = { "sysrq", "machine-check", "serror", "oom", "no-root",
					       "no-init" };

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (!strcmp(class, classes[i]))
			return true;
	return false;
}

bool signature_is_of_log(const char *class)
{
	return !strcmp(class, "kcsan") || !strcmp(class, "firmware-panic");
}

void signature_of_words(struct signature *ret, const char *class, const char *words, struct arena *a)
{
	uint64_t h = hash(hash(UINT64_C(0xcbf29ce484222325), class, strlen(class)), words,
			  strlen(words));

	ret->strict = arena_printf(a, "c1:%s:-:%016" PRIx64, class, h);
	ret->fuzzy = arena_printf(a, "c1f:%s:-:%016" PRIx64, family_of(class), h);
	ret->guilty = NULL;
}

static void make(struct signature *ret, const char *class, const struct piece *f, size_t n,
		 struct arena *a)
{
	ret->strict = strict(class, f, n, a);
	ret->fuzzy = fuzzy(class, f, n, a);
	ret->guilty = n ? arena_strndup(a, f[0].p, f[0].len) : NULL;
}

void signature_make(struct signature *ret, const char *class, const struct signature_frame *frame,
		    size_t n, struct arena *a)
{
	struct piece f[SIGNATURE_FRAMES];
	size_t found = 0;

	*ret = (struct signature){ 0 };
	if (!class)
		return;
	if (!signature_has_no_functions(class)) {
		if (!strcmp(family_of(class), "stack"))
			found = recurring(class, frame, n, f);
		if (!found)
			found = began(class, frame, n, f, guilty_of(class, frame, n, f));
	}
	make(ret, class, f, found, a);
}

void signature_of_names(struct signature *ret, const char *class, const struct piece *name, size_t n,
			struct arena *a)
{
	struct piece f[SIGNATURE_FRAMES];
	size_t found = 0;

	for (size_t i = 0; i < n && found < SIGNATURE_FRAMES; i++) {
		f[found] = guilty_plain(guilty_base(name[i]));
		found += !found || !same(f[found - 1], f[found]);
	}
	make(ret, class, f, found, a);
}

const struct frame *signature_frame_of(const struct trace *tr, size_t from, const char *guilty)
{
	for (const struct frame *f = tr->frame + from; guilty && f < tr->frame + tr->n; f++) {
		struct piece told;

		if (!f->named)
			continue;
		told = guilty_told(guilty_base((struct piece){ f->sym.name, strlen(f->sym.name) }));
		if (told.len == strlen(guilty) && !memcmp(told.p, guilty, told.len))
			return f;
	}
	return NULL;
}

/* Where traces of the kernel's own end, or name what is not there. */
bool signature_loses(const struct frame *f)
{
	static const char *const made[] = { "kprobe_optinsn_page", "kprobe_insn_page",
					    "ftrace_trampoline", "__kretprobe_trampoline",
					    "kretprobe_trampoline", "arch_rethook_trampoline",
					    "return_to_handler" };

	for (size_t i = 0; f->named && i < sizeof(made) / sizeof(made[0]); i++)
		if (!strcmp(f->sym.name, made[i]))
			return true;
	/* before a trampoline lies no function's cold part: that ends in such calls */
	return !f->named || f->rule == RULE_RETHOOK ||
	       (!f->interrupted && f->sym.size && f->offset == f->sym.size &&
		!strstr(f->sym.name, ".cold"));
}

/* Most kernels' own traces do not go on from what is no code, NULL apart. */
static bool ends_behind(const struct trace *tr, const struct frame *f)
{
	return f > tr->frame && f->rule == RULE_BAD_CALL && (f[-1].named || f[-1].pc);
}

/* A jump to data that nobody called: what its stack held. */
static const struct frame *held(const struct trace *tr, const struct frame *at)
{
	const struct frame *f = at ? at + 1 : NULL;

	return f && f < tr->frame + tr->n && at->interrupted && !at->named && f->rule == RULE_SCAN
		       ? f : NULL;
}

/* Its first that may be to blame, by himself: the others may be of other calls. */
static bool sign_held(struct signature *ret, const char *class, const struct trace *tr,
		      const struct frame *f, struct arena *a)
{
	for (; f && f < tr->frame + tr->n; f++) {
		struct piece name = { f->sym.name, f->named ? strlen(f->sym.name) : 0 };
		struct piece base = guilty_base(name);

		if (base.len && guilty_is_entry(base))
			return false;
		if (!base.len || guilty_is_helper(base, f->sym.module != NULL, NULL))
			continue;
		signature_of_names(ret, class, &name, 1, a);
		return true;
	}
	return false;
}

/* The sure frames from `at` outward, as far as a kernel's own trace has them. */
static size_t sure_frames(struct signature_frame *frame, const struct trace *tr,
			  const struct frame *at)
{
	size_t n = 0;

	for (const struct frame *f = at; f && f < tr->frame + tr->n && n < TRACE_FRAMES; f++) {
		if (f != at && (signature_loses(f) || f == held(tr, at)))
			break;
		/* of callers in the link register alone, logs tell the first */
		if (f->named && (f == at || (f->grade < 'C' && (f->rule != RULE_LR || f == at + 1))))
			frame[n++] = (struct signature_frame){
				{ f->sym.name, strlen(f->sym.name) }, f->sym.module != NULL };
		if (ends_behind(tr, f))
			break;
	}
	return n;
}

void signature_of_frames(struct signature *ret, const char *class, const struct trace *tr,
			 const struct frame *at, struct arena *a)
{
	struct signature_frame frame[TRACE_FRAMES];

	*ret = (struct signature){ 0 };
	if (!class || signature_has_no_functions(class) ||
	    !sign_held(ret, class, tr, held(tr, at), a))
		signature_make(ret, class, frame, sure_frames(frame, tr, at), a);
}

void signature_of_blamed(struct signature *ret, const char *class, struct piece blamed,
			 const struct trace *tr, const struct frame *at, struct arena *a)
{
	struct signature_frame frame[TRACE_FRAMES];
	size_t n = sure_frames(frame, tr, at);
	struct piece f[SIGNATURE_FRAMES] = { guilty_plain(guilty_base(blamed)) }, way;

	make(ret, class, f, take(frame, n, matter(class, frame, n), f, 1, &way), a);
}

/* arm64 finds what return probes replaced itself. */
static const struct frame *without_rethook(struct trace *tr, struct arena *a)
{
	struct frame *copy = arena_array(a, tr->n ? tr->n : 1, sizeof(*copy));

	if (!copy)
		return NULL;
	memcpy(copy, tr->frame, tr->n * sizeof(*copy));
	for (size_t i = 0; i < tr->n; i++)
		if (copy[i].rule == RULE_RETHOOK)
			copy[i].rule = RULE_FP;
	tr->frame = copy;
	return copy;
}

bool signature_of_trace(struct signature *ret, const char *class, const struct trace *tr,
			const struct arch *arch, struct arena *a)
{
	struct trace own = *tr;
	const struct frame *at;

	if (arch && arch->id == ARCH_ARM64 && !without_rethook(&own, a))
		own = *tr;
	at = culprit_find(&own);
	signature_of_frames(ret, class, &own, at, a);
	return at != NULL;
}
