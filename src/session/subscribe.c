/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands subscribe and unsubscribe. The order of the checks is part of the contract (protocol.md §4.2); each step
 * returns the error to answer, 0 to go on, or one of the two verdicts below. Worker's thread.
 */
#include "session_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "weir/event/channel.h"

/* Beside error codes, which are positive. */
#define STEP_OVER (-1) /* answered, or the session has been ended */
#define STEP_WAIT (-2)

#define BEHIND_BYTES 65536 /* that are to be written first */

struct subscribing {
	struct weir_session *s;
	const struct weir_command *command;
	const struct weir_subscribe_command *c;
	const struct weir_namespace *ns;
	struct weir_claims claims; /* zeroed without a token */
	struct sub_choice choice;
	struct sub_request request;
};

static int end_with(struct weir_session *s, enum weir_disconnect_code code)
{
	weir__session_end(s, code);
	return STEP_OVER;
}

static int check_name(struct subscribing *x)
{
	const struct weir_session *s = x->s;
	bool pattern = weir_channel_is_pattern(x->c->channel);

	if (x->c->channel.n > s->all->config->channel_max_length)
		return WEIR_ERROR_BAD_REQUEST;
	if (weir__sub_find(s, x->c->channel))
		return WEIR_ERROR_SUBSCRIBED;
	if (s->n_subs >= s->all->config->channel_limit || (pattern && weir__at_pattern_limit(s)))
		return WEIR_ERROR_LIMIT;
	x->ns = weir_namespaces_resolve(s->all->config->namespaces, x->c->channel);
	if (!x->ns)
		return WEIR_ERROR_UNKNOWN_CHANNEL;
	if (!s->admin && !weir__admits(x->ns, x->c->channel))
		return WEIR_ERROR_PERMISSION;
	if (weir__check_channel(s, x->c->channel))
		return WEIR_ERROR_BAD_REQUEST;
	return x->c->type ? WEIR_ERROR_PERMISSION : 0; /* only streams are served */
}

static int check_token(struct subscribing *x)
{
	struct weir_session *s = x->s;
	int err = weir__session_claims(s, x->c->token, &x->claims);

	if (err == -EAGAIN)
		return STEP_WAIT;
	if (err == WEIR_EEXPIRED)
		return WEIR_ERROR_TOKEN_EXPIRED;
	if (err == WEIR_EINVALID)
		return WEIR_ERROR_PERMISSION;
	if (err)
		return WEIR_ERROR_INTERNAL;
	if (!weir_str_eq(x->claims.channel, x->c->channel) || !weir_str_eq(x->claims.sub, weir__session_user(s)) ||
		(x->claims.client.p && !weir_str_is(x->claims.client, s->id)))
		return end_with(s, WEIR_DISCONNECT_INVALID_TOKEN);
	return 0;
}

static int check_permission(struct subscribing *x)
{
	if (weir_channel_is_stats(x->c->channel) && !x->s->admin)
		return WEIR_ERROR_PERMISSION;
	if (x->c->token.n)
		return check_token(x);
	if ((weir_channel_is_private(x->c->channel) && !x->s->admin) ||
		!weir__may_subscribe(x->s, x->ns, x->c->channel))
		return WEIR_ERROR_PERMISSION;
	return 0;
}

static int check_claim(struct subscribing *x)
{
	return weir__choice_of_claims(x->s, &x->claims, &x->choice, x->request.filters);
}

static int check_options(struct subscribing *x)
{
	return weir__choice_of_command(x->c, &x->choice);
}

static int check_filters(struct subscribing *x)
{
	return weir__choice_filters(x->s, x->c, x->ns, &x->choice, x->request.filters);
}

/* The token holds, but its expire_at is past. */
static int check_expiry(struct subscribing *x)
{
	return weir__session_is_past(x->s, x->claims.expire_at_s) ? WEIR_ERROR_EXPIRED : 0;
}

/* Will it get each event, so that the next may be a patch against it? */
static bool has_every_base(const struct subscribing *x)
{
	return !x->request.filters[WEIR_SUB_FILTER_ENFORCED] && !weir_overflow_drops_events(x->choice.got.overflow);
}

