/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session.h - one run: where samples come from and where they are kept
 */
#ifndef VSWAPTOP_SESSION_H
#define VSWAPTOP_SESSION_H

#include "events.h"
#include "output.h"
#include "sources.h"

/** struct options - the command line */
struct options {
	bool batch;		/* tables on stdout */
	bool json;		/* JSON lines on stdout */
	bool quiet;		/* neither, only files are written */
	bool no_trace;
	bool ascii;
	bool no_color;
	enum units units;
	bool idle;
	unsigned long count;	/* samples, 0: no limit */
	uint64_t interval;	/* nanoseconds */
	unsigned int panes;	/* bit per enum pane, 0: default */
	unsigned int buffer_kb;
	const char *openmetrics;
	const char *record;
	const char *replay;
	const char *sysroot;
	char cgroup[CG_PATH_MAX];
	int pid;
	struct layout lay[NR_PANES];
};

/**
 * struct session - the state of a run
 * @md: the model, static
 * @replay: NULL when live
 * @replay_over: the last record was loaded; samples stand still
 * @no_trace: why nothing is traced, "" when it is
 * @epfd: epoll set of the trace buffers; terminal and so on may be added
 */
struct session {
	struct options *opt;
	struct model *md;
	struct access acc;
	struct ev_filter flt;
	struct replay *replay;
	bool replay_over;
	bool user_filter;	/* too many terms for a kernel filter */
	char no_trace[128];
	int epfd;
	bool on_screen;		/* the terminal is not ours to write messages to */
	char problem[300];	/* the last message that had to wait for that reason */
};

/**
 * options_cgroup - take a cgroup to filter by, as people type or paste it
 * @text: a path with or without the first slash, or "id:N"; "" for no filter
 *
 * Return: false when it is too long for a path.
 */
bool options_cgroup(struct options *o, const char *text);

/** session_start - open everything; returns an exit code, EXIT_OK to go on */
int session_start(struct session *s, struct options *opt);

/**
 * session_sample - take or load one sample, and record it
 * @full: look at every cgroup and process, whatever it takes
 *
 * Return: 1; 0 at the end of a replay; negative on an error that was reported.
 */
int session_sample(struct session *s, bool full);

/** session_drain - empty the trace buffers between samples */
void session_drain(struct session *s);

/**
 * session_cgroup - the cgroup in the options has changed: take off the mount point
 * that people paste along
 *
 * Return: false when there is no such cgroup now.
 */
bool session_cgroup(struct session *s);

/** session_refilter - the filter in the options has changed */
void session_refilter(struct session *s);

/** session_stop - remove the trace instance, close files; returns an exit code */
int session_stop(struct session *s);

/**
 * session_wait - wait for trace data, other registered input or a point in time
 * @deadline: CLOCK_MONOTONIC nanoseconds
 *
 * Return: bits of what is ready: 1 trace data, 2 input; 0 for the deadline or a
 * signal.
 */
unsigned int session_wait(struct session *s, uint64_t deadline);

/** session_signals - install handlers; vt_quit tells of them later */
void session_signals(void);

/** screen_run - the interactive screen; returns an exit code */
int screen_run(struct session *s);

/** screen_on - the terminal is in use; for a signal handler */
bool screen_on(void);

/** screen_abandon - give a terminal back that takes no output; for a signal handler */
void screen_abandon(void);

/** screen_reset - give the terminal back, also from a signal handler */
void screen_reset(void);

#endif
