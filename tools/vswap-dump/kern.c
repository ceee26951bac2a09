// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kern.c - the swap subsystem of the dumped kernel
 *
 * Devices, zswap pools, control groups and counters. Everything that follows
 * pointers is bounded: a damaged dump may have cycles anywhere.
 */
#include <stdlib.h>
#include <string.h>

#include "kern.h"

#define MAX_PATH_PARTS	64
#define MAX_RB_DEPTH	128
#define MAX_CPUS	65536
#define MAX_NODES	1024

const char * const vs_names[VS_NR_ALL] = {
	"free", "none", "zero", "zswap", "phys", "poison", "unknown", "invalid"
};

static uint32_t size_of(const struct kern *k, enum kstruct_id s)
{
	return k->l->size[s];
}

static bool have(const struct kern *k, enum kmember_id id)
{
	return k->l->field[id].present;
}

static uint64_t member_addr(const struct kern *k, uint64_t addr, enum kmember_id id)
{
	return addr + k->l->field[id].off;
}

bool kern_long(struct kern *k, enum ksymbol_id id, uint64_t *val)
{
	uint64_t addr = dump_sym(k->d, id);

	return addr && dump_u64(k->d, addr, val) == RD_OK;
}

bool kern_held(struct kern *k, uint64_t addr)
{
	uint32_t lock;

	return dump_u32(k->d, addr, &lock) == RD_OK && lock;
}

enum rd kern_array(struct kern *k, uint64_t addr, void *out, unsigned int n, unsigned int width)
{
	unsigned char *p = out;
	enum rd rd = dump_read(k->d, addr, out, (size_t)n * width);
	unsigned int i;

	for (i = 0; !rd && i < n; i++, p += width) {
		uint64_t v = get_le(p, width);

		if (width == 8)
			memcpy(p, &v, 8);
		else if (width == 4)
			memcpy(p, &(uint32_t){ v }, 4);
		else
			memcpy(p, &(uint16_t){ v }, 2);
	}
	return rd;
}

/* ------------------------------------------------------------- xarrays */

enum rd kern_xa_load(struct kern *k, uint64_t xa, uint64_t index, uint64_t *val)
{
	const struct kfield *slots = &k->l->field[KM_xa_node_slots];
	unsigned int chunk = slots->nelem, depth;
	uint64_t e, shift;
	enum rd rd;

	*val = 0;
	rd = dump_field(k->d, xa, KM_xarray_xa_head, &e);
	/* without a node, only index 0 exists */
	if (!rd && !xa_is_node(e) && index)
		return RD_OK;
	for (depth = 0; !rd && xa_is_node(e); depth++) {
		uint64_t node = xa_node_address(e), i;
		unsigned int sib;

		if (depth >= XA_MAX_DEPTH || !chunk || (chunk & (chunk - 1)))
			return RD_UNMAPPED;
		rd = dump_field(k->d, node, KM_xa_node_shift, &shift);
		if (rd)
			return rd;
		if (shift > 60)
			return RD_UNMAPPED;
		/* an index beyond what the top node covers */
		if (!depth && shift + __builtin_ctz(chunk) < 64 &&
		    index >> (shift + __builtin_ctz(chunk)))
			return RD_OK;
		i = (index >> shift) & (chunk - 1);
		rd = dump_u64(k->d, node + slots->off + 8 * i, &e);
		sib = rd ? chunk : xa_sibling(e, chunk);
		if (sib < chunk)
			rd = dump_u64(k->d, node + slots->off + 8 * sib, &e);
		if (!shift)
			break;
	}
	if (rd)
		return rd;
	if (xa_is_pointer(e))
		*val = e;
	return RD_OK;
}

/* ------------------------------------------------------------- devices */

/* Put "/name" in front of the path that begins at @start. */
static bool push_name(char *buf, size_t *start, const char *name)
{
	size_t n = strlen(name);

	if (*start < n + 1)
		return false;
	*start -= n;
	memcpy(buf + *start, name, n);
	buf[--*start] = '/';
	return true;
}

