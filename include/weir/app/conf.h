/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration: one YAML file (JSON is YAML), then WEIR_… of the environment, then --set; the later one wins.
 * Every option is one row of a table (src/app/conf_rows.c), which parser, checks, example file, manual and README read.
 * A weir_conf is made fresh, checked whole, and not changed any more; it owns all it points to. Problems are collected
 * as text, so that a caller can print or log them. No thread of its own, no global state.
 */
#ifndef WEIR_APP_CONF_H
#define WEIR_APP_CONF_H

#include "weir/base/buf.h"
#include "weir/base/log.h"
#include "weir/bus/namespace.h"
#include "weir/session/token.h"

enum weir_log_format {
	WEIR_LOG_FORMAT_TEXT,
	WEIR_LOG_FORMAT_JSON,
};

enum weir_engine_type {
	WEIR_ENGINE_MEMORY,
	WEIR_ENGINE_REDIS,
};

struct weir_conf_strings {
	char **v;
	size_t n;
};

/* Strings are never NULL, "" is "not set". Durations ≤ 0 and limits of 0 are "off" where the row says so. */
struct weir_conf {
	struct {
		enum weir_log_level level;
		enum weir_log_format format;
	} log;
	struct {
		char *address; /* "": all, IPv6 and IPv4; "localhost": 127.0.0.1 and ::1; else one numeric address */
		int64_t port;  /* 0: any that is free */
	} http_server;
	int64_t workers; /* 0: one per core */
	struct {
		int64_t timeout_ms;
	} shutdown;
	struct {
		bool insecure;
		bool allow_anonymous_connect_without_token;
		struct weir_conf_strings allowed_origins;
		int64_t channel_limit;
		int64_t pattern_limit;
		int64_t queue_max_bytes;
		int64_t notsent_lowat_bytes;
		int64_t ping_interval_ms; /* ≤ 0: no pings */
		int64_t pong_timeout_ms;
		int64_t stale_close_delay_ms;
		int64_t expired_close_delay_ms;
		int64_t expired_sub_close_delay_ms;
		int64_t history_max_publications;
		int64_t recovery_max_publications;
		int64_t connection_limit;      /* 0: off */
		int64_t connection_rate_limit; /* per second; 0: off */
		int64_t connection_rate_burst;
		int64_t concurrency; /* has no effect */
		struct {
			char *hmac_secret_key;
			char *rsa_public_key;
			char *ecdsa_public_key;
			char *audience;
			char *issuer;
		} token;
		struct {
			bool enabled;
			char *namespace_name;
		} personal_channel;
	} client;
	struct {
		int64_t message_size_limit_bytes;
		int64_t write_timeout_ms; /* of every transport */
	} websocket;
	struct {
		bool enabled;
		int64_t body_max_bytes;
	} http_stream, sse;
	struct {
		int64_t body_max_bytes;
	} emulation;
	struct {
		int64_t max_length;
		int64_t history_meta_ttl_ms;
		bool allow_bus_for_client; /* the pattern `>` without a token */
		struct weir_namespace without_namespace;
		struct weir_namespace *namespaces;
		size_t n_namespaces;
	} channel;
	struct {
		char *key;
		bool insecure;
		int64_t body_limit_bytes;
	} http_api;
	struct {
		bool enabled;
		int64_t channel_limit;
	} events;
	struct {
		int64_t request_line_limit_bytes;
		int64_t head_limit_bytes;
		int64_t head_timeout_ms;
		int64_t body_timeout_ms;
		int64_t keepalive_timeout_ms;
	} http;
	struct {
		enum weir_engine_type type;
		int64_t idempotency_ttl_ms;
		int64_t log_entries, log_bytes;
		struct {
			struct weir_conf_strings address; /* several: shards */
			char *prefix;
			char *user, *password;
			int64_t db;
			char *client_name;
			int64_t connect_timeout_ms, io_timeout_ms;
			struct weir_conf_strings sentinel_address;
			char *sentinel_user, *sentinel_password, *sentinel_master_name;
			int64_t partitions;
			int64_t log_bytes, inline_max_bytes;
			int64_t publish_deadline_ms;
			int64_t publish_queue_events, publish_queue_bytes;
		} redis;
	} engine;
	struct {
		int64_t total_bytes;
	} queue;
	struct {
		int64_t mailbox_size; /* messages */
	} hub;
	struct {
		int64_t inbox_size; /* messages */
	} worker;
	struct {
		int64_t threads;
		int64_t max_jobs;
	} blocking;
	struct {
		bool enabled;
		char *password;
		bool insecure;
	} dashboard;
	struct {
		bool enabled;
		bool require_key;
	} prometheus;
};

struct weir_conf_source {
	const char *path;           /* the file; NULL: no file */
	struct weir_str text;       /* if present it is the file's content, and `path` only its name in messages */
	const char *const *environ; /* NULL: none; only WEIR_… is looked at */
	const char *const *sets;    /* "option=value", the last one wins */
	size_t n_sets;
	bool strict; /* a warning is an error */
};

/* One line per problem: where it is, the option, what was expected; a warning says so. Never holds a secret. */
struct weir_conf_report {
	struct weir_buf text;
	unsigned errors, warnings;
};

void weir_conf_report_init(struct weir_conf_report *r);
void weir_conf_report_fini(struct weir_conf_report *r);

/*
 * 0, and *out has a configuration in which everything is valid; the report may hold warnings. WEIR_EINVALID: the report
 * holds errors; -errno: the file cannot be read, and the report says so too. Reads the file, so it may block.
 */
int weir_conf_load(
	struct weir_conf **out, const struct weir_conf_source *src, struct weir_conf_report *report) WEIR_MUSTCHECK;
void weir_conf_free(struct weir_conf **conf);

/* Copies of the namespaces, as weir_namespaces_new() takes them over; *named is NULL if there are none. */
void weir_conf_copy_namespaces(
	const struct weir_conf *conf, struct weir_namespace **without, struct weir_namespace **named);

/* The keys and claims to verify tokens with; points into conf. */
struct weir_token_options weir_conf_token_options(const struct weir_conf *conf);

/* YAML with all values in force, secrets as "***". */
void weir_conf_write(const struct weir_conf *conf, struct weir_buf *out);
/* A commented YAML file with every option at its default; weir_conf_load() takes it without a complaint. */
void weir_conf_write_defaults(struct weir_buf *out);
/* The list of options for conf/README.md (Markdown tables) and for the manual (man macros). */
void weir_conf_write_markdown(struct weir_buf *out);
void weir_conf_write_man(struct weir_buf *out);

/* The number of edits (insert, delete, replace, swap of neighbours) between two names; UINT_MAX for names over 96
 * bytes. */
unsigned weir_conf_edit_distance(struct weir_str a, struct weir_str b);

#endif
