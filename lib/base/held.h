/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * held - memory that a process holds of its own.
 *
 * Resident pages that no file is behind, and files in memory that it has open and that have no name
 * (memfd_create(2)): these hold their pages whether or not anyone maps them, and no count of the
 * process's pages tells of them. Source: Documentation/filesystems/proc.rst (statm, fd).
 */
#ifndef CAIRN_BASE_HELD_H
#define CAIRN_BASE_HELD_H

#include <stdint.h>
#include <sys/types.h>

/** Bytes; 0 when that cannot be told (the process is gone, or another's). */
uint64_t held_by(pid_t pid);

#endif
