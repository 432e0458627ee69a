/* SPDX-License-Identifier: Apache-2.0 */
/* Random attributes, with the values that go wrong most easily, and random filter trees over them. */
#include "generate.h"
#include "generate_priv.h"
#include "weir/base/mem.h"

static const char *const tag_names[] = {"a", "b", "level", "price", "env", "Env", "x1", "12ab", "user", "id", "in",
	"content-type", "é", "hot", "flag", "", "tags", "left", "data.a"};

/* As it is written, and as the reference calls it. */
static const struct {
	const char *written, *name;
} data_paths[] = {{"data.a", "/a"}, {"data.items[0].sku", "/items#0/sku"}, {"data.items[1]['sku']", "/items#1/sku"},
	{"data['a b']", "/a b"}, {"data[0]", "#0"}, {"data.in", "/in"}, {"data.0", "/0"}, {"data.a.b", "/a/b"},
	{"data[\"it's\"]", "/it's"}, {"data.price", "/price"}, {"data.flag", "/flag"}, {"data.qty", "/qty"},
	{"data['a.b']", "/a.b"}, {"data['']", "/"}, {"data.Price", "/Price"}, {"data[65535]", "#65535"}};

static const char *const strings[] = {"007", "-0", "+5", "1e5", "1.5", "1.50", "-2147483648", "2147483648",
	"-2147483649", "2147483647", "", " 5", "5 ", "true", "FALSE", "TrUe", "é", "Zoë", "a", "ab", "abc", "app/json",
	"9999999999999999999", "12345678901234567890123", ".5", "5.", "1.", "+", "-", "0.0", "-0.0", "ßÿ", "İ",
	"\u3000x\u00a0", "X_2", "X-1", "100%", "a\\b", "🎈", "7", "150.25", "TRUE", "0", "1", "--5", "+-5",
	"00000000000000000000000000000007", "0.00000000000000000000000000000000000001", "5\n", "ΣΑΣ", "true ", "ſK",
	"1.5.0", "\t", "it's", "1767225600000"};

static const char *const numbers[] = {"19.99", "3", "45", "60", "-0", "5e0", "1e-7", "1e-6", "1e999", "-9.9e999",
	"1e-1000", "1e18", "999999999999999999.9", "2147483647", "2147483648", "-2147483648", "-2147483649", "0.5",
	"0.1", "0.2", "9007199254740993", "9999999999999999999", "1e20", "1e21", "123456789012345678.9", "-1", "1", "2",
	"0.3333333333333333333", "7", "150.25", "5000000000000000000e481", "2.5e-999"};

static const int32_t integers[] = {0, 1, -1, 2, 5, 7, 10, 42, INT32_MIN, INT32_MAX, INT32_MIN + 1, 46341, 65536};

static struct weir_value random_string(struct weir_random *r, char text[40])
{
	size_t n = weir_random_below(r, 6), at = 0;
	static const char *const pieces[] = {"a", "b", "1", "5", ".", "-", "é", "🎈", " ", "%", "_", "X", "0", "\\"};

	if (generate_chance(r, 75))
		return ref_string(GENERATE_PICK(r, strings));
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, 40 - at, "%s", GENERATE_PICK(r, pieces));
	text[at] = 0;
	return ref_string(text);
}

static struct weir_value random_number(struct weir_random *r)
{
	char text[80];

	if (generate_chance(r, 60))
		return ref_number(GENERATE_PICK(r, numbers));
	generate_number_text(r, text, true);
	return ref_number(text);
}

static struct weir_value random_value(struct weir_random *r, bool plain, char text[40])
{
	switch (weir_random_below(r, 8)) {
	case 0:
		return ref_opaque();
	case 1:
		return ref_boolean(generate_chance(r, 50));
	case 2:
		if (!plain)
			return ref_integer(GENERATE_PICK(r, integers));
		/* fall through */
	case 3:
	case 4:
		return random_number(r);
	default:
		return random_string(r, text);
	}
}

static void add(struct generate_attributes *to, enum weir_name_kind kind, const char *name, struct weir_value v)
{
	weir_assert(to->attributes.n < GENERATE_ATTRIBUTES);
	to->list[to->attributes.n++] = (struct ref_attribute){kind, weir_str(name), v};
}

