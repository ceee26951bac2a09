/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kstruct.h - what vswap-dump knows about the kernel's data structures
 *
 * This is the only file that names kernel structures, members, symbols and
 * encodings. When the kernel changes, the change to make is here: offsets and
 * sizes come from DWARF by member name, so only a rename, a new meaning or a new
 * encoding needs an edit. A member may list older or newer names, separated by
 * '|'; the first that exists is used. What differs between processor
 * architectures (page tables, swap PTEs, the memory map) is in arch.c.
 *
 * Kernel sources named below are relative to the Linux 7.3 tree with vswap.
 */
#ifndef VSWAP_DUMP_KSTRUCT_H
#define VSWAP_DUMP_KSTRUCT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * K_STRUCT(S)      a structure that is looked up
 * K_MEMBER(S, m)   a member without which the tool cannot work
 * K_ALIAS(S, m, "a|b")  the same, with alternative names
 * K_OPT(S, m)      a member whose absence only takes a feature away
 * K_OPTALIAS(S, m, "a|b") both
 */
#define K_ALL(K_STRUCT, K_MEMBER, K_ALIAS, K_OPT, K_OPTALIAS)			\
	/*									\
	 * include/linux/swap.h: one swap device. The virtual device is one of	\
	 * them, with SWP_VSWAP in flags and a sparse cluster_info array of	\
	 * which only the first max / SWAPFILE_CLUSTER elements are mapped.	\
	 */									\
	K_STRUCT(swap_info_struct)						\
	K_MEMBER(swap_info_struct, flags)					\
	K_MEMBER(swap_info_struct, prio)					\
	K_MEMBER(swap_info_struct, type)					\
	K_MEMBER(swap_info_struct, max)						\
	K_MEMBER(swap_info_struct, pages)					\
	K_MEMBER(swap_info_struct, inuse_pages)					\
	K_MEMBER(swap_info_struct, cluster_info)				\
	K_MEMBER(swap_info_struct, free_clusters)				\
	K_MEMBER(swap_info_struct, full_clusters)				\
	K_MEMBER(swap_info_struct, nonfull_clusters)				\
	K_MEMBER(swap_info_struct, frag_clusters)				\
	K_MEMBER(swap_info_struct, discard_clusters)				\
	K_MEMBER(swap_info_struct, swap_file)					\
	K_MEMBER(swap_info_struct, bdev)					\
	K_MEMBER(swap_info_struct, swap_extent_root)				\
	K_MEMBER(swap_info_struct, lock)					\
	/*									\
	 * mm/swap.h: one cluster of slots. "lock" is a spinlock_t whose first	\
	 * 32 bits are non-zero while it is held (asm-generic/qspinlock.h).	\
	 * vtable: the virtual table, NULL when no slot has a backing word;	\
	 * nr_backed: how many of its words are not "none" (mm/vswap.c).	\
	 */									\
	K_STRUCT(swap_cluster_info)						\
	K_MEMBER(swap_cluster_info, lock)					\
	K_MEMBER(swap_cluster_info, count)					\
	K_MEMBER(swap_cluster_info, flags)					\
	K_MEMBER(swap_cluster_info, order)					\
	K_MEMBER(swap_cluster_info, table)					\
	K_MEMBER(swap_cluster_info, extend_table)				\
	K_OPT(swap_cluster_info, memcg_table)					\
	K_OPT(swap_cluster_info, zero_bitmap)					\
	K_MEMBER(swap_cluster_info, list)					\
	K_MEMBER(swap_cluster_info, vtable)					\
	K_MEMBER(swap_cluster_info, nr_backed)					\
	/* mm/swap_table.h: the swap table words of a cluster; its length is	\
	 * SWAPFILE_CLUSTER */							\
	K_STRUCT(swap_table)							\
	K_MEMBER(swap_table, entries)						\
	/* mm/swap_table.h: private cgroup id per slot, 0 for none */		\
	K_STRUCT(swap_memcg_table)						\
	K_OPT(swap_memcg_table, id)						\
	/* mm/zswap.c: one compressed page; swpentry is the swap entry it is	\
	 * for, length the compressed bytes (PAGE_SIZE: stored as it is) */	\
	K_STRUCT(zswap_entry)							\
	K_MEMBER(zswap_entry, swpentry)						\
	K_MEMBER(zswap_entry, length)						\
	K_OPT(zswap_entry, referenced)						\
	K_MEMBER(zswap_entry, pool)						\
	K_MEMBER(zswap_entry, handle)						\
	K_OPT(zswap_entry, objcg)						\
	K_MEMBER(zswap_entry, lru)						\
	/* mm/zswap.c: a zsmalloc pool and the compressor used in it */		\
	K_STRUCT(zswap_pool)							\
	K_MEMBER(zswap_pool, zs_pool)						\
	K_MEMBER(zswap_pool, tfm_name)						\
	K_OPT(zswap_pool, list)							\
	/* mm/zsmalloc.c: pool, its size classes by index */			\
	K_STRUCT(zs_pool)							\
	K_MEMBER(zs_pool, size_class)						\
	K_OPT(zs_pool, pages_allocated)						\
	/* mm/zsmalloc.c: objects of one size */				\
	K_STRUCT(size_class)							\
	K_MEMBER(size_class, size)						\
	K_MEMBER(size_class, index)						\
	K_MEMBER(size_class, objs_per_zspage)					\
	K_MEMBER(size_class, pages_per_zspage)					\
	/* mm/zsmalloc.c: pages that hold objects together; bit fields */	\
	K_STRUCT(zspage)							\
	K_MEMBER(zspage, huge)							\
	K_MEMBER(zspage, class)							\
	K_MEMBER(zspage, magic)							\
	K_MEMBER(zspage, first_zpdesc)						\
	K_OPT(zspage, pool)							\
	/* mm/zpdesc.h: overlays struct page */					\
	K_STRUCT(zpdesc)							\
	K_MEMBER(zpdesc, next)							\
	K_MEMBER(zpdesc, handle)						\
	K_MEMBER(zpdesc, zspage)						\
	/* include/linux/mm_types.h: the memory map, and a cached folio; swap	\
	 * is the entry of its first page */					\
	K_STRUCT(page)								\
	K_MEMBER(page, flags)							\
	K_STRUCT(folio)								\
	K_MEMBER(folio, flags)							\
	K_MEMBER(folio, swap)							\
	K_OPT(folio, memcg_data)						\
	/* include/linux/xarray.h: the tree of cgroup ids, and zswap's trees of	\
	 * entries that name a physical device directly */			\
	K_STRUCT(xarray)							\
	K_MEMBER(xarray, xa_head)						\
	K_STRUCT(xa_node)							\
	K_MEMBER(xa_node, shift)						\
	K_MEMBER(xa_node, slots)						\
	/* include/linux/memcontrol.h: an obj_cgroup is what zswap charges */	\
	K_STRUCT(obj_cgroup)							\
	K_OPT(obj_cgroup, memcg)						\
	K_STRUCT(mem_cgroup)							\
	K_OPT(mem_cgroup, css)							\
	K_OPT(mem_cgroup, id)							\
	K_OPT(mem_cgroup, kmemcg_id)						\
	K_STRUCT(mem_cgroup_private_id)						\
	K_OPT(mem_cgroup_private_id, id)					\
	/* include/linux/cgroup-defs.h, include/linux/kernfs.h: a cgroup's	\
	 * name and the inode number that is its id */				\
	K_STRUCT(cgroup_subsys_state)						\
	K_OPT(cgroup_subsys_state, cgroup)					\
	K_STRUCT(cgroup)							\
	K_OPT(cgroup, kn)							\
	K_STRUCT(kernfs_node)							\
	K_OPTALIAS(kernfs_node, parent, "__parent|parent")			\
	K_OPT(kernfs_node, name)						\
	K_OPT(kernfs_node, id)							\
	/* include/linux/sched.h: tasks; only thread group leaders are in	\
	 * the "tasks" list that starts at init_task */				\
	K_STRUCT(task_struct)							\
	K_OPT(task_struct, tasks)						\
	K_OPT(task_struct, pid)							\
	K_OPT(task_struct, tgid)						\
	K_OPT(task_struct, comm)						\
	K_OPT(task_struct, mm)							\
	K_OPT(task_struct, thread_node)						\
	K_OPT(task_struct, signal)						\
	K_STRUCT(signal_struct)							\
	K_OPT(signal_struct, thread_head)					\
	/* include/linux/mm_types.h */						\
	K_STRUCT(mm_struct)							\
	K_OPT(mm_struct, pgd)							\
	/* include/linux/fs.h, dcache.h, fs/mount.h: the path of a swap file */	\
	K_STRUCT(file)								\
	K_OPT(file, f_path)							\
	K_STRUCT(path)								\
	K_OPT(path, mnt)							\
	K_OPT(path, dentry)							\
	K_STRUCT(dentry)							\
	K_OPT(dentry, d_parent)							\
	K_OPT(dentry, d_name)							\
	K_STRUCT(qstr)								\
	K_OPT(qstr, name)							\
	K_STRUCT(mount)								\
	K_OPT(mount, mnt)							\
	K_OPT(mount, mnt_parent)						\
	K_OPT(mount, mnt_mountpoint)						\
	/* include/linux/blk_types.h, blkdev.h: what a slot's sector is on */	\
	K_STRUCT(block_device)							\
	K_OPT(block_device, bd_dev)						\
	K_OPT(block_device, bd_disk)						\
	K_STRUCT(gendisk)							\
	K_OPT(gendisk, disk_name)						\
	/* include/linux/swap.h: where the pages of a swap file lie */		\
	K_STRUCT(swap_extent)							\
	K_OPT(swap_extent, rb_node)						\
	K_OPT(swap_extent, start_page)						\
	K_OPT(swap_extent, nr_pages)						\
	K_OPT(swap_extent, start_block)						\
	/* include/linux/rbtree_types.h */					\
	K_STRUCT(rb_root)							\
	K_OPT(rb_root, rb_node)							\
	K_STRUCT(rb_node)							\
	K_OPT(rb_node, rb_left)							\
	K_OPT(rb_node, rb_right)						\
	/* include/linux/types.h */						\
	K_STRUCT(list_head)							\
	K_MEMBER(list_head, next)						\
	K_MEMBER(list_head, prev)						\
	/* include/linux/list_lru.h: zswap's LRU, one list per node, and per	\
	 * cgroup in "xa" by kmemcg_id; only their locks are looked at */	\
	K_STRUCT(list_lru)							\
	K_OPT(list_lru, node)							\
	K_OPT(list_lru, xa)							\
	K_STRUCT(list_lru_node)							\
	K_OPT(list_lru_node, lru)						\
	K_STRUCT(list_lru_one)							\
	K_OPT(list_lru_one, lock)						\
	K_STRUCT(list_lru_memcg)						\
	K_OPT(list_lru_memcg, node)						\
	/* mm/vswap.h: per-CPU counters; trans[from][to] counts transitions,	\
	 * states in the order of enum vs_state below */			\
	K_STRUCT(vswap_stats)							\
	K_OPT(vswap_stats, trans)						\
	K_OPT(vswap_stats, swapin)						\
	K_OPT(vswap_stats, reject)

