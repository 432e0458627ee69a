/* SPDX-License-Identifier: Apache-2.0 */
/* Envelopes: everything comes back, absent stays absent, and what encode does not make is refused. */
#include "test.h"

#include <stdlib.h>

#include "weir/base/mem.h"
#include "weir/base/random.h"
#include "weir/event/envelope.h"

#define MAX_BYTES (1 << 20)

static void encode(struct weir_buf *b, const struct weir_event_spec *spec)
{
	struct weir_event *e = weir_event_new(spec);

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	weir_buf_init(b, MAX_BYTES);
	weir_envelope_encode(b, e);
	CU_ASSERT_FALSE_FATAL(b->failed);
	weir_event_unref(&e);
}

static bool same(struct weir_str a, struct weir_str b)
{
	return (a.p == NULL) == (b.p == NULL) && weir_str_eq(a, b);
}

static bool same_info(const struct weir_client_info *a, const struct weir_client_info *b)
{
	return same(a->user, b->user) && same(a->client, b->client) && same(a->conn_info, b->conn_info) &&
	       same(a->chan_info, b->chan_info);
}

static void check_round_trip(const struct weir_event_spec *spec)
{
	struct weir_event *e;
	struct weir_buf b;

	encode(&b, spec);
	CU_ASSERT_EQUAL_FATAL(weir_envelope_decode(weir_buf_view(&b), &e), 0);
	CU_ASSERT_EQUAL(e->type, spec->type);
	CU_ASSERT_EQUAL(e->format, spec->format);
	CU_ASSERT(same(e->channel, spec->channel));
	CU_ASSERT(same(e->data, spec->data));
	CU_ASSERT(same(e->id, spec->id));
	CU_ASSERT_EQUAL(e->time_ms, spec->time_ms);
	CU_ASSERT_EQUAL(e->delta, spec->delta);
	CU_ASSERT_EQUAL(e->has_info, spec->info != NULL);
	if (spec->info)
		CU_ASSERT(same_info(&e->info, spec->info));
	CU_ASSERT_EQUAL_FATAL(e->n_tags, spec->n_tags);
	for (size_t i = 0; i < spec->n_tags; i++)
		CU_ASSERT(same(e->tags[i].key, spec->tags[i].key) && same(e->tags[i].value, spec->tags[i].value));
	CU_ASSERT(e->offset == 0 && e->epoch[0] == '\0' && e->position.generation == 0 && e->position.n == 0);
	weir_event_unref(&e);
	weir_buf_fini(&b);
}

static const struct weir_tag some_tags[] = {
	{{"region", 6}, {"eu", 2}}, {{"", 0}, {"", 0}}, {{"a\0b", 3}, {"\xff\xfe", 2}}};
static const struct weir_client_info all_info = {{"42", 2}, {"c1", 2}, {"{\"a\":1}", 7}, {"[]", 2}};

static struct weir_event_spec everything(void)
{
	return (struct weir_event_spec){.type = WEIR_EVENT_PUBLICATION,
		.channel = WEIR_STR("news:a"),
		.data = WEIR_STR("{\"a\":1}\n"),
		.id = WEIR_STR("id"),
		.info = &all_info,
		.tags = some_tags,
		.n_tags = WEIR_ARRAY_LEN(some_tags),
		.delta = true,
		.time_ms = 1795510800123};
}

static void test_all_fields(void)
{
	struct weir_event_spec spec = everything();
	struct weir_client_info info = {0};

	check_round_trip(&spec);
	spec.info = &info; /* all absent */
	check_round_trip(&spec);
	info.user = info.client = WEIR_STR("");
	check_round_trip(&spec);
	spec = (struct weir_event_spec){.type = WEIR_EVENT_LEAVE, .channel = WEIR_STR("")};
	check_round_trip(&spec);
	spec.type = WEIR_EVENT_JOIN;
	spec.data = spec.id = WEIR_STR("");
	check_round_trip(&spec);
}

