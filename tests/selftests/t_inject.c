// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Allocations that fail wherever they can: counted, traced, and nothing is lost.
 */
#include <fcntl.h>

#include "harness.h"
#include "load.h"


/*
 * Push out and read back while allocations of this process fail; a page may stay in
 * memory, but none may be lost, and when the failures end all of it works again.
 */
static void failing(const char *attr, unsigned int percent, int order, bool shared)
{
	const size_t n = 1231;
	struct area a;
	int round;
	size_t i;

	if (shared)
		area_map_shared(&a, n, PAT_CZ, order);
	else
		area_map(&a, n, PAT_CZ, order);
	for (round = 0; round < 4; round++) {
		area_fill(&a);
		inject(attr, percent, -1, true);
		inject_me(true);
		madvise(a.p, n * PG, MADV_PAGEOUT);
		inject_me(false);
		inject_off();
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
	failing("fail_page_alloc", 10, 0, false);
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

/* Every allocation one by one: the k-th fails, for k = 1, 2, 3, ... */
static void nth(const char *attr, int last)
{
	const size_t n = 523;
	struct area a;
	int k;

	area_map(&a, n, PAT_COMP, 0);
	for (k = 1; k <= last; k++) {
		char val[16];

		area_fill(&a);
		snprintf(val, sizeof(val), "%d", k);
		inject(attr, 0, 1, false);
		if (vst_write("/proc/self/fail-nth", val))
			SKIP("no fail-nth");
		madvise(a.p, n * PG, MADV_PAGEOUT);
		vst_write("/proc/self/fail-nth", "0");
		area_check(&a);
		area_free(&a);
		area_map(&a, n, PAT_COMP, 0);
	}
	area_free(&a);
	inject_off();
}

TEST(inject, each_slab_allocation_once, T_INJECT | T_ALLOC_FAIL)
{
	nth("failslab", 40);
}

/* Fork of shared slots when the table for large counts cannot be had. */
TEST(inject, fork_overflow, T_INJECT | T_ALLOC_FAIL)
{
	const size_t n = 41;
	struct area a;
	pid_t pid[24];
	int i, k;

	area_map(&a, n, PAT_COMP, 0);
	area_fill(&a);
	area_pageout(&a);
	for (k = 0; k < 24; k++) {
		inject("failslab", 30, -1, true);
		inject_me(true);
		pid[k] = fork();
		if (!pid[k]) {
			inject_me(false);
			pause();
			_exit(VST_PASS);
		}
		inject_me(false);
		inject_off();
	}
	CHECK(!vst_have_vswap || vst_verify());
	for (i = 0; i < k; i++)
		if (pid[i] > 0)
			vst_kill(pid[i]);
	area_check(&a);
	area_free(&a);
}

/* Growth that cannot have its page: nothing is worse than without the layer. */
TEST(inject, growth, T_INJECT | T_ALLOC_FAIL)
{
	const size_t step = 512;
	struct snap s, b;
	struct area a;
	size_t i, k, n;

	if (!vst_have_vswap)
		return;
	snap_take(&s);
	n = snap_stat(&s, "capacity") - s.slots_used + 1500;
	area_map(&a, n, PAT_ZERO, 0);
	for (i = 0; i < n; i += step) {
		size_t len = n - i < step ? n - i : step;

		for (k = i; k < i + len; k++)
			*(volatile char *)(a.p + k * PG) = 0;
		/* failures for everybody: growth is a worker's job */
		inject("fail_page_alloc", 20, -1, false);
		madvise(a.p + i * PG, len * PG, MADV_PAGEOUT);
		inject_off();
	}
	CHECK(vst_verify());
	snap_take(&b);
	for (i = 0; i < n; i++)
		CHECK_EQ(*(volatile uint64_t *)(a.p + i * PG), 0);
	area_free(&a);
	(void)b;
}

/* A mixed load for a while, with failures for everybody. */
TEST(inject, load, T_INJECT | T_ALLOC_FAIL | T_LONG)
{
	static const char *const attr[] = { "failslab", "fail_page_alloc" };
	struct load cfg[2] = {
		{ .pages = 701, .pat = PAT_CZ, .cpu = -1, .seconds = 6 },
		{ .pages = 509, .pat = PAT_CZ, .order = 4, .cpu = -1, .seconds = 6 },
	};
	double end = vst_now() + 6;
	pid_t pid[2];
	int i, round = 0;

	vst_pin(-1);
	for (i = 0; i < 2; i++)
		pid[i] = vst_spawn(load_run, &cfg[i]);
	vst_msleep(300);
	while (vst_now() < end) {
		inject(attr[round++ % 2], 1, 40, false);
		vst_msleep(100);
		inject_off();
		vst_msleep(50);
	}
	for (i = 0; i < 2; i++)
		vst_join(pid[i]);
}
