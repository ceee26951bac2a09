// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * report.c - what every report says about the dump itself
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void print_head(struct kern *k)
{
	const struct dump_info *i = dump_info(k->d);

	printf("Kernel:   Linux %s (%s, %d-level page tables, moved by %#" PRIx64 ")\n",
	       i->release[0] ? i->release : "?", k->arch->name, i->levels, i->kaslr);
	printf("Dump:     %s%s%s%s%s%s\n", i->format ? i->format : "?",
	       i->flattened ? ", flattened" : "", i->truncated ? ", truncated" : "",
	       i->incomplete ? ", incomplete" : "",
	       i->live ? ", live: not a snapshot" : "",
	       i->found_note ? ", VMCOREINFO found in memory" : "");
	printf("Symbols:  %s\n\n", file_name(k->l->path));
}

const char *device_name(const struct swapdev *d)
{
	return d->path[0] ? d->path : d->bdev[0] ? d->bdev : "?";
}

void json_device(struct json_object *o, const struct swapdev *d)
{
	json_str(o, "path", d->path[0] ? d->path : NULL);
	json_str(o, "bdev", d->bdev[0] ? d->bdev : NULL);
}

struct json_object *json_head(struct kern *k, const char *what)
{
	const struct dump_info *i = dump_info(k->d);
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "schema", json_object_new_int(JSON_SCHEMA));
	json_str(o, "report", what);
	json_str(o, "release", i->release[0] ? i->release : NULL);
	json_str(o, "format", i->format);
	json_object_object_add(o, "live", json_object_new_boolean(i->live));
	json_object_object_add(o, "truncated", json_object_new_boolean(i->truncated));
	json_object_object_add(o, "incomplete", json_object_new_boolean(i->incomplete));
	json_u64(o, "page_size", k->page_size);
	return o;
}

void json_stream_begin(struct kern *k, const char *what)
{
	struct json_object *o = json_head(k, what);
	const char *s = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
						       JSON_C_TO_STRING_NOSLASHESCAPE);

	/* all but the closing brace */
	printf("%.*s, \"rows\": [", (int)strlen(s) - 1, s);
	json_object_put(o);
}

void json_stream_end(struct kern *k, uint64_t rows, struct json_object *more)
{
	struct json_object *o = more ? more : json_object_new_object();
	const char *s;

	json_u64(o, "count", rows);
	json_u64(o, "reads_missing", dump_count(k->d, RD_MISSING));
	json_u64(o, "reads_unmapped", dump_count(k->d, RD_UNMAPPED));
	s = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
					   JSON_C_TO_STRING_NOSLASHESCAPE);
	/* all but the opening brace */
	printf("\n], %s\n", s + 1);
	json_object_put(o);
}

const char *dump_short(struct kern *k)
{
	if (dump_info(k->d)->truncated)
		return "The dump is truncated: the file ends before its data does.";
	if (dump_info(k->d)->incomplete)
		return "The dump is incomplete: what wrote it ran out of space.";
	return NULL;
}

bool dump_incomplete(struct kern *k)
{
	return dump_count(k->d, RD_MISSING) || dump_short(k);
}

int missing_status(struct kern *k, const struct walk_stat *st)
{
	const struct swapdev *v = &k->dev[k->vtype];

	if (st->refused) {
		fprintf(stderr, "vswap-dump: the virtual device claims %" PRIu64
			" slots, more than memory can describe: they were not looked at\n", v->max);
		return 4;
	}
	if (!st->unread && !st->unmapped && !st->cut && !st->tables_missing &&
	    !st->vtables_missing && !dump_incomplete(k))
		return 0;
	fprintf(stderr, "vswap-dump: incomplete: %" PRIu64 " cluster descriptors, %" PRIu64
		" swap tables and %" PRIu64 " virtual tables are not in the dump; %" PRIu64
		" reads failed%s%s\n", st->unread + st->unmapped, st->tables_missing,
		st->vtables_missing, dump_count(k->d, RD_MISSING),
		dump_short(k) ? ". " : "", dump_short(k) ? dump_short(k) : "");
	return 4;
}
