/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model.h - everything vswaptop knows about one machine at one instant
 *
 * One struct model is filled by the live sources (counters.c, cgroup.c, proc.c,
 * trace.c) or by a reader (record.c, tracedat.c) and shown by every output
 * (screen.c, batch.c, json.c, metrics.c).  All tables have a fixed capacity and
 * live in the BSS: untouched rows cost no memory, and nothing is allocated
 * while sampling.
 *
 * A value that could not be read is VT_NA.  It is never replaced by zero.
 */
#ifndef VSWAPTOP_MODEL_H
#define VSWAPTOP_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** VT_NA - "this value is not known", shown as "-" and written as null */
#define VT_NA UINT64_MAX

/** enum vt_state - slot states, in the order of the kernel's own matrix */
enum vt_state {
	ST_FREE,
	ST_NONE,
	ST_ZERO,
	ST_ZSWAP,
	ST_PHYS,
	ST_POISON,
	NR_STATES,
	/* room for states a later kernel may add */
	MAX_STATES = 10,
};

/** enum vt_level - what the tool may read; shown in the header */
enum vt_level {
	LEVEL_UNPRIV,	/* sysfs, /proc and cgroupfs only */
	LEVEL_COUNTERS,	/* debugfs counters, no trace events */
	LEVEL_EVENTS,	/* trace events, no debugfs counters */
	LEVEL_FULL,	/* both */
	LEVEL_TRACEFILE,/* a trace.dat file: events only, no live system */
	NR_LEVELS,
};

/** enum metric - system wide figures; descriptions in metric_desc[] */
enum metric {
	/* gauges of the vswap layer, in slots (one slot is one page) */
	M_SLOTS_USED, M_SLOTS_NONE, M_SLOTS_ZERO, M_SLOTS_ZSWAP, M_SLOTS_PHYS,
	M_SLOTS_POISON, M_CAPACITY, M_CLUSTERS, M_TABLES, M_METADATA,
	/* counters of the vswap layer, in pages */
	M_SWAPIN_NONE, M_SWAPIN_ZERO, M_SWAPIN_ZSWAP, M_SWAPIN_PHYS,
	M_SWAPIN_POISON, M_SWAPOFF_MOVED, M_SWAPOFF_POISONED,
	/* derived from the matrix and the counters above, in pages */
	M_OUT, M_OUT_ZERO, M_OUT_ZSWAP, M_OUT_PHYS, M_IN, M_WB, M_ALLOC, M_FREED,
	M_REJECT,
	/* /proc/meminfo and zswap parameters, in bytes */
	M_MEM_TOTAL, M_MEM_AVAILABLE, M_SWAP_TOTAL, M_SWAP_FREE, M_SWAP_DIRECT,
	M_SWAP_CACHED, M_ZSWAP_POOL, M_ZSWAP_ORIG, M_ZSWAP_LIMIT, M_ZSWAP_ENABLED,
	/* /proc/vmstat, in pages or events */
	M_ZSWPIN, M_ZSWPOUT, M_ZSWPWB, M_PSWPIN, M_PSWPOUT, M_SWPIN_ZERO,
	M_SWPOUT_ZERO, M_OOM_KILL,
	/* /proc/pressure/memory: hundredths of a percent and microseconds */
	M_PSI_SOME10, M_PSI_FULL10, M_PSI_SOME_TOTAL, M_PSI_FULL_TOTAL,
	NR_METRICS,
};

/** enum metric_kind - how a metric is shown and whether it has a rate */
enum metric_kind { MK_PAGES, MK_BYTES, MK_COUNT, MK_COUNTER, MK_CENTI, MK_FLAG };

/**
 * struct metric_desc - one line of the metric table
 * @name: key in JSON and in the counters pane
 * @kind: unit and nature; only MK_COUNTER has a rate
 * @help: one line for people
 */
struct metric_desc {
	const char *name;
	enum metric_kind kind;
	const char *help;
};

extern const struct metric_desc metric_desc[NR_METRICS];
extern const char *const state_name_default[NR_STATES];
extern const char *const level_name[NR_LEVELS];

/** enum evc - pages attributed through events, per cgroup and per process */
enum evc {
	EV_OUT_ZERO, EV_OUT_ZSWAP, EV_OUT_PHYS,
	EV_IN_ZERO, EV_IN_ZSWAP, EV_IN_PHYS, EV_IN_OTHER,
	EV_WB, EV_ALLOC, EV_FREE, EV_REJECT, EV_OTHER,
	NR_EV,
};

extern const char *const evc_name[NR_EV];

/** enum cgv - values read from a cgroup's files, in bytes */
enum cgv { CG_VSWAP, CG_ZSWAP, CG_ZSWAPPED, CG_SWAP, CG_SWAP_MAX, CG_ZSWAP_MAX, NR_CGV };

/**
 * struct pair - a counter now and at the previous sample
 * @acc: where events add up between samples; model_commit() makes it @cur
 */
