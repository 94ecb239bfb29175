/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/quit.h"
#include "lib/base/held.h"

#define TICK_MS 50
#define PIECE_LEN 65536

struct piece {
	pid_t pid; /* 0: not begun, or over */
	int fd;    /* -1: at its end */
	bool over;
	int64_t began_ms;
	struct batch_end end;
};

struct pool {
	const struct batch *b;
	struct piece *piece;
	size_t begun, taken, running;
	size_t waiting; /* bytes of those that are over, and not taken */
	unsigned jobs;
	struct quit quit;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static unsigned jobs_of(const struct batch *b)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = b->limits.jobs ? b->limits.jobs : cpus > 0 ? (unsigned)cpus : 1;

	return n < BATCH_JOBS_MAX ? n : BATCH_JOBS_MAX;
}

/* Whoever unpacks into memory asks how much it may take (unwrap.h). The system itself does not look. */
static void tell_limit(unsigned max_mb)
{
	struct rlimit limit;

	if (!max_mb || getrlimit(RLIMIT_RSS, &limit) || limit.rlim_cur <= (rlim_t)max_mb << 20)
		return;
	limit.rlim_cur = (rlim_t)max_mb << 20;
	setrlimit(RLIMIT_RSS, &limit);
}

/* The new process; it does not outlive the one that waits for it. */
static void child(const struct pool *pool, size_t i, int fd, pid_t parent)
{
	int status;

	quit_forget(&pool->quit);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || dup2(fd, STDOUT_FILENO) < 0)
		_exit(255);
	tell_limit(pool->b->limits.max_mb);
	status = pool->b->work(pool->b->arg, i);
	fflush(stdout);
	_exit(status);
}

static int begin(const struct pool *pool, size_t i, struct piece *p)
{
	pid_t parent = getpid();
	int fds[2], error = 0;

	if (pipe2(fds, O_CLOEXEC))
		return errno;
	fflush(stdout);
	p->pid = fork();
	if (!p->pid)
		child(pool, i, fds[1], parent);
	if (p->pid < 0)
		error = errno;
	close(fds[1]);
	if (error) {
		close(fds[0]);
		p->pid = 0;
		return error;
	}
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	p->fd = fds[0];
	p->began_ms = now_ms();
	return 0;
}

static bool may_begin(const struct pool *pool)
{
	const struct batch_limits *l = &pool->b->limits;

	return pool->running < pool->jobs && pool->begun < pool->b->n &&
	       (!l->waiting || pool->waiting < l->waiting || !pool->running);
}

/* A machine that has no process to give now may have one when another is over. */
static void begin_some(struct pool *pool)
{
	while (may_begin(pool)) {
		struct piece *p = &pool->piece[pool->begun];
		int error = begin(pool, pool->begun, p);

		if (error && pool->running)
			return;
		if (error) {
			p->over = true;
			p->end.fate = FATE_FAILED;
			p->end.status = error;
		} else {
			pool->running++;
		}
		pool->begun++;
	}
}

/* What is there to read; at the end of it, or when it is too much, fd is closed. */
static void drain(struct piece *p)
{
	char buf[PIECE_LEN];
	ssize_t n = -1;

	while (p->fd >= 0 && ((n = read(p->fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR))) {
		if (n > 0)
			str_addn(&p->end.out, buf, (size_t)n);
		if (p->end.out.len > BATCH_OUTPUT_MAX || p->end.out.failed)
			break;
	}
	if (p->fd < 0 || (n < 0 && errno == EAGAIN))
		return;
	close(p->fd);
	p->fd = -1;
}

static enum fate over_limit(const struct piece *p, const struct batch_limits *l)
{
	if (p->end.out.len > BATCH_OUTPUT_MAX || p->end.out.failed)
		return FATE_OUTPUT;
	if (l->seconds && now_ms() - p->began_ms >= (int64_t)l->seconds * 1000)
		return FATE_DEADLINE;
	if (l->max_mb && held_by(p->pid) >> 20 > l->max_mb)
		return FATE_MEMORY;
	return FATE_DONE;
}

/* Whether the process is gone; `wait` for it if need be. */
static bool reap(struct pool *pool, struct piece *p, bool wait)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(p->pid, &status, wait ? 0 : WNOHANG)) < 0 && errno == EINTR)
		;
	if (!pid)
		return false;
	drain(p);
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	p->pid = 0;
	p->over = true;
	pool->waiting += p->end.out.len;
	pool->running--;
	if (p->end.fate != FATE_DONE)
		return true;
	if (pid > 0 && WIFEXITED(status)) {
		p->end.status = WEXITSTATUS(status);
		return true;
	}
	p->end.fate = FATE_CRASHED;
	p->end.status = pid > 0 ? WTERMSIG(status) : 0;
	return true;
}

