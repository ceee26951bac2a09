// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * unit.c - tests of the parts that need no kernel; prints TAP
 */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "columns.h"
#include "events.h"
#include "output.h"
#include "tests/gen.h"
#include "tests/unit.h"
#include "tracedat.h"

static struct model md, md2;
static int count, failed;

void check(bool ok, const char *name)
{
	count++;
	failed += !ok;
	printf("%sok %d - %s\n", ok ? "" : "not ", count, name);
}

void check_eq(uint64_t got, uint64_t want, const char *name)
{
	check(got == want, name);
	if (got != want)
		printf("# got %llu, want %llu\n", (unsigned long long)got,
		       (unsigned long long)want);
}

static void test_text(void)
{
	char text[] = "one 1\n\ntwo", *pos = text, *line, out[8];

	check_eq(vt_u64("18446744073709551614"), UINT64_MAX - 1, "largest number");
	check_eq(vt_u64("18446744073709551616"), VT_NA, "a number too large is unknown");
	check_eq(vt_u64("max"), VT_NA, "a word is no number");
	line = vt_line(&pos);
	check(!strcmp(vt_word(&line), "one") && !strcmp(vt_word(&line), "1") && !vt_word(&line),
	      "words of a line");
	check(!*vt_line(&pos) && !strcmp(vt_line(&pos), "two") && !vt_line(&pos),
	      "empty line and line without end");
	check(!strcmp(size_text(1023, out, 8), "1023B") &&
	      !strcmp(size_text(1048524, out, 8), "1.0M") &&
	      !strcmp(size_text(0, out, 8), "0") &&
	      !strcmp(size_text(VT_NA, out, 8), "-"), "sizes");
	check(!strcmp(size_text(UINT64_MAX - 2, out, 8), "16.0E"), "largest size");
	check(!strcmp(rate_text(NAN, out, 8), "-") && !strcmp(rate_text(0, out, 8), "0") &&
	      !strcmp(rate_text(123456, out, 8), "123k"), "rates");
}

static void test_clean(void)
{
	char ok[] = "db-\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", want[sizeof(ok)];
	char bad[] = "a\x1b[2J\xff\xc3", c1[] = "\xc2\x9b" "31m", cut[] = "x\xe2\x82";
	char over[] = "\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80";

	memcpy(want, ok, sizeof(ok));
	vt_clean(ok);
	check(!memcmp(ok, want, sizeof(ok)), "names in UTF-8 stay");
	vt_clean(bad);
	check(!strcmp(bad, "a?[2J??"), "control characters and stray bytes go");
	vt_clean(c1);
	check(!strcmp(c1, "??31m"), "control characters of two bytes go");
	vt_clean(cut);
	check(!strcmp(cut, "x??"), "half a character goes");
	vt_clean(over);
	check(!strcmp(over, "?????????"), "overlong forms, surrogates, too large values go");
}

static void test_rates(void)
{
	model_init(&md);
	md.level = LEVEL_COUNTERS;
	model_begin(&md, 1, 1000000000);
	model_set(&md, M_ZSWPIN, 100);
	model_end(&md);
	check(isnan(model_rate(&md, &md.m[M_ZSWPIN])), "no rate in the first sample");
	model_begin(&md, 2, 1500000000);
	model_set(&md, M_ZSWPIN, 201);
	model_end(&md);
	check(model_rate(&md, &md.m[M_ZSWPIN]) == 202.0, "rate over half a second");
	model_begin(&md, 1, 2500000000);
	model_set(&md, M_ZSWPIN, 7);
	model_end(&md);
	check(isnan(model_rate(&md, &md.m[M_ZSWPIN])) && md.resets == 1,
	      "a counter that went backwards has no rate and is noticed");
	model_begin(&md, 1, 3500000000);
	model_end(&md);
	check(isnan(model_rate(&md, &md.m[M_ZSWPIN])) && md.m[M_ZSWPIN].cur == VT_NA,
	      "a counter that vanished is unknown");
	model_begin(&md, 1, 3500000000);
	model_set(&md, M_ZSWPIN, 9);
	model_end(&md);
	check(isnan(model_rate(&md, &md.m[M_ZSWPIN])), "no rate when time stood still");
}

