/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The API's inside. A request of HTTP holds calls: one, the elements of a batch, or the commands of the older endpoint.
 * A call has a method (a row of a table), its parameters as a span of the body, and, while it is at work, slots: one
 * per question to the hub, of which a broadcast has many. api.c has routes and authentication, api_call.c the life of
 * calls, api_shape.c finds the calls in a body, api_parse.c reads parameters, the others are the methods.
 */
#ifndef WEIR_SERVER_API_PRIV_H
#define WEIR_SERVER_API_PRIV_H

#include "weir/server/api.h"
#include "weir/wire/members.h"
#include "weir/wire/message.h"

#define API_CALLS_MAX         10000
#define API_CHANNELS_MAX      10000
#define API_PAGE              1000 /* channels that a broadcast to a pattern reaches, if the caller does not say */
#define API_TAGS_MAX          256
#define API_VERSION_EPOCH_MAX 255
#define API_WINDOW            256                   /* questions to the hub under way, per HTTP request */
#define API_DEPTH             (WEIR_JSON_DEPTH + 4) /* a payload in params, in an element, in commands, in a batch */

struct api_request;
struct api_call;
struct events_post; /* a POST /events/<channel>: events_publish.c */

struct api_error {
	enum weir_error_code code; /* 0: none */
	const char *message;       /* static */
	bool busy;                 /* worth a 503 if the request has nothing else to tell */
};

/* The members of all methods; each method's table names those it has. */
struct api_params {
	struct weir_str channel, pattern, user, client, session;
	struct weir_str b64data, b64info, format, idempotency_key, version_epoch;
	struct weir_str sort, cursor;
	struct weir_str data, info, override;             /* raw */
	struct weir_str channels, whitelist, tags;        /* arrays and an object of strings, raw */
	struct weir_str since, recover_since, disconnect; /* objects, whose members are the next ones */
	struct weir_str epoch, reason;
	uint64_t offset, version;
	uint32_t code;
	int64_t limit, expire_at;
	bool skip_history, delta, expired, reverse;
	size_t n_channels, n_whitelist, n_tags;
};

/* One question to the hub and what came of it. */
struct api_slot {
	struct api_call *call;
	struct api_error error;
	struct weir_publish_result published;
};

/* What a call has while it is at work. */
struct api_work {
	struct api_params params;
	struct weir_buf text; /* decoded strings and values; its memory does not move */
	struct weir_str data, info;
	enum weir_payload_format format; /* of `data` */
	struct weir_buf payload;         /* what base64 held */
	struct weir_tag *tags;
	size_t n_tags;
	struct weir_json_iter channels; /* of a broadcast: those to come */
	struct weir_buf name;           /* the current one, if it had escapes */
	/* A broadcast to a pattern first asks for its channels; then there is a slot for each. */
	struct weir_str pattern;          /* absent: an ordinary one */
	bool searching, more;             /* asked, or about to ask; there are channels behind these */
	struct weir_channel_count *found; /* n_slots of them */
	struct weir_name_list missing;    /* nodes that were not asked for theirs */
	struct api_slot one, *slots;
	size_t n_slots, next; /* next: the first one that has not asked */
	size_t unanswered;
};

struct api_method {
	const char *name;
	int number; /* in the older endpoint; -1: it has none */
	const struct weir_member *members;
	size_t n_members;
	bool writes; /* without an answer, it may or may not have happened */
	/* Checks and prepares; false: c->error is set. Sets n_slots if it is not 1. May be NULL. */
	bool (*begin)(struct api_call *c);
	/* The slot's question; NULL: slot->error is set. */
	struct weir_request *(*make)(struct api_call *c, struct api_slot *slot);
	/*
	 * A good answer came; appends the result to c->out, or leaves that to end(). While the work says `searching` it
	 * may put other slots in the place of the one there was. May be NULL.
	 */
	void (*take)(struct api_call *c, struct api_slot *slot, struct weir_request *r);
	/* All slots are answered; with one slot: and well. NULL: nothing to add; an empty result is `{}`. */
	void (*end)(struct api_call *c);
};

