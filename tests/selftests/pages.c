// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory of the tests: mapping it in folios of a wanted size, filling it with content
 * that can be recomputed and so compared word by word, and looking where it is.
 */
#include <fcntl.h>
#include <inttypes.h>

#include "harness.h"

#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 1U
#endif

#define WORDS		(PG / sizeof(uint64_t))
#define PMD_BYTES	(512 * PG)

/* ---- content ---------------------------------------------------------------------- */

static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static enum pat kind_of(enum pat pat, size_t i)
{
	static const enum pat mixed[3] = { PAT_COMP, PAT_ZERO, PAT_RAND };

	if (pat == PAT_MIXED)
		return mixed[i % 3];
	if (pat == PAT_CZ)
		return i % 2 ? PAT_ZERO : PAT_COMP;
	return pat;
}

void pattern_page(enum pat pat, uint64_t seed, size_t i, uint64_t *buf)
{
	uint64_t x = mix(seed * 0x9e3779b97f4a7c15ULL + i + 1);
	size_t w;

	switch (kind_of(pat, i)) {
	case PAT_ZERO:
		memset(buf, 0, PG);
		break;
	case PAT_COMP:
		/* 16 words of noise, repeated: distinct pages, and easy to compress */
		for (w = 0; w < 16; w++)
			buf[w] = mix(x + w);
		for (; w < WORDS; w++)
			buf[w] = buf[w - 16];
		/* something at the very end, so that a short copy is noticed */
		buf[WORDS - 1] = x;
		break;
	default:
		for (w = 0; w < WORDS; w++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			buf[w] = x;
		}
		break;
	}
}

/* ---- mapping ---------------------------------------------------------------------- */

/* Allow folios of @order only, for anonymous memory (@file: for shmem). */
static void thp_allow(int order, bool shmem)
{
	char path[160];
	int o;

	if (!vst_exists(THP_SYSFS))
		return;
	if (!shmem)
		vst_set(THP_SYSFS "/enabled", "madvise");
	for (o = 1; o <= 9; o++) {
		snprintf(path, sizeof(path), THP_SYSFS "/hugepages-%lukB/%s", (PG << o) / 1024,
			 shmem ? "shmem_enabled" : "enabled");
		if (!vst_exists(path))
			continue;
		vst_set(path, "%s", o != order ? "never" : shmem ? "always" : "madvise");
	}
}

static char *map_aligned(size_t len, int flags, int fd, size_t *map_len, char **map)
{
	char *p, *start;

	*map_len = len + PMD_BYTES;
	p = mmap(NULL, *map_len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		 -1, 0);
	if (p == MAP_FAILED)
		FAIL("mmap of %zu bytes: %s", *map_len, strerror(errno));
	start = (char *)(((uintptr_t)p + PMD_BYTES - 1) & ~(PMD_BYTES - 1));
	if (mmap(start, len, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0) == MAP_FAILED)
		FAIL("mmap of %zu bytes: %s", len, strerror(errno));
	*map = p;
	return start;
}

void area_map(struct area *a, size_t n, enum pat pat, int order)
{
	memset(a, 0, sizeof(*a));
	a->n = n;
	a->pat = pat;
	a->order = order;
	thp_allow(order, false);
	a->p = map_aligned(n * PG, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			   &a->map_len, &a->map);
	MUST(madvise(a->p, n * PG, order ? MADV_HUGEPAGE : MADV_NOHUGEPAGE));
}

void area_map_shared(struct area *a, size_t n, enum pat pat, int order)
{
	int fd;

	memset(a, 0, sizeof(*a));
	a->n = n;
	a->pat = pat;
	a->order = order;
	thp_allow(order, true);
	fd = MUST(memfd_create("vst", MFD_CLOEXEC));
	MUST(ftruncate(fd, n * PG));
	a->p = map_aligned(n * PG, MAP_SHARED, fd, &a->map_len, &a->map);
	close(fd);
}

void area_free(struct area *a)
{
	MUST(munmap(a->map, a->map_len));
	a->p = NULL;
}

/* ---- filling and comparing ---------------------------------------------------------- */

