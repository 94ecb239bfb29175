// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "vmm.h"

/* Documentation/admin-guide/mm/pagemap.rst */
#define PAGEMAP_PRESENT (1ull << 63)
#define PAGEMAP_PFN     ((1ull << 55) - 1)

uint64_t vmm_pfn(const void *address)
{
	static int fd = -1;
	uint64_t entry = 0;

	if (fd < 0)
		fd = open("/proc/self/pagemap", O_RDONLY);
	if (pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)address / VMM_PAGE * 8)) != 8)
		vmm_die("pagemap");
	return entry & PAGEMAP_PRESENT ? entry & PAGEMAP_PFN : 0;
}

void vmm_say_stats(struct vmm *vm)
{
	static const char *const names[] = { "pages_4k", "pages_2m", "pages_1g" };
	char path[100];
	unsigned long value;
	FILE *file;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%d-%d/%s", getpid(), vm->fd,
			 names[i]);
		file = fopen(path, "r");
		if (!file)
			continue;	/* before 5.17 */
		if (fscanf(file, "%lu", &value) == 1)
			vmm_say(vm, "stat %s=%lu", names[i], value);
		fclose(file);
	}
}
