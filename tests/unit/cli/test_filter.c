/* SPDX-License-Identifier: Apache-2.0 */
/* `weir filter`: the event that it reads, the value and the errors that it prints, its exit codes. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "filter_priv.h"
#include "test.h"
#include "weir/base/mem.h"
#include "weir/cli/command.h"

const char weir_test_suite[] = "cli/filter";

#define EVENT_A                                                                                                    \
	"{\"channel\":\"prices:eu\",\"id\":\"ev-9\",\"time\":1767225600000,\"offset\":42,\"user\":\"feeder\","     \
	"\"client\":\"c-1\",\"tags\":{\"symbol\":\"ACME\",\"level\":\"7\",\"hot\":true,\"n\":-5,\"Env\":\"prod\"," \
	"\"user\":\"mallory\",\"none\":null},\"data\":{\"price\":19.99,\"qty\":3,\"note\":null,"                   \
	"\"who\":{\"name\":\"Zo\\u00eb\"},\"items\":[{\"sku\":\"X-1\"}],\"big\":25e20}}"

struct outcome {
	int code;
	char *out, *err;
};

static void outcome_free(struct outcome *o)
{
	free(o->out);
	free(o->err);
}

static struct outcome run(const char *filter, const char *event)
{
	char name[] = "/tmp/weir-filter-XXXXXX", command[] = "filter", dashes[] = "--", *expr = weir_xstrdup(filter);
	char *argv[] = {command, dashes, expr, name, NULL};
	struct weir_cli cli = {.clock = &weir_clock_real};
	struct outcome o = {.code = -1};
	size_t n_out, n_err;
	int fd = mkstemp(name);

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, event, strlen(event)), (ssize_t)strlen(event));
	close(fd);
	cli.out = open_memstream(&o.out, &n_out);
	cli.err = open_memstream(&o.err, &n_err);
	o.code = weir_command_filter.run(&cli, 4, argv);
	fclose(cli.out);
	fclose(cli.err);
	unlink(name);
	free(expr);
	return o;
}

/* `err` is how stderr begins behind "weir filter: "; NULL: it is empty. */
static bool gives(const char *filter, const char *event, int code, const char *out, const char *err)
{
	struct outcome o = run(filter, event);
	struct weir_str said = weir_str(o.err);
	bool same = o.code == code && strcmp(o.out, out) == 0;

	if (!err)
		same = same && said.n == 0;
	else if (weir_str_starts(said, WEIR_STR("weir filter: ")))
		same = same && weir_str_starts(weir_str_n(said.p + 13, said.n - 13), weir_str(err));
	else
		same = false;
	if (!same)
		printf("\n  %s\n    %d %s    %s\n", filter, o.code, o.out, o.err);
	outcome_free(&o);
	return same;
}

static void test_values(void)
{
	CU_ASSERT(gives("SYMBOL = 'ACME' AND level > 5", EVENT_A, 0, "true\n", NULL));
	CU_ASSERT(gives("symbol", EVENT_A, 0, "\"ACME\"\n", NULL));
	CU_ASSERT(gives("n + 2", EVENT_A, 0, "-3\n", NULL));
	CU_ASSERT(gives("hot", EVENT_A, 0, "true\n", NULL));
	CU_ASSERT(gives("tags.Env", EVENT_A, 0, "\"prod\"\n", NULL));
	CU_ASSERT(gives("user", EVENT_A, 0, "\"feeder\"\n", NULL));
	CU_ASSERT(gives("tags.user", EVENT_A, 0, "\"mallory\"\n", NULL));
	CU_ASSERT(gives("time - 1767225600000 + event.offset", EVENT_A, 0, "42\n", NULL));
	CU_ASSERT(gives("CONCAT(id, channel, event.client)", EVENT_A, 0, "\"ev-9prices:euc-1\"\n", NULL));
	CU_ASSERT(gives("data.price * data.qty", EVENT_A, 0, "59.97\n", NULL));
	CU_ASSERT(gives("data.big", EVENT_A, 0, "2.5e+21\n", NULL));
	CU_ASSERT(gives("data.who.name", EVENT_A, 0, "\"Zoë\"\n", NULL));
	CU_ASSERT(gives("-5", "{}", 0, "-5\n", NULL));
	CU_ASSERT(gives("EXISTS channel OR EXISTS data OR EXISTS a", "{}", 0, "false\n", NULL));
	CU_ASSERT(gives("user = 'ann' AND event.client = 'c'", "{\"info\":{\"user\":\"ann\",\"client\":\"c\"}}", 0,
		"true\n", NULL));
	CU_ASSERT(gives("{\"key\":\"symbol\",\"cmp\":\"sw\",\"val\":\"AC\"}", EVENT_A, 0, "true\n", NULL));
	CU_ASSERT(gives("{\"key\":\"data.price\",\"cmp\":\"gt\",\"val\":\"19.990\"}", EVENT_A, 0, "false\n", NULL));
}

