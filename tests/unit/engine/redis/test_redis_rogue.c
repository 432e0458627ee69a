/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine and a Redis of which one reply is not what it should be, at each step from login to publish: it is silent,
 * resets, or says nonsense. Never a crash, a spin, or a flood of connections and log lines; once the rogue behaves it works again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine_fixture.h"
#include "redis_proxy.h"
#include "redis_server.h"
#include "script.h"

const char weir_test_suite[] = "engine/redis/rogue";

#define WINDOW_MS 1000

static struct engine_fixture f;
static struct redis_server *server;
static struct redis_proxy proxy;

/* The words by which the proxy knows the commands. */
static const char *step_word(unsigned i)
{
	static const char *const words[] = {"AUTH", "SETNAME", "INFO", "ROLE", "LOAD", "XREAD"};
	static const enum weir_script scripts[] = {
		WEIR_SCRIPT_CHECK, WEIR_SCRIPT_FENCE, WEIR_SCRIPT_PROVE, WEIR_SCRIPT_PUBLISH};

	if (i < sizeof(words) / sizeof(words[0]))
		return words[i];
	i -= (unsigned)(sizeof(words) / sizeof(words[0]));
	return i < sizeof(scripts) / sizeof(scripts[0]) ? weir_script_sha(scripts[i]) : NULL;
}

static void start(void)
{
	if (!redis_server_available("redis-server"))
		exit(REDIS_SERVER_SKIP);
	server = redis_server_start((const char *const[]){"--requirepass", "pw", NULL});
	CU_ASSERT_PTR_NOT_NULL_FATAL(server);
	engine_fixture_init(&f, "");
	redis_proxy_start(&proxy, &f.loop.uv, redis_server_port(server));
	snprintf(f.address_text, sizeof(f.address_text), "redis://:pw@127.0.0.1:%u", proxy.port);
	f.o.io_timeout_ms = 100;
	f.o.connect_timeout_ms = 500;
}

static void end(void)
{
	engine_fixture_close(&f);
	redis_proxy_stop(&proxy);
	engine_fixture_fini(&f);
	redis_server_stop(&server);
}

static void rule(const char *word, int action, const char *bytes, size_t n)
{
	proxy.hits = 0;
	proxy.rule = (struct proxy_rule){.word = word, .bytes = bytes, .n = n};
	proxy.rule.action = action == 0 ? PROXY_REPLACE : action == 1 ? PROXY_SILENCE : PROXY_RESET;
}

static void expect_works(const char *word, const char *bytes)
{
	unsigned acks = f.acks;

	proxy.rule.word = NULL;
	engine_fixture_until(&f, engine_fixture_works(&f));
	while (f.acks == acks) {
		unsigned all = f.acks + f.refusals;

		engine_fixture_publish(&f);
		engine_fixture_until(&f, f.acks + f.refusals > all);
	}
	if (engine_fixture_logged(&f, "redis does not work") > 6) {
		fprintf(stderr, "%s: %.40s\n", word, bytes);
		engine_fixture_show_log(&f);
		CU_FAIL("too many lines");
	}
}

/* How often it came, and what that cost, in a second. */
static void expect_patience(const char *word)
{
	unsigned accepted = proxy.accepted;
	clock_t cpu = clock();

	engine_fixture_run(&f, WINDOW_MS);
	if (proxy.accepted - accepted > 60 || clock() - cpu > CLOCKS_PER_SEC / 2)
		fprintf(stderr, "%s: %u connections, %ld us\n", word, proxy.accepted - accepted, (long)(clock() - cpu));
	CU_ASSERT_TRUE(proxy.accepted - accepted <= 60); /* of some 4 for an attempt */
	CU_ASSERT_TRUE(clock() - cpu <= CLOCKS_PER_SEC / 2);
	CU_ASSERT_TRUE(engine_fixture_logged(&f, "redis does not work") <= 3);
	CU_ASSERT_TRUE(engine_fixture_logged(&f, "redis works") <= 2); /* before and after the line that it does not */
	CU_ASSERT_EQUAL(engine_fixture_logged(&f, ":pw@"), 0);
}

static void each_step(int action, const char *bytes, size_t n)
{
	const char *word;

	for (unsigned i = 0; (word = step_word(i)); i++) {
		start();
		rule(word, action, bytes, n);
		engine_fixture_open(&f);
		engine_fixture_until(&f, proxy.hits > 0);
		expect_patience(word);
		expect_works(word, "");
		end();
	}
}

static void test_silence(void)
{
	each_step(1, NULL, 0);
}

static void test_reset(void)
{
	each_step(2, NULL, 0);
}

static void test_nested(void)
{
	each_step(0, "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", 41);
}

