# SPDX-License-Identifier: GPL-2.0-or-later
"""What can be captured, as data: machines, kernels, scenarios. Adding one is adding a line here."""

import re
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Machine:
    """How one architecture is built for and booted."""
    deb: str            # Debian's name of the architecture
    kbuild: str         # ARCH= of the kernel's build
    cross: str          # CROSS_COMPILE=; "" where it is the machine this runs on
    qemu: str           # program
    board: str          # -machine
    cpu: str            # -cpu
    console: str        # console= of the kernel's command line
    debs: tuple         # packages of this system that it needs besides DEBS
    emulator: tuple = ()    # what its programs need to run on this machine
    kvm: bool = True    # may run under KVM where the host is the same architecture
    # The virtual address of physical address 0 and how far it reaches: dumps of machines that
    # cannot tell by VMCOREINFO need it in their program headers.
    lowmem: tuple = ()


@dataclass(frozen=True)
class Kernel:
    """One kernel: the packages it comes from and what its dump needs."""
    machine: str
    suite: str
    flavour: str            # of the meta packages linux-image-FLAVOUR and linux-headers-FLAVOUR
    memory: int             # MiB of guest memory: the least that boots with room for the helpers
    # makedumpfile's level. 31 leaves out zero pages, page cache, user memory and free pages, 17
    # zero and free pages: where makedumpfile does not know the kernel, it takes slab pages for
    # page cache. 0: it cannot read the kernel at all, and the dump stays as QEMU wrote it.
    level: int = 31
    btf: bool = True        # the kernel carries its types; else they are had of the debug package
    cpu: str = ""           # -cpu, where it shall be another than the machine's
    # The archive has its headers. Where not, the guest has no module of ours: no scenario but those
    # that need none, and none of the tasks that it keeps.
    headers: bool = True
    apart: bool = False     # not made with `all`: only when it is named


@dataclass(frozen=True)
class Setup:
    """A machine set up otherwise than usual, or a dump taken otherwise: KERNEL+SETUP."""
    title: str
    cpu: str = ""           # -cpu, where it shall be another than the kernel's
    smp: str = "2"          # -smp: how many CPUs, and which of them belong together
    memory: int = 0         # MiB of guest memory, if the kernel's and the scenario's is too little
    qemu: tuple = ()        # more of QEMU's arguments
    append: str = ""        # more of the kernel's command line
    before: str = ""        # shell text that is run before the oracle
    level: int = None       # makedumpfile's level; 0: the dump stays as QEMU wrote it
    note: bool = True       # QEMU learns of VMCOREINFO, or the dump is given it
    format: str = ""        # of dump-guest-memory, stored as it is; "": an ELF core
    filter: tuple = ()      # more of makedumpfile's arguments


@dataclass(frozen=True)
class Expect:
    """What an analyzer must say of the dump. "a|b": either will do, which depends on the kernel;
    endings of the compiler's (".cold", ".part.0") do not count."""
    cls: str                # the class of the crash, as lib/kern/crashclass.c names them
    function: str           # the function it blames
    finding: str = None     # id of the finding about what was damaged; None: nothing is
    hidden_on: tuple = ()   # machines whose kernels do not say where that lies


@dataclass(frozen=True)
class Scenario:
    """One way to die. `guest` is shell text that the guest's init runs after the oracle; `run NAME`
    in it calls scen_NAME() of the module, `crash` is sysrq-c."""
    title: str
    guest: str
    expect: Expect
    marker: tuple = ("end Kernel panic", "Kernel Offset:")     # console texts that end it: either
    nmi_on: tuple = ()                  # console texts, upon each of which an NMI is sent
    mce_on: str = ""                    # likewise, a machine check of CPU 0 that cannot be survived
    deadline: int = 120                 # seconds from power on to the marker
    helper: str = ""                    # zoo's arguments for one more process; its pid: $VICTIM
    append: str = ""                    # more of the kernel's command line
    memory: int = 0                     # MiB of guest memory, if the kernel's row is too little
    # The dump is made by a second kernel that the guest text loads (`load_kdump`), not by QEMU.
    kdump: bool = False
    before: str = ""                    # shell text that is run before the oracle
    modules: tuple = ()                 # more of the kernel's own modules, loaded before ours
    vmm: bool = False       # virtual machines in the guest, on an AMD processor as QEMU emulates it
    nested: bool = False    # Linux in one of them
    level: int = 0          # makedumpfile's level, if the kernel's row leaves out too much
    apart: bool = False     # too large to be made with `all`: only when it is named
    not_on: dict = field(default_factory=dict)      # kernel, release or machine -> why not

    def functions(self):
        """Names of the module's scenario functions that the guest text or the helper runs."""
        return re.findall(r"\brun ([a-z]\w*)", self.guest + "; " + self.helper)


