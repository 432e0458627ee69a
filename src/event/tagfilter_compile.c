/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a FilterNode to a program. The tree comes from a subscriber: everything is counted against the limits before it
 * is kept, and a refusal names the node and the reason. The recursion is as deep as the tree may be. Any thread.
 */
#include <errno.h>
#include <stdlib.h>

#include "tagfilter_priv.h"
#include "weir/base/mem.h"
#include "weir/base/utf8.h"
#include "weir/event/tagfilter.h"

#define COMPILE_SHOWN_BYTES 16 /* of an unknown word, in a refusal */

struct compile {
	struct weir_buf *why;
	struct weir_buf bytes;
	unsigned n_nodes, n_ops, n_vals, depth;
	uint32_t path[TAGFILTER_DEPTH]; /* indices that lead to the node at hand */
	struct tagfilter_op ops[TAGFILTER_OPS];
	struct tagfilter_text vals[TAGFILTER_VALS];
};

/* The members of a node as they stand in the JSON; absent if missing, null or empty. */
struct compile_node {
	struct weir_str op, key, cmp, val;
	struct weir_json vals, nodes;
};

enum compile_needs { NEEDS_NOTHING, NEEDS_VAL, NEEDS_VALS };

static const struct compile_cmp {
	const char *name;
	enum tagfilter_code code;
	bool negated;
	enum compile_needs needs;
} compile_cmps[] = {
	{"eq", TAGFILTER_EQUAL, false, NEEDS_VAL},
	{"neq", TAGFILTER_EQUAL, true, NEEDS_VAL},
	{"in", TAGFILTER_IN, false, NEEDS_VALS},
	{"nin", TAGFILTER_IN, true, NEEDS_VALS},
	{"ex", TAGFILTER_EXISTS, false, NEEDS_NOTHING},
	{"nex", TAGFILTER_EXISTS, true, NEEDS_NOTHING},
	{"sw", TAGFILTER_STARTS, false, NEEDS_VAL},
	{"ew", TAGFILTER_ENDS, false, NEEDS_VAL},
	{"ct", TAGFILTER_CONTAINS, false, NEEDS_VAL},
	{"lt", TAGFILTER_LESS, false, NEEDS_VAL},
	{"lte", TAGFILTER_LESS_EQUAL, false, NEEDS_VAL},
	{"gt", TAGFILTER_GREATER, false, NEEDS_VAL},
	{"gte", TAGFILTER_GREATER_EQUAL, false, NEEDS_VAL},
};

/* Writes "tf.nodes[0].nodes[2]: " and then what the caller adds. */
static struct weir_buf *compile_place(struct compile *c)
{
	weir_buf_lit(c->why, "tf");
	for (unsigned i = 1; i < c->depth; i++)
		weir_buf_printf(c->why, ".nodes[%u]", c->path[i]);
	weir_buf_lit(c->why, ": ");
	return c->why;
}

static int compile_refuse(struct compile *c, const char *subject, const char *reason)
{
	weir_buf_printf(compile_place(c), "%s%s", subject, reason);
	return WEIR_EINVALID;
}

static int compile_limit(struct compile *c, const char *reason)
{
	weir_buf_str(compile_place(c), weir_str(reason));
	return WEIR_ELIMIT;
}

static int compile_unknown(struct compile *c, const char *what, struct weir_str quoted)
{
	struct weir_buf text;

	weir_buf_init(&text, quoted.n);
	weir_json_string_decode(&text, quoted);
	weir_buf_printf(compile_place(c), "unknown %s '", what);
	weir_buf_str(c->why, weir_utf8_prefix(weir_buf_view(&text), COMPILE_SHOWN_BYTES));
	weir_buf_char(c->why, '\'');
	weir_buf_fini(&text);
	return WEIR_EINVALID;
}

/* ---- reading a node ---------------------------------------------------------------------------------------------- */

static int compile_string_field(struct compile *c, const char *name, struct weir_json v, struct weir_str *out)
{
	if (v.type != WEIR_JSON_STRING && v.type != WEIR_JSON_NULL)
		return compile_refuse(c, "wrong type of ", name);
	*out = v.type == WEIR_JSON_STRING && v.text.n > 2 ? v.text : WEIR_STR_NONE;
	return 0;
}

static int compile_array_field(struct compile *c, const char *name, struct weir_json v, struct weir_json *out)
{
	struct weir_json_iter it = weir_json_elements(v);
	struct weir_json first;

	if (v.type != WEIR_JSON_ARRAY && v.type != WEIR_JSON_NULL)
		return compile_refuse(c, "wrong type of ", name);
	*out = weir_json_next_element(&it, &first) ? v : (struct weir_json){0};
	return 0;
}

