/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of `weir top` and what their answers mean. See the header. */
#include "top_fetch_priv.h"

#include "json_pick_priv.h"
#include "pub_priv.h"

#define FETCH_BODY_MAX_BYTES 65536
#define FETCH_WHY_MAX_BYTES  65536

static const struct {
	const char *path, *name;
} requests[] = {
	[WEIR_TOP_ASK_LAG] = {"/api/lag", "lag"},
	[WEIR_TOP_ASK_INFO] = {"/api/info", "info"},
	[WEIR_TOP_ASK_DISCONNECT] = {"/api/disconnect", "disconnect"},
};

static enum weir__top_outcome fetch_fails(
	struct weir__top_fetch *f, enum weir__top_request request, enum weir__top_outcome how)
{
	weir_buf_char(&f->why, '\0');
	if (f->why.failed && f->why.len)
		f->why.p[f->why.len - 1] = '\0';
	f->failed = request;
	return how;
}

static void fetch_body(struct weir__top_fetch *f, enum weir__top_request request)
{
	weir_buf_reset(&f->body);
	if (request == WEIR_TOP_ASK_LAG)
		weir_buf_printf(&f->body, "{\"limit\":%llu,\"sort\":\"%s\"}", (unsigned long long)f->limit,
			weir__top_sort_name(f->model->sort));
	else
		weir_buf_lit(&f->body, "{}");
}

static int fetch_take(struct weir__top_fetch *f, enum weir__top_request request, struct weir_json result)
{
	uint64_t now_ms = weir_mono_ms(f->clock);

	if (f->raw) {
		weir_buf_printf(f->raw, ",\"%s\":", requests[request].name);
		weir_json_append_one_line(f->raw, result.text);
	}
	if (request == WEIR_TOP_ASK_LAG)
		return weir__top_model_lag(f->model, result, now_ms);
	return request == WEIR_TOP_ASK_INFO ? weir__top_model_info(f->model, result, now_ms) : 0;
}

static enum weir__top_outcome fetch_answer(
	struct weir__top_fetch *f, enum weir__top_request request, const struct weir__http_reply *reply)
{
	static const char *const names[] = {"result"};
	enum weir__pub_outcome outcome;
	struct weir_json object, result;
	int err;

	weir_buf_reset(&f->why);
	outcome = weir__pub_answer(reply, &object, &f->why);
	if (outcome == WEIR_PUB_OK)
		outcome = weir__pub_result(object, &f->why);
	if (reply->status == 401)
		weir_buf_lit(&f->why, "; the key of the API is given with --key or WEIR_API_KEY");
	if (outcome != WEIR_PUB_OK)
		return fetch_fails(f, request, outcome == WEIR_PUB_AGAIN ? WEIR_TOP_AWAY : WEIR_TOP_REFUSED);
	weir__json_pick(object, names, &result, 1);
	err = fetch_take(f, request, result);
	if (err) {
		weir_buf_printf(&f->why, "%s: ", requests[request].name);
		weir_buf_str(&f->why,
			weir_str(err == WEIR_EPARSE ? "the answer is not that of a broker" : weir_strerror(err)));
		return fetch_fails(f, request, err == WEIR_EPARSE ? WEIR_TOP_REFUSED : WEIR_TOP_AWAY);
	}
	if (request == WEIR_TOP_ASK_LAG)
		return WEIR_TOP_PENDING;
	return request == WEIR_TOP_ASK_INFO ? WEIR_TOP_ROUND : WEIR_TOP_DONE;
}

static enum weir__top_outcome fetch_send(struct weir__top_fetch *f, enum weir__top_request request)
{
	int err = weir__http_begin(f->http, requests[request].path, weir_buf_view(&f->body));

	if (!err) {
		f->pending = request;
		return WEIR_TOP_PENDING;
	}
	weir_buf_reset(&f->why);
	weir_buf_str(&f->why, weir_str(weir_strerror(err)));
	return fetch_fails(f, request, WEIR_TOP_AWAY);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__top_fetch_init(struct weir__top_fetch *f, struct weir__http *http, const struct weir_clock *clock,
	struct weir__top_model *model, uint64_t limit)
{
	*f = (struct weir__top_fetch){.http = http, .clock = clock, .model = model, .limit = limit};
	weir_buf_init(&f->body, FETCH_BODY_MAX_BYTES);
	weir_buf_init(&f->why, FETCH_WHY_MAX_BYTES);
}

void weir__top_fetch_fini(struct weir__top_fetch *f)
{
	weir_buf_fini(&f->body);
	weir_buf_fini(&f->why);
}

enum weir__top_outcome weir__top_fetch_round(struct weir__top_fetch *f)
{
	enum weir__top_outcome outcome = WEIR_TOP_PENDING;

	for (enum weir__top_request r = WEIR_TOP_ASK_LAG; r <= WEIR_TOP_ASK_INFO && outcome == WEIR_TOP_PENDING; r++) {
		struct weir__http_reply reply;

		fetch_body(f, r);
		weir__http_post(f->http, requests[r].path, weir_buf_view(&f->body), &reply);
		outcome = fetch_answer(f, r, &reply);
	}
	return outcome;
}

enum weir__top_outcome weir__top_fetch_begin(struct weir__top_fetch *f)
{
	fetch_body(f, WEIR_TOP_ASK_LAG);
	return fetch_send(f, WEIR_TOP_ASK_LAG);
}

enum weir__top_outcome weir__top_fetch_disconnect(
	struct weir__top_fetch *f, struct weir_str user, struct weir_str client)
{
	weir_buf_reset(&f->body);
	weir_buf_lit(&f->body, "{\"user\":");
	weir_buf_str(&f->body, user);
	weir_buf_lit(&f->body, ",\"client\":");
	weir_buf_str(&f->body, client);
	weir_buf_char(&f->body, '}');
	return fetch_send(f, WEIR_TOP_ASK_DISCONNECT);
}

enum weir__top_outcome weir__top_fetch_wait(struct weir__top_fetch *f, struct pollfd *fds, unsigned n, int timeout_ms)
{
	enum weir__top_request request = f->pending;
	enum weir__top_outcome outcome;
	struct weir__http_reply reply;

	if (!weir__http_wait(f->http, fds, n, timeout_ms, &reply))
		return WEIR_TOP_PENDING;
	f->pending = WEIR_TOP_ASK_NOTHING;
	outcome = fetch_answer(f, request, &reply);
	if (outcome != WEIR_TOP_PENDING)
		return outcome;
	fetch_body(f, WEIR_TOP_ASK_INFO);
	return fetch_send(f, WEIR_TOP_ASK_INFO);
}
