// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fakedump.c - a dump made of a buffer, in place of dump.c
 *
 * Address 0 to the length of the buffer is its content, page_of() and the physical
 * addresses are the same addresses, and the layout is invented: members one after the
 * other. With it the walkers can be run over any bytes, without a kernel or a file.
 */
#include <string.h>

#include "fakedump.h"

struct dump {
	const unsigned char *p;
	size_t n;
	struct dump_info info;
	const struct layout *l;
	uint64_t ram;		/* more than n: what follows the buffer is zeroes */
	uint64_t count[3];	/* of reads, those that worked (RD_OK) included */
};

static struct dump fake;

struct dump *fake_dump(const struct layout *l, const unsigned char *p, size_t n)
{
	memset(&fake, 0, sizeof(fake));
	fake.p = p;
	fake.n = fake.ram = n;
	fake.l = l;
	fake.info.page_shift = 12;
	fake.info.levels = 4;
	fake.info.format = "fake";
	return &fake;
}

void fake_ram(uint64_t ram)
{
	fake.ram = ram;
}

struct dump_info *dump_info(struct dump *d)
{
	return &d->info;
}

uint64_t dump_count(const struct dump *d, enum rd why)
{
	return d->count[why];
}

enum rd dump_read_phys(struct dump *d, uint64_t addr, void *buf, size_t len)
{
	if (addr >= d->n && addr < d->ram && len <= d->ram - addr) {
		memset(buf, 0, len);
		d->count[RD_OK]++;
		return RD_OK;
	}
	if (addr >= d->n || len > d->n - addr) {
		/* the last page is "not in the dump", the rest does not exist */
		enum rd rd = addr < d->n ? RD_MISSING : RD_UNMAPPED;

		d->count[rd]++;
		return rd;
	}
	memcpy(buf, d->p + addr, len);
	d->count[RD_OK]++;
	return RD_OK;
}

enum rd dump_read(struct dump *d, uint64_t addr, void *buf, size_t len)
{
	return dump_read_phys(d, addr, buf, len);
}

bool dump_phys(struct dump *d, uint64_t addr, uint64_t *phys)
{
	*phys = addr;
	return addr < d->ram;
}

bool dump_maps(struct dump *d, uint64_t addr)
{
	return addr < d->ram;
}

uint64_t dump_sym(struct dump *d, enum ksymbol_id id)
{
	return d->l->sym[id].present ? d->l->sym[id].addr : 0;
}

const struct layout *dump_layout(const struct dump *d)
{
	return d->l;
}

uint64_t dump_percpu(struct dump *d, enum ksymbol_id id, unsigned int cpu)
{
	(void)cpu;
	return dump_sym(d, id);
}

char *dump_vmcoreinfo(struct dump *d, const char *key)
{
	(void)d;
	(void)key;
	return NULL;
}

bool dump_vmcoreinfo_num(struct dump *d, const char *key, int base, uint64_t *val)
{
	(void)d;
	(void)key;
	(void)base;
	*val = 0;
	return false;
}

uint64_t dump_ram(struct dump *d)
{
	return d->ram;
}

/* -------------------------------------------------------------- layout */

#define MEMBER_STRUCT(s, m)	KS_##s,
#define MEMBER_STRUCT_A(s, m, a) KS_##s,
static const unsigned char struct_of[KM_COUNT] = {
	K_ALL(K_NOTHING_S, MEMBER_STRUCT, MEMBER_STRUCT, MEMBER_STRUCT, MEMBER_STRUCT_A,
	      MEMBER_STRUCT)
};

static void set(struct layout *l, enum kmember_id id, uint32_t size, uint32_t nelem)
{
	l->field[id].size = size;
	l->field[id].nelem = nelem;
}

const char *layout_member_name(enum kmember_id id)
{
	(void)id;
	return "?";
}

void fake_layout(struct layout *l)
{
	unsigned int i;

	memset(l, 0, sizeof(*l));
	l->machine = 62;
	strcpy(l->path, "fake");
	for (i = 0; i < KM_COUNT; i++)
		set(l, i, 8, 1);
	/* small tables, so that a small buffer holds many */
	set(l, KM_swap_table_entries, FAKE_CLUSTER * 8, FAKE_CLUSTER);
	set(l, KM_swap_memcg_table_id, FAKE_CLUSTER * 2, FAKE_CLUSTER);
	set(l, KM_swap_cluster_info_lock, 4, 1);
	set(l, KM_swap_cluster_info_count, 2, 1);
	set(l, KM_swap_cluster_info_flags, 1, 1);
	set(l, KM_swap_cluster_info_order, 1, 1);
	set(l, KM_swap_cluster_info_nr_backed, 2, 1);
	set(l, KM_swap_cluster_info_list, 16, 1);
	set(l, KM_swap_info_struct_free_clusters, 16, 1);
	set(l, KM_swap_info_struct_full_clusters, 16, 1);
	set(l, KM_swap_info_struct_discard_clusters, 16, 1);
	set(l, KM_swap_info_struct_nonfull_clusters, 32, 2);
	set(l, KM_swap_info_struct_frag_clusters, 32, 2);
	set(l, KM_zswap_entry_length, 4, 1);
	set(l, KM_zswap_entry_lru, 16, 1);
	set(l, KM_zswap_pool_tfm_name, 16, 1);
	set(l, KM_zswap_pool_list, 16, 1);
	set(l, KM_zs_pool_size_class, 64, 8);
	set(l, KM_xa_node_slots, 128, 16);
	set(l, KM_xa_node_shift, 1, 1);
	set(l, KM_swap_extent_rb_node, 16, 1);
	set(l, KM_block_device_bd_dev, 4, 1);
	set(l, KM_block_device_partno, 4, 1);
	set(l, KM_gendisk_disk_name, 32, 1);
	set(l, KM_task_struct_comm, 16, 1);
	set(l, KM_vswap_stats_trans, 8 * VS_NR * VS_NR, VS_NR * VS_NR);
	for (i = 0; i < KM_COUNT; i++) {
		struct kfield *f = &l->field[i];

		f->present = true;
		f->off = l->size[struct_of[i]];
		l->size[struct_of[i]] += f->size;
	}
	l->size[KS_page] = 64;
	for (i = 0; i < KSYM_COUNT; i++) {
		l->sym[i].present = true;
		l->sym[i].addr = 64 + 32 * i;
		l->sym[i].size = 32;
	}
	l->sym[KSYM_swap_info].size = 8 * 8;
	for (i = 0; i < KE_COUNT; i++) {
		l->have_enum[i] = true;
		l->enumval[i] = i;
	}
}
