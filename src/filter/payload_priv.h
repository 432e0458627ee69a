/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The payload paths of a worker in one trie, and what they lead to in the payload at hand. One pass over the payload
 * fills the slots of all paths; nothing is cleared before it: each visit of a node gets a number, and a slot counts as
 * long as it was filled during the present visit of the node above. So a key met twice makes all below its first value
 * missing, at no cost. Worker's thread.
 */
#ifndef WEIR_FILTER_PAYLOAD_PRIV_H
#define WEIR_FILTER_PAYLOAD_PRIV_H

#include "weir/base/buf.h"
#include "weir/base/hash.h"
#include "weir/base/map.h"
#include "weir/event/event.h"
#include "weir/event/json.h"
#include "weir/filter/value.h"

#define PAYLOAD_DEPTH 64

struct payload_node {
	struct weir_map_node node; /* in payload.nodes, by parent and step */
	struct payload_node *parent;
	uint32_t refs;                   /* paths that end here, and children */
	uint32_t n_members, end_element; /* children that are members; no child is an element from here on */
	uint64_t visit, parent_visit;
	uint64_t decoded_visit; /* of which visit `decoded` is */
	struct weir_json value;
	struct weir_value decoded;
	unsigned char kind;
	unsigned char n;
	char name[]; /* of a member; of an element its index in two bytes */
};

struct payload {
	const struct weir_hash_key *key;
	struct weir_map nodes;
	struct payload_node *root;
	uint64_t visits, walks;
	size_t steps; /* members and elements looked at, ever growing; for tests */
	bool walked, good;
	struct weir_buf name, texts; /* a member's name, decoded; strings with escapes, decoded */
	struct weir_buf json;        /* a payload of MessagePack, as it is walked */
};

void weir__payload_init(struct payload *p, const struct weir_hash_key *key);
void weir__payload_fini(struct payload *p); /* no path is left */
/* A path in its compiled form (path_priv.h). A new one forgets the walk. -ENOMEM. */
int weir__payload_ref(struct payload *p, struct weir_str path, struct payload_node **out) WEIR_MUSTCHECK;
void weir__payload_unref(struct payload *p, struct payload_node **node); /* clears the pointer; takes NULL */

void weir__payload_forget(struct payload *p); /* another payload comes */
/* The value at a path of this payload, which is walked now if it was not yet. Good until the next one. */
struct weir_value weir__payload_value(struct payload *p, struct payload_node *node, const struct weir_event *e);

#endif
