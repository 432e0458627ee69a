/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table: what is shared and counted, one evaluation and one walk for many uses, paths that come and go, conflation
 * keys; and that events pass without an allocation, which the linker's wrapping of malloc shows.
 */
#include "harness.h"
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "filters_priv.h"
#include "weir/base/mem.h"

static unsigned allocations, fail_at; /* the number of the allocation that fails; 0: none */
void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n)
{
	return ++allocations == fail_at ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return ++allocations == fail_at ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return ++allocations == fail_at ? NULL : __real_realloc(p, n);
}

static struct weir_filters *table(void)
{
	return weir_filters_new(&(struct weir_hash_key){5, 6});
}

static struct weir_filter *add(struct weir_filters *fs, const char *text)
{
	struct weir_program *p;
	struct weir_filter *f;
	struct weir_buf why;

	weir_buf_init(&why, 200);
	CU_ASSERT_EQUAL_FATAL(harness_compile(weir_str(text), false, &p, &why), 0);
	CU_ASSERT_EQUAL_FATAL(weir_filters_add(fs, &p, &f), 0);
	CU_ASSERT_PTR_NULL(p);
	weir_buf_fini(&why);
	return f;
}

static void test_interning(void)
{
	struct weir_filters *fs = table();
	struct weir_filter *a = add(fs, "data.x = 1"), *b = add(fs, "( DATA['x'] = 1 )"), *c = add(fs, "data.x = 2");

	CU_ASSERT_PTR_EQUAL(a, b);
	CU_ASSERT_PTR_NOT_EQUAL(a, c);
	CU_ASSERT_EQUAL(fs->filters.count, 2);
	CU_ASSERT_EQUAL(fs->payload.nodes.count, 1);
	weir_filters_drop(fs, &a);
	CU_ASSERT_PTR_NULL(a);
	a = weir_filter_ref(b);
	weir_filters_drop(fs, &b);
	CU_ASSERT_EQUAL(fs->filters.count, 2);
	weir_filters_drop(fs, &a);
	CU_ASSERT_EQUAL(fs->filters.count, 1);
	weir_filters_drop(fs, &c);
	weir_filters_drop(fs, &c);
	CU_ASSERT_EQUAL(fs->filters.count, 0);
	CU_ASSERT_EQUAL(fs->payload.nodes.count, 0);
	weir_filters_free(&fs);
	CU_ASSERT_PTR_NULL(fs);
	weir_filters_free(&fs);
}

static void test_once_per_event(void)
{
	struct weir_filters *fs = table();
	struct weir_event *a = harness_event("{\"x\":1}"), *b = harness_event("{\"x\":2}"),
			  *c = harness_event("{\"x\":[]}");
	struct weir_filter *f = add(fs, "data.x = 1"), *g = add(fs, "data.y = 1 OR data.x = 1"),
			   *h = add(fs, "channel = 'c'");
	const struct weir_filter_counts *counts = weir_filters_counts(fs);

	weir_filters_event(fs, a);
	CU_ASSERT(weir_filters_pass(fs, h));
	CU_ASSERT_EQUAL(counts->payload_walks, 0); /* nobody has asked */
	for (int i = 0; i < 5; i++) {
		CU_ASSERT(weir_filters_pass(fs, f));
		CU_ASSERT_FALSE(weir_filters_pass(fs, g));
	}
	CU_ASSERT_EQUAL(counts->pass, 2);
	CU_ASSERT_EQUAL(counts->errors[WEIR_FILTER_MISSING_ATTRIBUTE], 1);
	CU_ASSERT_EQUAL(counts->payload_walks, 1);
	weir_filters_event(fs, b);
	CU_ASSERT_FALSE(weir_filters_pass(fs, f));
	CU_ASSERT_FALSE(weir_filters_pass(fs, f));
	CU_ASSERT_EQUAL(counts->drop, 1);
	CU_ASSERT_EQUAL(counts->payload_walks, 2);
	weir_filters_event(fs, c);
	CU_ASSERT_FALSE(weir_filters_pass(fs, f));
	CU_ASSERT_EQUAL(counts->errors[WEIR_FILTER_CAST], 1);
	/* The same event once more is an event of its own. */
	weir_filters_event(fs, a);
	CU_ASSERT(weir_filters_pass(fs, f));
	CU_ASSERT_EQUAL(counts->payload_walks, 4);
	CU_ASSERT_EQUAL(counts->pass + counts->drop, 4);
	weir_filters_event(fs, NULL);
	weir_filters_drop(fs, &f);
	weir_filters_drop(fs, &g);
	weir_filters_drop(fs, &h);
	weir_event_unref(&a);
	weir_event_unref(&b);
	weir_event_unref(&c);
	weir_filters_free(&fs);
}

