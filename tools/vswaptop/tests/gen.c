// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gen.c - makes trace.dat files with known events
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "gen.h"

#define COMMON \
	"format:\n" \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n" \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n" \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

#define STATES "{ 0, \"free\" }, { 1, \"none\" }, { 2, \"zero\" }, " \
	"{ 3, \"zswap\" }, { 4, \"phys\" }, { 5, \"poison\" }"

static const char *const format[] = {
	"name: vswap_transition\nID: 701\n" COMMON
	"\tfield:u64 slot;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:u64 phys_offset;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:u64 bytes;\toffset:24;\tsize:8;\tsigned:0;\n"
	"\tfield:u64 cgroup;\toffset:32;\tsize:8;\tsigned:0;\n"
	"\tfield:u32 nr;\toffset:40;\tsize:4;\tsigned:0;\n"
	"\tfield:u8 from;\toffset:44;\tsize:1;\tsigned:0;\n"
	"\tfield:u8 to;\toffset:45;\tsize:1;\tsigned:0;\n"
	"\tfield:u8 reason;\toffset:46;\tsize:1;\tsigned:0;\n"
	"\tfield:u8 phys_type;\toffset:47;\tsize:1;\tsigned:0;\n\n"
	"print fmt: \"slot=%llu nr=%u from=%s\", REC->slot, REC->nr, "
	"__print_symbolic(REC->from, " STATES "), __print_symbolic(REC->to, " STATES "), "
	"__print_symbolic(REC->reason, { 0, \"alloc\" }, { 1, \"free\" }, { 2, \"store\" })\n",
	"name: vswap_swapin\nID: 702\n" COMMON
	"\tfield:u64 slot;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:u64 cgroup;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:u32 nr;\toffset:24;\tsize:4;\tsigned:0;\n"
	"\tfield:u8 backing;\toffset:28;\tsize:1;\tsigned:0;\n\n"
	"print fmt: \"slot=%llu backing=%s\", REC->slot, "
	"__print_symbolic(REC->backing, " STATES ")\n",
	"name: vswap_reject\nID: 703\n" COMMON
	"\tfield:u64 cgroup;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:u32 nr;\toffset:16;\tsize:4;\tsigned:0;\n"
	"\tfield:u8 reason;\toffset:20;\tsize:1;\tsigned:0;\n\n"
	"print fmt: \"nr=%u reason=%s\", REC->nr, __print_symbolic(REC->reason, "
	"{ 0, \"grow\" }, { 4, \"pool_limit\" })\n",
};

#define NFORMATS (sizeof(format) / sizeof(format[0]))

static const char header_page[] =
	"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
	"\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
	"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
	"\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n";

static const char header_event[] = "# compressed entry header\n\ttype_len    :    5 bits\n";

static const char cmdlines[] = "101 webserver\n202 database\n7 kswapd0\n";

const char *gen_format(int kind)
{
	return (size_t)kind < NFORMATS ? format[kind] : "";
}

static void put(struct gen *g, const void *p, size_t n)
{
	if (!n)
		return;
	if (g->n + n > g->room) {
		g->room = (g->n + n) * 2;
		g->buf = realloc(g->buf, g->room);
		if (!g->buf)
			abort();
	}
	memcpy(g->buf + g->n, p, n);
	g->n += n;
}

static void put_num(struct gen *g, uint64_t v, size_t n)
{
	put(g, &v, n);
}

static void put_str(struct gen *g, const char *s)
{
	put(g, s, strlen(s) + 1);
}

static size_t encode(unsigned char *p, const struct gen_event *e)
{
	uint16_t id = (uint16_t)(701 + e->kind);

	memset(p, 0, 48);
	memcpy(p, &id, 2);
	memcpy(p + 4, &e->pid, 4);
	switch (e->kind) {
	case 0:
		memcpy(p + 8, &e->slot, 8);
		memcpy(p + 24, &e->bytes, 8);
		memcpy(p + 32, &e->cgroup, 8);
		memcpy(p + 40, &e->nr, 4);
		p[44] = e->from;
		p[45] = e->to;
		p[46] = e->reason;
		p[47] = e->type;
		return 48;
	case 1:
		memcpy(p + 8, &e->slot, 8);
		memcpy(p + 16, &e->cgroup, 8);
		memcpy(p + 24, &e->nr, 4);
		p[28] = e->from;
		return 32;
	default:
		memcpy(p + 8, &e->cgroup, 8);
		memcpy(p + 16, &e->nr, 4);
		p[20] = e->reason;
		return 24;
	}
}

