// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * live.c - unit tests of what reads the live system, with a directory for it
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "columns.h"
#include "sources.h"
#include "tests/unit.h"
#include "util.h"

static char root[512];

/* A file of the tree, with what leads to it. */
static void put_file(const char *name, const char *text)
{
	char path[1024];
	int fd;

	snprintf(path, sizeof(path), "%s%s", root, name);
	for (char *p = path + strlen(root) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (mkdir(path, 0700) && errno != EEXIST)
			abort();
		*p = '/';
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
}

static void swaps(const char *list)
{
	char text[512];

	snprintf(text, sizeof(text), "Filename Type Size Used Priority\n%s", list);
	put_file("/proc/swaps", text);
}

#define DEV(NAME) "/dev/" NAME " partition 1024 512 -2\n"

/* A sample in which events wrote @nr pages to the device of a type. */
static void written(struct model *md, unsigned int type, unsigned int nr)
{
	model_begin(md, md->t_real + 1, md->t_mono + 1000000000);
	md->ev.type_out[type].acc += nr;
	md->ev.total[EV_OUT_PHYS].acc += nr;
	model_commit(md);
	devices_read(md);
	model_end(md);
}

static bool dev_is(struct model *md, const char *name, uint64_t type, uint64_t out)
{
	const struct dev_row *d = model_device(md, name);

	return d->type == type && d->out.cur == out;
}

static void test_devices(struct model *md)
{
	/* vda was swapped off before the start: the others have the types 2 and 3 */
	model_init(md);
	md->ev.active = true;
	swaps(DEV("vdb") DEV("vdc"));
	written(md, 2, 0);
	check(dev_is(md, "/dev/vdb", VT_NA, 0) && dev_is(md, "/dev/vdc", VT_NA, 0),
	      "devices: nothing written yet, no type known");
	written(md, 2, 101);
	check(dev_is(md, "/dev/vdb", VT_NA, VT_NA) && dev_is(md, "/dev/vdc", VT_NA, VT_NA),
	      "devices: a type that may be the first's or the second's is neither's");
	written(md, 3, 53);
	check(dev_is(md, "/dev/vdb", VT_NA, VT_NA) && dev_is(md, "/dev/vdc", VT_NA, VT_NA),
	      "devices: a type that cannot be says that there is a hole");

	model_init(md);
	md->ev.active = true;
	written(md, 1, 101);
	written(md, 2, 53);
	check(dev_is(md, "/dev/vdb", 1, 101) && dev_is(md, "/dev/vdc", 2, 53),
	      "devices: once each has been written to, the order tells");
	written(md, 2, 7);
	check(model_rate(md, &model_device(md, "/dev/vdc")->out) == 7.0, "devices: and the rate");
	/* they change places: what was written is on record by type */
	swaps("");
	written(md, 1, 0);
	swaps(DEV("vdc") DEV("vdb"));
	written(md, 1, 11);
	check(dev_is(md, "/dev/vdb", VT_NA, VT_NA) && dev_is(md, "/dev/vdc", VT_NA, VT_NA),
	      "devices: those that come back are not taken for those that left");

	model_init(md);
	md->ev.active = true;
	swaps(DEV("vdb"));
	md->ev.total[EV_IN_PHYS].acc = 17;
	written(md, 2, 101);
	check(dev_is(md, "/dev/vdb", 2, 101) && model_device(md, "/dev/vdb")->in.cur == 17,
	      "devices: a single one has the type that is named");
}

/* cgroups c0 to c39 of a tree, each of which owns something */
static void make_cgroups(void)
{
	char name[64];

	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "/sys/fs/cgroup/c%d/memory.stat", i);
		put_file(name, "vswap 4096\n");
	}
}

static unsigned int rows_twice(const struct model *md)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < md->ncg; i++)
		for (unsigned int k = i + 1; k < md->ncg; k++)
			n += !md->cg[i].gone && !md->cg[k].gone &&
			     !strcmp(md->cg[i].path, md->cg[k].path);
	return n;
}

/* Directories that are made anew while a sweep is under way. */
static void test_new_cgroups(struct model *md)
{
	char from[600], to[600];
	unsigned int rows;

	model_init(md);
	put_file("/sys/fs/cgroup/cgroup.controllers", "memory\n");
	make_cgroups();
	cgroups_scan(md, 0);
	check_eq(md->ncg, 41, "cgroups: all are found");
	for (int i = 0; i < 40; i++) {
		snprintf(from, sizeof(from), "%s/sys/fs/cgroup/c%d", root, i);
		snprintf(to, sizeof(to), "%s/old%d", root, i);
		if (rename(from, to))
			abort();
	}
	make_cgroups();
	cgroups_scan(md, 1);
	rows = md->ncg;
	check(rows > 41 && rows < 81, "cgroups: some that were made anew are found");
	check_eq(rows_twice(md), 0, "cgroups: none of them is there twice");
	cgroups_scan(md, 0);
	check(md->ncg == 81 && !rows_twice(md), "cgroups: nor at the end of the sweep");
}

/* A path that is longer than a row has room for: its parents tell what it is below. */
static void test_long_cgroup(struct model *md)
{
	char path[600], name[121];
	unsigned int top;

	model_init(md);
	memset(name, 'x', 120);
	name[120] = '\0';
	snprintf(path, sizeof(path), "/sys/fs/cgroup/pods/%s/%s/%s/memory.stat", name, name, name);
	put_file(path, "vswap 4096\n");
	cgroups_scan(md, 0);
	check_eq(model_select(md, "/pods"), 4, "cgroups: a path that is cut is below its parents");
	snprintf(path, sizeof(path), "/pods/%s/", name);
	top = model_select(md, path);
	check_eq(top, 3, "cgroups: and below each of them");
	check_eq(model_select(md, "/c1"), 1, "cgroups: but below no other");
	check_eq(model_select(md, "/"), md->ncg, "cgroups: all are below the root");
}

/* A thread that has exited when its events are read belongs to its process. */
static void test_exited_thread(struct model *md)
{
	struct task_row *t;

	model_init(md);
	put_file("/proc/900/status", "Name:\tserver\nTgid:\t900\nVmSwap:\t 8 kB\n");
	procs_note_thread(901, 900);
	procs_scan(md, 0);
	t = procs_of_thread(md, 901);
	check(t && t->pid == 900 && !strcmp(t->comm, "server"),
	      "processes: a thread that has exited, of a process that swaps");
	model_init(md);
	put_file("/proc/900/status", "Name:\tserver\nTgid:\t900\nVmSwap:\t 0 kB\n");
	procs_scan(md, 0);
	t = procs_of_thread(md, 901);
	check(t && t->pid == 900 && !strcmp(t->comm, "server"),
	      "processes: and of one that had no row");
	t = procs_of_thread(md, 902);
	check(t && t->pid == 902, "processes: one that nobody knows has a row of its own");
}

void test_live(const char *tmp)
{
	static struct model md;

	snprintf(root, sizeof(root), "%s/live.XXXXXX", tmp);
	if (!mkdtemp(root) || sysroot_open(root))
		abort();
	test_devices(&md);
	test_new_cgroups(&md);
	test_long_cgroup(&md);
	test_exited_thread(&md);
}
