/* SPDX-License-Identifier: Apache-2.0 */
/* What is granted of the options of a queue: precedence, ceilings, and what one option demands of another. Pure. */
#include "weir/session/options.h"

#define RATE_POLICIES "latest, drop_oldest or drop_newest"

static const struct weir_sub_options nothing;

static enum weir_refusal bad(struct weir_buf *why, bool of_subscriber, const char *option, const char *text)
{
	weir_buf_str(why, of_subscriber ? WEIR_STR("data.weir.") : WEIR_STR("the token's "));
	weir_buf_str(why, weir_str(option));
	weir_buf_str(why, weir_str(text));
	return WEIR_REFUSAL_BAD;
}

static void take_smaller(double *rate, double other)
{
	if (other > 0 && (*rate <= 0 || other < *rate))
		*rate = other;
}

static double grant_rate(
	const struct weir_namespace *ns, const struct weir_sub_options *claim, const struct weir_sub_options *asked)
{
	double rate = ns->rate, wanted = asked->rate;

	if (ns->rate_max > 0 && wanted > ns->rate_max)
		wanted = ns->rate_max;
	take_smaller(&rate, wanted);
	take_smaller(&rate, claim->rate);
	return rate;
}

static uint32_t grant_queue(
	const struct weir_namespace *ns, const struct weir_sub_options *claim, const struct weir_sub_options *asked)
{
	if (claim->queue)
		return claim->queue;
	if (!asked->queue)
		return (uint32_t)ns->queue;
	return asked->queue > ns->queue_max ? (uint32_t)ns->queue_max : asked->queue;
}

/* Nobody who may choose has chosen. A namespace's resync is for those of its subscriptions that can be recovered. */
static enum weir_overflow default_overflow(const struct weir_namespace *ns, bool recoverable, double rate)
{
	if (ns->overflow && (ns->overflow != WEIR_OVERFLOW_RESYNC || recoverable))
		return ns->overflow;
	if (rate > 0)
		return WEIR_OVERFLOW_LATEST;
	return recoverable ? WEIR_OVERFLOW_RESYNC : WEIR_OVERFLOW_DISCONNECT;
}

static bool takes_rate(enum weir_overflow o)
{
	return o != WEIR_OVERFLOW_RESYNC && o != WEIR_OVERFLOW_DISCONNECT;
}

/* What one option demands of another. */
static enum weir_refusal check_granted(const struct weir_sub_options *claim, const struct weir_sub_options *asked,
	bool recoverable, const struct weir_queue_options *o, struct weir_buf *why)
{
	if (o->overflow == WEIR_OVERFLOW_RESYNC && !recoverable && (claim->overflow || asked->overflow))
		return bad(why, !claim->overflow, "overflow", ": resync needs a recoverable subscription");
	if (o->rate > 0 && !takes_rate(o->overflow)) {
		if (claim->rate > 0 || asked->rate > 0)
			return bad(why, asked->rate > 0, "rate", ": needs overflow " RATE_POLICIES);
		if (claim->overflow || asked->overflow)
			return bad(why, !claim->overflow, "overflow",
				": expected " RATE_POLICIES ", since there is a rate");
	}
	if (o->overflow != WEIR_OVERFLOW_LATEST && (claim->key.p || asked->key.p))
		return bad(why, !claim->key.p, "key", ": needs overflow latest");
	return WEIR_REFUSAL_NONE;
}

/* ------------------------------------------------------------------------------------------------------------------ */

enum weir_refusal weir_queue_options_resolve(const struct weir_namespace *ns, bool recoverable,
	const struct weir_sub_options *claim, const struct weir_sub_options *asked, struct weir_queue_options *out,
	struct weir_buf *why)
{
	enum weir_refusal refusal;

	claim = claim ? claim : &nothing;
	asked = asked ? asked : &nothing;
	if (asked->overflow && !(ns->allowed_overflow & WEIR_OVERFLOW_BIT(asked->overflow)))
		return WEIR_REFUSAL_DENIED;
	out->queue = grant_queue(ns, claim, asked);
	out->rate = grant_rate(ns, claim, asked);
	out->overflow = claim->overflow   ? claim->overflow
			: asked->overflow ? asked->overflow
					  : default_overflow(ns, recoverable, out->rate);
	refusal = check_granted(claim, asked, recoverable, out, why);
	out->key = claim->key.p ? claim->key : asked->key.p ? asked->key : weir_str(ns->key);
	if (out->overflow != WEIR_OVERFLOW_LATEST || !out->key.n)
		out->key = WEIR_STR_NONE;
	return refusal;
}

struct weir_queue_options weir_queue_options_of(const struct weir_namespace *ns, bool recoverable)
{
	struct weir_queue_options o;

	(void)weir_queue_options_resolve(ns, recoverable, NULL, NULL, &o, NULL);
	return o;
}

void weir_queue_options_write(const struct weir_queue_options *o, struct weir_buf *out)
{
	weir_buf_lit(out, "{\"weir\":{\"overflow\":\"");
	weir_buf_str(out, weir_str(weir_overflow_name(o->overflow)));
	weir_buf_char(out, '"');
	if (o->key.n) {
		weir_buf_lit(out, ",\"key\":");
		weir_json_append_string(out, o->key);
	}
	if (o->rate > 0) {
		weir_buf_lit(out, ",\"rate\":");
		weir_buf_double(out, o->rate);
	}
	weir_buf_lit(out, ",\"queue\":");
	weir_buf_u64(out, o->queue);
	weir_buf_lit(out, "}}");
}
