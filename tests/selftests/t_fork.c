// SPDX-License-Identifier: GPL-2.0-or-later
/* Shared slots: fork, copy on write, more sharers than the inline count holds, exit. */
#include <sys/wait.h>

#include "harness.h"
#include "load.h"

/* Forked after it went out: both sides hold the same slots until one writes. */
TEST(fork, after_swapout, T_ANY_CGROUP)
{
	const size_t n = 331;
	struct snap s, b, c, d;
	struct area a;
	pid_t pid;

	area_map(&a, n, PAT_COMP, 0);
	area_fill(&a);
	area_pageout(&a);
	snap_take(&s);
	pid = MUST(fork());
	if (!pid) {
		area_check(&a);
		area_fill(&a);
		area_check(&a);
		_exit(VST_PASS);
	}
	vst_join(pid);
	snap_take(&b);
	/* the child's reads took the only compressed copy into memory: none is left */
	if (vst_have_vswap)
		CHECK_EQ(snap_grew(&s, &b, "swapin_zswap"), n);
	area_check(&a);
	snap_take(&c);
	CHECK_EQ(area_swapped(&a), 0);
	area_free(&a);
	snap_take(&d);
	if (vst_have_vswap)
		CHECK_EQ(d.slots_used, s.slots_used - n);
}

/* Forked in memory, then pushed out by reclaim: the folio is mapped twice. */
TEST(fork, before_swapout, 0)
{
	const size_t n = 401;
	struct area a;
	struct cg g;
	int to[2], i;
	pid_t pid;
	char c;

	cg_make(&g, "fork");
	cg_enter(&g);
	area_map(&a, n, PAT_COMP, 0);
	area_fill(&a);
	MUST(pipe(to));
	pid = MUST(fork());
	if (!pid) {
		close(to[1]);
		if (read(to[0], &c, 1) != 1)
			FAIL("no word from the parent");
		area_check(&a);
		area_fill(&a);
		area_check(&a);
		_exit(VST_PASS);
	}
	for (i = 0; i < 50 && area_swapped(&a) < n; i++)
		cg_reclaim(&g, n * PG);
	CHECK_GE(area_swapped(&a), n - 16);
	MUST(write(to[1], "x", 1));
	area_check(&a);
	vst_join(pid);
	area_check(&a);
	area_free(&a);
	cg_leave();
}

/* Sleep until the other side closes the pipe: the children of a group all wake up then. */
static void wait_for_end(int pipes[2][2], int group)
{
	char c;

	close(pipes[0][1]);
	close(pipes[1][1]);
	CHECK_EQ(MUST(read(pipes[group][0], &c, 1)), 0);
}

/*
 * The inline count of a slot holds 14; the 15th sharer needs the extension table, and
 * it must shrink again. @kids children share @n pages and leave in two groups.
 */
static void many_sharers(size_t n, int kids, bool write)
{
	int pipes[2][2], i;
	struct snap s, b, c;
	struct area a;
	pid_t pid[64];

	MUST(pipe(pipes[0]));
	MUST(pipe(pipes[1]));

	area_map(&a, n, PAT_COMP, 0);
	area_fill(&a);
	area_pageout(&a);
	snap_take(&s);
	for (i = 0; i < kids; i++) {
		pid[i] = MUST(fork());
		if (pid[i])
			continue;
		wait_for_end(pipes, i % 2);
		if (write && i % 3 == 0)
			area_fill(&a);
		area_check(&a);
		_exit(VST_PASS);
	}
	snap_take(&b);
	NO_MOVES(&s, &b);	/* sharing is counting, nothing moves */
	CHECK(!vst_have_vswap || vst_verify());
	close(pipes[1][1]);
	for (i = 1; i < kids; i += 2)
		vst_join(pid[i]);
	CHECK(!vst_have_vswap || vst_verify());
	close(pipes[0][1]);
	for (i = 0; i < kids; i += 2)
		vst_join(pid[i]);
	close(pipes[0][0]);
	close(pipes[1][0]);
	area_check(&a);
	area_free(&a);
	snap_take(&c);
	if (vst_have_vswap)
		CHECK_EQ(c.slots_used, s.slots_used - n);
}

TEST(fork, fourteen_sharers, 0)
{
	many_sharers(37, 13, false);
}

TEST(fork, seventeen_sharers, T_ANY_CGROUP)
{
	many_sharers(37, 17, false);
}

TEST(fork, forty_sharers_writing, T_ANY_CGROUP)
{
	many_sharers(29, 40, true);
}

