// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of virtual swap: the formats of the tables, the changes of state
 * of the slots of a cluster that belongs to no device, and whether "verify" sees
 * what is wrong with them.
 */

#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <kunit/test-bug.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/percpu-refcount.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include "../swap.h"
#include "../vswap_internal.h"

/*
 * Formats
 */

static const unsigned long offsets[] = {
	1, 2, 511, 512, 0xffffffffUL, 0x100000000UL, (1UL << 40) + 1,
	VSWAP_MAX_OFFSET - 1,
};

/* Every type, with every kind of offset, survives, and no bit is shared. */
static void phys_word_test(struct kunit *test)
{
	unsigned long word;
	unsigned int type;
	swp_entry_t phys;
	int i;

	for (type = 0; type < 1 << VSWAP_PHYS_TYPE_BITS; type++) {
		for (i = 0; i < ARRAY_SIZE(offsets); i++) {
			word = vswap_phys_to_word(swp_entry(type, offsets[i]));
			KUNIT_EXPECT_TRUE(test, vswap_word_is_phys(word));
			KUNIT_EXPECT_FALSE(test, vswap_word_is_zswap(word));
			KUNIT_EXPECT_FALSE(test, vswap_word_is_poison(word));
			KUNIT_EXPECT_EQ(test, word & VSWAP_PHYS_FAILED, 0);

			phys = vswap_word_to_phys(word | VSWAP_PHYS_FAILED);
			KUNIT_EXPECT_EQ(test, swp_type(phys), type);
			KUNIT_EXPECT_EQ(test, swp_offset(phys), offsets[i]);
		}
	}
}

static void phys_follows_test(struct kunit *test)
{
	unsigned long first = vswap_phys_to_word(swp_entry(31, 1000));
	unsigned long seventh = vswap_phys_to_word(swp_entry(31, 1007));
	unsigned long elsewhere = vswap_phys_to_word(swp_entry(30, 1007));
	unsigned long failed = first | VSWAP_PHYS_FAILED;

	KUNIT_EXPECT_TRUE(test, vswap_phys_follows(first, first, 0));
	KUNIT_EXPECT_TRUE(test, vswap_phys_follows(first, failed, 0));
	KUNIT_EXPECT_TRUE(test, vswap_phys_follows(failed, first, 0));
	KUNIT_EXPECT_TRUE(test, vswap_phys_follows(first, seventh, 7));
	KUNIT_EXPECT_FALSE(test, vswap_phys_follows(first, seventh, 8));
	KUNIT_EXPECT_FALSE(test, vswap_phys_follows(first, elsewhere, 7));
	KUNIT_EXPECT_FALSE(test, vswap_phys_follows(first, VSWAP_NONE, 1));
	KUNIT_EXPECT_FALSE(test, vswap_phys_follows(first, VSWAP_POISON, 1));
}

/* What comes after the last slot of a device is not the first of the next. */
static void phys_follows_end_test(struct kunit *test)
{
	unsigned long last, next;
	unsigned int type;

	for (type = 0; type + 1 < 1 << VSWAP_PHYS_TYPE_BITS; type++) {
		last = vswap_phys_to_word(swp_entry(type, VSWAP_PHYS_OFFSET_MASK));
		next = vswap_phys_to_word(swp_entry(type + 1, 0));
		KUNIT_EXPECT_FALSE(test, vswap_phys_follows(last, next, 1));
		next = vswap_phys_to_word(swp_entry(type, 0));
		KUNIT_EXPECT_FALSE(test, vswap_phys_follows(last, next, 1));
		KUNIT_EXPECT_FALSE(test, vswap_phys_follows(last, next |
							    VSWAP_PHYS_FAILED, 1));
	}
}

static void zswap_word_test(struct kunit *test)
{
	struct zswap_entry *entry = kunit_kzalloc(test, 64, GFP_KERNEL);
	unsigned long word;

	KUNIT_ASSERT_NOT_NULL(test, entry);
	word = vswap_zswap_to_word(entry);
	KUNIT_EXPECT_TRUE(test, vswap_word_is_zswap(word));
	KUNIT_EXPECT_FALSE(test, vswap_word_is_phys(word));
	KUNIT_EXPECT_FALSE(test, vswap_word_is_poison(word));
	KUNIT_EXPECT_PTR_EQ(test, vswap_word_to_zswap(word), entry);
}

static void special_words_test(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, vswap_word_is_zswap(VSWAP_NONE));
	KUNIT_EXPECT_FALSE(test, vswap_word_is_phys(VSWAP_NONE));
	KUNIT_EXPECT_FALSE(test, vswap_word_is_poison(VSWAP_NONE));
	KUNIT_EXPECT_TRUE(test, vswap_word_is_poison(VSWAP_POISON));
	KUNIT_EXPECT_FALSE(test, vswap_word_is_zswap(VSWAP_POISON));
	KUNIT_EXPECT_FALSE(test, vswap_word_is_phys(VSWAP_POISON));
}

/* No reader of a swap table may take a pointer for something else. */
static void rmap_test(struct kunit *test)
{
	unsigned long swp_tb;
	int i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		swp_tb = vswap_offset_to_rmap(offsets[i]);
		KUNIT_EXPECT_TRUE(test, vswap_tb_is_rmap(swp_tb));
		KUNIT_EXPECT_EQ(test, vswap_rmap_to_offset(swp_tb), offsets[i]);
		KUNIT_EXPECT_EQ(test, swp_tb & SWP_TB_FLAGS_MASK, 0);
		KUNIT_EXPECT_FALSE(test, swp_tb_is_countable(swp_tb));
		KUNIT_EXPECT_FALSE(test, swp_tb_is_bad(swp_tb));
		KUNIT_EXPECT_LT(test, swp_tb_get_count(swp_tb), 0);
	}
	KUNIT_EXPECT_FALSE(test, vswap_tb_is_rmap(SWP_TB_NULL));
	KUNIT_EXPECT_FALSE(test, vswap_tb_is_rmap(SWP_TB_BAD));
	KUNIT_EXPECT_FALSE(test, vswap_tb_is_rmap(shadow_to_swp_tb(NULL, 0x1f)));
	KUNIT_EXPECT_FALSE(test, vswap_tb_is_rmap(pfn_to_swp_tb(4, 0x1f)));
}