/* Lengths and times at each border between two notations. */
static void test_notations(void)
{
	static const size_t lengths[] = {0, 1, 31, 32, 255, 256, 65535, 65536, 100000};
	static const int64_t times[] = {0, 127, 128, 255, 256, 65535, 65536, UINT32_MAX, (int64_t)UINT32_MAX + 1,
		INT64_MAX, -1, -32, -33, -128, -129, -32768, -32769, INT32_MIN, (int64_t)INT32_MIN - 1, INT64_MIN};
	char *text = weir_xcalloc(1, 100000);

	for (size_t i = 0; i < WEIR_ARRAY_LEN(lengths); i++) {
		struct weir_str s = weir_str_n(text, lengths[i]);
		struct weir_event_spec spec = {.channel = s, .data = s, .id = s};

		check_round_trip(&spec);
	}
	for (size_t i = 0; i < WEIR_ARRAY_LEN(times); i++) {
		struct weir_event_spec spec = {.channel = WEIR_STR("c"), .time_ms = times[i]};

		check_round_trip(&spec);
	}
	free(text);
}

static void test_tags(void)
{
	static const size_t counts[] = {1, 15, 16, 256, WEIR_ENVELOPE_TAGS_MAX};
	struct weir_tag *tags = weir_xcalloc(WEIR_ENVELOPE_TAGS_MAX + 1, sizeof(*tags));
	struct weir_event_spec spec = {.channel = WEIR_STR("c"), .tags = tags};
	struct weir_event *e;
	struct weir_buf b;

	for (size_t i = 0; i <= WEIR_ENVELOPE_TAGS_MAX; i++)
		tags[i] = (struct weir_tag){WEIR_STR("key"), WEIR_STR("value")};
	for (size_t i = 0; i < WEIR_ARRAY_LEN(counts); i++) {
		spec.n_tags = counts[i];
		check_round_trip(&spec);
	}
	spec.n_tags = WEIR_ENVELOPE_TAGS_MAX + 1;
	e = weir_event_new(&spec);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	weir_buf_init(&b, MAX_BYTES);
	weir_envelope_encode(&b, e);
	CU_ASSERT(b.failed && b.len == 0);
	weir_buf_fini(&b);
	weir_event_unref(&e);
	free(tags);
}

static void test_no_room(void)
{
	struct weir_event_spec spec = everything();
	struct weir_event *e = weir_event_new(&spec);
	struct weir_buf whole, b;

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	encode(&whole, &spec);
	for (size_t max = 0; max < whole.len; max++) {
		weir_buf_init(&b, max);
		weir_envelope_encode(&b, e);
		CU_ASSERT(b.failed);
		weir_buf_fini(&b);
	}
	weir_buf_fini(&whole);
	weir_event_unref(&e);
}

/* In a block of its own, so that a read too far is found. */
static int decode_copy(const char *p, size_t n)
{
	char *copy = malloc(n ? n : 1);
	struct weir_event *e;
	int err;

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	memcpy(copy, p, n);
	err = weir_envelope_decode(weir_str_n(copy, n), &e);
	CU_ASSERT((err == 0) == (e != NULL));
	weir_event_unref(&e);
	free(copy);
	return err;
}

static void test_truncated(void)
{
	struct weir_event_spec spec = everything();
	struct weir_buf b;

	encode(&b, &spec);
	for (size_t n = 0; n < b.len; n++)
		CU_ASSERT_EQUAL(decode_copy(b.p, n), WEIR_EPARSE);
	weir_buf_char(&b, '\0');
	CU_ASSERT_EQUAL(decode_copy(b.p, b.len), WEIR_EPARSE);
	weir_buf_fini(&b);
	CU_ASSERT_EQUAL(weir_envelope_decode(WEIR_STR_NONE, &(struct weir_event *){NULL}), WEIR_EPARSE);
}

/* Every byte changed: refused, or another envelope, which is then encoded to the very same bytes. */
static void test_changed(void)
{
	struct weir_event_spec spec = everything();
	struct weir_buf b, again;
	struct weir_event *e;

	encode(&b, &spec);
	weir_buf_init(&again, MAX_BYTES);
	for (size_t i = 0; i < b.len; i++)
		for (unsigned v = 1; v < 256; v++) {
			b.p[i] = (char)(b.p[i] ^ v);
			if (weir_envelope_decode(weir_buf_view(&b), &e) == 0) {
				weir_buf_reset(&again);
				weir_envelope_encode(&again, e);
				CU_ASSERT(weir_str_eq(weir_buf_view(&again), weir_buf_view(&b)));
				weir_event_unref(&e);
			}
			b.p[i] = (char)(b.p[i] ^ v);
		}
	weir_buf_fini(&again);
	weir_buf_fini(&b);
}

