// SPDX-License-Identifier: GPL-2.0
/*
 * Virtual swap: slots whose backing is chosen late and can change
 *
 * 1. What it is
 *
 * The virtual device is a swap device without storage. Its slots are allocated,
 * counted, cached and freed by mm/swapfile.c and mm/swap_state.c like those of
 * any other device. What they do not have is a place on a disk: a slot is
 * backed by nothing (the only copy is the dirty folio in the swap cache), by
 * the zero flag of the swap table, by a zswap entry, by a slot of a real device,
 * or it is poisoned, when the content was lost. The backing can change at any
 * time in O(1), as page tables hold the virtual slot.
 *
 * 2. Where the backing is recorded
 *
 * In the virtual table: a word per slot, one page per cluster. The cluster has
 * none while no slot of it needs one. See mm/vswap_table.h for the formats. The
 * table is freed by RCU, so that it can be looked at without a lock.
 *
 * 3. Rules
 *
 * (1) A slot with a count and without a folio has exactly one of zero, zswap,
 *     phys and poison.
 * (2) If the folio of a slot is uptodate, clean and not under writeback, the
 *     slot has a backing with the same content. Whoever removes the last
 *     backing dirties the folio first.
 * (3) The backing of a slot with a folio changes only with the folio locked and
 *     not under writeback, and with the cluster locked. That of a slot without
 *     a folio only when it is freed. So who holds the folio lock can read the
 *     backing of its slots without the cluster lock.
 * (4) A physical slot points back to its virtual slot for as long as that one
 *     names it. It is made to before, and stops to after that.
 * (5) Lock order: virtual cluster, physical cluster, device. No physical slot
 *     is allocated with a cluster locked.
 * (6) When a slot becomes free, its backing and its record of the owner have
 *     gone in the same lock section.
 *
 * Reading the debugfs file "verify" checks them all.
 */

#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/memcontrol.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/vmstat.h>
#include <linux/zswap.h>
#include "internal.h"
#include "swap.h"
#include "vswap_internal.h"

DEFINE_STATIC_KEY_FALSE(vswap_key);

/*
 * Virtual tables. The pool is a reserve: without it, reclaim would have to get
 * a page before it can free one.
 */
#define VSWAP_TABLE_RESERVE	16

static mempool_t *vswap_table_pool;

/* Tables in use, that is, not counting those that RCU has still to free. */
atomic_long_t vswap_nr_vtables;

int __init vswap_tables_init(void)
{
	/* A table is a page, or less where a cluster is. */
	BUILD_BUG_ON(sizeof(atomic_long_t) * SWAPFILE_CLUSTER > PAGE_SIZE);
	/* A word of the reverse map is no other word of a swap table. */
	BUILD_BUG_ON(VSWAP_TAG_BITS + VSWAP_RMAP_BITS + SWP_TB_FLAGS_BITS >
		     BITS_PER_LONG);
	BUILD_BUG_ON(VSWAP_RMAP_TAG & SWP_TB_SHADOW_MARK);
	BUILD_BUG_ON((VSWAP_RMAP_TAG & SWP_TB_PFN_MARK_MASK) == SWP_TB_PFN_MARK);
	BUILD_BUG_ON(VSWAP_RMAP_TAG == (SWP_TB_BAD & VSWAP_TAG_MASK));

	vswap_table_pool = mempool_create_page_pool(VSWAP_TABLE_RESERVE, 0);
	return vswap_table_pool ? 0 : -ENOMEM;
}

/*
 * Memory, or else the reserve, or else what reclaim comes up with. The pool must
 * not be asked to wait: it would do so for ever, with a folio locked and others
 * in a request that has not been submitted.
 */
VISIBLE_IF_KUNIT atomic_long_t *vswap_table_alloc(void)
{
	gfp_t gfp = __GFP_NOMEMALLOC | __GFP_NOWARN;
	struct page *page;

	KUNIT_STATIC_STUB_REDIRECT(vswap_table_alloc);
	page = mempool_alloc(vswap_table_pool, gfp | __GFP_HIGH);
	if (!page)
		page = alloc_page(gfp | GFP_NOIO | __GFP_NORETRY);
	if (!page)
		return NULL;
	clear_page(page_address(page));
	return page_address(page);
}

static void vswap_table_free(atomic_long_t *vtable)
{
	mempool_free(virt_to_page(vtable), vswap_table_pool);
}

static void vswap_table_free_rcu_cb(struct rcu_head *head)
{
	vswap_table_free(page_address(container_of(head, struct page, rcu_head)));
}

/* vswap_lock_table() for a cluster that had no table just now. */
struct swap_cluster_info *vswap_lock_new_table(struct swap_cluster_info *ci)
{
	atomic_long_t *spare = NULL;

	for (;;) {
		if (!spare && !rcu_access_pointer(ci->vtable)) {
			spare = vswap_table_alloc();
			if (!spare)
				return NULL;
		}

		spin_lock(&ci->lock);
		if (vswap_table(ci))
			break;
		if (spare) {
			rcu_assign_pointer(ci->vtable, spare);
			atomic_long_inc(&vswap_nr_vtables);
			return ci;
		}
		/* The last word of the cluster went away in between. */
		spin_unlock(&ci->lock);
	}

