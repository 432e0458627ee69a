/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole broker over the loopback, with a client of MessagePack whose messages the input holds and one of JSON that watches. The
 * first two bytes of each message are its length; a length of 0 lets ten seconds pass. Whatever is sent, the broker sends maps that are
 * whole, valid JSON to the other, and closes with a code of the protocol.
 */
#include "fuzz.h"
#include "loopback.h"

#include "weir/event/convert.h"
#include "weir/event/msgpack_scan.h"

static const struct weir_namespace all_on = {
	.presence = true,
	.join_leave = true,
	.force_push_join_leave = true,
	.history_size = 4,
	.history_ttl_ms = 30000,
	.history_meta_ttl_ms = 60000,
	.allow_recovery = true,
	.delta_fossil = true,
	.delta_publish = true,
	.allow_tags_filter = true,
	.allow_wildcards = true,
	WEIR_NAMESPACE_QUEUE_DEFAULTS,
};

static void read_packed(struct loopback_client *c)
{
	/* Payloads come in at most so deep, and a reply puts some maps around them. */
	const struct weir_msgpack_limits limits = {.depth = WEIR_MSGPACK_DEPTH, .elements = UINT32_MAX, .ext = true};
	struct weir_str got;

	while ((got = loopback_receive_bytes(c)).p) {
		size_t used = 0;
		int err = weir_msgpack_scan(got, &limits, &used);

		fuzz_require(err == WEIR_EDEPTH || (err == 0 && used == got.n));
		fuzz_require(((unsigned char)got.p[0] & 0xf0) == 0x80);
	}
	if (loopback_closed(c))
		fuzz_require(loopback_closed(c) >= 3000 && loopback_closed(c) < 4000 && loopback_reason(c)[0]);
}

static void read_json(struct loopback_client *c)
{
	const char *got;

	while ((got = loopback_receive(c)))
		fuzz_require(weir_json_check(weir_str(got), 64, NULL, NULL) == 0 && !strchr(got, '\n'));
}

/* Its own address sanitizer's borders around each message. */
static void send_copy(struct loopback_client *c, const uint8_t *p, size_t n)
{
	char *copy = malloc(n);

	fuzz_require(copy);
	memcpy(copy, p, n);
	loopback_send_bytes(c, weir_str_n(copy, n));
	free(copy);
}

static struct loopback *broker(void)
{
	static struct weir_session_config config;

	config = *loopback_default_config();
	config.channel_limit = 5;
	config.queue_max_bytes = 20000;
	return loopback_new(&(struct loopback_options){
		.workers = 2, .seed = 1, .hub_mailbox = 4, .inbox = 8, .without = all_on, .config = &config});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct loopback *lb = broker();
	struct loopback_client *packed = loopback_connect_msgpack(lb, 0), *json = loopback_connect(lb, 1);

	loopback_send(json, "{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}");
	loopback_run(lb);
	for (size_t at = 0; at + 2 <= size;) {
		size_t n = (size_t)data[at] << 8 | data[at + 1];

		at += 2;
		n = n < size - at ? n : size - at;
		if (loopback_closed(packed)) {
			loopback_client_free(&packed);
			packed = loopback_connect_msgpack(lb, 0);
		}
		if (n)
			send_copy(packed, data + at, n);
		else
			loopback_advance(lb, 10000);
		loopback_run(lb);
		at += n;
		read_packed(packed);
		read_json(json);
	}
	loopback_client_free(&packed);
	loopback_client_free(&json);
	loopback_free(&lb);
	return 0;
}
