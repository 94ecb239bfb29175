/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * irqs - the interrupts of the machine: who handles each, and how often it came.
 *
 * Descriptors are in a maple tree (sparse_irqs, since 6.5), before that in a radix tree
 * (irq_desc_tree). Where the kernel names no data, the tree is the one that irq_to_desc() looks
 * into on ARM and arm64; i386's are found through the vectors of its CPUs (vector_irq), those that
 * have one. Sources: include/linux/irqdesc.h (struct irq_desc), include/linux/irq.h (struct
 * irq_data, irq_common_data, irq_chip, IRQD_*), include/linux/interrupt.h (struct irqaction),
 * kernel/irq/irqdesc.c (irq_to_desc, kstat_irqs), arch/x86/include/asm/hw_irq.h.
 */
#ifndef CAIRN_KERN_IRQS_H
#define CAIRN_KERN_IRQS_H

#include "lib/base/arena.h"
#include "lib/kern/session.h"

#define IRQS_LIMIT 1048576
#define IRQ_ACTIONS_LIMIT 1024 /* that share one */
#define IRQ_ACTIONS_ALL 65536  /* of all interrupts together */

#define IRQ_STATE_MASKED (1u << 17)     /* IRQD_IRQ_MASKED */
#define IRQ_STATE_INPROGRESS (1u << 18) /* IRQD_IRQ_INPROGRESS */

/** One who handles it. */
struct irq_action {
	uint64_t addr;         /* struct irqaction */
	uint64_t handler, thread_fn;
	uint64_t thread;       /* task_struct that thread_fn runs in; 0: none */
	char name[64];
	struct cairn_err err;  /* code not CAIRN_OK: nothing but the address is known, and why */
};

struct irq {
	uint64_t desc;         /* struct irq_desc */
	uint64_t number, hw;   /* Linux's; the chip's */
	uint64_t chip_at;      /* struct irq_chip; 0: none */
	char chip[32];         /* its name; "" if it has none, or that cannot be read */
	char name[32];         /* of the flow: "edge", "fasteoi"; "" likewise */
	uint64_t flow;         /* function: handle_edge_irq, ... */
	bool per_cpu;          /* each CPU enables it for itself: depth says nothing */
	uint32_t state;        /* IRQ_STATE_* */
	uint64_t depth;        /* how often it was disabled; 0: it is enabled */
	uint64_t unhandled;    /* times that nobody cared, of the last 100,000 */
	uint64_t total;        /* times that it came: the sum of count, or without that the kernel's */
	bool has_total;
	uint64_t *count;       /* for each of cpus_get(), in its order; NULL: not known */
	struct irq_action *action;
	size_t nactions;
	struct cairn_err err;  /* code not CAIRN_OK: nothing but the address is known, and why */
	struct cairn_err actions_err; /* likewise: there may be more of them */
};

struct irqs {
	struct irq *irq;       /* by number */
	size_t n;
	struct cairn_err err;  /* code not CAIRN_OK: there may be more, and why */
};

/** Read all; memory from the arena. CAIRN_MISSING without the types, or where nothing leads to the
 *  descriptors. */
enum cairn_code irqs_read(struct cairn *c, struct arena *a, struct irqs *ret,
			  struct cairn_err *err);

#endif
