// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * check.c - an fsck of the virtual swap layer
 *
 * One line per violated invariant. A dump of a running machine has operations half
 * done; what they explain is reported as "in flight", not as a violation:
 *   - a cluster whose lock is held, and everything in it;
 *   - a slot whose cached folio is locked or under writeback (its owner may be
 *     between two steps: kernel.md 3, rules 3 and 4), and zswap's count of such
 *     slots, which follows their being stored;
 *   - cluster lists while the device's lock is held;
 *   - LRU links while a lock of the LRU is held.
 * What the dump does not contain is counted as missing and never as wrong.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

/* What may be going on. A reason stands behind each line about something in flight. */
#define BUSY_CLUSTER	"its cluster is locked"
#define BUSY_DEVICE	"the device's list lock is held"
#define BUSY_LOCKED	"its cached page is locked"
#define BUSY_WRITEBACK	"its cached page is being written"
#define BUSY_LRU	"a lock of zswap's LRU is held"
#define BUSY_OTHER	"the cluster at the other end is locked"
#define BUSY_SOME	"clusters are locked"
#define BUSY_STORING	"cached pages of as many are locked"

/** More orders than any kernel has lists for. */
#define NR_ORDERS_MAX	64

struct check {
	struct kern *k;
	const struct out_opts *o;
	uint64_t violations, inflight, missing;
	uint64_t lines;			/* of JSON rows */
	uint64_t slots[VS_NR_ALL];
	uint64_t locked;		/* clusters of the virtual device */
	uint64_t storing;		/* slots in zswap whose cached folio is locked */
	uint64_t used[SWP_MAX_DEVICES];	/* slots in use, by the tables */
	uint64_t tables_lost[SWP_MAX_DEVICES];
	uint64_t dev_locked[SWP_MAX_DEVICES];
	unsigned char *seen;		/* clusters found on a list, a bit each */
	struct cluster *c2;		/* for the other direction */
	uint64_t checked;		/* slots looked at */
};

