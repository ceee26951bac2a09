// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plant.c - damages a copy of an ELF dump in one place and says what --check has to say
 *
 * plant VMLINUX DUMP DAMAGE
 * plant VMLINUX DUMP SEED
 * plant undo DUMP
 *
 * The dump must be undamaged and at rest. Prints the lines that are expected. With a
 * number, overwrites a few words at random instead, and nothing is known about what
 * is to be said. What was there before is kept in DUMP.undo, until it is put back.
 */
#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../cmd.h"

/** What stood somewhere in the file. */
struct undo {
	uint64_t at;
	uint64_t len;
	unsigned char old[8];
};

static struct kern k;
static int fd, undo_fd;

static void die(const char *what)
{
	fprintf(stderr, "plant: %s\n", what);
	exit(2);
}

/* Where a physical address lies in the file. */
static off_t file_offset(uint64_t phys)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;

	if (pread(fd, &eh, sizeof(eh), 0) != sizeof(eh))
		die("no ELF header");
	for (int i = 0; i < eh.e_phnum; i++) {
		if (pread(fd, &ph, sizeof(ph), eh.e_phoff + i * sizeof(ph)) != sizeof(ph))
			die("no program header");
		if (ph.p_type == PT_LOAD && phys >= ph.p_paddr &&
		    phys - ph.p_paddr < ph.p_filesz)
			return ph.p_offset + (phys - ph.p_paddr);
	}
	die("address not in the dump");
	return 0;
}

static void put(off_t at, const void *buf, size_t len)
{
	struct undo u = { .at = at, .len = len };

	if (len > sizeof(u.old) || pread(fd, u.old, len, at) != (ssize_t)len ||
	    write(undo_fd, &u, sizeof(u)) != sizeof(u) ||
	    pwrite(fd, buf, len, at) != (ssize_t)len)
		die("cannot write");
}

static void open_files(const char *dump)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s.undo", dump);
	fd = open(dump, O_RDWR);
	undo_fd = open(path, O_RDWR | O_CREAT | O_APPEND, 0600);
	if (fd < 0 || undo_fd < 0)
		die("cannot open the dump for writing");
}

/* Put back what was there, the last change first. */
static void undo(void)
{
	off_t end = lseek(undo_fd, 0, SEEK_END);
	struct undo u;

	while (end > 0) {
		end -= sizeof(u);
		if (pread(undo_fd, &u, sizeof(u), end) != sizeof(u) || u.len > sizeof(u.old) ||
		    pwrite(fd, u.old, u.len, u.at) != (ssize_t)u.len)
			die("cannot undo");
	}
	if (ftruncate(undo_fd, 0))
		die("cannot undo");
}

static void poke(uint64_t addr, unsigned int width, uint64_t val)
{
	uint64_t phys;

	if (!dump_phys(k.d, addr, &phys))
		die("address not mapped");
	put(file_offset(phys), &val, width);
}

static uint64_t at(uint64_t addr, enum kmember_id id)
{
	return addr + k.l->field[id].off;
}

static uint64_t peek(uint64_t addr)
{
	uint64_t v;

	if (dump_u64(k.d, addr, &v))
		die("cannot read");
	return v;
}

/* The first slot in a state, not cached; its cluster is left in @c. */
static struct slot find(struct cluster *c, enum vs_state state)
{
	const struct swapdev *v = &k.dev[k.vtype];
	struct slot s;

	for (uint64_t nr = k.cluster; nr < v->max; nr++) {
		if (slot_read(&k, v, nr, c, &s))
			die("cannot read a cluster");
		if (s.state == state && !s.cached)
			return s;
	}
	die("no slot in that state");
	return s;
}

static uint64_t vword(const struct cluster *c, uint64_t nr)
{
	return c->vtable_at + nr % k.cluster * 8;
}

/* Address of the swap table word of a physical slot. */
static uint64_t pword(unsigned int type, uint64_t off)
{
	struct cluster *c = cluster_new();
	struct slot s;

	if (slot_read(&k, &k.dev[type], off, c, &s) || !c->table_at)
		die("no table of the device");
	return c->table_at + off % k.cluster * 8;
}

#define VIOLATION(...) printf("violation: " __VA_ARGS__)

