/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hub: the order of what goes into the workers' inboxes. The odd case: an answer leaves this thread the moment it
 * is sent, so a join entry, which must follow its subscribe's answer, is made before it.
 */
#include "weir/core/hub.h"

#include <errno.h>
#include <stdlib.h>

#include "interest_priv.h"
#include "weir/core/secret.h"
#include "weir/event/channel.h"

struct weir_hub {
	struct weir_hub_options o;
	struct weir_interest interest;
	struct weir_map users; /* counted set: users of all clients */
	uint64_t clients;
	bool watched; /* somebody is subscribed to the broker's own channel */
	struct {
		_Atomic uint64_t clients, users, channels, subscriptions;
	} told; /* for other threads */
};

static void hub_answer(struct weir_hub *hub, struct weir_request *r)
{
	if (!r->done) {
		weir_request_free(&r);
		return;
	}
	hub->o.send(hub->o.ctx, r->worker, &(struct weir_message){.type = WEIR_MESSAGE_REPLY, .request = r});
}

static void hub_tell(struct weir_hub *hub)
{
	atomic_store_explicit(&hub->told.clients, hub->clients, memory_order_relaxed);
	atomic_store_explicit(&hub->told.users, hub->users.count, memory_order_relaxed);
	atomic_store_explicit(&hub->told.channels, hub->interest.channels.count, memory_order_relaxed);
	atomic_store_explicit(&hub->told.subscriptions, hub->interest.subscriptions, memory_order_relaxed);
}

/* Somebody has come to the channel, or left it: whoever makes its events is to know whether they are wanted. */
static void hub_watch(struct weir_hub *hub, struct weir_str channel)
{
	bool watched;

	if (!weir_channel_is_stats(channel))
		return;
	watched = weir__interest_has(&hub->interest, channel);
	if (watched != hub->watched)
		hub->o.send(hub->o.ctx, 0, &(struct weir_message){.type = WEIR_MESSAGE_WATCHED, .watched = watched});
	hub->watched = watched;
}

static struct weir_event *hub_presence_event(
	struct weir_hub *hub, enum weir_event_type type, struct weir_str channel, const struct weir_client_info *info)
{
	return weir_event_new(&(struct weir_event_spec){
		.type = type,
		.channel = channel,
		.info = info,
		.time_ms = weir_wall_ms(hub->o.clock),
	});
}

/* ---- what the engine answers ---- */

static void on_entry(void *ctx, struct weir_event *e, struct weir_event *previous)
{
	struct weir_hub *hub = ctx;
	/* Nobody's coming and going is told to patterns, and none of the broker's own channel. */
	const bool *wanted = weir__interest_of(
		&hub->interest, e->channel, e->type == WEIR_EVENT_PUBLICATION && !weir_channel_is_stats(e->channel));

	for (unsigned w = 0; w < hub->o.workers; w++) {
		struct weir_message m = {.type = WEIR_MESSAGE_EVENT};

		if (!wanted[w])
			continue;
		m.event = weir_event_ref(e);
		m.previous = previous ? weir_event_ref(previous) : NULL;
		hub->o.send(hub->o.ctx, w, &m);
	}
}

static void on_control(void *ctx, struct weir_control *control)
{
	struct weir_hub *hub = ctx;
	unsigned first = 0, end = hub->o.workers;

	if (control->op == WEIR_CONTROL_INPUT) {
		if (weir_secret_worker(control->session, &first) < 0 || first >= end)
			return; /* nobody's */
		end = first + 1;
	}
	for (unsigned w = first; w < end; w++) {
		struct weir_message m = {.type = WEIR_MESSAGE_CONTROL, .control = weir_control_ref(control)};

		hub->o.send(hub->o.ctx, w, &m);
	}
}

/* The subscribe is in order now: its answer, and right behind it the join. */
static void subscribe_finish(struct weir_hub *hub, struct weir_subscribe_request *r)
{
	struct weir_event *join = NULL;

	if (!r->base.status && r->reject_unrecovered && r->recover && !r->recovered)
		r->base.status = WEIR_EEPOCH;
	if (!r->base.status && r->presence)
		r->base.status = hub->o.engine->ops->presence_add(hub->o.engine, r->channel, &r->info);
	if (r->base.status) {
		weir__interest_drop(&hub->interest, r->channel, r->base.worker);
		hub_tell(hub);
		hub_answer(hub, &r->base);
		return;
	}
	hub_watch(hub, r->channel);
	if (r->emits)
		join = hub_presence_event(hub, WEIR_EVENT_JOIN, r->channel, &r->info);
	hub_answer(hub, &r->base);
	if (join)
		hub->o.engine->ops->append(hub->o.engine, join);
	weir_event_unref(&join);
}