/* Without debugfs: what was traced is the matrix, but never a total. */
static void test_totals_without_debugfs(void)
{
	model_init(&md);
	for (unsigned int s = 1; s <= 2; s++) {
		model_begin(&md, s, s * 1000000000ULL);
		md.level = LEVEL_EVENTS;
		md.ev.active = true;
		model_set(&md, M_ZSWPOUT, 1009 * s);
		model_set(&md, M_SWPOUT_ZERO, 211 * s);
		model_set(&md, M_PSWPOUT, 37 * s);
		model_set(&md, M_ZSWPWB, 31 * s);
		model_set(&md, M_ZSWPIN, 101 * s);
		model_set(&md, M_SWPIN_ZERO, 53 * s);
		model_set(&md, M_PSWPIN, 7 * s);
		/* most of the events were lost */
		md.ev.pages[ST_NONE][ST_ZSWAP] = 3 * s;
		md.ev.total[EV_OUT_ZSWAP].acc = 3 * s;
		md.ev.total[EV_IN_ZSWAP].acc = 2 * s;
		model_commit(&md);
		model_end(&md);
	}
	check_eq(md.m[M_OUT].cur, 2 * (1009 + 211 + 37 - 31), "level events: pages out are counted");
	check_eq(md.m[M_IN].cur, 2 * (101 + 53 + 7), "level events: pages in are counted");
	check_eq(md.m[M_WB].cur, 2 * 31, "level events: writeback is counted");
	check(model_rate(&md, &md.m[M_OUT]) == 1226.0, "level events: the rate is the counters'");
	check(md.m[M_ALLOC].cur == VT_NA && md.m[M_REJECT].cur == VT_NA,
	      "level events: what no counter tells is unknown");
	check_eq(md.mx[ST_NONE][ST_ZSWAP].cur, 6, "level events: the matrix is what was traced");
}

/* A sample of level unprivileged or, with the matrix, counters; 1 s after the last. */
static void sample_origin(unsigned int sec, bool debugfs)
{
	model_begin(&md, sec, sec * 1000000000ULL);
	md.level = debugfs ? LEVEL_COUNTERS : LEVEL_UNPRIV;
	/* since boot other pages were swapped past the virtual slots */
	model_set(&md, M_ZSWPOUT, 516915);
	model_set(&md, M_SWPOUT_ZERO, 0);
	model_set(&md, M_PSWPOUT, 0);
	model_set(&md, M_ZSWPIN, 7919);
	model_set(&md, M_SWPIN_ZERO, 0);
	model_set(&md, M_PSWPIN, 0);
	if (!debugfs)
		return;
	for (int i = 0; i < MAX_STATES * MAX_STATES; i++)
		(&md.mx[0][0])[i].cur = 0;
	md.mx[ST_NONE][ST_ZSWAP].cur = 16915 + sec;
	md.mx_valid = true;
	for (int i = M_SWAPIN_NONE; i <= M_SWAPIN_PHYS; i++)
		model_set(&md, (enum metric)i, 3);
}

/* Debugfs that goes for one sample: neither its going nor its return is a rate. */
static void test_origin(void)
{
	static const bool debugfs[] = { true, true, false, false, true, true };
	double want[] = { NAN, 1, NAN, 0, NAN, 1 };
	bool ok = true;

	model_init(&md);
	for (unsigned int i = 0; i < 6; i++) {
		double out, wb, in;

		sample_origin(i + 1, debugfs[i]);
		model_end(&md);
		out = model_rate(&md, &md.m[M_OUT]);
		wb = model_rate(&md, &md.m[M_OUT_ZSWAP]);
		in = model_rate(&md, &md.m[M_IN]);
		ok &= isnan(want[i]) ? isnan(out) && isnan(wb) && isnan(in) :
		      out == want[i] && wb == want[i] && in == 0;
		ok &= md.m[M_OUT].cur == (debugfs[i] ? 16915 + i + 1 : 516915);
	}
	check(ok, "no rate across a change of counters");
	check_eq(md.resets, 0, "which is no reset either");
}

static void test_losses(void)
{
	char stats[] = "entries: 5\noverrun: 101\ncommit overrun: 7\nbytes: 999\n"
		       "dropped events: 1009\nread events: 3\n";
	char odd[] = "overrun: x\noverrun 5\ndropped events: 99999999999999999999\n";
	char huge[] = "overrun: 18446744073709551614\noverrun: 2\n";

	check_eq(rb_losses(stats), 1117, "the three ways to lose events add up");
	check_eq(rb_losses(odd), 0, "odd statistics are no losses");
	check_eq(rb_losses(huge), 2, "absurd ones do not overflow");
}

