/* SPDX-License-Identifier: Apache-2.0 */
/* The leaves of a tree: which comparison needs what, and the op that it becomes. Any thread. */
#include <errno.h>

#include "number_priv.h"
#include "path_priv.h"
#include "tree_priv.h"
#include "weir/base/mem.h"

#define TREE_QUOTED (6 * TREE_BYTES + 2) /* no string within the limit is longer, whatever its escapes */

enum tree_needs { NEEDS_NOTHING, NEEDS_VAL, NEEDS_VALS };

static const struct tree_cmp {
	const char *name;
	enum program_code code;
	bool negated;
	enum tree_needs needs;
} tree_cmps[] = {
	{"eq", PROGRAM_LEAF_EQUAL, false, NEEDS_VAL},
	{"neq", PROGRAM_LEAF_EQUAL, true, NEEDS_VAL},
	{"in", PROGRAM_LEAF_IN, false, NEEDS_VALS},
	{"nin", PROGRAM_LEAF_IN, true, NEEDS_VALS},
	{"ex", PROGRAM_EXISTS, false, NEEDS_NOTHING},
	{"nex", PROGRAM_EXISTS, true, NEEDS_NOTHING},
	{"sw", PROGRAM_LEAF_STARTS, false, NEEDS_VAL},
	{"ew", PROGRAM_LEAF_ENDS, false, NEEDS_VAL},
	{"ct", PROGRAM_LEAF_CONTAINS, false, NEEDS_VAL},
	{"lt", PROGRAM_LEAF_LESS, false, NEEDS_VAL},
	{"lte", PROGRAM_LEAF_LESS_EQUAL, false, NEEDS_VAL},
	{"gt", PROGRAM_LEAF_GREATER, false, NEEDS_VAL},
	{"gte", PROGRAM_LEAF_GREATER_EQUAL, false, NEEDS_VAL},
};

/* Adds a text to the program's bytes, counted. */
static int tree_text(struct tree *t, struct weir_str quoted, struct program_text *out)
{
	struct weir_buf *bytes = &t->build.section[PROGRAM_BYTES];
	size_t at = bytes->len;

	if (quoted.n > TREE_QUOTED)
		return weir__tree_limit(t, "more than 4096 bytes");
	weir_json_string_decode(bytes, quoted);
	if (bytes->failed)
		return -ENOMEM;
	t->n_bytes += bytes->len - at;
	if (t->n_bytes > TREE_BYTES)
		return weir__tree_limit(t, "more than 4096 bytes");
	*out = (struct program_text){(uint32_t)at, (uint32_t)(bytes->len - at)};
	return 0;
}

static int tree_path(struct tree *t, struct weir_str steps, unsigned *name)
{
	bool too_many = false;
	struct weir_buf path;
	int err;

	weir_buf_init(&path, TREE_BYTES);
	err = weir__path_compile(steps, &path);
	if (err == WEIR_EINVALID)
		err = weir__tree_refuse(t, "bad path", "");
	if (!err)
		*name = weir__build_name(&t->build, WEIR_NAME_DATA, weir_buf_view(&path), &too_many);
	weir_buf_fini(&path);
	return err ? err : too_many ? weir__tree_limit(t, "more than 16 paths") : 0;
}

static int tree_key(struct tree *t, struct weir_str quoted, unsigned *name)
{
	struct weir_str key, steps;
	struct weir_buf text;
	bool too_many = false;
	int err = 0;

	if (quoted.n > TREE_QUOTED)
		return weir__tree_limit(t, "more than 4096 bytes");
	weir_buf_init(&text, quoted.n);
	if (quoted.p)
		weir_json_string_decode(&text, quoted);
	key = weir_buf_view(&text);
	t->n_bytes += key.n;
	if (text.failed)
		err = -ENOMEM;
	else if (t->n_bytes > TREE_BYTES)
		err = weir__tree_limit(t, "more than 4096 bytes");
	else if (weir__path_of_data(key, &steps))
		err = tree_path(t, steps, name);
	else
		*name = weir__build_name(&t->build, WEIR_NAME_TAG, key, &too_many);
	weir_buf_fini(&text);
	return err;
}

