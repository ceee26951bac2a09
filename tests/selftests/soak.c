// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Soak: mixed loads for as long as wanted while everything that can be switched is
 * switched, devices come and go, CPUs too, and writes to one device fail; on the debug
 * kernel allocations and other requests as well. Ends with status 0 only if all data was
 * right all the time, verify says ok, no slot is left and the kernel had nothing to
 * complain about.
 *
 *	vswap-soak SECONDS [SEED]
 */
#include <sys/wait.h>
#include <time.h>

#include "harness.h"
#include "load.h"

#define WORKERS		6
#define DEVICES		4
/* The device whose writes fail now and then lies on this one. */
#define UNDER		"/dev/ram1"
/* How long one load process lives before its place is taken by the next, seconds. */
#define LIFE		25

struct worker {
	pid_t pid;
	struct load cfg;
	uint64_t seen;		/* its operations at the last look */
	double moved;		/* when they last grew */
};

static struct worker workers[WORKERS];
static struct dev devices[DEVICES];
static bool device_on[DEVICES];
static int nr_devices;
static struct cg group;
static volatile uint64_t *shared;	/* [0] lost pages, [1 + i] operations of worker i */
static volatile int *stop;
static uint64_t rng;
static bool faults;		/* the kernel can inject them */
static bool fragile;		/* there is a device whose writes can be made to fail */
static struct {
	uint64_t actions, started, oom, swapoffs, nomem;
	/* what the soak is for must have happened, see check_reach() */
	uint64_t swapons, modes, zswaps, limits, offline, compactions, faults;
} sum;

static uint64_t rnd(uint64_t below)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (rng >> 11) % below;
}

/* ---- loads ---------------------------------------------------------------------------- */

static void worker_run(void *arg)
{
	const struct worker *w = arg;

	cg_enter(&group);
	vst_write("/proc/self/oom_score_adj", "1000");
	load_run((void *)&w->cfg);
}

/* True if @pid is there to be waited for; it stays so. */
static bool has_ended(pid_t pid)
{
	siginfo_t si = { 0 };

	return !waitid(P_PID, pid, &si, WEXITED | WNOHANG | WNOWAIT) && si.si_pid == pid;
}

static void worker_start(int i)
{
	static const enum pat pats[] = { PAT_CZ, PAT_MIXED, PAT_COMP, PAT_RAND };
	static const int orders[] = { 0, 0, 4, 9 };
	struct worker *w = &workers[i];

	w->cfg = (struct load){
		.pages = 600 + rnd(2500), .pat = pats[rnd(4)], .order = orders[rnd(4)],
		.shared = rnd(4) == 0, .forks = rnd(2), .cpu = -1,
		.seconds = 5 + rnd(LIFE), .seed = rnd(1ULL << 60) + 1,
		.lost = faults ? shared : NULL, .stop = stop, .ops = shared + 1 + i,
	};
	w->seen = shared[1 + i];
	w->moved = vst_now();
	w->pid = vst_spawn(worker_run, w);
	sum.started++;
	/* where allocations are made to fail a process could not even start: let it */
	if (!faults)
		return;
	POLL(120, "start of a load", shared[1 + i] > w->seen || has_ended(w->pid));
}

/* True if the process of @w is gone; a failure of it ends the soak. */
static bool worker_gone(struct worker *w, bool block)
{
	int status;
	pid_t got = waitpid(w->pid, &status, block ? 0 : WNOHANG);

	if (got != w->pid)
		return false;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		sum.oom++;	/* its limit, while there was nowhere to go */
	else if (!WIFEXITED(status) || WEXITSTATUS(status))
		FAIL("a load ended with status %#x", status);
	return true;
}

static void show(const char *path)
{
	char buf[4000];

	if (vst_read(path, buf, sizeof(buf)) > 0)
		printf("# %s:\n%s\n", path, buf);
}

static void show_task(pid_t pid)
{
	static const char *const file[] = { "stat", "wchan", "stack" };
	char path[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(file); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, file[i]);
		show(path);
	}
}