static void on_reset(void *ctx, const struct weir_reset *reset)
{
	struct weir_hub *hub = ctx;

	for (unsigned w = 0; w < hub->o.workers; w++)
		hub->o.send(hub->o.ctx, w, &(struct weir_message){.type = WEIR_MESSAGE_RESET, .reset = *reset});
}

static bool on_room(void *ctx)
{
	struct weir_hub *hub = ctx;

	return !hub->o.room || hub->o.room(hub->o.ctx);
}

static void on_publish_room(void *ctx, bool room)
{
	struct weir_hub *hub = ctx;

	if (hub->o.publish_room)
		hub->o.publish_room(hub->o.ctx, room);
}

static void on_done(void *ctx, struct weir_request *r)
{
	struct weir_hub *hub = ctx;

	if (r->type == WEIR_REQUEST_SUBSCRIBE)
		subscribe_finish(hub, (struct weir_subscribe_request *)r);
	else
		hub_answer(hub, r);
}

/* ---- requests ---- */

static void hub_subscribe(struct weir_hub *hub, struct weir_subscribe_request *r)
{
	r->base.status = weir__interest_add(&hub->interest, r->channel, r->base.worker);
	hub_tell(hub);
	if (r->base.status)
		hub_answer(hub, &r->base);
	else if (r->positioned)
		hub->o.engine->ops->recover(hub->o.engine, r);
	else
		subscribe_finish(hub, r);
}

static void hub_unsubscribe(struct weir_hub *hub, struct weir_unsubscribe_request *r)
{
	weir__interest_drop(&hub->interest, r->channel, r->base.worker);
	hub_tell(hub);
	hub_watch(hub, r->channel);
	if (r->presence)
		hub->o.engine->ops->presence_remove(hub->o.engine, r->channel, r->info.client);
	if (r->emits) {
		struct weir_event *leave = hub_presence_event(hub, WEIR_EVENT_LEAVE, r->channel, &r->info);

		if (leave)
			hub->o.engine->ops->append(hub->o.engine, leave);
		weir_event_unref(&leave);
	}
	hub_answer(hub, &r->base);
}

/* ---- what this broker alone knows, and what all of them do ---- */

static int local_info(struct weir_hub *hub, struct weir_info_request *r)
{
	const struct weir_node *node = &hub->o.node;

	return weir_node_list_add(&r->nodes, &(struct weir_node_info){.uid = node->uid,
						     .name = node->name,
						     .version = node->version,
						     .uptime_s = (weir_mono_ms(hub->o.clock) - node->started_ms) / 1000,
						     .clients = hub->clients,
						     .users = hub->users.count,
						     .channels = hub->interest.channels.count,
						     .subscriptions = hub->interest.subscriptions});
}

static void on_local(void *ctx, struct weir_request *r)
{
	struct weir_hub *hub = ctx;

	if (r->type == WEIR_REQUEST_INFO)
		r->status = local_info(hub, (struct weir_info_request *)r);
	else
		r->status = weir__interest_list(&hub->interest, (struct weir_channels_request *)r);
}

static void hub_ask_all(struct weir_hub *hub, struct weir_request *r)
{
	on_local(hub, r);
	if (!r->status && hub->o.engine->ops->survey)
		hub->o.engine->ops->survey(hub->o.engine, r);
	else
		hub_answer(hub, r);
}

/* Shows it to all workers; or, if they have seen it, answers it. */
static void hub_survey(struct weir_hub *hub, struct weir_survey_request *r)
{
	if (r->shown) {
		r->base.worker = r->asker;
		hub_answer(hub, &r->base);
		return;
	}
	r->asker = r->base.worker;
	r->base.status = weir_survey_begin(r, hub->o.workers);
	for (unsigned w = 0; w < hub->o.workers && !r->base.status; w++)
		hub->o.send(hub->o.ctx, w, &(struct weir_message){.type = WEIR_MESSAGE_SURVEY, .survey = r});
	if (r->base.status || weir_survey_finish_one(r))
		hub_answer(hub, &r->base);
}

