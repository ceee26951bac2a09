// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * record.c - reads the JSON lines that json.c writes
 *
 * The file may come from anywhere.  Every key is optional, every type is
 * checked, text is cleaned before it can reach a terminal, and what does not
 * fit the tables is left out.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "output.h"

#define MAX_LINE (64u << 20)

static uint64_t as_u64(struct json_object *v)
{
	if (!v || !json_object_is_type(v, json_type_int))
		return VT_NA;
	/* a negative number saturates to zero in json-c; it is no count */
	if (json_object_get_int64(v) < 0)
		return VT_NA;
	return json_object_get_uint64(v);
}

static struct json_object *child(struct json_object *o, const char *key, enum json_type type)
{
	struct json_object *v = NULL;

	if (!o || !json_object_is_type(o, json_type_object) ||
	    !json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, type))
		return NULL;
	return v;
}

static uint64_t get_u64(struct json_object *o, const char *key)
{
	return as_u64(child(o, key, json_type_int));
}

static bool get_str(struct json_object *o, const char *key, char *buf, size_t size)
{
	struct json_object *v = child(o, key, json_type_string);

	if (!v)
		return false;
	vt_copy(buf, json_object_get_string(v), size);
	vt_clean(buf);
	return true;
}

static bool get_bool(struct json_object *o, const char *key)
{
	struct json_object *v = child(o, key, json_type_boolean);

	return v && json_object_get_boolean(v);
}

static void load_head(struct model *md, struct json_object *o)
{
	char level[24] = "";
	uint64_t page = get_u64(o, "page_size");

	get_str(o, "host", md->host, sizeof(md->host));
	get_str(o, "note", md->note, sizeof(md->note));
	get_str(o, "enabled", md->enabled, sizeof(md->enabled));
	get_str(o, "compressor", md->compressor, sizeof(md->compressor));
	get_str(o, "level", level, sizeof(level));
	if (page >= 512 && page <= (1u << 20))
		md->page_size = page;
	md->level = LEVEL_UNPRIV;
	for (int i = 0; i < NR_LEVELS; i++)
		if (!strcmp(level, level_name[i]))
			md->level = (enum vt_level)i;
}

static void load_metrics(struct model *md, struct json_object *o)
{
	struct json_object *m = child(o, "metrics", json_type_object);
	struct json_object *x = child(o, "extra", json_type_object);

	for (int i = 0; m && i < NR_METRICS; i++)
		model_set(md, (enum metric)i, get_u64(m, metric_desc[i].name));
	if (!x)
		return;
	json_object_object_foreach(x, key, val) {
		struct named *e = *key ? model_extra(md, key) : NULL;

		if (!e)
			continue;
		vt_clean(e->name);
		e->v.cur = as_u64(val);
		e->seen = true;
	}
}

static void load_matrix(struct model *md, struct json_object *rows, const int *idx,
			size_t n, bool traced)
{
	for (size_t f = 0; f < n && f < json_object_array_length(rows); f++) {
		struct json_object *row = json_object_array_get_idx(rows, f);

		if (!row || !json_object_is_type(row, json_type_array))
			continue;
		for (size_t t = 0; t < n && t < json_object_array_length(row); t++) {
			uint64_t v = as_u64(json_object_array_get_idx(row, t));

			if (idx[f] < 0 || idx[t] < 0)
				continue;
			if (traced)
				md->ev.pages[idx[f]][idx[t]] = v == VT_NA ? 0 : v;
			else
				md->mx[idx[f]][idx[t]].cur = v;
		}
	}
}

