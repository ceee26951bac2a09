/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _MM_VSWAP_INTERNAL_H
#define _MM_VSWAP_INTERNAL_H

/* Shared by the files of the virtual swap layer, mm/vswap*.c. */

#include <linux/tracepoint-defs.h>
#include "vswap.h"

DECLARE_TRACEPOINT(vswap_transition);
DECLARE_TRACEPOINT(vswap_swapin);

/* How many zswap entries are freed together at most. */
#define VSWAP_BATCH		32

/* A mask of all states, see vswap_change_slots(). */
#define VSWAP_ANY_STATE		GENMASK(VSWAP_NR_STATES - 1, 0)

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
 * @run_start: first slot of the current run, in the cluster; only if @trace
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
 * the same way, so that the cost of a change of many slots is that of one. See
 * vswap_change_slots() for changes that are the same for all slots.
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

/*
 * The recorded owner of the folio's slots. It does not change before they are
 * freed, and so not while the folio is locked in the swap cache.
 */
static inline unsigned short vswap_folio_owner(const struct folio *folio)
{
	return swap_cgroup_peek(vswap_folio_cluster(folio),
				swp_cluster_offset(folio->swap));
}

/*
 * Are @nr slots from @first, of a pinned device, one range of it, that one request
 * can read or write? What follows in a swap file can be elsewhere on the disk.
 */
static inline bool vswap_phys_one_request(swp_entry_t first, unsigned long nr)
{
	unsigned long flags;

	if (nr == 1)
		return true;
	/* What kind of device it is does not change while it is pinned. */
	flags = data_race(__swap_entry_to_info(first)->flags);
	return (flags & SWP_BLKDEV) &&
	       swp_cluster_offset(first) + nr <= SWAPFILE_CLUSTER;
}

/* The virtual table of a locked cluster, or NULL. */
static inline atomic_long_t *vswap_table(struct swap_cluster_info *ci)
{
	return rcu_dereference_protected(ci->vtable, lockdep_is_held(&ci->lock));
}

/* True if somebody listens to changes, and so their details are needed. */
static inline bool vswap_trace_enabled(void)
{
	return tracepoint_enabled(vswap_transition);
}

/* vswap.c */
enum vswap_state vswap_slot_state(struct swap_cluster_info *ci,
				  unsigned int ci_off, unsigned long *word);
unsigned int vswap_folio_states(struct folio *folio);
void vswap_change_slot(struct swap_cluster_info *ci, unsigned int ci_off,
		       unsigned int which, enum vswap_state to,
		       unsigned long word);
void vswap_change_run(struct swap_cluster_info *ci, unsigned int ci_off,
		      unsigned int nr, unsigned int which,
		      enum vswap_state to, unsigned long word,
		      enum vswap_reason reason);
void vswap_change_folio(struct folio *folio, unsigned int which,
			enum vswap_state to, enum vswap_reason reason);
void vswap_put_phys(swp_entry_t phys, unsigned int nr, unsigned short id);
void vswap_batch_begin(struct vswap_batch *b, struct swap_cluster_info *ci,
		       enum vswap_reason reason);
void vswap_batch_slot(struct vswap_batch *b, unsigned int ci_off,
		      enum vswap_state to, unsigned long word);
void vswap_batch_end(struct vswap_batch *b);
struct swap_cluster_info *vswap_lock_new_table(struct swap_cluster_info *ci);

/* How many pages must be refused, at least, for that to mean something. */
#define VSWAP_REFUSALS_MIN	512UL

#if IS_ENABLED(CONFIG_KUNIT)
atomic_long_t *vswap_table_alloc(void);
void vswap_refusals_add(struct vswap_refusals *r, unsigned long nr,
			unsigned long all);
void vswap_refusals_halve(struct vswap_refusals *r);
bool vswap_refusals_pause(struct vswap_refusals *r);
#endif

/* vswap_dev.c */
int vswap_tables_init(void);

