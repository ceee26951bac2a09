// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Physical backing: slots of real devices behind virtual slots. Which device, when,
 * and given back when; large folios and full devices; every kind of device.
 */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "harness.h"
#include "load.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

/* A cgroup that the test lives in, with a device, every page virtual, zswap off. */
static void start(struct cg *g, struct dev *d, size_t pages)
{
	cg_make(g, "phys");
	cg_enter(g);
	dev_brd(d, 0, pages);
	dev_swapon(d, -1, 0);
	knob_vswap("always");
	knob_zswap(false);
}

static void map_fill(struct area *a, size_t n, enum pat pat, int order)
{
	area_map(a, n, pat, order);
	area_fill(a);
}

/* ---- one device ------------------------------------------------------------------------- */

/* zswap off: every page goes to the device, is charged, comes back, is given back. */
TEST(phys, fallback, 0)
{
	const size_t n = 709;
	struct snap s, b, c, e;
	struct trace tr;
	struct area a;
	struct dev d;
	struct cg g;

	start(&g, &d, 4001);
	map_fill(&a, n, PAT_COMP, 0);
	snap_take(&s);
	trace_start(&tr);
	area_pageout(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_PHYS, n });
	CHECK_EQ(b.pswpout - s.pswpout, n);
	CHECK_EQ(dev_used(&d), n);
	CHECK_EQ(cg_read(&g, "memory.swap.current"), n * PG);
	area_check(&a);
	snap_take(&c);
	CHECK_EQ(c.pswpin - b.pswpin, n);
	if (vst_have_vswap)
		CHECK_EQ(snap_grew(&b, &c, "swapin_phys"), n);
	area_free(&a);
	snap_take(&e);
	trace_stop(&tr);
	trace_check(&tr, &s, &e);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	CHECK_EQ(cg_read(&g, "memory.swap.current"), 0);
	CHECK_EQ(e.slots_used, s.slots_used);
	CHECK_EQ(cg_read(&g, "memory.swap.peak"), n * PG);
	if (vst_have_vswap) {
		CHECK_EQ(trace_sum(&tr, ST_NONE, ST_PHYS, "fallback", NULL), n);
		trace_check_cgroup(&tr, cg_ino(&g));
	}
	cg_leave();
}

/* Never read: unmapping gives the device's slots back. */
TEST(phys, free_without_reading, 0)
{
	const size_t n = 613;
	struct snap s, b;
	struct area a;
	struct dev d;
	struct cg g;

	start(&g, &d, 4001);
	map_fill(&a, n, PAT_RAND, 0);
	area_pageout(&a);
	snap_take(&s);
	area_free(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_PHYS, ST_FREE, n });
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	CHECK_EQ(cg_read(&g, "memory.swap.current"), 0);
	cg_leave();
}

/* Zero pages never take a slot of the device. */
TEST(phys, zero_takes_no_disk, 0)
{
	const size_t n = 401;
	struct snap s, b;
	struct area a;
	struct dev d;
	struct cg g;

	start(&g, &d, 4001);
	map_fill(&a, n, PAT_CZ, 0);
	snap_take(&s);
	area_pageout(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_PHYS, area_count(&a, PAT_COMP) },
	      { ST_NONE, ST_ZERO, area_count(&a, PAT_ZERO) });
	if (vst_have_vswap)
		CHECK_EQ(dev_used(&d), area_count(&a, PAT_COMP));
	area_check(&a);
	area_free(&a);
	cg_leave();
}

/* auto and zswap off: direct entries of the device, the layer is not involved. */
TEST(phys, auto_without_zswap_is_direct, 0)
{
	const size_t n = 367;
	struct snap s, b;
	struct area a;
	struct dev d;
	struct cg g;

	start(&g, &d, 4001);
	knob_vswap("auto");
	map_fill(&a, n, PAT_COMP, 0);
	snap_take(&s);
	area_pageout(&a);
	snap_take(&b);
	NO_MOVES(&s, &b);
	CHECK_EQ(dev_used(&d), n);
	area_check(&a);
	area_free(&a);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	cg_leave();
}

