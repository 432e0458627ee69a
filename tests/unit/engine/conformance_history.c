/* SPDX-License-Identifier: Apache-2.0 */
/* The conformance tests of engines: streams, history and recovery (protocol.md §4.7, §5.2, §5.4). */
#include <stdio.h>

#include "conformance_ask.h"

#define TTL  1000 /* of begin() */
#define META 10000
#define SIZE 4

#define READ(s, channel, ...) read_history((s), (channel), (struct weir_stream_range){__VA_ARGS__}, NULL, NULL, NULL)

/* Reads everything and compares the offsets. */
static void expect_history(struct subject *s, const char *channel, const char *offsets, uint64_t top)
{
	uint64_t got;

	CU_ASSERT_EQUAL(read_history(s, channel, (struct weir_stream_range){.limit = SIZE_MAX}, NULL, &got, NULL), 0);
	CU_ASSERT_STRING_EQUAL(s->history, offsets);
	CU_ASSERT_EQUAL(got, top);
}

void conformance_size(void)
{
	struct subject s;

	begin(&s);
	expect_history(&s, "a", "", 0);
	for (unsigned i = 1; i <= SIZE; i++)
		publish(&s, "a", "1");
	expect_history(&s, "a", "1 2 3 4", 4);
	publish(&s, "a", "1");
	expect_history(&s, "a", "2 3 4 5", 5);
	s.ns.history_size = 2;
	publish(&s, "a", "1");
	expect_history(&s, "a", "5 6", 6);
	s.ns.history_size = 1;
	publish(&s, "a", "1");
	expect_history(&s, "a", "7", 7);
	expect_history(&s, "b", "", 0);
	end(&s);
}

void conformance_ttl(void)
{
	struct subject s;
	char before[WEIR_EPOCH_MAX], after[WEIR_EPOCH_MAX];

	begin(&s);
	publish(&s, "a", "1");
	epoch_of(&s, "a", before);
	advance_within(&s, TTL);
	expect_history(&s, "a", "1", 1);
	publish(&s, "a", "2"); /* counts for all of them */
	advance_within(&s, TTL);
	expect_history(&s, "a", "1 2", 2);
	advance_to_end(&s, TTL);
	expect_history(&s, "a", "", 2);
	epoch_of(&s, "a", after);
	CU_ASSERT_STRING_EQUAL(before, after);
	CU_ASSERT_EQUAL(publish(&s, "a", "3"), 3);
	advance_within(&s, TTL);
	publish_with(&s, "a", "4", PUBLISH_SKIP, NULL); /* does not count */
	advance_to_end(&s, TTL);
	expect_history(&s, "a", "", 3);
	end(&s);
}

void conformance_meta_ttl(void)
{
	struct subject s;
	char before[WEIR_EPOCH_MAX], after[WEIR_EPOCH_MAX];

	begin(&s);
	publish(&s, "a", "1");
	epoch_of(&s, "a", before);
	advance_within(&s, META);
	CU_ASSERT_EQUAL(publish(&s, "a", "2"), 2);
	advance_within(&s, META);
	epoch_of(&s, "a", after);
	CU_ASSERT_STRING_EQUAL(before, after);
	advance_past(&s, META);
	CU_ASSERT_EQUAL(publish(&s, "a", "3"), 1);
	epoch_of(&s, "a", after);
	CU_ASSERT_STRING_NOT_EQUAL(before, after);
	expect_history(&s, "a", "1", 1);
	/* The meta time may be the shorter one. */
	s.ns.history_meta_ttl_ms = TTL / 2;
	publish(&s, "b", "4");
	epoch_of(&s, "b", before);
	advance_past(&s, TTL / 2);
	expect_history(&s, "b", "", 0);
	epoch_of(&s, "b", after);
	CU_ASSERT_STRING_NOT_EQUAL(before, after);
	end(&s);
}

