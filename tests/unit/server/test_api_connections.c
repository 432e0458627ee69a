/* SPDX-License-Identifier: Apache-2.0 */
/* The methods `connections` and `lag`: what they refuse, what they ask, and one list from those of several workers. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "api_fixture.h"
#include "weir/core/survey.h"

const char weir_test_suite[] = "server/api_connections";

/* ---- what the workers say: clients of two letters, by key ---- */

static struct {
	struct weir_survey_question q; /* the last one asked; strings are copied below */
	char user[20], channel[20], after[20];
	struct {
		const char *clients[4];
		uint64_t keys[4];
		bool more;
		int status;
	} lists[3];
	unsigned n_lists;
	bool with_sub;
} said;

static const struct weir_survey_sub a_sub = {.channel = {"a\"b", 3},
	.overflow = "latest",
	.key = {"k", 1},
	.queue = 128,
	.rate = 2.5,
	.filtered = true,
	.positioned = true,
	.waiting = 1,
	.bytes = 20,
	.age_ms = 30,
	.offset = 4,
	.top = 5,
	.delivered = 6,
	.dropped = 7,
	.conflated = 8,
	.lost_bytes = 80,
	.withheld = 9};

static struct weir_survey_client *a_client(const char *id, uint64_t key)
{
	struct weir_survey_client *c = weir_xcalloc(1, sizeof(*c) + sizeof(c->subs[0]));

	*c = (struct weir_survey_client){.key = key,
		.client = weir_str(id),
		.user = WEIR_STR("u"),
		.transport = "websocket",
		.encoding = "json",
		.connected_ms = 1,
		.lag_ms = 2,
		.stalled_ms = 3,
		.queued = 4,
		.queued_bytes = 5,
		.queue_max = 6,
		.lost_events = 7,
		.lost_bytes = 8,
		.n_subs = said.with_sub};
	c->subs[0] = a_sub;
	return c;
}

static void keep(char *to, struct weir_str s)
{
	snprintf(to, 20, "%s%.*s", s.p ? "=" : "", WEIR_STR_FMT(s));
}

static void on_survey(struct weir_survey_request *r)
{
	CU_ASSERT_EQUAL_FATAL(weir_survey_begin(r, said.n_lists), 0);
	said.q = r->q;
	keep(said.user, r->q.user);
	keep(said.channel, r->q.channel);
	keep(said.after, r->q.after_client);
	for (unsigned i = 0; i < said.n_lists; i++) {
		struct weir_survey_slot *slot = &r->slots[i];

		slot->clients = weir_xcalloc(4, sizeof(*slot->clients));
		slot->more = said.lists[i].more;
		slot->status = said.lists[i].status;
		slot->queued_bytes = 1000;
		while (slot->count < 4 && said.lists[i].clients[slot->count]) {
			slot->clients[slot->count] =
				a_client(said.lists[i].clients[slot->count], said.lists[i].keys[slot->count]);
			slot->count++;
		}
	}
}

static void begin(struct api_fixture *f, unsigned lists)
{
	memset(&said, 0, sizeof(said));
	said.n_lists = lists;
	api_fixture_init(f);
	f->survey = on_survey;
}

/* The ids in the answer, one behind the other, and its cursor. */
static void expect_ids(struct api_fixture *f, const char *method, const char *body, const char *ids, const char *cursor)
{
	char path[100], got[100] = "", *at;
	size_t n = 0;

	snprintf(path, sizeof(path), "/api/%s", method);
	CU_ASSERT_EQUAL(api_post(f, path, true, body), 200);
	for (at = f->answer; (at = strstr(at, "\"client\":\"")); n += 2)
		memcpy(got + n, at += 10, 2);
	if (strcmp(got, ids) != 0)
		printf("\n%s: %s instead of %s\n", body, got, ids);
	CU_ASSERT_STRING_EQUAL(got, ids);
	at = strstr(f->answer, "\"cursor\":\"");
	CU_ASSERT_EQUAL(at != NULL, cursor != NULL);
	if (at && cursor)
		CU_ASSERT_EQUAL(strncmp(at + 10, cursor, strlen(cursor)), 0);
}

