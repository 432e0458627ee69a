/* SPDX-License-Identifier: Apache-2.0 */
/* The reference by itself, without the engine: the examples of the specification and each statement of its text. */
#include <stdio.h>
#include <stdlib.h>

#include "reference.h"
#include "test.h"
#include "weir/base/mem.h"

#define ATTRIBUTES 32

static const char *const error_names[WEIR_FILTER_ERRORS] = {
	"ok", "missing_attribute", "cast", "math", "function", "generic", "not_boolean"};

struct event {
	struct ref_attribute list[ATTRIBUTES];
	struct ref_attributes attributes;
	char paths[ATTRIBUTES][64];
};

static void put(struct event *e, enum weir_name_kind kind, const char *name, struct weir_value v)
{
	weir_assert(e->attributes.n < ATTRIBUTES);
	e->list[e->attributes.n++] = (struct ref_attribute){kind, weir_str(name), v};
	e->attributes.list = e->list;
}

static void tag(struct event *e, const char *name, const char *value)
{
	put(e, WEIR_NAME_TAG, name, ref_string(value));
}

static void field(struct event *e, const char *name, struct weir_value v)
{
	put(e, WEIR_NAME_EVENT, name, v);
}

static void payload(struct event *e, const char *path, struct weir_value v)
{
	char *to = e->paths[e->attributes.n];
	struct weir_buf text;

	weir_buf_init(&text, 64);
	if (strcmp(path, "data") != 0)
		weir_assert(ref_path_text(weir_str(path), &text));
	memcpy(to, text.len ? text.p : "", text.len);
	to[text.len] = 0;
	weir_buf_fini(&text);
	put(e, WEIR_NAME_DATA, to, v);
}

static void event_a(struct event *e)
{
	field(e, "channel", ref_string("prices:eu"));
	field(e, "id", ref_string("ev-9"));
	field(e, "time", ref_number("1767225600000"));
	field(e, "offset", ref_number("42"));
	field(e, "user", ref_string("feeder"));
	field(e, "client", ref_string("c-1"));
	tag(e, "symbol", "ACME");
	tag(e, "level", "7");
	tag(e, "price", "150.25");
	tag(e, "hot", "TRUE");
	tag(e, "Env", "prod");
	tag(e, "user", "mallory");
	tag(e, "content-type", "app/json");
	payload(e, "data", ref_opaque());
	payload(e, "data.price", ref_number("19.99"));
	payload(e, "data.qty", ref_number("3"));
	payload(e, "data.used", ref_number("45"));
	payload(e, "data.total", ref_number("60"));
	payload(e, "data.id", ref_number("9007199254740993"));
	payload(e, "data.who", ref_opaque());
	payload(e, "data.who.name", ref_string("Zoë"));
	payload(e, "data.items", ref_opaque());
	payload(e, "data.items[0]", ref_opaque());
	payload(e, "data.items[0].sku", ref_string("X-1"));
	payload(e, "data.items[1]", ref_opaque());
	payload(e, "data.items[1].sku", ref_string("X_2"));
	payload(e, "data['key with space']", ref_string("v"));
}

static void event_b(struct event *e)
{
	field(e, "channel", ref_string("log"));
	field(e, "time", ref_number("1767225600000"));
	tag(e, "region", "us");
	payload(e, "data", ref_opaque());
	payload(e, "data[0]", ref_number("1"));
	payload(e, "data[1]", ref_string("two"));
	payload(e, "data[2]", ref_number("2.50"));
}

static void event_c(struct event *e)
{
	field(e, "channel", ref_string("log"));
	field(e, "time", ref_number("1767225600000"));
	tag(e, "kind", "blob");
}

static void event_d(struct event *e)
{
	field(e, "channel", ref_string("log"));
	field(e, "time", ref_number("1767225600000"));
	field(e, "user", ref_string(""));
	field(e, "client", ref_string("c-2"));
	payload(e, "data", ref_opaque());
	payload(e, "data.price", ref_number("19.99"));
	payload(e, "data.n", ref_number("5"));
	payload(e, "data.raw", ref_opaque());
}

static struct event *event_of(char which)
{
	struct event *e = weir_xcalloc(1, sizeof(*e));

