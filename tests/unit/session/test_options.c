/* SPDX-License-Identifier: Apache-2.0 */
/* The options of a subscription's queue: what is read, what is refused and how, and what is granted (protocol.md §14.3). */
#include "test.h"
#include "weir/base/mem.h"
#include "weir/session/options.h"

const char weir_test_suite[] = "session/options";

struct reading {
	struct weir_sub_options options;
	struct weir_buf text, why;
	int err;
};

static struct weir_json parse(const char *json)
{
	struct weir_json v = {0};

	CU_ASSERT_EQUAL_FATAL(weir_json_check(weir_str(json), WEIR_JSON_DEPTH, &v, NULL), 0);
	return v;
}

static void read_text(struct reading *r, const char *json)
{
	weir_buf_init(&r->text, 1 << 20);
	weir_buf_init(&r->why, 2048);
	r->err = weir_sub_options_read(parse(json), &r->text, &r->options, &r->why);
}

static void read_fini(struct reading *r)
{
	weir_buf_fini(&r->text);
	weir_buf_fini(&r->why);
}

static bool is(struct weir_str got, const char *wanted)
{
	bool same = weir_str_is(got, wanted);

	if (!same)
		fprintf(stderr, "\n  wanted %s\n  got    %.*s\n", wanted, WEIR_STR_FMT(got));
	return same;
}

static void test_find(void)
{
	static const struct {
		const char *data;
		const char *object; /* NULL: none */
		const char *why;
	} rows[] = {
		{"5", NULL, NULL},
		{"\"weir\"", NULL, NULL},
		{"[{\"weir\":{}}]", NULL, NULL},
		{"{}", NULL, NULL},
		{"{\"other\":{\"weir\":1}}", NULL, NULL},
		{"{\"weir\":{}}", "{}", NULL},
		{"{\"a\":1,\"w\\u0065ir\":{\"queue\":1},\"b\":2}", "{\"queue\":1}", NULL},
		{"{\"weir\":null}", NULL, ": expected an object"},
		{"{\"weir\":[]}", NULL, ": expected an object"},
		{"{\"weir\":\"latest\"}", NULL, ": expected an object"},
		{"{\"weir\":{},\"weir\":{}}", NULL, ": expected it once"},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_json object;
		struct weir_buf why;
		int err;

		weir_buf_init(&why, 1000);
		err = weir_options_find(weir_str(rows[i].data), &object, &why);
		CU_ASSERT_EQUAL(err, rows[i].why ? WEIR_EINVALID : 0);
		CU_ASSERT(is(weir_buf_view(&why), rows[i].why ? rows[i].why : ""));
		if (!err && rows[i].object)
			CU_ASSERT(object.type == WEIR_JSON_OBJECT && is(object.text, rows[i].object));
		if (!err && !rows[i].object)
			CU_ASSERT_EQUAL(object.type, WEIR_JSON_NONE);
		weir_buf_fini(&why);
	}
	CU_ASSERT_EQUAL(weir_options_find(WEIR_STR_NONE, &(struct weir_json){0}, NULL), 0);
}

static void test_read(void)
{
	struct reading r;

	read_text(&r, "{}");
	CU_ASSERT_EQUAL(r.err, 0);
	CU_ASSERT(r.options.given && !r.options.overflow && !r.options.queue && !r.options.key.p &&
		  !r.options.filter.type && r.options.rate == 0);
	read_fini(&r);

	read_text(&r, "{\"overflow\":null,\"queue\":null,\"key\":null,\"rate\":null,\"filter\":null}");
	CU_ASSERT_EQUAL(r.err, 0);
	CU_ASSERT(r.options.given && !r.options.overflow && !r.options.queue && !r.options.key.p &&
		  !r.options.filter.type && r.options.rate == 0);
	read_fini(&r);

	read_text(&r, "{\"overflow\":\"dr\\u006fp_oldest\",\"queue\":64,\"key\":\"data[\\\"a\\\\u\\\"]\",\"rate\":0.2,"
		      "\"filter\":\"a = 'b'\"}");
	CU_ASSERT_EQUAL(r.err, 0);
	CU_ASSERT_EQUAL(r.options.overflow, WEIR_OVERFLOW_DROP_OLDEST);
	CU_ASSERT_EQUAL(r.options.queue, 64);
	CU_ASSERT(is(r.options.key, "data[\"a\\u\"]"));
	CU_ASSERT_EQUAL(r.options.rate, 0.2);
	CU_ASSERT(is(r.options.filter.text, "\"a = 'b'\""));
	read_fini(&r);

	read_text(&r, "{\"queue\":123456789012345678901234567890,\"rate\":1e6,\"key\":\"\",\"filter\":{}}");
	CU_ASSERT_EQUAL(r.err, 0);
	CU_ASSERT_EQUAL(r.options.queue, UINT32_MAX);
	CU_ASSERT_EQUAL(r.options.rate, 1e6);
	CU_ASSERT(r.options.key.p && !r.options.key.n);
	CU_ASSERT_EQUAL(r.options.filter.type, WEIR_JSON_OBJECT);
	read_fini(&r);

	read_text(&r, "{\"rate\":0.001}");
	CU_ASSERT_EQUAL(r.err, 0);
	read_fini(&r);
}

