/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP API as a client sees it: one connection, kept alive, one request at a time. One thread. */
#ifndef WEIR_CLI_HTTP_CLIENT_PRIV_H
#define WEIR_CLI_HTTP_CLIENT_PRIV_H

#include <poll.h>

#include "weir/event/json.h"

struct weir__http;

struct weir__http_reply {
	long status;            /* 0: there was no answer */
	struct weir_str body;   /* until the next request */
	uint64_t retry_after_s; /* 0: not said */
	const char *error;      /* why there was no answer */
};

/* Is it an http or https URL? */
bool weir__http_url_ok(const char *server);
/* `api_key` may be NULL. WEIR_EINVALID: `server` is no http or https URL. */
int weir__http_new(const char *server, const char *api_key, struct weir__http **out) WEIR_MUSTCHECK;
void weir__http_free(struct weir__http **http);
/* How long a whole request may take; 30 s unless it is set. */
void weir__http_set_timeout(struct weir__http *http, unsigned ms);
/* Blocks. `path` begins with a slash and follows the server's own path. */
void weir__http_post(struct weir__http *http, const char *path, struct weir_str body, struct weir__http_reply *reply);
/* With other header lines than those of the HTTP API; `header` ends with NULL. */
void weir__http_post_with(struct weir__http *http, const char *path, const char *const *header, struct weir_str body,
	struct weir__http_reply *reply);

/*
 * The same for somebody who has other things to wait for too: begins a request; `body` is copied. weir__http_wait()
 * returns true when the request in progress has ended, or false when one of the descriptors is ready, as their revents
 * say, or the time is over. An HTTP client is used in one of the two ways.
 */
int weir__http_begin(struct weir__http *http, const char *path, struct weir_str body) WEIR_MUSTCHECK;
bool weir__http_wait(struct weir__http *http, struct pollfd *fds, unsigned n, int timeout_ms,
	struct weir__http_reply *reply) WEIR_MUSTCHECK;

#endif
