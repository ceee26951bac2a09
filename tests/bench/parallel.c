// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Several processors at once in one cgroup, in wall time: every processor has a process
 * with memory of its own, and all do the same at the same time.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define MOST_CPUS 4
/* Measured ones per round; one more goes before. A turn is short, so that what disturbs
 * one of them leaves the others alone. */
#define TURNS 8

static const struct parallel {
	const char *name;
	unsigned int cpus;
	enum content content;
	enum device device;	/* where the pages go; NO_DEVICE: zswap */
} parallels[] = {
	{ .name = "brd-2cpu", .cpus = 2, .device = BRD },
	{ .name = "zswap-2cpu", .cpus = 2 },
	{ .name = "zero-2cpu", .cpus = 2, .content = ZERO },
	{ .name = "contention", .cpus = 4 },
};

#define NR (sizeof(parallels) / sizeof(parallels[0]))

void parallel_list(void)
{
	size_t i;

	for (i = 0; i < NR; i++)
		printf("%s 1024 256 %u\n", parallels[i].name, parallels[i].cpus);
}

static pthread_barrier_t *new_barrier(unsigned int processes)
{
	pthread_barrier_t *b = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_barrierattr_t shared;

	/* It must not be swapped out along with the rest. */
	if (b == MAP_FAILED || mlock(b, PAGE) < 0)
		die("memory for a barrier: %s", strerror(errno));
	pthread_barrierattr_init(&shared);
	pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	if (pthread_barrier_init(b, &shared, processes))
		die("cannot make a barrier");
	return b;
}

static void pin(unsigned int i)
{
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(i, &cpu);
	if (sched_setaffinity(0, sizeof(cpu), &cpu) < 0)
		die("no processor %u: %s", i, strerror(errno));
}

/* Do one thing on all processors; returns the ns until the last one was finished. */
static uint64_t together(pthread_barrier_t *b, struct area *a, bool out)
{
	uint64_t start;
	size_t i;

	pthread_barrier_wait(b);
	start = now();
	if (out)
		area_out(a, NO_DEVICE);
	for (i = 0; !out && i < a->pages; i++)
		(void)*(volatile char *)(a->p + i * PAGE);
	pthread_barrier_wait(b);
	return now() - start;
}

static void __attribute__((noreturn)) worker(const struct parallel *p, const struct options *o,
					     pthread_barrier_t *b, unsigned int me)
{
	size_t pages = o->mib * MIB / PAGE;
	unsigned int turn;
	uint64_t out, in;
	struct area a;

	pin(me);
	area_map(&a, pages, ANON);
	fill(a.p, pages, p->content, me);
	for (turn = 0; turn <= o->rounds * TURNS; turn++) {
		out = together(b, &a, true);
		if (area_present(&a) > pages / 100)
			die("%s: pages were left behind", p->name);
		in = together(b, &a, false);
		check(a.p, pages, p->content, me);
		if (me || !turn)
			continue;
		printf("R %s out %u %llu %zu\n", p->name, turn, (unsigned long long)out,
		       pages * p->cpus);
		printf("R %s in %u %llu %zu\n", p->name, turn, (unsigned long long)in,
		       pages * p->cpus);
	}
	exit(0);
}

/* If one dies, the others would wait for it for ever. */
static void wait_for_all(const char *name, const pid_t *pid, unsigned int n)
{
	unsigned int i;
	int status;

	for (i = 0; i < n; i++)
		if (wait(&status) < 0 || status)
			break;
	if (i == n)
		return;
	for (i = 0; i < n; i++)
		kill(pid[i], SIGKILL);
	die("%s: a process failed", name);
}

static void run(const struct parallel *p, const struct options *o)
{
	enum device device = p->device == NO_DEVICE ? o->under : p->device;
	pthread_barrier_t *b = new_barrier(p->cpus);
	pid_t pid[MOST_CPUS];
	unsigned int i;

	folio_size(4);
	if (device != NO_DEVICE)
		device_on(device, o->mib * p->cpus * 3 / 2, "lzo", 10);
	if (p->device == NO_DEVICE)
		zswap("lzo");
	fflush(NULL);
	for (i = 0; i < p->cpus; i++) {
		pid[i] = fork();
		if (pid[i] < 0)
			die("fork: %s", strerror(errno));
		if (!pid[i])
			worker(p, o, b, i);
	}
	wait_for_all(p->name, pid, p->cpus);
	zswap(NULL);
	if (device != NO_DEVICE)
		device_off(device);
	munmap(b, PAGE);
}

bool parallel_run(const char *name, const struct options *o)
{
	size_t i;

	for (i = 0; i < NR; i++) {
		if (strcmp(parallels[i].name, name))
			continue;
		run(&parallels[i], o);
		return true;
	}
	return false;
}