static void test_tables(void)
{
	bool ok = true;
	struct task_row *t;

	model_init(&md);
	for (uint64_t id = 1; id <= MAX_CGROUPS; id++)
		ok &= model_cgroup(&md, id * 4096) != NULL;
	check(ok && !model_cgroup(&md, 7), "a full cgroup table says so");
	md.cg[11].gone = true;
	check(model_cgroup(&md, 7) && model_cgroup_find(&md, 4096 * MAX_CGROUPS) &&
	      !model_cgroup_find(&md, 12 * 4096), "a cgroup that is gone makes room");
	for (int pid = 1; pid <= MAX_TASKS; pid++)
		ok &= model_task(&md, pid) != NULL;
	check(ok && !model_task(&md, MAX_TASKS + 1),
	      "a full process table says so");
	t = model_task_find(&md, 4711);
	model_task_gone(t);
	check(model_task_find(&md, 4711) == t, "late events find an exited process");
	check(model_task(&md, MAX_TASKS + 1) == t && !model_task_find(&md, 4711),
	      "an exited process makes room");
	model_task_unlink(&md, model_task_find(&md, 5));
	check(!model_task_find(&md, 5), "a pid that is used again gets a new row");
}

/* One event, as it comes out of a ring buffer, applied to the model. */
static void apply_event(const char *name, const struct gen_event *ev)
{
	unsigned char page[4096];
	const unsigned char *data;
	struct rb_page p;
	struct ev_set es;
	uint64_t ts;
	size_t len;

	ev_set_init(&es);
	ev_set_add(&es, name, gen_format(ev->kind), strlen(gen_format(ev->kind)));
	gen_page(page, ev, 1);
	if (rb_page_open(&p, page, sizeof(page), 8) || rb_page_next(&p, &data, &len, &ts) != 1)
		abort();
	ev_apply(&md, &es, data, len, model_task, NULL);
}

/* What finds no room in the tables is counted by the event that needed it. */
static void test_no_room(void)
{
	static const struct gen_event ev = {
		.kind = 0, .pid = 101, .ts = 1000, .nr = 3, .cgroup = 999, .from = 0, .to = 1,
	};

	/* both tables are full, see test_tables() */
	md.ev.active = true;
	check(!model_cgroup(&md, 999) && !model_task(&md, MAX_TASKS + 7) && !md.ev.rows_dropped,
	      "asking for a row loses no event");
	apply_event("vswap_transition", &ev);
	check_eq(md.ev.rows_dropped, 1, "an event that finds no row does");
	check_eq(md.ev.total[EV_ALLOC].acc, 3, "and is in the totals");
}

/* A fault on a page that is lost brings nothing in, neither for the layer nor for a cgroup. */
static void test_poison(void)
{
	static const struct gen_event ev = {
		.kind = 1, .pid = 101, .ts = 1000, .nr = 3, .cgroup = 77, .from = ST_POISON,
	};

	model_init(&md);
	apply_event("vswap_swapin", &ev);
	model_commit(&md);
	check(ev_in(model_cgroup(&md, 77)->ev).cur == 0 && ev_in(model_task(&md, 101)->ev).cur == 0 &&
	      model_cgroup(&md, 77)->ev[EV_OTHER].cur == 3, "a fault on a lost page is no page in");
}

static void test_page(void)
{
	static const struct gen_event ev[] = {
		{ .kind = 0, .pid = 7, .ts = 1000, .nr = 3 },
		{ .kind = 1, .pid = 101, .ts = 1000 + (5ULL << 27), .nr = 5 },
	};
	unsigned char page[4096];
	const unsigned char *data;
	struct rb_page p;
	uint64_t ts;
	size_t len;
	uint32_t bad = 28;

	gen_page(page, ev, 2);
	check(!rb_page_open(&p, page, 4096, 8), "a page opens");
	check(rb_page_next(&p, &data, &len, &ts) == 1 && len == 48 && ts == 1000, "first event");
	check(rb_page_next(&p, &data, &len, &ts) == 1 && len == 32 && ts == 1000 + (5ULL << 27),
	      "second event after a time extension");
	check(rb_page_next(&p, &data, &len, &ts) == 0, "end of the page");
	check(rb_page_open(&p, page, 60, 8) < 0, "a page that is cut off is refused");
	memcpy(page + 16 + 52 + 8, &bad, 4);
	rb_page_open(&p, page, 4096, 8);
	rb_page_next(&p, &data, &len, &ts);
	check(rb_page_next(&p, &data, &len, &ts) < 0, "an event over the end is refused");
	memset(page + 8, 0xff, 8);
	check(rb_page_open(&p, page, 4096, 8) < 0, "an absurd commit is refused");
}

