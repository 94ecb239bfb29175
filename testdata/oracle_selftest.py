#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""oracle_selftest.py: does oracle.py read what kernels print? TAP.

Each piece of console here is of the form that one kernel or machine prints; the stored captures'
own consoles are read too, and must give the oracle that is stored.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]
sys.dont_write_bytecode = True

import captures     # noqa: E402
import oracle       # noqa: E402
import selftest     # noqa: E402

LIST = "ORACLE begin 6.1\n[    8.488867] sysrq: Show State\n"


def stamped(text):
    """The lines of a text as the kernel would print them."""
    return "".join("[    9.%06d] %s\n" % at for at in enumerate(text.strip("\n").split("\n")))


def one_task(text):
    tasks = oracle.parse(LIST + stamped(text))["tasks"]
    assert len(tasks) == 1, tasks
    return next(iter(tasks.items()))


def death(text):
    return oracle.parse("ORACLE begin x\nORACLE sysrq-t end\n" + stamped(text))["panic_trace"]


def names(trace):
    return [(frame["function"], frame["stack"]) for frame in trace["frames"]]


def task_of_61():
    pid, task = one_task("""
task:zoo-wait        state:S stack:0     pid:109   ppid:1      flags:0x00000002
Call Trace:
 <TASK>
 __schedule+0x34d/0xa00
 ? send_signal_locked+0x7a/0x1b0
 scen_probed+0xa4/0xe0 [scen]
 </TASK>
""")
    return pid == "109" and task == {
        "comm": "zoo-wait", "state": "S", "ppid": 1, "complete": True,
        "frames": ["__schedule+0x34d/0xa00", "scen_probed+0xa4/0xe0 [scen]"]}


def task_of_510():
    pid, task = one_task("""
task:kworker/0:1     state:I stack:    0 pid:    3 ppid:     2 flags:0x00004000
Call Trace:
 __schedule+0x282/0x870
 ret_from_fork+0x22/0x30
""")
    return pid == "3" and task["frames"] == ["__schedule+0x282/0x870", "ret_from_fork+0x22/0x30"]


def task_of_72():
    pid, task = one_task("""
task:init            state:R  running task     stack:0     pid:1     tgid:1     ppid:0      flags:0
Call Trace:
 <TASK>
 __schedule+0x4c5/0x1070
""")
    return pid == "1" and (task["state"], task["ppid"]) == ("R", 0)


def task_of_arm64_72():
    pid, task = one_task("""
task:kthreadd        state:S stack:0     pid:2     tgid:2     ppid:0      task_flags:0x208040
Call trace:
 __switch_to+0x180/0x348 (T)
 scen_sleep+0x3c/0xf0 [scen] (P)
 ret_from_fork+0x10/0x20
""")
    return pid == "2" and task["frames"] == [
        "__switch_to+0x180/0x348", "scen_sleep+0x3c/0xf0 [scen]", "ret_from_fork+0x10/0x20"]


def task_given_up():
    task = one_task("""
task:zoo-kretwait    state:S stack:    0 pid:  112 ppid:     1 flags:0x00000002
Call Trace:
 scen_probed+0x74/0xb0 [scen]
 ? scen_write+0x10e/0x193 [scen]
""")[1]
    return not task["complete"] and task["frames"] == ["scen_probed+0x74/0xb0 [scen]"]


def task_of_arm():
    task = one_task("""
task:kthreadd        state:S stack:0     pid:2     ppid:0      flags:0x00000000
 __schedule from schedule+0x54/0xe8
 schedule from scen_probed+0xb0/0xe4 [scen]
 scen_probed [scen] from __kretprobe_trampoline+0x0/0x20
Exception stack(0xd8829fb0 to 0xd8829ff8)
9fa0:                                     00000000 00000000 00000000 00000000
""")[1]
    return task["frames"] == ["__schedule", "schedule+0x54/0xe8", "scen_probed+0xb0/0xe4 [scen]",
                              "__kretprobe_trampoline+0x0/0x20"]


def arm_frames_of_older_kernels():
    task = one_task("""
task:zoo-wait        state:S stack:    0 pid:  109 ppid:     1 flags:0x00000002
Backtrace: 
[<c0d1dd88>] (__schedule) from [<c0d1e804>] (schedule+0x6c/0xe0)
 r10:00000008 r9:00000000 r8:00000000 r7:00000000 r6:c1d4e300 r5:c1d10000
 r4:c19845c0
[<c0d1e798>] (schedule) from [<bf0004c8>] (scen_probed+0x10/0x14 [scen])
[<bf0004b8>] (scen_probed [scen]) from [<c03000c0>] (ret_fast_syscall+0x0/0x54)
""")[1]
    return task["frames"] == ["__schedule", "schedule+0x6c/0xe0", "scen_probed+0x10/0x14 [scen]",
                              "ret_fast_syscall+0x0/0x54"]


