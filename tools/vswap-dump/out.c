// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * out.c - tables for people, JSON for programs
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "out.h"

/** Lines that are collected before they are printed. */
#define BATCH	1024
#define RING	32

struct col_desc {
	const char *name;
	int width;		/* least width, so that batches line up */
	bool left;
	const char *help;
};

static const struct col_desc cols[COL_NR] = {
	[COL_TASK] = { "TASK", 5, false, "process the page belongs to" },
	[COL_ADDR] = { "ADDRESS", 14, false, "virtual address of the page in the process" },
	[COL_PTE] = { "PTE", 18, false, "page table entry" },
	[COL_SLOT] = { "SLOT", 10, false, "virtual slot" },
	[COL_CLUSTER] = { "CLUSTER", 7, false, "cluster of the slot" },
	[COL_BACKING] = { "BACKING", 7, true,
		"none, zero, zswap, phys, poison; unknown: not in the dump; invalid: contradictory" },
	[COL_COUNT] = { "COUNT", 5, false, "references to the slot" },
	[COL_CACHED] = { "CACHED", 6, true, "yes if a page is in the swap cache" },
	[COL_PFN] = { "PFN", 8, false, "page frame of the cached folio" },
	[COL_LENGTH] = { "LENGTH", 6, false, "compressed bytes in zswap" },
	[COL_COMP] = { "COMP", 7, true, "compressor" },
	[COL_DEVICE] = { "DEVICE", 6, false, "number of the physical device" },
	[COL_OFFSET] = { "OFFSET", 8, false, "slot on the physical device" },
	[COL_CGID] = { "CGID", 6, false, "inode number of the owner's cgroup directory" },
	[COL_CGROUP] = { "CGROUP", 8, true, "path of the owner's cgroup" },
	[COL_ENTRY] = { "ENTRY", 18, false, "address of the zswap entry" },
	[COL_NOTE] = { "NOTE", 4, true, "what is unusual about the slot" },
};

static char *ring_buf(void)
{
	static char ring[RING][64];
	static unsigned int i;

	return ring[i++ % RING];
}

const char *fmt_u64(uint64_t v)
{
	char *b = ring_buf();

	snprintf(b, 64, "%" PRIu64, v);
	return b;
}

static const char *fmt_hex(uint64_t v)
{
	char *b = ring_buf();

	snprintf(b, 64, "%#" PRIx64, v);
	return b;
}

const char *fmt_bytes(uint64_t bytes, bool exact)
{
	static const char units[] = "BKMGTPE";
	char *b = ring_buf();
	double v = bytes;
	int u = 0;

	if (exact)
		return fmt_u64(bytes);
	while (v >= 1023.95 && u < 6) {
		v /= 1024;
		u++;
	}
	snprintf(b, 64, u ? "%.1f%c" : "%.0f%c", v, units[u]);
	return b;
}

void json_u64(struct json_object *o, const char *key, uint64_t v)
{
	json_object_object_add(o, key, json_object_new_uint64(v));
}

void json_hex(struct json_object *o, const char *key, uint64_t v)
{
	json_object_object_add(o, key, json_object_new_string(fmt_hex(v)));
}

void json_str(struct json_object *o, const char *key, const char *v)
{
	json_object_object_add(o, key, v ? json_object_new_string(v) : NULL);
}

/* -------------------------------------------------------------- tables */

struct libscols_table *table_new(const struct out_opts *o, const char * const *names,
				 unsigned int n)
{
	struct libscols_table *t = needed(scols_new_table());
	unsigned int i;

	scols_table_enable_noheadings(t, o->noheadings);
	for (i = 0; i < n; i++) {
		bool left = names[i][0] == '<';

		scols_table_new_column(t, names[i] + left, 0, left ? 0 : SCOLS_FL_RIGHT);
	}
	return t;
}

void table_line(struct libscols_table *t, const char * const *cells, unsigned int n)
{
	struct libscols_line *line = scols_table_new_line(t, NULL);
	unsigned int i;

	for (i = 0; line && i < n; i++)
		scols_line_set_data(line, i, cells[i]);
}

void table_print(struct libscols_table *t)
{
	scols_print_table(t);
	scols_unref_table(t);
}

/* ------------------------------------------------------------- columns */

static int find_col(const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < COL_NR; i++) {
		if (strlen(cols[i].name) == len && !strncasecmp(cols[i].name, name, len))
			return i;
	}
	return -1;
}

