// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * crash.c - loads a capture kernel and crashes the machine (runs in the guest)
 *
 * crash KERNEL INITRD CMDLINE
 * crash save VMCORE FILE
 *
 * The second form copies the old kernel's memory. It maps it: read(2) of /proc/vmcore
 * maps and unmaps every single page in the kernel, which takes ages under emulation.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Copy by mapping; what cannot be mapped is read. */
static int save(const char *from, const char *to)
{
	const size_t chunk = 4 << 20;
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	struct stat st;
	off_t at;

	if (in < 0 || out < 0 || fstat(in, &st)) {
		perror("crash: save");
		return 1;
	}
	for (at = 0; at < st.st_size; at += chunk) {
		size_t n = st.st_size - at < (off_t)chunk ? (size_t)(st.st_size - at) : chunk, done;
		char *p = mmap(NULL, n, PROT_READ, MAP_PRIVATE, in, at), *mapped = p;

		if (p == MAP_FAILED) {
			p = malloc(n);
			for (done = 0; p && done < n; ) {
				ssize_t got = pread(in, p + done, n - done, at + done);

				if (got <= 0)
					break;
				done += got;
			}
			if (!p || done < n) {
				perror("crash: reading");
				return 1;
			}
		}
		for (done = 0; done < n; ) {
			/* 9p cannot write from memory that has no struct page */
			static char buf[1 << 17];
			size_t part = n - done < sizeof(buf) ? n - done : sizeof(buf);
			ssize_t w;

			memcpy(buf, p + done, part);
			w = write(out, buf, part);
			if (w <= 0) {
				perror("crash: writing");
				return 1;
			}
			done += w;
		}
		if (mapped != MAP_FAILED)
			munmap(p, n);
		else
			free(p);
	}
	return close(out);
}

int main(int argc, char **argv)
{
	int kernel, initrd, fd;

	if (argc != 4)
		return 2;
	if (!strcmp(argv[1], "save"))
		return save(argv[2], argv[3]);
	kernel = open(argv[1], O_RDONLY);
	initrd = open(argv[2], O_RDONLY);
	if (kernel < 0 || initrd < 0 ||
	    syscall(SYS_kexec_file_load, kernel, initrd, strlen(argv[3]) + 1, argv[3],
		    KEXEC_FILE_ON_CRASH)) {
		fprintf(stderr, "crash: cannot load the capture kernel: %s\n", strerror(errno));
		return 1;
	}
	fd = open("/proc/sysrq-trigger", O_WRONLY);
	if (fd < 0 || write(fd, "c", 1) != 1)
		perror("crash: sysrq");
	return 1;
}