void gen_series(struct gen_event *ev, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		ev[i] = (struct gen_event){ .kind = 1, .pid = 7, .ts = 1000000ULL * (i + 1),
					    .nr = 1, .cgroup = 5001, .from = 3 };
}

void gen_page(unsigned char page[4096], const struct gen_event *ev, size_t n)
{
	uint64_t ts = n ? ev[0].ts : 0, commit = 0;
	unsigned char *p = page + 16;

	memset(page, 0, 4096);
	memcpy(page, &ts, 8);
	for (size_t i = 0; i < n; i++) {
		uint64_t delta = ev[i].ts - ts;
		unsigned char rec[48];
		size_t len = encode(rec, &ev[i]);
		uint32_t word;

		if (delta >> 27) {
			uint32_t high = (uint32_t)(delta >> 27);

			word = 30 | (uint32_t)(delta & 0x7ffffff) << 5;
			memcpy(p, &word, 4);
			memcpy(p + 4, &high, 4);
			p += 8;
			delta = 0;
		}
		word = (uint32_t)(len / 4) | (uint32_t)delta << 5;
		memcpy(p, &word, 4);
		memcpy(p + 4, rec, len);
		p += 4 + len;
		ts = ev[i].ts;
	}
	commit = (uint64_t)(p - page - 16);
	memcpy(page + 8, &commit, 8);
}

/* All events of a CPU as pages; 60 events of at most 60 bytes fit into one. */
static void put_pages(struct gen *g, const struct gen_event *ev, size_t n)
{
	unsigned char page[4096];

	for (size_t i = 0; i < n; i += 60) {
		gen_page(page, ev + i, n - i < 60 ? n - i : 60);
		put(g, page, sizeof(page));
	}
}

static void put_header_info(struct gen *g)
{
	put_str(g, "header_page");
	put_num(g, strlen(header_page), 8);
	put(g, header_page, strlen(header_page));
	put_str(g, "header_event");
	put_num(g, strlen(header_event), 8);
	put(g, header_event, strlen(header_event));
}

static void put_formats(struct gen *g)
{
	put_num(g, 2, 4);
	put_str(g, "other");
	put_num(g, 1, 4);
	put_num(g, 5, 8);
	put(g, "name:", 5);
	put_str(g, "vswap");
	put_num(g, NFORMATS, 4);
	for (size_t i = 0; i < NFORMATS; i++) {
		put_num(g, strlen(format[i]), 8);
		put(g, format[i], strlen(format[i]));
	}
}

static void put_cmdlines(struct gen *g)
{
	put_num(g, strlen(cmdlines), 8);
	put(g, cmdlines, strlen(cmdlines));
}

static const char stats[] = "CPU: 0\nentries: 3\noverrun: 17\ncommit overrun: 0\n"
	"bytes: 9\ndropped events: 2\nread events: 3\n";

static void align_page(struct gen *g)
{
	static const unsigned char zero[4096];

	put(g, zero, (4096 - g->n % 4096) % 4096);
}

static void set_num(struct gen *g, size_t at, uint64_t v, size_t n)
{
	memcpy(g->buf + at, &v, n);
}

static void gen_dat6(struct gen *g, const struct gen_event *const *ev, const size_t *n,
		     unsigned int ncpu)
{
	size_t table;

	put_header_info(g);
	put_num(g, 1, 4);
	put_num(g, 3, 8);
	put(g, "abc", 3);
	put_formats(g);
	put_num(g, 0, 4);
	put_num(g, 0, 4);
	put_cmdlines(g);
	put_num(g, ncpu, 4);
	put(g, "options  ", 10);
	put_num(g, 2, 2);
	put_num(g, sizeof(stats), 4);
	put(g, stats, sizeof(stats));
	put_num(g, 0, 2);
	put(g, "flyrecord", 10);
	table = g->n;
	for (unsigned int i = 0; i < ncpu; i++) {
		put_num(g, 0, 8);
		put_num(g, 0, 8);
	}
	for (unsigned int i = 0; i < ncpu; i++) {
		size_t start;

		align_page(g);
		start = g->n;
		put_pages(g, ev[i], n[i]);
		set_num(g, table + 16 * i, start, 8);
		set_num(g, table + 16 * i + 8, g->n - start, 8);
	}
}

