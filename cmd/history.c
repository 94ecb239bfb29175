/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>

const char *history_path(struct arena *a)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (state && *state == '/')
		return arena_printf(a, "%s/cairn/history", state);
	if (home && *home == '/')
		return arena_printf(a, "%s/.local/state/cairn/history", home);
	return NULL;
}

/* Make the folders above path, as private as the specification asks for. */
static bool make_folders(const char *path)
{
	char *copy = strdup(path), *slash;
	bool made = copy != NULL;

	for (slash = copy; made && (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		made = mkdir(copy, 0700) == 0 || errno == EEXIST;
		*slash = '/';
	}
	free(copy);
	return made;
}

static bool make_file(const char *path)
{
	int fd = make_folders(path) ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

void history_load(const char *path)
{
	using_history();
	stifle_history(HISTORY_LINES);
	if (!path || read_history(path))
		return;
	/* the file grows by appending; now and then it is cut */
	history_truncate_file(path, HISTORY_LINES);
}

void history_keep(const char *path, const char *line)
{
	HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;

	if (!*line || *line == ' ' || *line == '\t' || (last && !strcmp(last->line, line)))
		return;
	add_history(line);
	if (path && make_file(path))
		append_history(1, path);
}
