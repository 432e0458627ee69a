/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links to a server that is no Redis: what is sent, what it may answer, and each way to lose a link, which is told once,
 * with a reason, after all that was under way. Short deadlines are only for what is to be late.
 */
#include "link_fixture.h"
#include "rogue.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "weir/core/timer.h"

const char weir_test_suite[] = "engine/redis/link";

#define SOON 20000
#define LATE 40  /* ms; for what is late in any case */
#define SLOW 400 /* ms; where something else has to happen before, even on a slow machine */

static struct link_fixture f;
static struct rogue rogue;

static void setup(void)
{
	link_fixture_init(&f);
	rogue_listen(&rogue, &f.loop.uv);
	CU_ASSERT_EQUAL_FATAL(weir_redis_endpoint_set(&f.endpoint, WEIR_STR("127.0.0.1"), rogue.port), 0);
}

static void teardown(void)
{
	rogue_close(&rogue);
	link_fixture_fini(&f);
}

static void open_ready(void)
{
	link_fixture_open(&f);
	link_fixture_until(&f, f.ready || f.lost);
	CU_ASSERT_EQUAL_FATAL(f.ready, 1);
	link_fixture_until(&f, rogue.accepted > 0);
}

static void send_ok(const char *words, uint64_t timeout_ms)
{
	CU_ASSERT_EQUAL(link_fixture_send(&f, words, timeout_ms), 0);
}

static void wait_lost(int err, const char *why)
{
	link_fixture_until(&f, f.lost);
	uv_run(&f.loop.uv, UV_RUN_NOWAIT);
	CU_ASSERT_EQUAL(f.lost, 1);
	CU_ASSERT_EQUAL(f.err, err);
	if (f.err != err || !strstr(f.why, why))
		printf("\n\t%d \"%s\", wanted %d \"%s\"\n", f.err, f.why, err, why);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.why, why));
	weir_redis_link_close(&f.link);
}

static void test_handshake(void)
{
	setup();
	f.o.credentials = (struct weir_redis_credentials){"me", "secret", 2, "weir-1"};
	link_fixture_open(&f);
	link_fixture_until(&f, rogue.commands == 3);
	CU_ASSERT_STRING_EQUAL(rogue.got,
		"*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$6\r\nsecret\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n"
		"*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$6\r\nweir-1\r\n");
	CU_ASSERT_EQUAL(rogue.reads, 1);
	rogue_say(&rogue, 0, "+OK\r\n+OK\r\n");
	for (unsigned i = 0; i < 3; i++) {
		rogue_say(&rogue, 0, i == 0 ? "+O" : i == 1 ? "K" : "\r");
		link_fixture_turn(&f);
		CU_ASSERT_EQUAL(f.ready, 0);
	}
	rogue_say(&rogue, 0, "\n");
	link_fixture_until(&f, f.ready || f.lost);
	CU_ASSERT_EQUAL(f.lost, 0);
	teardown();
}