/* A section with its header; compressed when asked. Returns its offset. */
static size_t put_section(struct gen *g, unsigned int id, const struct gen *body, int zstd)
{
	size_t at = g->n, k, bound = ZSTD_compressBound(body->n);
	unsigned char *z;

	put_num(g, id, 2);
	put_num(g, zstd ? 1 : 0, 2);
	put_num(g, 0, 4);
	if (!zstd) {
		put_num(g, body->n, 8);
		put(g, body->buf, body->n);
		return at;
	}
	z = malloc(bound);
	if (!z)
		abort();
	k = ZSTD_compress(z, bound, body->buf, body->n, 1);
	put_num(g, k + 8, 8);
	put_num(g, k, 4);
	put_num(g, body->n, 4);
	put(g, z, k);
	free(z);
	return at;
}

static void put_cpu7(struct gen *g, const struct gen_event *ev, size_t n, int zstd)
{
	struct gen pages = { 0 }, chunk = { 0 };

	put_pages(&pages, ev, n);
	if (!zstd) {
		put(g, pages.buf, pages.n);
	} else {
		put_num(g, (pages.n + 8191) / 8192, 4);
		for (size_t i = 0; i < pages.n; i += 8192) {
			size_t raw = pages.n - i < 8192 ? pages.n - i : 8192;
			size_t bound = ZSTD_compressBound(raw), k;
			unsigned char *z = malloc(bound);

			if (!z)
				abort();
			k = ZSTD_compress(z, bound, pages.buf + i, raw, 1);
			put_num(g, k, 4);
			put_num(g, raw, 4);
			put(g, z, k);
			free(z);
		}
	}
	free(pages.buf);
	free(chunk.buf);
}

static void option(struct gen *o, unsigned int id, const void *data, size_t n)
{
	put_num(o, id, 2);
	put_num(o, n, 4);
	put(o, data, n);
}

static void gen_dat7(struct gen *g, int zstd, const struct gen_event *const *ev,
		     const size_t *n, unsigned int ncpu)
{
	struct gen body = { 0 }, opts = { 0 }, buf = { 0 };
	uint64_t at[3], first, zero = 0;
	size_t first_pos;

	put_str(g, zstd ? "zstd" : "none");
	put_str(g, zstd ? "1.5" : "");
	first_pos = g->n;
	put_num(g, 0, 8);
	put_header_info(&body);
	at[0] = put_section(g, 16, &body, zstd);
	body.n = 0;
	put_formats(&body);
	at[1] = put_section(g, 18, &body, zstd);
	body.n = 0;
	put_cmdlines(&body);
	at[2] = put_section(g, 21, &body, zstd);

	align_page(g);
	first = g->n;
	body.n = 0;
	put_section(g, 3, &body, 0);
	set_num(g, first + 2, zstd ? 1 : 0, 2);
	put_num(&buf, first, 8);
	put_str(&buf, "");
	put_str(&buf, "local");
	put_num(&buf, 4096, 4);
	put_num(&buf, ncpu, 4);
	for (unsigned int i = 0; i < ncpu; i++) {
		size_t start;

		align_page(g);
		start = g->n;
		put_cpu7(g, ev[i], n[i], zstd);
		put_num(&buf, i, 4);
		put_num(&buf, n[i] ? start : 0, 8);
		/* of compressed data, without the count of chunks */
		put_num(&buf, n[i] ? g->n - start - (zstd ? 4 : 0) : 0, 8);
	}
	option(&opts, 16, &at[0], 8);
	option(&opts, 18, &at[1], 8);
	option(&opts, 21, &at[2], 8);
	option(&opts, 2, stats, sizeof(stats));
	option(&opts, 3, buf.buf, buf.n);
	option(&opts, 0, &zero, 8);
	first = put_section(g, 0, &opts, zstd);
	set_num(g, first_pos, first, 8);
	free(body.buf);
	free(opts.buf);
	free(buf.buf);
}

void gen_dat(struct gen *g, int version, int zstd, const struct gen_event *const *ev,
	     const size_t *n, unsigned int ncpu)
{
	const uint16_t one = 1;

	g->n = 0;
	put(g, "\x17\x08\x44tracing", 10);
	put_str(g, version == 6 ? "6" : "7");
	put_num(g, !*(const unsigned char *)&one, 1);
	put_num(g, 8, 1);
	put_num(g, 4096, 4);
	if (version == 6)
		gen_dat6(g, ev, n, ncpu);
	else
		gen_dat7(g, zstd, ev, n, ncpu);
}
