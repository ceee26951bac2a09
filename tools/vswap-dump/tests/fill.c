// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fill.c - puts known pages into swap and writes down what it did (runs in the guest)
 *
 * fill NAME KIND PAGES [TOUCH]
 * fill churn NAME PAGES
 *
 * Never comes to rest: writes, reads, pages out and forks at random, for dumps that are
 * taken in the middle of it.
 *
 * fill many NAME KIND PAGES
 *
 * Any number of pages in little memory and without a record, to measure the time that
 * the tool takes; NAME.ready appears, and the process stays.
 *
 * fill swapon DEVICE PRIORITY
 * fill swapoff DEVICE -
 * fill partition DEVICE NUMBER START SIZE
 *
 * Makes a part of DEVICE (in bytes) known to the kernel as its partition NUMBER.
 *
 * fill linear|error NAME DEVICE
 *
 * These set up the device-mapper device NAME on DEVICE: one that works, and one
 * of which every read and write fails. Loading "error" over "linear" breaks a device
 * in use.
 *
 * Maps PAGES pages, fills them, and pages them out. KIND is
 *	text	compressible: words, different on every page
 *	zero	zeroes
 *	rand	incompressible
 *	mixed	text, zero and rand in turn
 *	runs	long runs of zeroes with some text (what lzo-rle treats specially)
 *	tiny	a few bytes on each page: compresses to almost nothing
 *	half	random halves: compresses to a little more than half a page
 * The first TOUCH pages are read again afterwards. Then NAME.mem has the contents
 * byte for byte, NAME.rec one line per page
 *	ADDRESS STATE TYPE OFFSET
 * (STATE "swap" with the swap entry, or "mem"), NAME.pid the process, NAME.ready
 * appears, and the process stays. All files are in the current directory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/blkpg.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define PAGE	4096ul

static uint64_t seed;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void die(const char *what)
{
	fprintf(stderr, "fill: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void fill_rand(char *p, size_t n)
{
	for (size_t i = 0; i < n; i += 8) {
		uint64_t v = rnd();

		memcpy(p + i, &v, n - i < 8 ? n - i : 8);
	}
}

static void fill_text(char *p, const char *name, unsigned long nr)
{
	size_t at = 0;

	while (at < PAGE)
		at += snprintf(p + at, PAGE - at, "%s page %lu word %llu; ", name, nr,
			       (unsigned long long)(rnd() % 100000));
}

static void fill_page(char *p, const char *kind, const char *name, unsigned long nr)
{
	static const char * const mix[] = { "text", "zero", "rand" };

	memset(p, 0, PAGE);
	if (!strcmp(kind, "mixed"))
		kind = mix[nr % 3];
	if (!strcmp(kind, "text")) {
		fill_text(p, name, nr);
	} else if (!strcmp(kind, "rand")) {
		fill_rand(p, PAGE);
	} else if (!strcmp(kind, "half")) {
		fill_rand(p, PAGE / 2 + rnd() % 300);
	} else if (!strcmp(kind, "tiny")) {
		snprintf(p + rnd() % 4000, 32, "%s %lu", name, nr);
	} else if (!strcmp(kind, "runs")) {
		for (size_t at = rnd() % 40; at + 64 < PAGE; at += 8 + rnd() % 700)
			fill_rand(p + at, 1 + rnd() % 60);
	} else if (strcmp(kind, "zero")) {
		fprintf(stderr, "fill: unknown kind %s\n", kind);
		exit(2);
	}
}

static uint64_t pagemap(int fd, const char *p)
{
	uint64_t v;

	if (pread(fd, &v, 8, (uintptr_t)p / PAGE * 8) != 8)
		die("pagemap");
	return v;
}

/* Page out until nothing of [from, to) is left in memory, or give up. */
static unsigned long page_out(int pm, char *from, char *to)
{
	unsigned long left = 0;

	for (int try = 0; try < 200; try++) {
		if (madvise(from, to - from, MADV_PAGEOUT) && errno != EAGAIN)
			die("MADV_PAGEOUT");
		left = 0;
		for (char *p = from; p < to; p += PAGE)
			left += !(pagemap(pm, p) >> 62 & 1);
		if (!left)
			break;
		usleep(50000);
	}
	return left;
}

static FILE *create(const char *name, const char *suffix);
static void finish(FILE *f);

static void many(const char *name, const char *kind, unsigned long n)
{
	char *mem = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unsigned long i, from;

	if (mem == MAP_FAILED)
		die("mmap");
	madvise(mem, n * PAGE, MADV_NOHUGEPAGE);
	for (i = from = 0; i < n; i++) {
		if (strcmp(kind, "zero"))
			snprintf(mem + i * PAGE, 32, "%s %lu", name, i);
		else
			mem[i * PAGE] = 0;
		if (i - from == 8191 || i + 1 == n) {
			madvise(mem + from * PAGE, (i + 1 - from) * PAGE, MADV_PAGEOUT);
			from = i + 1;
		}
	}
	/* what was busy the first time */
	madvise(mem, n * PAGE, MADV_PAGEOUT);
	finish(create(name, "ready"));
	for (;;)
		pause();
}

/* A child that has its own copies, drops some of its memory, and goes. */
static void churn_child(char *mem, unsigned long n)
{
	pid_t pid = fork();

	if (pid)
		return;
	for (int i = 0; i < 20; i++)
		mem[rnd() % n * PAGE] = i;
	madvise(mem + rnd() % n * PAGE, PAGE, MADV_DONTNEED);
	_exit(0);
}

static void churn(const char *name, unsigned long n)
{
	static const char * const kinds[] = { "text", "zero", "rand", "half" };
	char *mem = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	unsigned long from, len, i;

	if (mem == MAP_FAILED)
		die("mmap");
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		from = rnd() % n;
		len = rnd() % 64 + 1;
		if (len > n - from)
			len = n - from;
		switch (rnd() % 8) {
		case 0: case 1: case 2:
			for (i = 0; i < len; i++)
				fill_page(mem + (from + i) * PAGE, kinds[rnd() % 4], name, i);
			break;
		case 3: case 4: case 5:
			madvise(mem + from * PAGE, len * PAGE, MADV_PAGEOUT);
			break;
		case 6:
			for (i = 0; i < len; i++)
				(void)*(volatile char *)(mem + (from + i) * PAGE);
			break;
		default:
			if (rnd() % 16)
				madvise(mem + from * PAGE, len * PAGE, MADV_DONTNEED);
			else
				churn_child(mem, n);
		}
	}
}

static FILE *create(const char *name, const char *suffix)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s.%s", name, suffix);
	f = fopen(path, "w");
	if (!f)
		die(path);
	return f;
}