/* Complete only when the queue's options are resolved; what can be recovered is known before. */
static uint32_t grant(const struct subscribing *x)
{
	const struct weir_subscribe_command *c = x->c;
	const struct weir_namespace *ns = x->ns;
	bool pattern = weir_channel_is_pattern(c->channel);
	bool streams = weir__has_positions(ns, c->channel), reads = weir__may_history(x->s, ns, true);
	uint32_t flags = weir__grant_flags(ns, c->channel, x->claims.override);

	if (streams && c->recoverable && (ns->allow_recovery || reads))
		flags |= WEIR_SUB_RECOVERABLE | WEIR_SUB_POSITIONED;
	if (streams && c->positioned && (ns->allow_positioning || reads))
		flags |= WEIR_SUB_POSITIONED;
	if (c->join_leave && (flags & WEIR_SUB_EMITS) && weir__may_presence(x->s, ns, true))
		flags |= WEIR_SUB_JOIN_LEAVE;
	if (c->delta.n && x->s->codec->deltas && ns->delta_fossil && !pattern && has_every_base(x))
		flags |= WEIR_SUB_DELTA;
	if (pattern && (c->token.n || x->s->all->config->insecure || x->s->admin))
		flags |= WEIR_SUB_AUTHORIZED;
	if (x->claims.expire_at_s)
		flags |= WEIR_SUB_REFRESHED;
	return flags;
}

static int check_queue(struct subscribing *x)
{
	return weir__choice_resolve(&x->choice, x->ns, x->c->channel, grant(x) & WEIR_SUB_RECOVERABLE);
}

static void on_subscribed(
	struct weir_session *s, const struct sub_op *op, int status, const struct weir_subscribe_result *result)
{
	if (op->recover)
		s->recovering = false;
	if (status)
		weir__session_fail(s, op->id, status);
	else
		weir__session_reply(
			s, &(struct weir_reply){.id = op->id, .method = WEIR_METHOD_SUBSCRIBE, .subscribe = *result});
}

/*
 * Recovered events are a reply, which no policy makes smaller. Behind another that the socket has not taken it would
 * leave no room for the next event, and cost the client its connection.
 */
static bool is_behind(const struct weir_session *s)
{
	const struct weir_queue *q = &s->client.queue;

	if (s->codec->silent)
		return false; /* its door keeps what is recovered, and writes nothing before all is answered */
	return q->stuck_ms || (q->bytes > BEHIND_BYTES && weir_queue_ready_bytes(q) > BEHIND_BYTES);
}

static int start(struct subscribing *x)
{
	const struct weir_subscribe_command *c = x->c;
	struct sub_request *r = &x->request;
	int err;

	r->channel = c->channel;
	r->ns = x->ns;
	r->flags = grant(x);
	r->queue = x->choice.got;
	r->chan_info = x->claims.info;
	r->data = x->claims.data.p ? x->claims.data : weir_buf_view(&x->choice.answer);
	r->expire_at_s = x->claims.expire_at_s;
	r->recover = c->recover && (r->flags & WEIR_SUB_RECOVERABLE);
	r->reject_unrecovered = c->flag & WEIR_SUBSCRIBE_FLAG_REJECT;
	r->since_epoch = c->epoch;
	r->since_offset = c->offset;
	if (r->recover && (x->s->recovering || is_behind(x->s)))
		return STEP_WAIT;
	err = weir__sub_start(x->s, r, on_subscribed, x->command->id, 0);
	if (err == WEIR_ENOROOM)
		return STEP_WAIT;
	if (err)
		return err == WEIR_ELIMIT ? WEIR_ERROR_LIMIT : WEIR_ERROR_INTERNAL;
	x->s->recovering = x->s->recovering || r->recover;
	return 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

enum verdict weir__session_subscribe(struct weir_session *s, const struct weir_command *c)
{
	static int (*const steps[])(struct subscribing *) = {check_name, check_permission, check_claim, check_options,
		check_filters, check_queue, check_expiry, start};
	struct subscribing x = {.s = s, .command = c, .c = &c->subscribe};
	int got = 0;

	weir__choice_init(&x.choice);
	if (c->subscribe.delta.n && !weir_str_is(c->subscribe.delta, "fossil"))
		got = end_with(s, WEIR_DISCONNECT_BAD_REQUEST);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(steps) && !got; i++)
		got = steps[i](&x);
	if (got > 0)
		weir__session_refuse(s, c->id, (enum weir_error_code)got, weir_buf_view(&x.choice.why));
	weir__choice_fini(&x.choice);
	weir__filters_drop(s, x.request.filters);
	weir_claims_fini(&x.claims);
	return got == STEP_WAIT ? VERDICT_WAIT : VERDICT_DONE;
}

enum verdict weir__session_unsubscribe(struct weir_session *s, const struct weir_command *c)
{
	struct weir_subscription *sub = weir__sub_find(s, c->channel);

	if (sub)
		weir__sub_end(s, sub);
	weir__session_reply(s, &(struct weir_reply){.id = c->id, .method = WEIR_METHOD_UNSUBSCRIBE});
	return VERDICT_DONE;
}
