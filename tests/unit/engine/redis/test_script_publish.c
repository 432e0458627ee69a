/* SPDX-License-Identifier: Apache-2.0 */
/* publish.lua on a real Redis: every status, what a batch leaves behind, and that a refused one leaves nothing. */
#include <inttypes.h>
#include <stdio.h>

#include "redis_server.h"
#include "script_fixture.h"

static void test_not_fenced(void)
{
	struct weir_script_event e = script_event("c", "body");
	struct script_fixture f;

	script_fixture_init(&f);
	f.generation = 1;
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 1, &e), WEIR_BATCH_FENCED);
	script_fence_first(&f);
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 1, &e), WEIR_BATCH_APPLIED);
	f.generation--;
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 2, &e), WEIR_BATCH_FENCED);
	CU_ASSERT(script_is(&f, "1", "LLEN w{1}:h:c"));
	CU_ASSERT(script_is(&f, "1", "DEL w{1}:m"));
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 2, &e), WEIR_BATCH_FENCED);
	script_fixture_fini(&f);
}

static void test_healing(void)
{
	struct weir_script_event e = script_event("c", "body");
	struct script_fixture f;

	script_fixture_init(&f);
	script_fence(&f, "A", "r1", 0, false);
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 1, &e), WEIR_BATCH_HEALING);
	CU_ASSERT(f.batch.wait_ms > 0 && f.batch.wait_ms <= WEIR_SCRIPT_HEAL_MS);
	/* Past the deadline somebody has to end it first. */
	script_cmd(&f, "HSET w{1}:m hu 1");
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 1, &e), WEIR_BATCH_HEALING);
	CU_ASSERT_EQUAL(f.batch.wait_ms, 1);
	CU_ASSERT(script_done(&f).done);
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 1, &e), WEIR_BATCH_APPLIED);
	script_fixture_fini(&f);
}

/* One record of each kind, and what it leaves in the log and beside it. */
static void test_records(void)
{
	struct weir_script_event e = script_event("c", "with\nhistory"),
				 plain = {.channel = WEIR_STR("c"), .body = WEIR_STR("without")};
	const char *ops = "PPPJLCT";
	struct script_fixture f;
	char epoch[64];

	script_fixture_init(&f);
	script_fence_first(&f);
	snprintf(epoch, sizeof(epoch), "epoch.%" PRIu64, f.generation);
	script_batch(&f, "A", 0, 5);
	weir_script_event(&f.argv, &e);
	weir_script_event(&f.argv, &e);
	weir_script_event(&f.argv, &plain);
	weir_script_presence_event(&f.argv, true, WEIR_STR("join"));
	weir_script_presence_event(&f.argv, false, WEIR_STR("leave"));
	weir_script_control(&f.argv, WEIR_STR("control"));
	weir_script_tick(&f.argv, WEIR_STR("node"));
	weir_script_presence_add(&f.argv, WEIR_STR("c"), WEIR_STR("client"), WEIR_STR("info"), 60000);
	CU_ASSERT_EQUAL(script_send(&f), WEIR_BATCH_APPLIED);
	CU_ASSERT_EQUAL(f.batch.last_n, 7);
	CU_ASSERT_EQUAL_FATAL(f.n_records, 8);
	for (unsigned i = 0; i < 8; i++) {
		CU_ASSERT_EQUAL(f.records[i].status, WEIR_RECORD_DONE);
		CU_ASSERT_EQUAL(f.records[i].n, i < 7 ? i + 1 : 0);
		CU_ASSERT_EQUAL(f.records[i].offset, i < 2 ? i + 1 : 0);
		CU_ASSERT_STRING_EQUAL(f.records[i].epoch, i < 2 ? epoch : "");
	}
	CU_ASSERT_EQUAL_FATAL(script_entries(&f), 8); /* the fence is the first */
	for (unsigned i = 0; i < 7; i++) {
		struct weir_log_entry entry = script_entry(&f, i + 1);

		CU_ASSERT_EQUAL(entry.position.generation, f.generation);
		CU_ASSERT_EQUAL(entry.position.n, i + 1);
		CU_ASSERT_EQUAL(entry.op, (enum weir_log_op)ops[i]);
		CU_ASSERT(weir_str_is(entry.pid, "A"));
		CU_ASSERT_EQUAL(entry.q, i + 5);
		CU_ASSERT_EQUAL(entry.offset, i < 2 ? i + 1 : 0);
		CU_ASSERT_STRING_EQUAL(entry.epoch, i < 2 ? epoch : "");
	}
	CU_ASSERT(weir_str_is(script_entry(&f, 1).body, "with\nhistory"));
	CU_ASSERT(weir_str_is(script_entry(&f, 6).body, "control"));
	CU_ASSERT(script_is(&f, "12", "HGET w{1}:m q:A"));
	CU_ASSERT(script_is(&f, "with\nhistory", "LINDEX w{1}:h:c -1"));
	CU_ASSERT(script_is(&f, "info", "HGET w{1}:p:c A:client"));
	CU_ASSERT(script_is(&f, "1", "SISMEMBER w{1}:b:A c"));
	CU_ASSERT(weir_str_ends(script_cmd(&f, "HGET w{1}:n A")->str, WEIR_STR("|node")));
	script_batch(&f, "A", 12, 13);
	weir_script_presence_remove(&f.argv, WEIR_STR("c"), WEIR_STR("client"), true);
	CU_ASSERT_EQUAL(script_send(&f), WEIR_BATCH_APPLIED);
	CU_ASSERT(script_is(&f, "0", "EXISTS w{1}:p:c w{1}:b:A"));
	script_batch(&f, "A", 13, 14);
	weir_script_bye(&f.argv);
	CU_ASSERT_EQUAL(script_send(&f), WEIR_BATCH_APPLIED);
	CU_ASSERT(script_is(&f, "0", "HEXISTS w{1}:m q:A"));
	CU_ASSERT(script_is(&f, "0", "EXISTS w{1}:n"));
	script_fixture_fini(&f);
}

