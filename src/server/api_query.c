/* SPDX-License-Identifier: Apache-2.0 */
/* The methods that ask: presence, presence_stats, history (and history_remove), channels, info. Worker's thread. */
#include "api_priv.h"
#include "weir/base/clock.h"
#include "weir/wire/json.h"

static struct weir_request *query_failed(struct api_slot *slot, enum weir_error_code code, const char *message)
{
	weir__api_fail(&slot->error, code, message);
	return NULL;
}

static struct weir_request *presence_request(struct api_call *c, struct api_slot *slot, bool want_list)
{
	struct weir_str channel = c->work->params.channel;
	const struct weir_namespace *ns = weir__api_channel(c->request->api, channel, &slot->error);
	struct weir_presence_request *r;

	if (!ns)
		return NULL;
	if (!ns->presence)
		return query_failed(slot, WEIR_ERROR_NOT_AVAILABLE, NULL);
	r = weir_presence_request_new(channel, want_list);
	return r ? &r->base : query_failed(slot, WEIR_ERROR_INTERNAL, NULL);
}

static struct weir_history_request *history_request(struct api_call *c, struct api_slot *slot)
{
	const struct api_params *p = &c->work->params;
	const struct weir_namespace *ns = weir__api_channel(c->request->api, p->channel, &slot->error);
	struct weir_history_request *r;

	if (!ns)
		return NULL;
	if (!weir_namespace_has_history(ns)) {
		weir__api_fail(&slot->error, WEIR_ERROR_NOT_AVAILABLE, NULL);
		return NULL;
	}
	r = weir_history_request_new(ns, p->channel, p->epoch);
	if (!r)
		weir__api_fail(&slot->error, WEIR_ERROR_INTERNAL, NULL);
	return r;
}

static size_t history_limit(const struct weir_api *api, int64_t asked)
{
	size_t most = api->o.history_max;

	return asked < 0 || (uint64_t)asked > most ? most : (size_t)asked;
}

static void put_number(struct weir_buf *out, const char *name, uint64_t value)
{
	weir_json_key(out, name);
	weir_buf_u64(out, value);
}

static void put_string(struct weir_buf *out, const char *name, struct weir_str value)
{
	weir_json_key(out, name);
	weir_json_append_string(out, value);
}

static void put_counter(void *ctx, const char *name, uint64_t value)
{
	put_number(ctx, name, value);
}

static void put_item(void *ctx, const char *name, double value)
{
	weir_json_key(ctx, name);
	weir_buf_double(ctx, value);
}

/* As gauges over no interval: sums since the start. */
static void put_metrics(struct weir_buf *out, const struct weir_api_options *o)
{
	struct weir_stats sum = {0};

	if (o->stats)
		o->stats(o->stats_ctx, &sum);
	else
		weir_stats_sum(&sum, &o->worker->stats);
	weir_buf_lit(out, ",\"metrics\":{\"interval\":0,\"items\":{");
	weir_stats_each(&sum, put_counter, out);
	put_number(out, "queued_bytes", weir_budget_bytes(o->budget));
	put_number(out, "queued_budget", weir_budget_max(o->budget));
	if (o->longest_turn_us)
		put_number(out, "longest_turn_us", o->longest_turn_us(o->stats_ctx));
	if (o->engine && o->engine->ops->metrics)
		o->engine->ops->metrics(o->engine, put_item, out);
	weir_buf_lit(out, "}}");
}

