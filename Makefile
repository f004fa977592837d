# SPDX-License-Identifier: LGPL-2.1-or-later
#
#   make                  build/qmigrate, build/libqmigrate.{a,so}, examples
#   make check            unit tests, corpora of the fuzz targets (no QEMU needed)
#   make SAN=1 check      the same under ASan and UBSan, in build/san
#   make CC=clang check   the same with clang, in build/clang
#   make valgrind         the unit tests under valgrind
#   make lint             cppcheck; format-check: clang-format
#   make fuzz TARGET=x    libFuzzer on tests/fuzz_x.c (SECONDS=60)
#   make live             the live tests, on real QEMUs (scripts/qemu-versions)
#   make soak             faults on real QEMUs: FAULTS=1000, or SOAK_MINUTES=60
#   make bench            the benchmarks of tests/bench
#   make install          DESTDIR, PREFIX
#
# CFLAGS, CPPFLAGS and LDFLAGS are the user's; what we need is in BASE.

VERSION := 0.1.0
SONAME  := libqmigrate.so.0

PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR     ?= $(PREFIX)/share/man
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions

CFLAGS ?= -O2 -g
BUILD  := build
WERROR :=

ifeq ($(CC),clang)
BUILD  := build/clang
endif
ifeq ($(SAN),1)
BUILD  := $(BUILD)/san
export SIM_STRIDE ?= 4
CFLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
          -fno-omit-frame-pointer
endif
ifeq ($(FUZZING),1)
BUILD  := build/fuzz
CC     := clang
CFLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
          -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
# Warnings are errors in checks, never in somebody's plain build.
ifneq ($(filter check live valgrind tests,$(MAKECMDGOALS)),)
WERROR := -Werror
endif

# Of libxml2 the headers only: it is loaded when a document is read
# (src/domain/xml2.h).
ifneq ($(filter-out clean format format-check,$(or $(MAKECMDGOALS),all)),)
PKG_CFLAGS := $(shell pkg-config --cflags json-c libxml-2.0)
PKG_LIBS   := $(shell pkg-config --libs json-c) -ldl
endif
BASE  := -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wshadow -Wvla \
         -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings \
         -pthread -fPIC -fvisibility=hidden $(WERROR) -I. -Isrc $(PKG_CFLAGS) \
         -DQMIGRATE_VERSION='"$(VERSION)"'

