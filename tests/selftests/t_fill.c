// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fill, evict, refault: pages of every kind, in folios of every size, with no swap
 * device. The numbers of pages are primes, so that no two counts can be confused.
 */
#include <sys/resource.h>

#include "harness.h"

/* What a run over one area looks like: counters and events at every stage. */
struct run {
	struct area a;
	struct snap start, out, in, again, freed;
	struct trace tr;
};

static void evict(struct run *r, size_t n, enum pat pat, int order)
{
	area_map(&r->a, n, pat, order);
	area_fill(&r->a);
	snap_take(&r->start);
	trace_start(&r->tr);
	area_pageout(&r->a);
	snap_take(&r->out);
}

static void refault(struct run *r)
{
	area_check(&r->a);
	CHECK_EQ(area_swapped(&r->a), 0);
	snap_take(&r->in);
}

static void finish(struct run *r)
{
	area_free(&r->a);
	snap_take(&r->freed);
	trace_stop(&r->tr);
	trace_check(&r->tr, &r->start, &r->freed);
}

/*
 * Compressible pages: out to zswap, back by reading, out again, back by writing.
 * A slot whose folio was only read stays allocated with the cached folio.
 */
TEST(fill, compressible, T_ANY_CGROUP)
{
	const size_t n = 997;
	struct run r;

	evict(&r, n, PAT_COMP, 0);
	MOVES(&r.start, &r.out, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_ZSWAP, n });
	CHECK_EQ(r.out.zswpout - r.start.zswpout, n);
	CHECK_EQ(r.out.pswpout - r.start.pswpout, 0);

	refault(&r);
	MOVES(&r.out, &r.in, { ST_ZSWAP, ST_NONE, n });
	if (vst_have_vswap)
		CHECK_EQ(snap_grew(&r.out, &r.in, "swapin_zswap"), n);
	CHECK_EQ(r.in.zswpin - r.out.zswpin, n);

	area_pageout(&r.a);
	snap_take(&r.again);
	MOVES(&r.in, &r.again, { ST_NONE, ST_ZSWAP, n });

	finish(&r);
	MOVES(&r.again, &r.freed, { ST_ZSWAP, ST_FREE, n });
	if (vst_have_vswap) {
		CHECK_EQ(trace_sum(&r.tr, ST_FREE, ST_NONE, "alloc", NULL), n);
		CHECK_EQ(trace_sum(&r.tr, ST_NONE, ST_ZSWAP, "store", NULL), 2 * n);
		CHECK_EQ(trace_sum(&r.tr, ST_ZSWAP, ST_NONE, "load", NULL), n);
		CHECK_EQ(trace_sum(&r.tr, ST_ZSWAP, ST_FREE, "free", NULL), n);
	}
}

/*
 * A page that comes back by being written keeps its slot too: it takes no space, and
 * the next time out needs no other.
 */
TEST(fill, write_keeps_slot, T_ANY_CGROUP)
{
	const size_t n = 499;
	struct run r;

	evict(&r, n, PAT_COMP, 0);
	area_fill(&r.a);
	snap_take(&r.in);
	MOVES(&r.out, &r.in, { ST_ZSWAP, ST_NONE, n });
	area_check(&r.a);
	area_pageout(&r.a);
	snap_take(&r.again);
	MOVES(&r.in, &r.again, { ST_NONE, ST_ZSWAP, n });
	area_check(&r.a);
	snap_take(&r.again);
	finish(&r);
	MOVES(&r.again, &r.freed, { ST_NONE, ST_FREE, n });
}