static int parse_columns(struct listing *l, const char *list)
{
	if (*list == '+')
		list++;
	else
		l->ncols = 0;
	while (*list) {
		size_t n = strcspn(list, ",");
		int c = find_col(list, n);

		if (c < 0) {
			fprintf(stderr, "vswap-dump: unknown column: %.*s\n", (int)n, list);
			return 2;
		}
		if (l->ncols >= COL_NR) {
			fprintf(stderr, "vswap-dump: more than %d columns\n", COL_NR);
			return 2;
		}
		l->cols[l->ncols++] = c;
		list += n + (list[n] == ',');
	}
	if (!l->ncols) {
		fputs("vswap-dump: no columns\n", stderr);
		return 2;
	}
	return 0;
}

int listing_check_columns(const char *list)
{
	struct listing l = { 0 };

	return list ? parse_columns(&l, list) : 0;
}

void listing_help(FILE *f)
{
	unsigned int i;

	for (i = 0; i < COL_NR; i++)
		fprintf(f, "  %-8s %s\n", cols[i].name, cols[i].help);
}

/* ------------------------------------------------------------- listing */

static void new_table(struct listing *l)
{
	unsigned int i;

	l->table = needed(scols_new_table());
	scols_table_enable_noheadings(l->table, l->opts->noheadings || l->rows);
	for (i = 0; i < l->ncols; i++) {
		const struct col_desc *c = &cols[l->cols[i]];

		l->column[i] = scols_table_new_column(l->table, c->name, c->width,
						      c->left ? 0 : SCOLS_FL_RIGHT);
	}
	l->pending = 0;
}

static void flush_table(struct listing *l)
{
	if (l->pending)
		scols_print_table(l->table);
	scols_unref_table(l->table);
	l->table = NULL;
}

int listing_begin(struct listing *l, struct kern *k, const struct out_opts *opts,
		  const enum col *defaults, unsigned int ndefaults)
{
	memset(l, 0, sizeof(*l));
	l->k = k;
	l->opts = opts;
	memcpy(l->cols, defaults, ndefaults * sizeof(*defaults));
	l->ncols = ndefaults;
	if (opts->columns && parse_columns(l, opts->columns))
		return 2;
	if (!opts->json)
		new_table(l);
	return 0;
}

const char *zentry_lost(enum rd rd)
{
	return rd == RD_MISSING ? "zswap entry not in the dump" : "zswap entry not mapped";
}

void row_from_slot(struct kern *k, const struct slot *s, struct row *r)
{
	struct pool *p;

	memset(r, 0, sizeof(*r));
	r->has_slot = true;
	r->s = *s;
	if (s->state != VS_ZSWAP)
		return;
	kern_zentry(k, s->entry, &r->z);
	if (r->z.rd) {
		r->note = zentry_lost(r->z.rd);
		return;
	}
	p = kern_pool(k, r->z.pool);
	r->comp = p && p->comp[0] ? p->comp : NULL;
	if (r->z.swpentry != swp_entry(k->vtype, s->nr))
		r->note = "zswap entry is of another slot";
}

static const char *slot_cell(struct kern *k, const struct row *r, enum col c)
{
	const struct slot *s = &r->s;
	const struct cgroup *cg;

	switch (c) {
	case COL_SLOT:
		return fmt_u64(s->nr);
	case COL_CLUSTER:
		return fmt_u64(s->nr / k->cluster);
	case COL_BACKING:
		return vs_names[s->state];
	case COL_COUNT:
		return s->has_count ? fmt_u64(s->count) : NULL;
	case COL_CACHED:
		return s->state == VS_UNKNOWN && !s->kind ? NULL : s->cached ? "yes" : "no";
	case COL_PFN:
		return s->cached ? fmt_hex(s->pfn) : NULL;
	case COL_LENGTH:
		return s->state == VS_ZSWAP && !r->z.rd ? fmt_u64(r->z.length) : NULL;
	case COL_COMP:
		return r->comp;
	case COL_DEVICE:
		return s->state == VS_PHYS ? fmt_u64(s->ptype) : NULL;
	case COL_OFFSET:
		return s->state == VS_PHYS ? fmt_u64(s->poff) : NULL;
	case COL_ENTRY:
		return s->state == VS_ZSWAP ? fmt_hex(s->entry) : NULL;
	case COL_CGID:
		cg = kern_cgroup(k, s->memcg);
		return cg->ino ? fmt_u64(cg->ino) : NULL;
	case COL_CGROUP:
		return s->memcg_known ? kern_cgroup_path(k, s->memcg) : NULL;
	case COL_NOTE:
		return r->note;
	default:
		return NULL;
	}
}

