/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/guilty.h"

#include <string.h>

/* Pieces of names, blanks between; '^' is the beginning of a name, '$' its end. */
struct rule {
	const char *why;
	const char *names;
};

static const struct rule helpers[] = {
	{ "checks accesses for the code that makes them",
	  "__sanitizer __asan kasan hwasan __msan kmsan kcsan_setup_watchpoint check_memory_region "
	  "check_heap_object check_object usercopy_abort read_word_at_a_time read_once_ "
	  "write_once_ __ubsan seqprop_assert fortify_report fortify_panic stack_chk_fail get_taint "
	  "print_tainted" },
	{ "reports",
	  "print_address_description panic invalid_op report_bug fixup_bug print_report "
	  "print_usage_bug do_error do_trap _trap$ show_stack dump_stack walk_stack dump_backtrace "
	  "warn_slowpath warn_alloc warn_bogus __warn print_unlock imbalance_bug stack_trace_ "
	  "arch_stack_walk assertfail list_del_entry_valid list_add_valid slab_err slab_bug "
	  "slab_fix object_err print_trailer check_bytes_and_report check_pad_bytes check_slab "
	  "on_freelist alloc_debug_processing free_debug_processing alloc_consistency_checks "
	  "free_consistency_checks ^add_taint$ ^debug_print_object$ ^debug_check_no_obj_freed$ "
	  "^__debug_check_no_obj_freed$ ^spin_dump$ ^spin_bug$ "
	  "^rwlock_bug$ ^__schedule_bug$ ^schedule_debug$ ^check_preemption_disabled$ ^__this_cpu_preempt_check$ "
	  "^debug_smp_processor_id$ ^debug_check_no_locks_ ^bad_page$ ^usercopy_warn$ "
	  "^print_deadlock_bug$ ^check_deadlock$ ^check_noncircular$ ^check_prev_add$ "
	  "^check_prevs_add$ ^validate_chain$ ^print_circular_bug ^print_bad_irq_dependency "
	  "^bug_handler$ ^bug_brk_handler$ ^brk_handler$ ^call_break_hook$ ^call_el1_break_hook$ "
	  "^do_debug_exception$ ^do_el1_brk64$ ^handle_bug$ ^handle_overflow$ "
	  "^print_irq_inversion_bug ^check_irq_usage ^check_usage ^mark_usage$ ^valid_state$" },
	{ "is on the way from a fault to its report",
	  "program_check_exception program_check_common do_kernel_fault do_translation_fault "
	  "do_mem_abort el1_abort el1h_64_sync ^el1_dbg$ ^el1_brk64$ __phys_addr unwind_backtrace" },
	{ "allocates or frees",
	  "alloc_page malloc zalloc calloc krealloc kmem_cache allocate_slab get_partial_node "
	  "get_from_partial_node ___slab_alloc __alloc_frozen_pages_noprof "
	  "folio_alloc folio_unlock filemap_alloc_folio __filemap_get_folio find_or_create_page "
	  "do_read_cache_folio read_cache_page pagecache_get_page grab_cache_page_write_begin slab_ "
	  "kfree_skb ^kfree$ ^kvfree$ ^free$ ^vfree$ ida_free" },
	{ "keeps track of objects",
	  "debug_object timer_is_static_object work_is_static_object ref_tracker ^refcount_ ^kref_ "
	  "kobject_ add_uevent_var ^klist_ ^put_device$" },
	{ "locks, or watches locks",
	  "lockdep lock_acquire lock_release lock_class mark_lock reacquire_held_locks "
	  "mark_held_locks bh_enable bh_disable raw_spin_rq spin_lock spin_trylock spin_unlock "
	  "read_lock read_trylock write_lock write_trylock read_unlock write_unlock ^down$ down_read "
	  "down_write down_trylock up_read up_write ^mutex_ ^__mutex_ ^rt_mutex_ owner_on_cpu "
	  "osq_lock osq_unlock ^lock_page ^unlock_page lock_timer_base trace_hardirq trace_softirq "
	  "__might_fault might_fault might_sleep __might_resched cleanup_srcu_struct" },
	{ "is an atomic or a bit operation",
	  "atomic_dec atomic_inc atomic_read atomic_set atomic_or atomic_xor atomic_and atomic_add "
	  "atomic_sub atomic_fetch atomic_xchg atomic_cmpxchg atomic_try atomic64_dec atomic64_inc "
	  "atomic64_read atomic64_set atomic64_or atomic64_xor atomic64_and atomic64_add "
	  "atomic64_sub atomic64_fetch atomic64_xchg atomic64_cmpxchg atomic64_try set_bit clear_bit "
	  "change_bit test_bit" },
	{ "copies, compares or checksums memory",
	  "memcpy memcmp memset memchr memmove memdup strcmp strncmp strcpy strlcpy strncpy strscpy "
	  "strlen strstr strnstr strnlen strchr strdup strndup copy_to_user copy_from_user "
	  "copy_to_iter copy_from_iter copy_page_to_iter copy_page_from_iter copy_folio_to_iter "
	  "^copyin$ ^copyout$ put_user get_user extract_user_to_sg extract_iter_to_sg ^crc32 ^crc16 "
	  "^crc64 ^crc7 ^crc8 ^crc4 crc_itu_t" },
	{ "walks or changes a list, a tree or a table",
	  "list_add list_del list_replace list_move list_splice ^rb_ ^__rb_ xas_start xas_load "
	  "xas_find find_lock_entries rhashtable_lookup" },
	{ "lets time pass",
	  "^delay_tsc$ ^delay_loop$ ^__delay ^__const_udelay$ ^__udelay$ ^__timer_delay$" },
	{ "prints",
	  "string pointer snprintf scnprintf kasprintf kvasprintf printk va_format dev_info "
	  "dev_notice dev_warn dev_err dev_alert dev_crit dev_emerg hex_dump_to_buffer "
	  "print_hex_dump perf_trace" },
	{ "reads or writes a device's register",
	  "readb$ readw$ readl$ readq$ writeb$ writew$ writel$ writeq$ logic_in logic_out" },
	{ "wakes, waits, queues work or stops it",
	  "__wake_up ^complete$ wait_for_completion finish_wait del_timer __timer_delete_sync "
	  "__mod_timer sk_stop_timer_sync flush_work __cancel_work_timer cancel_work_sync "
	  "try_to_grab_pending flush_workqueue drain_workqueue destroy_workqueue queue_work "
	  "insert_work __queue_delayed_work queue_delayed_work_on kthread_stop" },
	{ "registers or takes away devices and files",
	  "get_device_parent device_add device_del device_unregister device_destroy device_release "
	  "devres_release_all hwrng_unregister i2c_del_adapter __unregister_client "
	  "device_for_each_child rollback_registered unregister_netdev sysfs_remove "
	  "device_remove_file tty_unregister_device dummy_urb_enqueue usb_kill_urb "
	  "usb_kill_anchored_urbs usb_control_msg usb_hcd_submit_urb usb_submit_urb" },
	{ "takes or drops an inode, a dentry or a page",
	  "^iput$ ^iput_final$ ^ihold$ drop_nlink fast_dput dput mark_buffer_dirty "
	  "truncate_inode_pages_range" },
	{ "stands in for an indirect jump", "_indirect_thunk_" },
	{ "is how tracers get in between",
	  "ftrace_trampoline ^kprobe_ftrace_handler$ ^ftrace_ops_ kretprobe_trampoline "
	  "rethook_trampoline ^bpf_trampoline" },
};

