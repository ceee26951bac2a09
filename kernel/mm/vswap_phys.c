// SPDX-License-Identifier: GPL-2.0
/*
 * Virtual swap: physical slots behind virtual ones
 *
 * Physical slots are allocated when a page has to leave memory and nothing in
 * memory takes it, and given up when that is cheaper than keeping them. They are
 * charged to the recorded owner of the virtual slot.
 */

#include <linux/memcontrol.h>
#include <linux/mempolicy.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/suspend.h>
#include <linux/swap_ops.h>
#include <linux/zswap.h>
#include "internal.h"
#include "swap.h"
#include "vswap_internal.h"

/* The word of page @idx of a folio. Folio lock, or writeback. */
static unsigned long vswap_folio_word(struct folio *folio, unsigned long idx)
{
	return vswap_word(vswap_folio_cluster(folio),
			  swp_cluster_offset(folio->swap) + idx);
}

/* How many words of a folio have these bits under this mask. Folio lock, too. */
static unsigned long vswap_folio_count(struct folio *folio, unsigned long mask,
				       unsigned long bits)
{
	unsigned long i, nr = 0;

	for (i = 0; i < folio_nr_pages(folio); i++)
		nr += (vswap_folio_word(folio, i) & mask) == bits;
	return nr;
}

/* What a physical slot points to. */
static unsigned long vswap_rmap_read(swp_entry_t phys)
{
	return swap_table_get(__swap_entry_to_cluster(phys),
			      swp_cluster_offset(phys));
}

/**
 * vswap_folio_has_phys - does any slot of the folio have a physical one?
 * @folio: a locked folio of the swap cache, on any device
 */
bool vswap_folio_has_phys(struct folio *folio)
{
	return is_vswap_entry(folio->swap) &&
	       (vswap_folio_states(folio) & BIT(VSWAP_STATE_PHYS));
}

/**
 * vswap_folio_stable_writes - must the folio not change while it is written?
 * @folio: a locked folio on virtual slots, under writeback
 *
 * Return: what the devices say that it is being written to. A large folio can
 * be on several.
 */
bool vswap_folio_stable_writes(struct folio *folio)
{
	struct swap_info_struct *si;
	unsigned long i, word;

	for (i = 0; i < folio_nr_pages(folio); i++) {
		word = vswap_folio_word(folio, i);
		if (!vswap_word_is_phys(word))
			continue;
		si = __swap_entry_to_info(vswap_word_to_phys(word));
		/* Other flags change meanwhile; this one is set by swapon. */
		if (data_race(si->flags & SWP_STABLE_WRITES))
			return true;
	}
	return false;
}

bool vswap_any_write_failed __read_mostly;

/**
 * vswap_write_failed - remember that a write failed
 * @folio: the folio that was written, still under writeback
 *
 * The slots are not used again for the folio, see vswap_prepare_write(). This
 * runs at the end of IO, where no lock can be taken; rule 3 says why it is safe
 * to touch the words.
 *
 * Context: Any, including hard interrupts.
 */
void vswap_write_failed(struct folio *folio)
{
	unsigned int ci_off, end;
	struct swap_cluster_info *ci;
	atomic_long_t *vtable;

	if (!is_vswap_entry(folio->swap))
		return;

	ci = vswap_folio_cluster(folio);
	ci_off = swp_cluster_offset(folio->swap);
	end = ci_off + folio_nr_pages(folio);
	rcu_read_lock();
	vtable = rcu_dereference(ci->vtable);
	for (; vtable && ci_off < end; ci_off++)
		if (vswap_word_is_phys(atomic_long_read(&vtable[ci_off])))
			atomic_long_or(VSWAP_PHYS_FAILED, &vtable[ci_off]);
	rcu_read_unlock();
	this_cpu_add(vswap_stats.write_errors, folio_nr_pages(folio));
	WRITE_ONCE(vswap_any_write_failed, true);
}

/*
 * Can the folio be written where it was written before? Then @phys is set. If
 * it cannot because the device failed, @avoid is set to its type.
 */
