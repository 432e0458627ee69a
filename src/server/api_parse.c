/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters of calls. The types of everything known are checked before anything is done, so that a 400 means that
 * nothing has happened. What is well-formed but wrong (an empty channel, bad base64) is an error of the call, later.
 * Worker's thread.
 */
#include <errno.h>
#include <stdio.h>

#include "api_priv.h"
#include "weir/base/base64.h"

static const struct weir_member since_members[] = {
	WEIR_MEMBER(api_params, offset, U64),
	WEIR_MEMBER(api_params, epoch, STRING),
};

static const struct weir_member disconnect_members[] = {
	WEIR_MEMBER(api_params, code, U32),
	WEIR_MEMBER(api_params, reason, STRING),
};

/*
 * Room for everything that is ever copied out of the object: its strings decoded, and its values once more. Then the
 * buffer's memory does not move. The common object needs none of it.
 */
static int parse_reserve(struct weir_buf *text, struct weir_str object)
{
	if (text->cap >= 2 * object.n)
		return 0;
	weir_assert(text->len == 0);
	return weir_buf_reserve(text, 2 * object.n) ? 0 : -ENOMEM;
}

static int parse_strings(struct weir_str array, const char *name, size_t *count, char why[API_WHY_MAX])
{
	struct weir_json_iter it = weir_json_elements((struct weir_json){WEIR_JSON_ARRAY, array});
	struct weir_json value;

	while (array.p && weir_json_next_element(&it, &value)) {
		if (value.type != WEIR_JSON_STRING) {
			snprintf(why, API_WHY_MAX, "\"%s\" must hold strings only", name);
			return WEIR_EPARSE;
		}
		++*count;
	}
	return 0;
}

static int parse_tags(struct weir_str tags, size_t *count, char why[API_WHY_MAX])
{
	struct weir_json_iter it = weir_json_members((struct weir_json){WEIR_JSON_OBJECT, tags});
	struct weir_json value;
	struct weir_str name;

	while (tags.p && weir_json_next_member(&it, &name, &value)) {
		if (value.type == WEIR_JSON_NULL)
			continue;
		if (value.type != WEIR_JSON_STRING) {
			snprintf(why, API_WHY_MAX, "\"tags\" must hold strings only");
			return WEIR_EPARSE;
		}
		++*count;
	}
	return 0;
}

static int parse_inside(struct api_params *p, struct weir_buf *text, char why[API_WHY_MAX])
{
	struct weir_str since = p->since.p ? p->since : p->recover_since;
	int r = parse_strings(p->channels, "channels", &p->n_channels, why);

	if (!r)
		r = parse_strings(p->whitelist, "whitelist", &p->n_whitelist, why);
	if (!r)
		r = parse_tags(p->tags, &p->n_tags, why);
	if (!r && since.p)
		r = weir__api_members(since, since_members, WEIR_ARRAY_LEN(since_members), text, p, why);
	if (!r && p->disconnect.p)
		r = weir__api_members(
			p->disconnect, disconnect_members, WEIR_ARRAY_LEN(disconnect_members), text, p, why);
	return r;
}

static bool value_decode(struct api_call *c, struct weir_buf *decoded, struct weir_str base64, struct weir_json *value)
{
	int r = weir_base64_decode(decoded, base64);

	if (r == WEIR_EPARSE)
		return weir__api_fail(&c->error, WEIR_ERROR_BAD_REQUEST, "bad base64");
	if (r < 0)
		return weir__api_fail(&c->error, WEIR_ERROR_INTERNAL, NULL);
	if (weir_json_check(weir_buf_view(decoded), WEIR_JSON_DEPTH, value, NULL) < 0)
		return weir__api_fail(&c->error, WEIR_ERROR_BAD_REQUEST,
			"what base64 holds must be JSON: no other format is available");
	return true;
}

static bool value_copy(struct api_call *c, struct weir_str value, struct weir_str *out)
{
	struct weir_buf *text = &c->work->text;
	size_t start;

	if (parse_reserve(text, c->params) < 0)
		return weir__api_fail(&c->error, WEIR_ERROR_INTERNAL, NULL);
	start = text->len;
	weir_json_append_one_line(text, value);
	*out = weir_str_n(text->p + start, text->len - start);
	return true;
}

static bool value_base64(struct api_call *c, struct weir_str base64, struct weir_str *out)
{
	struct weir_buf decoded;
	struct weir_json value;
	bool good;

	weir_buf_init(&decoded, base64.n);
	good = value_decode(c, &decoded, base64, &value);
	if (good && value.type != WEIR_JSON_NULL)
		good = value_copy(c, value.text, out);
	weir_buf_fini(&decoded);
	return good;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__api_members(struct weir_str object, const struct weir_member *table, size_t n, struct weir_buf *text,
	void *to, char why[API_WHY_MAX])
{
	const struct weir_member *wrong = NULL;
	int r = weir_members_read(object, table, n, text, to, &wrong);

	if (r == WEIR_EINVALID)
		snprintf(why, API_WHY_MAX, "\"%s\" is there twice", wrong->name);
	else if (r)
		snprintf(why, API_WHY_MAX, "\"%s\" must be %s", wrong->name, weir_member_type_text(wrong->type));
	return r ? WEIR_EPARSE : 0;
}

int weir__api_parse(const struct api_method *m, struct weir_str object, struct weir_buf *text, struct api_params *p,
	char why[API_WHY_MAX])
{
	int r;

	*p = (struct api_params){0};
	weir_buf_reset(text);
	if (memchr(object.p, '\\', object.n) && parse_reserve(text, object) < 0)
		return -ENOMEM;
	r = weir__api_members(object, m->members, m->n_members, text, p, why);
	return r ? r : parse_inside(p, text, why);
}

bool weir__api_value(struct api_call *c, struct weir_str raw, struct weir_str base64, struct weir_str *out)
{
	*out = WEIR_STR_NONE;
	if (base64.n)
		return value_base64(c, base64, out);
	if (!raw.p)
		return true;
	if (memchr(raw.p, '\r', raw.n) || memchr(raw.p, '\n', raw.n))
		return value_copy(c, raw, out);
	*out = raw;
	return true;
}
