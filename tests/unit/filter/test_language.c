/* SPDX-License-Identifier: Apache-2.0 */
/* Casts, operators, functions, names, literals, LIKE: each row of the specification's tables, with the error cases. */
#include "harness.h"
#include "test.h"
#include "weir/base/mem.h"

static void test_literals(void)
{
	static const struct harness_row rows[] = {
		{"1", "1"},
		{"-2147483648", "-2147483648"},
		{"2147483647", "2147483647"},
		{"2147483648", "2147483648n"},
		{"-2147483649", "-2147483649n"},
		{"+5", "5"},
		{"007", "7"},
		{"100.0", "100n"},
		{"-0.50", "-0.5n"},
		{"+0.25", "0.25n"},
		{"1.2345678901234567899", "1.234567890123456789n"},
		{"4-1", "3"},
		{"4--1", "5"},
		{"4 -1", "3"},
		{"4 - -1", "5"},
		{"4+1", "5"},
		{"4++1", "5"},
		{"(4)-1", "3"},
		{"TRUE-1", "0"},
		{"NOT -1", "false"},
		{"- -1", "1"},
		{"- 1", "-1"},
		{"-(1)", "-1"},
		{"2*-1", "-2"},
		{"CONCAT('a',-1)", "'a-1'"},
		{"TRUE", "true"},
		{"fAlSe", "false"},
		{"'a'", "'a'"},
		{"\"a'b\"", "'a'b'"},
		{"'a\"b'", "'a\"b'"},
		{"'a''b'", "'a'b'"},
		{"\"a\"\"b\"", "'a\"b'"},
		{"'a\\'b'", "'a'b'"},
		{"\"a\\\"b\"", "'a\"b'"},
		{"'a\\b'", "'a\\b'"},
		{"LENGTH('a\\b')", "3"},
		{"'a\\\\'", "'a\\\\'"},
		{"LENGTH('a\\\\')", "3"},
		{"''", "''"},
		{"''''", "'''"},
		{"'Zo\xc3\xab'", "'Zo\xc3\xab'"},
		{" \t\r\n1 \n", "1"},
		{"12ab = 'x'", "false !missing_attribute"},
		{"_x = 'x'", "false !missing_attribute"},
	};

	harness_check(rows, WEIR_ARRAY_LEN(rows), harness_event_a());
}

static void test_names(void)
{
	static const struct harness_row a[] = {
		{"channel", "'prices:eu'"},
		{"Channel", "'prices:eu'"},
		{"event.channel", "'prices:eu'"},
		{"EVENT['channel']", "'prices:eu'"},
		{"ID", "'ev-9'"},
		{"event.id", "'ev-9'"},
		{"TIME", "1767225600000n"},
		{"event.time", "1767225600000n"},
		{"User", "'feeder'"},
		{"tags.user", "'mallory'"},
		{"Tags[\"user\"]", "'mallory'"},
		{"event.user", "'feeder'"},
		{"event.client", "'c-1'"},
		{"event.offset", "42n"},
		{"symbol", "'ACME'"},
		{"SYMBOL", "'ACME'"},
		{"Env", "'prod'"},
		{"ENV", "false !missing_attribute"},
		{"env", "false !missing_attribute"},
		{"tags.SYMBOL", "false !missing_attribute"},
		{"tags.Env", "'prod'"},
		{"client", "false !missing_attribute"},
		{"tags", "false !missing_attribute"},
		{"event", "false !missing_attribute"},
		{"EXISTS tags", "false"},
		{"EXISTS DATA", "true"},
		{"data", "false !cast"},
		{"DATA.price", "19.99n"},
		{"data['price']", "19.99n"},
		{"data[\"items\"][0]['sku']", "'X-1'"},
		{"data.Price", "false !missing_attribute"},
		{"data.items.0", "false !missing_attribute"},
		{"data[0]", "false !missing_attribute"},
		{"data.price.x", "false !missing_attribute"},
		{"data.price[0]", "false !missing_attribute"},
		{"data.who.name", "'Zo\xc3\xab'"},
		{"data.in", "false !missing_attribute"},
		{"tags.in", "false !missing_attribute"},
		{"data.items[65535]", "false !missing_attribute"},
		{"EXISTS id AND EXISTS event.offset AND EXISTS tags['content-type']", "true"},
	};
	static const struct harness_row b[] = {
		{"id", "false !missing_attribute"},
		{"user", "false !missing_attribute"},
		{"event.client", "false !missing_attribute"},
		{"event.offset", "false !missing_attribute"},
		{"data[0]", "1n"},
		{"data[1]", "'two'"},
		{"data[3]", "false !missing_attribute"},
	};
	static const struct harness_row d[] = {{"user", "''"}, {"event.client", "'c-2'"}, {"data.n", "5n"}};

	harness_check(a, WEIR_ARRAY_LEN(a), harness_event_a());
	harness_check(b, WEIR_ARRAY_LEN(b), harness_event_b());
	harness_check(d, WEIR_ARRAY_LEN(d), harness_event_d());
}

