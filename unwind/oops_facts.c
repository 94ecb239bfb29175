/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <string.h>

#include "unwind/oops_priv.h"

struct reader {
	struct oops *o;
	struct arena *a;
};

static void set(struct reader *rd, const char **to, struct piece t)
{
	t = piece_trim(t);
	if (!*to && t.p && t.len)
		*to = arena_strndup(rd->a, t.p, t.len);
}

static void set_number(int64_t *to, struct piece t)
{
	uint64_t v;

	if (*to < 0 && piece_dec(piece_trim(t), &v) && v <= INT32_MAX)
		*to = (int64_t)v;
}

/* ---- who ---- */

/* "Tainted: G    OE    6.1.0 #1": the letters stand in columns, then the release; lower case is no
   flag's letter, digits are no letters */
static struct piece taint_of(struct piece t, struct piece *rest)
{
	size_t n = 0;

	while (n < t.len && (t.p[n] == ' ' || isupper((unsigned char)t.p[n])))
		n++;
	/* the release may begin with what looks like a letter: back to the blank before */
	while (n && n < t.len && t.p[n - 1] != ' ')
		n--;
	*rest = piece_trim(piece_drop(t, n));
	t.len = n;
	return piece_trim(t);
}

static void read_release(struct reader *rd, struct piece t)
{
	struct piece word = piece_until(piece_trim(t), " ");

	if (word.len && isdigit((unsigned char)*word.p))
		set(rd, &rd->o->release, word);
}

/* The letters without the columns' blanks; G says that all modules are under the GPL, no taint. */
static void set_taints(struct reader *rd, struct piece columns)
{
	char *to = arena_array(rd->a, columns.len + 1, 1);

	if (!to || rd->o->taints)
		return;
	rd->o->taints = to;
	for (size_t i = 0; i < columns.len; i++)
		if (columns.p[i] != ' ' && columns.p[i] != 'G')
			*to++ = columns.p[i];
	*to = '\0';
}

static void read_taint(struct reader *rd, struct piece line)
{
	struct piece t = piece_after(line, "Not tainted"), rest;

	if (t.p) {
		set_taints(rd, (struct piece){ NULL, 0 });
		read_release(rd, t);
		return;
	}
	t = piece_after(line, "Tainted: ");
	if (!t.p)
		return;
	set(rd, &rd->o->tainted, taint_of(t, &rest));
	set_taints(rd, taint_of(t, &rest));
	read_release(rd, rest);
}

static struct piece comm_of(struct piece line)
{
	struct piece t = piece_after(line, "Comm: ");
	static const char *const ends[] = { " Kdump: loaded", " Not tainted", " Tainted: " };

	for (size_t i = 0; t.p && i < 3; i++) {
		struct piece end = piece_after(t, ends[i]);

		if (end.p)
			return (struct piece){ t.p, (size_t)(end.p - strlen(ends[i]) - t.p) };
	}
	return t;
}

/* "CPU: 1 PID: 692 Comm: kwin_x11 Not tainted 5.19.0-rc7 #21"; "CPU: 0 UID: 0 PID: 178 Comm: ..." */
static void read_cpu_line(struct reader *rd, struct piece line)
{
	uint64_t pid;

	if (!piece_begins(line, "CPU: "))
		return;
	/* a task that hangs is on no CPU: where the watchdog ran */
	if (rd->o->pid < 0 || (piece_dec(piece_after(line, "PID: "), &pid) && (int64_t)pid == rd->o->pid))
		set_number(&rd->o->cpu, piece_after(line, "CPU: "));
	if (!piece_has(line, "PID: "))
		return;
	set_number(&rd->o->pid, piece_after(line, "PID: "));
	set(rd, &rd->o->comm, comm_of(line));
	read_taint(rd, line);
}

/* i386 and ARM before 3.x, ARM now: "Process kwin_x11 (pid: 692, stack limit = 0x976e11bf)" */
static void read_process(struct reader *rd, struct piece line)
{
	struct piece t = piece_after(line, "Process "), pid = piece_after(line, " (pid: ");

	if (!piece_begins(line, "Process ") || !pid.p)
		return;
	set_number(&rd->o->pid, pid);
	set(rd, &rd->o->comm, (struct piece){ t.p, (size_t)(pid.p - 7 - t.p) });
}

/* "INFO: task kworker/0:1:14 blocked for more than 120 seconds." */
static void read_hung(struct reader *rd, struct piece words)
{
	struct piece t = piece_after(words, "INFO: task "), colon;
	size_t n;

	if (!t.p || !piece_has(t, " blocked "))
		return;
	n = t.len - piece_after(t, " blocked ").len - strlen(" blocked ");
	t.len = n;
	for (n = t.len; n && t.p[n - 1] != ':'; n--)
		;
	if (!n)
		return;
	colon = piece_drop(t, n);
	set_number(&rd->o->pid, colon);
	set(rd, &rd->o->comm, (struct piece){ t.p, n - 1 });
}