# What every capture needs of this system, by package name.
DEBS = ("make", "gcc", "libc6-dev", "patchelf", "python3", "zstd")

MACHINES = {
    "amd64": Machine("amd64", "x86", "", "qemu-system-x86_64", "q35", "max,-la57", "ttyS0",
                     ("qemu-system-x86",)),
    "i386": Machine("i386", "x86", "i686-linux-gnu-", "qemu-system-i386", "q35", "max", "ttyS0",
                    ("qemu-system-x86", "qemu-user", "gcc-i686-linux-gnu", "libc6-dev-i386-cross"),
                    ("qemu-i386",), lowmem=(0xc0000000, 0x38000000)),
    "armhf": Machine("armhf", "arm", "arm-linux-gnueabihf-", "qemu-system-arm", "virt",
                     "cortex-a15", "ttyAMA0",
                     ("qemu-system-arm", "qemu-user", "gcc-arm-linux-gnueabihf",
                      "libc6-dev-armhf-cross"), ("qemu-arm",)),
    "arm64": Machine("arm64", "arm64", "aarch64-linux-gnu-", "qemu-system-aarch64", "virt",
                     "cortex-a57", "ttyAMA0",
                     ("qemu-system-arm", "qemu-user", "gcc-aarch64-linux-gnu",
                      "libc6-dev-arm64-cross"), ("qemu-aarch64",)),
}

# What lies between Debian's releases, and ahead of them
BETWEEN = {"6.16": "6.16.12", "6.17": "6.17.13", "6.18": "6.18.15", "6.19": "6.19.14",
           "7.0": "7.0.13", "7.1": "7.1.13"}

KERNELS = {
    "5.10": Kernel("amd64", "bullseye", "amd64", 128),
    "6.1": Kernel("amd64", "bookworm", "amd64", 128),
    "6.12": Kernel("amd64", "trixie", "amd64", 128, 17),
    "7.2": Kernel("amd64", "sid", "amd64", 128, 17),
    "6.1-i386": Kernel("i386", "bookworm", "686-pae", 128, btf=False),
    "6.1-armhf": Kernel("armhf", "bookworm", "armmp", 128, btf=False),
    "6.1-arm64": Kernel("arm64", "bookworm", "arm64", 128),
    # virtual addresses of 52 bits, which makedumpfile does not read
    "6.12-arm64": Kernel("arm64", "trixie", "arm64", 192, 0),
    # a processor that signs return addresses
    "7.2-arm64": Kernel("arm64", "sid", "arm64", 192, 0, cpu="max,pauth-impdef=on"),
}

