// SPDX-License-Identifier: GPL-2.0
/*
 * Virtual swap: counters, tracepoints and debugfs
 *
 * Formats are documented in Documentation/admin-guide/mm/vswap.rst.
 */

#include <kunit/visibility.h>
#include <linux/cgroup.h>
#include <linux/debugfs.h>
#include <linux/memcontrol.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include "swap.h"
#include "vswap_internal.h"

#define CREATE_TRACE_POINTS
#include <trace/events/vswap.h>

DEFINE_PER_CPU(struct vswap_stats, vswap_stats);

/*
 * Events
 */

/* The inode number of a cgroup's directory, or 0. */
static u64 vswap_memcg_ino(struct mem_cgroup *memcg)
{
#ifdef CONFIG_MEMCG
	if (memcg)
		return cgroup_ino(memcg->css.cgroup);
#endif
	return 0;
}

/* The same by the cgroup's private id. */
u64 vswap_cgroup_ino(unsigned short id)
{
	u64 ino;

	if (!id)
		return 0;
	rcu_read_lock();
	ino = vswap_memcg_ino(mem_cgroup_from_private_id(id));
	rcu_read_unlock();
	return ino;
}

/* The same for the cgroup that a folio is charged to. */
static u64 __vswap_folio_ino(struct folio *folio)
{
	u64 ino;

	rcu_read_lock();
	ino = vswap_memcg_ino(folio_memcg(folio));
	rcu_read_unlock();
	return ino;
}

/* What vswap_count_reject() wants to know; 0 if nobody listens. */
u64 vswap_folio_ino(struct folio *folio)
{
	return trace_vswap_reject_enabled() ? __vswap_folio_ino(folio) : 0;
}

/*
 * The owner of a run: the recorded one, or else that of the folio, which is there
 * when slots are allocated. On cgroup v1 there is no record before the folio
 * leaves the swap cache.
 */
static u64 vswap_run_ino(struct vswap_batch *b)
{
	unsigned long swp_tb;

	if (b->run_id)
		return vswap_cgroup_ino(b->run_id);
	swp_tb = swap_table_get(b->ci, b->run_start);
	if (!swp_tb_is_folio(swp_tb))
		return 0;
	return __vswap_folio_ino(swp_tb_to_folio(swp_tb));
}

/* Tell about a run of slots that changed in the same way. */
void vswap_trace_run(struct vswap_batch *b)
{
	swp_entry_t phys = {};

	if (b->run_phys)
		phys = vswap_word_to_phys(b->run_phys);
	trace_vswap_transition(vswap_cluster_start(b->ci) + b->run_start,
			       b->run_nr, b->run_from, b->run_to,
			       b->reason, swp_type(phys),
			       swp_offset(phys), b->run_bytes,
			       vswap_run_ino(b));
}

/**
 * vswap_count_reject - a slot or a backing was refused
 * @nr: number of pages
 * @why: the reason
 * @cgroup: inode number from vswap_folio_ino()
 */
void vswap_count_reject(unsigned int nr, enum vswap_reject why, u64 cgroup)
{
	this_cpu_add(vswap_stats.reject[why], nr);
	trace_vswap_reject(nr, why, cgroup);
}

/* Tell about slots that were read, see vswap_count_swapin(). */
void vswap_trace_read(struct folio *folio, swp_entry_t entry,
		      unsigned int nr, enum vswap_state backing)
{
	trace_vswap_swapin(swp_offset(entry), nr, backing,
			   __vswap_folio_ino(folio));
}

void vswap_trace_grow(unsigned long clusters, unsigned long total)
{
	trace_vswap_grow(clusters, total);
}

void vswap_trace_swapoff(int type, unsigned long moved,
			 unsigned long poisoned, unsigned long left)
{
	trace_vswap_swapoff(type, moved, poisoned, left);
}

/*
 * Sums
 */

