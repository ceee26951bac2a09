/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _MM_VSWAP_H
#define _MM_VSWAP_H

/*
 * The virtual swap layer, as the rest of mm sees it. See mm/vswap.c for what it
 * is, and Documentation/mm/vswap.rst for why.
 */

#include <linux/jump_label.h>
#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include "swap.h"
#include "swap_table.h"
#include "vswap_table.h"

/**
 * enum vswap_state - what backs a virtual slot
 * @VSWAP_STATE_FREE: the slot is not allocated
 * @VSWAP_STATE_NONE: allocated, the only copy is the folio in the swap cache
 * @VSWAP_STATE_ZERO: the page is zero-filled, nothing is stored
 * @VSWAP_STATE_ZSWAP: compressed in RAM
 * @VSWAP_STATE_PHYS: on a slot of a real swap device
 * @VSWAP_STATE_POISON: the content was lost
 * @VSWAP_NR_STATES: the number of states
 */
enum vswap_state {
	VSWAP_STATE_FREE,
	VSWAP_STATE_NONE,
	VSWAP_STATE_ZERO,
	VSWAP_STATE_ZSWAP,
	VSWAP_STATE_PHYS,
	VSWAP_STATE_POISON,
	VSWAP_NR_STATES
};

/**
 * enum vswap_reason - why the backing of a slot changed
 * @VSWAP_REASON_ALLOC: the slot was allocated for a folio
 * @VSWAP_REASON_FREE: the last user of the slot went away
 * @VSWAP_REASON_STORE: swap-out compressed the page
 * @VSWAP_REASON_LOAD: swap-in took the content
 * @VSWAP_REASON_ZERO: swap-out found the page filled with zeros
 * @VSWAP_REASON_FALLBACK: swap-out to a device because zswap did not take it
 * @VSWAP_REASON_WRITEBACK: zswap made room for itself
 * @VSWAP_REASON_REDIRTY: the content became stale and could not be replaced
 * @VSWAP_REASON_RECLAIM: the device is getting full, the page is in memory
 * @VSWAP_REASON_SWAPOFF: the device goes away
 * @VSWAP_REASON_ERROR: the device failed to write or read
 * @VSWAP_NR_REASONS: the number of reasons
 */
enum vswap_reason {
	VSWAP_REASON_ALLOC,
	VSWAP_REASON_FREE,
	VSWAP_REASON_STORE,
	VSWAP_REASON_LOAD,
	VSWAP_REASON_ZERO,
	VSWAP_REASON_FALLBACK,
	VSWAP_REASON_WRITEBACK,
	VSWAP_REASON_REDIRTY,
	VSWAP_REASON_RECLAIM,
	VSWAP_REASON_SWAPOFF,
	VSWAP_REASON_ERROR,
	VSWAP_NR_REASONS
};

/**
 * enum vswap_reject - why a slot or a backing was refused
 * @VSWAP_REJECT_GROW: no free slot, and none could be added in time
 * @VSWAP_REJECT_TABLE: no memory for a virtual table
 * @VSWAP_REJECT_DISALLOWED: memory.swap.max of the cgroup is 0
 * @VSWAP_REJECT_ZSWAP_OFF: zswap is disabled
 * @VSWAP_REJECT_POOL_LIMIT: the zswap pool is full
 * @VSWAP_REJECT_CGROUP_LIMIT: memory.zswap.max is reached
 * @VSWAP_REJECT_INCOMPRESSIBLE: the page does not compress
 * @VSWAP_REJECT_ZSWAP_NOMEM: zswap found no memory to store the page
 * @VSWAP_REJECT_WRITEBACK_OFF: memory.zswap.writeback of the cgroup is 0
 * @VSWAP_REJECT_PHYS_FULL: no free slot on any device
 * @VSWAP_REJECT_PHYS_FRAG: no contiguous slots for a large folio
 * @VSWAP_REJECT_PHYS_LIMIT: memory.swap.max of the owner is reached
 * @VSWAP_NR_REJECTS: the number of reasons
 */
