// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * layout.c - types and symbols of a kernel, read from its vmlinux with libdw
 *
 * One pass over the compile units: those known to define the wanted structures
 * come first, and the pass ends when all have been found. Nothing is computed
 * from version numbers.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "layout.h"

/** Nesting of anonymous structures and of type modifiers that is followed. */
#define MAX_NESTING	16
/** Upper bound of a structure's size that is believed. */
#define MAX_STRUCT	(1u << 20)
/**
 * Members of a structure that are looked at, those of unnamed ones in it included. The
 * kernel's have hundreds. Without a bound, unnamed members of a few types within each other
 * are so many, to the power of their nesting, that it never ends.
 */
#define MAX_MEMBERS	(1u << 14)

struct member_desc {
	enum kstruct_id s;
	const char *sname;
	const char *name;	/* alternatives separated by '|' */
	bool required;
	bool part;		/* an array or a structure: no value of its own */
};

#define STR_S(s)		#s,
static const char * const struct_names[KS_COUNT] = {
	K_ALL(STR_S, K_NOTHING_M, K_NOTHING_M, K_NOTHING_M, K_NOTHING_A, K_NOTHING_M)
};

#define DESC_M(s, m)		{ KS_##s, #s, #m, true, false },
#define DESC_P(s, m)		{ KS_##s, #s, #m, true, true },
#define DESC_OM(s, m)		{ KS_##s, #s, #m, false, false },
#define DESC_OA(s, m, a)	{ KS_##s, #s, a, false, false },
#define DESC_OP(s, m)		{ KS_##s, #s, #m, false, true },
static const struct member_desc members[KM_COUNT] = {
	K_ALL(K_NOTHING_S, DESC_M, DESC_P, DESC_OM, DESC_OA, DESC_OP)
};

#define STR_E(e)		#e,
static const char * const enum_names[KE_COUNT] = { K_ENUMERATORS(STR_E) };

struct sym_desc {
	const char *name;
	bool required;
};

#define SYM_REQ(s)		{ #s, true },
#define SYM_OPT(s)		{ #s, false },
static const struct sym_desc symbols[KSYM_COUNT] = { K_SYMBOLS(SYM_REQ, SYM_OPT) };

/* Units that define nearly everything, most productive first. */
static const char * const good_units[] = {
	"mm/zswap.c", "mm/zsmalloc.c", "mm/swapfile.c", "mm/vswap.c",
	"fs/namespace.c", "mm/memcontrol.c", "kernel/fork.c", "block/bdev.c",
};
#define NGOOD	(sizeof(good_units) / sizeof(good_units[0]))

/** More sections with debug information than any kernel has. */
#define NR_BLOBS	32

/** Bytes of a section, as libdw reads them. */
struct blob {
	const char *start;
	size_t size;
};

struct scan {
	struct layout *l;
	struct blob blob[NR_BLOBS];
	unsigned int nblobs;
	bool found[KS_COUNT];
	unsigned int missing_structs;
	unsigned int missing_enums;
	unsigned int members_left;	/* of MAX_MEMBERS, for the structure at hand */
};

const char *layout_member_name(enum kmember_id id)
{
	static char buf[128];

	snprintf(buf, sizeof(buf), "struct %s member %s", members[id].sname,
		 members[id].name);
	return buf;
}

/* ---------------------------------------------------------------- types */

/* Where the sections of debug information are in memory. */
static void find_blobs(struct scan *sc, Elf *elf)
{
	Elf_Scn *scn = NULL;
	Elf_Data *data;
	GElf_Shdr sh;
	const char *name;
	size_t shstr;

	if (!elf || elf_getshdrstrndx(elf, &shstr))
		return;
	while ((scn = elf_nextscn(elf, scn)) && sc->nblobs + 2 <= NR_BLOBS) {
		if (!gelf_getshdr(scn, &sh) || sh.sh_type == SHT_NOBITS)
			continue;
		name = elf_strptr(elf, shstr, sh.sh_name);
		if (!name || !strstr(name, "debug_"))
			continue;
		/* libdw has one of these, depending on its version */
		data = elf_rawdata(scn, NULL);
		if (data && data->d_buf)
			sc->blob[sc->nblobs++] = (struct blob){ data->d_buf, data->d_size };
		data = elf_getdata(scn, NULL);
		if (data && data->d_buf)
			sc->blob[sc->nblobs++] = (struct blob){ data->d_buf, data->d_size };
	}
}

