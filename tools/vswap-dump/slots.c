// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slots.c - lists of slots, one slot, look-ups from outside, extraction
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"

/* Columns without -o. */
static const enum col slot_cols[] = {
	COL_SLOT, COL_BACKING, COL_COUNT, COL_CACHED, COL_LENGTH, COL_COMP, COL_DEVICE,
	COL_OFFSET, COL_CGROUP, COL_NOTE
};
#define NSLOT_COLS	(sizeof(slot_cols) / sizeof(slot_cols[0]))

/* Is it the cgroup that --cgroup names, by inode number or by path? */
static bool cgroup_is(const char *name, const struct cgroup *g)
{
	char *end;
	unsigned long long ino = strtoull(name, &end, 10);

	if (*name && !*end)
		return g->ino == ino;
	return g->path && !strcmp(g->path, name);
}

bool filter_match(struct kern *k, const struct filter *f, const struct slot *s)
{
	if (f->backings ? !(f->backings >> s->state & 1) : s->state == VS_FREE)
		return false;
	if (f->device >= 0 && (s->state != VS_PHYS || s->ptype != (unsigned int)f->device))
		return false;
	if (!f->cgroup)
		return true;
	if (!s->memcg)
		return s->memcg_known && !strcmp(f->cgroup, "-");
	return cgroup_is(f->cgroup, kern_cgroup(k, s->memcg));
}

/* ------------------------------------------------------------- --slots */

/* Something to do with each slot that passes a filter. Non-zero ends the walk. */
struct each {
	const struct filter *f;
	int (*fn)(struct kern *k, const struct cluster *c, const struct slot *s, void *arg);
	void *arg;
	uint64_t lost;		/* slots in use in clusters whose table is missing */
	uint64_t unowned;	/* with --cgroup: slots in use whose owner is not known */
	uint64_t matched;
};

static int each_slot(struct kern *k, const struct swapdev *dev, const struct cluster *c,
		     void *arg)
{
	struct each *e = arg;
	struct slot s;
	unsigned int i;
	int ret = 0;

	(void)dev;
	if (c->table_st == TABLE_MISSING) {
		fprintf(stderr, "vswap-dump: cluster %" PRIu64 ": its swap table is not in the dump, %u slots in use are unknown\n",
			c->index, c->count);
		e->lost += c->count;
	}
	for (i = 0; c->table_st == TABLE_READ && i < k->cluster && !ret; i++) {
		slot_decode(k, c, i, true, &s);
		if (e->f->cgroup && s.state != VS_FREE && !s.memcg_known)
			e->unowned++;
		if (!filter_match(k, e->f, &s))
			continue;
		e->matched++;
		ret = e->fn(k, c, &s, e->arg);
	}
	return ret;
}

/* Is there such a cgroup in the kernel's table of them? One that is "-" always is. */
static bool cgroup_exists(struct kern *k, const char *name)
{
	unsigned int id;

	for (id = 1; id < NR_CGROUP_IDS; id++) {
		const struct cgroup *g = kern_cgroup(k, id);

		if (g->memcg && cgroup_is(name, g))
			return true;
	}
	return !strcmp(name, "-");
}

/* What a list by cgroup cannot say by being short, or empty. The exit status. */
static int cgroup_status(struct kern *k, const struct each *e)
{
	int ret = 0;

	if (!e->f->cgroup)
		return 0;
	if (e->unowned) {
		fprintf(stderr, "vswap-dump: the owner of %" PRIu64
			" slots in use is not in the dump\n", e->unowned);
		ret = 4;
	}
	if (!e->matched && !cgroup_exists(k, e->f->cgroup)) {
		fprintf(stderr, "vswap-dump: there is no cgroup %s%s\n", e->f->cgroup,
			dump_incomplete(k) ? " in what the dump has" : "");
		ret = 4;
	}
	return ret;
}

