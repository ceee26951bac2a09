// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kdpages.c - which pages a kdump-compressed file has
 *
 * The second bitmap of the file has a bit for each page that was dumped; its n-th set
 * bit belongs to the n-th page descriptor. A table of partial sums, one per 4096 pages,
 * makes that a look-up: half a megabyte for a terabyte of memory.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kdfile.h"
#include "kdpages.h"
#include "util.h"

#define PAGES_PER_BLOCK	(8 * KDPAGES_BLOCK)

static unsigned int ones(const unsigned char *p, size_t n)
{
	unsigned int sum = 0;

	while (n--)
		sum += __builtin_popcount(*p++);
	return sum;
}

/* Load the block of the bitmap that has this page's bit. */
static bool load_block(struct kdpages *p, uint64_t pfn)
{
	uint64_t nr = pfn / PAGES_PER_BLOCK, off = nr * KDPAGES_BLOCK;
	size_t n = p->len - off < KDPAGES_BLOCK ? p->len - off : KDPAGES_BLOCK;

	if (p->at == nr + 1)
		return true;
	p->at = 0;
	memset(p->bits, 0, sizeof(p->bits));
	if (pread(p->fd, p->bits, n, p->bitmap + off) != (ssize_t)n)
		return false;
	p->at = nr + 1;
	return true;
}

/* Dumped pages before this one, which must be within the bitmap. */
static bool rank_of(struct kdpages *p, uint64_t pfn, uint64_t *rank)
{
	unsigned int in = pfn % PAGES_PER_BLOCK;

	if (!load_block(p, pfn))
		return false;
	*rank = p->rank[pfn / PAGES_PER_BLOCK] + ones(p->bits, in / 8) +
		__builtin_popcount(p->bits[in / 8] & ((1u << in % 8) - 1));
	return true;
}

static int build_ranks(struct kdpages *p)
{
	uint64_t n = (p->len + KDPAGES_BLOCK - 1) / KDPAGES_BLOCK, i, sum = 0;

	p->rank = calloc(n + 1, sizeof(*p->rank));
	if (!p->rank)
		return 1;
	for (i = 0; i < n; i++) {
		p->rank[i] = sum;
		if (!load_block(p, i * PAGES_PER_BLOCK))
			return 1;
		sum += ones(p->bits, sizeof(p->bits));
	}
	return 0;
}

/* A part of a split dump has the descriptors of its own pages only. */
static void find_part(struct kdpages *p, const unsigned char *head, const unsigned char *sub)
{
	bool wide = get_le(head + KD_VERSION, 4) >= 6;

	p->from = 0;
	p->to = p->len * 8;
	if (!get_le(sub + KS_SPLIT, 4))
		return;
	p->from = get_le(sub + (wide ? KS_START_64 : KS_START), 8);
	p->to = get_le(sub + (wide ? KS_END_64 : KS_END), 8);
	if (p->to > p->len * 8)
		p->to = p->len * 8;
	if (p->from > p->to)
		p->from = p->to;
}

int kdpages_open(struct kdpages *p, int fd)
{
	unsigned char head[KD_HEAD], sub[KS_HEAD];
	struct stat st;
	uint64_t start;

	memset(p, 0, sizeof(*p));
	p->fd = fd;
	if (pread(fd, head, sizeof(head), 0) != sizeof(head) || memcmp(head, KD_SIGNATURE, 8))
		return 0;
	p->block = get_le(head + KD_BLOCK_SIZE, 4);
	if (!p->block || fstat(fd, &st) ||
	    pread(fd, sub, sizeof(sub), p->block) != sizeof(sub))
		return 1;
	p->size = S_ISBLK(st.st_mode) ? (uint64_t)lseek(fd, 0, SEEK_END) : (uint64_t)st.st_size;
	start = p->block * (1 + get_le(head + KD_SUBHDR, 4));
	p->len = p->block * get_le(head + KD_BITMAP, 4) / 2;
	p->bitmap = start + p->len;
	p->desc = start + 2 * p->len;
	/* level 1 is zeroes; each other bit leaves out what may hold anything */
	p->zeroes = get_le(sub + KS_LEVEL, 4) == 1;
	find_part(p, head, sub);
	if (build_ranks(p)) {
		kdpages_close(p);
		return 1;
	}
	if (p->from < p->len * 8 && !rank_of(p, p->from, &p->base)) {
		kdpages_close(p);
		return 1;
	}
	return 0;
}

void kdpages_close(struct kdpages *p)
{
	free(p->rank);
	p->rank = NULL;
}

/* Does the n-th descriptor lead to data that are in the file? */
static bool plausible(struct kdpages *p, uint64_t nr)
{
	unsigned char d[KP_BYTES];
	uint64_t off, size;
	uint32_t flags;

	if (pread(p->fd, d, sizeof(d), p->desc + nr * KP_BYTES) != sizeof(d))
		return false;
	off = get_le(d + KP_OFFSET, 8);
	size = get_le(d + KP_SIZE, 4);
	flags = get_le(d + KP_FLAGS, 4) & KP_COMPRESSED;
	if (!size || size > p->block || off > p->size || size > p->size - off)
		return false;
	/* one way to compress, or none and a whole page */
	return flags ? !(flags & (flags - 1)) : size == p->block;
}

/* A page of the machine's memory, by the first of the two bitmaps? */
static bool in_memory(struct kdpages *p, uint64_t pfn)
{
	unsigned char b;

	return pread(p->fd, &b, 1, p->bitmap - p->len + pfn / 8) == 1 && (b >> pfn % 8 & 1);
}

enum kdpage kdpages_find(struct kdpages *p, uint64_t pfn)
{
	uint64_t rank;

	if (pfn < p->from || pfn >= p->to || !rank_of(p, pfn, &rank))
		return KDPAGE_NO;
	if (!(p->bits[pfn % PAGES_PER_BLOCK / 8] >> pfn % 8 & 1))
		return p->zeroes && in_memory(p, pfn) ? KDPAGE_ZERO : KDPAGE_NO;
	return rank >= p->base && plausible(p, rank - p->base) ? KDPAGE_YES : KDPAGE_NO;
}
