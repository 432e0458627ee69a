/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publish and broadcast. A broadcast is many publishes of one payload; its channels are taken from the body one by one
 * as there is room, and each has its own result. One to a pattern first asks the hub which channels have subscribers.
 * Worker's thread.
 */
#include <errno.h>
#include <stdlib.h>

#include "api_priv.h"
#include "weir/base/clock.h"
#include "weir/event/channel.h"
#include "weir/wire/json.h"

static bool tags_add(struct api_call *c, struct weir_str name, struct weir_json value)
{
	struct api_work *w = c->work;
	struct weir_tag tag;
	int r = weir_member_read(WEIR_MEMBER_STRING, (struct weir_json){WEIR_JSON_STRING, name}, &w->text, &tag.key);

	if (!r)
		r = weir_member_read(WEIR_MEMBER_STRING, value, &w->text, &tag.value);
	weir_assert(r == 0); /* the types are checked, and there is room */
	if (weir_str_starts(tag.key, WEIR_STR("weir-")))
		return weir__api_fail(&c->error, WEIR_ERROR_BAD_REQUEST, "tags that begin with weir- are reserved");
	for (size_t i = 0; i < w->n_tags; i++)
		if (weir_str_eq(w->tags[i].key, tag.key)) {
			w->tags[i].value = tag.value; /* the last one counts */
			return true;
		}
	w->tags[w->n_tags++] = tag;
	return true;
}

static bool publish_tags(struct api_call *c)
{
	struct api_work *w = c->work;
	struct weir_json_iter it = weir_json_members((struct weir_json){WEIR_JSON_OBJECT, w->params.tags});
	struct weir_json value;
	struct weir_str name;

	if (!w->params.n_tags)
		return true;
	if (w->params.n_tags > API_TAGS_MAX)
		return weir__api_fail(&c->error, WEIR_ERROR_BAD_REQUEST, "too many tags");
	w->tags = weir_xcalloc(w->params.n_tags, sizeof(*w->tags));
	while (weir_json_next_member(&it, &name, &value))
		if (value.type != WEIR_JSON_NULL && !tags_add(c, name, value))
			return false;
	return true;
}

static struct weir_event *publish_event(
	const struct api_call *c, struct weir_str channel, const struct weir_namespace *ns)
{
	const struct api_work *w = c->work;
	int64_t now_us = weir_wall_us(c->request->api->o.worker->o.clock);

	return weir_event_new(&(struct weir_event_spec){
		.channel = channel,
		.data = w->data,
		.format = w->format,
		.tags = w->tags,
		.n_tags = w->n_tags,
		.delta = w->params.delta || ns->delta_publish,
		.time_ms = now_us / 1000,
		.time_us = (unsigned)(now_us % 1000),
	});
}

static struct weir_request *publish_request(struct api_call *c, struct api_slot *slot, struct weir_str channel)
{
	struct weir_api *api = c->request->api;
	const struct weir_namespace *ns = weir__api_channel(api, channel, &slot->error);
	struct weir_publish_request *r = NULL;
	struct weir_event *e;
	const char *why;

	if (!ns)
		return NULL;
	if (weir_channel_is_stats(channel)) {
		weir__api_fail(&slot->error, WEIR_ERROR_PERMISSION, "only the broker publishes there");
		return NULL;
	}
	e = publish_event(c, channel, ns);
	why = e ? weir_namespace_refuses(ns, e) : NULL;
	if (why) {
		weir_event_unref(&e);
		weir__api_fail(&slot->error, WEIR_ERROR_BAD_REQUEST, why);
		return NULL;
	}
	if (e)
		r = weir_publish_version_request_new(
			ns, e, c->work->params.idempotency_key, c->work->params.version, c->work->params.version_epoch);
	if (!r) {
		weir__api_fail(&slot->error, WEIR_ERROR_INTERNAL, NULL);
		return NULL;
	}
	r->skip_history = c->work->params.skip_history;
	return &r->base;
}

static void put_published(struct weir_buf *out, const struct weir_publish_result *r)
{
	weir_buf_char(out, '{');
	if (r->offset) {
		weir_json_key(out, "offset");
		weir_buf_u64(out, r->offset);
	}
	if (r->epoch[0]) {
		weir_json_key(out, "epoch");
		weir_json_append_string(out, weir_str(r->epoch));
	}
	weir_buf_char(out, '}');
}

/* ---- broadcast ---- */

/* The next of the channels in the body. */
static bool broadcast_channel(struct api_work *w, struct weir_str *channel)
{
	struct weir_json value;
	bool more = weir_json_next_element(&w->channels, &value);

	weir_assert(more);
	weir_buf_reset(&w->name);
	return weir_member_read(WEIR_MEMBER_STRING, value, &w->name, channel) == 0;
}

/* One for each channel, in the place of the one for the search. */
static bool broadcast_slots(struct api_call *c, size_t n)
{
	struct api_work *w = c->work;
	struct api_slot *slots = calloc(n + 1, sizeof(*slots));

	if (!slots)
		return weir__api_fail(&c->error, WEIR_ERROR_INTERNAL, NULL);
	for (size_t i = 0; i < n; i++)
		slots[i].call = c;
	w->slots = slots;
	w->n_slots = n;
	w->next = 0;
	return true;
}

