/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two tables of options: one row each, in the order in which files and manual show them (options of one section
 * stand together). A row's type has to fit its member, or this file does not compile.
 */
#include "conf_priv.h"

#include <stdlib.h>

#include "weir/base/mem.h"

#define DAY_MS  (24 * 3600 * INT64_C(1000))
#define HOUR_MS (3600 * INT64_C(1000))
#define YEAR_MS (365 * DAY_MS)
#define KIB     INT64_C(1024)
#define MIB     (1024 * KIB)
#define GIB     (1024 * MIB)

/* clang-format off */

/* name, type, member of weir_conf, min, max, default, help */
#define CONF_ROWS(X) \
X("log.level", LOG_LEVEL, log.level, 0, 0, "info", "the least severe lines to write") \
X("log.format", LOG_FORMAT, log.format, 0, 0, "text", \
	"one line of key=value pairs, or one JSON object, per event") \
X("http_server.address", ADDRESS, http_server.address, 0, 0, "", \
	"address to listen on; empty: all, IPv6 and IPv4; localhost: 127.0.0.1 and ::1") \
X("http_server.port", INT, http_server.port, 0, 65535, "8000", "port to listen on; 0: any that is free") \
X("workers", INT, workers, 0, 256, "0", "threads that serve connections; 0: one per core") \
X("shutdown.timeout", DURATION, shutdown.timeout_ms, 0, HOUR_MS, "30s", \
	"the longest that clients are waited for when weir is told to stop") \
X("client.insecure", BOOL, client.insecure, 0, 0, "false", \
	"anybody may connect, without a token, and use every channel: for development only") \
X("client.allow_anonymous_connect_without_token", BOOL, client.allow_anonymous_connect_without_token, \
	0, 0, "false", \
	"a client without a token may connect as the anonymous user") \
X("client.allowed_origins", STRINGS, client.allowed_origins, 0, 0, "", \
	"origins of pages that may connect, globs such as https://*.example.com; none: only clients that are not browsers") \
X("client.channel_limit", INT, client.channel_limit, 1, 1000000, "128", \
	"channels a client may be subscribed to") \
X("client.pattern_limit", INT, client.pattern_limit, 0, 1000000, "16", \
	"patterns a client may be subscribed to; each is one of its channels too") \
X("client.queue_max_size", BYTES, client.queue_max_bytes, KIB, GIB, "1MiB", \
	"bytes that may wait for one client") \
X("client.notsent_lowat", BYTES, client.notsent_lowat_bytes, 0, 64 * MIB, "16KiB", \
	"unsent bytes the kernel may hold for one client (TCP_NOTSENT_LOWAT); 0: as many as it likes") \
X("client.ping_interval", DURATION, client.ping_interval_ms, -1000, HOUR_MS, "25s", \
	"time between two pings to a client, at least 1s; 0 or less: no pings") \
X("client.pong_timeout", DURATION, client.pong_timeout_ms, 0, HOUR_MS, "8s", \
	"a client that does not answer a ping for this long is closed; shorter than the ping interval; 0: no answer needed") \
X("client.stale_close_delay", DURATION, client.stale_close_delay_ms, 100, HOUR_MS, "10s", \
	"a connection that has not sent a valid connect command by then is closed") \
X("client.expired_close_delay", DURATION, client.expired_close_delay_ms, 0, DAY_MS, "25s", \
	"time a client has to refresh its expired token") \
X("client.expired_sub_close_delay", DURATION, client.expired_sub_close_delay_ms, 0, DAY_MS, "25s", \
	"time a client has to refresh the expired token of a subscription") \
X("client.history_max_publication_limit", INT, client.history_max_publications, 1, 100000, "300", \
	"publications in one answer to a client's history command") \
X("client.recovery_max_publication_limit", INT, client.recovery_max_publications, 1, 100000, "300", \
	"a client that missed more publications than this is not recovered") \
