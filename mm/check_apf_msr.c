/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/check_apf_host.h"

static void check_msr(const struct apf_at *a)
{
	struct apf_bad bad =
		apf_of_vcpu(a, "apf.host.msr-reserved", APF_EN, 8, "kvm_vcpu_arch.apf.msr_en_val");
	uint64_t reserved = APF_EN_RESERVED & ~(a->v->has_send_error ? APF_EN_SEND_ERROR : 0u);

	if (a->v->en & reserved)
		apf_say(a->l, &bad, "bits 4 and 5 clear", apf_hex(a, a->v->en),
			a->v->en & APF_EN_SEND_ERROR & reserved
				? "vCPU %d: the guest asked for errors to be reported (bit 4, SEND_ERROR), "
				  "which this host does not do"
				: "vCPU %d: the guest set a bit of its MSR that is reserved",
			a->v->vcpu->id);
}

/* The cache is of the slots' generation, or will be looked up anew. */
static bool data_fits(const struct apf_at *a, uint64_t gpa)
{
	const struct kvm_set *set = &a->guest->vm->set[0];
	const struct kvm_slot *s = kvm_slot_at(set, gpa >> 12);

	return s && (a->v->data_generation != set->generation ||
		     a->v->data_hva == s->hva + (gpa - (s->gfn << 12)));
}

static void check_cache(const struct apf_at *a)
{
	struct apf_bad bad = apf_of_vcpu(a, "apf.host.area", APF_DATA_GENERATION, 8,
				     "kvm_vcpu_arch.apf.data.generation");
	const struct kvm_set *set = &a->guest->vm->set[0];

	if (a->v->data_generation > (set->generation & ~(UINT64_C(1) << 63)))
		apf_say(a->l, &bad, apf_text(a->l, "at most 0x%" PRIx64, set->generation),
			apf_hex(a, a->v->data_generation),
			"vCPU %d: the guest's area was found in memory "
			"slots that have not been",
			a->v->vcpu->id);
	bad = apf_of_vcpu(a, "apf.host.area", APF_DATA_HVA, 8, "kvm_vcpu_arch.apf.data.hva");
	if (!data_fits(a, a->v->data_gpa) && kvm_slot_at(set, a->v->data_gpa >> 12))
		apf_say(a->l, &bad, "the address of the guest's area in the process",
			apf_hex(a, a->v->data_hva),
			"vCPU %d: the host writes to another place of the process", a->v->vcpu->id);
	bad = apf_of_vcpu(a, "apf.host.area", APF_DATA_LEN, 8, "kvm_vcpu_arch.apf.data.len");
	if (a->v->data_len != 8 && !(a->v->has_send_error && a->v->data_len == 12))
		apf_say(a->l, &bad, "8", apf_text(a->l, "%" PRIu64, a->v->data_len),
			"vCPU %d: the guest's area has another size than it has", a->v->vcpu->id);
}

/* The guest's word, and what the host keeps of it. */
static void check_area(const struct apf_at *a)
{
	struct apf_bad bad =
		apf_of_vcpu(a, "apf.host.area", APF_DATA_GPA, 8, "kvm_vcpu_arch.apf.data.gpa");
	uint64_t gpa = a->v->en & ~UINT64_C(0x3f);
	const struct kvm_set *set = &a->guest->vm->set[0];

	if (!apf_is_on(a->v->en) || a->v->en & APF_EN_RESERVED ||
	    !shape_has(&a->h->vcpu, APF_DATA_GPA))
		return;
	if (a->v->data_gpa != gpa && data_fits(a, a->v->data_gpa) && a->v->data_hva) {
		bad.addr = apf_at_vcpu(a, APF_EN);
		bad.field = "kvm_vcpu_arch.apf.msr_en_val";
		apf_say(a->l, &bad, apf_hex(a, a->v->data_gpa | (a->v->en & 0x3f)), apf_hex(a, a->v->en),
			"vCPU %d: the guest's area is not where its MSR says", a->v->vcpu->id);
	} else if (a->v->data_gpa != gpa) {
		apf_say(a->l, &bad, apf_hex(a, gpa), apf_hex(a, a->v->data_gpa),
			"vCPU %d: the host writes elsewhere than where the guest's area is", a->v->vcpu->id);
	} else if (!kvm_slot_at(set, gpa >> 12) && !set->err.code) {
		apf_say(a->l, &bad, "an address in a memory slot", apf_hex(a, gpa),
			"vCPU %d: asynchronous page faults are enabled without a page to tell of them",
			a->v->vcpu->id);
	} else {
		check_cache(a);
	}
}

static void check_vector(const struct apf_at *a)
{
	struct apf_bad bad = apf_of_vcpu(a, "apf.host.vector", APF_VEC, 2, "kvm_vcpu_arch.apf.vec");

	if (!shape_has(&a->h->vcpu, APF_VEC) || !shape_has(&a->h->vcpu, APF_INT))
		return;
	if (a->v->msr_int >> 8) {
		bad.addr = apf_at_vcpu(a, APF_INT);
		bad.len = 8;
		bad.field = "kvm_vcpu_arch.apf.msr_int_val";
		apf_say(a->l, &bad, "a vector up to 0xff", apf_hex(a, a->v->msr_int),
			"vCPU %d: the guest asked for an interrupt that there is not", a->v->vcpu->id);
	} else if (a->v->vec != (a->v->msr_int & 0xff))
		apf_say(a->l, &bad, apf_hex(a, a->v->msr_int & 0xff), apf_hex(a, a->v->vec),
			"vCPU %d: the interrupt is not the one that the guest asked for", a->v->vcpu->id);
}

void check_apf_asked(const struct apf_at *a)
{
	check_msr(a);
	check_area(a);
	check_vector(a);
}
