// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * main.c - vswap-dump: the virtual swap of a dead machine
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

#ifndef VERSION
#define VERSION "1.0"
#endif

enum action { A_SUMMARY, A_SLOTS, A_SLOT, A_PHYS, A_ENTRY, A_TASK, A_EXTRACT, A_CHECK };

/** The command line. */
struct args {
	const char *vmlinux, *debug_file;
	struct dump_opts dump;
	struct out_opts out;
	struct filter filter;
	enum action action;
	bool have_action, raw, force, filtered;
	uint64_t num, num2;
	const char *dir;
	char **files;
	int nfiles;
};

enum {
	OPT_SLOTS = 256, OPT_SLOT, OPT_PHYS, OPT_ENTRY, OPT_TASK, OPT_EXTRACT, OPT_CHECK,
	OPT_RAW, OPT_BACKING, OPT_CGROUP, OPT_CLUSTER, OPT_DEVICE, OPT_BYTES, OPT_NOHEAD,
	OPT_DEBUG, OPT_KASLR, OPT_PHYS_BASE, OPT_VMCOREINFO, OPT_FORCE,
};

static const struct option long_opts[] = {
	{ "symbols", required_argument, NULL, 's' },
	{ "debug-file", required_argument, NULL, OPT_DEBUG },
	{ "slots", no_argument, NULL, OPT_SLOTS },
	{ "slot", required_argument, NULL, OPT_SLOT },
	{ "raw", no_argument, NULL, OPT_RAW },
	{ "phys", required_argument, NULL, OPT_PHYS },
	{ "entry", required_argument, NULL, OPT_ENTRY },
	{ "task", required_argument, NULL, OPT_TASK },
	{ "extract", required_argument, NULL, OPT_EXTRACT },
	{ "check", no_argument, NULL, OPT_CHECK },
	{ "backing", required_argument, NULL, OPT_BACKING },
	{ "cgroup", required_argument, NULL, OPT_CGROUP },
	{ "cluster", required_argument, NULL, OPT_CLUSTER },
	{ "device", required_argument, NULL, OPT_DEVICE },
	{ "json", no_argument, NULL, 'J' },
	{ "output", required_argument, NULL, 'o' },
	{ "bytes", no_argument, NULL, OPT_BYTES },
	{ "noheadings", no_argument, NULL, OPT_NOHEAD },
	{ "kaslr", required_argument, NULL, OPT_KASLR },
	{ "phys-base", required_argument, NULL, OPT_PHYS_BASE },
	{ "vmcoreinfo", required_argument, NULL, OPT_VMCOREINFO },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 }
};

static void help(void)
{
	puts(
"Usage: vswap-dump [OPTION]... VMCORE...\n"
"Shows the virtual swap of a dead kernel (or of the live one: /proc/kcore).\n"
"Several files are the parts of one split dump.\n"
"\n"
"What to show (default: a summary):\n"
"      --slots              every slot in use, one per line\n"
"      --slot N             all about one slot; with --raw its page, to stdout\n"
"      --phys TYPE:OFFSET   the virtual slot behind a slot of a physical device\n"
"      --entry PTE          what a page table entry (hex) of a swapped page leads to;\n"
"                           with --raw its page\n"
"      --task PID           what a process has swapped out\n"
"      --extract DIR        pages of all slots, decompressed, as DIR/N.page\n"
"      --check              check the structures; one line per violation\n"
"\n"
"Filters of --slots and --extract:\n"
"      --backing LIST       none,zero,zswap,phys,poison,unknown,invalid\n"
"      --cgroup CGROUP      owner, by path or inode number; - for none\n"
"      --cluster A[-B]      these clusters\n"
"      --device TYPE        backed by this physical device\n"
"\n"
"Output:\n"
"  -J, --json               JSON\n"
"  -o, --output LIST        columns; +LIST adds to the usual ones\n"
"      --bytes              exact bytes instead of units\n"
"      --noheadings         no headings\n"
"\n"
"Input:\n"
"  -s, --symbols VMLINUX    the kernel with debug information (else searched for)\n"
"      --debug-file FILE    separate debug information of VMLINUX\n"
"      --vmcoreinfo FILE    use this VMCOREINFO text instead of the dump's\n"
"      --kaslr OFFSET       offset of the kernel image, in hex\n"
"      --phys-base ADDR     its physical base (x86-64), in hex\n"
"      --force              go on when VMLINUX, or its debug file, is of another build\n"
"\n"
"  -h, --help               this text\n"
"  -V, --version            version\n"
"\n"
"Columns:");
	listing_help(stdout);
	puts("\n"
"Exit status: 0 complete; 1 cannot open, parse or write; 2 wrong usage; 3 no vswap in\n"
"this kernel; 4 finished, but with missing pages or violations, or there is no such\n"
"slot, process or cgroup.");
}

