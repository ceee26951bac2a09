// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vswaptop - what is swapped where, and who moves it, live
 *
 * main.c: the command line, and the loop of the modes without a screen
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "session.h"
#include "version.h"

enum {
	OPT_SORT = 256, OPT_CGROUP, OPT_PID, OPT_RECORD, OPT_REPLAY, OPT_SYSROOT, OPT_METRICS,
	OPT_PANE, OPT_BYTES, OPT_PAGES, OPT_IDLE, OPT_BUFFER, OPT_NOTRACE, OPT_ASCII, OPT_NOCOLOR,
	OPT_LISTCOLS,
};

static const struct option long_options[] = {
	{ "batch", no_argument, NULL, 'b' },
	{ "iterations", required_argument, NULL, 'n' },
	{ "delay", required_argument, NULL, 'd' },
	{ "json", no_argument, NULL, 'J' },
	{ "output", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "sort", required_argument, NULL, OPT_SORT },
	{ "cgroup", required_argument, NULL, OPT_CGROUP },
	{ "pid", required_argument, NULL, OPT_PID },
	{ "record", required_argument, NULL, OPT_RECORD },
	{ "replay", required_argument, NULL, OPT_REPLAY },
	{ "sysroot", required_argument, NULL, OPT_SYSROOT },
	{ "openmetrics", required_argument, NULL, OPT_METRICS },
	{ "pane", required_argument, NULL, OPT_PANE },
	{ "bytes", no_argument, NULL, OPT_BYTES },
	{ "pages", no_argument, NULL, OPT_PAGES },
	{ "idle", no_argument, NULL, OPT_IDLE },
	{ "buffer", required_argument, NULL, OPT_BUFFER },
	{ "no-trace", no_argument, NULL, OPT_NOTRACE },
	{ "ascii", no_argument, NULL, OPT_ASCII },
	{ "no-color", no_argument, NULL, OPT_NOCOLOR },
	{ "list-columns", no_argument, NULL, OPT_LISTCOLS },
	{ NULL, 0, NULL, 0 }
};

static const char usage_text[] =
	"Usage: vswaptop [options]\n"
	"Show what is swapped where, and who moves it.\n"
	"\n"
	" -b, --batch              print tables, one block per sample, no screen\n"
	" -J, --json               print one line of JSON per sample\n"
	" -n, --iterations N       end after N samples\n"
	" -d, --delay SECONDS      time between samples (default 2)\n"
	" -o, --output [+]COL,...  choose or add columns; PANE.COL for one pane only\n"
	"     --sort [PANE.]COL[:asc|:desc]\n"
	"                          sort the panes that have this column\n"
	"     --pane PANE,...      panes to print, or the first pane on the screen\n"
	"     --cgroup PATH        only events of this cgroup and those below it\n"
	"     --pid PID            only events of this process\n"
	"     --bytes, --pages     exact sizes in bytes or pages, exact rates\n"
	"     --idle               also cgroups that have nothing in swap\n"
	"     --record FILE        write every sample to FILE\n"
	"     --replay FILE        show a recorded file or a trace.dat of trace-cmd\n"
	"     --openmetrics FILE   replace FILE with metrics at every sample\n"
	"     --buffer KIB         trace buffer per CPU (default 128)\n"
	"     --no-trace           counters only, no trace events\n"
	"     --sysroot DIR        read files below DIR instead of /\n"
	"     --ascii, --no-color  plain characters; no colour (also: NO_COLOR)\n"
	"     --list-columns       print the names of all columns\n"
	" -h, --help               this text\n"
	" -V, --version            the version\n"
	"\n"
	"Exit status: 0 all went well, 1 an error, 2 wrong usage,\n"
	"3 this kernel has no virtual swap layer.\n";

static void print_columns(void)
{
	for (int p = 0; p < NR_PANES; p++) {
		printf("\nColumns of the pane \"%s\":\n", pane_desc[p].name);
		for (unsigned int i = 0; i < ncolumns; i++)
			if (columns[i].pane == (enum pane)p)
				printf("  %-10s %c %s\n", columns[i].name,
				       columns[i].flags & COL_DFLT ? '*' :
				       columns[i].flags & COL_WIDE ? '+' : ' ', columns[i].help);
	}
	printf("\n* shown by default, + shown when there is room\n");
}

