/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trie: paths are added and dropped as filters and keys come and go; children are found by hash. Worker's thread.
 */
#include "payload_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "payload_walk_priv.h"

struct payload_step {
	const struct payload_node *parent;
	enum path_kind kind;
	struct weir_str name;
};

static bool payload_eq(const struct weir_map_node *node, const void *key)
{
	const struct payload_node *n = WEIR_CONTAINER_OF(node, struct payload_node, node);
	const struct payload_step *step = key;

	return n->parent == step->parent && n->kind == step->kind && weir_str_eq(weir_str_n(n->name, n->n), step->name);
}

static uint64_t payload_hash(const struct payload *p, const struct payload_step *step)
{
	/* The parent's address times an odd number: one name below many parents must not share a slot. */
	return weir_hash(p->key, step->name) ^
	       ((uint64_t)(uintptr_t)step->parent + step->kind) * UINT64_C(0x9e3779b97f4a7c15);
}

static struct payload_node *payload_new(struct payload *p, struct payload_node *parent, const struct payload_step *step)
{
	struct payload_node *n = calloc(1, sizeof(*n) + step->name.n);

	if (!n)
		return NULL;
	n->parent = parent;
	n->kind = (unsigned char)step->kind;
	n->n = (unsigned char)step->name.n;
	if (step->name.n)
		memcpy(n->name, step->name.p, step->name.n);
	weir_map_insert(&p->nodes, &n->node, payload_hash(p, step));
	parent->refs++;
	if (step->kind == PATH_MEMBER) {
		parent->n_members++;
	} else {
		uint32_t end = 1u + (unsigned char)n->name[0] * 256u + (unsigned char)n->name[1];

		parent->end_element = end > parent->end_element ? end : parent->end_element;
	}
	return n;
}

/* Frees it and then the nodes above that were there only for it. */
static void payload_release(struct payload *p, struct payload_node *n)
{
	while (n->refs == 0 && n->parent) {
		struct payload_node *parent = n->parent;

		weir_map_remove(&p->nodes, &n->node);
		parent->refs--;
		parent->n_members -= n->kind == PATH_MEMBER;
		free(n);
		n = parent;
	}
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__payload_init(struct payload *p, const struct weir_hash_key *key)
{
	*p = (struct payload){.key = key, .root = weir_xcalloc(1, sizeof(struct payload_node))};
	weir_map_init(&p->nodes);
	weir_buf_init(&p->name, SIZE_MAX / 2);
	weir_buf_init(&p->texts, SIZE_MAX / 2);
	weir_buf_init(&p->json, SIZE_MAX / 2);
}

void weir__payload_fini(struct payload *p)
{
	weir_assert(p->root->refs == 0);
	weir_map_fini(&p->nodes);
	weir_buf_fini(&p->name);
	weir_buf_fini(&p->texts);
	weir_buf_fini(&p->json);
	free(p->root);
}

struct payload_node *weir__payload_child(
	const struct payload *p, const struct payload_node *parent, enum path_kind kind, struct weir_str name)
{
	struct payload_step step = {parent, kind, name};
	struct weir_map_node *found = weir_map_find(&p->nodes, payload_hash(p, &step), payload_eq, &step);

	return found ? WEIR_CONTAINER_OF(found, struct payload_node, node) : NULL;
}

int weir__payload_ref(struct payload *p, struct weir_str path, struct payload_node **out)
{
	struct payload_node *n = p->root;

	while (path.n) {
		struct weir_str step = weir__path_next(&path);
		size_t head = *step.p == PATH_MEMBER ? 2 : 1;
		struct payload_step s = {n, (enum path_kind) * step.p, weir_str_n(step.p + head, step.n - head)};
		struct payload_node *child = weir__payload_child(p, n, s.kind, s.name);

		if (!child) {
			child = payload_new(p, n, &s);
			p->walked = false;
		}
		if (!child) {
			payload_release(p, n);
			return -ENOMEM;
		}
		n = child;
	}
	n->refs++;
	*out = n;
	return 0;
}

void weir__payload_unref(struct payload *p, struct payload_node **node)
{
	struct payload_node *n = *node;

	*node = NULL;
	if (!n)
		return;
	weir_assert(n->refs > 0);
	n->refs--;
	payload_release(p, n);
}

void weir__payload_forget(struct payload *p)
{
	p->walked = false;
}

struct weir_value weir__payload_value(struct payload *p, struct payload_node *node, const struct weir_event *e)
{
	if (!p->walked) {
		p->good = weir__payload_walk(p, e);
		p->walked = true;
	}
	if (!p->good)
		return (struct weir_value){.type = WEIR_VALUE_MISSING};
	for (const struct payload_node *n = node; n->parent; n = n->parent)
		if (n->parent_visit != n->parent->visit)
			return (struct weir_value){.type = WEIR_VALUE_MISSING};
	if (node->decoded_visit != node->visit) {
		node->decoded = weir__payload_decode(p, node->value);
		node->decoded_visit = node->visit;
	}
	return node->decoded;
}
