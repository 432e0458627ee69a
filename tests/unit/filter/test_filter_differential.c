/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine against the reference: random filters on random attributes must have the same value, the same type and the
 * same error in both; broken ones must be refused by both with the same words. Each case has a seed of its own, which is
 * printed with all that is needed to try it by hand.
 */
#include <stdio.h>
#include <stdlib.h>

#include "generate.h"
#include "program_priv.h"
#include "reference.h"
#include "test.h"
#include "weir/base/mem.h"

#define SCRATCH_BYTES 65536
#define MAX_SHOWN     10

static const char *const error_names[WEIR_FILTER_ERRORS] = {
	"ok", "missing_attribute", "cast", "math", "function", "generic", "not_boolean"};

/* One filter on both sides. */
struct both {
	const struct ref_attributes *attributes;
	struct weir_program *program;
	struct ref_filter *filter;
	struct weir_buf why, ref_why, scratch;
	int err, ref_err;
	unsigned long long seed;
	unsigned differ, compared, refused;
};

static void both_init(struct both *b)
{
	*b = (struct both){.program = NULL};
	weir_buf_init(&b->why, 1 << 16);
	weir_buf_init(&b->ref_why, 1 << 16);
	weir_buf_init(&b->scratch, SCRATCH_BYTES);
	CU_ASSERT_PTR_NOT_NULL_FATAL(weir_buf_reserve(&b->scratch, SCRATCH_BYTES));
}

static void both_clear(struct both *b)
{
	weir_program_free(&b->program);
	ref_free(&b->filter);
	weir_buf_reset(&b->why);
	weir_buf_reset(&b->ref_why);
}

static void both_fini(struct both *b)
{
	both_clear(b);
	weir_buf_fini(&b->why);
	weir_buf_fini(&b->ref_why);
	weir_buf_fini(&b->scratch);
}

/* ---- the engine's names ---- */

/* A compiled path (see path_priv.h) in the words of the reference. */
static void path_name(struct weir_str steps, struct weir_buf *out)
{
	for (size_t i = 0; i < steps.n;) {
		const unsigned char *s = (const unsigned char *)steps.p + i;

		if (s[0] == 2) {
			weir_buf_printf(out, "#%d", s[1] << 8 | s[2]);
			i += 3;
			continue;
		}
		weir_buf_char(out, '/');
		for (unsigned k = 0; k < s[1]; k++) {
			if (s[2 + k] && strchr("/#~", s[2 + k]))
				weir_buf_char(out, '~');
			weir_buf_char(out, (char)s[2 + k]);
		}
		i += 2 + (size_t)s[1];
	}
}

static struct weir_value engine_value(struct weir_value v)
{
	if (v.type == WEIR_VALUE_NUMBER) /* the engine keeps the digits to the left */
		while (v.number.digits && v.number.digits < UINT64_C(1000000000000000000))
			v.number.digits *= 10;
	return v;
}

static struct weir_value engine_resolve(void *ctx, enum weir_name_kind kind, struct weir_str name, unsigned path)
{
	struct both *b = ctx;
	struct weir_value v;
	struct weir_buf text;

	if (kind != WEIR_NAME_DATA)
		return engine_value(ref_resolve((void *)b->attributes, kind, name, path));
	weir_buf_init(&text, 4096);
	path_name(weir__program_path(b->program, path), &text);
	v = ref_resolve((void *)b->attributes, kind, text.len ? weir_buf_view(&text) : WEIR_STR(""), path);
	weir_buf_fini(&text);
	return engine_value(v);
}

/* ---- what is said about a difference ---- */

static void show_outcome(
	const char *who, const struct weir_value *v, enum weir_filter_error error, bool needs_data, bool mixed)
{
	struct weir_buf text;

	weir_buf_init(&text, 1 << 18);
	ref_value_print(&text, v);
	printf("    %-9s %s, %.*s, %s data, %s\n", who, error_names[error], WEIR_STR_FMT(weir_buf_view(&text)),
		needs_data ? "with" : "without", mixed ? "mixed" : "not mixed");
	weir_buf_fini(&text);
}

static void show_attributes(const struct ref_attributes *attributes)
{
	static const char *const kinds[] = {"bare", "tag", "event", "data"};
	struct weir_buf text;

	for (size_t i = 0; i < attributes->n; i++) {
		const struct ref_attribute *a = &attributes->list[i];

		weir_buf_init(&text, 4096);
		ref_value_print(&text, &a->value);
		printf("      %s %.*s = %.*s\n", kinds[a->kind], WEIR_STR_FMT(a->name),
			WEIR_STR_FMT(weir_buf_view(&text)));
		weir_buf_fini(&text);
	}
}

/* False: enough has been shown. */
static bool show_case(struct both *b, struct weir_str filter)
{
	b->differ++;
	if (b->differ > MAX_SHOWN)
		return false;
	printf("\n  seed %llu: %.*s\n", b->seed, WEIR_STR_FMT(filter));
	return true;
}

/* ---- comparing ---- */

static bool is_limit(struct weir_str why)
{
	return weir_str_contains(why, WEIR_STR("more than ")) || weir_str_contains(why, WEIR_STR("deeper than "));
}

