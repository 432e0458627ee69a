/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log. A line is built on the stack, at most LOG_LINE_BYTES, so that a pipe takes it whole or not at all, and goes
 * out with one write. Fields that do not fit are left out, and the line ends with `cut=1`. Whether the sink would block
 * is asked before each write, whatever it is: the descriptor may be replaced by another one while the log is used. Any
 * thread.
 */
#include "weir/base/log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "weir/base/mem.h"
#include "weir/base/utf8.h"

#define LOG_LINE_BYTES  PIPE_BUF
#define LOG_VALUE_BYTES 512
#define LOG_TAIL_BYTES  16 /* kept free for `cut` and the end of the line */

static const char *const log_level_names[] = {
#define X(name, text) text,
	WEIR_LOG_LEVELS(X)
#undef X
};

static const char *const log_source_names[] = {
#define X(name, text) text,
	WEIR_LOG_SOURCES(X)
#undef X
};

struct log_line {
	char p[LOG_LINE_BYTES];
	size_t len, max;
	bool full; /* something did not fit and was left out */
};

static void line_append(struct log_line *line, const char *p, size_t n)
{
	if (line->full || n > line->max - line->len) {
		line->full = true;
		return;
	}
	memcpy(line->p + line->len, p, n);
	line->len += n;
}

static void line_str(struct log_line *line, const char *s)
{
	line_append(line, s, strlen(s));
}

/* Characters that could end the line, forge another one or drive a terminal: C0, DEL, C1, the line separators. */
static bool log_is_control(const unsigned char *p, size_t n)
{
	return (n == 1 && (p[0] < 0x20 || p[0] == 0x7f)) || (n == 2 && p[0] == 0xc2 && p[1] < 0xa0) ||
	       (n == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9));
}

/* One character, escaped as in JSON; a byte that is no UTF-8 becomes U+FFFD. */
static void line_char(struct log_line *line, const char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;
	char text[8];

	if (n == 1 && (*p == '"' || *p == '\\')) {
		text[0] = '\\';
		text[1] = *p;
		line_append(line, text, 2);
	} else if (n == 1 && (*p == '\n' || *p == '\r' || *p == '\t')) {
		line_str(line, *p == '\n' ? "\\n" : *p == '\r' ? "\\r" : "\\t");
	} else if (n > 0 && log_is_control(u, n)) {
		unsigned code = n == 1 ? u[0] : n == 2 ? u[1] : 0x2000u | (u[2] & 0x3fu);

		snprintf(text, sizeof(text), "\\u%04x", code);
		line_str(line, text);
	} else if (n > 0) {
		line_append(line, p, n);
	} else {
		line_str(line, "\xef\xbf\xbd");
	}
}

static void line_escaped(struct log_line *line, struct weir_str s)
{
	bool cut = s.n > LOG_VALUE_BYTES;

	s = weir_utf8_prefix(s, LOG_VALUE_BYTES);
	while (s.n > 0) {
		size_t n = weir_utf8_char(s);

		line_char(line, s.p, n);
		n = n ? n : 1;
		s = weir_str_n(s.p + n, s.n - n);
	}
	if (cut)
		line_str(line, "…");
}

static bool log_needs_quotes(struct weir_str s)
{
	if (s.n == 0)
		return true;
	while (s.n > 0) {
		size_t n = weir_utf8_char(s);

		if (n == 0 || *s.p == ' ' || *s.p == '"' || *s.p == '\\' || *s.p == '=' ||
			log_is_control((const unsigned char *)s.p, n))
			return true;
		s = weir_str_n(s.p + n, s.n - n);
	}
	return false;
}

static void line_value(struct log_line *line, bool json, struct weir_str s)
{
	bool quotes = json || log_needs_quotes(s);

	if (quotes)
		line_str(line, "\"");
	line_escaped(line, s);
	if (quotes)
		line_str(line, "\"");
}

static void line_field(struct log_line *line, bool json, const struct weir_log_field *f)
{
	char number[24] = "";

	line_str(line, json ? ",\"" : " ");
	line_str(line, f->key);
	line_str(line, json ? "\":" : "=");
	if (f->type == WEIR_FIELD_STR) {
		line_value(line, json, f->s);
		return;
	}
	if (f->type == WEIR_FIELD_INT)
		snprintf(number, sizeof(number), "%lld", (long long)f->i);
	else
		snprintf(number, sizeof(number), "%llu", (unsigned long long)f->u);
	line_str(line, number);
}