static const char *cell(struct kern *k, const struct row *r, enum col c)
{
	switch (c) {
	case COL_TASK:
		return r->has_addr ? fmt_u64(r->pid) : NULL;
	case COL_ADDR:
		return r->has_addr ? fmt_hex(r->addr) : NULL;
	case COL_PTE:
		return r->has_addr ? fmt_hex(r->pte) : NULL;
	default:
		break;
	}
	if (r->has_slot)
		return slot_cell(k, r, c);
	switch (c) {
	case COL_BACKING:
		return r->direct;
	case COL_DEVICE:
		return fmt_u64(r->type);
	case COL_OFFSET:
		return fmt_u64(r->off);
	case COL_LENGTH:
		return r->z.length ? fmt_u64(r->z.length) : NULL;
	case COL_COMP:
		return r->comp;
	case COL_NOTE:
		return r->note;
	default:
		return NULL;
	}
}

static void json_slot(struct kern *k, struct json_object *o, const struct row *r)
{
	const struct slot *s = &r->s;
	const struct cgroup *cg = kern_cgroup(k, s->memcg);

	json_u64(o, "slot", s->nr);
	json_u64(o, "cluster", s->nr / k->cluster);
	json_str(o, "backing", vs_names[s->state]);
	if (s->has_count)
		json_u64(o, "count", s->count);
	else
		json_str(o, "count", NULL);
	json_object_object_add(o, "cached", json_object_new_boolean(s->cached));
	if (s->cached)
		json_u64(o, "pfn", s->pfn);
	if (s->state == VS_ZSWAP) {
		json_hex(o, "entry", s->entry);
		if (!r->z.rd) {
			json_u64(o, "length", r->z.length);
			json_str(o, "comp", r->comp);
		}
	}
	if (s->state == VS_PHYS) {
		json_u64(o, "device", s->ptype);
		json_u64(o, "offset", s->poff);
		if (vtw_failed(s->vword))
			json_object_object_add(o, "write_failed", json_object_new_boolean(1));
	}
	if (cg->ino)
		json_u64(o, "cgid", cg->ino);
	json_str(o, "cgroup", s->memcg_known && s->memcg ? kern_cgroup_path(k, s->memcg) : NULL);
}

struct json_object *row_json(struct kern *k, const struct row *r)
{
	struct json_object *o = json_object_new_object();

	if (r->has_addr) {
		json_u64(o, "task", r->pid);
		json_hex(o, "address", r->addr);
		json_hex(o, "pte", r->pte);
		json_u64(o, "type", r->type);
	}
	if (r->has_slot) {
		json_slot(k, o, r);
	} else {
		json_str(o, "backing", r->direct);
		json_u64(o, "device", r->type);
		json_u64(o, "offset", r->off);
		if (r->z.length)
			json_u64(o, "length", r->z.length);
		if (r->comp)
			json_str(o, "comp", r->comp);
	}
	if (r->note)
		json_str(o, "note", r->note);
	return o;
}

/* The keys are the columns' names in small letters: only those that -o lists. */
static struct json_object *listed(const struct listing *l, struct json_object *all)
{
	struct json_object *o = json_object_new_object(), *v;
	char key[16];
	unsigned int i, n;

	for (i = 0; i < l->ncols; i++) {
		const char *name = cols[l->cols[i]].name;

		for (n = 0; name[n] && n + 1 < sizeof(key); n++)
			key[n] = tolower((unsigned char)name[n]);
		key[n] = 0;
		/* null for what does not apply, so that all rows are alike */
		json_object_object_get_ex(all, key, &v);
		json_object_object_add(o, key, json_object_get(v));
	}
	json_object_put(all);
	return o;
}

void listing_add(struct listing *l, const struct row *r)
{
	struct libscols_line *line;
	unsigned int i;

	if (l->opts->json) {
		struct json_object *o = row_json(l->k, r);

		/* "+LIST" adds to the usual ones, and without -o there are all */
		if (l->opts->columns && *l->opts->columns != '+')
			o = listed(l, o);
		printf("%s\n%s", l->rows ? "," : "",
		       json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
						      JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(o);
		l->rows++;
		return;
	}
	line = scols_table_new_line(l->table, NULL);
	for (i = 0; line && i < l->ncols; i++) {
		const struct col_desc *c = &cols[l->cols[i]];
		const char *s = cell(l->k, r, l->cols[i]);
		char *padded = NULL;

		/* libsmartcols knows the width of a batch only: make them alike */
		if (i + 1 < l->ncols &&
		    asprintf(&padded, c->left ? "%-*s" : "%*s", c->width, s ? s : "-") >= 0)
			s = padded;
		scols_line_set_data(line, i, s ? s : "-");
		free(padded);
	}
	l->rows++;
	if (++l->pending >= BATCH) {
		flush_table(l);
		new_table(l);
	}
}

void listing_end(struct listing *l)
{
	if (!l->opts->json)
		flush_table(l);
}