/*
 * A cluster of its own
 */

/*
 * This slot has a word from the start, so that the virtual table, which goes with
 * its last word, stays. One word is in use at rest.
 */
#define KEPT_SLOT	(SWAPFILE_CLUSTER - 1)
#define KEPT_WORDS	1

/* What was to be freed with one call: zswap entries, or else physical slots. */
struct released {
	void *zswap;
	swp_entry_t phys;
	unsigned int nr;
	unsigned short id;
};

/* A type that no device has, as the tests run before any swapon. */
#define FAKE_DISK		12

struct vswap_fake {
	struct swap_cluster_info ci;
	struct vswap_stats before;
	struct folio *folio;
	struct swap_memcg_table owners;
	struct released released[8];
	unsigned int nr_released;
};

static void sum_stats(struct vswap_stats *sum)
{
	u64 *to = (u64 *)sum;
	int cpu, i;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu)
		for (i = 0; i < sizeof(*sum) / sizeof(u64); i++)
			to[i] += ((u64 *)per_cpu_ptr(&vswap_stats, cpu))[i];
}

/* How often slots went from one state to another since the test began. */
static u64 moved(struct vswap_fake *fake, enum vswap_state from,
		 enum vswap_state to)
{
	struct vswap_stats now;

	sum_stats(&now);
	return now.trans[from][to] - fake->before.trans[from][to];
}

/*
 * Slots swapped out once, with nothing behind them, before they get something. All
 * hold the same folio, which nobody else knows.
 */
static int vswap_fake_init(struct kunit *test)
{
	struct vswap_fake *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	atomic_long_t *table, *vtable;
	unsigned long in_use;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, fake);
	test->priv = fake;
	table = (void *)get_zeroed_page(GFP_KERNEL);
	vtable = (void *)get_zeroed_page(GFP_KERNEL);
	fake->folio = folio_alloc(GFP_KERNEL, 0);
	KUNIT_ASSERT_NOT_NULL(test, table);
	KUNIT_ASSERT_NOT_NULL(test, vtable);
	KUNIT_ASSERT_NOT_NULL(test, fake->folio);
	atomic_long_inc(&vswap_nr_vtables);
	__folio_mark_uptodate(fake->folio);
	folio_set_dirty(fake->folio);

	spin_lock_init(&fake->ci.lock);
#ifdef CONFIG_MEMCG
	fake->ci.memcg_table = &fake->owners;
#endif
	fake->ci.count = SWAPFILE_CLUSTER;
	in_use = __swp_tb_mk_count(folio_to_swp_tb(fake->folio, 0), 1);
	rcu_assign_pointer(fake->ci.table, table);
	rcu_assign_pointer(fake->ci.vtable, vtable);
	for (i = 0; i < SWAPFILE_CLUSTER; i++)
		atomic_long_set(&table[i], in_use);
	atomic_long_set(&vtable[KEPT_SLOT], VSWAP_POISON);
	fake->ci.nr_backed = KEPT_WORDS;
	sum_stats(&fake->before);
	return 0;
}

static void vswap_fake_exit(struct kunit *test)
{
	struct vswap_fake *fake = test->priv;

	if (!fake)
		return;
	/* The table went to the reserve if a test left it empty. */
	if (rcu_access_pointer(fake->ci.vtable)) {
		atomic_long_dec(&vswap_nr_vtables);
		free_page((unsigned long)rcu_access_pointer(fake->ci.vtable));
	}
	free_page((unsigned long)rcu_access_pointer(fake->ci.table));
	if (!fake->folio)
		return;
	folio_clear_dirty(fake->folio);
	folio_put(fake->folio);
}

/* Change slots of the fake cluster in one batch. */
static void change(struct vswap_fake *fake, unsigned int off, unsigned int nr,
		   enum vswap_state to, unsigned long word)
{
	struct vswap_batch b;

	spin_lock(&fake->ci.lock);
	vswap_batch_begin(&b, &fake->ci, VSWAP_REASON_STORE);
	for (; nr; nr--)
		vswap_batch_slot(&b, off++, to, word);
	vswap_batch_end(&b);
	spin_unlock(&fake->ci.lock);
}

/* The same for the first three slots, @nr at a time, if in a state of @which. */
static void change_only(struct vswap_fake *fake, unsigned int nr,
			unsigned int which, enum vswap_state to)
{
	unsigned int off;

	spin_lock(&fake->ci.lock);
	for (off = 0; off < 3; off += nr)
		vswap_change_slots(&fake->ci, off, nr, which, to, VSWAP_NONE,
				   VSWAP_REASON_REDIRTY);
	spin_unlock(&fake->ci.lock);
}

static enum vswap_state state(struct vswap_fake *fake, unsigned int off)
{
	unsigned long word;

	return vswap_slot_state(&fake->ci, off, &word);
}

static bool readable(struct vswap_fake *fake, unsigned int off, unsigned int nr)
{
	bool ret;

	spin_lock(&fake->ci.lock);
	ret = vswap_range_readable(&fake->ci, off, nr);
	spin_unlock(&fake->ci.lock);
	return ret;
}

/* Write words without a batch, so that nothing real is released later. */
static void plant(struct vswap_fake *fake, unsigned int off, unsigned long word)
{
	atomic_long_t *vtable = (void *)rcu_access_pointer(fake->ci.vtable);

	fake->ci.nr_backed += !!word - !!atomic_long_read(&vtable[off]);
	atomic_long_set(&vtable[off], word);
}

static void state_of_words_test(struct kunit *test)
{
	struct vswap_fake *fake = test->priv;

	KUNIT_EXPECT_EQ(test, state(fake, 0), VSWAP_STATE_NONE);
	plant(fake, 0, VSWAP_POISON);
	KUNIT_EXPECT_EQ(test, state(fake, 0), VSWAP_STATE_POISON);
	plant(fake, 0, vswap_phys_to_word(swp_entry(9, 77)));
	KUNIT_EXPECT_EQ(test, state(fake, 0), VSWAP_STATE_PHYS);
	plant(fake, 0, vswap_zswap_to_word((void *)fake));
	KUNIT_EXPECT_EQ(test, state(fake, 0), VSWAP_STATE_ZSWAP);
	plant(fake, 0, VSWAP_NONE);
	KUNIT_EXPECT_EQ(test, state(fake, 0), VSWAP_STATE_NONE);
}

