/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _MM_VSWAP_INTERNAL_H
#define _MM_VSWAP_INTERNAL_H

/* Shared by the files of the virtual swap layer, mm/vswap*.c. */

#include "vswap.h"

/* How many zswap entries are freed together at most. */
#define VSWAP_BATCH		32

/* The reasons for the modes are in Documentation/admin-guide/mm/vswap.rst. */
enum vswap_mode {
	VSWAP_MODE_AUTO,
	VSWAP_MODE_ALWAYS,
	VSWAP_MODE_NEVER,
};

extern enum vswap_mode vswap_mode;

/**
 * struct vswap_batch - changes to the backing of slots of one cluster
 * @ci: the cluster, locked from vswap_batch_begin() to vswap_batch_end()
 * @reason: why the backing changes
 * @trace: whether the fields that only the tracepoint needs are collected
 * @run_start: first slot of the current run, in the cluster
 * @run_nr: slots in the current run; 0 if there is none
 * @run_from: state of the run's slots before
 * @run_to: state of the run's slots after
 * @run_id: recorded owner of the run's slots; only if @trace
 * @run_bytes: compressed size of the run's slots; only if @trace
 * @run_phys: word of the first physical slot of the run; only if @trace
 * @nr_zswap: zswap entries to be freed
 * @zswap: these entries
 * @phys: first of the physical slots to be freed
 * @nr_phys: how many they are
 * @phys_id: recorded owner of the virtual slots that @phys was charged for
 *
 * Counters, events and releases are merged over runs of slots that change in
 * the same way, so that the cost of a change of many slots is that of one.
 */
struct vswap_batch {
	struct swap_cluster_info *ci;
	enum vswap_reason reason;
	bool trace;

	unsigned int run_start;
	unsigned int run_nr;
	u8 run_from;
	u8 run_to;
	unsigned short run_id;
	unsigned long run_bytes;
	unsigned long run_phys;

	unsigned int nr_zswap;
	struct zswap_entry *zswap[VSWAP_BATCH];

	swp_entry_t phys;
	unsigned int nr_phys;
	unsigned short phys_id;
};

/* The first virtual offset of a cluster. */
static inline unsigned long vswap_cluster_start(struct swap_cluster_info *ci)
{
	return (ci - vswap_si->cluster_info) * SWAPFILE_CLUSTER;
}

static inline struct swap_cluster_info *
vswap_folio_cluster(const struct folio *folio)
{
	return __swap_offset_to_cluster(vswap_si, swp_offset(folio->swap));
}

/* vswap.c */
enum vswap_state vswap_slot_state(struct swap_cluster_info *ci,
				  unsigned int ci_off, unsigned long *word);
void vswap_batch_begin(struct vswap_batch *b, struct swap_cluster_info *ci,
		       enum vswap_reason reason);
void vswap_batch_slot(struct vswap_batch *b, unsigned int ci_off,
		      enum vswap_state to, unsigned long word);
void vswap_batch_end(struct vswap_batch *b);
struct swap_cluster_info *vswap_lock_table(struct folio *folio);

/* vswap_dev.c */
int vswap_tables_init(void);

/* vswap_stat.c */
extern atomic_long_t vswap_nr_vtables;
void vswap_stat_init(void);
u64 vswap_cgroup_ino(unsigned short id);
void vswap_run_done(struct vswap_batch *b);
bool vswap_trace_enabled(void);
void vswap_trace_grow(unsigned long clusters, unsigned long total);
void vswap_trace_swapoff(int type, unsigned long moved,
			 unsigned long poisoned, unsigned long left);
u64 vswap_gauge(enum vswap_state state);

#endif /* _MM_VSWAP_INTERNAL_H */
