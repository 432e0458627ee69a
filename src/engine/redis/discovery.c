/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking sentinels. A round opens a short link to each and ends when more than half of those configured agree, when all
 * have answered, or when its time is over. Whatever ends it, the links are closed before anything is told; telling is
 * the last thing done, since the answer may be a close or the next question. Loop's thread only.
 */
#include "discovery.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/core/timer.h"

#define DISCOVERY_WATCH_MS    1000
#define DISCOVERY_REPLY_BYTES 65536
#define DISCOVERY_HOST_MAX    253

enum sentinel_state {
	SENTINEL_ASKED,
	SENTINEL_SAYS,        /* its answer is `master` */
	SENTINEL_KNOWS_NOT,   /* such a master */
	SENTINEL_SAYS_NOTHING /* why */
};

struct sentinel {
	struct weir_redis_discovery *d;
	struct weir_redis_link *link;
	enum sentinel_state state;
	struct weir_redis_endpoint master;
	char why[120];
};

struct weir_redis_discovery {
	struct weir_redis_discovery_options o;
	struct sentinel sentinels[WEIR_REDIS_SENTINELS_MAX];
	bool round; /* one is under way */
	bool asked; /* by ask(); else it is watch's */
	struct weir_timer deadline, watch;
	unsigned to_close;               /* timers */
	struct weir_redis_endpoint last; /* found or moved to; none at first */
	char why[1024];
};

static size_t discovery_count(const struct weir_redis_discovery *d)
{
	return d->o.address->n_sentinels;
}

/* ---- the end of a round ---- */

static void round_clear(struct weir_redis_discovery *d)
{
	for (size_t i = 0; i < WEIR_REDIS_SENTINELS_MAX; i++) {
		weir_redis_link_close(&d->sentinels[i].link);
		weir_redis_endpoint_fini(&d->sentinels[i].master);
	}
	weir_timer_stop(&d->deadline);
	d->round = false;
}

static size_t round_votes(const struct weir_redis_discovery *d, const struct weir_redis_endpoint *master)
{
	size_t votes = 0;

	for (size_t i = 0; i < discovery_count(d); i++)
		votes += d->sentinels[i].state == SENTINEL_SAYS &&
			 weir_redis_endpoint_eq(&d->sentinels[i].master, master);
	return votes;
}

/* What more than half of them say, or NULL. */
static const struct weir_redis_endpoint *round_winner(const struct weir_redis_discovery *d)
{
	for (size_t i = 0; i < discovery_count(d); i++)
		if (d->sentinels[i].state == SENTINEL_SAYS &&
			2 * round_votes(d, &d->sentinels[i].master) > discovery_count(d))
			return &d->sentinels[i].master;
	return NULL;
}

static bool round_complete(const struct weir_redis_discovery *d)
{
	for (size_t i = 0; i < discovery_count(d); i++)
		if (d->sentinels[i].state == SENTINEL_ASKED)
			return false;
	return true;
}

static size_t count_state(const struct weir_redis_discovery *d, enum sentinel_state state, const char **why)
{
	size_t n = 0;

	for (size_t i = 0; i < discovery_count(d); i++)
		if (d->sentinels[i].state == state) {
			if (n++ == 0)
				*why = d->sentinels[i].why;
		}
	return n;
}

/* "3 sentinels: 1 names 10.0.0.1:6379, 1 does not know "mymaster", 1 does not answer (connect: connection refused); 2 must agree" */
static void round_explain(struct weir_redis_discovery *d)
{
	const char *silent = "", *unknown = "";
	size_t n_silent = count_state(d, SENTINEL_SAYS_NOTHING, &silent) + count_state(d, SENTINEL_ASKED, &unknown);
	size_t n_unknown = count_state(d, SENTINEL_KNOWS_NOT, &unknown);
	struct weir_buf b;

	weir_buf_init(&b, sizeof(d->why) - 1);
	weir_buf_printf(&b, "%zu of %zu sentinels must agree on the master \"%.100s\":", discovery_count(d) / 2 + 1,
		discovery_count(d), d->o.address->master_name);
	for (size_t i = 0; i < discovery_count(d); i++) {
		const struct sentinel *s = &d->sentinels[i];
		bool told = false;

		for (size_t k = 0; k < i && s->state == SENTINEL_SAYS; k++)
			told |= d->sentinels[k].state == SENTINEL_SAYS &&
				weir_redis_endpoint_eq(&d->sentinels[k].master, &s->master);
		if (s->state == SENTINEL_SAYS && !told)
			weir_buf_printf(
				&b, " %zu say %.60s:%u,", round_votes(d, &s->master), s->master.host, s->master.port);
	}
	weir_buf_printf(&b, " %zu do not know it, %zu do not answer", n_unknown, n_silent);
	if (silent[0])
		weir_buf_printf(&b, " (%s)", silent);
	snprintf(d->why, sizeof(d->why), "%.*s", (int)b.len, b.p ? b.p : "");
	weir_buf_fini(&b);
}