static void zero_test(struct kunit *test)
{
	struct vswap_fake *fake = test->priv;
	unsigned long swp_tb;

	change(fake, 10, 7, VSWAP_STATE_ZERO, VSWAP_NONE);
	KUNIT_EXPECT_EQ(test, state(fake, 9), VSWAP_STATE_NONE);
	KUNIT_EXPECT_EQ(test, state(fake, 10), VSWAP_STATE_ZERO);
	KUNIT_EXPECT_EQ(test, state(fake, 16), VSWAP_STATE_ZERO);
	KUNIT_EXPECT_EQ(test, state(fake, 17), VSWAP_STATE_NONE);
	KUNIT_EXPECT_EQ(test, moved(fake, VSWAP_STATE_NONE, VSWAP_STATE_ZERO), 7);

	/* The count is not touched, and no word was needed. */
	swp_tb = swap_table_get(&fake->ci, 10);
	KUNIT_EXPECT_EQ(test, swp_tb_get_count(swp_tb), 1);
	KUNIT_EXPECT_EQ(test, fake->ci.nr_backed, KEPT_WORDS);

	/* Once more is no change. */
	change(fake, 10, 7, VSWAP_STATE_ZERO, VSWAP_NONE);
	KUNIT_EXPECT_EQ(test, moved(fake, VSWAP_STATE_ZERO, VSWAP_STATE_ZERO), 0);

	change(fake, 10, 7, VSWAP_STATE_NONE, VSWAP_NONE);
	KUNIT_EXPECT_EQ(test, state(fake, 10), VSWAP_STATE_NONE);
	KUNIT_EXPECT_EQ(test, moved(fake, VSWAP_STATE_ZERO, VSWAP_STATE_NONE), 7);
}

/* A zero page that gets a word loses the flag: the two exclude each other. */
static void zero_to_poison_test(struct kunit *test)
{
	struct vswap_fake *fake = test->priv;

	change(fake, 3, 1, VSWAP_STATE_ZERO, VSWAP_NONE);
	change(fake, 3, 1, VSWAP_STATE_POISON, VSWAP_POISON);
	KUNIT_EXPECT_EQ(test, state(fake, 3), VSWAP_STATE_POISON);
	KUNIT_EXPECT_EQ(test, swap_table_get(&fake->ci, 3) & SWP_TB_ZERO_FLAG, 0);
	KUNIT_EXPECT_EQ(test, fake->ci.nr_backed, KEPT_WORDS + 1);

	change(fake, 3, 1, VSWAP_STATE_ZERO, VSWAP_NONE);
	KUNIT_EXPECT_EQ(test, state(fake, 3), VSWAP_STATE_ZERO);
	KUNIT_EXPECT_EQ(test, fake->ci.nr_backed, KEPT_WORDS);
	KUNIT_EXPECT_EQ(test, moved(fake, VSWAP_STATE_ZERO, VSWAP_STATE_POISON), 1);
	KUNIT_EXPECT_EQ(test, moved(fake, VSWAP_STATE_POISON, VSWAP_STATE_ZERO), 1);
	change(fake, 3, 1, VSWAP_STATE_NONE, VSWAP_NONE);
}

/* The virtual table goes with its last word, and not before. */
static void table_lifetime_test(struct kunit *test)
{
	struct vswap_fake *fake = test->priv;
	long tables = atomic_long_read(&vswap_nr_vtables);

	change(fake, 0, 2, VSWAP_STATE_POISON, VSWAP_POISON);
	plant(fake, KEPT_SLOT, VSWAP_NONE);
	change(fake, 0, 1, VSWAP_STATE_NONE, VSWAP_NONE);
	KUNIT_EXPECT_NOT_NULL(test, rcu_access_pointer(fake->ci.vtable));
	change(fake, 1, 1, VSWAP_STATE_NONE, VSWAP_NONE);
	KUNIT_EXPECT_NULL(test, rcu_access_pointer(fake->ci.vtable));
	KUNIT_EXPECT_EQ(test, vswap_word(&fake->ci, 1), VSWAP_NONE);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&vswap_nr_vtables), tables - 1);
}

/* Counters see each slot of runs that are broken up by other slots. */
static void runs_test(struct kunit *test)
{
	struct vswap_fake *fake = test->priv;

	change(fake, 20, 1, VSWAP_STATE_ZERO, VSWAP_NONE);
	change(fake, 22, 3, VSWAP_STATE_ZERO, VSWAP_NONE);
	change(fake, 19, 11, VSWAP_STATE_POISON, VSWAP_POISON);
	KUNIT_EXPECT_EQ(test, moved(fake, VSWAP_STATE_ZERO, VSWAP_STATE_POISON), 4);
	KUNIT_EXPECT_EQ(test, moved(fake, VSWAP_STATE_NONE, VSWAP_STATE_POISON), 7);
	KUNIT_EXPECT_EQ(test, fake->ci.nr_backed, KEPT_WORDS + 11);
	change(fake, 19, 11, VSWAP_STATE_NONE, VSWAP_NONE);
	KUNIT_EXPECT_EQ(test, moved(fake, VSWAP_STATE_POISON, VSWAP_STATE_NONE), 11);
}

/* Only slots in the states that are asked for change, one by one or as a run. */
static void filter_test(struct kunit *test)
{
	struct vswap_fake *fake = test->priv;
	unsigned int nr;

	for (nr = 1; nr <= 3; nr += 2) {
		change(fake, 0, 1, VSWAP_STATE_ZERO, VSWAP_NONE);
		change(fake, 1, 1, VSWAP_STATE_POISON, VSWAP_POISON);
		change_only(fake, nr, BIT(VSWAP_STATE_PHYS), VSWAP_STATE_NONE);
		KUNIT_EXPECT_EQ(test, state(fake, 0), VSWAP_STATE_ZERO);
		KUNIT_EXPECT_EQ(test, state(fake, 1), VSWAP_STATE_POISON);
		change_only(fake, nr, BIT(VSWAP_STATE_POISON), VSWAP_STATE_NONE);
		KUNIT_EXPECT_EQ(test, state(fake, 0), VSWAP_STATE_ZERO);
		KUNIT_EXPECT_EQ(test, state(fake, 1), VSWAP_STATE_NONE);
		change_only(fake, nr, BIT(VSWAP_STATE_ZERO), VSWAP_STATE_NONE);
		KUNIT_EXPECT_EQ(test, state(fake, 0), VSWAP_STATE_NONE);
		KUNIT_EXPECT_EQ(test, fake->ci.nr_backed, KEPT_WORDS);
	}
	KUNIT_EXPECT_EQ(test, moved(fake, VSWAP_STATE_ZERO, VSWAP_STATE_NONE), 2);
	KUNIT_EXPECT_EQ(test, moved(fake, VSWAP_STATE_POISON, VSWAP_STATE_NONE), 2);
}

