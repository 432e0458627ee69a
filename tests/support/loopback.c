/* SPDX-License-Identifier: Apache-2.0 */
/* The loopback server: see loopback.h. */
#include "loopback.h"

#include <stdio.h>
#include <stdlib.h>

#include "weir/base/ring.h"
#include "weir/engine/memory.h"
#include "weir/event/convert.h"

#define DEFAULT_QUEUE 1024
#define TAKES_ALL     UINT32_MAX

struct loopback_worker {
	struct loopback *lb;
	struct weir_worker worker;
	struct weir_sessions sessions;
	struct weir_random random;
	struct weir_ring inbox; /* struct weir_message */
	bool wants_room;
	bool woken; /* to keep the budget */
};

struct loopback {
	struct weir_clock clock;
	uint64_t mono_ms;
	int64_t wall_ms;
	struct weir_hash_key hash_key;
	struct weir_random random, engine_random;
	struct weir_namespaces *namespaces;
	struct weir_token_keys *keys;
	struct weir_session_config config;
	struct weir_engine *engine;
	struct weir_hub *hub;
	atomic_bool publish_held;
	struct weir_budget budget;
	struct weir_ring to_hub; /* struct weir_request * */
	struct loopback_hooks hooks;
	unsigned n_workers;
	struct loopback_worker *workers;
};

bool loopback_msgpack;

struct loopback_client {
	struct loopback *lb;
	struct weir_session *session; /* NULL after release */
	struct weir_buf stream;       /* WebSocket frames as written */
	char *message;                /* what receive() returned last */
	const struct weir_codec *codec;
	struct weir_buf json; /* of MessagePack */
	uint32_t takes;       /* messages that the socket still takes; TAKES_ALL */
	bool paused;
	unsigned code;
	char reason[128];
};

static uint64_t clock_mono(void *ctx)
{
	return ((struct loopback *)ctx)->mono_ms;
}

static int64_t clock_wall(void *ctx)
{
	return ((struct loopback *)ctx)->wall_ms;
}

/* ---- the wiring ---- */

static bool to_hub(void *ctx, struct weir_request *r)
{
	struct loopback_worker *w = ctx;

	if (weir_ring_push(&w->lb->to_hub, &r))
		return true;
	w->wants_room = true;
	return false;
}

static void to_worker(void *ctx, unsigned worker, const struct weir_message *m)
{
	struct loopback *lb = ctx;
	struct weir_message lost = *m;

	if (lb->hooks.deliver && !lb->hooks.deliver(lb->hooks.ctx, worker, m))
		weir_message_drop(&lost);
	else
		weir_assert(weir_ring_push(&lb->workers[worker].inbox, m));
}

static void on_control(void *ctx, const struct weir_control *c)
{
	weir_sessions_control(&((struct loopback_worker *)ctx)->sessions, c);
}

static void on_survey(void *ctx, const struct weir_survey_question *q, struct weir_survey_slot *slot)
{
	weir_sessions_survey(&((struct loopback_worker *)ctx)->sessions, q, slot);
}

static void on_room(void *ctx)
{
	weir_sessions_room(&((struct loopback_worker *)ctx)->sessions);
}

/* The engines here say nothing by themselves but what a test makes them say, when there is room. */
static void set_publish_room(void *ctx, bool room)
{
	struct loopback *lb = ctx;

	atomic_store(&lb->publish_held, !room);
	for (unsigned i = 0; room && i < lb->n_workers; i++)
		lb->workers[i].woken = true;
}

static void wake_worker(void *ctx, unsigned worker)
{
	((struct loopback *)ctx)->workers[worker].woken = true;
}

static bool inboxes_have_room(const struct loopback *lb)
{
	for (unsigned i = 0; i < lb->n_workers; i++)
		if (weir_ring_count(&lb->workers[i].inbox) + WEIR_HUB_MESSAGES_PER_REQUEST >
			weir_ring_capacity(&lb->workers[i].inbox))
			return false;
	return true;
}

static bool step_hub(struct loopback *lb)
{
	struct weir_request *r;

	if (!inboxes_have_room(lb) || !weir_ring_pop(&lb->to_hub, &r))
		return false;
	if (lb->hooks.submit)
		lb->hooks.submit(lb->hooks.ctx, r);
	weir_hub_submit(lb->hub, r);
	return true;
}

