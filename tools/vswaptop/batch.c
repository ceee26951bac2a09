// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * batch.c - samples as text tables on standard output
 *
 * libsmartcols lays the tables out.  It allocates while it does so and frees
 * everything before the next sample; nothing else in a sample allocates.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libsmartcols.h>

#include "output.h"

static void head(struct obuf *o, const struct model *md)
{
	time_t s = (time_t)(md->t_real / 1000000000ULL);
	struct tm tm;
	char stamp[32], lost[24] = "-", un[24] = "-";
	uint64_t u = model_unattributed(md);

	gmtime_r(&s, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (md->ev.active && md->ev.lost_known)
		snprintf(lost, sizeof(lost), "%" PRIu64, md->ev.lost.cur);
	if (u != VT_NA)
		snprintf(un, sizeof(un), "%" PRIu64, u);
	ob_printf(o, "vswaptop %s sample %" PRIu64 " level %s enabled %s\n", stamp, md->nsamples,
		  level_name[md->level], md->enabled[0] ? md->enabled : "-");
	if (md->ev.active)
		ob_printf(o, "events seen %" PRIu64 " lost %s unattributed-pages %s%s\n",
			  md->ev.seen.cur, lost, un, md->ev.filtered ? " filtered" : "");
	else
		ob_puts(o, "events seen - lost - unattributed-pages -\n");
}

static struct libscols_table *make_table(const struct layout *lay, enum pane p)
{
	struct libscols_table *tb = scols_new_table();

	if (!tb)
		return NULL;
	for (unsigned int i = 0; i < lay->n; i++) {
		const struct column *col = &columns[lay->col[i]];
		int flags = col->type == CT_STR ? 0 : SCOLS_FL_RIGHT;

		if (col->pane == p && !scols_table_new_column(tb, col->name, 0, flags)) {
			scols_unref_table(tb);
			return NULL;
		}
	}
	return tb;
}

static int add_row(struct libscols_table *tb, const struct model *md, const struct layout *lay,
		   unsigned int row, enum units units)
{
	struct libscols_line *ln = scols_table_new_line(tb, NULL);
	char buf[CG_PATH_MAX];

	if (!ln)
		return -ENOMEM;
	for (unsigned int i = 0; i < lay->n; i++) {
		const struct column *col = &columns[lay->col[i]];
		struct cell c;

		cell_get(md, col, row, &c);
		cell_text(col, &c, units, md->page_size, buf, sizeof(buf));
		if (scols_line_set_data(ln, i, buf))
			return -ENOMEM;
	}
	return 0;
}

static int table(struct obuf *o, const struct model *md, const struct layout *lay, enum pane p,
		 enum units units, enum show show)
{
	static struct view v;
	struct libscols_table *tb = make_table(lay, p);
	char *text = NULL;
	int err = tb ? 0 : -ENOMEM;

	view_build(&v, md, p, lay, show, NULL);
	ob_printf(o, "\n%s:\n", pane_desc[p].name);
	for (unsigned int i = 0; i < v.n && !err; i++)
		err = add_row(tb, md, lay, v.row[i], units);
	if (!err && v.n)
		err = scols_print_table_to_string(tb, &text);
	if (text) {
		ob_puts(o, text);
		if (*text && text[strlen(text) - 1] != '\n')
			ob_putc(o, '\n');
	}
	free(text);
	scols_unref_table(tb);
	return err;
}

int batch_sample(struct obuf *o, const struct model *md, const struct layout *lay,
		 unsigned int panes, enum units units, enum show show)
{
	/* what matters most comes first */
	static const enum pane order[] = {
		PANE_COUNTERS, PANE_TRANS, PANE_CG, PANE_PROC, PANE_DEV, PANE_HIST,
	};
	int err = 0;

	head(o, md);
	for (unsigned int i = 0; i < NR_PANES && !err; i++)
		if (panes & (1u << order[i]))
			err = table(o, md, &lay[order[i]], order[i], units, show);
	ob_putc(o, '\n');
	return err ? err : ob_flush(o);
}
