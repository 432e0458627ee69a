/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trie of patterns. The literal children of all nodes are in one hash table, keyed by parent and token; a node's
 * child for `*` hangs directly on it. A node exists as long as a pattern ends in it or below it. The first level is the
 * literal namespace, and names without one that are private have a first level of their own. One thread.
 */
#include "weir/bus/patterns.h"

#include <errno.h>
#include <stdlib.h>

#include "patterns_priv.h"
#include "weir/base/err.h"
#include "weir/base/list.h"
#include "weir/event/channel.h"

struct patterns_node {
	struct weir_map_node node;    /* weir_patterns.nodes; not of a `*` */
	struct patterns_node *parent; /* NULL: the first level */
	struct patterns_node *any;    /* the child for `*` */
	void *value;                  /* of the pattern that ends here */
	void *tail;                   /* of the one that has only `>` behind this */
	uint32_t literals;            /* children in the table */
	bool is_any;
	struct weir_str token;
	char storage[];
};

/* A literal child to look for. */
struct patterns_key {
	const struct patterns_node *parent;
	struct weir_str token;
};

/* A channel that is asked about, as far as patterns reach. */
struct patterns_question {
	const struct weir_patterns *patterns;
	struct weir_str tokens[WEIR_PATTERN_TOKENS_MAX];
	uint64_t hashes[WEIR_PATTERN_TOKENS_MAX];
	unsigned n, n_hashed;
	bool longer; /* has more tokens than that */
	size_t visited;
	weir_pattern_fn fn;
	void *ctx;
};

static bool node_eq(const struct weir_map_node *n, const void *key)
{
	const struct patterns_node *node = weir_list_entry(n, struct patterns_node, node);
	const struct patterns_key *k = key;

	return node->parent == k->parent && weir_str_eq(node->token, k->token);
}

/* Of a child: of its parent's and its token's. The multiplication keeps a chain of equal tokens from cancelling out. */
static uint64_t node_hash(const struct patterns_node *parent, uint64_t token_hash)
{
	return parent ? parent->node.hash * 0x9e3779b97f4a7c15u ^ token_hash : token_hash;
}

static struct patterns_node *node_find(
	const struct weir_patterns *p, const struct patterns_node *parent, struct weir_str token, uint64_t token_hash)
{
	struct patterns_key key = {parent, token};
	struct weir_map_node *n = weir_map_find(&p->nodes, node_hash(parent, token_hash), node_eq, &key);

	return n ? weir_list_entry(n, struct patterns_node, node) : NULL;
}

static struct patterns_node *node_new(struct patterns_node *parent, struct weir_str token)
{
	struct patterns_node *node = calloc(1, sizeof(*node) + token.n);

	if (!node)
		return NULL;
	node->parent = parent;
	node->token = weir_str_n(node->storage, token.n);
	if (token.n)
		memcpy(node->storage, token.p, token.n);
	return node;
}

/* The child for a pattern's token, made when missing. */
static struct patterns_node *node_get(struct weir_patterns *p, struct patterns_node *parent, struct weir_str token)
{
	bool any = parent && weir_str_is(token, "*");
	uint64_t token_hash = weir_hash(p->key, token);
	struct patterns_node *node = any ? parent->any : node_find(p, parent, token, token_hash);

	if (node)
		return node;
	node = node_new(parent, token);
	if (!node)
		return NULL;
	if (any) {
		node->is_any = true;
		node->node.hash = node_hash(parent, token_hash);
		parent->any = node;
		return node;
	}
	weir_map_insert(&p->nodes, &node->node, node_hash(parent, token_hash));
	if (parent)
		parent->literals++;
	return node;
}

/* Takes away the node and those above it, as far as nothing needs them. */
static void node_prune(struct weir_patterns *p, struct patterns_node *node)
{
	while (node && !node->value && !node->tail && !node->any && !node->literals) {
		struct patterns_node *parent = node->parent;

		if (node->is_any) {
			parent->any = NULL;
		} else {
			weir_map_remove(&p->nodes, &node->node);
			if (parent)
				parent->literals--;
		}
		free(node);
		node = parent;
	}
}