struct api_call {
	struct api_request *request;
	const struct api_method *method; /* NULL: error is set from the beginning */
	struct weir_str params;
	uint32_t id; /* of the older endpoint */
	bool ended;
	struct api_error error;
	struct weir_buf out; /* the result */
	struct api_work *work;
};

enum api_shape {
	API_SINGLE,
	API_BATCH,
	API_LEGACY,
	API_EVENT, /* POST /events/<channel>: `post` has what the call needs, and answers */
};

struct api_request {
	struct weir_api *api;
	struct weir_http_request *http; /* NULL: answered */
	enum api_shape shape;
	struct events_post *post; /* owned; NULL for the other shapes */
	bool parallel;
	bool running;          /* inside weir__api_run() */
	bool dropped;          /* gives nothing to the hub any more */
	bool asked, wrote;     /* something, and something that changes things, was given to the hub */
	struct weir_list link; /* weir_api.waiting */
	struct weir_pending deadline;
	uint64_t moved_ms; /* when the last answer came */
	struct api_call *calls;
	size_t n_calls, cap, current; /* current: the first one that has questions left */
	size_t in_flight;
	size_t budget;             /* bytes that results may still take */
	struct weir_request *held; /* it found no room */
};

/* ---- api.c ---- */

/* Has the request a key? 0: none, or none is asked for; 1: the right one; -1: a wrong one. */
int weir__api_key_given(const struct weir_api *api, const struct weir_head *head);

/* ---- events_publish.c ---- */

void weir__events_post_free(struct events_post **p);
/* Answers; `dropped` if the call has not ended. */
void weir__events_post_answer(struct api_request *q, const struct api_error *dropped);

/* ---- api_call.c ---- */

struct api_request *weir__api_request_new(struct weir_api *api, struct weir_http_request *http, enum api_shape shape);
void weir__api_request_free(struct api_request *q);
/* NULL: no memory. */
struct api_call *weir__api_add(struct api_request *q, const struct api_method *method, struct weir_str params);
/* Begins, or goes on. The request may be gone afterwards. */
void weir__api_run(struct api_request *q);
/* Always false. */
bool weir__api_fail(struct api_error *e, enum weir_error_code code, const char *message);

/* ---- api_answer.c ---- */

/* The whole answer of a request whose calls have all ended. */
void weir__api_answer(struct api_request *q);
void weir__api_answer_error(struct weir_http_request *http, int status, const struct api_error *e);
/* 400, with what is wrong with the request. */
void weir__api_answer_bad(struct weir_api *api, struct weir_http_request *http, const char *why);
void weir__api_put_error(struct weir_buf *out, const struct api_error *e);
/* What an answer of the hub with this status means. */
struct api_error weir__api_status(int status);

/* ---- api_shape.c: answer themselves and return NULL if the body has no calls to make ---- */

struct api_request *weir__api_single(
	struct weir_api *api, struct weir_http_request *http, const struct api_method *method);
struct api_request *weir__api_batch(struct weir_api *api, struct weir_http_request *http);
struct api_request *weir__api_legacy(struct weir_api *api, struct weir_http_request *http);

/* ---- api_parse.c ---- */

/* Room for a message about what is wrong. */
#define API_WHY_MAX 200

/*
 * Reads the members that the method has, and checks the types of all there is inside of them. `text` is emptied first.
 * 0; WEIR_EPARSE, with the reason in `why`; -ENOMEM.
 */
int weir__api_parse(const struct api_method *m, struct weir_str object, struct weir_buf *text, struct api_params *p,
	char why[API_WHY_MAX]) WEIR_MUSTCHECK;
int weir__api_members(struct weir_str object, const struct weir_member *table, size_t n, struct weir_buf *text,
	void *to, char why[API_WHY_MAX]) WEIR_MUSTCHECK;
/*
 * A raw value, or the JSON in base64, which wins: on one line. Absent without either. False: error is set. The `text`
 * of the call's work holds what had to be copied.
 */
bool weir__api_value(struct api_call *c, struct weir_str raw, struct weir_str base64, struct weir_str *out);

/* ---- api_payload.c ---- */

/* What is to be published, absent or not, and its format, into the call's work. False: error is set. */
bool weir__api_payload(struct api_call *c);

/* ---- api_method.c ---- */

