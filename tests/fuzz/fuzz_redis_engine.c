/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hostile Redis answers to the scripts and as the log: whatever the reader takes goes through every parser of
 * script.h, and bodies through the envelope. What a parser calls good stays within its own bounds.
 */
#include "fuzz.h"

#include <string.h>

#include "reader.h"
#include "script.h"
#include "weir/event/envelope.h"

#define MAX_BYTES (1 << 16)

static void envelope(struct weir_str body)
{
	struct weir_event *event = NULL;

	if (weir_envelope_decode(body, &event) == 0)
		fuzz_require(event);
	weir_event_unref(&event);
}

static void batch(const struct weir_reply *reply)
{
	struct weir_batch_reply b;
	struct weir_record_reply r;
	uint32_t records = 0;

	weir_script_batch_reply(reply, &b);
	if (b.status == WEIR_BATCH_REFUSED)
		fuzz_require(b.error.p);
	if (b.status != WEIR_BATCH_APPLIED && b.status != WEIR_BATCH_REPEATED)
		return;
	while (weir_script_record_reply(&b, &r)) {
		records++;
		fuzz_require(memchr(r.epoch, '\0', sizeof(r.epoch)));
		fuzz_require(r.status != WEIR_RECORD_FAILED || r.error.p);
	}
	fuzz_require(records <= reply->count);
}

static void fence(const struct weir_reply *reply)
{
	struct weir_fence_reply f;
	struct weir_done_reply d;
	struct weir_check_reply c;

	if (weir_script_fence_reply(reply, &f) == 0)
		fuzz_require(memchr(f.eb, '\0', sizeof(f.eb)));
	if (weir_script_done_reply(reply, &d) == 0)
		fuzz_require(reply->count >= 3);
	if (weir_script_check_reply(reply, &c) == 0)
		fuzz_require(c.shape.p && memchr(c.missing, '\0', sizeof(c.missing)));
}

static void history(const struct weir_reply *reply, bool reverse)
{
	struct weir_history_reply h;
	const struct weir_reply *body;

	if (weir_script_history_reply(reply, reverse, &h) < 0)
		return;
	fuzz_require(h.lo > 0 && h.lo - 1 <= h.top);
	body = h.body;
	for (uint32_t i = 0; i < h.count; i++, body = weir_reply_next(body)) {
		uint64_t offset = reverse ? h.first - i : h.first + i;

		fuzz_require(body < reply + reply->span && offset >= h.lo && offset <= h.top);
		envelope(body->str);
	}
}

static void entries(const struct weir_reply *reply, bool xread)
{
	const struct weir_reply *at;
	struct weir_log_entry e;
	uint32_t count;

	if (weir_log_entries(reply, xread, &at, &count) < 0)
		return;
	for (uint32_t i = 0; i < count; i++, at = weir_reply_next(at)) {
		fuzz_require(at < reply + reply->span);
		if (weir_log_entry_parse(at, &e) < 0)
			continue;
		fuzz_require(e.body.p && memchr(e.epoch, '\0', sizeof(e.epoch)));
		envelope(e.body);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weir_redis_reader *r = weir_redis_reader_new(MAX_BYTES);
	const struct weir_reply *reply = NULL;
	int err;

	fuzz_require(r);
	err = weir_redis_reader_feed(r, (const char *)data, size);
	while (!err && !(err = weir_redis_reader_next(r, &reply)) && reply) {
		batch(reply);
		fence(reply);
		history(reply, false);
		history(reply, true);
		entries(reply, false);
		entries(reply, true);
		weir_redis_reader_done(r);
	}
	weir_redis_reader_free(&r);
	return 0;
}
