/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest - the memory of a virtual machine, for commands that take guest-physical addresses.
 */
#ifndef CAIRN_CMD_GUEST_H
#define CAIRN_CMD_GUEST_H

#include "cmd/cmd.h"
#include "mm/kvm_guest.h"

struct guest {
	struct kvms kvms;
	struct kvm_guest memory;
	struct space space; /* over its TDP tables; see guest_root() */
};

/** Of the VM that `word` names (an address, or the pid of its process). Free with guest_close()
 *  after success. */
enum cairn_code guest_open(struct guest *g, struct call *call, const char *word,
			   struct cairn_err *err);
void guest_close(struct guest *g);

/** Let the space be that of the tables that the address is looked up in. False: there are none. */
bool guest_root(struct guest *g, uint64_t gpa);

/** What the entry of a walk over these tables says, in the words of spte_describe(). Returns buf. */
const char *guest_describe(const struct guest *g, const struct paging_walk *w, char *buf,
			   size_t size);

/** Fields of the open record: the memory slot of the address, the process's own address, and
 *  where the process has it; or null. */
void guest_slot(const struct guest *g, struct out *o, uint64_t gpa);

#endif
