/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a subscribe that concern its queue (protocol.md §14.3): what the token says, what the subscriber asks
 * for, what is granted, and the answer that tells it. What is wrong in a token is for the log, not for the client.
 * Worker's thread.
 */
#include "session_priv.h"

#include "weir/event/channel.h"

#define MESSAGE_BYTES 2048
#define ANSWER_BYTES  65536

static int read_options(
	struct weir_json object, struct weir_buf *text, struct weir_sub_options *out, struct weir_buf *why)
{
	int err = weir_sub_options_read(object, text, out, why);

	return err == WEIR_EINVALID ? WEIR_ERROR_BAD_REQUEST : err ? WEIR_ERROR_INTERNAL : 0;
}

static int read_claim(struct weir_session *s, struct weir_str object, struct sub_choice *x)
{
	int code = read_options((struct weir_json){WEIR_JSON_OBJECT, object}, &x->texts[0], &x->claim, &x->why);

	if (code == WEIR_ERROR_BAD_REQUEST) {
		weir_slog(s->all->log, SESSION, INFO, "token refused", WEIR_F_CSTR("client", s->id),
			WEIR_F_CSTR("claim", "weir"), WEIR_F_STR("why", weir_buf_view(&x->why)));
		code = WEIR_ERROR_PERMISSION;
	}
	weir_buf_reset(&x->why);
	return code;
}

static bool is_empty_string(struct weir_json v)
{
	return v.type == WEIR_JSON_STRING && weir_str_is(v.text, "\"\"");
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__choice_init(struct sub_choice *x)
{
	*x = (struct sub_choice){0};
	weir_buf_init(&x->texts[0], SIZE_MAX / 2);
	weir_buf_init(&x->texts[1], SIZE_MAX / 2);
	weir_buf_init(&x->why, MESSAGE_BYTES);
	weir_buf_init(&x->answer, ANSWER_BYTES);
}

void weir__choice_fini(struct sub_choice *x)
{
	weir_buf_fini(&x->texts[0]);
	weir_buf_fini(&x->texts[1]);
	weir_buf_fini(&x->why);
	weir_buf_fini(&x->answer);
}

int weir__choice_of_claims(struct weir_session *s, const struct weir_claims *claims, struct sub_choice *x,
	struct weir_filter *filters[WEIR_SUB_FILTERS])
{
	int code = claims->weir.p ? read_claim(s, claims->weir, x) : 0, err;

	if (code)
		return code;
	err = weir__filter_of_claims(s, claims, x->claim.filter, &filters[WEIR_SUB_FILTER_ENFORCED]);
	return err == WEIR_EINVALID ? WEIR_ERROR_PERMISSION : err ? WEIR_ERROR_INTERNAL : 0;
}

int weir__choice_of_command(const struct weir_subscribe_command *c, struct sub_choice *x)
{
	struct weir_json object;
	int code = 0;

	weir_buf_lit(&x->why, "bad request: data.weir");
	if (weir_options_find(c->data, &object, &x->why))
		return WEIR_ERROR_BAD_REQUEST;
	if (object.type)
		code = read_options(object, &x->texts[1], &x->asked, &x->why);
	if (code != WEIR_ERROR_BAD_REQUEST)
		weir_buf_reset(&x->why);
	return code;
}

int weir__choice_filters(struct weir_session *s, const struct weir_subscribe_command *c,
	const struct weir_namespace *ns, struct sub_choice *x, struct weir_filter *filters[WEIR_SUB_FILTERS])
{
	struct weir_json tf = {0};
	int err = 0;

	if (!c->tf.p && (!x->asked.filter.type || is_empty_string(x->asked.filter)))
		return 0;
	weir_buf_lit(&x->why, "filter: ");
	if (!ns->allow_tags_filter) {
		weir_buf_lit(&x->why, "not allowed for this channel");
		return WEIR_ERROR_BAD_REQUEST;
	}
	if (c->delta.n) {
		weir_buf_lit(&x->why, "cannot be combined with delta");
		return WEIR_ERROR_BAD_REQUEST;
	}
	if (c->tf.p && weir_json_check(c->tf, WEIR_JSON_DEPTH, &tf, NULL) < 0)
		return WEIR_ERROR_BAD_REQUEST; /* deeper than a tree can be */
	if (tf.type)
		err = weir__filter_compile_tree(s, tf, &filters[WEIR_SUB_FILTER_TREE], &x->why);
	if (!err && x->asked.filter.type)
		err = weir__filter_compile(s, x->asked.filter, &filters[WEIR_SUB_FILTER_OPTION], &x->why);
	if (err == WEIR_EINVALID)
		return WEIR_ERROR_BAD_REQUEST;
	weir_buf_reset(&x->why);
	return err ? WEIR_ERROR_INTERNAL : 0;
}

int weir__choice_resolve(
	struct sub_choice *x, const struct weir_namespace *ns, struct weir_str channel, bool recoverable)
{
	enum weir_refusal refusal;

	weir_buf_lit(&x->why, "bad request: ");
	refusal = weir_queue_options_resolve(ns, recoverable, &x->claim, &x->asked, &x->got, &x->why);
	if (refusal == WEIR_REFUSAL_BAD)
		return WEIR_ERROR_BAD_REQUEST;
	weir_buf_reset(&x->why);
	if (refusal == WEIR_REFUSAL_DENIED)
		return WEIR_ERROR_PERMISSION;
	if (x->asked.given || weir_channel_is_pattern(channel))
		weir_queue_options_write(&x->got, &x->answer);
	return x->answer.failed ? WEIR_ERROR_INTERNAL : 0;
}
