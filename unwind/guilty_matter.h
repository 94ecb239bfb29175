/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guilty_matter - which functions are not to blame in reports of one matter alone, besides those
 * that never are (guilty.h): the same for a report's title, which tells the matter by its words,
 * and for its signature, which tells it by the class and the innermost functions, as a dump's stack
 * has no words.
 */
#ifndef CAIRN_UNWIND_GUILTY_MATTER_H
#define CAIRN_UNWIND_GUILTY_MATTER_H

#include "unwind/oops_text.h"

/* In the language of guilty.c: pieces of names, '^' is the beginning of a name, '$' its end. */
#define GUILTY_DOUBLE_FREE "slab_ kfree vunmap vfree"
#define GUILTY_KASAN "kernel_fault tag_check mem_abort ^el1_ ^el1h_"
#define GUILTY_KMSAN_USB \
	"alloc_skb usb_submit_urb usb_start_wait_urb usb_bulk_msg usb_interrupt_msg " \
	"usb_control_msg"
#define GUILTY_KMSAN \
	"alloc_skb netlink_ack netlink_rcv_skb _encrypt$ ^crypto_ ^cipher_ ^drbg_ ^rng_"
#define GUILTY_STACK_END "schedule retint_kernel"
#define GUILTY_STACK "bad_stack"
#define GUILTY_USERCOPY "usercopy __check"
#define GUILTY_SKB "^skb_"
#define GUILTY_SPINLOCK "spin_ _lock _unlock rwlock_bug"
#define GUILTY_SCHEDULE "schedule"
#define GUILTY_PREEMPTIBLE "dump_stack preemption preempt debug_ processor_id this_cpu"
#define GUILTY_LEAK \
	"kmemleak mmap kmem slab alloc create_object idr_get list_lru_init asprintf " \
	"pcpu_create strdup strndup memdup"
#define GUILTY_BAD_PAGE \
	"free_page put_page get_page update_page release_page free_unref free_pcppages " \
	"free_frozen_page free_one_page rmqueue_bulk ^rmqueue$ check_new_page " \
	"prep_new_page ^folio ^_folio ^__folio truncate_inode_pages page_frag_free " \
	"alloc vmap page_owner"
#define GUILTY_DEADLOCK "process_one_work flush_workqueue drain_workqueue destroy_workqueue"
#define GUILTY_LOCKING "lock_sock release_sock"
#define GUILTY_CFI "control_protection cp_fault handle_cfi_failure cfi_slowpath __cfi_check"
#define GUILTY_EXIT "do_exit do_group_exit make_task_dead"
#define GUILTY_RCU_USE "rcu kmem slab"
#define GUILTY_STATIC_KEY "stack lock IRQ"
#define GUILTY_ODEBUG \
	"debug_ rcu hrtimer_ timer_ work_ percpu_ vunmap vfree __free_ debug_check " \
	"kobject_"
#define GUILTY_KOBJECT "kobject_"
#define GUILTY_PROC "proc_"
#define GUILTY_REFCOUNT "refcount kobject_"
#define GUILTY_KMALLOC "kmalloc krealloc slab kmem"
#define GUILTY_USB \
	"usb_submit_urb usb_start_wait_urb usb_bulk_msg usb_interrupt_msg " \
	"usb_control_msg"
#define GUILTY_RCU_STALL "apic_timer_interrupt rcu"
#define GUILTY_UBSAN "ubsan overflow"
#define GUILTY_STACK_CHK "stack_chk"
#define GUILTY_RUST \
	"rust_helper_BUG rust_begin_unwind 4core9panicking 4core6option13expect_failed " \
	"4core6option13unwrap_failed 4core6result13unwrap_failed"

/** What is passed over in a stack of a class that has this one among its innermost functions: those
 *  down to the first that is no helper. len 0: where none of them tells more. NULL: nothing. */
const char *guilty_matter_of(const char *class, struct piece base, bool in_module);

/** The i-th matter's rule, for a page that documents them; false past the end. */
bool guilty_matter_rule(size_t i, const char **why, const char **names);

#endif