static const struct {
	const char *bytes;
	size_t n;
} nonsense[] = {
#define N(text)                        \
	{                              \
		text, sizeof(text) - 1 \
	}
	N("\x16\x03\x01\x02\x00\x01\x00\xff"),
	N("HTTP/1.1 400 Bad Request\r\n\r\n"),
	N("*0\r\n"),
	N("*-1\r\n"),
	N("$-1\r\n"),
	N(":-1\r\n"),
	N(":9223372036854775807\r\n"),
	N(":9223372036854775808\r\n"),
	N("+OK\r\n"),
	N("$0\r\n\r\n"),
	N("$5\r\na\0b\0c\r\n"),
	N("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"),
	N("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"),
	N("*2147483647\r\n"),
	N("$9000000000\r\n"),
	N("-ERR a\rb\r\n"),
	N("-\r\n"),
	N("*2\r\n$2\r\nOK\r\n$2\r\nno\r\n"),
	N("*2\r\n$2\r\nOK\r\n:1\r\n"),
	N("*2\r\n$3\r\nGAP\r\n:0\r\n"),
	N("*2\r\n$6\r\nFENCED\r\n$1\r\n1\r\n"),
	N("*2\r\n$7\r\nHEALING\r\n:1\r\n"),
	N("*2\r\n$3\r\nDUP\r\n:1\r\n"),
	N("-NOSCRIPT No matching script.\r\n"),
	N("*3\r\n:1\r\n:0\r\n:0\r\n"),
	N("*3\r\n:0\r\n:0\r\n:0\r\n"),
	N("-LOADING\r\n"),
	N("-READONLY You can't write\r\n"),
	N("-MASTERDOWN x\r\n"),
	/* a fence of an old generation, and one of the end of time */
	N("*8\r\n$1\r\n5\r\n$1\r\n5\r\n$0\r\n\r\n:0\r\n$3\r\n0-0\r\n:0\r\n:0\r\n:0\r\n"),
	N("*8\r\n$20\r\n18446744073709551615\r\n$1\r\n5\r\n$0\r\n\r\n:0\r\n$3\r\n0-0\r\n:0\r\n:0\r\n:0\r\n"),
	/* a log that goes backwards, with no IDs, with other fields */
	N("*1\r\n*2\r\n$1\r\nl\r\n*1\r\n*2\r\n$3\r\n0-1\r\n*2\r\n$1\r\ne\r\n$8\r\nT:a:1\nhi\r\n"),
	N("*1\r\n*2\r\n$1\r\nl\r\n*1\r\n*2\r\n$3\r\nx-y\r\n*2\r\n$1\r\ne\r\n$8\r\nT:a:1\nhi\r\n"),
	N("*1\r\n*2\r\n$1\r\nl\r\n*1\r\n*2\r\n$20\r\n18446744073709551615\r\n*2\r\n$1\r\ne\r\n$8\r\nT:a:1\nhi\r\n"),
	N("*1\r\n*2\r\n$1\r\nl\r\n*1\r\n*2\r\n$15\r\n9000000000000-1\r\n*2\r\n$1\r\nf\r\n$2\r\nhi\r\n"),
	N("*1\r\n*2\r\n$1\r\nl\r\n*0\r\n"),
#undef N
};

/* All of it to one engine, one after the other; some of these are good answers of some steps. */
static void nonsense_at(const char *word)
{
	start();
	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		unsigned answered = f.acks + f.refusals;

		if (!f.engine)
			engine_fixture_open(&f);
		else
			engine_fixture_publish(&f);
		rule(word, 0, nonsense[i].bytes, nonsense[i].n);
		engine_fixture_run(&f, 60);
		(void)answered;
		expect_works(word, nonsense[i].bytes);
		if (i % 8 == 7) {
			engine_fixture_close(&f);
			CU_ASSERT_EQUAL(ftruncate(f.log_fd, 0), 0);
			alarm(60);
		}
	}
	if (!f.engine)
		engine_fixture_open(&f);
	end();
}

static void test_nonsense_login(void)
{
	nonsense_at("SETNAME");
}

static void test_nonsense_info(void)
{
	nonsense_at("INFO");
}

static void test_nonsense_load(void)
{
	nonsense_at("LOAD");
}

static void test_nonsense_check(void)
{
	nonsense_at(weir_script_sha(WEIR_SCRIPT_CHECK));
}

static void test_nonsense_fence(void)
{
	nonsense_at(weir_script_sha(WEIR_SCRIPT_FENCE));
}

static void test_nonsense_prove(void)
{
	nonsense_at(weir_script_sha(WEIR_SCRIPT_PROVE));
}

static void test_nonsense_publish(void)
{
	nonsense_at(weir_script_sha(WEIR_SCRIPT_PUBLISH));
}

static void test_nonsense_tail(void)
{
	nonsense_at("XREAD");
}

/* What asks for another try is not answered as fast as the wire allows. */
static void test_no_spin(void)
{
	static const char *const again[] = {"*2\r\n$3\r\nGAP\r\n:0\r\n", "*2\r\n$6\r\nFENCED\r\n$1\r\n1\r\n",
		"*2\r\n$7\r\nHEALING\r\n:1\r\n", "-NOSCRIPT No matching script.\r\n"};

	for (size_t i = 0; i < sizeof(again) / sizeof(again[0]); i++) {
		start();
		rule(weir_script_sha(WEIR_SCRIPT_PUBLISH), 0, again[i], strlen(again[i]));
		engine_fixture_open(&f);
		engine_fixture_until(&f, proxy.hits > 0);
		engine_fixture_publish(&f);
		engine_fixture_run(&f, 500);
		if (proxy.hits > 200)
			fprintf(stderr, "%.20s: %u batches in 500 ms\n", again[i], proxy.hits);
		CU_ASSERT_TRUE(proxy.hits <= 200); /* of two partitions */
		expect_works("publish", again[i]);
		end();
	}
}

CU_TestInfo weir_tests[] = {
	{"silence at each step", test_silence},
	{"a reset at each step", test_reset},
	{"a reply nested too deep at each step", test_nested},
	{"nonsense at login", test_nonsense_login},
	{"nonsense for INFO", test_nonsense_info},
	{"nonsense for SCRIPT LOAD", test_nonsense_load},
	{"nonsense for the check", test_nonsense_check},
	{"nonsense for the fence", test_nonsense_fence},
	{"nonsense for the proof", test_nonsense_prove},
	{"nonsense for publishes", test_nonsense_publish},
	{"nonsense for the tail", test_nonsense_tail},
	{"no spin where an answer asks for another try", test_no_spin},
	CU_TEST_INFO_NULL,
};