	switch (which) {
	case 'A':
		event_a(e);
		break;
	case 'B':
		event_b(e);
		break;
	case 'C':
		event_c(e);
		break;
	default:
		event_d(e);
		break;
	}
	return e;
}

/* "Boolean true", "cast: Boolean false", "refused: expected …". */
static void outcome(char which, struct weir_str filter, struct weir_buf *out)
{
	struct event *e = event_of(which);
	struct weir_resolver resolver = {ref_resolve, &e->attributes};
	enum weir_filter_error error;
	struct ref_filter *f;
	struct weir_value v;
	struct weir_json tree;
	struct weir_buf why;
	int err;

	weir_buf_init(&why, 4096);
	if (weir_str_starts(filter, WEIR_STR("{"))) {
		weir_assert(weir_json_check(filter, 64, &tree, NULL) == 0);
		err = ref_compile_tree(tree, &f, &why);
	} else {
		err = ref_compile(filter, &f, &why);
	}
	if (err) {
		weir_buf_printf(out, "refused: %.*s", WEIR_STR_FMT(weir_buf_view(&why)));
	} else {
		v = ref_run(f, &resolver, &error);
		if (error)
			weir_buf_printf(out, "%s: ", error_names[error]);
		ref_value_print(out, &v);
	}
	ref_free(&f);
	weir_buf_fini(&why);
	free(e);
}

static bool gives(char which, struct weir_str filter, const char *wanted)
{
	struct weir_buf got;
	bool same;

	weir_buf_init(&got, 1 << 17);
	outcome(which, filter, &got);
	same = weir_str_is(weir_buf_view(&got), wanted);
	if (!same)
		printf("\n  %c %.*s\n    wanted %s\n    got    %.*s\n", which, WEIR_STR_FMT(filter), wanted,
			WEIR_STR_FMT(weir_buf_view(&got)));
	weir_buf_fini(&got);
	return same;
}

struct example {
	char event;
	const char *filter, *outcome;
};

static void check(const struct example *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		CU_ASSERT(gives(list[i].event, weir_str(list[i].filter), list[i].outcome));
}

#define CHECK(list) check(list, WEIR_ARRAY_LEN(list))

#define YES     "Boolean true"
#define NO      "Boolean false"
#define MISSING "missing_attribute: Boolean false"
#define CAST    "cast: Boolean false"

static void test_worked_examples(void)
{
	static const struct example list[] = {
		{'A', "SYMBOL = \"ACME\" and level > 5", YES},
		{'A', "env = 'prod'", MISSING},
		{'A', "user = 'feeder' AND tags.user = 'mallory'", YES},
		{'A', "tags['content-type'] LIKE 'app/%'", YES},
		{'A', "price > 100", CAST},
		{'A', "price > 100.0 AND NUMBER(price) - 0.25 = 150", YES},
		{'A', "data.price * data.qty = 59.97", YES},
		{'A', "data.used / data.total >= 0.75", YES},
		{'A', "45 / 60 >= 0.75", NO},
		{'A', "data.id = 9007199254740993", YES},
		{'A', "data.id % 2 = 1", CAST},
		{'A', "EXISTS data.note", NO},
		{'A', "EXISTS data.who AND data.who.name = 'Zoë'", YES},
		{'A', "data.who = 'Zoë'", CAST},
		{'A', "data.items[1].sku LIKE 'X\\__'", YES},
		{'A', "data.items[0].sku LIKE 'X\\__'", NO},
		{'A', "data['key with space'] IN ('u', 'v')", YES},
		{'A', "data.items[2].sku = 'X-3' OR symbol = 'ACME'", MISSING},
		{'A', "symbol = 'ACME' OR data.items[2].sku = 'X-3'", YES},
		{'A', "NOT symbol = 'WXYZ'", CAST},
		{'A', "TRUE OR FALSE AND FALSE", NO},
		{'A', "hot", "String 'TRUE'"},
		{'A', "hot = TRUE AND NOT (TRUE = hot)", YES},
		{'A', "level IN (5, 7)", YES},
		{'A', "INT(level) IN ('seven', 7)", CAST},
		{'A', "2000000000 + 2000000000 > 0", "math: Boolean false"},
		{'A', "2000000000 + 2000000000.0 = 4000000000", YES},
		{'A', "time >= 1767225600000 AND event.offset > 41", YES},
		{'A', "SUBSTRING(symbol, -2) = 'ME' AND LEFT(symbol, 9) = 'ACME'", YES},
		{'A', "RIGHT(symbol, -1) = 'E'", "function: Boolean false"},
		{'B', "EXISTS user OR data[2] = 2.5 AND STRING(data[2]) = '2.5'", YES},
		{'C', "EXISTS data OR kind = 'blob'", YES},
		{'D', "user = '' AND data.price = 19.99 AND LENGTH(data.n) = 1", YES},
		{'D', "data.raw != 'abc'", CAST},
		{'A', "LOWER(symbol) LIKE symbol", "refused: LIKE needs a string literal at column 20"},
		{'A', "UPPER(symbol", "refused: expected ')' at column 13"},
		{'B', "{\"key\":\"symbol\",\"cmp\":\"neq\",\"val\":\"ACME\"}", YES},
		{'A', "{\"op\":\"not\",\"nodes\":[{\"key\":\"symbol\",\"cmp\":\"gt\",\"val\":\"1\"}]}", YES},
		{'A',
			"{\"op\":\"and\",\"nodes\":[{\"key\":\"user\",\"cmp\":\"eq\",\"val\":\"mallory\"},"
			"{\"key\":\"data.price\",\"cmp\":\"eq\",\"val\":\"19.990\"}]}",
			YES},
		{'A', "{\"op\":\"or\",\"nodes\":[{\"key\":\"symbol\",\"cmp\":\"in\"}]}",
			"refused: tf.nodes[0]: in needs vals"},
	};

	CU_ASSERT_EQUAL(WEIR_ARRAY_LEN(list), 40);
	CHECK(list);
}

