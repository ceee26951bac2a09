/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * precheck.h - is a file plausible enough to be given to libkdumpfile?
 */
#ifndef VSWAP_DUMP_PRECHECK_H
#define VSWAP_DUMP_PRECHECK_H

#include <stdbool.h>
#include <stddef.h>

/**
 * precheck - look at the headers of a dump
 * @fd: the file, not flattened
 * @cut: set if memory that the headers speak of lies beyond the end of the file
 * @path: its name, for the message
 *
 * Return: 0, or 1 with one line in @err.
 */
int precheck(int fd, bool *cut, char *err, size_t errlen, const char *path);

#endif
