/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A GET /events on its way to a stream, for the files that serve it: events_stream.c has its steps, events_refuse.c
 * the end of those that become none, events_begin.c what was answered and what the stream begins with.
 *
 *   CONNECTING ──► (LOOKING ──►) SUBSCRIBING, for each channel ──► started, or refused
 */
#ifndef WEIR_SERVER_EVENTS_STREAM_PRIV_H
#define WEIR_SERVER_EVENTS_STREAM_PRIV_H

#include "events_priv.h"
#include "weir/server/events_request.h"
#include "weir/server/stream.h"
#include "weir/wire/events.h"

#define EVENTS_RECOVERED_MAX (64u << 20) /* bytes of events that one stream begins with */

#define EVENTS_TYPE "text/event-stream; charset=utf-8"

enum events_phase {
	EVENTS_CONNECTING,
	EVENTS_LOOKING, /* what the next channel's history has */
	EVENTS_SUBSCRIBING,
};

/* A channel's subscribe as it was answered. */
struct events_sub {
	struct weir_subscribe_result result;
	char epoch[WEIR_EPOCH_MAX];
	struct weir_buf data;
	struct weir_event_list missed;
	bool partial; /* history has more than what is recovered of it */
};

struct events_stream {
	struct weir_events *ev;
	struct weir_http_request *http; /* NULL: answered */
	struct weir_http_stream *st;
	unsigned refs; /* the stream, and a question to the hub */
	enum events_phase phase;
	bool admitted; /* counts as a client, and is not started yet */
	struct weir_events_request request;
	size_t next;                /* the channel at hand */
	enum weir_error_code error; /* of the last reply; 0: none */
	struct weir_buf message;    /* its text */
	struct weir_pending step, deadline;
	struct weir_buf version;
	char client[40];
	struct events_sub *subs; /* one for each channel; NULL once started */
	size_t recovered;        /* bytes of what is in them */
	struct weir_events_places places;
};

/* ---- events_stream.c ---- */

void weir__events_step_soon(struct events_stream *es);
void weir__events_unref(struct events_stream *es);

/* ---- events_refuse.c ---- */

void weir__events_stop_waiting(struct events_stream *es);
/* Once; the stream is gone at the end of the turn. As weir__events_refuse(), with the channel at hand. */
void weir__events_stream_refuse(struct events_stream *es, int status, enum weir_error_code code,
	struct weir_str message, unsigned retry_after_s);
void weir__events_refuse_busy(struct events_stream *es, const char *word);
/* The door's: the session has ended before there is a stream. */
void weir__events_on_refused(struct weir_http_stream *st, unsigned code, struct weir_str reason);

/* ---- events_begin.c ---- */

void weir__events_keep_connect(struct events_stream *es, const struct weir_connect_result *r);
int weir__events_keep_subscribe(struct events_stream *es, const struct weir_subscribe_result *r) WEIR_MUSTCHECK;
/* An error's text without the names that options have in commands. */
struct weir_str weir__events_words(struct weir_str message);
void weir__events_retry(const struct events_stream *es, struct weir_buf *out); /* when to come again */
/* What the stream begins with: `retry:`, the first control message, what was recovered. 0 or -ENOMEM. */
int weir__events_first(struct events_stream *es, struct weir_buf *out) WEIR_MUSTCHECK;
/*
 * since=all: asks the hub where the history of the channel at hand begins; the step follows. False: there is nothing to
 * ask.
 */
bool weir__events_look(struct events_stream *es);

#endif
