/* SPDX-License-Identifier: Apache-2.0 */
/* The two halves of the JSON codec, for the object that joins them. */
#ifndef WEIR_WIRE_JSON_PRIV_H
#define WEIR_WIRE_JSON_PRIV_H

#include "weir/wire/codec.h"

int weir__json_next(struct weir_str *rest, struct weir_buf *scratch, struct weir_command *out);
int weir__json_next_sub(
	struct weir_str *subs, struct weir_buf *scratch, struct weir_str *channel, struct weir_subscribe_command *out);

#endif
