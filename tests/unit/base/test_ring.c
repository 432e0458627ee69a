/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ring: full and empty, every capacity, and several producers at once. The consumer checks each producer's order.
 */
#include "test.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>

#include "weir/base/mem.h"
#include "weir/base/ring.h"

#define PRODUCERS 4
#define EACH      20000

static void test_one_thread(void)
{
	for (size_t capacity = 1; capacity <= 9; capacity++) {
		struct weir_ring r;
		size_t n;
		uint32_t x, next = 0, expected = 0;

		weir_ring_init(&r, sizeof(x), capacity);
		n = weir_ring_capacity(&r);
		CU_ASSERT(n >= capacity && n < 2 * capacity + 1 && (n & (n - 1)) == 0);
		CU_ASSERT_FALSE(weir_ring_pop(&r, &x));
		for (int lap = 0; lap < 5; lap++) {
			for (size_t i = 0; i < n; i++, next++)
				CU_ASSERT(weir_ring_push(&r, &next));
			CU_ASSERT_FALSE(weir_ring_push(&r, &next));
			CU_ASSERT_EQUAL(weir_ring_count(&r), n);
			for (size_t i = 0; i < n - n / 2; i++, expected++)
				CU_ASSERT(weir_ring_pop(&r, &x) && x == expected);
			CU_ASSERT_EQUAL(weir_ring_count(&r), n / 2);
			while (weir_ring_pop(&r, &x))
				CU_ASSERT_EQUAL(x, expected++);
			CU_ASSERT_EQUAL(weir_ring_count(&r), 0);
		}
		CU_ASSERT_EQUAL(expected, next);
		weir_ring_fini(&r);
	}
}

struct odd {
	char bytes[13];
};

static void test_odd_size(void)
{
	struct weir_ring r;
	struct odd a, b;

	weir_ring_init(&r, sizeof(a), 4);
	for (int i = 0; i < 10; i++) {
		for (size_t k = 0; k < sizeof(a.bytes); k++)
			a.bytes[k] = (char)(i + (int)k);
		CU_ASSERT(weir_ring_push(&r, &a));
		CU_ASSERT(weir_ring_pop(&r, &b));
		CU_ASSERT_EQUAL(b.bytes[12], (char)(i + 12));
	}
	weir_ring_fini(&r);
}

struct message {
	uint32_t producer, n;
	uint64_t check;
};

struct producer {
	pthread_t thread;
	struct weir_ring *ring;
	uint32_t id;
};

static void *produce(void *arg)
{
	struct producer *p = arg;

	for (uint32_t i = 0; i < EACH; i++) {
		struct message m = {p->id, i, (uint64_t)p->id << 32 ^ i ^ 0x5555};

		while (!weir_ring_push(p->ring, &m))
			sched_yield();
	}
	return NULL;
}

static void run_producers(size_t capacity)
{
	/* On the heap, as its owners have it. */
	struct weir_ring *ring = weir_xmalloc(sizeof(*ring));
	struct producer producers[PRODUCERS];
	uint32_t next[PRODUCERS] = {0}, received = 0;
	struct message m;

	weir_ring_init(ring, sizeof(m), capacity);
	for (uint32_t i = 0; i < PRODUCERS; i++) {
		producers[i].ring = ring;
		producers[i].id = i;
		CU_ASSERT_FATAL(pthread_create(&producers[i].thread, NULL, produce, &producers[i]) == 0);
	}
	while (received < PRODUCERS * EACH) {
		if (!weir_ring_pop(ring, &m)) {
			sched_yield();
			continue;
		}
		if (m.producer >= PRODUCERS || m.n != next[m.producer] ||
			m.check != ((uint64_t)m.producer << 32 ^ m.n ^ 0x5555)) {
			CU_FAIL_FATAL("lost, torn or out of order");
		}
		next[m.producer]++;
		received++;
	}
	for (int i = 0; i < PRODUCERS; i++)
		pthread_join(producers[i].thread, NULL);
	CU_ASSERT_EQUAL(weir_ring_count(ring), 0);
	CU_ASSERT_FALSE(weir_ring_pop(ring, &m));
	weir_ring_fini(ring);
	free(ring);
}

static void test_producers(void)
{
	run_producers(1);
	run_producers(64);
}

const char weir_test_suite[] = "base/ring";
CU_TestInfo weir_tests[] = {
	{"full, empty, laps", test_one_thread},
	{"elements of odd size", test_odd_size},
	{"several producers", test_producers},
	CU_TEST_INFO_NULL,
};