static void test_each_error_is_counted(void)
{
	static const struct {
		const char *text;
		enum weir_filter_error error;
	} rows[] = {{"nothing", WEIR_FILTER_MISSING_ATTRIBUTE}, {"symbol = 1", WEIR_FILTER_CAST},
		{"1 / 0 = 1", WEIR_FILTER_MATH}, {"LEFT(symbol, -1) = ''", WEIR_FILTER_FUNCTION},
		{"symbol", WEIR_FILTER_NOT_BOOLEAN}, {"data.price", WEIR_FILTER_NOT_BOOLEAN}};
	struct weir_filters *fs = table();
	struct weir_event *e = harness_event_a();

	weir_filters_event(fs, e);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_filter *f = add(fs, rows[i].text);
		uint64_t before = weir_filters_counts(fs)->errors[rows[i].error];

		CU_ASSERT_FALSE(weir_filters_pass(fs, f));
		CU_ASSERT_EQUAL(weir_filters_counts(fs)->errors[rows[i].error], before + 1);
		weir_filters_drop(fs, &f);
	}
	CU_ASSERT_EQUAL(weir_filters_counts(fs)->pass + weir_filters_counts(fs)->drop, 0);
	weir_event_unref(&e);
	weir_filters_free(&fs);
}

static void test_bad_payloads(void)
{
	static const char *const payloads[] = {"", " ", "{\"x\":1", "{\"x\":1}}", "{\"x\":1} 2", "{\"x\":1,}",
		"{\"x\":01}", "{\"x\":1,\"y\":\"\xff\"}", "{\"x\":1,\"y\":\"\\u12\"}", "\xef\xbb\xbf{\"x\":1}",
		"{'x':1}", "{\"x\":1,\"y\":nul}"};
	struct weir_filters *fs = table();
	struct weir_filter *f = add(fs, "EXISTS data.x"), *g = add(fs, "NOT EXISTS data");

	for (size_t i = 0; i < WEIR_ARRAY_LEN(payloads); i++) {
		struct weir_event *e = harness_event(payloads[i]);

		weir_filters_event(fs, e);
		CU_ASSERT_FALSE(weir_filters_pass(fs, f));
		CU_ASSERT(weir_filters_pass(fs, g));
		weir_event_unref(&e);
	}
	weir_filters_drop(fs, &f);
	weir_filters_drop(fs, &g);
	weir_filters_free(&fs);
}

static bool exists_at_depth(struct weir_filters *fs, struct weir_filter *f, unsigned depth)
{
	struct weir_event *e;
	struct weir_buf b;
	bool pass;

	weir_buf_init(&b, 1000);
	weir_buf_lit(&b, "{\"x\":");
	for (unsigned i = 1; i < depth; i++)
		weir_buf_char(&b, '[');
	for (unsigned i = 1; i < depth; i++)
		weir_buf_char(&b, ']');
	weir_buf_append(&b, "}", 2);
	e = harness_event(b.p);
	weir_filters_event(fs, e);
	pass = weir_filters_pass(fs, f);
	weir_event_unref(&e);
	weir_buf_fini(&b);
	return pass;
}

static void test_depth(void)
{
	struct weir_filters *fs = table();
	struct weir_filter *f = add(fs, "EXISTS data.x");

	CU_ASSERT(exists_at_depth(fs, f, 64));
	CU_ASSERT_FALSE(exists_at_depth(fs, f, 65));
	weir_filters_drop(fs, &f);
	weir_filters_free(&fs);
}