X("client.connection_limit", INT, client.connection_limit, 0, 100000000, "0", \
	"connections in all; 0: no limit") \
X("client.connection_rate_limit", INT, client.connection_rate_limit, 0, 1000000, "2000", \
	"new connections per second; 0: no limit") \
X("client.connection_rate_burst", INT, client.connection_rate_burst, 1, 1000000, "4000", \
	"new connections that may come at once") \
X("client.concurrency", INT, client.concurrency, 0, 1000000, "0", \
	"has no effect; a client's commands are handled in their order") \
X("client.token.hmac_secret_key", SECRET, client.token.hmac_secret_key, 0, 0, "", \
	"secret of tokens signed with HS256, HS384 or HS512; 32 bytes or more") \
X("client.token.rsa_public_key", STRING, client.token.rsa_public_key, 0, 0, "", \
	"public key (PEM) of tokens signed with RS256, RS384 or RS512") \
X("client.token.ecdsa_public_key", STRING, client.token.ecdsa_public_key, 0, 0, "", \
	"public key (PEM) of tokens signed with ES256, ES384 or ES512") \
X("client.token.audience", STRING, client.token.audience, 0, 0, "", \
	"the aud that a token must have; empty: any") \
X("client.token.issuer", STRING, client.token.issuer, 0, 0, "", \
	"the iss that a token must have; empty: any") \
X("client.subscribe_to_user_personal_channel.enabled", BOOL, client.personal_channel.enabled, 0, 0, "false", \
	"subscribe each client with a user to the channel #USER") \
X("client.subscribe_to_user_personal_channel.personal_channel_namespace", STRING, \
	client.personal_channel.namespace_name, \
	0, 0, "", \
	"namespace of these channels; empty: none") \
X("websocket.message_size_limit", BYTES, websocket.message_size_limit_bytes, 128, 64 * MIB, "64KiB", \
	"bytes of one message from a client") \
X("websocket.write_timeout", DURATION, websocket.write_timeout_ms, 100, HOUR_MS, "30s", \
	"a client whose socket takes nothing for this long is closed, on every transport") \
X("http_stream.enabled", BOOL, http_stream.enabled, 0, 0, "false", \
	"serve /connection/http_stream, for clients that cannot use WebSocket") \
X("http_stream.max_request_body_size", BYTES, http_stream.body_max_bytes, 128, 64 * MIB, "64KiB", \
	"bytes of the request that begins such a stream") \
X("sse.enabled", BOOL, sse.enabled, 0, 0, "false", \
	"serve /connection/sse (EventSource), for clients that cannot use WebSocket") \
X("sse.max_request_body_size", BYTES, sse.body_max_bytes, 128, 64 * MIB, "64KiB", \
	"bytes of the request that begins such a stream, if it is a POST") \
X("emulation.max_request_body_size", BYTES, emulation.body_max_bytes, 128, 64 * MIB, "64KiB", \
	"bytes of one request to /emulation, which carries what clients of these two say") \
X("channel.max_length", INT, channel.max_length, 1, 255, "255", "bytes of a channel's name") \
X("channel.history_meta_ttl", DURATION, channel.history_meta_ttl_ms, 1000, 10 * YEAR_MS, "720h", \
	"a channel's epoch and offset are forgotten when it was not used for this long") \
X("channel.allow_bus_for_client", BOOL, channel.allow_bus_for_client, 0, 0, "false", \
	"a client may subscribe to the pattern >, every channel of every namespace, without a subscription token") \
X("http_api.key", SECRET, http_api.key, 0, 0, "", \
	"the key that callers of the HTTP API must send; empty: no caller is let in") \
X("http_api.insecure", BOOL, http_api.insecure, 0, 0, "false", \
	"let anybody call the HTTP API without a key: for development only") \
X("http_api.body_limit", BYTES, http_api.body_limit_bytes, KIB, GIB, "10MiB", \
	"bytes of one request to the HTTP API") \
