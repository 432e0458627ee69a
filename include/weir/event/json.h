/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A strict RFC 8259 scanner that yields spans of the input and copies nothing: payloads must travel byte for byte, so a
 * parser that builds a tree is of no use here. First weir_json_check() validates one whole text (grammar, UTF-8,
 * depth); the other functions walk values that it has accepted. Pure functions, any thread, no allocation, no
 * recursion.
 */
#ifndef WEIR_EVENT_JSON_H
#define WEIR_EVENT_JSON_H

#include "weir/base/buf.h"

#define WEIR_JSON_DEPTH 32 /* of client commands and payloads, payload included; protocol.md §2.3 */

enum weir_json_type {
	WEIR_JSON_NONE, /* absent */
	WEIR_JSON_NULL,
	WEIR_JSON_FALSE,
	WEIR_JSON_TRUE,
	WEIR_JSON_NUMBER,
	WEIR_JSON_STRING,
	WEIR_JSON_ARRAY,
	WEIR_JSON_OBJECT,
};

struct weir_json {
	enum weir_json_type type;
	struct weir_str text; /* the value's exact bytes; of a string with its quotes */
};

/*
 * Exactly one value, surrounded by nothing but JSON white space, nested at most max_depth arrays and objects (a scalar
 * has depth 0; more than 1024 is never accepted). Escapes must be well formed; a lone surrogate escape (\ud800) is
 * allowed, as in RFC 8259. A raw NUL, a control character in a string, invalid UTF-8 or a byte-order mark is refused.
 * `out` (may be NULL) gets the value, without the outer white space; `at` (may be NULL) gets the byte offset of the
 * first problem. 0, WEIR_EPARSE, WEIR_EUTF8, WEIR_EDEPTH.
 */
int weir_json_check(struct weir_str text, unsigned max_depth, struct weir_json *out, size_t *at) WEIR_MUSTCHECK;

/*
 * The first value of a text that holds several, one after the other with or without white space between (legacy API):
 * *rest becomes what follows. Same errors; WEIR_ENOTFOUND when only white space is left.
 */
int weir_json_take(struct weir_str *rest, unsigned max_depth, struct weir_json *out) WEIR_MUSTCHECK;

/* Walks the members of an object or the elements of an array. `name` is the member's name with its quotes. */
struct weir_json_iter {
	const char *p, *end;
};

struct weir_json_iter weir_json_members(struct weir_json object);
bool weir_json_next_member(struct weir_json_iter *it, struct weir_str *name, struct weir_json *value);
struct weir_json_iter weir_json_elements(struct weir_json array);
bool weir_json_next_element(struct weir_json_iter *it, struct weir_json *value);

/* Does a name or string (with its quotes, perhaps with escapes) decode to exactly this text? No allocation. */
bool weir_json_string_is(struct weir_str quoted, struct weir_str text);
/* Appends the decoded string; a lone surrogate becomes U+FFFD. The value must be a string. */
void weir_json_string_decode(struct weir_buf *out, struct weir_str quoted);
/* The text between the quotes when it holds no escape, else absent: the common case without a copy. */
struct weir_str weir_json_string_plain(struct weir_str quoted);

/* Numbers. WEIR_EPARSE if it is not of that kind (1.0 and 1e3 are not integers), WEIR_ELIMIT if it does not fit. */
int weir_json_u64(struct weir_json v, uint64_t *out) WEIR_MUSTCHECK;
int weir_json_i64(struct weir_json v, int64_t *out) WEIR_MUSTCHECK;
int weir_json_double(struct weir_json v, double *out) WEIR_MUSTCHECK; /* any number; WEIR_ELIMIT if not finite */

/*
 * Appends the value without its raw newlines (CR, LF), which in valid JSON are white space only; everything else is
 * kept byte for byte (protocol.md §2.3).
 */
void weir_json_append_one_line(struct weir_buf *out, struct weir_str valid_json);

/* Appends a string with its quotes and minimal escapes: " \ and what is below U+0020. The text must be valid UTF-8. */
void weir_json_append_string(struct weir_buf *out, struct weir_str text);
/* The number of bytes weir_json_append_string() would append. */
size_t weir_json_string_size(struct weir_str text);

#endif
