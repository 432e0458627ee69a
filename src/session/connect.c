/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command connect (protocol.md §4.1, §7): who it is, then the server-side subscriptions, then the reply. The odd
 * case: events of the first of these subscriptions may arrive while the last is still on its way; they wait in the
 * queue, and the reply goes in front of them. Another one: the engine is away, and the connect is refused half-way.
 * Worker's thread.
 */
#include "session_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/event/channel.h"

struct connect_sub {
	struct sub_request request; /* strings: of the claims, the command's copy, or `scratch` */
	struct weir_subscribe_result result;
	char epoch[WEIR_EPOCH_MAX];
	struct weir_event_list missed;
};

struct session_connect {
	uint32_t id;
	struct weir_claims claims; /* zeroed without a token */
	bool tell_bound;           /* the answer has the bytes that may wait */
	struct weir_buf names;     /* strings made here; reserved before, so that they stay */
	char *client_subs;         /* a copy of connect.subs, or NULL */
	size_t n, started, answered;
	size_t n_patterns; /* of those n */
	struct connect_sub subs[];
};

static const struct weir_session_config *config_of(const struct weir_session *s)
{
	return s->all->config;
}

/* ---- who it is ---- */

/* A refused connect leaves a connection that can do nothing more; the SDK closes it. */
static enum verdict refuse(struct weir_session *s, uint32_t id, enum weir_error_code code, struct weir_str message)
{
	weir__session_enter(s, SESSION_CONNECTING);
	weir__session_enter(s, SESSION_UNUSABLE);
	weir__session_refuse(s, id, code, message);
	return VERDICT_DONE;
}

static enum verdict end(struct weir_session *s, enum weir_disconnect_code code)
{
	weir__session_end(s, code);
	return VERDICT_DONE;
}

/* The token holds, but its expire_at is past. */
static bool is_over(const struct weir_session *s, const struct weir_claims *claims)
{
	return !config_of(s)->insecure && weir__session_is_past(s, claims->expire_at_s);
}

static int identify(struct weir_session *s, const struct weir_claims *claims)
{
	s->admin = claims->admin;
	if (claims->info.p)
		s->conn_info = weir_xstrndup(claims->info.p, claims->info.n);
	if (!config_of(s)->insecure && claims->expire_at_s) {
		s->expires = true;
		s->expire_at_s = claims->expire_at_s;
	}
	return weir__sessions_register(s, claims->sub.p ? claims->sub : WEIR_STR(""));
}

/* ---- server-side subscriptions ---- */

static struct connect_sub *find_sub(struct session_connect *c, struct weir_str channel)
{
	for (size_t i = 0; i < c->n; i++)
		if (weir_str_eq(c->subs[i].request.channel, channel))
			return &c->subs[i];
	return NULL;
}

static struct weir_json member(struct weir_json object, const char *wanted)
{
	struct weir_json_iter it = weir_json_members(object);
	struct weir_json value;
	struct weir_str name;

	while (weir_json_next_member(&it, &name, &value))
		if (weir_json_string_is(name, weir_str(wanted)) && value.type != WEIR_JSON_NULL)
			return value;
	return (struct weir_json){0};
}

/* 0, or the disconnect code that the set of channels deserves. */
static int add_sub(struct weir_session *s, struct session_connect *c, struct weir_str channel, struct weir_json options)
{
	const struct weir_namespace *ns = weir_namespaces_resolve(config_of(s)->namespaces, channel);
	struct weir_str override = WEIR_STR_NONE;
	bool pattern = weir_channel_is_pattern(channel);
	struct sub_request *r;

	if (weir_channel_is_stats(channel) && !s->admin)
		return WEIR_DISCONNECT_BAD_REQUEST;
	if (!ns || !channel.n || !weir__admits(ns, channel) || weir__check_channel(s, channel))
		return WEIR_DISCONNECT_BAD_REQUEST;
	if (find_sub(c, channel))
		return 0;
	if (c->n >= config_of(s)->channel_limit || (pattern && c->n_patterns >= config_of(s)->pattern_limit))
		return WEIR_DISCONNECT_CHANNEL_LIMIT;
	c->n_patterns += pattern;
	r = &c->subs[c->n++].request;
	*r = (struct sub_request){.channel = channel, .ns = ns};
	if (options.type == WEIR_JSON_OBJECT) {
		r->chan_info = member(options, "info").text;
		r->data = member(options, "data").text;
		override = member(options, "override").type == WEIR_JSON_OBJECT ? member(options, "override").text
										: override;
	}
	r->flags = weir__grant_flags(ns, channel, override) | WEIR_SUB_SERVER | (pattern ? WEIR_SUB_AUTHORIZED : 0u);
	r->queue = weir_queue_options_of(ns, r->flags & WEIR_SUB_RECOVERABLE);
	return 0;
}

