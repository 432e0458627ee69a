/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration: sources and their order, every kind of value, what is refused and how it is told, and the
 * writers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"
#include "weir/app/conf.h"
#include "weir/base/mem.h"

const char weir_test_suite[] = "conf";

struct load {
	struct weir_conf *conf;
	struct weir_conf_report report;
	int err;
};

static void load_source(struct load *l, struct weir_conf_source src)
{
	weir_conf_report_init(&l->report);
	l->err = weir_conf_load(&l->conf, &src, &l->report);
	CU_ASSERT_EQUAL(l->err == 0, l->conf != NULL);
	weir_buf_char(&l->report.text, '\0');
}

static void load_text(struct load *l, const char *text)
{
	load_source(l, (struct weir_conf_source){.path = "conf.yaml", .text = weir_str(text)});
}

static void load_free(struct load *l)
{
	weir_conf_free(&l->conf);
	weir_conf_report_fini(&l->report);
}

static bool said(const struct load *l, const char *text)
{
	bool found = strstr(l->report.text.p, text) != NULL;

	if (!found)
		fprintf(stderr, "\nnot said: %s\nbut:\n%s", text, l->report.text.p);
	return found;
}

/* The file is refused, and the report holds exactly this one line. */
static void refused(const char *text, const char *line)
{
	struct load l;

	load_text(&l, text);
	CU_ASSERT_EQUAL(l.err, WEIR_EINVALID);
	CU_ASSERT_EQUAL(l.report.errors, 1);
	CU_ASSERT(said(&l, line));
	load_free(&l);
}

/* The file is taken, with this one warning; with --strict the same line is an error. */
static void warned(const char *text, const char *place, const char *what)
{
	char line[512];
	struct load l;

	load_text(&l, text);
	snprintf(line, sizeof(line), "%swarning: %s\n", place, what);
	CU_ASSERT_EQUAL(l.err, 0);
	CU_ASSERT_EQUAL(l.report.warnings, 1);
	CU_ASSERT(said(&l, line));
	load_free(&l);

	load_source(&l, (struct weir_conf_source){.path = "conf.yaml", .text = weir_str(text), .strict = true});
	snprintf(line, sizeof(line), "%s%s\n", place, what);
	CU_ASSERT_EQUAL(l.err, WEIR_EINVALID);
	CU_ASSERT_EQUAL(l.report.errors, 1);
	CU_ASSERT_EQUAL(l.report.warnings, 0);
	CU_ASSERT(said(&l, line));
	load_free(&l);
}

static void test_defaults(void)
{
	struct load l;

	load_source(&l, (struct weir_conf_source){.strict = true});
	CU_ASSERT_EQUAL_FATAL(l.err, 0);
	CU_ASSERT_EQUAL(l.report.warnings, 0);
	CU_ASSERT_EQUAL(l.conf->log.level, WEIR_LOG_INFO);
	CU_ASSERT_EQUAL(l.conf->log.format, WEIR_LOG_FORMAT_TEXT);
	CU_ASSERT_STRING_EQUAL(l.conf->http_server.address, "");
	CU_ASSERT_EQUAL(l.conf->http_server.port, 8000);
	CU_ASSERT_EQUAL(l.conf->workers, 0);
	CU_ASSERT_EQUAL(l.conf->shutdown.timeout_ms, 30000);
	CU_ASSERT_EQUAL(l.conf->client.allowed_origins.n, 0);
	CU_ASSERT_EQUAL(l.conf->client.channel_limit, 128);
	CU_ASSERT_EQUAL(l.conf->client.queue_max_bytes, 1048576);
	CU_ASSERT_EQUAL(l.conf->client.notsent_lowat_bytes, 16384);
	CU_ASSERT_EQUAL(l.conf->client.ping_interval_ms, 25000);
	CU_ASSERT_EQUAL(l.conf->client.pong_timeout_ms, 8000);
	CU_ASSERT_EQUAL(l.conf->client.stale_close_delay_ms, 10000);
	CU_ASSERT_EQUAL(l.conf->client.connection_rate_limit, 2000);
	CU_ASSERT_EQUAL(l.conf->client.connection_rate_burst, 4000);
	CU_ASSERT_EQUAL(l.conf->websocket.message_size_limit_bytes, 65536);
	CU_ASSERT_EQUAL(l.conf->websocket.write_timeout_ms, 30000);
	CU_ASSERT_EQUAL(l.conf->channel.max_length, 255);
	CU_ASSERT_EQUAL(l.conf->channel.n_namespaces, 0);
	CU_ASSERT_EQUAL(l.conf->channel.without_namespace.history_meta_ttl_ms, INT64_C(720) * 3600 * 1000);
	CU_ASSERT_FALSE(l.conf->channel.without_namespace.presence);
	CU_ASSERT_EQUAL(l.conf->channel.without_namespace.overflow, WEIR_OVERFLOW_UNSET);
	CU_ASSERT_EQUAL(l.conf->channel.without_namespace.allowed_overflow, WEIR_OVERFLOW_ALL);
	CU_ASSERT_EQUAL(l.conf->channel.without_namespace.queue, 128);
	CU_ASSERT_EQUAL(l.conf->channel.without_namespace.queue_max, 4096);
	CU_ASSERT_EQUAL(l.conf->channel.without_namespace.queue_bytes, 0);
	CU_ASSERT_STRING_EQUAL(l.conf->channel.without_namespace.key, "");
	CU_ASSERT_EQUAL(l.conf->channel.without_namespace.rate, 0);
	CU_ASSERT_EQUAL(l.conf->channel.without_namespace.rate_max, 0);
	CU_ASSERT_EQUAL(l.conf->channel.without_namespace.filter_max_distinct, 4096);
	CU_ASSERT_FALSE(l.conf->channel.without_namespace.allow_wildcards);
	CU_ASSERT_FALSE(l.conf->channel.without_namespace.ordered);
	CU_ASSERT_FALSE(l.conf->channel.allow_bus_for_client);
	CU_ASSERT_EQUAL(l.conf->client.pattern_limit, 16);
	CU_ASSERT_EQUAL(l.conf->queue.total_bytes, 1073741824);
	CU_ASSERT_EQUAL(l.conf->http_api.body_limit_bytes, 10 * 1048576);
	CU_ASSERT_EQUAL(l.conf->engine.idempotency_ttl_ms, 300000);
	CU_ASSERT_EQUAL(l.conf->hub.mailbox_size, 8192);
	CU_ASSERT_EQUAL(l.conf->worker.inbox_size, 16384);
	CU_ASSERT_EQUAL(l.conf->blocking.threads, 2);
	CU_ASSERT_TRUE(l.conf->dashboard.enabled);
	CU_ASSERT_PTR_NULL(weir_conf_token_options(l.conf).audience.p);
	load_free(&l);
}

