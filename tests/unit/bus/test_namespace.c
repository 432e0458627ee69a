/* SPDX-License-Identifier: Apache-2.0 */
/* Which namespace a channel belongs to. */
#include "weir/bus/namespace.h"

#include <stdio.h>
#include <stdlib.h>

#include "test.h"
#include "weir/base/mem.h"

const char weir_test_suite[] = "bus/namespace";

static struct weir_namespaces *make(const char *const *names, size_t n)
{
	struct weir_namespace *without = weir_xcalloc(1, sizeof(*without)),
			      *named = n ? weir_xcalloc(n, sizeof(*named)) : NULL;

	without->name = weir_xstrdup("");
	for (size_t i = 0; i < n; i++)
		named[i] = (struct weir_namespace){.name = weir_xstrdup(names[i]), .history_size = (int64_t)i + 1};
	return weir_namespaces_new(without, named, n);
}

static void resolve(void)
{
	static const char *const names[] = {"news", "new", "a.b-c_d", "newsletter", "AB"};
	static const struct {
		const char *channel;
		const char *name; /* NULL: unknown */
	} rows[] = {
		{"x", ""},
		{"", ""},
		{"$x", ""},
		{"news", ""},
		{"news:x", "news"},
		{"news:", "news"},
		{"$news:x", "news"},
		{"new:s:x", "new"},
		{"newsletter:", "newsletter"},
		{"a.b-c_d:1", "a.b-c_d"},
		{"ab:x", NULL},
		{"ne:x", NULL},
		{"newss:x", NULL},
		{":x", NULL},
		{"$:x", NULL},
		{"$$news:x", NULL},
		{"x#news:x", NULL},
	};
	struct weir_namespaces *ns = make(names, WEIR_ARRAY_LEN(names));

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		const struct weir_namespace *got = weir_namespaces_resolve(ns, weir_str(rows[i].channel));

		CU_ASSERT_EQUAL(got != NULL, rows[i].name != NULL);
		CU_ASSERT(!got || strcmp(got->name, rows[i].name) == 0);
	}
	weir_namespaces_free(&ns);
	CU_ASSERT_PTR_NULL(ns);
	weir_namespaces_free(&ns);
}

static void none_named(void)
{
	struct weir_namespaces *ns = make(NULL, 0);

	CU_ASSERT_PTR_NOT_NULL(weir_namespaces_resolve(ns, WEIR_STR("x")));
	CU_ASSERT_PTR_NULL(weir_namespaces_resolve(ns, WEIR_STR("x:y")));
	weir_namespaces_free(&ns);
}

/* The options travel with the name when they are sorted. */
static void many(void)
{
	enum { N = 100 };
	char text[N][8];
	const char *names[N];
	struct weir_namespaces *ns;

	for (int i = 0; i < N; i++) {
		snprintf(text[i], sizeof(text[i]), "n%d", (i * 37) % N);
		names[i] = text[i];
	}
	ns = make(names, N);
	for (int i = 0; i < N; i++) {
		char channel[16];
		const struct weir_namespace *got;

		snprintf(channel, sizeof(channel), "%s:c", names[i]);
		got = weir_namespaces_resolve(ns, weir_str(channel));
		CU_ASSERT_PTR_NOT_NULL_FATAL(got);
		CU_ASSERT_EQUAL(got->history_size, i + 1);
	}
	weir_namespaces_free(&ns);
}

static void has_history(void)
{
	CU_ASSERT(weir_namespace_has_history(&(struct weir_namespace){.history_size = 1, .history_ttl_ms = 1}));
	CU_ASSERT_FALSE(weir_namespace_has_history(&(struct weir_namespace){.history_size = 1}));
	CU_ASSERT_FALSE(weir_namespace_has_history(&(struct weir_namespace){.history_ttl_ms = 1}));
}

CU_TestInfo weir_tests[] = {
	{"resolve", resolve},
	{"none named", none_named},
	{"many", many},
	{"has history", has_history},
	CU_TEST_INFO_NULL,
};
