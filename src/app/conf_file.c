/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree of a file into the configuration: every mapping below the root is a section, every other node an option.
 * Everything wrong is reported, not only the first. A value that says null counts as not given.
 */
#include <stdio.h>
#include <stdlib.h>

#include "conf_priv.h"
#include "weir/base/mem.h"

static struct conf_place file_place(const struct conf_loader *l, const struct conf_node *n)
{
	return (struct conf_place){l->src->path, n->line, n->column};
}

static struct conf_place file_key_place(const struct conf_loader *l, const struct conf_node *n)
{
	return (struct conf_place){l->src->path, n->key_line, n->key_column};
}

static const char *node_kind_name(const struct conf_node *n)
{
	return n->kind == CONF_SEQUENCE ? "a list" : n->kind == CONF_MAPPING ? "a mapping" : "a value";
}

static void file_wrong_kind(struct conf_loader *l, const struct conf_node *n, const char *path, const char *expected)
{
	weir__conf_error(l, file_place(l, n), "%s: expected %s, got %s", path, expected, node_kind_name(n));
}

/* A list's items, or NULL if one is not a scalar: reported. */
static struct weir_str *file_items(struct conf_loader *l, const struct conf_node *list, const char *path)
{
	struct weir_str *items = weir_xcalloc(list->n_children + 1, sizeof(*items));
	size_t n = 0;

	for (const struct conf_node *item = list->children; item; item = item->next) {
		if (item->kind != CONF_SCALAR || item->null) {
			weir__conf_error(l, file_place(l, item), "%s: expected a string in this list, got %s", path,
				item->null ? "nothing" : node_kind_name(item));
			free(items);
			return NULL;
		}
		items[n++] = item->text;
	}
	return items;
}

static void file_list(
	struct conf_loader *l, const struct conf_row *row, void *base, const char *path, const struct conf_node *n)
{
	struct weir_str *items;
	struct weir_buf why;

	if (n->kind != CONF_SEQUENCE) {
		file_wrong_kind(l, n, path, "a list of strings");
		return;
	}
	items = file_items(l, n, path);
	if (!items)
		return;
	weir_buf_init(&why, 512);
	if (weir__conf_value_set_list(row, base, items, n->n_children, &why))
		weir__conf_error(l, file_place(l, n), "%s: %.*s", path, WEIR_STR_FMT(weir_buf_view(&why)));
	weir_buf_fini(&why);
	free(items);
}

static void file_option(
	struct conf_loader *l, const struct conf_row *row, void *base, const char *path, const struct conf_node *n)
{
	struct weir_buf why;

	if (n->null)
		return;
	/* One address may stand for a list of them. */
	if (weir__conf_is_list(row) && !(row->type->kind == CONF_KIND_URLS && n->kind == CONF_SCALAR)) {
		file_list(l, row, base, path, n);
		return;
	}
	if (n->kind != CONF_SCALAR) {
		file_wrong_kind(l, n, path, row->type->kind == CONF_KIND_ENUM ? "a word" : row->type->expected);
		return;
	}
	weir_buf_init(&why, 512);
	if (weir__conf_value_set(row, base, n->text, &why))
		weir__conf_error(l, file_place(l, n), "%s: %.*s", path, WEIR_STR_FMT(weir_buf_view(&why)));
	weir_buf_fini(&why);
}

/* The options of one namespace. `prefix` is its path. */
static void file_namespace_options(
	struct conf_loader *l, struct weir_namespace *ns, const char *prefix, const struct conf_node *mapping)
{
	bool named = ns != &l->conf->channel.without_namespace;

	for (const struct conf_node *n = mapping->children; n; n = n->next) {
		const struct conf_row *row = weir__conf_row(&weir__conf_namespace_rows, n->key);
		char path[CONF_PATH_BYTES];

		if (named && weir_str_is(n->key, "name"))
			continue;
		snprintf(path, sizeof(path), "%s.%.*s", prefix, WEIR_STR_FMT(n->key));
		if (row)
			file_option(l, row, ns, path, n);
		else
			weir__conf_unknown(l, file_key_place(l, n), path, n->kind == CONF_MAPPING);
	}
}

