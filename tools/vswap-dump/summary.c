// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * summary.c - what is swapped where, and whether it adds up
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

#define NR_IDS		65536
#define OCC_BUCKETS	6

/** Slots of one cgroup. */
struct cg_sum {
	uint64_t slots[VS_NR_ALL];
	uint64_t total;
	uint64_t bytes;		/* compressed */
};

/** Slots of one physical device. */
struct dev_sum {
	uint64_t backing;	/* virtual slots that name it */
	uint64_t pointers;	/* of its slots that name a virtual slot */
	uint64_t half_done;	/* of those, not named by it because it was being changed */
	uint64_t direct;	/* used without a virtual slot */
	uint64_t bad;		/* reserved */
	uint64_t unread;	/* clusters without a readable table */
};

struct summary {
	uint64_t slots[VS_NR_ALL];
	uint64_t cached;
	struct cg_sum *cg[NR_IDS];
	unsigned int ncg;
	struct dev_sum dev[SWP_MAX_DEVICES];
	uint64_t occ[OCC_BUCKETS];	/* clusters: empty, up to a quarter, ..., full */
	uint64_t locked;		/* clusters that were being changed */
	uint64_t half_done;		/* invalid slots that were being changed */
	uint64_t tables, vtables, memcgs, extends;
	uint64_t entries;		/* zswap entries read */
	uint64_t entry_bytes;		/* and their compressed bytes */
	uint64_t entries_unread;
	struct walk_stat walk;
	struct walk_stat devwalk;
	uint64_t trans[VS_NR][VS_NR];
	bool have_trans;
	uint64_t gauge[VS_NR];		/* the kernel's own counts */
};

static struct cg_sum *cg_get(struct summary *s, unsigned int id)
{
	if (!s->cg[id]) {
		s->cg[id] = need(sizeof(struct cg_sum));
		s->ncg++;
	}
	return s->cg[id];
}

static void count_slot(struct kern *k, struct summary *sum, const struct slot *s)
{
	struct cg_sum *cg = cg_get(sum, s->memcg);
	struct zentry z;
	struct pool *p;

	sum->slots[s->state]++;
	cg->slots[s->state]++;
	cg->total++;
	sum->cached += s->cached;
	if (s->state == VS_PHYS && s->ptype < SWP_MAX_DEVICES)
		sum->dev[s->ptype].backing++;
	if (s->state != VS_ZSWAP)
		return;
	kern_zentry(k, s->entry, &z);
	if (z.rd || z.length > k->page_size) {
		sum->entries_unread++;
		return;
	}
	sum->entries++;
	sum->entry_bytes += z.length;
	cg->bytes += z.length;
	p = kern_pool(k, z.pool);
	if (p) {
		p->entries++;
		p->bytes += z.length;
	}
}

static unsigned int occupancy(const struct kern *k, unsigned int used)
{
	if (!used)
		return 0;
	if (used >= k->cluster)
		return OCC_BUCKETS - 1;
	return 1 + used * 4 / k->cluster;
}

static int sum_cluster(struct kern *k, const struct swapdev *dev, const struct cluster *c,
		       void *arg)
{
	struct summary *sum = arg;
	unsigned int i, used = 0;
	struct slot s;

	(void)dev;
	sum->locked += c->locked;
	sum->tables += c->table_st != TABLE_ABSENT;
	sum->vtables += c->vtable_st != TABLE_ABSENT;
	sum->memcgs += c->memcg_st != TABLE_ABSENT;
	sum->extends += c->extend_st != TABLE_ABSENT;
	if (c->table_st == TABLE_MISSING) {
		sum->slots[VS_UNKNOWN] += c->count;
		return 0;
	}
	for (i = 0; c->table_st == TABLE_READ && i < k->cluster; i++) {
		slot_decode(k, c, i, true, &s);
		if (s.state == VS_FREE)
			continue;
		used++;
		sum->half_done += s.state == VS_INVALID && slot_busy(k, c, &s);
		count_slot(k, sum, &s);
	}
	sum->occ[occupancy(k, used)]++;
	return 0;
}

