/* SPDX-License-Identifier: Apache-2.0 */
/* Making and freeing requests: one allocation each, strings behind the struct. Any thread; one owner at a time. */
#include "weir/core/request.h"

#include <stdlib.h>

#include "weir/base/mem.h"
#include "weir/core/survey.h"

/* Copies the strings one after the other into the storage and points them there. */
static void pack(char *at, struct weir_str *const strings[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct weir_str *s = strings[i];

		if (!s->p)
			continue;
		if (s->n)
			memcpy(at, s->p, s->n);
		s->p = at;
		at += s->n;
	}
}

static size_t info_bytes(const struct weir_client_info *i)
{
	return i->user.n + i->client.n + i->conn_info.n + i->chan_info.n;
}

#define PACK(r, ...)                                                    \
	do {                                                            \
		struct weir_str *const strings_[] = {__VA_ARGS__};      \
		pack((r)->storage, strings_, WEIR_ARRAY_LEN(strings_)); \
	} while (0)

static struct weir_channels_request *channels_request_new(struct weir_str pattern, struct weir_str after)
{
	struct weir_channels_request *r = calloc(1, sizeof(*r) + pattern.n + after.n);

	if (!r)
		return NULL;
	r->base.type = WEIR_REQUEST_CHANNELS;
	r->pattern = pattern;
	r->after = after;
	PACK(r, &r->pattern, &r->after);
	return r;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_publish_request *weir_publish_request_new(
	const struct weir_namespace *ns, struct weir_event *e, struct weir_str idempotency_key)
{
	return weir_publish_version_request_new(ns, e, idempotency_key, 0, WEIR_STR_NONE);
}

struct weir_publish_request *weir_publish_version_request_new(const struct weir_namespace *ns, struct weir_event *e,
	struct weir_str idempotency_key, uint64_t version, struct weir_str version_epoch)
{
	struct weir_publish_request *r = calloc(1, sizeof(*r) + idempotency_key.n + version_epoch.n);

	if (!r) {
		weir_event_unref(&e);
		return NULL;
	}
	r->base.type = WEIR_REQUEST_PUBLISH;
	r->ns = ns;
	r->event = e;
	r->idempotency_key = idempotency_key;
	r->version = version;
	r->version_epoch = version_epoch;
	PACK(r, &r->idempotency_key, &r->version_epoch);
	return r;
}

struct weir_subscribe_request *weir_subscribe_request_new(const struct weir_namespace *ns, struct weir_str channel,
	const struct weir_client_info *info, struct weir_str since_epoch)
{
	struct weir_subscribe_request *r = calloc(1, sizeof(*r) + channel.n + since_epoch.n + info_bytes(info));

	if (!r)
		return NULL;
	r->base.type = WEIR_REQUEST_SUBSCRIBE;
	r->ns = ns;
	r->channel = channel;
	r->info = *info;
	r->since_epoch = since_epoch;
	PACK(r, &r->channel, &r->since_epoch, &r->info.user, &r->info.client, &r->info.conn_info, &r->info.chan_info);
	return r;
}

struct weir_unsubscribe_request *weir_unsubscribe_request_new(
	struct weir_str channel, const struct weir_client_info *info)
{
	struct weir_unsubscribe_request *r = calloc(1, sizeof(*r) + channel.n + info_bytes(info));

	if (!r)
		return NULL;
	r->base.type = WEIR_REQUEST_UNSUBSCRIBE;
	r->channel = channel;
	r->info = *info;
	PACK(r, &r->channel, &r->info.user, &r->info.client, &r->info.conn_info, &r->info.chan_info);
	return r;
}

struct weir_history_request *weir_history_request_new(
	const struct weir_namespace *ns, struct weir_str channel, struct weir_str since_epoch)
{
	struct weir_history_request *r = calloc(1, sizeof(*r) + channel.n + since_epoch.n);

	if (!r)
		return NULL;
	r->base.type = WEIR_REQUEST_HISTORY;
	r->ns = ns;
	r->channel = channel;
	r->since_epoch = since_epoch;
	PACK(r, &r->channel, &r->since_epoch);
	return r;
}

struct weir_presence_request *weir_presence_request_new(struct weir_str channel, bool want_list)
{
	struct weir_presence_request *r = calloc(1, sizeof(*r) + channel.n);

	if (!r)
		return NULL;
	r->base.type = WEIR_REQUEST_PRESENCE;
	r->channel = channel;
	r->want_list = want_list;
	PACK(r, &r->channel);
	return r;
}

struct weir_channels_request *weir_channels_request_new(struct weir_str pattern)
{
	return channels_request_new(pattern, WEIR_STR_NONE);
}

struct weir_channels_request *weir_channels_page_request_new(
	struct weir_str pattern, struct weir_str after, size_t limit)
{
	struct weir_channels_request *r = channels_request_new(pattern, after);