static void test_read_refused(void)
{
#define OVERFLOWS ".overflow: expected resync, disconnect, drop_oldest, drop_newest or latest"
#define QUEUE     ".queue: expected an integer of at least 1"
#define KEY       ".key: expected a tag's name, or a path such as data.symbol"
#define RATE      ".rate: expected a number from 0.001 to 1000000"
#define FILTER    ".filter: expected an expression (a string) or a tree (an object)"
#define KNOWN     ": expected overflow, queue, key, rate or filter"
	static const struct {
		const char *json, *why;
	} rows[] = {
		{"{\"overflow\":\"latests\"}", OVERFLOWS},
		{"{\"overflow\":\"Latest\"}", OVERFLOWS},
		{"{\"overflow\":\"\"}", OVERFLOWS},
		{"{\"overflow\":1}", OVERFLOWS},
		{"{\"overflow\":[\"latest\"]}", OVERFLOWS},
		{"{\"queue\":0}", QUEUE},
		{"{\"queue\":-1}", QUEUE},
		{"{\"queue\":-123456789012345678901234567890}", QUEUE},
		{"{\"queue\":1.0}", QUEUE},
		{"{\"queue\":1e2}", QUEUE},
		{"{\"queue\":\"1\"}", QUEUE},
		{"{\"queue\":true}", QUEUE},
		{"{\"key\":1}", KEY},
		{"{\"key\":{}}", KEY},
		{"{\"key\":\"data..a\"}", KEY},
		{"{\"key\":\"data[x]\"}", KEY},
		{"{\"rate\":0}", RATE},
		{"{\"rate\":0.0009}", RATE},
		{"{\"rate\":1000001}", RATE},
		{"{\"rate\":-1}", RATE},
		{"{\"rate\":1e999}", RATE},
		{"{\"rate\":\"2\"}", RATE},
		{"{\"filter\":1}", FILTER},
		{"{\"filter\":[]}", FILTER},
		{"{\"filter\":true}", FILTER},
		{"{\"overflw\":\"latest\"}", ".overflw" KNOWN},
		{"{\"queue_bytes\":65536}", ".queue_bytes" KNOWN},
		{"{\"\":1}", "." KNOWN},
		{"{\"QUEUE\":1}", ".QUEUE" KNOWN},
		{"{\"a\\nb\":null}", ".a\nb" KNOWN},
		{"{\"queue\":1,\"queue\":1}", ".queue: expected it once"},
		{"{\"queue\":null,\"qu\\u0065ue\":1}", ".queue: expected it once"},
		{"{\"0123456789012345678901234567890123456789012345678901234567890123456789\":1}",
			".0123456789012345678901234567890123456789012345678901234567890123…" KNOWN},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct reading r;

		read_text(&r, rows[i].json);
		CU_ASSERT_EQUAL(r.err, WEIR_EINVALID);
		CU_ASSERT(is(weir_buf_view(&r.why), rows[i].why));
		read_fini(&r);
	}
}

