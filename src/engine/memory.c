/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The embedded engine. A channel's state is made at its first publish, history read or presence entry, and goes when
 * nobody needs it: presence empty, and history_meta_ttl past the last publish or history read. What its publishers last
 * said of a version goes with the stream. Hub's thread.
 */
#include "weir/engine/memory.h"

#include <errno.h>
#include <stdlib.h>

#include "weir/base/timers.h"
#include "weir/bus/log_recovery.h"
#include "weir/event/channel.h"

#define EPOCH_LETTERS 8
#define TICK_BUDGET   1000 /* channels looked at in one tick */

struct memory_channel {
	struct weir_map_node node; /* memory_engine.channels */
	struct weir_deadline deadline;
	struct memory_engine *engine;
	struct weir_str name;
	bool has_stream;
	struct weir_stream stream;
	uint64_t meta_expires_ms;       /* of stream and version */
	uint64_t version;               /* the highest; 0: none */
	char *version_epoch;            /* what it belongs to; NULL: none */
	struct weir_presence *presence; /* NULL: empty */
	char storage[];
};

struct memory_engine {
	struct weir_engine engine;
	struct weir_engine_memory_options o;
	struct weir_engine_sink sink;
	struct weir_map channels;  /* memory_channel.node by name */
	struct weir_timers timers; /* memory_channel.deadline */
	struct weir_idempotency idempotency;
	struct weir_partition_log log;
};

static struct memory_engine *memory_of(struct weir_engine *e)
{
	return WEIR_CONTAINER_OF(e, struct memory_engine, engine);
}

/* ---- channels ---- */

static bool channel_eq(const struct weir_map_node *n, const void *name)
{
	return weir_str_eq(weir_list_entry(n, struct memory_channel, node)->name, *(const struct weir_str *)name);
}

static struct memory_channel *channel_find(struct memory_engine *m, struct weir_str name)
{
	struct weir_map_node *n = weir_map_find(&m->channels, weir_hash(m->o.hash_key, name), channel_eq, &name);

	return n ? weir_list_entry(n, struct memory_channel, node) : NULL;
}

/* Its stream and its version. */
static void channel_forget(struct memory_channel *c)
{
	if (c->has_stream)
		weir_stream_fini(&c->stream);
	c->has_stream = false;
	free(c->version_epoch);
	c->version_epoch = NULL;
	c->version = 0;
}

static void channel_free(struct memory_channel *c)
{
	weir_timers_cancel(&c->engine->timers, &c->deadline);
	channel_forget(c);
	if (c->presence) {
		weir_presence_fini(c->presence);
		free(c->presence);
	}
	free(c);
}

static void channel_drop_if_unused(struct memory_channel *c)
{
	if (c->has_stream || c->version || c->presence)
		return;
	weir_map_remove(&c->engine->channels, &c->node);
	channel_free(c);
}

/* It is looked at again when its publications expire, or its stream and version if there are none. */
static void channel_arm(struct memory_channel *c)
{
	uint64_t at = c->meta_expires_ms;

	if (c->has_stream && c->stream.count && c->stream.expires_ms < at)
		at = c->stream.expires_ms;
	weir_timers_set(&c->engine->timers, &c->deadline, at);
}

/* Publications go at their time; the stream itself when nobody has used it for history_meta_ttl. */
static void channel_on_deadline(struct weir_deadline *d, uint64_t now_ms)
{
	struct memory_channel *c = weir_list_entry(d, struct memory_channel, deadline);

	if (c->has_stream)
		weir_stream_expire(&c->stream, now_ms);
	if (now_ms < c->meta_expires_ms) {
		channel_arm(c);
		return;
	}
	channel_forget(c);
	channel_drop_if_unused(c);
}

static struct memory_channel *channel_get(struct memory_engine *m, struct weir_str name)
{
	struct memory_channel *c = channel_find(m, name);

