/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share about a session. */
#ifndef WEIR_SESSION_PRIV_H
#define WEIR_SESSION_PRIV_H

#include "weir/session/options.h"
#include "weir/session/session.h"

#define SESSION_IN_FLIGHT_MAX 256 /* requests of one session at the hub */

/*
 *   HELLO ──connect──► CONNECTING ──► LIVE
 *     │                    │ └─error reply──► UNUSABLE
 *     └────────────────────┴───────────────────────────► DEAD  (from every state)
 */
#define SESSION_STATES(X) \
	X(HELLO, "hello") X(CONNECTING, "connecting") X(LIVE, "live") X(UNUSABLE, "unusable") X(DEAD, "dead")

enum session_state {
#define X(name, text) SESSION_##name,
	SESSION_STATES(X)
#undef X
};

struct session_connect; /* a connect under way: connect.c */

/* All sessions of a user on this worker; stays as long as one of them holds its name. */
struct session_user {
	struct weir_map_node node; /* weir_sessions.by_user */
	struct weir_list sessions; /* weir_session.user_link */
	size_t refs;
	struct weir_str name;
	char storage[];
};

struct weir_session {
	struct weir_client client; /* first: the fan-out's view */
	struct weir_sessions *all;
	const struct weir_codec *codec;
	const struct weir_transport_ops *ops;
	void *transport;
	enum session_state state;
	unsigned refs;                 /* the transport, and requests and verifications under way */
	unsigned in_flight;            /* requests at the hub */
	struct weir_list link;         /* weir_sessions.all */
	struct weir_list waiting_link; /* weir_sessions.waiting */
	struct weir_list user_link;    /* session_user.sessions */
	struct weir_map_node by_id;
	struct session_secret *secret; /* of an emulated transport, once it is connected: secret.c */
	struct session_user *user;
	char id[37];
	bool blocked;       /* commands wait in the backlog */
	bool recovering;    /* a subscribe with recovery is on its way: one at a time, for its answer may be large */
	unsigned pongs_due; /* pings without an answer; more than one only while it is not read */
	bool expires;       /* the client must refresh */
	bool admin;         /* may do everything */
	char *conn_info;    /* raw JSON or NULL */
	struct weir_subscription *subs; /* weir_subscription.next */
	size_t n_subs;
	size_t queue_bytes;      /* that may wait for it, before its namespaces are asked: bound.c */
	struct weir_buf backlog; /* commands not yet run */
	struct session_connect *connect;
	struct weir_verification *verification; /* under way or ready for the command that asked for it */
	struct weir_deadline deadline;
	uint64_t connected_at_ms;
	uint64_t lost_events, lost_bytes;             /* dropped or conflated in subscriptions that have ended */
	uint64_t ping_at_ms, pong_by_ms, stale_at_ms; /* 0: not set */
	int64_t expire_at_s;                          /* 0: never */
};

/* What a command handler says. */
enum verdict {
	VERDICT_DONE,
	VERDICT_WAIT, /* run this command again when something has happened, and none behind it before */
};

/* ---- session.c ---- */
void weir__session_ref(struct weir_session *s);
void weir__session_unref(struct weir_session *s);
void weir__session_enter(struct weir_session *s, enum session_state to);
void weir__session_end(struct weir_session *s, enum weir_disconnect_code code); /* with the code's own reason */
/*
 * More waits for its socket than it may have. Answers are taken all the same, so nothing that makes more of them is
 * begun: its own reading sets the pace.
 */
bool weir__session_is_full(const struct weir_session *s);
void weir__session_resume(struct weir_session *s);                        /* runs the backlog, if commands wait there */
void weir__session_send(struct weir_session *s, struct weir_str message); /* as one frame */
void weir__session_reply(struct weir_session *s, const struct weir_reply *r);
void weir__session_error(struct weir_session *s, uint32_t id, enum weir_error_code code);
/* The same with a text of its own, or with an empty one the code's. */
void weir__session_refuse(struct weir_session *s, uint32_t id, enum weir_error_code code, struct weir_str message);
void weir__session_push(struct weir_session *s, const struct weir_push *p);
struct weir_str weir__session_user(const struct weir_session *s);
/* Its ClientInfo, borrowed; chan_info of the subscription, which may be NULL. */
struct weir_client_info weir__session_info(const struct weir_session *s, const struct weir_subscription *sub);
static inline struct weir_str weir__session_conn_info(const struct weir_session *s)
{
	return weir_str(s->conn_info);
}
/* Gives a request to the hub and counts it; false: no room, the caller frees it and answers VERDICT_WAIT. */
bool weir__session_ask(struct weir_session *s, struct weir_request *r);
/* In done(): uncounts it. Returns false when the session is over (nothing may be sent). */
bool weir__session_answered(struct weir_session *s);
void weir__session_settle(struct weir_session *s); /* at the end of done(): runs what waited, lets go of the session */
/* Answers with the error for a status of a request or of memory. */
void weir__session_fail(struct weir_session *s, uint32_t id, int status);

