/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What names mean for an event of weir, as the reference sees it: the order of names, and a payload that is searched from
 * its root for each path, always to the end, since the last of equal keys counts.
 */
#include <ctype.h>
#include <stdio.h>

#include "reference_priv.h"

#define PAYLOAD_DEPTH 64

static struct weir_value event_string(struct weir_str s)
{
	return (struct weir_value){.type = WEIR_VALUE_STRING, .string = s.p ? s : WEIR_STR("")};
}

static struct weir_value event_count(uint64_t n)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	return ref_number(text);
}

/* channel, id, time, user: also bare. */
static bool event_field(const struct weir_event *e, struct weir_str name, bool bare, struct weir_value *out)
{
	*out = ref_missing();
	if (weir_str_is(name, "channel"))
		*out = event_string(e->channel);
	else if (weir_str_is(name, "id"))
		*out = e->id.p ? event_string(e->id) : *out;
	else if (weir_str_is(name, "time"))
		*out = event_count((uint64_t)e->time_ms);
	else if (weir_str_is(name, "user"))
		*out = e->has_info ? event_string(e->info.user) : *out;
	else if (!bare && weir_str_is(name, "client"))
		*out = e->has_info ? event_string(e->info.client) : *out;
	else if (!bare && weir_str_is(name, "offset"))
		*out = e->offset ? event_count(e->offset) : *out;
	else
		return false;
	return true;
}

static struct weir_value event_tag(const struct weir_event *e, struct weir_str name)
{
	for (size_t i = 0; i < e->n_tags; i++)
		if (weir_str_eq(e->tags[i].key, name))
			return event_string(e->tags[i].value);
	return ref_missing();
}

static struct weir_json json_member(struct weir_json object, struct weir_str wanted)
{
	struct weir_json found = {.type = WEIR_JSON_NONE}, value;
	struct weir_json_iter it;
	struct weir_str name;

	if (object.type != WEIR_JSON_OBJECT)
		return found;
	for (it = weir_json_members(object); weir_json_next_member(&it, &name, &value);)
		if (weir_json_string_is(name, wanted))
			found = value;
	return found;
}

static struct weir_json json_element(struct weir_json array, size_t wanted)
{
	struct weir_json found = {.type = WEIR_JSON_NONE}, value;
	struct weir_json_iter it;
	size_t n = 0;

	if (array.type != WEIR_JSON_ARRAY)
		return found;
	for (it = weir_json_elements(array); weir_json_next_element(&it, &value); n++)
		if (n == wanted)
			found = value;
	return found;
}

/* Takes a step off a path in the form of ref_path_text(). */
static struct weir_json json_step(struct weir_json from, struct weir_str *path)
{
	char name[REF_MAX_MEMBER];
	size_t i = 1, n = 0, index = 0;

	if (*path->p == '#') {
		for (; i < path->n && ref_is_digit(path->p[i]); i++)
			index = index * 10 + (size_t)(path->p[i] - '0');
		*path = weir_str_n(path->p + i, path->n - i);
		return json_element(from, index);
	}
	for (; i < path->n && path->p[i] != '/' && path->p[i] != '#'; i++) {
		i += path->p[i] == '~';
		weir_assert(n < sizeof(name));
		name[n++] = path->p[i];
	}
	*path = weir_str_n(path->p + i, path->n - i);
	return json_member(from, weir_str_n(name, n));
}

static struct weir_value json_value(struct ref_arena *a, struct weir_json v)
{
	struct weir_value out = {.type = WEIR_VALUE_NUMBER};
	struct weir_buf text;

	switch (v.type) {
	case WEIR_JSON_NONE:
	case WEIR_JSON_NULL:
		return ref_missing();
	case WEIR_JSON_FALSE:
	case WEIR_JSON_TRUE:
		return ref_boolean(v.type == WEIR_JSON_TRUE);
	case WEIR_JSON_NUMBER:
		return ref_number_read(v.text, true, &out.number) == REF_READ ? out : ref_opaque();
	case WEIR_JSON_STRING:
		weir_buf_init(&text, 1 << 20);
		weir_json_string_decode(&text, v.text);
		out = event_string(ref_copy(a, weir_buf_view(&text)));
		weir_buf_fini(&text);
		return out;
	default:
		return ref_opaque();
	}
}

static struct weir_value event_data(struct ref_arena *a, const struct weir_event *e, struct weir_str path)
{
	struct weir_json v;

	if (weir_json_check(e->data, PAYLOAD_DEPTH, &v, NULL))
		return ref_missing();
	while (path.n > 0)
		v = json_step(v, &path);
	return json_value(a, v);
}

static struct weir_value event_bare(struct ref_arena *a, const struct weir_event *e, struct weir_str name)
{
	struct weir_str lower = ref_copy(a, name);
	struct weir_value v;

	for (size_t i = 0; i < lower.n; i++)
		((char *)lower.p)[i] = (char)tolower((unsigned char)lower.p[i]);
	if (event_field(e, lower, true, &v))
		return v;
	if (weir_str_is(lower, "data"))
		return event_data(a, e, WEIR_STR(""));
	v = event_tag(e, name);
	return v.type == WEIR_VALUE_MISSING ? event_tag(e, lower) : v;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_value ref_event_resolve(void *ctx, enum weir_name_kind kind, struct weir_str name, unsigned path)
{
	const struct ref_event *e = ctx;
	struct weir_value v;

	(void)path;
	switch (kind) {
	case WEIR_NAME_TAG:
		return event_tag(e->event, name);
	case WEIR_NAME_EVENT:
		event_field(e->event, name, false, &v);
		return v;
	case WEIR_NAME_DATA:
		return event_data(e->arena, e->event, name);
	default:
		return event_bare(e->arena, e->event, name);
	}
}

struct weir_value ref_event_key(const struct ref_event *e, struct weir_str key)
{
	struct weir_value v, text;
	struct ref_name name;
	size_t used;

	if (weir_str_starts(key, WEIR_STR("data.")) || weir_str_starts(key, WEIR_STR("data["))) {
		weir_assert(ref_read_path(e->arena, key, 4, &name, &used) == REF_FINE && used == key.n);
		v = event_data(e->arena, e->event, name.text);
	} else {
		v = event_tag(e->event, key);
	}
	return v.type != WEIR_VALUE_MISSING && ref_cast(e->arena, v, WEIR_VALUE_STRING, &text) ? text : ref_missing();
}