static bool vswap_reuse_phys(struct folio *folio, swp_entry_t *phys, int *avoid)
{
	unsigned long i, first = vswap_folio_word(folio, 0), word;
	unsigned long nr = folio_nr_pages(folio);
	struct swap_info_struct *si;
	bool run = true;

	for (i = 0; i < nr; i++) {
		word = vswap_folio_word(folio, i);
		if (!vswap_word_is_phys(word)) {
			run = false;
			continue;
		}
		if (word & VSWAP_PHYS_FAILED)
			*avoid = swp_type(vswap_word_to_phys(word));
		if (!vswap_word_is_phys(first) ||
		    !vswap_phys_follows(first, word, i))
			run = false;
	}
	if (!run || *avoid >= 0)
		return false;

	*phys = vswap_word_to_phys(first);
	if (!vswap_phys_one_request(*phys, nr))
		return false;
	si = __swap_entry_to_info(*phys);
	/*
	 * A device that is being swapped off need not get anything new. If this
	 * is too late to see that, swapoff finds the folio under writeback.
	 */
	return data_race(si->flags & SWP_WRITEOK);
}

/**
 * __vswap_leaves_device - should a folio be written to a device, not stored in zswap?
 * @folio: a locked folio in the swap cache, not under writeback
 *
 * zswap would forget which device failed, and writeback from there would choose
 * the same one, again and again.
 *
 * Context: Any in which the folio may be locked.
 * Return: true if the device that was to hold it failed, and another may take it.
 */
bool __vswap_leaves_device(struct folio *folio)
{
	struct mem_cgroup *memcg;
	int avoid = -1;
	swp_entry_t phys;
	bool may;

	if (!is_vswap_entry(folio->swap) ||
	    !(vswap_folio_states(folio) & BIT(VSWAP_STATE_PHYS)))
		return false;
	vswap_reuse_phys(folio, &phys, &avoid);
	if (avoid < 0)
		return false;

	rcu_read_lock();
	memcg = folio_memcg(folio);
	may = mem_cgroup_zswap_writeback_enabled(memcg) &&
	      mem_cgroup_nr_phys_pages(memcg) >= (long)folio_nr_pages(folio);
	rcu_read_unlock();
	return may && swap_has_other_device(avoid);
}

/* Allocate and charge physical slots for @nr pages of a folio. */
static int vswap_get_phys(struct folio *folio, unsigned long idx,
			  unsigned int order, unsigned short id, int avoid,
			  swp_entry_t *phys)
{
	unsigned int nr = 1 << order;
	enum vswap_reject why;

	*phys = swap_alloc_backing(order, swp_offset(folio->swap) + idx, avoid);
	if (!phys->val) {
		why = order && get_nr_swap_pages() >= nr ?
			VSWAP_REJECT_PHYS_FRAG : VSWAP_REJECT_PHYS_FULL;
		vswap_count_reject(nr, why, vswap_folio_ino(folio));
		if (why == VSWAP_REJECT_PHYS_FRAG)
			return -E2BIG;
		mem_cgroup_backing_failed(id);
		return -ENOSPC;
	}
	if (mem_cgroup_charge_backing(id, nr)) {
		swap_free_backing(*phys, nr);
		vswap_count_reject(nr, VSWAP_REJECT_PHYS_LIMIT,
				   vswap_folio_ino(folio));
		phys->val = 0;
		return -EDQUOT;
	}
	return 0;
}

/* The slots of a run of pages get the physical slots from @phys, in order. */
static noinline void vswap_install_run(struct swap_cluster_info *ci,
				       unsigned int ci_off, swp_entry_t phys,
				       unsigned int nr, enum vswap_reason reason)
{
	struct vswap_batch b;

	vswap_batch_begin(&b, ci, reason);
	for (; nr; nr--, ci_off++, phys.val++)
		vswap_batch_slot(&b, ci_off, VSWAP_STATE_PHYS,
				 vswap_phys_to_word(phys));
	vswap_batch_end(&b);
}

/* Let the slots of @nr pages of a folio name the physical slots from @phys. */
static int vswap_install_phys(struct folio *folio, unsigned long idx,
			      swp_entry_t phys, unsigned int nr,
			      enum vswap_reason reason)
{
	unsigned int ci_off = swp_cluster_offset(folio->swap) + idx;
	struct swap_cluster_info *ci;