static void wrong_table(struct cluster *c)
{
	struct slot s = find(c, VS_PHYS);
	uint64_t other = 1, w;

	/* a slot of the device's first cluster that is free or reserved */
	for (other = 1; other < k.cluster; other++) {
		w = peek(pword(s.ptype, other));
		if (swt_kind(w) == SWT_FREE)
			break;
	}
	if (other == k.cluster)
		die("the first cluster of the device is full");
	poke(vword(c, s.nr), 8, (uint64_t)s.ptype << 59 | other << 3 | 2);
	VIOLATION("reverse: slot %" PRIu64 ": backed by %u:%" PRIu64
		  ", which does not point back (0)\n", s.nr, s.ptype, other);
	VIOLATION("pointer: phys %u:%" PRIu64 ": points to slot %" PRIu64
		  ", which is backed by %u:%" PRIu64 "\n", s.ptype, s.poff, s.nr, s.ptype, other);
}

static void wrong_reverse(struct cluster *c)
{
	struct slot s = find(c, VS_PHYS), z = find(c, VS_ZERO);

	poke(pword(s.ptype, s.poff), 8, z.nr << 3 | 4);
	VIOLATION("reverse: slot %" PRIu64 ": backed by %u:%" PRIu64
		  ", which points back to slot %" PRIu64 "\n", s.nr, s.ptype, s.poff, z.nr);
	VIOLATION("pointer: phys %u:%" PRIu64 ": points to slot %" PRIu64 ", which is zero\n",
		  s.ptype, s.poff, z.nr);
}

static void wrong_count(struct cluster *c)
{
	struct slot s = find(c, VS_ZERO);
	unsigned int n = c->count + 1;

	(void)s;
	poke(at(c->addr, KM_swap_cluster_info_count), 2, n);
	VIOLATION("cluster: device %d cluster %" PRIu64 ": %u slots in use, its count is %u\n",
		  k.vtype, c->index, n - 1, n);
}

static void wrong_backed(struct cluster *c)
{
	struct slot s = find(c, VS_ZSWAP);
	unsigned int n = c->nr_backed;

	(void)s;
	poke(at(c->addr, KM_swap_cluster_info_nr_backed), 2, n - 1);
	VIOLATION("backed: cluster %" PRIu64 ": %u slots backed, its count is %u\n", c->index, n,
		  n - 1);
}

static void wrong_entry(struct cluster *c)
{
	struct slot s = find(c, VS_ZSWAP);

	poke(at(s.entry, KM_zswap_entry_swpentry), 8,
	     swp_entry(k.vtype, 77777));
	VIOLATION("entry: slot %" PRIu64 ": its zswap entry %#" PRIx64
		  " is of device %d slot 77777\n", s.nr, s.entry, k.vtype);
}

static void wrong_length(struct cluster *c)
{
	struct slot s = find(c, VS_ZSWAP);

	poke(at(s.entry, KM_zswap_entry_length), 4, 40960);
	VIOLATION("length: slot %" PRIu64 ": its zswap entry has 40960 bytes\n", s.nr);
}

static void wrong_object(struct cluster *c)
{
	struct slot s = find(c, VS_ZSWAP);
	struct zs_object o;
	struct zentry z;
	char why[256];
	uint64_t bad = 0x1234567;

	kern_zentry(&k, s.entry, &z);
	if (zs_locate(&k, kern_pool(&k, z.pool)->zs, z.handle, z.length, &o, why,
		      sizeof(why)) != CONTENT_ZSWAP || o.huge)
		die("no object to damage");
	put(file_offset((o.pfn << k.page_shift) + o.offset - ZS_HANDLE_BYTES), &bad, 8);
	VIOLATION("object: slot %" PRIu64 ": the zsmalloc object of handle %#" PRIx64
		  " points back to 0x1234567\n", s.nr, z.handle);
}

static void wrong_pointer(struct cluster *c)
{
	struct slot s = find(c, VS_ZSWAP);

	/* not canonical, so never mapped */
	poke(vword(c, s.nr), 8, 0x0123456789abc001ULL);
	VIOLATION("entry: slot %" PRIu64 ": its zswap entry 0x123456789abc000 is not mapped\n",
		  s.nr);
}

