/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery of patterns from a partition's log: from every position, against a plain list of what was appended. */
#include "weir/bus/log_recovery.h"

#include <stdio.h>

#include "test.h"
#include "weir/base/mem.h"
#include "weir/base/random.h"
#include "weir/event/channel.h"

const char weir_test_suite[] = "bus/log_recovery";

#define KEPT 16

static void append(struct weir_partition_log *l, const char *channel, enum weir_event_type type)
{
	struct weir_client_info info = {.user = WEIR_STR("u"), .client = WEIR_STR("c")};
	struct weir_event *e = weir_event_new(&(struct weir_event_spec){
		.type = type, .channel = weir_str(channel), .data = WEIR_STR("1"), .info = &info});

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	weir_partition_log_append(l, e);
	weir_event_unref(&e);
}

static int recover(const struct weir_partition_log *l, const char *pattern, const char *epoch, uint64_t offset,
	size_t limit, struct weir_event_list *out)
{
	*out = (struct weir_event_list){0};
	return weir_partition_log_recover(
		l, &(struct weir_log_recovery){weir_str(pattern), false, weir_str(epoch), offset, limit}, out);
}

static void begin(struct weir_partition_log *l)
{
	CU_ASSERT_EQUAL_FATAL(weir_partition_log_init(l, 1700000000000, KEPT, 1 << 20), 0);
}

static void empty(void)
{
	struct weir_partition_log l;
	struct weir_event_list out;
	char epoch[WEIR_EPOCH_MAX];
	uint64_t top = 9;

	begin(&l);
	weir_partition_log_position(&l, epoch, &top);
	CU_ASSERT_STRING_EQUAL(epoch, "1700000000000");
	CU_ASSERT_EQUAL(top, 0);
	CU_ASSERT_EQUAL(recover(&l, "m:>", epoch, 0, 9, &out), 1);
	CU_ASSERT_EQUAL(out.count, 0);
	weir_event_list_fini(&out);
	CU_ASSERT_EQUAL(recover(&l, "m:>", epoch, 1, 9, &out), 0);
	CU_ASSERT_EQUAL(recover(&l, "m:>", "1700000000001", 0, 9, &out), 0);
	weir_partition_log_fini(&l);
}

/* Every offset after every append. */
static void every_position(void)
{
	static const char *const channels[] = {"m:a.b", "m:a.c", "n:a.b", "$m:a.b", "m:a"};
	static const char *const patterns[] = {"m:*.b", "m:>", "m:a.*", "n:>", "x:>", "$m:>"};
	enum { N = 60 };
	static const char *channel[N + 1];
	static bool publication[N + 1];
	struct weir_random r;
	struct weir_partition_log l;

	weir_random_seeded(&r, weir_test_seed());
	begin(&l);
	for (uint64_t top = 1; top <= N; top++) {
		const char *pattern = patterns[weir_random_below(&r, WEIR_ARRAY_LEN(patterns))];

		channel[top] = channels[weir_random_below(&r, WEIR_ARRAY_LEN(channels))];
		publication[top] = weir_random_below(&r, 4) > 0;
		append(&l, channel[top], publication[top] ? WEIR_EVENT_PUBLICATION : WEIR_EVENT_JOIN);
		for (uint64_t offset = 0; offset <= top + 2; offset++) {
			bool kept = offset <= top && offset + KEPT >= top;
			struct weir_event_list out;
			size_t i = 0;

			CU_ASSERT_EQUAL_FATAL(recover(&l, pattern, "1700000000000", offset, KEPT, &out), kept);
			for (uint64_t n = offset + 1; kept && n <= top; n++) {
				if (!publication[n] || !weir_pattern_matches(weir_str(pattern), weir_str(channel[n])))
					continue;
				CU_ASSERT_FATAL(i < out.count);
				CU_ASSERT_EQUAL(out.events[i]->position.n, n);
				CU_ASSERT(weir_str_is(out.events[i]->channel, channel[n]));
				i++;
			}
			CU_ASSERT_EQUAL(out.count, i);
			weir_event_list_fini(&out);
		}
	}
	weir_partition_log_fini(&l);
}

/* Only what matches counts. */
static void limits(void)
{
	struct weir_partition_log l;
	struct weir_event_list out;

	begin(&l);
	for (unsigned i = 0; i < 5; i++) {
		append(&l, "m:a", WEIR_EVENT_PUBLICATION);
		append(&l, "n:a", WEIR_EVENT_PUBLICATION);
		append(&l, "m:a", WEIR_EVENT_LEAVE);
	}
	CU_ASSERT_EQUAL(recover(&l, "m:*", "", 0, 4, &out), 0);
	CU_ASSERT_EQUAL(out.count, 0);
	CU_ASSERT_EQUAL(recover(&l, "m:*", "", 0, 5, &out), 1);
	CU_ASSERT_EQUAL_FATAL(out.count, 5);
	CU_ASSERT_EQUAL(out.events[4]->position.n, 13);
	weir_event_list_fini(&out);
	CU_ASSERT_EQUAL(recover(&l, "m:*", "", 1, 4, &out), 1);
	CU_ASSERT_EQUAL(out.count, 4);
	weir_event_list_fini(&out);
	CU_ASSERT_EQUAL(recover(&l, "m:*", "", 13, 0, &out), 1);
	CU_ASSERT_EQUAL(out.count, 0);
	weir_event_list_fini(&out);
	CU_ASSERT_EQUAL(recover(&l, "m:*", "", 12, 0, &out), 0);
	CU_ASSERT_EQUAL(recover(&l, "m:*", "", UINT64_MAX, 9, &out), 0);
	CU_ASSERT_EQUAL(recover(&l, "m:*", "", 0, SIZE_MAX, &out), 1);
	CU_ASSERT_EQUAL(out.count, 5);
	weir_event_list_fini(&out);
	weir_partition_log_fini(&l);
}

/* What the subscriber may not reach is not there, and does not count. */
static void user_limited(void)
{
	struct weir_log_recovery all = {.pattern = WEIR_STR("m:>"), .limit = 4}, some = all;
	struct weir_partition_log l;
	struct weir_event_list out = {0};

	some.skip_user_limited = true;
	some.limit = 1;
	begin(&l);
	append(&l, "m:a#1", WEIR_EVENT_PUBLICATION);
	append(&l, "m:a", WEIR_EVENT_PUBLICATION);
	append(&l, "m:#", WEIR_EVENT_PUBLICATION);
	CU_ASSERT_EQUAL(weir_partition_log_recover(&l, &all, &out), 1);
	CU_ASSERT_EQUAL(out.count, 3);
	weir_event_list_fini(&out);
	CU_ASSERT_EQUAL(weir_partition_log_recover(&l, &some, &out), 1);
	CU_ASSERT_EQUAL_FATAL(out.count, 1);
	CU_ASSERT_EQUAL(out.events[0]->position.n, 2);
	weir_event_list_fini(&out);
	weir_partition_log_fini(&l);
}

CU_TestInfo weir_tests[] = {
	{"empty", empty},
	{"every position", every_position},
	{"limits", limits},
	{"user-limited channels", user_limited},
	CU_TEST_INFO_NULL,
};