static void test_payload_values(void)
{
	static const struct harness_row scalar[] = {{"data", "'\xc3\xab\n'"}, {"EXISTS data", "true"}};
	static const struct harness_row object[] = {
		{"data.esc", "'a\"\xf0\x9f\x98\x80\xef\xbf\xbd'"},
		{"data.t AND NOT data.f", "true"},
		{"data.exp", "1500n"},
		{"data.tiny", "0n"},
		{"data.huge = 1", "false !cast"},
		{"EXISTS data.huge", "true"},
		{"data.null", "false !missing_attribute"},
		{"data.a", "2n"},
		{"data.o.x", "false !missing_attribute"},
		{"data.o.y", "2n"},
		{"data['']", "7n"},
		{"data.A", "1n"},
		{"data.gone.x", "false !missing_attribute"},
		{"EXISTS data.gone", "false"},
	};

	static const struct harness_row spaced[] = {
		{"data.a[0]", "1n"},
		{"data.a[1].c", "'x,]}'"},
		{"EXISTS data.a[1].b AND NOT EXISTS data.a[1].b[0]", "true"},
		{"data.a[2]", "3n"},
		{"EXISTS data.a[3]", "false"},
		{"EXISTS data.d AND NOT EXISTS data.d.x", "true"},
		{"data.e", "5n"},
		{"data.a[1].d[0][1]", "'y'"},
		{"data['{[\"']", "true"},
		{"data.a[0] + data.e + data.a[2]", "9n"},
	};

	harness_check(spaced, WEIR_ARRAY_LEN(spaced),
		harness_event(" { \"a\" : [ 1 , { \"b\" : [ ] , \"c\" :\t\"x,]}\",\"d\":[[0,\"y\"]] } , 3\n] , \"d\" : "
			      "{ } ,\r\"e\" "
			      ": 5,\"{[\\\"\":true } "));
	harness_check(scalar, 2, harness_event(" \"\\u00eb\\n\" "));
	harness_check(object, WEIR_ARRAY_LEN(object),
		harness_event(
			"{\"esc\":\"a\\\"\\ud83d\\ude00\\ud83d\",\"t\":true,\"f\":false,\"exp\":15e2,\"tiny\":1e-2000,"
			"\"huge\":1e1000,\"null\":null,\"a\":1,\"a\":2,\"o\":{\"x\":1},\"o\":{\"y\":2},\"\":7,"
			"\"\\u0041\":1,\"gone\":{\"x\":1},\"gone\":null}"));
}

