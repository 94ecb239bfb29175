// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "linux.h"

#define IRQS 16

enum { MP_CPU, MP_BUS, MP_IOAPIC, MP_IRQ, MP_LOCAL };

static uint8_t *put(uint8_t *at, const void *entry, size_t size, int *count)
{
	memcpy(at, entry, size);
	++*count;
	return at + size;
}

static uint8_t checksum(const uint8_t *bytes, size_t n)
{
	uint8_t sum = 0;

	while (n--)
		sum = (uint8_t)(sum + *bytes++);
	return (uint8_t)-sum;
}

static uint8_t *put_entries(uint8_t *at, int *count)
{
	uint8_t i, cpu[20] = { MP_CPU, 0, 0x14 };

	for (i = 0; i < VMM_VCPUS; i++) {
		cpu[1] = i;
		cpu[3] = i ? 1 : 3;	/* usable; the boot processor */
		at = put(at, cpu, sizeof(cpu), count);
	}
	at = put(at, (uint8_t[]){ MP_BUS, 0, 'I', 'S', 'A', ' ', ' ', ' ' }, 8, count);
	at = put(at, (uint8_t[]){ MP_IOAPIC, 2, 0x11, 1, 0, 0, 0xc0, 0xfe }, 8, count);
	for (i = 0; i < IRQS; i++)
		at = put(at, (uint8_t[]){ MP_IRQ, 0, 0, 0, 0, i, 2, i }, 8, count);
	for (i = 0; i < 2; i++)		/* of the old controller, and the NMI */
		at = put(at, (uint8_t[]){ MP_LOCAL, i ? 1 : 3, 0, 0, 0, 0, 255, i }, 8, count);
	return at;
}

void linux_mp_table(uint8_t *ram)
{
	uint8_t *pointer = ram + LINUX_MP_TABLE, *table = pointer + 16, *end;
	uint32_t local = 0xfee00000, address = LINUX_MP_TABLE + 16;
	uint16_t size, entries;
	int count = 0;

	memset(pointer, 0, 16 + 44);
	end = put_entries(table + 44, &count);
	size = (uint16_t)(end - table);
	entries = (uint16_t)count;
	memcpy(table, "PCMP", 4);
	memcpy(table + 4, &size, 2);
	table[6] = 4;
	memcpy(table + 8, "CAIRN   VMM         ", 20);
	memcpy(table + 34, &entries, 2);
	memcpy(table + 36, &local, 4);
	table[7] = checksum(table, size);
	memcpy(pointer, "_MP_", 4);
	memcpy(pointer + 4, &address, 4);
	pointer[8] = 1;
	pointer[9] = 4;
	pointer[10] = checksum(pointer, 16);
}
