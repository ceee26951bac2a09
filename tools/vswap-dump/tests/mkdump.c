// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mkdump.c - writes tiny dumps of a few pages, for tests of opening and for fuzzing
 *
 * mkdump elf|kdump|flat FILE
 */
#include <elf.h>
#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define PAGE	4096
#define NPAGES	64	/* page frames the kdump header speaks of */

static const char note_text[] =
	"OSRELEASE=7.3.4-tiny\nPAGESIZE=4096\nSYMBOL(swapper_pg_dir)=ffffffff82000000\n"
	"SYMBOL(_stext)=ffffffff81000000\nNUMBER(phys_base)=0\n"
	"NUMBER(pgtable_l5_enabled)=0\nKERNELOFFSET=0\n";

static unsigned char out[16 * PAGE];
static size_t outlen;

static void put(size_t at, const void *p, size_t n)
{
	if (at + n > sizeof(out))
		abort();
	memcpy(out + at, p, n);
	if (at + n > outlen)
		outlen = at + n;
}

static size_t put_note(size_t at, const char *name, unsigned int type, const void *p, size_t n)
{
	Elf64_Nhdr nh = { .n_namesz = strlen(name) + 1, .n_descsz = n, .n_type = type };

	put(at, &nh, sizeof(nh));
	at += sizeof(nh);
	put(at, name, nh.n_namesz);
	at += (nh.n_namesz + 3) & ~3u;
	put(at, p, n);
	return at + ((n + 3) & ~(size_t)3);
}

static void mk_elf(void)
{
	Elf64_Ehdr eh = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_CORE, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
		.e_phoff = sizeof(eh), .e_ehsize = sizeof(eh),
		.e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2,
	};
	Elf64_Phdr ph[2] = { { .p_type = PT_NOTE }, { .p_type = PT_LOAD } };
	size_t at = sizeof(eh) + sizeof(ph);
	unsigned char page[PAGE] = { 0 };

	ph[0].p_offset = at;
	at = put_note(at, "CORE", NT_PRSTATUS, page, 336);
	at = put_note(at, "VMCOREINFO", 0, note_text, strlen(note_text));
	ph[0].p_filesz = ph[0].p_memsz = at - ph[0].p_offset;
	ph[1].p_offset = at;
	ph[1].p_filesz = ph[1].p_memsz = 2 * PAGE;
	put(0, &eh, sizeof(eh));
	put(sizeof(eh), ph, sizeof(ph));
	memset(page, 'x', PAGE);
	put(at, page, PAGE);
	put(at + PAGE, page, PAGE);
}

static void put32(size_t at, uint32_t v)
{
	put(at, &v, 4);
}

static void put64(size_t at, uint64_t v)
{
	put(at, &v, 8);
}

/* Layout as in makedumpfile's IMPLEMENTATION: header, sub-header, two bitmaps, data. */
static void mk_kdump(void)
{
	size_t desc = 4 * PAGE, data = desc + 2 * 24;
	unsigned char page[PAGE] = "some page", z[PAGE];
	uLongf zn = sizeof(z);

	put(0, "KDUMP   ", 8);
	put32(8, 6);
	put(12, "Linux", 5);
	put(12 + 4 * 65, "x86_64", 6);
	put32(428, PAGE);
	put32(432, 1);
	put32(436, 2);
	put32(440, NPAGES);
	put32(444, NPAGES);
	put32(452, 2);
	put32(460, 1);
	put32(PAGE + 8, 1);
	put64(PAGE + 88, NPAGES);
	put64(PAGE + 96, NPAGES);
	put(2 * PAGE, "\x03", 1);
	put(3 * PAGE, "\x03", 1);
	compress2(z, &zn, page, PAGE, 9);
	put64(desc, data);
	put32(desc + 8, zn);
	put32(desc + 12, 1);
	put(data, z, zn);
	put64(desc + 24, data + zn);
	put32(desc + 32, PAGE);
	memset(page, 'y', PAGE);
	put(data + zn, page, PAGE);
	put64(PAGE + 32, data + zn + PAGE);
	put64(PAGE + 40, strlen(note_text));
	put(data + zn + PAGE, note_text, strlen(note_text));
}

/* In records of odd sizes, the last first, and one that is overwritten. */
static void mk_flat(FILE *f)
{
	unsigned char head[PAGE] = "makedumpfile";
	uint64_t be, piece = 3001;
	size_t pos;

	be = htobe64(1);
	memcpy(head + 16, &be, 8);
	memcpy(head + 24, &be, 8);
	fwrite(head, 1, sizeof(head), f);
	be = htobe64(0);
	fwrite(&be, 8, 1, f);
	be = htobe64(5);
	fwrite(&be, 8, 1, f);
	fwrite("junk!", 1, 5, f);
	for (pos = (outlen - 1) / piece * piece; ; pos -= piece) {
		uint64_t n = outlen - pos < piece ? outlen - pos : piece;

		be = htobe64(pos);
		fwrite(&be, 8, 1, f);
		be = htobe64(n);
		fwrite(&be, 8, 1, f);
		fwrite(out + pos, 1, n, f);
		if (!pos)
			break;
	}
	memset(head, 0xff, 16);
	fwrite(head, 1, 16, f);
}

int main(int argc, char **argv)
{
	FILE *f = argc == 3 ? fopen(argv[2], "w") : NULL;

	if (!f)
		return 2;
	if (!strcmp(argv[1], "elf"))
		mk_elf();
	else
		mk_kdump();
	if (!strcmp(argv[1], "flat"))
		mk_flat(f);
	else
		fwrite(out, 1, outlen, f);
	return ferror(f) || fclose(f);
}