/* ---- command.c ---- */
enum verdict weir__session_command(struct weir_session *s, const struct weir_command *c);

/* ---- one file per command or group ---- */
enum verdict weir__session_connect(struct weir_session *s, const struct weir_command *c);
enum verdict weir__session_subscribe(struct weir_session *s, const struct weir_command *c);
enum verdict weir__session_unsubscribe(struct weir_session *s, const struct weir_command *c);
enum verdict weir__session_publish(struct weir_session *s, const struct weir_command *c);
enum verdict weir__session_presence(struct weir_session *s, const struct weir_command *c);
enum verdict weir__session_history(struct weir_session *s, const struct weir_command *c);
enum verdict weir__session_refresh(struct weir_session *s, const struct weir_command *c);
enum verdict weir__session_sub_refresh(struct weir_session *s, const struct weir_command *c);
void weir__connect_go_on(struct weir_session *s);           /* there may be room for more of its subscriptions */
bool weir__connect_all_asked(const struct weir_session *s); /* all of its own subscriptions are on their way */
void weir__connect_free(struct weir_session *s);

/* ---- deadlines.c ---- */
void weir__session_arm(struct weir_session *s); /* sets the timer to what comes next */
void weir__session_start_pings(struct weir_session *s);
bool weir__session_is_past(const struct weir_session *s, int64_t expire_at_s); /* false for 0: never */
uint32_t weir__session_ttl(struct weir_session *s, int64_t expire_at_s);       /* seconds to go, at least 1 */

/* ---- verify.c ---- */
/*
 * The claims of a token: 0 (the caller owns them), WEIR_EEXPIRED, WEIR_EINVALID, -ENOMEM, WEIR_ENOROOM, or -EAGAIN: it
 * is being verified elsewhere, answer VERDICT_WAIT and ask again when run again.
 */
int weir__session_claims(struct weir_session *s, struct weir_str token, struct weir_claims *out);
void weir__verification_drop(struct weir_session *s);

/* ---- sessions.c ---- */
int weir__sessions_register(struct weir_session *s, struct weir_str user); /* gives it its id; -ENOMEM */
void weir__sessions_unregister(struct weir_session *s);                    /* it is not found any more */
void weir__sessions_release_user(struct weir_session *s); /* at the very end: its answers needed the name */
struct weir_session *weir__sessions_by_id(const struct weir_sessions *all, struct weir_str id);
struct session_user *weir__sessions_user(const struct weir_sessions *all, struct weir_str name);

/* ---- secret.c ---- */
int weir__session_make_secret(struct weir_session *s);              /* -ENOMEM */
void weir__session_forget_secret(struct weir_session *s);           /* it is not found any more */
struct weir_str weir__session_secret(const struct weir_session *s); /* absent: none */
struct weir_session *weir__sessions_by_secret(const struct weir_sessions *all, struct weir_str secret);

/* ---- filters.c ---- */
/*
 * Compiles an expression (a string) or a tree (anything else). 0: *out is a reference, or NULL for an empty string.
 * WEIR_EINVALID: `why` has got what belongs after "filter: ". -ENOMEM.
 */
int weir__filter_compile(
	struct weir_session *s, struct weir_json v, struct weir_filter **out, struct weir_buf *why) WEIR_MUSTCHECK;
/* The same for a value that must be a tree. */
int weir__filter_compile_tree(
	struct weir_session *s, struct weir_json v, struct weir_filter **out, struct weir_buf *why) WEIR_MUSTCHECK;
/* The enforced filter; `option` is the member `filter` of the claim weir. WEIR_EINVALID: why is in the log. */
int weir__filter_of_claims(struct weir_session *s, const struct weir_claims *claims, struct weir_json option,
	struct weir_filter **out) WEIR_MUSTCHECK;
void weir__filters_drop(struct weir_session *s, struct weir_filter *filters[WEIR_SUB_FILTERS]);
void weir__sub_drop_filter(struct weir_session *s, struct weir_subscription *sub, enum weir_sub_filter place);
/* Takes a reference of its own; NULL: none from now on. WEIR_ELIMIT, -ENOMEM: nothing happened. */
int weir__sub_set_filter(struct weir_session *s, struct weir_subscription *sub, enum weir_sub_filter place,
	struct weir_filter *f) WEIR_MUSTCHECK;
/* Removes the events that one of the filters (some may be NULL) does not let pass. */
void weir__filters_keep(
	struct weir_session *s, struct weir_filter *const *filters, size_t n, struct weir_event_list *events);

/* ---- bound.c ---- */
/*
 * What a connect and its token ask for: sets s->queue_bytes. 0; WEIR_ERROR_BAD_REQUEST: `why` has the message;
 * WEIR_EINVALID: the token is not valid. *asked: the answer tells what was granted.
 */
int weir__bound_read(struct weir_session *s, struct weir_str data, const struct weir_claims *claims, bool *asked,
	struct weir_buf *why);
