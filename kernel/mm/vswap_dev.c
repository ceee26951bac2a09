// SPDX-License-Identifier: GPL-2.0
/*
 * Virtual swap: the device, how it grows, and its knobs
 *
 * The cluster descriptors are an array, as those of any swap device, so that
 * looking one up costs two instructions. The array is a sparse vmalloc area:
 * all of its address space is reserved at boot, and pages are mapped into it
 * when the device grows. They stay for good: a descriptor never goes away, so
 * there is nothing to re-check after a lock was dropped. It costs 64 bytes for
 * every 2 MiB of the highest use there ever was.
 *
 * Mapping a page sleeps and allocates. A worker does it ahead of need, because
 * reclaim must not: it would eat the memory that it is to free.
 */

#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/kmemleak.h>
#include <linux/kobject.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/swap_ops.h>
#include <linux/sysfs.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include "swap.h"
#include "vswap_internal.h"

struct swap_info_struct *vswap_si __ro_after_init;
int vswap_type __ro_after_init = -1;
/* Set by vswap_set_mode() only: no slot is handed out before all code knows them. */
enum vswap_mode vswap_mode = VSWAP_MODE_NEVER;
static enum vswap_mode vswap_boot_mode __initdata = VSWAP_MODE_AUTO;

/*
 * Address space reserved for the descriptors. 64 GiB of it, a five hundredth of
 * what vmalloc has on x86-64 with four levels, describe 2 PiB of virtual swap.
 * No more than a 64th of a smaller vmalloc area is taken, and with KASAN, which
 * fills in the shadow of the whole reservation, 64 MiB for 2 TiB.
 */
#define VSWAP_RESERVE_MAX	(IS_ENABLED(CONFIG_KASAN_VMALLOC) ? SZ_64M : 64ULL * SZ_1G)
#define VSWAP_VMALLOC_SHARE	64

/* Descriptors are mapped a page at a time: this many, or one more. */
#define VSWAP_GROW_CLUSTERS	(PAGE_SIZE / sizeof(struct swap_cluster_info))

static struct vm_struct *vswap_area __ro_after_init;
static unsigned long vswap_max_clusters __ro_after_init;

/* Bytes of the array that have memory; only the worker looks at this. */
static unsigned long vswap_mapped;
/* Populated clusters, with the reserved first one; written by the worker. */
static unsigned long vswap_clusters;
/* Populated clusters on the free list. */
static atomic_long_t vswap_free_clusters;

static struct workqueue_struct *vswap_wq __ro_after_init;
static void vswap_grow_work(struct work_struct *work);
static DECLARE_WORK(vswap_grow, vswap_grow_work);
static DECLARE_WAIT_QUEUE_HEAD(vswap_grow_wait);
/* The task that is growing the device: it must not wait for itself. */
static struct task_struct *vswap_grower;
/* Runs of the worker, so that who waits can tell that it is done. */
static unsigned long vswap_grow_seq;
/* The run that somebody has waited for in vain. */
static unsigned long vswap_grow_late = ULONG_MAX;

/*
 * Keep a page of descriptors ahead, and a few clusters for each CPU, as every
 * CPU fills one of its own for each order it uses.
 */
static long vswap_low_mark(void)
{
	return max_t(long, VSWAP_GROW_CLUSTERS, 4 * num_online_cpus());
}

unsigned long vswap_nr_clusters(void)
{
	/* Those that are counted can be locked. Pairs with vswap_add_clusters(). */
	return smp_load_acquire(&vswap_clusters);
}

static bool vswap_may_grow(void)
{
	return READ_ONCE(vswap_clusters) < vswap_max_clusters;
}

/* The allocator took a cluster off the free list. Cluster lock held. */
void vswap_cluster_taken(void)
{
	if (atomic_long_dec_return(&vswap_free_clusters) < vswap_low_mark() &&
	    vswap_may_grow())
		queue_work(vswap_wq, &vswap_grow);
}

/* The allocator put an empty cluster on the free list. Cluster lock held. */
void vswap_cluster_returned(void)
{
	atomic_long_inc(&vswap_free_clusters);
}

/* How long an allocation waits for a worker that has not run in time. */
#define VSWAP_GROW_TIMEOUT	(HZ / 20)

/**
 * vswap_wait_growth - wait for free clusters
 *
 * Context: Sleeps, for a short time. Called when there was no free slot.
 * Return: true if it makes sense to try once more.
 */
bool vswap_wait_growth(void)
{
	unsigned long seq = READ_ONCE(vswap_grow_seq);

	if (!vswap_may_grow() || READ_ONCE(vswap_grower) == current)
		return false;
	queue_work(vswap_wq, &vswap_grow);
	/* One folio has waited for this run of the worker; that is enough. */
	if (READ_ONCE(vswap_grow_late) == seq)
		return false;
	if (!wait_event_timeout(vswap_grow_wait,
				READ_ONCE(vswap_grow_seq) != seq,
				VSWAP_GROW_TIMEOUT))
		WRITE_ONCE(vswap_grow_late, seq);
	return atomic_long_read(&vswap_free_clusters) > 0;
}

