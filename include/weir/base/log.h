/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log: one line per event, structured fields, a level per source. Lines go to a file descriptor with one write
 * each; a sink that would block costs the line, never the loop: it is counted and the next line that fits says so.
 * Values are escaped (quotes, control characters, U+2028/9) and cut at 512 bytes, so one event is one line whatever a
 * peer sends. A weir_log is shared by all threads; emitting is safe from any thread.
 */
#ifndef WEIR_BASE_LOG_H
#define WEIR_BASE_LOG_H

#include <pthread.h>
#include <stdatomic.h>

#include "weir/base/clock.h"
#include "weir/base/str.h"

#define WEIR_LOG_LEVELS(X) \
	X(TRACE, "trace")  \
	X(DEBUG, "debug")  \
	X(INFO, "info")    \
	X(WARN, "warn")    \
	X(ERROR, "error")  \
	X(NONE, "none")
#define WEIR_LOG_SOURCES(X)   \
	X(CORE, "core")       \
	X(HUB, "hub")         \
	X(BUS, "bus")         \
	X(SESSION, "session") \
	X(WS, "ws")           \
	X(HTTP, "http")       \
	X(API, "api")         \
	X(ENGINE, "engine")   \
	X(CONF, "conf")       \
	X(APP, "app")

enum weir_log_level {
#define X(name, text) WEIR_LOG_##name,
	WEIR_LOG_LEVELS(X)
#undef X
};

enum weir_log_source {
#define X(name, text) WEIR_SRC_##name,
	WEIR_LOG_SOURCES(X)
#undef X
		WEIR_SRC_COUNT
};

struct weir_log {
	_Atomic unsigned char level[WEIR_SRC_COUNT]; /* lines below are not written */
	int fd;                                      /* not owned; -1 writes nowhere */
	bool json;                                   /* one JSON object per line instead of key=value */
	atomic_ullong dropped;                       /* lines the sink did not take */
	atomic_ullong noticed;                       /* of these, how many a line has told of */
	const struct weir_clock *clock;
	pthread_mutex_t writing; /* from the look at the sink to the write, which therefore does not block */
};

struct weir_log_field {
	const char *key;
	enum { WEIR_FIELD_END, WEIR_FIELD_STR, WEIR_FIELD_INT, WEIR_FIELD_UINT } type;
	union {
		struct weir_str s;
		int64_t i;
		uint64_t u;
	};
};

#define WEIR_F_STR(k, v)  ((struct weir_log_field){.key = (k), .type = WEIR_FIELD_STR, .s = (v)})
#define WEIR_F_CSTR(k, v) ((struct weir_log_field){.key = (k), .type = WEIR_FIELD_STR, .s = weir_str(v)})
#define WEIR_F_INT(k, v)  ((struct weir_log_field){.key = (k), .type = WEIR_FIELD_INT, .i = (v)})
#define WEIR_F_UINT(k, v) ((struct weir_log_field){.key = (k), .type = WEIR_FIELD_UINT, .u = (v)})
#define WEIR_F_ERR(v)     WEIR_F_CSTR("error", weir_strerror(v))

void weir_log_init(struct weir_log *log, int fd, enum weir_log_level level, bool json, const struct weir_clock *clock);
void weir_log_set_level(struct weir_log *log, enum weir_log_level level); /* of all sources */
int weir_log_level_parse(struct weir_str text, enum weir_log_level *out) WEIR_MUSTCHECK;
const char *weir_log_level_name(enum weir_log_level level);

static inline bool weir_log_enabled(struct weir_log *log, enum weir_log_source src, enum weir_log_level level)
{
	return log && (unsigned char)level >= atomic_load_explicit(&log->level[src], memory_order_relaxed);
}

void weir_log_emit(struct weir_log *log, enum weir_log_source src, enum weir_log_level level, const char *message,
	const struct weir_log_field *fields); /* fields end with a zeroed one */

/* weir_slog(log, WS, INFO, "client closed", WEIR_F_UINT("code", code), …): fields are evaluated only when enabled. */
#define weir_slog(log, src, level, ...)                                                                               \
	do {                                                                                                          \
		if (weir_log_enabled((log), WEIR_SRC_##src, WEIR_LOG_##level))                                        \
			WEIR_SLOG_((log), WEIR_SRC_##src, WEIR_LOG_##level, __VA_ARGS__, (struct weir_log_field){0}); \
	} while (0)
#define WEIR_SLOG_(log, src, level, message, ...) \
	weir_log_emit((log), (src), (level), (message), (const struct weir_log_field[]){__VA_ARGS__})

#endif
