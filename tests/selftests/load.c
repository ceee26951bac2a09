// SPDX-License-Identifier: GPL-2.0-or-later
#include "load.h"

#include <sys/wait.h>

#ifndef MADV_COLD
#define MADV_COLD 20
#endif

/* Longest range of one operation, pages. */
#define RANGE 67

struct model {
	const struct load *cfg;
	struct area a;
	/* version of each page's content; 0: never written, reads as zero */
	uint32_t *ver;
	uint32_t next_ver;
	uint64_t rng;
};

static uint64_t rnd(struct model *m, uint64_t below)
{
	m->rng ^= m->rng << 13;
	m->rng ^= m->rng >> 7;
	m->rng ^= m->rng << 17;
	return (m->rng >> 11) % below;
}

static void expected(const struct model *m, size_t i, uint64_t *buf)
{
	if (!m->ver[i])
		memset(buf, 0, PG);
	else
		pattern_page(m->a.pat, m->a.seed + m->ver[i], i, buf);
}

static void write_range(struct model *m, size_t first, size_t nr)
{
	uint64_t buf[PG / 8];
	size_t i;

	m->next_ver++;
	for (i = first; i < first + nr; i++) {
		m->ver[i] = m->next_ver;
		expected(m, i, buf);
		memcpy(m->a.p + i * PG, buf, PG);
	}
}

/* madvise() that may fail for want of memory, which others may be injecting. */
static bool advise(struct model *m, size_t first, size_t nr, int advice)
{
	if (!madvise(m->a.p + first * PG, nr * PG, advice))
		return true;
	if (errno != ENOMEM && errno != EAGAIN && errno != EINTR)
		FAIL("madvise(%zu pages, %d): %s", nr, advice, strerror(errno));
	return false;
}

static void drop_range(struct model *m, size_t first, size_t nr)
{
	size_t i;

	if (!advise(m, first, nr, m->cfg->shared ? MADV_REMOVE : MADV_DONTNEED))
		return;
	for (i = first; i < first + nr; i++)
		m->ver[i] = 0;
}

/* Forget the content of page @i, which could not be read. */
static void page_lost(struct model *m, size_t i, int sig)
{
	if (!m->cfg->lost)
		FAIL("signal %d at page %zu", sig, i);
	__atomic_add_fetch(m->cfg->lost, 1, __ATOMIC_RELAXED);
	do
		drop_range(m, i, 1);
	while (m->ver[i]);
}

static void check_range(struct model *m, size_t first, size_t nr)
{
	uint64_t buf[PG / 8];
	unsigned char byte;
	size_t i;
	int sig;

	for (i = first; i < first + nr; i++) {
		sig = vst_probe(m->a.p + i * PG, &byte);
		if (sig) {
			page_lost(m, i, sig);
			continue;
		}
		expected(m, i, buf);
		if (memcmp(m->a.p + i * PG, buf, PG))
			FAIL("load: page %zu of %zu (version %u of %u) is wrong: word 0 %#llx, expected %#llx",
			     i, m->a.n, m->ver[i], m->next_ver,
			     *(unsigned long long *)(m->a.p + i * PG),
			     (unsigned long long)buf[0]);
	}
}

/* Writing also needs the old content of a page to be readable: probe first. */
static void rewrite_range(struct model *m, size_t first, size_t nr)
{
	unsigned char byte;
	size_t i;
	int sig;

	for (i = first; m->cfg->lost && i < first + nr; i++) {
		sig = vst_probe(m->a.p + i * PG, &byte);
		if (sig)
			page_lost(m, i, sig);
	}
	write_range(m, first, nr);
}