static void test_every_kind_of_value(void)
{
	struct load l;

	load_text(&l, "log: {level: debug, format: json}\n"
		      "http_server:\n  address: localhost\n  port: \"9000\"\n"
		      "workers: 4\n"
		      "client:\n"
		      "  insecure: True\n"
		      "  allowed_origins: [\"*\", https://*.example.com]\n"
		      "  queue_max_size: 2MiB\n"
		      "  channel_limit: '7'\n"
		      "  ping_interval: 1m30s\n"
		      "  token:\n"
		      "    hmac_secret_key: 0123456789012345678901234567890123456789\n"
		      "    audience: ~\n"
		      "websocket:\n  message_size_limit: 70000\n"
		      "channel:\n"
		      "  history_meta_ttl: 1h\n"
		      "  without_namespace:\n"
		      "    allowed_delta_types: [fossil]\n"
		      "    publication_data_format: json_object\n"
		      "  namespaces:\n"
		      "    - history_size: 10\n"
		      "      history_ttl: \"300s\"\n"
		      "      name: chat\n"
		      "      force_recovery: true\n"
		      "      overflow: drop_oldest\n"
		      "      allowed_overflow: [latest, drop_oldest]\n"
		      "      queue: 64\n"
		      "      queue_bytes: 64KiB\n"
		      "      key: symbol\n"
		      "      rate: 0.2\n"
		      "      rate_max: 1e3\n"
		      "    - name: x.y-z\n"
		      "      history_meta_ttl: 2h\n");
	CU_ASSERT_EQUAL_FATAL(l.err, 0);
	CU_ASSERT_EQUAL(l.report.warnings, 0);
	CU_ASSERT_EQUAL(l.conf->log.level, WEIR_LOG_DEBUG);
	CU_ASSERT_EQUAL(l.conf->log.format, WEIR_LOG_FORMAT_JSON);
	CU_ASSERT_STRING_EQUAL(l.conf->http_server.address, "localhost");
	CU_ASSERT_EQUAL(l.conf->http_server.port, 9000);
	CU_ASSERT_EQUAL(l.conf->workers, 4);
	CU_ASSERT_TRUE(l.conf->client.insecure);
	CU_ASSERT_EQUAL_FATAL(l.conf->client.allowed_origins.n, 2);
	CU_ASSERT_STRING_EQUAL(l.conf->client.allowed_origins.v[0], "*");
	CU_ASSERT_STRING_EQUAL(l.conf->client.allowed_origins.v[1], "https://*.example.com");
	CU_ASSERT_EQUAL(l.conf->client.queue_max_bytes, 2 * 1048576);
	CU_ASSERT_EQUAL(l.conf->client.channel_limit, 7);
	CU_ASSERT_EQUAL(l.conf->client.ping_interval_ms, 90000);
	CU_ASSERT_STRING_EQUAL(l.conf->client.token.hmac_secret_key, "0123456789012345678901234567890123456789");
	CU_ASSERT_STRING_EQUAL(l.conf->client.token.audience, "");
	CU_ASSERT_EQUAL(l.conf->websocket.message_size_limit_bytes, 70000);
	CU_ASSERT_TRUE(l.conf->channel.without_namespace.delta_fossil);
	CU_ASSERT_EQUAL(l.conf->channel.without_namespace.publication_data_format, WEIR_FORMAT_JSON_OBJECT);
	CU_ASSERT_EQUAL_FATAL(l.conf->channel.n_namespaces, 2);
	CU_ASSERT_STRING_EQUAL(l.conf->channel.namespaces[0].name, "chat");
	CU_ASSERT_EQUAL(l.conf->channel.namespaces[0].history_size, 10);
	CU_ASSERT_EQUAL(l.conf->channel.namespaces[0].history_ttl_ms, 300000);
	CU_ASSERT_EQUAL(l.conf->channel.namespaces[0].history_meta_ttl_ms, 3600000);
	CU_ASSERT_TRUE(l.conf->channel.namespaces[0].force_recovery);
	CU_ASSERT_EQUAL(l.conf->channel.namespaces[0].overflow, WEIR_OVERFLOW_DROP_OLDEST);
	CU_ASSERT_EQUAL(l.conf->channel.namespaces[0].allowed_overflow,
		WEIR_OVERFLOW_BIT(WEIR_OVERFLOW_LATEST) | WEIR_OVERFLOW_BIT(WEIR_OVERFLOW_DROP_OLDEST));
	CU_ASSERT_EQUAL(l.conf->channel.namespaces[0].queue, 64);
	CU_ASSERT_EQUAL(l.conf->channel.namespaces[0].queue_bytes, 65536);
	CU_ASSERT_STRING_EQUAL(l.conf->channel.namespaces[0].key, "symbol");
	CU_ASSERT_EQUAL(l.conf->channel.namespaces[0].rate, 0.2);
	CU_ASSERT_EQUAL(l.conf->channel.namespaces[0].rate_max, 1000);
	CU_ASSERT_STRING_EQUAL(l.conf->channel.namespaces[1].name, "x.y-z");
	CU_ASSERT_EQUAL(l.conf->channel.namespaces[1].history_meta_ttl_ms, 7200000);
	load_free(&l);
}