def workqueues_are_no_frames():
    task = one_task("""
task:zoo-wait        state:S stack:0     pid:109   ppid:1      flags:0x00000002
Call Trace:
 __schedule+0x34d/0xa00
Showing busy workqueues and worker pools:
 vmstat_update+0x10/0x20
""")[1]
    return task["frames"] == ["__schedule+0x34d/0xa00"]


def zombie_from_status():
    out = oracle.parse("ORACLE begin x\nORACLE status 7 tgid 7\nName:\tzoo-dead\n"
                       "State:\tZ (zombie)\nPPid:\t6\nORACLE end\n")
    return out["tasks"]["7"] == {"comm": "zoo-dead", "state": "Z", "ppid": 6, "frames": [],
                                 "complete": False}


def bug_over_two_stacks():
    trace = death("""
kernel BUG at scen.c:70!
CPU: 0 PID: 133 Comm: zoo write Tainted: G           OE      6.1.0
RIP: 0010:scen_irq_inner+0x5/0x10 [scen]
Call Trace:
 <IRQ>
 hrtimer_interrupt+0xf4/0x210
 ? __die_body.cold+0x1a/0x1f
RIP: 0010:delay_tsc+0x33/0xa0
 scen_soft_inner+0x47/0x70 [scen]
 </IRQ>
 <TASK>
 asm_sysvec_apic_timer_interrupt+0x16/0x20
RIP: 0010:delay_tsc+0x33/0xa0
 scen_task_spin+0x23/0x50 [scen]
RIP: 0033:0x442c80
 </TASK>
Modules linked in: scen(OE)
---[ end trace 0000000000000000 ]---
RIP: 0010:scen_irq_inner+0x5/0x10 [scen]
Kernel panic - not syncing: Fatal exception in interrupt
""")
    return (trace["cpu"], trace["pid"], trace["comm"]) == (0, 133, "zoo write") and \
        trace["complete"] and names(trace) == [
            ("scen_irq_inner", "irq"), ("hrtimer_interrupt", "irq"), ("delay_tsc", "irq"),
            ("scen_soft_inner", "irq"), ("asm_sysvec_apic_timer_interrupt", "task"),
            ("delay_tsc", "task"), ("scen_task_spin", "task")]


def nmi_over_irq():
    trace = death("""
CPU: 0 PID: 133 Comm: zoo-write Tainted: G           OE      6.1.0
Call Trace:
 <NMI>
 panic+0x118/0x2f4
 end_repeat_nmi+0xf/0x53
RIP: 0010:delay_tsc+0x33/0xa0
 </NMI>
 <IRQ>
 scen_spin+0x15/0x20 [scen]
 </IRQ>
""")
    return names(trace) == [("panic", "NMI"), ("end_repeat_nmi", "NMI"), ("delay_tsc", "irq"),
                            ("scen_spin", "irq")]


def other_cpus_are_not_the_death():
    trace = death("""
Kernel panic - not syncing: sysrq triggered crash
CPU: 0 UID: 0 PID: 131 Comm: zoo-write Tainted: G           OE      6.1.0
 dump_stack_lvl from panic+0x110/0x370
 panic from sysrq_reset_seq_param_set+0x0/0x90
CPU1: stopping
CPU: 1 PID: 128 Comm: zoo-spin Tainted: G           OE      6.1.0
 unwind_backtrace from show_stack+0x18/0x1c
---[ end Kernel panic - not syncing: sysrq triggered crash ]---
""")
    return trace["pid"] == 131 and [name for name, _ in names(trace)] == [
        "dump_stack_lvl", "panic", "sysrq_reset_seq_param_set"]


def arm64_fault_and_link():
    trace = death("""
CPU: 0 PID: 133 Comm: zoo-write Tainted: G           OE      6.1.0
pc : scen_irq_inner+0x8/0xc [scen]
lr : scen_irq_outer+0x18/0x20 [scen]
Call trace:
 scen_irq_inner+0x8/0xc [scen]
 hrt2_fn+0x18/0x20 [scen]
""")
    return trace["lr"] == "scen_irq_outer" and \
        names(trace) == [("scen_irq_inner", None), ("hrt2_fn", None)]


def i386_softirq():
    trace = death("""
CPU: 0 PID: 134 Comm: zoo-write Tainted: G S      W  OE      6.1.0
EIP: scen_irq_inner+0x8/0x10 [scen]
Call Trace:
 <SOFTIRQ>
 call_on_stack+0x45/0x50
 </SOFTIRQ>
 ? irq_exit_rcu+0x53/0x80
""")
    return not trace["complete"] and names(trace) == [("scen_irq_inner", "softirq"),
                                                      ("call_on_stack", "softirq")]


