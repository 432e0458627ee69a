/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of one script each have in common: how a command begins, and words of a reply. Loop's thread. */
#ifndef WEIR_REDIS_SCRIPT_PRIV_H
#define WEIR_REDIS_SCRIPT_PRIV_H

#include "script.h"

/* Empties the command and writes EVALSHA, the script, and its one key. */
void weir__script_begin(struct weir_argv *a, enum weir_script s, struct weir_str key);

/*
 * Times to live as Redis takes them: 0 means without end. With a reserve of 1/8 they need not be set again with each
 * event, only once in 1/8.
 */
uint64_t weir__ttl(uint64_t ms);
uint64_t weir__ttl_with_reserve(uint64_t ms);

/* The next value of an array, or false: there is none of that kind. Moves on. */
struct weir_fields {
	const struct weir_reply *at;
	uint32_t left;
};
bool weir__fields_array(struct weir_fields *f, const struct weir_reply *r); /* of an array reply */
bool weir__fields_str(struct weir_fields *f, struct weir_str *out);         /* a string or status */
bool weir__fields_u64(struct weir_fields *f, uint64_t *out); /* an integer ≥ 0, or a string of digits */
bool weir__fields_position(struct weir_fields *f, struct weir_position *out);

bool weir__position_parse(struct weir_str s, struct weir_position *out); /* "<generation>-<n>" */
bool weir__epoch_copy(char out[WEIR_EPOCH_MAX], struct weir_str s);      /* false: too long, or holds a NUL */

#endif
