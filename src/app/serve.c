/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker as a process: built from a configuration, run, taken down in the mirrored order. The odd case: a start
 * that fails half-way is left to the system to take down, once there are threads. Main thread.
 */
#include "weir/app/serve.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app_priv.h"
#include "config.h"

#define NOFILE_WANTED      131072 /* above that, closing costs libwebsockets more per connection (it scans its table) */
#define LISTEN_BACKLOG     4096
#define LISTEN_KEEPALIVE_S 60
#define WORKERS_MAX        64

static void say(struct app *a, const char *what, int err)
{
	weir_slog(&a->log, APP, ERROR, what, WEIR_F_ERR(err));
}

static int raise_nofile(void)
{
	struct rlimit limit;
	rlim_t wanted = NOFILE_WANTED;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 1024;
	if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < wanted)
		wanted = limit.rlim_max;
	if (limit.rlim_cur != wanted) {
		limit.rlim_cur = wanted;
		if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
			getrlimit(RLIMIT_NOFILE, &limit);
	}
	return (int)limit.rlim_cur;
}

static unsigned count_workers(const struct weir_conf *conf)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int64_t n = conf->workers ? conf->workers : cores;

	if (n < 1)
		n = 1;
	return n > WORKERS_MAX ? WORKERS_MAX : (unsigned)n;
}

/* The largest that a client may send in one piece, by any way. */
static int64_t message_max(const struct weir_conf *conf)
{
	const int64_t emulated[] = {conf->http_stream.enabled ? conf->http_stream.body_max_bytes : 0,
		conf->sse.enabled ? conf->sse.body_max_bytes : 0,
		conf->http_stream.enabled || conf->sse.enabled ? conf->emulation.body_max_bytes : 0};
	int64_t max = conf->websocket.message_size_limit_bytes;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(emulated); i++)
		max = emulated[i] > max ? emulated[i] : max;
	return max;
}

static struct weir_session_config session_config(const struct app *a)
{
	const struct weir_conf *conf = a->conf;
	const char *personal = conf->client.personal_channel.namespace_name;

	return (struct weir_session_config){
		.namespaces = a->namespaces,
		.keys = a->keys,
		.version = WEIR_STR(PACKAGE_STRING),
		.node = weir_str(a->uid),
		.insecure = conf->client.insecure,
		.allow_anonymous = conf->client.allow_anonymous_connect_without_token,
		.channel_limit = (size_t)conf->client.channel_limit,
		.pattern_limit = (size_t)conf->client.pattern_limit,
		.allow_bus = conf->channel.allow_bus_for_client,
		.channel_max_length = (size_t)conf->channel.max_length,
		.queue_max_bytes = (size_t)conf->client.queue_max_bytes,
		.message_max_bytes = (size_t)message_max(conf),
		.ping_interval_ms = conf->client.ping_interval_ms > 0 ? (uint64_t)conf->client.ping_interval_ms : 0,
		.pong_timeout_ms = (uint64_t)conf->client.pong_timeout_ms,
		.stale_close_delay_ms = (uint64_t)conf->client.stale_close_delay_ms,
		.expired_close_delay_ms = conf->client.expired_close_delay_ms,
		.expired_sub_close_delay_ms = conf->client.expired_sub_close_delay_ms,
		.history_limit = (size_t)conf->client.history_max_publications,
		.recovery_limit = (size_t)conf->client.recovery_max_publications,
		.personal_channel = conf->client.personal_channel.enabled,
		.personal_namespace = *personal ? weir_str(personal) : WEIR_STR_NONE,
	};
}

/* The key of the tokens that the dashboard's login gives. Without a password it lasts as long as the process. */
static bool dashboard_key(struct app *a, unsigned char key[WEIR_DASHBOARD_KEY])
{
	const struct weir_conf *conf = a->conf;

	if (!conf->dashboard.enabled)
		return false;
	if (*conf->dashboard.password)
		weir_dashboard_key(weir_str(conf->dashboard.password), key);
	else if (conf->dashboard.insecure)
		weir_random_fill(&a->random, key, WEIR_DASHBOARD_KEY);
	else
		return false;
	return true;
}

static int build_keys(struct app *a)
{
	struct weir_token_options o = weir_conf_token_options(a->conf);
	struct weir_dashboard_options *d = &a->shared.dashboard;
	struct weir_buf why;
	int err;

	d->password = weir_str(a->conf->dashboard.password);
	d->insecure = a->conf->dashboard.insecure;
	if (dashboard_key(a, d->key))
		o.dashboard_key = weir_str_n((const char *)d->key, sizeof(d->key));
	weir_buf_init(&why, 4096);
	err = weir_token_keys_new(&o, &a->keys, &why);
	if (err)
		weir_slog(&a->log, APP, ERROR, "client.token: the keys cannot be used",
			WEIR_F_STR("why", weir_buf_view(&why)));
	weir_buf_fini(&why);
	return err;
}

static void sum_stats(void *ctx, struct weir_stats *sum)
{
	weir_broker_stats(&((struct app *)ctx)->broker, sum);
}

