// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Read errors. They lose the pages that could not be read, by SIGBUS, and no others.
 * And errors of all kinds at random, with loads running.
 */
#include <fcntl.h>
#include <sys/wait.h>

#include "harness.h"
#include "load.h"

#define UNDER "/dev/ram9"

static void virt_only(struct cg *g)
{
	fix_cgroup(g);
	/* no neighbours: what is read is what is touched */
	vst_set("/proc/sys/vm/page-cluster", "0");
}

/* The same with a brd as the only device, whose requests can be made to fail. */
static void virt_brd(struct cg *g, struct dev *d, size_t pages)
{
	virt_only(g);
	dev_brd(d, 9, pages);
	dev_swapon(d, -1, 0);
}

/* Whether requests to it fail when requests do. */
static void may_fail(bool may)
{
	vst_set("/sys/block/ram9/make-it-fail", may ? "1" : "0");
}

/* @percent of the requests to it fail, at most @times, until requests_work(). */
static void requests_fail(unsigned int percent, long times)
{
	may_fail(true);
	inject("fail_make_request", percent, times, false);
}

static void requests_work(void)
{
	inject_off();
	may_fail(false);
}

/* Page @i of the device under dm-dust cannot be read, once that is enabled. */
static void bad_block(const char *name, uint64_t i)
{
	char msg[64];

	snprintf(msg, sizeof(msg), "addbadblock %llu", (unsigned long long)i);
	dm_message(name, msg);
}

/* A device on which reading the pages @bad[] of the area fails; all are out. */
static void out_with_bad(struct area *a, struct dev *d, struct cg *g, size_t n,
			 const size_t *bad, size_t nr_bad)
{
	struct trace tr;
	size_t i;

	virt_only(g);
	if (!vst_have_vswap)
		SKIP("needs the layer's events");
	dm_create(d, "dust", "dust", UNDER " 0 4096", UNDER);
	dev_mkswap(d, d->path, 8191);
	dev_swapon(d, -1, 0);
	area_map(a, n, PAT_RAND, 0);
	area_fill(a);
	trace_start(&tr);
	area_pageout(a);
	trace_stop(&tr);
	cg_drop_cache(g);
	for (i = 0; i < nr_bad; i++)
		bad_block("dust", trace_phys(&tr, area_slot(a, bad[i])));
	trace_free(&tr);
	dm_message("dust", "enable");
}

static const size_t some[] = { 3, 4, 101, 257, 400 };

static bool is_bad(size_t i)
{
	size_t k;

	for (k = 0; k < ARRAY_SIZE(some); k++)
		if (some[k] == i)
			return true;
	return false;
}

/* Every page is right, or it is one of those that cannot be read and gives SIGBUS. */
static void check_all_but_bad(const struct area *a)
{
	unsigned char c;
	size_t i;
	int sig;

	for (i = 0; i < a->n; i++) {
		sig = vst_probe(a->p + i * PG, &c);
		if (sig != (is_bad(i) ? SIGBUS : 0))
			FAIL("page %zu: signal %d", i, sig);
		if (!sig)
			area_check_range(a, i, 1);
	}
}

/* SIGBUS exactly for the pages that cannot be read; their backing is kept. */
TEST(error, read, 0)
{
	const size_t n = 503;
	struct area a;
	struct dev d;
	struct snap b;
	struct cg g;

	out_with_bad(&a, &d, &g, n, some, ARRAY_SIZE(some));
	check_all_but_bad(&a);
	check_all_but_bad(&a);
	snap_take(&b);
	CHECK_GE(b.gauge[ST_PHYS], ARRAY_SIZE(some));
	CHECK_EQ(b.gauge[ST_POISON], 0);
	CHECK(vst_verify());
	area_free(&a);
	fix_end(&d);
}

