/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links to a redis-server of the test's own: login, pipelines, large replies, holding back, its death; and a sentinel
 * that watches it. WEIR_PRINT_TIMES=1 prints what a pipeline takes.
 */
#include "discovery.h"
#include "link_fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redis_server.h"

const char weir_test_suite[] = "engine/redis/link_redis";

#define SOON 20000

static struct redis_server *server; /* one for all tests, which leave it empty */
static struct link_fixture f;

static void stop_server(void)
{
	redis_server_stop(&server);
}

static void setup(void)
{
	link_fixture_init(&f);
	if (!server) {
		server = redis_server_start(NULL);
		atexit(stop_server);
	}
	if (!server)
		exit(redis_server_available("redis-server") ? 2 : REDIS_SERVER_SKIP);
	CU_ASSERT_EQUAL_FATAL(
		weir_redis_endpoint_set(&f.endpoint, WEIR_STR("127.0.0.1"), redis_server_port(server)), 0);
}

static void teardown(void)
{
	link_fixture_fini(&f);
}

static void test_tcp(void)
{
	char peer[64];

	setup();
	f.o.credentials.client_name = "weir-test";
	f.o.credentials.db = 3;
	link_fixture_open(&f);
	CU_ASSERT_EQUAL(link_fixture_send(&f, "PING", SOON), WEIR_ECLOSED);
	link_fixture_until(&f, f.ready);
	snprintf(peer, sizeof(peer), "127.0.0.1:%u", redis_server_port(server));
	CU_ASSERT_STRING_EQUAL(weir_redis_link_peer(f.link), peer);
	CU_ASSERT_EQUAL(link_fixture_send(&f, "CLIENT GETNAME", SOON), 0);
	CU_ASSERT_EQUAL(link_fixture_send(&f, "SET a 1", SOON), 0);
	CU_ASSERT_EQUAL(link_fixture_send(&f, "MGET a b", SOON), 0);
	CU_ASSERT_EQUAL(link_fixture_send(&f, "SELECT 0", SOON), 0);
	CU_ASSERT_EQUAL(link_fixture_send(&f, "GET a", SOON), 0);
	CU_ASSERT_EQUAL(link_fixture_send(&f, "EVALSHA 0000000000000000000000000000000000000000 0", SOON), 0);
	CU_ASSERT_EQUAL(f.replies, 0);
	link_fixture_until(&f, f.replies == 6 || f.lost);
	CU_ASSERT_STRING_EQUAL(f.text, "\"weir-test\"\nOK\n[\"1\" nil]\nOK\nnil\n"
				       "-NOSCRIPT No matching script. Please use EVAL.\n");
	teardown();
}

static void test_unix(void)
{
	setup();
	CU_ASSERT_EQUAL(weir_redis_endpoint_set_path(&f.endpoint, weir_str(redis_server_socket(server))), 0);
	link_fixture_open(&f);
	link_fixture_until(&f, f.ready || f.lost);
	CU_ASSERT_EQUAL_FATAL(f.ready, 1);
	CU_ASSERT_STRING_EQUAL(weir_redis_link_peer(f.link), redis_server_socket(server));
	CU_ASSERT_EQUAL(link_fixture_send(&f, "PING", SOON), 0);
	link_fixture_until(&f, f.replies || f.lost);
	CU_ASSERT_STRING_EQUAL(f.text, "PONG\n");
	teardown();
}

static void login(const char *user, const char *password, const char *why)
{
	f.o.credentials = (struct weir_redis_credentials){user, password, 1, "weir-test"};
	link_fixture_open(&f);
	link_fixture_until(&f, f.ready || f.lost);
	CU_ASSERT_EQUAL(f.ready, why == NULL);
	if (why) {
		CU_ASSERT_EQUAL(f.err, -EACCES);
		if (!strstr(f.why, why))
			printf("\n\t\"%s\", wanted \"%s\"\n", f.why, why);
		CU_ASSERT_PTR_NOT_NULL(strstr(f.why, why));
		CU_ASSERT_PTR_NULL(strstr(f.why, "secret"));
	} else {
		CU_ASSERT_EQUAL(link_fixture_send(&f, "SET weir:a 1", SOON), 0);
		CU_ASSERT_EQUAL(link_fixture_send(&f, "SET other 1", SOON), 0);
		link_fixture_until(&f, f.replies == 2 || f.lost);
	}
	weir_redis_link_close(&f.link);
}

