// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * events.c - ring buffer pages, and what each event adds to the model
 *
 * The page walker checks every length against the page, because pages also
 * come from files.  Reading the kernel's pages through the same code costs a
 * few compares per event.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "events.h"
#include "util.h"

#define RB_MISSED_EVENTS (1u << 31)
#define RB_MISSED_STORED (1u << 30)

static uint32_t get32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t get64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

int rb_page_open(struct rb_page *p, const void *page, size_t len, int long_size)
{
	const unsigned char *s = page;
	size_t head = 8 + (size_t)long_size;
	uint32_t commit;
	size_t n;

	memset(p, 0, sizeof(*p));
	if (len < head)
		return -EINVAL;
	p->ts = get64(s);
	commit = get32(s + 8);
	n = commit & ~(RB_MISSED_EVENTS | RB_MISSED_STORED);
	if (n > len - head)
		return -EINVAL;
	if (commit & RB_MISSED_EVENTS) {
		p->missed_unknown = true;
		if ((commit & RB_MISSED_STORED) && len - head - n >= (size_t)long_size) {
			p->missed = long_size == 8 ? get64(s + head + n) : get32(s + head + n);
			p->missed_unknown = false;
		}
	}
	p->data = s + head;
	p->len = n;
	return 0;
}

/* length of the record at p->data, headers included; 0 when it is malformed */
static size_t rb_event_size(const struct rb_page *p, uint32_t type, uint32_t delta)
{
	uint64_t n;

	switch (type) {
	case 29: /* padding: the rest of the page, or a discarded event */
		if (!delta)
			return p->len;
		/* fall through */
	case 0:
		if (p->len < 8)
			return 0;
		n = (uint64_t)get32(p->data + 4) + 4;
		if (n < 8)
			return 0;
		break;
	case 30:
	case 31:
		n = 8;
		break;
	default:
		n = 4 + (uint64_t)type * 4;
		break;
	}
	return n > p->len ? 0 : (size_t)n;
}

int rb_page_next(struct rb_page *p, const unsigned char **data, size_t *len, uint64_t *ts)
{
	while (p->len >= 4) {
		const unsigned char *rec = p->data;
		uint32_t word = get32(rec), type = word & 31, delta = word >> 5;
		size_t n = rb_event_size(p, type, delta);

		if (!n)
			return -EINVAL;
		p->data += n;
		p->len -= n;
		if (type == 31) {
			p->ts = (p->ts & (31ULL << 59)) | ((uint64_t)get32(rec + 4) << 27) | delta;
			continue;
		}
		if (type == 30) {
			p->ts += ((uint64_t)get32(rec + 4) << 27) + delta;
			continue;
		}
		if (type == 29) {
			p->ts += delta;
			continue;
		}
		p->ts += delta;
		*ts = p->ts;
		*data = rec + (type ? 4 : 8);
		*len = n - (type ? 4 : 8);
		return 1;
	}
	return 0;
}

/*
 * One load and two shifts, for this runs for every field of every event.  After
 * @len more bytes can be read, see ev_apply().
 */
static inline uint64_t field(const struct field_pos *pos, const unsigned char *rec, size_t len)
{
	uint64_t v;

	if (!pos->size || pos->end > len)
		return VT_NA;
	v = get64(rec + pos->off);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v <<= pos->shift;
#endif
	return pos->is_signed ? (uint64_t)((int64_t)v >> pos->shift) : v >> pos->shift;
}

static int state_slow(struct model *md, const struct sym_map *map, uint64_t v)
{
	for (unsigned int i = 0; i < map->n; i++)
		if (map->e[i].value == v)
			return model_state(md, map->e[i].name);
	return v < NR_STATES ? (int)v : -1;
}

/* Index of a state: by the name the kernel gives the value, else by number. */
static int state_of(struct model *md, struct sym_map *map, uint64_t v)
{
	int s;

	if (v < MAX_SYM && map->state[v])
		return map->state[v] - 1;
	s = state_slow(md, map, v);
	if (s >= 0 && v < MAX_SYM)
		map->state[v] = (unsigned char)(s + 1);
	return s;
}

