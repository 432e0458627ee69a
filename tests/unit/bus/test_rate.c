/* SPDX-License-Identifier: Apache-2.0 */
/* The token bucket: burst, refill, when the next one may go, long runs without drift. */
#include "weir/bus/rate.h"

#include "test.h"

const char weir_test_suite[] = "bus/rate";

static unsigned take_all(struct weir_rate *r, uint64_t now_ms)
{
	unsigned n = 0;

	for (; weir_rate_has(r, now_ms); n++)
		weir_rate_take(r);
	return n;
}

static void burst(void)
{
	static const struct {
		double rate;
		unsigned burst;
	} cases[] = {{0.001, 1}, {0.5, 1}, {1, 1}, {10, 1}, {15, 1}, {20, 2}, {100, 10}, {1000000, 100000}};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weir_rate r;

		weir_rate_init(&r, cases[i].rate, 5000);
		CU_ASSERT_EQUAL(take_all(&r, 5000), cases[i].burst);
		/* It does not grow beyond the burst, however long nothing comes. */
		CU_ASSERT_EQUAL(take_all(&r, 5000 + 100000000), cases[i].burst);
	}
}

static void next(void)
{
	struct weir_rate r;

	weir_rate_init(&r, 2, 1000);
	CU_ASSERT_EQUAL(take_all(&r, 1000), 1);
	CU_ASSERT_EQUAL(weir_rate_next_ms(&r, 1000), 1500);
	CU_ASSERT_FALSE(weir_rate_has(&r, 1499));
	CU_ASSERT_EQUAL(weir_rate_next_ms(&r, 1499), 1500);
	CU_ASSERT_TRUE(weir_rate_has(&r, 1500));
	CU_ASSERT_EQUAL(weir_rate_next_ms(&r, 1500), 1501); /* always later than now */
	CU_ASSERT_TRUE(weir_rate_has(&r, 1400));            /* a clock that seems to go back takes nothing away */
	weir_rate_init(&r, 0.001, 0);
	weir_rate_take(&r);
	CU_ASSERT_EQUAL(weir_rate_next_ms(&r, 0), 1000000);
}

/* What next_ms() says is the first millisecond at which one may go, also after many that do not come out even. */
static void next_is_first(void)
{
	static const double rates[] = {0.2, 0.7, 3, 7, 9.9, 10, 11, 33, 333, 999};

	for (unsigned i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct weir_rate r;
		uint64_t now_ms = 1;

		weir_rate_init(&r, rates[i], now_ms);
		for (unsigned n = 0; n < 1000; n++) {
			uint64_t at_ms;
			struct weir_rate before;

			take_all(&r, now_ms);
			at_ms = weir_rate_next_ms(&r, now_ms);
			before = r;
			CU_ASSERT_FATAL(at_ms == now_ms + 1 || !weir_rate_has(&before, at_ms - 1));
			CU_ASSERT_FATAL(weir_rate_has(&r, at_ms));
			now_ms = at_ms;
		}
	}
}

/* Over a long time as many as were asked for: never more, and of a rate that comes out even in ms none less. */
static void long_run(void)
{
	static const double rates[] = {0.5, 1, 2, 10, 50, 100, 1000, 7, 300};

	for (unsigned i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct weir_rate r;
		uint64_t now_ms = 0;
		double sent = 0, most = rates[i] * 100;

		weir_rate_init(&r, rates[i], 0);
		take_all(&r, 0);
		while (now_ms < 100000) {
			now_ms = weir_rate_next_ms(&r, now_ms);
			if (now_ms <= 100000)
				sent += take_all(&r, now_ms);
		}
		CU_ASSERT(sent <= most + 0.001);
		CU_ASSERT(sent >= (i < 7 ? most - 1 : most * 0.99));
	}
}

CU_TestInfo weir_tests[] = {
	{"burst", burst},
	{"next", next},
	{"next is first", next_is_first},
	{"long run", long_run},
	CU_TEST_INFO_NULL,
};
