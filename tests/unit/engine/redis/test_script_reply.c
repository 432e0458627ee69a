/* SPDX-License-Identifier: Apache-2.0 */
/* What the scripts answer, and entries of the log, as bytes of a Redis that may say anything. No server. */
#include <stdio.h>

#include "reader.h"
#include "script.h"
#include "test.h"
#include "weir/base/mem.h"

/* The reply these bytes are; good until the next call, NULL frees. */
static const struct weir_reply *reply(const char *bytes)
{
	static struct weir_redis_reader *reader;
	const struct weir_reply *r = NULL;

	weir_redis_reader_free(&reader);
	if (!bytes)
		return NULL;
	reader = weir_redis_reader_new(100000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(reader);
	CU_ASSERT_EQUAL_FATAL(weir_redis_reader_feed(reader, bytes, strlen(bytes)), 0);
	CU_ASSERT_EQUAL_FATAL(weir_redis_reader_next(reader, &r), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	return r;
}

/* An entry 5-7 with this text in its field. */
static int parse(const char *text, struct weir_log_entry *e)
{
	char bytes[300];

	snprintf(bytes, sizeof(bytes), "*2\r\n$3\r\n5-7\r\n*2\r\n$1\r\ne\r\n$%zu\r\n%s\r\n", strlen(text), text);
	return weir_log_entry_parse(reply(bytes), e);
}

static void test_entries(void)
{
	static const char *const bad[] = {"", "P", "P:1:e:A:2", "P:1:e:A\nx", "P:1:e:A:\nx", "P:x:e:A:1\nx",
		"P::e:A:1\nx", "P:1:e:A:1:\nx", "P:-1:e:A:1\nx", "P:1:abcdefghijklmnopqrstuvwxyzabcdef:A:1\nx",
		"J:A\nx", "J:A:x\nx", "J\nx", "X:A:1\nx", "PP:1:e:A:1\nx", ":A:1\nx", "F:1:2\n", "F:1-:2\n", "F:1-2\n",
		"E\n", "\n", "P:99999999999999999999:e:A:1\nx"};
	struct weir_log_entry e;

	CU_ASSERT_EQUAL(parse("P:3:ep.9:pid:4\nbo\ndy", &e), 0);
	CU_ASSERT(e.op == WEIR_LOG_PUBLICATION && e.offset == 3 && e.q == 4 && weir_str_is(e.pid, "pid"));
	CU_ASSERT(e.position.generation == 5 && e.position.n == 7 && weir_str_is(e.body, "bo\ndy"));
	CU_ASSERT_STRING_EQUAL(e.epoch, "ep.9");
	CU_ASSERT_EQUAL(parse("P:0::pid:4\n", &e), 0);
	CU_ASSERT(e.offset == 0 && e.epoch[0] == '\0' && e.body.n == 0);
	CU_ASSERT_EQUAL(parse("L:pid:4\nx", &e), 0);
	CU_ASSERT_EQUAL(e.op, WEIR_LOG_LEAVE);
	CU_ASSERT_EQUAL(parse("F:8-9:10\n", &e), 0);
	CU_ASSERT(e.op == WEIR_LOG_FENCE && e.last_before.generation == 8 && e.last_before.n == 9);
	CU_ASSERT_STRING_EQUAL(e.epoch, "10");
	CU_ASSERT_EQUAL(parse("E:10\n", &e), 0);
	CU_ASSERT(e.op == WEIR_LOG_EPOCH && strcmp(e.epoch, "10") == 0);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(bad); i++)
		CU_ASSERT_EQUAL(parse(bad[i], &e), WEIR_EPARSE);
	reply(NULL);
}

static void test_entry_shapes(void)
{
	static const char *const bad[] = {"$1\r\nx\r\n", "*0\r\n", "*1\r\n$3\r\n5-7\r\n",
		"*2\r\n$3\r\n5-7\r\n$1\r\nx\r\n", "*2\r\n$1\r\n5\r\n*2\r\n$1\r\ne\r\n$5\r\nE:10\n\r\n",
		"*2\r\n:5\r\n*2\r\n$1\r\ne\r\n$5\r\nE:10\n\r\n", "*2\r\n$3\r\n5-7\r\n*0\r\n",
		"*2\r\n$3\r\n5-7\r\n*1\r\n$1\r\ne\r\n", "*2\r\n$3\r\n5-7\r\n*-1\r\n",
		"*2\r\n$3\r\n5-7\r\n*2\r\n$1\r\nf\r\n$5\r\nE:10\n\r\n", "*2\r\n$3\r\n5-7\r\n*2\r\n$1\r\ne\r\n:1\r\n",
		"*2\r\n$3\r\n5-7\r\n*2\r\n*1\r\n:1\r\n$5\r\nE:10\n\r\n"};
	struct weir_log_entry e;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(bad); i++)
		CU_ASSERT_EQUAL(weir_log_entry_parse(reply(bad[i]), &e), WEIR_EPARSE);
	reply(NULL);
}

