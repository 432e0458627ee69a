/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns of an ordered namespace under a random scheduler: clients subscribe, unsubscribe, vanish and come back with
 * the position they have, while others publish. The order in which the hub takes publishes is the log's, so a plain list
 * says what each subscriber must get: every match once, in order, recovered or live, or else a word that it is not so,
 * and that only where the log could not prove it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "scenario.h"
#include "test.h"
#include "weir/event/channel.h"
#include "weir/event/json.h"

const char weir_test_suite[] = "sim/pattern_recovery";

#define GEN     "1700000000000"
#define CLIENTS 4
#define OPS     4000
#define LOG     64 /* entries that the loopback's log holds */
#define LIMIT   12

static const char *const patterns[] = {"o:*", "o:a.*", "o:>", "o:*.x", "$o:>"};
static const char *const channels[] = {"o:a", "o:a.x", "o:b.x", "o:a.b.x", "$o:a", "$o:a.x", "other"};
#define PATTERNS WEIR_ARRAY_LEN(patterns)

enum view_state { VIEW_NONE, VIEW_ASKED, VIEW_LIVE, VIEW_LEAVING };

struct view {
	enum view_state state;
	bool knows, recover;
	uint64_t position;  /* of the last event it got, or where it began */
	uint64_t asked_top; /* the log's newest when the hub took the subscribe */
};

struct client {
	struct loopback_client *c;
	unsigned next_id;
	char id[40]; /* "": not connected yet */
	struct view views[PATTERNS];
};

struct run {
	struct loopback *lb;
	struct weir_random random;
	struct client clients[CLIENTS];
	struct weir_str log[OPS + 1]; /* channels, by n */
	uint64_t top;
	unsigned recovered, unrecovered, events;
};

static const struct weir_namespace named[] = {
	{.name = (char *)"o",
		.allow_wildcards = true,
		.ordered = true,
		.force_recovery = true,
		WEIR_NAMESPACE_QUEUE_DEFAULTS},
};

static unsigned below(struct run *r, unsigned n)
{
	return (unsigned)weir_random_below(&r->random, n);
}

static bool matches(const struct run *r, unsigned pattern, uint64_t n)
{
	return weir_pattern_matches(weir_str(patterns[pattern]), r->log[n]);
}

/* The next match after a position, up to `top`; 0: none. */
static uint64_t next_match(const struct run *r, unsigned pattern, uint64_t position, uint64_t top)
{
	while (++position <= top)
		if (matches(r, pattern, position))
			return position;
	return 0;
}

static int pattern_of(struct weir_str name)
{
	for (unsigned i = 0; i < PATTERNS; i++)
		if (weir_str_is(name, patterns[i]))
			return (int)i;
	return -1;
}

static void on_submit(void *ctx, struct weir_request *request)
{
	struct run *r = ctx;
	const struct weir_subscribe_request *s = (struct weir_subscribe_request *)request;

	if (request->type == WEIR_REQUEST_PUBLISH) {
		const struct weir_str channel = ((struct weir_publish_request *)request)->event->channel;

		for (unsigned i = 0; i < WEIR_ARRAY_LEN(channels); i++)
			if (weir_str_is(channel, channels[i]))
				r->log[++r->top] = weir_str(channels[i]);
	}
	for (unsigned i = 0; i < CLIENTS && request->type == WEIR_REQUEST_SUBSCRIBE; i++)
		if (weir_str_is(s->info.client, r->clients[i].id))
			r->clients[i].views[pattern_of(s->channel)].asked_top = r->top;
}

/* ---- what a client gets ---- */

static uint64_t number(struct weir_json object, const char *name)
{
	struct weir_json v = member(object, name);
	uint64_t n = 0;

	CU_ASSERT_FATAL(!v.type || weir_str_u64(v.text, &n) == 0);
	return n;
}

static void got_event(struct run *r, struct view *v, unsigned pattern, struct weir_json pub)
{
	uint64_t n = number(pub, "offset");

	CU_ASSERT_EQUAL_FATAL(n, next_match(r, pattern, v->position, r->top));
	CU_ASSERT(weir_str_eq(weir_json_string_plain(member(pub, "channel").text), r->log[n]));
	v->position = n;
	r->events++;
}

static bool provable(const struct run *r, const struct view *v, unsigned pattern)
{
	unsigned count = 0;

	for (uint64_t n = v->position; (n = next_match(r, pattern, n, v->asked_top)) != 0;)
		count++;
	return v->position + LOG >= v->asked_top && count <= LIMIT;
}

static void got_subscribed(struct run *r, struct view *v, unsigned pattern, struct weir_json result)
{
	bool recovered = member(result, "recovered").type == WEIR_JSON_TRUE;
	struct weir_json publications = member(result, "publications"), pub;
	struct weir_json_iter it = weir_json_elements(publications);

	CU_ASSERT_EQUAL(v->state, VIEW_ASKED);
	CU_ASSERT(weir_json_string_is(member(result, "epoch").text, WEIR_STR(GEN)));
	CU_ASSERT_EQUAL(member(result, "was_recovering").type == WEIR_JSON_TRUE, v->recover);
	CU_ASSERT_EQUAL_FATAL(recovered, v->recover && provable(r, v, pattern));
	CU_ASSERT_EQUAL(number(result, "offset"), recovered ? v->position : v->asked_top);
	if (recovered) {
		while (publications.type && weir_json_next_element(&it, &pub))
			got_event(r, v, pattern, pub);
		CU_ASSERT_EQUAL(next_match(r, pattern, v->position, v->asked_top), 0);
		r->recovered++;
	} else {
		CU_ASSERT_EQUAL(publications.type, 0);
		v->position = v->asked_top;
		r->unrecovered += v->recover;
	}
	v->knows = true;
	v->state = VIEW_LIVE;
}

