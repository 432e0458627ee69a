/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server that is no Redis, on the test's own loop and scripted by the test itself: it accepts, keeps what it gets, and
 * sends or closes when it is told to. Connections are numbered as they come.
 */
#ifndef WEIR_TEST_ROGUE_H
#define WEIR_TEST_ROGUE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#define ROGUE_CONNECTIONS 16

struct rogue {
	uv_loop_t *loop;
	uv_tcp_t listener;
	struct rogue_connection {
		uv_tcp_t tcp;
		struct rogue *rogue;
		bool open;
	} connections[ROGUE_CONNECTIONS];
	unsigned accepted, ended; /* ended: by the peer */
	unsigned reads;           /* how often something came */
	unsigned commands;        /* of all connections together */
	char got[4096];           /* all bytes that came, as far as they fit */
	size_t got_n, got_all;
	bool deaf; /* new connections are not read */
	/* Called for each read with the commands so far, where a test does not drive it from outside. */
	void (*on_commands)(struct rogue *r, unsigned connection);
	void *ctx;
	uint16_t port;
	char in[65536];
};

void rogue_listen(struct rogue *r, uv_loop_t *loop);
void rogue_send(struct rogue *r, unsigned connection, const char *p, size_t n);
void rogue_say(struct rogue *r, unsigned connection, const char *text);
void rogue_fin(struct rogue *r, unsigned connection); /* closes it */
void rogue_rst(struct rogue *r, unsigned connection);
void rogue_close(struct rogue *r); /* all; the loop must turn once more */

#endif