/* zswap.max=0 refuses each page: it falls to the device, counted and traced so. */
TEST(phys, zswap_refuses, 0)
{
	const size_t n = 331;
	struct snap s, b;
	struct area a;
	struct dev d;
	struct cg g;

	start(&g, &d, 4001);
	knob_zswap(true);
	cg_set(&g, "memory.zswap.max", "0");
	map_fill(&a, n, PAT_COMP, 0);
	snap_take(&s);
	area_pageout(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_PHYS, n });
	CHECK_EQ(dev_used(&d), n);
	area_check(&a);
	area_free(&a);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	cg_leave();
}

/* An asynchronous disk: pages read and not written keep their slot, and are not
 * written again when they go out again.
 */
TEST(phys, reuse_without_rewrite, 0)
{
	const size_t n = 487;
	struct snap s, b, c;
	struct area a;
	struct dev d;
	struct cg g;
	size_t i;

	cg_make(&g, "reuse");
	cg_enter(&g);
	if (!dev_disk(&d, 0, 0))
		SKIP("no disk");
	dev_swapon(&d, -1, 0);
	knob_vswap("always");
	knob_zswap(false);
	map_fill(&a, n, PAT_COMP, 0);
	area_pageout(&a);
	cg_drop_cache(&g);
	snap_take(&s);
	area_check(&a);
	snap_take(&b);
	NO_MOVES(&s, &b);
	CHECK_EQ(dev_used(&d), n);
	CHECK_EQ(b.pswpin - s.pswpin, n);
	area_pageout(&a);
	cg_drop_cache(&g);
	snap_take(&c);
	NO_MOVES(&b, &c);
	CHECK_EQ(c.pswpout - b.pswpout, 0);
	/* written to: what is on the disk is stale and is written again */
	area_check(&a);
	snap_take(&b);
	for (i = 0; i < n; i++)
		a.p[i * PG + 8] ^= 0x5a;
	area_pageout(&a);
	cg_drop_cache(&g);
	snap_take(&c);
	CHECK_EQ(c.pswpout - b.pswpout, n);
	CHECK_EQ(dev_used(&d), n);
	for (i = 0; i < n; i++)
		a.p[i * PG + 8] ^= 0x5a;
	area_check(&a);
	area_free(&a);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	cg_leave();
}

/* More than half full: a cached folio's slot is released, so the device stays usable. */
TEST(phys, slots_of_cached_folios_are_reclaimed, 0)
{
	const size_t n = 601;
	struct area a, more;
	struct snap s, b;
	struct dev d;
	struct cg g;

	cg_make(&g, "half");
	cg_enter(&g);
	if (!dev_disk(&d, 0, 701))
		SKIP("no disk");
	dev_swapon(&d, -1, 0);
	knob_vswap("always");
	knob_zswap(false);
	map_fill(&a, n, PAT_COMP, 0);
	area_pageout(&a);
	cg_drop_cache(&g);
	CHECK_EQ(dev_used(&d), n);
	snap_take(&s);
	area_check(&a);
	snap_take(&b);
	CHECK_LT(dev_used(&d), n);
	/* and what is needed can be had */
	map_fill(&more, 307, PAT_COMP, 0);
	area_pageout(&more);
	area_check(&more);
	area_check(&a);
	area_free(&more);
	area_free(&a);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	cg_leave();
}

/* A full device takes what fits; the rest stays, and nothing is lost. */
TEST(phys, full_device, 0)
{
	const size_t n = 503, room = 211;
	struct snap s, b;
	struct area a;
	struct dev d;
	struct cg g;
	int i;

	start(&g, &d, room);
	map_fill(&a, n, PAT_COMP, 0);
	snap_take(&s);
	area_try_pageout(&a);
	area_try_pageout(&a);
	snap_take(&b);
	CHECK_EQ(dev_used(&d), room);
	if (vst_have_vswap)
		CHECK_EQ(b.gauge[ST_PHYS], room);
	CHECK(!vst_have_vswap || vst_verify());
	area_check(&a);
	for (i = 0; i < 5; i++) {
		area_try_pageout(&a);
		area_check(&a);
	}
	area_free(&a);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	cg_leave();
}