/* Ids of subscribes and unsubscribes end with the pattern's number. */
static void got_message(struct run *r, struct client *k, const char *line)
{
	struct weir_json message, push, hello;
	uint64_t id;

	CU_ASSERT_EQUAL_FATAL(weir_json_check(weir_str(line), WEIR_JSON_DEPTH, &message, NULL), 0);
	push = member(message, "push");
	hello = member(message, "connect");
	id = number(message, "id");
	if (push.type) {
		int pattern = pattern_of(weir_json_string_plain(member(push, "channel").text));
		struct view *v = &k->views[pattern];

		CU_ASSERT_FATAL(v->state == VIEW_LIVE || v->state == VIEW_LEAVING);
		got_event(r, v, (unsigned)pattern, member(push, "pub"));
	} else if (hello.type) {
		struct weir_str client = weir_json_string_plain(member(hello, "client").text);

		snprintf(k->id, sizeof(k->id), "%.*s", WEIR_STR_FMT(client));
	} else if (member(message, "unsubscribe").type) {
		k->views[id % 10].state = VIEW_NONE;
	} else {
		CU_ASSERT_FATAL(member(message, "subscribe").type == WEIR_JSON_OBJECT);
		got_subscribed(r, &k->views[id % 10], (unsigned)(id % 10), member(message, "subscribe"));
	}
}

static void read_all(struct run *r)
{
	for (unsigned i = 0; i < CLIENTS; i++) {
		const char *got;

		while ((got = loopback_receive(r->clients[i].c))) {
			char *lines = weir_xstrdup(got);

			for (char *rest = lines, *line; (line = strsep(&rest, "\n"));)
				if (*line)
					got_message(r, &r->clients[i], line);
			free(lines);
		}
		CU_ASSERT_EQUAL_FATAL(loopback_closed(r->clients[i].c), 0);
	}
}

/* ---- what happens ---- */

static void come(struct run *r, struct client *k)
{
	k->c = loopback_connect(r->lb, below(r, 3));
	k->id[0] = 0;
	send_text(k->c, "{\"id\":1,\"connect\":{\"token\":\"%s\"}}", token("{\"sub\":\"u\"}"));
}

static void vanish(struct run *r, struct client *k)
{
	loopback_client_free(&k->c);
	for (unsigned i = 0; i < PATTERNS; i++)
		k->views[i].state = VIEW_NONE;
	come(r, k);
}

static void turn_view(struct run *r, struct client *k, unsigned pattern)
{
	struct view *v = &k->views[pattern];
	const char *allowed = token("{\"sub\":\"u\",\"channel\":\"%s\"}", patterns[pattern]);

	k->next_id++;
	if (v->state == VIEW_LIVE && !below(r, 4)) {
		v->state = VIEW_LEAVING;
		send_text(k->c, "{\"id\":%u,\"unsubscribe\":{\"channel\":\"%s\"}}", k->next_id * 10 + pattern,
			patterns[pattern]);
	} else if (v->state == VIEW_NONE) {
		v->state = VIEW_ASKED;
		v->recover = v->knows && below(r, 8);
		send_text(k->c,
			"{\"id\":%u,\"subscribe\":{\"channel\":\"%s\",\"token\":\"%s\",\"epoch\":\"" GEN
			"\",\"recover\":%s,\"offset\":%llu}}",
			k->next_id * 10 + pattern, patterns[pattern], allowed, v->recover ? "true" : "false",
			(unsigned long long)v->position);
	}
}

static void one_op(struct run *r)
{
	struct client *k = &r->clients[below(r, CLIENTS)];
	unsigned what = below(r, 100);

	if (what < 30)
		loopback_publish(r->lb, below(r, 3), channels[below(r, WEIR_ARRAY_LEN(channels))], "1", NULL);
	else if (what < 55 && k->id[0])
		turn_view(r, k, below(r, PATTERNS));
	else if (what < 58)
		vanish(r, k);
	else
		for (unsigned steps = below(r, 12); steps && loopback_step(r->lb); steps--) {}
	read_all(r);
}

static void random_run(void)
{
	static struct run r;
	struct weir_session_config config = *loopback_default_config();

	memset(&r, 0, sizeof(r));
	weir_random_seeded(&r.random, weir_test_seed());
	config.recovery_limit = LIMIT;
	r.lb = loopback_new(&(struct loopback_options){.workers = 3,
		.seed = weir_test_seed(),
		.secure = true,
		.hmac_secret = SCENARIO_SECRET,
		.without = {WEIR_NAMESPACE_QUEUE_DEFAULTS},
		.named = named,
		.n_named = 1,
		.hooks = {.submit = on_submit, .ctx = &r},
		.config = &config});
	for (unsigned i = 0; i < CLIENTS; i++)
		come(&r, &r.clients[i]);
	for (unsigned i = 0; i < OPS; i++)
		one_op(&r);
	loopback_run(r.lb);
	read_all(&r);
	for (unsigned i = 0; i < CLIENTS; i++) {
		for (unsigned p = 0; p < PATTERNS; p++) /* nothing is missing at the end */
			if (r.clients[i].views[p].state == VIEW_LIVE)
				CU_ASSERT_EQUAL(next_match(&r, p, r.clients[i].views[p].position, r.top), 0);
		loopback_client_free(&r.clients[i].c);
	}
	loopback_free(&r.lb);
	CU_ASSERT(r.events > 1000 && r.recovered > 20 && r.unrecovered > 20); /* it was about something */
}

CU_TestInfo weir_tests[] = {
	{"at random", random_run},
	CU_TEST_INFO_NULL,
};
