/* SPDX-License-Identifier: Apache-2.0 */
/* What a client sees on the wire, scenario by scenario, with one worker and with two. */
#include <stdio.h>

#include "scenario.h"
#include "test.h"

const char weir_test_suite[] = "sim/scenarios";

/* The message begins with `head` and ends with `tail`. */
static void expect_around(struct loopback_client *c, const char *head, const char *tail)
{
	const char *got = loopback_receive(c);
	bool ok = got && weir_str_starts(weir_str(got), weir_str(head)) && weir_str_ends(weir_str(got), weir_str(tail));

	if (!ok)
		fprintf(stderr, "\n  wanted %s…%s\n  got    %s\n", head, tail, got ? got : "(nothing)");
	CU_ASSERT_FATAL(ok);
}

static const struct weir_namespace all_on = {
	.presence = true,
	.join_leave = true,
	.history_size = 10,
	.history_ttl_ms = 60000,
	.history_meta_ttl_ms = 3600000,
	.force_recovery = true,
	.allow_tags_filter = true,
	.delta_fossil = true,
};

static struct loopback *broker(unsigned workers)
{
	return loopback_new(
		&(struct loopback_options){.workers = workers, .seed = weir_test_seed(), .without = all_on});
}

static void publish_and_receive(void)
{
	for (unsigned workers = 1; workers <= 2; workers++) {
		struct loopback *lb = broker(workers);
		struct loopback_client *a = connected(lb, 0), *b = connected(lb, workers - 1);

		loopback_send(a, "{\"id\":2,\"subscribe\":{\"channel\":\"test\",\"flag\":1}}");
		loopback_run(lb);
		expect_around(
			a, "{\"id\":2,\"subscribe\":{\"recoverable\":true,\"epoch\":\"", "\",\"positioned\":true}}");
		loopback_send(b, "{\"id\":2,\"publish\":{\"channel\":\"test\",\"data\":{ \"n\": 1.0 }}}");
		loopback_run(lb);
		expect(b, "{\"id\":2,\"publish\":{}}");
		expect_around(a,
			"{\"push\":{\"channel\":\"test\",\"pub\":{\"data\":{ \"n\": 1.0 "
			"},\"info\":{\"user\":\"\",\"client\":\"",
			"\"},\"offset\":1}}}");
		loopback_client_free(&a);
		loopback_client_free(&b);
		loopback_free(&lb);
	}
}

static void several_commands_in_one_frame(void)
{
	struct loopback *lb = broker(2);
	struct loopback_client *c = loopback_connect(lb, 1);

	loopback_send(c,
		"{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}\n"
		"{\"id\":3,\"unsubscribe\":{\"channel\":\"a\"}}\n{\"id\":4,\"subscribe\":{\"channel\":\"a\"}}\n"
		"{\"id\":5,\"publish\":{\"channel\":\"a\",\"data\":1}}\n");
	loopback_run(lb);
	expect_around(c, "{\"id\":1,\"connect\":{", "}}");
	expect_around(c, "{\"id\":2,\"subscribe\":{", "}}");
	expect(c, "{\"id\":3,\"unsubscribe\":{}}");
	expect_around(c, "{\"id\":4,\"subscribe\":{", "}}");
	expect_around(c, "{\"push\":{\"channel\":\"a\",\"pub\":{\"data\":1,", ",\"offset\":1}}}");
	expect(c, "{\"id\":5,\"publish\":{}}");
	CU_ASSERT_PTR_NULL(loopback_receive(c));
	loopback_client_free(&c);
	loopback_free(&lb);
}