static uint64_t longest_turn_us(void *ctx)
{
	return weir_broker_longest_turn_us(&((struct app *)ctx)->broker);
}

static void fill_metrics(void *ctx, struct weir_metrics *m)
{
	const struct app *a = ctx;

	weir_broker_stats(&a->broker, &m->stats);
	weir_hub_figures(a->broker.hub, &m->hub);
	weir_broker_queues(&a->broker, &m->queues);
	for (unsigned i = 0; i < a->workers; i++)
		weir_metrics_http_sum(&m->http, &a->fronts[i].http.counters);
	m->workers = a->workers;
	m->queued_bytes = weir_budget_bytes(&a->broker.budget);
	m->queue_budget_bytes = weir_budget_max(&a->broker.budget);
	m->longest_turn_us = weir_broker_longest_turn_us(&a->broker);
	m->uptime_ms = weir_mono_ms(&weir_clock_real) - a->started_ms;
}

static void build_shared(struct app *a)
{
	const struct weir_conf *conf = a->conf;
	struct weir_str *origins = weir_xcalloc(conf->client.allowed_origins.n + 1, sizeof(*origins));
	struct weir_front_shared *s = &a->shared;

	s->conf = conf;
	s->log = &a->log;
	s->clock = &weir_clock_real;
	s->sessions = session_config(a);
	for (size_t i = 0; i < conf->client.allowed_origins.n; i++)
		origins[i] = weir_str(conf->client.allowed_origins.v[i]);
	weir_origins_init(&s->origins, origins, conf->client.allowed_origins.n);
	free(origins);
	weir_limits_init(&s->limits, (uint64_t)conf->client.connection_limit,
		(uint64_t)conf->client.connection_rate_limit, (uint64_t)conf->client.connection_rate_burst);
	s->health = (struct weir_health){.not_ready = weir__shutdown_not_ready, .ctx = a};
	weir_guesses_init(&s->guesses, &a->hash_key);
	s->dashboard.clock = &weir_clock_real;
	s->dashboard.log = &a->log;
	s->dashboard.guesses = &s->guesses;
	s->workers = a->workers;
	s->max_fd = raise_nofile();
	weir_api_options_default(&s->api);
	s->api.namespaces = a->namespaces;
	s->api.key = weir_str(conf->http_api.key);
	s->api.keys = a->keys;
	s->api.insecure = conf->http_api.insecure;
	s->api.channel_max_length = (size_t)conf->channel.max_length;
	s->api.body_limit = (size_t)conf->http_api.body_limit_bytes;
	if (conf->engine.type ==
		WEIR_ENGINE_REDIS) /* the engine's answer comes first: it knows what has become of it */
		s->api.answer_ms += (uint64_t)conf->engine.redis.publish_deadline_ms;
	s->api.stats = sum_stats;
	s->api.longest_turn_us = longest_turn_us;
	s->api.stats_ctx = a;
	s->api.budget = &a->broker.budget;
}

static int build_broker(struct app *a)
{
	int err;

	a->engine = weir__app_engine_new(a);
	if (!a->engine)
		return WEIR_EUNAVAILABLE;
	a->shared.api.engine = a->engine;
	a->shared.metrics = (struct weir_metrics_source){.fill = fill_metrics, .ctx = a, .engine = a->engine};
	a->shared.api.metrics = &a->shared.metrics;
	a->shared.node = weir__app_node(a);
	err = weir_broker_init(&a->broker, &(struct weir_broker_options){.workers = a->workers,
						   .mailbox_size = (size_t)a->conf->hub.mailbox_size,
						   .inbox_size = (size_t)a->conf->worker.inbox_size,
						   .log = &a->log,
						   .clock = &weir_clock_real,
						   .hash_key = &a->hash_key,
						   .namespaces = a->namespaces,
						   .engine = a->engine,
						   .node = weir__app_node(a),
						   .queue_total_bytes = (size_t)a->conf->queue.total_bytes});
	return err ? err : weir__shutdown_init(a);
}

/* All sockets, then all of libwebsockets' contexts, then all of its vhosts: in that order, before any thread runs. */
static int build_fronts(struct app *a, struct weir_listen_set *sockets)
{
	int err = 0;

	weir_ws_log_setup(true);
	a->fronts = weir_xcalloc(a->workers, sizeof(*a->fronts));
	for (unsigned i = 0; i < a->workers && !err; i++)
		err = weir__front_init(&a->fronts[i], &a->shared, &a->broker.workers[i], &sockets[i]);
	for (unsigned i = 0; i < a->workers && !err; i++)
		err = weir__front_open(&a->fronts[i]);
	weir_ws_log_setup(false);
	return err;
}

