// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tracedat.c - reads trace.dat files of trace-cmd, versions 6 and 7
 *
 * Written from the description in trace-cmd.dat.v6(5) and trace-cmd.dat.v7(5).
 * Nothing in the file is trusted: every read goes through a cursor that knows
 * its end, every count is checked against what can be there, and the number of
 * bytes that compressed data may grow to is bounded.  What was checked is a copy:
 * the file may change meanwhile.
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
/* names of systems, buffers, clocks; the kernel's are much shorter */
#define MAX_STR 1024
#define MAX_FORMAT (1u << 20)
#define MAX_CMDLINES (64u << 20)

enum { OPT_DONE = 0, OPT_CPUSTAT = 2, OPT_BUFFER = 3, OPT_HEADER = 16, OPT_EVENTS = 18,
       OPT_CMDLINES = 21 };

/** struct cur - a bounded position; @bad sticks once a read went over the end */
struct cur {
	struct vt_bytes *b;
	uint64_t pos;
	uint64_t end;
	bool bad;
};

/** struct blob - a section; @heap and @bytes are of one that was compressed */
struct blob {
	struct cur c;
	struct vt_bytes bytes;
	unsigned char *heap;
};

static void skip(struct cur *c, uint64_t n)
{
	if (c->bad || n > c->end - c->pos)
		c->bad = true;
	else
		c->pos += n;
}

static bool get(struct cur *c, void *buf, size_t n)
{
	uint64_t pos = c->pos;

	skip(c, n);
	if (!c->bad && vt_bytes_read(c->b, pos, buf, n))
		c->bad = true;
	return !c->bad;
}

static uint64_t num(struct cur *c, size_t n)
{
	uint64_t v = 0;

	/* only files of the same byte order get here */
	return get(c, &v, n) ? v : 0;
}

/* a terminated string of at most MAX_STR bytes into @buf; "" when there is none */
static const char *str(struct cur *c, char buf[MAX_STR])
{
	struct cur ahead = *c;
	uint64_t n = c->end - c->pos;

	n = n < MAX_STR ? n : MAX_STR;
	if (!get(&ahead, buf, n) || !memchr(buf, 0, n)) {
		c->bad = true;
		*buf = '\0';
	} else {
		c->pos += strlen(buf) + 1;
	}
	return buf;
}

static bool str_is(struct cur *c, const char *want)
{
	char buf[MAX_STR];

	return !strcmp(str(c, buf), want) && !c->bad;
}

static bool tag_is(struct cur *c, const char tag[10])
{
	char buf[10];

	return get(c, buf, sizeof(buf)) && !memcmp(buf, tag, sizeof(buf));
}

static struct cur at(const struct tdat *d, uint64_t off)
{
	struct cur c = { d->file, 0, d->file->size, false };

	skip(&c, off);
	return c;
}

/* The next @n bytes as a cursor of their own; they are skipped. */
static struct cur sub(struct cur *c, uint64_t n)
{
	struct cur s = *c;

	skip(c, n);
	s.bad = c->bad;
	s.end = c->bad ? s.pos : c->pos;
	return s;
}

/* The next @n bytes, from malloc(); NULL when they are not there. */
static unsigned char *copy(struct cur *c, uint64_t n)
{
	unsigned char *buf;

	if (c->bad || n > c->end - c->pos) {
		c->bad = true;
		return NULL;
	}
	buf = malloc(n + 1);
	if (!buf || !get(c, buf, n)) {
		c->bad = true;
		free(buf);
		return NULL;
	}
	buf[n] = '\0';
	return buf;
}

bool tdat_is(const void *data, size_t size)
{
	return size > 12 && !memcmp(data, "\x17\x08\x44tracing", 10);
}

