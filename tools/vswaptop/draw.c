// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * draw.c - draws the model on the curses screen
 *
 * Everything is clipped to the window, which may have any size.  Text is drawn
 * over the old screen and curses sends what changed, so nothing flickers.
 */
#include <inttypes.h>
#include <langinfo.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include <curses.h>

#include "draw.h"

enum { C_HEAD = 1, C_ZSWAP, C_ZERO, C_PHYS, C_NONE, C_POISON, C_WARN, C_DIM };

static const struct {
	int state;
	enum metric metric;
	short pair;
	char ascii;
	const char *label;
} shares[] = {
	{ ST_ZSWAP, M_SLOTS_ZSWAP, C_ZSWAP, '#', "zswap" },
	{ ST_ZERO, M_SLOTS_ZERO, C_ZERO, '0', "zero" },
	{ ST_PHYS, M_SLOTS_PHYS, C_PHYS, 'D', "disk" },
	{ ST_NONE, M_SLOTS_NONE, C_NONE, '.', "cached" },
	{ ST_POISON, M_SLOTS_POISON, C_POISON, 'X', "poison" },
};

#define NR_SHARES (sizeof(shares) / sizeof(shares[0]))

void draw_init(struct ui *ui)
{
	const char *cs = nl_langinfo(CODESET);

	ui->utf8 = !ui->s->opt->ascii && cs && !strcmp(cs, "UTF-8");
	if (!ui->color || !has_colors()) {
		ui->color = false;
		return;
	}
	start_color();
	use_default_colors();
	init_pair(C_HEAD, COLOR_CYAN, -1);
	init_pair(C_ZSWAP, COLOR_GREEN, -1);
	init_pair(C_ZERO, COLOR_BLUE, -1);
	init_pair(C_PHYS, COLOR_YELLOW, -1);
	init_pair(C_NONE, COLOR_MAGENTA, -1);
	init_pair(C_POISON, COLOR_RED, -1);
	init_pair(C_WARN, COLOR_RED, -1);
	init_pair(C_DIM, COLOR_WHITE, -1);
}

static attr_t paint(const struct ui *ui, short pair)
{
	if (ui->color)
		return (attr_t)COLOR_PAIR(pair);
	return pair == C_WARN || pair == C_POISON ? A_BOLD : A_NORMAL;
}

/* Print at a place, cut at the right edge; returns the column after the text. */
static int put(int y, int x, attr_t attr, const char *fmt, ...)
{
	char buf[512];
	va_list ap;
	int n;

	if (y < 0 || y >= LINES || x >= COLS)
		return x;
	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (n < 0)
		return x;
	if (n > (int)sizeof(buf) - 1)
		n = (int)sizeof(buf) - 1;
	if (n > COLS - x)
		n = COLS - x;
	attrset(attr);
	mvaddnstr(y, x, buf, n);
	attrset(A_NORMAL);
	return x + n;
}

/* One block character: eighths from the bottom, or an ASCII stand-in. */
static void put_block(const struct ui *ui, int y, int x, attr_t attr, int eighths)
{
	static const wchar_t blocks[] = L" \x2581\x2582\x2583\x2584\x2585\x2586\x2587\x2588";
	static const char ascii[] = " ..::||##";

	if (y < 0 || y >= LINES || x < 0 || x >= COLS)
		return;
	attrset(attr);
	if (ui->utf8) {
		wchar_t w[2] = { blocks[eighths], 0 };

		mvaddnwstr(y, x, w, 1);
	} else {
		mvaddch(y, x, (chtype)ascii[eighths]);
	}
	attrset(A_NORMAL);
}

static const char *size_of(const struct ui *ui, uint64_t slots, char *buf, size_t n)
{
	const struct model *md = ui->s->md;

	if (slots == VT_NA)
		return "-";
	if (ui->units == UNITS_PAGES)
		snprintf(buf, n, "%" PRIu64 "p", slots);
	else if (ui->units == UNITS_BYTES)
		snprintf(buf, n, "%" PRIu64, slots * md->page_size);
	else
		size_text(slots * md->page_size, buf, n);
	return buf;
}

static const char *bytes_of(const struct ui *ui, uint64_t bytes, char *buf, size_t n)
{
	const struct model *md = ui->s->md;

	if (bytes == VT_NA)
		return "-";
	if (ui->units == UNITS_HUMAN)
		return size_text(bytes, buf, n);
	snprintf(buf, n, ui->units == UNITS_PAGES ? "%" PRIu64 "p" : "%" PRIu64,
		 ui->units == UNITS_PAGES ? bytes / md->page_size : bytes);
	return buf;
}

static const char *metric_rate(const struct ui *ui, enum metric m, char *buf, size_t n)
{
	const struct model *md = ui->s->md;

	return rate_text(model_rate(md, &md->m[m]), buf, n);
}

