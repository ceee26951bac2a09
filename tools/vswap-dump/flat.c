// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flat.c - flattened dumps: makedumpfile -F and QEMU before 8.2
 *
 * A dump written to a pipe cannot be seeked, so it is a 4096-byte header followed
 * by records of (offset, size, bytes), all numbers big-endian, up to an offset of
 * -1. Later records may overwrite earlier ones. libkdumpfile 0.5.1 of Debian 12
 * does not read these, so they are put in order in a temporary file first.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flat.h"

#define FLAT_SIGNATURE	"makedumpfile"
#define FLAT_HEADER	4096
/** No dump lies beyond this offset; larger ones are damage. */
#define FLAT_MAX_OFFSET	(1LL << 50)

struct flat_record {
	int64_t offset;
	int64_t size;
};

bool flat_detect(int fd)
{
	char sig[16];

	return pread(fd, sig, sizeof(sig), 0) == sizeof(sig) &&
	       !strncmp(sig, FLAT_SIGNATURE, sizeof(sig));
}

static int open_temp(char *err, size_t errlen)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	int fd;

	if (!dir || !*dir)
		dir = "/var/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "%s/vswap-dump.XXXXXX", dir);
	fd = mkstemp(path);
	if (fd < 0)
		snprintf(err, errlen, "cannot rearrange a flattened dump in %s (TMPDIR names another place): %s",
			 dir, strerror(errno));
	else
		unlink(path);
	return fd;
}

/* Copy one record's bytes; 0, 1 at the end of the input, -1 on error. */
static int copy_bytes(int in, off_t from, int out, off_t to, int64_t len)
{
	static char buf[1 << 16];

	while (len > 0) {
		size_t want = len < (int64_t)sizeof(buf) ? (size_t)len : sizeof(buf);
		ssize_t n = pread(in, buf, want, from), w;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -1 : 1;
		for (ssize_t done = 0; done < n; done += w) {
			w = pwrite(out, buf + done, n - done, to + done);
			if (w < 0 && errno == EINTR)
				w = 0;
			else if (w <= 0)
				return -1;
		}
		from += n;
		to += n;
		len -= n;
	}
	return 0;
}

static void progress(bool tty, off_t pos, off_t total, int *last)
{
	int pct = total ? (int)(pos * 100 / total) : 100;

	if (!tty || pct == *last)
		return;
	*last = pct;
	fprintf(stderr, "\rrearranging a flattened dump: %d %%", pct);
	if (pos >= total)
		fprintf(stderr, "\r\033[K");
}

int flat_rearrange(int fd, bool tty, bool *truncated, char *err, size_t errlen)
{
	struct flat_record rec;
	off_t pos = FLAT_HEADER;
	struct stat st;
	int out, ret, last = -1;

	*truncated = false;
	if (fstat(fd, &st)) {
		snprintf(err, errlen, "%s", strerror(errno));
		return -1;
	}
	out = open_temp(err, errlen);
	if (out < 0)
		return -1;
	for (;;) {
		progress(tty, pos, st.st_size, &last);
		if (pread(fd, &rec, sizeof(rec), pos) != sizeof(rec)) {
			*truncated = true;
			break;
		}
		rec.offset = (int64_t)be64toh((uint64_t)rec.offset);
		rec.size = (int64_t)be64toh((uint64_t)rec.size);
		if (rec.offset == -1)
			break;
		if (rec.offset < 0 || rec.size <= 0 || rec.offset > FLAT_MAX_OFFSET ||
		    rec.size > FLAT_MAX_OFFSET) {
			snprintf(err, errlen,
				 "flattened dump: impossible record at byte %lld",
				 (long long)pos);
			goto fail;
		}
		ret = copy_bytes(fd, pos + sizeof(rec), out, rec.offset, rec.size);
		if (ret < 0) {
			snprintf(err, errlen,
				 "rearranging the flattened dump (set TMPDIR to a place with room for it): %s",
				 strerror(errno));
			goto fail;
		}
		if (ret) {
			*truncated = true;
			break;
		}
		pos += sizeof(rec) + rec.size;
	}
	progress(tty, st.st_size, st.st_size, &last);
	return out;
fail:
	if (tty)
		fputc('\n', stderr);
	close(out);
	return -1;
}