/* The error goes away (a cable is plugged in again): the data is there. */
TEST(error, read_recovers, 0)
{
	const size_t n = 307;
	const size_t bad[] = { 5, 77, 300 };
	unsigned char c;
	struct area a;
	struct dev d;
	struct cg g;
	size_t i;

	out_with_bad(&a, &d, &g, n, bad, ARRAY_SIZE(bad));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(vst_probe(a.p + bad[i] * PG, &c), SIGBUS);
	dm_message("dust", "disable");
	cg_forget_failures(&g);
	area_check(&a);
	area_free(&a);
	fix_end(&d);
}

/* swapoff with pages that cannot be read: it completes, exactly those are poisoned. */
TEST(error, swapoff_poisons, 0)
{
	const size_t n = 503;
	struct snap s, b, e;
	struct trace tr;
	struct area a;
	struct dev d;
	struct cg g;
	size_t i;
	uint64_t poisoned = 0;

	out_with_bad(&a, &d, &g, n, some, ARRAY_SIZE(some));
	knob_zswap(true);
	snap_take(&s);
	trace_start(&tr);
	CHECK_EQ(dev_swapoff(&d), 0);
	snap_take(&b);
	trace_stop(&tr);
	CHECK_EQ(b.gauge[ST_POISON], ARRAY_SIZE(some));
	CHECK_EQ(b.gauge[ST_PHYS], 0);
	CHECK_EQ(snap_moved(&s, &b, ST_PHYS, ST_POISON), ARRAY_SIZE(some));
	CHECK_EQ(trace_sum(&tr, ST_PHYS, ST_POISON, NULL, NULL), ARRAY_SIZE(some));
	for (i = 0; i < tr.nr; i++)
		if (!strcmp(tr.ev[i].name, "vswap_swapoff"))
			poisoned = event_num(&tr.ev[i], "poisoned");
	CHECK_EQ(poisoned, ARRAY_SIZE(some));
	CHECK(vst_verify());
	check_all_but_bad(&a);
	check_all_but_bad(&a);
	/* unmapping frees them like all others */
	area_free(&a);
	snap_take(&e);
	CHECK_EQ(e.gauge[ST_POISON], 0);
	CHECK_EQ(snap_moved(&b, &e, ST_POISON, ST_FREE), ARRAY_SIZE(some));
	cg_leave();
}

/*
 * A read failed once, for a fault, and would succeed now: what the fault left in the swap
 * cache says nothing about the device. swapoff reads again and loses nothing.
 */
TEST(error, swapoff_reads_again, 0)
{
	const size_t n = 307;
	const size_t bad[] = { 5, 6, 77, 300 };
	unsigned char c;
	struct snap s, b;
	struct area a;
	struct dev d;
	struct cg g;
	size_t i;

	out_with_bad(&a, &d, &g, n, bad, ARRAY_SIZE(bad));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(vst_probe(a.p + bad[i] * PG, &c), SIGBUS);
	dm_message("dust", "disable");
	knob_zswap(true);
	snap_take(&s);
	CHECK_EQ(dev_swapoff(&d), 0);
	snap_take(&b);
	CHECK_EQ(snap_grew(&s, &b, "swapoff_poisoned"), 0);
	CHECK_EQ(b.gauge[ST_POISON], 0);
	CHECK_EQ(b.gauge[ST_PHYS], 0);
	area_check(&a);
	area_free(&a);
	cg_leave();
}

