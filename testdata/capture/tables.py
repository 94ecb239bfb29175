# SPDX-License-Identifier: GPL-2.0-or-later
"""What can be captured, as data: machines, kernels, scenarios. Adding one is adding a line here."""

import re
from dataclasses import dataclass


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
    kvm: bool = True    # may run under KVM where the host is the same architecture
    cold_text: bool = False     # vmcore.py knows which kernel code was running (x86_64)


@dataclass(frozen=True)
class Kernel:
    """One kernel: the packages it comes from and what its dump needs."""
    machine: str
    suite: str
    flavour: str            # of the meta packages linux-image-FLAVOUR and linux-headers-FLAVOUR
    memory: int             # MiB of guest memory: the least that boots with room for the helpers
    # makedumpfile levels, best first: (level, the makedumpfile it needs). Older ones take pages in
    # use for free ones, since the kernel moved PG_slab (6.10) into page_type.
    levels: tuple = ((31, (0,)),)


@dataclass(frozen=True)
class Scenario:
    """One way to die. `guest` is shell text that the guest's init runs after the oracle; `run NAME`
    in it calls scen_NAME() of the module, `crash` is sysrq-c."""
    title: str
    guest: str
    marker: str = "end Kernel panic"    # console text after which memory is taken
    nmi_on: str = ""                    # console text upon which an NMI is sent
    deadline: int = 120                 # seconds from power on to the marker

    def functions(self):
        """Names of the module's scenario functions that the guest text runs."""
        return re.findall(r"\brun ([a-z]\w*)", self.guest)


MACHINES = {
    "amd64": Machine("amd64", "x86", "", "qemu-system-x86_64", "q35", "max,-la57", "ttyS0",
                     cold_text=True),
}

NEW_SLAB = ((31, (1, 7, 6)), (17, (0,)))

KERNELS = {
    "5.10": Kernel("amd64", "bullseye", "amd64", 128),
    "6.1": Kernel("amd64", "bookworm", "amd64", 128),
    "6.12": Kernel("amd64", "trixie", "amd64", 128, NEW_SLAB),
    "7.2": Kernel("amd64", "sid", "amd64", 128, ((17, (0,)),)),
}

SCENARIOS = {
    "sysrq": Scenario("sysrq-c while another CPU runs user code; nothing is corrupt", "crash"),
    "irqbug": Scenario("BUG() in an hrtimer over a tasklet over a task", "run irqbug"),
    "nmi": Scenario("NMI panic over a tasklet over a task", "run nmi", nmi_on="ready for an NMI",
                    marker="Kernel Offset:"),   # 5.10 does not say the last line of an NMI panic
    "wqnull": Scenario("NULL pointer in a workqueue's worker", "run wqnull"),
    "overflow": Scenario("a kernel thread's stack overflows", "run overflow"),
    "irqsoff": Scenario("panic while another CPU spins with interrupts off", "run irqsoff"),
    "hung": Scenario("two threads deadlocked on two mutexes, reported as hung, then sysrq-c",
                     "hung_after 4; run abba; $B sleep 10; crash"),
    "list": Scenario("a list's neighbour skips the item that is deleted", "run list; crash"),
    "kretprobe": Scenario("panic in a kretprobed function", "run kretprobe"),
}
