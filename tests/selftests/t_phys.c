// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Physical backing: slots of a real device behind virtual slots. When they are taken, to
 * whom they are charged, and when they are given back.
 */
#include "harness.h"

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

	fix_brd(&g, &d, 4001);
	area_make(&a, n, PAT_COMP, 0);
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
	CHECK_EQ(cg_key(&g, "memory.swap.events", "high"), 0);
	CHECK_EQ(cg_key(&g, "memory.swap.events", "max"), 0);
	CHECK_EQ(cg_key(&g, "memory.swap.events", "fail"), 0);
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

	fix_brd(&g, &d, 4001);
	area_out(&a, &g, n, PAT_RAND, 0);
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

	fix_brd(&g, &d, 4001);
	area_make(&a, n, PAT_CZ, 0);
	snap_take(&s);
	area_pageout(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_PHYS, area_count(&a, PAT_COMP) },
	      { ST_NONE, ST_ZERO, area_count(&a, PAT_ZERO) });
	if (vst_have_vswap)
		CHECK_EQ(dev_used(&d), area_count(&a, PAT_COMP));
	area_check(&a);
	area_free(&a);
	fix_end(&d);
}

/* auto and zswap off: direct entries of the device, the layer is not involved. */
TEST(phys, auto_without_zswap_is_direct, 0)
{
	const size_t n = 367;
	struct snap s, b;
	struct area a;
	struct dev d;
	struct cg g;

	fix_brd(&g, &d, 4001);
	knob_vswap("auto");
	area_make(&a, n, PAT_COMP, 0);
	snap_take(&s);
	area_pageout(&a);
	snap_take(&b);
	NO_MOVES(&s, &b);
	CHECK_EQ(dev_used(&d), n);
	area_check(&a);
	area_free(&a);
	fix_end(&d);
}

/* zswap.max=0 refuses each page: it falls to the device, counted and traced so. */
TEST(phys, zswap_refuses, 0)
{
	const size_t n = 331;
	struct snap s, b;
	struct area a;
	struct dev d;
	struct cg g;

	fix_brd(&g, &d, 4001);
	knob_zswap(true);
	cg_set(&g, "memory.zswap.max", "0");
	area_make(&a, n, PAT_COMP, 0);
	snap_take(&s);
	area_pageout(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_PHYS, n });
	if (vst_have_vswap)
		CHECK_EQ(snap_grew(&s, &b, "reject_cgroup_limit"), n);
	CHECK_EQ(dev_used(&d), n);
	area_check(&a);
	area_free(&a);
	fix_end(&d);
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

	fix_disk(&g, &d, 0);
	area_out(&a, &g, n, PAT_COMP, 0);
	snap_take(&s);
	area_check(&a);
	snap_take(&b);
	NO_MOVES(&s, &b);
	CHECK_EQ(dev_used(&d), n);
	CHECK_EQ(b.pswpin - s.pswpin, n);
	area_push(&a, &g);
	snap_take(&c);
	NO_MOVES(&b, &c);
	CHECK_EQ(c.pswpout - b.pswpout, 0);
	/* written to: what is on the disk is stale and is written again */
	area_check(&a);
	snap_take(&b);
	for (i = 0; i < n; i++)
		a.p[i * PG + 8] ^= 0x5a;
	area_push(&a, &g);
	snap_take(&c);
	CHECK_EQ(c.pswpout - b.pswpout, n);
	CHECK_EQ(dev_used(&d), n);
	for (i = 0; i < n; i++)
		a.p[i * PG + 8] ^= 0x5a;
	area_check(&a);
	area_free(&a);
	fix_end(&d);
}

/*
 * More than half full: a cached folio's slot is released, so the device stays usable. That
 * ends as soon as half of the slots are free.
 */
TEST(phys, slots_of_cached_folios_are_reclaimed, 0)
{
	const size_t n = 601, room = 701;
	struct area a, more;
	struct snap s, b;
	struct trace tr;
	struct dev d;
	struct cg g;

	fix_disk(&g, &d, room);
	area_out(&a, &g, n, PAT_COMP, 0);
	CHECK_EQ(dev_used(&d), n);
	snap_take(&s);
	trace_start(&tr);
	area_check(&a);
	snap_take(&b);
	trace_stop(&tr);
	CHECK_EQ(dev_used(&d), room / 2);
	if (vst_have_vswap) {
		MOVES(&s, &b, { ST_PHYS, ST_NONE, n - room / 2 });
		CHECK_EQ(trace_sum(&tr, ST_PHYS, ST_NONE, "reclaim", NULL), n - room / 2);
	}
	/* and what is needed can be had */
	area_make(&more, 307, PAT_COMP, 0);
	area_pageout(&more);
	area_check(&more);
	area_check(&a);
	area_free(&more);
	area_free(&a);
	fix_end(&d);
}

