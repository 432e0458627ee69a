/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A YAML file as a tree of nodes with their places, made from libyaml's events. What a configuration has no use for and
 * what can blow up is refused: aliases, tags, keys that are not scalars, a key twice in one mapping, a second document,
 * depth and number of nodes beyond a limit. The tree belongs to the caller.
 */
#include <stdlib.h>

#include <yaml.h>

#include "conf_priv.h"
#include "weir/base/mem.h"

struct reader {
	struct conf_loader *l;
	yaml_parser_t parser;
	struct conf_node *root;
	struct conf_node *stack[CONF_DEPTH]; /* the open sequences and mappings */
	unsigned depth, nodes;
	struct conf_node *key; /* a scalar that waits to become the key of the next node */
	bool failed;
};

static struct conf_place reader_place(const struct reader *r, yaml_mark_t mark)
{
	return (struct conf_place){r->l->src->path, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

static void reader_fail(struct reader *r, yaml_mark_t mark, const char *what)
{
	if (!r->failed)
		weir__conf_error(r->l, reader_place(r, mark), "%s", what);
	r->failed = true;
}

static bool node_says_null(const yaml_event_t *e)
{
	struct weir_str s = {(const char *)e->data.scalar.value, e->data.scalar.length};

	return e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (s.n == 0 || weir_str_is(s, "~") || weir_str_is(s, "null") || weir_str_is(s, "Null") ||
		       weir_str_is(s, "NULL"));
}

static struct conf_node *node_new(struct reader *r, enum conf_node_kind kind, const yaml_event_t *e)
{
	struct conf_node *n = weir_xcalloc(1, sizeof(*n));

	n->kind = kind;
	n->line = (unsigned)e->start_mark.line + 1;
	n->column = (unsigned)e->start_mark.column + 1;
	if (kind == CONF_SCALAR) {
		n->text.n = e->data.scalar.length;
		n->text.p = weir_xstrndup((const char *)e->data.scalar.value, n->text.n);
		n->null = node_says_null(e);
	}
	r->nodes++;
	return n;
}

/* Puts a new node where it belongs. False: it was refused, and is freed. */
static bool reader_add(struct reader *r, struct conf_node *n, yaml_mark_t mark)
{
	struct conf_node *parent = r->depth ? r->stack[r->depth - 1] : NULL;

	if (parent && parent->kind == CONF_MAPPING && !r->key) {
		if (n->kind != CONF_SCALAR) {
			reader_fail(r, mark, "a name is expected here, not a list or a mapping");
			weir__conf_node_free(&n);
			return false;
		}
		r->key = n;
		return true;
	}
	if (!parent) {
		r->root = n;
		return true;
	}
	if (r->key) {
		n->key = r->key->text;
		n->key_line = r->key->line;
		n->key_column = r->key->column;
		r->key->text = WEIR_STR_NONE;
		weir__conf_node_free(&r->key);
	}
	if (parent->last)
		parent->last->next = n;
	else
		parent->children = n;
	parent->last = n;
	parent->n_children++;
	return true;
}

static int by_key(const void *a, const void *b)
{
	const struct conf_node *x = *(struct conf_node *const *)a, *y = *(struct conf_node *const *)b;
	size_t n = x->key.n < y->key.n ? x->key.n : y->key.n;
	int d = n ? memcmp(x->key.p, y->key.p, n) : 0;

	if (!d)
		d = (x->key.n > y->key.n) - (x->key.n < y->key.n);
	if (!d)
		d = (x->key_line > y->key_line) - (x->key_line < y->key_line);
	return d ? d : (x->key_column > y->key_column) - (x->key_column < y->key_column);
}

/* At a mapping's end. Sorted, so that a file full of keys costs no quadratic time. */
static void reader_check_twice(struct reader *r, const struct conf_node *mapping)
{
	struct conf_node **sorted = weir_xcalloc(mapping->n_children + 1, sizeof(struct conf_node *));
	size_t n = 0;

	for (struct conf_node *child = mapping->children; child; child = child->next)
		sorted[n++] = child;
	qsort(sorted, n, sizeof(struct conf_node *), by_key);
	for (size_t i = 1; i < n; i++)
		if (weir_str_eq(sorted[i]->key, sorted[i - 1]->key)) {
			struct conf_place at = {r->l->src->path, sorted[i]->key_line, sorted[i]->key_column};
			struct weir_buf name;

			weir_buf_init(&name, 256);
			weir__conf_write_quoted(&name, sorted[i]->key);
			weir__conf_error(r->l, at, "%.*s is given twice, first in line %u",
				WEIR_STR_FMT(weir_buf_view(&name)), sorted[i - 1]->key_line);
			weir_buf_fini(&name);
			r->failed = true;
		}
	free(sorted);
}

static void reader_open(struct reader *r, enum conf_node_kind kind, const yaml_event_t *e)
{
	struct conf_node *n;

	if (r->depth == CONF_DEPTH) {
		reader_fail(r, e->start_mark, "nested too deeply");
		return;
	}
	n = node_new(r, kind, e);
	if (reader_add(r, n, e->start_mark))
		r->stack[r->depth++] = n;
}

static bool event_has_tag(const yaml_event_t *e)
{
	return (e->type == YAML_SCALAR_EVENT && e->data.scalar.tag) ||
	       (e->type == YAML_SEQUENCE_START_EVENT && e->data.sequence_start.tag) ||
	       (e->type == YAML_MAPPING_START_EVENT && e->data.mapping_start.tag);
}

static void reader_event(struct reader *r, const yaml_event_t *e)
{
	if (event_has_tag(e)) {
		reader_fail(r, e->start_mark, "tags (!…) are not used here");
		return;
	}
	if (r->nodes >= CONF_NODES) {
		reader_fail(r, e->start_mark, "too many values in one file");
		return;
	}
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (r->root)
			reader_fail(r, e->start_mark, "one document is expected");
		break;
	case YAML_ALIAS_EVENT:
		reader_fail(r, e->start_mark, "aliases (*…) are not used here");
		break;
	case YAML_SCALAR_EVENT:
		if (memchr(e->data.scalar.value, '\0', e->data.scalar.length)) {
			reader_fail(r, e->start_mark, "NUL characters are not used here");
			return;
		}
		reader_add(r, node_new(r, CONF_SCALAR, e), e->start_mark);
		break;
	case YAML_SEQUENCE_START_EVENT:
		reader_open(r, CONF_SEQUENCE, e);
		break;
	case YAML_MAPPING_START_EVENT:
		reader_open(r, CONF_MAPPING, e);
		break;
	case YAML_MAPPING_END_EVENT:
		reader_check_twice(r, r->stack[--r->depth]);
		break;
	case YAML_SEQUENCE_END_EVENT:
		r->depth--;
		break;
	default:
		break;
	}
}

static void reader_syntax_error(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	/* The reader (encoding) counts in bytes and knows no line; what it tripped over is just ahead of the mark. */
	yaml_mark_t mark = p->error == YAML_READER_ERROR ? p->mark : p->problem_mark;

	r->failed = true;
	if (p->error == YAML_MEMORY_ERROR)
		weir__conf_error(r->l, (struct conf_place){r->l->src->path, 0, 0}, "out of memory");
	else if (p->context && p->error != YAML_READER_ERROR)
		weir__conf_error(r->l, reader_place(r, mark), "%s from line %u: %s", p->context,
			(unsigned)p->context_mark.line + 1, p->problem);
	else
		weir__conf_error(r->l, reader_place(r, mark), "%s", p->problem ? p->problem : "malformed YAML");
}

static void reader_run(struct reader *r)
{
	bool end = false;

	while (!end && !r->failed) {
		yaml_event_t e;

		if (!yaml_parser_parse(&r->parser, &e)) {
			reader_syntax_error(r);
			return;
		}
		end = e.type == YAML_STREAM_END_EVENT;
		reader_event(r, &e);
		yaml_event_delete(&e);
	}
}

/* ------------------------------------------------------------------------------------------------------------------ */

struct conf_node *weir__conf_yaml_read(struct conf_loader *l, struct weir_str text)
{
	struct reader r = {.l = l};

	if (!yaml_parser_initialize(&r.parser)) {
		weir__conf_error(l, (struct conf_place){l->src->path, 0, 0}, "out of memory");
		return NULL;
	}
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.n ? text.p : ""), text.n);
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	reader_run(&r);
	yaml_parser_delete(&r.parser);
	weir__conf_node_free(&r.key);
	if (r.failed)
		weir__conf_node_free(&r.root);
	return r.root;
}

void weir__conf_node_free(struct conf_node **node)
{
	struct conf_node *n = *node;

	if (!n)
		return;
	while (n->children) {
		struct conf_node *child = n->children;

		n->children = child->next;
		weir__conf_node_free(&child);
	}
	free((char *)n->text.p);
	free((char *)n->key.p);
	free(n);
	*node = NULL;
}