/*
 * The name of an entry, or NULL. libdw does not check that a name ends before its
 * section does.
 */
static const char *die_name(const struct scan *sc, Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);
	unsigned int i;

	for (i = 0; name && i < sc->nblobs; i++) {
		const struct blob *b = &sc->blob[i];

		if (name >= b->start && name < b->start + b->size)
			return memchr(name, 0, b->start + b->size - name) ? name : NULL;
	}
	return name;
}

/* Does @name match one of the alternatives in @list ("a|b")? */
static bool name_in(const char *list, const char *name)
{
	size_t n = strlen(name);

	while (*list) {
		size_t len = strcspn(list, "|");

		if (len == n && !memcmp(list, name, n))
			return true;
		list += len;
		if (*list == '|')
			list++;
	}
	return false;
}

static bool attr_uint(Dwarf_Die *die, unsigned int name, Dwarf_Word *val)
{
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(die, name, &attr) &&
	       dwarf_formudata(&attr, val) == 0;
}

/* Type of @die without typedefs and qualifiers. */
static bool die_type(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(die, DW_AT_type, &attr) &&
	       dwarf_formref_die(&attr, type) &&
	       dwarf_peel_type(type, type) == 0;
}

/* Elements of an array type in all its dimensions. */
static uint64_t array_elems(Dwarf_Die *type)
{
	Dwarf_Die sub;
	Dwarf_Word n;
	uint64_t total = 1;
	int dims = 0;

	if (dwarf_child(type, &sub))
		return 0;
	do {
		if (dwarf_tag(&sub) != DW_TAG_subrange_type)
			continue;
		if (attr_uint(&sub, DW_AT_count, &n))
			;
		else if (attr_uint(&sub, DW_AT_upper_bound, &n))
			n++;
		else
			n = 0;
		if (n > MAX_STRUCT || total * n > MAX_STRUCT)
			return 0;
		total *= n;
	} while (++dims < MAX_NESTING && dwarf_siblingof(&sub, &sub) == 0);
	return total;
}

static void fill_field(struct kfield *f, Dwarf_Die *die, uint64_t base)
{
	Dwarf_Die type;
	Dwarf_Word off = 0, size = 0, bits, bitoff;

	attr_uint(die, DW_AT_data_member_location, &off);
	f->nelem = 1;
	if (die_type(die, &type)) {
		if (dwarf_aggregate_size(&type, &size))
			size = 0;
		if (dwarf_tag(&type) == DW_TAG_array_type)
			f->nelem = array_elems(&type);
	}
	if (attr_uint(die, DW_AT_bit_size, &bits) && bits && bits < 64) {
		f->bit_size = bits;
		if (attr_uint(die, DW_AT_data_bit_offset, &bitoff)) {
			/* DWARF 5: from the start of the structure */
			off = bitoff / 8;
			f->bit_off = bitoff % 8;
		} else if (attr_uint(die, DW_AT_bit_offset, &bitoff)) {
			/* DWARF 2 to 4: from the most significant bit */
			f->bit_off = (size * 8 - bitoff - bits) & 63;
		}
		size = (f->bit_off + bits + 7) / 8;
	}
	if (base + off > MAX_STRUCT || size > MAX_STRUCT)
		return;
	f->off = base + off;
	f->size = size;
	f->present = true;
}

/* Go through the members of a structure, into unnamed ones too. */
static void scan_members(struct scan *sc, enum kstruct_id s, Dwarf_Die *die,
			 uint64_t base, int depth)
{
	Dwarf_Die m, type;
	Dwarf_Word off;
	const char *name;
	unsigned int i;

	if (depth > MAX_NESTING || base > MAX_STRUCT || dwarf_child(die, &m))
		return;
	do {
		if (dwarf_tag(&m) != DW_TAG_member)
			continue;
		name = die_name(sc, &m);
		if (!name) {
			off = 0;
			attr_uint(&m, DW_AT_data_member_location, &off);
			if (die_type(&m, &type) && off < MAX_STRUCT)
				scan_members(sc, s, &type, base + off, depth + 1);
			continue;
		}
		for (i = 0; i < KM_COUNT; i++) {
			if (members[i].s == s && !sc->l->field[i].present &&
			    name_in(members[i].name, name))
				fill_field(&sc->l->field[i], &m, base);
		}
	} while (sc->members_left && --sc->members_left && dwarf_siblingof(&m, &m) == 0);
}

