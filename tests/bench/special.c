// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Measurements that are not a row of phases: swapoff, memory for metadata, growth of
 * the space in use.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define PROCESSES 64
#define VMSTAT "/proc/vmstat"

/*
 * --- swapoff of a device that holds 1 GiB of 64 processes: a RAM disk, where nothing is
 * waited for, or one that answers late. Nothing spins meanwhile, so waiting counts ---
 */

struct swapoff_case {
	enum device dev;
	bool shared;		/* the processes have the same gigabyte */
	const char *comp;	/* of zswap in front of the device, or NULL */
};

/* Start a process with @pages swapped out, or one that shares its parent's. */
static pid_t holder(const struct swapoff_case *sc, size_t pages, unsigned int seed)
{
	struct area a;
	int ready[2];
	pid_t pid;
	char c = 0;

	if (pipe(ready) < 0)
		die("pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (pid) {
		close(ready[1]);
		if (read(ready[0], &c, 1) != 1)
			die("a process that should hold memory died");
		close(ready[0]);
		return pid;
	}
	if (!sc->shared) {
		area_map(&a, pages, ANON);
		fill(a.p, pages, COMPRESSIBLE, seed);
		area_out(&a, sc->dev);
	}
	if (write(ready[1], &c, 1) != 1)
		_exit(1);
	pause();
	_exit(0);
}

/* The figures are per page on the device; but for some of the processes' own, all are there. */
static void check_on_device(const char *name, size_t pages)
{
	long long kib = lookup("/proc/meminfo", "SwapTotal") - lookup("/proc/meminfo", "SwapFree");

	if (kib * 1024 < (long long)(pages * PAGE / 100 * 99))
		die("%s: %lld KiB are on the device, %zu should be", name, kib, pages * PAGE / 1024);
}

static void swapoff_row(const char *name, const struct options *o, const struct swapoff_case *sc)
{
	size_t pages = 1024 * MIB / PAGE, each = pages / PROCESSES;
	pid_t pid[PROCESSES];
	unsigned int round, i;
	struct area a;
	struct clock c;
	int error;

	folio_size(4);
	for (round = 1; round <= o->rounds; round++) {
		device_on(sc->dev, 1100, "lzo", 10);
		zswap(sc->comp);
		if (sc->shared) {
			area_map(&a, pages, ANON);
			fill(a.p, pages, COMPRESSIBLE, round);
			area_out(&a, sc->dev);
		}
		for (i = 0; i < PROCESSES; i++)
			pid[i] = holder(sc, each, i);
		if (!sc->comp)
			check_on_device(name, pages);
		clock_start(&c, o->profile);
		error = device_swapoff(sc->dev);
		printf("R %s swapoff %u %llu %zu\n", name, round,
		       (unsigned long long)clock_stop(&c, o->profile), pages);
		if (error)
			die("%s: swapoff: %s", name, strerror(error));
		if (sc->shared) {
			check(a.p, pages, COMPRESSIBLE, round);
			area_free(&a);
		}
		for (i = 0; i < PROCESSES; i++) {
			kill(pid[i], SIGKILL);
			waitpid(pid[i], NULL, 0);
		}
		zswap(NULL);
	}
}

static void swapoff_private(const char *name, const struct options *o)
{
	swapoff_row(name, o, &(struct swapoff_case){ .dev = BRD });
}

static void swapoff_shared(const char *name, const struct options *o)
{
	swapoff_row(name, o, &(struct swapoff_case){ .dev = BRD, .shared = true });
}

static void swapoff_zswap(const char *name, const struct options *o)
{
	swapoff_row(name, o, &(struct swapoff_case){ .dev = BRD, .comp = "lzo" });
}

static void swapoff_late(const char *name, const struct options *o)
{
	swapoff_row(name, o, &(struct swapoff_case){ .dev = LATE });
}

/* --- memory for metadata --- */

/* Pages that are neither free, nor hold data, nor compressed data, nor page tables. */
static long long metadata_pages(long long *slab)
{
	static const char * const data[] = {
		"nr_free_pages", "nr_inactive_anon", "nr_active_anon", "nr_inactive_file",
		"nr_active_file", "nr_unevictable", "nr_isolated_anon", "nr_zspages",
		"nr_page_table_pages",
	};
	long long n = lookup("/proc/meminfo", "MemTotal") * 1024 / PAGE, v;
	size_t i;

	for (i = 0; i < sizeof(data) / sizeof(data[0]); i++) {
		v = lookup(VMSTAT, data[i]);
		if (v > 0)
			n -= v;
	}
	*slab = lookup(VMSTAT, "nr_slab_reclaimable") + lookup(VMSTAT, "nr_slab_unreclaimable");
	return n;
}

/* Pages on the processors' own lists count as used. The allocator lets these lists grow to
 * an eighth of memory unless it is told not to. */
static void settle(void)
{
	put("100000", "/proc/sys/vm/percpu_pagelist_high_fraction");
	put("1", "/proc/sys/vm/compact_memory");
	put("1", "/proc/sys/vm/stat_refresh");
	usleep(100000);
}