static void recovers_what_was_missed(void)
{
	struct loopback *lb = broker(2);
	struct loopback_client *c = connected(lb, 0);
	char epoch[64], command[256];
	const char *reply;

	loopback_send(c, "{\"id\":2,\"subscribe\":{\"channel\":\"t\"}}");
	loopback_run(lb);
	reply = loopback_receive(c);
	CU_ASSERT_FATAL(reply && sscanf(reply, "{\"id\":2,\"subscribe\":{\"recoverable\":true,\"epoch\":\"%63[a-zA-Z]",
					 epoch) == 1);
	loopback_publish(lb, 1, "t", "1", NULL);
	loopback_run(lb);
	expect(c, "{\"push\":{\"channel\":\"t\",\"pub\":{\"data\":1,\"offset\":1}}}");
	loopback_client_free(&c);
	loopback_publish(lb, 0, "t", "2", NULL);
	loopback_publish(lb, 1, "t", "3", NULL);
	loopback_run(lb);

	c = connected(lb, 1);
	snprintf(command, sizeof(command),
		"{\"id\":3,\"subscribe\":{\"channel\":\"t\",\"recover\":true,\"epoch\":\"%s\",\"offset\":1}}", epoch);
	loopback_send(c, command);
	loopback_run(lb);
	snprintf(command, sizeof(command),
		"{\"id\":3,\"subscribe\":{\"recoverable\":true,\"epoch\":\"%s\",\"publications\":[{\"data\":", epoch);
	expect_around(c, command,
		",\"offset\":3}],\"recovered\":true,\"offset\":1,\"positioned\":true,\"was_recovering\":true}}");
	loopback_send(c, "{\"id\":4,\"subscribe\":{\"channel\":\"t\"}}");
	loopback_run(lb);
	expect(c, "{\"id\":4,\"error\":{\"code\":105,\"message\":\"already subscribed\"}}");
	loopback_client_free(&c);

	/* Another epoch, or more missed than is kept: not recovered, and told so. */
	c = connected(lb, 1);
	loopback_send(
		c, "{\"id\":3,\"subscribe\":{\"channel\":\"t\",\"recover\":true,\"epoch\":\"other\",\"offset\":1}}");
	loopback_run(lb);
	expect_around(c, "{\"id\":3,\"subscribe\":{\"recoverable\":true,",
		",\"offset\":3,\"positioned\":true,\"was_recovering\":true}}");
	loopback_send(c, "{\"id\":5,\"subscribe\":{\"channel\":\"u\",\"recover\":true,\"epoch\":\"other\",\"offset\":1,"
			 "\"flag\":3}}");
	loopback_run(lb);
	expect(c, "{\"id\":5,\"error\":{\"code\":112,\"message\":\"unrecoverable position\"}}");
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* With history its subscription starts anew. */
static void slow_reader(void)
{
	struct loopback *lb = broker(1);
	struct loopback_client *c = connected(lb, 0);
	char data[70000];

	memset(data, '1', sizeof(data) - 1);
	data[sizeof(data) - 1] = 0;
	loopback_send(c, "{\"id\":2,\"subscribe\":{\"channel\":\"t\"}}");
	loopback_run(lb);
	loopback_stall(c, true);
	for (int i = 0; i < 20 && !loopback_closed(c); i++) {
		loopback_publish(lb, 0, "t", data, NULL);
		loopback_run(lb);
	}
	CU_ASSERT_EQUAL(loopback_closed(c), 0);
	loopback_stall(c, false);
	loopback_run(lb);
	expect_around(c, "{\"id\":2,\"subscribe\":{\"recoverable\":true,", "}}");
	expect(c, "{\"push\":{\"channel\":\"t\",\"unsubscribe\":{\"code\":2500,\"reason\":\"queue full\"}}}");
	CU_ASSERT_PTR_NULL(loopback_receive(c));
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* The session of protocol.md, Appendix C. */
static void a_whole_session(void)
{
	for (unsigned workers = 1; workers <= 2; workers++) {
		struct loopback *lb = broker(workers);
		struct loopback_client *c = loopback_connect(lb, workers - 1);
		char id[40], epoch[WEIR_EPOCH_MAX];
		const char *ping;

		say(c, "{\"id\":1,\"connect\":{\"name\":\"js\"}}\n{\"id\":2,\"subscribe\":{\"channel\":\"test\","
		       "\"flag\":1}}");
		expect(c, "{\"id\":1,\"connect\":{\"client\":\"@C\",\"version\":\"weir "
			  "test\",\"ping\":25,\"pong\":true}}");
		snprintf(id, sizeof(id), "%s", last_client());
		expect(c, "{\"id\":2,\"subscribe\":{\"recoverable\":true,\"epoch\":\"@E\",\"positioned\":true}}");
		snprintf(epoch, sizeof(epoch), "%s", last_epoch());
		say(c, "{\"id\":3,\"publish\":{\"channel\":\"test\",\"data\":{\"text\":\"hi\"}}}");
		expect(c,
			"{\"push\":{\"channel\":\"test\",\"pub\":{\"data\":{\"text\":\"hi\"},\"info\":{\"user\":\"\","
			"\"client\":\"%s\"},"
			"\"offset\":1}}}",
			id);
		expect(c, "{\"id\":3,\"publish\":{}}");
		while (!(ping = loopback_receive(c)))
			loopback_advance(lb, 100);
		CU_ASSERT_STRING_EQUAL(ping, "{}");
		say(c, "%s", "{}");
		say(c, "{\"id\":4,\"presence\":{\"channel\":\"test\"}}");
		expect(c, "{\"id\":4,\"presence\":{\"presence\":{\"%s\":{\"user\":\"\",\"client\":\"%s\"}}}}", id, id);
		loopback_client_free(&c);
		for (int i = 2; i <= 6; i++)
			loopback_publish(lb, 0, "test", "0", NULL);
		loopback_run(lb);
		c = loopback_connect(lb, 0);
		say(c,
			"{\"id\":5,\"connect\":{\"name\":\"js\"}}\n{\"id\":6,\"subscribe\":{\"channel\":\"test\","
			"\"recover\":true,"
			"\"epoch\":\"%s\",\"offset\":1,\"flag\":1}}",
			epoch);
		expect(c, "{\"id\":5,\"connect\":{\"client\":\"@C\",\"version\":\"weir "
			  "test\",\"ping\":25,\"pong\":true}}");
		expect(c,
			"{\"id\":6,\"subscribe\":{\"recoverable\":true,\"epoch\":\"%s\",\"publications\":[{\"data\":0,"
			"\"offset\":2},"
			"{\"data\":0,\"offset\":3},{\"data\":0,\"offset\":4},{\"data\":0,\"offset\":5},{\"data\":0,"
			"\"offset\":6}],"
			"\"recovered\":true,\"offset\":1,\"positioned\":true,\"was_recovering\":true}}",
			epoch);
		say(c, "{\"id\":7,\"unsubscribe\":{\"channel\":\"test\"}}");
		expect(c, "{\"id\":7,\"unsubscribe\":{}}");
		expect_nothing(c);
		loopback_client_free(&c);
		loopback_free(&lb);
	}
}

/* A client that dies with every kind of request on its way leaves nothing behind, whenever it happens. */
static void dies_meanwhile(void)
{
	for (unsigned round = 0; round < 60; round++) {
		struct loopback *lb = broker(1 + round % 2);
		struct loopback_client *c = connected(lb, round % 2);

		send_text(c,
			"{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}\n{\"id\":3,\"publish\":{\"channel\":\"a\","
			"\"data\":1}}\n"
			"{\"id\":4,\"subscribe\":{\"channel\":\"b\",\"recover\":true}}\n{\"id\":5,\"history\":{"
			"\"channel\":\"c\"}}\n"
			"{\"id\":6,\"presence\":{\"channel\":\"c\"}}\n{\"id\":7,\"presence_stats\":{\"channel\":\"c\"}}"
			"\n"
			"{\"id\":8,\"unsubscribe\":{\"channel\":\"b\"}}\n{\"id\":9,\"subscribe\":{\"channel\":\"b\"}}\n"
			"{\"id\":10,\"subscribe\":{\"channel\":\"d\",\"recover\":true,\"offset\":9,\"flag\":2}}\n");
		for (unsigned i = 0; i < round / 2; i++)
			loopback_step(lb);
		if (round % 3 == 0)
			weir_session_disconnect(loopback_session(c), 3503, WEIR_STR("force disconnect"));
		loopback_client_free(&c);
		loopback_free(&lb);
	}
}

CU_TestInfo weir_tests[] = {
	{"a whole session", a_whole_session},
	{"dies meanwhile", dies_meanwhile},
	{"publish and receive", publish_and_receive},
	{"several commands in one frame", several_commands_in_one_frame},
	{"recovers what was missed", recovers_what_was_missed},
	{"a slow reader starts anew", slow_reader},
	CU_TEST_INFO_NULL,
};
