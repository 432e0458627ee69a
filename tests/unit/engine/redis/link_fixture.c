/* SPDX-License-Identifier: Apache-2.0 */
/* A link under test and what it has told. */
#include "link_fixture.h"

#include "turn.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HANG_S 60

static void on_ready(void *ctx)
{
	struct link_fixture *f = ctx;

	f->ready++;
	if (f->close_on_ready)
		weir_redis_link_close(&f->link);
}

static void on_lost(void *ctx, int err, const char *why)
{
	struct link_fixture *f = ctx;

	f->lost++;
	f->err = err;
	snprintf(f->why, sizeof(f->why), "%s", why);
	if (f->close_on_lost)
		weir_redis_link_close(&f->link);
}

static void on_reply(void *ctx, const struct weir_reply *reply)
{
	struct link_fixture *f = ctx;
	char line[1024];

	CU_ASSERT_EQUAL(f->lost, 0);
	CU_ASSERT_TRUE(f->link || !reply); /* close gives NULLs, and no replies follow */
	if (!reply) {
		f->nulls++;
	} else {
		f->replies++;
		link_fixture_show(reply, line, sizeof(line));
		f->text_n += (size_t)snprintf(f->text + f->text_n, sizeof(f->text) - f->text_n, "%s\n", line);
		if (f->text_n >= sizeof(f->text))
			f->text_n = sizeof(f->text) - 1;
	}
	if (f->close_on_reply)
		weir_redis_link_close(&f->link);
}

static size_t show(const struct weir_reply *r, char *out, size_t n)
{
	const struct weir_reply *child = weir_reply_first(r);
	size_t at = 0;

	if (n < 64)
		return 0;
	switch (r->type) {
	case WEIR_REPLY_STRING:
		if (r->str.n > 40)
			return (size_t)snprintf(out, n, "<%zu>", r->str.n);
		return (size_t)snprintf(out, n, "\"%s\"", r->str.p);
	case WEIR_REPLY_STATUS:
		return (size_t)snprintf(out, n, "%.50s", r->str.p);
	case WEIR_REPLY_ERROR:
		return (size_t)snprintf(out, n, "-%.50s", r->str.p);
	case WEIR_REPLY_INTEGER:
		return (size_t)snprintf(out, n, "%lld", (long long)r->integer);
	case WEIR_REPLY_NIL:
		return (size_t)snprintf(out, n, "nil");
	case WEIR_REPLY_ARRAY:
		break;
	}
	out[at++] = '[';
	for (uint32_t i = 0; i < r->count && at + 70 < n; i++, child = weir_reply_next(child)) {
		if (i > 0)
			out[at++] = ' ';
		at += show(child, out + at, n - at - 2);
	}
	out[at++] = ']';
	out[at] = '\0';
	return at;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void link_fixture_show(const struct weir_reply *r, char *out, size_t n)
{
	out[0] = '\0';
	show(r, out, n);
}

void link_fixture_init(struct link_fixture *f)
{
	signal(SIGPIPE, SIG_IGN); /* as the broker does */
	alarm(HANG_S);
	memset(f, 0, sizeof(*f));
	CU_ASSERT_EQUAL_FATAL(weir_loop_init(&f->loop, NULL, NULL), 0);
	weir_argv_init(&f->argv);
	f->o = (struct weir_redis_link_options){.loop = &f->loop,
		.endpoint = &f->endpoint,
		.connect_timeout_ms = 20000,
		.io_timeout_ms = 20000,
		.reply_max_bytes = 1 << 20,
		.ready = on_ready,
		.lost = on_lost,
		.ctx = f};
}

void link_fixture_fini(struct link_fixture *f)
{
	weir_redis_link_close(&f->link);
	weir_loop_fini(&f->loop);
	weir_argv_fini(&f->argv);
	weir_redis_endpoint_fini(&f->endpoint);
	alarm(0);
}

void link_fixture_open(struct link_fixture *f)
{
	f->ready = f->lost = f->replies = f->nulls = 0;
	f->err = 0;
	f->why[0] = f->text[0] = '\0';
	f->text_n = 0;
	f->link = weir_redis_link_open(&f->o);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f->link);
}

int link_fixture_send(struct link_fixture *f, const char *words, uint64_t timeout_ms)
{
	struct weir_str rest = weir_str(words);

	weir_argv_reset(&f->argv);
	while (rest.p)
		weir_argv_str(&f->argv, weir_str_cut(&rest, ' '));
	return weir_redis_link_send(f->link, &f->argv, timeout_ms, on_reply, f);
}

void link_fixture_turn(struct link_fixture *f)
{
	turn_of(&f->loop.uv);
}
