/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * util.h - what several parts of the tool need
 */
#ifndef VSWAP_DUMP_UTIL_H
#define VSWAP_DUMP_UTIL_H

#include <stddef.h>
#include <stdint.h>

/** Write the one line that says what went wrong. Returns 1, for "return fail(...)". */
int fail(char *err, size_t len, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/** A little-endian number of up to eight bytes. */
uint64_t get_le(const void *p, unsigned int width);

/** Make printable UTF-8 of a string: '?' for control characters and for bytes of no character. */
void text_clean(char *s);

/** Milliseconds of a clock that only runs forward. */
uint64_t now_ms(void);

/** Zeroed memory; ends the program with a message if there is none. */
void *need(size_t size);

/** The same for what a library could not allocate: @p, which is not NULL. */
void *needed(void *p);

#endif
