// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load.c - a process that swaps exactly what it is told to (vswaptop-load)
 *
 * Arguments are steps, done in order:
 *   text:N zero:N rand:N   map N pages that compress, are zero, do not compress
 *   out                    swap all of it out, and see to it that all is out
 *   in:AREA:N              read the first N pages of area 0, 1, ...
 *   free:AREA              unmap an area
 *   sparse:AREA:N          read every other page, N pages in all
 *   churn:AREA:SECS:RATE   swap single pages out and in, RATE transitions a second
 *   crowd:N:PAGES:DIRS:DIR N processes, each swaps out PAGES pages of text, spread over
 *                          the cgroups DIR/c1 to DIR/cDIRS
 *   disperse               the crowd reads its pages and goes
 *   nobody:COMMAND         run a shell command without any privilege
 *   ready:FILE             make a file with our pid, so that others know
 *   wait:FILE              go on when there is such a file
 * Contents are checked whenever a page is read.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define PAGE 4096ul
#define MAX_AREAS 16

static struct area {
	char *p;
	unsigned long n;
	char kind;
} area[MAX_AREAS];
static unsigned int nareas;

static void die(const char *what)
{
	fprintf(stderr, "vswaptop-load: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The 64-bit words of a page; a function of its area, number and kind. */
static uint64_t word(const struct area *a, unsigned long page, unsigned int i)
{
	uint64_t x = page * 512 + i + ((uint64_t)(a - area) << 40);

	if (a->kind == 'z')
		return 0;
	if (a->kind == 't' && i >= 64)
		return 0x2065646164697273;	/* most of it repeats */
	x ^= x >> 31;
	x *= 0x7fb5d329728ea185ULL;
	x ^= x >> 27;
	x *= 0x81dadef4bc2dd44dULL;
	return x ^ x >> 33;
}

static void fill(struct area *a)
{
	for (unsigned long k = 0; k < a->n; k++)
		for (unsigned int i = 0; i < 512; i++)
			((uint64_t *)(void *)(a->p + k * PAGE))[i] = word(a, k, i);
}

static void check(const struct area *a, unsigned long k)
{
	const uint64_t *w = (const uint64_t *)(const void *)(a->p + k * PAGE);

	for (unsigned int i = 0; i < 512; i++) {
		if (w[i] != word(a, k, i)) {
			fprintf(stderr, "vswaptop-load: page %lu has wrong data\n", k);
			exit(2);
		}
	}
}

static void map(char kind, unsigned long n)
{
	struct area *a = &area[nareas];

	if (nareas == MAX_AREAS)
		die("areas");
	a->p = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (a->p == MAP_FAILED)
		die("mmap");
	/* single pages, so that counts are what was asked for */
	madvise(a->p, n * PAGE, MADV_NOHUGEPAGE);
	a->n = n;
	a->kind = kind;
	nareas++;
	fill(a);
}

static int pagemap = -1;

/* Pages of the range that are not in swap, by /proc/self/pagemap. */
static unsigned long resident(const char *p, unsigned long n)
{
	unsigned long left = 0;

	if (pagemap < 0)
		pagemap = open("/proc/self/pagemap", O_RDONLY);
	for (unsigned long k = 0; k < n; k++) {
		uint64_t e;

		if (pread(pagemap, &e, 8, (off_t)(((uintptr_t)p / PAGE + k) * 8)) != 8)
			die("pagemap");
		left += !(e >> 62 & 1);
	}
	return left;
}

static void out(char *p, unsigned long n)
{
	for (int try = 0; resident(p, n); try++) {
		if (try == 200) {
			fprintf(stderr, "vswaptop-load: %lu pages stay in memory\n", resident(p, n));
			exit(3);
		}
		if (madvise(p, n * PAGE, MADV_PAGEOUT))
			die("MADV_PAGEOUT");
		if (try)
			usleep(10000);
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Batches of pages out and in again, paced; out and in are two transitions a page. */
static void churn(struct area *a, double secs, double rate)
{
	double start = now(), done = 0;
	unsigned long k = 0, batch = 64;

	while (now() - start < secs) {
		if (k + batch > a->n)
			k = 0;
		madvise(a->p + k * PAGE, batch * PAGE, MADV_PAGEOUT);
		for (unsigned long i = 0; i < batch; i++)
			check(a, k + i);
		k += batch;
		done += 2.0 * (double)batch;
		while (done / rate > now() - start)
			usleep(2000);
	}
	printf("churn %.0f transitions in %.1f s\n", done, now() - start);
}

static void touch_pages(struct area *a, unsigned long n, unsigned long step)
{
	if (n * step > a->n + step - 1) {
		fprintf(stderr, "vswaptop-load: area too small\n");
		exit(1);
	}
	for (unsigned long k = 0; k < n; k++)
		check(a, k * step);
}

static struct {
	unsigned int n;
	int stop;	/* the crowd waits for its end to be closed */
} crowd;

/* One of the crowd: all of its work, from birth to exit. */
static void one_of_many(unsigned long pages, int ready, int stop)
{
	struct area *a = &area[nareas];
	char c = 0;

	pagemap = -1;
	map('t', pages);
	out(a->p, a->n);
	if (write(ready, &c, 1) != 1)
		die("ready");
	close(ready);
	if (read(stop, &c, 1))
		die("stop");
	touch_pages(a, a->n, 1);
	_exit(0);
}

/* fork() into a cgroup: to move there later takes the kernel much longer. */
static pid_t fork_into(const char *dir)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD };
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	long pid;

	if (fd < 0)
		die(dir);
	args.cgroup = (uint64_t)fd;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	close(fd);
	if (pid < 0)
		die("clone3");
	return (pid_t)pid;
}

static void gather(unsigned int n, unsigned long pages, unsigned int dirs, const char *dir)
{
	int ready[2], stop[2];
	char path[256], c;

	if (pipe(ready) || pipe(stop))
		die("pipe");
	for (crowd.n = 0; crowd.n < n; crowd.n++) {
		snprintf(path, sizeof(path), "%s/c%u", dir, crowd.n % dirs + 1);
		if (fork_into(path))
			continue;
		close(stop[1]);
		one_of_many(pages, ready[1], stop[0]);
	}
	close(ready[1]);
	close(stop[0]);
	crowd.stop = stop[1];
	while (n && read(ready[0], &c, 1) == 1)
		n--;
	if (n) {
		fprintf(stderr, "vswaptop-load: %u of the crowd failed\n", n);
		exit(4);
	}
	close(ready[0]);
}

static void disperse(void)
{
	int status;

	close(crowd.stop);
	for (; crowd.n; crowd.n--)
		if (wait(&status) < 0 || status)
			exit(5);
}

static struct area *get(const char *s)
{
	unsigned int i = (unsigned int)atoi(s);

	if (i >= nareas)
		die("no such area");
	return &area[i];
}

static void make_file(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f || fprintf(f, "%d\n", (int)getpid()) < 0 || fclose(f))
		die(path);
}

static void as_nobody(const char *command)
{
	if (setgid(65534) || setuid(65534))
		die("setuid");
	exit(system(command) ? 1 : 0);
}

static void step(char *s)
{
	char *colon = strchr(s, ':'), *arg = colon ? colon + 1 : s, *second = strchr(arg, ':');
	unsigned long n = second ? strtoul(second + 1, NULL, 10) : strtoul(arg, NULL, 10);

	if (!strncmp(s, "text:", 5) || !strncmp(s, "zero:", 5) || !strncmp(s, "rand:", 5)) {
		map(s[0], n);
	} else if (!strcmp(s, "out")) {
		for (unsigned int i = 0; i < nareas; i++)
			if (area[i].p)
				out(area[i].p, area[i].n);
	} else if (!strncmp(s, "in:", 3)) {
		touch_pages(get(arg), n, 1);
	} else if (!strncmp(s, "sparse:", 7)) {
		touch_pages(get(arg), n, 2);
	} else if (!strncmp(s, "churn:", 6)) {
		char *rate = second ? strchr(second + 1, ':') : NULL;

		churn(get(arg), (double)n, rate ? atof(rate + 1) : 1000);
	} else if (!strncmp(s, "crowd:", 6)) {
		unsigned int many, dirs;
		char dir[128];

		if (sscanf(arg, "%u:%lu:%u:%127s", &many, &n, &dirs, dir) != 4 || !dirs)
			die("crowd");
		gather(many, n, dirs, dir);
	} else if (!strcmp(s, "disperse")) {
		disperse();
	} else if (!strncmp(s, "free:", 5)) {
		struct area *a = get(arg);

		munmap(a->p, a->n * PAGE);
		a->p = NULL;
	} else if (!strncmp(s, "nobody:", 7)) {
		as_nobody(arg);
	} else if (!strncmp(s, "ready:", 6)) {
		make_file(arg);
	} else if (!strncmp(s, "wait:", 5)) {
		while (access(arg, F_OK))
			usleep(20000);
	} else {
		fprintf(stderr, "vswaptop-load: unknown step %s\n", s);
		exit(1);
	}
}

/*
 * MADV_PAGEOUT cannot take a page that waits in another CPU's batch for the LRU
 * list, so all pages are made and sent out on one CPU.
 */
static void stay_here(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

int main(int argc, char **argv)
{
	stay_here();
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++)
		step(argv[i]);
	return 0;
}