/* Where the process of a load and its child are, a few times, and what limits them. */
static void explain(const struct worker *w)
{
	static const char *const of_cg[] = {
		"memory.current", "memory.max", "memory.swap.current", "memory.swap.max",
		"memory.zswap.current", "memory.zswap.max", "memory.events", "memory.swap.events",
		"memory.zswap.writeback",
	};
	char path[256], child[64];
	int round;
	size_t i;

	for (round = 0; round < 3; round++) {
		show_task(w->pid);
		snprintf(path, sizeof(path), "/proc/%d/task/%d/children", w->pid, w->pid);
		if (vst_read(path, child, sizeof(child)) > 0 && atoi(child))
			show_task(atoi(child));
		vst_msleep(500);
	}
	for (i = 0; i < ARRAY_SIZE(of_cg); i++) {
		snprintf(path, sizeof(path), "%s/%s", group.path, of_cg[i]);
		show(path);
	}
	show("/proc/swaps");
	show("/proc/loadavg");
	vst_write("/proc/sysrq-trigger", "w");
}

static void look_after_workers(void)
{
	int i;

	for (i = 0; i < WORKERS; i++) {
		struct worker *w = &workers[i];

		if (worker_gone(w, false)) {
			worker_start(i);
			continue;
		}
		if (shared[1 + i] != w->seen) {
			w->seen = shared[1 + i];
			w->moved = vst_now();
		} else if (vst_now() - w->moved > (vst_debug_kernel ? 180 : 90)) {
			explain(w);
			FAIL("a load does not get on");
		}
	}
}

/* ---- disturbance ------------------------------------------------------------------------ */

static void turn_vswap(void)
{
	static const char *const word[] = { "auto", "always", "never", "auto", "always" };

	knob_vswap(word[rnd(5)]);
	sum.modes++;
}

static void turn_zswap(void)
{
	static const char *const comp[] = { "lzo", "zstd", "lz4", "deflate" };

	sum.zswaps++;
	switch (rnd(5)) {
	case 0:
		knob_zswap(false);
		break;
	case 1:
		knob_zswap_param("compressor", comp[rnd(4)]);
		break;
	case 2:
		knob_zswap_param("shrinker_enabled", rnd(2) ? "Y" : "N");
		break;
	case 3:
		knob_zswap_param("max_pool_percent", rnd(3) ? "20" : "1");
		break;
	default:
		knob_zswap(true);
		break;
	}
}

static void turn_device(void)
{
	int i = rnd(nr_devices), err;

	if (!device_on[i]) {
		err = dev_try_swapon(&devices[i], rnd(4), rnd(2) ? DEV_DISCARD : 0);
		/* allocations may be failing */
		if (err && err != -ENOMEM)
			FAIL("swapon %s: %s", devices[i].path, strerror(-err));
		device_on[i] = !err;
		sum.swapons += !err;
		return;
	}
	err = dev_swapoff(&devices[i]);
	sum.swapoffs++;
	if (!err)
		device_on[i] = false;
	else if (err == -ENOMEM)
		sum.nomem++;
	else
		FAIL("swapoff %s: %s", devices[i].path, strerror(-err));
}

static void turn_limits(void)
{
	char val[32];

	sum.limits++;
	switch (rnd(4)) {
	case 0:
		snprintf(val, sizeof(val), "%llu", (unsigned long long)(rnd(8) << 20));
		cg_try_set(&group, "memory.zswap.max", val);
		break;
	case 1:
		snprintf(val, sizeof(val), "%llu", (unsigned long long)(rnd(30) + 1) << 20);
		cg_try_set(&group, "memory.swap.max", val);
		break;
	case 2:
		cg_try_set(&group, "memory.zswap.writeback", rnd(2) ? "1" : "0");
		break;
	default:
		cg_try_set(&group, "memory.zswap.max", "max");
		cg_try_set(&group, "memory.swap.max", "max");
		break;
	}
}

/* May fail: the kernel keeps a CPU that it needs, and allocations may be failing. */
static void turn_cpu(void)
{
	char path[80];
	int cpus = sysconf(_SC_NPROCESSORS_CONF), before = vst_cpus(), cpu;
	bool on = before < cpus && rnd(2);

	if (cpus < 2)
		return;
	cpu = 1 + rnd(cpus - 1);
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	if (!vst_write(path, on ? "1" : "0") && !on && vst_cpus() < before)
		sum.offline++;
}

