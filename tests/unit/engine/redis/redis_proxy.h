/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Redis that is mostly right: connections go through to a real redis-server, and the reply to each command that
 * holds the rule's word is replaced by something else, kept back, or answered by a reset. On the test's own loop.
 */
#ifndef WEIR_TEST_REDIS_PROXY_H
#define WEIR_TEST_REDIS_PROXY_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "weir/base/buf.h"

#define PROXY_CONNECTIONS 256
#define PROXY_PENDING     512 /* commands of a connection under way */

struct redis_proxy {
	uv_loop_t *loop;
	uv_tcp_t listener;
	uint16_t port, to;
	unsigned accepted, hits; /* hits: replies that the rule was for */
	unsigned open;           /* handles of connections */
	struct proxy_rule {
		const char *word; /* NULL: all goes through */
		enum { PROXY_REPLACE, PROXY_SILENCE, PROXY_RESET } action;
		const char *bytes;
		size_t n;
	} rule;
	char in[65536];
	struct proxy_connection {
		struct redis_proxy *proxy;
		uv_tcp_t side[2]; /* of the client, of the server */
		bool open, silent;
		struct weir_buf got[2]; /* not yet a whole command, or reply */
		bool hit[PROXY_PENDING];
		unsigned first, count;
	} connections[PROXY_CONNECTIONS];
};

void redis_proxy_start(struct redis_proxy *p, uv_loop_t *loop, uint16_t to);
void redis_proxy_stop(struct redis_proxy *p); /* turns the loop until all is closed */

#endif