/* What calls what was registered, and the ways into the kernel. */
static const struct rule entries[] = {
	{ "system calls",
	  "^do_syscall_ ^entry_ ^x64_sys_call$ ^ia32_sys_call$ ^do_fast_syscall ^__do_fast_syscall "
	  "^do_int80 ^do_SYSENTER ^invoke_syscall$ ^el0_svc ^do_el0_svc$ ^el0t_64 ^el0_sync "
	  "^ret_fast_syscall$ ^tracesys ^sysenter_" },
	{ "exceptions and interrupts",
	  "^asm_ ^exc_ ^sysvec_ ^__sysvec_ ^common_interrupt ^handle_exception$ ^error_entry$ "
	  "^paranoid_entry$ ^end_repeat_nmi$ ^nmi$ ^nmi_handle$ ^default_do_nmi$ ^__irq_ ^__dabt_ "
	  "^__pabt_ ^__und_ ^el1h_64 ^el1_ ^el0_ ^call_on_ ^call_with_stack$ ^generic_handle_ "
	  "^handle_domain_irq$ ^handle_irq_desc$ ^gic_handle_irq$ ^do_interrupt_handler$ "
	  "^apic_timer_interrupt$ ^ret_from_intr$ ^page_fault$ ^ret_from_exception$ "
	  "^__handle_irq_event_percpu$ ^handle_irq_event ^handle_edge_irq$ ^handle_fasteoi_ "
	  "^handle_level_irq$ ^handle_percpu_devid_ ^__common_interrupt$ ^handle_irq$ ^do_IRQ$" },
	{ "timers",
	  "^__hrtimer_run_queues$ ^hrtimer_interrupt$ ^hrtimer_run_queues$ ^call_timer_fn$ "
	  "^__run_timers ^run_timer_softirq$ ^expire_timers$" },
	{ "softirqs",
	  "^handle_softirqs$ ^__do_softirq$ ^do_softirq ^_stext$ ^tasklet_action ^tasklet_hi_action$ "
	  "^run_ksoftirqd$ ^irq_exit ^__irq_exit ^invoke_softirq$ ^asm_call_irq_on_stack$" },
	{ "threads and work",
	  "^process_one_work$ ^process_scheduled_works$ ^worker_thread$ ^kthread$ ^ret_from_fork "
	  "^smpboot_thread_fn$ ^task_work_run$" },
	{ "boot and idle",
	  "^start_secondary$ ^cpu_startup_entry$ ^do_idle$ ^secondary_startup ^start_kernel$ "
	  "^rest_init$ ^x86_64_start" },
};