	/* Rule 4: they point back already. */
	VM_WARN_ON_ONCE(vswap_rmap_read(phys) !=
			vswap_offset_to_rmap(swp_offset(folio->swap) + idx));

	ci = vswap_lock_table(folio);
	if (!ci) {
		vswap_count_reject(nr, VSWAP_REJECT_TABLE,
				   vswap_folio_ino(folio));
		return -ENOMEM;
	}
	if (nr == 1)
		vswap_change_slots(ci, ci_off, 1, VSWAP_ANY_STATE,
				   VSWAP_STATE_PHYS, vswap_phys_to_word(phys),
				   reason);
	else
		vswap_install_run(ci, ci_off, phys, nr, reason);
	swap_cluster_unlock(ci);
	return 0;
}

/* The same for slots just allocated by vswap_get_phys(), given back on failure. */
static int vswap_back_run(struct folio *folio, unsigned long idx,
			  unsigned int order, unsigned short id, int avoid,
			  swp_entry_t *phys)
{
	int err = vswap_get_phys(folio, idx, order, id, avoid, phys);

	if (err)
		return err;
	err = vswap_install_phys(folio, idx, *phys, 1 << order,
				 VSWAP_REASON_FALLBACK);
	if (err)
		vswap_put_phys(*phys, 1 << order, id);
	return err;
}

/**
 * vswap_prepare_write - get a dirty folio contiguous physical slots
 * @folio: a locked folio on virtual slots, not under writeback
 * @phys: set to the first slot
 * @avoid: set to the type of a device that failed to write the folio, or -1
 *
 * Uses those that it has, if they are fit for it. Any other backing is given
 * up, as it is outdated.
 *
 * Context: May sleep.
 * Return: 0; -E2BIG if there is room, but not in one place; -ENOSPC, -EDQUOT or
 * -ENOMEM if the folio has to stay in memory.
 */
int vswap_prepare_write(struct folio *folio, swp_entry_t *phys, int *avoid)
{
	unsigned int states = vswap_folio_states(folio);

	*avoid = -1;
	if ((states & BIT(VSWAP_STATE_PHYS)) &&
	    vswap_reuse_phys(folio, phys, avoid))
		return 0;
	if (states != BIT(VSWAP_STATE_NONE))
		vswap_drop_backing(folio, *avoid >= 0 ? VSWAP_REASON_ERROR :
							VSWAP_REASON_REDIRTY);
	return vswap_back_run(folio, 0, folio_order(folio),
			      vswap_folio_owner(folio), *avoid, phys);
}

/**
 * vswap_write_scattered - write a large folio to wherever there is room
 * @folio: a locked, dirty large folio for which vswap_prepare_write() found no
 *	contiguous slots
 * @avoid: type of a device to use only if there is no other, or -1
 *
 * Backs the pages by single slots and writes them synchronously. Without this,
 * a folio that is unmapped already, and so cannot be split, would stay in memory
 * for as long as the devices are fragmented, or for ever if they are files.
 *
 * Context: Sleeps until the IO is done.
 * Return: 0 with the folio unlocked, dirty if the write failed; or an error with
 * the folio locked and without backing.
 */
int vswap_write_scattered(struct folio *folio, int avoid)
{
	unsigned short id = vswap_folio_owner(folio);
	unsigned long i, nr = folio_nr_pages(folio);
	swp_entry_t phys;
	int err;

	for (i = 0; i < nr; i++) {
		err = vswap_back_run(folio, i, 0, id, avoid, &phys);
		if (err) {
			vswap_drop_backing(folio, VSWAP_REASON_REDIRTY);
			return err;
		}
	}

	vswap_note_taken(folio);
	swap_write_scattered(folio);
	return 0;
}

/* The slot behind page @idx of a folio, for swap_write_scattered(). */
swp_entry_t vswap_folio_phys(struct folio *folio, unsigned long idx)
{
	return vswap_word_to_phys(vswap_folio_word(folio, idx));
}

/*
 * zswap writeback: the content moves from a zswap entry to a physical slot
 */

/**
 * vswap_writeback_possible - can virtual slots go from zswap to a device?
 * @memcg: the owner, or NULL for any
 *
 * Return: false if they cannot get a physical slot now, whatever is done.
 */
