// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tracedat.c - reads trace.dat files of trace-cmd, versions 6 and 7
 *
 * Written from the description in trace-cmd.dat.v6(5) and trace-cmd.dat.v7(5).
 * Nothing in the file is trusted: every read goes through a cursor that knows
 * its end, every count is checked against what can be there, and the number of
 * bytes that compressed data may grow to is bounded.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "tracedat.h"
#include "util.h"

#define MAX_INFLATE (1ULL << 30)
#define MAX_SECTIONS 4096

enum { OPT_DONE = 0, OPT_CPUSTAT = 2, OPT_BUFFER = 3, OPT_HEADER = 16, OPT_EVENTS = 18,
       OPT_CMDLINES = 21 };

/** struct cur - a bounded position; @bad sticks once a read went over the end */
struct cur {
	const unsigned char *p;
	const unsigned char *end;
	bool bad;
};

/** struct blob - bytes of a section, from malloc() when they were compressed */
struct blob {
	const unsigned char *data;
	size_t len;
	unsigned char *heap;
};

static const unsigned char *take(struct cur *c, uint64_t n)
{
	const unsigned char *p = c->p;

	if (c->bad || n > (uint64_t)(c->end - c->p)) {
		c->bad = true;
		return NULL;
	}
	c->p += n;
	return p;
}

static uint64_t num(struct cur *c, size_t n)
{
	const unsigned char *p = take(c, n);
	uint64_t v = 0;

	/* only files of the same byte order get here */
	if (p)
		memcpy(&v, p, n);
	return v;
}

/* a terminated string inside the cursor; "" when there is none */
static const char *str(struct cur *c)
{
	const unsigned char *nul = c->bad ? NULL : memchr(c->p, 0, (size_t)(c->end - c->p));
	const char *s = (const char *)c->p;

	if (!nul) {
		c->bad = true;
		return "";
	}
	c->p = nul + 1;
	return s;
}

static struct cur at(const struct tdat *d, uint64_t off)
{
	struct cur c = { d->file, d->file + d->size, false };

	take(&c, off);
	return c;
}

bool tdat_is(const void *data, size_t size)
{
	return size > 12 && !memcmp(data, "\x17\x08\x44tracing", 10);
}

static unsigned char *inflate(struct tdat *d, const unsigned char *src, size_t n, uint64_t out)
{
	unsigned char *buf;
	size_t r;

	if (!out || out > MAX_INFLATE - d->inflated || strcmp(d->compression, "zstd"))
		return NULL;
	/* zstd cannot shrink below this; a larger claim is a lie */
	if (out / 65536 > (uint64_t)n + 16)
		return NULL;
	buf = malloc(out);
	if (!buf)
		return NULL;
	r = ZSTD_decompress(buf, out, src, n);
	if (ZSTD_isError(r) || r != out) {
		free(buf);
		return NULL;
	}
	d->inflated += out;
	return buf;
}

/* Read the section at @off; the caller frees blob.heap. */
static int section(struct tdat *d, uint64_t off, unsigned int id, struct blob *b)
{
	struct cur c = at(d, off);
	unsigned int got = (unsigned int)num(&c, 2), flags = (unsigned int)num(&c, 2);
	uint64_t size, raw;

	memset(b, 0, sizeof(*b));
	num(&c, 4);
	size = num(&c, 8);
	if (c.bad || got != id || size > (uint64_t)(c.end - c.p))
		return -EINVAL;
	if (!(flags & 1)) {
		b->data = c.p;
		b->len = size;
		return 0;
	}
	size = num(&c, 4);
	raw = num(&c, 4);
	if (!take(&c, size))
		return -EINVAL;
	b->heap = inflate(d, c.p - size, size, raw);
	if (!b->heap)
		return -EINVAL;
	b->data = b->heap;
	b->len = raw;
	return 0;
}