static void mixed_batch(struct script_fixture *f, uint64_t prev_q, uint64_t first_q)
{
	struct weir_script_event e = script_event("c", "body"),
				 plain = {.channel = WEIR_STR("c"), .body = WEIR_STR("plain")};

	script_batch(f, "A", prev_q, first_q);
	weir_script_event(&f->argv, &e);
	weir_script_event(&f->argv, &plain);
	e.idempotency_key = WEIR_STR("key");
	weir_script_event(&f->argv, &e);
	weir_script_presence_event(&f->argv, true, WEIR_STR("j"));
	weir_script_presence_add(&f->argv, WEIR_STR("c"), WEIR_STR("x"), WEIR_STR("v"), 1000);
	weir_script_presence_remove(&f->argv, WEIR_STR("c"), WEIR_STR("x"), true);
	weir_script_control(&f->argv, WEIR_STR("c"));
	weir_script_tick(&f->argv, WEIR_STR("t"));
}

static void test_sent_again(void)
{
	struct script_fixture f;
	uint32_t entries;

	script_fixture_init(&f);
	script_fence_first(&f);
	mixed_batch(&f, 0, 1);
	CU_ASSERT_EQUAL(script_send(&f), WEIR_BATCH_APPLIED);
	entries = script_entries(&f);
	for (int i = 0; i < 2; i++) {
		mixed_batch(&f, 0, 1);
		CU_ASSERT_EQUAL(script_send(&f), WEIR_BATCH_REPEATED);
		CU_ASSERT_EQUAL(f.batch.last_n, 6);
		CU_ASSERT_EQUAL_FATAL(f.n_records, 8);
		for (unsigned k = 0; k < 8; k++)
			CU_ASSERT_EQUAL(f.records[k].status, k == 2 ? WEIR_RECORD_DUPLICATE : WEIR_RECORD_REPEATED);
		CU_ASSERT_EQUAL(f.records[2].offset, 2);
	}
	CU_ASSERT_EQUAL(script_entries(&f), entries);
	CU_ASSERT(script_is(&f, "2", "LLEN w{1}:h:c"));
	/* Also over a fence. */
	script_fence(&f, "A", "r2", 0, false);
	CU_ASSERT(script_report(&f, "A", 0, 0).done);
	mixed_batch(&f, 0, 1);
	CU_ASSERT_EQUAL(script_send(&f), WEIR_BATCH_REPEATED);
	CU_ASSERT_EQUAL(script_entries(&f), entries + 1);
	script_fixture_fini(&f);
}

