/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine and a Redis that will not do: what state() and the log say, and that it works by itself once the cause is
 * gone. Each case with a redis-server of its own, started or configured accordingly.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_fixture.h"
#include "redis_server.h"

const char weir_test_suite[] = "engine/redis/bad";

static struct engine_fixture f;
static struct redis_server *server;

static void start(const char *const *options, const char *before, const char *behind)
{
	char address[300];

	if (!redis_server_available("redis-server"))
		exit(REDIS_SERVER_SKIP);
	server = redis_server_start(options);
	CU_ASSERT_PTR_NOT_NULL_FATAL(server);
	snprintf(address, sizeof(address), "%s%u%s", before, redis_server_port(server), behind);
	engine_fixture_init(&f, address);
}

static void tell(const char *line)
{
	char answer[2000] = "";

	CU_ASSERT_EQUAL(redis_server_ask(server, line, answer, sizeof(answer)), 0);
	if (answer[0] == '-')
		fprintf(stderr, "%s: %s\n", line, answer);
	CU_ASSERT_NOT_EQUAL(answer[0], '-');
}

static void end(void)
{
	engine_fixture_fini(&f);
	redis_server_stop(&server);
}

/* One line about it, however often it is tried; and the reason is state()'s. */
static void expect_down(const char *state, const char *why)
{
	engine_fixture_until(&f, engine_fixture_state_is(&f, state));
	engine_fixture_run(&f, 300);
	CU_ASSERT_TRUE(engine_fixture_state_is(&f, state));
	CU_ASSERT_EQUAL(engine_fixture_logged(&f, "redis does not work"), 1);
	CU_ASSERT_EQUAL(engine_fixture_logged(&f, why), 1);
	if (CU_get_number_of_failures())
		engine_fixture_show_log(&f);
}

static void expect_works(void)
{
	unsigned acks = f.acks;

	engine_fixture_until(&f, engine_fixture_works(&f));
	engine_fixture_publish(&f);
	engine_fixture_until(&f, f.acks > acks);
	CU_ASSERT_EQUAL(engine_fixture_logged(&f, "redis works"), 1);
}

static void test_refused(void)
{
	char address[100];

	snprintf(address, sizeof(address), "redis://someone:s3cret@127.0.0.1:%u", redis_server_free_port());
	engine_fixture_init(&f, address);
	engine_fixture_open(&f);
	expect_down("unreachable", "onnection refused");
	CU_ASSERT_EQUAL(engine_fixture_logged(&f, "shard=0"), 1);
	CU_ASSERT_EQUAL(engine_fixture_logged(&f, "127.0.0.1:"), 1);
	CU_ASSERT_EQUAL(engine_fixture_logged(&f, "s3cret"), 0);
	engine_fixture_fini(&f);
}

static void test_no_such_host(void)
{
	engine_fixture_init(&f, "redis://no-such-host.invalid:6379");
	engine_fixture_open(&f);
	expect_down("unreachable", "no-such-host.invalid");
	engine_fixture_fini(&f);
}

static void test_no_password(void)
{
	start((const char *const[]){"--requirepass", "good", NULL}, "redis://127.0.0.1:", "");
	engine_fixture_open(&f);
	expect_down("login refused", "NOAUTH");
	CU_ASSERT_EQUAL(engine_fixture_logged(&f, "engine.redis"), 1);
	end();
}

static void test_wrong_password(void)
{
	start(NULL, "redis://:bad-one@127.0.0.1:", "");
	tell("ACL SETUSER default >good -@all +acl|setuser resetpass >good");
	engine_fixture_open(&f);
	expect_down("login refused", "WRONGPASS");
	CU_ASSERT_EQUAL(engine_fixture_logged(&f, "bad-one"), 0);
	end();
}

/* The user is made good while the broker tries. */
static void test_user_comes(void)
{
	start(NULL, "redis://weir:pw@127.0.0.1:", "");
	engine_fixture_open(&f);
	expect_down("login refused", "WRONGPASS");
	tell("ACL SETUSER weir on >pw ~weir* +@all");
	expect_works();
	end();
}

/* What conf/README.md tells operators to give is enough. */
#define RULE                                                                                                          \
	"ACL SETUSER weir on >pw ~weir* resetchannels +info +role +config|get +client|setname +script|load +evalsha " \
	"+xread +xadd +xinfo|stream +hmget +hget +hset +hdel +hgetall +hincrby +rpush +rpop +ltrim +llen +lrange "    \
	"+get +set +del +exists +pexpire +pttl +sadd +srem +spop +time"