static void print_help(void)
{
	fputs(usage_text, stdout);
	print_columns();
	fputs("\nKeys on the screen: press h there, or see vswaptop(8).\n", stdout);
}

static void list_columns(void)
{
	for (unsigned int i = 0; i < ncolumns; i++)
		printf("%s.%s\n", pane_desc[columns[i].pane].name, columns[i].name);
}

static int bad(const char *what, const char *value)
{
	fprintf(stderr, "vswaptop: %s: %s\nTry 'vswaptop --help'.\n", what, value);
	return EXIT_USAGE;
}

static bool parse_ulong(const char *s, unsigned long max, unsigned long *v)
{
	char *end;

	errno = 0;
	*v = strtoul(s, &end, 10);
	return *s >= '0' && *s <= '9' && !*end && !errno && *v <= max;
}

static int parse_panes(const char *s, unsigned int *panes)
{
	char name[32];

	*panes = 0;
	while (*s) {
		size_t len = strcspn(s, ",");
		int p;

		snprintf(name, sizeof(name), "%.*s", (int)(len < 31 ? len : 31), s);
		p = pane_find(name);
		if (!strcmp(name, "all"))
			*panes = (1u << NR_PANES) - 1;
		else if (p < 0)
			return bad("no such pane", name);
		else
			*panes |= 1u << p;
		s += len;
		s += *s == ',';
	}
	return *panes ? EXIT_OK : bad("no pane named", "--pane");
}

/* Options without a value; false when it is none of them. */
static bool parse_flag(struct options *o, int c)
{
	switch (c) {
	case 'b':
		o->batch = true;
		break;
	case 'J':
		o->json = true;
		break;
	case OPT_BYTES:
		o->units = UNITS_BYTES;
		break;
	case OPT_PAGES:
		o->units = UNITS_PAGES;
		break;
	case OPT_IDLE:
		o->idle = true;
		break;
	case OPT_NOTRACE:
		o->no_trace = true;
		break;
	case OPT_ASCII:
		o->ascii = true;
		break;
	case OPT_NOCOLOR:
		o->no_color = true;
		break;
	default:
		return false;
	}
	return true;
}

