/* SPDX-License-Identifier: Apache-2.0 */
/* Positions and recovery: what may be called recovered, at every edge (protocol.md §5.2–5.4, §5.8). */
#include <stdio.h>
#include <stdlib.h>

#include "scenario.h"
#include "test.h"

const char weir_test_suite[] = "sim/recovery";

#define SIZE 5
#define TTL  10000
#define META 60000

static const struct weir_namespace streams = {.history_size = SIZE,
	.history_ttl_ms = TTL,
	.history_meta_ttl_ms = META,
	.force_recovery = true,
	.allow_tags_filter = true};

static struct loopback *broker(const struct weir_session_config *config, unsigned round)
{
	return loopback_new(&(struct loopback_options){.workers = 2,
		.seed = weir_test_seed() + round,
		.hmac_secret = SCENARIO_SECRET,
		.without = streams,
		.config = config});
}

static void publish(struct loopback *lb, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		loopback_publish(lb, i % 2, "t", "0", NULL);
	loopback_run(lb);
}

static const char *publications(unsigned from, unsigned to)
{
	static char text[2000];
	int n = 0;

	text[0] = 0;
	for (; from <= to; from++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s{\"data\":0,\"offset\":%u}",
			n ? "," : "\"publications\":[", from);
	if (n)
		snprintf(text + n, sizeof(text) - (size_t)n, "],");
	return text;
}

/* Subscribes with a position, checks the answer, and that the next publication arrives if it should. */
static void recover(struct loopback *lb, const char *epoch, unsigned offset, unsigned top, bool yes)
{
	struct loopback_client *c = connected(lb, 1);
	char at[40] = "";

	if (yes ? offset : top)
		snprintf(at, sizeof(at), "\"offset\":%u,", yes ? offset : top);
	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"t\",\"recover\":true,\"epoch\":\"%s\",\"offset\":%u}}", epoch,
		offset);
	expect(c,
		"{\"id\":2,\"subscribe\":{\"recoverable\":true,\"epoch\":\"@E\",%s%s%s\"positioned\":true,\"was_"
		"recovering\":true}}",
		yes ? publications(offset + 1, top) : "", yes ? "\"recovered\":true," : "", at);
	loopback_client_free(&c);
	c = connected(lb, 1);
	say(c,
		"{\"id\":2,\"subscribe\":{\"channel\":\"t\",\"recover\":true,\"epoch\":\"%s\",\"offset\":%u,\"flag\":3}"
		"}",
		epoch, offset);
	if (yes)
		expect_start(c, "{\"id\":2,\"subscribe\":{\"recoverable\":true,");
	else
		expect_error(c, 2, 112);
	/* An error leaves no subscription behind. */
	say(c, "{\"id\":3,\"subscribe\":{\"channel\":\"t\"}}");
	if (yes)
		expect_error(c, 3, 105);
	else
		expect_start(c, "{\"id\":3,\"subscribe\":{");
	loopback_client_free(&c);
}

static const char *epoch_of(struct loopback *lb)
{
	struct loopback_client *c = connected(lb, 0);

	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"t\"}}");
	expect_start(c, "{\"id\":2,\"subscribe\":{\"recoverable\":true,\"epoch\":\"@E\",");
	loopback_client_free(&c);
	return last_epoch();
}

static void every_position(void)
{
	struct loopback *lb = broker(NULL, 0);
	char epoch[WEIR_EPOCH_MAX];

	recover(lb, "", 0, 0, true); /* a channel that nobody has used */
	recover(lb, "", 1, 0, false);
	snprintf(epoch, sizeof(epoch), "%s", epoch_of(lb));
	for (unsigned top = 1; top <= SIZE + 3; top++) {
		publish(lb, 1);
		for (unsigned offset = 0; offset <= top + 2; offset++) {
			bool kept = offset <= top && offset + SIZE >= top;

			recover(lb, epoch, offset, top, kept);
			recover(lb, "", offset, top, kept);
			recover(lb, "AAAAAAAA", offset, top, false);
		}
	}
	loopback_free(&lb);
}

/* More was missed than one reply may carry. */
static void limit(void)
{
	struct weir_session_config config = *loopback_default_config();
	struct loopback *lb;

	config.recovery_limit = 3;
	lb = broker(&config, 0);
	publish(lb, 5);
	recover(lb, "", 1, 5, false);
	recover(lb, "", 2, 5, true);
	loopback_free(&lb);
}

