/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/kern/log_ring.h"

#define LEVEL_SHIFT 5 /* struct printk_info: u8 flags:5, level:3 */
#define LEVEL_BITS 3

enum what { OFFSET, SIZE, LENGTH };

/* One field of the layout: by the path of a member and by VMCOREINFO. There an offset is
   the sum of that of a struct in its parent and that of the member in the struct. */
struct field {
	size_t at;
	enum what what;
	bool optional;
	const char *type, *path;
	const char *outer, *inner;
};

#define AT(field) offsetof(struct log_layout, field)
#define RING "struct printk_ringbuffer"
#define DESC "struct prb_desc"
#define INFO "struct printk_info"

static const struct field fields[] = {
	{ AT(ring_size), SIZE, false, RING, NULL, NULL, "printk_ringbuffer" },
	{ AT(count_bits), OFFSET, false, RING, "desc_ring.count_bits",
	  "printk_ringbuffer.desc_ring", "prb_desc_ring.count_bits" },
	{ AT(descs), OFFSET, false, RING, "desc_ring.descs",
	  "printk_ringbuffer.desc_ring", "prb_desc_ring.descs" },
	{ AT(infos), OFFSET, false, RING, "desc_ring.infos",
	  "printk_ringbuffer.desc_ring", "prb_desc_ring.infos" },
	{ AT(head_id), OFFSET, false, RING, "desc_ring.head_id",
	  "printk_ringbuffer.desc_ring", "prb_desc_ring.head_id" },
	{ AT(tail_id), OFFSET, false, RING, "desc_ring.tail_id",
	  "printk_ringbuffer.desc_ring", "prb_desc_ring.tail_id" },
	{ AT(size_bits), OFFSET, false, RING, "text_data_ring.size_bits",
	  "printk_ringbuffer.text_data_ring", "prb_data_ring.size_bits" },
	{ AT(data), OFFSET, false, RING, "text_data_ring.data",
	  "printk_ringbuffer.text_data_ring", "prb_data_ring.data" },
	{ AT(head_lpos), OFFSET, false, RING, "text_data_ring.head_lpos",
	  "printk_ringbuffer.text_data_ring", "prb_data_ring.head_lpos" },
	{ AT(tail_lpos), OFFSET, false, RING, "text_data_ring.tail_lpos",
	  "printk_ringbuffer.text_data_ring", "prb_data_ring.tail_lpos" },
	{ AT(desc_size), SIZE, false, DESC, NULL, NULL, "prb_desc" },
	{ AT(state_var), OFFSET, false, DESC, "state_var", NULL, "prb_desc.state_var" },
	{ AT(begin), OFFSET, false, DESC, "text_blk_lpos.begin",
	  "prb_desc.text_blk_lpos", "prb_data_blk_lpos.begin" },
	{ AT(next), OFFSET, false, DESC, "text_blk_lpos.next",
	  "prb_desc.text_blk_lpos", "prb_data_blk_lpos.next" },
	{ AT(info_size), SIZE, false, INFO, NULL, NULL, "printk_info" },
	{ AT(seq), OFFSET, false, INFO, "seq", NULL, "printk_info.seq" },
	{ AT(ts_nsec), OFFSET, false, INFO, "ts_nsec", NULL, "printk_info.ts_nsec" },
	{ AT(text_len), OFFSET, false, INFO, "text_len", NULL, "printk_info.text_len" },
	{ AT(caller_id), OFFSET, false, INFO, "caller_id", NULL, "printk_info.caller_id" },
	{ AT(subsystem), OFFSET, true, INFO, "dev_info.subsystem",
	  "printk_info.dev_info", "dev_printk_info.subsystem" },
	{ AT(subsystem_len), LENGTH, true, INFO, "dev_info.subsystem",
	  NULL, "printk_info_subsystem" },
	{ AT(device), OFFSET, true, INFO, "dev_info.device",
	  "printk_info.dev_info", "dev_printk_info.device" },
	{ AT(device_len), LENGTH, true, INFO, "dev_info.device", NULL, "printk_info_device" },
};

static const char *const words[] = { [OFFSET] = "OFFSET", [SIZE] = "SIZE", [LENGTH] = "LENGTH" };

static void set(struct log_layout *l, const struct field *f, uint32_t value)
{
	*(uint32_t *)((char *)l + f->at) = value;
}

static bool number(const struct vmcoreinfo *v, enum what what, const char *name, uint32_t *ret)
{
	char key[80], buf[24], *end;
	unsigned long n;

	snprintf(key, sizeof(key), "%s(%s)", words[what], name);
	if (!vmcoreinfo_get(v, key, buf, sizeof(buf)))
		return false;
	n = strtoul(buf, &end, 10);
	*ret = (uint32_t)n;
	return end != buf && !*end && n < 1u << 16;
}

enum cairn_code log_layout_vmcoreinfo(struct log_layout *ret, const struct vmcoreinfo *v,
				      uint8_t word, struct cairn_err *err)
{
	*ret = (struct log_layout){ .word = word };
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct field *f = &fields[i];
		uint32_t outer = 0, inner = 0;

		if ((f->outer && !number(v, f->what, f->outer, &outer)) ||
		    !number(v, f->what, f->inner, &inner)) {
			if (f->optional)
				continue;
			return cairn_fail(err, CAIRN_MISSING, "VMCOREINFO has no %s(%s)",
					  words[f->what], f->inner);
		}
		set(ret, f, outer + inner);
	}
	/* VMCOREINFO does not name them: they fill the gap, since 5.10 */
	ret->facility = ret->text_len + 2;
	ret->has_level = ret->caller_id == ret->text_len + 4;
	return CAIRN_OK;
}

static bool level_is_after(const struct type *info, uint32_t facility)
{
	struct member m;

	return type_member(info, "level", &m) && m.bit_size == LEVEL_BITS &&
	       m.offset * 8 + m.bit_shift == (facility + 1) * 8 + LEVEL_SHIFT;
}

enum cairn_code log_layout_types(struct log_layout *ret, struct types *ts, uint8_t word,
				 struct cairn_err *err)
{
	const struct type *t = NULL;
	struct member m;

	*ret = (struct log_layout){ .word = word };
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct field *f = &fields[i];

		t = type_find(ts, f->type, err);
		if (!t)
			return CAIRN_MISSING;
		t = type_strip(t);
		if (f->what == SIZE)
			set(ret, f, (uint32_t)t->size);
		else if (type_member(t, f->path, &m))
			set(ret, f, f->what == OFFSET ? m.offset : m.size);
		else if (!f->optional)
			return cairn_fail(err, CAIRN_MISSING, "%s has no member %s", f->type,
					  f->path);
	}
	/* the last rows are of printk_info */
	ret->has_level = type_member(t, "facility", &m) && level_is_after(t, m.offset);
	ret->facility = ret->has_level ? m.offset : 0;
	return CAIRN_OK;
}