/* Poisoned pages: fork copies them as such, MADV_DONTNEED heals, nothing writes them. */
TEST(error, poison_lives, 0)
{
	const size_t n = 211;
	const size_t bad[] = { 13, 14 };
	unsigned char c;
	struct snap b;
	struct area a;
	struct dev d;
	struct cg g;
	pid_t pid;

	out_with_bad(&a, &d, &g, n, bad, ARRAY_SIZE(bad));
	CHECK_EQ(dev_swapoff(&d), 0);
	pid = MUST(fork());
	if (!pid) {
		CHECK_EQ(vst_probe(a.p + 13 * PG, &c), SIGBUS);
		CHECK_EQ(vst_probe(a.p + 12 * PG, &c), 0);
		_exit(VST_PASS);
	}
	vst_join(pid);
	snap_take(&b);
	CHECK_EQ(b.gauge[ST_POISON], 2);
	area_advise(&a, 13, 1, MADV_DONTNEED);
	CHECK_EQ(*(volatile char *)(a.p + 13 * PG), 0);
	snap_take(&b);
	CHECK_EQ(b.gauge[ST_POISON], 1);
	knob_zswap(true);
	area_advise(&a, 0, n, MADV_PAGEOUT);
	CHECK_EQ(vst_probe(a.p + 14 * PG, &c), SIGBUS);
	area_check_range(&a, 15, n - 15);
	area_check_range(&a, 0, 13);
	area_free(&a);
	cg_leave();
}

/* A file descriptor of the file that shared memory is; whoever maps it may open it. */
static int area_file(const struct area *a)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (unsigned long)a->p,
		 (unsigned long)a->p + a->n * PG);
	return MUST(open(path, O_RDONLY | O_CLOEXEC));
}

/* The error that reading page @i of a file gives, or 0. */
static int errno_of(int fd, size_t i)
{
	char buf[PG];

	return pread(fd, buf, PG, i * PG) < 0 ? errno : 0;
}

/* tmpfs: reading a page that is lost is an error, the rest of the file is right. */
TEST(error, tmpfs_read, 0)
{
	const size_t n = 211;
	struct area a;
	struct dev d;
	struct cg g;
	size_t i, lost;

	virt_only(&g);
	dm_create(&d, "dust", "dust", UNDER " 0 4096", UNDER);
	dev_mkswap(&d, d.path, 8191);
	dev_swapon(&d, -1, 0);
	area_map_shared(&a, n, PAT_RAND, 0);
	area_fill(&a);
	area_advise(&a, 0, n, MADV_PAGEOUT);
	cg_drop_cache(&g);
	CHECK_EQ(area_swapped(&a), n);
	for (i = 40; i < 60; i++)
		bad_block("dust", i);
	dm_message("dust", "enable");
	lost = area_check_lost(&a);
	vst_note("%zu pages could not be read", lost);
	CHECK_GT(lost, 0);
	CHECK_LE(lost, 20);
	CHECK(!vst_have_vswap || vst_verify());
	area_free(&a);
	fix_end(&d);
}

/*
 * tmpfs, and swapoff while a part of the device cannot be read: those pages are lost, a
 * mapping gets SIGBUS for them and read() gets EIO, again and again; the rest is right.
 */
TEST(error, tmpfs_swapoff_poisons, 0)
{
	const size_t n = 211, first = 40, nr = 17;
	size_t i, lost = 0;
	uint64_t buf[PG / 8], want[PG / 8];
	unsigned char c;
	struct snap b;
	struct area a;
	struct dev d;
	struct cg g;
	int fd, round, sig;

	if (!vst_have_vswap)
		SKIP("swapoff of the base kernel fails");
	virt_only(&g);
	dm_create(&d, "dust", "dust", UNDER " 0 4096", UNDER);
	dev_mkswap(&d, d.path, 8191);
	dev_swapon(&d, -1, 0);
	area_map_shared(&a, n, PAT_RAND, 0);
	area_fill(&a);
	fd = area_file(&a);
	area_advise(&a, 0, n, MADV_PAGEOUT);
	cg_drop_cache(&g);
	CHECK_EQ(dev_used(&d), n);
	/* the allocator gives slots out in order, so these are in use */
	for (i = first; i < first + nr; i++)
		bad_block("dust", i);
	dm_message("dust", "enable");
	CHECK_EQ(dev_swapoff(&d), 0);
	snap_take(&b);
	CHECK_EQ(b.gauge[ST_POISON], nr);
	for (round = 0; round < 2; round++) {
		for (i = 0, lost = 0; i < n; i++) {
			ssize_t got = pread(fd, buf, PG, i * PG);

			sig = vst_probe(a.p + i * PG, &c);
			lost += !!sig;
			if (sig) {
				CHECK_EQ(sig, SIGBUS);
				CHECK(got < 0 && errno_of(fd, i) == EIO);
				continue;
			}
			CHECK_EQ(got, PG);
			pattern_page(a.pat, a.seed, i, want);
			CHECK(!memcmp(buf, want, PG));
			area_check_range(&a, i, 1);
		}
		CHECK_EQ(lost, nr);
	}
	CHECK(vst_verify());
	close(fd);
	area_free(&a);
	snap_take(&b);
	CHECK_EQ(b.gauge[ST_POISON], 0);
	cg_leave();
}

