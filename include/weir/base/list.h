/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intrusive doubly linked list. A head is a weir_list that points to itself when empty; say beside each head what it
 * holds. An unlinked node points to itself, so removing twice is harmless.
 */
#ifndef WEIR_BASE_LIST_H
#define WEIR_BASE_LIST_H

#include <stdbool.h>

#include "weir/base/mem.h"

struct weir_list {
	struct weir_list *next, *prev;
};

static inline void weir_list_init(struct weir_list *l)
{
	l->next = l->prev = l;
}

static inline bool weir_list_empty(const struct weir_list *l)
{
	return l->next == l;
}

static inline void weir_list_append(struct weir_list *head, struct weir_list *node)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

static inline void weir_list_prepend(struct weir_list *head, struct weir_list *node)
{
	weir_list_append(head->next, node);
}

static inline void weir_list_remove(struct weir_list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	weir_list_init(node);
}

/* Moves the whole content of `from` to the end of `to`. */
static inline void weir_list_splice(struct weir_list *to, struct weir_list *from)
{
	if (weir_list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	weir_list_init(from);
}

#define weir_list_entry(node, type, member) WEIR_CONTAINER_OF(node, type, member)
#define weir_list_foreach(node, head)       for ((node) = (head)->next; (node) != (head); (node) = (node)->next)
/* The current node may be removed (and freed); its successor not. */
#define weir_list_foreach_safe(node, tmp, head) \
	for ((node) = (head)->next, (tmp) = (node)->next; (node) != (head); (node) = (tmp), (tmp) = (node)->next)

#endif
