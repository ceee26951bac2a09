// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fakekern.c - a small, consistent kernel in a buffer
 */
#include <lz4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakekern.h"

void fk_put(struct fk *f, uint64_t addr, unsigned int width, uint64_t val)
{
	if (addr + width > FK_SIZE)
		abort();
	while (width--) {
		f->mem[addr++] = val;
		val >>= 8;
	}
}

void fk_set(struct fk *f, uint64_t addr, enum kmember_id id, uint64_t val)
{
	fk_put(f, addr + f->l.field[id].off, f->l.field[id].size, val);
}

uint64_t fk_get(struct fk *f, uint64_t addr, enum kmember_id id)
{
	return get_le(f->mem + addr + f->l.field[id].off, f->l.field[id].size);
}

static uint64_t alloc(struct fk *f, size_t n, size_t align)
{
	uint64_t at = (f->top + align - 1) / align * align;

	f->top = at + n;
	if (f->top > FK_SIZE)
		abort();
	return at;
}

static uint64_t new(struct fk *f, enum kstruct_id s)
{
	return alloc(f, f->l.size[s], 64);
}

static uint64_t page(struct fk *f)
{
	return alloc(f, 4096, 4096);
}

static uint64_t symbol(struct fk *f, enum ksymbol_id id, size_t size)
{
	f->l.sym[id].addr = alloc(f, size, 64);
	return f->l.sym[id].addr;
}

/* ------------------------------------------------------------- lists */

static void list_init(struct fk *f, uint64_t head)
{
	fk_put(f, head + f->l.field[KM_list_head_next].off, 8, head);
	fk_put(f, head + f->l.field[KM_list_head_prev].off, 8, head);
}

static void list_add_tail(struct fk *f, uint64_t head, uint64_t node)
{
	uint64_t prev = fk_get(f, head, KM_list_head_prev);

	fk_set(f, prev, KM_list_head_next, node);
	fk_set(f, node, KM_list_head_prev, prev);
	fk_set(f, node, KM_list_head_next, head);
	fk_set(f, head, KM_list_head_prev, node);
}

static uint64_t at(struct fk *f, uint64_t addr, enum kmember_id id)
{
	return addr + f->l.field[id].off;
}

/* ----------------------------------------------------------- devices */

uint64_t fk_ci(struct fk *f, unsigned int i)
{
	return f->vci + (uint64_t)i * f->l.size[KS_swap_cluster_info];
}

static uint64_t device(struct fk *f, unsigned int type, unsigned int clusters, uint64_t *ci)
{
	uint64_t si = new(f, KS_swap_info_struct);
	unsigned int i;

	*ci = alloc(f, (size_t)clusters * f->l.size[KS_swap_cluster_info], 64);
	fk_set(f, si, KM_swap_info_struct_flags, 3);
	fk_set(f, si, KM_swap_info_struct_max, (uint64_t)clusters * FAKE_CLUSTER);
	fk_set(f, si, KM_swap_info_struct_cluster_info, *ci);
	list_init(f, at(f, si, KM_swap_info_struct_free_clusters));
	list_init(f, at(f, si, KM_swap_info_struct_full_clusters));
	list_init(f, at(f, si, KM_swap_info_struct_discard_clusters));
	for (i = 0; i < 2; i++) {
		list_init(f, at(f, si, KM_swap_info_struct_nonfull_clusters) + 16 * i);
		list_init(f, at(f, si, KM_swap_info_struct_frag_clusters) + 16 * i);
	}
	fk_put(f, f->l.sym[KSYM_swap_info].addr + 8 * type, 8, si);
	return si;
}

static void put_cluster(struct fk *f, uint64_t si, uint64_t ci, enum kmember_id list,
			enum cl_list flags)
{
	list_add_tail(f, at(f, si, list), at(f, ci, KM_swap_cluster_info_list));
	fk_set(f, ci, KM_swap_cluster_info_flags, flags);
}

