// SPDX-License-Identifier: GPL-2.0-or-later
/* vswap-bench: see bench.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

static void usage(FILE *f)
{
	fputs("usage: vswap-bench [OPTION]... ROW...\n"
	      "       vswap-bench -l           list the rows, in the order to run them\n"
	      "  -m MIB      size of the data (default 16)\n"
	      "  -r ROUNDS   measured rounds (default 3)\n"
	      "  -u DEVICE   swap device behind zswap: brd, zram, disk (default) or none\n"
	      "  -p PHASE    call the profiler's markers around this phase\n", f);
}

static enum device device_named(const char *name)
{
	static const char * const names[] = {
		[NO_DEVICE] = "none", [BRD] = "brd", [ZRAM] = "zram", [DISK] = "disk",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return i;
	die("there is no device \"%s\"", name);
}

static long positive(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (n <= 0 || *end)
		die("\"%s\" is not a positive number", text);
	return n;
}

int main(int argc, char **argv)
{
	struct options o = { .mib = 16, .rounds = 3, .under = DISK };
	int c;

	while ((c = getopt(argc, argv, "hlm:r:u:p:")) != -1) {
		switch (c) {
		case 'l':
			rows_list();
			special_list();
			parallel_list();
			return 0;
		case 'm':
			o.mib = positive(optarg);
			break;
		case 'r':
			o.rounds = positive(optarg);
			break;
		case 'u':
			o.under = device_named(optarg);
			break;
		case 'p':
			o.profile = optarg;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind == argc) {
		usage(stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	enter_cgroup();
	for (; optind < argc; optind++) {
		printf("B %s\n", argv[optind]);
		if (!row_run(argv[optind], &o) && !special_run(argv[optind], &o) &&
		    !parallel_run(argv[optind], &o))
			die("there is no row \"%s\"", argv[optind]);
	}
	return 0;
}
