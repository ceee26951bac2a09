/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * util.h - files below the system root, numbers, and buffered output
 *
 * Nothing here allocates memory: the sampling path uses only these helpers.
 */
#ifndef VSWAPTOP_UTIL_H
#define VSWAPTOP_UTIL_H

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** enum vt_exit - exit codes, documented in the manual page */
enum vt_exit { EXIT_OK = 0, EXIT_FAIL = 1, EXIT_USAGE = 2, EXIT_NOVSWAP = 3 };

/** vt_quit - set by SIGINT, SIGTERM and SIGHUP; the main loop then ends */
extern volatile sig_atomic_t vt_quit;

/** vt_copy - copy a string into a buffer of @n bytes; always terminated */
void vt_copy(char *dst, const char *src, size_t n);

/**
 * vt_clean - make a name from outside fit to print
 *
 * Control characters and what is not UTF-8 become question marks, so that a name
 * can neither drive a terminal nor make JSON or metrics invalid.
 */
void vt_clean(char *s);

/** sysroot_open - use @dir in place of "/"; returns 0 or -errno */
int sysroot_open(const char *dir);

/** sysroot_is_live - true when the root is the running system's */
bool sysroot_is_live(void);

/** sys_open - open an absolute @path below the system root; fd or -errno */
int sys_open(const char *path, int flags);

/**
 * sys_read - read a small file below the system root
 *
 * Return: bytes read (the buffer is terminated), or -errno.
 */
ssize_t sys_read(const char *path, char *buf, size_t size);

/** sys_read_at - as sys_read(), relative to the directory @dirfd */
ssize_t sys_read_at(int dirfd, const char *name, char *buf, size_t size);

/** vt_seconds - a time between samples, 0.05 to 86400 seconds; false when it is none */
bool vt_seconds(const char *s, uint64_t *ns);

/** sys_read_u64 - a file with one number; VT_NA when there is none */
uint64_t sys_read_u64(const char *path);

/** vt_u64 - parse a decimal number at the start of @s; VT_NA when there is none */
uint64_t vt_u64(const char *s);

/**
 * vt_line - cut the next line off a text
 *
 * @pos is advanced; the line end is overwritten.  Return: the line, or NULL.
 */
char *vt_line(char **pos);

/** vt_word - cut the next blank-separated word off a line, or NULL */
char *vt_word(char **pos);

/**
 * struct vt_bytes - the bytes of a file that others may change meanwhile
 * @mem: they are in memory, else they are read from @fd
 * @size: that of the file when it was opened
 * @err: 0, or why a read failed: -errno, -ENODATA when the file has become shorter
 */
struct vt_bytes {
	const unsigned char *mem;
	int fd;
	uint64_t size;
	int err;
};

/** vt_bytes_mem - bytes in memory, which must stay there */
void vt_bytes_mem(struct vt_bytes *b, const void *data, size_t size);

/**
 * vt_bytes_read - copy @n bytes from @off
 *
 * Return: 0, or what is in @err from then on.
 */
int vt_bytes_read(struct vt_bytes *b, uint64_t off, void *buf, size_t n);

/** vt_bytes_problem - what @err means to the user */
const char *vt_bytes_problem(const struct vt_bytes *b);

/** now_ns - a clock in nanoseconds */
uint64_t now_ns(int clock);

/** struct dirscan - getdents64() without opendir()'s allocation */
struct dirscan {
	int fd;
	long len, pos;
	char buf[4096] __attribute__((aligned(8)));
};

/** dirscan_next - name of the next entry and its d_type, or NULL at the end */
const char *dirscan_next(struct dirscan *d, unsigned char *type, uint64_t *ino);

/**
 * struct obuf - output with one fixed buffer
 * @fd: where it goes
 * @err: errno of the first failed write, 0 while all is well
 */
struct obuf {
	int fd;
	int err;
	size_t n;
	char buf[16384];
};

void ob_putc(struct obuf *o, char c);
void ob_puts(struct obuf *o, const char *s);
void ob_write(struct obuf *o, const char *s, size_t n);
void ob_printf(struct obuf *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** ob_flush - write everything; returns 0 or the -errno of the first failure */
int ob_flush(struct obuf *o);

#endif
