/* SPDX-License-Identifier: Apache-2.0 */
/* Filter trees of the reference: the checks of a node, leaf and branch, and when a leaf is true. */
#include "reference_priv.h"
#include "weir/base/mem.h"
#include "weir/base/utf8.h"

#define TREE_BYTES 4096
#define TREE_VALS  256

struct tree {
	struct ref_arena *a;
	struct weir_buf *why;
	bool failed;
	size_t bytes, vals, nodes;
};

struct fields {
	struct weir_json op, key, cmp, val, vals, nodes;
};

/* What a comparison takes. */
enum needs { NEEDS_VAL, NEEDS_VALS, NEEDS_NOTHING };
static const struct {
	const char *cmp;
	enum needs needs;
} comparisons[] = {{"eq", NEEDS_VAL}, {"neq", NEEDS_VAL}, {"in", NEEDS_VALS}, {"nin", NEEDS_VALS},
	{"ex", NEEDS_NOTHING}, {"nex", NEEDS_NOTHING}, {"sw", NEEDS_VAL}, {"ew", NEEDS_VAL}, {"ct", NEEDS_VAL},
	{"lt", NEEDS_VAL}, {"lte", NEEDS_VAL}, {"gt", NEEDS_VAL}, {"gte", NEEDS_VAL}};

static void tree_fail(struct tree *t, struct weir_str place, const char *fmt, struct weir_str what)
{
	if (t->failed)
		return;
	t->failed = true;
	weir_buf_str(t->why, place);
	weir_buf_lit(t->why, ": ");
	for (; *fmt; fmt++)
		if (*fmt == '@')
			weir_buf_str(t->why, what);
		else
			weir_buf_char(t->why, *fmt);
}

static struct weir_str tree_string(struct tree *t, struct weir_json v)
{
	struct weir_buf text;
	struct weir_str out;

	if (v.type != WEIR_JSON_STRING)
		return WEIR_STR("");
	weir_buf_init(&text, 1 << 20);
	weir_json_string_decode(&text, v.text);
	out = ref_copy(t->a, weir_buf_view(&text));
	weir_buf_fini(&text);
	return out;
}

static void tree_type(
	struct tree *t, struct weir_str place, const char *field, struct weir_json v, enum weir_json_type wanted)
{
	if (v.type != WEIR_JSON_NONE && v.type != WEIR_JSON_NULL && v.type != wanted)
		tree_fail(t, place, "wrong type of @", weir_str(field));
}

/* Also of fields that are ignored: there is no such node. */
static void tree_types(struct tree *t, struct weir_str place, const struct fields *f)
{
	tree_type(t, place, "op", f->op, WEIR_JSON_STRING);
	tree_type(t, place, "key", f->key, WEIR_JSON_STRING);
	tree_type(t, place, "cmp", f->cmp, WEIR_JSON_STRING);
	tree_type(t, place, "val", f->val, WEIR_JSON_STRING);
	tree_type(t, place, "vals", f->vals, WEIR_JSON_ARRAY);
	tree_type(t, place, "nodes", f->nodes, WEIR_JSON_ARRAY);
}

static struct fields tree_fields(struct weir_json node)
{
	struct weir_json_iter it = weir_json_members(node);
	struct fields f = {0};
	struct weir_json v;
	struct weir_str name;
	const struct {
		const char *name;
		struct weir_json *to;
	} known[] = {{"op", &f.op}, {"key", &f.key}, {"cmp", &f.cmp}, {"val", &f.val}, {"vals", &f.vals},
		{"nodes", &f.nodes}};

	while (weir_json_next_member(&it, &name, &v))
		for (size_t i = 0; i < WEIR_ARRAY_LEN(known); i++)
			if (weir_json_string_is(name, weir_str(known[i].name)))
				*known[i].to = v;
	return f;
}

static void leaf_vals(struct tree *t, struct weir_json vals, struct ref_leaf *leaf, bool *strings)
{
	struct weir_json_iter it;
	struct weir_json v;

	if (vals.type != WEIR_JSON_ARRAY)
		return;
	for (it = weir_json_elements(vals); weir_json_next_element(&it, &v);) {
		struct weir_str *more = ref_alloc(t->a, (leaf->n_vals + 1) * sizeof(*more));

		*strings = *strings && v.type == WEIR_JSON_STRING;
		if (leaf->n_vals)
			memcpy(more, leaf->vals, leaf->n_vals * sizeof(*more));
		more[leaf->n_vals++] = tree_string(t, v);
		leaf->vals = more;
	}
}

static void leaf_key(struct tree *t, struct weir_str place, struct weir_str key, struct ref_leaf *leaf)
{
	size_t used;

	leaf->key = (struct ref_name){WEIR_NAME_TAG, key};
	if (!weir_str_starts(key, WEIR_STR("data.")) && !weir_str_starts(key, WEIR_STR("data[")))
		return;
	if (ref_read_path(t->a, key, 4, &leaf->key, &used) != REF_FINE || used != key.n)
		tree_fail(t, place, "bad path", WEIR_STR_NONE);
}

