// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * swapoff of a device that backs virtual slots: idle, under load, with and without
 * somewhere to go, interrupted, again and again.
 */
#include <fcntl.h>
#include <sys/swap.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "harness.h"
#include "load.h"


static void start(struct cg *g, struct dev *d, size_t pages)
{
	fix_cgroup(g);
	if (!dev_disk(d, 0, pages))
		dev_brd(d, 0, pages);
	dev_swapon(d, -1, 0);
}

/*
 * Nobody uses the device any more. A folio that was locked at the wrong moment keeps its
 * slot in the swap cache until reclaim finds it, as in the base kernel.
 */
static void drains(const struct dev *d, const struct cg *g)
{
	POLL(20, "slots left on the device",
	     (vst_write("/proc/sys/vm/drop_caches", "1"), cg_reclaim(g, 256 * PG),
	      dev_used(d) == 0));
}

/* Idle: every slot of the device is left, no page is lost, the counters say how many. */
TEST(swapoff, idle, 0)
{
	const size_t n = 1013;
	uint64_t moved = 0, left = 1;
	struct snap s, b;
	struct trace tr;
	struct area a;
	struct dev d;
	struct cg g;
	size_t i;

	start(&g, &d, 8191);
	area_out(&a, &g, n, PAT_COMP, 0);
	knob_zswap(true);
	snap_take(&s);
	trace_start(&tr);
	CHECK_EQ(dev_swapoff(&d), 0);
	CHECK(!dev_listed(&d));
	snap_take(&b);
	trace_stop(&tr);
	CHECK_EQ(cg_read(&g, "memory.swap.current"), 0);
	if (vst_have_vswap) {
		CHECK_EQ(b.gauge[ST_PHYS], 0);
		CHECK_EQ(snap_moved(&s, &b, ST_PHYS, ST_NONE), n);
		CHECK_EQ(snap_grew(&s, &b, "swapoff_moved"), n);
		CHECK_EQ(trace_sum(&tr, ST_PHYS, ST_NONE, "swapoff", NULL), n);
		trace_check(&tr, &s, &b);
		for (i = 0; i < tr.nr; i++) {
			if (strcmp(tr.ev[i].name, "vswap_swapoff"))
				continue;
			moved = event_num(&tr.ev[i], "moved");
			left = event_num(&tr.ev[i], "left");
			CHECK_EQ(event_num(&tr.ev[i], "poisoned"), 0);
		}
		CHECK_EQ(moved, n);
		CHECK_EQ(left, 0);
		/* no page table was walked: the entries are still there */
		CHECK_EQ(area_swapped(&a), n);
	}
	area_check(&a);
	area_free(&a);
	cg_leave();
}

/* Pages that are cached, mapped, clean and still backed by the device. */
TEST(swapoff, cached_and_mapped, 0)
{
	const size_t n = 509;
	struct area a;
	struct dev d;
	struct cg g;

	start(&g, &d, 8191);
	area_out(&a, &g, n, PAT_CZ, 0);
	area_check_range(&a, 0, n / 2);
	area_advise(&a, n / 2, n / 4, MADV_WILLNEED);
	CHECK_EQ(dev_swapoff(&d), 0);
	CHECK(!vst_have_vswap || vst_verify());
	area_check(&a);
	area_free(&a);
	cg_leave();
}

/*
 * A page was changed in memory, and then that memory failed: what the device has is old.
 * swapoff must not bring it back to life.
 */
