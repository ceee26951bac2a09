/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vswap-bench: what swapping costs, measured inside the test guest.
 *
 * Under "tests/vm --icount" a nanosecond of guest time is an instruction, so the
 * program reads the clock around each phase and takes off what it waited for a disk.
 * Results are lines on stdout, which tests/bench/run reads:
 *
 *	B row						what follows is this row's
 *	R row phase round nanoseconds pages		one measured phase
 *	V row phase round unit value			another figure
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE 4096UL
#define MIB (1UL << 20)

/* util.c: every function here ends the program with a message when it fails,
 * unless it says otherwise. */

/* Print a message like printf() and end the program with status 1. */
void __attribute__((noreturn, format(printf, 1, 2))) die(const char *fmt, ...);
/* Write @text to the file named by the format. */
void __attribute__((format(printf, 2, 3))) put(const char *text, const char *path, ...);
/* The same; false if the file cannot be opened or refuses the text. */
bool __attribute__((format(printf, 2, 3))) try_put(const char *text, const char *path, ...);
/* The number behind @key in a file of "key value" lines; -1 if there is none. */
long long lookup(const char *path, const char *key);
/* The number that a file consists of; -1 if it cannot be read. */
long long number(const char *path);
/* Monotonic time in ns. */
uint64_t now(void);
/*
 * Have a process of the lowest class spin whenever the processor would idle, or end it.
 * Its CPU time, which is known to the nanosecond, is taken off what is measured; nothing
 * tells as exactly how long the processor idled.
 */
void spin_while_idle(bool on);
/* Put this process into a new cgroup /bench (v2) and tell its directory. */
const char *enter_cgroup(void);

/* A running measurement. */
struct clock {
	uint64_t start;		/* now() */
	uint64_t idle;		/* what the spinner had run by then */
};

/* Start and stop measuring. @profiled: this is the phase that a profile is wanted of,
 * which the markers profile_begin() and profile_end() tell the QEMU plugin. Returns
 * the ns that passed without those idled. */
void clock_start(struct clock *c, bool profiled);
uint64_t clock_stop(struct clock *c, bool profiled);
void profile_begin(void);
void profile_end(void);

/* data.c: what the pages hold. */
enum content { COMPRESSIBLE, ZERO, RANDOM };
/* Fill @pages at @p; page i depends on i and @seed only. */
void fill(void *p, size_t pages, enum content content, unsigned int seed);
/* End the program if a page does not hold what fill() wrote. */
void check(const void *p, size_t pages, enum content content, unsigned int seed);
/* @n indexes in random (but always the same) order, or ascending. */
uint32_t *access_order(size_t n, bool random);

/* device.c: swap devices. Sizes in MiB. LATE answers as late as the kernel arguments say. */
enum device { NO_DEVICE, BRD, ZRAM, DISK, LATE };
/* Make the device's swap area and turn it on; returns its path. */
const char *device_on(enum device dev, size_t mib, const char *comp, int prio);
/* Turn it off and give its memory back. */
void device_off(enum device dev);
/* Turn off swapping to it, nothing else. Returns an errno value or 0. */
int device_swapoff(enum device dev);
/* Have zswap take pages and compress them with @comp, or take no more (NULL). */
void zswap(const char *comp);
/* Requests the disk is busy with. */
unsigned int device_inflight(enum device dev);

/* rows.c */
struct options {
	size_t mib;		/* size of the data */
	unsigned int rounds;	/* measured ones; one more goes before */
	const char *profile;	/* the phase to profile, or NULL */
	enum device under;	/* the swap device behind zswap and zero rows */
};
/* Print a line "name memory disk cpus" per row, in the order to run them: memory and
 * disk are what the guest needs in MiB; with more than one CPU, time is wall time. */
void rows_list(void);
/* Run a row; false if there is none of that name. */
bool row_run(const char *name, const struct options *o);

/* special.c: measurements of another shape. Same conventions. */
void special_list(void);
bool special_run(const char *name, const struct options *o);

/* parallel.c: several processors at once. Same conventions. */
void parallel_list(void);
bool parallel_run(const char *name, const struct options *o);

/* mem.c: memory to be swapped */
enum memory { ANON, TMPFS };
struct area {
	char *p;		/* 2 MiB aligned */
	size_t pages;
	enum memory memory;
	int fd;			/* the memfd behind tmpfs */
	char *map;		/* the whole mapping */
	size_t map_size;
};
/* Choose the folio size of what is filled from now on: 4, 64 or 2048 KiB. */
void folio_size(unsigned int kib);
void area_map(struct area *a, size_t pages, enum memory memory);
/* Unmap it, and for tmpfs let go of the file. */
void area_free(struct area *a);
/* MADV_PAGEOUT and finish_out(). Only pages that no other process maps. */
uint64_t area_out(struct area *a, enum device dev);
/* For a device that works in the background, wait until nothing is under way and push out
 * what had to wait for it. Returns the ns spent on looking whether it is finished. */
uint64_t finish_out(enum device dev);
/* Have the cgroup reclaim that many pages. */
void reclaim_cgroup(size_t pages);
/* Pages of the area that are present. */
size_t area_present(const struct area *a);

#endif
