/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of brokers and of their names. See nodes.h. */
#include "weir/core/nodes.h"

#include <errno.h>
#include <stdlib.h>

/* One allocation, which the first of them owns: never NULL unless there is no memory. */
static char *pack(struct weir_str *const strings[], size_t n)
{
	size_t bytes = 1;
	char *memory, *at;

	for (size_t i = 0; i < n; i++)
		bytes += strings[i]->n;
	memory = at = malloc(bytes);
	if (!memory)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (strings[i]->n)
			memcpy(at, strings[i]->p, strings[i]->n);
		strings[i]->p = at;
		at += strings[i]->n;
	}
	return memory;
}

/* ------------------------------------------------------------------------------------------------------------------ */

int weir_node_list_add(struct weir_node_list *l, const struct weir_node_info *node)
{
	struct weir_node_info mine = *node;
	struct weir_node_info *nodes = realloc(l->nodes, (l->count + 1) * sizeof(*nodes));

	if (!nodes)
		return -ENOMEM;
	l->nodes = nodes;
	if (!pack((struct weir_str *const[]){&mine.uid, &mine.name, &mine.version}, 3))
		return -ENOMEM;
	nodes[l->count++] = mine;
	return 0;
}

void weir_node_list_fini(struct weir_node_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free((char *)l->nodes[i].uid.p);
	free(l->nodes);
	*l = (struct weir_node_list){0};
}

int weir_name_list_add(struct weir_name_list *l, struct weir_str name)
{
	struct weir_str mine = name;
	struct weir_str *names = realloc(l->names, (l->count + 1) * sizeof(*names));

	if (!names)
		return -ENOMEM;
	l->names = names;
	if (!pack((struct weir_str *const[]){&mine}, 1))
		return -ENOMEM;
	names[l->count++] = mine;
	return 0;
}

void weir_name_list_fini(struct weir_name_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free((char *)l->names[i].p);
	free(l->names);
	*l = (struct weir_name_list){0};
}
