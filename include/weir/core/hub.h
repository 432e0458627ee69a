/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hub: the one place that puts events in order and answers what depends on that order. It knows which worker wants
 * which channel, hands requests to the engine, and puts entries and answers into the workers' inboxes, so that a
 * subscribe answer (position, missed events) precedes every later event by construction. It does no I/O and has no loop
 * of its own: the broker runs it on a thread, tests run it under a virtual clock. One thread.
 */
#ifndef WEIR_CORE_HUB_H
#define WEIR_CORE_HUB_H

#include "weir/base/clock.h"
#include "weir/base/hash.h"
#include "weir/base/log.h"
#include "weir/core/engine.h"
#include "weir/core/survey.h"

/* What one request may put into one worker's inbox: its answer and one entry or control message. */
#define WEIR_HUB_MESSAGES_PER_REQUEST 2

enum weir_message_type {
	WEIR_MESSAGE_EVENT,   /* event, previous: one reference each */
	WEIR_MESSAGE_REPLY,   /* request: ownership */
	WEIR_MESSAGE_CONTROL, /* control: one reference */
	WEIR_MESSAGE_SURVEY,  /* survey: shared until this worker has finished with it */
	WEIR_MESSAGE_RESET,   /* reset: events behind this one do not follow those before it */
	WEIR_MESSAGE_WATCHED, /* watched: has the broker's own channel subscribers? To worker 0 */
};

/* Hub → worker, by value through the inbox. */
struct weir_message {
	enum weir_message_type type;
	union {
		struct {
			struct weir_event *event, *previous; /* previous may be NULL */
		};
		struct weir_request *request;
		struct weir_control *control;
		struct weir_survey_request *survey;
		struct weir_reset reset;
		bool watched;
	};
};

/* What this broker has: clients, the users they are, the channels (patterns left out) they are subscribed to. */
struct weir_hub_figures {
	uint64_t clients, users, channels, subscriptions;
};

struct weir_hub_options {
	unsigned workers;
	const struct weir_clock *clock;
	const struct weir_hash_key *hash_key;
	struct weir_log *log;
	struct weir_engine *engine; /* not owned */
	struct weir_node node;      /* this broker; not copied */
	/*
	 * Puts a message into a worker's inbox. Must succeed: whoever runs the hub gives it a request only while every
	 * inbox has room for WEIR_HUB_MESSAGES_PER_REQUEST messages.
	 */
	void (*send)(void *ctx, unsigned worker, const struct weir_message *m);
	/*
	 * Has every inbox that room? If not, whoever runs the hub calls the engine's resume() once they have. NULL: always.
	 */
	bool (*room)(void *ctx);
	void (*publish_room)(void *ctx, bool room); /* the workers' publishes are to wait, or may go on. NULL: never */
	void *ctx;
};

struct weir_hub;

struct weir_hub *weir_hub_new(const struct weir_hub_options *o);
void weir_hub_free(struct weir_hub **hub);
void weir_hub_submit(struct weir_hub *hub, struct weir_request *r); /* takes ownership */
/* A moment ago. Any thread. */
void weir_hub_figures(const struct weir_hub *hub, struct weir_hub_figures *out);
void weir_message_drop(struct weir_message *m); /* releases what it holds, undelivered */

#endif
