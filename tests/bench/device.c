// SPDX-License-Identifier: GPL-2.0-or-later
/* Swap devices: a RAM disk, zram, a virtio disk, null_blk; zswap in front of them. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/swap.h>
#include <unistd.h>

#include <linux/fs.h>

#include "bench.h"

/* The page that makes an area a swap area; mkswap(8) writes the same. */
struct swap_header {
	char boot[1024];
	uint32_t version;
	uint32_t last_page;
	uint32_t nr_bad;
	char rest[PAGE - 1024 - 12 - 10];
	char magic[10];
} __attribute__((packed));

static const char *disk_path(void)
{
	static char path[64];
	char serial[32] = "";
	size_t i;
	glob_t g;
	FILE *f;

	if (glob("/sys/block/vd*/serial", 0, NULL, &g))
		return NULL;
	for (i = 0; i < g.gl_pathc && !path[0]; i++) {
		f = fopen(g.gl_pathv[i], "r");
		if (f && fgets(serial, sizeof(serial), f) && !strncmp(serial, "disk0", 5))
			snprintf(path, sizeof(path), "/dev/%.8s",
				 g.gl_pathv[i] + strlen("/sys/block/"));
		if (f)
			fclose(f);
	}
	globfree(&g);
	if (path[0])
		*strchrnul(path + strlen("/dev/"), '/') = 0;
	return path[0] ? path : NULL;
}

static const char *device_path(enum device dev)
{
	switch (dev) {
	case BRD:
		return "/dev/ram0";
	case ZRAM:
		return "/dev/zram0";
	case DISK:
		return disk_path();
	case LATE:
		return "/dev/nullb0";
	default:
		return NULL;
	}
}

static void make_area(const char *path, size_t mib)
{
	struct swap_header h = {
		.version = 1,
		.last_page = mib * MIB / PAGE - 1,
	};
	uint64_t size;
	int fd = open(path, O_RDWR);

	_Static_assert(sizeof(h) == PAGE, "the header is a page");
	memcpy(h.magic, "SWAPSPACE2", sizeof(h.magic));
	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &size) < 0)
		die("cannot open %s: %s", path, strerror(errno));
	if (size < mib * MIB)
		die("%s has %llu MiB, %zu are needed", path, (unsigned long long)(size / MIB),
		    mib);
	if (pwrite(fd, &h, sizeof(h), 0) != sizeof(h) || fsync(fd) < 0)
		die("cannot write to %s: %s", path, strerror(errno));
	close(fd);
}

const char *device_on(enum device dev, size_t mib, const char *comp, int prio)
{
	const char *path = device_path(dev);
	char size[32];

	if (!path)
		die("no disk; start the guest with -d %zu", mib);
	if (dev == ZRAM) {
		put("1", "/sys/block/zram0/reset");
		put(comp, "/sys/block/zram0/comp_algorithm");
		snprintf(size, sizeof(size), "%zuM", mib);
		put(size, "/sys/block/zram0/disksize");
	}
	make_area(path, mib);
	if (swapon(path, SWAP_FLAG_PREFER | (prio & SWAP_FLAG_PRIO_MASK)) < 0)
		die("swapon %s: %s", path, strerror(errno));
	return path;
}

void zswap(const char *comp)
{
	if (comp) {
		put(comp, "/sys/module/zswap/parameters/compressor");
		/* Nothing else than the measured phases shall move pages. */
		try_put("N", "/sys/module/zswap/parameters/shrinker_enabled");
	}
	put(comp ? "Y" : "N", "/sys/module/zswap/parameters/enabled");
}

int device_swapoff(enum device dev)
{
	return swapoff(device_path(dev)) < 0 ? errno : 0;
}

void device_off(enum device dev)
{
	int fd, error = device_swapoff(dev);

	if (error)
		die("swapoff %s: %s", device_path(dev), strerror(error));
	if (dev == ZRAM)
		put("1", "/sys/block/zram0/reset");
	if (dev == BRD) {
		fd = open(device_path(dev), O_RDWR);
		if (fd < 0 || ioctl(fd, BLKFLSBUF, 0) < 0)
			die("cannot empty %s: %s", device_path(dev), strerror(errno));
		close(fd);
	}
}

unsigned int device_inflight(enum device dev)
{
	static int fds[LATE + 1];	/* 0: not open yet */
	unsigned int reads = 0, writes = 0;
	char text[64], path[64];
	ssize_t n;
	int fd = fds[dev];

	if (!fd) {
		snprintf(path, sizeof(path), "/sys/block/%s/inflight",
			 device_path(dev) + strlen("/dev/"));
		fd = open(path, O_RDONLY);
		if (fd < 0)
			die("cannot read %s: %s", path, strerror(errno));
		fds[dev] = fd;
	}
	n = pread(fd, text, sizeof(text) - 1, 0);
	if (n <= 0)
		die("cannot read inflight: %s", strerror(errno));
	text[n] = 0;
	sscanf(text, "%u %u", &reads, &writes);
	return reads + writes;
}