/* The device is full and zswap is there: compressible pages still go. */
TEST(phys, full_device_zswap_goes_on, 0)
{
	const size_t n = 307, room = 53;
	struct area rnd, a;
	struct snap s, b;
	struct dev d;
	struct cg g;

	if (!vst_have_vswap)
		SKIP("the base kernel needs a slot of the device for each page");
	start(&g, &d, room);
	map_fill(&rnd, room, PAT_RAND, 0);
	area_pageout(&rnd);
	CHECK_EQ(dev_used(&d), room);
	knob_zswap(true);
	map_fill(&a, n, PAT_COMP, 0);
	snap_take(&s);
	area_pageout(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_ZSWAP, n });
	area_check(&a);
	area_check(&rnd);
	area_free(&a);
	area_free(&rnd);
	cg_leave();
}

/* ---- swap.max --------------------------------------------------------------------------- */

/* swap.max reached: no more physical backing, events say so; zswap and zero go on. */
TEST(phys, swap_max, 0)
{
	const size_t n = 401, max = 97;
	struct snap s, b, c;
	struct area a, z;
	struct dev d;
	struct cg g;

	start(&g, &d, 4001);
	cg_set(&g, "memory.swap.max", "%zu", max * PG);
	map_fill(&a, n, PAT_COMP, 0);
	snap_take(&s);
	area_try_pageout(&a);
	snap_take(&b);
	CHECK_EQ(dev_used(&d), max);
	CHECK_EQ(cg_read(&g, "memory.swap.current"), max * PG);
	CHECK_GT(cg_key(&g, "memory.swap.events", "max"), 0);
	CHECK_GT(cg_key(&g, "memory.swap.events", "fail"), 0);
	if (!vst_have_vswap)
		return;
	CHECK_EQ(b.gauge[ST_PHYS], max);
	knob_zswap(true);
	map_fill(&z, 211, PAT_CZ, 0);
	snap_take(&b);
	area_pageout(&z);
	snap_take(&c);
	MOVES(&b, &c, { ST_FREE, ST_NONE, 211 }, { ST_NONE, ST_ZSWAP, 106 },
	      { ST_NONE, ST_ZERO, 105 });
	area_check(&z);
	area_check(&a);
	area_free(&z);
	area_free(&a);
	CHECK_EQ(cg_read(&g, "memory.swap.current"), 0);
	CHECK_EQ(cg_read(&g, "memory.swap.peak"), max * PG);
	cg_leave();
}

/* swap.high: the device fills as allowed, and the event is counted when it is passed. */
TEST(phys, swap_high, 0)
{
	const size_t n = 307;
	struct area a;
	struct dev d;
	struct cg g;

	start(&g, &d, 4001);
	cg_set(&g, "memory.swap.high", "%lu", 97 * PG);
	map_fill(&a, n, PAT_COMP, 0);
	area_pageout(&a);
	CHECK_EQ(cg_read(&g, "memory.swap.current"), n * PG);
	CHECK_EQ(dev_used(&d), n);
	area_check(&a);
	CHECK_GT(cg_key(&g, "memory.swap.events", "high"), 0);
	area_free(&a);
	CHECK_EQ(cg_read(&g, "memory.swap.current"), 0);
	cg_leave();
}

/* Charged to the owner on record, also when somebody else's folio brought it in. */
TEST(phys, charged_to_owner, 0)
{
	const size_t n = 251;
	struct cg owner, other;
	struct area a;
	struct dev d;
	pid_t pid;

	start(&owner, &d, 4001);
	cg_make(&other, "other");
	map_fill(&a, n, PAT_COMP, 0);
	area_pageout(&a);
	CHECK_EQ(cg_read(&owner, "memory.swap.current"), n * PG);
	pid = MUST(fork());
	if (!pid) {
		cg_enter(&other);
		area_check(&a);
		_exit(VST_PASS);
	}
	vst_join(pid);
	CHECK_EQ(cg_read(&other, "memory.swap.current"), 0);
	area_check(&a);
	area_free(&a);
	CHECK_EQ(cg_read(&owner, "memory.swap.current"), 0);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	cg_leave();
}

