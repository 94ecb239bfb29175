/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/rwsem.h"

/* RWSEM_READER_SHIFT. Before 5.11 a third flag of the owner. */
#define RWSEM_WRITER_LOCKED UINT64_C(1)
#define RWSEM_READER_OWNED UINT64_C(1)
#define RWSEM_OWNER_FLAGS UINT64_C(7)
#define RWSEM_READER_SHIFT 8
#define RWSEM_WAITING UINT64_C(6)  /* RWSEM_FLAG_WAITERS, RWSEM_FLAG_HANDOFF */
#define RWSEM_UNUSED UINT64_C(0xf8)

#define RT_READER_BIAS UINT32_C(0x80000000)
#define RT_WRITER_BIAS UINT32_C(0x40000000)
#define RT_HAS_WAITERS UINT64_C(1) /* kernel/locking/rtmutex_common.h */

enum { OWNER, COUNT, RT_BASE, RT_READERS, RT_OWNER, WAITERS, FIRST, WAIT_LOCK, N };
static const struct shape_want want = {
	"struct rw_semaphore", N,
	{ [OWNER] = "owner.counter|owner", [COUNT] = "count.counter|count",
	  [RT_BASE] = "rwbase", [RT_READERS] = "rwbase.readers.counter|readers.counter",
	  [RT_OWNER] = "rwbase.rtmutex.owner|rwbase.rtmutex.rtmutex.owner|rtmutex.owner",
	  [WAITERS] = "wait_list.next", [FIRST] = "first_waiter",
	  [WAIT_LOCK] = "wait_lock.raw_lock.val.counter|wait_lock.raw_lock.slock" },
};

void rwsem_layout_init(struct rwsem_layout *l, struct types *ts)
{
	l->known = !shape_resolve(&l->shape, &want, ts, NULL);
}

static void from_count(struct rwsem *r, uint8_t word)
{
	/* above the readers is RWSEM_FLAG_READFAIL, the sign bit */
	uint64_t count = r->count & ((UINT64_C(1) << (8 * word - 1)) - 1);

	r->unwritten = r->count & ~RWSEM_WRITER_LOCKED;
	r->owner = r->owner_word & ~RWSEM_OWNER_FLAGS;
	r->strange = r->count != count || count & RWSEM_UNUSED;
	r->readers = count >> RWSEM_READER_SHIFT;
	r->hold = r->readers ? RWSEM_READERS : RWSEM_FREE;
	if (!(count & RWSEM_WRITER_LOCKED))
		return;
	r->hold = RWSEM_WRITER;
	r->is_signed = r->owner && !(r->owner_word & RWSEM_READER_OWNED);
}

static void from_rt(struct rwsem *r)
{
	uint32_t readers = (uint32_t)r->count;

	r->count = readers;
	r->unwritten = RT_READER_BIAS;
	if (!readers)	/* the last reader went, and who waited has not written down the rest */
		return;
	if (readers == RT_WRITER_BIAS) {
		r->hold = RWSEM_WRITER;
		r->owner = r->owner_word & ~RT_HAS_WAITERS;
		r->is_signed = r->owner;
		return;
	}
	r->readers = readers & ~RT_READER_BIAS;
	r->hold = r->readers ? RWSEM_READERS : RWSEM_FREE;
}

/* The flags go with the last one on the list, in the keeping of wait_lock; newer kernels have
 * a pointer in place of the list's head. */
static bool is_deserted(const struct rwsem *r, const struct object *o)
{
	const struct shape *s = o->shape;

	if (!(r->count & RWSEM_WAITING) || (shape_has(s, WAIT_LOCK) && object_get(o, WAIT_LOCK)))
		return false;
	return shape_has(s, FIRST) ? !object_get(o, FIRST) :
	       shape_has(s, WAITERS) && object_get(o, WAITERS) == object_addr(o, WAITERS);
}

const char *rwsem_contradiction(const struct rwsem *r, uint64_t tasks)
{
	if (r->strange)
		return "it has bits that are never set";
	if (r->readers > tasks)
		return "there are not as many tasks as it has readers";
	return r->deserted ? "it says that somebody waits, and nobody is on the lock's list" : NULL;
}

enum cairn_code rwsem_read(const struct rwsem_layout *l, struct space *sp, uint64_t addr,
			   struct rwsem *ret, struct cairn_err *err)
{
	const struct shape *s = &l->shape;
	bool rt = l->known && !shape_has(s, COUNT);
	unsigned owner = rt ? RT_OWNER : OWNER, count = rt ? RT_READERS : COUNT;
	struct object o;
	enum cairn_code code;

	*ret = (struct rwsem){ 0 };
	if (!l->known)
		return cairn_fail(err, CAIRN_MISSING, "the types have no %s", want.type);
	code = object_read(&o, s, sp, addr, err);
	if (!code) {
		/* an address, which atomic_long_t has as a signed number */
		ret->owner_word = object_get(&o, owner) & UINT64_MAX >> (64 - 8 * sp->word);
		ret->owner_at = object_addr(&o, owner);
		ret->count = object_get(&o, count) & UINT64_MAX >> (64 - 8 * sp->word);
		ret->count_at = object_addr(&o, count);
		ret->count_name = !rt ? "count" : shape_has(s, RT_BASE) ? "rwbase.readers" : "readers";
		if (!rt) {
			from_count(ret, sp->word);
			ret->deserted = is_deserted(ret, &o);
		} else if (shape_has(s, RT_READERS))
			from_rt(ret);
	}
	object_done(&o);
	return code;
}
