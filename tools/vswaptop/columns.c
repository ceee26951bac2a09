// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * columns.c - the column table, and how values are selected, sorted, printed
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "columns.h"
#include "util.h"

const struct pane_desc pane_desc[NR_PANES] = {
	[PANE_TRANS] = { "transitions", "Transitions",
			 "pages from left to top, by state (none: cached, phys: disk)" },
	[PANE_CG] = { "cgroups", "Cgroups",
		      "sizes with the cgroups below, rates without" },
	[PANE_PROC] = { "processes", "Processes",
			"FAULT: its own faults   DID: reclaimed by it, whoever owned it" },
	[PANE_DEV] = { "devices", "Devices", "WRITE and READ in pages" },
	[PANE_HIST] = { "history", "History", "" },
	[PANE_COUNTERS] = { "counters", "Counters", "" },
};

static void put_u(struct cell *c, uint64_t v)
{
	c->na = v == VT_NA;
	c->u = v;
}

static void put_d(struct cell *c, double v)
{
	c->na = isnan(v);
	c->d = v;
}

/*
 * What a column shows of its pane's row is a number of that pane, with these
 * flags: an event counter, a value from a cgroup's files, the rate of a counter.
 */
enum { WHAT = 0xff, EVENT = 0x100, VALUE = 0x200, RATE = 0x400 };

/* event counters: EV_* for one, or one of these sums */
enum { SUM_OUT = NR_EV, SUM_IN };

/* a total, or its rate; without events nothing was seen, which is not nothing */
static void put_pair(const struct model *md, const struct pair *p, int what, struct cell *c)
{
	if (!md->ev.active)
		c->na = true;
	else if (what & RATE)
		put_d(c, model_rate(md, p));
	else
		put_u(c, p->cur);
}

static void put_event(const struct model *md, const struct pair *ev, int what, struct cell *c)
{
	struct pair p;

	if ((what & WHAT) == SUM_OUT)
		p = ev_out(ev);
	else if ((what & WHAT) == SUM_IN)
		p = ev_in(ev);
	else
		p = ev[what & WHAT];
	put_pair(md, &p, what, c);
}

enum { CG_PATH, CG_ID, CG_RATIO };

/*
 * In version 1 the owner of a slot is on record only while the page is out. Events of
 * pages in memory have it from the page, but when such a slot is freed there is none.
 */
static bool has_owner(const struct model *md, int event)
{
	return md->cgroup_version != 1 || event != EV_FREE;
}

static void get_cg(const struct model *md, unsigned int row, int what, struct cell *c)
{
	const struct cg_row *r = &md->cg[row];
	uint64_t size = r->val[CG_ZSWAP], data = r->val[CG_ZSWAPPED];

	if (what & EVENT) {
		c->na = !has_owner(md, what & WHAT);
		if (!c->na)
			put_event(md, r->ev, what, c);
	} else if (what & VALUE) {
		put_u(c, r->val[what & WHAT]);
		c->max = !c->na && c->u == VT_NA - 1;
	} else if (what == CG_PATH) {
		c->s = r->path;
	} else if (what == CG_ID) {
		put_u(c, r->id);
	} else {
		put_d(c, size == VT_NA || data == VT_NA || !size ? NAN :
		      (double)data / (double)size);
	}
}

enum { PR_PID, PR_COMM, PR_KIND, PR_CGROUP, PR_VMSWAP };

static void get_proc(const struct model *md, unsigned int row, int what, struct cell *c)
{
	const struct task_row *t = &md->task[row];

	if (what & EVENT) {
		put_event(md, t->ev, what, c);
		return;
	}
	switch (what) {
	case PR_PID:
		put_u(c, (uint64_t)t->pid);
		break;
	case PR_COMM:
		c->s = t->comm;
		break;
	case PR_KIND:
		c->s = t->gone ? "exited" : t->kthread ? "kernel" : "user";
		break;
	case PR_CGROUP:
		c->s = t->cgroup;
		c->na = !c->s[0];
		break;
	default:
		put_u(c, t->vmswap);
	}
}

