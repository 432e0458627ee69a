/* SPDX-License-Identifier: Apache-2.0 */
/* The log: both formats, escaping and cutting, levels, and a sink that does not take lines. */
#include "config.h"

#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "weir/base/log.h"
#include "weir/base/mem.h"

#define CAUGHT_BYTES 200000

struct sink {
	int fds[2];
	struct weir_log log;
	char text[CAUGHT_BYTES];
};

static uint64_t fixed_mono(void *ctx)
{
	(void)ctx;
	return 0;
}

static int64_t fixed_wall(void *ctx)
{
	return *(int64_t *)ctx;
}

static int64_t fixed_ms = 1795510800123; /* 2026-11-24T09:00:00.123Z */
static const struct weir_clock fixed_clock = {fixed_mono, fixed_wall, &fixed_ms};

static void sink_open(struct sink *s, enum weir_log_level level, bool json)
{
	CU_ASSERT_FATAL(pipe(s->fds) == 0);
	fcntl(s->fds[0], F_SETFL, O_NONBLOCK);
	weir_log_init(&s->log, s->fds[1], level, json, &fixed_clock);
}

/* What was written since the last call. */
static const char *sink_read(struct sink *s)
{
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(s->text) - 1 && (n = read(s->fds[0], s->text + len, sizeof(s->text) - 1 - len)) > 0)
		len += (size_t)n;
	s->text[len] = '\0';
	return s->text;
}

static void sink_close(struct sink *s)
{
	close(s->fds[0]);
	close(s->fds[1]);
}

static void test_text(void)
{
	static struct sink s;

	sink_open(&s, WEIR_LOG_INFO, false);
	weir_slog(&s.log, WS, INFO, "client closed", WEIR_F_UINT("code", 3000), WEIR_F_CSTR("client", "6f2c"));
	CU_ASSERT_STRING_EQUAL(sink_read(&s), "2026-11-24T09:00:00.123Z info ws client closed code=3000 client=6f2c\n");
	weir_slog(&s.log, CORE, ERROR, "x", WEIR_F_CSTR("a", "two words"), WEIR_F_CSTR("b", ""),
		WEIR_F_CSTR("c", "q\"\\"), WEIR_F_INT("d", INT64_MIN), WEIR_F_CSTR("e", "k=v"),
		WEIR_F_CSTR("f", "Zo\xc3\xab"));
	CU_ASSERT_STRING_EQUAL(sink_read(&s),
		"2026-11-24T09:00:00.123Z error core x a=\"two words\" b=\"\" c=\"q\\\"\\\\\" "
		"d=-9223372036854775808 e=\"k=v\" f=Zo\xc3\xab\n");
	weir_slog(&s.log, CONF, WARN, "no fields");
	CU_ASSERT_STRING_EQUAL(sink_read(&s), "2026-11-24T09:00:00.123Z warn conf no fields\n");
	sink_close(&s);
}

static void test_json(void)
{
	static struct sink s;

	sink_open(&s, WEIR_LOG_TRACE, true);
	weir_slog(&s.log, ENGINE, TRACE, "said \"hi\"", WEIR_F_CSTR("a", "x\n\t\x01"), WEIR_F_UINT("n", UINT64_MAX),
		WEIR_F_ERR(-5011));
	CU_ASSERT_STRING_EQUAL(sink_read(&s),
		"{\"time\":\"2026-11-24T09:00:00.123Z\",\"level\":\"trace\",\"source\":\"engine\",\"message\":\"said "
		"\\\"hi\\\"\","
		"\"a\":\"x\\n\\t\\u0001\",\"n\":18446744073709551615,\"error\":\"unavailable\"}\n");
	sink_close(&s);
}

static void test_hostile_values(void)
{
	static struct sink s;

	sink_open(&s, WEIR_LOG_INFO, false);
	weir_slog(&s.log, HTTP, INFO, "m", WEIR_F_CSTR("a", "1\n2026 forged\r"),
		WEIR_F_CSTR("b", "\x1b[31m\x7f\xc2\x9b"), WEIR_F_CSTR("c", "\xe2\x80\xa8\xe2\x80\xa9"),
		WEIR_F_CSTR("d", "\xff\xc3"), WEIR_F_STR("e", weir_str_n("a\0b", 3)));
	CU_ASSERT_STRING_EQUAL(sink_read(&s),
		"2026-11-24T09:00:00.123Z info http m a=\"1\\n2026 forged\\r\" b=\"\\u001b[31m\\u007f\\u009b\" "
		"c=\"\\u2028\\u2029\" d=\"\xef\xbf\xbd\xef\xbf\xbd\" e=\"a\\u0000b\"\n");
	sink_close(&s);
}