static void scan_struct(struct scan *sc, Dwarf_Die *die)
{
	const char *name = die_name(sc, die);
	unsigned int s;
	int size;

	if (!name || dwarf_hasattr(die, DW_AT_declaration))
		return;
	for (s = 0; s < KS_COUNT; s++) {
		if (sc->found[s] || strcmp(struct_names[s], name))
			continue;
		size = dwarf_bytesize(die);
		if (size <= 0 || (unsigned int)size > MAX_STRUCT)
			return;
		sc->found[s] = true;
		sc->missing_structs--;
		sc->l->size[s] = size;
		sc->members_left = MAX_MEMBERS;
		scan_members(sc, s, die, 0, 0);
		return;
	}
}

static void scan_enum(struct scan *sc, Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	Dwarf_Sword val;
	Dwarf_Die e;
	const char *name;
	unsigned int i;

	if (!sc->missing_enums || dwarf_child(die, &e))
		return;
	do {
		name = die_name(sc, &e);
		if (!name || strncmp(name, "PG_", 3))
			return;
		for (i = 0; i < KE_COUNT; i++) {
			if (sc->l->have_enum[i] || strcmp(enum_names[i], name))
				continue;
			if (dwarf_attr(&e, DW_AT_const_value, &attr) &&
			    dwarf_formsdata(&attr, &val) == 0) {
				sc->l->enumval[i] = val;
				sc->l->have_enum[i] = true;
				sc->missing_enums--;
			}
		}
	} while (dwarf_siblingof(&e, &e) == 0);
}

static bool scan_done(const struct scan *sc)
{
	return !sc->missing_structs && !sc->missing_enums;
}

static void scan_unit(struct scan *sc, Dwarf_Die *cu)
{
	Dwarf_Die die;

	sc->l->units_seen++;
	if (dwarf_child(cu, &die))
		return;
	do {
		switch (dwarf_tag(&die)) {
		case DW_TAG_structure_type:
			scan_struct(sc, &die);
			break;
		case DW_TAG_enumeration_type:
			scan_enum(sc, &die);
			break;
		}
	} while (!scan_done(sc) && dwarf_siblingof(&die, &die) == 0);
}

static unsigned int unit_rank(const struct scan *sc, Dwarf_Die *cu)
{
	const char *name = die_name(sc, cu);
	size_t n = name ? strlen(name) : 0;
	unsigned int i;

	for (i = 0; i < NGOOD; i++) {
		size_t k = strlen(good_units[i]);

		if (n >= k && !strcmp(name + n - k, good_units[i]))
			return i;
	}
	return NGOOD;
}

/* False if there are no compile units. */
static bool scan_dwarf(struct scan *sc, Dwarf *dw)
{
	Dwarf_Off good[NGOOD], off = 0, next;
	bool have[NGOOD] = { false };
	unsigned int i, rank;
	size_t hdr;
	Dwarf_Die cu;

	/* names only: cheap, one entry per unit */
	while (dwarf_nextcu(dw, off, &next, &hdr, NULL, NULL, NULL) == 0) {
		if (dwarf_offdie(dw, off + hdr, &cu) &&
		    (rank = unit_rank(sc, &cu)) < NGOOD) {
			good[rank] = off + hdr;
			have[rank] = true;
		}
		if (next <= off)
			break;
		off = next;
	}
	if (!off)
		return false;
	for (i = 0; i < NGOOD && !scan_done(sc); i++) {
		if (have[i] && dwarf_offdie(dw, good[i], &cu))
			scan_unit(sc, &cu);
	}
	off = 0;
	while (!scan_done(sc) &&
	       dwarf_nextcu(dw, off, &next, &hdr, NULL, NULL, NULL) == 0) {
		if (dwarf_offdie(dw, off + hdr, &cu) && unit_rank(sc, &cu) == NGOOD)
			scan_unit(sc, &cu);
		if (next <= off)
			break;
		off = next;
	}
	return true;
}

/* -------------------------------------------------------------- symbols */

static void take_symbol(struct layout *l, const char *name, const GElf_Sym *sym)
{
	unsigned int i;

	for (i = 0; i < KSYM_COUNT; i++) {
		if (strcmp(symbols[i].name, name))
			continue;
		/* a static name may exist twice: keep the object that has a size */
		if (l->sym[i].present && l->sym[i].size >= sym->st_size)
			return;
		l->sym[i].present = true;
		l->sym[i].addr = sym->st_value;
		l->sym[i].size = sym->st_size;
		return;
	}
}