/* Decoded into c->names, which has been reserved. */
static struct weir_str decode(struct session_connect *c, struct weir_str quoted)
{
	struct weir_str plain = weir_json_string_plain(quoted);
	size_t start = c->names.len;

	if (plain.p)
		return plain;
	weir_json_string_decode(&c->names, quoted);
	return weir_str_n(c->names.p + start, c->names.len - start);
}

static int add_token_subs(struct weir_session *s, struct session_connect *c)
{
	struct weir_json_iter it;
	struct weir_json options;
	struct weir_str name;
	int code = 0;

	/* Those with options first: a channel that is in both has them. */
	it = weir_json_members(
		(struct weir_json){WEIR_JSON_OBJECT, c->claims.subs.p ? c->claims.subs : WEIR_STR("{}")});
	while (!code && weir_json_next_member(&it, &name, &options))
		code = add_sub(s, c, decode(c, name), options);
	for (size_t i = 0; i < c->claims.n_channels && !code; i++)
		code = add_sub(s, c, c->claims.channels[i], (struct weir_json){0});
	return code;
}

static int add_personal_sub(struct weir_session *s, struct session_connect *c)
{
	struct weir_str user = weir__session_user(s), ns = config_of(s)->personal_namespace;
	size_t start = c->names.len;

	if (!config_of(s)->personal_channel || !user.n)
		return 0;
	if (ns.n) {
		weir_buf_str(&c->names, ns);
		weir_buf_char(&c->names, ':');
	}
	weir_buf_char(&c->names, '#');
	weir_buf_str(&c->names, user);
	return add_sub(s, c, weir_str_n(c->names.p + start, c->names.len - start), (struct weir_json){0});
}

/* Positions that the client had before a reconnect; channels that are not in the set are ignored. */
static void add_positions(struct weir_session *s, struct session_connect *c)
{
	struct weir_str rest = weir_str(c->client_subs), channel;
	struct weir_subscribe_command had;

	while (rest.p && s->codec->next_sub(&rest, &c->names, &channel, &had) == 0) {
		struct connect_sub *sub = find_sub(c, channel);

		if (!sub || !had.recover || !(sub->request.flags & WEIR_SUB_RECOVERABLE))
			continue;
		sub->request.recover = true;
		sub->request.since_epoch = had.epoch;
		sub->request.since_offset = had.offset;
	}
}

/* ---- answers ---- */

static int keep_result(struct connect_sub *sub, const struct weir_subscribe_result *result)
{
	sub->result = *result;
	memcpy(sub->epoch, result->epoch.p ? result->epoch.p : "", result->epoch.n);
	sub->result.epoch = weir_str_n(sub->epoch, result->epoch.n);
	sub->result.data = sub->request.data;
	if (!result->publications)
		return 0;
	sub->missed.events = malloc((result->publications->count + 1) * sizeof(struct weir_event *));
	if (!sub->missed.events)
		return -ENOMEM;
	for (size_t i = 0; i < result->publications->count; i++)
		sub->missed.events[i] = weir_event_ref(result->publications->events[i]);
	sub->missed.count = result->publications->count;
	sub->result.publications = &sub->missed;
	return 0;
}

