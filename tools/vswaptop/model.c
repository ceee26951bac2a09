// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * model.c - the tables of struct model: rows, rates, derived figures
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model.h"
#include "util.h"

const char *const state_name_default[NR_STATES] = {
	"free", "none", "zero", "zswap", "phys", "poison",
};

const char *const level_name[NR_LEVELS] = {
	"unprivileged", "counters", "events", "full", "tracefile",
};

const char *const evc_name[NR_EV] = {
	"out_zero", "out_zswap", "out_phys",
	"in_zero", "in_zswap", "in_phys", "in_other",
	"writeback", "alloc", "free", "reject", "other",
};

const struct metric_desc metric_desc[NR_METRICS] = {
	[M_SLOTS_USED] = { "slots_used", MK_PAGES, "virtual slots in use" },
	[M_SLOTS_NONE] = { "slots_none", MK_PAGES, "slots whose only copy is a page in memory" },
	[M_SLOTS_ZERO] = { "slots_zero", MK_PAGES, "slots of zero-filled pages" },
	[M_SLOTS_ZSWAP] = { "slots_zswap", MK_PAGES, "slots compressed in memory" },
	[M_SLOTS_PHYS] = { "slots_phys", MK_PAGES, "slots on a swap device" },
	[M_SLOTS_POISON] = { "slots_poison", MK_PAGES, "slots whose content is lost" },
	[M_CAPACITY] = { "capacity", MK_PAGES, "slots the virtual device has grown to" },
	[M_CLUSTERS] = { "clusters", MK_COUNT, "clusters in use" },
	[M_TABLES] = { "tables", MK_COUNT, "virtual tables allocated" },
	[M_METADATA] = { "metadata_bytes", MK_BYTES, "memory spent on describing slots" },
	[M_SWAPIN_NONE] = { "swapin_none", MK_COUNTER, "swap-ins without a backing" },
	[M_SWAPIN_ZERO] = { "swapin_zero", MK_COUNTER, "zero-filled pages swapped in" },
	[M_SWAPIN_ZSWAP] = { "swapin_zswap", MK_COUNTER, "pages swapped in from zswap" },
	[M_SWAPIN_PHYS] = { "swapin_phys", MK_COUNTER, "pages swapped in from a device" },
	[M_SWAPIN_POISON] = { "swapin_poison", MK_COUNTER, "faults on lost pages" },
	[M_SWAPOFF_MOVED] = { "swapoff_moved", MK_COUNTER, "slots moved off a device by swapoff" },
	[M_SWAPOFF_POISONED] = { "swapoff_poisoned", MK_COUNTER,
				 "slots lost to read errors in swapoff" },
	[M_OUT] = { "out", MK_COUNTER, "pages swapped out, any backing" },
	[M_OUT_ZERO] = { "out_zero", MK_COUNTER, "pages that became zero slots" },
	[M_OUT_ZSWAP] = { "out_zswap", MK_COUNTER, "pages stored in zswap" },
	[M_OUT_PHYS] = { "out_phys", MK_COUNTER, "pages written to a device directly" },
	[M_IN] = { "in", MK_COUNTER, "pages swapped in, any backing" },
	[M_WB] = { "writeback", MK_COUNTER, "pages moved from zswap to a device" },
	[M_ALLOC] = { "allocated", MK_COUNTER, "virtual slots allocated" },
	[M_FREED] = { "freed", MK_COUNTER, "virtual slots freed" },
	[M_REJECT] = { "rejected", MK_COUNTER, "slots or backings refused, all reasons" },
	[M_MEM_TOTAL] = { "mem_total", MK_BYTES, "memory of the machine" },
	[M_MEM_AVAILABLE] = { "mem_available", MK_BYTES, "memory available without swapping" },
	[M_SWAP_TOTAL] = { "swap_total", MK_BYTES, "size of the swap devices" },
	[M_SWAP_FREE] = { "swap_free", MK_BYTES, "free space on the swap devices" },
	[M_SWAP_DIRECT] = { "swap_direct", MK_BYTES, "on swap devices without a virtual slot" },
	[M_SWAP_CACHED] = { "swap_cached", MK_BYTES, "pages in the swap cache" },
	[M_ZSWAP_POOL] = { "zswap_pool", MK_BYTES, "memory the zswap pool takes" },
	[M_ZSWAP_ORIG] = { "zswap_original", MK_BYTES, "what the zswap pool holds, uncompressed" },
	[M_ZSWAP_LIMIT] = { "zswap_limit", MK_BYTES, "limit of the zswap pool" },
	[M_ZSWAP_ENABLED] = { "zswap_enabled", MK_FLAG, "1 when zswap takes pages" },
	[M_ZSWPIN] = { "zswpin", MK_COUNTER, "vmstat: loads from zswap" },
	[M_ZSWPOUT] = { "zswpout", MK_COUNTER, "vmstat: stores to zswap" },
	[M_ZSWPWB] = { "zswpwb", MK_COUNTER, "vmstat: zswap writebacks" },
	[M_PSWPIN] = { "pswpin", MK_COUNTER, "vmstat: pages read from devices" },
	[M_PSWPOUT] = { "pswpout", MK_COUNTER, "vmstat: pages written to devices" },
	[M_SWPIN_ZERO] = { "swpin_zero", MK_COUNTER, "vmstat: zero pages in" },
	[M_SWPOUT_ZERO] = { "swpout_zero", MK_COUNTER, "vmstat: zero pages out" },
	[M_OOM_KILL] = { "oom_kill", MK_COUNTER, "vmstat: processes killed for lack of memory" },
	[M_PSI_SOME10] = { "psi_some_avg10", MK_CENTI, "memory pressure, some tasks wait" },
	[M_PSI_FULL10] = { "psi_full_avg10", MK_CENTI, "memory pressure, all tasks wait" },
	[M_PSI_SOME_TOTAL] = { "psi_some_total_us", MK_COUNTER, "microseconds some tasks waited" },
	[M_PSI_FULL_TOTAL] = { "psi_full_total_us", MK_COUNTER, "microseconds all tasks waited" },
};

