// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * util.c - what several parts of the tool need
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "util.h"

int fail(char *err, size_t len, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, len, fmt, ap);
	va_end(ap);
	return 1;
}

uint64_t get_le(const void *p, unsigned int width)
{
	const unsigned char *b = p;
	uint64_t v = 0;
	unsigned int i;

	if (width > 8)
		width = 8;
	for (i = 0; i < width; i++)
		v |= (uint64_t)b[i] << (8 * i);
	return v;
}

/* Bytes of the character that begins at @p; 0 if none does, or a control character. */
static unsigned int char_len(const unsigned char *p)
{
	/* the least code point for a length: none is written longer than it must be, and
	 * those from 0x80 to 0x9f are control characters */
	static const uint32_t least[] = { [2] = 0xa0, [3] = 0x800, [4] = 0x10000 };
	unsigned int n = *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4, i;
	uint32_t c = *p & (0x7fu >> n);

	if (*p < 0x80)
		return *p >= 0x20 && *p != 0x7f;
	if (*p < 0xc2 || *p > 0xf4)
		return 0;
	for (i = 1; i < n; i++) {
		/* the end of the string is not such a byte */
		if (p[i] >> 6 != 2)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	/* 0xd800 to 0xdfff are halves of UTF-16 */
	return c < least[n] || c >> 11 == 0x1b || c > 0x10ffff ? 0 : n;
}

void text_clean(char *s)
{
	unsigned int n;

	for (; *s; s += n) {
		n = char_len((unsigned char *)s);
		if (!n) {
			*s = '?';
			n = 1;
		}
	}
}

uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void *needed(void *p)
{
	if (!p) {
		fputs("vswap-dump: out of memory\n", stderr);
		exit(1);
	}
	return p;
}

void *need(size_t size)
{
	return needed(calloc(1, size));
}
