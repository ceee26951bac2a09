// SPDX-License-Identifier: GPL-2.0-or-later
/* Switching the layer and zswap, at rest and under load. */
#include "harness.h"
#include "load.h"

/* The words of `enabled` are ABI, and nothing else is taken. */
TEST(knob, words, 0)
{
	static const char *const good[] = { "never", "always", "auto" };
	static const char *const bad[] = { "", "on", "1", "autox", "alway" };
	char buf[64];
	size_t i;

	if (!vst_have_vswap)
		return;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		CHECK_EQ(vst_write(VSWAP_SYSFS "/enabled", good[i]), 0);
		CHECK_GT(vst_read(VSWAP_SYSFS "/enabled", buf, sizeof(buf)), 0);
		if (!strstr(buf, good[i]))
			FAIL("enabled reads \"%s\" after writing %s", buf, good[i]);
	}
	for (i = 1; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(vst_write(VSWAP_SYSFS "/enabled", bad[i]), -EINVAL);
	CHECK_GT(vst_read(VSWAP_SYSFS "/enabled", buf, sizeof(buf)), 0);
	CHECK(strstr(buf, "auto"));
}

/* never: nothing new, and with no device nothing goes out at all. */
TEST(knob, never, 0)
{
	const size_t n = 241;
	struct snap s, b;
	struct area a;

	if (!vst_have_vswap)
		return;
	knob_vswap("never");
	area_map(&a, n, PAT_CZ, 0);
	area_fill(&a);
	snap_take(&s);
	CHECK_EQ(area_try_pageout(&a), 0);
	snap_take(&b);
	NO_MOVES(&s, &b);
	area_check(&a);
	area_free(&a);
}

/* never, with slots from before: those drain whose pages are touched, read or written. */
TEST(knob, never_drains, 0)
{
	const size_t n = 601;
	struct snap s, b, c;
	struct area a;

	if (!vst_have_vswap)
		return;
	area_map(&a, n, PAT_CZ, 0);
	area_fill(&a);
	snap_take(&s);
	area_pageout(&a);
	knob_vswap("never");
	area_check_range(&a, 0, n / 2);
	area_fill_page(&a, n - 1);
	snap_take(&b);
	CHECK_EQ(b.slots_used - s.slots_used, n - n / 2 - 1);
	area_check(&a);
	area_free(&a);
	snap_take(&c);
	CHECK_EQ(c.slots_used, s.slots_used);
	CHECK_EQ(snap_moved(&b, &c, ST_FREE, ST_NONE), 0);
}

/* auto with zswap off and no device: no backing can take a page, so no slot is taken. */
TEST(knob, auto_without_zswap, 0)
{
	const size_t n = 223;
	struct snap s, b;
	struct area a;

	if (!vst_have_vswap)
		return;
	knob_zswap(false);
	area_map(&a, n, PAT_COMP, 0);
	area_fill(&a);
	snap_take(&s);
	CHECK_EQ(area_try_pageout(&a), 0);
	snap_take(&b);
	CHECK_EQ(snap_moved(&s, &b, ST_FREE, ST_NONE), 0);
	area_check(&a);
	area_free(&a);
}

/* zswap is switched off while it holds pages: they can still be read. */
TEST(knob, zswap_off_keeps_data, 0)
{
	const size_t n = 787;
	struct area a;

	area_map(&a, n, PAT_CZ, 0);
	area_fill(&a);
	area_pageout(&a);
	knob_zswap(false);
	area_check_range(&a, 0, n / 2);
	knob_zswap(true);
	area_check(&a);
	area_free(&a);
}

