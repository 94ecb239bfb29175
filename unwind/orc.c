/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/orc.h"

#include <string.h>

#include "lib/base/cursor.h"

#define NREGS 16

/* Register numbers of V1 to V3. */
static const uint8_t regs_old[NREGS] = {
	[0] = ORC_REG_UNDEFINED, [1] = ORC_REG_PREV_SP, [2] = ORC_REG_DX, [3] = ORC_REG_DI,
	[4] = ORC_REG_BP, [5] = ORC_REG_SP, [6] = ORC_REG_R10, [7] = ORC_REG_R13,
	[8] = ORC_REG_BP_INDIRECT, [9] = ORC_REG_SP_INDIRECT, [10] = ORC_REG_BAD,
	[11] = ORC_REG_BAD, [12] = ORC_REG_BAD, [13] = ORC_REG_BAD, [14] = ORC_REG_BAD,
	[15] = ORC_REG_BAD,
};

static const uint8_t regs_v4[NREGS] = {
	[0] = ORC_REG_UNDEFINED, [1] = ORC_REG_AX, [2] = ORC_REG_DX, [3] = ORC_REG_SP,
	[4] = ORC_REG_BP, [5] = ORC_REG_DI, [6] = ORC_REG_R10, [7] = ORC_REG_R13,
	[8] = ORC_REG_PREV_SP, [9] = ORC_REG_SP_INDIRECT, [10] = ORC_REG_BP_INDIRECT,
	[11] = ORC_REG_BAD, [12] = ORC_REG_BAD, [13] = ORC_REG_BAD, [14] = ORC_REG_BAD,
	[15] = ORC_REG_BAD,
};

static uint8_t reg(enum orc_version v, unsigned number)
{
	if (v == ORC_V3_AX && number == 10)
		return ORC_REG_AX;
	return v == ORC_V4 ? regs_v4[number] : regs_old[number];
}

/* V1 and V2: CALL 0, REGS 1, REGS_PARTIAL 2; no base register means undefined, or with the
 * end bit the end of the stack. */
static void decode_old_type(struct orc_row *row, unsigned flags, unsigned end_bit)
{
	static const uint8_t kinds[4] = { ORC_TYPE_CALL, ORC_TYPE_REGS, ORC_TYPE_REGS_PARTIAL,
					  ORC_TYPE_BAD };

	row->type = kinds[(flags >> 8) & 3];
	if (row->sp_reg == ORC_REG_UNDEFINED)
		row->type = flags & 1u << end_bit ? ORC_TYPE_END_OF_STACK : ORC_TYPE_UNDEFINED;
}

struct orc_row orc_decode(enum orc_version v, const unsigned char entry[ORC_ENTRY_SIZE])
{
	unsigned flags = le16(entry + 4), type = (flags >> 8) & 7;
	struct orc_row row = {
		.sp_offset = (int16_t)le16(entry),
		.bp_offset = (int16_t)le16(entry + 2),
		.sp_reg = reg(v, flags & 15),
		.bp_reg = reg(v, (flags >> 4) & 15),
	};

	switch (v) {
	case ORC_NONE:
		row.type = ORC_TYPE_BAD;
		break;
	case ORC_V1:
		decode_old_type(&row, flags, 10);
		row.signal = row.type == ORC_TYPE_REGS || row.type == ORC_TYPE_REGS_PARTIAL;
		break;
	case ORC_V2:
		decode_old_type(&row, flags, 11);
		row.signal = flags & 1u << 10;
		break;
	default:
		row.type = type < ORC_TYPE_BAD ? (uint8_t)type : (uint8_t)ORC_TYPE_BAD;
		row.signal = flags & 1u << 11;
	}
	return row;
}

