/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tags filter `tf` of the Centrifuge protocol (protocol.md §5.8, filters.md §3): a tree of comparisons on an
 * event's tags, compiled once into one allocation of post-order nodes. Evaluation allocates nothing and cannot fail.
 * Immutable and reference-counted; ref, unref and match on the owning worker's thread.
 */
#ifndef WEIR_EVENT_TAGFILTER_H
#define WEIR_EVENT_TAGFILTER_H

#include "weir/event/event.h"
#include "weir/event/json.h"

struct weir_tagfilter;

/*
 * Compiles a FilterNode object (already checked JSON). Limits of filters.md §4: 64 nodes, depth 16, 256 vals, 4096
 * bytes of strings. On refusal returns WEIR_EINVALID, WEIR_ELIMIT or -ENOMEM and appends to `why` the text that belongs
 * after "filter: ", such as "tf.nodes[1]: eq needs val" (filters.md §4 lists them).
 */
int weir_tagfilter_compile(struct weir_json node, struct weir_tagfilter **out, struct weir_buf *why) WEIR_MUSTCHECK;
struct weir_tagfilter *weir_tagfilter_ref(struct weir_tagfilter *f);
void weir_tagfilter_unref(struct weir_tagfilter **f); /* clears the pointer; takes NULL */
bool weir_tagfilter_match(const struct weir_tagfilter *f, const struct weir_tag *tags, size_t n_tags);
/*
 * The compiled program's bytes, good as long as the filter: equal for filters that differ only in how their JSON is
 * written, so they serve as the key under which a worker keeps one filter for many subscribers.
 */
struct weir_str weir_tagfilter_program(const struct weir_tagfilter *f);

#endif
