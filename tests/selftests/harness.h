/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Harness of the vswap guest selftests: one program, many small named tests, each in
 * a process of its own, with output in the kernel's kselftest (TAP 13) format.
 *
 * After every test the runner checks what must hold whatever the test did: the layer's
 * own `verify` says ok, the counters add up, no slot is left over, and nothing that
 * looks like a bug stands in the kernel log.
 *
 * A failed check ends the process that made it (status 1). Helper processes are made
 * with vst_spawn() and collected with vst_join(), which passes their failure on.
 */
#ifndef VST_HARNESS_H
#define VST_HARNESS_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#define PG		4096UL
/* Newer than some C libraries' headers. */
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define CGROUP2		"/sys/fs/cgroup"
#define TRACEFS		"/sys/kernel/tracing"
#define VSWAP_SYSFS	"/sys/kernel/mm/vswap"
#define VSWAP_DEBUGFS	"/sys/kernel/debug/vswap"
#define ZSWAP_PARAMS	"/sys/module/zswap/parameters"
#define THP_SYSFS	"/sys/kernel/mm/transparent_hugepage"

/* Exit status of a test process, as in kselftest. */
enum { VST_PASS = 0, VST_FAIL = 1, VST_SKIP = 4 };

/* ---- tests --------------------------------------------------------------------- */

/* Properties of a test, or-ed in the flags argument of TEST(). */
enum {
	/* Needs the fault injection of the debug kernel; skipped elsewhere. */
	T_INJECT	= 1 << 0,
	/* Needs the memory controller on a cgroup v1 hierarchy; skipped elsewhere. */
	T_V1		= 1 << 1,
	/* Failing allocations are provoked: "page allocation failure" is no bug. */
	T_ALLOC_FAIL	= 1 << 2,
	/* Needs more than one CPU online. */
	T_SMP		= 1 << 3,
	/* Takes long: the limit is four times as high. */
	T_LONG		= 1 << 4,
	/* Left out unless it is named on the command line. */
	T_MANUAL	= 1 << 5,
	/* Runs on either hierarchy, as it does not ask cgroups for anything. */
	T_ANY_CGROUP	= 1 << 6,
	/*
	 * The runner does not record the events and compare them with the counters, as it
	 * does otherwise: the test changes the tracing, or leaves its process no memory.
	 */
	T_NO_EVENTS	= 1 << 7,
	/* There are more than some ten thousand events. */
	T_MANY_EVENTS	= 1 << 8,
	/*
	 * Uses up all memory: whatever else runs is swapped out, and keeps slots in many
	 * clusters. Such tests come after all others, which find the clusters empty.
	 */
	T_LAST		= 1 << 9,
};

struct vst_test {
	const char *theme;
	const char *name;
	void (*fn)(void);
	unsigned int flags;
	struct vst_test *next;
};

void vst_register(struct vst_test *t);
/* Run the tests that the command line names; exit status. */
int vst_main(int argc, char **argv);
/* What vst_main() does around the tests, for programs that are no test. */
void vst_detect(void);
void vst_log_open(void);
/* Print what the kernel logged since; number of records that look like a bug. */
int vst_log_check(unsigned int flags);

#define TEST(theme_, name_, flags_)						\
	static void theme_##_##name_(void);					\
	static struct vst_test test_##theme_##_##name_ = {			\
		.theme = #theme_, .name = #name_,				\
		.fn = theme_##_##name_, .flags = (flags_),			\
	};									\
	__attribute__((constructor)) static void reg_##theme_##_##name_(void)	\
	{									\
		vst_register(&test_##theme_##_##name_);				\
	}									\
	static void theme_##_##name_(void)

/* Print a diagnostic line ("# ..."). */
void vst_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* End this process as failed; @file and @line come from FAIL(). */
void vst_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn));
/* End this process as skipped. */
void vst_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

#define FAIL(...) vst_fail(__FILE__, __LINE__, __VA_ARGS__)
#define SKIP(...) vst_skip(__VA_ARGS__)

