/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker's table of filters against the reference, on random events: names and tags of the event, all paths of all
 * filters and keys in one pass over the payload, verdicts, and conflation keys. Filters come and go meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>

#include "generate.h"
#include "generate_priv.h"
#include "reference_priv.h"
#include "test.h"
#include "weir/base/mem.h"
#include "weir/filter/filters.h"

#define PLACES    12
#define MAX_TAGS  16
#define MAX_SHOWN 10
#define EVENTS    4000

struct pair {
	struct weir_filter *filter;
	struct ref_filter *reference;
	struct weir_str text;
	struct ref_arena arena; /* of text */
};

struct table {
	struct weir_filters *fs;
	struct pair pairs[PLACES];
	struct weir_key *keys[PLACES];
	struct weir_random r;
	struct weir_buf text, why;
	unsigned differ, compared, values, missing_keys;
	unsigned long long seed;
};

static void pair_drop(struct table *t, struct pair *p)
{
	weir_filters_drop(t->fs, &p->filter);
	ref_free(&p->reference);
	ref_arena_free(&p->arena);
}

static void pair_fill(struct table *t, struct pair *p)
{
	struct weir_program *program = NULL;
	struct weir_json node;
	int err, ref_err;

	if (generate_chance(&t->r, 25)) {
		generate_tree(&t->r, &t->text);
		CU_ASSERT_EQUAL_FATAL(weir_json_check(weir_buf_view(&t->text), 64, &node, NULL), 0);
		weir_buf_reset(&t->why);
		err = weir_filter_compile_tree(node, &program, &t->why);
		ref_err = ref_compile_tree(node, &p->reference, &t->why);
	} else {
		generate_expression(&t->r, &t->r, &t->text);
		weir_buf_reset(&t->why);
		err = weir_filter_compile_value(weir_buf_view(&t->text), &program, &t->why);
		ref_err = ref_compile(weir_buf_view(&t->text), &p->reference, &t->why);
	}
	if (err || ref_err) { /* a limit, or a mistake */
		weir_program_free(&program);
		ref_free(&p->reference);
		return;
	}
	CU_ASSERT_EQUAL_FATAL(weir_filters_add(t->fs, &program, &p->filter), 0);
	p->text = ref_copy(&p->arena, weir_buf_view(&t->text));
}

/* Some filters and keys go, others come. */
static void table_change(struct table *t)
{
	for (unsigned i = 0; i < PLACES; i++) {
		if (generate_chance(&t->r, 20))
			pair_drop(t, &t->pairs[i]);
		if (!t->pairs[i].filter && generate_chance(&t->r, 60))
			pair_fill(t, &t->pairs[i]);
		if (generate_chance(&t->r, 20))
			weir_filters_key_drop(t->fs, &t->keys[i]);
		if (!t->keys[i] && generate_chance(&t->r, 30))
			CU_ASSERT_EQUAL_FATAL(
				weir_filters_key_add(t->fs, weir_str(generate_key(&t->r)), &t->keys[i]), 0);
	}
}

static struct weir_event *random_event(struct table *t)
{
	struct generate_attributes *attributes = weir_xcalloc(1, sizeof(*attributes));
	struct weir_client_info info = {.user = WEIR_STR(""), .client = WEIR_STR("c-1")};
	struct weir_event_spec spec = {.channel = WEIR_STR("prices:eu"), .time_ms = 1767225600000};
	struct weir_tag tags[MAX_TAGS];
	struct weir_event *e;

	generate_attributes(&t->r, true, attributes);
	for (size_t i = 0; i < attributes->attributes.n && spec.n_tags < MAX_TAGS; i++)
		if (attributes->list[i].kind == WEIR_NAME_TAG)
			tags[spec.n_tags++] =
				(struct weir_tag){attributes->list[i].name, attributes->list[i].value.string};
	spec.tags = tags;
	generate_payload(&t->r, &t->text);
	spec.data = t->text.len ? weir_buf_view(&t->text) : WEIR_STR("");
	if (generate_chance(&t->r, 50))
		spec.id = WEIR_STR("ev-9");
	if (generate_chance(&t->r, 50))
		info.user = WEIR_STR("feeder");
	if (generate_chance(&t->r, 50))
		spec.info = &info;
	e = weir_event_new(&spec);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	if (generate_chance(&t->r, 50))
		e->offset = 42;
	free(attributes);
	return e;
}

static void show(struct table *t, const struct weir_event *e, struct weir_str what)
{
	if (t->differ++ >= MAX_SHOWN)
		return;
	printf("\n  seed %llu: %.*s\n    payload %.*s\n", t->seed, WEIR_STR_FMT(what), WEIR_STR_FMT(e->data));
	for (unsigned i = 0; i < e->n_tags; i++)
		printf("    tag %.*s = '%.*s'\n", WEIR_STR_FMT(e->tags[i].key), WEIR_STR_FMT(e->tags[i].value));
}

static void show_value(const char *who, const struct weir_value *v, unsigned error)
{
	struct weir_buf text;

	weir_buf_init(&text, 1 << 18);
	ref_value_print(&text, v);
	printf("    %-9s %u %.*s\n", who, error, WEIR_STR_FMT(weir_buf_view(&text)));
	weir_buf_fini(&text);
}