static void test_paths_come_and_go(void)
{
	struct weir_filters *fs = table();
	struct weir_event *e = harness_event("{\"a\":{\"b\":{\"c\":1}},\"l\":[1,[2,3]],\"s\":\"\\u0041\"}");
	struct weir_filter *f = add(fs, "data.a.b.c = 1"), *g, *h;

	weir_filters_event(fs, e);
	CU_ASSERT(weir_filters_pass(fs, f));
	CU_ASSERT_EQUAL(fs->payload.nodes.count, 3);
	/* One that is added while an event is at hand. */
	g = add(fs, "data.a.b = 1 OR TRUE");
	h = add(fs, "data.l[1][1] = 3 AND data.s = 'A'");
	CU_ASSERT_EQUAL(fs->payload.nodes.count, 7);
	CU_ASSERT(weir_filters_pass(fs, h));
	CU_ASSERT_FALSE(weir_filters_pass(fs, g));
	weir_filters_drop(fs, &f);
	CU_ASSERT_EQUAL(fs->payload.nodes.count, 6);
	weir_filters_drop(fs, &g);
	CU_ASSERT_EQUAL(fs->payload.nodes.count, 4);
	weir_filters_event(fs, e);
	CU_ASSERT(weir_filters_pass(fs, h));
	weir_filters_drop(fs, &h);
	CU_ASSERT_EQUAL(fs->payload.nodes.count, 0);
	weir_event_unref(&e);
	weir_filters_free(&fs);
}

/* A key met again: what lay below its first value is gone, and the payload's size times the number of paths is not
 * what it costs. */
static void test_same_key_again(void)
{
	struct weir_filters *fs = table();
	struct weir_filter *filters[50];
	struct weir_event *e;
	struct weir_buf b;
	size_t before;

	for (int i = 0; i < 50; i++) {
		char text[64];

		snprintf(text, sizeof(text), "EXISTS data.a.x%d", i);
		filters[i] = add(fs, text);
	}
	weir_buf_init(&b, 100000);
	weir_buf_lit(&b, "{\"a\":{\"x0\":1,\"x1\":1}");
	for (int i = 0; i < 5000; i++)
		weir_buf_lit(&b, ",\"a\":{\"x2\":1}");
	weir_buf_append(&b, "}", 2);
	e = harness_event(b.p);
	weir_filters_event(fs, e);
	before = fs->payload.steps;
	for (int i = 0; i < 50; i++)
		CU_ASSERT_EQUAL(weir_filters_pass(fs, filters[i]), i == 2);
	CU_ASSERT_EQUAL(fs->payload.steps - before, 5001 + 5002);
	for (int i = 0; i < 50; i++)
		weir_filters_drop(fs, &filters[i]);
	weir_event_unref(&e);
	weir_buf_fini(&b);
	weir_filters_free(&fs);
}

static struct weir_key *add_key(struct weir_filters *fs, const char *text)
{
	struct weir_key *k;

	CU_ASSERT_EQUAL_FATAL(weir_filters_key_add(fs, weir_str(text), &k), 0);
	return k;
}

