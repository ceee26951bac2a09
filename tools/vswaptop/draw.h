/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * draw.h - draws the model on the curses screen
 */
#ifndef VSWAPTOP_DRAW_H
#define VSWAPTOP_DRAW_H

#include "session.h"

/** enum mode - what the keyboard talks to */
enum mode { MODE_PANE, MODE_HELP, MODE_COLUMNS, MODE_PROMPT };

#define PANE_OVERVIEW NR_PANES

/**
 * struct ui - what is shown and how
 * @pane: enum pane or PANE_OVERVIEW
 * @top: first row shown; @cursor: row of the column chooser
 * @totals: the matrix shows totals, not rates
 * @match: text filter; @prompt, @input: the line being typed
 * @message: one line for the user, shown until the next key
 */
struct ui {
	struct session *s;
	enum mode mode;
	int pane;
	unsigned int top;
	unsigned int cursor;
	bool paused;
	bool totals;
	bool color;
	bool utf8;
	enum show show;
	enum units units;
	char match[64];
	char prompt_key;
	const char *prompt;
	char input[CG_PATH_MAX];
	char message[160];
	unsigned int rows_drawn;	/* by the last table, for paging */
	unsigned int rows_total;
};

/** draw_init - colours and characters, after initscr() */
void draw_init(struct ui *ui);

/** draw - the whole screen, whatever its size */
void draw(struct ui *ui);

/** draw_help_rest - lines of the help that do not fit */
unsigned int draw_help_rest(void);

/** draw_visible - columns of a pane that fit on the screen; returns how many */
unsigned int draw_visible(const struct ui *ui, const struct layout *lay, unsigned char *out);

#endif