	if (spare)
		vswap_table_free(spare);
	return ci;
}

/* What backs a slot in use whose word is known. */
static __always_inline enum vswap_state
vswap_word_state(struct swap_cluster_info *ci, unsigned int ci_off,
		 unsigned long word)
{
	unsigned long swp_tb;

	switch (word & VSWAP_TAG_MASK) {
	case VSWAP_TAG_ZSWAP:
		return VSWAP_STATE_ZSWAP;
	case VSWAP_TAG_PHYS:
		return VSWAP_STATE_PHYS;
	case VSWAP_TAG_POISON:
		return VSWAP_STATE_POISON;
	}

	swp_tb = swap_table_get(ci, ci_off);
	if (swp_tb_is_null(swp_tb) || swp_tb_is_bad(swp_tb))
		return VSWAP_STATE_FREE;
	return swp_tb & SWP_TB_ZERO_FLAG ? VSWAP_STATE_ZERO : VSWAP_STATE_NONE;
}

static __always_inline enum vswap_state
__vswap_slot_state(struct swap_cluster_info *ci, unsigned int ci_off,
		   unsigned long *word)
{
	*word = vswap_word(ci, ci_off);
	return vswap_word_state(ci, ci_off, *word);
}

/**
 * vswap_slot_state - what backs a slot
 * @ci: its cluster
 * @ci_off: the slot in the cluster
 * @word: set to the virtual table's word
 *
 * Context: As for vswap_word(). The slot must be in use.
 */
enum vswap_state vswap_slot_state(struct swap_cluster_info *ci,
				  unsigned int ci_off, unsigned long *word)
{
	return __vswap_slot_state(ci, ci_off, word);
}

/**
 * vswap_folio_states - what backs the slots of a folio
 * @folio: a folio on virtual slots, locked or under writeback: rule 3
 *
 * Return: a mask with BIT(state) set for each state that there is.
 */
unsigned int vswap_folio_states(struct folio *folio)
{
	struct swap_cluster_info *ci = vswap_folio_cluster(folio);
	unsigned int ci_off = swp_cluster_offset(folio->swap);
	unsigned int end = ci_off + folio_nr_pages(folio);
	unsigned int states = 0;
	unsigned long word;

	for (; ci_off < end; ci_off++)
		states |= BIT(__vswap_slot_state(ci, ci_off, &word));
	return states;
}

#ifdef CONFIG_DEBUG_VM
/* For vswap_assert_backed(). */
void __vswap_assert_backed(struct swap_cluster_info *ci, unsigned int ci_off,
			   unsigned int nr)
{
	unsigned long word;

	for (; nr; nr--, ci_off++)
		VM_WARN_ON_ONCE(__vswap_slot_state(ci, ci_off, &word) ==
				VSWAP_STATE_NONE);
}
#endif

/*
 * Changes
 */

/* Let a slot have another word and zero flag. */
static __always_inline void
vswap_set_slot(struct swap_cluster_info *ci, unsigned int ci_off,
	       enum vswap_state from, unsigned long old,
	       enum vswap_state to, unsigned long word)
{
	/* Rule 3: a slot without a folio keeps its backing until it is freed. */
	VM_WARN_ON_ONCE(to != VSWAP_STATE_FREE &&
			!swp_tb_is_folio(__swap_table_get(ci, ci_off)));
	if (old != word) {
		atomic_long_set(&vswap_table(ci)[ci_off], word);
		ci->nr_backed += !!word - !!old;
	}
	if (from == VSWAP_STATE_ZERO && to != VSWAP_STATE_FREE)
		__swap_table_clear_zero(ci, ci_off);
	else if (to == VSWAP_STATE_ZERO)
		__swap_table_set_zero(ci, ci_off);
}

/* Give the table back when no slot has a word any more. */
static __always_inline void vswap_put_table(struct swap_cluster_info *ci)
{
	atomic_long_t *vtable = vswap_table(ci);

	if (ci->nr_backed || !vtable)
		return;
	rcu_assign_pointer(ci->vtable, NULL);
	atomic_long_dec(&vswap_nr_vtables);
	call_rcu(&virt_to_page(vtable)->rcu_head, vswap_table_free_rcu_cb);
}

/* Free physical slots, and uncharge them from the owner of the virtual ones. */
void vswap_put_phys(swp_entry_t phys, unsigned int nr, unsigned short id)
{
	KUNIT_STATIC_STUB_REDIRECT(vswap_put_phys, phys, nr, id);
	swap_free_backing(phys, nr);
	mem_cgroup_uncharge_backing(id, nr);
}

void vswap_batch_begin(struct vswap_batch *b, struct swap_cluster_info *ci,
		       enum vswap_reason reason)
{
	lockdep_assert_held(&ci->lock);
	b->ci = ci;
	b->reason = reason;
	b->trace = vswap_trace_enabled();
	b->run_nr = 0;
	b->nr_zswap = 0;
	b->nr_phys = 0;
}

