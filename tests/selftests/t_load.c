// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processors and growth: many CPUs in the same cgroup, CPUs that come and go, the
 * address space growing across clusters and pages of descriptors.
 */
#include "harness.h"
#include "load.h"


/* ---- many processors --------------------------------------------------------------------- */

static void hammer(int procs, double seconds, bool same_cgroup)
{
	volatile uint64_t *ops = vst_shared(PG);
	struct load cfg[8];
	struct cg g;
	pid_t pid[8];
	int i, cpus = vst_cpus();

	if (same_cgroup) {
		cg_make(&g, "hammer");
		cg_set(&g, "memory.max", "%d", 16 << 20);
		cg_enter(&g);
	}
	for (i = 0; i < procs; i++) {
		cfg[i] = (struct load){
			.pages = 1499 + 2 * i, .pat = i % 3 ? PAT_CZ : PAT_COMP,
			.order = i % 2 ? 4 : 0, .cpu = i % cpus, .forks = i % 2,
			.seconds = seconds, .ops = ops + i,
		};
		pid[i] = vst_spawn(load_run, &cfg[i]);
	}
	for (i = 0; i < procs; i++)
		vst_join(pid[i]);
	/* Nobody starves; how much each gets done is a matter of the machine. */
	for (i = 0; i < procs; i++)
		CHECK_GT(ops[i], vst_debug_kernel ? 0 : 5);
	if (same_cgroup)
		cg_leave();
}

TEST(hammer, two_cpus_one_cgroup, T_SMP | T_MANY_EVENTS)
{
	hammer(2, 4, true);
}

TEST(hammer, four_tasks_one_cgroup, T_SMP | T_MANY_EVENTS)
{
	hammer(4, 5, true);
}

TEST(hammer, four_tasks_no_limit, T_SMP | T_ANY_CGROUP | T_MANY_EVENTS)
{
	hammer(4, 4, false);
}

/* All fault the same shared, swapped pages at the same time: each is read once. */
static void race_reader(void *arg)
{
	volatile int *go = *(volatile int **)arg;
	struct area *a = *(struct area **)((char *)arg + sizeof(void *));

	vst_pin(-1);
	while (!*go)
		;
	area_check(a);
}

TEST(hammer, same_fault_at_once, T_SMP)
{
	const size_t n = 499;
	volatile int *go = vst_shared(PG);
	struct area a;
	struct { volatile int *go; struct area *a; } arg = { go, &a };
	struct snap s, b;
	pid_t pid[4];
	int i, round;

	area_map_shared(&a, n, PAT_CZ, 0);
	area_fill(&a);
	for (round = 0; round < 5; round++) {
		/* mapped here, or MADV_PAGEOUT would not see what the readers brought in */
		area_check(&a);
		area_pageout(&a);
		*go = 0;
		for (i = 0; i < 4; i++)
			pid[i] = vst_spawn(race_reader, &arg);
		vst_msleep(20);
		snap_take(&s);
		*go = 1;
		for (i = 0; i < 4; i++)
			vst_join(pid[i]);
		snap_take(&b);
		if (vst_have_vswap)
			CHECK_EQ(snap_grew(&s, &b, "swapin_zswap"), area_count(&a, PAT_COMP));
	}
	area_free(&a);
}

/* ---- processors that come and go ------------------------------------------------------------ */

static void cpu_online(int cpu, bool on)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	if (!vst_exists(path))
		SKIP("cpu%d cannot be taken offline", cpu);
	vst_set(path, "%d", on);
}

TEST(hotplug, cpu_under_load, T_SMP | T_MANY_EVENTS)
{
	volatile int *stop = vst_shared(PG);
	struct load cfg[3] = {
		{ .pages = 1301, .pat = PAT_CZ, .cpu = -1, .forks = true, .stop = stop },
		{ .pages = 1097, .pat = PAT_COMP, .cpu = -1, .order = 4, .stop = stop },
		{ .pages = 887, .pat = PAT_CZ, .cpu = -1, .shared = true, .stop = stop },
	};
	double end = vst_now() + 5;
	int cpus = vst_cpus(), rounds = 0, i;
	pid_t pid[3];

	for (i = 0; i < 3; i++)
		pid[i] = vst_spawn(load_run, &cfg[i]);
	while (vst_more_rounds(end, rounds, 3)) {
		cpu_online(1 + rounds % (cpus - 1), false);
		vst_msleep(30);
		cpu_online(1 + rounds % (cpus - 1), true);
		vst_msleep(30);
		rounds++;
	}
	*stop = 1;
	for (i = 0; i < 3; i++)
		vst_join(pid[i]);
	vst_note("%d rounds", rounds);
	CHECK_GE(rounds, 3);
	CHECK_EQ(vst_cpus(), cpus);
}

