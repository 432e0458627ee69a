/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames that tell of a gap: to the byte what encoding the event with the tag, or without its offset, would give. All
 * kinds of publications, both sides of each length at which the frame's header grows, and too little room.
 */
#include <stdio.h>
#include <stdlib.h>

#include "test.h"
#include "weir/base/mem.h"
#include "weir/wire/codec.h"
#include "weir/wire/json.h"

const char weir_test_suite[] = "wire/json_marks";

#define GUARD 0xa5

static const struct weir_tag tags[] = {
	{{"k", 1}, {"v", 1}}, {{"channel", 7}, {"mine", 4}}, {{"\"quoted\"", 8}, {"\xc3\xa4\n", 3}}};
static const uint32_t losses[] = {0, 1, 9, 10, 4711, WEIR_LOST_UNKNOWN - 1, WEIR_LOST_UNKNOWN};

/* A kind of publication; the rest of it is by the test. */
struct kind {
	size_t n_tags;
	uint64_t offset;
	enum weir_push_variant variant;
	const char *pattern;
	bool has_info;
};

static struct weir_event *event(const struct kind *k, struct weir_str data, uint32_t dropped)
{
	static const struct weir_client_info info = {{"u", 1}, {"c", 1}, {"{\"offset\":1,\"tags\":{}}", 22}, {NULL, 0}};
	struct weir_tag all[WEIR_ARRAY_LEN(tags) + 1];
	size_t n = 0;
	char text[20];
	struct weir_event *e;

	snprintf(text, sizeof(text), dropped == WEIR_LOST_UNKNOWN ? "?" : "%u", dropped);
	if (dropped)
		all[n++] = (struct weir_tag){WEIR_STR("weir-dropped"), weir_str(text)};
	for (size_t i = 0; i < k->n_tags; i++)
		all[n++] = tags[i];
	e = weir_event_new(&(struct weir_event_spec){
		.channel = WEIR_STR("ch"), .data = data, .info = k->has_info ? &info : NULL, .tags = all, .n_tags = n});
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	return e;
}

static struct weir_frame *encoded(const struct kind *k, struct weir_str data, uint32_t dropped, bool without_offset)
{
	struct weir_event *e = event(k, data, dropped);
	struct weir_event *previous = event(k, WEIR_STR("{\"text\":\"something that was there before\",\"n\":1}"), 0);
	struct weir_frame *f = weir_codec_json.encoder.push(&(struct weir_push_spec){.event = e,
		.previous = k->variant == WEIR_PUSH_DELTA ? previous : NULL,
		.variant = k->variant,
		.pattern = weir_str(k->pattern),
		.offset = without_offset ? 0 : k->offset});

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	weir_event_unref(&e);
	weir_event_unref(&previous);
	return f;
}

static void check_json(const unsigned char *frame, size_t n)
{
	size_t header = frame[1] < 126 ? 2 : frame[1] == 126 ? 4 : 10;

	CU_ASSERT_EQUAL(frame[0], 0x81);
	CU_ASSERT_EQUAL(weir_json_check(weir_str_n((const char *)frame + header, n - header), 32, NULL, NULL), 0);
}

static void check(const struct kind *k, struct weir_str data, uint32_t dropped, bool without_offset)
{
	struct weir_frame *f = encoded(k, data, 0, false), *wanted = encoded(k, data, dropped, without_offset);
	size_t n = weir_codec_json.encoder.mark(f, dropped, without_offset, NULL, 0);
	unsigned char *out = weir_xmalloc(n);

	CU_ASSERT_EQUAL_FATAL(n, wanted->len);
	CU_ASSERT_EQUAL(weir_codec_json.encoder.mark(f, dropped, without_offset, out, n), n);
	CU_ASSERT_EQUAL_FATAL(memcmp(out, wanted->data, n), 0);
	check_json(out, n);
	free(out);
	weir_frame_unref(&f);
	weir_frame_unref(&wanted);
}

static void check_losses(const struct kind *k, struct weir_str data)
{
	for (size_t i = 0; i < WEIR_ARRAY_LEN(losses); i++)
		for (int without = 0; without < 2; without++)
			check(k, data, losses[i], without);
}

static void all_kinds(void (*fn)(const struct kind *k))
{
	static const uint64_t offsets[] = {0, 7, UINT64_MAX};

	for (size_t n_tags = 0; n_tags <= WEIR_ARRAY_LEN(tags); n_tags++)
		for (size_t o = 0; o < WEIR_ARRAY_LEN(offsets); o++)
			for (int more = 0; more < 4; more++)
				for (int v = 0; v < WEIR_PUSH_VARIANTS; v++)
					fn(&(struct kind){.n_tags = n_tags,
						.offset = offsets[o],
						.variant = (enum weir_push_variant)v,
						.pattern = more & 1 && v == WEIR_PUSH_PLAIN ? "p.>" : NULL,
						.has_info = more & 2});
}