TEST(swapoff, of_what_memory_failure_lost, 0)
{
	const size_t n = 53, bad = 17;
	struct area a, own;
	struct snap s, b;
	unsigned char c;
	struct dev d;
	struct cg g;
	size_t i;

	fix_disk(&g, &d, 8191);
	area_out(&a, &g, n, PAT_COMP, 0);
	own = a;
	own.seed++;
	area_fill_page(&own, bad);
	area_break_memory(&a, bad);
	snap_take(&s);
	if (vst_have_vswap)
		CHECK_EQ(s.gauge[ST_PHYS], n);
	CHECK_EQ(dev_swapoff(&d), 0);
	snap_take(&b);
	if (vst_have_vswap) {
		CHECK_EQ(snap_grew(&s, &b, "swapoff_poisoned"), 1);
		CHECK_EQ(snap_grew(&s, &b, "swapoff_moved"), n - 1);
	}
	CHECK_EQ(vst_probe(a.p + bad * PG, &c), SIGBUS);
	for (i = 0; i < n; i++)
		if (i != bad)
			area_check_range(&a, i, 1);
	area_free(&a);
	cg_leave();
}

TEST(swapoff, large_folios, 0)
{
	struct area a, b;
	struct dev d;
	struct cg g;

	start(&g, &d, 16383);
	area_out(&a, &g, 31 * 16, PAT_RAND, 4);
	area_out(&b, &g, 2 * 512, PAT_COMP, 9);
	area_check_range(&a, 0, 16 * 7);
	CHECK_EQ(dev_swapoff(&d), 0);
	area_check(&a);
	area_check(&b);
	area_free(&a);
	area_free(&b);
	cg_leave();
}

TEST(swapoff, tmpfs, 0)
{
	const size_t n = 701;
	struct snap s, b;
	struct area a;
	struct dev d;
	struct cg g;

	start(&g, &d, 8191);
	area_map_shared(&a, n, PAT_CZ, 0);
	area_fill(&a);
	area_advise(&a, 0, n, MADV_PAGEOUT);
	cg_drop_cache(&g);
	CHECK_EQ(area_swapped(&a), n);
	snap_take(&s);
	if (vst_have_vswap)
		CHECK_EQ(s.gauge[ST_PHYS], area_count(&a, PAT_COMP));
	CHECK_EQ(dev_swapoff(&d), 0);
	snap_take(&b);
	CHECK_EQ(b.gauge[ST_PHYS], 0);
	area_check(&a);
	area_free(&a);
	cg_leave();
}

/* Entries of both kinds on one device: direct ones from before, virtual ones since. */
TEST(swapoff, direct_and_virtual, 0)
{
	const size_t n = 401;
	struct area direct, virt;
	struct dev d;
	struct cg g;

	start(&g, &d, 8191);
	knob_vswap("never");
	area_out(&direct, &g, n, PAT_COMP, 0);
	knob_vswap("always");
	area_out(&virt, &g, n, PAT_COMP, 0);
	CHECK_EQ(dev_used(&d), 2 * n);
	if (vst_have_vswap)
		CHECK_EQ(vst_sysfs_slots("phys"), n);
	CHECK_EQ(dev_swapoff(&d), 0);
	area_check(&direct);
	area_check(&virt);
	area_free(&direct);
	area_free(&virt);
	cg_leave();
}

/* The content of one device goes to another one that is still there. */
TEST(swapoff, to_another_device, 0)
{
	const size_t n = 3001;
	struct dev d, other;
	struct area a;
	struct cg g;

	start(&g, &d, 8191);
	area_out(&a, &g, n, PAT_RAND, 0);
	cg_set(&g, "memory.max", "%d", 4 << 20);
	dev_brd(&other, 1, 8191);
	dev_swapon(&other, -1, 0);
	CHECK_EQ(dev_swapoff(&d), 0);
	CHECK_GT(dev_used(&other), n / 2);
	CHECK_EQ(cg_key(&g, "memory.events", "oom_kill"), 0);
	area_check(&a);
	area_free(&a);
	CHECK_EQ(dev_used(&other), 0);
	cg_leave();
}

/*
 * Hold all but @keep bytes of the free memory, so that swapoff cannot use it. What was
 * just swapped out shows as available only little by little: look until it stays so.
 */
