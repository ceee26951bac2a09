// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * trace.c - the live trace instance: made, filtered, drained, removed
 *
 * The instance is called vswaptop-PID.  Its files are opened once; draining and
 * loss accounting are plain read() and pread() into static buffers.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tracefs.h>

#include "sources.h"
#include "trace.h"
#include "util.h"

#define MAX_CPUS 1024
#define MAX_SUBBUF 65536
#define FILTER_LEN 3800
#define FILTER_IDS 64
#define BEGIN_TRIES 16

static struct {
	struct tracefs_instance *inst;
	char dir[512];
	struct ev_set es;
	size_t subbuf;
	unsigned int ncpu;
	int raw[MAX_CPUS];
	int stats[MAX_CPUS];
	char filter[2 * FILTER_LEN + 4];	/* what the kernel has now */
	unsigned long bad_pages;
} t = { .ncpu = 0 };

static unsigned char page[MAX_SUBBUF + EV_SPARE];
static char text[16384];

/* A process of this name with this pid exists. */
static bool is_vswaptop(int pid)
{
	char path[64], comm[64];
	FILE *f;
	bool yes = false;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fgets(comm, sizeof(comm), f))
		yes = !strncmp(comm, "vswaptop", 8);
	fclose(f);
	return yes;
}

/*
 * The pid in the name may belong to another process by now, to this one, or to a
 * vswaptop in another pid namespace.  The kernel refuses to remove an instance
 * that somebody has open, so a live one is safe either way.
 */
void trace_clean_stale(void)
{
	const char *base = NULL;
	char path[512];
	struct dirscan d = { .fd = -1 };
	const char *name;
	unsigned char type;
	uint64_t ino;

	if (!tracefs_tracing_dir_is_mounted(false, &base) || !base)
		return;
	snprintf(path, sizeof(path), "%s/instances", base);
	d.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d.fd < 0)
		return;
	while ((name = dirscan_next(&d, &type, &ino))) {
		int pid;

		if (strncmp(name, "vswaptop-", 9))
			continue;
		pid = atoi(name + 9);
		if (pid > 0 && (pid == getpid() || !is_vswaptop(pid)))
			unlinkat(d.fd, name, AT_REMOVEDIR);
	}
	close(d.fd);
}

