// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cutdump.c - cuts a dump between opening and reading it
 *
 * cutdump FILE BYTES. Exit status 3: something was read that is not in the file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../dump.h"

int main(int argc, char **argv)
{
	static const struct dump_opts opts;
	static const char zeroes[64];
	char err[512], page[4096];
	struct dump *d = NULL;
	int ret = 0;

	if (argc != 3)
		return 2;
	if (dump_open(&d, argv + 1, 1, &opts, err, sizeof(err))) {
		fprintf(stderr, "%s\n", err);
		return 2;
	}
	if (truncate(argv[1], atol(argv[2])))
		return 2;
	/* no page of these dumps is empty */
	for (uint64_t i = 0; i < 64; i++)
		if (!dump_read_phys(d, i << 12, page, sizeof(page)) &&
		    !memcmp(page, zeroes, sizeof(zeroes)))
			ret = 3;
	dump_close(d);
	return ret;
}