static void vswap_release_zswap(struct vswap_batch *b)
{
	if (b->nr_zswap)
		zswap_free_entries(b->zswap, b->nr_zswap);
	b->nr_zswap = 0;
}

static void vswap_release_phys_run(struct vswap_batch *b)
{
	if (b->nr_phys)
		vswap_put_phys(b->phys, b->nr_phys, b->phys_id);
	b->nr_phys = 0;
}

/* Remember what a word refers to, which the slot no longer does. */
static void vswap_release_word(struct vswap_batch *b, unsigned int ci_off,
			       unsigned long word)
{
	unsigned short id;
	swp_entry_t phys;

	if (vswap_word_is_zswap(word)) {
		if (b->nr_zswap == VSWAP_BATCH)
			vswap_release_zswap(b);
		b->zswap[b->nr_zswap++] = vswap_word_to_zswap(word);
	} else if (vswap_word_is_phys(word)) {
		phys = vswap_word_to_phys(word);
		id = __swap_cgroup_get(b->ci, ci_off);
		/* swap_free_backing() works within one cluster. */
		if (b->nr_phys &&
		    (id != b->phys_id ||
		     phys.val != b->phys.val + b->nr_phys ||
		     !swp_cluster_offset(phys)))
			vswap_release_phys_run(b);
		if (!b->nr_phys) {
			b->phys = phys;
			b->phys_id = id;
		}
		b->nr_phys++;
	}
}

/* Add a slot to the current run, or end that and begin another one. */
static noinline void vswap_run_add_traced(struct vswap_batch *b,
					  unsigned int ci_off,
					  enum vswap_state from,
					  unsigned long old,
					  enum vswap_state to,
					  unsigned long new)
{
	unsigned short id = __swap_cgroup_get(b->ci, ci_off);
	unsigned long phys = vswap_word_is_phys(new) ? new : old;

	if (!vswap_word_is_phys(phys))
		phys = VSWAP_NONE;

	if (b->run_nr &&
	    (b->run_from != from || b->run_to != to || b->run_id != id ||
	     b->run_start + b->run_nr != ci_off ||
	     (phys && !vswap_phys_follows(b->run_phys, phys, b->run_nr))))
		vswap_run_done(b);

	if (!b->run_nr) {
		b->run_start = ci_off;
		b->run_from = from;
		b->run_to = to;
		b->run_id = id;
		b->run_bytes = 0;
		b->run_phys = phys;
	}
	b->run_nr++;
	if (vswap_word_is_zswap(new))
		b->run_bytes += zswap_entry_length(vswap_word_to_zswap(new));
	else if (vswap_word_is_zswap(old))
		b->run_bytes += zswap_entry_length(vswap_word_to_zswap(old));
}

/* The same where only the counters matter, and slots need not be neighbours. */
static __always_inline void vswap_run_add(struct vswap_batch *b,
					  enum vswap_state from,
					  enum vswap_state to)
{
	if (b->run_nr && (b->run_from != from || b->run_to != to))
		vswap_run_done(b);
	b->run_from = from;
	b->run_to = to;
	b->run_nr++;
}

/* vswap_batch_slot() for a slot that is known to change. */
static __always_inline void
__vswap_batch_slot(struct vswap_batch *b, unsigned int ci_off,
		   enum vswap_state from, unsigned long old,
		   enum vswap_state to, unsigned long word)
{
	if (unlikely(b->trace))
		vswap_run_add_traced(b, ci_off, from, old, to, word);
	else
		vswap_run_add(b, from, to);
	vswap_set_slot(b->ci, ci_off, from, old, to, word);
	vswap_release_word(b, ci_off, old);
}

/**
 * vswap_batch_slot - change the backing of one slot
 * @b: the batch
 * @ci_off: the slot in the cluster
 * @to: state afterwards; for VSWAP_STATE_FREE the caller clears the swap table
 * @word: word afterwards
 *
 * What the slot referred to before is released by vswap_batch_end() at the
 * latest. A slot that does not change costs nothing.
 *
 * Context: The cluster is locked, and has a virtual table if @word needs one.
 */
void vswap_batch_slot(struct vswap_batch *b, unsigned int ci_off,
		      enum vswap_state to, unsigned long word)
{
	enum vswap_state from;
	unsigned long old;

	from = __vswap_slot_state(b->ci, ci_off, &old);
	if (from != to || old != word)
		__vswap_batch_slot(b, ci_off, from, old, to, word);
}

void vswap_batch_end(struct vswap_batch *b)
{
	if (b->run_nr)
		vswap_run_done(b);
	vswap_release_zswap(b);
	vswap_release_phys_run(b);
	vswap_put_table(b->ci);
}

/* vswap_change_slots() in general. */
void vswap_change_run(struct swap_cluster_info *ci, unsigned int ci_off,
		      unsigned int nr, unsigned int which,
		      enum vswap_state to, unsigned long word,
		      enum vswap_reason reason)
{
	unsigned int end = ci_off + nr;
	enum vswap_state from;
	struct vswap_batch b;
	unsigned long old;

