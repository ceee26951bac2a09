// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How most tests of devices begin and end: a cgroup of their own with one device, memory
 * that is out completely, and a device that holds nothing any more.
 */
#include "harness.h"

void fix_cgroup(struct cg *g)
{
	cg_make(g, "fix");
	cg_enter(g);
	knob_vswap("always");
	knob_zswap(false);
}

void fix_brd(struct cg *g, struct dev *d, size_t pages)
{
	fix_cgroup(g);
	dev_brd(d, 0, pages);
	dev_swapon(d, -1, 0);
}

void fix_disk(struct cg *g, struct dev *d, size_t pages)
{
	fix_cgroup(g);
	if (!dev_disk(d, 0, pages))
		SKIP("no disk");
	dev_swapon(d, -1, 0);
}

void fix_end(const struct dev *d)
{
	dev_settle(d);
	CHECK_EQ(dev_used(d), 0);
	cg_leave();
}

void area_make(struct area *a, size_t n, enum pat pat, int order)
{
	area_map(a, n, pat, order);
	area_fill(a);
}

void area_make_large(struct area *a, size_t folios, enum pat pat, int order, bool shared)
{
	if (shared)
		area_map_shared(a, folios << order, pat, order);
	else
		area_map(a, folios << order, pat, order);
	area_fill(a);
	CHECK_EQ(vst_folio_pages(a->p), 1 << order);
	/* empties the LRU batches of all CPUs, whose references would hold pages back */
	vst_set("/proc/sys/vm/drop_caches", "1");
}

void area_out(struct area *a, const struct cg *g, size_t n, enum pat pat, int order)
{
	area_make(a, n, pat, order);
	area_push(a, g);
}

/*
 * area_pageout() is content when no page table refers to a page any more. That may be
 * still to be written, or to be written again: somebody had a reference to it for a
 * moment, or a device that became full took the slots of what is in the swap cache
 * back, just before the folio left memory. Where the exact use of a device counts, the
 * swap cache must be empty as well.
 */
void area_push(const struct area *a, const struct cg *g)
{
	area_pageout(a);
	cg_drop_cache(g);
	CHECK_EQ(area_swapped(a), a->n);
}

/*
 * Fill a device and free all slots but every @keep-th: whatever the room, there is no
 * place for a large folio. Returns how many are still in use.
 */
size_t fix_fragment(struct area *a, const struct cg *g, const struct dev *d, size_t keep)
{
	size_t i, left = 0;

	area_out(a, g, d->pages, PAT_COMP, 0);
	CHECK_EQ(dev_used(d), d->pages);
	for (i = 0; i < d->pages; i++) {
		if (i % keep == 1)
			left++;
		else
			area_advise(a, i, 1, MADV_DONTNEED);
	}
	dev_settle_at(d, left);
	CHECK_EQ(dev_used(d), left);
	return left;
}

void fix_fragment_check(const struct area *a, size_t keep)
{
	size_t i;

	for (i = 1; i < a->n; i += keep)
		area_check_range(a, i, 1);
}

/*
 * Out and in, whole and in parts, on whatever device; ends with swapoff. Returns how many
 * large folios of the first round found no place in one piece, of 17.
 */
uint64_t fix_use_device(struct dev *d, unsigned int flags)
{
	struct area a, big;
	uint64_t fallback, pieces = 0;
	struct cg g;
	int round;

	fix_cgroup(&g);
	dev_swapon(d, -1, flags);
	area_make(&a, 811, PAT_MIXED, 0);
	area_make(&big, 17 * 16, PAT_RAND, 4);
	fallback = vst_mthp(4, "swpout_fallback");
	for (round = 0; round < 3; round++) {
		area_pageout(&a);
		area_pageout(&big);
		if (!round)
			pieces = vst_mthp(4, "swpout_fallback") - fallback;
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
	return pieces;
}

void fix_large_write_moves(const struct cg *g, struct dev *bad, const char *under,
			   const struct dev *good, size_t folios)
{
	const size_t n = folios * 16, used = dev_used(good);
	uint64_t fallback;
	struct snap s, b;
	struct trace tr;
	struct area a;

	dm_flaky(bad, under);
	dev_mkswap(bad, bad->path, 8191);
	dev_swapon(bad, 10, 0);
	dm_flaky_break(under);
	area_make_large(&a, folios, PAT_RAND, 4, false);
	fallback = vst_mthp(4, "swpout_fallback");
	snap_take(&s);
	trace_start(&tr);
	area_try_pageout(&a);
	POLL(10, "every write has failed",
	     (snap_take(&b), snap_grew(&s, &b, "write_errors") == (int64_t)n));
	CHECK_EQ(vst_mthp(4, "swpout_fallback") - fallback, 0);
	area_check(&a);
	area_push(&a, g);
	snap_take(&b);
	trace_stop(&tr);
	trace_check(&tr, &s, &b);
	CHECK_EQ(snap_grew(&s, &b, "write_errors"), n);
	CHECK_EQ(snap_grew(&s, &b, "reject_phys_frag"), n);
	CHECK_EQ(vst_mthp(4, "swpout_fallback") - fallback, folios);
	CHECK_EQ(b.pswpout - s.pswpout, 2 * n);
	CHECK_EQ(trace_sum(&tr, ST_PHYS, ST_NONE, "error", NULL), n);
	CHECK_EQ(dev_used(good), used + n);
	CHECK_EQ(dev_used(bad), 0);
	area_check(&a);
	area_free(&a);
	dev_settle_at(good, used);
	CHECK_EQ(dev_used(good), used);
	CHECK_EQ(dev_used(bad), 0);
}