static bool step_worker(struct loopback *lb, unsigned i, bool flush)
{
	struct loopback_worker *w = &lb->workers[i];
	struct weir_message m;

	if (w->wants_room && weir_ring_count(&lb->to_hub) <= weir_ring_capacity(&lb->to_hub) / 2) {
		w->wants_room = false;
		weir_worker_room(&w->worker);
		return true;
	}
	if (weir_ring_pop(&w->inbox, &m)) {
		weir_worker_receive(&w->worker, &m);
		return true;
	}
	if (!flush || (weir_list_empty(&w->worker.dirty) && weir_list_empty(&w->worker.faults) && !w->woken &&
			      !w->worker.surveys && !w->worker.shedding))
		return false;
	w->woken = false;
	weir_worker_end_turn(&w->worker);
	return true;
}

static bool step_any(struct loopback *lb, bool flush)
{
	unsigned n = lb->n_workers + 1, first = (unsigned)weir_random_below(&lb->random, n);

	for (unsigned k = 0; k < n; k++) {
		unsigned who = (first + k) % n;

		if (who == lb->n_workers ? step_hub(lb) : step_worker(lb, who, flush))
			return true;
	}
	return false;
}

/* ---- transport ---- */

static void transport_flush(struct weir_session *s)
{
	struct loopback_client *c = weir_session_transport(s);
	struct weir_queue *q = weir_session_queue(s);
	unsigned char scratch[256];
	struct weir_str bytes;
	bool wrote = false;

	while (c->takes) {
		/* Without room to gather it is one message at a time. */
		bytes = weir_queue_take(q, scratch, c->takes == TAKES_ALL ? sizeof(scratch) : 0);
		if (!bytes.p)
			break;
		weir_buf_str(&c->stream, bytes);
		wrote = true;
		if (c->takes != TAKES_ALL)
			c->takes--;
	}
	weir_queue_set_stuck(q, weir_queue_is_ready(q), wrote);
}

static void transport_close(struct weir_session *s, unsigned code, struct weir_str reason, bool silent)
{
	struct loopback_client *c = weir_session_transport(s);

	if (!silent)
		transport_flush(s);
	c->code = code;
	snprintf(c->reason, sizeof(c->reason), "%.*s", WEIR_STR_FMT(reason));
}

static void transport_pause(struct weir_session *s, bool paused)
{
	((struct loopback_client *)weir_session_transport(s))->paused = paused;
}

static const struct weir_transport_ops transport_ops = {
	.name = "websocket", .flush = transport_flush, .close = transport_close, .pause = transport_pause};

/* ---- the end ---- */

static void on_left(struct weir_request *r)
{
	const struct weir_node_info *info = ((const struct weir_info_request *)r)->nodes.nodes;

	weir_assert(!r->status && info->clients == 0 && info->users == 0 && info->channels == 0 &&
		    info->subscriptions == 0);
	*(bool *)r->ctx = true;
	weir_request_free(&r);
}

static void assert_nothing_left(struct loopback *lb)
{
	struct weir_info_request *r = weir_info_request_new();
	bool answered = false;

	r->base.done = on_left;
	r->base.ctx = &answered;
	weir_assert(weir_worker_ask(&lb->workers[0].worker, &r->base));
	loopback_run(lb);
	weir_assert(answered);
}

/* ---- building ---- */

static const struct weir_session_config default_config = {
	.version = {"weir test", 9},
	.channel_limit = 128,
	.pattern_limit = 16,
	.channel_max_length = 255,
	.queue_max_bytes = 1 << 20,
	.message_max_bytes = 65536,
	.ping_interval_ms = 25000,
	.pong_timeout_ms = 8000,
	.stale_close_delay_ms = 10000,
	.expired_close_delay_ms = 25000,
	.expired_sub_close_delay_ms = 25000,
	.history_limit = 300,
	.recovery_limit = 300,
};

/* A namespace that says nothing about its queues has the defaults. */
static struct weir_namespace namespace_copy(const struct weir_namespace *ns)
{
	const struct weir_namespace defaults = {WEIR_NAMESPACE_QUEUE_DEFAULTS};
	struct weir_namespace copy = *ns;

	copy.name = weir_xstrdup(ns->name ? ns->name : "");
	copy.key = weir_xstrdup(ns->key ? ns->key : "");
	if (!copy.queue) {
		copy.queue = defaults.queue;
		copy.queue_max = copy.queue_max ? copy.queue_max : defaults.queue_max;
		copy.allowed_overflow = copy.allowed_overflow ? copy.allowed_overflow : defaults.allowed_overflow;
	}
	copy.filter_max_distinct = copy.filter_max_distinct ? copy.filter_max_distinct : defaults.filter_max_distinct;
	return copy;
}

