/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a worker asks of the hub. A request is one allocation whose ownership moves: worker → hub → engine, and back
 * through the worker's inbox, where done() is called on the worker's thread and owns it again. The hub fills in
 * `status` and the results. Requests without done() are not answered; the hub frees them.
 */
#ifndef WEIR_CORE_REQUEST_H
#define WEIR_CORE_REQUEST_H

#include "weir/bus/idempotency.h"
#include "weir/bus/namespace.h"
#include "weir/bus/presence.h"
#include "weir/bus/stream.h"
#include "weir/core/nodes.h"

enum weir_request_type {
	WEIR_REQUEST_PUBLISH,
	WEIR_REQUEST_SUBSCRIBE,
	WEIR_REQUEST_UNSUBSCRIBE,
	WEIR_REQUEST_HISTORY,
	WEIR_REQUEST_HISTORY_REMOVE,
	WEIR_REQUEST_PRESENCE,
	WEIR_REQUEST_CONTROL,
	WEIR_REQUEST_CHANNELS,
	WEIR_REQUEST_INFO,
	WEIR_REQUEST_CLIENT,   /* a client came or went */
	WEIR_REQUEST_SURVEY,   /* core/survey.h */
	WEIR_REQUEST_ANNOUNCE, /* a publish request to this broker's subscribers alone: the engine hears nothing of it */
};

struct weir_request {
	enum weir_request_type type;
	unsigned worker;                      /* who asked; set when it is submitted */
	int status;                           /* 0, or why it failed */
	void (*done)(struct weir_request *r); /* on the worker's thread; NULL: no answer */
	void *ctx;                            /* the asker's */
	struct weir_request *next;            /* in the worker's list of requests that wait for room */
};

struct weir_publish_request {
	struct weir_request base;
	const struct weir_namespace *ns;
	struct weir_event *event; /* one reference; goes with the request */
	bool skip_history;
	struct weir_str idempotency_key; /* absent: none */
	/*
	 * Publishes nothing when the channel has this version or a higher one, of the same version epoch or, if that is
	 * empty, of any: the result is its current position then. 0: none.
	 */
	uint64_t version;
	struct weir_str version_epoch;
	struct weir_publish_result result;
	char storage[];
};

struct weir_subscribe_request {
	struct weir_request base;
	const struct weir_namespace *ns;
	struct weir_str channel;
	struct weir_client_info info; /* for presence and join */
	bool presence, emits;         /* add a presence entry, emit a join */
	bool positioned;              /* wants the stream's position */
	bool recover, reject_unrecovered;
	bool skip_user_limited; /* of a pattern: what it may not reach does not come with the missed events either */
	struct weir_str since_epoch;
	uint64_t since_offset;
	size_t recovery_limit;
	/* results, when positioned */
	bool recovered;
	char epoch[WEIR_EPOCH_MAX];
	uint64_t top;
	struct weir_event_list missed; /* oldest first */
	char storage[];
};

struct weir_unsubscribe_request {
	struct weir_request base;
	struct weir_str channel;
	struct weir_client_info info;
	bool presence, emits;
	char storage[];
};

/* History, and with `remove` history_remove. */
struct weir_history_request {
	struct weir_request base;
	const struct weir_namespace *ns;
	struct weir_str channel, since_epoch;
	struct weir_stream_range range;
	char epoch[WEIR_EPOCH_MAX];
	uint64_t top;
	struct weir_event_list events;
	char storage[];
};

struct weir_presence_request {
	struct weir_request base;
	struct weir_str channel;
	bool want_list; /* else only the numbers */
	size_t num_clients, num_users;
	struct weir_info_list list;
	char storage[];
};

