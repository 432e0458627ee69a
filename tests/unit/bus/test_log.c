/* SPDX-License-Identifier: Apache-2.0 */
/* The partition's log: dense positions, bounds by number and by bytes. */
#include "weir/bus/log.h"

#include <stdlib.h>

#include "test.h"

const char weir_test_suite[] = "bus/log";

static struct weir_event *event(size_t payload)
{
	char *data = calloc(1, payload + 1);
	struct weir_event *e =
		weir_event_new(&(struct weir_event_spec){.channel = WEIR_STR("c"), .data = {data, payload}});

	free(data);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	return e;
}

static void append(struct weir_partition_log *l, size_t payload)
{
	struct weir_event *e = event(payload);
	uint64_t n = l->next_n;

	weir_partition_log_append(l, e);
	CU_ASSERT_EQUAL(e->position.generation, l->generation);
	CU_ASSERT_EQUAL(e->position.n, n);
	CU_ASSERT_EQUAL(l->next_n, n + 1);
	CU_ASSERT_PTR_EQUAL(weir_partition_log_at(l, e->position), e);
	weir_event_unref(&e);
}

static void dense_and_bounded(void)
{
	struct weir_partition_log l;

	CU_ASSERT_EQUAL_FATAL(weir_partition_log_init(&l, 7, 8, 1 << 20), 0);
	CU_ASSERT_EQUAL(weir_partition_log_oldest(&l).n, 1);
	CU_ASSERT_PTR_NULL(weir_partition_log_at(&l, (struct weir_position){7, 1}));
	for (uint64_t n = 1; n <= 100; n++) {
		append(&l, 10);
		CU_ASSERT_EQUAL(l.count, n < 8 ? n : 8);
		CU_ASSERT_EQUAL(weir_partition_log_oldest(&l).n, n < 8 ? 1 : n - 7);
		CU_ASSERT_EQUAL(weir_partition_log_oldest(&l).generation, 7);
	}
	for (uint64_t n = 0; n < 110; n++) {
		struct weir_event *e = weir_partition_log_at(&l, (struct weir_position){7, n});

		CU_ASSERT_EQUAL(e != NULL, n >= 93 && n <= 100);
		CU_ASSERT(!e || e->position.n == n);
		CU_ASSERT_PTR_NULL(weir_partition_log_at(&l, (struct weir_position){8, n}));
	}
	weir_partition_log_fini(&l);
}

static void bytes(void)
{
	struct weir_event *e = event(100);
	size_t each = weir_event_size(e);
	struct weir_partition_log l;

	weir_event_unref(&e);
	CU_ASSERT_EQUAL_FATAL(weir_partition_log_init(&l, 1, 1024, 3 * each), 0);
	for (unsigned i = 0; i < 10; i++) {
		append(&l, 100);
		CU_ASSERT_EQUAL(l.count, i < 3 ? i + 1 : 3);
		CU_ASSERT_EQUAL(l.bytes, l.count * each);
	}
	append(&l, 100 + each); /* as large as two */
	CU_ASSERT_EQUAL(l.count, 2);
	append(&l, 10000); /* larger than the bound: kept alone, since the newest always is */
	CU_ASSERT_EQUAL(l.count, 1);
	CU_ASSERT_EQUAL(weir_partition_log_oldest(&l).n, 12);
	append(&l, 1);
	CU_ASSERT_EQUAL(l.count, 1);
	weir_partition_log_fini(&l);
}

static void references(void)
{
	struct weir_partition_log l;
	struct weir_event *e = event(1);

	CU_ASSERT_EQUAL_FATAL(weir_partition_log_init(&l, 1, 1, 1 << 20), 0);
	weir_partition_log_append(&l, e);
	CU_ASSERT_EQUAL(atomic_load(&e->refs), 2);
	append(&l, 1);
	CU_ASSERT_EQUAL(atomic_load(&e->refs), 1);
	weir_event_unref(&e);
	weir_partition_log_fini(&l);
	weir_partition_log_fini(&l); /* empty, and harmless */
}

static void place(struct weir_partition_log *l, uint64_t generation, uint64_t n)
{
	struct weir_event *e = event(1);

	weir_partition_log_place(l, (struct weir_position){generation, n}, e);
	CU_ASSERT(e->position.generation == generation && e->position.n == n);
	CU_ASSERT_PTR_EQUAL(weir_partition_log_at(l, e->position), e);
	weir_event_unref(&e);
}

/* Places that somebody else chooses: what follows goes on, what does not starts anew, others only take their place. */
static void placed(void)
{
	struct weir_partition_log l;

	CU_ASSERT_EQUAL_FATAL(weir_partition_log_init(&l, 0, 4, 1 << 20), 0);
	place(&l, 5, 10);
	CU_ASSERT(l.generation == 5 && l.count == 1);
	weir_partition_log_place(&l, (struct weir_position){5, 11}, NULL);
	CU_ASSERT_PTR_NULL(weir_partition_log_at(&l, (struct weir_position){5, 11}));
	place(&l, 5, 12);
	CU_ASSERT_EQUAL(l.count, 3);
	CU_ASSERT_PTR_NOT_NULL(weir_partition_log_at(&l, (struct weir_position){5, 10}));
	for (uint64_t n = 13; n < 20; n++) /* those that take only a place are dropped as well */
		place(&l, 5, n);
	CU_ASSERT(l.count == 4 && weir_partition_log_oldest(&l).n == 16);
	place(&l, 5, 21);
	CU_ASSERT(l.count == 1 && weir_partition_log_oldest(&l).n == 21);
	place(&l, 6, 22);
	CU_ASSERT(l.count == 1 && weir_partition_log_oldest(&l).generation == 6);
	weir_partition_log_restart(&l, (struct weir_position){6, 40});
	CU_ASSERT(l.count == 0 && l.bytes == 0 && weir_partition_log_oldest(&l).n == 40);
	place(&l, 6, 40);
	CU_ASSERT_EQUAL(l.count, 1);
	weir_partition_log_fini(&l);
}

CU_TestInfo weir_tests[] = {
	{"dense and bounded", dense_and_bounded},
	{"bytes", bytes},
	{"references", references},
	{"placed", placed},
	CU_TEST_INFO_NULL,
};
