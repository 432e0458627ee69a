/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a set of patterns costs the fan-out: nanoseconds and nodes visited per question, with three patterns that match
 * and more and more beside them that do not. One thread.
 */
#define _POSIX_C_SOURCE 200809L

#include "weir/bus/patterns.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "bench.h"
#include "patterns_priv.h"

#define QUESTIONS 2000000u

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void on_found(void *ctx, void *value)
{
	uint64_t *found = ctx;

	(void)value;
	++*found;
}

static void add(struct weir_patterns *set, const char *pattern)
{
	if (weir_patterns_add(set, weir_str(pattern), set) < 0)
		bench_die("no memory");
}

/* Each shares the namespace, and as much of the way as it can without a match. */
static void add_others(struct weir_patterns *set, unsigned n)
{
	char pattern[64];

	for (unsigned i = 0; i < n; i++) {
		snprintf(pattern, sizeof(pattern), i % 2 ? "metrics:*.x%u" : "metrics:eu.x%u.*", i);
		add(set, pattern);
	}
}

static void measure(const struct weir_patterns *set, const char *what, struct weir_str channel, size_t others)
{
	uint64_t found = 0, visited = 0, from = now_ns();

	for (unsigned i = 0; i < QUESTIONS; i++)
		visited += weir__patterns_match(set, channel, on_found, &found);
	printf("patterns others=%zu channel=%s matches=%" PRIu64 " nodes=%" PRIu64 " ns=%.1f\n", others, what,
		found / QUESTIONS, visited / QUESTIONS, (double)(now_ns() - from) / QUESTIONS);
}

int main(void)
{
	static const unsigned others[] = {0, 1000, 100000};
	const struct weir_hash_key key = {1, 2};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(others); i++) {
		/* Never taken apart: the process ends. */
		struct weir_patterns set;

		weir_patterns_init(&set, &key);
		if (!i)
			measure(&set, "empty", WEIR_STR("metrics:eu.a.cpu"), 0);
		add_others(&set, others[i]);
		add(&set, "metrics:*.*.cpu");
		add(&set, "metrics:eu.>");
		add(&set, "metrics:*.a.*");
		measure(&set, "matched", WEIR_STR("metrics:eu.a.cpu"), others[i]);
		measure(&set, "unmatched", WEIR_STR("metrics:us.b.mem.x"), others[i]);
		measure(&set, "elsewhere", WEIR_STR("prices:eu.a.cpu"), others[i]);
	}
	return 0;
}
