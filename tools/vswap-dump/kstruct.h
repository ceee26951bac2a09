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
 * K_MEMBER(S, m)   a member without which the tool cannot work: a number or a pointer
 * K_PART(S, m)     the same, but an array or a structure in the structure
 * K_OPT(S, m)      a number or pointer whose absence only takes a feature away
 * K_OPTALIAS(S, m, "a|b")  the same, with alternative names
 * K_OPTPART(S, m)  an array or a structure whose absence only takes a feature away
 *
 * Before each structure stands the file of the kernel that defines it.
 */
#define K_ALL(K_STRUCT, K_MEMBER, K_PART, K_OPT, K_OPTALIAS, K_OPTPART)		\
	/*									\
	 * include/linux/swap.h: one swap device. The virtual device is one	\
	 * of them, with SWP_VSWAP in flags and a sparse cluster_info array	\
	 * of which only the first max / SWAPFILE_CLUSTER elements are		\
	 * mapped.								\
	 */									\
	K_STRUCT(swap_info_struct)						\
	K_MEMBER(swap_info_struct, flags)					\
	K_MEMBER(swap_info_struct, prio)					\
	K_MEMBER(swap_info_struct, max)						\
	K_MEMBER(swap_info_struct, pages)					\
	K_MEMBER(swap_info_struct, inuse_pages)					\
	K_MEMBER(swap_info_struct, cluster_info)				\
	K_PART(swap_info_struct, free_clusters)					\
	K_PART(swap_info_struct, full_clusters)					\
	K_PART(swap_info_struct, nonfull_clusters)				\
	K_PART(swap_info_struct, frag_clusters)					\
	K_PART(swap_info_struct, discard_clusters)				\
	K_MEMBER(swap_info_struct, swap_file)					\
	K_MEMBER(swap_info_struct, bdev)					\
	K_PART(swap_info_struct, swap_extent_root)				\
	K_PART(swap_info_struct, lock)						\
	/*									\
	 * mm/swap.h: one cluster of slots. vtable: the virtual table, NULL	\
	 * when no slot has a backing word; nr_backed: how many of its words	\
	 * are not "none" (mm/vswap.c).						\
	 */									\
	K_STRUCT(swap_cluster_info)						\
	K_PART(swap_cluster_info, lock)						\
	K_MEMBER(swap_cluster_info, count)					\
	K_MEMBER(swap_cluster_info, flags)					\
	K_MEMBER(swap_cluster_info, order)					\
	K_MEMBER(swap_cluster_info, table)					\
	K_MEMBER(swap_cluster_info, extend_table)				\
	K_OPT(swap_cluster_info, memcg_table)					\
	K_PART(swap_cluster_info, list)						\
	K_MEMBER(swap_cluster_info, vtable)					\
	K_MEMBER(swap_cluster_info, nr_backed)					\
	/*									\
	 * mm/swap_table.h: the swap table words of a cluster; its length is	\
	 * SWAPFILE_CLUSTER							\
	 */									\
	K_STRUCT(swap_table)							\
	K_PART(swap_table, entries)						\
	/* mm/swap_table.h: private cgroup id per slot, 0 for none */		\
	K_STRUCT(swap_memcg_table)						\
	K_OPTPART(swap_memcg_table, id)						\
	/*									\
	 * mm/zswap.c: one compressed page; swpentry is the swap entry it is	\
	 * for, length the compressed bytes (PAGE_SIZE: stored as it is)	\
	 */									\
	K_STRUCT(zswap_entry)							\
	K_MEMBER(zswap_entry, swpentry)						\
	K_MEMBER(zswap_entry, length)						\
	K_MEMBER(zswap_entry, pool)						\
	K_MEMBER(zswap_entry, handle)						\
	K_OPT(zswap_entry, objcg)						\
	K_PART(zswap_entry, lru)						\
	/* mm/zswap.c: a zsmalloc pool and the compressor used in it */		\
	K_STRUCT(zswap_pool)							\
	K_MEMBER(zswap_pool, zs_pool)						\
	K_PART(zswap_pool, tfm_name)						\
	K_OPTPART(zswap_pool, list)						\
	/* mm/zsmalloc.c: a pool, with its size classes by index */		\
	K_STRUCT(zs_pool)							\
	K_PART(zs_pool, size_class)						\
	/* mm/zsmalloc.c: objects of one size */				\
	K_STRUCT(size_class)							\
	K_MEMBER(size_class, size)						\
	K_MEMBER(size_class, objs_per_zspage)					\
	/* mm/zsmalloc.c: pages that hold objects together; bit fields */	\
	K_STRUCT(zspage)							\
	K_MEMBER(zspage, huge)							\
	K_MEMBER(zspage, class)							\
	K_MEMBER(zspage, magic)							\
	/*									\
	 * mm/zpdesc.h: what zsmalloc makes of a struct page, which it		\
	 * overlays								\
	 */									\
	K_STRUCT(zpdesc)							\
	K_MEMBER(zpdesc, next)							\
	K_MEMBER(zpdesc, handle)						\
	K_MEMBER(zpdesc, zspage)						\
	/*									\
	 * include/linux/mm_types.h: one in the memory map for each page;	\
	 * only its size counts							\
	 */									\
	K_STRUCT(page)								\
	/*									\
	 * include/linux/mm_types.h: a cached folio; swap is the entry of its	\
	 * first page								\
	 */									\
	K_STRUCT(folio)								\
	K_MEMBER(folio, flags)							\
	K_MEMBER(folio, swap)							\
	/*									\
	 * include/linux/xarray.h: the tree of cgroup ids, and zswap's trees	\
	 * of entries that name a physical device directly			\
	 */									\
	K_STRUCT(xarray)							\
	K_MEMBER(xarray, xa_head)						\
	/* include/linux/xarray.h: a node of such a tree */			\
	K_STRUCT(xa_node)							\
	K_MEMBER(xa_node, shift)						\
	K_PART(xa_node, slots)							\
	/* include/linux/memcontrol.h: what zswap charges an entry to */	\
	K_STRUCT(obj_cgroup)							\
	K_OPT(obj_cgroup, memcg)						\
	/*									\
	 * include/linux/memcontrol.h: the memory controller's side of a	\
	 * cgroup								\
	 */									\
	K_STRUCT(mem_cgroup)							\
	K_OPTPART(mem_cgroup, css)						\
	K_OPTPART(mem_cgroup, id)						\
	K_OPT(mem_cgroup, kmemcg_id)						\
	/*									\
	 * include/linux/memcontrol.h: the number that tables of slots have	\
	 * for it								\
	 */									\
	K_STRUCT(mem_cgroup_private_id)						\
	K_OPT(mem_cgroup_private_id, id)					\
	/*									\
	 * include/linux/cgroup-defs.h: leads from a controller's side to the	\
	 * cgroup								\
	 */									\
	K_STRUCT(cgroup_subsys_state)						\
	K_OPT(cgroup_subsys_state, cgroup)					\
	/* include/linux/cgroup-defs.h: leads to its directory */		\
	K_STRUCT(cgroup)							\
	K_OPT(cgroup, kn)							\
	/*									\
	 * include/linux/kernfs.h: a directory: its name, and the inode		\
	 * number that is its id						\
	 */									\
	K_STRUCT(kernfs_node)							\
	K_OPTALIAS(kernfs_node, parent, "__parent|parent")			\
	K_OPT(kernfs_node, name)						\
	K_OPT(kernfs_node, id)							\
	/*									\
	 * include/linux/sched.h: only thread group leaders are in the		\
	 * "tasks" list that starts at init_task				\
	 */									\
	K_STRUCT(task_struct)							\
	K_OPTPART(task_struct, tasks)						\
	K_OPT(task_struct, pid)							\
	K_OPTPART(task_struct, comm)						\
	K_OPT(task_struct, mm)							\
	K_OPTPART(task_struct, thread_node)					\
	K_OPT(task_struct, signal)						\
	/* include/linux/sched/signal.h: has the list of a group's threads */	\
	K_STRUCT(signal_struct)							\
	K_OPTPART(signal_struct, thread_head)					\
	/* include/linux/mm_types.h: an address space, with its page tables */	\
	K_STRUCT(mm_struct)							\
	K_OPT(mm_struct, pgd)							\
	/* include/linux/fs.h: an open swap file, for its path */		\
	K_STRUCT(file)								\
	K_OPTPART(file, f_path)							\
	/* include/linux/path.h: a place in a mounted file system */		\
	K_STRUCT(path)								\
	K_OPT(path, mnt)							\
	K_OPT(path, dentry)							\
	/* include/linux/dcache.h: one component of a path */			\
	K_STRUCT(dentry)							\
	K_OPT(dentry, d_parent)							\
	K_OPTPART(dentry, d_name)						\
	/* include/linux/dcache.h: its name */					\
	K_STRUCT(qstr)								\
	K_OPT(qstr, name)							\
	/* fs/mount.h: where a file system is mounted */			\
	K_STRUCT(mount)								\
	K_OPTPART(mount, mnt)							\
	K_OPT(mount, mnt_parent)						\
	K_OPT(mount, mnt_mountpoint)						\
	/*									\
	 * include/linux/blk_types.h: the block device that a swap file is on;	\
	 * the low byte of __bd_flags is the number of the partition, 0 for a	\
	 * whole disk								\
	 */									\
	K_STRUCT(block_device)							\
	K_OPT(block_device, bd_dev)						\
	K_OPTALIAS(block_device, partno, "__bd_flags|bd_partno")		\
	K_OPT(block_device, bd_disk)						\
	/* include/linux/blkdev.h: its disk */					\
	K_STRUCT(gendisk)							\
	K_OPTPART(gendisk, disk_name)						\
	/*									\
	 * include/linux/swap.h: where some pages of a swap file lie, a node	\
	 * of a tree								\
	 */									\
	K_STRUCT(swap_extent)							\
	K_OPTPART(swap_extent, rb_node)						\
	K_OPT(swap_extent, start_page)						\
	K_OPT(swap_extent, nr_pages)						\
	K_OPT(swap_extent, start_block)						\
	/* include/linux/rbtree_types.h: the root of that tree */		\
	K_STRUCT(rb_root)							\
	K_OPT(rb_root, rb_node)							\
	/* include/linux/rbtree_types.h: links in that tree */			\
	K_STRUCT(rb_node)							\
	K_OPT(rb_node, rb_left)							\
	K_OPT(rb_node, rb_right)						\
	/* include/linux/types.h: links of lists */				\
	K_STRUCT(list_head)							\
	K_MEMBER(list_head, next)						\
	K_MEMBER(list_head, prev)						\
	/*									\
	 * include/linux/list_lru.h: zswap's LRU, one list per node, and per	\
	 * cgroup in "xa" by kmemcg_id; only the locks are looked at		\
	 */									\
	K_STRUCT(list_lru)							\
	K_OPT(list_lru, node)							\
	K_OPTPART(list_lru, xa)							\
	/* include/linux/list_lru.h: the list of a node */			\
	K_STRUCT(list_lru_node)							\
	K_OPTPART(list_lru_node, lru)						\
	/* include/linux/list_lru.h: a list with its lock */			\
	K_STRUCT(list_lru_one)							\
	K_OPTPART(list_lru_one, lock)						\
	/* include/linux/list_lru.h: the lists of a cgroup */			\
	K_STRUCT(list_lru_memcg)						\
	K_OPTPART(list_lru_memcg, node)						\
	/*									\
	 * mm/vswap.h: per-CPU counters; trans[from][to] counts transitions,	\
	 * states in the order of enum vs_state below				\
	 */									\
	K_STRUCT(vswap_stats)							\
	K_OPTPART(vswap_stats, trans)

