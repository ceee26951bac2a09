// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmpdump.c - compares the physical memory of two dumps, page by page
 *
 * cmpdump DUMP PART...
 *
 * The first is what is right; the others are the parts of the second. Prints how many
 * pages are equal, different, and only in the first.
 */
#include <stdio.h>
#include <string.h>

#include "../dump.h"

/** Page frames behind the last that was found after which no more are expected. */
#define MAX_HOLE	(1u << 20)

static struct dump *open_or_die(char **paths, unsigned int n)
{
	static const struct dump_opts opts;
	struct dump *d;
	char err[512];

	if (!dump_open(&d, paths, n, &opts, err, sizeof(err)))
		return d;
	fprintf(stderr, "cmpdump: %s\n", err);
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned long equal = 0, different = 0, missing = 0, hole = 0;
	unsigned char x[4096], y[4096];
	struct dump *a, *b;

	if (argc < 3)
		return 2;
	a = open_or_die(argv + 1, 1);
	b = open_or_die(argv + 2, argc - 2);
	if (!a || !b)
		return 1;
	for (uint64_t pfn = 0; hole < MAX_HOLE; pfn++) {
		if (dump_read_phys(a, pfn << 12, x, sizeof(x))) {
			hole++;
			continue;
		}
		hole = 0;
		if (dump_read_phys(b, pfn << 12, y, sizeof(y)))
			missing++;
		else if (memcmp(x, y, sizeof(x)))
			different++;
		else
			equal++;
	}
	printf("%lu equal, %lu different, %lu missing\n", equal, different, missing);
	dump_close(a);
	dump_close(b);
	return 0;
}