LIBSRC := $(wildcard qmp/*.c) $(filter-out src/cli/%,$(wildcard src/*/*.c))
CLISRC := $(wildcard src/cli/*.c)
LIBOBJ := $(LIBSRC:%.c=$(BUILD)/obj/%.o)
CLIOBJ := $(CLISRC:%.c=$(BUILD)/obj/%.o)
# What a test may call: everything but main().
TESTEDOBJ := $(LIBOBJ) $(filter-out %/main.o,$(CLIOBJ))
HELPOBJ   := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/lib/*.c))

TESTS   := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))
FUZZERS := $(patsubst tests/fuzz_%.c,%,$(filter-out tests/fuzz_main.c,$(wildcard tests/fuzz_*.c)))
CORPORA := $(FUZZERS:%=$(BUILD)/tests/corpus_%)
BENCHES := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))
CHECKS  := $(wildcard tests/test_*.sh)
EXAMPLES := $(patsubst examples/%.c,$(BUILD)/examples/%,$(wildcard examples/*.c))
LIVES   := $(patsubst tests/live/%.c,$(BUILD)/live/%,$(wildcard tests/live/*.c))

.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: all check tests valgrind lint format format-check fuzz live soak bench install clean

all: $(BUILD)/libqmigrate.a $(BUILD)/libqmigrate.so $(BUILD)/qmigrate $(EXAMPLES)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/libqmigrate.a: $(LIBOBJ)
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/$(SONAME): $(LIBOBJ) src/libqmigrate.map
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(SONAME) \
	    -Wl,--version-script=src/libqmigrate.map -Wl,-z,defs,-z,now \
	    $(LIBOBJ) -o $@ $(PKG_LIBS)

$(BUILD)/libqmigrate.so: $(BUILD)/$(SONAME)
	ln -sf $(SONAME) $@

$(BUILD)/qmigrate: $(CLIOBJ) $(BUILD)/libqmigrate.a
	$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--as-needed $^ -o $@ $(PKG_LIBS)

$(BUILD)/examples/%: $(BUILD)/obj/examples/%.o $(BUILD)/libqmigrate.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(PKG_LIBS)

$(BUILD)/tests/test_%: $(BUILD)/obj/tests/test_%.o $(TESTEDOBJ) $(HELPOBJ)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ -lcmocka $(PKG_LIBS)

$(BUILD)/tests/corpus_%: $(BUILD)/obj/tests/fuzz_%.o $(BUILD)/obj/tests/fuzz_main.o $(TESTEDOBJ)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(PKG_LIBS)

$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(TESTEDOBJ)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(PKG_LIBS)

# The floor: nothing is linked to it that it does not use.
$(BUILD)/bench/barest: $(BUILD)/obj/tests/bench/barest.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@

# Each call of qmp/transcript.h leads through the benchmark.
$(BUILD)/bench/recorded: LDFLAGS += $(foreach f,open open_late message closed note flush close,-Wl,--wrap=qmp_transcript_$(f))

tests: $(TESTS) $(CORPORA) $(LIVES)

# Runs every program even if one fails; scripts/run-tests counts.
check: all tests
	BUILD='$(BUILD)' CC='$(CC)' CFLAGS='$(CFLAGS)' scripts/run-tests \
	    $(TESTS) $(CHECKS) $(foreach f,$(FUZZERS),'$(BUILD)/tests/corpus_$(f) tests/corpus/$(f)')

# valgrind 3.19 has no pidfd_open(), which stores need.
valgrind: tests
	SIM_STRIDE=9 WRAP='valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,possible --trace-children=no' \
	    scripts/run-tests $(filter-out %/test_store %/test_offline %/test_offline_crash,$(TESTS))

# cppcheck does not know __attribute__((cleanup)), nor that a callback's
# opaque is freed later: leaks are found by ASan and valgrind.
lint:
	cppcheck -q --std=c11 --error-exitcode=1 --inline-suppr -j2 \
	    --enable=warning,performance,portability \
	    --suppress=missingIncludeSystem --suppress=memleak --suppress=resourceLeak -I. -Isrc qmp src tests examples

format:
	clang-format -i $$(git ls-files '*.[ch]')

format-check:
	clang-format --dry-run -Werror $$(git ls-files '*.[ch]')

SECONDS ?= 60
# 0: another one each time
SEED ?= 0
fuzz:
	$(MAKE) FUZZING=1 build/fuzz/fuzz_$(TARGET)
	mkdir -p build/fuzz/found/$(TARGET)
	build/fuzz/fuzz_$(TARGET) -max_total_time=$(SECONDS) -timeout=10 -seed=$(SEED) \
	    -artifact_prefix=build/fuzz/found/$(TARGET)- \
	    build/fuzz/found/$(TARGET) tests/corpus/$(TARGET)

build/fuzz/fuzz_%: build/fuzz/obj/tests/fuzz_%.o $(TESTEDOBJ)
	$(CC) $(CFLAGS) -fsanitize=fuzzer $^ -o $@ $(PKG_LIBS)

$(BUILD)/live/%: $(BUILD)/obj/tests/live/%.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(PKG_LIBS)

$(BUILD)/faults/clock.so: tests/faults/clock.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -shared $< -o $@

# Real QEMUs of all versions that there are; LIVE=x: only tests/live/live_x.sh.
LIVE ?= *
live: all $(LIVES)
	scripts/run-tests tests/live/live_$(LIVE).sh

# Faults on real QEMUs (tests/faults): FAULTS of them, or as many as there is
# time for; SEED says which, 0: others each time.
FAULTS ?= 300
SOAK_MINUTES ?= 0
soak: all $(LIVES) $(BUILD)/faults/clock.so
	tests/faults/run --seed $(SEED) --count $(FAULTS) --minutes $(SOAK_MINUTES)

bench: all $(BENCHES)
	tests/bench/run

install: all
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBDIR)/pkgconfig \
	    $(DESTDIR)$(INCLUDEDIR)/qmigrate/qmp $(DESTDIR)$(MANDIR)/man1 \
	    $(DESTDIR)$(BASHCOMPDIR)
	install -m 755 $(BUILD)/qmigrate $(DESTDIR)$(BINDIR)/qmigrate
	install -m 644 $(BUILD)/libqmigrate.a $(DESTDIR)$(LIBDIR)/libqmigrate.a
	install -m 755 $(BUILD)/$(SONAME) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libqmigrate.so
	install -m 644 src/qmigrate.h $(DESTDIR)$(INCLUDEDIR)/qmigrate/
	install -m 644 $$(grep -l QMP_EXPORT qmp/*.h) $(DESTDIR)$(INCLUDEDIR)/qmigrate/qmp/
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
	    -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' -e 's|@VERSION@|$(VERSION)|' \
	    src/qmigrate.pc.in >$(DESTDIR)$(LIBDIR)/pkgconfig/qmigrate.pc
	$(BUILD)/qmigrate help --man >$(DESTDIR)$(MANDIR)/man1/qmigrate.1
	$(BUILD)/qmigrate help --bash-completion >$(DESTDIR)$(BASHCOMPDIR)/qmigrate

clean:
	rm -rf build

-include $(shell find build -name '*.d' 2>/dev/null)
