/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/oops_frame.h"

#include <ctype.h>
#include <string.h>

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '$' || c == ':';
}

/* A name as symbols have it; len 0: none. Rust's "<core::Foo as Bar>::baz" and "_RNv.." too. */
static struct piece read_name(struct piece t)
{
	size_t n = 0, depth = 0;

	if (!t.len || isdigit((unsigned char)*t.p))
		return (struct piece){ t.p, 0 };
	for (; n < t.len && n < 512; n++) {
		if (t.p[n] == '<')
			depth++;
		else if (t.p[n] == '>' && depth)
			depth--;
		else if (!is_name(t.p[n]) && !depth)
			break;
	}
	return depth ? (struct piece){ t.p, 0 } : (struct piece){ t.p, n };
}

/* " [mod]", " [mod 0123abcd]"; not "[inline]" */
static struct piece read_module(struct piece *rest)
{
	struct piece t = piece_trim(*rest), name;

	if (!t.len || *t.p != '[')
		return (struct piece){ NULL, 0 };
	name = piece_until(piece_drop(t, 1), "] ");
	if (!name.len || (name.len == 6 && !memcmp(name.p, "inline", 6)))
		return (struct piece){ NULL, 0 };
	t = piece_after(t, "]");
	if (!t.p)
		return (struct piece){ NULL, 0 };
	*rest = t;
	return name;
}

/* " net/core/dev.c:123" */
static void read_file(struct piece rest, struct oops_place *ret)
{
	struct piece t = piece_until(piece_trim(rest), " ("), file = piece_until(t, ":");

	if (file.len < 3 || file.p[file.len - 2] != '.' || !memchr("chS", file.p[file.len - 1], 3))
		return;
	if (piece_dec(piece_drop(t, file.len + 1), &ret->line))
		ret->file = file;
}

static bool is_module(struct piece t)
{
	size_t n = 0;

	while (n < t.len && (isalnum((unsigned char)t.p[n]) || t.p[n] == '_' || t.p[n] == '-'))
		n++;
	return n && n == t.len && n < 64;
}

/* " (drivers/foo.c:12)", " (a.h:1 b.c:2 (discriminator 3)) mod" and no more, behind a name: an offset
 * that scripts/decode_stacktrace.sh took for a place */
static bool read_decoded(struct piece t, struct oops_place *ret)
{
	const char *close = t.len ? memrchr(t.p, ')', t.len) : NULL;
	struct piece in = piece_drop(t, 2), rest;

	if (!close || !piece_begins(t, " ("))
		return false;
	rest = piece_drop(t, (size_t)(close - t.p) + 1);
	in.len -= in.len < rest.len + 1 ? in.len : rest.len + 1;
	read_file(in, ret);
	if (!ret->file.p && !piece_begins(in, "??:"))
		return false;
	ret->module = read_module(&rest);
	rest = piece_trim(rest);
	if (!ret->module.p && is_module(rest)) {
		ret->module = rest;
		rest.len = 0;
	}
	return !rest.len;
}

static bool read_bare_pc(struct piece text, struct oops_place *ret)
{
	if (!piece_begins(text, "0x") || !piece_hex(piece_drop(text, 2), &ret->pc))
		return false;
	ret->has_pc = true;
	return true;
}

bool oops_place_read(struct piece text, struct oops_place *ret)
{
	struct piece name = read_name(text), t = piece_drop(text, name.len);
	size_t n;

	if (!name.len)
		return read_bare_pc(text, ret);
	if (!piece_begins(t, "+0x")) {
		if (!read_decoded(t, ret))
			return false;
		ret->function = name;
		return true;
	}
	t = piece_drop(t, 3);
	n = piece_hex(t, &ret->offset);
	if (!n)
		return false;
	ret->function = name;
	ret->has_offset = true;
	t = piece_drop(t, n);
	if (piece_begins(t, "/0x"))
		t = piece_drop(t, 3 + piece_hex(piece_drop(t, 3), &ret->size));
	ret->module = read_module(&t);
	read_file(t, ret);
	return true;
}

/* "[<ffffffff81000000>] ", "[c000000000001234] ": false, and *t as it was, if there is none */
static bool read_pc(struct piece *t, struct oops_place *ret)
{
	struct piece p = *t;
	bool angle;
	size_t n;

	if (!p.len || *p.p != '[')
		return false;
	p = piece_drop(p, 1);
	angle = p.len && *p.p == '<';
	p = piece_drop(p, angle);
	if (piece_begins(p, "0x"))
		p = piece_drop(p, 2);
	n = piece_hex(p, &ret->pc);
	p = piece_drop(p, n);
	if (!n || !piece_begins(p, angle ? ">]" : "]"))
		return false;
	ret->has_pc = ret->pc != 0;
	*t = piece_drop(p, angle ? 2 : 1);
	return true;
}