/* A batch that does not follow directly, and one that comes when everything behind it has been applied. */
static void test_gap(void)
{
	struct weir_script_event e = script_event("c", "body");
	struct script_fixture f;

	script_fixture_init(&f);
	script_fence_first(&f);
	script_batch(&f, "A", 4, 5);
	weir_script_event(&f.argv, &e);
	CU_ASSERT_EQUAL(script_send(&f), WEIR_BATCH_GAP);
	CU_ASSERT_EQUAL(f.batch.applied_q, 0);
	for (uint64_t q = 1; q <= 4; q++)
		CU_ASSERT_EQUAL(script_send_event(&f, "A", q, &e), WEIR_BATCH_APPLIED);
	script_batch(&f, "A", 2, 3); /* 3, 4, 5: only the first two are known */
	for (int i = 0; i < 3; i++)
		weir_script_event(&f.argv, &e);
	CU_ASSERT_EQUAL(script_send(&f), WEIR_BATCH_GAP);
	CU_ASSERT_EQUAL(f.batch.applied_q, 4);
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 2, &e), WEIR_BATCH_REPEATED);
	script_batch(&f, "A", 4, 9); /* numbers between were given up */
	weir_script_event(&f.argv, &e);
	CU_ASSERT_EQUAL(script_send(&f), WEIR_BATCH_APPLIED);
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 8, &e), WEIR_BATCH_REPEATED);
	CU_ASSERT(script_is(&f, "5", "LLEN w{1}:h:c"));
	/* Each broker has its own numbers. */
	CU_ASSERT_EQUAL(script_send_event(&f, "B", 1, &e), WEIR_BATCH_APPLIED);
	script_fixture_fini(&f);
}

static void check_refused(struct script_fixture *f, const char *error)
{
	struct weir_script_event e = script_event("c", "body"),
				 plain = {.channel = WEIR_STR("c"), .body = WEIR_STR("plain")};

	for (int first = 0; first < 5; first++) {
		uint32_t entries = script_entries(f);

		script_batch(f, "A", 0, 1);
		if (first == 1)
			weir_script_event(&f->argv, &plain);
		else if (first == 2)
			weir_script_tick(&f->argv, WEIR_STR("node"));
		else if (first == 3)
			weir_script_presence_add(&f->argv, WEIR_STR("c"), WEIR_STR("x"), WEIR_STR("v"), 1000);
		else if (first == 4)
			e.version = 1;
		weir_script_event(&f->argv, &e);
		weir_script_event(&f->argv, &e);
		CU_ASSERT_EQUAL(script_send(f), WEIR_BATCH_REFUSED);
		CU_ASSERT(weir_str_starts(f->batch.error, weir_str(error)));
		CU_ASSERT_EQUAL(f->n_records, 0);
		CU_ASSERT_EQUAL(script_entries(f), entries);
		CU_ASSERT(script_is(f, "0", "EXISTS w{1}:c:c w{1}:h:c w{1}:p:c w{1}:n"));
		CU_ASSERT(script_is(f, "0", "HEXISTS w{1}:m q:A"));
		CU_ASSERT(script_is(f, "0", "HGET w{1}:m n"));
	}
}

static void check_works_again(struct script_fixture *f)
{
	struct weir_script_event e = script_event("c", "body");

	CU_ASSERT_EQUAL(script_send_event(f, "A", 1, &e), WEIR_BATCH_APPLIED);
}

static void test_out_of_memory(void)
{
	struct script_fixture f;

	script_fixture_init(&f);
	script_fence_first(&f);
	script_cmd(&f, "CONFIG SET maxmemory-policy noeviction");
	CU_ASSERT(script_is(&f, "OK", "CONFIG SET maxmemory 1"));
	check_refused(&f, "OOM");
	CU_ASSERT(script_is(&f, "OK", "CONFIG SET maxmemory 0"));
	check_works_again(&f);
	script_fixture_fini(&f);
}