X("events.enabled", BOOL, events.enabled, 0, 0, "true", \
	"serve GET /events, streams for EventSource and curl, and POST /events/CHANNEL") \
X("events.channel_limit", INT, events.channel_limit, 1, 1024, "32", "channels and patterns in one stream of /events") \
X("http.request_line_limit", BYTES, http.request_line_limit_bytes, 256, 64 * KIB, "8KiB", \
	"bytes of a request line") \
X("http.head_limit", BYTES, http.head_limit_bytes, 512, 128 * KIB, "16KiB", "bytes of a request's head") \
X("http.head_timeout", DURATION, http.head_timeout_ms, 100, HOUR_MS, "5s", \
	"time for the whole head of a request") \
X("http.body_timeout", DURATION, http.body_timeout_ms, 100, HOUR_MS, "10s", \
	"time for the whole body of a request") \
X("http.keepalive_timeout", DURATION, http.keepalive_timeout_ms, 100, DAY_MS, "60s", \
	"an idle connection that waits for its next request is closed after this") \
X("engine.type", ENGINE, engine.type, 0, 0, "memory", \
	"what orders and stores publications: memory, in this process; redis, which several brokers may share") \
X("engine.idempotency_ttl", DURATION, engine.idempotency_ttl_ms, 1000, 7 * DAY_MS, "300s", \
	"time an idempotency key is remembered") \
X("engine.log_entries", INT, engine.log_entries, 64, 16777216, "16384", \
	"entries of all channels that the log keeps: so far back goes recovery of a pattern in an ordered namespace") \
X("engine.log_bytes", BYTES, engine.log_bytes, 64 * KIB, 64 * GIB, "16MiB", "bytes of the entries that the log keeps") \
X("engine.redis.address", URLS, engine.redis.address, 0, 0, "redis://127.0.0.1:6379", \
	"redis://user:password@host:port/db, unix:///path, redis+sentinel://host:port?sentinel_master_name=NAME or " \
	"host:port; several: independent shards, whose order must stay") \
X("engine.redis.prefix", STRING, engine.redis.prefix, 0, 0, "weir", \
	"begin of all keys; brokers with the same one make a cluster") \
X("engine.redis.user", STRING, engine.redis.user, 0, 0, "", "user of the ACL, where the address names none") \
X("engine.redis.password", SECRET, engine.redis.password, 0, 0, "", "password, where the address has none") \
X("engine.redis.db", INT, engine.redis.db, 0, 1000000, "0", "number of the database, where the address has none") \
X("engine.redis.client_name", STRING, engine.redis.client_name, 0, 0, "", \
	"what CLIENT LIST shows of the connections; empty: weir") \
X("engine.redis.connect_timeout", DURATION, engine.redis.connect_timeout_ms, 10, 60000, "1s", \
	"time to resolve a name, and to connect") \
X("engine.redis.io_timeout", DURATION, engine.redis.io_timeout_ms, 100, 60000, "4s", \
	"time for Redis to answer; past it the connection is given up") \
X("engine.redis.sentinel_address", URLS, engine.redis.sentinel_address, 0, 0, "", \
	"host:port of each sentinel, which are asked where Redis is, in place of engine.redis.address") \
X("engine.redis.sentinel_user", STRING, engine.redis.sentinel_user, 0, 0, "", "user of the sentinels' ACL") \
X("engine.redis.sentinel_password", SECRET, engine.redis.sentinel_password, 0, 0, "", "password of the sentinels") \
X("engine.redis.sentinel_master_name", STRING, engine.redis.sentinel_master_name, 0, 0, "", \
	"the master's name, as the sentinels know it") \
X("engine.redis.partitions", INT, engine.redis.partitions, 1, 64, "4", \
	"logs that channels are spread over; the same on all brokers, and for as long as the data is kept") \