static void test_json_is_yaml(void)
{
	struct load l;

	load_text(&l, "{\"client\":{\"allowed_origins\":[],\"ping_interval\":\"10s\"},\n"
		      "\t\"http_api\":{\"key\":\"a\\u00e9\\/"
		      "\\\"b\"},\"channel\":{\"namespaces\":[{\"name\":\"ns\",\"presence\":true}]}}");
	CU_ASSERT_EQUAL_FATAL(l.err, 0);
	CU_ASSERT_EQUAL(l.conf->client.ping_interval_ms, 10000);
	CU_ASSERT_STRING_EQUAL(l.conf->http_api.key, "a\xc3\xa9/\"b");
	CU_ASSERT_EQUAL_FATAL(l.conf->channel.n_namespaces, 1);
	CU_ASSERT_TRUE(l.conf->channel.namespaces[0].presence);
	load_free(&l);
}

static void test_nothing_given(void)
{
	static const char *const texts[] = {"", "# nothing\n", "---\n", "~", "{}", "client:\n", "client: {token: }",
		"channel: {namespaces: }", "channel: {without_namespace: ~, namespaces: []}", "workers: null"};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(texts); i++) {
		struct load l;

		load_text(&l, texts[i]);
		CU_ASSERT_EQUAL(l.err, 0);
		CU_ASSERT_EQUAL(l.report.errors + l.report.warnings, 0);
		load_free(&l);
	}
}

static void test_wrong_values(void)
{
	refused("client:\n  ping_interval: abc\n",
		"conf.yaml:2:18: client.ping_interval: expected a duration such as 25s, got \"abc\"\n");
	refused("client: {ping_interval: 25}",
		"conf.yaml:1:25: client.ping_interval: expected a duration such as 25s, got \"25\"\n");
	refused("client: {pong_timeout: -1s}",
		"conf.yaml:1:24: client.pong_timeout: expected a duration from 0s to 1h, got \"-1s\"\n");
	refused("http_server: {port: 65536}",
		"conf.yaml:1:21: http_server.port: expected a whole number from 0 to 65535, got \"65536\"\n");
	refused("http_server: {port: 8e3}",
		"conf.yaml:1:21: http_server.port: expected a whole number from 0 to 65535, got \"8e3\"\n");
	refused("http_server: {address: example.com}",
		"conf.yaml:1:24: http_server.address: expected a numeric address such as "
		"127.0.0.1 or ::1, or localhost, got \"example.com\"\n");
	refused("workers: [1]", "conf.yaml:1:10: workers: expected a whole number, got a list\n");
	refused("client: {insecure: yes}", "conf.yaml:1:20: client.insecure: expected true or false, got \"yes\"\n");
	refused("client: {queue_max_size: 1023}",
		"conf.yaml:1:26: client.queue_max_size: expected a size from 1KiB to 1GiB, got \"1023\"\n");
	refused("client: {queue_max_size: 1MB}",
		"conf.yaml:1:26: client.queue_max_size: expected a size such as 64KiB, got \"1MB\"\n");
	refused("client: {allowed_origins: \"*\"}",
		"conf.yaml:1:27: client.allowed_origins: expected a list of strings, got a value\n");
	refused("client: {allowed_origins: [a, {b: c}]}",
		"conf.yaml:1:31: client.allowed_origins: expected a string in this list, got a mapping\n");
	refused("log: {level: loud}",
		"conf.yaml:1:14: log.level: expected one of trace, debug, info, warn, error, none, "
		"got \"loud\"\n");
	refused("engine: {type: nats}", "conf.yaml:1:16: engine.type: expected one of memory, redis, got \"nats\"\n");
	refused("client: 5",
		"conf.yaml:1:9: client: expected a mapping with the options of this section, got a value\n");
	refused("channel: {without_namespace: {allowed_delta_types: [fossil, vcdiff]}}",
		"conf.yaml:1:52: channel.without_namespace.allowed_delta_types: expected a list of fossil, got "
		"\"vcdiff\"\n");
	refused("channel: {without_namespace: {overflow: newest}}",
		"conf.yaml:1:41: channel.without_namespace.overflow: expected one of \"\", resync, disconnect, "
		"drop_oldest, drop_newest, latest, got \"newest\"\n");
	refused("channel: {without_namespace: {allowed_overflow: [latest, newest]}}",
		"conf.yaml:1:49: channel.without_namespace.allowed_overflow: expected a list of resync, disconnect, "
		"drop_oldest, drop_newest, latest, got \"newest\"\n");
	refused("channel: {without_namespace: {allowed_overflow: ['']}}", "drop_newest, latest, got \"\"\n");
	refused("channel: {without_namespace: {allowed_overflow: latest}}",
		"channel.without_namespace.allowed_overflow: expected a list of strings, got a value\n");
	refused("channel: {without_namespace: {rate: fast}}",
		"conf.yaml:1:37: channel.without_namespace.rate: expected a number such as 2 or 0.5, got \"fast\"\n");
	refused("channel: {without_namespace: {rate: -1}}",
		"channel.without_namespace.rate: expected a number from 0 to 1000000, got \"-1\"\n");
	refused("channel: {without_namespace: {rate: 1e999}}",
		"channel.without_namespace.rate: expected a number from 0 to 1000000, got \"1e999\"\n");
	refused("channel: {without_namespace: {rate: .nan}}", "expected a number such as 2 or 0.5, got \".nan\"\n");
	refused("channel: {without_namespace: {queue: 0}}",
		"channel.without_namespace.queue: expected a whole number from 1 to 1000000, got \"0\"\n");
	refused("http_api: {key: [secret]}", "conf.yaml:1:17: http_api.key: expected a string, got a list\n");
	refused("- a", "conf.yaml:1:1: expected a mapping of options, got a list\n");
	refused("client.insecure: true",
		"conf.yaml:1:1: client.insecure: expected one mapping inside the other, got a name with dots\n");
	refused("workers: \"\\e[1m\\n\"", "got \"\\x1b[1m\\x0a\"\n");
}

