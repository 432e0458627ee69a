/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests for streams: the first line of the input is the query, the rest are header lines. What is accepted has distinct
 * channels and makes commands that the protocol accepts, with options that are good; what is refused says why.
 */
#include "fuzz.h"

#include <errno.h>

#include "weir/base/utf8.h"
#include "weir/server/events_request.h"
#include "weir/session/options.h"
#include "weir/wire/events.h"

#define CHANNELS 4

static void check_command(const struct weir_buf *b, enum weir_method method)
{
	struct weir_str rest = weir_buf_view(b), none = WEIR_STR_NONE;
	struct weir_command c;
	struct weir_json object;
	struct weir_buf scratch, why, text;
	struct weir_sub_options options;

	weir_buf_init(&scratch, SIZE_MAX);
	weir_buf_init(&text, SIZE_MAX);
	weir_buf_init(&why, SIZE_MAX);
	fuzz_require(!b->failed);
	fuzz_require(weir_codec_events.next(&rest, &scratch, &c) == 0 && !rest.p && c.method == method);
	if (method == WEIR_METHOD_SUBSCRIBE) {
		fuzz_require(c.subscribe.channel.n > 0 && c.subscribe.recoverable);
		fuzz_require(
			weir_options_find(c.subscribe.data, &object, &why) == 0 && object.type == WEIR_JSON_OBJECT);
		fuzz_require(weir_sub_options_read(object, &text, &options, &why) == 0);
	} else {
		fuzz_require(!none.p && weir_options_find(c.connect.data, &object, &why) == 0);
	}
	weir_buf_fini(&scratch);
	weir_buf_fini(&text);
	weir_buf_fini(&why);
}

static void check_accepted(const struct weir_events_request *r)
{
	struct weir_buf b;

	fuzz_require(r->n >= 1 && r->n <= CHANNELS);
	weir_buf_init(&b, SIZE_MAX);
	weir_events_request_connect(r, &b);
	check_command(&b, WEIR_METHOD_CONNECT);
	for (size_t i = 0; i < r->n; i++) {
		for (size_t k = 0; k < i; k++)
			fuzz_require(!weir_str_eq(r->channels[i].name, r->channels[k].name));
		fuzz_require(weir_utf8_valid(r->channels[i].name));
		weir_buf_reset(&b);
		weir_events_request_subscribe(r, i, &b);
		check_command(&b, WEIR_METHOD_SUBSCRIBE);
	}
	weir_buf_fini(&b);
}

/* A position that was read is written as it was. */
static void check_position(struct weir_str text)
{
	struct weir_events_place at[CHANNELS];
	struct weir_events_places p = {at, 0};
	struct weir_str rest = text, epoch;
	struct weir_buf b;
	bool any = false;

	while (rest.p && p.n < CHANNELS) {
		struct weir_events_place *e = &at[p.n++];

		*e = (struct weir_events_place){0};
		if (weir_events_position_next(&rest, &epoch, &e->offset) < 0)
			return;
		e->positioned = epoch.p != NULL;
		any = any || e->positioned;
		if (epoch.n)
			memcpy(e->epoch, epoch.p, epoch.n);
	}
	if (rest.p || !any || memchr(text.p, ':', text.n) == NULL)
		return;
	for (const char *c = text.p; c + 1 < text.p + text.n; c++)
		if (c[0] == ':' && c[1] == '0')
			return; /* a number with zeros in front */
	weir_buf_init(&b, SIZE_MAX);
	weir_events_position(&b, &p);
	fuzz_require(weir_str_eq(weir_buf_view(&b), text));
	weir_buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct weir_head_limits limits = {8192, 16384};
	struct weir_str rest = weir_str_n((const char *)data, size), query = weir_str_cut(&rest, '\n');
	struct weir_events_request r;
	struct weir_events_error e = {0};
	struct weir_head head;
	struct weir_buf b;
	const char *why;
	int err;

	check_position(query);
	weir_buf_init(&b, SIZE_MAX);
	weir_buf_init(&e.why, SIZE_MAX);
	weir_buf_lit(&b, "GET /events?");
	weir_buf_str(&b, query);
	weir_buf_lit(&b, " HTTP/1.1\r\nHost: a\r\n");
	while (rest.p) {
		weir_buf_str(&b, weir_str_cut(&rest, '\n'));
		weir_buf_lit(&b, "\r\n");
	}
	weir_buf_lit(&b, "\r\n");
	if (weir_head_parse(weir_buf_view(&b), &limits, &head, &why) == 0) {
		err = weir_events_request_read(&head, CHANNELS, &r, &e);
		fuzz_require(err == 0 ||
			     (err == WEIR_EINVALID && e.code && e.why.len && weir_utf8_valid(weir_buf_view(&e.why))));
		if (!err)
			check_accepted(&r);
		weir_events_request_fini(&r);
	}
	weir_buf_fini(&e.why);
	weir_buf_fini(&b);
	return 0;
}