static void test_queue_bytes(void)
{
	static const struct {
		const char *json;
		uint64_t bytes;
		const char *why; /* NULL: taken */
	} rows[] = {
		{"{}", 0, NULL},
		{"{\"queue_bytes\":null}", 0, NULL},
		{"{\"queue_bytes\":16384}", 16384, NULL},
		{"{\"queue_bytes\":99999999999999999999999}", UINT64_MAX, NULL},
		{"{\"queue_bytes\":16383}", 0, ".queue_bytes: expected an integer of at least 16384"},
		{"{\"queue_bytes\":65536.5}", 0, ".queue_bytes: expected an integer of at least 16384"},
		{"{\"queue_bytes\":\"65536\"}", 0, ".queue_bytes: expected an integer of at least 16384"},
		{"{\"queue_bytes\":65536,\"queue_bytes\":65536}", 0, ".queue_bytes: expected it once"},
		{"{\"queue\":1}", 0, ".queue: expected queue_bytes"},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		struct weir_buf why;
		uint64_t bytes;
		int err;

		weir_buf_init(&why, 1000);
		err = weir_queue_bytes_read(parse(rows[i].json), &bytes, &why);
		CU_ASSERT_EQUAL(err, rows[i].why ? WEIR_EINVALID : 0);
		CU_ASSERT(is(weir_buf_view(&why), rows[i].why ? rows[i].why : ""));
		if (!err)
			CU_ASSERT_EQUAL(bytes, rows[i].bytes);
		weir_buf_fini(&why);
	}
}

/* ---- what is granted ---- */

static const struct weir_namespace plain = {WEIR_NAMESPACE_QUEUE_DEFAULTS};
static const struct weir_namespace limited = {.overflow = WEIR_OVERFLOW_DROP_OLDEST,
	.allowed_overflow = WEIR_OVERFLOW_BIT(WEIR_OVERFLOW_LATEST) | WEIR_OVERFLOW_BIT(WEIR_OVERFLOW_RESYNC),
	.queue = 10,
	.queue_max = 100,
	.key = (char *)"sym",
	.rate_max = 5};
static const struct weir_namespace rated = {
	.allowed_overflow = WEIR_OVERFLOW_ALL, .queue = 128, .queue_max = 128, .rate = 4, .rate_max = 10};
static const struct weir_namespace resyncs = {
	.overflow = WEIR_OVERFLOW_RESYNC, .allowed_overflow = WEIR_OVERFLOW_ALL, .queue = 50, .queue_max = 4096};
static const struct weir_namespace ends = {
	.overflow = WEIR_OVERFLOW_DISCONNECT, .allowed_overflow = WEIR_OVERFLOW_ALL, .queue = 50, .queue_max = 4096};

struct grant_row {
	const struct weir_namespace *ns;
	bool recoverable;
	const char *claim, *asked; /* NULL: none */
	const char *got;           /* the answer, or */
	const char *why;           /* the refusal's text; "": denied */
};

static void check_grant(const struct grant_row *row)
{
	struct reading claim = {.err = 0}, asked = {.err = 0};
	struct weir_queue_options o;
	struct weir_buf why, answer;
	enum weir_refusal refusal;

	read_text(&claim, row->claim ? row->claim : "{}");
	read_text(&asked, row->asked ? row->asked : "{}");
	CU_ASSERT(!claim.err && !asked.err);
	weir_buf_init(&why, 1000);
	weir_buf_init(&answer, 1000);
	refusal = weir_queue_options_resolve(row->ns, row->recoverable, row->claim ? &claim.options : NULL,
		row->asked ? &asked.options : NULL, &o, &why);
	if (row->got) {
		CU_ASSERT_EQUAL(refusal, WEIR_REFUSAL_NONE);
		weir_queue_options_write(&o, &answer);
		CU_ASSERT(is(weir_buf_view(&answer), row->got));
	} else {
		CU_ASSERT_EQUAL(refusal, *row->why ? WEIR_REFUSAL_BAD : WEIR_REFUSAL_DENIED);
		CU_ASSERT(is(weir_buf_view(&why), row->why));
	}
	weir_buf_fini(&why);
	weir_buf_fini(&answer);
	read_fini(&claim);
	read_fini(&asked);
}

static void check_grants(const struct grant_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_grant(&rows[i]);
}