/* What a message is about: kinds are stable words for scripts. */
static void say(struct check *ck, const char *busy, const char *kind, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* @busy: what is going on that explains it, or NULL. */
static void say(struct check *ck, const char *busy, const char *kind, const char *fmt, ...)
{
	const char *class = busy ? "in flight" : "violation";
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (busy)
		ck->inflight++;
	else
		ck->violations++;
	if (ck->o->json) {
		struct json_object *o = json_object_new_object();

		json_str(o, "class", class);
		json_str(o, "kind", kind);
		json_str(o, "text", text);
		json_str(o, "because", busy);
		printf("%s\n%s", ck->lines ? "," : "",
		       json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
						      JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(o);
	} else {
		printf("%s: %s: %s%s%s%s\n", class, kind, text, busy ? " (" : "", busy ? busy : "",
		       busy ? ")" : "");
	}
	ck->lines++;
}

static bool list_links_ok(struct kern *k, uint64_t node, uint64_t next, uint64_t prev,
			  bool *known)
{
	uint64_t back, forth;

	*known = false;
	if (dump_field(k->d, next, KM_list_head_prev, &back) ||
	    dump_field(k->d, prev, KM_list_head_next, &forth))
		return false;
	*known = true;
	return back == node && forth == node;
}

/* -------------------------------------------------------------- slots */

static const char *cluster_busy(const struct cluster *c)
{
	return c->locked ? BUSY_CLUSTER : NULL;
}

const char *slot_busy(struct kern *k, const struct cluster *c, const struct slot *s)
{
	struct folio_state f;

	if (c->locked)
		return BUSY_CLUSTER;
	if (!s->cached)
		return NULL;
	folio_read(k, s, k->vtype, &f);
	if (!f.known || !f.matches)
		return NULL;
	return f.locked ? BUSY_LOCKED : f.writeback ? BUSY_WRITEBACK : NULL;
}

/* Is a lock held in an array of per-node lists? */
static bool node_locked(struct kern *k, uint64_t array, uint64_t stride, uint64_t lock)
{
	unsigned int n;

	for (n = 0; n < k->nodes; n++) {
		if (kern_held(k, array + n * stride + lock))
			return true;
	}
	return false;
}

/* Is the lock of any LRU that the entry may be on held? */
static const char *lru_busy(struct kern *k, const struct zentry *z)
{
	const struct kfield *f = k->l->field;
	const uint32_t *size = k->l->size;
	uint64_t lru = dump_sym(k->d, KSYM_zswap_list_lru), node, memcg, id;

	if (!lru || !f[KM_list_lru_node].present || !f[KM_list_lru_one_lock].present)
		return NULL;
	if (!dump_field(k->d, lru, KM_list_lru_node, &node) &&
	    node_locked(k, node, size[KS_list_lru_node], f[KM_list_lru_node_lru].off +
			f[KM_list_lru_one_lock].off))
		return BUSY_LRU;
	if (!f[KM_list_lru_xa].present || !f[KM_mem_cgroup_kmemcg_id].present || !z->objcg ||
	    dump_field(k->d, z->objcg, KM_obj_cgroup_memcg, &memcg) ||
	    dump_field(k->d, memcg, KM_mem_cgroup_kmemcg_id, &id) ||
	    kern_xa_load(k, lru + f[KM_list_lru_xa].off, id, &node) || !node)
		return NULL;
	return node_locked(k, node + f[KM_list_lru_memcg_node].off, size[KS_list_lru_one],
			   f[KM_list_lru_one_lock].off) ? BUSY_LRU : NULL;
}

static void check_object(struct check *ck, const struct slot *s, const struct zentry *z,
			 const struct pool *p, const char *busy)
{
	struct zs_object o;
	char why[256];

	switch (zs_locate(ck->k, p->zs, z->handle, z->length, &o, why, sizeof(why))) {
	case CONTENT_ZSWAP:
		break;
	case CONTENT_MISSING:
		ck->missing++;
		break;
	default:
		say(ck, busy, "object", "slot %" PRIu64 ": %s", s->nr, why);
	}
}

static void check_zswap(struct check *ck, const struct slot *s, const char *busy)
{
	struct kern *k = ck->k;
	uint64_t want = swp_entry(k->vtype, s->nr);
	struct zentry z;
	struct pool *p;
	bool known;

	kern_zentry(k, s->entry, &z);
	if (z.rd == RD_MISSING) {
		ck->missing++;
		return;
	}
	if (z.rd) {
		say(ck, busy, "entry", "slot %" PRIu64 ": its zswap entry %#" PRIx64
		    " is not mapped", s->nr, s->entry);
		return;
	}
	if (z.swpentry != want) {
		say(ck, busy, "entry", "slot %" PRIu64 ": its zswap entry %#" PRIx64
		    " is of device %u slot %" PRIu64, s->nr, s->entry,
		    swp_entry_type(z.swpentry), swp_entry_offset(z.swpentry));
		return;
	}
	if (!z.length || z.length > k->page_size) {
		say(ck, busy, "length", "slot %" PRIu64 ": its zswap entry has %" PRIu64
		    " bytes", s->nr, z.length);
		return;
	}
	if (!list_links_ok(k, z.lru, z.lru_next, z.lru_prev, &known)) {
		if (known)
			say(ck, busy ? busy : lru_busy(k, &z), "lru", "slot %" PRIu64
			    ": the LRU links of its zswap entry %#" PRIx64
			    " are broken", s->nr, s->entry);
		else if (!dump_maps(k->d, z.lru_next) || !dump_maps(k->d, z.lru_prev))
			say(ck, busy ? busy : lru_busy(k, &z), "lru", "slot %" PRIu64
			    ": the LRU links of its zswap entry %#" PRIx64
			    " lead nowhere", s->nr, s->entry);
		else
			ck->missing++;
	}
	p = kern_pool(k, z.pool);
	if (!p || !p->listed) {
		say(ck, busy, "pool", "slot %" PRIu64 ": its zswap entry is in pool %#" PRIx64
		    ", which is not a zswap pool", s->nr, z.pool);
		return;
	}
	check_object(ck, s, &z, p, busy);
}

/* The word of a physical slot without loading its whole cluster. */
static enum rd phys_word(struct kern *k, const struct swapdev *d, uint64_t off,
			 uint64_t *word, bool *locked)
{
	uint64_t ci = d->cluster_info + off / k->cluster * k->l->size[KS_swap_cluster_info];
	uint64_t table;
	enum rd rd;

	*word = 0;
	*locked = kern_held(k, ci + k->l->field[KM_swap_cluster_info_lock].off);
	rd = dump_field(k->d, ci, KM_swap_cluster_info_table, &table);
	if (rd)
		return rd;
	return table ? dump_u64(k->d, table + off % k->cluster * TABLE_WORD_BYTES, word) : RD_OK;
}

static void check_phys(struct check *ck, const struct slot *s, const char *busy)
{
	struct kern *k = ck->k;
	const struct swapdev *d = &k->dev[s->ptype];
	bool locked = false;
	uint64_t word;

	if (!d->used || d->is_virtual) {
		say(ck, busy, "device", "slot %" PRIu64 ": backed by device %u, which is %s",
		    s->nr, s->ptype, d->is_virtual ? "the virtual one" : "not in use");
		return;
	}
	if (!d->complete) {
		ck->missing++;
		return;
	}
	if (!s->poff || s->poff >= d->max) {
		say(ck, busy, "device", "slot %" PRIu64 ": backed by slot %" PRIu64
		    " of device %u, which has %" PRIu64, s->nr, s->poff, s->ptype, d->max);
		return;
	}
	if (phys_word(k, d, s->poff, &word, &locked)) {
		ck->missing++;
		return;
	}
	if (swt_kind(word) == SWT_POINTER && swt_pointer_ok(word) && swt_pointer(word) == s->nr)
		return;
	if (!busy && locked)
		busy = BUSY_OTHER;
	if (swt_kind(word) == SWT_POINTER)
		say(ck, busy, "reverse", "slot %" PRIu64 ": backed by %u:%" PRIu64
		    ", which points back to slot %" PRIu64, s->nr, s->ptype, s->poff,
		    swt_pointer(word));
	else
		say(ck, busy, "reverse", "slot %" PRIu64 ": backed by %u:%" PRIu64
		    ", which does not point back (%#" PRIx64 ")", s->nr, s->ptype, s->poff,
		    word);
}

static void check_cached(struct check *ck, const struct slot *s, const char *busy)
{
	struct folio_state f;

	folio_read(ck->k, s, ck->k->vtype, &f);
	if (!f.known) {
		ck->missing++;
		return;
	}
	if (!f.matches)
		say(ck, busy, "cache", "slot %" PRIu64 ": the cached folio at pfn %#" PRIx64
		    " belongs elsewhere", s->nr, s->pfn);
	else if (s->state == VS_NONE && f.uptodate && !f.dirty && !f.locked && !f.writeback)
		say(ck, busy, "clean", "slot %" PRIu64
		    ": the cached folio is clean, but nothing backs it", s->nr);
}

/* The words of one slot on their own. */
static void check_words(struct check *ck, const struct cluster *c, const struct slot *s,
			const char *busy)
{
	bool zero = s->has_count && (s->word & SWT_ZERO);
	enum vtw_kind v = vtw_kind(s->vword);

	if (s->kind == SWT_FREE && v != VTW_NONE)
		say(ck, busy, "free", "slot %" PRIu64 ": free, but backed (%#" PRIx64 ")",
		    s->nr, s->vword);
	else if (s->kind == SWT_ODD || s->kind == SWT_POINTER || s->kind == SWT_BADSLOT)
		say(ck, busy, "word", "slot %" PRIu64 ": impossible swap table word %#" PRIx64,
		    s->nr, s->word);
	else if (v == VTW_ODD)
		say(ck, busy, "word", "slot %" PRIu64 ": impossible virtual table word %#" PRIx64,
		    s->nr, s->vword);
	else if (zero && v != VTW_NONE)
		say(ck, busy, "double", "slot %" PRIu64 ": zero-filled, but also backed (%#"
		    PRIx64 ")", s->nr, s->vword);
	else if (s->kind == SWT_SHADOW && !zero && v == VTW_NONE &&
		 c->vtable_st != TABLE_MISSING)
		say(ck, busy, "lost", "slot %" PRIu64 ": in use, but neither cached nor backed",
		    s->nr);
	if (s->kind == SWT_SHADOW && !swt_count(s->word))
		say(ck, busy, "count", "slot %" PRIu64 ": not cached and without references",
		    s->nr);
	if (s->kind == SWT_FREE && s->memcg)
		say(ck, busy, "owner", "slot %" PRIu64 ": free, but owned by cgroup id %u",
		    s->nr, s->memcg);
	if (s->has_count && swt_count(s->word) == SWT_COUNT_MAX && c->extend_st == TABLE_ABSENT)
		say(ck, busy, "count", "slot %" PRIu64
		    ": its count overflowed, but there is no table for it", s->nr);
}

static void check_owner(struct check *ck, const struct slot *s, const char *busy)
{
	struct kern *k = ck->k;
	uint64_t memcg, xa = dump_sym(k->d, KSYM_mem_cgroup_private_ids);
	enum rd rd;

	if (!s->memcg || !xa)
		return;
	if (kern_cgroup(k, s->memcg)->memcg)
		return;
	rd = kern_xa_load(k, xa, s->memcg, &memcg);
	if (rd == RD_MISSING)
		ck->missing++;
	else
		say(ck, busy, "owner", "slot %" PRIu64 ": owned by cgroup id %u, which does not exist",
		    s->nr, s->memcg);
}

static void check_slot(struct check *ck, const struct cluster *c, const struct slot *s)
{
	const char *busy = slot_busy(ck->k, c, s);

	ck->checked++;
	check_words(ck, c, s, busy);
	if (s->kind == SWT_FREE)
		return;
	ck->slots[s->state]++;
	if (s->cached)
		check_cached(ck, s, busy);
	if (s->state == VS_ZSWAP) {
		ck->storing += busy && !strcmp(busy, BUSY_LOCKED);
		check_zswap(ck, s, busy);
	} else if (s->state == VS_PHYS) {
		check_phys(ck, s, busy);
	}
	check_owner(ck, s, busy);
}

/* ----------------------------------------------------------- clusters */

/* Numbers in the descriptor against what the tables say. */
static void check_counts(struct check *ck, const struct swapdev *d, const struct cluster *c,
			 unsigned int used, unsigned int backed)
{
	if (c->table_st != TABLE_MISSING && used != c->count)
		say(ck, cluster_busy(c), "cluster", "device %u cluster %" PRIu64
		    ": %u slots in use, its count is %u", d->type, c->index, used, c->count);
	if (!d->is_virtual || c->vtable_st == TABLE_MISSING)
		return;
	if (backed != c->nr_backed)
		say(ck, cluster_busy(c), "backed", "cluster %" PRIu64
		    ": %u slots backed, its count is %u", c->index, backed, c->nr_backed);
	if (c->vtable_st == TABLE_READ && !backed)
		say(ck, cluster_busy(c), "backed", "cluster %" PRIu64 ": an empty virtual table",
		    c->index);
	if (c->vtable_st == TABLE_READ && c->table_st == TABLE_ABSENT)
		say(ck, cluster_busy(c), "backed", "cluster %" PRIu64
		    ": a virtual table without a swap table", c->index);
}

static void check_list_flags(struct check *ck, const struct swapdev *d, const struct cluster *c,
			     unsigned int used)
{
	bool full = used == ck->k->cluster;

	if (c->table_st == TABLE_MISSING)
		return;
	if (c->flags >= CL_NR)
		say(ck, cluster_busy(c), "list", "device %u cluster %" PRIu64 ": unknown state %u",
		    d->type, c->index, c->flags);
	else if ((c->flags == CL_FREE || c->flags == CL_DISCARD) && used)
		say(ck, cluster_busy(c), "list", "device %u cluster %" PRIu64
		    ": listed as empty with %u slots in use", d->type, c->index, used);
	else if (c->flags == CL_FULL && !full)
		say(ck, cluster_busy(c), "list", "device %u cluster %" PRIu64
		    ": listed as full with %u slots in use", d->type, c->index, used);
}

static void table_missing(struct check *ck, const struct swapdev *d, const struct cluster *c)
{
	if (c->table_st == TABLE_MISSING) {
		ck->missing++;
		ck->tables_lost[d->type]++;
	}
	if (c->vtable_st == TABLE_MISSING)
		ck->missing++;
	if (c->memcg_st == TABLE_MISSING)
		ck->missing++;
	if (c->extend_st == TABLE_MISSING)
		ck->missing++;
}

static int check_virtual(struct kern *k, const struct swapdev *d, const struct cluster *c,
			 void *arg)
{
	struct check *ck = arg;
	unsigned int i, used = 0, backed = 0;
	struct slot s;

	ck->locked += c->locked;
	table_missing(ck, d, c);
	for (i = 0; i < k->cluster; i++) {
		if (c->table_st == TABLE_READ)
			used += c->table[i] != 0;
		if (c->vtable_st == TABLE_READ)
			backed += c->vtable[i] != 0;
		if (c->table_st != TABLE_READ)
			continue;
		slot_decode(k, c, i, true, &s);
		check_slot(ck, c, &s);
	}
	ck->used[d->type] += used;
	check_counts(ck, d, c, used, backed);
	check_list_flags(ck, d, c, used);
	return 0;
}

/* Does the virtual slot that a physical one points to name it? */
static void check_pointer(struct check *ck, const struct swapdev *d, const struct cluster *c,
			  uint64_t off, uint64_t word)
{
	struct kern *k = ck->k;
	const struct swapdev *v = &k->dev[k->vtype];
	uint64_t nr = swt_pointer(word);
	struct slot s;
	const char *busy;

	if (!swt_pointer_ok(word) || nr >= v->max) {
		say(ck, cluster_busy(c), "pointer", "phys %u:%" PRIu64 ": impossible pointer %#" PRIx64,
		    d->type, off, word);
		return;
	}
	if (slot_read(k, v, nr, ck->c2, &s) || s.state == VS_UNKNOWN) {
		ck->missing++;
		return;
	}
	if (slot_backed_by(&s, d->type, off))
		return;
	busy = c->locked ? BUSY_CLUSTER : slot_busy(k, ck->c2, &s);
	if (vtw_kind(s.vword) == VTW_PHYS)
		say(ck, busy, "pointer", "phys %u:%" PRIu64 ": points to slot %" PRIu64
		    ", which is backed by %u:%" PRIu64, d->type, off, nr, vtw_type(s.vword),
		    vtw_offset(s.vword));
	else
		say(ck, busy, "pointer", "phys %u:%" PRIu64 ": points to slot %" PRIu64
		    ", which is %s", d->type, off, nr, vs_names[s.state]);
}

static int check_physical(struct kern *k, const struct swapdev *d, const struct cluster *c,
			  void *arg)
{
	struct check *ck = arg;
	unsigned int i, used = 0, bad = 0;

	ck->dev_locked[d->type] += c->locked;
	table_missing(ck, d, c);
	for (i = 0; c->table_st == TABLE_READ && i < k->cluster; i++) {
		uint64_t w = c->table[i], off = c->index * k->cluster + i;

		used += w != 0;
		switch (swt_kind(w)) {
		case SWT_POINTER:
			check_pointer(ck, d, c, off, w);
			break;
		case SWT_BADSLOT:
			bad++;
			break;
		case SWT_ODD:
			say(ck, cluster_busy(c), "word", "phys %u:%" PRIu64
			    ": impossible swap table word %#" PRIx64, d->type, off, w);
			break;
		default:
			break;
		}
	}
	ck->used[d->type] += used - bad;
	check_counts(ck, d, c, used, 0);
	check_list_flags(ck, d, c, used);
	return 0;
}

/* -------------------------------------------------------------- lists */

struct list_ctx {
	struct check *ck;
	const struct swapdev *d;
	const char *busy;	/* the device's lock is held */
	uint64_t left;		/* nodes that may follow before it is a cycle */
};

/* Number of the cluster whose list node is at @node. */
static bool node_cluster(struct kern *k, const struct swapdev *d, uint64_t node, uint64_t *i)
{
	uint64_t size = k->l->size[KS_swap_cluster_info];
	uint64_t ci = node - k->l->field[KM_swap_cluster_info_list].off;

	if (ci < d->cluster_info || (ci - d->cluster_info) % size)
		return false;
	*i = (ci - d->cluster_info) / size;
	return *i < d->nclusters;
}

static bool cluster_locked(struct kern *k, const struct swapdev *d, uint64_t i)
{
	return kern_held(k, d->cluster_info + i * k->l->size[KS_swap_cluster_info] +
			 k->l->field[KM_swap_cluster_info_lock].off);
}

/* Check the cluster at one list node. False ends the walk of this list. */
static bool check_node(struct list_ctx *x, uint64_t node, enum cl_list want, int order,
		       const char *name)
{
	struct check *ck = x->ck;
	struct kern *k = ck->k;
	uint64_t i, flags, ord, ci;
	const char *busy = x->busy;

	if (!node_cluster(k, x->d, node, &i)) {
		say(ck, busy, "list", "device %u: the list of %s clusters contains %#" PRIx64
		    ", which is no cluster", x->d->type, name, node);
		return false;
	}
	if (ck->seen[i / 8] >> (i % 8) & 1) {
		say(ck, busy, "list", "device %u cluster %" PRIu64 ": on two lists, or in a cycle",
		    x->d->type, i);
		return false;
	}
	ck->seen[i / 8] |= 1u << (i % 8);
	ci = x->d->cluster_info + i * k->l->size[KS_swap_cluster_info];
	if (!busy && cluster_locked(k, x->d, i))
		busy = BUSY_CLUSTER;
	if (dump_field(k->d, ci, KM_swap_cluster_info_flags, &flags) ||
	    dump_field(k->d, ci, KM_swap_cluster_info_order, &ord)) {
		ck->missing++;
		return true;
	}
	if (flags != want)
		say(ck, busy, "list", "device %u cluster %" PRIu64
		    ": on the list of %s clusters, but its state is %" PRIu64, x->d->type, i, name, flags);
	else if (order >= 0 && ord != (unsigned int)order)
		say(ck, busy, "list", "device %u cluster %" PRIu64
		    ": on the %s list of order %d, but its order is %" PRIu64, x->d->type, i,
		    name, order, ord);
	return true;
}

static void walk_list(struct list_ctx *x, uint64_t head, enum cl_list want, int order,
		      const char *name)
{
	struct check *ck = x->ck;
	struct kern *k = ck->k;
	uint64_t p = head, next, prev;

	for (;;) {
		if (dump_field(k->d, p, KM_list_head_next, &next) ||
		    dump_field(k->d, next, KM_list_head_prev, &prev)) {
			if (dump_maps(k->d, p) && !dump_maps(k->d, next))
				say(ck, x->busy, "list", "device %u: the list of %s clusters leads to %#"
				    PRIx64 ", which is not mapped", x->d->type, name, next);
			else
				ck->missing++;
			return;
		}
		if (prev != p) {
			say(ck, x->busy, "list", "device %u: the list of %s clusters is broken at %#"
			    PRIx64, x->d->type, name, next);
			return;
		}
		if (next == head)
			return;
		if (!x->left-- || !check_node(x, next, want, order, name))
			return;
		p = next;
	}
}

static void walk_array(struct list_ctx *x, enum kmember_id id, enum cl_list want,
		       const char *name)
{
	const struct kfield *f = &x->ck->k->l->field[id];
	uint32_t size = x->ck->k->l->size[KS_list_head];
	unsigned int i;

	for (i = 0; i < f->nelem && i < NR_ORDERS_MAX; i++)
		walk_list(x, x->d->addr + f->off + (uint64_t)i * size, want,
			  f->nelem > 1 ? (int)i : -1, name);
}

/* Clusters that say they are on a list, but are not. */
static void check_unlisted(struct list_ctx *x)
{
	struct check *ck = x->ck;
	struct kern *k = ck->k;
	uint64_t i, ci, flags;
	const char *busy;

	for (i = 0; i < x->d->nclusters; i++) {
		ci = x->d->cluster_info + i * k->l->size[KS_swap_cluster_info];
		if (ck->seen[i / 8] >> (i % 8) & 1 ||
		    dump_field(k->d, ci, KM_swap_cluster_info_flags, &flags) ||
		    flags == CL_OFF || flags >= CL_NR)
			continue;
		busy = x->busy ? x->busy : cluster_locked(k, x->d, i) ? BUSY_CLUSTER : NULL;
		say(ck, busy, "list", "device %u cluster %" PRIu64
		    ": its state is %" PRIu64 ", but it is on no list", x->d->type, i, flags);
	}
}

static void check_lists(struct check *ck, const struct swapdev *d)
{
	struct kern *k = ck->k;
	struct list_ctx x = { .ck = ck, .d = d, .left = d->nclusters + 1 };
	uint64_t before = ck->violations + ck->inflight + ck->missing;

	ck->seen = need(d->nclusters / 8 + 1);
	if (kern_held(k, d->addr + k->l->field[KM_swap_info_struct_lock].off))
		x.busy = BUSY_DEVICE;
	walk_array(&x, KM_swap_info_struct_free_clusters, CL_FREE, "free");
	walk_array(&x, KM_swap_info_struct_full_clusters, CL_FULL, "full");
	walk_array(&x, KM_swap_info_struct_nonfull_clusters, CL_NONFULL, "partly used");
	walk_array(&x, KM_swap_info_struct_frag_clusters, CL_FRAG, "fragmented");
	walk_array(&x, KM_swap_info_struct_discard_clusters, CL_DISCARD, "discarded");
	/* a list that could not be followed hides its clusters: say it once */
	if (before == ck->violations + ck->inflight + ck->missing)
		check_unlisted(&x);
	free(ck->seen);
	ck->seen = NULL;
}

/* ------------------------------------------------------------- totals */

static void check_usage(struct check *ck, const struct swapdev *d)
{
	uint64_t inuse = d->inuse;

	/* the virtual device has no such count: its counters are checked instead */
	if (ck->tables_lost[d->type] || d->is_virtual)
		return;
	if (inuse != ck->used[d->type])
		say(ck, ck->dev_locked[d->type] ? BUSY_SOME : NULL, "usage",
		    "device %u: %" PRIu64 " slots in use, the kernel counts %" PRIu64, d->type,
		    ck->used[d->type], inuse);
}

/*
 * zswap counts pages of physical devices, too, so it may well count more. It counts a
 * folio after the folio's slots were changed, when their cluster is not locked any more
 * but the folio still is: zswap_store_virtual().
 */
static void check_stored(struct check *ck)
{
	uint64_t stored, slots = ck->slots[VS_ZSWAP];
	const char *busy = NULL;

	if (!kern_long(ck->k, KSYM_zswap_stored_pages, &stored) || stored >= slots)
		return;
	if (ck->locked)
		busy = BUSY_SOME;
	else if (slots - stored <= ck->storing)
		busy = BUSY_STORING;
	say(ck, busy, "zswap", "%" PRIu64 " slots are in zswap, which counts %" PRIu64 " pages",
	    slots, stored);
}

static void check_gauges(struct check *ck)
{
	struct kern *k = ck->k;
	uint64_t trans[VS_NR][VS_NR], gauge;
	int i, j;

	if (!kern_counters(k, trans)) {
		ck->missing++;
		return;
	}
	/* with tables missing the sums cannot agree */
	for (i = VS_NONE; i < VS_NR && !ck->tables_lost[k->vtype] && !ck->slots[VS_UNKNOWN];
	     i++) {
		gauge = 0;
		for (j = 0; j < VS_NR; j++)
			gauge += trans[j][i] - trans[i][j];
		if (gauge != ck->slots[i])
			say(ck, ck->locked ? BUSY_SOME : NULL, "gauge", "%" PRIu64 " slots are %s, the kernel counts %"
			    PRId64, ck->slots[i], vs_names[i], (int64_t)gauge);
	}
	check_stored(ck);
}

static void check_device(struct check *ck, const struct swapdev *d)
{
	struct walk_stat st = { 0 };

	if (d->max_absurd) {
		/* how many clusters there are is not known: neither they nor sums are checked */
		say(ck, NULL, "capacity", "device %u: %" PRIu64
		    " slots are more than memory can describe", d->type, d->max);
		ck->tables_lost[d->type]++;
		return;
	}
	walk_clusters(ck->k, d, 0, UINT64_MAX, &st,
		      d->is_virtual ? check_virtual : check_physical, ck);
	ck->missing += st.unread;
	ck->tables_lost[d->type] += st.unread + st.unmapped;
	if (st.unmapped)
		say(ck, NULL, "capacity", "device %u: %" PRIu64 " of %" PRIu64
		    " cluster descriptors are not mapped", d->type, st.unmapped, st.clusters);
	if (!st.unmapped && !st.cut)
		check_lists(ck, d);
	check_usage(ck, d);
}

static void print_result(struct check *ck)
{
	if (ck->o->json) {
		struct json_object *o = json_object_new_object();

		json_u64(o, "slots_checked", ck->checked);
		json_u64(o, "violations", ck->violations);
		json_u64(o, "in_flight", ck->inflight);
		json_u64(o, "missing", ck->missing);
		json_stream_end(ck->k, ck->lines, o);
		return;
	}
	printf("%" PRIu64 " slots checked: %" PRIu64 " violations, %" PRIu64 " in flight, %" PRIu64
	       " not checkable because the dump lacks a page\n", ck->checked, ck->violations,
	       ck->inflight, ck->missing);
	if (dump_short(ck->k))
		puts(dump_short(ck->k));
}

int cmd_check(struct kern *k, const struct out_opts *o)
{
	struct check ck = { .k = k, .o = o, .c2 = cluster_new() };
	unsigned int i;

	if (o->json)
		json_stream_begin(k, "check");
	kern_list_pools(k);
	check_device(&ck, &k->dev[k->vtype]);
	for (i = 0; i < SWP_MAX_DEVICES; i++) {
		const struct swapdev *d = &k->dev[i];

		if (!d->used || d->is_virtual)
			continue;
		if (d->complete)
			check_device(&ck, d);
		else
			ck.missing++;
	}
	check_gauges(&ck);
	print_result(&ck);
	free(ck.c2);
	return ck.violations || ck.missing || dump_short(k) ? 4 : 0;
}
