# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest in QEMU: boot, wait for a text on its console, take its memory. Each has a deadline."""

import functools
import json
import pathlib
import platform
import re
import socket
import subprocess
import tempfile
import time

from tool import die_with_parent, tail

QMP_SECONDS = 60
POLL_SECONDS = 0.2
# A KVM that starts but does not get anywhere is given up after this long without a console.
SILENT_SECONDS = 15
TAIL_LINES = 25
SAID_BYTES = 4096


class BootError(Exception):
    """The guest did not get where it should; the text ends with the console's last lines."""


class Qmp:
    """QEMU's control socket (docs/interop/qmp-spec.rst): one command at a time. OSError when QEMU
    refuses, goes away, or has not answered after QMP_SECONDS."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(QMP_SECONDS)
        self.socket.connect(str(path))
        self.stream = self.socket.makefile("rw")
        self.stream.readline()
        self.run("qmp_capabilities")

    def run(self, command, **arguments):
        """The command's return value; events on the way are skipped."""
        end = time.monotonic() + QMP_SECONDS
        self.stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.stream.flush()
        for line in self.stream:
            reply = json.loads(line)
            if "error" in reply:
                raise OSError(reply["error"].get("desc"))
            if "return" in reply:
                return reply["return"]
            if time.monotonic() > end:
                raise OSError("no answer")
        raise OSError("QEMU went away")


@functools.lru_cache
def kvm_usable(qemu, board, cpu):
    """Whether QEMU comes up under KVM as this machine: it is started, paused, and told to quit."""
    argv = [qemu, "-machine", board + ",accel=kvm", "-cpu", cpu, "-S", "-display", "none",
            "-nodefaults", "-qmp", "stdio"]
    quit_now = '{"execute":"qmp_capabilities"}{"execute":"quit"}'
    try:
        done = subprocess.run(argv, input=quit_now, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and not re.search(r"error|doesn't support", done.stderr)


class Guest:
    """One boot. Use as a context: QEMU never outlives it."""

    def __init__(self, machine, image, initrd, append, memory, folder, accel, disk=None,
                 smp="2", more=("-device", "vmcoreinfo")):
        self.console = pathlib.Path(folder) / "console"
        self.qmp_path = pathlib.Path(folder) / "qmp"
        self.accel, self.qmp, self.started = accel, None, time.monotonic()
        self.argv = [
            machine.qemu, "-machine", "%s,accel=%s" % (machine.board, accel), "-cpu", machine.cpu,
            "-smp", smp, "-m", str(memory), "-kernel", str(image), "-initrd", str(initrd),
            "-append", append, "-serial", "file:%s" % self.console, "-display", "none",
            "-monitor", "none", "-qmp", "unix:%s,server=on,wait=off" % self.qmp_path,
            "-nodefaults", "-no-reboot", *more,
        ]
        if disk:
            self.argv += ["-drive", "file=%s,format=raw,if=none,id=disk" % disk,
                          "-device", "virtio-blk-pci,drive=disk"]

    def __enter__(self):
        self.console.write_bytes(b"")
        # a file: nobody reads a pipe until QEMU has ended, and a full one would stop it
        self.said = tempfile.TemporaryFile()
        self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=self.said,
                                        preexec_fn=die_with_parent)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.said.close()

    def complaint(self):
        """The last that QEMU wrote to its standard error."""
        self.said.seek(max(0, self.said.seek(0, 2) - SAID_BYTES))
        return self.said.read().decode("utf-8", "replace").strip()

    def seconds(self):
        return time.monotonic() - self.started

    def text(self):
        return self.console.read_bytes().decode("utf-8", "replace")

    def fail(self, reason):
        raise BootError("%s after %.0f s under %s; the console ends with:\n%s" % (
            reason, self.seconds(), self.accel, tail(self.text(), TAIL_LINES) or "(nothing)"))

    def control(self, command, **arguments):
        """Have QEMU do something; BootError if it does not."""
        try:
            if not self.qmp:
                self.qmp = Qmp(self.qmp_path)
            return self.qmp.run(command, **arguments)
        except (OSError, ValueError) as error:
            return self.fail("QMP %s: %s" % (command, error))

    def refuse(self, failures):
        """BootError if the console has one of the texts."""
        for failure in failures:
            if failure in self.text():
                self.fail("guest says %r" % failure)

    def wait_for(self, texts, deadline, failures=()):
        """Return once the console has one of the texts; BootError at the deadline (seconds from
        power on), when QEMU ends, or when one of the `failures` texts appears first."""
        while True:
            console = self.text()
            if any(text in console for text in texts):
                return
            self.refuse(failures)
            if self.process.poll() is not None:
                self.fail("QEMU ended (%d) %s" % (self.process.returncode, self.complaint()))
            if self.accel == "kvm" and not console and self.seconds() > SILENT_SECONDS:
                self.fail("nothing on the console")
            if self.seconds() > deadline:
                self.fail("no %s" % " or ".join(map(repr, texts)))
            time.sleep(POLL_SECONDS)

    def wait_for_end(self, deadline):
        """Return once QEMU has ended by itself; BootError at the deadline."""
        while self.process.poll() is None:
            if self.seconds() > deadline:
                self.fail("the guest does not switch itself off")
            time.sleep(POLL_SECONDS)

    def inject_nmi(self):
        self.control("inject-nmi")

    def inject_mce(self):
        """Uncorrected, the context corrupt (IA32_MC1_STATUS.VAL UC EN PCC, MCG_STATUS.MCIP)."""
        self.control("human-monitor-command",
                     **{"command-line": "mce 0 1 0xb200000000000134 0x4 0 0"})

    def dump(self, path, form=""):
        """Stop the guest and write its memory, as an ELF core or in the form that is named."""
        self.control("stop")
        self.control("dump-guest-memory", paging=False, protocol="file:%s" % path,
                     **{"format": form} if form else {})
        pathlib.Path(path).chmod(0o600)     # QEMU makes it read-only


def accelerators(machine):
    """What to try, in order."""
    same = platform.machine() == {"amd64": "x86_64", "arm64": "aarch64"}.get(machine.deb)
    if same and machine.kvm and kvm_usable(machine.qemu, machine.board, machine.cpu):
        return ["kvm", "tcg"]
    return ["tcg"]