/* The owner is removed while its pages are on the device; its ancestor is charged. */
TEST(phys, dying_cgroup, 0)
{
	const size_t n = 307;
	struct cg parent, g;
	struct area a;
	struct dev d;

	start(&parent, &d, 4001);
	cg_leave();
	cg_make(&parent, "parent");
	cg_make_in(&g, &parent, "dying");
	cg_enter(&g);
	map_fill(&a, n, PAT_COMP, 0);
	area_pageout(&a);
	CHECK_EQ(cg_read(&g, "memory.swap.current"), n * PG);
	CHECK_EQ(cg_read(&parent, "memory.swap.current"), n * PG);
	cg_leave();
	cg_remove(&g);
	CHECK_EQ(cg_read(&parent, "memory.swap.current"), n * PG);
	CHECK(!vst_have_vswap || vst_verify());
	area_check_range(&a, 0, n / 2);
	area_free(&a);
	CHECK_EQ(cg_read(&parent, "memory.swap.current"), 0);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
}

/* ---- large folios ------------------------------------------------------------------------ */

static void large_out_in(int order, size_t folios)
{
	size_t n = folios << order;
	struct snap s, b;
	struct area a;
	struct dev d;
	struct cg g;

	start(&g, &d, 16383);
	map_fill(&a, n, PAT_RAND, order);
	CHECK_EQ(vst_folio_pages(a.p), 1 << order);
	snap_take(&s);
	area_pageout(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_PHYS, n });
	CHECK_EQ(b.pswpout - s.pswpout, n);
	CHECK_EQ(dev_used(&d), n);
	area_check(&a);
	area_free(&a);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	cg_leave();
}

TEST(phys, large_64k, 0)
{
	large_out_in(4, 41);
}

TEST(phys, large_2m, 0)
{
	large_out_in(9, 3);
}

/*
 * The device has room but no run of 16: every page must get out all the same, page by
 * page, and the fallback is counted.
 */
TEST(phys, fragmented_device, 0)
{
	const size_t room = 4095, folios = 23, n = folios * 16;
	struct area frag, a;
	struct dev d;
	struct cg g;
	size_t i;

	start(&g, &d, room);
	map_fill(&frag, room, PAT_COMP, 0);
	area_pageout(&frag);
	CHECK_EQ(dev_used(&d), room);
	for (i = 0; i < room; i += 2)
		area_advise(&frag, i, 1, MADV_DONTNEED);
	CHECK_LE(dev_used(&d), room / 2 + 1);
	map_fill(&a, n, PAT_RAND, 4);
	CHECK_EQ(vst_folio_pages(a.p), 16);
	area_pageout(&a);
	cg_drop_cache(&g);
	CHECK_GE(dev_used(&d), room / 2 + n);
	if (vst_have_vswap)
		CHECK_EQ(vst_sysfs_slots("phys"), room / 2 + n);
	area_check(&a);
	for (i = 1; i < room; i += 2)
		area_check_range(&frag, i, 1);
	area_free(&a);
	area_free(&frag);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	cg_leave();
}

/* A large folio whose pages lie on the device in pieces, and in zswap, and are zero. */
TEST(phys, mixed_backings, 0)
{
	const size_t folios = 31, n = folios * 16;
	struct area a, part;
	struct dev d;
	struct cg g;
	size_t i;

	start(&g, &d, 4001);
	/* every fifth page to zswap, the rest to the device, single pages */
	map_fill(&a, n, PAT_CZ, 0);
	knob_zswap(true);
	for (i = 0; i < n; i += 5) {
		part = a;
		part.p = a.p + i * PG;
		part.n = 1;
		area_pageout(&part);
	}
	knob_zswap(false);
	area_pageout(&a);
	CHECK(!vst_have_vswap || vst_verify());
	vst_set(THP_SYSFS "/hugepages-64kB/enabled", "madvise");
	area_advise(&a, 0, n, MADV_HUGEPAGE);
	area_check(&a);
	area_pageout(&a);
	area_check(&a);
	area_free(&a);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	cg_leave();
}