/* Initialize the descriptors of one new page and hand them to the allocator. */
static void vswap_add_clusters(unsigned long first, unsigned long nr)
{
	struct swap_info_struct *si = vswap_si;
	struct swap_cluster_info *ci;
	unsigned long i;

	/*
	 * This lock class is not that of other devices' clusters, whose locks
	 * nest inside.
	 */
	for (i = 0; i < nr; i++) {
		ci = &si->cluster_info[first + i];
		spin_lock_init(&ci->lock);
		INIT_LIST_HEAD(&ci->list);
	}

	/* Whoever gets an entry of these clusters finds them initialized. */
	smp_store_release(&si->max, (first + nr) * SWAPFILE_CLUSTER);
	/* So does whoever walks them all. Pairs with vswap_nr_clusters(). */
	smp_store_release(&vswap_clusters, first + nr);

	spin_lock(&si->lock);
	/* Slot 0 is no valid entry. Its cluster is never used. */
	for (i = first ? 0 : 1; i < nr; i++) {
		ci = &si->cluster_info[first + i];
		ci->flags = CLUSTER_FLAG_FREE;
		list_add_tail(&ci->list, &si->free_clusters);
		atomic_long_inc(&vswap_free_clusters);
	}
	spin_unlock(&si->lock);
}

/* Map one more page of descriptors. Only one task at a time comes here. */
static int vswap_grow_once(void)
{
	unsigned long addr = (unsigned long)vswap_area->addr + vswap_mapped;
	unsigned long nr, first = vswap_clusters;
	struct page *page;
	int err;

	if (first == vswap_max_clusters)
		return -ENOSPC;

	/*
	 * A page of descriptors lets 100 MiB go out. That is worth a page of the
	 * reserve, but not the OOM killer's work: there are other ways out.
	 */
	page = alloc_page(GFP_KERNEL | __GFP_HIGH | __GFP_NORETRY |
			  __GFP_ZERO | __GFP_NOWARN);
	if (!page)
		return -ENOMEM;

	err = vm_area_map_pages(vswap_area, addr, addr + PAGE_SIZE, &page);
	if (err) {
		__free_page(page);
		return err;
	}
	/* Tables of a cluster have no other reference than its descriptor. */
	kmemleak_alloc((void *)addr, PAGE_SIZE, 0, GFP_KERNEL);
	vswap_mapped += PAGE_SIZE;

	/* A descriptor may straddle two pages, so count those that are whole. */
	nr = min(vswap_mapped / sizeof(struct swap_cluster_info),
		 vswap_max_clusters) - first;
	vswap_add_clusters(first, nr);
	vswap_trace_grow(nr, vswap_clusters);
	return 0;
}

static void vswap_grow_work(struct work_struct *work)
{
	WRITE_ONCE(vswap_grower, current);
	while (atomic_long_read(&vswap_free_clusters) < vswap_low_mark()) {
		if (vswap_grow_once()) {
			/* Not an error: folios go to physical slots directly. */
			vswap_trace_grow(0, vswap_clusters);
			break;
		}
	}
	WRITE_ONCE(vswap_grower, NULL);
	WRITE_ONCE(vswap_grow_seq, vswap_grow_seq + 1);
	wake_up_all(&vswap_grow_wait);
}

/*
 * Modes
 */

static const char * const vswap_mode_names[] = {
	[VSWAP_MODE_AUTO]	= "auto",
	[VSWAP_MODE_ALWAYS]	= "always",
	[VSWAP_MODE_NEVER]	= "never",
};

/* Slots that are in use stay as they are, whatever the new mode. */
static void vswap_set_mode(enum vswap_mode mode)
{
	/*
	 * All code must know virtual slots before the first one is handed out,
	 * and does when this returns.
	 */
	if (mode != VSWAP_MODE_NEVER && vswap_si)
		static_branch_enable(&vswap_key);
	WRITE_ONCE(vswap_mode, mode);
}

static int __init vswap_setup(char *str)
{
	int mode = sysfs_match_string(vswap_mode_names, str);

	if (mode < 0)
		pr_warn("vswap=%s: not auto, always or never\n", str);
	else
		vswap_boot_mode = mode;
	return 0;
}
early_param("vswap", vswap_setup);

#ifdef CONFIG_SYSFS
static ssize_t enabled_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	enum vswap_mode mode = READ_ONCE(vswap_mode);
	int i, len = 0;

	for (i = 0; i < ARRAY_SIZE(vswap_mode_names); i++)
		len += sysfs_emit_at(buf, len, i == mode ? "[%s]%c" : "%s%c",
				     vswap_mode_names[i],
				     i + 1 < ARRAY_SIZE(vswap_mode_names) ?
				     ' ' : '\n');
	return len;
}