/* what is read of each kind of event; the rest is not looked at */
static const unsigned int wanted[NR_EK] = {
	[EK_TRANSITION] = 1u << EF_PID | 1u << EF_NR | 1u << EF_FROM | 1u << EF_TO |
			  1u << EF_REASON | 1u << EF_CGROUP,
	[EK_SWAPIN] = 1u << EF_PID | 1u << EF_NR | 1u << EF_BACKING | 1u << EF_PHYS_TYPE |
		      1u << EF_CGROUP,
	[EK_REJECT] = 1u << EF_PID | 1u << EF_NR | 1u << EF_REASON | 1u << EF_CGROUP,
	[EK_GROW] = 0,
	[EK_SWAPOFF] = 1u << EF_TYPE | 1u << EF_MOVED | 1u << EF_POISONED | 1u << EF_LEFT,
};

static const char *const reason_default[] = {
	"alloc", "free", "store", "load", "zero", "fallback",
	"writeback", "redirty", "reclaim", "swapoff", "error",
};

static void name_reasons(char names[][NAME_LEN], unsigned int *n, const struct sym_map *map,
			 const char *const *dflt, unsigned int ndflt)
{
	for (unsigned int i = 0; i < MAX_REASONS; i++) {
		if (i < ndflt && !map->n)
			vt_copy(names[i], dflt[i], NAME_LEN);
		else
			snprintf(names[i], NAME_LEN, "reason%u", i);
	}
	*n = map->n ? 0 : ndflt;
	for (unsigned int i = 0; i < map->n; i++) {
		if (map->e[i].value >= MAX_REASONS)
			continue;
		vt_copy(names[map->e[i].value], map->e[i].name, NAME_LEN);
		if (map->e[i].value >= *n)
			*n = (unsigned int)map->e[i].value + 1;
	}
}

void ev_setup(struct model *md, struct ev_set *es)
{
	for (int k = 0; k < NR_EK; k++) {
		memset(es->fmt[k].from.state, 0, sizeof(es->fmt[k].from.state));
		memset(es->fmt[k].to.state, 0, sizeof(es->fmt[k].to.state));
		memset(es->fmt[k].backing.state, 0, sizeof(es->fmt[k].backing.state));
	}
	name_reasons(md->reason_name, &md->nreasons, &es->fmt[EK_TRANSITION].reason,
		     reason_default, sizeof(reason_default) / sizeof(reason_default[0]));
	name_reasons(md->reject_name, &md->nrejects, &es->fmt[EK_REJECT].reason, NULL, 0);
}

static void add(struct model *md, struct cg_row *cg, struct task_row *t, enum evc c, uint64_t nr)
{
	md->ev.total[c].acc += nr;
	if (cg)
		cg->ev[c].acc += nr;
	if (t)
		t->ev[c].acc += nr;
}

/* What a transition means to the user; the same rules as derive_matrix(). */
static enum evc meaning(int from, int to)
{
	if (from == ST_FREE)
		return EV_ALLOC;
	if (from == to)
		return EV_OTHER;
	switch (to) {
	case ST_FREE:
		return EV_FREE;
	case ST_ZERO:
		return EV_OUT_ZERO;
	case ST_ZSWAP:
		return EV_OUT_ZSWAP;
	case ST_PHYS:
		return from == ST_ZSWAP ? EV_WB : EV_OUT_PHYS;
	default:
		return EV_OTHER;
	}
}

static void apply_transition(struct model *md, struct ev_format *f, const uint64_t *v,
			     struct cg_row *cg, struct task_row *t, const unsigned char *data,
			     size_t len)
{
	struct ev_stats *ev = &md->ev;
	int from = state_of(md, &f->from, v[EF_FROM]);
	int to = state_of(md, &f->to, v[EF_TO]);
	uint64_t nr = v[EF_NR] == VT_NA ? 1 : v[EF_NR];

	if (from < 0 || to < 0) {
		ev->unknown++;
		return;
	}
	ev->pages[from][to] += nr;
	add(md, cg, t, meaning(from, to), nr);
	if (v[EF_REASON] < MAX_REASONS) {
		ev->reason[v[EF_REASON]].acc += nr;
		if (v[EF_REASON] >= md->nreasons)
			md->nreasons = (unsigned int)v[EF_REASON] + 1;
	}
	if (to == ST_PHYS) {
		uint64_t type = field(&f->pos[EF_PHYS_TYPE], data, len);

		if (type < MAX_DEVS)
			ev->type_out[type].acc += nr;
	} else if (to == ST_ZSWAP) {
		uint64_t bytes = field(&f->pos[EF_BYTES], data, len);

		ev->comp_pages += bytes == VT_NA ? 0 : nr;
		ev->comp_bytes += bytes == VT_NA ? 0 : bytes;
	}
}

