/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/kallsyms_index.h"

#include <string.h>

#include "lib/base/cursor.h"

void kallsyms_parts(const struct kallsyms *k, struct kallsyms_head *head,
		    struct index_part part[INDEX_SECTIONS])
{
	*head = (struct kallsyms_head){
		.n = k->n, .names_len = k->names_len, .tokens_len = k->tokens_len,
		.encoding = k->encoding,
	};
	part[INDEX_SYM_HEAD] = (struct index_part){ head, sizeof(*head) };
	part[INDEX_SYM_NAMES] = (struct index_part){ k->names, k->names_len };
	part[INDEX_SYM_TOKENS] = (struct index_part){ k->tokens, k->tokens_len };
	part[INDEX_SYM_TOKEN_INDEX] = (struct index_part){ k->token_index, 512 };
	part[INDEX_SYM_START] = (struct index_part){ k->start, (size_t)k->n * 4 };
	part[INDEX_SYM_REL] = (struct index_part){ k->rel, (size_t)k->n * 4 };
	part[INDEX_SYM_ABSOLUTE] = (struct index_part){ k->absolute, k->n / 8 + 1 };
	part[INDEX_SYM_BY_NAME] = (struct index_part){ k->by_name.block, k->by_name.size };
}

static const void *section(struct index *idx, enum index_section id, size_t want)
{
	size_t len;
	const void *p = index_get(idx, id, &len);

	return p && len == want ? p : NULL;
}

static bool take(struct kallsyms *k, struct index *idx, const struct kallsyms_head *h)
{
	const void *by_name;
	size_t len;

	k->n = h->n;
	k->names_len = h->names_len;
	k->tokens_len = h->tokens_len;
	k->encoding = h->encoding;
	k->names = section(idx, INDEX_SYM_NAMES, h->names_len);
	k->tokens = section(idx, INDEX_SYM_TOKENS, h->tokens_len);
	k->token_index = section(idx, INDEX_SYM_TOKEN_INDEX, 512);
	k->start = section(idx, INDEX_SYM_START, (size_t)h->n * 4);
	k->rel = section(idx, INDEX_SYM_REL, (size_t)h->n * 4);
	k->absolute = section(idx, INDEX_SYM_ABSOLUTE, h->n / 8 + 1);
	by_name = index_get(idx, INDEX_SYM_BY_NAME, &len);
	return k->names && k->tokens && k->token_index && k->start && k->rel && k->absolute &&
	       h->n && by_name && nameindex_take(&k->by_name, by_name, len);
}

/* Whether the dump has other bytes there. What cannot be read does not contradict. */
static bool differs(struct space *kernel, uint64_t va, const void *have, size_t len)
{
	unsigned char buf[512];

	if (len > sizeof(buf))
		len = sizeof(buf);
	return space_read(kernel, va, buf, len, NULL) == CAIRN_OK && memcmp(buf, have, len);
}

/* Without exports (before 6.0) the tables' places are not known without the search that
 * the index is there to save; then the build-id alone vouches. */
static bool same_kernel(const struct kallsyms *k, struct space *kernel, const struct vmcoreinfo *v)
{
	uint64_t names, num, index;

	if (!vmcoreinfo_symbol(v, "kallsyms_names", &names) ||
	    !vmcoreinfo_symbol(v, "kallsyms_num_syms", &num) ||
	    !vmcoreinfo_symbol(v, "kallsyms_token_index", &index))
		return true;
	return !differs(kernel, num, &k->n, sizeof(k->n)) &&
	       !differs(kernel, index, k->token_index, 512) &&
	       !differs(kernel, names, k->names, k->names_len);
}

enum cairn_code kallsyms_from_index(struct kallsyms *ret, struct index *idx, struct space *kernel,
				    const struct vmcoreinfo *v, struct arena *arena,
				    struct cairn_err *err)
{
	const struct kallsyms_head *h = section(idx, INDEX_SYM_HEAD, sizeof(*h));
	enum cairn_code code;

	*ret = (struct kallsyms){ .arena = arena };
	if (!vmcoreinfo_symbol(v, "_stext", &ret->base))
		return cairn_fail(err, CAIRN_MISSING, "VMCOREINFO has no SYMBOL(_stext)");
	if (!h || !take(ret, idx, h))
		return cairn_fail(err, CAIRN_NOTFOUND, "the index has no symbols");
	code = kallsyms_tokens(ret, arena, err);
	if (code != CAIRN_OK)
		return code;
	if (!same_kernel(ret, kernel, v))
		return cairn_fail(err, CAIRN_CORRUPT, "the index is of another kernel");
	return CAIRN_OK;
}