static int parse_value(struct options *o, int c, const char *arg)
{
	char name[64];
	unsigned long v;

	switch (c) {
	case 'n':
		if (!parse_ulong(arg, 1000000000, &o->count) || !o->count)
			return bad("not a number of samples", arg);
		break;
	case 'd':
		if (!vt_seconds(arg, &o->interval))
			return bad("delay must be from 0.05 to 86400 seconds", arg);
		break;
	case 'o':
		if (layout_option(o->lay, arg, name, sizeof(name)))
			return bad("no such column", name);
		break;
	case OPT_SORT:
		if (layout_sort(o->lay, arg))
			return bad("cannot sort by", arg);
		break;
	case OPT_CGROUP:
		if (!*arg || !options_cgroup(o, arg))
			return bad("not a cgroup path", arg);
		break;
	case OPT_PID:
		if (!parse_ulong(arg, 1 << 30, &v) || !v)
			return bad("not a process id", arg);
		o->pid = (int)v;
		break;
	case OPT_BUFFER:
		if (!parse_ulong(arg, 1 << 20, &v) || !v)
			return bad("not a buffer size in KiB", arg);
		o->buffer_kb = (unsigned int)v;
		break;
	case OPT_RECORD:
		o->record = arg;
		break;
	case OPT_REPLAY:
		o->replay = arg;
		break;
	case OPT_SYSROOT:
		o->sysroot = arg;
		break;
	case OPT_METRICS:
		o->openmetrics = arg;
		break;
	case OPT_PANE:
		return parse_panes(arg, &o->panes);
	default:
		fputs("Try 'vswaptop --help'.\n", stderr);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

static int parse_args(struct options *o, int argc, char **argv)
{
	int c, r;

	while ((c = getopt_long(argc, argv, "bJn:d:o:hV", long_options, NULL)) != -1) {
		if (c == 'h')
			print_help();
		else if (c == 'V')
			printf("vswaptop %s\n", VSWAPTOP_VERSION);
		else if (c == OPT_LISTCOLS)
			list_columns();
		if (c == 'h' || c == 'V' || c == OPT_LISTCOLS)
			exit(fflush(stdout) ? EXIT_FAIL : EXIT_OK);
		r = parse_flag(o, c) ? EXIT_OK : parse_value(o, c, optarg);
		if (r)
			return r;
	}
	if (optind < argc)
		return bad("unexpected argument", argv[optind]);
	if (o->batch && o->json)
		return bad("choose one of", "--batch, --json");
	if (o->replay && o->sysroot)
		return bad("choose one of", "--replay, --sysroot");
	if (o->replay && (o->cgroup[0] || o->pid))
		return bad("a recording cannot be filtered by", "--cgroup or --pid");
	return EXIT_OK;
}

/* With nothing but files to write there is no screen either. */
static int choose_mode(struct options *o)
{
	if (o->batch || o->json)
		return EXIT_OK;
	if (o->openmetrics || (o->record && !isatty(STDOUT_FILENO))) {
		o->quiet = true;
		return EXIT_OK;
	}
	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
		return bad("not a terminal", "use --batch or --json");
	return EXIT_OK;
}

static int emit(struct session *s, struct obuf *out)
{
	const struct options *o = s->opt;
	enum show show = o->idle ? SHOW_ALL : SHOW_EVER;
	int err = 0;

	if (o->json)
		err = json_sample(out, s->md, o->lay, o->panes ? o->panes : JSON_PANES, show);
	else if (o->batch)
		err = batch_sample(out, s->md, o->lay, o->panes ? o->panes :
				   (JSON_PANES | 1u << PANE_COUNTERS), o->units, show);
	if (err && err != -EPIPE)
		fprintf(stderr, "vswaptop: cannot write: %s\n", strerror(-err));
	return err;
}

/* Wait for the next sample's time, emptying the trace buffers meanwhile. */
static void wait_until(struct session *s, uint64_t deadline)
{
	while (!vt_quit && now_ns(CLOCK_MONOTONIC) < deadline)
		if (session_wait(s, deadline) & 1)
			session_drain(s);
}

static int run_batch(struct session *s)
{
	static struct obuf out = { .fd = STDOUT_FILENO };
	const struct options *o = s->opt;
	uint64_t next = now_ns(CLOCK_MONOTONIC);
	unsigned long n = 0;
	int r;

	for (;;) {
		/* the first sample and the last look at everything */
		bool last = vt_quit || (o->count && n + 1 >= o->count);

		r = session_sample(s, !n || last);
		if (r <= 0)
			return r < 0 ? EXIT_FAIL : EXIT_OK;
		r = emit(s, &out);
		if (r)
			return r == -EPIPE ? EXIT_OK : EXIT_FAIL;
		n++;
		if (last)
			return EXIT_OK;
		if (s->replay)
			continue;
		next += o->interval;
		if (next < now_ns(CLOCK_MONOTONIC))
			next = now_ns(CLOCK_MONOTONIC);
		wait_until(s, next);
	}
}

/* No file that is opened may become the one that output or messages go to. */
static void fill_standard_files(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
			return;
}

int main(int argc, char **argv)
{
	static struct options opt = { .interval = 2000000000ULL, .buffer_kb = 128 };
	static struct session s;
	int r, c;

	fill_standard_files();
	layout_default(opt.lay);
	r = parse_args(&opt, argc, argv);
	if (!r)
		r = choose_mode(&opt);
	if (r)
		return r;
	session_signals();
	r = session_start(&s, &opt);
	if (!r)
		r = opt.batch || opt.json || opt.quiet ? run_batch(&s) : screen_run(&s);
	c = session_stop(&s);
	return r ? r : c;
}