static void test_keys(void)
{
	static const struct {
		const char *key, *text; /* NULL: absent */
	} rows[] = {{"symbol", "ACME"}, {"user", "mallory"}, {"Symbol", NULL}, {"channel", NULL},
		{"content-type", "app/json"}, {"data.price", "19.99"}, {"data.id", "9007199254740993"},
		{"data.note", NULL}, {"data.who", NULL}, {"data.items", NULL}, {"data.who.name", "Zo\xc3\xab"},
		{"data['key with space']", "v"}, {"data.items[1].sku", "X_2"}, {"data", NULL}, {"data.nothing", NULL}};
	struct weir_filters *fs = table();
	struct weir_event *a = harness_event_a(), *c = harness_event_c();
	struct weir_key *keys[WEIR_ARRAY_LEN(rows)], *again;
	struct weir_str texts[WEIR_ARRAY_LEN(rows)];

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++)
		keys[i] = add_key(fs, rows[i].key);
	again = add_key(fs, "data.price");
	CU_ASSERT_PTR_EQUAL(again, keys[5]);
	weir_filters_key_drop(fs, &again);
	weir_filters_event(fs, a);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++)
		texts[i] = weir_filters_key(fs, keys[i]);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		CU_ASSERT(weir_str_is(weir_filter_key_text(keys[i]), rows[i].key));
		CU_ASSERT_EQUAL(texts[i].p != NULL, rows[i].text != NULL);
		CU_ASSERT(!rows[i].text || weir_str_is(texts[i], rows[i].text));
	}
	CU_ASSERT_EQUAL(weir_filters_counts(fs)->payload_walks, 1);
	weir_filters_event(fs, c); /* bytes that are no JSON */
	CU_ASSERT_PTR_NULL(weir_filters_key(fs, keys[5]).p);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++)
		weir_filters_key_drop(fs, &keys[i]);
	weir_filters_key_drop(fs, &keys[0]);
	CU_ASSERT_EQUAL(fs->payload.nodes.count, 0);
	weir_event_unref(&a);
	weir_event_unref(&c);
	weir_filters_free(&fs);
}

static void test_key_syntax(void)
{
	static const char *const good[] = {"a", "data", "data-x", "a b", "data.x", "data[0]", "data['x y'].z[65535]"};
	static const char *const bad[] = {"", "data.", "data[", "data[x]", "data.x.", "data.x y", "data[65536]",
		"data.1.2.3.4.5.6.7.8.9", "data['x", "data.x[0"};
	struct weir_filters *fs = table();
	struct weir_key *k;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(good); i++)
		CU_ASSERT(weir_filter_key_valid(weir_str(good[i])));
	for (size_t i = 0; i < WEIR_ARRAY_LEN(bad); i++) {
		CU_ASSERT_FALSE(weir_filter_key_valid(weir_str(bad[i])));
		CU_ASSERT_EQUAL(weir_filters_key_add(fs, weir_str(bad[i]), &k), WEIR_EINVALID);
		CU_ASSERT_PTR_NULL(k);
	}
	weir_filters_free(&fs);
}

static struct weir_event *packed_event(enum weir_payload_format format, const char *p, size_t n)
{
	struct weir_event *e =
		weir_event_new(&(struct weir_event_spec){.channel = WEIR_STR("c"), .data = {p, n}, .format = format});

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	return e;
}

/*
 * The same values in both notations. {"x":1,"f":float 32 0.5,"s":"A","b":bin,"m":{1:2},"l":[7,ext],"n":NaN}: what has no form is there,
 * but is no value. Walked once, and without an allocation when there was a larger one before.
 */
