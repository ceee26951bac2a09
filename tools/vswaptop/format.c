// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * format.c - event layouts by field name, through libtraceevent
 *
 * Formats also come from files that anyone may have written, so the text is
 * reduced to names and numbers before the library sees it: the library's parsers
 * of types and of print formats are large, and nothing of them is needed here.  Of the
 * print format only the value names of a few fields are used; they are picked
 * out by name below and are optional.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <traceevent/event-parse.h>

#include "events.h"
#include "util.h"

const char *const ev_kind_name[NR_EK] = {
	[EK_TRANSITION] = "vswap_transition",
	[EK_SWAPIN] = "vswap_swapin",
	[EK_REJECT] = "vswap_reject",
	[EK_GROW] = "vswap_grow",
	[EK_SWAPOFF] = "vswap_swapoff",
};

static const char *const field_name[NR_EF] = {
	[EF_PID] = "common_pid", [EF_NR] = "nr", [EF_FROM] = "from", [EF_TO] = "to",
	[EF_REASON] = "reason", [EF_PHYS_TYPE] = "phys_type", [EF_BYTES] = "bytes",
	[EF_CGROUP] = "cgroup", [EF_BACKING] = "backing",
};

void ev_set_init(struct ev_set *es)
{
	memset(es, 0, sizeof(*es));
	es->long_size = sizeof(long);
}

/** struct plain - what is wanted of one field line */
struct plain {
	char name[64];
	unsigned int off, size, sign;
};

static bool is_word(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (!first && c >= '0' && c <= '9');
}

/*
 * "\tfield:unsigned long slot;\toffset:8;\tsize:8;\tsigned:0;": words of which
 * the last is the name, then three numbers.  Arrays, pointers and anything that
 * is not of exactly this shape are left out.
 */
static bool field_line(const char *s, size_t len, struct plain *f)
{
	const char *word = NULL;
	unsigned int words = 0;
	char buf[256], *p;
	int end = 0;

	if (len >= sizeof(buf) || memchr(s, 0, len))
		return false;
	memcpy(buf, s, len);
	buf[len] = '\0';
	if (strncmp(buf, "\tfield:", 7))
		return false;
	for (p = buf + 7; *p && *p != ';';) {
		word = p;
		words++;
		if (!is_word(*p, true))
			return false;
		while (is_word(*p, false))
			p++;
		if (*p == ' ' && p[1] != ';')
			p++;
		else if (*p != ';')
			return false;
	}
	if (words < 2 || (size_t)(p - word) >= sizeof(f->name))
		return false;
	memcpy(f->name, word, (size_t)(p - word));
	f->name[p - word] = '\0';
	if (sscanf(p, ";\toffset:%4u;\tsize:%3u;\tsigned:%1u;%n", &f->off, &f->size, &f->sign,
		   &end) != 3)
		return false;
	return end && !p[end];
}

/* The text without what is not needed; returns its length, 0 when malformed. */
static size_t reduce(const char *name, const char *text, size_t len, char *out, size_t room)
{
	const char *s = text, *end = text + len;
	int id = -1, fields = 0, n;
	struct plain f;
	size_t k;

	for (; s < end; s++) {
		const char *e = memchr(s, '\n', (size_t)(end - s));

		if (!e)
			e = end;
		if (id < 0 && e - s > 4 && e - s < 15 && !memcmp(s, "ID: ", 4)) {
			char num[16] = "";

			memcpy(num, s + 4, (size_t)(e - s - 4));
			id = vt_u64(num) < 65536 ? (int)vt_u64(num) : -1;
			break;
		}
		s = e;
	}
	if (id < 0)
		return 0;
	n = snprintf(out, room, "name: %s\nID: %d\nformat:\n", name, id);
	k = (size_t)n;
	for (s = text; s < end; s++) {
		const char *e = memchr(s, '\n', (size_t)(end - s));
		size_t l;

		if (!e)
			e = end;
		l = (size_t)(e - s);
		if (field_line(s, l, &f)) {
			if (k + 256 > room || fields++ > 40)
				return 0;
			/* the size tells all that matters of the type */
			k += (size_t)snprintf(out + k, room - k, "\tfield:unsigned long %s;\t"
					      "offset:%u;\tsize:%u;\tsigned:%u;\n", f.name,
					      f.off, f.size, f.sign);
		}
		s = e;
	}
	n = snprintf(out + k, room - k, "\nprint fmt: \"\"\n");
	return fields ? k + (size_t)n : 0;
}

