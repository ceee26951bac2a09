// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plugin_vswap.c - libtraceevent plugin for the events of virtual swap
 *
 * trace-cmd, perf script and KernelShark load it from the plugin directory of
 * libtraceevent or from $TRACEEVENT_PLUGIN_DIR. Compared with the kernel's own
 * format it leaves out what does not apply, tells how well zswap compressed, and
 * names devices and cgroups, if it is told how:
 *
 *   option     environment     value
 *   cgroups    VSWAP_CGROUPS   a file of lines "INODE PATH", or the word "live" for
 *                              the cgroups of this machine as they are now
 *   devices    VSWAP_DEVICES   a list "TYPE=NAME[,TYPE=NAME...]"
 *
 * for example "trace-cmd report -O vswap:cgroups=live". Nothing is looked up
 * otherwise: a trace may come from another machine, and no name is better than a
 * wrong one. Names of states and reasons come with the trace. Fields are found by
 * name, each one may be missing; more of them do no harm.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event-parse.h>
#include <trace-seq.h>

/* libtraceevent finds these three by name. */
int TEP_PLUGIN_LOADER(struct tep_handle *tep);
void TEP_PLUGIN_UNLOADER(struct tep_handle *tep);
extern struct tep_plugin_option TEP_PLUGIN_OPTIONS[];

#define PAGE_BYTES 4096		/* if the trace does not tell */
#define MAX_DEPTH 64		/* of cgroups */
#define MAX_TYPES 32		/* of swap devices */

/* perf has a libtraceevent of its own inside, without what perf itself does not use. */
#pragma weak tep_get_page_size

enum { OPT_CGROUPS, OPT_DEVICES };

struct tep_plugin_option TEP_PLUGIN_OPTIONS[] = {
	{
		.name = "cgroups",
		.plugin_alias = "vswap",
		.description = "file of \"INODE PATH\" lines, or \"live\"",
	},
	{
		.name = "devices",
		.plugin_alias = "vswap",
		.description = "swap devices, TYPE=NAME[,TYPE=NAME...]",
	},
	{ .name = NULL }
};

/* A cgroup by the inode number of its directory. */
struct group {
	uint64_t ino;
	char *path;
};

/* Sorted by number. Read when the first event is printed. */
static struct {
	struct group *v;
	size_t n, room;
	bool loaded;
} groups;

static char *devices[MAX_TYPES];
static bool devices_known;

/* An option given to the program, or the environment's; NULL if there is neither. */
static const char *setting(unsigned int opt, const char *env)
{
	const char *value = TEP_PLUGIN_OPTIONS[opt].value;

	if (!value || !*value)
		value = getenv(env);
	return value && *value ? value : NULL;
}

/*
 * Cgroups
 */

/* Takes over path. Out of memory: one name less. */
static void group_add(uint64_t ino, char *path)
{
	struct group *v = groups.v;

	if (path && groups.n == groups.room) {
		groups.room = groups.room ? groups.room * 2 : 64;
		v = realloc(groups.v, groups.room * sizeof(*v));
		if (!v) {
			groups.room = groups.n;
			free(path);
			return;
		}
		groups.v = v;
	}
	if (!path)
		return;
	v[groups.n].ino = ino;
	v[groups.n++].path = path;
}

static int group_order(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return (x->ino > y->ino) - (x->ino < y->ino);
}

