// SPDX-License-Identifier: GPL-2.0-or-later
/* madvise() and its relatives on pages that are out, coming in, or going out. */
#include <sys/syscall.h>

#include "harness.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

static void out(struct area *a, size_t n, enum pat pat)
{
	area_map(a, n, pat, 0);
	area_fill(a);
	area_pageout(a);
}

TEST(madvise, dontneed, T_ANY_CGROUP)
{
	const size_t n = 523;
	struct snap s, b;
	struct area a;
	size_t i;

	out(&a, n, PAT_COMP);
	snap_take(&s);
	area_advise(&a, 0, n, MADV_DONTNEED);
	snap_take(&b);
	MOVES(&s, &b, { ST_ZSWAP, ST_FREE, n });
	for (i = 0; i < n; i++)
		CHECK_EQ(*(volatile uint64_t *)(a.p + i * PG), 0);
	area_free(&a);
}

/* MADV_FREE of swapped pages drops them at once. */
TEST(madvise, free_swapped, 0)
{
	const size_t n = 541;
	struct snap s, b;
	struct area a;
	size_t i;

	out(&a, n, PAT_CZ);
	snap_take(&s);
	area_advise(&a, 0, n, MADV_FREE);
	snap_take(&b);
	MOVES(&s, &b, { ST_ZSWAP, ST_FREE, area_count(&a, PAT_COMP) },
	      { ST_ZERO, ST_FREE, area_count(&a, PAT_ZERO) });
	for (i = 0; i < n; i++)
		CHECK_EQ(*(volatile uint64_t *)(a.p + i * PG), 0);
	area_free(&a);
}

/* MADV_FREE of pages in memory whose slots still exist, then pressure. */
TEST(madvise, free_cached, 0)
{
	const size_t n = 331;
	struct snap s, b;
	struct area a;
	size_t i;

	snap_take(&s);
	out(&a, n, PAT_COMP);
	area_check(&a);
	area_advise(&a, 0, n, MADV_FREE);
	area_try_pageout(&a);
	for (i = 0; i < n; i++) {
		uint64_t w = *(volatile uint64_t *)(a.p + i * PG);

		/* lazily freed: the old content or zero, never anything else */
		if (w && !area_page_ok(&a, i))
			FAIL("page %zu is neither old nor zero", i);
	}
	area_free(&a);
	snap_take(&b);
	if (vst_have_vswap)
		CHECK_EQ(b.slots_used, s.slots_used);
}

/* WILLNEED brings pages into the swap cache; touching them then reads nothing. */
TEST(madvise, willneed, T_ANY_CGROUP)
{
	const size_t n = 337;
	struct snap s, b, c;
	struct area a;

	out(&a, n, PAT_COMP);
	snap_take(&s);
	area_advise(&a, 0, n, MADV_WILLNEED);
	snap_take(&b);
	MOVES(&s, &b, { ST_ZSWAP, ST_NONE, n });
	if (vst_have_vswap)
		CHECK_EQ(snap_grew(&s, &b, "swapin_zswap"), n);
	CHECK_EQ(area_swapped(&a), n);	/* in the cache, not in the page table */
	area_check(&a);
	snap_take(&c);
	NO_MOVES(&b, &c);
	area_free(&a);
}

/* Brought into the cache and never touched: freed with the mapping. */
TEST(madvise, willneed_then_unmap, 0)
{
	const size_t n = 281;
	struct snap s, b;
	struct area a;

	snap_take(&s);
	out(&a, n, PAT_CZ);
	area_advise(&a, 0, n, MADV_WILLNEED);
	area_free(&a);
	if (!vst_have_vswap)
		return;
	POLL(5, "slots in the cache", vst_sysfs_slots("used") == s.slots_used);
	snap_take(&b);
	CHECK_EQ(b.slots_used, s.slots_used);
}

TEST(madvise, populate, 0)
{
	const size_t n = 401;
	struct snap s, b, c;
	struct area a;

	out(&a, n, PAT_COMP);
	snap_take(&s);
	area_advise(&a, 0, n, MADV_POPULATE_READ);
	snap_take(&b);
	MOVES(&s, &b, { ST_ZSWAP, ST_NONE, n });
	CHECK_EQ(area_swapped(&a), 0);
	area_pageout(&a);
	area_advise(&a, 0, n, MADV_POPULATE_WRITE);
	snap_take(&c);
	MOVES(&b, &c, { ST_NONE, ST_ZSWAP, n }, { ST_ZSWAP, ST_NONE, n });
	area_check(&a);
	area_free(&a);
}