static void test_names(void)
{
	static const struct example list[] = {
		{'A', "Channel = event.channel AND TIME = event.time", YES},
		{'A', "event.client", "String 'c-1'"},
		{'A', "client", MISSING},
		{'A', "offset", MISSING},
		{'B', "id = 'x' OR TRUE", MISSING},
		{'A', "tags.Symbol", MISSING},
		{'A', "sYmBoL", "String 'ACME'"},
		{'A', "Env", "String 'prod'"},
		{'A', "DATA.price = 19.99 AND Tags.Env = 'prod' AND EVENT.id = 'ev-9'", YES},
		{'A', "data.PRICE", MISSING},
		{'A', "data['items'][1]['sku']", "String 'X_2'"},
		{'A', "data.items.1", MISSING},
		{'A', "data.price.x", MISSING},
		{'A', "tags['user'] = \"mallory\"", YES},
		{'A', "EXISTS tags AND TRUE", NO},
	};

	CHECK(list);
}

static void test_lexical(void)
{
	static const struct example list[] = {
		{'A', "4-1", "Integer 3"},
		{'A', "4--1", "Integer 5"},
		{'A', "4 -1", "Integer 3"},
		{'A', "(4)-1", "Integer 3"},
		{'A', "TRUE-1", "Integer 0"},
		{'A', "+5", "Integer 5"},
		{'A', "- 5", "Integer -5"},
		{'A', "--5", "Integer 5"},
		{'A', "-2147483648", "Integer -2147483648"},
		{'A', "- 2147483648", "Number -2147483648"},
		{'A', "2147483648", "Number 2147483648"},
		{'A', "-21474836480", "Number -21474836480"},
		{'A', "100.0", "Number 100"},
		{'A', "000012", "Integer 12"},
		{'A', "1e5", MISSING},
		{'A', "12abc", MISSING},
		{'A', "'a\\b'", "String 'a\\b'"},
		{'A', "'a\\\\'", "String 'a\\\\'"},
		{'A', "'it''s \\' \"x\"'", "String 'it's ' \"x\"'"},
		{'A', "\"it's \"\"\"", "String 'it's \"'"},
		{'A', "\t1\r\n+ 1 ", "Integer 2"},
		{'A', "NOT(a)", MISSING},
		{'A', "length ('ab')", "Integer 2"},
		{'A', "data.in", MISSING},
		{'A', "NULL", MISSING},
	};

	CHECK(list);
}