bool vswap_writeback_possible(struct mem_cgroup *memcg)
{
	if (!static_branch_unlikely(&vswap_key))
		return true;
	return mem_cgroup_nr_phys_pages(memcg) > 0;
}

/**
 * vswap_writeback_begin - allocate a physical slot for a page in zswap
 * @folio: a locked single page folio of the swap cache, without content
 * @phys: set to the slot
 *
 * The slot keeps its zswap entry until vswap_writeback_commit(). The physical
 * slot is given back by vswap_writeback_abort().
 *
 * Context: May sleep.
 * Return: 0, -ENOSPC or -EDQUOT.
 */
int vswap_writeback_begin(struct folio *folio, swp_entry_t *phys)
{
	return vswap_get_phys(folio, 0, 0, vswap_folio_owner(folio), -1, phys);
}

void vswap_writeback_abort(struct folio *folio, swp_entry_t phys)
{
	vswap_put_phys(phys, 1, vswap_folio_owner(folio));
}

/*
 * The folio has the content. Let go of the zswap entry. The caller starts to
 * write, and does not unlock the folio before that. Cannot fail, as the slot has
 * a word, and so its cluster a table.
 */
int vswap_writeback_commit(struct folio *folio, swp_entry_t phys)
{
	return vswap_install_phys(folio, 0, phys, 1, VSWAP_REASON_WRITEBACK);
}

/*
 * Giving up physical slots
 */

/* Is there a slot to which the last write failed, as the next one has to know? */
static bool vswap_folio_failed(struct folio *folio)
{
	return vswap_folio_count(folio, VSWAP_TAG_MASK | VSWAP_PHYS_FAILED,
				 VSWAP_TAG_PHYS | VSWAP_PHYS_FAILED);
}

/*
 * A large folio that was read for a fault and is not mapped yet. If the page table
 * has changed meanwhile, that fault has to drop it, so it must stay clean.
 */
static bool vswap_folio_unused(struct folio *folio)
{
	return folio_test_large(folio) && !folio_test_anon(folio) &&
	       !folio_test_dirty(folio);
}

/**
 * vswap_release_phys - free the physical slots of a folio in memory
 * @folio: a locked folio of the swap cache on virtual slots
 * @reason: why
 *
 * The folio may be mapped. It becomes dirty.
 *
 * Swap-out gives up slots as well, and needs not ask for hibernation: it does
 * so for dirty folios only, of which no image relies on what a slot holds.
 *
 * Return: false if it cannot be done now: the folio is being written, has no
 * content, or may have to be dropped, see vswap_folio_unused(); a hibernation
 * image may refer to the slots, see folio_swapcache_freeable(); or, if it need not
 * be done at all, they are no more than a reminder of which device not to write to,
 * or memory has failed and they may be the only good copy.
 */
bool vswap_release_phys(struct folio *folio, enum vswap_reason reason)
{
	if (folio_test_writeback(folio) || !folio_test_uptodate(folio) ||
	    vswap_folio_unused(folio) || pm_suspended_storage())
		return false;
	if (reason == VSWAP_REASON_RECLAIM &&
	    (vswap_folio_failed(folio) || folio_contain_hwpoisoned_page(folio)))
		return false;
	folio_mark_dirty(folio);
	vswap_change_folio(folio, BIT(VSWAP_STATE_PHYS), VSWAP_STATE_NONE,
			   reason);
	return true;
}

/* Get the folio in the swap cache of the virtual slot that @swp_tb points to. */
static struct folio *vswap_rmap_folio(unsigned long swp_tb)
{
	unsigned long voff = vswap_rmap_to_offset(swp_tb);

	return swap_cache_get_folio(swp_entry(vswap_type, voff));
}

/* Does it have one? Only a hint, but it takes no lock and no reference. */
bool vswap_rmap_cached(unsigned long swp_tb)
{
	swp_entry_t entry = swp_entry(vswap_type, vswap_rmap_to_offset(swp_tb));

	return swp_tb_is_folio(swap_table_get(__swap_entry_to_cluster(entry),
					      swp_cluster_offset(entry)));
}

