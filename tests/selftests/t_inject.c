// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Allocations that fail wherever they can: counted, traced, and nothing is lost.
 */
#include <fcntl.h>

#include "harness.h"
#include "load.h"


/* Pages that found no room because an allocation failed, wherever that was. */
static uint64_t refused(const struct snap *a, const struct snap *b)
{
	return snap_grew(a, b, "reject_grow") + snap_grew(a, b, "reject_table") +
	       snap_grew(a, b, "reject_zswap_nomem");
}

/*
 * Push out and read back while allocations of this process fail; a page may stay in
 * memory, but none may be lost, and when the failures end all of it works again.
 */
static void failing(const char *attr, unsigned int percent, int order, bool shared)
{
	const size_t n = 1031;
	struct snap s, b, c;
	struct area a;
	int round;
	size_t i;

	if (shared)
		area_map_shared(&a, n, PAT_CZ, order);
	else
		area_map(&a, n, PAT_CZ, order);
	snap_take(&s);
	/* each page has its turn to be read with failures on */
	for (round = 0; round < 3; round++) {
		area_fill(&a);
		snap_take(&b);
		inject(attr, percent, -1, true);
		inject_me(true);
		madvise(a.p, n * PG, MADV_PAGEOUT);
		inject_me(false);
		inject_off();
		snap_take(&c);
		/* zswap needs an object for each page that it takes */
		if (!strcmp(attr, "failslab") && percent == 100)
			CHECK_EQ(snap_moved(&b, &c, ST_NONE, ST_ZSWAP), 0);
		CHECK(!vst_have_vswap || vst_verify());
		/* read with failures on: a failed fault may retry, never give wrong data */
		inject(attr, percent / 4 + 1, 200, true);
		inject_me(true);
		for (i = round; i < n; i += 3)
			madvise(a.p + i * PG, PG, MADV_WILLNEED);
		inject_me(false);
		inject_off();
		area_check(&a);
	}
	snap_take(&c);
	vst_note("refused: %lld growth, %lld table, %lld zswap",
		 (long long)snap_grew(&s, &c, "reject_grow"),
		 (long long)snap_grew(&s, &c, "reject_table"),
		 (long long)snap_grew(&s, &c, "reject_zswap_nomem"));
	if (vst_have_vswap)
		CHECK_GT(refused(&s, &c), 0);
	area_pageout(&a);
	area_check(&a);
	area_free(&a);
}

TEST(inject, failslab_some, T_INJECT | T_ALLOC_FAIL)
{
	failing("failslab", 10, 0, false);
}

TEST(inject, failslab_all, T_INJECT | T_ALLOC_FAIL)
{
	failing("failslab", 100, 0, false);
}

TEST(inject, failslab_large, T_INJECT | T_ALLOC_FAIL)
{
	failing("failslab", 20, 4, false);
}

TEST(inject, page_alloc_some, T_INJECT | T_ALLOC_FAIL)
{
	failing("fail_page_alloc", 25, 0, false);
}

TEST(inject, page_alloc_all, T_INJECT | T_ALLOC_FAIL)
{
	failing("fail_page_alloc", 100, 0, false);
}

TEST(inject, page_alloc_large, T_INJECT | T_ALLOC_FAIL)
{
	failing("fail_page_alloc", 20, 4, false);
}

TEST(inject, failslab_tmpfs, T_INJECT | T_ALLOC_FAIL)
{
	failing("failslab", 15, 0, true);
}

TEST(inject, page_alloc_tmpfs, T_INJECT | T_ALLOC_FAIL)
{
	failing("fail_page_alloc", 15, 0, true);
}

static int nth_open(void)
{
	int fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		SKIP("no fail-nth");
	return fd;
}

static void nth_set(int fd, int k)
{
	char val[16];
	int len = snprintf(val, sizeof(val), "%d", k);

	if (pwrite(fd, val, len, 0) != len)
		FAIL("fail-nth: %s", strerror(errno));
}

/* How far it still was from the failing one: 0 if that came. */
static int nth_left(int fd)
{
	char val[16] = "";

	if (pread(fd, val, sizeof(val) - 1, 0) <= 0)
		FAIL("fail-nth: %s", strerror(errno));
	return atoi(val);
}

/*
 * Every allocation of a swap-out one by one: the k-th fails, for k = 1, 2, 3, ... until
 * there are no so many, or @last have had their turn.
 */
