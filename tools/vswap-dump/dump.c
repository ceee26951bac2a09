// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dump.c - bytes of a dead (or live) kernel by address
 *
 * libkdumpfile reads the formats and libaddrxlat translates. On top of them is a
 * cache of translations and of page contents: the walk goes cluster by cluster and
 * reads a few words here and there, for which a library call each is too slow.
 */
#include <errno.h>
#include <fcntl.h>
#include <libkdumpfile/addrxlat.h>
#include <libkdumpfile/kdumpfile.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "arch.h"
#include "dump.h"
#include "flat.h"
#include "kdpages.h"
#include "precheck.h"

/** Bytes of the cache of pages, one page per hash slot, whatever the page size. */
#define CACHE_SHIFT	24
/** Slots with the smallest pages, which have 4 KiB. */
#define PAGE_SLOTS	(1u << (CACHE_SHIFT - 12))
/** Translations kept. */
#define TLB_SLOTS	16384
#define MAX_PARTS	64
/** Time that may go into unreadable pages before the rest of the dump is given up. */
#define MAX_RENEW_MS	20000
#define PROC_SUPER_MAGIC_	0x9fa0
/** Bytes before the text of a note named VMCOREINFO. */
#define ELF_NOTE_HEAD	24

struct tlb_entry {
	uint64_t vpn;
	uint64_t ppn;
	bool valid;
};

struct page_slot {
	uint64_t ppn;
	enum rd state;
	bool valid;
};

struct dump {
	kdump_ctx_t *ctx;
	addrxlat_ctx_t *axctx;
	addrxlat_sys_t *axsys;
	addrxlat_cb_t *cb;
	bool table_missing;	/* the last page table asked for is not in the file */
	const struct dump_opts *opts;
	const struct layout *l;
	struct dump_info info;
	char *note;		/* VMCOREINFO text, NUL-terminated */
	int fd[MAX_PARTS];
	const char *path[MAX_PARTS];
	uint64_t size[MAX_PARTS];	/* when it was opened */
	unsigned int nfd;
	uint64_t percpu_base;	/* what per-CPU symbols are relative to */
	struct precheck_info check;
	struct kdpages part[MAX_PARTS];	/* of the files in fd[] */
	bool damaged;		/* the library's cache is, since a read failed */
	uint64_t renew_ms;	/* time spent on repairing that */
	char format[64];
	uint64_t count[3];
	uint64_t ram_pages;	/* 0 until counted */
	struct tlb_entry tlb[TLB_SLOTS];
	struct page_slot slot[PAGE_SLOTS];
	unsigned char *pages;
};

struct dump_info *dump_info(struct dump *d)
{
	return &d->info;
}

uint64_t dump_count(const struct dump *d, enum rd why)
{
	return d->count[why];
}

/* ------------------------------------------------------------- reading */

/*
 * Is there memory at this page frame? A wild pointer into the direct map translates
 * to some physical address; only the dump's map of memory tells it from a page that
 * was left out. Without a map, every page frame may be memory.
 */
static bool is_ram(struct dump *d, uint64_t ppn)
{
	kdump_attr_t a = { .type = KDUMP_BITMAP };
	unsigned char bit = 0;

	if (!d->ctx || kdump_get_typed_attr(d->ctx, KDUMP_ATTR_MEMORY_PAGEMAP, &a)) {
		if (d->ctx)
			kdump_clear_err(d->ctx);
		return true;
	}
	return kdump_bmp_get_bits(a.val.bitmap, ppn, ppn, &bit) != KDUMP_OK || (bit & 1);
}