/* "mce: [Hardware Error]: CPU 0: Machine Check Exception: 4 Bank 1: b200000000000134" */
static void read_mce(struct reader *rd, struct piece words)
{
	struct piece t = piece_after(words, "[Hardware Error]: CPU ");

	if (t.p)
		set_number(&rd->o->cpu, t);
}

/* "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [comm:123]" */
static void read_lockup(struct reader *rd, struct piece words)
{
	struct piece t = piece_after(words, "CPU#");

	if (t.p && piece_has(words, "lockup"))
		set_number(&rd->o->cpu, t);
}

/* ---- where ---- */

/* "file.c:123" and nothing of the path's but what paths are made of */
static bool read_place(struct reader *rd, struct piece t)
{
	struct piece file = piece_until(piece_trim(t), ": !\t");
	uint64_t line;

	if (rd->o->file || file.len < 3 || !memchr(file.p, '.', file.len) ||
	    !piece_begins(piece_drop(piece_trim(t), file.len), ":") ||
	    !piece_dec(piece_drop(piece_trim(t), file.len + 1), &line))
		return false;
	rd->o->file = arena_strndup(rd->a, file.p, file.len);
	rd->o->line = line;
	return true;
}

/* "WARNING: [x > 3] fs/a.c:10 at ...": behind the condition, which may have brackets of its own */
static bool place_behind_condition(struct reader *rd, struct piece words)
{
	struct piece t = words;

	while (piece_begins(words, "WARNING: [") && (t = piece_after(t, "] ")).p)
		if (read_place(rd, t))
			return true;
	return false;
}

static void place_of(struct reader *rd, const struct oops_said *said)
{
	static const char *const before[] = { "kernel BUG at ", "WARNING: ", " at ", " in ",
					      "invalid context at " };

	if (place_behind_condition(rd, said->words))
		return;
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		struct piece t = said->words;

		while ((t = piece_after(t, before[i])).p)
			if (read_place(rd, t))
				return;
	}
}

/* "WARNING: suspicious RCU usage" and, two lines on, "net/core/foo.c:123 suspicious ..." */
static void rcu_place(struct reader *rd, const struct oops_report *r)
{
	if (!rd->o->file && piece_has(r->said[0].words, "suspicious RCU usage"))
		for (size_t i = 1; i < r->n && i < 6; i++)
			if (read_place(rd, r->row[i].text))
				return;
}

/* ---- registers ---- */

static bool is_reg_name(struct piece t)
{
	if (!t.len || t.len > 8 || !isalpha((unsigned char)*t.p))
		return false;
	for (size_t i = 0; i < t.len; i++)
		if (!isalnum((unsigned char)t.p[i]) && t.p[i] != '_')
			return false;
	return true;
}

/* "0018:ffffd1b000003d78", "[<c0747314>]", "0000000000000001"; how long it is, 0: no value */
static size_t reg_value(struct piece t, uint64_t *ret)
{
	size_t lead = piece_begins(t, "[<") ? 2 : 0, n = piece_hex(piece_drop(t, lead), ret);

	if (n == 4 && piece_begins(piece_drop(t, lead + n), ":")) {
		lead += n + 1;
		n = piece_hex(piece_drop(t, lead), ret);
	}
	return n == 8 || n == 16 ? lead + n + (piece_begins(t, "[<") ? 2 : 0) : 0;
}

static bool has_reg(const struct oops *o, const char *name)
{
	for (size_t i = 0; i < o->nregs; i++)
		if (!strcmp(o->reg[i].name, name))
			return true;
	return false;
}

