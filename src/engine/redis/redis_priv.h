/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the Redis engine share. One thread: the hub's; only health and counters are read by others.
 *
 *   engine.c     the interface, and which partition a channel belongs to
 *   shard.c      the connections to one Redis: found, checked, fenced, watched, lost, made again
 *   check.c      what kind of Redis that is
 *   fence.c      a partition's generation: nothing is written before others had their say about what is lost
 *   queue.c      publishes that wait, and their deadlines
 *   batch.c      publishes on their way, and their answers
 *   tail.c       the log as it comes
 *   copy.c       the newest publications of channels, as the tail brought them
 *   recover.c    positions and missed events, from the copies or by a read
 *   history.c    reads and removals of history
 *   presence.c   this broker's clients in Redis, and who else is there
 *   nodes.c      the other brokers: ticks, surveys, control messages
 *   hashtag.c    names of partitions that a cluster would spread
 *   health.c     why publishing does not work, for others to ask
 */
#ifndef WEIR_REDIS_PRIV_H
#define WEIR_REDIS_PRIV_H

#include <stdatomic.h>

#include "discovery.h"
#include "script.h"
#include "weir/base/backoff.h"
#include "weir/base/list.h"
#include "weir/base/map.h"
#include "weir/bus/log.h"
#include "weir/bus/stream.h"
#include "weir/core/timer.h"
#include "weir/engine/redis.h"

/*
 * Only for tests of the tests: a build that breaks a promise, which the fault harness has to notice. 1: drops one event
 * in 1,000, 2: uses an offset twice, 3: believes any epoch, 4: tells a publish nobody answered as stored.
 */
#ifndef WEIR_SABOTAGE
#define WEIR_SABOTAGE 0
#endif

#define REDIS_WINDOW          4 /* batches of a partition on their way */
#define REDIS_BATCH_RECORDS   64
#define REDIS_BATCH_BYTES     (256 * 1024)
#define REDIS_COPIES_MAX      200000       /* channels whose newest publications are kept here */
#define REDIS_COPIES_BYTES    (128u << 20) /* their publications, all together */
#define REDIS_READS_MAX       256          /* recoveries that ask Redis at the same time, per shard */
#define REDIS_REPLY_MAX       (64u << 20)
#define REDIS_HOUSEKEEPING_MS 50
#define REDIS_TICK_MS         3000
#define REDIS_LATE_MS         6000 /* own tick not back: the tail is not where the publishes go */
#define REDIS_SURVEY_MS       5000

enum redis_reason { /* why a shard does not work; health.c has the texts */
	REDIS_OK,
	REDIS_CONNECTING,
	REDIS_NO_MASTER,
	REDIS_UNREACHABLE,
	REDIS_LOGIN,
	REDIS_UNFIT,
	REDIS_HEALING,
	REDIS_STALE,
	REDIS_READONLY,
	REDIS_TICK_LATE,
	REDIS_REFUSING,
	REDIS_REASONS
};

struct redis_engine;
struct redis_shard;
struct redis_partition;

/* ---- publishes ---- */

enum redis_record_kind {
	REDIS_RECORD_EVENT,
	REDIS_RECORD_JOIN,
	REDIS_RECORD_LEAVE,
	REDIS_RECORD_CONTROL,
	REDIS_RECORD_TICK,
	REDIS_RECORD_BYE,
	REDIS_RECORD_PRESENCE,
};

/* One record of the publish script. Whose request it is may have been told "unknown" already: then request is NULL. */
struct redis_record {
	struct weir_list link; /* partition.queue or batch.records */
	enum redis_record_kind kind;
	struct weir_request *request; /* PUBLISH, CONTROL, or HISTORY_REMOVE; NULL: nobody waits */
	struct weir_event *event;     /* EVENT: one reference */
	const struct weir_namespace *ns;
	bool history;
	bool refresh_ttl;
	struct weir_str idempotency_key, version_epoch;
	uint64_t version;
	struct weir_str body;
	struct redis_presence *presence; /* PRESENCE: what it is about, and what it said when it was sent */
	bool presence_add, presence_last;
	uint64_t deadline_ms;
	size_t bytes; /* of its share of the queue's bound; 0: it does not count */
	uint64_t q;
	char new_epoch[8];
	/* what the own tail has seen */
	bool tailed;
	struct weir_publish_result tail_result;
	char storage[];
};

