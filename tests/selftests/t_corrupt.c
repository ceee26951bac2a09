// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compressed pages that do not decompress, as after an error of the memory they are in:
 * bytes of them are changed through /dev/mem, and put back. A page like that is lost to
 * who asks for it, by SIGBUS or EIO; nothing else is, and the slot keeps its backing.
 */
#include <fcntl.h>

#include "harness.h"

/*
 * LZO's output for a page of PAT_COMP begins with two bytes for the number of literals, then
 * come these: the first bytes of the page as they are. zsmalloc has objects at multiples of
 * 16 bytes, each with a handle of 8 bytes before the data.
 */
#define ZS_ALIGN	16
#define ZS_HANDLE	8
#define LZO_LITERALS	2

/*
 * One literal (18 - 17), then a copy of three bytes from 16384 bytes before the beginning of
 * the page, which no decompressor accepts.
 */
static const unsigned char nonsense[] = { 18, 0, 0x21, 0xfc, 0xff };

/* A compressed page in physical memory. */
struct spot {
	off_t where;	/* physical address */
	size_t page;	/* in the area */
	unsigned char bytes[sizeof(nonsense)];	/* that belong there, while it is broken */
};

/* A mapping of @len bytes of physical memory from @from on. */
static unsigned char *mem_map(off_t from, size_t len)
{
	int fd = MUST(open("/dev/mem", O_RDWR | O_CLOEXEC));
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, from);

	CHECK(p != MAP_FAILED);
	close(fd);
	return p;
}

/* Look for @word as the first literal of an object in the pages from @from to @to. */
static unsigned int mem_find(off_t from, off_t to, uint64_t word, off_t *where)
{
	size_t len = to - from, i;
	unsigned char *mem = mem_map(from, len);
	unsigned int found = 0;
	uint64_t here;

	for (i = ZS_HANDLE + LZO_LITERALS; i + sizeof(here) <= len; i += ZS_ALIGN) {
		memcpy(&here, mem + i, sizeof(here));
		if (here != word)
			continue;
		*where = from + i - LZO_LITERALS;
		found++;
	}
	munmap(mem, len);
	return found;
}

/* Find page @i of @a, which is in zswap; false if its beginning is on two physical pages. */
static bool spot_find(struct spot *sp, const struct area *a, size_t i)
{
	unsigned long long from, to;
	unsigned int found = 0;
	uint64_t buf[PG / 8];
	char line[256];
	FILE *f;

	pattern_page(a->pat, a->seed, i, buf);
	f = fopen("/proc/iomem", "r");
	CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx-%llx", &from, &to) != 2 || line[0] == ' ' ||
		    !strstr(line, " : System RAM"))
			continue;
		from = (from + PG - 1) / PG * PG;
		to = (to + 1) / PG * PG;
		found += mem_find(from, to, buf[0], &sp->where);
	}
	fclose(f);
	/* a second one could be a copy of something else, which must not be written to */
	CHECK_LE(found, 1);
	sp->page = i;
	return found;
}

/* What is there and sp->bytes change places. */
static void spot_swap(struct spot *sp)
{
	off_t page = sp->where / PG * PG;
	unsigned char *mem = mem_map(page, PG), was[sizeof(nonsense)];

	/* in one page: it is within the first 16 bytes of the object */
	memcpy(was, mem + sp->where - page, sizeof(was));
	memcpy(mem + sp->where - page, sp->bytes, sizeof(was));
	memcpy(sp->bytes, was, sizeof(was));
	munmap(mem, PG);
}

/* Break the first page of @a from @i on that can be found; all are in zswap. */
static void spot_break(struct spot *sp, const struct area *a, size_t i)
{
	if (access("/dev/mem", R_OK | W_OK))
		SKIP("no /dev/mem");
	while (!spot_find(sp, a, i))
		CHECK_LT(++i, a->n);
	memcpy(sp->bytes, nonsense, sizeof(nonsense));
	spot_swap(sp);
}

/* The bytes are put back: every page is there. */
static void mended(struct spot *sp, struct area *a, const struct cg *g)
{
	CHECK(!vst_have_vswap || vst_verify());
	spot_swap(sp);
	cg_forget_failures(g);
	area_check(a);
	area_free(a);
}

/* Every page is right but the broken one, which cannot be read. */
static void check_all_but(const struct area *a, const struct spot *sp)
{
	unsigned char c;

	CHECK_EQ(area_check_lost(a), 1);
	CHECK_EQ(vst_probe(a->p + sp->page * PG, &c), SIGBUS);
}

static uint64_t decompress_fail(void)
{
	return vst_read_u64("/sys/kernel/debug/zswap/decompress_fail");
}

static void in_zswap(struct area *a, struct cg *g, size_t n, int order)
{
	cg_make(g, "corrupt");
	cg_enter(g);
	area_out(a, g, n, PAT_COMP, order);
}