static void wrong_lost(struct cluster *c)
{
	struct slot s = find(c, VS_ZSWAP);
	uint64_t trans[VS_NR][VS_NR], gauge = 0;

	if (!kern_counters(&k, trans))
		die("no counters");
	for (int i = 0; i < VS_NR; i++)
		gauge += trans[i][VS_ZSWAP] - trans[VS_ZSWAP][i];
	poke(vword(c, s.nr), 8, 0);
	VIOLATION("lost: slot %" PRIu64 ": in use, but neither cached nor backed\n", s.nr);
	VIOLATION("backed: cluster %" PRIu64 ": %u slots backed, its count is %u\n", c->index,
		  c->nr_backed - 1, c->nr_backed);
	VIOLATION("gauge: %" PRIu64 " slots are zswap, the kernel counts %" PRIu64 "\n",
		  gauge - 1, gauge);
}

static void wrong_lru(struct cluster *c)
{
	struct slot s = find(c, VS_ZSWAP);
	struct zentry z;

	kern_zentry(&k, s.entry, &z);
	poke(z.lru + k.l->field[KM_list_head_next].off, 8, 0x0123456789abc000ULL);
	VIOLATION("lru: slot %" PRIu64 ": the LRU links of its zswap entry %#" PRIx64
		  " lead nowhere\n", s.nr, s.entry);
	/* the neighbour no longer finds the way back, if it is an entry */
	for (uint64_t nr = k.cluster; nr < k.dev[k.vtype].max; nr++) {
		struct slot t;
		struct zentry e;

		if (slot_read(&k, &k.dev[k.vtype], nr, c, &t) || t.state != VS_ZSWAP)
			continue;
		kern_zentry(&k, t.entry, &e);
		if (e.lru == z.lru_next)
			VIOLATION("lru: slot %" PRIu64 ": the LRU links of its zswap entry %#"
				  PRIx64 " are broken\n", t.nr, t.entry);
	}
}

static void wrong_list(struct cluster *c)
{
	struct slot s = find(c, VS_ZSWAP);
	uint64_t node = at(c->addr, KM_swap_cluster_info_list), prev = c->list_prev;
	static const char * const names[] = {
		"", "free", "partly used", "fragmented", "full", "discarded"
	};

	(void)s;
	/* the list goes round a cluster: prev of the next is not where we came from */
	poke(node + k.l->field[KM_list_head_prev].off, 8, node);
	(void)prev;
	VIOLATION("list: device %d: the list of %s clusters is broken at %#" PRIx64 "\n", k.vtype,
		  names[c->flags], node);
}

static void wrong_owner(struct cluster *c)
{
	struct slot s = find(c, VS_ZERO);

	poke(c->memcg_at + s.nr % k.cluster * 2, 2, 65001);
	VIOLATION("owner: slot %" PRIu64 ": owned by cgroup id 65001, which does not exist\n", s.nr);
}

static void wrong_gauge(struct cluster *c)
{
	uint64_t addr = dump_percpu(k.d, KSYM_vswap_stats, 0), trans[VS_NR][VS_NR], zero = 0;

	(void)c;
	if (!addr || !kern_counters(&k, trans))
		die("no counters");
	for (int i = 0; i < VS_NR; i++)
		zero += trans[i][VS_ZERO] - trans[VS_ZERO][i];
	/* [free][zero] does not happen, so only one gauge moves */
	addr = at(addr, KM_vswap_stats_trans) + 8 * VS_ZERO;
	poke(addr, 8, peek(addr) + 7);
	VIOLATION("gauge: %" PRIu64 " slots are zero, the kernel counts %" PRIu64 "\n", zero,
		  zero + 7);
}

/* ------------------------------------------------------ one word of a slot */

static uint64_t tword(const struct cluster *c, uint64_t nr)
{
	return c->table_at + nr % k.cluster * 8;
}

/* What the kernel counts for a state. */
static uint64_t gauge_of(enum vs_state state)
{
	uint64_t trans[VS_NR][VS_NR], n = 0;

	if (!kern_counters(&k, trans))
		die("no counters");
	for (int i = 0; i < VS_NR; i++)
		n += trans[i][state] - trans[state][i];
	return n;
}

/* After one slot stopped looking as if it were in zswap. */
static void expect_zswap_gauge(void)
{
	uint64_t n = gauge_of(VS_ZSWAP);

	VIOLATION("gauge: %" PRIu64 " slots are zswap, the kernel counts %" PRIu64 "\n", n - 1, n);
}

