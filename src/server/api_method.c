/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The methods of the API (protocol.md §13.2), one row each: name, number in the older endpoint, parameters, and what
 * makes it a question to the hub. Batch is no row: it is a shape of requests. Any thread.
 */
#include "api_priv.h"
#include "weir/event/channel.h"

#define MEMBER(field, type) WEIR_MEMBER(api_params, field, type)

#define PUBLISH_MEMBERS                                                                                           \
	MEMBER(data, RAW), MEMBER(b64data, STRING), MEMBER(format, STRING), MEMBER(skip_history, BOOL),           \
		MEMBER(tags, OBJECT), MEMBER(idempotency_key, STRING), MEMBER(delta, BOOL), MEMBER(version, U64), \
		MEMBER(version_epoch, STRING)
#define USER_MEMBERS MEMBER(user, STRING), MEMBER(client, STRING), MEMBER(session, STRING)

static const struct weir_member publish_members[] = {MEMBER(channel, STRING), PUBLISH_MEMBERS};
static const struct weir_member broadcast_members[] = {
	MEMBER(channels, ARRAY), MEMBER(limit, I64), MEMBER(cursor, STRING), PUBLISH_MEMBERS};
static const struct weir_member subscribe_members[] = {
	MEMBER(channel, STRING),
	USER_MEMBERS,
	MEMBER(info, RAW),
	MEMBER(b64info, STRING),
	MEMBER(data, RAW),
	MEMBER(b64data, STRING),
	MEMBER(recover_since, OBJECT),
	MEMBER(expire_at, I64),
	MEMBER(override, OBJECT),
};
static const struct weir_member unsubscribe_members[] = {MEMBER(channel, STRING), USER_MEMBERS};
static const struct weir_member disconnect_members[] = {
	USER_MEMBERS, MEMBER(whitelist, ARRAY), MEMBER(disconnect, OBJECT)};
static const struct weir_member refresh_members[] = {
	USER_MEMBERS, MEMBER(expired, BOOL), MEMBER(expire_at, I64), MEMBER(info, RAW)};
static const struct weir_member channel_members[] = {MEMBER(channel, STRING)};
static const struct weir_member history_members[] = {
	MEMBER(channel, STRING), MEMBER(limit, I64), MEMBER(since, OBJECT), MEMBER(reverse, BOOL)};
static const struct weir_member channels_members[] = {MEMBER(pattern, STRING)};
static const struct weir_member connections_members[] = {MEMBER(user, STRING), MEMBER(channel, STRING),
	MEMBER(sort, STRING), MEMBER(limit, I64), MEMBER(cursor, STRING)};
static const struct weir_member lag_members[] = {MEMBER(limit, I64), MEMBER(sort, STRING)};

static bool rpc_begin(struct api_call *c)
{
	return weir__api_fail(&c->error, WEIR_ERROR_METHOD, "not found");
}

#define MEMBERS(table) .members = (table), .n_members = WEIR_ARRAY_LEN(table)

static const struct api_method methods[] = {
	{.name = "publish",
		.number = 0,
		MEMBERS(publish_members),
		.writes = true,
		.begin = weir__api_publish_begin,
		.make = weir__api_publish_make,
		.take = weir__api_publish_take,
		.end = weir__api_publish_end},
	{.name = "broadcast",
		.number = 1,
		MEMBERS(broadcast_members),
		.writes = true,
		.begin = weir__api_broadcast_begin,
		.make = weir__api_broadcast_make,
		.take = weir__api_broadcast_take,
		.end = weir__api_broadcast_end},
	{.name = "unsubscribe",
		.number = 2,
		MEMBERS(unsubscribe_members),
		.writes = true,
		.make = weir__api_unsubscribe},
	{.name = "disconnect", .number = 3, MEMBERS(disconnect_members), .writes = true, .make = weir__api_disconnect},
	{.name = "presence",
		.number = 4,
		MEMBERS(channel_members),
		.make = weir__api_presence,
		.take = weir__api_presence_take},
	{.name = "presence_stats",
		.number = 5,
		MEMBERS(channel_members),
		.make = weir__api_presence_stats,
		.take = weir__api_presence_stats_take},
	{.name = "history",
		.number = 6,
		MEMBERS(history_members),
		.make = weir__api_history,
		.take = weir__api_history_take},
	{.name = "history_remove",
		.number = 7,
		MEMBERS(channel_members),
		.writes = true,
		.make = weir__api_history_remove},
	{.name = "channels",
		.number = 8,
		MEMBERS(channels_members),
		.make = weir__api_channels,
		.take = weir__api_channels_take},
	{.name = "info", .number = 9, .make = weir__api_info, .take = weir__api_info_take},
	{.name = "rpc", .number = 10, .begin = rpc_begin},
	{.name = "subscribe", .number = 11, MEMBERS(subscribe_members), .writes = true, .make = weir__api_subscribe},
	{.name = "refresh", .number = 12, MEMBERS(refresh_members), .writes = true, .make = weir__api_refresh},
	{.name = "connections",
		.number = -1,
		MEMBERS(connections_members),
		.make = weir__api_connections,
		.take = weir__api_connections_take},
	{.name = "metrics", .number = -1, .make = weir__api_metrics, .end = weir__api_metrics_end},
	{.name = "lag", .number = -1, MEMBERS(lag_members), .make = weir__api_lag, .take = weir__api_lag_take},
};