enum orc_version orc_version_by_hash(const unsigned char hash[ORC_HASH_SIZE])
{
	static const struct {
		unsigned char hash[ORC_HASH_SIZE];
		enum orc_version version;
	} known[] = {
		{ { 0xdb, 0x84, 0xae, 0xd4, 0x10, 0x3b, 0x31, 0xdd, 0x51, 0xe0, 0x17, 0xf8, 0xf7,
		    0x97, 0x83, 0xca, 0x98, 0x5c, 0x2c, 0x51 }, ORC_V2 },
		{ { 0xfe, 0x5d, 0x32, 0xbf, 0x58, 0x1b, 0xd6, 0x3b, 0x2c, 0xa9, 0xa5, 0xc6, 0x5b,
		    0xa5, 0xa6, 0x25, 0xea, 0xb3, 0xfe, 0x24 }, ORC_V3 },
		{ { 0xed, 0xfa, 0x4d, 0x15, 0x55, 0x2f, 0xdd, 0x2e, 0x1d, 0x56, 0x67, 0x97, 0x28,
		    0x41, 0x63, 0x79, 0xf2, 0xfe, 0x45, 0x34 }, ORC_V3_AX },
		{ { 0x13, 0x7c, 0x36, 0xad, 0x76, 0x27, 0xc4, 0xdd, 0x55, 0x93, 0x21, 0x76, 0xbb,
		    0x0e, 0xcb, 0xdd, 0x50, 0x41, 0xfc, 0x82 }, ORC_V4 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!memcmp(known[i].hash, hash, ORC_HASH_SIZE))
			return known[i].version;
	return ORC_NONE;
}

enum orc_version orc_version_by_sample(const unsigned char *entries, size_t n)
{
	size_t v1 = 0, v3 = 0, v4 = 0;

	for (size_t i = 0; i < n; i++) {
		switch (le16(entries + i * ORC_ENTRY_SIZE + 4) & 0x70f) {
		case 0x005: v1++; break; /* type 0, register 5 */
		case 0x205: v3++; break; /* type 2, register 5 */
		case 0x203: v4++; break; /* type 2, register 3 */
		}
	}
	if (v1 > n / 2)
		return ORC_V1;
	if (v3 > n / 2)
		return ORC_V3;
	return v4 > n / 2 ? ORC_V4 : ORC_NONE;
}

static enum cairn_code table_ip(const struct orc_table *t, const struct reader *r, uint32_t i,
				uint64_t *ret, struct cairn_err *err)
{
	uint64_t slot = t->ips + 4 * (uint64_t)i;
	uint32_t distance = 0;
	enum cairn_code code = reader_u32(r, slot, &distance, err);

	*ret = slot + (uint64_t)(int64_t)(int32_t)distance;
	return code;
}

/* The kernel's index, orc_lookup[]: the entry that covers the first byte of each block. It
 * narrows [*lo, *hi); false if it has nothing to say or is not borne out by the table. */
static bool narrow(const struct orc_table *t, const struct reader *r, uint64_t ip, uint32_t *lo,
		   uint32_t *hi)
{
	uint64_t block = (ip - t->lookup_base) / ORC_LOOKUP_BLOCK, at;
	uint32_t first, last;

	if (!t->lookup || ip < t->lookup_base || block + 1 >= t->lookup_n ||
	    reader_u32(r, t->lookup + 4 * block, &first, NULL) ||
	    reader_u32(r, t->lookup + 4 * block + 4, &last, NULL))
		return false;
	if (first > last || last >= t->n || table_ip(t, r, first, &at, NULL) || at > ip)
		return false;
	if (last + 1 < t->n && (table_ip(t, r, last + 1, &at, NULL) || at <= ip))
		return false;
	*lo = first;
	*hi = last + 1;
	return true;
}

enum cairn_code orc_find(const struct orc_table *t, const struct reader *r, uint64_t ip,
			 unsigned char entry[ORC_ENTRY_SIZE], struct cairn_err *err)
{
	uint32_t lo = 0, hi = t->n; /* entries before lo begin at or before ip, from hi after */
	enum cairn_code code;
	uint64_t at;

	if (narrow(t, r, ip, &lo, &hi))
		lo++;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		code = table_ip(t, r, mid, &at, err);
		if (code)
			return cairn_context(err, code, "ORC address table");
		if (at <= ip)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return cairn_fail(err, CAIRN_NOTFOUND, "no ORC entry covers %#llx",
				  (unsigned long long)ip);
	code = reader_bytes(r, t->entries + ORC_ENTRY_SIZE * (uint64_t)(lo - 1), entry,
			    ORC_ENTRY_SIZE, err);
	return code ? cairn_context(err, code, "ORC table") : CAIRN_OK;
}
