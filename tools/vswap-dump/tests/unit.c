// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * unit.c - the walkers, the decoders and the check, on an invented kernel (TAP)
 *
 * unit [SEED-DIR]   SEED-DIR: also write inputs for the fuzzers there
 */
#include <elf.h>
#include <fcntl.h>
#include <lz4.h>
#include <lzo/lzo1x.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "../cmd.h"
#include "../comp.h"
#include "fakekern.h"

static struct fk f;
static struct kern k;
static unsigned int ntests, nfailed;

static void ok(bool good, const char *name)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++ntests, name);
	nfailed += !good;
}

/* Run a report with its output in a string; freed by the caller. */
static char *capture(int (*fn)(void *), void *arg, int *status)
{
	FILE *saved = stdout;
	char *text = NULL;
	size_t len;

	stdout = open_memstream(&text, &len);
	*status = fn(arg);
	fclose(stdout);
	stdout = saved;
	return text;
}

static bool start(void)
{
	char err[256];

	kern_free(&k);
	return !kern_init(&k, fake_dump(&f.l, f.mem, sizeof(f.mem)), &f.l, err, sizeof(err));
}

static int do_check(void *arg)
{
	return cmd_check(&k, arg);
}

static int do_summary(void *arg)
{
	return cmd_summary(&k, arg);
}

static int do_task(void *arg)
{
	return cmd_task(&k, arg, FK_PID);
}

static int do_slots(void *arg)
{
	struct out_opts o = { .noheadings = true, .columns = "SLOT,BACKING,CGROUP" };

	return cmd_slots(&k, &o, arg);
}

/* ---------------------------------------------------------- the check */

/*
 * The lines of --check, without the last, must be exactly these. Shows both if not.
 */
static void expect(const char *name, const char *want, int want_status)
{
	struct out_opts o = { 0 };
	char *text, *last;
	int status;
	bool good;

	start();
	text = capture(do_check, &o, &status);
	last = strstr(text, " slots checked");
	while (last && last > text && last[-1] != '\n')
		last--;
	if (last)
		*last = 0;
	good = last && status == want_status && !strcmp(text, want);
	ok(good, name);
	if (!good)
		printf("# status %d, wanted\n%s# got\n%s", status, want, text);
	free(text);
}

#define V "violation: "

/* Put a value somewhere, expect the complaint, put the old one back. */
static void plant(const char *name, uint64_t addr, unsigned int width, uint64_t val,
		  const char *want)
{
	uint64_t old = get_le(f.mem + addr, width);

	fk_put(&f, addr, width, val);
	expect(name, want, 4);
	fk_put(&f, addr, width, old);
}

static uint64_t fat(uint64_t addr, enum kmember_id id)
{
	return addr + f.l.field[id].off;
}

static uint64_t vword(unsigned int slot)
{
	return f.vtable + slot % FAKE_CLUSTER * 8;
}

static uint64_t tword(unsigned int slot)
{
	return f.table + slot % FAKE_CLUSTER * 8;
}

static char *fmt(const char *s, ...) __attribute__((format(printf, 1, 2)));

static char *fmt(const char *s, ...)
{
	static char b[1024];
	va_list ap;

	va_start(ap, s);
	vsnprintf(b, sizeof(b), s, ap);
	va_end(ap);
	return b;
}

static void check_words(void)
{
	plant("an impossible virtual table word", vword(FK_ZSWAP), 8, f.entry[0] | 5,
	      fmt(V "word: slot 17: impossible virtual table word %#llx\n"
		  V "gauge: 3 slots are zswap, the kernel counts 4\n",
		  (unsigned long long)f.entry[0] | 5));
	plant("a lost backing", vword(FK_ZSWAP), 8, 0,
	      V "lost: slot 17: in use, but neither cached nor backed\n"
	      V "backed: cluster 1: 5 slots backed, its count is 6\n"
	      V "gauge: 3 slots are zswap, the kernel counts 4\n");
	plant("the zero flag beside a backing", tword(FK_ZSWAP), 8,
	      1ULL << SWT_COUNT_SHIFT | 1 | SWT_ZERO,
	      fmt(V "double: slot 17: zero-filled, but also backed (%#llx)\n"
		  V "gauge: 3 slots are zswap, the kernel counts 4\n",
		  (unsigned long long)f.entry[0] | 1));
	plant("a backing behind a free slot", vword(FK_FREE), 8, 3,
	      V "free: slot 24: free, but backed (0x3)\n"
	      V "backed: cluster 1: 7 slots backed, its count is 6\n");
	plant("an impossible swap table word", tword(FK_POISON), 8, 0x7008,
	      V "word: slot 22: impossible swap table word 0x7008\n"
	      V "gauge: 0 slots are poison, the kernel counts 1\n");
	plant("no references", tword(FK_POISON), 8, 1,
	      V "count: slot 22: not cached and without references\n");
	plant("an owner that does not exist", f.memcg + 2, 2, 9,
	      V "owner: slot 17: owned by cgroup id 9, which does not exist\n");
	plant("an owner of a free slot", f.memcg + 2 * (FK_FREE % FAKE_CLUSTER), 2, 2,
	      V "owner: slot 24: free, but owned by cgroup id 2\n");
}

static void check_counts(void)
{
	plant("a wrong count", fat(fk_ci(&f, 1), KM_swap_cluster_info_count), 2, 9,
	      V "cluster: device 0 cluster 1: 8 slots in use, its count is 9\n");
	plant("a wrong count of backed slots", fat(fk_ci(&f, 1), KM_swap_cluster_info_nr_backed),
	      2, 7, V "backed: cluster 1: 6 slots backed, its count is 7\n");
	plant("a wrong usage", fat(f.psi, KM_swap_info_struct_inuse_pages), 8, 11,
	      V "usage: device 1: 2 slots in use, the kernel counts 11\n");
	plant("a wrong counter", f.trans + 8 * (VS_NONE * VS_NR + VS_ZERO), 8, 3,
	      V "gauge: 1 slots are none, the kernel counts -1\n"
	      V "gauge: 1 slots are zero, the kernel counts 3\n");
	plant("a wrong count of zswap", f.l.sym[KSYM_zswap_stored_pages].addr, 8, 1,
	      V "zswap: 4 slots are in zswap, which counts 1 pages\n");
}