static void groups_from_file(const char *name)
{
	FILE *f = fopen(name, "r");
	char *line = NULL, *end;
	size_t size = 0;
	ssize_t len;
	uint64_t ino;

	if (!f) {
		fprintf(stderr, "plugin_vswap: %s: %s\n", name, strerror(errno));
		return;
	}
	while ((len = getline(&line, &size, f)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		ino = strtoull(line, &end, 10);
		if (end != line && *end == ' ')
			group_add(ino, strdup(end + 1));
	}
	free(line);
	fclose(f);
}

/* All directories below an open one, which is closed. path is its name. */
static void groups_walk(int fd, char *path, size_t len, int depth)
{
	struct dirent *d;
	struct stat st;
	DIR *dir;
	int sub;

	if (fstat(fd, &st) == 0)
		group_add(st.st_ino, strdup(len ? path : "/"));
	dir = depth < MAX_DEPTH ? fdopendir(fd) : NULL;
	if (!dir) {
		close(fd);
		return;
	}
	while ((d = readdir(dir))) {
		size_t n = strlen(d->d_name);

		if (d->d_type != DT_DIR || d->d_name[0] == '.' || len + n + 2 > PATH_MAX)
			continue;
		sub = openat(dirfd(dir), d->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (sub < 0)
			continue;
		path[len] = '/';
		memcpy(path + len + 1, d->d_name, n + 1);
		groups_walk(sub, path, len + 1 + n, depth + 1);
		path[len] = '\0';
	}
	closedir(dir);
}

/* cgroup v2, or the memory controller of v1, where they are always mounted. */
static void groups_live(void)
{
	char path[PATH_MAX] = "";
	int fd;

	if (access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0)
		fd = open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	else
		fd = open("/sys/fs/cgroup/memory", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		groups_walk(fd, path, 0, 0);
}

static void groups_load(void)
{
	const char *from = setting(OPT_CGROUPS, "VSWAP_CGROUPS");

	groups.loaded = true;
	if (!from)
		return;
	if (!strcmp(from, "live"))
		groups_live();
	else
		groups_from_file(from);
	if (groups.n)
		qsort(groups.v, groups.n, sizeof(*groups.v), group_order);
}

/* Blanks would break "name=value", so they become octal, as in /proc/mounts. */
static void put_name(struct trace_seq *s, const char *name)
{
	for (; *name; name++) {
		unsigned char c = *name;

		if (c <= ' ' || c == '\\' || c == 127)
			trace_seq_printf(s, "\\%03o", c);
		else
			trace_seq_putc(s, c);
	}
}

static void put_cgroup(struct trace_seq *s, unsigned long long ino)
{
	struct group key = { .ino = ino }, *g = NULL;

	if (!groups.loaded)
		groups_load();
	if (!ino) {
		trace_seq_puts(s, " cgroup=-");
		return;
	}
	if (groups.n)
		g = bsearch(&key, groups.v, groups.n, sizeof(key), group_order);
	trace_seq_puts(s, " cgroup=");
	if (g)
		put_name(s, g->path);
	else
		trace_seq_printf(s, "%llu", ino);
}

/*
 * Devices
 */

static void devices_load(void)
{
	const char *from = setting(OPT_DEVICES, "VSWAP_DEVICES");
	char *list, *item, *save, *end;
	unsigned long type;

	if (devices_known || !from)
		return;
	devices_known = true;
	list = strdup(from);
	if (!list)
		return;
	for (item = strtok_r(list, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
		type = strtoul(item, &end, 10);
		if (end == item || *end != '=' || type >= MAX_TYPES) {
			fprintf(stderr, "plugin_vswap: no TYPE=NAME: \"%s\"\n", item);
			continue;
		}
		free(devices[type]);
		devices[type] = strdup(end + 1);
	}
	free(list);
}

static void put_device(struct trace_seq *s, unsigned long long type)
{
	devices_load();
	if (type < MAX_TYPES && devices[type])
		put_name(s, devices[type]);
	else
		trace_seq_printf(s, "%llu", type);
}

/*
 * Fields
 */

/* A field's value; false if this kernel's event has none of that name. */
static bool field(struct tep_event *event, struct tep_record *rec, const char *name,
		  unsigned long long *val)
{
	struct tep_format_field *f = tep_find_field(event, name);

	return f && tep_read_number_field(f, rec->data, val) == 0;
}

/* The list of names that the event's format has for a field, or NULL. */
static struct tep_print_flag_sym *symbols(struct tep_event *event, const char *name)
{
	struct tep_print_arg *arg;

	for (arg = event->print_fmt.args; arg; arg = arg->next)
		if (arg->type == TEP_PRINT_SYMBOL && arg->symbol.field &&
		    arg->symbol.field->type == TEP_PRINT_FIELD &&
		    !strcmp(arg->symbol.field->field.name, name))
			return arg->symbol.symbols;
	return NULL;
}

/* The kernel's word for a value; NULL if it has none. */
static const char *word(struct tep_event *event, const char *name, unsigned long long val)
{
	struct tep_print_flag_sym *sym;

	for (sym = symbols(event, name); sym; sym = sym->next)
		if (strtoull(sym->value, NULL, 0) == val)
			return sym->str;
	return NULL;
}

/* " name=value", the value in words where there are words for it. */
static void put_field(struct trace_seq *s, struct tep_event *event, struct tep_record *rec,
		      const char *name)
{
	unsigned long long val;
	const char *w;

	if (!field(event, rec, name, &val))
		return;
	w = word(event, name, val);
	trace_seq_printf(s, " %s=", name);
	if (w)
		trace_seq_puts(s, w);
	else
		trace_seq_printf(s, "%llu", val);
}

/* Is a field there, and does it have this value, by its name? */
static bool is(struct tep_event *event, struct tep_record *rec, const char *name, const char *want)
{
	unsigned long long val;
	const char *w;

	if (!field(event, rec, name, &val))
		return false;
	w = word(event, name, val);
	return w && !strcmp(w, want);
}

/*
 * Events
 */

static void put_bytes(struct trace_seq *s, struct tep_event *event, struct tep_record *rec)
{
	unsigned long long bytes, nr;
	int page = tep_get_page_size ? tep_get_page_size(event->tep) : 0;

	if (!field(event, rec, "bytes", &bytes))
		return;
	trace_seq_printf(s, " bytes=%llu", bytes);
	if (bytes && field(event, rec, "nr", &nr))
		trace_seq_printf(s, " ratio=%.2f",
				 (double)nr * (page > 0 ? page : PAGE_BYTES) / bytes);
}

static void put_phys(struct trace_seq *s, struct tep_event *event, struct tep_record *rec)
{
	unsigned long long type, off;

	if (!field(event, rec, "phys_type", &type) || !field(event, rec, "phys_offset", &off))
		return;
	trace_seq_puts(s, " phys=");
	put_device(s, type);
	trace_seq_printf(s, ":%llu", off);
}

static void put_owner(struct trace_seq *s, struct tep_event *event, struct tep_record *rec)
{
	unsigned long long ino;

	if (field(event, rec, "cgroup", &ino))
		put_cgroup(s, ino);
}

static int transition(struct trace_seq *s, struct tep_record *rec, struct tep_event *event,
		      void *context)
{
	(void)context;
	put_field(s, event, rec, "slot");
	put_field(s, event, rec, "nr");
	put_field(s, event, rec, "from");
	put_field(s, event, rec, "to");
	put_field(s, event, rec, "reason");
	if (is(event, rec, "from", "zswap") || is(event, rec, "to", "zswap"))
		put_bytes(s, event, rec);
	if (is(event, rec, "from", "phys") || is(event, rec, "to", "phys"))
		put_phys(s, event, rec);
	put_owner(s, event, rec);
	return 0;
}

static int swapin(struct trace_seq *s, struct tep_record *rec, struct tep_event *event,
		  void *context)
{
	(void)context;
	put_field(s, event, rec, "slot");
	put_field(s, event, rec, "nr");
	put_field(s, event, rec, "backing");
	put_owner(s, event, rec);
	return 0;
}

static int reject(struct trace_seq *s, struct tep_record *rec, struct tep_event *event,
		  void *context)
{
	(void)context;
	put_field(s, event, rec, "nr");
	put_field(s, event, rec, "reason");
	put_owner(s, event, rec);
	return 0;
}

static int grow(struct trace_seq *s, struct tep_record *rec, struct tep_event *event,
		void *context)
{
	unsigned long long clusters;

	(void)context;
	put_field(s, event, rec, "clusters");
	put_field(s, event, rec, "total");
	if (field(event, rec, "clusters", &clusters) && !clusters)
		trace_seq_puts(s, " failed");
	return 0;
}

static int swapoff_progress(struct trace_seq *s, struct tep_record *rec, struct tep_event *event,
			    void *context)
{
	unsigned long long type, moved, left;

	(void)context;
	if (field(event, rec, "type", &type)) {
		trace_seq_puts(s, " device=");
		put_device(s, type);
	}
	put_field(s, event, rec, "moved");
	put_field(s, event, rec, "poisoned");
	put_field(s, event, rec, "left");
	if (field(event, rec, "moved", &moved) && field(event, rec, "left", &left) && moved + left)
		trace_seq_printf(s, " done=%.1f%%", 100.0 * moved / (moved + left));
	return 0;
}

static const struct {
	const char *name;
	tep_event_handler_func func;
} handlers[] = {
	{ "vswap_transition", transition },
	{ "vswap_swapin", swapin },
	{ "vswap_reject", reject },
	{ "vswap_grow", grow },
	{ "vswap_swapoff", swapoff_progress },
};

#define NR_HANDLERS (sizeof(handlers) / sizeof(handlers[0]))

int TEP_PLUGIN_LOADER(struct tep_handle *tep)
{
	tep_plugin_add_options("vswap", TEP_PLUGIN_OPTIONS);
	for (size_t i = 0; i < NR_HANDLERS; i++)
		tep_register_event_handler(tep, -1, "vswap", handlers[i].name, handlers[i].func,
					   NULL);
	return 0;
}

void TEP_PLUGIN_UNLOADER(struct tep_handle *tep)
{
	for (size_t i = 0; i < NR_HANDLERS; i++)
		tep_unregister_event_handler(tep, -1, "vswap", handlers[i].name, handlers[i].func,
					     NULL);
	tep_plugin_remove_options(TEP_PLUGIN_OPTIONS);
	for (size_t i = 0; i < groups.n; i++)
		free(groups.v[i].path);
	free(groups.v);
	groups.v = NULL;
	groups.n = groups.room = 0;
	groups.loaded = false;
	for (size_t i = 0; i < MAX_TYPES; i++) {
		free(devices[i]);
		devices[i] = NULL;
	}
	devices_known = false;
}