static void test_precedence(void)
{
	static const struct example list[] = {
		{'A', "2 + 3 * 4", "Integer 14"},
		{'A', "2 - 3 - 4", "Integer -5"},
		{'A', "100 / 10 * 2 % 7", "Integer 6"},
		{'A', "3 > 2 > 1", NO},
		{'A', "1 + 1 = 2", YES},
		{'A', "NOT TRUE = FALSE", YES},
		{'A', "2 + 12 LIKE '1%'", "Integer 3"},
		{'A', "TRUE = 1 IN (1, 2)", YES},
		{'A', "- 5 LIKE '-5'", YES},
		{'A', "'ab' LIKE 'a_' NOT LIKE 'false'", YES},
		{'A', "5 IN (1, 5) IN (TRUE)", YES},
		{'A', "FALSE AND FALSE OR TRUE XOR TRUE", NO},
		{'A', "(TRUE OR FALSE) AND FALSE", NO},
	};

	CHECK(list);
}

static void test_casts(void)
{
	static const struct example list[] = {
		{'A', "TRUE = 'TRUE'", NO},
		{'A', "'TRUE' = TRUE", YES},
		{'A', "level = 7 AND level = '7' AND level IN (7)", YES},
		{'A', "level = '07'", NO},
		{'A', "level = 07", YES},
		{'A', "price > 100.0 AND NUMBER(price) > 100", YES},
		{'A', "INT('007')", "Integer 7"},
		{'A', "INT('+7') = INT('-0') + 7", YES},
		{'A', "INT(' 5')", "cast: Integer 0"},
		{'A', "INT('')", "cast: Integer 0"},
		{'A', "INT('2147483648')", "cast: Integer 0"},
		{'A', "INT(5.5)", "cast: Integer 0"},
		{'A', "INT(500.0)", "Integer 500"},
		{'A', "INT(TRUE)", "Integer 1"},
		{'A', "BOOL('yes')", CAST},
		{'A', "BOOL('True') AND BOOL(7) AND BOOL(0.5)", YES},
		{'A', "BOOL(0) OR BOOL(0.0)", NO},
		{'A', "NUMBER('1e5')", "cast: Number 0"},
		{'A', "NUMBER('.5')", "cast: Number 0"},
		{'A', "NUMBER('5.')", "cast: Number 0"},
		{'A', "NUMBER('+005.50')", "Number 5.5"},
		{'A', "NUMBER(TRUE)", "Number 1"},
		{'A', "STRING(19.90)", "String '19.9'"},
		{'A', "STRING(-0.5)", "String '-0.5'"},
		{'A', "STRING(100.0)", "String '100'"},
		{'A', "STRING(0.0000001)", "String '1e-7'"},
		{'A', "STRING(0.000001)", "String '0.000001'"},
		{'A', "STRING(2500000000000000000000)", "String '2.5e+21'"},
		{'A', "STRING(250000000000000000000)", "String '250000000000000000000'"},
		{'A', "STRING(-0.0)", "String '0'"},
		{'A', "STRING(data)", "cast: String ''"},
		{'A', "data = 1", CAST},
		{'A', "'x' = data", CAST},
		{'A', "data AND TRUE", CAST},
	};

	CHECK(list);
}

static void test_numbers(void)
{
	static const struct example list[] = {
		{'A', "0.1 + 0.2 = 0.3", YES},
		{'A', "9999999999999999999.0", "Number 9999999999999999999"},
		{'A', "12345678901234567899", "Number 12345678901234567890"},
		{'A', "-12345678901234567899", "Number -12345678901234567890"},
		{'A', "0.00001234567890123456789123", "Number 0.00001234567890123456789"},
		{'A', "1 / 3.0", "Number 0.3333333333333333333"},
		{'A', "-2 / 3.0", "Number -0.6666666666666666666"},
		{'A', "1 - 0.00000000000000000000000000000000000001", "Number 0.9999999999999999999"},
		{'A', "10000000000000000000.0 + 1", "Number 10000000000000000000"},
		{'A', "9999999999.0 * 9999999999.0", "Number 99999999980000000000"},
		{'A', "1 / 0.0", "math: Integer 0"},
		{'A', "0.0 / 5", "Number 0"},
		{'A', "5.0 - 5", "Number 0"},
		{'A', "-5.0 + 4", "Number -1"},
		{'A', "1.5 < 1.50001 AND -1.5 > -1.50001 AND 2 >= 2.0 AND 2 <= 2.0", YES},
		{'A', "100.0 = '100'", YES},
		{'A', "'100' = 100.0", YES},
		{'A', "'100.0' = 100", CAST},
	};
	struct weir_value tiny = ref_number("1e-1000"), less = ref_number("9e-1001"), huge = ref_number("1e1000");

	CHECK(list);
	CU_ASSERT_NOT_EQUAL(tiny.number.digits, 0);
	CU_ASSERT_EQUAL(less.number.digits, 0);
	CU_ASSERT_EQUAL(huge.type, WEIR_VALUE_OPAQUE);
	huge = ref_number("9.999e999");
	CU_ASSERT_EQUAL(huge.type, WEIR_VALUE_NUMBER);
	tiny = ref_number("5.0e0");
	less = ref_number("5");
	CU_ASSERT(ref_value_equal(&tiny, &less));
}