static void test_login(void)
{
	struct redis_server *locked = redis_server_start((const char *const[]){"--requirepass", "secret", "--user",
		"me", "on", ">secret2", "~weir:*", "+@all", "--user", "other", "on", ">secret3", "~*", "+get", NULL});

	setup();
	CU_ASSERT_PTR_NOT_NULL_FATAL(locked);
	CU_ASSERT_EQUAL(weir_redis_endpoint_set(&f.endpoint, WEIR_STR("127.0.0.1"), redis_server_port(locked)), 0);
	login("", "secret", NULL);
	CU_ASSERT_STRING_EQUAL(f.text, "OK\nOK\n");
	login("me", "secret2", NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.text, "OK\n-NOPERM"));
	login("me", "secret3", "AUTH: WRONGPASS");
	login("", "secretX", "AUTH: WRONGPASS");
	login("", "", "SELECT: NOAUTH Authentication required.: check the user and password in engine.redis.address");
	login("other", "secret3", "SELECT: NOPERM");
	redis_server_stop(&locked);
	f.o.credentials.password = "secret"; /* and a Redis without one */
	CU_ASSERT_EQUAL(weir_redis_endpoint_set(&f.endpoint, WEIR_STR("127.0.0.1"), redis_server_port(server)), 0);
	login("", "secret", "AUTH: ERR AUTH <password> called without any password configured");
	teardown();
}

#define PIPELINE 10000

static uint64_t next_number;

static void on_number(void *ctx, const struct weir_reply *reply)
{
	(void)ctx;
	CU_ASSERT_PTR_NOT_NULL_FATAL(reply);
	CU_ASSERT_EQUAL(reply->type, WEIR_REPLY_INTEGER);
	CU_ASSERT_EQUAL((uint64_t)reply->integer, ++next_number);
}

static void test_pipeline(void)
{
	uint64_t start;

	setup();
	link_fixture_open(&f);
	link_fixture_until(&f, f.ready);
	next_number = 0;
	start = uv_hrtime();
	for (unsigned i = 0; i < PIPELINE; i++) {
		weir_argv_reset(&f.argv);
		weir_argv_cstr(&f.argv, "INCR");
		weir_argv_cstr(&f.argv, "pipeline");
		CU_ASSERT_EQUAL(weir_redis_link_send(f.link, &f.argv, SOON, on_number, &f), 0);
	}
	link_fixture_until(&f, next_number == PIPELINE || f.lost);
	if (getenv("WEIR_PRINT_TIMES"))
		printf("%u commands: %.1f ms ", PIPELINE, (double)(uv_hrtime() - start) / 1e6);
	CU_ASSERT_EQUAL(f.lost, 0);
	CU_ASSERT_EQUAL(link_fixture_send(&f, "FLUSHALL", SOON), 0);
	link_fixture_until(&f, f.replies || f.lost);
	teardown();
}

/* Up to the bound, and one byte over it. */
static void test_large(void)
{
	size_t max = 3 << 20, n = max - sizeof(struct weir_reply) - 1;
	char *big = malloc(n + 1), shown[64];

	memset(big, 'x', n + 1);
	setup();
	f.o.reply_max_bytes = max;
	link_fixture_open(&f);
	link_fixture_until(&f, f.ready);
	for (size_t more = 0; more < 2; more++) {
		weir_argv_reset(&f.argv);
		weir_argv_cstr(&f.argv, "SET");
		weir_argv_cstr(&f.argv, more ? "over" : "big");
		weir_argv_str(&f.argv, weir_str_n(big, n + more));
		CU_ASSERT_EQUAL(weir_redis_link_send(f.link, &f.argv, SOON, NULL, NULL), 0);
	}
	CU_ASSERT_EQUAL(link_fixture_send(&f, "GET big", SOON), 0);
	CU_ASSERT_EQUAL(link_fixture_send(&f, "GET over", SOON), 0);
	link_fixture_until(&f, f.lost);
	snprintf(shown, sizeof(shown), "<%zu>\n", n);
	CU_ASSERT_STRING_EQUAL(f.text, shown);
	CU_ASSERT_EQUAL(f.nulls, 1);
	CU_ASSERT_EQUAL(f.err, WEIR_ELIMIT);
	weir_redis_link_close(&f.link);
	link_fixture_open(&f); /* clean up */
	link_fixture_until(&f, f.ready);
	CU_ASSERT_EQUAL(link_fixture_send(&f, "FLUSHALL", SOON), 0);
	link_fixture_until(&f, f.replies || f.lost);
	free(big);
	teardown();
}