static struct piece skip_blanks(struct piece t)
{
	while (t.len && (*t.p == ' ' || *t.p == '\t'))
		t = piece_drop(t, 1);
	return t;
}

/* "[<pc>] (foo) from [<pc>] (bar+0x1/0x2)", t being behind the first pc */
static unsigned old_arm(struct piece t, struct oops_place ret[2])
{
	struct piece name = read_name(piece_drop(t, 1)), from = piece_after(t, ") from ");
	struct oops_place caller = { 0 };

	if (!name.len || !from.p)
		return 0;
	read_pc(&from, &caller);
	from = skip_blanks(from);
	if (!from.len || *from.p != '(' || !oops_place_read(piece_drop(from, 1), &caller))
		return 0;
	ret[0].function = name;
	ret[0].has_offset = false;
	ret[1] = caller;
	return 2;
}

/* "foo from bar+0x1/0x2", "foo [mod] from bar+0x1/0x2 [mod]" */
static unsigned new_arm(struct piece t, struct oops_place ret[2])
{
	struct piece name = read_name(t), from = piece_drop(t, name.len);
	struct oops_place caller = { 0 };

	if (!name.len)
		return 0;
	ret[0].module = read_module(&from);
	from = skip_blanks(from);
	if (!piece_begins(from, "from ") || !oops_place_read(piece_drop(from, 5), &caller))
		return 0;
	ret[0].function = name;
	ret[0].has_offset = false;
	ret[1] = caller;
	return 2;
}

/* Behind a frame stands nothing but its module, file and such: prose is no frame. */
static bool is_prose(struct piece line, const struct oops_place *p)
{
	return !p->function.p && line.len > 48;
}

unsigned oops_frames(struct piece line, struct oops_place ret[2])
{
	struct piece t = skip_blanks(line);
	unsigned n;

	memset(ret, 0, 2 * sizeof(*ret));
	for (int i = 0; i < 2 && read_pc(&t, &ret[0]); i++)
		t = skip_blanks(t);
	if (piece_begins(t, "? ")) {
		ret[0].guess = true;
		t = skip_blanks(piece_drop(t, 2));
	}
	if (t.len && *t.p == '(') {
		n = old_arm(t, ret);
		if (n)
			return n;
		t = piece_drop(t, 1);
	}
	n = new_arm(t, ret);
	if (n)
		return n;
	if (!oops_place_read(t, &ret[0]) || is_prose(line, &ret[0]))
		return 0;
	ret[0].guess |= piece_has(t, "(unreliable)");
	/* a bare address counts in a trace only, where it is indented */
	return ret[0].function.p || (line.p != t.p && line.len < 40);
}

/* "0010:", "00000010:" before the place; 3 in the lowest bits is user mode's privilege */
static struct piece skip_selector(struct piece t, bool *user)
{
	uint64_t sel;
	size_t n = piece_hex(t, &sel);

	if (!n || n > 8 || n == t.len || t.p[n] != ':')
		return t;
	*user = (sel & 3) == 3;
	return skip_blanks(piece_drop(t, n + 1));
}

/* "(null)", "          (null)": an address of 0 as older kernels print it */
static bool read_null(struct piece t, struct oops_place *ret)
{
	if (!piece_begins(skip_blanks(t), "(null)"))
		return false;
	ret->has_pc = true;
	ret->pc = 0;
	return true;
}

bool oops_frame_of_regs(struct piece line, struct oops_place *ret, bool *user)
{
	static const char *const heads[] = { "RIP: ", "EIP: ", "IP: ", "EIP is at ", "RIP is at ",
					     "PC is at ", "pc : ", "NIP: ", "NIP ", "epc : ", "pc = " };
	struct piece t = skip_blanks(line);
	size_t i, n = sizeof(heads) / sizeof(heads[0]);

	*user = false;
	memset(ret, 0, sizeof(*ret));
	for (i = 0; i < n && !piece_begins(t, heads[i]); i++)
		;
	if (i == n)
		return piece_begins(t, "--- interrupt: ") &&
		       oops_place_read(piece_after(t, " at "), ret);
	t = skip_selector(skip_blanks(piece_drop(t, strlen(heads[i]))), user);
	for (i = 0; i < 2 && read_pc(&t, ret); i++)
		t = skip_blanks(t);
	if (oops_place_read(t, ret) || read_null(t, ret))
		return true;
	return ret->has_pc && !t.len;
}
