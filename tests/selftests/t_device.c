// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Several devices at once, and every kind of device.
 */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "harness.h"
#include "load.h"


/* ---- several devices ----------------------------------------------------------------------------- */

/* The higher priority is filled first, the lower takes what is left. */
TEST(tiers, two_priorities, 0)
{
	const size_t n = 499, fast = 199;
	struct dev hi, lo;
	struct area a;
	struct cg g;

	fix_cgroup(&g);
	dev_brd(&lo, 1, 2003);
	dev_swapon(&lo, 5, 0);
	dev_brd(&hi, 2, fast);
	dev_swapon(&hi, 10, 0);
	area_out(&a, &g, n, PAT_COMP, 0);
	CHECK_EQ(dev_used(&hi), fast);
	CHECK_EQ(dev_used(&lo), n - fast);
	area_check(&a);
	area_free(&a);
	CHECK_EQ(dev_used(&hi), 0);
	CHECK_EQ(dev_used(&lo), 0);
	cg_leave();
}

/* Twelve devices at once: every type number is encoded right, every one is filled. */
TEST(tiers, twelve_devices, 0)
{
	const size_t room = 37, n = 12 * room;
	struct dev d[12];
	struct snap s, b;
	struct area a, more;
	struct cg g;
	int i;

	fix_cgroup(&g);
	for (i = 0; i < 12; i++) {
		dev_brd(&d[i], i, room);
		dev_swapon(&d[i], 3, 0);
	}
	area_make(&a, n, PAT_RAND, 0);
	snap_take(&s);
	area_push(&a, &g);
	snap_take(&b);
	/* a full device may take slots back for a moment, so there can be more moves */
	CHECK_EQ(b.gauge[ST_PHYS] - s.gauge[ST_PHYS], vst_have_vswap ? n : 0);
	for (i = 0; i < 12; i++)
		CHECK_EQ(dev_used(&d[i]), room);
	/* all full: nothing more goes out, nothing is lost */
	area_make(&more, 101, PAT_COMP, 0);
	area_try_pageout(&more);
	area_check(&more);
	area_free(&more);
	area_check(&a);
	area_pageout(&a);
	/* take them away one by one; what they held goes to zswap or stays in memory */
	knob_zswap(true);
	for (i = 11; i >= 0; i -= 2)
		CHECK_EQ(dev_swapoff(&d[i]), 0);
	area_check(&a);
	area_free(&a);
	for (i = 0; i < 12; i += 2)
		CHECK_EQ(dev_used(&d[i]), 0);
	cg_leave();
}

/* Equal priorities share. */
TEST(tiers, round_robin, 0)
{
	const size_t n = 8191;
	struct dev d[2];
	struct area a;
	struct cg g;
	int i;

	fix_cgroup(&g);
	for (i = 0; i < 2; i++) {
		dev_brd(&d[i], 3 + i, 8191);
		dev_swapon(&d[i], 7, 0);
	}
	area_out(&a, &g, n, PAT_COMP, 0);
	vst_note("%zu and %zu", dev_used(&d[0]), dev_used(&d[1]));
	CHECK_EQ(dev_used(&d[0]) + dev_used(&d[1]), n);
	CHECK_GT(dev_used(&d[0]), n / 8);
	CHECK_GT(dev_used(&d[1]), n / 8);
	area_check(&a);
	area_free(&a);
	cg_leave();
}

/* ---- kinds of device ------------------------------------------------------------------------------ */

/*
 * Out and in, whole and in parts, on whatever device; ends with swapoff. Returns how many
 * large folios of the first round found no place in one piece, of 17.
 */
