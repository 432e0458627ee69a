/* SPDX-License-Identifier: Apache-2.0 */
/* Presence, presence_stats, join and leave (protocol.md §4.5, §4.6, §5.6, §5.7). */
#include <stdio.h>

#include "scenario.h"
#include "test.h"

const char weir_test_suite[] = "sim/presence";

#define SUBSCRIBE .allow_subscribe_for_client = true, .allow_subscribe_for_anonymous = true

static const struct weir_namespace named[] = {
	{.name = (char *)"off", SUBSCRIBE, .allow_presence_for_client = true},
	{.name = (char *)"client", SUBSCRIBE, .presence = true, .allow_presence_for_client = true},
	{.name = (char *)"sub", SUBSCRIBE, .presence = true, .allow_presence_for_subscriber = true},
	{.name = (char *)"closed", SUBSCRIBE, .presence = true},
	{.name = (char *)"emits", SUBSCRIBE, .join_leave = true, .allow_presence_for_subscriber = true},
	{.name = (char *)"deaf", SUBSCRIBE, .join_leave = true},
	{.name = (char *)"forced", SUBSCRIBE, .join_leave = true, .force_push_join_leave = true},
	{.name = (char *)"quiet", SUBSCRIBE, .force_push_join_leave = true, .allow_presence_for_subscriber = true},
};

static struct loopback *broker(bool secure)
{
	return loopback_new(&(struct loopback_options){.workers = 2,
		.seed = weir_test_seed(),
		.secure = secure,
		.hmac_secret = SCENARIO_SECRET,
		.named = named,
		.n_named = WEIR_ARRAY_LEN(named)});
}

static void checks(void)
{
	struct loopback *lb = broker(true);
	struct loopback_client *c = connected_as(lb, 0, "{\"sub\":\"42\"}"), *nobody = connected_as(lb, 0, "{}");
	const struct {
		const char *channel;
		unsigned error;
	} rows[] = {{"nil:a", 102}, {"client:\\u00e4", 107}, {"client:*", 107}, {"off:a", 108}, {"closed:a", 103},
		{"sub:a", 103}};
	const char *methods[] = {"presence", "presence_stats"};

	for (unsigned m = 0; m < 2; m++) {
		for (unsigned i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
			say(c, "{\"id\":%u,\"%s\":{\"channel\":\"%s\"}}", i + 2, methods[m], rows[i].channel);
			expect_error(c, i + 2, rows[i].error);
		}
		say(nobody, "{\"id\":2,\"%s\":{\"channel\":\"client:a\"}}", methods[m]);
		expect_error(nobody, 2, 103);
	}
	say(c, "{\"id\":90,\"presence\":{\"channel\":\"client:a\"}}");
	expect(c, "{\"id\":90,\"presence\":{\"presence\":{}}}");
	say(c, "{\"id\":91,\"presence_stats\":{\"channel\":\"client:a\"}}");
	expect(c, "{\"id\":91,\"presence_stats\":{\"num_clients\":0,\"num_users\":0}}");
	say(c, "{\"id\":92,\"presence\":{}}");
	expect_closed(&c, 3501);
	loopback_client_free(&nobody);
	loopback_free(&lb);
}

