/* SPDX-License-Identifier: Apache-2.0 */
/* The embedded engine: the conformance suite, and what only it has: nothing is left when its time is over. */
#include "weir/engine/memory.h"

#include "conformance.h"

const char weir_test_suite[] = "engine/memory";

static struct {
	uint64_t mono_ms;
	int64_t wall_ms;
	struct weir_random random, ticks;
	struct weir_hash_key key;
} world;

static uint64_t mono(void *ctx)
{
	(void)ctx;
	return world.mono_ms;
}

static int64_t wall(void *ctx)
{
	(void)ctx;
	return world.wall_ms;
}

static const struct weir_clock world_clock = {mono, wall, NULL};

static struct weir_engine *make(void)
{
	weir_random_seeded(&world.random, weir_test_seed());
	weir_random_seeded(&world.ticks, weir_test_seed());
	world.mono_ms = 5;
	world.wall_ms = 1700000000000;
	world.key = (struct weir_hash_key){1, 2};
	return weir_engine_memory_new(&(struct weir_engine_memory_options){.clock = &world_clock,
		.hash_key = &world.key,
		.random = &world.random,
		.idempotency_ttl_ms = CONFORMANCE_IDEMPOTENCY_TTL,
		.idempotency_max = 1000,
		.log_entries = CONFORMANCE_LOG_ENTRIES,
		.log_bytes = 4096});
}

static void destroy(struct weir_engine *e)
{
	e->ops->free(e);
}

static void pump(struct weir_engine *e)
{
	(void)e; /* everything was answered from inside the call */
}

/* Ticks come when they are due, or late: no answer may depend on it. */
static void advance(struct weir_engine *e, uint64_t ms)
{
	world.mono_ms += ms;
	world.wall_ms += (int64_t)ms;
	if (weir_random_below(&world.ticks, 2) && e->ops->next_deadline(e) <= world.mono_ms)
		e->ops->tick(e, world.mono_ms);
}

const struct conformance_subject conformance_subject = {
	.make = make, .destroy = destroy, .pump = pump, .advance = advance, .forgets_log = true};

/* ---- its own ---- */

static void on_entry(void *ctx, struct weir_event *e, struct weir_event *previous)
{
	(void)ctx;
	(void)e;
	(void)previous;
}

static void on_done(void *ctx, struct weir_request *r)
{
	(void)ctx;
	weir_request_free(&r);
}

static void nothing_is_left(void)
{
	const struct weir_namespace ns = {.history_size = 4, .history_ttl_ms = 1000, .history_meta_ttl_ms = 10000};
	struct weir_engine *e = make();
	struct weir_client_info info = {.user = WEIR_STR("u"), .client = WEIR_STR("c")};
	uint64_t last = 0;

	e->ops->set_sink(e, &(struct weir_engine_sink){.entry = on_entry, .done = on_done});
	CU_ASSERT_EQUAL(e->ops->next_deadline(e), UINT64_MAX);
	for (unsigned i = 0; i < 3000; i++) {
		char channel[] = {(char)('a' + i % 26), (char)('a' + i / 26 % 26), (char)('a' + i / 676), 0};
		struct weir_event *event =
			weir_event_new(&(struct weir_event_spec){.channel = weir_str(channel), .data = WEIR_STR("1")});

		e->ops->publish(e, weir_publish_request_new(&ns, event, WEIR_STR_NONE));
		if (i % 2)
			CU_ASSERT_EQUAL(e->ops->presence_add(e, weir_str(channel), &info), 0);
	}
	CU_ASSERT_EQUAL(e->ops->next_deadline(e), world.mono_ms + 1000);
	/* Each tick does a bounded part, and the deadline says when to come again. */
	while (e->ops->next_deadline(e) != UINT64_MAX) {
		CU_ASSERT_FATAL(e->ops->next_deadline(e) >= last);
		last = e->ops->next_deadline(e);
		world.mono_ms = last > world.mono_ms ? last : world.mono_ms;
		e->ops->tick(e, world.mono_ms);
	}
	CU_ASSERT_EQUAL(world.mono_ms, 5 + 10000);
	for (unsigned i = 1; i < 3000; i += 2) {
		char channel[] = {(char)('a' + i % 26), (char)('a' + i / 26 % 26), (char)('a' + i / 676), 0};

		e->ops->presence_remove(e, weir_str(channel), WEIR_STR("c"));
	}
	destroy(e); /* under ASan: with what is left, and nothing is leaked */
}

/* A later life of the process never repeats a position. */
static void generations(void)
{
	struct weir_engine *e;
	struct weir_event *event =
		weir_event_new(&(struct weir_event_spec){.channel = WEIR_STR("a"), .data = WEIR_STR("1")});
	uint64_t first;

	e = make();
	e->ops->set_sink(e, &(struct weir_engine_sink){.entry = on_entry, .done = on_done});
	e->ops->append(e, event);
	first = event->position.generation;
	destroy(e);
	e = make();
	world.wall_ms += 1;
	destroy(e);
	CU_ASSERT_EQUAL(first, 1700000000000);
	weir_event_unref(&event);
}

#define X(name, fn) {name, conformance_##fn},
CU_TestInfo weir_tests[] = {
	CONFORMANCE_TESTS(X){"nothing is left", nothing_is_left},
	{"generations", generations},
	CU_TEST_INFO_NULL,
};
#undef X
