/* SPDX-License-Identifier: Apache-2.0 */
/* The Redis engine: the conformance suite, for one broker and for several that do in turns what is asked. */
#include "conformance.h"
#include "redis_cluster.h"

const char weir_test_suite[] = "engine/redis";

static unsigned brokers;

static struct weir_engine *make(void)
{
	return cluster_make(brokers);
}

/* Redis keeps for nine eighths of what was asked, and its own clock goes on while a test works. */
static uint64_t late_ms(uint64_t ttl_ms)
{
	return ttl_ms / 8 + 500;
}

const struct conformance_subject conformance_subject = {.make = make,
	.destroy = cluster_free,
	.pump = cluster_pump,
	.advance = cluster_advance,
	.early_ms = 300,
	.late_ms = late_ms};

#define X(name, fn)                          \
	static void one_##fn(void)           \
	{                                    \
		brokers = 1;                 \
		conformance_##fn();          \
	}                                    \
	static void two_##fn(void)           \
	{                                    \
		brokers = 2;                 \
		conformance_##fn();          \
	}                                    \
	static void three_##fn(void)         \
	{                                    \
		brokers = WORLD_BROKERS_MAX; \
		conformance_##fn();          \
	}
CONFORMANCE_TESTS(X)
#undef X

#define ONE(name, fn)   {"one broker: " name, one_##fn},
#define TWO(name, fn)   {"two brokers: " name, two_##fn},
#define THREE(name, fn) {"three brokers: " name, three_##fn},
CU_TestInfo weir_tests[] = {CONFORMANCE_TESTS(ONE) CONFORMANCE_TESTS(TWO) CONFORMANCE_TESTS(THREE) CU_TEST_INFO_NULL};