X("engine.redis.log_bytes", BYTES, engine.redis.log_bytes, MIB, 64 * GIB, "64MiB", \
	"bytes that the log of each partition keeps: so far may a broker be behind") \
X("engine.redis.inline_max", BYTES, engine.redis.inline_max_bytes, KIB, 64 * MIB, "64KiB", \
	"bytes of the largest publication") \
X("engine.redis.publish_deadline", DURATION, engine.redis.publish_deadline_ms, 100, HOUR_MS, "5s", \
	"a publish that has not been acknowledged by then is answered unavailable or unknown") \
X("engine.redis.publish_queue_events", INT, engine.redis.publish_queue_events, 64, 1048576, "8192", \
	"publications that may wait for Redis; past it publishers are held back") \
X("engine.redis.publish_queue_bytes", BYTES, engine.redis.publish_queue_bytes, MIB, 64 * GIB, "16MiB", \
	"bytes of them") \
X("queue.total_bytes", BYTES, queue.total_bytes, MIB, 1024 * GIB, "1GiB", \
	"bytes that may wait for all clients together; past it the largest queue is dealt with first, by its own policy") \
X("hub.mailbox_size", INT, hub.mailbox_size, 64, 1048576, "8192", \
	"messages from workers that may wait for the hub; when it is full, publishers are held back") \
X("worker.inbox_size", INT, worker.inbox_size, 64, 1048576, "16384", \
	"messages from the hub that may wait for one worker; when it is full, publishers are held back") \
X("blocking.threads", INT, blocking.threads, 1, 64, "2", \
	"threads for work that would hold up a worker, such as checking RSA signatures") \
X("blocking.max_jobs", INT, blocking.max_jobs, 1, 1048576, "1024", "jobs that may wait for these threads") \
X("dashboard.enabled", BOOL, dashboard.enabled, 0, 0, "true", \
	"serve the pages at / and the dashboard, which shows nothing without a token") \
X("dashboard.password", SECRET, dashboard.password, 0, 0, "", \
	"who logs in to the dashboard with it may do everything; the same on all brokers of a cluster; empty: no login") \
X("dashboard.insecure", BOOL, dashboard.insecure, 0, 0, "false", \
	"open the dashboard without a password to browsers on this machine: for development only") \
X("prometheus.enabled", BOOL, prometheus.enabled, 0, 0, "false", "answer /metrics, for Prometheus") \
X("prometheus.require_key", BOOL, prometheus.require_key, 0, 0, "false", \
	"answer /metrics only to those who send the key of the HTTP API, or the token of an admin")

/* name, type, member of weir_namespace, min, max, default, help */
#define CONF_NAMESPACE_ROWS(X) \
X("presence", BOOL, presence, 0, 0, "false", "keep who is subscribed") \
X("join_leave", BOOL, join_leave, 0, 0, "false", "tell of clients that come and go") \
X("force_push_join_leave", BOOL, force_push_join_leave, 0, 0, "false", \
	"tell all subscribers, also those that did not ask") \
X("history_size", INT, history_size, 0, 1000000, "0", \
	"publications kept per channel; with history_ttl it gives the channel a history") \
X("history_ttl", DURATION, history_ttl_ms, 0, YEAR_MS, "0s", \
	"publications are kept for this long after the last one") \
X("history_meta_ttl", DURATION, history_meta_ttl_ms, 0, 10 * YEAR_MS, "0s", \
	"overrides channel.history_meta_ttl; 0: does not") \
X("force_positioning", BOOL, force_positioning, 0, 0, "false", \
	"every subscription has a position, so that a gap is noticed; needs history") \
X("allow_positioning", BOOL, allow_positioning, 0, 0, "false", "a client may ask for a position") \
X("force_recovery", BOOL, force_recovery, 0, 0, "false", \
	"every subscription gets what it missed when it comes back; needs history") \