static void hold_memory(void *arg)
{
	size_t keep = *(size_t *)arg, held = 0, len;
	int calm = 0;
	uint64_t kb;
	char *p;

	cg_leave();
	vst_write("/proc/self/oom_score_adj", "-1000");
	while (calm < 5) {
		CHECK(vst_key("/proc/meminfo", "MemAvailable", &kb));
		if (kb * 1024 <= keep + (1 << 20)) {
			calm++;
			vst_msleep(50);
			continue;
		}
		calm = 0;
		len = kb * 1024 - keep;
		p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
		CHECK(p != MAP_FAILED);
		MUST(mlock(p, len));
		held += len;
	}
	if (!held)
		SKIP("not enough memory");
	vst_note("%zu MiB held", held >> 20);
	kill(getpid(), SIGSTOP);
	for (;;)
		pause();
}

static pid_t start_holder(size_t *keep)
{
	pid_t pid = vst_spawn(hold_memory, keep);
	int status;

	MUST(waitpid(pid, &status, WUNTRACED));
	if (WIFEXITED(status) && WEXITSTATUS(status) == VST_SKIP)
		SKIP("not enough memory");
	CHECK(WIFSTOPPED(status));
	return pid;
}

/* More on the device than memory is free, and zswap is the way out. */
TEST(swapoff, larger_than_memory_into_zswap, T_LONG | T_MANY_EVENTS)
{
	const size_t n = 16001;
	size_t keep = 32 << 20;
	struct area a;
	struct dev d;
	struct cg g;
	pid_t holder;
	double t;

	if (!vst_have_vswap)
		SKIP("the base kernel reads all of it into memory");
	start(&g, &d, 0);
	if (d.pages < n)
		SKIP("the disk is too small");
	area_out(&a, &g, n, PAT_COMP, 0);
	holder = start_holder(&keep);
	knob_zswap(true);
	t = vst_now();
	CHECK_EQ(dev_swapoff(&d), 0);
	vst_note("%zu pages in %.1f s", n, vst_now() - t);
	CHECK_EQ(vst_sysfs_slots("phys"), 0);
	CHECK_EQ(cg_key(&g, "memory.events", "oom_kill"), 0);
	vst_kill(holder);
	area_check(&a);
	area_free(&a);
	cg_leave();
}

/* No way out: -ENOMEM, nobody is killed, and the device goes on working. */
TEST(swapoff, no_way_out, T_LONG | T_ALLOC_FAIL | T_MANY_EVENTS)
{
	const size_t n = 16001;
	size_t keep = 24 << 20;
	struct area a;
	struct dev d;
	struct cg g;
	pid_t holder;
	uint64_t oom0, oom1;
	int err;

	if (!vst_have_vswap)
		SKIP("the base kernel wakes the OOM killer");
	start(&g, &d, 0);
	if (d.pages < n)
		SKIP("the disk is too small");
	area_out(&a, &g, n, PAT_RAND, 0);
	holder = start_holder(&keep);
	CHECK(vst_key("/proc/vmstat", "oom_kill", &oom0));
	err = dev_swapoff(&d);
	CHECK(vst_key("/proc/vmstat", "oom_kill", &oom1));
	vst_kill(holder);
	CHECK_EQ(err, -ENOMEM);
	CHECK_EQ(oom1, oom0);
	CHECK(dev_listed(&d));
	CHECK(vst_verify());
	/* the device works: read, write, and in the end swapoff */
	area_check(&a);
	area_fill(&a);
	area_pageout(&a);
	CHECK_GT(dev_used(&d), n / 2);
	area_check(&a);
	CHECK_EQ(dev_swapoff(&d), 0);
	area_check(&a);
	area_free(&a);
	cg_leave();
}

/* The owner's limit leaves no way out: the same. */
TEST(swapoff, no_way_out_in_cgroup, 0)
{
	const size_t n = 4001;
	struct area a;
	struct dev d;
	struct cg g;
	int err;

	if (!vst_have_vswap)
		SKIP("the base kernel wakes the OOM killer");
	start(&g, &d, 8191);
	area_out(&a, &g, n, PAT_RAND, 0);
	cg_set(&g, "memory.max", "%d", 5 << 20);
	cg_leave();
	err = dev_swapoff(&d);
	CHECK_EQ(cg_key(&g, "memory.events", "oom_kill"), 0);
	CHECK_EQ(err, -ENOMEM);
	CHECK(dev_listed(&d));
	CHECK(vst_verify());
	cg_set(&g, "memory.max", "max");
	area_check(&a);
	area_pageout(&a);
	area_check(&a);
	CHECK_EQ(dev_swapoff(&d), 0);
	area_free(&a);
}

