/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes down /events: events, and control messages of the type `weir`. Members and messages that are not known are
 * passed over. One thread.
 */
#include "client_priv.h"
#include "events_priv.h"
#include "json_pick_priv.h"

static uint64_t events_u64(struct weir_json v)
{
	uint64_t u;

	return weir_json_u64(v, &u) ? 0 : u;
}

/* Decoded into e->name; absent if it is no string. */
static struct weir_str events_text(struct weir_events *e, struct weir_json v)
{
	weir_buf_reset(&e->name);
	if (v.type != WEIR_JSON_STRING)
		return WEIR_STR_NONE;
	weir_json_string_decode(&e->name, v.text);
	return weir_buf_view(&e->name);
}

static enum weir_client_verdict events_event(struct weir_events *e, struct weir_json object)
{
	static const char *const names[] = {"channel", "data", "offset", "tags"};
	struct weir_client_event event = {.publication = object};
	struct weir_json v[4];

	weir__json_pick(object, names, v, 4);
	event.channel = events_text(e, v[0]);
	event.data = v[1];
	event.offset = events_u64(v[2]);
	event.has_offset = event.offset > 0;
	if (v[3].type == WEIR_JSON_OBJECT)
		event.tags = v[3];
	return e->o.on_event(e->o.ctx, &event) ? WEIR_CLIENT_GO : WEIR_CLIENT_DONE;
}

/* Whether each channel got what it had missed. */
static void events_subscribed(struct weir_events *e, struct weir_json list)
{
	static const char *const names[] = {"channel", "recovered"};
	struct weir_json_iter it = weir_json_elements(list);
	struct weir_json one, v[2];

	if (e->told)
		e->o.on_notice(e->o.ctx, WEIR_STR_NONE, "connected again");
	while (weir_json_next_element(&it, &one)) {
		weir__json_pick(one, names, v, 2);
		if ((e->resumed || e->was_live) && v[1].type != WEIR_JSON_TRUE)
			e->o.on_notice(e->o.ctx, events_text(e, v[0]), "not recovered, events may be missing");
	}
	e->state = EVENTS_LIVE;
	e->was_live = true;
	e->told = false;
	e->attempts = 0;
}

static enum weir_client_verdict events_unsubscribed(struct weir_events *e, struct weir_json object)
{
	static const char *const names[] = {"channel", "code", "reason"};
	struct weir_json v[3];
	struct weir_buf *why;
	uint64_t code;

	weir__json_pick(object, names, v, 3);
	code = events_u64(v[1]);
	why = weir__events_reason_begin(e, events_text(e, v[0]));
	events_text(e, v[2]);
	weir__append_printable(why, e->name.len ? weir_buf_view(&e->name) : WEIR_STR("unsubscribed"));
	weir_buf_printf(why, " (%llu)", (unsigned long long)code);
	/* Another request subscribes to it again. */
	return weir__events_reason_end(e, code < CLIENT_RESUBSCRIBE ? WEIR_CLIENT_STOP : WEIR_CLIENT_RECONNECT);
}

static void events_disconnect(struct weir_events *e, struct weir_json object)
{
	static const char *const names[] = {"code", "reason"};
	struct weir_json v[2];

	weir__json_pick(object, names, v, 2);
	e->end_code = events_u64(v[0]);
	weir_buf_reset(&e->end);
	if (v[1].type == WEIR_JSON_STRING)
		weir_json_string_decode(&e->end, v[1].text);
}

static enum weir_client_verdict events_control(struct weir_events *e, struct weir_json object)
{
	static const char *const names[] = {"subscribed", "unsubscribed", "disconnect"};
	struct weir_json v[3];

	weir__json_pick(object, names, v, 3);
	if (v[0].type == WEIR_JSON_ARRAY)
		events_subscribed(e, v[0]);
	if (v[2].type == WEIR_JSON_OBJECT)
		events_disconnect(e, v[2]);
	return v[1].type == WEIR_JSON_OBJECT ? events_unsubscribed(e, v[1]) : WEIR_CLIENT_GO;
}

/* ------------------------------------------------------------------------------------------------------------------ */

enum weir_client_verdict weir__events_message(struct weir_events *e)
{
	struct weir_str type = weir_buf_view(&e->sse.type);
	struct weir_json object;

	if (type.n && !weir_str_is(type, "message") && !weir_str_is(type, "weir"))
		return WEIR_CLIENT_GO;
	if (weir_json_check(weir_buf_view(&e->sse.data), CLIENT_MAX_DEPTH, &object, NULL) ||
		object.type != WEIR_JSON_OBJECT) {
		weir_buf_lit(weir__events_reason_begin(e, WEIR_STR_NONE), "the server sent an event that is not JSON");
		return weir__events_reason_end(e, WEIR_CLIENT_STOP);
	}
	return weir_str_is(type, "weir") ? events_control(e, object) : events_event(e, object);
}
