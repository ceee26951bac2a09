// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * screen.c - the interactive loop: keys, prompts, pausing, resizing
 */
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <curses.h>

#include "draw.h"
#include "trace.h"

#define KEY_ESC 27

static struct ui ui;
static volatile sig_atomic_t on;

/* how to leave the screen without curses */
static struct termios before;
static char leave[64];

void screen_reset(void)
{
	if (on) {
		on = false;
		endwin();
		/* the terminal took it all; what is left to do may take its time */
		alarm(0);
	}
}

bool screen_on(void)
{
	return on;
}

void screen_abandon(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

	tcflow(STDOUT_FILENO, TCOON);
	tcflush(STDOUT_FILENO, TCOFLUSH);
	tcsetattr(STDOUT_FILENO, TCSANOW, &before);
	if (poll(&p, 1, 0) > 0 && write(STDOUT_FILENO, leave, strlen(leave)) < 0)
		return;
}

static int current_pane(void)
{
	return ui.pane == PANE_OVERVIEW ? PANE_CG : ui.pane;
}

static struct layout *current_layout(void)
{
	return &ui.s->opt->lay[current_pane()];
}

static void say(const char *text)
{
	vt_copy(ui.message, text, sizeof(ui.message));
}

static void scroll_by(int lines)
{
	long top = (long)ui.top + lines;
	long max = (long)ui.rows_total - (long)ui.rows_drawn;

	if (top > max)
		top = max;
	ui.top = top < 0 ? 0 : (unsigned int)top;
}

static void set_pane(int pane)
{
	ui.pane = pane;
	ui.top = 0;
}

/* Sort by the visible column left or right of the present one. */
static void move_sort(int step)
{
	struct layout *lay = current_layout();
	unsigned char col[MAX_COLS];
	unsigned int n = draw_visible(&ui, lay, col);
	int at = -1;

	if (!n || ui.pane == PANE_TRANS || ui.pane == PANE_HIST)
		return;
	for (unsigned int i = 0; i < n; i++)
		if (col[i] == lay->sort)
			at = (int)i;
	at = at < 0 ? 0 : (at + step + (int)n) % (int)n;
	lay->sort = col[at];
	lay->desc = columns[col[at]].type != CT_STR;
	snprintf(ui.message, sizeof(ui.message), "sorted by %s", columns[col[at]].name);
}

/* ---- prompts ---- */

static void ask(char key, const char *prompt, const char *preset)
{
	ui.mode = MODE_PROMPT;
	ui.prompt_key = key;
	ui.prompt = prompt;
	vt_copy(ui.input, preset, sizeof(ui.input));
}

static void answer_delay(void)
{
	if (!vt_seconds(ui.input, &ui.s->opt->interval))
		say("not a number of seconds from 0.05 to 86400");
}

static void answer_cgroup(void)
{
	if (!options_cgroup(ui.s->opt, strcmp(ui.input, "/") ? ui.input : ""))
		say("this is too long for the path of a cgroup");
	else if (!session_cgroup(ui.s))
		say("there is no such cgroup now");
	session_refilter(ui.s);
}

static void answer_pid(void)
{
	ui.s->opt->pid = atoi(ui.input) > 0 ? atoi(ui.input) : 0;
	session_refilter(ui.s);
}

static void answer(void)
{
	ui.mode = MODE_PANE;
	switch (ui.prompt_key) {
	case 'd':
		answer_delay();
		break;
	case 'c':
		answer_cgroup();
		break;
	case 'p':
		answer_pid();
		break;
	default:
		vt_copy(ui.match, ui.input, sizeof(ui.match));
		ui.top = 0;
	}
}

static void prompt_key(int c)
{
	size_t n = strlen(ui.input);

	if (c == KEY_ESC) {
		ui.mode = MODE_PANE;
	} else if (c == '\n' || c == '\r' || c == KEY_ENTER) {
		answer();
	} else if (c == KEY_BACKSPACE || c == 127 || c == 8) {
		if (n)
			ui.input[n - 1] = '\0';
	} else if (c == 21) {	/* ^U */
		ui.input[0] = '\0';
	} else if (c >= 32 && c < 127 && n < sizeof(ui.input) - 1) {
		ui.input[n] = (char)c;
		ui.input[n + 1] = '\0';
	}
}

