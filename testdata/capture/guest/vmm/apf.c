// SPDX-License-Identifier: GPL-2.0-or-later
#include "vmm.h"
void vmm_apf(const char *kernel, const char *initrd, const char *mib)
{
	vmm_die("not yet");
}