/* Where the value of a pattern is kept, and its node, with all that leads there; NULL: no memory. */
static void **pattern_slot(struct weir_patterns *p, struct weir_str pattern, struct patterns_node **at)
{
	struct patterns_node *node = node_get(p, NULL, weir_channel_root(pattern)), *next;
	struct weir_str rest = weir_channel_tokens(pattern);

	for (; node && rest.p; node = next) {
		struct weir_str token = weir_str_cut(&rest, '.');

		*at = node;
		if (!rest.p && weir_str_is(token, ">"))
			return &node->tail;
		next = node_get(p, node, token);
		if (!next)
			node_prune(p, node);
	}
	*at = node;
	return node ? &node->value : NULL;
}

/* ---- questions ---- */

static uint64_t question_hash(struct patterns_question *q, unsigned i)
{
	for (; q->n_hashed <= i; q->n_hashed++)
		q->hashes[q->n_hashed] = weir_hash(q->patterns->key, q->tokens[q->n_hashed]);
	return q->hashes[i];
}

static void question_found(struct patterns_question *q, void *value)
{
	if (value)
		q->fn(q->ctx, value);
}

/* The node has been reached with the first `i` tokens. As deep as a pattern has tokens. */
static void question_visit(struct patterns_question *q, const struct patterns_node *node, unsigned i)
{
	struct patterns_node *child;

	q->visited++;
	if (i == q->n) {
		if (!q->longer)
			question_found(q, node->value);
		return;
	}
	question_found(q, node->tail);
	if (node->any)
		question_visit(q, node->any, i + 1);
	if (!node->literals)
		return;
	child = node_find(q->patterns, node, q->tokens[i], question_hash(q, i));
	if (child)
		question_visit(q, child, i + 1);
}

static void question_split(struct patterns_question *q, struct weir_str channel)
{
	struct weir_str rest = weir_channel_tokens(channel);

	while (rest.p && q->n < WEIR_PATTERN_TOKENS_MAX)
		q->tokens[q->n++] = weir_str_cut(&rest, '.');
	q->longer = rest.p != NULL;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_patterns_init(struct weir_patterns *p, const struct weir_hash_key *key)
{
	*p = (struct weir_patterns){.key = key};
	weir_map_init(&p->nodes);
}

void weir_patterns_fini(struct weir_patterns *p)
{
	weir_assert(p->count == 0 && p->nodes.count == 0);
	weir_map_fini(&p->nodes);
}

int weir_patterns_add(struct weir_patterns *p, struct weir_str pattern, void *value)
{
	struct patterns_node *node;
	void **slot = &p->bus;

	weir_assert(value && weir_pattern_is_valid(pattern));
	if (!weir_pattern_is_bus(pattern))
		slot = pattern_slot(p, pattern, &node);
	if (!slot)
		return -ENOMEM;
	weir_assert(!*slot);
	*slot = value;
	p->count++;
	return 0;
}

void weir_patterns_remove(struct weir_patterns *p, struct weir_str pattern)
{
	struct patterns_node *node = NULL;
	void **slot = &p->bus;

	if (!weir_pattern_is_bus(pattern))
		slot = pattern_slot(p, pattern, &node);
	weir_assert(slot && *slot);
	*slot = NULL;
	p->count--;
	node_prune(p, node);
}

size_t weir__patterns_match(const struct weir_patterns *p, struct weir_str channel, weir_pattern_fn fn, void *ctx)
{
	struct patterns_question q = {.patterns = p, .fn = fn, .ctx = ctx};
	struct weir_str space = weir_channel_root(channel);
	const struct patterns_node *root;

	question_found(&q, p->bus);
	root = p->nodes.count ? node_find(p, NULL, space, weir_hash(p->key, space)) : NULL;
	if (!root)
		return 0;
	question_split(&q, channel);
	question_visit(&q, root, 0);
	return q.visited;
}

void weir_patterns_match(const struct weir_patterns *p, struct weir_str channel, weir_pattern_fn fn, void *ctx)
{
	weir__patterns_match(p, channel, fn, ctx);
}
