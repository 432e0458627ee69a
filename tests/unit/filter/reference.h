/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second implementation of the filter language, to compare the engine with: a recursive-descent parser to a tree, and
 * a recursive evaluator that follows the specification sentence by sentence. It shares no code with src/filter, only the
 * types of its public headers. Slow on purpose; allocates as it likes, all of it in the filter, until ref_free().
 */
#ifndef WEIR_TEST_REFERENCE_H
#define WEIR_TEST_REFERENCE_H

#include "weir/event/event.h"
#include "weir/filter/filter.h"

struct ref_filter;
struct ref_arena;

/* 0, or WEIR_EINVALID: refused, and `why` (reset before) says what belongs after "filter: ". */
int ref_compile(struct weir_str text, struct ref_filter **out, struct weir_buf *why) WEIR_MUSTCHECK;
/* `node` is checked JSON. */
int ref_compile_tree(struct weir_json node, struct ref_filter **out, struct weir_buf *why) WEIR_MUSTCHECK;
void ref_free(struct ref_filter **f); /* takes NULL */

bool ref_is_mixed(const struct ref_filter *f); /* AND, OR and XOR without parentheses */
bool ref_needs_data(const struct ref_filter *f);
/* The result type if it is known before any event is seen, else MISSING. Integer also stands for "Integer or Number". */
enum weir_value_type ref_result_type(const struct ref_filter *f);

/*
 * The value, also when *error is set. `resolve` gets a payload path as name, in the form of ref_path_text(), and 0 as
 * path number. Strings of the value stay until the next run.
 */
struct weir_value ref_run(struct ref_filter *f, const struct weir_resolver *r, enum weir_filter_error *error);

/* ---- values ---- */

bool ref_value_equal(const struct weir_value *a, const struct weir_value *b); /* the same type and value */
void ref_value_print(struct weir_buf *out, const struct weir_value *v);       /* for people: String 'abc' */
struct weir_value ref_string(const char *s);
struct weir_value ref_integer(int32_t i);
struct weir_value ref_boolean(bool b);
struct weir_value ref_number(const char *json_number); /* of any size; from 10^1000 up it is Opaque, as in a payload */
struct weir_value ref_opaque(void);
struct weir_value ref_missing(void);

/* ---- attributes: what both sides see ---- */

/*
 * Of kind TAG or EVENT: the tag or field of that name. Of kind DATA: the payload value at a path, written with "/name"
 * for a member and "#3" for an element, "" being the root; '/', '#' and '~' in a name have a '~' before them.
 */
struct ref_attribute {
	enum weir_name_kind kind;
	struct weir_str name;
	struct weir_value value;
};

struct ref_attributes {
	const struct ref_attribute *list;
	size_t n;
};

/* A resolver's callback; ctx is a struct ref_attributes. A bare name is looked for in weir's order. */
struct weir_value ref_resolve(void *ctx, enum weir_name_kind kind, struct weir_str name, unsigned path);
/* Turns a path as it is written ("data.items[0]['a b']") into that form; false: it does not parse. */
bool ref_path_text(struct weir_str written, struct weir_buf *out);

/* ---- events ---- */

struct ref_event {
	const struct weir_event *event;
	struct ref_arena *arena; /* for what is decoded */
};

/* A resolver's callback; ctx is a struct ref_event. */
struct weir_value ref_event_resolve(void *ctx, enum weir_name_kind kind, struct weir_str name, unsigned path);
/* The text of a conflation key, or missing. */
struct weir_value ref_event_key(const struct ref_event *e, struct weir_str key);

#endif
