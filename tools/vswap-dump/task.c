// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * task.c - what a process has swapped out, by walking its page tables
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static const enum col task_cols[] = {
	COL_ADDR, COL_SLOT, COL_BACKING, COL_CACHED, COL_LENGTH, COL_COMP, COL_DEVICE,
	COL_OFFSET, COL_CGROUP, COL_NOTE
};
#define NTASK_COLS	(sizeof(task_cols) / sizeof(task_cols[0]))

struct task_walk {
	struct listing l;
	struct cluster *c;
	struct pgt pgt;
	unsigned int pid;
	uint64_t states[VS_NR_ALL];
	uint64_t direct, other;
	uint64_t half_done;	/* invalid slots that were being changed */
	uint64_t tables_left;	/* more tables than memory has pages: a cycle */
	uint64_t missing;	/* tables that the dump does not have */
	bool cycle;
};

/* -------------------------------------------------------- finding a task */

static bool pid_is(struct kern *k, uint64_t task, unsigned int pid)
{
	uint64_t v;

	return !dump_field(k->d, task, KM_task_struct_pid, &v) && v == pid;
}

/* How a search for a task went on at a node of a list. */
enum step { STEP_ON, STEP_END, STEP_MISSING, STEP_CYCLE };

/* The next node. @left: nodes that may follow before it must be a cycle. */
static enum step next_node(struct kern *k, uint64_t head, uint64_t *p, uint64_t *left)
{
	if (!*left)
		return STEP_CYCLE;
	--*left;
	if (dump_field(k->d, *p, KM_list_head_next, p))
		return STEP_MISSING;
	return *p == head ? STEP_END : STEP_ON;
}

/* The other threads of a group leader. */
static uint64_t find_thread(struct kern *k, uint64_t leader, unsigned int pid, uint64_t *left)
{
	const struct kfield *node = &k->l->field[KM_task_struct_thread_node];
	uint64_t sig, head, p;

	if (!node->present || !k->l->field[KM_signal_struct_thread_head].present ||
	    dump_field(k->d, leader, KM_task_struct_signal, &sig))
		return 0;
	head = sig + k->l->field[KM_signal_struct_thread_head].off;
	for (p = head; next_node(k, head, &p, left) == STEP_ON;) {
		if (pid_is(k, p - node->off, pid))
			return p - node->off;
	}
	return 0;
}

/* A search through all group leaders, with their threads or without. */
static uint64_t search(struct kern *k, uint64_t head, unsigned int pid, bool threads,
		       enum step *how)
{
	uint64_t off = k->l->field[KM_task_struct_tasks].off, p = head, t;
	/* memory does not hold more tasks; a longer way is a cycle in a damaged list */
	uint64_t left = dump_ram(k->d) / k->l->size[KS_task_struct] + 16;

	while ((*how = next_node(k, head, &p, &left)) == STEP_ON) {
		t = p - off;
		if (!threads && pid_is(k, t, pid))
			return t;
		if (threads && (t = find_thread(k, t, pid, &left)))
			return t;
	}
	return 0;
}

/* Address of the task_struct; 0 if not found, with a reason. */
static uint64_t find_task(struct kern *k, unsigned int pid, const char **why)
{
	const struct kfield *f = &k->l->field[KM_task_struct_tasks];
	uint64_t init = dump_sym(k->d, KSYM_init_task), t;
	enum step how = STEP_END;

	*why = "this kernel's tasks cannot be found";
	if (!init || !f->present)
		return 0;
	/* leaders first, then their threads */
	t = search(k, init + f->off, pid, false, &how);
	if (!t && how == STEP_END)
		t = search(k, init + f->off, pid, true, &how);
	if (how == STEP_MISSING)
		*why = "the list of tasks is incomplete in the dump";
	else if (how == STEP_CYCLE)
		*why = "the list of tasks is damaged";
	else if (dump_count(k->d, RD_MISSING))
		*why = "no such process in what the dump has of their list";
	else
		*why = "no such process";
	return t;
}

/* ------------------------------------------------------------ the walk */

static void found_swap(struct kern *k, struct task_walk *w, uint64_t addr, uint64_t pte)
{
	unsigned int type;
	uint64_t off;
	struct row r;

	k->arch->swap(pte, &type, &off);
	/* beyond the table of devices: migration, markers, poisoned memory */
	if (type >= SWP_MAX_DEVICES || type >= k->l->sym[KSYM_swap_info].size / 8) {
		w->other++;
		return;
	}
	row_from_entry(k, type, off, w->c, &r);
	r.has_addr = true;
	r.pid = w->pid;
	r.addr = addr;
	r.pte = pte;
	if (r.has_slot && r.s.state == VS_INVALID && slot_busy(k, w->c, &r.s)) {
		w->half_done++;
		r.note = r.note ? r.note : "being changed";
	}
	if (r.has_slot)
		w->states[r.s.state]++;
	else
		w->direct++;
	listing_add(&w->l, &r);
}

