/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done to connections: subscribe, unsubscribe, disconnect, refresh. Each becomes a control message, which every
 * worker gets; the result says that it is on its way, also if the user is not connected. Worker's thread.
 */
#include <stdlib.h>

#include "api_priv.h"
#include "weir/event/channel.h"

/* Codes that a client may be told (protocol.md §9.2), and how much text a close frame carries. */
#define CLOSE_CODE_MIN   3000
#define CLOSE_CODE_MAX   4999
#define CLOSE_REASON_MAX 123

static struct weir_control control_of(enum weir_control_op op, const struct api_params *p)
{
	return (struct weir_control){.op = op, .user = p->user, .client = p->client, .session = p->session};
}

static bool control_has_target(const struct api_params *p, struct api_error *e)
{
	if (p->user.n || p->client.n || p->session.n)
		return true;
	return weir__api_fail(e, WEIR_ERROR_BAD_REQUEST, "user is missing");
}

static struct weir_request *control_request(const struct weir_control *spec, struct api_error *e)
{
	struct weir_control *control = weir_control_new(spec);
	struct weir_control_request *r = control ? weir_control_request_new(control) : NULL;

	if (!r)
		weir__api_fail(e, WEIR_ERROR_INTERNAL, NULL);
	return r ? &r->base : NULL;
}

/* The error of a value is set on the call, which has one slot: it ends with it. */
static bool control_value(
	struct api_call *c, struct api_slot *slot, struct weir_str raw, struct weir_str base64, struct weir_str *out)
{
	if (weir__api_value(c, raw, base64, out))
		return true;
	slot->error = c->error;
	return false;
}

static bool whitelist_read(struct api_call *c, struct weir_control *spec, struct api_error *e)
{
	const struct api_params *p = &c->work->params;
	struct weir_json_iter it = weir_json_elements((struct weir_json){WEIR_JSON_ARRAY, p->whitelist});
	struct weir_json value;

	spec->whitelist = calloc(p->n_whitelist, sizeof(*spec->whitelist));
	if (!spec->whitelist)
		return weir__api_fail(e, WEIR_ERROR_INTERNAL, NULL);
	while (weir_json_next_element(&it, &value)) {
		int r = weir_member_read(
			WEIR_MEMBER_STRING, value, &c->work->text, &spec->whitelist[spec->n_whitelist++]);

		weir_assert(r == 0); /* the types are checked, and there is room */
	}
	return true;
}

/* A reason that old clients would take for JSON is refused: they would look for members in it. */
static bool close_read(const struct api_params *p, struct weir_control *spec, struct api_error *e)
{
	spec->code = p->code ? p->code : WEIR_DISCONNECT_FORCED;
	spec->reason = p->reason.n ? p->reason : weir_str(weir_disconnect_text((enum weir_disconnect_code)spec->code));
	if (spec->code < CLOSE_CODE_MIN || spec->code > CLOSE_CODE_MAX)
		return weir__api_fail(e, WEIR_ERROR_BAD_REQUEST, "disconnect.code must be from 3000 to 4999");
	if (spec->reason.n > CLOSE_REASON_MAX)
		return weir__api_fail(e, WEIR_ERROR_BAD_REQUEST, "disconnect.reason is longer than 123 bytes");
	if (weir_json_check(spec->reason, WEIR_JSON_DEPTH, NULL, NULL) == 0)
		return weir__api_fail(e, WEIR_ERROR_BAD_REQUEST, "disconnect.reason must be a text, not JSON");
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct weir_request *weir__api_subscribe(struct api_call *c, struct api_slot *slot)
{
	const struct api_params *p = &c->work->params;
	struct weir_control spec = control_of(WEIR_CONTROL_SUBSCRIBE, p);

	spec.channel = p->channel;
	spec.ns = weir__api_name(c->request->api, p->channel, &slot->error);
	if (!spec.ns || !control_has_target(p, &slot->error))
		return NULL;
	if (weir_channel_is_stats(p->channel)) {
		weir__api_fail(&slot->error, WEIR_ERROR_PERMISSION, "only admins subscribe to it, themselves");
		return NULL;
	}
	if (weir_channel_is_pattern(p->channel) && !weir_pattern_is_bus(p->channel) && !spec.ns->allow_wildcards) {
		weir__api_fail(&slot->error, WEIR_ERROR_NOT_AVAILABLE, "the namespace does not allow wildcards");
		return NULL;
	}
	if (!control_value(c, slot, p->info, p->b64info, &spec.info) ||
		!control_value(c, slot, p->data, p->b64data, &spec.data))
		return NULL;
	spec.override = p->override;
	spec.recover = p->recover_since.p != NULL;
	spec.since_epoch = p->epoch;
	spec.since_offset = p->offset;
	spec.has_expire_at = p->expire_at != 0;
	spec.expire_at_s = p->expire_at;
	return control_request(&spec, &slot->error);
}

struct weir_request *weir__api_unsubscribe(struct api_call *c, struct api_slot *slot)
{
	const struct api_params *p = &c->work->params;
	struct weir_control spec = control_of(WEIR_CONTROL_UNSUBSCRIBE, p);

	if (!control_has_target(p, &slot->error))
		return NULL;
	if (p->channel.n) {
		spec.channel = p->channel;
		spec.ns = weir_namespaces_resolve(c->request->api->o.namespaces, p->channel);
		if (!spec.ns) {
			weir__api_fail(&slot->error, WEIR_ERROR_UNKNOWN_CHANNEL, NULL);
			return NULL;
		}
	}
	return control_request(&spec, &slot->error);
}

struct weir_request *weir__api_disconnect(struct api_call *c, struct api_slot *slot)
{
	const struct api_params *p = &c->work->params;
	struct weir_control spec = control_of(WEIR_CONTROL_DISCONNECT, p);
	struct weir_request *r = NULL;

	if (control_has_target(p, &slot->error) && close_read(p, &spec, &slot->error) &&
		(!p->n_whitelist || whitelist_read(c, &spec, &slot->error)))
		r = control_request(&spec, &slot->error);
	free(spec.whitelist);
	return r;
}

/*
 * Without expire_at, or with 0, the connection does not expire any more: the two cannot be told apart in the
 * protocol.
 */
struct weir_request *weir__api_refresh(struct api_call *c, struct api_slot *slot)
{
	const struct api_params *p = &c->work->params;
	struct weir_control spec = control_of(WEIR_CONTROL_REFRESH, p);

	if (!control_has_target(p, &slot->error) || !control_value(c, slot, p->info, WEIR_STR_NONE, &spec.info))
		return NULL;
	spec.expired = p->expired;
	spec.has_expire_at = true;
	spec.expire_at_s = p->expire_at;
	return control_request(&spec, &slot->error);
}
