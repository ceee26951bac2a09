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