enum { DV_NAME, DV_KIND, DV_TYPE, DV_SIZE, DV_USED, DV_FREE, DV_PCT, DV_IN, DV_OUT, DV_PRIO };

static void get_dev(const struct model *md, unsigned int row, int what, struct cell *c)
{
	const struct dev_row *d = &md->dev[row];
	uint64_t used = d->used.cur;

	switch (what & WHAT) {
	case DV_NAME:
		c->s = d->name;
		break;
	case DV_KIND:
		c->s = d->kind;
		break;
	case DV_TYPE:
		put_u(c, d->type);
		break;
	case DV_SIZE:
		put_u(c, d->size);
		break;
	case DV_USED:
		put_u(c, used);
		break;
	case DV_FREE:
		put_u(c, used == VT_NA || used > d->size ? VT_NA : d->size - used);
		break;
	case DV_PCT:
		put_d(c, used == VT_NA || !d->size ? NAN :
		      100.0 * (double)used / (double)d->size);
		break;
	case DV_PRIO:
		c->i = d->prio;
		break;
	case DV_IN:
		put_pair(md, &d->in, what, c);
		break;
	default:
		put_pair(md, &d->out, what, c);
	}
}

enum { TR_FROM, TR_TO, TR_COUNT, TR_RATE, TR_EVENTS };

static void get_trans(const struct model *md, unsigned int row, int what, struct cell *c)
{
	unsigned int f = row / MAX_STATES, t = row % MAX_STATES;

	switch (what) {
	case TR_FROM:
		c->s = md->state_name[f];
		break;
	case TR_TO:
		c->s = md->state_name[t];
		break;
	case TR_COUNT:
		put_u(c, md->mx[f][t].cur);
		break;
	case TR_RATE:
		put_d(c, model_rate(md, &md->mx[f][t]));
		break;
	default:
		put_u(c, md->ev.active ? md->ev.pages[f][t] : VT_NA);
	}
}

enum { HI_TIME, HI_USED, HI_OUT, HI_IN, HI_WB, HI_PSI };

/* row 0 is the newest */
static const struct hist *hist_at(const struct model *md, unsigned int row)
{
	return &md->hist[(md->hist_pos + HIST_LEN - 1 - row) % HIST_LEN];
}

static void get_hist(const struct model *md, unsigned int row, int what, struct cell *c)
{
	static char stamp[16];
	const struct hist *h = hist_at(md, row);
	uint64_t s = h->t_real / 1000000000ULL % 86400;

	switch (what) {
	case HI_TIME:
		snprintf(stamp, sizeof(stamp), "%02u:%02u:%02u", (unsigned int)(s / 3600),
			 (unsigned int)(s / 60 % 60), (unsigned int)(s % 60));
		c->s = stamp;
		break;
	case HI_USED:
		put_u(c, h->used == VT_NA ? VT_NA : h->used * md->page_size);
		break;
	case HI_OUT:
		put_d(c, h->out);
		break;
	case HI_IN:
		put_d(c, h->in);
		break;
	case HI_WB:
		put_d(c, h->wb);
		break;
	default:
		put_d(c, h->psi);
	}
}

enum { CO_NAME, CO_VALUE, CO_RATE, CO_UNIT, CO_HELP };

static const char *metric_unit(enum metric m)
{
	static const char *const unit[] = {
		[MK_PAGES] = "pages", [MK_BYTES] = "bytes", [MK_COUNT] = "number",
		[MK_COUNTER] = "pages", [MK_CENTI] = "0.01%", [MK_FLAG] = "0 or 1",
	};

	if (m == M_PSI_SOME_TOTAL || m == M_PSI_FULL_TOTAL)
		return "us";
	return m == M_OOM_KILL ? "number" : unit[metric_desc[m].kind];
}

