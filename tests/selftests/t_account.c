// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Accounting against a model, through long random sequences of everything that changes
 * a backing: v2 swap.current and its kin, and v1 memory+swap.
 */
#include "harness.h"
#include "load.h"


#define PAGES	307

static uint64_t rng = 0x853c49e6748fea9bULL;

static uint64_t rnd(uint64_t below)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (rng >> 11) % below;
}

/* One random change; @ver is the version of each page, 0 when it reads as zero. */
static void step(struct area *a, uint32_t *ver, uint32_t now)
{
	size_t first = rnd(a->n), nr = 1 + rnd(23), i;
	uint64_t buf[PG / 8];
	unsigned char c;

	if (nr > a->n - first)
		nr = a->n - first;
	switch (rnd(10)) {
	case 0: case 1: case 2:
		area_advise(a, first, nr, MADV_PAGEOUT);
		break;
	case 3:
		area_advise(a, first, nr, MADV_DONTNEED);
		for (i = first; i < first + nr; i++)
			ver[i] = 0;
		break;
	case 4: case 5:
		for (i = first; i < first + nr; i++) {
			ver[i] = now;
			pattern_page(a->pat, now, i, buf);
			memcpy(a->p + i * PG, buf, PG);
		}
		break;
	case 6: case 7:
		for (i = first; i < first + nr; i++) {
			if (ver[i])
				pattern_page(a->pat, ver[i], i, buf);
			else
				memset(buf, 0, PG);
			if (memcmp(a->p + i * PG, buf, PG))
				FAIL("page %zu is wrong after %u steps", i, now);
		}
		break;
	case 8:
		area_advise(a, first, nr, MADV_WILLNEED);
		break;
	default:
		/* the next pages take another way */
		knob_zswap(rnd(2));
		c = a->p[first * PG];
		(void)c;
		break;
	}
}

/* v2: what is charged is what stands on the device, at every step. */
TEST(account, v2_model, T_LONG)
{
	static uint32_t ver[PAGES];
	const int steps = 10000;
	struct area a;
	struct dev d;
	struct cg g;
	int i;

	if (!vst_have_vswap)
		SKIP("the base kernel charges every slot");
	cg_make(&g, "model");
	cg_enter(&g);
	knob_vswap("always");
	dev_brd(&d, 0, 1009);
	dev_swapon(&d, -1, 0);
	cg_set(&g, "memory.swap.max", "%lu", 211 * PG);
	area_map(&a, PAGES, PAT_MIXED, 0);
	for (i = 1; i <= steps; i++) {
		uint64_t phys, cur;

		step(&a, ver, i);
		if (i % 1000 == 0)
			cg_reclaim(&g, 64 * PG);
		phys = vst_sysfs_slots("phys");
		cur = cg_read(&g, "memory.swap.current") / PG;
		if (phys != cur || phys != dev_used(&d))
			FAIL("step %d: %llu slots backed, %llu charged, %zu used", i,
			     (unsigned long long)phys, (unsigned long long)cur, dev_used(&d));
		CHECK_LE(cur, 211);
		if (i % 2000 == 0)
			CHECK(vst_verify());
	}
	area_free(&a);
	CHECK_EQ(cg_read(&g, "memory.swap.current"), 0);
	CHECK_LE(cg_read(&g, "memory.swap.peak"), 211 * PG);
	cg_leave();
}

/*
 * v1: memory+swap minus memory is the number of pages that are out, whatever backs
 * them and however often that changes.
 */
TEST(account, v1_memsw_model, T_V1 | T_LONG)
{
	static uint32_t ver[PAGES];
	const int steps = 10000;
	uint64_t base_diff;
	struct area a;
	struct dev d;
	struct cg g;
	int i;

	cg_make(&g, "memsw");
	if (!vst_exists("/sys/fs/cgroup/memory/memory.memsw.usage_in_bytes"))
		SKIP("no memsw");
	cg_enter(&g);
	knob_vswap("always");
	dev_brd(&d, 0, 1009);
	dev_swapon(&d, -1, 0);
	area_map(&a, PAGES, PAT_MIXED, 0);
	base_diff = cg_read(&g, "memory.memsw.usage_in_bytes") -
		    cg_read(&g, "memory.usage_in_bytes");
	CHECK_EQ(base_diff, 0);
	for (i = 1; i <= steps; i++) {
		uint64_t mem, memsw;
		size_t out;
		int try;

		step(&a, ver, i);
		/* two files cannot be read at one instant: agree within a few tries */
		for (try = 0; try < 20; try++) {
			mem = cg_read(&g, "memory.usage_in_bytes");
			memsw = cg_read(&g, "memory.memsw.usage_in_bytes");
			out = area_uncached(&a);
			if (memsw - mem == out * PG)
				break;
			vst_msleep(1);
		}
		if (memsw - mem != out * PG)
			FAIL("step %d: memsw - mem is %lld pages, %zu are out", i,
			     (long long)(memsw - mem) / (long long)PG, out);
		if (vst_have_vswap && i % 2000 == 0)
			CHECK(vst_verify());
	}
	area_free(&a);
	CHECK_EQ(cg_read(&g, "memory.memsw.usage_in_bytes"),
		 cg_read(&g, "memory.usage_in_bytes"));
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	cg_leave();
}