/*
 * Direct entries, less than half of the device: pages that were read keep their slots, which
 * nobody but the swap cache uses. The allocator takes them back when it finds no others.
 */
TEST(phys, direct_slots_of_cached_folios, 0)
{
	const size_t n = 337, room = 701;
	struct area a, more;
	struct snap s, b;
	struct dev d;
	struct cg g;

	fix_disk(&g, &d, room);
	knob_vswap("never");
	area_out(&a, &g, n, PAT_RAND, 0);
	area_check(&a);
	CHECK_EQ(dev_used(&d), n);
	CHECK_EQ(area_swapped(&a), 0);
	area_make(&more, room - 1, PAT_RAND, 0);
	snap_take(&s);
	area_pageout(&more);
	snap_take(&b);
	CHECK_GE(b.pswpout - s.pswpout, more.n);
	CHECK_GE(dev_used(&d), more.n);
	if (vst_have_vswap)
		NO_MOVES(&s, &b);
	area_check(&a);
	area_check(&more);
	area_free(&more);
	area_free(&a);
	fix_end(&d);
}

/*
 * Memory that is freed while it is being written: its slots have no user any more, but the
 * swap cache. The allocator takes them back when it finds no others.
 */
TEST(phys, slots_without_users_are_reclaimed, 0)
{
	const size_t n = 337, room = 701;
	struct area a, more;
	struct dev disk, d;
	struct cg g;

	fix_cgroup(&g);
	if (!dev_disk(&disk, 0, 0))
		SKIP("no disk");
	dm_slow(&d, disk.path, 500);
	dev_mkswap(&d, d.path, room);
	dev_swapon(&d, -1, 0);
	area_make(&a, n, PAT_RAND, 0);
	area_pageout(&a);
	area_free(&a);
	CHECK_EQ(dev_used(&d), n);
	vst_msleep(1000);
	CHECK_EQ(dev_used(&d), n);
	area_make(&more, room - 1, PAT_RAND, 0);
	area_push(&more, &g);
	CHECK_EQ(dev_used(&d), room - 1);
	area_check(&more);
	area_free(&more);
	fix_end(&d);
	CHECK_EQ(dev_swapoff(&d), 0);
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

	fix_brd(&g, &d, room);
	area_make(&a, n, PAT_COMP, 0);
	snap_take(&s);
	/* a device that is full takes slots of cached folios back: until it is at rest */
	POLL(10, "device full, swap cache empty",
	     (area_try_pageout(&a), cg_reclaim(&g, PG), dev_used(&d) == room) &&
	     !cg_key(&g, "memory.stat", "swapcached"));
	snap_take(&b);
	CHECK_EQ(dev_used(&d), room);
	/* each page that found no slot counts, on the base kernel as well */
	CHECK_GE(cg_key(&g, "memory.swap.events", "fail"), n - room);
	CHECK_EQ(cg_key(&g, "memory.swap.events", "max"), 0);
	if (vst_have_vswap) {
		CHECK_EQ(b.gauge[ST_PHYS], room);
		CHECK_EQ(area_swapped(&a), room);
	}
	CHECK(!vst_have_vswap || vst_verify());
	area_check(&a);
	for (i = 0; i < 5; i++) {
		area_try_pageout(&a);
		area_check(&a);
	}
	area_free(&a);
	fix_end(&d);
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
	fix_brd(&g, &d, room);
	area_out(&rnd, &g, room, PAT_RAND, 0);
	CHECK_EQ(dev_used(&d), room);
	knob_zswap(true);
	area_make(&a, n, PAT_COMP, 0);
	snap_take(&s);
	area_pageout(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_ZSWAP, n });
	area_check(&a);
	area_check(&rnd);
	area_free(&a);
	area_free(&rnd);
	fix_end(&d);
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

	fix_brd(&g, &d, 4001);
	cg_set(&g, "memory.swap.max", "%zu", max * PG);
	area_make(&a, n, PAT_COMP, 0);
	snap_take(&s);
	area_try_pageout(&a);
	snap_take(&b);
	CHECK_EQ(dev_used(&d), max);
	CHECK_EQ(cg_read(&g, "memory.swap.current"), max * PG);
	if (!vst_have_vswap)
		return;
	/* each of the others was refused once */
	CHECK_EQ(snap_grew(&s, &b, "reject_phys_limit"), n - max);
	CHECK_EQ(cg_key(&g, "memory.swap.events", "max"), n - max);
	CHECK_EQ(cg_key(&g, "memory.swap.events", "fail"), n - max);
	CHECK_EQ(cg_key(&g, "memory.swap.events", "high"), 0);
	CHECK_EQ(b.gauge[ST_PHYS], max);
	knob_zswap(true);
	area_make(&z, 211, PAT_CZ, 0);
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
	fix_end(&d);
}