static void who_is_there(void)
{
	struct loopback *lb = broker(true);
	struct loopback_client *a = connected_as(lb, 0, "{\"sub\":\"42\",\"info\":{\"n\":1}}"), *b, *nobody;
	char a_id[40];

	snprintf(a_id, sizeof(a_id), "%s", last_client());
	say(a, "{\"id\":2,\"subscribe\":{\"channel\":\"sub:a\",\"token\":\"%s\"}}",
		token("{\"sub\":\"42\",\"channel\":\"sub:a\",\"info\":\"r\"}"));
	expect(a, "{\"id\":2,\"subscribe\":{}}");
	say(a, "{\"id\":3,\"presence\":{\"channel\":\"sub:a\"}}");
	expect(a,
		"{\"id\":3,\"presence\":{\"presence\":{\"%s\":{\"user\":\"42\",\"client\":\"%s\",\"conn_info\":{\"n\":"
		"1},"
		"\"chan_info\":\"r\"}}}}",
		a_id, a_id);
	b = connected_as(lb, 1, "{\"sub\":\"42\",\"channels\":[\"sub:a\"]}");
	nobody = connected_as(lb, 1, "{}");
	say(nobody, "{\"id\":2,\"subscribe\":{\"channel\":\"sub:a\"}}");
	expect(nobody, "{\"id\":2,\"subscribe\":{}}");
	say(b, "{\"id\":4,\"presence_stats\":{\"channel\":\"sub:a\"}}");
	expect(b, "{\"id\":4,\"presence_stats\":{\"num_clients\":3,\"num_users\":2}}");
	/* Gone at once, by unsubscribe and by hanging up. */
	say(nobody, "{\"id\":3,\"unsubscribe\":{\"channel\":\"sub:a\"}}");
	loopback_client_free(&a);
	say(b, "{\"id\":5,\"presence_stats\":{\"channel\":\"sub:a\"}}");
	expect(b, "{\"id\":5,\"presence_stats\":{\"num_clients\":1,\"num_users\":1}}");
	say(b, "{\"id\":6,\"presence\":{\"channel\":\"sub:a\"}}");
	expect(b, "{\"id\":6,\"presence\":{\"presence\":{\"@C\":{\"user\":\"42\",\"client\":\"@C\"}}}}");
	loopback_client_free(&b);
	loopback_client_free(&nobody);
	loopback_free(&lb);
}

/* Who gets them: the joiner too; at leave the others only. */
static void join_leave(void)
{
	struct loopback *lb = broker(true);
	struct loopback_client *a = connected_as(lb, 0, "{\"sub\":\"1\",\"info\":{}}"),
			       *b = connected_as(lb, 1, "{\"sub\":\"2\"}");

	say(a, "{\"id\":2,\"subscribe\":{\"channel\":\"emits:a\",\"join_leave\":true}}");
	expect(a, "{\"id\":2,\"subscribe\":{}}");
	expect(a, "{\"push\":{\"channel\":\"emits:a\",\"join\":{\"info\":{\"user\":\"1\",\"client\":\"@C\",\"conn_"
		  "info\":{}}}}}");
	say(b, "{\"id\":2,\"subscribe\":{\"channel\":\"emits:a\"}}"); /* emits, but did not ask */
	expect(b, "{\"id\":2,\"subscribe\":{}}");
	expect(a, "{\"push\":{\"channel\":\"emits:a\",\"join\":{\"info\":{\"user\":\"2\",\"client\":\"@C\"}}}}");
	say(b, "{\"id\":3,\"unsubscribe\":{\"channel\":\"emits:a\"}}\n{\"id\":4,\"subscribe\":{\"channel\":\"emits:a\","
	       "\"join_leave\":true}}");
	expect(b, "{\"id\":3,\"unsubscribe\":{}}");
	expect(b, "{\"id\":4,\"subscribe\":{}}"); /* not its own leave */
	expect(b, "{\"push\":{\"channel\":\"emits:a\",\"join\":{\"info\":{\"user\":\"2\",\"client\":\"@C\"}}}}");
	expect(a, "{\"push\":{\"channel\":\"emits:a\",\"leave\":{\"info\":{\"user\":\"2\",\"client\":\"@C\"}}}}");
	expect(a, "{\"push\":{\"channel\":\"emits:a\",\"join\":{\"info\":{\"user\":\"2\",\"client\":\"@C\"}}}}");
	loopback_client_free(&a);
	loopback_run(lb);
	expect(b, "{\"push\":{\"channel\":\"emits:a\",\"leave\":{\"info\":{\"user\":\"1\",\"client\":\"@C\",\"conn_"
		  "info\":{}}}}}");
	expect_nothing(b);
	loopback_client_free(&b);
	loopback_free(&lb);
}

