// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * util.c - files below the system root, numbers, and buffered output
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "model.h"
#include "util.h"

static int root_fd = -1;
static bool root_live = true;

void vt_copy(char *dst, const char *src, size_t n)
{
	size_t len = strnlen(src, n - 1);

	memcpy(dst, src, len);
	dst[len] = '\0';
}

/* Bytes of the UTF-8 character at @s, 0 when it is none or a control character. */
static unsigned int utf8_len(const unsigned char *s)
{
	unsigned int n, min;
	uint32_t c;

	if (*s < 0x80)
		return *s >= 0x20 && *s != 0x7f;
	if (*s >= 0xc2 && *s < 0xe0) {
		n = 2;
		min = 0xa0;	/* below are the C1 controls */
		c = *s & 0x1f;
	} else if (*s >= 0xe0 && *s < 0xf0) {
		n = 3;
		min = 0x800;
		c = *s & 0x0f;
	} else if (*s >= 0xf0 && *s < 0xf5) {
		n = 4;
		min = 0x10000;
		c = *s & 0x07;
	} else {
		return 0;
	}
	for (unsigned int i = 1; i < n; i++) {
		/* the terminating zero ends this too */
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	return c < min || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : n;
}

void vt_clean(char *s)
{
	while (*s) {
		unsigned int n = utf8_len((const unsigned char *)s);

		if (!n) {
			*s = '?';
			n = 1;
		}
		s += n;
	}
}

int sysroot_open(const char *dir)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (root_fd >= 0)
		close(root_fd);
	root_fd = fd;
	root_live = !strcmp(dir, "/");
	return 0;
}

bool sysroot_is_live(void)
{
	return root_live;
}

int sys_open(const char *path, int flags)
{
	int fd;

	while (*path == '/')
		path++;
	fd = openat(root_fd, *path ? path : ".", flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t n = 0;

	while (n < size - 1) {
		ssize_t r = read(fd, buf + n, size - 1 - n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (!r)
			break;
		n += (size_t)r;
	}
	buf[n] = '\0';
	return (ssize_t)n;
}

ssize_t sys_read(const char *path, char *buf, size_t size)
{
	int fd = sys_open(path, O_RDONLY);
	ssize_t r;

	if (fd < 0)
		return fd;
	r = read_all(fd, buf, size);
	close(fd);
	return r;
}

ssize_t sys_read_at(int dirfd, const char *name, char *buf, size_t size)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	ssize_t r;

	if (fd < 0)
		return -errno;
	r = read_all(fd, buf, size);
	close(fd);
	return r;
}

uint64_t vt_u64(const char *s)
{
	uint64_t v = 0;

	while (*s == ' ' || *s == '\t')
		s++;
	if (*s < '0' || *s > '9')
		return VT_NA;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return VT_NA;
	}
	return v;
}

bool vt_seconds(const char *s, uint64_t *ns)
{
	char *end;
	double v = strtod(s, &end);

	if (end == s || *end || !isfinite(v) || v < 0.05 || v > 86400)
		return false;
	*ns = (uint64_t)(v * 1e9);
	return true;
}

uint64_t sys_read_u64(const char *path)
{
	char buf[64];

	return sys_read(path, buf, sizeof(buf)) > 0 ? vt_u64(buf) : VT_NA;
}

char *vt_line(char **pos)
{
	char *s = *pos, *e;

	if (!s || !*s)
		return NULL;
	e = strchr(s, '\n');
	if (e) {
		*e = '\0';
		*pos = e + 1;
	} else {
		*pos = s + strlen(s);
	}
	return s;
}

char *vt_word(char **pos)
{
	char *s = *pos, *e;

	while (*s == ' ' || *s == '\t')
		s++;
	if (!*s)
		return NULL;
	for (e = s; *e && *e != ' ' && *e != '\t'; e++)
		;
	*pos = *e ? e + 1 : e;
	*e = '\0';
	return s;
}

void vt_bytes_mem(struct vt_bytes *b, const void *data, size_t size)
{
	memset(b, 0, sizeof(*b));
	b->mem = data;
	b->fd = -1;
	b->size = size;
}

/* Read, not mapped: of a mapping, what is cut off meanwhile is a SIGBUS. */
static int read_at(int fd, uint64_t off, char *buf, size_t n)
{
	while (n) {
		ssize_t r = pread(fd, buf, n, (off_t)off);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r ? -errno : -ENODATA;
		buf += r;
		off += (uint64_t)r;
		n -= (size_t)r;
	}
	return 0;
}

int vt_bytes_read(struct vt_bytes *b, uint64_t off, void *buf, size_t n)
{
	if (off > b->size || n > b->size - off)
		b->err = -ENODATA;
	else if (b->fd >= 0)
		b->err = read_at(b->fd, off, buf, n);
	else if (n)
		memcpy(buf, b->mem + off, n);
	return b->err;
}

const char *vt_bytes_problem(const struct vt_bytes *b)
{
	return b->err == -ENODATA ? "the file was cut short while it was read" :
	       strerror(-b->err);
}

uint64_t now_ns(int clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

/* layout of what getdents64() returns */
struct dent {
	uint64_t ino;
	int64_t off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

const char *dirscan_next(struct dirscan *d, unsigned char *type, uint64_t *ino)
{
	const struct dent *e;

	if (d->pos >= d->len) {
		d->len = syscall(SYS_getdents64, d->fd, d->buf, sizeof(d->buf));
		d->pos = 0;
		if (d->len <= 0) {
			d->len = 0;
			return NULL;
		}
	}
	e = (const struct dent *)(const void *)(d->buf + d->pos);
	d->pos += e->reclen;
	*type = e->type;
	*ino = e->ino;
	return e->name;
}

volatile sig_atomic_t vt_quit;

/*
 * Write all of it, also to a slow pipe that others made non-blocking.  Once the
 * user wants to leave, a reader that takes nothing for a second is given up.
 */
static int write_all(int fd, const char *s, size_t n)
{
	while (n) {
		ssize_t r = write(fd, s, n);

		if (r < 0 && (errno == EINTR || errno == EAGAIN)) {
			struct pollfd p = { .fd = fd, .events = POLLOUT };

			if (poll(&p, 1, 1000) == 0 && vt_quit)
				return -EINTR;
			continue;
		}
		if (r < 0)
			return -errno;
		s += r;
		n -= (size_t)r;
	}
	return 0;
}

int ob_flush(struct obuf *o)
{
	if (!o->err && o->n)
		o->err = write_all(o->fd, o->buf, o->n);
	o->n = 0;
	return o->err;
}

void ob_write(struct obuf *o, const char *s, size_t n)
{
	while (n) {
		size_t room = sizeof(o->buf) - o->n;
		size_t k = n < room ? n : room;

		memcpy(o->buf + o->n, s, k);
		o->n += k;
		s += k;
		n -= k;
		if (o->n == sizeof(o->buf))
			ob_flush(o);
	}
}

void ob_putc(struct obuf *o, char c)
{
	ob_write(o, &c, 1);
}

void ob_puts(struct obuf *o, const char *s)
{
	ob_write(o, s, strlen(s));
}

void ob_printf(struct obuf *o, const char *fmt, ...)
{
	char tmp[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(tmp, sizeof(tmp), fmt, ap);
	va_end(ap);
	if (n > 0)
		ob_write(o, tmp, (size_t)n < sizeof(tmp) ? (size_t)n : sizeof(tmp) - 1);
}