static void vswap_sum(struct vswap_stats *sum)
{
	u64 *to = (u64 *)sum, *from;
	int cpu, i;

	BUILD_BUG_ON(sizeof(*sum) % sizeof(u64));
	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		from = (u64 *)per_cpu_ptr(&vswap_stats, cpu);
		for (i = 0; i < sizeof(*sum) / sizeof(u64); i++)
			to[i] += READ_ONCE(from[i]);
	}
}

/*
 * Slots in a state: those that entered it minus those that left. For the free
 * state the opposite: slots in use. A sum over CPUs while slots change may be
 * off by what is just changing, and so even come out below zero.
 */
static u64 vswap_sum_gauge(const struct vswap_stats *sum,
			   enum vswap_state state)
{
	s64 gauge = 0;
	int i;

	for (i = 0; i < VSWAP_NR_STATES; i++)
		gauge += sum->trans[i][state] - sum->trans[state][i];
	if (state == VSWAP_STATE_FREE)
		gauge = -gauge;
	return max(gauge, 0LL);
}

/**
 * vswap_gauge - how many slots are in a state
 * @state: the state; VSWAP_STATE_FREE gives the slots in any other one
 */
u64 vswap_gauge(enum vswap_state state)
{
	struct vswap_stats sum;

	vswap_sum(&sum);
	return vswap_sum_gauge(&sum, state);
}

/* A line for the report of the OOM killer. */
void vswap_show_info(void)
{
	struct vswap_stats sum;

	vswap_sum(&sum);
	pr_warn("vswap slots: used %llu none %llu zero %llu zswap %llu phys %llu poison %llu\n",
		vswap_sum_gauge(&sum, VSWAP_STATE_FREE),
		vswap_sum_gauge(&sum, VSWAP_STATE_NONE),
		vswap_sum_gauge(&sum, VSWAP_STATE_ZERO),
		vswap_sum_gauge(&sum, VSWAP_STATE_ZSWAP),
		vswap_sum_gauge(&sum, VSWAP_STATE_PHYS),
		vswap_sum_gauge(&sum, VSWAP_STATE_POISON));
}

#ifdef CONFIG_DEBUG_FS

#undef EM
#undef EMe
#define EM(a, b) \
	[a] = b,
#define EMe(a, b) \
	[a] = b

static const char * const state_names[] = { VSWAP_STATES };
static const char * const reject_names[] = { VSWAP_REJECTS };

/* Bytes that the layer takes beyond what any swap device takes. */
static u64 vswap_metadata_bytes(u64 vtables)
{
	return vswap_nr_clusters() * sizeof(struct swap_cluster_info) +
	       vtables * PAGE_SIZE;
}

static void vswap_show_gauges(struct seq_file *m,
			      const struct vswap_stats *sum)
{
	int i;

	seq_printf(m, "slots_used %llu\n",
		   vswap_sum_gauge(sum, VSWAP_STATE_FREE));
	for (i = VSWAP_STATE_NONE; i < VSWAP_NR_STATES; i++)
		seq_printf(m, "slots_%s %llu\n", state_names[i],
			   vswap_sum_gauge(sum, i));
}

static int stat_show(struct seq_file *m, void *v)
{
	struct vswap_stats *sum = m->private;
	u64 vtables = atomic_long_read(&vswap_nr_vtables);
	int i;

	vswap_sum(sum);
	seq_puts(m, "version 1\n");
	vswap_show_gauges(m, sum);
	seq_printf(m, "capacity %lu\n", READ_ONCE(vswap_si->max));
	seq_printf(m, "clusters %lu\n", vswap_nr_clusters());
	seq_printf(m, "tables %llu\n", vtables);
	seq_printf(m, "metadata_bytes %llu\n", vswap_metadata_bytes(vtables));
	for (i = VSWAP_STATE_NONE; i < VSWAP_NR_STATES; i++)
		seq_printf(m, "swapin_%s %llu\n", state_names[i],
			   sum->swapin[i]);
	for (i = 0; i < VSWAP_NR_REJECTS; i++)
		seq_printf(m, "reject_%s %llu\n", reject_names[i],
			   sum->reject[i]);
	seq_printf(m, "swapoff_moved %llu\n", sum->swapoff_moved);
	seq_printf(m, "swapoff_poisoned %llu\n", sum->swapoff_poisoned);
	seq_printf(m, "write_errors %llu\n", sum->write_errors);
	return 0;
}

