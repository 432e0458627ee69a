/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event that `weir filter` reads: `{"channel":…,"tags":{…},"data":…,"id":…,"time":…}`, also as `weir sub --json`
 * prints it, where user and client stand in `info`. Tags may be Integers and Booleans here. Pure, but for memory.
 */
#include "filter_priv.h"

#include <stdlib.h>

#include "json_pick_priv.h"
#include "weir/base/mem.h"

#define FILTER_EVENT_DEPTH 1024
#define FILTER_GOT_BYTES   40

enum member { CHANNEL, ID, TIME, USER, CLIENT, OFFSET, TAGS, DATA, INFO, MEMBERS };
static const char *const member_names[MEMBERS] = {
	"channel", "id", "time", "user", "client", "offset", "tags", "data", "info"};

static int event_expected(struct weir_buf *why, struct weir_str place, const char *what, struct weir_json got)
{
	weir__append_printable(why, place);
	weir_buf_printf(why, ": expected %s, got ", what);
	weir__append_printable(
		why, weir_str_n(got.text.p, got.text.n < FILTER_GOT_BYTES ? got.text.n : FILTER_GOT_BYTES));
	if (got.text.n > FILTER_GOT_BYTES)
		weir_buf_lit(why, "...");
	return WEIR_EINVALID;
}

static int event_malformed(struct weir_buf *why, struct weir_str text, size_t at, int err)
{
	unsigned line = 1, column = 1;

	for (size_t i = 0; i < at && i < text.n; i++) {
		column = text.p[i] == '\n' ? 1 : column + 1;
		line += text.p[i] == '\n';
	}
	weir_buf_printf(why, "line %u, byte %u: %s, expected one JSON object", line, column, weir_strerror(err));
	return WEIR_EINVALID;
}

/* A decoded string takes no more than it has in the text, so that there is room for all. */
static struct weir_str event_decode(struct weir__filter_event *e, struct weir_str quoted)
{
	char *to = e->texts + e->n_texts;
	struct weir_buf text;
	size_t n;

	weir_buf_init(&text, quoted.n + 16);
	weir_json_string_decode(&text, quoted);
	n = text.len;
	if (n > 0)
		memcpy(to, text.p, n);
	weir_buf_fini(&text);
	e->n_texts += n;
	return weir_str_n(to, n);
}

static int event_string(struct weir__filter_event *e, enum member m, struct weir_json v, struct weir_buf *why)
{
	if (!v.type)
		return 0;
	if (v.type != WEIR_JSON_STRING)
		return event_expected(why, weir_str(member_names[m]), "a string", v);
	e->fields[m] = (struct weir_value){.type = WEIR_VALUE_STRING, .string = event_decode(e, v.text)};
	return 0;
}

static int event_number(struct weir__filter_event *e, enum member m, struct weir_json v, struct weir_buf *why)
{
	int64_t number;

	if (!v.type)
		return 0;
	if (weir_json_i64(v, &number) || number < 0)
		return event_expected(why, weir_str(member_names[m]), "a whole number from 0", v);
	e->fields[m] = weir_value_of_i64(number);
	return 0;
}

static int event_tag(struct weir__filter_event *e, struct weir_str quoted, struct weir_json v, struct weir_buf *why)
{
	struct weir__filter_tag *tag = &e->tags[e->n_tags++];
	struct weir_buf place;
	int64_t number;
	int err = 0;

	tag->name = event_decode(e, quoted);
	if (v.type == WEIR_JSON_STRING) {
		tag->value = (struct weir_value){.type = WEIR_VALUE_STRING, .string = event_decode(e, v.text)};
	} else if (v.type == WEIR_JSON_TRUE || v.type == WEIR_JSON_FALSE) {
		tag->value = (struct weir_value){.type = WEIR_VALUE_BOOLEAN, .boolean = v.type == WEIR_JSON_TRUE};
	} else if (!weir_json_i64(v, &number) && number >= INT32_MIN && number <= INT32_MAX) {
		tag->value = (struct weir_value){.type = WEIR_VALUE_INTEGER, .integer = (int32_t)number};
	} else if (v.type != WEIR_JSON_NULL) {
		weir_buf_init(&place, tag->name.n + 8);
		weir_buf_lit(&place, "tags.");
		weir_buf_str(&place, tag->name);
		err = event_expected(why, weir_buf_view(&place), "a string, a boolean or an integer of 32 bits", v);
		weir_buf_fini(&place);
	}
	return err;
}