static void check_reverse(void)
{
	plant("a table entry that names another physical slot", vword(FK_PHYS), 8,
	      1ULL << 59 | (FK_POFF + 4) << 3 | 2,
	      V "reverse: slot 21: backed by 1:9, which does not point back (0)\n"
	      V "pointer: phys 1:5: points to slot 21, which is backed by 1:9\n");
	plant("a reverse map that points elsewhere", f.ptable + FK_POFF * 8, 8,
	      (uint64_t)FK_ZERO << 3 | 4,
	      V "reverse: slot 21: backed by 1:5, which points back to slot 16\n"
	      V "pointer: phys 1:5: points to slot 16, which is zero\n");
	plant("a reverse map with count bits", f.ptable + FK_POFF * 8, 8,
	      1ULL << 60 | (uint64_t)FK_PHYS << 3 | 4,
	      V "reverse: slot 21: backed by 1:5, which points back to slot 144115188075855893\n"
	      V "pointer: phys 1:5: impossible pointer 0x10000000000000ac\n");
	plant("a device that does not exist", vword(FK_PHYS), 8, 5ULL << 59 | FK_POFF << 3 | 2,
	      V "device: slot 21: backed by device 5, which is not in use\n"
	      V "pointer: phys 1:5: points to slot 21, which is backed by 5:5\n");
	plant("an offset beyond the device", vword(FK_PHYS), 8, 1ULL << 59 | 99 << 3 | 2,
	      V "device: slot 21: backed by slot 99 of device 1, which has 32\n"
	      V "pointer: phys 1:5: points to slot 21, which is backed by 1:99\n");
	fk_put(&f, vword(FK_PHYS), 8, 1ULL << 59 | 1ULL << 58 | FK_POFF << 3 | 2);
	expect("the mark of a failed write is no damage", "", 0);
	fk_put(&f, vword(FK_PHYS), 8, 1ULL << 59 | FK_POFF << 3 | 2);
}

static void check_zswap_damage(void)
{
	uint64_t e = f.entry[0];

	plant("a zswap entry of another slot", fat(e, KM_zswap_entry_swpentry), 8, FK_ZERO,
	      fmt(V "entry: slot 17: its zswap entry %#llx is of device 0 slot 16\n",
		  (unsigned long long)e));
	plant("a wild zswap pointer", vword(FK_ZSWAP), 8, 0xffff000000000001ULL,
	      V "entry: slot 17: its zswap entry 0xffff000000000000 is not mapped\n");
	plant("an absurd length", fat(e, KM_zswap_entry_length), 4, 5000,
	      V "length: slot 17: its zswap entry has 5000 bytes\n");
	plant("an unknown pool", fat(e, KM_zswap_entry_pool), 8, f.vsi,
	      fmt(V "pool: slot 17: its zswap entry is in pool %#llx, which is not a zswap pool\n",
		  (unsigned long long)f.vsi));
	plant("a broken LRU link", fat(e, KM_zswap_entry_lru), 8, f.lru,
	      fmt(V "lru: slot 17: the LRU links of its zswap entry %#llx are broken\n"
		  V "lru: slot 18: the LRU links of its zswap entry %#llx are broken\n",
		  (unsigned long long)e, (unsigned long long)f.entry[1]));
	plant("a wild handle", f.handle[0], 8, 0,
	      fmt(V "object: slot 17: handle %#llx leads to no zspage (magic 0, class 0 instead of 0)\n",
		  (unsigned long long)f.handle[0]));
}

static void check_list_damage(void)
{
	uint64_t ci2 = fat(fk_ci(&f, 2), KM_swap_cluster_info_list);
	uint64_t ci3 = fat(fk_ci(&f, 3), KM_swap_cluster_info_list);
	uint64_t head = fat(f.vsi, KM_swap_info_struct_free_clusters);

	plant("a broken cluster list", ci2, 8, fat(fk_ci(&f, 1), KM_swap_cluster_info_list),
	      fmt(V "list: device 0: the list of free clusters is broken at %#llx\n",
		  (unsigned long long)fat(fk_ci(&f, 1), KM_swap_cluster_info_list)));
	plant("a cycle in a cluster list", ci3, 8, ci2,
	      fmt(V "list: device 0: the list of free clusters is broken at %#llx\n",
		  (unsigned long long)ci2));
	plant("a cluster with a wrong state", fat(fk_ci(&f, 2), KM_swap_cluster_info_flags), 1,
	      CL_NONFULL,
	      V "list: device 0 cluster 2: on the list of free clusters, but its state is 2\n");
	plant("a full cluster that is not full", fat(fk_ci(&f, 1), KM_swap_cluster_info_flags), 1,
	      CL_FULL,
	      V "list: device 0 cluster 1: listed as full with 8 slots in use\n"
	      V "list: device 0 cluster 1: on the list of partly used clusters, but its state is 4\n");
	plant("a wild list pointer", head, 8, 0xffff123400000000ULL,
	      V "list: device 0: the list of free clusters leads to 0xffff123400000000, which is not mapped\n");
}

/* The summary has this status, and of what is remarkable @line alone. */
static void summary_says(const char *name, int want_status, const char *line)
{
	struct out_opts o = { 0 };
	int status;
	char *text, *at;

	start();
	text = capture(do_summary, &o, &status);
	at = strstr(text, line);
	ok(status == want_status && at && at[-1] == '\n' &&
	   !strcmp(at + strlen(line), status ? "" : "No anomalies; --check looks closer.\n"), name);
	free(text);
}

