/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vm_pages - the pages of an area (`vm -p`): where each is.
 *
 * Those that follow each other and have neither memory nor swap are one row.
 */
#ifndef CAIRN_CMD_VM_PAGES_H
#define CAIRN_CMD_VM_PAGES_H

#include "cmd/vm_out.h"

/** An array "pages" in the open record; `file`: the name of the area's file, or NULL. */
void vm_pages(struct vm_out *vo, const struct vma *v, const char *file);

#endif