static int sum_device(struct kern *k, const struct swapdev *dev, const struct cluster *c,
		      void *arg)
{
	struct dev_sum *d = &((struct summary *)arg)->dev[dev->type];
	unsigned int i;

	d->unread += c->table_st == TABLE_MISSING;
	for (i = 0; c->table_st == TABLE_READ && i < k->cluster; i++) {
		switch (swt_kind(c->table[i])) {
		case SWT_POINTER:
			d->pointers++;
			break;
		case SWT_SHADOW:
		case SWT_FOLIO:
			d->direct++;
			break;
		case SWT_BADSLOT:
			d->bad++;
			break;
		default:
			break;
		}
	}
	return 0;
}

struct half_done {
	struct dev_sum *d;
	struct cluster *c;	/* of the virtual device */
};

/* The reverse map is made first: allocated slots may not back anything yet. */
static int count_half_done(struct kern *k, const struct swapdev *dev, const struct cluster *c,
			   void *arg)
{
	const struct swapdev *v = &k->dev[k->vtype];
	struct half_done *x = arg;
	unsigned int i;
	struct slot s;

	for (i = 0; c->table_st == TABLE_READ && i < k->cluster; i++) {
		uint64_t w = c->table[i], nr = swt_pointer(w);

		if (swt_kind(w) != SWT_POINTER || !swt_pointer_ok(w) || nr >= v->max ||
		    slot_read(k, v, nr, x->c, &s) || s.state == VS_UNKNOWN ||
		    slot_backed_by(&s, dev->type, c->index * k->cluster + i))
			continue;
		x->d->half_done += c->locked || slot_busy(k, x->c, &s);
	}
	return 0;
}

static void gather_device(struct kern *k, struct summary *s, const struct swapdev *dev)
{
	struct half_done x = { .d = &s->dev[dev->type] };
	struct walk_stat again = { 0 };

	walk_clusters(k, dev, 0, UINT64_MAX, &s->devwalk, sum_device, s);
	/* a slot's cluster is looked up for each pointer: only where it matters */
	if (x.d->pointers <= x.d->backing)
		return;
	x.c = cluster_new();
	walk_clusters(k, dev, 0, UINT64_MAX, &again, count_half_done, &x);
	free(x.c);
}

static void gather(struct kern *k, struct summary *s)
{
	unsigned int i, j;

	walk_clusters(k, &k->dev[k->vtype], 0, UINT64_MAX, &s->walk, sum_cluster, s);
	for (i = 0; i < SWP_MAX_DEVICES; i++) {
		if (k->dev[i].used && k->dev[i].complete && !k->dev[i].is_virtual)
			gather_device(k, s, &k->dev[i]);
	}
	s->have_trans = kern_counters(k, s->trans);
	for (i = 0; i < VS_NR; i++) {
		for (j = 0; j < VS_NR; j++)
			s->gauge[i] += s->trans[j][i] - s->trans[i][j];
	}
}

static uint64_t total_slots(const uint64_t *slots)
{
	uint64_t n = 0;
	int i;

	for (i = VS_NONE; i < VS_NR_ALL; i++)
		n += slots[i];
	return n;
}

/* ---------------------------------------------------------------- text */

static const char *fmt_diff(uint64_t walk, uint64_t kernel)
{
	static char b[8][32];
	static unsigned int i;
	char *p = b[i++ % 8];

	snprintf(p, 32, walk == kernel ? "0" : "%+" PRId64, (int64_t)(walk - kernel));
	return p;
}

static void print_states(struct kern *k, const struct summary *s, const struct out_opts *o)
{
	static const char * const head[] = {
		"<BACKING", "SLOTS", "BYTES", "SHARE", "KERNEL", "DIFF"
	};
	struct libscols_table *t = table_new(o, head, 6);
	uint64_t total = total_slots(s->slots), ktotal = 0;
	char share[32];
	int i;

	for (i = VS_NONE; i < VS_NR_ALL; i++) {
		bool counted = i < VS_NR;

		if (!counted && !s->slots[i])
			continue;
		if (counted)
			ktotal += s->gauge[i];
		snprintf(share, sizeof(share), "%.1f%%",
			 total ? 100.0 * s->slots[i] / total : 0);
		table_line(t, (const char * []){ vs_names[i], fmt_u64(s->slots[i]),
			fmt_bytes(s->slots[i] * k->page_size, o->bytes), share,
			counted && s->have_trans ? fmt_u64(s->gauge[i]) : "-",
			counted && s->have_trans ? fmt_diff(s->slots[i], s->gauge[i]) : "-" }, 6);
	}
	table_line(t, (const char * []){ "total", fmt_u64(total),
		fmt_bytes(total * k->page_size, o->bytes), total ? "100.0%" : "-",
		s->have_trans ? fmt_u64(ktotal) : "-",
		s->have_trans ? fmt_diff(total, ktotal) : "-" }, 6);
	table_print(t);
	if (!s->have_trans)
		puts("The kernel's own counters are not in the dump.");
}