TEST(fill, zero, T_ANY_CGROUP)
{
	const size_t n = 1009;
	struct run r;

	evict(&r, n, PAT_ZERO, 0);
	MOVES(&r.start, &r.out, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_ZERO, n });
	CHECK_EQ(r.out.swpout_zero - r.start.swpout_zero, n);
	CHECK_EQ(r.out.zswpout - r.start.zswpout, 0);

	/* a zero page stays zero: reading it moves nothing, and out again costs nothing */
	refault(&r);
	NO_MOVES(&r.out, &r.in);
	CHECK_EQ(r.in.swpin_zero - r.out.swpin_zero, n);
	if (vst_have_vswap)
		CHECK_EQ(snap_grew(&r.out, &r.in, "swapin_zero"), n);
	area_pageout(&r.a);
	snap_take(&r.again);
	NO_MOVES(&r.in, &r.again);

	finish(&r);
	MOVES(&r.again, &r.freed, { ST_ZERO, ST_FREE, n });
	if (vst_have_vswap)
		CHECK_EQ(trace_sum(&r.tr, ST_NONE, ST_ZERO, "zero", NULL), n);
}

/* Zero slots need no virtual table at all. */
TEST(fill, zero_needs_no_table, 0)
{
	const size_t n = 2053;
	struct run r;

	evict(&r, n, PAT_ZERO, 0);
	if (vst_have_vswap)
		CHECK_EQ(snap_grew(&r.start, &r.out, "tables"), 0);
	finish(&r);
}

/* The table comes with the first compressed page and goes with the last. */
TEST(fill, table_comes_and_goes, 0)
{
	const size_t n = 1021;
	struct run r;

	evict(&r, n, PAT_COMP, 0);
	if (vst_have_vswap)
		CHECK_GE(snap_grew(&r.start, &r.out, "tables"), 2);
	finish(&r);
	/* freed after a grace period */
	if (vst_have_vswap)
		POLL(10, "tables freed", (snap_take(&r.freed),
		     snap_grew(&r.start, &r.freed, "tables") == 0));
}

/* A zswap page that turned to zero, and back, with the slot kept. */
TEST(fill, zswap_to_zero_and_back, 0)
{
	const size_t n = 211;
	struct run r;
	size_t i;

	evict(&r, n, PAT_COMP, 0);
	refault(&r);
	/* mapped writable by the read fault: the slot stays with the cached folio */
	for (i = 0; i < n; i++)
		memset(r.a.p + i * PG, 0, PG);
	area_pageout(&r.a);
	r.a.pat = PAT_ZERO;
	area_check(&r.a);
	r.a.pat = PAT_COMP;
	area_fill(&r.a);
	area_pageout(&r.a);
	area_check(&r.a);
	finish(&r);
}

TEST(fill, mixed_compressible_zero, T_ANY_CGROUP)
{
	const size_t n = 1499;
	size_t comp, zero;
	struct run r;

	evict(&r, n, PAT_CZ, 0);
	comp = area_count(&r.a, PAT_COMP);
	zero = area_count(&r.a, PAT_ZERO);
	CHECK_EQ(comp + zero, n);
	MOVES(&r.start, &r.out, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_ZSWAP, comp },
	      { ST_NONE, ST_ZERO, zero });
	refault(&r);
	MOVES(&r.out, &r.in, { ST_ZSWAP, ST_NONE, comp });
	finish(&r);
	MOVES(&r.in, &r.freed, { ST_NONE, ST_FREE, comp }, { ST_ZERO, ST_FREE, zero });
}

/*
 * Pages that do not compress, and no device: nothing may be stored (it would save no
 * memory and look like progress), and the pages are as they were.
 */
TEST(fill, incompressible_is_refused, 0)
{
	const size_t n = 307;
	struct area a;
	struct snap s, b, c;

	if (!vst_have_vswap)
		SKIP("the base kernel stores them");
	area_map(&a, n, PAT_RAND, 0);
	area_fill(&a);
	snap_take(&s);
	area_try_pageout(&a);
	snap_take(&b);
	CHECK_EQ(b.gauge[ST_ZSWAP], s.gauge[ST_ZSWAP]);
	CHECK_EQ(snap_moved(&s, &b, ST_NONE, ST_ZSWAP), 0);
	CHECK_EQ(b.zswpout - s.zswpout, 0);
	area_check(&a);
	area_free(&a);
	snap_take(&c);
	CHECK_EQ(c.slots_used, s.slots_used);
}