	if (c)
		return c;
	c = calloc(1, sizeof(*c) + name.n);
	if (!c)
		return NULL;
	c->engine = m;
	c->deadline.fire = channel_on_deadline;
	memcpy(c->storage, name.p, name.n);
	c->name = weir_str_n(c->storage, name.n);
	weir_map_insert(&m->channels, &c->node, weir_hash(m->o.hash_key, name));
	return c;
}

/* A use that keeps its stream and version alive. */
static void channel_use(struct memory_channel *c, const struct weir_namespace *ns, uint64_t now_ms)
{
	if (now_ms >= c->meta_expires_ms)
		channel_forget(c); /* the tick is late, its time is over all the same */
	c->meta_expires_ms = now_ms + (uint64_t)ns->history_meta_ttl_ms;
}

/* The channel's stream, made when missing. */
static struct weir_stream *stream_get(
	struct memory_engine *m, const struct weir_namespace *ns, struct weir_str name, uint64_t now_ms)
{
	struct memory_channel *c = channel_get(m, name);
	char epoch[WEIR_EPOCH_MAX] = "";

	if (!c)
		return NULL;
	channel_use(c, ns, now_ms);
	if (!c->has_stream) {
		weir_random_letters(m->o.random, epoch, EPOCH_LETTERS);
		weir_stream_init(&c->stream, epoch);
		c->has_stream = true;
	}
	weir_stream_expire(&c->stream, now_ms);
	return &c->stream;
}

static void stream_arm(struct weir_stream *s)
{
	channel_arm(WEIR_CONTAINER_OF(s, struct memory_channel, stream));
}

static void stream_position(const struct weir_stream *s, char epoch[WEIR_EPOCH_MAX], uint64_t *top)
{
	memcpy(epoch, s->epoch, WEIR_EPOCH_MAX);
	*top = s->top;
}

/* ---- publish ---- */

static bool publish_is_repeat(struct memory_engine *m, struct weir_publish_request *r, uint64_t now_ms)
{
	const struct weir_publish_result *known;

	if (!r->idempotency_key.n)
		return false;
	known = weir_idempotency_find(&m->idempotency, r->event->channel, r->idempotency_key, now_ms);
	if (known)
		r->result = *known;
	return known;
}

/* Without memory the result is not remembered: the event has its place by now and must be delivered all the same. */
static void publish_remember(struct memory_engine *m, struct weir_publish_request *r, uint64_t now_ms)
{
	if (r->idempotency_key.n &&
		weir_idempotency_store(&m->idempotency, r->event->channel, r->idempotency_key, &r->result, now_ms) < 0)
		return;
}

/* ---- versions ---- */

/* Is the channel as new as this already? Then the result is where it is. */
static bool publish_is_old(struct memory_engine *m, struct weir_publish_request *r, uint64_t now_ms)
{
	struct memory_channel *c = r->version ? channel_find(m, r->event->channel) : NULL;

	if (!c || now_ms >= c->meta_expires_ms || r->version > c->version)
		return false;
	if (r->version_epoch.n && !weir_str_is(r->version_epoch, c->version_epoch ? c->version_epoch : ""))
		return false;
	if (c->has_stream)
		stream_position(&c->stream, r->result.epoch, &r->result.offset);
	return true;
}

/* Without memory it is not remembered, like the result. */
static void publish_keep_version(struct memory_engine *m, const struct weir_publish_request *r, uint64_t now_ms)
{
	struct memory_channel *c = r->version ? channel_get(m, r->event->channel) : NULL;
	char *epoch = c ? malloc(r->version_epoch.n + 1) : NULL;

	if (epoch) {
		channel_use(c, r->ns, now_ms);
		if (r->version_epoch.n)
			memcpy(epoch, r->version_epoch.p, r->version_epoch.n);
		epoch[r->version_epoch.n] = '\0';
		free(c->version_epoch);
		c->version_epoch = epoch;
		c->version = r->version;
		channel_arm(c);
	} else if (c) {
		channel_drop_if_unused(c);
	}
}

static int publish_place(
	struct memory_engine *m, struct weir_publish_request *r, uint64_t now_ms, struct weir_event **previous)
{
	struct weir_event *last;
	struct weir_stream *s;
	int err;