static void print_zswap(struct kern *k, const struct summary *s, const struct out_opts *o)
{
	static const char * const head[] = { "<COMPRESSOR", "PAGES", "ORIGINAL", "STORED", "RATIO" };
	struct libscols_table *t;
	uint64_t stored;
	char ratio[32];
	unsigned int i;

	if (s->entries) {
		puts("");
		t = table_new(o, head, 5);
		for (i = 0; i < k->npools; i++) {
			const struct pool *p = &k->pool[i];

			snprintf(ratio, sizeof(ratio), "%.2f", p->bytes ?
				 (double)p->entries * k->page_size / p->bytes : 0);
			table_line(t, (const char * []){ p->comp[0] ? p->comp : "?",
				fmt_u64(p->entries),
				fmt_bytes(p->entries * k->page_size, o->bytes),
				fmt_bytes(p->bytes, o->bytes), ratio }, 5);
		}
		table_print(t);
	}
	if (kern_long(k, KSYM_zswap_stored_pages, &stored))
		printf("%szswap holds %" PRIu64 " pages, of which %" PRIu64
		       " belong to virtual slots.\n", s->entries ? "" : "\n", stored,
		       s->entries + s->entries_unread);
}

static int by_total(const void *a, const void *b, void *arg)
{
	struct cg_sum * const *cg = arg;
	unsigned int i = *(const unsigned int *)a, j = *(const unsigned int *)b;

	if (cg[i]->total != cg[j]->total)
		return cg[i]->total < cg[j]->total ? 1 : -1;
	return i < j ? -1 : 1;
}

/* Private ids by number of slots, largest first; freed by the caller. */
static unsigned int *sorted_ids(struct summary *s)
{
	unsigned int *ids = need((s->ncg + 1) * sizeof(*ids)), i, n = 0;

	for (i = 0; i < NR_IDS; i++) {
		if (s->cg[i])
			ids[n++] = i;
	}
	qsort_r(ids, n, sizeof(*ids), by_total, s->cg);
	return ids;
}

static void print_cgroups(struct kern *k, struct summary *s, const struct out_opts *o)
{
	static const char * const head[] = {
		"CGID", "SLOTS", "NONE", "ZERO", "ZSWAP", "STORED", "PHYS", "POISON", "<CGROUP"
	};
	unsigned int *ids = sorted_ids(s), i;
	struct libscols_table *t;

	if (!s->ncg) {
		free(ids);
		return;
	}
	puts("");
	t = table_new(o, head, 9);
	for (i = 0; i < s->ncg; i++) {
		const struct cg_sum *c = s->cg[ids[i]];
		const struct cgroup *g = kern_cgroup(k, ids[i]);

		table_line(t, (const char * []){ g->ino ? fmt_u64(g->ino) : "-",
			fmt_u64(c->total), fmt_u64(c->slots[VS_NONE]),
			fmt_u64(c->slots[VS_ZERO]), fmt_u64(c->slots[VS_ZSWAP]),
			fmt_bytes(c->bytes, o->bytes), fmt_u64(c->slots[VS_PHYS]),
			fmt_u64(c->slots[VS_POISON]),
			ids[i] ? kern_cgroup_path(k, ids[i]) : "(no cgroup recorded)" }, 9);
	}
	table_print(t);
	free(ids);
}

static void print_devices(struct kern *k, const struct summary *s, const struct out_opts *o)
{
	static const char * const head[] = {
		"DEVICE", "PRIO", "SIZE", "USED", "BACKING", "REVERSE", "DIRECT", "RESERVED", "<PATH"
	};
	struct libscols_table *t = NULL;
	char prio[16];
	unsigned int i;

	for (i = 0; i < SWP_MAX_DEVICES; i++) {
		const struct swapdev *d = &k->dev[i];
		const struct dev_sum *x = &s->dev[i];

		if (!d->used || d->is_virtual)
			continue;
		if (!t)
			t = table_new(o, head, 9);
		snprintf(prio, sizeof(prio), "%d", d->prio);
		table_line(t, (const char * []){ fmt_u64(i), prio,
			fmt_bytes(d->pages * k->page_size, o->bytes),
			fmt_u64(d->inuse), fmt_u64(x->backing), fmt_u64(x->pointers),
			fmt_u64(x->direct), fmt_u64(x->bad), !d->complete ? "(not in the dump)" :
			device_name(d) }, 9);
	}
	if (!t) {
		puts("\nNo physical swap device.");
		return;
	}
	puts("");
	table_print(t);
}

