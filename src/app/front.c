/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One worker's front: wiring, and the order in which it ends. Clients are told first; when the last of them and the
 * last answer are gone, the handles close, and then the worker itself. Worker's thread, but for init, open and fini.
 */
#include "front_priv.h"

#include <errno.h>
#include <stdlib.h>

#define STATS_PERIOD_MS           1000
#define DRAIN_TICK_MS             50
#define DRAIN_BATCH               500 /* clients told in one tick: 10,000 a second, and their reconnects are spread as well */
#define VERIFICATIONS_MAX         64
#define VERIFICATIONS_WAITING_MAX 4096

/* ---- tokens on the blocking pool ---- */

struct front_job {
	struct weir_job job;
	struct weir_semaphore_waiter turn;
	struct weir_front *front;
	struct weir_verification *verification;
};

static void job_finish(struct front_job *j, int error)
{
	struct weir_front *f = j->front;
	struct weir_verification *v = j->verification;

	free(j);
	weir_verification_done(v, error);
	weir_semaphore_release(&f->verifications);
}

static int job_work(struct weir_job *job)
{
	weir_verification_run(WEIR_CONTAINER_OF(job, struct front_job, job)->verification);
	return 0;
}

static void job_done(struct weir_job *job, int result)
{
	job_finish(WEIR_CONTAINER_OF(job, struct front_job, job), result);
}

static void job_granted(struct weir_semaphore_waiter *w)
{
	struct front_job *j = WEIR_CONTAINER_OF(w, struct front_job, turn);
	int err = weir_blocking_submit(&j->front->blocking, &j->job);

	if (err)
		job_finish(j, err);
}

/* A worker's share of the pool's places, so that tokens wait for their turn instead of being refused by the pool. */
static unsigned verifications_at_once(const struct weir_front_shared *shared)
{
	int64_t share = shared->conf->blocking.max_jobs / shared->workers;

	return share < 1 ? 1 : share > VERIFICATIONS_MAX ? VERIFICATIONS_MAX : (unsigned)share;
}

static int front_verify(void *ctx, struct weir_verification *v)
{
	struct weir_front *f = ctx;
	struct front_job *j = malloc(sizeof(*j));
	int got, err = 0;

	if (!j)
		return -ENOMEM;
	*j = (struct front_job){.job = {.work = job_work, .done = job_done},
		.turn = {.granted = job_granted},
		.front = f,
		.verification = v};
	got = weir_semaphore_acquire(&f->verifications, &j->turn);
	if (got > 0) {
		err = weir_blocking_submit(&f->blocking, &j->job);
		if (err)
			weir_semaphore_release(&f->verifications);
	} else if (got < 0) {
		err = got;
	}
	if (err)
		free(j);
	return err;
}

/* ---- the worker's callbacks ---- */

static void on_control(void *ctx, const struct weir_control *c)
{
	weir_sessions_control(&((struct weir_front *)ctx)->sessions, c);
}

static void on_survey(void *ctx, const struct weir_survey_question *q, struct weir_survey_slot *slot)
{
	weir_sessions_survey(&((struct weir_front *)ctx)->sessions, q, slot);
}

static void on_watched(void *ctx, bool watched)
{
	weir_stats_feed_watch(&((struct weir_front *)ctx)->feed, watched);
}

static void on_room(void *ctx)
{
	struct weir_front *f = ctx;

	weir_sessions_room(&f->sessions);
	weir_api_room(&f->api);
}

/* ---- sockets ---- */

static void on_accept(struct weir_listener *l, int fd, const struct sockaddr_storage *peer, bool scarce)
{
	weir_http_accept(&((struct weir_front *)l->ctx)->http, fd, peer, scarce);
}

static int on_admit(void *ctx, struct weir_http_request *req, unsigned *retry_after_s)
{
	struct weir_front *f = ctx;

	*retry_after_s = 1;
	if (f->draining || req->scarce)
		return 503;
	return weir_limits_admit(&f->shared->limits, weir_mono_ms(f->shared->clock), retry_after_s) < 0 ? 503 : 0;
}

static void on_upgrade(void *ctx, int fd, const struct weir_http_upgrade *up)
{
	weir_ws_adopt(((struct weir_front *)ctx)->ws, fd, up->bytes);
}

static void on_client_gone(void *ctx)
{
	weir_limits_release(&((struct weir_front *)ctx)->shared->limits);
}

/* ---- the end ---- */

static void front_closed_one(struct weir_front *f)
{
	if (--f->open)
		return;
	weir_broker_worker_close(f->worker);
}

static void on_pendings_closed(struct weir_pendings *p)
{
	front_closed_one(WEIR_CONTAINER_OF(p, struct weir_front, pendings));
}

static void on_api_closed(struct weir_api *api)
{
	struct weir_front *f = WEIR_CONTAINER_OF(api, struct weir_front, api);

	weir_pendings_close(&f->pendings, on_pendings_closed);
}

