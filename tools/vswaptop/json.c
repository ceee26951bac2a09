// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * json.c - samples as JSON lines
 *
 * Written by hand into a fixed buffer rather than through json-c's object tree,
 * because a sample must not allocate memory on a machine that has none left.
 * The reader in record.c uses json-c.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "output.h"
#include "version.h"

static void js_str(struct obuf *o, const char *s)
{
	ob_putc(o, '"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			ob_printf(o, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			ob_printf(o, "\\u%04x", c);
		else
			ob_putc(o, (char)c);
	}
	ob_putc(o, '"');
}

static void js_key(struct obuf *o, bool *first, const char *key)
{
	if (!*first)
		ob_putc(o, ',');
	*first = false;
	js_str(o, key);
	ob_putc(o, ':');
}

static void js_u64(struct obuf *o, uint64_t v)
{
	if (v == VT_NA)
		ob_puts(o, "null");
	else
		ob_printf(o, "%" PRIu64, v);
}

static void js_double(struct obuf *o, double v)
{
	if (isnan(v) || isinf(v))
		ob_puts(o, "null");
	else
		ob_printf(o, "%.3f", v);
}

static void js_kv_str(struct obuf *o, bool *first, const char *key, const char *v)
{
	js_key(o, first, key);
	js_str(o, v);
}

static void js_kv_u64(struct obuf *o, bool *first, const char *key, uint64_t v)
{
	js_key(o, first, key);
	js_u64(o, v);
}

static void js_kv_bool(struct obuf *o, bool *first, const char *key, bool v)
{
	js_key(o, first, key);
	ob_puts(o, v ? "true" : "false");
}

static void js_time(struct obuf *o, bool *first, uint64_t t_real)
{
	time_t s = (time_t)(t_real / 1000000000ULL);
	struct tm tm;
	char buf[32];

	gmtime_r(&s, &tm);
	strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%S", &tm);
	js_key(o, first, "time");
	ob_printf(o, "\"%s.%03uZ\"", buf, (unsigned int)(t_real / 1000000 % 1000));
}

static void js_head(struct obuf *o, bool *first, const struct model *md)
{
	bool rated = md->nsamples > 1 && md->t_mono > md->t_mono_prev;

	js_kv_u64(o, first, "schema", JSON_SCHEMA);
	js_kv_str(o, first, "tool", "vswaptop");
	js_kv_str(o, first, "version", VSWAPTOP_VERSION);
	js_kv_str(o, first, "host", md->host);
	js_time(o, first, md->t_real);
	js_kv_u64(o, first, "time_ns", md->t_real);
	js_kv_u64(o, first, "mono_ns", md->t_mono);
	js_kv_u64(o, first, "interval_ns", rated ? md->t_mono - md->t_mono_prev : VT_NA);
	js_kv_u64(o, first, "page_size", md->page_size);
	js_kv_str(o, first, "level", level_name[md->level]);
	js_kv_str(o, first, "note", md->note);
	js_key(o, first, "enabled");
	if (md->enabled[0])
		js_str(o, md->enabled);
	else
		ob_puts(o, "null");
	js_kv_str(o, first, "compressor", md->compressor);
	js_kv_u64(o, first, "counter_resets", md->resets);
}

static void js_metrics(struct obuf *o, bool *first, const struct model *md)
{
	bool f = true;

	js_key(o, first, "metrics");
	ob_putc(o, '{');
	for (int i = 0; i < NR_METRICS; i++)
		js_kv_u64(o, &f, metric_desc[i].name, md->m[i].cur);
	ob_puts(o, "}");

	js_key(o, first, "rates");
	ob_putc(o, '{');
	f = true;
	for (int i = 0; i < NR_METRICS; i++) {
		if (metric_desc[i].kind != MK_COUNTER)
			continue;
		js_key(o, &f, metric_desc[i].name);
		js_double(o, model_rate(md, &md->m[i]));
	}
	ob_putc(o, '}');

	js_key(o, first, "zswap_ratio");
	js_double(o, model_ratio(md));

	js_key(o, first, "extra");
	ob_putc(o, '{');
	f = true;
	for (unsigned int i = 0; i < md->nextra; i++)
		js_kv_u64(o, &f, md->extra[i].name, md->extra[i].v.cur);
	ob_putc(o, '}');
}

static void js_matrix(struct obuf *o, const struct model *md, bool traced)
{
	ob_putc(o, '[');
	for (unsigned int f = 0; f < md->nstates; f++) {
		ob_puts(o, f ? ",[" : "[");
		for (unsigned int t = 0; t < md->nstates; t++) {
			if (t)
				ob_putc(o, ',');
			js_u64(o, traced ? md->ev.pages[f][t] : md->mx[f][t].cur);
		}
		ob_putc(o, ']');
	}
	ob_putc(o, ']');
}

static void js_transitions(struct obuf *o, bool *first, const struct model *md)
{
	js_key(o, first, "transitions");
	ob_puts(o, "{\"states\":[");
	for (unsigned int i = 0; i < md->nstates; i++) {
		if (i)
			ob_putc(o, ',');
		js_str(o, md->state_name[i]);
	}
	ob_puts(o, "],\"pages\":");
	if (md->mx_valid)
		js_matrix(o, md, false);
	else
		ob_puts(o, "null");
	ob_puts(o, ",\"traced\":");
	if (md->ev.active)
		js_matrix(o, md, true);
	else
		ob_puts(o, "null");
	ob_putc(o, '}');
}