/* v1: the basic moves, through zswap and through the device, with lockdep watching. */
TEST(account, v1_basic, T_V1)
{
	const size_t n = 601;
	uint64_t mem, memsw;
	struct area a;
	struct dev d;
	struct cg g;
	int round;

	cg_make(&g, "v1");
	cg_enter(&g);
	dev_brd(&d, 0, 4001);
	dev_swapon(&d, -1, 0);
	knob_vswap("always");
	area_map(&a, n, PAT_CZ, 0);
	for (round = 0; round < 4; round++) {
		knob_zswap(round & 1);
		area_fill(&a);
		area_pageout(&a);
		mem = cg_read(&g, "memory.usage_in_bytes");
		memsw = cg_read(&g, "memory.memsw.usage_in_bytes");
		CHECK_EQ(memsw - mem, n * PG);
		area_check(&a);
		CHECK_EQ(cg_read(&g, "memory.memsw.usage_in_bytes"),
			 cg_read(&g, "memory.usage_in_bytes"));
	}
	area_free(&a);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	cg_leave();
}

/* v1: no device, in-memory backings only. */
TEST(account, v1_no_device, T_V1)
{
	const size_t n = 997;
	struct snap s, b;
	struct area a;
	struct cg g;

	if (!vst_have_vswap)
		return;
	cg_make(&g, "v1none");
	cg_enter(&g);
	area_map(&a, n, PAT_CZ, 0);
	area_fill(&a);
	snap_take(&s);
	area_pageout(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_ZSWAP, area_count(&a, PAT_COMP) },
	      { ST_NONE, ST_ZERO, area_count(&a, PAT_ZERO) });
	CHECK_EQ(cg_read(&g, "memory.memsw.usage_in_bytes") -
		 cg_read(&g, "memory.usage_in_bytes"), n * PG);
	area_check(&a);
	area_free(&a);
	CHECK_EQ(cg_read(&g, "memory.memsw.usage_in_bytes"),
		 cg_read(&g, "memory.usage_in_bytes"));
	cg_leave();
}

/* v1: a memsw limit of three quarters of the data: enforced, by OOM, not passed. */
static void v1_fill(void *arg)
{
	const struct cg *g = arg;
	struct area a;

	cg_enter(g);
	area_map(&a, 6007, PAT_CZ, 0);
	area_fill(&a);
	area_check(&a);
}

TEST(account, v1_memsw_limit, T_V1)
{
	struct cg g;
	int status;

	if (!vst_have_vswap)
		SKIP("needs a device");
	cg_make(&g, "v1lim");
	cg_set(&g, "memory.limit_in_bytes", "%d", 8 << 20);
	cg_set(&g, "memory.memsw.limit_in_bytes", "%d", 18 << 20);
	status = vst_wait(vst_spawn(v1_fill, &g));
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK_LE(cg_read(&g, "memory.memsw.max_usage_in_bytes"), 18 << 20);
	cg_set(&g, "memory.memsw.limit_in_bytes", "%d", 64 << 20);
	vst_join(vst_spawn(v1_fill, &g));
	POLL(5, "memsw back to nothing",
	     cg_read(&g, "memory.memsw.usage_in_bytes") ==
	     cg_read(&g, "memory.usage_in_bytes"));
}

/* v1: swap, fork, exit, cgroup removed while pages are out. */
TEST(account, v1_removed_while_owning, T_V1)
{
	const size_t n = 499;
	struct snap s, b;
	struct area a;
	struct cg g;
	int i;

	if (!vst_have_vswap)
		SKIP("needs a device");
	for (i = 0; i < 3; i++) {
		cg_make(&g, "v1dying");
		cg_enter(&g);
		area_map(&a, n, PAT_CZ, 0);
		area_fill(&a);
		area_pageout(&a);
		snap_take(&s);
		cg_leave();
		cg_remove(&g);
		area_check(&a);
		area_free(&a);
		snap_take(&b);
		if (vst_have_vswap)
			CHECK_EQ(b.slots_used, s.slots_used - n);
	}
}

/* v1: loads, devices that come and go, zswap on and off; in the end nothing is owed. */
TEST(account, v1_load, T_V1)
{
	volatile int *stop = vst_shared(PG);
	struct load cfg[3] = {
		{ .pages = 1301, .pat = PAT_MIXED, .cpu = -1, .stop = stop, .forks = true },
		{ .pages = 1009, .pat = PAT_COMP, .cpu = -1, .stop = stop, .order = 4 },
		{ .pages = 701, .pat = PAT_CZ, .cpu = -1, .stop = stop, .shared = true },
	};
	double end = vst_now() + 6;
	pid_t pid[3];
	struct dev d;
	struct cg g;
	int i, round = 0;

	cg_make(&g, "v1load");
	knob_vswap("always");
	dev_brd(&d, 0, 30011);
	dev_swapon(&d, -1, 0);
	cg_enter(&g);
	vst_pin(-1);
	for (i = 0; i < 3; i++)
		pid[i] = vst_spawn(load_run, &cfg[i]);
	cg_leave();
	while (vst_now() < end) {
		knob_zswap(round & 1);
		if (round++ % 4 == 3) {
			CHECK_EQ(dev_swapoff(&d), 0);
			dev_swapon(&d, -1, 0);
		}
		vst_msleep(100);
	}
	*stop = 1;
	for (i = 0; i < 3; i++)
		vst_join(pid[i]);
	CHECK_GE(round, 8);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	POLL(5, "memsw back to nothing",
	     cg_read(&g, "memory.memsw.usage_in_bytes") ==
	     cg_read(&g, "memory.usage_in_bytes"));
}