static void test_no_replicas(void)
{
	struct script_fixture f;

	script_fixture_init(&f);
	script_fence_first(&f);
	CU_ASSERT(script_is(&f, "OK", "CONFIG SET min-replicas-to-write 1"));
	check_refused(&f, "NOREPLICAS");
	CU_ASSERT(script_is(&f, "OK", "CONFIG SET min-replicas-to-write 0"));
	check_works_again(&f);
	script_fixture_fini(&f);
}

static void test_readonly(void)
{
	struct script_fixture f;

	script_fixture_init(&f);
	script_fence_first(&f);
	CU_ASSERT(script_is(&f, "OK", "REPLICAOF 127.0.0.1 1"));
	check_refused(&f, "READONLY");
	CU_ASSERT(script_is(&f, "OK", "REPLICAOF NO ONE"));
	check_works_again(&f);
	script_fixture_fini(&f);
}

static void test_no_script(void)
{
	struct script_fixture f;

	script_fixture_init(&f);
	script_fence_first(&f);
	script_cmd(&f, "SCRIPT FLUSH");
	check_refused(&f, "NOSCRIPT");
	script_fixture_reconnect(&f);
	check_works_again(&f);
	script_fixture_fini(&f);
}

/* Somebody else's key in the place of one of a channel's: that record fails, the others are as if it were not there. */
static void test_wrong_types(void)
{
	static const char *const foreign[] = {"w{1}:c:bad", "w{1}:h:bad", "w{1}:k:bad:key", "w{1}:p:bad"};
	struct weir_script_event good = script_event("good", "body"), bad = script_event("bad", "body");
	struct script_fixture f;

	for (unsigned i = 0; i < 4; i++)
		for (unsigned at = 0; at < 3; at++) {
			script_fixture_init(&f);
			script_fence_first(&f);
			if (i == 1) /* a channel that has had events, so that its list is not made anew */
				script_cmd(&f, "HSET w{1}:c:bad e epoch s 5");
			script_cmd(&f, i == 2 ? "RPUSH %s x" : "SET %s x", foreign[i]);
			bad.idempotency_key = i == 2 ? WEIR_STR("key") : WEIR_STR_NONE;
			script_batch(&f, "A", 0, 1);
			for (unsigned k = 0; k < 3; k++) {
				if (k != at)
					weir_script_event(&f.argv, &good);
				else if (i == 3)
					weir_script_presence_add(
						&f.argv, WEIR_STR("bad"), WEIR_STR("x"), WEIR_STR("v"), 1000);
				else
					weir_script_event(&f.argv, &bad);
			}
			CU_ASSERT_EQUAL(script_send(&f), WEIR_BATCH_APPLIED);
			CU_ASSERT_EQUAL_FATAL(f.n_records, 3);
			for (unsigned k = 0; k < 3; k++)
				CU_ASSERT_EQUAL(f.records[k].status, k == at ? WEIR_RECORD_FAILED : WEIR_RECORD_DONE);
			CU_ASSERT(weir_str_starts(f.records[at].error, WEIR_STR("WRONGTYPE")));
			CU_ASSERT_EQUAL(script_entries(&f), 3);
			CU_ASSERT(script_is(&f, "2", "HGET w{1}:c:good s"));
			if (i == 1)
				CU_ASSERT(script_is(&f, "5", "HGET w{1}:c:bad s"));
			script_fixture_fini(&f);
		}
	script_fixture_init(&f);
	script_fence_first(&f);
	script_cmd(&f, "HSET w{1}:c:bad s word e epoch");
	bad.idempotency_key = WEIR_STR_NONE;
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 1, &bad), WEIR_BATCH_APPLIED);
	CU_ASSERT_EQUAL(f.records[0].status, WEIR_RECORD_FAILED);
	script_fixture_fini(&f);
}

