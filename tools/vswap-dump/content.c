// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * content.c - what was on a swapped page
 *
 * Through zsmalloc's structures to the compressed bytes, as zs_obj_read_begin() in
 * mm/zsmalloc.c does, with every step checked: an object has to point back to its
 * handle before its bytes are believed.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "comp.h"
#include "content.h"

const char * const content_names[] = {
	"cache", "zero", "zswap", "device", "poison", "free", "missing", "corrupt",
	"unsupported",
};

static enum content give_up(enum content c, char *why, size_t len, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static enum content give_up(enum content c, char *why, size_t len, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, len, fmt, ap);
	va_end(ap);
	return c;
}

static enum content unreadable(enum rd rd, char *why, size_t len, const char *what,
			       uint64_t addr)
{
	if (rd == RD_MISSING)
		return give_up(CONTENT_MISSING, why, len, "the page of the %s at %#" PRIx64
			       " is not in the dump", what, addr);
	return give_up(CONTENT_CORRUPT, why, len, "the %s at %#" PRIx64 " is not mapped",
		       what, addr);
}

/*
 * The size class with this index. If the dump lacks its page, its size follows from its
 * index, and the number of objects is what the longest chain of pages holds: an object
 * is believed only when it points back to its handle, so this cannot mislead.
 */
static enum rd read_class(struct kern *k, uint64_t zs_pool, unsigned int index,
			  uint64_t *size, uint64_t *objs)
{
	const struct kfield *f = &k->l->field[KM_zs_pool_size_class];
	uint64_t cls;
	enum rd rd;

	if (index >= f->nelem)
		return RD_UNMAPPED;
	rd = dump_u64(k->d, zs_pool + f->off + 8ULL * index, &cls);
	if (!rd)
		rd = dump_field(k->d, cls, KM_size_class_size, size);
	if (!rd)
		rd = dump_field(k->d, cls, KM_size_class_objs_per_zspage, objs);
	if (rd == RD_MISSING) {
		*size = zs_class_size(index, k->page_size);
		*objs = ZS_MAX_CHAIN * k->page_size / *size;
		rd = RD_OK;
	}
	return rd;
}

/* An allocated object begins with its handle, or its page descriptor has it. */
static enum content check_owner(struct kern *k, uint64_t handle, const struct zs_object *o,
				uint64_t start, char *why, size_t whylen)
{
	uint64_t head;
	unsigned char b[8];
	enum rd rd;

	if (o->huge) {
		rd = dump_field(k->d, o->zpdesc, KM_zpdesc_handle, &head);
	} else {
		rd = dump_read_phys(k->d, start, b, 8);
		head = rd ? 0 : get_le(b, 8);
	}
	if (rd)
		return unreadable(rd, why, whylen, "zsmalloc object", start);
	if (head != (handle | ZS_ALLOCATED))
		return give_up(CONTENT_CORRUPT, why, whylen,
			       "the zsmalloc object of handle %#" PRIx64
			       " points back to %#" PRIx64, handle, head);
	return CONTENT_ZSWAP;
}

static enum content find_next(struct kern *k, struct zs_object *o, char *why, size_t whylen)
{
	uint64_t next;
	enum rd rd = dump_field(k->d, o->zpdesc, KM_zpdesc_next, &next);

	if (rd)
		return unreadable(rd, why, whylen, "zsmalloc page descriptor", o->zpdesc);
	if (!k->arch->pfn_of(k->d, next, &o->next_pfn))
		return give_up(CONTENT_CORRUPT, why, whylen,
			       "the zsmalloc page after pfn %#" PRIx64 " is no page: %#" PRIx64,
			       o->pfn, next);
	return CONTENT_ZSWAP;
}

