// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_comp.c - the decoders over arbitrary streams (libFuzzer)
 */
#include <stdint.h>
#include <stdlib.h>

#include "../comp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char * const names[] = { "lzo-rle", "842", "lz4", "zstd", "deflate", "lzo" };
	unsigned char *out;

	if (!size)
		return 0;
	/* from the heap, so that a byte too many is noticed */
	out = malloc(4096);
	if (out)
		comp_decompress(names[data[0] % 6], data + 1, size - 1, out, 4096);
	free(out);
	return 0;
}
