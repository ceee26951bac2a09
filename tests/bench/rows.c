// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rows of the cost table. Each row does the same with different ingredients: fill
 * memory, push it out, touch it, push it out again, free it; the phases are measured.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define SHARERS 3
/* Data of the rows that wait for a disk, at most. */
#define DISK_MIB 4

struct row {
	const char *name;
	enum content content;
	enum device device;	/* where the pages go; NO_DEVICE: o->under, behind zswap */
	const char *comp;	/* zswap's compressor, or zram's */
	enum memory memory;
	unsigned int kib;	/* folio size */
	bool zswap, random, write, shared;
};

/*
 * Rows without zswap come first: once it was on, the base kernel no longer swaps in
 * large folios, until the next boot.
 */
static const struct row rows[] = {
	{ .name = "brd", .device = BRD, .kib = 4 },
	{ .name = "brd-rand", .device = BRD, .kib = 4, .random = true },
	{ .name = "brd-64k", .device = BRD, .kib = 64 },
	{ .name = "brd-2m", .device = BRD, .kib = 2048 },
	{ .name = "brd-tmpfs", .device = BRD, .kib = 4, .memory = TMPFS },
	{ .name = "brd-tmpfs-64k", .device = BRD, .kib = 64, .memory = TMPFS },
	{ .name = "brd-fork", .device = BRD, .kib = 4, .shared = true },
	{ .name = "zram", .device = ZRAM, .comp = "lzo", .kib = 4 },
	{ .name = "zram-rand", .device = ZRAM, .comp = "lzo", .kib = 4, .random = true },
	{ .name = "zram-64k", .device = ZRAM, .comp = "lzo", .kib = 64 },
	{ .name = "zram-2m", .device = ZRAM, .comp = "lzo", .kib = 2048 },
	{ .name = "zram-tmpfs", .device = ZRAM, .comp = "lzo", .kib = 4, .memory = TMPFS },
	{ .name = "zram-tmpfs-64k", .device = ZRAM, .comp = "lzo", .kib = 64,
	  .memory = TMPFS },
	{ .name = "zram-fork", .device = ZRAM, .comp = "lzo", .kib = 4, .shared = true },
	{ .name = "zram-zstd", .device = ZRAM, .comp = "zstd", .kib = 4 },
	{ .name = "disk", .device = DISK, .kib = 4 },
	{ .name = "disk-rand", .device = DISK, .kib = 4, .random = true },
	{ .name = "disk-64k", .device = DISK, .kib = 64 },
	{ .name = "disk-2m", .device = DISK, .kib = 2048 },
	{ .name = "disk-tmpfs", .device = DISK, .kib = 4, .memory = TMPFS },
	{ .name = "disk-fork", .device = DISK, .kib = 4, .shared = true },
	{ .name = "zswap", .zswap = true, .comp = "lzo", .kib = 4 },
	{ .name = "zswap-rand", .zswap = true, .comp = "lzo", .kib = 4, .random = true },
	{ .name = "zswap-write", .zswap = true, .comp = "lzo", .kib = 4, .write = true },
	{ .name = "zswap-64k", .zswap = true, .comp = "lzo", .kib = 64 },
	{ .name = "zswap-64k-rand", .zswap = true, .comp = "lzo", .kib = 64, .random = true },
	{ .name = "zswap-2m", .zswap = true, .comp = "lzo", .kib = 2048 },
	{ .name = "zswap-tmpfs", .zswap = true, .comp = "lzo", .kib = 4, .memory = TMPFS },
	{ .name = "zswap-tmpfs-64k", .zswap = true, .comp = "lzo", .kib = 64,
	  .memory = TMPFS },
	{ .name = "zswap-fork", .zswap = true, .comp = "lzo", .kib = 4, .shared = true },
	{ .name = "zswap-zstd", .zswap = true, .comp = "zstd", .kib = 4 },
	{ .name = "zswap-zstd-rand", .zswap = true, .comp = "zstd", .kib = 4, .random = true },
	{ .name = "zswap-zstd-64k", .zswap = true, .comp = "zstd", .kib = 64 },
	{ .name = "zswap-zstd-2m", .zswap = true, .comp = "zstd", .kib = 2048 },
	{ .name = "zswap-zstd-tmpfs", .zswap = true, .comp = "zstd", .kib = 4,
	  .memory = TMPFS },
	{ .name = "zero", .zswap = true, .comp = "lzo", .content = ZERO, .kib = 4 },
	{ .name = "zero-rand", .zswap = true, .comp = "lzo", .content = ZERO, .kib = 4,
	  .random = true },
	{ .name = "zero-64k", .zswap = true, .comp = "lzo", .content = ZERO, .kib = 64 },
	{ .name = "zero-2m", .zswap = true, .comp = "lzo", .content = ZERO, .kib = 2048 },
	{ .name = "zero-tmpfs", .zswap = true, .comp = "lzo", .content = ZERO, .kib = 4,
	  .memory = TMPFS },
	{ .name = "zero-tmpfs-64k", .zswap = true, .comp = "lzo", .content = ZERO, .kib = 64,
	  .memory = TMPFS },
	{ .name = "zero-fork", .zswap = true, .comp = "lzo", .content = ZERO, .kib = 4,
	  .shared = true },
};