/* What clients of this broker say does not go through an engine: it may be away, and that is theirs to hear. */
static void hub_control(struct weir_hub *hub, struct weir_control_request *r)
{
	const struct weir_engine_ops *ops = hub->o.engine->ops;
	struct weir_str node = r->control->node;

	if (node.n && weir_str_eq(node, hub->o.node.uid)) {
		on_control(hub, r->control);
		hub_answer(hub, &r->base);
	} else if (node.n && !ops->survey) {
		r->base.status = WEIR_ENOTFOUND; /* there are no others */
		hub_answer(hub, &r->base);
	} else {
		ops->control(hub->o.engine, r);
	}
}

static void hub_client(struct weir_hub *hub, struct weir_client_request *r)
{
	if (r->came) {
		hub->clients++;
		weir_users_add(&hub->users, hub->o.hash_key, r->user);
	} else {
		hub->clients--;
		weir_users_remove(&hub->users, hub->o.hash_key, r->user);
	}
	hub_tell(hub);
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_hub *weir_hub_new(const struct weir_hub_options *o)
{
	struct weir_hub *hub = weir_xcalloc(1, sizeof(*hub));

	hub->o = *o;
	weir__interest_init(&hub->interest, o->hash_key, o->workers);
	weir_map_init(&hub->users);
	o->engine->ops->set_sink(o->engine, &(struct weir_engine_sink){.entry = on_entry,
						    .control = on_control,
						    .done = on_done,
						    .reset = on_reset,
						    .room = on_room,
						    .publish_room = on_publish_room,
						    .local = on_local,
						    .ctx = hub});
	return hub;
}

void weir_hub_free(struct weir_hub **hub)
{
	if (!*hub)
		return;
	weir__interest_fini(&(*hub)->interest);
	weir_users_fini(&(*hub)->users);
	free(*hub);
	*hub = NULL;
}

void weir_hub_submit(struct weir_hub *hub, struct weir_request *r)
{
	struct weir_engine *engine = hub->o.engine;

	switch (r->type) {
	case WEIR_REQUEST_PUBLISH:
		engine->ops->publish(engine, (struct weir_publish_request *)r);
		return;
	case WEIR_REQUEST_ANNOUNCE:
		on_entry(hub, ((struct weir_publish_request *)r)->event, NULL);
		break;
	case WEIR_REQUEST_SUBSCRIBE:
		hub_subscribe(hub, (struct weir_subscribe_request *)r);
		return;
	case WEIR_REQUEST_UNSUBSCRIBE:
		hub_unsubscribe(hub, (struct weir_unsubscribe_request *)r);
		return;
	case WEIR_REQUEST_HISTORY:
	case WEIR_REQUEST_HISTORY_REMOVE:
		engine->ops->history(engine, (struct weir_history_request *)r);
		return;
	case WEIR_REQUEST_PRESENCE:
		engine->ops->presence(engine, (struct weir_presence_request *)r);
		return;
	case WEIR_REQUEST_CONTROL:
		hub_control(hub, (struct weir_control_request *)r);
		return;
	case WEIR_REQUEST_SURVEY:
		hub_survey(hub, (struct weir_survey_request *)r);
		return;
	case WEIR_REQUEST_CHANNELS:
	case WEIR_REQUEST_INFO:
		hub_ask_all(hub, r);
		return;
	case WEIR_REQUEST_CLIENT:
		hub_client(hub, (struct weir_client_request *)r);
		break;
	}
	hub_answer(hub, r);
}

void weir_hub_figures(const struct weir_hub *hub, struct weir_hub_figures *out)
{
	out->clients = atomic_load_explicit(&hub->told.clients, memory_order_relaxed);
	out->users = atomic_load_explicit(&hub->told.users, memory_order_relaxed);
	out->channels = atomic_load_explicit(&hub->told.channels, memory_order_relaxed);
	out->subscriptions = atomic_load_explicit(&hub->told.subscriptions, memory_order_relaxed);
}

void weir_message_drop(struct weir_message *m)
{
	switch (m->type) {
	case WEIR_MESSAGE_EVENT:
		weir_event_unref(&m->event);
		weir_event_unref(&m->previous);
		break;
	case WEIR_MESSAGE_REPLY:
		weir_request_free(&m->request);
		break;
	case WEIR_MESSAGE_CONTROL:
		weir_control_unref(&m->control);
		break;
	case WEIR_MESSAGE_SURVEY:
		/* While the hub shows it, it is not the last. Later: whoever asked is gone, too. */
		if (weir_survey_finish_one(m->survey)) {
			struct weir_request *r = &m->survey->base;

			weir_request_free(&r);
		}
		break;
	case WEIR_MESSAGE_RESET:
	case WEIR_MESSAGE_WATCHED:
		break;
	}
}
