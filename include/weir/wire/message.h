/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client protocol's messages as plain structs, whatever notation they travel in (protocol.md §2.4, §4, §9). Strings
 * and raw values are spans: of the received message in commands, of the maker's memory in replies and pushes.
 */
#ifndef WEIR_WIRE_MESSAGE_H
#define WEIR_WIRE_MESSAGE_H

#include "weir/bus/presence.h"
#include "weir/bus/stream.h"
#include "weir/event/json.h"

/* In the order in which a command with several methods is read (protocol.md §2.6). */
#define WEIR_METHODS(X)                   \
	X(CONNECT, connect)               \
	X(SUBSCRIBE, subscribe)           \
	X(UNSUBSCRIBE, unsubscribe)       \
	X(PUBLISH, publish)               \
	X(PRESENCE, presence)             \
	X(PRESENCE_STATS, presence_stats) \
	X(HISTORY, history)               \
	X(RPC, rpc)                       \
	X(SEND, send)                     \
	X(REFRESH, refresh)               \
	X(SUB_REFRESH, sub_refresh)

enum weir_method {
	WEIR_METHOD_NONE, /* a pong */
#define X(upper, lower) WEIR_METHOD_##upper,
	WEIR_METHODS(X)
#undef X
		WEIR_METHOD_COUNT
};

/* Error codes of replies and of the HTTP API (protocol.md §9.3). */
#define WEIR_ERROR_CODES(X)                             \
	X(INTERNAL, 100, "internal server error")       \
	X(UNAUTHORIZED, 101, "unauthorized")            \
	X(UNKNOWN_CHANNEL, 102, "unknown channel")      \
	X(PERMISSION, 103, "permission denied")         \
	X(METHOD, 104, "method not found")              \
	X(SUBSCRIBED, 105, "already subscribed")        \
	X(LIMIT, 106, "limit exceeded")                 \
	X(BAD_REQUEST, 107, "bad request")              \
	X(NOT_AVAILABLE, 108, "not available")          \
	X(TOKEN_EXPIRED, 109, "token expired")          \
	X(EXPIRED, 110, "expired")                      \
	X(TOO_MANY, 111, "too many requests")           \
	X(UNRECOVERABLE, 112, "unrecoverable position") \
	X(CONFLICT, 113, "conflict")

enum weir_error_code {
#define X(name, code, text) WEIR_ERROR_##name = code,
	WEIR_ERROR_CODES(X)
#undef X
};
const char *weir_error_text(enum weir_error_code code);
bool weir_error_temporary(enum weir_error_code code);

/* Disconnect codes with their reasons (protocol.md §9.2); one list for close frames, log and counters. */
#define WEIR_DISCONNECTS(X)                          \
	X(CLOSED, 3000, "connection closed")         \
	X(SHUTDOWN, 3001, "shutdown")                \
	X(INTERNAL, 3004, "internal server error")   \
	X(EXPIRED, 3005, "connection expired")       \
	X(SUB_EXPIRED, 3006, "subscription expired") \
	X(SLOW, 3008, "slow")                        \
	X(WRITE_ERROR, 3009, "write error")          \
	X(INSUFFICIENT, 3010, "insufficient state")  \
	X(RECONNECT, 3011, "force reconnect")        \
	X(NO_PONG, 3012, "no pong")                  \
	X(TOO_MANY, 3013, "too many requests")       \
	X(INVALID_TOKEN, 3500, "invalid token")      \
	X(BAD_REQUEST, 3501, "bad request")          \
	X(STALE, 3502, "stale")                      \
	X(FORCED, 3503, "force disconnect")          \
	X(CHANNEL_LIMIT, 3505, "channel limit")      \
	X(NOT_AVAILABLE, 3508, "not available")

enum weir_disconnect_code {
#define X(name, code, text) WEIR_DISCONNECT_##name = code,
	WEIR_DISCONNECTS(X)
#undef X
};
const char *weir_disconnect_text(enum weir_disconnect_code code);

