/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/intr.h"
#include "cmd/pager.h"

extern char **environ;

/* A program that starts with the signals that a shell would give it: cairn itself ignores
 * SIGPIPE. `in` becomes its standard input unless it is -1. */
static enum cairn_code spawn_shell(pid_t *ret, const char *command, int in, struct cairn_err *err)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)command, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t normal;
	int e;

	sigemptyset(&normal);
	sigaddset(&normal, SIGPIPE);
	sigaddset(&normal, SIGINT);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigdefault(&attr, &normal);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&files);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	e = posix_spawn(ret, "/bin/sh", &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	if (e)
		return cairn_fail(err, CAIRN_IO, "/bin/sh: %s", strerror(e));
	return CAIRN_OK;
}

/* As system() does: while a program has the terminal, Ctrl-C is for the program. */
static void wait_for(pid_t pid)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;

	sigaction(SIGINT, &ignore, &before);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	sigaction(SIGINT, &before, NULL);
}

static enum cairn_code open_program(struct sink *s, const char *command, struct cairn_err *err)
{
	enum cairn_code code;
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0)
		return cairn_fail(err, CAIRN_IO, "pipe: %s", strerror(errno));
	code = spawn_shell(&s->pid, command, fd[0], err);
	close(fd[0]);
	if (code)
		close(fd[1]);
	s->fd = fd[1];
	return code;
}

static enum cairn_code open_file(struct sink *s, const char *path, int flag,
				 struct cairn_err *err)
{
	s->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flag, 0666);
	if (s->fd < 0)
		return cairn_fail(err, CAIRN_IO, "%s: %s", path, strerror(errno));
	return CAIRN_OK;
}

enum cairn_code sink_open(struct sink *s, const struct line *line, struct cairn_err *err)
{
	*s = (struct sink){ .fd = STDOUT_FILENO };
	switch (line->to) {
	case LINE_PLAIN: break;
	case LINE_PIPE: return open_program(s, line->target, err);
	case LINE_FILE: return open_file(s, line->target, O_TRUNC, err);
	case LINE_APPEND: return open_file(s, line->target, O_APPEND, err);
	}
	s->plain = true;
	return CAIRN_OK;
}

int sink_choose(void *arg, const char *text, size_t n)
{
	struct sink *s = arg;
	char command[4096];

	if (pager_wanted(text, n) && pager_command(command, sizeof(command), s->pager) &&
	    !open_program(s, command, NULL)) {
		s->plain = false;
		intr_share();
	} else {
		s->fd = STDOUT_FILENO;
	}
	return s->fd;
}

enum cairn_code sink_close(struct sink *s, struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;

	if (s->plain)
		return CAIRN_OK;
	if (close(s->fd) < 0)
		code = cairn_fail(err, CAIRN_IO, "%s", strerror(errno));
	if (s->pid)
		wait_for(s->pid);
	*s = (struct sink){ .fd = STDOUT_FILENO, .plain = true };
	return code;
}

enum cairn_code sink_shell(const char *command, struct cairn_err *err)
{
	enum cairn_code code;
	pid_t pid;

	code = spawn_shell(&pid, command, -1, err);
	if (!code)
		wait_for(pid);
	return code;
}
