// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * precheck.c - is a file plausible enough to be given to libkdumpfile?
 *
 * Libraries believe what headers say. Sizes and offsets in a damaged or hostile
 * header are compared with the size of the file here, so that a few flipped bytes
 * cost one line and not all memory. Formats other than ELF and kdump-compressed are
 * refused: no vswap kernel writes them.
 */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "kdfile.h"
#include "precheck.h"
#include "util.h"

#define MAX_NOTES	(64u << 20)	/* bytes of notes in any dump */
#define MAX_PHDRS	65536u
/* in e_flags: makedumpfile ran out of space (DUMP_ELF_INCOMPLETE) */
#define ELF_INCOMPLETE	1u

static uint32_t get32(const unsigned char *p)
{
	return get_le(p, 4);
}

static uint64_t get64(const unsigned char *p)
{
	return get_le(p, 8);
}

static int by_start(const void *a, const void *b)
{
	const struct phys_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Add what the file has of a segment; the array has room for all. */
static void add_range(struct precheck_info *pi, const Elf64_Phdr *ph, uint64_t size)
{
	uint64_t have = ph->p_filesz;

	if (ph->p_offset > size)
		have = 0;
	else if (have > size - ph->p_offset)
		have = size - ph->p_offset;
	pi->cut |= have < ph->p_filesz;
	if (!have)
		return;
	pi->range[pi->nrange].start = ph->p_paddr;
	pi->range[pi->nrange++].end = ph->p_paddr + have;
}

/* Sort, and join what overlaps or touches. */
static void join_ranges(struct precheck_info *pi)
{
	unsigned int i, n = 0;

	qsort(pi->range, pi->nrange, sizeof(*pi->range), by_start);
	for (i = 0; i < pi->nrange; i++) {
		if (n && pi->range[i].start <= pi->range[n - 1].end) {
			if (pi->range[i].end > pi->range[n - 1].end)
				pi->range[n - 1].end = pi->range[i].end;
		} else {
			pi->range[n++] = pi->range[i];
		}
	}
	pi->nrange = n;
}

static int check_phdr(const Elf64_Phdr *ph, uint64_t i, uint64_t size, char *err,
		      size_t errlen, const char *path)
{
	if (ph->p_type == PT_NOTE &&
	    (ph->p_filesz > MAX_NOTES || ph->p_offset > size || ph->p_filesz > size - ph->p_offset))
		return fail(err, errlen, "%s: truncated or corrupt: notes lie outside the file",
			    path);
	if (ph->p_type != PT_LOAD)
		return 0;
	/* pages beyond what a 52-bit machine can have */
	if ((ph->p_filesz > ph->p_memsz && ph->p_memsz) ||
	    (ph->p_paddr != ~0ULL && (ph->p_paddr >> 52 || ph->p_memsz >> 52)))
		return fail(err, errlen, "%s: corrupt program header %llu", path,
			    (unsigned long long)i);
	return 0;
}

static int check_elf(int fd, uint64_t size, struct precheck_info *pi, char *err,
		     size_t errlen, const char *path)
{
	Elf64_Ehdr eh;
	Elf64_Shdr sh;
	Elf64_Phdr ph;
	uint64_t n, i, loads = 0;

	if (pread(fd, &eh, sizeof(eh), 0) != sizeof(eh))
		return fail(err, errlen, "%s: truncated: no complete ELF header", path);
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB)
		return fail(err, errlen, "%s: not a dump of a 64-bit little-endian machine", path);
	if (eh.e_type != ET_CORE)
		return fail(err, errlen, "%s: an ELF file, but not a core dump", path);
	/* the library takes the second on trust */
	if (eh.e_phentsize != sizeof(ph) ||
	    ((eh.e_shnum || eh.e_shoff) && eh.e_shentsize != sizeof(sh)))
		return fail(err, errlen, "%s: corrupt ELF header", path);
	n = eh.e_phnum;
	if (n == PN_XNUM) {
		/* the real number is in the first section header */
		if (pread(fd, &sh, sizeof(sh), eh.e_shoff) != sizeof(sh))
			return fail(err, errlen, "%s: truncated: no section header", path);
		n = sh.sh_info;
	}
	if (n > MAX_PHDRS)
		return fail(err, errlen, "%s: corrupt ELF header: %llu segments", path,
			    (unsigned long long)n);
	pi->elf = true;
	pi->incomplete = eh.e_flags & ELF_INCOMPLETE;
	pi->range = calloc(n + 1, sizeof(*pi->range));
	if (!pi->range)
		return fail(err, errlen, "out of memory");
	for (i = 0; i < n; i++) {
		if (pread(fd, &ph, sizeof(ph), eh.e_phoff + i * sizeof(ph)) != sizeof(ph))
			return fail(err, errlen, "%s: truncated in the program headers", path);
		if (check_phdr(&ph, i, size, err, errlen, path))
			return 1;
		if (ph.p_type != PT_LOAD)
			continue;
		loads++;
		add_range(pi, &ph, size);
	}
	if (!loads)
		return fail(err, errlen, "%s: an ELF core without memory in it", path);
	join_ranges(pi);
	return 0;
}

static int check_range(const unsigned char *p, uint64_t size)
{
	uint64_t off = get64(p), len = get64(p + 8);

	return len && (len > MAX_NOTES || off > size || len > size - off);
}