void area_fill_page(const struct area *a, size_t i)
{
	uint64_t buf[WORDS];

	pattern_page(a->pat, a->seed, i, buf);
	memcpy(a->p + i * PG, buf, PG);
}

void area_fill(struct area *a)
{
	static uint64_t fills;
	size_t i;

	a->seed = mix(getpid() + ((uint64_t)++fills << 32));
	for (i = 0; i < a->n; i++)
		area_fill_page(a, i);
}

size_t area_check_lost(const struct area *a)
{
	size_t i, lost = 0;
	unsigned char c;
	int sig;

	for (i = 0; i < a->n; i++) {
		sig = vst_probe(a->p + i * PG, &c);
		if (sig && sig != SIGBUS)
			FAIL("page %zu: signal %d", i, sig);
		lost += !!sig;
		if (!sig)
			area_check_range(a, i, 1);
	}
	return lost;
}

bool area_page_ok(const struct area *a, size_t i)
{
	uint64_t buf[WORDS];

	pattern_page(a->pat, a->seed, i, buf);
	return !memcmp(a->p + i * PG, buf, PG);
}

void area_check_range(const struct area *a, size_t first, size_t nr)
{
	uint64_t buf[WORDS];
	size_t i, w;

	for (i = first; i < first + nr; i++) {
		const uint64_t *got = (const uint64_t *)(a->p + i * PG);

		pattern_page(a->pat, a->seed, i, buf);
		if (!memcmp(got, buf, PG))
			continue;
		for (w = 0; w < WORDS && got[w] == buf[w]; w++)
			;
		if (w == WORDS)
			FAIL("page %zu of %zu differed and is right now", i, a->n);
		FAIL("page %zu of %zu is wrong from word %zu on: %#" PRIx64
		     " instead of %#" PRIx64, i, a->n, w, got[w], buf[w]);
	}
}

void area_check(const struct area *a)
{
	area_check_range(a, 0, a->n);
}

size_t area_count(const struct area *a, enum pat kind)
{
	size_t i, nr = 0;

	for (i = 0; i < a->n; i++)
		nr += kind_of(a->pat, i) == kind;
	return nr;
}

/* ---- where the pages are ------------------------------------------------------------ */

static bool is_shared(const struct area *a)
{
	char path[64], line[512];
	bool shared = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/maps");
	f = fopen(path, "r");
	if (!f)
		FAIL("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		unsigned long s, e;
		char prot[8];

		if (sscanf(line, "%lx-%lx %7s", &s, &e, prot) == 3 &&
		    s <= (uintptr_t)a->p && (uintptr_t)a->p < e)
			shared = prot[3] == 's';
	}
	fclose(f);
	return shared;
}

/* Shared memory has no swap entries in page tables: what is not in the cache is out. */
static size_t shared_swapped(const struct area *a)
{
	unsigned char *vec = malloc(a->n);
	size_t i, nr = 0;

	if (!vec)
		FAIL("no memory");
	MUST(mincore(a->p, a->n * PG, vec));
	for (i = 0; i < a->n; i++)
		nr += !(vec[i] & 1);
	free(vec);
	return nr;
}

