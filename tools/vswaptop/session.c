// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * session.c - start, sample, wait, stop
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "session.h"
#include "trace.h"

/* of an interval, the share that one scan of cgroups or processes may take */
#define SCAN_SHARE 400

/* how long the terminal may take to show the last of it */
#define STUCK_SECONDS 3

static struct model model;
static struct obuf record_out = { .fd = -1 };

/* Tell at once, or once the screen has been given back. */
static void __attribute__((format(printf, 2, 3))) complain(struct session *s, const char *fmt, ...)
{
	char text[sizeof(s->problem)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (s->on_screen)
		vt_copy(s->problem, text, sizeof(s->problem));
	else
		fprintf(stderr, "vswaptop: %s\n", text);
}

static void on_quit(int sig)
{
	(void)sig;
	vt_quit = 1;
	/* curses tries to write for ever; a terminal may have stopped for ever */
	if (screen_on())
		alarm(STUCK_SECONDS);
}

/* The terminal has taken nothing since a signal asked to end. */
static void on_stuck(int sig)
{
	(void)sig;
	trace_emergency_stop();
	screen_abandon();
	_exit(EXIT_FAIL);
}

/* Leave nothing behind even when the tool itself is broken. */
static void on_crash(int sig)
{
	trace_emergency_stop();
	screen_reset();
	signal(sig, SIG_DFL);
	raise(sig);
}

/* all that would end it without the trace instance being removed */
static int quit[128];
static size_t nquit;

static void list_quit(void)
{
	static const int named[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGVTALRM,
				     SIGPROF, SIGIO, SIGPWR, SIGXCPU, SIGSTKFLT };

	nquit = 0;
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		quit[nquit++] = named[i];
	for (int sig = SIGRTMIN; sig <= SIGRTMAX && nquit < 128; sig++)
		quit[nquit++] = sig;
}

void session_signals(void)
{
	static const int crash[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGQUIT,
				     SIGSYS, SIGTRAP };
	struct sigaction sa = { .sa_handler = on_quit };

	/* no SA_RESTART: a write to a stuck pipe must notice */
	list_quit();
	for (size_t i = 0; i < nquit; i++)
		sigaction(quit[i], &sa, NULL);
	sa.sa_handler = on_stuck;
	sigaction(SIGALRM, &sa, NULL);
	sa.sa_handler = on_crash;
	sa.sa_flags = (int)SA_RESETHAND;
	for (size_t i = 0; i < sizeof(crash) / sizeof(crash[0]); i++)
		sigaction(crash[i], &sa, NULL);
	/* these come back as errors of write() */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

static int start_replay(struct session *s)
{
	char err[160];

	s->replay = replay_open(s->opt->replay, s->opt->interval, err, sizeof(err));
	if (!s->replay) {
		fprintf(stderr, "vswaptop: %s: %s\n", s->opt->replay, err);
		return EXIT_FAIL;
	}
	snprintf(s->md->tag, sizeof(s->md->tag), "%s", s->opt->replay);
	return EXIT_OK;
}

static void start_trace(struct session *s)
{
	bool live = sysroot_is_live();

	if (live)
		trace_clean_stale();
	if (s->opt->no_trace)
		vt_copy(s->no_trace, "tracing off (--no-trace)", sizeof(s->no_trace));
	else if (!live)
		vt_copy(s->no_trace, "captured tree, no events", sizeof(s->no_trace));
	else if (!trace_start(s->md, s->opt->buffer_kb, s->no_trace, sizeof(s->no_trace)))
		trace_poll_add(s->epfd);
}

bool options_cgroup(struct options *o, const char *text)
{
	if (strlen(text) >= sizeof(o->cgroup) - 1)
		return false;
	snprintf(o->cgroup, sizeof(o->cgroup), "%s%s",
		 !*text || *text == '/' || !strncmp(text, "id:", 3) ? "" : "/", text);
	return true;
}

bool session_cgroup(struct session *s)
{
	const char *root = cgroups_root();
	size_t n = root ? strlen(root) : 0;
	char *path = s->opt->cgroup;

	if (n && !strncmp(path, root, n) && (path[n] == '/' || !path[n]))
		memmove(path, path + n, strlen(path + n) + 1);
	return !*path || model_select(s->md, path);
}

/* Two files per CPU are more than the usual limit allows on the largest machines. */
static void raise_file_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return;
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
}

static int start_live(struct session *s)
{
	const char *root = s->opt->sysroot ? s->opt->sysroot : "/";
	int err;

	raise_file_limit();
	err = sysroot_open(root);
	if (err) {
		fprintf(stderr, "vswaptop: %s: %s\n", root, strerror(-err));
		return EXIT_FAIL;
	}
	counters_probe(&s->acc);
	if (s->acc.err) {
		fprintf(stderr, "vswaptop: /sys/kernel/mm/vswap: %s\n", strerror(s->acc.err));
		return EXIT_FAIL;
	}
	if (!s->acc.vswap) {
		fprintf(stderr, "vswaptop: this kernel has no virtual swap layer "
			"(no /sys/kernel/mm/vswap)\n");
		return EXIT_NOVSWAP;
	}
	s->md->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	if (sysroot_is_live())
		gethostname(s->md->host, sizeof(s->md->host) - 1);
	else
		vt_copy(s->md->host, "sysroot", sizeof(s->md->host));
	/* cgroup ids must be known before a filter on them can be made */
	cgroups_scan(s->md, 0);
	if (!session_cgroup(s))
		complain(s, "warning: there is no cgroup %s now", s->opt->cgroup);
	start_trace(s);
	session_refilter(s);
	return EXIT_OK;
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int start_record(struct session *s)
{
	if (!s->opt->record)
		return EXIT_OK;
	if (s->opt->replay && same_file(s->opt->replay, s->opt->record)) {
		fprintf(stderr, "vswaptop: %s: cannot be replayed and written at once\n",
			s->opt->record);
		return EXIT_FAIL;
	}
	record_out.fd = open(s->opt->record, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (record_out.fd >= 0)
		return EXIT_OK;
	fprintf(stderr, "vswaptop: %s: %s\n", s->opt->record, strerror(errno));
	return EXIT_FAIL;
}

/*
 * The metrics file is replaced, not written into: root would lose /dev/null.
 */
static int check_metrics(const struct options *opt)
{
	struct stat st;

	if (!opt->openmetrics || lstat(opt->openmetrics, &st) || S_ISREG(st.st_mode))
		return EXIT_OK;
	fprintf(stderr, "vswaptop: %s: not a regular file that can be replaced\n",
		opt->openmetrics);
	return EXIT_FAIL;
}

int session_start(struct session *s, struct options *opt)
{
	int r;

	memset(s, 0, sizeof(*s));
	s->opt = opt;
	s->md = &model;
	model_init(&model);
	s->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epfd < 0) {
		fprintf(stderr, "vswaptop: epoll: %s\n", strerror(errno));
		return EXIT_FAIL;
	}
	r = check_metrics(opt);
	if (!r)
		r = opt->replay ? start_replay(s) : start_live(s);
	return r ? r : start_record(s);
}

void session_refilter(struct session *s)
{
	if (s->replay)
		return;
	vt_copy(s->md->filter_cgroup, s->opt->cgroup, sizeof(s->md->filter_cgroup));
	s->md->filter_pid = s->opt->pid;
	s->user_filter = trace_filter(s->md, s->opt->cgroup, s->opt->pid, &s->flt) > 0;
}

void session_drain(struct session *s)
{
	if (trace_active())
		trace_drain(s->md, &s->flt);
}

static void set_level(struct session *s)
{
	struct model *md = s->md;

	if (trace_active())
		md->level = s->acc.counters ? LEVEL_FULL : LEVEL_EVENTS;
	else
		md->level = s->acc.counters ? LEVEL_COUNTERS : LEVEL_UNPRIV;
	/* of this sample: debugfs may come and go */
	vt_copy(md->note, md->level == LEVEL_EVENTS ? "debugfs counters cannot be read" :
		s->no_trace, sizeof(md->note));
}

static void sample_live(struct session *s, bool full)
{
	struct model *md = s->md;
	uint64_t budget = full ? 0 : s->opt->interval / SCAN_SHARE + 1;

	model_begin(md, now_ns(CLOCK_REALTIME), now_ns(CLOCK_MONOTONIC));
	/*
	 * Counters before events: under load events then are a little ahead, and
	 * pages are never called unattributed that merely have not been read yet.
	 */
	counters_read(md, &s->acc);
	if (trace_active()) {
		trace_drain(md, &s->flt);
		trace_read_losses(md);
	}
	model_commit(md);
	devices_read(md);
	cgroups_scan(md, budget);
	procs_scan(md, budget);
	session_refilter(s);
	set_level(s);
	model_end(md);
}

static int sample_replay(struct session *s)
{
	char err[160];
	int r = replay_next(s->replay, s->md, err, sizeof(err));

	if (r < 0)
		complain(s, "%s: %s", s->opt->replay, err);
	else if (!r && err[0] && !s->replay_over)
		complain(s, "%s: warning: %s", s->opt->replay, err);
	if (r <= 0)
		s->replay_over = true;
	return r;
}

static int write_files(struct session *s)
{
	int err = 0;

	if (record_out.fd >= 0) {
		err = json_sample(&record_out, s->md, NULL, JSON_PANES,
				  s->opt->idle ? SHOW_ALL : SHOW_EVER);
		if (err)
			complain(s, "%s: %s", s->opt->record, strerror(-err));
	}
	if (!err && s->opt->openmetrics) {
		err = metrics_write(s->opt->openmetrics, s->md);
		if (err)
			complain(s, "%s: %s", s->opt->openmetrics, strerror(-err));
	}
	return err;
}

int session_sample(struct session *s, bool full)
{
	int r = 1;

	if (s->replay)
		r = sample_replay(s);
	else
		sample_live(s, full);
	if (r > 0 && write_files(s))
		return -EIO;
	return r;
}

unsigned int session_wait(struct session *s, uint64_t deadline)
{
	struct epoll_event ev[16];
	sigset_t block, old;
	uint64_t now = now_ns(CLOCK_MONOTONIC);
	unsigned int ready = 0;
	int n, ms;

	if (now >= deadline)
		return 0;
	ms = (int)((deadline - now + 999999) / 1000000);
	/* a signal between the test and the wait must not be missed */
	sigemptyset(&block);
	for (size_t i = 0; i < nquit; i++)
		sigaddset(&block, quit[i]);
	sigprocmask(SIG_BLOCK, &block, &old);
	n = vt_quit ? 0 : epoll_pwait(s->epfd, ev, 16, ms, &old);
	sigprocmask(SIG_SETMASK, &old, NULL);
	for (int i = 0; i < n; i++)
		ready |= ev[i].data.u32;
	return ready;
}

int session_stop(struct session *s)
{
	int err = trace_stop();

	/* the screen has been given back */
	if (err)
		fprintf(stderr, "vswaptop: the trace instance vswaptop-%d stays, switched off: %s\n",
			(int)getpid(), strerror(-err));
	replay_close(s->replay);
	s->replay = NULL;
	if (record_out.fd >= 0)
		close(record_out.fd);
	record_out.fd = -1;
	close(s->epfd);
	return err ? EXIT_FAIL : EXIT_OK;
}
