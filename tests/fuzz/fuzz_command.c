/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole broker over the loopback, with two clients whose messages the input holds. Bytes that JSON has no use for
 * steer: 1e ends a message, 1f ends it and lets everything happen, 1d too and ten seconds pass, 1c turns to the other
 * client (a new one if it is gone), 1b hangs up. Whatever is sent, the broker sends valid JSON on one line, closes with
 * a code of the protocol, and keeps nothing of a client that is gone.
 */
#include "fuzz.h"
#include "loopback.h"

#define SECRET "a secret that is long enough for HS256"

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
};
static const struct weir_namespace named[] = {
	{.name = (char *)"n", .allow_wildcards = true, .ordered = true, .force_recovery = true},
	{.name = (char *)"obj", .publication_data_format = WEIR_FORMAT_JSON_OBJECT, .force_recovery = true},
};

static void read_all(struct loopback_client *c)
{
	const char *got;

	while ((got = loopback_receive(c))) {
		fuzz_require(weir_json_check(weir_str(got), 64, NULL, NULL) == 0);
		fuzz_require(got[0] == '{' && !strchr(got, '\n') && !strchr(got, '\r'));
	}
	if (loopback_closed(c))
		fuzz_require(loopback_closed(c) >= 3000 && loopback_closed(c) < 4000 && loopback_reason(c)[0]);
}

/* The client to go on with: this one, or a new one in its place. */
static struct loopback_client *renewed(struct loopback *lb, struct loopback_client *c, unsigned worker)
{
	if (c && !loopback_closed(c))
		return c;
	if (c)
		loopback_client_free(&c);
	return loopback_connect(lb, worker);
}

static struct loopback *broker(void)
{
	static struct weir_session_config config;

	config = *loopback_default_config();
	config.channel_limit = 5;
	config.pattern_limit = 2;
	config.queue_max_bytes = 10000;
	config.personal_channel = true;
	return loopback_new(&(struct loopback_options){.workers = 2,
		.seed = 1,
		.hub_mailbox = 4,
		.inbox = 8,
		.hmac_secret = SECRET,
		.without = all_on,
		.named = named,
		.n_named = 2,
		.config = &config});
}

/* A message's end; what comes next is what `byte` says. */
static void steer(struct loopback *lb, struct loopback_client *clients[2], unsigned *turn, uint8_t byte)
{
	if (byte == 0x1f)
		loopback_run(lb);
	else if (byte == 0x1d)
		loopback_advance(lb, 10000);
	else if (byte == 0x1b)
		loopback_client_free(&clients[*turn]);
	for (unsigned k = 0; k < 2; k++)
		if (clients[k])
			read_all(clients[k]);
	if (byte == 0x1c)
		*turn = !*turn;
	clients[*turn] = renewed(lb, clients[*turn], *turn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct loopback *lb = broker();
	struct loopback_client *clients[2] = {loopback_connect(lb, 0), loopback_connect(lb, 1)};
	unsigned turn = 0;
	size_t start = 0;

	for (size_t i = 0; i <= size; i++) {
		uint8_t byte = i < size ? data[i] : 0x1f;

		if (byte < 0x1b || byte > 0x1f)
			continue;
		if (i > start && i - start <= 65536)
			loopback_send_bytes(clients[turn], weir_str_n((const char *)data + start, i - start));
		start = i + 1;
		steer(lb, clients, &turn, byte);
	}
	for (unsigned k = 0; k < 2; k++)
		loopback_client_free(&clients[k]);
	loopback_free(&lb);
	return 0;
}
