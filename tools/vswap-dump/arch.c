// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * arch.c - everything that differs between processor architectures
 *
 * Page table formats, swap entries in them, and where the memory map is.
 * The kernel's own addresses are translated by libaddrxlat.
 */
#include <elf.h>
#include <stddef.h>

#include "arch.h"

static uint64_t phys_masked(const struct pgt *p, uint64_t pte)
{
	return pte & p->phys_mask;
}

/* ------------------------------------------------------------- x86-64 */

/* arch/x86/include/asm/pgtable_types.h, pgtable_64.h */
#define X86_PRESENT	(1ULL << 0)
#define X86_ACCESSED	(1ULL << 5)
#define X86_DIRTY	(1ULL << 6)
#define X86_PSE		(1ULL << 7)
#define X86_PROTNONE	(1ULL << 8)
#define X86_PHYS_MASK	0x000ffffffffff000ULL

static unsigned int x86_levels(struct dump *d)
{
	uint64_t l5;

	return dump_vmcoreinfo_num(d, "NUMBER(pgtable_l5_enabled)", 10, &l5) && l5 ? 5 : 4;
}

static bool x86_pgt(struct dump *d, struct pgt *p)
{
	p->levels = dump_info(d)->levels;
	p->page_shift = 12;
	p->index_bits = 9;
	p->va_bits = p->levels == 5 ? 56 : 47;
	p->phys_mask = X86_PHYS_MASK;
	return true;
}

static enum pte_kind x86_classify(uint64_t pte, unsigned int level)
{
	/* an erratum of Xeon Phi leaves these two set in empty entries */
	if (!(pte & ~(X86_ACCESSED | X86_DIRTY)))
		return PTE_NONE;
	if (level > 1) {
		if (pte & X86_PRESENT)
			return pte & X86_PSE ? PTE_PAGE : PTE_TABLE;
		/* a huge page that is mapped but not accessible */
		if (pte & (X86_PROTNONE | X86_PSE))
			return PTE_PAGE;
		return PTE_SWAP;
	}
	return pte & (X86_PRESENT | X86_PROTNONE) ? PTE_PAGE : PTE_SWAP;
}

/* The type is in the top five bits, the inverted offset in bits 9 to 58. */
static void x86_swap(uint64_t pte, unsigned int *type, uint64_t *offset)
{
	*type = pte >> 59;
	*offset = ~pte << 5 >> 14;
}

/* x86-64 has a variable with the base; without CONFIG_RANDOMIZE_MEMORY a constant. */
static uint64_t x86_vmemmap(struct dump *d)
{
	uint64_t sym = dump_sym(d, KSYM_vmemmap_base), base;

	if (sym && !dump_u64(d, sym, &base))
		return base;
	return dump_info(d)->levels == 5 ? 0xffd4000000000000ULL : 0xffffea0000000000ULL;
}

/* -------------------------------------------------------------- arm64 */

/* arch/arm64/include/asm/pgtable-hwdef.h, pgtable-prot.h, pgtable.h */
#define ARM64_VALID		(1ULL << 0)
#define ARM64_TABLE		(1ULL << 1)
#define ARM64_PRESENT_INVALID	(1ULL << 11)

/* Bits of a virtual address, 0 if the note does not have them. */
static unsigned int arm64_va_bits(struct dump *d)
{
	uint64_t va;

	return dump_vmcoreinfo_num(d, "NUMBER(VA_BITS)", 10, &va) && va >= 36 && va <= 52 ? va : 0;
}

static unsigned int arm64_levels(struct dump *d)
{
	unsigned int shift = dump_info(d)->page_shift, bits = shift - 3;
	unsigned int va = arm64_va_bits(d);

	return va ? (va - shift + bits - 1) / bits : 4;
}

static bool arm64_pgt(struct dump *d, struct pgt *p)
{
	p->va_bits = arm64_va_bits(d);
	if (!p->va_bits)
		return false;
	p->page_shift = dump_info(d)->page_shift;
	p->index_bits = p->page_shift - 3;
	p->levels = arm64_levels(d);
	p->phys_mask = ((1ULL << 48) - 1) & ~((1ULL << p->page_shift) - 1);
	return true;
}

static enum pte_kind arm64_classify(uint64_t pte, unsigned int level)
{
	if (!pte)
		return PTE_NONE;
	if (pte & ARM64_VALID)
		return level > 1 && (pte & ARM64_TABLE) ? PTE_TABLE : PTE_PAGE;
	return pte & ARM64_PRESENT_INVALID ? PTE_PAGE : PTE_SWAP;
}

static void arm64_swap(uint64_t pte, unsigned int *type, uint64_t *offset)
{
	*type = (pte >> 6) & 31;
	*offset = (pte >> 12) & ((1ULL << 50) - 1);
}

/* The note has SYMBOL(vmemmap) where the memory map is not found by sections. */
static uint64_t arm64_vmemmap(struct dump *d)
{
	uint64_t base;

	if (dump_vmcoreinfo_num(d, "SYMBOL(vmemmap)", 16, &base))
		return base;
	if (dump_vmcoreinfo_num(d, "NUMBER(VMEMMAP_START)", 16, &base)) {
		uint64_t start, sym = dump_sym(d, KSYM_memstart_addr);

		/* vmemmap is indexed by the pfn counted from the start of memory */
		if (sym && !dump_u64(d, sym, &start))
			return base - (start >> dump_info(d)->page_shift) *
				dump_struct_size(d, KS_page);
	}
	return 0;
}

/* ------------------------------------------------------------- common */

static uint64_t page_of(struct dump *d, uint64_t base, uint64_t pfn)
{
	return base && pfn < 1ULL << 40 ? base + pfn * dump_struct_size(d, KS_page) : 0;
}

static bool pfn_of(struct dump *d, uint64_t base, uint64_t page, uint64_t *pfn)
{
	uint64_t size = dump_struct_size(d, KS_page);

	if (!base || !size || page < base || (page - base) % size)
		return false;
	*pfn = (page - base) / size;
	return *pfn < 1ULL << 40;
}

static uint64_t x86_page_of(struct dump *d, uint64_t pfn)
{
	return page_of(d, x86_vmemmap(d), pfn);
}

static bool x86_pfn_of(struct dump *d, uint64_t page, uint64_t *pfn)
{
	return pfn_of(d, x86_vmemmap(d), page, pfn);
}

static uint64_t arm64_page_of(struct dump *d, uint64_t pfn)
{
	return page_of(d, arm64_vmemmap(d), pfn);
}

static bool arm64_pfn_of(struct dump *d, uint64_t page, uint64_t *pfn)
{
	return pfn_of(d, arm64_vmemmap(d), page, pfn);
}

static const struct arch arches[] = {
	{
		.name = "x86_64",
		.machine = EM_X86_64,
		.levels = x86_levels,
		.pgt = x86_pgt,
		.classify = x86_classify,
		.phys = phys_masked,
		.swap = x86_swap,
		.page_of = x86_page_of,
		.pfn_of = x86_pfn_of,
	}, {
		.name = "aarch64",
		.machine = EM_AARCH64,
		.levels = arm64_levels,
		.pgt = arm64_pgt,
		.classify = arm64_classify,
		.phys = phys_masked,
		.swap = arm64_swap,
		.page_of = arm64_page_of,
		.pfn_of = arm64_pfn_of,
	},
};

const struct arch *arch_find(uint16_t machine)
{
	size_t i;

	for (i = 0; i < sizeof(arches) / sizeof(arches[0]); i++) {
		if (arches[i].machine == machine)
			return &arches[i];
	}
	return NULL;
}