/* ---- trees ---- */

static void tree_text(struct weir_buf *out, const char *s)
{
	weir_json_append_string(out, weir_str(s));
}

static void tree_val(struct weir_random *r, struct weir_buf *out)
{
	char text[80];

	switch (weir_random_below(r, 4)) {
	case 0:
		generate_number_text(r, text, false);
		tree_text(out, text);
		break;
	case 1:
		tree_text(out, GENERATE_PICK(r, numbers));
		break;
	default:
		tree_text(out, GENERATE_PICK(r, strings));
		break;
	}
}

static void tree_vals(struct weir_random *r, struct weir_buf *out)
{
	unsigned n = 1 + (unsigned)weir_random_below(r, 4);

	weir_buf_char(out, '[');
	for (unsigned i = 0; i < n; i++) {
		if (i > 0)
			weir_buf_char(out, ',');
		tree_val(r, out);
	}
	weir_buf_char(out, ']');
}

/* Any members of a leaf, of any type. */
static void tree_chaos(struct weir_random *r, struct weir_buf *out)
{
	static const char *const members[] = {"op", "key", "cmp", "val", "vals", "nodes", "other"};
	static const char *const values[] = {"null", "\"\"", "[]", "5", "{}", "true", "[5]", "[null]", "[\"a\",\"\"]",
		"\"a\"", "\"data.\"", "\"data[0]\"", "\"eq\"", "\"data.a b\"", "\"and\"", "\"or\"", "\"7\"", "[[]]",
		"[{}]", "\"datax\"", "\"ex\"", "\"data['a\"", "\"data.a.b.c.d.e.f.g.h.i\""};
	bool any = false;

	weir_buf_char(out, '{');
	for (size_t i = 0; i < WEIR_ARRAY_LEN(members); i++) {
		if (!generate_chance(r, i == 0 || i == 5 ? 15 : 60))
			continue;
		weir_buf_printf(out, "%s\"%s\":", any ? "," : "", members[i]);
		any = true;
		if (i == 2 && generate_chance(r, 90))
			weir_buf_lit(out, "\"eq\"");
		else if ((i == 1 || i == 3) && generate_chance(r, 60))
			weir_buf_lit(out, "\"a\"");
		else
			weir_buf_str(out, weir_str(GENERATE_PICK(r, values)));
	}
	weir_buf_char(out, '}');
}

static void tree_leaf(struct weir_random *r, struct weir_buf *out, bool *mistake)
{
	static const char *const with_val[] = {"eq", "neq", "sw", "ew", "ct", "lt", "lte", "gt", "gte"};
	bool wrong = *mistake && generate_chance(r, 50);

	if (wrong && generate_chance(r, 60)) {
		*mistake = false;
		tree_chaos(r, out);
		return;
	}
	weir_buf_lit(out, "{\"key\":");
	if (generate_chance(r, 50))
		tree_text(out, tag_names[weir_random_below(r, WEIR_ARRAY_LEN(tag_names) - 1)]);
	else
		tree_text(out, GENERATE_PICK(r, data_paths).written);
	switch (weir_random_below(r, 5)) {
	case 0:
		weir_buf_printf(out, ",\"cmp\":\"%s\"", generate_chance(r, 50) ? "ex" : "nex");
		if (wrong)
			weir_buf_lit(out, ",\"val\":\"x\"");
		break;
	case 1:
		weir_buf_printf(out, ",\"cmp\":\"%s\"", generate_chance(r, 50) ? "in" : "nin");
		weir_buf_str(out, wrong ? WEIR_STR(",\"val\":") : WEIR_STR(",\"vals\":"));
		if (wrong)
			tree_val(r, out);
		else
			tree_vals(r, out);
		break;
	default:
		weir_buf_printf(
			out, ",\"cmp\":\"%s\"", wrong && generate_chance(r, 30) ? "is" : GENERATE_PICK(r, with_val));
		if (wrong && generate_chance(r, 50))
			break;
		weir_buf_lit(out, ",\"val\":");
		tree_val(r, out);
		break;
	}
	*mistake = *mistake && !wrong;
	weir_buf_char(out, '}');
}