/* Name of the file, up to the root of the mount tree. */
static void file_path(struct kern *k, uint64_t file, char *out, size_t len)
{
	uint64_t path = member_addr(k, file, KM_file_f_path), mnt, dentry;
	uint64_t parent, name, m, mparent, mpoint;
	char buf[256], part[256];
	size_t start = sizeof(buf) - 1;
	int i;

	out[0] = 0;
	buf[start] = 0;
	if (!have(k, KM_file_f_path) || !have(k, KM_dentry_d_name) ||
	    !have(k, KM_qstr_name) ||
	    dump_field(k->d, path, KM_path_mnt, &mnt) ||
	    dump_field(k->d, path, KM_path_dentry, &dentry))
		return;
	m = mnt - k->l->field[KM_mount_mnt].off;
	for (i = 0; i < MAX_PATH_PARTS; i++) {
		if (dump_field(k->d, dentry, KM_dentry_d_parent, &parent))
			return;
		if (parent == dentry) {
			/* root of a file system: go on where it is mounted */
			if (!have(k, KM_mount_mnt) ||
			    dump_field(k->d, m, KM_mount_mnt_parent, &mparent) ||
			    mparent == m ||
			    dump_field(k->d, m, KM_mount_mnt_mountpoint, &mpoint))
				break;
			m = mparent;
			dentry = mpoint;
			continue;
		}
		if (dump_field(k->d, member_addr(k, dentry, KM_dentry_d_name),
			       KM_qstr_name, &name) ||
		    dump_string(k->d, name, part, sizeof(part)) ||
		    !push_name(buf, &start, part))
			return;
		dentry = parent;
	}
	snprintf(out, len, "%s", buf[start] ? buf + start : "/");
}

/* Put the number of the partition behind the disk's name, as the kernel's %pg does. */
static void add_partno(struct swapdev *dev, unsigned int partno)
{
	size_t n = strlen(dev->bdev);
	bool digit = n && dev->bdev[n - 1] >= '0' && dev->bdev[n - 1] <= '9';

	if (partno)
		snprintf(dev->bdev + n, sizeof(dev->bdev) - n, "%s%u", digit ? "p" : "", partno);
}

/*
 * Extents and offsets are relative to the block device, which may be a partition: the
 * name of its disk alone would lead to another place.
 */
static void bdev_name(struct kern *k, uint64_t bdev, struct swapdev *dev)
{
	uint64_t disk, devt, partno;

	if (!bdev)
		return;
	dev->on_bdev = true;
	if (!dump_field(k->d, bdev, KM_block_device_bd_dev, &devt)) {
		dev->major = kdev_major(devt);
		dev->minor = kdev_minor(devt);
	}
	if (!have(k, KM_gendisk_disk_name) ||
	    dump_field(k->d, bdev, KM_block_device_partno, &partno) ||
	    dump_field(k->d, bdev, KM_block_device_bd_disk, &disk) || !disk)
		return;
	if (dump_string(k->d, member_addr(k, disk, KM_gendisk_disk_name), dev->bdev, DISK_NAME_LEN))
		dev->bdev[0] = 0;
	else
		add_partno(dev, partno & BD_PARTNO);
}

static void load_device(struct kern *k, unsigned int type, uint64_t addr)
{
	struct swapdev *dev = &k->dev[type];
	uint64_t prio, file, bdev, inuse, bound;
	struct dump *d = k->d;

	dev->type = type;
	dev->addr = addr;
	if (dump_field(d, addr, KM_swap_info_struct_flags, &dev->flags) ||
	    dump_field(d, addr, KM_swap_info_struct_prio, &prio) ||
	    dump_field(d, addr, KM_swap_info_struct_max, &dev->max) ||
	    dump_field(d, addr, KM_swap_info_struct_pages, &dev->pages) ||
	    dump_field(d, addr, KM_swap_info_struct_inuse_pages, &inuse) ||
	    dump_field(d, addr, KM_swap_info_struct_cluster_info, &dev->cluster_info) ||
	    dump_field(d, addr, KM_swap_info_struct_swap_file, &file) ||
	    dump_field(d, addr, KM_swap_info_struct_bdev, &bdev)) {
		dev->used = true;
		return;
	}
	dev->complete = true;
	dev->inuse = inuse & ~SWAP_USAGE_OFFLIST;
	dev->prio = (int16_t)prio;
	dev->used = dev->flags & SWP_F_USED;
	/* descriptors live in memory, so there cannot be more than fit */
	bound = dump_ram(d) / size_of(k, KS_swap_cluster_info) + 1;
	dev->nclusters = dev->max / k->cluster + !!(dev->max % k->cluster);
	if (dev->nclusters > bound) {
		dev->nclusters = bound;
		dev->max_absurd = true;
	}
	if (!dev->cluster_info)
		dev->nclusters = 0;
	if (file && dev->used)
		file_path(k, file, dev->path, sizeof(dev->path));
	if (dev->used)
		bdev_name(k, bdev, dev);
}

