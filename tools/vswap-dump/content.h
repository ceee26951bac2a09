/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * content.h - what was on a swapped page
 */
#ifndef VSWAP_DUMP_CONTENT_H
#define VSWAP_DUMP_CONTENT_H

#include "kern.h"
#include "walk.h"

/** Where a page's content came from, or why there is none. */
enum content {
	CONTENT_CACHE,		/**< the folio in the swap cache */
	CONTENT_ZERO,		/**< zeroes */
	CONTENT_ZSWAP,		/**< decompressed */
	CONTENT_DEVICE,		/**< none: it is on a device, not in memory */
	CONTENT_POISON,		/**< none: lost in the kernel already */
	CONTENT_FREE,		/**< none: the slot is not in use */
	CONTENT_MISSING,	/**< none: the dump lacks a page that is needed */
	CONTENT_CORRUPT,	/**< none: structures contradict each other */
	CONTENT_UNSUPPORTED,	/**< none: no decoder for the compressor */
};

extern const char * const content_names[];

/** Did content_get() fill the buffer? */
static inline bool content_ok(enum content c)
{
	return c <= CONTENT_ZSWAP;
}

/** A zsmalloc object, located. */
struct zs_object {
	uint64_t obj;		/**< the word the handle points to */
	uint64_t pfn;		/**< page it begins on */
	uint64_t zpdesc;	/**< its descriptor */
	uint64_t zspage;
	unsigned int index, class_index, size;
	unsigned int offset;	/**< of the payload in its first page */
	bool huge;
	uint64_t next_pfn;	/**< page it continues on, if it crosses */
};

/**
 * zs_locate - find the object behind a handle
 * @len: bytes that are stored in it
 * @why: one line when it fails
 *
 * Return: CONTENT_ZSWAP, CONTENT_MISSING or CONTENT_CORRUPT.
 */
enum content zs_locate(struct kern *k, uint64_t zs_pool, uint64_t handle, uint64_t len,
		       struct zs_object *o, char *why, size_t whylen);

/** Decompress what a zswap entry refers to into @buf (one page). */
enum content content_zentry(struct kern *k, const struct zentry *e, unsigned char *buf,
			    char *why, size_t whylen);

/**
 * content_get - the content of a virtual slot
 * @buf: one page
 * @why: one line when there is none
 */
enum content content_get(struct kern *k, const struct slot *s, unsigned char *buf,
			 char *why, size_t whylen);

/** State of the folio in the swap cache of a slot. */
struct folio_state {
	bool known;		/**< its struct page could be read */
	bool matches;		/**< it says that it belongs to this slot */
	bool locked, writeback, uptodate, dirty;
	uint64_t pfn;		/**< of this slot's page in it */
};

void folio_read(struct kern *k, const struct slot *s, unsigned int type,
		struct folio_state *f);

#endif
