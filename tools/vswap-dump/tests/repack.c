// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * repack.c - compresses the pages of a kdump file in another way
 *
 * repack zstd|snappy IN OUT
 *
 * makedumpfile and QEMU write zstd and snappy only if they were built with them, which
 * distributions often do not. IN has pages compressed with zlib (makedumpfile -c); OUT
 * has the same headers, bitmaps and page descriptors with other data behind them.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

/* makedumpfile, diskdump_mod.h: where the fields of the header are on x86-64 */
#define HDR_STATUS	424
#define HDR_BLOCK_SIZE	428
#define HDR_SUB_BLOCKS	432
#define HDR_BMP_BLOCKS	436
#define SIGNATURE	"KDUMP   "

enum { F_ZLIB = 1, F_SNAPPY = 4, F_ZSTD = 32, F_ANY = 1 | 2 | 4 | 32 };

struct page_desc {
	uint64_t offset;
	uint32_t size;
	uint32_t flags;
	uint64_t page_flags;
};

static unsigned char *in;
static size_t in_size;
static uint32_t block;

static void die(const char *what)
{
	fprintf(stderr, "repack: %s\n", what);
	exit(1);
}

static uint32_t hdr32(unsigned int off)
{
	uint32_t v;

	memcpy(&v, in + off, 4);
	return v;
}

static void open_input(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || st.st_size < 8192)
		die("cannot open the dump");
	in_size = st.st_size;
	in = mmap(NULL, in_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (in == MAP_FAILED || memcmp(in, SIGNATURE, 8))
		die("not a kdump file");
	block = hdr32(HDR_BLOCK_SIZE);
	close(fd);
}

/* Pages in the file: bits of the second of the two bitmaps. */
static uint64_t count_pages(void)
{
	uint64_t half = (uint64_t)hdr32(HDR_BMP_BLOCKS) / 2 * block, n = 0;
	uint64_t from = (1 + (uint64_t)hdr32(HDR_SUB_BLOCKS)) * block + half;

	if (from + half > in_size)
		die("no bitmaps");
	for (uint64_t i = 0; i < half; i++)
		n += __builtin_popcount(in[from + i]);
	return n;
}

/* A run of literals: up to 65536 bytes in this form. */
static size_t snappy_literal(unsigned char *out, const unsigned char *p, size_t n)
{
	if (!n)
		return 0;
	out[0] = 61 << 2;
	out[1] = (n - 1) & 255;
	out[2] = (n - 1) >> 8;
	memcpy(out + 3, p, n);
	return n + 3;
}

/* Literals, and copies of what is eight bytes back: enough to be real snappy. */
static size_t pack_snappy(const unsigned char *p, unsigned char *out)
{
	size_t at = 0, lit = 0, n = 0, len;

	for (len = block; len >= 128; len >>= 7)
		out[n++] = len | 128;
	out[n++] = len;
	while (at < block) {
		for (len = 0; at >= 8 && at + len < block && len < 64 &&
		     p[at + len] == p[at + len - 8]; len++)
			;
		if (len < 8) {
			at++;
			continue;
		}
		n += snappy_literal(out + n, p + lit, at - lit);
		out[n++] = (len - 1) << 2 | 2;
		out[n++] = 8;
		out[n++] = 0;
		at += len;
		lit = at;
	}
	return n + snappy_literal(out + n, p + lit, at - lit);
}

static size_t pack(const char *how, const unsigned char *p, unsigned char *out, size_t room)
{
	size_t n;

	if (!strcmp(how, "snappy"))
		return pack_snappy(p, out);
	n = ZSTD_compress(out, room, p, block, 1);
	return ZSTD_isError(n) ? block : n;
}

/* The page as it was in memory. */
static void unpack(const struct page_desc *d, unsigned char *page)
{
	uLongf n = block;

	if (d->offset > in_size || d->size > in_size - d->offset)
		die("a page lies outside of the file");
	if (!(d->flags & F_ANY) && d->size == block)
		memcpy(page, in + d->offset, block);
	else if (!(d->flags & F_ZLIB) ||
		 uncompress(page, &n, in + d->offset, d->size) != Z_OK || n != block)
		die("a page is not compressed with zlib");
}

int main(int argc, char **argv)
{
	uint64_t first, ndesc, at, zero, zero_at = 0;
	unsigned char *page, *buf;
	struct page_desc *desc;
	uint32_t flag;
	size_t room;
	FILE *out;

	if (argc != 4 || (strcmp(argv[1], "zstd") && strcmp(argv[1], "snappy")))
		return 2;
	flag = strcmp(argv[1], "zstd") ? F_SNAPPY : F_ZSTD;
	open_input(argv[2]);
	first = (1 + (uint64_t)hdr32(HDR_SUB_BLOCKS) + hdr32(HDR_BMP_BLOCKS)) * block;
	ndesc = count_pages();
	/* data begin behind the descriptors, with the page that all zero pages share */
	at = zero = first + ndesc * sizeof(*desc);
	if (at > in_size)
		die("no page descriptors");
	room = 2 * block + 64;
	page = malloc(block);
	buf = malloc(room);
	desc = malloc(ndesc * sizeof(*desc));
	out = fopen(argv[3], "w");
	if (!page || !buf || !desc || !out || fwrite(in, 1, at, out) != at)
		die("cannot write");
	memcpy(desc, in + first, ndesc * sizeof(*desc));
	for (uint64_t i = 0; i < ndesc; i++) {
		size_t n;

		if (desc[i].offset == zero && zero_at) {
			desc[i] = desc[zero_at - 1];
			continue;
		}
		if (desc[i].offset == zero)
			zero_at = i + 1;
		unpack(&desc[i], page);
		n = pack(argv[1], page, buf, room);
		desc[i].offset = at;
		desc[i].flags = n < block ? flag : 0;
		desc[i].size = n < block ? n : block;
		if (fwrite(n < block ? buf : page, 1, desc[i].size, out) != desc[i].size)
			die("cannot write");
		at += desc[i].size;
	}
	if (fseek(out, first, SEEK_SET) ||
	    fwrite(desc, sizeof(*desc), ndesc, out) != ndesc ||
	    fseek(out, HDR_STATUS, SEEK_SET) || fwrite(&flag, 4, 1, out) != 1 || fclose(out))
		die("cannot write");
	return 0;
}