static void header_page(struct tdat *d, const unsigned char *s, uint64_t n)
{
	char text[1024], *p;
	unsigned int off, size;

	if (n >= sizeof(text))
		n = sizeof(text) - 1;
	memcpy(text, s, n);
	text[n] = '\0';
	/* "field: local_t commit;\toffset:8;\tsize:8;" tells the kernel's long */
	p = strstr(text, " commit;");
	if (p && sscanf(p, " commit;\toffset:%u;\tsize:%u;", &off, &size) == 2 &&
	    (size == 4 || size == 8))
		d->es.long_size = (int)size;
}

static int read_header_info(struct tdat *d, struct cur *c)
{
	const unsigned char *s;
	uint64_t n;

	if (strcmp(str(c), "header_page") || c->bad)
		return -EINVAL;
	n = num(c, 8);
	s = take(c, n);
	if (s)
		header_page(d, s, n);
	if (strcmp(str(c), "header_event") || c->bad)
		return -EINVAL;
	take(c, num(c, 8));
	return c->bad ? -EINVAL : 0;
}

static int skip_ftrace_events(struct cur *c)
{
	uint64_t n = num(c, 4);

	while (n-- && !c->bad)
		take(c, num(c, 8));
	return c->bad ? -EINVAL : 0;
}

/* "name: vswap_transition\n..." is how a format starts */
static void one_format(struct tdat *d, const unsigned char *s, uint64_t n)
{
	char name[64];
	const unsigned char *nl = memchr(s, '\n', n);
	size_t k;

	if (!nl || nl - s < 7 || memcmp(s, "name: ", 6))
		return;
	k = (size_t)(nl - s) - 6;
	if (k >= sizeof(name))
		return;
	memcpy(name, s + 6, k);
	name[k] = '\0';
	ev_set_add(&d->es, name, (const char *)s, n);
}

static int read_events(struct tdat *d, struct cur *c)
{
	uint64_t nsys = num(c, 4);

	while (nsys-- && !c->bad) {
		bool ours = !strcmp(str(c), "vswap");
		uint64_t n = num(c, 4);

		while (n-- && !c->bad) {
			uint64_t len = num(c, 8);
			const unsigned char *s = take(c, len);

			if (s && ours)
				one_format(d, s, len);
		}
	}
	return c->bad ? -EINVAL : 0;
}

static int read_cmdlines(struct tdat *d, struct cur *c)
{
	uint64_t n = num(c, 8);
	const unsigned char *s = take(c, n);

	if (!s || n > (64u << 20))
		return -EINVAL;
	free(d->cmdlines);
	d->cmdlines = malloc(n + 1);
	if (!d->cmdlines)
		return -ENOMEM;
	memcpy(d->cmdlines, s, n);
	d->cmdlines[n] = '\0';
	return 0;
}

static void cpustat(struct tdat *d, struct cur c)
{
	size_t n = (size_t)(c.end - c.p);
	char text[1024];

	if (n >= sizeof(text))
		n = sizeof(text) - 1;
	memcpy(text, c.p, n);
	text[n] = '\0';
	d->losses_known = true;
	d->losses += rb_losses(text);
}

static int add_cpu(struct tdat *d, uint64_t off, uint64_t len)
{
	struct cur c = at(d, off);
	struct tdat_cpu *cpu;

	if (!len)
		return 0;
	if (d->ncpu == TDAT_MAX_CPUS || !take(&c, len))
		return -EINVAL;
	cpu = &d->cpu[d->ncpu++];
	cpu->data = c.p - len;
	cpu->len = len;
	return 0;
}