static void test_formats(void)
{
	static const char other[] =
		"name: vswap_transition\nID: 99\nformat:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:12;\tsize:4;\tsigned:1;\n"
		"\tfield:u32 nr;\toffset:16;\tsize:4;\tsigned:0;\n"
		"\tfield:u8 to;\toffset:20;\tsize:1;\tsigned:0;\n"
		"\tfield:u8 from;\toffset:21;\tsize:1;\tsigned:0;\n"
		"\tfield:char comm[16];\toffset:24;\tsize:16;\tsigned:0;\n"
		"\tfield:u64 bytes;\toffset:300;\tsize:8;\tsigned:0;\n"
		"print fmt: \"%s\", __print_symbolic(REC->from, {0,\"free\"},{1,\"none\"},"
		"{2,\"zram\"},{3,\"zswap\"})\n";
	struct ev_set es;
	unsigned char rec[40 + EV_SPARE] = { 99 };

	ev_set_init(&es);
	check(!ev_set_add(&es, "vswap_transition", gen_format(0), strlen(gen_format(0))) &&
	      ev_set_complete(&es), "the kernel's format is understood");
	check(es.fmt[0].pos[EF_CGROUP].off == 32 && es.fmt[0].pos[EF_CGROUP].size == 8 &&
	      es.fmt[0].from.n == 6 && !strcmp(es.fmt[0].reason.e[2].name, "store"),
	      "offsets and value names");
	check(ev_set_add(&es, "vswap_transition", "junk", 4) < 0, "a format of junk is refused");
	check(!ev_set_add(&es, "sched_switch", "junk", 4), "events of others are ignored");
	check(!ev_set_add(&es, "vswap_transition", other, strlen(other)) && ev_set_complete(&es),
	      "moved, missing and unknown fields");
	check(!es.fmt[0].pos[EF_CGROUP].size && es.fmt[0].pos[EF_FROM].off == 21,
	      "what is missing is missing, what moved is found");
	check(!es.fmt[0].pos[EF_BYTES].size && es.fmt[0].end == 22,
	      "a field far behind the others is not asked for");
	model_init(&md);
	md.ev.active = true;
	rec[16] = 13;
	rec[21] = 2;
	rec[20] = 3;
	ev_apply(&md, &es, rec, 40, NULL, NULL);
	model_commit(&md);
	check(md.nstates == NR_STATES + 1 && !strcmp(md.state_name[NR_STATES], "zram") &&
	      md.ev.pages[NR_STATES][ST_ZSWAP] == 13, "a state this tool does not know");
	ev_apply(&md, &es, rec, 18, NULL, NULL);
	check(md.ev.unknown == 1, "a record that is cut off is not guessed at");
}

/* prime numbers of pages, so no sum can be right by accident */
static const struct gen_event cpu0[] = {
	{ .kind = 0, .pid = 101, .ts = 1000000000, .nr = 53, .cgroup = 5001, .from = 0, .to = 1 },
	{ .kind = 0, .pid = 7, .ts = 1100000000, .nr = 31, .cgroup = 5001, .from = 1, .to = 3,
	  .reason = 2, .bytes = 31 * 1000 },
	{ .kind = 0, .pid = 7, .ts = 1200000000, .nr = 17, .cgroup = 5001, .from = 1, .to = 2 },
	{ .kind = 1, .pid = 101, .ts = 2500000000, .nr = 11, .cgroup = 5001, .from = 3 },
};

static const struct gen_event cpu1[] = {
	{ .kind = 0, .pid = 202, .ts = 1050000000, .nr = 37, .cgroup = 5002, .from = 1, .to = 4,
	  .type = 1 },
	{ .kind = 0, .pid = 7, .ts = 2600000000, .nr = 19, .cgroup = 5001, .from = 3, .to = 4,
	  .type = 1 },
	{ .kind = 2, .pid = 202, .ts = 2700000000, .nr = 7, .cgroup = 5002, .reason = 4 },
};