static void test_namespaces_refused(void)
{
	refused("channel: {namespaces: {a: b}}",
		"conf.yaml:1:23: channel.namespaces: expected a list of namespaces, got a mapping\n");
	refused("channel: {namespaces: [a]}",
		"conf.yaml:1:24: channel.namespaces: expected a mapping with the options of one "
		"namespace, got a value\n");
	refused("channel: {namespaces: [{presence: true}]}",
		"conf.yaml:1:24: channel.namespaces: expected a name in each namespace\n");
	refused("channel:\n  namespaces:\n    - name: ab\n    - name: ab\n",
		"conf.yaml:4:13: channel.namespaces: two namespaces are called ab\n");
	refused("channel: {namespaces: [{name: a}]}", "conf.yaml:1:31: channel.namespaces: expected a name of 2 to 128 "
						      "letters, digits, - _ or ., got \"a\"\n");
	refused("channel: {namespaces: [{name: \"a:b\"}]}", "got \"a:b\"\n");
	refused("channel: {namespaces: [{name: ab, history_size: x}]}",
		"conf.yaml:1:49: channel.namespaces.ab.history_size: expected a whole number from 0 to 1000000, got "
		"\"x\"\n");
}

static void test_yaml_refused(void)
{
	char deep[200] = "a: ";
	struct weir_buf many;

	refused("client:\n  insecure: true\nclient: {}\n",
		"conf.yaml:3:1: \"client\" is given twice, first in line 1\n");
	refused("a: {b: 1, c: 2, b: 3}", "conf.yaml:1:17: \"b\" is given twice, first in line 1\n");
	refused("a: &x 1\nb: *x\n", "conf.yaml:2:4: aliases (*…) are not used here\n");
	refused("a: !!binary aGk=\n", "conf.yaml:1:4: tags (!…) are not used here\n");
	refused("? [a]\n: b\n", "conf.yaml:1:3: a name is expected here, not a list or a mapping\n");
	refused("a: 1\n---\nb: 1\n", "conf.yaml:2:1: one document is expected\n");
	refused("client: {insecure: true", "conf.yaml:2:1: while parsing a flow mapping from line 1: did not find");
	refused("a: \"\\0\"", "conf.yaml:1:4: NUL characters are not used here\n");
	refused("a:\n  b\n c: d\n", "conf.yaml:3:");
	refused("a: \xff\n", "conf.yaml:1:");

	memset(deep + 3, '[', 32);
	refused(deep, "conf.yaml:1:35: nested too deeply\n");
	deep[34] = '\0'; /* 31 lists in a mapping are not too deep, only never closed */
	refused(deep, "conf.yaml:2:1: while parsing a flow node from line 2: did not find expected node content\n");

	weir_buf_init(&many, 1 << 20);
	for (int i = 0; i < 70000; i++)
		weir_buf_lit(&many, "- a\n");
	weir_buf_char(&many, '\0');
	refused(many.p, "too many values in one file\n");
	weir_buf_fini(&many);
}

static void test_files(void)
{
	char path[] = "/tmp/weir-test-conf-XXXXXX", line[256];
	int fd = mkstemp(path);
	char *large = calloc(1, (1 << 20) + 2);
	struct load l;

	CU_ASSERT_FATAL(fd >= 0 && large != NULL);
	CU_ASSERT_EQUAL(write(fd, "workers: 3\n", 11), 11);
	load_source(&l, (struct weir_conf_source){.path = path});
	CU_ASSERT_EQUAL_FATAL(l.err, 0);
	CU_ASSERT_EQUAL(l.conf->workers, 3);
	load_free(&l);

	memset(large, '#', (1 << 20) + 1);
	CU_ASSERT_EQUAL(pwrite(fd, large, 1 << 20, 0), 1 << 20);
	load_source(&l, (struct weir_conf_source){.path = path});
	CU_ASSERT_EQUAL(l.err, 0);
	load_free(&l);

	CU_ASSERT_EQUAL(pwrite(fd, large, (1 << 20) + 1, 0), (1 << 20) + 1);
	load_source(&l, (struct weir_conf_source){.path = path});
	snprintf(line, sizeof(line), "%s: larger than 1 MiB\n", path);
	CU_ASSERT_EQUAL(l.err, -EFBIG);
	CU_ASSERT(said(&l, line));
	load_free(&l);
	refused(large, "conf.yaml: larger than 1 MiB\n");

	close(fd);
	unlink(path);
	load_source(&l, (struct weir_conf_source){.path = path});
	snprintf(line, sizeof(line), "%s: No such file or directory\n", path);
	CU_ASSERT_EQUAL(l.err, -ENOENT);
	CU_ASSERT(said(&l, line));
	load_free(&l);
	free(large);
}

static void test_unknown_options(void)
{
	warned("client:\n  ping_intervall: 25s\n",
		"conf.yaml:2:3: ", "client.ping_intervall: unknown option; did you mean client.ping_interval?");
	warned("clinet: {insecure: true}", "conf.yaml:1:1: ", "clinet: unknown option; did you mean client?");
	warned("wrokers: 2", "conf.yaml:1:1: ", "wrokers: unknown option; did you mean workers?");
	warned("something_else: {a: {b: c}}", "conf.yaml:1:1: ", "something_else: unknown option; ignored");
	warned("channel: {without_namespace: {histroy_size: 3}}", "conf.yaml:1:31: ",
		"channel.without_namespace.histroy_size: unknown option; did you mean "
		"channel.without_namespace.history_size?");
	warned("channel: {namespaces: [{name: chat, presense: true}]}", "conf.yaml:1:37: ",
		"channel.namespaces.chat.presense: unknown option; did you mean channel.namespaces.chat.presence?");
	warned("channel: {without_namespace: {name: ab}}",
		"conf.yaml:1:31: ", "channel.without_namespace.name: unknown option; ignored");
	warned("admin: {enabled: true, password: x}",
		"conf.yaml:1:1: ", "admin: Centrifugo has this, weir does not; ignored");
	warned("channel: {namespaces: [{name: ab, force_recovery_mode: cache}]}", "conf.yaml:1:35: ",
		"channel.namespaces.ab.force_recovery_mode: Centrifugo has this, weir does not; ignored");
	warned("\"work\\nrs\": 2", "conf.yaml:1:1: ", "work?rs: unknown option; did you mean workers?");
}