/* The log has been replaced, or written to: refused, nothing stays, and a fence repairs the latter. */
static void test_foreign_log(void)
{
	struct weir_script_event e = script_event("c", "body");
	struct script_fixture f;

	script_fixture_init(&f);
	script_fence_first(&f);
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 1, &e), WEIR_BATCH_APPLIED);
	script_cmd(&f, "XADD w{1}:l %" PRIu64 "-100 x y", f.generation);
	script_batch(&f, "A", 1, 2);
	weir_script_event(&f.argv, &e);
	weir_script_event(&f.argv, &e);
	CU_ASSERT_EQUAL(script_send(&f), WEIR_BATCH_REFUSED);
	CU_ASSERT(script_is(&f, "1", "LLEN w{1}:h:c"));
	CU_ASSERT(script_is(&f, "1", "HGET w{1}:c:c s"));
	CU_ASSERT(script_is(&f, "1", "HGET w{1}:m q:A"));
	CU_ASSERT(script_fence(&f, "A", "r1", 0, true).raised);
	CU_ASSERT(script_report(&f, "A", 0, 0).done);
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 2, &e), WEIR_BATCH_APPLIED);
	CU_ASSERT_EQUAL(f.records[0].offset, 2);
	script_cmd(&f, "DEL w{1}:l");
	script_cmd(&f, "SET w{1}:l x");
	e.channel = WEIR_STR("new");
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 3, &e), WEIR_BATCH_REFUSED);
	CU_ASSERT(weir_str_starts(f.batch.error, WEIR_STR("WRONGTYPE")));
	CU_ASSERT(script_is(&f, "0", "EXISTS w{1}:h:new"));
	/* A log that was deleted goes on with the next number. */
	script_cmd(&f, "DEL w{1}:l");
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 3, &e), WEIR_BATCH_APPLIED);
	CU_ASSERT_EQUAL(f.records[0].n, 3); /* the change of the epoch was the first */
	CU_ASSERT_EQUAL(script_entry(&f, 0).position.n, 3);
	script_fixture_fini(&f);
}

static void test_idempotency(void)
{
	struct weir_script_event e = script_event("c", "body");
	struct script_fixture f;
	char epoch[64];

	script_fixture_init(&f);
	script_fence_first(&f);
	e.idempotency_key = WEIR_STR("key");
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 1, &e), WEIR_BATCH_APPLIED);
	snprintf(epoch, sizeof(epoch), "%s", f.records[0].epoch);
	for (uint64_t q = 1; q <= 2; q++) { /* another broker, and over an epoch */
		CU_ASSERT_EQUAL(script_send_event(&f, "B", q, &e), WEIR_BATCH_APPLIED);
		CU_ASSERT_EQUAL(f.records[0].status, WEIR_RECORD_DUPLICATE);
		CU_ASSERT_EQUAL(f.records[0].offset, 1);
		CU_ASSERT_STRING_EQUAL(f.records[0].epoch, epoch);
		script_fence(&f, "A", "r2", 0, false);
		CU_ASSERT(script_report(&f, "A", f.generation, 1).done);
	}
	CU_ASSERT(script_is(&f, "1", "LLEN w{1}:h:c"));
	CU_ASSERT(script_cmd(&f, "PTTL w{1}:k:c:key")->integer > 290000);
	e.idempotency_key = WEIR_STR("other");
	e.history_max = 0;
	CU_ASSERT_EQUAL(script_send_event(&f, "B", 3, &e), WEIR_BATCH_APPLIED);
	CU_ASSERT(f.records[0].status == WEIR_RECORD_DONE && f.records[0].offset == 0 && f.records[0].n > 0);
	CU_ASSERT_EQUAL(script_send_event(&f, "B", 4, &e), WEIR_BATCH_APPLIED);
	CU_ASSERT(f.records[0].status == WEIR_RECORD_DUPLICATE && f.records[0].offset == 0);
	CU_ASSERT_STRING_EQUAL(f.records[0].epoch, "");
	script_fixture_fini(&f);
}

static int version(struct script_fixture *f, uint64_t q, struct weir_script_event *e, uint64_t v, const char *epoch)
{
	e->version = v;
	e->version_epoch = weir_str(epoch);
	CU_ASSERT_EQUAL(script_send_event(f, "A", q, e), WEIR_BATCH_APPLIED);
	return (int)f->records[0].status;
}