static int list_slot(struct kern *k, const struct cluster *c, const struct slot *s, void *arg)
{
	struct row r;

	row_from_slot(k, s, &r);
	if (!r.note && s->state == VS_INVALID && slot_busy(k, c, s))
		r.note = "being changed";
	listing_add(arg, &r);
	return ferror(stdout);
}

int cmd_slots(struct kern *k, const struct out_opts *o, const struct filter *f)
{
	struct walk_stat st = { 0 };
	struct listing l;
	struct each e = { .f = f, .fn = list_slot, .arg = &l };
	int ret;

	if (listing_begin(&l, k, o, slot_cols, NSLOT_COLS))
		return 2;
	if (o->json)
		json_stream_begin(k, "slots");
	walk_clusters(k, &k->dev[k->vtype], f->from, f->to, &st, each_slot, &e);
	listing_end(&l);
	if (o->json) {
		struct json_object *more = json_object_new_object();

		json_u64(more, "slots_unknown", e.lost);
		json_stream_end(k, l.rows, more);
	}
	ret = cgroup_status(k, &e);
	return missing_status(k, &st) ? 4 : ret;
}

/* -------------------------------------------------------------- --slot */

static void print_location(struct kern *k, unsigned int type, uint64_t off)
{
	const struct swapdev *d;
	uint64_t sector;

	if (type >= SWP_MAX_DEVICES || !k->dev[type].used) {
		printf("device:      %u, which is not in use\n", type);
		return;
	}
	d = &k->dev[type];
	printf("device:      %u, %s\noffset:      %" PRIu64 "\n", type, device_name(d), off);
	if (off >= d->max)
		puts("             beyond the end of the device");
	else if (kern_location(k, d, off, &sector))
		printf("location:    sector %" PRIu64 " (byte %" PRIu64 ") of %s (%u:%u)\n",
		       sector, sector * 512, d->bdev[0] ? d->bdev : "?", d->major, d->minor);
}

static void print_folio(struct kern *k, const struct slot *s)
{
	struct folio_state f;

	folio_read(k, s, k->vtype, &f);
	printf("cached:      yes, folio at pfn %#" PRIx64, s->pfn);
	if (!f.known)
		puts(" (its page descriptor is not in the dump)");
	else if (!f.matches)
		puts(" (which does not say that it belongs here)");
	else
		printf(", page at pfn %#" PRIx64 "%s%s%s%s\n", f.pfn, f.locked ? ", locked" : "",
		       f.writeback ? ", under writeback" : "", f.dirty ? ", dirty" : "",
		       f.uptodate ? "" : ", not yet filled");
}

static void print_zentry(struct kern *k, const struct row *r)
{
	struct zs_object z;
	struct pool *p;
	char why[256];

	printf("zswap entry: %#" PRIx64, r->s.entry);
	if (r->z.rd) {
		printf(" (%s)\n", r->note);
		return;
	}
	printf("\ncompressed:  %" PRIu64 " bytes with %s\n", r->z.length, r->comp ? r->comp : "?");
	p = kern_pool(k, r->z.pool);
	if (!p || !p->zs)
		return;
	if (zs_locate(k, p->zs, r->z.handle, r->z.length, &z, why, sizeof(why)) == CONTENT_ZSWAP)
		printf("zsmalloc:    handle %#" PRIx64 ", object %u of class %u (%u bytes), pfn %#"
		       PRIx64 " offset %u%s\n", r->z.handle, z.index, z.class_index, z.size,
		       z.pfn, z.offset, z.huge ? ", a page of its own" : "");
	else
		printf("zsmalloc:    %s\n", why);
}

static void print_slot(struct kern *k, const struct cluster *c, const struct row *r,
		       enum content ct, const char *why)
{
	const struct slot *s = &r->s;
	const struct cgroup *g = kern_cgroup(k, s->memcg);

