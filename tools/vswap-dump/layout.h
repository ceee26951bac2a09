/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout.h - types and symbols of a kernel, read from its vmlinux
 */
#ifndef VSWAP_DUMP_LAYOUT_H
#define VSWAP_DUMP_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "kstruct.h"
#include "util.h"

/** Where a member lies in its structure. */
struct kfield {
	bool present;
	uint32_t off;		/**< bytes from the start of the structure */
	uint32_t size;		/**< bytes; of the storage unit for a bit field */
	uint32_t nelem;		/**< elements if it is an array, else 1 */
	uint8_t bit_off;	/**< from the least significant bit of the unit */
	uint8_t bit_size;	/**< 0: not a bit field */
};

/** A symbol as linked (before KASLR). */
struct ksym {
	bool present;
	uint64_t addr;
	uint64_t size;
};

/** Everything learned from a vmlinux. */
struct layout {
	struct kfield field[KM_COUNT];
	uint32_t size[KS_COUNT];	/**< bytes, 0 if the structure is unknown */
	int64_t enumval[KE_COUNT];
	bool have_enum[KE_COUNT];
	struct ksym sym[KSYM_COUNT];
	uint16_t machine;		/**< ELF e_machine */
	uint8_t build_id[64];
	size_t build_id_len;
	char banner[256];		/**< linux_banner in the file, or empty */
	unsigned int units_seen;	/**< compile units that were searched */
	char path[4096];		/**< the vmlinux */
	bool other_debug;		/**< its debug information is of another build */
};

/**
 * layout_load - read symbols and types
 * @l: filled in
 * @vmlinux: path
 * @debug_file: separate debug file, or NULL to search the usual places
 * @force: take one of another build, too
 * @err: receives one line on failure
 *
 * Return: 0, 1 on failure, 3 if the kernel has no vswap.
 */
int layout_load(struct layout *l, const char *vmlinux, const char *debug_file, bool force,
		char *err, size_t errlen);

/** Name of a member as "struct member", for messages. */
const char *layout_member_name(enum kmember_id id);

/** The value of a member in its storage unit at @p. */
static inline uint64_t field_value(const struct kfield *f, const void *p)
{
	uint64_t v = get_le(p, f->size);

	return f->bit_size ? v >> f->bit_off & ((1ULL << f->bit_size) - 1) : v;
}

/**
 * kget - the value of an integer or pointer member in a copy of a structure
 * @l: layout
 * @obj: the copy
 * @id: member, which must be present and at most eight bytes
 */
static inline uint64_t kget(const struct layout *l, const void *obj, enum kmember_id id)
{
	const struct kfield *f = &l->field[id];

	return f->present ? field_value(f, (const char *)obj + f->off) : 0;
}

#endif
