// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "zoo.h"

/* 32-bit machines with a 64-bit time_t have only the newer call */
#ifndef SYS_futex
#define SYS_futex SYS_futex_time64
#endif
#define FUTEX_WAIT_OP 0

static void die(const char *what)
{
	dprintf(2, "zoo: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void name_self(const char *name)
{
	prctl(PR_SET_NAME, name);
}

static void park(void)
{
	for (;;)
		pause();
}

/* A child under its own name: returns 0 in it. */
static pid_t fork_named(const char *name)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid)
		name_self(name);
	return pid;
}

static void read_forever(int fd)
{
	char buffer[8];

	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
	die("read");
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0)
		die(path);
	if (write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

static void park_pipe(void)
{
	int fds[2];

	if (pipe(fds))
		die("pipe");
	read_forever(fds[0]);
}

static void park_pipefull(void)
{
	char page[4096] = "";
	int fds[2];

	if (pipe(fds))
		die("pipe");
	while (write(fds[1], page, sizeof(page)) > 0)
		;
}

static void park_futex(void)
{
	static int word;

	for (;;)
		syscall(SYS_futex, &word, FUTEX_WAIT_OP, 0, NULL, NULL, 0);
}

static void park_epoll(void)
{
	struct epoll_event event;
	int fd = epoll_create1(0);

	epoll_wait(fd, &event, 1, -1);
}

static void park_eventfd(void)
{
	read_forever(eventfd(0, 0));
}

static void park_sleep(void)
{
	for (;;)
		sleep(100000);
}

struct thread {
	const char *name;
	void (*fn)(void);
};

static void *run_thread(void *arg)
{
	const struct thread *thread = arg;

	name_self(thread->name);
	thread->fn();
	return NULL;
}

static void park_threads(void)
{
	static struct thread threads[] = {
		{ "thr-futex", park_futex }, { "thr-epoll", park_epoll },
		{ "thr-eventfd", park_eventfd }, { "thr-sleep", park_sleep },
	};
	size_t i, n = sizeof(threads) / sizeof(threads[0]);
	pthread_t ids[sizeof(threads) / sizeof(threads[0])];

	for (i = 0; i < n; i++)
		if (pthread_create(&ids[i], NULL, run_thread, &threads[i]))
			die("pthread_create");
	pthread_join(ids[0], NULL);
}

static void park_wait(void)
{
	if (!fork_named("zoo-child"))
		park();
	wait(NULL);
}

static void park_zombie(void)
{
	if (!fork_named("zoo-dead"))
		_exit(3);
	park();
}

static void park_accept(void)
{
	struct sockaddr_un at = { AF_UNIX, "/zoo.socket" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (bind(fd, (void *)&at, sizeof(at)) || listen(fd, 1))
		die("listen");
	accept(fd, NULL, NULL);
}

static void park_flock(void)
{
	int fd = open("/zoo.lock", O_CREAT | O_RDWR, 0600);

	flock(fd, LOCK_EX);
	if (!fork_named("zoo-flockwait"))
		flock(open("/zoo.lock", O_RDWR), LOCK_EX);
	park();
}

static void park_stopped(void)
{
	raise(SIGSTOP);
}

static void park_ptraced(void)
{
	if (!fork_named("zoo-tracee")) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
	}
	park();
}

static void park_sigwait(void)
{
	sigset_t set;
	int got;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigwait(&set, &got);
}

static void park_dstate(void)
{
	write_file("/proc/scen", "dstate");
}

static void park_kretwait(void)
{
	write_file("/proc/scen", "kretwait");
}

static void spin(void)
{
	for (volatile long i = 0;; i++)
		;
}

/* One anonymous area, every other page read-only: the kernel may not merge neighbours. */
static void park_vmas(long count)
{
	long page = sysconf(_SC_PAGESIZE), i;
	char *base = mmap(NULL, count * page, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (base == MAP_FAILED)
		die("mmap");
	for (i = 1; i < count; i += 2)
		if (mprotect(base + i * page, page, PROT_READ))
			die("mprotect");
	park();
}

/* Areas of one page with one to three pages of nothing between them: every node of the tree that
   holds them has gaps. */
static void make_holes(long count)
{
	long page = sysconf(_SC_PAGESIZE), i;
	char *base = mmap(NULL, count * 4 * page, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (base == MAP_FAILED)
		die("mmap");
	for (i = 0; i < count; i++) {
		char *at = base + i * 4 * page;

		if (munmap(at, (1 + i % 3) * page) ||
		    mprotect(at + 3 * page, page, i & 1 ? PROT_READ : PROT_READ | PROT_WRITE))
			die("munmap, mprotect");
	}
}

static void map_more(int count)
{
	int i;

	for (i = 0; i < count; i++)
		mmap(NULL, 3 * sysconf(_SC_PAGESIZE), i & 1 ? PROT_READ : PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* A process to be damaged: it changes its map when told so, by a letter in /victim. */
static void park_victim(long count)
{
	char order;
	int fd;

	make_holes(count);
	sbrk(0x21000);
	mkfifo("/victim", 0600);
	fd = open("/victim", O_RDWR);
	if (fd < 0)
		die("/victim");
	while (read(fd, &order, 1) == 1) {
		if (order == 'm')
			map_more(40);
		else if (order == 'b')
			sbrk(0x100000);
		else if (order == 'x')
			_exit(0);
	}
}

/* Have a second kernel ready for the first one's panic (kexec_file_load(2)). */
static void load_crash_kernel(const char *kernel, const char *initrd, const char *cmdline)
{
#ifdef SYS_kexec_file_load
	int image = open(kernel, O_RDONLY), root = open(initrd, O_RDONLY);

	if (image < 0 || root < 0)
		die("the second kernel");
	if (syscall(SYS_kexec_file_load, image, root, strlen(cmdline) + 1, cmdline,
		    KEXEC_FILE_ON_CRASH))
		die("kexec_file_load");
#else
	errno = ENOSYS;
	die("kexec_file_load");
#endif
}

static void run_on_cpu(int cpu, char **argv)
{
	const char *base = strrchr(argv[0], '/');
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
	name_self(base ? base + 1 : argv[0]);
	execv(argv[0], argv);
	die(argv[0]);
}

static const struct {
	const char *name;
	void (*park)(void);
} modes[] = {
	{ "accept", park_accept }, { "dstate", park_dstate }, { "flock", park_flock },
	{ "futex", park_futex }, { "kretwait", park_kretwait }, { "pipe", park_pipe },
	{ "pipefull", park_pipefull }, { "ptraced", park_ptraced }, { "sigwait", park_sigwait },
	{ "spin", spin }, { "stopped", park_stopped }, { "threads", park_threads },
	{ "wait", park_wait }, { "zombie", park_zombie },
};

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	char name[16];
	size_t i;

	snprintf(name, sizeof(name), "zoo-%s", mode);
	name_self(name);
	if (!strcmp(mode, "oracle"))
		return zoo_oracle();
	if (!strcmp(mode, "write") && argc == 4) {
		write_file(argv[2], argv[3]);
		return 0;
	}
	if (!strcmp(mode, "kexec") && argc == 5) {
		load_crash_kernel(argv[2], argv[3], argv[4]);
		return 0;
	}
	if (!strcmp(mode, "cpu") && argc > 3)
		run_on_cpu(atoi(argv[2]), argv + 3);
	if (!strcmp(mode, "vmas") && argc == 3)
		park_vmas(atol(argv[2]));
	if (!strcmp(mode, "victim") && argc == 3)
		park_victim(atol(argv[2]));
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(mode, modes[i].name)) {
			modes[i].park();
			park();
		}
	dprintf(2, "zoo: no mode %s\n", mode);
	return 2;
}
