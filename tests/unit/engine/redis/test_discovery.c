/* SPDX-License-Identifier: Apache-2.0 */
/* Who is master, by scripted sentinels on the test's loop: majority, disagreement, silence, nonsense, and a watch. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "discovery.h"
#include "rogue.h"
#include "test.h"
#include "turn.h"

const char weir_test_suite[] = "engine/redis/discovery";

#define SENTINELS 3
#define SOON      20000
#define LATE      400 /* ms: enough for those that answer */

#define SAYS(host, port) "*2\r\n$" host "\r\n$4\r\n" port "\r\n"
#define A                SAYS("8\r\n10.0.0.1", "6379")
#define B                SAYS("8\r\n10.0.0.2", "6379")
#define A2               SAYS("8\r\n10.0.0.1", "6380")
#define KNOWS_NOT        "*-1\r\n"
#define ASKED            "*3\r\n$8\r\nSENTINEL\r\n$23\r\nget-master-addr-by-name\r\n$8\r\nmymaster\r\n"

static struct weir_loop loop;
static struct rogue rogues[SENTINELS];
static struct weir_redis_address address;
static struct weir_redis_discovery *d;
static struct weir_redis_discovery_options options;
static unsigned found, moved;
static int found_err;
static char master[80], why[1100];
static bool close_inside;

static void turn(void)
{
	turn_of(&loop.uv);
}

#define until(cond)             \
	do {                    \
		while (!(cond)) \
			turn(); \
	} while (0)

static void on_asked(struct rogue *r, unsigned connection)
{
	const char *answer = r->ctx;

	if (answer)
		rogue_say(r, connection, answer);
}

static void set_master(const struct weir_redis_endpoint *e)
{
	snprintf(master, sizeof(master), "%s:%u", e->host, e->port);
}

static void on_found(void *ctx, int err, const struct weir_redis_endpoint *e, const char *text)
{
	CU_ASSERT_PTR_EQUAL(ctx, &options);
	CU_ASSERT_EQUAL(err == 0, e != NULL);
	CU_ASSERT_EQUAL(err != 0, text != NULL);
	found++;
	found_err = err;
	if (e)
		set_master(e);
	snprintf(why, sizeof(why), "%s", text ? text : "");
	if (close_inside)
		weir_redis_discovery_close(&d);
}

static void on_moved(void *ctx, const struct weir_redis_endpoint *e)
{
	CU_ASSERT_PTR_EQUAL(ctx, &options);
	moved++;
	set_master(e);
	if (close_inside)
		weir_redis_discovery_close(&d);
}

static void answers(const char *a, const char *b, const char *c)
{
	rogues[0].ctx = (void *)(uintptr_t)a;
	rogues[1].ctx = (void *)(uintptr_t)b;
	rogues[2].ctx = (void *)(uintptr_t)c;
}

static void setup(uint64_t timeout_ms)
{
	char text[200];
	struct weir_buf err;

	signal(SIGPIPE, SIG_IGN);
	alarm(60);
	CU_ASSERT_EQUAL_FATAL(weir_loop_init(&loop, NULL, NULL), 0);
	for (unsigned i = 0; i < SENTINELS; i++) {
		rogue_listen(&rogues[i], &loop.uv);
		rogues[i].on_commands = on_asked;
	}
	weir_buf_init(&err, 1000);
	snprintf(text, sizeof(text),
		"redis+sentinel://127.0.0.1:%u,127.0.0.1:%u,127.0.0.1:%u?sentinel_master_name=mymaster", rogues[0].port,
		rogues[1].port, rogues[2].port);
	CU_ASSERT_EQUAL_FATAL(weir_redis_address_parse(weir_str(text), &address, &err), 0);
	options = (struct weir_redis_discovery_options){.loop = &loop,
		.address = &address,
		.timeout_ms = timeout_ms,
		.found = on_found,
		.moved = on_moved,
		.ctx = &options};
	found = moved = 0;
	close_inside = false;
	master[0] = why[0] = '\0';
	d = weir_redis_discovery_new(&options);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
}