static void test_errors(void)
{
	static const struct example list[] = {
		{'A', "x", MISSING},
		{'A', "-x", "missing_attribute: Integer 0"},
		{'A', "1 / x", "missing_attribute: Integer 0"},
		{'A', "x != 2", MISSING},
		{'A', "data", CAST},
		{'A', "TRUE AND x = ''", MISSING},
		{'A', "STRING(x)", "missing_attribute: String ''"},
		{'A', "EXISTS a AND a = 1", NO},
		{'A', "(EXISTS a AND a = 1) OR (EXISTS level AND level = 7)", YES},
		{'A', "a = 1 OR level = 7", MISSING},
		{'A', "1 / 0 + x", "math: Integer 0"},
		{'A', "'a' + x", "missing_attribute: Integer 0"},
		{'A', "'a' AND x", CAST},
		{'A', "data IN (x)", MISSING},
		{'A', "data IN (1, x)", CAST},
		{'A', "1 IN (1, x)", YES},
		{'A', "1 IN (x, 1)", MISSING},
		{'A', "1 NOT IN (x)", MISSING},
		{'A', "x NOT LIKE 'a'", MISSING},
		{'A', "LEFT('abc', -1)", "function: String 'abc'"},
		{'A', "(LEFT('abc', -1))", "function: String 'abc'"},
		{'A', "LENGTH(LEFT('abc', -1))", "function: Integer 0"},
		{'A', "LEFT(data, x)", "cast: String ''"},
		{'A', "ABS(-2147483648)", "math: Integer 2147483647"},
		{'A', "- -2147483648", "math: Integer 0"},
		{'A', "-2147483648 / -1", "math: Integer 0"},
		{'A', "-2147483648 % -1", "Integer 0"},
		{'A', "7 % 0", "math: Integer 0"},
		{'A', "-7 / 2", "Integer -3"},
		{'A', "-7 % 2", "Integer -1"},
		{'A', "7 % -2", "Integer 1"},
		{'A', "7.5 % 2", "cast: Integer 0"},
		{'A', "7.0 % 4.0", "Integer 3"},
		{'A', "NOT 7", NO},
		{'A', "'10' > '9'", YES},
		{'A', "'a' < 'b'", CAST},
		{'A', "2147483647 + 1", "math: Integer 0"},
		{'A', "2147483647 * 2", "math: Integer 0"},
		{'A', "FALSE AND x", NO},
		{'A', "TRUE XOR x", MISSING},
		{'A', "TRUE XOR TRUE", NO},
	};

	CHECK(list);
}

static void test_like(void)
{
	static const struct example list[] = {
		{'A', "'abc' LIKE 'a%c'", YES},
		{'A', "'abc' LIKE 'A%'", NO},
		{'A', "'' LIKE '%'", YES},
		{'A', "'' LIKE ''", YES},
		{'A', "'' LIKE '_'", NO},
		{'A', "'Zoë' LIKE 'Zo_'", YES},
		{'A', "'a\nb' LIKE 'a_b'", YES},
		{'A', "'100%' LIKE '100\\%'", YES},
		{'A', "'1000' LIKE '100\\%'", NO},
		{'A', "'a\\b' LIKE 'a\\b'", YES},
		{'A', "'x\\%' LIKE 'x\\\\%'", YES},
		{'A', "'x\\\\%' LIKE 'x\\\\%'", NO},
		{'A', "'x\\' LIKE 'x\\'", "refused: unexpected 'x' at column 12"},
		{'A', "12 LIKE '1_'", YES},
		{'A', "12 NOT LIKE '1_'", NO},
		{'A', "'aaab' LIKE '%ab' AND 'abab' LIKE '%ab%ab' AND 'ab' NOT LIKE '%ab%ab'", YES},
	};

	CHECK(list);
}

