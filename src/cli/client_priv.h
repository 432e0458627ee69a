/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the client share: its state (client.c) and the reading of messages (client_message.c). */
#ifndef WEIR_CLI_CLIENT_PRIV_H
#define WEIR_CLI_CLIENT_PRIV_H

#include "weir/cli/client.h"

#define CLIENT_REPLY_MS        5000  /* for each command, as SDKs have it */
#define CLIENT_NO_PING_MS      10000 /* beyond the server's period */
#define CLIENT_MAX_DEPTH       64    /* payloads of WEIR_JSON_DEPTH, inside replies */
#define CLIENT_EPOCH_MAX_BYTES 256
#define CLIENT_RESUBSCRIBE     2500 /* an unsubscribe: from here on a client subscribes again by itself */
#define CLIENT_INVALIDATED     2502 /* and here without its old position */

/*
 * WAITING ─tick─► OPENING ─opened─► HELLO ─connect reply─► LIVE; closed: back to WAITING from each
 */
enum client_state {
	CLIENT_WAITING, /* until at_ms */
	CLIENT_OPENING,
	CLIENT_HELLO, /* connect sent, reply due at at_ms */
	CLIENT_LIVE,
};

enum client_sub_state {
	SUB_IDLE,    /* no connection */
	SUB_PENDING, /* subscribe sent, reply due at at_ms */
	SUB_LIVE,
	SUB_RETRY, /* until at_ms */
};

struct client_sub {
	char *name;
	enum client_sub_state state;
	uint64_t id; /* of the command that is pending */
	uint64_t at_ms;
	unsigned attempts;
	bool positioned;       /* epoch and offset hold */
	bool interrupted;      /* was live before: what is not recovered may be missing */
	struct weir_buf epoch; /* decoded text */
	uint64_t offset;
};

struct weir_client {
	struct weir_client_options o; /* its strings are copies; channels and since are in subs */
	enum client_state state;
	uint64_t at_ms;
	unsigned attempts;
	bool told; /* that the connection is lost */
	uint64_t last_id, connect_id;
	uint64_t heard_ms;
	uint64_t no_ping_ms; /* 0: the server does not ping */
	bool pong;
	struct client_sub *subs;
	size_t n_subs;
	struct weir_buf name;   /* scratch: a decoded string */
	struct weir_buf reason; /* ends with NUL */
};

/* An end after which nobody should come back. 1009 too: what was too big once will be so again. */
static inline bool weir__client_code_is_final(uint64_t code)
{
	return code == 1009 || (code >= 3500 && code < 4000) || (code >= 4500 && code < 5000);
}

/* Begin a text in c->reason, end it, and give back the verdict that it explains. */
struct weir_buf *weir__client_reason_begin(struct weir_client *c, struct weir_str channel);
enum weir_client_verdict weir__client_reason_end(struct weir_client *c, enum weir_client_verdict verdict);

void weir__client_notice(struct weir_client *c, struct weir_str channel, const char *text);
/* Sends `subscribe` for this channel. */
void weir__client_subscribe(struct weir_client *c, struct client_sub *s, uint64_t now_ms, struct weir_buf *out);
/* Starts a new line in a message that may have lines already. */
void weir__client_begin_line(struct weir_buf *out);

#endif
