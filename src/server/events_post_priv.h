/* SPDX-License-Identifier: Apache-2.0 */
/* A POST /events/<channel>: events_post_read.c reads it, events_publish.c decides and publishes. */
#ifndef WEIR_SERVER_EVENTS_POST_PRIV_H
#define WEIR_SERVER_EVENTS_POST_PRIV_H

#include "events_priv.h"
#include "weir/server/cloudevents.h"

struct events_post {
	struct weir_events *ev;
	struct api_request *q;
	struct weir_buf name, text, key; /* decoded: the channel, the tags, the idempotency key */
	struct weir_str channel, idempotency_key, data;
	struct weir_buf one_line;
	enum weir_payload_format format;
	struct weir_posted_tags tags;
	bool skip_history;
	bool client; /* has a client's rights, and leaves its name */
	struct weir_claims claims;
	const struct weir_namespace *ns;
	struct weir_event *event;
};

/* What is wrong: the answer. A status of 0 is that of the code. */
struct verdict {
	int status;
	enum weir_error_code code; /* 0: nothing */
	const char *why;           /* NULL: the code's text */
};

#define GOOD ((struct verdict){0})

/* ---- events_post_read.c ---- */

struct verdict weir__post_read_channel(struct events_post *p, const struct weir_http_request *http);
/* `why` is where the text of a verdict may be. */
struct verdict weir__post_read_head(struct events_post *p, const struct weir_head *head, char why[WEIR_POSTED_WHY]);
struct verdict weir__post_read_payload(struct events_post *p, const struct weir_http_request *http);

#endif
