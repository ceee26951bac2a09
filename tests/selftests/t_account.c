// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Accounting against a model, through long random sequences of everything that changes
 * a backing: v2 swap.current and its kin, and v1 memory+swap.
 */
#include "harness.h"
#include "load.h"


#define PAGES	307

/* ---- random steps ----------------------------------------------------------------------- */

/* What the steps work on; areas and devices that are not there are left alone. */
struct world {
	struct area a, shm;
	/* version of each page's content; 0: never written, reads as zero */
	uint32_t ver[PAGES], shm_ver[PAGES];
	bool has_shm;
	struct dev second;	/* comes and goes */
	bool has_second, second_on;
	struct cg g, other;
	bool has_other;
	uint32_t now;
};

static uint64_t rng = 0x853c49e6748fea9bULL;

static uint64_t rnd(uint64_t below)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (rng >> 11) % below;
}

static void expected(const struct area *a, const uint32_t *ver, size_t i, uint64_t *buf)
{
	if (ver[i])
		pattern_page(a->pat, ver[i], i, buf);
	else
		memset(buf, 0, PG);
}

static void check_pages(const struct area *a, const uint32_t *ver, size_t first, size_t nr)
{
	uint64_t buf[PG / 8];
	size_t i;

	for (i = first; i < first + nr; i++) {
		expected(a, ver, i, buf);
		if (memcmp(a->p + i * PG, buf, PG))
			FAIL("page %zu of version %u is wrong", i, ver[i]);
	}
}

static void write_pages(const struct area *a, uint32_t *ver, uint32_t now, size_t first,
			size_t nr)
{
	uint64_t buf[PG / 8];
	size_t i;

	for (i = first; i < first + nr; i++) {
		ver[i] = now;
		expected(a, ver, i, buf);
		memcpy(a->p + i * PG, buf, PG);
	}
}

static void drop_pages(const struct area *a, uint32_t *ver, size_t first, size_t nr, int advice)
{
	area_advise(a, first, nr, advice);
	memset(ver + first, 0, nr * sizeof(*ver));
}

/* A child in another cgroup reads, writes and pushes out its copies, and ends. */
static void child_step(struct world *w, size_t first, size_t nr)
{
	pid_t pid = MUST(fork());

	if (!pid) {
		if (w->has_other)
			cg_enter(&w->other);
		check_pages(&w->a, w->ver, first, nr);
		write_pages(&w->a, w->ver, w->now + 1000000, first, nr / 2 + 1);
		area_advise(&w->a, first, nr, MADV_PAGEOUT);
		check_pages(&w->a, w->ver, first, nr);
		_exit(VST_PASS);
	}
	vst_join(pid);
	check_pages(&w->a, w->ver, first, nr);
}

/*
 * v1 has no limit of a cgroup for zswap, nothing asks it for reclaim, and the shrinker does
 * nothing there, as nobody counts what a cgroup has in zswap. But the pool can be full: the
 * next page that it refuses wakes the worker that makes room, and with a limit of nothing
 * it tries each entry. Returns when it has done so, or makes no progress.
 */
static void v1_writeback(struct world *w)
{
	double calm = vst_debug_kernel ? 0.3 : 0.03, since = vst_now();
	uint64_t left, last;

	area_advise(&w->a, 0, w->a.n, MADV_PAGEOUT);
	if (!vst_have_vswap)
		return;
	knob_zswap_param("max_pool_percent", "0");
	write_pages(&w->a, w->ver, w->now, 0, 3);
	area_advise(&w->a, 0, 3, MADV_PAGEOUT);
	for (last = vst_sysfs_slots("zswap"); last && vst_now() < since + calm; last = left) {
		vst_msleep(2);
		left = vst_sysfs_slots("zswap");
		if (left != last)
			since = vst_now();
	}
	knob_zswap_param("max_pool_percent", "20");
}

/* Compressed pages move to the devices: by the shrinker, and by the cgroup's limit. */
static void writeback_step(struct world *w)
{
	knob_zswap(true);
	if (vst_cgroup_v1) {
		v1_writeback(w);
		return;
	}
	knob_zswap_param("shrinker_enabled", "Y");
	cg_set(&w->g, "memory.zswap.max", "%llu", (unsigned long long)(8 + rnd(40)) * PG);
	cg_reclaim(&w->g, 64 * PG);
	area_advise(&w->a, 0, w->a.n, MADV_PAGEOUT);
	knob_zswap_param("shrinker_enabled", "N");
}

