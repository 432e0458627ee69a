/* SPDX-License-Identifier: Apache-2.0 */
/* The table of metrics and its notations, from figures that the test makes up. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"
#include "weir/event/json.h"
#include "weir/server/metrics.h"
#include "weir/wire/message.h"

const char weir_test_suite[] = "server/metrics";

static struct weir_metrics figures(void)
{
	struct weir_metrics m = {.workers = 2, .longest_turn_us = 1500, .rss_bytes = 1u << 30, .cpu_us = 2500000};

	weir_stat_add(&m.stats, bytes_out, UINT64_C(1) << 53);
	weir_stat_add(&m.stats, dropped_oldest, 3);
	weir_stat_add(&m.stats, filtered, 4);
	weir_stat_add(&m.stats, disconnects[weir_disconnect_place(3008)], 5);
	weir_stat_add(&m.stats, disconnects[weir_disconnect_place(4321)], 6);
	weir_stats_latency(&m.stats, 10, 100);
	weir_stats_latency(&m.stats, 10, 101);
	weir_stats_latency(&m.stats, 10, 20000000);
	return m;
}

static void on_metric(void *ctx, const struct weir_metric *row)
{
	(void)ctx, (void)row;
}

static void on_sample(void *ctx, const struct weir_metric *row, const char *label_value, double value)
{
	(void)value;
	CU_ASSERT_EQUAL(*row->label != 0, *label_value != 0);
	++*(unsigned *)ctx;
}

static void test_table(void)
{
	struct weir_metrics m = figures();
	const struct weir_metric *row;
	unsigned n = 0;

	for (size_t i = 0; (row = weir_metrics_row(i)); i++) {
		size_t len = strlen(row->name), unit = strlen(row->unit);

		for (size_t k = 0; k < len; k++)
			CU_ASSERT((row->name[k] >= 'a' && row->name[k] <= 'z') || row->name[k] == '_');
		for (size_t k = 0; k < i; k++)
			CU_ASSERT_STRING_NOT_EQUAL(row->name, weir_metrics_row(k)->name);
		CU_ASSERT(*row->help && !strchr(row->help, '\n'));
		CU_ASSERT(len < 6 || strcmp(row->name + len - 6, "_total") != 0);
		if (strcmp(row->unit, "seconds") == 0)
			CU_ASSERT_STRING_EQUAL(row->name + len - unit, row->unit);
	}
	weir_metrics_each(
		&m, &(struct weir_metrics_walk){.metric = on_metric, .sample = on_sample, .end = on_metric, .ctx = &n});
	CU_ASSERT(n > 60);
}

static char *text_of(const struct weir_metrics *m, bool openmetrics)
{
	struct weir_buf out;
	size_t n;

	weir_buf_init(&out, 1u << 20);
	weir_metrics_text(m, openmetrics, &out);
	CU_ASSERT_FALSE_FATAL(out.failed);
	weir_buf_char(&out, 0);
	return weir_buf_take(&out, &n);
}

static void test_text(void)
{
	static const char *const plain[] = {
		"# TYPE weir_workers gauge\nweir_workers 2\n",
		"# TYPE weir_bytes_out_total counter\nweir_bytes_out_total 9007199254740992\n",
		"weir_dropped_total{reason=\"oldest\"} 3\n",
		"weir_dropped_total{reason=\"filter\"} 4\n",
		"weir_disconnects_total{code=\"3008\"} 5\n",
		"weir_disconnects_total{code=\"other\"} 6\n",
		"weir_longest_turn_seconds 0.0015\n",
		"weir_cpu_seconds_total 2.5\n",
		"weir_rss_bytes 1073741824\n",
		"# TYPE weir_delivery_latency_seconds histogram\n"
		"weir_delivery_latency_seconds_bucket{le=\"0.0001\"} 1\n"
		"weir_delivery_latency_seconds_bucket{le=\"0.00025\"} 2\n",
		"weir_delivery_latency_seconds_bucket{le=\"10\"} 2\n"
		"weir_delivery_latency_seconds_bucket{le=\"+Inf\"} 3\n"
		"weir_delivery_latency_seconds_sum 20.000201\n"
		"weir_delivery_latency_seconds_count 3\n",
	};
	struct weir_metrics m = figures();
	char *text = text_of(&m, false), *open = text_of(&m, true);

	for (size_t i = 0; i < WEIR_ARRAY_LEN(plain); i++)
		CU_ASSERT_PTR_NOT_NULL(strstr(text, plain[i]));
	CU_ASSERT_PTR_NULL(strstr(text, "# EOF"));
	CU_ASSERT_PTR_NULL(strstr(text, "weir_redis_"));
	CU_ASSERT_PTR_NOT_NULL(strstr(open, "# TYPE weir_bytes_out counter\nweir_bytes_out_total 9007199254740992\n"));
	CU_ASSERT_STRING_EQUAL(open + strlen(open) - 6, "# EOF\n");
	free(text);
	free(open);
}

static void test_engine(void)
{
	struct weir_metrics m = figures();
	char *text;

	m.n_engine = 3;
	snprintf(m.engine[0].name, sizeof(m.engine[0].name), "redis.commands");
	m.engine[0].value = 7;
	snprintf(m.engine[1].name, sizeof(m.engine[1].name), "redis.shard.12.up");
	m.engine[1].value = 1;
	snprintf(m.engine[2].name, sizeof(m.engine[2].name), "redis.unheard_of");
	text = text_of(&m, false);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nweir_redis_commands_total 7\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nweir_redis_shard_up{shard=\"12\"} 1\n"));
	CU_ASSERT_PTR_NULL(strstr(text, "weir_redis_publishes"));
	CU_ASSERT_PTR_NULL(strstr(text, "unheard"));
	free(text);
}

static bool has(const struct weir_buf *b, const char *text)
{
	return memmem(b->p, b->len, text, strlen(text));
}

static void test_json(void)
{
	struct weir_metrics m = figures();
	struct weir_metrics_latency last = {{0}};
	struct weir_json value;
	struct weir_buf out;

	weir_buf_init(&out, 1u << 20);
	weir_metrics_json(&m, &out);
	CU_ASSERT_EQUAL(weir_json_check(weir_buf_view(&out), WEIR_JSON_DEPTH, &value, NULL), 0);
	CU_ASSERT_EQUAL(value.type, WEIR_JSON_ARRAY);
	CU_ASSERT(has(&out, "{\"name\":\"workers\",\"type\":\"gauge\",\"unit\":\"\",\"help\":\"threads that serve "
			    "connections\",\"values\":2}"));
	CU_ASSERT(has(&out, "\"label\":\"reason\",\"values\":{\"resync\":0,\"oldest\":3,"));
	CU_ASSERT(has(&out, "\"values\":{\"buckets\":{\"0.0001\":1,\"0.00025\":2,"));
	CU_ASSERT(has(&out, "\"+Inf\":3},\"count\":3,\"sum\":20.000201}"));
	weir_buf_reset(&out);
	weir_metrics_values(&m, false, &last, &out);
	CU_ASSERT_EQUAL(weir_json_check(weir_buf_view(&out), WEIR_JSON_DEPTH, &value, NULL), 0);
	CU_ASSERT_EQUAL(value.type, WEIR_JSON_OBJECT);
	CU_ASSERT(has(&out, "\"bytes_out\":9007199254740992,"));
	weir_buf_reset(&out);
	weir_metrics_values(&m, true, NULL, &out);
	CU_ASSERT(weir_str_is(weir_buf_view(&out), "{}"));
	weir_buf_fini(&out);
}

static bool quantiles_are(const struct weir_metrics *m, struct weir_metrics_latency *last, const char *expected)
{
	struct weir_buf out;
	bool same;

	weir_buf_init(&out, 1u << 20);
	weir_metrics_values(m, false, last, &out);
	same = has(&out, expected);
	weir_buf_fini(&out);
	return same;
}

/* Of what has come since they were last told. */
static void test_quantiles(void)
{
	struct weir_metrics_latency last = {{0}};
	struct weir_metrics m = {.workers = 1};

	CU_ASSERT(quantiles_are(&m, &last, "\"delivery_latency_seconds\":{\"p50\":0,\"p99\":0,\"max\":0}"));
	for (int i = 0; i < 100; i++)
		weir_stats_latency(&m.stats, 1, 400); /* in the bucket from 250 to 500 */
	weir_stats_latency(&m.stats, 1, 450);
	CU_ASSERT(quantiles_are(&m, &last, "{\"p50\":0.000375,\"p99\":0.00045,\"max\":0.00045}"));
	CU_ASSERT(quantiles_are(&m, &last, "{\"p50\":0,\"p99\":0,\"max\":0}"));
	weir_stats_latency(&m.stats, 3, 30000000);
	CU_ASSERT(quantiles_are(&m, &last, "{\"p50\":30,\"p99\":30,\"max\":30}"));
}

static void test_process(void)
{
	struct weir_metrics m = {.workers = 0}, more = {.workers = 0};
	int fd;

	weir_metrics_process(&m);
	CU_ASSERT(m.rss_bytes > 100000 && m.rss_bytes < UINT64_C(1) << 40);
	CU_ASSERT(m.cpu_us > 0);
	CU_ASSERT(m.open_fds >= 3);
	fd = dup(0);
	weir_metrics_process(&more);
	CU_ASSERT_EQUAL(more.open_fds, m.open_fds + (fd >= 0));
	CU_ASSERT(more.cpu_us >= m.cpu_us);
	close(fd);
}

CU_TestInfo weir_tests[] = {
	{"table", test_table},
	{"text", test_text},
	{"engine", test_engine},
	{"json", test_json},
	{"quantiles", test_quantiles},
	{"process", test_process},
	CU_TEST_INFO_NULL,
};