/* A payload of JSON looks as it always did; only others say what they are, which older brokers then refuse. */
static void test_formats(void)
{
	struct weir_event_spec spec = {.channel = WEIR_STR("c"), .data = WEIR_STR("\x01"), .time_ms = 5};
	struct weir_buf b;

	for (int format = WEIR_PAYLOAD_JSON; format <= WEIR_PAYLOAD_BINARY; format++) {
		spec.format = (enum weir_payload_format)format;
		check_round_trip(&spec);
	}
	encode(&b, &spec);
	CU_ASSERT(weir_str_eq(weir_buf_view(&b), WEIR_STR("\x9a\x02\x00\xa1"
							  "c\xc4\x01\x01\x05\xc0\xc0\xc0\xc2\x02")));
	weir_buf_fini(&b);
	spec.format = WEIR_PAYLOAD_JSON;
	encode(&b, &spec);
	CU_ASSERT(weir_str_eq(weir_buf_view(&b), WEIR_STR("\x99\x01\x00\xa1"
							  "c\xc4\x01\x01\x05\xc0\xc0\xc0\xc2")));
	weir_buf_fini(&b);
}

#define REFUSED(bytes) CU_ASSERT_EQUAL(decode_copy(bytes, sizeof(bytes) - 1), WEIR_EPARSE)

static void test_refused(void)
{
	/* versions that have another number of elements, and formats that are none */
	REFUSED("\x9a\x01\x00\xa1"
		"c\xc4\x01\x01\x05\xc0\xc0\xc0\xc2\x02");
	REFUSED("\x99\x02\x00\xa1"
		"c\xc4\x01\x01\x05\xc0\xc0\xc0\xc2");
	REFUSED("\x9a\x02\x00\xa1"
		"c\xc4\x01\x01\x05\xc0\xc0\xc0\xc2\x00");
	REFUSED("\x9a\x02\x00\xa1"
		"c\xc4\x01\x01\x05\xc0\xc0\xc0\xc2\x03");
	CU_ASSERT_EQUAL(decode_copy("\x99\x01\x00\xa1"
				    "c\xc4\x00\x00\xc0\xc0\xc0\xc2",
				12),
		0);
	REFUSED("\x99\x02\x00\xa1"
		"c\xc4\x00\x00\xc0\xc0\xc0\xc2"); /* version */
	REFUSED("\x99\xff\x00\xa1"
		"c\xc4\x00\x00\xc0\xc0\xc0\xc2");
	REFUSED("\x99\x01\x03\xa1"
		"c\xc4\x00\x00\xc0\xc0\xc0\xc2");                /* type */
	REFUSED("\x99\x01\x00\xc0\xc4\x00\x00\xc0\xc0\xc0\xc2"); /* channel */
	REFUSED("\x99\x01\x00\xa1"
		"c\xa0\x00\xc0\xc0\xc0\xc2"); /* data as text */
	REFUSED("\x99\x01\x00\xa1"
		"c\xc4\x00\xc0\xc0\xc0\xc0\xc2"); /* time */
	REFUSED("\x99\x01\x00\xa1"
		"c\xc4\x00\xcf\x80\0\0\0\0\0\0\0\xc0\xc0\xc0\xc2");
	REFUSED("\x99\x01\x00\xa1"
		"c\xc4\x00\x00\x01\xc0\xc0\xc2"); /* id */
	REFUSED("\x99\x01\x00\xa1"
		"c\xc4\x00\x00\xc0\x93\xc0\xc0\xc0\xc0\xc2"); /* publisher of three */
	REFUSED("\x99\x01\x00\xa1"
		"c\xc4\x00\x00\xc0\x94\x01\xc0\xc0\xc0\xc0\xc2");
	REFUSED("\x99\x01\x00\xa1"
		"c\xc4\x00\x00\xc0\xc0\x80\xc2"); /* no tags, but a map */
	REFUSED("\x99\x01\x00\xa1"
		"c\xc4\x00\x00\xc0\xc0\x81\xc0\xa0\xc2");
	REFUSED("\x99\x01\x00\xa1"
		"c\xc4\x00\x00\xc0\xc0\x81\xa0\xc0\xc2");
	REFUSED("\x99\x01\x00\xa1"
		"c\xc4\x00\x00\xc0\xc0\xc0\x01"); /* delta */
	REFUSED("\x98\x01\x00\xa1"
		"c\xc4\x00\x00\xc0\xc0\xc0"); /* eight */
	REFUSED("\x9a\x01\x00\xa1"
		"c\xc4\x00\x00\xc0\xc0\xc0\xc2\xc0"); /* ten */
	REFUSED("\xdc\x00\x09\x01\x00\xa1"
		"c\xc4\x00\x00\xc0\xc0\xc0\xc2"); /* not the shortest notation */
	REFUSED("\x99\x01\x00\xd9\x01"
		"c\xc4\x00\x00\xc0\xc0\xc0\xc2");
	REFUSED("\x99\x01\x00\xa1"
		"c\xc5\x00\x00\x00\xc0\xc0\xc0\xc2");
	REFUSED("\x99\x01\x00\xa1"
		"c\xc4\x00\xcc\x00\xc0\xc0\xc0\xc2");
	REFUSED("\xdd\x04\x00\x00\x00"); /* a bomb */
	REFUSED("\x01");
	REFUSED("\xc0");
}