static uint64_t use_device(struct dev *d, unsigned int flags)
{
	struct area a, big;
	uint64_t fallback, pieces = 0;
	struct cg g;
	int round;

	fix_cgroup(&g);
	dev_swapon(d, -1, flags);
	area_make(&a, 811, PAT_MIXED, 0);
	area_make(&big, 17 * 16, PAT_RAND, 4);
	fallback = vst_mthp(4, "swpout_fallback");
	for (round = 0; round < 3; round++) {
		area_pageout(&a);
		area_pageout(&big);
		if (!round)
			pieces = vst_mthp(4, "swpout_fallback") - fallback;
		cg_drop_cache(&g);
		CHECK_GE(dev_used(d), 500);
		CHECK(!vst_have_vswap || vst_verify());
		area_check(&a);
		area_check(&big);
	}
	area_fill(&a);
	area_pageout(&a);
	area_pageout(&big);
	area_advise(&a, 100, 300, MADV_DONTNEED);
	cg_drop_cache(&g);
	area_check_range(&a, 0, 100);
	area_check(&big);
	area_free(&big);
	area_check_range(&a, 400, 411);
	area_free(&a);
	CHECK_EQ(dev_used(d), 0);
	CHECK_EQ(dev_swapoff(d), 0);
	cg_leave();
	return pieces;
}

TEST(device, brd, 0)
{
	struct dev d;

	dev_brd(&d, 0, 4001);
	use_device(&d, 0);
}

TEST(device, disk, 0)
{
	struct dev d;

	if (!dev_disk(&d, 0, 0))
		SKIP("no disk");
	use_device(&d, 0);
}

/* A number of /sys/block/DISK/stat, counted from 1 as in the documentation. */
static uint64_t disk_stat(const struct dev *d, int field)
{
	char path[64], buf[400], *word, *save = NULL;

	snprintf(path, sizeof(path), "/sys/block/%.8s/stat", d->path + strlen("/dev/"));
	CHECK_GT(vst_read(path, buf, sizeof(buf)), 0);
	for (word = strtok_r(buf, " \n", &save); word && --field; )
		word = strtok_r(NULL, " \n", &save);
	CHECK(word);
	return strtoull(word, NULL, 10);
}

enum { DISK_STAT_DISCARDS = 12 };

/* Slots that are given back are discarded, a cluster at a time. */
TEST(device, disk_with_discard, 0)
{
	const size_t n = 5 * 512;
	uint64_t before;
	char path[64];
	struct area a;
	struct dev d;
	struct cg g;

	fix_cgroup(&g);
	if (!dev_disk(&d, 0, 0))
		SKIP("no disk");
	snprintf(path, sizeof(path), "/sys/block/%.8s/queue/discard_max_bytes",
		 d.path + strlen("/dev/"));
	if (!vst_read_u64(path))
		SKIP("the disk knows no discard");
	use_device(&d, DEV_DISCARD);
	cg_enter(&g);
	dev_mkswap(&d, d.path, 0);
	dev_swapon(&d, -1, DEV_DISCARD);
	area_out(&a, &g, n, PAT_RAND, 0);
	CHECK_EQ(dev_used(&d), n);
	before = disk_stat(&d, DISK_STAT_DISCARDS);
	area_free(&a);
	dev_settle(&d);
	POLL(20, "discard of free clusters", disk_stat(&d, DISK_STAT_DISCARDS) > before);
	/* and what is discarded can be used again */
	area_out(&a, &g, n, PAT_RAND, 0);
	area_check(&a);
	area_free(&a);
	fix_end(&d);
}

/* Pages that are being written. dm-delay accounts for its requests when it lets them go. */
static uint64_t in_writeback(void)
{
	uint64_t nr;

	/* the counter alone is late: what CPUs have for themselves is added first */
	vst_set("/proc/sys/vm/stat_refresh", "1");
	CHECK(vst_key("/proc/vmstat", "nr_writeback", &nr));
	return nr;
}

/*
 * A disk that wants pages not to change while they are written, and writes so slow that
 * they would: pages are rewritten at once after they went out, again and again. What is
 * read in the end is what was written last.
 */
