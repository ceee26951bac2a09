// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * zswap writeback: every way that makes a compressed page move to a device.
 */
#include "harness.h"
#include "load.h"


static void start_writeback(struct cg *g, struct dev *d)
{
	fix_brd(g, d, 16383);
	knob_vswap("auto");
	knob_zswap(true);
}

/* What all ways of writeback have in common: every page counted, none lost. */
static void after_writeback(const struct snap *s, const struct snap *b, const struct dev *d,
			    const struct trace *tr)
{
	uint64_t wb = snap_moved(s, b, ST_ZSWAP, ST_PHYS);

	if (!vst_have_vswap) {
		CHECK_GT(b->zswpwb - s->zswpwb, 0);
		return;
	}
	vst_note("%llu pages written back", (unsigned long long)wb);
	CHECK_GT(wb, 0);
	CHECK_EQ(b->zswpwb - s->zswpwb, wb);
	CHECK_EQ(trace_sum(tr, ST_ZSWAP, ST_PHYS, "writeback", NULL), wb);
	CHECK_EQ(dev_used(d), b->gauge[ST_PHYS]);
}

/* The cgroup's own limit: what is stored beyond it pushes older pages to the device. */
TEST(writeback, cgroup_limit, 0)
{
	const size_t n = 1511;
	struct snap s, b;
	struct trace tr;
	struct area a;
	struct dev d;
	struct cg g;
	int round;

	start_writeback(&g, &d);
	/* in auto mode, what finds the limit reached would get a direct entry */
	knob_vswap("always");
	cg_set(&g, "memory.zswap.max", "%d", 160 << 10);
	area_make(&a, n, PAT_COMP, 0);
	snap_take(&s);
	trace_start(&tr);
	area_pageout(&a);
	/* the shrinker gives every entry a second chance: reclaim asks again */
	for (round = 0; round < 20 && !snap_moved(&s, &b, ST_ZSWAP, ST_PHYS); round++) {
		area_check_range(&a, 0, n / 2);
		area_pageout(&a);
		snap_take(&b);
	}
	snap_take(&b);
	trace_stop(&tr);
	after_writeback(&s, &b, &d, &tr);
	area_check(&a);
	area_free(&a);
	fix_end(&d);
}

/* Wait until nothing was written back for half a second. */
static void writeback_ends(void)
{
	double end = vst_now() + 20, calm = vst_now();
	uint64_t last = vst_written_back(), now;

	while (vst_now() < calm + 0.5) {
		if (vst_now() > end)
			FAIL("writeback does not come to an end");
		vst_msleep(20);
		now = vst_written_back();
		if (now != last)
			calm = vst_now();
		last = now;
	}
}

/* The pool's limit: the global worker, asynchronous. */
TEST(writeback, pool_limit, T_LONG | T_MANY_EVENTS)
{
	uint64_t total_kb;
	struct snap s, b;
	struct trace tr;
	struct area a;
	struct dev d;
	struct cg g;
	size_t n;

	start_writeback(&g, &d);
	/* in auto mode, what finds the pool full would get a direct entry */
	knob_vswap("always");
	CHECK(vst_key("/proc/meminfo", "MemTotal", &total_kb));
	knob_zswap_param("max_pool_percent", "1");
	/* random pages are stored raw as long as there is a device: the pool fills */
	n = total_kb / 4 / 100 * 5 / 2;
	area_make(&a, n, PAT_RAND, 0);
	snap_take(&s);
	trace_start(&tr);
	area_pageout(&a);
	POLL(20, "writeback of the pool", vst_written_back() > s.zswpwb);
	writeback_ends();
	cg_drop_cache(&g);
	writeback_ends();
	snap_take(&b);
	trace_stop(&tr);
	after_writeback(&s, &b, &d, &tr);
	trace_check(&tr, &s, &b);
	if (vst_have_vswap)
		CHECK_GT(snap_grew(&s, &b, "reject_pool_limit"), 0);
	vst_note("%llu refused by the full pool",
		 (unsigned long long)snap_moved(&s, &b, ST_NONE, ST_PHYS));
	/* each of them went to the device instead, and nothing else did */
	CHECK_EQ(snap_moved(&s, &b, ST_NONE, ST_PHYS), snap_grew(&s, &b, "reject_pool_limit"));
	area_check(&a);
	area_free(&a);
	fix_end(&d);
}