/* A third of each kind: what can go goes, the rest stays and is right. */
TEST(fill, mixed_with_incompressible, 0)
{
	const size_t n = 1201;
	struct area a;
	struct snap s, b;
	size_t comp, zero;

	area_map(&a, n, PAT_MIXED, 0);
	comp = area_count(&a, PAT_COMP);
	zero = area_count(&a, PAT_ZERO);
	area_fill(&a);
	snap_take(&s);
	area_try_pageout(&a);
	snap_take(&b);
	if (vst_have_vswap) {
		CHECK_EQ(snap_moved(&s, &b, ST_NONE, ST_ZSWAP), comp);
		CHECK_EQ(snap_moved(&s, &b, ST_NONE, ST_ZERO), zero);
	}
	area_check(&a);
	area_free(&a);
}

/* Events say whose slot it is: the inode of the cgroup's directory. */
TEST(fill, events_carry_the_cgroup, 0)
{
	const size_t n = 131;
	struct cg g;
	struct run r;

	cg_make(&g, "whose");
	cg_enter(&g);
	evict(&r, n, PAT_CZ, 0);
	if (vst_have_vswap)
		CHECK_EQ(cg_key(&g, "memory.stat", "vswap"), n * PG);
	refault(&r);
	finish(&r);
	if (vst_have_vswap)
		trace_check_cgroup(&r.tr, cg_ino(&g));
	cg_leave();
}

/* One event per run of contiguous slots, not one per slot: freeing is batched. */
TEST(fill, free_is_batched, 0)
{
	const size_t n = 1024;
	size_t events;
	struct run r;

	evict(&r, n, PAT_COMP, 0);
	finish(&r);
	if (!vst_have_vswap)
		return;
	CHECK_EQ(trace_sum(&r.tr, ST_ZSWAP, ST_FREE, "free", &events), n);
	/* 1024 slots lie in at most four clusters' worth of runs when taken in order */
	CHECK_LE(events, n / 16);
	vst_note("%zu events for %zu slots", events, n);
}

/* The bytes of store events are what zswap holds: less than the pages, more than none. */
TEST(fill, store_bytes, 0)
{
	const size_t n = 401;
	uint64_t bytes = 0;
	struct run r;
	size_t i;

	evict(&r, n, PAT_COMP, 0);
	finish(&r);
	for (i = 0; i < r.tr.nr; i++)
		if (!strcmp(r.tr.ev[i].name, "vswap_transition") &&
		    event_state(&r.tr.ev[i], "to") == ST_ZSWAP)
			bytes += event_num(&r.tr.ev[i], "bytes");
	if (!vst_have_vswap)
		return;
	CHECK_GT(bytes, n * 64);
	CHECK_LT(bytes, n * PG / 4);
}

/* /proc/swaps and SwapTotal show physical space only, as the user configured it. */
TEST(fill, not_in_proc_swaps, 0)
{
	const size_t n = 97;
	char buf[4096];
	struct run r;

	if (!vst_have_vswap)
		return;
	evict(&r, n, PAT_COMP, 0);
	CHECK_GT(vst_read("/proc/swaps", buf, sizeof(buf)), 0);
	CHECK(strchr(buf, '\n') && !strchr(buf, '\n')[1]);
	CHECK_EQ(vst_meminfo("SwapTotal"), 0);
	finish(&r);
}

/* Heuristic overcommit must not refuse a mapping because the only swap is zswap. */
TEST(fill, overcommit_heuristic, 0)
{
	size_t total = vst_meminfo("MemTotal") * PG, len = total + total / 16;
	void *p;

	if (!vst_have_vswap)
		return;
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		FAIL("a mapping of 17/16 of the memory: %s", strerror(errno));
	MUST(munmap(p, len));
	/* and with neither zswap nor a device it is refused, as in the base kernel */
	knob_zswap(false);
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p == MAP_FAILED && errno == ENOMEM);
}
