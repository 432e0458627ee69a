/* SPDX-License-Identifier: Apache-2.0 */
/* Brokers of the Redis engine that know of each other: surveys, and what is left of one that has died or has left. */
#include <string.h>

#include "redis_recorder.h"

#define SURVEY_MS 5000
#define LEASE_MS  15000

const char weir_test_suite[] = "engine/redis/brokers";

struct brokers {
	struct redis_world world;
	struct recorder at[WORLD_BROKERS_MAX];
};

static void begin(struct brokers *b)
{
	world_init(&b->world, 4, true);
	for (unsigned i = 0; i < WORLD_BROKERS_MAX; i++)
		recorder_open(&b->at[i], &b->world);
	world_wait_ready(&b->world);
}

static void end(struct brokers *b)
{
	world_fini(&b->world);
	for (unsigned i = 0; i < WORLD_BROKERS_MAX; i++)
		recorder_fini(&b->at[i]);
}

static bool is_quiet(void *ctx)
{
	return world_is_quiet(ctx);
}

static void survey(struct brokers *b, struct weir_request *r)
{
	struct weir_engine *e = b->world.engines[0];

	b->at[0].asked++;
	e->ops->survey(e, r);
}

static bool is_named(const struct weir_name_list *l, const char *uid)
{
	for (size_t i = 0; i < l->count; i++)
		if (weir_str_is(l->names[i], uid))
			return true;
	return false;
}

static void test_surveys(void)
{
	struct weir_info_request *info = weir_info_request_new();
	struct weir_channels_request *channels = weir_channels_request_new(WEIR_STR_NONE);
	struct brokers b;

	begin(&b);
	survey(&b, &info->base);
	recorder_wait(&b.at[0]);
	CU_ASSERT_EQUAL(info->base.status, 0);
	CU_ASSERT_EQUAL(info->nodes.count, WORLD_BROKERS_MAX - 1); /* what this one knows is for the hub to say */
	CU_ASSERT_EQUAL(info->missing.count, 0);
	survey(&b, &channels->base);
	recorder_wait(&b.at[0]);
	CU_ASSERT_EQUAL(channels->base.status, 0);
	CU_ASSERT_EQUAL_FATAL(channels->count, 1);
	CU_ASSERT(weir_str_is(channels->channels[0].channel, "a"));
	CU_ASSERT_EQUAL(channels->channels[0].clients, 2 + 3);
	end(&b);
}

static void test_one_has_died(void)
{
	struct weir_info_request *info = weir_info_request_new();
	struct brokers b;

	begin(&b);
	world_kill(&b.world, 2);
	survey(&b, &info->base);
	world_wait(&b.world, is_quiet, &b.world);
	CU_ASSERT_EQUAL(b.at[0].n_answers, 0); /* it waits for the dead one */
	world_skip(&b.world, SURVEY_MS);
	recorder_wait(&b.at[0]);
	CU_ASSERT_EQUAL(info->base.status, 0);
	CU_ASSERT_EQUAL(info->nodes.count, 1);
	CU_ASSERT_EQUAL(info->missing.count, 1);
	CU_ASSERT(is_named(&info->missing, b.world.uids[2]));
	CU_ASSERT_EQUAL(world_metric(&b.world, 0, "redis.survey_missing"), 1);
	end(&b);
}

static void test_one_has_left(void)
{
	struct weir_info_request *info = weir_info_request_new();
	struct brokers b;

	begin(&b);
	world_close(&b.world, 2);
	world_wait(&b.world, is_quiet, &b.world);
	survey(&b, &info->base);
	recorder_wait(&b.at[0]);
	CU_ASSERT_EQUAL(info->nodes.count, 1);
	CU_ASSERT_EQUAL(info->missing.count, 0);
	end(&b);
}

static size_t clients(struct brokers *b, const char *channel)
{
	struct weir_presence_request *r = weir_presence_request_new(weir_str(channel), true);
	struct weir_engine *e = b->world.engines[0];

	b->at[0].asked++;
	e->ops->presence(e, r);
	recorder_wait(&b->at[0]);
	CU_ASSERT_EQUAL(r->base.status, 0);
	return r->num_clients;
}

/* Its clients are there as long as its lease. */
static void test_presence_of_the_dead(void)
{
	struct weir_client_info info = {.user = WEIR_STR("u"), .client = WEIR_STR("c")};
	struct brokers b;

	begin(&b);
	for (unsigned i = 0; i < WORLD_BROKERS_MAX; i++) {
		info.client = weir_str((const char *const[]){"0", "1", "2"}[i]);
		CU_ASSERT_EQUAL(b.world.engines[i]->ops->presence_add(b.world.engines[i], WEIR_STR("a"), &info), 0);
	}
	world_wait(&b.world, is_quiet, &b.world);
	CU_ASSERT_EQUAL(clients(&b, "a"), 3);
	world_kill(&b.world, 2);
	CU_ASSERT_EQUAL(clients(&b, "a"), 3);
	world_advance(&b.world, LEASE_MS);
	world_wait(&b.world, is_quiet, &b.world); /* those who live have said so */
	CU_ASSERT_EQUAL(clients(&b, "a"), 2);
	end(&b);
}

CU_TestInfo weir_tests[] = {
	{"surveys", test_surveys},
	{"one has died", test_one_has_died},
	{"one has left", test_one_has_left},
	{"presence of the dead", test_presence_of_the_dead},
	CU_TEST_INFO_NULL,
};
