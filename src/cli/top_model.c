/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `weir top` knows: the broker's last answers in the chosen order and, where the ones before are known, rates.
 * Rates are differences of counters; a counter that went back (a broker that started again) has none until the next
 * answer. Pure.
 */
#include "top_priv.h"

#include <stdlib.h>

#include "json_pick_priv.h"
#include "weir/base/mem.h"

static double model_rate(uint64_t now, uint64_t then, uint64_t ms)
{
	return now >= then && ms ? (double)(now - then) * 1000 / (double)ms : WEIR_TOP_UNKNOWN;
}

/* ---- rates ---- */

static const struct weir__top_sub *sample_find_sub(
	const struct weir__top_sample *s, const struct weir__top_client *c, struct weir_str channel)
{
	for (size_t i = 0; i < c->n_subs; i++)
		if (weir_str_eq(s->subs[c->first_sub + i].channel, channel))
			return &s->subs[c->first_sub + i];
	return NULL;
}

static const struct weir__top_client *sample_find_client(const struct weir__top_sample *s, struct weir_str id)
{
	for (size_t i = 0; i < s->n_clients; i++)
		if (weir_str_eq(s->clients[i].id, id))
			return &s->clients[i];
	return NULL;
}

static void sample_rates(struct weir__top_sample *s, const struct weir__top_sample *old)
{
	uint64_t ms = s->at_ms - old->at_ms;

	for (size_t i = 0; i < s->n_clients; i++) {
		struct weir__top_client *c = &s->clients[i];
		const struct weir__top_client *was = sample_find_client(old, c->id);

		if (!was)
			continue;
		c->drops_per_s = model_rate(c->dropped, was->dropped, ms);
		for (size_t k = 0; k < c->n_subs; k++) {
			struct weir__top_sub *sub = &s->subs[c->first_sub + k];
			const struct weir__top_sub *sub_was = sample_find_sub(old, was, sub->channel);

			if (sub_was)
				sub->per_s = model_rate(sub->delivered, sub_was->delivered, ms);
		}
	}
}

static void info_counters(struct weir__top_info *info, const struct weir__top_info *old, struct weir_json items)
{
	static const char *const names[] = {
#define X(name, member) member,
		WEIR_TOP_COUNTERS(X)
#undef X
	};
	struct weir_json v[WEIR_TOP_N_COUNTERS];

	weir__json_pick(items, names, v, WEIR_TOP_N_COUNTERS);
	for (size_t i = 0; i < WEIR_TOP_N_COUNTERS; i++) {
		info->counters[i] = weir__top_u64(v[i]);
		info->rates[i] = old->known && v[i].type
					 ? model_rate(info->counters[i], old->counters[i], info->at_ms - old->at_ms)
					 : WEIR_TOP_UNKNOWN;
	}
}

/* ---- order ---- */

static int by_number(uint64_t a, uint64_t b)
{
	return a > b ? -1 : a < b;
}

static int by_id(const struct weir__top_client *a, const struct weir__top_client *b)
{
	size_t n = a->id.n < b->id.n ? a->id.n : b->id.n;
	int d = n ? memcmp(a->id.p, b->id.p, n) : 0;

	return d ? d : by_number(b->id.n, a->id.n);
}

static int by_lag(const void *pa, const void *pb)
{
	const struct weir__top_client *a = pa, *b = pb;
	int d = by_number(a->lag_ms, b->lag_ms);

	d = d ? d : by_number(a->bytes, b->bytes);
	d = d ? d : by_number(a->dropped, b->dropped);
	return d ? d : by_id(a, b);
}

static int by_bytes(const void *pa, const void *pb)
{
	const struct weir__top_client *a = pa, *b = pb;
	int d = by_number(a->bytes, b->bytes);

	return d ? d : by_lag(a, b);
}

static int by_dropped(const void *pa, const void *pb)
{
	const struct weir__top_client *a = pa, *b = pb;
	int d = by_number(a->dropped, b->dropped);

	return d ? d : by_lag(a, b);
}