/* CPU data of a compressed file: a count, then chunks */
static int add_chunks(struct tdat *d, uint64_t off, uint64_t len)
{
	struct cur c = at(d, off), scan;
	uint64_t n, total = 0, i;
	unsigned char *buf;
	struct tdat_cpu *cpu;

	if (!len)
		return 0;
	/* what trace-cmd writes as the size does not include the count */
	if (d->ncpu == TDAT_MAX_CPUS || c.bad || (uint64_t)(c.end - c.p) < 4 ||
	    len > (uint64_t)(c.end - c.p) - 4)
		return -EINVAL;
	c.end = c.p + len + 4;
	n = num(&c, 4);
	scan = c;
	for (i = 0; i < n && !scan.bad; i++) {
		uint64_t k = num(&scan, 4);

		total += num(&scan, 4);
		take(&scan, k);
	}
	if (scan.bad || !total || total > MAX_INFLATE - d->inflated ||
	    total / 65536 > len + 16)
		return -EINVAL;
	buf = malloc(total);
	if (!buf)
		return -ENOMEM;
	cpu = &d->cpu[d->ncpu++];
	cpu->data = buf;
	cpu->owned = true;
	d->inflated += total;
	for (i = 0; i < n; i++) {
		uint64_t k = num(&c, 4), raw = num(&c, 4);
		const unsigned char *s = take(&c, k);
		size_t r = s ? ZSTD_decompress(buf + cpu->len, raw, s, k) : (size_t)-1;

		if (ZSTD_isError(r) || r != raw)
			return -EINVAL;
		cpu->len += raw;
	}
	return 0;
}

/* ---- version 6 ---- */

static int read_flyrecord6(struct tdat *d, struct cur *c, unsigned int ncpu)
{
	for (unsigned int i = 0; i < ncpu; i++) {
		uint64_t off = num(c, 8), len = num(c, 8);

		if (c->bad || add_cpu(d, off, len))
			return -EINVAL;
	}
	return 0;
}

/* An instance's data is only used when the top buffer has none. */
static int read_buffer6(struct tdat *d, struct cur c, unsigned int ncpu)
{
	struct cur b = at(d, num(&c, 8));
	const unsigned char *tag;

	if (c.bad)
		return -EINVAL;
	tag = take(&b, 10);
	if (!tag || memcmp(tag, "flyrecord", 10))
		return -EINVAL;
	return read_flyrecord6(d, &b, ncpu);
}

static int read_tail6(struct tdat *d, struct cur *c)
{
	unsigned int ncpu = (unsigned int)num(c, 4);
	const unsigned char *tag = take(c, 10);
	struct cur buffer = { NULL, NULL, true };
	bool instance = false;

	if (!tag || ncpu > TDAT_MAX_CPUS)
		return -EINVAL;
	if (!memcmp(tag, "options  ", 10)) {
		for (int n = 0; n < MAX_SECTIONS; n++) {
			unsigned int id = (unsigned int)num(c, 2);
			uint64_t len;
			struct cur o;

			if (c->bad)
				return -EINVAL;
			if (!id)
				break;
			len = num(c, 4);
			o.p = take(c, len);
			if (!o.p)
				return -EINVAL;
			o.end = o.p + len;
			o.bad = false;
			if (id == OPT_CPUSTAT)
				cpustat(d, o);
			if (id == OPT_BUFFER && !instance) {
				buffer = o;
				instance = true;
			}
		}
		tag = take(c, 10);
	}
	if (!tag || memcmp(tag, "flyrecord", 10))
		return -EINVAL;
	if (read_flyrecord6(d, c, ncpu))
		return -EINVAL;
	return instance && !d->ncpu ? read_buffer6(d, buffer, ncpu) : 0;
}

static int open6(struct tdat *d, struct cur *c)
{
	if (read_header_info(d, c) || skip_ftrace_events(c) || read_events(d, c))
		return -EINVAL;
	take(c, num(c, 4));	/* kallsyms */
	take(c, num(c, 4));	/* printk formats */
	if (c->bad || read_cmdlines(d, c))
		return -EINVAL;
	return read_tail6(d, c);
}

/* ---- version 7 ---- */