/* Channels that have subscribers. Patterns are none. */
struct weir_channels_request {
	struct weir_request base;
	struct weir_str pattern; /* a glob; absent: all. With `page` a pattern of tokens */
	bool page;               /* sorted by name: the first `limit` after this name */
	struct weir_str after;
	size_t limit;
	bool more; /* result of a page: there are others behind these */
	struct weir_channel_count {
		struct weir_str channel;
		uint64_t clients;
	} * channels; /* one allocation, names included */
	size_t count;
	struct weir_name_list missing; /* uids of the nodes that did not answer */
	char storage[];
};

struct weir_info_request {
	struct weir_request base;
	struct weir_node_list nodes;   /* the first is this broker */
	struct weir_name_list missing; /* uids of those that did not answer */
};

struct weir_client_request {
	struct weir_request base;
	bool came;
	struct weir_str user;
	char storage[];
};

/*
 * A control message: what the server API does to connections, and what a client of an emulated transport says, which is
 * for one worker of one broker. Immutable, reference-counted across threads; the hub hands one reference to every worker
 * (that of the session, if it is INPUT), and answers the request when all of them have it in their inbox.
 */
enum weir_control_op {
	WEIR_CONTROL_SUBSCRIBE,
	WEIR_CONTROL_UNSUBSCRIBE,
	WEIR_CONTROL_DISCONNECT,
	WEIR_CONTROL_REFRESH,
	WEIR_CONTROL_INPUT, /* session, data: the message; node: the broker that has the session */
};

struct weir_control {
	atomic_uint refs;
	enum weir_control_op op;
	/* client and session: absent = all of the user's; a session (core/secret.h) says who it is without a user */
	struct weir_str user, client, session;
	struct weir_str node;            /* for this broker only; absent: for all */
	struct weir_str channel;         /* unsubscribe: absent = all */
	const struct weir_namespace *ns; /* of the channel */
	struct weir_str *whitelist;      /* client ids that stay */
	size_t n_whitelist;
	unsigned code; /* disconnect */
	struct weir_str reason;
	struct weir_str info, data; /* raw JSON or absent */
	struct weir_str override;   /* raw JSON object or absent */
	bool recover;
	struct weir_str since_epoch;
	uint64_t since_offset;
	bool has_expire_at, expired;
	int64_t expire_at_s;
	char storage[];
};

struct weir_control_request {
	struct weir_request base;
	struct weir_control *control; /* one reference */
};

/*
 * Makers copy their strings into the request. NULL: no memory. The publish request takes over the event's reference,
 * also when it fails; the control request likewise.
 */
struct weir_publish_request *weir_publish_request_new(
	const struct weir_namespace *ns, struct weir_event *e, struct weir_str idempotency_key);
struct weir_publish_request *weir_publish_version_request_new(const struct weir_namespace *ns, struct weir_event *e,
	struct weir_str idempotency_key, uint64_t version, struct weir_str version_epoch);
struct weir_subscribe_request *weir_subscribe_request_new(const struct weir_namespace *ns, struct weir_str channel,
	const struct weir_client_info *info, struct weir_str since_epoch);
struct weir_unsubscribe_request *weir_unsubscribe_request_new(
	struct weir_str channel, const struct weir_client_info *info);
struct weir_history_request *weir_history_request_new(
	const struct weir_namespace *ns, struct weir_str channel, struct weir_str since_epoch);
struct weir_presence_request *weir_presence_request_new(struct weir_str channel, bool want_list);
struct weir_channels_request *weir_channels_request_new(struct weir_str pattern);
struct weir_channels_request *weir_channels_page_request_new(
	struct weir_str pattern, struct weir_str after, size_t limit);
struct weir_info_request *weir_info_request_new(void);
struct weir_client_request *weir_client_request_new(bool came, struct weir_str user);
struct weir_control_request *weir_control_request_new(struct weir_control *c);
void weir_request_free(struct weir_request **r); /* with its results; takes NULL */

/* Copies spec and its strings. One reference. NULL: no memory. */
struct weir_control *weir_control_new(const struct weir_control *spec);
struct weir_control *weir_control_ref(struct weir_control *c);
void weir_control_unref(struct weir_control **c);

#endif
