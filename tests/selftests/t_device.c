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

/* Out and in, whole and in parts, on whatever device; ends with swapoff. */
static void use_device(struct dev *d, unsigned int flags)
{
	struct area a, big;
	struct cg g;
	int round;

	fix_cgroup(&g);
	dev_swapon(d, -1, flags);
	area_make(&a, 811, PAT_MIXED, 0);
	area_make(&big, 17 * 16, PAT_RAND, 4);
	for (round = 0; round < 3; round++) {
		area_pageout(&a);
		area_pageout(&big);
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

TEST(device, disk_with_discard, 0)
{
	struct dev d;

	if (!dev_disk(&d, 0, 0))
		SKIP("no disk");
	use_device(&d, DEV_DISCARD);
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
	struct dev d;

	file_on_ext4(&d, 2503);
	use_device(&d, 0);
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