/* A cluster without a table gets one, and one that has got one meanwhile keeps it. */
static void new_table_test(struct kunit *test)
{
	struct vswap_fake *fake = test->priv;
	long tables = atomic_long_read(&vswap_nr_vtables);
	void *vtable;

	plant(fake, KEPT_SLOT, VSWAP_POISON);
	change(fake, KEPT_SLOT, 1, VSWAP_STATE_NONE, VSWAP_NONE);
	KUNIT_ASSERT_NULL(test, rcu_access_pointer(fake->ci.vtable));

	KUNIT_ASSERT_PTR_EQ(test, vswap_lock_new_table(&fake->ci), &fake->ci);
	vtable = rcu_access_pointer(fake->ci.vtable);
	spin_unlock(&fake->ci.lock);
	KUNIT_EXPECT_NOT_NULL(test, vtable);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&vswap_nr_vtables), tables);
	KUNIT_EXPECT_EQ(test, vswap_word(&fake->ci, 0), VSWAP_NONE);

	KUNIT_ASSERT_PTR_EQ(test, vswap_lock_new_table(&fake->ci), &fake->ci);
	KUNIT_EXPECT_PTR_EQ(test, rcu_access_pointer(fake->ci.vtable), vtable);
	spin_unlock(&fake->ci.lock);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&vswap_nr_vtables), tables);
}

static atomic_long_t *no_table(void)
{
	return NULL;
}

/* No memory for a table: nothing changes, and nothing stays locked. */
static void no_table_test(struct kunit *test)
{
	struct vswap_fake *fake = test->priv;
	long tables = atomic_long_read(&vswap_nr_vtables);

	kunit_activate_static_stub(test, vswap_table_alloc, no_table);
	/* One that is there will do. */
	KUNIT_ASSERT_PTR_EQ(test, vswap_lock_new_table(&fake->ci), &fake->ci);
	spin_unlock(&fake->ci.lock);

	plant(fake, KEPT_SLOT, VSWAP_POISON);
	change(fake, KEPT_SLOT, 1, VSWAP_STATE_NONE, VSWAP_NONE);
	KUNIT_EXPECT_NULL(test, vswap_lock_new_table(&fake->ci));
	KUNIT_ASSERT_TRUE(test, spin_trylock(&fake->ci.lock));
	spin_unlock(&fake->ci.lock);
	KUNIT_EXPECT_NULL(test, rcu_access_pointer(fake->ci.vtable));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&vswap_nr_vtables), tables - 1);
}

/* Reclaim pauses when as many pages as there are were refused in a row. */
static void refusals_test(struct kunit *test)
{
	unsigned long all = 10 * VSWAP_REFUSALS_MIN;
	struct vswap_refusals r = {};

	vswap_refusals_add(&r, all - 1, all);
	KUNIT_EXPECT_FALSE(test, vswap_refusals_pause(&r));
	vswap_refusals_halve(&r);
	vswap_refusals_add(&r, all / 2 - 1, all);
	KUNIT_EXPECT_FALSE(test, vswap_refusals_pause(&r));
	vswap_refusals_add(&r, 3, all);
	KUNIT_EXPECT_TRUE(test, vswap_refusals_pause(&r));
	/* Then less of them will do. */
	r.until = jiffies - 1;
	KUNIT_EXPECT_FALSE(test, vswap_refusals_pause(&r));
	vswap_refusals_add(&r, all / 2, all);
	KUNIT_EXPECT_TRUE(test, vswap_refusals_pause(&r));
	/* What is taken meanwhile ends it. */
	vswap_refusals_halve(&r);
	KUNIT_EXPECT_FALSE(test, vswap_refusals_pause(&r));

	/* A few pages prove nothing. */
	r = (struct vswap_refusals) {};
	vswap_refusals_add(&r, VSWAP_REFUSALS_MIN - 1, 1);
	KUNIT_EXPECT_FALSE(test, vswap_refusals_pause(&r));
}

static void readable_memory_test(struct kunit *test)
{
	struct vswap_fake *fake = test->priv;

	/* None: the slot has no content. */
	KUNIT_EXPECT_FALSE(test, readable(fake, 0, 16));
	change(fake, 0, 16, VSWAP_STATE_ZERO, VSWAP_NONE);
	KUNIT_EXPECT_TRUE(test, readable(fake, 0, 16));
	/* Zero and zswap may be mixed, in any order. */
	change(fake, 0, 1, VSWAP_STATE_NONE, VSWAP_NONE);
	plant(fake, 0, vswap_zswap_to_word((void *)fake));
	KUNIT_EXPECT_TRUE(test, readable(fake, 0, 16));
	change(fake, 15, 1, VSWAP_STATE_NONE, VSWAP_NONE);
	plant(fake, 15, vswap_zswap_to_word((void *)fake));
	KUNIT_EXPECT_TRUE(test, readable(fake, 0, 16));
	/* Anything else may not. */
	plant(fake, 15, vswap_phys_to_word(swp_entry(1, 15)));
	KUNIT_EXPECT_FALSE(test, readable(fake, 0, 16));
	plant(fake, 15, VSWAP_POISON);
	KUNIT_EXPECT_FALSE(test, readable(fake, 0, 16));

	plant(fake, 0, VSWAP_NONE);
	plant(fake, 15, VSWAP_NONE);
	change(fake, 0, 16, VSWAP_STATE_NONE, VSWAP_NONE);
}

static void no_release(struct percpu_ref *ref)
{
}

static void remove_fake_disk(void *disk)
{
	swap_info[FAKE_DISK] = NULL;
	percpu_ref_exit(&((struct swap_info_struct *)disk)->users);
}

