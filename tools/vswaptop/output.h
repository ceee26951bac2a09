/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output.h - writers and readers of samples
 */
#ifndef VSWAPTOP_OUTPUT_H
#define VSWAPTOP_OUTPUT_H

#include "columns.h"
#include "util.h"

/** JSON_SCHEMA - raised whenever a key changes its meaning or goes away */
#define JSON_SCHEMA 1

/**
 * json_sample - write a sample as one line of JSON and flush it
 * @lay: columns of the row objects; NULL for all of them
 * @panes: bit per enum pane; counters are in every record
 * @show: which rows
 *
 * Return: 0 or -errno of the write.
 */
int json_sample(struct obuf *o, const struct model *md, const struct layout *lay,
		unsigned int panes, enum show show);

/** JSON_PANES - the panes of a record unless others were chosen */
#define JSON_PANES ((1u << PANE_HIST) - 1)

/** batch_sample - write a sample as text tables; 0 or -errno */
int batch_sample(struct obuf *o, const struct model *md, const struct layout *lay,
		 unsigned int panes, enum units units, enum show show);

/**
 * metrics_write - write the Prometheus text exposition to @path
 *
 * The file is replaced in one step, so a reader never sees half of it.
 *
 * Return: 0 or -errno.
 */
int metrics_write(const char *path, const struct model *md);

/**
 * json_load - read one line that json_sample() wrote into the model
 * @line: not terminated
 * @err: what is wrong with it
 *
 * Calls model_begin() and model_end().  Return: 0 or -EINVAL.
 */
int json_load(struct model *md, const char *line, size_t len, char *err, size_t err_size);

/** struct replay - a recorded file being played; see replay.c */
struct replay;

/**
 * replay_open - open a record or trace.dat file
 * @interval_ns: length of a sample, for files that have events only
 * @err: why not
 */
struct replay *replay_open(const char *path, uint64_t interval_ns, char *err, size_t err_size);

/** replay_open_mem - as replay_open(), from memory that stays valid */
struct replay *replay_open_mem(const void *data, size_t len, uint64_t interval_ns,
			       char *err, size_t err_size);

/**
 * replay_next - load the next sample
 *
 * Return: 1; 0 at the end (@err then holds a warning or is empty); -EINVAL
 * with @err filled.
 */
int replay_next(struct replay *r, struct model *md, char *err, size_t err_size);

/** replay_rewind - start again from the first sample */
void replay_rewind(struct replay *r);

void replay_close(struct replay *r);

#endif