static void test_report_is_bounded(void)
{
	struct weir_buf many;
	struct load l;

	weir_buf_init(&many, 1 << 20);
	for (int i = 0; i < 30000; i++)
		weir_buf_printf(&many, "option_%d: 1\n", i);
	weir_buf_char(&many, '\0');
	load_text(&l, many.p);
	CU_ASSERT_EQUAL(l.err, 0);
	CU_ASSERT_EQUAL(l.report.warnings, 30000);
	CU_ASSERT(l.report.text.len < 40000);
	CU_ASSERT(said(&l, "\nfurther problems are not shown\n"));
	load_free(&l);
	weir_buf_fini(&many);
}

static void test_environment(void)
{
	static const char *const environ[] = {"PATH=/bin", "WEIR_SERVER=x", "WEIR_API_KEY=x",
		"WEIR_CLIENT_PING_INTERVAL=30s", "WEIR_CHANNEL_NAMESPACES_CHAT_HISTORY_SIZE=5",
		"WEIR_CHANNEL_NAMESPACES_CHAT_HISTORY_TTL=1m", "WEIR_CHANNEL_NAMESPACES=chat  a.b-c old",
		"WEIR_WORKERS", "WEIR_CHANNEL_NAMESPACES_A_B_C_PRESENCE=true",
		"WEIR_CHANNEL_NAMESPACES_OLD_PRESENCE=false", "WEIR_CLIENT_ALLOWED_ORIGINS=https://a https://b",
		"WEIR_CHANNEL_WITHOUT_NAMESPACE_JOIN_LEAVE=TRUE",
		"WEIR_CLIENT_TOKEN_HMAC_SECRET_KEY=", "WEIR_HTTP_API_KEY=from=env", NULL};
	struct load l;

	load_source(
		&l, (struct weir_conf_source){.environ = environ,
			    .text = weir_str(
				    "client: {ping_interval: 20s, pong_timeout: 9s, token: {hmac_secret_key: short}}\n"
				    "channel: {namespaces: [{name: old, presence: true, join_leave: true}]}")});
	CU_ASSERT_EQUAL_FATAL(l.err, 0);
	CU_ASSERT_EQUAL(l.report.warnings, 0);
	CU_ASSERT_EQUAL(l.conf->client.ping_interval_ms, 30000);
	CU_ASSERT_EQUAL(l.conf->client.pong_timeout_ms, 9000);
	CU_ASSERT_STRING_EQUAL(l.conf->client.token.hmac_secret_key, "");
	CU_ASSERT_STRING_EQUAL(l.conf->http_api.key, "from=env");
	CU_ASSERT_EQUAL_FATAL(l.conf->client.allowed_origins.n, 2);
	CU_ASSERT_STRING_EQUAL(l.conf->client.allowed_origins.v[1], "https://b");
	CU_ASSERT_TRUE(l.conf->channel.without_namespace.join_leave);
	CU_ASSERT_EQUAL_FATAL(l.conf->channel.n_namespaces, 3);
	CU_ASSERT_STRING_EQUAL(l.conf->channel.namespaces[0].name, "old");
	CU_ASSERT_FALSE(l.conf->channel.namespaces[0].presence);
	CU_ASSERT_TRUE(l.conf->channel.namespaces[0].join_leave);
	CU_ASSERT_STRING_EQUAL(l.conf->channel.namespaces[1].name, "chat");
	CU_ASSERT_EQUAL(l.conf->channel.namespaces[1].history_size, 5);
	CU_ASSERT_STRING_EQUAL(l.conf->channel.namespaces[2].name, "a.b-c");
	CU_ASSERT_TRUE(l.conf->channel.namespaces[2].presence);
	load_free(&l);
}

static void test_environment_problems(void)
{
	static const char *const environ[] = {"WEIR_WORKER=2", "WEIR_CHANNEL_NAMESPACES_NONE_PRESENCE=true",
		"WEIR_client_insecure=true", "WEIR_HTTP_SERVER_PORT=x", "WEIR_CHANNEL_NAMESPACES=a", "WEIR_=", NULL};
	struct load l;

	load_source(&l, (struct weir_conf_source){.environ = environ});
	CU_ASSERT_EQUAL(l.err, WEIR_EINVALID);
	CU_ASSERT_EQUAL(l.report.errors, 2);
	CU_ASSERT_EQUAL(l.report.warnings, 4);
	CU_ASSERT(said(&l, "WEIR_WORKER: warning: no option has this name; did you mean the one of workers?\n"));
	CU_ASSERT(said(&l, "WEIR_CHANNEL_NAMESPACES_NONE_PRESENCE: warning: no option has this name; ignored\n"));
	CU_ASSERT(said(&l, "WEIR_client_insecure: warning: no option has this name"));
	CU_ASSERT(said(
		&l, "WEIR_HTTP_SERVER_PORT: http_server.port: expected a whole number from 0 to 65535, got \"x\"\n"));
	CU_ASSERT(said(&l, "WEIR_CHANNEL_NAMESPACES: channel.namespaces: expected a name of 2 to 128"));
	load_free(&l);
}