static void build_devices(struct fk *f)
{
	uint64_t size = f->l.size[KS_swap_cluster_info];

	symbol(f, KSYM_swap_info, 64);
	f->vsi = device(f, 0, FK_VCLUSTERS, &f->vci);
	f->psi = device(f, 1, FK_PCLUSTERS, &f->pci);
	fk_put(f, symbol(f, KSYM_vswap_si, 8), 8, f->vsi);
	/* cluster 0 of the virtual device is never used and on no list */
	put_cluster(f, f->vsi, fk_ci(f, 1), KM_swap_info_struct_nonfull_clusters, CL_NONFULL);
	put_cluster(f, f->vsi, fk_ci(f, 2), KM_swap_info_struct_free_clusters, CL_FREE);
	put_cluster(f, f->vsi, fk_ci(f, 3), KM_swap_info_struct_free_clusters, CL_FREE);
	put_cluster(f, f->psi, f->pci, KM_swap_info_struct_nonfull_clusters, CL_NONFULL);
	put_cluster(f, f->psi, f->pci + size, KM_swap_info_struct_free_clusters, CL_FREE);
}

/* -------------------------------------------------------------- slots */

static void word(struct fk *f, unsigned int slot, uint64_t swt, uint64_t vtw)
{
	fk_put(f, f->table + slot % FAKE_CLUSTER * 8, 8, swt);
	fk_put(f, f->vtable + slot % FAKE_CLUSTER * 8, 8, vtw);
	fk_put(f, f->memcg + slot % FAKE_CLUSTER * 2, 2, swt ? 1 + slot % 2 : 0);
}

#define SHADOW	(1ULL << SWT_COUNT_SHIFT | 1)

static void build_slots(struct fk *f)
{
	unsigned int i, used = 3 + FK_NZSWAP + 1;
	uint64_t frame = page(f), t = alloc(f, 8 * VS_NR * VS_NR, 64);

	f->table = alloc(f, FAKE_CLUSTER * 8, 64);
	f->vtable = alloc(f, FAKE_CLUSTER * 8, 64);
	f->memcg = alloc(f, FAKE_CLUSTER * 2, 64);
	f->ptable = alloc(f, FAKE_CLUSTER * 8, 64);
	word(f, FK_ZERO, SHADOW | SWT_ZERO, 0);
	for (i = 0; i < FK_NZSWAP; i++)
		word(f, FK_ZSWAP + i, SHADOW, f->entry[i] | 1);
	word(f, FK_PHYS, SHADOW, 1ULL << 59 | FK_POFF << 3 | 2);
	word(f, FK_POISON, SHADOW, 3);
	word(f, FK_CACHED, 2ULL << SWT_COUNT_SHIFT | (frame >> 12) << 2 | 2, 0);
	fk_set(f, fk_ci(f, 1), KM_swap_cluster_info_table, f->table);
	fk_set(f, fk_ci(f, 1), KM_swap_cluster_info_vtable, f->vtable);
	fk_set(f, fk_ci(f, 1), KM_swap_cluster_info_memcg_table, f->memcg);
	fk_set(f, fk_ci(f, 1), KM_swap_cluster_info_count, used);
	fk_set(f, fk_ci(f, 1), KM_swap_cluster_info_nr_backed, FK_NZSWAP + 2);
	/* the physical device: header, the backing slot, one used directly */
	fk_put(f, f->ptable, 8, SWT_BAD);
	fk_put(f, f->ptable + FK_POFF * 8, 8, (uint64_t)FK_PHYS << 3 | 4);
	fk_put(f, f->ptable + FK_DIRECT * 8, 8, SHADOW);
	fk_set(f, f->pci, KM_swap_cluster_info_table, f->ptable);
	fk_set(f, f->pci, KM_swap_cluster_info_count, 3);
	fk_set(f, f->psi, KM_swap_info_struct_inuse_pages, 2 | SWAP_USAGE_OFFLIST);
	/* the folio in the swap cache: dirty and uptodate */
	memset(f->cached, 'c', sizeof(f->cached));
	memcpy(f->mem + frame, f->cached, 4096);
	f->folio = f->l.sym[KSYM_vmemmap_base].addr + 64 + (frame >> 12) * 64;
	fk_set(f, f->folio, KM_folio_flags, 1u << f->l.enumval[KE_PG_uptodate] |
	       1u << f->l.enumval[KE_PG_dirty]);
	fk_set(f, f->folio, KM_folio_swap, FK_CACHED);
	/* what the kernel counted */
	f->trans = t;
	f->l.sym[KSYM_vswap_stats].addr = t - f->l.field[KM_vswap_stats_trans].off;
	fk_put(f, t + 8 * VS_NONE, 8, used);
	fk_put(f, t + 8 * (VS_NONE * VS_NR + VS_ZERO), 8, 1);
	fk_put(f, t + 8 * (VS_NONE * VS_NR + VS_ZSWAP), 8, FK_NZSWAP);
	fk_put(f, t + 8 * (VS_NONE * VS_NR + VS_PHYS), 8, 2);
	fk_put(f, t + 8 * (VS_PHYS * VS_NR + VS_POISON), 8, 1);
	fk_put(f, symbol(f, KSYM_nr_cpu_ids, 8), 8, 1);
	fk_put(f, symbol(f, KSYM___cpu_possible_mask, 8), 8, 1);
	fk_put(f, symbol(f, KSYM_zswap_stored_pages, 8), 8, FK_NZSWAP);
}