static void load_transitions(struct model *md, struct json_object *o)
{
	struct json_object *tr = child(o, "transitions", json_type_object);
	struct json_object *names = child(tr, "states", json_type_array);
	struct json_object *pages = child(tr, "pages", json_type_array);
	struct json_object *traced = child(tr, "traced", json_type_array);
	int idx[MAX_STATES];
	size_t n = 0;

	for (; names && n < MAX_STATES && n < json_object_array_length(names); n++) {
		struct json_object *v = json_object_array_get_idx(names, n);
		char name[NAME_LEN] = "";

		if (v && json_object_is_type(v, json_type_string))
			vt_copy(name, json_object_get_string(v), sizeof(name));
		vt_clean(name);
		idx[n] = model_state(md, name);
	}
	if (pages && n) {
		load_matrix(md, pages, idx, n, false);
		md->mx_valid = true;
	}
	if (traced && n)
		load_matrix(md, traced, idx, n, true);
}

static void load_pairs(struct json_object *o, const char *key, char names[][NAME_LEN],
		       unsigned int *n, struct pair *v)
{
	struct json_object *x = child(o, key, json_type_object);
	unsigned int i = 0;

	if (!x)
		return;
	json_object_object_foreach(x, name, val) {
		uint64_t u = as_u64(val);

		if (i == MAX_REASONS)
			break;
		vt_copy(names[i], name, NAME_LEN);
		vt_clean(names[i]);
		v[i].cur = u == VT_NA ? 0 : u;
		i++;
	}
	*n = i;
}

static uint64_t or_zero(uint64_t v)
{
	return v == VT_NA ? 0 : v;
}

static void load_ev(struct json_object *o, struct pair *ev)
{
	for (int i = 0; i < NR_EV; i++)
		ev[i].cur = or_zero(get_u64(o, evc_name[i]));
}

static void load_events(struct model *md, struct json_object *o)
{
	struct json_object *e = child(o, "events", json_type_object);
	struct json_object *pages = child(e, "pages", json_type_object);
	struct ev_stats *ev = &md->ev;
	uint64_t lost = get_u64(e, "lost"), pid = get_u64(e, "filter_pid");

	ev->active = get_bool(e, "active");
	ev->filtered = get_bool(e, "filtered");
	md->filter_cgroup[0] = '\0';
	get_str(e, "filter_cgroup", md->filter_cgroup, sizeof(md->filter_cgroup));
	md->filter_pid = pid <= INT32_MAX ? (int)pid : 0;
	ev->unattributed = get_u64(e, "unattributed_pages");
	ev->replayed = true;
	ev->seen.cur = or_zero(get_u64(e, "seen"));
	ev->lost_known = lost != VT_NA;
	ev->lost.cur = or_zero(lost);
	ev->unowned = or_zero(get_u64(e, "unowned_pages"));
	ev->unknown = or_zero(get_u64(e, "unknown"));
	ev->rows_dropped = or_zero(get_u64(e, "rows_dropped"));
	ev->events_grow = or_zero(get_u64(e, "grow"));
	ev->events_swapoff = or_zero(get_u64(e, "swapoff"));
	ev->comp_pages = or_zero(get_u64(e, "compressed_pages"));
	ev->comp_bytes = or_zero(get_u64(e, "compressed_bytes"));
	if (pages)
		load_ev(pages, ev->total);
	load_pairs(e, "reasons", md->reason_name, &md->nreasons, ev->reason);
	load_pairs(e, "rejects", md->reject_name, &md->nrejects, ev->reject);
}

static void load_rows(struct model *md, struct json_object *o, const char *key,
		      void (*load)(struct model *md, struct json_object *o))
{
	struct json_object *a = child(o, key, json_type_array);

	for (size_t i = 0; a && i < json_object_array_length(a); i++) {
		struct json_object *row = json_object_array_get_idx(a, i);

		if (row && json_object_is_type(row, json_type_object))
			load(md, row);
	}
}

static uint64_t get_limit(struct json_object *o, const char *key)
{
	struct json_object *v = child(o, key, json_type_string);

	if (v && !strcmp(json_object_get_string(v), "max"))
		return VT_NA - 1;
	return get_u64(o, key);
}