static void check_in_flight(void)
{
	uint64_t lock = fat(fk_ci(&f, 1), KM_swap_cluster_info_lock);

	fk_put(&f, lock, 4, 1);
	fk_put(&f, vword(FK_POISON), 8, 0);
	expect("half-done changes under a lock are in flight",
	       "in flight: lost: slot 22: in use, but neither cached nor backed (its cluster is locked)\n"
	       "in flight: backed: cluster 1: 5 slots backed, its count is 6 (its cluster is locked)\n"
	       "in flight: gauge: 0 slots are poison, the kernel counts 1 (clusters are locked)\n", 0);
	fk_put(&f, vword(FK_POISON), 8, 3);
	fk_put(&f, lock, 4, 0);
	/* the reverse map is made first: its owner holds the folio lock */
	fk_put(&f, f.ptable + 9 * 8, 8, (uint64_t)FK_CACHED << 3 | 4);
	fk_set(&f, f.pci, KM_swap_cluster_info_count, 4);
	fk_set(&f, f.psi, KM_swap_info_struct_inuse_pages, 3);
	fk_set(&f, f.folio, KM_folio_flags, fk_get(&f, f.folio, KM_folio_flags) |
	       1u << f.l.enumval[KE_PG_locked]);
	expect("a reverse map before its table entry is in flight",
	       "in flight: pointer: phys 1:9: points to slot 23, which is none (its cached page is locked)\n", 0);
	summary_says("and to the summary", 0,
		     "\n1 slots have contradictory tables because they were being changed; --check lists them as in flight.\n");
	fk_set(&f, f.folio, KM_folio_flags, fk_get(&f, f.folio, KM_folio_flags) &
	       ~(1ULL << f.l.enumval[KE_PG_locked]));
	summary_says("one that nobody is changing is an anomaly", 4,
		     "\nDevice 1 backs 1 virtual slots, but 2 of its slots say so: see --check.\n");
	fk_build(&f);
}

/* The cached folio is being stored: what is not counted yet may be its page alone. */
static void check_storing(void)
{
	uint64_t stored = f.l.sym[KSYM_zswap_stored_pages].addr;
	uint64_t locked = 1u << f.l.enumval[KE_PG_locked];
	uint64_t frame = (f.folio - f.l.sym[KSYM_vmemmap_base].addr) / 64 - 1;

	fk_put(&f, tword(FK_CACHED), 8, 0);
	fk_put(&f, f.memcg + 2 * (FK_CACHED % FAKE_CLUSTER), 2, 0);
	fk_set(&f, fk_ci(&f, 1), KM_swap_cluster_info_count, 7);
	fk_put(&f, f.trans + 8 * VS_NONE, 8, 7);
	fk_put(&f, tword(FK_ZSWAP), 8, 1ULL << SWT_COUNT_SHIFT | frame << 2 | 2);
	fk_set(&f, f.folio, KM_folio_swap, FK_ZSWAP);
	fk_put(&f, stored, 8, FK_NZSWAP - 1);
	expect("a zswap slot that is not counted and that nobody stores",
	       V "zswap: 4 slots are in zswap, which counts 3 pages\n", 4);
	fk_set(&f, f.folio, KM_folio_flags, fk_get(&f, f.folio, KM_folio_flags) | locked);
	expect("a zswap slot whose folio is being stored is in flight",
	       "in flight: zswap: 4 slots are in zswap, which counts 3 pages (cached pages of as many are locked)\n", 0);
	fk_put(&f, stored, 8, FK_NZSWAP - 2);
	expect("more of them than are being stored",
	       V "zswap: 4 slots are in zswap, which counts 2 pages\n", 4);
	fk_build(&f);
}

/* A report on a machine of 8 GiB whose memory is mapped to its end. */
static char *in_large_memory(int (*fn)(void *), void *arg, int *status)
{
	struct dump *d;
	char err[256];

	kern_free(&k);
	d = fake_dump(&f.l, f.mem, sizeof(f.mem));
	fake_ram(8ULL << 30);
	if (kern_init(&k, d, &f.l, err, sizeof(err)))
		printf("# %s\n", err);
	return capture(fn, arg, status);
}

/*
 * A device that claims more slots than memory can describe. What follows its
 * descriptors is not descriptors, but mapped: none of it may be looked at.
 */
static void check_capacity(void)
{
	static const struct {
		const char *name, *want;
		int (*fn)(void *);
	} report[] = {
		{ "check", V "capacity: device %d: 1152921504606846976 slots are more than memory can describe\n", do_check },
		{ "summary", "\nDevice %d claims 1152921504606846976 slots, more than memory can describe: they were not looked at.\n", do_summary },
	};
	struct filter flt = { .to = UINT64_MAX, .device = -1 };
	struct out_opts o = { 0 };
	int status, dev;
	size_t i;
	char *text, want[256];

	for (dev = 0; dev < 2; dev++) {
		fk_set(&f, dev ? f.psi : f.vsi, KM_swap_info_struct_max, 1ULL << 60);
		for (i = 0; i < 2; i++) {
			text = in_large_memory(report[i].fn, &o, &status);
			snprintf(want, sizeof(want), report[i].want, dev);
			ok(status == 4 && strstr(text, want) && dump_count(k.d, RD_OK) < 10000 &&
			   (report[i].fn != do_check || strstr(text, ": 1 violations,")),
			   fmt("an absurd size of device %d: %s", dev, report[i].name));
			free(text);
		}
		text = in_large_memory(do_slots, &flt, &status);
		ok(dump_count(k.d, RD_OK) < 10000 && status == (dev ? 0 : 4) && !*text == !dev,
		   "and the list of slots");
		free(text);
		fk_build(&f);
	}
}

static void check_all(void)
{
	fk_build(&f);
	expect("nothing is wrong with what is right", "", 0);
	check_words();
	check_counts();
	check_reverse();
	check_zswap_damage();
	check_list_damage();
	check_in_flight();
	check_storing();
	check_capacity();
}

/* ------------------------------------------------------------ reports */

