/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fdio - what write(2) leaves to its caller.
 */
#ifndef CAIRN_BASE_FDIO_H
#define CAIRN_BASE_FDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Write all of it at `off`, in as many pieces as it takes. False, with errno, if not all
 *  could be written (ENOSPC too where the system only wrote less). */
bool fd_write_at(int fd, const void *data, size_t len, uint64_t off);

#endif