static void times(void)
{
	struct loopback *lb = broker(NULL, 0);
	char epoch[WEIR_EPOCH_MAX];

	publish(lb, 2);
	snprintf(epoch, sizeof(epoch), "%s", epoch_of(lb));
	loopback_advance(lb, TTL - 1);
	recover(lb, epoch, 1, 2, true);
	loopback_advance(lb, 1); /* the publications are gone; who has them all has missed nothing */
	recover(lb, epoch, 1, 2, false);
	recover(lb, epoch, 2, 2, true);
	loopback_advance(lb, META - 1); /* counted from the last access */
	recover(lb, epoch, 2, 2, true);
	loopback_advance(lb, META);
	recover(lb, epoch, 2, 0, false);
	recover(lb, epoch, 0, 0, false);
	CU_ASSERT_STRING_NOT_EQUAL(last_epoch(), epoch);
	loopback_free(&lb);
}

static void history_removed(void)
{
	struct loopback *lb = broker(NULL, 0);
	char epoch[WEIR_EPOCH_MAX];

	publish(lb, 3);
	snprintf(epoch, sizeof(epoch), "%s", epoch_of(lb));
	loopback_history_remove(lb, 0, "t");
	recover(lb, epoch, 2, 3, false);
	recover(lb, epoch, 3, 3, true);
	publish(lb, 1);
	recover(lb, epoch, 2, 4, false);
	recover(lb, epoch, 3, 4, true);
	loopback_free(&lb);
}

/* Events that come between subscribe and its answer are in the answer or behind it, once, in order. */
static void no_seam(void)
{
	for (unsigned round = 0; round < 200; round++) {
		struct loopback *lb = broker(NULL, round);
		struct loopback_client *c = connected(lb, 1);
		unsigned next = 1, published = 0;
		char text[2000];

		publish(lb, round % 4);
		published = round % 4;
		loopback_publish(lb, 0, "t", "0", NULL);
		loopback_publish(lb, 1, "t", "0", NULL);
		send_text(c, "{\"id\":2,\"subscribe\":{\"channel\":\"t\",\"recover\":true}}");
		published += 2;
		for (unsigned i = 0; i < round % 7; i++)
			loopback_step(lb);
		loopback_publish(lb, 0, "t", "0", NULL);
		published++;
		loopback_run(lb);
		snprintf(text, sizeof(text), "%s", loopback_receive(c));
		if (published <= SIZE)
			CU_ASSERT_PTR_NOT_NULL_FATAL(strstr(text, "\"recovered\":true"));
		for (char *p = text; (p = strstr(p, "{\"data\":0,\"offset\":")); p++)
			CU_ASSERT_EQUAL_FATAL((unsigned)strtoul(p + 19, NULL, 10), next++);
		for (const char *got; (got = loopback_receive(c));) {
			char wanted[100];

			snprintf(wanted, sizeof(wanted),
				"{\"push\":{\"channel\":\"t\",\"pub\":{\"data\":0,\"offset\":%u}}}", next++);
			CU_ASSERT_STRING_EQUAL_FATAL(got, wanted);
		}
		CU_ASSERT_EQUAL_FATAL(next, published + 1);
		loopback_client_free(&c);
		loopback_free(&lb);
	}
}

/* A position made invalid by a new epoch: the client is told, with a code that makes it subscribe again. */
static void epoch_changes(void)
{
	struct loopback *lb = broker(NULL, 0);
	struct loopback_client *c = connected(lb, 1);
	struct weir_session_config config = *loopback_default_config();
	char first[WEIR_EPOCH_MAX];

	loopback_client_free(&c);
	loopback_free(&lb);
	config.ping_interval_ms = 0;
	lb = broker(&config, 0);
	c = loopback_connect(lb, 1);
	say(c, "{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":\"t\"}}");
	expect(c, "{\"id\":1,\"connect\":{\"client\":\"@C\",\"version\":\"weir test\"}}");
	expect(c, "{\"id\":2,\"subscribe\":{\"recoverable\":true,\"epoch\":\"@E\",\"positioned\":true}}");
	snprintf(first, sizeof(first), "%s", last_epoch());
	publish(lb, 1);
	expect(c, "{\"push\":{\"channel\":\"t\",\"pub\":{\"data\":0,\"offset\":1}}}");
	loopback_advance(lb, META);
	publish(lb, 2);
	expect(c, "{\"push\":{\"channel\":\"t\",\"unsubscribe\":{\"code\":2500,\"reason\":\"insufficient state\"}}}");
	expect_nothing(c);
	say(c, "{\"id\":3,\"subscribe\":{\"channel\":\"t\",\"recover\":true,\"epoch\":\"%s\",\"offset\":1}}", first);
	expect(c, "{\"id\":3,\"subscribe\":{\"recoverable\":true,\"epoch\":\"@E\",\"offset\":2,\"positioned\":true,"
		  "\"was_recovering\":true}}");
	publish(lb, 1);
	expect(c, "{\"push\":{\"channel\":\"t\",\"pub\":{\"data\":0,\"offset\":3}}}");
	loopback_client_free(&c);

	/* A server-side subscription cannot be told alone. */
	c = loopback_connect(lb, 1);
	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", token("{\"channels\":[\"t\"]}"));
	expect_start(c, "{\"id\":1,\"connect\":{");
	loopback_advance(lb, META);
	publish(lb, 1);
	expect_closed(&c, 3010);
	loopback_free(&lb);
}

