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

void zoo_die(const char *what)
{
	dprintf(2, "zoo: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void name_self(const char *name)
{
	prctl(PR_SET_NAME, name);
}

void zoo_park(void)
{
	for (;;)
		pause();
}

/* A child under its own name: returns 0 in it. */
static pid_t fork_named(const char *name)
{
	pid_t pid = fork();

	if (pid < 0)
		zoo_die("fork");
	if (!pid)
		name_self(name);
	return pid;
}

static void read_forever(int fd)
{
	char buffer[8];

	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
	zoo_die("read");
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0)
		zoo_die(path);
	if (write(fd, text, strlen(text)) < 0)
		zoo_die(path);
	close(fd);
}

static void park_pipe(void)
{
	int fds[2];

	if (pipe(fds))
		zoo_die("pipe");
	read_forever(fds[0]);
}

static void park_pipefull(void)
{
	char page[4096] = "";
	int fds[2];

	if (pipe(fds))
		zoo_die("pipe");
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
			zoo_die("pthread_create");
	pthread_join(ids[0], NULL);
}

/* Returns at once; the processes that it leaves are in one of four places. */
static void leave_crowd(long count)
{
	static void (*const parks[])(void) = { park_futex, park_epoll, park_eventfd, park_sleep };
	long i;

	for (i = 0; i < count; i++)
		if (!fork_named("zoo-crowd"))
			parks[i % (sizeof(parks) / sizeof(parks[0]))]();
}

static void park_wait(void)
{
	if (!fork_named("zoo-child"))
		zoo_park();
	wait(NULL);
}

static void park_zombie(void)
{
	if (!fork_named("zoo-dead"))
		_exit(3);
	zoo_park();
}

static void park_accept(void)
{
	struct sockaddr_un at = { AF_UNIX, "/zoo.socket" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (bind(fd, (void *)&at, sizeof(at)) || listen(fd, 1))
		zoo_die("listen");
	accept(fd, NULL, NULL);
}

static void park_flock(void)
{
	int fd = open("/zoo.lock", O_CREAT | O_RDWR, 0600);

	flock(fd, LOCK_EX);
	if (!fork_named("zoo-flockwait"))
		flock(open("/zoo.lock", O_RDWR), LOCK_EX);
	zoo_park();
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
	zoo_park();
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

void zoo_run(const char *scenario)
{
	char line[48];

	snprintf(line, sizeof(line), "run %s", scenario);
	write_file("/proc/scen", line);
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

/* Have a second kernel ready for the first one's panic (kexec_file_load(2)). */
static void load_crash_kernel(const char *kernel, const char *initrd, const char *cmdline)
{
#ifdef SYS_kexec_file_load
	int image = open(kernel, O_RDONLY), root = open(initrd, O_RDONLY);

	if (image < 0 || root < 0)
		zoo_die("the second kernel");
	if (syscall(SYS_kexec_file_load, image, root, strlen(cmdline) + 1, cmdline,
		    KEXEC_FILE_ON_CRASH))
		zoo_die("kexec_file_load");
#else
	errno = ENOSYS;
	zoo_die("kexec_file_load");
#endif
}

static void run_on_cpu(int cpu, char **argv)
{
	const char *base = strrchr(argv[0], '/');
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		zoo_die("sched_setaffinity");
	name_self(base ? base + 1 : argv[0]);
	execv(argv[0], argv);
	zoo_die(argv[0]);
}

static const struct {
	const char *name;
	void (*park)(void);
} modes[] = {
	{ "accept", park_accept }, { "bpf", zoo_bpf }, { "bpfwait", zoo_bpf_wait },
	{ "dstate", park_dstate }, { "flock", park_flock },
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
	if (!strcmp(mode, "run") && argc == 3) {
		zoo_run(argv[2]);
		return 0;
	}
	if (!strcmp(mode, "kexec") && argc == 5) {
		load_crash_kernel(argv[2], argv[3], argv[4]);
		return 0;
	}
	if (!strcmp(mode, "cpu") && argc > 3)
		run_on_cpu(atoi(argv[2]), argv + 3);
	if (!strcmp(mode, "crowd") && argc == 3) {
		leave_crowd(atol(argv[2]));
		return 0;
	}
	if (!strcmp(mode, "vmas") && argc == 3)
		zoo_vmas(atol(argv[2]));
	if (!strcmp(mode, "victim") && argc >= 3)
		zoo_victim(atol(argv[2]), argc == 5 ? argv[4] : "");
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(mode, modes[i].name)) {
			modes[i].park();
			zoo_park();
		}
	dprintf(2, "zoo: no mode %s\n", mode);
	return 2;
}