static void take_field(struct field_pos *pos, struct tep_event *ev, const char *name)
{
	struct tep_format_field *f = tep_find_any_field(ev, name);

	memset(pos, 0, sizeof(*pos));
	pos->na = VT_NA;
	if (!f || f->offset < 0 || f->offset > EV_RECORD_MAX - 8)
		return;
	if (f->flags & (TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_STRING | TEP_FIELD_IS_DYNAMIC))
		return;
	if (f->size != 1 && f->size != 2 && f->size != 4 && f->size != 8)
		return;
	pos->na = 0;
	pos->off = (uint16_t)f->offset;
	pos->size = (uint8_t)f->size;
	pos->end = (uint16_t)(f->offset + f->size);
	pos->shift = (uint8_t)(64 - 8 * f->size);
	pos->is_signed = f->flags & TEP_FIELD_IS_SIGNED;
}

/* skip blanks inside [s, end) */
static const char *blank(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	return s;
}

/*
 * __print_symbolic(REC->from, { 0, "free" }, { 1, "none" }, ...): the pairs
 * after the field's name.  Names the kernel could not resolve are skipped.
 */
static void take_symbols(struct sym_map *map, const char *text, size_t len, const char *field)
{
	char key[64];
	const char *s, *end = text + len;
	int n = snprintf(key, sizeof(key), "__print_symbolic(REC->%s,", field);

	map->n = 0;
	s = memmem(text, len, key, (size_t)n);
	if (!s)
		return;
	s += n;
	while (map->n < MAX_SYM) {
		char num[24] = "";
		const char *q;
		size_t k = 0;

		s = blank(s, end);
		if (s < end && *s == ',')
			s = blank(s + 1, end);
		if (s >= end || *s != '{')
			return;
		s = blank(s + 1, end);
		while (s < end && *s >= '0' && *s <= '9' && k < sizeof(num) - 1)
			num[k++] = *s++;
		s = memchr(s, '"', (size_t)(end - s));
		if (!s)
			return;
		q = memchr(s + 1, '"', (size_t)(end - s - 1));
		if (!q || q - s > NAME_LEN)
			return;
		if (k) {
			memcpy(map->e[map->n].name, s + 1, (size_t)(q - s - 1));
			map->e[map->n].name[q - s - 1] = '\0';
			vt_clean(map->e[map->n].name);
			map->e[map->n++].value = vt_u64(num);
		}
		s = memchr(q, '}', (size_t)(end - q));
		if (!s)
			return;
		s++;
	}
}

int ev_set_add(struct ev_set *es, const char *name, const char *text, size_t len)
{
	char plain[12288];
	struct tep_handle *tep;
	struct tep_event *ev = NULL;
	struct ev_format *f;
	size_t n;
	int kind;

	for (kind = 0; kind < NR_EK; kind++)
		if (!strcmp(ev_kind_name[kind], name))
			break;
	if (kind == NR_EK)
		return 0;
	n = reduce(name, text, len, plain, sizeof(plain));
	if (!n)
		return -EINVAL;
	tep = tep_alloc();
	if (!tep)
		return -ENOMEM;
	tep_set_loglevel(TEP_LOG_NONE);
	f = &es->fmt[kind];
	memset(f, 0, sizeof(*f));
	tep_parse_event(tep, plain, (unsigned long)n, "vswap");
	ev = tep_find_event_by_name(tep, "vswap", name);
	if (ev) {
		take_field(&es->common_type, ev, "common_type");
		f->end = es->common_type.end;
		for (int i = 0; i < NR_EF; i++) {
			take_field(&f->pos[i], ev, field_name[i]);
			if (f->pos[i].end > f->end)
				f->end = f->pos[i].end;
		}
		f->id = ev->id;
		f->present = es->common_type.size != 0;
		take_symbols(&f->from, text, len, "from");
		take_symbols(&f->to, text, len, "to");
		take_symbols(&f->backing, text, len, "backing");
		take_symbols(&f->reason, text, len, "reason");
	}
	tep_free(tep);
	return f->present ? 0 : -EINVAL;
}

bool ev_set_complete(const struct ev_set *es)
{
	const struct ev_format *f = &es->fmt[EK_TRANSITION];

	return f->present && f->pos[EF_FROM].size && f->pos[EF_TO].size;
}