static const struct conf_node *node_child(const struct conf_node *mapping, const char *key)
{
	for (const struct conf_node *n = mapping->children; n; n = n->next)
		if (weir_str_is(n->key, key))
			return n;
	return NULL;
}

static void file_namespace(struct conf_loader *l, const struct conf_node *n)
{
	const struct conf_node *name;
	struct weir_namespace *ns;
	char prefix[CONF_PATH_BYTES];

	if (n->kind != CONF_MAPPING) {
		file_wrong_kind(l, n, CONF_NAMED, "a mapping with the options of one namespace");
		return;
	}
	name = node_child(n, "name");
	if (!name || name->kind != CONF_SCALAR || name->null) {
		weir__conf_error(l, file_place(l, name ? name : n), CONF_NAMED ": expected a name in each namespace");
		return;
	}
	if (weir__conf_namespace(l, file_place(l, name), name->text, false)) {
		weir__conf_error(l, file_place(l, name), CONF_NAMED ": two namespaces are called %s", name->text.p);
		return;
	}
	ns = weir__conf_namespace(l, file_place(l, name), name->text, true);
	if (!ns)
		return;
	snprintf(prefix, sizeof(prefix), CONF_NAMED ".%s", ns->name);
	file_namespace_options(l, ns, prefix, n);
}

static void file_namespaces(struct conf_loader *l, const struct conf_node *n)
{
	if (n->null)
		return;
	if (n->kind != CONF_SEQUENCE) {
		file_wrong_kind(l, n, CONF_NAMED, "a list of namespaces");
		return;
	}
	for (const struct conf_node *item = n->children; item; item = item->next)
		file_namespace(l, item);
}

static void file_mapping(struct conf_loader *l, const char *prefix, const struct conf_node *mapping);

static void file_section(struct conf_loader *l, const char *path, const struct conf_node *n)
{
	if (n->null)
		return;
	if (n->kind != CONF_MAPPING)
		file_wrong_kind(l, n, path, "a mapping with the options of this section");
	else if (weir_str_is(weir_str(path), CONF_WITHOUT))
		file_namespace_options(l, &l->conf->channel.without_namespace, path, n);
	else
		file_mapping(l, path, n);
}

static void file_child(struct conf_loader *l, const char *path, const struct conf_node *n)
{
	const struct conf_row *row = weir__conf_row(&weir__conf_rows, weir_str(path));

	if (memchr(n->key.p, '.', n->key.n) && (row || weir__conf_is_section(weir_str(path))))
		weir__conf_error(l, file_key_place(l, n),
			"%s: expected one mapping inside the other, got a name with dots", path);
	else if (row)
		file_option(l, row, l->conf, path, n);
	else if (weir_str_is(weir_str(path), CONF_NAMED))
		file_namespaces(l, n);
	else if (weir__conf_is_section(weir_str(path)))
		file_section(l, path, n);
	else
		weir__conf_unknown(l, file_key_place(l, n), path, n->kind == CONF_MAPPING);
}

/* Not deeper than the tree, which is not deeper than CONF_DEPTH. */
static void file_mapping(struct conf_loader *l, const char *prefix, const struct conf_node *mapping)
{
	for (const struct conf_node *n = mapping->children; n; n = n->next) {
		char path[CONF_PATH_BYTES];

		snprintf(path, sizeof(path), "%s%s%.*s", prefix, *prefix ? "." : "", WEIR_STR_FMT(n->key));
		file_child(l, path, n);
	}
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir__conf_load_file(struct conf_loader *l, struct weir_str text)
{
	struct conf_node *root = weir__conf_yaml_read(l, text);

	if (!root)
		return;
	if (root->kind == CONF_MAPPING)
		file_mapping(l, "", root);
	else if (!root->null)
		weir__conf_error(l, file_place(l, root), "expected a mapping of options, got %s", node_kind_name(root));
	weir__conf_node_free(&root);
}