	if (r->skip_history || !weir_namespace_has_history(r->ns))
		return 0;
	s = stream_get(m, r->ns, r->event->channel, now_ms);
	if (!s)
		return -ENOMEM;
	last = r->event->delta ? weir_stream_last(s) : NULL;
	*previous = last ? weir_event_ref(last) : NULL;
	err = weir_stream_append(s, r->event, (size_t)r->ns->history_size, now_ms, (uint64_t)r->ns->history_ttl_ms);
	stream_arm(s);
	if (!err)
		stream_position(s, r->result.epoch, &r->result.offset);
	return err;
}

static void memory_publish(struct weir_engine *e, struct weir_publish_request *r)
{
	struct memory_engine *m = memory_of(e);
	uint64_t now_ms = weir_mono_ms(m->o.clock);
	struct weir_event *previous = NULL;

	if (!publish_is_repeat(m, r, now_ms) && !publish_is_old(m, r, now_ms)) {
		r->base.status = publish_place(m, r, now_ms, &previous);
		if (!r->base.status) {
			publish_remember(m, r, now_ms);
			publish_keep_version(m, r, now_ms);
			weir_partition_log_append(&m->log, r->event);
			m->sink.entry(m->sink.ctx, r->event, previous);
		}
		weir_event_unref(&previous);
	}
	m->sink.done(m->sink.ctx, &r->base);
}

static void memory_append(struct weir_engine *e, struct weir_event *entry)
{
	struct memory_engine *m = memory_of(e);

	weir_partition_log_append(&m->log, entry);
	m->sink.entry(m->sink.ctx, entry, NULL);
}

/* ---- reads ---- */

/* All namespaces are in the one log, so each of them is in one order. */
static int recover_pattern(struct memory_engine *m, struct weir_subscribe_request *r)
{
	int got;

	weir_partition_log_position(&m->log, r->epoch, &r->top);
	if (!r->recover)
		return 0;
	got = weir_partition_log_recover(&m->log,
		&(struct weir_log_recovery){
			r->channel, r->skip_user_limited, r->since_epoch, r->since_offset, r->recovery_limit},
		&r->missed);
	r->recovered = got > 0;
	return got < 0 ? got : 0;
}

static int recover_channel(struct memory_engine *m, struct weir_subscribe_request *r)
{
	struct weir_stream *s = stream_get(m, r->ns, r->channel, weir_mono_ms(m->o.clock));
	int got;

	if (!s)
		return -ENOMEM;
	stream_arm(s);
	stream_position(s, r->epoch, &r->top);
	if (!r->recover)
		return 0;
	got = weir_stream_recover(s, r->since_epoch, r->since_offset, r->recovery_limit, &r->missed);
	r->recovered = got > 0;
	return got < 0 ? got : 0;
}

static void memory_recover(struct weir_engine *e, struct weir_subscribe_request *r)
{
	struct memory_engine *m = memory_of(e);

	r->base.status = weir_channel_is_pattern(r->channel) ? recover_pattern(m, r) : recover_channel(m, r);
	m->sink.done(m->sink.ctx, &r->base);
}

static int history_read(struct memory_engine *m, struct weir_history_request *r)
{
	struct weir_stream *s = stream_get(m, r->ns, r->channel, weir_mono_ms(m->o.clock));

	if (!s)
		return -ENOMEM;
	if (r->base.type == WEIR_REQUEST_HISTORY_REMOVE)
		weir_stream_remove(s);
	stream_arm(s);
	stream_position(s, r->epoch, &r->top);
	if (r->base.type == WEIR_REQUEST_HISTORY_REMOVE)
		return 0;
	if (r->since_epoch.n && !weir_str_is(r->since_epoch, s->epoch))
		return WEIR_EEPOCH;
	return weir_stream_read(s, &r->range, &r->events);
}

static void memory_history(struct weir_engine *e, struct weir_history_request *r)
{
	struct memory_engine *m = memory_of(e);

	r->base.status = history_read(m, r);
	m->sink.done(m->sink.ctx, &r->base);
}

