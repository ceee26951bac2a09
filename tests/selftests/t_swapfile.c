// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Swap files: no large folios in one request, as what follows in the file can be
 * elsewhere on the disk; and a file system that swap-out must not enter.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <linux/fiemap.h>
#include <linux/fs.h>

#include "harness.h"
#include "load.h"

#define MNT	"/tmp/vst-ext4"
#define FILE_PATH MNT "/swap"

/* Make an ext4 of 40 MiB on a block device and mount it. */
static void mount_ext4(const char *dev)
{
	int fd, status;
	pid_t pid;

	pid = MUST(fork());
	if (!pid) {
		fd = open("/dev/null", O_WRONLY);
		dup2(fd, 1);
		dup2(fd, 2);
		execlp("mkfs.ext4", "mkfs.ext4", "-q", "-F", "-O", "^has_journal", "-b", "4096",
		       dev, "10240", (char *)NULL);
		_exit(VST_SKIP);
	}
	status = vst_wait(pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == VST_SKIP)
		SKIP("no mkfs.ext4 in the guest");
	CHECK_EQ(status, 0);
	mkdir(MNT, 0700);
	MUST(mount(dev, MNT, "ext4", 0, NULL));
}

/* Make a swap file of @pages. */
static void make_file(struct dev *d, size_t pages)
{
	char buf[PG] = { 0 };
	size_t i;
	int fd;

	fd = MUST(open(FILE_PATH, O_RDWR | O_CREAT | O_TRUNC, 0600));
	for (i = 0; i <= pages; i++)
		if (write(fd, buf, PG) != (ssize_t)PG)
			FAIL("swap file: %s", strerror(errno));
	MUST(fsync(fd));
	close(fd);
	dev_mkswap(d, FILE_PATH, pages);
}

static void file_on_ext4(struct dev *d, size_t pages)
{
	mount_ext4("/dev/ram14");
	make_file(d, pages);
}

/* A file takes no large folios: they go out page by page. */
TEST(device, file_on_ext4, 0)
{
	uint64_t pieces;
	struct dev d;

	file_on_ext4(&d, 2503);
	pieces = fix_use_device(&d, 0);
	if (vst_have_vswap)
		CHECK_EQ(pieces, 17);
	MUST(umount(MNT));
}

/*
 * A write of large folios to a device failed, and the other one is a file, which takes
 * none: they go there page by page, and not to the first one again and again.
 */
TEST(error, large_write_takes_file, 0)
{
	struct dev bad, file;
	struct cg g;

	if (!vst_have_vswap)
		SKIP("the base kernel tries the same slot for ever");
	file_on_ext4(&file, 2503);
	fix_cgroup(&g);
	vst_set("/proc/sys/vm/page-cluster", "0");
	dev_swapon(&file, 5, 0);
	fix_large_write_moves(&g, &bad, "/dev/ram9", &file, 31);
	CHECK_EQ(dev_swapoff(&file), 0);
	fix_end(&bad);
	MUST(umount(MNT));
}

/* tmpfs in large folios, on a file: the same, and nothing stays in memory. */
TEST(device, tmpfs_64k_on_file, 0)
{
	const size_t folios = 31, n = folios * 16;
	uint64_t fallback;
	struct snap s, b;
	struct area a;
	struct dev d;
	struct cg g;

	file_on_ext4(&d, 2503);
	fix_cgroup(&g);
	dev_swapon(&d, -1, 0);
	area_map_shared(&a, n, PAT_RAND, 4);
	area_fill(&a);
	CHECK_EQ(vst_folio_pages(a.p), 16);
	vst_set("/proc/sys/vm/drop_caches", "1");
	fallback = vst_mthp(4, "swpout_fallback");
	snap_take(&s);
	area_push(&a, &g);
	snap_take(&b);
	MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_PHYS, n });
	CHECK_EQ(b.pswpout - s.pswpout, n);
	CHECK_EQ(dev_used(&d), n);
	CHECK_EQ(vst_mthp(4, "swpout_fallback") - fallback, folios);
	area_check(&a);
	area_free(&a);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	CHECK_EQ(dev_swapoff(&d), 0);
	cg_leave();
	MUST(umount(MNT));
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
			snprintf(path, sizeof(path), MNT "/dir%d", i % 5);
			mkdir(path, 0700);
			snprintf(path, sizeof(path), MNT "/dir%d/%d", i % 5, i);
			fd = MUST(open(path, O_RDWR | O_CREAT | O_TRUNC, 0600));
			if (write(fd, buf, sizeof(buf)) != sizeof(buf) && errno != ENOSPC)
				FAIL("%s: %s", path, strerror(errno));
			if (i % 6 == 0)
				fsync(fd);
			close(fd);
		}
		for (i = 0; i < 24; i++) {
			snprintf(path, sizeof(path), MNT "/dir%d/%d", i % 5, i);
			unlink(path);
		}
		__atomic_add_fetch(rounds, 1, __ATOMIC_RELAXED);
	}
}

/*
 * A swap file, and reclaim from within the file system that it lies in: allocations there
 * must not enter it once more, and the debug kernel would say so.
 */