/* -------------------------------------------------------------- zswap */

#define OBJ_SIZE	1024
#define SPAN_SIZE	3072	/* the second of these crosses a page */

static uint64_t class(struct fk *f, unsigned int size, unsigned int objs)
{
	uint64_t c = new(f, KS_size_class);

	fk_set(f, c, KM_size_class_size, size);
	fk_set(f, c, KM_size_class_objs_per_zspage, objs);
	return c;
}

/* Put @len bytes into object @idx of a zspage on two frames in a row. */
static uint64_t store(struct fk *f, uint64_t frame, uint64_t zspage, unsigned int cls,
		      unsigned int size, unsigned int idx, const void *p, size_t len)
{
	uint64_t handle = alloc(f, 8, 8), start = frame + (uint64_t)idx * size, zpdesc;
	unsigned int i;

	fk_put(f, handle, 8, start >> 12 << 24 | (uint64_t)cls << 15 | idx);
	fk_put(f, start, 8, handle | ZS_ALLOCATED);
	memcpy(f->mem + start + 8, p, len);
	for (i = 0; i < 2; i++) {
		zpdesc = f->l.sym[KSYM_vmemmap_base].addr + 64 + ((frame >> 12) + i) * 64;
		fk_set(f, zpdesc, KM_zpdesc_zspage, zspage);
		fk_set(f, zpdesc, KM_zpdesc_next, i ? 0 : zpdesc + 64);
	}
	return handle;
}