static struct program_const tree_const(const struct tree *t, struct program_text text)
{
	struct weir_value v = {.type = WEIR_VALUE_STRING};
	struct program_const c = weir__build_const_of(&v, text);
	struct weir_decimal number;

	c.is_number = weir__number_parse(weir__build_str(&t->build, text), &number);
	if (c.is_number) {
		c.digits = number.digits;
		c.magnitude = number.magnitude;
		c.negative = number.negative;
	}
	return c;
}

static int tree_val(struct tree *t, struct weir_str quoted, unsigned *operand)
{
	struct program_text text;
	struct program_const c;
	int err = tree_text(t, quoted, &text);

	if (err)
		return err;
	c = tree_const(t, text);
	*operand = weir__build_const(&t->build, &c);
	return 0;
}

static int tree_vals(struct tree *t, struct weir_json vals, unsigned *operand)
{
	struct weir_json_iter it = weir_json_elements(vals);
	struct program_const *elements = t->vals;
	struct weir_json v;
	unsigned n = 0;

	while (weir_json_next_element(&it, &v)) {
		struct program_text text;
		int err;

		if (v.type != WEIR_JSON_STRING)
			return weir__tree_refuse(t, "wrong type of ", "vals");
		if (t->n_vals++ == TREE_VALS)
			return weir__tree_limit(t, "more than 256 vals");
		err = tree_text(t, v.text, &text);
		if (err)
			return err;
		elements[n++] = weir__build_const_of(&(struct weir_value){.type = WEIR_VALUE_STRING}, text);
	}
	*operand = weir__build_set(&t->build, elements, n);
	return 0;
}

static int tree_leaf_check(struct tree *t, const struct tree_node *node, const struct tree_cmp *cmp)
{
	if (!node->key.p && cmp->code != PROGRAM_EXISTS)
		return weir__tree_refuse(t, "key missing", "");
	if (cmp->needs == NEEDS_VAL && !node->val.p)
		return weir__tree_refuse(t, cmp->name, " needs val");
	if (cmp->needs == NEEDS_VALS && !node->vals.type)
		return weir__tree_refuse(t, cmp->name, " needs vals");
	if (cmp->needs != NEEDS_VAL && node->val.p)
		return weir__tree_refuse(t, cmp->name, " takes no val");
	if (cmp->needs != NEEDS_VALS && node->vals.type)
		return weir__tree_refuse(t, cmp->name, " takes no vals");
	return 0;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__tree_leaf(struct tree *t, const struct tree_node *node)
{
	const struct tree_cmp *cmp = NULL;
	unsigned name = 0, operand = 0;
	int err;

	if (!node->cmp.p)
		return weir__tree_refuse(t, "cmp missing", "");
	for (size_t i = 0; !cmp && i < WEIR_ARRAY_LEN(tree_cmps); i++)
		if (weir_json_string_is(node->cmp, weir_str(tree_cmps[i].name)))
			cmp = &tree_cmps[i];
	if (!cmp)
		return weir__tree_unknown(t, "cmp", node->cmp);
	err = tree_leaf_check(t, node, cmp);
	if (!err)
		err = tree_key(t, node->key, &name);
	if (!err && cmp->needs == NEEDS_VAL)
		err = tree_val(t, node->val, &operand);
	if (!err && cmp->needs == NEEDS_VALS)
		err = tree_vals(t, node->vals, &operand);
	if (err)
		return err;
	weir__build_op(&t->build, cmp->code, 0, name, operand);
	if (cmp->negated)
		weir__build_op(&t->build, PROGRAM_NOT, 0, 0, 0);
	return 0;
}
