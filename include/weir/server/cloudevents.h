/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the head of a POST /events/<channel> says about the event (protocol.md §14.7): tags by X-Weir-Tag-<name>, and
 * the attributes of a CloudEvent in binary mode by ce-<name>, which become tags of that name. Pure, any thread.
 */
#ifndef WEIR_SERVER_CLOUDEVENTS_H
#define WEIR_SERVER_CLOUDEVENTS_H

#include "weir/base/buf.h"
#include "weir/event/event.h"
#include "weir/server/head.h"

#define WEIR_POSTED_TAGS      32
#define WEIR_POSTED_TAG_BYTES 1024 /* of one value */
#define WEIR_POSTED_BYTES     4096 /* of all names and values */
#define WEIR_POSTED_WHY       128

struct weir_posted_tags {
	struct weir_tag tags[WEIR_POSTED_TAGS];
	size_t n;
	struct weir_str id, source; /* of a CloudEvent; else absent */
};

/*
 * 0, or the status to answer: 400, or 431 for what is too much; then `why` has a short text. Strings are in `text`,
 * which is emptied and reserved at the start, so that they stay; -ENOMEM.
 */
int weir_posted_tags_read(const struct weir_head *head, struct weir_buf *text, struct weir_posted_tags *out,
	char why[WEIR_POSTED_WHY]) WEIR_MUSTCHECK;

/* What a Content-Type says the body is. */
enum weir_posted_format {
	WEIR_POSTED_JSON,
	WEIR_POSTED_MSGPACK,
	WEIR_POSTED_BINARY,
	WEIR_POSTED_UNSAID,  /* no type, or the one that curl -d claims: JSON if it is JSON */
	WEIR_POSTED_REFUSED, /* several events in one body */
};
enum weir_posted_format weir_posted_format(struct weir_str content_type); /* absent: UNSAID */

#endif