static int pagemap_open(void)
{
	return MUST(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
}

#define PM_SWAP (1ULL << 62)

size_t area_swapped(const struct area *a)
{
	uint64_t ent[512];
	size_t i, k, n, nr = 0;
	int fd;

	if (is_shared(a))
		return shared_swapped(a);
	fd = pagemap_open();
	for (i = 0; i < a->n; i += n) {
		n = a->n - i < 512 ? a->n - i : 512;
		if (pread(fd, ent, n * 8, ((uintptr_t)a->p / PG + i) * 8) != (ssize_t)(n * 8))
			FAIL("pagemap: %s", strerror(errno));
		for (k = 0; k < n; k++)
			nr += !!(ent[k] & PM_SWAP);
	}
	close(fd);
	return nr;
}

size_t area_uncached(const struct area *a)
{
	unsigned char vec[512];
	uint64_t ent[512];
	size_t i, k, n, nr = 0;
	int fd = pagemap_open();

	for (i = 0; i < a->n; i += n) {
		n = a->n - i < 512 ? a->n - i : 512;
		MUST(mincore(a->p + i * PG, n * PG, vec));
		if (pread(fd, ent, n * 8, ((uintptr_t)a->p / PG + i) * 8) != (ssize_t)(n * 8))
			FAIL("pagemap: %s", strerror(errno));
		for (k = 0; k < n; k++)
			nr += (ent[k] & PM_SWAP) && !(vec[k] & 1);
	}
	close(fd);
	return nr;
}

bool area_page_swapped(const struct area *a, size_t i)
{
	uint64_t ent;
	int fd = pagemap_open();

	if (pread(fd, &ent, 8, ((uintptr_t)a->p / PG + i) * 8) != 8)
		FAIL("pagemap: %s", strerror(errno));
	close(fd);
	return ent & PM_SWAP;
}

uint64_t area_slot(const struct area *a, size_t i)
{
	uint64_t ent;
	int fd = pagemap_open();

	if (pread(fd, &ent, 8, ((uintptr_t)a->p / PG + i) * 8) != 8)
		FAIL("pagemap: %s", strerror(errno));
	close(fd);
	if (!(ent & PM_SWAP))
		FAIL("page %zu is not swapped", i);
	/* five bits of type, then the offset */
	return (ent & ((1ULL << 55) - 1)) >> 5;
}

bool area_slots_fit(const struct area *a, size_t first, size_t nr)
{
	uint64_t slot = area_slot(a, first);
	size_t i;

	for (i = 1; i < nr; i++)
		if (area_slot(a, first + i) != slot + i)
			return false;
	return slot % nr == 0;
}

size_t vst_folio_pages(const void *p)
{
	const uint64_t head = 1ULL << 15, tail = 1ULL << 16;
	uint64_t ent, flags, pfn;
	size_t nr = 1;
	int fd = pagemap_open();

	if (pread(fd, &ent, 8, (uintptr_t)p / PG * 8) != 8)
		FAIL("pagemap: %s", strerror(errno));
	close(fd);
	if (!(ent & (1ULL << 63)))
		FAIL("%p is not in memory", p);
	pfn = ent & ((1ULL << 55) - 1);
	fd = MUST(open("/proc/kpageflags", O_RDONLY | O_CLOEXEC));
	while (pread(fd, &flags, 8, pfn * 8) == 8 && (flags & tail) && !(flags & head))
		pfn--;
	if (flags & head)
		while (pread(fd, &flags, 8, (pfn + nr) * 8) == 8 && (flags & tail))
			nr++;
	close(fd);
	return nr;
}

uint64_t vst_mthp(int order, const char *stat)
{
	char path[200];

	snprintf(path, sizeof(path), THP_SYSFS "/hugepages-%lukB/stats/%s",
		 (PG << order) / 1024, stat);
	return vst_read_u64(path);
}

/* ---- pushing out -------------------------------------------------------------------- */

void area_advise(const struct area *a, size_t first, size_t nr, int advice)
{
	if (madvise(a->p + first * PG, nr * PG, advice))
		FAIL("madvise(%zu pages, %d): %s", nr, advice, strerror(errno));
}

static void on_sigbus(int sig)
{
	(void)sig;
}

void area_break_memory(const struct area *a, size_t i)
{
	/* whoever has the page mapped gets a SIGBUS with it */
	signal(SIGBUS, on_sigbus);
	if (madvise(a->p + i * PG, PG, MADV_HWPOISON))
		SKIP("memory failure: %s", strerror(errno));
}

size_t area_try_pageout(const struct area *a)
{
	area_advise(a, 0, a->n, MADV_PAGEOUT);
	return area_swapped(a);
}

void area_pageout(const struct area *a)
{
	size_t out = 0;
	int try;

	/*
	 * One call is normally enough; a page that is locked or in another CPU's LRU
	 * batch at the moment stays in and is taken by the next.
	 */
	for (try = 0; try < 100; try++) {
		out = area_try_pageout(a);
		if (out == a->n)
			return;
		/* as a side effect this empties the LRU batches of all CPUs */
		if (try > 2)
			vst_write("/proc/sys/vm/drop_caches", "1");
		vst_msleep(5);
	}
	FAIL("MADV_PAGEOUT: %zu of %zu pages are out after %d calls", out, a->n, try);
}