static void put_reply(struct weir_session *s, const struct session_connect *c)
{
	const struct weir_session_config *config = config_of(s);
	struct weir_named_result *named = calloc(c->n + 1, sizeof(*named));
	struct weir_reply reply = {.id = c->id, .method = WEIR_METHOD_CONNECT};
	struct weir_frame *f = NULL;
	char data[64];

	for (size_t i = 0; named && i < c->n; i++)
		named[i] = (struct weir_named_result){c->subs[i].request.channel, c->subs[i].result};
	reply.connect = (struct weir_connect_result){
		.client = weir_str(s->id),
		.version = config->version,
		.session = weir__session_secret(s),
		.node = s->secret ? config->node : WEIR_STR_NONE,
		.expires = s->expires,
		.ttl = s->expires ? weir__session_ttl(s, s->expire_at_s) : 0,
		.ping = (uint32_t)(config->ping_interval_ms / 1000),
		.pong = config->ping_interval_ms > 0 && config->pong_timeout_ms > 0 && !s->codec->silent,
		.subs = named,
		.n_subs = c->n,
	};
	if (c->tell_bound) {
		snprintf(data, sizeof(data), "{\"weir\":{\"queue_bytes\":%zu}}", s->queue_bytes);
		reply.connect.data = weir_str(data);
	}
	if (s->ops->reply && s->ops->reply(s, &reply)) {
		free(named);
		return;
	}
	weir_buf_reset(&s->all->out);
	s->codec->reply(&s->all->out, &reply);
	if (named && !s->all->out.failed)
		f = s->codec->frame(weir_buf_view(&s->all->out));
	free(named);
	if (!f || weir_queue_push_front(&s->client.queue, f) < 0)
		weir__session_end(s, WEIR_DISCONNECT_INTERNAL);
	weir_frame_unref(&f);
}

static void finish(struct weir_session *s)
{
	if (s->codec->emulated && weir__session_make_secret(s) < 0) {
		weir__session_end(s, WEIR_DISCONNECT_INTERNAL);
		return;
	}
	put_reply(s, s->connect);
	if (s->state == SESSION_DEAD)
		return;
	weir__connect_free(s);
	weir__session_enter(s, SESSION_LIVE);
	s->client.starting = s->codec->silent; /* then its stream is what begins */
	weir__session_start_pings(s);
	weir_worker_touch(s->all->worker, &s->client);
	weir_slog(s->all->log, SESSION, DEBUG, "client connected", WEIR_F_CSTR("client", s->id),
		WEIR_F_STR("user", weir__session_user(s)));
}

/* It is worth trying again, which the answer says. What there is of it is taken back; events that came are dropped. */
static void give_up(struct weir_session *s, int status)
{
	uint32_t id = s->connect->id;

	weir__connect_free(s);
	weir__session_enter(s, SESSION_UNUSABLE);
	weir__sub_end_all(s);
	weir_queue_clear(&s->client.queue);
	s->stale_at_ms = weir_mono_ms(s->all->worker->o.clock) + config_of(s)->stale_close_delay_ms;
	weir__session_arm(s);
	weir__session_fail(s, id, status);
}

static void on_subscribed(
	struct weir_session *s, const struct sub_op *op, int status, const struct weir_subscribe_result *result)
{
	struct session_connect *c = s->connect;

	if (status == WEIR_EUNAVAILABLE || status == WEIR_EUNKNOWN) {
		give_up(s, status);
		return;
	}
	if (status || keep_result(&c->subs[op->number], result) < 0) {
		weir__session_end(s, WEIR_DISCONNECT_INTERNAL);
		return;
	}
	c->answered++; /* the rest follows when the session is settled */
}

/* At most so many server-side subscriptions: the token's, and the personal channel. */
static size_t count_subs(const struct weir_claims *claims)
{
	struct weir_json_iter it;
	struct weir_json options;
	struct weir_str name;
	size_t n = claims->n_channels + 1;

	if (!claims->subs.p)
		return n;
	it = weir_json_members((struct weir_json){WEIR_JSON_OBJECT, claims->subs});
	while (weir_json_next_member(&it, &name, &options))
		n++;
	return n;
}

static struct session_connect *connect_new(
	const struct weir_session *s, const struct weir_command *command, const struct weir_claims *claims)
{
	const struct weir_connect_command *k = &command->connect;
	struct session_connect *c = calloc(1, sizeof(*c) + count_subs(claims) * sizeof(c->subs[0]));

	if (!c)
		return NULL;
	c->id = command->id;
	c->claims = *claims;
	if (k->subs.p)
		c->client_subs = weir_xstrndup(k->subs.p, k->subs.n);
	/* Decoded names are no longer than what they are decoded from; the personal channel is made of two names. */
	weir_buf_init(&c->names, SIZE_MAX / 2);
	if (!weir_buf_reserve(
		    &c->names, k->subs.n + claims->subs.n + config_of(s)->personal_namespace.n + claims->sub.n + 16)) {
		free(c->client_subs);
		free(c);
		return NULL;
	}
	return c;
}