/* rows: the metrics, then what only this kernel has */
static void get_counter(const struct model *md, unsigned int row, int what, struct cell *c)
{
	bool known = row < NR_METRICS;
	const struct named *e = known ? NULL : &md->extra[row - NR_METRICS];
	const struct pair *p = known ? &md->m[row] : &e->v;

	switch (what) {
	case CO_NAME:
		c->s = known ? metric_desc[row].name : e->name;
		break;
	case CO_VALUE:
		put_u(c, p->cur);
		break;
	case CO_RATE:
		put_d(c, known && metric_desc[row].kind != MK_COUNTER ? NAN : model_rate(md, p));
		break;
	case CO_UNIT:
		c->s = known ? metric_unit((enum metric)row) : "-";
		break;
	default:
		c->s = known ? metric_desc[row].help : "reported by this kernel";
	}
}

void cell_get(const struct model *md, const struct column *col, unsigned int row, struct cell *c)
{
	static void (*const get[NR_PANES])(const struct model *md, unsigned int row, int what,
					   struct cell *c) = {
		[PANE_TRANS] = get_trans, [PANE_CG] = get_cg, [PANE_PROC] = get_proc,
		[PANE_DEV] = get_dev, [PANE_HIST] = get_hist, [PANE_COUNTERS] = get_counter,
	};

	memset(c, 0, sizeof(*c));
	get[col->pane](md, row, col->what, c);
}

#define EV(P, NAME, KEY, W, FL, E, HELP) \
	{ P, NAME, KEY, CT_PAGES, W, FL, EVENT | (E), HELP }
#define EV_RATE(P, NAME, KEY, W, FL, E, HELP) \
	{ P, NAME, KEY, CT_RATE, W, FL, EVENT | RATE | (E), HELP }

