/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tracedat.h - reads trace.dat files of trace-cmd, versions 6 and 7
 */
#ifndef VSWAPTOP_TRACEDAT_H
#define VSWAPTOP_TRACEDAT_H

#include "events.h"
#include "util.h"

#define TDAT_MAX_CPUS 1024

/**
 * struct tdat_cpu - one CPU's ring buffer pages
 * @off, @len: where in the file; @buf: the open page
 * @heap: instead of these, @len bytes that were compressed in the file
 * @pos: next page; @page: the open page; @rec, @rec_len, @ts: the next event
 */
struct tdat_cpu {
	uint64_t off;
	uint64_t len;
	uint64_t pos;
	unsigned char *heap;
	unsigned char *buf;
	struct rb_page page;
	const unsigned char *rec;
	size_t rec_len;
	uint64_t ts;
	bool has;
};

/**
 * struct tdat - an open file
 * @file: its bytes, owned by the caller
 * @losses: events lost according to the file's per-CPU statistics
 * @losses_known: the file has these statistics
 * @missed: events lost according to the pages themselves
 * @last: the CPU that the event given out last is of; @err: no more events for that
 */
struct tdat {
	struct vt_bytes *file;
	int version;
	unsigned int page_size;
	char compression[16];
	struct ev_set es;
	char *cmdlines;
	uint64_t losses;
	bool losses_known;
	uint64_t missed;
	bool missed_unknown;
	unsigned int ncpu;
	struct tdat_cpu cpu[TDAT_MAX_CPUS];
	struct tdat_cpu *last;
	int err;
	size_t inflated;	/* bytes allocated for uncompressed data */
};

/** tdat_is - the bytes start like a trace.dat file */
bool tdat_is(const void *data, size_t size);

/**
 * tdat_open - read the headers of a file
 * @b: its bytes, must stay valid
 * @err: what is wrong with it
 *
 * Return: 0, or -EINVAL.  tdat_close() is needed in both cases.
 */
int tdat_open(struct tdat *d, struct vt_bytes *b, char *err, size_t err_size);

/**
 * tdat_next - the next event of all CPUs in the order of time
 *
 * @rec: valid until the next call
 *
 * Return: 1; 0 at the end; negative when a page is malformed or cannot be read.
 */
int tdat_next(struct tdat *d, const unsigned char **rec, size_t *len, uint64_t *ts);

/** tdat_rewind - back to the first event */
void tdat_rewind(struct tdat *d);

/** tdat_comm - name of a task, or NULL */
bool tdat_comm(const struct tdat *d, int pid, char *buf, size_t size);

void tdat_close(struct tdat *d);

#endif