static void compact(void)
{
	if (!vst_write("/proc/sys/vm/compact_memory", "1"))
		sum.compactions++;
}

static uint64_t write_errors(void)
{
	uint64_t nr = 0;

	if (vst_have_vswap && !vst_key(VSWAP_DEBUGFS "/stat", "write_errors", &nr))
		FAIL("no write_errors in stat");
	return nr;
}

/* For a while all writes to a device fail. No page may be lost by that. */
static void break_device(void)
{
	uint64_t before = write_errors();

	dm_flaky_break(UNDER);
	cg_reclaim(&group, 1 << 20);
	vst_msleep(150);
	dm_flaky_repair(UNDER);
	sum.faults += write_errors() - before;
}

static void turn_faults(void)
{
	static const char *const attr[] = { "failslab", "fail_page_alloc", "fail_make_request" };
	const char *which = attr[rnd(3)];
	long times = 20 + rnd(60);

	if (!faults || !rnd(4)) {
		if (fragile)
			break_device();
		return;
	}
	inject(which, 1 + rnd(4), times, false);
	vst_msleep(150);
	inject_off();
	sum.faults += times - inject_left(which);
}

/* Every kind of action in turn to begin with, however slow the machine is; then any. */
static void act(void)
{
	switch (sum.actions < 36 ? sum.actions % 12 : rnd(12)) {
	case 0: case 1:
		turn_vswap();
		break;
	case 2: case 3:
		turn_zswap();
		break;
	case 4: case 5: case 6:
		turn_device();
		break;
	case 7:
		turn_limits();
		break;
	case 8:
		turn_cpu();
		break;
	case 9:
		compact();
		break;
	case 10:
		cg_reclaim(&group, 4 << 20);
		break;
	default:
		turn_faults();
		break;
	}
	sum.actions++;
}

/* ---- from beginning to end ------------------------------------------------------------------ */

static void set_up(void)
{
	shared = vst_shared(PG);
	stop = vst_shared(PG);
	faults = vst_debug_kernel;
	cg_make(&group, "soak");
	cg_set(&group, "memory.max", "%d", 24 << 20);
	dev_brd(&devices[nr_devices++], 0, 9001);
	fragile = vst_exists("/dev/mapper/control");
	if (fragile)
		dm_flaky(&devices[nr_devices], UNDER);
	dev_mkswap(&devices[nr_devices], fragile ? devices[nr_devices].path : UNDER, 4001);
	nr_devices++;
	if (vst_exists("/sys/class/zram-control"))
		dev_zram(&devices[nr_devices++], 6001);
	if (dev_disk(&devices[nr_devices], 0, 0))
		nr_devices++;
	if (faults)
		vst_set("/sys/block/ram1/make-it-fail", "1");
}

static void report(double start)
{
	printf("# %4.0f s: %llu actions, %llu loads, %llu out of memory, %llu swapoffs (%llu without memory), %llu pages lost",
	       vst_now() - start, (unsigned long long)sum.actions,
	       (unsigned long long)sum.started, (unsigned long long)sum.oom,
	       (unsigned long long)sum.swapoffs, (unsigned long long)sum.nomem,
	       (unsigned long long)shared[0]);
	if (vst_have_vswap)
		printf(", slots: %llu zswap %llu zero %llu phys",
		       (unsigned long long)vst_sysfs_slots("zswap"),
		       (unsigned long long)vst_sysfs_slots("zero"),
		       (unsigned long long)vst_sysfs_slots("phys"));
	printf("\n");
}

static void all_cpus_on(void)
{
	char path[80];
	int cpu;

	for (cpu = 1; cpu < sysconf(_SC_NPROCESSORS_CONF); cpu++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
		vst_write(path, "1");
	}
}

/*
 * Nobody uses the device any more; children that a killed load had forked end by
 * themselves. A folio that was locked at the wrong moment keeps its slot in the swap cache
 * until reclaim finds it, as in the base kernel: let it, without limits in its way.
 */