#define K_ENUM_S(s)		KS_##s,
#define K_ENUM_M(s, m)		KM_##s##_##m,
#define K_ENUM_A(s, m, a)	KM_##s##_##m,
#define K_NOTHING_S(s)
#define K_NOTHING_M(s, m)
#define K_NOTHING_A(s, m, a)

/** Structures by number. */
enum kstruct_id {
	K_ALL(K_ENUM_S, K_NOTHING_M, K_NOTHING_M, K_NOTHING_M, K_NOTHING_A, K_NOTHING_M)
	KS_COUNT
};

/** Members by number: KM_<structure>_<member>. */
enum kmember_id {
	K_ALL(K_NOTHING_S, K_ENUM_M, K_ENUM_M, K_ENUM_M, K_ENUM_A, K_ENUM_M)
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
	/* arch/x86/kernel/head64.c: randomised */				\
	OPT(vmemmap_base)							\
	/* arch/arm64/mm/init.c: where memory begins */				\
	OPT(memstart_addr)							\
	/* the start of the kernel's image */					\
	OPT(_stext)

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

/* Bytes for each slot in the tables of a cluster (mm/swap.h, mm/swap_table.h). */
#define TABLE_WORD_BYTES	8	/* swap table and virtual table */
#define TABLE_COUNT_BYTES	4	/* extend_table */
#define TABLE_MEMCG_BYTES	2

/* include/linux/swapops.h: swp_entry_t has the type in bits 58..62. */
#define SWP_ENTRY_TYPE_SHIFT	58

static inline unsigned int swp_entry_type(uint64_t e)
{
	return e >> SWP_ENTRY_TYPE_SHIFT;
}

static inline uint64_t swp_entry(unsigned int type, uint64_t offset)
{
	return (uint64_t)type << SWP_ENTRY_TYPE_SHIFT | offset;
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

/*
 * mm/zswap.c: ZSWAP_ADDRESS_SPACE_SHIFT. Each device has an array of trees, one for so
 * many of its slots.
 */
#define ZSWAP_TREE_SHIFT	14

/* include/linux/blk_types.h: bits of __bd_flags that are the partition's number */
#define BD_PARTNO		255

/* include/linux/blkdev.h: bytes of gendisk.disk_name, with the end */
#define DISK_NAME_LEN		32

/* include/linux/kdev_t.h */
static inline unsigned int kdev_major(uint64_t dev)
{
	return (dev & 0xffffffff) >> 20;
}

static inline unsigned int kdev_minor(uint64_t dev)
{
	return dev & 0xfffff;
}

/* include/linux/xarray.h: 10 in the low bits marks a node. */
#define XA_MAX_DEPTH		11

static inline bool xa_is_node(uint64_t e)
{
	return (e & 3) == 2 && e > 4096;
}

static inline uint64_t xa_node_address(uint64_t e)
{
	return e & ~3ULL;
}

/** The slot of the same node that a sibling entry stands for, else @chunk. */
static inline unsigned int xa_sibling(uint64_t e, unsigned int chunk)
{
	return (e & 3) == 2 && e <= 4096 && e >> 2 < chunk ? e >> 2 : chunk;
}

/** Is it a pointer, and neither a value nor a node? */
static inline bool xa_is_pointer(uint64_t e)
{
	return !(e & 1) && !xa_is_node(e);
}

/*
 * include/asm-generic/qspinlock_types.h: a spinlock_t begins with 32 bits that are
 * zero while nobody holds it.
 */
#define LOCK_BYTES		4

#endif