X("allow_recovery", BOOL, allow_recovery, 0, 0, "false", "a client may ask for recovery") \
X("allowed_delta_types", DELTA_TYPES, delta_fossil, 0, 0, "", \
	"delta compressions that clients may ask for") \
X("delta_publish", BOOL, delta_publish, 0, 0, "false", \
	"every publication may travel as a delta, not only those published with delta") \
X("allow_tags_filter", BOOL, allow_tags_filter, 0, 0, "false", \
	"a client may ask for a filter: the tags filter tf, or an expression") \
X("allow_subscribe_for_client", BOOL, allow_subscribe_for_client, 0, 0, "false", \
	"a client with a user may subscribe without a subscription token") \
X("allow_subscribe_for_anonymous", BOOL, allow_subscribe_for_anonymous, 0, 0, "false", \
	"so may the anonymous user, where clients may") \
X("allow_publish_for_client", BOOL, allow_publish_for_client, 0, 0, "false", "a client may publish") \
X("allow_publish_for_subscriber", BOOL, allow_publish_for_subscriber, 0, 0, "false", \
	"a subscriber of the channel may publish") \
X("allow_publish_for_anonymous", BOOL, allow_publish_for_anonymous, 0, 0, "false", \
	"so may the anonymous user, where clients or subscribers may") \
X("allow_presence_for_client", BOOL, allow_presence_for_client, 0, 0, "false", \
	"a client may ask who is subscribed") \
X("allow_presence_for_subscriber", BOOL, allow_presence_for_subscriber, 0, 0, "false", \
	"a subscriber of the channel may ask who is subscribed") \
X("allow_presence_for_anonymous", BOOL, allow_presence_for_anonymous, 0, 0, "false", \
	"so may the anonymous user, where clients or subscribers may") \
X("allow_history_for_client", BOOL, allow_history_for_client, 0, 0, "false", \
	"a client may read the history") \
X("allow_history_for_subscriber", BOOL, allow_history_for_subscriber, 0, 0, "false", \
	"a subscriber of the channel may read the history") \
X("allow_history_for_anonymous", BOOL, allow_history_for_anonymous, 0, 0, "false", \
	"so may the anonymous user, where clients or subscribers may") \
X("allow_user_limited_channels", BOOL, allow_user_limited_channels, 0, 0, "false", \
	"channels such as dialog#42,43 are for the users after the # only") \
X("publication_data_format", DATA_FORMAT, publication_data_format, 0, 0, "", \
	"what publications must be; empty: anything but nothing; json takes MessagePack too, if JSON can say it; " \
	"binary: anything") \
X("overflow", OVERFLOW, overflow, 0, 0, "", \
	"what happens when a subscription's queue is full; empty: latest with a rate, resync where recoverable, " \
	"else disconnect") \
X("allowed_overflow", OVERFLOWS, allowed_overflow, 0, 0, "resync disconnect drop_oldest drop_newest latest", \
	"what a subscriber may ask for instead") \
X("queue", INT, queue, 1, 1000000, "128", "publications that may wait for one subscription") \
X("queue_max", INT, queue_max, 1, 1000000, "4096", "the most that a subscriber may ask for") \
X("queue_bytes", BYTES, queue_bytes, 0, GIB, "0", \
	"bytes that may wait for a client that is subscribed here, with all its subscriptions; 0: client.queue_max_size") \
X("key", STRING, key, 0, 0, "", \
	"with overflow latest: the tag, or the payload's data.PATH, that tells which publications replace each other; " \
	"empty: all of a channel") \
X("rate", DECIMAL, rate, 0, 1000000, "0", \
	"publications per second that one subscription is sent, at least 0.001; 0: no limit") \
X("rate_max", DECIMAL, rate_max, 0, 1000000, "0", "the most that a subscriber may ask for; 0: no limit") \
X("filter_max_distinct", INT, filter_max_distinct, 1, 1000000, "4096", \
	"different filters in one channel or pattern, on each worker") \
