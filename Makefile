# SPDX-License-Identifier: GPL-2.0-or-later
#
# vswap: a virtual swap layer for Linux, and tools to look at it. "make help".

# What is built here goes to OUT; kernels are in the cache outside the checkout.
OUT ?= build
override OUT := $(abspath $(OUT))
prefix ?= /usr/local
DESTDIR ?=
# Variables given to make reach the scripts.
export OUT KERNEL_SOURCE KERNEL_ORG_SHA256 JOBS V

SCRIPTS := kernel/scripts
KIND ?= guest

# Directories with a Makefile of their own; whichever are there. Each gets an OUT of
# its own and has the targets all, install, check and clean.
TOOLS := $(patsubst %/Makefile,%,$(wildcard tools/*/Makefile tracing/Makefile))
GUEST_TESTS := $(patsubst %/Makefile,%,$(wildcard tests/selftests/Makefile tests/bench/Makefile tests/demo/Makefile))

.PHONY: help demo check check-full kernel tools guest-programs install bench \
	series check-series soak kernel-deb clean
.DEFAULT_GOAL := help

help:
	@echo 'make demo          build everything, boot it, swap real work without a swap device'
	@echo 'make check         all tests (what takes very long: make check-full)'
	@echo 'make check ONLY=x  the tests whose name contains x'
	@echo 'make kernel        the kernel image for the test guest; KIND=guest|debug|off|base|generic'
	@echo 'make tools         vswaptop, vswap-dump, tracing'
	@echo 'make install       the tools; prefix=$(prefix) DESTDIR='
	@echo 'make series        the patch series for a 7.3 tree, in $(notdir $(OUT))/series'
	@echo 'make check-series  every commit of it builds with the option off and on'
	@echo 'make kernel-deb CONFIG=/boot/config-...   an installable kernel package'
	@echo 'make bench [ROW=] [ARGS=--profile]  instructions per page, beside the unpatched kernel;'
	@echo '                   ARGS=--full: swapoff, metadata, growth and contention as well'
	@echo '                   ARGS="--mib 64": 64 MiB of data instead of 16'
	@echo 'make soak TIME=600 [KIND=debug]  mixed load for so many seconds; on debug, things fail as well'
	@echo 'make clean         remove $(notdir $(OUT)) (the cache in ~/.cache/vswap stays)'
	@echo
	@echo 'KERNEL_SOURCE=     a Linux 7.3 tarball or tree to use instead of fetching one'
	@echo 'Missing packages are installed by the targets; sudo is used when not root.'

kernel:
	@$(SCRIPTS)/install-deps build
	@$(SCRIPTS)/build-kernel --image $(KIND)

tools:
	@$(SCRIPTS)/install-deps tools
	@set -e; for d in $(TOOLS); do \
		$(MAKE) --no-print-directory -C $$d OUT=$(OUT)/$$d prefix=$(prefix) all; done

install: tools
	@set -e; for d in $(TOOLS); do \
		$(MAKE) --no-print-directory -C $$d OUT=$(OUT)/$$d prefix=$(prefix) \
			DESTDIR=$(DESTDIR) install; done

# What the guest gets to see under /opt/vswap: the tools, installed there, and the
# test programs. Tools get objects of their own here: prefix is compiled in. A part
# that does not build does not keep the others away.
guest-programs:
	@$(SCRIPTS)/install-deps tools guest
	@rc=0; for d in $(TOOLS); do \
		{ $(MAKE) --no-print-directory -C $$d OUT=$(OUT)/for-guest/$$d prefix=/opt/vswap all && \
		$(MAKE) --no-print-directory -C $$d OUT=$(OUT)/for-guest/$$d prefix=/opt/vswap \
			DESTDIR=$(OUT)/guest-root install; } || rc=1; done; \
	for d in $(GUEST_TESTS); do \
		$(MAKE) --no-print-directory -C $$d OUT=$(OUT)/$$d GUEST_BIN=$(OUT)/guest-bin install || \
			rc=1; done; exit $$rc

demo:
	@$(SCRIPTS)/install-deps build guest tools demo
	@tests/demo/run

check:
	@tests/check $(ONLY)

check-full:
	@tests/check --full $(ONLY)

bench: guest-programs
	@$(SCRIPTS)/install-deps build guest
	@tests/bench/run $(foreach r,$(ROW),--row $(r)) $(ARGS)

soak: guest-programs
	@$(SCRIPTS)/install-deps build guest
	@tests/soak $(or $(TIME),600) $(KIND)

series:
	@$(SCRIPTS)/install-deps build
	@$(SCRIPTS)/make-series $(OUT)/series

check-series: series
	@$(SCRIPTS)/install-deps build full
	@$(SCRIPTS)/check-series $(OUT)/series

kernel-deb:
	@$(SCRIPTS)/install-deps build full
	@$(SCRIPTS)/make-kernel-deb "$(CONFIG)" $(OUT)/deb

clean:
	rm -rf $(OUT)