/* ---- column chooser ---- */

static int nth_column(unsigned int n)
{
	for (unsigned int i = 0; i < ncolumns; i++)
		if (columns[i].pane == (enum pane)current_pane() && !n--)
			return (int)i;
	return -1;
}

static void toggle_column(int col)
{
	struct layout *lay = current_layout();
	unsigned int n = 0;
	bool had = false;

	for (unsigned int i = 0; i < lay->n; i++) {
		if (lay->col[i] == col)
			had = true;
		else
			lay->col[n++] = lay->col[i];
	}
	lay->n = n;
	if (!had && n < MAX_COLS) {
		/* back to its place in the table, not to the end */
		while (n && lay->col[n - 1] > col) {
			lay->col[n] = lay->col[n - 1];
			n--;
		}
		lay->col[n] = (unsigned char)col;
		lay->n++;
	} else if (!lay->n) {
		lay->col[lay->n++] = (unsigned char)col;
		say("one column must stay");
	}
	lay->chosen = true;
}

static void columns_key(int c)
{
	int col = nth_column(ui.cursor);

	switch (c) {
	case KEY_UP:
	case 'k':
		ui.cursor -= ui.cursor > 0;
		break;
	case KEY_DOWN:
	case 'j':
		ui.cursor += nth_column(ui.cursor + 1) >= 0;
		break;
	case ' ':
		toggle_column(col);
		break;
	case 's':
		current_layout()->sort = col;
		current_layout()->desc = columns[col].type != CT_STR;
		break;
	default:
		ui.mode = MODE_PANE;
	}
}

/* ---- keys ---- */

static void next_units(void)
{
	static const char *const name[] = { "sizes: human", "sizes: bytes", "sizes: pages" };

	ui.units = (enum units)((ui.units + 1) % 3);
	say(name[ui.units]);
}

static bool is_scroll_key(int c)
{
	return c == KEY_UP || c == KEY_DOWN || c == KEY_PPAGE || c == KEY_NPAGE ||
	       c == KEY_HOME || c == KEY_END || c == 'j' || c == 'k';
}

static bool scroll_key(int c)
{
	if (ui.pane == PANE_OVERVIEW && is_scroll_key(c)) {
		say("this shows the first rows of each pane: choose one, 1 to 6, to scroll");
		return true;
	}
	switch (c) {
	case KEY_UP:
	case 'k':
		scroll_by(-1);
		return true;
	case KEY_DOWN:
	case 'j':
		scroll_by(1);
		return true;
	case KEY_PPAGE:
		scroll_by(-(int)ui.rows_drawn);
		return true;
	case KEY_NPAGE:
		scroll_by((int)ui.rows_drawn);
		return true;
	case KEY_HOME:
		ui.top = 0;
		return true;
	case KEY_END:
		scroll_by(MAX_TASKS);
		return true;
	default:
		return false;
	}
}

/* Keys that change what is seen; true when the key was one of them. */
static bool view_key(int c)
{
	switch (c) {
	case '\t':
		set_pane((ui.pane + 1) % (NR_PANES + 1));
		return true;
	case KEY_BTAB:
		set_pane((ui.pane + NR_PANES) % (NR_PANES + 1));
		return true;
	case '<':
	case KEY_LEFT:
		move_sort(-1);
		return true;
	case '>':
	case KEY_RIGHT:
		move_sort(1);
		return true;
	case 'r':
		current_layout()->desc = !current_layout()->desc;
		return true;
	case 'u':
		next_units();
		return true;
	case 'z':
		ui.totals = !ui.totals;
		say(ui.totals ? "matrix: totals since boot" : "matrix: pages per second");
		return true;
	case 'i':
		ui.show = ui.show == SHOW_ACTIVE ? SHOW_ALL : SHOW_ACTIVE;
		say(ui.show == SHOW_ALL ? "idle rows shown" : "idle rows hidden");
		return true;
	case 'f':
		ui.mode = MODE_COLUMNS;
		ui.cursor = 0;
		return true;
	case 'h':
	case '?':
	case KEY_F(1):
		ui.mode = MODE_HELP;
		ui.top = 0;
		return true;
	default:
		return scroll_key(c);
	}
}