static int transitions_show(struct seq_file *m, void *v)
{
	struct vswap_stats *sum = m->private;
	int from, to;

	vswap_sum(sum);
	seq_puts(m, "from\\to");
	for (to = 0; to < VSWAP_NR_STATES; to++)
		seq_printf(m, " %s", state_names[to]);
	seq_putc(m, '\n');
	for (from = 0; from < VSWAP_NR_STATES; from++) {
		seq_puts(m, state_names[from]);
		for (to = 0; to < VSWAP_NR_STATES; to++)
			seq_printf(m, " %llu", sum->trans[from][to]);
		seq_putc(m, '\n');
	}
	return 0;
}

/*
 * verify: walk all clusters and check the rules of mm/vswap.c
 */

/* Do not flood the reader; one broken table has many broken slots. */
#define VSWAP_VERIFY_LINES	64

static __printf(2, 3) void vswap_wrong(struct vswap_verify *vv,
				       const char *fmt, ...)
{
	va_list args;

	if (vv->wrong++ >= VSWAP_VERIFY_LINES)
		return;
	va_start(args, fmt);
	seq_vprintf(vv->m, fmt, args);
	va_end(args);
	seq_putc(vv->m, '\n');
}

/* Does the physical slot point back? */
static void verify_phys(struct vswap_verify *vv, unsigned long voff,
			unsigned long word)
{
	swp_entry_t phys = vswap_word_to_phys(word);
	struct swap_info_struct *si;
	unsigned long swp_tb;

	si = get_swap_device(phys);
	if (!si) {
		vswap_wrong(vv, "slot %lu: phys %u:%lu is no valid slot", voff,
			    swp_type(phys), swp_offset(phys));
		return;
	}
	swp_tb = swap_table_get(__swap_offset_to_cluster(si, swp_offset(phys)),
				swp_cluster_offset(phys));
	if (swp_tb != vswap_offset_to_rmap(voff))
		vswap_wrong(vv, "slot %lu: phys %u:%lu has %lx, no pointer back",
			    voff, swp_type(phys), swp_offset(phys), swp_tb);
	put_swap_device(si);
}

/*
 * A folio without backing is dirty, rule 2. Nobody says so while it is locked by
 * somebody else. The cluster lock keeps it in the swap cache.
 */
static void verify_only_copy(struct vswap_verify *vv, unsigned long voff,
			     struct folio *folio)
{
	if (!folio_trylock(folio))
		return;
	if (folio_test_uptodate(folio) && !folio_test_dirty(folio) &&
	    !folio_test_writeback(folio))
		vswap_wrong(vv, "slot %lu: clean folio without backing", voff);
	folio_unlock(folio);
}