static void second_device_step(struct world *w)
{
	if (!w->has_second)
		return;
	if (w->second_on)
		CHECK_EQ(dev_swapoff(&w->second), 0);
	else
		dev_swapon(&w->second, rnd(10), 0);
	w->second_on = !w->second_on;
}

static void shm_step(struct world *w, size_t first, size_t nr)
{
	if (!w->has_shm)
		return;
	switch (rnd(5)) {
	case 0:
		write_pages(&w->shm, w->shm_ver, w->now, first, nr);
		break;
	case 1:
		check_pages(&w->shm, w->shm_ver, first, nr);
		break;
	case 2:
		drop_pages(&w->shm, w->shm_ver, first, nr, MADV_REMOVE);
		break;
	default:
		area_advise(&w->shm, first, nr, MADV_PAGEOUT);
		break;
	}
}

/* One random change. */
static void step(struct world *w)
{
	size_t first = rnd(w->a.n), nr = 1 + rnd(23);

	w->now++;
	if (nr > w->a.n - first)
		nr = w->a.n - first;
	switch (rnd(200)) {
	case 0 ... 49:
		area_advise(&w->a, first, nr, MADV_PAGEOUT);
		break;
	case 50 ... 64:
		drop_pages(&w->a, w->ver, first, nr, MADV_DONTNEED);
		break;
	case 65 ... 99:
		write_pages(&w->a, w->ver, w->now, first, nr);
		break;
	case 100 ... 134:
		check_pages(&w->a, w->ver, first, nr);
		break;
	case 135 ... 149:
		area_advise(&w->a, first, nr, MADV_WILLNEED);
		break;
	case 150 ... 164:
		/* the next pages take another way */
		knob_zswap(rnd(2));
		break;
	case 165 ... 189:
		shm_step(w, first, nr);
		break;
	case 190 ... 194:
		child_step(w, first, nr);
		break;
	case 195 ... 197:
		writeback_step(w);
		break;
	default:
		second_device_step(w);
		break;
	}
}

/*
 * The steps are for nothing if they do not change backings in every way that they can: each
 * kind of change, more than once. Pages that are zero stay so, and keep their slot until it
 * is freed.
 */
static void check_all_moves(const struct snap *s, const struct snap *b)
{
	static const struct { int from, to; } want[] = {
		{ ST_FREE, ST_NONE }, { ST_NONE, ST_FREE }, { ST_NONE, ST_ZERO },
		{ ST_ZERO, ST_FREE }, { ST_NONE, ST_ZSWAP }, { ST_ZSWAP, ST_NONE },
		{ ST_ZSWAP, ST_FREE }, { ST_NONE, ST_PHYS }, { ST_PHYS, ST_NONE },
		{ ST_PHYS, ST_FREE }, { ST_ZSWAP, ST_PHYS },
	};
	uint64_t nr;
	size_t i;

	vst_note("%llu pages written back",
		 (unsigned long long)snap_moved(s, b, ST_ZSWAP, ST_PHYS));
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		nr = snap_moved(s, b, want[i].from, want[i].to);
		if (nr < 10)
			FAIL("%s -> %s happened %llu times", vst_state_name[want[i].from],
			     vst_state_name[want[i].to], (unsigned long long)nr);
	}
}

/* ---- a model of the charges ----------------------------------------------------------------- */

/*
 * The events say what backs each slot and who owns it. From that, and nothing that the
 * kernel counted or charged, follows what a cgroup is charged now, was charged at most,
 * and how often it was refused.
 */
#define MODEL_SLOTS	(1UL << 20)

struct charges {
	uint64_t ino;
	uint64_t slots, phys, peak, refused;
};

struct model {
	uint8_t *state;		/* of each slot */
	uint8_t *owner;		/* index in who[], of slots in use */
	struct charges who[2];
};

static void model_init(struct model *m, const struct cg *g, const struct cg *other)
{
	memset(m, 0, sizeof(*m));
	m->state = mmap(NULL, 2 * MODEL_SLOTS, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	CHECK(m->state != MAP_FAILED);
	m->owner = m->state + MODEL_SLOTS;
	m->who[0].ino = cg_ino(g);
	m->who[1].ino = cg_ino(other);
}

static struct charges *model_who(struct model *m, uint64_t ino)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(m->who); i++)
		if (m->who[i].ino == ino)
			return &m->who[i];
	return NULL;
}

