// SPDX-License-Identifier: GPL-2.0-or-later
/* Limits of control groups v2, ownership, and the end of memory without a device. */
#include <sys/wait.h>

#include "harness.h"


struct filler {
	const struct cg *g;
	size_t pages;
	enum pat pat;
	int passes;
};

/* Enter the cgroup, fill, and read everything back @passes times. */
static void filler_run(void *arg)
{
	const struct filler *f = arg;
	struct area a;
	int i;

	cg_enter(f->g);
	area_map(&a, f->pages, f->pat, 0);
	area_fill(&a);
	for (i = 0; i < f->passes; i++)
		area_check(&a);
	area_free(&a);
}

static bool oom_killed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* Three times the limit, and no device: it must all be in virtual slots and be right. */
TEST(cgroup, memory_max, T_MANY_EVENTS)
{
	struct cg g;
	struct filler f = { &g, 6007, PAT_CZ, 2 };

	cg_make(&g, "max");
	cg_set(&g, "memory.max", "%d", 10 << 20);
	vst_join(vst_spawn(filler_run, &f));
	if (!vst_have_vswap)
		return;
	CHECK_EQ(cg_key(&g, "memory.events", "oom_kill"), 0);
	CHECK_EQ(cg_read(&g, "memory.swap.current"), 0);
	CHECK_EQ(cg_read(&g, "memory.swap.peak"), 0);
}

/* memory.stat: vswap counts the bytes of slots owned, in the hierarchy. */
TEST(cgroup, stat_vswap, 0)
{
	const size_t n = 211;
	struct cg parent, g;
	struct area a;

	if (!vst_have_vswap)
		SKIP("the base kernel has no such line");
	cg_make(&parent, "parent");
	cg_make_in(&g, &parent, "child");
	cg_enter(&g);
	area_map(&a, n, PAT_CZ, 0);
	area_fill(&a);
	CHECK_EQ(cg_key(&g, "memory.stat", "vswap"), 0);
	area_pageout(&a);
	POLL(5, "memory.stat of the owner", cg_key(&g, "memory.stat", "vswap") == n * PG);
	POLL(5, "memory.stat of the parent", cg_key(&parent, "memory.stat", "vswap") == n * PG);
	area_free(&a);
	POLL(5, "memory.stat after the end", cg_key(&g, "memory.stat", "vswap") == 0);
	POLL(5, "the parent's, after the end", cg_key(&parent, "memory.stat", "vswap") == 0);
	cg_leave();
}

/* swap.max=0 forbids swap of any kind: no slot is taken, MADV_PAGEOUT does nothing. */
TEST(cgroup, swap_max_zero, 0)
{
	const size_t n = 191;
	struct snap s, b;
	struct area a;
	struct cg g;

	cg_make(&g, "noswap");
	cg_set(&g, "memory.swap.max", "0");
	cg_enter(&g);
	area_map(&a, n, PAT_CZ, 0);
	area_fill(&a);
	snap_take(&s);
	CHECK_EQ(area_try_pageout(&a), 0);
	snap_take(&b);
	CHECK_EQ(snap_moved(&s, &b, ST_NONE, ST_ZSWAP), 0);
	CHECK_EQ(snap_moved(&s, &b, ST_NONE, ST_ZERO), 0);
	CHECK_EQ(b.slots_used, s.slots_used);
	area_check(&a);
	area_free(&a);
	cg_leave();
}

/* The same of a parent holds for the child. */
TEST(cgroup, swap_max_zero_inherited, 0)
{
	const size_t n = 127;
	struct snap s, b;
	struct cg parent, g;
	struct area a;

	cg_make(&parent, "noswap2");
	cg_make_in(&g, &parent, "child");
	cg_set(&parent, "memory.swap.max", "0");
	cg_enter(&g);
	area_map(&a, n, PAT_COMP, 0);
	area_fill(&a);
	snap_take(&s);
	CHECK_EQ(area_try_pageout(&a), 0);
	snap_take(&b);
	CHECK_EQ(b.slots_used, s.slots_used);
	area_free(&a);
	cg_leave();
}

/* swap.max=0 and more memory than the limit: the OOM killer, soon. */
TEST(cgroup, swap_max_zero_oom, 0)
{
	struct cg g;
	struct filler f = { &g, 6007, PAT_COMP, 1 };
	double t;

	cg_make(&g, "noswap3");
	cg_set(&g, "memory.max", "%d", 10 << 20);
	cg_set(&g, "memory.swap.max", "0");
	t = vst_now();
	CHECK(oom_killed(vst_wait(vst_spawn(filler_run, &f))));
	CHECK_LT(vst_now() - t, vst_debug_kernel ? 40 : 20);
	CHECK_EQ(cg_key(&g, "memory.events", "oom_kill"), 1);
}