/* ---- header ---- */

static void draw_title(const struct ui *ui, int y)
{
	const struct model *md = ui->s->md;
	time_t sec = (time_t)(md->t_real / 1000000000ULL);
	const char *slash = strrchr(md->tag, '/');
	double every = (double)ui->s->opt->interval;
	char stamp[48] = "", left[512];
	struct tm tm;
	int x;

	/* of a recording, how often it was sampled, not how fast it is played */
	if (md->tag[0] && md->t_mono_prev && md->t_mono > md->t_mono_prev)
		every = round((double)(md->t_mono - md->t_mono_prev) / 1e8) * 1e8;

	if (md->level == LEVEL_TRACEFILE)
		snprintf(stamp, sizeof(stamp), "t=%.3fs", (double)md->t_real / 1e9);
	else if (localtime_r(&sec, &tm))
		strftime(stamp, sizeof(stamp), "%H:%M:%S", &tm);
	snprintf(left, sizeof(left), " vswaptop %s%.24s  %s%s%slevel %s  every %.4gs%s%s",
		 md->tag[0] ? "replay " : "", !md->tag[0] ? md->host : slash ? slash + 1 : md->tag,
		 md->enabled[0] ? "mode " : "", md->enabled, md->enabled[0] ? "  " : "",
		 level_name[md->level], every / 1e9,
		 ui->paused ? "  PAUSED" : "", ui->s->replay_over ? "  END" : "");
	attrset(A_REVERSE);
	mvhline(y, 0, ' ', COLS);
	attrset(A_NORMAL);
	put(y, 0, A_REVERSE | A_BOLD, "%s", left);
	x = COLS - (int)strlen(stamp) - 1;
	if (x > (int)strlen(left))
		put(y, x, A_REVERSE, "%s", stamp);
}

/* A bar of all used slots, each backing its share; every backing gets a cell. */
static void draw_bar(const struct ui *ui, int y, int x, int w)
{
	const struct model *md = ui->s->md;
	uint64_t used = md->m[M_SLOTS_USED].cur;
	int pos = 0, left = 0;

	if (w < 8)
		return;
	for (unsigned int i = 0; i < NR_SHARES; i++)
		left += md->m[shares[i].metric].cur && md->m[shares[i].metric].cur != VT_NA;
	put(y, x, A_NORMAL, "[");
	put(y, x + w - 1, A_NORMAL, "]");
	for (unsigned int i = 0; i < NR_SHARES && used != VT_NA && used; i++) {
		uint64_t v = md->m[shares[i].metric].cur;
		int n;

		if (v == VT_NA || !v)
			continue;
		n = (int)((double)v * (w - 2) / (double)used + 0.5);
		/* leave one for each that is still to come */
		left--;
		if (n > w - 2 - pos - left)
			n = w - 2 - pos - left;
		if (n < 1)
			n = 1;
		for (; n > 0 && pos < w - 2; n--, pos++) {
			if (ui->color && ui->utf8)
				put_block(ui, y, x + 1 + pos, paint(ui, shares[i].pair), 7);
			else
				put(y, x + 1 + pos, paint(ui, shares[i].pair), "%c",
				    shares[i].ascii);
		}
	}
}

static void draw_used(const struct ui *ui, int y)
{
	const struct model *md = ui->s->md;
	char a[32], b[32];
	int x = put(y, 0, A_BOLD, "Used    ");

	x = put(y, x, A_BOLD, "%s", size_of(ui, md->m[M_SLOTS_USED].cur, a, sizeof(a)));
	if (md->m[M_CAPACITY].cur != VT_NA)
		x = put(y, x, A_NORMAL, " of %s grown", size_of(ui, md->m[M_CAPACITY].cur, b, sizeof(b)));
	draw_bar(ui, y, x + 2, COLS - x - 3 < 60 ? COLS - x - 3 : 60);
}

static void draw_shares(const struct ui *ui, int y)
{
	const struct model *md = ui->s->md;
	bool plain = !(ui->color && ui->utf8);
	uint64_t lost = md->m[M_SLOTS_POISON].cur;
	/* lost data is no footnote that a narrow terminal may cut off */
	unsigned int first = lost && lost != VT_NA ? NR_SHARES - 1 : 0;
	char a[32];
	int x = 8;

	for (unsigned int k = 0; k < NR_SHARES; k++) {
		unsigned int i = (first + k) % NR_SHARES;

		/* the bar is drawn in these letters when colour cannot tell them apart */
		if (plain)
			x = put(y, x, paint(ui, shares[i].pair), "%c ", shares[i].ascii);
		x = put(y, x, paint(ui, shares[i].pair), "%s", shares[i].label);
		x = put(y, x, A_BOLD, " %s", size_of(ui, md->m[shares[i].metric].cur, a, sizeof(a)));
		x = put(y, x, A_NORMAL, plain || ui->units != UNITS_HUMAN ? "  " : "   ");
	}
}