enum vswap_reject {
	VSWAP_REJECT_GROW,
	VSWAP_REJECT_TABLE,
	VSWAP_REJECT_DISALLOWED,
	VSWAP_REJECT_ZSWAP_OFF,
	VSWAP_REJECT_POOL_LIMIT,
	VSWAP_REJECT_CGROUP_LIMIT,
	VSWAP_REJECT_INCOMPRESSIBLE,
	VSWAP_REJECT_ZSWAP_NOMEM,
	VSWAP_REJECT_WRITEBACK_OFF,
	VSWAP_REJECT_PHYS_FULL,
	VSWAP_REJECT_PHYS_FRAG,
	VSWAP_REJECT_PHYS_LIMIT,
	VSWAP_NR_REJECTS
};

/**
 * struct vswap_refusals - swap-out that got nowhere lately, see mm/vswap.c
 * @pages: pages that no backing took, halved with each folio that was taken
 * @until: time in jiffies up to which it makes no sense to try more; 0 if never
 */
struct vswap_refusals {
	unsigned long pages;
	unsigned long until;
};

#ifdef CONFIG_VSWAP

/**
 * struct vswap_stats - what happened to virtual slots, per CPU, in slots
 * @trans: transitions between states, [from][to]
 * @swapin: reads, by what held the content
 * @reject: refusals, by reason
 * @swapoff_moved: slots released by swapoff of the device that backed them
 * @swapoff_poisoned: slots whose content swapoff could not read
 * @write_errors: slots whose write to a device failed
 *
 * Each transition is counted in the lock section that makes it, so the sum
 * over all CPUs of "entered minus left" is the number of slots in a state.
 */
struct vswap_stats {
	u64 trans[VSWAP_NR_STATES][VSWAP_NR_STATES];
	u64 swapin[VSWAP_NR_STATES];
	u64 reject[VSWAP_NR_REJECTS];
	u64 swapoff_moved;
	u64 swapoff_poisoned;
	u64 write_errors;
};

DECLARE_PER_CPU(struct vswap_stats, vswap_stats);

extern struct swap_info_struct *vswap_si;
extern int vswap_type;

/**
 * is_vswap_entry - is this a slot of the virtual device?
 * @entry: any swap entry
 */
static inline bool is_vswap_entry(swp_entry_t entry)
{
	return static_branch_unlikely(&vswap_key) &&
	       swp_type(entry) == vswap_type;
}

/**
 * vswap_word - the virtual table's word of a slot
 * @ci: cluster of the slot
 * @ci_off: the slot in its cluster
 *
 * Context: A hint without a lock. Exact with the cluster lock held, or for a
 * slot of a locked folio in the swap cache: see rule 3 in mm/vswap.c.
 */
static inline unsigned long vswap_word(struct swap_cluster_info *ci,
				       unsigned int ci_off)
{
	atomic_long_t *vtable;
	unsigned long word;

	rcu_read_lock();
	vtable = rcu_dereference(ci->vtable);
	word = vtable ? atomic_long_read(&vtable[ci_off]) : VSWAP_NONE;
	rcu_read_unlock();
	return word;
}

/**
 * vswap_entry_readahead_ok - does it make sense to read this slot ahead?
 * @entry: any swap entry
 *
 * Reading ahead hides the latency of a device. Content that is in memory has
 * none, and would only have to be compressed again.
 */
static inline bool vswap_entry_readahead_ok(swp_entry_t entry)
{
	return !is_vswap_entry(entry) || !vswap_entry_is_fast(entry);
}

/* vswap.c: slots and their backing */
bool vswap_alloc_folio(struct folio *folio);
void vswap_note_alloc(struct swap_cluster_info *ci, unsigned int ci_off,
		      struct folio *folio);
void vswap_free_slots(struct swap_cluster_info *ci, unsigned int ci_off,
		      unsigned int nr);
