/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/kdump_layout.h"

const struct kdump_sub_layout kdump_sub64 = { 8, 8,  12, 16, 24, 32, 40, 48, 56, 64, 72,
					      80, 88, 96 };
const struct kdump_sub_layout kdump_sub32 = { 4, 4,  8,  12, 16, 20, 28, 32, 40, 44, 52,
					      56, 64, 72 };
const struct kdump_sub_layout kdump_sub32_arm = { 4, 4,  8,  12, 16, 24, 32, 40, 48, 56, 64,
						  72, 80, 88 };
