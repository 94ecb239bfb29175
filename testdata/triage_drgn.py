# SPDX-License-Identifier: GPL-2.0-or-later
"""drgn -c VMCORE -s VMLINUX triage_drgn.py: what `cairn triage` says of a dump, as far as drgn's helpers
tell it: the machine, the crash and its stack, what every CPU ran, blocked tasks, memory, modules, the
log's end. No checkers: it has none. For bench_triage.py.
"""

from drgn.helpers.linux.cpumask import for_each_online_cpu
from drgn.helpers.linux.kallsyms import load_module_kallsyms
from drgn.helpers.linux.mm import totalram_pages
from drgn.helpers.linux.module import for_each_module, module_taints
from drgn.helpers.linux.panic import panic_message, tainted
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.printk import get_dmesg
from drgn.helpers.linux.sched import cpu_curr, task_state_to_char
from drgn.helpers.linux.timekeeping import uptime_pretty
from drgn.helpers.linux.vmstat import global_node_page_state, global_zone_page_state

LOG_LINES = 20
NODE_ITEMS = ("NR_ANON_MAPPED", "NR_FILE_PAGES", "NR_SLAB_RECLAIMABLE_B", "NR_SLAB_UNRECLAIMABLE_B",
              "NR_KERNEL_STACK_KB")


def who(task):
    return "%d %s" % (task.pid, task.comm.string_().decode(errors="replace"))


def trace(task):
    try:
        print(prog.stack_trace(task))
    except ValueError as error:         # it ran on
        print(error)


def identity():
    uts = prog["init_uts_ns"].name
    print(*(getattr(uts, name).string_().decode() for name in ("release", "version", "machine")))
    print("up", uptime_pretty(prog), "tainted", tainted(prog))


def crash():
    thread = prog.crashed_thread()
    print(panic_message(prog))
    print(who(thread.object))
    print(thread.stack_trace())


def cpus():
    for cpu in for_each_online_cpu(prog):
        task = cpu_curr(prog, cpu)
        print("CPU", cpu, who(task))
        trace(task)


def blocked():
    for task in for_each_task(prog):
        if task_state_to_char(task) == "D":
            print(who(task))
            trace(task)


def memory():
    print("pages", totalram_pages(prog))
    values = dict(prog.type("enum node_stat_item").enumerators)
    for name in NODE_ITEMS:
        print(name, global_node_page_state(prog, values[name]))
    print("free", global_zone_page_state(prog, prog["NR_FREE_PAGES"]))


def modules():
    for module in for_each_module(prog):
        print(module.name.string_().decode(), module_taints(module))


def log():
    print(b"\n".join(get_dmesg(prog).splitlines()[-LOG_LINES:]).decode(errors="replace"))


prog.register_symbol_finder("modules", load_module_kallsyms(prog), enable_index=-1)
for part in (identity, crash, cpus, blocked, memory, modules, log):
    try:
        part()
    except Exception as error:          # a dump without it still has the others
        print("%s: %r" % (part.__name__, error))