static void test_sets(void)
{
	static const char *const sets[] = {"client.ping_interval=40s", "client.ping_interval=41s",
		"channel.without_namespace.history_size=10", "channel.without_namespace.history_ttl=1m",
		"channel.namespaces.chat.presence=true", "channel.namespaces.v1.chat.allowed_delta_types=fossil",
		"client.allowed_origins=a b", "http_server.address="};
	static const char *const environ[] = {"WEIR_CLIENT_PING_INTERVAL=30s", "WEIR_HTTP_SERVER_ADDRESS=::1", NULL};
	struct load l;

	load_source(&l, (struct weir_conf_source){.environ = environ, .sets = sets, .n_sets = WEIR_ARRAY_LEN(sets)});
	CU_ASSERT_EQUAL_FATAL(l.err, 0);
	CU_ASSERT_EQUAL(l.conf->client.ping_interval_ms, 41000);
	CU_ASSERT_STRING_EQUAL(l.conf->http_server.address, "");
	CU_ASSERT_EQUAL(l.conf->channel.without_namespace.history_size, 10);
	CU_ASSERT_EQUAL_FATAL(l.conf->channel.n_namespaces, 2);
	CU_ASSERT_STRING_EQUAL(l.conf->channel.namespaces[0].name, "chat");
	CU_ASSERT_TRUE(l.conf->channel.namespaces[0].presence);
	CU_ASSERT_STRING_EQUAL(l.conf->channel.namespaces[1].name, "v1.chat");
	CU_ASSERT_TRUE(l.conf->channel.namespaces[1].delta_fossil);
	CU_ASSERT_EQUAL(l.conf->client.allowed_origins.n, 2);
	load_free(&l);
}

static void test_sets_refused(void)
{
	static const struct {
		const char *set, *line;
	} cases[] = {
		{"workers", "command line: expected OPTION=VALUE, got workers\n"},
		{"worker=1", "command line: worker: unknown option; did you mean workers?\n"},
		{"workers=x", "command line: workers: expected a whole number from 0 to 256, got \"x\"\n"},
		{"channel.namespaces.chat.presense=true", "did you mean channel.namespaces.chat.presence?\n"},
		{"channel.namespaces.presence=true", "command line: channel.namespaces.presence: unknown option\n"},
		{"channel.namespaces.a.presence=true", "command line: channel.namespaces: expected a name of 2 to 128"},
		{"channel.namespaces.chat.name=x", "command line: channel.namespaces.chat.name: unknown option\n"},
		{"=", "command line: : unknown option\n"},
	};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(cases); i++) {
		struct load l;

		load_source(&l, (struct weir_conf_source){.sets = &cases[i].set, .n_sets = 1});
		CU_ASSERT_EQUAL(l.err, WEIR_EINVALID);
		CU_ASSERT_EQUAL(l.report.errors, 1);
		CU_ASSERT(said(&l, cases[i].line));
		load_free(&l);
	}
}

static void test_checks(void)
{
	refused("client: {ping_interval: 8s}", "client.pong_timeout: 8s is not less than client.ping_interval, 8s\n");
	refused("client: {ping_interval: 500ms, pong_timeout: 0s}",
		"client.ping_interval: expected at least 1s, or 0 for no pings\n");
	refused("channel: {without_namespace: {force_recovery: true}}",
		"channel.without_namespace.force_recovery: needs history_size and history_ttl\n");
	refused("channel: {namespaces: [{name: chat, force_positioning: true}]}",
		"channel.namespaces.chat.force_positioning: needs history_size and history_ttl\n");
	refused("client: {subscribe_to_user_personal_channel: {enabled: true, personal_channel_namespace: user}}",
		"personal_channel_namespace: there is no namespace user\n");
	refused("client: {token: {rsa_public_key: nonsense}}",
		"client.token: the RSA public key is not the PEM text of an RSA public key\n");
	warned("client: {token: {hmac_secret_key: 0123456789012345678901234567890}}", "",
		"client.token.hmac_secret_key: 31 bytes can be guessed; use 32 or more of random data");
	warned("channel: {without_namespace: {history_size: 1}}", "",
		"channel.without_namespace.history_size: has no effect without history_ttl");
	warned("channel: {without_namespace: {delta_publish: true}}", "",
		"channel.without_namespace.delta_publish: has no effect without allowed_delta_types");
	warned("channel: {history_meta_ttl: 1m, without_namespace: {history_size: 1, history_ttl: 61s}}", "",
		"channel.without_namespace.history_ttl: is longer than history_meta_ttl, which then ends the history");
}

/* Options of a namespace's queues that do not go together. */
static void test_redis(void)
{
#define R "engine.redis."
	static const struct {
		const char *options, *line;
	} cases[] = {
		{"prefix: ''", R "prefix: expected 1 to 128 bytes without { and }"},
		{"prefix: 'a{b'", R "prefix: expected 1 to 128 bytes without { and }"},
		{"address: []", R "address: expected an address"},
		{"address: ['a:1', 'b:1', 'c:1', 'd:1', 'e:1']", R "partitions: is less than the number of shards"},
		{"sentinel_address: 'a:1,b:2'", R "sentinel_address: needs sentinel_master_name"},
		{"sentinel_address: 'a:1', sentinel_master_name: m, address: 'b:1,c:1'",
			R "sentinel_address: is for one Redis; for shards give each a redis+sentinel:// address"},
		{"sentinel_address: [unix:///x], sentinel_master_name: m",
			R "sentinel_address: number 1: expected host:port"},
		{"sentinel_master_name: m", R "sentinel_master_name: needs sentinel_address"},
		{"tls: {enabled: true}", R "tls: is not supported yet"},
		{"cluster_address: [a]", R "cluster_address: is not supported yet"},
		{"inline_max: 20MiB", R "publish_queue_bytes: is less than inline_max"},
	};
	static const char *const sets[] = {"engine.redis.address=redis://u:canary@a:1,b:2 redis+sentinel://"
					   "c,d?sentinel_master_name=m&sentinel_password=canary"};
	struct weir_buf out;
	struct load l;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(cases); i++) {
		char text[300];

		snprintf(text, sizeof(text), "engine: {type: redis, redis: {%s}}", cases[i].options);
		load_text(&l, text);
		CU_ASSERT_EQUAL(l.err, WEIR_EINVALID);
		CU_ASSERT_EQUAL(l.report.errors, 1);
		CU_ASSERT(said(&l, cases[i].line));
		load_free(&l);
	}
	/* What is wrong with an address is told without the address. */
	load_text(&l, "engine: {redis: {address: [\"redis://ok\", \"rediss://u:canary@b\"]}}");
	CU_ASSERT_EQUAL(l.err, WEIR_EINVALID);
	CU_ASSERT(said(&l, R "address: number 2: "));
	CU_ASSERT_PTR_NULL(strstr(l.report.text.p, "canary"));
	load_free(&l);

	load_source(&l, (struct weir_conf_source){.sets = sets, .n_sets = 1, .strict = true});
	CU_ASSERT_EQUAL_FATAL(l.err, 0);
	CU_ASSERT_EQUAL_FATAL(l.conf->engine.redis.address.n, 3);
	CU_ASSERT_STRING_EQUAL(l.conf->engine.redis.address.v[1], "b:2");
	weir_buf_init(&out, SIZE_MAX);
	weir_conf_write(l.conf, &out);
	weir_buf_char(&out, '\0');
	CU_ASSERT_PTR_NOT_NULL(strstr(out.p, "address: [\"***\", \"b:2\", \"***\"]"));
	CU_ASSERT_PTR_NULL(strstr(out.p, "canary"));
	weir_buf_fini(&out);
	load_free(&l);
