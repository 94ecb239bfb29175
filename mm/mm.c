/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/mm.h"

#include "lib/base/cursor.h"
#include "lib/kern/cpu.h"

static const struct shape_want mm_want = {
	"struct mm_struct", MM_N,
	{
		[MM_TREE] = "mm_mt", [MM_RB] = "mm_rb", [MM_LIST] = "mmap", [MM_PGD] = "pgd",
		[MM_USERS] = "mm_users.counter", [MM_COUNT] = "mm_count.counter",
		[MM_MAP_COUNT] = "map_count", [MM_LOCK] = "mmap_lock|mmap_sem",
		[MM_LOCK_SEQ] = "mm_lock_seq.sequence", [MM_LOCK_TIMES] = "mm_lock_seq",
		[MM_TOTAL] = "total_vm",
		[MM_LOCKED] = "locked_vm", [MM_DATA] = "data_vm", [MM_EXEC] = "exec_vm",
		[MM_STACK] = "stack_vm", [MM_START_BRK] = "start_brk", [MM_BRK] = "brk",
		[MM_START_STACK] = "start_stack", [MM_TASK_SIZE] = "task_size",
		[MM_FLAGS] = "flags", [MM_HIGHEST] = "highest_vm_end",
		[MM_CONTEXT_FLAGS] = "context.flags", [MM_RSS] = "rss_stat",
		[MM_START_CODE] = "start_code", [MM_END_CODE] = "end_code",
		[MM_START_DATA] = "start_data", [MM_END_DATA] = "end_data",
		[MM_ARG_START] = "arg_start", [MM_ARG_END] = "arg_end",
		[MM_ENV_START] = "env_start", [MM_ENV_END] = "env_end",
	},
};

static const char *const fields[MM_N] = {
	[MM_TREE] = "mm_struct.mm_mt", [MM_RB] = "mm_struct.mm_rb", [MM_LIST] = "mm_struct.mmap",
	[MM_MAP_COUNT] = "mm_struct.map_count", [MM_LOCK] = "mm_struct.mmap_lock",
	[MM_TOTAL] = "mm_struct.total_vm", [MM_LOCKED] = "mm_struct.locked_vm",
	[MM_DATA] = "mm_struct.data_vm", [MM_EXEC] = "mm_struct.exec_vm",
	[MM_STACK] = "mm_struct.stack_vm", [MM_HIGHEST] = "mm_struct.highest_vm_end",
	[MM_BRK] = "mm_struct.brk", [MM_START_BRK] = "mm_struct.start_brk",
	[MM_START_STACK] = "mm_struct.start_stack",
	[MM_USERS] = "mm_struct.mm_users", [MM_COUNT] = "mm_struct.mm_count",
};

enum cairn_code mm_shape_init(struct mm_shape *ms, struct cairn *c, struct cairn_err *err)
{
	enum cairn_code code;

	ms->c = c;
	code = shape_resolve(&ms->s, &mm_want, &c->types, err);
	if (!code && !mm_has(ms, MM_TREE) && !mm_has(ms, MM_RB))
		code = cairn_fail(err, CAIRN_MISSING, "struct mm_struct has neither mm_mt nor mm_rb");
	return code ? cairn_context(err, code, "address spaces") : CAIRN_OK;
}

unsigned mm_page_shift(const struct cairn *c)
{
	return c->kernel.form ? paging_page_shift(c->kernel.form) : 12;
}

bool mm_has(const struct mm_shape *ms, enum mm_member m)
{
	return shape_has(&ms->s, m);
}

uint64_t mm_at(const struct mm_shape *ms, const struct mm *mm, enum mm_member m)
{
	return mm_has(ms, m) ? mm->addr + ms->s.m[m].offset : 0;
}

const char *mm_field(enum mm_member m)
{
	return fields[m] ? fields[m] : "mm_struct";
}

/* ---- resident pages ---- */

enum { P_COUNT, P_COUNTERS, P_N };
static const struct shape_want percpu_want = {
	"struct percpu_counter", P_N, { [P_COUNT] = "count", [P_COUNTERS] = "counters" },
};

/* What is not yet added to the sum: an s32 on each CPU (lib/percpu_counter.c). */
static uint64_t percpu_rest(struct cairn *c, uint64_t counters)
{
	const struct cpus *cpus;
	uint64_t sum = 0;
	uint32_t v;

	if (cpus_get(c, &cpus, NULL))
		return 0;
	for (size_t i = 0; i < cpus->n; i++)
		if (!cpus->cpu[i].fault && !cpus->by_notes &&
		    !space_u32(&c->kernel, counters + cpus->cpu[i].offset, &v, NULL))
			sum += (uint64_t)(int32_t)v;
	return sum;
}

/* struct percpu_counter rss_stat[] since 6.2 (f1a7941243c1), before it one array of words. */
static void fill_rss(const struct mm_shape *ms, const struct object *o, struct mm *mm)
{
	struct cairn *c = ms->c;
	struct shape s;
	uint32_t size = 0;
	const unsigned char *raw = object_bytes(o, MM_RSS, &size);
	unsigned word = c->arch->word;

	if (!raw)
		return;
	mm->has_rss = true;
	if (type_strip(ms->s.m[MM_RSS].type)->kind != TYPE_ARRAY) {
		for (unsigned i = 0; i < MM_RSS_N && (i + 1) * word <= size; i++) {
			uint64_t v = le_uint(raw + i * word, word);

			mm->rss[i] = word == 4 ? (int32_t)v : (int64_t)v;
		}
		return;
	}
	mm->has_rss = !shape_resolve(&s, &percpu_want, &c->types, NULL) && s.size &&
		      shape_has(&s, P_COUNT) && shape_has(&s, P_COUNTERS);
	for (unsigned i = 0; mm->has_rss && i < MM_RSS_N && (i + 1) * s.size <= size; i++) {
		const unsigned char *p = raw + i * s.size;

		mm->rss[i] = (int64_t)(le_uint(p + s.m[P_COUNT].offset, s.m[P_COUNT].size) +
				       percpu_rest(c, le_uint(p + s.m[P_COUNTERS].offset, word)));
	}
}

enum cairn_code mm_read(const struct mm_shape *ms, uint64_t addr, struct mm *ret,
			struct cairn_err *err)
{
	struct object o;
	enum cairn_code code = object_read(&o, &ms->s, &ms->c->kernel, addr, err);

	*ret = (struct mm){ .addr = addr };
	for (unsigned i = 0; !code && i < MM_N; i++)
		if (ms->s.m[i].size <= 8)
			ret->v[i] = object_get(&o, i);
	if (!code)
		fill_rss(ms, &o, ret);
	object_done(&o);
	return code ? cairn_context(err, code, "mm_struct") : CAIRN_OK;
}
