/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a FilterNode to a program. The tree comes from a subscriber: everything is counted against the limits before it
 * is kept, and a refusal names the node and the reason. The recursion is as deep as the tree may be. Any thread.
 */
#include "tree_priv.h"

#include <errno.h>

#include "weir/base/mem.h"

static int tree_string_field(struct tree *t, const char *name, struct weir_json v, struct weir_str *out)
{
	if (v.type != WEIR_JSON_STRING && v.type != WEIR_JSON_NULL)
		return weir__tree_refuse(t, "wrong type of ", name);
	*out = v.type == WEIR_JSON_STRING && v.text.n > 2 ? v.text : WEIR_STR_NONE;
	return 0;
}

static int tree_array_field(struct tree *t, const char *name, struct weir_json v, struct weir_json *out)
{
	struct weir_json_iter it = weir_json_elements(v);
	struct weir_json first;

	if (v.type != WEIR_JSON_ARRAY && v.type != WEIR_JSON_NULL)
		return weir__tree_refuse(t, "wrong type of ", name);
	*out = weir_json_next_element(&it, &first) ? v : (struct weir_json){0};
	return 0;
}

static int tree_read(struct tree *t, struct weir_json object, struct tree_node *node)
{
	static const char *const names[] = {"op", "key", "cmp", "val", "vals", "nodes"};
	struct weir_str *const strings[] = {&node->op, &node->key, &node->cmp, &node->val};
	struct weir_json_iter it = weir_json_members(object);
	struct weir_str name;
	struct weir_json v;
	unsigned seen = 0;

	*node = (struct tree_node){0};
	while (weir_json_next_member(&it, &name, &v)) {
		size_t i = 0;
		int err;

		while (i < WEIR_ARRAY_LEN(names) && !weir_json_string_is(name, weir_str(names[i])))
			i++;
		if (i == WEIR_ARRAY_LEN(names))
			continue;
		if (seen & 1u << i)
			return weir__tree_refuse(t, names[i], " given twice");
		seen |= 1u << i;
		if (i < WEIR_ARRAY_LEN(strings))
			err = tree_string_field(t, names[i], v, strings[i]);
		else
			err = tree_array_field(t, names[i], v, i == 4 ? &node->vals : &node->nodes);
		if (err)
			return err;
	}
	return 0;
}

static int tree_node(struct tree *t, struct weir_json object);

/* The nodes of an and, or, not, with a jump to the end behind each but the last. */
static int tree_children(struct tree *t, struct weir_json nodes, enum program_code jump)
{
	struct weir_json_iter it = weir_json_elements(nodes);
	unsigned jumps[PROGRAM_NODES], n = 0;
	struct weir_json child;

	for (uint32_t i = 0; weir_json_next_element(&it, &child); i++) {
		int err;

		if (child.type != WEIR_JSON_OBJECT)
			return weir__tree_refuse(t, "wrong type of ", "nodes");
		if (t->depth == PROGRAM_DEPTH)
			return weir__tree_limit(t, "deeper than 16 levels");
		if (t->n_nodes == PROGRAM_NODES)
			return weir__tree_limit(t, "more than 64 nodes");
		if (i > 0)
			jumps[n++] = weir__build_op(&t->build, jump, 0, 0, 0);
		t->path[t->depth++] = i;
		err = tree_node(t, child);
		if (err)
			return err;
		t->depth--;
	}
	while (n > 0)
		weir__build_jump_here(&t->build, jumps[--n]);
	return 0;
}

static int tree_not(struct tree *t, struct weir_json nodes)
{
	struct weir_json_iter it = weir_json_elements(nodes);
	struct weir_json child;
	int err;

	if (!weir_json_next_element(&it, &child) || weir_json_next_element(&it, &child))
		return weir__tree_refuse(t, "not needs one node", "");
	err = tree_children(t, nodes, PROGRAM_NOT);
	if (!err)
		weir__build_op(&t->build, PROGRAM_NOT, 0, 0, 0);
	return err;
}

/* One node and what is below it; it has its place in path already. */
static int tree_node(struct tree *t, struct weir_json object)
{
	struct tree_node node;
	bool is_and;
	int err;

	t->n_nodes++;
	err = tree_read(t, object, &node);
	if (err)
		return err;
	if (!node.op.p)
		return weir__tree_leaf(t, &node);
	if (weir_json_string_is(node.op, WEIR_STR("not")))
		return tree_not(t, node.nodes);
	is_and = weir_json_string_is(node.op, WEIR_STR("and"));
	if (!is_and && !weir_json_string_is(node.op, WEIR_STR("or")))
		return weir__tree_unknown(t, "op", node.op);
	if (!node.nodes.type)
		return weir__tree_refuse(t, is_and ? "and" : "or", " needs a node");
	return tree_children(t, node.nodes, is_and ? PROGRAM_AND : PROGRAM_OR);
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_filter_compile_tree(struct weir_json node, struct weir_program **out, struct weir_buf *why)
{
	struct tree t;
	int err;

	*out = NULL;
	t.why = why;
	t.n_nodes = t.n_vals = 0;
	t.n_bytes = 0;
	t.depth = 1;
	weir__build_init(&t.build);
	err = node.type == WEIR_JSON_OBJECT ? tree_node(&t, node) : weir__tree_refuse(&t, "wrong type of ", "tf");
	if (!err) {
		*out = weir__build_finish(&t.build, WEIR_VALUE_BOOLEAN, false);
		err = *out ? 0 : -ENOMEM;
	}
	weir__build_fini(&t.build);
	return err;
}