static void wrong_word(struct cluster *c)
{
	struct slot s = find(c, VS_ZSWAP);

	poke(vword(c, s.nr), 8, 5);
	VIOLATION("word: slot %" PRIu64 ": impossible virtual table word 0x5\n", s.nr);
	expect_zswap_gauge();
}

static void wrong_double(struct cluster *c)
{
	struct slot s = find(c, VS_ZSWAP);

	poke(tword(c, s.nr), 8, s.word | SWT_ZERO);
	VIOLATION("double: slot %" PRIu64 ": zero-filled, but also backed (%#" PRIx64 ")\n", s.nr,
		  s.vword);
	expect_zswap_gauge();
}

static void wrong_refs(struct cluster *c)
{
	struct slot s = find(c, VS_ZERO);

	poke(tword(c, s.nr), 8, s.word << 4 >> 4);
	VIOLATION("count: slot %" PRIu64 ": not cached and without references\n", s.nr);
}

static void wrong_overflow(struct cluster *c)
{
	struct slot s = find(c, VS_ZERO);

	if (c->extend_at)
		die("there is a table of counts");
	poke(tword(c, s.nr), 8, s.word | (uint64_t)SWT_COUNT_MAX << SWT_COUNT_SHIFT);
	VIOLATION("count: slot %" PRIu64 ": its count overflowed, but there is no table for it\n",
		  s.nr);
}

static void wrong_free(struct cluster *c)
{
	const struct swapdev *v = &k.dev[k.vtype];
	struct slot s;

	for (uint64_t nr = k.cluster; nr < v->max; nr++) {
		if (slot_read(&k, v, nr, c, &s) || s.kind != SWT_FREE ||
		    c->vtable_st != TABLE_READ)
			continue;
		poke(vword(c, nr), 8, 3);
		VIOLATION("free: slot %" PRIu64 ": free, but backed (0x3)\n", nr);
		VIOLATION("backed: cluster %" PRIu64 ": %u slots backed, its count is %u\n",
			  c->index, c->nr_backed + 1, c->nr_backed);
		return;
	}
	die("no free slot beside used ones");
}

static void wrong_device(struct cluster *c)
{
	struct slot s = find(c, VS_PHYS);

	poke(vword(c, s.nr), 8, 31ULL << 59 | s.poff << 3 | 2);
	VIOLATION("device: slot %" PRIu64 ": backed by device 31, which is not in use\n", s.nr);
	VIOLATION("pointer: phys %u:%" PRIu64 ": points to slot %" PRIu64
		  ", which is backed by 31:%" PRIu64 "\n", s.ptype, s.poff, s.nr, s.poff);
}

static void wrong_pool(struct cluster *c)
{
	struct slot s = find(c, VS_ZSWAP);

	poke(at(s.entry, KM_zswap_entry_pool), 8, s.entry);
	VIOLATION("pool: slot %" PRIu64 ": its zswap entry is in pool %#" PRIx64
		  ", which is not a zswap pool\n", s.nr, s.entry);
}

/* ---------------------------------------------------------- the swap cache */

/* A slot of which only the swap cache has the content; its folio is in @folio. */
static struct slot find_cached(struct cluster *c, uint64_t *folio)
{
	const struct swapdev *v = &k.dev[k.vtype];
	struct folio_state f;
	struct slot s;

	for (uint64_t nr = k.cluster; nr < v->max; nr++) {
		if (slot_read(&k, v, nr, c, &s) || s.state != VS_NONE || !s.cached)
			continue;
		folio_read(&k, &s, k.vtype, &f);
		*folio = k.arch->page_of(k.d, s.pfn);
		if (f.known && f.matches && f.uptodate && f.dirty && !f.locked && !f.writeback)
			return s;
	}
	die("no slot that is only cached");
	return s;
}

static void wrong_cache(struct cluster *c)
{
	uint64_t folio;
	struct slot s = find_cached(c, &folio);

	poke(at(folio, KM_folio_swap), 8, swp_entry(k.vtype, 3));
	VIOLATION("cache: slot %" PRIu64 ": the cached folio at pfn %#" PRIx64
		  " belongs elsewhere\n", s.nr, s.pfn);
}