static int read_buffer7(struct tdat *d, struct cur *c)
{
	uint64_t off = num(c, 8);
	struct cur s = at(d, off);
	unsigned int n, page, flags;

	if (d->ncpu)
		return 0;	/* the first buffer with data is the one shown */
	str(c);
	str(c);
	page = (unsigned int)num(c, 4);
	n = (unsigned int)num(c, 4);
	num(&s, 2);
	flags = (unsigned int)num(&s, 2);
	if (c->bad || s.bad || n > TDAT_MAX_CPUS || page < 64 || page > 65536)
		return -EINVAL;
	d->page_size = page;
	while (n--) {
		uint64_t data, len;

		num(c, 4);
		data = num(c, 8);
		len = num(c, 8);
		if (c->bad)
			return -EINVAL;
		if ((flags & 1) ? add_chunks(d, data, len) : add_cpu(d, data, len))
			return -EINVAL;
	}
	return 0;
}

static int read_pointed(struct tdat *d, unsigned int id, struct cur *opt)
{
	uint64_t off = num(opt, 8);
	struct blob b;
	struct cur c;
	int r;

	if (opt->bad || section(d, off, id, &b))
		return -EINVAL;
	c.p = b.data;
	c.end = b.data + b.len;
	c.bad = false;
	if (id == OPT_HEADER)
		r = read_header_info(d, &c);
	else if (id == OPT_EVENTS)
		r = read_events(d, &c);
	else
		r = read_cmdlines(d, &c);
	free(b.heap);
	return r;
}

static int one_option7(struct tdat *d, unsigned int id, struct cur *o)
{
	switch (id) {
	case OPT_CPUSTAT:
		cpustat(d, *o);
		return 0;
	case OPT_BUFFER:
		return read_buffer7(d, o);
	case OPT_HEADER:
	case OPT_EVENTS:
	case OPT_CMDLINES:
		return read_pointed(d, id, o);
	default:
		return 0;
	}
}

/* One options section; @next: where the following one is, 0 for none. */
static int options7(struct tdat *d, uint64_t off, uint64_t *next)
{
	struct blob b;
	struct cur c;
	int r = -EINVAL;

	*next = 0;
	if (section(d, off, 0, &b))
		return -EINVAL;
	c.p = b.data;
	c.end = b.data + b.len;
	c.bad = false;
	for (int n = 0; n < MAX_SECTIONS; n++) {
		unsigned int id = (unsigned int)num(&c, 2);
		uint64_t len = num(&c, 4);
		struct cur o = { take(&c, len), NULL, false };

		if (c.bad)
			break;
		o.end = o.p + len;
		if (id == OPT_DONE) {
			*next = num(&o, 8);
			r = o.bad ? -EINVAL : 0;
			break;
		}
		if (one_option7(d, id, &o))
			break;
	}
	free(b.heap);
	return r;
}

static int open7(struct tdat *d, struct cur *c)
{
	uint64_t off;

	vt_copy(d->compression, str(c), sizeof(d->compression));
	str(c);
	off = num(c, 8);
	if (c->bad)
		return -EINVAL;
	/* sections may point backwards; a bound ends loops of them */
	for (int n = 0; n < 64 && off; n++)
		if (options7(d, off, &off))
			return -EINVAL;
	return off ? -EINVAL : 0;
}

static int fail(char *err, size_t size, const char *what)
{
	snprintf(err, size, "%s", what);
	return -EINVAL;
}