/* Is the folio still in the swap cache, and on this physical slot? */
static bool vswap_folio_matches(struct folio *folio, unsigned long swp_tb,
				swp_entry_t phys)
{
	swp_entry_t entry = swp_entry(vswap_type, vswap_rmap_to_offset(swp_tb));
	unsigned long word;

	if (!folio_matches_swap_entry(folio, entry))
		return false;
	word = vswap_folio_word(folio, entry.val - folio->swap.val);
	return vswap_word_is_phys(word) &&
	       vswap_word_to_phys(word).val == phys.val;
}

/**
 * vswap_reclaim_phys - free a physical slot whose page is in memory
 * @phys: a slot of a pinned device, which is getting full
 *
 * Also if nobody maps the page, because it is on its way out and will need a slot,
 * and to be written, again: while no slot is free, reclaim does not look at
 * anonymous memory, so what has been written would stay in the swap cache.
 *
 * Context: May be called with preemption disabled, without cluster locks.
 * Return: the number of slots of the folio that were released, or 0.
 */
int vswap_reclaim_phys(swp_entry_t phys)
{
	unsigned long swp_tb = vswap_rmap_read(phys);
	struct folio *folio;
	int nr = 0;

	if (!vswap_tb_is_rmap(swp_tb))
		return 0;
	folio = vswap_rmap_folio(swp_tb);
	if (!folio)
		return 0;
	if (folio_trylock(folio)) {
		if (vswap_folio_matches(folio, swp_tb, phys) &&
		    vswap_release_phys(folio, VSWAP_REASON_RECLAIM))
			nr = folio_nr_pages(folio);
		folio_unlock(folio);
	}
	folio_put(folio);
	return nr;
}

/*
 * swapoff
 */

/*
 * How many slots are read, and then pushed to other backings, together: a megabyte,
 * so that a device that answers late is waited for seldom, and little memory is in use.
 */
#define VSWAP_UNUSE_BATCH	(SZ_1M / PAGE_SIZE)

/**
 * struct vswap_unuse_slot - a slot that is being moved off its device
 * @phys: the slot
 * @swp_tb: its word in the swap table, which points to the virtual slot
 * @folio: the folio of that one, referenced
 * @fresh: whether @folio was brought in for this, and so is of this slot only
 * @alone: whether it was read by a request of its own
 */
struct vswap_unuse_slot {
	swp_entry_t phys;
	unsigned long swp_tb;
	struct folio *folio;
	bool fresh;
	bool alone;
};

/**
 * struct vswap_unuse_ctl - state of moving all slots off a device
 * @si: the device; nothing is allocated on it any more
 * @moved: slots released
 * @poisoned: slots that could not be read
 * @io: reads that have not been submitted yet
 * @nr: slots in @slots
 * @slots: slots whose folios are being read
 */
struct vswap_unuse_ctl {
	struct swap_info_struct *si;
	unsigned long moved;
	unsigned long poisoned;
	struct swap_io_ctx io;
	unsigned int nr;
	struct vswap_unuse_slot slots[VSWAP_UNUSE_BATCH];
};

/* Is there anywhere else for pages to go than memory? */
static bool vswap_unuse_can_push(void)
{
	return zswap_is_enabled() || get_nr_swap_pages() > 0;
}

/*
 * Swap out what was brought in, by the ordinary way, so that memory use stays
 * bounded. Nothing else is reclaimed for it: what was in memory before, stays.
 * Where there is no other backing, trying would only make it slower.
 */
static void vswap_unuse_push(struct vswap_unuse_ctl *ctl)
{
	bool push = vswap_unuse_can_push();
	LIST_HEAD(folios);
	unsigned int i;

	if (push)
		lru_add_drain();
	for (i = 0; i < ctl->nr; i++) {
		struct folio *folio = ctl->slots[i].folio;

		if (push && ctl->slots[i].fresh && folio_isolate_lru(folio))
			list_add(&folio->lru, &folios);
		folio_put(folio);
	}
	ctl->nr = 0;
	if (!list_empty(&folios))
		reclaim_pages(&folios);
	vswap_trace_swapoff(ctl->si->type, ctl->moved, ctl->poisoned,
			    swap_inuse_pages(ctl->si));
}