#define K_ENUM_S(s)		KS_##s,
#define K_ENUM_M(s, m)		KM_##s##_##m,
#define K_ENUM_A(s, m, a)	KM_##s##_##m,
#define K_NOTHING_S(s)
#define K_NOTHING_M(s, m)
#define K_NOTHING_A(s, m, a)

/** Structures by number. */
enum kstruct_id {
	K_ALL(K_ENUM_S, K_NOTHING_M, K_NOTHING_A, K_NOTHING_M, K_NOTHING_A)
	KS_COUNT
};

/** Members by number: KM_<structure>_<member>. */
enum kmember_id {
	K_ALL(K_NOTHING_S, K_ENUM_M, K_ENUM_A, K_ENUM_M, K_ENUM_A)
	KM_COUNT
};

/*
 * Enumerators that are looked up by name. include/linux/page-flags.h.
 */
#define K_ENUMERATORS(X)	\
	X(PG_locked)		\
	X(PG_writeback)		\
	X(PG_uptodate)		\
	X(PG_dirty)

#define K_ENUMERATOR_ID(e)	KE_##e,
enum kenum_id {
	K_ENUMERATORS(K_ENUMERATOR_ID)
	KE_COUNT
};

/*
 * Symbols, looked up in the symbol table. Those marked optional take a feature
 * away when they are missing.
 */