/* The shrinker: reclaim of the cgroup ages its compressed pages to the device. */
TEST(writeback, shrinker, 0)
{
	const size_t n = 3001;
	struct snap s, b;
	struct trace tr;
	struct area a;
	struct dev d;
	struct cg g;
	double end;

	start_writeback(&g, &d);
	knob_zswap_param("shrinker_enabled", "Y");
	area_out(&a, &g, n, PAT_COMP, 0);
	snap_take(&s);
	trace_start(&tr);
	/* it works from statistics that are up to two seconds old */
	for (end = vst_now() + 12; vst_now() < end; vst_msleep(50)) {
		cg_reclaim(&g, 2 << 20);
		snap_take(&b);
		if (b.zswpwb - s.zswpwb > 100)
			break;
	}
	cg_drop_cache(&g);
	snap_take(&b);
	trace_stop(&tr);
	after_writeback(&s, &b, &d, &tr);
	if (vst_have_vswap)
		CHECK_EQ(cg_read(&g, "memory.swap.current"), b.gauge[ST_PHYS] * PG);
	area_check(&a);
	area_free(&a);
	fix_end(&d);
}

/* zswap.writeback=0: nothing of the cgroup ever reaches the device. */
TEST(writeback, forbidden, T_MANY_EVENTS)
{
	const size_t n = 1009;
	struct snap s, b;
	struct area a;
	struct dev d;
	struct cg g;
	int round;

	if (!vst_have_vswap)
		SKIP("the base kernel needs a slot of the device for each page");
	start_writeback(&g, &d);
	knob_zswap_param("shrinker_enabled", "Y");
	cg_set(&g, "memory.zswap.writeback", "0");
	cg_set(&g, "memory.zswap.max", "%d", 64 << 10);
	area_make(&a, n, PAT_MIXED, 0);
	snap_take(&s);
	for (round = 0; round < 5; round++) {
		area_try_pageout(&a);
		cg_reclaim(&g, 1 << 20);
		area_check_range(&a, 0, n / 2);
	}
	snap_take(&b);
	CHECK_EQ(b.zswpwb - s.zswpwb, 0);
	CHECK_EQ(b.pswpout - s.pswpout, 0);
	CHECK_EQ(cg_read(&g, "memory.swap.current"), 0);
	area_check(&a);
	area_free(&a);
	fix_end(&d);
}

/*
 * Let reclaim age the compressed pages of @g until writeback has been refused for
 * @reason; the shrinker works from statistics that are up to two seconds old. Returns with
 * everything at rest.
 */
static void shrink_until(const struct cg *g, const struct snap *s, const char *reason,
			 struct snap *b)
{
	double end = vst_now() + (vst_debug_kernel ? 60 : 20);

	do {
		cg_reclaim(g, 1 << 20);
		vst_msleep(20);
		snap_take(b);
	} while (!snap_grew(s, b, reason) && vst_now() < end);
	writeback_ends();
	cg_drop_cache(g);
	snap_take(b);
	vst_note("%llu written back, %lld refused: %s",
		 (unsigned long long)(b->zswpwb - s->zswpwb),
		 (long long)snap_grew(s, b, reason), reason);
	CHECK_GT(snap_grew(s, b, reason), 0);
}

/* No room on the device: writeback fails, the compressed copy stays and is right. */
TEST(writeback, device_full, 0)
{
	const size_t n = 1201, room = 31;
	struct snap s, b;
	struct area a;
	struct dev d;
	struct cg g;

	if (!vst_have_vswap)
		SKIP("the base kernel needs a slot of the device for each page");
	fix_brd(&g, &d, room);
	knob_vswap("auto");
	knob_zswap(true);
	knob_zswap_param("shrinker_enabled", "Y");
	area_out(&a, &g, n, PAT_COMP, 0);
	snap_take(&s);
	shrink_until(&g, &s, "reject_phys_full", &b);
	CHECK_EQ(dev_used(&d), room);
	CHECK_EQ(b.gauge[ST_PHYS], room);
	CHECK_EQ(snap_moved(&s, &b, ST_ZSWAP, ST_PHYS), b.zswpwb - s.zswpwb);
	CHECK(vst_verify());
	area_check(&a);
	area_free(&a);
	fix_end(&d);
}