/* The first range of an ELF file that ends beyond @start, or nrange. */
static unsigned int range_at(const struct dump *d, uint64_t start)
{
	unsigned int lo = 0, hi = d->check.nrange;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (d->check.range[mid].end <= start)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Does an ELF file have all bytes of this page? */
static bool in_segments(const struct dump *d, uint64_t ppn)
{
	uint64_t start = ppn << d->info.page_shift, end = (ppn + 1) << d->info.page_shift;
	unsigned int i = range_at(d, start);

	return i < d->check.nrange && d->check.range[i].start <= start &&
	       d->check.range[i].end >= end;
}

/* The first page from @pfn on that an ELF file has all bytes of. */
static bool next_in_segments(const struct dump *d, uint64_t *pfn)
{
	uint64_t mask = (1ULL << d->info.page_shift) - 1;
	unsigned int i;

	if (*pfn > UINT64_MAX >> d->info.page_shift)
		return false;
	for (i = range_at(d, *pfn << d->info.page_shift); i < d->check.nrange; i++) {
		const struct phys_range *r = &d->check.range[i];
		uint64_t first = (r->start >> d->info.page_shift) + !!(r->start & mask);

		if (*pfn < first)
			*pfn = first;
		if ((*pfn + 1) << d->info.page_shift <= r->end)
			return true;
	}
	return false;
}

/* Does the file have this page? Of live kernels nothing is known. */
static enum kdpage in_file(struct dump *d, uint64_t ppn)
{
	bool known = d->check.elf;
	unsigned int i;

	if (d->check.elf && in_segments(d, ppn))
		return KDPAGE_YES;
	for (i = 0; i < d->nfd; i++) {
		enum kdpage has;

		if (!kdpages_known(&d->part[i]))
			continue;
		known = true;
		has = kdpages_find(&d->part[i], ppn);
		if (has != KDPAGE_NO)
			return has;
	}
	return known ? KDPAGE_NO : KDPAGE_YES;
}

static bool renew(struct dump *d);

/*
 * Somebody may cut the file while it is read. What libkdumpfile returns then are
 * zeroes, and in its caches these look like all else: nothing that comes after would
 * be worth telling.
 */
static void end_if_cut(const struct dump *d)
{
	struct stat st;
	unsigned int i;

	for (i = 0; i < d->nfd; i++) {
		if (!d->size[i] || fstat(d->fd[i], &st) || (uint64_t)st.st_size >= d->size[i])
			continue;
		fflush(stdout);
		fprintf(stderr, "vswap-dump: %s: cut short while it was read\n", d->path[i]);
		exit(1);
	}
}

/*
 * libkdumpfile reads what lies beyond the end of a file as zeroes, and a read that
 * fails damages its cache: it is asked only for pages that the file has. When such a
 * page turns out to be unreadable (its data are corrupt), the library starts afresh.
 */
static enum rd fetch(struct dump *d, uint64_t ppn, unsigned char *buf)
{
	size_t size = (size_t)1 << d->info.page_shift, len = size;

	if (d->damaged && !renew(d))
		return RD_MISSING;
	switch (in_file(d, ppn)) {
	case KDPAGE_NO:
		return is_ram(d, ppn) ? RD_MISSING : RD_UNMAPPED;
	case KDPAGE_ZERO:
		memset(buf, 0, size);
		return RD_OK;
	default:
		break;
	}
	if (kdump_read(d->ctx, KDUMP_MACHPHYSADDR, ppn << d->info.page_shift, buf, &len) ==
	    KDUMP_OK && len == size)
		return RD_OK;
	kdump_clear_err(d->ctx);
	d->damaged = true;
	return is_ram(d, ppn) ? RD_MISSING : RD_UNMAPPED;
}

static enum rd fetch_page(struct dump *d, uint64_t ppn, unsigned char *buf)
{
	enum rd rd = fetch(d, ppn, buf);

	end_if_cut(d);
	return rd;
}

/* The cached content of a physical page, or NULL, and why. */
static const unsigned char *page_at(struct dump *d, uint64_t ppn, enum rd *why)
{
	unsigned int i = (ppn ^ (ppn >> 12)) & ((1u << (CACHE_SHIFT - d->info.page_shift)) - 1);
	struct page_slot *s = &d->slot[i];
	unsigned char *p = d->pages + ((size_t)i << d->info.page_shift);

	if (!s->valid || s->ppn != ppn) {
		s->state = fetch_page(d, ppn, p);
		s->ppn = ppn;
		s->valid = true;
	}
	*why = s->state;
	return s->state == RD_OK ? p : NULL;
}

enum rd dump_read_phys(struct dump *d, uint64_t addr, void *buf, size_t len)
{
	uint64_t mask = (1ULL << d->info.page_shift) - 1;
	char *out = buf;

	while (len) {
		size_t off = addr & mask, n = mask + 1 - off;
		enum rd rd;
		const unsigned char *p = page_at(d, addr >> d->info.page_shift, &rd);

		if (!p) {
			d->count[rd]++;
			return rd;
		}
		if (n > len)
			n = len;
		memcpy(out, p + off, n);
		out += n;
		addr += n;
		len -= n;
	}
	return RD_OK;
}

/*
 * libaddrxlat reads page tables through this. A table that is not in the file is no
 * data, not a table of zeroes: else all that it maps would look unmapped.
 */
static addrxlat_status table_page(const addrxlat_cb_t *cb, addrxlat_buffer_t *buf)
{
	static const unsigned char zeroes[1 << 16];
	struct dump *d = cb->priv;
	enum kdpage has = KDPAGE_YES;
	addrxlat_status st;

	if (buf->addr.as != ADDRXLAT_KVADDR)
		has = in_file(d, buf->addr.addr >> d->info.page_shift);
	d->table_missing = has == KDPAGE_NO;
	if (has == KDPAGE_NO)
		return ADDRXLAT_ERR_NODATA;
	if (has == KDPAGE_ZERO) {
		buf->size = (size_t)1 << d->info.page_shift;
		buf->addr.addr &= ~(addrxlat_addr_t)(buf->size - 1);
		buf->ptr = zeroes;
		buf->byte_order = ADDRXLAT_LITTLE_ENDIAN;
		buf->put_page = NULL;
		return ADDRXLAT_OK;
	}
	st = cb->next->get_page(cb->next, buf);
	end_if_cut(d);
	d->table_missing = st != ADDRXLAT_OK;
	d->damaged |= d->table_missing;
	return st;
}

static enum rd translate(struct dump *d, uint64_t vpn, uint64_t *ppn)
{
	addrxlat_status st;

	struct tlb_entry *t = &d->tlb[(vpn ^ (vpn >> 14)) % TLB_SLOTS];
	addrxlat_fulladdr_t a = {
		.addr = vpn << d->info.page_shift,
		.as = ADDRXLAT_KVADDR,
	};

	if (t->valid && t->vpn == vpn) {
		*ppn = t->ppn;
		return RD_OK;
	}
	if (d->damaged && !renew(d))
		return RD_MISSING;
	d->table_missing = false;
	st = addrxlat_fulladdr_conv(&a, ADDRXLAT_MACHPHYSADDR, d->axctx, d->axsys);
	if (st) {
		addrxlat_ctx_clear_err(d->axctx);
		/* the library's own status does not tell one from the other */
		return d->table_missing ? RD_MISSING : RD_UNMAPPED;
	}
	t->vpn = vpn;
	t->ppn = *ppn = a.addr >> d->info.page_shift;
	t->valid = true;
	return RD_OK;
}

bool dump_phys(struct dump *d, uint64_t addr, uint64_t *phys)
{
	uint64_t mask = (1ULL << d->info.page_shift) - 1, ppn;

	if (translate(d, addr >> d->info.page_shift, &ppn))
		return false;
	*phys = ppn << d->info.page_shift | (addr & mask);
	return true;
}

bool dump_maps(struct dump *d, uint64_t addr)
{
	uint64_t ppn;
	enum rd rd = translate(d, addr >> d->info.page_shift, &ppn);

	/* what maps it is missing: it cannot be said that it is not mapped */
	return rd == RD_MISSING || (rd == RD_OK && is_ram(d, ppn));
}

enum rd dump_read(struct dump *d, uint64_t addr, void *buf, size_t len)
{
	uint64_t mask = (1ULL << d->info.page_shift) - 1, ppn;
	char *out = buf;

	while (len) {
		size_t n = mask + 1 - (addr & mask);
		enum rd rd;

		if (n > len)
			n = len;
		rd = translate(d, addr >> d->info.page_shift, &ppn);
		if (rd) {
			d->count[rd]++;
			return rd;
		}
		rd = dump_read_phys(d, (ppn << d->info.page_shift) | (addr & mask), out, n);
		if (rd)
			return rd;
		out += n;
		addr += n;
		len -= n;
	}
	return RD_OK;
}

uint64_t dump_sym(struct dump *d, enum ksymbol_id id)
{
	const struct ksym *s = &d->l->sym[id];

	return s->present ? s->addr + d->info.kaslr : 0;
}

const struct layout *dump_layout(const struct dump *d)
{
	return d->l;
}

uint64_t dump_percpu(struct dump *d, enum ksymbol_id id, unsigned int cpu)
{
	const struct ksym *s = &d->l->sym[id];
	uint64_t offsets = dump_sym(d, KSYM___per_cpu_offset), off;

	if (!s->present || !offsets || dump_u64(d, offsets + 8ULL * cpu, &off))
		return 0;
	return s->addr + d->percpu_base + off;
}

/* ----------------------------------------------------------- VMCOREINFO */

char *dump_vmcoreinfo(struct dump *d, const char *key)
{
	size_t n = strlen(key);
	const char *p = d->note;

	while (p && *p) {
		size_t len = strcspn(p, "\n");

		if (len > n && !memcmp(p, key, n) && p[n] == '=')
			return strndup(p + n + 1, len - n - 1);
		p += len;
		if (*p)
			p++;
	}
	return NULL;
}

bool dump_vmcoreinfo_num(struct dump *d, const char *key, int base, uint64_t *val)
{
	char *s = dump_vmcoreinfo(d, key), *end;
	bool ok;

	if (!s)
		return false;
	errno = 0;
	*val = s[0] == '-' ? (uint64_t)strtoll(s, &end, base) : strtoull(s, &end, base);
	ok = !errno && end != s;
	free(s);
	return ok;
}

static int load_note_file(struct dump *d, const char *path, char *err, size_t errlen)
{
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		return fail(err, errlen, "%s: %s", path, strerror(errno));
	d->note = calloc(1, 65536);
	n = d->note ? fread(d->note, 1, 65535, f) : 0;
	fclose(f);
	if (!n || !strstr(d->note, "OSRELEASE="))
		return fail(err, errlen, "%s: not VMCOREINFO text", path);
	return 0;
}

/*
 * Without a VMCOREINFO note (QEMU without -device vmcoreinfo) the text still lies
 * in the kernel's memory, on a page boundary: as it is, or behind the header of an
 * ELF note. Search all pages that the dump has.
 */
static bool is_note(const char *text)
{
	return !strncmp(text, "OSRELEASE=", 10) && strstr(text, "\nPAGESIZE=") &&
	       strstr(text, "SYMBOL(");
}

/*
 * The next page that the dump has, from @pfn on. Segments of an ELF file can claim any
 * size, so there it is what lies in the file that counts.
 */
static bool next_page(struct dump *d, kdump_addr_t *pfn)
{
	kdump_attr_t a = { .type = KDUMP_BITMAP };

	if (d->check.elf)
		return next_in_segments(d, pfn);
	/* the bitmap is the library's: it goes when that starts afresh */
	if (d->damaged && !renew(d))
		return false;
	if (kdump_get_typed_attr(d->ctx, KDUMP_ATTR_FILE_PAGEMAP, &a) == KDUMP_OK &&
	    kdump_bmp_find_set(a.val.bitmap, pfn) == KDUMP_OK)
		return true;
	kdump_clear_err(d->ctx);
	return false;
}

static bool search_note(struct dump *d)
{
	size_t psize = (size_t)1 << d->info.page_shift;
	char *page = malloc(psize + 1);
	kdump_addr_t pfn;

	for (pfn = 0; page && !d->note && next_page(d, &pfn); pfn++) {
		if (d->opts->tty && !(pfn & 0xffff))
			fprintf(stderr, "\rno VMCOREINFO note, searching memory: %llu MiB",
				(unsigned long long)(pfn << d->info.page_shift >> 20));
		if (fetch_page(d, pfn, (unsigned char *)page) != RD_OK)
			continue;
		page[psize] = 0;
		if (is_note(page))
			d->note = strdup(page);
		else if (is_note(page + ELF_NOTE_HEAD))
			d->note = strdup(page + ELF_NOTE_HEAD);
	}
	if (d->opts->tty)
		fputs("\r\033[K", stderr);
	free(page);
	return d->note;
}

static int load_note(struct dump *d, char *err, size_t errlen)
{
	char *raw = NULL, *s;

	if (d->opts->vmcoreinfo) {
		if (load_note_file(d, d->opts->vmcoreinfo, err, errlen))
			return 1;
	} else if (kdump_vmcoreinfo_raw(d->ctx, &raw) == KDUMP_OK && raw) {
		d->note = raw;
	} else {
		kdump_clear_err(d->ctx);
		d->info.found_note = search_note(d);
	}
	if ((s = dump_vmcoreinfo(d, "OSRELEASE")))
		snprintf(d->info.release, sizeof(d->info.release), "%s", s);
	text_clean(d->info.release);
	free(s);
	if ((s = dump_vmcoreinfo(d, "BUILD-ID")))
		snprintf(d->info.build_id, sizeof(d->info.build_id), "%s", s);
	text_clean(d->info.build_id);
	free(s);
	return 0;
}

/* -------------------------------------------------------------- opening */

static bool on_procfs(int fd)
{
	struct statfs sf;

	return !fstatfs(fd, &sf) && sf.f_type == PROC_SUPER_MAGIC_;
}

static int open_part(struct dump *d, const char *path, char *err, size_t errlen)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), flat;
	struct stat st;
	bool cut;

	if (fd < 0)
		return fail(err, errlen, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) || S_ISDIR(st.st_mode)) {
		close(fd);
		return fail(err, errlen, "%s: not a dump but a directory", path);
	}
	if (on_procfs(fd)) {
		const char *base = strrchr(path, '/');

		d->info.live = !base || strcmp(base + 1, "vmcore");
	} else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
		close(fd);
		return fail(err, errlen, "%s: a dump must be a file that can be seeked", path);
	} else if (flat_detect(fd)) {
		char why[256];

		flat = flat_rearrange(fd, d->opts->tty, &cut, why, sizeof(why));
		close(fd);
		if (flat < 0)
			return fail(err, errlen, "%s: %s", path, why);
		fd = flat;
		d->info.flattened = true;
		d->info.truncated |= cut;
	}
	d->path[d->nfd] = path;
	/* of a flattened dump it is the file in order, which is nobody else's */
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && !on_procfs(fd))
		d->size[d->nfd] = (uint64_t)st.st_size;
	d->fd[d->nfd++] = fd;
	if (!on_procfs(fd)) {
		free(d->check.range);
		if (precheck(fd, &d->check, err, errlen, path))
			return 1;
		d->info.truncated |= d->check.cut;
		d->info.incomplete |= d->check.incomplete;
		if (kdpages_open(&d->part[d->nfd - 1], fd))
			return fail(err, errlen, "%s: its map of pages cannot be read", path);
	}
	return 0;
}