static void join_leave_options(void)
{
	struct loopback *lb = broker(true);
	struct loopback_client *a = connected_as(lb, 0, "{\"sub\":\"1\"}"), *b = connected_as(lb, 1, "{\"sub\":\"2\"}");

	/* May not read presence, or nothing is emitted: nothing is pushed. */
	say(a, "{\"id\":2,\"subscribe\":{\"channel\":\"deaf:a\",\"join_leave\":true}}");
	expect(a, "{\"id\":2,\"subscribe\":{}}");
	say(a, "{\"id\":3,\"subscribe\":{\"channel\":\"quiet:a\",\"join_leave\":true}}");
	expect(a, "{\"id\":3,\"subscribe\":{}}");
	expect_nothing(a);
	say(a, "{\"id\":4,\"subscribe\":{\"channel\":\"forced:a\"}}");
	expect(a, "{\"id\":4,\"subscribe\":{}}");
	expect(a, "{\"push\":{\"channel\":\"forced:a\",\"join\":{\"info\":{\"user\":\"1\",\"client\":\"@C\"}}}}");
	say(b, "{\"id\":2,\"subscribe\":{\"channel\":\"deaf:a\"}}\n{\"id\":3,\"subscribe\":{\"channel\":\"quiet:a\"}}");
	expect(b, "{\"id\":2,\"subscribe\":{}}");
	expect(b, "{\"id\":3,\"subscribe\":{}}");
	expect_nothing(a);
	/* By token: an override, with the subscription's own info. */
	say(b, "{\"id\":4,\"subscribe\":{\"channel\":\"off:a\",\"token\":\"%s\"}}",
		token("{\"sub\":\"2\",\"channel\":\"off:a\",\"info\":[1],\"override\":{\"join_leave\":{\"value\":true},"
		      "\"force_push_join_leave\":{\"value\":true}}}"));
	expect(b, "{\"id\":4,\"subscribe\":{}}");
	expect(b, "{\"push\":{\"channel\":\"off:a\",\"join\":{\"info\":{\"user\":\"2\",\"client\":\"@C\",\"chan_info\":"
		  "[1]}}}}");
	loopback_client_free(&a);
	loopback_client_free(&b);
	loopback_free(&lb);
}

/* Joins and leaves do not disturb the stream's offsets, and are not in history. */
static void not_in_history(void)
{
	const struct weir_namespace all = {.join_leave = true,
		.force_push_join_leave = true,
		.history_size = 9,
		.history_ttl_ms = 9000,
		.history_meta_ttl_ms = 9000,
		.force_recovery = true};
	struct loopback *lb =
		loopback_new(&(struct loopback_options){.workers = 2, .seed = weir_test_seed(), .without = all});
	struct loopback_client *a = connected(lb, 0), *b = connected(lb, 1);

	say(a, "{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}");
	expect_start(a, "{\"id\":2,\"subscribe\":{");
	expect_start(a, "{\"push\":{\"channel\":\"a\",\"join\":{");
	loopback_publish(lb, 0, "a", "1", NULL);
	say(b, "{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}");
	loopback_publish(lb, 0, "a", "2", NULL);
	loopback_client_free(&b);
	loopback_publish(lb, 0, "a", "3", NULL);
	say(a, "{\"id\":3,\"history\":{\"channel\":\"a\",\"limit\":-1}}");
	for (const char *got; (got = loopback_receive(a));)
		CU_ASSERT_PTR_NULL(strstr(got, "unsubscribe"));
	say(a, "{\"id\":4,\"history\":{\"channel\":\"a\",\"limit\":-1}}");
	expect(a, "{\"id\":4,\"history\":{\"publications\":[{\"data\":1,\"offset\":1},{\"data\":2,\"offset\":2},{"
		  "\"data\":3,\"offset\":3}],"
		  "\"epoch\":\"@E\",\"offset\":3}}");
	loopback_client_free(&a);
	loopback_free(&lb);
}

CU_TestInfo weir_tests[] = {
	{"checks", checks},
	{"who is there", who_is_there},
	{"join and leave", join_leave},
	{"join and leave: options", join_leave_options},
	{"not in history", not_in_history},
	CU_TEST_INFO_NULL,
};
