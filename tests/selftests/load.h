/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that uses its memory in every way at random and knows at every moment what
 * must be in it. What other tests and the soak run beside the thing they test. It also ends
 * when the test's trace has no room for more events, see trace_room().
 */
#ifndef VST_LOAD_H
#define VST_LOAD_H

#include "harness.h"

struct load {
	size_t pages;		/* size of its memory */
	enum pat pat;
	int order;		/* folio order asked for */
	bool shared;		/* tmpfs instead of anonymous memory */
	bool forks;		/* now and then fork, both sides check and write */
	int cpu;		/* stay on this CPU; -1: any */
	double seconds;		/* end so long after filling the memory; 0: only by *stop */
	uint64_t seed;		/* of the order of operations; 0: from the pid */
	/*
	 * Pages that give SIGBUS are counted in *lost (if it is not NULL; otherwise they
	 * end the process) and dropped, as a program would that can recover.
	 */
	volatile uint64_t *lost;
	volatile int *stop;	/* end when it becomes non-zero; may be NULL */
	volatile uint64_t *ops;	/* operations done, for progress checks; may be NULL */
};

/* Body of a load process, for vst_spawn(); checks everything once more at the end. */
void load_run(void *load);

/* What is made to fail while loads run, in pulses that take turns if there are two. */
struct failures {
	const char *attr[2];	/* as for inject(); the second may be NULL */
	unsigned int percent;
	long times;		/* at most, in a pulse */
};

/*
 * Run @nr loads, on any CPU, while things fail: for a while, and then until something has.
 * That may take long, as the debug kernel does few things a second, the more so on a busy
 * machine. Returns how often something failed.
 */
long load_while_failing(struct load *cfg, unsigned int nr, const struct failures *f);

#endif