const struct column columns[] = {
	{ PANE_TRANS, "FROM", "from", CT_STR, 8, COL_DFLT, TR_FROM, "state left" },
	{ PANE_TRANS, "TO", "to", CT_STR, 8, COL_DFLT, TR_TO, "state entered" },
	{ PANE_TRANS, "PAGES", "pages", CT_PAGES, 12, COL_DFLT, TR_COUNT,
	  "pages that made this transition since boot (kernel counter)" },
	{ PANE_TRANS, "PAGES/s", "pages_rate", CT_RATE, 9, COL_DFLT, TR_RATE,
	  "the same per second" },
	{ PANE_TRANS, "TRACED", "traced", CT_PAGES, 12, COL_DFLT, TR_EVENTS,
	  "pages seen in trace events since start" },

	{ PANE_CG, "CGROUP", "path", CT_STR, 24, COL_DFLT, CG_PATH, "path of the cgroup" },
	{ PANE_CG, "ID", "id", CT_INT, 8, 0, CG_ID, "inode number, as events carry it" },
	{ PANE_CG, "VSWAP", "vswap", CT_BYTES, 7, COL_DFLT, VALUE | CG_VSWAP,
	  "virtual slots it and cgroups below own, whatever backs them" },
	{ PANE_CG, "ZSWAP", "zswap", CT_BYTES, 7, COL_DFLT, VALUE | CG_ZSWAP,
	  "memory its compressed pages take" },
	{ PANE_CG, "ZDATA", "zswapped", CT_BYTES, 7, COL_WIDE, VALUE | CG_ZSWAPPED,
	  "the same pages uncompressed" },
	{ PANE_CG, "RATIO", "ratio", CT_RATIO, 5, COL_WIDE, CG_RATIO, "ZDATA / ZSWAP" },
	{ PANE_CG, "DISK", "swap", CT_BYTES, 7, COL_DFLT, VALUE | CG_SWAP,
	  "physical swap charged (memory.swap.current)" },
	{ PANE_CG, "DISKMAX", "swap_max", CT_BYTES, 7, COL_WIDE, VALUE | CG_SWAP_MAX,
	  "limit of DISK (memory.swap.max)" },
	{ PANE_CG, "ZMAX", "zswap_max", CT_BYTES, 7, COL_WIDE, VALUE | CG_ZSWAP_MAX,
	  "limit of ZSWAP (memory.zswap.max)" },
	EV_RATE(PANE_CG, "OUT/s", "out_rate", 7, COL_DFLT, SUM_OUT,
	    "its own pages swapped out per second (not those of cgroups below)"),
	EV_RATE(PANE_CG, "IN/s", "in_rate", 7, COL_DFLT, SUM_IN,
	    "its own pages swapped in per second"),
	EV_RATE(PANE_CG, "WB/s", "writeback_rate", 6, COL_DFLT, EV_WB,
	    "its pages moved from zswap to a device per second"),
	EV_RATE(PANE_CG, "REJ/s", "reject_rate", 6, COL_WIDE, EV_REJECT,
	    "refusals per second"),
	EV(PANE_CG, "OUT", "out", 9, COL_WIDE, SUM_OUT,
	    "its pages swapped out since start"),
	EV(PANE_CG, "OUTZERO", "out_zero", 9, 0, EV_OUT_ZERO, "of these, zero-filled"),
	EV(PANE_CG, "OUTZSWAP", "out_zswap", 9, 0, EV_OUT_ZSWAP, "of these, to zswap"),
	EV(PANE_CG, "OUTDISK", "out_phys", 9, 0, EV_OUT_PHYS, "of these, to a device"),
	EV(PANE_CG, "IN", "in", 9, COL_WIDE, SUM_IN, "its pages swapped in since start"),
	EV(PANE_CG, "INZERO", "in_zero", 9, 0, EV_IN_ZERO, "of these, zero-filled"),
	EV(PANE_CG, "INZSWAP", "in_zswap", 9, 0, EV_IN_ZSWAP, "of these, from zswap"),
	EV(PANE_CG, "INDISK", "in_phys", 9, 0, EV_IN_PHYS, "of these, from a device"),
	EV(PANE_CG, "INOTHER", "in_other", 9, 0, EV_IN_OTHER, "of these, anything else"),
	EV(PANE_CG, "WB", "writeback", 9, 0, EV_WB, "writebacks since start"),
	EV(PANE_CG, "ALLOC", "alloc", 9, 0, EV_ALLOC, "slots allocated since start"),
	EV(PANE_CG, "FREED", "free", 9, 0, EV_FREE, "slots freed since start"),
	EV(PANE_CG, "REJECT", "reject", 9, 0, EV_REJECT, "refusals since start"),
	EV(PANE_CG, "OTHER", "other", 9, 0, EV_OTHER,
	    "anything else since start, such as loads and faults on lost pages"),

	{ PANE_PROC, "PID", "pid", CT_INT, 7, COL_DFLT, PR_PID, "process" },
	{ PANE_PROC, "COMM", "comm", CT_STR, 15, COL_DFLT, PR_COMM, "its name" },
	{ PANE_PROC, "KIND", "kind", CT_STR, 6, COL_WIDE, PR_KIND,
	  "user, kernel (thread) or exited" },
	{ PANE_PROC, "VMSWAP", "vmswap", CT_BYTES, 7, COL_DFLT, PR_VMSWAP,
	  "its memory in swap, from /proc" },
	EV_RATE(PANE_PROC, "FAULT/s", "in_rate", 7, COL_DFLT, SUM_IN,
	    "pages its own faults swapped in per second"),
	EV_RATE(PANE_PROC, "DIDOUT/s", "out_rate", 8, COL_DFLT, SUM_OUT,
	    "pages it swapped out while reclaiming, its own or others'"),
	EV_RATE(PANE_PROC, "DIDWB/s", "writeback_rate", 7, COL_DFLT, EV_WB,
	    "pages it moved from zswap to a device"),
	EV_RATE(PANE_PROC, "REJ/s", "reject_rate", 6, COL_WIDE, EV_REJECT,
	    "refusals it met per second"),
	EV(PANE_PROC, "FAULTS", "in", 9, COL_DFLT, SUM_IN,
	    "pages its faults swapped in since start"),
	EV(PANE_PROC, "DIDOUT", "out", 9, COL_DFLT, SUM_OUT,
	    "pages it swapped out since start"),
	{ PANE_PROC, "CGROUP", "cgroup", CT_STR, 20, COL_WIDE, PR_CGROUP, "its cgroup" },
	EV(PANE_PROC, "INZERO", "in_zero", 9, 0, EV_IN_ZERO, "of FAULTS, zero-filled"),
	EV(PANE_PROC, "INZSWAP", "in_zswap", 9, 0, EV_IN_ZSWAP, "of FAULTS, from zswap"),
	EV(PANE_PROC, "INDISK", "in_phys", 9, 0, EV_IN_PHYS, "of FAULTS, from a device"),
	EV(PANE_PROC, "INOTHER", "in_other", 9, 0, EV_IN_OTHER,
	    "of FAULTS, anything else"),
	EV(PANE_PROC, "OUTZERO", "out_zero", 9, 0, EV_OUT_ZERO, "of DIDOUT, zero-filled"),
	EV(PANE_PROC, "OUTZSWAP", "out_zswap", 9, 0, EV_OUT_ZSWAP, "of DIDOUT, to zswap"),
	EV(PANE_PROC, "OUTDISK", "out_phys", 9, 0, EV_OUT_PHYS, "of DIDOUT, to a device"),
	EV(PANE_PROC, "DIDWB", "writeback", 9, 0, EV_WB, "writebacks since start"),
	EV(PANE_PROC, "DIDALLOC", "alloc", 9, 0, EV_ALLOC, "slots it allocated"),
	EV(PANE_PROC, "DIDFREE", "free", 9, 0, EV_FREE, "slots it freed"),
	EV(PANE_PROC, "REJECT", "reject", 9, 0, EV_REJECT, "refusals it met"),
	EV(PANE_PROC, "OTHER", "other", 9, 0, EV_OTHER, "anything else"),

	{ PANE_DEV, "DEVICE", "name", CT_STR, 20, COL_DFLT, DV_NAME, "device or file" },
	{ PANE_DEV, "KIND", "kind", CT_STR, 9, COL_DFLT, DV_KIND, "partition or file" },
	{ PANE_DEV, "SIZE", "size", CT_BYTES, 7, COL_DFLT, DV_SIZE, "its size" },
	{ PANE_DEV, "USED", "used", CT_BYTES, 7, COL_DFLT, DV_USED, "in use" },
	{ PANE_DEV, "FREE", "free", CT_BYTES, 7, COL_WIDE, DV_FREE, "not in use" },
	{ PANE_DEV, "USE%", "used_percent", CT_PCT, 5, COL_DFLT, DV_PCT, "share in use" },
	{ PANE_DEV, "PRIO", "priority", CT_SINT, 5, COL_DFLT, DV_PRIO, "priority" },
	{ PANE_DEV, "WRITE/s", "out_rate", CT_RATE, 7, COL_DFLT, DV_OUT | RATE,
	  "pages given a slot on it per second" },
	{ PANE_DEV, "READ/s", "in_rate", CT_RATE, 7, COL_DFLT, DV_IN | RATE,
	  "pages swapped in from it per second" },
	{ PANE_DEV, "WRITTEN", "out", CT_PAGES, 9, COL_WIDE, DV_OUT,
	  "pages given a slot on it since start" },
	{ PANE_DEV, "READ", "in", CT_PAGES, 9, COL_WIDE, DV_IN,
	  "pages swapped in from it since start" },
	{ PANE_DEV, "TYPE", "type", CT_INT, 4, COL_WIDE, DV_TYPE,
	  "swap type in events; - when it cannot be told" },

	{ PANE_HIST, "TIME", "time", CT_STR, 8, COL_DFLT, HI_TIME, "time of the sample (UTC)" },
	{ PANE_HIST, "USED", "used", CT_BYTES, 8, COL_DFLT, HI_USED, "virtual slots in use" },
	{ PANE_HIST, "OUT/s", "out_rate", CT_RATE, 8, COL_DFLT, HI_OUT, "pages out per second" },
	{ PANE_HIST, "IN/s", "in_rate", CT_RATE, 8, COL_DFLT, HI_IN, "pages in per second" },
	{ PANE_HIST, "WB/s", "writeback_rate", CT_RATE, 8, COL_DFLT, HI_WB,
	  "writeback per second" },
	{ PANE_HIST, "PSI%", "psi", CT_PCT, 6, COL_DFLT, HI_PSI,
	  "memory pressure (some, 10 s)" },

	{ PANE_COUNTERS, "NAME", "name", CT_STR, 22, COL_DFLT, CO_NAME, "the counter" },
	{ PANE_COUNTERS, "VALUE", "value", CT_INT, 16, COL_DFLT, CO_VALUE,
	  "its value: pages, bytes or as the name says" },
	{ PANE_COUNTERS, "RATE/s", "rate", CT_RATE, 10, COL_DFLT, CO_RATE,
	  "change per second" },
	{ PANE_COUNTERS, "UNIT", "unit", CT_STR, 7, 0, CO_UNIT, "of the value" },
	{ PANE_COUNTERS, "MEANING", "meaning", CT_STR, 30, COL_DFLT, CO_HELP,
	  "what it counts" },
};