static int load_devices(struct kern *k, char *err, size_t errlen)
{
	uint64_t array = dump_sym(k->d, KSYM_swap_info), si, vsi = 0;
	uint64_t n = k->l->sym[KSYM_swap_info].size / 8;
	unsigned int i;

	k->vtype = -1;
	if (k->l->sym[KSYM_vswap_si].present && !kern_long(k, KSYM_vswap_si, &vsi)) {
		snprintf(err, errlen, "the dump does not have the page with vswap_si");
		return 1;
	}
	if (!n || n > SWP_MAX_DEVICES)
		n = SWP_MAX_DEVICES;
	for (i = 0; i < n; i++) {
		if (dump_u64(k->d, array + 8 * i, &si)) {
			snprintf(err, errlen, "the dump does not have the table of swap devices");
			return 1;
		}
		if (!si)
			continue;
		load_device(k, i, si);
		if (si != vsi)
			continue;
		k->dev[i].is_virtual = true;
		k->vtype = i;
	}
	if (!vsi) {
		snprintf(err, errlen,
			 "this kernel has vswap, but no virtual device was created");
		return 3;
	}
	if (k->vtype < 0 || !k->dev[k->vtype].complete) {
		snprintf(err, errlen, "the virtual device at %#llx cannot be read",
			 (unsigned long long)vsi);
		return 1;
	}
	return 0;
}

/* ----------------------------------------------------------- locations */

bool kern_location(struct kern *k, const struct swapdev *dev, uint64_t off,
		   uint64_t *sector)
{
	uint64_t node, start, nr, block, se;
	int depth;

	/* on a network file system offsets are in the file */
	if (!dev->on_bdev || !have(k, KM_swap_extent_start_page) || !have(k, KM_rb_node_rb_left) ||
	    !have(k, KM_swap_extent_rb_node) ||
	    dump_u64(k->d, member_addr(k, dev->addr, KM_swap_info_struct_swap_extent_root) +
		     k->l->field[KM_rb_root_rb_node].off, &node))
		return false;
	for (depth = 0; node && depth < MAX_RB_DEPTH; depth++) {
		se = node - k->l->field[KM_swap_extent_rb_node].off;
		if (dump_field(k->d, se, KM_swap_extent_start_page, &start) ||
		    dump_field(k->d, se, KM_swap_extent_nr_pages, &nr) ||
		    dump_field(k->d, se, KM_swap_extent_start_block, &block))
			return false;
		if (off >= start && off - start < nr) {
			*sector = (block + off - start) << (k->page_shift - 9);
			return true;
		}
		if (dump_field(k->d, node, off < start ? KM_rb_node_rb_left :
			       KM_rb_node_rb_right, &node))
			return false;
	}
	return false;
}

/* --------------------------------------------------------------- zswap */

struct pool *kern_pool(struct kern *k, uint64_t addr)
{
	struct pool *p;
	unsigned int i;

	for (i = 0; i < k->npools; i++) {
		if (k->pool[i].addr == addr)
			return &k->pool[i];
	}
	if (k->npools == MAX_POOLS)
		return NULL;
	p = &k->pool[k->npools++];
	memset(p, 0, sizeof(*p));
	p->addr = addr;
	p->listed = k->pools_unknown;
	if (dump_field(k->d, addr, KM_zswap_pool_zs_pool, &p->zs))
		p->zs = 0;
	if (dump_string(k->d, member_addr(k, addr, KM_zswap_pool_tfm_name), p->comp,
			sizeof(p->comp)))
		p->comp[0] = 0;
	return p;
}

void kern_list_pools(struct kern *k)
{
	uint64_t head = dump_sym(k->d, KSYM_zswap_pools), p = head;
	unsigned int i;

	if (!head || !have(k, KM_zswap_pool_list)) {
		k->pools_unknown = true;
		return;
	}
	for (i = 0; i < MAX_POOLS; i++) {
		struct pool *pool;

		if (dump_field(k->d, p, KM_list_head_next, &p))
			break;
		if (p == head)
			return;
		pool = kern_pool(k, p - k->l->field[KM_zswap_pool_list].off);
		if (pool)
			pool->listed = true;
	}
	k->pools_unknown = true;
}