static void check_content(void)
{
	struct cluster *c = cluster_new();
	unsigned char buf[4096], zero[4096] = { 0 };
	struct slot s;
	char why[256];
	int i;

	start();
	for (i = 0; i < FK_NZSWAP; i++) {
		slot_read(&k, &k.dev[0], FK_ZSWAP + i, c, &s);
		ok(content_get(&k, &s, buf, why, sizeof(why)) == CONTENT_ZSWAP &&
		   !memcmp(buf, f.page[i], 4096), "a page from zswap");
	}
	slot_read(&k, &k.dev[0], FK_ZERO, c, &s);
	ok(content_get(&k, &s, buf, why, sizeof(why)) == CONTENT_ZERO &&
	   !memcmp(buf, zero, 4096), "a page of zeroes");
	slot_read(&k, &k.dev[0], FK_CACHED, c, &s);
	ok(content_get(&k, &s, buf, why, sizeof(why)) == CONTENT_CACHE &&
	   !memcmp(buf, f.cached, 4096), "a page from the swap cache");
	slot_read(&k, &k.dev[0], FK_PHYS, c, &s);
	ok(content_get(&k, &s, buf, why, sizeof(why)) == CONTENT_DEVICE, "a page on a device");
	slot_read(&k, &k.dev[0], FK_POISON, c, &s);
	ok(content_get(&k, &s, buf, why, sizeof(why)) == CONTENT_POISON, "a poisoned page");
	/* an object that does not belong to its handle is not believed */
	fk_put(&f, f.handle[0], 8, get_le(f.mem + f.handle[1], 8));
	slot_read(&k, &k.dev[0], FK_ZSWAP, c, &s);
	ok(content_get(&k, &s, buf, why, sizeof(why)) == CONTENT_CORRUPT,
	   "an object of another handle is refused");
	fk_build(&f);
	free(c);
}

/* What is said in words is said in JSON, and the exit status does not depend on it. */
static void check_anomalies(void)
{
	struct out_opts text = { 0 }, json = { .json = true };
	struct json_object *o, *list;
	char *words, *doc;
	int st1, st2;

	/* a physical slot that backs a virtual one and does not know it */
	fk_put(&f, f.ptable + FK_POFF * 8, 8, 0);
	start();
	words = capture(do_summary, &text, &st1);
	doc = capture(do_summary, &json, &st2);
	o = json_tokener_parse(doc);
	list = json_object_object_get(o, "anomalies");
	ok(st1 == 4 && st2 == 4 && list && json_object_array_length(list) == 1 &&
	   strstr(words, json_object_get_string(json_object_array_get_idx(list, 0))),
	   "an anomaly, in words and in JSON");
	json_object_put(o);
	free(words);
	free(doc);
	fk_build(&f);
	/* a zswap entry beyond what the dump has of its page */
	fk_put(&f, vword(FK_ZSWAP), 8, (FK_SIZE - 8) | 1);
	start();
	words = capture(do_task, &text, &st1);
	doc = capture(do_task, &json, &st2);
	o = json_tokener_parse(doc);
	ok(st1 == 4 && st2 == 4 && strstr(words, "not in the dump") &&
	   json_object_get_int(json_object_object_get(o, "reads_missing")),
	   "a task whose zswap entry the dump lacks is not complete");
	json_object_put(o);
	free(words);
	free(doc);
	fk_build(&f);
}

/* Is it an anomaly, and one line of the summary? Its exit status is that of --check. */
static bool summed_up(const char *line, int want_status)
{
	struct out_opts o = { 0 };
	int status, check;
	char *text;
	bool good;

	start();
	free(capture(do_check, &o, &check));
	start();
	text = capture(do_summary, &o, &status);
	good = status == want_status && check == want_status && strstr(text, line) &&
	       !strstr(text, "No anomalies") == !!status;
	if (!good)
		printf("# status %d, of the check %d\n# %s", status, check, text);
	free(text);
	return good;
}

/* The summary calls wrong what --check calls wrong, and nothing that it calls in flight. */
static void check_agreement(void)
{
	uint64_t lock = fat(fk_ci(&f, 1), KM_swap_cluster_info_lock);
	struct out_opts o = { 0 };
	int st1, st2;

	ok(summed_up("\nNo anomalies; --check looks closer.\n", 0), "no anomalies");
	fk_put(&f, f.trans + 8 * (VS_NONE * VS_NR + VS_ZERO), 8, 3);
	ok(summed_up("\n1 slots are zero, the kernel counts 3: see --check.\n", 4) &&
	   summed_up("\n1 slots are none, the kernel counts -1: see --check.\n", 4),
	   "figures that differ from the kernel's are anomalies");
	fk_put(&f, lock, 4, 1);
	ok(summed_up("\n1 clusters were being changed", 0), "unless clusters are locked");
	fk_build(&f);
	fk_put(&f, vword(FK_POISON), 8, 5);
	ok(summed_up("\n1 slots have contradictory tables: see --check.\n", 4), "an invalid slot");
	start();
	free(capture(do_task, &o, &st1));
	fk_put(&f, lock, 4, 1);
	ok(summed_up("\n1 slots have contradictory tables because they were being changed", 0),
	   "an invalid slot that is being changed");
	start();
	free(capture(do_task, &o, &st2));
	ok(st1 == 4 && st2 == 0, "both in a process");
	fk_build(&f);
}

static int do_entry(void *arg)
{
	struct out_opts o = { 0 };

	return cmd_entry(&k, &o, *(uint64_t *)arg, true);
}

/* The page behind a direct entry, or why there is none: one line on standard error. */
static bool direct_page(uint64_t off, const void *page, const char *why)
{
	uint64_t pte = 1ULL << 59 | (~off << 14 >> 5);
	FILE *saved = stderr;
	char *text, *said = NULL;
	size_t len;
	int status;
	bool good;

	start();
	stderr = open_memstream(&said, &len);
	text = capture(do_entry, &pte, &status);
	fclose(stderr);
	stderr = saved;
	good = page ? !status && !*said && !memcmp(text, page, 4096) :
		status == 4 && !*text && !strcmp(said, fmt("vswap-dump: slot %d of device 1: %s\n",
							   (int)off, why));
	if (!good)
		printf("# status %d: %s", status, said);
	free(text);
	free(said);
	return good;
}