static void build_config(struct loopback *lb, const struct loopback_options *o)
{
	struct weir_namespace *without = weir_xmalloc(sizeof(*without));
	struct weir_namespace *named = weir_xcalloc(o->n_named + 1, sizeof(*named));
	struct weir_buf why;

	*without = namespace_copy(&o->without);
	for (size_t i = 0; i < o->n_named; i++)
		named[i] = namespace_copy(&o->named[i]);
	lb->namespaces = weir_namespaces_new(without, named, o->n_named);
	weir_buf_init(&why, 1000);
	weir_assert(weir_token_keys_new(&(struct weir_token_options){.hmac_secret = weir_str(o->hmac_secret),
						.rsa_public_key = weir_str(o->rsa_public_key)},
			    &lb->keys, &why) == 0);
	weir_buf_fini(&why);
	lb->config = o->config ? *o->config : default_config;
	lb->config.namespaces = lb->namespaces;
	lb->config.keys = lb->keys;
	lb->config.insecure = !o->secure;
}

static void build_worker(struct loopback *lb, unsigned i, size_t inbox)
{
	struct loopback_worker *w = &lb->workers[i];

	w->lb = lb;
	weir_ring_init(&w->inbox, sizeof(struct weir_message), inbox);
	weir_random_seeded(&w->random, weir_random_u64(&lb->random));
	weir_worker_init(&w->worker, &(struct weir_worker_options){.id = i,
					     .clock = &lb->clock,
					     .hash_key = &lb->hash_key,
					     .budget = &lb->budget,
					     .publish_held = &lb->publish_held,
					     .namespaces = lb->namespaces,
					     .to_hub = to_hub,
					     .hub_ctx = w,
					     .on_control = on_control,
					     .on_survey = on_survey,
					     .on_room = on_room,
					     .ctx = w});
	weir_sessions_init(&w->sessions, &lb->config, &w->worker, &w->random, NULL);
}

/* ------------------------------------------------------------------------------------------------------------------ */

const struct weir_session_config *loopback_default_config(void)
{
	return &default_config;
}

struct loopback *loopback_new(const struct loopback_options *o)
{
	struct loopback *lb = weir_xcalloc(1, sizeof(*lb));

	lb->clock = (struct weir_clock){clock_mono, clock_wall, lb};
	lb->hooks = o->hooks;
	lb->mono_ms = 1000;
	lb->wall_ms = 1700000000000;
	lb->hash_key = (struct weir_hash_key){o->seed, ~o->seed};
	weir_random_seeded(&lb->random, o->seed);
	weir_random_seeded(&lb->engine_random, o->seed + 1);
	build_config(lb, o);
	lb->engine = weir_engine_memory_new(&(struct weir_engine_memory_options){.clock = &lb->clock,
		.hash_key = &lb->hash_key,
		.random = &lb->engine_random,
		.idempotency_ttl_ms = 300000,
		.idempotency_max = 1000,
		.log_entries = 64,
		.log_bytes = 65536});
	if (o->engine)
		lb->engine = o->engine(o->engine_ctx, lb->engine);
	lb->n_workers = o->workers ? o->workers : 1;
	lb->workers = weir_xcalloc(lb->n_workers, sizeof(*lb->workers));
	weir_ring_init(&lb->to_hub, sizeof(struct weir_request *), o->hub_mailbox ? o->hub_mailbox : DEFAULT_QUEUE);
	weir_budget_init(&lb->budget, o->queue_total_bytes, lb->n_workers, wake_worker, lb);
	for (unsigned i = 0; i < lb->n_workers; i++)
		build_worker(lb, i, o->inbox ? o->inbox : DEFAULT_QUEUE);
	lb->hub = weir_hub_new(&(struct weir_hub_options){.workers = lb->n_workers,
		.clock = &lb->clock,
		.hash_key = &lb->hash_key,
		.engine = lb->engine,
		.send = to_worker,
		.publish_room = set_publish_room,
		.ctx = lb});
	return lb;
}

void loopback_free(struct loopback **lbp)
{
	struct loopback *lb = *lbp;

	for (unsigned i = 0; i < lb->n_workers; i++)
		weir_sessions_shutdown(&lb->workers[i].sessions, SIZE_MAX);
	loopback_run(lb);
	assert_nothing_left(lb);
	for (unsigned i = 0; i < lb->n_workers; i++) {
		struct loopback_worker *w = &lb->workers[i];

		weir_sessions_fini(&w->sessions);
		weir_worker_fini(&w->worker);
		weir_ring_fini(&w->inbox);
	}
	weir_hub_free(&lb->hub);
	weir_budget_fini(&lb->budget);
	lb->engine->ops->free(lb->engine);
	weir_ring_fini(&lb->to_hub);
	weir_token_keys_free(&lb->keys);
	weir_namespaces_free(&lb->namespaces);
	free(lb->workers);
	free(lb);
	*lbp = NULL;
}