#define K_SYMBOLS(REQ, OPT)							\
	/* mm/swapfile.c */							\
	REQ(swap_info)								\
	/* mm/vswap.c: pointer to the virtual device */				\
	OPT(vswap_si)								\
	/* mm/vswap.c: per-CPU struct vswap_stats */				\
	OPT(vswap_stats)							\
	/* mm/zswap.c */							\
	OPT(zswap_pools)							\
	OPT(zswap_trees)							\
	OPT(nr_zswap_trees)							\
	OPT(zswap_stored_pages)							\
	OPT(zswap_list_lru)							\
	/* mm/memcontrol.c */							\
	OPT(mem_cgroup_private_ids)						\
	/* init/init_task.c */							\
	OPT(init_task)								\
	/* init/version.c */							\
	OPT(linux_banner)							\
	/* mm/percpu.c, kernel/cpu.c */						\
	OPT(__per_cpu_offset)							\
	OPT(__per_cpu_start)							\
	OPT(__cpu_possible_mask)						\
	OPT(nr_cpu_ids)								\
	/* mm/page_alloc.c */							\
	OPT(nr_node_ids)							\
	/* arch/x86/kernel/head64.c: randomised bases */			\
	OPT(vmemmap_base)							\
	OPT(page_offset_base)							\
	OPT(phys_base)								\
	OPT(__pgtable_l5_enabled)						\
	/* the kernel's page tables and image */				\
	OPT(init_top_pgt)							\
	OPT(swapper_pg_dir)							\
	OPT(_stext)								\
	OPT(memstart_addr)							\
	OPT(kimage_voffset)