# What else there is, each tried once: real-time, cloud and other flavours, between the releases above
# and ahead of them.
OTHERS = {
    **{release: Kernel("amd64", "trixie-backports", build + "+deb13-amd64", 160, 0, headers=False)
       for release, build in BETWEEN.items()},
    "7.3": Kernel("amd64", "trixie-backports", "7.3.4+deb13-amd64", 160, 0),
    "5.10_rt": Kernel("amd64", "bullseye", "rt-amd64", 128),
    "6.1_rt": Kernel("amd64", "bookworm", "rt-amd64", 128),
    "6.12_rt": Kernel("amd64", "trixie", "rt-amd64", 128, 17),
    "7.2_rt": Kernel("amd64", "sid", "rt-amd64", 128, 17),
    "6.1_cloud": Kernel("amd64", "bookworm", "cloud-amd64", 128),
    "6.12_cloud": Kernel("amd64", "trixie", "cloud-amd64", 128, 17),
    "7.2_cloud": Kernel("amd64", "sid", "cloud-amd64", 128, 17),
    "5.10-i386": Kernel("i386", "bullseye", "686-pae", 128, btf=False),
    "6.5-i386": Kernel("i386", "bookworm-backports", "6.5.0-0.deb12.4-686-pae", 128, btf=False),
    # page tables of 2 levels
    "5.10_nopae-i386": Kernel("i386", "bullseye", "686", 128, btf=False),
    "6.1_nopae-i386": Kernel("i386", "bookworm", "686", 128, btf=False),
    "6.1_rt-i386": Kernel("i386", "bookworm", "rt-686-pae", 128, btf=False),
    "5.10-armhf": Kernel("armhf", "bullseye", "armmp", 128, btf=False),
    "6.12-armhf": Kernel("armhf", "trixie", "armmp", 160, 0, btf=False),
    "7.2-armhf": Kernel("armhf", "sid", "armmp", 160, 0, btf=False),
    # page tables of 3 levels
    "6.1_lpae-armhf": Kernel("armhf", "bookworm", "armmp-lpae", 128, 0, btf=False),
    "7.2_lpae-armhf": Kernel("armhf", "sid", "armmp-lpae", 160, 0, btf=False),
    "6.1_rt-armhf": Kernel("armhf", "bookworm", "rt-armmp", 128, btf=False),
    "5.10-arm64": Kernel("arm64", "bullseye", "arm64", 128),
    "6.12_rt-arm64": Kernel("arm64", "trixie", "rt-arm64", 192, 0),
    # pages of 16 KiB
    "6.12_16k-arm64": Kernel("arm64", "trixie", "arm64-16k", 256, 0, cpu="neoverse-n1"),
    "7.2_16k-arm64": Kernel("arm64", "sid", "arm64-16k", 256, 0, cpu="max,pauth-impdef=on"),
    "7.3-arm64": Kernel("arm64", "trixie-backports", "7.3.4+deb13-arm64", 192, 0),
}
KERNELS.update((name, replace(row, apart=True)) for name, row in OTHERS.items())

USUAL = Setup("as the kernel's row says")

SETUPS = {
    "la57": Setup("page tables of 5 levels", cpu="max"),
    "cpus1": Setup("one CPU", smp="1"),
    "cpus8": Setup("8 CPUs: 2 sockets of 2 cores of 2 threads",
                   smp="8,sockets=2,cores=2,threads=2", memory=256),
    "offline": Setup("4 CPUs, of which 2 were taken offline, and one came back", smp="4",
                     before="cpu_off 2; cpu_off 3; cpu_on 2"),
    "maxcpus": Setup("4 CPUs, of which 2 were never started", smp="4", append="maxcpus=2"),
    "numa": Setup("8 CPUs on 2 nodes, and memory above 4 GiB", smp="8,sockets=2", memory=6144, qemu=(
        "-object", "memory-backend-ram,id=near,size=3G",
        "-object", "memory-backend-ram,id=far,size=3G",
        "-numa", "node,nodeid=0,cpus=0-3,memdev=near",
        "-numa", "node,nodeid=1,cpus=4-7,memdev=far")),
    "nokaslr": Setup("the kernel lies where it was linked", append="nokaslr"),
    "pti": Setup("page tables of user space apart", append="pti=on"),
    "unmitigated": Setup("no mitigations", append="mitigations=off nopti"),
    "slub": Setup("slabs checked and poisoned, memory zeroed when freed, pages' owners kept",
                  memory=256, append="slub_debug=FZPU init_on_free=1 page_owner=on"),
    "nonote": Setup("a dump without VMCOREINFO", note=False, level=0),
    "kdump_zlib": Setup("QEMU's own kdump format", format="kdump-zlib"),
    "elf": Setup("filtered, but still an ELF core", filter=("-E",)),
    "flat": Setup("makedumpfile's flattened stream", filter=("-F",)),
    "lzo": Setup("pages compressed by lzo", filter=("-l",)),
    "zlib": Setup("pages compressed by zlib", filter=("-c",)),
}

