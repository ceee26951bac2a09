// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lzo.c - LZO1X decoder with the kernel's run-length extension
 *
 * Written from the description of the stream in the kernel's
 * Documentation/staging/lzo.rst. liblzo2 knows nothing of stream version 1, which is
 * what lzo-rle, zswap's usual compressor, writes. Every byte read and written is
 * checked against its buffer.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "comp.h"

/** Length of the shortest run of zeroes that the extension encodes. */
#define MIN_ZERO_RUN	4
/** "State" after a literal run of four bytes or more. */
#define AFTER_RUN	4

struct lzo {
	const unsigned char *in, *in_end;
	unsigned char *out, *out_start, *out_end;
};

static bool literals(struct lzo *z, size_t n)
{
	if ((size_t)(z->in_end - z->in) < n || (size_t)(z->out_end - z->out) < n)
		return false;
	memcpy(z->out, z->in, n);
	z->in += n;
	z->out += n;
	return true;
}

/* Copy from earlier output; source and destination may overlap on purpose. */
static bool match(struct lzo *z, size_t distance, size_t n)
{
	const unsigned char *from;

	if (distance > (size_t)(z->out - z->out_start) ||
	    (size_t)(z->out_end - z->out) < n)
		return false;
	from = z->out - distance;
	while (n--)
		*z->out++ = *from++;
	return true;
}

/* A length that did not fit: zero bytes count 255 each, then the rest. */
static bool long_length(struct lzo *z, size_t *n, size_t base)
{
	*n = base;
	while (z->in < z->in_end) {
		unsigned char b = *z->in++;

		if (b) {
			*n += b;
			return true;
		}
		*n += 255;
		if (*n > (size_t)(z->out_end - z->out_start) + 255)
			return false;
	}
	return false;
}

static bool get16(struct lzo *z, unsigned int *v)
{
	if (z->in_end - z->in < 2)
		return false;
	*v = z->in[0] | z->in[1] << 8;
	z->in += 2;
	return true;
}

/* 16 to 31: far matches, the end mark, and runs of zeroes. 1: go on, 0: end. */
static int far_op(struct lzo *z, unsigned int op, bool rle, unsigned int *state)
{
	unsigned int d;
	size_t n = op & 7, dist;

	if (rle && z->in_end - z->in >= 3 && (op & 8) &&
	    ((z->in[0] | z->in[1] << 8) & 0xfffc) == 0xfffc) {
		*state = z->in[0] & 3;
		n = ((size_t)z->in[2] << 3 | n) + MIN_ZERO_RUN;
		z->in += 3;
		if ((size_t)(z->out_end - z->out) < n)
			return -1;
		memset(z->out, 0, n);
		z->out += n;
		return literals(z, *state) ? 1 : -1;
	}
	if (!n && !long_length(z, &n, 7))
		return -1;
	if (!get16(z, &d))
		return -1;
	dist = 16384 + ((size_t)(op & 8) << 11) + (d >> 2);
	if (dist == 16384)
		return n == 1 ? 0 : -1;
	*state = d & 3;
	return match(z, dist, n + 2) && literals(z, *state) ? 1 : -1;
}

/* 32 and above: matches with a near distance. */
static bool near_op(struct lzo *z, unsigned int op, unsigned int *state)
{
	size_t n, dist;
	unsigned int d;

	if (op < 64) {
		n = op & 31;
		if (!n && !long_length(z, &n, 31))
			return false;
		if (!get16(z, &d))
			return false;
		dist = (d >> 2) + 1;
		n += 2;
		*state = d & 3;
	} else {
		if (z->in == z->in_end)
			return false;
		n = op < 128 ? 3 + (op >> 5 & 1) : 5 + (op >> 5 & 3);
		dist = ((size_t)*z->in++ << 3) + (op >> 2 & 7) + 1;
		*state = op & 3;
	}
	return match(z, dist, n) && literals(z, *state);
}

/* 0 to 15: a literal run, or a short match after literals. */
static bool low_op(struct lzo *z, unsigned int op, unsigned int *state)
{
	size_t n = op, dist;

	if (!*state) {
		if (!n && !long_length(z, &n, 15))
			return false;
		*state = AFTER_RUN;
		return literals(z, n + 3);
	}
	if (z->in == z->in_end)
		return false;
	dist = ((size_t)*z->in++ << 2) + (op >> 2);
	if (*state == AFTER_RUN) {
		dist += 2049;
		n = 3;
	} else {
		dist += 1;
		n = 2;
	}
	*state = op & 3;
	return match(z, dist, n) && literals(z, *state);
}

long lzo_decode(const unsigned char *in, size_t inlen, unsigned char *out, size_t outlen)
{
	struct lzo z = { in, in + inlen, out, out, out + outlen };
	unsigned int state = 0, op;
	bool rle = false;
	int ret;

	if (inlen >= 5 && in[0] == 17) {
		rle = in[1] != 0;
		z.in += 2;
	}
	if (z.in < z.in_end && *z.in > 17) {
		op = *z.in++ - 17;
		state = op < 4 ? op : AFTER_RUN;
		if (!literals(&z, op))
			return -1;
	}
	while (z.in < z.in_end) {
		op = *z.in++;
		if (op >= 32) {
			if (!near_op(&z, op, &state))
				return -1;
		} else if (op >= 16) {
			ret = far_op(&z, op, rle, &state);
			if (ret < 0)
				return -1;
			if (!ret)
				return z.in == z.in_end ? z.out - z.out_start : -1;
		} else if (!low_op(&z, op, &state)) {
			return -1;
		}
	}
	/* no end mark */
	return -1;
}
