/* SPDX-License-Identifier: Apache-2.0 */
/* Members of MessagePack maps, by the tables that JSON is read by. What is passed in was scanned before. Pure, any thread. */
#include "msgpack_priv.h"

#include "weir/base/utf8.h"

static bool is_integer(const struct weir_msgpack_token *t, uint64_t max)
{
	return t->kind == WEIR_MSGPACK_UINT && t->u <= max;
}

static bool read_i64(const struct weir_msgpack_token *t, int64_t *out)
{
	if (t->kind == WEIR_MSGPACK_INT)
		*out = t->i;
	else if (is_integer(t, INT64_MAX))
		*out = (int64_t)t->u;
	else
		return false;
	return true;
}

static bool read_string(const struct weir_msgpack_token *t, struct weir_str *out)
{
	if (t->kind != WEIR_MSGPACK_STR || !weir_utf8_valid(t->bytes))
		return false;
	*out = t->bytes;
	return true;
}

static bool read_bool(const struct weir_msgpack_token *t, bool *out)
{
	if (t->kind != WEIR_MSGPACK_BOOL)
		return false;
	*out = t->boolean;
	return true;
}

static bool read_u32(const struct weir_msgpack_token *t, uint32_t *out)
{
	if (!is_integer(t, UINT32_MAX))
		return false;
	*out = (uint32_t)t->u;
	return true;
}

static bool read_u64(const struct weir_msgpack_token *t, uint64_t *out)
{
	if (!is_integer(t, UINT64_MAX))
		return false;
	*out = t->u;
	return true;
}

static bool read_value(enum weir_member_type type, const struct weir_msgpack_token *t, struct weir_str bytes, void *to)
{
	switch (type) {
	case WEIR_MEMBER_STRING:
		return read_string(t, to);
	case WEIR_MEMBER_BOOL:
		return read_bool(t, to);
	case WEIR_MEMBER_U32:
		return read_u32(t, to);
	case WEIR_MEMBER_U64:
		return read_u64(t, to);
	case WEIR_MEMBER_I64:
		return read_i64(t, to);
	case WEIR_MEMBER_RAW:
		break;
	case WEIR_MEMBER_OBJECT:
		if (t->kind != WEIR_MSGPACK_MAP)
			return false;
		break;
	case WEIR_MEMBER_ARRAY:
		if (t->kind != WEIR_MSGPACK_ARRAY)
			return false;
		break;
	}
	*(struct weir_str *)to = bytes;
	return true;
}

static const struct weir_member *find(const struct member_table *table, struct weir_str key)
{
	/* Most names are told apart by their first letter. */
	for (size_t i = 0; key.n && i < table->n; i++)
		if (*key.p == *table->rows[i].name && weir_str_is(key, table->rows[i].name))
			return &table->rows[i];
	return NULL;
}

static bool read_member(const struct weir_member *m, struct weir_str value, void *to)
{
	struct weir_msgpack_reader r = weir_msgpack_reader(value);
	struct weir_msgpack_token t = {.u = 0};

	if (!weir_msgpack_next(&r, &t))
		return false;
	return t.kind == WEIR_MSGPACK_NIL || read_value(m->type, &t, value, (char *)to + m->offset);
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir__msgpack_member(struct weir_msgpack_reader *r, uint32_t *left, struct weir_str *key, struct weir_str *value)
{
	struct weir_msgpack_token t;

	if (!*left || !weir_msgpack_next(r, &t) || t.kind != WEIR_MSGPACK_STR)
		return false;
	*key = t.bytes;
	--*left;
	return weir_msgpack_skip(r, value);
}

int weir__msgpack_members(struct weir_str map, const struct member_table *table, void *to)
{
	struct weir_msgpack_reader r = weir_msgpack_reader(map);

	return weir__msgpack_read_map(&r, table, to);
}

int weir__msgpack_read_map(struct weir_msgpack_reader *r, const struct member_table *table, void *to)
{
	struct weir_msgpack_token t;
	struct weir_str key, value;
	uint32_t seen = 0, left;

	weir_assert(table->n <= 32);
	if (!weir_msgpack_next(r, &t) || t.kind != WEIR_MSGPACK_MAP)
		return WEIR_EPARSE;
	left = t.count;
	while (weir__msgpack_member(r, &left, &key, &value)) {
		const struct weir_member *m = find(table, key);
		uint32_t bit;

		if (!m)
			continue;
		bit = 1u << (m - table->rows);
		if (seen & bit)
			return WEIR_EINVALID;
		seen |= bit;
		if (!read_member(m, value, to))
			return WEIR_EPARSE;
	}
	return left ? WEIR_EPARSE : 0;
}