/* For counters: a code's place in its list, or behind it; and the code of such a place, 0 behind the list. */
#define X(name, code, text) +1
enum {
	WEIR_DISCONNECT_PLACES = 0 WEIR_DISCONNECTS(X),
	WEIR_ERROR_PLACES = 0 WEIR_ERROR_CODES(X),
};
#undef X
unsigned weir_disconnect_place(unsigned code);
unsigned weir_disconnect_code_at(unsigned place);
unsigned weir_error_place(unsigned code);
unsigned weir_error_code_at(unsigned place);

#define WEIR_UNSUBSCRIBE_SERVER       2000u /* "server unsubscribe", terminal */
#define WEIR_UNSUBSCRIBE_INSUFFICIENT 2500u /* "insufficient state": the SDK resubscribes and recovers */
#define WEIR_UNSUBSCRIBE_EXPIRED      2501u /* "subscription expired" */

#define WEIR_SUBSCRIBE_FLAG_REJECT 2 /* error 112 rather than a subscription without what was missed */

struct weir_connect_command {
	struct weir_str token, name, version;
	struct weir_str subs; /* the object channel → subscribe request, in the notation of the message; absent */
	struct weir_str data;
};

struct weir_subscribe_command {
	struct weir_str channel, token, epoch, delta;
	struct weir_str data, tf; /* raw */
	uint64_t offset;
	int64_t flag, type;
	bool recover, positioned, recoverable, join_leave;
};

struct weir_history_command {
	struct weir_str channel, epoch;
	int64_t limit;
	uint64_t offset;
	bool has_since, reverse;
};

struct weir_command {
	uint32_t id;
	enum weir_method method;
	union {
		struct weir_connect_command connect;
		struct weir_subscribe_command subscribe;
		struct weir_history_command history;
		struct { /* the rest: what each of them has */
			struct weir_str channel, data, token;
			enum weir_payload_format format; /* of `data`, of publish */
		};
	};
};

struct weir_subscribe_result {
	bool expires, recoverable, positioned, recovered, was_recovering, delta;
	bool pattern; /* to a pattern: its publications are of other channels, and their offset is the log's n */
	uint32_t ttl;
	struct weir_str epoch;
	uint64_t offset;
	struct weir_str data;
	const struct weir_event_list *publications; /* NULL: none */
};

struct weir_named_result {
	struct weir_str channel;
	struct weir_subscribe_result result;
};

struct weir_connect_result {
	struct weir_str client, version;
	struct weir_str session, node; /* of emulated transports; else absent */
	bool expires, pong;
	uint32_t ttl, ping;
	struct weir_str data;
	const struct weir_named_result *subs;
	size_t n_subs;
};

struct weir_reply {
	uint32_t id;
	enum weir_method method;
	enum weir_error_code error; /* 0: a result */
	struct weir_str message;    /* of the error; absent: the code's own text */
	union {
		struct weir_connect_result connect;
		struct weir_subscribe_result subscribe;
		const struct weir_info_list *presence;
		struct {
			uint64_t num_clients, num_users;
		} stats;
		struct {
			const struct weir_event_list *publications;
			struct weir_str epoch;
			uint64_t offset;
		} history;
		struct { /* refresh, sub_refresh */
			struct weir_str client, version;
			bool expires;
			uint32_t ttl;
		} refresh;
	};
};

enum weir_push_kind {
	WEIR_PUSH_UNSUBSCRIBE,
	WEIR_PUSH_SUBSCRIBE,
	WEIR_PUSH_REFRESH,
};

/* A push that concerns one client; publications, joins and leaves are made by the encoder. */
struct weir_push {
	enum weir_push_kind kind;
	struct weir_str channel;
	union {
		struct {
			uint32_t code;
			struct weir_str reason;
		} unsubscribe;
		struct weir_subscribe_result subscribe;
		struct {
			bool expires;
			uint32_t ttl;
		} refresh;
	};
};

#endif