/* If the one channel is a pattern, all it reaches now is meant. False: c->error is set. */
static bool broadcast_pattern(struct api_call *c)
{
	struct api_work *w = c->work;
	struct weir_json_iter first = w->channels;
	struct weir_str name;

	if (!broadcast_channel(w, &name))
		return weir__api_fail(&c->error, WEIR_ERROR_INTERNAL, NULL);
	w->channels = first;
	if (!weir_channel_is_pattern(name))
		return true;
	if (!weir__api_name(c->request->api, name, &c->error))
		return false;
	if (!w->params.limit)
		w->params.limit = API_PAGE;
	if (w->params.limit < 1 || w->params.limit > API_CHANNELS_MAX)
		return weir__api_fail(&c->error, WEIR_ERROR_BAD_REQUEST, "limit must be from 1 to 10000");
	w->pattern = name; /* of the body, or of w->name, which is left alone from now on */
	w->searching = true;
	return true;
}

static struct weir_request *broadcast_search(struct api_call *c, struct api_slot *slot)
{
	const struct api_work *w = c->work;
	struct weir_channels_request *r =
		weir_channels_page_request_new(w->pattern, w->params.cursor, (size_t)w->params.limit);

	if (r)
		return &r->base;
	weir__api_fail(&slot->error, WEIR_ERROR_INTERNAL, NULL);
	return NULL;
}

static void put_response(struct api_call *c, size_t i)
{
	const struct api_work *w = c->work;

	if (w->found) {
		weir_json_key(&c->out, "channel");
		weir_json_append_string(&c->out, w->found[i].channel);
	}
	if (w->slots[i].error.code) {
		weir__api_put_error(&c->out, &w->slots[i].error);
	} else {
		weir_json_key(&c->out, "result");
		put_published(&c->out, &w->slots[i].published);
	}
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir__api_publish_begin(struct api_call *c)
{
	struct api_work *w = c->work;

	if (!weir__api_payload(c))
		return false;
	if (!w->data.p)
		return weir__api_fail(&c->error, WEIR_ERROR_BAD_REQUEST, "data is missing");
	if (w->params.idempotency_key.n > c->request->api->o.idempotency_key_max)
		return weir__api_fail(&c->error, WEIR_ERROR_BAD_REQUEST, "idempotency_key is too long");
	if (w->params.version_epoch.n > API_VERSION_EPOCH_MAX)
		return weir__api_fail(&c->error, WEIR_ERROR_BAD_REQUEST, "version_epoch is too long");
	return publish_tags(c);
}

struct weir_request *weir__api_publish_make(struct api_call *c, struct api_slot *slot)
{
	return publish_request(c, slot, c->work->params.channel);
}

void weir__api_publish_take(struct api_call *c, struct api_slot *slot, struct weir_request *r)
{
	(void)c;
	slot->published = ((struct weir_publish_request *)r)->result;
}

void weir__api_publish_end(struct api_call *c)
{
	put_published(&c->out, &c->work->one.published);
}

bool weir__api_broadcast_begin(struct api_call *c)
{
	struct api_work *w = c->work;
	size_t n = w->params.n_channels;

	if (!n)
		return weir__api_fail(&c->error, WEIR_ERROR_BAD_REQUEST, "channels are missing");
	if (n > API_CHANNELS_MAX)
		return weir__api_fail(&c->error, WEIR_ERROR_BAD_REQUEST, "too many channels");
	if (!weir__api_publish_begin(c))
		return false;
	w->channels = weir_json_elements((struct weir_json){WEIR_JSON_ARRAY, w->params.channels});
	if (n == 1 && !broadcast_pattern(c))
		return false;
	return w->pattern.p || broadcast_slots(c, n);
}

struct weir_request *weir__api_broadcast_make(struct api_call *c, struct api_slot *slot)
{
	struct api_work *w = c->work;
	struct weir_str channel;

	if (w->searching)
		return broadcast_search(c, slot);
	if (w->found)
		return publish_request(c, slot, w->found[slot - w->slots].channel);
	if (!broadcast_channel(w, &channel)) {
		weir__api_fail(&slot->error, WEIR_ERROR_INTERNAL, NULL);
		return NULL;
	}
	return publish_request(c, slot, channel);
}

void weir__api_broadcast_take(struct api_call *c, struct api_slot *slot, struct weir_request *r)
{
	struct weir_channels_request *found = (struct weir_channels_request *)r;
	struct api_work *w = c->work;

	if (!w->searching) {
		weir__api_publish_take(c, slot, r);
		return;
	}
	w->searching = false;
	w->more = found->more;
	w->found = found->channels;
	found->channels = NULL;
	w->missing = found->missing;
	found->missing = (struct weir_name_list){0};
	broadcast_slots(c, found->count);
}

void weir__api_broadcast_end(struct api_call *c)
{
	struct api_work *w = c->work;

	weir_buf_lit(&c->out, "{\"responses\":[");
	for (size_t i = 0; i < w->n_slots; i++) {
		weir_json_comma(&c->out);
		weir_buf_char(&c->out, '{');
		put_response(c, i);
		weir_buf_char(&c->out, '}');
	}
	weir_buf_char(&c->out, ']');
	if (w->more && w->n_slots) {
		weir_json_key(&c->out, "cursor");
		weir_json_append_string(&c->out, w->found[w->n_slots - 1].channel);
	}
	weir__api_put_missing(&c->out, &w->missing);
	weir_buf_char(&c->out, '}');
}