	printf("slot:        %" PRIu64 " (number %" PRIu64 " of cluster %" PRIu64 ")\n", s->nr,
	       s->nr % k->cluster, s->nr / k->cluster);
	printf("backing:     %s\n", vs_names[s->state]);
	if (s->has_count)
		printf("references:  %u\n", s->count);
	if (s->memcg_known)
		printf("cgroup:      %s%s%s\n", kern_cgroup_path(k, s->memcg),
		       g->ino ? ", inode " : "", g->ino ? fmt_u64(g->ino) : "");
	if (s->cached)
		print_folio(k, s);
	else if (s->state != VS_FREE && s->kind)
		puts("cached:      no");
	if (s->state == VS_ZSWAP)
		print_zentry(k, r);
	if (s->state == VS_PHYS)
		print_location(k, s->ptype, s->poff);
	if (vtw_kind(s->vword) == VTW_PHYS && vtw_failed(s->vword))
		puts("note:        the last write to the device failed");
	printf("words:       swap table %#018" PRIx64 ", virtual table %#018" PRIx64 "%s\n",
	       s->word, s->vword, c->locked ? " (cluster was being changed)" : "");
	if (content_ok(ct))
		printf("content:     available (from %s)\n", content_names[ct]);
	else
		printf("content:     %s\n", why);
	if (r->note)
		printf("note:        %s\n", r->note);
}