/* zswap takes some folios and refuses others of the same kind; then all change sides. */
TEST(phys, backing_changes, 0)
{
	const size_t n = 977;
	struct area a;
	struct dev d;
	struct cg g;
	int round;

	start(&g, &d, 8191);
	map_fill(&a, n, PAT_MIXED, 0);
	for (round = 0; round < 6; round++) {
		knob_zswap(round & 1);
		area_pageout(&a);
		CHECK(!vst_have_vswap || vst_verify());
		area_check_range(&a, 0, n / 2);
		if (round == 3)
			area_fill(&a);
	}
	area_check(&a);
	area_free(&a);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	cg_leave();
}

/*
 * Readahead by position on the disk (what a rotating disk gets) runs over slots that back
 * virtual ones, between direct entries: it must leave them alone.
 */
static void read_around(bool virtual_first)
{
	const size_t n = 600;
	struct area a, part;
	struct dev d;
	struct cg g;
	char path[64];
	size_t i;

	cg_make(&g, "ra");
	cg_enter(&g);
	if (!dev_disk(&d, 0, 8191))
		SKIP("no disk");
	snprintf(path, sizeof(path), "/sys/block/%.8s/queue/rotational", d.path + 5);
	vst_set(path, "1");
	vst_set("/proc/sys/vm/page-cluster", "5");
	dev_swapon(&d, -1, 0);
	knob_zswap(false);
	map_fill(&a, n, PAT_RAND, 0);
	for (i = 0; i < n; i += 3) {
		part = a;
		part.p = a.p + i * PG;
		part.n = 3;
		knob_vswap(i / 3 % 2 ? "always" : "never");
		area_pageout(&part);
	}
	cg_drop_cache(&g);
	CHECK_EQ(dev_used(&d), n);
	for (i = 0; i < n; i++)
		if (i / 3 % 2 == virtual_first)
			area_check_range(&a, i, 1);
	CHECK(!vst_have_vswap || vst_verify());
	area_check(&a);
	area_free(&a);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	CHECK_EQ(dev_swapoff(&d), 0);
	vst_set(path, "0");
	cg_leave();
}

TEST(phys, readahead_over_backing_slots, 0)
{
	read_around(false);
}

TEST(phys, readahead_over_direct_slots, 0)
{
	read_around(true);
}

/* ---- zswap writeback ------------------------------------------------------------------------ */

static void start_writeback(struct cg *g, struct dev *d)
{
	start(g, d, 16383);
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
	map_fill(&a, n, PAT_COMP, 0);
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
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	cg_leave();
}

/* The pool's limit: the global worker, asynchronous. */
TEST(writeback, pool_limit, T_LONG)
{
	uint64_t total_kb;
	struct snap s, b;
	struct trace tr;
	struct area a;
	struct dev d;
	struct cg g;
	size_t n;

	start_writeback(&g, &d);
	CHECK(vst_key("/proc/meminfo", "MemTotal", &total_kb));
	knob_zswap_param("max_pool_percent", "1");
	/* random pages are stored raw as long as there is a device: the pool fills */
	n = total_kb / 4 / 100 * 5 / 2;
	map_fill(&a, n, PAT_RAND, 0);
	snap_take(&s);
	trace_start(&tr);
	area_pageout(&a);
	POLL(20, "writeback of the pool",
	     (snap_take(&b), b.zswpwb > s.zswpwb) || b.gauge[ST_PHYS] > s.gauge[ST_PHYS]);
	vst_msleep(500);
	cg_drop_cache(&g);
	trace_stop(&tr);
	snap_take(&b);
	area_check(&a);
	area_free(&a);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	vst_note("%llu written back, %llu refused by the full pool",
		 (unsigned long long)(b.zswpwb - s.zswpwb),
		 (unsigned long long)snap_moved(&s, &b, ST_NONE, ST_PHYS));
	cg_leave();
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
	map_fill(&a, n, PAT_COMP, 0);
	area_pageout(&a);
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
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	cg_leave();
}