static void test_handshake_errors(void)
{
	static const struct {
		const char *answer;
		int err;
		const char *why;
	} cases[] = {
		{"-WRONGPASS invalid username-password pair or user is disabled.\r\n", -EACCES,
			"AUTH: WRONGPASS invalid username-password pair or user is disabled.: check the user and "
			"password in "
			"engine.redis.address"},
		{"-ERR AUTH <password> called without any password configured for the default user.\r\n", -EACCES,
			"AUTH: ERR AUTH <password> called without"},
		{"+OK\r\n-NOPERM this user has no permissions to run the 'select' command\r\n", -EACCES,
			"SELECT: NOPERM this user"},
		{"+OK\r\n-NOAUTH Authentication required.\r\n", -EACCES,
			"SELECT: NOAUTH Authentication required.: check the user"},
		{"+OK\r\n-ERR DB index is out of range\r\n", -EACCES,
			"SELECT: ERR DB index is out of range: check the db"},
		{"+OK\r\n-LOADING Redis is loading the dataset in memory\r\n", WEIR_EUNAVAILABLE,
			"SELECT: LOADING Redis is"},
		{"+OK\r\n+OK\r\n-NOAUTH Authentication required.\r\n", -EACCES, "CLIENT SETNAME: NOAUTH"},
		{"+OK\r\n+OK\r\n-NOPERM no\r\n", 0, NULL},
		{"+OK\r\n+OK\r\n-ERR unknown command\r\n", 0, NULL},
		{"+OK\r\n+OK\r\n+OK\r\n+OK\r\n", WEIR_EPARSE, "reply: nobody has asked for it"},
		{"-ERR unknown command 'AUTH', with args beginning with: 'secret' \r\n", -EACCES,
			"AUTH: ERR: check the user"},
		{"-ERR secret is what you said\r\n", -EACCES, "AUTH: ERR: check the user"},
		{"-DENIED \x1b[1mprotected\r\n", -EACCES, "AUTH: DENIED ?[1mprotected"},
	};

	setup();
	f.o.credentials = (struct weir_redis_credentials){"", "secret", 2, "weir-1"};
	for (unsigned i = 0; i < WEIR_ARRAY_LEN(cases); i++) {
		link_fixture_open(&f);
		link_fixture_until(&f, rogue.commands == 3 * (i + 1));
		rogue_say(&rogue, i, cases[i].answer);
		if (cases[i].why) {
			wait_lost(cases[i].err, cases[i].why);
			CU_ASSERT_PTR_NULL(strstr(f.why, "secret"));
		} else {
			link_fixture_until(&f, f.ready || f.lost);
			CU_ASSERT_EQUAL(f.ready, 1);
			weir_redis_link_close(&f.link);
		}
		link_fixture_until(&f, rogue.ended == i + 1);
	}
	teardown();
}

static void test_silence(void)
{
	static const struct {
		const char *answer, *why;
	} cases[] = {
		{"", "AUTH: no answer in 400 ms"},
		{"+OK\r\n", "SELECT: no answer in 400 ms"},
		{"+OK\r\n+OK\r\n", "CLIENT: no answer in 400 ms"},
		{"+OK\r\n+OK\r\n+O", "CLIENT: no answer in 400 ms"},
	};

	setup();
	f.o.credentials = (struct weir_redis_credentials){"", "secret", 2, "weir-1"};
	f.o.io_timeout_ms = SLOW;
	for (unsigned i = 0; i < WEIR_ARRAY_LEN(cases); i++) {
		link_fixture_open(&f);
		link_fixture_until(&f, rogue.accepted == i + 1);
		rogue_say(&rogue, i, cases[i].answer);
		wait_lost(-ETIMEDOUT, cases[i].why);
		CU_ASSERT_EQUAL(f.ready, 0);
		link_fixture_until(&f, rogue.ended == i + 1);
	}
	teardown();
}

/* A listener whose queue is full: the connect is not answered. */
static void test_connect_silence(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM, 0), fillers[4];
	socklen_t n = sizeof(a);

	setup();
	CU_ASSERT_EQUAL_FATAL(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
	CU_ASSERT_EQUAL_FATAL(listen(listener, 0), 0);
	getsockname(listener, (struct sockaddr *)&a, &n);
	for (unsigned i = 0; i < 4; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(fillers[i], (struct sockaddr *)&a, sizeof(a));
	}
	CU_ASSERT_EQUAL(weir_redis_endpoint_set(&f.endpoint, WEIR_STR("127.0.0.1"), ntohs(a.sin_port)), 0);
	f.o.connect_timeout_ms = LATE;
	link_fixture_open(&f);
	wait_lost(-ETIMEDOUT, "connect: no answer in 40 ms");
	for (unsigned i = 0; i < 4; i++)
		close(fillers[i]);
	close(listener);
	teardown();
}