static void build_zswap(struct fk *f)
{
	uint64_t zs = new(f, KS_zs_pool), small = page(f), span, zsp[2], e;
	unsigned int i;

	alloc(f, 4096, 4096);
	span = page(f);
	alloc(f, 4096, 4096);
	f->pool = new(f, KS_zswap_pool);
	fk_set(f, f->pool, KM_zswap_pool_zs_pool, zs);
	memcpy(f->mem + at(f, f->pool, KM_zswap_pool_tfm_name), "lz4", 4);
	list_init(f, symbol(f, KSYM_zswap_pools, 16));
	list_add_tail(f, f->l.sym[KSYM_zswap_pools].addr, at(f, f->pool, KM_zswap_pool_list));
	f->lru = alloc(f, 16, 16);
	list_init(f, f->lru);
	for (i = 0; i < 2; i++) {
		zsp[i] = new(f, KS_zspage);
		fk_set(f, zsp[i], KM_zspage_magic, ZS_MAGIC);
		fk_set(f, zsp[i], KM_zspage_class, i + 1);
		fk_put(f, at(f, zs, KM_zs_pool_size_class) + 8 * (i + 1), 8,
		       class(f, i ? SPAN_SIZE : OBJ_SIZE, i ? 2 : 8));
	}
	f->zspage = zsp[0];
	for (i = 0; i < FK_NZSWAP; i++) {
		char out[4096];
		int len;

		/* the last one compresses badly and lies across two pages */
		srand(i);
		for (unsigned int n = 0; n < 4096; n++) {
			f->page[i][n] = i + n / 512;
			if (i == FK_NZSWAP - 1 && n < 2800)
				f->page[i][n] = rand();
		}
		len = LZ4_compress_default((char *)f->page[i], out, 4096, sizeof(out));
		f->entry[i] = e = new(f, KS_zswap_entry);
		f->handle[i] = len > OBJ_SIZE - 8 ?
			store(f, span, zsp[1], 2, SPAN_SIZE, 1, out, len) :
			store(f, small, zsp[0], 1, OBJ_SIZE, i, out, len);
		fk_set(f, e, KM_zswap_entry_swpentry, FK_ZSWAP + i);
		fk_set(f, e, KM_zswap_entry_length, len);
		fk_set(f, e, KM_zswap_entry_pool, f->pool);
		fk_set(f, e, KM_zswap_entry_handle, f->handle[i]);
		list_add_tail(f, f->lru, at(f, e, KM_zswap_entry_lru));
	}
}

/* ------------------------------------------------- cgroups and a process */

static void build_cgroups(struct fk *f)
{
	uint64_t node = new(f, KS_xa_node), root = new(f, KS_kernfs_node), kn, cg, memcg;
	uint64_t xa = symbol(f, KSYM_mem_cgroup_private_ids, f->l.size[KS_xarray]);
	unsigned int i;

	fk_set(f, xa, KM_xarray_xa_head, node | 2);
	fk_set(f, root, KM_kernfs_node_id, 1);
	for (i = 1; i <= 2; i++) {
		uint64_t name = alloc(f, 8, 8);

		f->cgname[i - 1] = name;
		strcpy((char *)f->mem + name, i == 1 ? "alpha" : "beta");
		kn = new(f, KS_kernfs_node);
		fk_set(f, kn, KM_kernfs_node_parent, root);
		fk_set(f, kn, KM_kernfs_node_name, name);
		fk_set(f, kn, KM_kernfs_node_id, 100 + i);
		cg = new(f, KS_cgroup);
		fk_set(f, cg, KM_cgroup_kn, kn);
		memcg = new(f, KS_mem_cgroup);
		fk_put(f, at(f, memcg, KM_mem_cgroup_css) +
		       f->l.field[KM_cgroup_subsys_state_cgroup].off, 8, cg);
		fk_put(f, at(f, node, KM_xa_node_slots) + 8 * i, 8, memcg);
	}
}

static uint64_t pte_of(unsigned int type, uint64_t off)
{
	return (uint64_t)type << 59 | (~off << 14 >> 5);
}

