/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dump.h - bytes of a dead (or live) kernel by address
 */
#ifndef VSWAP_DUMP_DUMP_H
#define VSWAP_DUMP_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"

struct dump;

/** How a read went. Anything but RD_OK leaves the buffer undefined. */
enum rd {
	RD_OK,
	RD_MISSING,	/**< the dump does not contain the page */
	RD_UNMAPPED,	/**< the address is not mapped in that kernel */
};

/** What the user wants done differently. */
struct dump_opts {
	bool have_kaslr;
	uint64_t kaslr;		/**< --kaslr: offset of the kernel image */
	bool have_phys_base;
	uint64_t phys_base;	/**< --phys-base */
	const char *vmcoreinfo;	/**< --vmcoreinfo: file with the note's text */
	bool tty;		/**< progress on standard error */
};

/** What is known about a dump after opening it. */
struct dump_info {
	const char *format;	/**< file format, for people */
	bool live;		/**< /proc/kcore: no snapshot */
	bool truncated;		/**< the file ends early */
	bool incomplete;	/**< what wrote it ran out of space, and says so */
	bool flattened;
	char release[128];	/**< OSRELEASE, or empty */
	char build_id[132];	/**< hex, or empty */
	bool found_note;	/**< VMCOREINFO was found by searching memory */
	unsigned int page_shift;
	uint64_t kaslr;		/**< bytes the kernel image was moved by */
	int levels;		/**< of the kernel's page tables */
};

/**
 * dump_open - open a dump, step one: format and VMCOREINFO
 * @dp: the new dump, to be freed with dump_close()
 * @paths: one file, or all parts of a split dump
 * @opts: overrides; must live as long as the dump
 * @err: one line on failure
 *
 * Return: 0, or 1 on failure.
 */
int dump_open(struct dump **dp, char **paths, unsigned int npaths,
	      const struct dump_opts *opts, char *err, size_t errlen);

/**
 * dump_attach - step two: address translation, which needs the kernel's symbols
 * @d: the dump
 * @l: the kernel's layout; must live as long as the dump
 *
 * Return: 0, or 1 on failure.
 */
int dump_attach(struct dump *d, const struct layout *l, char *err, size_t errlen);

void dump_close(struct dump *d);

struct dump_info *dump_info(struct dump *d);

/** Read at a kernel virtual address. */
enum rd dump_read(struct dump *d, uint64_t addr, void *buf, size_t len);

/** Read at a physical address. */
enum rd dump_read_phys(struct dump *d, uint64_t addr, void *buf, size_t len);

/** Physical address of a kernel virtual address. */
bool dump_phys(struct dump *d, uint64_t addr, uint64_t *phys);

/** Is the address mapped, whether or not the dump has the page? */
bool dump_maps(struct dump *d, uint64_t addr);

/** A 64-bit word or pointer at a kernel virtual address. */
enum rd dump_u64(struct dump *d, uint64_t addr, uint64_t *val);

/** A 32-bit word. */
enum rd dump_u32(struct dump *d, uint64_t addr, uint32_t *val);

/** A member of the structure at @addr: integer or pointer of up to eight bytes. */
enum rd dump_field(struct dump *d, uint64_t addr, enum kmember_id id, uint64_t *val);

/**
 * A string of at most @len - 1 bytes; what is no printable UTF-8 becomes '?', also of a
 * character that the kernel, or @len, cut in two.
 */
enum rd dump_string(struct dump *d, uint64_t addr, char *buf, size_t len);

/** Run-time address of a symbol; 0 if this kernel does not have it. */
uint64_t dump_sym(struct dump *d, enum ksymbol_id id);

/** Address of a per-CPU symbol on @cpu; 0 if it cannot be told. */
uint64_t dump_percpu(struct dump *d, enum ksymbol_id id, unsigned int cpu);

/** Value of a line of VMCOREINFO (freed by the caller), or NULL. */
char *dump_vmcoreinfo(struct dump *d, const char *key);

/** What dump_attach() was given. */
const struct layout *dump_layout(const struct dump *d);

/** Size of a structure in bytes, 0 if unknown. */
uint32_t dump_struct_size(const struct dump *d, enum kstruct_id id);

/** Number value of a VMCOREINFO line; false if absent. */
bool dump_vmcoreinfo_num(struct dump *d, const char *key, int base, uint64_t *val);

/** Upper bound of the machine's memory in bytes. */
uint64_t dump_ram(struct dump *d);

/** Reads that found nothing, by reason. */
uint64_t dump_count(const struct dump *d, enum rd why);

#endif
