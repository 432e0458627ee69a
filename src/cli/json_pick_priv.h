/* SPDX-License-Identifier: Apache-2.0 */
/* Several members of an object in one walk. */
#ifndef WEIR_CLI_JSON_PICK_PRIV_H
#define WEIR_CLI_JSON_PICK_PRIV_H

#include "weir/event/json.h"

/*
 * out[i] becomes the member names[i]; absent if it is not there, is null, or `object` is none. Of a member that is
 * there twice the first counts.
 */
void weir__json_pick(struct weir_json object, const char *const names[], struct weir_json out[], size_t n);

/*
 * An error object of a reply as "permission denied (103)", without control characters, for people. True if it is worth
 * a repetition: temporary, or a code below 100. `code` may be NULL.
 */
bool weir__json_error(struct weir_json error, struct weir_buf *text, uint64_t *code);

/* Appends text for a terminal or a log: control characters become '?'. */
void weir__append_printable(struct weir_buf *out, struct weir_str text);

#endif
