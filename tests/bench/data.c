// SPDX-License-Identifier: GPL-2.0-or-later
/* Contents of pages, and orders to touch them in. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* The first third of a page is new and the rest repeats: about 3:1 for any compressor,
 * and cheap for a fast one, so that the kernel's own part of the cost shows. */
#define FRESH 1344

static uint64_t next(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

static void make_page(unsigned char *p, size_t index, enum content content, unsigned int seed)
{
	static const char text[64] = "The same in every record, as structures in memory are.";
	uint64_t state = (index + 1) * 0x9e3779b97f4a7c15ULL ^ (uint64_t)seed << 32 ^ seed;
	size_t at;

	if (content == ZERO) {
		memset(p, 0, PAGE);
		return;
	}
	for (at = 0; at < PAGE; at += sizeof(state)) {
		next(&state);
		memcpy(p + at, &state, sizeof(state));
	}
	if (content == RANDOM)
		return;
	for (at = FRESH; at < PAGE; at += sizeof(text))
		memcpy(p + at, text, sizeof(text));
}

void fill(void *p, size_t pages, enum content content, unsigned int seed)
{
	size_t i;

	for (i = 0; i < pages; i++)
		make_page((unsigned char *)p + i * PAGE, i, content, seed);
}

void check(const void *p, size_t pages, enum content content, unsigned int seed)
{
	unsigned char want[PAGE];
	size_t i;

	for (i = 0; i < pages; i++) {
		make_page(want, i, content, seed);
		if (memcmp((const char *)p + i * PAGE, want, PAGE))
			die("page %zu of %zu came back wrong", i, pages);
	}
}

uint32_t *access_order(size_t n, bool random)
{
	uint32_t *order = malloc(n * sizeof(*order)), t;
	uint64_t state = 88172645463325252ULL;
	size_t i, j;

	if (!order)
		die("out of memory");
	for (i = 0; i < n; i++)
		order[i] = i;
	for (i = n; random && i > 1; i--) {
		j = next(&state) % i;
		t = order[i - 1];
		order[i - 1] = order[j];
		order[j] = t;
	}
	return order;
}
