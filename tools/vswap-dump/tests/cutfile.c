// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cutfile.c - for LD_PRELOAD: cuts the file $CUT_FILE to $CUT_SIZE bytes once it has
 * been mapped
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void cut(int fd)
{
	const char *path = getenv("CUT_FILE"), *size = getenv("CUT_SIZE");
	struct stat a, b;

	if (fd >= 0 && path && size && !fstat(fd, &a) && !stat(path, &b) && a.st_ino == b.st_ino &&
	    a.st_dev == b.st_dev && truncate(path, atol(size)))
		abort();
}

static void *map(const char *name, void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	void *(*next)(void *, size_t, int, int, int, off_t);
	void *p;

	*(void **)&next = dlsym(RTLD_NEXT, name);
	p = next(addr, len, prot, flags, fd, off);
	cut(fd);
	return p;
}

void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	return map("mmap", addr, len, prot, flags, fd, off);
}

void *mmap64(void *addr, size_t len, int prot, int flags, int fd, off64_t off)
{
	return map("mmap64", addr, len, prot, flags, fd, off);
}