/* pid -> task row, index + 1; collisions chain through next_hash */
#define TASK_HASH 4096
static uint32_t task_hash[TASK_HASH];
/* cgroup id -> row, index + 1, linear probing, never deleted from */
#define CG_HASH (2 * MAX_CGROUPS)
static uint16_t cg_hash[CG_HASH];

static void pair_na(struct pair *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i].cur = p[i].prev = VT_NA;
}

void model_init(struct model *md)
{
	/* the rows stay untouched, so that unused ones take no memory */
	memset(md, 0, offsetof(struct model, cg));
	memset(task_hash, 0, sizeof(task_hash));
	memset(cg_hash, 0, sizeof(cg_hash));
	pair_na(md->m, NR_METRICS);
	pair_na(&md->mx[0][0], MAX_STATES * MAX_STATES);
	for (int i = 0; i < NR_STATES; i++)
		vt_copy(md->state_name[i], state_name_default[i], NAME_LEN);
	md->nstates = NR_STATES;
	md->page_size = 4096;
}

static void pair_step(struct pair *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i].prev = p[i].cur;
}

static void pair_step_na(struct pair *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		p[i].prev = p[i].cur;
		p[i].cur = VT_NA;
	}
}

void model_begin(struct model *md, uint64_t t_real, uint64_t t_mono)
{
	struct ev_stats *ev = &md->ev;

	md->t_real = t_real;
	md->t_mono_prev = md->t_mono;
	md->t_mono = t_mono;
	md->nsamples++;
	md->mx_valid = false;
	pair_step_na(md->m, NR_METRICS);
	pair_step_na(&md->mx[0][0], MAX_STATES * MAX_STATES);
	for (unsigned int i = 0; i < md->nextra; i++) {
		pair_step_na(&md->extra[i].v, 1);
		md->extra[i].seen = false;
	}
	for (unsigned int i = 0; i < md->ncg; i++)
		pair_step(md->cg[i].ev, NR_EV);
	for (unsigned int i = 0; i < md->ntask; i++)
		pair_step(md->task[i].ev, NR_EV);
	for (unsigned int i = 0; i < md->ndev; i++) {
		pair_step(&md->dev[i].used, 1);
		pair_step(&md->dev[i].in, 1);
		pair_step(&md->dev[i].out, 1);
	}
	pair_step(&ev->seen, 1);
	pair_step(&ev->lost, 1);
	pair_step(ev->reason, MAX_REASONS);
	pair_step(ev->reject, MAX_REASONS);
	pair_step(ev->total, NR_EV);
	pair_step(ev->type_in, MAX_DEVS);
	pair_step(ev->type_out, MAX_DEVS);
}

