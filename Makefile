# SPDX-License-Identifier: GPL-2.0-or-later
# cairn: one Makefile, no configure step. `make help` lists the targets.

VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build
CFLAGS ?= -O2 -g
SANITIZE ?=

# V=1 shows the commands
Q := $(if $(V),,@)
say := @$(if $(V),:,echo)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
PKGS := libdw libelf libbpf readline libzstd libdeflate lzo2 snappy capstone jansson
# second opinions and the test runner
TEST_PKGS := libkdumpfile libaddrxlat cmocka zlib
# the same, and what the tests and the demo need, by Debian's names
DEBS := gcc make pkg-config libdeflate-dev libdw-dev libelf-dev libbpf-dev \
	libreadline-dev libzstd-dev liblzo2-dev libsnappy-dev libcapstone-dev \
	libjansson-dev
TEST_DEBS := libkdumpfile-dev libcmocka-dev zlib1g-dev zstd python3 python3-jsonschema perl \
	man-db

# ---- sources: found, never listed ---------------------------------------------------

ROOMS := lib lib/base lib/image lib/debug lib/kern mm unwind plugins cmd
ALL_C := $(wildcard $(ROOMS:%=%/*.c))
SRC := $(filter-out %_test.c %_fuzz.c,$(ALL_C))
TESTS := $(filter %_test.c,$(ALL_C))
FUZZ := $(filter %_fuzz.c,$(ALL_C))
MUTATE_C := $(wildcard testdata/mutate/*.c)
FLOOR_C := $(wildcard testdata/floor/*.c)
HEADERS := $(wildcard $(ROOMS:%=%/*.h))

OBJ := $(SRC:%.c=$(BUILD)/%.o)
LIB_OBJ := $(filter-out $(BUILD)/cmd/%,$(OBJ))
CMD_OBJ := $(filter-out $(BUILD)/cmd/main.o,$(filter $(BUILD)/cmd/%,$(OBJ)))
TEST_BIN := $(TESTS:%.c=$(BUILD)/%)
FUZZ_BIN := $(FUZZ:%.c=$(BUILD)/%)

ifneq ($(filter-out clean help demo check deps test-deps captures,$(or $(MAKECMDGOALS),all)),)
missing := $(foreach p,$(PKGS),$(if $(shell pkg-config --exists $(p) 2>/dev/null && echo y),,$(p)))
ifneq ($(strip $(missing)),)
$(info cairn needs these libraries, and pkg-config does not find them: $(missing))
$(info On Debian: apt-get install $(DEBS))
$(error missing: $(missing))
endif
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS))
PKG_LIBS := $(shell pkg-config --libs $(PKGS))
endif

CPPFLAGS_ALL = -D_GNU_SOURCE -I. -DCAIRN_VERSION='"$(VERSION)"' $(CPPFLAGS)
CFLAGS_ALL = -std=gnu11 $(WARN) $(CFLAGS) $(SANITIZE) $(PKG_CFLAGS)
LIBS = $(PKG_LIBS) -lpthread -ldl
TEST_LIBS = $(shell pkg-config --libs $(TEST_PKGS))

# ---- the program ----------------------------------------------------------------------

all: $(BUILD)/cairn $(BUILD)/libcairn.a

# objects are linked directly: in a plain archive the registration sets would vanish
$(BUILD)/cairn: $(OBJ)
	$(say) "LINK $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LIBS)

# one relocatable object, for the same reason
$(BUILD)/libcairn.o: $(LIB_OBJ)
	$(Q)$(LD) -r -o $@ $^

$(BUILD)/libcairn.a: $(BUILD)/libcairn.o
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(say) "CC   $<"
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# printed from inside the program
$(BUILD)/cmd/triage_schema.o: man/cairn.triage.schema.json

# rebuild when the compiler or a flag changes
$(BUILD)/flags: FORCE
	@mkdir -p $(BUILD)
	@echo '$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS)' | cmp -s - $@ || \
	 echo '$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS)' > $@

-include $(OBJ:.o=.d) $(TESTS:%.c=$(BUILD)/%.d) $(FUZZ:%.c=$(BUILD)/%.d) $(MUTATE_C:%.c=$(BUILD)/%.d) $(FLOOR_C:%.c=$(BUILD)/%.d)

# ---- tests ------------------------------------------------------------------------------

# check, demo and deps may install; every other target only says what is missing
check: test-deps
	@$(MAKE) --no-print-directory run-check

run-check: check-headers check-ranks check-spdx run-unit run-golden

$(BUILD)/%_test: $(BUILD)/%_test.o $(LIB_OBJ) $(CMD_OBJ)
	$(say) "LINK $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LIBS) $(TEST_LIBS)

run-unit: $(TEST_BIN)
	@failed=; for t in $(sort $(TEST_BIN)); do \
	 echo "== $${t#$(BUILD)/}"; $$t 2>&1 || failed="$$failed $$t"; done; \
	if [ -n "$$failed" ]; then echo "failed:$$failed"; exit 1; fi

# the stored captures as plain files, for all tests and all BUILDs
CAPTURES := build/unpacked

unpack:
	@python3 testdata/captures.py unpack $(CAPTURES)

run-golden: $(BUILD)/cairn unpack
	CAIRN=$(abspath $(BUILD)/cairn) CAPTURES=$(abspath $(CAPTURES)) \
	 prove -j2 testdata/*.t testdata/*_selftest.py

# a fresh crash under QEMU, held against the kernel's own words
check-boot: $(BUILD)/cairn
	@sh testdata/install-deps.sh python3
	@sh testdata/install-deps.sh $$($(CAPTURE) 6.1 --debs)
	CAIRN=$(abspath $(BUILD)/cairn) prove --timer testdata/boot.sh

# what a vmlinux adds, held against other readers of DWARF
check-debug: $(BUILD)/cairn
	@if [ -z "$(DUMP)" ] || [ -z "$(VMLINUX)" ]; then \
	 echo "make check-debug DUMP=file VMLINUX=file"; exit 2; fi
	prove testdata/lines.py testdata/cfi.py :: $(abspath $(BUILD)/cairn) $(DUMP) $(VMLINUX)
	@if ! command -v $(firstword $(DRGN) drgn) >/dev/null; then \
	 echo "variables: not compared (drgn is not installed)"; exit; fi; \
	prove testdata/vars.py :: $(abspath $(BUILD)/cairn) $(DUMP) $(VMLINUX)

# each header compiles alone; ranks: who may include whom (README, Architecture)
check-headers:
	@for h in $(HEADERS); do \
	 $(CC) $(CPPFLAGS_ALL) -std=gnu11 $(WARN) $(PKG_CFLAGS) -Wno-unused-function -fsyntax-only -x c $$h || exit 1; done
	@echo "headers: $(words $(HEADERS)) compile alone"

check-ranks:
	@sh testdata/ranks.sh

check-spdx:
	@bad=$$(for f in $(ALL_C) $(HEADERS); do head -1 $$f | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' || echo $$f; done); \
	if [ -n "$$bad" ]; then echo "no SPDX line: $$bad"; exit 1; fi; echo "licence: every file says"

sanitize:
	$(MAKE) check BUILD=$(BUILD)-asan CFLAGS="-O1 -g -fno-omit-frame-pointer" \
	 SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=undefined"

coverage:
	$(MAKE) run-unit run-golden BUILD=$(BUILD)-cov CFLAGS="-O0 -g --coverage"
	cd $(BUILD)-cov && for o in $(LIB_OBJ:$(BUILD)/%=%); do gcov -n $$o 2>/dev/null; done | \
	 awk -F"'" '/^File/{f=$$2} /^Lines/&&f!~"^/"{print f": "$$0}' | sort -u

# ---- fuzzing: libFuzzer with clang; seconds per target by FUZZ_SECONDS --------------------

FUZZ_SECONDS ?= 20

fuzz:
	@$(MAKE) --no-print-directory run-fuzz BUILD=$(BUILD)-fuzz CC=clang CFLAGS="-O1 -g" \
	 SANITIZE="-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined"

$(BUILD)/%_fuzz: $(BUILD)/%_fuzz.o $(LIB_OBJ) $(CMD_OBJ)
	$(say) "LINK $@"
	$(Q)$(CC) $(CFLAGS_ALL) -fsanitize=fuzzer $(LDFLAGS) -o $@ $^ $(LIBS) $(TEST_LIBS)

run-fuzz: $(FUZZ_BIN)
	@for f in $(sort $(FUZZ_BIN)); do n=$$(basename $$f); seeds=testdata/fuzz/$$n; \
	 mkdir -p $(BUILD)/corpus/$$n; echo "== $$n"; \
	 $$f -max_total_time=$(FUZZ_SECONDS) -print_final_stats=0 -verbosity=0 \
	  -artifact_prefix=$(BUILD)/corpus/ $(BUILD)/corpus/$$n $$(test -d $$seeds && echo $$seeds) || exit 1; done
	@echo "fuzz: $(words $(FUZZ)) targets, $(FUZZ_SECONDS) s each, nothing found"

# ---- measuring ----------------------------------------------------------------------------

bench: $(BUILD)/cairn $(BUILD)/floor $(BUILD)/bench_tdp
	FLOOR=$(BUILD)/floor python3 testdata/bench.py $(BUILD)/cairn $(DUMP)
	$(BUILD)/bench_tdp

# triage in dumps a minute; VMLINUX, CRASH, DRGN: see testdata/bench_triage.py. DIRS: dumps, or folders
bench-triage: $(BUILD)/cairn $(if $(DIRS),,unpack)
	python3 testdata/bench_triage.py $(BUILD)/cairn $(or $(DIRS),$(CAPTURES))

# work beside what its pages alone cost: testdata/floor, one job a file
$(BUILD)/floor: $(FLOOR_C:%.c=$(BUILD)/%.o) $(LIB_OBJ)
	$(say) "LINK $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/bench_tdp: $(BUILD)/testdata/bench_tdp.o $(LIB_OBJ)
	$(say) "LINK $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LIBS)

# words of stacks overwritten, N of each dump: DUMP="file..."; TYPES=file where their kernel has none
bench-stack-mutation: $(BUILD)/cairn
	python3 testdata/stack_mutation.py -n $(or $(N),1000) $(addprefix -s ,$(TYPES)) \
	 $(abspath $(BUILD)/cairn) $(or $(DUMP),$(DEMO))

# checkers on healthy dumps of which one word is changed in memory: testdata/mutate, one family a
# file. MUTATE: what it is given, a machine's types before its dump
MUTATE = $(foreach k,amd64-5.10 amd64-6.1 amd64-6.12 amd64-7.2,$(CAPTURES)/$(k)-sysrq.kdump) \
	$(foreach k,i386-6.1 armhf-6.1,-s $(CAPTURES)/$(k).btf $(CAPTURES)/$(k)-sysrq.kdump) \
	$(filter-out %-bug.kdump %-frozen.kdump %-loop.kdump %-loop-guest.kdump, \
	 $(wildcard $(CAPTURES)/amd64-[67]*-kvm-*.kdump))

$(BUILD)/mutate: $(MUTATE_C:%.c=$(BUILD)/%.o) $(LIB_OBJ)
	$(say) "LINK $@"
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LIBS)

# the stored captures are slim: what leads to pages that they lack counts apart
bench-mutation: $(BUILD)/mutate unpack
	$(BUILD)/mutate $(if $(filter file,$(origin MUTATE)),-u) $(MUTATE_FLAGS) $(MUTATE)

# kernel x scenario: DIRS, or build/captures and the stored captures; VMLINUX, DRGN, CRASH: see
# testdata/matrix.py
matrix: $(BUILD)/cairn
	python3 testdata/matrix.py -o $(or $(MATRIX),$(if $(DIRS),$(BUILD)/MATRIX.md,testdata/MATRIX.md)) \
	 $(abspath $(BUILD)/cairn) $(DIRS)

# whose stacks are the kernel's own, DIRS and the rest as above
compare: $(BUILD)/cairn
	python3 testdata/compare_peers.py $(abspath $(BUILD)/cairn) $(DIRS)

# the same of the stored captures, as tests (also part of check)
matrix-check: $(BUILD)/cairn
	CAIRN=$(abspath $(BUILD)/cairn) prove testdata/matrix.t

# ---- for the newcomer -----------------------------------------------------------------------

DEMO := testdata/captures/amd64-6.1-irqbug.kdump.zst

demo: deps
	@$(MAKE) --no-print-directory all
	@echo; echo "\$$ cairn triage $(DEMO)"; echo
	@$(BUILD)/cairn triage $(DEMO); s=$$?; test $$s -le 1

deps:
	@sh testdata/install-deps.sh $(DEBS)

test-deps:
	@sh testdata/install-deps.sh $(DEBS) $(TEST_DEBS)

# ---- installing -------------------------------------------------------------------------------

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig \
	 $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/share/man/man1 \
	 $(DESTDIR)$(PREFIX)/share/cairn
	install -m 644 man/cairn.triage.schema.json $(DESTDIR)$(PREFIX)/share/cairn/
	install -m 755 $(BUILD)/cairn $(DESTDIR)$(PREFIX)/bin/cairn
	install -m 644 $(BUILD)/libcairn.a $(DESTDIR)$(PREFIX)/lib/libcairn.a
	install -m 644 lib/cairn.h $(DESTDIR)$(PREFIX)/include/cairn.h
	install -m 644 man/cairn.1 $(DESTDIR)$(PREFIX)/share/man/man1/cairn.1
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' -e 's|@REQUIRES@|$(PKGS)|' \
	 cairn.pc.in > $(DESTDIR)$(PREFIX)/lib/pkgconfig/cairn.pc

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/cairn $(DESTDIR)$(PREFIX)/lib/libcairn.a \
	 $(DESTDIR)$(PREFIX)/include/cairn.h $(DESTDIR)$(PREFIX)/share/man/man1/cairn.1 \
	 $(DESTDIR)$(PREFIX)/share/cairn/cairn.triage.schema.json $(DESTDIR)$(PREFIX)/lib/pkgconfig/cairn.pc

clean:
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-fuzz $(BUILD)-cov

help:
	@echo "all        build $(BUILD)/cairn and $(BUILD)/libcairn.a (installs nothing)"
	@echo "demo       install what is missing, build, and triage a captured crash"
	@echo "check      install what is missing, build, and run every test"
	@echo "check-boot boot a Debian kernel under QEMU, crash it, compare (minutes)"
	@echo "check-debug lines against addr2line, DWARF's unwinding against ORC's, variables against drgn: DUMP=file VMLINUX=file"
	@echo "sanitize   check under ASan and UBSan"
	@echo "fuzz       every fuzz target for FUZZ_SECONDS=$(FUZZ_SECONDS) (clang)"
	@echo "bench      what cairn costs, beside crash and drgn where installed; DUMP=file"
	@echo "bench-triage  triage in dumps a minute, beside crash and drgn where installed; DIRS=dumps, or folders"
	@echo "bench-stack-mutation  what bt makes of N=1000 overwritten words of stacks of DUMP"
	@echo "bench-mutation  checkers measured: thousands of words changed, found, named (MUTATE_FLAGS)"
	@echo "matrix     testdata/MATRIX.md: kernel x scenario, beside crash and drgn where installed"
	@echo "compare    stacks beside the kernel's own, and crash's and drgn's where installed"
	@echo "matrix-check  what the matrix says of the stored captures, as tests"
	@echo "coverage   lines that the tests reach"
	@echo "install    into PREFIX=$(PREFIX), below DESTDIR; uninstall undoes it"
	@echo "captures   remake a crash: KERNEL=6.1 SCENARIO=irqbug (or all); alone: what there is"
	@echo "clean      remove what was built"

FORCE:
# a crash made anew; with no KERNEL: what there is. DEBUG=1 and TYPES=1 as capture.py --help says
CAPTURE := python3 testdata/capture/capture.py
CAPTURE_FLAGS = $(if $(DEBUG),--debug) $(if $(TYPES),--types) $(if $(OUT),-o $(OUT))
captures:
	@sh testdata/install-deps.sh python3
	@$(if $(KERNEL),sh testdata/install-deps.sh $$($(CAPTURE) $(KERNEL) --debs $(CAPTURE_FLAGS)))
	$(CAPTURE) $(or $(KERNEL),list) $(SCENARIO) $(CAPTURE_FLAGS)

.PHONY: captures unpack compare bench-stack-mutation matrix matrix-check check-boot check-debug all check run-check run-unit \
	run-golden check-headers check-ranks check-spdx sanitize coverage fuzz run-fuzz bench bench-triage bench-mutation demo deps \
	test-deps install uninstall clean help FORCE
.SECONDARY:
