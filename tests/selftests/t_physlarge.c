// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Large folios on devices: whole, in pieces, split, and back; what readahead may touch.
 */
#include "harness.h"


/* ---- large folios ------------------------------------------------------------------------ */

/* Are the device's slots behind @nr pages from @first on one run in one cluster? */
static bool phys_fits(const struct area *a, size_t first, size_t nr, const struct trace *t)
{
	uint64_t slot = trace_phys(t, area_slot(a, first));
	size_t k;

	for (k = 1; k < nr; k++)
		if (trace_phys(t, area_slot(a, first + k)) != slot + k)
			return false;
	return slot / 512 == (slot + nr - 1) / 512;
}

/* Each folio on the device in one piece, put there by one request: one event says so. */
static void check_whole(const struct area *a, const struct trace *t)
{
	size_t nr = 1UL << a->order, i, events;

	CHECK_EQ(trace_sum(t, ST_NONE, ST_PHYS, "fallback", &events), a->n);
	CHECK_EQ(events, a->n / nr);
	for (i = 0; i < a->n; i += nr)
		CHECK(phys_fits(a, i, nr, t));
}

static void large_out_in(int order, size_t folios, bool shared)
{
	uint64_t whole, fallback;
	size_t n = folios << order;
	struct snap s, b;
	struct trace tr;
	struct area a;
	struct dev d;
	struct cg g;

	fix_brd(&g, &d, 16383);
	area_make_large(&a, folios, PAT_RAND, order, shared);
	whole = vst_mthp(order, "swpout");
	fallback = vst_mthp(order, "swpout_fallback");
	snap_take(&s);
	trace_start(&tr);
	area_push(&a, &g);
	snap_take(&b);
	trace_stop(&tr);
	CHECK_EQ(vst_mthp(order, "swpout") - whole, folios);
	CHECK_EQ(vst_mthp(order, "swpout_fallback") - fallback, 0);
	if (vst_have_vswap && !shared)
		check_whole(&a, &tr);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_PHYS, n });
	CHECK_EQ(b.pswpout - s.pswpout, n);
	CHECK_EQ(dev_used(&d), n);
	area_check(&a);
	area_free(&a);
	fix_end(&d);
}

TEST(phys, large_64k, 0)
{
	large_out_in(4, 41, false);
}

TEST(phys, large_2m, 0)
{
	large_out_in(9, 3, false);
}

TEST(phys, tmpfs_64k, 0)
{
	large_out_in(4, 29, true);
}

/*
 * The device has room but only in single slots: every page must get out all the same, page
 * by page, and the fallback is counted.
 */
static void fragmented(int order, size_t folios, size_t pages, bool shared)
{
	size_t n = folios << order, used;
	uint64_t fallback, thp[2];
	struct area frag, a;
	struct snap s, b;
	struct dev d;
	struct cg g;

	fix_brd(&g, &d, pages);
	used = fix_fragment(&frag, &g, &d, 2);
	area_make_large(&a, folios, PAT_RAND, order, shared);
	fallback = vst_mthp(order, "swpout_fallback");
	CHECK(vst_key("/proc/vmstat", "thp_swpout_fallback", &thp[0]));
	snap_take(&s);
	area_push(&a, &g);
	snap_take(&b);
	CHECK_EQ(vst_mthp(order, "swpout_fallback") - fallback, folios);
	CHECK(vst_key("/proc/vmstat", "thp_swpout_fallback", &thp[1]));
	CHECK_EQ(thp[1] - thp[0], order == 9 ? folios : 0);
	CHECK_EQ(dev_used(&d), used + n);
	CHECK_EQ(b.pswpout - s.pswpout, n);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_PHYS, n });
	if (vst_have_vswap)
		CHECK_EQ(snap_grew(&s, &b, "reject_phys_frag"), n);
	area_check(&a);
	fix_fragment_check(&frag, 2);
	area_free(&a);
	area_free(&frag);
	fix_end(&d);
}

TEST(phys, fragmented_device, T_MANY_EVENTS)
{
	fragmented(4, 23, 4095, false);
}

TEST(phys, fragmented_device_2m, T_MANY_EVENTS)
{
	fragmented(9, 3, 8191, false);
}

TEST(phys, tmpfs_64k_on_fragmented_device, T_MANY_EVENTS)
{
	fragmented(4, 23, 4095, true);
}

TEST(phys, tmpfs_2m_on_fragmented_device, T_MANY_EVENTS)
{
	fragmented(9, 3, 8191, true);
}

/*
 * On a fragmented device, the cgroup may have seven slots more. Each large folio gets these
 * and then no eighth: it gives them back and is split, and seven of the pages go out.
 */
TEST(phys, limit_reached_within_folio, T_MANY_EVENTS)
{
	const size_t folios = 3, n = folios * 16, more = 7;
	struct snap s, b, e;
	struct area frag, a;
	uint64_t split;
	struct dev d;
	struct cg g;
	size_t used;

	if (!vst_have_vswap)
		SKIP("the base kernel charges a folio as a whole");
	fix_brd(&g, &d, 4095);
	used = fix_fragment(&frag, &g, &d, 2);
	cg_set(&g, "memory.swap.max", "%zu", (used + more) * PG);
	area_make_large(&a, folios, PAT_RAND, 4, false);
	split = vst_mthp(4, "split");
	snap_take(&s);
	area_try_pageout(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_PHYS, folios * more },
	      { ST_PHYS, ST_NONE, folios * more });
	CHECK_EQ(snap_grew(&s, &b, "reject_phys_frag"), n);
	CHECK_EQ(snap_grew(&s, &b, "reject_phys_limit"), folios);
	CHECK_EQ(vst_mthp(4, "split") - split, folios);
	CHECK_EQ(dev_used(&d), used);
	/* as single pages they find what there is */
	POLL(10, "the limit is reached", (cg_reclaim(&g, PG), dev_used(&d) == used + more));
	snap_take(&e);
	MOVES(&b, &e, { ST_NONE, ST_PHYS, more });
	CHECK_EQ(cg_read(&g, "memory.swap.current"), (used + more) * PG);
	CHECK(vst_verify());
	area_check(&a);
	fix_fragment_check(&frag, 2);
	/* with room, the others go as well */
	cg_set(&g, "memory.swap.max", "max");
	area_push(&a, &g);
	CHECK_EQ(dev_used(&d), used + n);
	area_check(&a);
	area_free(&a);
	area_free(&frag);
	fix_end(&d);
}

/*
 * No room at all on the device, and large folios of which a part compresses: they are
 * split in the swap cache, what can goes to zswap, and the rest stays.
 */
TEST(phys, split_on_full_device, 0)
{
	const size_t room = 61, folios = 19, n = folios * 16;
	uint64_t split, fallback;
	struct area fill, a;
	struct snap s, b;
	struct dev d;
	struct cg g;
	int try;

	if (!vst_have_vswap)
		SKIP("the base kernel needs a slot of the device for each page");
	fix_brd(&g, &d, room);
	area_out(&fill, &g, room, PAT_RAND, 0);
	CHECK_EQ(dev_used(&d), room);
	knob_zswap(true);
	area_make(&a, n, PAT_MIXED, 4);
	CHECK_EQ(vst_folio_pages(a.p), 16);
	split = vst_mthp(4, "split");
	fallback = vst_mthp(4, "swpout_fallback");
	snap_take(&s);
	area_try_pageout(&a);
	CHECK_EQ(vst_mthp(4, "split") - split, folios);
	CHECK_EQ(vst_mthp(4, "swpout_fallback") - fallback, folios);
	snap_take(&b);
	CHECK_GE(snap_grew(&s, &b, "reject_incompressible"), n);
	CHECK_GE(snap_grew(&s, &b, "reject_phys_full"), n);
	/* the pages are on their own now, and reclaim finds them */
	for (try = 0; try < 50; try++) {
		snap_take(&b);
		if (b.gauge[ST_ZSWAP] - s.gauge[ST_ZSWAP] == area_count(&a, PAT_COMP) &&
		    b.gauge[ST_ZERO] - s.gauge[ST_ZERO] == area_count(&a, PAT_ZERO))
			break;
		vst_write("/proc/sys/vm/drop_caches", "1");
		cg_reclaim(&g, n * PG);
	}
	CHECK_EQ(b.gauge[ST_ZSWAP] - s.gauge[ST_ZSWAP], area_count(&a, PAT_COMP));
	CHECK_EQ(b.gauge[ST_ZERO] - s.gauge[ST_ZERO], area_count(&a, PAT_ZERO));
	CHECK_EQ(b.gauge[ST_PHYS], room);
	CHECK_EQ(dev_used(&d), room);
	area_check(&a);
	area_check(&fill);
	area_free(&a);
	area_free(&fill);
	fix_end(&d);
}

/*
 * Slots that other programs have can be anywhere: put zero pages out until the next slot of
 * this processor is one at which a folio of 16 pages can begin.
 */
static void align_slots(struct area *pad)
{
	struct area part;
	size_t i = 0;

	vst_pin(0);
	area_make(pad, 16, PAT_ZERO, 0);
	do {
		CHECK_LT(i, pad->n);
		part = *pad;
		part.p += i * PG;
		part.n = 1;
		area_pageout(&part);
	} while (area_slot(pad, i++) % 16 != 15);
}

/*
 * Blocks of 64 KiB of single pages, in turn: in zswap and zero; on the device; half
 * and half. What is in memory, or in one run on a device as fast as memory, comes back as
 * one folio; what is half and half cannot; every page is right.
 */