static void test_dat(int version, int zstd, const char *what)
{
	static const struct gen_event *const ev[] = { cpu0, cpu1, cpu0 };
	static const size_t n[] = { 4, 3, 0 };
	struct gen g = { 0 };
	struct cg_row *web, *db;
	struct task_row *t;
	struct replay *r;
	char err[160], name[128];
	int samples = 0, k;

	gen_dat(&g, version, zstd, ev, n, 3);
	model_init(&md);
	r = replay_open_mem(g.buf, g.n, 1000000000, err, sizeof(err));
	snprintf(name, sizeof(name), "%s opens", what);
	check(r != NULL, name);
	if (!r) {
		printf("# %s\n", err);
		return;
	}
	while ((k = replay_next(r, &md, err, sizeof(err))) > 0)
		samples++;
	snprintf(name, sizeof(name), "%s plays to its end", what);
	check(!k && samples == 3, name);
	web = model_cgroup(&md, 5001);
	db = model_cgroup(&md, 5002);
	t = model_task(&md, 7);
	snprintf(name, sizeof(name), "%s: cgroups", what);
	check(web->ev[EV_OUT_ZSWAP].cur == 31 && web->ev[EV_OUT_ZERO].cur == 17 &&
	      web->ev[EV_ALLOC].cur == 53 && web->ev[EV_WB].cur == 19 &&
	      web->ev[EV_IN_ZSWAP].cur == 11 && db->ev[EV_OUT_PHYS].cur == 37 &&
	      db->ev[EV_REJECT].cur == 7 && db->ev[EV_OUT_ZSWAP].cur == 0, name);
	snprintf(name, sizeof(name), "%s: processes and their names", what);
	check(t->ev[EV_OUT_ZSWAP].cur == 31 && t->ev[EV_WB].cur == 19 &&
	      !strcmp(t->comm, "kswapd0"), name);
	snprintf(name, sizeof(name), "%s: matrix, losses, reasons", what);
	check(md.mx[ST_NONE][ST_ZSWAP].cur == 31 && md.mx[ST_ZSWAP][ST_PHYS].cur == 19 &&
	      md.ev.lost_known && md.ev.lost.cur == 19 && md.ev.seen.cur == 7 &&
	      md.ev.reject[4].cur == 7 && !strcmp(md.reject_name[4], "pool_limit"), name);
	snprintf(name, sizeof(name), "%s: the last interval's rate", what);
	check(model_rate(&md, &md.mx[ST_ZSWAP][ST_PHYS]) == 19.0, name);
	replay_close(r);
	free(g.buf);
}

/* Every truncation of a file must be an error or a shorter play, never a crash. */
static void test_cut(int version, int zstd)
{
	static const struct gen_event *const ev[] = { cpu0, cpu1 };
	static const size_t n[] = { 4, 3 };
	struct gen g = { 0 };
	unsigned int refused = 0, played = 0;
	char err[160], name[96];

	gen_dat(&g, version, zstd, ev, n, 2);
	for (size_t len = 0; len < g.n; len += len < 6000 ? 1 : 97) {
		unsigned char *copy = malloc(len + 1);
		struct replay *r;

		if (!copy)
			abort();
		memcpy(copy, g.buf, len);
		model_init(&md);
		r = replay_open_mem(copy, len, 1000000000, err, sizeof(err));
		refused += !r;
		played += r != NULL;
		while (r && replay_next(r, &md, err, sizeof(err)) > 0)
			;
		replay_close(r);
		free(copy);
	}
	snprintf(name, sizeof(name), "version %d%s cut at every place: %u refused", version,
		 zstd ? " zstd" : "", refused);
	check(refused > 1000 && !played, name);
	free(g.buf);
}

/*
 * Somebody cuts the file that is being played, at every place: what had been read
 * may be played, then it is an error, never a crash and never silence.
 */
static void test_cut_meanwhile(const char *tmp, const void *data, size_t size, const char *what)
{
	unsigned int told = 0, whole = 0, wrong = 0;
	char path[512], err[160], name[128];

	snprintf(path, sizeof(path), "%s/meanwhile", tmp);
	for (size_t len = 0; len < size; len += size / 199 + 1) {
		int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600), k;
		struct replay *r;

		if (fd < 0 || write(fd, data, size) != (ssize_t)size)
			abort();
		model_init(&md);
		r = replay_open(path, 1000000, err, sizeof(err));
		k = r ? replay_next(r, &md, err, sizeof(err)) : -1;
		wrong += k != 1;
		if (ftruncate(fd, (off_t)len))
			abort();
		while (k > 0)
			k = replay_next(r, &md, err, sizeof(err));
		told += k < 0 && strstr(err, "cut short while it was read");
		whole += !k;
		/* from the start, all that is missing is noticed */
		if (r)
			replay_rewind(r);
		while (r && (k = replay_next(r, &md, err, sizeof(err))) > 0)
			;
		wrong += r && (k != 0) != (strstr(err, "cut short") != NULL);
		replay_close(r);
		close(fd);
	}
	unlink(path);
	snprintf(name, sizeof(name), "%s cut while it is played: told %u times, %u times all had been read",
		 what, told, whole);
	check(told > 90 && !wrong, name);
}

/* enough pages that not all of them are in memory */
static void test_dat_meanwhile(const char *tmp, int version)
{
	static struct gen_event many[6000];
	const struct gen_event *const ev[] = { many, many };
	const size_t n[] = { 6000, 6000 };
	struct gen g = { 0 };
	char what[32];

	gen_series(many, 6000);
	gen_dat(&g, version, 0, ev, n, 2);
	snprintf(what, sizeof(what), "trace.dat %d", version);
	test_cut_meanwhile(tmp, g.buf, g.n, what);
	free(g.buf);
}