static void teardown(void)
{
	weir_redis_discovery_close(&d);
	weir_redis_discovery_close(&d);
	for (unsigned i = 0; i < SENTINELS; i++)
		rogue_close(&rogues[i]);
	weir_loop_fini(&loop);
	weir_redis_address_fini(&address);
	alarm(0);
}

/* Asks, and what is found is told once, from the loop. */
static void ask(int err, const char *want)
{
	unsigned before = found;

	weir_redis_discovery_ask(d);
	CU_ASSERT_EQUAL(found, before);
	until(found > before);
	CU_ASSERT_EQUAL(found, before + 1);
	CU_ASSERT_EQUAL(found_err, err);
	if (!strstr(err ? why : master, want))
		printf("\n\t\"%s\", wanted \"%s\"\n", err ? why : master, want);
	CU_ASSERT_PTR_NOT_NULL(strstr(err ? why : master, want));
}

static void test_majority(void)
{
	setup(SOON);
	answers(A, A, A);
	ask(0, "10.0.0.1:6379");
	CU_ASSERT_STRING_EQUAL(rogues[0].got, ASKED);
	answers(A, B, B);
	ask(0, "10.0.0.2:6379");
	/* The others are not waited for: silence, a cut, nonsense. */
	answers(NULL, A, A);
	ask(0, "10.0.0.1:6379");
	answers(A, KNOWS_NOT, A);
	ask(0, "10.0.0.1:6379");
	answers(A, A, "-NOAUTH Authentication required.\r\n");
	ask(0, "10.0.0.1:6379");
	CU_ASSERT_EQUAL(moved, 0);
	teardown();
}

static void test_no_majority(void)
{
	setup(SOON);
	answers(A, B, A2);
	ask(WEIR_EUNAVAILABLE,
		"2 of 3 sentinels must agree on the master \"mymaster\": 1 say 10.0.0.1:6379, 1 say 10.0.0.2:6379, "
		"1 say 10.0.0.1:6380, 0 do not know it, 0 do not answer");
	answers(KNOWS_NOT, KNOWS_NOT, KNOWS_NOT);
	ask(WEIR_EUNAVAILABLE, "3 do not know it, 0 do not answer");
	answers(A, KNOWS_NOT, "-NOAUTH Authentication required.\r\n");
	ask(WEIR_EUNAVAILABLE,
		"1 say 10.0.0.1:6379, 1 do not know it, 1 do not answer (NOAUTH Authentication required.)");
	rogue_close(&rogues[1]); /* refused */
	answers(A, NULL, "!");
	ask(WEIR_EUNAVAILABLE, "1 say 10.0.0.1:6379, 0 do not know it, 2 do not answer (connect: ");
	rogue_listen(&rogues[1], &loop.uv);
	teardown();
}

static void test_nonsense(void)
{
	static const char *const nonsense[] = {"+OK\r\n", ":1\r\n", "*0\r\n", "*1\r\n$1\r\na\r\n", "$1\r\na\r\n",
		"*3\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\n1\r\n", "*2\r\n$1\r\na\r\n:6379\r\n",
		"*2\r\n*1\r\n:1\r\n$1\r\n1\r\n", "*2\r\n$1\r\na\r\n$5\r\n65536\r\n", "*2\r\n$1\r\na\r\n$1\r\n0\r\n",
		"*2\r\n$0\r\n\r\n$1\r\n1\r\n", "*2\r\n$3\r\na\nb\r\n$1\r\n1\r\n", "*2\r\n$-1\r\n$1\r\n1\r\n"};

	setup(SOON);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(nonsense); i++) {
		answers(A, nonsense[i], nonsense[i]);
		ask(WEIR_EUNAVAILABLE, "2 do not answer (not an answer of a sentinel)");
	}
	answers("*2\r\n$999999\r\n", "$4294967295\r\n", A);
	ask(WEIR_EUNAVAILABLE, "2 do not answer (reply: larger than 65536 bytes)");
	teardown();
}