static void test_no_connection(void)
{
	char path[200];

	setup();
	CU_ASSERT_EQUAL(weir_redis_endpoint_set(&f.endpoint, WEIR_STR("127.0.0.1"), 1), 0); /* tcpmux is nowhere */
	link_fixture_open(&f);
	wait_lost(-ECONNREFUSED, "connect: Connection refused");
	CU_ASSERT_EQUAL(weir_redis_endpoint_set(&f.endpoint, WEIR_STR("::1"), 1), 0);
	link_fixture_open(&f);
	link_fixture_until(&f, f.lost); /* refused, or there is no IPv6 */
	CU_ASSERT_PTR_NOT_NULL(strstr(f.why, "connect: "));
	weir_redis_link_close(&f.link);
	CU_ASSERT_EQUAL(weir_redis_endpoint_set(&f.endpoint, WEIR_STR("no such host"), 1), 0);
	link_fixture_open(&f);
	link_fixture_until(&f, f.lost);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.why, "resolve: "));
	weir_redis_link_close(&f.link);
	CU_ASSERT_EQUAL(weir_redis_endpoint_set_path(&f.endpoint, WEIR_STR("/nonexistent/redis.sock")), 0);
	link_fixture_open(&f);
	wait_lost(-ENOENT, "connect: No such file or directory");
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	CU_ASSERT_EQUAL(weir_redis_endpoint_set_path(&f.endpoint, weir_str_n(path, sizeof(path))), 0);
	link_fixture_open(&f);
	wait_lost(-ENAMETOOLONG, "connect: ");
	weir_redis_endpoint_fini(&f.endpoint);
	link_fixture_open(&f);
	wait_lost(-EDESTADDRREQ, "resolve: ");
	teardown();
}

/* A name with several addresses, of which not all need to work. */
static void test_localhost(void)
{
	setup();
	CU_ASSERT_EQUAL(weir_redis_endpoint_set(&f.endpoint, WEIR_STR("localhost"), rogue.port), 0);
	open_ready();
	CU_ASSERT_PTR_NOT_NULL(strstr(weir_redis_link_peer(f.link), "127.0.0.1:"));
	teardown();
}

static void test_rogue_replies(void)
{
	static const struct {
		const char *answer;
		int err;
		const char *why;
		unsigned replies, nulls; /* of two commands */
	} cases[] = {
		{"HTTP/1.1 400 Bad Request\r\n\r\n", WEIR_EPARSE,
			"reply: not RESP: Protocol error, got \"H\" as reply type byte", 0, 2},
		{"+OK\r\n!\r\n", WEIR_EPARSE, "reply: not RESP", 1, 1},
		{"$4294967295\r\n", WEIR_ELIMIT, "reply: larger than 1048576 bytes", 0, 2},
		{"*4294967296\r\n", WEIR_EPARSE, "reply: not RESP", 0, 2},
		{"*2147483647\r\n", WEIR_ELIMIT, "reply: larger than 1048576 bytes", 0, 2},
		{"*1\r\n*1\r\n*2147483647\r\n", WEIR_ELIMIT, "reply: larger than", 0, 2},
		{"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", WEIR_EPARSE, "depth > 7", 0, 2},
		{"+1\r\n:2\r\n$1\r\n3\r\n", WEIR_EPARSE, "reply: nobody has asked for it", 2, 0},
		{"+1\r\n:2\r\n-ERR max number of clients reached\r\n", WEIR_EUNAVAILABLE,
			"refused: ERR max number of clients", 2, 0},
		/* What a CRLF in an error can do: the rest is no reply. */
		{"-ERR a\r\nb\r\n", WEIR_EPARSE, "reply: not RESP", 1, 1},
		{"$1\r\nabc\r\n", WEIR_EPARSE, "reply: not RESP: a string", 0, 2},
	};

	setup();
	for (unsigned i = 0; i < WEIR_ARRAY_LEN(cases); i++) {
		for (unsigned piece = 0; piece < 2; piece++) {
			unsigned n = 2 * i + piece;

			link_fixture_open(&f);
			link_fixture_until(&f, f.ready && rogue.accepted == n + 1);
			send_ok("GET a", SOON);
			send_ok("GET b", SOON);
			link_fixture_until(&f, rogue.commands == 2 * n + 2);
			if (piece == 0)
				rogue_say(&rogue, n, cases[i].answer);
			for (const char *p = cases[i].answer; piece && *p && !f.lost; p++) {
				rogue_send(&rogue, n, p, 1);
				link_fixture_turn(&f);
			}
			wait_lost(cases[i].err, cases[i].why);
			CU_ASSERT_EQUAL(f.replies, cases[i].replies);
			CU_ASSERT_EQUAL(f.nulls, cases[i].nulls);
			link_fixture_until(&f, rogue.ended == n + 1);
		}
	}
	teardown();
}