static void check_direct(void)
{
	/* behind everything else: the array of trees, its length, a tree, its node */
	uint64_t trees = (f.top + 63) / 64 * 64, tree = trees + 128, node = trees + 256;
	uint64_t slot = node + f.l.field[KM_xa_node_slots].off + 8 * FK_DIRECT;

	ok(direct_page(FK_DIRECT, NULL, "the content is on the device, not in memory"),
	   "a direct entry whose page is on the device");
	f.l.sym[KSYM_zswap_trees].present = f.l.sym[KSYM_nr_zswap_trees].present = true;
	f.l.sym[KSYM_zswap_trees].addr = trees;
	f.l.sym[KSYM_nr_zswap_trees].addr = trees + 64;
	fk_put(&f, trees + 8, 8, tree);
	fk_put(&f, trees + 64 + 4, 4, 1);
	fk_set(&f, tree, KM_xarray_xa_head, node | 2);
	fk_put(&f, slot, 8, f.entry[0]);
	ok(direct_page(FK_DIRECT, f.page[0], NULL), "one whose page is in zswap");
	fk_put(&f, slot, 8, FK_SIZE - 8);
	ok(direct_page(FK_DIRECT, NULL, "zswap entry not in the dump"),
	   "one whose zswap entry is missing");
	fk_put(&f, trees + 8, 8, FK_SIZE - 4);
	ok(direct_page(FK_DIRECT, NULL, "zswap's tree is not in the dump"),
	   "one of which the dump does not tell");
	fk_build(&f);
	ok(direct_page(FK_DIRECT + 1, NULL, "names a free slot"), "one of a free slot");
}

/* The list of slots by cgroup: how many rows, and what is said about it. */
static bool by_cgroup(const char *cgroup, unsigned int rows, const char *said, int want)
{
	struct filter flt = { .to = UINT64_MAX, .device = -1, .cgroup = cgroup };
	FILE *saved = stderr;
	char *text, *err = NULL, *p;
	unsigned int n = 0;
	size_t len;
	int status;
	bool good;

	start();
	stderr = open_memstream(&err, &len);
	text = capture(do_slots, &flt, &status);
	fclose(stderr);
	stderr = saved;
	for (p = text; *p; p++)
		n += *p == '\n';
	good = n == rows && status == want && (said ? strstr(err, said) != NULL : !*err);
	if (!good)
		printf("# %u rows, status %d, %s\n", n, status, err);
	free(text);
	free(err);
	return good;
}

static void check_cgroup_filter(void)
{
	unsigned int i;

	ok(by_cgroup("/alpha", 4, NULL, 0) && by_cgroup("101", 4, NULL, 0) &&
	   by_cgroup("-", 0, NULL, 0), "slots by cgroup");
	ok(by_cgroup("/typo", 0, "vswap-dump: there is no cgroup /typo\n", 4) &&
	   by_cgroup("100", 0, "vswap-dump: there is no cgroup 100\n", 4),
	   "a cgroup that does not exist");
	/* all slots to the other one, and one to nobody */
	for (i = 0; i < 8; i++)
		fk_put(&f, f.memcg + 2 * i, 2, 2);
	ok(by_cgroup("/alpha", 0, NULL, 0) && by_cgroup("/beta", 8, NULL, 0),
	   "a cgroup that owns nothing");
	fk_put(&f, f.memcg, 2, 0);
	ok(by_cgroup("-", 1, NULL, 0), "a slot without an owner");
	fk_set(&f, fk_ci(&f, 1), KM_swap_cluster_info_memcg_table, FK_SIZE - 8);
	ok(by_cgroup("-", 0, "the owner of 8 slots in use is not in the dump\n", 4),
	   "no owner known is not no owner");
	fk_build(&f);
}

/* Parsed by the rules of JSON, which is UTF-8; NULL if it is not. */
static struct json_object *strict_json(const char *text)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *o;

	json_tokener_set_flags(tok, JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(tok, text, -1);
	json_tokener_free(tok);
	return o;
}

/* The first row of a task's list as JSON, with these columns. */
static bool first_row(const char *columns, const char *want)
{
	struct out_opts o = { .json = true, .columns = columns };
	struct json_object *doc, *row;
	int status;
	char *text;
	bool good;

	start();
	text = capture(do_task, &o, &status);
	doc = strict_json(text);
	row = json_object_array_get_idx(json_object_object_get(doc, "rows"), 0);
	good = row && !strcmp(json_object_to_json_string_ext(row, JSON_C_TO_STRING_PLAIN), want);
	if (!good)
		printf("# %s\n", text);
	json_object_put(doc);
	free(text);
	return good;
}

/* What shapes the output does so everywhere. */
static void check_output_options(void)
{
	static const char all[] = "{\"task\":42,\"address\":\"0x7f0000201000\",\"pte\":\"0x7ffffffffffde00\","
		"\"type\":0,\"slot\":16,\"cluster\":1,\"backing\":\"zero\",\"count\":1,\"cached\":false,"
		"\"cgid\":101,\"cgroup\":\"\\/alpha\"}";
	struct out_opts plain = { 0 }, bare = { .noheadings = true };
	char *with, *without;
	int status;

	ok(first_row("BACKING,slot,COMP", "{\"backing\":\"zero\",\"slot\":16,\"comp\":null}"),
	   "-o selects the keys of JSON");
	ok(first_row(NULL, all) && first_row("+PFN", all), "and without it, or added to, all are there");
	start();
	with = capture(do_summary, &plain, &status);
	without = capture(do_summary, &bare, &status);
	ok(strstr(with, "BACKING SLOTS") && strstr(with, "CGROUP\n") && strstr(with, "PATH\n") &&
	   strstr(with, "COMPRESSOR ") && !strstr(without, "BACKING") && !strstr(without, "CGROUP") &&
	   !strstr(without, "PATH") && !strstr(without, "COMPRESSOR") && strstr(without, "zswap "),
	   "no headings in the summary");
	free(with);
	free(without);
}