TEST(phys, mixed_backings, 0)
{
	const size_t blocks = 33, n = blocks * 16;
	size_t i, k, want = 0, large = 0, in_memory = 0, on_device = 0;
	bool fits[33];
	struct area a, part, pad;
	struct trace tr;
	struct snap s, b;
	struct dev d;
	struct cg g;

	if (!vst_have_vswap)
		SKIP("the base kernel has no mixed backings");
	fix_brd(&g, &d, 4001);
	align_slots(&pad);
	area_make(&a, n, PAT_CZ, 0);
	for (i = 0; i < n; i++)
		if (i / 16 % 3 == 1)
			/* nothing of this block is zero */
			for (k = 0; k < PG / 8; k++)
				((uint64_t *)(a.p + i * PG))[k] = i * 1000003 + k;
	/* empties the LRU batches of all CPUs, whose references would hold pages back */
	vst_set("/proc/sys/vm/drop_caches", "1");
	snap_take(&s);
	trace_start(&tr);
	for (i = 0; i < n; i += 8) {
		part = a;
		part.p = a.p + i * PG;
		part.n = 8;
		k = i / 16 % 3;
		knob_zswap(k == 0 || (k == 2 && i % 16 == 0));
		area_pageout(&part);
	}
	CHECK_EQ(cg_key(&g, "memory.stat", "swapcached"), 0);
	trace_stop(&tr);
	snap_take(&b);
	CHECK_EQ(b.gauge[ST_ZSWAP] - s.gauge[ST_ZSWAP], 11 * 8 + 11 * 4);
	CHECK_EQ(b.gauge[ST_ZERO] - s.gauge[ST_ZERO], 11 * 8 + 11 * 8);
	CHECK_EQ(b.gauge[ST_PHYS] - s.gauge[ST_PHYS], 11 * 16 + 11 * 4);
	CHECK_EQ(dev_used(&d), b.gauge[ST_PHYS] - s.gauge[ST_PHYS]);
	CHECK(vst_verify());
	for (i = 0; i < blocks; i++) {
		fits[i] = area_slots_fit(&a, i * 16, 16) && i % 3 != 2 &&
			(i % 3 == 0 || phys_fits(&a, i * 16, 16, &tr));
		in_memory += fits[i] && i % 3 == 0;
		on_device += fits[i] && i % 3 == 1;
		want += fits[i];
	}
	trace_free(&tr);
	vst_set(THP_SYSFS "/hugepages-64kB/enabled", "madvise");
	area_advise(&a, 0, n, MADV_HUGEPAGE);
	for (i = 0; i < n; i++) {
		if (i / 16 % 3 != 1) {
			area_check_range(&a, i, 1);
			continue;
		}
		for (k = 0; k < PG / 8; k++)
			CHECK_EQ(((uint64_t *)(a.p + i * PG))[k], i * 1000003 + k);
	}
	for (i = 0; i < blocks; i++) {
		size_t pages = vst_folio_pages(a.p + i * 16 * PG);

		if (pages != (fits[i] ? 16 : 1))
			FAIL("block %zu came back in folios of %zu pages", i, pages);
		large += pages == 16;
	}
	vst_note("%zu blocks as one folio: %zu from memory, %zu from the device", large,
		 in_memory, on_device);
	CHECK_EQ(large, want);
	CHECK_GE(in_memory, 9);
	CHECK_GE(on_device, 9);
	area_pageout(&a);
	area_check_range(&a, 0, 16);
	area_free(&a);
	area_free(&pad);
	fix_end(&d);
}

/* zswap takes some folios and refuses others of the same kind; then all change sides. */
TEST(phys, backing_changes, 0)
{
	const size_t n = 977;
	struct area a;
	struct dev d;
	struct cg g;
	int round;

	fix_brd(&g, &d, 8191);
	area_make(&a, n, PAT_MIXED, 0);
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
	fix_end(&d);
}

/*
 * Readahead by position on the disk (what a rotating disk gets) runs over slots that back
 * virtual ones, between direct entries: it must leave them alone.
 */
static void read_around(bool virtual_first)
{
	const size_t n = 600;
	uint64_t before, after, rotational;
	struct area a, part;
	struct dev d;
	struct cg g;
	char path[64];
	size_t i;

	fix_cgroup(&g);
	if (!dev_disk(&d, 0, 8191))
		SKIP("no disk");
	snprintf(path, sizeof(path), "/sys/block/%.8s/queue/rotational", d.path + 5);
	rotational = vst_read_u64(path);
	vst_set(path, "1");
	vst_set("/proc/sys/vm/page-cluster", "5");
	dev_swapon(&d, -1, 0);
	knob_zswap(false);
	area_make(&a, n, PAT_RAND, 0);
	for (i = 0; i < n; i += 3) {
		part = a;
		part.p = a.p + i * PG;
		part.n = 3;
		knob_vswap(i / 3 % 2 ? "always" : "never");
		area_pageout(&part);
	}
	cg_drop_cache(&g);
	CHECK_EQ(dev_used(&d), n);
	CHECK(vst_key("/proc/vmstat", "swap_ra", &before));
	for (i = 0; i < n; i++)
		if (i / 3 % 2 == virtual_first)
			area_check_range(&a, i, 1);
	CHECK(vst_key("/proc/vmstat", "swap_ra", &after));
	vst_note("%llu pages read ahead", (unsigned long long)(after - before));
	CHECK_GT(after - before, 0);
	CHECK(!vst_have_vswap || vst_verify());
	area_check(&a);
	area_free(&a);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	CHECK_EQ(dev_swapoff(&d), 0);
	vst_set(path, "%llu", (unsigned long long)rotational);
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