bool loopback_step(struct loopback *lb)
{
	return step_any(lb, true);
}

bool loopback_step_without_flush(struct loopback *lb)
{
	return step_any(lb, false);
}

void loopback_run(struct loopback *lb)
{
	while (loopback_step(lb))
		;
}

static uint64_t next_deadline(struct loopback *lb)
{
	uint64_t at = lb->engine->ops->next_deadline(lb->engine);

	for (unsigned i = 0; i < lb->n_workers; i++) {
		uint64_t t = weir_timers_next(&lb->workers[i].worker.timers);

		at = t < at ? t : at;
	}
	return at;
}

void loopback_advance(struct loopback *lb, uint64_t ms)
{
	uint64_t end = lb->mono_ms + ms;

	loopback_run(lb);
	for (;;) {
		uint64_t at = next_deadline(lb);

		if (at > end)
			break;
		if (at > lb->mono_ms) {
			lb->wall_ms += (int64_t)(at - lb->mono_ms);
			lb->mono_ms = at;
		}
		lb->engine->ops->tick(lb->engine, lb->mono_ms);
		for (unsigned i = 0; i < lb->n_workers; i++)
			weir_timers_run(&lb->workers[i].worker.timers, lb->mono_ms, 100);
		loopback_run(lb);
	}
	lb->wall_ms += (int64_t)(end - lb->mono_ms);
	lb->mono_ms = end;
}

uint64_t loopback_now(const struct loopback *lb)
{
	return lb->mono_ms;
}

int64_t loopback_wall(const struct loopback *lb)
{
	return lb->wall_ms;
}

struct weir_worker *loopback_worker(struct loopback *lb, unsigned worker)
{
	return &lb->workers[worker].worker;
}

struct weir_sessions *loopback_sessions(struct loopback *lb, unsigned worker)
{
	return &lb->workers[worker].sessions;
}

const struct weir_namespace *loopback_namespace(const struct loopback *lb, struct weir_str channel)
{
	return weir_namespaces_resolve(lb->namespaces, channel);
}

static struct loopback_client *connect_codec(struct loopback *lb, unsigned worker, const struct weir_codec *codec)
{
	struct loopback_client *c = weir_xcalloc(1, sizeof(*c));

	c->lb = lb;
	c->takes = TAKES_ALL;
	weir_buf_init(&c->stream, SIZE_MAX / 2);
	weir_buf_init(&c->json, SIZE_MAX / 2);
	c->codec = codec;
	c->session = weir_session_new(&lb->workers[worker].sessions, codec, &transport_ops, c);
	weir_assert(c->session);
	return c;
}

struct loopback_client *loopback_connect(struct loopback *lb, unsigned worker)
{
	return connect_codec(lb, worker, loopback_msgpack ? &weir_codec_msgpack : &weir_codec_json);
}

struct loopback_client *loopback_connect_msgpack(struct loopback *lb, unsigned worker)
{
	return connect_codec(lb, worker, &weir_codec_msgpack);
}

struct loopback *loopback_of(const struct loopback_client *c)
{
	return c->lb;
}

struct weir_session *loopback_session(const struct loopback_client *c)
{
	return c->session;
}

void loopback_send(struct loopback_client *c, const char *message)
{
	struct weir_str rest = weir_str(message);
	struct weir_buf packed;

	if (!c->codec->binary) {
		loopback_send_bytes(c, rest);
		return;
	}
	weir_buf_init(&packed, SIZE_MAX / 2);
	while (rest.n) {
		int err = weir_msgpack_from_json(&packed, weir_str_cut(&rest, '\n'));

		weir_assert(!err);
	}
	loopback_send_bytes(c, weir_buf_view(&packed));
	weir_buf_fini(&packed);
}

void loopback_send_bytes(struct loopback_client *c, struct weir_str message)
{
	weir_session_input(c->session, message);
}

/* Undoes the WebSocket framing of RFC 6455 §5.2, as a client does. */
struct weir_str loopback_receive_bytes(struct loopback_client *c)
{
	const unsigned char *p = (const unsigned char *)c->stream.p;
	size_t header = 2, len;

