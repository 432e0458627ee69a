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

static bool admits(enum weir_data_format wanted, enum weir_payload_format format, const char *p, size_t n)
{
	struct weir_namespace ns = {.publication_data_format = wanted};
	struct weir_event *e =
		weir_event_new(&(struct weir_event_spec){.channel = WEIR_STR("c"), .format = format, .data = {p, n}});
	bool ok;

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	ok = !weir_namespace_refuses(&ns, e);
	weir_event_unref(&e);
	return ok;
}

static void data_formats(void)
{
	static const struct {
		enum weir_payload_format format;
		const char *p;
		size_t n;
		unsigned admitted; /* a bit for each: any, json, json_object, binary */
	} rows[] = {
		{WEIR_PAYLOAD_JSON, "{}", 2, 0xf},
		{WEIR_PAYLOAD_JSON, "[]", 2, 0xb},
		{WEIR_PAYLOAD_MSGPACK, "\x80", 1, 0xf},
		{WEIR_PAYLOAD_MSGPACK, "\x90", 1, 0xb},
		{WEIR_PAYLOAD_MSGPACK, "\x81\x01\x02", 3, 0x9},
		{WEIR_PAYLOAD_MSGPACK, "\x81\xa1x\xc4\x00", 5, 0x9},
		{WEIR_PAYLOAD_BINARY, "{}", 2, 0x9},
		{WEIR_PAYLOAD_BINARY, "", 0, 0x8},
		{WEIR_PAYLOAD_BINARY, NULL, 0, 0},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++)
		for (int wanted = 0; wanted < 4; wanted++)
			CU_ASSERT_EQUAL(admits((enum weir_data_format)wanted, rows[i].format, rows[i].p, rows[i].n),
				rows[i].admitted >> wanted & 1);
}

CU_TestInfo weir_tests[] = {
	{"data formats", data_formats},
	{"resolve", resolve},
	{"none named", none_named},
	{"many", many},
	{"has history", has_history},
	CU_TEST_INFO_NULL,
};
