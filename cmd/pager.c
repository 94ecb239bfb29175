/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/pager.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool is_installed(const char *program)
{
	const char *path = getenv("PATH");
	char file[4096];

	while (path && *path) {
		int n = (int)strcspn(path, ":");

		if (snprintf(file, sizeof(file), "%.*s/%s", n, path, program) < (int)sizeof(file) &&
		    !access(file, X_OK))
			return true;
		path += n;
		path += *path == ':';
	}
	return false;
}

const char *pager_program(void)
{
	const char *pager = getenv("PAGER"), *term = getenv("TERM");

	if (!isatty(STDOUT_FILENO) || !term || !strcmp(term, "dumb"))
		return NULL;
	if (pager && (!*pager || !strcmp(pager, "cat")))
		return NULL;
	if (!pager && !is_installed("less"))
		return NULL;
	return pager ? pager : "less";
}

bool pager_command(char *buf, size_t size, const char *pager)
{
	int n = snprintf(buf, size, "export LESS=\"${LESS-RFX}\"; %s", pager);

	return n >= 0 && (size_t)n < size;
}

bool pager_wanted(const char *text, size_t n)
{
	const char *end = text + n, *stop;
	size_t rows = 1, columns;
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || !w.ws_row || !w.ws_col)
		return false;
	for (; text < end && rows <= w.ws_row; text = stop + 1) {
		stop = memchr(text, '\n', (size_t)(end - text));
		stop = stop ? stop : end;
		columns = (size_t)(stop - text);
		rows += columns ? (columns + w.ws_col - 1) / w.ws_col : 1;
	}
	return rows > w.ws_row;
}