static void draw_pool(const struct ui *ui, int y)
{
	const struct model *md = ui->s->md;
	char a[32], b[32], c[32], d[32];
	double ratio = model_ratio(md);
	int x = put(y, 0, A_BOLD, "Zswap   ");

	x = put(y, x, A_NORMAL, "%s holds %s", bytes_of(ui, md->m[M_ZSWAP_POOL].cur, a, sizeof(a)),
		bytes_of(ui, md->m[M_ZSWAP_ORIG].cur, b, sizeof(b)));
	if (!isnan(ratio))
		x = put(y, x, A_BOLD, " %.2fx", ratio);
	if (md->compressor[0])
		x = put(y, x, A_NORMAL, " %s", md->compressor);
	if (md->m[M_ZSWAP_ENABLED].cur == 0)
		x = put(y, x, paint(ui, C_WARN), " off");
	x = put(y, x, A_NORMAL, ", limit %s", bytes_of(ui, md->m[M_ZSWAP_LIMIT].cur, c, sizeof(c)));
	put(y, x, A_NORMAL, "   metadata %s",
	    bytes_of(ui, md->m[M_METADATA].cur, d, sizeof(d)));
}

/* The reason of most refusals in this interval; NULL when there were none. */
static const char *main_reject(const struct model *md)
{
	const char *name = NULL;
	double max = 0;

	for (unsigned int i = 0; i < md->nextra; i++) {
		double r = model_rate(md, &md->extra[i].v);

		if (strncmp(md->extra[i].name, "reject_", 7) || !(r > max))
			continue;
		max = r;
		name = md->extra[i].name + 7;
	}
	return name;
}

static void draw_rates(const struct ui *ui, int y)
{
	static const struct {
		const char *label;
		enum metric m;
	} r[] = {
		{ "out", M_OUT }, { "in", M_IN }, { "writeback", M_WB }, { "freed", M_FREED },
		{ "refused", M_REJECT },
	};
	char a[32];
	int x = put(y, 0, A_BOLD, "Pages/s ");

	for (unsigned int i = 0; i < sizeof(r) / sizeof(r[0]); i++) {
		x = put(y, x, A_NORMAL, "%s%s", i ? "   " : "", r[i].label);
		x = put(y, x, A_BOLD, " %s", metric_rate(ui, r[i].m, a, sizeof(a)));
	}
	/* many a refusal only sends the page to the next backing */
	if (main_reject(ui->s->md))
		x = put(y, x, A_NORMAL, " %s", main_reject(ui->s->md));
	/* vmstat cannot tell them from those with a virtual slot */
	if (ui->s->md->out_from == FROM_VMSTAT)
		put(y, x, A_NORMAL, "   (direct ones too)");
}

static const char *centi(uint64_t v, char *buf, size_t n)
{
	if (v == VT_NA)
		return "-";
	snprintf(buf, n, "%" PRIu64 ".%" PRIu64 "%%", v / 100, v % 100 / 10);
	return buf;
}

static void draw_memory(const struct ui *ui, int y)
{
	const struct model *md = ui->s->md;
	char a[32], b[32], c[32], d[32];
	bool hot = md->m[M_PSI_SOME10].cur != VT_NA && md->m[M_PSI_SOME10].cur >= 1000;
	int x = put(y, 0, A_BOLD, "Memory  ");

	x = put(y, x, A_NORMAL, "%s available of %s   pressure ",
		bytes_of(ui, md->m[M_MEM_AVAILABLE].cur, a, sizeof(a)),
		bytes_of(ui, md->m[M_MEM_TOTAL].cur, b, sizeof(b)));
	put(y, x, hot ? paint(ui, C_WARN) | A_BOLD : A_BOLD, "some %s full %s",
	    centi(md->m[M_PSI_SOME10].cur, c, sizeof(c)),
	    centi(md->m[M_PSI_FULL10].cur, d, sizeof(d)));
}