/* Reading, recovering and removing are uses; presence, joins and skipped publications are not. */
void conformance_keeping(void)
{
	struct subject s;
	char before[WEIR_EPOCH_MAX], after[WEIR_EPOCH_MAX];

	begin(&s);
	epoch_of(&s, "a", before); /* a read makes the stream */
	advance_within(&s, META);
	CU_ASSERT(recover(&s, "a", before, 0, 9, NULL));
	advance_within(&s, META);
	remove_history(&s, "a");
	advance_within(&s, META);
	epoch_of(&s, "a", after);
	CU_ASSERT_STRING_EQUAL(before, after);
	advance_within(&s, META);
	publish_with(&s, "a", "1", PUBLISH_SKIP, NULL);
	CU_ASSERT_EQUAL(s.engine->ops->presence_add(
				s.engine, WEIR_STR("a"), &(struct weir_client_info){.client = WEIR_STR("1")}),
		0);
	advance_to_end(&s, META);
	epoch_of(&s, "a", after);
	CU_ASSERT_STRING_NOT_EQUAL(before, after);
	end(&s);
}

void conformance_ranges(void)
{
	static const struct {
		struct weir_stream_range range;
		const char *offsets;
	} rows[] = {
		{{.limit = 0}, ""},
		{{.limit = 2}, "3 4"},
		{{.limit = 9}, "3 4 5 6"},
		{{.limit = 1, .reverse = true}, "6"},
		{{.limit = 9, .reverse = true}, "6 5 4 3"},
		{{.limit = 0, .reverse = true}, ""},
		{{.limit = 9, .has_since = true, .since = 0}, "3 4 5 6"},
		{{.limit = 9, .has_since = true, .since = 2}, "3 4 5 6"},
		{{.limit = 9, .has_since = true, .since = 3}, "4 5 6"},
		{{.limit = 2, .has_since = true, .since = 3}, "4 5"},
		{{.limit = 9, .has_since = true, .since = 5}, "6"},
		{{.limit = 9, .has_since = true, .since = 6}, ""},
		{{.limit = 9, .has_since = true, .since = 7}, ""},
		{{.limit = 9, .has_since = true, .since = UINT64_MAX}, ""},
		{{.limit = 9, .has_since = true, .since = 1, .reverse = true}, ""},
		{{.limit = 9, .has_since = true, .since = 3, .reverse = true}, ""},
		{{.limit = 9, .has_since = true, .since = 4, .reverse = true}, "3"},
		{{.limit = 9, .has_since = true, .since = 6, .reverse = true}, "5 4 3"},
		{{.limit = 1, .has_since = true, .since = 6, .reverse = true}, "5"},
		{{.limit = 9, .has_since = true, .since = 7, .reverse = true}, "6 5 4 3"},
		{{.limit = 9, .has_since = true, .since = 8, .reverse = true}, ""},
		{{.limit = 9, .has_since = true, .since = UINT64_MAX, .reverse = true}, ""},
	};
	struct subject s;

	begin(&s);
	for (unsigned i = 0; i < 6; i++)
		publish(&s, "a", "1");
	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		uint64_t top;

		CU_ASSERT_EQUAL(read_history(&s, "a", rows[i].range, NULL, &top, NULL), 0);
		CU_ASSERT_STRING_EQUAL(s.history, rows[i].offsets);
		CU_ASSERT_EQUAL(top, 6);
	}
	remove_history(&s, "a");
	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		CU_ASSERT_EQUAL(read_history(&s, "a", rows[i].range, NULL, NULL, NULL), 0);
		CU_ASSERT_STRING_EQUAL(s.history, "");
	}
	end(&s);
}

void conformance_history_epoch(void)
{
	struct subject s;
	struct weir_stream_range all = {.limit = 9};
	char epoch[WEIR_EPOCH_MAX], got[WEIR_EPOCH_MAX];
	uint64_t top;

	begin(&s);
	publish(&s, "a", "1");
	epoch_of(&s, "a", epoch);
	CU_ASSERT_EQUAL(read_history(&s, "a", all, epoch, NULL, NULL), 0);
	CU_ASSERT_STRING_EQUAL(s.history, "1");
	CU_ASSERT_EQUAL(read_history(&s, "a", all, "", NULL, NULL), 0);
	CU_ASSERT_STRING_EQUAL(s.history, "1");
	CU_ASSERT_EQUAL(read_history(&s, "a", all, "other", &top, got), WEIR_EEPOCH);
	CU_ASSERT_STRING_EQUAL(s.history, "");
	end(&s);
}