static void round_tell(struct weir_redis_discovery *d, bool asked, bool found, bool moved)
{
	if (asked && found)
		d->o.found(d->o.ctx, 0, &d->last, NULL);
	else if (asked)
		d->o.found(d->o.ctx, WEIR_EUNAVAILABLE, NULL, d->why);
	else if (moved)
		d->o.moved(d->o.ctx, &d->last);
}

static void round_end(struct weir_redis_discovery *d)
{
	const struct weir_redis_endpoint *winner = round_winner(d);
	struct weir_redis_endpoint master = {0};
	bool known = d->last.host, moved = false, found = winner && weir_redis_endpoint_copy(&master, winner) == 0;

	if (found) {
		moved = known && !weir_redis_endpoint_eq(&d->last, &master);
		weir_redis_endpoint_fini(&d->last);
		d->last = master;
	} else {
		round_explain(d);
	}
	round_clear(d);
	round_tell(d, d->asked, found, moved);
}

static void round_check(struct weir_redis_discovery *d)
{
	if (round_winner(d) || round_complete(d))
		round_end(d);
}

/* ---- one sentinel ---- */

static void sentinel_done(struct sentinel *s, enum sentinel_state state, const char *why)
{
	s->state = state;
	snprintf(s->why, sizeof(s->why), "%s", why);
	weir_redis_link_close(&s->link);
	round_check(s->d);
}

static bool host_is_fine(struct weir_str host)
{
	for (size_t i = 0; i < host.n; i++)
		if (host.p[i] <= ' ' || host.p[i] > '~')
			return false;
	return host.n > 0 && host.n <= DISCOVERY_HOST_MAX;
}

/* [host, port] */
static bool sentinel_take(struct sentinel *s, const struct weir_reply *reply)
{
	const struct weir_reply *host = weir_reply_first(reply), *port;
	uint64_t number;

	if (reply->type != WEIR_REPLY_ARRAY || reply->count != 2)
		return false;
	port = weir_reply_next(host);
	return host->type == WEIR_REPLY_STRING && port->type == WEIR_REPLY_STRING && host_is_fine(host->str) &&
	       weir_str_u64(port->str, &number) == 0 && number > 0 && number <= 65535 &&
	       weir_redis_endpoint_set(&s->master, host->str, (uint16_t)number) == 0;
}

static void on_answer(void *ctx, const struct weir_reply *reply)
{
	struct sentinel *s = ctx;
	char why[100];

	if (!reply)
		return; /* lost: tells why */
	if (reply->type == WEIR_REPLY_NIL) {
		sentinel_done(s, SENTINEL_KNOWS_NOT, "");
	} else if (reply->type == WEIR_REPLY_ERROR) {
		snprintf(why, sizeof(why), "%s", reply->str.p);
		for (char *p = why; *p; p++)
			*p = (unsigned char)*p < ' ' ? '?' : *p;
		sentinel_done(s, SENTINEL_SAYS_NOTHING, why);
	} else if (sentinel_take(s, reply)) {
		sentinel_done(s, SENTINEL_SAYS, "");
	} else {
		sentinel_done(s, SENTINEL_SAYS_NOTHING, "not an answer of a sentinel");
	}
}

static void on_ready(void *ctx)
{
	struct sentinel *s = ctx;
	struct weir_argv a;
	int err;

	weir_argv_init(&a);
	weir_argv_cstr(&a, "SENTINEL");
	weir_argv_cstr(&a, "get-master-addr-by-name");
	weir_argv_cstr(&a, s->d->o.address->master_name);
	err = weir_redis_link_send(s->link, &a, s->d->o.timeout_ms, on_answer, s);
	weir_argv_fini(&a);
	if (err)
		sentinel_done(s, SENTINEL_SAYS_NOTHING, weir_strerror(err));
}