/* "unexpected 'T' at column N": how much of a broken path is T is left to the compiler too. */
static bool same_unexpected(struct weir_str a, struct weir_str b)
{
	static const char at[] = "' at column ", begin[] = "unexpected '";
	size_t n = 0, tail = 0;

	if (!weir_str_starts(a, weir_str(begin)) || !weir_str_starts(b, weir_str(begin)))
		return false;
	while (n < a.n && n < b.n && a.p[n] == b.p[n])
		n++;
	while (tail < a.n && tail < b.n && a.p[a.n - 1 - tail] == b.p[b.n - 1 - tail])
		tail++;
	return n + tail >= (a.n < b.n ? a.n : b.n) &&
	       weir_str_contains(weir_str_n(a.p + a.n - tail, tail), weir_str(at));
}

/* Where a limit is noticed is left to the compiler; so it may also come before another problem, or after it. */
static bool same_refusal(struct weir_str a, struct weir_str b)
{
	return weir_str_eq(a, b) || is_limit(a) || is_limit(b) || same_unexpected(a, b);
}

/* An error's zero is an Integer or a Number when only the operands could tell which. */
static bool same_value(const struct weir_value *a, const struct weir_value *b, enum weir_filter_error error)
{
	struct weir_value zero = ref_integer(0), number = {.type = WEIR_VALUE_NUMBER};

	if (error && (ref_value_equal(a, &zero) || ref_value_equal(a, &number)))
		return ref_value_equal(b, &zero) || ref_value_equal(b, &number);
	return ref_value_equal(a, b);
}

static void compare_outcomes(struct both *b, struct weir_str filter)
{
	struct weir_resolver engine = {engine_resolve, b}, reference = {ref_resolve, (void *)b->attributes};
	enum weir_filter_error error, ref_error;
	struct weir_value v, ref_v;

	v = weir_program_run(b->program, &engine, &b->scratch, &error);
	ref_v = ref_run(b->filter, &reference, &ref_error);
	b->compared++;
	if (error == ref_error && same_value(&v, &ref_v, error) &&
		weir_program_needs_data(b->program) == ref_needs_data(b->filter) &&
		weir_program_is_mixed(b->program) == ref_is_mixed(b->filter))
		return;
	if (!show_case(b, filter))
		return;
	show_outcome("engine", &v, error, weir_program_needs_data(b->program), weir_program_is_mixed(b->program));
	show_outcome("reference", &ref_v, ref_error, ref_needs_data(b->filter), ref_is_mixed(b->filter));
	show_attributes(b->attributes);
}

static void compare(struct both *b, struct weir_str filter)
{
	if (b->err == 0 && b->ref_err == 0) {
		compare_outcomes(b, filter);
		return;
	}
	b->refused++;
	if (b->err && b->ref_err && same_refusal(weir_buf_view(&b->why), weir_buf_view(&b->ref_why)))
		return;
	if (!show_case(b, filter))
		return;
	printf("    engine    %d %.*s\n", b->err, WEIR_STR_FMT(weir_buf_view(&b->why)));
	printf("    reference %d %.*s\n", b->ref_err, WEIR_STR_FMT(weir_buf_view(&b->ref_why)));
}

static void compare_expression(struct both *b, struct weir_str text, const struct ref_attributes *attributes)
{
	both_clear(b);
	b->attributes = attributes;
	b->err = weir_filter_compile_value(text, &b->program, &b->why);
	b->ref_err = ref_compile(text, &b->filter, &b->ref_why);
	compare(b, text);
}

static void compare_tree(struct both *b, struct weir_str text, const struct ref_attributes *attributes)
{
	struct weir_json node;

	both_clear(b);
	b->attributes = attributes;
	CU_ASSERT_EQUAL_FATAL(weir_json_check(text, 64, &node, NULL), 0);
	b->err = weir_filter_compile_tree(node, &b->program, &b->why);
	b->ref_err = ref_compile_tree(node, &b->filter, &b->ref_why);
	compare(b, text);
}

/* ---- the tests ---- */

typedef void case_fn(
	struct both *b, struct weir_random *r, struct weir_buf *text, struct generate_attributes *attributes);

static void run_cases(unsigned n, case_fn *one)
{
	struct generate_attributes *attributes = weir_xcalloc(1, sizeof(*attributes));
	unsigned long long seed = weir_test_seed();
	struct weir_random r;
	struct weir_buf text;
	struct both b;

	both_init(&b);
	weir_buf_init(&text, 1 << 16);
	for (unsigned i = 0; i < n; i++) { /* WEIR_SEED=<seed of a case> begins with it */
		b.seed = seed + i;
		weir_random_seeded(&r, b.seed);
		one(&b, &r, &text, attributes);
	}
	printf("%u compared, %u refused ...", b.compared, b.refused);
	CU_ASSERT_EQUAL(b.differ, 0);
	CU_ASSERT(b.compared > n / 100);
	CU_ASSERT(b.refused < n - n / 100);
	weir_buf_fini(&text);
	both_fini(&b);
	free(attributes);
}