static void test_msgpack(void)
{
	static const char large[] =
		"\x87\xa1x\x01\xa1"
		"f\xca\x3f\x00\x00\x00\xa1s\xa1"
		"A\xa1"
		"b\xc4\x01\xff\xa1m\x81\x01\x02\xa1l\x92\x07\xd4\x01\x01\xa1n\xcb\x7f\xf8\0\0\0\0\0\0";
	static const char *const pass[] = {"data.x = 1", "data.f = 0.5", "data.s = 'A'", "data.l[0] = 7",
		"EXISTS data.b", "EXISTS data.m", "EXISTS data.n", "EXISTS data.l[1]", "NOT EXISTS data.m['1']"};
	static const char *const fail[] = {"data.b = 'x'", "data.m = 1", "data.n = 1", "data.x = 2"};
	struct weir_filters *fs = table();
	struct weir_filter *good[WEIR_ARRAY_LEN(pass)], *bad[WEIR_ARRAY_LEN(fail)];
	struct weir_key *s = add_key(fs, "data.s"), *b = add_key(fs, "data.b");
	struct weir_event *e = packed_event(WEIR_PAYLOAD_MSGPACK, large, sizeof(large) - 1);
	struct weir_event *binary = packed_event(WEIR_PAYLOAD_BINARY, "{\"x\":1}", 7);
	unsigned before;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(pass); i++)
		good[i] = add(fs, pass[i]);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(fail); i++)
		bad[i] = add(fs, fail[i]);
	weir_filters_event(fs, e);
	weir_filters_key(fs, s);
	CU_ASSERT_EQUAL(weir_filters_counts(fs)->payload_walks, 1);
	before = allocations;
	weir_filters_event(fs, e);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(pass); i++)
		CU_ASSERT(weir_filters_pass(fs, good[i]));
	for (size_t i = 0; i < WEIR_ARRAY_LEN(fail); i++)
		CU_ASSERT_FALSE(weir_filters_pass(fs, bad[i]));
	CU_ASSERT(weir_str_is(weir_filters_key(fs, s), "A"));
	CU_ASSERT_PTR_NULL(weir_filters_key(fs, b).p);
	CU_ASSERT_EQUAL(weir_filters_counts(fs)->payload_walks, 2);
	CU_ASSERT_EQUAL(allocations, before);
	weir_filters_event(fs, binary); /* has no paths, whatever its bytes look like */
	CU_ASSERT_FALSE(weir_filters_pass(fs, good[0]));
	CU_ASSERT_PTR_NULL(weir_filters_key(fs, s).p);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(pass); i++)
		weir_filters_drop(fs, &good[i]);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(fail); i++)
		weir_filters_drop(fs, &bad[i]);
	weir_filters_key_drop(fs, &s);
	weir_filters_key_drop(fs, &b);
	weir_event_unref(&e);
	weir_event_unref(&binary);
	weir_filters_free(&fs);
}

static void test_no_allocation(void)
{
	static const char *const texts[] = {"CONCAT(symbol, level, data.price) = 'ACME719.99'",
		"UPPER(data.who.name) LIKE 'ZO_' AND LOWER(symbol) != 'x'", "data.esc = 'A' AND data['k\xc3\xabz'] = 1",
		"data.price * 3 / 7.5 + 0.25 > 1 AND STRING(data.price) IN ('1', '19.99')",
		"symbol IN (UPPER('acme'), 'x') XOR TRIM(symbol) = SUBSTRING(symbol, 2)",
		"{\"key\":\"data.price\",\"cmp\":\"in\",\"vals\":[\"19.99\",\"x\"]}", "nothing = 1", "data.who = 1"};
	struct weir_filters *fs = table();
	struct weir_filter *filters[WEIR_ARRAY_LEN(texts)];
	struct weir_key *k = add_key(fs, "data.price"), *s = add_key(fs, "data.esc");
	struct weir_event *a = harness_event_a(),
			  *b = harness_event(
				  "{\"price\":19.99,\"esc\":\"\\u0041\",\"k\\u00ebz\":1,\"who\":{\"name\":\"x\"}}");
	unsigned before, passed = 0;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(texts); i++)
		filters[i] = add(fs, texts[i]);
	/* The largest event yet makes the room for texts of payloads. */
	weir_filters_event(fs, a);
	weir_filters_key(fs, k);
	before = allocations;
	for (int round = 0; round < 20; round++) {
		weir_filters_event(fs, round & 1 ? a : b);
		for (size_t i = 0; i < WEIR_ARRAY_LEN(texts); i++)
			passed += weir_filters_pass(fs, filters[i]);
		passed += weir_filters_key(fs, k).p != NULL;
		passed += weir_filters_key(fs, s).p != NULL;
	}
	CU_ASSERT_EQUAL(allocations, before);
	CU_ASSERT(passed > 60);
	CU_ASSERT(before > 0);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(texts); i++)
		weir_filters_drop(fs, &filters[i]);
	weir_filters_key_drop(fs, &k);
	weir_filters_key_drop(fs, &s);
	weir_event_unref(&a);
	weir_event_unref(&b);
	weir_filters_free(&fs);
}