const unsigned int ncolumns = sizeof(columns) / sizeof(columns[0]);

static int col_find(enum pane p, const char *name, size_t len)
{
	for (unsigned int i = 0; i < ncolumns; i++)
		if (columns[i].pane == p && strlen(columns[i].name) == len &&
		    !strncasecmp(columns[i].name, name, len))
			return (int)i;
	return -1;
}

int pane_find(const char *name)
{
	for (int p = 0; p < NR_PANES; p++)
		if (!strcasecmp(pane_desc[p].name, name))
			return p;
	return -1;
}

static const char *const sort_default[NR_PANES] = {
	[PANE_TRANS] = "PAGES/s", [PANE_CG] = "VSWAP", [PANE_PROC] = "VMSWAP",
	[PANE_DEV] = "PRIO", [PANE_HIST] = NULL, [PANE_COUNTERS] = NULL,
};

void layout_default(struct layout lay[NR_PANES])
{
	memset(lay, 0, sizeof(*lay) * NR_PANES);
	for (unsigned int i = 0; i < ncolumns; i++) {
		struct layout *l = &lay[columns[i].pane];

		if (columns[i].flags & (COL_DFLT | COL_WIDE))
			l->col[l->n++] = (unsigned char)i;
	}
	for (int p = 0; p < NR_PANES; p++) {
		const char *s = sort_default[p];

		lay[p].sort = s ? col_find((enum pane)p, s, strlen(s)) : -1;
		lay[p].desc = true;
	}
}