/* Does any page descriptor lead beyond the end of the file? */
static bool pages_cut(int fd, uint64_t size, uint64_t desc, uint64_t bitmap, uint64_t len)
{
	static unsigned char buf[KP_BYTES << 10];
	uint64_t pages = 0, at, i, n;
	ssize_t got;

	for (at = bitmap; at < bitmap + len; at += got) {
		n = bitmap + len - at;
		got = pread(fd, buf, n < sizeof(buf) ? n : sizeof(buf), at);
		if (got <= 0)
			return true;
		for (i = 0; i < (uint64_t)got; i++)
			pages += __builtin_popcount(buf[i]);
	}
	for (; pages; pages -= n, desc += n * KP_BYTES) {
		n = pages < sizeof(buf) / KP_BYTES ? pages : sizeof(buf) / KP_BYTES;
		if (pread(fd, buf, n * KP_BYTES, desc) != (ssize_t)(n * KP_BYTES))
			return true;
		for (i = 0; i < n; i++) {
			const unsigned char *d = buf + i * KP_BYTES;
			uint64_t off = get64(d + KP_OFFSET), sz = get32(d + KP_SIZE);

			if (off > size || sz > size - off)
				return true;
		}
	}
	return false;
}

static int check_kdump(int fd, uint64_t size, struct precheck_info *pi, char *err, size_t errlen,
		       const char *path)
{
	unsigned char h[KD_HEAD], s[KS_HEAD];
	uint64_t bs, maps, pages;

	if (pread(fd, h, sizeof(h), 0) != sizeof(h))
		return fail(err, errlen, "%s: truncated: no complete kdump header", path);
	pi->incomplete = get32(h + KD_STATUS) & KD_INCOMPLETE;
	bs = get32(h + KD_BLOCK_SIZE);
	if (bs < 4096 || bs > 65536 || bs & (bs - 1))
		return fail(err, errlen, "%s: corrupt kdump header: block size %llu", path,
			    (unsigned long long)bs);
	if (get32(h + KD_VERSION) < 1 || get32(h + KD_VERSION) > 64)
		return fail(err, errlen, "%s: unknown kdump version %u", path,
			    get32(h + KD_VERSION));
	if (get32(h + KD_SUBHDR) < 1 || get32(h + KD_SUBHDR) > 4096)
		return fail(err, errlen, "%s: corrupt kdump header", path);
	maps = get32(h + KD_BITMAP) * bs;
	if (bs * (1 + get32(h + KD_SUBHDR)) + maps > size)
		return fail(err, errlen, "%s: truncated before the end of its page bitmaps", path);
	if (pread(fd, s, sizeof(s), bs) != sizeof(s))
		return fail(err, errlen, "%s: truncated in the kdump sub-header", path);
	pages = get32(h + KD_MAX_MAPNR);
	if (get32(h + KD_VERSION) >= 6 && get64(s + KS_MAX_MAPNR_64))
		pages = get64(s + KS_MAX_MAPNR_64);
	/* two bitmaps, each a whole number of blocks */
	if (pages > maps * 4 || maps % (2 * bs))
		return fail(err, errlen, "%s: corrupt kdump header: %llu pages in %llu bytes of bitmaps",
			    path, (unsigned long long)pages, (unsigned long long)maps);
	if (get32(h + KD_VERSION) >= 3 && check_range(s + KS_VMCOREINFO, size))
		return fail(err, errlen, "%s: truncated or corrupt: VMCOREINFO lies outside the file",
			    path);
	if (get32(h + KD_VERSION) >= 4 && check_range(s + KS_NOTE, size))
		return fail(err, errlen, "%s: truncated or corrupt: notes lie outside the file", path);
	/* the second of the two bitmaps tells which pages have a descriptor; a part of
	 * a split dump has the descriptors of its own pages only */
	if (!get32(s + KS_SPLIT))
		pi->cut = pages_cut(fd, size, bs * (1 + get32(h + KD_SUBHDR)) + maps,
				 bs * (1 + get32(h + KD_SUBHDR)) + maps / 2, maps / 2);
	return 0;
}

int precheck(int fd, struct precheck_info *pi, char *err, size_t errlen, const char *path)
{
	unsigned char sig[16] = { 0 };
	struct stat st;
	off_t end;

	memset(pi, 0, sizeof(*pi));
	if (fstat(fd, &st))
		return fail(err, errlen, "%s: cannot stat", path);
	end = S_ISBLK(st.st_mode) ? lseek(fd, 0, SEEK_END) : st.st_size;
	if (end <= 0 || pread(fd, sig, sizeof(sig), 0) <= 0)
		return fail(err, errlen, "%s: empty", path);
	if (!memcmp(sig, ELFMAG, SELFMAG))
		return check_elf(fd, end, pi, err, errlen, path);
	if (!memcmp(sig, KD_SIGNATURE, 8))
		return check_kdump(fd, end, pi, err, errlen, path);
	if (sig[0] == 0x1f && sig[1] == 0x8b)
		return fail(err, errlen, "%s: gzip data; unpack it first", path);
	if (!memcmp(sig, "\xfd" "7zXZ", 5))
		return fail(err, errlen, "%s: xz data; unpack it first", path);
	if (!memcmp(sig, "\x28\xb5\x2f\xfd", 4))
		return fail(err, errlen, "%s: zstd data; unpack it first", path);
	if (!memcmp(sig, "QEVM", 4) || !memcmp(sig, "LibvirtQemudSave", 16))
		return fail(err, errlen, "%s: a saved machine, not a dump; dump-guest-memory or virsh dump --memory-only makes one",
			    path);
	return fail(err, errlen, "%s: not a dump (neither ELF core, kdump nor flattened)", path);
}
