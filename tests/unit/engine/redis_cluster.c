/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brokers behind one engine interface: see redis_cluster.h. Only the first broker's log is shown; that of the others is
 * compared with it. Clients' presence stays with one broker, as a client's connection does.
 */
#include "redis_cluster.h"

#include <stdlib.h>
#include <string.h>

#include "conformance.h"
#include "weir/base/mem.h"

struct cluster;

struct seat { /* a broker's */
	struct cluster *cluster;
	struct weir_event **events;
	size_t count, cap, controls;
};

struct cluster {
	struct weir_engine engine;
	struct redis_world world;
	struct weir_engine_sink sink;
	struct seat seats[WORLD_BROKERS_MAX];
	unsigned brokers, turn;
	size_t asked, answered, resets;
};

static struct cluster *cluster_of(struct weir_engine *e)
{
	return WEIR_CONTAINER_OF(e, struct cluster, engine);
}

/* ---- what brokers say ---- */

static void on_entry(void *ctx, struct weir_event *e, struct weir_event *previous)
{
	struct seat *s = ctx;

	if (s->count == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 64;
		s->events = weir_xrealloc(s->events, s->cap * sizeof(struct weir_event *));
	}
	s->events[s->count++] = weir_event_ref(e);
	if (s == &s->cluster->seats[0])
		s->cluster->sink.entry(s->cluster->sink.ctx, e, previous);
}

static void on_control(void *ctx, struct weir_control *c)
{
	struct seat *s = ctx;

	s->controls++;
	if (s == &s->cluster->seats[0])
		s->cluster->sink.control(s->cluster->sink.ctx, c);
}

static void on_done(void *ctx, struct weir_request *r)
{
	struct cluster *c = ((struct seat *)ctx)->cluster;

	c->answered++;
	c->sink.done(c->sink.ctx, r);
}

static void on_reset(void *ctx, const struct weir_reset *reset)
{
	(void)reset;
	((struct seat *)ctx)->cluster->resets++;
}

static bool room(void *ctx)
{
	(void)ctx;
	return true;
}

static void publish_room(void *ctx, bool is_room)
{
	(void)ctx;
	CU_ASSERT(is_room);
}

static void local(void *ctx, struct weir_request *r)
{
	(void)ctx;
	(void)r;
	CU_FAIL("nobody asks");
}

/* ---- what they are asked ---- */

static struct weir_engine *now(struct cluster *c)
{
	return c->world.engines[c->turn];
}

/* The options that the suite has changed are the configuration of all. */
static const struct weir_namespace *configured(
	struct cluster *c, const struct weir_namespace *ns, struct weir_str channel)
{
	char *name = c->world.without->name;

	*c->world.without = *ns;
	c->world.without->name = name;
	for (unsigned i = 0; i < WORLD_NAMESPACES; i++) {
		name = c->world.named[i].name;
		c->world.named[i] = *ns;
		c->world.named[i].name = name;
	}
	return weir_namespaces_resolve(c->world.namespaces, channel);
}

static void set_sink(struct weir_engine *e, const struct weir_engine_sink *sink)
{
	cluster_of(e)->sink = *sink;
}

static void publish(struct weir_engine *e, struct weir_publish_request *r)
{
	struct cluster *c = cluster_of(e);

	c->asked++;
	r->ns = configured(c, r->ns, r->event->channel);
	now(c)->ops->publish(now(c), r);
}

static void recover(struct weir_engine *e, struct weir_subscribe_request *r)
{
	struct cluster *c = cluster_of(e);

	c->asked++;
	r->ns = configured(c, r->ns, r->channel);
	now(c)->ops->recover(now(c), r);
}

static void history(struct weir_engine *e, struct weir_history_request *r)
{
	struct cluster *c = cluster_of(e);

	c->asked++;
	r->ns = configured(c, r->ns, r->channel);
	now(c)->ops->history(now(c), r);
}

/* What was added at other brokers before is to be in Redis. */
static void presence(struct weir_engine *e, struct weir_presence_request *r)
{
	struct cluster *c = cluster_of(e);

	cluster_pump(e);
	c->asked++;
	now(c)->ops->presence(now(c), r);
}