static int usage(const char *fmt, const char *arg)
{
	fputs("vswap-dump: ", stderr);
	fprintf(stderr, fmt, arg);
	fputs("\nTry vswap-dump --help.\n", stderr);
	return 2;
}

static bool number(const char *s, int base, uint64_t *v)
{
	char *end;

	if (!*s || *s == '-' || *s == '+' || *s == ' ')
		return false;
	errno = 0;
	*v = strtoull(s, &end, base);
	return !errno && !*end;
}

static int parse_phys(const char *s, struct args *a)
{
	char buf[32];
	size_t n = strcspn(s, ":");

	if (n >= sizeof(buf) || s[n] != ':')
		return 1;
	memcpy(buf, s, n);
	buf[n] = 0;
	return !number(buf, 0, &a->num) || !number(s + n + 1, 0, &a->num2) || a->num > 31;
}

static int parse_clusters(const char *s, struct filter *f)
{
	char buf[32];
	size_t n = strcspn(s, "-");

	if (n >= sizeof(buf))
		return 1;
	memcpy(buf, s, n);
	buf[n] = 0;
	if (!number(buf, 0, &f->from))
		return 1;
	f->to = f->from;
	return s[n] && (!number(s + n + 1, 0, &f->to) || f->to < f->from);
}

static int parse_backings(const char *s, struct filter *f)
{
	while (*s) {
		size_t n = strcspn(s, ",");
		int i;

		for (i = VS_NONE; i < VS_NR_ALL; i++) {
			if (strlen(vs_names[i]) == n && !strncmp(s, vs_names[i], n))
				break;
		}
		if (i == VS_NR_ALL)
			return 1;
		f->backings |= 1u << i;
		s += n + (s[n] == ',');
	}
	return !f->backings;
}

static int set_action(struct args *a, enum action act)
{
	if (a->have_action)
		return usage("%s", "only one thing can be shown at a time");
	a->have_action = true;
	a->action = act;
	return 0;
}

/* Options that select what to do. -1: not one of them. */
static int action_opt(int c, const char *arg, struct args *a)
{
	switch (c) {
	case OPT_SLOTS:
		return set_action(a, A_SLOTS);
	case OPT_CHECK:
		return set_action(a, A_CHECK);
	case OPT_EXTRACT:
		a->dir = arg;
		return set_action(a, A_EXTRACT);
	case OPT_SLOT:
		if (!number(arg, 0, &a->num))
			return usage("not a slot number: %s", arg);
		return set_action(a, A_SLOT);
	case OPT_ENTRY:
		if (!number(arg, 16, &a->num))
			return usage("not a page table entry in hex: %s", arg);
		return set_action(a, A_ENTRY);
	case OPT_TASK:
		if (!number(arg, 10, &a->num) || a->num > INT32_MAX || !a->num)
			return usage("not a process number: %s", arg);
		return set_action(a, A_TASK);
	case OPT_PHYS:
		if (parse_phys(arg, a))
			return usage("not TYPE:OFFSET: %s", arg);
		return set_action(a, A_PHYS);
	default:
		return -1;
	}
}

static int filter_opt(int c, const char *arg, struct args *a)
{
	uint64_t v;

	a->filtered = true;
	switch (c) {
	case OPT_BACKING:
		return parse_backings(arg, &a->filter) ?
			usage("unknown backing in: %s", arg) : 0;
	case OPT_CLUSTER:
		return parse_clusters(arg, &a->filter) ?
			usage("not a range of clusters: %s", arg) : 0;
	case OPT_DEVICE:
		if (!number(arg, 0, &v) || v > 31)
			return usage("not a device number: %s", arg);
		a->filter.device = v;
		return 0;
	default:
		a->filter.cgroup = arg;
		return 0;
	}
}