struct redis_batch {
	struct weir_list records; /* redis_record.link */
	struct redis_partition *partition;
	uint64_t prev_q, first_q, last_q; /* prev_q: the one that Redis was to have before */
	size_t count;                     /* records that it was made of */
	enum {
		REDIS_BATCH_FREE,
		REDIS_BATCH_SENT,
		REDIS_BATCH_LIMBO,    /* sent, then the link was lost: it is sent again under the same numbers */
		REDIS_BATCH_AGAIN,    /* about to be */
		REDIS_BATCH_REFUSED,  /* surely not applied: its records go back to the queue */
		REDIS_BATCH_AWAITING, /* had been applied before: the tail brings, or has brought, the results */
	} state;
	uint64_t await_n;    /* AWAITING: until the tail is here */
	uint64_t generation; /* in which it was sent */
	struct weir_argv argv;
};

/* ---- partitions ---- */

struct redis_partition {
	struct redis_engine *engine;
	struct redis_shard *shard;
	unsigned index;
	struct weir_str key; /* K */
	char key_text[200];

	/* fence.c */
	enum {
		REDIS_FENCE_NONE,
		REDIS_FENCE_ASKED,
		REDIS_FENCE_HEALING,
		REDIS_FENCE_DONE,
	} fence;
	bool force;                         /* the next fence raises the generation whatever Redis says of its life */
	uint64_t generation;                /* as fenced; 0: never yet */
	uint64_t highest;                   /* generation ever seen */
	uint64_t reported_in;               /* the generation to which this broker has said how far it had come */
	uint64_t asserted_in;               /* the generation in which presence was last said to be there */
	uint64_t heal_at_ms, heal_until_ms; /* when to ask again, and when to give up */
	struct weir_position seen;          /* highest position tailed or acknowledged */
	struct weir_position seen_old;      /* the same as it was before the newest generation */

	/* queue.c, batch.c */
	struct weir_list queue;                  /* redis_record.link, oldest first */
	struct weir_list dirty;                  /* redis_presence.dirty */
	struct redis_batch window[REDIS_WINDOW]; /* a ring: batches are answered in order */
	unsigned window_first, window_count;
	bool refused; /* something in the window was: nothing more is sent until it has all been answered */
	uint64_t hold_until_ms;
	/* Numbers: of the next record; of the last one sent, or applied with nothing under way; of the last one applied. */
	uint64_t next_q, sent_q, applied_q;
	uint64_t reap_at_ms;
	uint64_t dirty_until_ms;  /* presence is not said before */
	uint64_t refusal_told_ms; /* not again before */
	bool tick_queued;

	/* tail.c */
	struct weir_redis_link *tail;
	bool tail_ready, tail_asked, tail_held; /* held: there is no room for what it brings */
	uint32_t tail_taken;                    /* entries of the held reply that are done with */
	struct weir_position cursor;            /* of the last entry taken */
	bool has_cursor, warming;
	struct weir_position warm_until;
	struct weir_timer tail_timer;    /* the gap before the next XREAD */
	uint64_t tail_sent_ns, entry_ms; /* when the last XREAD was sent, when the last entry came */
	uint64_t tick_acked_ms;          /* an own tick that was acknowledged then has not come back yet; 0: none */
	uint64_t tick_seen_q;            /* number of the last own tick that came back */
	struct weir_argv tail_argv;
	double mean_entry;       /* bytes, smoothed */
	char eb[WEIR_EPOCH_MAX]; /* the partition's part of epochs */
	struct weir_partition_log log;
	struct weir_request *ahead; /* recoveries of patterns that wait for the tail, by request.next */
	uint64_t ahead_since_ms;
	struct weir_list held; /* redis_copy.reading: reads whose place the tail has not reached */
};