static void load_cgroup(struct model *md, struct json_object *o)
{
	static const char *const key[NR_CGV] = {
		[CG_VSWAP] = "vswap", [CG_ZSWAP] = "zswap", [CG_ZSWAPPED] = "zswapped",
		[CG_SWAP] = "swap", [CG_SWAP_MAX] = "swap_max", [CG_ZSWAP_MAX] = "zswap_max",
	};
	uint64_t id = get_u64(o, "id");
	struct cg_row *c;

	if (id == VT_NA)
		return;
	c = model_cgroup(md, id);
	if (!c)
		return;
	c->named = get_str(o, "path", c->path, sizeof(c->path));
	c->gone = false;
	for (int i = 0; i < NR_CGV; i++)
		c->val[i] = get_limit(o, key[i]);
	load_ev(o, c->ev);
}

static void load_task(struct model *md, struct json_object *o)
{
	uint64_t pid = get_u64(o, "pid");
	char kind[16] = "";
	struct task_row *t;

	if (pid == VT_NA || pid > INT32_MAX)
		return;
	/* several rows may have the same pid: one that lives, and those before it */
	t = model_task_new(md, (int)pid);
	if (!t)
		return;
	get_str(o, "kind", kind, sizeof(kind));
	t->gone = !strcmp(kind, "exited");
	t->kthread = !strcmp(kind, "kernel");
	get_str(o, "comm", t->comm, sizeof(t->comm));
	get_str(o, "cgroup", t->cgroup, sizeof(t->cgroup));
	t->vmswap = get_u64(o, "vmswap");
	load_ev(o, t->ev);
}

/* The processes of the record before: what rates are made of. */
#define OLD_HASH 4096
static struct task_row old[MAX_TASKS];
static uint32_t old_head[OLD_HASH];

/* Put the rows aside; @seq says whether a row of this record is the same process. */
static void keep_tasks(struct model *md)
{
	memset(old_head, 0, sizeof(old_head));
	for (unsigned int i = md->ntask; i-- > 0;) {
		uint32_t *head = &old_head[(unsigned int)md->task[i].pid % OLD_HASH];

		old[i] = md->task[i];
		old[i].seq = 0;
		old[i].next_hash = *head;
		*head = i + 1;
	}
	model_tasks_clear(md);
}

/** enum fit - how the counters of a process may have changed since the last record */
enum fit { FIT_SAME, FIT_GROWN, FIT_ANY };

static bool fits(const struct task_row *was, const struct task_row *is, enum fit fit)
{
	for (int i = 0; i < NR_EV && fit != FIT_ANY; i++)
		if (fit == FIT_SAME ? was->ev[i].cur != is->ev[i].cur :
		    was->ev[i].cur > is->ev[i].cur)
			return false;
	return true;
}

/* Rows that live, or have exited, are those of before that lived, or had exited. */
static void match_tasks(struct model *md, bool gone, bool was_gone, enum fit fit)
{
	for (unsigned int k = 0; k < md->ntask; k++) {
		struct task_row *t = &md->task[k];
		uint32_t i = old_head[(unsigned int)t->pid % OLD_HASH];

		if (t->seq || t->gone != gone)
			continue;
		while (i && (old[i - 1].pid != t->pid || old[i - 1].seq ||
			     old[i - 1].gone != was_gone || !fits(&old[i - 1], t, fit)))
			i = old[i - 1].next_hash;
		if (!i)
			continue;
		t->seq = old[i - 1].seq = 1;
		for (int e = 0; e < NR_EV; e++)
			t->ev[e].prev = old[i - 1].ev[e].cur;
	}
}

/*
 * A pid that is used again is in several rows.  One that has exited only gets late
 * events as long as nobody has its pid, so most of these have not changed at all.
 * What has exited since the last record is looked for before what still lives.
 */