/* Counters of a CPU that is gone are not lost. */
TEST(hotplug, counters_survive, T_SMP)
{
	const size_t n = 307;
	struct snap s, b;
	struct area a;

	vst_pin(1);
	area_map(&a, n, PAT_COMP, 0);
	area_fill(&a);
	snap_take(&s);
	area_pageout(&a);
	vst_pin(0);
	cpu_online(1, false);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_ZSWAP, n });
	area_check(&a);
	area_free(&a);
	cpu_online(1, true);
}

/* ---- growth ------------------------------------------------------------------------------------ */

/*
 * Zero pages cost no memory once out: push out one range after the other until more
 * slots are in use than the device could hold when it began.
 */
static void grow_by(size_t more, struct area *a)
{
	const size_t step = 2048;
	struct snap s;
	size_t i, n;

	snap_take(&s);
	n = snap_stat(&s, "capacity") - s.slots_used + more;
	area_map(a, n, PAT_ZERO, 0);
	a->seed = 0;
	for (i = 0; i < n; i += step) {
		struct area part = *a;
		size_t k;

		part.p = a->p + i * PG;
		part.n = n - i < step ? n - i : step;
		/* written, or there would be no page to swap */
		for (k = 0; k < part.n; k++)
			*(volatile char *)(part.p + k * PG) = 0;
		area_pageout(&part);
	}
}

TEST(grow, one_page_of_descriptors, T_MANY_EVENTS)
{
	struct snap s, b, c;
	struct trace tr;
	uint64_t clusters = 0, total = 0;
	struct area a;
	size_t i;

	if (!vst_have_vswap)
		return;
	snap_take(&s);
	trace_start_event(&tr, "vswap_grow");
	grow_by(1009, &a);
	snap_take(&b);
	trace_stop(&tr);
	CHECK_GT(snap_grew(&s, &b, "capacity"), 0);
	CHECK_GT(snap_grew(&s, &b, "clusters"), 0);
	CHECK_EQ(snap_grew(&s, &b, "capacity"), snap_grew(&s, &b, "clusters") * 512);
	for (i = 0; i < tr.nr; i++) {
		if (strcmp(tr.ev[i].name, "vswap_grow"))
			continue;
		clusters += event_num(&tr.ev[i], "clusters");
		total = event_num(&tr.ev[i], "total");
	}
	CHECK_EQ(clusters, snap_grew(&s, &b, "clusters"));
	CHECK_EQ(total, snap_stat(&b, "clusters"));
	/* a descriptor is 64 bytes for 2 MiB; tables of zero slots are the base kernel's */
	vst_note("metadata %lld bytes for %lld slots",
		 (long long)snap_grew(&s, &b, "metadata_bytes"),
		 (long long)(b.slots_used - s.slots_used));
	CHECK_EQ(a.p[5 * PG], 0);
	area_free(&a);
	snap_take(&c);
	CHECK_EQ(c.slots_used, s.slots_used);
	/* what is populated stays, and is used again before anything grows */
	CHECK_EQ(snap_stat(&c, "capacity"), snap_stat(&b, "capacity"));
}

/* Used again: no growth while there are free clusters. */
TEST(grow, reuse_before_growth, T_MANY_EVENTS)
{
	struct snap s, b;
	struct area a;
	int round;

	if (!vst_have_vswap)
		return;
	for (round = 0; round < 4; round++) {
		area_map(&a, 4001, PAT_CZ, 0);
		area_fill(&a);
		area_pageout(&a);
		if (!round)
			snap_take(&s);
		area_free(&a);
	}
	snap_take(&b);
	CHECK_EQ(snap_stat(&b, "capacity"), snap_stat(&s, "capacity"));
}

/* Folios of 2 MiB need clusters of their own: growth by large allocations. */
TEST(grow, pmd_size, 0)
{
	const size_t n = 7 * 512;
	struct snap s, b;
	struct area a;

	area_map(&a, n, PAT_CZ, 9);
	area_fill(&a);
	snap_take(&s);
	area_pageout(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_ZSWAP, n });
	area_check(&a);
	area_free(&a);
}