static unsigned char *inflate(struct tdat *d, struct cur *c, uint64_t n, uint64_t out)
{
	unsigned char *buf, *src;
	size_t r;

	if (!out || out > MAX_INFLATE - d->inflated || strcmp(d->compression, "zstd"))
		return NULL;
	/* zstd cannot shrink below this; a larger claim is a lie */
	if (out / 65536 > (uint64_t)n + 16)
		return NULL;
	src = copy(c, n);
	buf = src ? malloc(out) : NULL;
	r = buf ? ZSTD_decompress(buf, out, src, n) : 0;
	free(src);
	if (!buf || ZSTD_isError(r) || r != out) {
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
	if (c.bad || got != id || size > c.end - c.pos)
		return -EINVAL;
	if (!(flags & 1)) {
		b->c = sub(&c, size);
		return 0;
	}
	size = num(&c, 4);
	raw = num(&c, 4);
	b->heap = inflate(d, &c, size, raw);
	if (!b->heap)
		return -EINVAL;
	vt_bytes_mem(&b->bytes, b->heap, raw);
	b->c = (struct cur){ &b->bytes, 0, raw, false };
	return 0;
}

/* The start of what @c has, as text. */
static void text_of(struct cur c, char *text, size_t size)
{
	size_t n = c.end - c.pos < size - 1 ? (size_t)(c.end - c.pos) : size - 1;

	text[get(&c, text, n) ? n : 0] = '\0';
}

static void header_page(struct tdat *d, struct cur c)
{
	char text[1024], *p;
	unsigned int off, size;

	text_of(c, text, sizeof(text));
	/* "field: local_t commit;\toffset:8;\tsize:8;" tells the kernel's long */
	p = strstr(text, " commit;");
	if (p && sscanf(p, " commit;\toffset:%u;\tsize:%u;", &off, &size) == 2 &&
	    (size == 4 || size == 8))
		d->es.long_size = (int)size;
}

static int read_header_info(struct tdat *d, struct cur *c)
{
	if (!str_is(c, "header_page"))
		return -EINVAL;
	header_page(d, sub(c, num(c, 8)));
	if (!str_is(c, "header_event"))
		return -EINVAL;
	skip(c, num(c, 8));
	return c->bad ? -EINVAL : 0;
}

static int skip_ftrace_events(struct cur *c)
{
	uint64_t n = num(c, 4);

	while (n-- && !c->bad)
		skip(c, num(c, 8));
	return c->bad ? -EINVAL : 0;
}

/* "name: vswap_transition\n..." is how a format starts */
static void one_format(struct tdat *d, struct cur c)
{
	uint64_t n = c.end - c.pos;
	char name[64], *text, *nl;

	text = n > MAX_FORMAT ? NULL : (char *)copy(&c, n);
	nl = text ? memchr(text, '\n', n) : NULL;
	if (nl && nl - text >= 7 && nl - text < 6 + (ptrdiff_t)sizeof(name) &&
	    !memcmp(text, "name: ", 6)) {
		size_t k = (size_t)(nl - text) - 6;

		memcpy(name, text + 6, k);
		name[k] = '\0';
		ev_set_add(&d->es, name, text, n);
	}
	free(text);
}

static int read_events(struct tdat *d, struct cur *c)
{
	uint64_t nsys = num(c, 4);

	while (nsys-- && !c->bad) {
		bool ours = str_is(c, "vswap");
		uint64_t n = num(c, 4);

		while (n-- && !c->bad) {
			struct cur format = sub(c, num(c, 8));

			if (ours && !c->bad)
				one_format(d, format);
		}
	}
	return c->bad ? -EINVAL : 0;
}

static int read_cmdlines(struct tdat *d, struct cur *c)
{
	uint64_t n = num(c, 8);
	char *s = n > MAX_CMDLINES ? NULL : (char *)copy(c, n);

	if (!s)
		return -EINVAL;
	free(d->cmdlines);
	d->cmdlines = s;
	return 0;
}

static void cpustat(struct tdat *d, struct cur c)
{
	char text[1024];

	text_of(c, text, sizeof(text));
	d->losses_known = true;
	d->losses += rb_losses(text);
}

static int add_cpu(struct tdat *d, uint64_t off, uint64_t len)
{
	struct cur c = at(d, off);
	struct tdat_cpu *cpu;

	if (!len)
		return 0;
	skip(&c, len);
	if (d->ncpu == TDAT_MAX_CPUS || c.bad)
		return -EINVAL;
	cpu = &d->cpu[d->ncpu++];
	cpu->off = off;
	cpu->len = len;
	return 0;
}

/* Bytes of all @n chunks at @c when uncompressed; @most: of the largest as it is. */
static uint64_t chunks_total(struct cur c, uint64_t n, uint64_t *most)
{
	uint64_t total = 0;

	*most = 0;
	while (n-- && !c.bad) {
		uint64_t k = num(&c, 4);

		total += num(&c, 4);
		skip(&c, k);
		*most = k > *most ? k : *most;
	}
	return c.bad ? 0 : total;
}

static int read_chunks(struct tdat_cpu *cpu, struct cur *c, uint64_t n, uint64_t total,
		       unsigned char *chunk, uint64_t most)
{
	while (n--) {
		uint64_t k = num(c, 4), raw = num(c, 4);
		size_t r;

		/* the file may have changed since the sizes were added up */
		if (k > most || raw > total - cpu->len || !get(c, chunk, k))
			return -EINVAL;
		r = ZSTD_decompress(cpu->heap + cpu->len, raw, chunk, k);
		if (ZSTD_isError(r) || r != raw)
			return -EINVAL;
		cpu->len += raw;
	}
	return 0;
}

/* CPU data of a compressed file: a count, then chunks */
static int add_chunks(struct tdat *d, uint64_t off, uint64_t len)
{
	struct cur c = at(d, off);
	uint64_t n, total, most;
	unsigned char *chunk;
	struct tdat_cpu *cpu;
	int r;

	if (!len)
		return 0;
	/* what trace-cmd writes as the size does not include the count */
	if (d->ncpu == TDAT_MAX_CPUS || c.bad || c.end - c.pos < 4 ||
	    len > c.end - c.pos - 4)
		return -EINVAL;
	c.end = c.pos + len + 4;
	n = num(&c, 4);
	total = chunks_total(c, n, &most);
	if (!total || total > MAX_INFLATE - d->inflated || total / 65536 > len + 16)
		return -EINVAL;
	cpu = &d->cpu[d->ncpu++];
	cpu->heap = malloc(total);
	chunk = cpu->heap ? malloc(most + 1) : NULL;
	d->inflated += total;
	r = chunk ? read_chunks(cpu, &c, n, total, chunk, most) : -ENOMEM;
	free(chunk);
	return r;
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

	if (c.bad || !tag_is(&b, "flyrecord"))
		return -EINVAL;
	return read_flyrecord6(d, &b, ncpu);
}

/* The options; @buffer: that of the first instance, stays bad without one. */
static int read_options6(struct tdat *d, struct cur *c, struct cur *buffer)
{
	for (int n = 0; n < MAX_SECTIONS; n++) {
		unsigned int id = (unsigned int)num(c, 2);
		struct cur o;

		if (c->bad)
			return -EINVAL;
		if (!id)
			break;
		o = sub(c, num(c, 4));
		if (c->bad)
			return -EINVAL;
		if (id == OPT_CPUSTAT)
			cpustat(d, o);
		if (id == OPT_BUFFER && buffer->bad)
			*buffer = o;
	}
	return 0;
}

static int read_tail6(struct tdat *d, struct cur *c)
{
	unsigned int ncpu = (unsigned int)num(c, 4);
	struct cur buffer = { .bad = true }, tag = *c;

	if (c->bad || ncpu > TDAT_MAX_CPUS)
		return -EINVAL;
	if (tag_is(&tag, "options  ")) {
		*c = tag;
		if (read_options6(d, c, &buffer))
			return -EINVAL;
	}
	if (!tag_is(c, "flyrecord") || read_flyrecord6(d, c, ncpu))
		return -EINVAL;
	return !buffer.bad && !d->ncpu ? read_buffer6(d, buffer, ncpu) : 0;
}

static int open6(struct tdat *d, struct cur *c)
{
	if (read_header_info(d, c) || skip_ftrace_events(c) || read_events(d, c))
		return -EINVAL;
	skip(c, num(c, 4));	/* kallsyms */
	skip(c, num(c, 4));	/* printk formats */
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
	char name[MAX_STR];

	if (d->ncpu)
		return 0;	/* the first buffer with data is the one shown */
	str(c, name);
	str(c, name);
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
	int r;

	if (opt->bad || section(d, off, id, &b))
		return -EINVAL;
	if (id == OPT_HEADER)
		r = read_header_info(d, &b.c);
	else if (id == OPT_EVENTS)
		r = read_events(d, &b.c);
	else
		r = read_cmdlines(d, &b.c);
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
	int r = -EINVAL;

	*next = 0;
	if (section(d, off, 0, &b))
		return -EINVAL;
	for (int n = 0; n < MAX_SECTIONS; n++) {
		unsigned int id = (unsigned int)num(&b.c, 2);
		struct cur o = sub(&b.c, num(&b.c, 4));

		if (b.c.bad)
			break;
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
	char text[MAX_STR];
	uint64_t off;

	vt_copy(d->compression, str(c, text), sizeof(d->compression));
	str(c, text);
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

/* A page of every CPU is in memory at a time. */
static int alloc_pages(struct tdat *d)
{
	for (unsigned int i = 0; i < d->ncpu; i++) {
		if (d->cpu[i].heap)
			continue;
		d->cpu[i].buf = malloc(d->page_size);
		if (!d->cpu[i].buf)
			return -ENOMEM;
	}
	return 0;
}

static int refused(struct tdat *d, int r, char *err, size_t err_size)
{
	if (d->file->err)
		return fail(err, err_size, vt_bytes_problem(d->file));
	if (r == -ENOMEM)
		return fail(err, err_size, "out of memory");
	if (d->compression[0] && strcmp(d->compression, "none") &&
	    strcmp(d->compression, "zstd"))
		return fail(err, err_size, "trace.dat with a compression other than zstd");
	return fail(err, err_size, "trace.dat is damaged or cut short");
}

int tdat_open(struct tdat *d, struct vt_bytes *b, char *err, size_t err_size)
{
	struct cur c = { b, 0, b->size, false };
	const uint16_t one = 1;
	unsigned char magic[13] = { 0 };
	char text[MAX_STR];
	int r;

	memset(d, 0, sizeof(*d));
	d->file = b;
	ev_set_init(&d->es);
	if (!get(&c, magic, sizeof(magic)) || !tdat_is(magic, sizeof(magic)))
		return fail(err, err_size, "not a trace.dat file");
	c.pos = 10;
	d->version = atoi(str(&c, text));
	if (c.bad || (d->version != 6 && d->version != 7))
		return fail(err, err_size, "trace.dat of a version other than 6 and 7");
	if (num(&c, 1) != (uint64_t)!*(const unsigned char *)&one)
		return fail(err, err_size, "trace.dat of another byte order");
	d->es.long_size = num(&c, 1) == 4 ? 4 : 8;
	d->page_size = (unsigned int)num(&c, 4);
	if (c.bad || d->page_size < 64 || d->page_size > 65536)
		return fail(err, err_size, "trace.dat with an impossible page size");
	r = d->version == 6 ? open6(d, &c) : open7(d, &c);
	if (!r)
		r = alloc_pages(d);
	if (r)
		return refused(d, r, err, err_size);
	if (!ev_set_complete(&d->es))
		return fail(err, err_size, "trace.dat has no vswap events");
	tdat_rewind(d);
	return 0;
}

static int next_page(struct tdat *d, struct tdat_cpu *cpu)
{
	uint64_t left = cpu->len - cpu->pos;
	size_t n = left < d->page_size ? (size_t)left : d->page_size;
	const unsigned char *p = cpu->heap ? cpu->heap + cpu->pos : cpu->buf;
	int r;

	if (!cpu->heap && vt_bytes_read(d->file, cpu->off + cpu->pos, cpu->buf, n))
		return -EIO;
	r = rb_page_open(&cpu->page, p, n, d->es.long_size);
	if (r)
		return r;
	d->missed += cpu->page.missed < (1ULL << 48) ? cpu->page.missed : 0;
	d->missed_unknown |= cpu->page.missed_unknown;
	cpu->pos += n;
	return 0;
}

/* Advance to the next event of one CPU; what went wrong is kept for tdat_next(). */
static void advance(struct tdat *d, struct tdat_cpu *cpu)
{
	int r;

	cpu->has = false;
	for (;;) {
		r = rb_page_next(&cpu->page, &cpu->rec, &cpu->rec_len, &cpu->ts);
		if (r)
			break;
		if (cpu->pos >= cpu->len)
			return;
		r = next_page(d, cpu);
		if (r)
			break;
	}
	if (r < 0)
		d->err = r;
	else
		cpu->has = true;
}

void tdat_rewind(struct tdat *d)
{
	d->missed = 0;
	d->missed_unknown = false;
	d->err = 0;
	d->last = NULL;
	for (unsigned int i = 0; i < d->ncpu; i++) {
		struct tdat_cpu *cpu = &d->cpu[i];

		cpu->pos = 0;
		memset(&cpu->page, 0, sizeof(cpu->page));
		advance(d, cpu);
	}
}

int tdat_next(struct tdat *d, const unsigned char **rec, size_t *len, uint64_t *ts)
{
	struct tdat_cpu *best = NULL;

	/* only now: the event given out last was in this CPU's page */
	if (d->last)
		advance(d, d->last);
	d->last = NULL;
	if (d->err)
		return d->err;
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
	d->last = best;
	return 1;
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
	for (unsigned int i = 0; i < d->ncpu; i++) {
		free(d->cpu[i].heap);
		free(d->cpu[i].buf);
	}
	free(d->cmdlines);
	memset(d, 0, sizeof(*d));
}