#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

void rows_list(void)
{
	size_t i;

	for (i = 0; i < NR_ROWS; i++)
		printf("%s 1024 256 1\n", rows[i].name);
}

/* One round of a row in progress. */
struct run {
	const struct row *row;
	const struct options *o;
	enum device device;
	struct area area;
	size_t pages;
	const uint32_t *order;
	unsigned int round;		/* 0 is not measured */
	/* processes that share the memory, and how to talk to them */
	pid_t child[SHARERS];
	int go[SHARERS], done[SHARERS];
};

static void touch(const struct run *r)
{
	volatile char *p = r->area.p;
	size_t i;

	if (r->row->write) {
		for (i = 0; i < r->area.pages; i++)
			p[r->order[i] * PAGE] = p[r->order[i] * PAGE];
	} else {
		for (i = 0; i < r->area.pages; i++)
			(void)p[r->order[i] * PAGE];
	}
}

static void share(struct run *r)
{
	int i, to[2], from[2];
	char c;

	for (i = 0; i < SHARERS; i++) {
		if (pipe(to) < 0 || pipe(from) < 0)
			die("pipe failed");
		r->child[i] = fork();
		if (r->child[i] < 0)
			die("fork failed");
		if (!r->child[i]) {
			close(to[1]);
			close(from[0]);
			while (read(to[0], &c, 1) == 1) {
				touch(r);
				if (write(from[1], &c, 1) != 1)
					break;
			}
			_exit(0);
		}
		close(to[0]);
		close(from[1]);
		r->go[i] = to[1];
		r->done[i] = from[0];
	}
}

static void unshare_all(struct run *r)
{
	int i;

	/* A later sharer has the earlier ones' pipes open as well: the last one ends first. */
	for (i = SHARERS - 1; i >= 0; i--) {
		close(r->go[i]);
		close(r->done[i]);
		waitpid(r->child[i], NULL, 0);
	}
}

/* Everybody who maps the memory touches it. */
static void phase_in(struct run *r)
{
	char c = 0;
	int i;

	touch(r);
	for (i = 0; r->row->shared && i < SHARERS; i++)
		if (write(r->go[i], &c, 1) != 1 || read(r->done[i], &c, 1) != 1)
			die("a sharer died");
}

/* Pushing out pages with several mappings takes real reclaim, in some steps. */
static uint64_t phase_out(struct run *r)
{
	if (!r->row->shared)
		return area_out(&r->area, r->device);
	reclaim_cgroup(r->area.pages);
	return finish_out(r->device);
}