static int do_no_task(void *arg)
{
	return cmd_task(&k, arg, FK_PID + 1);
}

/* A list of tasks that never comes back to its head, and the same of threads. */
static void check_task_cycle(void)
{
	uint64_t tasks = f.l.sym[KSYM_init_task].addr + f.l.field[KM_task_struct_tasks].off;
	uint64_t node = get_le(f.mem + tasks, 8), task = node - f.l.field[KM_task_struct_tasks].off;
	uint64_t thread = fat(task, KM_task_struct_thread_node), sig = FK_SIZE / 2;
	struct out_opts o = { 0 };
	int status;

	start();
	free(capture(do_no_task, &o, &status));
	ok(status == 4, "a task that does not exist");
	fk_put(&f, node, 8, node);
	start();
	free(capture(do_no_task, &o, &status));
	ok(status == 4, "a cycle in the list of tasks ends");
	fk_put(&f, node, 8, tasks);
	/* a thread that follows itself */
	fk_put(&f, fat(task, KM_task_struct_signal), 8, sig);
	fk_put(&f, fat(sig, KM_signal_struct_thread_head), 8, thread);
	fk_put(&f, thread, 8, thread);
	start();
	free(capture(do_no_task, &o, &status));
	ok(status == 4, "and one in a list of threads");
	fk_build(&f);
}

static void check_reports(void)
{
	struct out_opts json = { .json = true };
	struct filter flt = { .to = UINT64_MAX, .device = -1, .cgroup = "/alpha" };
	struct json_object *o, *b;
	char *text;
	int status;

	start();
	text = capture(do_summary, &json, &status);
	o = json_tokener_parse(text);
	b = json_object_object_get(json_object_object_get(
			json_object_object_get(o, "backing"), "zswap"), "slots");
	ok(!status && o && json_object_get_int(b) == FK_NZSWAP &&
	   json_object_get_int(json_object_object_get(o, "slots_used")) == 8,
	   "summary as JSON");
	json_object_put(o);
	free(text);
	text = capture(do_task, &json, &status);
	o = json_tokener_parse(text);
	b = json_object_object_get(o, "rows");
	ok(!status && b && json_object_array_length(b) == 8, "a task's swapped pages");
	ok(b && json_object_get_int(json_object_object_get(
			json_object_array_get_idx(b, 2), "slot")) == FK_ZSWAP + 1 &&
	   !strcmp(json_object_get_string(json_object_object_get(
			json_object_array_get_idx(b, 2), "address")), "0x7f0000203000"),
	   "with address and slot");
	json_object_put(o);
	free(text);
	text = capture(do_slots, &flt, &status);
	ok(!status && strstr(text, "zswap") && strstr(text, "/alpha") && !strstr(text, "/beta"),
	   "slots of one cgroup");
	free(text);
	start();
	fk_put(&f, fat(fk_ci(&f, 1), KM_swap_cluster_info_table), 8, FK_SIZE - 8);
	flt.cgroup = NULL;
	text = capture(do_slots, &flt, &status);
	ok(status == 4 && !*text, "a missing table is said, not shown as zero");
	free(text);
	fk_build(&f);
}

/* Names are bytes to the kernel, which cuts that of a process wherever 15 of them end. */
static void check_names(void)
{
	static const struct { const char *in, *out; } names[] = {
		{ "plain", "plain" }, { "\xd1\x81\xd0\xbb", "\xd1\x81\xd0\xbb" },
		{ "\xe2\x82\xac", "\xe2\x82\xac" }, { "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
		{ "\x1b[1m\n", "?[1m?" }, { "a\xc2\x9b", "a??" }, { "\xc0\xaf", "??" },
		{ "\xe0\x80\xaf", "???" }, { "\xed\xa0\x80", "???" }, { "\xf4\x90\x80\x80", "????" },
		{ "\xff\xfe", "??" }, { "\xf0\x9f\x98", "???" }, { "\xd0z", "?z" }, { "\x7f", "?" },
	};
	struct out_opts json = { .json = true };
	struct json_object *o, *row;
	char *text, b[16];
	int status;
	size_t i;
	bool good = true;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		strcpy(b, names[i].in);
		text_clean(b);
		good &= !strcmp(b, names[i].out);
	}
	ok(good, "what is no printable UTF-8 becomes a question mark");
	/* seven letters of two bytes, and half of one; of a cgroup one, and half of one */
	memcpy(f.mem + fat(f.task, KM_task_struct_comm),
	       "\xd0\xb0\xd0\xb1\xd0\xb2\xd0\xb3\xd0\xb4\xd0\xb5\xd0\xb6\xd0", 16);
	strcpy((char *)f.mem + f.cgname[0], "\xd0\xb0\xd0");
	start();
	text = capture(do_task, &json, &status);
	o = strict_json(text);
	ok(o && !strcmp(json_object_get_string(json_object_object_get(o, "comm")),
			"\xd0\xb0\xd0\xb1\xd0\xb2\xd0\xb3\xd0\xb4\xd0\xb5\xd0\xb6?"),
	   "the name of a process that is cut in a character");
	row = json_object_array_get_idx(json_object_object_get(o, "rows"), 0);
	ok(row && !strcmp(json_object_get_string(json_object_object_get(row, "cgroup")),
			  "/\xd0\xb0?"), "and that of a cgroup");
	json_object_put(o);
	free(text);
	fk_build(&f);
}

static int do_slot(void *arg)
{
	return cmd_slot(&k, arg, FK_PHYS, false);
}

/* What the report of the slot on the device says of its place. */
static bool located(const char *want)
{
	struct out_opts o = { 0 };
	char *text;
	int status;
	bool good;

	start();
	text = capture(do_slot, &o, &status);
	good = want ? strstr(text, fmt("location:    %s\n", want)) != NULL :
		!strstr(text, "location:");
	if (!good)
		printf("# %s", text);
	free(text);
	return good && !status;
}