static void test_casts(void)
{
	static const struct harness_row rows[] = {
		/* to Integer */
		{"INT(5)", "5"},
		{"INT('007')", "7"},
		{"INT('+7')", "7"},
		{"INT('-2147483648')", "-2147483648"},
		{"INT('2147483648')", "0 !cast"},
		{"INT('')", "0 !cast"},
		{"INT(' 5')", "0 !cast"},
		{"INT('5 ')", "0 !cast"},
		{"INT('5.0')", "0 !cast"},
		{"INT('-')", "0 !cast"},
		{"INT(TRUE)", "1"},
		{"INT(FALSE)", "0"},
		{"INT(5.0)", "5"},
		{"INT(-2147483648.0)", "-2147483648"},
		{"INT(5.5)", "0 !cast"},
		{"INT(2147483648)", "0 !cast"},
		{"INT(0.5)", "0 !cast"},
		{"INT(1 + 1.5)", "0 !cast"}, /* the value of the root, not of the sum */
		{"INT(data.who)", "0 !cast"},
		{"INT(nothing)", "0 !missing_attribute"},
		/* to Boolean */
		{"BOOL('TRUE')", "true"},
		{"BOOL('faLse')", "false"},
		{"BOOL('yes')", "false !cast"},
		{"BOOL('')", "false !cast"},
		{"BOOL(0)", "false"},
		{"BOOL(-3)", "true"},
		{"BOOL(0.0)", "false"},
		{"BOOL(0.1)", "true"},
		{"BOOL(data.who)", "false !cast"},
		/* to Number */
		{"NUMBER('-0012.50')", "-12.5n"},
		{"NUMBER('.5')", "0n !cast"},
		{"NUMBER('5.')", "0n !cast"},
		{"NUMBER('1e3')", "0n !cast"},
		{"NUMBER(TRUE)", "1n"},
		{"NUMBER(-7)", "-7n"},
		{"NUMBER(data.who)", "0n !cast"},
		/* to String */
		{"STRING(TRUE)", "'true'"},
		{"STRING(-7)", "'-7'"},
		{"STRING(19.90)", "'19.9'"},
		{"STRING(100.0)", "'100'"},
		{"STRING(-0.5)", "'-0.5'"},
		{"STRING(-0.0)", "'0'"},
		{"STRING(0.000001)", "'0.000001'"},
		{"STRING(0.0000001)", "'1e-7'"},
		{"STRING(-0.00000012)", "'-1.2e-7'"},
		{"STRING(999999999999999999999.0)", "'999999999999999999900'"},
		{"STRING(1000000000000000000000.0)", "'1e+21'"},
		{"STRING(2500000000000000000000.0)", "'2.5e+21'"},
		{"STRING(data.who)", "'' !cast"},
		/* would it? */
		{"IS_INT('5')", "true"},
		{"IS_INT('five')", "false"},
		{"IS_INT(1.5)", "false"},
		{"IS_INT(data.who)", "false"},
		{"IS_BOOL('true')", "true"},
		{"IS_BOOL('x')", "false"},
		{"IS_BOOL(7)", "true"},
		{"IS_BOOL(data.items)", "false"},
		{"IS_NUMBER('1.5')", "true"},
		{"IS_NUMBER('1.')", "false"},
		{"IS_NUMBER(data)", "false"},
		{"IS_NUMBER(nothing)", "false !missing_attribute"},
	};

	harness_check(rows, WEIR_ARRAY_LEN(rows), harness_event_a());
}

static void test_arithmetic(void)
{
	static const struct harness_row rows[] = {
		{"1 + 2 * 3", "7"},
		{"10 - 2 - 3", "5"},
		{"7 / 2", "3"},
		{"-7 / 2", "-3"},
		{"-7 % 3", "-1"},
		{"7 % -3", "1"},
		{"1 / 0", "0 !math"},
		{"1 % 0", "0 !math"},
		{"1.5 / 0", "0n !math"},
		{"1 / 0.0", "0n !math"},
		{"-2147483648 / -1", "0 !math"},
		{"-2147483648 % -1", "0"},
		{"2147483647 + 1", "0 !math"},
		{"-2147483648 - 1", "0 !math"},
		{"65536 * 65536", "0 !math"},
		{"-(-2147483648)", "0 !math"},
		{"-level", "-7"},
		{"-1.5", "-1.5n"},
		{"- data.price", "-19.99n"},
		{"-symbol", "0 !cast"},
		{"-nothing", "0 !missing_attribute"},
		{"1 / nothing", "0 !missing_attribute"},
		{"0.1 + 0.2", "0.3n"},
		{"0.1 + 0.2 = 0.3", "true"},
		{"1.0 / 3", "0.3333333333333333333n"},
		{"2.0 / 3", "0.6666666666666666666n"},
		{"10.0 / 4", "2.5n"},
		{"0.0 / 5", "0n"},
		{"5 % 2.0", "1"},
		{"5.5 % 2", "0 !cast"},
		{"level + 1", "8"},
		{"price + 1", "0 !cast"},
		{"price + 1.0", "151.25n"},
		{"TRUE + TRUE", "2"},
		{"data.price + data.qty", "22.99n"},
		{"1.5 - 1.5", "0n"},
		{"10000000000.0 - 0.00000000001", "9999999999.999999999n"},
		{"symbol + nothing", "0 !missing_attribute"}, /* all operands, then the casts */
		{"symbol + data.who", "0 !cast"},
		{"1 + 2 + symbol", "0 !cast"},
	};

	harness_check(rows, WEIR_ARRAY_LEN(rows), harness_event_a());
}