struct redis_shard {
	struct redis_engine *engine;
	unsigned index;
	struct weir_redis_address address;
	struct weir_redis_credentials credentials;
	struct weir_redis_discovery *discovery;
	struct weir_redis_endpoint endpoint; /* of the master at hand */
	enum {
		REDIS_SHARD_WAITING, /* for the next attempt */
		REDIS_SHARD_RESOLVING,
		REDIS_SHARD_CONNECTING,
		REDIS_SHARD_CHECKING,
		REDIS_SHARD_FENCING,
		REDIS_SHARD_READY, /* publishing works */
		REDIS_SHARD_CLOSED,
	} state;
	struct weir_redis_link *cmd, *slow;
	bool slow_ready;
	char life[100];
	unsigned loading; /* answers of the check that are still to come */
	struct weir_backoff backoff;
	uint64_t retry_at_ms, info_at_ms;
	uint64_t steady_at_ms;  /* the outage is over when it has worked until then; 0: it is */
	struct weir_argv argv;  /* of short commands */
	struct weir_list reads; /* redis_copy.reading: recoveries that wait for a place */
	unsigned reads_under_way;
	atomic_int reason; /* enum redis_reason */
	uint64_t down_since_ms;
	uint64_t told_ms[REDIS_REASONS]; /* when each was last logged in the present outage; 0: not yet */
	bool told_up;                    /* so was that it works again */
	bool warned, warned_save;        /* of its configuration */
};

/* ---- copies of channels ---- */

struct redis_copy {
	struct weir_map_node node; /* redis_engine.copies */
	struct weir_list lru;      /* redis_engine.lru, least recently used first */
	struct weir_list reading;  /* redis_shard.reads while it waits for a place, redis_partition.held while `held` */
	struct redis_partition *partition;
	const struct weir_namespace *ns;
	struct weir_str channel;
	bool valid;                    /* the position is known: stream.epoch, stream.top */
	bool asked;                    /* a read is under way */
	bool stale;                    /* what that read says is of another time */
	struct weir_position moved_at; /* of the last event that the tail brought */
	uint64_t refreshed_ms;         /* when times to live were set last */
	uint64_t used_ms;              /* when Redis was last known to count its time to live anew */
	uint64_t lo;                   /* lowest offset that Redis may hold, as far as a read told */
	size_t bytes;
	struct weir_request *waiting, **waiting_tail; /* subscribe requests, by request.next */
	/* an answer that the tail has not reached */
	bool held;
	uint64_t held_since_ms;
	struct weir_position held_at;
	char held_epoch[WEIR_EPOCH_MAX];
	uint64_t held_top, held_lo;
	struct weir_event_list held_events;
	struct weir_stream stream;
	char name[];
};

/* ---- presence of own clients ---- */

struct redis_presence {
	struct weir_map_node node; /* redis_own_channel.clients, by client */
	struct weir_list dirty;    /* redis_partition.dirty */
	struct redis_own_channel *channel;
	bool wanted, stored, under_way; /* is to be there; may be there; a record about it is on its way */
	bool changed;                   /* since it was said last */
	struct weir_client_info info;
	char *strings; /* what info points into */
};

struct redis_own_channel {
	struct weir_map_node node; /* redis_engine.own */
	struct redis_partition *partition;
	struct weir_map clients; /* redis_presence.node */
	size_t wanted;
	struct weir_str name;
	uint64_t assert_at_ms;
	char storage[];
};

/* ---- other brokers ---- */

struct redis_node {
	struct weir_list link; /* redis_engine.nodes */
	uint64_t seen_ms;
	char uid[64];
};

#define REDIS_NODES_MAX 256

struct redis_survey; /* nodes.c */

struct redis_counters { /* relaxed: written here, read by anybody */
	atomic_ullong commands, publishes, batches, batch_records, repeated, unavailable, unknown, refused, reads,
		reads_merged, from_copy, entries, gaps, resets, fences, bumps, connects, lost_links, survey_missing,
		tick_late, dropped_presence_events, bad_entries;
	atomic_ullong queued, queued_bytes, copies, copies_bytes;
};

struct redis_engine {
	struct weir_engine engine;
	struct weir_engine_redis_options o;
	struct weir_engine_sink sink;
	struct weir_loop *loop;
	struct weir_str pid; /* this broker's id: its node's uid */
	struct redis_shard *shards;
	unsigned n_shards;
	struct redis_partition *partitions;
	unsigned n_partitions;
	struct weir_turn_hook turn;
	bool turn_hooked;
	struct weir_timer housekeeping;
	unsigned open_handles;
	bool opened, closing;
	uint64_t leave_until_ms;
	void (*closed)(void *ctx);
	void *closed_ctx;

	struct weir_request *outbox, **outbox_tail; /* answered requests for which there was no room yet */
	size_t queued, queued_bytes;                /* of all partitions */
	bool publish_room;

	struct weir_map copies;
	struct weir_list lru;
	size_t copies_bytes;

	struct weir_map own; /* redis_own_channel.node */
	uint64_t assert_at_ms;

