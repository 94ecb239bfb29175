// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "zoo.h"

/* One kallsyms line of so many is printed, and the names below. */
#define SAMPLE_EVERY 700

static const char *const always[] = {
	"init_task", "linux_banner", "_text", "_stext", "_etext", "__per_cpu_offset",
};

static const char *const status_keys[] = {
	"Name", "State", "Tgid", "PPid", "TracerPid", "Uid", "FDSize", "Vm", "Threads", "SigPnd",
	"SigBlk", "SigIgn", "SigCgt", "Cpus_allowed:",
};

static int wanted_status(const char *line)
{
	size_t i;

	for (i = 0; i < sizeof(status_keys) / sizeof(status_keys[0]); i++)
		if (!strncmp(line, status_keys[i], strlen(status_keys[i])))
			return 1;
	return 0;
}

static int wanted_symbol(const char *line)
{
	static long count;
	char name[256];
	size_t i;

	if (count++ % SAMPLE_EVERY == 0 || strstr(line, "[scen]"))
		return 1;
	if (sscanf(line, "%*s %*s %255s", name) != 1)
		return 0;
	for (i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (!strcmp(name, always[i]))
			return 1;
	return 0;
}

/* A header (unless the file is empty), then the lines of the file that `wanted` wants (or all). */
static int print_file(const char *path, const char *header, int (*wanted)(const char *))
{
	FILE *file = fopen(path, "r");
	char line[1024];
	int lines = 0;

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		if (!lines++)
			printf("ORACLE %s\n", header);
		if (!wanted || wanted(line))
			fputs(line, stdout);
	}
	fclose(file);
	return lines;
}

static void print_cmdline(const char *pid)
{
	char path[300], line[512];
	FILE *file;
	size_t i, n;

	snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
	file = fopen(path, "r");
	if (!file)
		return;
	n = fread(line, 1, sizeof(line), file);
	fclose(file);
	if (!n)
		return;
	printf("ORACLE cmdline %s ", pid);
	for (i = 0; i < n; i++)
		putchar(line[i] ? line[i] : ' ');
	putchar('\n');
}

static void print_fds(const char *pid)
{
	char path[300], link[600], target[256];
	struct dirent *entry;
	ssize_t n;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		snprintf(link, sizeof(link), "%s/%s", path, entry->d_name);
		n = readlink(link, target, sizeof(target) - 1);
		if (n > 0)
			printf("ORACLE fd %s %s %.*s\n", pid, entry->d_name, (int)n, target);
	}
	if (dir)
		closedir(dir);
}

static int print_thread(const char *pid, const char *tid)
{
	char path[600], header[600];

	snprintf(path, sizeof(path), "/proc/%s/task/%s/status", pid, tid);
	snprintf(header, sizeof(header), "status %s tgid %s", tid, pid);
	if (!print_file(path, header, wanted_status))
		return 0;
	snprintf(path, sizeof(path), "/proc/%s/task/%s/stack", pid, tid);
	snprintf(header, sizeof(header), "stack %s", tid);
	print_file(path, header, NULL);
	return 1;
}

static int print_process(const char *pid)
{
	char path[300], header[300];
	struct dirent *entry;
	int threads = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (isdigit(entry->d_name[0]))
			threads += print_thread(pid, entry->d_name);
	if (dir)
		closedir(dir);
	print_cmdline(pid);
	print_fds(pid);
	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	snprintf(header, sizeof(header), "maps %s", pid);
	if (print_file(path, header, NULL))
		printf("ORACLE endmaps %s\n", pid);
	return threads;
}

int zoo_oracle(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int tasks = 0;

	while (proc && (entry = readdir(proc)))
		if (isdigit(entry->d_name[0]) && atoi(entry->d_name) != getpid())
			tasks += print_process(entry->d_name);
	if (proc)
		closedir(proc);
	printf("ORACLE tasks %d (without the oracle process itself)\n", tasks);
	print_file("/proc/modules", "modules", NULL);
	printf("ORACLE endmodules\n");
	print_file("/proc/kallsyms", "kallsyms", wanted_symbol);
	printf("ORACLE endkallsyms\n");
	print_file("/proc/meminfo", "meminfo", NULL);
	print_file("/proc/mounts", "mounts", NULL);
	print_file("/proc/slabinfo", "slabinfo", NULL);
	printf("ORACLE end\n");
	return 0;
}
