// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * crash.c - loads a capture kernel and crashes the machine (runs in the guest)
 *
 * crash KERNEL INITRD CMDLINE
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int kernel, initrd, fd;

	if (argc != 4)
		return 2;
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