void conformance_history_remove(void)
{
	struct subject s;
	char before[WEIR_EPOCH_MAX], after[WEIR_EPOCH_MAX];

	begin(&s);
	for (unsigned i = 0; i < 3; i++)
		publish(&s, "a", "1");
	publish(&s, "b", "1");
	epoch_of(&s, "a", before);
	remove_history(&s, "a");
	expect_history(&s, "a", "", 3);
	expect_history(&s, "b", "1", 1);
	epoch_of(&s, "a", after);
	CU_ASSERT_STRING_EQUAL(before, after);
	CU_ASSERT_FALSE(recover(&s, "a", before, 2, 9, NULL));
	CU_ASSERT(recover(&s, "a", before, 3, 9, NULL));
	CU_ASSERT_EQUAL(publish(&s, "a", "1"), 4);
	CU_ASSERT_FALSE(recover(&s, "a", before, 2, 9, NULL));
	CU_ASSERT(recover(&s, "a", before, 3, 9, NULL));
	CU_ASSERT_STRING_EQUAL(s.history, "4");
	remove_history(&s, "never");
	expect_history(&s, "never", "", 0);
	end(&s);
}

void conformance_every_position(void)
{
	struct subject s;
	char epoch[WEIR_EPOCH_MAX];

	begin(&s);
	CU_ASSERT(recover(&s, "a", "", 0, 9, NULL)); /* nothing was ever published: nothing was missed */
	CU_ASSERT_FALSE(recover(&s, "a", "", 1, 9, NULL));
	CU_ASSERT_FALSE(recover(&s, "a", "other", 0, 9, NULL));
	epoch_of(&s, "a", epoch);
	for (uint64_t top = 1; top <= SIZE + 4; top++) {
		publish(&s, "a", "1");
		for (uint64_t offset = 0; offset <= top + 2; offset++) {
			bool kept = offset <= top && offset + SIZE >= top;
			char wanted[50] = "";
			uint64_t got;
			int n = 0;

			for (uint64_t o = offset + 1; kept && o <= top; o++)
				n += snprintf(wanted + n, sizeof(wanted) - (size_t)n, "%s%llu", n ? " " : "",
					(unsigned long long)o);
			CU_ASSERT_EQUAL(recover(&s, "a", epoch, offset, 9, &got), kept);
			CU_ASSERT_STRING_EQUAL(s.history, wanted);
			CU_ASSERT_EQUAL(got, top);
			CU_ASSERT_EQUAL(recover(&s, "a", "", offset, 9, NULL), kept);
			CU_ASSERT_FALSE(recover(&s, "a", "other", offset, 9, &got));
			CU_ASSERT_EQUAL(got, top);
		}
		CU_ASSERT_FALSE(recover(&s, "a", epoch, UINT64_MAX, 9, NULL));
	}
	end(&s);
}

void conformance_recover_limit(void)
{
	struct subject s;

	begin(&s);
	for (unsigned i = 0; i < 4; i++)
		publish(&s, "a", "1");
	CU_ASSERT(recover(&s, "a", "", 0, 4, NULL));
	CU_ASSERT_FALSE(recover(&s, "a", "", 0, 3, NULL));
	CU_ASSERT(recover(&s, "a", "", 1, 3, NULL));
	CU_ASSERT(recover(&s, "a", "", 4, 0, NULL));
	end(&s);
}

void conformance_recover_times(void)
{
	struct subject s;
	char epoch[WEIR_EPOCH_MAX];
	uint64_t top;

	begin(&s);
	publish(&s, "a", "1");
	publish(&s, "a", "2");
	epoch_of(&s, "a", epoch);
	advance_within(&s, TTL);
	CU_ASSERT(recover(&s, "a", epoch, 1, 9, NULL));
	advance_to_end(&s, TTL);
	CU_ASSERT_FALSE(recover(&s, "a", epoch, 1, 9, NULL));
	CU_ASSERT(recover(&s, "a", epoch, 2, 9, NULL));
	advance_within(&s, META);
	CU_ASSERT(recover(&s, "a", epoch, 2, 9, NULL));
	advance_past(&s, META);
	CU_ASSERT_FALSE(recover(&s, "a", epoch, 2, 9, &top));
	CU_ASSERT_EQUAL(top, 0);
	CU_ASSERT_FALSE(recover(&s, "a", epoch, 0, 9, NULL));
	end(&s);
}