static void on_signal(int sig)
{
	(void)sig;
}

/* A signal ends it with EINTR, the device goes on working, a second try completes. */
TEST(swapoff, interrupted, T_MANY_EVENTS)
{
	const size_t n = 12007;
	struct itimerval it = { .it_interval.tv_usec = 1000, .it_value.tv_usec = 1000 };
	struct itimerval none = { 0 };
	struct sigaction sa = { .sa_handler = on_signal };
	int err, interrupted = 0, tries;
	struct area a;
	struct dev d;
	struct cg g;

	if (!vst_have_vswap)
		SKIP("the base kernel looks at signals once per process");
	start(&g, &d, 0);
	if (d.pages < n)
		SKIP("the disk is too small");
	area_out(&a, &g, n, PAT_COMP, 0);
	sigaction(SIGALRM, &sa, NULL);
	for (tries = 0; tries < 10; tries++) {
		setitimer(ITIMER_REAL, &it, NULL);
		err = dev_swapoff(&d);
		setitimer(ITIMER_REAL, &none, NULL);
		if (!err)
			break;
		CHECK_EQ(err, -EINTR);
		interrupted++;
		CHECK(dev_listed(&d));
		CHECK(!vst_have_vswap || vst_verify());
		area_check_range(&a, tries * 100, 100);
	}
	CHECK_GT(interrupted, 0);
	if (err)
		CHECK_EQ(dev_swapoff(&d), 0);
	vst_note("interrupted %d times", interrupted);
	area_check(&a);
	area_free(&a);
	cg_leave();
}

/* Two devices at once: neither can take what the other one holds. */
struct off {
	const struct dev *d;
	int err;
};

static void off_one(void *arg)
{
	struct off *o = arg;

	vst_pin(-1);
	o->err = dev_swapoff(o->d);
}

/* What each of them returned is in @o. */
static void off_both(struct off *o, const struct dev *d)
{
	pid_t pid[2];
	int i;

	for (i = 0; i < 2; i++) {
		o[i].d = &d[i];
		pid[i] = vst_spawn(off_one, &o[i]);
	}
	for (i = 0; i < 2; i++)
		vst_join(pid[i]);
}

/* A disk, and memory, as slow and fast devices are taken away in other ways. */
static void make_both(struct cg *g, struct dev *d)
{
	fix_cgroup(g);
	if (!dev_disk(&d[0], 0, 8191))
		dev_brd(&d[0], 0, 8191);
	dev_brd(&d[1], 1, 8191);
}

/*
 * As many as fill whole clusters of a device, of which the first has a slot less. A processor
 * goes on with the cluster that it has begun, whatever the priority of the other device.
 */
#define BOTH_PAGES	(4 * 512 - 1)

/* Swap them on, and push an area of @n pages to each. */
static void fill_both(const struct cg *g, struct dev *d, struct area *a, size_t n)
{
	int i;

	vst_pin(0);
	for (i = 0; i < 2; i++) {
		dev_swapon(&d[i], 3 + i, 0);
		area_out(&a[i], g, n, PAT_RAND, 0);
		CHECK_EQ(dev_used(&d[i]), n);
	}
	vst_pin(-1);
}