static int load_formats(const char *base)
{
	char path[512];

	ev_set_init(&t.es);
	for (int k = 0; k < NR_EK; k++) {
		int fd;
		ssize_t n;

		snprintf(path, sizeof(path), "%s/events/vswap/%s/format", base, ev_kind_name[k]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
		if (n > 0)
			ev_set_add(&t.es, ev_kind_name[k], text, (size_t)n);
	}
	return ev_set_complete(&t.es) ? 0 : -ENOENT;
}

/* "field: char data;\toffset:16;\tsize:4080" gives the sub-buffer size */
static void load_page_size(const char *base)
{
	char path[512], *p;
	unsigned int off, size;
	int fd;
	ssize_t n;

	t.subbuf = (size_t)sysconf(_SC_PAGESIZE);
	snprintf(path, sizeof(path), "%s/events/header_page", base);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return;
	text[n] = '\0';
	p = strstr(text, " data;");
	if (p && sscanf(p, " data;\toffset:%u;\tsize:%u;", &off, &size) == 2 &&
	    off + size <= MAX_SUBBUF && size)
		t.subbuf = off + size;
}

static int open_at(const char *fmt, int cpu, int flags)
{
	char path[640];
	int n = snprintf(path, sizeof(path), "%s/", t.dir);

	snprintf(path + n, sizeof(path) - (size_t)n, fmt, cpu);
	return open(path, flags | O_CLOEXEC);
}

static int write_file(const char *name, const char *value)
{
	char path[640];
	int fd, err = 0;

	snprintf(path, sizeof(path), "%s/%s", t.dir, name);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static int open_cpus(void)
{
	long max = sysconf(_SC_NPROCESSORS_CONF);

	for (int cpu = 0; cpu < max; cpu++) {
		int raw = open_at("per_cpu/cpu%d/trace_pipe_raw", cpu, O_RDONLY | O_NONBLOCK);

		if (raw < 0 && errno == ENOENT)
			continue;
		/* events of some CPUs only would be a loss that nobody counts */
		if (raw < 0)
			return -errno;
		if (t.ncpu == MAX_CPUS) {
			close(raw);
			return -E2BIG;
		}
		t.raw[t.ncpu] = raw;
		t.stats[t.ncpu] = open_at("per_cpu/cpu%d/stats", cpu, O_RDONLY);
		t.ncpu++;
	}
	return t.ncpu ? 0 : -EACCES;
}

/*
 * An instance of this name that is still there is somebody's with the same pid in
 * another pid namespace: what it has traced and its filters are not ours.
 */
static int make_instance(void)
{
	char name[64], *dir;

	for (int i = 0; i < 16 && !t.inst; i++) {
		snprintf(name, sizeof(name), i ? "vswaptop-%d.%d" : "vswaptop-%d", (int)getpid(), i);
		errno = 0;
		t.inst = tracefs_instance_create(name);
		if (!t.inst)
			return errno ? -errno : -EACCES;
		if (!tracefs_instance_is_new(t.inst)) {
			tracefs_instance_free(t.inst);
			t.inst = NULL;
		}
	}
	if (!t.inst)
		return -EBUSY;
	dir = tracefs_instance_get_dir(t.inst);
	vt_copy(t.dir, dir ? dir : "", sizeof(t.dir));
	tracefs_put_tracing_file(dir);
	return 0;
}

/* All is prepared while the buffer is off, see begin(). */
static int set_buffer(unsigned int buffer_kb)
{
	errno = 0;
	if (tracefs_instance_set_buffer_size(t.inst, buffer_kb, -1))
		return errno ? -errno : -ENOMEM;
	/* a full buffer drops what is new: cheaper for the writer than overwriting */
	write_file("options/overwrite", "0");
	/* wake up when it is two thirds full; less often is cheaper */
	write_file("buffer_percent", "66");
	return write_file("tracing_on", "0");
}

/* The counters as they are; false when they are no longer what was taken before. */
static bool take_base(struct model *md)
{
	bool same = true;

	matrix_read(md);
	for (int f = 0; f < MAX_STATES; f++) {
		for (int to = 0; to < MAX_STATES; to++) {
			same &= md->ev.base[f][to] == md->mx[f][to].cur;
			md->ev.base[f][to] = md->mx[f][to].cur;
		}
	}
	return same;
}

/*
 * What the counters say now is what events can be compared with later.  All is
 * prepared while the buffer is off, so that next to nothing happens between the
 * two; should something happen all the same, it is tried again.
 */
static int begin(struct model *md)
{
	int err = -EAGAIN;

	for (int i = 0; i < BEGIN_TRIES; i++) {
		take_base(md);
		md->ev.based = md->mx_valid;
		err = write_file("tracing_on", "1");
		if (err || take_base(md) || i + 1 == BEGIN_TRIES)
			break;
		write_file("tracing_on", "0");
		/* opened to be written anew, it forgets what was traced */
		write_file("trace", "");
	}
	return err;
}

static int enable(void)
{
	int done = 0;

	for (int k = 0; k < NR_EK; k++) {
		if (!t.es.fmt[k].present)
			continue;
		if (!tracefs_event_enable(t.inst, "vswap", ev_kind_name[k]))
			done++;
	}
	return done ? 0 : -EACCES;
}

int trace_start(struct model *md, unsigned int buffer_kb, char *why, size_t why_size)
{
	const char *base = NULL;
	int err;

	/* look for a mount, never make one */
	if (!tracefs_tracing_dir_is_mounted(false, &base) || !base) {
		snprintf(why, why_size, "tracefs is not mounted");
		return -ENOENT;
	}
	tracefs_set_tracing_dir((char *)(uintptr_t)base);
	err = load_formats(base);
	if (err) {
		bool denied = access(base, R_OK | X_OK) != 0;

		snprintf(why, why_size, denied ? "no right to read tracefs" :
			 "the kernel has no vswap events");
		return denied ? -EACCES : err;
	}
	load_page_size(base);
	err = make_instance();
	if (err) {
		snprintf(why, why_size, "no trace instance: %s", strerror(-err));
		return err;
	}
	err = set_buffer(buffer_kb);
	if (err) {
		snprintf(why, why_size, "trace buffer of %u KiB per CPU: %s", buffer_kb,
			 strerror(-err));
		trace_stop();
		return err;
	}
	err = open_cpus();
	if (!err)
		err = enable();
	if (!err)
		err = begin(md);
	if (err) {
		snprintf(why, why_size, "trace instance: %s", strerror(-err));
		trace_stop();
		return err;
	}
	ev_setup(md, &t.es);
	md->ev.active = true;
	return 0;
}

bool trace_active(void)
{
	return t.inst != NULL;
}

void trace_poll_add(int epfd)
{
	for (unsigned int i = 0; i < t.ncpu; i++) {
		struct epoll_event e = { .events = EPOLLIN, .data.u32 = 1 };

		epoll_ctl(epfd, EPOLL_CTL_ADD, t.raw[i], &e);
	}
}

static void count_page(struct model *md, size_t len, const struct ev_filter *flt)
{
	const unsigned char *data;
	struct rb_page p;
	uint64_t ts;
	size_t k;
	int r;

	if (rb_page_open(&p, page, len, t.es.long_size)) {
		t.bad_pages++;
		return;
	}
	while ((r = rb_page_next(&p, &data, &k, &ts)) > 0)
		ev_apply(md, &t.es, data, k, procs_of_thread, flt);
	if (r < 0)
		t.bad_pages++;
}

void trace_drain(struct model *md, const struct ev_filter *flt)
{
	for (unsigned int i = 0; i < t.ncpu; i++) {
		/* a writer faster than this loop must not hold it for ever */
		for (int pages = 0; pages < 4096; pages++) {
			ssize_t r = read(t.raw[i], page, t.subbuf);

			if (r <= 0)
				break;
			count_page(md, (size_t)r, flt);
		}
	}
}

void trace_read_losses(struct model *md)
{
	uint64_t sum = 0;
	/* what could not be decoded is lost too, and nobody counted it */
	bool known = t.ncpu > 0 && !t.bad_pages;

	for (unsigned int i = 0; i < t.ncpu; i++) {
		ssize_t n = t.stats[i] < 0 ? -1 : pread(t.stats[i], text, 1024, 0);

		if (n <= 0) {
			known = false;
			continue;
		}
		text[n] = '\0';
		sum += rb_losses(text);
	}
	md->ev.lost_known = known;
	md->ev.lost.cur = sum;
}

struct text {
	char *buf;
	size_t n, room;
	unsigned int terms;
	bool over;
};

static void term(struct text *x, const char *field, uint64_t v)
{
	if (x->terms == FILTER_IDS || x->n + 48 > x->room) {
		x->over = true;
		return;
	}
	x->n += (size_t)snprintf(x->buf + x->n, x->room - x->n, "%s%s==%llu",
				 x->terms ? "||" : "", field, (unsigned long long)v);
	x->terms++;
}

static void cg_terms(const struct model *md, struct text *x)
{
	for (unsigned int i = 0; i < md->ncg; i++)
		if (md->cg[i].selected && !md->cg[i].gone)
			term(x, "cgroup", md->cg[i].id);
	/* nothing by that name: match nothing, not everything */
	if (!x->terms)
		term(x, "cgroup", 0);
}

static void pid_terms(int pid, struct text *x)
{
	static struct dirscan d;
	char path[64];
	const char *name;
	unsigned char type;
	uint64_t ino;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	d.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d.len = d.pos = 0;
	if (d.fd >= 0) {
		while ((name = dirscan_next(&d, &type, &ino))) {
			if (name[0] < '1' || name[0] > '9')
				continue;
			term(x, "common_pid", (uint64_t)atoi(name));
			procs_note_thread(atoi(name), pid);
		}
		close(d.fd);
	}
	if (!x->terms)
		term(x, "common_pid", (uint64_t)pid);
}

static int write_filters(const char *cg, const char *pid)
{
	static char both[2 * FILTER_LEN + 16];
	char file[128];
	int err = 0;

	for (int k = 0; k < NR_EK; k++) {
		bool has_cg = t.es.fmt[k].pos[EF_CGROUP].size;

		if (!t.es.fmt[k].present)
			continue;
		if (*cg && has_cg && *pid)
			snprintf(both, sizeof(both), "(%s)&&(%s)", cg, pid);
		else
			snprintf(both, sizeof(both), "%s", *cg && has_cg ? cg : *pid ? pid : "0");
		snprintf(file, sizeof(file), "events/vswap/%s/filter", ev_kind_name[k]);
		if (write_file(file, both))
			err = -EINVAL;
	}
	return err;
}

int trace_filter(struct model *md, const char *cg_prefix, int pid, struct ev_filter *flt)
{
	static char cg[FILTER_LEN], pt[FILTER_LEN], now[2 * FILTER_LEN + 4];
	struct text x = { .buf = cg, .room = sizeof(cg) };
	struct text y = { .buf = pt, .room = sizeof(pt) };

	cg[0] = pt[0] = '\0';
	flt->cg_on = *cg_prefix != '\0';
	flt->pid = pid;
	md->ev.filtered = flt->cg_on || pid;
	if (flt->cg_on) {
		model_select(md, cg_prefix);
		cg_terms(md, &x);
	}
	if (pid)
		pid_terms(pid, &y);
	if (x.over)
		cg[0] = '\0';
	if (y.over)
		pt[0] = '\0';
	if (!trace_active())
		return 0;
	snprintf(now, sizeof(now), "%s\t%s", cg, pt);
	if (strcmp(now, t.filter)) {
		if (write_filters(cg, pt))
			write_filters("", "");
		vt_copy(t.filter, now, sizeof(t.filter));
	}
	return x.over || y.over;
}

static void close_files(void)
{
	for (unsigned int i = 0; i < t.ncpu; i++) {
		close(t.raw[i]);
		if (t.stats[i] >= 0)
			close(t.stats[i]);
	}
	t.ncpu = 0;
}

/* Somebody may have it open, and then it stays: it need not go on tracing. */
static void switch_off(void)
{
	write_file("tracing_on", "0");
	write_file("events/enable", "0");
}

int trace_stop(void)
{
	int err = 0;

	if (!t.inst)
		return 0;
	switch_off();
	close_files();
	errno = 0;
	if (tracefs_instance_destroy(t.inst))
		err = errno ? -errno : -EBUSY;
	tracefs_instance_free(t.inst);
	t.inst = NULL;
	t.dir[0] = '\0';
	return err;
}

void trace_emergency_stop(void)
{
	if (!t.dir[0])
		return;
	close_files();
	if (!rmdir(t.dir))
		return;
	/* in the midst of a start there are files of it that nothing here knows of */
	close_range(3, ~0u, 0);
	if (rmdir(t.dir))
		switch_off();
}
