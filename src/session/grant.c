/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a subscription gets without asking: the namespace's presence, join_leave and force_… options, each of which a
 * token or an API call may override (protocol.md §10: {"presence":{"value":true},…}). Pure.
 */
#include "session_priv.h"

#include "weir/event/channel.h"

struct grant_options {
	bool presence, join_leave, push_join_leave, recovery, positioning;
};

static const struct {
	const char *name;
	size_t offset;
} override_members[] = {
	{"presence", offsetof(struct grant_options, presence)},
	{"join_leave", offsetof(struct grant_options, join_leave)},
	{"force_push_join_leave", offsetof(struct grant_options, push_join_leave)},
	{"force_recovery", offsetof(struct grant_options, recovery)},
	{"force_positioning", offsetof(struct grant_options, positioning)},
};

/* {"value":true} */
static void override_read(struct weir_json object, bool *to)
{
	struct weir_json_iter it;
	struct weir_json value;
	struct weir_str name;

	if (object.type != WEIR_JSON_OBJECT)
		return;
	it = weir_json_members(object);
	while (weir_json_next_member(&it, &name, &value))
		if (weir_json_string_is(name, WEIR_STR("value")) &&
			(value.type == WEIR_JSON_TRUE || value.type == WEIR_JSON_FALSE))
			*to = value.type == WEIR_JSON_TRUE;
}

static void override_apply(struct weir_str override, struct grant_options *o)
{
	struct weir_json_iter it = weir_json_members((struct weir_json){WEIR_JSON_OBJECT, override});
	struct weir_json value;
	struct weir_str name;

	while (weir_json_next_member(&it, &name, &value))
		for (size_t i = 0; i < WEIR_ARRAY_LEN(override_members); i++)
			if (weir_json_string_is(name, weir_str(override_members[i].name)))
				override_read(value, (bool *)((char *)o + override_members[i].offset));
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir__has_positions(const struct weir_namespace *ns, struct weir_str channel)
{
	if (weir_channel_is_pattern(channel))
		return ns->ordered && !weir_pattern_is_bus(channel);
	return weir_namespace_has_history(ns);
}

uint32_t weir__grant_flags(const struct weir_namespace *ns, struct weir_str channel, struct weir_str override)
{
	struct grant_options o = {
		ns->presence, ns->join_leave, ns->force_push_join_leave, ns->force_recovery, ns->force_positioning};
	uint32_t flags = 0;

	if (override.p)
		override_apply(override, &o);
	if (weir_channel_is_pattern(channel))
		o.presence = o.join_leave = false;
	if (o.presence)
		flags |= WEIR_SUB_PRESENCE;
	if (o.join_leave)
		flags |= WEIR_SUB_EMITS;
	if (o.join_leave && o.push_join_leave)
		flags |= WEIR_SUB_JOIN_LEAVE;
	if (!weir__has_positions(ns, channel))
		return flags;
	if (o.recovery)
		flags |= WEIR_SUB_RECOVERABLE | WEIR_SUB_POSITIONED;
	if (o.positioning)
		flags |= WEIR_SUB_POSITIONED;
	return flags;
}
