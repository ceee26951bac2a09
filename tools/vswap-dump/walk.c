// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * walk.c - slots and clusters of a swap device
 *
 * One cluster is in memory at a time, so the walk needs the same few kilobytes for
 * any dump.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "walk.h"

/** Unmapped descriptors in a row after which the array is taken to have ended. */
#define MAX_HOLE	4096
/** When a walk is long enough to show how far it is, and how often. */
#define PROGRESS_AFTER_MS	500
#define PROGRESS_EVERY_MS	200

struct cluster *cluster_new(void)
{
	return need(sizeof(struct cluster));
}

static enum table_state load_table(struct kern *k, uint64_t at, unsigned int width, void *out)
{
	if (!at)
		return TABLE_ABSENT;
	return kern_array(k, at, out, k->cluster, width) ? TABLE_MISSING : TABLE_READ;
}

static enum rd read_descriptor(struct kern *k, struct cluster *c)
{
	unsigned char b[4096];
	const struct layout *l = k->l;
	const struct kfield *lock = &l->field[KM_swap_cluster_info_lock];
	const unsigned char *list;
	enum rd rd;

	rd = dump_read(k->d, c->addr, b, l->size[KS_swap_cluster_info]);
	if (rd)
		return rd;
	c->locked = get_le(b + lock->off, LOCK_BYTES) != 0;
	c->count = kget(l, b, KM_swap_cluster_info_count);
	c->flags = kget(l, b, KM_swap_cluster_info_flags);
	c->order = kget(l, b, KM_swap_cluster_info_order);
	c->table_at = kget(l, b, KM_swap_cluster_info_table);
	c->vtable_at = kget(l, b, KM_swap_cluster_info_vtable);
	c->extend_at = kget(l, b, KM_swap_cluster_info_extend_table);
	c->memcg_at = kget(l, b, KM_swap_cluster_info_memcg_table);
	c->nr_backed = kget(l, b, KM_swap_cluster_info_nr_backed);
	list = b + l->field[KM_swap_cluster_info_list].off;
	c->list_next = get_le(list + l->field[KM_list_head_next].off, 8);
	c->list_prev = get_le(list + l->field[KM_list_head_prev].off, 8);
	return RD_OK;
}

enum rd cluster_read(struct kern *k, const struct swapdev *dev, uint64_t index,
		     struct cluster *c)
{
	enum rd rd;

	c->dev = NULL;
	c->index = index;
	c->addr = dev->cluster_info + index * k->l->size[KS_swap_cluster_info];
	rd = read_descriptor(k, c);
	if (rd)
		return rd;
	c->table_st = load_table(k, c->table_at, TABLE_WORD_BYTES, c->table);
	c->vtable_st = TABLE_ABSENT;
	if (dev->is_virtual)
		c->vtable_st = load_table(k, c->vtable_at, TABLE_WORD_BYTES, c->vtable);
	c->extend_st = load_table(k, c->extend_at, TABLE_COUNT_BYTES, c->extend);
	c->memcg_st = load_table(k, c->memcg_at, TABLE_MEMCG_BYTES, c->memcg);
	c->dev = dev;
	return RD_OK;
}

static enum vs_state virtual_state(const struct cluster *c, const struct slot *s,
				   bool zero)
{
	enum vtw_kind v = vtw_kind(s->vword);

	if (s->kind != SWT_SHADOW && s->kind != SWT_FOLIO)
		return VS_INVALID;
	if (c->vtable_st == TABLE_MISSING)
		return zero ? VS_ZERO : VS_UNKNOWN;
	if (v == VTW_ODD || (zero && v != VTW_NONE))
		return VS_INVALID;
	switch (v) {
	case VTW_ZSWAP:
		return VS_ZSWAP;
	case VTW_PHYS:
		return VS_PHYS;
	case VTW_POISON:
		return VS_POISON;
	default:
		break;
	}
	if (zero)
		return VS_ZERO;
	/* nothing holds the content: only a cached folio can */
	return s->cached ? VS_NONE : VS_INVALID;
}

/* A slot of a physical device: in use or not; its content is its own. */
static enum vs_state physical_state(const struct slot *s, bool zero)
{
	if (s->kind == SWT_POINTER)
		return VS_PHYS;
	if (s->kind == SWT_ODD)
		return VS_INVALID;
	return zero ? VS_ZERO : VS_PHYS;
}

