// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What else in memory management looks into swap entries or the swap cache: KSM,
 * userfaultfd, compaction and migration, memory failure, soft-dirty, pagemap, smaps.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "harness.h"
#include "load.h"

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif
#ifndef MADV_HWPOISON
#define MADV_HWPOISON 100
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef UFFDIO_MOVE
/* Newer than the C library's headers may be. */
struct uffdio_move {
	__u64 dst;
	__u64 src;
	__u64 len;
	__u64 mode;
	__s64 move;
};
#define UFFDIO_MOVE		_IOWR(UFFDIO, 0x05, struct uffdio_move)
#define UFFD_FEATURE_MOVE	(1 << 16)
#endif

/* ---- KSM ------------------------------------------------------------------------------ */

#define KSM "/sys/kernel/mm/ksm"

/* The same 7 contents over many pages, merged, out, in, unmerged by writing. */
TEST(ksm, merged_pages, 0)
{
	const size_t n = 421, kinds = 7;
	uint64_t full, before, buf[PG / 8];
	struct area a;
	struct cg g;
	size_t i, k;
	int tries;

	if (!vst_exists(KSM "/run"))
		SKIP("no KSM");
	cg_make(&g, "ksm");
	cg_enter(&g);
	area_map(&a, n, PAT_COMP, 0);
	for (i = 0; i < n; i++) {
		pattern_page(PAT_COMP, 7, i % kinds, buf);
		memcpy(a.p + i * PG, buf, PG);
	}
	area_advise(&a, 0, n, MADV_MERGEABLE);
	vst_set(KSM "/sleep_millisecs", "0");
	vst_set(KSM "/pages_to_scan", "5000");
	before = vst_read_u64(KSM "/full_scans");
	vst_set(KSM "/run", "1");
	POLL(20, "merging", vst_read_u64(KSM "/pages_sharing") >= n - kinds - n / 4 ||
	     vst_read_u64(KSM "/full_scans") > before + 8);
	vst_set(KSM "/run", "0");
	full = vst_read_u64(KSM "/pages_sharing");
	CHECK_GT(full, n / 2);
	for (tries = 0; tries < 40 && area_swapped(&a) < n * 3 / 4; tries++)
		cg_reclaim(&g, n * PG);
	vst_note("%zu of %zu out, %llu sharing", area_swapped(&a), n, (unsigned long long)full);
	CHECK_GT(area_swapped(&a), n / 2);
	for (k = 0; k < 3; k++) {
		for (i = 0; i < n; i++) {
			pattern_page(PAT_COMP, 7, i % kinds, buf);
			if (k == 2 && i % 5 == 0)
				a.p[i * PG]++;	/* break the sharing */
			if (k == 2 && i % 5 == 0)
				a.p[i * PG]--;
			CHECK(!memcmp(a.p + i * PG, buf, PG));
		}
		cg_reclaim(&g, n * PG);
	}
	for (i = 0; i < n; i++) {
		pattern_page(PAT_COMP, 7, i % kinds, buf);
		CHECK(!memcmp(a.p + i * PG, buf, PG));
	}
	area_free(&a);
	cg_leave();
}

/* ---- userfaultfd ------------------------------------------------------------------------ */

static int uffd_open(uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		SKIP("userfaultfd: %s", strerror(errno));
	if (ioctl(fd, UFFDIO_API, &api))
		SKIP("userfaultfd lacks a feature: %s", strerror(errno));
	return fd;
}

static void uffd_register(int fd, char *p, size_t bytes, uint64_t mode)
{
	struct uffdio_register reg = {
		.range = { .start = (uintptr_t)p, .len = bytes }, .mode = mode,
	};

	MUST(ioctl(fd, UFFDIO_REGISTER, &reg));
}

static bool uffd_wp_bit(const char *p)
{
	uint64_t ent;
	int fd = MUST(open("/proc/self/pagemap", O_RDONLY));

	if (pread(fd, &ent, 8, (uintptr_t)p / PG * 8) != 8)
		FAIL("pagemap: %s", strerror(errno));
	close(fd);
	return ent & (1ULL << 57);
}