void kern_zentry(struct kern *k, uint64_t addr, struct zentry *e)
{
	unsigned char buf[512];
	const struct layout *l = k->l;
	uint32_t size = size_of(k, KS_zswap_entry);

	memset(e, 0, sizeof(*e));
	if (size > sizeof(buf)) {
		e->rd = RD_UNMAPPED;
		return;
	}
	e->rd = dump_read(k->d, addr, buf, size);
	if (e->rd)
		return;
	e->swpentry = kget(l, buf, KM_zswap_entry_swpentry);
	e->length = kget(l, buf, KM_zswap_entry_length);
	e->pool = kget(l, buf, KM_zswap_entry_pool);
	e->handle = kget(l, buf, KM_zswap_entry_handle);
	e->objcg = kget(l, buf, KM_zswap_entry_objcg);
	e->lru = member_addr(k, addr, KM_zswap_entry_lru);
	e->lru_next = get_le(buf + l->field[KM_zswap_entry_lru].off +
			     l->field[KM_list_head_next].off, 8);
	e->lru_prev = get_le(buf + l->field[KM_zswap_entry_lru].off +
			     l->field[KM_list_head_prev].off, 8);
}

enum rd kern_zswap_tree(struct kern *k, unsigned int type, uint64_t off, uint64_t *val)
{
	uint64_t trees = dump_sym(k->d, KSYM_zswap_trees), base, nrs;
	uint32_t nr;
	enum rd rd;

	*val = 0;
	nrs = dump_sym(k->d, KSYM_nr_zswap_trees);
	if (!trees || !nrs)
		return RD_OK;
	rd = dump_u64(k->d, trees + 8ULL * type, &base);
	if (!rd)
		rd = dump_u32(k->d, nrs + 4ULL * type, &nr);
	if (rd || !base || off >> ZSWAP_TREE_SHIFT >= nr)
		return rd;
	return kern_xa_load(k, base + (off >> ZSWAP_TREE_SHIFT) * size_of(k, KS_xarray), off,
			    val);
}

/* ------------------------------------------------------------- cgroups */

/* Path of a cgroup's directory from its kernfs node. */
static char *kernfs_path(struct kern *k, uint64_t kn)
{
	char buf[1024], part[256];
	size_t start = sizeof(buf) - 1;
	uint64_t parent, name;
	int i;

	buf[start] = 0;
	for (i = 0; i < MAX_PATH_PARTS; i++) {
		if (dump_field(k->d, kn, KM_kernfs_node_parent, &parent))
			return NULL;
		if (!parent)
			return strdup(start == sizeof(buf) - 1 ? "/" : buf + start);
		if (dump_field(k->d, kn, KM_kernfs_node_name, &name) ||
		    dump_string(k->d, name, part, sizeof(part)) ||
		    !push_name(buf, &start, part))
			return NULL;
		kn = parent;
	}
	return NULL;
}

static void load_cgroup(struct kern *k, unsigned int id, struct cgroup *c)
{
	uint64_t xa = dump_sym(k->d, KSYM_mem_cgroup_private_ids), css, cgrp, kn;

	if (!xa || kern_xa_load(k, xa, id, &c->memcg) || !c->memcg)
		return;
	if (!have(k, KM_mem_cgroup_css) || !have(k, KM_cgroup_subsys_state_cgroup))
		return;
	css = member_addr(k, c->memcg, KM_mem_cgroup_css);
	if (dump_field(k->d, css, KM_cgroup_subsys_state_cgroup, &cgrp) ||
	    dump_field(k->d, cgrp, KM_cgroup_kn, &kn))
		return;
	if (dump_field(k->d, kn, KM_kernfs_node_id, &c->ino))
		c->ino = 0;
	c->path = kernfs_path(k, kn);
}

const struct cgroup *kern_cgroup(struct kern *k, unsigned int id)
{
	static const struct cgroup none;

	if (!id || id >= NR_CGROUP_IDS)
		return &none;
	if (!k->cg[id]) {
		k->cg[id] = calloc(1, sizeof(**k->cg));
		if (!k->cg[id])
			return &none;
		load_cgroup(k, id, k->cg[id]);
	}
	return k->cg[id];
}

