/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A caller who has a connection token, or none, and no session: what one request by HTTP is allowed. Worker's thread.
 */
#ifndef WEIR_SESSION_CALLER_H
#define WEIR_SESSION_CALLER_H

#include "weir/session/session.h"

/* The claims are the callee's to take (zeroed then), or are freed when it returns. */
typedef void (*weir_caller_fn)(void *ctx, int result, struct weir_claims *claims);

/*
 * Who the caller is. Returns 0 (the claims are the caller's to free), WEIR_EEXPIRED, WEIR_EINVALID (a subscription
 * token, too), -ENOMEM or WEIR_ENOROOM; or -EAGAIN: the token is on the blocking pool, and fn is called later, once,
 * with one of these. `ctx` must live until then.
 */
int weir_caller_verify(struct weir_sessions *all, struct weir_str token, struct weir_claims *out, weir_caller_fn fn,
	void *ctx) WEIR_MUSTCHECK;
/* Without a token: may there be an anonymous client? */
bool weir_caller_may_be_anonymous(const struct weir_session_config *config);
/* May this user publish there, who is subscribed to nothing (protocol.md §4.4)? "" is the anonymous one. */
bool weir_caller_may_publish(
	const struct weir_session_config *config, const struct weir_namespace *ns, struct weir_str user);

#endif