/* A device of two clusters, for the test; @table is that of the second one. */
static struct swap_info_struct *fake_disk(struct kunit *test,
					  atomic_long_t *table)
{
	struct swap_info_struct *disk;

	KUNIT_ASSERT_NULL(test, swap_info[FAKE_DISK]);
	disk = kunit_kzalloc(test, sizeof(*disk), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, disk);
	disk->cluster_info = kunit_kcalloc(test, 2, sizeof(*disk->cluster_info),
					   GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, disk->cluster_info);
	disk->type = FAKE_DISK;
	disk->max = 2 * SWAPFILE_CLUSTER;
	RCU_INIT_POINTER(disk->cluster_info[1].table, table);
	KUNIT_ASSERT_EQ(test, percpu_ref_init(&disk->users, no_release, 0,
					      GFP_KERNEL), 0);
	swap_info[FAKE_DISK] = disk;
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, remove_fake_disk,
							disk), 0);
	return disk;
}

static void readable_phys_test(struct kunit *test)
{
	/* A run from here ends in the next cluster of the device. */
	unsigned long start = 2 * SWAPFILE_CLUSTER - 8;
	struct vswap_fake *fake = test->priv;
	struct swap_info_struct *disk;
	int i;

	disk = fake_disk(test, NULL);
	for (i = 0; i < 16; i++)
		plant(fake, i, vswap_phys_to_word(swp_entry(FAKE_DISK, 512 + i)));
	/* Slots of a file that follow each other need not do so on the disk. */
	KUNIT_EXPECT_FALSE(test, readable(fake, 0, 16));
	KUNIT_EXPECT_TRUE(test, readable(fake, 0, 1));
	disk->flags = SWP_BLKDEV;
	KUNIT_EXPECT_TRUE(test, readable(fake, 0, 16));
	/* A gap, another device, something in memory, something lost. */
	plant(fake, 8, vswap_phys_to_word(swp_entry(FAKE_DISK, 600)));
	KUNIT_EXPECT_FALSE(test, readable(fake, 0, 16));
	plant(fake, 8, vswap_phys_to_word(swp_entry(13, 520)));
	KUNIT_EXPECT_FALSE(test, readable(fake, 0, 16));
	plant(fake, 8, vswap_zswap_to_word((void *)fake));
	KUNIT_EXPECT_FALSE(test, readable(fake, 0, 16));
	plant(fake, 8, VSWAP_POISON);
	KUNIT_EXPECT_FALSE(test, readable(fake, 0, 16));
	/* A part without that is fine. */
	KUNIT_EXPECT_TRUE(test, readable(fake, 0, 8));
	/* A run that leaves the cluster of the device is not. */
	for (i = 0; i < 16; i++)
		plant(fake, i, vswap_phys_to_word(swp_entry(FAKE_DISK, start + i)));
	KUNIT_EXPECT_FALSE(test, readable(fake, 0, 16));

	for (i = 0; i < 16; i++)
		plant(fake, i, VSWAP_NONE);
}

/*
 * Releases: what the slots referred to is freed in runs. The words refer to
 * nothing real, so the functions that free it are replaced.
 */

static struct released *release(void)
{
	struct vswap_fake *fake = kunit_get_current_test()->priv;
	unsigned int i = fake->nr_released++;

	return &fake->released[min(i, ARRAY_SIZE(fake->released) - 1)];
}

static void fake_zswap_free_entries(struct zswap_entry **entries, unsigned int nr)
{
	*release() = (struct released) { .zswap = entries[0], .nr = nr };
}

static void fake_zswap_entry_free(struct zswap_entry *entry)
{
	*release() = (struct released) { .zswap = entry, .nr = 1 };
}

static void fake_put_phys(swp_entry_t phys, unsigned int nr, unsigned short id)
{
	*release() = (struct released) { .phys = phys, .nr = nr, .id = id };
}

static void replace_releases(struct kunit *test)
{
	kunit_activate_static_stub(test, zswap_free_entries,
				   fake_zswap_free_entries);
	kunit_activate_static_stub(test, zswap_entry_free,
				   fake_zswap_entry_free);
	kunit_activate_static_stub(test, vswap_put_phys, fake_put_phys);
}

static void expect_phys(struct kunit *test, unsigned int i, unsigned long off,
			unsigned int nr, unsigned short id)
{
	struct vswap_fake *fake = test->priv;
	struct released *r = &fake->released[i];

	KUNIT_ASSERT_LT(test, i, fake->nr_released);
	KUNIT_EXPECT_NULL(test, r->zswap);
	KUNIT_EXPECT_EQ(test, r->phys.val, swp_entry(FAKE_DISK, off).val);
	KUNIT_EXPECT_EQ(test, r->nr, nr);
	KUNIT_EXPECT_EQ(test, r->id, IS_ENABLED(CONFIG_MEMCG) ? id : 0);
}

/* Entries of zswap, more than fit into one call, each freed once. */
static void release_zswap_test(struct kunit *test)
{
	struct vswap_fake *fake = test->priv;
	unsigned int i, nr = VSWAP_BATCH + 5;

	replace_releases(test);
	/* Any aligned addresses that differ. */
	for (i = 0; i < nr; i++)
		plant(fake, i, vswap_zswap_to_word((void *)fake + 8 * i));
	change(fake, 0, nr, VSWAP_STATE_NONE, VSWAP_NONE);
	KUNIT_EXPECT_EQ(test, fake->nr_released, 2);
	KUNIT_EXPECT_PTR_EQ(test, fake->released[0].zswap, (void *)fake);
	KUNIT_EXPECT_EQ(test, fake->released[0].nr, VSWAP_BATCH);
	KUNIT_EXPECT_PTR_EQ(test, fake->released[1].zswap,
			    (void *)fake + 8 * VSWAP_BATCH);
	KUNIT_EXPECT_EQ(test, fake->released[1].nr, 5);
	KUNIT_EXPECT_EQ(test, fake->ci.nr_backed, KEPT_WORDS);
	KUNIT_EXPECT_EQ(test, moved(fake, VSWAP_STATE_ZSWAP, VSWAP_STATE_NONE), nr);
}