void slot_decode(struct kern *k, const struct cluster *c, unsigned int i,
		 bool is_virtual, struct slot *s)
{
	bool zero;

	memset(s, 0, sizeof(*s));
	s->nr = c->index * k->cluster + i;
	if (c->table_st == TABLE_MISSING) {
		s->state = VS_UNKNOWN;
		return;
	}
	s->word = c->table_st == TABLE_READ ? c->table[i] : 0;
	s->vword = c->vtable_st == TABLE_READ ? c->vtable[i] : 0;
	s->kind = swt_kind(s->word);
	s->memcg_known = c->memcg_st != TABLE_MISSING;
	s->memcg = c->memcg_st == TABLE_READ ? c->memcg[i] : 0;
	if (s->kind == SWT_FREE || s->kind == SWT_BADSLOT) {
		s->state = s->vword ? VS_INVALID : VS_FREE;
		return;
	}
	s->cached = s->kind == SWT_FOLIO;
	s->has_count = s->cached || s->kind == SWT_SHADOW;
	if (s->has_count)
		s->count = swt_count(s->word);
	if (s->count == SWT_COUNT_MAX && c->extend_st == TABLE_READ)
		s->count = c->extend[i];
	else if (s->count == SWT_COUNT_MAX)
		s->has_count = c->extend_st == TABLE_ABSENT;
	if (s->cached)
		s->pfn = swt_pfn(s->word);
	zero = s->has_count && (s->word & SWT_ZERO);
	s->state = is_virtual ? virtual_state(c, s, zero) : physical_state(s, zero);
	if (s->state == VS_ZSWAP && is_virtual)
		s->entry = vtw_entry(s->vword);
	if (s->state == VS_PHYS && is_virtual) {
		s->ptype = vtw_type(s->vword);
		s->poff = vtw_offset(s->vword);
	}
}

/* On a terminal, once the walk takes long. @next: when to say something again. */
static void progress(uint64_t i, uint64_t total, uint64_t *next, bool *shown)
{
	uint64_t now = now_ms();

	if (now < *next)
		return;
	*next = now + PROGRESS_EVERY_MS;
	*shown = true;
	fprintf(stderr, "\rwalking clusters: %d %%", (int)(i * 100 / total));
}

int walk_clusters(struct kern *k, const struct swapdev *dev, uint64_t from,
		  uint64_t to, struct walk_stat *st, cluster_fn *fn, void *arg)
{
	struct cluster *c = cluster_new();
	uint64_t i, next = now_ms() + PROGRESS_AFTER_MS;
	unsigned int hole = 0;
	bool shown = false;
	int ret = 0;

	/*
	 * In the direct map what follows the array is mapped, too, to the end of memory:
	 * no hole would end a walk to a bound that is wrong.
	 */
	st->refused |= dev->max_absurd;
	for (i = from; !dev->max_absurd && i < dev->nclusters && i <= to && !ret; i++) {
		enum rd rd = cluster_read(k, dev, i, c);

		if (k->tty && !(i & 63))
			progress(i, dev->nclusters, &next, &shown);
		st->clusters++;
		if (rd) {
			st->unread += rd == RD_MISSING;
			st->unmapped += rd == RD_UNMAPPED;
			hole = rd == RD_UNMAPPED ? hole + 1 : 0;
			if (hole > MAX_HOLE) {
				st->cut = true;
				break;
			}
			continue;
		}
		hole = 0;
		st->tables_missing += c->table_st == TABLE_MISSING;
		st->vtables_missing += c->vtable_st == TABLE_MISSING;
		ret = fn(k, dev, c, arg);
	}
	if (shown)
		fputs("\r\033[K", stderr);
	free(c);
	return ret;
}

enum rd slot_read(struct kern *k, const struct swapdev *dev, uint64_t nr,
		  struct cluster *c, struct slot *s)
{
	enum rd rd = RD_OK;

	memset(s, 0, sizeof(*s));
	s->nr = nr;
	s->state = VS_UNKNOWN;
	if (nr / k->cluster >= dev->nclusters)
		return RD_UNMAPPED;
	if (c->dev != dev || c->index != nr / k->cluster)
		rd = cluster_read(k, dev, nr / k->cluster, c);
	if (!rd)
		slot_decode(k, c, nr % k->cluster, dev->is_virtual, s);
	return rd;
}

bool slot_backed_by(const struct slot *s, unsigned int type, uint64_t off)
{
	return vtw_kind(s->vword) == VTW_PHYS && vtw_type(s->vword) == type &&
	       vtw_offset(s->vword) == off;
}
