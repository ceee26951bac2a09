// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * comp.c - the kernel's compressors, the other way round
 *
 * The parameters are those of the kernel's crypto API: raw LZ4 blocks, raw deflate,
 * complete zstd frames.
 */
#include <limits.h>
#include <lz4.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "comp.h"

static long inflate_raw(const unsigned char *in, size_t inlen, unsigned char *out,
			size_t outlen)
{
	z_stream z;
	long n = -1;
	int ret;

	memset(&z, 0, sizeof(z));
	if (inlen > UINT_MAX || outlen > UINT_MAX || inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return -1;
	z.next_in = (Bytef *)(uintptr_t)in;
	z.avail_in = inlen;
	z.next_out = out;
	z.avail_out = outlen;
	ret = inflate(&z, Z_FINISH);
	if (ret == Z_STREAM_END || (ret == Z_BUF_ERROR && !z.avail_out))
		n = z.total_out;
	inflateEnd(&z);
	return n;
}

enum comp_result comp_decompress(const char *name, const unsigned char *in, size_t inlen,
				 unsigned char *out, size_t outlen)
{
	long n;

	if (inlen > INT_MAX || outlen > INT_MAX)
		return COMP_CORRUPT;
	if (!strcmp(name, "lzo") || !strcmp(name, "lzo-rle")) {
		n = lzo_decode(in, inlen, out, outlen);
	} else if (!strcmp(name, "lz4") || !strcmp(name, "lz4hc")) {
		n = LZ4_decompress_safe((const char *)in, (char *)out, inlen, outlen);
	} else if (!strcmp(name, "zstd")) {
		size_t r = ZSTD_decompress(out, outlen, in, inlen);

		n = ZSTD_isError(r) ? -1 : (long)r;
	} else if (!strcmp(name, "deflate")) {
		n = inflate_raw(in, inlen, out, outlen);
	} else if (!strcmp(name, "842")) {
		n = nx842_decode(in, inlen, out, outlen);
	} else {
		return COMP_UNSUPPORTED;
	}
	return n == (long)outlen ? COMP_OK : COMP_CORRUPT;
}