/*
 * Start to bring in the page of a virtual slot. It is locked until the read,
 * which begins with swap_read_submit() at the latest, is done. Returns an ERR_PTR
 * if there is no memory, or if the slot changes hands.
 */
static struct folio *vswap_unuse_read(struct vswap_unuse_ctl *ctl,
				      unsigned long swp_tb)
{
	swp_entry_t entry = swp_entry(vswap_type, vswap_rmap_to_offset(swp_tb));
	/* Fail instead of calling the OOM killer; ours is not a fault. */
	gfp_t gfp = GFP_HIGHUSER_MOVABLE | __GFP_RETRY_MAYFAIL | __GFP_NOWARN;
	struct folio *folio;

	folio = swap_cache_alloc_folio(entry, gfp, BIT(0), NULL,
				       get_task_policy(current),
				       NO_INTERLEAVE_INDEX);
	if (!IS_ERR(folio))
		swap_read_folio(&ctl->io, folio);
	return folio;
}

/* The page could not be read. Whoever wants it gets SIGBUS, never wrong data. */
static void vswap_unuse_poison(struct vswap_unuse_ctl *ctl, struct folio *folio)
{
	unsigned long nr = folio_nr_pages(folio);

	vswap_change_folio(folio, BIT(VSWAP_STATE_PHYS), VSWAP_STATE_POISON,
			   VSWAP_REASON_ERROR);
	ctl->poisoned += nr;
	this_cpu_add(vswap_stats.swapoff_poisoned, nr);
}

/* Release the physical slots of a folio that is locked and not being written. */
static void vswap_unuse_release(struct vswap_unuse_ctl *ctl, struct folio *folio)
{
	unsigned long nr = vswap_folio_count(folio, VSWAP_PHYS_DEVICE_MASK,
			vswap_phys_to_word(swp_entry(ctl->si->type, 0)));

	if (vswap_release_phys(folio, VSWAP_REASON_SWAPOFF)) {
		ctl->moved += nr;
		this_cpu_add(vswap_stats.swapoff_moved, nr);
	}
}

/*
 * Lock the folio of a slot. True if it is still in the swap cache, and the slot
 * behind it; the content is there, then, or could not be read.
 */
static bool vswap_unuse_lock(struct vswap_unuse_slot *slot)
{
	folio_lock(slot->folio);
	folio_wait_writeback(slot->folio);
	return vswap_folio_matches(slot->folio, slot->swp_tb, slot->phys);
}

/*
 * Drop a folio that could not be read, perhaps because of another page in the same
 * request, or long ago, and read the slot by itself: only what cannot be read now
 * is lost. The same for a large folio that must stay clean.
 */
static void vswap_unuse_reread(struct vswap_unuse_ctl *ctl,
			       struct vswap_unuse_slot *slot)
{
	struct folio *folio;

	swap_cache_drop_folio(slot->folio);
	folio_unlock(slot->folio);
	folio = vswap_unuse_read(ctl, slot->swp_tb);
	/* If somebody else was faster, the next pass sees what came of it. */
	if (IS_ERR(folio))
		return;
	swap_read_submit(&ctl->io);
	folio_put(slot->folio);
	slot->folio = folio;
	slot->fresh = true;
	slot->alone = true;
}

/*
 * Was the only good copy of the page in memory that has failed since? What the
 * device has is old then. The folio stays, so that a fault kills who wants it.
 */
static bool vswap_unuse_corrupted(struct folio *folio)
{
	return !folio_test_uptodate(folio) &&
	       folio_contain_hwpoisoned_page(folio);
}

/* Finish with a slot that was begun. */
static void vswap_unuse_finish(struct vswap_unuse_ctl *ctl,
			       struct vswap_unuse_slot *slot)
{
	bool found = vswap_unuse_lock(slot);