static void pair_commit(struct pair *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i].cur = p[i].acc;
}

void model_commit(struct model *md)
{
	struct ev_stats *ev = &md->ev;

	for (unsigned int i = 0; i < md->ncg; i++)
		pair_commit(md->cg[i].ev, NR_EV);
	for (unsigned int i = 0; i < md->ntask; i++)
		pair_commit(md->task[i].ev, NR_EV);
	pair_commit(&ev->seen, 1);
	pair_commit(ev->reason, MAX_REASONS);
	pair_commit(ev->reject, MAX_REASONS);
	pair_commit(ev->total, NR_EV);
	pair_commit(ev->type_in, MAX_DEVS);
	pair_commit(ev->type_out, MAX_DEVS);
}

double model_rate(const struct model *md, const struct pair *p)
{
	uint64_t dt = md->t_mono - md->t_mono_prev;

	if (md->nsamples < 2 || md->t_mono <= md->t_mono_prev)
		return NAN;
	if (p->cur == VT_NA || p->prev == VT_NA || p->cur < p->prev)
		return NAN;
	return (double)(p->cur - p->prev) * 1e9 / (double)dt;
}

struct pair pair_sum(const struct pair *a, const struct pair *b)
{
	struct pair r = { 0 };

	r.cur = a->cur == VT_NA || b->cur == VT_NA ? VT_NA : a->cur + b->cur;
	r.prev = a->prev == VT_NA || b->prev == VT_NA ? VT_NA : a->prev + b->prev;
	return r;
}

struct pair ev_out(const struct pair ev[NR_EV])
{
	struct pair r = pair_sum(&ev[EV_OUT_ZERO], &ev[EV_OUT_ZSWAP]);

	return pair_sum(&r, &ev[EV_OUT_PHYS]);
}

struct pair ev_in(const struct pair ev[NR_EV])
{
	struct pair r = pair_sum(&ev[EV_IN_ZERO], &ev[EV_IN_ZSWAP]);

	r = pair_sum(&r, &ev[EV_IN_PHYS]);
	return pair_sum(&r, &ev[EV_IN_OTHER]);
}

static uint64_t add_na(uint64_t a, uint64_t b)
{
	return a == VT_NA || b == VT_NA ? VT_NA : a + b;
}

/* entries into @to from every state that is neither free, @to nor @skip */
static uint64_t entered(const struct model *md, unsigned int to, unsigned int skip)
{
	uint64_t sum = 0;

	for (unsigned int f = 0; f < md->nstates; f++)
		if (f != ST_FREE && f != to && f != skip)
			sum = add_na(sum, md->mx[f][to].cur);
	return sum;
}

/*
 * Swap-outs are counted by what the matrix says: a page that reaches a backing
 * from any other used state was swapped out, but for zswap -> phys, which is
 * writeback of a page that was out already.
 */