static void test_cut(void)
{
	static struct sink s;
	char longer[600], hostile[512];
	const char *line;

	memset(longer, 'x', sizeof(longer));
	memcpy(longer + 511, "\xc3\xa9", 2); /* would be cut in half */
	memset(hostile, 1, sizeof(hostile));
	sink_open(&s, WEIR_LOG_INFO, false);
	weir_slog(&s.log, API, INFO, "m", WEIR_F_STR("a", weir_str_n(longer, sizeof(longer))));
	line = sink_read(&s);
	CU_ASSERT_EQUAL(strspn(strstr(line, "a=") + 2, "x"), 511);
	CU_ASSERT_STRING_EQUAL(line + strlen(line) - 5, "x\xe2\x80\xa6\n");
	/* 3 KB each when escaped: the second does not fit. */
	weir_slog(&s.log, API, INFO, "m", WEIR_F_STR("a", weir_str_n(hostile, 512)),
		WEIR_F_STR("b", weir_str_n(hostile, 512)), WEIR_F_UINT("c", 1));
	line = sink_read(&s);
	CU_ASSERT(strlen(line) < 4096 && strstr(line, " a=\"\\u0001"));
	CU_ASSERT_PTR_NULL(strstr(line, " b="));
	CU_ASSERT_STRING_EQUAL(line + strlen(line) - 8, "\" cut=1\n");
	s.log.json = true;
	weir_slog(&s.log, API, INFO, "m", WEIR_F_STR("a", weir_str_n(hostile, 512)),
		WEIR_F_STR("b", weir_str_n(hostile, 512)));
	line = sink_read(&s);
	CU_ASSERT_STRING_EQUAL(line + strlen(line) - 11, "\",\"cut\":1}\n");
	sink_close(&s);
}

static struct weir_log_field counted(unsigned *evaluated)
{
	++*evaluated;
	return WEIR_F_UINT("n", 1);
}

static void test_levels(void)
{
	static struct sink s;
	enum weir_log_level level = WEIR_LOG_NONE;
	struct weir_log *none = NULL;
	unsigned evaluated = 0;

	sink_open(&s, WEIR_LOG_WARN, false);
	weir_slog(&s.log, WS, INFO, "m", counted(&evaluated));
	weir_slog(none, WS, ERROR, "m", counted(&evaluated));
	CU_ASSERT_STRING_EQUAL(sink_read(&s), "");
	CU_ASSERT_EQUAL(evaluated, 0);
	atomic_store(&s.log.level[WEIR_SRC_WS], WEIR_LOG_DEBUG);
	weir_slog(&s.log, WS, INFO, "m", counted(&evaluated));
	weir_slog(&s.log, HUB, INFO, "m", counted(&evaluated));
	CU_ASSERT_STRING_EQUAL(sink_read(&s), "2026-11-24T09:00:00.123Z info ws m n=1\n");
	CU_ASSERT_EQUAL(evaluated, 1);
	weir_log_set_level(&s.log, WEIR_LOG_NONE);
	CU_ASSERT_FALSE(weir_log_enabled(&s.log, WEIR_SRC_WS, WEIR_LOG_ERROR));
	CU_ASSERT(weir_log_level_parse(WEIR_STR("Debug"), &level) == 0 && level == WEIR_LOG_DEBUG);
	CU_ASSERT(weir_log_level_parse(WEIR_STR("none"), &level) == 0 && level == WEIR_LOG_NONE);
	CU_ASSERT_EQUAL(weir_log_level_parse(WEIR_STR("loud"), &level), WEIR_EPARSE);
	CU_ASSERT_STRING_EQUAL(weir_log_level_name(WEIR_LOG_WARN), "warn");
	s.log.fd = -1;
	weir_log_set_level(&s.log, WEIR_LOG_TRACE);
	weir_slog(&s.log, WS, INFO, "m");
	CU_ASSERT_EQUAL(atomic_load(&s.log.dropped), 0);
	sink_close(&s);
}

