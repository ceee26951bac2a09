// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plugin-test.c - prints records of invented events through the plugin
 *
 * Loads the plugins of $TRACEEVENT_PLUGIN_DIR and prints one line per case, for
 * tests/check to compare. The second set of events comes from a kernel that renamed
 * states, lost a field and got others.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event-parse.h>
#include <trace-seq.h>

#define COMMON \
	"format:\n" \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n" \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n" \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

#define STATES "{ 0, \"free\" }, { 1, \"none\" }, { 2, \"zero\" }, { 3, \"zswap\" }, { 4, \"phys\" }"

static const char transition[] =
	"name: vswap_transition\nID: 701\n" COMMON
	"\tfield:u64 slot;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:u64 phys_offset;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:u64 bytes;\toffset:24;\tsize:8;\tsigned:0;\n"
	"\tfield:u64 cgroup;\toffset:32;\tsize:8;\tsigned:0;\n"
	"\tfield:u32 nr;\toffset:40;\tsize:4;\tsigned:0;\n"
	"\tfield:u8 from;\toffset:44;\tsize:1;\tsigned:0;\n"
	"\tfield:u8 to;\toffset:45;\tsize:1;\tsigned:0;\n"
	"\tfield:u8 reason;\toffset:46;\tsize:1;\tsigned:0;\n"
	"\tfield:u8 phys_type;\toffset:47;\tsize:1;\tsigned:0;\n\n"
	"print fmt: \"slot=%llu nr=%u from=%s to=%s reason=%s\", REC->slot, REC->nr, "
	"__print_symbolic(REC->from, " STATES "), __print_symbolic(REC->to, " STATES "), "
	"__print_symbolic(REC->reason, { 2, \"store\" }, { 6, \"writeback\" })\n";

static const char swapoff[] =
	"name: vswap_swapoff\nID: 702\n" COMMON
	"\tfield:u64 moved;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:u64 poisoned;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:u64 left;\toffset:24;\tsize:8;\tsigned:0;\n"
	"\tfield:u8 type;\toffset:32;\tsize:1;\tsigned:0;\n\n"
	"print fmt: \"type=%u\", REC->type\n";

static const char grow[] =
	"name: vswap_grow\nID: 703\n" COMMON
	"\tfield:u64 clusters;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:u64 total;\toffset:16;\tsize:8;\tsigned:0;\n\n"
	"print fmt: \"clusters=%llu total=%llu\", REC->clusters, REC->total\n";

/* nr is 64 bits wide and elsewhere, backing is called otherwise, there is no slot */
static const char swapin[] =
	"name: vswap_swapin\nID: 704\n" COMMON
	"\tfield:u64 tier;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:u64 nr;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:u64 cgroup;\toffset:24;\tsize:8;\tsigned:0;\n"
	"\tfield:u8 backing;\toffset:32;\tsize:1;\tsigned:0;\n\n"
	"print fmt: \"backing=%s\", __print_symbolic(REC->backing, { 3, \"in-memory\" })\n";

static const char reject[] =
	"name: vswap_reject\nID: 705\n" COMMON
	"\tfield:u64 cgroup;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:u32 nr;\toffset:16;\tsize:4;\tsigned:0;\n"
	"\tfield:u8 reason;\toffset:20;\tsize:1;\tsigned:0;\n\n"
	"print fmt: \"reason=%s\", __print_symbolic(REC->reason, { 11, \"phys_limit\" })\n";

static void print(struct tep_handle *tep, const void *data, int size)
{
	struct tep_record rec = { .data = (void *)data, .size = size };
	struct trace_seq s;

	trace_seq_init(&s);
	tep_print_event(tep, &s, &rec, "%s:%s", TEP_PRINT_NAME, TEP_PRINT_INFO);
	trace_seq_do_printf(&s);
	putchar('\n');
	trace_seq_destroy(&s);
}

struct transition_record {
	uint16_t type;
	uint8_t flags, preempt;
	int32_t pid;
	uint64_t slot, phys_offset, bytes, cgroup;
	uint32_t nr;
	uint8_t from, to, reason, phys_type;
};

static void parse(struct tep_handle *tep, const char *format)
{
	if (tep_parse_event(tep, format, strlen(format), "vswap")) {
		fprintf(stderr, "plugin-test: cannot parse a format\n");
		exit(1);
	}
}

int main(void)
{
	struct tep_handle *tep = tep_alloc();
	struct tep_plugin_list *plugins;
	struct transition_record t = {
		.type = 701, .slot = 4099, .nr = 16, .from = 1, .to = 3, .reason = 2,
		.bytes = 13107, .cgroup = 23, .phys_type = 1, .phys_offset = 77,
	};
	uint64_t r[5];

	tep_set_flag(tep, TEP_DISABLE_SYS_PLUGINS);
	tep_set_long_size(tep, sizeof(long));
	tep_set_page_size(tep, 4096);
	plugins = tep_load_plugins(tep);
	if (!plugins) {
		fprintf(stderr, "plugin-test: no plugin\n");
		return 1;
	}
	parse(tep, transition);
	parse(tep, swapoff);
	parse(tep, grow);
	parse(tep, swapin);
	parse(tep, reject);

	print(tep, &t, sizeof(t));
	t.from = 3, t.to = 4, t.reason = 6, t.cgroup = 29;
	print(tep, &t, sizeof(t));
	t.from = 4, t.to = 1, t.reason = 99, t.phys_type = 2, t.cgroup = 0;
	print(tep, &t, sizeof(t));
	t.from = 1, t.to = 2, t.cgroup = 31;
	print(tep, &t, sizeof(t));

	r[0] = 702;	/* the type comes first */
	r[1] = 101, r[2] = 3, r[3] = 303;
	r[4] = 1;
	print(tep, r, sizeof(r));
	r[0] = 703;
	r[1] = 64, r[2] = 192;
	print(tep, r, 24);
	r[1] = 0;
	print(tep, r, 24);
	r[0] = 704;
	r[1] = 5, r[2] = 7, r[3] = 23;
	r[4] = 3;
	print(tep, r, sizeof(r));
	r[0] = 705;
	r[1] = 31;
	r[2] = 16 | 11ull << 32;	/* nr and reason are neighbours */
	print(tep, r, 24);

	tep_unload_plugins(plugins, tep);
	tep_free(tep);
	return 0;
}
