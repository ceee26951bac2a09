// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_layout.c - reading a vmlinux of arbitrary bytes (libFuzzer)
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct layout l;
	char path[64], err[512];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	layout_load(&l, path, path, err, sizeof(err));
	close(fd);
	return 0;
}
