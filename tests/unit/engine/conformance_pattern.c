/* SPDX-License-Identifier: Apache-2.0 */
/* The conformance tests of engines: positions and recovery of patterns in an ordered namespace (protocol.md §14.5). */
#include <inttypes.h>
#include <stdio.h>

#include "conformance_ask.h"

static void begin_ordered(struct subject *s)
{
	begin(s);
	s->ns = (struct weir_namespace){.allow_wildcards = true, .ordered = true}; /* without any history */
}

/* The newest entry's position is what a subscriber is told. */
static void expect_top(struct subject *s)
{
	const struct weir_event *newest = s->entries[s->n_entries - 1];
	char generation[WEIR_EPOCH_MAX];

	CU_ASSERT_FALSE(recover_pattern(s, "m:>", NULL, 0, 0));
	snprintf(generation, sizeof(generation), "%" PRIu64, newest->position.generation);
	CU_ASSERT_STRING_EQUAL(s->epoch, generation);
	CU_ASSERT_EQUAL(s->top, newest->position.n);
}

/* n of the log for those entries from the first on, as words. */
static const char *words(uint64_t first, const unsigned *plus, size_t n)
{
	static char text[200];
	int at = 0;

	text[0] = 0;
	for (size_t i = 0; i < n; i++)
		at += snprintf(text + at, sizeof(text) - (size_t)at, "%s%" PRIu64, i ? " " : "", first + plus[i]);
	return text;
}

void conformance_pattern_positions(void)
{
	struct subject s;
	uint64_t first;

	begin_ordered(&s);
	CU_ASSERT_FALSE(recover_pattern(&s, "m:>", NULL, 0, 0));
	CU_ASSERT(s.epoch[0] != 0); /* before anything was published */
	CU_ASSERT(recover_pattern(&s, "m:>", s.epoch, s.top, 9));
	CU_ASSERT_STRING_EQUAL(s.history, "");
	publish(&s, "m:a", "1");
	expect_top(&s);
	publish(&s, "n:a", "2");
	publish(&s, "m:a.b", "3");
	publish(&s, "m:b", "4");
	publish(&s, "$m:b", "5");
	expect_top(&s);
	first = s.entries[0]->position.n;
	CU_ASSERT(recover_pattern(&s, "m:>", s.epoch, first, 9));
	CU_ASSERT_STRING_EQUAL(s.history, words(first, (unsigned[]){2, 3}, 2));
	CU_ASSERT_EQUAL(s.top, first + 4);
	CU_ASSERT(recover_pattern(&s, "m:*", s.epoch, first, 9));
	CU_ASSERT_STRING_EQUAL(s.history, words(first, (unsigned[]){3}, 1));
	CU_ASSERT(recover_pattern(&s, "m:*", s.epoch, first + 3, 9));
	CU_ASSERT_STRING_EQUAL(s.history, "");
	CU_ASSERT(recover_pattern(&s, "$m:*", s.epoch, first, 9));
	CU_ASSERT_STRING_EQUAL(s.history, words(first, (unsigned[]){4}, 1));
	CU_ASSERT(recover_pattern(&s, "x:>", s.epoch, first, 0));
	/* Where it cannot have been, and in another life. */
	CU_ASSERT_FALSE(recover_pattern(&s, "m:>", s.epoch, first + 5, 9));
	CU_ASSERT_FALSE(recover_pattern(&s, "m:>", s.epoch, UINT64_MAX, 9));
	CU_ASSERT_FALSE(recover_pattern(&s, "m:>", "1", first, 9));
	CU_ASSERT_FALSE(recover_pattern(&s, "m:>", "other", first + 4, 9));
	CU_ASSERT_EQUAL(s.top, first + 4); /* told all the same */
	end(&s);
}

/* Only what matches counts, and joins and leaves are no publications. */
void conformance_pattern_limit(void)
{
	struct weir_client_info info = {.user = WEIR_STR("u"), .client = WEIR_STR("c")};
	struct subject s;
	uint64_t first;

	begin_ordered(&s);
	publish(&s, "m:a", "1");
	first = s.entries[0]->position.n;
	for (unsigned i = 0; i < 3; i++) {
		struct weir_event *join = weir_event_new(&(struct weir_event_spec){
			.type = i % 2 ? WEIR_EVENT_LEAVE : WEIR_EVENT_JOIN, .channel = WEIR_STR("m:a"), .info = &info});

		publish(&s, "n:a", "1");
		publish(&s, "m:a", "1");
		s.engine->ops->append(s.engine, join);
		weir_event_unref(&join);
	}
	pump(&s);
	expect_top(&s);
	CU_ASSERT_EQUAL(s.top, first + 9);
	CU_ASSERT(recover_pattern(&s, "m:>", s.epoch, first, 3));
	CU_ASSERT_STRING_EQUAL(s.history, words(first, (unsigned[]){2, 5, 8}, 3));
	CU_ASSERT_FALSE(recover_pattern(&s, "m:>", s.epoch, first, 2));
	CU_ASSERT(recover_pattern(&s, "m:>", s.epoch, first + 2, 2));
	CU_ASSERT(recover_pattern(&s, "m:>", s.epoch, first + 8, 0));
	end(&s);
}

/* The log proves only what it holds: the entry behind the position must be there, whether it matches or not. */
void conformance_pattern_old(void)
{
	enum { N = 20 * CONFORMANCE_LOG_ENTRIES };
	struct subject s;
	uint64_t top;

	begin_ordered(&s);
	publish(&s, "m:a", "1");
	for (unsigned i = 1; i < N; i++)
		publish(&s, "n:a", "1");
	expect_top(&s);
	top = s.top;
	if (conformance_subject.forgets_log) {
		CU_ASSERT_FALSE(recover_pattern(&s, "m:>", s.epoch, top - N + 1, 9));
	} else {
		printf("(holds more than %d entries) ", N);
	}
	CU_ASSERT(recover_pattern(&s, "m:>", s.epoch, top - CONFORMANCE_LOG_ENTRIES, 9));
	CU_ASSERT_STRING_EQUAL(s.history, "");
	CU_ASSERT(recover_pattern(&s, "m:>", s.epoch, top, 0));
	end(&s);
}

/* What its subscriber may not reach stays away. */
void conformance_pattern_reach(void)
{
	struct subject s;
	uint64_t first;

	begin_ordered(&s);
	publish(&s, "m:a", "1");
	publish(&s, "m:b#1", "1");
	publish(&s, "m:c", "1");
	expect_top(&s);
	first = s.entries[0]->position.n;
	CU_ASSERT(recover_pattern(&s, "m:*", s.epoch, first, 2));
	CU_ASSERT_STRING_EQUAL(s.history, words(first, (unsigned[]){1, 2}, 2));
	s.skip_user_limited = true;
	CU_ASSERT(recover_pattern(&s, "m:*", s.epoch, first, 1));
	CU_ASSERT_STRING_EQUAL(s.history, words(first, (unsigned[]){2}, 1));
	end(&s);
}
