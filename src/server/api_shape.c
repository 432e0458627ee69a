/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a body to its calls: one call, a batch, or the older endpoint's commands one after the other. The whole body is
 * looked through before anything is done: a 400 means that nothing has happened. Worker's thread.
 */
#include <errno.h>
#include <stdio.h>

#include "api_priv.h"

/* A body being read. */
struct shape {
	struct api_request *q;
	struct weir_buf text;
	char why[API_WHY_MAX];
};

struct batch_json {
	struct weir_str commands;
	bool parallel;
};

static const struct weir_member batch_members[] = {
	WEIR_MEMBER(batch_json, commands, ARRAY),
	WEIR_MEMBER(batch_json, parallel, BOOL),
};

struct command_json {
	struct weir_str method, params;
	uint32_t id;
};

static const struct weir_member command_members[] = {
	WEIR_MEMBER(command_json, method, RAW),
	WEIR_MEMBER(command_json, params, RAW),
	WEIR_MEMBER(command_json, id, U32),
};

static void shape_init(struct shape *s, struct weir_api *api, struct weir_http_request *http, enum api_shape shape)
{
	s->q = weir__api_request_new(api, http, shape);
	s->why[0] = '\0';
	weir_buf_init(&s->text, SIZE_MAX);
}

/* The request, or what is wrong with the body is answered and it is NULL. */
static struct api_request *shape_finish(struct shape *s, int r)
{
	struct api_request *q = s->q;
	struct api_error away = weir__api_status(WEIR_EUNAVAILABLE);
	struct api_error too_many = {WEIR_ERROR_BAD_REQUEST, "too many commands", false};

	weir_buf_fini(&s->text);
	if (!r)
		return q;
	if (r == WEIR_EPARSE)
		weir__api_answer_bad(q->api, q->http, s->why);
	else if (r == WEIR_ELIMIT)
		weir__api_answer_error(q->http, 200, &too_many);
	else
		weir__api_answer_error(q->http, 503, &away);
	weir__api_request_free(q);
	return NULL;
}

static int shape_wrong(struct shape *s, const char *why)
{
	snprintf(s->why, sizeof(s->why), "%s", why);
	return WEIR_EPARSE;
}

static int shape_object(struct shape *s, struct weir_str body, struct weir_json *object)
{
	int r = weir_json_check(body, API_DEPTH, object, NULL);

	if (r == WEIR_EDEPTH)
		return shape_wrong(s, "nested too deeply");
	if (r)
		return shape_wrong(s, "not valid JSON");
	return object->type == WEIR_JSON_OBJECT ? 0 : shape_wrong(s, "must be an object");
}

/* A call that has failed before it began. */
static int shape_add_failed(struct shape *s, enum weir_error_code code, const char *message)
{
	struct api_call *c = weir__api_add(s->q, NULL, WEIR_STR_NONE);

	if (!c)
		return -ENOMEM;
	weir__api_fail(&c->error, code, message);
	return 0;
}

/* Also WEIR_EPARSE: the parameters are of the wrong types; the call is not added then. */
static int shape_add(struct shape *s, const struct api_method *method, struct weir_str params)
{
	struct api_params ignored;
	int r = weir__api_parse(method, params, &s->text, &ignored, s->why);

	if (r)
		return r;
	return weir__api_add(s->q, method, params) ? 0 : -ENOMEM;
}

/* ---- batch ---- */

static int batch_element(struct shape *s, struct weir_json element)
{
	struct weir_json_iter it = weir_json_members(element);
	const struct api_method *method = NULL, *other;
	struct weir_json value, params = {0};
	struct weir_str name;

	if (element.type == WEIR_JSON_NULL)
		return shape_add_failed(s, WEIR_ERROR_BAD_REQUEST, NULL);
	if (element.type != WEIR_JSON_OBJECT)
		return shape_wrong(s, "\"commands\" must hold objects only");
	while (weir_json_next_member(&it, &name, &value)) {
		other = weir__api_method_quoted(name);
		if (!other || value.type == WEIR_JSON_NULL)
			continue;
		if (method)
			return shape_wrong(s, "a command must have one method");
		method = other;
		params = value;
	}
	if (!method)
		return shape_add_failed(s, WEIR_ERROR_METHOD, "not found");
	if (params.type != WEIR_JSON_OBJECT) {
		snprintf(s->why, sizeof(s->why), "\"%s\" must be an object", method->name);
		return WEIR_EPARSE;
	}
	return shape_add(s, method, params.text);
}