TEST(device, file_under_fs_load, T_SMP | T_MANY_EVENTS)
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
	MUST(umount(MNT));
}

/* ---- a file in many pieces ------------------------------------------------------------ */

/*
 * What else is on the disk: a file that takes all of it, and then gives back every other
 * block up to here. (A file for each block takes the debug kernel minutes.)
 */
#define NEIGHBOUR_PATH	MNT "/neighbour"
#define HOLES		3500

/* Pages of the neighbour that are written and read at once. */
#define BLOCK		64
static int block[BLOCK][PG / sizeof(int)];

/* Returns the size of the neighbour in pages. */
static int make_neighbour(void)
{
	int fd, pages = 0, i, j;
	ssize_t n;

	fd = MUST(open(NEIGHBOUR_PATH, O_WRONLY | O_CREAT | O_EXCL, 0600));
	do {
		for (i = 0; i < BLOCK; i++)
			for (j = 0; j < (int)ARRAY_SIZE(block[i]); j++)
				block[i][j] = pages + i;
		n = write(fd, block, sizeof(block));
		if (n > 0)
			pages += n / PG;
	} while (n > 0);
	CHECK_EQ(errno, ENOSPC);
	CHECK_GT(pages, 2 * HOLES);
	MUST(fsync(fd));
	for (j = 0; j < HOLES; j++)
		MUST(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			       2L * j * PG, PG));
	MUST(fsync(fd));
	close(fd);
	return pages;
}

/* Read the neighbour from the disk: it has got no page of somebody's memory. */
static void check_neighbour(int pages)
{
	int fd, i, j;

	sync();
	vst_set("/proc/sys/vm/drop_caches", "3");
	fd = MUST(open(NEIGHBOUR_PATH, O_RDONLY));
	for (i = 0; i < pages; i++) {
		const int *page = block[i % BLOCK];
		int want = i >= 2 * HOLES || i % 2 ? i : 0;

		if (page == block[0])
			CHECK_GE(read(fd, block, sizeof(block)),
				 (pages - i < BLOCK ? pages - i : BLOCK) * (long)PG);
		for (j = 0; j < (int)(PG / sizeof(int)); j++)
			if (page[j] != want)
				FAIL("page %d: %d is at %d", i, page[j], j);
	}
	close(fd);
}

/* In how many pieces the swap file is. */
static unsigned int pieces_of_file(void)
{
	struct fiemap map = { .fm_length = ~0ULL, .fm_flags = FIEMAP_FLAG_SYNC };
	int fd = MUST(open(FILE_PATH, O_RDONLY));

	MUST(ioctl(fd, FS_IOC_FIEMAP, &map));
	close(fd);
	return map.fm_mapped_extents;
}

/*
 * Slots of such a file that follow each other do not do so on the disk. Loads that touch
 * their large folios while these are written have them in memory with slots of the file
 * behind all their pages; one request for the folio would go to blocks of another file.
 */
static void use_file_in_pieces(const char *dev)
{
	struct load cfg[2] = {
		{ .pages = 1201, .pat = PAT_RAND, .order = 4, .cpu = -1, .seconds = 5 },
		{ .pages = 1511, .pat = PAT_MIXED, .order = 4, .cpu = -1, .seconds = 5 },
	};
	const size_t n = 61 * 16, pages = 3001;
	int i, neighbour;
	struct area a;
	struct dev d;
	struct cg g;
	pid_t pid[2];

	mount_ext4(dev);
	neighbour = make_neighbour();
	make_file(&d, pages);
	vst_note("swap file in %u pieces", pieces_of_file());
	CHECK_GT(pieces_of_file(), pages / 2);
	fix_cgroup(&g);
	dev_swapon(&d, -1, 0);
	area_make(&a, n, PAT_RAND, 4);
	for (i = 0; i < 4; i++) {
		area_push(&a, &g);
		CHECK_EQ(dev_used(&d), n);
		area_check(&a);
		area_fill(&a);
	}
	area_free(&a);
	cg_set(&g, "memory.max", "%d", 4 << 20);
	for (i = 0; i < 2; i++)
		pid[i] = vst_spawn(load_run, &cfg[i]);
	for (i = 0; i < 2; i++)
		vst_join(pid[i]);
	dev_settle(&d);
	CHECK_EQ(dev_used(&d), 0);
	CHECK_EQ(dev_swapoff(&d), 0);
	/* all of a small cgroup's memory can be page cache that is being read: an OOM kill */
	cg_leave();
	check_neighbour(neighbour);
	MUST(umount(MNT));
}

TEST(device, file_in_pieces, T_SMP | T_MANY_EVENTS)
{
	use_file_in_pieces("/dev/ram14");
}

/* The same where the device is slow, and slots stay behind what is in memory. */
TEST(device, file_in_pieces_on_disk, T_SMP | T_MANY_EVENTS)
{
	struct dev disk;

	if (!dev_disk(&disk, 0, 0))
		SKIP("no disk");
	use_file_in_pieces(disk.path);
}