static int load_symbols(struct layout *l, Elf *elf)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	GElf_Sym sym;
	const char *name;
	Elf_Data *data;
	size_t n, i;

	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_SYMTAB ||
		    !sh.sh_entsize)
			continue;
		data = elf_getdata(scn, NULL);
		n = data ? data->d_size / sh.sh_entsize : 0;
		for (i = 0; i < n; i++) {
			if (!gelf_getsym(data, i, &sym) ||
			    sym.st_shndx == SHN_UNDEF)
				continue;
			name = elf_strptr(elf, sh.sh_link, sym.st_name);
			if (name && *name)
				take_symbol(l, name, &sym);
		}
		return 0;
	}
	return 1;
}

/* Bytes of the file at a linked address. */
static bool read_linked(Elf *elf, uint64_t addr, void *buf, size_t len)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	Elf_Data *data;

	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &sh) || !(sh.sh_flags & SHF_ALLOC) ||
		    sh.sh_type == SHT_NOBITS || addr < sh.sh_addr ||
		    addr - sh.sh_addr >= sh.sh_size)
			continue;
		data = elf_rawdata(scn, NULL);
		addr -= sh.sh_addr;
		if (!data || !data->d_buf || addr >= data->d_size)
			return false;
		if (len > data->d_size - addr)
			len = data->d_size - addr;
		memcpy(buf, (char *)data->d_buf + addr, len);
		return true;
	}
	return false;
}

static void load_banner(struct layout *l, Elf *elf)
{
	const struct ksym *s = &l->sym[KSYM_linux_banner];

	if (s->present && read_linked(elf, s->addr, l->banner, sizeof(l->banner) - 1))
		l->banner[strcspn(l->banner, "\n")] = 0;
}

/* ----------------------------------------------------------- the whole */

static const char *forced_debug_file;

static bool has_dwarf(Elf *elf, bool *zstd)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	GElf_Chdr ch;
	const char *name;
	size_t shstr;
	bool found = false;

	if (elf_getshdrstrndx(elf, &shstr))
		return false;
	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &sh))
			continue;
		name = elf_strptr(elf, shstr, sh.sh_name);
		if (!name || (strcmp(name, ".debug_info") &&
			      strcmp(name, ".zdebug_info")))
			continue;
		found = true;
		if ((sh.sh_flags & SHF_COMPRESSED) && gelf_getchdr(scn, &ch) &&
		    ch.ch_type == 2)
			*zstd = true;
	}
	return found;
}

/*
 * Can the member be used as kstruct.h says? What is read as a value must be one, and
 * nothing may reach beyond the structure, copies of which are as long as it is.
 */
static bool usable(const struct layout *l, unsigned int i)
{
	const struct kfield *f = &l->field[i];

	return f->off + f->size <= l->size[members[i].s] &&
	       (members[i].part || (f->size && f->size <= 8 && f->nelem == 1));
}

/* Are the parts that are looked into what they are taken for? */
static bool parts_fit(struct layout *l, char *err, size_t errlen)
{
	static const enum kmember_id lists[] = { KM_swap_cluster_info_list, KM_zswap_entry_lru };
	static const struct {
		enum kmember_id id;
		unsigned int width;
	} arrays[] = {
		{ KM_swap_table_entries, TABLE_WORD_BYTES },
		{ KM_swap_memcg_table_id, TABLE_MEMCG_BYTES },
		{ KM_xa_node_slots, 8 },
		{ KM_zs_pool_size_class, 8 },
	};
	const struct kfield *lock = &l->field[KM_swap_cluster_info_lock];
	unsigned int i;

	for (i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
		const struct kfield *f = &l->field[arrays[i].id];

		if (f->present && (!f->nelem || f->size != arrays[i].width * f->nelem))
			return !fail(err, errlen,
				     "this kernel's %s has changed: no array of %u-byte elements",
				     layout_member_name(arrays[i].id), arrays[i].width);
	}
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (l->field[lists[i]].size != l->size[KS_list_head] ||
		    l->field[KM_list_head_next].size != 8 || l->field[KM_list_head_prev].size != 8)
			return !fail(err, errlen, "this kernel's %s has changed: no list_head",
				     layout_member_name(lists[i]));
	}
	if (lock->size < LOCK_BYTES)
		return !fail(err, errlen, "this kernel's %s has changed: no spinlock",
			     layout_member_name(KM_swap_cluster_info_lock));
	return true;
}