/* swap.max stops writeback of this cgroup, and only of it. */
TEST(writeback, swap_max, 0)
{
	const size_t n = 1201, max = 41;
	struct area a, o;
	struct cg g, other;
	struct snap s, b;
	struct dev d;

	if (!vst_have_vswap)
		SKIP("the base kernel needs a slot of the device for each page");
	start_writeback(&g, &d);
	knob_zswap_param("shrinker_enabled", "Y");
	cg_make(&other, "other");
	cg_set(&g, "memory.swap.max", "%zu", max * PG);
	area_out(&a, &g, n, PAT_COMP, 0);
	snap_take(&s);
	shrink_until(&g, &s, "reject_phys_limit", &b);
	CHECK_EQ(cg_read(&g, "memory.swap.current"), max * PG);
	CHECK_EQ(dev_used(&d), max);
	CHECK_EQ(cg_key(&g, "memory.swap.events", "max"),
		 snap_grew(&s, &b, "reject_phys_limit"));
	CHECK_EQ(cg_key(&g, "memory.swap.events", "fail"),
		 cg_key(&g, "memory.swap.events", "max"));
	/* the other's pages are written back all the same */
	cg_enter(&other);
	area_out(&o, &other, n, PAT_COMP, 0);
	POLL(vst_debug_kernel ? 60 : 20, "writeback of the other cgroup",
	     (cg_reclaim(&other, 1 << 20), cg_read(&other, "memory.swap.current") > 0));
	CHECK_EQ(cg_key(&other, "memory.swap.events", "max"), 0);
	CHECK_EQ(cg_read(&g, "memory.swap.current"), max * PG);
	area_check(&o);
	area_check(&a);
	area_free(&o);
	area_free(&a);
	fix_end(&d);
}

/* Faults race with the writeback of the same pages. */
TEST(writeback, against_faults, T_SMP | T_MANY_EVENTS)
{
	struct load cfg[2] = {
		{ .pages = 1201, .pat = PAT_MIXED, .cpu = -1, .forks = true },
		{ .pages = 997, .pat = PAT_CZ, .cpu = -1, .order = 4 },
	};
	volatile int *stop = vst_shared(PG);
	double end = vst_now() + 5;
	struct snap s, b;
	struct dev d;
	struct cg g;
	pid_t pid[2];
	int i;

	start_writeback(&g, &d);
	knob_zswap_param("shrinker_enabled", "Y");
	cg_set(&g, "memory.zswap.max", "%d", 1 << 20);
	snap_take(&s);
	for (i = 0; i < 2; i++) {
		cfg[i].stop = stop;
		pid[i] = vst_spawn(load_run, &cfg[i]);
	}
	/* on a busy machine, the loads may not have filled what they may have by then */
	while (vst_more_rounds(end, vst_written_back() - s.zswpwb, 1)) {
		cg_reclaim(&g, 1 << 20);
		vst_msleep(3);
	}
	*stop = 1;
	for (i = 0; i < 2; i++)
		vst_join(pid[i]);
	snap_take(&b);
	vst_note("%llu pages written back", (unsigned long long)(b.zswpwb - s.zswpwb));
	/* in auto mode, what finds the limit reached gets a direct entry, also in zswap */
	CHECK_GT(b.zswpwb - s.zswpwb, 0);
	if (vst_have_vswap)
		CHECK_GT(snap_moved(&s, &b, ST_ZSWAP, ST_PHYS), 0);
	CHECK_LE(snap_moved(&s, &b, ST_ZSWAP, ST_PHYS), b.zswpwb - s.zswpwb);
	fix_end(&d);
}

/* Time that processors were not idle since boot, in ticks of 10 ms. */
static uint64_t busy_ticks(void)
{
	unsigned long long user, nice, sys;
	char buf[4096];

	CHECK_GT(vst_read("/proc/stat", buf, sizeof(buf)), 0);
	CHECK_EQ(sscanf(buf, "cpu %llu %llu %llu", &user, &nice, &sys), 3);
	return user + nice + sys;
}

/*
 * The pool is full and there is no device to write anything to. The worker that makes room
 * must see that and stop, also where there are no cgroups to try one after the other.
 */
TEST(writeback, worker_gives_up, T_ANY_CGROUP | T_NO_EVENTS)
{
	const size_t n = 50021;
	struct snap s, b;
	struct area a;
	uint64_t busy;

	if (!vst_have_vswap)
		return;
	knob_zswap_param("max_pool_percent", "1");
	area_make(&a, n, PAT_COMP, 0);
	snap_take(&s);
	area_try_pageout(&a);
	snap_take(&b);
	CHECK_GT(snap_grew(&s, &b, "reject_pool_limit"), 0);
	vst_msleep(500);
	busy = busy_ticks();
	vst_msleep(3000);
	busy = busy_ticks() - busy;
	vst_note("%llu of 300 ticks busy", (unsigned long long)busy);
	CHECK_LT(busy, 150);
	area_check(&a);
	area_free(&a);
}