static void leaf_check(struct tree *t, struct weir_str place, const struct ref_leaf *leaf)
{
	enum needs needs = NEEDS_NOTHING;
	bool known = false;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(comparisons); i++)
		if (weir_str_is(leaf->cmp, comparisons[i].cmp)) {
			needs = comparisons[i].needs;
			known = true;
		}
	if (leaf->cmp.n == 0)
		tree_fail(t, place, "cmp missing", WEIR_STR_NONE);
	if (!known)
		tree_fail(t, place, "unknown cmp '@'", weir_utf8_prefix(leaf->cmp, 16));
	if (leaf->key.kind == WEIR_NAME_TAG && leaf->key.text.n == 0 && !weir_str_is(leaf->cmp, "ex") &&
		!weir_str_is(leaf->cmp, "nex"))
		tree_fail(t, place, "key missing", WEIR_STR_NONE);
	if (needs == NEEDS_VAL && leaf->val.n == 0)
		tree_fail(t, place, "@ needs val", leaf->cmp);
	if (needs == NEEDS_VALS && leaf->n_vals == 0)
		tree_fail(t, place, "@ needs vals", leaf->cmp);
	if (needs != NEEDS_VAL && leaf->val.n > 0)
		tree_fail(t, place, "@ takes no val", leaf->cmp);
	if (needs != NEEDS_VALS && leaf->n_vals > 0)
		tree_fail(t, place, "@ takes no vals", leaf->cmp);
}

static void tree_count(struct tree *t, struct weir_str place, const struct ref_leaf *leaf, struct weir_str key)
{
	t->bytes += key.n + leaf->val.n;
	for (size_t i = 0; i < leaf->n_vals; i++)
		t->bytes += leaf->vals[i].n;
	t->vals += leaf->n_vals;
	if (t->bytes > TREE_BYTES)
		tree_fail(t, place, "more than 4096 bytes", WEIR_STR_NONE);
	if (t->vals > TREE_VALS)
		tree_fail(t, place, "more than 256 vals", WEIR_STR_NONE);
}

static struct ref_node *tree_leaf(struct tree *t, struct weir_str place, const struct fields *f)
{
	struct ref_node *node = ref_node(t->a, REF_LEAF, 0);
	struct ref_leaf *leaf = ref_alloc(t->a, sizeof(*leaf));
	struct weir_str key = tree_string(t, f->key);
	bool strings = true;

	leaf->cmp = tree_string(t, f->cmp);
	leaf->val = tree_string(t, f->val);
	leaf_vals(t, f->vals, leaf, &strings);
	leaf->key = (struct ref_name){WEIR_NAME_TAG, key};
	leaf_check(t, place, leaf);
	if (!strings)
		tree_fail(t, place, "wrong type of vals", WEIR_STR_NONE);
	leaf_key(t, place, key, leaf);
	tree_count(t, place, leaf, key);
	node->leaf = leaf;
	return node;
}

static struct ref_node *tree_node(struct tree *t, struct weir_json json, struct weir_str place, unsigned depth);

static void tree_children(
	struct tree *t, struct weir_str place, struct weir_json nodes, unsigned depth, struct ref_node *node)
{
	struct weir_json_iter it;
	struct weir_json v;
	struct weir_buf below;

	if (nodes.type != WEIR_JSON_ARRAY)
		return;
	for (it = weir_json_elements(nodes); !t->failed && weir_json_next_element(&it, &v);) {
		if (v.type != WEIR_JSON_OBJECT) {
			tree_fail(t, place, "wrong type of nodes", WEIR_STR_NONE);
			return;
		}
		weir_buf_init(&below, 1 << 16);
		weir_buf_printf(&below, "%.*s.nodes[%zu]", WEIR_STR_FMT(place), node->n);
		ref_add_arg(t->a, node, tree_node(t, v, ref_copy(t->a, weir_buf_view(&below)), depth + 1));
		weir_buf_fini(&below);
	}
}

static size_t tree_elements(struct weir_json array)
{
	struct weir_json_iter it;
	struct weir_json v;
	size_t n = 0;

	if (array.type == WEIR_JSON_ARRAY)
		for (it = weir_json_elements(array); weir_json_next_element(&it, &v);)
			n++;
	return n;
}

static struct ref_node *tree_branch(struct tree *t, struct weir_str place, const struct fields *f, unsigned depth)
{
	struct weir_str op = tree_string(t, f->op);
	struct ref_node *node = ref_node(t->a, REF_AND, 0);

	if (weir_str_is(op, "or"))
		node->op = REF_OR;
	else if (weir_str_is(op, "not"))
		node->op = REF_NOT;
	else if (!weir_str_is(op, "and"))
		tree_fail(t, place, "unknown op '@'", weir_utf8_prefix(op, 16));
	if (node->op == REF_NOT && tree_elements(f->nodes) != 1)
		tree_fail(t, place, "not needs one node", WEIR_STR_NONE);
	else if (tree_elements(f->nodes) == 0)
		tree_fail(t, place, "@ needs a node", op);
	tree_children(t, place, f->nodes, depth, node);
	return node;
}