static void nth(const char *attr, size_t n, int last)
{
	int fd = nth_open(), k, left = 0, fired = 0;
	struct snap s, b;
	struct area a;

	inject(attr, 0, 1, false);
	snap_take(&s);
	area_map(&a, n, PAT_COMP, 0);
	for (k = 1; k <= last && !left; k++) {
		area_fill(&a);
		nth_set(fd, k);
		madvise(a.p, n * PG, MADV_PAGEOUT);
		left = nth_left(fd);
		nth_set(fd, 0);
		fired += !left;
		CHECK(!vst_have_vswap || vst_verify());
		area_check(&a);
		area_advise(&a, 0, n, MADV_DONTNEED);
	}
	inject_off();
	area_free(&a);
	snap_take(&b);
	vst_note("%d allocations failed, %llu pages refused", fired,
		 (unsigned long long)refused(&s, &b));
	/* every page needs an object of zswap at least */
	CHECK_GE(fired, (int)n < last ? (int)n : last);
	if (vst_have_vswap)
		CHECK_GT(refused(&s, &b), 0);
	close(fd);
}

TEST(inject, each_slab_allocation_once, T_INJECT | T_ALLOC_FAIL | T_NO_EVENTS)
{
	nth("failslab", 131, 40);
}

/* So few pages that the last allocation is reached: not one is left out. */
TEST(inject, every_slab_allocation_of_few_pages, T_INJECT | T_ALLOC_FAIL)
{
	nth("failslab", 11, 400);
}

static void wait_to_be_killed(void *unused)
{
	(void)unused;
	for (;;)
		pause();
}

/*
 * Fork of shared slots when the table for large counts cannot be had: it is needed for
 * the fifteenth sharer. Three attempts to allocate it fail, first in atomic context and
 * then where the fork could wait; what comes after them succeeds.
 */
TEST(inject, fork_overflow, T_INJECT | T_ALLOC_FAIL)
{
	const size_t n = 41;
	int kids = 0, failed = 0, k;
	struct area a;
	pid_t pid[20];
	long left;

	area_map(&a, n, PAT_COMP, 0);
	area_fill(&a);
	area_pageout(&a);
	while (kids < 13)
		pid[kids++] = vst_spawn(wait_to_be_killed, NULL);
	inject_in("failslab", "swap_extend_table_alloc", 3);
	while (kids < (int)ARRAY_SIZE(pid) && failed < 10) {
		pid_t new = fork();

		if (!new)
			wait_to_be_killed(NULL);
		if (new > 0) {
			pid[kids++] = new;
			continue;
		}
		CHECK_EQ(errno, ENOMEM);
		failed++;
		CHECK(!vst_have_vswap || vst_verify());
	}
	inject_off();
	left = inject_left("failslab");
	vst_note("%d forks failed, %d children", failed, kids);
	CHECK(!vst_have_vswap || vst_verify());
	for (k = 0; k < kids; k++)
		vst_kill(pid[k]);
	CHECK_EQ(left, 0);
	CHECK_GT(failed, 0);
	CHECK_GT(kids, 14);
	area_check(&a);
	area_free(&a);
}

/*
 * Write zeros to the pages of @a and push them out, step by step, as far as that goes.
 * They cost no memory once out.
 */
static void push_zeros(const struct area *a)
{
	const size_t step = 512;
	size_t i, k;

	for (i = 0; i < a->n; i += step) {
		size_t len = a->n - i < step ? a->n - i : step;

		for (k = i; k < i + len; k++)
			*(volatile char *)(a->p + k * PG) = 0;
		madvise(a->p + i * PG, len * PG, MADV_PAGEOUT);
	}
}

static void check_zeros(const struct area *a)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		CHECK_EQ(*(volatile uint64_t *)(a->p + i * PG), 0);
}

static uint64_t failed_growths(const struct trace *t)
{
	uint64_t nr = 0;
	size_t i;

	for (i = 0; i < t->nr; i++)
		nr += !strcmp(t->ev[i].name, "vswap_grow") &&
		      !event_num(&t->ev[i], "clusters");
	return nr;
}

/*
 * Growth that cannot have its page: nothing is worse than without the layer. What finds
 * no virtual slot stays in memory, or goes to the device, by itself. Large folios use up
 * most of the slots, as that takes less time than single pages do.
 */