static uint64_t metadata_bytes(const struct kern *k, const struct summary *s)
{
	return s->walk.clusters * k->l->size[KS_swap_cluster_info] +
	       (s->tables + s->vtables) * k->cluster * TABLE_WORD_BYTES +
	       s->memcgs * k->cluster * TABLE_MEMCG_BYTES +
	       s->extends * k->cluster * TABLE_COUNT_BYTES + s->entries * k->l->size[KS_zswap_entry];
}

static void print_clusters(struct kern *k, const struct summary *s, const struct out_opts *o)
{
	const struct swapdev *v = &k->dev[k->vtype];
	uint64_t total = total_slots(s->slots);

	printf("\nCapacity: %" PRIu64 " slots (%s) in %" PRIu64 " clusters of %u: %" PRIu64
	       " empty, %" PRIu64 " up to 1/4, %" PRIu64 " to 1/2, %" PRIu64 " to 3/4, %"
	       PRIu64 " below full, %" PRIu64 " full.\n", v->max,
	       fmt_bytes(v->max * k->page_size, o->bytes), s->walk.clusters, k->cluster,
	       s->occ[0], s->occ[1], s->occ[2], s->occ[3], s->occ[4], s->occ[5]);
	printf("Metadata: %" PRIu64 " swap tables, %" PRIu64 " virtual tables, %" PRIu64
	       " cgroup tables, %" PRIu64 " count tables, %" PRIu64 " zswap entries: %s",
	       s->tables, s->vtables, s->memcgs, s->extends, s->entries,
	       fmt_bytes(metadata_bytes(k, s), o->bytes));
	if (total)
		printf(", %.1f bytes a slot", (double)metadata_bytes(k, s) / total);
	puts(".");
	printf("In the swap cache: %" PRIu64 " slots.\n", s->cached);
}

/* ------------------------------------------------------------ anomalies */

static void say(struct json_object *list, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct json_object *list, const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	json_object_array_add(list, json_object_new_string(line));
}

/* "N things", if there are any. */
static void say_count(struct json_object *list, uint64_t n, const char *what)
{
	if (n)
		say(list, "%" PRIu64 " %s", n, what);
}

static void say_device(struct json_object *list, const struct swapdev *d,
		       const struct dev_sum *x, bool busy, bool absurd)
{
	if (!d->used)
		return;
	if (!d->is_virtual && !busy && !x->unread && !absurd &&
	    (x->backing > x->pointers || x->pointers - x->backing > x->half_done))
		say(list, "Device %u backs %" PRIu64 " virtual slots, but %" PRIu64
		    " of its slots say so: see --check.", d->type, x->backing, x->pointers);
	if (d->max_absurd)
		say(list, "Device %u claims %" PRIu64 " slots, more than memory can describe: they were not looked at.",
		    d->type, d->max);
}

/* Could all slots be counted? Else the sums differ from the kernel's for that reason. */
static bool all_counted(const struct summary *s)
{
	const struct walk_stat *w = &s->walk;

	return !w->unread && !w->unmapped && !w->cut && !w->refused && !w->tables_missing &&
	       !s->slots[VS_UNKNOWN];
}

/* Sums that differ from the kernel's: the same that --check calls violations. */
static void say_diff(struct json_object *list, const struct summary *s)
{
	int i;

	if (!s->have_trans || s->locked || !all_counted(s))
		return;
	for (i = VS_NONE; i < VS_NR; i++) {
		if (s->slots[i] != s->gauge[i])
			say(list, "%" PRIu64 " slots are %s, the kernel counts %" PRId64
			    ": see --check.", s->slots[i], vs_names[i], (int64_t)s->gauge[i]);
	}
}

/* What is wrong or incomplete, a line each. */
static struct json_object *anomalies(struct kern *k, const struct summary *s)
{
	struct json_object *list = json_object_new_array();
	const struct walk_stat *w = &s->walk, *dw = &s->devwalk;
	unsigned int i;