static void test_comparisons(void)
{
	static const struct harness_row rows[] = {
		{"'a' = 'a'", "true"},
		{"'a' = 'A'", "false"},
		{"'5' = 5", "true"},
		{"5 = '5'", "true"},
		{"5 = '05'", "false"},
		{"'05' = 5", "true"},
		{"TRUE = 'TRUE'", "false"},
		{"'TRUE' = TRUE", "true"},
		{"5 = TRUE", "true"},
		{"TRUE = 1", "true"},
		{"TRUE = 2", "false"},
		{"'x' = 1", "false !cast"},
		{"'x' = 1.5", "false !cast"},
		{"'1.50' = 1.5", "true"},
		{"1.5 = '1.50'", "false"},
		{"1.5 = '1.5'", "true"},
		{"5.0 = 5", "true"},
		{"5 = 5.0", "true"},
		{"5.5 = 5", "false"},
		{"5 = 5.5", "false"},
		{"0.5 = TRUE", "true"},
		{"data.who = 'x'", "false !cast"},
		{"'x' = data.who", "false !cast"},
		{"level = 7", "true"},
		{"level = '7'", "true"},
		{"level = '07'", "false"},
		{"level = 07", "true"},
		{"'a' != 'b'", "true"},
		{"'a' <> 'a'", "false"},
		{"nothing != 2", "false !missing_attribute"},
		{"'x' != 2", "false !cast"},
		{"1 < 2", "true"},
		{"2 <= 2", "true"},
		{"2 > 2", "false"},
		{"2 >= 2", "true"},
		{"1.5 < 2", "true"},
		{"'10' > '9'", "true"},
		{"'a' < 'b'", "false !cast"},
		{"'1.5' < 2", "false !cast"},
		{"'1.5' < 2.0", "true"},
		{"TRUE > FALSE", "true"},
		{"data.who > 1", "false !cast"},
		{"3 > 2 > 1", "false"},
		{"NOT 7", "false"},
		{"NOT 'x'", "false !cast"},
		{"NOT NOT TRUE", "true"},
		{"NOT 'a' = 'x'", "false !cast"},
		{"1 + 1 = 2 = TRUE", "true"},
		{"price > 100", "false !cast"},
		{"price > 100.0", "true"},
		{"NUMBER(price) > 100", "true"},
	};

	harness_check(rows, WEIR_ARRAY_LEN(rows), harness_event_a());
}

