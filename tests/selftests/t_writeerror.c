// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Write errors lose nothing: the slot is given up, the page stays dirty, and another
 * device is taken the next time, if there is one.
 */
#include <inttypes.h>

#include "harness.h"

#define UNDER "/dev/ram9"

/* A device as good as any, for now. */
static void flaky_start(struct cg *g, struct dev *d, size_t pages, int prio)
{
	fix_cgroup(g);
	/* no neighbours: what is read is what is touched */
	vst_set("/proc/sys/vm/page-cluster", "0");
	dm_flaky(d, UNDER);
	dev_mkswap(d, d->path, pages);
	dev_swapon(d, prio, 0);
}

/* Pages whose write has failed since @s. */
static int64_t not_written(const struct snap *s)
{
	struct snap b;

	snap_take(&b);
	return snap_grew(s, &b, "write_errors");
}

/* Every write to the only device fails: the pages stay, dirty and right. */
TEST(error, write_no_other_device, 0)
{
	const size_t n = 307;
	struct snap s, b;
	struct trace tr;
	struct area a;
	struct dev d;
	struct cg g;
	int i;

	flaky_start(&g, &d, 8191, -1);
	dm_flaky_break(UNDER);
	area_make(&a, n, PAT_RAND, 0);
	snap_take(&s);
	trace_start(&tr);
	for (i = 0; i < 3; i++) {
		area_try_pageout(&a);
		vst_msleep(20);
		CHECK(!vst_have_vswap || vst_verify());
		area_check(&a);
		snap_take(&b);
		/* whatever was written has failed, and nothing else has */
		if (vst_have_vswap)
			CHECK_EQ(snap_grew(&s, &b, "write_errors"), b.pswpout - s.pswpout);
	}
	if (vst_have_vswap)
		CHECK_GE(snap_grew(&s, &b, "write_errors"), n);
	/* the device is repaired: now they go */
	dm_flaky_repair(UNDER);
	area_push(&a, &g);
	snap_take(&b);
	trace_stop(&tr);
	trace_check(&tr, &s, &b);
	CHECK_EQ(dev_used(&d), n);
	if (vst_have_vswap) {
		/* each failure gave its slot up for that reason, and no other slot was */
		CHECK_EQ(trace_sum(&tr, ST_PHYS, ST_NONE, "error", NULL),
			 snap_grew(&s, &b, "write_errors"));
		CHECK_EQ(snap_moved(&s, &b, ST_PHYS, ST_NONE),
			 snap_grew(&s, &b, "write_errors"));
	}
	area_check(&a);
	area_free(&a);
	fix_end(&d);
	snap_take(&b);
	CHECK_EQ(b.slots_used, s.slots_used);
}

/*
 * A write error on the first device: the very next attempt takes the other one, whether
 * that was there already or is added only then (@late).
 */
static void write_takes_other_device(size_t n, int order, size_t room, bool late)
{
	struct dev bad, good;
	struct snap s, b;
	struct trace tr;
	struct area a;
	struct cg g;

	if (!vst_have_vswap)
		SKIP("the base kernel tries the same slot for ever");
	flaky_start(&g, &bad, room, 10);
	dm_flaky_break(UNDER);
	dev_brd(&good, 8, 8191);
	if (!late)
		dev_swapon(&good, 5, 0);
	area_make(&a, n, PAT_RAND, order);
	vst_set("/proc/sys/vm/drop_caches", "1");
	snap_take(&s);
	trace_start(&tr);
	area_try_pageout(&a);
	POLL(10, "every write has failed", not_written(&s) == (int64_t)n);
	snap_take(&b);
	CHECK_EQ(b.pswpout - s.pswpout, n);
	/* mapped again, so that MADV_PAGEOUT sees them; nothing is read for that */
	area_check(&a);
	if (late)
		dev_swapon(&good, 5, 0);
	area_push(&a, &g);
	snap_take(&b);
	trace_stop(&tr);
	trace_check(&tr, &s, &b);
	CHECK_EQ(snap_grew(&s, &b, "write_errors"), n);
	CHECK_EQ(b.pswpin - s.pswpin, 0);
	CHECK_EQ(dev_used(&good), n);
	CHECK_EQ(dev_used(&bad), 0);
	CHECK_EQ(trace_sum(&tr, ST_PHYS, ST_NONE, "error", NULL), n);
	area_check(&a);
	area_free(&a);
	dev_settle(&good);
	CHECK_EQ(dev_used(&bad), 0);
	fix_end(&good);
}

