/* SPDX-License-Identifier: Apache-2.0 */
/* The engine and the reference side by side; see differential.h. */
#include "differential.h"

#include <stdio.h>

#include "program_priv.h"
#include "test.h"

#define SCRATCH_BYTES 65536
#define MAX_SHOWN     10

static const char *const error_names[WEIR_FILTER_ERRORS] = {
	"ok", "missing_attribute", "cast", "math", "function", "generic", "not_boolean"};

void both_init(struct both *b)
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

void both_fini(struct both *b)
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
bool show_case(struct both *b, struct weir_str filter)
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

void compare_expression(struct both *b, struct weir_str text, const struct ref_attributes *attributes)
{
	both_clear(b);
	b->attributes = attributes;
	b->err = weir_filter_compile_value(text, &b->program, &b->why);
	b->ref_err = ref_compile(text, &b->filter, &b->ref_why);
	compare(b, text);
}

void compare_tree(struct both *b, struct weir_str text, const struct ref_attributes *attributes)
{
	struct weir_json node;

	both_clear(b);
	b->attributes = attributes;
	CU_ASSERT_EQUAL_FATAL(weir_json_check(text, 64, &node, NULL), 0);
	b->err = weir_filter_compile_tree(node, &b->program, &b->why);
	b->ref_err = ref_compile_tree(node, &b->filter, &b->ref_why);
	compare(b, text);
}
