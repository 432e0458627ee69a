/* SPDX-License-Identifier: Apache-2.0 */
/* The command publish. Worker's thread. */
#include "session_priv.h"

#include <stdlib.h>

#include "weir/event/channel.h"

struct publish_op {
	struct weir_session *session;
	uint32_t id;
};

static void on_published(struct weir_request *r)
{
	struct publish_op *op = r->ctx;
	struct weir_session *s = op->session;

	if (weir__session_answered(s)) {
		if (r->status)
			weir__session_fail(s, op->id, r->status);
		else
			weir__session_reply(s, &(struct weir_reply){.id = op->id, .method = WEIR_METHOD_PUBLISH});
	}
	free(op);
	weir_request_free(&r);
	weir__session_settle(s);
}

static enum weir_error_code publish_check(
	const struct weir_session *s, const struct weir_command *c, const struct weir_namespace **ns)
{
	enum weir_error_code code;

	if (!c->data.p)
		return WEIR_ERROR_BAD_REQUEST;
	*ns = weir_namespaces_resolve(s->all->config->namespaces, c->channel);
	if (!*ns)
		return WEIR_ERROR_UNKNOWN_CHANNEL;
	code = weir__check_channel(s, c->channel);
	if (code)
		return code;
	if (weir_channel_is_pattern(c->channel))
		return WEIR_ERROR_BAD_REQUEST;
	if (!weir__may_publish(s, *ns, c->channel, weir__sub_find(s, c->channel)))
		return WEIR_ERROR_PERMISSION;
	return 0;
}

static struct weir_event *publish_event(
	struct weir_session *s, const struct weir_command *c, const struct weir_namespace *ns)
{
	struct weir_client_info info = weir__session_info(s, weir__sub_find(s, c->channel));
	struct weir_buf *one_line = &s->all->out;
	int64_t now_us = weir_wall_us(s->all->worker->o.clock);
	struct weir_event_spec spec = {
		.channel = c->channel,
		.data = c->data,
		.format = c->format,
		.info = &info,
		.delta = ns->delta_publish,
		.time_ms = now_us / 1000,
		.time_us = (unsigned)(now_us % 1000),
	};

	if (c->format == WEIR_PAYLOAD_JSON &&
		(memchr(c->data.p, '\r', c->data.n) || memchr(c->data.p, '\n', c->data.n))) {
		weir_buf_reset(one_line);
		weir_json_append_one_line(one_line, c->data);
		spec.data = weir_buf_view(one_line);
	}
	return weir_event_new(&spec);
}

/* ------------------------------------------------------------------------------------------------------------------ */

enum verdict weir__session_publish(struct weir_session *s, const struct weir_command *c)
{
	const struct weir_namespace *ns = NULL;
	enum weir_error_code code = publish_check(s, c, &ns);
	struct publish_op *op = NULL;
	struct weir_publish_request *r = NULL;
	struct weir_event *e;
	struct weir_request *base;

	if (code)
		goto error;
	code = WEIR_ERROR_INTERNAL;
	e = publish_event(s, c, ns);
	if (e && weir_namespace_refuses(ns, e)) {
		weir_event_unref(&e);
		code = WEIR_ERROR_BAD_REQUEST;
		goto error;
	}
	op = malloc(sizeof(*op));
	if (e)
		r = weir_publish_request_new(ns, e, WEIR_STR_NONE);
	if (!op || !r)
		goto error;
	*op = (struct publish_op){s, c->id};
	r->base.done = on_published;
	r->base.ctx = op;
	if (weir__session_ask(s, &r->base)) {
		weir_stat_add(&s->all->worker->stats, events_in, 1);
		return VERDICT_DONE;
	}
	base = &r->base;
	weir_request_free(&base);
	free(op);
	return VERDICT_WAIT;

error:
	free(op);
	if (r) {
		base = &r->base;
		weir_request_free(&base);
	}
	weir__session_error(s, c->id, code);
	return VERDICT_DONE;
}