#define K_SYMBOL_ID(s)		KSYM_##s,
enum ksymbol_id {
	K_SYMBOLS(K_SYMBOL_ID, K_SYMBOL_ID)
	KSYM_COUNT
};

/* ------------------------------------------------------------------------
 * Encodings. Fixed numbers that DWARF does not have.
 */

/** States of a slot, in the order of the kernel's counters (kernel.md 9). */
enum vs_state {
	VS_FREE,	/**< not allocated */
	VS_NONE,	/**< allocated, the only copy is in the swap cache */
	VS_ZERO,	/**< a page of zeroes, nothing stored */
	VS_ZSWAP,	/**< compressed in memory */
	VS_PHYS,	/**< a slot of a real swap device */
	VS_POISON,	/**< content lost */
	VS_NR,
	VS_UNKNOWN = VS_NR,	/**< the dump does not have the table */
	VS_INVALID,	/**< the words contradict each other */
	VS_NR_ALL
};

/*
 * mm/swap_table.h: swap table words.
 *	0			free
 *	count:4 Z:1 shadow 1	used, not cached
 *	count:4 Z:1 pfn   10	used, cached
 *	pointer          100	a physical slot that backs a virtual one
 *	-8			bad
 * The flags are the top five bits on every 64-bit architecture: 52 bits of
 * physical address leave more than five.
 */
#define SWT_FLAGS_BITS		5
#define SWT_COUNT_SHIFT		60
#define SWT_COUNT_MAX		15u
#define SWT_ZERO		(1ULL << 59)
#define SWT_BAD			(~0ULL << 3)

enum swt_kind { SWT_FREE, SWT_SHADOW, SWT_FOLIO, SWT_POINTER, SWT_BADSLOT, SWT_ODD };

static inline enum swt_kind swt_kind(uint64_t w)
{
	if (!w)
		return SWT_FREE;
	if (w & 1)
		return SWT_SHADOW;
	if ((w & 3) == 2)
		return SWT_FOLIO;
	if (w == SWT_BAD)
		return SWT_BADSLOT;
	if ((w & 7) == 4)
		return SWT_POINTER;
	return SWT_ODD;
}

