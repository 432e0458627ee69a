/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is published, and in which format (protocol.md §14.2): `data` is JSON; `b64data`, which wins, is what `format` says, and
 * without that what its bytes look like. Worker's thread.
 */
#include "api_priv.h"
#include "weir/base/base64.h"
#include "weir/event/msgpack_scan.h"

enum format { FORMAT_OPEN, FORMAT_JSON, FORMAT_MSGPACK, FORMAT_BINARY, FORMAT_COUNT };

static const char *const formats[] = {
	[FORMAT_OPEN] = "", [FORMAT_JSON] = "json", [FORMAT_MSGPACK] = "msgpack", [FORMAT_BINARY] = "binary"};

static bool bad(struct api_call *c, const char *why)
{
	return weir__api_fail(&c->error, WEIR_ERROR_BAD_REQUEST, why);
}

static bool decode(struct api_call *c)
{
	struct api_work *w = c->work;
	int r;

	weir_buf_reset(&w->payload);
	if (!weir_buf_reserve(&w->payload, w->params.b64data.n))
		return weir__api_fail(&c->error, WEIR_ERROR_INTERNAL, NULL);
	r = weir_base64_decode(&w->payload, w->params.b64data);
	if (r == WEIR_EPARSE)
		return bad(c, "bad base64");
	return r == 0 || weir__api_fail(&c->error, WEIR_ERROR_INTERNAL, NULL);
}

/* A null as a whole is absent. */
static bool take_json(struct api_call *c, struct weir_json value)
{
	return weir__api_value(
		c, value.type == WEIR_JSON_NULL ? WEIR_STR_NONE : value.text, WEIR_STR_NONE, &c->work->data);
}

static bool take_msgpack(struct api_call *c, struct weir_str bytes)
{
	const struct weir_msgpack_limits limits = {.depth = WEIR_MSGPACK_DEPTH, .elements = UINT32_MAX, .ext = true};
	size_t used;
	int r = weir_msgpack_scan(bytes, &limits, &used);

	if (r == WEIR_EDEPTH)
		return bad(c, "b64data is nested too deeply");
	if (r || used != bytes.n)
		return bad(c, "b64data is not one MessagePack value, as format says");
	c->work->format = WEIR_PAYLOAD_MSGPACK;
	if (bytes.p[0] != '\xc0')
		c->work->data = bytes;
	return true;
}

static bool take_decoded(struct api_call *c, enum format format)
{
	struct weir_str bytes = weir_str_n(c->work->payload.p, c->work->payload.len);
	struct weir_json value;
	int r = WEIR_EPARSE;

	if (format == FORMAT_MSGPACK)
		return take_msgpack(c, bytes);
	if (format != FORMAT_BINARY)
		r = weir_json_check(bytes, WEIR_JSON_DEPTH, &value, NULL);
	if (r == 0)
		return take_json(c, value);
	if (r == WEIR_EDEPTH)
		return bad(c, "b64data is nested too deeply");
	if (format == FORMAT_JSON)
		return bad(c, "b64data is not JSON, as format says");
	c->work->format = WEIR_PAYLOAD_BINARY;
	c->work->data = bytes;
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir__api_payload(struct api_call *c)
{
	struct api_work *w = c->work;
	const struct api_params *p = &w->params;
	unsigned format = 0;

	while (format < FORMAT_COUNT && !weir_str_is(p->format, formats[format]))
		format++;
	if (format == FORMAT_COUNT)
		return bad(c, "format must be json, msgpack or binary");
	if (p->b64data.n || (p->b64data.p && !p->data.p && format == FORMAT_BINARY))
		return decode(c) && take_decoded(c, (enum format)format);
	if (p->data.p && format > FORMAT_JSON)
		return bad(c, "data is JSON: b64data is for other formats");
	return weir__api_value(c, p->data, WEIR_STR_NONE, &w->data);
}
