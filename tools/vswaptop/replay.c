// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * replay.c - plays a recorded file, sample by sample
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"
#include "tracedat.h"

/**
 * struct replay - a recorded file being played
 * @data, @len: its bytes; @map: they are from mmap()
 * @is_tdat: trace.dat, else JSON lines
 * @pos, @line: place in JSON lines
 * @td: the trace.dat reader; @t: end of the last sample; @started: there was one
 */
struct replay {
	const char *data;
	size_t len;
	bool map;
	bool is_tdat;
	size_t pos;
	unsigned long line;
	uint64_t interval;
	uint64_t t;
	bool started;
	bool pending;
	bool ended;
	const unsigned char *rec;
	size_t rec_len;
	uint64_t rec_ts;
	struct tdat td;
};

/* find() of events.c has no argument of its own; one file is played at a time */
static const struct tdat *names;

static struct task_row *file_task(struct model *md, int pid)
{
	struct task_row *t = model_task(md, pid);

	if (t && !t->comm[0] && !tdat_comm(names, pid, t->comm, sizeof(t->comm)))
		vt_copy(t->comm, pid ? "<unknown>" : "<idle>", sizeof(t->comm));
	return t;
}

struct replay *replay_open_mem(const void *data, size_t len, uint64_t interval_ns,
			       char *err, size_t err_size)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (!r) {
		snprintf(err, err_size, "out of memory");
		return NULL;
	}
	r->data = data;
	r->len = len;
	r->interval = interval_ns ? interval_ns : 1;
	r->is_tdat = tdat_is(data, len);
	if (r->is_tdat) {
		if (tdat_open(&r->td, data, len, err, err_size)) {
			replay_close(r);
			return NULL;
		}
		return r;
	}
	if (!len || *r->data != '{') {
		snprintf(err, err_size, len ? "neither a vswaptop record nor a trace.dat file" :
			 "the file is empty");
		replay_close(r);
		return NULL;
	}
	return r;
}

struct replay *replay_open(const char *path, uint64_t interval_ns, char *err, size_t err_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct replay *r;
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st)) {
		snprintf(err, err_size, "%s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || !st.st_size) {
		snprintf(err, err_size, S_ISREG(st.st_mode) ? "the file is empty" :
			 "not a regular file");
		close(fd);
		return NULL;
	}
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (p == MAP_FAILED) {
		snprintf(err, err_size, "%s", strerror(errno));
		return NULL;
	}
	r = replay_open_mem(p, (size_t)st.st_size, interval_ns, err, err_size);
	if (r)
		r->map = true;
	else
		munmap(p, (size_t)st.st_size);
	return r;
}

static int next_json(struct replay *r, struct model *md, char *err, size_t err_size)
{
	const char *s = r->data + r->pos, *nl;
	char why[128] = "";
	size_t n;

	if (r->pos >= r->len)
		return 0;
	nl = memchr(s, '\n', r->len - r->pos);
	n = nl ? (size_t)(nl - s) : r->len - r->pos;
	r->pos += n + 1;
	r->line++;
	if (!json_load(md, s, n, why, sizeof(why)))
		return 1;
	if (!nl) {
		/* what a recorder that was killed leaves behind */
		snprintf(err, err_size, "the last record is incomplete");
		return 0;
	}
	snprintf(err, err_size, "line %lu: %s", r->line, why);
	return -EINVAL;
}

/* Load the next event into r->rec; false at the end. */
static int fetch(struct replay *r)
{
	int k = tdat_next(&r->td, &r->rec, &r->rec_len, &r->rec_ts);

	r->pending = k > 0;
	return k;
}

static int tdat_begin(struct replay *r, struct model *md, char *err, size_t err_size)
{
	int k = fetch(r);

	if (k < 0) {
		snprintf(err, err_size, "a page of trace data is damaged");
		return -EINVAL;
	}
	r->started = true;
	r->t = k ? r->rec_ts : 0;
	md->level = LEVEL_TRACEFILE;
	md->ev.active = true;
	ev_setup(md, &r->td.es);
	model_begin(md, r->t, r->t);
	model_end(md);
	return 1;
}

static int next_tdat(struct replay *r, struct model *md, char *err, size_t err_size)
{
	uint64_t end;
	int k = 1;

	names = &r->td;
	if (!r->started)
		return tdat_begin(r, md, err, err_size);
	if (r->ended || !r->pending)
		return 0;
	end = r->t > UINT64_MAX - r->interval ? UINT64_MAX : r->t + r->interval;
	/* hours without an event are not worth showing one by one */
	if (r->rec_ts > end && r->rec_ts - end > 100 * r->interval)
		end = r->rec_ts;
	model_begin(md, end, end);
	while (r->pending && r->rec_ts <= end && k > 0) {
		unsigned char rec[EV_RECORD_MAX + EV_SPARE];
		size_t n = r->rec_len < EV_RECORD_MAX ? r->rec_len :
			   EV_RECORD_MAX;

		/* the last record may end where the file does */
		memcpy(rec, r->rec, n);
		ev_apply(md, &r->td.es, rec, n, file_task, NULL);
		k = fetch(r);
	}
	r->t = end;
	model_commit(md);
	md->ev.lost_known = r->td.losses_known || !r->td.missed_unknown;
	md->ev.lost.cur = r->td.losses_known ? r->td.losses : r->td.missed;
	model_end(md);
	if (k < 0) {
		r->ended = true;
		snprintf(err, err_size, "a page of trace data is damaged");
		return -EINVAL;
	}
	return 1;
}

int replay_next(struct replay *r, struct model *md, char *err, size_t err_size)
{
	*err = '\0';
	return r->is_tdat ? next_tdat(r, md, err, err_size) : next_json(r, md, err, err_size);
}

void replay_rewind(struct replay *r)
{
	r->pos = 0;
	r->line = 0;
	r->started = r->pending = r->ended = false;
	if (r->is_tdat)
		tdat_rewind(&r->td);
}

void replay_close(struct replay *r)
{
	if (!r)
		return;
	tdat_close(&r->td);
	if (r->map)
		munmap((void *)(uintptr_t)r->data, r->len);
	free(r);
}