static void build_task(struct fk *f)
{
	uint64_t init = symbol(f, KSYM_init_task, f->l.size[KS_task_struct]);
	uint64_t task = new(f, KS_task_struct), mm = new(f, KS_mm_struct), t = page(f);
	unsigned int level, i;

	list_init(f, at(f, init, KM_task_struct_tasks));
	list_add_tail(f, at(f, init, KM_task_struct_tasks), at(f, task, KM_task_struct_tasks));
	f->task = task;
	fk_set(f, task, KM_task_struct_pid, FK_PID);
	fk_set(f, task, KM_task_struct_mm, mm);
	memcpy(f->mem + at(f, task, KM_task_struct_comm), "victim", 7);
	f->pgd = t;
	fk_set(f, mm, KM_mm_struct_pgd, t);
	for (level = 4; level > 1; level--) {
		uint64_t next = page(f);

		fk_put(f, t + (FK_VADDR >> (12 + 9 * (level - 1)) & 511) * 8, 8, next | 0x67);
		t = next;
	}
	f->pte = t + (FK_VADDR >> 12 & 511) * 8;
	for (i = 0; i < FK_CACHED - FK_ZERO; i++)
		fk_put(f, f->pte + 8 * i, 8, pte_of(0, FK_ZERO + i));
	/* after a page in memory and a hole: a direct entry, and a migration entry */
	fk_put(f, f->pte + 8 * i, 8, 0x8000000000001067ULL);
	fk_put(f, f->pte + 8 * (i + 2), 8, pte_of(1, FK_DIRECT));
	fk_put(f, f->pte + 8 * (i + 3), 8, pte_of(30, 7));
}

/* The physical device is a file in three pieces on partition 2 of a disk. */
static void build_location(struct fk *f)
{
	static const struct { unsigned int page, pages, block; } piece[] = {
		{ 4, 6, 50 }, { 0, 4, 100 }, { 10, FK_PCLUSTERS * FAKE_CLUSTER - 10, 300 },
	};
	uint64_t se[3], node[3];
	unsigned int i;

	f->bdev = new(f, KS_block_device);
	f->disk = new(f, KS_gendisk);
	fk_set(f, f->psi, KM_swap_info_struct_bdev, f->bdev);
	fk_set(f, f->bdev, KM_block_device_bd_disk, f->disk);
	fk_set(f, f->bdev, KM_block_device_bd_dev, 8 << 20 | 2);
	/* with a flag beside the number */
	fk_set(f, f->bdev, KM_block_device_partno, 1 << 9 | 2);
	strcpy((char *)f->mem + at(f, f->disk, KM_gendisk_disk_name), "sda");
	for (i = 0; i < 3; i++) {
		se[i] = new(f, KS_swap_extent);
		fk_set(f, se[i], KM_swap_extent_start_page, piece[i].page);
		fk_set(f, se[i], KM_swap_extent_nr_pages, piece[i].pages);
		fk_set(f, se[i], KM_swap_extent_start_block, piece[i].block);
		node[i] = at(f, se[i], KM_swap_extent_rb_node);
	}
	fk_set(f, node[0], KM_rb_node_rb_left, node[1]);
	fk_set(f, node[0], KM_rb_node_rb_right, node[2]);
	fk_put(f, at(f, f->psi, KM_swap_info_struct_swap_extent_root) +
	       f->l.field[KM_rb_root_rb_node].off, 8, node[0]);
}

void fk_build(struct fk *f)
{
	unsigned int i;

	memset(f, 0, sizeof(*f));
	fake_layout(&f->l);
	for (i = 0; i < KSYM_COUNT; i++)
		f->l.sym[i].present = false;
	f->top = 4096;
	for (i = 0; i < KSYM_COUNT; i++) {
		switch (i) {
		case KSYM_swap_info: case KSYM_vswap_si: case KSYM_vswap_stats:
		case KSYM_zswap_pools: case KSYM_mem_cgroup_private_ids: case KSYM_init_task:
		case KSYM_nr_cpu_ids: case KSYM___cpu_possible_mask:
		case KSYM_zswap_stored_pages: case KSYM_vmemmap_base:
			f->l.sym[i].present = true;
		}
	}
	/* the memory map follows the variable with its base */
	symbol(f, KSYM_vmemmap_base, 64 + FK_SIZE / 4096 * 64);
	fk_put(f, f->l.sym[KSYM_vmemmap_base].addr, 8, f->l.sym[KSYM_vmemmap_base].addr + 64);
	build_devices(f);
	build_zswap(f);
	build_slots(f);
	build_cgroups(f);
	build_task(f);
	build_location(f);
}