static void json_one(struct kern *k, const struct row *r, enum content ct, const char *why)
{
	struct json_object *o = json_head(k, "slot"), *row = row_json(k, r);
	uint64_t sector;

	json_hex(row, "word", r->s.word);
	json_hex(row, "virtual_word", r->s.vword);
	json_str(row, "content", content_names[ct]);
	if (!content_ok(ct))
		json_str(row, "why", why);
	if (r->s.state == VS_PHYS && r->s.ptype < SWP_MAX_DEVICES &&
	    k->dev[r->s.ptype].used) {
		json_device(row, &k->dev[r->s.ptype]);
		if (kern_location(k, &k->dev[r->s.ptype], r->s.poff, &sector))
			json_u64(row, "sector", sector);
	}
	json_object_object_add(o, "slot", row);
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

int cmd_slot(struct kern *k, const struct out_opts *o, uint64_t nr, bool raw)
{
	const struct swapdev *v = &k->dev[k->vtype];
	struct cluster *c = cluster_new();
	unsigned char *buf = need(k->page_size);
	enum content ct;
	char why[256];
	struct slot s;
	struct row r;
	int ret = 0;

	if (nr >= v->max) {
		fprintf(stderr, "vswap-dump: slot %" PRIu64 " does not exist: the capacity is %"
			PRIu64 "\n", nr, v->max);
		ret = 4;
		goto out;
	}
	if (slot_read(k, v, nr, c, &s)) {
		fprintf(stderr, "vswap-dump: the descriptor of cluster %" PRIu64
			" is not in the dump\n", nr / k->cluster);
		ret = 4;
		goto out;
	}
	row_from_slot(k, &s, &r);
	ct = content_get(k, &s, buf, why, sizeof(why));
	if (raw && content_ok(ct)) {
		if (fwrite(buf, 1, k->page_size, stdout) != k->page_size)
			ret = 1;
	} else if (raw) {
		fprintf(stderr, "vswap-dump: slot %" PRIu64 ": %s\n", nr, why);
		ret = 4;
	} else if (o->json) {
		json_one(k, &r, ct, why);
	} else {
		print_slot(k, c, &r, ct, why);
	}
	if (ct == CONTENT_MISSING || ct == CONTENT_CORRUPT || ct == CONTENT_UNSUPPORTED)
		ret = 4;
out:
	free(buf);
	free(c);
	return ret;
}

/* ---------------------------------------------------- --entry and --phys */

#define IN_ZSWAP	"in zswap"
#define ZERO_FILLED	"zero-filled"

/* A swap entry of a physical device: no virtual slot is behind it. */
static void direct_row(struct kern *k, const struct swapdev *d, uint64_t off,
		       struct cluster *c, struct row *r)
{
	uint64_t entry;
	struct pool *p;
	enum rd rd;

	r->direct = "direct";
	if (slot_read(k, d, off, c, &r->s)) {
		r->note = off >= d->max ? "beyond the end of the device" :
			"its table is not in the dump";
		return;
	}
	if (r->s.kind == SWT_POINTER)
		r->note = "names a slot that backs a virtual one";
	else if (r->s.state == VS_FREE)
		r->note = "names a free slot";
	else if (r->s.state == VS_ZERO)
		r->note = ZERO_FILLED;
	rd = kern_zswap_tree(k, d->type, off, &entry);
	if (rd)
		r->note = rd == RD_MISSING ? "zswap's tree is not in the dump" : "zswap's tree is not mapped";
	if (rd || !entry)
		return;
	kern_zentry(k, entry, &r->z);
	r->note = r->z.rd ? zentry_lost(r->z.rd) : IN_ZSWAP;
	p = r->z.rd ? NULL : kern_pool(k, r->z.pool);
	r->comp = p && p->comp[0] ? p->comp : NULL;
}

void row_from_entry(struct kern *k, unsigned int type, uint64_t off, struct cluster *c,
		    struct row *r)
{
	struct slot s;

	memset(r, 0, sizeof(*r));
	if (type >= SWP_MAX_DEVICES || !k->dev[type].used) {
		r->direct = "?";
		r->note = "no such device";
	} else if (k->dev[type].is_virtual) {
		const char *note = NULL;

		if (slot_read(k, &k->dev[type], off, c, &s))
			note = off >= k->dev[type].max ? "beyond the capacity" :
				"its cluster is not in the dump";
		else if (s.state == VS_FREE)
			note = "names a free slot";
		row_from_slot(k, &s, r);
		if (note)
			r->note = note;
	} else {
		direct_row(k, &k->dev[type], off, c, r);
	}
	r->type = type;
	r->off = off;
}

/* Notes that say where a page is, not that something is wrong. */
static bool harmless(const char *note)
{
	return !note || !strcmp(note, IN_ZSWAP) || !strcmp(note, ZERO_FILLED);
}

/*
 * The page behind a direct entry: in the swap cache, in zswap, or zero-filled. It is on
 * the device only where nothing says otherwise, or cannot be read.
 */
static int direct_raw(struct kern *k, const struct row *r)
{
	unsigned char *buf = need(k->page_size);
	enum content ct = CONTENT_DEVICE;
	struct folio_state f;
	char why[256] = "the content is on the device, not in memory";
	int ret = 4;

	if (r->s.cached) {
		folio_read(k, &r->s, r->type, &f);
		if (f.known && f.matches && f.uptodate &&
		    !dump_read_phys(k->d, f.pfn << k->page_shift, buf, k->page_size))
			ct = CONTENT_CACHE;
	}
	if (ct == CONTENT_DEVICE && r->s.state == VS_ZERO) {
		memset(buf, 0, k->page_size);
		ct = CONTENT_ZERO;
	} else if (ct == CONTENT_DEVICE && !harmless(r->note)) {
		snprintf(why, sizeof(why), "%s", r->note);
		ct = CONTENT_MISSING;
	} else if (ct == CONTENT_DEVICE && r->note && !strcmp(r->note, IN_ZSWAP)) {
		ct = content_zentry(k, &r->z, buf, why, sizeof(why));
	}
	if (!content_ok(ct))
		fprintf(stderr, "vswap-dump: slot %" PRIu64 " of device %u: %s\n", r->off,
			r->type, why);
	else
		ret = fwrite(buf, 1, k->page_size, stdout) == k->page_size ? 0 : 1;
	free(buf);
	return ret;
}

int cmd_entry(struct kern *k, const struct out_opts *o, uint64_t pte, bool raw)
{
	struct cluster *c;
	unsigned int type;
	uint64_t off;
	struct row r;
	int ret;

	if (k->arch->classify(pte, 1) != PTE_SWAP) {
		fprintf(stderr, "vswap-dump: %#" PRIx64 " is %s, not a swapped-out page\n", pte,
			pte ? "the entry of a page in memory" : "an empty entry");
		return 2;
	}
	k->arch->swap(pte, &type, &off);
	if (type < SWP_MAX_DEVICES && k->dev[type].used && k->dev[type].is_virtual)
		return cmd_slot(k, o, off, raw);
	c = cluster_new();
	row_from_entry(k, type, off, c, &r);
	free(c);
	if (raw)
		return direct_raw(k, &r);
	ret = harmless(r.note) ? 0 : 4;
	if (o->json) {
		struct json_object *h = json_head(k, "entry");

		json_object_object_add(h, "entry", row_json(k, &r));
		puts(json_object_to_json_string_ext(h, JSON_C_TO_STRING_PRETTY));
		json_object_put(h);
		return ret;
	}
	printf("entry:       %#" PRIx64 ", type %u offset %" PRIu64 "\n", pte, type, off);
	print_location(k, type, off);
	printf("backing:     %s%s%s\n", r.direct, r.note ? ", " : "", r.note ? r.note : "");
	return ret;
}

static const char *phys_kind(const struct slot *s)
{
	switch (s->kind) {
	case SWT_FREE:
		return "free";
	case SWT_BADSLOT:
		return "reserved";
	case SWT_POINTER:
		return "backing";
	case SWT_ODD:
		return "invalid";
	default:
		return "direct";
	}
}

static int print_phys(struct kern *k, const struct out_opts *o, const struct swapdev *d,
		      const struct slot *p, struct cluster *c)
{
	uint64_t v = swt_pointer(p->word), sector;
	bool agree = true;
	struct slot s;
	struct row r;

	memset(&r, 0, sizeof(r));
	if (p->kind == SWT_POINTER) {
		slot_read(k, &k->dev[k->vtype], v, c, &s);
		row_from_slot(k, &s, &r);
		agree = s.state == VS_PHYS && s.ptype == d->type && s.poff == p->nr;
		if (!agree)
			r.note = "the virtual slot does not name this one";
	}
	if (o->json) {
		struct json_object *h = json_head(k, "phys");

		json_u64(h, "device", d->type);
		json_u64(h, "offset", p->nr);
		json_device(h, d);
		if (kern_location(k, d, p->nr, &sector))
			json_u64(h, "sector", sector);
		json_str(h, "use", phys_kind(p));
		if (p->kind == SWT_POINTER)
			json_object_object_add(h, "slot", row_json(k, &r));
		puts(json_object_to_json_string_ext(h, JSON_C_TO_STRING_PRETTY |
						    JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(h);
		return agree ? 0 : 4;
	}
	print_location(k, d->type, p->nr);
	printf("use:         %s\n", phys_kind(p));
	if (p->has_count)
		printf("references:  %u\ncached:      %s\n", p->count, p->cached ? "yes" : "no");
	if (p->kind == SWT_POINTER) {
		printf("virtual:     slot %" PRIu64 ", backing %s, cgroup %s\n", v,
		       vs_names[s.state], kern_cgroup_path(k, s.memcg));
		if (r.note)
			printf("note:        %s\n", r.note);
	}
	return agree ? 0 : 4;
}

int cmd_phys(struct kern *k, const struct out_opts *o, unsigned int type, uint64_t off)
{
	struct cluster *c;
	struct slot p;
	int ret;

	if (type >= SWP_MAX_DEVICES || !k->dev[type].used || !k->dev[type].complete) {
		fprintf(stderr, "vswap-dump: there is no swap device %u\n", type);
		return 4;
	}
	if (k->dev[type].is_virtual) {
		fprintf(stderr, "vswap-dump: device %u is the virtual one; use --slot\n", type);
		return 2;
	}
	if (off >= k->dev[type].max) {
		fprintf(stderr, "vswap-dump: device %u has %" PRIu64 " slots\n", type,
			k->dev[type].max);
		return 4;
	}
	c = cluster_new();
	if (slot_read(k, &k->dev[type], off, c, &p) || c->table_st == TABLE_MISSING) {
		fprintf(stderr, "vswap-dump: the table of that slot is not in the dump\n");
		ret = 4;
	} else {
		ret = print_phys(k, o, &k->dev[type], &p, c);
	}
	free(c);
	return ret;
}

/* ----------------------------------------------------------- --extract */

struct extract_arg {
	int dirfd;
	FILE *index;
	unsigned char *buf;
	uint64_t written, failed, elsewhere;
	int err;		/* errno of a failed write */
};

static int write_page(struct extract_arg *a, struct kern *k, uint64_t nr)
{
	char name[64];
	size_t done = 0;
	int fd;

	snprintf(name, sizeof(name), "%" PRIu64 ".page", nr);
	fd = openat(a->dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		a->err = errno;
		return 1;
	}
	while (done < k->page_size) {
		ssize_t n = write(fd, a->buf + done, k->page_size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			a->err = n ? errno : ENOSPC;
			close(fd);
			return 1;
		}
		done += n;
	}
	if (close(fd)) {
		a->err = errno;
		return 1;
	}
	return 0;
}

static int extract_slot(struct kern *k, const struct cluster *c, const struct slot *s, void *arg)
{
	struct extract_arg *a = arg;
	enum content ct;
	char why[256];

	(void)c;
	ct = content_get(k, s, a->buf, why, sizeof(why));
	fprintf(a->index, "%" PRIu64 "\t%s\t%s\t%s\t%s\n", s->nr, vs_names[s->state],
		content_names[ct], kern_cgroup_path(k, s->memcg), content_ok(ct) ? "" : why);
	if (content_ok(ct)) {
		a->written++;
		return write_page(a, k, s->nr);
	}
	if (ct == CONTENT_DEVICE || ct == CONTENT_POISON)
		a->elsewhere++;
	else
		a->failed++;
	return 0;
}

int cmd_extract(struct kern *k, const struct out_opts *o, const struct filter *f,
		const char *dir)
{
	struct extract_arg a = { .dirfd = -1, .buf = need(k->page_size) };
	struct each e = { .f = f, .fn = extract_slot, .arg = &a };
	struct walk_stat st = { 0 };
	char path[PATH_MAX];
	int ret = 1;

	if (mkdir(dir, 0700) && errno != EEXIST) {
		fprintf(stderr, "vswap-dump: %s: %s\n", dir, strerror(errno));
		goto out;
	}
	a.dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(path, sizeof(path), "%s/index.tsv", dir);
	a.index = a.dirfd < 0 ? NULL : fopen(path, "we");
	if (!a.index) {
		fprintf(stderr, "vswap-dump: %s: %s\n", path, strerror(errno));
		goto out;
	}
	fputs("slot\tbacking\tcontent\tcgroup\twhy\n", a.index);
	walk_clusters(k, &k->dev[k->vtype], f->from, f->to, &st, each_slot, &e);
	/* an error that stdio met earlier has no errno any more */
	if (ferror(a.index) && !a.err)
		a.err = EIO;
	if (fclose(a.index) && !a.err)
		a.err = errno;
	if (a.err) {
		fprintf(stderr, "vswap-dump: %s: %s\n", dir, strerror(a.err));
		goto out;
	}
	if (o->json) {
		struct json_object *h = json_head(k, "extract");

		json_u64(h, "written", a.written);
		json_u64(h, "elsewhere", a.elsewhere);
		json_u64(h, "failed", a.failed);
		json_u64(h, "slots_unknown", e.lost);
		puts(json_object_to_json_string_ext(h, JSON_C_TO_STRING_PRETTY));
		json_object_put(h);
	} else {
		printf("%" PRIu64 " pages written to %s, %" PRIu64
		       " on a device or poisoned, %" PRIu64 " could not be had (see index.tsv)\n",
		       a.written, dir, a.elsewhere, a.failed);
	}
	ret = cgroup_status(k, &e);
	if (missing_status(k, &st) || a.failed)
		ret = 4;
out:
	if (a.dirfd >= 0)
		close(a.dirfd);
	free(a.buf);
	return ret;
}