/* Write protection survives the way out and in; data is right. */
TEST(uffd, write_protect_persists, 0)
{
	const size_t n = 229;
	struct uffdio_writeprotect wp;
	struct area a;
	size_t i;
	int fd;

	fd = uffd_open(UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	area_map(&a, n, PAT_CZ, 0);
	area_fill(&a);
	uffd_register(fd, a.p, n * PG, UFFDIO_REGISTER_MODE_WP);
	wp.range.start = (uintptr_t)a.p;
	wp.range.len = n * PG;
	wp.mode = UFFDIO_WRITEPROTECT_MODE_WP;
	MUST(ioctl(fd, UFFDIO_WRITEPROTECT, &wp));
	area_pageout(&a);
	for (i = 0; i < n; i++)
		CHECK(uffd_wp_bit(a.p + i * PG));
	area_check(&a);
	for (i = 0; i < n; i++)
		CHECK(uffd_wp_bit(a.p + i * PG));
	/* lift it while half is out again */
	area_advise(&a, 0, n / 2, MADV_PAGEOUT);
	wp.mode = 0;
	MUST(ioctl(fd, UFFDIO_WRITEPROTECT, &wp));
	for (i = 0; i < n; i++)
		CHECK(!uffd_wp_bit(a.p + i * PG));
	area_fill(&a);
	area_check(&a);
	close(fd);
	area_free(&a);
}

/* UFFDIO_MOVE of pages that are out moves the entries; of cached ones the folios. */
static void uffd_move(bool cached)
{
	const size_t n = 173;
	struct uffdio_move mv = { 0 };
	struct area src, dst;
	struct snap s, b;
	int fd;

	fd = uffd_open(UFFD_FEATURE_MOVE);
	area_map(&src, n, PAT_COMP, 0);
	area_fill(&src);
	area_map(&dst, n, PAT_COMP, 0);
	dst.seed = src.seed;
	uffd_register(fd, dst.p, n * PG, UFFDIO_REGISTER_MODE_MISSING);
	area_pageout(&src);
	if (cached)
		area_advise(&src, 0, n, MADV_WILLNEED);
	snap_take(&s);
	mv.dst = (uintptr_t)dst.p;
	mv.src = (uintptr_t)src.p;
	mv.len = n * PG;
	MUST(ioctl(fd, UFFDIO_MOVE, &mv));
	CHECK_EQ(mv.move, n * PG);
	snap_take(&b);
	if (!cached)
		NO_MOVES(&s, &b);
	area_check(&dst);
	area_pageout(&dst);
	area_check(&dst);
	close(fd);
	area_free(&src);
	area_free(&dst);
}

TEST(uffd, move_swapped, 0)
{
	uffd_move(false);
}

TEST(uffd, move_cached, 0)
{
	uffd_move(true);
}

/* ---- migration, compaction, collapse ------------------------------------------------------ */

/* Compaction migrates folios of the swap cache while loads run. */
TEST(migrate, compaction_under_load, T_ANY_CGROUP | T_MANY_EVENTS)
{
	volatile int *stop = vst_shared(PG);
	struct load cfg[2] = {
		{ .pages = 1709, .pat = PAT_CZ, .forks = true, .cpu = -1, .stop = stop },
		{ .pages = 1213, .pat = PAT_CZ, .order = 4, .cpu = -1, .stop = stop },
	};
	double end = vst_now() + 4;
	pid_t pid[2];
	int i, rounds = 0;

	if (!vst_exists("/proc/sys/vm/compact_memory"))
		SKIP("no compaction");
	vst_pin(-1);
	for (i = 0; i < 2; i++)
		pid[i] = vst_spawn(load_run, &cfg[i]);
	while (vst_more_rounds(end, rounds, 2)) {
		vst_set("/proc/sys/vm/compact_memory", "1");
		rounds++;
		vst_msleep(20);
	}
	*stop = 1;
	for (i = 0; i < 2; i++)
		vst_join(pid[i]);
	CHECK_GE(rounds, 2);
}

/* Cached folios are moved to other frames; their slots stay what they were. */
TEST(migrate, soft_offline_of_cached, 0)
{
	const size_t n = 61;
	struct snap s, b, c;
	struct area a;
	size_t i, moved = 0;

	area_map(&a, n, PAT_COMP, 0);
	area_fill(&a);
	snap_take(&s);
	area_pageout(&a);
	area_check(&a);		/* mapped, and in the swap cache */
	snap_take(&b);
	for (i = 0; i < n; i += 5)
		moved += !madvise(a.p + i * PG, PG, MADV_SOFT_OFFLINE);
	if (!moved)
		SKIP("soft offline: %s", strerror(errno));
	snap_take(&c);
	NO_MOVES(&b, &c);
	area_check(&a);
	area_pageout(&a);
	area_check(&a);
	area_free(&a);
	snap_take(&c);
	if (vst_have_vswap)
		CHECK_EQ(c.slots_used, s.slots_used);
}

/* A broken frame under a cached folio: SIGBUS for that page, nothing else lost. */
TEST(migrate, memory_failure, 0)
{
	const size_t n = 53, bad = 17;
	struct snap s, b;
	struct area a;
	unsigned char c;
	size_t i;
	int sig;

	area_map(&a, n, PAT_COMP, 0);
	area_fill(&a);
	snap_take(&s);
	area_pageout(&a);
	area_check(&a);
	area_break_memory(&a, bad);
	sig = vst_probe(a.p + bad * PG, &c);
	CHECK_EQ(sig, SIGBUS);
	for (i = 0; i < n; i++)
		if (i != bad)
			area_check_range(&a, i, 1);
	area_free(&a);
	if (vst_have_vswap) {
		POLL(5, "slots after memory failure",
		     vst_sysfs_slots("used") == s.slots_used);
		snap_take(&b);
	}
}

/* MADV_COLLAPSE of a range that is out, half zero, half in zswap, makes one folio of it. */
TEST(migrate, collapse_swapped, 0)
{
	const size_t n = 512;
	struct snap s, b, c;
	struct area a;
	int i, err = 0;

	area_map(&a, n, PAT_CZ, 0);
	area_fill(&a);
	snap_take(&s);
	area_pageout(&a);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_ZSWAP, area_count(&a, PAT_COMP) },
	      { ST_NONE, ST_ZERO, area_count(&a, PAT_ZERO) });
	vst_set(THP_SYSFS "/hugepages-2048kB/enabled", "madvise");
	area_advise(&a, 0, n, MADV_HUGEPAGE);
	vst_write(THP_SYSFS "/khugepaged/max_ptes_swap", "511");
	/* a page in another CPU's LRU batch puts it off: EAGAIN */
	for (i = 0; i < 50; i++) {
		err = madvise(a.p, n * PG, MADV_COLLAPSE) ? errno : 0;
		if (!err)
			break;
		vst_write("/proc/sys/vm/drop_caches", "1");
		vst_msleep(20);
	}
	if (err)
		FAIL("MADV_COLLAPSE: %s", strerror(err));
	CHECK_EQ(area_swapped(&a), 0);
	CHECK_EQ(vst_folio_pages(a.p), 512);
	snap_take(&c);
	if (vst_have_vswap) {
		CHECK_EQ(snap_grew(&b, &c, "swapin_zswap"), area_count(&a, PAT_COMP));
		CHECK_EQ(snap_grew(&b, &c, "swapin_zero"), area_count(&a, PAT_ZERO));
	}
	area_check(&a);
	area_pageout(&a);
	area_check(&a);
	area_free(&a);
	snap_take(&b);
	if (vst_have_vswap)
		CHECK_EQ(b.slots_used, s.slots_used);
}

