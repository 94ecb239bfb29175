// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux.h"

#define GPA_BOOT    0x7000ul
#define GPA_CMDLINE 0x20000ul
#define GPA_KERNEL  0x100000ul
#define INITRD_ROOM (48 * MIB)

/* struct boot_params */
#define BOOT_E820_COUNT  0x1e8
#define BOOT_SETUP_SECTS 0x1f1
#define BOOT_HEADER_END  0x290
#define BOOT_LOADER      0x210
#define BOOT_LOADFLAGS   0x211
#define BOOT_INITRD      0x218
#define BOOT_INITRD_SIZE 0x21c
#define BOOT_CMDLINE     0x228
#define BOOT_E820        0x2d0

#define COM1 0x3f8
#define UART_DLAB 0x80

static const char cmdline[] = "console=ttyS0 noacpi acpi=off nokaslr pci=off tsc=reliable "
	"no_timer_check rdinit=/init random.trust_cpu=on nowatchdog mitigations=off noxsave";

/* The vCPUs of the one guest of this process. */
static struct runner {
	struct vmm *vm;
	int n;
	pthread_t thread;
	volatile int stop, say, stopped;
} runners[VMM_VCPUS];

static void (*on_line)(struct vmm *vm, const char *text);

static size_t load(const char *path, uint8_t *to, size_t room)
{
	int fd = open(path, O_RDONLY);
	size_t size = 0;
	ssize_t n;

	if (fd < 0)
		vmm_die(path);
	while ((n = read(fd, to + size, room - size)) > 0)
		size += (size_t)n;
	if (n < 0)
		vmm_die(path);
	close(fd);
	return size;
}

static void put32(uint8_t *at, uint64_t value)
{
	uint32_t word = (uint32_t)value;

	memcpy(at, &word, sizeof(word));
}

static void put_memory_map(uint8_t *boot, uint64_t size)
{
	struct {
		uint64_t start, size;
		uint32_t type;
	} __attribute__((packed)) map[] = {
		{ 0, LINUX_MP_TABLE, 1 }, { LINUX_MP_TABLE, GPA_KERNEL - LINUX_MP_TABLE, 2 },
		{ GPA_KERNEL, size - GPA_KERNEL, 1 },
	};

	boot[BOOT_E820_COUNT] = sizeof(map) / sizeof(map[0]);
	memcpy(boot + BOOT_E820, map, sizeof(map));
}

void linux_load(struct vmm *vm, const char *kernel, const char *initrd)
{
	uint8_t *ram = vm->slots[0].hva, *boot = ram + GPA_BOOT, *image = ram + GPA_KERNEL;
	uint64_t size = vm->slots[0].size, at = size - INITRD_ROOM;
	size_t length = load(kernel, image, at - GPA_KERNEL);
	size_t setup = (image[BOOT_SETUP_SECTS] + 1u) * 512;

	memset(boot, 0, VMM_PAGE);
	memcpy(boot + BOOT_SETUP_SECTS, image + BOOT_SETUP_SECTS,
	       BOOT_HEADER_END - BOOT_SETUP_SECTS);
	memmove(image, image + setup, length - setup);
	boot[BOOT_LOADER] = 0xff;
	boot[BOOT_LOADFLAGS] |= 1;	/* loaded high */
	memcpy(ram + GPA_CMDLINE, cmdline, sizeof(cmdline));
	put32(boot + BOOT_CMDLINE, GPA_CMDLINE);
	put32(boot + BOOT_INITRD, at);
	put32(boot + BOOT_INITRD_SIZE, load(initrd, ram + at, INITRD_ROOM));
	put_memory_map(boot, size);
	linux_mp_table(ram);
}

/* CPU numbers where Linux looks for them; what emulators of nested guests do badly is not there. */
static void edit_cpuid(struct kvm_cpuid_entry2 *entry, int n)
{
	if (entry->function == 1) {
		entry->ebx = (entry->ebx & 0xffff) | VMM_VCPUS << 16 | (uint32_t)n << 24;
		entry->ecx |= 1u << 31;			/* a hypervisor */
		entry->ecx &= ~0x3c001000u;		/* XSAVE, OSXSAVE, AVX, F16C, FMA */
	} else if (entry->function == 0xb || entry->function == 0x1f) {
		entry->edx = (uint32_t)n;
	}
}

static void protected_mode(struct vmm *vm)
{
	struct kvm_regs regs = { .rflags = 2, .rip = GPA_KERNEL, .rsi = GPA_BOOT };
	struct kvm_segment code = {
		.limit = ~0u, .selector = 0x10, .type = 11, .present = 1, .s = 1, .db = 1, .g = 1,
	};
	struct kvm_sregs sregs;

	vmm_ioctl(vm->vcpu[0], KVM_GET_SREGS, &sregs, "KVM_GET_SREGS");
	sregs.cr0 = 0x11;
	vmm_segments(&sregs, code);
	vmm_ioctl(vm->vcpu[0], KVM_SET_SREGS, &sregs, "KVM_SET_SREGS");
	vmm_ioctl(vm->vcpu[0], KVM_SET_REGS, &regs, "KVM_SET_REGS");
}