/* vswap_stat.c */
extern atomic_long_t vswap_nr_vtables;
void vswap_stat_init(void);
u64 vswap_cgroup_ino(unsigned short id);
void vswap_trace_run(struct vswap_batch *b);
void vswap_trace_read(struct folio *folio, swp_entry_t entry,
		      unsigned int nr, enum vswap_state backing);
void vswap_trace_grow(unsigned long clusters, unsigned long total);
void vswap_trace_swapoff(int type, unsigned long moved,
			 unsigned long poisoned, unsigned long left);
u64 vswap_gauge(enum vswap_state state);

/**
 * struct vswap_verify - what a walk of the tables for "verify" found
 * @m: where complaints go
 * @slots: slots in each state
 * @vtables: virtual tables
 * @counted: what the counter of virtual tables was before
 * @wrong: complaints, including those that were one too many to be printed
 */
struct vswap_verify {
	struct seq_file *m;
	u64 slots[VSWAP_NR_STATES];
	long vtables;
	long counted;
	unsigned long wrong;
};

#if IS_ENABLED(CONFIG_KUNIT)
void vswap_verify_cluster(struct vswap_verify *vv,
			  struct swap_cluster_info *ci);
void vswap_verify_rmap(struct vswap_verify *vv, int type);
void vswap_verify_counters(struct vswap_verify *vv,
			   const struct vswap_stats *before,
			   const struct vswap_stats *after);
#endif

/* Count a run of slots that changed in the same way, and tell about it. */
static inline void vswap_run_done(struct vswap_batch *b)
{
	this_cpu_add(vswap_stats.trans[b->run_from][b->run_to], b->run_nr);
	if (b->trace)
		vswap_trace_run(b);
	b->run_nr = 0;
}

/**
 * vswap_count_swapin - slots were read
 * @folio: the folio they were read into
 * @entry: the first slot
 * @nr: number of slots
 * @backing: what they were read from
 */
static inline void vswap_count_swapin(struct folio *folio, swp_entry_t entry,
				      unsigned int nr, enum vswap_state backing)
{
	this_cpu_add(vswap_stats.swapin[backing], nr);
	if (tracepoint_enabled(vswap_swapin))
		vswap_trace_read(folio, entry, nr, backing);
}

/**
 * vswap_lock_table - lock the cluster of a folio, with a virtual table
 * @folio: a locked folio on virtual slots
 *
 * Context: May sleep. May use the reserve of tables, and half of the reserve
 * below the minimum watermark, as most of what follows frees memory.
 * Return: the locked cluster, which has a table, or NULL if there is no memory.
 */
static inline struct swap_cluster_info *
vswap_lock_table(struct folio *folio)
{
	struct swap_cluster_info *ci = vswap_folio_cluster(folio);

	VM_WARN_ON_ONCE_FOLIO(!folio_test_locked(folio), folio);
	VM_WARN_ON_ONCE_FOLIO(folio_test_writeback(folio), folio);
	spin_lock(&ci->lock);
	if (likely(vswap_table(ci)))
		return ci;
	spin_unlock(&ci->lock);
	return vswap_lock_new_table(ci);
}

/**
 * vswap_change_slots - change the backing of some slots in the same way
 * @ci: their cluster, locked
 * @ci_off: first slot in the cluster
 * @nr: how many
 * @which: mask of the states in which a slot is to be changed
 * @to: state afterwards; for VSWAP_STATE_FREE the caller clears the swap table
 * @word: word afterwards
 * @reason: why
 *
 * Context: Cluster lock, possibly with interrupts disabled. The cluster has a
 * virtual table if @word needs one.
 */
static inline void vswap_change_slots(struct swap_cluster_info *ci,
				      unsigned int ci_off, unsigned int nr,
				      unsigned int which, enum vswap_state to,
				      unsigned long word,
				      enum vswap_reason reason)
{
	if (nr == 1 && !vswap_trace_enabled())
		vswap_change_slot(ci, ci_off, which, to, word);
	else
		vswap_change_run(ci, ci_off, nr, which, to, word, reason);
}

#endif /* _MM_VSWAP_INTERNAL_H */