static int check_found(struct scan *sc, char *err, size_t errlen)
{
	unsigned int i;

	if (!sc->found[KS_page])
		return fail(err, errlen, "this kernel has no struct page in its debug information");
	for (i = 0; i < KM_COUNT; i++) {
		struct kfield *f = &sc->l->field[i];

		if (f->present && usable(sc->l, i))
			continue;
		if (f->present && members[i].required)
			return fail(err, errlen,
				    "this kernel's %s has changed: it has %u bytes in %u elements",
				    layout_member_name(i), f->size, f->nelem);
		f->present = false;
		if (!members[i].required)
			continue;
		if (!sc->found[members[i].s])
			return fail(err, errlen,
				    "this kernel has no struct %s in its debug information",
				    members[i].sname);
		return fail(err, errlen, "this kernel's struct %s has no member %s",
			    members[i].sname, members[i].name);
	}
	return parts_fit(sc->l, err, errlen) ? 0 : 1;
}

/* libelf before 0.189 cannot read these; which of the two files has them? */
static bool unreadable_zstd(const struct layout *l, bool zstd, const char **path)
{
	int fd = forced_debug_file ? open(forced_debug_file, O_RDONLY | O_CLOEXEC) : -1;
	Elf *elf = fd >= 0 ? elf_begin(fd, ELF_C_READ, NULL) : NULL;
	bool there = false;

	if (elf)
		has_dwarf(elf, &there);
	*path = there ? forced_debug_file : l->path;
	elf_end(elf);
	if (fd >= 0)
		close(fd);
	return there || zstd;
}

static int no_dwarf(const struct layout *l, bool zstd, const char *why, char *err, size_t errlen)
{
	const char *path;

	if (unreadable_zstd(l, zstd, &path))
		return fail(err, errlen,
			    "%s: debug sections are compressed with zstd, which this libelf cannot read; run objcopy --decompress-debug-sections",
			    path);
	return fail(err, errlen, "%s: no DWARF debug information (%s)", l->path, why);
}

static int load_types(struct layout *l, Dwfl_Module *mod, bool zstd, char *err, size_t errlen)
{
	struct scan sc = { .l = l, .missing_structs = KS_COUNT,
			   .missing_enums = KE_COUNT };
	Dwarf_Addr bias;
	Dwarf *dw = dwfl_module_getdwarf(mod, &bias);

	if (!dw)
		return no_dwarf(l, zstd, dwfl_errmsg(-1), err, errlen);
	find_blobs(&sc, dwarf_getelf(dw));
	if (!scan_dwarf(&sc, dw))
		return no_dwarf(l, zstd, "no compile units", err, errlen);
	return check_found(&sc, err, errlen);
}

static void load_build_id(struct layout *l, Dwfl_Module *mod)
{
	const unsigned char *bits;
	GElf_Addr addr;
	int n = dwfl_module_build_id(mod, &bits, &addr);

	if (n > 0 && (size_t)n <= sizeof(l->build_id)) {
		memcpy(l->build_id, bits, n);
		l->build_id_len = n;
	}
}

/*
 * Is the debug information of this very kernel? What libdwfl finds itself it compares;
 * a file that was named is taken as it is. Where neither file has a build id there is
 * nothing to compare.
 */
static bool same_build(const struct layout *l, Dwfl_Module *mod)
{
	Dwarf_Addr bias;
	Dwarf *dw = dwfl_module_getdwarf(mod, &bias);
	Elf *elf = dw ? dwarf_getelf(dw) : NULL;
	const void *bits;
	ssize_t n;

	/* no debug information at all: whoever needs it says so */
	if (!elf)
		return true;
	n = dwelf_elf_gnu_build_id(elf, &bits);
	if (n <= 0)
		return !l->build_id_len;
	return (size_t)n == l->build_id_len && !memcmp(bits, l->build_id, n);
}

