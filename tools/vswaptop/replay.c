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
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"
#include "tracedat.h"

#define PIECE (64u << 10)
/* longer than any record; json_load() refuses it then */
#define LINE_ROOM (65u << 20)

/**
 * struct replay - a recorded file being played
 * @bytes: what is in it
 * @is_tdat: trace.dat, else JSON lines
 * @pos: what of JSON lines has been read; @line: number of the last one given out
 * @buf: a piece of them, grows to the longest line: @have bytes of @room, @next
 *	the start of the next line
 * @td: the trace.dat reader; @t: end of the last sample; @started: there was one
 */
struct replay {
	struct vt_bytes bytes;
	bool is_tdat;
	uint64_t pos;
	unsigned long line;
	char *buf;
	size_t room, have, next;
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

/* Tell what kind of file it is; NULL after an error, @r is gone then. */
static struct replay *start(struct replay *r, char *err, size_t err_size)
{
	char head[16] = "";
	size_t n = r->bytes.size < sizeof(head) ? (size_t)r->bytes.size : sizeof(head);

	if (n && vt_bytes_read(&r->bytes, 0, head, n)) {
		snprintf(err, err_size, "%s", vt_bytes_problem(&r->bytes));
	} else if (tdat_is(head, n)) {
		r->is_tdat = true;
		if (!tdat_open(&r->td, &r->bytes, err, err_size))
			return r;
	} else if (*head == '{') {
		return r;
	} else {
		snprintf(err, err_size, n ? "neither a vswaptop record nor a trace.dat file" :
			 "the file is empty");
	}
	replay_close(r);
	return NULL;
}

static struct replay *new_replay(uint64_t interval_ns, char *err, size_t err_size)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (!r) {
		snprintf(err, err_size, "out of memory");
		return NULL;
	}
	r->bytes.fd = -1;
	r->interval = interval_ns ? interval_ns : 1;
	return r;
}

struct replay *replay_open_mem(const void *data, size_t len, uint64_t interval_ns,
			       char *err, size_t err_size)
{
	struct replay *r = new_replay(interval_ns, err, err_size);

	if (!r)
		return NULL;
	vt_bytes_mem(&r->bytes, data, len);
	return start(r, err, err_size);
}

struct replay *replay_open(const char *path, uint64_t interval_ns, char *err, size_t err_size)
{
	struct replay *r = new_replay(interval_ns, err, err_size);
	struct stat st;

	if (!r)
		return NULL;
	/* of a pipe nobody writes to, opening would never end */
	r->bytes.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (r->bytes.fd < 0 || fstat(r->bytes.fd, &st)) {
		snprintf(err, err_size, "%s", strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		snprintf(err, err_size, "not a regular file");
	} else {
		r->bytes.size = (uint64_t)st.st_size;
		return start(r, err, err_size);
	}
	replay_close(r);
	return NULL;
}

/* Read the next piece behind what is in the buffer already. */
static int more(struct replay *r)
{
	uint64_t left = r->bytes.size - r->pos;
	size_t n = left < PIECE ? (size_t)left : PIECE;
	int k;

	if (r->next) {
		r->have -= r->next;
		memmove(r->buf, r->buf + r->next, r->have);
		r->next = 0;
	}
	if (r->room - r->have < n) {
		size_t room = r->room * 2 > PIECE * 2 ? r->room * 2 : PIECE * 2;
		char *p = realloc(r->buf, room);

		if (!p)
			return -ENOMEM;
		r->buf = p;
		r->room = room;
	}
	k = vt_bytes_read(&r->bytes, r->pos, r->buf + r->have, n);
	if (k)
		return k;
	r->have += n;
	r->pos += n;
	return 0;
}

/*
 * The next line, as long as nothing is read after it.
 *
 * Return: 1; 0 when the file ends without an end of the line; negative on error.
 */
static int next_line(struct replay *r, const char **s, size_t *n)
{
	size_t seen = 0;
	int k;

	for (;;) {
		const char *p = r->buf ? r->buf + r->next : NULL, *nl;
		size_t len = r->have - r->next;

		nl = len ? memchr(p + seen, '\n', len - seen) : NULL;
		if (nl || r->pos >= r->bytes.size || len > LINE_ROOM) {
			*s = p;
			*n = nl ? (size_t)(nl - p) : len;
			r->next += *n + !!nl;
			return nl || len > LINE_ROOM;
		}
		seen = len;
		k = more(r);
		if (k)
			return k;
	}
}

static int next_json(struct replay *r, struct model *md, char *err, size_t err_size)
{
	char why[128] = "";
	const char *s = NULL;
	size_t n = 0;
	int whole;

	if (r->next >= r->have && r->pos >= r->bytes.size)
		return 0;
	whole = next_line(r, &s, &n);
	if (whole < 0) {
		snprintf(err, err_size, "%s", whole == -ENOMEM ? "out of memory" :
			 vt_bytes_problem(&r->bytes));
		return whole;
	}
	r->line++;
	if (!json_load(md, s, n, why, sizeof(why)))
		return 1;
	if (!whole) {
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

static int tdat_problem(struct replay *r, char *err, size_t err_size)
{
	snprintf(err, err_size, "%s", r->bytes.err ? vt_bytes_problem(&r->bytes) :
		 "a page of trace data is damaged");
	return -EINVAL;
}

static int tdat_begin(struct replay *r, struct model *md, char *err, size_t err_size)
{
	int k = fetch(r);

	if (k < 0)
		return tdat_problem(r, err, err_size);
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
		return tdat_problem(r, err, err_size);
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
	r->have = r->next = 0;
	r->line = 0;
	r->bytes.err = 0;
	r->started = r->pending = r->ended = false;
	if (r->is_tdat)
		tdat_rewind(&r->td);
}

void replay_close(struct replay *r)
{
	if (!r)
		return;
	tdat_close(&r->td);
	if (r->bytes.fd >= 0)
		close(r->bytes.fd);
	free(r->buf);
	free(r);
}
