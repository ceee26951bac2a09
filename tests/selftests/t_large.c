// SPDX-License-Identifier: GPL-2.0-or-later
/* Large folios: 64 KiB and 2 MiB, out and in, whole and in parts. */
#include <sys/resource.h>

#include "harness.h"


/* Fill an area of @folios folios and make sure that they are of the size asked for. */
static void fill_large(struct area *a, size_t folios, enum pat pat, int order, bool shared)
{
	size_t i, per = 1UL << order;

	if (shared)
		area_map_shared(a, folios * per, pat, order);
	else
		area_map(a, folios * per, pat, order);
	area_fill(a);
	for (i = 0; i < a->n; i += per)
		CHECK_EQ(vst_folio_pages(a->p + i * PG), per);
}

static long faults(void)
{
	struct rusage ru;

	MUST(getrusage(RUSAGE_SELF, &ru));
	return ru.ru_minflt + ru.ru_majflt;
}

static void out_and_in(size_t folios, int order, enum pat pat, int backing)
{
	size_t n = folios << order;
	struct snap s, b, c, d;
	struct trace tr;
	struct area a;
	uint64_t fallback;
	const char *stat = pat == PAT_ZERO ? NULL : "zswpout";
	uint64_t stat0 = stat ? vst_mthp(order, stat) : 0;

	fill_large(&a, folios, pat, order, false);
	fallback = vst_mthp(order, "swpout_fallback");
	snap_take(&s);
	trace_start(&tr);
	area_pageout(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, backing, n });
	if (stat)
		CHECK_EQ(vst_mthp(order, stat) - stat0, folios);
	CHECK_EQ(vst_mthp(order, "swpout_fallback") - fallback, 0);
	area_check(&a);
	snap_take(&c);
	if (backing == ST_ZSWAP)
		MOVES(&b, &c, { ST_ZSWAP, ST_NONE, n });
	else
		NO_MOVES(&b, &c);
	area_free(&a);
	snap_take(&d);
	trace_stop(&tr);
	trace_check(&tr, &s, &d);
	CHECK_EQ(d.slots_used, s.slots_used);
	/* a folio's slots are one contiguous run: one event for its allocation */
	if (vst_have_vswap) {
		size_t events;

		CHECK_EQ(trace_sum(&tr, ST_FREE, ST_NONE, "alloc", &events), n);
		CHECK_EQ(events, folios);
	}
}

TEST(large, zswap_64k, T_ANY_CGROUP)
{
	out_and_in(61, 4, PAT_COMP, ST_ZSWAP);
}

TEST(large, zswap_2m, 0)
{
	out_and_in(3, 9, PAT_COMP, ST_ZSWAP);
}

TEST(large, zero_64k, 0)
{
	out_and_in(67, 4, PAT_ZERO, ST_ZERO);
}

TEST(large, zero_2m, 0)
{
	out_and_in(3, 9, PAT_ZERO, ST_ZERO);
}

TEST(large, zswap_16k, 0)
{
	out_and_in(101, 2, PAT_COMP, ST_ZSWAP);
}

/* In memory is in one piece: one fault and one folio for 64 KiB from zswap. */
static void one_fault(enum pat pat, int backing)
{
	const size_t folios = 53, n = folios * 16;
	struct area a;
	struct trace tr;
	struct snap s, b;
	size_t i, events = 0;
	long f;

	if (!vst_have_vswap)
		SKIP("the base kernel takes single pages");
	fill_large(&a, folios, pat, 4, false);
	area_pageout(&a);
	snap_take(&s);
	trace_start(&tr);
	f = faults();
	for (i = 0; i < n; i += 16)
		*(volatile char *)(a.p + i * PG);
	f = faults() - f;
	CHECK_EQ(area_swapped(&a), 0);
	CHECK_LE(f, folios + 2);	/* and the stack or a library page */
	for (i = 0; i < n; i += 16)
		CHECK_EQ(vst_folio_pages(a.p + i * PG), 16);
	snap_take(&b);
	trace_stop(&tr);
	trace_check(&tr, &s, &b);
	for (i = 0; i < tr.nr; i++)
		if (!strcmp(tr.ev[i].name, "vswap_swapin")) {
			CHECK_EQ(event_num(&tr.ev[i], "nr"), 16);
			CHECK_EQ(event_state(&tr.ev[i], "backing"), backing);
			events++;
		}
	CHECK_EQ(events, folios);
	area_check(&a);
	area_free(&a);
}

