// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The layer's counters: reading them, checking that they agree with each other, and
 * comparing what moved with what a test expects.
 */
#include <inttypes.h>

#include "harness.h"

const char *const vst_state_name[ST_NR] = {
	"free", "none", "zero", "zswap", "phys", "poison",
};

static int state_of(const char *word)
{
	int i;

	for (i = 0; i < ST_NR; i++)
		if (!strcmp(word, vst_state_name[i]))
			return i;
	return -1;
}

/*
 * `transitions`: a header line that names the to-states, then one row per from-state.
 * Columns are found by name.
 */
static void read_transitions(struct snap *s)
{
	char buf[4096], *line, *word, *lsave = NULL, *wsave;
	ssize_t n = vst_read(VSWAP_DEBUGFS "/transitions", buf, sizeof(buf));
	int col[16], cols = 0, rows = 0, i;

	if (n < 0)
		FAIL("transitions: %s", strerror(-n));
	line = strtok_r(buf, "\n", &lsave);
	for (word = line ? strtok_r(line, " \t", &wsave) : NULL; word && cols < 16;
	     word = strtok_r(NULL, " \t", &wsave)) {
		/* a corner label such as "from\\to" is no state */
		if (state_of(word) >= 0)
			col[cols++] = state_of(word);
	}
	if (cols != ST_NR)
		FAIL("transitions: %d states in the header instead of %d", cols, ST_NR);
	while ((line = strtok_r(NULL, "\n", &lsave))) {
		int from;

		word = strtok_r(line, " \t", &wsave);
		from = word ? state_of(word) : -1;
		if (from < 0)
			FAIL("transitions: row \"%s\" is no state", word ? word : "");
		for (i = 0; i < cols; i++) {
			word = strtok_r(NULL, " \t", &wsave);
			if (!word)
				FAIL("transitions: row %s is short", vst_state_name[from]);
			s->trans[from][col[i]] = strtoull(word, NULL, 10);
		}
		rows++;
	}
	if (rows != ST_NR)
		FAIL("transitions: %d rows", rows);
}