static void draw_disks(const struct ui *ui, int y)
{
	const struct model *md = ui->s->md;
	uint64_t total = md->m[M_SWAP_TOTAL].cur, free_ = md->m[M_SWAP_FREE].cur;
	uint64_t used = total == VT_NA || free_ == VT_NA || free_ > total ? VT_NA : total - free_;
	uint64_t direct = md->m[M_SWAP_DIRECT].cur;
	char a[32], b[32], c[32];
	int x = put(y, 0, A_BOLD, "Disks   ");

	if (!total) {
		put(y, x, A_NORMAL, "none: what is swapped stays in memory");
		return;
	}
	x = put(y, x, A_NORMAL, "%s of %s", bytes_of(ui, used, a, sizeof(a)),
		bytes_of(ui, total, b, sizeof(b)));
	if (direct != VT_NA && direct)
		x = put(y, x, A_NORMAL, ", %s direct (no virtual slot)",
			bytes_of(ui, direct, c, sizeof(c)));
	if (model_rate(md, &md->m[M_PSWPOUT]) > 0 || model_rate(md, &md->m[M_PSWPIN]) > 0) {
		x = put(y, x, A_NORMAL, ", pages/s written %s",
			metric_rate(ui, M_PSWPOUT, a, sizeof(a)));
		put(y, x, A_NORMAL, " read %s", metric_rate(ui, M_PSWPIN, a, sizeof(a)));
	}
}

/* What a loss means for the figures on the screen. */
static const char *loss_means(enum vt_level level)
{
	switch (level) {
	case LEVEL_TRACEFILE:
		return "all figures too low";
	case LEVEL_EVENTS:
		return "totals exact, matrix and rows too low";
	default:
		return "totals exact, rows too low";
	}
}

static void draw_events(const struct ui *ui, int y)
{
	const struct model *md = ui->s->md;
	const struct ev_stats *ev = &md->ev;
	uint64_t un = model_unattributed(md);
	int x = put(y, 0, A_BOLD, "Events  ");

	if (!ev->active) {
		put(y, x, A_NORMAL, "none: who did it cannot be told (%s)",
		    md->note[0] ? md->note : "not traced");
		return;
	}
	x = put(y, x, A_NORMAL, "%" PRIu64 " seen, ", ev->seen.cur);
	if (!ev->lost_known)
		x = put(y, x, paint(ui, C_WARN), "losses unknown");
	else if (ev->lost.cur)
		x = put(y, x, paint(ui, C_WARN) | A_BOLD,
			"%" PRIu64 " LOST (%s)", ev->lost.cur, loss_means(md->level));
	else
		x = put(y, x, A_NORMAL, "0 lost");
	if (un != VT_NA && un)
		x = put(y, x, A_NORMAL, ", %" PRIu64 "p unattributed", un);
	if (ev->unowned)
		x = put(y, x, A_NORMAL, ", %" PRIu64 "p of no cgroup", ev->unowned);
	if (md->filter_cgroup[0])
		x = put(y, x, paint(ui, C_HEAD), "  cgroup %s", md->filter_cgroup);
	if (md->filter_pid)
		x = put(y, x, paint(ui, C_HEAD), "  pid %d", md->filter_pid);
	if (ui->s->user_filter)
		put(y, x, paint(ui, C_WARN), " (filtered here)");
}

static double hist_value(const struct model *md, unsigned int back, int which)
{
	const struct hist *h = &md->hist[(md->hist_pos + HIST_LEN - 1 - back) % HIST_LEN];

	switch (which) {
	case 0:
		return h->out;
	case 1:
		return h->in;
	case 2:
		return h->wb;
	case 3:
		return h->used == VT_NA ? NAN : (double)h->used;
	default:
		return h->psi;
	}
}

/* NAN when nothing is known */
static double hist_max(const struct model *md, unsigned int n, int which)
{
	double max = NAN;

	for (unsigned int i = 0; i < n && i < md->nhist; i++) {
		double v = hist_value(md, i, which);

		if (isnan(max) || v > max)
			max = v;
	}
	return max;
}

/* A graph @h rows high whose right edge is now. */
static void draw_graph(const struct ui *ui, int y, int x, int h, int w, int which, short pair)
{
	const struct model *md = ui->s->md;
	double max = hist_max(md, (unsigned int)w, which);

	for (int i = 0; i < w; i++) {
		unsigned int back = (unsigned int)(w - 1 - i);
		double v = back < md->nhist ? hist_value(md, back, which) : NAN;
		int n;

		if (isnan(v) || !(max > 0))
			continue;
		n = (int)(v * 8 * h / max + 0.5);
		if (!n && v > 0)
			n = 1;
		for (int row = 0; row < h && n > 0; row++, n -= 8)
			put_block(ui, y + h - 1 - row, x + i, paint(ui, pair), n > 8 ? 8 : n);
	}
}

static void draw_spark(const struct ui *ui, int y)
{
	const struct model *md = ui->s->md;
	int w = (COLS - 43) / 2, x;
	char a[32];

	if (w > 90)
		w = 90;
	if (w < 6)
		return;
	x = put(y, 0, A_BOLD, "History ");
	x = put(y, x, A_NORMAL, "out ");
	draw_graph(ui, y, x, 1, w, 0, C_ZSWAP);
	x = put(y, x + w, A_NORMAL, " max %-7s",
		rate_text(hist_max(md, (unsigned int)w, 0), a, sizeof(a)));
	x = put(y, x, A_NORMAL, " in ");
	draw_graph(ui, y, x, 1, w, 1, C_PHYS);
	put(y, x + w, A_NORMAL, " max %s", rate_text(hist_max(md, (unsigned int)w, 1), a, sizeof(a)));
}

