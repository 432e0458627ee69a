/* SPDX-License-Identifier: Apache-2.0 */
/* The conformance tests of engines: versions (protocol.md §13.2): what is not newer is not published. */
#include "conformance_ask.h"

#define META 10000 /* of begin() */

static struct weir_publish_result publish_version(
	struct subject *s, const char *channel, uint64_t version, const char *epoch, const char *key)
{
	struct weir_event *e =
		weir_event_new(&(struct weir_event_spec){.channel = weir_str(channel), .data = WEIR_STR("1")});
	struct weir_publish_request *r =
		weir_publish_version_request_new(&s->ns, e, weir_str(key), version, weir_str(epoch));
	struct weir_request *base = &r->base;
	struct weir_publish_result result;

	s->engine->ops->publish(s->engine, r);
	pump(s);
	CU_ASSERT_EQUAL_FATAL(s->n_answered, 1);
	CU_ASSERT_PTR_EQUAL_FATAL(s->answered[--s->n_answered], base);
	CU_ASSERT_EQUAL(base->status, 0);
	result = r->result;
	weir_request_free(&base);
	return result;
}

void conformance_version(void)
{
	struct subject s;
	struct weir_publish_result first, old;

	begin(&s);
	first = publish_version(&s, "a", 5, NULL, NULL);
	CU_ASSERT_EQUAL(first.offset, 1);
	CU_ASSERT_EQUAL(publish(&s, "a", "without"), 2); /* leaves the version alone */
	old = publish_version(&s, "a", 5, NULL, NULL);
	CU_ASSERT_EQUAL(old.offset, 2); /* where the channel is, not where that version was */
	CU_ASSERT_STRING_EQUAL(old.epoch, first.epoch);
	CU_ASSERT_EQUAL(publish_version(&s, "a", 4, "", NULL).offset, 2);
	CU_ASSERT_EQUAL(s.n_entries, 2);
	CU_ASSERT_EQUAL(publish_version(&s, "a", UINT64_MAX - 1, NULL, NULL).offset, 3);
	CU_ASSERT_EQUAL(publish_version(&s, "a", UINT64_MAX, NULL, NULL).offset, 4);
	CU_ASSERT_EQUAL(publish_version(&s, "a", UINT64_MAX - 1, NULL, NULL).offset, 4);
	CU_ASSERT_EQUAL(publish_version(&s, "b", 1, NULL, NULL).offset, 1); /* each channel has its own */
	CU_ASSERT_EQUAL(s.n_entries, 5);
	end(&s);
}

void conformance_version_epoch(void)
{
	struct subject s;

	begin(&s);
	CU_ASSERT_EQUAL(publish_version(&s, "a", 5, "x", NULL).offset, 1);
	CU_ASSERT_EQUAL(publish_version(&s, "a", 5, "x", NULL).offset, 1);
	CU_ASSERT_EQUAL(publish_version(&s, "a", 1, "y", NULL).offset, 2); /* another epoch begins anew */
	CU_ASSERT_EQUAL(publish_version(&s, "a", 1, "y", NULL).offset, 2);
	CU_ASSERT_EQUAL(publish_version(&s, "a", 1, NULL, NULL).offset, 2); /* of any */
	CU_ASSERT_EQUAL(publish_version(&s, "a", 2, NULL, NULL).offset, 3); /* and now it has none */
	CU_ASSERT_EQUAL(publish_version(&s, "a", 1, "y", NULL).offset, 4);
	CU_ASSERT_EQUAL(s.n_entries, 4);
	end(&s);
}

/* Without a stream, too; and a key comes before a version. */
void conformance_version_without_history(void)
{
	struct subject s;

	begin(&s);
	s.ns.history_size = 0;
	CU_ASSERT_EQUAL(publish_version(&s, "a", 5, NULL, NULL).offset, 0);
	CU_ASSERT_EQUAL(s.n_entries, 1);
	CU_ASSERT_EQUAL(publish_version(&s, "a", 5, NULL, NULL).offset, 0);
	CU_ASSERT_EQUAL(s.n_entries, 1);
	publish_version(&s, "a", 6, NULL, NULL);
	CU_ASSERT_EQUAL(s.n_entries, 2);
	s.ns.history_size = 4;
	CU_ASSERT_EQUAL(publish_version(&s, "b", 7, NULL, "key").offset, 1);
	CU_ASSERT_EQUAL(publish_version(&s, "b", 8, NULL, "key").offset, 1);
	CU_ASSERT_EQUAL(publish_version(&s, "b", 8, NULL, NULL).offset, 2); /* the repeat did not count */
	CU_ASSERT_EQUAL(s.n_entries, 4);
	end(&s);
}

void conformance_version_times(void)
{
	struct subject s;

	begin(&s);
	s.ns.history_size = 0;
	publish_version(&s, "a", 5, "x", NULL);
	advance_within(&s, META);
	publish_version(&s, "a", 5, "x", NULL);
	CU_ASSERT_EQUAL(s.n_entries, 1);
	advance_past(&s, META);
	publish_version(&s, "a", 5, "x", NULL);
	CU_ASSERT_EQUAL(s.n_entries, 2);
	end(&s);
}
