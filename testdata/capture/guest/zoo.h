/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * zoo: a static program for the guest. Each mode parks a process in one known state for good, or
 * does one step of the init script:
 *
 *   zoo MODE            park (modes: the table in zoo.c)
 *   zoo vmas N          park with about N VMAs
 *   zoo victim N [run NAME]     the same with about N VMAs and holes between them; a letter in
 *                       /victim makes it map (m), grow its heap (b), exit (x) or run that scenario (r)
 *   zoo crowd N         leave N processes behind, each parked
 *   zoo cpu N PROG ARG… run PROG on CPU N
 *   zoo write FILE TEXT one write(2)
 *   zoo run NAME        a scenario of the module
 *   zoo bpf             have a BPF program run, one that calls bpf_get_current_uid_gid()
 *   zoo bpfwait         sleep for good in what a BPF program calls
 *   zoo kexec KERNEL INITRD CMDLINE     load a second kernel for the panic
 *   zoo oracle          print what /proc says of every task, and of the kernel
 */
#ifndef ZOO_H
#define ZOO_H

/* Say what failed, with errno, and exit. */
void zoo_die(const char *what);

/* Sleep for good. */
void zoo_park(void);

/* Park with about `count` VMAs. */
void zoo_vmas(long count);

/* The same with holes between them, obeying /victim; `scenario` is what it runs itself. */
void zoo_victim(long count, const char *scenario);

/* Have the module run a scenario in this process. */
void zoo_run(const char *scenario);

/* Run a BPF program at the next system call, and make one; sleep in a program's page fault. */
void zoo_bpf(void);
void zoo_bpf_wait(void);

/* The lines that begin with "ORACLE", to standard output. Returns the exit code. */
int zoo_oracle(void);

#endif