#define GOT(text) "{\"weir\":{" text "}}", NULL

static void test_defaults(void)
{
	static const struct grant_row rows[] = {
		{&plain, false, NULL, NULL, GOT("\"overflow\":\"disconnect\",\"queue\":128")},
		{&plain, true, NULL, NULL, GOT("\"overflow\":\"resync\",\"queue\":128")},
		{&plain, true, NULL, "{\"rate\":2}", GOT("\"overflow\":\"latest\",\"rate\":2,\"queue\":128")},
		{&plain, false, "{\"rate\":0.5}", NULL, GOT("\"overflow\":\"latest\",\"rate\":0.5,\"queue\":128")},
		{&limited, true, NULL, NULL, GOT("\"overflow\":\"drop_oldest\",\"queue\":10")},
		{&rated, true, NULL, NULL, GOT("\"overflow\":\"latest\",\"rate\":4,\"queue\":128")},
		{&resyncs, true, NULL, NULL, GOT("\"overflow\":\"resync\",\"queue\":50")},
		/* A namespace's choice for those that can be recovered is none for the others. */
		{&resyncs, false, NULL, NULL, GOT("\"overflow\":\"disconnect\",\"queue\":50")},
		{&resyncs, false, NULL, "{\"rate\":3}", GOT("\"overflow\":\"latest\",\"rate\":3,\"queue\":50")},
	};
	struct weir_queue_options o = weir_queue_options_of(&limited, false);

	check_grants(rows, WEIR_ARRAY_LEN(rows));
	CU_ASSERT(o.overflow == WEIR_OVERFLOW_DROP_OLDEST && o.queue == 10 && o.rate == 0 && !o.key.p);
}

static void test_precedence(void)
{
	static const struct grant_row rows[] = {
		{&plain, false, NULL, "{\"overflow\":\"latest\",\"key\":\"data.sym\",\"rate\":2,\"queue\":64}",
			GOT("\"overflow\":\"latest\",\"key\":\"data.sym\",\"rate\":2,\"queue\":64")},
		{&plain, false, "{\"overflow\":\"drop_newest\",\"queue\":7}", "{\"overflow\":\"latest\",\"queue\":64}",
			GOT("\"overflow\":\"drop_newest\",\"queue\":7")},
		{&limited, false, "{\"key\":\"a\"}", "{\"overflow\":\"latest\",\"key\":\"b\",\"queue\":20}",
			GOT("\"overflow\":\"latest\",\"key\":\"a\",\"queue\":20")},
		{&limited, false, NULL, "{\"overflow\":\"latest\"}",
			GOT("\"overflow\":\"latest\",\"key\":\"sym\",\"queue\":10")},
		{&limited, false, NULL, "{\"overflow\":\"latest\",\"key\":\"\"}",
			GOT("\"overflow\":\"latest\",\"queue\":10")},
		{&limited, false, NULL, "{\"overflow\":\"latest\",\"key\":\"q\\\"\\u00e9\"}",
			GOT("\"overflow\":\"latest\",\"key\":\"q\\\"é\",\"queue\":10")},
		/* The smallest of several rates. */
		{&rated, false, NULL, "{\"rate\":3}", GOT("\"overflow\":\"latest\",\"rate\":3,\"queue\":128")},
		{&rated, false, NULL, "{\"rate\":9}", GOT("\"overflow\":\"latest\",\"rate\":4,\"queue\":128")},
		{&rated, false, "{\"rate\":9}", "{\"rate\":3.5}",
			GOT("\"overflow\":\"latest\",\"rate\":3.5,\"queue\":128")},
		{&rated, false, "{\"rate\":0.2}", "{\"rate\":3.5}",
			GOT("\"overflow\":\"latest\",\"rate\":0.2,\"queue\":128")},
		{&rated, true, NULL, "{\"overflow\":\"drop_newest\"}",
			GOT("\"overflow\":\"drop_newest\",\"rate\":4,\"queue\":128")},
	};

	check_grants(rows, WEIR_ARRAY_LEN(rows));
}