/* swap.high: the device fills as allowed, and the event is counted when it is passed. */
TEST(phys, swap_high, 0)
{
	const size_t n = 307;
	struct area a;
	struct dev d;
	struct cg g;

	fix_brd(&g, &d, 4001);
	cg_set(&g, "memory.swap.high", "%lu", 97 * PG);
	area_out(&a, &g, n, PAT_COMP, 0);
	CHECK_EQ(cg_read(&g, "memory.swap.current"), n * PG);
	CHECK_EQ(dev_used(&d), n);
	area_check(&a);
	/* how often is a matter of how often the charge is looked at */
	CHECK_GT(cg_key(&g, "memory.swap.events", "high"), 0);
	CHECK_EQ(cg_key(&g, "memory.swap.events", "max"), 0);
	CHECK_EQ(cg_key(&g, "memory.swap.events", "fail"), 0);
	area_free(&a);
	CHECK_EQ(cg_read(&g, "memory.swap.current"), 0);
	fix_end(&d);
}

/* Charged to the owner on record, also when somebody else's folio brought it in. */
TEST(phys, charged_to_owner, 0)
{
	const size_t n = 251;
	struct cg owner, other;
	struct area a;
	struct dev d;
	pid_t pid;

	fix_brd(&owner, &d, 4001);
	cg_make(&other, "other");
	area_out(&a, &owner, n, PAT_COMP, 0);
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
	fix_end(&d);
}

/* The owner is removed while its pages are on the device; its ancestor is charged. */
TEST(phys, dying_cgroup, 0)
{
	const size_t n = 307;
	struct cg parent, g;
	struct area a;
	struct dev d;

	fix_brd(&parent, &d, 4001);
	cg_leave();
	cg_make(&parent, "parent");
	cg_make_in(&g, &parent, "dying");
	cg_enter(&g);
	area_out(&a, &g, n, PAT_COMP, 0);
	CHECK_EQ(cg_read(&g, "memory.swap.current"), n * PG);
	CHECK_EQ(cg_read(&parent, "memory.swap.current"), n * PG);
	cg_leave();
	cg_remove(&g);
	CHECK_EQ(cg_read(&parent, "memory.swap.current"), n * PG);
	CHECK(!vst_have_vswap || vst_verify());
	area_check_range(&a, 0, n / 2);
	area_free(&a);
	CHECK_EQ(cg_read(&parent, "memory.swap.current"), 0);
	fix_end(&d);
}

/*
 * The owner is removed when it can have no more on devices. A page that is in memory, with
 * its slot, may go there all the same: nobody is left to raise that limit.
 */
TEST(phys, dying_cgroup_limit, 0)
{
	const size_t n = 307, m = 211;
	struct area out, kept;
	struct cg parent, g;
	struct dev d;

	fix_brd(&parent, &d, 4001);
	cg_leave();
	cg_make(&parent, "parent");
	cg_set(&parent, "memory.swap.max", "%lu", (n + m) * PG);
	cg_make_in(&g, &parent, "dying");
	cg_enter(&g);
	area_out(&out, &g, n, PAT_COMP, 0);
	area_out(&kept, &g, m, PAT_COMP, 0);
	area_check(&kept);
	cg_set(&g, "memory.swap.max", "%lu", n * PG);
	cg_leave();
	cg_remove(&g);
	area_fill(&kept);
	/* the kernel goes on with the removal when rmdir() is back */
	POLL(10, "pages of a removed cgroup on the device",
	     (area_push(&kept, &parent), dev_used(&d) == n + m));
	CHECK_EQ(cg_read(&parent, "memory.swap.current"), (n + m) * PG);
	area_check(&kept);
	area_check(&out);
	area_free(&kept);
	area_free(&out);
	CHECK_EQ(cg_read(&parent, "memory.swap.current"), 0);
	fix_end(&d);
}

/* SwapTotal and SwapFree are about devices: what is in zswap or zero takes nothing. */
TEST(phys, swap_free_is_physical, 0)
{
	const size_t n = 401, m = 251;
	struct area phys, comp;
	uint64_t before;
	struct dev d;
	struct cg g;

	if (!vst_have_vswap)
		SKIP("what is in zswap takes a slot as well");
	fix_brd(&g, &d, 4001);
	before = vst_meminfo("SwapFree");
	CHECK_EQ(vst_meminfo("SwapTotal"), 4001);
	CHECK_EQ(before, 4001);
	area_out(&phys, &g, n, PAT_RAND, 0);
	CHECK_EQ(vst_meminfo("SwapFree"), before - n);
	knob_zswap(true);
	area_make(&comp, m, PAT_CZ, 0);
	area_pageout(&comp);
	CHECK_EQ(vst_meminfo("SwapFree"), before - n);
	area_check(&comp);
	area_free(&comp);
	area_check(&phys);
	area_free(&phys);
	dev_settle(&d);
	CHECK_EQ(vst_meminfo("SwapFree"), before);
	fix_end(&d);
}
