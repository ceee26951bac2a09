// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Trace events: an instance of the test's own, read as text after the fact and taken
 * apart into name and key=value fields.
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "harness.h"

/*
 * Per CPU; an event takes about 80 bytes. On the debug kernel it takes ten seconds to get a
 * large one and give it back.
 */
unsigned int trace_buffer_kb = TRACE_BUFFER_KB;

static void trace_set(const struct trace *t, const char *file, const char *val)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", t->dir, file);
	vst_set(path, "%s", val);
}

void trace_start(struct trace *t)
{
	trace_start_event(t, NULL);
}

void trace_start_event(struct trace *t, const char *event)
{
	static unsigned int traces;
	char kb[16], enable[64];

	memset(t, 0, sizeof(*t));
	if (!vst_have_vswap)
		return;
	snprintf(t->dir, sizeof(t->dir), TRACEFS "/instances/vst-%d-%u", getpid(),
		 ++traces);
	MUST(mkdir(t->dir, 0755));
	snprintf(kb, sizeof(kb), "%u", trace_buffer_kb);
	trace_set(t, "buffer_size_kb", kb);
	trace_set(t, "options/overwrite", "0");
	/* in one order over all CPUs */
	trace_set(t, "trace_clock", "global");
	/* who, where and when is read by nobody here, and takes most of the time to print */
	trace_set(t, "options/context-info", "0");
	snprintf(enable, sizeof(enable), "events/vswap/%s%senable", event ? event : "",
		 event ? "/" : "");
	trace_set(t, enable, "1");
	trace_set(t, "tracing_on", "1");
}

/* How full the fullest of the buffers in @dir is: the bytes in it. */
static uint64_t fullest_buffer(const char *dir)
{
	uint64_t most = 0, v;
	char path[200];
	int cpu;

	for (cpu = 0; cpu < 64; cpu++) {
		snprintf(path, sizeof(path), "%s/per_cpu/cpu%d/stats", dir, cpu);
		if (!vst_key(path, "bytes", &v))
			break;
		if (v > most)
			most = v;
	}
	return most;
}

/* ---- room --------------------------------------------------------------------------- */

/* Shared by the runner and all processes of the test. */
struct watch {
	int on;		/* there is a trace to look at */
	int looking;	/* the runner has its files open: it cannot be removed */
	int wanted;	/* somebody asks: tests that do not are left in peace */
	int full;
	uint64_t limit;	/* bytes */
	char dir[96];
};

static struct watch *watch;

void trace_watch_init(void)
{
	watch = vst_shared(PG);
}

void trace_watch(const struct trace *t)
{
	__atomic_store_n(&watch->on, 0, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&watch->looking, __ATOMIC_SEQ_CST))
		vst_msleep(1);
	/* without the layer there are no events */
	if (!t || !vst_have_vswap)
		return;
	watch->wanted = 0;
	watch->full = 0;
	watch->limit = trace_buffer_kb * 1024ULL / 2;
	memcpy(watch->dir, t->dir, sizeof(watch->dir));
	__atomic_store_n(&watch->on, 1, __ATOMIC_SEQ_CST);
}

void trace_look(void)
{
	__atomic_store_n(&watch->looking, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&watch->on, __ATOMIC_SEQ_CST) &&
	    __atomic_load_n(&watch->wanted, __ATOMIC_RELAXED) &&
	    fullest_buffer(watch->dir) >= watch->limit)
		__atomic_store_n(&watch->full, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&watch->looking, 0, __ATOMIC_SEQ_CST);
}

bool trace_room(void)
{
	/* the soak has no runner, and some tests no trace */
	if (!watch || !__atomic_load_n(&watch->on, __ATOMIC_RELAXED))
		return true;
	__atomic_store_n(&watch->wanted, 1, __ATOMIC_RELAXED);
	return !__atomic_load_n(&watch->full, __ATOMIC_RELAXED);
}

bool vst_more(double end)
{
	return vst_now() < end && trace_room();
}

bool vst_more_rounds(double end, long done, long least)
{
	return vst_more(done < least ? end + 60 : end);
}

/* ---- reading ------------------------------------------------------------------------ */

