/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kdpages.h - which pages a kdump-compressed file has
 */
#ifndef VSWAP_DUMP_KDPAGES_H
#define VSWAP_DUMP_KDPAGES_H

#include <stdbool.h>
#include <stdint.h>

#define KDPAGES_BLOCK	512	/**< bytes of bitmap that are looked at together */

/** One file; of a split dump, one part. */
struct kdpages {
	int fd;
	uint64_t size;		/**< of the file */
	uint64_t block;		/**< bytes of a page */
	uint64_t bitmap, len;	/**< the bitmap of dumped pages */
	uint64_t desc;		/**< the first page descriptor */
	bool zeroes;		/**< only pages of zeroes were left out */
	uint64_t from, to;	/**< page frames of this part */
	uint64_t base;		/**< dumped pages before them */
	uint64_t *rank;		/**< dumped pages before each block of the bitmap */
	uint64_t at;		/**< number of the block in bits, plus one */
	unsigned char bits[KDPAGES_BLOCK];
};

/**
 * kdpages_open - prepare to look pages up
 * @p: filled in
 * @fd: a file that precheck() let pass; must stay open
 *
 * Return: 0, or 1 if the bitmap cannot be read. Of a file that is not kdump-compressed,
 * @p knows nothing: kdpages_known() is false.
 */
int kdpages_open(struct kdpages *p, int fd);

void kdpages_close(struct kdpages *p);

static inline bool kdpages_known(const struct kdpages *p)
{
	return p->rank;
}

/** What a file says about a page. */
enum kdpage {
	KDPAGE_NO,	/**< another part has it, or it was left out, or it is damaged */
	KDPAGE_ZERO,	/**< it was left out because it is all zeroes */
	KDPAGE_YES,	/**< it has a plausible descriptor, and data within the file */
};

/**
 * kdpages_find - can a page be read from the file?
 *
 * libkdumpfile 0.5.1 must not be asked for a page that was left out: each such read
 * damages its cache, and after some dozens it fails for pages that are there, or
 * crashes.
 */
enum kdpage kdpages_find(struct kdpages *p, uint64_t pfn);

#endif