	if (!r)
		return NULL;
	r->page = true;
	r->limit = limit;
	return r;
}

struct weir_info_request *weir_info_request_new(void)
{
	struct weir_info_request *r = calloc(1, sizeof(*r));

	if (r)
		r->base.type = WEIR_REQUEST_INFO;
	return r;
}

struct weir_client_request *weir_client_request_new(bool came, struct weir_str user)
{
	struct weir_client_request *r = calloc(1, sizeof(*r) + user.n);

	if (!r)
		return NULL;
	r->base.type = WEIR_REQUEST_CLIENT;
	r->came = came;
	r->user = user;
	PACK(r, &r->user);
	return r;
}

struct weir_control_request *weir_control_request_new(struct weir_control *c)
{
	struct weir_control_request *r = calloc(1, sizeof(*r));

	if (!r) {
		weir_control_unref(&c);
		return NULL;
	}
	r->base.type = WEIR_REQUEST_CONTROL;
	r->control = c;
	return r;
}

/* A request is the first member of each kind, so freeing the base frees all. */
void weir_request_free(struct weir_request **r)
{
	if (!*r)
		return;
	switch ((*r)->type) {
	case WEIR_REQUEST_PUBLISH:
	case WEIR_REQUEST_ANNOUNCE:
		weir_event_unref(&((struct weir_publish_request *)*r)->event);
		break;
	case WEIR_REQUEST_SUBSCRIBE:
		weir_event_list_fini(&((struct weir_subscribe_request *)*r)->missed);
		break;
	case WEIR_REQUEST_HISTORY:
	case WEIR_REQUEST_HISTORY_REMOVE:
		weir_event_list_fini(&((struct weir_history_request *)*r)->events);
		break;
	case WEIR_REQUEST_PRESENCE:
		weir_info_list_fini(&((struct weir_presence_request *)*r)->list);
		break;
	case WEIR_REQUEST_CHANNELS:
		free(((struct weir_channels_request *)*r)->channels);
		weir_name_list_fini(&((struct weir_channels_request *)*r)->missing);
		break;
	case WEIR_REQUEST_INFO:
		weir_node_list_fini(&((struct weir_info_request *)*r)->nodes);
		weir_name_list_fini(&((struct weir_info_request *)*r)->missing);
		break;
	case WEIR_REQUEST_CONTROL:
		weir_control_unref(&((struct weir_control_request *)*r)->control);
		break;
	case WEIR_REQUEST_SURVEY:
		weir_survey_fini((struct weir_survey_request *)*r);
		break;
	case WEIR_REQUEST_UNSUBSCRIBE:
	case WEIR_REQUEST_CLIENT:
		break;
	}
	free(*r);
	*r = NULL;
}

_Static_assert(
	offsetof(struct weir_control, storage) % _Alignof(struct weir_str) == 0, "the white list lies in the storage");

struct weir_control *weir_control_new(const struct weir_control *spec)
{
	size_t list_bytes = spec->n_whitelist * sizeof(struct weir_str), names = 0;
	struct weir_control *c;
	char *at;

	for (size_t i = 0; i < spec->n_whitelist; i++)
		names += spec->whitelist[i].n;
	c = malloc(sizeof(*c) + list_bytes + names + spec->user.n + spec->client.n + spec->session.n + spec->node.n +
		   spec->channel.n + spec->reason.n + spec->info.n + spec->data.n + spec->override.n +
		   spec->since_epoch.n);
	if (!c)
		return NULL;
	memcpy(c, spec, sizeof(*c));
	atomic_init(&c->refs, 1);
	c->whitelist = (struct weir_str *)(void *)c->storage; /* the struct's end is aligned for pointers */
	at = c->storage + list_bytes;
	for (size_t i = 0; i < spec->n_whitelist; i++) {
		c->whitelist[i] = weir_str_n(at, spec->whitelist[i].n);
		memcpy(at, spec->whitelist[i].p, spec->whitelist[i].n);
		at += spec->whitelist[i].n;
	}
	pack(at,
		(struct weir_str *const[]){&c->user, &c->client, &c->session, &c->node, &c->channel, &c->reason,
			&c->info, &c->data, &c->override, &c->since_epoch},
		10);
	return c;
}

struct weir_control *weir_control_ref(struct weir_control *c)
{
	atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
	return c;
}

void weir_control_unref(struct weir_control **c)
{
	if (*c && atomic_fetch_sub_explicit(&(*c)->refs, 1, memory_order_acq_rel) == 1)
		free(*c);
	*c = NULL;
}