/* Pages of three compressors at once; each is read with the one it was stored with. */
TEST(knob, compressors_side_by_side, 0)
{
	static const char *const comp[] = { "lzo", "zstd", "lz4", "deflate", "842" };
	struct area a[ARRAY_SIZE(comp)];
	size_t i, nr = 0;

	for (i = 0; i < ARRAY_SIZE(comp); i++) {
		if (vst_write(ZSWAP_PARAMS "/compressor", comp[i]))
			continue;
		area_map(&a[nr], 193, PAT_CZ, 0);
		area_fill(&a[nr]);
		area_pageout(&a[nr++]);
	}
	CHECK_GE(nr, 3);
	for (i = 0; i < nr; i++) {
		area_check(&a[i]);
		area_free(&a[i]);
	}
}

/* Two loads run while @turn is called again and again. */
static void under_load(void (*turn)(unsigned int round), double seconds, unsigned int pause)
{
	volatile int *stop = vst_shared(PG);
	struct load cfg[3] = {
		{ .pages = 1543, .pat = PAT_CZ, .forks = true, .cpu = -1, .stop = stop },
		{ .pages = 1277, .pat = PAT_MIXED, .order = 4, .cpu = -1, .stop = stop },
		{ .pages = 769, .pat = PAT_CZ, .shared = true, .cpu = -1, .stop = stop },
	};
	double end = vst_now() + seconds;
	unsigned int round = 0;
	pid_t pid[3];
	int i;

	vst_pin(-1);
	for (i = 0; i < 3; i++)
		pid[i] = vst_spawn(load_run, &cfg[i]);
	while (vst_more_rounds(end, round, 5)) {
		turn(round++);
		vst_msleep(pause);
	}
	*stop = 1;
	for (i = 0; i < 3; i++)
		vst_join(pid[i]);
	vst_note("%u turns", round);
	CHECK_GE(round, 5);
}

static void turn_enabled(unsigned int round)
{
	static const char *const word[] = { "never", "auto", "always", "auto", "never", "always" };

	knob_vswap(word[round % 6]);
}

TEST(knob, enabled_under_load, T_MANY_EVENTS)
{
	under_load(turn_enabled, 4, 20);
}

static void turn_zswap(unsigned int round)
{
	knob_zswap(round & 1);
}

TEST(knob, zswap_under_load, T_MANY_EVENTS)
{
	under_load(turn_zswap, 4, 20);
}

static void turn_compressor(unsigned int round)
{
	static const char *const comp[] = { "zstd", "lzo", "lz4", "deflate" };

	knob_zswap_param("compressor", comp[round % 4]);
}

TEST(knob, compressor_under_load, T_MANY_EVENTS)
{
	under_load(turn_compressor, 4, 40);
}

static void turn_all(unsigned int round)
{
	turn_enabled(round * 7 / 3);
	turn_zswap(round % 5 != 0);
	if (round % 4 == 0)
		turn_compressor(round / 4);
	knob_zswap_param("max_pool_percent", round % 3 ? "20" : "1");
}

TEST(knob, everything_under_load, T_ANY_CGROUP | T_MANY_EVENTS)
{
	under_load(turn_all, 5, 15);
}

/* The counters are readable at any moment and never contradict the state machine. */
TEST(knob, reading_counters_under_load, T_MANY_EVENTS)
{
	volatile int *stop = vst_shared(PG);
	struct load cfg = { .pages = 1301, .pat = PAT_CZ, .forks = true, .cpu = -1,
			    .stop = stop };
	double end = vst_now() + 3;
	char buf[8192];
	pid_t pid[2];
	int i, reads = 0;

	if (!vst_have_vswap)
		return;
	vst_pin(-1);
	for (i = 0; i < 2; i++)
		pid[i] = vst_spawn(load_run, &cfg);
	while (vst_more_rounds(end, reads, 3)) {
		CHECK_GT(vst_read(VSWAP_DEBUGFS "/stat", buf, sizeof(buf)), 0);
		CHECK_GT(vst_read(VSWAP_DEBUGFS "/transitions", buf, sizeof(buf)), 0);
		/* verify counts what is there while it changes: it must still say ok */
		CHECK(vst_verify());
		reads++;
	}
	*stop = 1;
	for (i = 0; i < 2; i++)
		vst_join(pid[i]);
	CHECK_GE(reads, 3);
}
