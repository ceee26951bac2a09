/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gen.h - makes trace.dat files with known events, for the unit test and as
 * seeds for the fuzzer
 */
#ifndef VSWAPTOP_GEN_H
#define VSWAPTOP_GEN_H

#include <stddef.h>
#include <stdint.h>

/** struct gen - a growing buffer */
struct gen {
	unsigned char *buf;
	size_t n, room;
};

/** struct gen_event - one event to be written; kind as enum ev_kind */
struct gen_event {
	int kind;
	int pid;
	uint64_t ts;
	uint64_t slot, cgroup, bytes;
	uint32_t nr;
	uint8_t from, to, reason, type;
};

/** gen_format - text of an event's format file, as the kernel prints it */
const char *gen_format(int kind);

/** gen_series - @n slots of one cgroup leave zswap, one a millisecond */
void gen_series(struct gen_event *ev, unsigned int n);

/** gen_page - one 4096-byte ring buffer page with these events */
void gen_page(unsigned char page[4096], const struct gen_event *ev, size_t n);

/**
 * gen_dat - a trace.dat file with one CPU per array of events
 * @version: 6 or 7; @zstd: compressed (version 7 only)
 */
void gen_dat(struct gen *g, int version, int zstd, const struct gen_event *const *ev,
	     const size_t *n, unsigned int ncpu);

#endif