SYSRQ = Expect("sysrq", "write_sysrq_trigger")
NO_MAPLE = {"5.10": "no maple trees before 6.1"}
NO_RB = dict.fromkeys(("6.1", "6.5", "6.12", "7.2", "7.3", *BETWEEN), "it has maple trees")
NO_ALLOC = {**NO_MAPLE, **dict.fromkeys(("6.18", "6.19", "7.0", "7.1", "7.2", "7.3"),
                                        "no maple_alloc from 6.18 on")}
ONE_COPY = {"5.10": "only the area itself says where it ends"}
NO_KEXEC = "its Debian kernel has no kexec_file_load"
NO_LOWMEM = "its structures would not fit into low memory"
NO_NMI = "the machine has no NMI"
X86_64_ONLY = dict.fromkeys(("i386", "armhf", "arm64"), "only tried on amd64")
NO_UBSAN = dict.fromkeys(("5.10", "6.1", "6.12", "i386", "armhf", "arm64"), "built without UBSAN")
X86_ONLY = dict.fromkeys(("armhf", "arm64"), "irqbug is the same: all interrupts are devices'")
# Functions that tasks sleep in or come through, few enough for an emulated machine.
GRAPHED = ("schedule*,*_wait*,do_wait*,*sleep*,do_poll*,do_epoll*,*futex*,vfs_*,ksys_*,pipe_*,"
           "__x64_sys_*,proc_reg_*,kthread,*thread_fn,worker_thread,rcu_*kthread,*mutex_lock*")
NOT_ARM = dict.fromkeys(("armhf", "arm64"), "written for x86")
AMD64_ONLY = {machine: "written for x86_64" for machine in ("i386", "armhf", "arm64")}

# The host of virtual machines: huge pages are to be had; guests' memory stays in the dump.
VMM = {"vmm": True, "modules": ("kvm-amd",), "memory": 2560, "level": 17, "deadline": 400,
       "append": "hugepagesz=1G hugepages=1 hugepagesz=2M hugepages=16"}
NO_KVM = {**AMD64_ONLY, **dict.fromkeys(("5.10_rt", "6.1_rt", "6.12_rt", "7.2_rt"), "KVM of real-time "
                                        "kernels wants a TSC that the emulated machine has not")}
NO_MIRROR = {**NO_KVM,
             **dict.fromkeys(("5.10", "6.1", "6.12"), "no mirror roots before 6.14")}