static void test_unasked(void)
{
	setup();
	open_ready();
	rogue_say(&rogue, 0, "-DENIED Redis is running in protected mode\r\n");
	wait_lost(WEIR_EUNAVAILABLE, "refused: DENIED Redis is running in protected mode");
	teardown();
}

/* The server goes away after each byte of what it says, with FIN or RST. */
static void test_cut(void)
{
	static const char talk[] = "+OK\r\n+OK\r\n*2\r\n$1\r\na\r\n:1\r\n-ERR x\r\n";
	size_t first = strlen("+OK\r\n+OK\r\n*2\r\n$1\r\na\r\n:1\r\n"), second = sizeof(talk) - 1, ready = 10;

	setup();
	f.o.credentials = (struct weir_redis_credentials){"me", "secret", 1, ""};
	for (unsigned i = 0; i < 2 * sizeof(talk); i++) {
		size_t cut = i / 2;
		unsigned commands = rogue.commands;

		link_fixture_open(&f);
		link_fixture_until(&f, rogue.commands == commands + 2);
		rogue_send(&rogue, i, talk, cut < ready ? cut : ready);
		if (cut >= ready) {
			link_fixture_until(&f, f.ready);
			send_ok("GET a", SOON);
			send_ok("GET b", SOON);
			link_fixture_until(&f, rogue.commands == commands + 4);
			rogue_send(&rogue, i, talk + ready, cut - ready);
			if (i % 2) /* what is unread goes with a RST */
				link_fixture_until(&f, f.replies == (unsigned)(cut >= first) + (cut >= second));
		}
		if (i % 2)
			rogue_rst(&rogue, i);
		else
			rogue_fin(&rogue, i);
		wait_lost(-ECONNRESET, i % 2 ? ": " : "read: closed by Redis"); /* a RST has several faces */
		CU_ASSERT_EQUAL(f.ready, cut >= ready);
		CU_ASSERT_EQUAL(f.replies, (unsigned)(cut >= first) + (cut >= second));
		CU_ASSERT_EQUAL(f.replies + f.nulls, cut >= ready ? 2u : 0u);
	}
	teardown();
}

static void test_close_inside(void)
{
	setup();
	f.close_on_ready = true;
	link_fixture_open(&f);
	link_fixture_until(&f, rogue.ended == 1);
	CU_ASSERT_EQUAL(f.ready, 1);
	CU_ASSERT_EQUAL(f.lost, 0);
	f.close_on_ready = false;

	f.close_on_reply =
		true; /* the second reply is not given any more, but a NULL; the first one gets no NULL as well */
	open_ready();
	send_ok("GET a", SOON);
	send_ok("GET b", SOON);
	link_fixture_until(&f, rogue.commands == 2);
	rogue_say(&rogue, 1, ":1\r\n:2\r\n");
	link_fixture_until(&f, rogue.ended == 2);
	CU_ASSERT_EQUAL(f.replies, 1);
	CU_ASSERT_EQUAL(f.nulls, 1);
	CU_ASSERT_EQUAL(f.lost, 0);

	open_ready(); /* the first NULL closes: the second comes from there, and lost() does not follow */
	send_ok("GET a", SOON);
	send_ok("GET b", SOON);
	link_fixture_until(&f, rogue.commands == 4);
	rogue_fin(&rogue, 2);
	link_fixture_until(&f, f.nulls);
	CU_ASSERT_EQUAL(f.nulls, 2);
	CU_ASSERT_EQUAL(f.lost, 0);
	CU_ASSERT_PTR_NULL(f.link);
	f.close_on_reply = false;

	f.close_on_lost = true;
	open_ready();
	link_fixture_until(&f, rogue.accepted == 4);
	rogue_rst(&rogue, 3);
	link_fixture_until(&f, f.lost);
	CU_ASSERT_PTR_NULL(f.link);
	f.close_on_lost = false;

	open_ready(); /* from outside: NULLs at once, even for what was not written yet */
	link_fixture_until(&f, rogue.accepted == 5);
	for (unsigned i = 0; i < 3; i++)
		send_ok("GET a", SOON);
	weir_redis_link_close(&f.link);
	CU_ASSERT_EQUAL(f.nulls, 3);
	link_fixture_until(&f, rogue.ended == 3); /* the other two were cut by the server */
	CU_ASSERT_EQUAL(f.nulls, 3);
	CU_ASSERT_EQUAL(f.lost, 0);
	teardown();
}

