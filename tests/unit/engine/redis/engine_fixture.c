/* SPDX-License-Identifier: Apache-2.0 */
/* The Redis engine on a test's loop, and what it says. */
#include "engine_fixture.h"

#include "turn.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HANG_S  60
#define LOG_MAX (1 << 20)
#define WAKE_MS 10

static void on_entry(void *ctx, struct weir_event *event, struct weir_event *previous)
{
	(void)event;
	(void)previous;
	((struct engine_fixture *)ctx)->entries++;
}

static void on_done(void *ctx, struct weir_request *r)
{
	struct engine_fixture *f = ctx;

	f->acks += r->status == 0;
	f->refusals += r->status != 0;
	f->last_status = r->status;
	weir_request_free(&r);
}

static void on_reset(void *ctx, const struct weir_reset *reset)
{
	(void)ctx;
	(void)reset;
}

static bool has_room(void *ctx)
{
	(void)ctx;
	return true;
}

static void on_room(void *ctx, bool room)
{
	(void)ctx;
	(void)room;
}

static void on_local(void *ctx, struct weir_request *r)
{
	(void)ctx;
	(void)r;
}

static void on_control(void *ctx, struct weir_control *control)
{
	(void)ctx;
	(void)control;
}

static void on_closed(void *ctx)
{
	((struct engine_fixture *)ctx)->closed = true;
}

static void on_wake(struct weir_timer *t, uint64_t ticks)
{
	(void)t;
	(void)ticks;
}

static void read_log(struct engine_fixture *f, char *text)
{
	ssize_t n = pread(f->log_fd, text, LOG_MAX - 1, 0);

	text[n > 0 ? n : 0] = '\0';
}

/* ------------------------------------------------------------------------------------------------------------------ */

void engine_fixture_init(struct engine_fixture *f, const char *address)
{
	struct weir_namespace *ns = malloc(sizeof(*ns));
	char path[] = "/tmp/weir-engine-log-XXXXXX";

	signal(SIGPIPE, SIG_IGN); /* as the broker does */
	alarm(HANG_S);
	memset(f, 0, sizeof(*f));
	f->log_fd = mkstemp(path);
	CU_ASSERT_TRUE_FATAL(f->log_fd >= 0 && ns);
	unlink(path);
	weir_log_init(&f->log, f->log_fd, WEIR_LOG_INFO, false, &weir_clock_real);
	weir_random_system(&f->random);
	weir_random_uuid(&f->random, f->uid);
	f->ns = (struct weir_namespace){.history_size = 10, .history_ttl_ms = 60000, .history_meta_ttl_ms = 600000};
	f->ns.name = strdup(""); /* the namespaces' own */
	*ns = f->ns;
	f->namespaces = weir_namespaces_new(ns, NULL, 0);
	CU_ASSERT_EQUAL_FATAL(weir_loop_init(&f->loop, &f->log, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(weir_timer_init(&f->wake, &f->loop, on_wake), 0);
	weir_timer_every(&f->wake, WAKE_MS, WEIR_TIMER_SKIP);
	snprintf(f->address_text, sizeof(f->address_text), "%s", address);
	f->address[0] = f->address_text;
	f->o = (struct weir_engine_redis_options){.address = f->address,
		.n_addresses = 1,
		.prefix = "weir",
		.partitions = 2,
		.log_bytes = 1 << 20,
		.inline_max = 65536,
		.publish_deadline_ms = 5000,
		.publish_queue_events = 1024,
		.publish_queue_bytes = 1 << 20,
		.connect_timeout_ms = 1000,
		.io_timeout_ms = 4000,
		.idempotency_ttl_ms = 300000,
		.node = {.uid = weir_str(f->uid), .name = WEIR_STR("n1"), .version = WEIR_STR("0")},
		.log = &f->log,
		.clock = &weir_clock_real,
		.hash_key = &f->hash_key,
		.random = &f->random,
		.namespaces = f->namespaces};
}

void engine_fixture_open(struct engine_fixture *f)
{
	f->engine = weir_engine_redis_new(&f->o);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f->engine);
	f->engine->ops->set_sink(f->engine, &(struct weir_engine_sink){.entry = on_entry,
						    .control = on_control,
						    .done = on_done,
						    .reset = on_reset,
						    .room = has_room,
						    .publish_room = on_room,
						    .local = on_local,
						    .ctx = f});
	CU_ASSERT_EQUAL_FATAL(f->engine->ops->open(f->engine, &f->loop), 0);
}

void engine_fixture_close(struct engine_fixture *f)
{
	f->closed = false;
	f->engine->ops->close(f->engine, on_closed, f);
	engine_fixture_until(f, f->closed);
	f->engine->ops->free(f->engine);
	f->engine = NULL;
}

void engine_fixture_fini(struct engine_fixture *f)
{
	if (f->engine)
		engine_fixture_close(f);
	weir_timer_close(&f->wake, NULL);
	weir_loop_fini(&f->loop);
	weir_namespaces_free(&f->namespaces);
	close(f->log_fd);
	alarm(0);
}

void engine_fixture_turn(struct engine_fixture *f)
{
	turn_of(&f->loop.uv);
}

void engine_fixture_run(struct engine_fixture *f, uint64_t ms)
{
	uint64_t end_ms = uv_hrtime() / 1000000 + ms;

	engine_fixture_until(f, uv_hrtime() / 1000000 >= end_ms);
}

void engine_fixture_publish(struct engine_fixture *f)
{
	struct weir_event *e = weir_event_new(
		&(struct weir_event_spec){.channel = WEIR_STR("a"), .data = WEIR_STR("{\"x\":1}"), .time_ms = 1});

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	f->engine->ops->publish(f->engine, weir_publish_request_new(&f->ns, e, WEIR_STR_NONE));
}

bool engine_fixture_works(struct engine_fixture *f)
{
	return engine_fixture_state_is(f, "");
}

bool engine_fixture_state_is(struct engine_fixture *f, const char *part)
{
	struct weir_buf why;
	int state;
	bool is;

	weir_buf_init(&why, 1000);
	state = f->engine->ops->state(f->engine, &why);
	is = *part ? state && weir_str_contains(weir_buf_view(&why), weir_str(part)) : !state;
	weir_buf_fini(&why);
	return is;
}

unsigned engine_fixture_logged(struct engine_fixture *f, const char *part)
{
	char *text = malloc(LOG_MAX), *line, *at = text;
	unsigned n = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	read_log(f, text);
	while ((line = strsep(&at, "\n")))
		n += *line && strstr(line, part);
	free(text);
	return n;
}

void engine_fixture_show_log(struct engine_fixture *f)
{
	char *text = malloc(LOG_MAX);

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	read_log(f, text);
	fputs(text, stderr);
	free(text);
}