/* A limit above zero bounds physical space only: zswap goes on beyond it. */
TEST(cgroup, swap_max_small_does_not_bound_zswap, 0)
{
	const size_t n = 1009;
	struct snap s, b;
	struct area a;
	struct cg g;

	if (!vst_have_vswap)
		SKIP("the base kernel charges slots");
	cg_make(&g, "small");
	cg_set(&g, "memory.swap.max", "%d", 64 << 10);
	cg_enter(&g);
	area_map(&a, n, PAT_COMP, 0);
	area_fill(&a);
	snap_take(&s);
	area_pageout(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_ZSWAP, n });
	CHECK_EQ(cg_read(&g, "memory.swap.current"), 0);
	area_check(&a);
	area_free(&a);
	cg_leave();
}

/* zswap.max bounds what zswap holds for the cgroup; the rest stays in memory. */
TEST(cgroup, zswap_max, 0)
{
	const size_t n = 2003, limit = 64 << 10;
	struct snap s, b;
	struct area a;
	struct cg g;

	cg_make(&g, "zmax");
	cg_set(&g, "memory.zswap.max", "%zu", limit);
	cg_enter(&g);
	area_map(&a, n, PAT_COMP, 0);
	area_fill(&a);
	snap_take(&s);
	area_try_pageout(&a);
	snap_take(&b);
	/* the limit is tested before each folio is stored */
	CHECK_LE(cg_read(&g, "memory.zswap.current"), limit + PG);
	CHECK_GT(cg_read(&g, "memory.zswap.current"), limit / 2);
	if (vst_have_vswap) {
		CHECK_GT(snap_moved(&s, &b, ST_NONE, ST_ZSWAP), 0);
		CHECK_LT(snap_moved(&s, &b, ST_NONE, ST_ZSWAP), n);
	}
	area_check(&a);
	area_free(&a);
	POLL(5, "zswap.current after the end", cg_read(&g, "memory.zswap.current") == 0);
	cg_leave();
}

/* zswap.max=0: no compressed page; zero pages may still go. */
TEST(cgroup, zswap_max_zero, 0)
{
	const size_t n = 401;
	struct snap s, b;
	struct area a;
	struct cg g;

	if (!vst_have_vswap)
		SKIP("needs a device");
	cg_make(&g, "z0");
	cg_set(&g, "memory.zswap.max", "0");
	cg_enter(&g);
	area_map(&a, n, PAT_CZ, 0);
	area_fill(&a);
	snap_take(&s);
	area_try_pageout(&a);
	snap_take(&b);
	CHECK_EQ(snap_moved(&s, &b, ST_NONE, ST_ZSWAP), 0);
	CHECK_EQ(cg_read(&g, "memory.zswap.current"), 0);
	area_check(&a);
	area_free(&a);
	cg_leave();
}

/* A cgroup removed while its slots live on: they drain with the process that moved. */
TEST(cgroup, removed_while_owning, 0)
{
	const size_t n = 499;
	struct snap s, b;
	struct area a;
	struct cg g;
	int i;

	for (i = 0; i < 3; i++) {
		cg_make(&g, "dying");
		cg_enter(&g);
		area_map(&a, n, PAT_CZ, 0);
		area_fill(&a);
		area_pageout(&a);
		snap_take(&s);
		cg_leave();
		cg_remove(&g);
		CHECK(!vst_have_vswap || vst_verify());
		area_check(&a);
		area_pageout(&a);
		area_check(&a);
		area_free(&a);
		snap_take(&b);
		if (vst_have_vswap)
			CHECK_EQ(b.slots_used, s.slots_used - n);
	}
}

/*
 * Below a cgroup of the test's own: those that earlier tests removed may still be there when
 * this one begins, and go while it runs.
 */
static uint64_t dying_cgroups(const struct cg *parent)
{
	return cg_key(parent, "cgroup.stat", "nr_dying_descendants");
}

struct passer {
	struct cg *g;
	volatile int *turn;	/* 1: pages are out; 2: the cgroup was removed; 3: pages are free */
};

/* Swap out in the cgroup, leave it, let go of the pages when it is gone. */
static void pass_through(void *arg)
{
	struct passer *p = arg;
	struct area a;

	cg_enter(p->g);
	area_map(&a, 211, PAT_CZ, 0);
	area_fill(&a);
	area_pageout(&a);
	cg_leave();
	*p->turn = 1;
	POLL(60, "removal of the cgroup", *p->turn == 2);
	area_free(&a);
	*p->turn = 3;
}

