/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * out.h - tables for people, JSON for programs
 */
#ifndef VSWAP_DUMP_OUT_H
#define VSWAP_DUMP_OUT_H

#include <json-c/json.h>
#include <libsmartcols/libsmartcols.h>
#include <stdbool.h>
#include <stdint.h>

#include "content.h"
#include "kern.h"
#include "walk.h"

/** Version of the JSON output; raised when a field changes its meaning. */
#define JSON_SCHEMA	1

/** How output is wanted. */
struct out_opts {
	bool json;
	bool bytes;		/**< exact numbers instead of units */
	bool noheadings;
	const char *columns;	/**< -o: list, or +list */
};

/** Columns of slot listings. */
enum col {
	COL_TASK, COL_ADDR, COL_PTE, COL_SLOT, COL_CLUSTER, COL_BACKING, COL_COUNT,
	COL_CACHED, COL_PFN, COL_LENGTH, COL_COMP, COL_DEVICE, COL_OFFSET, COL_CGID,
	COL_CGROUP, COL_ENTRY, COL_NOTE, COL_NR
};

/** One line of a slot listing; fields that do not apply are left zero. */
struct row {
	bool has_slot;		/**< s is valid: a slot of the virtual device */
	struct slot s;
	bool has_addr;		/**< it was found in a page table */
	unsigned int pid;
	uint64_t addr, pte;
	unsigned int type;	/**< device the entry names */
	uint64_t off;
	const char *direct;	/**< a direct entry: what it is */
	struct zentry z;	/**< if it is in zswap */
	const char *comp;
	const char *note;
};

/** A listing in progress. */
struct listing {
	struct kern *k;
	const struct out_opts *opts;
	enum col cols[COL_NR];
	unsigned int ncols;
	struct libscols_table *table;
	struct libscols_column *column[COL_NR];
	unsigned int pending;	/**< lines in the table */
	uint64_t rows;		/**< all lines */
};

/**
 * listing_begin - start a listing
 * @defaults: columns without -o
 *
 * Return: 0, or 2 if -o names an unknown column (a message was printed).
 */
int listing_begin(struct listing *l, struct kern *k, const struct out_opts *opts,
		  const enum col *defaults, unsigned int ndefaults);

/** Add a line. Lines are printed in batches, so memory stays bounded. */
void listing_add(struct listing *l, const struct row *r);

void listing_end(struct listing *l);

/** Check -o before any work is done: 0, or 2 with a message. */
int listing_check_columns(const char *list);

/** Names and meanings of the columns, for --help. */
void listing_help(FILE *f);

/** Fill a row from a slot of the virtual device, reading its zswap entry. */
void row_from_slot(struct kern *k, const struct slot *s, struct row *r);

/** The note about a zswap entry that could not be read. */
const char *zentry_lost(enum rd rd);

/** Bytes as "12.3M", or exact. Uses a ring of buffers: valid for a few calls. */
const char *fmt_bytes(uint64_t bytes, bool exact);

/** "%llu" into the same ring. */
const char *fmt_u64(uint64_t v);

/** "prio", "slots": a number as JSON. */
void json_u64(struct json_object *o, const char *key, uint64_t v);
void json_hex(struct json_object *o, const char *key, uint64_t v);
void json_str(struct json_object *o, const char *key, const char *v);

/** A table with right-aligned columns named in @names ("<name" aligns left). */
struct libscols_table *table_new(const struct out_opts *o, const char * const *names,
				 unsigned int n);
void table_line(struct libscols_table *t, const char * const *cells, unsigned int n);
void table_print(struct libscols_table *t);

/** The JSON of one line. */
struct json_object *row_json(struct kern *k, const struct row *r);

#endif