	vswap_batch_begin(&b, ci, reason);
	for (; ci_off < end; ci_off++) {
		from = __vswap_slot_state(ci, ci_off, &old);
		if ((which & BIT(from)) && (from != to || old != word))
			__vswap_batch_slot(&b, ci_off, from, old, to, word);
	}
	vswap_batch_end(&b);
}

/* The same for one slot and with nobody listening: no batch is needed. */
void vswap_change_slot(struct swap_cluster_info *ci, unsigned int ci_off,
		       unsigned int which, enum vswap_state to,
		       unsigned long word)
{
	enum vswap_state from;
	unsigned long old;

	lockdep_assert_held(&ci->lock);
	from = __vswap_slot_state(ci, ci_off, &old);
	if (!(which & BIT(from)) || (from == to && old == word))
		return;

	this_cpu_inc(vswap_stats.trans[from][to]);
	vswap_set_slot(ci, ci_off, from, old, to, word);
	if (from == VSWAP_STATE_ZSWAP)
		zswap_entry_free(vswap_word_to_zswap(old));
	else if (from == VSWAP_STATE_PHYS)
		vswap_put_phys(vswap_word_to_phys(old), 1,
			       __swap_cgroup_get(ci, ci_off));
	vswap_put_table(ci);
}

/**
 * vswap_change_folio - the same for all slots of a folio
 * @folio: a locked folio on virtual slots, not under writeback
 * @which: mask of the states in which a slot is to be changed
 * @to: state afterwards, one that needs no more than the state to be told
 * @reason: why
 */
void vswap_change_folio(struct folio *folio, unsigned int which,
			enum vswap_state to, enum vswap_reason reason)
{
	unsigned long word = to == VSWAP_STATE_POISON ? VSWAP_POISON : VSWAP_NONE;
	struct swap_cluster_info *ci;

	VM_WARN_ON_ONCE_FOLIO(!folio_test_locked(folio), folio);
	VM_WARN_ON_ONCE_FOLIO(folio_test_writeback(folio), folio);
	/*
	 * Rule 2. Swap-out has cleaned the folio, and makes it dirty again if it
	 * finds no other backing.
	 */
	VM_WARN_ON_ONCE_FOLIO(to == VSWAP_STATE_NONE &&
			      reason != VSWAP_REASON_REDIRTY &&
			      reason != VSWAP_REASON_ERROR &&
			      !folio_test_dirty(folio), folio);
	ci = swap_cluster_get_and_lock(folio);
	vswap_change_slots(ci, swp_cluster_offset(folio->swap),
			   folio_nr_pages(folio), which, to, word, reason);
	swap_cluster_unlock(ci);
}

/*
 * Allocation
 */

/* True if an enabled zswap could take a page of a cgroup with this much room. */
static bool vswap_zswap_can_take(long room, u64 *why)
{
	if (zswap_is_full()) {
		*why = VSWAP_REJECT_POOL_LIMIT;
		return false;
	}
	if (room <= 0) {
		*why = VSWAP_REJECT_CGROUP_LIMIT;
		return false;
	}
	return true;
}

/*
 * Should the folio get virtual slots? In auto mode only if an in-memory backing
 * can take it, so that machines with nothing but disks or zram pay nothing. In
 * any mode only if some backing can: otherwise the folio would be unmapped only
 * to find that it has to stay.
 */
static bool vswap_wanted(struct folio *folio, u64 *why)
{
	enum vswap_mode mode = READ_ONCE(vswap_mode);
	bool zswap = zswap_is_enabled();
	long room;

	if (mode == VSWAP_MODE_NEVER)
		return false;
	if (!zswap)
		*why = VSWAP_REJECT_ZSWAP_OFF;
	if (!zswap && mode == VSWAP_MODE_AUTO)
		return false;
	room = mem_cgroup_folio_zswap_room(folio);
	if (room == LONG_MIN) {
		*why = VSWAP_REJECT_DISALLOWED;
		return false;
	}
	if (zswap && vswap_zswap_can_take(room, why))
		return true;
	return mode == VSWAP_MODE_ALWAYS && get_nr_swap_pages() > 0;
}

/**
 * vswap_alloc_folio - put a folio on virtual slots
 * @folio: a locked, uptodate folio that is not in the swap cache
 *
 * On success the folio is in the swap cache, its slots have a count of 0, no
 * backing, and the owner recorded. On failure a physical slot may be tried.
 *
 * Context: May sleep.
 * Return: true on success.
 */
bool vswap_alloc_folio(struct folio *folio)
{
	u64 why = VSWAP_NR_REJECTS;

	if (!static_branch_unlikely(&vswap_key))
		return false;

	if (!vswap_wanted(folio, &why)) {
		if (why != VSWAP_NR_REJECTS)
			vswap_count_reject(folio_nr_pages(folio), why,
					   vswap_folio_ino(folio));
		return false;
	}

	if (!swap_alloc_virtual(vswap_si, folio) &&
	    (!vswap_wait_growth() || !swap_alloc_virtual(vswap_si, folio))) {
		vswap_count_reject(folio_nr_pages(folio), VSWAP_REJECT_GROW,
				   vswap_folio_ino(folio));
		return false;
	}
	return true;
}