/* ---- presence, control, state ---- */

static void memory_presence(struct weir_engine *e, struct weir_presence_request *r)
{
	struct memory_engine *m = memory_of(e);
	struct memory_channel *c = channel_find(m, r->channel);

	if (c && c->presence) {
		r->num_clients = weir_presence_clients(c->presence);
		r->num_users = weir_presence_users(c->presence);
		if (r->want_list)
			r->base.status = weir_presence_list(c->presence, &r->list);
	}
	m->sink.done(m->sink.ctx, &r->base);
}

static int memory_presence_add(struct weir_engine *e, struct weir_str channel, const struct weir_client_info *info)
{
	struct memory_engine *m = memory_of(e);
	struct memory_channel *c = channel_get(m, channel);

	if (!c)
		return -ENOMEM;
	if (!c->presence) {
		c->presence = weir_xmalloc(sizeof(*c->presence));
		weir_presence_init(c->presence, m->o.hash_key);
	}
	return weir_presence_add(c->presence, info);
}

static void memory_presence_remove(struct weir_engine *e, struct weir_str channel, struct weir_str client)
{
	struct memory_channel *c = channel_find(memory_of(e), channel);

	if (!c || !c->presence)
		return;
	weir_presence_remove(c->presence, client);
	if (weir_presence_clients(c->presence))
		return;
	weir_presence_fini(c->presence);
	free(c->presence);
	c->presence = NULL;
	channel_drop_if_unused(c);
}

static void memory_control(struct weir_engine *e, struct weir_control_request *r)
{
	struct memory_engine *m = memory_of(e);

	m->sink.control(m->sink.ctx, r->control);
	m->sink.done(m->sink.ctx, &r->base);
}

static int memory_state(struct weir_engine *e, struct weir_buf *why)
{
	(void)e;
	(void)why;
	return 0;
}

static uint64_t memory_next_deadline(struct weir_engine *e)
{
	return weir_timers_next(&memory_of(e)->timers);
}

static void memory_tick(struct weir_engine *e, uint64_t now_ms)
{
	weir_timers_run(&memory_of(e)->timers, now_ms, TICK_BUDGET);
}

static void memory_set_sink(struct weir_engine *e, const struct weir_engine_sink *sink)
{
	memory_of(e)->sink = *sink;
}

static void memory_free(struct weir_engine *e)
{
	struct memory_engine *m = memory_of(e);
	struct weir_map_node *n;

	while ((n = weir_map_pop(&m->channels)))
		channel_free(weir_list_entry(n, struct memory_channel, node));
	weir_map_fini(&m->channels);
	weir_timers_fini(&m->timers);
	weir_idempotency_fini(&m->idempotency);
	weir_partition_log_fini(&m->log);
	free(m);
}

static const struct weir_engine_ops memory_ops = {
	.name = "memory",
	.set_sink = memory_set_sink,
	.publish = memory_publish,
	.recover = memory_recover,
	.history = memory_history,
	.presence = memory_presence,
	.presence_add = memory_presence_add,
	.presence_remove = memory_presence_remove,
	.append = memory_append,
	.control = memory_control,
	.state = memory_state,
	.next_deadline = memory_next_deadline,
	.tick = memory_tick,
	.free = memory_free,
};

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_engine *weir_engine_memory_new(const struct weir_engine_memory_options *o)
{
	struct memory_engine *m = weir_xcalloc(1, sizeof(*m));

	m->engine.ops = &memory_ops;
	m->o = *o;
	weir_map_init(&m->channels);
	weir_timers_init(&m->timers);
	weir_idempotency_init(&m->idempotency, o->hash_key, o->idempotency_ttl_ms, o->idempotency_max);
	/* The start time as the generation: a later life of the process never repeats a position. */
	if (weir_partition_log_init(&m->log, (uint64_t)weir_wall_ms(o->clock), o->log_entries, o->log_bytes) < 0) {
		memory_free(&m->engine);
		return NULL;
	}
	return &m->engine;
}
