/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A link: a transport, a reader, and the commands under way in the order of their replies.
 *
 *	CONNECT → HANDSHAKE → READY → LOST → CLOSED       (any of them → LOST, CLOSED; held is a part of READY)
 *
 * Deadlines: replies come in the order of commands, but a later command may have an earlier deadline, so the timer is
 * set to the earliest known and looks at all of them when it fires, which is seldom. A deadline counts as passed only
 * after the loop has polled once more: if this process was stopped or busy, the replies wait in the socket. They are
 * kept in the link's own time, which stands still while it is held. Loop's thread only.
 */
#include "link.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "reader.h"
#include "transport.h"
#include "weir/core/timer.h"

#define LINK_PENDING_FIRST 16
#define LINK_PENDING_MAX   (1u << 18)
#define LINK_WORD_OVERHEAD 32 /* bytes on the wire for a word beside itself, at most */
#define STEP_TEXT_MAX      160
#define LINK_NEVER         UINT64_MAX

enum link_state {
	LINK_CONNECT,
	LINK_HANDSHAKE,
	LINK_READY,
	LINK_LOST,
	LINK_CLOSED,
};

enum link_step { STEP_AUTH, STEP_SELECT, STEP_SETNAME, STEPS };

/* A command under way. */
struct link_pending {
	weir_redis_reply_fn fn;
	void *ctx;
	uint64_t deadline_ms; /* in the link's time */
	uint64_t timeout_ms;
	char name[16]; /* its first word, for log lines */
};

struct weir_redis_link {
	struct weir_redis_link_options o;
	enum link_state state;
	struct weir_redis_transport *transport;
	struct weir_redis_reader *reader;
	struct weir_timer timer;
	uint64_t armed_ms; /* the timer is set to this deadline, or LINK_NEVER */
	bool overdue;      /* it has passed; the loop polls once more */

	struct link_pending *pending; /* ring of the commands under way */
	size_t first, count, cap;
	enum link_step steps[STEPS]; /* of the handshake, in order; the next answer is for steps[step] */
	unsigned n_steps, step;

	bool calling, held, resumed;
	uint64_t held_since_ms, held_ms; /* held_ms: all former holds together */
	struct weir_argv argv;           /* of the handshake */
	char peer[128], why[320];
};

static void link_lost(struct weir_redis_link *l, int err, const char *fmt, ...) WEIR_PRINTF(3, 4);

static const char *const step_names[STEPS] = {"AUTH", "SELECT", "CLIENT SETNAME"};

/* ---- commands under way ---- */

static struct link_pending *pending_at(struct weir_redis_link *l, size_t i)
{
	return &l->pending[(l->first + i) & (l->cap - 1)];
}

