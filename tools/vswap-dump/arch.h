/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arch.h - everything that differs between processor architectures
 */
#ifndef VSWAP_DUMP_ARCH_H
#define VSWAP_DUMP_ARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "dump.h"
#include "layout.h"

/** What a page table entry holds. */
enum pte_kind {
	PTE_NONE,
	PTE_TABLE,	/**< points to a table one level down */
	PTE_PAGE,	/**< maps memory, of the size of its level */
	PTE_SWAP,	/**< not present: a swap entry (of any type) */
};

/** Shape of the page tables of one kernel. */
struct pgt {
	unsigned int levels;	/**< 3 to 5 */
	unsigned int page_shift;
	unsigned int index_bits;/**< entries per full table, as a power of two */
	unsigned int va_bits;	/**< of a user address */
	uint64_t phys_mask;	/**< physical address bits of an entry */
};

/** An architecture. */
struct arch {
	const char *name;	/**< as libkdumpfile knows it */
	uint16_t machine;	/**< ELF e_machine */
	/** Levels of the page tables, as VMCOREINFO tells. */
	unsigned int (*levels)(struct dump *d);
	/** Shape of user page tables. Return false if it cannot be told. */
	bool (*pgt)(struct dump *d, struct pgt *p);
	/** Classify an entry at @level (1 is the lowest). */
	enum pte_kind (*classify)(uint64_t pte, unsigned int level);
	/** Physical address in an entry. */
	uint64_t (*phys)(const struct pgt *p, uint64_t pte);
	/** Swap entry of a not-present entry. */
	void (*swap)(uint64_t pte, unsigned int *type, uint64_t *offset);
	/** Address of the page that maps @pfn; 0 if unknown. */
	uint64_t (*page_of)(struct dump *d, uint64_t pfn);
	/** Page frame of a struct page address. */
	bool (*pfn_of)(struct dump *d, uint64_t page, uint64_t *pfn);
};

/** Architecture by ELF machine number, or NULL. */
const struct arch *arch_find(uint16_t machine);

#endif