/*
 * Column of pane @p that [@name, @name + @len) means: COL, or PANE.COL with that
 * pane; -1 when there is none.
 */
static int col_named(enum pane p, const char *name, size_t len)
{
	const char *dot = memchr(name, '.', len);
	size_t plen = strlen(pane_desc[p].name);

	if (!dot)
		return col_find(p, name, len);
	if ((size_t)(dot - name) != plen || strncasecmp(name, pane_desc[p].name, plen))
		return -1;
	return col_find(p, dot + 1, len - plen - 1);
}

static bool layout_has(const struct layout *l, int col)
{
	for (unsigned int i = 0; i < l->n; i++)
		if (l->col[i] == col)
			return true;
	return false;
}

static void layout_add(struct layout *l, int col)
{
	if (!layout_has(l, col) && l->n < MAX_COLS)
		l->col[l->n++] = (unsigned char)col;
	l->chosen = true;
}

/* "+" keeps the columns marked default, without those for wide screens */
static void layout_narrow(struct layout *l)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < l->n; i++)
		if (columns[l->col[i]].flags & COL_DFLT)
			l->col[n++] = l->col[i];
	l->n = n;
}

int layout_option(struct layout lay[NR_PANES], const char *list, char *bad, size_t bad_size)
{
	bool extend = *list == '+';
	bool touched[NR_PANES] = { false };

	list += extend;
	while (*list) {
		size_t len = strcspn(list, ",");
		bool found = false;

		for (int p = 0; p < NR_PANES; p++) {
			int col = col_named((enum pane)p, list, len);

			if (col < 0)
				continue;
			if (!touched[p] && !extend)
				lay[p].n = 0;
			else if (!touched[p] && !lay[p].chosen)
				layout_narrow(&lay[p]);
			touched[p] = true;
			layout_add(&lay[p], col);
			found = true;
		}
		if (!found) {
			snprintf(bad, bad_size, "%.*s", (int)len, list);
			return -EINVAL;
		}
		list += len;
		list += *list == ',';
	}
	return 0;
}

