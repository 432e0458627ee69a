/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that have to wait: for a subscribe on its way, for a token that is verified elsewhere, for room at the hub.
 * Those behind them wait too, reading stops, and everything is answered in the end. And queues that are full.
 */
#include <stdio.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "scenario.h"
#include "test.h"
#include "weir/base/base64.h"

const char weir_test_suite[] = "sim/backlog";

static const struct weir_namespace open_ns = {
	.allow_subscribe_for_client = true, .allow_subscribe_for_anonymous = true};

/* ---- a subscribe on its way ---- */

static void pending_subscribe(void)
{
	struct loopback *lb = loopback_new(&(struct loopback_options){.workers = 2, .seed = weir_test_seed()});
	struct loopback_client *c = connected(lb, 1);

	send_text(c, "{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}\n{\"id\":3,\"rpc\":{}}");
	CU_ASSERT_FALSE(loopback_paused(c)); /* what does not concern the channel goes on */
	send_text(c, "{\"id\":4,\"unsubscribe\":{\"channel\":\"a\"}}\n{\"id\":5,\"rpc\":{}}\n");
	CU_ASSERT(loopback_paused(c));
	send_text(c, "{\"id\":6,\"subscribe\":{\"channel\":\"a\"}}\n");
	send_text(c, "{\"id\":7,\"subscribe\":{\"channel\":\"a\"}}");
	send_text(c, "{\"id\":8,\"rpc\":{}}");
	loopback_run(lb);
	CU_ASSERT_FALSE(loopback_paused(c));
	expect_error(c, 3, 108);
	expect(c, "{\"id\":2,\"subscribe\":{}}");
	expect(c, "{\"id\":4,\"unsubscribe\":{}}");
	expect_error(c, 5, 108);
	expect(c, "{\"id\":6,\"subscribe\":{}}");
	expect_error(c, 7, 105);
	expect_error(c, 8, 108);
	expect_nothing(c);
	CU_ASSERT_EQUAL(loopback_worker(lb, 1)->stats.commands, 8); /* each once, waiting or not */
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* Violations are found when their turn comes; but an empty message has no turn. */
static void violations_wait(void)
{
	static const char *const rows[] = {
		"\n", "{\"id\":5,\"rpc\":{}}\n\n", "x", "{\"id\":5,\"rpc\":{}}\n\n{\"id\":6,\"rpc\":{}}"};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct loopback *lb = loopback_new(&(struct loopback_options){.workers = 2, .seed = weir_test_seed()});
		struct loopback_client *c = connected(lb, 1);

		send_text(c,
			"{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}\n{\"id\":3,\"unsubscribe\":{\"channel\":\"a\"}}");
		send_text(c, "%s", rows[i]);
		send_text(c, "{\"id\":9,\"rpc\":{}}");
		loopback_run(lb);
		expect(c, "{\"id\":2,\"subscribe\":{}}");
		expect(c, "{\"id\":3,\"unsubscribe\":{}}");
		if (i % 2)
			expect_error(c, 5, 108);
		expect_closed(&c, 3501);
		loopback_free(&lb);
	}
}

static void an_empty_message(void)
{
	struct loopback *lb = loopback_new(&(struct loopback_options){.workers = 2, .seed = weir_test_seed()});
	struct loopback_client *c = connected(lb, 1);

	send_text(c, "{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}\n{\"id\":3,\"unsubscribe\":{\"channel\":\"a\"}}");
	send_text(c, "%s", "");
	expect_closed(&c, 3501);
	loopback_run(lb);
	loopback_free(&lb);
}

/* What is not read is bounded. */
static void too_much_waits(void)
{
	struct loopback *lb = loopback_new(&(struct loopback_options){.workers = 2, .seed = weir_test_seed()});
	struct loopback_client *c = connected(lb, 1);

	send_text(c, "{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}\n{\"id\":3,\"unsubscribe\":{\"channel\":\"a\"}}");
	for (int i = 0; i < 4 && !loopback_closed(c); i++)
		send_text(c, "{\"id\":4,\"rpc\":{\"data\":\"%060000d\"}}", 1);
	expect_closed(&c, 3501);
	loopback_run(lb);
	loopback_free(&lb);
}