static void compare_filter(struct table *t, const struct weir_event *e, struct pair *p, struct ref_event *reference)
{
	struct weir_resolver resolver = {ref_event_resolve, reference};
	enum weir_filter_error error, ref_error;
	struct weir_value v, ref_v;
	bool pass, same;

	ref_v = ref_run(p->reference, &resolver, &ref_error);
	pass = weir_filters_pass(t->fs, p->filter);
	v = weir_filters_value(t->fs, p->filter, &error);
	same = error == ref_error && (error || ref_value_equal(&v, &ref_v)); /* values beside errors: elsewhere */
	same = same && pass == (!ref_error && ref_v.type == WEIR_VALUE_BOOLEAN && ref_v.boolean);
	t->compared++;
	t->values += !ref_error;
	if (same)
		return;
	show(t, e, p->text);
	show_value("engine", &v, error);
	show_value("reference", &ref_v, ref_error);
}

static void compare_key(
	struct table *t, const struct weir_event *e, const struct weir_key *k, struct ref_event *reference)
{
	struct weir_str text = weir_filters_key(t->fs, k);
	struct weir_value wanted = ref_event_key(reference, weir_filter_key_text(k));

	t->missing_keys += !text.p;
	if (wanted.type == WEIR_VALUE_MISSING ? !text.p : text.p && weir_str_eq(text, wanted.string))
		return;
	show(t, e, weir_filter_key_text(k));
	printf("    key of the engine %s'%.*s'\n", text.p ? "" : "absent ", WEIR_STR_FMT(text));
	show_value("reference", &wanted, 0);
}

static void table_compare(struct table *t)
{
	struct weir_event *e = random_event(t);
	struct ref_arena arena = {NULL};
	struct ref_event reference = {e, &arena};

	weir_filters_event(t->fs, e);
	for (unsigned i = 0; i < PLACES; i++) {
		if (t->pairs[i].filter)
			compare_filter(t, e, &t->pairs[i], &reference);
		if (t->keys[i])
			compare_key(t, e, t->keys[i], &reference);
	}
	weir_filters_event(t->fs, NULL);
	ref_arena_free(&arena);
	weir_event_unref(&e);
}

static struct weir_filter *added(struct weir_filters *fs, struct weir_str text)
{
	struct weir_program *program;
	struct weir_filter *filter = NULL;
	struct weir_buf why;

	weir_buf_init(&why, 1024);
	CU_ASSERT_EQUAL_FATAL(weir_filter_compile(text, &program, &why), 0);
	CU_ASSERT_EQUAL(weir_filters_add(fs, &program, &filter), 0);
	weir_buf_fini(&why);
	return filter;
}

/* Room for Strings was asked for behind those of the last evaluation, and then there was none. */
static void test_added_after_a_string(void)
{
	static const struct weir_hash_key hash = {1, 2};
	struct weir_event_spec spec = {.channel = WEIR_STR("log"), .data = WEIR_STR("1")};
	struct weir_filters *fs = weir_filters_new(&hash);
	struct weir_filter *first = added(fs, WEIR_STR("UPPER(channel) = 'LOG'")), *second;
	struct weir_event *e = weir_event_new(&spec);

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	weir_filters_event(fs, e);
	CU_ASSERT(weir_filters_pass(fs, first));
	second = added(fs, WEIR_STR("LOWER('LOG') = channel"));
	CU_ASSERT_PTR_NOT_NULL(second);
	CU_ASSERT(second && weir_filters_pass(fs, second));
	weir_filters_event(fs, NULL);
	weir_filters_drop(fs, &first);
	weir_filters_drop(fs, &second);
	weir_filters_free(&fs);
	weir_event_unref(&e);
}

static void test_events(void)
{
	static const struct weir_hash_key hash = {1, 2};
	struct table *t = weir_xcalloc(1, sizeof(*t));

	t->fs = weir_filters_new(&hash);
	weir_buf_init(&t->text, 1 << 20);
	weir_buf_init(&t->why, 1 << 16);
	for (unsigned i = 0; i < EVENTS; i++) {
		t->seed = weir_test_seed() + i;
		weir_random_seeded(&t->r, t->seed);
		table_change(t);
		table_compare(t);
	}
	for (unsigned i = 0; i < PLACES; i++) {
		pair_drop(t, &t->pairs[i]);
		weir_filters_key_drop(t->fs, &t->keys[i]);
	}
	printf("%u compared, %u without error ...", t->compared, t->values);
	CU_ASSERT_EQUAL(t->differ, 0);
	CU_ASSERT(t->values > EVENTS);
	CU_ASSERT(t->missing_keys > EVENTS / 10);
	weir_filters_free(&t->fs);
	weir_buf_fini(&t->text);
	weir_buf_fini(&t->why);
	free(t);
}

const char weir_test_suite[] = "filter_events";
CU_TestInfo weir_tests[] = {
	{"events", test_events},
	{"a filter added after one that built a String", test_added_after_a_string},
	CU_TEST_INFO_NULL,
};