static void verify_slot(struct vswap_verify *vv, struct swap_cluster_info *ci,
			unsigned int ci_off, unsigned int *used)
{
	unsigned long voff = vswap_cluster_start(ci) + ci_off;
	unsigned long word, swp_tb = __swap_table_get(ci, ci_off);
	enum vswap_state state;

	state = vswap_slot_state(ci, ci_off, &word);
	vv->slots[state]++;

	if (swp_tb_is_null(swp_tb)) {
		if (word)
			vswap_wrong(vv, "slot %lu: free, but backed: %lx", voff,
				    word);
		if (__swap_cgroup_get(ci, ci_off))
			vswap_wrong(vv, "slot %lu: free, but owned", voff);
		return;
	}
	(*used)++;
	if (!swp_tb_is_countable(swp_tb)) {
		vswap_wrong(vv, "slot %lu: no entry of a virtual slot: %lx",
			    voff, swp_tb);
		return;
	}
	if (word && (swp_tb & SWP_TB_ZERO_FLAG))
		vswap_wrong(vv, "slot %lu: zero, but backed: %lx", voff, word);
	if (word && !vswap_word_is_zswap(word) && !vswap_word_is_phys(word) &&
	    !vswap_word_is_poison(word))
		vswap_wrong(vv, "slot %lu: no valid word: %lx", voff, word);
	if (vswap_word_is_phys(word))
		verify_phys(vv, voff, word);

	if (swp_tb_is_folio(swp_tb)) {
		if (state == VSWAP_STATE_NONE)
			verify_only_copy(vv, voff, swp_tb_to_folio(swp_tb));
	} else if (state == VSWAP_STATE_NONE) {
		vswap_wrong(vv, "slot %lu: no folio and no backing", voff);
	} else if (!__swp_tb_get_count(swp_tb)) {
		vswap_wrong(vv, "slot %lu: no folio and no count", voff);
	}
}

VISIBLE_IF_KUNIT void vswap_verify_cluster(struct vswap_verify *vv,
					   struct swap_cluster_info *ci)
{
	unsigned long start = vswap_cluster_start(ci);
	unsigned int i, used = 0, backed = 0;
	bool vtable;

	spin_lock(&ci->lock);
	vtable = rcu_access_pointer(ci->vtable);
	if (rcu_access_pointer(ci->table)) {
		for (i = 0; i < SWAPFILE_CLUSTER; i++) {
			verify_slot(vv, ci, i, &used);
			backed += !!vswap_word(ci, i);
		}
	} else {
		vv->slots[VSWAP_STATE_FREE] += SWAPFILE_CLUSTER;
		if (vtable)
			vswap_wrong(vv, "cluster %lu: virtual table, but no table",
				    start);
	}
	if (used != ci->count)
		vswap_wrong(vv, "cluster %lu: %u slots in use, count is %u",
			    start, used, ci->count);
	if (backed != ci->nr_backed)
		vswap_wrong(vv, "cluster %lu: %u words, nr_backed is %u",
			    start, backed, ci->nr_backed);
	if (vtable && !backed)
		vswap_wrong(vv, "cluster %lu: empty virtual table", start);
	vv->vtables += vtable;
	spin_unlock(&ci->lock);
}

/* Do all pointers of a physical device point to a slot that names them? */
VISIBLE_IF_KUNIT void vswap_verify_rmap(struct vswap_verify *vv, int type)
{
	struct swap_info_struct *si = READ_ONCE(swap_info[type]);
	struct swap_cluster_info *ci;
	unsigned long off, voff, swp_tb, word;

	if (!si || swap_is_vswap(si) || !percpu_ref_tryget_live(&si->users))
		return;
	for (off = 0; off < si->max; off++) {
		if (!(off % SWAPFILE_CLUSTER))
			cond_resched();
		ci = __swap_offset_to_cluster(si, off);
		swp_tb = swap_table_get(ci, off % SWAPFILE_CLUSTER);
		if (!vswap_tb_is_rmap(swp_tb))
			continue;
		voff = vswap_rmap_to_offset(swp_tb);
		if (voff >= vswap_si->max) {
			vswap_wrong(vv, "phys %d:%lu: points to %lu, past the end",
				    type, off, voff);
			continue;
		}
		ci = swap_cluster_lock(vswap_si, voff);
		word = vswap_word(ci, voff % SWAPFILE_CLUSTER);
		/* Not yet, or no longer: it is so while the folio is locked. */
		if ((!vswap_word_is_phys(word) ||
		     vswap_word_to_phys(word).val != swp_entry(type, off).val) &&
		    swap_table_get(__swap_offset_to_cluster(si, off),
				   off % SWAPFILE_CLUSTER) == swp_tb &&
		    !swap_cache_has_folio(swp_entry(vswap_type, voff)))
			vswap_wrong(vv, "phys %d:%lu: slot %lu has %lx instead",
				    type, off, voff, word);
		swap_cluster_unlock(ci);
	}
	percpu_ref_put(&si->users);
}