static int batch_read(struct shape *s, struct weir_str body)
{
	struct batch_json batch = {0};
	struct weir_json_iter it;
	struct weir_json value;
	int r = shape_object(s, body, &value);

	if (!r)
		r = weir__api_members(value.text, batch_members, WEIR_ARRAY_LEN(batch_members), NULL, &batch, s->why);
	s->q->parallel = batch.parallel;
	it = weir_json_elements((struct weir_json){WEIR_JSON_ARRAY, batch.commands});
	while (!r && weir_json_next_element(&it, &value))
		r = s->q->n_calls < API_CALLS_MAX ? batch_element(s, value) : WEIR_ELIMIT;
	return r;
}

/* ---- the older endpoint ---- */

/* By name or number; absent: the first of the enum. *unknown: a number that no method has. */
static int legacy_method(struct shape *s, struct weir_str raw, const struct api_method **method, bool *unknown)
{
	struct weir_json v;
	struct weir_str name;
	int64_t number = 0;

	*unknown = false;
	if (raw.p && weir_json_check(raw, 0, &v, NULL) < 0)
		return shape_wrong(s, "\"method\" must be a string");
	if (raw.p && v.type == WEIR_JSON_STRING) {
		weir_buf_reset(&s->text);
		if (weir_member_read(WEIR_MEMBER_STRING, v, &s->text, &name) < 0)
			return -ENOMEM;
		*method = weir__api_method_nocase(name);
		return *method ? 0 : shape_wrong(s, "unknown method");
	}
	if (raw.p && weir_json_i64(v, &number) < 0)
		return shape_wrong(s, "\"method\" must be a string");
	*method = weir__api_method_number(number);
	*unknown = !*method;
	return 0;
}

static int legacy_add(struct shape *s, const struct api_method *method, struct weir_str params)
{
	int r = WEIR_EPARSE;

	if (!params.p)
		params = WEIR_STR("{}");
	if (params.p[0] == '{')
		r = shape_add(s, method, params);
	return r == WEIR_EPARSE ? shape_add_failed(s, WEIR_ERROR_BAD_REQUEST, "params are malformed") : r;
}

static int legacy_command(struct shape *s, struct weir_json object)
{
	struct command_json command = {0};
	const struct api_method *method;
	bool unknown;
	int r;

	if (object.type != WEIR_JSON_OBJECT)
		return shape_wrong(s, "commands must be objects");
	r = weir__api_members(object.text, command_members, WEIR_ARRAY_LEN(command_members), NULL, &command, s->why);
	if (!r)
		r = legacy_method(s, command.method, &method, &unknown);
	if (!r)
		r = unknown ? shape_add_failed(s, WEIR_ERROR_METHOD, "not found")
			    : legacy_add(s, method, command.params);
	if (!r)
		s->q->calls[s->q->n_calls - 1].id = command.id;
	return r;
}

static int legacy_read(struct shape *s, struct weir_str body)
{
	struct weir_json object;
	int r;

	while (!(r = weir_json_take(&body, API_DEPTH, &object))) {
		r = s->q->n_calls < API_CALLS_MAX ? legacy_command(s, object) : shape_wrong(s, "too many commands");
		if (r)
			return r;
	}
	if (r != WEIR_ENOTFOUND)
		return shape_wrong(s, "not valid JSON");
	return s->q->n_calls ? 0 : shape_wrong(s, "no command");
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct api_request *weir__api_single(
	struct weir_api *api, struct weir_http_request *http, const struct api_method *method)
{
	struct weir_json object;
	struct shape s;
	int r;

	shape_init(&s, api, http, API_SINGLE);
	r = shape_object(&s, http->body, &object);
	if (!r)
		r = shape_add(&s, method, object.text);
	return shape_finish(&s, r);
}

struct api_request *weir__api_batch(struct weir_api *api, struct weir_http_request *http)
{
	struct shape s;

	shape_init(&s, api, http, API_BATCH);
	return shape_finish(&s, batch_read(&s, http->body));
}

struct api_request *weir__api_legacy(struct weir_api *api, struct weir_http_request *http)
{
	struct shape s;

	shape_init(&s, api, http, API_LEGACY);
	return shape_finish(&s, legacy_read(&s, http->body));
}