static void test_errors(void)
{
	CU_ASSERT(gives("missing", EVENT_A, 1, "false\n", "MissingAttributeError: "));
	CU_ASSERT(gives("none", EVENT_A, 1, "false\n", "MissingAttributeError: "));
	CU_ASSERT(gives("env", EVENT_A, 1, "false\n", "MissingAttributeError: "));
	CU_ASSERT(gives("data.items", EVENT_A, 1, "false\n", "CastError: "));
	CU_ASSERT(gives("INT(symbol)", EVENT_A, 1, "0\n", "CastError: "));
	CU_ASSERT(gives("level / 0", EVENT_A, 1, "0\n", "MathError: "));
	CU_ASSERT(gives("LEFT(symbol, -1)", EVENT_A, 1, "\"ACME\"\n", "FunctionEvaluationError: "));
}

static void test_refusals(void)
{
	CU_ASSERT(gives("(symbol = 'ACME'", EVENT_A, 2, "",
		"expected ')' at column 17\n  (symbol = 'ACME'\n                  ^\n"));
	CU_ASSERT(gives("a\n= é", EVENT_A, 2, "", "unexpected 'é' at column 5\n  a = é\n      ^\n"));
	CU_ASSERT(gives("'\xff'", EVENT_A, 2, "", "not valid UTF-8 at column 2\n"));
	CU_ASSERT(gives("{\"op\":\"or\",\"nodes\":[{\"key\":\"symbol\",\"cmp\":\"in\"}]}", EVENT_A, 2, "",
		"tf.nodes[0]: in needs vals\n"));
	CU_ASSERT(gives("{\"op\":", EVENT_A, 2, "", "a tree has to be JSON: "));
	CU_ASSERT(gives("TRUE OR FALSE AND FALSE", EVENT_A, 0, "false\n", "warning: mixed AND/OR/XOR "));
}

/* What is wrong, where, and what was expected; `why` follows the file's name. */
static bool refuses(const char *event, const char *why)
{
	struct outcome o = run("TRUE", event);
	const char *said = strstr(o.err, "-filter-");
	bool same = o.code == 2 && said && strlen(said) > 14 && strcmp(said + 14, why) == 0 && !*o.out;

	if (!same)
		printf("\n  %s\n    %d %s\n", event, o.code, o.err);
	outcome_free(&o);
	return same;
}

static void test_events(void)
{
	CU_ASSERT(refuses("{\n\"a\":}", ": line 2, byte 5: malformed input, expected one JSON object\n"));
	CU_ASSERT(refuses("", ": line 1, byte 1: malformed input, expected one JSON object\n"));
	CU_ASSERT(refuses("[1]", ": the event: expected an object, got [1]\n"));
	CU_ASSERT(refuses("{\"channel\":5}", ": channel: expected a string, got 5\n"));
	CU_ASSERT(refuses("{\"time\":\"now\"}", ": time: expected a whole number from 0, got \"now\"\n"));
	CU_ASSERT(refuses("{\"offset\":-1}", ": offset: expected a whole number from 0, got -1\n"));
	CU_ASSERT(refuses("{\"tags\":[]}", ": tags: expected an object, got []\n"));
	CU_ASSERT(refuses("{\"tags\":{\"a\":1.5}}",
		": tags.a: expected a string, a boolean or an integer of 32 bits, got 1.5\n"));
	CU_ASSERT(refuses("{\"tags\":{\"a\":2147483648}}",
		": tags.a: expected a string, a boolean or an integer of 32 bits, got 2147483648\n"));
	CU_ASSERT(refuses("{\"info\":\"ann\"}", ": info: expected an object, got \"ann\"\n"));
}

CU_TestInfo weir_tests[] = {
	{"values", test_values},
	{"errors", test_errors},
	{"refusals", test_refusals},
	{"bad events", test_events},
	CU_TEST_INFO_NULL,
};
