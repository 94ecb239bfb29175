// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "touch.h"

/* The guest's physical memory. */
#define GPA_PML4 0x1000ul
#define GPA_PDPT 0x2000ul		/* two tables of 512 GiB each */
#define GPA_CODE 0x4000ul
#define GPA_LIST(n) (0x8000ul + (unsigned long)(n) * 0x4000)
#define GPA_FLAG(n) (0x18000ul + (unsigned long)(n) * 0x1000)
#define GPA_STACK(n) (0x20000ul - (unsigned long)(n) * 0x1000)

#define LIST_MAX (0x4000 / 16)
#define DONE_PORT 0xe9
#define WAIT_TENTHS 600
#define RET 0xc3

/* present, writable, accessed; dirty and a page of 1 GiB: nothing is left to set, so that the
   guest's own tables are only read */
#define TABLE 0x23ul
#define LEAF  0xe3ul

struct step {
	uint64_t address, op;
};

enum how { RUNNING, HALTED, SPINS, STOPPED };
static const char *const how_names[] = { "running", "halted", "spins", "stopped" };

/* One vCPU's thread. */
static struct runner {
	struct vmm *vm;
	int n, steps, stop;
	pthread_t thread;
	volatile enum how how;
} runners[VMM_VCPUS];

/* rsi: the list of struct step. */
extern const uint8_t guest_start[], guest_end[];
__asm__(".pushsection .rodata\n"
	"guest_start:\n"
	"1: mov (%rsi), %rax\n"
	"   mov 8(%rsi), %rcx\n"
	"   add $16, %rsi\n"
	"   test %rcx, %rcx\n"
	"   jz 9f\n"
	"   cmp $1, %rcx\n"
	"   jne 2f\n"
	"   mov (%rax), %rbx\n"
	"   jmp 1b\n"
	"2: cmp $2, %rcx\n"
	"   jne 3f\n"
	"   mov %rax, (%rax)\n"
	"   jmp 1b\n"
	"3: cmp $3, %rcx\n"
	"   jne 4f\n"
	"   call *%rax\n"
	"   jmp 1b\n"
	"4: movq $1, (%rax)\n"
	"5: jmp 5b\n"
	"9: mov $0xe9, %edx\n"
	"   out %al, (%dx)\n"
	"8: hlt\n"
	"   jmp 8b\n"
	"guest_end:\n"
	".popsection\n");

void touch_setup(struct vmm *vm)
{
	uint64_t *pml4 = (void *)vmm_hva(vm, GPA_PML4), *pdpt = (void *)vmm_hva(vm, GPA_PDPT), i;

	for (i = 0; i < 2; i++)
		pml4[i] = (GPA_PDPT + i * VMM_PAGE) | vm->direct | TABLE;
	for (i = 0; i < 1024; i++)
		pdpt[i] = i * GIB | vm->direct | LEAF;
	memcpy(vmm_hva(vm, GPA_CODE), guest_start, (size_t)(guest_end - guest_start));
}

static void long_mode(struct vmm *vm, struct kvm_sregs *sregs)
{
	struct kvm_segment code = {
		.limit = ~0u, .selector = 8, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1,
	};

	sregs->cr3 = GPA_PML4 | vm->direct;
	sregs->cr4 = 0x20;		/* PAE */
	sregs->cr0 = 0x80000011;	/* PG, ET, PE */
	sregs->efer = 0x500;		/* LMA, LME */
	vmm_segments(sregs, code);
}

void touch_add_vcpu(struct vmm *vm, int n)
{
	struct kvm_regs regs = {
		.rflags = 2, .rip = GPA_CODE, .rsi = GPA_LIST(n), .rsp = GPA_STACK(n),
	};
	struct kvm_mp_state runnable = { KVM_MP_STATE_RUNNABLE };
	struct kvm_sregs sregs;

	vmm_add_vcpu(vm, n, NULL);
	vmm_ioctl(vm->vcpu[n], KVM_GET_SREGS, &sregs, "KVM_GET_SREGS");
	long_mode(vm, &sregs);
	vmm_ioctl(vm->vcpu[n], KVM_SET_SREGS, &sregs, "KVM_SET_SREGS");
	vmm_ioctl(vm->vcpu[n], KVM_SET_REGS, &regs, "KVM_SET_REGS");
	vmm_ioctl(vm->vcpu[n], KVM_SET_MP_STATE, &runnable, "KVM_SET_MP_STATE");
}