static void test_info(void)
{
	struct weir_client_info in[] = {all_info, {0}, {.user = WEIR_STR("")}}, out;
	struct weir_buf b;

	weir_buf_init(&b, MAX_BYTES);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(in); i++) {
		weir_buf_reset(&b);
		weir_envelope_encode_info(&b, &in[i]);
		CU_ASSERT_FALSE(b.failed);
		CU_ASSERT_EQUAL(weir_envelope_decode_info(weir_buf_view(&b), &out), 0);
		CU_ASSERT(same_info(&out, &in[i]));
		CU_ASSERT(out.user.n == 0 || (out.user.p >= b.p && out.user.p <= b.p + b.len));
		for (size_t n = 0; n < b.len; n++)
			CU_ASSERT_EQUAL(weir_envelope_decode_info(weir_str_n(b.p, n), &out), WEIR_EPARSE);
	}
	weir_buf_fini(&b);
	CU_ASSERT_EQUAL(weir_envelope_decode_info(WEIR_STR("\xc0"), &out), WEIR_EPARSE);
}

static struct weir_str random_text(struct weir_random *r, char *to, size_t max)
{
	size_t n = weir_random_below(r, max + 1);

	weir_random_fill(r, to, n);
	return weir_random_below(r, 8) == 0 ? WEIR_STR_NONE : weir_str_n(to, n);
}

static void test_random(void)
{
	struct weir_random r;
	char text[9][400];

	weir_random_seeded(&r, weir_test_seed());
	for (int i = 0; i < 2000; i++) {
		struct weir_client_info info = {random_text(&r, text[0], 40), random_text(&r, text[1], 40),
			random_text(&r, text[2], 300), random_text(&r, text[3], 300)};
		struct weir_tag tags[20];
		struct weir_event_spec spec = {.type = (enum weir_event_type)weir_random_below(&r, 3),
			.channel = weir_str_n(text[4], weir_random_below(&r, 300)),
			.data = random_text(&r, text[5], 400),
			.id = random_text(&r, text[6], 40),
			.info = weir_random_below(&r, 2) ? &info : NULL,
			.tags = tags,
			.n_tags = weir_random_below(&r, WEIR_ARRAY_LEN(tags) + 1),
			.delta = weir_random_below(&r, 2),
			.time_ms = (int64_t)(weir_random_u64(&r) >> weir_random_below(&r, 64))};

		weir_random_fill(&r, text[4], spec.channel.n);
		for (size_t k = 0; k < spec.n_tags; k++)
			tags[k] = (struct weir_tag){weir_str_n(text[7], k), weir_str_n(text[5], k * 3)};
		check_round_trip(&spec);
	}
}

const char weir_test_suite[] = "event/envelope";
CU_TestInfo weir_tests[] = {
	{"formats", test_formats},
	{"all fields come back", test_all_fields},
	{"each notation of lengths and times", test_notations},
	{"tags, as many as may be", test_tags},
	{"no room", test_no_room},
	{"truncated at each byte", test_truncated},
	{"each byte changed", test_changed},
	{"what encode does not make", test_refused},
	{"a publisher alone", test_info},
	{"random events", test_random},
	CU_TEST_INFO_NULL,
};