static void tree_node(struct weir_random *r, struct weir_buf *out, unsigned depth, bool *mistake)
{
	static const char *const ops[] = {"and", "or", "not"};
	unsigned op = (unsigned)weir_random_below(r, 3), n = op == 2 ? 1 : 1 + (unsigned)weir_random_below(r, 3);

	if (depth == 0 || generate_chance(r, 30)) {
		tree_leaf(r, out, mistake);
		return;
	}
	if (*mistake && generate_chance(r, 20)) {
		*mistake = false;
		weir_buf_printf(out, "{\"op\":\"%s\"}", generate_chance(r, 50) ? ops[op] : "xor");
		return;
	}
	weir_buf_printf(out, "{\"op\":\"%s\",\"nodes\":[", ops[op]);
	for (unsigned i = 0; i < n; i++) {
		if (i > 0)
			weir_buf_char(out, ',');
		tree_node(r, out, depth - 1, mistake);
	}
	weir_buf_lit(out, "]}");
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool generate_chance(struct weir_random *r, unsigned percent)
{
	return weir_random_below(r, 100) < percent;
}

void generate_number_text(struct weir_random *r, char *out, bool exponent)
{
	unsigned whole = 1 + (unsigned)weir_random_below(r, generate_chance(r, 80) ? 4 : 24);
	unsigned fraction =
		generate_chance(r, 50) ? 1 + (unsigned)weir_random_below(r, generate_chance(r, 80) ? 3 : 24) : 0;

	if (generate_chance(r, 30))
		*out++ = '-';
	if (exponent && whole > 1) /* JSON has no leading zeros */
		*out++ = (char)('1' + weir_random_below(r, 9));
	for (unsigned i = exponent && whole > 1; i < whole; i++)
		*out++ = (char)('0' + weir_random_below(r, 10));
	if (fraction)
		*out++ = '.';
	for (unsigned i = 0; i < fraction; i++)
		*out++ = (char)('0' + weir_random_below(r, 10));
	*out = 0;
	if (exponent && generate_chance(r, 30))
		snprintf(out, 16, "e%d", (int)weir_random_below(r, generate_chance(r, 80) ? 40 : 2000) - 20);
}

void generate_attributes(struct weir_random *r, bool plain, struct generate_attributes *out)
{
	struct weir_value v;

	out->attributes = (struct ref_attributes){out->list, 0};
	for (size_t i = 0; i < WEIR_ARRAY_LEN(tag_names); i++) {
		char *text = out->text[out->attributes.n];

		if (generate_chance(r, 25))
			continue;
		add(out, WEIR_NAME_TAG, tag_names[i], plain ? random_string(r, text) : random_value(r, false, text));
	}
	add(out, WEIR_NAME_EVENT, "channel", ref_string("prices:eu"));
	add(out, WEIR_NAME_EVENT, "time", ref_number("1767225600000"));
	if (generate_chance(r, 50)) {
		v = generate_chance(r, 30) ? ref_string("") : ref_string("feeder");
		add(out, WEIR_NAME_EVENT, "user", v);
		add(out, WEIR_NAME_EVENT, "client", ref_string("c-1"));
	}
	if (generate_chance(r, 50))
		add(out, WEIR_NAME_EVENT, "id", ref_string("ev-9"));
	if (generate_chance(r, 50))
		add(out, WEIR_NAME_EVENT, "offset", ref_number("42"));
	for (size_t i = 0; i < WEIR_ARRAY_LEN(data_paths); i++) {
		char *text = out->text[out->attributes.n];

		if (!generate_chance(r, 25))
			add(out, WEIR_NAME_DATA, data_paths[i].name, random_value(r, true, text));
	}
	if (generate_chance(r, 80))
		add(out, WEIR_NAME_DATA, "", random_value(r, true, out->text[out->attributes.n]));
}

void generate_tree(struct weir_random *r, struct weir_buf *out)
{
	bool mistake = generate_chance(r, 25);

	weir_buf_reset(out);
	tree_node(r, out, 1 + (unsigned)weir_random_below(r, 3), &mistake);
}