static void swap_parts(struct dump *d, unsigned int i, unsigned int j)
{
	struct kdpages part = d->part[i];
	const char *path = d->path[i];
	uint64_t size = d->size[i];
	int fd = d->fd[i];

	d->part[i] = d->part[j];
	d->path[i] = d->path[j];
	d->size[i] = d->size[j];
	d->fd[i] = d->fd[j];
	d->part[j] = part;
	d->path[j] = path;
	d->size[j] = size;
	d->fd[j] = fd;
}

/* The library wants the parts of a split dump in the order of their pages. */
static void sort_parts(struct dump *d)
{
	unsigned int i, j;

	for (i = 1; i < d->nfd; i++)
		for (j = i; j && d->part[j].from < d->part[j - 1].from; j--)
			swap_parts(d, j, j - 1);
}

/* Pages in the file: set bits of its page map, run by run. */
static uint64_t count_pages(struct dump *d)
{
	kdump_attr_t a = { .type = KDUMP_BITMAP };
	kdump_addr_t from = 0, to;
	uint64_t n = 0;

	if (!d->ctx)
		return 0;
	if (kdump_get_typed_attr(d->ctx, KDUMP_ATTR_MEMORY_PAGEMAP, &a) &&
	    kdump_get_typed_attr(d->ctx, KDUMP_ATTR_FILE_PAGEMAP, &a)) {
		kdump_clear_err(d->ctx);
		return 0;
	}
	while (kdump_bmp_find_set(a.val.bitmap, &from) == KDUMP_OK) {
		to = from;
		if (kdump_bmp_find_clear(a.val.bitmap, &to) != KDUMP_OK || to <= from)
			break;
		n += to - from;
		from = to;
	}
	return n;
}

