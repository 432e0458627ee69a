/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MessagePack frames that tell of a gap: to the byte what encoding the event with the tag, or without its offset, would give, on
 * both sides of each length and count at which a head grows.
 */
#include <stdio.h>
#include <stdlib.h>

#include "test.h"
#include "weir/base/mem.h"
#include "weir/wire/codec.h"

const char weir_test_suite[] = "wire/msgpack_marks";

#define GUARD    0xa5
#define TAGS_MAX 17

static const uint32_t losses[] = {0, 1, 9, 10, 4711, WEIR_LOST_UNKNOWN - 1, WEIR_LOST_UNKNOWN};

struct kind {
	size_t n_tags;
	uint64_t offset;
	const char *channel, *pattern;
	bool has_info;
};

static struct weir_event *event(const struct kind *k, struct weir_str data, uint32_t dropped)
{
	static const struct weir_client_info info = {{"u", 1}, {"c", 1}, {"{\"offset\":1,\"tags\":{}}", 22}, {NULL, 0}};
	struct weir_tag all[TAGS_MAX + 1];
	size_t n = 0;
	char text[20];
	struct weir_event *e;

	snprintf(text, sizeof(text), dropped == WEIR_LOST_UNKNOWN ? "?" : "%u", dropped);
	if (dropped)
		all[n++] = (struct weir_tag){WEIR_STR("weir-dropped"), weir_str(text)};
	for (size_t i = 0; i < k->n_tags; i++)
		all[n++] = (struct weir_tag){i ? WEIR_STR("tags") : WEIR_STR("channel"), WEIR_STR("offset")};
	e = weir_event_new(&(struct weir_event_spec){.channel = weir_str(k->channel),
		.data = data,
		.format = WEIR_PAYLOAD_MSGPACK,
		.info = k->has_info ? &info : NULL,
		.tags = all,
		.n_tags = n});
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	return e;
}

static struct weir_frame *encoded(const struct kind *k, struct weir_str data, uint32_t dropped, bool without_offset)
{
	struct weir_event *e = event(k, data, dropped);
	struct weir_frame *f = weir_codec_msgpack.encoder.push(&(struct weir_push_spec){
		.event = e, .pattern = weir_str(k->pattern), .offset = without_offset ? 0 : k->offset});

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	weir_event_unref(&e);
	return f;
}

static void check(const struct kind *k, struct weir_str data, uint32_t dropped, bool without_offset)
{
	struct weir_frame *f = encoded(k, data, 0, false), *wanted = encoded(k, data, dropped, without_offset);
	size_t n = weir_codec_msgpack.encoder.mark(f, dropped, without_offset, NULL, 0);
	unsigned char *out = weir_xmalloc(n);

	CU_ASSERT_EQUAL_FATAL(n, wanted->len);
	CU_ASSERT_EQUAL(weir_codec_msgpack.encoder.mark(f, dropped, without_offset, out, n), n);
	CU_ASSERT_EQUAL_FATAL(memcmp(out, wanted->data, n), 0);
	free(out);
	weir_frame_unref(&f);
	weir_frame_unref(&wanted);
}

static void publications(void)
{
	static const char *const channels[] = {
		"c", "0123456789012345678901234567890", "01234567890123456789012345678901"};
	static const uint64_t offsets[] = {0, 7, UINT64_MAX};
	static const struct weir_str payloads[] = {
		{"\x01", 1}, {"\x82\xa6offset\x03\xa4tags\x80", 14}, {"\xc4\x04\xa4tag", 6}};

	for (size_t n_tags = 0; n_tags <= TAGS_MAX; n_tags++)
		for (size_t o = 0; o < WEIR_ARRAY_LEN(offsets); o++)
			for (size_t i = 0; i < WEIR_ARRAY_LEN(losses); i++)
				for (unsigned more = 0; more < 3 * 3 * 8; more++)
					check(&(struct kind){.n_tags = n_tags,
						      .offset = offsets[o],
						      .channel = channels[more % 3],
						      .pattern = more & 1 ? "p.>" : NULL,
						      .has_info = more & 2},
						payloads[more / 8 % 3], losses[i], more & 4);
}

static void header_sizes(void)
{
	static const size_t near[] = {126, 65536};
	static char room[70000];
	struct kind k = {.n_tags = 1, .offset = 12345, .channel = "c"};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(near); i++)
		for (size_t n = near[i] - 110; n < near[i] + 4; n++) {
			/* A str of n bytes in all. */
			size_t head = n > 65538 ? 5 : n > 257 ? 3 : 2;

			room[0] = (char)(head == 2 ? 0xd9 : head == 3 ? 0xda : 0xdb);
			for (size_t b = 1; b < head; b++)
				room[b] = (char)((n - head) >> 8 * (head - 1 - b));
			memset(room + head, 'x', n - head);
			for (int without = 0; without < 2; without++) {
				check(&k, weir_str_n(room, n), 1, without);
				check(&k, weir_str_n(room, n), 0, without);
			}
		}
}

/* Nothing is written past the room there is, and the size is right all the same. */
static void too_little_room(void)
{
	struct kind k = {.n_tags = 15, .offset = 9, .channel = "c"};
	struct weir_frame *f = encoded(&k, WEIR_STR("\x01"), 0, false);
	size_t n = weir_codec_msgpack.encoder.mark(f, 3, true, NULL, 0);
	unsigned char out[1000];

	CU_ASSERT_FATAL(n < sizeof(out));
	for (size_t room = 0; room < n; room++) {
		memset(out, GUARD, sizeof(out));
		CU_ASSERT_EQUAL(weir_codec_msgpack.encoder.mark(f, 3, true, out, room), n);
		for (size_t i = room; i < sizeof(out); i++)
			CU_ASSERT_EQUAL_FATAL(out[i], GUARD);
	}
	weir_frame_unref(&f);
}

CU_TestInfo weir_tests[] = {
	{"publications", publications},
	{"header sizes", header_sizes},
	{"too little room", too_little_room},
	CU_TEST_INFO_NULL,
};
