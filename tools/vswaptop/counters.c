// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * counters.c - system-wide figures: vswap, meminfo, vmstat, pressure, devices
 *
 * Names are looked up, positions are not relied on: a counter this tool does
 * not know is kept under its own name, one that is missing stays unknown.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sources.h"
#include "util.h"

#define SYSFS_DIR "/sys/kernel/mm/vswap"
#define DEBUG_DIR "/sys/kernel/debug/vswap"

static char text[65536];

/** struct key - a name in a kernel file and the metric it fills */
struct key {
	const char *name;
	enum metric metric;
};

static const struct key stat_keys[] = {
	{ "slots_used", M_SLOTS_USED }, { "slots_none", M_SLOTS_NONE },
	{ "slots_zero", M_SLOTS_ZERO }, { "slots_zswap", M_SLOTS_ZSWAP },
	{ "slots_phys", M_SLOTS_PHYS }, { "slots_poison", M_SLOTS_POISON },
	{ "capacity", M_CAPACITY }, { "clusters", M_CLUSTERS },
	{ "tables", M_TABLES }, { "metadata_bytes", M_METADATA },
	{ "swapin_none", M_SWAPIN_NONE }, { "swapin_zero", M_SWAPIN_ZERO },
	{ "swapin_zswap", M_SWAPIN_ZSWAP }, { "swapin_phys", M_SWAPIN_PHYS },
	{ "swapin_poison", M_SWAPIN_POISON }, { "swapoff_moved", M_SWAPOFF_MOVED },
	{ "swapoff_poisoned", M_SWAPOFF_POISONED },
	{ NULL, 0 }
};

/* the world-readable files, for when debugfs is not */
static const struct key sysfs_keys[] = {
	{ SYSFS_DIR "/slots_used", M_SLOTS_USED }, { SYSFS_DIR "/slots_none", M_SLOTS_NONE },
	{ SYSFS_DIR "/slots_zero", M_SLOTS_ZERO }, { SYSFS_DIR "/slots_zswap", M_SLOTS_ZSWAP },
	{ SYSFS_DIR "/slots_phys", M_SLOTS_PHYS }, { SYSFS_DIR "/slots_poison", M_SLOTS_POISON },
	{ NULL, 0 }
};

static const struct key meminfo_keys[] = {
	{ "MemTotal", M_MEM_TOTAL }, { "MemAvailable", M_MEM_AVAILABLE },
	{ "SwapTotal", M_SWAP_TOTAL }, { "SwapFree", M_SWAP_FREE },
	{ "SwapCached", M_SWAP_CACHED }, { "Zswap", M_ZSWAP_POOL },
	{ "Zswapped", M_ZSWAP_ORIG },
	{ NULL, 0 }
};

static const struct key vmstat_keys[] = {
	{ "zswpin", M_ZSWPIN }, { "zswpout", M_ZSWPOUT }, { "zswpwb", M_ZSWPWB },
	{ "pswpin", M_PSWPIN }, { "pswpout", M_PSWPOUT }, { "swpin_zero", M_SWPIN_ZERO },
	{ "swpout_zero", M_SWPOUT_ZERO }, { "oom_kill", M_OOM_KILL },
	{ NULL, 0 }
};

static int key_find(const struct key *k, const char *name)
{
	for (; k->name; k++)
		if (!strcmp(k->name, name))
			return (int)k->metric;
	return -1;
}

void counters_probe(struct access *acc)
{
	int fd = sys_open(SYSFS_DIR, O_DIRECTORY | O_RDONLY);

	memset(acc, 0, sizeof(*acc));
	acc->vswap = fd >= 0;
	if (fd >= 0)
		close(fd);
	else if (fd != -ENOENT && fd != -ENOTDIR)
		acc->err = -fd;
	fd = sys_open(DEBUG_DIR "/stat", O_RDONLY);
	acc->counters = fd >= 0;
	if (fd >= 0) {
		/* a kernel without the sysfs files but with these is vswap too */
		acc->vswap = true;
		close(fd);
	}
}

static bool read_stat(struct model *md)
{
	char *pos = text, *line;

	if (sys_read(DEBUG_DIR "/stat", text, sizeof(text)) <= 0)
		return false;
	while ((line = vt_line(&pos))) {
		char *name = vt_word(&line);
		char *value = name ? vt_word(&line) : NULL;
		struct named *e;
		int m;

		if (!value || !strcmp(name, "version"))
			continue;
		m = key_find(stat_keys, name);
		if (m >= 0) {
			model_set(md, (enum metric)m, vt_u64(value));
			continue;
		}
		e = model_extra(md, name);
		if (e) {
			vt_clean(e->name);
			e->v.cur = vt_u64(value);
			e->seen = true;
		}
	}
	return true;
}

