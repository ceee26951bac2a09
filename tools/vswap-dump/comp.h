/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * comp.h - the kernel's compressors, the other way round
 */
#ifndef VSWAP_DUMP_COMP_H
#define VSWAP_DUMP_COMP_H

#include <stddef.h>

/** Result of decompressing. */
enum comp_result {
	COMP_OK,
	COMP_CORRUPT,		/**< not a valid stream, or not a whole page */
	COMP_UNSUPPORTED,	/**< no code for this compressor */
};

/**
 * comp_decompress - undo what zswap did to a page
 * @name: the kernel's name of the compressor: lzo, lzo-rle, lz4, lz4hc, zstd,
 *	  deflate or 842
 * @out: receives exactly @outlen bytes, or the result is COMP_CORRUPT
 */
enum comp_result comp_decompress(const char *name, const unsigned char *in, size_t inlen,
				 unsigned char *out, size_t outlen);

/* Decoders of our own; both return the bytes written, or -1. */

/** LZO1X, and the kernel's run-length extension of it (stream version 1). */
long lzo_decode(const unsigned char *in, size_t inlen, unsigned char *out, size_t outlen);

/** 842 with its checksum. */
long nx842_decode(const unsigned char *in, size_t inlen, unsigned char *out, size_t outlen);

#endif