static void refused(void)
{
	struct api_fixture f;

	begin(&f, 1);
	api_expect(&f, "connections", "{\"sort\":\"age\"}", 200,
		"{\"error\":{\"code\":107,\"message\":\"\\\"sort\\\" must be client, lag, bytes or dropped\"}}");
	api_expect(&f, "lag", "{\"sort\":\"client\"}", 200,
		"{\"error\":{\"code\":107,\"message\":\"\\\"sort\\\" must be lag, bytes or dropped\"}}");
	api_expect(&f, "lag", "{\"limit\":1001}", 200,
		"{\"error\":{\"code\":107,\"message\":\"\\\"limit\\\" must be from 1 to 1000\"}}");
	api_expect_error(&f, "connections", "{\"limit\":-1}", 107);
	api_expect_error(&f, "connections", "{\"limit\":1001}", 107);
	api_expect_error(&f, "connections", "{\"cursor\":\"x\"}", 107);
	api_expect_error(&f, "connections", "{\"cursor\":\"c\"}", 107);
	api_expect_error(&f, "connections", "{\"cursor\":\"c1\"}", 107);
	api_expect_error(&f, "connections", "{\"cursor\":\"c1.\"}", 107);
	api_expect_error(&f, "connections", "{\"cursor\":\"c.aa\"}", 107);
	api_expect_error(&f, "connections", "{\"cursor\":\"l1.aa\"}", 107);
	api_expect_error(&f, "connections", "{\"cursor\":\"c18446744073709551616.aa\"}", 107);
	api_expect_error(&f, "connections", "{\"cursor\":\"c111111111111111111111.aa\"}", 107);
	CU_ASSERT_EQUAL(api_post(&f, "/api/lag", true, "{\"limit\":\"1\"}"), 400);
	CU_ASSERT_EQUAL(api_post(&f, "/api/connections", true, "{\"user\":1}"), 400);
	CU_ASSERT_EQUAL(api_post(&f, "/api/connections", true, "{\"sort\":[]}"), 400);
	CU_ASSERT_EQUAL(f.asked, 0);
	api_fixture_fini(&f);
}

static void questions(void)
{
	struct api_fixture f;

	begin(&f, 1);
	api_expect(&f, "connections", "{}", 200, "{\"result\":{\"connections\":[]}}");
	CU_ASSERT_EQUAL(said.q.order, WEIR_SURVEY_CLIENT);
	CU_ASSERT_EQUAL(said.q.limit, 100);
	CU_ASSERT_STRING_EQUAL(said.user, "");
	CU_ASSERT_STRING_EQUAL(said.channel, "");
	CU_ASSERT_STRING_EQUAL(said.after, "");
	api_expect(&f, "connections",
		"{\"user\":\"\",\"channel\":\"a\",\"sort\":\"dropped\",\"limit\":7,\"cursor\":"
		"\"d18446744073709551615.ab\"}",
		200, "{\"result\":{\"connections\":[]}}");
	CU_ASSERT_EQUAL(said.q.order, WEIR_SURVEY_DROPPED);
	CU_ASSERT_EQUAL(said.q.limit, 7);
	CU_ASSERT_EQUAL(said.q.after_key, UINT64_MAX);
	CU_ASSERT_STRING_EQUAL(said.user, "=");
	CU_ASSERT_STRING_EQUAL(said.channel, "=a");
	CU_ASSERT_STRING_EQUAL(said.after, "=ab");
	api_expect(&f, "lag", "{}", 200, "{\"result\":{\"connections\":[],\"queued_bytes\":1000,\"queued_budget\":0}}");
	CU_ASSERT_EQUAL(said.q.order, WEIR_SURVEY_LAG);
	CU_ASSERT_EQUAL(said.q.limit, 10);
	api_expect(&f, "lag", "{\"sort\":\"bytes\",\"limit\":1000}", 200,
		"{\"result\":{\"connections\":[],\"queued_bytes\":1000,\"queued_budget\":0}}");
	CU_ASSERT_EQUAL(said.q.order, WEIR_SURVEY_BYTES);
	CU_ASSERT_EQUAL(said.q.limit, 1000);
	api_expect(&f, "batch", "{\"commands\":[{\"lag\":{}},{\"connections\":{\"sort\":\"lag\"}}]}", 200,
		"{\"replies\":[{\"lag\":{\"connections\":[],\"queued_bytes\":1000,\"queued_budget\":0}},"
		"{\"connections\":{\"connections\":[]}}]}");
	api_fixture_fini(&f);
}