/* Without the end of the object. */
static void put_node(struct weir_buf *out, const struct weir_node_info *node)
{
	weir_buf_char(out, '{');
	put_string(out, "uid", node->uid);
	put_string(out, "name", node->name);
	put_string(out, "version", node->version);
	put_number(out, "num_clients", node->clients);
	put_number(out, "num_users", node->users);
	put_number(out, "num_channels", node->channels);
	put_number(out, "num_subs", node->subscriptions);
	put_number(out, "uptime", node->uptime_s);
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__api_put_node(struct weir_buf *out, const struct weir_node_info *node, const char *flag)
{
	put_node(out, node);
	if (flag) {
		weir_json_key(out, flag);
		weir_buf_lit(out, "true");
	}
	weir_buf_char(out, '}');
}

void weir__api_put_missing(struct weir_buf *out, const struct weir_name_list *missing)
{
	if (!missing->count)
		return;
	weir_json_key(out, "missing");
	weir_buf_char(out, '[');
	for (size_t i = 0; i < missing->count; i++) {
		weir_json_comma(out);
		weir_json_append_string(out, missing->names[i]);
	}
	weir_buf_char(out, ']');
}

struct weir_request *weir__api_presence(struct api_call *c, struct api_slot *slot)
{
	return presence_request(c, slot, true);
}

void weir__api_presence_take(struct api_call *c, struct api_slot *slot, struct weir_request *r)
{
	(void)slot;
	weir_buf_lit(&c->out, "{\"presence\":");
	weir_json_presence(&c->out, &((struct weir_presence_request *)r)->list);
	weir_buf_char(&c->out, '}');
}

struct weir_request *weir__api_presence_stats(struct api_call *c, struct api_slot *slot)
{
	return presence_request(c, slot, false);
}

void weir__api_presence_stats_take(struct api_call *c, struct api_slot *slot, struct weir_request *r)
{
	const struct weir_presence_request *presence = (struct weir_presence_request *)r;

	(void)slot;
	weir_buf_char(&c->out, '{');
	put_number(&c->out, "num_clients", presence->num_clients);
	put_number(&c->out, "num_users", presence->num_users);
	weir_buf_char(&c->out, '}');
}

struct weir_request *weir__api_history(struct api_call *c, struct api_slot *slot)
{
	const struct api_params *p = &c->work->params;
	struct weir_history_request *r;

	if (p->since.p && p->reverse && !p->offset)
		return query_failed(slot, WEIR_ERROR_BAD_REQUEST, "nothing lies before offset 0");
	r = history_request(c, slot);
	if (!r)
		return NULL;
	r->range = (struct weir_stream_range){
		p->since.p != NULL, p->reverse, p->offset, history_limit(c->request->api, p->limit)};
	return &r->base;
}

void weir__api_history_take(struct api_call *c, struct api_slot *slot, struct weir_request *r)
{
	const struct weir_history_request *h = (struct weir_history_request *)r;

	(void)slot;
	weir_json_history(&c->out, &h->events, weir_str(h->epoch), h->top);
}

struct weir_request *weir__api_history_remove(struct api_call *c, struct api_slot *slot)
{
	struct weir_history_request *r = history_request(c, slot);

	if (!r)
		return NULL;
	r->base.type = WEIR_REQUEST_HISTORY_REMOVE;
	return &r->base;
}

struct weir_request *weir__api_channels(struct api_call *c, struct api_slot *slot)
{
	struct weir_channels_request *r = weir_channels_request_new(c->work->params.pattern);

	return r ? &r->base : query_failed(slot, WEIR_ERROR_INTERNAL, NULL);
}

void weir__api_channels_take(struct api_call *c, struct api_slot *slot, struct weir_request *r)
{
	const struct weir_channels_request *found = (struct weir_channels_request *)r;

	(void)slot;
	weir_buf_lit(&c->out, "{\"channels\":{");
	for (size_t i = 0; i < found->count; i++) {
		weir_json_comma(&c->out);
		weir_json_append_string(&c->out, found->channels[i].channel);
		weir_buf_lit(&c->out, ":{");
		put_number(&c->out, "num_clients", found->channels[i].clients);
		weir_buf_char(&c->out, '}');
	}
	weir_buf_char(&c->out, '}');
	weir__api_put_missing(&c->out, &found->missing);
	weir_buf_char(&c->out, '}');
}

struct weir_request *weir__api_info(struct api_call *c, struct api_slot *slot)
{
	struct weir_info_request *r = weir_info_request_new();

	(void)c;
	return r ? &r->base : query_failed(slot, WEIR_ERROR_INTERNAL, NULL);
}

void weir__api_info_take(struct api_call *c, struct api_slot *slot, struct weir_request *r)
{
	const struct weir_info_request *info = (struct weir_info_request *)r;

	(void)slot;
	weir_buf_lit(&c->out, "{\"nodes\":[");
	for (size_t i = 0; i < info->nodes.count; i++) {
		weir_json_comma(&c->out);
		put_node(&c->out, &info->nodes.nodes[i]);
		if (!i) /* this broker */
			put_metrics(&c->out, &c->request->api->o);
		weir_buf_char(&c->out, '}');
	}
	weir_buf_char(&c->out, ']');
	weir__api_put_missing(&c->out, &info->missing);
	weir_buf_char(&c->out, '}');
}
