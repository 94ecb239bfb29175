/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/repl.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/readline.h>

#include "cmd/banner.h"
#include "cmd/complete.h"
#include "cmd/history.h"
#include "cmd/pager.h"

#define PROMPT "cairn> "
#define ABORT_KEY 0x07 /* Ctrl-G */
#define INNER_STATES \
	(RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_MOREINPUT | RL_STATE_METANEXT | \
	 RL_STATE_NUMERICARG | RL_STATE_COMPLETING)

/* Readline's hooks take no argument of ours: both are set while repl_run() runs. */
static struct completer *completer;
static volatile sig_atomic_t pressed; /* 2: and the abort key was given */

/* Readline's form of n sorted words: what all have in common, then each, then NULL. */
static char **as_matches(const char *const *word, size_t n)
{
	char **ret = n ? malloc((n + 2) * sizeof(*ret)) : NULL;
	size_t i, same = 0;

	if (!ret)
		return NULL;
	while (word[0][same] && word[0][same] == word[n - 1][same])
		same++;
	ret[0] = strndup(word[0], same);
	for (i = 0; i < n && n > 1; i++)
		ret[i + 1] = strdup(word[i]);
	ret[n > 1 ? n + 1 : 1] = NULL;
	return ret;
}

static char **attempt(const char *text, int start, int end)
{
	const char *const *word;
	size_t n;
	bool open;

	(void)text;
	word = complete_words(completer, rl_line_buffer, (size_t)start, (size_t)end, &n, &open);
	if (!word)
		return NULL;
	rl_attempted_completion_over = 1;
	if (open)
		rl_completion_append_character = '\0';
	return as_matches(word, n);
}

static void on_sigint(int sig)
{
	(void)sig;
	pressed = 1;
}

static void clear_line(void)
{
	pressed = 0;
	RL_UNSETSTATE(INNER_STATES); /* an abort may have left them */
	rl_free_line_state();
	rl_replace_line("", 0);
	rl_crlf();
	rl_on_new_line();
	rl_redisplay();
}

/* The next key, or what Ctrl-C means: inside a search or a question of readline's its own
 * abort key, so that readline comes back to the prompt, where the line is then cleared. */
static int next_key(FILE *f)
{
	unsigned char key;
	ssize_t n;

	for (;;) {
		if (pressed == 1 && RL_ISSTATE(INNER_STATES)) {
			pressed = 2;
			return ABORT_KEY;
		}
		if (pressed)
			clear_line();
		n = read(fileno(f), &key, 1);
		if (n == 1)
			return key;
		if (n == 0 || errno != EINTR)
			return EOF;
		rl_check_signals();
		if (!pressed)
			rl_forced_update_display(); /* back from Ctrl-Z, or a new width */
	}
}

static void set_up(struct completer *c)
{
	completer = c;
	rl_readline_name = "cairn";
	rl_attempted_completion_function = attempt;
	rl_completer_word_break_characters = (char *)" \t\n|>('\"&*";
	rl_completer_quote_characters = "";
	rl_getc_function = next_key;
	if (!isatty(STDOUT_FILENO))
		rl_outstream = stderr;
}

static void show_banner(struct runner *r)
{
	struct out o;

	out_init(&o, r->mode, STDOUT_FILENO);
	o.colour = r->colour_stdout;
	if (r->cairn)
		banner_show(r->cairn, &o);
	out_deinit(&o);
}

static void read_lines(struct runner *r, const char *history)
{
	bool more = true;
	char *line;

	while (more && (line = readline(PROMPT))) {
		history_keep(history, line);
		more = run_line(r, line);
		r->interrupted = false;
		free(line);
	}
	if (more)
		fputc('\n', rl_outstream ? rl_outstream : stdout);
}

void repl_run(struct runner *r)
{
	struct sigaction sa = { .sa_handler = on_sigint }, before;
	struct completer c = { .cairn = r->cairn };
	struct arena a = { 0 };
	const char *history = history_path(&a);

	show_banner(r);
	r->at_prompt = true;
	r->pager = pager_program();
	set_up(&c);
	history_load(history);
	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, &before);
	read_lines(r, history);
	sigaction(SIGINT, &before, NULL);
	fflush(rl_outstream ? rl_outstream : stdout);
	complete_deinit(&c);
	completer = NULL;
	arena_deinit(&a);
	r->status = STATUS_OK; /* the user has seen what went wrong */
}
