/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session's life: input and backlog, sending, the end. The odd case: a session that is over lives on, detached, until
 * the transport has let go of it and every request it has at the hub has come back. Worker's thread.
 */
#include "session_priv.h"

#include <errno.h>
#include <stdlib.h>

#define BIT(n) (1u << (n))

_Static_assert((int)WEIR_DISCONNECT_PLACES < WEIR_STATS_DISCONNECTS, "one counter for each, and one for all others");

static const char *const state_names[] = {
#define X(name, text) text,
	SESSION_STATES(X)
#undef X
};

static const uint8_t legal[] = {
	[SESSION_HELLO] = BIT(SESSION_CONNECTING) | BIT(SESSION_DEAD),
	[SESSION_CONNECTING] = BIT(SESSION_LIVE) | BIT(SESSION_UNUSABLE) | BIT(SESSION_DEAD),
	[SESSION_LIVE] = BIT(SESSION_DEAD),
	[SESSION_UNUSABLE] = BIT(SESSION_DEAD),
	[SESSION_DEAD] = 0,
};

/* ---- the fan-out's callbacks ---- */

static struct weir_session *session_of(struct weir_client *c)
{
	return WEIR_CONTAINER_OF(c, struct weir_session, client);
}

/* Pushes that come before the connect reply wait for it in the queue. */
static void on_flush(struct weir_client *c)
{
	struct weir_session *s = session_of(c);

	if (weir_session_may_write(s))
		s->ops->flush(s);
}

static void on_flushed(struct weir_client *c)
{
	weir_session_flushed(session_of(c));
}

static void on_overflow(struct weir_client *c)
{
	weir__session_end(session_of(c), WEIR_DISCONNECT_SLOW);
}

/* Unsubscribed with a code that makes the client subscribe again and recover. */
static void on_sub_fault(struct weir_client *c)
{
	struct weir_session *s = session_of(c);
	struct weir_subscription *sub = s->subs, *next;

	for (; sub && s->state != SESSION_DEAD; sub = next) {
		next = sub->next;
		if (!(sub->flags & (WEIR_SUB_LOST | WEIR_SUB_FULL)))
			continue;
		if (s->codec->silent)
			weir_session_disconnect(s, WEIR_DISCONNECT_INSUFFICIENT,
				weir_str(sub->flags & WEIR_SUB_FULL
						 ? "queue full"
						 : weir_disconnect_text(WEIR_DISCONNECT_INSUFFICIENT)));
		else if (sub->flags & WEIR_SUB_SERVER)
			weir__session_end(s, WEIR_DISCONNECT_INSUFFICIENT);
		else
			weir__sub_kick(s, sub, WEIR_UNSUBSCRIBE_INSUFFICIENT,
				sub->flags & WEIR_SUB_FULL ? "queue full" : "insufficient state");
	}
}

static const struct weir_client_ops client_ops = {
	.flush = on_flush, .flushed = on_flushed, .overflow = on_overflow, .sub_fault = on_sub_fault};

/* ---- input ---- */

static void session_block(struct weir_session *s, struct weir_str rest)
{
	struct weir_str separator = s->codec->separator;

	/* A separator at the end of what is there already separates; a second one would be an empty command. */
	if (s->backlog.len && separator.n && !weir_str_ends(weir_buf_view(&s->backlog), separator))
		weir_buf_str(&s->backlog, separator);
	weir_buf_str(&s->backlog, rest);
	if (s->backlog.failed) {
		weir__session_end(s, WEIR_DISCONNECT_BAD_REQUEST);
		return;
	}
	if (s->blocked)
		return;
	s->blocked = s->client.waits = true;
	weir_stat_add(&s->all->worker->stats, paused, 1);
	s->ops->pause(s, true);
}

/* Runs commands until one has to wait; it and the rest go to the backlog. */
static void session_run(struct weir_session *s, struct weir_str rest)
{
	struct weir_command command;

	while (s->state != SESSION_DEAD) {
		struct weir_str at = rest;
		int err = s->codec->next(&rest, &s->all->scratch, &command);

		if (err == WEIR_ENOTFOUND)
			return;
		if (err) {
			weir__session_end(s, WEIR_DISCONNECT_BAD_REQUEST);
			return;
		}
		if (weir__session_command(s, &command) == VERDICT_WAIT) {
			if (s->state != SESSION_DEAD)
				session_block(s, at);
			return;
		}
		weir_stat_add(&s->all->worker->stats, commands, 1);
		if (s->state == SESSION_UNUSABLE)
			return; /* what came with a refused connect is dropped (protocol.md §2.6) */
	}
}

/* ---- the end ---- */