X("allow_wildcards", BOOL, allow_wildcards, 0, 0, "false", "a client may subscribe to patterns such as metrics:*.cpu") \
X("ordered", BOOL, ordered, 0, 0, "false", \
	"all channels of the namespace have one order, and subscriptions to patterns can be recovered")

/* clang-format on */

#define CONF_C_BOOL        bool
#define CONF_C_INT         int64_t
#define CONF_C_DECIMAL     double
#define CONF_C_DURATION    int64_t
#define CONF_C_BYTES       int64_t
#define CONF_C_STRING      char *
#define CONF_C_SECRET      char *
#define CONF_C_ADDRESS     char *
#define CONF_C_STRINGS     struct weir_conf_strings
#define CONF_C_URLS        struct weir_conf_strings
#define CONF_C_LOG_LEVEL   enum weir_log_level
#define CONF_C_LOG_FORMAT  enum weir_log_format
#define CONF_C_ENGINE      enum weir_engine_type
#define CONF_C_DATA_FORMAT enum weir_data_format
#define CONF_C_DELTA_TYPES bool
#define CONF_C_OVERFLOW    enum weir_overflow
#define CONF_C_OVERFLOWS   uint32_t

#define FITS(container, member, type)                                                                            \
	_Static_assert(__builtin_types_compatible_p(__typeof__(((struct container *)0)->member), CONF_C_##type), \
		"the row of " #member " has another type than its member");
#define GLOBAL_FITS(name, type, member, ...)    FITS(weir_conf, member, type)
#define NAMESPACE_FITS(name, type, member, ...) FITS(weir_namespace, member, type)
CONF_ROWS(GLOBAL_FITS)
CONF_NAMESPACE_ROWS(NAMESPACE_FITS)
_Static_assert(sizeof(enum weir_log_level) == sizeof(int) && sizeof(enum weir_data_format) == sizeof(int) &&
		       sizeof(enum weir_overflow) == sizeof(int),
	"enums are stored as int");

#define WORD(name, text) text,
static const char *const words_log_level[] = {WEIR_LOG_LEVELS(WORD)};
static const char *const words_log_format[] = {[WEIR_LOG_FORMAT_TEXT] = "text", [WEIR_LOG_FORMAT_JSON] = "json"};
static const char *const words_engine[] = {[WEIR_ENGINE_MEMORY] = "memory", [WEIR_ENGINE_REDIS] = "redis"};
static const char *const words_data_format[] = {[WEIR_FORMAT_ANY] = "",
	[WEIR_FORMAT_JSON] = "json",
	[WEIR_FORMAT_JSON_OBJECT] = "json_object",
	[WEIR_FORMAT_BINARY] = "binary"};
static const char *const words_delta_types[] = {"fossil"};
#define OVERFLOW_WORD(name, text) [WEIR_OVERFLOW_##name] = text,
static const char *const words_overflow[] = {[WEIR_OVERFLOW_UNSET] = "", WEIR_OVERFLOWS(OVERFLOW_WORD)};
_Static_assert(WEIR_OVERFLOW_BIT(WEIR_OVERFLOW_LATEST) == 1u << WEIR_OVERFLOW_LATEST, "a set has the bit of the index");
#define WORDS(array) array, WEIR_ARRAY_LEN(array)

static const struct conf_type type_BOOL = {CONF_KIND_BOOL, false, "bool", "true or false", NULL, 0};
static const struct conf_type type_INT = {CONF_KIND_INT, false, "int", "a whole number", NULL, 0};
static const struct conf_type type_DECIMAL = {CONF_KIND_DECIMAL, false, "number", "a number such as 2 or 0.5", NULL, 0};
static const struct conf_type type_DURATION = {
	CONF_KIND_DURATION, false, "duration", "a duration such as 25s", NULL, 0};
static const struct conf_type type_BYTES = {CONF_KIND_BYTES, false, "bytes", "a size such as 64KiB", NULL, 0};
static const struct conf_type type_STRING = {CONF_KIND_STRING, false, "string", "a string", NULL, 0};
static const struct conf_type type_SECRET = {CONF_KIND_STRING, true, "secret", "a string", NULL, 0};
static const struct conf_type type_ADDRESS = {
	CONF_KIND_ADDRESS, false, "address", "a numeric address such as 127.0.0.1 or ::1, or localhost", NULL, 0};
static const struct conf_type type_STRINGS = {CONF_KIND_STRINGS, false, "list", "a list of strings", NULL, 0};
/* Addresses, which may hold passwords. */
static const struct conf_type type_URLS = {CONF_KIND_URLS, true, "list", "an address or a list of them", NULL, 0};
static const struct conf_type type_LOG_LEVEL = {CONF_KIND_ENUM, false, "word", "one of", WORDS(words_log_level)};
static const struct conf_type type_LOG_FORMAT = {CONF_KIND_ENUM, false, "word", "one of", WORDS(words_log_format)};
static const struct conf_type type_ENGINE = {CONF_KIND_ENUM, false, "word", "one of", WORDS(words_engine)};
static const struct conf_type type_DATA_FORMAT = {CONF_KIND_ENUM, false, "word", "one of", WORDS(words_data_format)};
static const struct conf_type type_DELTA_TYPES = {CONF_KIND_WORD, false, "list", "a list of", WORDS(words_delta_types)};
static const struct conf_type type_OVERFLOW = {CONF_KIND_ENUM, false, "word", "one of", WORDS(words_overflow)};
static const struct conf_type type_OVERFLOWS = {CONF_KIND_WORDS, false, "list", "a list of", WORDS(words_overflow)};

#define ROW(container, name, type, member, min, max, def, help) \
	{name, &type_##type, offsetof(struct container, member), min, max, def, help},
#define GLOBAL_ROW(...)    ROW(weir_conf, __VA_ARGS__)
#define NAMESPACE_ROW(...) ROW(weir_namespace, __VA_ARGS__)
static const struct conf_row global_rows[] = {CONF_ROWS(GLOBAL_ROW)};
static const struct conf_row namespace_rows[] = {CONF_NAMESPACE_ROWS(NAMESPACE_ROW)};

/* ------------------------------------------------------------------------------------------------------------------ */

const struct conf_rows weir__conf_rows = {global_rows, WEIR_ARRAY_LEN(global_rows)};
const struct conf_rows weir__conf_namespace_rows = {namespace_rows, WEIR_ARRAY_LEN(namespace_rows)};

const struct conf_row *weir__conf_row(const struct conf_rows *rows, struct weir_str name)
{
	for (size_t i = 0; i < rows->n; i++)
		if (weir_str_is(name, rows->rows[i].name))
			return &rows->rows[i];
	return NULL;
}

void weir__conf_set_defaults(const struct conf_rows *rows, void *base)
{
	for (size_t i = 0; i < rows->n; i++) {
		int err = weir__conf_value_set(&rows->rows[i], base, weir_str(rows->rows[i].def), NULL);

		weir_assert(err == 0);
	}
}

void weir__conf_fini_values(const struct conf_rows *rows, void *base)
{
	for (size_t i = 0; i < rows->n; i++) {
		void *member = (char *)base + rows->rows[i].offset;

		if (rows->rows[i].type->kind == CONF_KIND_STRING || rows->rows[i].type->kind == CONF_KIND_ADDRESS) {
			free(*(char **)member);
			*(char **)member = NULL;
		} else if (rows->rows[i].type->kind == CONF_KIND_STRINGS ||
			   rows->rows[i].type->kind == CONF_KIND_URLS) {
			struct weir_conf_strings *list = member;

			for (size_t k = 0; k < list->n; k++)
				free(list->v[k]);
			free(list->v);
			*list = (struct weir_conf_strings){NULL, 0};
		}
	}
}
