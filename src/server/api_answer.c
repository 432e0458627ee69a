/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of the API. A single call: {"result":…} or {"error":…}; a batch: its replies, each under the name of its
 * method; the older endpoint: one such object per command, on lines. What is only away for now is a 503. Worker's
 * thread.
 */
#include <stdio.h>

#include "api_priv.h"
#include "weir/wire/json.h"

#define RETRY_LINES "Retry-After: 1\r\n"

static void put_outcome(struct weir_buf *out, const struct api_call *c, const char *name)
{
	if (c->error.code) {
		weir__api_put_error(out, &c->error);
		return;
	}
	weir_json_key(out, name);
	weir_buf_str(out, weir_buf_view(&c->out));
}

static void put_batch(struct weir_buf *out, const struct api_request *q)
{
	weir_buf_lit(out, "{\"replies\":[");
	for (size_t i = 0; i < q->n_calls; i++) {
		const struct api_call *c = &q->calls[i];

		weir_json_comma(out);
		weir_buf_char(out, '{');
		put_outcome(out, c, c->method ? c->method->name : "");
		weir_buf_char(out, '}');
	}
	weir_buf_lit(out, "]}");
}

static void put_lines(struct weir_buf *out, const struct api_request *q)
{
	for (size_t i = 0; i < q->n_calls; i++) {
		const struct api_call *c = &q->calls[i];

		if (i)
			weir_buf_char(out, '\n');
		weir_buf_char(out, '{');
		if (c->id) {
			weir_json_key(out, "id");
			weir_buf_u64(out, c->id);
		}
		put_outcome(out, c, "result");
		weir_buf_char(out, '}');
	}
}

/* One call that is worth trying again says so in the status; several have their outcomes to tell. */
static bool answer_is_busy(const struct api_request *q)
{
	return q->shape != API_BATCH && q->n_calls == 1 && q->calls[0].error.busy;
}

static void answer_send(struct weir_http_request *http, int status, const struct weir_buf *body)
{
	if (body->failed)
		weir_http_respond(http, 503, NULL, WEIR_STR(RETRY_LINES), WEIR_STR(""));
	else
		weir_http_respond(http, status, "application/json",
			status == 503 ? WEIR_STR(RETRY_LINES) : WEIR_STR_NONE, weir_buf_view(body));
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct api_error weir__api_status(int status)
{
	switch (status) {
	case WEIR_EEPOCH:
		return (struct api_error){.code = WEIR_ERROR_UNRECOVERABLE};
	case WEIR_ELIMIT:
		return (struct api_error){WEIR_ERROR_BAD_REQUEST, "data is too large for the engine", false};
	case WEIR_ENOROOM:
	case WEIR_EUNAVAILABLE:
		return (struct api_error){WEIR_ERROR_INTERNAL, "unavailable", true};
	case WEIR_EUNKNOWN:
	case WEIR_ETIMEOUT:
		return (struct api_error){WEIR_ERROR_INTERNAL, "unknown", true};
	default:
		return (struct api_error){.code = WEIR_ERROR_INTERNAL};
	}
}

void weir__api_put_error(struct weir_buf *out, const struct api_error *e)
{
	weir_json_key(out, "error");
	weir_buf_lit(out, "{\"code\":");
	weir_buf_u64(out, e->code);
	weir_buf_lit(out, ",\"message\":");
	weir_json_append_string(out, weir_str(e->message ? e->message : weir_error_text(e->code)));
	weir_buf_char(out, '}');
}

void weir__api_answer(struct api_request *q)
{
	struct weir_http_request *http = q->http;
	bool busy = answer_is_busy(q);
	struct weir_buf body;

	if (busy)
		weir_stat_add(&q->api->o.worker->stats, api_unavailable, 1);
	if (q->post) {
		weir__events_post_answer(q, NULL);
		return;
	}
	q->http = NULL;
	weir_buf_init(&body, SIZE_MAX);
	if (q->shape == API_BATCH)
		put_batch(&body, q);
	else
		put_lines(&body, q);
	answer_send(http, busy ? 503 : 200, &body);
	weir_buf_fini(&body);
}

void weir__api_answer_error(struct weir_http_request *http, int status, const struct api_error *e)
{
	struct weir_buf body;

	weir_buf_init(&body, SIZE_MAX);
	weir_buf_char(&body, '{');
	weir__api_put_error(&body, e);
	weir_buf_char(&body, '}');
	answer_send(http, status, &body);
	weir_buf_fini(&body);
}

void weir__api_answer_bad(struct weir_api *api, struct weir_http_request *http, const char *why)
{
	api->counters.bad_requests++;
	weir_http_respond_error(http, 400, why, WEIR_STR_NONE);
}