static void on_lost(void *ctx, int err, const char *why)
{
	(void)err;
	sentinel_done(ctx, SENTINEL_SAYS_NOTHING, why);
}

static void sentinel_ask(struct sentinel *s, const struct weir_redis_endpoint *e)
{
	const struct weir_redis_discovery_options *o = &s->d->o;

	s->why[0] = '\0';
	s->link = weir_redis_link_open(&(struct weir_redis_link_options){.loop = o->loop,
		.endpoint = e,
		.credentials = {.user = o->address->sentinel_user, .password = o->address->sentinel_password},
		.connect_timeout_ms = o->timeout_ms,
		.io_timeout_ms = o->timeout_ms,
		.reply_max_bytes = DISCOVERY_REPLY_BYTES,
		.ready = on_ready,
		.lost = on_lost,
		.ctx = s});
	s->state = s->link ? SENTINEL_ASKED : SENTINEL_SAYS_NOTHING;
}

/* ---- rounds ---- */

static void round_begin(struct weir_redis_discovery *d, bool asked)
{
	d->round = true;
	d->asked = asked;
	for (size_t i = 0; i < discovery_count(d); i++)
		sentinel_ask(&d->sentinels[i], &d->o.address->sentinels[i]);
	/* Without any link only the timer can tell, and without sentinels there is nothing to wait for. */
	weir_timer_once(&d->deadline, round_complete(d) ? 0 : d->o.timeout_ms);
}

static void on_deadline(struct weir_timer *timer, uint64_t ticks)
{
	struct weir_redis_discovery *d = WEIR_CONTAINER_OF(timer, struct weir_redis_discovery, deadline);

	(void)ticks;
	if (discovery_count(d) > 0) {
		round_end(d);
		return;
	}
	d->round = false;
	d->o.found(d->o.ctx, 0, &d->o.address->endpoint, NULL);
}

static void on_watch(struct weir_timer *timer, uint64_t ticks)
{
	struct weir_redis_discovery *d = WEIR_CONTAINER_OF(timer, struct weir_redis_discovery, watch);

	(void)ticks;
	if (!d->round && d->last.host)
		round_begin(d, false);
}

static void discovery_closed_one(struct weir_redis_discovery *d)
{
	if (--d->to_close > 0)
		return;
	weir_redis_endpoint_fini(&d->last);
	free(d);
}

static void on_deadline_closed(struct weir_timer *timer)
{
	discovery_closed_one(WEIR_CONTAINER_OF(timer, struct weir_redis_discovery, deadline));
}

static void on_watch_closed(struct weir_timer *timer)
{
	discovery_closed_one(WEIR_CONTAINER_OF(timer, struct weir_redis_discovery, watch));
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_redis_discovery *weir_redis_discovery_new(const struct weir_redis_discovery_options *o)
{
	struct weir_redis_discovery *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->o = *o;
	for (size_t i = 0; i < WEIR_REDIS_SENTINELS_MAX; i++)
		d->sentinels[i].d = d;
	weir_assert(weir_timer_init(&d->deadline, o->loop, on_deadline) == 0); /* neither can fail */
	weir_assert(weir_timer_init(&d->watch, o->loop, on_watch) == 0);
	return d;
}

void weir_redis_discovery_close(struct weir_redis_discovery **dp)
{
	struct weir_redis_discovery *d = *dp;

	if (!d)
		return;
	*dp = NULL;
	round_clear(d);
	d->to_close = 2;
	weir_timer_close(&d->deadline, on_deadline_closed);
	weir_timer_close(&d->watch, on_watch_closed);
}

void weir_redis_discovery_ask(struct weir_redis_discovery *d)
{
	round_clear(d);
	round_begin(d, true);
}

void weir_redis_discovery_watch(struct weir_redis_discovery *d, bool on)
{
	if (!on)
		weir_timer_stop(&d->watch);
	else if (discovery_count(d) > 0)
		weir_timer_every(&d->watch, DISCOVERY_WATCH_MS, WEIR_TIMER_SKIP);
}
