// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * read.c - numbers, members and strings at an address
 *
 * Made of dump_read(), whatever that reads from.
 */
#include "dump.h"

enum rd dump_u64(struct dump *d, uint64_t addr, uint64_t *val)
{
	unsigned char b[8];
	enum rd rd = dump_read(d, addr, b, sizeof(b));

	if (!rd)
		*val = get_le(b, 8);
	return rd;
}

enum rd dump_u32(struct dump *d, uint64_t addr, uint32_t *val)
{
	unsigned char b[4];
	enum rd rd = dump_read(d, addr, b, sizeof(b));

	if (!rd)
		*val = get_le(b, 4);
	return rd;
}

enum rd dump_field(struct dump *d, uint64_t addr, enum kmember_id id, uint64_t *val)
{
	const struct kfield *f = &dump_layout(d)->field[id];
	unsigned char b[8];
	enum rd rd;

	*val = 0;
	if (!f->present || !f->size || f->size > 8)
		return RD_UNMAPPED;
	rd = dump_read(d, addr + f->off, b, f->size);
	if (rd)
		return rd;
	*val = field_value(f, b);
	return RD_OK;
}

enum rd dump_string(struct dump *d, uint64_t addr, char *buf, size_t len)
{
	uint64_t mask = (1ULL << dump_info(d)->page_shift) - 1;
	size_t i = 0;

	while (i + 1 < len) {
		size_t n = mask + 1 - (addr & mask), k;
		enum rd rd;

		if (n > len - 1 - i)
			n = len - 1 - i;
		rd = dump_read(d, addr, buf + i, n);
		if (rd)
			return rd;
		for (k = 0; k < n; k++, i++) {
			if (!buf[i])
				goto out;
		}
		addr += n;
	}
	buf[i] = 0;
out:
	text_clean(buf);
	return RD_OK;
}

uint32_t dump_struct_size(const struct dump *d, enum kstruct_id id)
{
	return dump_layout(d)->size[id];
}