bool vswap_range_readable(struct swap_cluster_info *ci, unsigned int ci_off,
			  unsigned int nr);
void vswap_set_zero(struct folio *folio);
void vswap_drop_backing(struct folio *folio, enum vswap_reason reason);
int vswap_store(struct folio *folio, struct list_head *entries);
struct zswap_entry *vswap_zswap_entry(swp_entry_t entry);
bool vswap_read(struct folio *folio, swp_entry_t *phys);
long vswap_avail_pages(struct mem_cgroup *memcg);
void vswap_note_refused(struct folio *folio, bool own);
void vswap_note_taken(struct folio *folio);
void vswap_oom_victim_gone(void);
unsigned long vswap_overcommit_pages(void);
bool vswap_usable(void);

/* vswap_phys.c: physical slots behind virtual ones */
int vswap_prepare_write(struct folio *folio, swp_entry_t *phys, int *avoid);
int vswap_write_scattered(struct folio *folio, int avoid);
int vswap_writeback_begin(struct folio *folio, swp_entry_t *phys);
void vswap_writeback_abort(struct folio *folio, swp_entry_t phys);
int vswap_writeback_commit(struct folio *folio, swp_entry_t phys);
bool vswap_folio_has_phys(struct folio *folio);
bool vswap_release_phys(struct folio *folio, enum vswap_reason reason);
bool vswap_rmap_cached(unsigned long swp_tb);
int vswap_reclaim_phys(swp_entry_t phys);
void vswap_write_failed(struct folio *folio);
bool __vswap_leaves_device(struct folio *folio);
int vswap_unuse(struct swap_info_struct *si);
bool vswap_writeback_possible(struct mem_cgroup *memcg);
swp_entry_t vswap_folio_phys(struct folio *folio, unsigned long idx);

/* Set by the first write that fails: until then no folio need be looked at. */
extern bool vswap_any_write_failed;

static inline bool vswap_leaves_device(struct folio *folio)
{
	return unlikely(READ_ONCE(vswap_any_write_failed)) &&
	       __vswap_leaves_device(folio);
}

/* vswap_dev.c: the device, its growth and its knobs */
void vswap_cluster_taken(void);
void vswap_cluster_returned(void);
bool vswap_wait_growth(void);
unsigned long vswap_nr_clusters(void);

/* vswap_stat.c: counters and tracepoints */
void vswap_show_info(void);
void vswap_count_reject(unsigned int nr, enum vswap_reject why, u64 cgroup);
u64 vswap_folio_ino(struct folio *folio);

#else /* CONFIG_VSWAP */

static inline bool is_vswap_entry(swp_entry_t entry)
{
	return false;
}

static inline bool vswap_alloc_folio(struct folio *folio)
{
	return false;
}

static inline void vswap_note_alloc(struct swap_cluster_info *ci,
				    unsigned int ci_off, struct folio *folio)
{
}

static inline void vswap_free_slots(struct swap_cluster_info *ci,
				    unsigned int ci_off, unsigned int nr)
{
}

static inline unsigned long vswap_word(struct swap_cluster_info *ci,
				       unsigned int ci_off)
{
	return VSWAP_NONE;
}

static inline bool vswap_range_readable(struct swap_cluster_info *ci,
					unsigned int ci_off, unsigned int nr)
{
	return false;
}

static inline void vswap_set_zero(struct folio *folio)
{
}

static inline void vswap_drop_backing(struct folio *folio,
				      enum vswap_reason reason)
{
}

static inline int vswap_store(struct folio *folio, struct list_head *entries)
{
	return -EOPNOTSUPP;
}

static inline struct zswap_entry *vswap_zswap_entry(swp_entry_t entry)
{
	return NULL;
}

static inline bool vswap_read(struct folio *folio, swp_entry_t *phys)
{
	return false;
}

static inline bool vswap_entry_readahead_ok(swp_entry_t entry)
{
	return true;
}