/* A reader that has room for 100 replies only now and then. */
static uint64_t room;

static void on_number_with_room(void *ctx, const struct weir_reply *reply)
{
	if (room == 0) {
		weir_redis_link_hold(f.link);
		return;
	}
	room--;
	on_number(ctx, reply);
}

static void test_hold(void)
{
	unsigned holds = 0;

	setup();
	link_fixture_open(&f);
	link_fixture_until(&f, f.ready);
	next_number = 0;
	room = 0;
	for (unsigned i = 0; i < PIPELINE; i++) {
		weir_argv_reset(&f.argv);
		weir_argv_cstr(&f.argv, "INCR");
		weir_argv_cstr(&f.argv, "held");
		CU_ASSERT_EQUAL(weir_redis_link_send(f.link, &f.argv, SOON, on_number_with_room, &f), 0);
	}
	while (next_number < PIPELINE && !f.lost) {
		uv_run(&f.loop.uv, UV_RUN_NOWAIT);
		if (room == 0) {
			holds++;
			room = 100;
			weir_redis_link_resume(f.link);
		}
	}
	CU_ASSERT_EQUAL(f.lost, 0);
	CU_ASSERT_TRUE(holds >= PIPELINE / 100);
	CU_ASSERT_EQUAL(link_fixture_send(&f, "FLUSHALL", SOON), 0);
	room = 1;
	weir_redis_link_resume(f.link);
	link_fixture_until(&f, f.replies || f.lost);
	teardown();
}

/* Stopped: the deadline; killed: at once. Then the same directory and port again. */
static void test_death(void)
{
	struct redis_server *own = redis_server_start(NULL);

	setup();
	CU_ASSERT_PTR_NOT_NULL_FATAL(own);
	CU_ASSERT_EQUAL(weir_redis_endpoint_set(&f.endpoint, WEIR_STR("127.0.0.1"), redis_server_port(own)), 0);
	link_fixture_open(&f);
	link_fixture_until(&f, f.ready);
	redis_server_signal(own, SIGSTOP);
	CU_ASSERT_EQUAL(link_fixture_send(&f, "PING", 50), 0);
	link_fixture_until(&f, f.lost);
	CU_ASSERT_STRING_EQUAL(f.why, "PING: no answer in 50 ms");
	CU_ASSERT_EQUAL(f.nulls, 1);
	redis_server_signal(own, SIGCONT);
	weir_redis_link_close(&f.link);

	link_fixture_open(&f);
	link_fixture_until(&f, f.ready);
	CU_ASSERT_EQUAL(link_fixture_send(&f, "BLPOP nothing 0", SOON), 0);
	uv_run(&f.loop.uv, UV_RUN_NOWAIT);
	redis_server_signal(own, SIGKILL);
	link_fixture_until(&f, f.lost);
	CU_ASSERT_EQUAL(f.err, -ECONNRESET);
	CU_ASSERT_EQUAL(f.nulls, 1);
	weir_redis_link_close(&f.link);

	link_fixture_open(&f);
	link_fixture_until(&f, f.lost);
	CU_ASSERT_STRING_EQUAL(f.why, "connect: Connection refused");
	weir_redis_link_close(&f.link);
	CU_ASSERT_EQUAL(redis_server_restart(own), 0);
	link_fixture_open(&f);
	link_fixture_until(&f, f.ready || f.lost);
	CU_ASSERT_EQUAL(f.ready, 1);
	redis_server_stop(&own);
	teardown();
}