TEST(large, swapin_64k_from_zswap, T_ANY_CGROUP)
{
	one_fault(PAT_COMP, ST_ZSWAP);
}

TEST(large, swapin_64k_zero, 0)
{
	one_fault(PAT_ZERO, ST_ZERO);
}

/*
 * Neighbouring single pages, some zero and some compressed, come back as one folio
 * wherever their slots allow it, which is where the allocator gave them out in order.
 */
TEST(large, swapin_mixed_zero_zswap, 0)
{
	const size_t n = 64 * 16;
	struct area a;
	struct snap s, b;
	size_t large = 0, want = 0, i;

	area_map(&a, n, PAT_CZ, 0);
	area_fill(&a);
	snap_take(&b);
	area_pageout(&a);
	snap_take(&s);
	MOVES(&b, &s, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_ZSWAP, area_count(&a, PAT_COMP) },
	      { ST_NONE, ST_ZERO, area_count(&a, PAT_ZERO) });
	for (i = 0; vst_have_vswap && i < n; i += 16)
		want += area_slots_fit(&a, i, 16);
	/* now the same range allows folios of 64 KiB */
	vst_set(THP_SYSFS "/hugepages-64kB/enabled", "madvise");
	area_advise(&a, 0, n, MADV_HUGEPAGE);
	area_check(&a);
	snap_take(&b);
	if (vst_have_vswap) {
		CHECK_EQ(snap_grew(&s, &b, "swapin_zswap"), area_count(&a, PAT_COMP));
		CHECK_EQ(snap_grew(&s, &b, "swapin_zero"), area_count(&a, PAT_ZERO));
	}
	for (i = 0; i < n; i += 16)
		large += vst_folio_pages(a.p + i * PG) == 16;
	vst_note("%zu of %zu came back as 64 KiB", large, n / 16);
	CHECK_EQ(large, want);
	if (vst_have_vswap)
		CHECK_GE(large, n / 16 * 3 / 4);
	area_free(&a);
}

/*
 * A folio that compresses only in part and has no device to go to is split, and its
 * pages go where they can: nothing half-done stays, what does not compress stays in.
 */
TEST(large, partly_incompressible, 0)
{
	const size_t folios = 31;
	struct area a;
	struct snap s, b, c;
	uint64_t split;
	struct cg g;
	int try;

	if (!vst_have_vswap)
		SKIP("the base kernel stores them");
	cg_make(&g, "partly");
	cg_enter(&g);
	fill_large(&a, folios, PAT_MIXED, 4, false);
	split = vst_mthp(4, "split");
	snap_take(&s);
	area_try_pageout(&a);
	CHECK_EQ(vst_mthp(4, "split") - split, folios);
	for (try = 0; try < 50; try++) {
		snap_take(&b);
		if (b.gauge[ST_ZSWAP] - s.gauge[ST_ZSWAP] == area_count(&a, PAT_COMP) &&
		    b.gauge[ST_ZERO] - s.gauge[ST_ZERO] == area_count(&a, PAT_ZERO))
			break;
		vst_write("/proc/sys/vm/drop_caches", "1");
		cg_reclaim(&g, a.n * PG);
	}
	CHECK_EQ(b.gauge[ST_ZSWAP] - s.gauge[ST_ZSWAP], area_count(&a, PAT_COMP));
	CHECK_EQ(b.gauge[ST_ZERO] - s.gauge[ST_ZERO], area_count(&a, PAT_ZERO));
	CHECK_GE(snap_grew(&s, &b, "reject_incompressible"), a.n);
	/* what a failed store left would be stale later */
	area_check(&a);
	area_fill(&a);
	area_try_pageout(&a);
	area_check(&a);
	area_free(&a);
	snap_take(&c);
	CHECK_EQ(c.slots_used, s.slots_used);
	cg_leave();
}