uint64_t dump_ram(struct dump *d)
{
	if (!d->ram_pages)
		d->ram_pages = count_pages(d);
	/* unknown: assume more than any machine has today */
	return d->ram_pages ? d->ram_pages << d->info.page_shift : 1ULL << 46;
}

static const char *str_attr(struct dump *d, const char *key)
{
	const char *s = NULL;

	if (kdump_get_string_attr(d->ctx, key, &s) != KDUMP_OK)
		kdump_clear_err(d->ctx);
	return s;
}

/* The larger the pages, the fewer are kept. */
static int set_page_shift(struct dump *d, unsigned int shift, char *err, size_t errlen)
{
	free(d->pages);
	d->pages = malloc((size_t)1 << CACHE_SHIFT);
	if (!d->pages)
		return fail(err, errlen, "out of memory");
	memset(d->slot, 0, sizeof(d->slot));
	memset(d->tlb, 0, sizeof(d->tlb));
	d->info.page_shift = shift;
	return 0;
}

/*
 * ELF does not tell the size of pages. Where the machine does not either, it is VMCOREINFO's
 * word, and without that, or with a size of 0 in it, the library divides by zero when it
 * reads. What it knows must be a size that this file can work with, as page_shift is.
 */
static void keep_page_size(struct dump *d)
{
	unsigned int shift = d->info.page_shift ? d->info.page_shift : 12;
	kdump_num_t size;

	if (kdump_get_number_attr(d->ctx, KDUMP_ATTR_PAGE_SIZE, &size) != KDUMP_OK ||
	    size < 4096 || size > 65536)
		kdump_set_number_attr(d->ctx, KDUMP_ATTR_PAGE_SIZE, 1ULL << shift);
	kdump_clear_err(d->ctx);
}

