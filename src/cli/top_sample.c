/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An answer of the API's `lag` as structs. Its text is kept and names are spans of it, so that nothing is copied per
 * client. What is missing or of another type counts as zero. Pure.
 */
#include "top_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "json_pick_priv.h"
#include "weir/base/mem.h"

static struct weir_str sample_text(struct weir_json v)
{
	return v.type == WEIR_JSON_STRING ? v.text : WEIR_STR_NONE;
}

static struct weir__top_sub *sample_add_sub(struct weir__top_sample *s)
{
	size_t cap = s->subs_cap ? s->subs_cap * 2 : 64;
	struct weir__top_sub *grown = s->subs;

	if (s->n_subs == s->subs_cap) {
		grown = realloc(s->subs, cap * sizeof(*grown));
		if (!grown)
			return NULL;
		s->subs = grown;
		s->subs_cap = cap;
	}
	return &s->subs[s->n_subs++];
}

static int sample_sub(struct weir__top_sample *s, struct weir_json object)
{
	static const char *const names[] = {"channel", "overflow", "key", "rate", "filtered", "offset", "queue",
		"waiting", "bytes", "age_ms", "top", "delivered", "dropped", "conflated", "withheld"};
	struct weir_json v[WEIR_ARRAY_LEN(names)];
	struct weir__top_sub *sub = sample_add_sub(s);

	if (!sub)
		return -ENOMEM;
	weir__json_pick(object, names, v, WEIR_ARRAY_LEN(names));
	*sub = (struct weir__top_sub){
		.channel = sample_text(v[0]),
		.overflow = sample_text(v[1]),
		.key = sample_text(v[2]),
		.filtered = v[4].type == WEIR_JSON_TRUE,
		.has_offset = v[5].type == WEIR_JSON_NUMBER,
		.offset = weir__top_u64(v[5]),
		.queue = weir__top_u64(v[6]),
		.waiting = weir__top_u64(v[7]),
		.bytes = weir__top_u64(v[8]),
		.age_ms = weir__top_u64(v[9]),
		.top = weir__top_u64(v[10]),
		.delivered = weir__top_u64(v[11]),
		.dropped = weir__top_u64(v[12]),
		.conflated = weir__top_u64(v[13]),
		.withheld = weir__top_u64(v[14]),
		.per_s = WEIR_TOP_UNKNOWN,
	};
	if (weir_json_double(v[3], &sub->rate) || sub->rate < 0)
		sub->rate = 0;
	return 0;
}

static void sample_numbers(struct weir__top_client *c, struct weir_json queue, struct weir_json dropped)
{
	static const char *const names[] = {"events", "bytes", "limit"};
	struct weir_json v[3];

	weir__json_pick(queue, names, v, 3);
	c->events = weir__top_u64(v[0]);
	c->bytes = weir__top_u64(v[1]);
	c->limit = weir__top_u64(v[2]);
	weir__json_pick(dropped, names, v, 2);
	c->dropped = weir__top_u64(v[0]);
	c->dropped_bytes = weir__top_u64(v[1]);
}

static int sample_client(struct weir__top_sample *s, struct weir__top_client *c, struct weir_json object)
{
	static const char *const names[] = {"client", "user", "transport", "encoding", "worker", "connected_ms",
		"lag_ms", "stalled_ms", "queue", "dropped", "subscriptions"};
	struct weir_json v[WEIR_ARRAY_LEN(names)], sub;
	struct weir_json_iter it;
	int err = 0;

	weir__json_pick(object, names, v, WEIR_ARRAY_LEN(names));
	*c = (struct weir__top_client){
		.id = sample_text(v[0]),
		.user = sample_text(v[1]),
		.transport = sample_text(v[2]),
		.encoding = sample_text(v[3]),
		.worker = weir__top_u64(v[4]),
		.connected_ms = weir__top_u64(v[5]),
		.lag_ms = weir__top_u64(v[6]),
		.stalled_ms = weir__top_u64(v[7]),
		.first_sub = s->n_subs,
		.drops_per_s = WEIR_TOP_UNKNOWN,
	};
	sample_numbers(c, v[8], v[9]);
	if (v[10].type != WEIR_JSON_ARRAY)
		return 0;
	it = weir_json_elements(v[10]);
	while (!err && weir_json_next_element(&it, &sub))
		err = sample_sub(s, sub);
	c->n_subs = s->n_subs - c->first_sub;
	return err;
}

static int sample_clients(struct weir__top_sample *s, struct weir_json array)
{
	struct weir_json_iter it = weir_json_elements(array);
	struct weir_json object;
	size_t n = 0;
	int err = 0;

	while (weir_json_next_element(&it, &object))
		n++;
	s->clients = calloc(n ? n : 1, sizeof(*s->clients));
	if (!s->clients)
		return -ENOMEM;
	it = weir_json_elements(array);
	while (!err && weir_json_next_element(&it, &object))
		err = sample_client(s, &s->clients[s->n_clients++], object);
	return err;
}

/* ------------------------------------------------------------------------------------------------------------------ */

uint64_t weir__top_u64(struct weir_json v)
{
	uint64_t u;
	double d;

	if (weir_json_u64(v, &u) == 0)
		return u;
	return weir_json_double(v, &d) == 0 && d > 0 ? (d < 1e18 ? (uint64_t)d : UINT64_MAX) : 0;
}

int weir__top_sample_read(struct weir__top_sample *s, struct weir_json result, uint64_t now_ms)
{
	static const char *const names[] = {"connections", "queued_bytes", "queued_budget"};
	struct weir_json v[3];
	int err;

	*s = (struct weir__top_sample){.at_ms = now_ms};
	weir__json_pick(result, names, v, 3);
	if (v[0].type != WEIR_JSON_ARRAY)
		return WEIR_EPARSE;
	s->text = malloc(v[0].text.n);
	if (!s->text)
		return -ENOMEM;
	memcpy(s->text, v[0].text.p, v[0].text.n);
	s->queued_bytes = weir__top_u64(v[1]);
	s->queued_budget = weir__top_u64(v[2]);
	err = sample_clients(s, (struct weir_json){WEIR_JSON_ARRAY, weir_str_n(s->text, v[0].text.n)});
	if (err)
		weir__top_sample_fini(s);
	return err;
}

void weir__top_sample_fini(struct weir__top_sample *s)
{
	free(s->text);
	free(s->clients);
	free(s->subs);
	*s = (struct weir__top_sample){0};
}