void touch(struct vmm *vm, int n, uint64_t gpa, enum touch_op op)
{
	struct step *list = (void *)vmm_hva(vm, GPA_LIST(n));

	if (runners[n].steps + 1 >= LIST_MAX)
		vmm_die("the list is full");
	if (op == TOUCH_EXEC)
		*vmm_hva(vm, gpa) = RET;
	list[runners[n].steps++] = (struct step){ gpa, op };
	list[runners[n].steps] = (struct step){ 0, TOUCH_END };
}

void touch_spin(struct vmm *vm, int n)
{
	touch(vm, n, GPA_FLAG(n), TOUCH_SPIN);
}

/* What the guest left guest mode for. Returns false: it goes no further. */
static int handle_exit(struct runner *r)
{
	struct kvm_run *run = r->vm->run[r->n];

	if (run->exit_reason == KVM_EXIT_IO && run->io.port == DONE_PORT) {
		r->how = r->stop ? STOPPED : HALTED;
		return !r->stop;
	}
	if (run->exit_reason == KVM_EXIT_MMIO) {
		vmm_say(r->vm, "mmio vcpu=%d gpa=%#llx write=%d", r->n, run->mmio.phys_addr,
			run->mmio.is_write);
		memset(run->mmio.data, 0, sizeof(run->mmio.data));
		return 1;
	}
	vmm_say(r->vm, "exit vcpu=%d reason=%u suberror=%u", r->n, run->exit_reason,
		run->internal.suberror);
	return 0;
}

static void *run_vcpu(void *arg)
{
	struct runner *r = arg;

	for (;;) {
		if (!ioctl(r->vm->vcpu[r->n], KVM_RUN, 0)) {
			if (!handle_exit(r))
				return NULL;
		} else if (errno != EINTR) {
			vmm_die("KVM_RUN");
		} else if (r->how == SPINS && r->stop) {
			r->how = STOPPED;
			return NULL;
		}
	}
}

static void kicked(int number)
{
	(void)number;
}

/* Wait until a vCPU is where it stays; one that spins and is to stop is kicked out of the guest. */
static void wait_for(struct runner *r)
{
	volatile uint64_t *flag = (void *)vmm_hva(r->vm, GPA_FLAG(r->n));
	int i;

	for (i = 0; i < WAIT_TENTHS && (r->how == RUNNING || (r->how == SPINS && r->stop)); i++) {
		usleep(100000);
		if (r->how == RUNNING && *flag)
			r->how = SPINS;
		if (r->how == SPINS && r->stop)
			pthread_kill(r->thread, SIGUSR1);
	}
	vmm_say(r->vm, "done vcpu=%d how=%s", r->n, how_names[r->how]);
}

void touch_run(struct vmm *vm, int ncpu, int stop)
{
	struct sigaction action = { .sa_handler = kicked };
	int n;

	sigaction(SIGUSR1, &action, NULL);
	for (n = 0; n < ncpu; n++) {
		struct runner *r = &runners[n];

		r->vm = vm;
		r->n = n;
		r->stop = stop && !n;
		if (pthread_create(&r->thread, NULL, run_vcpu, r))
			vmm_die("pthread_create");
		wait_for(r);
	}
}

void touch_say(struct vmm *vm)
{
	static const char *const ops[] = { "end", "read", "write", "exec", "spin" };
	int n, i;

	for (n = 0; n < VMM_VCPUS; n++) {
		struct step *list = (void *)vmm_hva(vm, GPA_LIST(n));

		for (i = 0; i < runners[n].steps; i++) {
			uint8_t *at = vmm_hva(vm, list[i].address);

			vmm_say(vm, "page vcpu=%d op=%s gfn=%#lx pfn=%#lx", n, ops[list[i].op],
				list[i].address / VMM_PAGE, at ? vmm_pfn(at) : 0);
		}
	}
}