/* Runs end where slots do not follow, the owner or the cluster is another one. */
static void release_phys_test(struct kunit *test)
{
	static const unsigned short offs[] = { 100, 101, 102, 200, 201, 202,
					       511, 512, 514, 513 };
	struct vswap_fake *fake = test->priv;
	int i;

	replace_releases(test);
	for (i = 0; i < ARRAY_SIZE(offs); i++) {
		plant(fake, i, vswap_phys_to_word(swp_entry(FAKE_DISK, offs[i])));
		fake->owners.id[i] = i < 5 ? 7 : 8;
	}
	change(fake, 0, ARRAY_SIZE(offs), VSWAP_STATE_NONE, VSWAP_NONE);
	KUNIT_EXPECT_EQ(test, moved(fake, VSWAP_STATE_PHYS, VSWAP_STATE_NONE),
			ARRAY_SIZE(offs));
	expect_phys(test, 0, 100, 3, 7);
	if (!IS_ENABLED(CONFIG_MEMCG)) {
		expect_phys(test, 1, 200, 3, 0);
		return;
	}
	expect_phys(test, 1, 200, 2, 7);
	expect_phys(test, 2, 202, 1, 8);
	expect_phys(test, 3, 511, 1, 8);
	expect_phys(test, 4, 512, 1, 8);
	expect_phys(test, 5, 514, 1, 8);
	expect_phys(test, 6, 513, 1, 8);
	KUNIT_EXPECT_EQ(test, fake->nr_released, 7);
}

/* A write that failed leaves a mark in the word, which is no part of the place. */
static void release_failed_test(struct kunit *test)
{
	struct vswap_fake *fake = test->priv;
	unsigned long word = vswap_phys_to_word(swp_entry(FAKE_DISK, 300));

	replace_releases(test);
	plant(fake, 0, word | VSWAP_PHYS_FAILED);
	plant(fake, 1, vswap_phys_to_word(swp_entry(FAKE_DISK, 301)));
	change(fake, 0, 2, VSWAP_STATE_NONE, VSWAP_NONE);
	expect_phys(test, 0, 300, 2, 0);
	KUNIT_EXPECT_EQ(test, fake->nr_released, 1);
}

/* One slot, without a batch, and both kinds in one. */
static void release_mixed_test(struct kunit *test)
{
	struct vswap_fake *fake = test->priv;

	replace_releases(test);
	plant(fake, 0, vswap_phys_to_word(swp_entry(FAKE_DISK, 40)));
	plant(fake, 1, vswap_zswap_to_word((void *)fake));
	plant(fake, 2, vswap_phys_to_word(swp_entry(FAKE_DISK, 41)));
	change_only(fake, 1, BIT(VSWAP_STATE_PHYS), VSWAP_STATE_NONE);
	KUNIT_EXPECT_EQ(test, fake->nr_released, 2);
	expect_phys(test, 0, 40, 1, 0);
	expect_phys(test, 1, 41, 1, 0);
	KUNIT_EXPECT_EQ(test, state(fake, 1), VSWAP_STATE_ZSWAP);
	change_only(fake, 1, BIT(VSWAP_STATE_ZSWAP), VSWAP_STATE_NONE);
	KUNIT_EXPECT_EQ(test, fake->nr_released, 3);
	KUNIT_EXPECT_PTR_EQ(test, fake->released[2].zswap, (void *)fake);
	KUNIT_EXPECT_EQ(test, fake->released[2].nr, 1);

	/* A slot that goes from one device to another gives up the first. */
	plant(fake, 5, vswap_phys_to_word(swp_entry(FAKE_DISK, 50)));
	change(fake, 5, 1, VSWAP_STATE_PHYS,
	       vswap_phys_to_word(swp_entry(13, 50)));
	KUNIT_EXPECT_EQ(test, fake->nr_released, 4);
	expect_phys(test, 3, 50, 1, 0);
	KUNIT_EXPECT_EQ(test, vswap_word(&fake->ci, 5),
			vswap_phys_to_word(swp_entry(13, 50)));
	plant(fake, 5, VSWAP_NONE);
}

static void free_slots(struct vswap_fake *fake, unsigned int off, unsigned int nr)
{
	spin_lock(&fake->ci.lock);
	vswap_free_slots(&fake->ci, off, nr);
	spin_unlock(&fake->ci.lock);
}

/* Slots in all states become free together, and each is counted as what it was. */
static void free_slots_test(struct kunit *test)
{
	struct vswap_fake *fake = test->priv;
	enum vswap_state from;

	replace_releases(test);
	change(fake, 1, 1, VSWAP_STATE_ZERO, VSWAP_NONE);
	plant(fake, 2, VSWAP_POISON);
	plant(fake, 3, vswap_phys_to_word(swp_entry(FAKE_DISK, 60)));
	plant(fake, 4, vswap_zswap_to_word((void *)fake));
	free_slots(fake, 0, 5);
	for (from = VSWAP_STATE_NONE; from <= VSWAP_STATE_POISON; from++)
		KUNIT_EXPECT_EQ(test, moved(fake, from, VSWAP_STATE_FREE), 1);
	KUNIT_EXPECT_EQ(test, fake->nr_released, 2);
	KUNIT_EXPECT_EQ(test, fake->ci.nr_backed, KEPT_WORDS);

	/* Without any word in the cluster, the swap table tells. */
	change(fake, 9, 1, VSWAP_STATE_ZERO, VSWAP_NONE);
	plant(fake, KEPT_SLOT, VSWAP_NONE);
	free_slots(fake, 8, 3);
	KUNIT_EXPECT_EQ(test, moved(fake, VSWAP_STATE_ZERO, VSWAP_STATE_FREE), 2);
	KUNIT_EXPECT_EQ(test, moved(fake, VSWAP_STATE_NONE, VSWAP_STATE_FREE), 3);
	KUNIT_EXPECT_EQ(test, fake->nr_released, 2);
}

#ifdef CONFIG_DEBUG_FS
/*
 * verify: each kind of damage is named, and nothing else is
 */

#define COMPLAINTS_SIZE		1024

/* A slot that is out, and not in the swap cache. */
static unsigned long swapped_out_tb(void)
{
	return __swp_tb_mk_count(shadow_to_swp_tb(NULL, 0), 1);
}

static void put_swp_tb(struct vswap_fake *fake, unsigned int off,
		       unsigned long swp_tb)
{
	atomic_long_t *table = (void *)rcu_access_pointer(fake->ci.table);

	atomic_long_set(&table[off], swp_tb);
}