/**
 * vswap_note_alloc - slots were given to a folio
 * @ci: their cluster, locked
 * @ci_off: first slot in the cluster
 * @folio: the folio, which is in the swap cache by now
 *
 * Records the owner, too.
 */
void vswap_note_alloc(struct swap_cluster_info *ci, unsigned int ci_off,
		      struct folio *folio)
{
	unsigned int nr = folio_nr_pages(folio);

	mem_cgroup_record_swap(ci, ci_off, folio);
	this_cpu_add(vswap_stats.trans[VSWAP_STATE_FREE][VSWAP_STATE_NONE], nr);
	if (vswap_trace_enabled()) {
		struct vswap_batch b = {
			.ci = ci,
			.reason = VSWAP_REASON_ALLOC,
			.run_start = ci_off,
			.run_nr = nr,
			.run_from = VSWAP_STATE_FREE,
			.run_to = VSWAP_STATE_NONE,
		};

		vswap_trace_run(&b);
	}
}

/*
 * vswap_free_slots() if no slot of the cluster has a word: nothing is to be
 * released, and the swap table, which is about to be cleared, tells the states.
 */
static void vswap_free_wordless(struct swap_cluster_info *ci,
				unsigned int ci_off, unsigned int nr)
{
	unsigned int i, zero = 0;

	for (i = 0; i < nr; i++)
		if (__swap_table_get(ci, ci_off + i) & SWP_TB_ZERO_FLAG)
			zero++;
	this_cpu_add(vswap_stats.trans[VSWAP_STATE_ZERO][VSWAP_STATE_FREE],
		     zero);
	this_cpu_add(vswap_stats.trans[VSWAP_STATE_NONE][VSWAP_STATE_FREE],
		     nr - zero);
}

/**
 * vswap_free_slots - release the backing of slots that become free
 * @ci: their cluster, locked
 * @ci_off: first slot in the cluster
 * @nr: how many
 *
 * The owner's record must still be there; the caller clears it, and the swap
 * table, in the same lock section.
 *
 * Context: Cluster lock, possibly with interrupts disabled.
 */
void vswap_free_slots(struct swap_cluster_info *ci, unsigned int ci_off,
		      unsigned int nr)
{
	if (!ci->nr_backed && !vswap_trace_enabled())
		vswap_free_wordless(ci, ci_off, nr);
	else
		vswap_change_slots(ci, ci_off, nr, VSWAP_ANY_STATE,
				   VSWAP_STATE_FREE, VSWAP_NONE,
				   VSWAP_REASON_FREE);
}

/*
 * Swap-out
 */

/**
 * vswap_set_zero - back a zero-filled folio by nothing
 * @folio: a locked folio on virtual slots
 */
void vswap_set_zero(struct folio *folio)
{
	vswap_change_folio(folio, VSWAP_ANY_STATE, VSWAP_STATE_ZERO,
			   VSWAP_REASON_ZERO);
}

/**
 * vswap_drop_backing - give up whatever backs a dirty folio
 * @folio: a locked folio on virtual slots, dirty or about to be made so
 * @reason: why
 */
void vswap_drop_backing(struct folio *folio, enum vswap_reason reason)
{
	/* The common case, which needs no lock: rule 3. */
	if (vswap_folio_states(folio) == BIT(VSWAP_STATE_NONE))
		return;
	vswap_change_folio(folio, VSWAP_ANY_STATE, VSWAP_STATE_NONE, reason);
}

/* The slots of a large folio get the entries on a list, in order. */
static noinline void vswap_store_run(struct swap_cluster_info *ci,
				     unsigned int ci_off,
				     struct list_head *entries)
{
	struct zswap_entry *entry;
	struct vswap_batch b;

	vswap_batch_begin(&b, ci, VSWAP_REASON_STORE);
	while ((entry = zswap_list_pop(entries)))
		vswap_batch_slot(&b, ci_off++, VSWAP_STATE_ZSWAP,
				 vswap_zswap_to_word(entry));
	vswap_batch_end(&b);
}

/**
 * vswap_store - back a folio by zswap entries
 * @folio: a locked folio on virtual slots
 * @entries: one entry for each of its pages in order, linked by their lru
 *
 * Replaces any older backing in the same lock section. On success the list is
 * empty.
 *
 * Context: May sleep.
 * Return: 0, or -ENOMEM with nothing changed.
 */
int vswap_store(struct folio *folio, struct list_head *entries)
{
	unsigned int ci_off = swp_cluster_offset(folio->swap);
	struct swap_cluster_info *ci;
	unsigned long word;

	ci = vswap_lock_table(folio);
	if (!ci) {
		vswap_count_reject(folio_nr_pages(folio), VSWAP_REJECT_TABLE,
				   vswap_folio_ino(folio));
		return -ENOMEM;
	}

	if (folio_test_large(folio)) {
		vswap_store_run(ci, ci_off, entries);
	} else {
		word = vswap_zswap_to_word(zswap_list_pop(entries));
		vswap_change_slots(ci, ci_off, 1, VSWAP_ANY_STATE,
				   VSWAP_STATE_ZSWAP, word, VSWAP_REASON_STORE);
	}
	swap_cluster_unlock(ci);
	vswap_note_taken(folio);
	return 0;
}