static void take_char(struct vmm *vm, char c)
{
	static char text[512];
	static size_t n;

	if (c == '\r')
		return;
	if (c != '\n' && n < sizeof(text) - 1) {
		text[n++] = c;
		return;
	}
	text[n] = '\0';
	n = 0;
	on_line(vm, text);
}

/* A 16450 without interrupts, always ready to send. */
static void serial(struct vmm *vm, int out, unsigned int reg, uint8_t *data)
{
	static const uint8_t reads[8] = { [2] = 1, [5] = 0x60, [6] = 0xb0 };
	static uint8_t regs[8];

	if (reg > 7)
		*data = out ? *data : 0xff;
	else if (!out)
		*data = reads[reg] ? reads[reg] : reg ? regs[reg] : 0;
	else if (!reg && !(regs[3] & UART_DLAB))
		take_char(vm, (char)*data);
	else if (reg != 2 && reg != 5 && reg != 6)
		regs[reg] = *data;
}

static void port_io(struct vmm *vm, struct kvm_run *run)
{
	uint8_t *data = (uint8_t *)run + run->io.data_offset;
	unsigned int i;

	for (i = 0; i < run->io.count; i++, data += run->io.size) {
		if (run->io.direction == KVM_EXIT_IO_IN)
			memset(data, 0xff, run->io.size);
		serial(vm, run->io.direction == KVM_EXIT_IO_OUT, run->io.port - COM1, data);
	}
}

static void say_regs(struct runner *r)
{
	struct kvm_regs g;
	struct kvm_sregs s;

	vmm_ioctl(r->vm->vcpu[r->n], KVM_GET_REGS, &g, "KVM_GET_REGS");
	vmm_ioctl(r->vm->vcpu[r->n], KVM_GET_SREGS, &s, "KVM_GET_SREGS");
	vmm_say(r->vm, "regs vcpu=%d r15=%#llx r14=%#llx r13=%#llx r12=%#llx rbp=%#llx rbx=%#llx "
		"r11=%#llx r10=%#llx r9=%#llx r8=%#llx rax=%#llx rcx=%#llx rdx=%#llx rsi=%#llx "
		"rdi=%#llx rip=%#llx cs=%#x rflags=%#llx rsp=%#llx ss=%#x fs_base=%#llx "
		"gs_base=%#llx cr3=%#llx", r->n, g.r15, g.r14, g.r13, g.r12, g.rbp, g.rbx, g.r11,
		g.r10, g.r9, g.r8, g.rax, g.rcx, g.rdx, g.rsi, g.rdi, g.rip, s.cs.selector,
		g.rflags, g.rsp, s.ss.selector, s.fs.base, s.gs.base, s.cr3);
	r->say = 0;
}

/* Returns false: the vCPU goes no further. */
static int handle_exit(struct runner *r)
{
	struct kvm_run *run = r->vm->run[r->n];

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		port_io(r->vm, run);
		return 1;
	case KVM_EXIT_MMIO:
		memset(run->mmio.data, 0xff, sizeof(run->mmio.data));
		return 1;
	case KVM_EXIT_INTR:
	case KVM_EXIT_IRQ_WINDOW_OPEN:
		return 1;
	default:
		vmm_say(r->vm, "exit vcpu=%d reason=%u suberror=%u", r->n, run->exit_reason,
			run->internal.suberror);
		return 0;
	}
}

static void *run_vcpu(void *arg)
{
	struct runner *r = arg;
	int ret;

	do {
		ret = ioctl(r->vm->vcpu[r->n], KVM_RUN, 0);
		if (ret && errno != EINTR && errno != EAGAIN)
			vmm_die("KVM_RUN");
		if (r->say || r->stop)
			say_regs(r);
	} while (!r->stop && (ret || handle_exit(r)));
	r->stopped = 1;
	for (;;)
		pause();
}

static void kicked(int number)
{
	(void)number;
}

void linux_run(struct vmm *vm, void (*line)(struct vmm *vm, const char *text))
{
	struct sigaction action = { .sa_handler = kicked };
	int n;

	on_line = line;
	sigaction(SIGUSR1, &action, NULL);
	for (n = 0; n < VMM_VCPUS; n++)
		vmm_add_vcpu(vm, n, edit_cpuid);
	protected_mode(vm);
	for (n = 0; n < VMM_VCPUS; n++) {
		runners[n] = (struct runner){ .vm = vm, .n = n };
		if (pthread_create(&runners[n].thread, NULL, run_vcpu, &runners[n]))
			vmm_die("pthread_create");
	}
}

static void kick_until(struct runner *r, volatile int *flag, int value)
{
	while (*flag != value && !r->stopped) {
		pthread_kill(r->thread, SIGUSR1);
		usleep(100000);
	}
}

void linux_stop(struct vmm *vm, int n)
{
	runners[n].stop = 1;
	kick_until(&runners[n], &runners[n].stopped, 1);
	vmm_say(vm, "done vcpu=%d how=stopped", n);
}

void linux_say_regs(struct vmm *vm, int n)
{
	runners[n].say = 1;
	kick_until(&runners[n], &runners[n].say, 0);
	vmm_say(vm, "done vcpu=%d how=runs", n);
}