/* Events that did not fit; the sums of a trace mean nothing if there are any. */
static uint64_t lost_events(const struct trace *t)
{
	static const char *const keys[] = { "overrun", "commit overrun", "dropped events" };
	char path[200];
	uint64_t lost = 0, v;
	size_t k;
	int cpu;

	for (cpu = 0; cpu < 64; cpu++) {
		snprintf(path, sizeof(path), "%s/per_cpu/cpu%d/stats", t->dir, cpu);
		if (!vst_exists(path))
			break;
		for (k = 0; k < ARRAY_SIZE(keys); k++)
			if (vst_key(path, keys[k], &v))
				lost += v;
	}
	return lost;
}

/* Take a line apart, in place; false if it is not about an event of the layer. */
static bool parse_event(char *line, struct event *e)
{
	char *colon, *tok, *eq, *save = NULL;

	if (strncmp(line, "vswap_", 6))
		return false;
	memset(e, 0, sizeof(*e));
	e->name = line;
	colon = strchr(e->name, ':');
	if (!colon || strlen(e->name) > UINT8_MAX)
		FAIL("what event is this: %s", e->name);
	*colon = 0;
	for (tok = strtok_r(colon + 1, " ", &save); tok; tok = strtok_r(NULL, " ", &save)) {
		eq = strchr(tok, '=');
		if (!eq || e->nr_fields == ARRAY_SIZE(e->key))
			continue;
		*eq = 0;
		e->key[e->nr_fields] = tok - e->name;
		e->val[e->nr_fields++] = eq + 1 - e->name;
	}
	return true;
}

/*
 * Memory for the trace. Locked, and no part of the heap: a test may push out everything
 * else that its process has, and wonder then what is on the device.
 */
static void *locked_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);

	if (p == MAP_FAILED)
		FAIL("no memory for the trace: %s", strerror(errno));
	return p;
}

static void read_text(struct trace *t)
{
	char path[200];
	size_t len = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/trace", t->dir);
	fd = MUST(open(path, O_RDONLY | O_CLOEXEC));
	t->text_size = 1 << 20;
	t->text = locked_memory(t->text_size);
	while ((n = MUST(read(fd, t->text + len, t->text_size - len - 1))) > 0) {
		len += n;
		if (len + PG < t->text_size)
			continue;
		t->text = mremap(t->text, t->text_size, 2 * t->text_size, MREMAP_MAYMOVE);
		if (t->text == MAP_FAILED)
			FAIL("no memory for the trace: %s", strerror(errno));
		t->text_size *= 2;
	}
	close(fd);
	t->text[len] = 0;
}

static size_t count_lines(const char *text)
{
	size_t nr = 0;

	while ((text = strchr(text, '\n'))) {
		nr++;
		text++;
	}
	return nr;
}

void trace_stop(struct trace *t)
{
	char *line, *end;
	uint64_t lost;

	if (!vst_have_vswap)
		return;
	trace_set(t, "tracing_on", "0");
	trace_set(t, "events/vswap/enable", "0");
	lost = lost_events(t);
	t->fill = fullest_buffer(t->dir) * 100 / (trace_buffer_kb * 1024ULL);
	read_text(t);
	t->ev_size = (count_lines(t->text) + 1) * sizeof(*t->ev);
	t->ev = locked_memory(t->ev_size);
	for (line = t->text; (end = strchr(line, '\n')); line = end + 1) {
		*end = 0;
		if (parse_event(line, &t->ev[t->nr]))
			t->nr++;
	}
	MUST(rmdir(t->dir));
	if (lost)
		FAIL("%" PRIu64 " events lost in a buffer of %u KiB", lost,
		     trace_buffer_kb);
}

void trace_free(struct trace *t)
{
	if (t->text) {
		munmap(t->text, t->text_size);
		munmap(t->ev, t->ev_size);
	}
	t->text = NULL;
	t->ev = NULL;
	t->nr = 0;
}