/* The session's queue after it has been subscribed in a namespace, or is there no more. */
void weir__bound_subscribed(struct weir_session *s, const struct weir_namespace *ns);
void weir__bound_unsubscribed(struct weir_session *s, const struct weir_namespace *ns);

/* ---- subscribe_options.c ---- */
/* What a subscriber and its token ask for. Zeroed at first, and ended with weir__choice_fini(). */
struct sub_choice {
	struct weir_sub_options claim, asked;
	struct weir_buf texts[2];      /* their decoded strings */
	struct weir_queue_options got; /* points to the strings of the winner */
	struct weir_buf why;           /* the text of the error, if it has one of its own */
	struct weir_buf answer;        /* for the result's `data` */
};
void weir__choice_init(struct sub_choice *x);
void weir__choice_fini(struct sub_choice *x);
/* These give 0 or the error to answer. Filters are put into `filters`, whose owner drops them. */
int weir__choice_of_claims(struct weir_session *s, const struct weir_claims *claims, struct sub_choice *x,
	struct weir_filter *filters[WEIR_SUB_FILTERS]);
int weir__choice_of_command(const struct weir_subscribe_command *c, struct sub_choice *x);
int weir__choice_filters(struct weir_session *s, const struct weir_subscribe_command *c,
	const struct weir_namespace *ns, struct sub_choice *x, struct weir_filter *filters[WEIR_SUB_FILTERS]);
/* Grants, and writes the answer if there is one to be given. 0 or the error to answer. */
int weir__choice_resolve(
	struct sub_choice *x, const struct weir_namespace *ns, struct weir_str channel, bool recoverable);

/* ---- subscription.c ---- */
struct weir_subscription *weir__sub_find(const struct weir_session *s, struct weir_str channel);
/* A subscription to be made: what was granted, and what its answer needs. */
struct sub_request {
	struct weir_str channel;
	const struct weir_namespace *ns;
	uint32_t flags;                                /* weir_subscription_flags */
	struct weir_filter *filters[WEIR_SUB_FILTERS]; /* the maker's */
	struct weir_queue_options queue;
	struct weir_str chan_info, data;
	int64_t expire_at_s;
	bool recover, reject_unrecovered;
	struct weir_str since_epoch;
	uint64_t since_offset;
};
struct sub_op;
/*
 * The hub has answered: status 0 and the subscription is live, or it is gone. `result` is filled in when status is 0.
 */
typedef void (*sub_done_fn)(
	struct weir_session *s, const struct sub_op *op, int status, const struct weir_subscribe_result *result);
struct sub_op {
	struct weir_session *session;
	struct weir_subscription *sub;
	sub_done_fn done;
	uint32_t id;   /* of the command */
	size_t number; /* which of the connect's server-side subscriptions */
	bool recover;
	uint64_t since_offset;
	struct weir_str data;
	char storage[];
};
/*
 * 0; WEIR_ENOROOM: the hub has no room; WEIR_ELIMIT: too many different filters in the channel; -ENOMEM. Nothing
 * happened then.
 */
int weir__sub_start(struct weir_session *s, const struct sub_request *r, sub_done_fn done, uint32_t id, size_t number);
/* Ends a subscription and tells the hub; one still on its way ends when its answer comes. */
void weir__sub_end(struct weir_session *s, struct weir_subscription *sub);
void weir__sub_end_all(struct weir_session *s);
void weir__sub_push_unsubscribe(struct weir_session *s, struct weir_str channel, uint32_t code, const char *reason);
/* Ends it with an unsubscribe push to the client. */
void weir__sub_kick(struct weir_session *s, struct weir_subscription *sub, uint32_t code, const char *reason);

/* ---- grant.c ---- */
/*
 * What the server grants to a subscription by itself, with the overrides of a token or an API call (raw JSON object or
 * absent).
 */
uint32_t weir__grant_flags(const struct weir_namespace *ns, struct weir_str channel, struct weir_str override);
/* Can a subscription to this channel or pattern have a position? */
bool weir__has_positions(const struct weir_namespace *ns, struct weir_str channel);

/* ---- permission.c ---- */
bool weir__may_subscribe(const struct weir_session *s, const struct weir_namespace *ns, struct weir_str channel);
bool weir__may_publish(
	const struct weir_session *s, const struct weir_namespace *ns, struct weir_str channel, bool subscribed);
bool weir__may_presence(const struct weir_session *s, const struct weir_namespace *ns, bool subscribed);
bool weir__may_history(const struct weir_session *s, const struct weir_namespace *ns, bool subscribed);
/* Length, characters and pattern rules of a name (protocol.md §4.2 rows 2 and 6): 0 or the error. */
enum weir_error_code weir__check_channel(const struct weir_session *s, struct weir_str channel);
/* Has a pattern a place there, if the name is one? `>` is in no namespace; its permission says all. */
bool weir__admits(const struct weir_namespace *ns, struct weir_str channel);
/* Has it as many patterns as it may have? */
bool weir__at_pattern_limit(const struct weir_session *s);

#endif