	struct weir_list nodes; /* redis_node.link */
	size_t n_nodes;
	struct weir_list surveys; /* redis_survey.link */
	uint64_t next_survey;
	uint64_t tick_at_ms;
	uint64_t nodes_known_ms; /* from then on, whoever is alive has said so */

	struct weir_buf scratch; /* for encoding one body */
	struct redis_counters counters;
};

#define redis_count(e, name, n) \
	atomic_fetch_add_explicit(&(e)->counters.name, (unsigned long long)(n), memory_order_relaxed)
#define redis_gauge(e, name, v) \
	atomic_store_explicit(&(e)->counters.name, (unsigned long long)(v), memory_order_relaxed)

static inline struct redis_engine *redis_of(struct weir_engine *e)
{
	return WEIR_CONTAINER_OF(e, struct redis_engine, engine);
}

/* engine.c */
uint64_t redis__now(const struct redis_engine *e); /* monotonic ms */
struct redis_partition *redis__partition(
	struct redis_engine *e, const struct weir_namespace *ns, struct weir_str channel);
void redis__answer(struct redis_engine *e, struct weir_request *r, int status); /* done(), now or when there is room */
bool redis__room(struct redis_engine *e);                                       /* for one more entry */
void redis__append(struct redis_engine *e, struct weir_event *entry);           /* a join or leave; borrowed */
void redis__note_seen(struct redis_partition *p, struct weir_position at);      /* somebody was told of what is there */
int redis__position_cmp(struct weir_position a, struct weir_position b);

unsigned redis__hashtag(unsigned partition, unsigned partitions); /* hashtag.c */

/* shard.c */
int redis__shard_open(struct redis_shard *s);
void redis__shard_housekeeping(struct redis_shard *s, uint64_t now_ms);
void redis__shard_down(
	struct redis_shard *s, enum redis_reason reason, const char *why); /* closes all its links, tries again */
void redis__shard_close(struct redis_shard *s);
void redis__shard_load(struct redis_shard *s);   /* the scripts again: somebody has flushed them */
void redis__shard_fenced(struct redis_shard *s); /* one of its partitions is done with fencing */
int redis__shard_send(
	struct redis_shard *s, struct weir_redis_link *l, struct weir_argv *a, weir_redis_reply_fn fn, void *ctx);
/* Asks on the connection for reads, with the words in s->argv. What comes, or NULL, is given to fn with the request. */
typedef void (*redis_read_fn)(struct redis_shard *s, struct weir_request *r, const struct weir_reply *reply);
void redis__read(struct redis_shard *s, redis_read_fn fn, struct weir_request *r);
bool redis__shard_takes_reads(const struct redis_shard *s);

/* check.c */
int redis__check_start(struct redis_shard *s);    /* asks; redis__check_done() comes when all is known */
bool redis__is_permission(struct weir_str error); /* does it say that the user may not? */
void redis__check_life(struct redis_shard *s);    /* asks again who it is; another life takes the shard down */
void redis__check_done(struct redis_shard *s, enum redis_reason reason, const char *why); /* shard.c */

/* fence.c */
int redis__fence_start(struct redis_partition *p);
void redis__fence_again(struct redis_partition *p); /* the generation is another one */
void redis__fence_housekeeping(struct redis_partition *p, uint64_t now_ms);

/* queue.c */
struct redis_record *redis__record_new(struct redis_partition *p, enum redis_record_kind kind, size_t storage);
void redis__record_free(struct redis_partition *p, struct redis_record *r);
struct redis_record *redis__record_with_body(
	struct redis_partition *p, enum redis_record_kind kind, struct weir_str body);
bool redis__queue_push(struct redis_partition *p, struct redis_record *r); /* false: full; the record is the caller's */
void redis__queue_return(struct redis_partition *p, struct weir_list *records); /* in front of all that waits */
void redis__queue_expire(struct redis_partition *p, uint64_t now_ms);
void redis__queue_room(struct redis_engine *e); /* tells publishers to wait or to go on */
int redis__record_event(struct redis_partition *p, struct weir_publish_request *r);
void redis__record_answer(
	struct redis_partition *p, struct redis_record *r, int status, const struct weir_publish_result *result);

