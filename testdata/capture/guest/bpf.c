// SPDX-License-Identifier: GPL-2.0-or-later
/* BPF programs, written by hand: bpf(2), Documentation/bpf/standardization/instruction-set.rst. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "zoo.h"

/* of include/uapi/linux/bpf.h newer than some C libraries' headers */
#define PROG_TYPE_SYSCALL 31
#define PROG_SLEEPABLE    (1u << 4)
#define FN_UID_GID        15
#define FN_COPY_FROM_USER 148

#define MOV_REG(to, from) { BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0 }
#define MOV_IMM(to, imm)  { BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, imm }
#define ADD_IMM(to, imm)  { BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, imm }
#define LOAD(to, from, off) { BPF_LDX | BPF_MEM | BPF_DW, to, from, off, 0 }
#define CALL_HELPER(id)   { BPF_JMP | BPF_CALL, 0, 0, 0, id }
#define CALL_AHEAD(n)     { BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, n }
#define EXIT              { BPF_JMP | BPF_EXIT, 0, 0, 0, 0 }

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int load(uint32_t type, uint32_t flags, const struct bpf_insn *code, size_t n)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.prog_flags = flags;
	attr.insns = (uintptr_t)code;
	attr.insn_cnt = (uint32_t)n;
	attr.license = (uintptr_t)"GPL";
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0)
		zoo_die("BPF_PROG_LOAD");
	return fd;
}

/* A program and a function of it, each of which has an image of its own. */
void zoo_bpf(void)
{
	static const struct bpf_insn code[] = {
		CALL_AHEAD(1), EXIT, CALL_HELPER(FN_UID_GID), MOV_IMM(BPF_REG_0, 0), EXIT,
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.prog_fd = (uint32_t)load(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, code,
						     sizeof(code) / sizeof(code[0]));
	attr.raw_tracepoint.name = (uintptr_t)"sys_enter";
	if (bpf(BPF_RAW_TRACEPOINT_OPEN, &attr) < 0)
		zoo_die("BPF_RAW_TRACEPOINT_OPEN");
	syscall(SYS_getpid);
}

/* A page that is never filled: who reads it sleeps (userfaultfd(2)). */
static uint64_t endless_page(void)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { (uintptr_t)page, size }, .mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	if (page == MAP_FAILED || fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &range))
		zoo_die("userfaultfd");
	return (uintptr_t)page;
}

void zoo_bpf_wait(void)
{
	static const struct bpf_insn code[] = {
		LOAD(BPF_REG_3, BPF_REG_1, 0), MOV_REG(BPF_REG_1, BPF_REG_10),
		ADD_IMM(BPF_REG_1, -8), MOV_IMM(BPF_REG_2, 8), CALL_HELPER(FN_COPY_FROM_USER),
		MOV_IMM(BPF_REG_0, 0), EXIT,
	};
	uint64_t context = endless_page();
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (uint32_t)load(PROG_TYPE_SYSCALL, PROG_SLEEPABLE, code,
					   sizeof(code) / sizeof(code[0]));
	attr.test.ctx_in = (uintptr_t)&context;
	attr.test.ctx_size_in = sizeof(context);
	if (bpf(BPF_PROG_TEST_RUN, &attr))
		zoo_die("BPF_PROG_TEST_RUN");
}