/* header line: state names of the columns; then "from n n n ..." per row */
bool matrix_read(struct model *md)
{
	int col[MAX_STATES];
	unsigned int ncol = 0;
	char *pos = text, *line, *w;

	if (sys_read(DEBUG_DIR "/transitions", text, sizeof(text)) <= 0)
		return false;
	line = vt_line(&pos);
	while (line && (w = vt_word(&line)) && ncol < MAX_STATES) {
		vt_clean(w);
		/* a label in the corner, if there is one, is no state */
		if (!ncol && (strstr(w, "from") || !strcmp(w, "-")))
			continue;
		col[ncol++] = model_state(md, w);
	}
	while ((line = vt_line(&pos))) {
		int from;

		w = vt_word(&line);
		if (!w)
			continue;
		vt_clean(w);
		from = model_state(md, w);
		for (unsigned int i = 0; from >= 0 && i < ncol; i++) {
			w = vt_word(&line);
			if (!w)
				break;
			if (col[i] >= 0)
				md->mx[from][col[i]].cur = vt_u64(w);
		}
	}
	md->mx_valid = ncol > 0;
	return md->mx_valid;
}

static void read_sysfs(struct model *md)
{
	for (const struct key *k = sysfs_keys; k->name; k++)
		if (md->m[k->metric].cur == VT_NA)
			model_set(md, k->metric, sys_read_u64(k->name));
	if (sys_read(SYSFS_DIR "/enabled", text, sizeof(text)) > 0) {
		char *open = strchr(text, '['), *pos = text, *w;

		/* "[auto] always never" or just the word */
		if (open) {
			pos = open + 1;
			pos[strcspn(pos, "]")] = '\0';
		}
		pos[strcspn(pos, "\n")] = '\0';
		w = vt_word(&pos);
		vt_copy(md->enabled, w ? w : "", sizeof(md->enabled));
		vt_clean(md->enabled);
	}
}

static void read_meminfo(struct model *md)
{
	char *pos = text, *line;

	if (sys_read("/proc/meminfo", text, sizeof(text)) <= 0)
		return;
	while ((line = vt_line(&pos))) {
		char *colon = strchr(line, ':');
		uint64_t kb;
		int m;

		if (!colon)
			continue;
		*colon = '\0';
		m = key_find(meminfo_keys, line);
		kb = m >= 0 ? vt_u64(colon + 1) : VT_NA;
		if (kb != VT_NA && kb < VT_NA / 1024)
			model_set(md, (enum metric)m, kb * 1024);
	}
}

static void read_vmstat(struct model *md)
{
	char *pos = text, *line;

	if (sys_read("/proc/vmstat", text, sizeof(text)) <= 0)
		return;
	while ((line = vt_line(&pos))) {
		char *name = vt_word(&line);
		int m = name ? key_find(vmstat_keys, name) : -1;

		if (m >= 0)
			model_set(md, (enum metric)m, vt_u64(line));
	}
}

/* "12.34" -> 1234 */
static uint64_t centi(const char *s)
{
	uint64_t v = vt_u64(s);
	const char *dot = strchr(s, '.');

	if (v == VT_NA)
		return VT_NA;
	v *= 100;
	if (dot && dot[1] >= '0' && dot[1] <= '9') {
		v += (uint64_t)(dot[1] - '0') * 10;
		if (dot[2] >= '0' && dot[2] <= '9')
			v += (uint64_t)(dot[2] - '0');
	}
	return v;
}

static void read_pressure(struct model *md)
{
	char *pos = text, *line;

	if (sys_read("/proc/pressure/memory", text, sizeof(text)) <= 0)
		return;
	while ((line = vt_line(&pos))) {
		bool full = !strncmp(line, "full ", 5);
		char *avg = strstr(line, "avg10="), *total = strstr(line, "total=");

		if (!full && strncmp(line, "some ", 5))
			continue;
		if (avg)
			model_set(md, full ? M_PSI_FULL10 : M_PSI_SOME10, centi(avg + 6));
		if (total)
			model_set(md, full ? M_PSI_FULL_TOTAL : M_PSI_SOME_TOTAL,
				  vt_u64(total + 6));
	}
}