const struct api_method *weir__api_method(struct weir_str name);
/*
 * For counters: its place in the table, behind it that of the one call that is no method (POST /events); and the name of
 * what is at a place, NULL behind the last.
 */
unsigned weir__api_method_place(const struct api_method *m);
const char *weir__api_method_at(unsigned place);
const struct api_method *weir__api_method_nocase(struct weir_str name); /* of the older endpoint */
const struct api_method *weir__api_method_number(int64_t number);
/* The method whose name this member of a batch's element has, with its quotes. */
const struct api_method *weir__api_method_quoted(struct weir_str name);
/* The namespace of a channel or pattern, or NULL and the error: no name, one that is not allowed, no such namespace. */
const struct weir_namespace *weir__api_name(const struct weir_api *api, struct weir_str channel, struct api_error *e);
/* The same for a channel: a pattern is an error. */
const struct weir_namespace *weir__api_channel(
	const struct weir_api *api, struct weir_str channel, struct api_error *e);

/* ---- api_publish.c, api_control.c, api_query.c, api_connections.c ---- */

bool weir__api_publish_begin(struct api_call *c);
struct weir_request *weir__api_publish_make(struct api_call *c, struct api_slot *slot);
void weir__api_publish_take(struct api_call *c, struct api_slot *slot, struct weir_request *r);
void weir__api_publish_end(struct api_call *c);
bool weir__api_broadcast_begin(struct api_call *c);
struct weir_request *weir__api_broadcast_make(struct api_call *c, struct api_slot *slot);
void weir__api_broadcast_take(struct api_call *c, struct api_slot *slot, struct weir_request *r);
void weir__api_broadcast_end(struct api_call *c);

struct weir_request *weir__api_subscribe(struct api_call *c, struct api_slot *slot);
struct weir_request *weir__api_unsubscribe(struct api_call *c, struct api_slot *slot);
struct weir_request *weir__api_disconnect(struct api_call *c, struct api_slot *slot);
struct weir_request *weir__api_refresh(struct api_call *c, struct api_slot *slot);

struct weir_request *weir__api_presence(struct api_call *c, struct api_slot *slot);
void weir__api_presence_take(struct api_call *c, struct api_slot *slot, struct weir_request *r);
struct weir_request *weir__api_presence_stats(struct api_call *c, struct api_slot *slot);
void weir__api_presence_stats_take(struct api_call *c, struct api_slot *slot, struct weir_request *r);
struct weir_request *weir__api_history(struct api_call *c, struct api_slot *slot);
void weir__api_history_take(struct api_call *c, struct api_slot *slot, struct weir_request *r);
struct weir_request *weir__api_history_remove(struct api_call *c, struct api_slot *slot);
struct weir_request *weir__api_channels(struct api_call *c, struct api_slot *slot);
void weir__api_channels_take(struct api_call *c, struct api_slot *slot, struct weir_request *r);
struct weir_request *weir__api_info(struct api_call *c, struct api_slot *slot);
/* The member `missing`, with the uids of the nodes that did not answer; nothing if all did. */
void weir__api_put_missing(struct weir_buf *out, const struct weir_name_list *missing);
void weir__api_info_take(struct api_call *c, struct api_slot *slot, struct weir_request *r);

struct weir_request *weir__api_metrics(struct api_call *c, struct api_slot *slot);
void weir__api_metrics_end(struct api_call *c);

struct weir_request *weir__api_connections(struct api_call *c, struct api_slot *slot);
void weir__api_connections_take(struct api_call *c, struct api_slot *slot, struct weir_request *r);
struct weir_request *weir__api_lag(struct api_call *c, struct api_slot *slot);
void weir__api_lag_take(struct api_call *c, struct api_slot *slot, struct weir_request *r);

/* ---- for the broker's own channel (stats_feed.c): the same objects as in the answers ---- */

struct weir_survey_request;
/* The array of its clients, with some of their subscriptions each. */
void weir__api_put_slow(struct weir_buf *out, const struct weir_survey_request *r);
/* A broker; `flag`: a further member, which is true. NULL: none. */
void weir__api_put_node(struct weir_buf *out, const struct weir_node_info *node, const char *flag);

#endif
