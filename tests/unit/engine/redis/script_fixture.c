/* SPDX-License-Identifier: Apache-2.0 */
/* The server is started with the first test and ended with the program. */
#include "script_fixture.h"

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "redis_server.h"
#include "weir/base/mem.h"

#define REPLY_MAX  ((size_t)64 << 20)
#define PATIENCE_S 60

static struct redis_server *server;

static void stop_server(void)
{
	redis_server_stop(&server);
}

static void start_server(void)
{
	if (server)
		return;
	server = redis_server_start(NULL);
	atexit(stop_server);
	if (!server)
		exit(redis_server_available("redis-server") ? 2 : REDIS_SERVER_SKIP);
}

static void load_scripts(struct script_fixture *f)
{
	for (unsigned i = 0; i < WEIR_SCRIPTS; i++) {
		const struct weir_reply *r;

		weir_argv_reset(&f->argv);
		weir_argv_cstr(&f->argv, "SCRIPT");
		weir_argv_cstr(&f->argv, "LOAD");
		weir_argv_str(&f->argv, weir_script_text((enum weir_script)i));
		r = script_ask(f, &f->argv);
		CU_ASSERT_FATAL(r->type == WEIR_REPLY_STRING);
		CU_ASSERT(weir_str_is(r->str, weir_script_sha((enum weir_script)i)));
	}
}

static void add_words(struct weir_argv *a, struct weir_str line)
{
	weir_argv_reset(a);
	while (line.p) {
		struct weir_str word = weir_str_cut(&line, ' ');

		weir_argv_join(a, &word, 1);
	}
}