/* Those of them that only what the kernel's own code did leads to: no interrupts. */
static const char exceptions[] =
	"^asm_exc_page_fault$ ^exc_page_fault$ ^asm_exc_control_protection$ "
	"^exc_control_protection$ ^asm_exc_invalid_op$ ^exc_invalid_op$ ^asm_exc_general_protection$ "
	"^exc_general_protection$ ^error_entry$ ^handle_exception$ ^page_fault$ ^__dabt_svc$ "
	"^__pabt_svc$ ^__und_svc ^el1_sync ^el1h_64_sync ^el1_abort$ ^el1_bti$ ^el1_fpac$ "
	"^el1_undef$ ^el1_dbg$ ^el1_brk64$ ^el1_gcs$ ^el1_pc$";

static const char anchors[] =
	"process_one_work do_syscall_ do_fast_syscall_ sysenter_dispatch tracesys_phase2 "
	"el0_svc_handler invoke_syscall ret_fast_syscall netif_receive_skb do_softirq call_timer_fn "
	"_run_timers run_timer_softirq hrtimer_run run_ksoftirqd smpboot_thread_fn ^kthread$ "
	"start_secondary cpu_startup_entry ret_from_fork "
	"vfs_write vfs_read vfs_iter_read vfs_iter_write do_iter_read do_iter_write call_read_iter "
	"call_write_iter new_sync_read new_sync_write vfs_ioctl ksys_ioctl compat_ioctl "
	"compat_sys_ioctl blkdev_driver_ioctl blkdev_ioctl ^call_mmap mmap_region do_mmap "
	"do_dentry_open vfs_open "
	"^sock_sendmsg ^sock_recvmsg ^sock_release ^__sock_release ^setsockopt$ kernel_setsockopt "
	"sock_common_setsockopt ^listen$ kernel_listen sk_common_release ^sock_mmap ^accept$ "
	"kernel_accept ^sock_do_ioctl ^sock_ioctl ^compat_sock_ioctl ^nfnetlink_rcv_msg "
	"^rtnetlink_rcv_msg ^netlink_dump ^socketpair ^connect ^ioctl ^sys_socketpair ^sys_connect "
	"^sys_ioctl __do_fault do_page_fault ^page_fault$ __fput task_work_run exit_to_usermode "
	"smp_call_function tasklet_action tasklet_hi_action";

