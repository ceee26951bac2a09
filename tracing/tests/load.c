// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load.c - a process that swaps exactly what it is told to (vswap-trace-load)
 *
 * Arguments are steps, done in order:
 *   text:N zero:N rand:N   map N small pages that compress, are zero, do not compress
 *   large:N                N times 64 KiB that compress, as large folios
 *   out                    ask for all of it to be swapped out, and wait until no
 *                          page table has any of it
 *   try                    the same, but it may stay in memory
 *   in                     read one byte of every page
 *   renew                  give all pages back, and fill new ones; takes what the former takes
 *   nap:MS                 wait
 *   mark                   print how many nanoseconds the last out, try, in or renew took
 *   repeat:N               do all steps after this one N times
 */
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define PAGE 4096ul
#define LARGE (16 * PAGE)
#define MAX_AREAS 8

static struct area {
	const char *kind;
	char *p;
	unsigned long pages;
} area[MAX_AREAS];
static unsigned int nareas;
static uint64_t took;

static void die(const char *what)
{
	fprintf(stderr, "vswap-trace-load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/* A generator of its own, so that nothing else is needed. */
static uint64_t noise(void)
{
	static uint64_t x = 88172645463325252ull;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static void fill(const struct area *a)
{
	uint64_t *w = (uint64_t *)(void *)a->p;

	for (unsigned long i = 0; i < a->pages * PAGE / 8; i++) {
		if (!strcmp(a->kind, "rand"))
			w[i] = noise();
		else if (!strcmp(a->kind, "zero"))
			w[i] = 0;
		else	/* an eighth of every page is noise */
			w[i] = i % 512 < 64 ? noise() : i / 512;
	}
}

static void map(const char *kind, unsigned long n)
{
	unsigned long bytes = strcmp(kind, "large") ? n * PAGE : n * LARGE;
	struct area *a = &area[nareas];

	if (nareas == MAX_AREAS || !n)
		exit(2);
	a->p = mmap(NULL, bytes + LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (a->p == MAP_FAILED)
		die("mmap");
	a->p = (char *)(((uintptr_t)a->p + LARGE - 1) & -LARGE);
	a->pages = bytes / PAGE;
	nareas++;
	if (madvise(a->p, bytes, strcmp(kind, "large") ? MADV_NOHUGEPAGE : MADV_HUGEPAGE))
		die("madvise");
	a->kind = strdup(kind);
	fill(a);
}

/* Pages of an area that page tables have; those in the swap cache only do not count. */
static unsigned long mapped(const struct area *a)
{
	uint64_t *map_of = malloc(a->pages * 8);
	FILE *f = fopen("/proc/self/pagemap", "r");
	unsigned long n = 0;

	if (!f || !map_of || fseek(f, (uintptr_t)a->p / PAGE * 8, SEEK_SET) ||
	    fread(map_of, 8, a->pages, f) != a->pages)
		die("pagemap");
	for (unsigned long i = 0; i < a->pages; i++)
		n += map_of[i] >> 63;
	fclose(f);
	free(map_of);
	return n;
}

/* Swap out once; what could not go, for it was on its way to the LRU, again. */
static void out(int must)
{
	uint64_t start = now();
	unsigned long left = 0;

	for (unsigned int i = 0; i < nareas; i++)
		if (madvise(area[i].p, area[i].pages * PAGE, MADV_PAGEOUT))
			die("MADV_PAGEOUT");
	took = now() - start;
	if (!must)
		return;
	for (int round = 0; round < 50; round++) {
		left = 0;
		for (unsigned int i = 0; i < nareas; i++)
			left += mapped(&area[i]);
		if (!left)
			return;
		usleep(20000);
		for (unsigned int i = 0; i < nareas; i++)
			madvise(area[i].p, area[i].pages * PAGE, MADV_PAGEOUT);
	}
	fprintf(stderr, "vswap-trace-load: %lu pages stay in memory\n", left);
	exit(1);
}

static void in(void)
{
	uint64_t start = now();

	for (unsigned int i = 0; i < nareas; i++)
		for (unsigned long k = 0; k < area[i].pages; k++)
			*(volatile char *)(area[i].p + k * PAGE);
	took = now() - start;
}

static void renew(void)
{
	uint64_t start = now();

	for (unsigned int i = 0; i < nareas; i++)
		if (madvise(area[i].p, area[i].pages * PAGE, MADV_DONTNEED))
			die("MADV_DONTNEED");
	took = now() - start;
	for (unsigned int i = 0; i < nareas; i++)
		fill(&area[i]);
}

/*
 * Stay on one processor: new pages wait in a list per processor before reclaim sees
 * them, and only the list of the current one is emptied by MADV_PAGEOUT.
 */
static void stay_here(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static void step(char *arg)
{
	char *colon = strchr(arg, ':');
	unsigned long n = colon ? strtoul(colon + 1, NULL, 10) : 0;

	if (colon)
		*colon = '\0';
	if (!strcmp(arg, "out"))
		out(1);
	else if (!strcmp(arg, "try"))
		out(0);
	else if (!strcmp(arg, "in"))
		in();
	else if (!strcmp(arg, "renew"))
		renew();
	else if (!strcmp(arg, "nap"))
		usleep(n * 1000);
	else if (!strcmp(arg, "mark"))
		printf("%llu\n", (unsigned long long)took);
	else if (!strcmp(arg, "text") || !strcmp(arg, "zero") || !strcmp(arg, "rand") ||
		 !strcmp(arg, "large"))
		map(arg, n);
	else
		exit(2);
	if (colon)
		*colon = ':';
}

int main(int argc, char **argv)
{
	unsigned long rounds = 1;
	int first = 1;

	stay_here();
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "repeat:", 7)) {
			rounds = strtoul(argv[i] + 7, NULL, 10);
			first = i + 1;
			break;
		}
		step(argv[i]);
		first = i + 1;
	}
	for (unsigned long r = 0; r < rounds; r++)
		for (int i = first; i < argc; i++)
			step(argv[i]);
	return 0;
}
