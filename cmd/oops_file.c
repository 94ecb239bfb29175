/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/oops_file.h"

#include "cmd/textfile.h"

enum cairn_code oops_file_read(struct str *ret, bool *cut, bool *dump, const char *path,
			       struct cairn_err *err)
{
	struct textfile f;
	enum cairn_code code = textfile_open(&f, path, err);
	bool more = true;

	*cut = false;
	if (dump)
		*dump = false;
	if (code)
		return code;
	while (!code && more && ret->len <= OOPS_FILE_MAX)
		code = textfile_more(&f, ret, &more, err);
	*cut = textfile_is_cut(&f) || ret->len > OOPS_FILE_MAX;
	if (ret->len > OOPS_FILE_MAX) {
		ret->len = OOPS_FILE_MAX;
		ret->buf[ret->len] = '\0';
	}
	if (dump)
		*dump = f.dump;
	textfile_close(&f);
	return code;
}