static void test_functions(void)
{
	static const struct example list[] = {
		{'A', "LENGTH('Zoë')", "Integer 3"},
		{'A', "LENGTH(TRUE)", "Integer 4"},
		{'A', "CONCAT()", "String ''"},
		{'A', "CONCAT('a', 1, TRUE, 2.50)", "String 'a1true2.5'"},
		{'A', "CONCAT_WS(',', 'a', '', 'b')", "String 'a,,b'"},
		{'A', "CONCAT_WS(',')", "String ''"},
		{'A', "CONCAT_WS()", "refused: unknown function CONCAT_WS/0 at column 1"},
		{'A', "LOWER('ÀÉİȺΣЯ') = 'àéiⱥσя'", YES},
		{'A', "UPPER('ßÿıſπя') = 'ßŸISΠЯ'", YES},
		{'A', "UPPER('ɐ') = 'ɐ'", YES},
		{'A', "TRIM(' \t\u00a0x y\u3000\u2028')", "String 'x y'"},
		{'A', "TRIM('\u200bx')", "String '\u200bx'"},
		{'A', "LEFT('Zoë', 3)", "String 'Zoë'"},
		{'A', "LEFT('Zoë', 0)", "String ''"},
		{'A', "RIGHT('Zoë', 2)", "String 'oë'"},
		{'A', "RIGHT('Zoë', 20)", "String 'Zoë'"},
		{'A', "RIGHT('Zoë', -1)", "function: String 'Zoë'"},
		{'A', "SUBSTRING('Zoë', 2)", "String 'oë'"},
		{'A', "SUBSTRING('Zoë', 2, 1)", "String 'o'"},
		{'A', "SUBSTRING('Zoë', -1)", "String 'ë'"},
		{'A', "SUBSTRING('Zoë', -3, 2)", "String 'Zo'"},
		{'A', "SUBSTRING('Zoë', 0)", "String ''"},
		{'A', "SUBSTRING('Zoë', 0, -1)", "function: String ''"},
		{'A', "SUBSTRING('Zoë', 4)", "function: String ''"},
		{'A', "SUBSTRING('Zoë', -4)", "function: String ''"},
		{'A', "SUBSTRING('Zoë', 3, 100)", "String 'ë'"},
		{'A', "SUBSTRING('', 1)", "function: String ''"},
		{'A', "ABS(-5)", "Integer 5"},
		{'A', "ABS(-5.5)", "Number 5.5"},
		{'A', "ABS('-5')", "Integer 5"},
		{'A', "ABS('-5.5')", "cast: Integer 0"},
		{'A', "IS_INT('5') AND IS_INT(5.0) AND IS_INT(TRUE)", YES},
		{'A', "IS_INT('5.0') OR IS_INT(2147483648) OR IS_INT(data)", NO},
		{'A', "IS_BOOL('yes') OR IS_BOOL(data)", NO},
		{'A', "IS_BOOL('FALSE') AND IS_BOOL(3)", YES},
		{'A', "IS_NUMBER('5.50') AND IS_NUMBER(TRUE)", YES},
		{'A', "IS_NUMBER(x)", MISSING},
		{'A', "FIRST('a')", "refused: unknown function FIRST/1 at column 1"},
		{'A', "1 + lefT('a')", "refused: unknown function LEFT/1 at column 5"},
	};

	CHECK(list);
}