static void read_stat(struct snap *s)
{
	char buf[8192], *line, *save = NULL;
	ssize_t n = vst_read(VSWAP_DEBUGFS "/stat", buf, sizeof(buf));
	char name[40];
	int i;

	if (n < 0)
		FAIL("stat: %s", strerror(-n));
	if (strncmp(buf, "version 1\n", 10))
		FAIL("stat: first line is not \"version 1\"");
	for (line = strtok_r(buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (s->nr_stat == VST_STATS)
			FAIL("stat: more than %d lines", VST_STATS);
		if (sscanf(line, "%39s %" SCNu64, s->stat[s->nr_stat].name,
			   &s->stat[s->nr_stat].val) != 2)
			FAIL("stat: line \"%s\" is not \"name value\"", line);
		s->nr_stat++;
	}
	s->slots_used = snap_stat(s, "slots_used");
	for (i = ST_NONE; i < ST_NR; i++) {
		snprintf(name, sizeof(name), "slots_%s", vst_state_name[i]);
		s->gauge[i] = snap_stat(s, name);
	}
}

static void read_vmstat(struct snap *s)
{
	static const struct { const char *name; size_t off; } want[] = {
		{ "pswpin", offsetof(struct snap, pswpin) },
		{ "pswpout", offsetof(struct snap, pswpout) },
		{ "zswpin", offsetof(struct snap, zswpin) },
		{ "zswpout", offsetof(struct snap, zswpout) },
		{ "zswpwb", offsetof(struct snap, zswpwb) },
		{ "swpin_zero", offsetof(struct snap, swpin_zero) },
		{ "swpout_zero", offsetof(struct snap, swpout_zero) },
	};
	static char buf[32768];
	char *line, *save = NULL, *sp;
	size_t i, found = 0;

	if (vst_read("/proc/vmstat", buf, sizeof(buf)) < 0)
		FAIL("/proc/vmstat: %s", strerror(errno));
	for (line = strtok_r(buf, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		sp = strchr(line, ' ');
		if (!sp)
			continue;
		*sp = 0;
		for (i = 0; i < ARRAY_SIZE(want); i++) {
			if (strcmp(line, want[i].name))
				continue;
			*(uint64_t *)((char *)s + want[i].off) = strtoull(sp + 1, NULL, 10);
			found++;
		}
	}
	if (found != ARRAY_SIZE(want))
		FAIL("/proc/vmstat: %zu of %zu swap counters", found, ARRAY_SIZE(want));
}

uint64_t vst_written_back(void)
{
	uint64_t nr;

	CHECK(vst_key("/proc/vmstat", "zswpwb", &nr));
	return nr;
}

/* entered - left = gauge for every state, and the gauges sum to slots_used. */
static const char *contradiction(const struct snap *s, int *state)
{
	uint64_t sum = 0;
	int i, j;

	for (i = ST_NONE; i < ST_NR; i++) {
		uint64_t in = 0, out = 0;

		for (j = 0; j < ST_NR; j++) {
			in += s->trans[j][i];
			out += s->trans[i][j];
		}
		*state = i;
		if (in - out != s->gauge[i])
			return "entered - left is not the gauge";
		sum += s->gauge[i];
	}
	if (sum != s->slots_used)
		return "the gauges do not sum to slots_used";
	return NULL;
}

void snap_take(struct snap *s)
{
	const char *why = NULL;
	int try, state = 0;

	/* Somebody else's page may move between the two files: look again. */
	for (try = 0; try < 20; try++) {
		memset(s, 0, sizeof(*s));
		read_vmstat(s);
		if (!vst_have_vswap)
			return;
		read_stat(s);
		read_transitions(s);
		why = contradiction(s, &state);
		if (!why)
			return;
		vst_msleep(10);
	}
	FAIL("counters at rest: state %s: %s", vst_state_name[state], why);
}

uint64_t snap_stat(const struct snap *s, const char *name)
{
	unsigned int i;

	if (!vst_have_vswap)
		return 0;
	for (i = 0; i < s->nr_stat; i++)
		if (!strcmp(s->stat[i].name, name))
			return s->stat[i].val;
	FAIL("stat: no line \"%s\"", name);
}

int64_t snap_grew(const struct snap *a, const struct snap *b, const char *name)
{
	return snap_stat(b, name) - snap_stat(a, name);
}

uint64_t snap_moved(const struct snap *a, const struct snap *b, int from, int to)
{
	return b->trans[from][to] - a->trans[from][to];
}

void snap_expect(const struct snap *a, const struct snap *b, const struct move *m,
		 size_t nr, const char *file, int line)
{
	uint64_t want[ST_NR][ST_NR] = { 0 };
	int bad = 0, i, j;
	size_t k;

	if (!vst_have_vswap)
		return;
	for (k = 0; k < nr; k++)
		want[m[k].from][m[k].to] += m[k].nr;
	for (i = 0; i < ST_NR; i++)
		for (j = 0; j < ST_NR; j++) {
			uint64_t got = snap_moved(a, b, i, j);

			if (got == want[i][j])
				continue;
			vst_note("%s -> %s: %" PRId64 " slots moved, expected %" PRIu64,
				 vst_state_name[i], vst_state_name[j], (int64_t)got,
				 want[i][j]);
			bad++;
		}
	if (bad)
		vst_fail(file, line, "%d entries of the transition matrix are wrong", bad);
}

uint64_t vst_sysfs_slots(const char *state)
{
	char path[100];

	snprintf(path, sizeof(path), VSWAP_SYSFS "/slots_%s", state);
	return vst_read_u64(path);
}

/*
 * Without a memory controller, with the one of cgroup v1, or before tests have made a cgroup,
 * there is no such memory.reclaim. A node's file does the same for all of the system, but
 * only if the node has more slab than min_slab_ratio per cent.
 */
static void reclaim_a_little(const char *cgroup)
{
	static const char want[] = "1M swappiness=max", slab[] = "/proc/sys/vm/min_slab_ratio";
	char file[100];
	uint64_t ratio;

	snprintf(file, sizeof(file), "%s%s/memory.reclaim", cg_root(), cgroup);
	if (vst_write(file, want) != -ENOENT)
		return;
	ratio = vst_read_u64(slab);
	vst_set(slab, "0");
	vst_write("/sys/devices/system/node/node0/reclaim", want);
	vst_set(slab, "%" PRIu64, ratio);
}

/*
 * From everybody only if the tests' cgroups do not do: the shell that waits for the tests
 * would go to the device that is to become empty.
 */
bool vst_reclaim_while(double start)
{
	double waited = vst_now() - start;

	if (waited > 10)
		return false;
	reclaim_a_little(waited < 3 ? "/" CG_TOP : "");
	vst_msleep(10);
	return true;
}

void vst_settle(void)
{
	double start = vst_now();

	while (vst_sysfs_slots("used") > vst_processes_swapped() && vst_reclaim_while(start))
		;
	CHECK_LE(vst_sysfs_slots("used"), vst_processes_swapped());
}

bool vst_verify(void)
{
	static char buf[16384];
	ssize_t n = vst_read(VSWAP_DEBUGFS "/verify", buf, sizeof(buf));
	char *line, *save = NULL;
	int lines = 0;

	if (n < 0) {
		vst_note("verify: %s", strerror(-n));
		return false;
	}
	if (!strcmp(buf, "ok\n"))
		return true;
	for (line = strtok_r(buf, "\n", &save); line && lines < 20;
	     line = strtok_r(NULL, "\n", &save), lines++)
		vst_note("verify: %s", line);
	if (!lines)
		vst_note("verify: says nothing");
	return false;
}

void vst_check_sysfs(void)
{
	struct snap s;
	int i, try;
	bool same = false;

	if (!vst_have_vswap)
		return;
	for (try = 0; try < 20 && !same; try++) {
		snap_take(&s);
		same = vst_sysfs_slots("used") == s.slots_used;
		for (i = ST_NONE; i < ST_NR; i++)
			same = same && vst_sysfs_slots(vst_state_name[i]) == s.gauge[i];
	}
	if (!same)
		FAIL("sysfs slots_* and debugfs stat differ at rest");
}