static int input_opt(int c, const char *arg, struct args *a)
{
	switch (c) {
	case 's':
		a->vmlinux = arg;
		return 0;
	case OPT_DEBUG:
		a->debug_file = arg;
		return 0;
	case OPT_KASLR:
		a->dump.have_kaslr = true;
		return number(arg, 16, &a->dump.kaslr) ? 0 : usage("not a number in hex: %s", arg);
	case OPT_PHYS_BASE:
		a->dump.have_phys_base = true;
		return number(arg, 16, &a->dump.phys_base) ? 0 :
			usage("not a number in hex: %s", arg);
	case OPT_VMCOREINFO:
		a->dump.vmcoreinfo = arg;
		return 0;
	default:
		a->force = true;
		return 0;
	}
}

/* Returns -1 to go on, else the exit status. */
static int one_opt(int c, struct args *a)
{
	int ret = action_opt(c, optarg, a);

	if (ret >= 0)
		return ret ? ret : -1;
	switch (c) {
	case 'h':
		help();
		return 0;
	case 'V':
		puts("vswap-dump " VERSION);
		return 0;
	case 'J':
		a->out.json = true;
		return -1;
	case 'o':
		a->out.columns = optarg;
		return listing_check_columns(optarg) ? 2 : -1;
	case OPT_BYTES:
		a->out.bytes = true;
		return -1;
	case OPT_NOHEAD:
		a->out.noheadings = true;
		return -1;
	case OPT_RAW:
		a->raw = true;
		return -1;
	case OPT_BACKING:
	case OPT_CGROUP:
	case OPT_CLUSTER:
	case OPT_DEVICE:
		ret = filter_opt(c, optarg, a);
		return ret ? ret : -1;
	case '?':
		fputs("Try vswap-dump --help.\n", stderr);
		return 2;
	default:
		ret = input_opt(c, optarg, a);
		return ret ? ret : -1;
	}
}

static int parse(int argc, char **argv, struct args *a)
{
	int c, ret;

	a->filter.to = UINT64_MAX;
	a->filter.device = -1;
	while ((c = getopt_long(argc, argv, "s:Jo:hV", long_opts, NULL)) != -1) {
		ret = one_opt(c, a);
		if (ret >= 0)
			return ret;
	}
	if (optind == argc)
		return usage("%s", "which dump?");
	if (a->raw && a->action != A_SLOT && a->action != A_ENTRY)
		return usage("%s", "--raw goes with --slot or --entry");
	if (a->filtered && a->action != A_SLOTS && a->action != A_EXTRACT)
		return usage("%s", "filters go with --slots or --extract");
	if (a->out.columns && a->action != A_SLOTS && a->action != A_TASK)
		return usage("%s", "columns go with --slots or --task");
	a->files = argv + optind;
	a->nfiles = argc - optind;
	a->dump.tty = isatty(STDERR_FILENO);
	return -1;
}

/* ------------------------------------------------------- the kernel file */

static bool try_vmlinux(char *path, size_t size, const char *fmt, const char *a, const char *b)
	__attribute__((format(printf, 3, 0)));

static bool try_vmlinux(char *path, size_t size, const char *fmt, const char *a, const char *b)
{
	int n = snprintf(path, size, fmt, a, b);

	return n > 0 && (size_t)n < size && !access(path, R_OK);
}

/* Where distributions and people keep it: beside the dump, by build id, by release. */
static bool find_vmlinux(struct dump *d, const char *dump_path, char *path, size_t size)
{
	const struct dump_info *i = dump_info(d);
	const char *slash = strrchr(dump_path, '/');
	char dir[4096] = ".", id[8] = "";

	if (slash && (size_t)(slash - dump_path) < sizeof(dir)) {
		memcpy(dir, dump_path, slash - dump_path + 1);
		dir[slash - dump_path + 1] = 0;
	}
	if (strlen(i->build_id) > 2) {
		memcpy(id, i->build_id, 2);
		id[2] = 0;
	}
	return try_vmlinux(path, size, "%s/vmlinux%.0s", dir, "") ||
	       (i->release[0] && try_vmlinux(path, size, "%s/vmlinux-%s", dir, i->release)) ||
	       (id[0] && try_vmlinux(path, size, "/usr/lib/debug/.build-id/%s/%s.debug", id,
				     i->build_id + 2)) ||
	       (i->release[0] &&
		(try_vmlinux(path, size, "/usr/lib/debug/boot/vmlinux-%s%.0s", i->release, "") ||
		 try_vmlinux(path, size, "/usr/lib/debug/lib/modules/%s/vmlinux%.0s", i->release, "") ||
		 try_vmlinux(path, size, "/boot/vmlinux-%s%.0s", i->release, "") ||
		 try_vmlinux(path, size, "/lib/modules/%s/build/vmlinux%.0s", i->release, "")));
}