static int find_debuginfo(Dwfl_Module *mod, void **data, const char *modname,
			  Dwarf_Addr base, const char *file, const char *link,
			  GElf_Word crc, char **out)
{
	int fd;

	if (!forced_debug_file)
		return dwfl_standard_find_debuginfo(mod, data, modname, base, file,
						    link, crc, out);
	fd = open(forced_debug_file, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		*out = strdup(forced_debug_file);
	return fd;
}

static char *debuginfo_path;
static const Dwfl_Callbacks callbacks = {
	.section_address = dwfl_offline_section_address,
	.find_debuginfo = find_debuginfo,
	.debuginfo_path = &debuginfo_path,
};

static int load_module(struct layout *l, Dwfl_Module *mod, bool force, char *err,
		       size_t errlen)
{
	GElf_Addr bias;
	GElf_Ehdr eh;
	bool zstd = false, dwarf_here;
	Elf *elf = dwfl_module_getelf(mod, &bias), *symelf = NULL;
	unsigned int i;

	if (!elf || !gelf_getehdr(elf, &eh))
		return fail(err, errlen, "%s: not an ELF file", l->path);
	if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB)
		return fail(err, errlen, "%s: not a 64-bit little-endian kernel", l->path);
	l->machine = eh.e_machine;
	load_build_id(l, mod);
	l->other_debug = !same_build(l, mod);
	if (l->other_debug && !force)
		return fail(err, errlen,
			    "%s is of another build than %s (build id differs); --force goes on all the same",
			    forced_debug_file ? forced_debug_file : "the debug information", l->path);
	dwarf_here = has_dwarf(elf, &zstd);
	if (load_symbols(l, elf)) {
		/* stripped: the separate debug file has the symbol table */
		Dwarf *dw = dwfl_module_getdwarf(mod, &bias);

		symelf = dw ? dwarf_getelf(dw) : NULL;
		if (!symelf || load_symbols(l, symelf))
			return fail(err, errlen, "%s: no symbol table%s", l->path,
				    dwarf_here ? "" : " and no debug information");
	}
	load_banner(l, elf);
	for (i = 0; i < KSYM_COUNT; i++) {
		if (symbols[i].required && !l->sym[i].present)
			return fail(err, errlen, "%s: no symbol %s: not a kernel with swap",
				    l->path, symbols[i].name);
	}
	if (!l->sym[KSYM_vswap_si].present) {
		fail(err, errlen, "%s: this kernel has no vswap", l->path);
		return 3;
	}
	return load_types(l, mod, zstd, err, errlen);
}

static char cut_text[PATH_MAX + 128];

/*
 * The libraries map these files. What is cut off meanwhile, or cannot be read, is a
 * SIGBUS then, somewhere inside of them: there is no way back.
 */
static void on_cut(int sig)
{
	(void)sig;
	(void)!write(STDERR_FILENO, cut_text, strlen(cut_text));
	_exit(1);
}

static void watch_for_cuts(const char *vmlinux, struct sigaction *old)
{
	struct sigaction sa = { .sa_handler = on_cut };

	snprintf(cut_text, sizeof(cut_text),
		 "vswap-dump: %s, or its debug file: cut short, or not readable, while it was read\n",
		 vmlinux);
	sigaction(SIGBUS, &sa, old);
}

int layout_load(struct layout *l, const char *vmlinux, const char *debug_file, bool force,
		char *err, size_t errlen)
{
	struct sigaction old;
	Dwfl_Module *mod;
	struct stat st;
	Dwfl *dwfl;
	int ret;

	memset(l, 0, sizeof(*l));
	snprintf(l->path, sizeof(l->path), "%s", vmlinux);
	if (stat(vmlinux, &st))
		return fail(err, errlen, "%s: %s", vmlinux, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(err, errlen, "%s: not a regular file", vmlinux);
	if (debug_file && access(debug_file, R_OK))
		return fail(err, errlen, "%s: %s", debug_file, strerror(errno));
	/* never wait for a debuginfod server: what is here is what is used */
	unsetenv("DEBUGINFOD_URLS");
	forced_debug_file = debug_file;
	dwfl = dwfl_begin(&callbacks);
	if (!dwfl)
		return fail(err, errlen, "libdwfl: %s", dwfl_errmsg(-1));
	watch_for_cuts(vmlinux, &old);
	mod = dwfl_report_offline(dwfl, "kernel", vmlinux, -1);
	dwfl_report_end(dwfl, NULL, NULL);
	if (!mod)
		ret = fail(err, errlen, "%s: not an ELF file (%s)", vmlinux,
			   dwfl_errmsg(-1));
	else
		ret = load_module(l, mod, force, err, errlen);
	dwfl_end(dwfl);
	sigaction(SIGBUS, &old, NULL);
	return ret;
}