static void js_named(struct obuf *o, bool *first, const char *key, unsigned int n,
		     const char names[][NAME_LEN], const struct pair *v)
{
	bool f = true;

	js_key(o, first, key);
	ob_putc(o, '{');
	for (unsigned int i = 0; i < n && i < MAX_REASONS; i++)
		js_kv_u64(o, &f, names[i], v[i].cur);
	ob_putc(o, '}');
}

static void js_events(struct obuf *o, bool *first, const struct model *md)
{
	const struct ev_stats *ev = &md->ev;
	uint64_t lost = ev->active && ev->lost_known ? ev->lost.cur : VT_NA;
	bool f = true, g = true;

	js_key(o, first, "events");
	ob_putc(o, '{');
	js_kv_bool(o, &f, "active", ev->active);
	js_kv_u64(o, &f, "seen", ev->active ? ev->seen.cur : VT_NA);
	js_kv_u64(o, &f, "lost", lost);
	js_kv_u64(o, &f, "lost_interval",
		  lost == VT_NA || ev->lost.prev > lost ? VT_NA : lost - ev->lost.prev);
	js_kv_bool(o, &f, "reliable", lost == 0);
	js_kv_u64(o, &f, "unattributed_pages", model_unattributed(md));
	js_kv_u64(o, &f, "unowned_pages", ev->active ? ev->unowned : VT_NA);
	js_kv_bool(o, &f, "filtered", ev->filtered);
	js_key(o, &f, "filter_cgroup");
	if (md->filter_cgroup[0])
		js_str(o, md->filter_cgroup);
	else
		ob_puts(o, "null");
	js_kv_u64(o, &f, "filter_pid", md->filter_pid ? (uint64_t)md->filter_pid : VT_NA);
	js_kv_u64(o, &f, "unknown", ev->active ? ev->unknown : VT_NA);
	js_kv_u64(o, &f, "grow", ev->active ? ev->events_grow : VT_NA);
	js_kv_u64(o, &f, "swapoff", ev->active ? ev->events_swapoff : VT_NA);
	js_kv_u64(o, &f, "rows_dropped", ev->active ? ev->rows_dropped : VT_NA);
	js_key(o, &f, "pages");
	ob_putc(o, '{');
	for (int i = 0; i < NR_EV; i++)
		js_kv_u64(o, &g, evc_name[i], ev->active ? ev->total[i].cur : VT_NA);
	ob_putc(o, '}');
	js_named(o, &f, "reasons", md->nreasons, md->reason_name, ev->reason);
	js_named(o, &f, "rejects", md->nrejects, md->reject_name, ev->reject);
	js_kv_u64(o, &f, "compressed_pages", ev->active ? ev->comp_pages : VT_NA);
	js_kv_u64(o, &f, "compressed_bytes", ev->active ? ev->comp_bytes : VT_NA);
	ob_putc(o, '}');
}

static void js_cell(struct obuf *o, const struct column *col, const struct cell *c)
{
	if (c->na) {
		ob_puts(o, "null");
		return;
	}
	if (c->max) {
		ob_puts(o, "\"max\"");
		return;
	}
	switch (col->type) {
	case CT_STR:
		js_str(o, c->s ? c->s : "");
		break;
	case CT_SINT:
		ob_printf(o, "%" PRId64, c->i);
		break;
	case CT_RATE:
	case CT_RATIO:
	case CT_PCT:
		js_double(o, c->d);
		break;
	default:
		js_u64(o, c->u);
	}
}

static void js_row(struct obuf *o, const struct model *md, enum pane p, unsigned int row,
		   const struct layout *lay)
{
	bool first = true;
	unsigned int n = lay && lay->chosen ? lay->n : ncolumns;

	ob_putc(o, '{');
	for (unsigned int i = 0; i < n; i++) {
		const struct column *col = &columns[n == ncolumns ? i : lay->col[i]];
		struct cell c;

		if (col->pane != p)
			continue;
		cell_get(md, col, row, &c);
		js_key(o, &first, col->key);
		js_cell(o, col, &c);
	}
	ob_putc(o, '}');
}

static void js_rows(struct obuf *o, bool *first, const struct model *md, enum pane p,
		    const struct layout *lay, enum show show)
{
	static struct view v;
	struct layout dflt[NR_PANES];

	if (!lay) {
		layout_default(dflt);
		lay = &dflt[p];
	}
	view_build(&v, md, p, lay, show, NULL);
	js_key(o, first, pane_desc[p].name);
	ob_putc(o, '[');
	for (unsigned int i = 0; i < v.n; i++) {
		if (i)
			ob_putc(o, ',');
		js_row(o, md, p, v.row[i], lay);
	}
	ob_putc(o, ']');
}

int json_sample(struct obuf *o, const struct model *md, const struct layout *lay,
		unsigned int panes, enum show show)
{
	bool first = true;

	ob_putc(o, '{');
	js_head(o, &first, md);
	js_metrics(o, &first, md);
	if (panes & (1u << PANE_TRANS))
		js_transitions(o, &first, md);
	js_events(o, &first, md);
	js_kv_u64(o, &first, "cgroup_version", md->cgroup_version ? (uint64_t)md->cgroup_version : VT_NA);
	js_kv_u64(o, &first, "cgroups_live", md->cgroup_version ? md->cg_live : VT_NA);
	js_kv_u64(o, &first, "cgroups_unlisted", md->cgroup_version ? md->cg_unlisted : VT_NA);
	js_kv_u64(o, &first, "processes_live", md->task_live);
	js_kv_u64(o, &first, "processes_unlisted", md->task_unlisted);
	for (int p = PANE_CG; p <= PANE_HIST; p++)
		if (panes & (1u << p))
			js_rows(o, &first, md, (enum pane)p, lay ? &lay[p] : NULL, show);
	ob_puts(o, "}\n");
	return ob_flush(o);
}