/*
 * Swap-in
 */

/**
 * vswap_zswap_entry - the zswap entry of a slot
 * @entry: a virtual slot that is pinned by a locked folio
 *
 * Return: the entry, or NULL if the slot is not backed by zswap.
 */
struct zswap_entry *vswap_zswap_entry(swp_entry_t entry)
{
	unsigned long word;

	word = vswap_word(__swap_offset_to_cluster(vswap_si, swp_offset(entry)),
			  swp_cluster_offset(entry));
	return vswap_word_is_zswap(word) ? vswap_word_to_zswap(word) : NULL;
}

/**
 * vswap_range_readable - can these slots be read into one large folio?
 * @ci: their cluster, locked
 * @ci_off: first slot in the cluster
 * @nr: how many
 *
 * Return: true if all are in memory, in any mix of zero and zswap, or if they
 * are one run of physical slots. Stays true while a folio covers the slots.
 */
bool vswap_range_readable(struct swap_cluster_info *ci, unsigned int ci_off,
			  unsigned int nr)
{
	unsigned long first, word;
	enum vswap_state state;
	unsigned int i;

	lockdep_assert_held(&ci->lock);
	state = vswap_slot_state(ci, ci_off, &first);
	if (state == VSWAP_STATE_PHYS) {
		if (!vswap_phys_one_request(vswap_word_to_phys(first), nr))
			return false;
		for (i = 1; i < nr; i++)
			if (!vswap_phys_follows(first, vswap_word(ci, ci_off + i), i))
				return false;
		return true;
	}

	for (i = 0; i < nr; i++) {
		state = vswap_slot_state(ci, ci_off + i, &word);
		if (state != VSWAP_STATE_ZERO && state != VSWAP_STATE_ZSWAP)
			return false;
	}
	return true;
}

/* Put the content of one slot that is in memory into its page. */
static bool vswap_read_page(struct folio *folio, unsigned long idx,
			    enum vswap_state state, unsigned long word)
{
	switch (state) {
	case VSWAP_STATE_ZERO:
		folio_zero_range(folio, idx * PAGE_SIZE, PAGE_SIZE);
		return true;
	case VSWAP_STATE_ZSWAP:
		return zswap_load_entry(vswap_word_to_zswap(word), folio, idx);
	default:
		return false;
	}
}

/* zswap's own events, which there are only with it. */
static void vswap_count_zswpin(struct folio *folio, unsigned long nr)
{
#ifdef CONFIG_ZSWAP
	count_vm_events(ZSWPIN, nr);
	count_memcg_folio_events(folio, ZSWPIN, nr);
#endif
}

/* What /proc/vmstat has is about pages that were read, not about attempts. */
static void vswap_count_read(struct folio *folio, unsigned long nr,
			     enum vswap_state state)
{
	if (state == VSWAP_STATE_ZERO) {
		count_vm_events(SWPIN_ZERO, nr);
		count_memcg_folio_events(folio, SWPIN_ZERO, nr);
	} else if (state == VSWAP_STATE_ZSWAP) {
		vswap_count_zswpin(folio, nr);
	}
}

/* A run of slots of the folio was read, or could not be. */
static void vswap_read_run(struct folio *folio, unsigned long idx,
			   unsigned long nr, enum vswap_state state)
{
	swp_entry_t entry = folio->swap;

	if (!nr)
		return;
	entry.val += idx;
	vswap_count_swapin(folio, entry, nr, state);
}

/* Read a folio whose slots are in memory. False if that failed. */
static bool vswap_read_memory(struct folio *folio)
{
	struct swap_cluster_info *ci = vswap_folio_cluster(folio);
	unsigned int ci_off = swp_cluster_offset(folio->swap);
	unsigned long i, start = 0, nr = folio_nr_pages(folio);
	enum vswap_state state, run = VSWAP_STATE_NONE;
	unsigned long word, zero = 0;

	for (i = 0; i < nr; i++) {
		state = vswap_slot_state(ci, ci_off + i, &word);
		if (state != run) {
			vswap_read_run(folio, start, i - start, run);
			start = i;
			run = state;
		}
		if (!vswap_read_page(folio, i, state, word)) {
			/* Tell about the page that was asked for in vain, too. */
			vswap_read_run(folio, start, i + 1 - start, state);
			return false;
		}
		if (state == VSWAP_STATE_ZERO)
			zero++;
	}
	vswap_read_run(folio, start, nr - start, run);
	if (zero)
		vswap_count_read(folio, zero, VSWAP_STATE_ZERO);
	if (zero != nr)
		vswap_count_read(folio, nr - zero, VSWAP_STATE_ZSWAP);
	return true;
}