int tdat_open(struct tdat *d, const void *data, size_t size, char *err, size_t err_size)
{
	struct cur c = { data, (const unsigned char *)data + size, false };
	const uint16_t one = 1;
	int r;

	memset(d, 0, sizeof(*d));
	d->file = data;
	d->size = size;
	ev_set_init(&d->es);
	if (!tdat_is(data, size))
		return fail(err, err_size, "not a trace.dat file");
	take(&c, 10);
	d->version = atoi(str(&c));
	if (c.bad || (d->version != 6 && d->version != 7))
		return fail(err, err_size, "trace.dat of a version other than 6 and 7");
	if (num(&c, 1) != (uint64_t)!*(const unsigned char *)&one)
		return fail(err, err_size, "trace.dat of another byte order");
	d->es.long_size = num(&c, 1) == 4 ? 4 : 8;
	d->page_size = (unsigned int)num(&c, 4);
	if (c.bad || d->page_size < 64 || d->page_size > 65536)
		return fail(err, err_size, "trace.dat with an impossible page size");
	r = d->version == 6 ? open6(d, &c) : open7(d, &c);
	if (r && d->compression[0] && strcmp(d->compression, "none") &&
	    strcmp(d->compression, "zstd"))
		return fail(err, err_size, "trace.dat with a compression other than zstd");
	if (r)
		return fail(err, err_size, "trace.dat is damaged or cut short");
	if (!ev_set_complete(&d->es))
		return fail(err, err_size, "trace.dat has no vswap events");
	tdat_rewind(d);
	return 0;
}

/* Advance to the next event of one CPU; false at its end. */
static bool next_record(struct tdat *d, struct tdat_cpu *cpu, int *err)
{
	for (;;) {
		int r = rb_page_next(&cpu->page, &cpu->rec, &cpu->rec_len, &cpu->ts);

		if (r > 0)
			return true;
		if (r < 0) {
			*err = r;
			return false;
		}
		if (cpu->pos >= cpu->len)
			return false;
		r = rb_page_open(&cpu->page, cpu->data + cpu->pos,
				 cpu->len - cpu->pos < d->page_size ? cpu->len - cpu->pos :
				 d->page_size, d->es.long_size);
		if (r) {
			*err = r;
			return false;
		}
		d->missed += cpu->page.missed < (1ULL << 48) ? cpu->page.missed : 0;
		d->missed_unknown |= cpu->page.missed_unknown;
		cpu->pos += d->page_size;
	}
}

void tdat_rewind(struct tdat *d)
{
	int err = 0;

	d->missed = 0;
	d->missed_unknown = false;
	for (unsigned int i = 0; i < d->ncpu; i++) {
		struct tdat_cpu *cpu = &d->cpu[i];

		cpu->pos = 0;
		memset(&cpu->page, 0, sizeof(cpu->page));
		cpu->has = next_record(d, cpu, &err);
	}
}

int tdat_next(struct tdat *d, const unsigned char **rec, size_t *len, uint64_t *ts)
{
	struct tdat_cpu *best = NULL;
	int err = 0;

	for (unsigned int i = 0; i < d->ncpu; i++) {
		struct tdat_cpu *cpu = &d->cpu[i];

		if (cpu->has && (!best || cpu->ts < best->ts))
			best = cpu;
	}
	if (!best)
		return 0;
	*rec = best->rec;
	*len = best->rec_len;
	*ts = best->ts;
	best->has = next_record(d, best, &err);
	return err ? err : 1;
}

bool tdat_comm(const struct tdat *d, int pid, char *buf, size_t size)
{
	const char *s = d->cmdlines;

	while (s && *s) {
		const char *e = strchr(s, '\n');
		size_t n = e ? (size_t)(e - s) : strlen(s);
		char *end;

		if (strtol(s, &end, 10) == pid && *end == ' ' && (size_t)(end - s) < n) {
			size_t k = n - (size_t)(end + 1 - s);

			k = k < size - 1 ? k : size - 1;
			memcpy(buf, end + 1, k);
			buf[k] = '\0';
			vt_clean(buf);
			return true;
		}
		s = e ? e + 1 : NULL;
	}
	return false;
}

void tdat_close(struct tdat *d)
{
	for (unsigned int i = 0; i < d->ncpu; i++)
		if (d->cpu[i].owned)
			free((void *)(uintptr_t)d->cpu[i].data);
	free(d->cmdlines);
	memset(d, 0, sizeof(*d));
}