void trace_cleanup(void)
{
	char path[400];
	struct dirent *d;
	DIR *dir = opendir(TRACEFS "/instances");

	if (!dir)
		return;
	while ((d = readdir(dir))) {
		if (strncmp(d->d_name, "vst-", 4))
			continue;
		snprintf(path, sizeof(path), TRACEFS "/instances/%s", d->d_name);
		rmdir(path);
	}
	closedir(dir);
}

/* ---- looking into events ------------------------------------------------------------ */

const char *event_str(const struct event *e, const char *key)
{
	unsigned int i;

	for (i = 0; i < e->nr_fields; i++)
		if (!strcmp(e->name + e->key[i], key))
			return e->name + e->val[i];
	FAIL("%s: no field \"%s\"", e->name, key);
}

uint64_t event_num(const struct event *e, const char *key)
{
	const char *s = event_str(e, key);
	char *end;
	uint64_t v = strtoull(s, &end, 0);

	if (end == s || *end)
		FAIL("%s: %s=%s is no number", e->name, key, s);
	return v;
}

int event_state(const struct event *e, const char *key)
{
	const char *s = event_str(e, key);
	int i;

	for (i = 0; i < ST_NR; i++)
		if (!strcmp(s, vst_state_name[i]))
			return i;
	FAIL("%s: %s=%s is no state", e->name, key, s);
}

uint64_t trace_sum(const struct trace *t, int from, int to, const char *reason,
		   size_t *events)
{
	uint64_t sum = 0;
	size_t i, n = 0;

	for (i = 0; i < t->nr; i++) {
		const struct event *e = &t->ev[i];

		if (strcmp(e->name, "vswap_transition") || event_state(e, "from") != from ||
		    event_state(e, "to") != to)
			continue;
		if (reason && strcmp(event_str(e, "reason"), reason))
			continue;
		sum += event_num(e, "nr");
		n++;
	}
	if (events)
		*events = n;
	return sum;
}

uint64_t trace_swapins(const struct trace *t, int backing)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < t->nr; i++)
		if (!strcmp(t->ev[i].name, "vswap_swapin") &&
		    event_state(&t->ev[i], "backing") == backing)
			sum += event_num(&t->ev[i], "nr");
	return sum;
}

uint64_t trace_phys(const struct trace *t, uint64_t slot)
{
	uint64_t where = 0;
	size_t i;

	for (i = 0; i < t->nr; i++) {
		const struct event *e = &t->ev[i];
		uint64_t first;

		if (strcmp(e->name, "vswap_transition") || event_state(e, "to") != ST_PHYS)
			continue;
		first = event_num(e, "slot");
		if (slot >= first && slot < first + event_num(e, "nr"))
			where = event_num(e, "phys_offset") + slot - first;
	}
	if (!where)
		FAIL("no event says where slot %" PRIu64 " is", slot);
	return where;
}

/* Slot 0 of a device is its header: no page is there. */
static void check_phys_fields(const struct event *e, bool phys)
{
	uint64_t type = event_num(e, "phys_type"), offset = event_num(e, "phys_offset");

	if (phys ? !offset : type || offset)
		FAIL("%s -> %s at %" PRIu64 ":%" PRIu64, event_str(e, "from"), event_str(e, "to"),
		     type, offset);
}

/* Fields that make sense only for some states. */
static void check_fields(const struct event *e)
{
	static const char *const reasons[] = {
		"alloc", "free", "store", "load", "zero", "fallback", "writeback", "redirty",
		"reclaim", "swapoff", "error",
	};
	const char *reason = event_str(e, "reason");
	int to = event_state(e, "to"), from = event_state(e, "from");
	uint64_t nr = event_num(e, "nr"), bytes = event_num(e, "bytes");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reasons) && strcmp(reason, reasons[i]); i++)
		;
	if (i == ARRAY_SIZE(reasons))
		FAIL("event with the unknown reason \"%s\"", reason);
	if (!nr || nr > 512)
		FAIL("event with nr=%" PRIu64, nr);
	if (!event_num(e, "slot"))
		FAIL("event for the reserved slot 0");
	/* a large folio that still has its entries and is stored again gets new ones */
	if (from == to && (to != ST_ZSWAP || strcmp(reason, "store")))
		FAIL("event from %s to itself, reason %s", vst_state_name[from], reason);
	if (to == ST_ZSWAP && (!bytes || bytes > nr * PG))
		FAIL("store of %" PRIu64 " pages in %" PRIu64 " bytes", nr, bytes);
	if (to != ST_ZSWAP && from != ST_ZSWAP && bytes)
		FAIL("%s -> %s of %" PRIu64 " compressed bytes", vst_state_name[from],
		     vst_state_name[to], bytes);
	if (event_num(e, "slot") % 512 + nr > 512)
		FAIL("%" PRIu64 " slots from %" PRIu64 " on are not in one cluster", nr,
		     event_num(e, "slot"));
	check_phys_fields(e, to == ST_PHYS || from == ST_PHYS);
	event_num(e, "cgroup");
}

