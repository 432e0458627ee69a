/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hub: interest of workers in channels, and the order of what goes into their inboxes. The odd case: an answer
 * leaves this thread the moment it is sent, so a join entry, which must follow its subscribe's answer, is made before
 * it.
 */
#include "weir/core/hub.h"

#include <errno.h>
#include <stdlib.h>

#include "weir/base/glob.h"

struct hub_channel {
	struct weir_map_node node; /* weir_hub.channels */
	struct weir_str name;
	uint64_t total;
	uint32_t by_worker[]; /* subscriptions; then the name's bytes */
};

struct weir_hub {
	struct weir_hub_options o;
	struct weir_map channels; /* hub_channel.node by name: those with a subscriber */
	struct weir_map users;    /* counted set: users of all clients */
	uint64_t clients, subscriptions;
};

static bool channel_eq(const struct weir_map_node *n, const void *name)
{
	return weir_str_eq(weir_list_entry(n, struct hub_channel, node)->name, *(const struct weir_str *)name);
}

static struct hub_channel *hub_find(const struct weir_hub *hub, struct weir_str name)
{
	struct weir_map_node *n = weir_map_find(&hub->channels, weir_hash(hub->o.hash_key, name), channel_eq, &name);

	return n ? weir_list_entry(n, struct hub_channel, node) : NULL;
}

static int interest_add(struct weir_hub *hub, struct weir_str name, unsigned worker)
{
	struct hub_channel *c = hub_find(hub, name);

	if (!c) {
		size_t counts = hub->o.workers * sizeof(c->by_worker[0]);

		c = calloc(1, sizeof(*c) + counts + name.n);
		if (!c)
			return -ENOMEM;
		c->name = weir_str_n((char *)c->by_worker + counts, name.n);
		memcpy((char *)c->by_worker + counts, name.p, name.n);
		weir_map_insert(&hub->channels, &c->node, weir_hash(hub->o.hash_key, name));
	}
	c->by_worker[worker]++;
	c->total++;
	hub->subscriptions++;
	return 0;
}

static void interest_drop(struct weir_hub *hub, struct weir_str name, unsigned worker)
{
	struct hub_channel *c = hub_find(hub, name);

	weir_assert(c && c->by_worker[worker] > 0);
	c->by_worker[worker]--;
	hub->subscriptions--;
	if (--c->total)
		return;
	weir_map_remove(&hub->channels, &c->node);
	free(c);
}

static void hub_answer(struct weir_hub *hub, struct weir_request *r)
{
	if (!r->done) {
		weir_request_free(&r);
		return;
	}
	hub->o.send(hub->o.ctx, r->worker, &(struct weir_message){.type = WEIR_MESSAGE_REPLY, .request = r});
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
	struct hub_channel *c = hub_find(hub, e->channel);

	for (unsigned w = 0; c && w < hub->o.workers; w++) {
		struct weir_message m = {.type = WEIR_MESSAGE_EVENT};

		if (!c->by_worker[w])
			continue;
		m.event = weir_event_ref(e);
		m.previous = previous ? weir_event_ref(previous) : NULL;
		hub->o.send(hub->o.ctx, w, &m);
	}
}

static void on_control(void *ctx, struct weir_control *control)
{
	struct weir_hub *hub = ctx;

	for (unsigned w = 0; w < hub->o.workers; w++) {
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
		interest_drop(hub, r->channel, r->base.worker);
		hub_answer(hub, &r->base);
		return;
	}
	if (r->emits)
		join = hub_presence_event(hub, WEIR_EVENT_JOIN, r->channel, &r->info);
	hub_answer(hub, &r->base);
	if (join)
		hub->o.engine->ops->append(hub->o.engine, join);
	weir_event_unref(&join);
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
	r->base.status = interest_add(hub, r->channel, r->base.worker);
	if (r->base.status)
		hub_answer(hub, &r->base);
	else if (r->positioned)
		hub->o.engine->ops->recover(hub->o.engine, r);
	else
		subscribe_finish(hub, r);
}

static void hub_unsubscribe(struct weir_hub *hub, struct weir_unsubscribe_request *r)
{
	interest_drop(hub, r->channel, r->base.worker);
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

static bool channel_wanted(const struct hub_channel *c, struct weir_str pattern)
{
	return !pattern.n || weir_glob_match(pattern, c->name);
}

static int hub_channels(struct weir_hub *hub, struct weir_channels_request *r)
{
	struct weir_map_node *n;
	size_t count = 0, names = 0, i = 0;
	char *at;

	weir_map_foreach (n, &hub->channels) {
		struct hub_channel *c = weir_list_entry(n, struct hub_channel, node);

		if (channel_wanted(c, r->pattern)) {
			count++;
			names += c->name.n;
		}
	}
	r->channels = malloc(count * sizeof(*r->channels) + names + 1);
	if (!r->channels)
		return -ENOMEM;
	at = (char *)(r->channels + count);
	weir_map_foreach (n, &hub->channels) {
		struct hub_channel *c = weir_list_entry(n, struct hub_channel, node);

		if (!channel_wanted(c, r->pattern))
			continue;
		memcpy(at, c->name.p, c->name.n);
		r->channels[i].channel = weir_str_n(at, c->name.n);
		r->channels[i++].clients = c->total;
		at += c->name.n;
	}
	r->count = count;
	return 0;
}

static void hub_info(struct weir_hub *hub, struct weir_info_request *r)
{
	r->clients = hub->clients;
	r->users = hub->users.count;
	r->channels = hub->channels.count;
	r->subscriptions = hub->subscriptions;
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
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_hub *weir_hub_new(const struct weir_hub_options *o)
{
	struct weir_hub *hub = weir_xcalloc(1, sizeof(*hub));

	hub->o = *o;
	weir_map_init(&hub->channels);
	weir_map_init(&hub->users);
	o->engine->ops->set_sink(o->engine,
		&(struct weir_engine_sink){.entry = on_entry, .control = on_control, .done = on_done, .ctx = hub});
	return hub;
}

void weir_hub_free(struct weir_hub **hub)
{
	struct weir_map_node *n;

	if (!*hub)
		return;
	while ((n = weir_map_pop(&(*hub)->channels)))
		free(weir_list_entry(n, struct hub_channel, node));
	weir_map_fini(&(*hub)->channels);
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
		engine->ops->control(engine, (struct weir_control_request *)r);
		return;
	case WEIR_REQUEST_CHANNELS:
		r->status = hub_channels(hub, (struct weir_channels_request *)r);
		break;
	case WEIR_REQUEST_INFO:
		hub_info(hub, (struct weir_info_request *)r);
		break;
	case WEIR_REQUEST_CLIENT:
		hub_client(hub, (struct weir_client_request *)r);
		break;
	}
	hub_answer(hub, r);
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
	}
}
