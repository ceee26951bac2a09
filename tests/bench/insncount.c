// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin for QEMU that counts the instructions a guest executes between two places
 * in a guest program, by the address of the translated block they stand in.
 *
 *	qemu-system-x86_64 -plugin insncount.so,from=ADDR,to=ADDR,out=FILE
 *
 * Counting is on from each execution of the block at FROM to the next one of the block
 * at TO. FILE gets a line "address instructions executions" per block when QEMU ends.
 * A block left early by a fault is counted in full; that is less than 0.1 %.
 *
 * Meant for guests with one processor. Debian has no package with QEMU's header; what
 * is needed of its plugin interface (version 1, QEMU 4.2 to 9) is declared here.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

struct qemu_info_t;
struct qemu_plugin_tb;

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
		void (*cb)(uint64_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
		void (*cb)(unsigned int vcpu, void *data), int flags, void *data);
void qemu_plugin_register_atexit_cb(uint64_t id, void (*cb)(uint64_t id, void *data),
		void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);

EXPORT int qemu_plugin_version = 1;

/* A block of a certain start and length. The same one may be translated many times. */
struct block {
	uint64_t address;
	uint32_t insns;
	int8_t turn;		/* +1: counting starts here, -1: it ends, else 0 */
	uint64_t executions;
	struct block *next;	/* in its hash chain */
};

static struct block *chains[1 << 16];
static uint64_t from, to;
static const char *out = "insncount.out";
static bool counting;

static struct block *find_block(uint64_t address, uint32_t insns)
{
	struct block **chain = &chains[(address * 0x9e3779b97f4a7c15ULL) >> 48], *b;

	for (b = *chain; b; b = b->next)
		if (b->address == address && b->insns == insns)
			return b;
	b = calloc(1, sizeof(*b));
	if (!b)
		abort();
	b->address = address;
	b->insns = insns;
	b->turn = address == from ? 1 : address == to ? -1 : 0;
	b->next = *chain;
	*chain = b;
	return b;
}

static void executed(unsigned int vcpu, void *data)
{
	struct block *b = data;

	(void)vcpu;
	if (b->turn)
		counting = b->turn > 0;
	if (counting)
		b->executions++;
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, 0,
		find_block(qemu_plugin_tb_vaddr(tb), qemu_plugin_tb_n_insns(tb)));
}

static void finished(uint64_t id, void *data)
{
	FILE *f = fopen(out, "w");
	struct block *b;
	size_t i;

	(void)id;
	(void)data;
	if (!f) {
		perror(out);
		return;
	}
	for (i = 0; i < sizeof(chains) / sizeof(chains[0]); i++)
		for (b = chains[i]; b; b = b->next)
			if (b->executions)
				fprintf(f, "%" PRIx64 " %" PRIu64 " %" PRIu64 "\n", b->address,
					b->executions * b->insns, b->executions);
	fclose(f);
}

EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info_t *info, int argc,
			       char **argv)
{
	int i;

	(void)info;
	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "from=", 5))
			from = strtoull(argv[i] + 5, NULL, 0);
		else if (!strncmp(argv[i], "to=", 3))
			to = strtoull(argv[i] + 3, NULL, 0);
		else if (!strncmp(argv[i], "out=", 4))
			out = strdup(argv[i] + 4);
	}
	if (!from || !to) {
		fputs("insncount: from= and to= are needed\n", stderr);
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finished, NULL);
	return 0;
}
