// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Large folios on devices: whole, in pieces, split, and back; what readahead may touch.
 */
#include "harness.h"


/* ---- large folios ------------------------------------------------------------------------ */

static void large_out_in(int order, size_t folios)
{
	size_t n = folios << order;
	struct snap s, b;
	struct area a;
	struct dev d;
	struct cg g;

	fix_brd(&g, &d, 16383);
	area_make(&a, n, PAT_RAND, order);
	CHECK_EQ(vst_folio_pages(a.p), 1 << order);
	snap_take(&s);
	area_pageout(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_PHYS, n });
	CHECK_EQ(b.pswpout - s.pswpout, n);
	CHECK_EQ(dev_used(&d), n);
	area_check(&a);
	area_free(&a);
	fix_end(&d);
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

	fix_brd(&g, &d, room);
	area_out(&frag, &g, room, PAT_COMP, 0);
	CHECK_EQ(dev_used(&d), room);
	for (i = 0; i < room; i += 2)
		area_advise(&frag, i, 1, MADV_DONTNEED);
	CHECK_LE(dev_used(&d), room / 2 + 1);
	area_make(&a, n, PAT_RAND, 4);
	CHECK_EQ(vst_folio_pages(a.p), 16);
	area_push(&a, &g);
	CHECK_GE(dev_used(&d), room / 2 + n);
	if (vst_have_vswap)
		CHECK_EQ(vst_sysfs_slots("phys"), room / 2 + n);
	area_check(&a);
	for (i = 1; i < room; i += 2)
		area_check_range(&frag, i, 1);
	area_free(&a);
	area_free(&frag);
	fix_end(&d);
}

/* A large folio whose pages lie on the device in pieces, and in zswap, and are zero. */
TEST(phys, mixed_backings, 0)
{
	const size_t folios = 31, n = folios * 16;
	struct area a, part;
	struct dev d;
	struct cg g;
	size_t i;

	fix_brd(&g, &d, 4001);
	/* every fifth page to zswap, the rest to the device, single pages */
	area_make(&a, n, PAT_CZ, 0);
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
	struct area a, part;
	struct dev d;
	struct cg g;
	char path[64];
	size_t i;

	fix_cgroup(&g);
	if (!dev_disk(&d, 0, 8191))
		SKIP("no disk");
	snprintf(path, sizeof(path), "/sys/block/%.8s/queue/rotational", d.path + 5);
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
