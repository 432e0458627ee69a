/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Lua scripts: their texts, the commands that call them, and what they answer. What they do to the keys of a
 * partition is written at their heads (*.lua). Pure functions but for the memory of the command. Loop's thread.
 */
#ifndef WEIR_REDIS_SCRIPT_H
#define WEIR_REDIS_SCRIPT_H

#include "argv.h"
#include "reply.h"
#include "weir/base/err.h"
#include "weir/event/event.h"

/* A broker whose tick is older than the newest one by this is not there: gone 15 s after its end at the latest. */
#define WEIR_SCRIPT_LEASE_MS 12000
/* For all brokers to find the new master and to report; with the last report it ends. */
#define WEIR_SCRIPT_HEAL_MS 2000
#define WEIR_SCRIPT_DEAD_MS 30000 /* and is cleaned up after this */

enum weir_script {
	WEIR_SCRIPT_PUBLISH,
	WEIR_SCRIPT_FENCE,
	WEIR_SCRIPT_PROVE,
	WEIR_SCRIPT_HISTORY,
	WEIR_SCRIPT_PRESENCE,
	WEIR_SCRIPT_REAP,
	WEIR_SCRIPT_CHECK,
	WEIR_SCRIPTS
};

struct weir_str weir_script_text(enum weir_script s);
const char *weir_script_sha(enum weir_script s); /* 40 hexadecimal digits; what EVALSHA takes */

/* ---- check: rights, and what other brokers think this is ---- */

/* `key`: as below; `shape_key` and `shape`: the key in which brokers agree on their partitions, and what this one has. */
void weir_script_check(struct weir_argv *a, struct weir_str shape_key, struct weir_str key, struct weir_str shape);
struct weir_check_reply {
	struct weir_str shape; /* of the brokers that were there before, or of this one */
	char missing[512];     /* commands that the user may not run: "+hget +hset"; "": none */
};
int weir_script_check_reply(const struct weir_reply *r, struct weir_check_reply *out) WEIR_MUSTCHECK;

/* ---- publish: a batch of records, all or none ---- */

/*
 * `key`: K, the prefix of the partition's keys, with its hash tag; all strings are borrowed until the command is sent.
 * Records of one broker are numbered for ever: this batch has first_q, first_q + 1, …; prev_q is the number of the last
 * record before it that has been applied or is on its way on the same connection.
 */
struct weir_script_batch {
	struct weir_str key, pid;
	uint64_t generation, log_max; /* MAXLEN ~ */
	uint64_t prev_q, first_q;
};
void weir_script_publish(struct weir_argv *a, const struct weir_script_batch *b);

struct weir_script_event {
	struct weir_str channel, body; /* an envelope */
	uint64_t history_max;          /* 0: no history, and nothing below is used but idempotency and version */
	uint64_t history_ttl_ms, meta_ttl_ms;
	bool refresh_ttl;                /* set the times to live again also if this is not the channel's first event */
	struct weir_str new_epoch;       /* random letters, for a channel without history so far */
	struct weir_str idempotency_key; /* absent: none */
	uint64_t idempotency_ttl_ms;
	uint64_t version; /* 0: none */
	struct weir_str version_epoch;
};
void weir_script_event(struct weir_argv *a, const struct weir_script_event *e);
void weir_script_presence_event(struct weir_argv *a, bool join, struct weir_str body); /* the log alone */
void weir_script_presence_add(
	struct weir_argv *a, struct weir_str channel, struct weir_str client, struct weir_str value, uint64_t ttl_ms);
/* last: this broker has no other client there. */
void weir_script_presence_remove(struct weir_argv *a, struct weir_str channel, struct weir_str client, bool last);
void weir_script_control(struct weir_argv *a, struct weir_str body);
void weir_script_tick(struct weir_argv *a, struct weir_str node); /* node: what others should know of this broker */
void weir_script_bye(struct weir_argv *a);                        /* this broker leaves: no lease, no number */

enum weir_batch_status {
	WEIR_BATCH_APPLIED,
	WEIR_BATCH_REPEATED, /* had been applied before */
	WEIR_BATCH_FENCED,   /* nothing done: the generation is another one; fence again */
	WEIR_BATCH_HEALING,  /* nothing done: wait_ms from now */
	WEIR_BATCH_GAP,      /* nothing done: the last number applied is `applied_q` */
	WEIR_BATCH_REFUSED,  /* nothing done: Redis says no (OOM, NOREPLICAS, READONLY, NOSCRIPT, …); error */
	WEIR_BATCH_BROKEN,   /* not an answer of this script */
};

struct weir_batch_reply {
	enum weir_batch_status status;
	uint64_t applied_q;          /* GAP */
	uint64_t wait_ms;            /* HEALING */
	struct weir_str error;       /* REFUSED */
	uint64_t last_n;             /* APPLIED, REPEATED: of the log when the script had run */
	const struct weir_reply *at; /* the next record's answer, for weir_script_record_reply() */
	uint32_t left;
};

struct weir_record_reply {
	enum {
		WEIR_RECORD_DONE,       /* in the log, or what it was to do is done */
		WEIR_RECORD_DUPLICATE,  /* the idempotency key was known: the first one's result */
		WEIR_RECORD_SUPPRESSED, /* not newer than the channel's version: its current position */
		WEIR_RECORD_REPEATED, /* of a repeated batch: in the log by last_n at the latest, or it was suppressed */
		WEIR_RECORD_FAILED,   /* nothing done: WRONGTYPE, … */
	} status;
	uint64_t offset; /* 0: no history */
	char epoch[WEIR_EPOCH_MAX];
	uint64_t n; /* DONE: of its log entry; 0: it has none */
	struct weir_str error;
};

