/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to the HTTP API: the first line is what follows /api/ in the path (empty: the older endpoint; with `!` in
 * front: there is room for one question at a time), the rest the body. Behind it are a worker and a hub with the memory
 * engine. Every request is answered once; what claims to be JSON is.
 */
#include "fuzz.h"

#include "weir/base/ring.h"
#include "weir/core/hub.h"
#include "weir/engine/memory.h"
#include "weir/server/api.h"

struct fuzz {
	struct weir_loop loop;
	struct weir_pendings pendings;
	struct weir_namespaces *namespaces;
	struct weir_random random;
	struct weir_hash_key hash_key;
	struct weir_engine *engine;
	struct weir_hub *hub;
	struct weir_worker worker;
	struct weir_ring inbox; /* struct weir_message */
	struct weir_api api;
	size_t room;
	unsigned answers;
};

static bool to_hub(void *ctx, struct weir_request *r)
{
	struct fuzz *f = ctx;

	if (!f->room || weir_ring_count(&f->inbox) + WEIR_HUB_MESSAGES_PER_REQUEST > weir_ring_capacity(&f->inbox))
		return false;
	f->room--;
	weir_hub_submit(f->hub, r);
	return true;
}

static void to_worker(void *ctx, unsigned worker, const struct weir_message *m)
{
	fuzz_require(worker == 0 && weir_ring_push(&((struct fuzz *)ctx)->inbox, m));
}

static void on_control(void *ctx, const struct weir_control *c)
{
	struct weir_json ignored;

	(void)ctx;
	fuzz_require(!c->info.p || weir_json_check(c->info, 64, &ignored, NULL) == 0);
	fuzz_require(!c->data.p || weir_json_check(c->data, 64, &ignored, NULL) == 0);
	fuzz_require(!c->data.p || (!memchr(c->data.p, '\n', c->data.n) && !memchr(c->data.p, '\r', c->data.n)));
	fuzz_require(c->user.n || c->client.n || c->session.n);
	fuzz_require(c->op != WEIR_CONTROL_DISCONNECT || c->reason.n);
}

static void on_room(void *ctx)
{
	weir_api_room(&((struct fuzz *)ctx)->api);
}

/* In place of the HTTP server's. */
void weir_http_respond(struct weir_http_request *req, int status, const char *content_type, struct weir_str lines,
	struct weir_str body)
{
	struct fuzz *f = req->loop->uv.data;
	struct weir_json object;
	unsigned n = 0;

	f->answers++;
	fuzz_require(status == 200 || status == 400 || status == 404 || status == 503);
	fuzz_require((lines.n > 0) == (status == 503));
	if (!content_type || strcmp(content_type, "application/json") != 0)
		return;
	for (; weir_json_take(&body, 100, &object) == 0; n++)
		fuzz_require(object.type == WEIR_JSON_OBJECT);
	fuzz_require(body.n == 0 && n > 0);
}

void weir_http_respond_error(struct weir_http_request *req, int status, const char *why, struct weir_str lines)
{
	weir_http_respond(req, status, "text/plain", lines, weir_str(why));
}

void weir_http_respond_preflight(
	struct weir_http_request *req, const struct weir_origins *origins, const struct weir_cors *cors)
{
	(void)req, (void)origins, (void)cors;
	fuzz_require(false); /* the API has no such route */
}

static void fuzz_pump(struct fuzz *f)
{
	struct weir_message m;

	while (f->answers == 0 || f->api.n_requests) {
		if (weir_ring_pop(&f->inbox, &m)) {
			weir_worker_receive(&f->worker, &m);
			continue;
		}
		fuzz_require(f->room == 0); /* else it waits for nothing */
		f->room = 1;
		weir_worker_room(&f->worker);
	}
}

static void fuzz_request(struct fuzz *f, struct weir_str line, struct weir_str body)
{
	struct weir_head head = {.method = WEIR_STR("POST")};
	struct weir_http_request req = {
		.loop = &f->loop, .head = &head, .method = WEIR_HTTP_POST, .rest = line, .body = body, .peer = "-"};
	struct weir_http_router router;
	unsigned allowed;

	weir_http_router_init(&router);
	weir_api_routes(&f->api, &router);
	req.route = weir_http_router_find(
		&router, line.n ? WEIR_STR("/api/x") : WEIR_STR("/api"), WEIR_HTTP_POST, &allowed);
	fuzz_require(req.route != NULL);
	req.route->handler(req.route->ctx, &req);
	fuzz_pump(f);
	fuzz_require(f->answers == 1);
	weir_http_router_fini(&router);
}

