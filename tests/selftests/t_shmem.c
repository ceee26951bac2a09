// SPDX-License-Identifier: GPL-2.0-or-later
/* tmpfs and shared anonymous memory through virtual slots. */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "harness.h"
#include "load.h"

/* Out and in: a shared page that comes back gives its slot back. */
TEST(shmem, evict_and_refault, T_ANY_CGROUP)
{
	const size_t n = 607;
	struct snap s, b, c, d;
	struct trace tr;
	struct area a;

	area_map_shared(&a, n, PAT_COMP, 0);
	area_fill(&a);
	snap_take(&s);
	trace_start(&tr);
	area_pageout(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_ZSWAP, n });
	area_check(&a);
	snap_take(&c);
	MOVES(&b, &c, { ST_ZSWAP, ST_NONE, n }, { ST_NONE, ST_FREE, n });
	area_free(&a);
	snap_take(&d);
	NO_MOVES(&c, &d);
	trace_stop(&tr);
	trace_check(&tr, &s, &d);
}

TEST(shmem, zero, 0)
{
	const size_t n = 409;
	struct snap s, b, c;
	struct area a;

	area_map_shared(&a, n, PAT_ZERO, 0);
	area_fill(&a);
	snap_take(&s);
	area_pageout(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_ZERO, n });
	area_check(&a);
	snap_take(&c);
	MOVES(&b, &c, { ST_ZERO, ST_FREE, n });
	area_free(&a);
}

/* A hole punched in a file whose pages are out frees exactly those slots. */
TEST(shmem, hole_punch, T_ANY_CGROUP)
{
	const size_t n = 503, hole = 101;
	struct snap s, b, c;
	struct area a;
	size_t i;

	area_map_shared(&a, n, PAT_COMP, 0);
	area_fill(&a);
	area_pageout(&a);
	snap_take(&s);
	area_advise(&a, 200, hole, MADV_REMOVE);
	snap_take(&b);
	MOVES(&s, &b, { ST_ZSWAP, ST_FREE, hole });
	area_check_range(&a, 0, 200);
	for (i = 200; i < 200 + hole; i++)
		CHECK_EQ(*(volatile uint64_t *)(a.p + i * PG), 0);
	area_check_range(&a, 200 + hole, n - 200 - hole);
	area_free(&a);
	snap_take(&c);
	if (vst_have_vswap)
		CHECK_EQ(c.slots_used, s.slots_used - n);
}

/* The file goes away while its pages are out. */
TEST(shmem, delete_while_out, 0)
{
	const size_t n = 701;
	struct snap s, b;
	struct area a;

	area_map_shared(&a, n, PAT_CZ, 0);
	area_fill(&a);
	area_pageout(&a);
	snap_take(&s);
	area_free(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_ZSWAP, ST_FREE, area_count(&a, PAT_COMP) },
	      { ST_ZERO, ST_FREE, area_count(&a, PAT_ZERO) });
}

/* The same file seen by two processes, written by one, out, read by the other. */
TEST(shmem, two_processes, 0)
{
	const size_t n = 307;
	struct area a;
	int round;
	pid_t pid;

	area_map_shared(&a, n, PAT_CZ, 0);
	area_fill(&a);
	for (round = 0; round < 5; round++) {
		area_pageout(&a);
		pid = MUST(fork());
		if (!pid) {
			area_check(&a);
			area_try_pageout(&a);
			_exit(VST_PASS);
		}
		vst_join(pid);
		area_check(&a);
	}
	area_free(&a);
}

/* A real tmpfs, a file written with write(), pushed out by the limit of the cgroup. */
TEST(shmem, file_over_limit, 0)
{
	const size_t n = 3001;
	uint64_t buf[PG / 8], got[PG / 8];
	struct snap s, b;
	struct cg g;
	size_t i;
	int fd;

	cg_make(&g, "tmpfs");
	cg_set(&g, "memory.max", "%d", 6 << 20);
	cg_enter(&g);
	mkdir("/tmp/vst-tmpfs", 0700);
	MUST(mount("none", "/tmp/vst-tmpfs", "tmpfs", 0, "size=64m"));
	fd = MUST(open("/tmp/vst-tmpfs/f", O_RDWR | O_CREAT | O_TRUNC, 0600));
	umount2("/tmp/vst-tmpfs", MNT_DETACH);	/* lives until the file is closed */
	snap_take(&s);
	for (i = 0; i < n; i++) {
		pattern_page(PAT_CZ, 42, i, buf);
		if (pwrite(fd, buf, PG, i * PG) != (ssize_t)PG)
			FAIL("write of page %zu: %s", i, strerror(errno));
	}
	snap_take(&b);
	if (vst_have_vswap)
		CHECK_GE(snap_moved(&s, &b, ST_FREE, ST_NONE), n / 3);
	for (i = 0; i < n; i++) {
		pattern_page(PAT_CZ, 42, i, buf);
		if (pread(fd, got, PG, i * PG) != (ssize_t)PG)
			FAIL("read of page %zu: %s", i, strerror(errno));
		if (memcmp(buf, got, PG))
			FAIL("page %zu of the file is wrong", i);
	}
	close(fd);
	cg_leave();
}