static inline unsigned int swt_count(uint64_t w)
{
	return w >> SWT_COUNT_SHIFT;
}

/** Page frame of the first page of the cached folio. */
static inline uint64_t swt_pfn(uint64_t w)
{
	return (w & ~(~0ULL << (64 - SWT_FLAGS_BITS))) >> 2;
}

/** Virtual offset in the reverse map word of a physical slot. */
static inline uint64_t swt_pointer(uint64_t w)
{
	return w >> 3;
}

static inline bool swt_pointer_ok(uint64_t w)
{
	return !(w >> 59);
}

/*
 * mm/vswap_table.h: virtual table words.
 *	0			none
 *	entry            001	struct zswap_entry pointer, 8-byte aligned
 *	type:5 E:1 offset:55 010 slot of a physical device; E: its last write failed
 *	                 011	poison (the whole word is 3)
 */
enum vtw_kind { VTW_NONE, VTW_ZSWAP, VTW_PHYS, VTW_POISON, VTW_ODD };

static inline enum vtw_kind vtw_kind(uint64_t w)
{
	if (!w)
		return VTW_NONE;
	switch (w & 7) {
	case 1:
		return VTW_ZSWAP;
	case 2:
		return VTW_PHYS;
	case 3:
		return w == 3 ? VTW_POISON : VTW_ODD;
	}
	return VTW_ODD;
}

static inline uint64_t vtw_entry(uint64_t w)
{
	return w & ~7ULL;
}

static inline unsigned int vtw_type(uint64_t w)
{
	return w >> 59;
}

static inline uint64_t vtw_offset(uint64_t w)
{
	return (w << 6) >> 9;
}

/** The last write to the physical slot failed: what it holds is not the page. */
static inline bool vtw_failed(uint64_t w)
{
	return w >> 58 & 1;
}

/* include/linux/swapops.h: swp_entry_t has the type in bits 58..62. */
#define SWP_ENTRY_TYPE_SHIFT	58

static inline unsigned int swp_entry_type(uint64_t e)
{
	return e >> SWP_ENTRY_TYPE_SHIFT;
}

static inline uint64_t swp_entry_offset(uint64_t e)
{
	return e & ((1ULL << SWP_ENTRY_TYPE_SHIFT) - 1);
}

/*
 * include/linux/swap.h: device flags. A swap type has five bits; those that are not
 * in the array swap_info[] are migration entries, markers and the like.
 */
#define SWP_F_USED		(1u << 0)
#define SWP_MAX_DEVICES		32

/* mm/swapfile.c: a flag in swap_info_struct.inuse_pages (SWAP_USAGE_OFFLIST_BIT). */
#define SWAP_USAGE_OFFLIST	(1ULL << 62)

/* mm/swap.h: enum swap_cluster_flags, which list a cluster is on. */
enum cl_list { CL_OFF, CL_FREE, CL_NONFULL, CL_FRAG, CL_FULL, CL_DISCARD, CL_NR };

/*
 * mm/zsmalloc.c: a handle points to a word [pfn | class | index]. The pfn takes
 * 52 - PAGE_SHIFT bits, the class 9 (CLASS_BITS + 1) when there is room, which
 * there always is on 64-bit. An object begins with its own handle and
 * OBJ_ALLOCATED_TAG, except in a "huge" zspage, where zpdesc.handle has it.
 */
#define ZS_PHYS_BITS		52
#define ZS_CLASS_BITS		9
#define ZS_ALLOCATED		1u
#define ZS_MAGIC		0x58
#define ZS_HANDLE_BYTES		8
#define ZS_MAX_CHAIN		16

/* mm/zsmalloc.c: ZS_MIN_ALLOC_SIZE, ZS_SIZE_CLASS_DELTA; merged classes use the largest. */
static inline uint64_t zs_class_size(unsigned int index, uint64_t page_size)
{
	uint64_t size = 32 + index * (page_size >> 8);

	return size < page_size ? size : page_size;
}

/* include/linux/xarray.h: 10 in the low bits marks a node. */
#define XA_MAX_DEPTH		11

static inline bool xa_is_node(uint64_t e)
{
	return (e & 3) == 2 && e > 4096;
}

#endif