static void on_emulation_closed(struct weir_emulation *em)
{
	weir_api_close(&WEIR_CONTAINER_OF(em, struct weir_front, emulation)->api, on_api_closed);
}

/* Calls that the hub has not answered yet outlive their connections. */
static void on_http_closed(struct weir_http_server *s)
{
	weir_emulation_close(&WEIR_CONTAINER_OF(s, struct weir_front, http)->emulation, on_emulation_closed);
}

static void on_streams_closed(void *ctx)
{
	front_closed_one(ctx);
}

static void on_listener_closed(struct weir_listener *l)
{
	front_closed_one(WEIR_CONTAINER_OF(l, struct weir_front, listener));
}

static void on_blocking_closed(struct weir_blocking_client *c)
{
	front_closed_one(WEIR_CONTAINER_OF(c, struct weir_front, blocking));
}

static void on_timer_closed(struct weir_timer *t)
{
	front_closed_one(WEIR_CONTAINER_OF(t, struct weir_front, drain_timer));
}

static void on_feed_closed(struct weir_stats_feed *feed)
{
	front_closed_one(WEIR_CONTAINER_OF(feed, struct weir_front, feed));
}

static bool front_is_empty(const struct weir_front *f)
{
	return !f->sessions.objects && !weir_ws_count(f->ws) && !weir_http_streams_count(f->streams) &&
	       (f->hurried || !f->http.n_conns) && !f->worker->worker.waiting;
}

static void front_end(struct weir_front *f)
{
	f->ending = true;
	f->open = 6; /* the six below; HTTP takes the API and its deadlines with it */
	weir_http_streams_close(f->streams, on_streams_closed, f);
	weir_timer_close(&f->drain_timer, on_timer_closed);
	weir_stats_feed_close(&f->feed, on_feed_closed);
	weir_listener_close(&f->listener, on_listener_closed);
	weir_http_server_close(&f->http, on_http_closed);
	weir_blocking_client_close(&f->blocking, on_blocking_closed);
}

static void on_drain_tick(struct weir_timer *t, uint64_t ticks)
{
	struct weir_front *f = WEIR_CONTAINER_OF(t, struct weir_front, drain_timer);

	(void)ticks;
	weir_sessions_shutdown(&f->sessions, f->hurried ? SIZE_MAX : DRAIN_BATCH);
	if (f->hurried) {
		weir_ws_kill(f->ws);
		weir_http_streams_kill(f->streams);
	}
	if (front_is_empty(f))
		front_end(f);
}

/* ---- building ---- */

static void add_routes(struct weir_front *f)
{
	struct weir_front_shared *shared = f->shared;

	weir_http_router_init(&f->router);
	weir_health_routes(&shared->health, &f->router);
	weir_api_routes(&f->api, &f->router);
	if (shared->conf->prometheus.enabled) {
		f->metrics = (struct weir_metrics_page){
			.source = &shared->metrics, .api = shared->conf->prometheus.require_key ? &f->api : NULL};
		weir_metrics_routes(&f->metrics, &f->router);
	}
	weir_emulation_routes(&f->emulation, &f->router);
	if (shared->conf->events.enabled)
		weir_events_routes(&f->events, &f->router);
	f->websocket = (struct weir_http_websocket){.subprotocols = weir_ws_subprotocols,
		.origins = &shared->origins,
		.admit = on_admit,
		.upgrade = on_upgrade};
	weir_http_router_add(&f->router, &(struct weir_http_route){.path = "/connection/websocket",
						 .methods = WEIR_HTTP_GET,
						 .ctx = f,
						 .websocket = &f->websocket});
	if (!shared->conf->dashboard.enabled)
		return;
	weir_static_init(&f->page, weir_web_files, weir_web_files_count, shared->conf->dashboard.insecure);
	weir_static_routes(&f->page, &f->router);
	weir_dashboard_init(&f->dashboard, &shared->dashboard);
	weir_dashboard_routes(&f->dashboard, &f->router);
}

static void init_emulation(struct weir_front *f)
{
	const struct weir_conf *conf = f->shared->conf;

	weir_emulation_init(&f->emulation, &(struct weir_emulation_options){.http_stream = conf->http_stream.enabled,
						   .sse = conf->sse.enabled,
						   .http_stream_body = (size_t)conf->http_stream.body_max_bytes,
						   .sse_body = (size_t)conf->sse.body_max_bytes,
						   .body = (size_t)conf->emulation.body_max_bytes,
						   .origins = &f->shared->origins,
						   .sessions = &f->sessions,
						   .streams = f->streams,
						   .admit = on_admit,
						   .release = on_client_gone,
						   .ctx = f});
}