/* ---- large folios ----------------------------------------------------------------------- */

/*
 * Nothing takes what does not compress, and there is no device: it stays, in single pages
 * at worst, and the slots that were tried for it are free again.
 */
static void large_stays(int order, size_t folios)
{
	uint64_t fallback, split;
	struct snap s, b;
	struct area a;
	struct cg g;
	int i;

	if (!vst_have_vswap)
		SKIP("the base kernel swaps nothing out without a device");
	cg_make(&g, "large");
	cg_enter(&g);
	area_make_large(&a, folios, PAT_RAND, order, true);
	fallback = vst_mthp(order, "swpout_fallback");
	split = vst_mthp(order, "split");
	snap_take(&s);
	for (i = 0; i < 3; i++) {
		CHECK_EQ(area_try_pageout(&a), 0);
		area_check(&a);
	}
	snap_take(&b);
	/* each as a whole, and then page by page */
	CHECK_GE(snap_grew(&s, &b, "reject_incompressible"), 2 * a.n);
	CHECK_EQ(snap_moved(&s, &b, ST_NONE, ST_ZSWAP), 0);
	CHECK_EQ(b.slots_used, s.slots_used);
	CHECK_EQ(vst_mthp(order, "swpout_fallback") - fallback, folios);
	CHECK_EQ(vst_mthp(order, "split") - split, folios);
	CHECK_EQ(vst_folio_pages(a.p), 1);
	area_free(&a);
	cg_leave();
}

TEST(shmem, large_64k_stays, 0)
{
	large_stays(4, 37);
}

TEST(shmem, large_2m_stays, T_MANY_EVENTS)
{
	large_stays(9, 3);
}

/* A third of each folio compresses, a third is zero: these pages go, the others stay. */
TEST(shmem, large_mixed, 0)
{
	const size_t folios = 31;
	size_t goes;
	struct snap s, b;
	struct area a;
	struct cg g;
	int i;

	if (!vst_have_vswap)
		SKIP("the base kernel swaps nothing out without a device");
	cg_make(&g, "large");
	cg_enter(&g);
	area_make_large(&a, folios, PAT_MIXED, 4, true);
	goes = a.n - area_count(&a, PAT_RAND);
	snap_take(&s);
	/* reclaim takes the pieces of what it has split the next time it comes by */
	for (i = 0; i < 50 && area_swapped(&a) < goes; i++) {
		area_advise(&a, 0, a.n, MADV_PAGEOUT);
		vst_write("/proc/sys/vm/drop_caches", "1");
	}
	CHECK_EQ(area_swapped(&a), goes);
	snap_take(&b);
	CHECK_EQ(b.gauge[ST_ZSWAP] - s.gauge[ST_ZSWAP], area_count(&a, PAT_COMP));
	CHECK_EQ(b.gauge[ST_ZERO] - s.gauge[ST_ZERO], area_count(&a, PAT_ZERO));
	CHECK_EQ(b.slots_used - s.slots_used, goes);
	area_check(&a);
	area_free(&a);
	snap_take(&b);
	CHECK_EQ(b.slots_used, s.slots_used);
	cg_leave();
}

/* Random use by three processes for a moment. */
TEST(shmem, load, T_SMP | T_ANY_CGROUP | T_MANY_EVENTS)
{
	static struct load cfg = { .pages = 1019, .pat = PAT_CZ, .shared = true, .forks = true,
				   .cpu = -1, .seconds = 3 };
	pid_t pid[3];
	int i;

	for (i = 0; i < 3; i++)
		pid[i] = vst_spawn(load_run, &cfg);
	for (i = 0; i < 3; i++)
		vst_join(pid[i]);
}