/* Moving a mapping moves entries, not slots. */
TEST(madvise, mremap, 0)
{
	const size_t n = 307;
	struct snap s, b;
	struct area a;
	char *to;

	out(&a, n, PAT_CZ);
	to = mmap(NULL, n * PG, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(to != MAP_FAILED);
	snap_take(&s);
	CHECK(mremap(a.p, n * PG, n * PG, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	snap_take(&b);
	NO_MOVES(&s, &b);
	MUST(munmap(a.map, a.map_len));
	a.p = a.map = to;
	a.map_len = n * PG;
	area_check(&a);
	area_free(&a);
}

TEST(madvise, mlock_and_out_again, 0)
{
	const size_t n = 211;
	struct snap s, b;
	struct area a;

	out(&a, n, PAT_CZ);
	snap_take(&s);
	MUST(mlock(a.p, n * PG));
	CHECK_EQ(area_swapped(&a), 0);
	CHECK(madvise(a.p, n * PG, MADV_PAGEOUT) && errno == EINVAL);
	snap_take(&b);
	if (vst_have_vswap)
		CHECK_EQ(snap_grew(&s, &b, "swapin_zswap"), area_count(&a, PAT_COMP));
	MUST(munlock(a.p, n * PG));
	area_pageout(&a);
	area_check(&a);
	area_free(&a);
}

/* mprotect on entries, then faults of the wrong and of the right kind. */
TEST(madvise, mprotect, 0)
{
	const size_t n = 199;
	unsigned char c;
	struct area a;

	out(&a, n, PAT_COMP);
	MUST(mprotect(a.p, n * PG, PROT_NONE));
	CHECK_EQ(vst_probe(a.p + 5 * PG, &c), SIGSEGV);
	MUST(mprotect(a.p, n * PG, PROT_READ));
	area_check(&a);
	MUST(mprotect(a.p, n * PG, PROT_READ | PROT_WRITE));
	area_pageout(&a);
	area_fill(&a);
	area_check(&a);
	area_free(&a);
}

/* Reading through /proc/self/mem and process_madvise from another process. */
TEST(madvise, other_process_pages_out, T_MANY_EVENTS)
{
	const size_t n = 257;
	struct area a;
	struct iovec { void *base; size_t len; } iov;
	pid_t pid;
	int pfd, round;

	area_map(&a, n, PAT_CZ, 0);
	area_fill(&a);
	pid = MUST(fork());
	if (!pid) {
		for (round = 0; round < 60; round++) {
			area_check(&a);
			vst_msleep(5);
		}
		_exit(VST_PASS);
	}
	/* the pages are shared with the child: its own are made by writing there */
	pfd = MUST(syscall(SYS_pidfd_open, pid, 0));
	iov.base = a.p;
	iov.len = n * PG;
	for (round = 0; round < 30; round++) {
		syscall(SYS_process_madvise, pfd, &iov, 1, MADV_PAGEOUT, 0);
		area_fill(&a);
		area_try_pageout(&a);
		area_check(&a);
		vst_msleep(5);
	}
	vst_join(pid);
	close(pfd);
	area_free(&a);
}

/* Pages pinned by a pipe (vmsplice) while they are pushed out keep their content. */
TEST(madvise, pageout_of_busy_pages, 0)
{
	const size_t n = 61;
	struct area a;
	int round, fds[2];
	char buf[PG];

	area_map(&a, n, PAT_COMP, 0);
	area_fill(&a);
	MUST(pipe(fds));
	for (round = 0; round < 200; round++) {
		size_t i = round % n;
		struct iovec { void *base; size_t len; } iov = { a.p + i * PG, PG };
		uint64_t want[PG / 8];

		MUST(syscall(SYS_vmsplice, fds[1], &iov, 1UL, 0));
		area_try_pageout(&a);
		if (read(fds[0], buf, PG) != (ssize_t)PG)
			FAIL("pipe: %s", strerror(errno));
		pattern_page(PAT_COMP, a.seed, i, want);
		CHECK(!memcmp(buf, want, PG));
	}
	area_check(&a);
	area_free(&a);
}