#undef R
}

static void test_queue_checks(void)
{
#define NS "channel.namespaces.ns."
	static const struct {
		const char *options, *line;
		bool warning;
	} cases[] = {
		{"queue: 20, queue_max: 10", NS "queue: expected at most queue_max, 10; got 20", false},
		{"queue_bytes: 16383", NS "queue_bytes: expected at least 16KiB, or 0 for client.queue_max_size",
			false},
		{"queue_bytes: 2MiB", NS "queue_bytes: has no effect, since client.queue_max_size is less", true},
		{"rate: 0.0001", NS "rate: expected at least 0.001, or 0 for no limit", false},
		{"rate_max: 0.0001", NS "rate_max: expected at least 0.001, or 0 for no limit", false},
		{"rate: 2.5, rate_max: 0.5", NS "rate: expected at most rate_max, 0.5; got 2.5", false},
		{"rate: 1, overflow: disconnect",
			NS "rate: expected overflow latest, drop_oldest or drop_newest with it; got disconnect", false},
		{"overflow: resync", NS "overflow: resync needs history_size and history_ttl", false},
		{"overflow: resync, history_size: 1000, history_ttl: 1m",
			NS "overflow: resync works for recoverable subscriptions only, and neither force_recovery nor "
			   "allow_recovery is set; others get disconnect",
			true},
		{"overflow: resync, history_size: 1000, history_ttl: 1m, allow_recovery: true, queue: 300",
			NS
			"queue: expected fewer than client.recovery_max_publication_limit with overflow resync: what a "
			"full queue drops cannot be recovered",
			true},
		{"overflow: resync, history_size: 128, history_ttl: 1m, allow_recovery: true",
			NS "queue: expected fewer than history_size with overflow resync: what a full queue drops "
			   "cannot be "
			   "recovered",
			true},
		{"key: data.a., overflow: latest", NS "key: expected a tag's name, or a path such as data.symbol",
			false},
		{"key: sym, allowed_overflow: [drop_oldest]", NS "key: has no effect without overflow latest", true},
		{"overflow: latest, allowed_overflow: [drop_oldest]",
			NS "overflow: latest is not in allowed_overflow, so a subscriber that asks for it is refused",
			true},
	};
	static const char *const fine[] = {"rate: 1", "rate: 1, overflow: latest, key: data.sym",
		"ordered: true, overflow: resync, allow_recovery: true", "key: sym",
		"rate: 1, key: sym, allowed_overflow: []", "overflow: latest, allowed_overflow: []",
		"overflow: resync, history_size: 129, history_ttl: 1m, force_recovery: true", "queue: 4096",
		"ordered: true, force_recovery: true"};
	char text[512], line[512];

	for (size_t i = 0; i < WEIR_ARRAY_LEN(cases); i++) {
		snprintf(text, sizeof(text), "channel: {namespaces: [{name: ns, %s}]}", cases[i].options);
		snprintf(line, sizeof(line), "%s\n", cases[i].line);
		if (cases[i].warning)
			warned(text, "", cases[i].line);
		else
			refused(text, line);
	}
	for (size_t i = 0; i < WEIR_ARRAY_LEN(fine); i++) {
		struct load l;

		snprintf(text, sizeof(text), "channel: {namespaces: [{name: ns, %s}]}", fine[i]);
		load_text(&l, text);
		CU_ASSERT_EQUAL(l.err, 0);
		CU_ASSERT_EQUAL(l.report.text.len, 1);
		load_free(&l);
	}
	warned("{queue: {total_bytes: 1MiB}, client: {queue_max_size: 2MiB}}", "",
		"queue.total_bytes: is less than client.queue_max_size");
#undef NS
}

static void test_no_pings(void)
{
	static const char *const texts[] = {"client: {ping_interval: 0}", "client: {ping_interval: -1s}"};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(texts); i++) {
		struct load l;

		load_text(&l, texts[i]);
		CU_ASSERT_EQUAL_FATAL(l.err, 0);
		CU_ASSERT(l.conf->client.ping_interval_ms <= 0);
		load_free(&l);
	}
}