/* From a handle to the zspage that has its object. */
static enum content find_zspage(struct kern *k, uint64_t handle, struct zs_object *o,
				char *why, size_t whylen)
{
	unsigned int shift = 64 - (ZS_PHYS_BITS - k->page_shift);
	unsigned int idx_bits = shift - ZS_CLASS_BITS;
	uint64_t magic, cls, huge;
	enum rd rd;

	if (!handle || handle & 7)
		return give_up(CONTENT_CORRUPT, why, whylen,
			       "%#" PRIx64 " is no zsmalloc handle", handle);
	rd = dump_u64(k->d, handle, &o->obj);
	if (rd)
		return unreadable(rd, why, whylen, "zsmalloc handle", handle);
	o->pfn = o->obj >> shift;
	o->class_index = o->obj >> idx_bits & ((1u << ZS_CLASS_BITS) - 1);
	o->index = o->obj & ((1ULL << idx_bits) - 1);
	o->zpdesc = k->arch->page_of(k->d, o->pfn);
	rd = o->zpdesc ? dump_field(k->d, o->zpdesc, KM_zpdesc_zspage, &o->zspage) : RD_UNMAPPED;
	if (rd)
		return unreadable(rd, why, whylen, "zsmalloc page descriptor", o->zpdesc);
	rd = dump_field(k->d, o->zspage, KM_zspage_magic, &magic);
	if (!rd)
		rd = dump_field(k->d, o->zspage, KM_zspage_class, &cls);
	if (!rd)
		rd = dump_field(k->d, o->zspage, KM_zspage_huge, &huge);
	if (rd)
		return unreadable(rd, why, whylen, "zspage", o->zspage);
	if (magic != ZS_MAGIC || cls != o->class_index)
		return give_up(CONTENT_CORRUPT, why, whylen,
			       "handle %#" PRIx64 " leads to no zspage (magic %#" PRIx64
			       ", class %" PRIu64 " instead of %u)", handle, magic, cls,
			       o->class_index);
	o->huge = huge;
	return CONTENT_ZSWAP;
}

enum content zs_locate(struct kern *k, uint64_t zs_pool, uint64_t handle, uint64_t len,
		       struct zs_object *o, char *why, size_t whylen)
{
	uint64_t size, objs, start, head;
	enum content ret;
	enum rd rd;

	memset(o, 0, sizeof(*o));
	ret = find_zspage(k, handle, o, why, whylen);
	if (ret != CONTENT_ZSWAP)
		return ret;
	rd = read_class(k, zs_pool, o->class_index, &size, &objs);
	if (rd)
		return unreadable(rd, why, whylen, "zsmalloc size class of pool", zs_pool);
	head = o->huge ? 0 : ZS_HANDLE_BYTES;
	if (!size || size > k->page_size || o->index >= objs || len + head > size)
		return give_up(CONTENT_CORRUPT, why, whylen,
			       "%" PRIu64 " bytes in object %u of %" PRIu64
			       " in size class %" PRIu64, len, o->index, objs, size);
	o->size = size;
	start = (o->index * size) & (k->page_size - 1);
	ret = check_owner(k, handle, o, (o->pfn << k->page_shift) + start, why, whylen);
	if (ret != CONTENT_ZSWAP)
		return ret;
	o->offset = start + head;
	if (o->offset + len > k->page_size)
		return find_next(k, o, why, whylen);
	return CONTENT_ZSWAP;
}

/* Copy the payload of an object. */
static enum content zs_copy(struct kern *k, const struct zs_object *o, uint64_t len,
			    unsigned char *buf, char *why, size_t whylen)
{
	uint64_t at = (o->pfn << k->page_shift) + o->offset;
	size_t first = k->page_size - o->offset;
	enum rd rd;

	if (o->offset >= k->page_size) {
		/* the handle fills the end of the first page */
		at = (o->next_pfn << k->page_shift) + (o->offset - k->page_size);
		first = len;
	}
	if (first > len)
		first = len;
	rd = dump_read_phys(k->d, at, buf, first);
	if (!rd && first < len)
		rd = dump_read_phys(k->d, o->next_pfn << k->page_shift, buf + first,
				    len - first);
	if (rd)
		return unreadable(rd, why, whylen, "compressed data", at);
	return CONTENT_ZSWAP;
}