static void test_refusals(void)
{
	static const struct example list[] = {
		{'A', "(symbol = 'ACME'", "refused: expected ')' at column 17"},
		{'A', "", "refused: expected an operand at column 1"},
		{'A', "1 +", "refused: expected an operand at column 4"},
		{'A', "1 + AND", "refused: expected an operand at column 5"},
		{'A', "'ë' 2", "refused: unexpected '2' at column 5"},
		{'A', "1 'a long text that is cut'", "refused: unexpected ''a long text tha' at column 3"},
		{'A', "a NOT", "refused: unexpected end at column 6"},
		{'A', "a NOT b", "refused: unexpected 'b' at column 7"},
		{'A', "a # b", "refused: unexpected '#' at column 3"},
		{'A', "a é", "refused: unexpected 'é' at column 3"},
		{'A', "a \xff", "refused: not valid UTF-8 at column 3"},
		{'A', "'é\xff'", "refused: not valid UTF-8 at column 3"},
		{'A', "a = 'x", "refused: unterminated string at column 5"},
		{'A', "a IN 5", "refused: expected '(' at column 6"},
		{'A', "a IN ()", "refused: empty set at column 7"},
		{'A', "a LIKE", "refused: LIKE needs a string literal at column 7"},
		{'A', "EXISTS 5", "refused: EXISTS needs a name at column 8"},
		{'A', "EXISTS (a)", "refused: EXISTS needs a name at column 8"},
		{'A', "data.", "refused: bad path at column 5"},
		{'A', "1 + data.a[65536]", "refused: bad path at column 11"},
		{'A', "tags.a.b", "refused: bad path at column 7"},
		{'A', "tags[0]", "refused: bad path at column 5"},
		{'A', "event.data", "refused: bad path at column 6"},
		{'A', "data.a.b.c.d.e.f.g.h", MISSING},
		{'A', "data.a.b.c.d.e.f.g.h.i", "refused: bad path at column 21"},
		{'A', "data .a", "refused: unexpected '.' at column 6"},
		{'A', "a.b", "refused: unexpected '.' at column 2"},
		{'A', "1.", "refused: unexpected '.' at column 2"},
		{'A', "((((((((((((((((1))))))))))))))))", "Integer 1"},
		{'A', "(((((((((((((((((1)))))))))))))))))", "refused: deeper than 16 levels at column 17"},
		{'A', "{}", "refused: tf: cmp missing"},
		{'A', "{\"op\":\"nand\"}", "refused: tf: unknown op 'nand'"},
		{'A', "{\"op\":\"and\"}", "refused: tf: and needs a node"},
		{'A', "{\"op\":\"not\",\"nodes\":[]}", "refused: tf: not needs one node"},
		{'A', "{\"key\":\"a\",\"cmp\":\"like\"}", "refused: tf: unknown cmp 'like'"},
		{'A', "{\"cmp\":\"eq\",\"val\":\"a\"}", "refused: tf: key missing"},
		{'A', "{\"key\":\"a\",\"cmp\":\"eq\",\"val\":\"\"}", "refused: tf: eq needs val"},
		{'A', "{\"key\":\"a\",\"cmp\":\"ex\",\"val\":\"b\"}", "refused: tf: ex takes no val"},
		{'A', "{\"key\":\"a\",\"cmp\":\"eq\",\"val\":\"b\",\"vals\":[\"\"]}", "refused: tf: eq takes no vals"},
		{'A', "{\"key\":\"a\",\"cmp\":\"eq\",\"val\":5}", "refused: tf: wrong type of val"},
		{'A', "{\"key\":\"data.\",\"cmp\":\"ex\"}", "refused: tf: bad path"},
	};

	CHECK(list);
}

static void fill(struct weir_buf *b, const char *first, const char *more, unsigned n)
{
	weir_buf_reset(b);
	weir_buf_str(b, weir_str(first));
	for (unsigned i = 0; i < n; i++)
		weir_buf_str(b, weir_str(more));
}

