// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Several devices at once, and every kind of device.
 */
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
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
TEST(tiers, round_robin, T_MANY_EVENTS)
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
	fix_end(&d[0]);
	fix_end(&d[1]);
}

/* ---- kinds of device ------------------------------------------------------------------------------ */

TEST(device, brd, 0)
{
	struct dev d;

	dev_brd(&d, 0, 4001);
	fix_use_device(&d, 0);
}

TEST(device, disk, 0)
{
	struct dev d;

	if (!dev_disk(&d, 0, 0))
		SKIP("no disk");
	fix_use_device(&d, 0);
}

/* A number of /sys/class/block/DISK/stat, counted from 1 as in the documentation. */
static uint64_t disk_stat(const struct dev *d, int field)
{
	char path[64], buf[400], *word, *save = NULL;

	/* of a partition as well */
	snprintf(path, sizeof(path), "/sys/class/block/%.8s/stat", d->path + strlen("/dev/"));
	CHECK_GT(vst_read(path, buf, sizeof(buf)), 0);
	for (word = strtok_r(buf, " \n", &save); word && --field; )
		word = strtok_r(NULL, " \n", &save);
	CHECK(word);
	return strtoull(word, NULL, 10);
}

enum { DISK_STAT_SECTORS_WRITTEN = 7, DISK_STAT_DISCARDS = 12 };

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
	fix_use_device(&d, DEV_DISCARD);
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

/* ---- a partition ---------------------------------------------------------------------------------- */

/* Where on the disk the partition is, in pages; the neighbours are next to it. */
#define PART_START	1021
#define PART_PAGES	2053
#define NEIGHBOURS	131

/* Make the partition, as a table on the disk would, or remove it. */
static int partition(const struct dev *disk, int op)
{
	struct blkpg_partition part = {
		.start = PART_START * PG, .length = PART_PAGES * PG, .pno = 1,
	};
	struct blkpg_ioctl_arg arg = {
		.op = op, .datalen = sizeof(part), .data = &part,
	};
	int fd = MUST(open(disk->path, O_RDWR | O_CLOEXEC)), err;

	err = ioctl(fd, BLKPG, &arg) ? -errno : 0;
	close(fd);
	return err;
}

/* The content of page @i of the disk, which is not in the partition. */
static void neighbour(const struct dev *disk, size_t i, bool write)
{
	uint64_t buf[PG / 8], got[PG / 8];
	int fd = MUST(open(disk->path, O_RDWR | O_CLOEXEC));

	pattern_page(PAT_RAND, 4099, i, buf);
	if (write) {
		CHECK_EQ(pwrite(fd, buf, PG, i * PG), PG);
		MUST(fsync(fd));
	}
	/* read it from the disk */
	MUST(ioctl(fd, BLKFLSBUF, 0));
	CHECK_EQ(pread(fd, got, PG, i * PG), PG);
	if (memcmp(buf, got, PG))
		FAIL("page %zu of the disk has changed", i);
	close(fd);
}

static void neighbours(const struct dev *disk, bool write)
{
	size_t i;

	for (i = 0; i < NEIGHBOURS; i++) {
		neighbour(disk, PART_START - 1 - i, write);
		neighbour(disk, PART_START + PART_PAGES + i, write);
	}
}

/* A partition: what is written is written there, and not a page before or behind it. */
TEST(device, partition, T_MANY_EVENTS)
{
	const size_t n = 1511;
	struct snap s, b, c;
	struct dev disk, d;
	uint64_t sectors;
	char path[96];
	struct area a;
	struct cg g;

	fix_cgroup(&g);
	if (!dev_disk(&disk, 0, 0))
		SKIP("no disk");
	/* of a test that failed */
	partition(&disk, BLKPG_DEL_PARTITION);
	neighbours(&disk, true);
	CHECK_EQ(partition(&disk, BLKPG_ADD_PARTITION), 0);
	snprintf(path, sizeof(path), "%.90s1", disk.path);
	POLL(5, "node of the partition", vst_exists(path));
	dev_mkswap(&d, path, 0);
	CHECK_EQ(d.pages, PART_PAGES - 1);
	fix_use_device(&d, 0);
	cg_enter(&g);
	dev_swapon(&d, -1, 0);
	area_make(&a, n, PAT_RAND, 0);
	sectors = disk_stat(&d, DISK_STAT_SECTORS_WRITTEN);
	snap_take(&s);
	area_push(&a, &g);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_PHYS, n });
	CHECK_EQ(b.pswpout - s.pswpout, n);
	CHECK_EQ(disk_stat(&d, DISK_STAT_SECTORS_WRITTEN) - sectors, n * (PG / 512));
	CHECK_EQ(dev_used(&d), n);
	area_check(&a);
	snap_take(&c);
	CHECK_EQ(c.pswpin - b.pswpin, n);
	area_free(&a);
	/* to the last slot; what is in the swap cache loses its slot when there is no other */
	area_make(&a, d.pages, PAT_COMP, 0);
	area_pageout(&a);
	POLL(60, "every slot used",
	     (cg_reclaim(&g, 64 * PG), dev_used(&d) == d.pages));
	area_check(&a);
	area_free(&a);
	fix_end(&d);
	CHECK_EQ(dev_swapoff(&d), 0);
	CHECK_EQ(partition(&disk, BLKPG_DEL_PARTITION), 0);
	neighbours(&disk, false);
}

/* ---- special devices ------------------------------------------------------------------------------ */

/* Pages that are being written. dm-delay accounts for its requests when it lets them go. */
static uint64_t in_writeback(void)
{
	uint64_t nr;

	vst_vmstat_refresh();
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
	char path[64];
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
	dm_slow(&d, disk.path, 1000);
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
	fix_use_device(&d, 0);
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
	fix_end(&d);
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
