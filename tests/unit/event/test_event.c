/* SPDX-License-Identifier: Apache-2.0 */
/* Events: everything is copied, absent stays absent, references from several threads. */
#include "test.h"

#include <pthread.h>

#include "weir/base/mem.h"
#include "weir/event/event.h"

static void test_copies(void)
{
	char channel[] = "news:a", data[] = "{\"a\":1}", key[] = "region", value[] = "eu", user[] = "42", info[] = "{}";
	struct weir_tag tags[] = {{weir_str(key), weir_str(value)}, {WEIR_STR("empty"), WEIR_STR("")}};
	struct weir_client_info who = {.user = weir_str(user), .client = WEIR_STR(""), .conn_info = weir_str(info)};
	struct weir_event_spec spec = {.type = WEIR_EVENT_PUBLICATION,
		.channel = weir_str(channel),
		.data = weir_str(data),
		.info = &who,
		.tags = tags,
		.n_tags = 2,
		.delta = true,
		.time_ms = 1795510800123};
	struct weir_event *e = weir_event_new(&spec);

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	channel[0] = data[0] = key[0] = value[0] = user[0] = info[0] = '#';
	CU_ASSERT(weir_str_is(e->channel, "news:a"));
	CU_ASSERT(weir_str_is(e->data, "{\"a\":1}"));
	CU_ASSERT_PTR_NULL(e->id.p);
	CU_ASSERT(e->has_info);
	CU_ASSERT(weir_str_is(e->info.user, "42"));
	CU_ASSERT(e->info.client.p != NULL && e->info.client.n == 0);
	CU_ASSERT(weir_str_is(e->info.conn_info, "{}"));
	CU_ASSERT_PTR_NULL(e->info.chan_info.p);
	CU_ASSERT_EQUAL(e->n_tags, 2);
	CU_ASSERT(weir_str_is(e->tags[0].key, "region"));
	CU_ASSERT(weir_str_is(e->tags[0].value, "eu"));
	CU_ASSERT(e->tags[1].value.p != NULL && e->tags[1].value.n == 0);
	CU_ASSERT_EQUAL(e->type, WEIR_EVENT_PUBLICATION);
	CU_ASSERT(e->delta);
	CU_ASSERT_EQUAL(e->time_ms, 1795510800123);
	CU_ASSERT(e->offset == 0 && e->epoch[0] == '\0' && e->position.generation == 0 && e->position.n == 0);
	CU_ASSERT_EQUAL(weir_event_size(e), sizeof(*e) + sizeof(tags) + strlen("news:a{\"a\":1}regioneuempty42{}"));
	weir_event_unref(&e);
	CU_ASSERT_PTR_NULL(e);
	weir_event_unref(&e);
}

static void test_minimal(void)
{
	struct weir_event_spec spec = {.type = WEIR_EVENT_LEAVE, .channel = WEIR_STR("c")};
	struct weir_event *e = weir_event_new(&spec);

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_FALSE(e->has_info);
	CU_ASSERT_EQUAL(e->n_tags, 0);
	CU_ASSERT_PTR_NULL(e->data.p);
	CU_ASSERT_EQUAL(e->type, WEIR_EVENT_LEAVE);
	weir_event_unref(&e);
}

static void *share(void *arg)
{
	struct weir_event *e = arg;

	for (int i = 0; i < 10000; i++) {
		struct weir_event *mine = weir_event_ref(e);

		weir_event_unref(&mine);
	}
	weir_event_unref(&e);
	return NULL;
}

static void test_threads(void)
{
	struct weir_event_spec spec = {.channel = WEIR_STR("c"), .data = WEIR_STR("1")};
	struct weir_event *e = weir_event_new(&spec);
	pthread_t threads[4];

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(threads); i++)
		CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, share, weir_event_ref(e)) == 0);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	CU_ASSERT_EQUAL(atomic_load(&e->refs), 1);
	CU_ASSERT(weir_str_is(e->data, "1"));
	weir_event_unref(&e);
}

const char weir_test_suite[] = "event/event";
CU_TestInfo weir_tests[] = {
	{"everything is copied", test_copies},
	{"as little as possible", test_minimal},
	{"references from several threads", test_threads},
	CU_TEST_INFO_NULL,
};