static int open_sockets(struct app *a, struct weir_listen_set *sockets)
{
	const struct weir_conf *conf = a->conf;
	struct weir_listen_options o = {
		.address = conf->http_server.address,
		.port = (uint16_t)conf->http_server.port,
		.backlog = LISTEN_BACKLOG,
		.keepalive_s = LISTEN_KEEPALIVE_S,
		.notsent_lowat_bytes = (int)conf->client.notsent_lowat_bytes,
	};

	for (unsigned i = 0; i < a->workers; i++) {
		int err = weir_listen_open(&sockets[i], &o, i ? &sockets[0] : NULL);

		if (err) {
			weir_slog(&a->log, APP, ERROR, "cannot listen",
				WEIR_F_CSTR("address", *o.address ? o.address : "*"), WEIR_F_UINT("port", o.port),
				WEIR_F_ERR(err));
			return err;
		}
	}
	a->port = sockets[0].port;
	return 0;
}

static void name_node(struct app *a)
{
	char host[256] = "localhost";

	gethostname(host, sizeof(host) - 1);
	snprintf(a->name, sizeof(a->name), "%s_%u", host, a->port);
}

/* What needs no loop and no thread, and may fail for reasons that a person can mend. */
static int prepare(struct app *a, struct weir_listen_set *sockets)
{
	struct weir_namespace *without, *named;
	int err;

	weir_random_system(&a->random);
	weir_random_fill(&a->random, &a->hash_key, sizeof(a->hash_key));
	weir_random_uuid(&a->random, a->uid);
	weir_conf_copy_namespaces(a->conf, &without, &named);
	a->namespaces = weir_namespaces_new(without, named, a->conf->channel.n_namespaces);
	a->workers = count_workers(a->conf);
	err = build_keys(a);
	return err ? err : open_sockets(a, sockets);
}

static void forget(struct app *a)
{
	weir_token_keys_free(&a->keys);
	weir_namespaces_free(&a->namespaces);
	weir_conf_free(&a->conf);
}

static int build(struct app *a, struct weir_listen_set *sockets)
{
	int err;

	name_node(a);
	build_shared(a);
	a->shared.pool =
		weir_blocking_pool_new((unsigned)a->conf->blocking.threads, (size_t)a->conf->blocking.max_jobs);
	err = a->shared.pool ? build_broker(a) : WEIR_EUNAVAILABLE;
	return err ? err : build_fronts(a, sockets);
}

/* The defaults let nobody in. Whoever did not mean that is told what does. */
static void tell_closed(struct app *a)
{
	const struct weir_conf *conf = a->conf;

	if (!conf->client.insecure && !conf->client.allow_anonymous_connect_without_token &&
		!*conf->client.token.hmac_secret_key && !*conf->client.token.rsa_public_key &&
		!*conf->client.token.ecdsa_public_key)
		weir_slog(&a->log, APP, WARN, "no client is let in",
			WEIR_F_CSTR("until_set", "client.token.hmac_secret_key, or weir serve --dev for a trial"));
	if (!conf->http_api.insecure && !*conf->http_api.key)
		weir_slog(&a->log, APP, WARN, "no caller of the HTTP API is let in",
			WEIR_F_CSTR("until_set", "http_api.key, or weir serve --dev for a trial"));
}

static void tear_down(struct app *a)
{
	for (unsigned i = 0; i < a->workers; i++)
		weir__front_stop(&a->fronts[i]);
	weir__shutdown_close(a);
	weir_broker_fini(&a->broker);
	for (unsigned i = 0; i < a->workers; i++)
		weir__front_fini(&a->fronts[i]);
	free(a->fronts);
	a->engine->ops->free(a->engine);
	weir_blocking_pool_free(&a->shared.pool);
	weir_origins_fini(&a->shared.origins);
	forget(a);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_app_serve(struct weir_conf *conf)
{
	struct weir_listen_set sockets[WORKERS_MAX] = {0};
	struct app a = {.conf = conf, .started_ms = weir_mono_ms(&weir_clock_real)};
	int err;

	signal(SIGPIPE, SIG_IGN);
	weir_log_init(
		&a.log, STDERR_FILENO, conf->log.level, conf->log.format == WEIR_LOG_FORMAT_JSON, &weir_clock_real);
	if (prepare(&a, sockets) < 0) {
		forget(&a);
		return 1;
	}
	err = build(&a, sockets);
	if (err) {
		say(&a, "cannot start", err);
		_exit(1); /* half built, with threads: the system takes it down best */
	}
	tell_closed(&a);
	weir_slog(&a.log, APP, INFO, "ready",
		WEIR_F_CSTR("address", *conf->http_server.address ? conf->http_server.address : "*"),
		WEIR_F_UINT("port", a.port), WEIR_F_UINT("workers", a.workers),
		WEIR_F_CSTR("engine", a.engine->ops->name), WEIR_F_CSTR("version", PACKAGE_VERSION),
		WEIR_F_UINT("took_ms", weir_mono_ms(&weir_clock_real) - a.started_ms));
	err = weir_broker_run(&a.broker);
	if (err) {
		say(&a, "cannot start threads", err);
		_exit(1);
	}
	weir_slog(&a.log, APP, INFO, "stopped");
	tear_down(&a);
	return 0;
}
