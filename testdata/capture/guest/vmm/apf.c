// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Async page faults on both sides: a guest's pages are taken away, and come back late or never
 * (userfaultfd(2)). By page: 5 comes back while its vCPU runs, a whole cycle; 6 when its vCPU has
 * been stopped, so that it stays done and not told; the others never. With "apfloop" page 7 is one
 * of a file that ends before it, as of a shared file system whose host truncated it: KVM tells the
 * guest that it is there, the guest faults again, and so on.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "linux.h"
#include "withheld.h"

#define BACK_SOON 5
#define BACK_LATE 6
#define CUT_OFF   7
#define FAULTS_SECONDS 15	/* until each page was asked for: the guest's program says when */

/* In which host page each of the guest's pages lies, for who cuts the guest's dump out of the
   host's: a list in pages that begin with this and their number. */
#define MAP_MAGIC 0x50414d4d41524e43ull		/* "CNRAMMAP" */
#define MAP_ENTRIES (VMM_PAGE / 8 - 2)

static struct {
	struct vmm vm;
	int faults;			/* userfaultfd */
	volatile int ready;
	uint64_t gpa[WITHHELD_PAGES];
	uint8_t content[WITHHELD_PAGES][VMM_PAGE];
} apf;

static void take_line(struct vmm *vm, const char *text)
{
	const char *ours = strstr(text, WITHHELD_SAYS);

	if (ours) {
		vmm_say(vm, "%s", ours + strlen(WITHHELD_SAYS));
	} else {
		printf("nested: %s\n", text);
		fflush(stdout);
	}
	if (strstr(text, WITHHELD_READY))
		apf.ready = 1;
}

static void *say_faults(void *unused)
{
	struct uffd_msg message;
	uint8_t *ram = apf.vm.slots[0].hva;

	(void)unused;
	while (read(apf.faults, &message, sizeof(message)) == sizeof(message)) {
		uint64_t gpa = (message.arg.pagefault.address & ~(VMM_PAGE - 1)) - (uintptr_t)ram;
		struct uffdio_zeropage zero = { .range = { (uintptr_t)ram + gpa, VMM_PAGE } };
		int i;

		for (i = 0; i < WITHHELD_PAGES && apf.gpa[i] != gpa; i++)
			;
		if (i < WITHHELD_PAGES)
			vmm_say(&apf.vm, "fault page=%d gfn=%#lx", i, gpa / VMM_PAGE);
		else
			ioctl(apf.faults, UFFDIO_ZEROPAGE, &zero);
	}
	vmm_die("userfaultfd");
}

static void find_pages(struct vmm_slot *ram)
{
	uint64_t gpa;

	for (gpa = 0; gpa < ram->size; gpa += VMM_PAGE) {
		uint64_t *page = (void *)(ram->hva + gpa);

		if (page[0] != WITHHELD_MAGIC || page[511] != ~WITHHELD_MAGIC ||
		    page[1] >= WITHHELD_PAGES)
			continue;
		apf.gpa[page[1]] = gpa;
		memcpy(apf.content[page[1]], page, VMM_PAGE);
	}
}

static void watch_faults(struct vmm_slot *ram)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { (uintptr_t)ram->hva, ram->size }, .mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	pthread_t thread;

	apf.faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	vmm_ioctl(apf.faults, UFFDIO_API, &api, "UFFDIO_API");
	vmm_ioctl(apf.faults, UFFDIO_REGISTER, &range, "UFFDIO_REGISTER");
	if (pthread_create(&thread, NULL, say_faults, NULL))
		vmm_die("pthread_create");
}

/* A page of an empty file in the place of a page of memory. */
static void cut_off(struct vmm_slot *ram, int page)
{
	int file = memfd_create("cut-off", 0);

	if (file < 0 || mmap(ram->hva + apf.gpa[page], VMM_PAGE, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_FIXED, file, 0) == MAP_FAILED)
		vmm_die("an empty file's page");
	vmm_say(&apf.vm, "cutoff page=%d gfn=%#lx", page, apf.gpa[page] / VMM_PAGE);
}

static void withhold(struct vmm_slot *ram)
{
	int i;

	for (i = 0; i < WITHHELD_PAGES; i++) {
		if (!apf.gpa[i])
			vmm_die("a page that the guest did not make");
		vmm_say(&apf.vm, "withheld page=%d gfn=%#lx hva=%p", i, apf.gpa[i] / VMM_PAGE,
			(void *)(ram->hva + apf.gpa[i]));
		if (madvise(ram->hva + apf.gpa[i], VMM_PAGE, MADV_DONTNEED))
			vmm_die("madvise");
	}
}

static void give_back(struct vmm_slot *ram, int page)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)ram->hva + apf.gpa[page],
		.src = (uintptr_t)apf.content[page], .len = VMM_PAGE,
	};

	vmm_ioctl(apf.faults, UFFDIO_COPY, &copy, "UFFDIO_COPY");
	vmm_say(&apf.vm, "back page=%d gfn=%#lx", page, apf.gpa[page] / VMM_PAGE);
}

static void write_map(struct vmm_slot *ram)
{
	uint64_t pages = ram->size / VMM_PAGE, count = (pages + MAP_ENTRIES - 1) / MAP_ENTRIES, i;
	uint64_t *map = vmm_ram(count * VMM_PAGE, 0);

	for (i = 0; i < count; i++) {
		map[i * VMM_PAGE / 8] = MAP_MAGIC;
		map[i * VMM_PAGE / 8 + 1] = i;
	}
	for (i = 0; i < pages; i++)
		map[i / MAP_ENTRIES * VMM_PAGE / 8 + 2 + i % MAP_ENTRIES] =
			vmm_pfn(ram->hva + i * VMM_PAGE);
	vmm_say(&apf.vm, "map gfns=%#lx pages=%lu", pages, count);
}

void vmm_apf(const char *name, const char *kernel, const char *initrd, const char *mib)
{
	struct kvm_pit_config pit = { 0 };
	size_t size = strtoul(mib, NULL, 0) * MIB;
	struct vmm_slot *ram = &apf.vm.slots[0];

	vmm_create(&apf.vm, name, 0);
	vmm_ioctl(apf.vm.fd, KVM_CREATE_PIT2, &pit, "KVM_CREATE_PIT2");
	vmm_add_slot(&apf.vm, 0, size, vmm_ram(size, 0), 0, 0);
	linux_load(&apf.vm, kernel, initrd);
	linux_run(&apf.vm, take_line);
	while (!apf.ready)
		usleep(100000);
	find_pages(ram);
	watch_faults(ram);
	withhold(ram);
	if (!strcmp(name, "apfloop"))
		cut_off(ram, CUT_OFF);
	sleep(FAULTS_SECONDS);
	give_back(ram, BACK_SOON);
	sleep(3);
	linux_stop(&apf.vm, 0);
	give_back(ram, BACK_LATE);
	sleep(2);
	linux_say_regs(&apf.vm, 1);
	write_map(ram);
	vmm_say(&apf.vm, "parked");
	vmm_park();
}
