/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/err.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const fault_names[] = {
	[CAIRN_FAULT_NONE] = "none",
	[CAIRN_FAULT_EXCLUDED] = "excluded",
	[CAIRN_FAULT_ABSENT] = "absent",
	[CAIRN_FAULT_TRUNCATED] = "truncated",
	[CAIRN_FAULT_CORRUPT] = "corrupt",
	[CAIRN_FAULT_UNMAPPED] = "unmapped",
	[CAIRN_FAULT_NONCANONICAL] = "non-canonical",
	[CAIRN_FAULT_SWAPPED] = "swapped",
};

const char *cairn_fault_name(enum cairn_fault fault)
{
	if ((size_t)fault >= sizeof(fault_names) / sizeof(fault_names[0]))
		return "unknown";
	return fault_names[fault];
}

enum cairn_code cairn_fail(struct cairn_err *err, enum cairn_code code, const char *fmt, ...)
{
	struct cairn_err new = { .code = code };
	va_list ap;

	if (!err)
		return code;
	/* the arguments may point into the old text */
	va_start(ap, fmt);
	vsnprintf(new.text, sizeof(new.text), fmt, ap);
	va_end(ap);
	*err = new;
	return code;
}

enum cairn_code cairn_fail_read(struct cairn_err *err, enum cairn_fault fault, uint64_t addr,
				const char *what)
{
	if (!err)
		return CAIRN_FAULT;
	err->code = CAIRN_FAULT;
	err->fault = fault;
	err->addr = addr;
	snprintf(err->text, sizeof(err->text), "%s 0x%" PRIx64 ": %s", what, addr,
		 cairn_fault_name(fault));
	return CAIRN_FAULT;
}

enum cairn_code cairn_context(struct cairn_err *err, enum cairn_code code, const char *fmt, ...)
{
	char whole[sizeof(err->text)];
	va_list ap;
	int n;

	if (!err)
		return code;
	va_start(ap, fmt);
	n = vsnprintf(whole, sizeof(whole), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(whole))
		n = snprintf(whole + n, sizeof(whole) - (size_t)n, ": %s", err->text);
	if (n < 0)
		return err->code;
	memcpy(err->text, whole, sizeof(whole));
	return err->code;
}
