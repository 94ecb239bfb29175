// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel's checks of itself find: where they are made to be fatal, or are. */
#include <linux/bug.h>
#include <linux/mm.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "scen.h"

#define SIZE 64

static volatile unsigned long sink;

static scen_frame void scen_warn_inner(void)
{
	WARN_ON(scen_always);
	SCEN_FRAME_END();
}

static scen_frame void scen_warn_outer(void)
{
	scen_warn_inner();
	SCEN_FRAME_END();
}

/* WARN_ON() */
void scen_warn(int pid)
{
	scen_warn_outer();
	SCEN_FRAME_END();
}

static refcount_t scen_count = REFCOUNT_INIT(0);

static scen_frame void scen_count_get(void)
{
	refcount_inc(&scen_count);
	SCEN_FRAME_END();
}

/* a reference is taken to what has none any more */
void scen_refcount(int pid)
{
	scen_count_get();
	SCEN_FRAME_END();
}

static scen_frame void scen_freed_use(unsigned long *object)
{
	sink += READ_ONCE(object[1]);
	SCEN_FRAME_END();
}

/* memory is used after it was freed, until an object is one of KFENCE's */
void scen_kfence(int pid)
{
	while (scen_always) {
		unsigned long *object = kmalloc(SIZE, GFP_KERNEL);

		kfree(object);
		if (object)
			scen_freed_use(object);
		cond_resched();
	}
}

static unsigned long scen_table[4];
static volatile unsigned scen_index = 5;

static scen_frame void scen_table_read(void)
{
	sink += scen_table[scen_index];
	SCEN_FRAME_END();
}

/* an index is past the end of an array */
void scen_bounds(int pid)
{
	scen_table_read();
	SCEN_FRAME_END();
}

static volatile unsigned long scen_copied = 4 * SIZE;	/* arm64 has no kmalloc-64 */

static scen_frame void scen_copy_out(const void *object)
{
	sink += copy_to_user((void __user *)current->mm->arg_start, object, scen_copied);
	SCEN_FRAME_END();
}

/* more is copied to a process than the slab object has */
void scen_usercopy(int pid)
{
	void *object = kzalloc(SIZE, GFP_KERNEL);

	if (object)
		scen_copy_out(object);
	SCEN_FRAME_END();
}

static volatile unsigned long scen_filled = 2 * SIZE;

static scen_frame void scen_fill(volatile char *to)
{
	unsigned long i;

	for (i = 0; i < scen_filled; i++)
		to[i] = 'A';
	SCEN_FRAME_END();
}

static scen_frame void scen_smash_inner(void)
{
	char text[SIZE];

	scen_fill(text);
	sink += (unsigned char)text[0];
	SCEN_FRAME_END();
}

/* a local array is written to past its end, over the canary and the return address */
void scen_smash(int pid)
{
	scen_smash_inner();
	SCEN_FRAME_END();
}
