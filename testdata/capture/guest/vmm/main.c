// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "vmm.h"

int main(int argc, char **argv)
{
	if (argc == 5 && !strncmp(argv[1], "apf", 3))
		vmm_apf(argv[1], argv[2], argv[3], argv[4]);
	if (argc == 2)
		vmm_tdp(argv[1]);
	return 2;
}