/* ---- what userspace sees --------------------------------------------------------------------- */

static uint64_t smaps_swap(const struct area *a)
{
	char line[300];
	unsigned long s, e, kb;
	uint64_t sum = 0;
	bool in = false;
	FILE *f = fopen("/proc/self/smaps", "r");

	if (!f)
		FAIL("smaps: %s", strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &s, &e) == 2)
			in = s < (uintptr_t)a->p + a->n * PG && e > (uintptr_t)a->p;
		else if (in && sscanf(line, "Swap: %lu kB", &kb) == 1)
			sum += kb / 4;
	}
	fclose(f);
	return sum;
}

TEST(user, smaps_and_status, 0)
{
	const size_t n = 347;
	uint64_t before = 0, after = 0;
	struct area a;

	CHECK(vst_key("/proc/self/status", "VmSwap", &before));
	area_map(&a, n, PAT_CZ, 0);
	area_fill(&a);
	area_pageout(&a);
	CHECK_EQ(smaps_swap(&a), n);
	CHECK(vst_key("/proc/self/status", "VmSwap", &after));
	CHECK_EQ(after - before, n * 4);
	area_check(&a);
	CHECK_EQ(smaps_swap(&a), 0);
	area_free(&a);
}

/* Soft-dirty bits of entries survive. */
TEST(user, soft_dirty, 0)
{
	const size_t n = 97;
	uint64_t ent;
	struct area a;
	size_t i;
	int fd;

	area_map(&a, n, PAT_COMP, 0);
	area_fill(&a);
	vst_set("/proc/self/clear_refs", "4");
	area_fill_page(&a, 3);
	area_fill_page(&a, 50);
	area_pageout(&a);
	fd = MUST(open("/proc/self/pagemap", O_RDONLY));
	for (i = 0; i < n; i++) {
		if (pread(fd, &ent, 8, ((uintptr_t)a.p / PG + i) * 8) != 8)
			FAIL("pagemap: %s", strerror(errno));
		CHECK_EQ(!!(ent & (1ULL << 55)), i == 3 || i == 50);
	}
	close(fd);
	area_check(&a);
	area_free(&a);
}