static void report(const struct run *r, const char *phase, uint64_t ns)
{
	if (r->round)
		printf("R %s %s %u %llu %zu\n", r->row->name, phase, r->round,
		       (unsigned long long)ns, r->area.pages);
}

static bool profiled(const struct run *r, const char *phase)
{
	return r->round && r->o->profile && !strcmp(r->o->profile, phase);
}

/*
 * Reclaim keeps a page that one of its mappers has used, and how many it looks at before
 * that is settled is a matter of chance. None has, then.
 */
static void forget_accesses(const struct run *r)
{
	int i;

	put("1", "/proc/self/clear_refs");
	for (i = 0; i < SHARERS; i++)
		put("1", "/proc/%d/clear_refs", r->child[i]);
}

static void measure_out(struct run *r, const char *phase)
{
	uint64_t looked;
	struct clock c;
	size_t present;

	if (r->row->shared)
		forget_accesses(r);
	clock_start(&c, profiled(r, phase));
	looked = phase_out(r);
	report(r, phase, clock_stop(&c, profiled(r, phase)) - looked);
	present = area_present(&r->area);
	if (present > r->area.pages / (r->row->shared ? 10 : 100))
		die("%s %s: %zu of %zu pages are still there", r->row->name, phase, present,
		    r->area.pages);
}

static void measure_in(struct run *r, const char *phase)
{
	struct clock c;

	clock_start(&c, profiled(r, phase));
	phase_in(r);
	report(r, phase, clock_stop(&c, profiled(r, phase)));
	check(r->area.p, r->area.pages, r->row->content, r->round);
}

static void one_round(struct run *r)
{
	struct clock c;

	area_map(&r->area, r->pages, r->row->memory);
	fill(r->area.p, r->area.pages, r->row->content, r->round);
	if (r->row->shared)
		share(r);
	measure_out(r, "out");
	measure_in(r, "in");
	measure_out(r, "again");
	if (r->row->shared)
		unshare_all(r);
	clock_start(&c, profiled(r, "free"));
	area_free(&r->area);
	report(r, "free", clock_stop(&c, profiled(r, "free")));
}

/* Waiting for a disk takes the machine's time, which is not the guest's: on a busy one tens
 * of ms for each request. */
static size_t row_mib(const struct row *row, const struct options *o)
{
	return row->device == DISK && o->mib > DISK_MIB ? DISK_MIB : o->mib;
}

static void run(const struct row *row, const struct options *o)
{
	size_t mib = row_mib(row, o);
	struct run r = { .row = row, .o = o, .device = row->device, .pages = mib * MIB / PAGE };
	uint32_t *order = access_order(r.pages, row->random);

	if (r.device == NO_DEVICE)
		r.device = o->under;
	folio_size(row->kib);
	/* A disk's slots are kept at swap-in while less than half of them are in use. */
	if (r.device != NO_DEVICE)
		device_on(r.device, row->device == DISK ? mib * 4 : mib * 3 / 2,
			  row->comp ? row->comp : "lzo", 10);
	if (row->zswap)
		zswap(row->comp);
	/* Behind zswap, a disk has no work to wait for. */
	if (row->zswap)
		r.device = NO_DEVICE;
	r.order = order;
	spin_while_idle(r.device == DISK);
	for (r.round = 0; r.round <= o->rounds; r.round++)
		one_round(&r);
	spin_while_idle(false);
	if (row->zswap)
		zswap(NULL);
	r.device = row->device == NO_DEVICE ? o->under : row->device;
	if (r.device != NO_DEVICE)
		device_off(r.device);
	free(order);
}

bool row_run(const char *name, const struct options *o)
{
	size_t i;

	for (i = 0; i < NR_ROWS; i++) {
		if (strcmp(rows[i].name, name))
			continue;
		run(&rows[i], o);
		return true;
	}
	return false;
}
