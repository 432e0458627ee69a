/* SPDX-License-Identifier: Apache-2.0 */
/* Results by channel and key: found until their time, the oldest given up first. */
#include "weir/bus/idempotency.h"

#include "test.h"

const char weir_test_suite[] = "bus/idempotency";

static const struct weir_hash_key hash_key = {3, 4};

static void store(struct weir_idempotency *t, const char *channel, const char *key, uint64_t offset, uint64_t now_ms)
{
	struct weir_publish_result r = {.offset = offset, .epoch = "e"};

	CU_ASSERT_EQUAL_FATAL(weir_idempotency_store(t, weir_str(channel), weir_str(key), &r, now_ms), 0);
}

static uint64_t find(struct weir_idempotency *t, const char *channel, const char *key, uint64_t now_ms)
{
	const struct weir_publish_result *r = weir_idempotency_find(t, weir_str(channel), weir_str(key), now_ms);

	CU_ASSERT(!r || r->epoch[0] == 'e');
	return r ? r->offset : 0;
}

static void by_channel_and_key(void)
{
	struct weir_idempotency t;

	weir_idempotency_init(&t, &hash_key, 100, 10);
	store(&t, "a", "k", 1, 0);
	store(&t, "b", "k", 2, 0);
	store(&t, "ab", "c", 3, 0);
	store(&t, "a", "bc", 4, 0); /* not the same bytes one after the other */
	store(&t, "k", "a", 5, 0);
	CU_ASSERT_EQUAL(find(&t, "a", "k", 0), 1);
	CU_ASSERT_EQUAL(find(&t, "b", "k", 0), 2);
	CU_ASSERT_EQUAL(find(&t, "ab", "c", 0), 3);
	CU_ASSERT_EQUAL(find(&t, "a", "bc", 0), 4);
	CU_ASSERT_EQUAL(find(&t, "k", "a", 0), 5);
	CU_ASSERT_EQUAL(find(&t, "c", "k", 0), 0);
	CU_ASSERT_EQUAL(find(&t, "a", "", 0), 0);
	weir_idempotency_fini(&t);
}

static void expiry(void)
{
	struct weir_idempotency t;

	weir_idempotency_init(&t, &hash_key, 100, 10);
	store(&t, "a", "1", 1, 1000);
	store(&t, "a", "2", 2, 1050);
	CU_ASSERT_EQUAL(find(&t, "a", "1", 1099), 1);
	CU_ASSERT_EQUAL(find(&t, "a", "1", 1100), 0);
	CU_ASSERT_EQUAL(find(&t, "a", "2", 1149), 2); /* finding does not prolong */
	store(&t, "a", "1", 3, 1149);
	CU_ASSERT_EQUAL(find(&t, "a", "1", 1149), 3);
	CU_ASSERT_EQUAL(find(&t, "a", "2", 1150), 0);
	CU_ASSERT_EQUAL(t.map.count, 1);
	weir_idempotency_fini(&t);
}

static void bounded(void)
{
	struct weir_idempotency t;
	char key[2] = {0};

	weir_idempotency_init(&t, &hash_key, 100, 3);
	for (int i = 0; i < 10; i++) {
		key[0] = (char)('0' + i);
		store(&t, "a", key, (uint64_t)i + 1, 0);
		CU_ASSERT(t.map.count <= 3);
	}
	CU_ASSERT_EQUAL(find(&t, "a", "6", 0), 0);
	CU_ASSERT_EQUAL(find(&t, "a", "7", 0), 8);
	CU_ASSERT_EQUAL(find(&t, "a", "9", 0), 10);
	weir_idempotency_fini(&t);
}

static void none_remembered(void)
{
	struct weir_idempotency t;

	weir_idempotency_init(&t, &hash_key, 100, 0);
	store(&t, "a", "k", 1, 0);
	CU_ASSERT_EQUAL(find(&t, "a", "k", 0), 0);
	weir_idempotency_fini(&t);
}

CU_TestInfo weir_tests[] = {
	{"by channel and key", by_channel_and_key},
	{"expiry", expiry},
	{"bounded", bounded},
	{"none remembered", none_remembered},
	CU_TEST_INFO_NULL,
};