/* There is memory enough: both end, and nothing is left on a device. */
TEST(swapoff, both_at_once, T_SMP | T_MANY_EVENTS)
{
	const size_t n = BOTH_PAGES;
	struct off *o = vst_shared(PG);
	struct area a[2];
	struct snap s, b;
	struct dev d[2];
	struct cg g;
	int i, round;

	make_both(&g, d);
	for (round = 0; round < 4; round++) {
		fill_both(&g, d, a, n);
		snap_take(&s);
		off_both(o, d);
		snap_take(&b);
		for (i = 0; i < 2; i++) {
			CHECK_EQ(o[i].err, 0);
			CHECK(!dev_listed(&d[i]));
		}
		CHECK_EQ(b.gauge[ST_PHYS], 0);
		/* some perhaps twice: to the other device before that stopped, and off again */
		if (vst_have_vswap) {
			vst_note("%lld moved", (long long)snap_grew(&s, &b, "swapoff_moved"));
			CHECK_GE(snap_grew(&s, &b, "swapoff_moved"), 2 * n);
		}
		CHECK_EQ(cg_read(&g, "memory.swap.current"), 0);
		for (i = 0; i < 2; i++) {
			area_check(&a[i]);
			area_free(&a[i]);
		}
	}
	cg_leave();
}

/*
 * The owner's limit leaves room for a part only: at least one of the two fails, both come to
 * an end, and what is there goes on working.
 */
TEST(swapoff, both_at_once_no_way_out, T_SMP | T_MANY_EVENTS)
{
	const size_t n = BOTH_PAGES;
	struct off *o = vst_shared(PG);
	struct area a[2];
	struct dev d[2];
	struct cg g;
	int i, failed = 0;

	if (!vst_have_vswap)
		SKIP("the base kernel wakes the OOM killer");
	make_both(&g, d);
	fill_both(&g, d, a, n);
	cg_set(&g, "memory.max", "%d", 5 << 20);
	cg_leave();
	off_both(o, d);
	CHECK_EQ(cg_key(&g, "memory.events", "oom_kill"), 0);
	CHECK(vst_verify());
	for (i = 0; i < 2; i++) {
		CHECK(!o[i].err || o[i].err == -ENOMEM);
		CHECK_EQ(dev_listed(&d[i]), o[i].err != 0);
		failed += o[i].err != 0;
	}
	vst_note("%d of 2 failed", failed);
	CHECK_GT(failed, 0);
	/* those that are left are read, written, and in the end taken away */
	cg_set(&g, "memory.max", "max");
	for (i = 0; i < 2; i++) {
		area_check(&a[i]);
		area_fill(&a[i]);
		area_pageout(&a[i]);
	}
	for (i = 0; i < 2; i++)
		area_check(&a[i]);
	for (i = 0; i < 2; i++)
		if (o[i].err)
			CHECK_EQ(dev_swapoff(&d[i]), 0);
	for (i = 0; i < 2; i++) {
		area_check(&a[i]);
		area_free(&a[i]);
	}
}

/* Two at once for the same device: one succeeds, the other is refused, none hangs. */
static void second_swapoff(void *arg)
{
	const struct dev *d = arg;
	int err;

	vst_pin(-1);
	err = dev_swapoff(d);
	CHECK(!err || err == -EINVAL || err == -EBUSY);
}

TEST(swapoff, twice_at_once, T_SMP | T_MANY_EVENTS)
{
	struct area a;
	struct dev d;
	struct cg g;
	pid_t pid;
	int err, i;

	start(&g, &d, 8191);
	for (i = 0; i < 4; i++) {
		area_out(&a, &g, 1501, PAT_COMP, 0);
		pid = vst_spawn(second_swapoff, &d);
		err = dev_swapoff(&d);
		CHECK(!err || err == -EINVAL || err == -EBUSY);
		vst_join(pid);
		CHECK(!dev_listed(&d));
		area_check(&a);
		area_free(&a);
		dev_swapon(&d, -1, 0);
	}
	cg_leave();
}

/* ---- under load ------------------------------------------------------------------------- */

/*
 * @procs loads in @g while two devices are taken away and given back in turn. Returns how
 * many pages zswap wrote back meanwhile, that is, while a swapoff went on.
 */
