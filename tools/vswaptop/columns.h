/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * columns.h - one table of columns for the screen, batch, JSON and --help
 */
#ifndef VSWAPTOP_COLUMNS_H
#define VSWAPTOP_COLUMNS_H

#include "model.h"

/** enum pane - the views of the model */
enum pane { PANE_TRANS, PANE_CG, PANE_PROC, PANE_DEV, PANE_HIST, PANE_COUNTERS, NR_PANES };

/** struct pane_desc - the name used in options and JSON, the title, how to read it */
struct pane_desc {
	const char *name;
	const char *title;
	const char *hint;
};

extern const struct pane_desc pane_desc[NR_PANES];

/** enum cell_type - how a value is printed */
enum cell_type {
	CT_STR,		/* text, left aligned */
	CT_INT,		/* an identifier */
	CT_SINT,	/* a signed number */
	CT_PAGES,	/* a number of pages */
	CT_BYTES,	/* a size */
	CT_RATE,	/* pages per second */
	CT_RATIO,	/* a factor */
	CT_PCT,		/* percent */
};

/** struct cell - one value; @na: unknown; @max: "no limit" */
struct cell {
	bool na;
	bool max;
	uint64_t u;
	int64_t i;
	double d;
	const char *s;
};

/** enum units - of sizes */
enum units { UNITS_HUMAN, UNITS_BYTES, UNITS_PAGES };

#define COL_DFLT 1	/* shown unless the user chose columns */
#define COL_WIDE 2	/* shown by default when there is room */

/**
 * struct column - one column of one pane
 * @name: header and name for -o and --sort
 * @key: name in JSON
 * @width: on the screen, without the gap
 * @what: which value of the pane's row, for cell_get()
 */
struct column {
	enum pane pane;
	const char *name;
	const char *key;
	enum cell_type type;
	unsigned char width;
	unsigned char flags;
	int what;
	const char *help;
};

extern const struct column columns[];
extern const unsigned int ncolumns;

#define MAX_COLS 32

/**
 * struct layout - the columns and the order of one pane
 * @chosen: the user chose columns, so none is added for wide screens
 * @sort: position in columns[]; @desc: largest first
 */
struct layout {
	unsigned int n;
	unsigned char col[MAX_COLS];
	bool chosen;
	int sort;
	bool desc;
};

/** layout_default - the columns shown when nothing was chosen */
void layout_default(struct layout lay[NR_PANES]);

/**
 * layout_option - apply an -o argument
 * @list: "[PANE.]COL,..." or "+[PANE.]COL,..."
 * @bad: the name that is no column
 *
 * Return: 0 or -EINVAL.
 */
int layout_option(struct layout lay[NR_PANES], const char *list, char *bad, size_t bad_size);

/** layout_sort - apply a --sort argument, "[PANE.]COL[:asc|:desc]" */
int layout_sort(struct layout lay[NR_PANES], const char *spec);

/** pane_find - a pane by name, or -1 */
int pane_find(const char *name);

/** struct view - the rows of a pane in the order they are shown */
struct view {
	unsigned int n;
	uint16_t row[MAX_TASKS];
};

/** enum show - which rows: busy or non-empty now, ever since start, or all */
enum show { SHOW_ACTIVE, SHOW_EVER, SHOW_ALL };

/**
 * view_build - select and sort the rows of a pane
 * @match: only rows whose first text contains this; may be NULL
 */
void view_build(struct view *v, const struct model *md, enum pane p, const struct layout *lay,
		enum show show, const char *match);

/** cell_get - the value of a column in row @row of its pane */
void cell_get(const struct model *md, const struct column *col, unsigned int row, struct cell *c);

/** cell_text - format a value; returns @buf */
const char *cell_text(const struct column *col, const struct cell *c, enum units units,
		      uint64_t page_size, char *buf, size_t size);

/** size_text - a number of bytes in at most six characters: "41.2M" */
const char *size_text(uint64_t bytes, char *buf, size_t size);

/** rate_text - a rate in at most six characters */
const char *rate_text(double rate, char *buf, size_t size);

#endif