static void model_transition(struct model *m, const struct event *e)
{
	int from = event_state(e, "from"), to = event_state(e, "to");
	uint64_t slot = event_num(e, "slot"), end = slot + event_num(e, "nr");
	struct charges *c = model_who(m, event_num(e, "cgroup"));

	if (!c)
		return;
	for (; slot < end; slot++) {
		CHECK_LT(slot, MODEL_SLOTS);
		if (m->state[slot] != from)
			FAIL("slot %llu is %s by the last event, now it comes from %s",
			     (unsigned long long)slot, vst_state_name[m->state[slot]],
			     vst_state_name[from]);
		if (from == ST_FREE)
			m->owner[slot] = c - m->who;
		else if (m->owner[slot] != c - m->who)
			FAIL("slot %llu has another owner", (unsigned long long)slot);
		m->state[slot] = to;
		c->slots += (from == ST_FREE) - (to == ST_FREE);
		c->phys += (to == ST_PHYS) - (from == ST_PHYS);
		if (c->phys > c->peak)
			c->peak = c->phys;
	}
}

static void model_add(struct model *m, const struct trace *t)
{
	struct charges *c;
	size_t i;

	for (i = 0; i < t->nr; i++) {
		const struct event *e = &t->ev[i];

		if (!strcmp(e->name, "vswap_transition")) {
			model_transition(m, e);
		} else if (!strcmp(e->name, "vswap_reject") &&
			   !strcmp(event_str(e, "reason"), "phys_limit")) {
			c = model_who(m, event_num(e, "cgroup"));
			if (c)
				c->refused += event_num(e, "nr");
		}
	}
}

static void model_compare(const struct charges *c, const struct cg *g, size_t max, bool stat)
{
	CHECK_EQ(cg_read(g, "memory.swap.current") / PG, c->phys);
	CHECK_EQ(cg_read(g, "memory.swap.peak") / PG, c->peak);
	CHECK_LE(c->peak, max);
	CHECK_EQ(cg_key(g, "memory.swap.events", "max"), c->refused);
	CHECK_EQ(cg_key(g, "memory.swap.events", "fail"), c->refused);
	CHECK_EQ(cg_key(g, "memory.swap.events", "high"), 0);
	/* statistics of cgroups are up to two seconds late */
	if (stat)
		POLL(10, "memory.stat: vswap",
		     cg_key(g, "memory.stat", "vswap") / PG == c->slots);
}

/* v2: what is charged is what stands on the devices, at every step, and as the model says. */
TEST(account, v2_model, T_LONG | T_MANY_EVENTS)
{
	const int steps = 10000, round = 250;
	const size_t max = 211;
	static struct world w;
	struct snap s, b;
	struct model m;
	struct trace tr;
	struct dev d;
	int i;

	if (!vst_have_vswap)
		SKIP("the base kernel charges every slot");
	fix_brd(&w.g, &d, 1009);
	cg_make(&w.other, "other");
	dev_brd(&w.second, 1, 1013);
	w.has_second = w.has_other = w.has_shm = true;
	cg_set(&w.g, "memory.swap.max", "%zu", max * PG);
	cg_set(&w.g, "memory.swap.high", "%zu", max * PG);
	area_map(&w.a, PAGES, PAT_MIXED, 0);
	area_map_shared(&w.shm, PAGES, PAT_MIXED, 0);
	MUST(mlock(&w, sizeof(w)));
	model_init(&m, &w.g, &w.other);
	snap_take(&s);
	trace_start(&tr);
	for (i = 1; i <= steps; i++) {
		uint64_t phys, charged, used;

		step(&w);
		if (i % 1000 == 0)
			cg_reclaim(&w.g, 64 * PG);
		/* the debug kernel takes long for each file */
		if (vst_debug_kernel && i % 10)
			continue;
		phys = vst_sysfs_slots("phys");
		charged = cg_read(&w.g, "memory.swap.current") +
			  cg_read(&w.other, "memory.swap.current");
		used = dev_used(&d) + (w.second_on ? dev_used(&w.second) : 0);
		if (phys != charged / PG || phys != used)
			FAIL("step %d: %llu slots backed, %llu charged, %llu used", i,
			     (unsigned long long)phys, (unsigned long long)charged / PG,
			     (unsigned long long)used);
		if (i % round)
			continue;
		trace_stop(&tr);
		model_add(&m, &tr);
		trace_free(&tr);
		model_compare(&m.who[0], &w.g, max, i % 2000 == 0);
		model_compare(&m.who[1], &w.other, INT64_MAX, i % 2000 == 0);
		if (i % 2000 == 0)
			CHECK(vst_verify());
		trace_start(&tr);
	}
	vst_note("charged at most %llu of %zu, refused %llu times",
		 (unsigned long long)m.who[0].peak, max, (unsigned long long)m.who[0].refused);
	snap_take(&b);
	check_all_moves(&s, &b);
	CHECK_EQ(m.who[0].peak, max);
	CHECK_GT(m.who[0].refused, 0);
	CHECK_GT(m.who[1].peak, 0);
	area_free(&w.a);
	area_free(&w.shm);
	trace_stop(&tr);
	model_add(&m, &tr);
	model_compare(&m.who[0], &w.g, max, true);
	CHECK_EQ(m.who[0].phys, 0);
	CHECK_EQ(m.who[0].slots, 0);
	cg_leave();
}