/* SIGBUS for this page as often as it is asked for, and no change of its slot. */
TEST(corrupt, fault, 0)
{
	struct snap s, b;
	unsigned char c;
	struct area a;
	struct spot sp;
	struct cg g;
	uint64_t fails;
	size_t i;

	in_zswap(&a, &g, 211, 0);
	spot_break(&sp, &a, 101);
	fails = decompress_fail();
	snap_take(&s);
	for (i = 0; i < 3; i++)
		CHECK_EQ(vst_probe(a.p + sp.page * PG, &c), SIGBUS);
	snap_take(&b);
	CHECK_GE(decompress_fail() - fails, 1);
	if (vst_have_vswap)
		NO_MOVES(&s, &b);
	CHECK_EQ(b.zswpin - s.zswpin, 0);
	mended(&sp, &a, &g);
	cg_leave();
}

/* A page that cannot be read is freed like all others, also with its failure in the cache. */
TEST(corrupt, freed, 0)
{
	const size_t n = 211;
	unsigned char c;
	struct snap b, e;
	struct area a;
	struct spot sp;
	struct cg g;

	in_zswap(&a, &g, n, 0);
	spot_break(&sp, &a, 7);
	CHECK_EQ(vst_probe(a.p + sp.page * PG, &c), SIGBUS);
	snap_take(&b);
	area_free(&a);
	snap_take(&e);
	if (vst_have_vswap)
		MOVES(&b, &e, { ST_ZSWAP, ST_FREE, n });
	cg_leave();
}

/* In a folio of 64 KiB: it cannot come in as one, and fifteen of its pages come in. */
TEST(corrupt, large_fault, 0)
{
	const size_t n = 16 * 13;
	struct snap s, b;
	struct area a;
	struct spot sp;
	struct cg g;

	in_zswap(&a, &g, n, 4);
	spot_break(&sp, &a, 16 * 5 + 3);
	snap_take(&s);
	check_all_but(&a, &sp);
	snap_take(&b);
	if (vst_have_vswap)
		MOVES(&s, &b, { ST_ZSWAP, ST_NONE, n - 1 });
	CHECK_EQ(b.zswpin - s.zswpin, n - 1);
	mended(&sp, &a, &g);
	cg_leave();
}

/* The same of a file; what cannot be read of tmpfs is lost for good, on any kernel. */
static void tmpfs(int order)
{
	const size_t n = 16 * 13;
	unsigned char c;
	struct snap s, b;
	struct area a;
	struct spot sp;
	struct cg g;

	cg_make(&g, "corrupt");
	cg_enter(&g);
	area_map_shared(&a, n, PAT_COMP, order);
	area_fill(&a);
	snap_take(&s);
	area_advise(&a, 0, n, MADV_PAGEOUT);
	cg_drop_cache(&g);
	CHECK_EQ(area_swapped(&a), n);
	snap_take(&b);
	if (vst_have_vswap)
		MOVES(&s, &b, { ST_FREE, ST_NONE, n }, { ST_NONE, ST_ZSWAP, n });
	spot_break(&sp, &a, 16 * 5 + 3);
	check_all_but(&a, &sp);
	CHECK(!vst_have_vswap || vst_verify());
	spot_swap(&sp);
	CHECK_EQ(vst_probe(a.p + sp.page * PG, &c), SIGBUS);
	area_free(&a);
	cg_leave();
}

TEST(corrupt, tmpfs, 0)
{
	tmpfs(0);
}

TEST(corrupt, tmpfs_64k, 0)
{
	tmpfs(4);
}

/* Writeback of it is given up, with the slot that was allocated for it; others go. */
TEST(corrupt, writeback, 0)
{
	const size_t n = 211;
	struct snap s, b;
	unsigned char c;
	struct area a;
	struct dev d;
	struct spot sp;
	struct cg g;
	uint64_t fails;
	double end;

	fix_brd(&g, &d, 1021);
	knob_vswap("auto");
	knob_zswap(true);
	knob_zswap_param("shrinker_enabled", "Y");
	area_out(&a, &g, n, PAT_COMP, 0);
	spot_break(&sp, &a, 101);
	fails = decompress_fail();
	snap_take(&s);
	/* it works from statistics that are up to two seconds old */
	for (end = vst_now() + 20; vst_now() < end && decompress_fail() == fails; vst_msleep(50))
		cg_reclaim(&g, 2 << 20);
	CHECK_GE(decompress_fail() - fails, 1);
	cg_drop_cache(&g);
	snap_take(&b);
	vst_note("%llu written back, %llu failed", (unsigned long long)(b.zswpwb - s.zswpwb),
		 (unsigned long long)(decompress_fail() - fails));
	CHECK_GT(b.zswpwb - s.zswpwb, 0);
	CHECK_LT(b.zswpwb - s.zswpwb, n);
	if (vst_have_vswap) {
		MOVES(&s, &b, { ST_ZSWAP, ST_PHYS, b.zswpwb - s.zswpwb });
		CHECK_EQ(dev_used(&d), b.gauge[ST_PHYS]);
		CHECK_EQ(cg_read(&g, "memory.swap.current"), b.gauge[ST_PHYS] * PG);
	}
	CHECK(!vst_have_vswap || vst_verify());
	CHECK_EQ(vst_probe(a.p + sp.page * PG, &c), SIGBUS);
	mended(&sp, &a, &g);
	fix_end(&d);
}
