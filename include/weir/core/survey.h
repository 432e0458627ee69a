/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A survey: what all workers know of their clients, asked by one of them. The request goes to the hub, which shows it
 * to every worker; each fills in a slot of its own with its first `limit` clients in the order asked for. The last one
 * hands it to the hub again, which answers it. Until then the question is read by several threads and changed by none.
 * The odd case: a worker that has ended is counted by whoever drops its message, and its slot stays empty.
 */
#ifndef WEIR_CORE_SURVEY_H
#define WEIR_CORE_SURVEY_H

#include "weir/core/request.h"

#define WEIR_SURVEY_SUBS_MAX 20000 /* subscriptions in one worker's slot: past it the slot ends early */

/* By key and then by client id. */
enum weir_survey_order {
	WEIR_SURVEY_CLIENT,  /* the id alone */
	WEIR_SURVEY_LAG,     /* furthest behind first: since when, which stays the same while a client does not move */
	WEIR_SURVEY_BYTES,   /* most waiting first */
	WEIR_SURVEY_DROPPED, /* most lost first */
};

struct weir_survey_sub {
	struct weir_str channel;
	struct weir_str key;  /* of conflation; absent: none */
	const char *overflow; /* the policy's name */
	uint32_t queue;       /* events that may wait */
	double rate;          /* 0: none */
	bool filtered, positioned;
	uint32_t waiting;
	size_t bytes;
	uint64_t age_ms;                                  /* of the event that goes next; 0: none waits */
	uint64_t offset, top;                             /* last sent, last known here */
	uint64_t delivered, dropped, conflated, withheld; /* events */
	uint64_t lost_bytes;                              /* of those dropped or conflated */
};

/* One allocation, strings and subscriptions included. */
struct weir_survey_client {
	uint64_t key; /* smaller comes first */
	struct weir_str client, user;
	const char *transport, *encoding;
	uint64_t connected_ms, lag_ms, stalled_ms; /* how long */
	uint32_t queued;
	size_t queued_bytes, queue_max;
	uint64_t lost_events, lost_bytes; /* dropped or conflated since it connected */
	size_t n_subs;
	struct weir_survey_sub subs[];
};

struct weir_survey_slot {
	int status;          /* 0 or -ENOMEM */
	bool more;           /* there are others behind these */
	size_t queued_bytes; /* for all clients of the worker */
	struct weir_survey_client **clients;
	size_t count;
	struct weir_survey_request *next; /* in the worker's list of those to be filled in */
};

/* What to look for; strings are absent for "any". */
struct weir_survey_question {
	enum weir_survey_order order;
	size_t limit; /* > 0 */
	struct weir_str user, channel;
	struct weir_str after_client; /* absent: from the beginning */
	uint64_t after_key;
};

struct weir_survey_request {
	struct weir_request base;
	struct weir_survey_question q;
	unsigned asker;   /* base.worker changes on the way back */
	bool shown;       /* to the workers: it is on its way back */
	atomic_uint left; /* those who have not finished, the hub among them while it shows it */
	unsigned n_slots;
	struct weir_survey_slot *slots; /* by worker; the hub's */
	char storage[];
};

/* Copies the strings. NULL: no memory. */
struct weir_survey_request *weir_survey_request_new(const struct weir_survey_question *q);
void weir_survey_fini(struct weir_survey_request *r); /* what is in the slots; for weir_request_free() */
/* Slots for so many workers, and one more who has to finish. -ENOMEM. */
int weir_survey_begin(struct weir_survey_request *r, unsigned workers) WEIR_MUSTCHECK;
/* One has finished. True: it was the last, and the request is the caller's; false: it is not to be touched any more. */
bool weir_survey_finish_one(struct weir_survey_request *r) WEIR_MUSTCHECK;

#endif