static char *written(const struct weir_conf *conf)
{
	struct weir_buf out;
	char *text;

	weir_buf_init(&out, 1 << 20);
	if (conf)
		weir_conf_write(conf, &out);
	else
		weir_conf_write_defaults(&out);
	weir_buf_char(&out, '\0');
	text = weir_buf_take(&out, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	return text;
}

static void test_written_defaults_load(void)
{
	struct load from_nothing, from_file;
	char *file = written(NULL), *a, *b;

	load_source(&from_nothing, (struct weir_conf_source){.strict = true});
	load_source(&from_file, (struct weir_conf_source){.text = weir_str(file), .strict = true});
	CU_ASSERT_EQUAL_FATAL(from_file.err, 0);
	a = written(from_nothing.conf);
	b = written(from_file.conf);
	CU_ASSERT_STRING_EQUAL(a, b);
	CU_ASSERT_PTR_NOT_NULL(strstr(file, "\n  # time between two pings"));
	CU_ASSERT_PTR_NULL(strchr(a, '#'));
	load_free(&from_nothing);
	load_free(&from_file);
	free(file);
	free(a);
	free(b);
}

/* What is written loads as the same values, whatever characters are in them; secrets are not written. */
static void test_written_values_load(void)
{
	struct load l, again;
	char *a, *b;

	load_text(&l, "client: {allowed_origins: [\"a\\\"\\\\\\n\\t\\x7f\\x85\\u2028\\ufeff\\u00e9\\U0001f600\"], "
		      "token: {audience: '# x: y',\n"
		      " hmac_secret_key: canary-canary-canary-canary-canary}}\n"
		      "channel: {namespaces: [{name: 'null', presence: true}, {name: '1.0', history_size: 3, "
		      "history_ttl: 1500ms, rate: 0.25, key: 'data[\"x\"]', "
		      "allowed_overflow: [latest, resync]}]}\n");
	CU_ASSERT_EQUAL_FATAL(l.err, 0);
	a = written(l.conf);
	CU_ASSERT_PTR_NULL(strstr(a, "canary"));
	CU_ASSERT_PTR_NOT_NULL(strstr(a, "hmac_secret_key: \"***\"\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(a, "history_ttl: 1500ms\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(a, "rate: 0.25\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(a, "allowed_overflow: [\"resync\", \"latest\"]\n"));
	load_text(&again, a);
	CU_ASSERT_EQUAL_FATAL(again.err, 0);
	CU_ASSERT_STRING_EQUAL(again.conf->channel.namespaces[1].key, "data[\"x\"]");
	CU_ASSERT_STRING_EQUAL(again.conf->client.allowed_origins.v[0], l.conf->client.allowed_origins.v[0]);
	CU_ASSERT_STRING_EQUAL(again.conf->client.token.audience, "# x: y");
	b = written(again.conf);
	CU_ASSERT_STRING_EQUAL(a, b);
	load_free(&l);
	load_free(&again);
	free(a);
	free(b);
}

static void test_secrets_stay_out_of_reports(void)
{
	static const char *const environ[] = {"WEIR_HTTP_API_KEY=canary\xff", NULL};
	static const char *const sets[] = {"client.token.hmac_secret_key=canary"};
	struct load l;

	load_source(&l, (struct weir_conf_source){.environ = environ, .sets = sets, .n_sets = 1});
	CU_ASSERT_EQUAL(l.err, WEIR_EINVALID);
	CU_ASSERT_EQUAL(l.report.errors, 1);
	CU_ASSERT_EQUAL(l.report.warnings, 1);
	CU_ASSERT(said(&l, "WEIR_HTTP_API_KEY: http_api.key: expected a string\n"));
	CU_ASSERT_PTR_NULL(strstr(l.report.text.p, "canary"));
	load_free(&l);
}

static void test_copied_namespaces(void)
{
	struct weir_namespace *without, *named;
	struct load l;

	load_text(&l, "channel: {without_namespace: {presence: true}, namespaces: [{name: chat, join_leave: true, key: "
		      "sym}]}");
	CU_ASSERT_EQUAL_FATAL(l.err, 0);
	weir_conf_copy_namespaces(l.conf, &without, &named);
	load_free(&l);
	CU_ASSERT_STRING_EQUAL(without->name, "");
	CU_ASSERT_TRUE(without->presence);
	CU_ASSERT_STRING_EQUAL(named[0].name, "chat");
	CU_ASSERT_TRUE(named[0].join_leave);
	CU_ASSERT_STRING_EQUAL(named[0].key, "sym");
	weir_namespaces_free(&(struct weir_namespaces *){weir_namespaces_new(without, named, 1)});

	load_text(&l, "");
	weir_conf_copy_namespaces(l.conf, &without, &named);
	CU_ASSERT_PTR_NULL(named);
	weir_namespaces_free(&(struct weir_namespaces *){weir_namespaces_new(without, named, 0)});
	load_free(&l);
}

static void test_edit_distance(void)
{
	static const struct {
		const char *a, *b;
		unsigned d;
	} cases[] = {{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "abd", 1},
		{"kitten", "sitting", 3}, {"ab", "xaby", 2}};

	for (size_t i = 0; i < WEIR_ARRAY_LEN(cases); i++)
		CU_ASSERT_EQUAL(weir_conf_edit_distance(weir_str(cases[i].a), weir_str(cases[i].b)), cases[i].d);
}

CU_TestInfo weir_tests[] = {
	{"redis", test_redis},
	{"defaults", test_defaults},
	{"every kind of value", test_every_kind_of_value},
	{"JSON is YAML", test_json_is_yaml},
	{"nothing given", test_nothing_given},
	{"wrong values", test_wrong_values},
	{"namespaces refused", test_namespaces_refused},
	{"YAML refused", test_yaml_refused},
	{"files", test_files},
	{"unknown options", test_unknown_options},
	{"the report is bounded", test_report_is_bounded},
	{"environment", test_environment},
	{"problems of the environment", test_environment_problems},
	{"--set", test_sets},
	{"--set refused", test_sets_refused},
	{"checks", test_checks},
	{"checks of queues", test_queue_checks},
	{"no pings", test_no_pings},
	{"written defaults load", test_written_defaults_load},
	{"written values load", test_written_values_load},
	{"secrets stay out of reports", test_secrets_stay_out_of_reports},
	{"copied namespaces", test_copied_namespaces},
	{"edit distance", test_edit_distance},
	CU_TEST_INFO_NULL,
};
