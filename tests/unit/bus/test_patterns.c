/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The set of patterns against a naive matcher of its own, on random names, with patterns that come and go; and what a
 * question costs.
 */
#include "weir/bus/patterns.h"

#include <stdio.h>

#include "patterns_priv.h"
#include "test.h"
#include "weir/base/random.h"
#include "weir/event/channel.h"

const char weir_test_suite[] = "bus/patterns";

static const struct weir_hash_key key = {7, 8};

/* Pattern and name from a place where a token begins; both end with NUL. */
static bool naive_tokens(const char *p, const char *c)
{
	if (strcmp(p, ">") == 0)
		return true;
	if (p[0] == '*' && (p[1] == '.' || !p[1])) {
		p++;
		c += strcspn(c, ".");
	} else {
		for (; *p && *p != '.'; p++, c++)
			if (*p != *c)
				return false;
	}
	if (!*p || !*c)
		return !*p && !*c;
	return *c == '.' && naive_tokens(p + 1, c + 1);
}

static bool naive(const char *p, const char *c)
{
	const char *p_colon = strchr(p, ':'), *c_colon = strchr(c, ':');

	if (strcmp(p, ">") == 0)
		return true;
	if (!p_colon && !c_colon)
		return (p[0] == '$') == (c[0] == '$') && naive_tokens(p, c);
	if (!p_colon || !c_colon || p_colon - p != c_colon - c || strncmp(p, c, (size_t)(p_colon - p)) != 0)
		return false;
	return naive_tokens(p_colon + 1, c_colon + 1);
}

struct pattern {
	char name[96];
	bool in;
	unsigned found;
};

static void on_found(void *ctx, void *value)
{
	struct pattern *p = value;

	(void)ctx;
	p->found++;
}

static void random_name(struct weir_random *r, char name[96], bool pattern)
{
	static const char *const roots[] = {"", "$", "m:", "$m:", "mm:", ":"};
	static const char *const tokens[] = {"a", "b", "", "ab", "*a", ">>"};
	unsigned n = 1 + (unsigned)weir_random_below(r, weir_random_below(r, 20) ? 4 : 18);
	int at = sprintf(name, "%s", roots[weir_random_below(r, WEIR_ARRAY_LEN(roots))]);

	for (unsigned i = 0; i < n; i++) {
		uint64_t kind = pattern ? weir_random_below(r, 8) : 0;
		const char *token = tokens[weir_random_below(r, WEIR_ARRAY_LEN(tokens))];

		at += sprintf(name + at, "%s%s", i ? "." : "", kind > 5 ? "*" : kind == 5 && i + 1 == n ? ">" : token);
	}
}

static void random_pattern(struct weir_random *r, char name[96])
{
	do
		random_name(r, name, true);
	while (!weir_channel_is_pattern(weir_str(name)) || !weir_pattern_is_valid(weir_str(name)));
}

/* Replaces a pattern that is not in the set by a random one that is not there either. */
static void renew(struct weir_random *r, struct pattern *patterns, size_t n, struct pattern *p)
{
	for (;;) {
		size_t i = 0;

		random_pattern(r, p->name);
		while (i < n && (&patterns[i] == p || strcmp(patterns[i].name, p->name) != 0))
			i++;
		if (i == n)
			return;
	}
}

/* How many were found. */
static size_t ask(const struct weir_patterns *set, struct pattern *patterns, size_t n, const char *channel)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		patterns[i].found = 0;
	weir_patterns_match(set, weir_str(channel), on_found, NULL);
	for (size_t i = 0; i < n; i++) {
		bool matches = naive(patterns[i].name, channel);

		if (patterns[i].found != (matches && patterns[i].in))
			printf("\n%s, asked about %s: found %u\n", patterns[i].name, channel, patterns[i].found);
		CU_ASSERT_EQUAL_FATAL(patterns[i].found, matches && patterns[i].in);
		CU_ASSERT_EQUAL_FATAL(weir_pattern_matches(weir_str(patterns[i].name), weir_str(channel)), matches);
		found += patterns[i].found;
	}
	return found;
}

static void against_naive(void)
{
	enum { N = 120 };
	static struct pattern patterns[N];
	struct weir_random r;
	struct weir_patterns set;
	size_t in = 0, found = 0;

	weir_random_seeded(&r, weir_test_seed());
	weir_patterns_init(&set, &key);
	memset(patterns, 0, sizeof(patterns));
	for (unsigned i = 0; i < N; i++)
		renew(&r, patterns, i, &patterns[i]);
	for (unsigned step = 0; step < 6000; step++) {
		struct pattern *p = &patterns[weir_random_below(&r, N)];
		char channel[96];

		if (p->in) {
			weir_patterns_remove(&set, weir_str(p->name));
			p->in = false;
			in--;
			renew(&r, patterns, N, p);
		} else {
			CU_ASSERT_EQUAL_FATAL(weir_patterns_add(&set, weir_str(p->name), p), 0);
			p->in = true;
			in++;
		}
		CU_ASSERT_EQUAL_FATAL(set.count, in);
		random_name(&r, channel, false);
		found += ask(&set, patterns, N, channel);
	}
	CU_ASSERT(found > 1000);
	for (unsigned i = 0; i < N; i++)
		if (patterns[i].in)
			weir_patterns_remove(&set, weir_str(patterns[i].name));
	CU_ASSERT_EQUAL(set.nodes.count, 0);
	weir_patterns_fini(&set);
}