static void test_logic(void)
{
	static const struct harness_row rows[] = {
		{"TRUE AND TRUE", "true"},
		{"FALSE AND nothing", "false"},
		{"TRUE OR nothing", "true"},
		{"TRUE AND nothing", "false !missing_attribute"},
		{"FALSE OR nothing", "false !missing_attribute"},
		{"TRUE XOR TRUE", "false"},
		{"TRUE XOR FALSE", "true"},
		{"FALSE XOR nothing", "false !missing_attribute"},
		{"'x' XOR nothing", "false !cast"}, /* x is cast before y is evaluated */
		{"'x' AND nothing", "false !cast"},
		{"'x' OR nothing", "false !cast"},
		{"TRUE AND 'x'", "false !cast"},
		{"1 AND 'true'", "true"},
		{"0 OR 2", "true"},
		{"1.5 XOR 0.0", "true"},
		{"TRUE OR FALSE AND FALSE", "false"},
		{"TRUE OR (FALSE AND FALSE)", "true"},
		{"FALSE AND TRUE OR TRUE", "true"},
		{"TRUE XOR TRUE OR TRUE", "true"},
		{"TRUE AND nothing = ''", "false !missing_attribute"},
		{"EXISTS nothing AND nothing = 1", "false"},
		{"(EXISTS a AND a = 1) OR (EXISTS level AND level = 7)", "true"},
		{"a = 1 OR level = 7", "false !missing_attribute"},
		{"nothing", "false !missing_attribute"},
		{"EXISTS data.who", "true"},
	};

	harness_check(rows, WEIR_ARRAY_LEN(rows), harness_event_a());
}

static void test_sets(void)
{
	static const struct harness_row rows[] = {
		{"level IN (5, 7)", "true"},
		{"level IN (5, '07')", "false"},
		{"level NOT IN (5, 7)", "false"},
		{"level NOT IN (5)", "true"},
		{"7 IN ('x', 7)", "false !cast"},
		{"7 IN (7, 'x')", "true"},
		{"8 IN (7, 'x')", "false !cast"},
		{"8 NOT IN (7, 'x')", "false !cast"},
		{"7 IN (7.0)", "true"},
		{"7 IN (7.5)", "false"},
		{"7 IN ('7.0')", "false !cast"}, /* an Integer x */
		{"7.0 IN ('7.00')", "true"},
		{"7.0 IN ('x', '7.00')", "false !cast"},
		{"7 IN (TRUE, 7)", "true"},
		{"1 IN (TRUE)", "true"},
		{"TRUE IN ('x', 1)", "false !cast"},
		{"TRUE IN (0, 'false', 3)", "true"},
		{"FALSE IN (1, 2)", "false"},
		{"'true' IN (TRUE)", "true"},
		{"'TRUE' IN (TRUE)", "false"},
		{"data.who IN ('x')", "false !cast"},
		{"nothing IN ('x')", "false !missing_attribute"},
		{"'b' IN ('a', 'b', 'b', 'c')", "true"},
		{"'d' IN ('a', 'b', 'b', 'c')", "false"},
		{"'b' IN (-1, (('b')))", "true"},
		/* not only literals */
		{"symbol IN ('x', UPPER('acme'), nothing)", "true"},
		{"symbol IN ('x', nothing, UPPER('acme'))", "false !missing_attribute"},
		{"symbol IN (level, 'x')", "false"},
		{"symbol NOT IN (level, 'x')", "true"},
		{"7 IN (level)", "true"},
		{"7 IN (symbol)", "false !cast"},
		{"7 IN (price, 7)", "false !cast"},
		{"7 IN (data.price, data.qty + 4)", "true"},
		{"data.who IN (level)", "false !cast"},
		{"'x' IN (data.who)", "false !cast"},
		{"7 IN (1, 2 IN (2, level), 7)", "true"},
		{"1 IN (2, 2 IN (2, level))", "true"},
		{"1 + 1 IN (1)", "2"}, /* 1 + (1 IN (1)) */
		{"2 = 2 IN (2)", "true"},
		{"'a' IN ('a') IN (TRUE)", "true"},
	};

	harness_check(rows, WEIR_ARRAY_LEN(rows), harness_event_a());
}

