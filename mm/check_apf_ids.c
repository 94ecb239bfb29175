/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the findings of the checker "apf" mean. */
#include "mm/check_apf.h"

const struct cairn_explanation check_apf_ids[] = {
	{
		.id = "apf.guest.stuck-sleeper",
		.title = "a task waits for a page from the host and will not be woken",
		.meaning =
			"A task touched memory that the host had to read in first, and sleeps until it is told. Either\n"
			"nobody is on its wait queue, so that a wake-up does not reach it, or (grade suspicious) it has\n"
			"waited for more than two minutes.",
		.causes =
			"The host's storage hangs, or the host lost the page. A stray write into the task's stack.",
		.next =
			"`apf` shows the token; with the host's dump `apf -p HOST` tells whether the host still has it.",
	},
	{
		.id = "apf.guest.lost-wakeup",
		.title = "a task waits for a page of which the host knows nothing",
		.meaning =
			"With both dumps at hand (`apf -p`): a guest's task sleeps for a token that its host has neither\n"
			"queued nor done. No wake-up will come.",
		.causes =
			"The host gave the fault up, or the vCPU was reset or moved to another host without waking\n"
			"its tasks. Or the two dumps are not of one moment.",
		.next =
			"`apf` of both; `bt PID` of the task; `apf.host.*` of the host's dump.",
	},
	{
		.id = "apf.guest.bucket",
		.title = "a sleeper is in the wrong bucket",
		.meaning =
			"The wake-up looks in the bucket that the token hashes to, and will not find this sleeper: it\n"
			"makes a dummy instead, and the task sleeps for ever.",
		.causes =
			"The token on the task's stack was overwritten.",
		.next =
			"`bt PID` of the task; `rd` of the sleeper.",
	},
	{
		.id = "apf.guest.token-zero",
		.title = "a sleeper has a token that no host sends",
		.meaning =
			"A token has a count from 1 on above the vCPU's number; all ones is for waking everybody.",
		.causes =
			"The token was overwritten, or the host is at fault.",
		.next =
			"`bt PID` of the task; `apf` on the host's dump.",
	},
	{
		.id = "apf.guest.node-stack",
		.title = "a sleeper lies where none can",
		.meaning =
			"A sleeper is on the stack of a task in uninterruptible sleep. A dummy comes from kmalloc().",
		.causes =
			"A task that left with its sleeper still in the hash, so that its stack is in use for something\n"
			"else; a link that was overwritten.",
		.next =
			"`whatis` of the address; `bt PID` of the task.",
	},
	{
		.id = "apf.guest.dup-token",
		.title = "two sleepers have one token",
		.meaning =
			"A token names one fault. One wake-up will reach one of the two.",
		.causes =
			"A token that was overwritten, or a host that gave one twice.",
		.next =
			"`apf`; `bt PID` of both tasks.",
	},
	{
		.id = "apf.guest.dummy-leftover",
		.title = "a page was ready and its fault has not come",
		.meaning =
			"When the wake-up comes first, a dummy is left for the fault to find. This one was not found.",
		.causes =
			"The fault's token was lost or overwritten: some other task sleeps for ever. Or the dump was\n"
			"taken just between.",
		.next =
			"`apf`: is there a sleeper whose token looks similar?",
	},
	{
		.id = "apf.guest.ready-unacked",
		.title = "a CPU was told that a page is ready and has not taken notice",
		.meaning =
			"The host writes the token and raises an interrupt; its handler clears the token. Until then the\n"
			"host tells of no other page to this CPU.",
		.causes =
			"Interrupts of that CPU are off, or the interrupt was lost.",
		.next =
			"`bt -c CPU`: where is it?",
	},
	{
		.id = "apf.guest.flags-pending",
		.title = "a CPU was told that a page is not there and has not taken notice",
		.meaning =
			"The host sets flags and raises a page fault, which clears them first of all.",
		.causes =
			"A stray write, or a page fault that was lost.",
		.next =
			"`bt -c CPU`.",
	},
	{
		.id = "apf.guest.list",
		.title = "the hash of sleepers is damaged",
		.meaning =
			"A link leads nowhere, or not back. Who sleeps behind it will not be woken.",
		.causes =
			"A task that left with its sleeper in the hash, or a stray write to a stack.",
		.next =
			"`apf` shows what could be found; `foreach bt -f kvm_async_pf_task_wait_schedule` who sleeps.",
	},
	{
		.id = "apf.guest.cpu",
		.title = "a sleeper is of a CPU that there is not",
		.meaning =
			"A sleeper says on which CPU its fault was: a wake-up of all wakes only those of the same CPU.",
		.causes =
			"The word was overwritten.",
		.next =
			"`rd` of the sleeper; `bt PID`.",
	},
	{
		.id = "apf.guest.area",
		.title = "a CPU's shared area has what does not belong there",
		.meaning =
			"Flags and token are all that hosts write. Something else is in the rest of the area, or the area\n"
			"is used while it is not enabled.",
		.causes =
			"A host with a patch (bytes 8 to 11: error reporting, ready_flags), or a stray write.",
		.next =
			"`apf`; `rd` of the area.",
	},
	{
		.id = "apf.guest.error-lost",
		.title = "an error was reported for a task that was not told",
		.meaning =
			"The host could not read the page in and said so. The task should have been woken and sent SIGBUS,\n"
			"and still sleeps.",
		.causes =
			"A wake-up between setting is_err and taking the sleeper out of the hash that did not come to\n"
			"its end.",
		.next =
			"`bt PID`; `apf` of the host's dump: error_gfn.",
	},
	{
		.id = "apf.host.list",
		.title = "a vCPU's list of asynchronous page faults is damaged",
		.meaning =
			"A link of queue or done leads nowhere, or not back.",
		.causes =
			"An item that was freed while on the list, or a stray write into it.",
		.next =
			"`apf` shows what could be found.",
	},
	{
		.id = "apf.host.queued-count",
		.title = "a vCPU counts another number of faults than it has",
		.meaning =
			"queued is the number of items on the queue and of those that wake all. It limits how many there\n"
			"can be: too high, and the guest gets no more of them.",
		.causes =
			"The counter was overwritten, or an item left without being counted.",
		.next =
			"`apf`.",
	},
	{
		.id = "apf.host.gfn-hash",
		.title = "the hash of guest frames and the queue disagree",
		.meaning =
			"A frame in the hash is one that is being read in: a vCPU that touches it waits. A frame too many\n"
			"and it waits for ever; one too few and it is read in twice.",
		.causes =
			"An entry that was overwritten, or deleted without moving those that follow it.",
		.next =
			"`apf -j` has the hash.",
	},
	{
		.id = "apf.host.token",
		.title = "an item has a token that its vCPU did not give",
		.meaning =
			"A token is the vCPU's number and a count below the next one. With another one the guest wakes\n"
			"nobody, or the wrong task.",
		.causes =
			"The token was overwritten.",
		.next =
			"`apf`; with the guest's dump `apf -p GUEST`.",
	},
	{
		.id = "apf.host.work-vcpu",
		.title = "an item belongs to another vCPU than the one whose list it is on",
		.meaning =
			"The guest will be told on the wrong CPU, or a vCPU that is gone is woken.",
		.causes =
			"A stray write, or an item that was moved between lists.",
		.next =
			"`apf`.",
	},
	{
		.id = "apf.host.work-address",
		.title = "an item is for another page than its guest frame",
		.meaning =
			"An item has the guest frame, the guest's address and the process's address of one page. They do\n"
			"not belong together: another page is read in than the one that the guest waits for.",
		.causes =
			"A word that was overwritten, or a memory slot that was moved under way.",
		.next =
			"`apf`; `kvm PID` lists the slots.",
	},
	{
		.id = "apf.host.flag",
		.title = "a flag has a value that no flag has, or that its place rules out",
		.meaning =
			"Flags are 0 or 1, and an item that wakes all tasks of a vCPU is never on the queue.",
		.causes =
			"A stray write into the item or the vCPU.",
		.next =
			"`apf`; `struct kvm_async_pf ADDRESS`.",
	},
	{
		.id = "apf.host.msr-reserved",
		.title = "a guest set reserved bits of its MSR",
		.meaning =
			"Bits 4 and 5 of MSR_KVM_ASYNC_PF_EN are reserved and writes to them are refused. Bit 4 is that\n"
			"of a proposal to report errors (SEND_ERROR).",
		.causes =
			"A guest kernel with a patch that this host does not have, on a host that did not check; or a\n"
			"word that was overwritten.",
		.next =
			"`apf` shows the bits.",
	},
	{
		.id = "apf.host.area",
		.title = "a guest enabled asynchronous page faults without a valid area",
		.meaning =
			"The host writes flags and token to the guest's area, through an address that it keeps. That\n"
			"is not where the guest said, or no memory slot has it.",
		.causes =
			"A memory slot that was taken away, or a word that was overwritten.",
		.next =
			"`apf`; `kvm PID` lists the slots.",
	},
	{
		.id = "apf.host.vector",
		.title = "the interrupt for pages that are ready is not the guest's",
		.meaning =
			"The vector that is used differs from the one in the MSR.",
		.causes =
			"A word that was overwritten.",
		.next =
			"`apf`.",
	},
	{
		.id = "apf.host.ready-stuck",
		.title = "pages are ready and the vCPU will not be told",
		.meaning =
			"The vCPU sleeps, its pages are done, no request makes it look, and it is not waiting for the\n"
			"guest to take notice of another one. Unless something else wakes it, its tasks sleep for ever.",
		.causes =
			"A request that was lost: kvm_make_request without a kick, or cleared without being handled.",
		.next =
			"`kvm PID` shows requests; `bt` of the vCPU's thread.",
	},
	{
		.id = "apf.host.halted-forever",
		.title = "a vCPU is held up for a page that nobody reads in",
		.meaning =
			"Where a guest cannot be told of a page that is not there, its vCPU is halted until it is. Nothing\n"
			"is being read in for it any more.",
		.causes =
			"A completion that did not clear apf.halted.",
		.next =
			"`apf`; `bt` of the vCPU's thread.",
	},
	{
		.id = "apf.host.slot-busy",
		.title = "host and guest disagree whether a page was announced",
		.meaning =
			"pageready_pending says that the guest has been told of a page and has not acknowledged it; its\n"
			"token should then be set. For an instant while it is acknowledged they differ.",
		.causes =
			"An acknowledgement that was lost: the guest will be told of no other page.",
		.next =
			"`apf`; `bt -c CPU` in the guest's dump.",
	},
	{
		.id = "apf.host.blocked-io",
		.title = "a page has been read in for more than two minutes",
		.meaning =
			"A kworker faults in the page that a guest waits for, and sleeps.",
		.causes =
			"Storage, network or a user-space pager (userfaultfd) that does not answer.",
		.next =
			"`apf` shows the kworker and its stack; `wait PID` what it waits for.",
	},
	{
		.id = "apf.host.error-loop",
		.title = "a guest frame can never be read in",
		.meaning =
			"The process has nothing mapped where the page should come from, or maps a file that ends before.\n"
			"The result of the attempt is not looked at: the guest is told that the page is ready,\n"
			"touches it, faults again, and so on for ever, a vCPU busy with it. Of grade suspicious, only\n"
			"what is counted says so: most of a vCPU's faults were in vain.",
		.causes =
			"A file behind guest memory that was truncated (DAX, virtio-fs), or memory that was unmapped under\n"
			"the guest.",
		.next =
			"`vm PID` of the process; `apf`: a next count that is large tells how often it went round.",
	},
	{
		.id = "apf.host.disabled-with-work",
		.title = "a guest disabled what its faults wait for",
		.meaning =
			"Faults are queued and asynchronous page faults are disabled: nobody will be told when the pages\n"
			"are ready.",
		.causes =
			"A guest that was reset or stopped with tasks asleep; disabling should have cleared the queue.",
		.next =
			"`apf`; `kvm PID`.",
	},
	{ .id = NULL },
};