static void check_location(void)
{
	static const struct { uint64_t off, sector; } at[] = {
		{ 0, 100 * 8 }, { 3, 103 * 8 }, { 4, 50 * 8 }, { 9, 55 * 8 }, { 10, 300 * 8 },
		{ 31, 321 * 8 },
	};
	uint64_t name = fat(f.disk, KM_gendisk_disk_name), sector;
	bool good = true;
	size_t i;

	start();
	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		good &= kern_location(&k, &k.dev[1], at[i].off, &sector) && sector == at[i].sector;
	ok(good && !kern_location(&k, &k.dev[1], 32, &sector), "sectors of a device in pieces");
	ok(located("sector 408 (byte 208896) of sda2 (8:2)"), "the partition is named");
	strcpy((char *)f.mem + name, "nvme0n1");
	ok(located("sector 408 (byte 208896) of nvme0n1p2 (8:2)"),
	   "also on a disk with a number at its end");
	memset(f.mem + name, 'x', 31);
	fk_set(&f, f.bdev, KM_block_device_partno, 255);
	ok(located("sector 408 (byte 208896) of xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx255 (8:2)"),
	   "the longest name");
	strcpy((char *)f.mem + name, "loop0");
	fk_set(&f, f.bdev, KM_block_device_partno, 1 << 9);
	ok(located("sector 408 (byte 208896) of loop0 (8:2)"), "a whole disk");
	f.l.field[KM_block_device_partno].present = false;
	ok(located("sector 408 (byte 208896) of ? (8:2)"),
	   "no name where it cannot be told from its disk");
	f.l.field[KM_block_device_partno].present = true;
	fk_set(&f, f.psi, KM_swap_info_struct_bdev, 0);
	ok(located(NULL), "no sector of a file on no block device");
	fk_build(&f);
}

/* ----------------------------------------------------------- decoders */

static void page_kind(unsigned char *p, unsigned int kind)
{
	unsigned int i;

	memset(p, 0, 4096);
	for (i = 0; i < 4096; i++) {
		switch (kind % 6) {
		case 0:
			p[i] = rand();
			break;
		case 1:
			p[i] = i / 100;
			break;
		case 2:
			p[i] = rand() % 40 ? 0 : rand();
			break;
		case 3:
			p[i] = "abcdefgh"[rand() % 3];
			break;
		case 4:
			p[i] = i % 1000 < 20 ? rand() : 0;
			break;
		default:
			p[i] = i > 2100 && rand() % 3 ? p[i - 2100] : rand() % 50;
		}
	}
}

static void check_decoders(void)
{
	static unsigned char in[4096], out[8192], back[4096], work[LZO1X_1_MEM_COMPRESS];
	static unsigned char work9[LZO1X_999_MEM_COMPRESS];
	bool lzo = true, lzo9 = true, lz4 = true, zstd = true, raw = true, cut = true;
	unsigned int i;
	lzo_uint n;
	uLongf zn;

	srand(7);
	for (i = 0; i < 300; i++) {
		z_stream z = { 0 };
		int len;

		page_kind(in, i);
		lzo1x_1_compress(in, 4096, out, &n, work);
		lzo &= comp_decompress("lzo", out, n, back, 4096) == COMP_OK &&
		       !memcmp(in, back, 4096);
		cut &= comp_decompress("lzo", out, n - 1, back, 4096) == COMP_CORRUPT;
		lzo1x_999_compress(in, 4096, out, &n, work9);
		lzo9 &= comp_decompress("lzo-rle", out, n, back, 4096) == COMP_OK &&
			!memcmp(in, back, 4096);
		len = LZ4_compress_default((char *)in, (char *)out, 4096, sizeof(out));
		lz4 &= comp_decompress("lz4", out, len, back, 4096) == COMP_OK &&
		       !memcmp(in, back, 4096);
		n = ZSTD_compress(out, sizeof(out), in, 4096, 3);
		zstd &= comp_decompress("zstd", out, n, back, 4096) == COMP_OK &&
			!memcmp(in, back, 4096);
		deflateInit2(&z, 9, Z_DEFLATED, -11, 9, Z_DEFAULT_STRATEGY);
		z.next_in = in;
		z.avail_in = 4096;
		z.next_out = out;
		z.avail_out = sizeof(out);
		raw &= deflate(&z, Z_FINISH) == Z_STREAM_END;
		zn = z.total_out;
		deflateEnd(&z);
		raw &= comp_decompress("deflate", out, zn, back, 4096) == COMP_OK &&
		       !memcmp(in, back, 4096);
	}
	ok(lzo, "lzo");
	ok(lzo9, "lzo in its most varied form");
	ok(cut, "lzo without its end is refused");
	ok(lz4, "lz4");
	ok(zstd, "zstd");
	ok(raw, "deflate");
	ok(comp_decompress("xyz", in, 9, back, 4096) == COMP_UNSUPPORTED, "an unknown compressor");
}

/* Append @n bits, most significant first; returns the new end. */
static unsigned int put_bits(unsigned char *p, unsigned int pos, uint32_t v, unsigned int n)
{
	while (n--) {
		p[pos / 8] |= (v >> n & 1) << (7 - pos % 8);
		pos++;
	}
	return pos;
}