static bool drained(const struct dev *d)
{
	double end = vst_now() + 60;

	cg_try_set(&group, "memory.swap.max", "max");
	cg_try_set(&group, "memory.zswap.max", "max");
	while (dev_used(d) && vst_now() < end) {
		vst_write("/proc/sys/vm/drop_caches", "1");
		cg_reclaim(&group, 256 * PG);
		vst_msleep(20);
	}
	return !dev_used(d);
}

static void wind_up(void)
{
	struct snap s;
	int i;

	inject_off();
	all_cpus_on();
	*stop = 1;
	for (i = 0; i < WORKERS; i++)
		if (!worker_gone(&workers[i], true))
			FAIL("wait: %s", strerror(errno));
	knobs_reset();
	for (i = 0; i < nr_devices; i++) {
		if (!device_on[i])
			continue;
		if (!drained(&devices[i]))
			FAIL("%zu pages left on %s", dev_used(&devices[i]), devices[i].path);
		CHECK_EQ(dev_swapoff(&devices[i]), 0);
	}
	cg_cleanup();
	dev_cleanup();
	if (vst_have_vswap) {
		CHECK(!vst_slots_leaked());
		CHECK(vst_verify());
		snap_take(&s);
		vst_check_sysfs();
	}
}

/*
 * What is left out, because a file has another name in this kernel, say, would go
 * unnoticed: after so many actions everything must have happened.
 */
static void check_reach(void)
{
	printf("# %llu modes, %llu zswap settings, %llu limits, %llu swapons, %llu CPUs off, %llu compactions, %llu injected failures\n",
	       (unsigned long long)sum.modes, (unsigned long long)sum.zswaps,
	       (unsigned long long)sum.limits, (unsigned long long)sum.swapons,
	       (unsigned long long)sum.offline, (unsigned long long)sum.compactions,
	       (unsigned long long)sum.faults);
	if (sum.actions < 40)
		return;
	CHECK_GT(sum.modes, 0);
	CHECK_GT(sum.zswaps, 0);
	CHECK_GT(sum.limits, 0);
	CHECK_GT(sum.swapons, 0);
	if (sum.actions > 200)
		CHECK_GT(sum.swapoffs, sum.nomem);
	CHECK_GT(sum.compactions, 0);
	if (sysconf(_SC_NPROCESSORS_CONF) > 1)
		CHECK_GT(sum.offline, 0);
	if ((faults && sum.actions > 200) || (fragile && vst_have_vswap && sum.actions > 400))
		CHECK_GT(sum.faults, 0);
}

int main(int argc, char **argv)
{
	double start, end, told;
	int i, bad;

	if (argc < 2 || argc > 3 || atof(argv[1]) <= 0) {
		fprintf(stderr, "usage: %s SECONDS [SEED]\n", argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IONBF, 0);
	vst_detect();
	mlockall(MCL_CURRENT | MCL_FUTURE);
	vst_write("/proc/self/oom_score_adj", "-1000");
	vst_log_open();
	rng = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)time(NULL);
	rng = rng * 0x9e3779b97f4a7c15ULL | 1;
	printf("TAP version 13\n1..1\n# seed %s, %s kernel, %d CPUs\n",
	       argc > 2 ? argv[2] : "from the clock", vst_debug_kernel ? "debug" : "release",
	       vst_cpus());
	knobs_reset();
	set_up();
	start = told = vst_now();
	end = start + atof(argv[1]);
	for (i = 0; i < WORKERS; i++)
		worker_start(i);
	while (vst_now() < end) {
		act();
		look_after_workers();
		vst_msleep(rnd(60));
		if (vst_now() - told < 15)
			continue;
		told = vst_now();
		report(start);
		if (vst_have_vswap)
			CHECK(vst_verify());
		CHECK_EQ(vst_log_check(T_ALLOC_FAIL), 0);
	}
	wind_up();
	check_reach();
	bad = vst_log_check(T_ALLOC_FAIL);
	report(start);
	printf("%sok 1 - soak of %s s\n", bad ? "not " : "", argv[1]);
	return bad != 0;
}