static void attend(struct pool *pool, struct piece *p)
{
	drain(p);
	if (reap(pool, p, false))
		return;
	p->end.fate = over_limit(p, &pool->b->limits);
	if (p->end.fate == FATE_DONE)
		return;
	kill(p->pid, SIGKILL);
	reap(pool, p, true);
}

static void wait_some(struct pool *pool)
{
	struct pollfd fds[BATCH_JOBS_MAX];
	int timeout = TICK_MS;
	nfds_t n = 0;

	for (size_t i = pool->taken; i < pool->begun; i++) {
		if (!pool->piece[i].pid)
			continue;
		if (pool->piece[i].fd < 0)
			timeout = 1;
		else
			fds[n++] = (struct pollfd){ .fd = pool->piece[i].fd, .events = POLLIN };
	}
	poll(fds, n, timeout);
	for (size_t i = pool->taken; i < pool->begun && !quit_asked(); i++)
		if (pool->piece[i].pid)
			attend(pool, &pool->piece[i]);
}

static bool take(struct pool *pool)
{
	struct piece *p = &pool->piece[pool->taken];
	bool more = pool->b->take(pool->b->arg, pool->taken++, &p->end);

	pool->waiting -= p->end.out.len;
	str_deinit(&p->end.out);
	str_init(&p->end.out);
	return more;
}

static bool take_some(struct pool *pool)
{
	bool more = true;

	while (more && !quit_asked() && pool->taken < pool->begun && pool->piece[pool->taken].over)
		more = take(pool);
	return more;
}

/* A signal came: what was over by then is not lost. It may have ended some itself. */
static void take_rest(struct pool *pool)
{
	while (pool->taken < pool->begun) {
		const struct piece *p = &pool->piece[pool->taken];

		if (!p->over || (p->end.fate == FATE_CRASHED && p->end.status == quit_asked()))
			pool->taken++;
		else if (!take(pool))
			return;
	}
}

static void end_all(struct pool *pool)
{
	for (size_t i = 0; i < pool->begun; i++) {
		struct piece *p = &pool->piece[i];

		if (p->pid) {
			kill(p->pid, SIGKILL);
			reap(pool, p, true);
		}
		str_deinit(&p->end.out);
	}
}

enum cairn_code batch_run(const struct batch *b, struct cairn_err *err)
{
	struct pool pool = { .b = b, .jobs = jobs_of(b) };

	pool.piece = calloc(b->n ? b->n : 1, sizeof(*pool.piece));
	if (!pool.piece)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	for (size_t i = 0; i < b->n; i++) {
		pool.piece[i].fd = -1;
		str_init(&pool.piece[i].end.out);
	}
	quit_begin(&pool.quit);
	do {
		begin_some(&pool);
		if (pool.running)
			wait_some(&pool);
	} while (take_some(&pool) && pool.taken < b->n && !quit_asked());
	if (quit_asked())
		take_rest(&pool);
	end_all(&pool);
	free(pool.piece);
	quit_end(&pool.quit);
	return CAIRN_OK;
}