/* Child and parent write to the same pages; each must see its own. */
static void fork_range(struct model *m, size_t first, size_t nr)
{
	pid_t pid = fork();
	int status;

	if (pid < 0) {
		/* no memory for it is no fault of the data */
		if (errno == ENOMEM || errno == EAGAIN)
			return;
		FAIL("fork: %s", strerror(errno));
	}
	if (!pid) {
		check_range(m, first, nr);
		if (!m->cfg->shared) {
			m->next_ver += 1000000;
			rewrite_range(m, first, nr / 2 + 1);
			advise(m, first, nr, MADV_PAGEOUT);
			check_range(m, first, nr);
		}
		_exit(VST_PASS);
	}
	if (!m->cfg->shared)
		rewrite_range(m, first + nr / 3, nr - nr / 3);
	status = vst_wait(pid);
	/* the OOM killer may prefer the child; the parent's data counts */
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		FAIL("load: forked child: status %#x", status);
}

static void step(struct model *m)
{
	size_t first = rnd(m, m->a.n);
	size_t nr = 1 + rnd(m, m->a.n - first < RANGE ? m->a.n - first : RANGE);

	switch (rnd(m, 16)) {
	case 0 ... 3:
		rewrite_range(m, first, nr);
		break;
	case 4 ... 6:
		check_range(m, first, nr);
		break;
	case 7 ... 10:
		advise(m, first, nr, MADV_PAGEOUT);
		break;
	case 11:
		advise(m, first, nr, MADV_WILLNEED);
		break;
	case 12:
		drop_range(m, first, nr);
		break;
	case 13:
		advise(m, first, nr, MADV_COLD);
		break;
	case 14:
		advise(m, 0, m->a.n, MADV_PAGEOUT);
		break;
	default:
		if (m->cfg->forks)
			fork_range(m, first, nr);
		break;
	}
}

void load_run(void *arg)
{
	const struct load *cfg = arg;
	struct model m = { .cfg = cfg };
	double end;

	vst_pin(cfg->cpu);
	m.rng = (cfg->seed ? cfg->seed : (uint64_t)getpid()) * 0x9e3779b97f4a7c15ULL | 1;
	if (cfg->shared)
		area_map_shared(&m.a, cfg->pages, cfg->pat, cfg->order);
	else
		area_map(&m.a, cfg->pages, cfg->pat, cfg->order);
	m.a.seed = m.rng;
	m.ver = calloc(cfg->pages, sizeof(*m.ver));
	if (!m.ver)
		FAIL("no memory");
	/* the model itself stays in memory, or it would be tested too */
	mlock(m.ver, cfg->pages * sizeof(*m.ver));
	write_range(&m, 0, m.a.n);
	end = vst_now() + cfg->seconds;
	while (trace_room() && !(cfg->stop && *cfg->stop) &&
	       !(cfg->seconds > 0 && vst_now() > end)) {
		step(&m);
		if (cfg->ops)
			__atomic_add_fetch(cfg->ops, 1, __ATOMIC_RELAXED);
	}
	check_range(&m, 0, m.a.n);
	free(m.ver);
	area_free(&m.a);
}

/* One pulse; returns how often something failed in it. */
static long pulse(const struct failures *f, const char *attr)
{
	inject(attr, f->percent, f->times, false);
	vst_msleep(100);
	inject_off();
	return f->times - inject_left(attr);
}

#define MOST_LOADS 4

long load_while_failing(struct load *cfg, unsigned int nr, const struct failures *f)
{
	volatile int *stop = vst_shared(PG);
	unsigned int i, two = !!f->attr[1];
	pid_t pid[MOST_LOADS];
	long happened = 0;
	double end;

	CHECK_LE(nr, MOST_LOADS);
	vst_pin(-1);
	for (i = 0; i < nr; i++) {
		cfg[i].cpu = -1;
		cfg[i].stop = stop;
		pid[i] = vst_spawn(load_run, &cfg[i]);
	}
	vst_msleep(400);
	end = vst_now() + (vst_debug_kernel ? 12 : 6);
	for (i = 0; vst_more(happened ? end : end + 80); i++) {
		happened += pulse(f, f->attr[i & two]);
		vst_msleep(50);
	}
	*stop = 1;
	for (i = 0; i < nr; i++)
		vst_join(pid[i]);
	return happened;
}
