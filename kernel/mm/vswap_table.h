/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _MM_VSWAP_TABLE_H
#define _MM_VSWAP_TABLE_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/mm_types.h>
#include <linux/swapops.h>
#include <linux/types.h>

struct zswap_entry;

/*
 * The words of the virtual table and of the reverse map. Nothing here takes a
 * lock or looks at memory: these are pure functions, tested by
 * mm/tests/vswap_kunit.c.
 *
 * A word of the virtual table says where the content of a virtual slot is, as
 * far as the swap table does not say so:
 *
 * none:   |-------------------------- 0 ---------------------------|
 * zswap:  |----------------- struct zswap_entry * ------------|001|
 * phys:   | type (5) | F |----------- offset (55) ------------|010|
 * poison: |-------------------------- 0 ----------------------|011|
 *
 * F says that the last write to the slot failed. It is the only bit that is
 * set without the cluster lock, by the end of the IO, see vswap_write_failed().
 *
 * A zero-filled page has no word: the zero flag of the swap table says it all.
 *
 * A physical slot that backs a virtual one has the pointer format of the swap
 * table, see mm/swap_table.h, with the virtual offset as the pointer:
 *
 * pointer: | 0 (5) |-------------- offset (56) ----------------|100|
 *
 * The type is not needed, as there is one virtual device. The five upper bits
 * stay clear so that nothing takes them for a count or the zero flag.
 */
#define VSWAP_TAG_BITS		3
#define VSWAP_TAG_MASK		GENMASK_U64(VSWAP_TAG_BITS - 1, 0)

#define VSWAP_NONE		0UL
#define VSWAP_TAG_ZSWAP		0b001UL
#define VSWAP_TAG_PHYS		0b010UL
#define VSWAP_TAG_POISON	0b011UL
#define VSWAP_POISON		VSWAP_TAG_POISON

#define VSWAP_PHYS_TYPE_BITS	5
#define VSWAP_PHYS_TYPE_SHIFT	(64 - VSWAP_PHYS_TYPE_BITS)
#define VSWAP_PHYS_FAILED	BIT_U64(VSWAP_PHYS_TYPE_SHIFT - 1)
#define VSWAP_PHYS_OFFSET_BITS	(VSWAP_PHYS_TYPE_SHIFT - 1 - VSWAP_TAG_BITS)
#define VSWAP_PHYS_OFFSET_MASK	GENMASK_U64(VSWAP_PHYS_OFFSET_BITS - 1, 0)

/* What the words of all slots of a device have in common. */
#define VSWAP_PHYS_DEVICE_MASK	(GENMASK_U64(63, VSWAP_PHYS_TYPE_SHIFT) | \
				 VSWAP_TAG_MASK)

#define VSWAP_RMAP_TAG		0b100UL
#define VSWAP_RMAP_BITS		56
#define VSWAP_RMAP_MASK		GENMASK_U64(VSWAP_RMAP_BITS - 1, 0)

/* One virtual offset more than the largest that every format can hold. */
#define VSWAP_MAX_OFFSET	BIT(VSWAP_PHYS_OFFSET_BITS)

static_assert(VSWAP_PHYS_TYPE_BITS >= MAX_SWAPFILES_SHIFT);
static_assert(VSWAP_PHYS_OFFSET_BITS == 55);
static_assert(VSWAP_TAG_BITS + VSWAP_RMAP_BITS + 5 == 64);

#ifdef CONFIG_VSWAP
static inline bool vswap_word_is_zswap(unsigned long word)
{
	return (word & VSWAP_TAG_MASK) == VSWAP_TAG_ZSWAP;
}

static inline bool vswap_word_is_phys(unsigned long word)
{
	return (word & VSWAP_TAG_MASK) == VSWAP_TAG_PHYS;
}

static inline bool vswap_word_is_poison(unsigned long word)
{
	return word == VSWAP_POISON;
}

/* @entry comes from the slab allocator and is aligned to at least 8 bytes. */
static inline unsigned long vswap_zswap_to_word(struct zswap_entry *entry)
{
	return (unsigned long)entry | VSWAP_TAG_ZSWAP;
}

static inline struct zswap_entry *vswap_word_to_zswap(unsigned long word)
{
	return (struct zswap_entry *)(word & ~VSWAP_TAG_MASK);
}

static inline unsigned long vswap_phys_to_word(swp_entry_t phys)
{
	return ((unsigned long)swp_type(phys) << VSWAP_PHYS_TYPE_SHIFT) |
	       (swp_offset(phys) << VSWAP_TAG_BITS) | VSWAP_TAG_PHYS;
}

static inline swp_entry_t vswap_word_to_phys(unsigned long word)
{
	return swp_entry(word >> VSWAP_PHYS_TYPE_SHIFT,
			 (word >> VSWAP_TAG_BITS) & VSWAP_PHYS_OFFSET_MASK);
}

/* True if @word is the physical slot @n slots after the one in @first. */
static inline bool vswap_phys_follows(unsigned long first, unsigned long word,
				      unsigned long n)
{
	return (word & ~VSWAP_PHYS_FAILED) ==
	       (first & ~VSWAP_PHYS_FAILED) + (n << VSWAP_TAG_BITS);
}
#endif /* CONFIG_VSWAP */

static inline bool vswap_tb_is_rmap(unsigned long swp_tb)
{
	return (swp_tb & VSWAP_TAG_MASK) == VSWAP_RMAP_TAG;
}

static inline unsigned long vswap_offset_to_rmap(unsigned long voff)
{
	return (voff << VSWAP_TAG_BITS) | VSWAP_RMAP_TAG;
}

static inline unsigned long vswap_rmap_to_offset(unsigned long swp_tb)
{
	return (swp_tb >> VSWAP_TAG_BITS) & VSWAP_RMAP_MASK;
}

#endif /* _MM_VSWAP_TABLE_H */
