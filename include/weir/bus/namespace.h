/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channel namespaces and their options (protocol.md §8.2). Built once from the configuration and read-only from then
 * on, so any thread may resolve names. The fields are what the configuration's namespace rows fill in.
 */
#ifndef WEIR_BUS_NAMESPACE_H
#define WEIR_BUS_NAMESPACE_H

#include "weir/base/hash.h"
#include "weir/base/str.h"
#include "weir/bus/overflow.h"
#include "weir/event/event.h"

enum weir_data_format {
	WEIR_FORMAT_ANY,  /* everything but an empty payload */
	WEIR_FORMAT_JSON, /* or what has a form in JSON */
	WEIR_FORMAT_JSON_OBJECT,
	WEIR_FORMAT_BINARY, /* everything */
};

struct weir_namespace {
	char *name; /* "" for channels without a namespace */
	bool presence;
	bool join_leave;
	bool force_push_join_leave;
	int64_t history_size;   /* publications */
	int64_t history_ttl_ms; /* both > 0: the channel has a stream */
	int64_t history_meta_ttl_ms;
	bool force_positioning, allow_positioning;
	bool force_recovery, allow_recovery;
	bool delta_fossil; /* allowed_delta_types holds "fossil" */
	bool delta_publish;
	bool allow_tags_filter;
	bool allow_subscribe_for_client, allow_subscribe_for_anonymous;
	bool allow_publish_for_client, allow_publish_for_subscriber, allow_publish_for_anonymous;
	bool allow_presence_for_client, allow_presence_for_subscriber, allow_presence_for_anonymous;
	bool allow_history_for_client, allow_history_for_subscriber, allow_history_for_anonymous;
	bool allow_user_limited_channels;
	enum weir_data_format publication_data_format;
	/* queues of its subscriptions (protocol.md §14.3) */
	enum weir_overflow overflow; /* WEIR_OVERFLOW_UNSET: by rate and recovery */
	uint32_t allowed_overflow;   /* WEIR_OVERFLOW_BIT()s a subscriber may ask for */
	int64_t queue, queue_max;    /* events that may wait: default, most a subscriber may ask for */
	int64_t queue_bytes;         /* 0: not set */
	char *key;                   /* conflation key for `latest`; NULL or "": one per channel */
	double rate, rate_max;       /* events a second; 0: off */
	int64_t filter_max_distinct;
	bool allow_wildcards, ordered;
};

/* Of an initializer: a subscription's queue as it is when nothing is configured. All else is zero by default. */
#define WEIR_NAMESPACE_QUEUE_DEFAULTS \
	.allowed_overflow = WEIR_OVERFLOW_ALL, .queue = 128, .queue_max = 4096, .filter_max_distinct = 4096

static inline bool weir_namespace_has_history(const struct weir_namespace *ns)
{
	return ns->history_size > 0 && ns->history_ttl_ms > 0;
}

struct weir_namespaces;

/* Takes over `without` and the array `named` (names valid and unique) with their strings, all malloc'd. */
struct weir_namespaces *weir_namespaces_new(struct weir_namespace *without, struct weir_namespace *named, size_t n);
void weir_namespaces_free(struct weir_namespaces **ns);
/*
 * The namespace of a channel, NULL if it names one that does not exist (error 102). The broker's own channel
 * (WEIR_STATS_CHANNEL) has one that is not configured, and allows nothing. Any thread.
 */
const struct weir_namespace *weir_namespaces_resolve(const struct weir_namespaces *ns, struct weir_str channel);
/*
 * May such an event be published there? NULL, or what is wrong with its payload, in static words. A payload that is null as a whole
 * is absent. Any thread.
 */
const char *weir_namespace_refuses(const struct weir_namespace *ns, const struct weir_event *e);

#endif
