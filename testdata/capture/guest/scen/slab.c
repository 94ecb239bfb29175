// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/slab.h>
#include <linux/string.h>

#include "scen.h"

#define OBJECTS 8
#define SIZE 192
#define WORDS (SIZE / sizeof(unsigned long))
#define FILL 0xc5

static struct kmem_cache *cache;
static unsigned long *objects[OBJECTS];

/* All objects are from one slab or two, in use, and filled with FILL. */
static bool setup(slab_flags_t flags)
{
	int i;

	cache = kmem_cache_create("scen_cache", SIZE, 0, flags, NULL);
	for (i = 0; cache && i < OBJECTS; i++) {
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		if (!objects[i])
			break;
		memset(objects[i], FILL, SIZE);
	}
	if (!cache || i < OBJECTS)
		pr_emerg(ORACLE "failed: no objects\n");
	return cache && i == OBJECTS;
}

static void release(int i)
{
	kmem_cache_free(cache, objects[i]);
	pr_emerg(ORACLE "slab scen_cache %px freed object %px\n", cache, objects[i]);
}

static scen_frame void set_word(const char *kind, unsigned long *object, int word, unsigned long new)
{
	pr_emerg(ORACLE "corruption %s cache %px object %px offset %d field word[%d] addr %px old 0x%lx new 0x%lx\n",
		 kind, cache, object, (int)(word * sizeof(long)), word, &object[word],
		 object[word], new);
	WRITE_ONCE(object[word], new);
	SCEN_FRAME_END();
}

/* Allocate until the damage is met. */
static scen_frame void scen_slab_reuse(void)
{
	int i;

	for (i = 0; i < OBJECTS; i++)
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
	SCEN_FRAME_END();
}

/* write after free: SLUB finds the poison gone when the object is handed out again */
void scen_slabuaf(int pid)
{
	if (!setup(SLAB_POISON | SLAB_RED_ZONE | SLAB_STORE_USER | SLAB_CONSISTENCY_CHECKS))
		return;
	release(3);
	set_word("slab-uaf", objects[3], WORDS / 3, (unsigned long)0x4141414142424242ULL);
	scen_slab_reuse();
}

/* The word of a freed object in which the allocator keeps the next free one; -1: none. */
static int free_pointer(const unsigned long *object)
{
	unsigned long fill;
	int i;

	memset(&fill, FILL, sizeof(fill));
	for (i = 0; i < WORDS; i++)
		if (object[i] != fill)
			return i;
	return -1;
}

/*
 * The free pointer of a free object is overwritten; the second allocation from there uses it. Only
 * high bits change, as the pointer may be encoded by XOR: it then leads out of kernel memory.
 * SLAB_NOLEAKTRACE keeps the cache unmerged, and on kernels with sheaves without them.
 */
void scen_freelist(int pid)
{
	unsigned long flip = sizeof(long) == 8 ? (unsigned long)0x4141000000000000ULL : 0xc0000000;
	int at;

	if (!setup(SLAB_NOLEAKTRACE))
		return;
	release(2);
	release(3);
	at = free_pointer(objects[3]);
	if (at < 0) {
		pr_emerg(ORACLE "failed: no free pointer in the object\n");
		return;
	}
	set_word("slab-freelist", objects[3], at, objects[3][at] ^ flip);
	scen_slab_reuse();
}
