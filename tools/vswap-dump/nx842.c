// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nx842.c - decoder for the 842 format
 *
 * The stream is a sequence of bits, most significant first. A five-bit code selects
 * how the next eight bytes of output are made: from bytes in the stream (D), or from
 * earlier output (I) found by an index into a window of that item size. The codes are
 * described in the kernel's lib/842/842.h.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "comp.h"

enum { OP_REPEAT = 0x1b, OP_ZEROS = 0x1c, OP_SHORT = 0x1d, OP_END = 0x1e };
#define NTEMPLATES	0x1a

/* Four characters: digits are bytes of data, letters an index: a 2, b 4, c 8 bytes. */
static const char templates[NTEMPLATES][5] = {
	"8", "42a", "4a2", "4aa", "4b", "2a4", "2a2a", "2aa2", "2aaa", "2ab",
	"a24", "a4a", "a2a2", "a2aa", "a2b", "aa4", "aa2a", "aaa2", "aaaa", "aab",
	"b4", "b2a", "ba2", "baa", "bb", "c",
};

struct bits {
	const unsigned char *p;
	size_t pos, end;	/* in bits */
};

static bool get_bits(struct bits *b, unsigned int n, uint32_t *v)
{
	*v = 0;
	if (b->end - b->pos < n)
		return false;
	while (n--) {
		*v = *v << 1 | (b->p[b->pos / 8] >> (7 - b->pos % 8) & 1);
		b->pos++;
	}
	return true;
}

static bool put_data(struct bits *b, unsigned char *out, unsigned int n)
{
	uint32_t v;

	while (n--) {
		if (!get_bits(b, 8, &v))
			return false;
		*out++ = v;
	}
	return true;
}

/*
 * An index counts items of @size bytes in a ring of @window bytes that is laid over
 * the output; it refers to the newest turn of the ring that has been written.
 */
static bool put_index(struct bits *b, unsigned char *start, size_t done,
		      unsigned char *out, unsigned int size)
{
	unsigned int nbits = size == 4 ? 9 : 8;
	size_t window = (size_t)size << nbits, off, turn;
	uint32_t v;

	if (!get_bits(b, nbits, &v))
		return false;
	off = (size_t)v * size;
	if (done > window) {
		turn = done / window * window;
		if (off >= done - turn)
			turn -= window;
		off += turn;
	}
	if (off + size > done)
		return false;
	memcpy(out, start + off, size);
	return true;
}

static bool put_template(struct bits *b, const char *t, unsigned char *start, size_t done)
{
	unsigned char *out = start + done;

	for (; *t; t++) {
		unsigned int n = *t >= 'a' ? 2u << (*t - 'a') : (unsigned int)(*t - '0');

		if (*t >= 'a' ? !put_index(b, start, done, out, n) : !put_data(b, out, n))
			return false;
		out += n;
	}
	return true;
}

static uint32_t crc32_be(const unsigned char *p, size_t n)
{
	uint32_t crc = 0;
	int i;

	while (n--) {
		crc ^= (uint32_t)*p++ << 24;
		for (i = 0; i < 8; i++)
			crc = crc << 1 ^ (crc >> 31 ? 0x04c11db7 : 0);
	}
	return crc;
}

static long finish(struct bits *b, const unsigned char *out, size_t done)
{
	uint32_t crc;

	return get_bits(b, 32, &crc) && crc == crc32_be(out, done) ? (long)done : -1;
}

long nx842_decode(const unsigned char *in, size_t inlen, unsigned char *out, size_t outlen)
{
	struct bits b = { in, 0, inlen * 8 };
	size_t done = 0;
	uint32_t op, n;

	while (get_bits(&b, 5, &op)) {
		if (op == OP_END)
			return finish(&b, out, done);
		if (op == OP_SHORT) {
			if (!get_bits(&b, 3, &n) || n > outlen - done ||
			    !put_data(&b, out + done, n))
				return -1;
			done += n;
			continue;
		}
		n = 1;
		if (op == OP_REPEAT) {
			if (!get_bits(&b, 6, &n) || done < 8)
				return -1;
			n++;
		}
		if (n * 8 > outlen - done)
			return -1;
		if (op == OP_REPEAT) {
			for (; n; n--, done += 8)
				memcpy(out + done, out + done - 8, 8);
			continue;
		}
		if (op == OP_ZEROS)
			memset(out + done, 0, 8);
		else if (op >= NTEMPLATES || !put_template(&b, templates[op], out, done))
			return -1;
		done += 8;
	}
	return -1;
}