static void finish(FILE *f)
{
	if (ferror(f) || fclose(f))
		die("writing");
}

/* ------------------------------------------------------ device mapper */

static struct {
	struct dm_ioctl io;
	struct dm_target_spec spec;
	char params[256];
} dm;

/* One request; returns whether it worked. */
static int dm_request(int ctl, unsigned long cmd, const char *name, unsigned int flags)
{
	memset(&dm.io, 0, sizeof(dm.io));
	dm.io.version[0] = DM_VERSION_MAJOR;
	dm.io.data_size = sizeof(dm);
	dm.io.data_start = sizeof(dm.io);
	dm.io.flags = flags;
	dm.io.target_count = cmd == DM_TABLE_LOAD;
	snprintf(dm.io.name, sizeof(dm.io.name), "%s", name);
	return !ioctl(ctl, cmd, &dm);
}

/* Load a table of one target, and let it take effect. */
static void dm_load(const char *target, const char *name, const char *device)
{
	int ctl = open("/dev/mapper/control", O_RDWR), fd = open(device, O_RDONLY);
	unsigned long long bytes;
	char path[128];
	dev_t dev;

	if (ctl < 0 || fd < 0 || ioctl(fd, BLKGETSIZE64, &bytes))
		die(device);
	dm_request(ctl, DM_DEV_CREATE, name, 0);
	memset(&dm.spec, 0, sizeof(dm.spec));
	dm.spec.length = bytes / 512;
	snprintf(dm.spec.target_type, sizeof(dm.spec.target_type), "%s", target);
	snprintf(dm.params, sizeof(dm.params), strcmp(target, "error") ? "%s 0" : "", device);
	/* requests overwrite only the header */
	if (!dm_request(ctl, DM_TABLE_LOAD, name, 0))
		die("DM_TABLE_LOAD");
	if (!dm_request(ctl, DM_DEV_SUSPEND, name, DM_SUSPEND_FLAG) ||
	    !dm_request(ctl, DM_DEV_SUSPEND, name, 0))
		die("DM_DEV_SUSPEND");
	if (!dm_request(ctl, DM_DEV_STATUS, name, 0))
		die("DM_DEV_STATUS");
	dev = makedev(dm.io.dev >> 8 & 0xfff, (dm.io.dev & 0xff) | (dm.io.dev >> 12 & 0xfff00));
	snprintf(path, sizeof(path), "/dev/mapper/%s", name);
	mkdir("/dev/mapper", 0755);
	if (mknod(path, S_IFBLK | 0600, dev) && errno != EEXIST)
		die(path);
}