static size_t event_count(struct weir_json object)
{
	struct weir_json_iter it = weir_json_members(object);
	struct weir_json value;
	struct weir_str name;
	size_t n = 0;

	while (weir_json_next_member(&it, &name, &value))
		n++;
	return n;
}

static int event_tags(struct weir__filter_event *e, struct weir_json tags, struct weir_buf *why)
{
	struct weir_json_iter it;
	struct weir_json value;
	struct weir_str name;
	int err = 0;

	if (!tags.type)
		return 0;
	if (tags.type != WEIR_JSON_OBJECT)
		return event_expected(why, WEIR_STR("tags"), "an object", tags);
	e->tags = weir_xcalloc(event_count(tags) + 1, sizeof(*e->tags));
	for (it = weir_json_members(tags); !err && weir_json_next_member(&it, &name, &value);)
		err = event_tag(e, name, value, why);
	return err;
}

/* user and client, where they are not at the top. */
static int event_info(struct weir_json info, struct weir_json v[MEMBERS], struct weir_buf *why)
{
	static const char *const names[] = {"user", "client"};
	struct weir_json inner[2];

	if (!info.type)
		return 0;
	if (info.type != WEIR_JSON_OBJECT)
		return event_expected(why, WEIR_STR("info"), "an object", info);
	weir__json_pick(info, names, inner, 2);
	if (!v[USER].type)
		v[USER] = inner[0];
	if (!v[CLIENT].type)
		v[CLIENT] = inner[1];
	return 0;
}

static int event_members(struct weir__filter_event *e, struct weir_json object, struct weir_buf *why)
{
	struct weir_event_spec spec = {.type = WEIR_EVENT_PUBLICATION, .channel = WEIR_STR("")};
	struct weir_json v[MEMBERS];
	int err;

	weir__json_pick(object, member_names, v, MEMBERS);
	err = event_info(v[INFO], v, why);
	for (enum member m = CHANNEL; !err && m <= OFFSET; m++)
		err = m == TIME || m == OFFSET ? event_number(e, m, v[m], why) : event_string(e, m, v[m], why);
	if (!err)
		err = event_tags(e, v[TAGS], why);
	if (err)
		return err;
	spec.data = v[DATA].type ? v[DATA].text : WEIR_STR("null");
	e->event = weir_event_new(&spec);
	weir_assert(e->event);
	return 0;
}

static struct weir_value event_find_tag(const struct weir__filter_event *e, struct weir_str name, bool lower)
{
	for (size_t i = 0; i < e->n_tags; i++) {
		struct weir_str tag = e->tags[i].name;
		bool same = lower ? weir_str_caseeq(tag, name) : weir_str_eq(tag, name);

		for (size_t k = 0; same && lower && k < tag.n; k++)
			same = tag.p[k] < 'A' || tag.p[k] > 'Z';
		if (same)
			return e->tags[i].value;
	}
	return (struct weir_value){.type = WEIR_VALUE_MISSING};
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__filter_event_read(struct weir__filter_event *e, struct weir_str text, struct weir_buf *why)
{
	struct weir_json object;
	size_t at = 0;
	int err;

	*e = (struct weir__filter_event){0};
	err = weir_json_check(text, FILTER_EVENT_DEPTH, &object, &at);
	if (err)
		return event_malformed(why, text, at, err);
	if (object.type != WEIR_JSON_OBJECT)
		return event_expected(why, WEIR_STR("the event"), "an object", object);
	e->texts = weir_xmalloc(text.n + 1);
	return event_members(e, object, why);
}

void weir__filter_event_fini(struct weir__filter_event *e)
{
	weir_event_unref(&e->event);
	free(e->tags);
	free(e->texts);
	*e = (struct weir__filter_event){0};
}

struct weir_value weir__filter_event_resolve(void *ctx, enum weir_name_kind kind, struct weir_str name, unsigned path)
{
	const struct weir__filter_event *e = ctx;
	struct weir_value v;

	(void)path;
	if (kind == WEIR_NAME_TAG)
		return event_find_tag(e, name, false);
	for (enum member m = CHANNEL; m <= OFFSET; m++)
		if (kind == WEIR_NAME_EVENT ? weir_str_is(name, member_names[m])
					    : m <= USER && weir_str_caseeq(name, weir_str(member_names[m])))
			return e->fields[m];
	if (kind != WEIR_NAME_BARE)
		return (struct weir_value){.type = WEIR_VALUE_MISSING};
	v = event_find_tag(e, name, false);
	return v.type == WEIR_VALUE_MISSING ? event_find_tag(e, name, true) : v;
}