static void test_json_meanwhile(const char *tmp)
{
	static char rec[1 << 20];
	size_t n = 0;

	/* some lines fit into one piece of what is read at a time, some do not */
	for (unsigned int i = 1; i <= 9; i++) {
		n += (size_t)snprintf(rec + n, sizeof(rec) - n,
				      "{\"schema\":1,\"time_ns\":%u,\"mono_ns\":%u,\"x\":\"", i, i);
		memset(rec + n, 'x', i % 3 ? 100 : 200000);
		n += i % 3 ? 100 : 200000;
		n += (size_t)snprintf(rec + n, sizeof(rec) - n, "\"}\n");
	}
	test_cut_meanwhile(tmp, rec, n, "a recording");
}

static char *slurp(const char *path, size_t *n)
{
	static char buf[1 << 20];
	int fd = open(path, O_RDONLY);
	ssize_t r = fd < 0 ? -1 : read(fd, buf, sizeof(buf));

	if (fd >= 0)
		close(fd);
	*n = r > 0 ? (size_t)r : 0;
	return buf;
}

static size_t dump(const struct model *m, const char *path, char *out)
{
	static struct obuf o;
	const char *text;
	size_t n;

	o.fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	o.n = 0;
	o.err = 0;
	json_sample(&o, m, NULL, JSON_PANES, SHOW_EVER);
	close(o.fd);
	text = slurp(path, &n);
	memcpy(out, text, n);
	unlink(path);
	return n;
}

/* every figure about events that a record has */
static void fill_events(struct model *m, unsigned int s)
{
	m->ev.unknown = 2 * s;
	m->ev.unowned = 11 * s;
	m->ev.events_grow = 13 * s;
	m->ev.events_swapoff = 17 * s;
	m->ev.comp_pages = 19 * s;
	m->ev.comp_bytes = 23 * s;
	m->ev.pages[ST_FREE][ST_NONE] = 29 * s;
	m->ev.rows_dropped = 37 * s;
	vt_copy(m->filter_cgroup, "/a b", sizeof(m->filter_cgroup));
	m->filter_pid = 4711;
	m->cg_unlisted = 39 * s;
	m->task_unlisted = 41 * s;
	m->nreasons = m->nrejects = 2;
	vt_copy(m->reason_name[0], "alloc", NAME_LEN);
	vt_copy(m->reason_name[1], "free", NAME_LEN);
	vt_copy(m->reject_name[0], "grow", NAME_LEN);
	vt_copy(m->reject_name[1], "limit", NAME_LEN);
	m->ev.reason[1].acc = 43 * s;
	m->ev.reject[0].acc = 47 * s;
	m->cgroup_version = 2;
	m->cg_live = 53 * s;
	m->task_live = 59 * s;
}

static void fill_device(struct model *m, unsigned int s)
{
	struct dev_row *d = model_device(m, "/swap file");

	vt_copy(d->kind, "file", sizeof(d->kind));
	d->type = 1;
	d->size = 61 * 4096;
	d->used.cur = 4096 * s;
	d->prio = -2;
	d->in.cur = 67 * s;
	d->out.cur = 71 * s;
}

static void fill_sample(struct model *m, unsigned int s)
{
	struct cg_row *c;
	struct task_row *t;

	model_begin(m, 1795223655000000007ULL * s / 2, 1000000000ULL * s);
	m->level = LEVEL_FULL;
	vt_copy(m->enabled, "auto", 16);
	vt_copy(m->host, "a\"b\\c", 16);
	for (unsigned int i = 0; i < NR_METRICS; i++)
		model_set(m, (enum metric)i, 1000003ULL * (i + 1) * s);
	model_set(m, M_OOM_KILL, VT_NA);
	for (unsigned int f = 0; f < NR_STATES; f++)
		for (unsigned int to = 0; to < NR_STATES; to++)
			m->mx[f][to].cur = f * 97 + to * 13 + s * 1009;
	m->mx_valid = true;
	model_extra(m, "reject_pool_limit")->v.cur = 29 * s;
	m->ev.active = m->ev.lost_known = m->ev.based = true;
	m->ev.lost.cur = 3;
	m->ev.seen.acc = 77 * s;
	c = model_cgroup(m, 1ULL << 60);
	vt_copy(c->path, "/a b", sizeof(c->path));
	c->named = true;
	c->val[CG_VSWAP] = 4096;
	c->val[CG_SWAP_MAX] = VT_NA - 1;
	c->ev[EV_OUT_ZSWAP].acc = 31 * s;
	t = model_task(m, 4711);
	vt_copy(t->comm, "x\"y", sizeof(t->comm));
	t->vmswap = 8192;
	t->ev[EV_IN_ZERO].acc = 5 * s;
	m->ev.total[EV_IN_ZERO].acc = 5 * s;
	fill_events(m, s);
	fill_device(m, s);
	model_commit(m);
	model_end(m);
}

