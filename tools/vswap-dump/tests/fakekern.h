/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fakekern.h - a small, consistent kernel in a buffer
 *
 * One virtual device, one physical device, one process, two cgroups, one zswap pool.
 * Tests damage it and look at what the tool says.
 */
#ifndef VSWAP_DUMP_FAKEKERN_H
#define VSWAP_DUMP_FAKEKERN_H

#include "fakedump.h"

#define FK_SIZE		(96u * 4096)
#define FK_VCLUSTERS	4
#define FK_PCLUSTERS	2

/** Virtual slots of the invented kernel; all in cluster 1. */
enum fk_slot {
	FK_ZERO = FAKE_CLUSTER,	/**< zero-filled */
	FK_ZSWAP,		/**< FK_NZSWAP slots in zswap: one spans two pages */
	FK_NZSWAP = 4,
	FK_PHYS = FK_ZSWAP + FK_NZSWAP,	/**< backed by slot FK_POFF of device 1 */
	FK_POISON,
	FK_CACHED,		/**< none: only in the swap cache, dirty */
	FK_FREE,
};
#define FK_POFF		5	/**< physical slot behind FK_PHYS */
#define FK_DIRECT	6	/**< physical slot in use without a virtual one */
#define FK_PID		42
#define FK_VADDR	0x7f0000201000ULL	/**< FK_ZERO, FK_ZSWAP, FK_PHYS from here on */

/** The kernel, and where its parts are. */
struct fk {
	struct layout l;
	unsigned char mem[FK_SIZE];
	uint64_t top;			/**< first unused byte */
	uint64_t vsi, psi;		/**< devices */
	uint64_t vci, pci;		/**< their cluster arrays */
	uint64_t table, vtable, memcg, ptable;
	uint64_t entry[FK_NZSWAP];	/**< zswap entries */
	uint64_t handle[FK_NZSWAP];
	uint64_t pool, lru, trans, zspage, folio, pgd, pte;
	uint64_t task, cgname[2];	/**< the process; names of the cgroups, eight bytes each */
	uint64_t bdev, disk;		/**< what the physical device lies on */
	unsigned char page[FK_NZSWAP][4096];	/**< their content */
	unsigned char cached[4096];
};

/** Build it. */
void fk_build(struct fk *f);

/** Write a member of the structure at @addr. */
void fk_set(struct fk *f, uint64_t addr, enum kmember_id id, uint64_t val);
uint64_t fk_get(struct fk *f, uint64_t addr, enum kmember_id id);

/** Write a number of @width bytes. */
void fk_put(struct fk *f, uint64_t addr, unsigned int width, uint64_t val);

/** Address of virtual cluster @i, of its descriptor. */
uint64_t fk_ci(struct fk *f, unsigned int i);

#endif