/*
 * Compare the walk with the counters. Both are exact at rest; while slots
 * change they differ by what changed meanwhile, so do not complain then.
 */
VISIBLE_IF_KUNIT void
vswap_verify_counters(struct vswap_verify *vv,
		      const struct vswap_stats *before,
		      const struct vswap_stats *after)
{
	long vtables = atomic_long_read(&vswap_nr_vtables);
	int i;

	/* A table is there before the first slot that needs it changes. */
	if (memcmp(before->trans, after->trans, sizeof(before->trans)) ||
	    vtables != vv->counted)
		return;
	for (i = VSWAP_STATE_NONE; i < VSWAP_NR_STATES; i++)
		if (vswap_sum_gauge(after, i) != vv->slots[i])
			vswap_wrong(vv, "slots_%s: counter %llu, walk %llu",
				    state_names[i], vswap_sum_gauge(after, i),
				    vv->slots[i]);
	if (vtables != vv->vtables)
		vswap_wrong(vv, "tables: counter %ld, walk %ld", vtables,
			    vv->vtables);
}

static int verify_show(struct seq_file *m, void *v)
{
	struct vswap_stats *before = m->private, *after = before + 1;
	struct vswap_verify vv = { .m = m };
	unsigned long i;
	int type;

	vswap_sum(before);
	vv.counted = atomic_long_read(&vswap_nr_vtables);
	/* Cluster 0 is not used and has no tables. */
	for (i = 1; i < vswap_nr_clusters(); i++) {
		vswap_verify_cluster(&vv, &vswap_si->cluster_info[i]);
		cond_resched();
	}
	for (type = 0; type < MAX_SWAPFILES; type++)
		vswap_verify_rmap(&vv, type);
	vswap_sum(after);
	vswap_verify_counters(&vv, before, after);

	if (vv.wrong > VSWAP_VERIFY_LINES)
		seq_printf(m, "... and %lu more\n",
			   vv.wrong - VSWAP_VERIFY_LINES);
	if (!vv.wrong)
		seq_puts(m, "ok\n");
	return 0;
}

/* Every reader gets room for two sums: they do not fit on the stack. */
static int vswap_stat_open(struct file *file, int (*show)(struct seq_file *, void *))
{
	struct vswap_stats *sums = kvcalloc(2, sizeof(*sums), GFP_KERNEL);
	int err;

	if (!sums)
		return -ENOMEM;
	err = single_open(file, show, sums);
	if (err)
		kvfree(sums);
	return err;
}

static int vswap_stat_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;

	kvfree(m->private);
	return single_release(inode, file);
}

#define VSWAP_STAT_FILE(name)						\
static int name##_open(struct inode *inode, struct file *file)		\
{									\
	return vswap_stat_open(file, name##_show);			\
}									\
static const struct file_operations name##_fops = {			\
	.owner		= THIS_MODULE,					\
	.open		= name##_open,					\
	.read		= seq_read,					\
	.llseek		= seq_lseek,					\
	.release	= vswap_stat_release,				\
}

VSWAP_STAT_FILE(stat);
VSWAP_STAT_FILE(transitions);
VSWAP_STAT_FILE(verify);

void __init vswap_stat_init(void)
{
	struct dentry *dir = debugfs_create_dir("vswap", NULL);

	debugfs_create_file("stat", 0444, dir, NULL, &stat_fops);
	debugfs_create_file("transitions", 0444, dir, NULL, &transitions_fops);
	debugfs_create_file("verify", 0444, dir, NULL, &verify_fops);
}

#else

void __init vswap_stat_init(void)
{
}

#endif /* CONFIG_DEBUG_FS */