static void test_roundtrip(const char *tmp)
{
	static char rec[1 << 20], again[1 << 20];
	char path[512], err[128] = "";
	struct replay *r;
	size_t n1, n2, n3;
	bool ok;

	snprintf(path, sizeof(path), "%s/roundtrip", tmp);
	model_init(&md);
	fill_sample(&md, 1);
	n1 = dump(&md, path, rec);
	fill_sample(&md, 2);
	n2 = dump(&md, path, rec + n1);
	check(n1 > 1000 && rec[n1 - 1] == '\n' && memchr(rec, '\n', n1) == rec + n1 - 1,
	      "a sample is one line");
	model_init(&md2);
	r = replay_open_mem(rec, n1 + n2, 1, err, sizeof(err));
	ok = r && replay_next(r, &md2, err, sizeof(err)) == 1 &&
	     replay_next(r, &md2, err, sizeof(err)) == 1;
	check(ok && !replay_next(r, &md2, err, sizeof(err)), "two records, then the end");
	n3 = dump(&md2, path, again);
	/* rates and all: the replayed sample is written exactly as the live one */
	ok = n2 == n3 && !memcmp(rec + n1, again, n2);
	check(ok, "a recorded sample replays to the same sample");
	if (!ok)
		printf("# %.*s\n# %.*s\n", (int)n2, rec + n1, (int)n3, again);
	replay_close(r);
	r = replay_open_mem(rec, n1 + n2 - 7, 1, err, sizeof(err));
	replay_next(r, &md2, err, sizeof(err));
	check(!replay_next(r, &md2, err, sizeof(err)) && strstr(err, "incomplete"),
	      "a recorder that was killed costs the last record only");
	replay_close(r);
}

/* Load a record of these processes, and say what became of them. */
static void load_procs(unsigned int sec, const char *procs)
{
	char line[1024], err[128];
	int n = snprintf(line, sizeof(line), "{\"schema\":1,\"time_ns\":%u000000000,"
			 "\"mono_ns\":%u000000000,\"level\":\"full\",\"events\":{\"active\":true,"
			 "\"lost\":0},\"processes\":[%s]}", sec, sec, procs);

	if (json_load(&md, line, (size_t)n, err, sizeof(err)))
		abort();
}

/* A pid that is used again: the one that lives and the one that has exited. */
static void test_replayed_pid(void)
{
	static const char both[] =
		"{\"pid\":500,\"kind\":\"user\",\"vmswap\":20484096,\"in_zswap\":3},"
		"{\"pid\":500,\"kind\":\"exited\",\"vmswap\":null,\"in_zswap\":100}";
	bool ok = true;

	model_init(&md);
	load_procs(1, "{\"pid\":500,\"kind\":\"user\",\"vmswap\":4096,\"in_zswap\":90}");
	for (unsigned int s = 2; s < 6; s++) {
		load_procs(s, both);
		ok &= md.ntask == 2 && !md.task[0].gone && md.task[0].vmswap == 20484096 &&
		      md.task[0].ev[EV_IN_ZSWAP].cur == 3 && md.task[1].gone &&
		      md.task[1].ev[EV_IN_ZSWAP].cur == 100;
		/* 90 of the 100 were there before the first of these records */
		ok &= model_rate(&md, &md.task[1].ev[EV_IN_ZSWAP]) == (s == 2 ? 10.0 : 0.0);
		ok &= model_rate(&md, &md.task[0].ev[EV_IN_ZSWAP]) == (s == 2 ? 3.0 : 0.0);
	}
	check(ok, "a recording has a pid twice: each row stays what it is");
	load_procs(6, "{\"pid\":500,\"kind\":\"exited\",\"in_zswap\":100},"
		      "{\"pid\":500,\"kind\":\"exited\",\"in_zswap\":7}");
	check(md.ntask == 2 && model_rate(&md, &md.task[0].ev[EV_IN_ZSWAP]) == 0.0 &&
	      model_rate(&md, &md.task[1].ev[EV_IN_ZSWAP]) == 4.0,
	      "and when the second one exits too");
	load_procs(7, "{\"pid\":500,\"kind\":\"exited\",\"in_zswap\":100}");
	check_eq(md.ntask, 1, "what a record does not mention has made room");
}