static void derive_matrix(struct model *md)
{
	uint64_t v;

	if (!md->mx_valid)
		return;
	model_set(md, M_OUT_ZERO, entered(md, ST_ZERO, ST_ZERO));
	model_set(md, M_OUT_ZSWAP, entered(md, ST_ZSWAP, ST_ZSWAP));
	model_set(md, M_OUT_PHYS, entered(md, ST_PHYS, ST_ZSWAP));
	v = add_na(md->m[M_OUT_ZERO].cur, md->m[M_OUT_ZSWAP].cur);
	model_set(md, M_OUT, add_na(v, md->m[M_OUT_PHYS].cur));
	model_set(md, M_WB, md->mx[ST_ZSWAP][ST_PHYS].cur);
	v = 0;
	for (unsigned int t = 0; t < md->nstates; t++)
		if (t != ST_FREE)
			v = add_na(v, md->mx[ST_FREE][t].cur);
	model_set(md, M_ALLOC, v);
	v = 0;
	for (unsigned int f = 0; f < md->nstates; f++)
		if (f != ST_FREE)
			v = add_na(v, md->mx[f][ST_FREE].cur);
	model_set(md, M_FREED, v);
}

static void derive_totals(struct model *md)
{
	uint64_t in = 0, rej = VT_NA;

	for (int i = M_SWAPIN_ZERO; i <= M_SWAPIN_PHYS; i++)
		in = add_na(in, md->m[i].cur);
	if (in != VT_NA && md->m[M_SWAPIN_NONE].cur != VT_NA)
		in += md->m[M_SWAPIN_NONE].cur;
	model_set(md, M_IN, in);

	for (unsigned int i = 0; i < md->nextra; i++) {
		const struct named *e = &md->extra[i];

		if (strncmp(e->name, "reject_", 7) || e->v.cur == VT_NA)
			continue;
		rej = rej == VT_NA ? e->v.cur : rej + e->v.cur;
	}
	model_set(md, M_REJECT, rej);
}

/*
 * Without debugfs the world-readable vmstat counters still tell what went out
 * and in.  pswpout also counts zswap writeback, which is not a swap-out.
 */
static void derive_unpriv(struct model *md)
{
	const struct pair *m = md->m;
	uint64_t v;

	if (m[M_OUT].cur == VT_NA) {
		v = add_na(m[M_ZSWPOUT].cur, m[M_SWPOUT_ZERO].cur);
		v = add_na(v, m[M_PSWPOUT].cur);
		if (v != VT_NA && m[M_ZSWPWB].cur != VT_NA && v >= m[M_ZSWPWB].cur)
			v -= m[M_ZSWPWB].cur;
		model_set(md, M_OUT, v);
		model_set(md, M_OUT_ZERO, m[M_SWPOUT_ZERO].cur);
		model_set(md, M_OUT_ZSWAP, m[M_ZSWPOUT].cur);
		model_set(md, M_WB, m[M_ZSWPWB].cur);
	}
	if (m[M_IN].cur == VT_NA) {
		v = add_na(m[M_ZSWPIN].cur, m[M_SWPIN_ZERO].cur);
		model_set(md, M_IN, add_na(v, m[M_PSWPIN].cur));
	}
}

/* What devices hold and virtual slots do not account for was swapped past them. */
static void derive_direct(struct model *md)
{
	uint64_t total = md->m[M_SWAP_TOTAL].cur, free_ = md->m[M_SWAP_FREE].cur;
	uint64_t phys = md->m[M_SLOTS_PHYS].cur, used = total - free_;

	if (total == VT_NA || free_ == VT_NA || phys == VT_NA || free_ > total)
		return;
	/* the files are not read in one instant */
	model_set(md, M_SWAP_DIRECT, phys > used / md->page_size ? 0 :
		  used - phys * md->page_size);
}

static void count_resets(struct model *md)
{
	bool reset = false;

	for (int i = 0; i < NR_METRICS; i++) {
		const struct pair *p = &md->m[i];

		if (metric_desc[i].kind == MK_COUNTER && p->cur != VT_NA &&
		    p->prev != VT_NA && p->cur < p->prev)
			reset = true;
	}
	if (reset && md->nsamples > 1)
		md->resets++;
}

