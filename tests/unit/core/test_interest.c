/* SPDX-License-Identifier: Apache-2.0 */
/* Interest of workers: in channels and patterns, in any order of coming and going; pages of channels. */
#include <stdio.h>
#include <stdlib.h>

#include "interest_priv.h"
#include "test.h"
#include "weir/base/mem.h"
#include "weir/base/random.h"
#include "weir/event/channel.h"

const char weir_test_suite[] = "core/interest";

#define WORKERS 3

static const struct weir_hash_key key = {3, 4};

static const char *const names[] = {
	"m:a.b", "m:a.c", "m:*.b", "m:>", "m:a.*", "n:a", "n:>", ">", "$m:a.b", "$m:>", "a.b", "*.b", "$a.b"};
#define NAMES WEIR_ARRAY_LEN(names)

/* Against counts that are kept beside. */
static void counts(void)
{
	static unsigned count[NAMES][WORKERS];
	struct weir_random r;
	struct weir_interest in;
	uint64_t total = 0;

	memset(count, 0, sizeof(count));
	weir_random_seeded(&r, weir_test_seed());
	weir__interest_init(&in, &key, WORKERS);
	for (unsigned step = 0; step < 20000; step++) {
		size_t i = (size_t)weir_random_below(&r, NAMES), asked = (size_t)weir_random_below(&r, NAMES);
		unsigned w = (unsigned)weir_random_below(&r, WORKERS);
		bool with_patterns = weir_random_below(&r, 2), expected[WORKERS] = {false};
		const bool *wanted;

		if (weir_random_below(&r, 5) < (step / 100 % 2 ? 3 : 1)) {
			CU_ASSERT_EQUAL_FATAL(weir__interest_add(&in, weir_str(names[i]), w), 0);
			count[i][w]++;
			total++;
		} else if (count[i][w]) {
			weir__interest_drop(&in, weir_str(names[i]), w);
			count[i][w]--;
			total--;
		}
		CU_ASSERT_EQUAL_FATAL(in.subscriptions, total);
		if (weir_channel_is_pattern(weir_str(names[asked])))
			continue;
		for (size_t n = 0; n < NAMES; n++)
			for (w = 0; w < WORKERS; w++)
				if (count[n][w] &&
					(n == asked || (with_patterns && weir_pattern_matches(weir_str(names[n]),
										 weir_str(names[asked])))))
					expected[w] = true;
		wanted = weir__interest_of(&in, weir_str(names[asked]), with_patterns);
		CU_ASSERT_EQUAL_FATAL(memcmp(wanted, expected, sizeof(expected)), 0);
	}
	weir__interest_fini(&in); /* with what is left */
}

static int name_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Page after page from a random size on: all that match, in order, each once. */
static void pages(void)
{
	enum { MOST = 200 };
	static char all[MOST][24];
	char *sorted[MOST];
	struct weir_random r;
	struct weir_interest in;
	size_t n = 0;

	weir_random_seeded(&r, weir_test_seed());
	weir__interest_init(&in, &key, WORKERS);
	for (unsigned i = 0; i < MOST; i++) {
		snprintf(
			all[i], sizeof(all[i]), "%s%u.%s", i % 5 ? "m:" : "n:", i * 7919 % MOST, i % 3 ? "cpu" : "mem");
		CU_ASSERT_EQUAL_FATAL(weir__interest_add(&in, weir_str(all[i]), i % WORKERS), 0);
		if (i % 5 && i % 3)
			sorted[n++] = all[i];
	}
	qsort(sorted, n, sizeof(*sorted), name_cmp);
	CU_ASSERT_EQUAL_FATAL(weir__interest_add(&in, WEIR_STR("m:*.cpu"), 0), 0); /* which is no channel */
	for (unsigned run = 0; run < 50; run++) {
		size_t limit = 1 + (size_t)weir_random_below(&r, run % 2 ? 10 : 150), seen = 0;
		char after[24] = "";
		bool more = true;

		while (more) {
			struct weir_channels_request *q =
				weir_channels_page_request_new(WEIR_STR("m:*.cpu"), weir_str(after), limit);
			struct weir_request *base = &q->base;

			CU_ASSERT_EQUAL_FATAL(weir__interest_list(&in, q), 0);
			more = q->more;
			CU_ASSERT_EQUAL_FATAL(q->count, more ? limit : n - seen);
			for (size_t i = 0; i < q->count; i++) {
				CU_ASSERT_FATAL(weir_str_is(q->channels[i].channel, sorted[seen]));
				CU_ASSERT_EQUAL(q->channels[i].clients, 1);
				strcpy(after, sorted[seen++]);
			}
			weir_request_free(&base);
		}
		CU_ASSERT_EQUAL(seen, n);
	}
	weir__interest_fini(&in);
}

static void no_page(void)
{
	struct weir_interest in;
	struct weir_channels_request *q = weir_channels_page_request_new(WEIR_STR(">"), WEIR_STR(""), 0);
	struct weir_request *base = &q->base;

	weir__interest_init(&in, &key, 1);
	CU_ASSERT_EQUAL(weir__interest_list(&in, q), 0);
	CU_ASSERT_EQUAL(q->count, 0);
	CU_ASSERT_FALSE(q->more);
	weir_request_free(&base);
	q = weir_channels_page_request_new(WEIR_STR(">"), WEIR_STR(""), 0);
	base = &q->base;
	CU_ASSERT_EQUAL_FATAL(weir__interest_add(&in, WEIR_STR("a"), 0), 0);
	CU_ASSERT_EQUAL(weir__interest_list(&in, q), 0);
	CU_ASSERT_EQUAL(q->count, 0);
	CU_ASSERT(q->more);
	weir_request_free(&base);
	weir__interest_fini(&in);
}

CU_TestInfo weir_tests[] = {
	{"counts", counts},
	{"pages", pages},
	{"an empty page", no_page},
	CU_TEST_INFO_NULL,
};