TEST(error, write_takes_other_device, 0)
{
	write_takes_other_device(307, 0, 8191, false);
}

TEST(error, write_takes_other_device_64k, 0)
{
	write_takes_other_device(23 * 16, 4, 8191, false);
}

TEST(error, write_takes_new_device, 0)
{
	write_takes_other_device(307, 0, 8191, true);
}

/*
 * The same when the swap space is more than half full: slots of what is in memory are
 * taken back then, but that they failed must not be forgotten with them.
 */
TEST(error, write_takes_new_device_half_full, 0)
{
	write_takes_other_device(307, 0, 401, true);
}

/*
 * A large folio on a device without a run of 16 is written in pieces, and these fail.
 * Nothing is lost; it goes to another device, or to this one when that is repaired.
 */
static void scattered_write(bool other)
{
	const size_t folios = 23, n = folios * 16;
	struct area frag, a;
	struct dev d, good;
	struct snap s, b;
	struct trace tr;
	struct cg g;
	size_t used;

	if (!vst_have_vswap)
		SKIP("the base kernel splits the folio first");
	flaky_start(&g, &d, 4095, 10);
	used = fix_fragment(&frag, &g, &d, 3);
	dm_flaky_break(UNDER);
	area_make(&a, n, PAT_RAND, 4);
	CHECK_EQ(vst_folio_pages(a.p), 16);
	vst_set("/proc/sys/vm/drop_caches", "1");
	snap_take(&s);
	trace_start(&tr);
	area_try_pageout(&a);
	POLL(10, "every write has failed", not_written(&s) == (int64_t)n);
	snap_take(&b);
	CHECK_EQ(snap_grew(&s, &b, "reject_phys_frag"), n);
	CHECK(vst_verify());
	area_check(&a);
	if (other) {
		dev_brd(&good, 8, 8191);
		dev_swapon(&good, 5, 0);
	} else {
		dm_flaky_repair(UNDER);
	}
	area_push(&a, &g);
	snap_take(&b);
	trace_stop(&tr);
	trace_check(&tr, &s, &b);
	CHECK_EQ(snap_grew(&s, &b, "write_errors"), n);
	CHECK_EQ(trace_sum(&tr, ST_PHYS, ST_NONE, "error", NULL), n);
	CHECK_EQ(dev_used(&d), used + (other ? 0 : n));
	if (other)
		CHECK_EQ(dev_used(&good), n);
	area_check(&a);
	fix_fragment_check(&frag, 3);
	area_free(&a);
	area_free(&frag);
	if (other)
		dev_settle(&good);
	fix_end(&d);
}

TEST(error, scattered_write_takes_other_device, 0)
{
	scattered_write(true);
}

TEST(error, scattered_write_no_other_device, 0)
{
	scattered_write(false);
}

/*
 * The device whose write failed has room for large folios, the other one has single slots
 * only: the folio goes there, in pieces, and not to the first one again and again.
 */
TEST(error, large_write_takes_fragmented_device, T_MANY_EVENTS)
{
	struct dev bad, good;
	struct area frag;
	struct cg g;

	if (!vst_have_vswap)
		SKIP("the base kernel tries the same slot for ever");
	fix_cgroup(&g);
	vst_set("/proc/sys/vm/page-cluster", "0");
	dev_brd(&good, 8, 4095);
	dev_swapon(&good, 5, 0);
	fix_fragment(&frag, &g, &good, 2);
	fix_large_write_moves(&g, &bad, UNDER, &good, 29);
	fix_fragment_check(&frag, 2);
	area_free(&frag);
	fix_end(&good);
}