static const struct weir_reply *ask_line(struct script_fixture *f, const char *format, va_list args)
{
	char line[4096];

	vsnprintf(line, sizeof(line), format, args);
	add_words(&f->argv, weir_str(line));
	return script_ask(f, &f->argv);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void script_fixture_reconnect(struct script_fixture *f)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_port = htons(redis_server_port(server)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	if (f->fd >= 0)
		close(f->fd);
	weir_redis_reader_free(&f->reader);
	f->replied = false;
	f->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	f->reader = weir_redis_reader_new(REPLY_MAX);
	if (!f->reader || f->fd < 0 || connect(f->fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		exit(2);
	load_scripts(f);
}

void script_fixture_init(struct script_fixture *f)
{
	*f = (struct script_fixture){.fd = -1};
	start_server();
	weir_argv_init(&f->argv);
	alarm(PATIENCE_S);
	script_fixture_reconnect(f);
	CU_ASSERT(script_is(f, "OK", "FLUSHALL"));
}

void script_fixture_fini(struct script_fixture *f)
{
	close(f->fd);
	weir_redis_reader_free(&f->reader);
	weir_argv_fini(&f->argv);
	alarm(0);
}

struct redis_server *script_fixture_server(void)
{
	return server;
}

const struct weir_reply *script_ask(struct script_fixture *f, struct weir_argv *a)
{
	const struct weir_reply *r = NULL;
	char *command, bytes[65536];
	int n = a->failed ? -1 : redisFormatCommandArgv(&command, (int)a->n, a->v, a->len);

	if (f->replied)
		weir_redis_reader_done(f->reader);
	if (n < 0)
		exit(2);
	for (int at = 0; at < n;) {
		ssize_t w = send(f->fd, command + at, (size_t)(n - at), MSG_NOSIGNAL);

		if (w <= 0)
			exit(2);
		at += (int)w;
	}
	redisFreeCommand(command);
	while (weir_redis_reader_next(f->reader, &r) == 0 && !r) {
		ssize_t got = read(f->fd, bytes, sizeof(bytes));

		if (got <= 0 || weir_redis_reader_feed(f->reader, bytes, (size_t)got))
			exit(2);
	}
	if (!r)
		exit(2);
	f->replied = true;
	return r;
}

const struct weir_reply *script_cmd(struct script_fixture *f, const char *format, ...)
{
	const struct weir_reply *r;
	va_list args;

	va_start(args, format);
	r = ask_line(f, format, args);
	va_end(args);
	return r;
}

bool script_is(struct script_fixture *f, const char *expected, const char *format, ...)
{
	const struct weir_reply *r;
	char number[32];
	va_list args;

	va_start(args, format);
	r = ask_line(f, format, args);
	va_end(args);
	if (r->type == WEIR_REPLY_NIL)
		return expected[0] == '\0';
	if (r->type == WEIR_REPLY_INTEGER) {
		snprintf(number, sizeof(number), "%lld", (long long)r->integer);
		return strcmp(number, expected) == 0;
	}
	if (r->type == WEIR_REPLY_ERROR)
		printf("[%.*s] ", WEIR_STR_FMT(r->str));
	return (r->type == WEIR_REPLY_STRING || r->type == WEIR_REPLY_STATUS) && weir_str_is(r->str, expected);
}

struct weir_fence_reply script_fence(
	struct script_fixture *f, const char *pid, const char *life, uint64_t known_g, bool force)
{
	struct weir_fence_reply out;

	weir_script_fence(&f->argv, WEIR_STR(KEY), weir_str(pid), weir_str(life), known_g, force);
	CU_ASSERT_EQUAL_FATAL(weir_script_fence_reply(script_ask(f, &f->argv), &out), 0);
	f->generation = out.generation;
	return out;
}

struct weir_done_reply script_report(struct script_fixture *f, const char *pid, uint64_t generation, uint64_t n)
{
	struct weir_done_reply out;

	weir_script_report(
		&f->argv, WEIR_STR(KEY), weir_str(pid), f->generation, (struct weir_position){generation, n});
	CU_ASSERT_EQUAL_FATAL(weir_script_done_reply(script_ask(f, &f->argv), &out), 0);
	return out;
}

struct weir_done_reply script_done(struct script_fixture *f)
{
	struct weir_done_reply out;

	weir_script_done(&f->argv, WEIR_STR(KEY), f->generation);
	CU_ASSERT_EQUAL_FATAL(weir_script_done_reply(script_ask(f, &f->argv), &out), 0);
	return out;
}

void script_fence_first(struct script_fixture *f)
{
	CU_ASSERT(script_fence(f, "A", "r1", 0, false).raised);
	CU_ASSERT(script_done(f).done);
}

void script_batch(struct script_fixture *f, const char *pid, uint64_t prev_q, uint64_t first_q)
{
	struct weir_script_batch b = {.key = WEIR_STR(KEY),
		.pid = weir_str(pid),
		.generation = f->generation,
		.log_max = 100000,
		.prev_q = prev_q,
		.first_q = first_q};

	weir_script_publish(&f->argv, &b);
}

enum weir_batch_status script_send(struct script_fixture *f)
{
	weir_script_batch_reply(script_ask(f, &f->argv), &f->batch);
	f->n_records = 0;
	while (f->n_records < WEIR_ARRAY_LEN(f->records) &&
		weir_script_record_reply(&f->batch, &f->records[f->n_records]))
		f->n_records++;
	CU_ASSERT_EQUAL(f->batch.left, 0);
	return f->batch.status;
}

struct weir_script_event script_event(const char *channel, const char *body)
{
	return (struct weir_script_event){.channel = weir_str(channel),
		.body = weir_str(body),
		.history_max = 10,
		.history_ttl_ms = 80000,
		.meta_ttl_ms = 800000,
		.new_epoch = WEIR_STR("epoch"),
		.idempotency_ttl_ms = 300000};
}

enum weir_batch_status script_send_event(
	struct script_fixture *f, const char *pid, uint64_t q, const struct weir_script_event *e)
{
	script_batch(f, pid, q - 1, q);
	weir_script_event(&f->argv, e);
	return script_send(f);
}

int script_history(struct script_fixture *f, const struct weir_script_history *h, struct weir_history_reply *out)
{
	weir_script_history(&f->argv, h);
	return weir_script_history_reply(script_ask(f, &f->argv), h->reverse && !h->recover, out);
}

uint32_t script_entries(struct script_fixture *f)
{
	const struct weir_reply *first;
	uint32_t count;

	CU_ASSERT_EQUAL(weir_log_entries(script_cmd(f, "XRANGE %s:l - +", KEY), false, &first, &count), 0);
	return count;
}

struct weir_log_entry script_entry(struct script_fixture *f, uint32_t i)
{
	const struct weir_reply *at;
	struct weir_log_entry e;
	uint32_t count;

	CU_ASSERT_EQUAL(weir_log_entries(script_cmd(f, "XRANGE %s:l - +", KEY), false, &at, &count), 0);
	CU_ASSERT_FATAL(i < count);
	while (i-- > 0)
		at = weir_reply_next(at);
	CU_ASSERT_EQUAL(weir_log_entry_parse(at, &e), 0);
	return e;
}

uint64_t script_now_ms(struct script_fixture *f)
{
	const struct weir_reply *r = script_cmd(f, "TIME");
	uint64_t s = 0, us = 0;

	CU_ASSERT_FATAL(r->type == WEIR_REPLY_ARRAY && r->count == 2);
	CU_ASSERT_EQUAL(weir_str_u64(weir_reply_first(r)->str, &s), 0);
	CU_ASSERT_EQUAL(weir_str_u64(weir_reply_next(weir_reply_first(r))->str, &us), 0);
	return s * 1000 + us / 1000;
}
