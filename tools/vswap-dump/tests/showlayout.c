// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * showlayout.c - what layout.c finds in a vmlinux, one member per line
 */
#include <stdio.h>

#include "../layout.h"

int main(int argc, char **argv)
{
	static struct layout l;
	char err[512];
	int ret;

	if (argc < 2)
		return 2;
	ret = layout_load(&l, argv[1], argc > 2 ? argv[2] : NULL, false, err, sizeof(err));
	if (ret) {
		fprintf(stderr, "%s\n", err);
		return ret;
	}
	for (int i = 0; i < KM_COUNT; i++) {
		const struct kfield *f = &l.field[i];

		if (f->present)
			printf("%s %u %u %u %u %u\n", layout_member_name(i), f->off, f->size,
			       f->nelem, f->bit_off, f->bit_size);
	}
	return 0;
}
