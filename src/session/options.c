/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the object `weir`. A null counts as absent, as everywhere in the protocol. Pure, any thread. */
#include "weir/session/options.h"

#include <errno.h>

#include "weir/base/mem.h"
#include "weir/base/utf8.h"
#include "weir/filter/filters.h"

#define NAME_SHOWN_BYTES 64 /* of an unknown member in a message */

#define OVERFLOW_NAMES "resync, disconnect, drop_oldest, drop_newest or latest"

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
	return out->key.p && (!out->key.n || weir_filter_key_valid(out->key))
		       ? 0
		       : refuse(why, "key", "a tag's name, or a path such as data.symbol");
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

static int read_connect(struct weir_json object, bool claim, uint64_t *out, struct weir_buf *why)
{
	struct weir_json_iter it = weir_json_members(object);
	struct weir_json value;
	struct weir_str name;
	bool seen = false;

	*out = 0;
	while (weir_json_next_member(&it, &name, &value)) {
		if (claim && weir_json_string_is(name, WEIR_STR("admin")))
			continue;
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
	return read_connect(object, false, out, why);
}

int weir_connect_claim_read(struct weir_json object, uint64_t *out, struct weir_buf *why)
{
	return read_connect(object, true, out, why);
}