enum content content_zentry(struct kern *k, const struct zentry *e, unsigned char *buf,
			    char *why, size_t whylen)
{
	static unsigned char in[65536];
	struct zs_object o;
	struct pool *p;
	enum content ret;

	if (e->rd)
		return unreadable(e->rd, why, whylen, "zswap entry", e->lru);
	p = kern_pool(k, e->pool);
	if (!p || !p->zs)
		return give_up(CONTENT_CORRUPT, why, whylen,
			       "the zswap pool at %#" PRIx64 " cannot be read", e->pool);
	if (!e->length || e->length > k->page_size)
		return give_up(CONTENT_CORRUPT, why, whylen,
			       "%" PRIu64 " compressed bytes", e->length);
	ret = zs_locate(k, p->zs, e->handle, e->length, &o, why, whylen);
	if (ret == CONTENT_ZSWAP)
		ret = zs_copy(k, &o, e->length, in, why, whylen);
	if (ret != CONTENT_ZSWAP)
		return ret;
	/* a page that does not compress is stored as it is */
	if (e->length == k->page_size) {
		memcpy(buf, in, k->page_size);
		return CONTENT_ZSWAP;
	}
	switch (comp_decompress(p->comp, in, e->length, buf, k->page_size)) {
	case COMP_OK:
		return CONTENT_ZSWAP;
	case COMP_UNSUPPORTED:
		return give_up(CONTENT_UNSUPPORTED, why, whylen,
			       "no decoder for compressor \"%s\"", p->comp);
	default:
		return give_up(CONTENT_CORRUPT, why, whylen,
			       "%" PRIu64 " bytes are no %s data of a page", e->length,
			       p->comp);
	}
}

void folio_read(struct kern *k, const struct slot *s, unsigned int type,
		struct folio_state *f)
{
	uint64_t folio = k->arch->page_of(k->d, s->pfn), flags, swap, first;

	memset(f, 0, sizeof(*f));
	if (!folio || dump_field(k->d, folio, KM_folio_flags, &flags) ||
	    dump_field(k->d, folio, KM_folio_swap, &swap))
		return;
	f->known = true;
	first = swp_entry_offset(swap);
	f->matches = swp_entry_type(swap) == type && s->nr >= first &&
		     s->nr - first < k->cluster;
	f->pfn = s->pfn + (s->nr - first);
	f->locked = k->l->have_enum[KE_PG_locked] && flags >> k->l->enumval[KE_PG_locked] & 1;
	f->writeback = k->l->have_enum[KE_PG_writeback] &&
		flags >> k->l->enumval[KE_PG_writeback] & 1;
	f->uptodate = !k->l->have_enum[KE_PG_uptodate] ||
		(flags >> k->l->enumval[KE_PG_uptodate] & 1);
	f->dirty = k->l->have_enum[KE_PG_dirty] && flags >> k->l->enumval[KE_PG_dirty] & 1;
}

/* From the backing of a slot, whatever is cached. */
static enum content from_backing(struct kern *k, const struct slot *s, unsigned char *buf,
				 char *why, size_t whylen)
{
	struct zentry e;

	switch (s->state) {
	case VS_ZERO:
		memset(buf, 0, k->page_size);
		return CONTENT_ZERO;
	case VS_ZSWAP:
		kern_zentry(k, s->entry, &e);
		e.lru = e.rd ? s->entry : e.lru;
		return content_zentry(k, &e, buf, why, whylen);
	case VS_PHYS:
		return give_up(CONTENT_DEVICE, why, whylen,
			       "the content is in slot %" PRIu64 " of device %u, not in memory",
			       s->poff, s->ptype);
	case VS_POISON:
		return give_up(CONTENT_POISON, why, whylen,
			       "the content was lost before the dump was taken");
	case VS_FREE:
		return give_up(CONTENT_FREE, why, whylen, "the slot is not in use");
	case VS_UNKNOWN:
		return give_up(CONTENT_MISSING, why, whylen,
			       "the tables of the slot's cluster are not in the dump");
	case VS_NONE:
		return give_up(CONTENT_MISSING, why, whylen,
			       "the cached page is not in the dump or not yet filled");
	default:
		return give_up(CONTENT_CORRUPT, why, whylen,
			       "the slot's tables contradict each other");
	}
}

enum content content_get(struct kern *k, const struct slot *s, unsigned char *buf,
			 char *why, size_t whylen)
{
	struct folio_state f;

	why[0] = 0;
	if (s->cached) {
		/* newer than any backing, once it has been filled */
		folio_read(k, s, k->vtype, &f);
		if (f.known && f.matches && f.uptodate &&
		    !dump_read_phys(k->d, f.pfn << k->page_shift, buf, k->page_size))
			return CONTENT_CACHE;
	}
	return from_backing(k, s, buf, why, whylen);
}