static void metadata(const char *name, const struct options *o, const char *comp)
{
	const size_t pages = 100000;
	long long before, after, slab0, slab1;
	struct area a;
	unsigned int round;

	folio_size(4);
	device_on(DISK, 500, "lzo", 10);
	zswap(comp);
	for (round = 0; round <= o->rounds; round++) {
		area_map(&a, pages, ANON);
		fill(a.p, pages, COMPRESSIBLE, round);
		settle();
		before = metadata_pages(&slab0);
		area_out(&a, comp ? NO_DEVICE : DISK);
		settle();
		after = metadata_pages(&slab1);
		if (area_present(&a) > pages / 100)
			die("%s: pages were left behind", name);
		if (round) {
			printf("V %s slab %u bytes %.2f\n", name, round,
			       (double)(slab1 - slab0) * PAGE / pages);
			printf("V %s all %u bytes %.2f\n", name, round,
			       (double)(after - before) * PAGE / pages);
		}
		area_free(&a);
	}
	zswap(NULL);
	device_off(DISK);
}

static void metadata_zswap(const char *name, const struct options *o)
{
	metadata(name, o, "lzo");
}

static void metadata_phys(const char *name, const struct options *o)
{
	metadata(name, o, NULL);
}

/* --- cost at so much space in use --- */

/* One sample: a small area of zero pages goes out, comes in and is freed. */
static void sample(const char *name, const struct options *o, size_t used, unsigned int round)
{
	size_t pages = o->mib * MIB / PAGE, i;
	uint64_t out, in, freed;
	struct area a;
	struct clock c;

	area_map(&a, pages, ANON);
	fill(a.p, pages, ZERO, 0);
	clock_start(&c, o->profile);
	area_out(&a, NO_DEVICE);
	out = clock_stop(&c, o->profile);
	if (area_present(&a))
		die("%s: pages were left behind", name);
	clock_start(&c, false);
	for (i = 0; i < pages; i++)
		(void)*(volatile char *)(a.p + i * PAGE);
	in = clock_stop(&c, false);
	check(a.p, pages, ZERO, 0);
	area_out(&a, NO_DEVICE);
	clock_start(&c, false);
	area_free(&a);
	freed = clock_stop(&c, false);
	if (!round)
		return;
	printf("R %s out@%zuM %u %llu %zu\n", name, used / MIB, round,
	       (unsigned long long)out, pages);
	printf("R %s in@%zuM %u %llu %zu\n", name, used / MIB, round,
	       (unsigned long long)in, pages);
	printf("R %s free@%zuM %u %llu %zu\n", name, used / MIB, round,
	       (unsigned long long)freed, pages);
}

/*
 * Swap out more zero pages. A byte written per 2 MiB makes 512 of them at once, cleared by
 * the kernel: writing the rest as well would double what 64 GiB take.
 */
static void grow(char *p, size_t size)
{
	size_t at;

	folio_size(2048);
	for (at = 0; at < size; at += 2 * MIB)
		p[at] = 0;
	if (madvise(p, size, MADV_PAGEOUT) < 0)
		die("MADV_PAGEOUT: %s", strerror(errno));
	folio_size(4);
}

static void growth(const char *name, const struct options *o)
{
	const size_t step = 64 * MIB, most = 64UL << 30;
	size_t used, next = step;
	unsigned int round;
	struct area big;

	put("1", "/proc/sys/vm/overcommit_memory");
	device_on(DISK, (most + 4 * step) / MIB, "lzo", 10);
	zswap("lzo");
	area_map(&big, most / PAGE, ANON);
	for (used = step; used <= most; used += step) {
		grow(big.p + used - step, step);
		if (used != next)
			continue;
		if (lookup("/proc/self/status", "VmSwap") * 1024 < (long long)(used / 100 * 99))
			die("%s: less than %zu MiB are swapped out", name, used / MIB);
		for (round = 0; round <= o->rounds; round++)
			sample(name, o, used, round);
		next *= 2;
	}
	area_free(&big);
	zswap(NULL);
	device_off(DISK);
}

/* What each needs of the guest stands with it; tests/bench/run reads it from -l. */
static const struct special {
	const char *name;
	unsigned int memory, disk;	/* MiB */
	void (*run)(const char *name, const struct options *o);
} specials[] = {
	{ "swapoff-private", 3072, 1, swapoff_private },
	{ "swapoff-shared", 3072, 1, swapoff_shared },
	{ "swapoff-zswap", 3072, 1, swapoff_zswap },
	{ "swapoff-100us", 3072, 1, swapoff_late },
	{ "swapoff-1ms", 3072, 1, swapoff_late },
	{ "metadata-zswap", 1536, 600, metadata_zswap },
	{ "metadata-phys", 1536, 600, metadata_phys },
	{ "growth", 1536, 67000, growth },
};

void special_list(void)
{
	size_t i;

	for (i = 0; i < sizeof(specials) / sizeof(specials[0]); i++)
		printf("%s %u %u 1\n", specials[i].name, specials[i].memory,
		       specials[i].disk);
}

bool special_run(const char *name, const struct options *o)
{
	size_t i;

	for (i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
		if (strcmp(specials[i].name, name))
			continue;
		specials[i].run(name, o);
		return true;
	}
	return false;
}