_Static_assert(WEIR_ARRAY_LEN(methods) < WEIR_STATS_API_METHODS, "each has a counter, and so has POST /events");
_Static_assert((int)WEIR_ERROR_PLACES < WEIR_STATS_API_ERRORS, "each has a counter, and all others have one");

/* ------------------------------------------------------------------------------------------------------------------ */

unsigned weir__api_method_place(const struct api_method *m)
{
	unsigned i = 0;

	while (i < WEIR_ARRAY_LEN(methods) && m != &methods[i])
		i++;
	return i;
}

const char *weir__api_method_at(unsigned place)
{
	if (place == WEIR_ARRAY_LEN(methods))
		return "events";
	return place < WEIR_ARRAY_LEN(methods) ? methods[place].name : NULL;
}

const struct api_method *weir__api_method(struct weir_str name)
{
	for (size_t i = 0; i < WEIR_ARRAY_LEN(methods); i++)
		if (weir_str_is(name, methods[i].name))
			return &methods[i];
	return NULL;
}

const struct api_method *weir__api_method_nocase(struct weir_str name)
{
	for (size_t i = 0; i < WEIR_ARRAY_LEN(methods); i++)
		if (weir_str_caseeq(name, weir_str(methods[i].name)))
			return &methods[i];
	return NULL;
}

const struct api_method *weir__api_method_number(int64_t number)
{
	for (size_t i = 0; i < WEIR_ARRAY_LEN(methods); i++)
		if (number >= 0 && methods[i].number == number)
			return &methods[i];
	return NULL;
}

const struct api_method *weir__api_method_quoted(struct weir_str name)
{
	for (size_t i = 0; i < WEIR_ARRAY_LEN(methods); i++)
		if (weir_json_string_is(name, weir_str(methods[i].name)))
			return &methods[i];
	return NULL;
}

const struct weir_namespace *weir__api_name(const struct weir_api *api, struct weir_str channel, struct api_error *e)
{
	const struct weir_namespace *ns = NULL;

	if (!channel.n)
		weir__api_fail(e, WEIR_ERROR_BAD_REQUEST, "channel is missing");
	else if (!(ns = weir_namespaces_resolve(api->o.namespaces, channel)))
		weir__api_fail(e, WEIR_ERROR_UNKNOWN_CHANNEL, NULL);
	else if (channel.n > api->o.channel_max_length || !weir_channel_is_ascii(channel))
		weir__api_fail(e, WEIR_ERROR_BAD_REQUEST, "channel name is too long or not ASCII");
	else if (weir_channel_is_pattern(channel) && !weir_pattern_is_valid(channel))
		weir__api_fail(e, WEIR_ERROR_BAD_REQUEST, "pattern is malformed");
	return e->code ? NULL : ns;
}

const struct weir_namespace *weir__api_channel(const struct weir_api *api, struct weir_str channel, struct api_error *e)
{
	const struct weir_namespace *ns = weir__api_name(api, channel, e);

	if (ns && weir_channel_is_pattern(channel))
		weir__api_fail(e, WEIR_ERROR_BAD_REQUEST, "channel name is a pattern");
	return e->code ? NULL : ns;
}