/* Compiles and adds; what fails for want of memory leaves nothing behind. */
static int add_or_fail(struct weir_filters *fs, const char *text, struct weir_filter **out)
{
	struct weir_program *p;
	struct weir_buf why;
	int err;

	*out = NULL;
	weir_buf_init(&why, 200);
	err = harness_compile(weir_str(text), false, &p, &why);
	if (!err)
		err = weir_filters_add(fs, &p, out);
	CU_ASSERT_PTR_NULL(p);
	weir_buf_fini(&why);
	return err;
}

/* The n-th allocation fails, for every n. */
static void test_without_memory(void)
{
	static const char *const texts[] = {
		"a IN ('x', 2, 3.5) AND b LIKE '%x_' OR data.x[1].y = 'z' XOR c NOT IN (d, UPPER('e'))",
		"{\"op\":\"or\",\"nodes\":[{\"key\":\"data.a.b\",\"cmp\":\"in\",\"vals\":[\"1\",\"2\"]},{\"key\":\"k\","
		"\"cmp\":"
		"\"neq\",\"val\":\"v\"}]}"};
	/* The table of the maps' slots is there: it is small and fixed, and its want would abort. */
	struct weir_filters *fs = table();
	struct weir_filter *keep = add(fs, "data.keep1 = data.keep2"), *f;
	struct weir_key *k, *keep_key = add_key(fs, "data.keep3");
	unsigned failures = 0;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(texts); i++) {
		int err = -1;

		for (unsigned n = 1; err; n++) {
			fail_at = allocations + n;
			err = add_or_fail(fs, texts[i], &f);
			fail_at = 0;
			failures += err != 0;
			CU_ASSERT(err == 0 || err == -ENOMEM);
			CU_ASSERT_EQUAL(f != NULL, err == 0);
		}
		weir_filters_drop(fs, &f);
		CU_ASSERT_EQUAL(fs->payload.nodes.count, 3);
	}
	CU_ASSERT(failures > 10);
	for (unsigned n = 1, err = 1; err; n++) {
		fail_at = allocations + n;
		err = weir_filters_key_add(fs, WEIR_STR("data.a.b[1]"), &k) != 0;
		fail_at = 0;
		CU_ASSERT_EQUAL(k != NULL, err == 0);
	}
	weir_filters_key_drop(fs, &k);
	CU_ASSERT_EQUAL(fs->payload.nodes.count, 3);
	weir_filters_drop(fs, &keep);
	weir_filters_key_drop(fs, &keep_key);
	weir_filters_free(&fs);
}

/* A payload that there is no memory for is as one that is not well formed. */
static void test_payload_without_memory(void)
{
	struct weir_filters *fs = table();
	struct weir_event *e = harness_event("{\"x\":\"\\u0041\"}");
	struct weir_filter *f = add(fs, "data.x = 'A'");

	weir_filters_event(fs, e);
	fail_at = allocations + 1;
	CU_ASSERT_FALSE(weir_filters_pass(fs, f));
	fail_at = 0;
	CU_ASSERT_EQUAL(weir_filters_counts(fs)->errors[WEIR_FILTER_MISSING_ATTRIBUTE], 1);
	weir_filters_event(fs, e);
	CU_ASSERT(weir_filters_pass(fs, f));
	weir_filters_drop(fs, &f);
	weir_event_unref(&e);
	weir_filters_free(&fs);
}

const char weir_test_suite[] = "filter/filters";
CU_TestInfo weir_tests[] = {
	{"equal programs are one", test_interning},
	{"once per event", test_once_per_event},
	{"each error is counted", test_each_error_is_counted},
	{"payloads that are not JSON", test_bad_payloads},
	{"depth", test_depth},
	{"paths come and go", test_paths_come_and_go},
	{"the same key again", test_same_key_again},
	{"conflation keys", test_keys},
	{"syntax of keys", test_key_syntax},
	{"MessagePack", test_msgpack},
	{"events pass without an allocation", test_no_allocation},
	{"without memory", test_without_memory},
	{"a payload without memory", test_payload_without_memory},
	CU_TEST_INFO_NULL,
};