static inline long vswap_avail_pages(struct mem_cgroup *memcg)
{
	return 0;
}

static inline void vswap_note_refused(struct folio *folio, bool own)
{
}

static inline void vswap_note_taken(struct folio *folio)
{
}

static inline void vswap_oom_victim_gone(void)
{
}

static inline unsigned long vswap_overcommit_pages(void)
{
	return 0;
}

static inline bool vswap_usable(void)
{
	return false;
}

static inline int vswap_prepare_write(struct folio *folio, swp_entry_t *phys,
				      int *avoid)
{
	return -EOPNOTSUPP;
}

static inline int vswap_write_scattered(struct folio *folio, int avoid)
{
	return -EOPNOTSUPP;
}

static inline int vswap_writeback_begin(struct folio *folio, swp_entry_t *phys)
{
	return -EOPNOTSUPP;
}

static inline void vswap_writeback_abort(struct folio *folio, swp_entry_t phys)
{
}

static inline int vswap_writeback_commit(struct folio *folio, swp_entry_t phys)
{
	return -EOPNOTSUPP;
}

static inline bool vswap_folio_has_phys(struct folio *folio)
{
	return false;
}

static inline bool vswap_release_phys(struct folio *folio,
				      enum vswap_reason reason)
{
	return false;
}

static inline bool vswap_rmap_cached(unsigned long swp_tb)
{
	return false;
}

static inline int vswap_reclaim_phys(swp_entry_t phys)
{
	return 0;
}

static inline void vswap_write_failed(struct folio *folio)
{
}

static inline bool vswap_leaves_device(struct folio *folio)
{
	return false;
}

static inline int vswap_unuse(struct swap_info_struct *si)
{
	return 0;
}

static inline bool vswap_writeback_possible(struct mem_cgroup *memcg)
{
	return true;
}

static inline void vswap_show_info(void)
{
}

static inline void vswap_cluster_taken(void)
{
}

static inline void vswap_cluster_returned(void)
{
}

static inline void vswap_count_reject(unsigned int nr, enum vswap_reject why,
				      u64 cgroup)
{
}

static inline u64 vswap_folio_ino(struct folio *folio)
{
	return 0;
}

#endif /* CONFIG_VSWAP */

void __vswap_assert_backed(struct swap_cluster_info *ci, unsigned int ci_off,
			   unsigned int nr);

/**
 * vswap_assert_backed - check that virtual slots can do without a folio
 * @ci: their cluster, locked
 * @ci_off: first slot in the cluster
 * @nr: how many
 *
 * Their folio has just left the swap cache. Those that are still in use must
 * have a backing: rules 1 and 2 in mm/vswap.c. Costs nothing without DEBUG_VM.
 */
static inline void vswap_assert_backed(struct swap_cluster_info *ci,
				       unsigned int ci_off, unsigned int nr)
{
	if (IS_ENABLED(CONFIG_VSWAP) && IS_ENABLED(CONFIG_DEBUG_VM))
		__vswap_assert_backed(ci, ci_off, nr);
}

/* swapfile.c: what the layer needs of the slot allocator */
bool swap_alloc_virtual(struct swap_info_struct *si, struct folio *folio);
swp_entry_t swap_alloc_backing(unsigned int order, unsigned long voff,
			       int avoid);
void swap_free_backing(swp_entry_t entry, unsigned int nr);
bool swap_has_other_device(int type);
struct swap_info_struct *swap_alloc_virtual_info(void);
void swap_enable_virtual_info(struct swap_info_struct *si);

long swap_inuse_pages(struct swap_info_struct *si);

/* page_io.c */
void swap_write_scattered(struct folio *folio);

/* memcontrol.c: owners of virtual slots, and charges for physical ones */
#ifdef CONFIG_MEMCG
void mem_cgroup_record_swap(struct swap_cluster_info *ci, unsigned int ci_off,
			    struct folio *folio);