/* What a key asks of the loop besides a redraw. */
enum ask { ASK_NOTHING, ASK_SAMPLE, ASK_REWIND, ASK_QUIT };

static void filter_key(int c)
{
	char buf[32];

	if (c == '/') {
		ask('/', "show rows with this text (empty: all)", ui.match);
	} else if (c == 'd') {
		snprintf(buf, sizeof(buf), "%.4g", (double)ui.s->opt->interval / 1e9);
		ask('d', "seconds between samples", buf);
	} else if (ui.s->replay) {
		say("a recording cannot be filtered by cgroup or process");
	} else if (!trace_active()) {
		say("no events are traced, so there is nothing to filter");
	} else if (c == 'c') {
		ask('c', "only events of cgroup (empty: all)", ui.s->opt->cgroup);
	} else {
		snprintf(buf, sizeof(buf), "%d", ui.s->opt->pid);
		ask('p', "only events of pid (empty: all)", ui.s->opt->pid ? buf : "");
	}
}

static enum ask pane_key(int c)
{
	if (view_key(c))
		return ASK_NOTHING;
	if (c >= '0' && c <= '0' + NR_PANES) {
		set_pane(c == '0' ? PANE_OVERVIEW : c - '1');
		return ASK_NOTHING;
	}
	switch (c) {
	case 'q':
	case 'Q':
		return ASK_QUIT;
	case ' ':
		ui.paused = !ui.paused;
		break;
	case 's':
	case 'n':
		return ASK_SAMPLE;
	case 'b':
		return ui.s->replay ? ASK_REWIND : ASK_NOTHING;
	case '/':
	case 'd':
	case 'c':
	case 'p':
		filter_key(c);
		break;
	case 12:	/* ^L */
		clearok(curscr, TRUE);
		break;
	default:
		break;
	}
	return ASK_NOTHING;
}

static enum ask handle_key(int c)
{
	/* no key of the user's: what a message says has still to be read */
	if (c == KEY_RESIZE)
		return ASK_NOTHING;
	ui.message[0] = '\0';
	if (ui.mode == MODE_PROMPT) {
		prompt_key(c);
	} else if (ui.mode == MODE_COLUMNS) {
		columns_key(c);
	} else if (ui.mode == MODE_HELP) {
		if (c == KEY_DOWN || c == 'j')
			ui.top += ui.top < draw_help_rest();
		else if (c == KEY_UP || c == 'k')
			ui.top -= ui.top > 0;
		else
			set_pane(ui.pane);
		if (c != KEY_DOWN && c != KEY_UP && c != 'j' && c != 'k')
			ui.mode = MODE_PANE;
	} else {
		return pane_key(c);
	}
	return ASK_NOTHING;
}

/* All keys that are waiting; a resize storm ends in one redraw. */
static enum ask read_keys(bool *any)
{
	enum ask r = ASK_NOTHING;
	int c;

	*any = false;
	while (r != ASK_QUIT && (c = getch()) != ERR) {
		enum ask k = handle_key(c);

		*any = true;
		if (k > r)
			r = k;
	}
	return r;
}

/* A string of the terminal's description, "" when it has none. */
static const char *capability(const char *name)
{
	const char *s = tigetstr(name);

	return s && s != (const char *)-1 ? s : "";
}