static void test_ceilings(void)
{
	static const struct grant_row rows[] = {
		{&limited, false, NULL, "{\"queue\":101}", GOT("\"overflow\":\"drop_oldest\",\"queue\":100")},
		{&limited, false, NULL, "{\"queue\":99}", GOT("\"overflow\":\"drop_oldest\",\"queue\":99")},
		{&limited, false, "{\"queue\":101}", "{\"queue\":99}",
			GOT("\"overflow\":\"drop_oldest\",\"queue\":101")},
		{&limited, false, NULL, "{\"rate\":6}", GOT("\"overflow\":\"drop_oldest\",\"rate\":5,\"queue\":10")},
		{&limited, false, "{\"rate\":6}", NULL, GOT("\"overflow\":\"drop_oldest\",\"rate\":6,\"queue\":10")},
		{&limited, false, NULL, "{\"overflow\":\"drop_newest\"}", NULL, ""},
		{&limited, false, NULL, "{\"overflow\":\"drop_oldest\"}", NULL, ""},
		{&limited, false, "{\"overflow\":\"drop_newest\"}", NULL,
			GOT("\"overflow\":\"drop_newest\",\"queue\":10")},
		/* What the token overrides is asked for all the same. */
		{&limited, false, "{\"overflow\":\"latest\"}", "{\"overflow\":\"drop_newest\"}", NULL, ""},
	};

	check_grants(rows, WEIR_ARRAY_LEN(rows));
}

static void test_demands(void)
{
	static const struct grant_row rows[] = {
		{&plain, false, NULL, "{\"overflow\":\"resync\"}", NULL,
			"data.weir.overflow: resync needs a recoverable subscription"},
		{&plain, true, NULL, "{\"overflow\":\"resync\"}", GOT("\"overflow\":\"resync\",\"queue\":128")},
		{&plain, false, "{\"overflow\":\"resync\"}", "{}", NULL,
			"the token's overflow: resync needs a recoverable subscription"},
		{&resyncs, false, NULL, "{\"overflow\":\"resync\"}", NULL,
			"data.weir.overflow: resync needs a recoverable subscription"},
		{&plain, false, NULL, "{\"key\":\"a\"}", NULL, "data.weir.key: needs overflow latest"},
		{&plain, true, NULL, "{\"overflow\":\"drop_oldest\",\"key\":\"a\"}", NULL,
			"data.weir.key: needs overflow latest"},
		{&plain, false, NULL, "{\"rate\":1,\"key\":\"a\"}",
			GOT("\"overflow\":\"latest\",\"key\":\"a\",\"rate\":1,\"queue\":128")},
		{&plain, false, "{\"key\":\"a\"}", NULL, NULL, "the token's key: needs overflow latest"},
		{&plain, false, NULL, "{\"overflow\":\"disconnect\",\"rate\":1}", NULL,
			"data.weir.rate: needs overflow latest, drop_oldest or drop_newest"},
		{&plain, true, NULL, "{\"overflow\":\"resync\",\"rate\":1}", NULL,
			"data.weir.rate: needs overflow latest, drop_oldest or drop_newest"},
		{&ends, false, NULL, "{\"rate\":1}", NULL,
			"data.weir.rate: needs overflow latest, drop_oldest or drop_newest"},
		{&ends, false, "{\"rate\":1}", NULL, NULL,
			"the token's rate: needs overflow latest, drop_oldest or drop_newest"},
		/* A namespace's rate cannot be got rid of. */
		{&rated, false, NULL, "{\"overflow\":\"disconnect\"}", NULL,
			"data.weir.overflow: expected latest, drop_oldest or drop_newest, since there is a rate"},
		{&rated, true, "{\"overflow\":\"resync\"}", NULL, NULL,
			"the token's overflow: expected latest, drop_oldest or drop_newest, since there is a rate"},
	};

	check_grants(rows, WEIR_ARRAY_LEN(rows));
}

CU_TestInfo weir_tests[] = {
	{"find", test_find},
	{"read", test_read},
	{"read, refused", test_read_refused},
	{"queue_bytes", test_queue_bytes},
	{"defaults", test_defaults},
	{"precedence", test_precedence},
	{"ceilings", test_ceilings},
	{"demands of one option on another", test_demands},
	CU_TEST_INFO_NULL,
};
