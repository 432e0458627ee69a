/* SPDX-License-Identifier: Apache-2.0 */
/* Random payloads: the same few names again and again, twice in one object too, spelt with escapes, and odd scalars. */
#include "generate.h"
#include "generate_priv.h"

static const char *const keys[] = {"\"a\"", "\"a\"", "\"b\"", "\"a b\"", "\"0\"", "\"in\"", "\"items\"", "\"items\"",
	"\"sku\"", "\"price\"", "\"it's\"", "\"a.b\"", "\"\"", "\"Price\"", "\"flag\"", "\"qty\"", "\"\\u0061\"",
	"\"it\\u0065ms\"", "\"s\\u006bu\"", "\"a\\u0000\"", "\"other\"", "\"\\ud800\"", "\"é\""};

static const char *const scalars[] = {"null", "true", "false", "0", "-0", "1", "7", "19.99", "19.990", "1e3", "1E+3",
	"1e-7", "2.5e21", "1e1000", "9.99e999", "1e-1000", "1e-1001", "9007199254740993", "12345678901234567890123",
	"-2147483648", "2147483648", "0.1", "150.25", "\"\"", "\"a\"", "\"ab\"", "\"7\"", "\"150.25\"", "\"true\"",
	"\"X-1\"", "\"X_2\"", "\"Zoë\"", "\"Zo\\u00eb\"", "\"\\ud83c\\udf88\"", "\"\\ud83c\"", "\"\\udf88x\"",
	"\"\\u0000\"", "\"a\\\\b\"", "\"\\\"q\\/\\b\\f\\n\\r\\t\"", "\"007\"", "\"🎈\"", "\"100%\"",
	"1e99999999999999999999", "-1e-99999999999999999999", "0e5", "0.000000000000000000000000000000000000000000001",
	"[]", "{}"};

static void space(struct weir_random *r, struct weir_buf *out)
{
	static const char *const spaces[] = {"", "", "", " ", "\n", "\t\r "};

	weir_buf_str(out, weir_str(GENERATE_PICK(r, spaces)));
}

static void value(struct weir_random *r, struct weir_buf *out, unsigned depth, bool items);

static void object(struct weir_random *r, struct weir_buf *out, unsigned depth)
{
	unsigned n = (unsigned)weir_random_below(r, depth > 2 ? 12 : 4);

	weir_buf_char(out, '{');
	for (unsigned i = 0; i < n; i++) {
		struct weir_str key = weir_str(GENERATE_PICK(r, keys));

		if (i > 0)
			weir_buf_char(out, ',');
		space(r, out);
		weir_buf_str(out, key);
		space(r, out);
		weir_buf_char(out, ':');
		value(r, out, depth - 1, weir_str_contains(key, WEIR_STR("ms\"")));
	}
	space(r, out);
	weir_buf_char(out, '}');
}

static void array(struct weir_random *r, struct weir_buf *out, unsigned depth)
{
	unsigned n = (unsigned)weir_random_below(r, 4);

	weir_buf_char(out, '[');
	for (unsigned i = 0; i < n; i++) {
		if (i > 0)
			weir_buf_char(out, ',');
		value(r, out, depth - 1, false);
	}
	weir_buf_char(out, ']');
}

static void value(struct weir_random *r, struct weir_buf *out, unsigned depth, bool items)
{
	unsigned kind = (unsigned)weir_random_below(r, 10);

	space(r, out);
	if (depth == 0 || (!items && kind < 6))
		weir_buf_str(out, weir_str(GENERATE_PICK(r, scalars)));
	else if (items ? kind < 8 : kind < 7)
		array(r, out, depth);
	else
		object(r, out, depth);
	space(r, out);
}

/* About as deep as is allowed. */
static void deep(struct weir_random *r, struct weir_buf *out)
{
	unsigned n = 60 + (unsigned)weir_random_below(r, 8);

	weir_buf_lit(out, "{\"a\":1,\"deep\":");
	for (unsigned i = 0; i < n; i++)
		weir_buf_str(out, i % 2 ? WEIR_STR("[") : WEIR_STR("{\"a\":"));
	weir_buf_lit(out, "1");
	for (unsigned i = n; i > 0; i--)
		weir_buf_str(out, (i - 1) % 2 ? WEIR_STR("]") : WEIR_STR("}"));
	weir_buf_lit(out, ",\"price\":\"ab\"}");
}

/* ------------------------------------------------------------------------------------------------------------------ */

void generate_payload(struct weir_random *r, struct weir_buf *out)
{
	weir_buf_reset(out);
	if (generate_chance(r, 4)) {
		deep(r, out);
		return;
	}
	space(r, out);
	if (generate_chance(r, 80))
		object(r, out, 4);
	else
		value(r, out, 3, generate_chance(r, 50));
	if (generate_chance(r, 7))
		generate_mutation(r, out);
}

const char *generate_key(struct weir_random *r)
{
	static const char *const pool[] = {"a", "level", "id", "channel", "data.a", "data.items[0].sku", "data['a b']",
		"data.price", "data[0]", "data['']", "data.items", "Env", "data.a.b", "data[\"it's\"]", "datax",
		"data"};

	return GENERATE_PICK(r, pool);
}
