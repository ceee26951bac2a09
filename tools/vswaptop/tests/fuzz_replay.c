// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_replay.c - libFuzzer target: recorded files of any content, and JSON lines
 * written from what came of them
 *
 * With -DSEEDS it is a program that writes the seed files into a directory.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "tests/gen.h"

#ifndef SEEDS
#include <sys/mman.h>
#include <unistd.h>

static struct model md;
static char back[8u << 20];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever was read, what is written of it must be readable. */
static void write_and_read(void)
{
	static struct obuf o = { .fd = -1 };
	char err[160] = "";
	ssize_t n;

	if (o.fd < 0)
		o.fd = memfd_create("written", 0);
	if (o.fd < 0 || ftruncate(o.fd, 0) || lseek(o.fd, 0, SEEK_SET))
		abort();
	if (json_sample(&o, &md, NULL, ~0u, SHOW_ALL))
		abort();
	n = pread(o.fd, back, sizeof(back), 0);
	if (n <= 0 || n == sizeof(back))
		return;
	model_init(&md);
	if (json_load(&md, back, (size_t)n, err, sizeof(err))) {
		fprintf(stderr, "%s: %.*s\n", err, (int)n, back);
		abort();
	}
}

/* Half of the inputs are read from a file, as the tool does it. */
static struct replay *open_input(const uint8_t *data, size_t size, char *err, size_t err_size)
{
	static int fd = -1;
	char path[64];

	if (size % 2)
		return replay_open_mem(data, size, 500000000, err, err_size);
	if (fd < 0)
		fd = memfd_create("input", 0);
	if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return replay_open(path, 500000000, err, err_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct view v;
	struct layout lay[NR_PANES];
	char err[160];
	struct replay *r;
	int n = 0;

	model_init(&md);
	r = open_input(data, size, err, sizeof(err));
	if (!r)
		return 0;
	layout_default(lay);
	while (n++ < 64 && replay_next(r, &md, err, sizeof(err)) > 0)
		for (int p = 0; p < NR_PANES; p++)
			view_build(&v, &md, (enum pane)p, &lay[p], SHOW_EVER, NULL);
	write_and_read();
	replay_rewind(r);
	replay_next(r, &md, err, sizeof(err));
	replay_close(r);
	return 0;
}
#else
static const struct gen_event ev0[] = {
	{ .kind = 0, .pid = 101, .ts = 1000000000, .nr = 53, .cgroup = 5001, .from = 0, .to = 1 },
	{ .kind = 0, .pid = 7, .ts = 1100000000, .nr = 31, .cgroup = 5001, .from = 1, .to = 3 },
	{ .kind = 1, .pid = 101, .ts = 2500000000, .nr = 11, .cgroup = 5001, .from = 3 },
	{ .kind = 2, .pid = 202, .ts = 2700000000, .nr = 7, .cgroup = 5002, .reason = 4 },
};

static void save(const char *dir, const char *name, const void *data, size_t n)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f || fwrite(data, 1, n, f) != n || fclose(f))
		exit(1);
}

int main(int argc, char **argv)
{
	static const struct gen_event *const ev[] = { ev0, ev0 };
	static const size_t n[] = { 4, 2 };
	static struct gen_event many[100000];
	static const struct gen_event *const long_ev[] = { many, many };
	static const size_t long_n[] = { 100000, 100000 };
	static const char json[] =
		"{\"schema\":1,\"time_ns\":5,\"mono_ns\":9,\"page_size\":4096,\"level\":\"full\","
		"\"metrics\":{\"slots_used\":7},\"extra\":{\"reject_grow\":1},\"transitions\":"
		"{\"states\":[\"free\",\"none\"],\"pages\":[[0,1],[2,3]],\"traced\":[[0,1],[2,3]]},"
		"\"events\":{\"active\":true,\"seen\":3,\"lost\":0,\"pages\":{\"alloc\":1}},"
		"\"cgroups\":[{\"id\":5,\"path\":\"/a\",\"vswap\":4096,\"out_zswap\":3}],"
		"\"processes\":[{\"pid\":7,\"comm\":\"x\",\"kind\":\"user\",\"vmswap\":4096}],"
		"\"devices\":[{\"name\":\"/dev/vda\",\"size\":4096,\"used\":0,\"priority\":-2}]}\n";
	struct gen g = { 0 };

	if (argc != 2)
		return 2;
	save(argv[1], "json", json, sizeof(json) - 1);
	gen_dat(&g, 6, 0, ev, n, 2);
	save(argv[1], "dat6", g.buf, g.n);
	gen_dat(&g, 7, 0, ev, n, 2);
	save(argv[1], "dat7", g.buf, g.n);
	gen_dat(&g, 7, 1, ev, n, 2);
	save(argv[1], "dat7z", g.buf, g.n);
	/* for another test: too long for the fuzzer */
	gen_series(many, 100000);
	gen_dat(&g, 6, 0, long_ev, long_n, 2);
	save(argv[1], "long6", g.buf, g.n);
	free(g.buf);
	return 0;
}
#endif