static void session_free(struct weir_session *s)
{
	weir_assert(!s->subs && !s->connect && !s->verification);
	weir__sessions_release_user(s);
	weir_queue_clear(&s->client.queue);
	weir_buf_fini(&s->backlog);
	free(s->conn_info);
	s->all->objects--;
	free(s);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__session_ref(struct weir_session *s)
{
	s->refs++;
}

void weir__session_unref(struct weir_session *s)
{
	if (--s->refs == 0)
		session_free(s);
}

void weir__session_enter(struct weir_session *s, enum session_state to)
{
	weir_assert(legal[s->state] & BIT(to));
	weir_slog(s->all->log, SESSION, TRACE, "state", WEIR_F_CSTR("client", s->id),
		WEIR_F_CSTR("from", state_names[s->state]), WEIR_F_CSTR("to", state_names[to]));
	s->state = to;
}

struct weir_session *weir_session_new(struct weir_sessions *all, const struct weir_codec *codec,
	const struct weir_transport_ops *ops, void *transport)
{
	const struct weir_session_config *config = all->config;
	struct weir_session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	weir_queue_init(&s->client.queue, &all->worker->queues, &codec->encoder, config->queue_max_bytes);
	s->queue_bytes = config->queue_max_bytes;
	s->client.ops = &client_ops;
	s->client.open = s->client.starting = true;
	weir_list_init(&s->client.dirty);
	weir_list_init(&s->client.fault);
	weir_list_init(&s->waiting_link);
	weir_list_init(&s->user_link);
	/* What a door writes is bounded by the request that it is made of. */
	weir_buf_init(&s->backlog, codec->silent ? SIZE_MAX / 2 : 2 * config->message_max_bytes + 1024);
	s->all = all;
	s->codec = codec;
	s->ops = ops;
	s->transport = transport;
	s->refs = 1;
	weir_list_append(&all->all, &s->link);
	all->count++;
	all->objects++;
	s->connected_at_ms = weir_mono_ms(all->worker->o.clock);
	s->stale_at_ms = s->connected_at_ms + config->stale_close_delay_ms;
	weir__session_arm(s);
	weir_stat_add(&all->worker->stats, connections_opened, 1);
	return s;
}

void *weir_session_transport(const struct weir_session *s)
{
	return s->transport;
}

struct weir_queue *weir_session_queue(struct weir_session *s)
{
	return &s->client.queue;
}

bool weir_session_may_write(const struct weir_session *s)
{
	return s->state != SESSION_CONNECTING;
}

void weir_session_started(struct weir_session *s)
{
	s->client.starting = false;
}

void weir_session_input(struct weir_session *s, struct weir_str message)
{
	if (s->state == SESSION_DEAD)
		return;
	if (!message.n || (s->codec->check && s->codec->check(message)))
		weir__session_end(
			s, WEIR_DISCONNECT_BAD_REQUEST); /* in the backlog an empty one would leave no trace */
	else if (s->blocked)
		session_block(s, message);
	else
		session_run(s, message);
}

void weir_session_flushed(struct weir_session *s)
{
	if (s->blocked && s->state == SESSION_LIVE && !weir__session_is_full(s))
		weir__session_resume(s);
}

bool weir__session_is_full(const struct weir_session *s)
{
	const struct weir_queue *q = &s->client.queue;

	/* What a rate holds back is not for the client to read. */
	return q->bytes >= q->max_bytes && weir_queue_ready_bytes(q) >= q->max_bytes;
}

void weir__session_resume(struct weir_session *s)
{
	struct weir_str text;
	size_t len;
	char *memory;

	weir_list_remove(&s->waiting_link);
	if (s->connect)
		weir__connect_go_on(s);
	if (!s->blocked || s->state == SESSION_DEAD)
		return;
	s->blocked = s->client.waits = false;
	memory = weir_buf_take(&s->backlog, &len);
	text = weir_str_n(memory, len);
	session_run(s, text);
	free(memory);
	if (s->state != SESSION_DEAD && !s->blocked)
		s->ops->pause(s, false);
}

void weir__session_send(struct weir_session *s, struct weir_str message)
{
	struct weir_frame *f = s->codec->frame(message);

	weir_worker_send(s->all->worker, &s->client, f);
	weir_frame_unref(&f);
}

void weir__session_reply(struct weir_session *s, const struct weir_reply *r)
{
	struct weir_buf *out = &s->all->out;
	struct weir_frame *f;

	if (r->error)
		weir_stat_add(&s->all->worker->stats, command_errors, 1);
	if (s->ops->reply && s->ops->reply(s, r))
		return;
	weir_buf_reset(out);
	s->codec->reply(out, r);
	f = out->failed ? NULL : s->codec->frame(weir_buf_view(out));
	weir_worker_answer(s->all->worker, &s->client, f);
	weir_frame_unref(&f);
}

void weir__session_error(struct weir_session *s, uint32_t id, enum weir_error_code code)
{
	weir__session_reply(s, &(struct weir_reply){.id = id, .error = code});
}

void weir__session_refuse(struct weir_session *s, uint32_t id, enum weir_error_code code, struct weir_str message)
{
	weir__session_reply(
		s, &(struct weir_reply){.id = id, .error = code, .message = message.n ? message : WEIR_STR_NONE});
}

void weir__session_push(struct weir_session *s, const struct weir_push *p)
{
	struct weir_buf *out = &s->all->out;

	weir_buf_reset(out);
	s->codec->push(out, p);
	weir__session_send(s, weir_buf_view(out));
}

struct weir_str weir__session_user(const struct weir_session *s)
{
	return s->user ? s->user->name : WEIR_STR("");
}

struct weir_client_info weir__session_info(const struct weir_session *s, const struct weir_subscription *sub)
{
	return (struct weir_client_info){
		.user = weir__session_user(s),
		.client = weir_str(s->id),
		.conn_info = weir__session_conn_info(s),
		.chan_info = sub ? weir_str(sub->chan_info) : WEIR_STR_NONE,
	};
}

bool weir__session_ask(struct weir_session *s, struct weir_request *r)
{
	if (s->in_flight >= SESSION_IN_FLIGHT_MAX)
		return false; /* the next answer runs the command again */
	if (!weir_worker_ask(s->all->worker, r)) {
		if (weir_list_empty(&s->waiting_link)) {
			weir_list_append(&s->all->waiting, &s->waiting_link);
			weir_stat_add(&s->all->worker->stats, held_back, 1);
		}
		return false;
	}
	s->in_flight++;
	weir__session_ref(s);
	return true;
}

bool weir__session_answered(struct weir_session *s)
{
	s->in_flight--;
	return s->state != SESSION_DEAD;
}

void weir__session_settle(struct weir_session *s)
{
	weir__session_resume(s);
	weir__session_unref(s);
}

void weir__session_fail(struct weir_session *s, uint32_t id, int status)
{
	switch (status) {
	case WEIR_EEPOCH:
		weir__session_error(s, id, WEIR_ERROR_UNRECOVERABLE);
		break;
	case WEIR_EUNAVAILABLE: /* surely not done */
	case WEIR_EUNKNOWN:     /* given to the engine, and not answered in time */
		weir__session_refuse(s, id, WEIR_ERROR_INTERNAL, weir_str(weir_strerror(status)));
		break;
	default:
		weir__session_error(s, id, WEIR_ERROR_INTERNAL);
		break;
	}
}

void weir__session_end(struct weir_session *s, enum weir_disconnect_code code)
{
	weir_session_disconnect(s, code, weir_str(weir_disconnect_text(code)));
}

void weir_session_disconnect(struct weir_session *s, unsigned code, struct weir_str reason)
{
	bool silent = code == WEIR_DISCONNECT_CLOSED, replied = s->state != SESSION_CONNECTING;

	if (s->state == SESSION_DEAD)
		return;
	weir_slog(s->all->log, SESSION, DEBUG, "client disconnected", WEIR_F_CSTR("client", s->id),
		WEIR_F_STR("user", weir__session_user(s)), WEIR_F_UINT("code", code), WEIR_F_STR("reason", reason));
	weir__session_enter(s, SESSION_DEAD);
	weir__connect_free(s);
	weir__verification_drop(s);
	weir__sub_end_all(s);
	weir__sessions_unregister(s);
	weir_timers_cancel(&s->all->worker->timers, &s->deadline);
	weir_list_remove(&s->client.dirty);
	weir_list_remove(&s->client.fault);
	weir_list_remove(&s->waiting_link);
	weir_list_remove(&s->link);
	s->all->count--;
	s->client.open = false;
	/* Pushes must not be seen without the connect reply that they were to follow. */
	if (silent || code == WEIR_DISCONNECT_SLOW || !replied)
		weir_queue_clear(&s->client.queue);
	weir_stat_add(&s->all->worker->stats, connections_closed, 1);
	weir_stat_add(&s->all->worker->stats, disconnects[weir_disconnect_place(code)], 1);
	s->ops->close(s, code, reason, silent);
}

void weir_session_release(struct weir_session *s)
{
	if (s->state != SESSION_DEAD)
		weir__session_end(s, WEIR_DISCONNECT_CLOSED);
	weir__session_unref(s);
}
