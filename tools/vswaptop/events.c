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

/* overrun, commit overrun and dropped events are the three ways to lose one */
uint64_t rb_losses(char *stats)
{
	uint64_t sum = 0;
	char *line;

	while ((line = vt_line(&stats))) {
		char *colon = strchr(line, ':');
		uint64_t v;

		if (!colon)
			continue;
		*colon = '\0';
		if (strcmp(line, "overrun") && strcmp(line, "commit overrun") &&
		    strcmp(line, "dropped events"))
			continue;
		v = vt_u64(colon + 1);
		/* the text may come from a file: nothing that could overflow the sum */
		if (v < 1ULL << 48)
			sum += v;
	}
	return sum;
}

/*
 * One load and two shifts, for this runs for every field of every event.  The
 * record is known to be long enough for the field.
 */
static inline uint64_t field(const struct field_pos *pos, const unsigned char *rec)
{
	uint64_t v = get64(rec + pos->off);

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v <<= pos->shift;
#endif
	v = pos->is_signed ? (uint64_t)((int64_t)v >> pos->shift) : v >> pos->shift;
	return v | pos->na;
}

/* pages an event is about: one when it does not say */
static inline uint64_t pages(const struct ev_format *f, const unsigned char *rec)
{
	uint64_t nr = field(&f->pos[EF_NR], rec);

	return nr == VT_NA ? 1 : nr;
}

static int state_slow(struct model *md, const struct sym_map *map, uint64_t v)
{
	for (unsigned int i = 0; i < map->n; i++)
		if (map->e[i].value == v)
			return model_state(md, map->e[i].name);
	return v < NR_STATES ? (int)v : -1;
}

/* Index of a state: by the name the kernel gives the value, else by number. */
static inline int state_of(struct model *md, struct sym_map *map, uint64_t v)
{
	int s;

	if (v < MAX_SYM && map->state[v])
		return map->state[v] - 1;
	s = state_slow(md, map, v);
	if (s >= 0 && v < MAX_SYM)
		map->state[v] = (unsigned char)(s + 1);
	return s;
}

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

static inline void add(struct model *md, struct cg_row *cg, struct task_row *t, enum evc c, uint64_t nr)
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

static void apply_transition(struct model *md, struct ev_format *f, const unsigned char *rec,
			     struct cg_row *cg, struct task_row *t)
{
	struct ev_stats *ev = &md->ev;
	int from = state_of(md, &f->from, field(&f->pos[EF_FROM], rec));
	int to = state_of(md, &f->to, field(&f->pos[EF_TO], rec));
	uint64_t nr = pages(f, rec), reason = field(&f->pos[EF_REASON], rec);
	enum evc c;

	if (from < 0 || to < 0) {
		ev->unknown++;
		return;
	}
	ev->pages[from][to] += nr;
	c = meaning(from, to);
	add(md, cg, t, c, nr);
	if (!cg && (c <= EV_OUT_PHYS || c == EV_WB))
		ev->unowned += nr;
	if (reason < MAX_REASONS) {
		ev->reason[reason].acc += nr;
		if (reason >= md->nreasons)
			md->nreasons = (unsigned int)reason + 1;
	}
	if (to == ST_PHYS) {
		uint64_t type = field(&f->pos[EF_PHYS_TYPE], rec);

		if (type < MAX_DEVS)
			ev->type_out[type].acc += nr;
	} else if (to == ST_ZSWAP) {
		uint64_t bytes = field(&f->pos[EF_BYTES], rec);

		ev->comp_pages += bytes == VT_NA ? 0 : nr;
		ev->comp_bytes += bytes == VT_NA ? 0 : bytes;
	}
}

static void apply_swapin(struct model *md, struct ev_format *f, const unsigned char *rec,
			 struct cg_row *cg, struct task_row *t)
{
	int b = state_of(md, &f->backing, field(&f->pos[EF_BACKING], rec));
	uint64_t nr = pages(f, rec), type;
	enum evc c = EV_IN_OTHER;

	if (b == ST_ZERO)
		c = EV_IN_ZERO;
	else if (b == ST_ZSWAP)
		c = EV_IN_ZSWAP;
	else if (b == ST_PHYS)
		c = EV_IN_PHYS;
	else if (b == ST_POISON)
		/* a fault on a page that is lost brings none in */
		c = EV_OTHER;
	add(md, cg, t, c, nr);
	if (!cg && c != EV_OTHER)
		md->ev.unowned += nr;
	if (c != EV_IN_PHYS)
		return;
	type = field(&f->pos[EF_PHYS_TYPE], rec);
	if (type < MAX_DEVS) {
		md->ev.type_in[type].acc += nr;
		md->ev.type_in_known = true;
	}
}

static void apply_reject(struct model *md, struct ev_format *f, const unsigned char *rec,
			 struct cg_row *cg, struct task_row *t)
{
	uint64_t nr = pages(f, rec), reason = field(&f->pos[EF_REASON], rec);

	add(md, cg, t, EV_REJECT, nr);
	if (reason < MAX_REASONS) {
		md->ev.reject[reason].acc += nr;
		if (reason >= md->nrejects)
			md->nrejects = (unsigned int)reason + 1;
	}
}

/* The event a record is of; NULL when it is none of ours or cut short. */
static struct ev_format *format_of(struct ev_set *es, const unsigned char *rec, size_t len,
				   enum ev_kind *kind)
{
	uint64_t id;

	if (len < es->common_type.end)
		return NULL;
	id = field(&es->common_type, rec);
	for (int k = 0; k < NR_EK; k++) {
		struct ev_format *f = &es->fmt[k];

		if (f->present && (uint64_t)f->id == id) {
			*kind = (enum ev_kind)k;
			return len < f->end ? NULL : f;
		}
	}
	return NULL;
}

void ev_apply(struct model *md, struct ev_set *es, const unsigned char *rec,
	      size_t len, task_fn find, const struct ev_filter *flt)
{
	struct cg_row *cg = NULL;
	struct task_row *t = NULL;
	struct ev_format *f;
	enum ev_kind kind;
	bool dropped = false;
	uint64_t v;

	f = format_of(es, rec, len, &kind);
	if (!f) {
		md->ev.unknown++;
		return;
	}
	md->ev.seen.acc++;
	if (kind == EK_GROW) {
		md->ev.events_grow++;
		return;
	}
	if (kind == EK_SWAPOFF) {
		md->ev.events_swapoff++;
		return;
	}
	v = field(&f->pos[EF_CGROUP], rec);
	if (v != VT_NA && v) {
		cg = model_cgroup(md, v);
		dropped = !cg;
	}
	if (flt && flt->cg_on && !(cg && cg->selected))
		return;
	v = field(&f->pos[EF_PID], rec);
	if (find && v != VT_NA) {
		t = find(md, (int)v);
		dropped |= !t;
	}
	if (flt && flt->pid && !(t && t->pid == flt->pid))
		return;
	md->ev.rows_dropped += dropped;
	if (kind == EK_TRANSITION)
		apply_transition(md, f, rec, cg, t);
	else if (kind == EK_SWAPIN)
		apply_swapin(md, f, rec, cg, t);
	else
		apply_reject(md, f, rec, cg, t);
}
