// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * proc.c - processes: how much of each is in swap, and whose thread did it
 *
 * Only processes with memory in swap or with events get a row.  The kernel
 * prints /proc/PID/status without taking the process's memory lock, so reading
 * it can neither wait for reclaim nor hold it up.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sources.h"
#include "util.h"

#define MIN_VISITS 64
#define MAX_HOT 64
#define TID_CACHE 1024

static char text[8192];

static struct {
	bool running;
	uint32_t gen;
	uint64_t found;
	uint64_t unlisted;
	struct dirscan dir;
} w;

/* thread id -> process id, direct mapped; threads come in bursts */
static struct {
	int tid;
	int tgid;
	bool stale;	/* ask /proc again; the old answer holds if it has exited */
} tid_cache[TID_CACHE];

/* the thread of the last event and its row; events come in runs of one thread */
static struct {
	int tid;
	struct task_row *row;
} last;

/** struct status - what is wanted of /proc/PID/status */
struct status {
	char comm[16];
	int tgid;
	uint64_t vmswap;
	bool kthread;
};

static bool read_status(int pid, struct status *st)
{
	char path[64];
	char *pos = text, *line;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (sys_read(path, text, sizeof(text)) <= 0)
		return false;
	memset(st, 0, sizeof(*st));
	st->vmswap = VT_NA;
	st->tgid = pid;
	while ((line = vt_line(&pos))) {
		if (!strncmp(line, "Name:\t", 6)) {
			vt_copy(st->comm, line + 6, sizeof(st->comm));
			vt_clean(st->comm);
		} else if (!strncmp(line, "Tgid:\t", 6)) {
			st->tgid = atoi(line + 6);
		} else if (!strncmp(line, "Kthread:\t1", 10)) {
			st->kthread = true;
		} else if (!strncmp(line, "VmSwap:\t", 8)) {
			uint64_t kb = vt_u64(line + 8);

			st->vmswap = kb == VT_NA ? VT_NA : kb * 1024;
			break;
		}
	}
	return true;
}

/* the memory cgroup: "0::/path" in v2, "4:memory:/path" in v1 */
static void read_cgroup(struct task_row *t)
{
	char path[64];
	char *pos = text, *line;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", t->pid);
	if (sys_read(path, text, sizeof(text)) <= 0)
		return;
	while ((line = vt_line(&pos))) {
		char *c1 = strchr(line, ':'), *c2 = c1 ? strchr(c1 + 1, ':') : NULL;

		if (!c2)
			continue;
		*c2 = '\0';
		if (cgroups_v2() ? c1[1] != '\0' : !strstr(c1 + 1, "memory"))
			continue;
		vt_copy(t->cgroup, c2 + 1, sizeof(t->cgroup));
		vt_clean(t->cgroup);
		return;
	}
}

static void fill(struct task_row *t, const struct status *st)
{
	vt_copy(t->comm, st->comm, sizeof(t->comm));
	t->vmswap = st->vmswap;
	t->kthread = st->kthread;
}

static void update(struct model *md, int pid)
{
	struct task_row *t = model_task_find(md, pid);
	struct status st;

	if (!read_status(pid, &st)) {
		if (t)
			model_task_gone(t);
		return;
	}
	w.found++;
	if (t && t->gone) {
		model_task_unlink(md, t);
		t = NULL;
	}
	if (!t && (st.vmswap == VT_NA || !st.vmswap))
		return;
	if (!t)
		t = model_task(md, pid);
	if (!t) {
		w.unlisted++;
		return;
	}
	fill(t, &st);
	read_cgroup(t);
	t->seq = w.gen;
}

/* A process with a row that a complete sweep did not find has exited. */
static void sweep_done(struct model *md)
{
	for (unsigned int i = 0; i < md->ntask; i++) {
		struct task_row *t = &md->task[i];
		struct status st;

		if (t->gone || t->seq == w.gen)
			continue;
		/* it may have come after the sweep had passed its number */
		if (!read_status(t->pid, &st) || st.tgid != t->pid)
			model_task_gone(t);
	}
	md->task_live = w.found;
	md->task_unlisted = w.unlisted;
	close(w.dir.fd);
	w.running = false;
}

static void refresh_hot(struct model *md)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < md->ntask && n < MAX_HOT; i++) {
		struct task_row *t = &md->task[i];
		struct status st;
		bool hot = false;

		for (int k = 0; k < NR_EV && !hot; k++)
			hot = t->ev[k].cur != t->ev[k].prev;
		if (!hot || t->gone)
			continue;
		n++;
		if (read_status(t->pid, &st))
			fill(t, &st);
		else
			model_task_gone(t);
	}
}