/* Sharers that drop their copies without ever reading them. */
TEST(fork, sharers_just_exit, 0)
{
	const size_t n = 113;
	struct snap s, b, c;
	struct area a;
	pid_t pid[31];
	int i;

	area_map(&a, n, PAT_CZ, 0);
	area_fill(&a);
	area_pageout(&a);
	snap_take(&s);
	for (i = 0; i < 31; i++) {
		pid[i] = MUST(fork());
		if (!pid[i]) {
			pause();
			_exit(VST_PASS);
		}
	}
	for (i = 0; i < 31; i++)
		vst_kill(pid[i]);
	snap_take(&b);
	NO_MOVES(&s, &b);
	area_check(&a);
	area_free(&a);
	snap_take(&c);
	if (vst_have_vswap)
		CHECK_EQ(c.slots_used, s.slots_used - n);
}

/* What page @i holds for a side that has written those in @mine by its own seed. */
static void check_side(const struct area *a, uint64_t seed, const bool *mine)
{
	struct area own = *a;
	size_t i;

	own.seed = seed;
	for (i = 0; i < a->n; i++)
		area_check_range(mine[i] ? &own : a, i, 1);
}

/*
 * Large folios shared over fork, out by reclaim, each side writes other content to a
 * part: both see theirs, and the rest as it was.
 */
TEST(fork, cow_of_64k_folios, 0)
{
	const size_t n = 19 * 16;
	static bool mine[19 * 16];
	struct area a, own;
	struct cg g;
	pid_t pid;
	size_t i;
	int round;

	cg_make(&g, "cow64");
	cg_enter(&g);
	area_map(&a, n, PAT_COMP, 4);
	area_fill(&a);
	pid = MUST(fork());
	own = a;
	own.seed = a.seed + (pid ? 1 : 2);
	for (round = 0; round < 4; round++) {
		/* no more than there is: asked for that, the kernel tries in vain for seconds */
		for (i = 0; i < 10 && area_swapped(&a) < n; i++)
			cg_reclaim(&g, n / 4 * PG);
		check_side(&a, own.seed, mine);
		/* the parent's pages are others than the child's, but for some */
		for (i = round; i < n; i += pid ? 11 : 7) {
			area_fill_page(&own, i);
			mine[i] = true;
		}
		check_side(&a, own.seed, mine);
	}
	if (!pid)
		_exit(VST_PASS);
	vst_join(pid);
	area_try_pageout(&a);
	check_side(&a, own.seed, mine);
	area_free(&a);
	cg_leave();
}

/* A generation of children each forking on: the same slots through five levels. */
static void descend(const struct area *a, int depth)
{
	pid_t pid;

	if (!depth)
		return;
	pid = MUST(fork());
	if (!pid) {
		area_check_range(a, 0, a->n / 2);
		descend(a, depth - 1);
		area_check(a);
		_exit(VST_PASS);
	}
	area_advise(a, 0, a->n, MADV_PAGEOUT);
	vst_join(pid);
}

TEST(fork, generations, 0)
{
	struct area a;

	area_map(&a, 199, PAT_CZ, 0);
	area_fill(&a);
	area_pageout(&a);
	descend(&a, 5);
	area_check(&a);
	area_free(&a);
}

/* Processes killed in the middle of swapping leave nothing behind. */
TEST(exit, killed_while_swapping, T_ANY_CGROUP | T_MANY_EVENTS)
{
	static struct load cfg = { .pages = 1511, .pat = PAT_CZ, .cpu = -1, .forks = true };
	volatile uint64_t *ops = vst_shared(PG);
	uint64_t before;
	pid_t pid[3];
	int round, i;

	cfg.ops = ops;
	for (round = 0; round < 6 && trace_room(); round++) {
		before = *ops;
		for (i = 0; i < 3; i++)
			pid[i] = vst_spawn(load_run, &cfg);
		/* a slow machine takes long to fill their memory for the first time */
		POLL(60, "loads at work", *ops >= before + 5 || !trace_room());
		vst_msleep(60 + 50 * round);
		for (i = 0; i < 3; i++)
			vst_kill(pid[i]);
	}
	CHECK_GE(round, 3);
	/* children that the load forked are killed by nobody; they end by themselves */
	vst_msleep(300);
	if (vst_have_vswap)
		vst_settle();
}

/* Exit frees everything in one go, whatever backs it, in every state of the cache. */
TEST(exit, frees_all_backings, 0)
{
	const size_t n = 1301;
	struct snap s, b;
	struct area a;
	pid_t pid;

	snap_take(&s);
	pid = MUST(fork());
	if (!pid) {
		area_map(&a, n, PAT_CZ, 0);
		area_fill(&a);
		area_pageout(&a);
		area_check_range(&a, 0, n / 3);
		area_fill_page(&a, 7);
		_exit(VST_PASS);
	}
	vst_join(pid);
	snap_take(&b);
	if (!vst_have_vswap)
		return;
	CHECK_EQ(b.slots_used, s.slots_used);
	CHECK_EQ(snap_moved(&s, &b, ST_FREE, ST_NONE), n);
}
