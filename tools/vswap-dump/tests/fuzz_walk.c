// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_walk.c - all walkers over arbitrary memory (libFuzzer)
 *
 * The first byte selects the report, the rest is the kernel's memory. Nothing may
 * crash, hang or allocate without bound, whatever pointers and counts say.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../cmd.h"
#include "fakedump.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	/* what is printed does not matter; libFuzzer reports on its own descriptor */
	return freopen("/dev/null", "w", stdout) ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct layout l;
	static struct kern k;
	struct out_opts o = { .json = size && data[0] & 1 };
	struct filter f = { .to = UINT64_MAX, .device = -1 };
	char err[256];

	if (size < 2)
		return 0;
	if (!l.machine)
		fake_layout(&l);
	if (!kern_init(&k, fake_dump(&l, data + 1, size - 1), &l, err, sizeof(err))) {
		switch (data[0] >> 1 & 7) {
		case 0:
			cmd_summary(&k, &o);
			break;
		case 1:
			cmd_slots(&k, &o, &f);
			break;
		case 2:
			cmd_task(&k, &o, data[1]);
			break;
		case 3:
			cmd_slot(&k, &o, data[1], false);
			break;
		case 4:
			cmd_phys(&k, &o, data[1] & 7, data[2 % size]);
			break;
		case 5:
			if (k.arch)
				cmd_entry(&k, &o, get_le(data + 1, size > 9 ? 8 : 1), data[0] >> 4 & 1);
			break;
		default:
			cmd_check(&k, &o);
		}
	}
	kern_free(&k);
	return 0;
}