static bool sub_is_worse(enum weir__top_sort sort, const struct weir__top_sub *a, const struct weir__top_sub *b)
{
	int d = 0;

	if (sort == WEIR_TOP_BY_BYTES)
		d = by_number(a->bytes, b->bytes);
	else if (sort == WEIR_TOP_BY_DROPPED)
		d = by_number(a->dropped + a->conflated, b->dropped + b->conflated);
	d = d ? d : by_number(a->age_ms, b->age_ms);
	d = d ? d : by_number(a->waiting, b->waiting);
	return (d ? d : by_number(a->dropped + a->conflated, b->dropped + b->conflated)) < 0;
}

static const char *const sort_names[] = {
#define X(name, text) text,
	WEIR_TOP_SORTS(X)
#undef X
};

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__top_model_fini(struct weir__top_model *m)
{
	weir__top_sample_fini(&m->sample);
}

int weir__top_model_lag(struct weir__top_model *m, struct weir_json result, uint64_t now_ms)
{
	struct weir__top_sample s;
	int err = weir__top_sample_read(&s, result, now_ms);

	if (err)
		return err;
	sample_rates(&s, &m->sample);
	weir__top_sample_fini(&m->sample);
	m->sample = s;
	weir__top_model_sort(m, m->sort);
	return 0;
}

int weir__top_model_info(struct weir__top_model *m, struct weir_json result, uint64_t now_ms)
{
	static const char *const outer[] = {"nodes"};
	static const char *const names[] = {
		"version", "num_clients", "num_users", "num_channels", "num_subs", "uptime", "metrics"};
	static const char *const inner[] = {"items"};
	struct weir__top_info info = {.known = true, .at_ms = now_ms};
	struct weir_json nodes, node, items, v[WEIR_ARRAY_LEN(names)];
	struct weir_json_iter it;
	struct weir_str version;

	weir__json_pick(result, outer, &nodes, 1);
	if (nodes.type != WEIR_JSON_ARRAY)
		return WEIR_EPARSE;
	it = weir_json_elements(nodes);
	if (!weir_json_next_element(&it, &node) || node.type != WEIR_JSON_OBJECT)
		return WEIR_EPARSE;
	weir__json_pick(node, names, v, WEIR_ARRAY_LEN(names));
	version = v[0].type == WEIR_JSON_STRING ? weir_json_string_plain(v[0].text) : WEIR_STR_NONE;
	if (version.n < sizeof(info.version))
		memcpy(info.version, version.n ? version.p : "", version.n);
	info.clients = weir__top_u64(v[1]);
	info.users = weir__top_u64(v[2]);
	info.channels = weir__top_u64(v[3]);
	info.subs = weir__top_u64(v[4]);
	info.uptime_s = weir__top_u64(v[5]);
	weir__json_pick(v[6], inner, &items, 1);
	info_counters(&info, &m->info, items);
	m->info = info;
	return 0;
}

void weir__top_model_sort(struct weir__top_model *m, enum weir__top_sort sort)
{
	static int (*const orders[])(const void *, const void *) = {
		[WEIR_TOP_BY_LAG] = by_lag,
		[WEIR_TOP_BY_BYTES] = by_bytes,
		[WEIR_TOP_BY_DROPPED] = by_dropped,
	};

	m->sort = sort;
	if (m->sample.n_clients)
		qsort(m->sample.clients, m->sample.n_clients, sizeof(*m->sample.clients), orders[sort]);
}

const struct weir__top_sub *weir__top_worst(const struct weir__top_model *m, const struct weir__top_client *c)
{
	const struct weir__top_sub *worst = NULL;

	for (size_t i = 0; i < c->n_subs; i++) {
		const struct weir__top_sub *sub = &m->sample.subs[c->first_sub + i];

		if (!worst || sub_is_worse(m->sort, sub, worst))
			worst = sub;
	}
	return worst;
}

const char *weir__top_sort_name(enum weir__top_sort sort)
{
	return sort_names[sort];
}

int weir__top_sort_find(const char *name, enum weir__top_sort *out)
{
	for (size_t i = 0; i < WEIR_TOP_N_SORTS; i++)
		if (strcmp(name, sort_names[i]) == 0) {
			*out = (enum weir__top_sort)i;
			return 0;
		}
	return WEIR_ENOTFOUND;
}
