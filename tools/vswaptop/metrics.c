// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * metrics.c - a file for node_exporter's textfile collector
 *
 * The Prometheus text exposition.  A value that is unknown is left out, so a
 * dashboard shows a gap and not a zero.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "output.h"
#include "version.h"

/* Cgroups with the most virtual swap; more would be too many series. */
#define MAX_CG_SERIES 200

static void family(struct obuf *o, const char *name, const char *type, const char *help)
{
	ob_printf(o, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void label_text(struct obuf *o, const char *s)
{
	for (; *s; s++) {
		if (*s == '\\' || *s == '"')
			ob_putc(o, '\\');
		ob_putc(o, *s);
	}
}

static void one(struct obuf *o, const char *name, const char *type, const char *help, uint64_t v)
{
	if (v == VT_NA)
		return;
	family(o, name, type, help);
	ob_printf(o, "%s %" PRIu64 "\n", name, v);
}

static void labelled(struct obuf *o, const char *name, const char *label, const char *value,
		     uint64_t v)
{
	if (v == VT_NA)
		return;
	ob_printf(o, "%s{%s=\"", name, label);
	label_text(o, value);
	ob_printf(o, "\"} %" PRIu64 "\n", v);
}

static void slots(struct obuf *o, const struct model *md)
{
	family(o, "vswap_slots", "gauge", "Virtual swap slots in use, by what backs them.");
	for (int i = ST_NONE; i <= ST_POISON; i++)
		labelled(o, "vswap_slots", "backing", state_name_default[i],
			 md->m[M_SLOTS_NONE + i - ST_NONE].cur);
	one(o, "vswap_capacity_slots", "gauge", "Slots the virtual device has grown to.",
	    md->m[M_CAPACITY].cur);
	one(o, "vswap_page_size_bytes", "gauge", "Bytes per slot.", md->page_size);
	one(o, "vswap_metadata_bytes", "gauge", "Memory spent on describing slots.",
	    md->m[M_METADATA].cur);
	one(o, "vswap_zswap_pool_bytes", "gauge", "Memory the zswap pool takes.",
	    md->m[M_ZSWAP_POOL].cur);
	one(o, "vswap_zswap_original_bytes", "gauge", "Data in the zswap pool, uncompressed.",
	    md->m[M_ZSWAP_ORIG].cur);
	one(o, "vswap_zswap_pool_limit_bytes", "gauge", "Limit of the zswap pool.",
	    md->m[M_ZSWAP_LIMIT].cur);
}

static void transitions(struct obuf *o, const struct model *md)
{
	/* what was traced is no total */
	if (!md->mx_valid || md->level == LEVEL_EVENTS)
		return;
	family(o, "vswap_transitions_total", "counter",
	       "Pages that changed from one slot state to another.");
	for (unsigned int f = 0; f < md->nstates; f++) {
		for (unsigned int t = 0; t < md->nstates; t++) {
			uint64_t v = md->mx[f][t].cur;

			/* a series per pair that ever happened, not one per pair */
			if (v == VT_NA || !v)
				continue;
			ob_puts(o, "vswap_transitions_total{from=\"");
			label_text(o, md->state_name[f]);
			ob_puts(o, "\",to=\"");
			label_text(o, md->state_name[t]);
			ob_printf(o, "\"} %" PRIu64 "\n", v);
		}
	}
}

static void counters(struct obuf *o, const struct model *md)
{
	static const char *const outs[] = { "zero", "zswap", "phys" };

	/* what /proc/vmstat says instead is no continuation of these */
	bool ours = md->out_from == FROM_VSWAP;

	family(o, "vswap_swapouts_total", "counter", "Pages swapped out, by backing.");
	for (int i = 0; i < 3 && ours; i++)
		labelled(o, "vswap_swapouts_total", "backing", outs[i],
			 md->m[M_OUT_ZERO + i].cur);
	family(o, "vswap_swapins_total", "counter", "Pages swapped in, by backing.");
	for (int i = ST_NONE; i <= ST_POISON; i++)
		labelled(o, "vswap_swapins_total", "backing", state_name_default[i],
			 md->m[M_SWAPIN_NONE + i - ST_NONE].cur);
	one(o, "vswap_writeback_pages_total", "counter",
	    "Pages moved from zswap to a swap device.", ours ? md->m[M_WB].cur : VT_NA);
	one(o, "vswap_swapoff_moved_pages_total", "counter",
	    "Slots moved off a device by swapoff.", md->m[M_SWAPOFF_MOVED].cur);
	one(o, "vswap_swapoff_poisoned_pages_total", "counter",
	    "Slots lost to read errors during swapoff.", md->m[M_SWAPOFF_POISONED].cur);
	family(o, "vswap_rejects_total", "counter", "Slots or backings refused, by reason.");
	for (unsigned int i = 0; i < md->nextra; i++)
		if (!strncmp(md->extra[i].name, "reject_", 7))
			labelled(o, "vswap_rejects_total", "reason", md->extra[i].name + 7,
				 md->extra[i].v.cur);
}

static void devices(struct obuf *o, const struct model *md)
{
	family(o, "vswap_device_size_bytes", "gauge", "Size of a swap device.");
	for (unsigned int i = 0; i < md->ndev; i++)
		if (!md->dev[i].gone)
			labelled(o, "vswap_device_size_bytes", "device", md->dev[i].name,
				 md->dev[i].size);
	family(o, "vswap_device_used_bytes", "gauge", "Used part of a swap device.");
	for (unsigned int i = 0; i < md->ndev; i++)
		if (!md->dev[i].gone)
			labelled(o, "vswap_device_used_bytes", "device", md->dev[i].name,
				 md->dev[i].used.cur);
}

static void cgroup_family(struct obuf *o, const struct model *md, const struct view *v,
			  const char *name, const char *help, enum cgv val)
{
	bool any = false;

	for (unsigned int i = 0; i < v->n && i < MAX_CG_SERIES; i++) {
		const struct cg_row *c = &md->cg[v->row[i]];

		if (c->gone || !c->named || c->val[val] == VT_NA || c->val[val] == VT_NA - 1)
			continue;
		if (!any)
			family(o, name, "gauge", help);
		any = true;
		labelled(o, name, "cgroup", c->path, c->val[val]);
	}
}

static void cgroups(struct obuf *o, const struct model *md)
{
	static struct view v;
	struct layout lay[NR_PANES];

	layout_default(lay);
	view_build(&v, md, PANE_CG, &lay[PANE_CG], SHOW_EVER, NULL);
	cgroup_family(o, md, &v, "vswap_cgroup_owned_bytes",
		      "Virtual slots a cgroup owns, whatever backs them.", CG_VSWAP);
	cgroup_family(o, md, &v, "vswap_cgroup_zswap_bytes",
		      "Memory a cgroup's compressed pages take.", CG_ZSWAP);
	cgroup_family(o, md, &v, "vswap_cgroup_swap_bytes",
		      "Physical swap charged to a cgroup.", CG_SWAP);
	cgroup_family(o, md, &v, "vswap_cgroup_swap_limit_bytes",
		      "Limit of the physical swap of a cgroup.", CG_SWAP_MAX);
}

static void self(struct obuf *o, const struct model *md)
{
	family(o, "vswaptop_info", "gauge", "Version and privilege level of the collector.");
	ob_printf(o, "vswaptop_info{version=\"%s\",level=\"%s\",enabled=\"", VSWAPTOP_VERSION,
		  level_name[md->level]);
	label_text(o, md->enabled);
	ob_puts(o, "\"} 1\n");
	family(o, "vswaptop_sample_timestamp_seconds", "gauge",
	       "When the last sample was taken.");
	ob_printf(o, "vswaptop_sample_timestamp_seconds %" PRIu64 ".%03u\n",
		  md->t_real / UINT64_C(1000000000),
		  (unsigned int)(md->t_real / 1000000 % 1000));
	if (!md->ev.active)
		return;
	one(o, "vswaptop_trace_events_total", "counter", "Trace events read.", md->ev.seen.cur);
	one(o, "vswaptop_trace_lost_events_total", "counter",
	    "Trace events the kernel dropped because a buffer was full.",
	    md->ev.lost_known ? md->ev.lost.cur : VT_NA);
}

int metrics_write(const char *path, const struct model *md)
{
	static struct obuf o;
	char tmp[4096];
	int err;

	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.%d.tmp", path, (int)getpid()) >= sizeof(tmp))
		return -ENAMETOOLONG;
	o.fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (o.fd < 0)
		return -errno;
	o.err = 0;
	o.n = 0;
	slots(&o, md);
	transitions(&o, md);
	counters(&o, md);
	devices(&o, md);
	cgroups(&o, md);
	self(&o, md);
	err = ob_flush(&o);
	if (close(o.fd) && !err)
		err = -errno;
	if (!err && rename(tmp, path))
		err = -errno;
	if (err)
		unlink(tmp);
	return err;
}