/* Closed at each moment of its youth: nothing is told, nothing is left. */
static void test_close_early(void)
{
	static const char *const hosts[] = {"127.0.0.1", "localhost"};

	setup();
	for (unsigned i = 0; i < 12; i++) {
		CU_ASSERT_EQUAL(weir_redis_endpoint_set(&f.endpoint, weir_str(hosts[i % 2]), rogue.port), 0);
		f.o.credentials = (struct weir_redis_credentials){"", "secret", 0, ""};
		link_fixture_open(&f);
		for (unsigned turn = 0; turn < i / 2; turn++)
			uv_run(&f.loop.uv, UV_RUN_NOWAIT);
		weir_redis_link_close(&f.link);
		weir_redis_link_close(&f.link);
		CU_ASSERT_EQUAL(f.ready + f.lost, 0);
	}
	teardown();
}

/* The earliest deadline counts, wherever its command stands. */
static void test_deadlines(void)
{
	setup();
	open_ready();
	send_ok("XREAD BLOCK", SOON);
	send_ok("GET a", LATE);
	send_ok("GET b", SOON);
	wait_lost(-ETIMEDOUT, "GET: no answer in 40 ms");
	CU_ASSERT_EQUAL(f.nulls, 3);
	link_fixture_until(&f, rogue.ended == 1);

	/* An answered one sets none, and the timer looks for the next. */
	open_ready();
	send_ok("GET a", SLOW);
	send_ok("SET b", SLOW + 20);
	link_fixture_until(&f, rogue.commands == 5);
	rogue_say(&rogue, 1, ":1\r\n");
	wait_lost(-ETIMEDOUT, "SET: no answer in 420 ms");
	CU_ASSERT_EQUAL(f.replies, 1);
	CU_ASSERT_EQUAL(f.nulls, 1);
	teardown();
}

/* This process was busy, the reply waits in the socket: not late. */
static void test_busy(void)
{
	uint64_t until;

	setup();
	open_ready();
	send_ok("GET a", SLOW);
	link_fixture_until(&f, rogue.commands == 1);
	rogue_say(&rogue, 0, ":1\r\n");
	until = uv_hrtime() + (SLOW + 50) * 1000000ull;
	while (uv_hrtime() < until)
		;
	link_fixture_until(&f, f.replies || f.lost);
	CU_ASSERT_EQUAL(f.replies, 1);
	CU_ASSERT_EQUAL(f.lost, 0);
	teardown();
}

/* A server that doesn't read: what may wait is bounded, and so is what may be under way. */
static void test_no_room(void)
{
	size_t n = 4 << 20;
	char *big = malloc(n);
	unsigned sent = 0;
	int err = 0;

	setup();
	rogue.deaf = true;
	open_ready();
	memset(big, 'x', n);
	while (!err && sent < 100) {
		weir_argv_reset(&f.argv);
		weir_argv_cstr(&f.argv, "SET");
		weir_argv_str(&f.argv, weir_str_n(big, n));
		err = weir_redis_link_send(f.link, &f.argv, SOON, NULL, NULL);
		sent += !err;
	}
	CU_ASSERT_EQUAL(err, WEIR_ENOROOM);
	CU_ASSERT_EQUAL(sent, 15);
	for (unsigned i = 0; i < 100; i++)
		weir_argv_str(&f.argv, weir_str_n(big, n));
	CU_ASSERT_EQUAL(weir_redis_link_send(f.link, &f.argv, SOON, NULL, NULL), WEIR_ENOROOM);
	f.argv.failed = true;
	CU_ASSERT_EQUAL(weir_redis_link_send(f.link, &f.argv, SOON, NULL, NULL), -ENOMEM);
	rogue_rst(&rogue, 0);
	wait_lost(-ECONNRESET, ": "); /* whichever notices first, reading or writing */
	free(big);
	teardown();
}