/*
 * The same when zswap writes back: reclaim gives the page to the other device, not to zswap
 * again, from where it would be written to the first one again, and so on.
 */
TEST(error, writeback_takes_other_device, 0)
{
	const size_t n = 1201, some = 50;
	struct dev bad, good;
	struct snap s, b;
	struct trace tr;
	struct area a;
	struct cg g;
	double end;

	if (!vst_have_vswap)
		SKIP("the base kernel tries the same slot for ever");
	flaky_start(&g, &bad, 8191, 10);
	dev_brd(&good, 8, 8191);
	dev_swapon(&good, 5, 0);
	knob_zswap(true);
	knob_zswap_param("shrinker_enabled", "Y");
	dm_flaky_break(UNDER);
	area_out(&a, &g, n, PAT_COMP, 0);
	snap_take(&s);
	trace_start(&tr);
	/* the shrinker works from statistics that are up to two seconds old */
	for (end = vst_now() + (vst_debug_kernel ? 60 : 20); vst_now() < end; vst_msleep(20)) {
		cg_reclaim(&g, 1 << 20);
		if (dev_used(&good) > some)
			break;
	}
	knob_zswap_param("shrinker_enabled", "N");
	vst_msleep(200);
	CHECK_GT(dev_used(&good), some);
	area_try_pageout(&a);
	snap_take(&b);
	trace_stop(&tr);
	trace_check(&tr, &s, &b);
	vst_note("%" PRId64 " writes failed, %zu pages on the other device",
		 snap_grew(&s, &b, "write_errors"), dev_used(&good));
	/* no page failed twice */
	CHECK_LE(snap_grew(&s, &b, "write_errors"), n);
	/* what failed last waits for reclaim in the swap cache, with no page table to it */
	dev_settle(&bad);
	CHECK_EQ(dev_used(&bad), 0);
	area_check(&a);
	area_free(&a);
	fix_end(&good);
}

/* zswap writeback to a device that fails: the page is not lost. */
TEST(error, writeback_write, 0)
{
	const size_t n = 1201;
	struct snap s, b;
	struct trace tr;
	struct area a;
	struct dev d;
	struct cg g;
	double end;

	flaky_start(&g, &d, 8191, -1);
	knob_zswap(true);
	knob_zswap_param("shrinker_enabled", "Y");
	dm_flaky_break(UNDER);
	area_out(&a, &g, n, PAT_COMP, 0);
	snap_take(&s);
	trace_start(&tr);
	/* the shrinker works from statistics that are up to two seconds old */
	for (end = vst_now() + (vst_debug_kernel ? 60 : 20); vst_now() < end; vst_msleep(20)) {
		cg_reclaim(&g, 1 << 20);
		snap_take(&b);
		if (b.zswpwb - s.zswpwb > 50)
			break;
	}
	vst_msleep(200);
	snap_take(&b);
	trace_stop(&tr);
	trace_check(&tr, &s, &b);
	vst_note("%llu written back", (unsigned long long)(b.zswpwb - s.zswpwb));
	CHECK_GT(b.zswpwb - s.zswpwb, 0);
	if (vst_have_vswap) {
		CHECK_GE(snap_grew(&s, &b, "write_errors"), b.zswpwb - s.zswpwb);
		CHECK_EQ(trace_sum(&tr, ST_ZSWAP, ST_PHYS, "writeback", NULL),
			 b.zswpwb - s.zswpwb);
	}
	CHECK(!vst_have_vswap || vst_verify());
	area_check(&a);
	area_free(&a);
	fix_end(&d);
}