static bool take_terminal(struct session *s)
{
	SCREEN *scr;

	tcgetattr(STDOUT_FILENO, &before);
	scr = newterm(NULL, stdout, stdin);
	if (!scr) {
		fprintf(stderr, "vswaptop: cannot use this terminal (TERM=%s); try --batch\n",
			getenv("TERM") ? getenv("TERM") : "");
		return false;
	}
	set_term(scr);
	snprintf(leave, sizeof(leave), "%s%s", capability("rmcup"), capability("cnorm"));
	on = s->on_screen = true;
	cbreak();
	noecho();
	nonl();
	curs_set(0);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	return true;
}

static int begin(struct session *s)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = 2 };
	const char *no_color = getenv("NO_COLOR");

	setlocale(LC_ALL, "");
	/* numbers are written with a dot everywhere */
	setlocale(LC_NUMERIC, "C");
	if (!take_terminal(s))
		return EXIT_FAIL;
	ui.s = s;
	ui.color = !s->opt->no_color && !(no_color && *no_color);
	ui.units = s->opt->units;
	ui.show = s->opt->idle ? SHOW_ALL : SHOW_ACTIVE;
	ui.pane = PANE_OVERVIEW;
	for (int p = NR_PANES - 1; p >= 0; p--)
		if (s->opt->panes & (1u << p))
			ui.pane = p;
	draw_init(&ui);
	epoll_ctl(s->epfd, EPOLL_CTL_ADD, STDIN_FILENO, &e);
	return EXIT_OK;
}

static int rewind_replay(struct session *s)
{
	char tag[sizeof(s->md->tag)];

	vt_copy(tag, s->md->tag, sizeof(tag));
	replay_rewind(s->replay);
	model_init(s->md);
	vt_copy(s->md->tag, tag, sizeof(tag));
	s->replay_over = false;
	return session_sample(s, false);
}

/* Take a sample when it is time for one; an exit code when that was the end of it. */
static int sample_if_due(struct session *s, uint64_t *next, bool *dirty)
{
	static unsigned long n;
	int r;

	if (ui.paused || now_ns(CLOCK_MONOTONIC) < *next)
		return -1;
	r = s->replay_over ? 0 : session_sample(s, !n);
	if (r == 0 && s->problem[0])
		say(s->problem);
	if (r < 0)
		return EXIT_FAIL;
	*dirty = true;
	if (++n >= s->opt->count && s->opt->count)
		return EXIT_OK;
	*next += s->opt->interval;
	if (*next < now_ns(CLOCK_MONOTONIC))
		*next = now_ns(CLOCK_MONOTONIC) + s->opt->interval;
	return -1;
}

static int loop(struct session *s)
{
	uint64_t next = now_ns(CLOCK_MONOTONIC);
	int deaf = 0, r;
	bool any, dirty = true;

	for (;;) {
		enum ask what = ASK_NOTHING;
		unsigned int ready;

		r = sample_if_due(s, &next, &dirty);
		/* not when there was only trace data to fetch: drawing costs more than that */
		if (dirty)
			draw(&ui);
		dirty = false;
		if (r >= 0)
			return r;
		/* paused means the screen; events are still counted */
		ready = session_wait(s, ui.paused ? now_ns(CLOCK_MONOTONIC) + 1000000000ULL : next);
		if (vt_quit)
			return EXIT_OK;
		if (ready & 1)
			session_drain(s);
		what = read_keys(&any);
		dirty = any;
		/* input that never is a key: the terminal is gone */
		deaf = (ready & 2) && !any ? deaf + 1 : 0;
		if (what == ASK_QUIT || deaf > 100)
			return EXIT_OK;
		if (what == ASK_REWIND && rewind_replay(s) < 0)
			return EXIT_FAIL;
		if (what == ASK_SAMPLE && !s->replay_over && session_sample(s, false) < 0)
			return EXIT_FAIL;
		if (next > now_ns(CLOCK_MONOTONIC) + s->opt->interval)
			next = now_ns(CLOCK_MONOTONIC) + s->opt->interval;
	}
}

int screen_run(struct session *s)
{
	int r = begin(s);

	if (r)
		return r;
	r = loop(s);
	screen_reset();
	if (s->problem[0])
		fprintf(stderr, "vswaptop: %s\n", s->problem);
	return r;
}