static void load_tasks(struct model *md, struct json_object *o)
{
	keep_tasks(md);
	load_rows(md, o, "processes", load_task);
	match_tasks(md, true, true, FIT_SAME);
	match_tasks(md, true, false, FIT_GROWN);
	match_tasks(md, true, true, FIT_GROWN);
	match_tasks(md, false, false, FIT_GROWN);
	match_tasks(md, false, false, FIT_ANY);
}

static void load_dev(struct model *md, struct json_object *o)
{
	struct json_object *prio = child(o, "priority", json_type_int);
	char name[sizeof(md->dev[0].name)];
	struct dev_row *d;

	if (!get_str(o, "name", name, sizeof(name)))
		return;
	d = model_device(md, name);
	if (!d)
		return;
	d->gone = false;
	get_str(o, "kind", d->kind, sizeof(d->kind));
	d->size = or_zero(get_u64(o, "size"));
	d->used.cur = get_u64(o, "used");
	d->prio = prio ? json_object_get_int64(prio) : 0;
	d->type = get_u64(o, "type");
	d->in.cur = get_u64(o, "in");
	d->out.cur = get_u64(o, "out");
}

/* What a record does not mention any more has gone or has become empty. */
static void forget_rows(struct model *md)
{
	for (unsigned int i = 0; i < md->ncg; i++)
		for (int k = 0; k < NR_CGV; k++)
			md->cg[i].val[k] = VT_NA;
	for (unsigned int i = 0; i < md->ndev; i++)
		md->dev[i].gone = true;
}

static int load_object(struct model *md, struct json_object *o, char *err, size_t err_size)
{
	uint64_t schema = get_u64(o, "schema");
	uint64_t real = get_u64(o, "time_ns"), mono = get_u64(o, "mono_ns");
	uint64_t resets;

	if (schema == VT_NA || real == VT_NA || mono == VT_NA) {
		snprintf(err, err_size, "not a vswaptop record");
		return -EINVAL;
	}
	if (schema > JSON_SCHEMA) {
		snprintf(err, err_size, "schema %llu is newer than this vswaptop knows (%d)",
			 (unsigned long long)schema, JSON_SCHEMA);
		return -EINVAL;
	}
	model_begin(md, real, mono);
	forget_rows(md);
	load_head(md, o);
	load_metrics(md, o);
	load_transitions(md, o);
	load_events(md, o);
	load_rows(md, o, "cgroups", load_cgroup);
	load_tasks(md, o);
	load_rows(md, o, "devices", load_dev);
	md->cgroup_version = get_u64(o, "cgroup_version") == 1 ? 1 :
			     get_u64(o, "cgroup_version") == 2 ? 2 : 0;
	md->cg_live = or_zero(get_u64(o, "cgroups_live"));
	md->cg_unlisted = or_zero(get_u64(o, "cgroups_unlisted"));
	md->task_live = or_zero(get_u64(o, "processes_live"));
	md->task_unlisted = or_zero(get_u64(o, "processes_unlisted"));
	model_end(md);
	resets = get_u64(o, "counter_resets");
	if (resets != VT_NA)
		md->resets = resets;
	return 0;
}

int json_load(struct model *md, const char *line, size_t len, char *err, size_t err_size)
{
	struct json_tokener *tok;
	struct json_object *o;
	int r = -EINVAL;

	if (len > MAX_LINE) {
		snprintf(err, err_size, "line is too long");
		return -EINVAL;
	}
	tok = json_tokener_new_ex(16);
	if (!tok)
		return -ENOMEM;
	o = json_tokener_parse_ex(tok, line, (int)len);
	if (!o || !json_object_is_type(o, json_type_object)) {
		enum json_tokener_error e = json_tokener_get_error(tok);

		snprintf(err, err_size, "%s", e == json_tokener_continue ? "incomplete record" :
			 e == json_tokener_success ? "not a record" : json_tokener_error_desc(e));
	} else {
		r = load_object(md, o, err, err_size);
	}
	json_object_put(o);
	json_tokener_free(tok);
	return r;
}