/* ---- tokens that are verified elsewhere ---- */

static struct {
	EVP_PKEY *key;
	struct weir_buf pem;
	struct weir_verification *pending[8];
	unsigned n;
	bool full;
} rsa;

static int verify_later(void *ctx, struct weir_verification *v)
{
	(void)ctx;
	if (rsa.full)
		return WEIR_ENOROOM;
	rsa.pending[rsa.n++] = v;
	return 0;
}

static void verify_now(int error)
{
	struct weir_verification *v = rsa.pending[0];

	CU_ASSERT_FATAL(rsa.n > 0);
	memmove(rsa.pending, rsa.pending + 1, --rsa.n * sizeof(rsa.pending[0]));
	if (!error)
		weir_verification_run(v);
	weir_verification_done(v, error);
}

static const char *slow_token(const char *claims)
{
	static char text[4][2000];
	static unsigned next;
	unsigned char signature[512];
	size_t n = sizeof(signature);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct weir_buf b;
	char *out = text[next++ % 4];

	weir_buf_init(&b, 10000);
	weir_base64url_encode(&b, WEIR_STR("{\"alg\":\"RS256\"}"));
	weir_buf_char(&b, '.');
	weir_base64url_encode(&b, weir_str(claims));
	weir_assert(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, rsa.key) == 1);
	weir_assert(EVP_DigestSign(ctx, signature, &n, (const unsigned char *)b.p, b.len) == 1);
	EVP_MD_CTX_free(ctx);
	weir_buf_char(&b, '.');
	weir_base64url_encode(&b, weir_str_n((const char *)signature, n));
	weir_assert(b.len < sizeof(text[0]));
	memcpy(out, b.p, b.len);
	out[b.len] = 0;
	weir_buf_fini(&b);
	return out;
}

static struct loopback *slow_broker(void)
{
	struct loopback *lb;

	if (!rsa.key) {
		BIO *bio = BIO_new(BIO_s_mem());
		char *p;
		long n;

		rsa.key = EVP_RSA_gen(2048);
		weir_assert(rsa.key && PEM_write_bio_PUBKEY(bio, rsa.key) == 1);
		n = BIO_get_mem_data(bio, &p);
		weir_buf_init(&rsa.pem, 10000);
		weir_buf_append(&rsa.pem, p, (size_t)n);
		weir_buf_char(&rsa.pem, 0);
		BIO_free(bio);
	}
	rsa.full = false;
	lb = loopback_new(&(struct loopback_options){.workers = 1,
		.seed = weir_test_seed(),
		.secure = true,
		.hmac_secret = SCENARIO_SECRET,
		.rsa_public_key = rsa.pem.p,
		.without = open_ns});
	loopback_sessions(lb, 0)->verify = verify_later;
	return lb;
}

static void slow_connect(void)
{
	struct loopback *lb = slow_broker();
	struct loopback_client *c = loopback_connect(lb, 0);

	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}\n{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}",
		slow_token("{\"sub\":\"1\"}"));
	say(c, "{\"id\":3,\"rpc\":{}}");
	CU_ASSERT(loopback_paused(c));
	expect_nothing(c);
	verify_now(0);
	loopback_run(lb);
	expect(c, "{\"id\":1,\"connect\":{\"client\":\"@C\",\"version\":\"weir test\",\"ping\":25,\"pong\":true}}");
	expect_error(c, 3, 108);
	expect(c, "{\"id\":2,\"subscribe\":{}}");
	CU_ASSERT_FALSE(loopback_paused(c));
	loopback_client_free(&c);

	/* Refused at the end: expired, invalid, no room, stale meanwhile, gone meanwhile. */
	c = loopback_connect(lb, 0);
	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}\n{\"id\":2,\"rpc\":{}}", slow_token("{\"exp\":1}"));
	say(c, "{\"id\":3,\"rpc\":{}}");
	verify_now(0);
	loopback_run(lb);
	expect_error(c, 1, 109);
	expect_nothing(c);
	loopback_client_free(&c);
	c = loopback_connect(lb, 0);
	say(c, "{\"id\":1,\"connect\":{\"token\":\"eyJhbGciOiJSUzI1NiJ9.e30.AAAA\"}}");
	verify_now(0);
	loopback_run(lb);
	expect_closed(&c, 3500);
	rsa.full = true;
	c = loopback_connect(lb, 0);
	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", slow_token("{}"));
	expect_error(c, 1, 100);
	rsa.full = false;
	loopback_client_free(&c);
	c = loopback_connect(lb, 0);
	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", slow_token("{}"));
	loopback_advance(lb, 10000);
	expect_closed(&c, 3502);
	verify_now(0);
	c = loopback_connect(lb, 0);
	say(c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", slow_token("{}"));
	loopback_client_free(&c);
	verify_now(WEIR_ECANCELLED);
	loopback_free(&lb);
}