/* batch.c */
void redis__batch_flush(struct redis_partition *p);                                      /* sends what may be sent */
void redis__batch_lost(struct redis_partition *p);                                       /* the link is gone */
void redis__batch_fenced(struct redis_partition *p);                                     /* what is in limbo goes on */
void redis__batch_tailed(struct redis_partition *p, const struct weir_log_entry *entry); /* an own entry came back */
void redis__batch_await(struct redis_partition *p);                                      /* the tail has moved */
void redis__batch_expire(struct redis_partition *p, uint64_t now_ms);
void redis__batch_drop_all(struct redis_partition *p);

/* tail.c */
void redis__tail_close(struct redis_partition *p);
int redis__tail_init(struct redis_partition *p);
int redis__tail_start(struct redis_partition *p, const struct weir_fence_reply *f); /* -ENOMEM */
void redis__tail_resume(struct redis_partition *p);
void redis__tail_housekeeping(struct redis_partition *p, uint64_t now_ms);

/* copy.c */
struct redis_copy *redis__copy_find(struct redis_engine *e, struct weir_str channel);
struct redis_copy *redis__copy_get(struct redis_engine *e, struct redis_partition *p, const struct weir_namespace *ns,
	struct weir_str channel); /* NULL: no memory */
void redis__copy_touch(struct redis_copy *c);
/* An event with an offset: takes its place; *previous: the publication before it, one reference, or NULL. */
void redis__copy_event(
	struct redis_engine *e, struct redis_partition *p, struct weir_event *event, struct weir_event **previous);
void redis__copy_forget(struct redis_copy *c);       /* what it holds; who waits is asked for anew */
void redis__copies_reset(struct redis_partition *p); /* all of the partition's */
void redis__copies_trim(struct redis_engine *e);
void redis__copies_fini(struct redis_engine *e);

/* recover.c */
void redis__recover(struct redis_engine *e, struct weir_subscribe_request *r);
void redis__recover_again(struct redis_copy *c);        /* the copy has changed: whoever can be answered is */
void redis__recover_reached(struct redis_partition *p); /* the tail has moved */
void redis__recover_expire(struct redis_partition *p, uint64_t now_ms);
void redis__recover_lost(struct redis_shard *s); /* reads are not answered any more */

/* history.c */
void redis__history(struct redis_engine *e, struct weir_history_request *r);
/* Decodes bodies (which go `down` from the first) into events with their places. -ENOMEM, WEIR_EPARSE. */
int redis__history_events(const struct weir_history_reply *h, struct weir_str channel, bool down, bool turn_round,
	struct weir_event_list *out) WEIR_MUSTCHECK;

/* presence.c */
void redis__presence(struct redis_engine *e, struct weir_presence_request *r);
int redis__presence_add(struct redis_engine *e, struct weir_str channel, const struct weir_client_info *info);
void redis__presence_remove(struct redis_engine *e, struct weir_str channel, struct weir_str client);
bool redis__presence_record(
	struct redis_partition *p, struct redis_record **r); /* the next thing to say; false: nothing */
void redis__presence_applied(struct redis_partition *p, struct redis_record *r, bool applied);
void redis__presence_say(struct weir_argv *a, struct redis_record *r);
void redis__presence_assert(struct redis_partition *p); /* all of the partition's, again */
void redis__presence_housekeeping(struct redis_engine *e, uint64_t now_ms);
void redis__presence_fini(struct redis_engine *e);

/* nodes.c */
void redis__nodes_init(struct redis_engine *e);
void redis__control(struct redis_engine *e, struct weir_control_request *r);
void redis__survey(struct redis_engine *e, struct weir_request *r);
void redis__nodes_message(struct redis_partition *p, const struct weir_log_entry *entry); /* of type C */
void redis__nodes_tick(struct redis_partition *p, const struct weir_log_entry *entry);
void redis__nodes_housekeeping(struct redis_engine *e, uint64_t now_ms);
void redis__nodes_lease(struct redis_partition *p); /* a tick, before all that waits */
void redis__nodes_bye(struct redis_partition *p);   /* this broker is about to leave */
void redis__nodes_fini(struct redis_engine *e);
/* Tells all, this broker included: its publications are gone. */
void redis__nodes_forget(struct redis_engine *e, const struct weir_namespace *ns, struct weir_str channel);

/* health.c */
void redis__health_set(struct redis_shard *s, enum redis_reason reason);
const char *redis__health_text(enum redis_reason reason);
int redis__health_state(struct weir_engine *e, struct weir_buf *why);
void redis__health_metrics(struct weir_engine *e, void (*item)(void *ctx, const char *name, double value), void *ctx);

#endif