static void test_xread(void)
{
	static const char *const bad[] = {"*0\r\n", ":1\r\n", "*1\r\n:1\r\n", "*1\r\n*1\r\n$1\r\nk\r\n",
		"*1\r\n*2\r\n$1\r\nk\r\n:1\r\n", "*2\r\n*2\r\n$1\r\nk\r\n*0\r\n*0\r\n"};
	const struct weir_reply *first;
	struct weir_log_entry e;
	uint32_t n = 9;

	CU_ASSERT(weir_log_entries(reply("*-1\r\n"), true, &first, &n) == 0 && n == 0);
	CU_ASSERT(weir_log_entries(reply("*1\r\n*2\r\n$1\r\nk\r\n*0\r\n"), true, &first, &n) == 0 && n == 0);
	CU_ASSERT_EQUAL(weir_log_entries(reply("*1\r\n*2\r\n$1\r\nk\r\n*2\r\n"
					       "*2\r\n$3\r\n5-7\r\n*2\r\n$1\r\ne\r\n$5\r\nE:10\n\r\n"
					       "*2\r\n$3\r\n5-8\r\n*2\r\n$1\r\ne\r\n$5\r\nE:11\n\r\n"),
				true, &first, &n),
		0);
	CU_ASSERT_EQUAL_FATAL(n, 2);
	CU_ASSERT(weir_log_entry_parse(first, &e) == 0 && e.position.n == 7);
	CU_ASSERT(weir_log_entry_parse(weir_reply_next(first), &e) == 0 && e.position.n == 8);
	CU_ASSERT_EQUAL(weir_log_entries(reply("-ERR no\r\n"), true, &first, &n), WEIR_EUNAVAILABLE);
	CU_ASSERT_EQUAL(weir_log_entries(reply("*-1\r\n"), false, &first, &n), WEIR_EPARSE);
	CU_ASSERT(weir_log_entries(reply("*0\r\n"), false, &first, &n) == 0 && n == 0);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(bad); i++)
		CU_ASSERT_EQUAL(weir_log_entries(reply(bad[i]), true, &first, &n), WEIR_EPARSE);
	reply(NULL);
}

static void test_batches(void)
{
	static const char *const broken[] = {"*0\r\n", ":1\r\n", "*-1\r\n", "*1\r\n:1\r\n", "*1\r\n$2\r\nOK\r\n",
		"*2\r\n$2\r\nOK\r\n$1\r\nx\r\n", "*2\r\n$2\r\nOK\r\n:-1\r\n", "*2\r\n$4\r\nWHAT\r\n:1\r\n"};
	static const char *const records[] = {"P", "P:1", "P:1:e", "P:1:e:", "P:x:e:1", "P:1:e:1:2", "D", "D:1",
		"D:1:e:2", "V:1:e:2", "R:1", "Q:1:e", "X"};
	struct weir_record_reply record;
	struct weir_batch_reply b;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(broken); i++) {
		weir_script_batch_reply(reply(broken[i]), &b);
		CU_ASSERT(b.status == WEIR_BATCH_BROKEN && !weir_script_record_reply(&b, &record));
	}
	for (size_t i = 0; i < WEIR_ARRAY_LEN(records); i++) {
		char bytes[100];

		snprintf(
			bytes, sizeof(bytes), "*3\r\n$2\r\nOK\r\n:1\r\n$%zu\r\n%s\r\n", strlen(records[i]), records[i]);
		weir_script_batch_reply(reply(bytes), &b);
		CU_ASSERT_EQUAL(b.status, WEIR_BATCH_APPLIED);
		CU_ASSERT_FALSE(weir_script_record_reply(&b, &record));
	}
	weir_script_batch_reply(reply("-OOM no\r\n"), &b);
	CU_ASSERT(b.status == WEIR_BATCH_REFUSED && weir_str_is(b.error, "OOM no"));
	reply(NULL);
}

static void test_others(void)
{
	static const char *const fences[] = {
		"*0\r\n", ":1\r\n", "*8\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n"};
	/* epoch, top, lo, g, n, first, bodies */
	static const char *const histories[] = {"*0\r\n", "*6\r\n$1\r\ne\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n",
		"*7\r\n$1\r\ne\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n",
		"*7\r\n$1\r\ne\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n*1\r\n:1\r\n",
		"*7\r\n$1\r\ne\r\n:1\r\n:0\r\n:1\r\n:1\r\n:0\r\n*0\r\n",
		"*7\r\n$1\r\ne\r\n:1\r\n:3\r\n:1\r\n:1\r\n:0\r\n*0\r\n",
		"*7\r\n$1\r\ne\r\n:1\r\n:1\r\n:1\r\n:1\r\n:2\r\n*1\r\n$1\r\nx\r\n",
		"*7\r\n$1\r\ne\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n*2\r\n$1\r\nx\r\n$1\r\nx\r\n"};
	struct weir_history_reply h;
	struct weir_fence_reply f;
	struct weir_done_reply d;

	for (size_t i = 0; i < WEIR_ARRAY_LEN(fences); i++)
		CU_ASSERT_EQUAL(weir_script_fence_reply(reply(fences[i]), &f), WEIR_EPARSE);
	for (size_t i = 0; i < WEIR_ARRAY_LEN(histories); i++)
		CU_ASSERT_EQUAL(weir_script_history_reply(reply(histories[i]), false, &h), WEIR_EPARSE);
	CU_ASSERT_EQUAL(weir_script_history_reply(
				reply("*7\r\n$1\r\ne\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n*1\r\n$1\r\nx\r\n"), false, &h),
		0);
	CU_ASSERT_EQUAL(weir_script_done_reply(reply("*2\r\n:1\r\n:1\r\n"), &d), WEIR_EPARSE);
	CU_ASSERT_EQUAL(weir_script_done_reply(reply("-ERR\r\n"), &d), WEIR_EUNAVAILABLE);
	reply(NULL);
}

const char weir_test_suite[] = "engine/redis/script_reply";
CU_TestInfo weir_tests[] = {
	{"entries of the log", test_entries},
	{"entries of other shapes", test_entry_shapes},
	{"answers of XREAD and XRANGE", test_xread},
	{"batches", test_batches},
	{"fences, history", test_others},
	CU_TEST_INFO_NULL,
};