static void test_max_clients(void)
{
	struct redis_server *own = redis_server_start((const char *const[]){"--maxclients", "1", NULL});
	struct link_fixture first;

	setup();
	CU_ASSERT_PTR_NOT_NULL_FATAL(own);
	CU_ASSERT_EQUAL(weir_redis_endpoint_set(&f.endpoint, WEIR_STR("127.0.0.1"), redis_server_port(own)), 0);
	link_fixture_init(&first);
	CU_ASSERT_EQUAL(weir_redis_endpoint_set(&first.endpoint, WEIR_STR("127.0.0.1"), redis_server_port(own)), 0);
	do { /* the one that asked whether it is up may still count */
		weir_redis_link_close(&first.link);
		link_fixture_open(&first);
		link_fixture_until(&first, first.ready);
		CU_ASSERT_EQUAL(link_fixture_send(&first, "PING", SOON), 0);
		link_fixture_until(&first, first.replies || first.lost);
	} while (first.lost);
	link_fixture_open(&f);
	link_fixture_until(&f, f.lost);
	CU_ASSERT_STRING_EQUAL(f.why, "refused: ERR max number of clients reached");
	link_fixture_fini(&first);
	redis_server_stop(&own);
	teardown();
}

/* ---- sentinel ---- */

static unsigned found;
static int found_err;
static char found_text[1100];

static void on_found(void *ctx, int err, const struct weir_redis_endpoint *master, const char *why)
{
	(void)ctx;
	found++;
	found_err = err;
	if (err)
		snprintf(found_text, sizeof(found_text), "%s", why);
	else
		snprintf(found_text, sizeof(found_text), "%s:%u", master->host, master->port);
}

static void on_moved(void *ctx, const struct weir_redis_endpoint *master)
{
	(void)ctx;
	CU_FAIL("nothing moves here");
	CU_ASSERT_PTR_NULL(master);
}

static void ask_sentinel(uint16_t port, const char *name)
{
	struct weir_redis_address address;
	struct weir_redis_discovery *d;
	struct weir_buf why;
	char text[100];

	weir_buf_init(&why, 1000);
	snprintf(text, sizeof(text), "redis+sentinel://127.0.0.1:%u?sentinel_master_name=%s", port, name);
	CU_ASSERT_EQUAL_FATAL(weir_redis_address_parse(weir_str(text), &address, &why), 0);
	d = weir_redis_discovery_new(&(struct weir_redis_discovery_options){
		.loop = &f.loop, .address = &address, .timeout_ms = SOON, .found = on_found, .moved = on_moved});
	found = 0;
	weir_redis_discovery_ask(d);
	link_fixture_until(&f, found);
	weir_redis_discovery_close(&d);
	weir_redis_address_fini(&address);
}

static void test_sentinel(void)
{
	struct redis_server *sentinel = NULL;
	char want[64];

	setup();
	if (!redis_server_available("redis-sentinel")) {
		printf("(no redis-sentinel) ");
		teardown();
		return;
	}
	sentinel = redis_sentinel_start("mymaster", redis_server_port(server), 1, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sentinel);
	snprintf(want, sizeof(want), "127.0.0.1:%u", redis_server_port(server));
	ask_sentinel(redis_server_port(sentinel), "mymaster");
	CU_ASSERT_EQUAL(found_err, 0);
	CU_ASSERT_STRING_EQUAL(found_text, want);
	ask_sentinel(redis_server_port(sentinel), "yours");
	CU_ASSERT_EQUAL(found_err, WEIR_EUNAVAILABLE);
	CU_ASSERT_STRING_EQUAL(
		found_text, "1 of 1 sentinels must agree on the master \"yours\": 1 do not know it, 0 do not answer");
	ask_sentinel(redis_server_port(server), "mymaster"); /* a Redis is no sentinel */
	CU_ASSERT_EQUAL(found_err, WEIR_EUNAVAILABLE);
	CU_ASSERT_PTR_NOT_NULL(strstr(found_text, "1 do not answer (ERR unknown command"));
	redis_server_stop(&sentinel);
	teardown();
}

CU_TestInfo weir_tests[] = {
	{"TCP, db, name", test_tcp},
	{"unix socket", test_unix},
	{"login", test_login},
	{"a pipeline of 10,000", test_pipeline},
	{"large replies", test_large},
	{"hold", test_hold},
	{"stopped, killed, restarted", test_death},
	{"too many clients", test_max_clients},
	{"sentinel", test_sentinel},
	CU_TEST_INFO_NULL,
};