#define CHECK(cond)								\
	do {									\
		if (!(cond))							\
			FAIL("%s: does not hold", #cond);			\
	} while (0)

/* System call style: -1 is a failure and errno says why. */
#define MUST(call)								\
	({									\
		__auto_type res_ = (call);					\
		if ((long)res_ == -1L)						\
			FAIL("%s: %s", #call, strerror(errno));			\
		res_;								\
	})

#define CHECK_OP(a, op, b)							\
	do {									\
		long long a_ = (long long)(a), b_ = (long long)(b);		\
		if (!(a_ op b_))						\
			FAIL("%s %s %s: got %lld and %lld", #a, #op, #b, a_, b_); \
	} while (0)
#define CHECK_EQ(a, b) CHECK_OP(a, ==, b)
#define CHECK_NE(a, b) CHECK_OP(a, !=, b)
#define CHECK_LE(a, b) CHECK_OP(a, <=, b)
#define CHECK_GE(a, b) CHECK_OP(a, >=, b)
#define CHECK_LT(a, b) CHECK_OP(a, <, b)
#define CHECK_GT(a, b) CHECK_OP(a, >, b)

/* True if the kernel has the virtual layer; without it (-b) counters are not checked. */
extern bool vst_have_vswap;
/* True on the debug kernel (KASAN, lockdep), which is several times slower. */
extern bool vst_debug_kernel;
/* True if the memory controller stands on a cgroup v1 hierarchy. */
extern bool vst_cgroup_v1;
/* There is a memory controller (it can be switched off at boot). */
extern bool vst_have_memcg;

/* Seconds, monotonic. */
double vst_now(void);
/* Sleep for @ms milliseconds. */
void vst_msleep(unsigned int ms);
/* Run the calling process on @cpu only; -1 allows all. */
void vst_pin(int cpu);
/* Number of CPUs online. */
int vst_cpus(void);

/*
 * Poll @cond every few milliseconds for at most @seconds; fail with @what when it
 * stays false. For what the kernel does later by design, such as finishing writeback.
 */
#define POLL(seconds, what, cond)						\
	do {									\
		double end_ = vst_now() + (seconds);				\
		while (!(cond)) {						\
			if (vst_now() > end_)					\
				FAIL("%s: not within %g s", what, (double)(seconds)); \
			vst_msleep(5);						\
		}								\
	} while (0)

/* ---- processes ----------------------------------------------------------------- */

/* Start @fn(@arg) in a child; it exits with VST_PASS when @fn returns. */
pid_t vst_spawn(void (*fn)(void *), void *arg);
/* Wait for @pid; fails unless it exited with VST_PASS. */
void vst_join(pid_t pid);
/* Wait for @pid and return the raw wait status. */
int vst_wait(pid_t pid);
/* Kill @pid with SIGKILL and collect it. */
void vst_kill(pid_t pid);

/* A shared counter or flag between a test and its children: one zeroed shared page. */
void *vst_shared(size_t bytes);

/*
 * Read one byte at @p. Returns 0 and the byte in *@val, or the signal (SIGBUS,
 * SIGSEGV) that the access got instead.
 */
int vst_probe(const volatile void *p, unsigned char *val);

/* ---- small files --------------------------------------------------------------- */

/* Write @val to the file @path; 0 or -errno. */
int vst_write(const char *path, const char *val);
/* The same, formatted, and a failure fails the test. */
void vst_set(const char *path, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Read a file into @buf (ends with NUL); length or -errno. */
ssize_t vst_read(const char *path, char *buf, size_t size);
/* First number of a file; fails the test if it cannot be read. */
uint64_t vst_read_u64(const char *path);
/* Value after @key in a file of "key value" lines; false if there is none. */
bool vst_key(const char *path, const char *key, uint64_t *val);
/* A number of /proc/meminfo, in pages; fails if there is none of that name. */
uint64_t vst_meminfo(const char *key);

/*
 * Add to the numbers of pages in /proc/meminfo and /proc/vmstat what the CPUs have for
 * themselves: up to some dozen pages each, and for as long as an idle one sleeps. Events
 * (pswpin and the like) need it not.
 */
void vst_vmstat_refresh(void);
/* True if @path exists. */
bool vst_exists(const char *path);

/* ---- counters (counters.c) ------------------------------------------------------ */

/* States of a slot, in the order of the ABI. */
enum vst_state { ST_FREE, ST_NONE, ST_ZERO, ST_ZSWAP, ST_PHYS, ST_POISON, ST_NR };
extern const char *const vst_state_name[ST_NR];

#define VST_STATS 96

/* All counters of the layer and the events of /proc/vmstat that concern it. */
struct snap {
	/* slots that went from one state to another, since boot */
	uint64_t trans[ST_NR][ST_NR];
	/* slots in each state now; [ST_FREE] is unused */
	uint64_t gauge[ST_NR];
	uint64_t slots_used;
	/* everything debugfs `stat` said */
	struct { char name[40]; uint64_t val; } stat[VST_STATS];
	unsigned int nr_stat;
	/* pages, from /proc/vmstat */
	uint64_t pswpin, pswpout, zswpin, zswpout, zswpwb, swpin_zero, swpout_zero;
};

/* Take a snapshot; fails if the counters contradict each other (call it at rest). */
void snap_take(struct snap *s);
/* The counter @name of `stat`; fails if the kernel has none of that name. */
uint64_t snap_stat(const struct snap *s, const char *name);
/* Growth of the counter @name between two snapshots. */
int64_t snap_grew(const struct snap *a, const struct snap *b, const char *name);
/* Slots that went from @from to @to between two snapshots. */
uint64_t snap_moved(const struct snap *a, const struct snap *b, int from, int to);

struct move { int from, to; uint64_t nr; };
/*
 * Between @a and @b exactly these moves were made and no other: the whole matrix is
 * compared. MOVES(&a, &b, {ST_FREE, ST_NONE, 7}, {ST_NONE, ST_ZERO, 7});
 */
void snap_expect(const struct snap *a, const struct snap *b, const struct move *m,
		 size_t nr, const char *file, int line);
#define MOVES(a, b, ...)							\
	do {									\
		const struct move m_[] = { __VA_ARGS__ };			\
		snap_expect(a, b, m_, ARRAY_SIZE(m_), __FILE__, __LINE__);	\
	} while (0)
/* No slot changed its state between the two. */
#define NO_MOVES(a, b) snap_expect(a, b, NULL, 0, __FILE__, __LINE__)

/*
 * One round of a loop that waits for reclaim since @start: it takes a megabyte of the
 * anonymous memory of the tests' cgroups, if there is that much; after three seconds of
 * the system's. False after ten.
 */
bool vst_reclaim_while(double start);
/* Pages that zswap has written back since boot; for when the system is not at rest. */
uint64_t vst_written_back(void);
/* `slots_<state>` as sysfs shows it to everybody. */
uint64_t vst_sysfs_slots(const char *state);
/* Pages that the processes of the guest have swapped out, each counted for itself. */
uint64_t vst_processes_swapped(void);
/*
 * Waits until no more slots are in use than processes have pages swapped out; fails after
 * 10 s. A page whose last user dies while reclaim holds its lock stays in the swap cache
 * until reclaim comes by again, on any kernel: so let it come by.
 */
void vst_settle(void);
/* Are more slots in use than processes have pages swapped out or cached? A note says so. */
bool vst_slots_leaked(void);
/* Reads `verify`; returns true if it says ok, else notes what it says. */
bool vst_verify(void);
/* Compare sysfs with debugfs; at rest. */
void vst_check_sysfs(void);

/* ---- memory (pages.c) ----------------------------------------------------------- */

/* What is in a page. Every word depends on the seed and the page's index. */
enum pat {
	PAT_ZERO,	/* all zero */
	PAT_COMP,	/* compresses to a tenth */
	PAT_RAND,	/* does not compress */
	PAT_MIXED,	/* by index: compressible, zero, random, ... */
	PAT_CZ,		/* by index: compressible and zero in turn */
};

struct area {
	char *p;
	size_t n;	/* pages */
	enum pat pat;
	uint64_t seed;	/* changes with every fill */
	int order;	/* folio order asked for */
	char *map;	/* the mapping that holds it, for area_free() */
	size_t map_len;
};

/* Map @n pages of private anonymous memory in folios of @order (0, 4 or 9), unfilled. */
void area_map(struct area *a, size_t n, enum pat pat, int order);
/* Map @n pages of shared memory (tmpfs); @order as above. */
void area_map_shared(struct area *a, size_t n, enum pat pat, int order);
/* Write the pattern with a new seed; area_fill_page() one page with the current seed. */
void area_fill(struct area *a);
void area_fill_page(const struct area *a, size_t i);
/* The memory that page @i is in fails. Skips the test where that cannot be had. */
void area_break_memory(const struct area *a, size_t i);
/* Read everything and compare; fails at the first wrong word. */
void area_check(const struct area *a);
void area_check_range(const struct area *a, size_t first, size_t nr);
/* The same page by page; those that give SIGBUS are lost. How many. */
size_t area_check_lost(const struct area *a);
/* True if page @i has the right content (no failure). */
bool area_page_ok(const struct area *a, size_t i);
void area_free(struct area *a);
/* Pages whose page table entry is a swap entry. */
size_t area_swapped(const struct area *a);
bool area_page_swapped(const struct area *a, size_t i);
/* The slot of page @i of private memory, which is out; virtual, or on a device. */
uint64_t area_slot(const struct area *a, size_t i);
/* Are @nr pages from @first on in slots that one folio can cover? @nr is a power of two. */
bool area_slots_fit(const struct area *a, size_t first, size_t nr);
/* Pages of private memory that are out and not in the swap cache either. */
size_t area_uncached(const struct area *a);
/* Pages of @a that compress, are zero, or are random, from index 0 on. */
size_t area_count(const struct area *a, enum pat kind);
/* MADV_PAGEOUT once; returns area_swapped(). */
size_t area_try_pageout(const struct area *a);
/* MADV_PAGEOUT until every page is out; fails if that does not happen. */
void area_pageout(const struct area *a);
/* madvise() over the area or over @nr pages from @first; fails when it fails. */
void area_advise(const struct area *a, size_t first, size_t nr, int advice);

/* Compute the content of a page into @buf (PG bytes). */
void pattern_page(enum pat pat, uint64_t seed, size_t i, uint64_t *buf);

/* Size of the folio behind @p in pages by /proc/kpageflags; 1 if it is not large. */
size_t vst_folio_pages(const void *p);
/* Counter of /sys/kernel/mm/transparent_hugepage/hugepages-<kB>kB/stats. */
uint64_t vst_mthp(int order, const char *stat);

/* ---- knobs (knobs.c) ------------------------------------------------------------ */

/* Put every knob that tests touch back to the harness's defaults. */
void knobs_reset(void);
/* `enabled` of the layer: auto, always, never. */
void knob_vswap(const char *word);
void knob_zswap(bool on);
/* Any of /sys/module/zswap/parameters. */
void knob_zswap_param(const char *name, const char *val);
/* Fault injection of debugfs; @attr "failslab", "fail_page_alloc", ...  */
void inject(const char *attr, unsigned int percent, long times, bool task_filter);
/* Every one of @times allocations made within the kernel's function @symbol fails. */
void inject_in(const char *attr, const char *symbol, long times);
/* How many of the failures asked for have not happened yet; not for @times = -1. */
long inject_left(const char *attr);
void inject_off(void);
/* The calling process is the one that the task filter means. */
void inject_me(bool on);

/* ---- cgroups (cgroup.c) --------------------------------------------------------- */

struct cg {
	char path[160];
};

/* Make a cgroup of the test's own; removed by the runner after the test. */
void cg_make(struct cg *g, const char *name);
void cg_make_in(struct cg *g, const struct cg *parent, const char *name);
/* The calling process enters @g. */
void cg_enter(const struct cg *g);
/* Leave for the root, so that @g can be removed. */
void cg_leave(void);
void cg_set(const struct cg *g, const char *file, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same, with the error returned. */
int cg_try_set(const struct cg *g, const char *file, const char *val);
uint64_t cg_read(const struct cg *g, const char *file);
uint64_t cg_key(const struct cg *g, const char *file, const char *key);
/* Ask the kernel to reclaim @bytes of anonymous memory of @g; 0 or -errno. */
int cg_reclaim(const struct cg *g, size_t bytes);
/* Inode number of the cgroup's directory, as events carry it. */
uint64_t cg_ino(const struct cg *g);
/* rmdir, with patience for tasks that are just leaving. */
void cg_remove(const struct cg *g);
/* Remove everything that tests left. */
void cg_cleanup(void);
/* The hierarchy tests work in: v2, or v1 memory. */
const char *cg_root(void);
/* What the tests' cgroups stand in, there. */
#define CG_TOP "vst"

/* ---- trace events (trace.c) ------------------------------------------------------ */

/* A test can cause a hundred thousand of them: the fields are offsets from the name. */
struct event {
	char *name;	/* in the text of the trace */
	uint8_t nr_fields;
	uint8_t key[10], val[10];
};

struct trace {
	char dir[96];
	struct event *ev;
	size_t nr;
	char *text;
	size_t text_size, ev_size;
	unsigned int fill;	/* of the fullest buffer, percent */
};

/* Make an instance of our own and record all events of the layer. */
void trace_start(struct trace *t);
/* The same for one event only. */
void trace_start_event(struct trace *t, const char *event);

/*
 * The trace that records the whole test, and whether there is room left in it. What a test
 * gets done in some seconds, and so how many events, is a matter of the machine, but none
 * may be lost: loads and loops that go by time also end when the room does. The runner
 * looks, as the processes of the test may be short of memory, and may have it fail.
 */
void trace_watch_init(void);
/* The test process: watch @t from now on; nothing if NULL. */
void trace_watch(const struct trace *t);
/* The runner, every TRACE_LOOK_MS while a test runs. */
#define TRACE_LOOK_MS		20
void trace_look(void);
/*
 * The test and its children: false once a buffer is half full. The other half is for what
 * happens until the runner has seen it, and for what must be done to the end all the same.
 */
bool trace_room(void);
/* The time has not come, and there is room in the trace: go on. */
bool vst_more(double end);
/*
 * The same for a loop that means nothing with fewer than @least rounds, of which @done are
 * done: up to a minute longer, as a round may take seconds on a busy machine.
 */
bool vst_more_rounds(double end, long done, long least);

/* The size of the buffers of traces that are started from now on, for each CPU. */
#define TRACE_BUFFER_KB		1536
#define TRACE_BUFFER_MANY_KB	12288
extern unsigned int trace_buffer_kb;
/* Stop, read the events into t->ev, remove the instance; fails if events were lost. */
void trace_stop(struct trace *t);
void trace_free(struct trace *t);
/* A field of an event as text or number; fails if it is missing. */
const char *event_str(const struct event *e, const char *key);
uint64_t event_num(const struct event *e, const char *key);
/* State number of a field (from, to, backing). */
int event_state(const struct event *e, const char *key);
/* Sum of nr of transitions @from -> @to with @reason (NULL: any); count in *@events. */
uint64_t trace_sum(const struct trace *t, int from, int to, const char *reason,
		   size_t *events);
/* Sum of nr of vswap_swapin with @backing. */
uint64_t trace_swapins(const struct trace *t, int backing);
/* Where on the device the slot was put, by the last event about it; fails if nowhere. */
uint64_t trace_phys(const struct trace *t, uint64_t slot);
/* The events add up to exactly what the counters moved between @a and @b. */
void trace_check(const struct trace *t, const struct snap *a, const struct snap *b);
/* Every transition of the trace has the cgroup's inode in its field. */
void trace_check_cgroup(const struct trace *t, uint64_t ino);
/* Remove instances that ended tests left. */
void trace_cleanup(void);

/* ---- swap devices (device.c) ------------------------------------------------------ */

struct dev {
	char path[96];
	size_t pages;	/* usable pages, without the header */
	int prio;	/* -1: the kernel's choice */
};

/* Flags for swapon beside the priority. */
enum { DEV_DISCARD = 1 << 0 };

/* Write a swap header for @pages usable pages (0: the whole device). */
void dev_mkswap(struct dev *d, const char *path, size_t pages);
void dev_swapon(struct dev *d, int prio, unsigned int flags);
int dev_try_swapon(struct dev *d, int prio, unsigned int flags);
/* swapoff; 0 or -errno. */
int dev_swapoff(const struct dev *d);
/* Pages used on the device by /proc/swaps; fails if it is not listed. */
size_t dev_used(const struct dev *d);
/* Waits until no slot is in use, reclaiming what only the swap cache holds. */
void dev_settle(const struct dev *d);
/* The same down to @pages. */
void dev_settle_at(const struct dev *d, size_t pages);
bool dev_listed(const struct dev *d);
/* brd number @i with @pages usable pages, swap header written. */
void dev_brd(struct dev *d, int i, size_t pages);
/* The @i-th empty disk that the guest was given (tests/vm -d); false if there is none. */
bool dev_disk(struct dev *d, int i, size_t pages);
/* Drop clean swap cache of @g, so that the next fault really reads the device. */
void cg_drop_cache(const struct cg *g);
/* Have reclaim drop folios of @g that are in the swap cache without their content. */
void cg_forget_failures(const struct cg *g);
/* A fresh zram device with @pages usable pages. */
void dev_zram(struct dev *d, size_t pages);
/* Swapoff of everything, removal of dm and zram devices of tests. False if one would not go. */
bool dev_cleanup(void);

/* ---- beginning and end of a test of devices (fixture.c) --------------------------- */

/* A cgroup that the test lives in, every page on a virtual slot, zswap off. */
void fix_cgroup(struct cg *g);
/* The same with a brd of @pages as the only device; with the first disk, or skipped. */
void fix_brd(struct cg *g, struct dev *d, size_t pages);
void fix_disk(struct cg *g, struct dev *d, size_t pages);
/* Nothing is left on the device; the test leaves its cgroup. */
void fix_end(const struct dev *d);
/* Map and fill. */
void area_make(struct area *a, size_t n, enum pat pat, int order);
/* The same in @folios of @order, which there must be; private or of a tmpfs. */
void area_make_large(struct area *a, size_t folios, enum pat pat, int order, bool shared);
/* Push out until not even the swap cache of @g has anything: use of devices is exact. */
void area_push(const struct area *a, const struct cg *g);
/* Map, fill and push out so. */
void area_out(struct area *a, const struct cg *g, size_t n, enum pat pat, int order);

/*
 * Swap on and use a device, folios of one page and of 64 KiB, and swap it off again. Returns
 * how many large folios of the first round found no place in one piece, of 17.
 */
uint64_t fix_use_device(struct dev *d, unsigned int flags);

/* Use every @keep-th slot of the device for pages of @a, the others are free; how many. */
size_t fix_fragment(struct area *a, const struct cg *g, const struct dev *d, size_t keep);
/* Those pages are right. */
void fix_fragment_check(const struct area *a, size_t keep);

/*
 * A device, @bad over @under, takes large folios and fails to write them; @good, which is in
 * use, takes single pages only: each folio goes there in pieces, not to @bad for ever.
 */
void fix_large_write_moves(const struct cg *g, struct dev *bad, const char *under,
			   const struct dev *good, size_t folios);

/* Device mapper (dm.c): a target over @under; message as of dmsetup. */
void dm_create(struct dev *d, const char *name, const char *target, const char *params,
	       const char *under);
void dm_reload(const char *name, const char *target, const char *params, uint64_t sectors);
/* A device over @under that is as good as any, until every write to it fails; reads do not. */
void dm_flaky(struct dev *d, const char *under);
void dm_flaky_break(const char *under);
void dm_flaky_repair(const char *under);
/* A device over @under that reads at once and takes @ms milliseconds for a write. */
void dm_slow(struct dev *d, const char *under, int ms);
void dm_message(const char *name, const char *msg);
void dm_remove_all(void);
/* Size of a block device in bytes. */
uint64_t dev_bytes(const char *path);

#endif