/* zswap.writeback=0: nothing of the cgroup ever reaches the device. */
TEST(writeback, forbidden, 0)
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
	map_fill(&a, n, PAT_MIXED, 0);
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
	cg_leave();
}

/* No room on the device: writeback fails, the compressed copy stays and is right. */
TEST(writeback, device_full, 0)
{
	const size_t n = 1201, room = 31;
	struct area a;
	struct snap b;
	struct dev d;
	struct cg g;
	int round;

	if (!vst_have_vswap)
		SKIP("the base kernel needs a slot of the device for each page");
	cg_make(&g, "wbfull");
	cg_enter(&g);
	dev_brd(&d, 0, room);
	dev_swapon(&d, -1, 0);
	knob_zswap_param("shrinker_enabled", "Y");
	map_fill(&a, n, PAT_COMP, 0);
	area_pageout(&a);
	for (round = 0; round < 20; round++)
		cg_reclaim(&g, 1 << 20);
	snap_take(&b);
	CHECK_LE(dev_used(&d), room);
	CHECK(!vst_have_vswap || vst_verify());
	area_check(&a);
	area_free(&a);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	cg_leave();
}

/* swap.max stops writeback of this cgroup, and only of it. */
TEST(writeback, swap_max, 0)
{
	const size_t n = 1201, max = 41;
	struct area a;
	struct dev d;
	struct cg g;
	int round;

	if (!vst_have_vswap)
		SKIP("the base kernel needs a slot of the device for each page");
	start_writeback(&g, &d);
	knob_zswap_param("shrinker_enabled", "Y");
	cg_set(&g, "memory.swap.max", "%zu", max * PG);
	map_fill(&a, n, PAT_COMP, 0);
	area_pageout(&a);
	for (round = 0; round < 20; round++)
		cg_reclaim(&g, 1 << 20);
	CHECK_LE(cg_read(&g, "memory.swap.current"), max * PG);
	if (vst_have_vswap)
		CHECK_LE(dev_used(&d), max);
	area_check(&a);
	area_free(&a);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	cg_leave();
}

/* Faults race with the writeback of the same pages. */
TEST(writeback, against_faults, T_SMP)
{
	struct load cfg[2] = {
		{ .pages = 1201, .pat = PAT_MIXED, .cpu = -1, .seconds = 5, .forks = true },
		{ .pages = 997, .pat = PAT_CZ, .cpu = -1, .seconds = 5, .order = 4 },
	};
	double end = vst_now() + 5;
	struct dev d;
	struct cg g;
	pid_t pid[2];
	int i;

	start_writeback(&g, &d);
	knob_zswap_param("shrinker_enabled", "Y");
	cg_set(&g, "memory.zswap.max", "%d", 1 << 20);
	for (i = 0; i < 2; i++)
		pid[i] = vst_spawn(load_run, &cfg[i]);
	while (vst_now() < end) {
		cg_reclaim(&g, 1 << 20);
		vst_msleep(3);
	}
	for (i = 0; i < 2; i++)
		vst_join(pid[i]);
	cg_leave();
}

/* ---- several devices ----------------------------------------------------------------------------- */

/* The higher priority is filled first, the lower takes what is left. */
TEST(tiers, two_priorities, 0)
{
	const size_t n = 499, fast = 199;
	struct dev hi, lo;
	struct area a;
	struct cg g;

	cg_make(&g, "tiers");
	cg_enter(&g);
	knob_vswap("always");
	knob_zswap(false);
	dev_brd(&lo, 1, 2003);
	dev_swapon(&lo, 5, 0);
	dev_brd(&hi, 2, fast);
	dev_swapon(&hi, 10, 0);
	map_fill(&a, n, PAT_COMP, 0);
	area_pageout(&a);
	CHECK_EQ(dev_used(&hi), fast);
	CHECK_EQ(dev_used(&lo), n - fast);
	area_check(&a);
	area_free(&a);
	CHECK_EQ(dev_used(&hi), 0);
	CHECK_EQ(dev_used(&lo), 0);
	cg_leave();
}

