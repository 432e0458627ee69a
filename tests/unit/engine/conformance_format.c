/* SPDX-License-Identifier: Apache-2.0 */
/* The conformance tests of engines: what an event's payload is goes with it, into the log and into history. */
#include "conformance_ask.h"

#include "weir/base/mem.h"

static const struct weir_event_spec rows[] = {
	{.format = WEIR_PAYLOAD_JSON, .data = {"{\"a\":1}", 7}},
	{.format = WEIR_PAYLOAD_MSGPACK, .data = {"\x81\xa1x\xc4\x02\0\xff", 7}},
	{.format = WEIR_PAYLOAD_BINARY, .data = {"\0\n\xff\r", 4}},
	{.format = WEIR_PAYLOAD_BINARY, .data = {"{\"a\":1}", 7}},
	{.format = WEIR_PAYLOAD_BINARY, .data = {"", 0}},
	{.format = WEIR_PAYLOAD_MSGPACK, .data = {"\x05", 1}},
};

static void publish_row(struct subject *s, const struct weir_event_spec *row)
{
	struct weir_event_spec spec = *row;
	struct weir_publish_request *r;

	spec.channel = WEIR_STR("a");
	r = weir_publish_request_new(&s->ns, weir_event_new(&spec), WEIR_STR_NONE);
	s->engine->ops->publish(s->engine, r);
	pump(s);
}

static void check(const struct weir_event *e, const struct weir_event_spec *row)
{
	CU_ASSERT_EQUAL(e->format, row->format);
	CU_ASSERT(e->data.p && weir_str_eq(e->data, row->data));
}

/* ------------------------------------------------------------------------------------------------------------------ */

void conformance_formats(void)
{
	struct weir_history_request *h;
	struct subject s;

	begin(&s);
	s.ns.history_size = 10;
	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++)
		publish_row(&s, &rows[i]);
	CU_ASSERT_EQUAL_FATAL(s.n_entries, WEIR_ARRAY_LEN(rows));
	for (size_t i = 0; i < WEIR_ARRAY_LEN(rows); i++) {
		check(s.entries[i], &rows[i]);
		if (i && s.previous[i])
			check(s.previous[i], &rows[i - 1]);
	}
	h = weir_history_request_new(&s.ns, WEIR_STR("a"), WEIR_STR_NONE);
	h->range = (struct weir_stream_range){.limit = 100};
	s.engine->ops->history(s.engine, h);
	pump(&s);
	CU_ASSERT_EQUAL_FATAL(h->events.count, WEIR_ARRAY_LEN(rows));
	for (size_t i = 0; i < h->events.count; i++)
		check(h->events.events[i], &rows[i]);
	end(&s);
}