SCENARIOS = {
    "sysrq": Scenario(
        "sysrq-c while another CPU runs user code; nothing is corrupt", "crash", SYSRQ),
    "irqbug": Scenario(
        "BUG() in an hrtimer over a tasklet over a task", "run irqbug",
        Expect("bug", "scen_irq_inner")),
    "softirq": Scenario(
        "BUG() in a tasklet that a device's interrupt raised over a task", "run softirq",
        Expect("bug", "scen_bottom_bug"), not_on=X86_ONLY),
    "hardirq": Scenario(
        "BUG() in a device's interrupt over a tasklet over a task", "run hardirq",
        Expect("bug", "scen_device_inner"), not_on=X86_ONLY),
    "nmi": Scenario(
        "NMI panic over a tasklet over a task", "run nmi",
        Expect("nmi", "unknown_nmi_error|delay_tsc"),
        nmi_on=("ready for an NMI",),
        not_on={"armhf": NO_NMI, "arm64": NO_NMI}),
    "nmitimer": Scenario(
        "NMI panic over an hrtimer over a tasklet over a task", "run nmitimer",
        Expect("nmi", "unknown_nmi_error|delay_tsc"), nmi_on=("ready for an NMI",),
        not_on={"armhf": NO_NMI, "arm64": NO_NMI}),
    "mce": Scenario(
        "a machine check that cannot be survived, over a task", "run mce",
        Expect("machine-check", "delay_tsc"), mce_on="ready for a machine check",
        not_on=AMD64_ONLY),
    "nestednmi": Scenario(
        "an NMI comes in while another one's handler runs, which panics", "run nestednmi",
        Expect("panic", "scen_nmi_inner"),
        nmi_on=("ready for the first NMI", "ready for an NMI in an NMI"), not_on=AMD64_ONLY),
    "db": Scenario(
        "panic in the handler of a hardware breakpoint that an interrupt hit", "run db",
        Expect("panic", "scen_watched_write"), not_on=AMD64_ONLY),
    "usermodeirq": Scenario(
        "BUG() in a timer that came in while the CPU was in user mode", "run usermodeirq",
        Expect("bug", "scen_user_inner"), not_on=AMD64_ONLY),
    "nullcall": Scenario(
        "call through a function pointer that is NULL", "run nullcall",
        Expect("null-deref", "scen_nullcall_inner"), not_on=NOT_ARM),
    "badret": Scenario(
        "a return address is overwritten, then returned to", "run badret",
        Expect("page-fault", None), not_on=NOT_ARM),
    "execdata": Scenario(
        "call through a function pointer that leads to data", "run execdata",
        Expect("exec-fault", "scen_execdata_inner"), not_on=NOT_ARM),
    "badsp": Scenario(
        "the stack pointer is garbage", "run badsp",
        Expect("double-fault", "scen_badsp_inner"), not_on=NOT_ARM),
    "wqnull": Scenario(
        "NULL pointer in a workqueue's worker", "run wqnull",
        # ARM32 forbids the kernel user addresses altogether: that is what it says then
        Expect("null-deref|page-fault", "scen_wq_inner")),
    "overflow": Scenario(
        "a kernel thread's stack overflows", "run overflow",
        Expect("stack-overflow", "scen_recurse", "stack.overflow"),
        not_on={"i386": "no guard page below the stack: the machine resets without a word"}),
    "overflowsw": Scenario(
        "a kernel thread writes below its stack, whose pointer is still on it", "run overflowsw",
        Expect("stack-overflow", "scen_underrun", "stack.overflow"), not_on=AMD64_ONLY),
    "irqsoff": Scenario(
        "panic while another CPU spins with interrupts off", "run irqsoff",
        Expect("panic", "scen_irqsoff")),
    "hung": Scenario(
        "two threads deadlocked on two mutexes, reported as hung, then sysrq-c",
        "hung_after 2; run abba; $B sleep 6; crash",
        Expect(SYSRQ.cls, SYSRQ.function, "lock.cycle")),
    "hungpanic": Scenario(
        "two threads deadlocked on two mutexes, and the watchdog of hung tasks panics",
        "run abba; $B sleep 4; echo 1 >/proc/sys/kernel/hung_task_panic; hung_after 2; $B sleep 60",
        Expect("hung-task", "scen_abba_second", "lock.cycle")),
    "softlockup": Scenario(
        "a CPU does not schedule, and the watchdog panics",
        "echo 1 >/proc/sys/kernel/softlockup_panic; watch_for 2; run lockup",
        Expect("soft-lockup", "scen_lockup_inner")),
    "stalled": Scenario(
        "a CPU does not schedule for long, reported as a soft lockup, then sysrq-c",
        "watch_for 1; run lockup_short; crash", SYSRQ),
    "rcustall": Scenario(
        "a CPU holds up a grace period, and RCU panics",
        "echo 0 >/proc/sys/kernel/soft_watchdog; echo 1 >/proc/sys/kernel/panic_on_rcu_stall; "
        "echo 3 >/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout; run lockup",
        Expect("rcu-stall", "scen_lockup_inner")),
    "oom": Scenario(
        "memory is used up by files of a ramfs, and the kernel panics instead of killing",
        "echo 1 >/proc/sys/vm/panic_on_oom; $B mkdir /ram; $B mount -t ramfs ram /ram; "
        "$B dd if=/dev/zero of=/ram/all bs=64k",
        Expect("oom", "out_of_memory")),
    "warn": Scenario(
        "WARN_ON(), which panics", "echo 1 >/proc/sys/kernel/panic_on_warn; run warn",
        Expect("warning", "scen_warn_inner")),
    "warned": Scenario("WARN_ON(), then sysrq-c", "run warn; crash", SYSRQ),
    "refcount": Scenario(
        "a reference is taken to what has none, a warning that panics",
        "echo 1 >/proc/sys/kernel/panic_on_warn; run refcount",
        Expect("refcount", "scen_count_get")),
    "kfence": Scenario(
        "an object of KFENCE's is used after it was freed, a report that panics",
        "echo 1 >/proc/sys/kernel/panic_on_warn; run kfence",
        Expect("kfence", "scen_freed_use"), append="kfence.sample_interval=30",
        not_on={"5.10": "no KFENCE before 5.12", "6.1": "built without KFENCE"}),
    "ubsan": Scenario(
        "an index is past the end of an array, a report that panics",
        "echo 1 >/proc/sys/kernel/panic_on_warn; run bounds",
        Expect("ubsan", "scen_table_read"), not_on=NO_UBSAN),
    "usercopy": Scenario(
        "more is copied to a process than the slab object has", "run usercopy",
        Expect("usercopy", "scen_copy_out")),
    "smash": Scenario(
        "a local array is written to past its end, over the stack's canary", "run smash",
        Expect("stack-smash", "scen_smash_inner")),
    "list": Scenario(
        "a list's neighbour skips the item that is deleted", "run list; crash",
        Expect("list-corruption",
               "__list_del_entry_valid|__list_del_entry_valid_or_report|scen_list_del")),
    "kretprobe": Scenario(
        "panic in a kretprobed function", "run kretprobe", Expect("panic", "scen_probed")),
    "fgraph": Scenario(
        "sysrq-c while the function graph tracer has replaced return addresses everywhere", "crash",
        SYSRQ, deadline=300, not_on=X86_64_ONLY,
        append="ftrace=function_graph trace_buf_size=16k ftrace_filter=" + GRAPHED),
    "fprobe": Scenario(
        "panic in a function with both a kretprobe and an fprobe, another task asleep in it",
        "run fprobe", Expect("panic", "scen_probed"), helper="run fprobe_sleep",
        not_on={**X86_64_ONLY, "5.10": "no fprobes before 5.18", "6.1": "built without fprobes"}),
    "kprobe": Scenario(
        "panic in the handler of a kprobe that is a breakpoint", "run kprobe",
        Expect("panic", "scen_kprobed"), not_on=X86_64_ONLY),
    "kprobe-ftrace": Scenario(
        "panic in the handler of a kprobe at a function's entry", "run kprobe_ftrace",
        Expect("panic", "scen_pre"), not_on=X86_64_ONLY),
    "kprobe-opt": Scenario(
        "panic in the handler of a kprobe that became a jump", "run kprobe_opt",
        Expect("panic", "scen_pre"), not_on=X86_64_ONLY),
    "kprobe-slot": Scenario(
        "NULL pointer in an instruction that a kprobe runs elsewhere",
        "echo 0 >/proc/sys/debug/kprobes-optimization; run kprobe_slot",
        Expect("null-deref|page-fault", "scen_null_read"), not_on=X86_64_ONLY),
    "bpf": Scenario(
        "panic in what a BPF program calls, another task asleep in one",
        "run bpf; /zoo cpu 0 /zoo bpf", Expect("panic", "scen_pre_bpf"), helper="bpfwait",
        not_on=X86_64_ONLY),
    "slabuaf": Scenario(
        "a freed slab object is written to; SLUB finds its poison gone", "run slabuaf",
        Expect("slab-corruption", "check_bytes_and_report|object_err|check_object|"
               "kmem_cache_alloc|kmem_cache_alloc_noprof|scen_slab_reuse"),
        # TAINT_BAD_PAGE, which SLUB's reports set; 5.10 checks nothing without the other
        append="panic_on_taint=0x20 slub_debug=FZPU,scen_cache"),
    "freelist": Scenario(
        "the free pointer in a free slab object is overwritten, then followed", "run freelist",
        Expect("gp-fault|page-fault",
               "kmem_cache_alloc|kmem_cache_alloc_noprof|___slab_alloc|get_from_partial_node",
               "slab.freelist.head", hidden_on=("i386", "armhf", "arm64"))),
    "maple-gap": Scenario(
        "a gap of a live process's maple tree is too big; it maps more, then sysrq-c",
        "run maple_gap $VICTIM; tell_victim m; crash",
        Expect("sysrq", SYSRQ.function, "maple.gap.parent-mismatch"),
        helper="victim 400", not_on=NO_MAPLE),
    "maple-pivot": Scenario(
        "one bit of a pivot of a live process's maple tree flips; it maps more, then sysrq-c",
        "run maple_pivot $VICTIM; tell_victim m; crash",
        Expect("sysrq", SYSRQ.function, "maple.pivot.order"),
        helper="victim 400", not_on=NO_MAPLE),
    "maple-parent": Scenario(
        "type bits of a parent word of a live process's maple tree are wrong; its brk() dies",
        "run maple_parent $VICTIM; tell_victim b",
        Expect("bug", "mas_update_gap|mas_parent_gap", "maple.parent.type"),
        helper="victim 400", not_on=NO_MAPLE),
    "maple-slot": Scenario(
        "a slot of a live process's maple tree is lost; its exit() dies",
        "run maple_slot $VICTIM; tell_victim x",
        Expect("bug", "exit_mmap", "maple.null.adjacent"),
        helper="victim 400",
        not_on={**NO_MAPLE, "7.2": "exit_mmap does not count any more: the process just ends"}),
    "maple-neighbour": Scenario(
        "a parent word of a live process's maple tree is overwritten by the object in front of it, "
        "a maple_alloc with one node too many; its brk() dies",
        "run maple_neighbour $VICTIM; tell_victim b",
        Expect("bug", "mas_update_gap|mas_parent_gap", "maple.parent.type"),
        helper="victim 400", not_on=NO_ALLOC),
    "maple-pivot-equal": Scenario(
        "the last entry of a leaf of a live process's maple tree is there twice (CVE-2024-50200)",
        "run maple_pivot_equal $VICTIM; crash",
        Expect("sysrq", SYSRQ.function, "mm.spanning-store|maple.pivot.order"),
        helper="victim 400", not_on=NO_MAPLE),
    "maple-metaend": Scenario(
        "a leaf of a live process's maple tree says that it ends one entry early",
        "run maple_metaend $VICTIM; crash",
        Expect("sysrq", SYSRQ.function,
               "maple.end.meta|maple.pivot.range|maple.gap.parent-mismatch"),
        helper="victim 400", not_on=NO_MAPLE),
    "maple-height": Scenario(
        "a live process's maple tree says that it is one level higher than it is",
        "run maple_height $VICTIM; crash",
        Expect("sysrq", SYSRQ.function, "maple.height"), helper="victim 400", not_on=NO_MAPLE),
    "maple-rcu": Scenario(
        "a live process's maple tree is not in RCU mode", "run maple_rcu $VICTIM; crash",
        Expect("sysrq", SYSRQ.function, "mm.rcu"), helper="victim 400", not_on=NO_MAPLE),
    "mm-xazero": Scenario(
        "an entry of a live process's maple tree is what a failed fork leaves; who reads it dies",
        "run mm_xazero $VICTIM; $B cat /proc/$VICTIM/maps >/dev/null",
        Expect("null-deref|page-fault", "m_next|proc_get_vma|lock_next_vma",
               "maple.entry.reserved|mm.xa_zero"),
        helper="victim 400", not_on=NO_MAPLE),
    "mm-mapcount": Scenario(
        "a live process counts one area too many", "run mm_mapcount $VICTIM; crash",
        Expect("sysrq", SYSRQ.function, "mm.map_count"), helper="victim 400"),
    "mm-totalvm": Scenario(
        "a live process counts more pages than its areas have", "run mm_totalvm $VICTIM; crash",
        Expect("sysrq", SYSRQ.function, "mm.total_vm"), helper="victim 400"),
    "mm-vmaend": Scenario(
        "an area of a live process ends behind its range in the tree",
        "run mm_vmaend $VICTIM; crash",
        Expect("sysrq", SYSRQ.function, "mm.vma.end-mismatch"),
        helper="victim 400", not_on=ONE_COPY),
    "mm-vmamm": Scenario(
        "an area of a live process says that it is init's", "run mm_vmamm $VICTIM; crash",
        Expect("sysrq", SYSRQ.function, "mm.vma.mm"), helper="victim 400"),
    "mm-lock": Scenario(
        "a process went back to user mode with its mmap_lock held for writing",
        "tell_victim r; crash",
        Expect("sysrq", SYSRQ.function, "mm.lock.leaked"), helper="victim 400 run mm_lock"),
    "rb-gap": Scenario(
        "an area's tree node says that there is a bigger gap below it than there is",
        "run rb_gap $VICTIM; crash",
        Expect("sysrq", SYSRQ.function, "mm.rb.gap"), helper="victim 400", not_on=NO_RB),
    "rb-list": Scenario(
        "a process's list of areas skips one that its tree has", "run rb_list $VICTIM; crash",
        Expect("sysrq", SYSRQ.function, "mm.rb.list"), helper="victim 400", not_on=NO_RB),
    "kdump": Scenario(
        "sysrq-c, and the dump made by a second kernel (kexec, makedumpfile)", "load_kdump; crash",
        # wherever KASLR puts the kernel, there is room for the reservation on one side of it
        SYSRQ, marker=("ORACLE kdump bytes",), append="crashkernel=224M", memory=768, kdump=True,
        not_on={"i386": NO_KEXEC, "armhf": NO_KEXEC, "arm64": NO_KEXEC}),
    "kvm-tdp": Scenario(
        "sysrq-c on a host of VMs with leaves of all sizes, and (7.2) with direct and mirror roots",
        "crash", SYSRQ, before="kvm_on; vmm plain; vmm nx; vmm slotdel; "
        "! has_mirrors || { vmm mirror47; vmm mirror39; }", not_on=NO_KVM, **VMM),
    "kvm-frozen": Scenario(
        "KVM dies with an entry of a mirror root frozen and its mmu_lock held",
        "vmm_last", Expect("panic", "scen_set_external_spte", "tdp.frozen-spte"),
        before="kvm_on; vmm frozen", not_on=NO_MIRROR, **VMM),
    "kvm-bug": Scenario(
        "KVM meets a huge page in a mirror root, an assertion of its own",
        "echo 1 >/proc/sys/kernel/panic_on_warn; vmm_last",
        Expect("warning", "kvm_tdp_mmu_map", "tdp.mirror.huge-page"),
        before="kvm_on; vmm hugeleaf", not_on=NO_MIRROR, **VMM),
    "kvm-apf": Scenario(
        "sysrq-c on a host of a guest that sleeps in async page faults", "crash", SYSRQ,
        before="kvm_on; vmm apf /nested/kernel /nested/initrd 192", not_on=NO_KVM, nested=True,
        **{**VMM, "memory": 1024, "deadline": 900, "append": ""}),
    "kvm-apf-loop": Scenario(
        "sysrq-c on a host that tells a guest time and again that a page is there which never is",
        "crash", Expect(SYSRQ.cls, SYSRQ.function, "apf.host.error-loop"),
        before="kvm_on; vmm apfloop /nested/kernel /nested/initrd 192", not_on=NO_KVM,
        nested=True, **{**VMM, "memory": 1024, "deadline": 900, "append": ""}),
    "scale": Scenario(
        "sysrq-c with 2,000 more processes, and one with 500,000 VMAs more",
        "map_count 600000; /zoo crowd 2000; /zoo vmas 500000 & mapped $! 500000; crash", SYSRQ,
        deadline=600, memory=6144, apart=True,
        not_on={"i386": NO_LOWMEM, "armhf": NO_LOWMEM}),
}


def kernel_of(key):
    """The key of KERNELS in KERNEL or KERNEL+SETUP."""
    return key.partition("+")[0]


def setup_of(key):
    """The setup that KERNEL+SETUP names; KeyError where there is none of that name."""
    name = key.partition("+")[2]
    return SETUPS[name] if name else USUAL


def kernel_name(key):
    """MACHINE-KERNEL or MACHINE-KERNEL+SETUP of a key."""
    machine = KERNELS[kernel_of(key)].machine
    kernel, plus, setup = key.partition("+")
    return "%s-%s%s%s" % (machine, kernel.removesuffix("-" + machine), plus, setup)


def capture_name(kernel, scenario):
    """MACHINE-KERNEL-SCENARIO of two keys."""
    return "%s-%s" % (kernel_name(kernel), scenario)


def why_not(kernel, scenario):
    """Why this kernel cannot have this scenario; None if it can."""
    not_on = SCENARIOS[scenario].not_on
    release = re.match(r"[\d.]+", kernel)[0]
    if not KERNELS[kernel].headers and (SCENARIOS[scenario].functions() or SCENARIOS[scenario].vmm):
        return "no headers to build our module with"
    return not_on.get(kernel) or not_on.get(KERNELS[kernel].machine) or not_on.get(release)
