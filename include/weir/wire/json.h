/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of the JSON notation that the HTTP API shares with the client protocol. Zero values are omitted where
 * protocol.md §2.3 says so. Pure functions, any thread.
 */
#ifndef WEIR_WIRE_JSON_H
#define WEIR_WIRE_JSON_H

#include "weir/base/buf.h"
#include "weir/event/event.h"
#include "weir/wire/message.h"

/* A raw value that is not of an event: without the sign that it is a string which wraps bytes. */
void weir_json_raw(struct weir_buf *out, struct weir_str value);
/* {"user":…,"client":…,"conn_info"?:…,"chan_info"?:…} */
void weir_json_client_info(struct weir_buf *out, const struct weir_client_info *info);
/* What a JSON subscriber gets as `data`: the payload, or the string that wraps it; the tail below has the tag then. */
void weir_json_payload(struct weir_buf *out, const struct weir_event *e);
/* A whole publication. */
void weir_json_publication(struct weir_buf *out, const struct weir_event *e);
/* Where in the text a frame may later be changed for one subscriber (bus/encoder.h). */
struct weir_json_marks {
	size_t offset_at, offset_len; /* ,"offset":… */
	size_t tags_at;               /* behind the brace of the tags, or where tags would stand */
	bool has_tags;
};
/*
 * What follows `data` in a publication, whatever form that has: ,"info":…,"offset":…,"channel":…,"tags":{…}. With
 * `of_pattern` it says the real channel, as a field and as a tag. `marks` may be NULL.
 */
void weir_json_publication_tail(struct weir_buf *out, const struct weir_event *e, uint64_t offset, bool of_pattern,
	struct weir_json_marks *marks);
/* {"<client>":ClientInfo,…} */
void weir_json_presence(struct weir_buf *out, const struct weir_info_list *list);
/* {"publications":[…],"epoch":…,"offset":…} */
void weir_json_history(
	struct weir_buf *out, const struct weir_event_list *events, struct weir_str epoch, uint64_t offset);
/* Comma before all but the first member: looks at what stands before. */
void weir_json_comma(struct weir_buf *out);
/* "name": */
void weir_json_key(struct weir_buf *out, const char *name);

#endif