static void test_versions(void)
{
	struct weir_script_event e = script_event("c", "body");
	struct script_fixture f;

	for (int history = 0; history < 2; history++) {
		script_fixture_init(&f);
		script_fence_first(&f);
		e.history_max = history ? 10 : 0;
		CU_ASSERT_EQUAL(version(&f, 1, &e, 9, ""), WEIR_RECORD_DONE);
		CU_ASSERT_EQUAL(version(&f, 2, &e, 9, ""), WEIR_RECORD_SUPPRESSED);
		CU_ASSERT_EQUAL(f.records[0].offset, history ? 1 : 0);
		CU_ASSERT_EQUAL(version(&f, 3, &e, 8, ""), WEIR_RECORD_SUPPRESSED);
		CU_ASSERT_EQUAL(version(&f, 4, &e, 10, ""), WEIR_RECORD_DONE);
		CU_ASSERT_EQUAL(version(&f, 5, &e, 2, "x"), WEIR_RECORD_DONE); /* another epoch of versions */
		CU_ASSERT_EQUAL(version(&f, 6, &e, 2, "x"), WEIR_RECORD_SUPPRESSED);
		/* More digits than a Lua number holds. */
		CU_ASSERT_EQUAL(version(&f, 7, &e, UINT64_MAX - 1, "x"), WEIR_RECORD_DONE);
		CU_ASSERT_EQUAL(version(&f, 8, &e, UINT64_MAX - 1, "x"), WEIR_RECORD_SUPPRESSED);
		CU_ASSERT_EQUAL(version(&f, 9, &e, UINT64_MAX, "x"), WEIR_RECORD_DONE);
		CU_ASSERT_EQUAL(script_entries(&f), 6);
		CU_ASSERT(script_is(&f, history ? "5" : "", "HGET w{1}:c:c s"));
		CU_ASSERT(script_cmd(&f, "PTTL w{1}:c:c")->integer > 890000);
		script_fixture_fini(&f);
	}
}

static void test_trim(void)
{
	struct weir_script_event e = script_event("c", "body");
	struct script_fixture f;

	script_fixture_init(&f);
	script_fence_first(&f);
	e.history_max = 16;
	for (uint64_t q = 1; q <= 50; q++) {
		int64_t len;

		CU_ASSERT_EQUAL(script_send_event(&f, "A", q, &e), WEIR_BATCH_APPLIED);
		CU_ASSERT_EQUAL(f.records[0].offset, q);
		len = script_cmd(&f, "LLEN w{1}:h:c")->integer;
		/* 18 at most, and from there back to 16. */
		CU_ASSERT_EQUAL(len, q <= 18 ? (int64_t)q : 16 + (int64_t)((q - 19) % 3));
	}
	script_fixture_fini(&f);
}

static bool ttl_is(struct script_fixture *f, const char *key, int64_t ms)
{
	int64_t left = script_cmd(f, "PTTL %s", key)->integer;

	return left <= ms && left > ms - 20000;
}

static void test_ttl(void)
{
	struct weir_script_event e = script_event("c", "body");
	struct script_fixture f;

	script_fixture_init(&f);
	script_fence_first(&f);
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 1, &e), WEIR_BATCH_APPLIED);
	CU_ASSERT(ttl_is(&f, "w{1}:h:c", 90000));
	CU_ASSERT(ttl_is(&f, "w{1}:c:c", 900000));
	script_cmd(&f, "PEXPIRE w{1}:h:c 30000");
	script_cmd(&f, "PEXPIRE w{1}:c:c 40000");
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 2, &e), WEIR_BATCH_APPLIED);
	CU_ASSERT(ttl_is(&f, "w{1}:h:c", 30000));
	CU_ASSERT(ttl_is(&f, "w{1}:c:c", 40000));
	e.refresh_ttl = true;
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 3, &e), WEIR_BATCH_APPLIED);
	CU_ASSERT(ttl_is(&f, "w{1}:h:c", 90000));
	CU_ASSERT(ttl_is(&f, "w{1}:c:c", 900000));
	/* A list that is made anew gets its time although nobody asked. */
	e.refresh_ttl = false;
	script_cmd(&f, "DEL w{1}:h:c");
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 4, &e), WEIR_BATCH_APPLIED);
	CU_ASSERT_EQUAL(f.records[0].offset, 4);
	CU_ASSERT(ttl_is(&f, "w{1}:h:c", 90000));
	/* The longest of all. */
	e.history_ttl_ms = e.meta_ttl_ms = UINT64_MAX;
	e.refresh_ttl = true;
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 5, &e), WEIR_BATCH_APPLIED);
	e.history_ttl_ms = e.meta_ttl_ms = 0;
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 6, &e), WEIR_BATCH_APPLIED);
	CU_ASSERT(script_is(&f, "6", "HGET w{1}:c:c s"));
	CU_ASSERT(script_is(&f, "3", "LLEN w{1}:h:c"));
	script_fixture_fini(&f);
}

