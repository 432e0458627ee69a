/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of an expression, what is counted in it, and values to write down in tests. */
#include "reference.h"

#include <stdlib.h>

#include "reference_priv.h"
#include "weir/base/mem.h"

struct names {
	struct weir_str seen[1024];
	size_t n;
};

static void names_add(struct names *names, const struct ref_name *name)
{
	bool root = name->kind == WEIR_NAME_BARE && weir_str_caseeq(name->text, WEIR_STR("data"));
	struct weir_str path = root ? WEIR_STR("") : name->text;

	if (!root && name->kind != WEIR_NAME_DATA)
		return;
	for (size_t i = 0; i < names->n; i++)
		if (weir_str_eq(names->seen[i], path))
			return;
	weir_assert(names->n < WEIR_ARRAY_LEN(names->seen));
	names->seen[names->n++] = path;
}

static void names_collect(struct names *names, const struct ref_node *node)
{
	if (node->op == REF_NAME || node->op == REF_EXISTS)
		names_add(names, &node->name);
	else if (node->op == REF_LEAF && node->leaf)
		names_add(names, &node->leaf->key);
	for (size_t i = 0; i < node->n; i++)
		names_collect(names, node->args[i]);
}

static bool is_literal_set(const struct ref_node *in)
{
	for (size_t i = 1; i < in->n; i++)
		if (in->args[i]->op != REF_LITERAL)
			return false;
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct ref_node *ref_node(struct ref_arena *a, enum ref_op op, size_t column)
{
	struct ref_node *node = ref_alloc(a, sizeof(*node));

	node->op = op;
	node->column = column;
	return node;
}

void ref_add_arg(struct ref_arena *a, struct ref_node *node, struct ref_node *arg)
{
	struct ref_node **more = ref_alloc(a, (node->n + 1) * sizeof(*more));

	if (node->n)
		memcpy(more, node->args, node->n * sizeof(*more));
	more[node->n++] = arg;
	node->args = more;
}

size_t ref_count_nodes(const struct ref_node *node)
{
	size_t n = node->op == REF_LIKE || node->op == REF_EXISTS ? 2 : 1; /* the pattern, the name */

	for (size_t i = 0; i < node->n; i++)
		if (node->op != REF_IN || i == 0 || !is_literal_set(node))
			n += ref_count_nodes(node->args[i]);
	return n;
}

size_t ref_count_paths(const struct ref_node *node)
{
	struct names names = {.n = 0};

	names_collect(&names, node);
	return names.n;
}

void ref_free(struct ref_filter **f)
{
	if (!*f)
		return;
	ref_arena_free(&(*f)->arena);
	ref_arena_free(&(*f)->run);
	free(*f);
	*f = NULL;
}

bool ref_is_mixed(const struct ref_filter *f)
{
	return f->mixed;
}

bool ref_needs_data(const struct ref_filter *f)
{
	return ref_count_paths(f->root) > 0;
}

bool ref_value_equal(const struct weir_value *a, const struct weir_value *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case WEIR_VALUE_STRING:
		return weir_str_eq(a->string, b->string);
	case WEIR_VALUE_INTEGER:
		return a->integer == b->integer;
	case WEIR_VALUE_BOOLEAN:
		return a->boolean == b->boolean;
	case WEIR_VALUE_NUMBER:
		return ref_number_compare(ref_number_normal(a->number), ref_number_normal(b->number)) == 0;
	default:
		return true;
	}
}

void ref_value_print(struct weir_buf *out, const struct weir_value *v)
{
	switch (v->type) {
	case WEIR_VALUE_MISSING:
		weir_buf_lit(out, "missing");
		break;
	case WEIR_VALUE_STRING:
		weir_buf_printf(out, "String '%.*s'", WEIR_STR_FMT(v->string));
		break;
	case WEIR_VALUE_INTEGER:
		weir_buf_printf(out, "Integer %ld", (long)v->integer);
		break;
	case WEIR_VALUE_BOOLEAN:
		weir_buf_printf(out, "Boolean %s", v->boolean ? "true" : "false");
		break;
	case WEIR_VALUE_NUMBER:
		weir_buf_lit(out, "Number ");
		ref_number_print(out, ref_number_normal(v->number));
		break;
	case WEIR_VALUE_OPAQUE:
		weir_buf_lit(out, "Opaque");
		break;
	}
}

struct weir_value ref_string(const char *s)
{
	return (struct weir_value){.type = WEIR_VALUE_STRING, .string = weir_str(s)};
}

struct weir_value ref_integer(int32_t i)
{
	return (struct weir_value){.type = WEIR_VALUE_INTEGER, .integer = i};
}

struct weir_value ref_boolean(bool b)
{
	return (struct weir_value){.type = WEIR_VALUE_BOOLEAN, .boolean = b};
}

struct weir_value ref_number(const char *json_number)
{
	struct weir_value v = {.type = WEIR_VALUE_NUMBER};
	enum ref_read read = ref_number_read(weir_str(json_number), true, &v.number);

	weir_assert(read != REF_NO_NUMBER);
	return read == REF_READ ? v : ref_opaque();
}

struct weir_value ref_opaque(void)
{
	return (struct weir_value){.type = WEIR_VALUE_OPAQUE};
}

struct weir_value ref_missing(void)
{
	return (struct weir_value){.type = WEIR_VALUE_MISSING};
}