static int compile_read(struct compile *c, struct weir_json object, struct compile_node *node)
{
	static const char *const names[] = {"op", "key", "cmp", "val", "vals", "nodes"};
	struct weir_str *const strings[] = {&node->op, &node->key, &node->cmp, &node->val};
	struct weir_json_iter it = weir_json_members(object);
	struct weir_str name;
	struct weir_json v;
	unsigned seen = 0;

	*node = (struct compile_node){0};
	while (weir_json_next_member(&it, &name, &v)) {
		size_t i = 0;
		int err;

		while (i < WEIR_ARRAY_LEN(names) && !weir_json_string_is(name, weir_str(names[i])))
			i++;
		if (i == WEIR_ARRAY_LEN(names))
			continue;
		if (seen & 1u << i)
			return compile_refuse(c, names[i], " given twice");
		seen |= 1u << i;
		if (i < WEIR_ARRAY_LEN(strings))
			err = compile_string_field(c, names[i], v, strings[i]);
		else
			err = compile_array_field(c, names[i], v, i == 4 ? &node->vals : &node->nodes);
		if (err)
			return err;
	}
	return 0;
}

/* ---- writing ops ------------------------------------------------------------------------------------------------- */

static struct tagfilter_op *compile_op(struct compile *c, enum tagfilter_code code)
{
	struct tagfilter_op *op = &c->ops[c->n_ops++];

	weir_assert(c->n_ops <= TAGFILTER_OPS);
	memset(op, 0, sizeof(*op)); /* padding too: programs are compared as bytes */
	op->code = (uint8_t)code;
	return op;
}

static int compile_text(struct compile *c, struct weir_str quoted, struct tagfilter_text *out)
{
	size_t at = c->bytes.len;

	weir_json_string_decode(&c->bytes, quoted);
	if (c->bytes.failed)
		return compile_limit(c, "more than 4096 bytes");
	*out = (struct tagfilter_text){(uint16_t)at, (uint16_t)(c->bytes.len - at)};
	return 0;
}

/* Adds the next of op's vals, which stand sorted at the end of the table. */
static void compile_sort_in(struct compile *c, struct tagfilter_op *op, struct tagfilter_text val)
{
	struct weir_str text = tagfilter_str(c->bytes.p, val);
	unsigned i = c->n_vals;

	for (; i > op->vals && tagfilter_order(text, tagfilter_str(c->bytes.p, c->vals[i - 1])) < 0; i--)
		c->vals[i] = c->vals[i - 1];
	c->vals[i] = val;
	c->n_vals++;
	op->n_vals++;
}

static int compile_vals(struct compile *c, struct weir_json vals, struct tagfilter_op *op)
{
	struct weir_json_iter it = weir_json_elements(vals);
	struct weir_json v;

	op->vals = (uint16_t)c->n_vals;
	while (weir_json_next_element(&it, &v)) {
		struct tagfilter_text text;
		int err;

		if (v.type != WEIR_JSON_STRING)
			return compile_refuse(c, "wrong type of ", "vals");
		if (c->n_vals == TAGFILTER_VALS)
			return compile_limit(c, "more than 256 vals");
		err = compile_text(c, v.text, &text);
		if (err)
			return err;
		compile_sort_in(c, op, text);
	}
	return 0;
}

static int compile_leaf_check(struct compile *c, const struct compile_node *node, const struct compile_cmp *cmp)
{
	if (!node->key.p && cmp->code != TAGFILTER_EXISTS)
		return compile_refuse(c, "key missing", "");
	if (cmp->needs == NEEDS_VAL && !node->val.p)
		return compile_refuse(c, cmp->name, " needs val");
	if (cmp->needs == NEEDS_VALS && !node->vals.type)
		return compile_refuse(c, cmp->name, " needs vals");
	if (cmp->needs != NEEDS_VAL && node->val.p)
		return compile_refuse(c, cmp->name, " takes no val");
	if (cmp->needs != NEEDS_VALS && node->vals.type)
		return compile_refuse(c, cmp->name, " takes no vals");
	return 0;
}

static int compile_leaf(struct compile *c, const struct compile_node *node)
{
	const struct compile_cmp *cmp = NULL;
	struct tagfilter_op *op;
	int err;

	if (!node->cmp.p)
		return compile_refuse(c, "cmp missing", "");
	for (size_t i = 0; !cmp && i < WEIR_ARRAY_LEN(compile_cmps); i++)
		if (weir_json_string_is(node->cmp, weir_str(compile_cmps[i].name)))
			cmp = &compile_cmps[i];
	if (!cmp)
		return compile_unknown(c, "cmp", node->cmp);
	err = compile_leaf_check(c, node, cmp);
	if (err)
		return err;
	op = compile_op(c, cmp->code);
	if (node->key.p)
		err = compile_text(c, node->key, &op->key);
	if (!err && cmp->needs == NEEDS_VAL)
		err = compile_text(c, node->val, &op->val);
	if (!err && cmp->needs == NEEDS_VALS)
		err = compile_vals(c, node->vals, op);
	if (err)
		return err;
	if (cmp->code >= TAGFILTER_LESS)
		op->is_number = weir__decimal_parse(tagfilter_str(c->bytes.p, op->val), &op->number);
	if (cmp->negated)
		compile_op(c, TAGFILTER_NOT);
	return 0;
}

