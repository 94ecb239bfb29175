// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The nested guest's init: one child a page. Each waits in user mode until the VMM has taken the
 * pages away, then reads its own, and becomes a sleeper of an async page fault.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "../vmm/withheld.h"

#define PAGE 4096
#define WORDS (PAGE / sizeof(uint64_t))
#define WAIT_MS(page) (10000 + 500 * (page))

/* A line of the kernel's log, which the console shows. */
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	static int fd = -1;
	char text[256] = "<4>";
	va_list args;

	if (fd < 0)
		fd = open("/kmsg", O_WRONLY);
	va_start(args, format);
	vsnprintf(text + 3, sizeof(text) - 3, format, args);
	va_end(args);
	if (write(fd, text, strlen(text)) < 0)
		_exit(1);
}

static void spin(long ms)
{
	struct timespec begin, now;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 < ms);
}

static void read_page(volatile uint64_t *page, int number, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	spin(WAIT_MS(number));
	say(WITHHELD_SAYS "%s page=%d\n",
	    page[0] == WITHHELD_MAGIC && page[1] == (uint64_t)number ? "read" : "bad", number);
	for (;;)
		pause();
}

int main(void)
{
	int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN), i, pid;
	volatile uint64_t *pages = mmap(NULL, WITHHELD_PAGES * PAGE, PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	mknod("/kmsg", S_IFCHR | 0600, makedev(1, 11));
	for (i = 0; i < WITHHELD_PAGES; i++) {
		pages[i * WORDS] = WITHHELD_MAGIC;
		pages[i * WORDS + 1] = (uint64_t)i;
		pages[i * WORDS + WORDS - 1] = ~WITHHELD_MAGIC;
	}
	for (i = 0; i < WITHHELD_PAGES; i++) {
		pid = fork();
		if (!pid)
			read_page(pages + i * WORDS, i, i % cpus);
		say(WITHHELD_SAYS "sleeper page=%d pid=%d cpu=%d va=%p\n", i, pid, i % cpus,
		    (void *)(pages + i * WORDS));
	}
	say(WITHHELD_READY "\n");
	for (;;)
		sleep(1000);
}