static void add_partition(char **arg)
{
	struct blkpg_partition p = { .pno = atoi(arg[1]), .start = atoll(arg[2]),
				     .length = atoll(arg[3]) };
	struct blkpg_ioctl_arg a = { .op = BLKPG_ADD_PARTITION, .datalen = sizeof(p), .data = &p };
	int fd = open(arg[0], O_RDONLY);

	if (fd < 0 || ioctl(fd, BLKPG, &a))
		die(arg[0]);
}

int main(int argc, char **argv)
{
	unsigned long n, touch = 0, i, left;
	const char *name, *kind;
	char *mem, *copy;
	FILE *f;
	int pm;

	if (argc < 4)
		return 2;
	if (!strcmp(argv[1], "many") && argc > 4)
		many(argv[2], argv[3], strtoul(argv[4], NULL, 0));
	if (!strcmp(argv[1], "churn")) {
		for (const char *s = argv[2]; *s; s++)
			seed = seed * 131 + *s;
		seed |= 1;
		churn(argv[2], strtoul(argv[3], NULL, 0));
	}
	if (!strcmp(argv[1], "partition") && argc == 6) {
		add_partition(argv + 2);
		return 0;
	}
	if (!strcmp(argv[1], "linear") || !strcmp(argv[1], "error")) {
		dm_load(argv[1], argv[2], argv[3]);
		return 0;
	}
	if (!strcmp(argv[1], "swapoff")) {
		if (swapoff(argv[2]))
			die(argv[2]);
		return 0;
	}
	if (!strcmp(argv[1], "swapon")) {
		/* busybox cannot set a priority */
		if (swapon(argv[2], SWAP_FLAG_PREFER | strtoul(argv[3], NULL, 0)))
			die(argv[2]);
		return 0;
	}
	name = argv[1];
	kind = argv[2];
	n = strtoul(argv[3], NULL, 0);
	if (argc > 4)
		touch = strtoul(argv[4], NULL, 0);
	for (const char *s = name; *s; s++)
		seed = seed * 131 + *s;
	seed |= 1;
	pm = open("/proc/self/pagemap", O_RDONLY);
	mem = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	/* the record is made page by page: a copy would need memory, too */
	copy = malloc(PAGE);
	if (pm < 0 || mem == MAP_FAILED || !copy)
		die("setting up");
	madvise(mem, n * PAGE, MADV_NOHUGEPAGE);
	f = create(name, "mem");
	for (i = 0; i < n; i++) {
		fill_page(copy, kind, name, i);
		memcpy(mem + i * PAGE, copy, PAGE);
		if (fwrite(copy, 1, PAGE, f) != PAGE)
			die("writing");
	}
	finish(f);
	left = page_out(pm, mem, mem + n * PAGE);
	if (left)
		fprintf(stderr, "fill: %s: %lu of %lu pages stay in memory\n", name, left, n);
	for (i = 0; i < touch; i++)
		(void)*(volatile char *)(mem + i * PAGE);
	f = create(name, "rec");
	for (i = 0; i < n; i++) {
		uint64_t v = pagemap(pm, mem + i * PAGE);

		if (v >> 62 & 1)
			fprintf(f, "%#lx swap %u %llu\n", (unsigned long)(mem + i * PAGE),
				(unsigned int)(v & 31), (unsigned long long)(v << 9 >> 14));
		else
			fprintf(f, "%#lx mem\n", (unsigned long)(mem + i * PAGE));
	}
	finish(f);
	f = create(name, "pid");
	fprintf(f, "%d\n", getpid());
	finish(f);
	finish(create(name, "ready"));
	for (;;)
		pause();
}
