/* SPDX-License-Identifier: Apache-2.0 */
/* Members of JSON objects by table. See members.h. Pure, any thread. */
#include "weir/wire/members.h"

static int member_string(struct weir_json v, struct weir_buf *scratch, struct weir_str *out)
{
	size_t start;

	if (v.type != WEIR_JSON_STRING)
		return WEIR_EPARSE;
	*out = weir_json_string_plain(v.text);
	if (out->p)
		return 0;
	start = scratch->len;
	weir_json_string_decode(scratch, v.text);
	if (scratch->failed)
		return WEIR_EPARSE;
	*out = weir_str_n(scratch->p + start, scratch->len - start);
	return 0;
}

static int member_bool(struct weir_json v, bool *out)
{
	if (v.type != WEIR_JSON_TRUE && v.type != WEIR_JSON_FALSE)
		return WEIR_EPARSE;
	*out = v.type == WEIR_JSON_TRUE;
	return 0;
}

static int member_u32(struct weir_json v, uint32_t *out)
{
	uint64_t u;

	if (weir_json_u64(v, &u) < 0 || u > UINT32_MAX)
		return WEIR_EPARSE;
	*out = (uint32_t)u;
	return 0;
}

static int member_span(struct weir_json v, enum weir_json_type type, struct weir_str *out)
{
	if (v.type != type)
		return WEIR_EPARSE;
	*out = v.text;
	return 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_member_read(enum weir_member_type type, struct weir_json v, struct weir_buf *scratch, void *to)
{
	switch (type) {
	case WEIR_MEMBER_STRING:
		return member_string(v, scratch, to);
	case WEIR_MEMBER_BOOL:
		return member_bool(v, to);
	case WEIR_MEMBER_U32:
		return member_u32(v, to);
	case WEIR_MEMBER_U64:
		return weir_json_u64(v, to) < 0 ? WEIR_EPARSE : 0;
	case WEIR_MEMBER_I64:
		return weir_json_i64(v, to) < 0 ? WEIR_EPARSE : 0;
	case WEIR_MEMBER_RAW:
		return member_span(v, v.type, to);
	case WEIR_MEMBER_OBJECT:
		return member_span(v, WEIR_JSON_OBJECT, to);
	case WEIR_MEMBER_ARRAY:
		return member_span(v, WEIR_JSON_ARRAY, to);
	}
	return WEIR_EPARSE;
}

const struct weir_member *weir_members_find(const struct weir_member *table, size_t n, struct weir_str name)
{
	for (size_t i = 0; i < n; i++)
		if (weir_json_string_is(name, weir_str(table[i].name)))
			return &table[i];
	return NULL;
}

int weir_members_read(struct weir_str object, const struct weir_member *table, size_t n, struct weir_buf *scratch,
	void *to, const struct weir_member **wrong)
{
	struct weir_json_iter it = weir_json_members((struct weir_json){WEIR_JSON_OBJECT, object});
	struct weir_json value;
	struct weir_str name;
	uint32_t seen = 0;

	weir_assert(n <= 32);
	while (weir_json_next_member(&it, &name, &value)) {
		const struct weir_member *m = weir_members_find(table, n, name);
		uint32_t bit;

		if (!m)
			continue;
		if (wrong)
			*wrong = m;
		bit = 1u << (m - table);
		if (seen & bit)
			return WEIR_EINVALID;
		seen |= bit;
		if (value.type != WEIR_JSON_NULL &&
			weir_member_read(m->type, value, scratch, (char *)to + m->offset) < 0)
			return WEIR_EPARSE;
	}
	return 0;
}

const char *weir_member_type_text(enum weir_member_type type)
{
	switch (type) {
	case WEIR_MEMBER_STRING:
		return "a string";
	case WEIR_MEMBER_BOOL:
		return "true or false";
	case WEIR_MEMBER_U32:
		return "a whole number below 2^32";
	case WEIR_MEMBER_U64:
		return "a whole number below 2^64";
	case WEIR_MEMBER_I64:
		return "a whole number";
	case WEIR_MEMBER_RAW:
		return "a value";
	case WEIR_MEMBER_OBJECT:
		return "an object";
	case WEIR_MEMBER_ARRAY:
		return "an array";
	}
	return "something else";
}
