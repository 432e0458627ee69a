/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `weir pub` sends and what the answer means. Whatever may have gone wrong on the way, or for a while only, is
 * worth a repetition: no answer, a gateway's status, error 100. Pure.
 */
#include "pub_priv.h"

#include "json_pick_priv.h"
#include "weir/base/utf8.h"

#define STATUS_TEXT_MAX_BYTES 200
#define ERROR_INTERNAL        100 /* also "unavailable" and "unknown" */

static bool status_is_temporary(long status)
{
	return status == 408 || status == 429 || status >= 500;
}

/* An error object, as POST /events answers with. */
static bool status_error(struct weir_buf *why, struct weir_str body)
{
	static const char *const names[] = {"error"};
	struct weir_json object, error;

	if (weir_json_check(body, WEIR_JSON_DEPTH, &object, NULL))
		return false;
	weir__json_pick(object, names, &error, 1);
	if (error.type != WEIR_JSON_OBJECT)
		return false;
	weir__json_error(error, why, NULL);
	return true;
}

static void status_text(struct weir_buf *why, long status, struct weir_str body)
{
	struct weir_str line;

	if (status_error(why, body))
		return;
	line = weir_str_cut(&body, '\n');
	if (status == 401)
		weir_buf_lit(why, "unauthorized");
	else if (line.n)
		weir__append_printable(why, weir_utf8_prefix(line, STATUS_TEXT_MAX_BYTES));
	else
		weir_buf_lit(why, "refused");
	weir_buf_printf(why, " (HTTP status %ld)", status);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__pub_add_tag(struct weir_buf *tags, const char *text)
{
	struct weir_str value = weir_str(text), name = weir_str_cut(&value, '=');

	if (!name.n || !value.p || !weir_utf8_valid(weir_str(text)))
		return WEIR_EINVALID;
	if (tags->len)
		weir_buf_char(tags, ',');
	weir_json_append_string(tags, name);
	weir_buf_char(tags, ':');
	weir_json_append_string(tags, value);
	return 0;
}

void weir__pub_append_line(struct weir_buf *why, const struct weir__pub_line *line)
{
	if (line->number)
		weir_buf_printf(why, "line %llu: ", (unsigned long long)line->number);
}

void weir__pub_append_key(struct weir_buf *out, const struct weir__pub_options *o, const struct weir__pub_line *line)
{
	if (!o->idempotency_key)
		return;
	weir_buf_str(out, weir_str(o->idempotency_key));
	if (line->number)
		weir_buf_printf(out, "-%llu", (unsigned long long)line->number);
}

int weir__pub_append_data(struct weir_buf *out, struct weir_str data)
{
	if (weir_json_check(data, WEIR_JSON_DEPTH, NULL, NULL) == 0) {
		weir_json_append_one_line(out, weir_str_trim(data));
		return 0;
	}
	if (!weir_utf8_valid(data))
		return WEIR_EUTF8;
	weir_json_append_string(out, data);
	return 0;
}

int weir__pub_append_request(
	struct weir_buf *out, const struct weir__pub_options *o, struct weir_str data, struct weir_str key)
{
	struct weir_json json;
	bool is_json = weir_json_check(data, WEIR_JSON_DEPTH, &json, NULL) == 0;

	if (!is_json && !weir_utf8_valid(data))
		return WEIR_EUTF8;
	weir_buf_lit(out, "{\"channel\":");
	weir_json_append_string(out, weir_str(o->channel));
	weir_buf_lit(out, ",\"data\":");
	if (is_json)
		weir_buf_str(out, json.text);
	else
		weir_json_append_string(out, data);
	if (o->tags.len) {
		weir_buf_lit(out, ",\"tags\":{");
		weir_buf_str(out, weir_buf_view(&o->tags));
		weir_buf_char(out, '}');
	}
	if (key.n) {
		weir_buf_lit(out, ",\"idempotency_key\":");
		weir_json_append_string(out, key);
	}
	weir_buf_char(out, '}');
	return 0;
}

enum weir__pub_outcome weir__pub_answer(
	const struct weir__http_reply *reply, struct weir_json *object, struct weir_buf *why)
{
	if (!reply->status) {
		weir__append_printable(why, weir_str(reply->error));
		return WEIR_PUB_AGAIN;
	}
	if (reply->status != 200) {
		status_text(why, reply->status, reply->body);
		return status_is_temporary(reply->status) ? WEIR_PUB_AGAIN : WEIR_PUB_FAILED;
	}
	if (weir_json_check(reply->body, WEIR_JSON_DEPTH, object, NULL) == 0 && object->type == WEIR_JSON_OBJECT)
		return WEIR_PUB_OK;
	weir_buf_lit(why, "the answer is not that of a broker");
	return WEIR_PUB_FAILED;
}

enum weir__pub_outcome weir__pub_result(struct weir_json object, struct weir_buf *why)
{
	static const char *const names[] = {"error"};
	struct weir_json error;
	uint64_t code;
	bool again;

	weir__json_pick(object, names, &error, 1);
	if (!error.type)
		return WEIR_PUB_OK;
	again = weir__json_error(error, why, &code);
	return again || code == ERROR_INTERNAL ? WEIR_PUB_AGAIN : WEIR_PUB_FAILED;
}
