/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Publishing by POST /events/CHANNEL: a request for each event. Tags are headers, so their names are lower case. Text is
 * sent as JSON, as by every door; only here bytes that are no text can be published too.
 */
#include <stdlib.h>

#include "percent_priv.h"
#include "pub_priv.h"
#include "weir/base/mem.h"
#include "weir/base/utf8.h"

#define EVENTS_HEADER_MAX_BYTES 65536

struct pub_events {
	const struct weir__pub_options *o;
	struct weir__http *http;
	struct weir_buf path;  /* ends with NUL */
	struct weir_buf *line; /* header lines that all requests have; each ends with NUL */
	size_t n_lines;
	struct weir_buf key;
	struct weir_buf body;
	const char **header;
};

static bool events_is_tag_name(struct weir_str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && !strchr("._-", c))
			return false;
	}
	return name.n > 0;
}

/* As it arrives: a header's value loses its outer blanks. */
static bool events_is_value(struct weir_str value)
{
	for (size_t i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] < 0x20 || value.p[i] == 0x7f)
			return false;
	return weir_str_trim(value).n == value.n;
}

/* NAME and MORE_NAME together, then SCHEME before the value. */
static int events_add_line(
	struct pub_events *e, const char *name, struct weir_str more_name, const char *scheme, struct weir_str value)
{
	struct weir_buf *line = &e->line[e->n_lines++];

	weir_buf_init(line, EVENTS_HEADER_MAX_BYTES);
	/* libcurl wants a semicolon before an empty value */
	weir_buf_printf(line, "%s%.*s%s%s", name, WEIR_STR_FMT(more_name), value.n ? ": " : ";", scheme);
	weir_buf_str(line, value);
	weir_buf_char(line, '\0');
	return line->failed || !events_is_value(value) ? WEIR_EINVALID : 0;
}

static int events_add_tag(struct pub_events *e, const char *text)
{
	struct weir_str value = weir_str(text), name = weir_str_cut(&value, '=');

	return events_is_tag_name(name) ? events_add_line(e, "X-Weir-Tag-", name, "", value) : WEIR_EINVALID;
}

static int events_add_lines(struct pub_events *e)
{
	int err = 0;

	if (e->o->key && *e->o->key)
		err = events_add_line(e, "X-API-Key", WEIR_STR(""), "", weir_str(e->o->key));
	else if (e->o->token && *e->o->token)
		err = events_add_line(e, "Authorization", WEIR_STR(""), "Bearer ", weir_str(e->o->token));
	for (size_t i = 0; i < e->o->n_tags && !err; i++)
		err = events_add_tag(e, e->o->tag[i]);
	return err;
}

/* The Content-Type of the data, which goes to e->body, or as it is where that stays empty. */
static const char *events_body(struct pub_events *e, struct weir_str data, struct weir_str *body)
{
	weir_buf_reset(&e->body);
	if (!weir_utf8_valid(data)) {
		*body = data;
		return "Content-Type: application/octet-stream";
	}
	if (weir_json_check(data, WEIR_JSON_DEPTH, NULL, NULL) == 0) {
		*body = weir_str_trim(data);
	} else {
		weir_json_append_string(&e->body, data);
		*body = weir_buf_view(&e->body);
	}
	return "Content-Type: application/json";
}

static enum weir__pub_outcome events_one(
	struct pub_events *e, struct weir__pub_line *line, struct weir_buf *why, uint64_t *retry_after_s)
{
	enum weir__pub_outcome outcome;
	struct weir__http_reply reply;
	struct weir_json answer;
	struct weir_str body;
	size_t n = 0;

	e->header[n++] = events_body(e, line->text, &body);
	for (size_t i = 0; i < e->n_lines; i++)
		e->header[n++] = e->line[i].p;
	if (e->o->idempotency_key) {
		weir_buf_reset(&e->key);
		weir_buf_lit(&e->key, "Idempotency-Key: ");
		weir__pub_append_key(&e->key, e->o, line);
		weir_buf_char(&e->key, '\0');
		e->header[n++] = e->key.failed ? NULL : e->key.p;
	}
	e->header[n] = NULL;
	weir__http_post_with(e->http, e->path.p, e->header, body, &reply);
	*retry_after_s = reply.retry_after_s;
	weir_buf_reset(why);
	weir__pub_append_line(why, line);
	outcome = weir__pub_answer(&reply, &answer, why);
	line->done = outcome == WEIR_PUB_OK;
	return outcome;
}

static enum weir__pub_outcome events_publish(
	void *state, struct weir__pub_line *lines, size_t n, struct weir_buf *why, uint64_t *retry_after_s)
{
	enum weir__pub_outcome outcome = WEIR_PUB_OK;

	for (size_t i = 0; i < n && outcome == WEIR_PUB_OK; i++)
		if (!lines[i].done)
			outcome = events_one(state, &lines[i], why, retry_after_s);
	return outcome;
}

static void events_close(void *state)
{
	struct pub_events *e = state;

	weir__http_free(&e->http);
	weir_buf_fini(&e->path);
	weir_buf_fini(&e->key);
	weir_buf_fini(&e->body);
	for (size_t i = 0; i < e->n_lines; i++)
		weir_buf_fini(&e->line[i]);
	free(e->line);
	free(e->header);
	free(e);
}

static int events_open(const struct weir__pub_options *o, void **state)
{
	struct pub_events *e = weir_xcalloc(1, sizeof(*e));
	int err = weir__http_new(o->server, NULL, &e->http);

	e->o = o;
	e->line = weir_xcalloc(o->n_tags + 1, sizeof(*e->line));
	e->header = weir_xcalloc(o->n_tags + 4, sizeof(*e->header));
	weir_buf_init(&e->path, EVENTS_HEADER_MAX_BYTES);
	weir_buf_init(&e->key, EVENTS_HEADER_MAX_BYTES);
	weir_buf_init(&e->body, 8 * PUB_DATA_MAX_BYTES);
	weir_buf_lit(&e->path, "/events/");
	weir__append_percent(&e->path, weir_str(o->channel));
	weir_buf_char(&e->path, '\0');
	if (!err && o->idempotency_key && !events_is_value(weir_str(o->idempotency_key)))
		err = WEIR_EINVALID;
	if (!err)
		err = e->path.failed ? WEIR_EINVALID : events_add_lines(e);
	*state = e;
	if (err)
		events_close(e);
	return err;
}

/* ------------------------------------------------------------------------------------------------------------------ */

const struct weir__pub_way weir__pub_by_events = {
	.open = events_open, .publish = events_publish, .close = events_close};
