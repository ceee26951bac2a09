// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cgroup.c - the cgroup tree: ids, paths, and what each one owns
 *
 * The walk is iterative, keeps its place between samples when the budget runs
 * out, and holds one directory open per level.  A cgroup seen in the previous
 * complete sweep but not in this one is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sources.h"
#include "util.h"

#define MAX_DEPTH 48
#define MIN_VISITS 16	/* progress per sample however slow the machine is */
#define MAX_HOT 32	/* active cgroups refreshed outside the sweep */

static struct {
	bool probed;
	bool v2;
	char root[128];
	/* the sweep under way */
	bool running;
	uint32_t gen;
	uint64_t found;
	uint64_t unlisted;
	int depth;
	uint64_t ino[MAX_DEPTH];
	size_t path_len[MAX_DEPTH];
	char path[1024];
	struct dirscan dir[MAX_DEPTH];
} w;

static char text[32768];

static bool has_file(const char *dir, const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = sys_open(path, O_RDONLY);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool try_root(const char *dir, bool v2)
{
	char path[256];

	if (strlen(dir) >= sizeof(w.root))
		return false;
	if (v2) {
		snprintf(path, sizeof(path), "%s/cgroup.controllers", dir);
		if (sys_read(path, text, sizeof(text)) < 0 || !strstr(text, "memory"))
			return false;
	} else if (!has_file(dir, "memory.stat")) {
		return false;
	}
	vt_copy(w.root, dir, sizeof(w.root));
	w.v2 = v2;
	return true;
}

/* Mounts in unusual places are found by their type. */
static bool probe_mounts(void)
{
	static char mounts[32768];
	char *pos = mounts, *line;

	if (sys_read("/proc/mounts", mounts, sizeof(mounts)) <= 0)
		return false;
	while ((line = vt_line(&pos))) {
		char *dir, *type, *opts;

		if (!vt_word(&line))
			continue;
		dir = vt_word(&line);
		type = dir ? vt_word(&line) : NULL;
		opts = type ? vt_word(&line) : NULL;
		if (!opts)
			continue;
		if (!strcmp(type, "cgroup2") && try_root(dir, true))
			return true;
		if (!strcmp(type, "cgroup") && strstr(opts, "memory") && try_root(dir, false))
			return true;
	}
	return false;
}

static void probe(void)
{
	if (w.probed)
		return;
	w.probed = true;
	if (try_root("/sys/fs/cgroup", true) || try_root("/sys/fs/cgroup/memory", false))
		return;
	probe_mounts();
}

const char *cgroups_root(void)
{
	probe();
	return w.root[0] ? w.root : NULL;
}

bool cgroups_v2(void)
{
	probe();
	return w.v2;
}

static uint64_t read_limit(int dirfd, const char *name)
{
	char buf[64];

	/* "max" has no number: no limit, which is not the same as unknown */
	if (sys_read_at(dirfd, name, buf, sizeof(buf)) <= 0)
		return VT_NA;
	return !strncmp(buf, "max", 3) ? VT_NA - 1 : vt_u64(buf);
}

static void read_values(struct cg_row *c, int dirfd)
{
	char *pos = text, *line;

	for (int i = 0; i < NR_CGV; i++)
		c->val[i] = VT_NA;
	if (sys_read_at(dirfd, "memory.stat", text, sizeof(text)) > 0) {
		while ((line = vt_line(&pos))) {
			char *name = vt_word(&line);

			if (!name)
				continue;
			/* in version 1 the plain name is without the cgroups below */
			if (!w.v2 && strncmp(name, "total_", 6))
				continue;
			name += w.v2 ? 0 : 6;
			if (!strcmp(name, "vswap"))
				c->val[CG_VSWAP] = vt_u64(line);
			else if (!strcmp(name, "zswap"))
				c->val[CG_ZSWAP] = vt_u64(line);
			else if (!strcmp(name, "zswapped"))
				c->val[CG_ZSWAPPED] = vt_u64(line);
		}
	}
	if (!w.v2)
		return;
	c->val[CG_SWAP] = read_limit(dirfd, "memory.swap.current");
	c->val[CG_SWAP_MAX] = read_limit(dirfd, "memory.swap.max");
	c->val[CG_ZSWAP_MAX] = read_limit(dirfd, "memory.zswap.max");
}

static void set_path(struct cg_row *c, const char *path)
{
	size_t len = strlen(path);

	/* of a long path the end says more than the start */
	if (len >= CG_PATH_MAX) {
		snprintf(c->path, CG_PATH_MAX, "...%s", path + len - (CG_PATH_MAX - 4));
	} else {
		vt_copy(c->path, *path ? path : "/", CG_PATH_MAX);
	}
	vt_clean(c->path);
	c->named = true;
}

static void set_gone(struct cg_row *c)
{
	c->gone = true;
	for (int k = 0; k < NR_CGV; k++)
		c->val[k] = VT_NA;
}

/* A directory made anew: the one of that name that a sweep found before has gone. */
static void take_path(struct model *md, struct cg_row *c)
{
	/* before the second sweep there is none; a path that is cut may be of two */
	if (w.gen < 2 || c->path[0] != '/')
		return;
	for (unsigned int i = 0; i < md->ncg; i++) {
		struct cg_row *other = &md->cg[i];

		if (other != c && !other->gone && other->named && !strcmp(other->path, c->path))
			set_gone(other);
	}
}

static void visit(struct model *md, int fd)
{
	char before[CG_PATH_MAX] = "";
	struct cg_row *c;
	struct stat st;

	if (fstat(fd, &st))
		return;
	w.found++;
	w.ino[w.depth - 1] = st.st_ino;
	c = model_cgroup(md, st.st_ino);
	if (!c) {
		w.unlisted++;
		return;
	}
	if (c->named && !c->gone)
		vt_copy(before, c->path, sizeof(before));
	set_path(c, w.path);
	if (strcmp(before, c->path))
		take_path(md, c);
	c->parent = w.depth > 1 ? w.ino[w.depth - 2] : 0;
	c->mark = w.gen;
	c->gone = false;
	read_values(c, fd);
}

static bool push(struct model *md, int parent, const char *name)
{
	size_t len = strlen(w.path);
	int fd;

	if (w.depth == MAX_DEPTH || len + strlen(name) + 2 > sizeof(w.path))
		return false;
	if (parent < 0)
		fd = sys_open(w.root, O_RDONLY | O_DIRECTORY);
	else
		fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	w.path_len[w.depth] = len;
	if (parent >= 0) {
		w.path[len] = '/';
		strcpy(w.path + len + 1, name);
	}
	w.dir[w.depth].fd = fd;
	w.dir[w.depth].len = w.dir[w.depth].pos = 0;
	w.depth++;
	visit(md, fd);
	return true;
}

static void pop(void)
{
	w.depth--;
	close(w.dir[w.depth].fd);
	w.path[w.path_len[w.depth]] = '\0';
}

static void abandon(void)
{
	while (w.depth > 0)
		pop();
	w.running = false;
}

static void sweep_done(struct model *md)
{
	for (unsigned int i = 0; i < md->ncg; i++) {
		struct cg_row *c = &md->cg[i];

		if (c->mark == w.gen || c->gone)
			continue;
		set_gone(c);
	}
	md->cg_live = w.found;
	md->cg_unlisted = w.unlisted;
	w.running = false;
}

/* One step of the walk; false when the sweep is complete. */
static bool step(struct model *md)
{
	struct dirscan *d = &w.dir[w.depth - 1];
	const char *name;
	unsigned char type;
	uint64_t ino;

	name = dirscan_next(d, &type, &ino);
	if (!name) {
		pop();
		return w.depth > 0;
	}
	if (type != 4 /* DT_DIR */ || name[0] == '.')
		return true;
	push(md, d->fd, name);
	return true;
}

/*
 * Cgroups that events came from since the last sample are refreshed at once:
 * their numbers are what the user is looking at.
 */
static void refresh_hot(struct model *md)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < md->ncg && n < MAX_HOT; i++) {
		struct cg_row *c = &md->cg[i];
		bool hot = false;
		char full[sizeof(w.root) + CG_PATH_MAX];
		int fd;

		for (int k = 0; k < NR_EV && !hot; k++)
			hot = c->ev[k].cur != c->ev[k].prev;
		if (!hot || !c->named || c->gone || c->path[0] != '/')
			continue;
		n++;
		snprintf(full, sizeof(full), "%s%s", w.root, c->path);
		fd = sys_open(full, O_RDONLY | O_DIRECTORY);
		if (fd < 0)
			continue;
		read_values(c, fd);
		close(fd);
	}
}

void cgroups_scan(struct model *md, uint64_t budget_ns)
{
	uint64_t end = now_ns(CLOCK_MONOTONIC) + budget_ns;
	uint64_t visits = 0, before;

	if (!cgroups_root())
		return;
	md->cgroup_version = w.v2 ? 2 : 1;
	if (budget_ns)
		refresh_hot(md);
	else
		/* a sweep under way has passed cgroups that may have changed since */
		abandon();
	if (!w.running) {
		w.gen++;
		w.found = w.unlisted = 0;
		w.running = true;
		w.path[0] = '\0';
		push(md, -1, "");
	}
	while (w.depth > 0) {
		before = w.found;
		if (!step(md))
			break;
		visits += w.found - before;
		if (budget_ns && visits >= MIN_VISITS && now_ns(CLOCK_MONOTONIC) > end)
			return;
	}
	sweep_done(md);
}