static int pending_grow(struct weir_redis_link *l)
{
	size_t cap = l->cap ? 2 * l->cap : LINK_PENDING_FIRST;
	struct link_pending *grown;

	if (cap > LINK_PENDING_MAX)
		return WEIR_ENOROOM;
	grown = malloc(cap * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	for (size_t i = 0; i < l->count; i++)
		grown[i] = *pending_at(l, i);
	free(l->pending);
	l->pending = grown;
	l->first = 0;
	l->cap = cap;
	return 0;
}

static struct link_pending pending_pop(struct weir_redis_link *l)
{
	struct link_pending p = *pending_at(l, 0);

	l->first++;
	l->count--;
	return p;
}

/* Nobody answers them any more. (One of them may close the link, which fails the others.) */
static void pending_fail(struct weir_redis_link *l)
{
	while (l->count > 0) {
		struct link_pending p = pending_pop(l);

		if (p.fn)
			p.fn(p.ctx, NULL);
	}
}

/* ---- time ---- */

static uint64_t link_now(const struct weir_redis_link *l)
{
	return (l->held ? l->held_since_ms : uv_now(&l->o.loop->uv)) - l->held_ms;
}

static void link_arm(struct weir_redis_link *l, uint64_t deadline_ms)
{
	uint64_t now = link_now(l);

	l->armed_ms = deadline_ms;
	l->overdue = false;
	if (deadline_ms == LINK_NEVER)
		weir_timer_stop(&l->timer);
	else
		weir_timer_once(&l->timer, deadline_ms > now ? deadline_ms - now : 1);
}

static const struct link_pending *link_earliest(struct weir_redis_link *l)
{
	const struct link_pending *earliest = NULL;

	for (size_t i = 0; i < l->count; i++) {
		const struct link_pending *p = pending_at(l, i);

		if (!earliest || p->deadline_ms < earliest->deadline_ms)
			earliest = p;
	}
	return earliest;
}

static void on_deadline(struct weir_timer *timer, uint64_t ticks)
{
	struct weir_redis_link *l = WEIR_CONTAINER_OF(timer, struct weir_redis_link, timer);
	const struct link_pending *p = link_earliest(l);

	(void)ticks;
	if (l->state >= LINK_LOST || l->held)
		return;
	if (!p || p->deadline_ms > link_now(l)) {
		link_arm(l, p ? p->deadline_ms : LINK_NEVER);
	} else if (!l->overdue) {
		l->overdue = true;
		weir_timer_once(&l->timer, 1);
	} else {
		link_lost(l, -ETIMEDOUT, "%s: no answer in %" PRIu64 " ms", p->name, p->timeout_ms);
	}
}

/* ---- loss ---- */

/* What a peer says goes to the log: no control characters. */
static void link_clean(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

static void link_lost(struct weir_redis_link *l, int err, const char *fmt, ...)
{
	va_list args;

	if (l->state >= LINK_LOST)
		return;
	va_start(args, fmt);
	vsnprintf(l->why, sizeof(l->why), fmt, args);
	va_end(args);
	link_clean(l->why);
	l->state = LINK_LOST;
	l->held = false;
	weir_timer_stop(&l->timer);
	weir_redis_transport_close(&l->transport);
	pending_fail(l);
	if (l->state == LINK_CLOSED)
		return;
	l->o.lost(l->o.ctx, err, l->why);
}

/* ---- replies ---- */

static void link_unasked(struct weir_redis_link *l, const struct weir_reply *reply)
{
	if (reply->type ==
		WEIR_REPLY_ERROR) /* "DENIED Redis is running in protected mode …", "ERR max number of clients reached" */
		link_lost(l, WEIR_EUNAVAILABLE, "refused: %.200s", reply->str.p);
	else
		link_lost(l, WEIR_EPARSE, "reply: nobody has asked for it");
}

static void link_hold_now(struct weir_redis_link *l)
{
	weir_timer_stop(&l->timer);
	l->armed_ms = LINK_NEVER;
	weir_redis_transport_read(l->transport, false);
}

/* Gives the replies that are there, until one is held or the link goes. */
static void link_replies(struct weir_redis_link *l)
{
	while (l->state < LINK_LOST) {
		const struct weir_reply *reply;
		struct link_pending p;
		int err = weir_redis_reader_next(l->reader, &reply);

		if (err) {
			link_lost(l, err, "reply: %s", weir_redis_reader_why(l->reader));
			return;
		}
		if (!reply)
			return;
		if (l->count == 0) {
			link_unasked(l, reply);
			return;
		}
		p = *pending_at(l, 0);
		l->calling = true;
		if (p.fn)
			p.fn(p.ctx, reply);
		l->calling = false;
		if (l->state >= LINK_LOST)
			return;
		if (l->held) {
			link_hold_now(l);
			return;
		}
		pending_pop(l);
		weir_redis_reader_done(l->reader);
	}
}

static void on_bytes(void *ctx, const char *p, size_t n)
{
	struct weir_redis_link *l = ctx;
	int err = weir_redis_reader_feed(l->reader, p, n);

	if (err)
		link_lost(l, err, "reply: %s", weir_redis_reader_why(l->reader));
	else
		link_replies(l);
}

/* resume() was called: the link's time goes on, and the reply that was held is given again. */
static void on_turn(void *ctx)
{
	struct weir_redis_link *l = ctx;
	const struct link_pending *p;

	if (!l->held || !l->resumed)
		return;
	l->held_ms += uv_now(&l->o.loop->uv) - l->held_since_ms;
	l->held = l->resumed = false;
	p = link_earliest(l);
	link_arm(l, p ? p->deadline_ms : LINK_NEVER);
	link_replies(l);
	if (l->state < LINK_LOST && !l->held)
		weir_redis_transport_read(l->transport, true);
}

/* ---- sending ---- */

static void pending_push(
	struct weir_redis_link *l, const struct weir_argv *a, uint64_t timeout_ms, weir_redis_reply_fn fn, void *ctx)
{
	struct link_pending *p = pending_at(l, l->count++);
	size_t n = a->len[0] < sizeof(p->name) - 1 ? a->len[0] : sizeof(p->name) - 1;
	uint64_t now = link_now(l);

	*p = (struct link_pending){.fn = fn, .ctx = ctx, .timeout_ms = timeout_ms};
	p->deadline_ms = timeout_ms < LINK_NEVER - now ? now + timeout_ms : LINK_NEVER;
	memcpy(p->name, a->v[0], n);
	if (!l->held && p->deadline_ms < l->armed_ms)
		link_arm(l, p->deadline_ms);
}

static int link_format(struct weir_redis_link *l, struct weir_argv *a)
{
	char *command;
	int n, err;

	if (a->n > WEIR_REDIS_UNSENT_MAX / LINK_WORD_OVERHEAD ||
		a->bytes > WEIR_REDIS_UNSENT_MAX - a->n * LINK_WORD_OVERHEAD)
		return WEIR_ENOROOM;
	n = redisFormatCommandArgv(&command, (int)a->n, a->v, a->len);
	if (n < 0)
		return -ENOMEM;
	err = weir_redis_transport_write(l->transport, command, (size_t)n);
	redisFreeCommand(command);
	return err;
}

static int link_send(
	struct weir_redis_link *l, struct weir_argv *a, uint64_t timeout_ms, weir_redis_reply_fn fn, void *ctx)
{
	int err;

	if (a->failed)
		return -ENOMEM;
	weir_assert(a->n > 0);
	err = l->count == l->cap ? pending_grow(l) : 0;
	if (!err)
		err = link_format(l, a);
	if (!err)
		pending_push(l, a, timeout_ms, fn, ctx);
	return err;
}

/* ---- handshake ---- */

static void link_ready(struct weir_redis_link *l)
{
	weir_argv_fini(&l->argv);
	l->state = LINK_READY;
	l->o.ready(l->o.ctx);
}

static const char *step_advice(enum link_step step, const struct weir_reply *r)
{
	if (step == STEP_AUTH || weir_reply_is_error(r, "NOAUTH") || weir_reply_is_error(r, "WRONGPASS"))
		return ": check the user and password in engine.redis.address";
	if (weir_reply_is_error(r, "NOPERM"))
		return ": this user's rights (ACL) don't allow it";
	return step == STEP_SELECT ? ": check the db in engine.redis.address" : "";
}

/* A server that knows no names, or a user who may not set one, does no harm. */
static bool step_is_fine(enum link_step step, const struct weir_reply *r)
{
	return r->type != WEIR_REPLY_ERROR || (step == STEP_SETNAME && !weir_reply_is_error(r, "NOAUTH"));
}

/*
 * What may be told of an error. A server that doesn't know AUTH shows its arguments ("ERR unknown command 'AUTH', with
 * args beginning with: 'secret'"): then no more than its first word.
 */
static int step_text_bytes(const struct weir_redis_link *l, enum link_step step, const struct weir_reply *r)
{
	const char *password = l->o.credentials.password, *args = strstr(r->str.p, " args");

	if (step != STEP_AUTH)
		return STEP_TEXT_MAX;
	if (args || (password && password[0] && strstr(r->str.p, password)))
		return (int)strcspn(r->str.p, " ");
	return STEP_TEXT_MAX;
}

static void on_step(void *ctx, const struct weir_reply *reply)
{
	struct weir_redis_link *l = ctx;
	enum link_step step = l->steps[l->step];
	bool temporary;

	if (!reply)
		return;
	if (!step_is_fine(step, reply)) {
		temporary = weir_reply_is_error(reply, "LOADING") || weir_reply_is_error(reply, "BUSY") ||
			    weir_reply_is_error(reply, "MASTERDOWN");
		link_lost(l, temporary ? WEIR_EUNAVAILABLE : -EACCES, "%s: %.*s%s", step_names[step],
			step_text_bytes(l, step, reply), reply->str.p, temporary ? "" : step_advice(step, reply));
		return;
	}
	if (++l->step == l->n_steps)
		link_ready(l);
}

static int link_step_send(struct weir_redis_link *l, enum link_step step)
{
	l->steps[l->n_steps++] = step;
	return link_send(l, &l->argv, l->o.io_timeout_ms, on_step, l);
}

static int link_log_in(struct weir_redis_link *l)
{
	const struct weir_redis_credentials *c = &l->o.credentials;
	bool user = c->user && c->user[0];
	int err = 0;

	if (user || (c->password && c->password[0])) {
		weir_argv_cstr(&l->argv, "AUTH");
		if (user)
			weir_argv_cstr(&l->argv, c->user);
		weir_argv_cstr(&l->argv, c->password ? c->password : "");
		err = link_step_send(l, STEP_AUTH);
	}
	if (!err && c->db != 0) {
		weir_argv_reset(&l->argv);
		weir_argv_cstr(&l->argv, "SELECT");
		weir_argv_u64(&l->argv, c->db);
		err = link_step_send(l, STEP_SELECT);
	}
	if (!err && c->client_name && c->client_name[0]) {
		weir_argv_reset(&l->argv);
		weir_argv_cstr(&l->argv, "CLIENT");
		weir_argv_cstr(&l->argv, "SETNAME");
		weir_argv_cstr(&l->argv, c->client_name);
		err = link_step_send(l, STEP_SETNAME);
	}
	return err;
}

static void on_connected(void *ctx)
{
	struct weir_redis_link *l = ctx;
	int err;

	snprintf(l->peer, sizeof(l->peer), "%s", weir_redis_transport_peer(l->transport));
	l->state = LINK_HANDSHAKE;
	err = link_log_in(l);
	if (err)
		link_lost(l, err, "handshake: %s", weir_strerror(err));
	else if (l->n_steps == 0)
		link_ready(l);
}

static void on_transport_lost(void *ctx, int err, const char *step)
{
	struct weir_redis_link *l = ctx;

	if (err == UV_EOF)
		link_lost(l, -ECONNRESET, "read: closed by Redis");
	else if (err == -ETIMEDOUT && l->state == LINK_CONNECT)
		link_lost(l, err, "%s: no answer in %" PRIu64 " ms", step, l->o.connect_timeout_ms);
	else
		link_lost(l, err, "%s: %s", step, weir_strerror(err));
}

static void link_free(struct weir_timer *timer)
{
	struct weir_redis_link *l = WEIR_CONTAINER_OF(timer, struct weir_redis_link, timer);

	weir_redis_reader_free(&l->reader);
	weir_argv_fini(&l->argv);
	free(l->pending);
	free(l);
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_redis_link *weir_redis_link_open(const struct weir_redis_link_options *o)
{
	struct weir_redis_link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->o = *o;
	l->armed_ms = LINK_NEVER;
	l->reader = weir_redis_reader_new(o->reply_max_bytes);
	if (l->reader)
		l->transport = weir_redis_transport_open(&(struct weir_redis_transport_options){.loop = o->loop,
			.endpoint = o->endpoint,
			.connect_timeout_ms = o->connect_timeout_ms,
			.connected = on_connected,
			.bytes = on_bytes,
			.turn = on_turn,
			.lost = on_transport_lost,
			.ctx = l});
	if (!l->transport) {
		weir_redis_reader_free(&l->reader);
		free(l);
		return NULL;
	}
	l->o.endpoint = NULL;
	snprintf(l->peer, sizeof(l->peer), "%s", weir_redis_transport_peer(l->transport));
	weir_argv_init(&l->argv);
	weir_assert(weir_timer_init(&l->timer, o->loop, on_deadline) == 0); /* cannot fail */
	return l;
}

void weir_redis_link_close(struct weir_redis_link **lp)
{
	struct weir_redis_link *l = *lp;

	if (!l)
		return;
	*lp = NULL;
	weir_assert(l->state != LINK_CLOSED);
	l->state = LINK_CLOSED;
	if (l->calling && !l->held && l->count > 0)
		pending_pop(l); /* it is being given its reply, which is all it gets */
	pending_fail(l);
	weir_redis_transport_close(&l->transport);
	weir_timer_close(&l->timer, link_free);
}

int weir_redis_link_send(
	struct weir_redis_link *l, struct weir_argv *a, uint64_t timeout_ms, weir_redis_reply_fn fn, void *ctx)
{
	weir_assert(weir_loop_is_current(l->o.loop));
	return l->state == LINK_READY ? link_send(l, a, timeout_ms, fn, ctx) : WEIR_ECLOSED;
}

void weir_redis_link_hold(struct weir_redis_link *l)
{
	if (l->state != LINK_READY || l->held)
		return;
	weir_assert(l->calling);
	l->held_since_ms = uv_now(&l->o.loop->uv);
	l->held = true;
	l->resumed = false;
}

void weir_redis_link_resume(struct weir_redis_link *l)
{
	if (!l->held || l->resumed)
		return;
	l->resumed = true;
	weir_redis_transport_wake(l->transport);
}

const char *weir_redis_link_peer(const struct weir_redis_link *l)
{
	return l->peer;
}
