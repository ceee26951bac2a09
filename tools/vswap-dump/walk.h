/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * walk.h - slots and clusters of a swap device
 */
#ifndef VSWAP_DUMP_WALK_H
#define VSWAP_DUMP_WALK_H

#include "kern.h"

/** A table of a cluster: why it is or is not there. */
enum table_state { TABLE_ABSENT, TABLE_READ, TABLE_MISSING };

/** One cluster, with copies of its tables. */
struct cluster {
	const struct swapdev *dev;	/**< whose it is, NULL: nothing loaded */
	uint64_t index;		/**< number in the device */
	uint64_t addr;		/**< of its descriptor */
	bool locked;		/**< its lock was held: changes may be half done */
	unsigned int count, flags, order;
	unsigned int nr_backed;
	uint64_t table_at, vtable_at, extend_at, memcg_at;
	uint64_t list_next, list_prev;
	enum table_state table_st, vtable_st, extend_st, memcg_st;
	uint64_t table[MAX_CLUSTER];	/**< swap table words */
	uint64_t vtable[MAX_CLUSTER];	/**< virtual table words */
	uint32_t extend[MAX_CLUSTER];	/**< counts that do not fit into the word */
	uint16_t memcg[MAX_CLUSTER];	/**< private cgroup ids */
};

/** One slot, as the two words tell. */
struct slot {
	uint64_t nr;		/**< offset in the device */
	enum vs_state state;
	enum swt_kind kind;
	bool cached;		/**< a folio is in the swap cache */
	bool has_count;		/**< false if the table of counts is missing */
	uint32_t count;		/**< references from page tables and the like */
	uint64_t pfn;		/**< of the cached folio's first page */
	uint64_t word, vword;
	unsigned int memcg;	/**< private id of the owner, 0: none recorded */
	bool memcg_known;
	uint64_t entry;		/**< zswap: address of the entry */
	unsigned int ptype;	/**< phys: device */
	uint64_t poff;		/**< phys: slot on it */
};

/**
 * cluster_read - load a cluster and its tables
 * @c: reused by the caller for one cluster after the other
 *
 * Return: RD_OK if the descriptor could be read, whatever became of the tables.
 */
enum rd cluster_read(struct kern *k, const struct swapdev *dev, uint64_t index,
		     struct cluster *c);

/** Decode slot @i of a cluster. @is_virtual: it has a virtual table. */
void slot_decode(struct kern *k, const struct cluster *c, unsigned int i,
		 bool is_virtual, struct slot *s);

/** How a walk over all clusters went. */
struct walk_stat {
	uint64_t clusters;	/**< populated, looked at */
	uint64_t unread;	/**< descriptors that the dump does not have */
	uint64_t unmapped;	/**< descriptors that are not mapped */
	uint64_t tables_missing;/**< swap tables that the dump does not have */
	uint64_t vtables_missing;
	bool cut;		/**< stopped early: the array is not mapped to its end */
	bool refused;		/**< not begun: the device's size is absurd */
};

/** Called for a cluster; non-zero stops the walk. */
typedef int cluster_fn(struct kern *k, const struct swapdev *dev,
		       const struct cluster *c, void *arg);

/** Visit the clusters @from to @to (inclusive) that are not entirely unused. */
int walk_clusters(struct kern *k, const struct swapdev *dev, uint64_t from,
		  uint64_t to, struct walk_stat *st, cluster_fn *fn, void *arg);

/** Read one slot by number, its cluster into @c unless it is there already. */
enum rd slot_read(struct kern *k, const struct swapdev *dev, uint64_t nr,
		  struct cluster *c, struct slot *s);

/** Does the word of a virtual slot name slot @off of device @type? */
bool slot_backed_by(const struct slot *s, unsigned int type, uint64_t off);

/** A struct cluster on the heap; exits the program when there is no memory. */
struct cluster *cluster_new(void);

#endif