static void kind_small(const struct kind *k)
{
	check_losses(k, WEIR_STR("1"));
	check_losses(k, WEIR_STR("{\"offset\":3,\"tags\":{\"weir-dropped\":\"1\"},\"x\":[\"\\\"\"]}"));
	check_losses(k, WEIR_STR("{\"text\":\"something that was there before\",\"n\":2}")); /* a patch */
}

static void publications(void)
{
	all_kinds(kind_small);
}

/* A JSON string of that many bytes. */
static struct weir_str string_of(char *room, size_t n)
{
	memset(room, 'x', n);
	room[0] = room[n - 1] = '"';
	return weir_str_n(room, n);
}

static void header_sizes(void)
{
	static const size_t near[] = {126, 65536};
	static char room[70000];

	for (size_t i = 0; i < WEIR_ARRAY_LEN(near); i++)
		for (size_t n_tags = 0; n_tags < 2; n_tags++) {
			struct kind k = {.n_tags = n_tags, .offset = 12345};
			size_t step = i ? 3 : 1;

			for (size_t n = near[i] - 110; n < near[i] + 4; n += step)
				for (int without = 0; without < 2; without++) {
					check(&k, string_of(room, n), 1, without);
					check(&k, string_of(room, n), 0, without);
				}
		}
}

/* That the sizes above are those at which the header grows, or shrinks, by the mark. */
static void header_changes(void)
{
	static char room[70000];
	unsigned grown[11] = {0}, shrunk[11] = {0};

	for (size_t n = 2; n < 66000; n = n == 200 ? 65300 : n + 1) {
		struct kind k = {.offset = 12345};
		struct weir_frame *f = encoded(&k, string_of(room, n), 0, false);
		unsigned char out[66100];

		weir_codec_json.encoder.mark(f, 1, false, out, sizeof(out));
		grown[f->header] += (out[1] == 126) != (f->data[1] == 126);
		weir_codec_json.encoder.mark(f, 0, true, out, sizeof(out));
		shrunk[f->header] += (out[1] == 126) != (f->data[1] == 126);
		weir_frame_unref(&f);
	}
	CU_ASSERT(grown[2] > 0 && grown[4] > 0);
	CU_ASSERT(shrunk[4] > 0 && shrunk[10] > 0);
}

static void kind_room(const struct kind *k)
{
	struct weir_frame *f = encoded(k, WEIR_STR("{\"a\":1}"), 0, false);
	size_t n = weir_codec_json.encoder.mark(f, 3, true, NULL, 0);

	for (size_t room = 0; room < n; room++) {
		unsigned char *out = weir_xmalloc(n);

		memset(out, GUARD, n);
		CU_ASSERT_EQUAL(weir_codec_json.encoder.mark(f, 3, true, out, room), n);
		for (size_t i = room; i < n; i++)
			CU_ASSERT_EQUAL_FATAL(out[i], GUARD);
		free(out);
	}
	weir_frame_unref(&f);
}

static void too_little_room(void)
{
	all_kinds(kind_room);
}

/* What may be marked says so; what is no publication is never marked. */
static void who_is_marked(void)
{
	struct kind k = {.n_tags = 1, .offset = 7};
	struct weir_event *e = event(&k, WEIR_STR("1"), 0);
	struct weir_frame *f = encoded(&k, WEIR_STR("1"), 0, false);

	CU_ASSERT(f->tags_at > 0 && f->has_tags);
	CU_ASSERT_EQUAL(f->offset_len, strlen(",\"offset\":7"));
	CU_ASSERT_EQUAL(memcmp(f->data + f->offset_at, ",\"offset\":7", f->offset_len), 0);
	weir_frame_unref(&f);
	e->type = WEIR_EVENT_JOIN;
	f = weir_codec_json.encoder.push(&(struct weir_push_spec){.event = e});
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(f->tags_at, 0);
	weir_frame_unref(&f);
	weir_event_unref(&e);
}

CU_TestInfo weir_tests[] = {
	{"publications", publications},
	{"header sizes", header_sizes},
	{"header changes", header_changes},
	{"too little room", too_little_room},
	{"who is marked", who_is_marked},
	CU_TEST_INFO_NULL,
};