void mem_cgroup_unrecord_swap(unsigned short id, unsigned int nr_pages);
bool mem_cgroup_owner_differs(struct folio *folio, unsigned short id);
long mem_cgroup_zswap_room(struct mem_cgroup *memcg);
long mem_cgroup_folio_zswap_room(struct folio *folio);
struct vswap_refusals *mem_cgroup_vswap_refusals(struct mem_cgroup *memcg);
unsigned long mem_cgroup_charged_pages(struct mem_cgroup *memcg);
long mem_cgroup_nr_phys_pages(struct mem_cgroup *memcg);
int mem_cgroup_charge_backing(unsigned short id, unsigned int nr_pages);
void mem_cgroup_backing_failed(unsigned short id);
void mem_cgroup_uncharge_backing(unsigned short id, unsigned int nr_pages);

extern atomic_t mem_cgroup_removed_owners;

/* Until pages of a removed cgroup were charged to another, nobody has to look. */
static inline bool mem_cgroup_owners_removed(void)
{
	return unlikely(atomic_read(&mem_cgroup_removed_owners));
}
#else
static inline void mem_cgroup_record_swap(struct swap_cluster_info *ci,
					  unsigned int ci_off,
					  struct folio *folio)
{
}

static inline void mem_cgroup_unrecord_swap(unsigned short id,
					    unsigned int nr_pages)
{
}

static inline bool mem_cgroup_owner_differs(struct folio *folio,
					    unsigned short id)
{
	return false;
}

static inline bool mem_cgroup_owners_removed(void)
{
	return false;
}

static inline long mem_cgroup_zswap_room(struct mem_cgroup *memcg)
{
	return LONG_MAX;
}

static inline long mem_cgroup_folio_zswap_room(struct folio *folio)
{
	return LONG_MAX;
}

static inline struct vswap_refusals *
mem_cgroup_vswap_refusals(struct mem_cgroup *memcg)
{
	return NULL;
}

static inline unsigned long mem_cgroup_charged_pages(struct mem_cgroup *memcg)
{
	return 0;
}

static inline long mem_cgroup_nr_phys_pages(struct mem_cgroup *memcg)
{
	return get_nr_swap_pages();
}

static inline int mem_cgroup_charge_backing(unsigned short id,
					    unsigned int nr_pages)
{
	return 0;
}

static inline void mem_cgroup_backing_failed(unsigned short id)
{
}

static inline void mem_cgroup_uncharge_backing(unsigned short id,
					       unsigned int nr_pages)
{
}
#endif /* CONFIG_MEMCG */

/* zswap.c: entries that are not in its index, and room in its pool */
#ifdef CONFIG_ZSWAP
struct zswap_entry *zswap_list_pop(struct list_head *entries);
void zswap_entry_free(struct zswap_entry *entry);
void zswap_free_entries(struct zswap_entry **entries, unsigned int nr);
bool zswap_load_entry(struct zswap_entry *entry, struct folio *folio,
		      unsigned long idx);
unsigned int zswap_entry_length(const struct zswap_entry *entry);
long zswap_room_pages(void);
unsigned long zswap_limit_pages(void);
bool zswap_is_full(void);
#else
static inline struct zswap_entry *zswap_list_pop(struct list_head *entries)
{
	return NULL;
}

static inline void zswap_entry_free(struct zswap_entry *entry)
{
}

static inline void zswap_free_entries(struct zswap_entry **entries,
				      unsigned int nr)
{
}

static inline bool zswap_load_entry(struct zswap_entry *entry,
				    struct folio *folio, unsigned long idx)
{
	return false;
}

static inline unsigned int zswap_entry_length(const struct zswap_entry *entry)
{
	return 0;
}

static inline long zswap_room_pages(void)
{
	return 0;
}

static inline unsigned long zswap_limit_pages(void)
{
	return 0;
}

static inline bool zswap_is_full(void)
{
	return true;
}
#endif /* CONFIG_ZSWAP */

#endif /* _MM_VSWAP_H */
