/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters (filters.md): an expression or a tree is compiled once into an immutable program, one allocation without
 * pointers inside, so equal filters are equal bytes. Compiling and evaluating are pure; any thread.
 */
#ifndef WEIR_FILTER_FILTER_H
#define WEIR_FILTER_FILTER_H

#include "weir/event/json.h"
#include "weir/filter/value.h"

struct weir_program;

enum weir_filter_error { /* filters.md §2.4 */
	WEIR_FILTER_OK,
	WEIR_FILTER_MISSING_ATTRIBUTE,
	WEIR_FILTER_CAST,
	WEIR_FILTER_MATH,
	WEIR_FILTER_FUNCTION,
	WEIR_FILTER_GENERIC,
	WEIR_FILTER_NOT_BOOLEAN, /* no error of the evaluation, but the result is no Boolean: does not pass */
	WEIR_FILTER_ERRORS
};
const char *weir_filter_error_name(enum weir_filter_error e); /* "missing_attribute", … as in the metrics */

/*
 * Compile an expression whose result may be Boolean. WEIR_EINVALID (refused), WEIR_ELIMIT (a limit of §4), -ENOMEM;
 * then `why` has got the text that belongs after "filter: ", such as "expected ')' at column 17".
 */
int weir_filter_compile(struct weir_str text, struct weir_program **out, struct weir_buf *why) WEIR_MUSTCHECK;
/* The same, but a result of any type is accepted (for `weir filter` and tests). */
int weir_filter_compile_value(struct weir_str text, struct weir_program **out, struct weir_buf *why) WEIR_MUSTCHECK;
/* Compiles a FilterNode object (§3), already checked JSON. Same errors; places as "tf.nodes[1]: eq needs val". */
int weir_filter_compile_tree(struct weir_json node, struct weir_program **out, struct weir_buf *why) WEIR_MUSTCHECK;
void weir_program_free(struct weir_program **p);                  /* takes NULL */
struct weir_str weir_program_bytes(const struct weir_program *p); /* equal for equal filters */
/* AND, OR and XOR are mixed without parentheses: worth a warning (§2.2). */
bool weir_program_is_mixed(const struct weir_program *p);
bool weir_program_needs_data(const struct weir_program *p);

/*
 * Where names get their values (§5): `kind` tells a bare name, the x of `tags.x` or `event.x`, or a `data` path; then
 * `path` counts the program's different paths, and `name` is the path in its compiled form. Reserved names come in
 * lower case. Returns a value of type WEIR_VALUE_MISSING when there is none; what a value points to must stay until the
 * evaluation is over.
 */
enum weir_name_kind { WEIR_NAME_BARE, WEIR_NAME_TAG, WEIR_NAME_EVENT, WEIR_NAME_DATA };
struct weir_resolver {
	struct weir_value (*resolve)(void *ctx, enum weir_name_kind kind, struct weir_str name, unsigned path);
	void *ctx;
};

/*
 * Evaluates with scratch memory for built strings and nothing else: no allocation, once the buffer (whose ceiling is at
 * least 65536) has that much. The value that CESQL says the expression has, also when *error is set (§2.4); a String is
 * good until the buffer is used again. Never WEIR_FILTER_NOT_BOOLEAN: who wants a Boolean looks at the type.
 */
struct weir_value weir_program_run(const struct weir_program *p, const struct weir_resolver *r,
	struct weir_buf *scratch, enum weir_filter_error *error);

#endif