	if (dump_short(k))
		say(list, "%s", dump_short(k));
	say_count(list, s->slots[VS_INVALID] - s->half_done, "slots have contradictory tables: see --check.");
	say_count(list, s->slots[VS_UNKNOWN],
		  "slots in use are of unknown backing: their tables are not in the dump.");
	say_count(list, w->unread, "cluster descriptors are not in the dump.");
	say_count(list, w->unmapped, "cluster descriptors below the capacity are not mapped.");
	say_count(list, w->tables_missing, "swap tables are not in the dump.");
	say_count(list, w->vtables_missing, "virtual tables are not in the dump.");
	say_count(list, s->entries_unread, "zswap entries cannot be read or are damaged.");
	say_count(list, dw->unread + dw->unmapped + dw->tables_missing,
		  "clusters of physical devices cannot be read.");
	say_diff(list, s);
	say_count(list, dump_count(k->d, RD_MISSING),
		  "reads found a page that is not in the dump.");
	for (i = 0; i < SWP_MAX_DEVICES; i++)
		say_device(list, &k->dev[i], &s->dev[i], s->locked,
			   w->refused || k->dev[i].max_absurd);
	return list;
}

static void print_anomalies(const struct summary *s, struct json_object *list)
{
	size_t i, n = json_object_array_length(list);
	uint64_t half_done = s->half_done;

	for (i = 0; i < SWP_MAX_DEVICES; i++)
		half_done += s->dev[i].half_done;
	putchar('\n');
	for (i = 0; i < n; i++)
		puts(json_object_get_string(json_object_array_get_idx(list, i)));
	if (s->locked)
		printf("%" PRIu64 " clusters were being changed when the dump was taken; figures may differ by the slots of one operation each.\n",
		       s->locked);
	if (half_done)
		printf("%" PRIu64 " slots have contradictory tables because they were being changed; --check lists them as in flight.\n",
		       half_done);
	if (!n)
		puts("No anomalies; --check looks closer.");
}

/* ---------------------------------------------------------------- JSON */

static void json_opt(struct json_object *o, const char *key, uint64_t v, bool have)
{
	json_object_object_add(o, key, have ? json_object_new_uint64(v) : NULL);
}

static struct json_object *json_states(const struct summary *s)
{
	struct json_object *o = json_object_new_object(), *st;
	int i;

	for (i = VS_NONE; i < VS_NR_ALL; i++) {
		st = json_object_new_object();
		json_u64(st, "slots", s->slots[i]);
		if (i < VS_NR)
			json_opt(st, "kernel", s->gauge[i], s->have_trans);
		json_object_object_add(o, vs_names[i], st);
	}
	return o;
}

static struct json_object *json_trans(const struct summary *s)
{
	struct json_object *o = json_object_new_object(), *row;
	int i, j;

	if (!s->have_trans) {
		json_object_put(o);
		return NULL;
	}
	for (i = 0; i < VS_NR; i++) {
		row = json_object_new_object();
		for (j = 0; j < VS_NR; j++)
			json_u64(row, vs_names[j], s->trans[i][j]);
		json_object_object_add(o, vs_names[i], row);
	}
	return o;
}

static struct json_object *json_cgroups(struct kern *k, struct summary *s)
{
	struct json_object *a = json_object_new_array(), *o;
	unsigned int *ids = sorted_ids(s), i;
	int st;

	for (i = 0; i < s->ncg; i++) {
		const struct cg_sum *c = s->cg[ids[i]];
		const struct cgroup *g = kern_cgroup(k, ids[i]);

		o = json_object_new_object();
		json_u64(o, "id", ids[i]);
		json_opt(o, "cgid", g->ino, g->ino);
		json_str(o, "cgroup", g->path);
		json_u64(o, "slots", c->total);
		for (st = VS_NONE; st < VS_NR_ALL; st++)
			json_u64(o, vs_names[st], c->slots[st]);
		json_u64(o, "stored_bytes", c->bytes);
		json_object_array_add(a, o);
	}
	free(ids);
	return a;
}

static struct json_object *json_devices(struct kern *k, struct summary *s)
{
	struct json_object *a = json_object_new_array(), *o;
	unsigned int i;

