# SPDX-License-Identifier: GPL-2.0-or-later
# cairn: one Makefile. `make help` lists the targets.

VERSION := 0.1.0
PREFIX ?= /usr/local
BUILD ?= build
CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
SANITIZE ?=

PKGS := libkdumpfile libdw libelf libbpf readline libzstd zlib
CPPFLAGS_ALL = -D_GNU_SOURCE -I. -DCAIRN_VERSION='"$(VERSION)"' $(CPPFLAGS)
CFLAGS_ALL = -std=gnu11 $(WARN) $(CFLAGS) $(SANITIZE) $(shell pkg-config --cflags $(PKGS))
LIBS = $(shell pkg-config --libs $(PKGS)) -lpthread

SRC := $(filter-out %_test.c %_fuzz.c,$(wildcard lib/*.c lib/*/*.c mm/*.c unwind/*.c plugins/*.c cmd/*.c))
OBJ := $(SRC:%.c=$(BUILD)/%.o)

all: $(BUILD)/cairn

$(BUILD)/cairn: $(OBJ)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

-include $(OBJ:.o=.d)

clean:
	rm -rf $(BUILD)

.PHONY: all clean