static void case_expression(
	struct both *b, struct weir_random *r, struct weir_buf *text, struct generate_attributes *attributes)
{
	generate_expression(r, r, text);
	generate_attributes(r, false, attributes);
	compare_expression(b, weir_buf_view(text), &attributes->attributes);
}

static void case_mutation(
	struct both *b, struct weir_random *r, struct weir_buf *text, struct generate_attributes *attributes)
{
	generate_expression(r, r, text);
	generate_mutation(r, text);
	generate_attributes(r, false, attributes);
	compare_expression(b, weir_buf_view(text), &attributes->attributes);
}

static void case_tree(
	struct both *b, struct weir_random *r, struct weir_buf *text, struct generate_attributes *attributes)
{
	generate_tree(r, text);
	generate_attributes(r, true, attributes);
	compare_tree(b, weir_buf_view(text), &attributes->attributes);
}

/* Spaces, letter case and parentheses around the whole change nothing: the same bytes. */
static void case_bytes(
	struct both *b, struct weir_random *r, struct weir_buf *text, struct generate_attributes *attributes)
{
	struct weir_program *first = NULL, *second = NULL;
	struct weir_random again = *r, style;
	struct weir_buf other;
	int err;

	(void)attributes;
	weir_buf_init(&other, 1 << 16);
	weir_random_seeded(&style, b->seed + 1);
	generate_expression(r, &style, text);
	generate_expression(&again, &style, &other);
	weir_buf_str(&other, WEIR_STR(" )"));
	weir_buf_reset(&b->why);
	err = weir_filter_compile_value(weir_buf_view(text), &first, &b->why);
	weir_buf_reset(text);
	weir_buf_char(text, '(');
	weir_buf_str(text, weir_buf_view(&other));
	weir_buf_reset(&b->why);
	if (!err && !weir_filter_compile_value(weir_buf_view(text), &second, &b->why)) {
		b->compared++;
		if (!weir_str_eq(weir_program_bytes(first), weir_program_bytes(second)) &&
			show_case(b, weir_buf_view(text)))
			printf("    other bytes in another spelling\n");
	} else {
		b->refused++; /* for a limit */
	}
	weir_program_free(&first);
	weir_program_free(&second);
	weir_buf_fini(&other);
}

static void test_bytes(void)
{
	run_cases(5000, case_bytes);
}

#define LONG_BYTES 131072

/* The budget: 262,144 bytes read, 65,536 built. */
static void test_budget(void)
{
	static const char *const list[] = {
		"LENGTH(whole)",
		"CONCAT(half)",
		"LENGTH(CONCAT(half, 'a'))",
		"CONCAT(half, 'a')",
		"UPPER(half)",
		"LOWER(whole)",
		"LENGTH(CONCAT(quarter, quarter))",
		"CONCAT(quarter, quarter, 1)",
		"whole LIKE 'b' OR whole LIKE 'b'",
		"whole LIKE 'b' OR whole LIKE 'b' OR 'a' LIKE 'a'",
		"whole = whole AND whole = whole",
		"whole = whole AND whole = whole AND 'a' = 'a'",
		"whole = whole AND whole = whole AND 'a' = 'bb'",
		"IS_INT(whole) OR IS_INT(whole)",
		"IS_INT(whole) OR IS_INT(whole) OR IS_INT('a')",
		"LENGTH(whole) = 131072 AND LENGTH(whole) = 131072 AND LENGTH('') = 0",
		"LENGTH(whole) = 131072 AND LENGTH(whole) = 131072 AND LENGTH('a') = 1",
		"whole + 1",
		"RIGHT(LEFT(whole, 5), 2) LIKE 'aa'",
	};
	char *texts = weir_xmalloc(LONG_BYTES);
	struct ref_attribute attributes[3] = {
		{WEIR_NAME_TAG, WEIR_STR("whole"), {WEIR_VALUE_STRING, .string = {texts, LONG_BYTES}}},
		{WEIR_NAME_TAG, WEIR_STR("half"), {WEIR_VALUE_STRING, .string = {texts, LONG_BYTES / 2}}},
		{WEIR_NAME_TAG, WEIR_STR("quarter"), {WEIR_VALUE_STRING, .string = {texts, LONG_BYTES / 4}}},
	};
	struct ref_attributes all = {attributes, 3};
	struct both b;

	memset(texts, 'a', LONG_BYTES);
	both_init(&b);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(list); i++)
		compare_expression(&b, weir_str(list[i]), &all);
	CU_ASSERT_EQUAL(b.differ, 0);
	CU_ASSERT_EQUAL(b.compared, WEIR_ARRAY_LEN(list));
	both_fini(&b);
	free(texts);
}

static void test_expressions(void)
{
	run_cases(20000, case_expression);
}

static void test_mutations(void)
{
	run_cases(20000, case_mutation);
}

static void test_trees(void)
{
	run_cases(10000, case_tree);
}

const char weir_test_suite[] = "filter_differential";
CU_TestInfo weir_tests[] = {
	{"expressions", test_expressions},
	{"mutations", test_mutations},
	{"trees", test_trees},
	{"equal bytes", test_bytes},
	{"budget", test_budget},
	CU_TEST_INFO_NULL,
};