	for (i = 0; i < SWP_MAX_DEVICES; i++) {
		const struct swapdev *d = &k->dev[i];

		if (!d->used || d->is_virtual)
			continue;
		o = json_object_new_object();
		json_u64(o, "device", i);
		json_device(o, d);
		json_object_object_add(o, "prio", json_object_new_int(d->prio));
		json_u64(o, "pages", d->pages);
		json_object_object_add(o, "used", json_object_new_int64(d->inuse));
		json_u64(o, "backing", s->dev[i].backing);
		json_u64(o, "reverse", s->dev[i].pointers);
		json_u64(o, "reverse_half_done", s->dev[i].half_done);
		json_u64(o, "direct", s->dev[i].direct);
		json_u64(o, "reserved", s->dev[i].bad);
		json_u64(o, "unread", s->dev[i].unread);
		json_object_array_add(a, o);
	}
	return a;
}

static struct json_object *json_zswap(struct kern *k, struct summary *s)
{
	struct json_object *o = json_object_new_object(), *a = json_object_new_array(), *p;
	uint64_t stored = 0;
	unsigned int i;
	bool have = kern_long(k, KSYM_zswap_stored_pages, &stored);

	json_opt(o, "stored_pages", stored, have);
	json_u64(o, "entries", s->entries);
	json_u64(o, "entries_unread", s->entries_unread);
	json_u64(o, "stored_bytes", s->entry_bytes);
	for (i = 0; i < k->npools; i++) {
		p = json_object_new_object();
		json_str(p, "comp", k->pool[i].comp[0] ? k->pool[i].comp : NULL);
		json_u64(p, "entries", k->pool[i].entries);
		json_u64(p, "stored_bytes", k->pool[i].bytes);
		json_object_array_add(a, p);
	}
	json_object_object_add(o, "pools", a);
	return o;
}

static struct json_object *json_rest(struct kern *k, struct summary *s)
{
	struct json_object *o = json_object_new_object(), *occ = json_object_new_array();
	int i;

	json_u64(o, "clusters", s->walk.clusters);
	json_u64(o, "clusters_locked", s->locked);
	json_u64(o, "slots_half_done", s->half_done);
	json_u64(o, "descriptors_missing", s->walk.unread);
	json_u64(o, "descriptors_unmapped", s->walk.unmapped);
	json_u64(o, "swap_tables", s->tables);
	json_u64(o, "swap_tables_missing", s->walk.tables_missing);
	json_u64(o, "virtual_tables", s->vtables);
	json_u64(o, "virtual_tables_missing", s->walk.vtables_missing);
	json_u64(o, "cgroup_tables", s->memcgs);
	json_u64(o, "count_tables", s->extends);
	json_u64(o, "metadata_bytes", metadata_bytes(k, s));
	for (i = 0; i < OCC_BUCKETS; i++)
		json_object_array_add(occ, json_object_new_uint64(s->occ[i]));
	json_object_object_add(o, "occupancy", occ);
	return o;
}

static void print_json(struct kern *k, struct summary *s, struct json_object *list)
{
	struct json_object *o = json_head(k, "summary");

	json_u64(o, "capacity", k->dev[k->vtype].max);
	json_u64(o, "cluster_slots", k->cluster);
	json_u64(o, "slots_used", total_slots(s->slots));
	json_u64(o, "slots_cached", s->cached);
	json_object_object_add(o, "backing", json_states(s));
	json_object_object_add(o, "transitions", json_trans(s));
	json_object_object_add(o, "zswap", json_zswap(k, s));
	json_object_object_add(o, "cgroups", json_cgroups(k, s));
	json_object_object_add(o, "devices", json_devices(k, s));
	json_object_object_add(o, "tables", json_rest(k, s));
	json_u64(o, "reads_missing", dump_count(k->d, RD_MISSING));
	json_object_object_add(o, "anomalies", json_object_get(list));
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

int cmd_summary(struct kern *k, const struct out_opts *o)
{
	struct summary *s = need(sizeof(*s));
	struct json_object *list;
	bool bad;
	int i;

	gather(k, s);
	list = anomalies(k, s);
	bad = json_object_array_length(list);
	if (o->json) {
		print_json(k, s, list);
	} else {
		print_head(k);
		print_states(k, s, o);
		print_zswap(k, s, o);
		print_cgroups(k, s, o);
		print_devices(k, s, o);
		print_clusters(k, s, o);
		print_anomalies(s, list);
	}
	json_object_put(list);
	for (i = 0; i < NR_IDS; i++)
		free(s->cg[i]);
	free(s);
	return bad ? 4 : 0;
}
