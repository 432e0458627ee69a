/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Headers to tags. Values of ce- headers are decoded as the CloudEvents HTTP binding says (quotes, then
 * percent-encoding); those of X-Weir-Tag- are taken as they are. Pure, any thread.
 */
#include "weir/server/cloudevents.h"

#include <errno.h>
#include <stdio.h>

#include "weir/base/utf8.h"

#define TAG_PREFIX     WEIR_STR("x-weir-tag-")
#define CE_PREFIX      WEIR_STR("ce-")
#define TAG_NAME_BYTES 64
#define CE_NAME_BYTES  20
#define CE_PERCENT     "a ce- header has a malformed percent-encoding"

struct reading {
	struct weir_buf *text;
	struct weir_posted_tags *out;
	size_t bytes;
	bool specified, typed; /* ce-specversion, ce-type are there */
	bool attributes;       /* some ce- header is */
	char *why;
};

static int refuse(struct reading *r, int status, const char *why)
{
	snprintf(r->why, WEIR_POSTED_WHY, "%s", why);
	return status;
}

/* Appends in lower case, because header names have no case. */
static struct weir_str append_lower(struct weir_buf *text, struct weir_str s)
{
	size_t start = text->len;

	for (size_t i = 0; i < s.n; i++)
		weir_buf_char(text, s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] - 'A' + 'a') : s.p[i]);
	return weir_str_n(text->p + start, text->len - start);
}

static bool starts_nocase(struct weir_str name, struct weir_str prefix)
{
	return name.n >= prefix.n && weir_str_caseeq(weir_str_n(name.p, prefix.n), prefix);
}

static bool is_name(struct weir_str s, size_t max, const char *others)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') ||
			    (s.p[i] && strchr(others, s.p[i]))))
			return false;
	return s.n > 0 && s.n <= max;
}

/* Text without control characters, those of Latin-1 (U+0080 to U+009F) included. */
static bool is_text(struct weir_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c == 0x7f || (c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0))
			return false;
	}
	return weir_utf8_valid(s);
}

static int add_tag(struct reading *r, struct weir_str key, struct weir_str value)
{
	struct weir_posted_tags *out = r->out;

	if (!is_text(value))
		return refuse(r, 400, "a tag's value must be UTF-8 without control characters");
	for (size_t i = 0; i < out->n; i++)
		if (weir_str_eq(out->tags[i].key, key))
			return refuse(r, 400, "a tag is there twice");
	r->bytes += key.n + value.n;
	if (out->n == WEIR_POSTED_TAGS || value.n > WEIR_POSTED_TAG_BYTES || r->bytes > WEIR_POSTED_BYTES)
		return refuse(r, 431, "too many tags, or too long ones");
	out->tags[out->n++] = (struct weir_tag){key, value};
	return 0;
}

static int add_own(struct reading *r, const struct weir_head_field *f)
{
	struct weir_str name = append_lower(r->text, weir_str_n(f->name.p + TAG_PREFIX.n, f->name.n - TAG_PREFIX.n));

	if (!is_name(name, TAG_NAME_BYTES, "._-"))
		return refuse(r, 400, "a tag's name must be of letters, digits, . _ - and not longer than 64");
	if (weir_str_starts(name, WEIR_STR("weir-")))
		return refuse(r, 400, "tags that begin with weir- are reserved");
	return add_tag(r, name, f->value);
}

/* A quoted string without its quotes and backslashes; anything else as it is. */
static void unquote(struct weir_buf *out, struct weir_str s)
{
	if (s.n < 2 || s.p[0] != '"' || s.p[s.n - 1] != '"') {
		weir_buf_str(out, s);
		return;
	}
	for (size_t i = 1; i < s.n - 1; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n - 1)
			i++;
		weir_buf_char(out, s.p[i]);
	}
}

static int decode_value(struct reading *r, struct weir_str raw, struct weir_str *value)
{
	size_t start = r->text->len, n;
	struct weir_str plain;

	unquote(r->text, raw);
	plain = weir_str_n(r->text->p + start, r->text->len - start);
	/* In place: what is decoded is never longer. */
	if (weir_percent_decode(plain, false, r->text->p + start, &n) < 0)
		return refuse(r, 400, CE_PERCENT);
	r->text->len = start + n;
	*value = weir_str_n(r->text->p + start, n);
	return 0;
}

