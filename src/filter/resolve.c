/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of an event. Broker fields come first under any letter case, so that a publisher cannot forge them with a tag;
 * a bare name with upper-case letters falls back on the tag in lower case. Pure, any thread.
 */
#include "resolve_priv.h"

#include "value_priv.h"
#include "weir/base/mem.h"

static const struct weir_value resolve_missing = {.type = WEIR_VALUE_MISSING};

static struct weir_value resolve_channel(const struct weir_event *e)
{
	return value_string(e->channel);
}

static struct weir_value resolve_id(const struct weir_event *e)
{
	return e->id.p ? value_string(e->id) : resolve_missing;
}

static struct weir_value resolve_time(const struct weir_event *e)
{
	return value_number(weir__number_integer(e->time_ms));
}

static struct weir_value resolve_user(const struct weir_event *e)
{
	return e->has_info ? value_string(e->info.user) : resolve_missing;
}

static struct weir_value resolve_client(const struct weir_event *e)
{
	return e->has_info ? value_string(e->info.client) : resolve_missing;
}

static struct weir_value resolve_offset(const struct weir_event *e)
{
	struct weir_value v = resolve_missing;

	if (e->offset) {
		/* Beyond 63 bits nothing is counted. */
		v = value_number(weir__number_integer((int64_t)(e->offset & INT64_MAX)));
	}
	return v;
}

static const struct resolve_field {
	struct weir_str name;
	bool bare; /* has the bare name too */
	struct weir_value (*get)(const struct weir_event *e);
} resolve_fields[] = {
	{WEIR_STR("channel"), true, resolve_channel},
	{WEIR_STR("id"), true, resolve_id},
	{WEIR_STR("time"), true, resolve_time},
	{WEIR_STR("user"), true, resolve_user},
	{WEIR_STR("client"), false, resolve_client},
	{WEIR_STR("offset"), false, resolve_offset},
};

static struct weir_value resolve_tag(const struct weir_event *e, struct weir_str key)
{
	for (size_t i = 0; i < e->n_tags; i++)
		if (weir_str_eq(e->tags[i].key, key))
			return value_string(e->tags[i].value);
	return resolve_missing;
}

static bool resolve_is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Is `key` the name in lower case? */
static bool resolve_is_lower_of(struct weir_str key, struct weir_str name)
{
	if (key.n != name.n)
		return false;
	for (size_t i = 0; i < key.n; i++)
		if (key.p[i] != (resolve_is_upper(name.p[i]) ? name.p[i] + 32 : name.p[i]))
			return false;
	return true;
}

static struct weir_value resolve_tag_of_name(const struct weir_event *e, struct weir_str name)
{
	struct weir_value exact = resolve_tag(e, name);

	if (exact.type != WEIR_VALUE_MISSING)
		return exact;
	for (size_t i = 0; i < e->n_tags; i++)
		if (resolve_is_lower_of(e->tags[i].key, name))
			return value_string(e->tags[i].value);
	return resolve_missing;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_value weir__resolve(const struct weir_event *e, enum weir_name_kind kind, struct weir_str name)
{
	if (kind == WEIR_NAME_TAG)
		return resolve_tag(e, name);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(resolve_fields); i++) {
		const struct resolve_field *f = &resolve_fields[i];

		if (kind == WEIR_NAME_EVENT ? weir_str_eq(name, f->name) : f->bare && weir_str_caseeq(name, f->name))
			return f->get(e);
	}
	return kind == WEIR_NAME_BARE ? resolve_tag_of_name(e, name) : resolve_missing;
}
