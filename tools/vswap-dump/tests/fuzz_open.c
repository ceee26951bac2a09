// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_open.c - opening a dump of arbitrary bytes (libFuzzer)
 *
 * Through the checks of our own and libkdumpfile, flattened files included; then a
 * few reads.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dump_opts opts;
	char path[64], err[512], *paths[1] = { path }, page[4096];
	struct dump *d = NULL;
	uint64_t i;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!dump_open(&d, paths, 1, &opts, err, sizeof(err))) {
		/* in an order that does not suit caches */
		for (i = 0; i < 512; i++)
			(void)dump_read_phys(d, i * 37 % 128 << 12, page, sizeof(page));
		(void)dump_ram(d);
	}
	dump_close(d);
	close(fd);
	return 0;
}