static void hex_id(const struct layout *l, char *out)
{
	size_t i;

	for (i = 0; i < l->build_id_len; i++)
		sprintf(out + 2 * i, "%02x", l->build_id[i]);
	out[2 * i] = 0;
}

/*
 * Do kernel and dump belong together? By build id; where VMCOREINFO has none, by
 * the banner in memory.
 */
static int check_match(struct dump *d, const struct layout *l, bool force)
{
	const struct dump_info *i = dump_info(d);
	char id[2 * sizeof(l->build_id) + 1], banner[256];
	const char *what = NULL;

	hex_id(l, id);
	if (i->build_id[0] && id[0]) {
		if (strcmp(i->build_id, id))
			what = "build id";
	} else if (l->banner[0] &&
		   !dump_string(d, dump_sym(d, KSYM_linux_banner), banner, sizeof(banner))) {
		banner[strcspn(banner, "?\n")] = 0;
		if (strncmp(banner, l->banner, strlen(banner)))
			what = "version banner";
	}
	if (!what)
		return 0;
	fprintf(stderr, "vswap-dump: %s is of another build than the dump (%s differs)%s\n",
		l->path, what, force ? "; going on" : "; --force goes on all the same");
	return force ? 0 : 1;
}

static int run(struct kern *k, const struct args *a)
{
	switch (a->action) {
	case A_SLOTS:
		return cmd_slots(k, &a->out, &a->filter);
	case A_SLOT:
		return cmd_slot(k, &a->out, a->num, a->raw);
	case A_PHYS:
		return cmd_phys(k, &a->out, a->num, a->num2);
	case A_ENTRY:
		return cmd_entry(k, &a->out, a->num, a->raw);
	case A_TASK:
		return cmd_task(k, &a->out, a->num);
	case A_EXTRACT:
		return cmd_extract(k, &a->out, &a->filter, a->dir);
	case A_CHECK:
		return cmd_check(k, &a->out);
	default:
		return cmd_summary(k, &a->out);
	}
}

static int open_all(struct args *a, struct dump **d, struct layout *l, struct kern *k)
{
	char err[1024] = "", path[4096];
	int ret;

	ret = dump_open(d, a->files, a->nfiles, &a->dump, err, sizeof(err));
	if (!ret && !a->vmlinux) {
		if (find_vmlinux(*d, a->files[0], path, sizeof(path))) {
			a->vmlinux = path;
		} else {
			snprintf(err, sizeof(err), "no vmlinux found%s%s; name it with -s",
				 dump_info(*d)->release[0] ? " for " : "",
				 dump_info(*d)->release);
			ret = 1;
		}
	}
	if (!ret)
		ret = layout_load(l, a->vmlinux, a->debug_file, a->force, err, sizeof(err));
	if (!ret && l->other_debug)
		fprintf(stderr, "vswap-dump: %s is of another build than %s (build id differs); going on\n",
			a->debug_file ? a->debug_file : "the debug information", l->path);
	if (!ret)
		ret = dump_attach(*d, l, err, sizeof(err));
	if (!ret && check_match(*d, l, a->force))
		return 1;
	if (!ret)
		ret = kern_init(k, *d, l, err, sizeof(err));
	if (ret)
		fprintf(stderr, "vswap-dump: %s\n", err);
	else if (dump_info(*d)->live && !a->out.json)
		fputs("vswap-dump: a live kernel: what follows is not a snapshot\n", stderr);
	k->tty = a->dump.tty;
	return ret;
}

int main(int argc, char **argv)
{
	static struct layout layout;
	static struct kern k;
	struct args a = { 0 };
	struct dump *d = NULL;
	int ret = parse(argc, argv, &a);

	if (ret >= 0)
		return ret;
	ret = open_all(&a, &d, &layout, &k);
	if (!ret)
		ret = run(&k, &a);
	if (fflush(stdout) || ferror(stdout)) {
		if (errno != EPIPE)
			fprintf(stderr, "vswap-dump: writing: %s\n", strerror(errno));
		ret = 1;
	}
	kern_free(&k);
	dump_close(d);
	return ret;
}
