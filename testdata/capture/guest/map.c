// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zoo.h"

/* One anonymous area, every other page read-only: the kernel may not merge neighbours. */
void zoo_vmas(long count)
{
	long page = sysconf(_SC_PAGESIZE), i;
	char *base = mmap(NULL, count * page, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (base == MAP_FAILED)
		zoo_die("mmap");
	for (i = 1; i < count; i += 2)
		if (mprotect(base + i * page, page, PROT_READ))
			zoo_die("mprotect");
	zoo_park();
}

/* Areas of one page with one to three pages of nothing between them: every node of the tree that
   holds them has gaps. Every fourth is unmapped again, so that the nodes are not full. */
static void make_holes(long count)
{
	long page = sysconf(_SC_PAGESIZE), i;
	char *base = mmap(NULL, count * 4 * page, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (base == MAP_FAILED)
		zoo_die("mmap");
	for (i = 0; i < count; i++) {
		char *at = base + i * 4 * page;

		if (munmap(at, (1 + i % 3) * page) ||
		    mprotect(at + 3 * page, page, i & 1 ? PROT_READ : PROT_READ | PROT_WRITE))
			zoo_die("munmap, mprotect");
	}
	for (i = 3; i < count; i += 4)
		if (munmap(base + (i * 4 + 3) * page, page))
			zoo_die("munmap");
}

static void map_more(int count)
{
	int i;

	for (i = 0; i < count; i++)
		mmap(NULL, 3 * sysconf(_SC_PAGESIZE), i & 1 ? PROT_READ : PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void zoo_victim(long count, const char *scenario)
{
	char order;
	int fd;

	make_holes(count);
	sbrk(0x21000);
	mkfifo("/victim", 0600);
	fd = open("/victim", O_RDWR);
	if (fd < 0)
		zoo_die("/victim");
	while (read(fd, &order, 1) == 1) {
		if (order == 'm')
			map_more(40);
		else if (order == 'b')
			sbrk(0x100000);
		else if (order == 'r')
			zoo_run(scenario);
		else if (order == 'x')
			_exit(0);
	}
}
