/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd.h - what the tool can be asked
 *
 * Each command returns the exit status: 0 complete, 1 failed, 2 usage, 4 finished, but
 * with missing pages or violations, or what was asked for is not there.
 */
#ifndef VSWAP_DUMP_CMD_H
#define VSWAP_DUMP_CMD_H

#include "kern.h"
#include "out.h"

/** Filters of --slots and --extract. */
struct filter {
	unsigned int backings;	/**< bit per vs_state, 0: all in use */
	const char *cgroup;	/**< path, inode number, or NULL */
	uint64_t from, to;	/**< clusters, inclusive */
	int device;		/**< physical device, or -1 */
};

int cmd_summary(struct kern *k, const struct out_opts *o);
int cmd_slots(struct kern *k, const struct out_opts *o, const struct filter *f);
int cmd_slot(struct kern *k, const struct out_opts *o, uint64_t nr, bool raw);
int cmd_phys(struct kern *k, const struct out_opts *o, unsigned int type, uint64_t off);
int cmd_entry(struct kern *k, const struct out_opts *o, uint64_t pte, bool raw);
int cmd_task(struct kern *k, const struct out_opts *o, unsigned int pid);
int cmd_extract(struct kern *k, const struct out_opts *o, const struct filter *f,
		const char *dir);
int cmd_check(struct kern *k, const struct out_opts *o);

/** Fill a row from a swap entry of any device. */
void row_from_entry(struct kern *k, unsigned int type, uint64_t off, struct cluster *c,
		    struct row *r);

/** What says that a slot may be half changed, whose cluster is in @c, or NULL. */
const char *slot_busy(struct kern *k, const struct cluster *c, const struct slot *s);

/** Does the slot pass the filter? */
bool filter_match(struct kern *k, const struct filter *f, const struct slot *s);

/** Start a JSON document: schema, what was asked, which dump. */
struct json_object *json_head(struct kern *k, const char *what);

/** The same as text that a stream of rows can follow: ends with "rows": [ */
void json_stream_begin(struct kern *k, const char *what);

/** Ends the rows; adds the counts, the missing pages, and @more, which may be NULL. */
void json_stream_end(struct kern *k, uint64_t rows, struct json_object *more);

/** A sentence if the file does not have all that it should, else NULL. */
const char *dump_short(struct kern *k);

/** Was any page missing, or is the file cut short? */
bool dump_incomplete(struct kern *k);

/** What people call a device: its path, else its block device, else "?". */
const char *device_name(const struct swapdev *d);

/** The names of a device; null for one that is not known. */
void json_device(struct json_object *o, const struct swapdev *d);

/** 4 if anything could not be read, else 0; says so on standard error. */
int missing_status(struct kern *k, const struct walk_stat *st);

/** Lines about the dump itself. */
void print_head(struct kern *k);

#endif
