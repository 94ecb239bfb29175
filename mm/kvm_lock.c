/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/kvm_lock.h"

#include "lib/debug/shape.h"

/* by enum kvm_lock_kind, less one */
static const struct shape_want want = {
	"struct kvm", 3, {
		"mmu_lock.raw_lock.cnts.counter", "mmu_lock.rlock.raw_lock.val.counter",
		"mmu_lock.rwbase.readers.counter",
	},
};

/* qrwlock: low byte the writer, bit 8 one that waits, readers from bit 9 on */
static void decode_rwlock(struct kvm_lock *l)
{
	l->writer = (l->raw & 0xff) == 0xff;
	l->waiting = l->raw >> 8 & 1;
	l->readers = l->raw >> 9;
}

/* qspinlock: low byte locked, bit 8 pending, a queue above */
static void decode_spinlock(struct kvm_lock *l)
{
	l->writer = l->raw & 0xff;
	l->waiting = l->raw >> 8;
}

/* rwbase: readers over the bias in bit 31; without it a writer waits or, with bit 30, has it */
static void decode_rt(struct kvm_lock *l)
{
	l->writer = l->raw >> 30 == 1;
	l->waiting = !(l->raw >> 31) && !l->writer;
	l->readers = l->raw & ((1u << 30) - 1);
}

struct kvm_lock kvm_lock_decode(enum kvm_lock_kind kind, uint32_t raw)
{
	struct kvm_lock l = { .kind = kind, .raw = raw };

	switch (kind) {
	case KVM_LOCK_RWLOCK: decode_rwlock(&l); break;
	case KVM_LOCK_SPIN: decode_spinlock(&l); break;
	case KVM_LOCK_RT: decode_rt(&l); break;
	case KVM_LOCK_UNKNOWN: break;
	}
	return l;
}

enum cairn_code kvm_lock_read(struct kvm_lock *ret, struct cairn *c, uint64_t vm,
			      struct cairn_err *err)
{
	struct shape s;
	uint64_t raw;
	enum cairn_code code = shape_resolve(&s, &want, &c->types, err);

	*ret = (struct kvm_lock){ 0 };
	for (unsigned i = 0; !code && i < want.n; i++) {
		if (!shape_has(&s, i))
			continue;
		code = shape_get(&s, &c->kernel, vm, i, &raw, err);
		if (!code)
			*ret = kvm_lock_decode((enum kvm_lock_kind)(i + 1), (uint32_t)raw);
		break;
	}
	return code;
}

bool kvm_lock_held(const struct kvm_lock *l)
{
	return l->kind == KVM_LOCK_UNKNOWN || l->writer || l->readers;
}