/* What all events of a trace say together. */
struct sums {
	uint64_t trans[ST_NR][ST_NR];
	uint64_t swapin[ST_NR];
	uint64_t reject[VST_STATS];	/* in the order of the lines of `stat` */
};

/* Which line of `stat` counts the refusals for @reason. */
static unsigned int reject_line(const struct snap *s, const char *reason)
{
	unsigned int i;

	for (i = 0; i < s->nr_stat; i++)
		if (!strncmp(s->stat[i].name, "reject_", 7) &&
		    !strcmp(s->stat[i].name + 7, reason))
			return i;
	FAIL("a refusal for the unknown reason \"%s\"", reason);
}

static void add_up(const struct trace *t, const struct snap *s, struct sums *sum)
{
	size_t k;

	memset(sum, 0, sizeof(*sum));
	for (k = 0; k < t->nr; k++) {
		const struct event *e = &t->ev[k];

		if (!strcmp(e->name, "vswap_transition")) {
			check_fields(e);
			sum->trans[event_state(e, "from")][event_state(e, "to")] +=
				event_num(e, "nr");
		} else if (!strcmp(e->name, "vswap_swapin")) {
			sum->swapin[event_state(e, "backing")] += event_num(e, "nr");
		} else if (!strcmp(e->name, "vswap_reject")) {
			sum->reject[reject_line(s, event_str(e, "reason"))] +=
				event_num(e, "nr");
		}
	}
}

static int differs(const char *what, uint64_t events, uint64_t counter)
{
	if (events == counter)
		return 0;
	vst_note("%s: events say %" PRIu64 ", counters %" PRIu64, what, events, counter);
	return 1;
}

void trace_check(const struct trace *t, const struct snap *a, const struct snap *b)
{
	struct sums sum;
	char name[40];
	int i, j, bad = 0;

	if (!vst_have_vswap)
		return;
	add_up(t, b, &sum);
	for (i = 0; i < ST_NR; i++)
		for (j = 0; j < ST_NR; j++) {
			snprintf(name, sizeof(name), "%s -> %s", vst_state_name[i],
				 vst_state_name[j]);
			bad += differs(name, sum.trans[i][j], snap_moved(a, b, i, j));
		}
	for (i = ST_NONE; i < ST_NR; i++) {
		snprintf(name, sizeof(name), "swapin_%s", vst_state_name[i]);
		bad += differs(name, sum.swapin[i], snap_grew(a, b, name));
	}
	for (i = 0; i < (int)b->nr_stat; i++)
		if (!strncmp(b->stat[i].name, "reject_", 7))
			bad += differs(b->stat[i].name, sum.reject[i],
				       snap_grew(a, b, b->stat[i].name));
	if (bad)
		FAIL("events and counters differ");
}

void trace_check_cgroup(const struct trace *t, uint64_t ino)
{
	size_t i;

	for (i = 0; i < t->nr; i++) {
		if (strcmp(t->ev[i].name, "vswap_transition") &&
		    strcmp(t->ev[i].name, "vswap_swapin"))
			continue;
		if (event_num(&t->ev[i], "cgroup") != ino)
			FAIL("%s of slot %s carries cgroup %" PRIu64 " instead of %" PRIu64,
			     t->ev[i].name, event_str(&t->ev[i], "slot"),
			     event_num(&t->ev[i], "cgroup"), ino);
	}
}