static void wrong_clean(struct cluster *c)
{
	uint64_t folio;
	struct slot s = find_cached(c, &folio);
	uint64_t flags = at(folio, KM_folio_flags);

	poke(flags, 8, peek(flags) & ~(1ULL << k.l->enumval[KE_PG_dirty]));
	VIOLATION("clean: slot %" PRIu64 ": the cached folio is clean, but nothing backs it\n",
		  s.nr);
}

/* ------------------------------------------------------ lists, sums, locks */

static void wrong_state(struct cluster *c)
{
	const struct swapdev *v = &k.dev[k.vtype];

	for (uint64_t i = 1; i < v->nclusters; i++) {
		if (cluster_read(&k, v, i, c) || c->flags != CL_FULL)
			continue;
		poke(at(c->addr, KM_swap_cluster_info_flags), 1, CL_FREE);
		VIOLATION("list: device %d cluster %" PRIu64 ": listed as empty with %u slots in use\n",
			  k.vtype, i, c->count);
		VIOLATION("list: device %d cluster %" PRIu64
			  ": on the list of full clusters, but its state is %d\n", k.vtype, i,
			  CL_FREE);
		return;
	}
	die("no full cluster");
}

/* The first cluster of a list is taken out properly, but still says it is on it. */
static void wrong_unlisted(struct cluster *c)
{
	const struct swapdev *v = &k.dev[k.vtype];

	for (uint64_t i = 1; i < v->nclusters; i++) {
		if (cluster_read(&k, v, i, c) || c->flags != CL_FULL)
			continue;
		poke(c->list_prev + k.l->field[KM_list_head_next].off, 8, c->list_next);
		poke(c->list_next + k.l->field[KM_list_head_prev].off, 8, c->list_prev);
		VIOLATION("list: device %d cluster %" PRIu64 ": its state is %d, but it is on no list\n",
			  k.vtype, i, CL_FULL);
		return;
	}
	die("no full cluster");
}

static void wrong_usage(struct cluster *c)
{
	struct slot s = find(c, VS_PHYS);
	const struct swapdev *d = &k.dev[s.ptype];
	uint64_t addr = at(d->addr, KM_swap_info_struct_inuse_pages);

	poke(addr, 8, peek(addr) + 1);
	VIOLATION("usage: device %u: %" PRId64 " slots in use, the kernel counts %" PRId64 "\n",
		  s.ptype, d->inuse, d->inuse + 1);
}

static void wrong_stored(struct cluster *c)
{
	(void)c;
	poke(dump_sym(k.d, KSYM_zswap_stored_pages), 8, 1);
	VIOLATION("zswap: %" PRIu64 " slots are in zswap, which counts 1 pages\n",
		  gauge_of(VS_ZSWAP));
}

static void wrong_beyond(struct cluster *c)
{
	struct slot s = find(c, VS_PHYS);
	uint64_t max = k.dev[s.ptype].max;

	poke(vword(c, s.nr), 8, (uint64_t)s.ptype << 59 | max << 3 | 2);
	VIOLATION("device: slot %" PRIu64 ": backed by slot %" PRIu64 " of device %u, which has %"
		  PRIu64 "\n", s.nr, max, s.ptype, max);
	VIOLATION("pointer: phys %u:%" PRIu64 ": points to slot %" PRIu64
		  ", which is backed by %u:%" PRIu64 "\n", s.ptype, s.poff, s.nr, s.ptype, max);
}

/* Not damage: what a dump may show while a cluster is being changed. */
static void in_flight(struct cluster *c)
{
	struct slot s = find(c, VS_ZSWAP);
	uint64_t n = gauge_of(VS_ZSWAP);

	poke(at(c->addr, KM_swap_cluster_info_lock), 4, 1);
	poke(vword(c, s.nr), 8, 0);
	printf("in flight: lost: slot %" PRIu64
	       ": in use, but neither cached nor backed (its cluster is locked)\n", s.nr);
	printf("in flight: backed: cluster %" PRIu64
	       ": %u slots backed, its count is %u (its cluster is locked)\n", c->index,
	       c->nr_backed - 1, c->nr_backed);
	printf("in flight: gauge: %" PRIu64 " slots are zswap, the kernel counts %" PRIu64
	       " (clusters are locked)\n", n - 1, n);
}

/* ------------------------------------------------------------------ noise */

static uint64_t seed;

