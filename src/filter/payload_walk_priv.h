/* SPDX-License-Identifier: Apache-2.0 */
/* What depends on the payload's format, behind two functions, and the step in the trie that the pass takes. */
#ifndef WEIR_FILTER_PAYLOAD_WALK_PRIV_H
#define WEIR_FILTER_PAYLOAD_WALK_PRIV_H

#include "path_priv.h"
#include "payload_priv.h"

/* Fills the slots. False: bytes, not one well-formed value, too deep, or no memory; then everything is missing. */
bool weir__payload_walk(struct payload *p, const struct weir_event *e);
struct weir_value weir__payload_decode(struct payload *p, struct weir_json value);

/* NULL: no path goes there. */
struct payload_node *weir__payload_child(
	const struct payload *p, const struct payload_node *parent, enum path_kind kind, struct weir_str name);

#endif
