// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pagesum: work for the demo whose result can be checked.
 *
 *   pagesum fill MIB PASSES [hold]
 *                               fill anonymous memory with pages of several kinds,
 *                               keep a checksum of each, then read them all back
 *                               PASSES times in scattered order and compare; "hold"
 *                               keeps the memory until the process is killed
 *   pagesum redis MIB           print commands for redis-cli --pipe that store MIB of
 *                               text records
 *
 * Pages are text like the records, one in eight all zeroes, one in sixteen noise that
 * does not compress. Exit status 1 and a line per page if anything was lost.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096UL
#define VALUE 3900

/* A repeatable generator: splitmix64. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static uint64_t checksum(const void *page)
{
	const uint64_t *w = page;
	uint64_t sum = 0;

	for (unsigned int i = 0; i < PAGE / sizeof(*w); i++)
		sum = (sum ^ w[i]) * 0x100000001b3ULL;
	return sum;
}

/* Text as services keep it: the same keys again and again, values that vary. */
static void records(char *buf, size_t len, uint64_t seed)
{
	static const char *const state[] = { "active", "suspended", "pending" };
	size_t pos = 0;

	while (pos + 1 < len) {
		uint64_t r = mix(seed++);
		int n = snprintf(buf + pos, len - pos,
				 "{\"id\": %llu, \"account\": \"user-%05llu\", \"state\": \"%s\", "
				 "\"balance\": %llu, \"currency\": \"EUR\", \"created\": "
				 "\"2026-01-%02lluT00:00:00Z\", \"permissions\": [\"read\", \"write\"]}\n",
				 (unsigned long long)seed, (unsigned long long)(r % 100000),
				 state[r % 3], (unsigned long long)(r >> 20) % 1000,
				 (unsigned long long)(1 + (r >> 40) % 28));

		pos += n;
	}
}

static void fill_page(char *page, size_t n)
{
	uint64_t *w = (uint64_t *)page;

	if (n % 8 == 3) {
		/* Written to, so that it is a page of its own and not the zero page. */
		memset(page, 0, PAGE);
	} else if (n % 16 == 5) {
		for (unsigned int i = 0; i < PAGE / sizeof(*w); i++)
			w[i] = mix(n * PAGE + i);
	} else {
		records(page, PAGE, n * 64);
	}
}

/* Every page once, in an order that no readahead guesses. */
static size_t verify(const char *mem, const uint64_t *sum, size_t pages)
{
	size_t bad = 0, stride = 7919, n = 0;

	while (pages % stride == 0)
		stride += 2;
	for (size_t i = 0; i < pages; i++) {
		if (checksum(mem + n * PAGE) != sum[n]) {
			if (bad++ < 10)
				printf("page %zu is not what was written\n", n);
		}
		n = (n + stride) % pages;
	}
	return bad;
}

static int fill(size_t mib, int passes, int hold)
{
	size_t pages = (mib << 20) / PAGE;
	uint64_t *sum = malloc(pages * sizeof(*sum));
	char *mem = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t bad = 0;

	if (mem == MAP_FAILED || !sum) {
		perror("pagesum");
		return 1;
	}
	for (size_t n = 0; n < pages; n++) {
		fill_page(mem + n * PAGE, n);
		sum[n] = checksum(mem + n * PAGE);
	}
	for (int i = 0; i < passes; i++)
		bad += verify(mem, sum, pages);
	printf("%zu pages, %d passes, %zu wrong\n", pages, passes, bad);
	fflush(stdout);
	while (hold)
		pause();
	return bad != 0;
}

static int redis(size_t mib)
{
	size_t values = (mib << 20) / VALUE;
	static char buf[VALUE + 1];

	for (size_t n = 0; n < values; n++) {
		char key[32];
		int len = snprintf(key, sizeof(key), "record:%zu", n);

		records(buf, sizeof(buf), n * 64);
		printf("*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len, key, VALUE, buf);
	}
	return fflush(stdout) ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc >= 4 && !strcmp(argv[1], "fill"))
		return fill(strtoul(argv[2], NULL, 0), atoi(argv[3]), argc > 4);
	if (argc == 3 && !strcmp(argv[1], "redis"))
		return redis(strtoul(argv[2], NULL, 0));
	fprintf(stderr, "usage: pagesum fill MIB PASSES [hold] | pagesum redis MIB\n");
	return 2;
}
