/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session's one timer: whatever comes first of stale, ping, pong, and the expiry of the connection and its
 * subscriptions. Pings go on a fixed timer, busy or not (protocol.md §2.5). Expiry is wall-clock time and is looked at
 * anew at each tick, so a clock that jumps is noticed within a ping. Worker's thread.
 */
#include "session_priv.h"

static int64_t wall_ms(const struct weir_session *s)
{
	return weir_wall_ms(s->all->worker->o.clock);
}

static int64_t sub_due_ms(const struct weir_session *s, const struct weir_subscription *sub)
{
	return sub->expire_at_s * 1000 + s->all->config->expired_sub_close_delay_ms;
}

static int64_t connection_due_ms(const struct weir_session *s)
{
	return s->expire_at_s * 1000 + s->all->config->expired_close_delay_ms;
}

static void sooner(uint64_t *at, uint64_t other)
{
	if (other && other < *at)
		*at = other;
}

/* A wall-clock time as monotonic time, from now on. */
static uint64_t in_mono(const struct weir_session *s, uint64_t now_ms, int64_t due_ms)
{
	int64_t left = due_ms - wall_ms(s);

	return left > 0 ? now_ms + (uint64_t)left : now_ms + 1;
}

static void send_ping(struct weir_session *s, uint64_t now_ms)
{
	const struct weir_session_config *config = s->all->config;
	struct weir_frame *f = s->codec->frame(s->codec->ping);

	/*
	 * Past the bound: a reader that is busy with a large answer is not dead, and the ping tells it that we are
	 * not.
	 */
	weir_worker_answer(s->all->worker, &s->client, f);
	weir_frame_unref(&f);
	if (config->pong_timeout_ms && !s->codec->silent) {
		s->pongs_due++;
		s->pong_by_ms = now_ms + config->pong_timeout_ms;
	}
	s->ping_at_ms += config->ping_interval_ms;
	if (s->ping_at_ms <= now_ms) /* the process slept */
		s->ping_at_ms = now_ms + config->ping_interval_ms;
}

static void expire_subs(struct weir_session *s)
{
	struct weir_subscription *sub = s->subs, *next;

	for (; sub && s->state != SESSION_DEAD; sub = next) {
		next = sub->next;
		if (!sub->expire_at_s || wall_ms(s) < sub_due_ms(s, sub))
			continue;
		if (sub->flags & WEIR_SUB_SERVER)
			weir__session_end(s, WEIR_DISCONNECT_SUB_EXPIRED);
		else
			weir__sub_kick(s, sub, WEIR_UNSUBSCRIBE_EXPIRED, "subscription expired");
	}
}

/* While we do not read from it, its pong may lie in the socket: it gets its time anew. */
static bool pong_is_due(struct weir_session *s, uint64_t now_ms)
{
	if (!s->pong_by_ms || now_ms < s->pong_by_ms)
		return false;
	if (!s->blocked)
		return true;
	s->pong_by_ms = now_ms + s->all->config->pong_timeout_ms;
	return false;
}

static void on_deadline(struct weir_deadline *d, uint64_t now_ms)
{
	struct weir_session *s = WEIR_CONTAINER_OF(d, struct weir_session, deadline);

	if (s->stale_at_ms && now_ms >= s->stale_at_ms)
		weir__session_end(s, WEIR_DISCONNECT_STALE);
	else if (pong_is_due(s, now_ms))
		weir__session_end(s, WEIR_DISCONNECT_NO_PONG);
	else if (s->expire_at_s && wall_ms(s) >= connection_due_ms(s))
		weir__session_end(s, WEIR_DISCONNECT_EXPIRED);
	else
		expire_subs(s);
	if (s->state == SESSION_DEAD)
		return;
	if (s->ping_at_ms && now_ms >= s->ping_at_ms)
		send_ping(s, now_ms);
	weir__session_arm(s);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__session_arm(struct weir_session *s)
{
	uint64_t now_ms = weir_mono_ms(s->all->worker->o.clock), at = UINT64_MAX;

	sooner(&at, s->stale_at_ms);
	sooner(&at, s->ping_at_ms);
	sooner(&at, s->pong_by_ms);
	if (s->expire_at_s)
		sooner(&at, in_mono(s, now_ms, connection_due_ms(s)));
	for (const struct weir_subscription *sub = s->subs; sub; sub = sub->next)
		if (sub->expire_at_s)
			sooner(&at, in_mono(s, now_ms, sub_due_ms(s, sub)));
	s->deadline.fire = on_deadline;
	if (at == UINT64_MAX)
		weir_timers_cancel(&s->all->worker->timers, &s->deadline);
	else
		weir_timers_set(&s->all->worker->timers, &s->deadline, at);
}

void weir__session_start_pings(struct weir_session *s)
{
	uint64_t interval = s->all->config->ping_interval_ms;

	if (!interval)
		return;
	/* Anywhere in the second half of a period: a crowd that connects together is not pinged together. */
	s->ping_at_ms = weir_mono_ms(s->all->worker->o.clock) + interval / 2 +
			weir_random_below(s->all->random, interval / 2 + 1);
	weir__session_arm(s);
}

bool weir__session_is_past(const struct weir_session *s, int64_t expire_at_s)
{
	return expire_at_s && expire_at_s <= wall_ms(s) / 1000;
}

uint32_t weir__session_ttl(struct weir_session *s, int64_t expire_at_s)
{
	int64_t left = expire_at_s - wall_ms(s) / 1000;

	if (left < 1)
		return 1;
	return left > INT32_MAX ? INT32_MAX : (uint32_t)left;
}
