// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_layout.c - reading a vmlinux of arbitrary bytes (libFuzzer)
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the walkers take out of copies that are as long as the structure. */
static void use(const struct layout *l)
{
	void *ci = calloc(1, l->size[KS_swap_cluster_info]);
	void *entry = calloc(1, l->size[KS_zswap_entry]);
	const struct kfield *f = l->field;

	if (ci && entry) {
		kget(l, ci, KM_swap_cluster_info_nr_backed);
		kget(l, ci, KM_swap_cluster_info_memcg_table);
		get_le((char *)ci + f[KM_swap_cluster_info_lock].off, LOCK_BYTES);
		get_le((char *)ci + f[KM_swap_cluster_info_list].off + f[KM_list_head_prev].off, 8);
		kget(l, entry, KM_zswap_entry_handle);
		get_le((char *)entry + f[KM_zswap_entry_lru].off + f[KM_list_head_prev].off, 8);
	}
	free(ci);
	free(entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct layout l;
	char path[64], err[512];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!layout_load(&l, path, path, false, err, sizeof(err)))
		use(&l);
	close(fd);
	return 0;
}