static void add_history(struct model *md)
{
	struct hist *h = &md->hist[md->hist_pos];
	uint64_t psi = md->m[M_PSI_SOME10].cur;

	h->t_real = md->t_real;
	h->used = md->m[M_SLOTS_USED].cur;
	h->out = model_rate(md, &md->m[M_OUT]);
	h->in = model_rate(md, &md->m[M_IN]);
	h->wb = model_rate(md, &md->m[M_WB]);
	h->psi = psi == VT_NA ? NAN : (double)psi / 100;
	md->hist_pos = (md->hist_pos + 1) % HIST_LEN;
	if (md->nhist < HIST_LEN)
		md->nhist++;
}

/* Without the kernel's matrix this one shows what was traced. */
static void matrix_of_events(struct model *md)
{
	for (unsigned int f = 0; f < md->nstates; f++)
		for (unsigned int t = 0; t < md->nstates; t++)
			md->mx[f][t].cur = md->ev.pages[f][t];
	md->mx_valid = true;
}

/* A trace file has no counters: the events are all there is. */
static void derive_tracefile(struct model *md)
{
	struct pair out = ev_out(md->ev.total), in = ev_in(md->ev.total);

	model_set(md, M_OUT, out.cur);
	model_set(md, M_IN, in.cur);
	model_set(md, M_OUT_ZERO, md->ev.total[EV_OUT_ZERO].cur);
	model_set(md, M_OUT_ZSWAP, md->ev.total[EV_OUT_ZSWAP].cur);
	model_set(md, M_OUT_PHYS, md->ev.total[EV_OUT_PHYS].cur);
	model_set(md, M_WB, md->ev.total[EV_WB].cur);
	model_set(md, M_ALLOC, md->ev.total[EV_ALLOC].cur);
	model_set(md, M_FREED, md->ev.total[EV_FREE].cur);
	model_set(md, M_REJECT, md->ev.total[EV_REJECT].cur);
	matrix_of_events(md);
}

/* Two counters of the same pages that did not start together have no difference. */
static void set_origin(struct model *md, enum origin *was, enum origin is,
		       const enum metric *m, size_t n)
{
	for (size_t i = 0; i < n && *was != is; i++)
		md->m[m[i]].prev = VT_NA;
	*was = is;
}

/* A record need not have all that its totals were made of: its level tells then. */
static void derive_origin(struct model *md)
{
	static const enum metric out[] = { M_OUT, M_OUT_ZERO, M_OUT_ZSWAP, M_OUT_PHYS, M_WB };
	static const enum metric in[] = { M_IN };
	bool vswap = md->mx_valid && md->level != LEVEL_EVENTS, all = true;

	for (int i = M_SWAPIN_ZERO; i <= M_SWAPIN_PHYS; i++)
		all &= md->m[i].cur != VT_NA;
	if (md->ev.replayed)
		vswap = all = md->level == LEVEL_FULL || md->level == LEVEL_COUNTERS;
	if (md->level == LEVEL_TRACEFILE) {
		set_origin(md, &md->out_from, FROM_EVENTS, out, 5);
		set_origin(md, &md->in_from, FROM_EVENTS, in, 1);
		return;
	}
	set_origin(md, &md->out_from, vswap ? FROM_VSWAP : FROM_VMSTAT, out, 5);
	set_origin(md, &md->in_from, all ? FROM_VSWAP : FROM_VMSTAT, in, 1);
}

void model_end(struct model *md)
{
	if (md->level == LEVEL_TRACEFILE) {
		derive_tracefile(md);
	} else {
		/* totals are counters at every level, never what was traced */
		if (md->level == LEVEL_EVENTS)
			matrix_of_events(md);
		else
			derive_matrix(md);
		derive_totals(md);
		derive_unpriv(md);
	}
	derive_origin(md);
	derive_direct(md);
	count_resets(md);
	add_history(md);
}

static void cg_row_init(struct cg_row *c, uint64_t id)
{
	memset(c, 0, sizeof(*c));
	c->id = id;
	for (int i = 0; i < NR_CGV; i++)
		c->val[i] = VT_NA;
	snprintf(c->path, sizeof(c->path), "id:%llu", (unsigned long long)id);
}

static uint32_t cg_slot(uint64_t id)
{
	return (uint32_t)((id * 0x9e3779b97f4a7c15ULL) >> 40) % CG_HASH;
}

