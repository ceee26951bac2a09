// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory that is swapped: mappings, folio sizes, getting it out. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define HUGE (2 * MIB)
#define THP "/sys/kernel/mm/transparent_hugepage"
#define CGROUP "/sys/fs/cgroup/bench"

void folio_size(unsigned int kib)
{
	unsigned int k;

	for (k = 8; k <= 2048; k *= 2) {
		try_put(k == kib ? "always" : "never", THP "/hugepages-%ukB/enabled", k);
		try_put(k == kib ? "always" : "never", THP "/hugepages-%ukB/shmem_enabled", k);
	}
}

void area_map(struct area *a, size_t pages, enum memory memory)
{
	size_t size = pages * PAGE;

	*a = (struct area){ .pages = pages, .memory = memory, .fd = -1 };
	a->map_size = size + HUGE;
	a->map = mmap(NULL, a->map_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (a->map == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	a->p = (char *)(((uintptr_t)a->map + HUGE - 1) & ~(HUGE - 1));
	if (memory == TMPFS) {
		a->fd = memfd_create("bench", 0);
		if (a->fd < 0 || ftruncate(a->fd, size) < 0)
			die("memfd: %s", strerror(errno));
	}
	if (mmap(a->p, size, PROT_READ | PROT_WRITE,
		 MAP_FIXED | (memory == TMPFS ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS),
		 a->fd, 0) == MAP_FAILED)
		die("mmap: %s", strerror(errno));
}

void area_free(struct area *a)
{
	munmap(a->p, a->pages * PAGE);
	if (a->fd >= 0)
		close(a->fd);
	munmap(a->map, a->map_size);
}

void reclaim_cgroup(size_t pages)
{
	char text[64];

	/* It may say EAGAIN for the last few pages; what is left is counted after. */
	snprintf(text, sizeof(text), "%zu swappiness=max", pages * PAGE);
	try_put(text, CGROUP "/memory.reclaim");
}

/* Wait for a disk. Looking costs instructions too, which are not the kernel's. */
static uint64_t wait_idle(enum device dev)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	uint64_t start, cost, looked = 0;

	start = now();
	device_inflight(dev);
	cost = now() - start;
	while (device_inflight(dev)) {
		looked += cost;
		nanosleep(&ms, NULL);
	}
	return looked + 2 * cost;
}

uint64_t finish_out(enum device dev)
{
	long long left;
	uint64_t looked, start;

	if (dev != DISK && dev != LATE)
		return 0;
	looked = wait_idle(dev);
	start = now();
	left = lookup(CGROUP "/memory.stat", "swapcached");
	looked += now() - start;
	if (left > 0)
		reclaim_cgroup(left / PAGE);
	return looked;
}

uint64_t area_out(struct area *a, enum device dev)
{
	if (madvise(a->p, a->pages * PAGE, MADV_PAGEOUT) < 0)
		die("MADV_PAGEOUT: %s", strerror(errno));
	return finish_out(dev);
}

size_t area_present(const struct area *a)
{
	unsigned char *in = malloc(a->pages);
	size_t i, n = 0;

	if (!in || mincore(a->p, a->pages * PAGE, in) < 0)
		die("mincore: %s", strerror(errno));
	for (i = 0; i < a->pages; i++)
		n += in[i] & 1;
	free(in);
	return n;
}