static void test_full_sink(void)
{
	static struct sink s;
	unsigned long long dropped;
	const char *text;
	char expected[100];
	int written = 0;

	/* The write end blocks: if a full pipe were not noticed, this test would hang. */
	sink_open(&s, WEIR_LOG_INFO, false);
	while (atomic_load(&s.log.dropped) == 0 && ++written < 100000)
		weir_slog(&s.log, BUS, INFO, "filling the pipe with something");
	CU_ASSERT(written > 10 && written < 100000);
	for (int i = 0; i < 4; i++)
		weir_slog(&s.log, BUS, INFO, "lost");
	dropped = atomic_load(&s.log.dropped);
	CU_ASSERT_EQUAL(dropped, 5);
	text = sink_read(&s);
	CU_ASSERT_PTR_NULL(strstr(text, "lost"));
	weir_slog(&s.log, BUS, INFO, "here again");
	snprintf(expected, sizeof(expected), "2026-11-24T09:00:00.123Z warn core log lines lost dropped=5\n");
	text = sink_read(&s);
	CU_ASSERT_EQUAL(strncmp(text, expected, strlen(expected)), 0);
	CU_ASSERT_STRING_EQUAL(text + strlen(expected), "2026-11-24T09:00:00.123Z info bus here again\n");
	weir_slog(&s.log, BUS, INFO, "and again");
	CU_ASSERT_STRING_EQUAL(sink_read(&s), "2026-11-24T09:00:00.123Z info bus and again\n");
	CU_ASSERT_EQUAL(atomic_load(&s.log.dropped), 5);
	sink_close(&s);
}

static void test_closed_sink(void)
{
	static struct sink s;

	sink_open(&s, WEIR_LOG_INFO, false);
	close(s.fds[0]);
	weir_slog(&s.log, BUS, INFO, "nobody reads this, and no signal comes");
	CU_ASSERT_EQUAL(atomic_load(&s.log.dropped), 1);
	close(s.fds[1]);
}

#define THREADS 4
#define LINES   150

static void *emit_lines(void *arg)
{
	struct sink *s = arg;

	for (int i = 0; i < LINES; i++)
		weir_slog(&s->log, CORE, INFO, "line", WEIR_F_CSTR("a", "some value"), WEIR_F_INT("i", i));
	return NULL;
}

static void test_threads(void)
{
	static struct sink s;
	pthread_t threads[THREADS];
	unsigned lines = 0;
	const char *p;

	sink_open(&s, WEIR_LOG_INFO, false);
	for (int i = 0; i < THREADS; i++)
		CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, emit_lines, &s) == 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (p = sink_read(&s); *p; p = strchr(p, '\n') + 1, lines++)
		if (strncmp(p, "2026-11-24T09:00:00.123Z info core line a=\"some value\" i=", 56) != 0) {
			CU_FAIL("a torn line");
			break;
		}
	CU_ASSERT_EQUAL(lines + atomic_load(&s.log.dropped), THREADS * LINES);
	CU_ASSERT(lines > 0);
	sink_close(&s);
}

struct crowd {
	struct sink *sink;
	pthread_barrier_t *start;
};

static void *emit_long_lines(void *arg)
{
	static const char filler[] =
		"a line of some length, so that two of them do not fit where there is room for one alone: "
		"........................................................................................";
	struct crowd *c = arg;

	pthread_barrier_wait(c->start);
	for (int i = 0; i < 3; i++)
		weir_slog(&c->sink->log, CORE, INFO, "line", WEIR_F_CSTR("a", filler), WEIR_F_CSTR("b", filler),
			WEIR_F_CSTR("c", filler), WEIR_F_CSTR("d", filler), WEIR_F_CSTR("e", filler),
			WEIR_F_CSTR("f", filler), WEIR_F_CSTR("g", filler), WEIR_F_CSTR("h", filler),
			WEIR_F_CSTR("i", filler), WEIR_F_CSTR("j", filler), WEIR_F_CSTR("k", filler),
			WEIR_F_CSTR("l", filler), WEIR_F_CSTR("m", filler), WEIR_F_CSTR("n", filler));
	return NULL;
}

/* If one thread could take the room that another has seen, the other would hang in write(), and this test with it. */
static void test_threads_full_sink(void)
{
	static struct sink s;
	pthread_t threads[THREADS];
	pthread_barrier_t start;
	struct crowd crowd = {&s, &start};

	for (int round = 0; round < 300; round++) {
		sink_open(&s, WEIR_LOG_INFO, false);
		CU_ASSERT_FATAL(fcntl(s.fds[1], F_SETPIPE_SZ, 4096) >= 4096);
		pthread_barrier_init(&start, NULL, THREADS);
		for (int i = 0; i < THREADS; i++)
			CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, emit_long_lines, &crowd) == 0);
		for (int i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
		pthread_barrier_destroy(&start);
		CU_ASSERT_EQUAL(atomic_load(&s.log.dropped), THREADS * 3 - 1);
		sink_close(&s);
	}
}

const char weir_test_suite[] = "base/log";
CU_TestInfo weir_tests[] = {
	{"text", test_text},
	{"json", test_json},
	{"hostile values", test_hostile_values},
	{"cut values and lines", test_cut},
	{"levels", test_levels},
	{"a full sink costs lines and says so", test_full_sink},
	{"a closed sink", test_closed_sink},
	{"several threads", test_threads},
	{"several threads and a full sink", test_threads_full_sink},
	CU_TEST_INFO_NULL,
};
