// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "vmm.h"

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "apf"))
		vmm_apf(argv[2], argv[3], argv[4]);
	if (argc == 2)
		vmm_tdp(argv[1]);
	return 2;
}