/* Publications without a place in the stream go to everybody and change no position. */
static void skipped_history(void)
{
	struct loopback *lb = broker(NULL, 0);
	struct loopback_client *c = connected(lb, 1);
	struct weir_event *e =
		weir_event_new(&(struct weir_event_spec){.channel = WEIR_STR("t"), .data = WEIR_STR("9")});

	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"t\"}}");
	expect_start(c, "{\"id\":2,\"subscribe\":{");
	publish(lb, 1);
	loopback_publish_event(lb, 0, e, true, NULL, NULL);
	publish(lb, 1);
	expect(c, "{\"push\":{\"channel\":\"t\",\"pub\":{\"data\":0,\"offset\":1}}}");
	expect(c, "{\"push\":{\"channel\":\"t\",\"pub\":{\"data\":9}}}");
	expect(c, "{\"push\":{\"channel\":\"t\",\"pub\":{\"data\":0,\"offset\":2}}}");
	loopback_client_free(&c);
	recover(lb, "", 0, 2, true);
	loopback_free(&lb);
}

/* What a filter leaves out counts for the position: live and recovered. */
static void filtered(void)
{
	static const struct weir_tag odd = {{"k", 1}, {"odd", 3}}, even = {{"k", 1}, {"even", 4}};
	struct loopback *lb = broker(NULL, 0);
	struct loopback_client *c = connected(lb, 1);

	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"t\",\"tf\":{\"key\":\"k\",\"cmp\":\"eq\",\"val\":\"odd\"}}}");
	expect_start(c, "{\"id\":2,\"subscribe\":{");
	for (unsigned i = 1; i <= 4; i++) {
		struct weir_event *e = weir_event_new(&(struct weir_event_spec){
			.channel = WEIR_STR("t"), .data = WEIR_STR("0"), .tags = i % 2 ? &odd : &even, .n_tags = 1});

		loopback_publish_event(lb, 0, e, false, NULL, NULL);
	}
	loopback_run(lb);
	expect(c, "{\"push\":{\"channel\":\"t\",\"pub\":{\"data\":0,\"offset\":1,\"tags\":{\"k\":\"odd\"}}}}");
	expect(c, "{\"push\":{\"channel\":\"t\",\"pub\":{\"data\":0,\"offset\":3,\"tags\":{\"k\":\"odd\"}}}}");
	expect_nothing(c);
	say(c, "{\"id\":3,\"unsubscribe\":{\"channel\":\"t\"}}");
	expect(c, "{\"id\":3,\"unsubscribe\":{}}");
	say(c, "{\"id\":4,\"subscribe\":{\"channel\":\"t\",\"recover\":true,\"offset\":1,"
	       "\"tf\":{\"key\":\"k\",\"cmp\":\"eq\",\"val\":\"even\"}}}");
	expect(c, "{\"id\":4,\"subscribe\":{\"recoverable\":true,\"epoch\":\"@E\",\"publications\":["
		  "{\"data\":0,\"offset\":2,\"tags\":{\"k\":\"even\"}},{\"data\":0,\"offset\":4,\"tags\":{\"k\":"
		  "\"even\"}}],"
		  "\"recovered\":true,\"offset\":1,\"positioned\":true,\"was_recovering\":true}}");
	say(c, "{\"id\":5,\"unsubscribe\":{\"channel\":\"t\"}}");
	expect(c, "{\"id\":5,\"unsubscribe\":{}}");
	/* All of it left out: recovered all the same, without the member. */
	say(c, "{\"id\":6,\"subscribe\":{\"channel\":\"t\",\"recover\":true,\"offset\":1,"
	       "\"tf\":{\"key\":\"none\",\"cmp\":\"ex\"}}}");
	expect(c, "{\"id\":6,\"subscribe\":{\"recoverable\":true,\"epoch\":\"@E\",\"recovered\":true,\"offset\":1,"
		  "\"positioned\":true,"
		  "\"was_recovering\":true}}");
	publish(lb, 1);
	expect_nothing(c);
	loopback_client_free(&c);
	loopback_free(&lb);
}

CU_TestInfo weir_tests[] = {
	{"every position", every_position},
	{"limit", limit},
	{"times", times},
	{"history removed", history_removed},
	{"no seam", no_seam},
	{"the epoch changes", epoch_changes},
	{"skipped history", skipped_history},
	{"filtered", filtered},
	CU_TEST_INFO_NULL,
};
