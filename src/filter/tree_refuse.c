/* SPDX-License-Identifier: Apache-2.0 */
/* Why a tree is refused: the place of the node, and the reason. Any thread. */
#include "tree_priv.h"
#include "weir/base/utf8.h"

#define TREE_SHOWN_BYTES 16 /* of an unknown word */

/* Writes "tf.nodes[0].nodes[2]: " and then what the caller adds. */
static struct weir_buf *tree_place(struct tree *t)
{
	weir_buf_lit(t->why, "tf");
	for (unsigned i = 1; i < t->depth; i++)
		weir_buf_printf(t->why, ".nodes[%u]", t->path[i]);
	weir_buf_lit(t->why, ": ");
	return t->why;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir__tree_refuse(struct tree *t, const char *subject, const char *reason)
{
	weir_buf_printf(tree_place(t), "%s%s", subject, reason);
	return WEIR_EINVALID;
}

int weir__tree_limit(struct tree *t, const char *reason)
{
	weir_buf_str(tree_place(t), weir_str(reason));
	return WEIR_ELIMIT;
}

int weir__tree_unknown(struct tree *t, const char *what, struct weir_str quoted)
{
	struct weir_buf text;

	weir_buf_init(&text, quoted.n);
	weir_json_string_decode(&text, quoted);
	weir_buf_printf(tree_place(t), "unknown %s '", what);
	weir_buf_str(t->why, weir_utf8_prefix(weir_buf_view(&text), TREE_SHOWN_BYTES));
	weir_buf_char(t->why, '\'');
	weir_buf_fini(&text);
	return WEIR_EINVALID;
}