TEST(device, stable_writes, 0)
{
	const size_t n = 199;
	char path[64], table[256];
	struct dev disk, d;
	struct area a;
	struct cg g;
	int round, pending = 0;
	size_t i;

	fix_cgroup(&g);
	if (!dev_disk(&disk, 0, 0))
		SKIP("no disk");
	snprintf(path, sizeof(path), "/sys/block/%.8s/queue/stable_writes",
		 disk.path + strlen("/dev/"));
	vst_set(path, "1");
	/* reads at once, writes after a second */
	snprintf(table, sizeof(table), "%s 0 0 %s 0 1000", disk.path, disk.path);
	dm_create(&d, "slow", "delay", table, disk.path);
	dev_mkswap(&d, d.path, 8191);
	dev_swapon(&d, -1, 0);
	area_make(&a, n, PAT_RAND, 0);
	for (round = 0; round < 5; round++) {
		area_advise(&a, 0, n, MADV_PAGEOUT);
		pending += in_writeback() > 0;
		a.seed++;
		for (i = round % 2; i < n; i += 2)
			area_fill_page(&a, i);
		a.seed--;
		for (i = !(round % 2); i < n; i += 2)
			area_check_range(&a, i, 1);
		a.seed++;
		for (i = !(round % 2); i < n; i += 2)
			area_fill_page(&a, i);
		area_check(&a);
	}
	CHECK_EQ(pending, round);
	area_push(&a, &g);
	CHECK_EQ(dev_used(&d), n);
	area_check(&a);
	area_free(&a);
	dev_settle(&d);
	CHECK_EQ(dev_swapoff(&d), 0);
	dm_remove_all();
	vst_set(path, "0");
	cg_leave();
}

/* zram gives the memory of freed slots back: swap_slot_free_notify is called. */
TEST(device, zram, 0)
{
	struct dev d;

	if (!vst_exists("/sys/class/zram-control"))
		SKIP("no zram");
	dev_zram(&d, 4001);
	use_device(&d, 0);
}

TEST(device, zram_gets_its_memory_back, 0)
{
	char path[100], *name;
	uint64_t used, after;
	struct area a;
	struct dev d;
	struct cg g;

	if (!vst_exists("/sys/class/zram-control"))
		SKIP("no zram");
	fix_cgroup(&g);
	dev_zram(&d, 4001);
	dev_swapon(&d, -1, 0);
	name = strrchr(d.path, '/') + 1;
	snprintf(path, sizeof(path), "/sys/block/%.20s/mm_stat", name);
	area_out(&a, &g, 1009, PAT_RAND, 0);
	used = vst_read_u64(path);
	CHECK_GE(used, 1000 * PG);
	area_free(&a);
	after = vst_read_u64(path);
	CHECK_LT(after, used / 20);
	cg_leave();
}

/* Make an ext4 on a brd and a swap file of @pages in it. */
static void file_on_ext4(struct dev *d, size_t pages)
{
	char buf[PG] = { 0 };
	size_t i;
	int fd, status;
	pid_t pid;

	pid = MUST(fork());
	if (!pid) {
		fd = open("/dev/null", O_WRONLY);
		dup2(fd, 1);
		dup2(fd, 2);
		execlp("mkfs.ext4", "mkfs.ext4", "-q", "-F", "-O", "^has_journal", "/dev/ram14",
		       (char *)NULL);
		_exit(VST_SKIP);
	}
	status = vst_wait(pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == VST_SKIP)
		SKIP("no mkfs.ext4 in the guest");
	CHECK_EQ(status, 0);
	mkdir("/tmp/vst-ext4", 0700);
	MUST(mount("/dev/ram14", "/tmp/vst-ext4", "ext4", 0, NULL));
	fd = MUST(open("/tmp/vst-ext4/swap", O_RDWR | O_CREAT | O_TRUNC, 0600));
	for (i = 0; i <= pages; i++)
		if (write(fd, buf, PG) != (ssize_t)PG)
			FAIL("swap file: %s", strerror(errno));
	MUST(fsync(fd));
	close(fd);
	dev_mkswap(d, "/tmp/vst-ext4/swap", pages);
}