int layout_sort(struct layout lay[NR_PANES], const char *spec)
{
	size_t len = strcspn(spec, ":");
	bool found = false;
	const char *dir = spec[len] ? spec + len + 1 : "";

	if (spec[len] && strcmp(dir, "asc") && strcmp(dir, "desc"))
		return -EINVAL;
	for (int p = 0; p < NR_PANES; p++) {
		int col = col_named((enum pane)p, spec, len);

		if (col < 0)
			continue;
		lay[p].sort = col;
		lay[p].desc = *dir ? !strcmp(dir, "desc") : columns[col].type != CT_STR;
		found = true;
	}
	return found ? 0 : -EINVAL;
}

/* order of two rows; unknown values come last whatever the direction */
struct order {
	const struct model *md;
	const struct layout *lay;
};

static int cell_cmp(const struct column *col, const struct cell *a, const struct cell *b)
{
	switch (col->type) {
	case CT_STR:
		return strcmp(a->s ? a->s : "", b->s ? b->s : "");
	case CT_SINT:
		return (a->i > b->i) - (a->i < b->i);
	case CT_RATE:
	case CT_RATIO:
	case CT_PCT:
		return (a->d > b->d) - (a->d < b->d);
	default:
		return (a->u > b->u) - (a->u < b->u);
	}
}

static bool before(const struct order *o, unsigned int x, unsigned int y)
{
	const struct column *col;
	struct cell a, b;
	char keep[CG_PATH_MAX];
	int r;

	if (o->lay->sort < 0)
		return x < y;
	col = &columns[o->lay->sort];
	cell_get(o->md, col, x, &a);
	if (col->type == CT_STR && a.s) {
		/* a getter may format into one static buffer */
		vt_copy(keep, a.s, sizeof(keep));
		a.s = keep;
	}
	cell_get(o->md, col, y, &b);
	if (a.na || b.na)
		return a.na == b.na ? x < y : b.na;
	r = cell_cmp(col, &a, &b);
	if (!r)
		return x < y;
	return o->lay->desc ? r > 0 : r < 0;
}

static void sift(uint16_t *v, unsigned int i, unsigned int n, const struct order *o)
{
	for (;;) {
		unsigned int k = 2 * i + 1;
		uint16_t tmp;

		if (k >= n)
			return;
		if (k + 1 < n && before(o, v[k], v[k + 1]))
			k++;
		if (!before(o, v[i], v[k]))
			return;
		tmp = v[i];
		v[i] = v[k];
		v[k] = tmp;
		i = k;
	}
}

/* heap sort: in place and without the allocation of the C library's qsort() */
static void view_sort(struct view *v, const struct order *o)
{
	for (unsigned int i = v->n / 2; i-- > 0;)
		sift(v->row, i, v->n, o);
	for (unsigned int n = v->n; n > 1; n--) {
		uint16_t tmp = v->row[0];

		v->row[0] = v->row[n - 1];
		v->row[n - 1] = tmp;
		sift(v->row, 0, n - 1, o);
	}
}

static bool ev_any(const struct pair *ev, bool now)
{
	for (int i = 0; i < NR_EV; i++)
		if (now ? ev[i].cur != ev[i].prev : ev[i].cur != 0)
			return true;
	return false;
}

static bool has_value(uint64_t v)
{
	return v != VT_NA && v != 0;
}

static bool row_shown(const struct model *md, enum pane p, unsigned int row, enum show show)
{
	const struct cg_row *c;
	const struct task_row *t;
	const struct pair *x;

	switch (p) {
	case PANE_TRANS:
		x = &md->mx[row / MAX_STATES][row % MAX_STATES];
		return row % MAX_STATES < md->nstates && row / MAX_STATES < md->nstates &&
		       (has_value(x->cur) || md->ev.pages[row / MAX_STATES][row % MAX_STATES]);
	case PANE_CG:
		c = &md->cg[row];
		if (show == SHOW_ALL && !c->gone)
			return true;
		/* pages on a device need no virtual slot */
		return (!c->gone && (has_value(c->val[CG_VSWAP]) || has_value(c->val[CG_SWAP]))) ||
		       ev_any(c->ev, show == SHOW_ACTIVE);
	case PANE_PROC:
		t = &md->task[row];
		return (!t->gone && has_value(t->vmswap)) || ev_any(t->ev, show == SHOW_ACTIVE);
	case PANE_DEV:
		return !md->dev[row].gone;
	default:
		return true;
	}
}