/*
 * Slots keep the id of their owner, and so the owner, which is removed meanwhile. When they
 * are free it goes as well, every time: ids are few.
 */
TEST(cgroup, owners_do_not_leak, 0)
{
	volatile int *turn = vst_shared(PG);
	struct cg parent, g;
	struct passer p = { .g = &g, .turn = turn };
	pid_t pid;
	int i;

	cg_make(&parent, "owners");
	for (i = 0; i < (vst_debug_kernel ? 8 : 40); i++) {
		*turn = 0;
		cg_make_in(&g, &parent, "passing");
		pid = vst_spawn(pass_through, &p);
		POLL(60, "pages to be swapped out", *turn == 1);
		cg_remove(&g);
		CHECK_GT(dying_cgroups(&parent), 0);
		*turn = 2;
		vst_join(pid);
		CHECK_EQ(*turn, 3);
	}
	POLL(60, "the last of the cgroups", dying_cgroups(&parent) == 0);
}

/*
 * A page comes back in another cgroup than that of its slot, which was removed meanwhile:
 * what it takes from then on is charged to its own cgroup, and the other one can go.
 */
TEST(cgroup, owner_removed_page_lives_on, 0)
{
	const size_t n = 307;
	struct cg parent, from, to;
	struct area a;
	struct dev d;

	dev_brd(&d, 0, 8191);
	dev_swapon(&d, -1, 0);
	cg_make(&parent, "owners");
	cg_make_in(&from, &parent, "from");
	cg_make(&to, "to");
	cg_enter(&from);
	area_map(&a, n, PAT_COMP, 0);
	area_fill(&a);
	area_pageout(&a);
	cg_leave();
	cg_remove(&from);
	CHECK_EQ(dying_cgroups(&parent), 1);
	cg_enter(&to);
	area_check(&a);
	/* the next time, the pages go to the device, from virtual slots */
	knob_zswap(false);
	knob_vswap("always");
	area_pageout(&a);
	CHECK_EQ(dev_used(&d), n);
	CHECK_EQ(cg_read(&to, "memory.swap.current"), n * PG);
	POLL(60, "the owner that was removed", dying_cgroups(&parent) == 0);
	area_check(&a);
	area_free(&a);
	cg_leave();
	CHECK_EQ(dev_swapoff(&d), 0);
}

/* memory.reclaim pushes as much as asked for, with no device at all. */
TEST(cgroup, memory_reclaim, 0)
{
	const size_t n = 3001;
	struct area a;
	struct cg g;

	cg_make(&g, "reclaim");
	cg_enter(&g);
	area_map(&a, n, PAT_COMP, 0);
	area_fill(&a);
	CHECK_EQ(cg_reclaim(&g, 4 << 20), 0);
	CHECK_GE(area_swapped(&a), (4 << 20) / PG);
	area_check(&a);
	area_free(&a);
	cg_leave();
}

/* ---- no device, and memory that cannot go anywhere ------------------------------------ */

/* Data that does not compress: the limit is the end, and it comes within seconds. */
TEST(oom, incompressible_in_cgroup, 0)
{
	struct cg g;
	struct filler f = { &g, 8009, PAT_RAND, 1 };
	double t;

	if (!vst_have_vswap)
		SKIP("needs a device");
	cg_make(&g, "oom");
	cg_set(&g, "memory.max", "%d", 12 << 20);
	t = vst_now();
	CHECK(oom_killed(vst_wait(vst_spawn(filler_run, &f))));
	vst_note("OOM kill after %.1f s", vst_now() - t);
	CHECK_LT(vst_now() - t, vst_debug_kernel ? 40 : 15);
}

/*
 * Reclaim pauses when everything was refused. That must not cost the life of the process
 * that takes the victim's place, as a restarted service does: its data compress.
 */
TEST(oom, successor_compresses, T_MANY_EVENTS)
{
	struct cg g;
	struct filler victim = { &g, 8009, PAT_RAND, 1 }, next = { &g, 6007, PAT_COMP, 1 };
	int i, rounds = vst_debug_kernel ? 1 : 3;

	if (!vst_have_vswap)
		SKIP("needs a device");
	cg_make(&g, "oomn");
	cg_set(&g, "memory.max", "%d", 12 << 20);
	for (i = 0; i < rounds; i++) {
		CHECK(oom_killed(vst_wait(vst_spawn(filler_run, &victim))));
		vst_join(vst_spawn(filler_run, &next));
	}
	CHECK_EQ(cg_key(&g, "memory.events", "oom_kill"), rounds);
}

struct two {
	const struct cg *g;
	size_t random, comp;
};