struct pair {
	uint64_t cur;
	uint64_t prev;
	uint64_t acc;
};

/* a container in a pod in a container is some 300 long */
#define CG_PATH_MAX 320
#define MAX_CGROUPS 4096
#define MAX_TASKS 8192
#define MAX_DEVS 64
#define MAX_EXTRA 96
#define MAX_REASONS 16
#define HIST_LEN 512
#define NAME_LEN 32

/**
 * struct cg_row - one cgroup
 * @id: inode number of its directory, the value events carry
 * @parent: @id of the cgroup it is in, 0 if unknown
 * @path: below the cgroup mount point, "/" for the root; may be cut at the left
 * @val: enum cgv, bytes
 * @ev: enum evc, pages since start
 * @gone: the directory no longer exists
 * @named: @path is a real path, not "id:N"
 * @selected: matches the cgroup filter
 * @mark: generation of the last sweep that saw it
 */
struct cg_row {
	uint64_t id;
	uint64_t parent;
	char path[CG_PATH_MAX];
	uint64_t val[NR_CGV];
	struct pair ev[NR_EV];
	uint32_t mark;
	bool gone;
	bool named;
	bool selected;
};

/**
 * struct task_row - one process
 * @pid: thread group id
 * @vmswap: bytes of its memory in swap, from /proc
 * @cgroup: the memory cgroup it is in, "" if unknown
 * @ev: pages it moved since start: as the faulting process for EV_IN_*,
 *      as the reclaimer for everything else
 * @gone: has exited; its totals stay
 */
struct task_row {
	int pid;
	char comm[16];
	uint64_t vmswap;
	char cgroup[CG_PATH_MAX];
	struct pair ev[NR_EV];
	uint32_t seq;
	uint32_t next_hash;
	bool gone;
	bool kthread;
};

/**
 * struct dev_row - one line of /proc/swaps
 * @type: swap type the kernel's events name, VT_NA when it cannot be told
 * @size, @used: bytes
 * @prio: priority as the kernel prints it
 * @in, @out: pages read from and written to it, from events
 */
struct dev_row {
	char name[96];
	char kind[16];
	uint64_t type;
	uint64_t size;
	struct pair used;
	int64_t prio;
	struct pair in;
	struct pair out;
	bool gone;
};

/** enum origin - where totals of pages out, in and written back come from */
enum origin { FROM_NOWHERE, FROM_VSWAP, FROM_VMSTAT, FROM_EVENTS };

/** struct named - a counter the kernel has and this tool has no field for */
struct named {
	char name[NAME_LEN];
	struct pair v;
	bool seen;
};

/** struct hist - one point of the history */
struct hist {
	uint64_t t_real;	/* nanoseconds since the epoch */
	uint64_t used;		/* slots */
	double out, in, wb;	/* pages per second, NAN when unknown */
	double psi;		/* percent */
};

/**
 * struct ev_stats - what happened to the trace events
 * @active: events are being read
 * @seen: events read and decoded
 * @unknown: events read that are of no known kind
 * @lost: events the kernel dropped, from its per-CPU buffer statistics
 * @lost_known: false when the source cannot tell
 * @pages: pages in vswap_transition events, per (from, to)
 * @base: the counter matrix when events were switched on
 * @based: @base is valid
 * @filtered: a filter is active, so events cover a part of the system only
 * @rows_dropped: events whose cgroup or process found no room in the tables
 * @unowned: pages out, in or written back in events that name no cgroup
 * @type_in, @type_out: pages per swap type, from events
 */
struct ev_stats {
	bool active;
	bool lost_known;
	bool based;
	bool filtered;
	bool type_in_known;	/* swap-in events name the device */
	bool replayed;		/* @unattributed was read from a recording */
	uint64_t unattributed;
	struct pair seen;
	struct pair lost;
	uint64_t unknown;
	uint64_t rows_dropped;
	uint64_t unowned;
	uint64_t events_grow;
	uint64_t events_swapoff;
	uint64_t pages[MAX_STATES][MAX_STATES];
	uint64_t base[MAX_STATES][MAX_STATES];
	struct pair reason[MAX_REASONS];
	struct pair reject[MAX_REASONS];
	uint64_t comp_pages, comp_bytes;
	struct pair total[NR_EV];
	struct pair type_in[MAX_DEVS];
	struct pair type_out[MAX_DEVS];
};

/**
 * struct model - one sample and what is needed to show it
 *
 * @out_from, @in_from: what M_OUT* and M_WB, and what M_IN was taken from
 *
 * Times are nanoseconds.  @m, @mx and the rows hold the previous sample's
 * value too, so every rate is (cur - prev) / (t_mono - t_mono_prev).
 */