static uint64_t rnd(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

/* The address of some word that the tool has to believe or not. */
static uint64_t some_word(struct cluster *c)
{
	const struct swapdev *d = &k.dev[k.vtype];
	struct slot s = find(c, VS_ZSWAP + rnd(2));
	uint64_t e = 0;

	/* a few slots further, so that not always the same ones suffer */
	if (!slot_read(&k, d, s.nr + rnd(2 * k.cluster), c, &s) && s.state == VS_ZSWAP)
		e = s.entry;
	if (s.state == VS_PHYS && rnd(2))
		d = &k.dev[s.ptype];
	switch (rnd(8)) {
	case 0:
		return d->addr + rnd(k.l->size[KS_swap_info_struct] / 8) * 8;
	case 1:
	case 2:
		return d->cluster_info + rnd(16) * k.l->size[KS_swap_cluster_info] +
			rnd(k.l->size[KS_swap_cluster_info] / 8) * 8;
	case 3:
		return c->table_at ? tword(c, s.nr) : 0;
	case 4:
		return c->vtable_at ? vword(c, s.nr) : 0;
	case 5:
		return e ? e + rnd(k.l->size[KS_zswap_entry] / 8) * 8 : 0;
	case 6:
		return e ? peek(at(e, KM_zswap_entry_handle)) & ~7ULL : 0;
	default:
		return e ? peek(at(e, KM_zswap_entry_pool)) + rnd(16) * 8 : 0;
	}
}

/* Overwrites some words with others, with nothing, or with anything. */
static void noise(const char *how)
{
	struct cluster *c = cluster_new();

	seed = strtoull(how, NULL, 0) * 0x9e3779b97f4a7c15ULL | 1;
	for (int i = 0; i < 8; i++) {
		uint64_t to = some_word(c), from = some_word(c), v, phys;

		if (!to || !dump_phys(k.d, to, &phys) || dump_u64(k.d, to, &v))
			continue;
		switch (rnd(4)) {
		case 0:
			v ^= 1ULL << rnd(64);
			break;
		case 1:
			v = rnd(2) ? 0 : ~0ULL;
			break;
		case 2:
			v = rnd(~0ULL);
			break;
		default:
			/* makes cycles */
			if (!from || dump_u64(k.d, from, &v))
				v = to;
		}
		poke(to, 8, v);
	}
}

static const struct {
	const char *name;
	void (*fn)(struct cluster *c);
} damages[] = {
	{ "table", wrong_table }, { "reverse", wrong_reverse }, { "count", wrong_count },
	{ "backed", wrong_backed }, { "entry", wrong_entry }, { "length", wrong_length },
	{ "object", wrong_object }, { "pointer", wrong_pointer }, { "lost", wrong_lost },
	{ "lru", wrong_lru }, { "list", wrong_list }, { "owner", wrong_owner },
	{ "gauge", wrong_gauge }, { "word", wrong_word }, { "double", wrong_double },
	{ "refs", wrong_refs }, { "overflow", wrong_overflow }, { "free", wrong_free },
	{ "device", wrong_device }, { "pool", wrong_pool }, { "cache", wrong_cache },
	{ "clean", wrong_clean }, { "state", wrong_state }, { "unlisted", wrong_unlisted },
	{ "usage", wrong_usage }, { "stored", wrong_stored }, { "beyond", wrong_beyond },
	{ "inflight", in_flight },
};

int main(int argc, char **argv)
{
	static struct layout l;
	static const struct dump_opts opts;
	struct dump *d;
	char err[512];

	if (argc == 2 && !strcmp(argv[1], "list")) {
		for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++)
			puts(damages[i].name);
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "undo")) {
		open_files(argv[2]);
		undo();
		return 0;
	}
	if (argc != 4)
		return 2;
	if (dump_open(&d, argv + 2, 1, &opts, err, sizeof(err)) ||
	    layout_load(&l, argv[1], NULL, false, err, sizeof(err)) ||
	    dump_attach(d, &l, err, sizeof(err)) || kern_init(&k, d, &l, err, sizeof(err)))
		die(err);
	open_files(argv[2]);
	if (strspn(argv[3], "0123456789") == strlen(argv[3])) {
		noise(argv[3]);
		return 0;
	}
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		if (strcmp(damages[i].name, argv[3]))
			continue;
		damages[i].fn(cluster_new());
		return 0;
	}
	die("unknown damage");
}