static void line_time(struct log_line *line, int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000 - (wall_ms % 1000 < 0));
	unsigned ms = (unsigned)(wall_ms - (int64_t)seconds * 1000);
	char text[48];
	struct tm tm;

	if (gmtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm)) {
		line_str(line, text);
		snprintf(text, sizeof(text), ".%03uZ", ms % 1000);
		line_str(line, text);
	}
}

static void line_build(struct log_line *line, const struct weir_log *log, const char *source, const char *level,
	const char *message, const struct weir_log_field *fields)
{
	bool json = log->json;

	line->len = 0;
	line->max = sizeof(line->p) - LOG_TAIL_BYTES;
	line->full = false;
	line_str(line, json ? "{\"time\":\"" : "");
	line_time(line, weir_wall_ms(log->clock));
	line_str(line, json ? "\",\"level\":\"" : " ");
	line_str(line, level);
	line_str(line, json ? "\",\"source\":\"" : " ");
	line_str(line, source);
	line_str(line, json ? "\",\"message\":\"" : " ");
	line_escaped(line, weir_str(message));
	line_str(line, json ? "\"" : "");
	for (const struct weir_log_field *f = fields; f && f->type != WEIR_FIELD_END; f++) {
		size_t before = line->len;

		line_field(line, json, f);
		if (line->full) {
			line->len = before;
			line->full = false;
			line->max = sizeof(line->p);
			line_str(line, json ? ",\"cut\":1" : " cut=1");
			break;
		}
	}
	line->max = sizeof(line->p);
	line_str(line, json ? "}\n" : "\n");
}

/* Is the line out? Half a line is as good as none, and is counted like one. */
static bool log_write(struct weir_log *log, const struct log_line *line)
{
	struct pollfd sink = {.fd = log->fd, .events = POLLOUT};
	ssize_t n = -1;

	pthread_mutex_lock(&log->writing);
	if (poll(&sink, 1, 0) == 1 && sink.revents == POLLOUT) {
		do
			n = write(log->fd, line->p, line->len);
		while (n < 0 && errno == EINTR);
	}
	pthread_mutex_unlock(&log->writing);
	return n == (ssize_t)line->len;
}

/*
 * Tells how many lines were lost since it was last told; of several threads one does. False: the sink does not take
 * it.
 */
static bool log_notice(struct weir_log *log, struct log_line *line)
{
	unsigned long long noticed = atomic_load(&log->noticed), dropped = atomic_load(&log->dropped);
	struct weir_log_field fields[] = {WEIR_F_UINT("dropped", dropped - noticed), {0}};

	if (dropped == noticed || !atomic_compare_exchange_strong(&log->noticed, &noticed, dropped))
		return true;
	line_build(
		line, log, log_source_names[WEIR_SRC_CORE], log_level_names[WEIR_LOG_WARN], "log lines lost", fields);
	if (log_write(log, line))
		return true;
	atomic_fetch_sub(&log->noticed, dropped - noticed);
	return false;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void weir_log_init(struct weir_log *log, int fd, enum weir_log_level level, bool json, const struct weir_clock *clock)
{
	weir_assert(clock != NULL);
	log->fd = fd;
	log->json = json;
	log->clock = clock;
	pthread_mutex_init(&log->writing, NULL);
	atomic_init(&log->dropped, 0);
	atomic_init(&log->noticed, 0);
	for (int i = 0; i < WEIR_SRC_COUNT; i++)
		atomic_init(&log->level[i], (unsigned char)level);
}

void weir_log_set_level(struct weir_log *log, enum weir_log_level level)
{
	for (int i = 0; i < WEIR_SRC_COUNT; i++)
		atomic_store_explicit(&log->level[i], (unsigned char)level, memory_order_relaxed);
}

int weir_log_level_parse(struct weir_str text, enum weir_log_level *out)
{
	for (size_t i = 0; i < WEIR_ARRAY_LEN(log_level_names); i++)
		if (weir_str_caseeq(text, weir_str(log_level_names[i]))) {
			*out = (enum weir_log_level)i;
			return 0;
		}
	return WEIR_EPARSE;
}

const char *weir_log_level_name(enum weir_log_level level)
{
	return (size_t)level < WEIR_ARRAY_LEN(log_level_names) ? log_level_names[level] : "unknown";
}

void weir_log_emit(struct weir_log *log, enum weir_log_source src, enum weir_log_level level, const char *message,
	const struct weir_log_field *fields)
{
	struct log_line line;

	weir_assert(src < WEIR_SRC_COUNT);
	if (!log || log->fd < 0)
		return;
	if (log_notice(log, &line)) {
		line_build(&line, log, log_source_names[src], weir_log_level_name(level), message, fields);
		if (log_write(log, &line))
			return;
	}
	atomic_fetch_add(&log->dropped, 1);
}