/* The object `weir` of the command and of the token. False: refused, and the claims are freed. */
static bool read_options(
	struct weir_session *s, const struct weir_command *command, struct weir_claims *claims, bool *tell_bound)
{
	struct weir_buf why;
	int err;

	weir_buf_init(&why, 1024);
	err = weir__bound_read(s, command->connect.data, claims, tell_bound, &why);
	if (err) {
		weir_claims_fini(claims);
		if (err == WEIR_EINVALID)
			(void)end(s, WEIR_DISCONNECT_INVALID_TOKEN);
		else
			(void)refuse(s, command->id, WEIR_ERROR_BAD_REQUEST, weir_buf_view(&why));
	}
	weir_buf_fini(&why);
	return !err;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__connect_go_on(struct weir_session *s)
{
	struct session_connect *c = s->connect;

	while (c->started < c->n) {
		int err = weir__sub_start(s, &c->subs[c->started].request, on_subscribed, 0, c->started);

		if (err == WEIR_ENOROOM)
			return;
		if (err) {
			weir__session_end(s, WEIR_DISCONNECT_INTERNAL);
			return;
		}
		c->started++;
	}
	if (c->answered == c->n)
		finish(s);
}

bool weir__connect_all_asked(const struct weir_session *s)
{
	return s->connect && s->connect->started == s->connect->n;
}

void weir__connect_free(struct weir_session *s)
{
	struct session_connect *c = s->connect;

	if (!c)
		return;
	s->connect = NULL;
	for (size_t i = 0; i < c->n; i++)
		weir_event_list_fini(&c->subs[i].missed);
	weir_claims_fini(&c->claims);
	weir_buf_fini(&c->names);
	free(c->client_subs);
	free(c);
}

enum verdict weir__session_connect(struct weir_session *s, const struct weir_command *command)
{
	const struct weir_session_config *config = config_of(s);
	struct weir_claims claims = {0};
	bool tell_bound;
	int err, code;

	if (command->connect.token.n) {
		err = weir__session_claims(s, command->connect.token, &claims);
		if (err == -EAGAIN)
			return VERDICT_WAIT;
		if (err == WEIR_EEXPIRED)
			return refuse(s, command->id, WEIR_ERROR_TOKEN_EXPIRED, WEIR_STR_NONE);
		if (err && err != WEIR_EINVALID)
			return refuse(s, command->id, WEIR_ERROR_INTERNAL, WEIR_STR_NONE);
		if (err || claims.channel.p) {
			weir_claims_fini(&claims);
			return end(s, WEIR_DISCONNECT_INVALID_TOKEN);
		}
		if (is_over(s, &claims)) {
			weir_claims_fini(&claims);
			return refuse(s, command->id, WEIR_ERROR_EXPIRED, WEIR_STR_NONE);
		}
	} else if (!config->insecure && !config->allow_anonymous) {
		return end(s, WEIR_DISCONNECT_BAD_REQUEST);
	}
	if (!read_options(s, command, &claims, &tell_bound))
		return VERDICT_DONE;
	s->connect = connect_new(s, command, &claims);
	if (!s->connect) {
		weir_claims_fini(&claims);
		return refuse(s, command->id, WEIR_ERROR_INTERNAL, WEIR_STR_NONE);
	}
	s->connect->tell_bound = tell_bound;
	weir__session_enter(s, SESSION_CONNECTING);
	s->stale_at_ms = 0;
	if (identify(s, &claims) < 0)
		return end(s, WEIR_DISCONNECT_INTERNAL);
	code = s->codec->silent ? 0 : add_token_subs(s, s->connect);
	if (!code && !s->codec->silent)
		code = add_personal_sub(s, s->connect);
	if (code)
		return end(s, (enum weir_disconnect_code)code);
	add_positions(s, s->connect);
	weir__session_arm(s);
	weir__connect_go_on(s);
	return VERDICT_DONE;
}
