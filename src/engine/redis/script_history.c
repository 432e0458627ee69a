/* SPDX-License-Identifier: Apache-2.0 */
/* history.lua: the command, and the bodies it answers with. Loop's thread. */
#include "script_priv.h"

static const char *history_mode(const struct weir_script_history *h)
{
	if (h->remove)
		return "remove";
	if (h->recover)
		return "recover";
	return h->reverse ? "reverse" : "forward";
}

/* All of them strings, so that one stands directly behind the other. */
static bool bodies_are_good(const struct weir_reply *bodies)
{
	const struct weir_reply *r = weir_reply_first(bodies);

	for (uint32_t i = 0; i < bodies->count; i++, r = weir_reply_next(r))
		if (r->type != WEIR_REPLY_STRING)
			return false;
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_script_history(struct weir_argv *a, const struct weir_script_history *h)
{
	weir__script_begin(a, WEIR_SCRIPT_HISTORY, h->key);
	weir_argv_str(a, h->channel);
	weir_argv_str(a, h->new_epoch);
	weir_argv_u64(a, weir__ttl_with_reserve(h->meta_ttl_ms));
	weir_argv_cstr(a, history_mode(h));
	if (h->has_since || h->recover)
		weir_argv_u64(a, h->since);
	else
		weir_argv_cstr(a, "");
	if (h->limit == UINT64_MAX)
		weir_argv_cstr(a, "-1");
	else
		weir_argv_u64(a, h->limit);
}

int weir_script_history_reply(const struct weir_reply *r, bool reverse, struct weir_history_reply *out)
{
	struct weir_str epoch;
	struct weir_fields f;

	*out = (struct weir_history_reply){0};
	if (!weir__fields_array(&f, r))
		return r->type == WEIR_REPLY_ERROR ? WEIR_EUNAVAILABLE : WEIR_EPARSE;
	if (!weir__fields_str(&f, &epoch) || !weir__epoch_copy(out->epoch, epoch) || !weir__fields_u64(&f, &out->top) ||
		!weir__fields_u64(&f, &out->lo) || !weir__fields_u64(&f, &out->last.generation) ||
		!weir__fields_u64(&f, &out->last.n) || !weir__fields_u64(&f, &out->first) || f.left == 0 ||
		f.at->type != WEIR_REPLY_ARRAY || !bodies_are_good(f.at))
		return WEIR_EPARSE;
	out->count = f.at->count;
	out->body = weir_reply_first(f.at);
	/* The offsets stay within what there is, so that nobody counts past it. */
	if (out->lo == 0 || out->lo > out->top + 1)
		return WEIR_EPARSE;
	if (out->count > 0 && (out->first < out->lo || out->first > out->top))
		return WEIR_EPARSE;
	if (out->count > 0 && out->count > (reverse ? out->first - out->lo : out->top - out->first) + 1)
		return WEIR_EPARSE;
	return 0;
}