/* Returns the first line below the header. */
static int draw_header(const struct ui *ui)
{
	static void (*const part[])(const struct ui *ui, int y) = {
		draw_used, draw_shares, draw_pool, draw_disks, draw_rates, draw_memory, draw_events,
		draw_spark,
	};
	/* what to leave out first when there are few lines */
	static const unsigned char min_lines[] = { 6, 8, 16, 20, 7, 18, 10, 24 };
	int y = 0;

	draw_title(ui, y++);
	for (unsigned int i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		if (LINES >= min_lines[i])
			part[i](ui, y++);
	return y;
}

/* ---- tables ---- */

/* Exact numbers need more room than "41.2M". */
static int col_width(const struct ui *ui, const struct column *c)
{
	int w = c->width;

	if (ui->units == UNITS_BYTES && c->type == CT_BYTES)
		w = 14;
	else if (ui->units == UNITS_PAGES && c->type == CT_BYTES)
		w = 10;
	else if (ui->units != UNITS_HUMAN && c->type == CT_RATE)
		w = 11;
	return w > c->width ? w : c->width;
}

unsigned int draw_visible(const struct ui *ui, const struct layout *lay, unsigned char *out)
{
	bool take[MAX_COLS] = { false };
	unsigned int n = 0;
	int used = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (unsigned int i = 0; i < lay->n; i++) {
			const struct column *c = &columns[lay->col[i]];
			bool first = lay->chosen || (c->flags & COL_DFLT);
			int w = col_width(ui, c) + (used ? 1 : 0);

			if (take[i] || first != !pass)
				continue;
			if (used + w > COLS && used)
				continue;
			take[i] = true;
			used += w;
		}
	}
	for (unsigned int i = 0; i < lay->n; i++)
		if (take[i])
			out[n++] = lay->col[i];
	return n;
}

/* Length of the longest text of a column in the rows that are shown. */
static int longest(const struct ui *ui, const struct column *col, const struct view *v,
		   unsigned int top, int rows)
{
	size_t max = 0;

	for (int i = 0; i < rows && top + (unsigned int)i < v->n; i++) {
		struct cell c;

		cell_get(ui->s->md, col, v->row[top + (unsigned int)i], &c);
		if (!c.na && c.s && strlen(c.s) > max)
			max = strlen(c.s);
	}
	return (int)max;
}

/* What is left over for the first text column. */
static int spare_width(const struct ui *ui, const unsigned char *col, unsigned int n,
		       unsigned int *which)
{
	int used = 0;

	*which = n;
	for (unsigned int i = 0; i < n; i++) {
		used += col_width(ui, &columns[col[i]]) + (i ? 1 : 0);
		if (*which == n && columns[col[i]].type == CT_STR)
			*which = i;
	}
	return used > COLS ? 0 : COLS - used;
}

static void draw_cell(const struct ui *ui, int y, int x, int w, const struct column *col,
		      unsigned int row, bool first_text)
{
	const struct model *md = ui->s->md;
	struct cell c;
	char buf[CG_PATH_MAX];
	size_t len;

	cell_get(md, col, row, &c);
	cell_text(col, &c, ui->units, md->page_size, buf, sizeof(buf));
	len = strlen(buf);
	if (col->type == CT_STR) {
		/* of a path the end matters */
		if ((int)len > w && w > 2 && first_text && buf[0] == '/')
			put(y, x, A_NORMAL, "~%s", buf + len - (size_t)(w - 1));
		else
			put(y, x, A_NORMAL, "%.*s", w, buf);
	} else if ((int)len <= w) {
		put(y, x, A_NORMAL, "%*s", w, buf);
	} else {
		put(y, x, A_NORMAL, "%.*s", w, "##########");
	}
}

/* What an empty table means. */
static const char *nothing(const struct ui *ui, enum pane p)
{
	if (ui->match[0])
		return "(nothing matches the text filter)";
	if (p != PANE_DEV)
		return "(nothing in swap; i shows idle rows too)";
	if (ui->s->md->m[M_SWAP_TOTAL].cur == 0)
		return "(no swap device: everything stays in memory)";
	return "(which swap devices there are is not known)";
}