static void one_of_all(void)
{
	struct api_fixture f;

	begin(&f, 2);
	said.with_sub = true;
	said.lists[1].clients[0] = "aa";
	api_expect(&f, "lag", "{}", 200,
		"{\"result\":{\"connections\":[{\"client\":\"aa\",\"user\":\"u\",\"transport\":\"websocket\","
		"\"encoding\":\"json\",\"worker\":1,\"connected_ms\":1,\"lag_ms\":2,\"stalled_ms\":3,"
		"\"queue\":{\"events\":4,\"bytes\":5,\"limit\":6},\"dropped\":{\"events\":7,\"bytes\":8},"
		"\"subscriptions\":[{\"channel\":\"a\\\"b\",\"overflow\":\"latest\",\"queue\":128,\"key\":\"k\","
		"\"rate\":2.5,"
		"\"filtered\":true,\"waiting\":1,\"bytes\":20,\"age_ms\":30,\"offset\":4,\"top\":5,\"delivered\":6,"
		"\"dropped\":7,\"conflated\":8,\"lost_bytes\":80,\"withheld\":9}]}],\"queued_bytes\":2000,\"queued_"
		"budget\":0}}");
	api_fixture_fini(&f);
}

/* In one order, whoever has them; a list that ends early ends the page. */
static void merged(void)
{
	struct api_fixture f;

	begin(&f, 3);
	said.lists[0].clients[0] = "ab";
	said.lists[0].clients[1] = "ad";
	said.lists[0].clients[2] = "aa";
	memcpy(said.lists[0].keys, (uint64_t[]){1, 1, 3, 0}, sizeof(said.lists[0].keys));
	said.lists[2].clients[0] = "ac";
	said.lists[2].clients[1] = "af";
	memcpy(said.lists[2].keys, (uint64_t[]){1, 2, 0, 0}, sizeof(said.lists[2].keys));
	expect_ids(&f, "connections", "{\"sort\":\"lag\"}", "abacadafaa", NULL);
	expect_ids(&f, "connections", "{\"sort\":\"lag\",\"limit\":5}", "abacadafaa", NULL);
	expect_ids(&f, "connections", "{\"sort\":\"lag\",\"limit\":4}", "abacadaf", "l2.af\"");
	expect_ids(&f, "connections", "{\"limit\":1}", "ab", "c1.ab\"");
	expect_ids(&f, "lag", "{\"limit\":2}", "abac", NULL);
	said.lists[2].more = true;
	expect_ids(&f, "connections", "{\"sort\":\"bytes\"}", "abacadaf", "b2.af\"");
	said.lists[2].clients[1] = NULL;
	expect_ids(&f, "connections", "{\"sort\":\"bytes\"}", "abac", "b1.ac\"");
	said.lists[0].status = -ENOMEM;
	api_expect_error(&f, "connections", "{}", 100);
	api_fixture_fini(&f);
}

/* The hub of the fixture itself: a worker without clients. */
static void through_the_hub(void)
{
	struct api_fixture f;

	begin(&f, 0);
	f.survey = NULL;
	api_expect(&f, "connections", "{}", 200, "{\"result\":{\"connections\":[]}}");
	api_expect(&f, "lag", "{}", 200, "{\"result\":{\"connections\":[],\"queued_bytes\":0,\"queued_budget\":0}}");
	api_fixture_fini(&f);
}

CU_TestInfo weir_tests[] = {
	{"refused", refused},
	{"questions", questions},
	{"one of all", one_of_all},
	{"merged", merged},
	{"through the hub", through_the_hub},
	CU_TEST_INFO_NULL,
};