/* ---- cgroup v1 ---------------------------------------------------------------------------- */

/*
 * v1: memory+swap minus memory is the number of pages that are out, whatever backs
 * them and however often that changes.
 */
TEST(account, v1_memsw_model, T_V1 | T_LONG | T_MANY_EVENTS)
{
	const int steps = 10000;
	static struct world w;
	uint64_t base_diff;
	struct snap s, b;
	struct dev d;
	struct cg g;
	int i;

	cg_make(&g, "memsw");
	cg_make(&w.other, "memsw-other");
	w.has_other = w.has_second = true;
	dev_brd(&w.second, 1, 1013);
	if (!vst_exists("/sys/fs/cgroup/memory/memory.memsw.usage_in_bytes"))
		SKIP("no memsw");
	cg_enter(&g);
	knob_vswap("always");
	dev_brd(&d, 0, 1009);
	dev_swapon(&d, -1, 0);
	area_map(&w.a, PAGES, PAT_MIXED, 0);
	w.g = g;
	base_diff = cg_read(&g, "memory.memsw.usage_in_bytes") -
		    cg_read(&g, "memory.usage_in_bytes");
	CHECK_EQ(base_diff, 0);
	snap_take(&s);
	for (i = 1; i <= steps; i++) {
		uint64_t mem, memsw;
		size_t out;
		int try;

		step(&w);
		/*
		 * Two files cannot be read at one instant, and the worker may be about to
		 * finish with its last page: agree within some tries.
		 */
		for (try = 0; try < 100; try++) {
			mem = cg_read(&g, "memory.usage_in_bytes");
			memsw = cg_read(&g, "memory.memsw.usage_in_bytes");
			out = area_uncached(&w.a);
			if (memsw - mem == out * PG)
				break;
			vst_msleep(1);
		}
		if (memsw - mem != out * PG)
			FAIL("step %d: memsw - mem is %lld pages, %zu are out", i,
			     (long long)(memsw - mem) / (long long)PG, out);
		if (!vst_have_vswap || i % 2000)
			continue;
		CHECK(vst_verify());
		/* statistics of cgroups are up to two seconds late */
		POLL(10, "memory.stat: vswap", cg_key(&g, "memory.stat", "vswap") == out * PG);
	}
	snap_take(&b);
	if (vst_have_vswap)
		check_all_moves(&s, &b);
	area_free(&w.a);
	CHECK_EQ(cg_read(&g, "memory.memsw.usage_in_bytes"),
		 cg_read(&g, "memory.usage_in_bytes"));
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	cg_leave();
}

/* v1: the basic moves, through zswap and through the device, with lockdep watching. */
TEST(account, v1_basic, T_V1)
{
	const size_t n = 601;
	uint64_t mem, memsw;
	struct area a;
	struct dev d;
	struct cg g;
	int round;

	cg_make(&g, "v1");
	cg_enter(&g);
	dev_brd(&d, 0, 4001);
	dev_swapon(&d, -1, 0);
	knob_vswap("always");
	area_map(&a, n, PAT_CZ, 0);
	for (round = 0; round < 4; round++) {
		knob_zswap(round & 1);
		area_fill(&a);
		area_pageout(&a);
		mem = cg_read(&g, "memory.usage_in_bytes");
		memsw = cg_read(&g, "memory.memsw.usage_in_bytes");
		CHECK_EQ(memsw - mem, n * PG);
		area_check(&a);
		CHECK_EQ(cg_read(&g, "memory.memsw.usage_in_bytes"),
			 cg_read(&g, "memory.usage_in_bytes"));
	}
	area_free(&a);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	cg_leave();
}

