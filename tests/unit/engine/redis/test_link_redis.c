/* SPDX-License-Identifier: Apache-2.0 */
/* Links to a redis-server of the test's own: login, pipelines, large replies, holding back, and its death. */
#include "link_fixture.h"

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

CU_TestInfo weir_tests[] = {
	{"TCP, db, name", test_tcp},
	CU_TEST_INFO_NULL,
};