static uint64_t cycles_in(const struct cg *cg, const struct load *cfg, int procs,
			  double seconds, bool zswap)
{
	volatile int *stop = vst_shared(PG);
	double end = vst_now() + seconds;
	uint64_t before, during = 0;
	struct load mine[8];
	struct cg g = *cg;
	struct dev d[2];
	pid_t pid[8];
	int i, rounds = 0, failed = 0;

	knob_vswap("always");
	knob_zswap(zswap);
	if (!dev_disk(&d[0], 0, 30011))
		dev_brd(&d[0], 0, 30011);
	dev_brd(&d[1], 1, 30011);
	for (i = 0; i < 2; i++)
		dev_swapon(&d[i], 4 + i, 0);
	cg_enter(&g);
	vst_pin(-1);
	for (i = 0; i < procs; i++) {
		mine[i] = cfg[i];
		mine[i].stop = stop;
		mine[i].seconds = 0;
		pid[i] = vst_spawn(load_run, &mine[i]);
	}
	cg_leave();
	while (vst_more_rounds(end, rounds - failed, 3)) {
		struct dev *one = &d[rounds++ & 1];
		int err;

		before = vst_written_back();
		err = dev_swapoff(one);
		during += vst_written_back() - before;
		if (err) {
			CHECK_EQ(err, -ENOMEM);
			failed++;
		} else {
			CHECK(!dev_listed(one));
			dev_swapon(one, 4 + (rounds & 1), 0);
		}
		vst_msleep(50);
	}
	*stop = 1;
	for (i = 0; i < procs; i++)
		vst_join(pid[i]);
	vst_note("%d rounds of swapoff, %d without memory", rounds, failed);
	CHECK_GE(rounds - failed, 3);
	for (i = 0; i < 2; i++)
		drains(&d[i], &g);
	return during;
}

static void cycles(const struct load *cfg, int procs, double seconds, bool zswap)
{
	struct cg g;

	cg_make(&g, "cycles");
	cycles_in(&g, cfg, procs, seconds, zswap);
}

TEST(swapoff, under_load, T_MANY_EVENTS)
{
	static const struct load cfg[4] = {
		{ .pages = 1709, .pat = PAT_MIXED, .cpu = -1 },
		{ .pages = 1201, .pat = PAT_COMP, .cpu = -1, .order = 4 },
		{ .pages = 907, .pat = PAT_RAND, .cpu = -1 },
		{ .pages = 701, .pat = PAT_CZ, .cpu = -1, .shared = true },
	};

	cycles(cfg, 4, 6, false);
}

TEST(swapoff, under_load_with_zswap, T_MANY_EVENTS)
{
	static const struct load cfg[4] = {
		{ .pages = 1709, .pat = PAT_MIXED, .cpu = -1 },
		{ .pages = 1201, .pat = PAT_COMP, .cpu = -1, .order = 4 },
		{ .pages = 907, .pat = PAT_RAND, .cpu = -1 },
		{ .pages = 701, .pat = PAT_CZ, .cpu = -1, .shared = true },
	};

	cycles(cfg, 4, 6, true);
}

TEST(swapoff, against_forks, T_MANY_EVENTS)
{
	static const struct load cfg[3] = {
		{ .pages = 601, .pat = PAT_RAND, .cpu = -1, .forks = true },
		{ .pages = 503, .pat = PAT_COMP, .cpu = -1, .forks = true },
		{ .pages = 401, .pat = PAT_CZ, .cpu = -1, .forks = true, .order = 4 },
	};

	cycles(cfg, 3, 6, false);
}

static void exit_storm(void *arg)
{
	struct area a;

	(void)arg;
	vst_pin(-1);
	area_map(&a, 151, PAT_RAND, 0);
	area_fill(&a);
	area_advise(&a, 0, a.n, MADV_PAGEOUT);
	area_check_range(&a, 0, 50);
}

