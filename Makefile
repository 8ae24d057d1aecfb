# SPDX-License-Identifier: MIT
# Builds dmasan.  `make help` lists the targets, `make V=1` shows the commands, `make O=DIR` builds
# elsewhere, `make SAN=address,undefined` instruments the command and the unit tests.

O       ?= build
PREFIX  ?= /usr/local
V       ?= 0
DEBUG   ?= 0
VERSION := 0.1

CC      ?= gcc
STRIP   ?= strip
OBJCOPY ?= objcopy
PKG_CONFIG ?= pkg-config
comma   := ,
Q        = $(if $(filter 1,$(V)),,@)
say      = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' $(1) $(2))

WARN    := -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 $(if $(CI),-Werror)
OPT     := $(if $(filter 1,$(DEBUG)),-O0 -Werror,-O2)
BASE     = -std=gnu11 -D_GNU_SOURCE -g $(OPT) $(WARN) -iquote . -iquote $(O)/include -MMD -MP
SANFLAGS = $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
LIBDRM_CFLAGS := $(shell $(PKG_CONFIG) --cflags libdrm 2>/dev/null)

core_src    := $(sort $(wildcard core/*.c))
report_src  := $(sort $(wildcard report/*.c))
cli_src     := $(sort $(wildcard cli/*.c))
# of core/, the library takes what writes a trace and what decides rights, nothing that judges
recorder_core := core/trace_write.c core/ownership.c core/coherency.c
ISA         := $(shell $(CC) -dumpmachine | cut -d- -f1)
preload_src := $(sort $(wildcard preload/*.c)) preload/arch/$(ISA).c
unit_src    := $(sort $(wildcard tests/unit/*.c))
program_src := $(filter-out tests/programs/common%.c,$(sort $(wildcard tests/programs/*.c)))
harmless_src := $(filter-out %/case.c,$(sort $(wildcard tests/harmless/programs/*.c)))
program_lib := $(sort $(wildcard tests/programs/common*.c))

tool_obj    := $(patsubst %.c,$(O)/obj/%.o,$(core_src) $(report_src) $(cli_src))
preload_obj := $(patsubst %.c,$(O)/pic/%.o,$(recorder_core) $(preload_src))
unit_obj    := $(patsubst %.c,$(O)/unit/%.o,$(core_src) $(unit_src))
programs    := $(patsubst tests/programs/%.c,$(O)/programs/%,$(program_src))
twins       := $(patsubst %,%.twin,$(filter-out $(O)/programs/t%,$(programs)))

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all help tool library programs unit check check-processes soak harmless-long coherency-long kernels fuzz replay kills bench lint install uninstall clean tags arm64 arm64-vm

all: tool library

tool: $(O)/bin/dmasan

library: $(O)/lib/libdmasan.so

help:
	@printf '%s\n' \
	  'all        the command and the library: $(O)/bin/dmasan, $(O)/lib/libdmasan.so' \
	  'check      all tests (scripts/check); check-quick: those that need no VM' \
	  'check-processes  shared buffers: a thousand rounds of each case, ten minutes of kills (about 2 h)' \
	  'unit       unit tests alone, under ASan and UBSan' \
	  'programs   the defect programs of tests/programs and their correct twins' \
	  'coherency-long  run --coherency with every policy and ten seeds, and beside real bounce buffers' \
	  'kernels    the bpftrace tools on 6.1, 6.12 and 7.x: one table, tool by kernel (about 15 min)' \
	  'fuzz       every fuzz target for FUZZ_TIME=600 seconds; replay: their corpus readers' \
	  'kills      SIGKILL at KILLS=200 moments of streaming, in the VM: every trace is whole' \
	  'soak       SOAK=1800 seconds of violations from eight threads, in the VM: nothing lost, memory flat' \
	  'harmless-long  the slow tests that a program behaves the same: Python, every pipeline and OpenCV in the VM' \
	  'bench      benchmarks: ratios against the bare program' \
	  'lint       format, dependency arrows, exported symbols, cppcheck, clang-tidy, shellcheck' \
	  'arm64      the library, cross-compiled for arm64; arm64-vm: all of it, tested on an arm64 kernel' \
	  'install    to DESTDIR$(PREFIX); uninstall undoes it' \
	  'clean      removes $(O) except the VM images; tags: an index for editors' \
	  'variables  O=DIR V=1 DEBUG=1 SAN=address,undefined CC= PREFIX= DESTDIR='

# ---- generated lists ----

$(O)/include/report/formats.inc: scripts/mklist.sh $(wildcard report/fmt_*.c)
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D) && sh scripts/mklist.sh formats >$@

# the HTML page's template, style and script, with their hashes
$(O)/include/report/html_assets.inc: $(wildcard report/html/* report/html/js/*)
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D) && sh report/html/embed.sh >$@

$(O)/obj/report/fmt_html.o: $(O)/include/report/html_assets.inc

$(O)/include/exports.map: scripts/mklist.sh preload/libc.def
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D) && sh scripts/mklist.sh exports >$@

# ---- the command ----

$(O)/obj/%.o: %.c Makefile | $(O)/include/report/formats.inc
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(BASE) $(SANFLAGS) -DDS_VERSION='"$(VERSION)"' $(CFLAGS) -c $< -o $@

$(O)/bin/dmasan: $(tool_obj)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(SANFLAGS) $(LDFLAGS) $^ -o $@ -ldw -lelf -ljansson

# ---- the library ----

# A hand-over passes through a dozen files: link-time optimisation takes a third off its cost.  Fat
# objects, because lint reads their symbols; arch/ has symbols that only its assembly names.
PIC_CFLAGS := -fPIC -fvisibility=hidden -fno-stack-protector -ftls-model=initial-exec
LTO        := -flto=auto -ffat-lto-objects
$(O)/pic/preload/arch/%.o: LTO :=

$(O)/pic/%.o: %.c Makefile
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(BASE) $(LIBDRM_CFLAGS) $(PIC_CFLAGS) $(LTO) $(CFLAGS) -c $< -o $@

# -Bsymbolic-functions: our own calls never leave the library by way of a symbol it overrides
$(O)/lib/libdmasan.so: $(preload_obj) $(O)/include/exports.map
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) -shared $(OPT) $(LTO) $(PIC_CFLAGS) -Wl,-soname,libdmasan.so -Wl,-z,defs -Wl,-z,now \
		-Wl,-Bsymbolic-functions -Wl,--version-script=$(O)/include/exports.map \
		$(LDFLAGS) $(preload_obj) -o $@

cross := CC="aarch64-linux-gnu-gcc --sysroot=$$(scripts/sysroot)" LIBDRM_CFLAGS="-I=/usr/include/libdrm" STRIP=aarch64-linux-gnu-strip
arm64:
	$(Q)$(MAKE) --no-print-directory O=$(O)/arm64 library $(cross)

arm64-vm:
	$(Q)scripts/setup cross vm-arm64
	$(Q)$(MAKE) --no-print-directory O=$(O)/arm64 all programs $(cross)
	$(Q)scripts/vm run --arch arm64 --mem 3072 --timeout 3600 --out $(O)/vm/out-arm64 -- bash tests/vm/arm64.sh

# ---- tests ----

$(O)/unit/%.o: %.c Makefile
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(BASE) $(LIBDRM_CFLAGS) -fsanitize=$(or $(SAN),address$(comma)undefined) \
		-fno-sanitize-recover=undefined -fno-omit-frame-pointer -DDS_VERSION='"$(VERSION)"' \
		$(CFLAGS) -c $< -o $@

$(addprefix $(O)/unit/,$(patsubst %.c,%.o,$(report_src))): | $(O)/include/report/formats.inc $(O)/include/report/html_assets.inc

$(O)/bin/unit: $(unit_obj)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) -fsanitize=$(or $(SAN),address$(comma)undefined) $^ -o $@ -lcunit

unit: $(O)/bin/unit
	$(Q)$(O)/bin/unit

# ---- fuzzing: tests/fuzz/fuzz_NAME.c with the corpus tests/fuzz/corpus/NAME ----

FUZZ_CC   ?= clang
FUZZ_TIME ?= 600
fuzz_names := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz_src   := $(core_src) $(report_src) tests/fuzz/fuzz.c

$(O)/fuzz/obj/%.o: %.c Makefile | $(O)/include/report/formats.inc $(O)/include/report/html_assets.inc
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(FUZZ_CC) $(BASE) -DDS_VERSION='"$(VERSION)"' -iquote tests/fuzz \
		-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -c $< -o $@

$(O)/fuzz/%: $(O)/fuzz/obj/tests/fuzz/fuzz_%.o $(patsubst %.c,$(O)/fuzz/obj/%.o,$(fuzz_src))
	$(call say,LD,$@)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer,address,undefined $^ -o $@ -ldw -lelf -ljansson

$(O)/replay/%: $(O)/unit/tests/fuzz/fuzz_%.o $(O)/unit/tests/fuzz/replay.o $(patsubst %.c,$(O)/unit/%.o,$(fuzz_src))
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) -fsanitize=$(or $(SAN),address$(comma)undefined) $^ -o $@ -ldw -lelf -ljansson

replays := $(addprefix $(O)/replay/,$(fuzz_names))

replay: $(replays)

# each target for FUZZ_TIME seconds, one after the other; what is new goes into build/fuzz/corpus
fuzz: $(addprefix $(O)/fuzz/,$(fuzz_names))
	$(Q)O=$(O) FUZZ_TIME=$(FUZZ_TIME) tests/fuzz/run $(fuzz_names)

KILLS ?= 200
kills: all programs
	$(Q)scripts/vm run --out $(O)/vm/out -- env KILLS=$(KILLS) tests/vm/run '40-*'

SOAK ?= 1800
soak: all programs
	$(Q)scripts/vm run --mem 4096 --timeout $$(($(SOAK) + 1800)) --out $(O)/vm/out -- env SOAK=$(SOAK) tests/vm/run '80-soak'

harmless-long: all programs
	$(Q)tests/harmless/run python
	$(Q)scripts/vm run --mem 3072 --timeout 3000 --packages python3-opencv --out $(O)/vm/out -- env TRANSPARENT=long tests/vm/run '5[012]-*'

.PRECIOUS: $(O)/fuzz/obj/%.o $(O)/unit/%.o

PROGRAM_CC = $(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) -g -O1 -fno-omit-frame-pointer \
	$(LIBDRM_CFLAGS) -iquote tests/programs

# what they share is compiled once for the defects and once for the twins
common_obj := $(patsubst tests/programs/%.c,$(O)/programs/obj/%.o,$(program_lib))
twin_obj   := $(patsubst tests/programs/%.c,$(O)/programs/obj/%.twin.o,$(program_lib))

.SECONDARY: $(common_obj) $(twin_obj)

$(O)/programs/obj/%.twin.o: tests/programs/%.c $(wildcard tests/programs/*.h)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(PROGRAM_CC) -DTWIN=1 -c $< -o $@

$(O)/programs/obj/%.o: tests/programs/%.c $(wildcard tests/programs/*.h)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(PROGRAM_CC) -c $< -o $@

$(O)/programs/%.twin: tests/programs/%.c $(twin_obj) $(wildcard tests/programs/*.h)
	$(call say,CC,$@)
	$(Q)$(PROGRAM_CC) -DTWIN=1 $< $(twin_obj) -o $@ -pthread

$(O)/programs/%: tests/programs/%.c $(common_obj) $(wildcard tests/programs/*.h)
	$(call say,CC,$@)
	$(Q)$(PROGRAM_CC) $< $(common_obj) -o $@ -pthread

$(O)/tests/%: tests/vm/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(PROGRAM_CC) $< -o $@ -pthread

# writers of run directories, for the tests of reports
trace_makers := $(O)/tests/make-run $(O)/tests/make-trace

$(O)/tests/make-run: tests/report/make-run.c core/trace_write.c $(wildcard core/*.h core/*.def)
$(O)/tests/make-trace: tests/bench/make-trace.c core/trace_write.c $(wildcard core/*.h core/*.def)
$(trace_makers):
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) -g -O2 -iquote . $(filter %.c,$^) -o $@

# one defect as its own program, as a rebuilt one, stripped, and in a stripped library: tests/vm/cases/80-gate.sh
gate := $(O)/tests/gate
gate_src := tests/programs/l1_fill_after_queue.c $(program_lib)
$(gate)/done: $(gate_src) tests/report/in-library.c $(wildcard tests/programs/*.h) Makefile
	$(call say,CC,$(gate))
	$(Q)mkdir -p $(gate)/plain $(gate)/rebuilt $(gate)/stripped
	$(Q)$(PROGRAM_CC) -Wl,--build-id $(gate_src) -o $(gate)/plain/camera -pthread
	$(Q)$(PROGRAM_CC) -Wl,--build-id tests/report/in-library.c $(gate_src) -o $(gate)/rebuilt/camera -pthread
	$(Q)$(PROGRAM_CC) -Wl,--build-id -fPIC -shared -fvisibility=hidden -Dmain=defect -Wno-missing-prototypes tests/report/in-library.c $(gate_src) \
		-o $(gate)/stripped/libcamera-test.so -pthread
	$(Q)$(PROGRAM_CC) -DCALLER tests/report/in-library.c -o $(gate)/stripped/caller \
		-L$(gate)/stripped -lcamera-test -Wl,-rpath,'$$ORIGIN'
	$(Q)$(STRIP) -o $(gate)/stripped/camera $(gate)/plain/camera
	$(Q)$(STRIP) $(gate)/stripped/libcamera-test.so $(gate)/stripped/caller
	$(Q)touch $@

$(O)/tests/%: tests/processes/%.c $(common_obj) $(wildcard tests/programs/*.h)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(PROGRAM_CC) $< $(common_obj) -o $@ -pthread

# their warnings are about what they do on purpose
$(O)/harmless/%: tests/harmless/programs/%.c tests/harmless/programs/case.c tests/harmless/programs/case.h
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(PROGRAM_CC) -Wno-deprecated-declarations -Wno-infinite-recursion \
		-iquote tests/harmless/programs $< tests/harmless/programs/case.c -o $@ -pthread -ldl

harmless := $(patsubst tests/harmless/programs/%.c,$(O)/harmless/%,$(harmless_src))

programs: $(programs) $(twins) $(harmless) $(patsubst tests/processes/%.c,$(O)/tests/%,$(wildcard tests/processes/*.c)) $(patsubst tests/vm/%.c,$(O)/tests/%,$(wildcard tests/vm/*.c)) $(trace_makers) $(gate)/done

check:
	$(Q)scripts/check

# the long forms of tests/vm/cases/85-processes.sh and 87-cages.sh: a thousand rounds each, ten minutes of kills
check-processes: all programs
	$(Q)scripts/vm run --mem 8192 --timeout 7200 -- env ROUNDS=1000 STRESS_SECONDS=600 \
		CAGES='chroot namespace user seccomp short killed crashed' tests/vm/run '8[57]-*'

check-quick:
	$(Q)scripts/check --quick

# every policy, ten seeds, and a kernel whose bounce buffers are real
coherency-long: all programs
	$(Q)scripts/vm run --out $(O)/vm/long -- env COHERENCY=long tests/vm/run '8[012]-co*'
	$(Q)scripts/vm run --append swiotlb=force --out $(O)/vm/swiotlb -- tests/vm/swiotlb.sh

# every tool counts what the workload does, or the kernel is known not to show it
kernels: all
	$(Q)tests/bpf/check bookworm trixie sid

bench: all $(O)/tests/handover
	$(Q)O=$(O) tests/bench/run

lint:
	$(Q)scripts/lint

# ---- installation ----

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/share/man/man1
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -m 755 $(O)/bin/dmasan $(DESTDIR)$(PREFIX)/bin/dmasan
	install -m 644 $(O)/lib/libdmasan.so $(DESTDIR)$(PREFIX)/lib/libdmasan.so
	install -m 644 docs/man/dmasan.1 $(DESTDIR)$(PREFIX)/share/man/man1/dmasan.1
	install -m 644 completions/dmasan.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/dmasan
	install -m 644 completions/_dmasan $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_dmasan
	install -d $(DESTDIR)$(PREFIX)/share/dmasan/bpf/tools $(DESTDIR)$(PREFIX)/share/dmasan/bpf/probes $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 755 bpf/tools/*.bt $(DESTDIR)$(PREFIX)/share/dmasan/bpf/tools
	install -m 644 bpf/probes/*.bt $(DESTDIR)$(PREFIX)/share/dmasan/bpf/probes
	install -m 644 docs/man/*.8 $(DESTDIR)$(PREFIX)/share/man/man8

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/dmasan $(DESTDIR)$(PREFIX)/lib/libdmasan.so \
		$(DESTDIR)$(PREFIX)/share/man/man1/dmasan.1 \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/dmasan \
		$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_dmasan \
		$(patsubst docs/man/%,$(DESTDIR)$(PREFIX)/share/man/man8/%,$(wildcard docs/man/*.8))
	rm -rf $(DESTDIR)$(PREFIX)/share/dmasan/bpf
	-rmdir $(DESTDIR)$(PREFIX)/share/dmasan 2>/dev/null

# the VM images take minutes to make and belong to no build
clean:
	rm -rf $(O)/bin $(O)/lib $(O)/obj $(O)/pic $(O)/unit $(O)/include $(O)/programs $(O)/harmless $(O)/fuzz $(O)/replay $(O)/tests $(O)/arm64

tags:
	ctags -R --languages=C core preload report cli

-include $(tool_obj:.o=.d) $(preload_obj:.o=.d) $(unit_obj:.o=.d)