/*
 * Drop the copies of a folio that zswap has. The folio is the only one then,
 * as two copies in memory are one too many.
 */
static void vswap_drop_zswap(struct folio *folio)
{
	folio_mark_dirty(folio);
	vswap_change_folio(folio, BIT(VSWAP_STATE_ZSWAP), VSWAP_STATE_NONE,
			   VSWAP_REASON_LOAD);
}

/* Read a page whose slot is in memory, into a folio of its own. */
static void vswap_read_single(struct folio *folio, unsigned long word)
{
	enum vswap_state state;
	bool read;

	state = vswap_word_state(vswap_folio_cluster(folio),
				 swp_cluster_offset(folio->swap), word);
	read = vswap_read_page(folio, 0, state, word);
	vswap_count_swapin(folio, folio->swap, 1, state);
	if (!read)
		return;
	vswap_count_read(folio, 1, state);
	folio_mark_uptodate(folio);
	if (state == VSWAP_STATE_ZSWAP)
		vswap_drop_zswap(folio);
}

/**
 * vswap_read - read a folio from wherever it is
 * @folio: a locked folio of the swap cache on virtual slots, not uptodate
 * @phys: set to the first of the physical slots to read it from
 *
 * Poisoned slots and decompression errors leave the folio not uptodate, so
 * that the fault gets SIGBUS.
 *
 * A large folio keeps its zswap entries until it is mapped, and stays clean. If
 * the page table changes before that, the folio has to be dropped again, and
 * its content must be somewhere.
 *
 * Context: May sleep.
 * Return: true if the folio was dealt with and unlocked; false if it has to be
 * read from @phys.
 */
bool vswap_read(struct folio *folio, swp_entry_t *phys)
{
	struct swap_cluster_info *ci = vswap_folio_cluster(folio);
	unsigned long word;

	word = vswap_word(ci, swp_cluster_offset(folio->swap));
	if (vswap_word_is_phys(word)) {
		*phys = vswap_word_to_phys(word);
		vswap_count_swapin(folio, folio->swap, folio_nr_pages(folio),
				   VSWAP_STATE_PHYS);
		return false;
	}

	if (!folio_test_large(folio))
		vswap_read_single(folio, word);
	else if (vswap_read_memory(folio))
		folio_mark_uptodate(folio);
	folio_unlock(folio);
	return true;
}

/**
 * vswap_folio_mapped - a folio was mapped after swap-in
 * @folio: a locked folio, possibly on virtual slots
 *
 * Releases what it does not pay to keep: copies in zswap, see vswap_read(), and
 * physical slots of a device that is getting full or as fast as memory. If there
 * shall be no virtual slots any more, or their owner is gone, those of the folio
 * go, unless others use them as well.
 */
void vswap_folio_mapped(struct folio *folio)
{
	unsigned int states;

	if (!folio_test_swapcache(folio) || !is_vswap_entry(folio->swap))
		return;
	if (unlikely(READ_ONCE(vswap_mode) == VSWAP_MODE_NEVER ||
		     (mem_cgroup_owners_removed() &&
		      mem_cgroup_owner_differs(folio,
					       vswap_folio_owner(folio)))) &&
	    folio_free_swap(folio))
		return;

	/* The common case: vswap_read() has dropped what there was. */
	if (!folio_test_large(folio) &&
	    !vswap_word(vswap_folio_cluster(folio),
			swp_cluster_offset(folio->swap)))
		return;

	states = vswap_folio_states(folio);
	if (folio_test_large(folio) && (states & BIT(VSWAP_STATE_ZSWAP)))
		vswap_drop_zswap(folio);
	else if ((states & BIT(VSWAP_STATE_PHYS)) &&
		 (mem_cgroup_swap_full(folio) ||
		  vswap_entry_is_fast(folio->swap)))
		vswap_release_phys(folio, VSWAP_REASON_RECLAIM);
}

/**
 * vswap_entry_is_fast - is what backs this slot as fast as memory?
 * @entry: a virtual slot
 *
 * Context: Any. Without the folio lock the answer is a hint.
 */
bool vswap_entry_is_fast(swp_entry_t entry)
{
	unsigned long word;

	word = vswap_word(__swap_offset_to_cluster(vswap_si, swp_offset(entry)),
			  swp_cluster_offset(entry));
	if (!vswap_word_is_phys(word))
		return true;
	/*
	 * If this is outdated, the device may have gone; but not what describes
	 * it, which is never freed. There are checks in __swap_entry_to_info().
	 */
	return data_race(READ_ONCE(swap_info[swp_type(vswap_word_to_phys(word))])
			 ->flags & SWP_SYNCHRONOUS_IO);
}

/*
 * Policy: how much can be swapped out without a device
 */

/* True if new virtual slots may be handed out at all. */
bool vswap_usable(void)
{
	return static_branch_unlikely(&vswap_key) &&
	       READ_ONCE(vswap_mode) != VSWAP_MODE_NEVER &&
	       zswap_is_enabled();
}