static void test_many(void)
{
	unsigned sent = 0;
	int err = 0;

	setup();
	open_ready();
	while (!err && sent <= 1u << 18) {
		err = link_fixture_send(&f, "GET a", SOON);
		sent += !err;
	}
	CU_ASSERT_EQUAL(err, WEIR_ENOROOM);
	CU_ASSERT_EQUAL(sent, 1u << 18);
	link_fixture_until(&f, rogue.commands == sent || f.lost);
	rogue_say(&rogue, 0, ":1\r\n");
	link_fixture_until(&f, f.replies == 1);
	send_ok("GET b", SOON);
	rogue_fin(&rogue, 0);
	wait_lost(-ECONNRESET, "read: closed by Redis");
	CU_ASSERT_EQUAL(f.nulls, sent);
	teardown();
}

/* All of a turn go out together; also what a hook behind the link's own sends goes out without waiting for anything. */
static struct weir_turn_hook late_hook;
static unsigned hook_sends;

static void on_late_hook(struct weir_turn_hook *hook)
{
	(void)hook;
	if (hook_sends > 0) {
		hook_sends--;
		send_ok("GET hook", SOON);
	}
}

static void test_gathered(void)
{
	setup();
	open_ready();
	for (unsigned i = 0; i < 50; i++)
		send_ok("GET a", SOON);
	CU_ASSERT_EQUAL(rogue.reads, 0);
	link_fixture_until(&f, rogue.commands == 50);
	CU_ASSERT_EQUAL(rogue.reads, 1);
	late_hook.fn = on_late_hook;
	weir_loop_add_hook(&f.loop, &late_hook);
	hook_sends = 1;
	link_fixture_until(&f, rogue.commands == 51);
	weir_loop_remove_hook(&f.loop, &late_hook);
	teardown();
}

/* ---- hold ---- */

static unsigned hold_left, given;
static char order[64];

static void on_held_reply(void *ctx, const struct weir_reply *reply)
{
	struct link_fixture *fixture = ctx;

	given++;
	if (!reply) {
		fixture->nulls++;
		return;
	}
	if (hold_left > 0) {
		hold_left--;
		weir_redis_link_hold(fixture->link);
		return;
	}
	fixture->replies++;
	snprintf(order + strlen(order), sizeof(order) - strlen(order), "%lld", (long long)reply->integer);
}

static void send_held(uint64_t timeout_ms)
{
	weir_argv_reset(&f.argv);
	weir_argv_cstr(&f.argv, "XREAD");
	CU_ASSERT_EQUAL(weir_redis_link_send(f.link, &f.argv, timeout_ms, on_held_reply, &f), 0);
}

static void hold_begin(unsigned holds, unsigned commands, uint64_t timeout_ms)
{
	setup();
	hold_left = holds;
	given = 0;
	order[0] = '\0';
	open_ready();
	for (unsigned i = 0; i < commands; i++)
		send_held(timeout_ms);
	link_fixture_until(&f, rogue.commands == commands);
}

static void pass_ms(uint64_t ms)
{
	uint64_t until = uv_hrtime() + ms * 1000000;

	while (uv_hrtime() < until)
		uv_run(&f.loop.uv, UV_RUN_NOWAIT);
}

