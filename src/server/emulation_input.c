/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /emulation: what a client of an emulated transport says. It goes to the hub, whichever worker has the session, so
 * that messages are in the order in which they were accepted, and the hub's answer is the request's. Whether there is
 * such a session is told to nobody. Worker's thread.
 */
#include <stdlib.h>

#include "emulation_priv.h"
#include "weir/wire/members.h"

#define BYTES_MAX ((size_t)8 << 20) /* of messages of one worker that are on their way to the hub */

static const struct weir_cors input_cors = {.methods = "POST, OPTIONS"};

struct emulation_call {
	struct weir_emulation *em;
	struct weir_http_request *http;
	size_t bytes;
};

static const struct weir_member members[] = {
	WEIR_MEMBER(weir__emulation_input, session, STRING),
	WEIR_MEMBER(weir__emulation_input, node, STRING),
	WEIR_MEMBER(weir__emulation_input, data, STRING),
};

static void input_accepted(struct weir_http_request *req)
{
	struct weir_buf lines;

	weir_buf_init(&lines, 2 * req->head->size + 512);
	weir_cors_lines(&lines, &input_cors, req->head, false);
	weir_http_respond(req, 204, NULL, lines.failed ? WEIR_STR_NONE : weir_buf_view(&lines), WEIR_STR(""));
	weir_buf_fini(&lines);
}

static void input_answer(struct weir_http_request *req, int status)
{
	switch (status) {
	case 0:
		input_accepted(req);
		break;
	case WEIR_ENOTFOUND:
		weir__emulation_refuse(req, 404, "no broker here has this node id", 0);
		break;
	case WEIR_EUNAVAILABLE:
		weir__emulation_refuse(req, 503, "unavailable", 1);
		break;
	case WEIR_EUNKNOWN:
	case WEIR_ETIMEOUT:
		weir__emulation_refuse(req, 503, "unknown: it may have been taken", 1);
		break;
	default:
		weir__emulation_refuse(req, 500, "internal server error", 0);
		break;
	}
}

static void on_taken(struct weir_request *r)
{
	struct emulation_call *call = r->ctx;
	struct weir_emulation *em = call->em;
	void (*closed)(struct weir_emulation * em) = em->closed;

	em->calls--;
	em->bytes -= call->bytes;
	input_answer(call->http, r->status);
	free(call);
	weir_request_free(&r);
	if (closed && !em->calls) {
		em->closed = NULL;
		closed(em);
	}
}

/* NULL: no memory. */
static struct weir_request *request_new(const struct weir__emulation_input *in)
{
	struct weir_control *control = weir_control_new(&(struct weir_control){
		.op = WEIR_CONTROL_INPUT, .session = in->session, .node = in->node, .data = in->data});
	struct weir_control_request *r = control ? weir_control_request_new(control) : NULL;

	return r ? &r->base : NULL;
}

static void input_ask(struct weir_emulation *em, struct weir_http_request *req, const struct weir__emulation_input *in)
{
	struct weir_request *r = request_new(in);
	struct emulation_call *call = r ? malloc(sizeof(*call)) : NULL;

	if (!call) {
		weir__emulation_refuse(req, 503, "out of memory", 1);
		weir_request_free(&r);
		return;
	}
	*call = (struct emulation_call){em, req, in->data.n};
	r->done = on_taken;
	r->ctx = call;
	em->calls++;
	em->bytes += call->bytes;
	if (weir_worker_ask(em->o.sessions->worker, r))
		return;
	em->calls--;
	em->bytes -= call->bytes;
	free(call);
	weir_request_free(&r);
	weir__emulation_refuse(req, 503, "no room for it now", 1);
}

/* A session of this worker that has fallen behind with its commands is asked to wait before it is told to go. */
static bool input_has_room(const struct weir_emulation *em, const struct weir__emulation_input *in)
{
	return em->bytes + in->data.n <= BYTES_MAX && weir_sessions_take(em->o.sessions, in->session, in->data.n);
}

/* ------------------------------------------------------------------------------------------------------------------ */

const char *weir__emulation_parse(struct weir_str body, struct weir_buf *text, struct weir__emulation_input *out)
{
	struct weir_json object;

	*out = (struct weir__emulation_input){0};
	if (weir_json_check(body, WEIR_JSON_DEPTH, &object, NULL) < 0 || object.type != WEIR_JSON_OBJECT)
		return "a JSON object is expected: {\"session\":\"…\",\"node\":\"…\",\"data\":\"…\"}";
	if (weir_members_read(object.text, members, WEIR_ARRAY_LEN(members), text, out, NULL) < 0)
		return "session, node and data are to be strings, each once";
	if (!out->session.n || !out->node.n || !out->data.p)
		return "session, node and data are expected, as the connect result gave the first two";
	return NULL;
}

void weir__emulation_on_input(void *ctx, struct weir_http_request *req)
{
	struct weir_emulation *em = ctx;
	struct weir__emulation_input in;
	struct weir_buf text;
	const char *wrong;

	if (!weir__emulation_enter(em, req, &input_cors))
		return;
	weir_buf_init(&text, req->body.n + 1);
	if (!weir_buf_reserve(&text, req->body.n + 1))
		weir__emulation_refuse(req, 503, "out of memory", 1);
	else if ((wrong = weir__emulation_parse(req->body, &text, &in)))
		weir__emulation_refuse(req, 400, wrong, 0);
	else if (!input_has_room(em, &in))
		weir__emulation_refuse(req, 503, "no room for it now", 1);
	else
		input_ask(em, req, &in);
	weir_buf_fini(&text);
}

void weir_emulation_close(struct weir_emulation *em, void (*closed)(struct weir_emulation *em))
{
	if (em->calls)
		em->closed = closed;
	else
		closed(em);
}
