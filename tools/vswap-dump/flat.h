/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flat.h - flattened dumps: makedumpfile -F and QEMU before 8.2
 */
#ifndef VSWAP_DUMP_FLAT_H
#define VSWAP_DUMP_FLAT_H

#include <stdbool.h>
#include <stddef.h>

/** Does the file begin with the flattened signature? */
bool flat_detect(int fd);

/**
 * flat_rearrange - put a flattened dump in order
 * @fd: the flattened file, seekable
 * @tty: show progress on standard error
 * @truncated: set if the file ends before its end mark
 * @err: receives one line on failure
 *
 * The result is an unlinked file in $TMPDIR (or /var/tmp) that takes as much
 * space as the dump and vanishes with the descriptor. Memory use is constant.
 *
 * Return: a descriptor for the rearranged dump, or -1.
 */
int flat_rearrange(int fd, bool tty, bool *truncated, char *err, size_t errlen);

#endif