static void fuzz_namespaces(struct fuzz *f)
{
	struct weir_namespace *without = weir_xcalloc(1, sizeof(*without));
	struct weir_namespace *named = weir_xcalloc(1, sizeof(*named));

	*without = (struct weir_namespace){.name = weir_xstrdup(""),
		.presence = true,
		.history_size = 5,
		.history_ttl_ms = 60000,
		.history_meta_ttl_ms = 60000,
		WEIR_NAMESPACE_QUEUE_DEFAULTS};
	*named = (struct weir_namespace){.name = weir_xstrdup("ns"),
		.publication_data_format = WEIR_FORMAT_JSON_OBJECT,
		.allow_wildcards = true,
		WEIR_NAMESPACE_QUEUE_DEFAULTS};
	f->namespaces = weir_namespaces_new(without, named, 1);
}

/* Channels for broadcasts to patterns, which live as long as the hub. */
static void fuzz_subscribers(struct fuzz *f)
{
	static const char *const channels[] = {"ns:a", "ns:b.a", "ns:*", "t", "$t.u"};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(channels); i++)
		weir_hub_submit(f->hub, &weir_subscribe_request_new(NULL, weir_str(channels[i]),
						&(struct weir_client_info){.user = WEIR_STR("u")}, WEIR_STR_NONE)
						 ->base);
}

static void fuzz_init(struct fuzz *f)
{
	struct weir_api_options o;

	fuzz_require(weir_loop_init(&f->loop, NULL, NULL) == 0);
	f->loop.uv.data = f;
	fuzz_require(weir_pendings_init(&f->pendings, &f->loop) == 0);
	fuzz_namespaces(f);
	weir_random_seeded(&f->random, 1);
	f->engine = weir_engine_memory_new(&(struct weir_engine_memory_options){.clock = &weir_clock_real,
		.hash_key = &f->hash_key,
		.random = &f->random,
		.idempotency_ttl_ms = 1000,
		.idempotency_max = 10,
		.log_entries = 8,
		.log_bytes = 4096});
	f->hub = weir_hub_new(&(struct weir_hub_options){.workers = 1,
		.clock = &weir_clock_real,
		.hash_key = &f->hash_key,
		.engine = f->engine,
		.send = to_worker,
		.ctx = f});
	fuzz_subscribers(f);
	weir_ring_init(&f->inbox, sizeof(struct weir_message), 1024);
	weir_worker_init(&f->worker, &(struct weir_worker_options){.clock = &weir_clock_real,
					     .hash_key = &f->hash_key,
					     .to_hub = to_hub,
					     .hub_ctx = f,
					     .on_control = on_control,
					     .on_room = on_room,
					     .ctx = f});
	weir_api_options_default(&o);
	o.insecure = true;
	o.namespaces = f->namespaces;
	o.worker = &f->worker;
	o.pendings = &f->pendings;
	weir_api_init(&f->api, &o);
}

static void fuzz_fini(struct fuzz *f)
{
	weir_api_fini(&f->api);
	weir_pendings_close(&f->pendings, NULL);
	weir_loop_fini(&f->loop);
	weir_worker_fini(&f->worker);
	weir_ring_fini(&f->inbox);
	weir_hub_free(&f->hub);
	f->engine->ops->free(f->engine);
	weir_namespaces_free(&f->namespaces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weir_str body = {(const char *)data, size}, line = weir_str_cut(&body, '\n');
	struct fuzz f = {.room = SIZE_MAX};

	if (!body.p)
		return 0;
	if (line.n && *line.p == '!') {
		f.room = 1;
		line = weir_str_n(line.p + 1, line.n - 1);
	}
	fuzz_init(&f);
	fuzz_request(&f, line, body);
	fuzz_fini(&f);
	return 0;
}