static int keep_known(struct reading *r, struct weir_str attribute, struct weir_str value)
{
	if (weir_str_is(attribute, "id"))
		r->out->id = value;
	else if (weir_str_is(attribute, "source"))
		r->out->source = value;
	else if (weir_str_is(attribute, "type"))
		r->typed = value.n > 0;
	else if (!weir_str_is(attribute, "specversion"))
		return 0;
	else if (!weir_str_is(value, "1.0"))
		return refuse(r, 400, "ce-specversion must be 1.0");
	else
		r->specified = true;
	return 0;
}

static int add_attribute(struct reading *r, const struct weir_head_field *f)
{
	struct weir_str name = append_lower(r->text, f->name), attribute, value;
	int status;

	attribute = weir_str_n(name.p + CE_PREFIX.n, name.n - CE_PREFIX.n);
	r->attributes = true;
	if (!is_name(attribute, CE_NAME_BYTES, ""))
		return refuse(r, 400, "an attribute's name must be of letters and digits, and not longer than 20");
	if (weir_str_is(attribute, "datacontenttype"))
		return refuse(r, 400, "the Content-Type takes the place of ce-datacontenttype");
	status = decode_value(r, f->value, &value);
	if (!status)
		status = add_tag(r, name, value);
	return status ? status : keep_known(r, attribute, value);
}

static struct weir_str media_type(struct weir_str content_type)
{
	return weir_str_trim(weir_str_cut(&content_type, ';'));
}

/* In structured mode the attributes are in the body, and those in the head are copies of them. */
static bool is_structured(struct weir_str type)
{
	return starts_nocase(media_type(type), WEIR_STR("application/cloudevents"));
}

static int finish(struct reading *r, const struct weir_head *head)
{
	struct weir_str type = weir_head_get(head, "Content-Type");

	if (!r->attributes)
		return 0;
	if (!r->specified)
		return refuse(r, 400, "ce- headers need a ce-specversion");
	if (!r->out->id.n || !r->out->source.n || !r->typed)
		return refuse(r, 400, "a CloudEvent needs ce-id, ce-source and ce-type");
	return type.p && !is_structured(type) ? add_tag(r, WEIR_STR("ce-datacontenttype"), type) : 0;
}

static bool type_is(struct weir_str type, const char *const *names)
{
	for (; *names; names++)
		if (weir_str_caseeq(type, weir_str(*names)))
			return true;
	return false;
}

static bool ends_nocase(struct weir_str s, struct weir_str suffix)
{
	return s.n > suffix.n && weir_str_caseeq(weir_str_n(s.p + s.n - suffix.n, suffix.n), suffix);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_posted_tags_read(
	const struct weir_head *head, struct weir_buf *text, struct weir_posted_tags *out, char why[WEIR_POSTED_WHY])
{
	struct reading r = {.text = text, .out = out, .why = why};
	int status = 0;

	*out = (struct weir_posted_tags){0};
	why[0] = '\0';
	weir_buf_reset(text);
	if (!weir_buf_reserve(text, head->size + 1)) /* decoded names and values are never longer than they were */
		return -ENOMEM;
	for (size_t i = 0; i < head->n_fields && !status; i++) {
		const struct weir_head_field *f = &head->fields[i];

		if (starts_nocase(f->name, TAG_PREFIX))
			status = add_own(&r, f);
		else if (starts_nocase(f->name, CE_PREFIX))
			status = add_attribute(&r, f);
	}
	return status ? status : finish(&r, head);
}

enum weir_posted_format weir_posted_format(struct weir_str content_type)
{
	static const char *const json[] = {"application/json", NULL};
	static const char *const msgpack[] = {
		"application/msgpack", "application/x-msgpack", "application/vnd.msgpack", NULL};
	struct weir_str type = content_type.p ? media_type(content_type) : WEIR_STR("");

	if (!type.n || weir_str_caseeq(type, WEIR_STR("application/x-www-form-urlencoded")))
		return WEIR_POSTED_UNSAID;
	if (starts_nocase(type, WEIR_STR("application/cloudevents-batch")))
		return WEIR_POSTED_REFUSED;
	if (type_is(type, json) || ends_nocase(type, WEIR_STR("+json")))
		return WEIR_POSTED_JSON;
	if (type_is(type, msgpack) || ends_nocase(type, WEIR_STR("+msgpack")))
		return WEIR_POSTED_MSGPACK;
	return WEIR_POSTED_BINARY;
}
