/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Publishing by the HTTP API: one event by /api/publish, lines together by /api/batch. Every line has an idempotency
 * key, so a repetition publishes nothing twice.
 */
#include <stdlib.h>

#include "json_pick_priv.h"
#include "pub_priv.h"
#include "weir/base/mem.h"

#define API_BODY_MAX_BYTES (80 << 20) /* control characters, escaped, with the tags of each event */

struct pub_api {
	const struct weir__pub_options *o;
	struct weir__http *http;
	struct weir_buf body, key;
};

static enum weir__pub_outcome api_complain(struct weir_buf *why, const struct weir__pub_line *line, const char *what)
{
	weir__pub_append_line(why, line);
	weir_buf_str(why, weir_str(what));
	return WEIR_PUB_FAILED;
}

static int api_append(struct pub_api *a, const struct weir__pub_line *line)
{
	weir_buf_reset(&a->key);
	weir__pub_append_key(&a->key, a->o, line);
	return weir__pub_append_request(&a->body, a->o, line->text, weir_buf_view(&a->key));
}

static enum weir__pub_outcome api_one(
	struct pub_api *a, struct weir__pub_line *line, struct weir_buf *why, uint64_t *retry_after_s)
{
	enum weir__pub_outcome outcome;
	struct weir__http_reply reply;
	struct weir_json answer;

	if (api_append(a, line))
		return api_complain(why, line, weir_strerror(WEIR_EUTF8));
	if (a->body.failed)
		return api_complain(why, line, "the data is too long");
	weir__http_post(a->http, "/api/publish", weir_buf_view(&a->body), &reply);
	*retry_after_s = reply.retry_after_s;
	outcome = weir__pub_answer(&reply, &answer, why);
	if (outcome == WEIR_PUB_OK)
		outcome = weir__pub_result(answer, why);
	line->done = outcome == WEIR_PUB_OK;
	return outcome;
}

static enum weir__pub_outcome api_build(
	struct pub_api *a, const struct weir__pub_line *lines, size_t n, struct weir_buf *why)
{
	const char *comma = "";

	weir_buf_lit(&a->body, "{\"commands\":[");
	for (size_t i = 0; i < n; i++) {
		if (lines[i].done)
			continue;
		weir_buf_printf(&a->body, "%s{\"publish\":", comma);
		if (api_append(a, &lines[i]))
			return api_complain(why, &lines[i], weir_strerror(WEIR_EUTF8));
		weir_buf_char(&a->body, '}');
		comma = ",";
	}
	weir_buf_lit(&a->body, "]}");
	return a->body.failed ? api_complain(why, &lines[0], "too long") : WEIR_PUB_OK;
}

/* The request as a whole was answered with an error, or with something that answers nothing. */
static enum weir__pub_outcome api_no_replies(struct weir_json answer, struct weir_buf *why)
{
	enum weir__pub_outcome outcome;

	weir_buf_reset(why);
	outcome = weir__pub_result(answer, why);
	if (outcome != WEIR_PUB_OK)
		return outcome;
	weir_buf_lit(why, "the answer is not that of a broker");
	return WEIR_PUB_FAILED;
}

/* Matches the replies with the lines that were sent. The first error that is final ends it. */
static enum weir__pub_outcome api_results(
	struct weir__pub_line *lines, size_t n, struct weir_json answer, struct weir_buf *why)
{
	static const char *const names[] = {"replies"};
	enum weir__pub_outcome outcome, all = WEIR_PUB_OK;
	struct weir_json replies, reply;
	struct weir_json_iter it;

	weir__json_pick(answer, names, &replies, 1);
	if (replies.type != WEIR_JSON_ARRAY)
		return api_no_replies(answer, why);
	it = weir_json_elements(replies);
	for (size_t i = 0; i < n && all != WEIR_PUB_FAILED; i++) {
		if (lines[i].done)
			continue;
		if (!weir_json_next_element(&it, &reply))
			return api_no_replies(answer, why);
		weir_buf_reset(why);
		weir__pub_append_line(why, &lines[i]);
		outcome = weir__pub_result(reply, why);
		lines[i].done = outcome == WEIR_PUB_OK;
		if (outcome != WEIR_PUB_OK)
			all = outcome;
	}
	return all;
}

static enum weir__pub_outcome api_publish(
	void *state, struct weir__pub_line *lines, size_t n, struct weir_buf *why, uint64_t *retry_after_s)
{
	enum weir__pub_outcome outcome;
	struct weir__http_reply reply;
	struct pub_api *a = state;
	struct weir_json answer;

	weir_buf_reset(&a->body);
	if (n == 1 && !lines[0].number)
		return api_one(a, lines, why, retry_after_s);
	outcome = api_build(a, lines, n, why);
	if (outcome != WEIR_PUB_OK)
		return outcome;
	weir__http_post(a->http, "/api/batch", weir_buf_view(&a->body), &reply);
	*retry_after_s = reply.retry_after_s;
	outcome = weir__pub_answer(&reply, &answer, why);
	return outcome == WEIR_PUB_OK ? api_results(lines, n, answer, why) : outcome;
}

static void api_close(void *state)
{
	struct pub_api *a = state;

	weir__http_free(&a->http);
	weir_buf_fini(&a->body);
	weir_buf_fini(&a->key);
	free(a);
}

static int api_open(const struct weir__pub_options *o, void **state)
{
	struct pub_api *a = weir_xcalloc(1, sizeof(*a));
	int err = weir__http_new(o->server, o->key, &a->http);

	a->o = o;
	weir_buf_init(&a->body, API_BODY_MAX_BYTES);
	weir_buf_init(&a->key, 4096);
	*state = a;
	if (err)
		api_close(a);
	return err;
}

/* ------------------------------------------------------------------------------------------------------------------ */

const struct weir__pub_way weir__pub_by_api = {.open = api_open, .publish = api_publish, .close = api_close};
