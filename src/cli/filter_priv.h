/* SPDX-License-Identifier: Apache-2.0 */
/* An event that somebody wrote down as JSON, to try a filter on it. What it does not have is missing. */
#ifndef WEIR_CLI_FILTER_PRIV_H
#define WEIR_CLI_FILTER_PRIV_H

#include "weir/event/event.h"
#include "weir/event/json.h"
#include "weir/filter/filter.h"

#define FILTER_EVENT_FIELDS 6

struct weir__filter_tag {
	struct weir_str name;
	struct weir_value value;
};

struct weir__filter_event {
	struct weir_event *event;                      /* its payload, for the table of filters */
	struct weir_value fields[FILTER_EVENT_FIELDS]; /* channel id time user client offset */
	struct weir__filter_tag *tags;
	size_t n_tags;
	char *texts; /* of all that was decoded */
	size_t n_texts;
};

/* WEIR_EINVALID: `why` says what is wrong, where, and what was expected. The text is copied. */
int weir__filter_event_read(struct weir__filter_event *e, struct weir_str text, struct weir_buf *why) WEIR_MUSTCHECK;
void weir__filter_event_fini(struct weir__filter_event *e);
/* A resolver's callback; ctx is the event. Payload paths are missing. */
struct weir_value weir__filter_event_resolve(void *ctx, enum weir_name_kind kind, struct weir_str name, unsigned path);

#endif