/* A file takes no large folios: they go out page by page. */
TEST(device, file_on_ext4, 0)
{
	uint64_t pieces;
	struct dev d;

	file_on_ext4(&d, 2503);
	pieces = use_device(&d, 0);
	if (vst_have_vswap)
		CHECK_EQ(pieces, 17);
	MUST(umount("/tmp/vst-ext4"));
}

static volatile int *fs_stop;

/* Write, sync and delete files until told to stop: what the page cache of it costs. */
static void fs_load(void *arg)
{
	static char buf[64 * PG];
	uint64_t *rounds = arg;
	char path[64];
	int i, fd;

	vst_pin(-1);
	while (!*fs_stop) {
		for (i = 0; i < 24; i++) {
			snprintf(path, sizeof(path), "/tmp/vst-ext4/dir%d", i % 5);
			mkdir(path, 0700);
			snprintf(path, sizeof(path), "/tmp/vst-ext4/dir%d/%d", i % 5, i);
			fd = MUST(open(path, O_RDWR | O_CREAT | O_TRUNC, 0600));
			if (write(fd, buf, sizeof(buf)) != sizeof(buf) && errno != ENOSPC)
				FAIL("%s: %s", path, strerror(errno));
			if (i % 6 == 0)
				fsync(fd);
			close(fd);
		}
		for (i = 0; i < 24; i++) {
			snprintf(path, sizeof(path), "/tmp/vst-ext4/dir%d/%d", i % 5, i);
			unlink(path);
		}
		__atomic_add_fetch(rounds, 1, __ATOMIC_RELAXED);
	}
}

/*
 * A swap file, and reclaim from within the file system that it lies in: allocations there
 * must not enter it once more, and the debug kernel would say so.
 */
TEST(device, file_under_fs_load, T_SMP)
{
	uint64_t *rounds = vst_shared(PG);
	struct load cfg[2] = {
		{ .pages = 1709, .pat = PAT_MIXED, .cpu = -1, .seconds = 6 },
		{ .pages = 1201, .pat = PAT_RAND, .order = 4, .cpu = -1, .seconds = 6 },
	};
	struct snap s, b;
	pid_t pid[2], fs;
	struct dev d;
	struct cg g;
	int i;

	fs_stop = vst_shared(PG);
	file_on_ext4(&d, 4001);
	fix_cgroup(&g);
	dev_swapon(&d, -1, 0);
	cg_set(&g, "memory.max", "%d", 8 << 20);
	snap_take(&s);
	fs = vst_spawn(fs_load, rounds);
	for (i = 0; i < 2; i++)
		pid[i] = vst_spawn(load_run, &cfg[i]);
	for (i = 0; i < 2; i++)
		vst_join(pid[i]);
	*fs_stop = 1;
	vst_join(fs);
	snap_take(&b);
	vst_note("%llu rounds of files, %llu pages out", (unsigned long long)*rounds,
		 (unsigned long long)(b.pswpout - s.pswpout));
	CHECK_GT(*rounds, 0);
	CHECK_GT(b.pswpout - s.pswpout, 500);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	CHECK_EQ(dev_swapoff(&d), 0);
	cg_leave();
	MUST(umount("/tmp/vst-ext4"));
}

/* Bad pages in the header are never used. */
TEST(device, several_sizes, 0)
{
	static const size_t size[] = { 11, 127, 511, 512, 513, 1024, 1531 };
	struct area a;
	struct dev d;
	struct cg g;
	size_t i;

	fix_cgroup(&g);
	for (i = 0; i < ARRAY_SIZE(size); i++) {
		dev_brd(&d, 6, size[i]);
		dev_swapon(&d, -1, 0);
		area_out(&a, &g, size[i], PAT_COMP, 0);
		CHECK_EQ(dev_used(&d), size[i]);
		area_check(&a);
		area_free(&a);
		CHECK_EQ(dev_swapoff(&d), 0);
	}
	cg_leave();
}