/* Processes that appear, swap and exit all the time. */
TEST(swapoff, against_exits, T_MANY_EVENTS)
{
	double end = vst_now() + 5;
	int rounds = 0, i, started = 0;
	pid_t pid[6] = { 0 };
	struct dev d;
	struct cg g;

	start(&g, &d, 16383);
	while (vst_more_rounds(end, rounds, 3)) {
		for (i = 0; i < 6; i++) {
			if (pid[i])
				vst_join(pid[i]);
			pid[i] = vst_spawn(exit_storm, NULL);
			started++;
			if (i == 3) {
				CHECK_EQ(dev_swapoff(&d), 0);
				dev_swapon(&d, -1, 0);
				rounds++;
			}
		}
	}
	for (i = 0; i < 6; i++)
		if (pid[i])
			vst_join(pid[i]);
	vst_note("%d processes, %d rounds of swapoff", started, rounds);
	CHECK_GE(rounds, 3);
	drains(&d, &g);
	cg_leave();
}

static volatile int *reclaim_stop;

/* Reclaim ages what is in zswap, until told to stop. */
static void reclaim_all_the_time(void *arg)
{
	const struct cg *g = arg;

	vst_pin(-1);
	while (!*reclaim_stop) {
		cg_reclaim(g, 1 << 20);
		vst_msleep(1);
	}
}

/* Writeback to the device that is being taken away, and to the one that stays. */
TEST(swapoff, against_writeback, T_MANY_EVENTS)
{
	static const struct load cfg[3] = {
		{ .pages = 1709, .pat = PAT_MIXED, .cpu = -1 },
		{ .pages = 1301, .pat = PAT_COMP, .cpu = -1 },
		{ .pages = 701, .pat = PAT_RAND, .cpu = -1, .order = 4 },
	};
	uint64_t during;
	struct snap s, b;
	struct cg g;
	pid_t pid;

	cg_make(&g, "cycles");
	knob_zswap_param("shrinker_enabled", "Y");
	/* what is stored beyond that pushes older pages to a device */
	cg_set(&g, "memory.zswap.max", "%d", 256 << 10);
	reclaim_stop = vst_shared(PG);
	snap_take(&s);
	pid = vst_spawn(reclaim_all_the_time, &g);
	during = cycles_in(&g, cfg, 3, 6, true);
	*reclaim_stop = 1;
	vst_join(pid);
	snap_take(&b);
	vst_note("%llu pages written back, %llu during swapoff",
		 (unsigned long long)(b.zswpwb - s.zswpwb), (unsigned long long)during);
	CHECK_GT(during, 0);
	if (vst_have_vswap)
		CHECK_EQ(snap_moved(&s, &b, ST_ZSWAP, ST_PHYS), b.zswpwb - s.zswpwb);
}

/* The time does not depend on page tables: 16 processes share the device. */
TEST(swapoff, many_processes, T_MANY_EVENTS)
{
	volatile int *go = vst_shared(PG);
	pid_t pid[16];
	struct dev d;
	struct cg g;
	double t;
	int i;

	start(&g, &d, 30011);
	for (i = 0; i < 16; i++) {
		pid[i] = MUST(fork());
		if (!pid[i]) {
			struct area a;

			mlockall(MCL_CURRENT);
			area_map(&a, 401, PAT_COMP, 0);
			area_fill(&a);
			area_pageout(&a);
			__atomic_add_fetch(go, 1, __ATOMIC_SEQ_CST);
			/* rarely: on the debug kernel 16 that look every 5 ms leave no time */
			while (*go < 100)
				vst_msleep(100);
			area_check(&a);
			_exit(VST_PASS);
		}
	}
	POLL(60, "16 processes out", *go == 16);
	cg_drop_cache(&g);
	CHECK_EQ(dev_used(&d), 16 * 401);
	knob_zswap(true);
	t = vst_now();
	CHECK_EQ(dev_swapoff(&d), 0);
	vst_note("%d pages of 16 processes in %.2f s", 16 * 401, vst_now() - t);
	*go = 100;
	for (i = 0; i < 16; i++)
		vst_join(pid[i]);
	cg_leave();
}
