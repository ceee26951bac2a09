/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * events.h - vswap trace events: formats, ring buffer pages, attribution
 */
#ifndef VSWAPTOP_EVENTS_H
#define VSWAPTOP_EVENTS_H

#include "model.h"

/** enum ev_kind - the events of the system "vswap" */
enum ev_kind { EK_TRANSITION, EK_SWAPIN, EK_REJECT, EK_GROW, EK_SWAPOFF, NR_EK };

/** enum ev_field - fields looked up by name in every kind; each one optional */
enum ev_field {
	EF_PID, EF_NR, EF_FROM, EF_TO, EF_REASON, EF_PHYS_TYPE, EF_BYTES, EF_CGROUP,
	EF_BACKING,
	NR_EF,
};

/**
 * struct field_pos - where a field lies in the record; size 0: not there
 * @end: offset of what follows it; @shift: bits of a 64-bit word it does not fill
 * @na: VT_NA when it is not there, else 0
 */
struct field_pos {
	uint64_t na;
	uint16_t off;
	uint16_t end;
	uint8_t size;
	uint8_t shift;
	bool is_signed;
};

#define MAX_SYM 24

/** struct sym_map - names of a field's values, from the print format */
struct sym_map {
	unsigned int n;
	struct {
		uint64_t value;
		char name[NAME_LEN];
	} e[MAX_SYM];
	/* index of the state + 1 by value, found at the first event that has it */
	unsigned char state[MAX_SYM];
};

/**
 * struct ev_format - one event's layout
 * @id: number in the record's first two bytes
 * @present: the kernel (or the file) has this event
 * @end: a record of this event is at least that long
 * @pos: by enum ev_field
 * @from, @to, @backing, @reason: value names, empty when the format has none
 */
struct ev_format {
	bool present;
	int id;
	uint16_t end;
	struct field_pos pos[NR_EF];
	struct sym_map from, to, backing, reason;
};

/** struct ev_set - all formats; one per source */
struct ev_set {
	struct ev_format fmt[NR_EK];
	struct field_pos common_type;
	int long_size;
};

extern const char *const ev_kind_name[NR_EK];

/** ev_set_init - forget everything */
void ev_set_init(struct ev_set *es);

/**
 * ev_set_add - learn one event's layout
 * @name: "vswap_transition" and so on; others are ignored
 * @text: the event's "format" file, need not be trusted
 *
 * Return: 0, or -EINVAL when the text makes no sense.
 */
int ev_set_add(struct ev_set *es, const char *name, const char *text, size_t len);

/** ev_set_complete - at least the transition event is known and usable */
bool ev_set_complete(const struct ev_set *es);

/** struct rb_page - one sub-buffer of a ring buffer, checked */
struct rb_page {
	uint64_t ts;
	uint64_t missed;	/* events the kernel says were lost before it */
	bool missed_unknown;	/* lost events, number not recorded */
	const unsigned char *data;
	size_t len;
};

/**
 * rb_page_open - check a sub-buffer's header
 * @long_size: the kernel's sizeof(long), 4 or 8
 *
 * Return: 0, or -EINVAL when the header points outside the page.
 */
int rb_page_open(struct rb_page *p, const void *page, size_t len, int long_size);

/**
 * rb_page_next - the next event's payload
 * @p: advanced
 * @ts: its time stamp
 *
 * Return: 1 with an event, 0 at the end of the page, -EINVAL when a length
 * points outside it.
 */
int rb_page_next(struct rb_page *p, const unsigned char **data, size_t *len, uint64_t *ts);

/**
 * rb_losses - events lost by one CPU's buffer
 * @stats: its "stats" file; is cut up
 */
uint64_t rb_losses(char *stats);

#define EV_SPARE 8
/* fields that end behind this are not looked at */
#define EV_RECORD_MAX 256

/** task_fn - finds the row of a thread; see procs_of_thread() */
typedef struct task_row *(*task_fn)(struct model *md, int tid);

/**
 * struct ev_filter - count only these; the kernel's filter does the same
 * @cg_on: only cgroups whose row is selected (cg_row.selected)
 * @pid: only this process, 0 for all
 */
struct ev_filter {
	bool cg_on;
	int pid;
};

/** ev_setup - for a model just initialised: names of reasons, no states known */
void ev_setup(struct model *md, struct ev_set *es);

/**
 * ev_apply - decode one record and count it
 * @rec: at least EV_SPARE bytes after its end can be read too
 * @find: how to find the process; NULL attributes to no process
 * @flt: events outside are not counted; may be NULL
 */
void ev_apply(struct model *md, struct ev_set *es, const unsigned char *rec,
	      size_t len, task_fn find, const struct ev_filter *flt);

#endif