/* A pane as a table in lines [y, y + h). */
static void draw_table(struct ui *ui, enum pane p, int y, int h, unsigned int top)
{
	static struct view v;
	const struct layout *lay = &ui->s->opt->lay[p];
	unsigned char col[MAX_COLS];
	unsigned int n = draw_visible(ui, lay, col), flex;
	int spare = spare_width(ui, col, n, &flex);

	view_build(&v, ui->s->md, p, lay, ui->show, ui->match);
	ui->rows_total = v.n;
	ui->rows_drawn = h > 1 ? (unsigned int)h - 1 : 0;
	/* there may be fewer rows, or more lines, than when it was scrolled */
	if (top && top + ui->rows_drawn > v.n) {
		top = v.n > ui->rows_drawn ? v.n - ui->rows_drawn : 0;
		ui->top = top;
	}
	if (flex < n) {
		int need = longest(ui, &columns[col[flex]], &v, top, h - 1) - columns[col[flex]].width;

		spare = need < 0 ? 0 : need < spare ? need : spare;
	}
	for (int line = 0; line < h; line++) {
		int x = 0;

		for (unsigned int i = 0; i < n; i++) {
			const struct column *c = &columns[col[i]];
			int w = col_width(ui, c) + (i == flex ? spare : 0);
			unsigned int row = top + (unsigned int)line - 1;
			bool sorted = lay->sort == col[i];

			if (!line)
				put(y, x, (sorted ? A_BOLD | A_UNDERLINE : A_UNDERLINE) |
				    paint(ui, C_HEAD), c->type == CT_STR ? "%-*.*s" : "%*.*s",
				    w, w, c->name);
			else if (row < v.n)
				draw_cell(ui, y + line, x, w, c, v.row[row], i == flex);
			x += w + 1;
		}
	}
	if (!v.n && h > 1)
		put(y + 1, 0, A_NORMAL, "%s", nothing(ui, p));
}

/* ---- the matrix ---- */

static const char *matrix_cell(const struct ui *ui, unsigned int f, unsigned int t, char *buf,
			       size_t n)
{
	const struct model *md = ui->s->md;
	const struct pair *p = &md->mx[f][t];
	double r;

	if (p->cur == VT_NA || !md->mx_valid)
		return f == t ? "" : "-";
	if (ui->totals) {
		if (!p->cur)
			return ".";
		if (p->cur < 100000000)
			snprintf(buf, n, "%" PRIu64, p->cur);
		else
			rate_text((double)p->cur, buf, n);
		return buf;
	}
	r = model_rate(md, p);
	return r == 0 ? "." : rate_text(r, buf, n);
}

/* What is too wide for its cell is rounded, or shown as too wide, but never cut. */
static const char *fit(const char *s, double value, int w, char *buf, size_t n)
{
	static const char unit[] = "kMG";

	if ((int)strlen(s) <= w)
		return s;
	for (int u = 0; unit[u]; u++) {
		value /= 1e3;
		snprintf(buf, n, "%.0f%c", value, unit[u]);
		if ((int)strlen(buf) <= w)
			return buf;
	}
	return "####";
}

static void draw_matrix(struct ui *ui, int y, int h)
{
	const struct model *md = ui->s->md;
	int w = COLS / (int)(md->nstates + 1) - 1;
	char buf[32];

	if (w > 11)
		w = 11;
	if (w < 4)
		w = 4;
	put(y, 0, A_UNDERLINE | paint(ui, C_HEAD), "%-12.12s", ui->totals ? "pages from" : "pages/s from");
	for (unsigned int t = 0; t < md->nstates; t++)
		put(y, 13 + (int)t * (w + 1), A_UNDERLINE | paint(ui, C_HEAD), "%*.*s", w, w,
		    md->state_name[t]);
	for (unsigned int f = 0; f < md->nstates && (int)f + 1 < h; f++) {
		put(y + 1 + (int)f, 0, A_BOLD, "%-12.12s", md->state_name[f]);
		for (unsigned int t = 0; t < md->nstates; t++) {
			double v = ui->totals ? (double)md->mx[f][t].cur :
				   model_rate(md, &md->mx[f][t]);
			const char *s = fit(matrix_cell(ui, f, t, buf, sizeof(buf)), v, w, buf,
					    sizeof(buf));
			bool quiet = *s == '.' || *s == '-';

			put(y + 1 + (int)f, 13 + (int)t * (w + 1), quiet ? A_DIM : A_BOLD,
			    "%*.*s", w, w, s);
		}
	}
	ui->rows_total = md->nstates;
	ui->rows_drawn = (unsigned int)h;
}

/* what the states and the common moves mean; drawn below the matrix */
static void draw_legend(int y, int h)
{
	static const char *const text[] = {
		"Read it as: pages that went from the state at the left to the state on top.",
		"none  cached: the only copy is in memory      phys  on disk: a swap device",
		"none>zswap none>zero none>phys  swapped out      free>none  slot allocated",
		"zswap>none  loaded again        zswap>phys  writeback to disk",
		"any>free  the owner no longer needs it           any>poison  content lost",
	};

	for (int i = 0; i < (int)(sizeof(text) / sizeof(text[0])) && i < h; i++)
		put(y + i, 0, A_DIM, "%s", text[i]);
}