/* Twelve devices at once: every type number is encoded right, every one is filled. */
TEST(tiers, twelve_devices, 0)
{
	const size_t room = 37, n = 12 * room;
	struct dev d[12];
	struct snap s, b;
	struct area a, more;
	struct cg g;
	int i;

	cg_make(&g, "twelve");
	cg_enter(&g);
	knob_vswap("always");
	knob_zswap(false);
	for (i = 0; i < 12; i++) {
		dev_brd(&d[i], i, room);
		dev_swapon(&d[i], 3, 0);
	}
	map_fill(&a, n, PAT_RAND, 0);
	snap_take(&s);
	area_pageout(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_PHYS, n });
	for (i = 0; i < 12; i++)
		CHECK_EQ(dev_used(&d[i]), room);
	/* all full: nothing more goes out, nothing is lost */
	map_fill(&more, 101, PAT_COMP, 0);
	area_try_pageout(&more);
	area_check(&more);
	area_free(&more);
	area_check(&a);
	area_pageout(&a);
	/* take them away one by one; what they held goes to zswap or stays in memory */
	knob_zswap(true);
	for (i = 11; i >= 0; i -= 2)
		CHECK_EQ(dev_swapoff(&d[i]), 0);
	area_check(&a);
	area_free(&a);
	for (i = 0; i < 12; i += 2)
		CHECK_EQ(dev_used(&d[i]), 0);
	cg_leave();
}

/* Equal priorities share. */
TEST(tiers, round_robin, 0)
{
	const size_t n = 8191;
	struct dev d[2];
	struct area a;
	struct cg g;
	int i;

	cg_make(&g, "rr");
	cg_enter(&g);
	knob_vswap("always");
	knob_zswap(false);
	for (i = 0; i < 2; i++) {
		dev_brd(&d[i], 3 + i, 8191);
		dev_swapon(&d[i], 7, 0);
	}
	map_fill(&a, n, PAT_COMP, 0);
	area_pageout(&a);
	vst_note("%zu and %zu", dev_used(&d[0]), dev_used(&d[1]));
	CHECK_EQ(dev_used(&d[0]) + dev_used(&d[1]), n);
	CHECK_GT(dev_used(&d[0]), n / 8);
	CHECK_GT(dev_used(&d[1]), n / 8);
	area_check(&a);
	area_free(&a);
	cg_leave();
}

/* ---- kinds of device ------------------------------------------------------------------------------ */

/* Out and in, whole and in parts, on whatever device; ends with swapoff. */
static void use_device(struct dev *d, unsigned int flags)
{
	struct area a, big;
	struct cg g;
	int round;

	cg_make(&g, "kind");
	cg_enter(&g);
	knob_vswap("always");
	knob_zswap(false);
	dev_swapon(d, -1, flags);
	map_fill(&a, 811, PAT_MIXED, 0);
	map_fill(&big, 17 * 16, PAT_RAND, 4);
	for (round = 0; round < 3; round++) {
		area_pageout(&a);
		area_pageout(&big);
		cg_drop_cache(&g);
		CHECK_GE(dev_used(d), 500);
		CHECK(!vst_have_vswap || vst_verify());
		area_check(&a);
		area_check(&big);
	}
	area_fill(&a);
	area_pageout(&a);
	area_pageout(&big);
	area_advise(&a, 100, 300, MADV_DONTNEED);
	cg_drop_cache(&g);
	area_check_range(&a, 0, 100);
	area_check(&big);
	area_free(&big);
	area_check_range(&a, 400, 411);
	area_free(&a);
	CHECK_EQ(dev_used(d), 0);
	CHECK_EQ(dev_swapoff(d), 0);
	cg_leave();
}

TEST(device, brd, 0)
{
	struct dev d;

	dev_brd(&d, 0, 4001);
	use_device(&d, 0);
}