static void apply_swapin(struct model *md, struct ev_format *f, const uint64_t *v,
			 struct cg_row *cg, struct task_row *t)
{
	int b = state_of(md, &f->backing, v[EF_BACKING]);
	uint64_t nr = v[EF_NR] == VT_NA ? 1 : v[EF_NR];
	enum evc c = EV_IN_OTHER;

	if (b == ST_ZERO)
		c = EV_IN_ZERO;
	else if (b == ST_ZSWAP)
		c = EV_IN_ZSWAP;
	else if (b == ST_PHYS)
		c = EV_IN_PHYS;
	add(md, cg, t, c, nr);
	if (c == EV_IN_PHYS && v[EF_PHYS_TYPE] < MAX_DEVS) {
		md->ev.type_in[v[EF_PHYS_TYPE]].acc += nr;
		md->ev.type_in_known = true;
	}
}

static void apply_reject(struct model *md, const uint64_t *v, struct cg_row *cg,
			 struct task_row *t)
{
	uint64_t nr = v[EF_NR] == VT_NA ? 1 : v[EF_NR];

	add(md, cg, t, EV_REJECT, nr);
	if (v[EF_REASON] < MAX_REASONS) {
		md->ev.reject[v[EF_REASON]].acc += nr;
		if (v[EF_REASON] >= md->nrejects)
			md->nrejects = (unsigned int)v[EF_REASON] + 1;
	}
}

static void apply_swapoff(struct model *md, const uint64_t *v)
{
	md->ev.events_swapoff++;
	md->ev.swapoff_type = v[EF_TYPE];
	md->ev.swapoff_moved = v[EF_MOVED];
	md->ev.swapoff_poisoned = v[EF_POISONED];
	md->ev.swapoff_left = v[EF_LEFT];
}

void ev_apply(struct model *md, struct ev_set *es, const unsigned char *data,
	      size_t len, task_fn find, const struct ev_filter *flt)
{
	struct ev_format *f = NULL;
	uint64_t id, v[NR_EF];
	struct cg_row *cg = NULL;
	struct task_row *t = NULL;
	int kind;

	id = field(&es->common_type, data, len);
	for (kind = 0; kind < NR_EK; kind++) {
		f = &es->fmt[kind];
		if (f->present && (uint64_t)f->id == id)
			break;
	}
	if (kind == NR_EK) {
		md->ev.unknown++;
		return;
	}
	for (unsigned int m = wanted[kind]; m; m &= m - 1) {
		int i = __builtin_ctz(m);

		v[i] = field(&f->pos[i], data, len);
	}
	md->ev.seen.acc++;
	if (kind == EK_GROW) {
		md->ev.events_grow++;
		return;
	}
	if (kind == EK_SWAPOFF) {
		apply_swapoff(md, v);
		return;
	}
	if (v[EF_CGROUP] != VT_NA && v[EF_CGROUP])
		cg = model_cgroup(md, v[EF_CGROUP]);
	if (flt && flt->cg_on && !(cg && cg->selected))
		return;
	if (find && v[EF_PID] != VT_NA)
		t = find(md, (int)v[EF_PID]);
	if (flt && flt->pid && !(t && t->pid == flt->pid))
		return;
	if (kind == EK_TRANSITION)
		apply_transition(md, f, v, cg, t, data, len);
	else if (kind == EK_SWAPIN)
		apply_swapin(md, f, v, cg, t);
	else
		apply_reject(md, v, cg, t);
}