def arm32_fault_in_an_interrupt():
    trace = death("""
8<--- cut here ---
Unhandled fault: page domain fault (0x01b) at 0x00000004
Internal error: : 1b [#1] SMP ARM
CPU: 0 PID: 78 Comm: kworker/0:2 Tainted: G           OE      6.1.0-50-armmp #1
PC is at scen_irq_inner+0xc/0x14 [scen]
LR is at scen_irq_outer+0x1c/0x34 [scen]
pc : [<bf000720>]    lr : [<bf000744>]    psr: 200f0013
Register r0 information: 5-page vmalloc region allocated at load_module+0xa90/0x21c8
 scen_irq_inner [scen] from scen_irq_outer+0x1c/0x34 [scen]
 scen_irq_outer [scen] from __irq_svc+0x88/0xb0
Exception stack(0xc8801eb0 to 0xc8801ef8)
1ea0:                                     259d996f 00000000 00000000 c0aa2c80
 __irq_svc from scen_spin+0x10/0x20 [scen]
---[ end trace 0000000000000000 ]---
""")
    return trace["lr"] == "scen_irq_outer" and [name for name, _ in names(trace)] == [
        "scen_irq_inner", "scen_irq_outer", "__irq_svc", "scen_spin"]


def the_second_kernel_is_another():
    text = stamped("Linux version 6.1.0\nKernel panic - not syncing: sysrq triggered crash\n"
                   "CPU: 0 PID: 9 Comm: zoo write Kdump: loaded Tainted: G\n panic+0x1/0x2\n"
                   "Linux version 6.1.0\nBUG: of the second kernel")
    out = oracle.parse("ORACLE begin x\n" + text)
    return out["panic_trace"]["comm"] == "zoo write" and len(oracle.log(text)) == 4 and \
        out["panic"] == ["Kernel panic - not syncing: sysrq triggered crash"]


def boot_warnings_are_forgotten():
    out = oracle.parse(stamped("CPU: 0 PID: 1 Comm: swapper/0 Not tainted 6.1\nCall Trace:\n"
                               " dump_stack+0x1/0x2\nBUG: something") + "ORACLE begin x\n")
    return out["panic_trace"] is None and out["panic"] == []


def two_voices_on_one_line():
    text = "ORACLE sysrq-t b[    1.000001] kernel line\r\negin\r\n[    1.000002][  T133]  two\r\n"
    return oracle.log(text) == [["1.000001", "kernel line"], ["1.000002", " two"]]


def proc_files():
    out = oracle.parse("""ORACLE begin x
ORACLE cmdline 1 /bin/busybox sh /init
ORACLE fd 1 10 /a file
ORACLE maps 1
00400000-00401000 r--p 00000000 00:02 9                                  /bin/a b
[    2.000000] a kernel line between
7ffc48b0a000-7ffc48b2b000 rw-p 00000000 00:00 0                          [stack]
ORACLE endmaps 1
ORACLE modules
scen 16384 4 - Live 0xffffffffc04eb000 (OE)
ORACLE endmodules
ORACLE kallsyms
ffffffffc04eb000 t twice\t[scen]
ffffffff81000000 T twice
ORACLE endkallsyms
ORACLE corruption maple-gap pid 9 mm ff11 node ff22 field gap[3] addr ff33 old 0x1 new 0x2
""")
    return out["maps"]["1"] == ["00400000-00401000 r--p 00000000 00:02 9 /bin/a b",
                                "7ffc48b0a000-7ffc48b2b000 rw-p 00000000 00:00 0 [stack]"] and \
        out["fds"]["1"] == {"10": "/a file"} and \
        out["cmdline"]["1"] == "/bin/busybox sh /init" and \
        out["modules"] == [{"name": "scen", "size": 16384, "state": "Live",
                            "base": "0xffffffffc04eb000"}] and \
        out["kallsyms"]["twice"] == [["ffffffffc04eb000", "t", "scen"],
                                     ["ffffffff81000000", "T", None]] and \
        (out["faults"][0]["field"], out["faults"][0]["old"]) == ("gap[3]", "0x1")


def stored_oracles_are_their_consoles():
    stored = sorted((HERE / "captures").glob("*.oracle.json.zst"))
    for path in stored:
        truth = json.loads(oracle.read_text(path))
        truth.pop("capture")
        console = path.with_name(path.name.replace(".oracle.json", ".console"))
        said = oracle.parse(oracle.read_text(console))
        if captures.dumped_alive(path.name.removesuffix(".oracle.json.zst")):
            said["kvm"] = truth["kvm"]      # its host's VMM said that
        if truth != said:
            print("# %s" % path.name)
            return False
    return bool(stored)


TESTS = [task_of_61, task_of_510, task_of_72, task_of_arm64_72, task_given_up, task_of_arm,
         arm_frames_of_older_kernels, workqueues_are_no_frames,
         zombie_from_status, bug_over_two_stacks, nmi_over_irq, other_cpus_are_not_the_death,
         arm64_fault_and_link, arm32_fault_in_an_interrupt, i386_softirq,
         the_second_kernel_is_another, boot_warnings_are_forgotten, two_voices_on_one_line,
         proc_files,
         stored_oracles_are_their_consoles]


if __name__ == "__main__":
    sys.exit(selftest.run(TESTS))
