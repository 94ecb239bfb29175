/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notes of any bytes, for every machine. */
#include <stdint.h>
#include <stdlib.h>

#include "lib/image/note.h"
#include "lib/image/regs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum arch_id ids[] = { ARCH_X86_64, ARCH_I386, ARCH_ARM, ARCH_ARM64 };
	const struct arch *guess = note_guess_arch(data, size);
	struct arena arena = { 0 };
	struct vcpu_notes v;

	for (size_t i = 0; i < 4; i++) {
		const struct arch *arch = arch_by_id(ids[i]);

		if (regs_read_notes(&v, arch, data, size, &arena, NULL) != CAIRN_OK)
			abort();
		if (guess == arch && !v.n)
			abort(); /* guessed by a note that then is not read */
		for (size_t n = 0; n < v.n; n++)
			if (v.note[n].regs.arch != arch)
				abort();
	}
	arena_deinit(&arena);
	return 0;
}