static void test_least_rights(void)
{
	start(NULL, "redis://weir:pw@127.0.0.1:", "");
	tell(RULE);
	engine_fixture_open(&f);
	expect_works();
	engine_fixture_run(&f, 1500);
	CU_ASSERT_EQUAL(engine_fixture_logged(&f, "redis does not work"), 0);
	end();
}

/* Each of them is needed: without it nothing is written, and it is named. */
static void test_each_right(void)
{
	static const char *const commands[] = {"info", "role", "script|load", "evalsha", "xread", "xadd",
		"xinfo|stream", "hmget", "hget", "hset", "hdel", "hgetall", "hincrby", "rpush", "rpop", "ltrim", "llen",
		"lrange", "get", "set", "del", "exists", "pexpire", "pttl", "sadd", "srem", "spop", "time"};
	char line[200], answer[200];

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		start(NULL, "redis://weir:pw@127.0.0.1:", "");
		tell(RULE);
		snprintf(line, sizeof(line), "ACL SETUSER weir -%s", commands[i]);
		tell(line);
		engine_fixture_open(&f);
		engine_fixture_until(&f, engine_fixture_state_is(&f, "will not do"));
		CU_ASSERT_TRUE(engine_fixture_logged(&f, commands[i]) >= 1);
		if (!engine_fixture_logged(&f, commands[i]))
			engine_fixture_show_log(&f);
		CU_ASSERT_EQUAL(redis_server_ask(server, "DBSIZE", answer, sizeof(answer)), 0);
		CU_ASSERT_STRING_EQUAL(answer, ":0\r\n");
		snprintf(line, sizeof(line), "ACL SETUSER weir +%s", commands[i]);
		tell(line);
		expect_works();
		end();
	}
}

static void test_other_keys(void)
{
	start(NULL, "redis://weir:pw@127.0.0.1:", "");
	tell("ACL SETUSER weir on >pw ~other* +@all");
	engine_fixture_open(&f);
	expect_down("will not do", "~weir*");
	end();
}

static void test_cluster(void)
{
	start((const char *const[]){"--cluster-enabled", "yes", NULL}, "redis://127.0.0.1:", "");
	engine_fixture_open(&f);
	expect_down("will not do", "Redis Cluster, which is not supported");
	end();
}

