/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * precheck.h - is a file plausible enough to be given to libkdumpfile?
 */
#ifndef VSWAP_DUMP_PRECHECK_H
#define VSWAP_DUMP_PRECHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Physical memory that an ELF file has the bytes of. */
struct phys_range {
	uint64_t start, end;
};

/** What precheck() learned. */
struct precheck_info {
	bool cut;		/**< the headers speak of data beyond the end of the file */
	bool incomplete;	/**< what wrote it ran out of space, and says so */
	bool elf;		/**< the ranges below are all that can be read */
	struct phys_range *range;	/**< ascending, not touching; freed by the caller */
	unsigned int nrange;
};

/**
 * precheck - look at the headers of a dump
 * @fd: the file, not flattened
 * @pi: filled in
 * @path: its name, for the message
 *
 * libkdumpfile 0.5.1 reads what lies beyond the end of a file, and what a segment has
 * in memory but not in the file, as zeroes; hence the ranges.
 *
 * Return: 0, or 1 with one line in @err.
 */
int precheck(int fd, struct precheck_info *pi, char *err, size_t errlen, const char *path);

#endif