	free(c->message);
	c->message = NULL;
	if (c->stream.len < 2)
		return WEIR_STR_NONE;
	weir_assert(p[0] == (c->codec->binary ? 0x82 : 0x81) && !(p[1] & 0x80));
	len = p[1];
	if (len == 126) {
		len = (size_t)p[2] << 8 | p[3];
		header = 4;
	} else if (len == 127) {
		len = 0;
		for (int i = 2; i < 10; i++)
			len = len << 8 | p[i];
		header = 10;
	}
	weir_assert(c->stream.len >= header + len);
	c->message = weir_xstrndup(c->stream.p + header, len);
	weir_buf_consume(&c->stream, header + len);
	return weir_str_n(c->message, len);
}

const char *loopback_receive(struct loopback_client *c)
{
	struct weir_str message = loopback_receive_bytes(c);
	int err;

	if (!message.p || !c->codec->binary)
		return message.p;
	weir_buf_reset(&c->json);
	err = weir_json_from_msgpack_leniently(&c->json, message);
	weir_assert(!err);
	weir_buf_char(&c->json, '\0');
	return c->json.p;
}

static void socket_takes(struct loopback_client *c, uint32_t n)
{
	c->takes = n;
	if (!n || c->code)
		return;
	transport_flush(c->session);
	weir_session_flushed(c->session);
}

void loopback_stall(struct loopback_client *c, bool stalled)
{
	socket_takes(c, stalled ? 0 : TAKES_ALL);
}

void loopback_trickle(struct loopback_client *c, unsigned n)
{
	socket_takes(c, n);
}

unsigned loopback_closed(const struct loopback_client *c)
{
	return c->code;
}

const char *loopback_reason(const struct loopback_client *c)
{
	return c->reason;
}

bool loopback_paused(const struct loopback_client *c)
{
	return c->paused;
}

void loopback_hang_up(struct loopback_client *c)
{
	if (c->session)
		weir_session_release(c->session);
	c->session = NULL;
}

void loopback_client_free(struct loopback_client **c)
{
	loopback_hang_up(*c);
	weir_buf_fini(&(*c)->stream);
	weir_buf_fini(&(*c)->json);
	free((*c)->message);
	free(*c);
	*c = NULL;
}

static void on_published(struct weir_request *r)
{
	struct loopback_result *result = r->ctx;

	if (result) {
		result->status = r->status;
		result->place = ((struct weir_publish_request *)r)->result;
	}
	weir_request_free(&r);
}

bool loopback_publish_event(struct loopback *lb, unsigned worker, struct weir_event *e, bool skip_history,
	const char *idempotency_key, struct loopback_result *result)
{
	const struct weir_namespace *ns = weir_namespaces_resolve(lb->namespaces, e->channel);
	struct weir_publish_request *r = weir_publish_request_new(ns, e, weir_str(idempotency_key));
	struct weir_request *base = &r->base;

	r->skip_history = skip_history;
	r->base.done = on_published;
	r->base.ctx = result;
	if (result)
		result->status = 1;
	if (weir_worker_ask(&lb->workers[worker].worker, base))
		return true;
	weir_request_free(&base);
	return false;
}

bool loopback_publish(
	struct loopback *lb, unsigned worker, const char *channel, const char *data, struct loopback_result *result)
{
	const struct weir_namespace *ns = weir_namespaces_resolve(lb->namespaces, weir_str(channel));
	struct weir_event *e = weir_event_new(&(struct weir_event_spec){.channel = weir_str(channel),
		.data = weir_str(data),
		.delta = ns->delta_publish,
		.time_ms = lb->wall_ms});

	return loopback_publish_event(lb, worker, e, false, NULL, result);
}

void loopback_history_remove(struct loopback *lb, unsigned worker, const char *channel)
{
	const struct weir_namespace *ns = weir_namespaces_resolve(lb->namespaces, weir_str(channel));
	struct weir_history_request *r = weir_history_request_new(ns, weir_str(channel), WEIR_STR_NONE);

	r->base.type = WEIR_REQUEST_HISTORY_REMOVE;
	weir_worker_tell(&lb->workers[worker].worker, &r->base);
	loopback_run(lb);
}

bool loopback_ask(struct loopback *lb, unsigned worker, struct weir_request *r)
{
	return weir_worker_ask(&lb->workers[worker].worker, r);
}

void loopback_control(struct loopback *lb, const struct weir_control *spec)
{
	struct weir_control_request *r = weir_control_request_new(weir_control_new(spec));

	weir_worker_tell(&lb->workers[0].worker, &r->base);
}