static void test_like(void)
{
	static const struct harness_row rows[] = {
		{"'abc' LIKE 'abc'", "true"},
		{"'abc' LIKE 'ab'", "false"},
		{"'ab' LIKE 'abc'", "false"},
		{"'abc' LIKE 'ABC'", "false"},
		{"'' LIKE ''", "true"},
		{"'a' LIKE ''", "false"},
		{"'' LIKE '%'", "true"},
		{"'' LIKE '%%'", "true"},
		{"'' LIKE '_'", "false"},
		{"'abc' LIKE '%'", "true"},
		{"'abc' LIKE 'a%'", "true"},
		{"'abc' LIKE '%c'", "true"},
		{"'abc' LIKE '%b%'", "true"},
		{"'abc' LIKE 'a%c'", "true"},
		{"'aba' LIKE 'ab%ba'", "false"}, /* the ends do not overlap */
		{"'abba' LIKE 'ab%ba'", "true"},
		{"'abc' LIKE 'a_c'", "true"},
		{"'a\xc3\xab"
		 "c' LIKE 'a_c'",
			"true"}, /* a character, not a byte */
		{"'a\xf0\x9f\x98\x80"
		 "c' LIKE 'a_c'",
			"true"},
		{"'a\nc' LIKE 'a_c'", "true"},
		{"'ac' LIKE 'a_c'", "false"},
		{"'abcabd' LIKE '%ab_'", "true"},
		{"'abcabd' LIKE 'ab_'", "false"},
		{"'xabcabdy' LIKE '%ab_y'", "true"},
		{"'ab' LIKE '%a_%b'", "false"},
		{"'aaab' LIKE '%a_%b'", "true"},
		{"'mississippi' LIKE 'm%iss%ip%i'", "true"},
		{"'mississippi' LIKE 'm%i_s%i_p%'", "true"},
		{"'mississippi' LIKE '%s_s%s_s%'", "false"},
		{"'xx\xc3\xabyz' LIKE '%\xc3\xab_z'", "true"},
		{"'xx\xc3\xabyz' LIKE '%_\xc3\xab_%'", "true"},
		{"'xx\xc3\xab\xc3\xac\xc3\xadyz' LIKE '%\xc3\xab_\xc3\xad_%'", "true"},
		{"'xx\xc3\xab\xc3\xac\xc3\xaeyz' LIKE '%\xc3\xab_\xc3\xad_%'", "false"},
		{"'50%' LIKE '50\\%'", "true"},
		{"'505' LIKE '50\\%'", "false"},
		{"'a_b' LIKE 'a\\_b'", "true"},
		{"'axb' LIKE 'a\\_b'", "false"},
		{"'a\\b' LIKE 'a\\b'", "true"},
		{"'a\\' LIKE 'a\\'", "refused: unexpected 'a' at column 12"}, /* `\'` ends nothing */
		{"'a\\%' LIKE 'a\\\\%'", "true"},                             /* backslash, then \% */
		{"'a\\%x' LIKE 'a\\\\%'", "false"},
		{"level LIKE 7", "refused: LIKE needs a string literal at column 12"},
		{"75 LIKE '7_'", "true"},
		{"TRUE LIKE 't%'", "true"},
		{"1.50 LIKE '1.5'", "true"},
		{"'abc' NOT LIKE 'a%'", "false"},
		{"'abc' not like 'b%'", "true"},
		{"nothing NOT LIKE 'x'", "false !missing_attribute"},
		{"data.who LIKE '%'", "false !cast"},
		{"'a' LIKE 'a' LIKE 'true'", "true"},
	};

	harness_check(rows, WEIR_ARRAY_LEN(rows), harness_event_a());
}