/* v1: no device, in-memory backings only. */
TEST(account, v1_no_device, T_V1)
{
	const size_t n = 997;
	struct snap s, b;
	struct trace tr;
	struct area a;
	struct cg g;

	if (!vst_have_vswap)
		return;
	cg_make(&g, "v1none");
	cg_enter(&g);
	area_map(&a, n, PAT_CZ, 0);
	area_fill(&a);
	snap_take(&s);
	trace_start(&tr);
	area_pageout(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_ZSWAP, area_count(&a, PAT_COMP) },
	      { ST_NONE, ST_ZERO, area_count(&a, PAT_ZERO) });
	CHECK_EQ(cg_read(&g, "memory.memsw.usage_in_bytes") -
		 cg_read(&g, "memory.usage_in_bytes"), n * PG);
	area_check(&a);
	trace_stop(&tr);
	/*
	 * The owner is on record here only while a page is out; events know it from the
	 * folio before and after. Not when the slot is freed later, as neither is there.
	 */
	trace_check_cgroup(&tr, cg_ino(&g));
	trace_free(&tr);
	area_free(&a);
	CHECK_EQ(cg_read(&g, "memory.memsw.usage_in_bytes"),
		 cg_read(&g, "memory.usage_in_bytes"));
	cg_leave();
}

/* v1: a memsw limit of three quarters of the data: enforced, by OOM, not passed. */
static void v1_fill(void *arg)
{
	const struct cg *g = arg;
	struct area a;

	cg_enter(g);
	area_map(&a, 6007, PAT_CZ, 0);
	area_fill(&a);
	area_check(&a);
}

TEST(account, v1_memsw_limit, T_V1 | T_MANY_EVENTS)
{
	struct cg g;
	int status;

	if (!vst_have_vswap)
		SKIP("needs a device");
	cg_make(&g, "v1lim");
	cg_set(&g, "memory.limit_in_bytes", "%d", 8 << 20);
	cg_set(&g, "memory.memsw.limit_in_bytes", "%d", 18 << 20);
	status = vst_wait(vst_spawn(v1_fill, &g));
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK_LE(cg_read(&g, "memory.memsw.max_usage_in_bytes"), 18 << 20);
	cg_set(&g, "memory.memsw.limit_in_bytes", "%d", 64 << 20);
	vst_join(vst_spawn(v1_fill, &g));
	POLL(5, "memsw back to nothing",
	     cg_read(&g, "memory.memsw.usage_in_bytes") ==
	     cg_read(&g, "memory.usage_in_bytes"));
}

/* v1: swap, fork, exit, cgroup removed while pages are out. */
TEST(account, v1_removed_while_owning, T_V1)
{
	const size_t n = 499;
	struct snap s, b;
	struct area a;
	struct cg g;
	int i;

	if (!vst_have_vswap)
		SKIP("needs a device");
	for (i = 0; i < 3; i++) {
		cg_make(&g, "v1dying");
		cg_enter(&g);
		area_map(&a, n, PAT_CZ, 0);
		area_fill(&a);
		area_pageout(&a);
		snap_take(&s);
		cg_leave();
		cg_remove(&g);
		area_check(&a);
		area_free(&a);
		snap_take(&b);
		if (vst_have_vswap)
			CHECK_EQ(b.slots_used, s.slots_used - n);
	}
}

/* v1: loads, devices that come and go, zswap on and off; in the end nothing is owed. */
TEST(account, v1_load, T_V1 | T_MANY_EVENTS)
{
	volatile int *stop = vst_shared(PG);
	struct load cfg[3] = {
		{ .pages = 1301, .pat = PAT_MIXED, .cpu = -1, .stop = stop, .forks = true },
		{ .pages = 1009, .pat = PAT_COMP, .cpu = -1, .stop = stop, .order = 4 },
		{ .pages = 701, .pat = PAT_CZ, .cpu = -1, .stop = stop, .shared = true },
	};
	double end = vst_now() + 6;
	pid_t pid[3];
	struct dev d;
	struct cg g;
	int i, round = 0;

	cg_make(&g, "v1load");
	knob_vswap("always");
	dev_brd(&d, 0, 30011);
	dev_swapon(&d, -1, 0);
	cg_enter(&g);
	vst_pin(-1);
	for (i = 0; i < 3; i++)
		pid[i] = vst_spawn(load_run, &cfg[i]);
	cg_leave();
	while (vst_more_rounds(end, round, 8)) {
		knob_zswap(round & 1);
		if (round++ % 4 == 3) {
			CHECK_EQ(dev_swapoff(&d), 0);
			dev_swapon(&d, -1, 0);
		}
		vst_msleep(20);
	}
	*stop = 1;
	for (i = 0; i < 3; i++)
		vst_join(pid[i]);
	vst_note("%d rounds", round);
	CHECK_GE(round, 8);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	POLL(5, "memsw back to nothing",
	     cg_read(&g, "memory.memsw.usage_in_bytes") ==
	     cg_read(&g, "memory.usage_in_bytes"));
}