/* ---- injected by the kernel, at random ----------------------------------------------------- */

/*
 * Loads on a device whose requests fail at random: what cannot be read is SIGBUS and
 * counted; everything else is right.
 */
static void random_io_errors(unsigned int percent, bool zswap)
{
	const struct failures f = { { "fail_make_request" }, percent, 10000 };
	volatile uint64_t *lost = vst_shared(PG);
	struct load cfg[3] = {
		{ .pages = 1201, .pat = PAT_MIXED, .lost = lost },
		{ .pages = 997, .pat = PAT_RAND, .lost = lost },
		{ .pages = 801, .pat = PAT_COMP, .order = 4, .lost = lost },
	};
	struct snap s, b;
	long happened;
	struct dev d;
	struct cg g;

	virt_brd(&g, &d, 16383);
	knob_zswap(zswap);
	/* what zswap has no room for goes to the device, or is written back to it */
	if (zswap)
		cg_set(&g, "memory.zswap.max", "%d", 1 << 20);
	may_fail(true);
	snap_take(&s);
	happened = load_while_failing(cfg, 3, &f);
	may_fail(false);
	snap_take(&b);
	vst_note("%ld requests failed: %llu pages lost to read errors, %lld not written",
		 happened, (unsigned long long)*lost,
		 (long long)snap_grew(&s, &b, "write_errors"));
	CHECK_GT(happened, 0);
	if (vst_have_vswap)
		CHECK_GT(snap_grew(&s, &b, "write_errors") + *lost, 0);
	fix_end(&d);
}

TEST(error, random_requests_fail, T_INJECT | T_LONG | T_MANY_EVENTS)
{
	random_io_errors(5, false);
}

TEST(error, random_requests_fail_with_zswap, T_INJECT | T_LONG | T_MANY_EVENTS)
{
	random_io_errors(30, true);
}

/*
 * swapoff while a share of the reads fails: it completes, the rest is right. A page is lost
 * only when the request for a batch fails and then the one for the page: with 3 in 10
 * failing each time, a dozen batches do and a hundred pages of those.
 */
TEST(error, swapoff_random_errors, T_INJECT)
{
	const size_t n = 1501;
	size_t lost;
	struct snap b;
	struct area a;
	struct dev d;
	struct cg g;
	int err;

	virt_brd(&g, &d, 8191);
	area_out(&a, &g, n, PAT_RAND, 0);
	requests_fail(30, -1);
	err = dev_swapoff(&d);
	requests_work();
	CHECK_EQ(err, 0);
	snap_take(&b);
	lost = area_check_lost(&a);
	vst_note("%zu pages poisoned", lost);
	CHECK_GT(lost, 0);
	CHECK_EQ(lost, b.gauge[ST_POISON]);
	area_free(&a);
	cg_leave();
}

/*
 * Large folios read from a device as fast as memory, while a third of the reads fails:
 * SIGBUS meanwhile, and when the device is well again every page is there.
 */