/* What the slots are at rest: swapped out as zeros, but for the kept one. */
static void all_swapped_out(struct vswap_fake *fake)
{
	unsigned long out = swapped_out_tb();
	int i;

	change(fake, 0, KEPT_SLOT, VSWAP_STATE_ZERO, VSWAP_NONE);
	for (i = 0; i < KEPT_SLOT; i++)
		put_swp_tb(fake, i, out | SWP_TB_ZERO_FLAG);
	put_swp_tb(fake, KEPT_SLOT, out);
}

/* What "verify" has to say of the cluster, or of a device. */
static char *complaints(struct kunit *test, int type)
{
	struct vswap_fake *fake = test->priv;
	struct seq_file m = { .size = COMPLAINTS_SIZE };
	struct vswap_verify vv = { .m = &m };

	m.buf = kunit_kzalloc(test, m.size + 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m.buf);
	if (type < 0)
		vswap_verify_cluster(&vv, &fake->ci);
	else
		vswap_verify_rmap(&vv, type);
	m.buf[m.count] = '\0';
	KUNIT_EXPECT_EQ(test, !vv.wrong, !m.count);
	return m.buf;
}

static __printf(3, 4) void expect_complaint(struct kunit *test, int type,
					     const char *fmt, ...)
{
	char should[128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(should, sizeof(should), fmt, args);
	va_end(args);
	KUNIT_EXPECT_STREQ(test, complaints(test, type), &should[0]);
}

static void expect_no_complaint(struct kunit *test, int type)
{
	KUNIT_EXPECT_STREQ(test, complaints(test, type), "");
}

static void verify_words_test(struct kunit *test)
{
	unsigned long out = swapped_out_tb();
	unsigned long invalid = VSWAP_POISON | BIT(20);
	struct vswap_fake *fake = test->priv;
	unsigned long start = vswap_cluster_start(&fake->ci);

	all_swapped_out(fake);
	expect_no_complaint(test, -1);

	plant(fake, 5, VSWAP_POISON);
	expect_complaint(test, -1, "slot %lu: zero, but backed: %lx\n",
			 start + 5, VSWAP_POISON);
	put_swp_tb(fake, 5, out);
	expect_no_complaint(test, -1);

	plant(fake, 5, invalid);
	expect_complaint(test, -1, "slot %lu: no valid word: %lx\n", start + 5,
			 invalid);
	plant(fake, 5, VSWAP_NONE);
	expect_complaint(test, -1, "slot %lu: no folio and no backing\n",
			 start + 5);
	plant(fake, 5, vswap_zswap_to_word((void *)fake));
	put_swp_tb(fake, 5, shadow_to_swp_tb(NULL, 0));
	expect_complaint(test, -1, "slot %lu: no folio and no count\n",
			 start + 5);
	plant(fake, 5, VSWAP_NONE);
	put_swp_tb(fake, 5, vswap_offset_to_rmap(9));
	expect_complaint(test, -1, "slot %lu: no entry of a virtual slot: %lx\n",
			 start + 5, vswap_offset_to_rmap(9));
}

static void verify_free_slot_test(struct kunit *test)
{
	struct vswap_fake *fake = test->priv;
	unsigned long start = vswap_cluster_start(&fake->ci);

	all_swapped_out(fake);
	put_swp_tb(fake, 5, null_to_swp_tb());
	expect_complaint(test, -1, "cluster %lu: %u slots in use, count is %u\n",
			 start, SWAPFILE_CLUSTER - 1, SWAPFILE_CLUSTER);
	fake->ci.count--;
	expect_no_complaint(test, -1);

	plant(fake, 5, VSWAP_POISON);
	expect_complaint(test, -1, "slot %lu: free, but backed: %lx\n",
			 start + 5, VSWAP_POISON);
	plant(fake, 5, VSWAP_NONE);
	if (!IS_ENABLED(CONFIG_MEMCG))
		return;
	fake->owners.id[5] = 3;
	expect_complaint(test, -1, "slot %lu: free, but owned\n", start + 5);
}

/* Rule 2, which cannot be judged while somebody has the folio locked. */
static void verify_folio_test(struct kunit *test)
{
	struct vswap_fake *fake = test->priv;
	unsigned long start = vswap_cluster_start(&fake->ci);

	all_swapped_out(fake);
	put_swp_tb(fake, 5, __swp_tb_mk_count(folio_to_swp_tb(fake->folio, 0), 1));
	expect_no_complaint(test, -1);
	folio_clear_dirty(fake->folio);
	expect_complaint(test, -1, "slot %lu: clean folio without backing\n",
			 start + 5);
	folio_lock(fake->folio);
	expect_no_complaint(test, -1);
	folio_unlock(fake->folio);
	plant(fake, 5, vswap_zswap_to_word((void *)fake));
	expect_no_complaint(test, -1);
	plant(fake, 5, VSWAP_NONE);
	folio_clear_uptodate(fake->folio);
	expect_no_complaint(test, -1);
	folio_mark_uptodate(fake->folio);
	folio_set_dirty(fake->folio);
}

static void verify_cluster_test(struct kunit *test)
{
	struct vswap_fake *fake = test->priv;
	unsigned long start = vswap_cluster_start(&fake->ci);
	void *table = rcu_access_pointer(fake->ci.table);

	all_swapped_out(fake);
	fake->ci.nr_backed++;
	expect_complaint(test, -1, "cluster %lu: %u words, nr_backed is %u\n",
			 start, KEPT_WORDS, KEPT_WORDS + 1);
	fake->ci.nr_backed--;

	plant(fake, KEPT_SLOT, VSWAP_NONE);
	put_swp_tb(fake, KEPT_SLOT, swap_table_get(&fake->ci, 0));
	expect_complaint(test, -1, "cluster %lu: empty virtual table\n", start);

	fake->ci.count = 0;
	RCU_INIT_POINTER(fake->ci.table, NULL);
	expect_complaint(test, -1,
			 "cluster %lu: virtual table, but no table\n"
			 "cluster %lu: empty virtual table\n", start, start);
	RCU_INIT_POINTER(fake->ci.table, table);
}

/* Rule 4, from both sides. */
static void verify_phys_test(struct kunit *test)
{
	unsigned long out = swapped_out_tb();
	unsigned long off = SWAPFILE_CLUSTER + 6;
	struct vswap_fake *fake = test->priv;
	unsigned long slot = vswap_cluster_start(&fake->ci) + 5;
	unsigned long end = vswap_si->max;
	atomic_long_t *table;

	table = kunit_kcalloc(test, SWAPFILE_CLUSTER, sizeof(*table), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, table);
	fake_disk(test, table);

	all_swapped_out(fake);
	put_swp_tb(fake, 5, out);
	plant(fake, 5, vswap_phys_to_word(swp_entry(FAKE_DISK, off)));
	expect_complaint(test, -1,
			 "slot %lu: phys 12:%lu has 0, no pointer back\n", slot,
			 off);
	atomic_long_set(&table[6], vswap_offset_to_rmap(slot));
	expect_no_complaint(test, -1);
	atomic_long_set(&table[6], vswap_offset_to_rmap(slot + 1));
	expect_complaint(test, -1,
			 "slot %lu: phys 12:%lu has %lx, no pointer back\n",
			 slot, off, vswap_offset_to_rmap(slot + 1));
	plant(fake, 5, vswap_phys_to_word(swp_entry(FAKE_DISK, 3 * SWAPFILE_CLUSTER)));
	expect_complaint(test, -1, "slot %lu: phys 12:%u is no valid slot\n",
			 slot, 3 * SWAPFILE_CLUSTER);

	/* The last virtual slot is not in use so early: nothing names slot 6. */
	atomic_long_set(&table[6], vswap_offset_to_rmap(end - 1));
	expect_complaint(test, FAKE_DISK, "phys 12:%lu: slot %lu has 0 instead\n", off,
			 end - 1);
	atomic_long_set(&table[6], vswap_offset_to_rmap(end));
	expect_complaint(test, FAKE_DISK, "phys 12:%lu: points to %lu, past the end\n",
			 off, end);
	atomic_long_set(&table[6], out);
	expect_no_complaint(test, FAKE_DISK);

	plant(fake, 5, VSWAP_NONE);
}

static void verify_counters_test(struct kunit *test)
{
	struct seq_file m = { .size = COMPLAINTS_SIZE };
	struct vswap_verify vv = { .m = &m };
	struct vswap_stats *before, *after;

	m.buf = kunit_kzalloc(test, m.size + 1, GFP_KERNEL);
	before = kunit_kcalloc(test, 2, sizeof(*before), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m.buf);
	KUNIT_ASSERT_NOT_NULL(test, before);
	after = before + 1;
	before->trans[VSWAP_STATE_FREE][VSWAP_STATE_ZERO] = 3;
	*after = *before;
	vv.slots[VSWAP_STATE_ZERO] = 3;
	vv.vtables = atomic_long_read(&vswap_nr_vtables);
	vv.counted = vv.vtables;
	vswap_verify_counters(&vv, before, after);
	KUNIT_EXPECT_EQ(test, vv.wrong, 0);

	vv.slots[VSWAP_STATE_ZERO] = 2;
	vv.vtables++;
	vswap_verify_counters(&vv, before, after);
	m.buf[m.count] = '\0';
	KUNIT_EXPECT_EQ(test, vv.wrong, 2);
	KUNIT_EXPECT_NOT_NULL(test, strstr(m.buf, "slots_zero: counter 3, walk 2\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(m.buf, "tables: counter "));

	/* Something changed during the walk: no saying what is right. */
	vv.counted++;
	vswap_verify_counters(&vv, before, after);
	KUNIT_EXPECT_EQ(test, vv.wrong, 2);
	vv.counted--;
	after->trans[VSWAP_STATE_ZERO][VSWAP_STATE_FREE]++;
	vswap_verify_counters(&vv, before, after);
	KUNIT_EXPECT_EQ(test, vv.wrong, 2);
}
#endif /* CONFIG_DEBUG_FS */

static struct kunit_case vswap_format_cases[] = {
	KUNIT_CASE(phys_word_test),
	KUNIT_CASE(phys_follows_test),
	KUNIT_CASE(phys_follows_end_test),
	KUNIT_CASE(zswap_word_test),
	KUNIT_CASE(special_words_test),
	KUNIT_CASE(rmap_test),
	{}
};

static struct kunit_case vswap_state_cases[] = {
	KUNIT_CASE(state_of_words_test),
	KUNIT_CASE(zero_test),
	KUNIT_CASE(zero_to_poison_test),
	KUNIT_CASE(table_lifetime_test),
	KUNIT_CASE(runs_test),
	KUNIT_CASE(filter_test),
	KUNIT_CASE(new_table_test),
	KUNIT_CASE(no_table_test),
	KUNIT_CASE(refusals_test),
	KUNIT_CASE(readable_memory_test),
	KUNIT_CASE(readable_phys_test),
	KUNIT_CASE(release_zswap_test),
	KUNIT_CASE(release_phys_test),
	KUNIT_CASE(release_failed_test),
	KUNIT_CASE(release_mixed_test),
	KUNIT_CASE(free_slots_test),
	{}
};

static struct kunit_case vswap_verify_cases[] = {
#ifdef CONFIG_DEBUG_FS
	KUNIT_CASE(verify_words_test),
	KUNIT_CASE(verify_free_slot_test),
	KUNIT_CASE(verify_folio_test),
	KUNIT_CASE(verify_cluster_test),
	KUNIT_CASE(verify_phys_test),
	KUNIT_CASE(verify_counters_test),
#endif
	{}
};

static struct kunit_suite vswap_format_suite = {
	.name = "vswap-formats",
	.test_cases = vswap_format_cases,
};

static struct kunit_suite vswap_state_suite = {
	.name = "vswap-states",
	.init = vswap_fake_init,
	.exit = vswap_fake_exit,
	.test_cases = vswap_state_cases,
};

static struct kunit_suite vswap_verify_suite = {
	.name = "vswap-verify",
	.init = vswap_fake_init,
	.exit = vswap_fake_exit,
	.test_cases = vswap_verify_cases,
};

kunit_test_suites(&vswap_format_suite, &vswap_state_suite,
		  &vswap_verify_suite);

MODULE_DESCRIPTION("KUnit tests of virtual swap");
MODULE_LICENSE("GPL");
