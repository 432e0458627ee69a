/* SPDX-License-Identifier: Apache-2.0 */
/* The URL of a server, taken apart for a WebSocket connection. Pure. */
#ifndef WEIR_CLI_WS_URL_PRIV_H
#define WEIR_CLI_WS_URL_PRIV_H

#include <stdbool.h>

#include "weir/base/err.h"

struct weir__ws_url {
	char *host;        /* to connect to; an IPv6 address without brackets */
	char *host_header; /* as the Host header wants it */
	char *path;        /* the server's own, then /connection/websocket */
	int port;
	bool tls;
};

/* http, https, ws and wss; WEIR_EINVALID for all else. *out is to be given to fini after a failure too. */
int weir__ws_url_init(struct weir__ws_url *out, const char *url) WEIR_MUSTCHECK;
void weir__ws_url_fini(struct weir__ws_url *url);

#endif