static void draw_history(struct ui *ui, int y, int h)
{
	static const struct {
		const char *label;
		int which;
		short pair;
	} g[] = {
		{ "out pages/s", 0, C_ZSWAP }, { "in pages/s", 1, C_PHYS },
		{ "used", 3, C_HEAD }, { "pressure %", 4, C_WARN },
	};
	int n = h >= 16 ? 4 : h >= 8 ? 2 : 1, each = h / n, w = COLS - 14;
	const struct model *md = ui->s->md;
	char a[32];

	if (w < 4)
		return;
	if (w > HIST_LEN)
		w = HIST_LEN;
	for (int i = 0; i < n; i++) {
		int top = y + i * each;
		double max = hist_max(md, (unsigned int)w, g[i].which);

		put(top, 0, A_BOLD, "%s", g[i].label);
		put(top + 1 < top + each ? top + 1 : top, 0, A_NORMAL, "max %s",
		    g[i].which == 3 && !isnan(max) ? size_of(ui, (uint64_t)max, a, sizeof(a)) :
		    rate_text(max, a, sizeof(a)));
		draw_graph(ui, top, 13, each > 1 ? each - 1 : 1, w, g[i].which, g[i].pair);
	}
}

/* ---- panes ---- */

static void draw_tabs(const struct ui *ui, int y)
{
	int x = put(y, 0, ui->pane == PANE_OVERVIEW ? A_REVERSE : A_NORMAL, "0 All");

	for (int p = 0; p < NR_PANES; p++) {
		x = put(y, x, A_NORMAL, "  ");
		x = put(y, x, ui->pane == p ? A_REVERSE : A_NORMAL, "%d %s", p + 1,
			pane_desc[p].title);
	}
	if (ui->match[0])
		put(y, x, paint(ui, C_HEAD), "  /%s", ui->match);
}

static void draw_pane(struct ui *ui, int p, int y, int h)
{
	const struct model *md = ui->s->md;

	if (h < 1)
		return;
	if (p == PANE_TRANS) {
		draw_matrix(ui, y, h);
		draw_legend(y + (int)md->nstates + 2, h - (int)md->nstates - 2);
	} else if (p == PANE_HIST) {
		draw_history(ui, y, h);
	} else {
		draw_table(ui, (enum pane)p, y, h, ui->top);
	}
}

static void draw_section(struct ui *ui, int p, int y, int h)
{
	int x;

	if (h < 3)
		return;
	x = put(y, 0, A_REVERSE, " %d %s ", p + 1, pane_desc[p].title);
	put(y, x, A_DIM, "  %s", pane_desc[p].hint);
	if (p == PANE_TRANS)
		draw_matrix(ui, y + 1, h - 1);
	else
		draw_table(ui, (enum pane)p, y + 1, h - 1, 0);
}

/* All that fits: the matrix, then cgroups and processes share what is left. */
static void draw_overview(struct ui *ui, int y, int h)
{
	const struct model *md = ui->s->md;
	int mh = (int)md->nstates + 2, dh = 0, rest, ch;

	for (unsigned int i = 0; i < md->ndev; i++)
		dh += !md->dev[i].gone;
	dh = dh ? (dh > 6 ? 6 : dh) + 3 : 0;
	/* in a small terminal who does it says more than the matrix */
	if (h < mh + 9)
		mh = 0;
	if (h < mh + dh + 12)
		dh = 0;
	rest = h - mh - (mh ? 1 : 0) - dh;
	/* two tables of a single row each would say less than one */
	ch = rest < 8 ? rest : rest / 2;
	if (mh) {
		draw_section(ui, PANE_TRANS, y, mh);
		y += mh + 1;
	}
	draw_section(ui, PANE_CG, y, ch);
	y += ch;
	draw_section(ui, PANE_PROC, y, rest - ch - (dh ? 1 : 0));
	y += rest - ch;
	if (dh)
		draw_section(ui, PANE_DEV, y, dh);
}

static void draw_footer(const struct ui *ui)
{
	int y = LINES - 1;

	if (ui->mode == MODE_PROMPT) {
		put(y, 0, A_BOLD, "%s: %s_", ui->prompt, ui->input);
		return;
	}
	if (ui->message[0]) {
		put(y, 0, A_BOLD, "%s", ui->message);
		return;
	}
	put(y, 0, A_DIM, COLS >= 72 ?
	    "q quit  h help  Tab pane  < > sort  r reverse  f columns  / find  space pause" :
	    "q quit  h help  Tab pane");
}

/* ---- special screens ---- */