const char *kern_cgroup_path(struct kern *k, unsigned int id)
{
	const struct cgroup *c;

	if (!id)
		return "-";
	c = kern_cgroup(k, id);
	return c->path ? c->path : "?";
}

unsigned int kern_objcg_id(struct kern *k, uint64_t objcg)
{
	uint64_t memcg, id;

	if (!objcg || !have(k, KM_obj_cgroup_memcg) || !have(k, KM_mem_cgroup_id) ||
	    !have(k, KM_mem_cgroup_private_id_id) ||
	    dump_field(k->d, objcg, KM_obj_cgroup_memcg, &memcg) || !memcg ||
	    dump_field(k->d, member_addr(k, memcg, KM_mem_cgroup_id),
		       KM_mem_cgroup_private_id_id, &id) || id >= NR_CGROUP_IDS)
		return 0;
	return id;
}

/* ------------------------------------------------------------ counters */

static unsigned int load_nodes(struct kern *k)
{
	uint64_t sym = dump_sym(k->d, KSYM_nr_node_ids);
	uint32_t n;

	return sym && !dump_u32(k->d, sym, &n) && n && n <= MAX_NODES ? n : 1;
}

static void load_cpus(struct kern *k)
{
	uint64_t ids = dump_sym(k->d, KSYM_nr_cpu_ids);
	uint64_t mask = dump_sym(k->d, KSYM___cpu_possible_mask);
	uint32_t n;

	if (!ids || dump_u32(k->d, ids, &n))
		n = k->l->sym[KSYM___cpu_possible_mask].size * 8;
	if (n > MAX_CPUS)
		n = MAX_CPUS;
	if (!mask || kern_array(k, mask, k->cpu_mask, (n + 63) / 64, 8)) {
		memset(k->cpu_mask, 0, sizeof(k->cpu_mask));
		return;
	}
	if (n % 64)
		k->cpu_mask[n / 64] &= (1ULL << n % 64) - 1;
	k->ncpus = n;
}

bool kern_counters(struct kern *k, uint64_t trans[VS_NR][VS_NR])
{
	const struct kfield *f = &k->l->field[KM_vswap_stats_trans];
	uint64_t one[VS_NR * VS_NR];
	unsigned int cpu, i;
	bool any = false;

	memset(trans, 0, sizeof(uint64_t) * VS_NR * VS_NR);
	if (!f->present || f->size != sizeof(one) || f->nelem != VS_NR * VS_NR)
		return false;
	for (cpu = 0; cpu < k->ncpus; cpu++) {
		uint64_t addr;

		if (!(k->cpu_mask[cpu / 64] >> (cpu % 64) & 1))
			continue;
		addr = dump_percpu(k->d, KSYM_vswap_stats, cpu);
		if (!addr || kern_array(k, addr + f->off, one, VS_NR * VS_NR, 8))
			return false;
		for (i = 0; i < VS_NR * VS_NR; i++)
			trans[i / VS_NR][i % VS_NR] += one[i];
		any = true;
	}
	return any;
}

/* --------------------------------------------------------------- whole */

int kern_init(struct kern *k, struct dump *d, const struct layout *l,
	      char *err, size_t errlen)
{
	const struct kfield *f = &l->field[KM_swap_table_entries];

	memset(k, 0, sizeof(*k));
	k->d = d;
	k->l = l;
	k->arch = arch_find(l->machine);
	k->page_shift = dump_info(d)->page_shift;
	k->page_size = 1ULL << k->page_shift;
	k->cluster = f->nelem;
	if (!k->cluster || k->cluster > MAX_CLUSTER || (k->cluster & (k->cluster - 1)) ||
	    !l->size[KS_swap_cluster_info] || l->size[KS_swap_cluster_info] > 4096) {
		snprintf(err, errlen, "%s: impossible layout of swap clusters", l->path);
		return 1;
	}
	k->cg = calloc(NR_CGROUP_IDS, sizeof(*k->cg));
	if (!k->cg) {
		snprintf(err, errlen, "out of memory");
		return 1;
	}
	load_cpus(k);
	k->nodes = load_nodes(k);
	return load_devices(k, err, errlen);
}

void kern_free(struct kern *k)
{
	unsigned int i;

	for (i = 0; k->cg && i < NR_CGROUP_IDS; i++) {
		if (k->cg[i])
			free(k->cg[i]->path);
		free(k->cg[i]);
	}
	free(k->cg);
	k->cg = NULL;
}