static struct ref_node *tree_node(struct tree *t, struct weir_json json, struct weir_str place, unsigned depth)
{
	struct fields f;

	if (json.type != WEIR_JSON_OBJECT) {
		tree_fail(t, place, "wrong type", WEIR_STR_NONE);
		return ref_node(t->a, REF_LEAF, 0);
	}
	f = tree_fields(json);
	if (depth > REF_MAX_DEPTH)
		tree_fail(t, place, "deeper than 16 levels", WEIR_STR_NONE);
	if (++t->nodes > REF_MAX_NODES)
		tree_fail(t, place, "more than 64 nodes", WEIR_STR_NONE);
	tree_types(t, place, &f);
	return tree_string(t, f.op).n > 0 ? tree_branch(t, place, &f, depth) : tree_leaf(t, place, &f);
}

/* ---- when a leaf is true ---- */

static bool reads_as_number(struct ref_arena *a, struct weir_value v, struct weir_decimal *out)
{
	struct weir_value number;

	if (v.type != WEIR_VALUE_NUMBER && v.type != WEIR_VALUE_STRING)
		return false;
	if (!ref_cast(a, v, WEIR_VALUE_NUMBER, &number))
		return false;
	*out = number.number;
	return true;
}

static bool leaf_equal(struct ref_arena *a, struct weir_value v, struct weir_str val)
{
	struct weir_value text;
	struct weir_decimal x, y;

	if (v.type == WEIR_VALUE_NUMBER && reads_as_number(a, v, &x) &&
		reads_as_number(a, (struct weir_value){.type = WEIR_VALUE_STRING, .string = val}, &y))
		return ref_number_compare(x, y) == 0;
	return ref_cast(a, v, WEIR_VALUE_STRING, &text) && weir_str_eq(text.string, val);
}

static bool leaf_in(struct ref_arena *a, const struct ref_leaf *leaf, struct weir_value v)
{
	for (size_t i = 0; i < leaf->n_vals; i++)
		if (leaf_equal(a, v, leaf->vals[i]))
			return true;
	return false;
}

static bool leaf_ordered(struct ref_arena *a, const struct ref_leaf *leaf, struct weir_value v)
{
	struct weir_value val = {.type = WEIR_VALUE_STRING, .string = leaf->val};
	struct weir_decimal x, y;
	int order;

	if (!reads_as_number(a, v, &x) || !reads_as_number(a, val, &y))
		return false;
	order = ref_number_compare(x, y);
	if (weir_str_is(leaf->cmp, "lt"))
		return order < 0;
	if (weir_str_is(leaf->cmp, "lte"))
		return order <= 0;
	if (weir_str_is(leaf->cmp, "gt"))
		return order > 0;
	return order >= 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool ref_leaf_true(struct ref_arena *a, const struct ref_leaf *leaf, struct weir_value v)
{
	struct weir_str cmp = leaf->cmp;
	struct weir_value text;
	bool there = v.type != WEIR_VALUE_MISSING, has_text = there && ref_cast(a, v, WEIR_VALUE_STRING, &text);

	if (weir_str_is(cmp, "ex"))
		return there;
	if (weir_str_is(cmp, "nex"))
		return !there;
	if (weir_str_is(cmp, "eq"))
		return has_text && leaf_equal(a, v, leaf->val);
	if (weir_str_is(cmp, "neq"))
		return !(has_text && leaf_equal(a, v, leaf->val));
	if (weir_str_is(cmp, "in"))
		return has_text && leaf_in(a, leaf, v);
	if (weir_str_is(cmp, "nin"))
		return !(has_text && leaf_in(a, leaf, v));
	if (weir_str_is(cmp, "sw"))
		return has_text && weir_str_starts(text.string, leaf->val);
	if (weir_str_is(cmp, "ew"))
		return has_text && weir_str_ends(text.string, leaf->val);
	if (weir_str_is(cmp, "ct"))
		return has_text && weir_str_contains(text.string, leaf->val);
	return there && leaf_ordered(a, leaf, v);
}

int ref_compile_tree(struct weir_json node, struct ref_filter **out, struct weir_buf *why)
{
	struct ref_filter *f = weir_xcalloc(1, sizeof(*f));
	struct tree t = {.a = &f->arena, .why = why};

	*out = NULL;
	weir_buf_reset(why);
	f->root = tree_node(&t, node, WEIR_STR("tf"), 1);
	if (!t.failed && ref_count_paths(f->root) > REF_MAX_PATHS)
		tree_fail(&t, WEIR_STR("tf"), "more than 16 paths", WEIR_STR_NONE);
	if (t.failed) {
		ref_free(&f);
		return WEIR_EINVALID;
	}
	*out = f;
	return 0;
}