static void check_handmade(void)
{
	/*
	 * lzo-rle: version mark, "ABCD", zeroes in runs of 2047 + 4 and 4 + 1, end.
	 * The run's length less four is split: three low bits in the first byte, the
	 * rest in the fourth.
	 */
	static const unsigned char rle[] = {
		0x11, 0x01, 0x15, 'A', 'B', 'C', 'D', 0x1f, 0xfc, 0xff, 0xff,
		0x18 | 1, 0xfd, 0xff, 0x00, 'Z', 0x11, 0x00, 0x00
	};
	unsigned char out[4096], want[4096] = "ABCD";
	unsigned char bits[32] = { 0 };
	unsigned int pos;
	uint32_t crc = 0;
	long n;
	int i, j;

	n = lzo_decode(rle, sizeof(rle), out, sizeof(out));
	want[4 + 2051 + 5] = 'Z';
	ok(n == 4 + 2051 + 5 + 1 && !memcmp(out, want, n), "lzo-rle runs of zeroes");
	/* make the checksum of "abcdefgh" four times and eight zeroes */
	memset(want, 0, 40);
	for (i = 0; i < 32; i++)
		want[i] = "abcdefgh"[i % 8];
	for (i = 0; i < 40; i++) {
		crc ^= (uint32_t)want[i] << 24;
		for (j = 0; j < 8; j++)
			crc = crc << 1 ^ (crc >> 31 ? 0x04c11db7 : 0);
	}
	pos = put_bits(bits, 0, 0, 5);
	for (i = 0; i < 8; i++)
		pos = put_bits(bits, pos, want[i], 8);
	/* repeat three times more, zeroes, end */
	pos = put_bits(bits, pos, 0x1b, 5);
	pos = put_bits(bits, pos, 2, 6);
	pos = put_bits(bits, pos, 0x1c, 5);
	pos = put_bits(bits, pos, 0x1e, 5);
	pos = put_bits(bits, pos, crc, 32);
	n = nx842_decode(bits, (pos + 7) / 8, out, sizeof(out));
	ok(n == 40 && !memcmp(out, want, 40), "842");
	bits[(pos - 1) / 8] ^= 1u << (7 - (pos - 1) % 8);
	ok(nx842_decode(bits, (pos + 7) / 8, out, sizeof(out)) == -1,
	   "842 with a wrong checksum is refused");
}

/* ------------------------------------------------------- architectures */

/* Page table entries, written out by hand from the kernel's headers. */
static void check_arch(void)
{
	static const struct {
		uint16_t machine;
		uint64_t pte;
		unsigned int level;
		enum pte_kind kind;
	} ptes[] = {
		{ EM_X86_64, 0, 1, PTE_NONE },
		{ EM_X86_64, 0x60, 1, PTE_NONE },		/* accessed, dirty: an erratum */
		{ EM_X86_64, 0x8000000012345067, 1, PTE_PAGE },
		{ EM_X86_64, 0x12345100, 1, PTE_PAGE },		/* PROT_NONE */
		{ EM_X86_64, 0x12345067, 2, PTE_TABLE },
		{ EM_X86_64, 0x122000e7, 2, PTE_PAGE },		/* 2 MiB */
		{ EM_X86_64, 0x7ffffffffde7600, 1, PTE_SWAP },
		{ EM_AARCH64, 0, 1, PTE_NONE },
		{ EM_AARCH64, 0x00e8000041234f43, 1, PTE_PAGE },
		{ EM_AARCH64, 0x0000000041234003, 2, PTE_TABLE },
		{ EM_AARCH64, 0x00e8000041200f41, 2, PTE_PAGE },	/* block */
		{ EM_AARCH64, 0x00e8000041234f42, 1, PTE_PAGE },	/* PROT_NONE: bit 11 */
		{ EM_AARCH64, 3ull << 6 | 4292ull << 12, 1, PTE_SWAP },
	};
	static const struct {
		uint16_t machine;
		uint64_t pte;
		unsigned int type;
		uint64_t off;
	} swaps[] = {
		/* the offset is inverted on x86 */
		{ EM_X86_64, 3ull << 59 | (~4292ull & ((1ull << 50) - 1)) << 9, 3, 4292 },
		{ EM_X86_64, 31ull << 59 | ((1ull << 50) - 1) << 9, 31, 0 },
		{ EM_AARCH64, 3ull << 6 | 4292ull << 12, 3, 4292 },
		{ EM_AARCH64, 31ull << 6 | ((1ull << 50) - 1) << 12, 31, (1ull << 50) - 1 },
	};
	unsigned int type;
	uint64_t off;
	size_t i;
	bool good = true;

	for (i = 0; i < sizeof(ptes) / sizeof(ptes[0]); i++)
		good &= arch_find(ptes[i].machine)->classify(ptes[i].pte, ptes[i].level) == ptes[i].kind;
	ok(good, "page table entries of x86-64 and arm64");
	for (i = 0, good = true; i < sizeof(swaps) / sizeof(swaps[0]); i++) {
		arch_find(swaps[i].machine)->swap(swaps[i].pte, &type, &off);
		good &= type == swaps[i].type && off == swaps[i].off;
	}
	ok(good, "and swap entries in them");
	ok(!arch_find(EM_386), "no other architecture");
	/* numbers and sizes as dumps of a real kernel show them */
	ok(zs_class_size(0, 4096) == 32 && zs_class_size(33, 4096) == 560 &&
	   zs_class_size(57, 4096) == 944 && zs_class_size(254, 4096) == 4096,
	   "sizes of zsmalloc's classes follow from their numbers");
}

/* ---------------------------------------------------- fuzzers' seeds */

static void write_seeds(const char *dir)
{
	char path[4096];
	unsigned int i;
	FILE *o;

	mkdir(dir, 0777);
	fk_build(&f);
	for (i = 0; i < 12; i += 2) {
		snprintf(path, sizeof(path), "%s/kernel-%u", dir, i);
		o = fopen(path, "w");
		if (!o)
			exit(1);
		fputc(i, o);
		fwrite(f.mem, 1, sizeof(f.mem), o);
		fclose(o);
	}
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		write_seeds(argv[1]);
		return 0;
	}
	check_all();
	check_content();
	check_reports();
	check_anomalies();
	check_agreement();
	check_direct();
	check_cgroup_filter();
	check_output_options();
	check_task_cycle();
	check_names();
	check_location();
	check_decoders();
	check_handmade();
	check_arch();
	printf("1..%u\n", ntests);
	kern_free(&k);
	return nfailed != 0;
}
