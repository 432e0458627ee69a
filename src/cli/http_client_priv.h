/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP API as a client sees it: one connection, kept alive, one request at a time. One thread; calls block. */
#ifndef WEIR_CLI_HTTP_CLIENT_PRIV_H
#define WEIR_CLI_HTTP_CLIENT_PRIV_H

#include "weir/event/json.h"

struct weir__http;

struct weir__http_reply {
	long status;            /* 0: there was no answer */
	struct weir_str body;   /* until the next request */
	uint64_t retry_after_s; /* 0: not said */
	const char *error;      /* why there was no answer */
};

/* `api_key` may be NULL. WEIR_EINVALID: `server` is no http or https URL. */
int weir__http_new(const char *server, const char *api_key, struct weir__http **out) WEIR_MUSTCHECK;
void weir__http_free(struct weir__http **http);
/* `path` begins with a slash and follows the server's own path. */
void weir__http_post(struct weir__http *http, const char *path, struct weir_str body, struct weir__http_reply *reply);

#endif