/* Unmap every third page of folios that are out: exactly those slots are freed. */
static void partial_unmap(int order, size_t folios)
{
	struct area a;
	struct snap s, b;
	size_t i, n, gone = 0;

	fill_large(&a, folios, PAT_COMP, order, false);
	n = a.n;
	area_pageout(&a);
	snap_take(&s);
	for (i = 1; i < n; i += 3) {
		area_advise(&a, i, 1, MADV_DONTNEED);
		gone++;
	}
	snap_take(&b);
	MOVES(&s, &b, { ST_ZSWAP, ST_FREE, gone });
	for (i = 0; i < n; i++) {
		if (i % 3 != 1)
			area_check_range(&a, i, 1);
		else
			CHECK_EQ(*(volatile uint64_t *)(a.p + i * PG), 0);
	}
	area_free(&a);
}

TEST(large, partial_unmap_64k, T_ANY_CGROUP)
{
	partial_unmap(4, 37);
}

TEST(large, partial_unmap_2m, 0)
{
	partial_unmap(9, 2);
}

/* A hole in the middle by munmap, folio by folio. */
TEST(large, munmap_holes, 0)
{
	const size_t folios = 41;
	struct area a;
	struct snap s, b;
	size_t i;

	fill_large(&a, folios, PAT_COMP, 4, false);
	area_pageout(&a);
	snap_take(&s);
	for (i = 0; i < folios; i++)
		MUST(munmap(a.p + (i * 16 + 5) * PG, 6 * PG));
	snap_take(&b);
	MOVES(&s, &b, { ST_ZSWAP, ST_FREE, folios * 6 });
	for (i = 0; i < folios; i++) {
		area_check_range(&a, i * 16, 5);
		area_check_range(&a, i * 16 + 11, 5);
	}
	area_free(&a);
}

/* Part of a mapped large folio is pushed out: it is split and the rest stays. */
TEST(large, pageout_part_of_folio, 0)
{
	const size_t folios = 29;
	struct area a;
	struct snap s, b;
	size_t i;

	fill_large(&a, folios, PAT_COMP, 4, false);
	snap_take(&s);
	for (i = 0; i < folios; i++)
		area_advise(&a, i * 16 + 3, 7, MADV_PAGEOUT);
	snap_take(&b);
	if (vst_have_vswap)
		CHECK_EQ(snap_moved(&s, &b, ST_NONE, ST_ZSWAP), area_swapped(&a));
	area_check(&a);
	area_free(&a);
}

/* Partially mapped folios (a hole while still in memory) are swapped out right. */
TEST(large, partially_mapped, 0)
{
	const size_t folios = 23;
	struct area a;
	struct cg g;
	size_t i;

	cg_make(&g, "part");
	cg_enter(&g);
	fill_large(&a, folios, PAT_COMP, 4, false);
	for (i = 0; i < folios; i++)
		area_advise(&a, i * 16 + 4, 8, MADV_DONTNEED);
	for (i = 0; i < 20 && area_swapped(&a) < folios * 8; i++)
		cg_reclaim(&g, a.n * PG);
	for (i = 0; i < folios; i++) {
		area_check_range(&a, i * 16, 4);
		area_check_range(&a, i * 16 + 12, 4);
		CHECK_EQ(*(volatile uint64_t *)(a.p + (i * 16 + 6) * PG), 0);
	}
	area_free(&a);
	cg_leave();
}

/* Write to one page of each folio after the refault, out again, all is right. */
TEST(large, rewrite_one_page, 0)
{
	const size_t folios = 43;
	struct area a;
	size_t i, round;

	fill_large(&a, folios, PAT_COMP, 4, false);
	for (round = 0; round < 3; round++) {
		area_pageout(&a);
		area_check(&a);
		for (i = 0; i < folios; i++)
			a.p[(i * 16 + round * 5) * PG + 1] ^= 0x55;
		area_pageout(&a);
		for (i = 0; i < folios; i++)
			a.p[(i * 16 + round * 5) * PG + 1] ^= 0x55;
		area_check(&a);
	}
	area_free(&a);
}

TEST(large, tmpfs_64k, 0)
{
	const size_t folios = 47, n = folios * 16;
	struct area a;
	struct snap s, b, c;

	if (!vst_exists(THP_SYSFS "/hugepages-64kB/shmem_enabled"))
		SKIP("no large folios in tmpfs");
	fill_large(&a, folios, PAT_COMP, 4, true);
	snap_take(&s);
	area_pageout(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_ZSWAP, n });
	area_check(&a);
	snap_take(&c);
	MOVES(&b, &c, { ST_ZSWAP, ST_NONE, n }, { ST_NONE, ST_FREE, n });
	area_free(&a);
}