static int open_ctx(struct dump *d, char *err, size_t errlen, const char *path)
{
	d->ctx = kdump_new();
	if (!d->ctx)
		return fail(err, errlen, "out of memory");
	/* reading beyond the end of a truncated file is an error, of a mapping a SIGBUS */
	kdump_set_number_attr(d->ctx, KDUMP_ATTR_FILE_MMAP_POLICY, KDUMP_MMAP_NEVER);
	if (kdump_open_fdset(d->ctx, d->nfd, d->fd) != KDUMP_OK)
		return fail(err, errlen, "%s: %s", path, kdump_get_err(d->ctx));
	/* libkdumpfile interprets VMCOREINFO only when it knows what wrote it */
	kdump_set_string_attr(d->ctx, KDUMP_ATTR_OSTYPE, "linux");
	keep_page_size(d);
	return 0;
}

int dump_open(struct dump **dp, char **paths, unsigned int npaths,
	      const struct dump_opts *opts, char *err, size_t errlen)
{
	struct dump *d = calloc(1, sizeof(*d));
	const char *format;
	unsigned int i;
	kdump_num_t num;

	*dp = d;
	if (!d)
		return fail(err, errlen, "out of memory");
	d->opts = opts;
	if (npaths > MAX_PARTS)
		return fail(err, errlen, "more than %d parts of a split dump", MAX_PARTS);
	for (i = 0; i < npaths; i++) {
		if (open_part(d, paths[i], err, errlen))
			return 1;
	}
	sort_parts(d);
	if (open_ctx(d, err, errlen, paths[0]))
		return 1;
	format = str_attr(d, "file.description");
	if (!format)
		format = str_attr(d, KDUMP_ATTR_FILE_FORMAT);
	snprintf(d->format, sizeof(d->format), "%s", format ? format : "?");
	d->info.format = d->format;
	d->info.page_shift = 12;
	if (kdump_get_number_attr(d->ctx, KDUMP_ATTR_PAGE_SHIFT, &num) == KDUMP_OK &&
	    num >= 12 && num <= 16)
		d->info.page_shift = num;
	kdump_clear_err(d->ctx);
	if (set_page_shift(d, d->info.page_shift, err, errlen))
		return 1;
	return load_note(d, err, errlen);
}

