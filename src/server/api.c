/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes and authentication of the API (protocol.md §13.1). Of the key only a hash is kept, and hashes are compared, so
 * that neither its length nor its bytes show in the time that takes. Worker's thread.
 */
#include "weir/server/api.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "api_priv.h"

_Static_assert(WEIR_API_KEY_HASH == SHA256_DIGEST_LENGTH, "the key is kept as its SHA-256");

static void api_hash(struct weir_str key, unsigned char hash[WEIR_API_KEY_HASH])
{
	SHA256((const unsigned char *)(key.p ? key.p : ""), key.n, hash);
}

static bool api_is_key(const struct weir_api *api, struct weir_str key)
{
	unsigned char hash[WEIR_API_KEY_HASH];

	if (!api->has_key || !key.n)
		return false;
	api_hash(key, hash);
	return CRYPTO_memcmp(hash, api->key_hash, sizeof(hash)) == 0;
}

static bool auth_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* `apikey KEY`: exactly two words. Absent otherwise. */
static struct weir_str auth_header_key(struct weir_str value)
{
	size_t n = 0;
	struct weir_str key;

	while (n < value.n && !auth_is_blank(value.p[n]))
		n++;
	if (!weir_str_caseeq(weir_str_n(value.p, n), WEIR_STR("apikey")))
		return WEIR_STR_NONE;
	key = weir_str_trim(weir_str_n(value.p + n, value.n - n));
	for (size_t i = 0; i < key.n; i++)
		if (auth_is_blank(key.p[i]))
			return WEIR_STR_NONE;
	return key;
}

static bool auth_query(const struct weir_api *api, struct weir_str query)
{
	struct weir_str raw = weir_query_get(query, "api_key");
	struct weir_buf key;
	size_t n;
	bool good;
	char *to;

	if (!raw.n)
		return false;
	weir_buf_init(&key, raw.n);
	to = weir_buf_reserve(&key, raw.n);
	good = to && weir_percent_decode(raw, true, to, &n) == 0 && api_is_key(api, weir_str_n(to, n));
	weir_buf_fini(&key);
	return good;
}

static bool api_admit(struct weir_api *api, struct weir_http_request *http)
{
	api->counters.requests++;
	if (weir_api_authorizes(api, http->head))
		return true;
	api->counters.unauthorized++;
	weir_slog(api->o.worker->o.log, API, DEBUG, "unauthorized", WEIR_F_CSTR("peer", http->peer));
	weir_http_respond(http, 401, NULL, WEIR_STR_NONE, WEIR_STR(""));
	return false;
}

/* POST /api/<method> */
static void on_api_method(void *ctx, struct weir_http_request *http)
{
	struct weir_api *api = ctx;
	const struct api_method *method;
	struct api_request *q;

	if (!api_admit(api, http))
		return;
	method = weir__api_method(http->rest);
	if (!method && !weir_str_is(http->rest, "batch")) {
		weir_http_respond_error(http, 404, "no such method of the API", WEIR_STR_NONE);
		return;
	}
	q = method ? weir__api_single(api, http, method) : weir__api_batch(api, http);
	if (q)
		weir__api_run(q);
}

/* POST /api */
static void on_api_legacy(void *ctx, struct weir_http_request *http)
{
	struct weir_api *api = ctx;
	struct api_request *q;

	if (!api_admit(api, http))
		return;
	q = weir__api_legacy(api, http);
	if (q)
		weir__api_run(q);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__api_key_given(const struct weir_api *api, const struct weir_head *head)
{
	struct weir_str key = weir_head_get(head, "X-API-Key"), header;

	if (api->o.insecure)
		return 0;
	if (!key.n) {
		header = weir_head_get(head, "Authorization");
		key = header.n ? auth_header_key(header) : WEIR_STR_NONE;
	}
	if (api_is_key(api, key) || auth_query(api, head->query))
		return 1;
	return key.n || weir_query_get(head->query, "api_key").n ? -1 : 0;
}

void weir_api_options_default(struct weir_api_options *o)
{
	*o = (struct weir_api_options){
		.channel_max_length = 255,
		.body_limit = 10u << 20,
		.history_max = SIZE_MAX,
		.answer_max_bytes = 256u << 20,
		.idempotency_key_max = 255,
		.answer_ms = 5000,
	};
}

void weir_api_init(struct weir_api *api, const struct weir_api_options *o)
{
	*api = (struct weir_api){.o = *o, .has_key = o->key.n > 0};
	api_hash(o->key, api->key_hash);
	api->o.key = WEIR_STR_NONE;
	weir_list_init(&api->waiting);
	weir_admin_init(&api->admin, o->keys, o->worker->o.clock);
}

void weir_api_fini(struct weir_api *api)
{
	weir_assert(api->n_requests == 0);
	OPENSSL_cleanse(api->key_hash, sizeof(api->key_hash));
}

void weir_api_routes(struct weir_api *api, struct weir_http_router *router)
{
	struct weir_http_route route = {.path = "/api/",
		.prefix = true,
		.methods = WEIR_HTTP_POST,
		.body_limit = api->o.body_limit,
		.handler = on_api_method,
		.ctx = api};

	weir_http_router_add(router, &route);
	route.path = "/api";
	route.prefix = false;
	route.handler = on_api_legacy;
	weir_http_router_add(router, &route);
}

bool weir_api_authorizes(struct weir_api *api, const struct weir_head *head)
{
	struct weir_str key = weir_head_get(head, "X-API-Key"), header;

	if (api->o.insecure)
		return true;
	if (!key.n) {
		header = weir_head_get(head, "Authorization");
		key = header.n ? auth_header_key(header) : WEIR_STR_NONE;
	}
	return api_is_key(api, key) || auth_query(api, head->query) || weir_admin_is(&api->admin, head);
}

void weir_api_room(struct weir_api *api)
{
	struct weir_list todo; /* api_request.link; those that find no room again go back */

	weir_list_init(&todo);
	weir_list_splice(&todo, &api->waiting);
	while (!weir_list_empty(&todo) && weir_list_empty(&api->waiting))
		weir__api_run(weir_list_entry(todo.next, struct api_request, link));
	weir_list_splice(&api->waiting, &todo);
}

void weir_api_close(struct weir_api *api, void (*closed)(struct weir_api *api))
{
	weir_assert(!api->closing);
	api->closing = true;
	api->closed = closed;
	if (!api->n_requests)
		closed(api);
}