static void read_zswap(struct model *md)
{
	uint64_t percent = sys_read_u64("/sys/module/zswap/parameters/max_pool_percent");
	uint64_t mem = md->m[M_MEM_TOTAL].cur;

	if (percent != VT_NA && percent <= 100 && mem != VT_NA && mem < VT_NA / 100)
		model_set(md, M_ZSWAP_LIMIT, mem * percent / 100);
	if (sys_read("/sys/module/zswap/parameters/enabled", text, sizeof(text)) > 0)
		model_set(md, M_ZSWAP_ENABLED, *text == 'Y' || *text == '1');
	if (sys_read("/sys/module/zswap/parameters/compressor", text, sizeof(text)) > 0) {
		text[strcspn(text, "\n")] = '\0';
		vt_copy(md->compressor, text, sizeof(md->compressor));
		vt_clean(md->compressor);
	}
}

/* /proc/swaps writes blanks in names as \040 */
static void unescape(char *s)
{
	char *w = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' &&
		    s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			*w++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 4;
		} else {
			*w++ = *s++;
		}
	}
	*w = '\0';
}

static bool parse_swap(struct model *md, char *line, uint64_t pos)
{
	char *name = vt_word(&line), *kind, *size, *used, *prio;
	struct dev_row *d;

	if (!name)
		return false;
	kind = vt_word(&line);
	size = kind ? vt_word(&line) : NULL;
	used = size ? vt_word(&line) : NULL;
	prio = used ? vt_word(&line) : NULL;
	if (!prio || vt_u64(size) == VT_NA)
		return false;
	unescape(name);
	vt_clean(name);
	d = model_device(md, name);
	if (!d)
		return false;
	vt_copy(d->kind, kind, sizeof(d->kind));
	d->size = vt_u64(size) * 1024;
	d->used.cur = vt_u64(used) == VT_NA ? VT_NA : vt_u64(used) * 1024;
	d->prio = strtoll(prio, NULL, 10);
	d->gone = false;
	/* the list is in the order of types; see types_named() */
	d->type = pos + 1;
	return true;
}

/*
 * The kernel does not print a device's type number, and a swapoff before the start may
 * have left a hole.  As long as no device has gone since, every type in an event is one
 * of the devices' here.  So a single device has whatever type events name; and n
 * devices have the types 1 to n, in the order of /proc/swaps (0 is the virtual one),
 * once events have named all of these.  Until then, and after a device has gone, no
 * guess is made.
 */
static bool types_named(const struct model *md, unsigned int n, uint64_t *only)
{
	unsigned int seen = 0, low = 0;

	*only = VT_NA;
	for (uint64_t t = 0; t < MAX_DEVS; t++) {
		if (!md->ev.type_in[t].cur && !md->ev.type_out[t].cur)
			continue;
		*only = seen++ ? VT_NA : t;
		low += t >= 1 && t <= n;
	}
	return seen == n && low == n;
}

static bool ev_out_phys(const struct model *md)
{
	return md->ev.total[EV_OUT_PHYS].cur || md->ev.total[EV_WB].cur;
}

static void attribute(const struct model *md, struct dev_row *d, bool alone)
{
	static const struct pair unknown = { VT_NA, VT_NA, 0 };
	bool known = d->type < MAX_DEVS;

	d->out = known ? md->ev.type_out[d->type] : unknown;
	/* what was never written needs no type */
	if (!known && !md->dev_left && !d->gone && !ev_out_phys(md))
		d->out = (struct pair) { 0 };
	/* the event may not say which device a page came from */
	if (md->ev.type_in_known)
		d->in = known ? md->ev.type_in[d->type] : unknown;
	else
		d->in = alone ? md->ev.total[EV_IN_PHYS] : unknown;
}

void devices_read(struct model *md)
{
	char *pos = text, *line;
	unsigned int n = 0;
	uint64_t only;
	bool named;

	for (unsigned int i = 0; i < md->ndev; i++)
		md->dev[i].gone = true;
	if (sys_read("/proc/swaps", text, sizeof(text)) <= 0)
		return;
	vt_line(&pos);
	while ((line = vt_line(&pos)))
		if (parse_swap(md, line, n))
			n++;
	/* one that has gone and come back between two samples is told by its event */
	md->dev_left |= md->ev.events_swapoff != 0;
	for (unsigned int i = 0; i < md->ndev; i++)
		md->dev_left |= md->dev[i].gone;
	named = types_named(md, n, &only);
	for (unsigned int i = 0; i < md->ndev; i++) {
		struct dev_row *d = &md->dev[i];

		if (md->dev_left || d->gone)
			d->type = VT_NA;
		else if (n == 1)
			d->type = only;
		else if (!named)
			d->type = VT_NA;
		attribute(md, d, n == 1 && !md->dev_left && !d->gone);
	}
}

void counters_read(struct model *md, struct access *acc)
{
	acc->counters = matrix_read(md);
	acc->counters = read_stat(md) || acc->counters;
	read_sysfs(md);
	read_meminfo(md);
	read_vmstat(md);
	read_pressure(md);
	read_zswap(md);
}