static int set_arch(struct dump *d, const struct arch *a, char *err, size_t errlen)
{
	const char *name = str_attr(d, KDUMP_ATTR_ARCH_NAME);
	uint64_t psize = 0;

	if (name && strcmp(name, a->name))
		return fail(err, errlen, "the dump is of a %s machine, %s is for %s", name,
			    d->l->path, a->name);
	if (!name && kdump_set_string_attr(d->ctx, KDUMP_ATTR_ARCH_NAME, a->name) != KDUMP_OK)
		return fail(err, errlen, "libkdumpfile: %s", kdump_get_err(d->ctx));
	if (dump_vmcoreinfo_num(d, "PAGESIZE", 10, &psize) && psize >= 4096 &&
	    psize <= 65536 && !(psize & (psize - 1))) {
		kdump_set_number_attr(d->ctx, KDUMP_ATTR_PAGE_SIZE, psize);
		if (psize != 1ULL << d->info.page_shift)
			return set_page_shift(d, __builtin_ctzll(psize), err, errlen);
	}
	return 0;
}

static void find_kaslr(struct dump *d)
{
	uint64_t v;

	if (d->opts->have_kaslr)
		d->info.kaslr = d->opts->kaslr;
	else if (dump_vmcoreinfo_num(d, "KERNELOFFSET", 16, &v))
		d->info.kaslr = v;
	else if (dump_vmcoreinfo_num(d, "SYMBOL(_stext)", 16, &v) &&
		 d->l->sym[KSYM__stext].present)
		d->info.kaslr = v - d->l->sym[KSYM__stext].addr;
	/*
	 * Where per-CPU symbols are linked at zero they do not move; else their
	 * offsets are relative to the moved image.
	 */
	if (d->l->sym[KSYM___per_cpu_start].addr)
		d->percpu_base = d->info.kaslr;
}

