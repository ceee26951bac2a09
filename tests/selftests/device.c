// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Swap devices of the tests: brd, zram, device mapper, files. The swap header is
 * written here, so that any size can be had and no mkswap is needed in the guest.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>

#include "harness.h"

/* The kernel's swap header, version 1: the parts we set, at their byte offsets. */
enum { HDR_VERSION = 1024, HDR_LAST_PAGE = 1028 };

uint64_t dev_bytes(const char *path)
{
	struct stat st;
	uint64_t size = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		FAIL("%s: %s", path, strerror(errno));
	MUST(fstat(fd, &st));
	if (S_ISBLK(st.st_mode))
		MUST(ioctl(fd, BLKGETSIZE64, &size));
	else
		size = st.st_size;
	close(fd);
	return size;
}

void dev_mkswap(struct dev *d, const char *path, size_t pages)
{
	static unsigned char hdr[PG];
	uint32_t version = 1, last;
	int fd;

	if (!pages)
		pages = dev_bytes(path) / PG - 1;
	last = pages;
	memset(hdr, 0, sizeof(hdr));
	memcpy(hdr + HDR_VERSION, &version, 4);
	memcpy(hdr + HDR_LAST_PAGE, &last, 4);
	memcpy(hdr + PG - 10, "SWAPSPACE2", 10);
	fd = MUST(open(path, O_WRONLY | O_CLOEXEC));
	if (pwrite(fd, hdr, PG, 0) != (ssize_t)PG)
		FAIL("%s: writing the header: %s", path, strerror(errno));
	MUST(fsync(fd));
	close(fd);
	if (path != d->path)
		snprintf(d->path, sizeof(d->path), "%s", path);
	d->pages = pages;
	d->prio = -1;
}

int dev_try_swapon(struct dev *d, int prio, unsigned int flags)
{
	int fl = 0;

	if (prio >= 0)
		fl |= SWAP_FLAG_PREFER | (prio & SWAP_FLAG_PRIO_MASK);
	if (flags & DEV_DISCARD)
		fl |= SWAP_FLAG_DISCARD;
	if (swapon(d->path, fl))
		return -errno;
	d->prio = prio;
	return 0;
}

void dev_swapon(struct dev *d, int prio, unsigned int flags)
{
	int err = dev_try_swapon(d, prio, flags);

	if (err)
		FAIL("swapon %s: %s", d->path, strerror(-err));
}

int dev_swapoff(const struct dev *d)
{
	return swapoff(d->path) ? -errno : 0;
}

/* Find the line of /proc/swaps; size and use in KiB. */
static bool swaps_line(const char *path, unsigned long *size, unsigned long *used)
{
	char line[300], name[200];
	bool found = false;
	FILE *f = fopen("/proc/swaps", "r");

	if (!f)
		FAIL("/proc/swaps: %s", strerror(errno));
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%199s %*s %lu %lu", name, size, used) == 3 &&
			!strcmp(name, path);
	fclose(f);
	return found;
}

/*
 * A page that is freed while it is written stays in the swap cache, with its slot, until
 * reclaim comes by: nobody is left to free it at the end of the write. That is so on the
 * base kernel as well, and no leak. So let reclaim come by, for a while.
 */
void dev_settle_at(const struct dev *d, size_t pages)
{
	double start = vst_now();

	while (dev_used(d) > pages && vst_reclaim_while(start))
		;
}

void dev_settle(const struct dev *d)
{
	dev_settle_at(d, 0);
}

size_t dev_used(const struct dev *d)
{
	unsigned long size, used;

	if (!swaps_line(d->path, &size, &used))
		FAIL("%s is not in /proc/swaps", d->path);
	return used / (PG / 1024);
}

bool dev_listed(const struct dev *d)
{
	unsigned long size, used;

	return swaps_line(d->path, &size, &used);
}

void dev_brd(struct dev *d, int i, size_t pages)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/ram%d", i);
	if (!vst_exists(path))
		FAIL("%s is missing", path);
	dev_mkswap(d, path, pages);
}

bool dev_disk(struct dev *d, int i, size_t pages)
{
	char path[300], want[16], got[64];
	struct dirent *e;
	bool found = false;
	DIR *dir = opendir("/sys/block");

	snprintf(want, sizeof(want), "disk%d", i);
	while (dir && !found && (e = readdir(dir))) {
		if (strncmp(e->d_name, "vd", 2))
			continue;
		snprintf(path, sizeof(path), "/sys/block/%s/serial", e->d_name);
		if (vst_read(path, got, sizeof(got)) <= 0)
			continue;
		got[strcspn(got, "\n")] = 0;
		if (strcmp(got, want))
			continue;
		snprintf(path, sizeof(path), "/dev/%.20s", e->d_name);
		found = true;
	}
	if (dir)
		closedir(dir);
	if (found)
		dev_mkswap(d, path, pages);
	return found;
}

void dev_zram(struct dev *d, size_t pages)
{
	char path[100];
	unsigned int id = vst_read_u64("/sys/class/zram-control/hot_add");

	snprintf(path, sizeof(path), "/sys/block/zram%u/disksize", id);
	vst_set(path, "%zu", (pages + 1) * PG);
	snprintf(path, sizeof(path), "/dev/zram%u", id);
	POLL(5, "device node of zram", vst_exists(path));
	dev_mkswap(d, path, pages);
}

/* Give the memory of a brd back. */
static void brd_discard(int i)
{
	char path[32];
	uint64_t range[2] = { 0, 0 };
	int fd;

	snprintf(path, sizeof(path), "/dev/ram%d", i);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	if (!ioctl(fd, BLKGETSIZE64, &range[1]))
		ioctl(fd, BLKDISCARD, range);
	ioctl(fd, BLKFLSBUF, 0);
	close(fd);
}

static void zram_remove_all(void)
{
	char path[300], id[16];
	struct dirent *d;
	DIR *dir = opendir("/sys/block");

	while (dir && (d = readdir(dir))) {
		if (strncmp(d->d_name, "zram", 4))
			continue;
		snprintf(path, sizeof(path), "/sys/block/%s/reset", d->d_name);
		vst_write(path, "1");
		/* zram0 is made at boot and stays */
		snprintf(id, sizeof(id), "%.10s", d->d_name + 4);
		if (strcmp(id, "0"))
			vst_write("/sys/class/zram-control/hot_remove", id);
	}
	if (dir)
		closedir(dir);
}

bool dev_cleanup(void)
{
	char line[300], name[200];
	bool any = false, ok = true;
	FILE *f;
	int i;

	f = fopen("/proc/swaps", "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%199s", name) != 1 || name[0] != '/')
			continue;
		any = true;
		if (swapoff(name)) {
			vst_note("swapoff %s: %s", name, strerror(errno));
			ok = false;
		}
	}
	if (f)
		fclose(f);
	if (vst_exists("/dev/mapper"))
		dm_remove_all();
	if (!any)
		return ok;
	for (i = 0; i < 16; i++)
		brd_discard(i);
	zram_remove_all();
	return ok;
}