static ssize_t enabled_store(struct kobject *kobj, struct kobj_attribute *attr,
			     const char *buf, size_t count)
{
	int mode = sysfs_match_string(vswap_mode_names, buf);

	if (mode < 0)
		return mode;
	vswap_set_mode(mode);
	return count;
}

static struct kobj_attribute enabled_attr = __ATTR_RW(enabled);

#define VSWAP_GAUGE_ATTR(name, state)					\
static ssize_t slots_##name##_show(struct kobject *kobj,		\
				   struct kobj_attribute *attr,		\
				   char *buf)				\
{									\
	return sysfs_emit(buf, "%llu\n", vswap_gauge(state));		\
}									\
static struct kobj_attribute slots_##name##_attr = __ATTR_RO(slots_##name)

/* All slots that are not free are in use. */
VSWAP_GAUGE_ATTR(used, VSWAP_STATE_FREE);
VSWAP_GAUGE_ATTR(none, VSWAP_STATE_NONE);
VSWAP_GAUGE_ATTR(zero, VSWAP_STATE_ZERO);
VSWAP_GAUGE_ATTR(zswap, VSWAP_STATE_ZSWAP);
VSWAP_GAUGE_ATTR(phys, VSWAP_STATE_PHYS);
VSWAP_GAUGE_ATTR(poison, VSWAP_STATE_POISON);

static struct attribute *vswap_attrs[] = {
	&enabled_attr.attr,
	&slots_used_attr.attr,
	&slots_none_attr.attr,
	&slots_zero_attr.attr,
	&slots_zswap_attr.attr,
	&slots_phys_attr.attr,
	&slots_poison_attr.attr,
	NULL,
};

static const struct attribute_group vswap_attr_group = {
	.attrs = vswap_attrs,
};

static void __init vswap_sysfs_init(void)
{
	struct kobject *kobj = kobject_create_and_add("vswap", mm_kobj);

	if (!kobj || sysfs_create_group(kobj, &vswap_attr_group)) {
		pr_warn("vswap: no memory for sysfs\n");
		kobject_put(kobj);
	}
}
#else
static void __init vswap_sysfs_init(void)
{
}
#endif /* CONFIG_SYSFS */

/*
 * Set-up
 */

/* There is no IO to the virtual device; whoever asks gets its flags. */
static const struct swap_ops vswap_ops;

/* The reservation, in clusters. */
static unsigned long __init vswap_reservation(void)
{
	unsigned long bytes, clusters;

	bytes = min_t(unsigned long, VSWAP_RESERVE_MAX,
		      (VMALLOC_END - VMALLOC_START) / VSWAP_VMALLOC_SHARE);
	clusters = bytes / sizeof(struct swap_cluster_info);

	/* Every format must hold the offsets, that of a page table as well. */
	clusters = min(clusters, VSWAP_MAX_OFFSET / SWAPFILE_CLUSTER);
	return min(clusters, swapfile_maximum_size / SWAPFILE_CLUSTER);
}

static int __init vswap_reserve(void)
{
	vswap_max_clusters = vswap_reservation();
	if (!vswap_max_clusters)
		return -ENOSPC;
	vswap_area = get_vm_area(PAGE_ALIGN(vswap_max_clusters *
					    sizeof(struct swap_cluster_info)),
				 VM_SPARSE);
	return vswap_area ? 0 : -ENOMEM;
}

static int __init vswap_dev_init(void)
{
	struct swap_info_struct *si;
	int err;

	err = vswap_tables_init();
	if (!err)
		err = vswap_reserve();
	if (err)
		goto fail;

	err = -ENOMEM;
	vswap_wq = alloc_workqueue("vswap", WQ_UNBOUND | WQ_MEM_RECLAIM, 1);
	if (!vswap_wq)
		goto fail;

	si = swap_alloc_virtual_info();
	if (IS_ERR(si)) {
		err = PTR_ERR(si);
		goto fail;
	}
	si->ops = &vswap_ops;
	si->cluster_info = vswap_area->addr;
	vswap_si = si;
	vswap_type = si->type;

	err = vswap_grow_once();
	if (err)
		pr_warn("vswap: no memory to begin with: %d\n", err);
	swap_enable_virtual_info(si);

	vswap_sysfs_init();
	vswap_stat_init();
	vswap_set_mode(vswap_boot_mode);
	pr_info("vswap: %s, up to %lu GiB of virtual swap\n",
		vswap_mode_names[vswap_mode],
		vswap_max_clusters * SWAPFILE_CLUSTER >> (30 - PAGE_SHIFT));
	return 0;

fail:
	/* Everything works without: folios go to physical slots. */
	pr_warn("vswap: not available: %d\n", err);
	return 0;
}

/* After swapfile_init(), and before anybody can call swapon(). */
late_initcall(vswap_dev_init);