/* VMCOREINFO that the library did not find itself, or must not use. */
static void set_note(struct dump *d)
{
	kdump_attr_t a = { .type = KDUMP_BLOB };

	if (!d->note || !(d->info.found_note || d->opts->vmcoreinfo))
		return;
	a.val.blob = kdump_blob_new_dup(d->note, strlen(d->note));
	if (!a.val.blob)
		return;
	/* takes over the reference */
	if (kdump_set_attr(d->ctx, "linux.vmcoreinfo.raw", &a) != KDUMP_OK)
		kdump_clear_err(d->ctx);
	keep_page_size(d);
}

static int init_xlat(struct dump *d, char *err, size_t errlen)
{
	set_note(d);
	if (d->opts->have_phys_base)
		kdump_set_address_attr(d->ctx, "addrxlat.force.phys_base",
				       d->opts->phys_base);
	if (kdump_get_addrxlat(d->ctx, &d->axctx, &d->axsys) != KDUMP_OK)
		return fail(err, errlen, "address translation: %s", kdump_get_err(d->ctx));
	d->cb = addrxlat_ctx_add_cb(d->axctx);
	if (!d->cb)
		return fail(err, errlen, "out of memory");
	d->cb->priv = d;
	d->cb->get_page = table_page;
	return 0;
}

static void close_ctx(struct dump *d)
{
	if (d->cb)
		addrxlat_ctx_del_cb(d->axctx, d->cb);
	if (d->axsys)
		addrxlat_sys_decref(d->axsys);
	if (d->axctx)
		addrxlat_ctx_decref(d->axctx);
	if (d->ctx)
		kdump_free(d->ctx);
	d->cb = NULL;
	d->axsys = NULL;
	d->axctx = NULL;
	d->ctx = NULL;
}

/* Start the library afresh. What the caches here hold stays. */
static bool renew(struct dump *d)
{
	uint64_t from = now_ms();
	char err[256];

	if (d->renew_ms >= MAX_RENEW_MS)
		return false;
	close_ctx(d);
	if (open_ctx(d, err, sizeof(err), "") ||
	    (d->l && (set_arch(d, arch_find(d->l->machine), err, sizeof(err)) ||
		      init_xlat(d, err, sizeof(err))))) {
		d->renew_ms = MAX_RENEW_MS;
		return false;
	}
	d->renew_ms += now_ms() - from + 1;
	d->damaged = false;
	return true;
}

int dump_attach(struct dump *d, const struct layout *l, char *err, size_t errlen)
{
	const struct arch *a = arch_find(l->machine);
	char banner[256];

	d->l = l;
	if (!a)
		return fail(err, errlen, "%s: unsupported architecture (ELF machine %u)",
			    l->path, l->machine);
	if (set_arch(d, a, err, errlen))
		return 1;
	find_kaslr(d);
	d->info.levels = a->levels(d);
	if (init_xlat(d, err, errlen))
		return 1;
	if (!d->l->sym[KSYM_linux_banner].present)
		return 0;
	/* a wrong base may lead to some other page */
	if (dump_string(d, dump_sym(d, KSYM_linux_banner), banner, sizeof(banner)) ||
	    strncmp(banner, "Linux version ", 14))
		return fail(err, errlen,
			    "kernel addresses cannot be translated (%s); see --kaslr, --phys-base and --vmcoreinfo",
			    d->note ? "the dump lacks the kernel's page tables, or its VMCOREINFO is wrong" :
			    "the dump has no VMCOREINFO");
	return 0;
}

void dump_close(struct dump *d)
{
	unsigned int i;

	if (!d)
		return;
	close_ctx(d);
	for (i = 0; i < d->nfd; i++)
		kdpages_close(&d->part[i]);
	for (i = 0; i < d->nfd; i++)
		close(d->fd[i]);
	free(d->check.range);
	free(d->note);
	free(d->pages);
	free(d);
}