static void walk_table(struct kern *k, struct task_walk *w, uint64_t phys,
		       unsigned int level, uint64_t base)
{
	unsigned int bits = w->pgt.index_bits, i, n = 1u << bits;
	unsigned int shift = w->pgt.page_shift + bits * (level - 1);
	unsigned char *t;

	if (!w->tables_left) {
		w->cycle = true;
		return;
	}
	w->tables_left--;
	/* the top table may be partly the kernel's, or smaller than a page */
	if (level == w->pgt.levels)
		n = w->pgt.va_bits > shift ? 1u << (w->pgt.va_bits - shift) : 1;
	t = need((size_t)n * 8);
	if (dump_read_phys(k->d, phys, t, (size_t)n * 8)) {
		w->missing++;
		n = 0;
	}
	for (i = 0; i < n && !w->cycle; i++) {
		uint64_t pte = get_le(t + 8 * (size_t)i, 8), addr = base | (uint64_t)i << shift;

		switch (k->arch->classify(pte, level)) {
		case PTE_TABLE:
			if (level > 1)
				walk_table(k, w, k->arch->phys(&w->pgt, pte), level - 1, addr);
			break;
		case PTE_SWAP:
			if (level == 1)
				found_swap(k, w, addr, pte);
			else
				w->other++;
			break;
		default:
			break;
		}
	}
	free(t);
}

/* Physical address of the top table. */
static bool find_pgd(struct kern *k, uint64_t mm, uint64_t *phys)
{
	uint64_t pgd;

	return !dump_field(k->d, mm, KM_mm_struct_pgd, &pgd) &&
	       dump_phys(k->d, pgd, phys);
}

static void print_totals(struct kern *k, const struct task_walk *w, const char *comm,
			 const struct out_opts *o)
{
	uint64_t n = w->direct;
	int i;

	for (i = 0; i < VS_NR_ALL; i++)
		n += w->states[i];
	printf("\nProcess %u (%s): %" PRIu64 " pages (%s) swapped out:", w->pid, comm, n,
	       fmt_bytes(n * k->page_size, o->bytes));
	for (i = 0; i < VS_NR_ALL; i++) {
		if (w->states[i])
			printf(" %" PRIu64 " %s", w->states[i], vs_names[i]);
	}
	if (w->direct)
		printf(" %" PRIu64 " on a device directly", w->direct);
	puts(n ? "." : " none.");
	if (w->other)
		printf("%" PRIu64 " more entries are no pages that are swapped out (migration, markers).\n",
		       w->other);
	if (w->missing)
		printf("%" PRIu64 " of its page tables are not in the dump.\n", w->missing);
	if (w->cycle)
		puts("Its page tables are damaged: they contain a cycle.");
	if (dump_count(k->d, RD_MISSING))
		printf("%" PRIu64 " reads found a page that is not in the dump.\n",
		       dump_count(k->d, RD_MISSING));
}

static void json_totals(struct kern *k, const struct task_walk *w, const char *comm)
{
	struct json_object *o = json_object_new_object();

	json_u64(o, "task", w->pid);
	json_str(o, "comm", comm);
	json_u64(o, "other_entries", w->other);
	json_u64(o, "page_tables_missing", w->missing);
	json_object_object_add(o, "page_tables_damaged", json_object_new_boolean(w->cycle));
	json_stream_end(k, w->l.rows, o);
}

int cmd_task(struct kern *k, const struct out_opts *o, unsigned int pid)
{
	struct task_walk w = { .pid = pid, .tables_left = dump_ram(k->d) / k->page_size + 16 };
	uint64_t task, mm, pgd;
	char comm[17];
	const char *why;
	int ret = 0;

	task = find_task(k, pid, &why);
	if (!task) {
		fprintf(stderr, "vswap-dump: process %u: %s\n", pid, why);
		return 4;
	}
	if (!k->l->field[KM_task_struct_comm].present ||
	    dump_string(k->d, task + k->l->field[KM_task_struct_comm].off, comm, sizeof(comm)))
		strcpy(comm, "?");
	if (dump_field(k->d, task, KM_task_struct_mm, &mm)) {
		fprintf(stderr, "vswap-dump: process %u (%s): not in the dump\n", pid, comm);
		return 4;
	}
	if (!mm) {
		fprintf(stderr, "vswap-dump: process %u (%s): a kernel thread or a dying process, without memory of its own\n",
			pid, comm);
		if (o->json) {
			json_stream_begin(k, "task");
			json_totals(k, &w, comm);
		}
		return 0;
	}
	if (!k->arch->pgt(k->d, &w.pgt) || !find_pgd(k, mm, &pgd)) {
		fprintf(stderr, "vswap-dump: process %u (%s): its page tables are not in the dump\n",
			pid, comm);
		return 4;
	}
	if (listing_begin(&w.l, k, o, task_cols, NTASK_COLS))
		return 2;
	w.c = cluster_new();
	if (o->json)
		json_stream_begin(k, "task");
	walk_table(k, &w, pgd, w.pgt.levels, 0);
	listing_end(&w.l);
	if (o->json)
		json_totals(k, &w, comm);
	else
		print_totals(k, &w, comm, o);
	if (w.missing || w.cycle || w.states[VS_UNKNOWN] || w.states[VS_INVALID] > w.half_done ||
	    w.states[VS_FREE] || dump_incomplete(k))
		ret = 4;
	free(w.c);
	return ret;
}