static void test_functions(void)
{
	static const struct harness_row rows[] = {
		{"LENGTH('Zo\xc3\xab')", "3"},
		{"length(12345)", "5"},
		{"LENGTH('')", "0"},
		{"LENGTH(data.who)", "0 !cast"},
		{"CONCAT()", "''"},
		{"CONCAT('a', 1, TRUE, 1.50)", "'a1true1.5'"},
		{"CONCAT(data.who, nothing)", "'' !cast"}, /* each argument is cast before the next is evaluated */
		{"CONCAT_WS('-')", "''"},
		{"CONCAT_WS('-', 'a')", "'a'"},
		{"CONCAT_WS('-', 'a', '', 2)", "'a--2'"},
		{"CONCAT_WS()", "refused: unknown function CONCAT_WS/0 at column 1"},
		{"LOWER('ABC Zo\xc3\x8b 5')", "'abc zo\xc3\xab 5'"},
		{"UPPER('abc zo\xc3\xab')", "'ABC ZO\xc3\x8b'"},
		{"UPPER('stra\xc3\x9f"
		 "e')",
			"'STRA\xc3\x9f"
			"E'"}, /* one to one only */
		{"UPPER('\xce\xb1\xcf\x82')", "'\xce\x91\xce\xa3'"},
		{"LOWER('\xd0\x96')", "'\xd0\xb6'"},
		{"LOWER('\xc8\xba')", "'\xe2\xb1\xa5'"},     /* longer than before */
		{"UPPER('\xe1\xb8\x81')", "'\xe1\xb8\x81'"}, /* U+1E01 stays */
		{"TRIM('  a b\t\n')", "'a b'"},
		{"TRIM('\xc2\xa0\xe2\x80\x83"
		 "a\xe3\x80\x80')",
			"'a'"},
		{"TRIM('   ')", "''"},
		{"TRIM('\xe2\x80\x8b"
		 "a')",
			"'\xe2\x80\x8b"
			"a'"}, /* U+200B is no White_Space */
		{"LEFT('Zo\xc3\xabx', 3)", "'Zo\xc3\xab'"},
		{"LEFT('abc', 0)", "''"},
		{"LEFT('abc', 9)", "'abc'"},
		{"LEFT('abc', -1)", "'abc' !function"},
		{"LEFT('abc', 'x')", "'' !cast"},
		{"LEFT('abc', '2')", "'ab'"},
		{"RIGHT('Zo\xc3\xabx', 2)", "'\xc3\xabx'"},
		{"RIGHT('abc', 0)", "''"},
		{"RIGHT('abc', 3)", "'abc'"},
		{"RIGHT('abc', 2147483647)", "'abc'"},
		{"RIGHT('abc', -1)", "'abc' !function"},
		{"SUBSTRING('abcdef', 2)", "'bcdef'"},
		{"SUBSTRING('abcdef', 6)", "'f'"},
		{"SUBSTRING('abcdef', 7)", "'' !function"},
		{"SUBSTRING('abcdef', -2)", "'ef'"},
		{"SUBSTRING('abcdef', -6)", "'abcdef'"},
		{"SUBSTRING('abcdef', -7)", "'' !function"},
		{"SUBSTRING('abcdef', 0)", "''"},
		{"SUBSTRING('abcdef', 0, -1)", "'' !function"},
		{"SUBSTRING('abcdef', 2, 3)", "'bcd'"},
		{"SUBSTRING('abcdef', 2, 99)", "'bcdef'"},
		{"SUBSTRING('abcdef', 2, 0)", "''"},
		{"SUBSTRING('abcdef', 2, -1)", "'' !function"},
		{"SUBSTRING('Zo\xc3\xabx', -2, 1)", "'\xc3\xab'"},
		{"SUBSTRING('', 1)", "'' !function"},
		{"ABS(-5)", "5"},
		{"ABS(5)", "5"},
		{"ABS(-5.5)", "5.5n"},
		{"ABS(-2147483648)", "2147483647 !math"},
		{"ABS('-7')", "7"},
		{"ABS('x')", "0 !cast"},
		{"ABS(data.price)", "19.99n"},
		{"ABS(data.who)", "0 !cast"},
		{"LEFT('abc', -1) = 'abc'", "false !function"}, /* below the root the value is the root's zero */
		{"ABS(-2147483648) + 1", "0 !math"},
		{"CONCAT(LEFT('abc', -1))", "'' !function"},
	};

	harness_check(rows, WEIR_ARRAY_LEN(rows), harness_event_a());
}

const char weir_test_suite[] = "filter/language";
CU_TestInfo weir_tests[] = {
	{"literals", test_literals},
	{"names and paths", test_names},
	{"payload values", test_payload_values},
	{"casts", test_casts},
	{"arithmetic", test_arithmetic},
	{"comparisons", test_comparisons},
	{"logic", test_logic},
	{"sets", test_sets},
	{"LIKE", test_like},
	{"functions", test_functions},
	CU_TEST_INFO_NULL,
};