static void test_sentinel(void)
{
	char address[100];

	if (!redis_server_available("redis-sentinel"))
		return;
	server = redis_sentinel_start("mymaster", redis_server_free_port(), 1, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(server);
	snprintf(address, sizeof(address), "redis://127.0.0.1:%u", redis_server_port(server));
	engine_fixture_init(&f, address);
	engine_fixture_open(&f);
	expect_down("will not do", "this is a sentinel");
	end();
}

static void test_replica(void)
{
	start(NULL, "redis://127.0.0.1:", "");
	tell("REPLICAOF 127.0.0.1 1");
	engine_fixture_open(&f);
	expect_down("no longer the master", "it is a replica of 127.0.0.1:1");
	tell("REPLICAOF NO ONE");
	expect_works();
	end();
}

static void test_warnings(void)
{
	start((const char *const[]){"--maxmemory-policy", "allkeys-lru", NULL}, "redis://127.0.0.1:", "");
	engine_fixture_open(&f);
	expect_works();
	CU_ASSERT_EQUAL(engine_fixture_logged(&f, "maxmemory-policy is not noeviction"), 1);
	CU_ASSERT_EQUAL(engine_fixture_logged(&f, "appendonly and save are both off"), 1);
	end();
}

static void test_db_and_prefix(void)
{
	char answer[200];

	start(NULL, "redis://127.0.0.1:", "/3");
	f.o.prefix = "odd %s:*[é] \"1";
	engine_fixture_open(&f);
	expect_works();
	CU_ASSERT_EQUAL(redis_server_ask(server, "DBSIZE", answer, sizeof(answer)), 0);
	CU_ASSERT_STRING_EQUAL(answer, ":0\r\n"); /* of database 0 */
	end();
}

static void test_db_too_high(void)
{
	start(NULL, "redis://127.0.0.1:", "/300000");
	engine_fixture_open(&f);
	expect_down("login refused", "check the db");
	end();
}

static void test_unix_socket(void)
{
	start(NULL, "redis://127.0.0.1:", "");
	snprintf(f.address_text, sizeof(f.address_text), "unix://%s", redis_server_socket(server));
	engine_fixture_open(&f);
	expect_works();
	end();
}

static void test_no_socket(void)
{
	engine_fixture_init(&f, "unix:///nowhere/redis.sock");
	engine_fixture_open(&f);
	expect_down("unreachable", "/nowhere/redis.sock");
	engine_fixture_fini(&f);
}

/* Their keys differ, so they would not hear each other. */
static void test_other_partitions(void)
{
	char before[200], after[200];

	start(NULL, "redis://127.0.0.1:", "");
	engine_fixture_open(&f);
	expect_works();
	engine_fixture_close(&f);
	CU_ASSERT_EQUAL(redis_server_ask(server, "DBSIZE", before, sizeof(before)), 0);
	f.o.partitions = 5;
	engine_fixture_open(&f);
	expect_down("will not do", "other brokers there have partitions=2");
	CU_ASSERT_EQUAL(redis_server_ask(server, "DBSIZE", after, sizeof(after)), 0);
	CU_ASSERT_STRING_EQUAL(before, after);
	tell("DEL weir:shape");
	engine_fixture_until(&f, engine_fixture_works(&f));
	end();
}

/* Refused once and for all, or for as long as it lasts: then publishes are answered, and it goes on. */
static void test_oom(void)
{
	start(NULL, "redis://127.0.0.1:", "");
	engine_fixture_open(&f);
	expect_works();
	tell("CONFIG SET maxmemory 1");
	engine_fixture_publish(&f);
	engine_fixture_until(&f, f.refusals == 1);
	CU_ASSERT_EQUAL(f.last_status, WEIR_EUNAVAILABLE);
	CU_ASSERT_TRUE(engine_fixture_state_is(&f, "refuses writes"));
	CU_ASSERT_TRUE(engine_fixture_logged(&f, "OOM") >= 1);
	tell("CONFIG SET maxmemory 0");
	expect_works();
	end();
}

/* A right is taken away and given back. */
static void test_right_goes(void)
{
	start(NULL, "redis://weir:pw@127.0.0.1:", "");
	tell(RULE);
	engine_fixture_open(&f);
	expect_works();
	tell("ACL SETUSER weir -xadd");
	engine_fixture_publish(&f);
	engine_fixture_until(&f, engine_fixture_state_is(&f, "will not do"));
	tell("ACL SETUSER weir +xadd");
	engine_fixture_until(&f, engine_fixture_works(&f));
	end();
}

/* Somebody writes to the log, where the next entry is to go and far ahead: it goes on without them. */
static void test_foreign_entries(void)
{
	static const char *const ids[] = {"*", "9000000000000-7"};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		char line[300];
		unsigned acks;

		start(NULL, "redis://127.0.0.1:", "");
		engine_fixture_open(&f);
		expect_works();
		for (unsigned k = 0; k < 2; k++) {
			char keys[4000], *key;

			CU_ASSERT_EQUAL(redis_server_ask(server, "KEYS weir*:l", keys, sizeof(keys)), 0);
			key = strstr(keys, "weir{");
			for (unsigned skip = 0; key && skip < k; skip++)
				key = strstr(key + 1, "weir{");
			CU_ASSERT_PTR_NOT_NULL_FATAL(key);
			snprintf(line, sizeof(line), "XADD %.*s %s who me", (int)strcspn(key, "\r"), key, ids[i]);
			tell(line);
		}
		engine_fixture_until(&f, engine_fixture_logged(&f, "no broker has written") >= 1);
		engine_fixture_until(&f, engine_fixture_works(&f));
		acks = f.acks;
		engine_fixture_publish(&f);
		engine_fixture_until(&f, f.acks > acks && f.entries > acks);
		end();
	}
}

CU_TestInfo weir_tests[] = {
	{"a port that refuses: said once, with address and without password", test_refused},
	{"a host that does not exist", test_no_such_host},
	{"no password where one is needed", test_no_password},
	{"a wrong password", test_wrong_password},
	{"a user that comes later", test_user_comes},
	{"the rights in the manual are enough", test_least_rights},
	{"each right in the manual is needed, and named where it lacks", test_each_right},
	{"rights for other keys", test_other_keys},
	{"a node of Redis Cluster", test_cluster},
	{"a sentinel", test_sentinel},
	{"a replica, until it is a master", test_replica},
	{"eviction and no persistence are warned about", test_warnings},
	{"another database, an odd prefix", test_db_and_prefix},
	{"a database that is not there", test_db_too_high},
	{"a unix socket", test_unix_socket},
	{"a unix socket that is not there", test_no_socket},
	{"another number of partitions", test_other_partitions},
	{"no memory", test_oom},
	{"a right that goes and comes", test_right_goes},
	{"somebody else writes to the log", test_foreign_entries},
	CU_TEST_INFO_NULL,
};
