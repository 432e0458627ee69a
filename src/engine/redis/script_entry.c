/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of the log: [id, ["e", header "\n" body]], as XREAD and XRANGE answer them. The odd case: XREAD's nil means
 * that nothing is new. Untrusted input. Loop's thread.
 */
#include "script_priv.h"

/* <pid>:<q> */
static bool origin_parse(struct weir_str s, struct weir_log_entry *out)
{
	out->pid = weir_str_cut(&s, ':');
	return s.p && weir_str_u64(s, &out->q) == 0;
}

/* <s>:<epoch>:<pid>:<q> */
static bool publication_parse(struct weir_str s, struct weir_log_entry *out)
{
	struct weir_str offset = weir_str_cut(&s, ':'), epoch;

	if (!s.p || weir_str_u64(offset, &out->offset))
		return false;
	epoch = weir_str_cut(&s, ':');
	return s.p && weir__epoch_copy(out->epoch, epoch) && origin_parse(s, out);
}

/* <L>:<eb> */
static bool fence_parse(struct weir_str s, struct weir_log_entry *out)
{
	struct weir_str last = weir_str_cut(&s, ':');

	return s.p && weir__position_parse(last, &out->last_before) && weir__epoch_copy(out->epoch, s);
}

static bool head_parse(struct weir_str s, struct weir_log_entry *out)
{
	struct weir_str op = weir_str_cut(&s, ':');

	if (op.n != 1 || !s.p)
		return false;
	out->op = (enum weir_log_op)op.p[0];
	switch (op.p[0]) {
	case WEIR_LOG_PUBLICATION:
		return publication_parse(s, out);
	case WEIR_LOG_JOIN:
	case WEIR_LOG_LEAVE:
	case WEIR_LOG_CONTROL:
	case WEIR_LOG_TICK:
		return origin_parse(s, out);
	case WEIR_LOG_FENCE:
		return fence_parse(s, out);
	case WEIR_LOG_EPOCH:
		return weir__epoch_copy(out->epoch, s);
	default:
		return false;
	}
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_log_entries(const struct weir_reply *reply, bool xread, const struct weir_reply **first, uint32_t *count)
{
	const struct weir_reply *entries = reply;

	*first = NULL;
	*count = 0;
	if (reply->type == WEIR_REPLY_ERROR)
		return WEIR_EUNAVAILABLE;
	if (xread && reply->type == WEIR_REPLY_NIL)
		return 0;
	if (xread) {
		const struct weir_reply *stream = weir_reply_first(reply);

		if (reply->type != WEIR_REPLY_ARRAY || reply->count != 1 || stream->type != WEIR_REPLY_ARRAY ||
			stream->count != 2)
			return WEIR_EPARSE;
		entries = weir_reply_next(weir_reply_first(stream));
	}
	if (entries->type != WEIR_REPLY_ARRAY)
		return WEIR_EPARSE;
	*count = entries->count;
	*first = entries->count ? weir_reply_first(entries) : NULL;
	return 0;
}

int weir_log_entry_parse(const struct weir_reply *entry, struct weir_log_entry *out)
{
	const struct weir_reply *fields, *name;
	struct weir_fields f;
	struct weir_str head;

	*out = (struct weir_log_entry){0};
	if (!weir__fields_array(&f, entry) || !weir__fields_position(&f, &out->position) || f.left != 1)
		return WEIR_EPARSE;
	fields = f.at;
	name = weir_reply_first(fields);
	if (fields->type != WEIR_REPLY_ARRAY || fields->count != 2 || name->type != WEIR_REPLY_STRING ||
		!weir_str_is(name->str, "e") || weir_reply_next(name)->type != WEIR_REPLY_STRING)
		return WEIR_EPARSE;
	out->body = weir_reply_next(name)->str;
	head = weir_str_cut(&out->body, '\n');
	if (!out->body.p || !head_parse(head, out))
		return WEIR_EPARSE;
	return 0;
}