static void two_kinds_run(void *arg)
{
	const struct two *t = arg;
	struct area r, c;

	cg_enter(t->g);
	area_map(&r, t->random, PAT_RAND, 0);
	area_fill(&r);
	area_map(&c, t->comp, PAT_COMP, 0);
	area_fill(&c);
	area_check(&c);
	area_check(&r);
}

/*
 * The oldest pages do not compress, the others do: finding the first ones refused is no
 * reason to kill anybody as long as the rest can go.
 */
TEST(oom, not_while_something_compresses, T_NO_EVENTS)
{
	struct cg g;
	struct two t = { &g, 1801, 6007 };
	int i;

	if (!vst_have_vswap)
		SKIP("needs a device");
	cg_make(&g, "two");
	cg_set(&g, "memory.max", "%d", 12 << 20);
	for (i = 0; i < 3; i++)
		vst_join(vst_spawn(two_kinds_run, &t));
	CHECK_EQ(cg_key(&g, "memory.events", "oom_kill"), 0);
}

/* Every page of @a, one in 512 of them random; and look at all of them. */
static void fill_one_in_512_random(struct area *a)
{
	struct area rand = *a;
	size_t i;

	rand.pat = PAT_RAND;
	for (i = 0; i < a->n; i++)
		area_fill_page(i % 512 == 77 ? &rand : a, i);
	for (i = 0; i < a->n; i++)
		CHECK(area_page_ok(i % 512 == 77 ? &rand : a, i));
}

static void huge_mixed_run(void *arg)
{
	struct area a;

	cg_enter(arg);
	area_map(&a, 29 * 512, PAT_COMP, 9);
	fill_one_in_512_random(&a);
	area_free(&a);
}

/*
 * In each huge page is one small page that does not compress. It is refused as a whole, and
 * that is one refusal, as the other 511 go when it has been split.
 */
TEST(oom, huge_pages_with_one_random_page, T_NO_EVENTS)
{
	struct cg g;
	int i;

	if (!vst_have_vswap)
		SKIP("needs a device");
	cg_make(&g, "huge");
	cg_set(&g, "memory.max", "%d", 24 << 20);
	for (i = 0; i < (vst_debug_kernel ? 1 : 3); i++)
		vst_join(vst_spawn(huge_mixed_run, &g));
	CHECK_EQ(cg_key(&g, "memory.events", "oom_kill"), 0);
}

/* Compressible data, but zswap.max is reached: the same. */
TEST(oom, zswap_max_reached, 0)
{
	struct cg g;
	struct filler f = { &g, 8009, PAT_COMP, 1 };
	double t;

	if (!vst_have_vswap)
		SKIP("needs a device");
	cg_make(&g, "oomz");
	cg_set(&g, "memory.max", "%d", 12 << 20);
	cg_set(&g, "memory.zswap.max", "%d", 256 << 10);
	t = vst_now();
	CHECK(oom_killed(vst_wait(vst_spawn(filler_run, &f))));
	vst_note("OOM kill after %.1f s", vst_now() - t);
	CHECK_LT(vst_now() - t, vst_debug_kernel ? 40 : 15);
}

/* Swap out until zswap.max is reached, and let go of everything. */
static void fill_zswap_run(void *arg)
{
	const size_t step = 61;
	const struct cg *g = arg;
	struct area a;
	size_t i, k;

	cg_enter(g);
	area_map(&a, 151 * step, PAT_COMP, 0);
	/* reading this brings the statistics up to date, the last time with no room left */
	for (i = 0; i < a.n && cg_read(g, "memory.zswap.current") < 1 << 20; i += step) {
		for (k = 0; k < step; k++)
			area_fill_page(&a, i + k);
		area_advise(&a, i, step, MADV_PAGEOUT);
	}
	CHECK_LT(i, a.n);
}

/*
 * zswap.max was reached a moment ago, but the pages are gone: the next process may use it,
 * though the statistics that reclaim looks at will not show that for two seconds.
 */
TEST(oom, zswap_max_not_any_more, T_MANY_EVENTS)
{
	struct cg g;
	struct filler f = { &g, 3307, PAT_COMP, 1 };
	int i;

	if (!vst_have_vswap)
		SKIP("needs a device");
	cg_make(&g, "oomzn");
	cg_set(&g, "memory.max", "%d", 12 << 20);
	cg_set(&g, "memory.zswap.max", "%d", 1 << 20);
	for (i = 0; i < (vst_debug_kernel ? 1 : 5); i++) {
		vst_join(vst_spawn(fill_zswap_run, &g));
		vst_join(vst_spawn(filler_run, &f));
	}
	CHECK_EQ(cg_key(&g, "memory.events", "oom_kill"), 0);
}