TEST(device, disk, 0)
{
	struct dev d;

	if (!dev_disk(&d, 0, 0))
		SKIP("no disk");
	use_device(&d, 0);
}

TEST(device, disk_with_discard, 0)
{
	struct dev d;

	if (!dev_disk(&d, 0, 0))
		SKIP("no disk");
	use_device(&d, DEV_DISCARD);
}

/* zram gives the memory of freed slots back: swap_slot_free_notify is called. */
TEST(device, zram, 0)
{
	struct dev d;

	if (!vst_exists("/sys/class/zram-control"))
		SKIP("no zram");
	dev_zram(&d, 4001);
	use_device(&d, 0);
}

TEST(device, zram_gets_its_memory_back, 0)
{
	char path[100], *name;
	uint64_t used, after;
	struct area a;
	struct dev d;
	struct cg g;

	if (!vst_exists("/sys/class/zram-control"))
		SKIP("no zram");
	cg_make(&g, "zram");
	cg_enter(&g);
	knob_vswap("always");
	knob_zswap(false);
	dev_zram(&d, 4001);
	dev_swapon(&d, -1, 0);
	name = strrchr(d.path, '/') + 1;
	snprintf(path, sizeof(path), "/sys/block/%.20s/mm_stat", name);
	map_fill(&a, 1009, PAT_RAND, 0);
	area_pageout(&a);
	used = vst_read_u64(path);
	CHECK_GE(used, 1000 * PG);
	area_free(&a);
	after = vst_read_u64(path);
	CHECK_LT(after, used / 20);
	cg_leave();
}

/* Make an ext4 on a brd and a swap file of @pages in it. */
static void file_on_ext4(struct dev *d, size_t pages)
{
	char buf[PG] = { 0 };
	size_t i;
	int fd, status;
	pid_t pid;

	pid = MUST(fork());
	if (!pid) {
		fd = open("/dev/null", O_WRONLY);
		dup2(fd, 1);
		dup2(fd, 2);
		execlp("mkfs.ext4", "mkfs.ext4", "-q", "-F", "-O", "^has_journal", "/dev/ram14",
		       (char *)NULL);
		_exit(VST_SKIP);
	}
	status = vst_wait(pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == VST_SKIP)
		SKIP("no mkfs.ext4 in the guest");
	CHECK_EQ(status, 0);
	mkdir("/tmp/vst-ext4", 0700);
	MUST(mount("/dev/ram14", "/tmp/vst-ext4", "ext4", 0, NULL));
	fd = MUST(open("/tmp/vst-ext4/swap", O_RDWR | O_CREAT | O_TRUNC, 0600));
	for (i = 0; i <= pages; i++)
		if (write(fd, buf, PG) != (ssize_t)PG)
			FAIL("swap file: %s", strerror(errno));
	MUST(fsync(fd));
	close(fd);
	dev_mkswap(d, "/tmp/vst-ext4/swap", pages);
}

/* A file takes no large folios: they go out page by page. */
TEST(device, file_on_ext4, 0)
{
	struct dev d;

	file_on_ext4(&d, 2503);
	use_device(&d, 0);
	MUST(umount("/tmp/vst-ext4"));
}

/* Bad pages in the header are never used. */
TEST(device, several_sizes, 0)
{
	static const size_t size[] = { 11, 127, 511, 512, 513, 1024, 1531 };
	struct area a;
	struct dev d;
	struct cg g;
	size_t i;

	cg_make(&g, "sizes");
	cg_enter(&g);
	knob_vswap("always");
	knob_zswap(false);
	for (i = 0; i < ARRAY_SIZE(size); i++) {
		dev_brd(&d, 6, size[i]);
		dev_swapon(&d, -1, 0);
		map_fill(&a, size[i], PAT_COMP, 0);
		area_pageout(&a);
		CHECK_EQ(dev_used(&d), size[i]);
		area_check(&a);
		area_free(&a);
		CHECK_EQ(dev_swapoff(&d), 0);
	}
	cg_leave();
}