static void check_mode(const char *path, mode_t mode)
{
	struct stat st;

	MUST(stat(path, &st));
	if ((st.st_mode & 07777) != mode)
		FAIL("%s has mode %04o instead of %04o", path, st.st_mode & 07777, mode);
}

/* The layer's files: world readable in sysfs, mode 0444 in debugfs, one number each. */
TEST(user, files, T_NO_EVENTS)
{
	static const char *const debug[] = { "stat", "transitions", "verify" };
	char path[128], buf[64], *end;
	int i;

	if (!vst_have_vswap)
		return;
	for (i = 0; i <= ST_POISON; i++) {
		snprintf(path, sizeof(path), VSWAP_SYSFS "/slots_%s",
			 i ? vst_state_name[i] : "used");
		CHECK_GT(vst_read(path, buf, sizeof(buf)), 0);
		strtoull(buf, &end, 10);
		CHECK(end != buf && !strcmp(end, "\n"));
		check_mode(path, 0444);
	}
	check_mode(VSWAP_SYSFS "/enabled", 0644);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), VSWAP_DEBUGFS "/%s", debug[i]);
		check_mode(path, 0444);
		CHECK_LT(vst_write(path, "1"), 0);
	}
	/* another user reads sysfs */
	MUST(setuid(65534));
	CHECK_GE(vst_read(VSWAP_SYSFS "/slots_used", buf, sizeof(buf)), 0);
	CHECK_GE(vst_read(VSWAP_SYSFS "/enabled", buf, sizeof(buf)), 0);
	CHECK_LT(vst_write(VSWAP_SYSFS "/enabled", "never"), 0);
}

/* Events have the fields that are ABI, by name. */
TEST(user, event_formats, 0)
{
	static const struct { const char *event; const char *fields[10]; } abi[] = {
		{ "vswap_transition", { "slot", "nr", "from", "to", "reason", "phys_type",
					"phys_offset", "bytes", "cgroup" } },
		{ "vswap_swapin", { "slot", "nr", "backing", "cgroup" } },
		{ "vswap_reject", { "nr", "reason", "cgroup" } },
		{ "vswap_grow", { "clusters", "total" } },
		{ "vswap_swapoff", { "type", "moved", "poisoned", "left" } },
	};
	char path[128], buf[8192], want[40];
	size_t i, k;

	if (!vst_have_vswap)
		return;
	for (i = 0; i < ARRAY_SIZE(abi); i++) {
		snprintf(path, sizeof(path), TRACEFS "/events/vswap/%s/format", abi[i].event);
		CHECK_GT(vst_read(path, buf, sizeof(buf)), 0);
		for (k = 0; k < 10 && abi[i].fields[k]; k++) {
			snprintf(want, sizeof(want), " %s;\t", abi[i].fields[k]);
			if (!strstr(buf, want))
				FAIL("%s has no field %s", abi[i].event, abi[i].fields[k]);
		}
	}
}