/* zswap.writeback=0 changes nothing for the worse. */
TEST(oom, no_writeback, 0)
{
	struct cg g;
	struct filler f = { &g, 8009, PAT_RAND, 1 };
	double t;

	if (!vst_have_vswap)
		SKIP("needs a device");
	cg_make(&g, "oomw");
	cg_set(&g, "memory.max", "%d", 12 << 20);
	cg_set(&g, "memory.zswap.writeback", "0");
	t = vst_now();
	CHECK(oom_killed(vst_wait(vst_spawn(filler_run, &f))));
	CHECK_LT(vst_now() - t, vst_debug_kernel ? 40 : 15);
}

/* There is a device with room, but zswap.writeback=0 keeps the cgroup from it: the same. */
TEST(oom, no_writeback_with_device, 0)
{
	struct cg g;
	struct filler f = { &g, 8009, PAT_RAND, 1 };
	struct dev d;
	double t;

	if (!vst_have_vswap)
		SKIP("zswap needs slots of the device");
	dev_brd(&d, 0, 8191);
	dev_swapon(&d, -1, 0);
	cg_make(&g, "oomwd");
	cg_set(&g, "memory.max", "%d", 12 << 20);
	cg_set(&g, "memory.zswap.writeback", "0");
	t = vst_now();
	CHECK(oom_killed(vst_wait(vst_spawn(filler_run, &f))));
	vst_note("OOM kill after %.1f s", vst_now() - t);
	CHECK_LT(vst_now() - t, vst_debug_kernel ? 40 : 15);
	CHECK_EQ(dev_used(&d), 0);
	CHECK_EQ(dev_swapoff(&d), 0);
}

struct hog {
	size_t pages;
	enum pat pat;
};

static void hog_run(void *arg)
{
	const struct hog *h = arg;
	struct area a;

	area_map(&a, h->pages, h->pat, 0);
	area_fill(&a);
	area_check(&a);
}

/* The whole machine full of what does not compress: OOM within seconds, no livelock. */
TEST(oom, incompressible_global, T_LONG | T_ALLOC_FAIL | T_NO_EVENTS | T_LAST)
{
	struct hog h = { .pat = PAT_RAND };
	double t, fill;
	int status;

	if (!vst_have_vswap)
		SKIP("needs a device");
	h.pages = vst_meminfo("MemTotal") * 5 / 4;
	t = vst_now();
	status = vst_wait(vst_spawn(hog_run, &h));
	fill = vst_now() - t;
	CHECK(oom_killed(status));
	vst_note("OOM kill %.1f s after the start of filling %zu pages", fill, h.pages);
	CHECK_LT(fill, vst_debug_kernel ? 180 : 60);
}

/* The pool is full at one per cent of memory; the machine must OOM, not spin. */
TEST(oom, pool_full_global, T_LONG | T_ALLOC_FAIL | T_MANY_EVENTS | T_LAST)
{
	struct hog h = { .pat = PAT_COMP };
	double t;
	int status;

	if (!vst_have_vswap)
		SKIP("needs a device");
	knob_zswap_param("max_pool_percent", "1");
	h.pages = vst_meminfo("MemTotal") * 3 / 2;
	t = vst_now();
	status = vst_wait(vst_spawn(hog_run, &h));
	CHECK(oom_killed(status));
	vst_note("OOM kill after %.1f s", vst_now() - t);
	CHECK_LT(vst_now() - t, vst_debug_kernel ? 180 : 60);
}

static void beyond_memory(void (*run)(void *))
{
	struct hog h = { .pat = PAT_CZ };

	if (!vst_have_vswap)
		SKIP("needs a device");
	h.pages = vst_meminfo("MemTotal") * 5 / 4;
	vst_join(vst_spawn(run, &h));
}

/* What does compress goes beyond the memory of the machine, and comes back right. */
TEST(oom, compressible_beyond_memory, T_LONG | T_NO_EVENTS | T_LAST)
{
	beyond_memory(hog_run);
}

/* Eight megabytes that do not compress, then @h->pages that do, all of the root cgroup. */
static void root_run(void *arg)
{
	struct area r;

	cg_leave();
	area_map(&r, 2003, PAT_RAND, 0);
	area_fill(&r);
	hog_run(arg);
	area_check(&r);
	area_free(&r);
}

/*
 * The same in the root cgroup, which has no count of its own pages to compare the number of
 * refused ones with.
 */
TEST(oom, not_in_root_either, T_LONG | T_NO_EVENTS | T_LAST)
{
	beyond_memory(root_run);
}