static void cg_hash_add(struct model *md, unsigned int idx)
{
	uint32_t h = cg_slot(md->cg[idx].id);

	while (cg_hash[h])
		h = (h + 1) % CG_HASH;
	cg_hash[h] = (uint16_t)(idx + 1);
}

struct cg_row *model_cgroup_find(struct model *md, uint64_t id)
{
	for (uint32_t h = cg_slot(id); cg_hash[h]; h = (h + 1) % CG_HASH)
		if (md->cg[cg_hash[h] - 1].id == id)
			return &md->cg[cg_hash[h] - 1];
	return NULL;
}

/*
 * The table is full: make room by forgetting the cgroups that are gone and
 * rebuild the hash.  Their totals are lost, the system totals are not.
 */
static bool cg_compact(struct model *md)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < md->ncg; i++) {
		if (md->cg[i].gone)
			continue;
		if (n != i)
			md->cg[n] = md->cg[i];
		n++;
	}
	if (n == md->ncg)
		return false;
	md->ncg = n;
	memset(cg_hash, 0, sizeof(cg_hash));
	for (unsigned int i = 0; i < n; i++)
		cg_hash_add(md, i);
	return true;
}

struct cg_row *model_cgroup(struct model *md, uint64_t id)
{
	static unsigned int last;
	struct cg_row *c;

	/* events come in runs of one cgroup; an id has only one row */
	if (last < md->ncg && md->cg[last].id == id)
		return &md->cg[last];
	c = model_cgroup_find(md, id);
	if (c) {
		last = (unsigned int)(c - md->cg);
		return c;
	}
	if (md->ncg == MAX_CGROUPS && !cg_compact(md))
		return NULL;
	c = &md->cg[md->ncg];
	cg_row_init(c, id);
	cg_hash_add(md, md->ncg++);
	return c;
}

static bool below(const char *path, const char *prefix, size_t len)
{
	return !strncmp(path, prefix, len) &&
	       (len == 1 || path[len] == '\0' || path[len] == '/');
}

/* The cgroup itself or, of a path that is cut at the left, one that it is in. */
static bool cg_is_below(struct model *md, const struct cg_row *c, const char *prefix, size_t len)
{
	for (int depth = 0; c && c->path[0] != '/' && depth < 64; depth++) {
		if (!c->named)
			return false;
		c = c->parent ? model_cgroup_find(md, c->parent) : NULL;
	}
	return c && c->path[0] == '/' && below(c->path, prefix, len);
}

unsigned int model_select(struct model *md, const char *prefix)
{
	uint64_t id = !strncmp(prefix, "id:", 3) ? vt_u64(prefix + 3) : VT_NA;
	size_t len = strlen(prefix);
	unsigned int n = 0;

	while (len > 1 && prefix[len - 1] == '/')
		len--;
	for (unsigned int i = 0; i < md->ncg; i++) {
		struct cg_row *c = &md->cg[i];

		c->selected = c->id == id || (id == VT_NA && cg_is_below(md, c, prefix, len));
		n += c->selected && !c->gone;
	}
	return n;
}

static uint32_t task_slot(int pid)
{
	return ((uint32_t)pid * 2654435761u) >> 20;
}

struct task_row *model_task_find(struct model *md, int pid)
{
	uint32_t i = task_hash[task_slot(pid) % TASK_HASH];

	for (; i; i = md->task[i - 1].next_hash)
		if (md->task[i - 1].pid == pid)
			return &md->task[i - 1];
	return NULL;
}

void model_task_gone(struct task_row *t)
{
	/* the idle task is in no process list, and yet always there */
	if (!t->pid)
		return;
	t->gone = true;
	t->vmswap = VT_NA;
}

void model_task_unlink(struct model *md, struct task_row *t)
{
	uint32_t *link = &task_hash[task_slot(t->pid) % TASK_HASH];
	uint32_t idx = (uint32_t)(t - md->task) + 1;

	for (; *link; link = &md->task[*link - 1].next_hash) {
		if (*link == idx) {
			*link = t->next_hash;
			break;
		}
	}
	t->next_hash = 0;
}