static void test_silence(void)
{
	setup(LATE);
	answers(A, NULL, NULL);
	ask(WEIR_EUNAVAILABLE, "1 say 10.0.0.1:6379, 0 do not know it, 2 do not answer");
	answers(NULL, NULL, NULL);
	ask(WEIR_EUNAVAILABLE, "3 do not answer");
	CU_ASSERT_TRUE(rogues[0].accepted == 2);
	teardown();
}

static void test_ask_again(void)
{
	setup(SOON);
	answers(NULL, NULL, NULL);
	weir_redis_discovery_ask(d);
	until(rogues[0].commands == 1 && rogues[1].commands == 1 && rogues[2].commands == 1);
	answers(B, B, B);
	ask(0, "10.0.0.2:6379");
	until(rogues[0].ended == 2); /* nothing of the first round is left */
	CU_ASSERT_EQUAL(found, 1);
	teardown();
}

static void test_login(void)
{
	setup(SOON);
	free(address.sentinel_user);
	free(address.sentinel_password);
	address.sentinel_user = strdup("watch");
	address.sentinel_password = strdup("secret");
	answers("+OK\r\n" A, "+OK\r\n" A, "-WRONGPASS no\r\n");
	weir_redis_discovery_ask(d);
	until(rogues[0].commands == 1);
	CU_ASSERT_STRING_EQUAL(rogues[0].got, "*3\r\n$4\r\nAUTH\r\n$5\r\nwatch\r\n$6\r\nsecret\r\n");
	weir_redis_discovery_close(&d);
	teardown();
}

static void test_close(void)
{
	setup(SOON);
	answers(A, A, A);
	close_inside = true;
	weir_redis_discovery_ask(d);
	until(found);
	CU_ASSERT_PTR_NULL(d);
	teardown();
	setup(SOON);
	answers(NULL, NULL, NULL);
	weir_redis_discovery_watch(d, true);
	weir_redis_discovery_ask(d);
	until(rogues[0].commands);
	weir_redis_discovery_close(&d);
	until(rogues[0].ended == 1 && rogues[1].ended == 1);
	CU_ASSERT_EQUAL(found, 0);
	teardown();
}

static void test_no_sentinels(void)
{
	struct weir_buf err;

	setup(SOON);
	weir_redis_discovery_close(&d);
	weir_redis_address_fini(&address);
	weir_buf_init(&err, 1000);
	CU_ASSERT_EQUAL_FATAL(weir_redis_address_parse(WEIR_STR("redis://1.2.3.4:5"), &address, &err), 0);
	d = weir_redis_discovery_new(&options);
	weir_redis_discovery_watch(d, true);
	ask(0, "1.2.3.4:5");
	ask(0, "1.2.3.4:5");
	teardown();
}

static void test_watch(void)
{
	setup(SOON);
	answers(A, A, A);
	weir_redis_discovery_watch(d, true);
	ask(0, "10.0.0.1:6379");
	until(rogues[0].accepted >= 2 && rogues[1].accepted >= 2); /* asked by itself */
	CU_ASSERT_EQUAL(moved, 0);
	answers(B, A, KNOWS_NOT); /* one alone moves nothing */
	until(rogues[0].accepted >= 3 && rogues[2].ended >= 2);
	CU_ASSERT_EQUAL(moved, 0);
	answers(B, A, B);
	until(moved);
	CU_ASSERT_STRING_EQUAL(master, "10.0.0.2:6379");
	CU_ASSERT_EQUAL(moved, 1);
	CU_ASSERT_EQUAL(found, 1);
	weir_redis_discovery_watch(d, false);
	ask(0, "10.0.0.2:6379"); /* the one found last */
	answers(A, A, A);
	close_inside = true;
	weir_redis_discovery_watch(d, true);
	until(moved == 2);
	CU_ASSERT_PTR_NULL(d);
	teardown();
}

CU_TestInfo weir_tests[] = {
	{"majority", test_majority},
	{"no majority", test_no_majority},
	{"nonsense", test_nonsense},
	{"silence", test_silence},
	{"asking again starts over", test_ask_again},
	{"login", test_login},
	{"close", test_close},
	{"no sentinels", test_no_sentinels},
	{"watch", test_watch},
	CU_TEST_INFO_NULL,
};