static void init_events(struct weir_front *f)
{
	const struct weir_conf *conf = f->shared->conf;

	weir_events_init(&f->events, &(struct weir_events_options){.api = &f->api,
					     .sessions = &f->sessions,
					     .origins = &f->shared->origins,
					     .message_max = (size_t)conf->websocket.message_size_limit_bytes,
					     .streams = f->streams,
					     .pendings = &f->pendings,
					     .channel_limit = (size_t)conf->events.channel_limit,
					     .answer_ms = (uint64_t)conf->client.stale_close_delay_ms,
					     .admit = on_admit,
					     .release = on_client_gone,
					     .ctx = f});
}

static struct weir_http_options http_options(const struct weir_conf *conf)
{
	struct weir_http_options o;

	weir_http_options_default(&o);
	o.limits.line_bytes = (size_t)conf->http.request_line_limit_bytes;
	o.limits.head_bytes = (size_t)conf->http.head_limit_bytes;
	o.head_ms = (uint64_t)conf->http.head_timeout_ms;
	o.body_ms = (uint64_t)conf->http.body_timeout_ms;
	o.idle_ms = (uint64_t)conf->http.keepalive_timeout_ms;
	o.write_ms = (uint64_t)conf->websocket.write_timeout_ms;
	return o;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__front_init(struct weir_front *f, struct weir_front_shared *shared, struct weir_broker_worker *worker,
	struct weir_listen_set *sockets)
{
	const struct weir_conf *conf = shared->conf;
	struct weir_http_options http = http_options(conf);
	struct weir_listener_options listen = {
		.max_fd = shared->max_fd, .reserve_fds = 64, .pause_ms = 200, .batch = 64};
	struct weir_api_options api;
	int err;

	f->shared = shared;
	f->worker = worker;
	weir_random_system(&f->random);
	weir_sessions_init(&f->sessions, &shared->sessions, &worker->worker, &f->random, shared->log);
	f->sessions.verify = front_verify;
	f->sessions.verify_ctx = f;
	weir_semaphore_init(&f->verifications, verifications_at_once(shared), VERIFICATIONS_WAITING_MAX);
	weir_broker_attach(worker, on_control, on_room, f);
	weir_broker_attach_survey(worker, on_survey);
	weir_broker_attach_watch(worker, on_watched);
	err = weir_ws_new(&f->ws, &(struct weir_ws_options){.loop = &worker->loop,
					  .sessions = &f->sessions,
					  .message_max_bytes = (size_t)conf->websocket.message_size_limit_bytes,
					  .write_timeout_ms = (uint64_t)conf->websocket.write_timeout_ms,
					  .gone = on_client_gone,
					  .ctx = f});
	if (!err)
		err = weir_http_streams_new(
			&f->streams, &(struct weir_http_streams_options){.loop = &worker->loop,
					     .sessions = &f->sessions,
					     .write_timeout_ms = (uint64_t)conf->websocket.write_timeout_ms,
					     .gone = on_client_gone,
					     .ctx = f});
	if (!err)
		err = weir_pendings_init(&f->pendings, &worker->loop);
	if (!err)
		err = weir_timer_init(&f->drain_timer, &worker->loop, on_drain_tick);
	if (!err)
		err = weir_stats_feed_init(&f->feed, &worker->loop,
			&(struct weir_stats_feed_options){.worker = &worker->worker,
				.metrics = &shared->metrics,
				.node = shared->node,
				.period_ms = STATS_PERIOD_MS});
	if (!err)
		err = weir_blocking_client_init(&f->blocking, shared->pool, &worker->loop);
	if (err)
		return err;
	api = shared->api;
	api.worker = &worker->worker;
	api.pendings = &f->pendings;
	weir_api_init(&f->api, &api);
	init_events(f);
	init_emulation(f);
	add_routes(f);
	err = weir_http_server_init(&f->http, &worker->loop, &f->router, &http);
	return err ? err : weir_listener_init(&f->listener, &worker->loop, sockets, &listen, on_accept, f);
}

int weir__front_open(struct weir_front *f)
{
	return weir_ws_open(f->ws);
}

void weir__front_drain(struct weir_front *f)
{
	if (f->draining)
		return;
	f->draining = true;
	weir_listener_stop(&f->listener);
	weir_http_server_drain(&f->http);
	weir_timer_every(&f->drain_timer, DRAIN_TICK_MS, WEIR_TIMER_SKIP);
	on_drain_tick(&f->drain_timer, 1);
}

void weir__front_hurry(struct weir_front *f)
{
	f->hurried = true;
	if (!f->ending)
		on_drain_tick(&f->drain_timer, 1);
}

void weir__front_stop(struct weir_front *f)
{
	weir_ws_stop(f->ws);
}

void weir__front_fini(struct weir_front *f)
{
	weir_sessions_fini(&f->sessions);
	weir_http_streams_free(&f->streams);
	weir_ws_free(&f->ws);
	weir_api_fini(&f->api);
	if (f->shared->conf->dashboard.enabled) {
		weir_static_fini(&f->page);
		weir_dashboard_fini(&f->dashboard);
	}
	weir_http_router_fini(&f->router);
}