static void add_reg(struct reader *rd, struct piece name, uint64_t value)
{
	struct oops *o = rd->o;
	char *copy;

	if (o->nregs == OOPS_REGS)
		return;
	copy = arena_strndup(rd->a, name.p, name.len);
	if (!copy)
		return;
	for (char *p = copy; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	if (!has_reg(o, copy))
		o->reg[o->nregs++] = (struct oops_reg){ copy, value };
}

/* "RAX: 0000000000000001 RBX: ...", "r10: c1062588  r9 : 00000023", "x29: ffff8000083fb920 x28: ..." */
static void read_regs(struct reader *rd, struct piece line)
{
	struct piece t = piece_trim(line);

	while (t.len) {
		struct piece name = piece_until(t, ": "), rest = piece_trim(piece_drop(t, name.len));
		uint64_t value;
		size_t n;

		if (!is_reg_name(name) || !piece_begins(rest, ":"))
			return;
		rest = piece_trim(piece_drop(rest, 1));
		n = reg_value(rest, &value);
		if (n)
			add_reg(rd, name, value);
		else if (!piece_hex(rest, &value))
			return;
		t = piece_trim(piece_drop(rest, n ? n : piece_until(rest, " ").len));
		/* "GS:ffff88b0c7200000(0000)" */
		if (t.len && *t.p == '(')
			t = piece_trim(piece_drop(t, piece_until(t, " ").len));
	}
}

/* Those of the first set: the report's own, not those on its stacks. */
static void registers(struct reader *rd, const struct oops_report *r)
{
	bool seen = false;

	for (size_t i = 0; i < r->n; i++) {
		const struct oops_row *row = &r->row[i];

		/* "c8b0: 00000000 ..." of a stack's words looks like a register */
		if (row->what == OOPS_FRAME || row->what == OOPS_START ||
		    piece_begins(row->text, "Stack: ("))
			return;
		if (row->what == OOPS_REGS_AT && !row->user)
			seen = true;
		if (seen || piece_begins(row->text, "sp : "))
			read_regs(rd, row->text);
		if (seen && !rd->o->code && piece_begins(row->text, "Code: "))
			set(rd, &rd->o->code, piece_drop(row->text, 6));
	}
}

/* ARM and arm64 print the code last. */
static void code_behind(struct reader *rd, const struct oops_report *r)
{
	for (size_t i = 0; i < r->n && !rd->o->code; i++)
		if (piece_begins(r->row[i].text, "Code: ") && memchr(r->row[i].text.p, '(',
								    r->row[i].text.len))
			set(rd, &rd->o->code, piece_drop(r->row[i].text, 6));
}

/* ---- the machine ---- */

/* What only one machine's reports have. */
static const struct {
	const char *arch, *begins, *has;
} signs[] = {
	{ "x86_64", "RIP: ", "" },          { "i386", "EIP: ", "" },
	{ "arm64", "pstate: ", "" },        { "arm64", "pc : ", "+0x" },
	{ "arm", "PC is at ", "" },         { "arm", "pc : [<", "psr: " },
	{ "arm", "Internal error: ", " ARM" },
	{ "x86_64", "", "entry_SYSCALL_64" }, { "x86_64", "", "do_syscall_64+" },
	{ "x86_64", "", "asm_exc_" },       { "x86_64", "", "x86_64_start" },
	{ "i386", "", "entry_SYSENTER_32" }, { "i386", "", "entry_INT80_32" },
	{ "arm64", "", "el0t_64_sync" },    { "arm64", "", "el0_svc" },
	{ "arm64", "", "el1h_64_" },        { "arm", "", "ret_fast_syscall" },
	{ "arm", "", "Exception stack(0x" }, { "arm", "", "unwind_backtrace" },
	{ "riscv", "epc : ", "" },          { "powerpc", "NIP", "" },
};

static void machine(struct reader *rd, const struct oops_report *r)
{
	for (size_t s = 0; s < sizeof(signs) / sizeof(signs[0]); s++)
		for (size_t i = 0; i < r->n; i++)
			if (piece_begins(r->row[i].text, signs[s].begins) &&
			    piece_has(r->row[i].text, signs[s].has)) {
				rd->o->arch = signs[s].arch;
				return;
			}
}

/* A mail broke the line before the release. */
static void broken_release(struct reader *rd, const struct oops_report *r)
{
	for (size_t i = 0; i + 1 < r->n && !rd->o->release; i++)
		if (piece_begins(r->row[i].text, "CPU: "))
			read_release(rd, r->row[i + 1].text);
}

/* "Task dump for CPU 0:", where nothing interrupts a CPU that is stuck (kernel/rcu/tree_stall.h);
 * "NMI watchdog: Watchdog detected hard LOCKUP on cpu 1" (kernel/watchdog.c). */
static void read_stuck(struct reader *rd, struct piece t)
{
	struct piece cpu = piece_after(t, "Task dump for CPU ");

	if (!cpu.p)
		cpu = piece_after(t, "hard LOCKUP on cpu ");
	if (cpu.p && rd->o->stuck < 0)
		set_number(&rd->o->stuck, cpu);
}

static void read_line(struct reader *rd, const struct oops_row *row)
{
	struct piece t = row->text;

	read_stuck(rd, t);
	read_cpu_line(rd, t);
	read_process(rd, t);
	if (piece_begins(t, "Hardware name: "))
		set(rd, &rd->o->hardware, piece_drop(t, 15));
	if (piece_begins(t, "Workqueue: "))
		set(rd, &rd->o->workqueue, piece_drop(t, 11));
	if (row->what == OOPS_MODULES)
		set(rd, &rd->o->modules, piece_after(t, "linked in:"));
}

void oops_facts(struct oops *o, const struct oops_report *r, struct arena *a)
{
	struct reader rd = { o, a };

	o->cpu = o->pid = o->stuck = -1;
	for (size_t i = 0; i < r->nsaid; i++) {
		read_hung(&rd, r->said[i].words);
		read_lockup(&rd, r->said[i].words);
		read_mce(&rd, r->said[i].words);
		read_stuck(&rd, r->said[i].words);
		place_of(&rd, &r->said[i]);
	}
	rcu_place(&rd, r);
	for (size_t i = 0; i < r->n; i++)
		read_line(&rd, &r->row[i]);
	broken_release(&rd, r);
	registers(&rd, r);
	code_behind(&rd, r);
	machine(&rd, r);
	if (o->pid < 0 && r->by.by == 'T')
		o->pid = r->by.caller;
	if (o->cpu < 0 && r->by.by == 'C')
		o->cpu = r->by.caller;
}