/* `reply` is borrowed and must stay while records are read. */
void weir_script_batch_reply(const struct weir_reply *reply, struct weir_batch_reply *out);
/* The records' answers in order; false: there is none, or it is none (then the batch counts as BROKEN). */
bool weir_script_record_reply(struct weir_batch_reply *b, struct weir_record_reply *out);

/* ---- fence, prove or bump ---- */

struct weir_fence_reply {
	uint64_t generation;
	char eb[WEIR_EPOCH_MAX]; /* the partition's part of the epoch */
	bool healing;
	uint64_t heal_ms;                 /* healing: until its end at the latest */
	struct weir_position last_before; /* last position of the generation before */
	uint64_t n;                       /* of this generation's newest entry */
	uint64_t applied_q;               /* of this broker */
	bool raised;                      /* by this very call */
};
/* `life`: run id and replication id of the Redis at hand. known_g: the highest generation this broker has seen, or 0. */
void weir_script_fence(struct weir_argv *a, struct weir_str key, struct weir_str pid, struct weir_str life,
	uint64_t known_g, bool force);
int weir_script_fence_reply(const struct weir_reply *r,
	struct weir_fence_reply *out) WEIR_MUSTCHECK; /* WEIR_EPARSE, WEIR_EUNAVAILABLE: an error reply */

/*
 * The highest position of an older generation that this broker has tailed, seen acknowledged or told to a client (0-0:
 * none). The position of a fence (n = 0) is none: it would hide that what was before it is lost (fence.lua).
 */
void weir_script_report(
	struct weir_argv *a, struct weir_str key, struct weir_str pid, uint64_t generation, struct weir_position seen);
void weir_script_done(struct weir_argv *a, struct weir_str key, uint64_t generation);
struct weir_done_reply {
	bool fenced; /* the generation is another one */
	bool done;
	uint64_t wait_ms; /* not done: ask again then */
};
/* Both are calls of one script, which answers this. */
int weir_script_done_reply(const struct weir_reply *r, struct weir_done_reply *out) WEIR_MUSTCHECK;

/* ---- history ---- */

struct weir_script_history {
	struct weir_str key, channel, new_epoch;
	uint64_t meta_ttl_ms;
	bool remove; /* drops the publications, keeps the position */
	bool recover; /* bodies after `since`, oldest first, unless there are more than `limit` or some are gone: then none */
	bool has_since, reverse;
	uint64_t since, limit; /* limit UINT64_MAX: all */
};
void weir_script_history(struct weir_argv *a, const struct weir_script_history *h);
struct weir_history_reply {
	char epoch[WEIR_EPOCH_MAX];
	uint64_t top, lo;              /* offsets of the newest and of the oldest kept; lo = top + 1: none */
	struct weir_position last;     /* of the log when this was read */
	uint64_t first;                /* offset of the first body; the others follow up, or down with reverse */
	const struct weir_reply *body; /* the first body: envelopes; weir_reply_next() */
	uint32_t count;
};
int weir_script_history_reply(const struct weir_reply *r, bool reverse, struct weir_history_reply *out) WEIR_MUSTCHECK;

/* ---- presence ---- */

void weir_script_presence(struct weir_argv *a, struct weir_str key, struct weir_str channel);
/* The answer is a flat array of pid, client, value for each entry whose broker is alive. */

/*
 * Cleans up after brokers dead for WEIR_SCRIPT_DEAD_MS, in `channels` channels at most in one call; only the living broker
 * with the lowest id does it. Every few seconds, since a broker is dead only when it has been found so twice. The answer is a flat array of channel, client, value for each entry removed, then more (1 or 0).
 */
void weir_script_reap(struct weir_argv *a, struct weir_str key, struct weir_str pid, uint64_t channels);

/* ---- entries of the log ---- */

enum weir_log_op {
	WEIR_LOG_PUBLICATION = 'P',
	WEIR_LOG_JOIN = 'J',
	WEIR_LOG_LEAVE = 'L',
	WEIR_LOG_CONTROL = 'C',
	WEIR_LOG_TICK = 'T',
	WEIR_LOG_FENCE = 'F',
	WEIR_LOG_EPOCH = 'E',
};

struct weir_log_entry {
	struct weir_position position;
	enum weir_log_op op;
	uint64_t offset;            /* P: 0 without history */
	char epoch[WEIR_EPOCH_MAX]; /* P: the channel's, whole; F, E: the partition's part */
	struct weir_str pid;        /* of the broker it came from; not of F, E */
	uint64_t q;
	struct weir_position last_before; /* F */
	struct weir_str body;             /* P J L C T */
};

/* The reply of XREAD (of one stream; nil: nothing new) and of XRANGE: its entries, count and first; next by weir_reply_next(). */
int weir_log_entries(
	const struct weir_reply *reply, bool xread, const struct weir_reply **first, uint32_t *count) WEIR_MUSTCHECK;
int weir_log_entry_parse(const struct weir_reply *entry, struct weir_log_entry *out) WEIR_MUSTCHECK; /* WEIR_EPARSE */

#endif