static void test_bad_records(void)
{
	static const char *const bad[] = {
		"", "{", "[]", "null", "{}", "{\"schema\":1}", "{\"schema\":\"1\",\"time_ns\":1}",
		"{\"schema\":2,\"time_ns\":1,\"mono_ns\":1}", "{\"schema\":-1,\"time_ns\":1,\"mono_ns\":1}",
		"{\"schema\":1,\"time_ns\":1,\"mono_ns\":1", "\xff\xfe",
	};
	static const char odd[] =
		"{\"schema\":1,\"time_ns\":5,\"mono_ns\":9,\"metrics\":[1],\"extra\":{\"\":1,\"a\":{}},"
		"\"transitions\":{\"states\":[1,null,\"free\",\"free\"],\"pages\":[[-1],5,null]},"
		"\"cgroups\":[7,{\"id\":-3},{\"id\":1,\"path\":\"\\u001b[2J\"}],"
		"\"processes\":[{\"pid\":99999999999},{\"pid\":1,\"comm\":7}],\"devices\":{}}";
	char err[128];
	bool ok = true;

	model_init(&md);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok &= json_load(&md, bad[i], strlen(bad[i]), err, sizeof(err)) < 0 && err[0];
	check(ok, "records that are none are refused with a reason");
	check(!json_load(&md, odd, strlen(odd), err, sizeof(err)), "odd types are survived");
	check(md.ncg == 1 && !strchr(md.cg[0].path, 27), "no escape sequence comes through");
}

static void test_views(void)
{
	static struct view v;
	struct layout lay[NR_PANES];
	char name[64];
	bool ok = true;

	model_init(&md);
	md.ev.active = true;
	for (uint64_t i = 0; i < 1000; i++) {
		struct cg_row *c = model_cgroup(&md, i + 1);

		c->named = true;
		c->val[CG_VSWAP] = i % 7 == 3 ? VT_NA : (i * 7919) % 1009 + 1;
		c->ev[EV_ALLOC].cur = 1;
	}
	layout_default(lay);
	view_build(&v, &md, PANE_CG, &lay[PANE_CG], SHOW_EVER, NULL);
	for (unsigned int i = 1; i < v.n; i++) {
		uint64_t x = md.cg[v.row[i - 1]].val[CG_VSWAP], y = md.cg[v.row[i]].val[CG_VSWAP];

		ok &= y == VT_NA || (x != VT_NA && x >= y);
	}
	check(v.n == 1000 && ok, "sorted, unknown values last");
	check(!layout_sort(lay, "cgroups.VSWAP:asc"), "sort option");
	view_build(&v, &md, PANE_CG, &lay[PANE_CG], SHOW_EVER, NULL);
	check(md.cg[v.row[0]].val[CG_VSWAP] == 1 && md.cg[v.row[999]].val[CG_VSWAP] == VT_NA,
	      "unknown values last in the other order too");
	check(layout_sort(lay, "NOPE") < 0 && layout_sort(lay, "VSWAP:up") < 0, "bad sort options");
	check(!layout_option(lay, "cgroups.CGROUP,OUT", name, sizeof(name)) &&
	      lay[PANE_CG].n == 2 && !lay[PANE_PROC].chosen, "columns of one pane");
	check(!layout_option(lay, "+ID", name, sizeof(name)) && lay[PANE_CG].n == 3, "one more");
	check(layout_option(lay, "CGROUP,XX", name, sizeof(name)) < 0 && !strcmp(name, "XX"),
	      "an unknown column is named");
}

int main(int argc, char **argv)
{
	test_text();
	test_clean();
	test_rates();
	test_totals_without_debugfs();
	test_origin();
	test_losses();
	test_tables();
	test_no_room();
	test_poison();
	test_page();
	test_formats();
	test_dat(6, 0, "trace.dat 6");
	test_dat(7, 0, "trace.dat 7");
	test_dat(7, 1, "trace.dat 7 zstd");
	test_cut(6, 0);
	test_cut(7, 0);
	test_cut(7, 1);
	test_dat_meanwhile(argc > 1 ? argv[1] : ".", 6);
	test_dat_meanwhile(argc > 1 ? argv[1] : ".", 7);
	test_json_meanwhile(argc > 1 ? argv[1] : ".");
	test_roundtrip(argc > 1 ? argv[1] : ".");
	test_replayed_pid();
	test_bad_records();
	test_views();
	test_live(argc > 1 ? argv[1] : ".");
	printf("1..%d\n", count);
	return failed ? 1 : 0;
}
