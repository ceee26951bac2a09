// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Control groups of the tests. All of them stand under one directory, so that the
 * runner can kill and remove whatever a failed test left. On a v1 hierarchy the file
 * names of v1 are for the test to use; making, entering and removing are the same.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "harness.h"

const char *cg_root(void)
{
	static const char *const v1[] = {
		"/sys/fs/cgroup/memory", "/sys/fs/cgroup/v1/memory", "/sys/fs/cgroup.v1/memory",
		"/sys/fs/cgroup-v1/memory", "/cgroup/memory",
	};
	char path[100];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(v1); i++) {
		snprintf(path, sizeof(path), "%s/memory.limit_in_bytes", v1[i]);
		if (vst_exists(path))
			return v1[i];
		snprintf(path, sizeof(path), "%s/memory.use_hierarchy", v1[i]);
		if (vst_exists(path))
			return v1[i];
	}
	return CGROUP2;
}

static void make_dir(const char *path)
{
	if (mkdir(path, 0755) && errno != EEXIST)
		FAIL("mkdir %s: %s", path, strerror(errno));
}

static void enable_memory(const char *dir)
{
	char path[200];

	if (vst_cgroup_v1)
		return;
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", dir);
	vst_set(path, "+memory");
}

void cg_make(struct cg *g, const char *name)
{
	char top[120];

	snprintf(top, sizeof(top), "%s/" CG_TOP, cg_root());
	enable_memory(cg_root());
	make_dir(top);
	enable_memory(top);
	snprintf(g->path, sizeof(g->path), "%s/%s", top, name);
	make_dir(g->path);
}

void cg_make_in(struct cg *g, const struct cg *parent, const char *name)
{
	int n;

	enable_memory(parent->path);
	n = snprintf(g->path, sizeof(g->path), "%s/%s", parent->path, name);
	if (n >= (int)sizeof(g->path))
		FAIL("cgroup path too long");
	make_dir(g->path);
}

void cg_enter(const struct cg *g)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/cgroup.procs", g->path);
	vst_set(path, "%d", getpid());
}

void cg_leave(void)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/cgroup.procs", cg_root());
	vst_set(path, "%d", getpid());
}

void cg_set(const struct cg *g, const char *file, const char *fmt, ...)
{
	char path[240], val[128];
	va_list ap;
	int err;

	va_start(ap, fmt);
	vsnprintf(val, sizeof(val), fmt, ap);
	va_end(ap);
	snprintf(path, sizeof(path), "%s/%s", g->path, file);
	err = vst_write(path, val);
	if (err)
		FAIL("write \"%s\" to %s: %s", val, path, strerror(-err));
}

int cg_try_set(const struct cg *g, const char *file, const char *val)
{
	char path[240];

	snprintf(path, sizeof(path), "%s/%s", g->path, file);
	return vst_write(path, val);
}

uint64_t cg_read(const struct cg *g, const char *file)
{
	char path[240];

	snprintf(path, sizeof(path), "%s/%s", g->path, file);
	return vst_read_u64(path);
}

uint64_t cg_key(const struct cg *g, const char *file, const char *key)
{
	char path[240];
	uint64_t val;

	snprintf(path, sizeof(path), "%s/%s", g->path, file);
	if (!vst_key(path, key, &val))
		FAIL("%s: no \"%s\"", path, key);
	return val;
}

int cg_reclaim(const struct cg *g, size_t bytes)
{
	char val[64];

	snprintf(val, sizeof(val), "%zu swappiness=max", bytes);
	return cg_try_set(g, "memory.reclaim", val);
}

void cg_drop_cache(const struct cg *g)
{
	uint64_t left, last = ~0ULL;
	int vain = 0;

	while ((left = cg_key(g, "memory.stat", "swapcached"))) {
		/* slow is all right, on a busy host; many attempts in vain are not */
		vain = left == last ? vain + 1 : 0;
		if (vain > 1000)
			FAIL("swap cache of %s: %llu bytes stay", g->path,
			     (unsigned long long)left);
		last = left;
		/* empties the per-CPU batches of the LRU, whose references hold folios */
		if (vain % 10 == 0)
			vst_write("/proc/sys/vm/drop_caches", "1");
		/* in steps, so that nothing else goes out */
		cg_reclaim(g, left / 4 > 64 * PG ? left / 4 : 64 * PG);
		vst_msleep(vain ? 10 : 1);
	}
}

void cg_forget_failures(const struct cg *g)
{
	int i;

	/* they are young at first, and there is nothing that counts them */
	for (i = 0; i < 20; i++)
		cg_reclaim(g, 1 << 20);
}

uint64_t cg_ino(const struct cg *g)
{
	struct stat st;

	MUST(stat(g->path, &st));
	return st.st_ino;
}

/* Kill what is in the cgroup at @path. */
static void kill_members(const char *path)
{
	char file[400], buf[4096], *line, *save = NULL;

	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	if (vst_read(file, buf, sizeof(buf)) <= 0)
		return;
	for (line = strtok_r(buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (atoi(line) > 1)
			kill(atoi(line), SIGKILL);
}

static void remove_tree(const char *path, int depth)
{
	char sub[400];
	struct dirent *d;
	DIR *dir;
	int try;

	dir = opendir(path);
	if (!dir)
		return;
	while (depth < 8 && (d = readdir(dir))) {
		if (d->d_type != DT_DIR || d->d_name[0] == '.')
			continue;
		snprintf(sub, sizeof(sub), "%s/%s", path, d->d_name);
		remove_tree(sub, depth + 1);
	}
	closedir(dir);
	for (try = 0; try < 400 && rmdir(path) && errno == EBUSY; try++) {
		kill_members(path);
		vst_msleep(5);
	}
}

void cg_remove(const struct cg *g)
{
	int try;

	for (try = 0; try < 400; try++) {
		if (!rmdir(g->path))
			return;
		if (errno != EBUSY)
			break;
		vst_msleep(5);
	}
	FAIL("rmdir %s: %s", g->path, strerror(errno));
}

void cg_cleanup(void)
{
	char top[120];

	snprintf(top, sizeof(top), "%s/" CG_TOP, cg_root());
	remove_tree(top, 0);
}