static const char *const help_text[] = {
	"vswaptop shows what is swapped where, and who moves it.",
	"",
	"Used: memory that processes have in virtual swap slots.  Of these,",
	"  zswap   compressed in memory       zero    only zeros, nothing stored",
	"  disk    on a swap device (phys)    cached  only copy is in memory (none)",
	"  poison  lost to a read error       direct  on a disk, without such a slot",
	"Totals are kernel counters.  Who did it comes from trace events: the process",
	"that faulted a page in, or the one that reclaimed it - not its owner.",
	"The owner is the cgroup.  Lost events make shares too low, never totals.",
	"",
	"0..6 Tab  choose a pane             up down PgUp PgDn Home End  scroll",
	"< >       sort by another column    r  reverse the order",
	"f         choose columns            i  idle rows too    z  totals or rates",
	"u         human, bytes, pages       /  show rows with this text",
	"c         only this cgroup (in the kernel)    p  only this process",
	"d         seconds per sample        space  pause",
	"n         next sample (paused or replay)      b  replay from the start",
	"s         sample now                h ?  this help       q  quit",
	"",
	"Levels: full - counters and events; counters - no tracefs; events - no",
	"debugfs; unprivileged - neither.  '-' means: cannot be known here.",
};

#define NR_HELP ((int)(sizeof(help_text) / sizeof(help_text[0])))

unsigned int draw_help_rest(void)
{
	return NR_HELP > LINES - 1 ? (unsigned int)(NR_HELP - (LINES - 1)) : 0;
}

static void draw_help(const struct ui *ui)
{
	int top = (int)ui->top;

	for (int i = 0; top + i < NR_HELP && i < LINES - 1; i++)
		put(i, 0, top + i ? A_NORMAL : A_BOLD, "%s", help_text[top + i]);
	put(LINES - 1, 0, A_DIM, draw_help_rest() ? "any key: back   up/down: scroll" :
	    "any key: back");
}

static void draw_columns(const struct ui *ui)
{
	int p = ui->pane == PANE_OVERVIEW ? PANE_CG : ui->pane, line = 1, k = 0;
	const struct layout *lay = &ui->s->opt->lay[p];
	int room = LINES - 2, skip = (int)ui->cursor >= room ? (int)ui->cursor - room + 1 : 0;

	put(0, 0, A_BOLD, "Columns of the pane \"%s\"", pane_desc[p].title);
	for (unsigned int i = 0; i < ncolumns; i++) {
		bool on = false;

		if (columns[i].pane != (enum pane)p)
			continue;
		for (unsigned int j = 0; j < lay->n; j++)
			on |= lay->col[j] == i;
		if (k++ < skip || line > room)
			continue;
		put(line++, 0, k - 1 == (int)ui->cursor ? A_REVERSE : A_NORMAL, "[%c] %-10s %s",
		    on ? 'x' : ' ', columns[i].name, columns[i].help);
	}
	put(LINES - 1, 0, A_DIM, "space: on/off   s: sort by it   up/down   Enter: back");
}

/* For a terminal of a few lines: what matters most, no panes. */
static void draw_tiny(const struct ui *ui)
{
	const struct model *md = ui->s->md;
	char a[32], b[32];
	int y = 0;

	put(y++, 0, A_BOLD, "used %s %s", size_of(ui, md->m[M_SLOTS_USED].cur, a, sizeof(a)),
	    ui->paused ? "PAUSED" : level_name[md->level]);
	put(y++, 0, A_NORMAL, "out %s in %s", metric_rate(ui, M_OUT, a, sizeof(a)),
	    metric_rate(ui, M_IN, b, sizeof(b)));
	put(y++, 0, A_NORMAL, "zsw %s dsk %s", size_of(ui, md->m[M_SLOTS_ZSWAP].cur, a, sizeof(a)),
	    size_of(ui, md->m[M_SLOTS_PHYS].cur, b, sizeof(b)));
	snprintf(b, sizeof(b), "%" PRIu64, md->ev.lost.cur);
	put(y++, 0, A_NORMAL, "psi %s lost %s", centi(md->m[M_PSI_SOME10].cur, a, sizeof(a)),
	    md->ev.active && md->ev.lost_known ? b : "-");
	put(y++, 0, A_DIM, "q quit (too small)");
}

void draw(struct ui *ui)
{
	erase();
	if (LINES < 6 || COLS < 36) {
		draw_tiny(ui);
	} else if (ui->mode == MODE_HELP) {
		draw_help(ui);
	} else if (ui->mode == MODE_COLUMNS) {
		draw_columns(ui);
	} else {
		int y = draw_header(ui), h;

		if (LINES >= 12)
			draw_tabs(ui, y++);
		h = LINES - 1 - y;
		if (ui->pane == PANE_OVERVIEW)
			draw_overview(ui, y, h);
		else
			draw_pane(ui, ui->pane, y, h);
		draw_footer(ui);
	}
	refresh();
}