	if (found && vswap_unuse_corrupted(slot->folio)) {
		vswap_unuse_poison(ctl, slot->folio);
		folio_unlock(slot->folio);
		return;
	}
	if (found && !slot->alone && (!folio_test_uptodate(slot->folio) ||
				      vswap_folio_unused(slot->folio))) {
		vswap_unuse_reread(ctl, slot);
		found = vswap_unuse_lock(slot);
	}
	if (found && folio_test_uptodate(slot->folio))
		vswap_unuse_release(ctl, slot->folio);
	else if (found && slot->alone)
		vswap_unuse_poison(ctl, slot->folio);
	folio_unlock(slot->folio);
}

/* Finish with all slots that were begun. */
static void vswap_unuse_flush(struct vswap_unuse_ctl *ctl)
{
	unsigned int i;

	swap_read_submit(&ctl->io);
	for (i = 0; i < ctl->nr; i++)
		vswap_unuse_finish(ctl, &ctl->slots[i]);
	vswap_unuse_push(ctl);
}

/*
 * Begin to move one slot. Returns 0 if that was done or is no longer necessary,
 * or will be tried again by the next pass, as somebody else is changing the slot.
 */
static int vswap_unuse_begin(struct vswap_unuse_ctl *ctl, swp_entry_t phys)
{
	unsigned long swp_tb = vswap_rmap_read(phys);
	struct vswap_unuse_slot *slot;
	struct folio *folio;
	bool fresh = false;

	if (!vswap_tb_is_rmap(swp_tb))
		return 0;
	folio = vswap_rmap_folio(swp_tb);
	if (!folio) {
		fresh = true;
		folio = vswap_unuse_read(ctl, swp_tb);
		if (folio == ERR_PTR(-ENOMEM) && ctl->nr) {
			/* What was brought in can make room by going out. */
			vswap_unuse_flush(ctl);
			folio = vswap_unuse_read(ctl, swp_tb);
		}
	}
	if (IS_ERR(folio))
		return PTR_ERR(folio) == -ENOMEM ? -ENOMEM : 0;

	slot = &ctl->slots[ctl->nr++];
	slot->phys = phys;
	slot->swp_tb = swp_tb;
	slot->folio = folio;
	slot->fresh = fresh;
	slot->alone = false;
	if (ctl->nr == VSWAP_UNUSE_BATCH)
		vswap_unuse_flush(ctl);
	return 0;
}

/* One pass over the device. Sets @found if there was anything to do. */
static int vswap_unuse_pass(struct vswap_unuse_ctl *ctl, bool *found)
{
	struct swap_info_struct *si = ctl->si;
	unsigned long off;
	int err;

	for (off = 1; off < si->max; off++) {
		swp_entry_t phys = swp_entry(si->type, off);

		if (!(off % SWAPFILE_CLUSTER))
			cond_resched();
		if (!vswap_tb_is_rmap(vswap_rmap_read(phys)))
			continue;
		if (signal_pending(current))
			return -EINTR;
		*found = true;
		err = vswap_unuse_begin(ctl, phys);
		if (err)
			return err;
	}
	return 0;
}

/**
 * vswap_unuse - move all virtual slots off a device
 * @si: the device; swapoff has cleared SWP_WRITEOK and waited for allocations
 *
 * Walks the slots of the device, no page tables. The pages are brought in, their
 * physical slots released, and they are swapped out again to whatever else there
 * is, a batch at a time.
 *
 * Context: Sleeps. No locks held.
 * Return: 0; -EINTR after a signal; -ENOMEM if a page could not be brought in,
 * with everything as valid as before.
 */
int vswap_unuse(struct swap_info_struct *si)
{
	struct vswap_unuse_ctl *ctl;
	bool found;
	int err;

	if (!static_branch_unlikely(&vswap_key))
		return 0;
	ctl = kvzalloc_obj(*ctl);
	if (!ctl)
		return -ENOMEM;
	ctl->si = si;

	/*
	 * A slot can be skipped because its folio is changing hands, so repeat
	 * until a pass finds nothing. As there are no new ones, this ends.
	 */
	do {
		found = false;
		err = vswap_unuse_pass(ctl, &found);
		vswap_unuse_flush(ctl);
		cond_resched();
	} while (found && !err);

	if (ctl->poisoned)
		pr_err_ratelimited("vswap: swapoff of %pD2: %lu pages cannot be read, their content is lost\n",
				   si->swap_file, ctl->poisoned);
	kvfree(ctl);
	return err;
}