static void test_limits(void)
{
	struct weir_buf b;

	weir_buf_init(&b, 4096);
	fill(&b, "1", "+1", 31);
	CU_ASSERT(gives('A', weir_buf_view(&b), "Integer 32"));
	fill(&b, "-  1", "+1", 31);
	CU_ASSERT(gives('A', weir_buf_view(&b), "Integer 30"));
	fill(&b, "1", "+1", 32);
	CU_ASSERT(gives('A', weir_buf_view(&b), "refused: more than 64 nodes at column 66"));
	fill(&b, "1 IN (1", ",1", 200);
	weir_buf_char(&b, ')');
	CU_ASSERT(gives('A', weir_buf_view(&b), YES));
	fill(&b, "1", " ", 1023);
	CU_ASSERT(gives('A', weir_buf_view(&b), "Integer 1"));
	weir_buf_char(&b, ' ');
	CU_ASSERT(gives('A', weir_buf_view(&b), "refused: longer than 1024 bytes"));
	fill(&b, "'' LIKE '", "a", 256);
	weir_buf_char(&b, '\'');
	CU_ASSERT(gives('A', weir_buf_view(&b), NO));
	fill(&b, "'' LIKE '", "a", 257);
	weir_buf_char(&b, '\'');
	CU_ASSERT(gives('A', weir_buf_view(&b), "refused: LIKE pattern too long at column 9"));
	fill(&b, "'' LIKE '%", "_", 64);
	weir_buf_lit(&b, "%aaa'");
	CU_ASSERT(gives('A', weir_buf_view(&b), NO));
	fill(&b, "'' LIKE '%", "_", 64);
	weir_buf_lit(&b, "a%'");
	CU_ASSERT(gives('A', weir_buf_view(&b), "refused: LIKE pattern too long at column 9"));
	weir_buf_fini(&b);
}

static void test_leaves(void)
{
	static const struct example list[] = {
		{'A', "{\"key\":\"level\",\"cmp\":\"eq\",\"val\":\"07\"}", NO},
		{'A', "{\"key\":\"level\",\"cmp\":\"gte\",\"val\":\"07.0\"}", YES},
		{'A', "{\"key\":\"price\",\"cmp\":\"lt\",\"val\":\"150.3\"}", YES},
		{'A', "{\"key\":\"price\",\"cmp\":\"lt\",\"val\":\"many\"}", NO},
		{'A', "{\"key\":\"price\",\"cmp\":\"ct\",\"val\":\"0.2\"}", YES},
		{'A', "{\"key\":\"data.price\",\"cmp\":\"sw\",\"val\":\"19.\"}", YES},
		{'A', "{\"key\":\"data.price\",\"cmp\":\"ew\",\"val\":\".99\"}", YES},
		{'A', "{\"key\":\"data.who\",\"cmp\":\"ex\"}", YES},
		{'A', "{\"key\":\"data.who\",\"cmp\":\"nex\"}", NO},
		{'A', "{\"key\":\"data.who\",\"cmp\":\"eq\",\"val\":\"x\"}", NO},
		{'A', "{\"key\":\"data.who\",\"cmp\":\"nin\",\"vals\":[\"x\"]}", YES},
		{'A', "{\"key\":\"data.note\",\"cmp\":\"in\",\"vals\":[\"\"]}", NO},
		{'A', "{\"key\":\"symbol\",\"cmp\":\"in\",\"vals\":[\"x\",\"ACME\"]}", YES},
		{'A', "{\"key\":\"\",\"cmp\":\"nex\"}", YES},
		{'A', "{\"key\":\"Symbol\",\"cmp\":\"ex\"}", NO},
		{'A', "{\"key\":\"channel\",\"cmp\":\"ex\"}", NO},
	};

	CHECK(list);
}

static void test_flags(void)
{
	struct weir_buf why;
	struct ref_filter *f;

	weir_buf_init(&why, 256);
	CU_ASSERT_EQUAL_FATAL(ref_compile(WEIR_STR("a AND b OR data.x"), &f, &why), 0);
	CU_ASSERT(ref_is_mixed(f) && ref_needs_data(f));
	ref_free(&f);
	CU_ASSERT_EQUAL_FATAL(ref_compile(WEIR_STR("a AND (b OR tags.x) AND c"), &f, &why), 0);
	CU_ASSERT(!ref_is_mixed(f) && !ref_needs_data(f));
	CU_ASSERT_EQUAL(ref_result_type(f), WEIR_VALUE_BOOLEAN);
	ref_free(&f);
	weir_buf_fini(&why);
}

const char weir_test_suite[] = "filter_reference";
CU_TestInfo weir_tests[] = {
	{"worked examples", test_worked_examples},
	{"names", test_names},
	{"lexical rules", test_lexical},
	{"precedence", test_precedence},
	{"casts", test_casts},
	{"numbers", test_numbers},
	{"errors and their values", test_errors},
	{"like", test_like},
	{"functions", test_functions},
	{"refusals", test_refusals},
	{"limits", test_limits},
	{"leaves of a tree", test_leaves},
	{"flags", test_flags},
	CU_TEST_INFO_NULL,
};