struct model {
	enum vt_level level;
	char enabled[16];	/* the vswap "enabled" knob, "" if unknown */
	char host[64];
	char compressor[24];
	char note[128];		/* why the level is not higher, "" if it is full */
	char tag[128];		/* what is replayed, or "" when live */
	uint64_t page_size;
	uint64_t t_real;
	uint64_t t_mono;
	uint64_t t_mono_prev;
	uint64_t nsamples;
	uint64_t resets;	/* counters seen to go backwards */
	struct pair m[NR_METRICS];
	enum origin out_from, in_from;
	unsigned int nstates;
	char state_name[MAX_STATES][NAME_LEN];
	bool mx_valid;		/* the matrix was read in this sample */
	struct pair mx[MAX_STATES][MAX_STATES];
	unsigned int nreasons, nrejects;
	char reason_name[MAX_REASONS][NAME_LEN];
	char reject_name[MAX_REASONS][NAME_LEN];
	unsigned int nextra;
	struct named extra[MAX_EXTRA];
	struct ev_stats ev;
	char filter_cgroup[CG_PATH_MAX];	/* of the events; "" and 0 for all */
	int filter_pid;
	int cgroup_version;	/* 0 when there are none */
	unsigned int ncg;	/* rows handed out, gone ones included */
	uint64_t cg_live;	/* directories found in the last full sweep */
	uint64_t cg_unlisted;	/* of these, those that found no row */
	unsigned int ntask;
	uint64_t task_live;	/* processes found in the last full sweep */
	uint64_t task_unlisted;	/* of these, those with swap that found no row */
	unsigned int ndev;
	bool dev_left;		/* a device has gone: its type may be another's now */
	struct dev_row dev[MAX_DEVS];
	unsigned int nhist, hist_pos;
	struct hist hist[HIST_LEN];
	/* last: a row is cleared when it is handed out, not before */
	struct cg_row cg[MAX_CGROUPS];
	struct task_row task[MAX_TASKS];
};

/** model_init - an empty model: every value unknown */
void model_init(struct model *md);

/** model_begin - start a sample: what is current becomes previous */
void model_begin(struct model *md, uint64_t t_real, uint64_t t_mono);

/** model_commit - what events added up since the last sample becomes current */
void model_commit(struct model *md);

/** model_end - finish a sample: derived metrics, history, resets */
void model_end(struct model *md);

/**
 * model_cgroup - the row of cgroup @id, made if there is none
 *
 * Return: the row, or NULL when the table is full.
 */
struct cg_row *model_cgroup(struct model *md, uint64_t id);

/** model_cgroup_find - as model_cgroup(), but never makes a row */
struct cg_row *model_cgroup_find(struct model *md, uint64_t id);

/**
 * model_select - mark the rows that a cgroup filter names
 * @prefix: path of a cgroup, it and those below it; or "id:N"
 *
 * Return: how many of them there are now.
 */
unsigned int model_select(struct model *md, const char *prefix);

/** model_task - the row of process @pid, made if there is none; NULL when full */
struct task_row *model_task(struct model *md, int pid);

/** model_task_new - another row of @pid, found before those it has; NULL when full */
struct task_row *model_task_new(struct model *md, int pid);

/** model_tasks_clear - forget all processes */
void model_tasks_clear(struct model *md);

/** model_task_find - the row of a process, live or exited, or NULL */
struct task_row *model_task_find(struct model *md, int pid);

/** model_task_gone - the process has exited; late events still find the row */
void model_task_gone(struct task_row *t);

/** model_task_unlink - another process has the pid now: keep the row, lose the key */
void model_task_unlink(struct model *md, struct task_row *t);

/**
 * model_device - the row of a swap device, made if there is none
 *
 * Return: the row, or NULL when the table is full.
 */
struct dev_row *model_device(struct model *md, const char *name);

/** model_state - index of a state name, added when new; -1 when there is no room */
int model_state(struct model *md, const char *name);

/** model_extra - the counter called @name, added when new; NULL when full */
struct named *model_extra(struct model *md, const char *name);

/** model_set - store the current value of a metric */
static inline void model_set(struct model *md, enum metric i, uint64_t v)
{
	md->m[i].cur = v;
}

/**
 * model_rate - change per second of a counter
 *
 * Return: the rate, or NAN in the first sample, when either value is unknown,
 * and when the counter went backwards.
 */
double model_rate(const struct model *md, const struct pair *p);

/** pair_sum - the sum of some counters, VT_NA if any part is unknown */
struct pair pair_sum(const struct pair *a, const struct pair *b);

/** ev_out / ev_in - pages swapped out and in, over all backings */
struct pair ev_out(const struct pair ev[NR_EV]);
struct pair ev_in(const struct pair ev[NR_EV]);

/**
 * model_unattributed - transitions of pages the counters saw and no event told about
 *
 * Swap-ins and refusals that were lost are in the number of lost events only.
 * Exact at rest.  VT_NA while events or counters are not available, when a
 * filter is active, or when the counters were reset.
 */
uint64_t model_unattributed(const struct model *md);

/** model_ratio - uncompressed over compressed bytes in zswap, NAN if unknown */
double model_ratio(const struct model *md);

#endif