/* Those that are the beginning of one another keep what the other needs. */
static void nested(void)
{
	static const char *const names[] = {"m:a.*", "m:a.*.b", "m:a.*.>", "m:a.>", "m:*", "m:>", "m:*.*.b", ">"};
	static struct pattern patterns[WEIR_ARRAY_LEN(names)];
	const size_t n = WEIR_ARRAY_LEN(names);

	for (size_t first = 0; first < n; first++) {
		struct weir_patterns set;

		weir_patterns_init(&set, &key);
		for (size_t i = 0; i < n; i++) {
			strcpy(patterns[i].name, names[i]);
			patterns[i].in = true;
			CU_ASSERT_EQUAL_FATAL(weir_patterns_add(&set, weir_str(names[i]), &patterns[i]), 0);
		}
		for (size_t i = 0; i < n; i++) {
			struct pattern *p = &patterns[(first + i * 3) % n];

			ask(&set, patterns, n, "m:a.x");
			ask(&set, patterns, n, "m:a.x.b");
			ask(&set, patterns, n, "m:a");
			ask(&set, patterns, n, "x");
			weir_patterns_remove(&set, weir_str(p->name));
			p->in = false;
		}
		CU_ASSERT_EQUAL(set.nodes.count, 0);
		weir_patterns_fini(&set);
	}
}

/* Depth is bounded by the patterns, not by the channel's name. */
static void long_names(void)
{
	struct weir_patterns set;
	struct pattern all = {.name = "m:>"}, sixteen = {.name = "m:*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*"},
		       tail = {.name = "m:*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.>"};
	char channel[300] = "m:";

	weir_patterns_init(&set, &key);
	CU_ASSERT_EQUAL_FATAL(weir_patterns_add(&set, weir_str(all.name), &all), 0);
	CU_ASSERT_EQUAL_FATAL(weir_patterns_add(&set, weir_str(sixteen.name), &sixteen), 0);
	CU_ASSERT_EQUAL_FATAL(weir_patterns_add(&set, weir_str(tail.name), &tail), 0);
	for (unsigned n = 1; n < 140; n++) {
		size_t visited;

		strcat(channel, n == 1 ? "a" : ".a");
		all.found = sixteen.found = tail.found = 0;
		visited = weir__patterns_match(&set, weir_str(channel), on_found, NULL);
		CU_ASSERT_EQUAL(all.found, 1);
		CU_ASSERT_EQUAL(sixteen.found, n == 16);
		CU_ASSERT_EQUAL(tail.found, n >= 16);
		CU_ASSERT_EQUAL(visited, n > 16 ? 17 : n + 1);
	}
	weir_patterns_remove(&set, weir_str(all.name));
	weir_patterns_remove(&set, weir_str(sixteen.name));
	weir_patterns_remove(&set, weir_str(tail.name));
	weir_patterns_fini(&set);
}

static void add_others(struct weir_patterns *set, struct pattern *other, bool add)
{
	static const char *const forms[][2] = {
		{"m:*.x", ""}, {"m:a.x", ".*"}, {"n", ":*"}, {"m:y", ".>"}, {"z", ".*"}, {"m:a.b.*.", ""}};

	for (unsigned i = 0; i < 6000; i++) {
		const char *const *form = forms[i % WEIR_ARRAY_LEN(forms)];
		char name[40];

		snprintf(name, sizeof(name), "%s%u%s", form[0], i, form[1]);
		if (add)
			CU_ASSERT_EQUAL_FATAL(weir_patterns_add(set, weir_str(name), other), 0);
		if (!add)
			weir_patterns_remove(set, weir_str(name));
	}
}

/* Thousands of patterns beside cost no visit, as soon as the places they share with the channel exist at all. */
static void cost(void)
{
	static const char *const places[] = {"m:*.q", "m:a.q.*", "m:q.>", "m:a.b.*.q"};
	struct weir_patterns set;
	struct pattern p[4], other = {.found = 0}, one = {.name = "m:a.*"};
	size_t before;

	weir_patterns_init(&set, &key);
	CU_ASSERT_EQUAL_FATAL(weir_patterns_add(&set, weir_str(one.name), &one), 0);
	for (size_t i = 0; i < 4; i++)
		CU_ASSERT_EQUAL_FATAL(weir_patterns_add(&set, weir_str(places[i]), &p[i]), 0);
	before = weir__patterns_match(&set, WEIR_STR("m:a.b"), on_found, NULL);
	CU_ASSERT_EQUAL(one.found, 1);
	CU_ASSERT(before > 1);
	add_others(&set, &other, true);
	CU_ASSERT_EQUAL(weir__patterns_match(&set, WEIR_STR("m:a.b"), on_found, NULL), before);
	CU_ASSERT_EQUAL(one.found, 2);
	CU_ASSERT_EQUAL(other.found, 0);
	CU_ASSERT_EQUAL(weir__patterns_match(&set, WEIR_STR("none:a.b"), on_found, NULL), 0);
	add_others(&set, &other, false);
	for (size_t i = 0; i < 4; i++)
		weir_patterns_remove(&set, weir_str(places[i]));
	weir_patterns_remove(&set, weir_str(one.name));
	weir_patterns_fini(&set);
}

CU_TestInfo weir_tests[] = {
	{"against a naive matcher", against_naive},
	{"nested", nested},
	{"long names", long_names},
	{"cost", cost},
	CU_TEST_INFO_NULL,
};
