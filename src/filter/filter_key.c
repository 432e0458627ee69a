/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conflation keys: a tag's name or a payload path, interned by how they are written; a path is walked together with
 * those of filters. Worker's thread, but for the check of a text.
 */
#include <errno.h>
#include <stdlib.h>

#include "filters_priv.h"
#include "path_priv.h"
#include "resolve_priv.h"
#include "value_priv.h"

struct weir_key {
	struct weir_map_node node; /* in weir_filters.keys, by text */
	size_t refs;
	struct payload_node *path; /* NULL: a tag */
	char *room;                /* VALUE_TEXT bytes, behind the text */
	struct weir_str text;
	char bytes[];
};

static bool key_eq(const struct weir_map_node *node, const void *key)
{
	return weir_str_eq(WEIR_CONTAINER_OF(node, struct weir_key, node)->text, *(const struct weir_str *)key);
}

static int key_compile(struct weir_str text, struct weir_buf *path, bool *is_path)
{
	struct weir_str steps;

	*is_path = weir__path_of_data(text, &steps);
	if (!*is_path)
		return text.n ? 0 : WEIR_EINVALID;
	return weir__path_compile(steps, path);
}

static struct weir_key *key_new(struct weir_str text)
{
	struct weir_key *k = calloc(1, sizeof(*k) + text.n + VALUE_TEXT);

	if (!k)
		return NULL;
	k->refs = 1;
	memcpy(k->bytes, text.p, text.n);
	k->text = weir_str_n(k->bytes, text.n);
	k->room = k->bytes + text.n;
	return k;
}

static struct weir_value key_value(struct weir_filters *fs, const struct weir_key *k)
{
	if (!k->path)
		return weir__resolve(fs->event, WEIR_NAME_TAG, k->text);
	return weir__payload_value(&fs->payload, k->path, fs->event);
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool weir_filter_key_valid(struct weir_str text)
{
	struct weir_buf path;
	bool is_path;
	int err;

	weir_buf_init(&path, PATH_BYTES);
	err = key_compile(text, &path, &is_path);
	weir_buf_fini(&path);
	return err == 0;
}

int weir_filters_key_add(struct weir_filters *fs, struct weir_str text, struct weir_key **out)
{
	uint64_t hash = weir_hash(&fs->key, text);
	struct weir_map_node *found = weir_map_find(&fs->keys, hash, key_eq, &text);
	struct weir_key *k;
	struct weir_buf path;
	bool is_path;
	int err;

	*out = NULL;
	if (found) {
		*out = WEIR_CONTAINER_OF(found, struct weir_key, node);
		(*out)->refs++;
		return 0;
	}
	weir_buf_init(&path, PATH_BYTES);
	err = key_compile(text, &path, &is_path);
	k = err ? NULL : key_new(text);
	if (!err && !k)
		err = -ENOMEM;
	if (!err && is_path)
		err = weir__payload_ref(&fs->payload, weir_buf_view(&path), &k->path);
	weir_buf_fini(&path);
	if (err) {
		free(k);
		return err;
	}
	weir_map_insert(&fs->keys, &k->node, hash);
	*out = k;
	return 0;
}

void weir_filters_key_drop(struct weir_filters *fs, struct weir_key **pk)
{
	struct weir_key *k = *pk;

	*pk = NULL;
	if (!k || --k->refs > 0)
		return;
	weir_map_remove(&fs->keys, &k->node);
	weir__payload_unref(&fs->payload, &k->path);
	free(k);
}

struct weir_str weir_filter_key_text(const struct weir_key *k)
{
	return k->text;
}

struct weir_str weir_filters_key(struct weir_filters *fs, const struct weir_key *k)
{
	struct weir_value v;
	struct weir_str text;

	weir_assert(fs->event);
	v = key_value(fs, k);
	fs->counts.payload_walks = fs->payload.walks;
	return weir__value_string(&v, k->room, &text) ? text : WEIR_STR_NONE;
}