void procs_scan(struct model *md, uint64_t budget_ns)
{
	uint64_t end = now_ns(CLOCK_MONOTONIC) + budget_ns;
	const char *name;
	unsigned char type;
	uint64_t ino, visits = 0;

	for (int i = 0; i < TID_CACHE; i++)
		tid_cache[i].stale = true;
	/* the scan may give its row to another process */
	last.row = NULL;
	if (budget_ns) {
		refresh_hot(md);
	} else if (w.running) {
		/* what a sweep under way has passed may have changed since */
		close(w.dir.fd);
		w.running = false;
	}
	if (!w.running) {
		w.dir.fd = sys_open("/proc", O_RDONLY | O_DIRECTORY);
		if (w.dir.fd < 0)
			return;
		w.dir.len = w.dir.pos = 0;
		w.gen++;
		w.found = w.unlisted = 0;
		w.running = true;
	}
	while ((name = dirscan_next(&w.dir, &type, &ino))) {
		if (name[0] < '1' || name[0] > '9')
			continue;
		update(md, atoi(name));
		if (budget_ns && ++visits >= MIN_VISITS && now_ns(CLOCK_MONOTONIC) > end)
			return;
	}
	sweep_done(md);
}

/*
 * The name of a task that has exited, as the tracer remembers it.  The file is
 * of bounded size and only read for tasks that /proc does not know any more.
 */
static void saved_comm(struct task_row *t)
{
	static char cmdlines[16384];
	char *pos = cmdlines, *line;

	vt_copy(t->comm, "<exited>", sizeof(t->comm));
	if (sys_read("/sys/kernel/tracing/saved_cmdlines", cmdlines, sizeof(cmdlines)) <= 0)
		return;
	while ((line = vt_line(&pos))) {
		char *pid = vt_word(&line);

		if (pid && atoi(pid) == t->pid && *line) {
			vt_copy(t->comm, line, sizeof(t->comm));
			vt_clean(t->comm);
			return;
		}
	}
}

/* The row of a thread that the cache does not know, or not for sure. */
static struct task_row *look_up(struct model *md, int tid)
{
	unsigned int slot = (unsigned int)tid % TID_CACHE;
	struct task_row *t, *known;
	struct status st;
	bool alive;

	known = tid && tid_cache[slot].tid == tid ? model_task_find(md, tid_cache[slot].tgid) : NULL;
	if (known && !tid_cache[slot].stale)
		return known;
	/* pid 0 is the idle task: an interrupt, no process */
	alive = tid > 0 && read_status(tid, &st);
	if (!alive && known)
		return known;
	t = alive ? model_task_find(md, st.tgid) : NULL;
	if (t && t->gone)
		model_task_unlink(md, t);
	/* a thread that has exited may be known although its process has no row yet */
	if (!alive && tid > 0 && tid_cache[slot].tid == tid)
		t = model_task(md, tid_cache[slot].tgid);
	else
		t = model_task(md, alive ? st.tgid : tid);
	if (!t)
		return NULL;
	tid_cache[slot].tid = tid;
	tid_cache[slot].tgid = t->pid;
	tid_cache[slot].stale = false;
	if (alive) {
		fill(t, &st);
		if (st.tgid != tid && read_status(st.tgid, &st))
			fill(t, &st);
		if (!t->cgroup[0])
			read_cgroup(t);
	} else if (!t->comm[0]) {
		/* only a thread of the process may have exited */
		if (tid && read_status(t->pid, &st) && st.tgid == t->pid)
			fill(t, &st);
		else if (tid)
			saved_comm(t);
		else
			vt_copy(t->comm, "<idle>", sizeof(t->comm));
	}
	t->seq = w.gen;
	return t;
}

void procs_note_thread(int tid, int pid)
{
	unsigned int slot = (unsigned int)tid % TID_CACHE;

	if (tid_cache[slot].tid == tid && tid_cache[slot].tgid == pid)
		return;
	tid_cache[slot].tid = tid;
	tid_cache[slot].tgid = pid;
	tid_cache[slot].stale = true;
}

struct task_row *procs_of_thread(struct model *md, int tid)
{
	if (!last.row || last.tid != tid) {
		last.row = look_up(md, tid);
		last.tid = tid;
	}
	return last.row;
}
