/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpu_area - the CPUs and their per-CPU areas where the kernel's symbols name no data
 * (Debian's i386, ARM and arm64), found by way of the tasks.
 *
 * A task names the runqueue that it is on (se.cfs_rq->rq, CONFIG_FAIR_GROUP_SCHED), which is a
 * per-CPU variable and says which CPU's; per-CPU kernel threads do so for every CPU that was
 * ever online. BTF has the runqueue's place in the area (its section .data..percpu), and so
 * that of every other per-CPU variable. Sources: kernel/sched/sched.h struct rq, struct
 * cfs_rq; scripts/link-vmlinux.sh (pahole).
 */
#ifndef CAIRN_KERN_CPU_AREA_H
#define CAIRN_KERN_CPU_AREA_H

#include "lib/kern/cpu.h"

/** Fill an empty table with the CPUs that were ever online: id, online, area. CAIRN_MISSING if
 *  the types do not lead there, or no runqueue proves itself. */
enum cairn_code cpu_areas_find(struct cairn *c, struct cpus *ret, struct cairn_err *err);

#endif