static void slow_subscribe(void)
{
	struct loopback *lb = slow_broker();
	struct loopback_client *c = connected_as(lb, 0, "{\"sub\":\"1\"}");

	say(c,
		"{\"id\":2,\"subscribe\":{\"channel\":\"a\",\"token\":\"%s\"}}\n{\"id\":3,\"unsubscribe\":{\"channel\":"
		"\"a\"}}",
		slow_token("{\"sub\":\"1\",\"channel\":\"a\",\"data\":7}"));
	expect_nothing(c);
	verify_now(0);
	loopback_run(lb);
	expect(c, "{\"id\":2,\"subscribe\":{\"data\":7}}");
	expect(c, "{\"id\":3,\"unsubscribe\":{}}");
	say(c, "{\"id\":4,\"subscribe\":{\"channel\":\"a\",\"token\":\"%s\"}}",
		slow_token("{\"sub\":\"1\",\"channel\":\"a\"}"));
	verify_now(WEIR_ECANCELLED);
	loopback_run(lb);
	expect_error(c, 4, 100);
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* Whoever is not read cannot be blamed for a pong that is missing; once it is read again it can. */
static void not_read_no_pong(void)
{
	struct loopback *lb = slow_broker();
	struct loopback_client *c = connected_as(lb, 0, "{\"sub\":\"1\"}");

	say(c,
		"{\"id\":2,\"subscribe\":{\"channel\":\"a\",\"token\":\"%s\"}}\n{\"id\":3,\"unsubscribe\":{\"channel\":"
		"\"a\"}}",
		slow_token("{\"sub\":\"1\",\"channel\":\"a\"}"));
	CU_ASSERT(loopback_paused(c));
	loopback_advance(lb, 60000); /* pings every 25 s, pongs within 8 s */
	CU_ASSERT_EQUAL(loopback_closed(c), 0);
	verify_now(0);
	loopback_run(lb);
	CU_ASSERT_FALSE(loopback_paused(c));
	loopback_advance(lb, 8000);
	CU_ASSERT_EQUAL(loopback_closed(c), 3012);
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* The command no longer needs the result by the time it is there: the next one must not get it. */
static void result_of_another_token(void)
{
	struct loopback *lb = slow_broker();
	struct loopback_client *c = connected_as(lb, 0, "{\"sub\":\"1\"}");

	say(c,
		"{\"id\":2,\"subscribe\":{\"channel\":\"a\",\"token\":\"%s\"}}\n{\"id\":3,\"subscribe\":{\"channel\":"
		"\"b\",\"token\":\"%s\"}}",
		slow_token("{\"sub\":\"1\",\"channel\":\"a\"}"),
		slow_token("{\"sub\":\"1\",\"channel\":\"b\",\"data\":7}"));
	loopback_control(lb, &(struct weir_control){.op = WEIR_CONTROL_SUBSCRIBE,
				     .user = WEIR_STR("1"),
				     .channel = WEIR_STR("a"),
				     .ns = loopback_namespace(lb, WEIR_STR("a"))});
	loopback_run(lb);
	expect(c, "{\"push\":{\"channel\":\"a\",\"subscribe\":{}}}");
	while (rsa.n) {
		verify_now(0);
		loopback_run(lb);
	}
	expect_error(c, 2, 105);
	expect(c, "{\"id\":3,\"subscribe\":{\"data\":7}}");
	expect_nothing(c);
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* ---- no room ---- */

static struct loopback *narrow(unsigned round)
{
	return loopback_new(&(struct loopback_options){.workers = 2,
		.seed = weir_test_seed() + round,
		.hub_mailbox = 1,
		.inbox = 4,
		.hmac_secret = SCENARIO_SECRET});
}

/* Many at once through mailboxes of a few places: each command is answered once, publications in order. */
static void no_room(void)
{
	enum { CLIENTS = 6, EACH = 40 };

	for (unsigned round = 0; round < 5; round++) {
		struct loopback *lb = narrow(round);
		struct loopback_client *c[CLIENTS];
		bool paused = false;

		for (unsigned i = 0; i < CLIENTS; i++) {
			c[i] = loopback_connect(lb, i % 2);
			send_text(c[i], "{\"id\":1,\"connect\":{\"token\":\"%s\"}}",
				token("{\"channels\":[\"x\",\"y\",\"z\"]}"));
			send_text(c[i], "{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}");
		}
		for (unsigned k = 0; k < EACH; k++) {
			for (unsigned i = 0; i < CLIENTS; i++) {
				send_text(c[i], "{\"id\":%u,\"publish\":{\"channel\":\"a\",\"data\":%u}}", k + 3, k);
				paused = paused || loopback_paused(c[i]);
			}
			loopback_step(lb);
		}
		loopback_run(lb);
		CU_ASSERT(paused);
		for (unsigned i = 0; i < CLIENTS; i++) {
			unsigned next = 3, pubs = 0;

			expect_start(c[i], "{\"id\":1,\"connect\":{");
			for (const char *got; (got = loopback_receive(c[i]));) {
				unsigned id;

				if (sscanf(got, "{\"id\":%u,\"publish\":{}}", &id) == 1 && strstr(got, "publish"))
					CU_ASSERT_EQUAL_FATAL(id, next++);
				pubs += weir_str_starts(
					weir_str(got), WEIR_STR("{\"push\":{\"channel\":\"a\",\"pub\""));
			}
			CU_ASSERT_EQUAL(next, EACH + 3);
			CU_ASSERT(pubs >= EACH); /* its own at least */
			CU_ASSERT_FALSE(loopback_paused(c[i]));
			loopback_client_free(&c[i]);
		}
		loopback_free(&lb);
	}
}

/* Leaving must reach the hub, room or not. */
static void leaving_without_room(void)
{
	for (unsigned round = 0; round < 40; round++) {
		struct loopback *lb = narrow(round);
		struct loopback_client *c[5];

		for (unsigned i = 0; i < 5; i++) {
			c[i] = loopback_connect(lb, i % 2);
			send_text(c[i], "{\"id\":1,\"connect\":{\"token\":\"%s\"}}",
				token("{\"channels\":[\"x\",\"y\",\"z\"]}"));
			send_text(c[i], "{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}\n{\"id\":3,\"subscribe\":{"
					"\"channel\":\"b\"}}");
		}
		for (unsigned i = 0; i < round; i++)
			loopback_step(lb);
		for (unsigned i = 0; i < 5; i++)
			loopback_client_free(&c[i]);
		loopback_free(&lb); /* asserts that nothing is left */
	}
}

/* More requests of one client than may be under way at once. */
static void many_in_flight(void)
{
	struct loopback *lb = loopback_new(&(struct loopback_options){.workers = 2, .seed = weir_test_seed()});
	struct loopback_client *c = connected(lb, 0);

	for (unsigned i = 2; i <= 700; i++)
		send_text(c, "{\"id\":%u,\"publish\":{\"channel\":\"a\",\"data\":1}}", i);
	CU_ASSERT(loopback_paused(c));
	loopback_run(lb);
	for (unsigned i = 2; i <= 700; i++)
		expect(c, "{\"id\":%u,\"publish\":{}}", i);
	CU_ASSERT_FALSE(loopback_paused(c));
	loopback_client_free(&c);
	loopback_free(&lb);
}

/* ---- overflow ---- */

static struct loopback *small_queues(void)
{
	struct weir_session_config config = *loopback_default_config();

	config.queue_max_bytes = 1000;
	return loopback_new(&(struct loopback_options){.workers = 1, .seed = weir_test_seed(), .config = &config});
}

static void overflow(void)
{
	struct loopback *lb = small_queues();
	struct loopback_client *slow = connected(lb, 0), *fast = connected(lb, 0);
	char big[2000];

	say(slow, "{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}");
	expect(slow, "{\"id\":2,\"subscribe\":{}}");
	say(fast, "{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}");
	expect(fast, "{\"id\":2,\"subscribe\":{}}");
	snprintf(big, sizeof(big), "\"%01900d\"", 1);
	loopback_publish(lb, 0, "a", big, NULL); /* larger than the bound, but nothing waits */
	loopback_run(lb);
	expect_start(slow, "{\"push\":{\"channel\":\"a\",\"pub\":{\"data\":\"000");
	expect_start(fast, "{\"push\":{\"channel\":\"a\",\"pub\":{\"data\":\"000");
	loopback_stall(slow, true);
	loopback_publish(lb, 0, "a", big, NULL);
	loopback_run(lb);
	expect_nothing(slow);
	loopback_publish(lb, 0, "a", "1", NULL);
	loopback_run(lb);
	expect_closed(&slow, 3008); /* and nothing of what waited was sent */
	expect_start(fast, "{\"push\":{\"channel\":\"a\",\"pub\":{\"data\":\"000");
	expect(fast, "{\"push\":{\"channel\":\"a\",\"pub\":{\"data\":1}}}");
	loopback_client_free(&fast);
	loopback_free(&lb);
}

/* What does not fit leaves a gap: nothing behind it may reach the client, although there is room for it. */
static void nothing_behind_an_overflow(void)
{
	struct loopback *lb = small_queues();
	struct loopback_client *c = connected(lb, 0);
	char big[900];

	say(c, "{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}");
	expect(c, "{\"id\":2,\"subscribe\":{}}");
	snprintf(big, sizeof(big), "\"%0800d\"", 1);
	loopback_stall(c, true);
	loopback_publish(lb, 0, "a", big, NULL);
	loopback_run(lb);
	/* In one turn: one that does not fit, one that would. Then the socket takes all before the turn ends. */
	loopback_publish(lb, 0, "a", big, NULL);
	loopback_publish(lb, 0, "a", "3", NULL);
	send_text(c, "{\"id\":3,\"rpc\":{}}");
	while (loopback_step_without_flush(lb))
		;
	send_text(c, "{\"id\":4,\"rpc\":{}}");
	loopback_stall(c, false);
	expect_start(c, "{\"push\":{\"channel\":\"a\",\"pub\":{\"data\":\"000");
	for (const char *got; (got = loopback_receive(c));)
		CU_ASSERT_FATAL(fits("{\"id\":3,", got, true)); /* sent before the gap */
	loopback_run(lb);
	expect_closed(&c, 3008);
	loopback_free(&lb);
}

CU_TestInfo weir_tests[] = {
	{"a subscribe on its way", pending_subscribe},
	{"violations wait", violations_wait},
	{"an empty message", an_empty_message},
	{"too much waits", too_much_waits},
	{"slow tokens: connect", slow_connect},
	{"slow tokens: subscribe", slow_subscribe},
	{"slow tokens: the result of another", result_of_another_token},
	{"not read, no pong", not_read_no_pong},
	{"no room", no_room},
	{"leaving without room", leaving_without_room},
	{"many in flight", many_in_flight},
	{"overflow", overflow},
	{"nothing behind an overflow", nothing_behind_an_overflow},
	CU_TEST_INFO_NULL,
};
