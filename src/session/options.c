/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the object `weir`, and what of it is granted. A null counts as absent, as everywhere in the protocol. Pure,
 * any thread.
 */
#include "weir/session/options.h"

#include <errno.h>

#include "weir/base/mem.h"
#include "weir/base/utf8.h"

#define NAME_SHOWN_BYTES 64 /* of an unknown member in a message */

#define OVERFLOW_NAMES "resync, disconnect, drop_oldest, drop_newest or latest"
#define RATE_POLICIES  "latest, drop_oldest or drop_newest"

/* ---- reading ---- */

static int refuse(struct weir_buf *why, const char *member, const char *expected)
{
	if (*member) {
		weir_buf_char(why, '.');
		weir_buf_str(why, weir_str(member));
	}
	weir_buf_lit(why, ": expected ");
	weir_buf_str(why, weir_str(expected));
	return WEIR_EINVALID;
}

static int refuse_unknown(struct weir_buf *why, struct weir_str quoted, const char *known)
{
	struct weir_buf name;
	struct weir_str shown;

	weir_buf_init(&name, SIZE_MAX / 2);
	weir_json_string_decode(&name, quoted);
	shown = weir_utf8_prefix(weir_buf_view(&name), NAME_SHOWN_BYTES);
	weir_buf_char(why, '.');
	weir_buf_str(why, shown);
	if (shown.n < name.len)
		weir_buf_lit(why, "…");
	weir_buf_lit(why, ": expected ");
	weir_buf_str(why, weir_str(known));
	weir_buf_fini(&name);
	return WEIR_EINVALID;
}

/* `text` has room for it. */
static struct weir_str string_of(struct weir_json v, struct weir_buf *text)
{
	struct weir_str plain = weir_json_string_plain(v.text);
	size_t start = text->len;

	if (plain.p)
		return plain;
	weir_json_string_decode(text, v.text);
	return weir_str_n(text->p + start, text->len - start);
}

static int read_overflow(struct weir_json v, struct weir_buf *text, struct weir_sub_options *out, struct weir_buf *why)
{
	if (v.type == WEIR_JSON_STRING)
		out->overflow = weir_overflow_parse(string_of(v, text));
	return out->overflow ? 0 : refuse(why, "overflow", OVERFLOW_NAMES);
}

/* More than fits is as good as what fits: a bound cuts it. */
static int read_count(struct weir_json v, uint64_t min, uint64_t max, uint64_t *out)
{
	int err = v.type == WEIR_JSON_NUMBER ? weir_json_u64(v, out) : WEIR_EPARSE;

	if (err == WEIR_ELIMIT && v.text.p[0] != '-') {
		*out = max;
		return 0;
	}
	if (err || *out < min)
		return WEIR_EINVALID;
	if (*out > max)
		*out = max;
	return 0;
}

static int read_queue(struct weir_json v, struct weir_buf *text, struct weir_sub_options *out, struct weir_buf *why)
{
	uint64_t n = 0;

	(void)text;
	if (read_count(v, 1, UINT32_MAX, &n))
		return refuse(why, "queue", "an integer of at least 1");
	out->queue = (uint32_t)n;
	return 0;
}

static int read_key(struct weir_json v, struct weir_buf *text, struct weir_sub_options *out, struct weir_buf *why)
{
	if (v.type == WEIR_JSON_STRING)
		out->key = string_of(v, text);
	return out->key.p ? 0 : refuse(why, "key", "a tag's name, or a path such as data.symbol");
}

static int read_rate(struct weir_json v, struct weir_buf *text, struct weir_sub_options *out, struct weir_buf *why)
{
	double rate = 0;

	(void)text;
	if (v.type != WEIR_JSON_NUMBER || weir_json_double(v, &rate) || rate < WEIR_RATE_MIN || rate > WEIR_RATE_MAX)
		return refuse(why, "rate", "a number from 0.001 to 1000000");
	out->rate = rate;
	return 0;
}

static int read_filter(struct weir_json v, struct weir_buf *text, struct weir_sub_options *out, struct weir_buf *why)
{
	(void)text;
	if (v.type != WEIR_JSON_STRING && v.type != WEIR_JSON_OBJECT)
		return refuse(why, "filter", "an expression (a string) or a tree (an object)");
	out->filter = v;
	return 0;
}

static const struct {
	const char *name;
	int (*read)(struct weir_json v, struct weir_buf *text, struct weir_sub_options *out, struct weir_buf *why);
} members[] = {
	{"overflow", read_overflow},
	{"queue", read_queue},
	{"key", read_key},
	{"rate", read_rate},
	{"filter", read_filter},
};

static size_t member_find(struct weir_str quoted)
{
	size_t i = 0;

	while (i < WEIR_ARRAY_LEN(members) && !weir_json_string_is(quoted, weir_str(members[i].name)))
		i++;
	return i;
}

/* ---- granting ---- */

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

int weir_options_find(struct weir_str data, struct weir_json *out, struct weir_buf *why)
{
	struct weir_json_iter it;
	struct weir_json value;
	struct weir_str name;

	*out = (struct weir_json){0};
	if (!data.n || data.p[0] != '{')
		return 0;
	it = weir_json_members((struct weir_json){WEIR_JSON_OBJECT, data});
	while (weir_json_next_member(&it, &name, &value)) {
		if (!weir_json_string_is(name, WEIR_STR("weir")))
			continue;
		if (out->type)
			return refuse(why, "", "it once");
		*out = value;
	}
	if (out->type && out->type != WEIR_JSON_OBJECT)
		return refuse(why, "", "an object");
	return 0;
}

int weir_sub_options_read(
	struct weir_json object, struct weir_buf *text, struct weir_sub_options *out, struct weir_buf *why)
{
	struct weir_json_iter it = weir_json_members(object);
	struct weir_json value;
	struct weir_str name;
	unsigned seen = 0;

	*out = (struct weir_sub_options){.given = true};
	if (!weir_buf_reserve(text, object.text.n))
		return -ENOMEM;
	while (weir_json_next_member(&it, &name, &value)) {
		size_t i = member_find(name);
		int err;

		if (i == WEIR_ARRAY_LEN(members))
			return refuse_unknown(why, name, "overflow, queue, key, rate or filter");
		if (seen & 1u << i)
			return refuse(why, members[i].name, "it once");
		seen |= 1u << i;
		if (value.type == WEIR_JSON_NULL)
			continue;
		err = members[i].read(value, text, out, why);
		if (err)
			return err;
	}
	return 0;
}

int weir_queue_bytes_read(struct weir_json object, uint64_t *out, struct weir_buf *why)
{
	struct weir_json_iter it = weir_json_members(object);
	struct weir_json value;
	struct weir_str name;
	bool seen = false;

	*out = 0;
	while (weir_json_next_member(&it, &name, &value)) {
		if (!weir_json_string_is(name, WEIR_STR("queue_bytes")))
			return refuse_unknown(why, name, "queue_bytes");
		if (seen)
			return refuse(why, "queue_bytes", "it once");
		seen = true;
		if (value.type != WEIR_JSON_NULL && read_count(value, WEIR_QUEUE_BYTES_MIN, UINT64_MAX, out))
			return refuse(why, "queue_bytes", "an integer of at least 16384");
	}
	return 0;
}

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