TEST(inject, growth, T_INJECT | T_ALLOC_FAIL | T_LONG | T_NO_EVENTS)
{
	const size_t more = 1499;
	size_t n, room, huge, out;
	struct area big, a, again;
	struct snap s, b, c;
	struct trace tr;
	struct dev d;

	if (!vst_have_vswap)
		return;
	snap_take(&s);
	room = snap_stat(&s, "capacity") - s.slots_used;
	CHECK_GT(room, 16 * 512);
	huge = (room / 512 - 8) * 512;
	trace_start_event(&tr, "vswap_grow");
	/* for everybody: growth is a worker's job */
	inject_in("fail_page_alloc", "vswap_grow_once", -1);
	area_map(&big, huge, PAT_ZERO, 9);
	push_zeros(&big);
	CHECK_EQ(area_swapped(&big), huge);
	n = room - huge + more;
	area_map(&a, n, PAT_ZERO, 0);
	push_zeros(&a);
	snap_take(&b);
	out = area_swapped(&a);
	CHECK_EQ(snap_grew(&s, &b, "capacity"), 0);
	CHECK_GE(snap_grew(&s, &b, "reject_grow"), more);
	CHECK_EQ(b.slots_used - s.slots_used, huge + out);
	CHECK_LE(out, n - more);
	/* with a device, all the others go there, and not through the layer */
	dev_brd(&d, 0, 8191);
	dev_swapon(&d, -1, 0);
	area_pageout(&a);
	snap_take(&c);
	vst_note("%zu pages on virtual slots, %zu directly on the device", huge + out,
		 dev_used(&d));
	CHECK_EQ(dev_used(&d), n - out);
	CHECK_EQ(c.gauge[ST_PHYS], 0);
	CHECK_EQ(snap_grew(&s, &c, "capacity"), 0);
	inject_off();
	trace_stop(&tr);
	CHECK_GT(failed_growths(&tr), 0);
	CHECK(vst_verify());
	/* and when there is memory again, it grows */
	area_map(&again, more, PAT_ZERO, 0);
	push_zeros(&again);
	area_pageout(&again);
	POLL(10, "growth", (snap_take(&c), snap_grew(&s, &c, "capacity") > 0));
	area_free(&again);
	check_zeros(&a);
	check_zeros(&big);
	area_free(&a);
	area_free(&big);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
}

/* A mixed load for a while, with failures for everybody. */
TEST(inject, load, T_INJECT | T_ALLOC_FAIL | T_LONG | T_MANY_EVENTS)
{
	const struct failures f = { { "failslab", "fail_page_alloc" }, 1, 40 };
	struct load cfg[2] = {
		{ .pages = 701, .pat = PAT_CZ },
		{ .pages = 509, .pat = PAT_CZ, .order = 4 },
	};
	long happened = load_while_failing(cfg, 2, &f);

	vst_note("%ld allocations failed", happened);
	CHECK_GT(happened, 0);
}

/* Virtual tables that the kernel keeps ready (VSWAP_TABLE_RESERVE), and slots of one. */
#define RESERVE		16
#define SLOTS		512

/*
 * No virtual table can be had, once the reserve is used up: what needs one stays in
 * memory. The first cluster may have a table already. When there is memory again, all
 * goes out. @n must be more than the slots of the reserve and that cluster.
 */
static void without_tables(size_t n, int st)
{
	struct snap s, b, c;
	struct area a;
	size_t out;

	area_map(&a, n, PAT_COMP, 0);
	area_fill(&a);
	snap_take(&s);
	inject_in("fail_page_alloc", "vswap_lock_new_table", -1);
	area_try_pageout(&a);
	inject_off();
	snap_take(&b);
	/* what was refused keeps its slot and stays in the swap cache */
	out = area_uncached(&a);
	vst_note("%zu of %zu pages out, %lld refused, %lld tables more", out, n,
		 (long long)snap_grew(&s, &b, "reject_table"),
		 (long long)snap_grew(&s, &b, "tables"));
	CHECK(vst_verify());
	CHECK_GE(snap_grew(&s, &b, "reject_table"), n - out);
	CHECK_LE(snap_grew(&s, &b, "tables"), RESERVE);
	CHECK_GE(out, (RESERVE - 1) * SLOTS);
	CHECK_LE(out, (RESERVE + 1) * SLOTS);
	CHECK_EQ(b.gauge[st] - s.gauge[st], out);
	/* they come last: mapped again, they can go out again */
	area_check_range(&a, out, n - out);
	CHECK_EQ(area_swapped(&a), out);
	area_pageout(&a);
	snap_take(&c);
	CHECK_EQ(snap_grew(&b, &c, "reject_table"), 0);
	CHECK_EQ(c.gauge[st] - s.gauge[st], n);
	area_check(&a);
	area_free(&a);
}

TEST(inject, tables, T_INJECT | T_ALLOC_FAIL | T_NO_EVENTS)
{
	if (vst_have_vswap)
		without_tables(8999, ST_ZSWAP);
}

TEST(inject, tables_phys, T_INJECT | T_ALLOC_FAIL | T_NO_EVENTS)
{
	struct dev d;

	if (!vst_have_vswap)
		return;
	dev_brd(&d, 0, 9511);
	dev_swapon(&d, -1, 0);
	knob_zswap(false);
	knob_vswap("always");
	without_tables(8999, ST_PHYS);
	dev_settle(&d);
}