static struct weir_engine *home(struct cluster *c, struct weir_str client)
{
	return c->world.engines[weir_hash(&c->world.key, client) % c->brokers];
}

static int presence_add(struct weir_engine *e, struct weir_str channel, const struct weir_client_info *info)
{
	struct weir_engine *at = home(cluster_of(e), info->client);

	return at->ops->presence_add(at, channel, info);
}

static void presence_remove(struct weir_engine *e, struct weir_str channel, struct weir_str client)
{
	struct weir_engine *at = home(cluster_of(e), client);

	at->ops->presence_remove(at, channel, client);
}

static void append(struct weir_engine *e, struct weir_event *entry)
{
	struct weir_engine *at = now(cluster_of(e));

	at->ops->append(at, entry);
}

static void control(struct weir_engine *e, struct weir_control_request *r)
{
	struct cluster *c = cluster_of(e);

	c->asked++;
	now(c)->ops->control(now(c), r);
}

static int state(struct weir_engine *e, struct weir_buf *why)
{
	return now(cluster_of(e))->ops->state(now(cluster_of(e)), why);
}

static const struct weir_engine_ops ops = {.name = "redis",
	.set_sink = set_sink,
	.publish = publish,
	.recover = recover,
	.history = history,
	.presence = presence,
	.presence_add = presence_add,
	.presence_remove = presence_remove,
	.append = append,
	.control = control,
	.state = state};

/* ---- one log ---- */

static void expect_same_entry(const struct weir_event *a, const struct weir_event *b)
{
	CU_ASSERT_EQUAL(a->type, b->type);
	CU_ASSERT(weir_str_eq(a->channel, b->channel));
	CU_ASSERT(weir_str_eq(a->data, b->data));
	CU_ASSERT_EQUAL(a->offset, b->offset);
	CU_ASSERT_STRING_EQUAL(a->epoch, b->epoch);
	CU_ASSERT_EQUAL(a->position.generation, b->position.generation);
	CU_ASSERT_EQUAL(a->position.n, b->position.n);
}

static void expect_one_log(const struct cluster *c)
{
	const struct seat *first = &c->seats[0];

	CU_ASSERT_EQUAL(c->resets, 0);
	for (unsigned i = 1; i < c->brokers; i++) {
		CU_ASSERT_EQUAL_FATAL(c->seats[i].count, first->count);
		CU_ASSERT_EQUAL(c->seats[i].controls, first->controls);
		for (size_t k = 0; k < first->count; k++)
			expect_same_entry(c->seats[i].events[k], first->events[k]);
	}
}

static bool is_quiet(void *ctx)
{
	const struct cluster *c = ctx;

	return c->answered == c->asked && world_is_quiet(&c->world);
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_engine *cluster_make(unsigned brokers)
{
	struct cluster *c = weir_xcalloc(1, sizeof(*c));

	c->engine.ops = &ops;
	c->brokers = brokers;
	world_init(&c->world, 1, true);
	c->world.o.idempotency_ttl_ms = CONFORMANCE_IDEMPOTENCY_TTL;
	for (unsigned i = 0; i < brokers; i++) {
		c->seats[i].cluster = c;
		world_open(&c->world, &(struct weir_engine_sink){.entry = on_entry,
					      .control = on_control,
					      .done = on_done,
					      .reset = on_reset,
					      .room = room,
					      .publish_room = publish_room,
					      .local = local,
					      .ctx = &c->seats[i]});
		world_wait_ready(&c->world);
	}
	return &c->engine;
}

void cluster_free(struct weir_engine *e)
{
	struct cluster *c = cluster_of(e);

	expect_one_log(c);
	world_fini(&c->world);
	for (unsigned i = 0; i < c->brokers; i++) {
		for (size_t k = 0; k < c->seats[i].count; k++)
			weir_event_unref(&c->seats[i].events[k]);
		free(c->seats[i].events);
	}
	free(c);
}

void cluster_pump(struct weir_engine *e)
{
	struct cluster *c = cluster_of(e);

	world_wait(&c->world, is_quiet, c);
	c->turn = (c->turn + 1) % c->brokers;
}

void cluster_advance(struct weir_engine *e, uint64_t ms)
{
	world_advance(&cluster_of(e)->world, ms);
}