static uint64_t task_weight(const struct task_row *t)
{
	struct pair out = ev_out(t->ev), in = ev_in(t->ev);

	return out.cur + in.cur;
}

/* A row to use again: of the exited processes, the one that moved least. */
static struct task_row *task_evict(struct model *md)
{
	struct task_row *best = NULL;

	for (unsigned int i = 0; i < md->ntask; i++) {
		struct task_row *t = &md->task[i];

		if (t->gone && (!best || task_weight(t) < task_weight(best)))
			best = t;
	}
	return best;
}

void model_tasks_clear(struct model *md)
{
	md->ntask = 0;
	memset(task_hash, 0, sizeof(task_hash));
}

struct task_row *model_task(struct model *md, int pid)
{
	struct task_row *t = model_task_find(md, pid);

	return t ? t : model_task_new(md, pid);
}

struct task_row *model_task_new(struct model *md, int pid)
{
	struct task_row *t = NULL;
	uint32_t *head;

	if (md->ntask < MAX_TASKS) {
		t = &md->task[md->ntask++];
	} else {
		t = task_evict(md);
		if (t)
			model_task_unlink(md, t);
	}
	if (!t)
		return NULL;
	memset(t, 0, sizeof(*t));
	t->pid = pid;
	t->vmswap = VT_NA;
	head = &task_hash[task_slot(pid) % TASK_HASH];
	t->next_hash = *head;
	*head = (uint32_t)(t - md->task) + 1;
	return t;
}

struct dev_row *model_device(struct model *md, const char *name)
{
	struct dev_row *d;

	for (unsigned int i = 0; i < md->ndev; i++)
		if (!strncmp(md->dev[i].name, name, sizeof(d->name) - 1))
			return &md->dev[i];
	if (md->ndev == MAX_DEVS)
		return NULL;
	d = &md->dev[md->ndev++];
	memset(d, 0, sizeof(*d));
	vt_copy(d->name, name, sizeof(d->name));
	d->used.cur = d->used.prev = VT_NA;
	return d;
}

int model_state(struct model *md, const char *name)
{
	for (unsigned int i = 0; i < md->nstates; i++)
		if (!strcmp(md->state_name[i], name))
			return (int)i;
	if (md->nstates == MAX_STATES || !*name)
		return -1;
	vt_copy(md->state_name[md->nstates], name, NAME_LEN);
	return (int)md->nstates++;
}

struct named *model_extra(struct model *md, const char *name)
{
	struct named *e;

	for (unsigned int i = 0; i < md->nextra; i++)
		if (!strncmp(md->extra[i].name, name, NAME_LEN - 1))
			return &md->extra[i];
	if (md->nextra == MAX_EXTRA)
		return NULL;
	e = &md->extra[md->nextra++];
	vt_copy(e->name, name, NAME_LEN);
	e->v.cur = e->v.prev = VT_NA;
	return e;
}

uint64_t model_unattributed(const struct model *md)
{
	const struct ev_stats *ev = &md->ev;
	uint64_t pages = 0, counted = 0;

	if (ev->replayed)
		return ev->unattributed;
	if (!ev->active || !ev->based || ev->filtered || !md->mx_valid)
		return VT_NA;
	for (unsigned int f = 0; f < md->nstates; f++) {
		for (unsigned int t = 0; t < md->nstates; t++) {
			uint64_t c = md->mx[f][t].cur, b = ev->base[f][t];

			if (c == VT_NA || b == VT_NA)
				continue;
			if (c < b)
				return VT_NA;
			counted += c - b;
			pages += ev->pages[f][t];
		}
	}
	/* events may be a step ahead of counters that were read before them */
	return counted > pages ? counted - pages : 0;
}

double model_ratio(const struct model *md)
{
	uint64_t pool = md->m[M_ZSWAP_POOL].cur, orig = md->m[M_ZSWAP_ORIG].cur;

	if (pool == VT_NA || orig == VT_NA || !pool)
		return NAN;
	return (double)orig / (double)pool;
}
