/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running a tags filter. Jumps only go forward, so each op runs at most once; a leaf reads one tag. The owning worker's
 * thread.
 */
#include "weir/event/tagfilter.h"

#include <stdlib.h>

#include "tagfilter_priv.h"

static struct weir_str filter_tag(struct weir_str key, const struct weir_tag *tags, size_t n_tags)
{
	for (size_t i = 0; i < n_tags; i++)
		if (weir_str_eq(tags[i].key, key))
			return tags[i].value.p ? tags[i].value : weir_str_n("", 0);
	return WEIR_STR_NONE;
}

static bool filter_in(const struct weir_tagfilter *f, const struct tagfilter_op *op, struct weir_str v)
{
	const struct tagfilter_text *vals = tagfilter_vals(f) + op->vals;
	const char *bytes = tagfilter_bytes(f);
	size_t low = 0, high = op->n_vals;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = tagfilter_order(v, tagfilter_str(bytes, vals[middle]));

		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

static bool filter_number(const struct tagfilter_op *op, struct weir_str v)
{
	struct weir_decimal number;
	int order;

	if (!op->is_number || !weir__decimal_parse(v, &number))
		return false;
	order = weir__decimal_compare(&number, &op->number);
	switch (op->code) {
	case TAGFILTER_LESS:
		return order < 0;
	case TAGFILTER_LESS_EQUAL:
		return order <= 0;
	case TAGFILTER_GREATER:
		return order > 0;
	default:
		return order >= 0;
	}
}

/* A tag's value is text, so equality is that of bytes; a missing tag makes every leaf false. */
static bool filter_leaf(const struct weir_tagfilter *f, const struct tagfilter_op *op, struct weir_str v)
{
	struct weir_str val = tagfilter_str(tagfilter_bytes(f), op->val);

	if (!v.p)
		return false;
	switch (op->code) {
	case TAGFILTER_EXISTS:
		return true;
	case TAGFILTER_EQUAL:
		return weir_str_eq(v, val);
	case TAGFILTER_IN:
		return filter_in(f, op, v);
	case TAGFILTER_STARTS:
		return weir_str_starts(v, val);
	case TAGFILTER_ENDS:
		return weir_str_ends(v, val);
	case TAGFILTER_CONTAINS:
		return weir_str_contains(v, val);
	default:
		return filter_number(op, v);
	}
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_tagfilter *weir_tagfilter_ref(struct weir_tagfilter *f)
{
	f->refs++;
	return f;
}

void weir_tagfilter_unref(struct weir_tagfilter **f)
{
	struct weir_tagfilter *filter = *f;

	*f = NULL;
	if (filter && --filter->refs == 0)
		free(filter);
}

bool weir_tagfilter_match(const struct weir_tagfilter *f, const struct weir_tag *tags, size_t n_tags)
{
	const char *bytes = tagfilter_bytes(f);
	bool truth = false;

	for (size_t i = 0; i < f->n_ops; i++) {
		const struct tagfilter_op *op = &f->ops[i];

		switch (op->code) {
		case TAGFILTER_NOT:
			truth = !truth;
			break;
		case TAGFILTER_JUMP_FALSE:
		case TAGFILTER_JUMP_TRUE:
			if (truth == (op->code == TAGFILTER_JUMP_TRUE))
				i = (size_t)op->jump - 1;
			break;
		default:
			truth = filter_leaf(f, op, filter_tag(tagfilter_str(bytes, op->key), tags, n_tags));
			break;
		}
	}
	return truth;
}

struct weir_str weir_tagfilter_program(const struct weir_tagfilter *f)
{
	return weir_str_n((const char *)f + TAGFILTER_HEAD, f->size - TAGFILTER_HEAD);
}