/*
 * Data that does not compress has nowhere to go if there is no device. Reclaim
 * cannot know that beforehand: as long as the pool has room, it would compress
 * page after page in vain, and put off the OOM killer for minutes. So count what
 * is refused. After as many pages in a row as there are, all have been tried, and
 * there is no use in going on for a while; then the next ones may show that it has
 * changed. Each folio that is taken halves the count, so that mixed data is never
 * held up.
 */
#define VSWAP_REFUSALS_PAUSE	HZ

/* Those of any cgroup, for reclaim that is not on behalf of one. */
static struct vswap_refusals vswap_refusals;

/* Lost updates do no harm: there are many, and the count is a rough one. */
VISIBLE_IF_KUNIT void vswap_refusals_add(struct vswap_refusals *r,
					 unsigned long nr, unsigned long all)
{
	unsigned long limit = max(VSWAP_REFUSALS_MIN, all);
	unsigned long pages = READ_ONCE(r->pages) + nr;

	if (pages >= limit) {
		WRITE_ONCE(r->until, jiffies + VSWAP_REFUSALS_PAUSE);
		/* The next time a part of them will do. */
		pages = limit / 2;
	}
	WRITE_ONCE(r->pages, pages);
}

VISIBLE_IF_KUNIT void vswap_refusals_halve(struct vswap_refusals *r)
{
	unsigned long pages = READ_ONCE(r->pages);

	if (pages)
		WRITE_ONCE(r->pages, pages / 2);
	if (READ_ONCE(r->until))
		WRITE_ONCE(r->until, 0);
}

VISIBLE_IF_KUNIT bool vswap_refusals_pause(struct vswap_refusals *r)
{
	unsigned long until = READ_ONCE(r->until);

	return until && time_before(jiffies, until);
}

/**
 * vswap_note_refused - no backing took a folio
 * @folio: a locked folio on virtual slots
 * @own: whether that is because of a limit or knob of the folio's cgroup, and so
 *	says nothing about other cgroups
 */
void vswap_note_refused(struct folio *folio, bool own)
{
	unsigned long nr = folio_nr_pages(folio);
	struct vswap_refusals *r;
	struct mem_cgroup *memcg;

	rcu_read_lock();
	memcg = folio_memcg(folio);
	if (!own && mem_cgroup_zswap_room(memcg) > 0)
		vswap_refusals_add(&vswap_refusals, nr,
				   global_node_page_state(NR_INACTIVE_ANON) +
				   global_node_page_state(NR_ACTIVE_ANON));
	r = mem_cgroup_vswap_refusals(memcg);
	if (r)
		vswap_refusals_add(r, nr, mem_cgroup_charged_pages(memcg));
	rcu_read_unlock();
}

/* Some backing took this folio. */
void vswap_note_taken(struct folio *folio)
{
	struct vswap_refusals *r;

	vswap_refusals_halve(&vswap_refusals);
	rcu_read_lock();
	r = mem_cgroup_vswap_refusals(folio_memcg(folio));
	if (r)
		vswap_refusals_halve(r);
	rcu_read_unlock();
}

/**
 * vswap_oom_victim_gone - the memory of a victim of the OOM killer is free
 *
 * What was refused has gone with it, and says nothing about a process that takes
 * its place. Until it has, the victim itself may go on trying to reclaim it.
 *
 * Context: The victim.
 */
void vswap_oom_victim_gone(void)
{
	struct mem_cgroup *memcg = get_mem_cgroup_from_current();
	struct vswap_refusals *r = mem_cgroup_vswap_refusals(memcg);

	WRITE_ONCE(vswap_refusals.until, 0);
	if (r)
		WRITE_ONCE(r->until, 0);
	mem_cgroup_put(memcg);
}

/**
 * vswap_avail_pages - how many pages zswap could take now
 * @memcg: for this cgroup, or NULL for any
 *
 * One for each page of room in the pool: what does not compress takes that
 * much, and nobody knows what comes. Zero when the pool is full, or when nothing
 * was taken lately, so that the OOM killer is not kept waiting for what cannot
 * happen.
 */
long vswap_avail_pages(struct mem_cgroup *memcg)
{
	struct vswap_refusals *r;
	long room;

	if (!vswap_usable() || zswap_is_full())
		return 0;
	r = mem_cgroup_vswap_refusals(memcg) ? : &vswap_refusals;
	if (vswap_refusals_pause(r))
		return 0;
	room = zswap_room_pages();
	if (room > 0 && memcg)
		room = min(room, mem_cgroup_zswap_room(memcg));
	return max(room, 0L);
}

/*
 * How much more than its size a full pool holds, for heuristic overcommit only.
 * Real data compresses to a third to a half; this counts on less than a half.
 */
#define VSWAP_OVERCOMMIT_RATIO	2

/**
 * vswap_overcommit_pages - how much zswap adds to memory
 *
 * Return: what the pool can hold at its limit, in pages.
 */
unsigned long vswap_overcommit_pages(void)
{
	if (!vswap_usable())
		return 0;
	return zswap_limit_pages() * VSWAP_OVERCOMMIT_RATIO;
}