/* Without K:c the channel begins again: another epoch, and nothing of the old list. */
static void test_channel_lost(void)
{
	struct weir_script_event e = script_event("c", "old");
	struct script_fixture f;

	script_fixture_init(&f);
	script_fence_first(&f);
	for (uint64_t q = 1; q <= 3; q++)
		CU_ASSERT_EQUAL(script_send_event(&f, "A", q, &e), WEIR_BATCH_APPLIED);
	script_cmd(&f, "DEL w{1}:c:c");
	e.new_epoch = WEIR_STR("other");
	e.body = WEIR_STR("new");
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 4, &e), WEIR_BATCH_APPLIED);
	CU_ASSERT_EQUAL(f.records[0].offset, 1);
	CU_ASSERT_EQUAL(strncmp(f.records[0].epoch, "other.", 6), 0);
	CU_ASSERT(script_is(&f, "1", "LLEN w{1}:h:c"));
	/* Its epoch alone is gone. */
	script_cmd(&f, "HDEL w{1}:c:c e");
	e.new_epoch = WEIR_STR("third");
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 5, &e), WEIR_BATCH_APPLIED);
	CU_ASSERT_EQUAL(f.records[0].offset, 1);
	CU_ASSERT_EQUAL(strncmp(f.records[0].epoch, "third.", 6), 0);
	CU_ASSERT(script_is(&f, "1", "LLEN w{1}:h:c"));
	script_fixture_fini(&f);
}

/* Bytes are bytes: in channels, bodies, keys. */
static void test_bytes(void)
{
	struct weir_script_event e = script_event("", "");
	struct script_fixture f;
	char all[256];

	for (unsigned i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	script_fixture_init(&f);
	script_fence_first(&f);
	e.channel = e.body = e.idempotency_key = weir_str_n(all, sizeof(all));
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 1, &e), WEIR_BATCH_APPLIED);
	CU_ASSERT_EQUAL(f.records[0].status, WEIR_RECORD_DONE);
	CU_ASSERT(weir_str_eq(script_entry(&f, 1).body, e.body));
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 2, &e), WEIR_BATCH_APPLIED);
	CU_ASSERT_EQUAL(f.records[0].status, WEIR_RECORD_DUPLICATE);
	e.channel = e.body = WEIR_STR("");
	CU_ASSERT_EQUAL(script_send_event(&f, "A", 3, &e), WEIR_BATCH_APPLIED);
	CU_ASSERT_EQUAL(f.records[0].status, WEIR_RECORD_DONE);
	CU_ASSERT_EQUAL(script_entry(&f, 2).body.n, 0);
	script_fixture_fini(&f);
}

const char weir_test_suite[] = "engine/redis/script_publish";
CU_TestInfo weir_tests[] = {
	{"not fenced, and fenced away", test_not_fenced},
	{"while healing", test_healing},
	{"each kind of record", test_records},
	{"sent again", test_sent_again},
	{"gaps and stale batches", test_gap},
	{"refused: out of memory", test_out_of_memory},
	{"refused: no replicas", test_no_replicas},
	{"refused: read-only", test_readonly},
	{"refused: no script", test_no_script},
	{"wrong types of a channel's keys", test_wrong_types},
	{"a log that others wrote to", test_foreign_log},
	{"idempotency keys", test_idempotency},
	{"versions", test_versions},
	{"history is trimmed at 9/8", test_trim},
	{"times to live", test_ttl},
	{"a channel whose position is lost", test_channel_lost},
	{"any bytes", test_bytes},
	CU_TEST_INFO_NULL,
};