static int compile_tree(struct compile *c, struct weir_json object);

/* The nodes of an and, or, not, with a jump to the end behind each but the last. */
static int compile_children(struct compile *c, struct weir_json nodes, enum tagfilter_code jump)
{
	struct weir_json_iter it = weir_json_elements(nodes);
	unsigned jumps[TAGFILTER_NODES], n = 0;
	struct weir_json child;

	for (uint32_t i = 0; weir_json_next_element(&it, &child); i++) {
		int err;

		if (child.type != WEIR_JSON_OBJECT)
			return compile_refuse(c, "wrong type of ", "nodes");
		if (c->depth == TAGFILTER_DEPTH)
			return compile_limit(c, "deeper than 16 levels");
		if (c->n_nodes == TAGFILTER_NODES)
			return compile_limit(c, "more than 64 nodes");
		if (i > 0) {
			jumps[n++] = c->n_ops;
			compile_op(c, jump);
		}
		c->path[c->depth++] = i;
		err = compile_tree(c, child);
		if (err)
			return err;
		c->depth--;
	}
	while (n > 0)
		c->ops[jumps[--n]].jump = (uint16_t)c->n_ops;
	return 0;
}

static int compile_not(struct compile *c, struct weir_json nodes)
{
	struct weir_json_iter it = weir_json_elements(nodes);
	struct weir_json child;
	int err;

	if (!weir_json_next_element(&it, &child) || weir_json_next_element(&it, &child))
		return compile_refuse(c, "not needs one node", "");
	err = compile_children(c, nodes, TAGFILTER_NOT);
	if (!err)
		compile_op(c, TAGFILTER_NOT);
	return err;
}

/* One node and what is below it; it has its place in path already. */
static int compile_tree(struct compile *c, struct weir_json object)
{
	struct compile_node node;
	bool is_and;
	int err;

	c->n_nodes++;
	err = compile_read(c, object, &node);
	if (err)
		return err;
	if (!node.op.p)
		return compile_leaf(c, &node);
	if (weir_json_string_is(node.op, WEIR_STR("not")))
		return compile_not(c, node.nodes);
	is_and = weir_json_string_is(node.op, WEIR_STR("and"));
	if (!is_and && !weir_json_string_is(node.op, WEIR_STR("or")))
		return compile_unknown(c, "op", node.op);
	if (!node.nodes.type)
		return compile_refuse(c, is_and ? "and" : "or", " needs a node");
	return compile_children(c, node.nodes, is_and ? TAGFILTER_JUMP_FALSE : TAGFILTER_JUMP_TRUE);
}

static struct weir_tagfilter *compile_finish(const struct compile *c)
{
	size_t ops = c->n_ops * sizeof(c->ops[0]), vals = c->n_vals * sizeof(c->vals[0]);
	size_t size = sizeof(struct weir_tagfilter) + ops + vals + c->bytes.len;
	struct weir_tagfilter *f = calloc(1, size);

	if (!f)
		return NULL;
	f->refs = 1;
	f->size = size;
	f->n_ops = c->n_ops;
	f->n_vals = c->n_vals;
	memcpy(f->ops, c->ops, ops);
	memcpy((char *)f->ops + ops, c->vals, vals);
	memcpy((char *)f->ops + ops + vals, c->bytes.p, c->bytes.len);
	return f;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_tagfilter_compile(struct weir_json node, struct weir_tagfilter **out, struct weir_buf *why)
{
	struct compile c;
	int err;

	c.why = why;
	c.n_nodes = c.n_ops = c.n_vals = 0;
	c.depth = 1;
	weir_buf_init(&c.bytes, TAGFILTER_BYTES);
	if (!weir_buf_reserve(&c.bytes, TAGFILTER_BYTES))
		return -ENOMEM;
	err = node.type == WEIR_JSON_OBJECT ? compile_tree(&c, node) : compile_refuse(&c, "wrong type of ", "tf");
	if (!err) {
		*out = compile_finish(&c);
		err = *out ? 0 : -ENOMEM;
	}
	weir_buf_fini(&c.bytes);
	return err;
}