TEST(error, large_reads_fail_and_recover, T_INJECT)
{
	const size_t n = 61 * 16;
	size_t failed = 0, i;
	unsigned char c;
	struct area a;
	struct dev d;
	struct cg g;

	virt_brd(&g, &d, 8191);
	area_map(&a, n, PAT_RAND, 4);
	area_fill(&a);
	area_push(&a, &g);
	requests_fail(30, -1);
	for (i = 0; i < n; i += 5)
		failed += vst_probe(a.p + i * PG, &c) == SIGBUS;
	requests_work();
	vst_note("%zu of %zu reads failed", failed, n / 5);
	CHECK_GT(failed, 0);
	CHECK(!vst_have_vswap || vst_verify());
	cg_forget_failures(&g);
	area_check(&a);
	area_free(&a);
	fix_end(&d);
}

/*
 * The same with large folios, read from a device as fast as memory: one request fails for
 * sixteen pages, and none of them is lost to a swapoff that can read them.
 */
TEST(error, swapoff_reads_again_64k, T_INJECT)
{
	const size_t n = 31 * 16;
	size_t failed = 0, i;
	struct snap s, b;
	unsigned char c;
	struct area a;
	struct dev d;
	struct cg g;

	virt_brd(&g, &d, 8191);
	area_out(&a, &g, n, PAT_RAND, 4);
	requests_fail(100, -1);
	for (i = 0; i < n; i += 64)
		failed += vst_probe(a.p + i * PG, &c) == SIGBUS;
	requests_work();
	CHECK_EQ(failed, (n + 63) / 64);
	knob_zswap(true);
	snap_take(&s);
	CHECK_EQ(dev_swapoff(&d), 0);
	snap_take(&b);
	CHECK_EQ(snap_grew(&s, &b, "swapoff_poisoned"), 0);
	CHECK_EQ(b.gauge[ST_POISON], 0);
	area_check(&a);
	area_free(&a);
	cg_leave();
}

/*
 * A large folio is in the swap cache without content, as one request for it failed, and
 * then one page in eight cannot be read. Only those are lost, not their neighbours.
 */
TEST(error, swapoff_loses_single_pages_64k, T_INJECT)
{
	const size_t n = 31 * 16;
	size_t lost, i;
	struct snap b;
	unsigned char c;
	struct area a;
	struct dev d;
	struct cg g;

	virt_brd(&g, &d, 8191);
	area_out(&a, &g, n, PAT_RAND, 4);
	requests_fail(100, -1);
	for (i = 0; i < n; i += 16)
		CHECK_EQ(vst_probe(a.p + i * PG, &c), SIGBUS);
	requests_work();
	/* a dozen failures at most: by folios, that would be nearly two hundred pages */
	requests_fail(12, 12);
	CHECK_EQ(dev_swapoff(&d), 0);
	requests_work();
	snap_take(&b);
	lost = area_check_lost(&a);
	vst_note("%zu pages lost", lost);
	CHECK_LE(lost, 12);
	CHECK_EQ(lost, b.gauge[ST_POISON]);
	area_free(&a);
	cg_leave();
}

/* ---- allocations that fail, with a device -------------------------------------------------- */

static void failing_alloc(const char *attr, unsigned int percent, bool zswap)
{
	const struct failures f = { { attr }, percent, 60 };
	struct load cfg[2] = {
		{ .pages = 701, .pat = PAT_MIXED },
		{ .pages = 509, .pat = PAT_RAND, .order = 4 },
	};
	long happened;
	struct dev d;
	struct cg g;

	virt_brd(&g, &d, 8191);
	knob_zswap(zswap);
	knob_zswap_param("shrinker_enabled", "Y");
	happened = load_while_failing(cfg, 2, &f);
	vst_note("%ld allocations failed", happened);
	CHECK_GT(happened, 0);
	fix_end(&d);
}

TEST(error, failslab_phys, T_INJECT | T_ALLOC_FAIL | T_LONG | T_MANY_EVENTS)
{
	failing_alloc("failslab", 2, false);
}

TEST(error, fail_page_alloc_writeback, T_INJECT | T_ALLOC_FAIL | T_LONG | T_MANY_EVENTS)
{
	failing_alloc("fail_page_alloc", 2, true);
}