static unsigned int pane_rows(const struct model *md, enum pane p)
{
	switch (p) {
	case PANE_TRANS:
		return MAX_STATES * MAX_STATES;
	case PANE_CG:
		return md->ncg;
	case PANE_PROC:
		return md->ntask;
	case PANE_DEV:
		return md->ndev;
	case PANE_HIST:
		return md->nhist;
	default:
		return NR_METRICS + md->nextra;
	}
}

static bool row_match(const struct model *md, enum pane p, unsigned int row, const char *match)
{
	if (!match || !*match)
		return true;
	for (unsigned int i = 0; i < ncolumns; i++) {
		struct cell c;

		if (columns[i].pane != p || columns[i].type != CT_STR)
			continue;
		cell_get(md, &columns[i], row, &c);
		if (c.s && !c.na && strcasestr(c.s, match))
			return true;
	}
	return false;
}

void view_build(struct view *v, const struct model *md, enum pane p, const struct layout *lay,
		enum show show, const char *match)
{
	struct order o = { md, lay };
	unsigned int n = pane_rows(md, p);

	v->n = 0;
	for (unsigned int i = 0; i < n; i++)
		if (row_shown(md, p, i, show) && row_match(md, p, i, match))
			v->row[v->n++] = (uint16_t)i;
	view_sort(v, &o);
}

const char *size_text(uint64_t bytes, char *buf, size_t size)
{
	static const char unit[] = "BKMGTPE";
	double v = (double)bytes;
	int u = 0;

	if (bytes == VT_NA) {
		vt_copy(buf, "-", size);
		return buf;
	}
	while (v >= 1023.5 && u < 6) {
		v /= 1024;
		u++;
	}
	if (!u)
		snprintf(buf, size, bytes ? "%" PRIu64 "B" : "%" PRIu64, bytes);
	else
		snprintf(buf, size, v < 99.95 ? "%.1f%c" : "%.0f%c", v, unit[u]);
	return buf;
}

const char *rate_text(double rate, char *buf, size_t size)
{
	if (isnan(rate))
		vt_copy(buf, "-", size);
	else if (rate == 0)
		vt_copy(buf, "0", size);
	else if (rate < 9.95)
		snprintf(buf, size, "%.1f", rate);
	else if (rate < 99999.5)
		snprintf(buf, size, "%.0f", rate);
	else if (rate < 999999.5)
		snprintf(buf, size, "%.0fk", rate / 1e3);
	else
		snprintf(buf, size, "%.1fM", rate / 1e6);
	return buf;
}

const char *cell_text(const struct column *col, const struct cell *c, enum units units,
		      uint64_t page_size, char *buf, size_t size)
{
	if (c->na) {
		vt_copy(buf, "-", size);
		return buf;
	}
	if (c->max) {
		vt_copy(buf, "max", size);
		return buf;
	}
	switch (col->type) {
	case CT_STR:
		vt_copy(buf, c->s ? c->s : "-", size);
		break;
	case CT_SINT:
		snprintf(buf, size, "%" PRId64, c->i);
		break;
	case CT_BYTES:
		if (units == UNITS_HUMAN)
			return size_text(c->u, buf, size);
		snprintf(buf, size, "%" PRIu64, units == UNITS_PAGES ? c->u / page_size : c->u);
		break;
	case CT_RATE:
		if (units == UNITS_HUMAN)
			return rate_text(c->d, buf, size);
		snprintf(buf, size, "%.2f", c->d);
		break;
	case CT_RATIO:
		snprintf(buf, size, "%.2f", c->d);
		break;
	case CT_PCT:
		snprintf(buf, size, units == UNITS_HUMAN ? "%.1f" : "%.2f", c->d);
		break;
	default:
		snprintf(buf, size, "%" PRIu64, c->u);
	}
	return buf;
}