/* Held twice: the same reply again, then the others, in order; commands sent meanwhile go out. */
static void test_hold(void)
{
	hold_begin(2, 3, SLOW);
	rogue_say(&rogue, 0, ":1\r\n:2\r\n");
	link_fixture_until(&f, given == 1);
	rogue_say(&rogue, 0, ":3\r\n");
	send_held(SLOW);
	link_fixture_until(&f, rogue.commands == 4);
	rogue_say(&rogue, 0, ":4\r\n");
	pass_ms(SLOW + 50); /* no deadline passes, nothing is given */
	CU_ASSERT_EQUAL(given, 1);
	CU_ASSERT_EQUAL(f.lost, 0);
	weir_redis_link_resume(f.link);
	CU_ASSERT_EQUAL(given, 1); /* not from inside */
	link_fixture_until(&f, given == 2);
	pass_ms(SLOW + 50);
	CU_ASSERT_EQUAL(given, 2);
	weir_redis_link_resume(f.link);
	weir_redis_link_resume(f.link);
	link_fixture_until(&f, f.replies == 4 || f.lost);
	CU_ASSERT_EQUAL(f.lost, 0);
	CU_ASSERT_EQUAL(given, 6);
	CU_ASSERT_STRING_EQUAL(order, "1234");
	weir_redis_link_resume(f.link); /* nothing is held */
	pass_ms(1);
	teardown();
}

/* The deadline goes on where it stood. */
static void test_hold_deadline(void)
{
	hold_begin(1, 2, SLOW);
	rogue_say(&rogue, 0, ":1\r\n");
	link_fixture_until(&f, given == 1);
	pass_ms(SLOW + 50);
	CU_ASSERT_EQUAL(f.lost, 0);
	weir_redis_link_resume(f.link);
	wait_lost(-ETIMEDOUT, "XREAD: no answer in 400 ms");
	CU_ASSERT_STRING_EQUAL(order, "1");
	CU_ASSERT_EQUAL(f.nulls, 1);
	teardown();
}

/* Lost while it is held, also when writing fails: told after what came before it. */
static void test_hold_lost(void)
{
	hold_begin(1, 3, SOON);
	rogue_say(&rogue, 0, ":1\r\n:2\r\n");
	link_fixture_until(&f, given == 1);
	rogue_fin(&rogue, 0);
	for (unsigned i = 0; i < 5; i++) {
		send_held(SOON);
		pass_ms(5);
	}
	pass_ms(150);
	CU_ASSERT_EQUAL(f.lost, 0);
	CU_ASSERT_EQUAL(given, 1);
	weir_redis_link_resume(f.link);
	link_fixture_until(&f, f.lost);
	CU_ASSERT_EQUAL(f.lost, 1);
	CU_ASSERT_STRING_EQUAL(order, "12");
	CU_ASSERT_EQUAL(f.nulls, 6);
	teardown();
}

static void test_hold_close(void)
{
	hold_begin(1, 2, SOON);
	rogue_say(&rogue, 0, ":1\r\n:2\r\n");
	link_fixture_until(&f, given == 1);
	weir_redis_link_resume(f.link);
	weir_redis_link_close(&f.link);
	link_fixture_until(&f, rogue.ended == 1);
	CU_ASSERT_EQUAL(given, 3); /* the one held, and NULL for both */
	CU_ASSERT_EQUAL(f.nulls, 2);
	teardown();
}

CU_TestInfo weir_tests[] = {
	{"handshake", test_handshake},
	{"handshake: errors", test_handshake_errors},
	{"handshake: silence", test_silence},
	{"connect: silence", test_connect_silence},
	{"connect: refused, no host, no path", test_no_connection},
	{"localhost", test_localhost},
	{"rogue replies", test_rogue_replies},
	{"a reply that nobody asked for", test_unasked},
	{"cut at every byte", test_cut},
	{"close inside callbacks", test_close_inside},
	{"close early", test_close_early},
	{"deadlines", test_deadlines},
	{"busy is not late", test_busy},
	{"no room to send", test_no_room},
	{"many under way", test_many},
	{"one write for a turn", test_gathered},
	{"hold: order, no deadline", test_hold},
	{"hold: the deadline goes on", test_hold_deadline},
	{"hold: lost meanwhile", test_hold_lost},
	{"hold: closed", test_hold_close},
	CU_TEST_INFO_NULL,
};