static const char waiting[] =
	"sched _lock _slowlock down rwsem completion kthread wait synchronize context_switch "
	"__switch_to cancel_delayed_work rcu_barrier";

static bool ends(struct piece name, const char *p, size_t n)
{
	return name.len >= n && !memcmp(name.p + name.len - n, p, n);
}

static struct piece without_underscores(struct piece name)
{
	while (name.len && *name.p == '_')
		name = piece_drop(name, 1);
	return name;
}

/* One piece of the table's language, of n bytes. */
static bool fits(struct piece name, bool in_module, const char *p, size_t n)
{
	bool first = n && *p == '^', last = n && p[n - 1] == '$';

	p += first;
	n -= (size_t)first + last;
	if (in_module && !first) {
		name = without_underscores(name);
		for (; n && *p == '_'; n--)
			p++;
		first = true;
	}
	if (first && last)
		return name.len == n && !memcmp(name.p, p, n);
	if (first)
		return name.len >= n && !memcmp(name.p, p, n);
	if (last)
		return ends(name, p, n);
	return name.len && memmem(name.p, name.len, p, n);
}

bool guilty_fits(struct piece name, bool in_module, const char *names)
{
	while (*names) {
		size_t n = strcspn(names, " ");

		if (n && fits(name, in_module, names, n))
			return true;
		names += n + strspn(names + n, " ");
	}
	return false;
}

static bool fits_rules(struct piece name, bool in_module, const struct rule *rule, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (guilty_fits(name, in_module, rule[i].names))
			return true;
	return false;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

bool guilty_is_helper(struct piece base, bool in_module, const char *more)
{
	return fits_rules(base, in_module, helpers, COUNT(helpers)) ||
	       (more && guilty_fits(base, in_module, more));
}

bool guilty_is_entry(struct piece base)
{
	return fits_rules(base, false, entries, COUNT(entries));
}

bool guilty_is_exception(struct piece base)
{
	return guilty_fits(base, false, exceptions);
}

bool guilty_is_anchor(struct piece base)
{
	return guilty_fits(base, false, anchors);
}

bool guilty_is_waiting(struct piece base, bool in_module)
{
	return guilty_fits(base, in_module, waiting);
}

bool guilty_rule(size_t i, const char **why, const char **names)
{
	const struct rule *r = i < COUNT(helpers) ? &helpers[i]
			       : i - COUNT(helpers) < COUNT(entries) ? &entries[i - COUNT(helpers)]
								     : NULL;

	if (!r)
		return false;
	*why = r->why;
	*names = r->names;
	return true;
}

struct piece guilty_base(struct piece name)
{
	/* assembler's local names begin with a dot */
	size_t n = name.len && *name.p == '.';

	while (n < name.len && name.p[n] != '.')
		n++;
	name.len = n;
	return name;
}

/* What stands before the names of system calls, from machine to machine and over the years. */
static const char *const calls[] = {
	"____sys_", "___sys_", "__sys_", "__se_sys_", "__do_sys_", "compat_SYSC_", "compat_SyS_",
	"SYSC_", "SyS_", "sys_", "ksys_", "__x64_", "__ia32_", "__arm64_", "__se_",
};

struct piece guilty_told(struct piece base)
{
	for (size_t i = 0; i < COUNT(calls); i++)
		if (piece_begins(base, calls[i]) && base.len > strlen(calls[i]))
			return piece_drop(base, strlen(calls[i]));
	return base;
}

struct piece guilty_plain(struct piece base)
{
	struct piece told = guilty_told(base);

	return guilty_told(told);
}
